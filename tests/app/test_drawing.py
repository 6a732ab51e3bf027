"""Rows as styled text, and that drawing what changed, cell by cell, gives the same screen as drawing everything."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pyte
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual import events
from textual._compositor import CompositorUpdate

from annotations import edits
from annotations.model import Relation
from annotations.state import LINK, ArticleState
from tests.desks import BRIDGE, VISIT, VISIT_MARKS, check_desk
from tests.pages import (
    LABELS,
    SCHEMA,
    Paper,
    attempt,
    cells,
    desk_of,
    offered,
    own,
    row,
    stacked,
    state_of,
    states,
    width_of,
)
from tui import drawing, panels
from tui.app import PostilApp
from tui.desk import Desk
from tui.drawing import GUTTER
from tui.looks import DARK, Depth, Looks
from tui.verbs import articles, linking, moving, selecting

LOOKS = Looks(DARK, SCHEMA)

flags = st.fixed_dictionaries({name: st.booleans() for name in ("labels", "gloss", "by_sentence")})
widths = st.integers(1, 20) | st.integers(1, 120)


@given(states(), widths, flags, st.integers(0, 60), st.booleans())
@settings(max_examples=150)
def test_every_row_is_as_wide_as_the_layout_says(
    state: ArticleState, width: int, shown: dict[str, bool], cursor: int, jumps: bool
) -> None:
    desk = desk_of(state, width)
    desk.show(**shown)
    desk.go(cursor)
    if jumps:
        attempt(lambda: moving.start_hints(desk))
    layout = desk.view.layout
    for line in range(layout.line_count):
        assert width_of(row(desk, LOOKS, line)) == GUTTER + layout.cells(line)
        for number in range(1, desk.view.rows_of(line)):
            assert GUTTER < width_of(row(desk, LOOKS, line, number)) <= GUTTER + width


@given(states(), widths, flags, st.integers(0, 60))
@settings(max_examples=100)
def test_what_is_drawn_is_the_text_and_nothing_is_drawn_twice(
    state: ArticleState, width: int, shown: dict[str, bool], cursor: int
) -> None:
    desk = desk_of(state, width)
    desk.show(**shown)
    desk.go(cursor)
    layout = desk.view.layout
    for line in range(layout.line_count):
        drawn = "".join(segment.text for segment in row(desk, LOOKS, line))[GUTTER:]
        if not layout.tags_on(line):
            assert drawn == layout.shown(*layout.line(line))


@given(states(), widths, st.integers(0, 60))
@settings(max_examples=100)
def test_a_grapheme_looks_as_what_lies_over_any_part_of_it_and_no_other_does(
    state: ArticleState, width: int, cursor: int
) -> None:
    desk = desk_of(state, width)
    desk.go(cursor)
    layout = desk.view.layout
    covered = [span for item in state.items if (t := state.shown(item.key)) for span in t.spans]
    covered += [span for span, _ in drawing.marks(desk)]
    for line in range(layout.line_count):
        drawn = cells(row(desk, LOOKS, line), 0)[GUTTER:]
        start, end = layout.line(line)[0], layout.visible_end(line)
        while start < end:
            after = layout.grapheme_ceil(start + 1)
            style = drawn[layout.column_of(start)][2]
            special = any(s < after and e > start for s, e in covered)
            assert (style != LOOKS.base) == special, (start, after)
            start = after


# -- what changed is drawn anew, and the rest may stay ------------------------------------------------


def play(desk: Desk, dice: random.Random) -> None:
    """Something that a person may do."""
    state = desk.state
    keys = [item.key for item in state.items if item.kind != LINK]
    entities = list(state.entities)
    acts: list[Any] = [
        lambda: desk.go(desk.cursor + dice.choice([-1, 1, 1, 2])),
        lambda: desk.go(dice.randrange(max(1, len(state.tokens)))),
        lambda: moving.line(desk, dice.choice([-1, 1])),
        lambda: moving.item(desk, dice.choice([-1, 1])),
        lambda: moving.cycle_stack(desk),
        lambda: selecting.start(desk),
        lambda: articles.leave(desk),
        lambda: moving.start_hints(desk),
        lambda: moving.search(desk, dice.choice(["o", "\\w+ ", "é|東", ""])),
        lambda: desk.show(labels=dice.choice([True, False])),
        lambda: desk.show(gloss=dice.choice([True, False])),
        lambda: desk.show(by_sentence=dice.choice([True, False])),
        lambda: desk.do(edits.add, *sorted(dice.choices(range(len(state.article.text) + 1), k=2)), LABELS[1]),
    ]
    if keys:
        key = dice.choice(keys)
        acts += [
            lambda: desk.focus_on(key),
            lambda: desk.do(edits.relabel, key, dice.choice(LABELS)),
            lambda: desk.do(edits.accept, key),
            lambda: desk.do(edits.delete, key),
        ]
    if len(entities) > 1:
        acts += [
            lambda: desk.do(edits.relate, "KNOWS", *dice.sample(entities, 2)),
            lambda: desk.focus_on(dice.choice(list(state.relations) or entities)),
        ]
    attempt(dice.choice(acts))


@given(states(), st.integers(1, 60), st.integers(1, 12), flags, st.randoms(use_true_random=False))
@settings(max_examples=60, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_drawing_only_what_changed_leaves_what_drawing_everything_would(
    state: ArticleState, width: int, height: int, shown: dict[str, bool], dice: random.Random
) -> None:
    desk, paper = desk_of(state, width, height), Paper(GUTTER + width + 1, height)
    desk.show(**shown)
    paper.follow(desk)
    for _ in range(15):
        play(desk, dice)
        if dice.random() < 0.2:
            paper.drawn()  # something else has a frame drawn before the key's own drawing
        paper.follow(desk)


TEXT = "Oslo and Rome met. Bonn did not.\nThen Oslo left."


def test_a_step_of_the_cursor_draws_the_cells_that_it_leaves_and_enters_and_no_more() -> None:
    desk, paper = desk_of(state_of(TEXT), 40), Paper(44, 10)
    paper.follow(desk)
    desk.go(1)
    assert paper.follow(desk) == len("Oslo") + len("and")
    assert paper.follow(desk) == 0


def test_going_round_a_stack_of_equal_spans_moves_the_mark_to_the_other_label() -> None:
    state = state_of(TEXT, [own(TEXT, ((0, 4),), "GPE", "a"), own(TEXT, ((0, 4),), "PERSON", "b")])
    for shown in ({"gloss": True}, {"labels": True}):
        desk, paper = desk_of(state, 40), Paper(44, 10)
        desk.show(**shown)
        paper.follow(desk)
        focused = desk.focus
        moving.cycle_stack(desk)
        assert desk.focus != focused
        assert paper.follow(desk) > 0


def test_the_gloss_of_a_gap_is_drawn_anew_with_the_focus() -> None:
    gaps = {"a": ((9, 13), (38, 42)), "b": ((5, 8), (43, 47))}
    state = state_of(TEXT, [own(TEXT, pieces, "GPE", id) for id, pieces in gaps.items()])
    desk, paper = desk_of(state, 12), Paper(16, 10)
    desk.show(gloss=True)
    paper.follow(desk)
    for id in ("a", "b", "a"):
        desk.focus_on(id)
        paper.follow(desk)


@pytest.mark.parametrize("shown", [{"labels": True}, {"gloss": True}])
def test_a_frame_between_a_key_and_its_drawing_does_no_harm(shown: dict[str, bool]) -> None:
    state = state_of(TEXT, [own(TEXT, ((39, 43),), "A_LONG_LABEL_INDEED", "a")])
    desk, paper = desk_of(state, 14), Paper(18, 10)
    desk.show(**shown)
    paper.sync(desk, paper.looks_now)
    desk.do(edits.delete, "a")
    paper.drawn()
    paper.follow(desk)


def related() -> ArticleState:
    places = {"oslo": (0, 4), "rome": (9, 13), "bonn": (19, 23), "last": (38, 42)}
    state = state_of(TEXT, [own(TEXT, (span,), "GPE", id) for id, span in places.items()])
    for id, head, tail in (("r1", "oslo", "last"), ("r2", "rome", "rome"), ("r3", "bonn", "oslo")):
        state._enter_relation(Relation(id, "KNOWS", head, tail))
    return state


@pytest.mark.parametrize(
    ("focus", "expected"),
    [
        ("r1", ["╭• ", "│  ", "│  ", "╰▸ ", "   "]),
        ("r3", ["╭▸ ", "╰• ", "   ", "   ", "   "]),
        ("r2", ["•▸ ", "   ", "   ", "   ", "   "]),
        ("oslo", [" ▸ ", "2  ", "   ", "1  ", "   "]),
        ("last", ["1  ", "   ", "   ", " ▸ ", "   "]),
    ],
)
def test_the_margin_tells_ends_partners_and_focus(focus: str, expected: list[str]) -> None:
    desk = desk_of(related(), 14)
    desk.focus_on(focus)
    lines = range(desk.view.layout.line_count)
    found = ["".join(s.text for s in row(desk, LOOKS, line))[:GUTTER] for line in lines]
    assert found == expected


# -- what is related to what, in the text -------------------------------------------------------------


def texts(desk: Desk) -> list[str]:
    """The lines of an article as drawn, without their margins."""
    return [
        "".join(s.text for s in row(desk, LOOKS, line))[GUTTER:]
        for line in range(desk.view.layout.line_count)
    ]


@pytest.mark.parametrize(
    ("shown", "focus", "expected"),
    [
        ({}, "oslo", ["Oslo and Rome met. Bonn2did not.", "Then Oslo1left."]),
        ({"gloss": True}, "oslo", ["Oslo and Rome met. Bonn2did not.", "Then Oslo1left."]),
        (
            {"labels": True},
            "oslo",
            ["Oslo GPE and Rome GPE met. Bonn2GPE did ", "not.", "Then Oslo1GPE left."],
        ),
        ({}, "r1", ["Oslo•and Rome met. Bonn did not.", "Then Oslo▸left."]),
        ({}, "r3", ["Oslo▸and Rome met. Bonn•did not.", "Then Oslo left."]),
        ({"labels": True}, "r3", ["Oslo▸GPE and Rome GPE met. Bonn•GPE did ", "not.", "Then Oslo GPE left."]),
        ({}, None, ["Oslo and Rome met. Bonn did not.", "Then Oslo left."]),
    ],
)
def test_partners_and_ends_have_signs_beside_them(
    shown: dict[str, bool], focus: str | None, expected: list[str]
) -> None:
    desk = desk_of(related(), 40, 20)
    desk.show(**shown)
    if focus is None:
        desk.go(1)
    else:
        desk.focus_on(focus)
    assert texts(desk) == expected


@pytest.mark.parametrize("shown", [{}, {"labels": True}, {"gloss": True}])
def test_signs_come_and_go_with_the_focus(shown: dict[str, bool]) -> None:
    desk, paper = desk_of(related(), 40, 20), Paper(44, 20)
    desk.show(**shown)
    paper.follow(desk)
    for focus in ("r1", "r3", "oslo", "last", "bonn", "r2", "oslo", "r1"):
        desk.focus_on(focus)
        paper.follow(desk)


@pytest.mark.parametrize(
    ("text", "partner", "expected"),
    [
        ("Xi met Biden, who left.", (7, 12), "Xi met1Biden, who left."),
        ("Xi, “Biden”, who left.", (5, 10), "Xi, “Biden1, who left."),
        ("Xi met Biden", (7, 12), "Xi met1Biden"),
        ("Xi Biden-s.", (3, 8), "Xi1Biden-s."),
        ("Xi xBidens", (4, 9), "Xi xBidens"),
        ("Xi 東Bidenの", (4, 9), "Xi 東Bidenの"),
    ],
)
def test_a_sign_stands_in_a_space_else_over_what_is_no_part_of_a_word(
    text: str, partner: tuple[int, int], expected: str
) -> None:
    state = state_of(text, [own(text, ((0, 2),), "PERSON", "a"), own(text, (partner,), "PERSON", "b")])
    state._enter_relation(Relation("r", "KNOWS", "a", "b"))
    desk = desk_of(state, 60)
    desk.focus_on("a")
    assert texts(desk) == [expected]


def test_two_partners_side_by_side_have_a_cell_each() -> None:
    text = "Xi saw Biden Kerry."
    places = {"a": (0, 2), "b": (7, 12), "c": (13, 18)}
    state = state_of(text, [own(text, (place,), "PERSON", id) for id, place in places.items()])
    state._enter_relation(Relation("r", "KNOWS", "a", "b"))
    state._enter_relation(Relation("s", "KNOWS", "a", "c"))
    desk = desk_of(state, 60)
    desk.focus_on("a")
    assert texts(desk) == ["Xi saw Biden1Kerry2"]


def test_after_nine_partners_come_letters_and_the_pane_has_the_same() -> None:
    text = "Xi " + "Bo " * 40
    places = {"a": (0, 2)} | {f"b{i:02d}": (3 + 3 * i, 5 + 3 * i) for i in range(40)}
    state = state_of(text, [own(text, (place,), "PERSON", id) for id, place in places.items()])
    for i in range(40):
        state._enter_relation(Relation(f"r{i:02d}", "KNOWS", "a", f"b{i:02d}"))
    desk = desk_of(state, 130)
    desk.focus_on("a")
    signs = "123456789abcdefghijklmnopqrstuvwxyz+++++"
    assert texts(desk)[0] == "Xi " + "".join(f"Bo{sign}" for sign in signs)
    assert [drawing.signs(desk)[f"b{i:02d}"] for i in range(40)] == list(signs)
    shown = ["".join(text for text, _ in each) for each in panels.pane(desk, LOOKS, 40, 90)]
    relations = shown[1 + next(y for y, line in enumerate(shown) if "relations of this one" in line) :]
    assert "".join(line[0] for line in relations).startswith(signs[: len(relations)])


def test_the_pinned_head_of_a_link_has_a_sign() -> None:
    desk = desk_of(related(), 40)
    desk.focus_on("rome")
    linking.start(desk)
    desk.focus_on("last")
    assert texts(desk)[0].startswith("Oslo1and Rome•met")


@pytest.mark.parametrize("depth", [Depth.FULL, Depth.NONE])
def test_labels_of_longer_entities_are_told_from_labels_on_the_same_words(depth: Depth) -> None:
    places = [((9, 13), "GPE", "a"), ((9, 13), "PERSON", "b"), ((0, 13), "GPE", "c"), ((19, 23), "GPE", "d")]
    state = state_of(TEXT, [own(TEXT, (place,), label, id) for place, label, id in places])
    desk = desk_of(state, 80)
    desk.show(labels=True)
    drawn = "".join(s.text for s in row(desk, Looks(DARK, SCHEMA, depth), 0))[GUTTER:]
    begin = "/" if depth == Depth.NONE else " "
    assert drawn == f"Oslo and Rome{begin}GPE{begin}PERSON›GPE met. Bonn{begin}GPE did not."


def test_a_cursor_s_token_that_holds_edges_of_entities_leaves_them_visible() -> None:
    text = "東京で会議があった。"
    state = state_of(text, [own(text, ((3, 5),), "GPE", "a")], [offered(text, ((0, 2),), "PERSON")])
    desk = desk_of(state, 60)
    desk.set_focus(None)
    first, last = desk.state.tokens.span(0)
    assert first == 0 and last > 5
    styles = {segment.text: segment.style for segment in row(desk, LOOKS, 0)}
    assert styles["会議"] == LOOKS.under(LOOKS.own("GPE")) and styles["東京"] == LOOKS.under(
        LOOKS.pending("PERSON")
    )
    assert styles["で"] == styles["があった"] == LOOKS.wide_cursor
    desk.set_focus("a")
    styles = {segment.text: segment.style for segment in row(desk, LOOKS, 0)}
    assert styles["会議"] == LOOKS.focus_cursor != styles["で"]


def test_an_arc_goes_on_beside_the_gloss_and_ends_at_its_last_line() -> None:
    desk = desk_of(related(), 14, 20)
    desk.show(gloss=True)
    desk.focus_on("r1")
    margins = ["".join(s.text for s in row(desk, LOOKS, *place))[:GUTTER] for place in desk.view.screen()]
    assert margins == ["╭• ", "│  ", "│  ", "│  ", "│  ", "╰▸ ", "   ", "   "]


def test_an_entity_over_the_whole_article_has_margins_on_screen_only() -> None:
    text = "ab\n" * 50_000
    desk = desk_of(state_of(text, [own(text, ((0, len(text)),), "GPE", "x")]), 40, 20)
    assert set(drawing.margins(desk)) == set(range(20))
    desk.go(25_000)
    assert len(drawing.margins(desk)) <= 20


def test_two_hundred_items_on_a_word_are_drawn_with_their_text() -> None:
    state = stacked(200)
    desk, paper = desk_of(state, 40, 12), Paper(44, 12, Looks(DARK, state.schema))
    desk.show(gloss=True)
    paper.follow(desk)
    rows = [
        "".join(cell[0] for cell in cells(row(desk, paper.looks_now, *place), 0))
        for place in desk.view.screen()
    ]
    assert "On Friday Oslo slept." in rows[0] and rows[6].split()[-1] == "+195"
    for _ in range(5):
        moving.cycle_stack(desk)
        paper.follow(desk)


def test_jump_codes_replace_whole_graphemes() -> None:
    text = "👩\u200d👩\u200d👧 and e\u0301 and 東京"
    places = ((0, 5),), ((10, 12),), ((17, 19),)
    desk = desk_of(state_of(text, [own(text, place, "GPE", str(place)) for place in places]))
    moving.start_hints(desk)
    drawn = row(desk, LOOKS, 0)
    hints = {segment.text.strip() for segment in drawn if segment.text and segment.style == LOOKS.hint}
    assert hints == set(desk.hints)
    assert width_of(drawn) == GUTTER + desk.view.layout.cells(0)
    assert "\u200d" not in "".join(segment.text for segment in drawn)


def test_a_row_depends_on_nothing_but_what_it_is_given() -> None:
    desk = desk_of(related(), 18)
    assert row(desk, LOOKS, 0) == row(desk, LOOKS, 0)
    assert all(isinstance(segment.style, Style) for segment in row(desk, LOOKS, 0))


def test_own_suggested_and_stacked_places_have_styles_of_their_own() -> None:
    state = state_of(
        TEXT,
        [own(TEXT, ((9, 13),), "GPE", "a"), own(TEXT, ((9, 23),), "PERSON", "b")],
        [offered(TEXT, ((38, 42),), "GPE")],
    )
    desk = desk_of(state, 80)
    desk.set_focus(None)
    drawn = {segment.text: segment.style for line in (0, 1) for segment in row(desk, LOOKS, line)}
    assert drawn["Rome"] == LOOKS.stacked(LOOKS.own("GPE"))
    assert drawn[" met. Bonn"] == LOOKS.own("PERSON")
    assert drawn["Oslo"] == LOOKS.pending("GPE") or drawn["Oslo"] == LOOKS.cursor


# -- on a terminal ------------------------------------------------------------------------------------


class Seen(PostilApp):
    """An app whose frames also go to a terminal that a test can look at."""

    terminal: pyte.Screen

    def _display(self, screen: Any, renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            pyte.Stream(self.terminal).feed(renderable.render_segments(self.console))
        super()._display(screen, renderable)

    def fresh(self) -> pyte.Screen:
        """What a terminal shows after everything was drawn anew."""
        for widget in (self.screen, *self.screen.query("*")):
            widget._styles_cache.clear()
        self.reader.article._lines.clear()
        terminal = pyte.Screen(*self.size)
        update = self.screen._compositor.render_full_update()
        pyte.Stream(terminal).feed(update.render_segments(self.console))
        return terminal


PRESSES = (
    *"lhjkwbaxu123vVorRnc;fy",
    *("tab", "tab", "shift+tab", "escape", "escape", "pagedown", "pageup", "space", "enter", "ctrl+r"),
    *(
        "g z",
        "g r",
        "z g",
        "z g",
        "z l",
        "z s",
        "z p",
        "z t",
        "space p",
        "g g",
        "i x",
        "/ o enter",
        "? escape",
        "] ]",
        "[ [",
        "q / 乙 enter escape enter",
    ),
)


@pytest.mark.parametrize(
    ("seed", "size"), [(1, (80, 24)), (2, (124, 30)), (3, (30, 9)), (4, (160, 50)), (5, (108, 20))]
)
def test_frames_of_what_changed_add_up_to_the_whole_screen(
    make_project: Any, seed: int, size: tuple[int, int]
) -> None:
    project, dice = make_project(overlap="crossing"), random.Random(seed)
    project.suggest(project.add(VISIT, "会議の記録甲"), VISIT_MARKS)
    project.suggest(project.add(BRIDGE, "会議の記録乙"), [("noon", "DATE"), ("noon, and", "ORG")])

    async def go() -> None:
        app = Seen(project.session(own=True))
        app.terminal = pyte.Screen(*size)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for _ in range(35):
                await press(app, pilot, dice.choice(PRESSES))
                check_terminal(app)

    asyncio.run(go())


def test_a_storm_of_sizes_ends_with_a_whole_screen(make_project: Any) -> None:
    project = make_project(overlap="crossing")
    project.visit()

    async def go() -> None:
        app = Seen(project.session(own=True))
        app.terminal = pyte.Screen(80, 24)
        async with app.run_test(size=(80, 24)) as pilot:
            for keys, size in zip(
                ("z g", "a", "z l", "z s", "tab", "tab", "z g", "G", "g g", "z p", "tab"),
                (
                    *((1, 1), (20, 5), (2, 9), (5, 2), (160, 50), (150, 50)),
                    *((20, 5), (119, 3), (121, 24), (33, 24), (170, 50)),
                ),
                strict=True,
            ):
                app.terminal = pyte.Screen(*size)
                await pilot.resize_terminal(*size)
                await press(app, pilot, keys)
                check_terminal(app)
                check_desk(app.reader.desk)

    asyncio.run(go())


def test_a_screen_that_something_wrote_on_is_drawn_again_by_a_key(make_project: Any) -> None:
    project = make_project()
    project.visit()

    async def go() -> None:
        app = Seen(project.session(own=True))
        app.terminal = pyte.Screen(80, 24)
        async with app.run_test(size=(80, 24)) as pilot:
            for keys in ("l", "q"):
                await press(app, pilot, keys)
                pyte.Stream(app.terminal).feed("\x1b[H" + "broadcast message " * 40)
                await press(app, pilot, "ctrl+l")
                check_terminal(app)

    asyncio.run(go())


async def press(app: Seen, pilot: Any, keys: str) -> None:
    for key in keys.split(" "):
        app.post_message(events.Key(key, key if len(key) == 1 else None))
    await pilot.pause()
    await pilot.pause()


def check_terminal(app: Seen) -> None:
    """What frame after frame left on the terminal is what one whole frame would."""
    fresh = app.fresh()
    assert app.terminal.display == fresh.display
    for y in range(app.size.height):
        for x in range(app.size.width):
            assert app.terminal.buffer[y][x] == fresh.buffer[y][x], (x, y)
