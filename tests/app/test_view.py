"""What is on screen: lines and gloss rows, scrolling, labels in the text, and that an edit redraws what it must."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations import edits
from annotations.model import Analysis
from annotations.state import LINK, ArticleState
from tests.pages import LABELS, attempt, desk_of, offered, own, stacked, state_of, states, tags_of
from tests.strategies import Pens
from tui.view import MARGIN, View

sizes = st.tuples(st.integers(1, 20) | st.integers(1, 120), st.integers(1, 6) | st.integers(1, 40))
flags = st.fixed_dictionaries({name: st.booleans() for name in ("labels", "gloss", "by_sentence")})


def view_of(
    state: ArticleState,
    size: tuple[int, int] = (40, 10),
    by_halves: bool = False,
    **shown: bool,
) -> View:
    view = View(state, *size, False, by_halves)
    view.show(**shown)
    return view


def text_lines(view: View) -> list[int]:
    """The lines whose text is on screen."""
    return [line for line, row in view.screen() if row == 0]


def check(view: View) -> None:
    """Rows, lines and what is visible agree."""
    screen, layout = view.screen(), view.layout
    assert 0 < len(screen) <= view.height
    assert 0 <= view.top < layout.line_count
    lines = text_lines(view)
    assert lines == list(range(view.top, view.top + len(lines))) and screen[0] == (view.top, 0)
    every = [(line, row) for line in lines for row in range(view.rows_of(line))]
    assert screen == every[: len(screen)]
    assert view.last == lines[-1]
    assert view.visible == (layout.line(lines[0])[0], layout.line(lines[-1])[1])
    free = view.height - len(screen)
    assert not free or lines[-1] == layout.line_count - 1
    assert not free or view.top == 0 or view.rows_of(view.top - 1) > free, "blank rows below, lines above"


def drawn(view: View) -> list[Any]:
    """All that a line's looks depend on, line by line."""
    layout = view.layout
    return [
        (layout.line(i), layout.tags_on(i), tags_of(view, *layout.line(i)), view.gloss_rows(i))
        for i in range(layout.line_count)
    ]


crowded = states(st.integers(1, 30).map(lambda words: "aa bb\n" * words), most=15)
moves = st.lists(st.tuples(st.sampled_from("rrstc"), st.integers(0, 200)), max_size=20)


@given(states() | crowded, sizes, st.booleans(), flags, moves)
@settings(max_examples=150)
def test_scrolling_never_leaves_blank_rows_and_always_shows_the_cursor(
    state: ArticleState,
    size: tuple[int, int],
    by_halves: bool,
    shown: dict[str, bool],
    moves: list[tuple[str, int]],
) -> None:
    view = view_of(state, size, by_halves, **shown)
    for what, place in moves:
        if what == "s":
            view.scroll_to(place - 50)
        elif what == "t":
            view.resize(1 + place % 90, 1 + place % 37)
            view.scroll_to(view.top)
        else:
            offset = min(place, len(state.article.text))
            line = view.layout.line_of(offset)
            view.centre(line) if what == "c" else view.reveal(offset)
            assert line in text_lines(view)
        check(view)


@given(st.integers(1, 200), st.integers(1, 40), st.booleans(), st.lists(st.integers(0, 199), max_size=20))
def test_the_cursor_is_shown_with_context(lines: int, height: int, by_halves: bool, jumps: list[int]) -> None:
    view = view_of(state_of("a\n" * lines), (9, height), by_halves)
    for jump in jumps:
        line = min(jump, view.layout.line_count - 1)
        view.reveal(view.layout.line(line)[0])
        margin = min(MARGIN, (height - 1) // 2)
        shown = text_lines(view)
        assert max(0, line - margin) in shown and min(view.layout.line_count - 1, line + margin) in shown
        before = view.top
        view.reveal(view.layout.line(line)[0])
        assert view.top == before


def test_a_near_line_scrolls_by_lines_a_far_one_to_the_middle_and_a_slow_line_by_halves() -> None:
    state = state_of("a\n" * 100)
    near, far, slow = view_of(state), view_of(state), view_of(state, by_halves=True)
    near.reveal(2 * 8)
    assert near.top == 1
    far.reveal(2 * 60)
    assert far.top == 60 - 5
    slow.reveal(2 * 8)
    assert slow.top == 8 - 5


@given(states(), st.integers(1, 60), flags, st.data())
@settings(max_examples=200)
def test_an_edit_taken_in_equals_a_fresh_view_and_names_all_lines_that_changed(
    state: ArticleState, width: int, shown: dict[str, bool], data: st.DataObject
) -> None:
    view, pens = view_of(state, (width, 10), **shown), Pens()
    for _ in range(3):
        before = drawn(view)
        attempt(lambda: state.apply(data.draw(edits_of(state, pens))))
        touched = list(view.touched([] if state.touched_all else state.touched))
        assert not state.touched_all
        after = drawn(view)
        assert after == drawn(view_of(state, (width, 10), **shown))
        for i, line in enumerate(after):
            (start, end) = line[0]
            if not any((s < max(end, start + 1) and e > start) or s == start for s, e in touched):
                assert before[i] == line, f"line {i} changed, named were {touched}"


@st.composite
def edits_of(draw: st.DrawFn, state: ArticleState, pens: Pens) -> Any:
    """An edit of the article; it may be refused."""
    keys = [item.key for item in state.items if item.kind != LINK]
    n, label = len(state.article.text), draw(st.sampled_from(LABELS))
    if not keys or draw(st.booleans()):
        start = draw(st.integers(0, n))
        return edits.add(state, pens(), start, draw(st.integers(start, min(n, start + 12))), label)
    key, verb = draw(st.sampled_from(keys)), draw(st.sampled_from(["relabel", "delete", "accept", "reshape"]))
    if verb == "reshape":
        start = draw(st.integers(0, n))
        return edits.reshape(state, pens(), key, start, draw(st.integers(start, n)))
    more = (label,) if verb == "relabel" else ()
    return getattr(edits, verb)(state, pens(), key, *more)


@given(states(), sizes, flags, flags)
def test_turning_things_on_and_off_equals_a_fresh_view_and_keeps_the_line_at_the_top(
    state: ArticleState, size: tuple[int, int], before: dict[str, bool], after: dict[str, bool]
) -> None:
    view = view_of(state, size, **before)
    view.scroll_to(3)
    top = view.layout.line(view.top)[0]
    view.show(**after)
    assert drawn(view) == drawn(view_of(state, size, **after))
    start, end = view.layout.line(view.top)
    assert start <= top < max(end, start + 1)
    view.resize(size[0] + 7, size[1])
    assert drawn(view) == drawn(view_of(state, (size[0] + 7, size[1]), **after))


# -- labels in the text ------------------------------------------------------------------------------


@given(states(), st.integers(1, 60))
def test_every_label_in_the_text_has_its_cells_on_the_line_where_its_entity_ends(
    state: ArticleState, width: int
) -> None:
    view = view_of(state, (width, 10), labels=True)
    layout = view.layout
    for i in range(layout.line_count):
        room = dict(layout.tags_on(i))
        named = tags_of(view, *layout.line(i))
        assert {tag.end for tag in named} == set(room)


def test_labels_wait_while_the_gloss_has_them() -> None:
    view = view_of(state_of("Oslo slept", [own("Oslo slept", ((0, 4),), "GPE", "x")]), labels=True)
    assert [tag.text for tag in tags_of(view, 0, 10)] == [" GPE"]
    view.show(gloss=True)
    assert tags_of(view, 0, 10) == [] and len(view.gloss_rows(0)) == 1
    view.show(gloss=False)
    assert [tag.text for tag in tags_of(view, 0, 10)] == [" GPE"]


# -- one sentence a line -----------------------------------------------------------------------------


def test_each_sentence_begins_a_line_by_the_analysis_else_by_punctuation() -> None:
    text = "It rained. Nobody came. The end."
    plain = view_of(state_of(text), by_sentence=True)
    assert starts(plain) == [0, 11, 24]
    state = state_of(text)
    state.offer([], [], Analysis(sentences=((0, 23), (24, 32))), True)
    assert starts(view_of(state, by_sentence=True)) == [0, 24]
    assert starts(view_of(state)) == [0]


def starts(view: View) -> list[int]:
    return [view.layout.line(i)[0] for i in range(view.layout.line_count)]


# -- sizes that nobody planned for ---------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "a", "\n", "東", "\u0301", " "])
@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 3), (20, 5)])
def test_texts_of_no_and_of_one_character_on_any_screen(text: str, size: tuple[int, int]) -> None:
    marked = [own(text, ((0, 1),), "GPE", "x")] if text else []
    for shown in ({"gloss": True}, {"labels": True}, {"by_sentence": True}):
        view = view_of(state_of(text, marked), size, **shown)
        view.reveal(len(text))
        view.centre(0)
        check(view)


@pytest.mark.parametrize("shown", [{"gloss": True}, {"labels": True}, {"by_sentence": True}, {}])
@pytest.mark.parametrize(("text", "lines"), [("a" * 1_000_000, 12_500), ("a\n" * 10_000, 10_000)])
def test_a_line_of_a_million_characters_and_ten_thousand_lines_of_one(
    text: str, lines: int, shown: dict[str, bool]
) -> None:
    marked = [own(text, ((i, i + 1),), "GPE", f"x{i}") for i in range(0, len(text), len(text) // 100)]
    wide = [offered(text, ((0, len(text)),), "PERSON")]
    view = view_of(state_of(text, marked, wide), (80, 24), **shown)
    assert view.layout.line_count >= lines
    began = time.process_time()
    for place in (0, len(text), 500_000, 3, len(text) - 1):
        view.reveal(min(place, len(text)))
        check(view)
    view.resize(33, 7)
    check(view)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("height", [1, 2, 5, 24])
def test_two_hundred_items_on_a_word_leave_its_line_and_its_neighbours_readable(height: int) -> None:
    desk = desk_of(stacked(200), 40, height)
    desk.show(gloss=True)
    layout = desk.view.layout
    for token in range(len(desk.state.tokens)):
        desk.go(token)
        check(desk.view)
        assert layout.line_of(desk.offset) in text_lines(desk.view)
    desk.show(gloss=False, labels=True)
    desk.go(0)
    assert layout.line_of(desk.offset) in text_lines(desk.view)


@given(st.lists(st.integers(5, 100), min_size=1, max_size=8), st.integers(0, 40), st.booleans())
def test_sizes_that_come_and_go_leave_the_text_where_it_was(
    widths: list[int], top: int, labels: bool
) -> None:
    text = "word " * 800
    view = view_of(state_of(text, [own(text, ((500, 504),), "GPE", "x")]), (40, 10), labels=labels)
    view.scroll_to(top)
    before = view.visible
    for width in widths:
        view.resize(width, 10)
        view.show(labels=not view.labels)
    view.show(labels=labels)
    view.resize(40, 10)
    assert view.visible == before


@given(states(), st.lists(st.tuples(st.integers(1, 130), st.integers(1, 45)), max_size=30), flags, st.data())
@settings(max_examples=60)
def test_a_storm_of_sizes_keeps_the_cursor_on_screen(
    state: ArticleState, storm: Sequence[tuple[int, int]], shown: dict[str, bool], data: st.DataObject
) -> None:
    desk = desk_of(state)
    desk.show(**shown)
    for size in storm:
        desk.resize(*size)
        desk.go(data.draw(st.integers(0, max(0, len(state.tokens) - 1))))
        check(desk.view)
        assert desk.view.layout.line_of(desk.offset) in text_lines(desk.view)
    assert all(a[1] == b[0] for a, b in pairwise(line[0] for line in drawn(desk.view)))
