from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from annotations.colors import READABLE, contrast, ink_on, readable
from annotations.config import Keys
from tests.desks import Project, Sitting, mark
from tui import panels
from tui.host import Choice
from tui.keys import Dispatcher, Keymap
from tui.looks import DARK, LIGHT, TONES, Looks
from tui.prompting import Prompting
from tui.safe import safe
from tui.screens import help as helping
from tui.widgets.rows import Row, cells, fit


@pytest.fixture
def visit(project: Project) -> Sitting:
    return project.sit(project.visit())


def looks(sitting: Sitting, light: bool = False) -> Looks:
    return Looks(LIGHT if light else DARK, sitting.session.config.schema)


def text(row) -> str:
    return "".join(piece for piece, _ in row)


def header(sitting: Sitting, width: int = 100) -> str:
    return text(panels.header(sitting.desk, looks(sitting), width))


def message(sitting: Sitting, width: int = 100) -> str:
    return text(panels.message(sitting.desk, looks(sitting), width))


def strip_rows(sitting: Sitting, found: Looks, width: int) -> list[Row]:
    """The two rows at the bottom of the reader."""
    desk, keymap = sitting.desk, sitting.dispatcher.keymap
    verbs = panels.verbs_row(keymap, desk.scope, desk, found, width)
    return [panels.labels_row(desk, keymap, found, width), verbs]


def strip(sitting: Sitting, width: int = 100) -> list[str]:
    return [text(row) for row in strip_rows(sitting, looks(sitting), width)]


# -- header -----------------------------------------------------------------------------------------


def test_the_header_says_who_where_what_and_how_far(visit):
    shown = header(visit)
    assert "ana" in shown and "1/1" in shown and "Visit (2022-11-25)" in shown
    assert "open" in shown and "10 pending" in shown


def test_the_header_says_how_many_are_above_and_below(project):
    text = "\n".join(f"Line {n} names Oslo." for n in range(20))
    article = project.add(text)
    project.suggest(article, [("Oslo", "GPE", n) for n in range(1, 21)])
    sitting = project.sit(article, height=5)
    sitting.goto("Line 10").press("z z")
    assert "20 pending: 8 above, 7 below" in header(sitting)


def test_the_header_shows_flag_note_state_and_problems(visit):
    visit.press("f")
    visit.host.answer = lambda title, value: "remember"
    visit.goto("home").press("i")
    assert "⚑" in header(visit) and "✎" in header(visit)
    visit.goto("Ana").press("r", "tab", "2").goto("Li").press("2")
    assert "1 problem" in header(visit)


def test_the_header_says_that_suggestions_are_coming(make_project):
    project = make_project(pipeline="en_core_web_sm")
    sitting = project.sit(project.add("Ana met Bo."))
    assert "suggestions are coming" in header(sitting)


def test_the_header_names_the_reviewed_layer(project):
    article = project.visit()
    project.sit(article).press("a")
    assert "ben ← person:ana" in header(project.sit(article, person="ben", review="person:ana"))


# -- message ----------------------------------------------------------------------------------------


def test_the_message_is_what_the_last_command_did_else_what_is_focused(visit):
    assert "PERSON? “Ana Ruiz” from model:hand@1" in message(visit)
    visit.press("a")
    assert "PERSON “Ana Ruiz” accepted" in message(visit)
    visit.press("l")
    assert "PERSON? “Li Wei”" in message(visit)


def test_the_message_tells_the_mode_and_what_is_selected(visit):
    assert "SELECT · “Ana”" in message(visit.goto("Ana").press("v"))
    assert "edges of what was reopened" in message(visit.press("escape", "g v"))
    assert "LINK from “Ana Ruiz”" in message(visit.press("escape", "r"))
    visit.press("1", "l", "h")
    assert "LINK from “Ana Ruiz” —LEADS→" in message(visit)
    assert "JUMP" in message(visit.press("escape", ";"))


def test_the_message_says_what_is_stacked_and_what_is_the_problem(visit):
    assert "2 stacked here" in message(visit.goto("Harbour"))
    visit.goto("Ana").press("r", "tab", "2").goto("Li").press("2", "g r", "h", "l", "l", "h").goto(
        "Li"
    ).press("g r")
    visit.desk.say("")
    assert "MET may not go from PERSON to ORG" in message(visit)


def test_an_article_without_text_says_so(project):
    assert "this article has no text" in message(project.sit(project.add("")))


# -- strip ------------------------------------------------------------------------------------------


def test_the_strip_has_the_labels_with_their_keys_and_the_verbs_legal_now(visit):
    labels, verbs = strip(visit)
    assert "1 PERSON" in labels and "2 ORG" in labels and "3 GPE" in labels
    assert "a accept" in verbs and "x reject" in verbs
    visit.goto("home")
    assert "a accept" not in strip(visit)[1]


def test_in_link_the_strip_has_the_legal_relations(visit):
    visit.press("r")
    assert "LEADS" in strip(visit)[0] and "SEAT" not in strip(visit)[0]
    visit.press("tab")
    assert "MET" in strip(visit)[0] and "LEADS" not in strip(visit)[0]
    assert "Enter relate" in strip(visit)[1]


def test_on_a_relation_the_strip_has_the_legal_types(visit):
    visit.press("r").goto("Bergen", 2).press("1", "g r")
    assert "LEADS" in strip(visit)[0] and "OWNS" in strip(visit)[0] and "MET" not in strip(visit)[0]
    assert "o swap" in strip(visit)[1]


def test_when_done_asks_the_strip_offers_the_three_answers(make_project):
    project = make_project(done="ask")
    sitting = project.sit(project.visit()).press("c")
    assert (
        "accept all" in strip(sitting)[1]
        and "reject all" in strip(sitting)[1]
        and "leave unknown" in strip(sitting)[1]
    )
    assert "10 suggestions are pending" in message(sitting)


def test_remapped_keys_are_the_ones_shown(make_project):
    project = make_project(bindings="{accept: [Q]}")
    assert "Q accept" in strip(project.sit(project.visit()))[1]


# -- everything fits, and nothing foreign gets through ------------------------------------------------

HOSTILE = "Ana\x1b[31m met \x9b\u202eBo 漢字漢字 👩\u200d👧 and \x07Cy.\n"


@pytest.mark.parametrize("width", [1, 7, 20, 21, 40, 80, 200])
def test_no_row_is_wider_than_the_screen_in_any_mode(project, width):
    article = project.add(HOSTILE, "T\x1b]0;x\x07itle 漢字 " * 5)
    project.suggest(article, [("Ana", "PERSON"), ("漢字漢字", "GPE"), ("Cy", "PERSON")])
    sitting = project.sit(article, width=max(1, width))
    for keys in ([], ["v"], ["escape", "r"], ["tab", "2"], ["g r"], ["escape", ";"], ["escape", "u"]):
        sitting.press(*keys)
        found = looks(sitting)
        rows = [
            panels.header(sitting.desk, found, width),
            panels.message(sitting.desk, found, width),
            *strip_rows(sitting, found, width),
            *panels.pane(sitting.desk, found, width, 9),
        ]
        for row in rows:
            assert cells(row) <= width, text(row)
            assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c == "\u202e" for c in text(row))


def grid(sitting: Sitting, width: int, height: int = 20, page: int = 0) -> list[Row]:
    """The rows of the key grid as the reader asks for them."""
    desk = sitting.desk
    return panels.key_grid(sitting.dispatcher, desk.scope, desk, looks(sitting), width, height, page)


def test_the_grid_shows_what_can_follow(visit):
    visit.press("space")
    rows = [text(row) for row in grid(visit, 80)]
    assert "Space …" in rows[0]
    assert all(name in "".join(rows) for name in ("PERSON", "ORG", "GPE", "DATE", "labels"))
    assert all(cell_len(row) <= 80 for row in rows)
    visit.press("escape", "g")
    assert "skip" in "".join(text(row) for row in grid(visit, 40))


# -- the pane ---------------------------------------------------------------------------------------


def test_the_pane_lists_items_around_the_focus_and_the_relations(visit):
    visit.press("r", "tab", "2")
    rows = [text(row) for row in panels.pane(visit.desk, looks(visit), 44, 20)]
    assert len(rows) <= 20
    assert "2 entities, 8 pending" in rows[0]
    assert any(row.startswith("▸PERSON") and "Ana Ruiz" in row for row in rows)
    assert any("GPE?" in row and "Oslo" in row for row in rows)
    assert any("—MET—" in row for row in rows)


def test_the_pane_fits_any_size(visit):
    visit.press("r", "tab", "2")
    for width, height in product([*range(1, 20), 37, 44, 60], [1, 2, 3, 4, 7, 20, 40]):
        rows = panels.pane(visit.desk, looks(visit), width, height)
        assert len(rows) <= height
        assert all(cells(row) <= width for row in rows)


@pytest.mark.parametrize("height", [6, 8, 12, 15, 20, 33, 44])
def test_the_pane_shows_the_focus_and_seldom_scrolls(project, height):
    article = project.add("Oslo " * 60)
    project.suggest(article, [("Oslo", "GPE", n) for n in range(60)])
    sitting = project.sit(article)
    lists = set()
    for _ in range(60):
        rows = [text(row) for row in panels.pane(sitting.desk, looks(sitting), 44, height)]
        assert sum(row.startswith("▸") for row in rows) == 1
        lists.add(tuple(row[1:] for row in rows))
        sitting.press("tab")
    assert len(lists) <= 60 // (height // 4) + 1


def test_the_pane_is_made_anew_whenever_it_looks_otherwise(visit):
    found, made = looks(visit), dict[object, list[Row]]()
    for key in ("tab", "tab", "a", "g h", "l", "j", "r", "tab", "2", "u", "g r", "n", "z t", "g g", "G"):
        visit.press(key)
        rows = panels.pane(visit.desk, found, 44, 20)
        assert made.setdefault(panels.pane_key(visit.desk, found, 44, 20), rows) == rows


# -- signs, rows, pickers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sequence", "written"),
    [
        ("g g", "gg"),
        ("ctrl+r", "Ctrl+R"),
        ("space o", "Space o"),
        ("shift+tab", "⇧Tab"),
        ("f1", "F1"),
        ("enter", "Enter"),
        ("] ]", "]]"),
        ("f", "f"),
    ],
)
def test_keys_are_written_as_people_write_them(sequence, written):
    assert panels.sign(sequence) == written


@given(st.text(max_size=40), st.integers(0, 20))
def test_a_text_is_cut_to_its_cells(text, width):
    assert cell_len(fit(text, width)) <= max(width, cell_len(text) if cell_len(text) <= width else 0)


CHOICES = [
    Choice("PERSON", "people", 1),
    Choice("ORG", "companies, persons at law", 2),
    Choice("PERCENT", "parts", 3),
]


def test_a_picker_narrows_while_typing_and_prefers_beginnings():
    answers = []
    prompting = Prompting("label", answers.append, CHOICES)
    prompting.typed("")
    assert len(prompting.matches) == 3
    prompting.typed("pers")
    assert prompting.matches[0].value == 1
    prompting.move(1)
    act = prompting.answer("pers")
    assert act is not None
    act()
    assert answers == [prompting.matches[prompting.index].value]


def test_a_picker_goes_round_and_answers_nothing_where_nothing_fits():
    prompting = Prompting("label", lambda value: None, CHOICES)
    prompting.typed("")
    prompting.move(-1)
    assert prompting.index == 2
    prompting.move(1)
    assert prompting.index == 0
    prompting.typed("zzzz")
    prompting.move(1)
    assert (prompting.matches, prompting.answer("zzzz")) == ([], None)


def test_a_plain_question_answers_with_the_text():
    answers = []
    act = Prompting("note", answers.append).answer("yes")
    assert act is not None
    act()
    assert answers == ["yes"]


# -- help -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["read", "relation", "select", "link", "library", "ask"])
def test_help_lists_the_keys_of_a_mode_as_they_are_in_this_project(make_project, scope):
    project = make_project(bindings="{accept: [Q]}")
    sitting = project.sit(project.visit())
    rows = [text(row) for row in helping.rows(sitting.dispatcher.keymap, looks(sitting), scope, 80)]
    assert helping.NAMES[scope] in rows[0]
    bound = [b for b in sitting.dispatcher.keymap.bound if scope in b.command.scopes and b.sequences]
    whole = " ".join(" ".join(rows).split())
    assert [b.command.help for b in bound if safe(b.command.help) not in whole] == []
    assert all(cell_len(row) <= 80 for row in rows)
    if scope == "read":
        assert any("Q" in row and "accept the suggestion" in row for row in rows)


# -- colours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tones", "color"), list(product(TONES.values(), ["cyan", "#101010", "#fefefe", "bright_red", None]))
)
def test_every_label_can_be_read_in_every_theme(make_project, tones, color):
    from annotations.schema import EntityType, Schema

    found = Looks(tones, Schema((EntityType("X", color=color),)))
    for style in (
        found.own("X"),
        found.pending("X"),
        found.chip("X"),
        found.base,
        found.bar,
        found.key,
        found.alarm,
        found.faint,
        found.focus,
    ):
        assert style.color is not None and style.bgcolor is not None
        assert contrast(style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex) >= READABLE


def test_own_and_suggested_differ_without_colour(visit):
    found = looks(visit)
    assert found.own("PERSON").bold and not found.own("PERSON").underline
    assert found.pending("PERSON").underline and not found.pending("PERSON").bold


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_any_colour_can_be_made_readable_on_any_other(one, other):
    a, b = ("#{:02x}{:02x}{:02x}".format(*each) for each in (one, other))
    assert contrast(readable(a, b), b) >= READABLE - 0.02
    assert contrast(ink_on(b), b) >= READABLE


def test_an_unlabelled_project_still_has_its_strip():
    from annotations.schema import Schema

    keymap = Keymap(Schema(()), Keys("default", {}, {}), "config.yaml")
    assert Dispatcher(keymap).feed("read", "l") is not None
    assert mark("Ana", "Ana", "PERSON").text == "Ana"
