"""Asking for a line of text: choices that narrow, what is told at every change, leaving without an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desks import VISIT, Project
from tests.screens import piloted, rows_of
from tui.app import PostilApp
from tui.host import Choice
from tui.prompting import Prompting

NAMES = ("PERSON", "ORG", "GPE", "PERCENT", "WORK_OF_ART")


def prompting(*names: str, **more: Any) -> Prompting:
    made = Prompting(
        "label",
        lambda value: value,
        [Choice(name, f"about {name}", i) for i, name in enumerate(names)],
        **more,
    )
    made.typed("")
    return made


def shown(asked: Prompting) -> list[str]:
    return [choice.text for choice in asked.matches]


def test_all_choices_are_offered_in_their_order_at_first():
    asked = prompting(*NAMES)
    assert (shown(asked), asked.index) == (list(NAMES), 0)


def test_typing_narrows_to_what_fits_with_beginnings_first():
    asked = prompting(*NAMES)
    asked.typed("per")
    assert shown(asked)[:2] == ["PERSON", "PERCENT"] and "ORG" not in shown(asked)[:2]
    asked.typed("perc")
    assert shown(asked)[0] == "PERCENT"
    asked.typed("woa")
    assert shown(asked) == ["WORK_OF_ART"]
    asked.typed("xyz")
    assert shown(asked) == [] and asked.answer("xyz") is None
    asked.typed("")
    assert shown(asked) == list(NAMES)


def test_the_choice_moves_round_the_ends_and_typing_goes_back_to_the_best():
    asked = prompting(*NAMES)
    asked.move(-1)
    assert asked.index == len(NAMES) - 1
    asked.move(1)
    asked.move(1)
    assert asked.answer("")() == 1
    asked.typed("o")
    assert asked.index == 0
    asked.typed("xyz")
    asked.move(1)
    assert asked.index == 0


GROUPED = [
    Choice("CITY", "a town of any size", "CITY", "1 c", "places", "c places"),
    Choice("RIVER", "running water", "RIVER", "v", "places", "v places"),
    Choice("MAYOR", "who runs a city", "MAYOR", "m", "people", "m people"),
    Choice("OTHER", "", "OTHER", "o", "", "o"),
]


def lines(asked: Prompting, size: int) -> list[str]:
    """What is shown: headings in capitals as they are, choices by their text, the chosen one with a mark."""
    return [
        f"[{heading}]" if heading else ("> " if place == asked.index else "") + asked.matches[place].text
        for place, heading in asked.lines(size)
    ]


def grouped() -> Prompting:
    asked = Prompting("label", lambda value: value, GROUPED)
    asked.typed("")
    return asked


def test_groups_have_headings_until_something_is_typed():
    asked = grouped()
    assert lines(asked, 9) == ["[places]", "> CITY", "RIVER", "[people]", "MAYOR", "[others]", "OTHER"]
    asked.move(-1)
    assert lines(asked, 3) == ["MAYOR", "[others]", "> OTHER"]
    asked.typed("r")
    assert lines(asked, 9)[0] == "> RIVER" and "[" not in "".join(lines(asked, 9))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ri", ["RIVER"]),
        ("places", ["CITY", "RIVER"]),
        ("town", ["CITY"]),
        ("v", ["RIVER"]),
        ("runs city", ["MAYOR"]),
        ("city", ["CITY", "MAYOR"]),
        ("places water", ["RIVER"]),
        ("rvr", ["RIVER"]),
        ("xyz", []),
    ],
)
def test_a_label_is_found_by_name_group_guideline_and_code(typed, found):
    asked = grouped()
    asked.typed(typed)
    assert shown(asked) == found


@given(st.lists(st.sampled_from(["", "a", "b"]), max_size=30), st.integers(1, 12), st.integers(-40, 40))
def test_the_chosen_line_is_always_in_view(groups, size, step):
    choices = [Choice(f"L{i}", "", i, group=group) for i, group in enumerate(groups)]
    asked = Prompting("label", lambda value: value, choices)
    asked.typed("")
    asked.move(step)
    found = asked.lines(size)
    assert len(found) <= size and (not choices or (asked.index, "") in found)


def test_an_answer_is_the_text_where_no_choices_were_offered():
    asked = Prompting("note", lambda text: f"<{text}>")
    asked.typed("a")
    asked.move(1)
    assert asked.answer("a note")() == "<a note>"


def test_every_change_is_told_and_an_answer_waits_to_be_run():
    told: list[str] = []
    answers: list[str] = []
    asked = Prompting("filter", answers.append, live=told.append)
    for text in ("o", "os", ""):
        asked.typed(text)
    act = asked.answer("os")
    assert (told, answers) == (["o", "os", ""], [])
    act()
    assert answers == ["os"]


@given(st.lists(st.text(max_size=6), max_size=8), st.lists(st.text(max_size=4), max_size=4))
def test_matches_are_choices_and_the_index_is_one_of_them(names: list[str], typed: list[str]) -> None:
    asked = prompting(*names)
    for text in typed:
        asked.typed(text)
        asked.move(1)
        values = [choice.value for choice in asked.matches]
        assert len(set(values)) == len(values)
        assert 0 <= asked.index < max(1, len(asked.matches))
        assert (asked.answer(text) is None) == (not asked.matches)


@pytest.fixture
def library(project: Project) -> Project:
    project.visit()
    for name in ("Harbour", "Bridge", "Bridge (old)"):
        project.add(f"{name}: nothing new.\n", name)
    return project


def screen(app: PostilApp) -> str:
    return "\n".join(rows_of(app))


def test_the_library_narrows_while_typing_and_escape_gives_all_back(library):
    async def test(app: PostilApp, pilot: Any) -> None:
        await pilot.press("q", "F", *"bri")
        assert "Bridge (old)" in screen(app) and "Harbour" not in screen(app)
        await pilot.press("backspace", "backspace", "backspace")
        assert "Harbour" in screen(app)
        await pilot.press(*"vis", "escape")
        assert len(app.session.queue) == 4 and "Harbour" in screen(app)
        await pilot.press("F", *"bri", "enter")
        assert app.session.query == "bri"
        await pilot.press("F", *"xyz")
        assert "Bridge" not in screen(app)
        await pilot.press("escape")
        assert app.session.query == "bri" and "Bridge" in screen(app)

    piloted(test, library)


def test_a_prompt_in_the_reader_that_is_left_changes_nothing(library):
    async def test(app: PostilApp, pilot: Any) -> None:
        await pilot.press("/", *"Oslo", "escape")
        assert app.reader.desk.hits == [] and app.reader.prompting is None
        await pilot.press("/", *"Oslo", "enter")
        assert [VISIT[slice(*hit)] for hit in app.reader.desk.hits] == ["Oslo", "Oslo"]

    piloted(test, library)
