"""The mouse: pressing, dragging, the wheel; and copying to the clipboard."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events

from annotations.errors import Refused
from tests.desks import VISIT, Project, Sitting
from tests.pages import desk_of, own, state_of
from tests.screens import piloted
from tui.app import PostilApp
from tui.drawing import GUTTER
from tui.verbs import articles, pointing
from tui.widgets.article import WHEEL


@pytest.fixture
def visit(project: Project) -> Sitting:
    return project.sit(project.visit())


def at(words: str, nth: int = 0) -> int:
    start = -1
    for _ in range(nth + 1):
        start = VISIT.index(words, start + 1)
    return start


def point(sitting: Sitting, offset: int, drags: bool = False) -> None:
    pointing.point(sitting.desk, offset, drags)
    sitting.check()


def test_pressing_on_a_word_goes_there_and_focuses_what_is_there(visit):
    point(visit, at("Wei") + 1)
    assert (visit.token, visit.focused) == ("Wei", "PERSON? Li Wei")
    point(visit, at("mayor"))
    assert (visit.token, visit.focused) == ("mayor", None)
    point(visit, len(VISIT))
    assert visit.token == "."


def test_dragging_selects_from_where_it_began_and_a_new_press_ends_it(visit):
    point(visit, at("stayed"))
    point(visit, at("stayed") + 2, drags=True)
    assert visit.desk.mode == "read"
    point(visit, at("home"), drags=True)
    assert (visit.desk.mode, visit.desk.selection) == ("select", (at("stayed"), at("home") + 4))
    point(visit, at("mayor"), drags=True)
    assert visit.desk.selection == (at("mayor"), at("stayed") + 6)
    point(visit, at("Oslo"))
    assert (visit.desk.mode, visit.focused) == ("read", "GPE? Oslo")


def test_what_was_dragged_over_is_labelled_as_any_selection(visit):
    point(visit, at("Harbour"))
    point(visit, at("Trust"), drags=True)
    visit.press("2")
    assert "ORG Harbour Trust" in visit.entities
    assert visit.desk.mode == "read"


def test_the_mouse_does_nothing_while_a_key_is_asked_for(visit, make_project):
    visit.press(";")
    where = visit.desk.cursor
    point(visit, at("Friday"))
    point(visit, at("Friday"), drags=True)
    pointing.turn(visit.desk, 3)
    assert (visit.desk.mode, visit.desk.cursor) == ("hints", where)
    project = make_project(done="ask")
    asked = project.sit(project.visit()).press("c")
    point(asked, at("Friday"))
    pointing.turn(asked.desk, 3)
    assert (asked.desk.mode, asked.desk.cursor) == ("ask", where)


def test_the_wheel_moves_by_lines_and_stops_at_the_ends(visit):
    layout = visit.desk.view.layout
    here = layout.line_of(visit.desk.offset)
    pointing.turn(visit.desk, 1)
    assert layout.line_of(visit.desk.offset) == here + 1
    for step in (99, -99):
        pointing.turn(visit.desk, step)
        visit.check()
    assert layout.line_of(visit.desk.offset) == 0


def test_pointing_into_a_text_without_words_does_nothing(project):
    for text in ("", "\n\n"):
        empty = project.sit(project.add(text))
        for drags in (False, True):
            point(empty, 0, drags)
        pointing.turn(empty.desk, 3)


# -- copying ------------------------------------------------------------------------------------------


def test_copy_takes_the_selection_else_the_focus_else_the_token(visit):
    visit.goto("stayed").press("y")
    assert (visit.host.copied, visit.said) == ("stayed", "copied 6 characters")
    visit.goto("Ruiz").press("y")
    assert visit.host.copied == "Ana Ruiz"
    visit.press("v", "l", "l", "y")
    assert visit.host.copied == "Ruiz met Li"
    assert visit.desk.mode == "select"
    visit.press("escape").goto("in").press("v", "y").goto(".").press("escape", "y")
    assert (visit.host.copied, visit.said) == (".", "copied 1 character")


def test_copy_gives_the_text_as_it_is_and_of_an_entity_its_pieces():
    text = "a\x1b[31m b\u202e c"
    desk = desk_of(state_of(text, [own(text, ((0, 1), (7, 9)), "GPE", "x")]))
    desk.focus_on("x")
    articles.copy(desk)
    assert desk.host.copied == f"a {text[7:9]}"


def test_more_than_a_terminal_takes_is_not_copied(project):
    sitting = project.sit(project.add("é" * 20 + " " + "word " * 20_000))
    sitting.press("v", "G", "y")
    assert sitting.said.endswith("are more than a terminal takes at once: select less")
    assert "copied" not in vars(sitting.host)


def test_copying_nothing_is_refused(project):
    empty = project.sit(project.add(""))
    with pytest.raises(Refused, match="no text"):
        articles.copy(empty.desk)
    assert empty.press("y").said == "there is no text to copy"


# -- on the screen ------------------------------------------------------------------------------------


def place(app: PostilApp, words: str) -> tuple[int, int]:
    """Where some words are on the screen."""
    for y in range(app.size.height):
        strip = app.screen._compositor.render_strips()[y]
        drawn = "".join(segment.text for segment in strip)
        if words in drawn:
            return drawn.index(words), y
    raise AssertionError(f"{words} is not on screen")


async def mouse(app: PostilApp, pilot: Any, kind: type[Any], where: tuple[int, int], button: int = 1) -> None:
    x, y = where
    app.screen._forward_event(kind(None, x, y, 0, 0, button, False, False, False, x, y))
    await pilot.pause()


def test_press_drag_and_wheel_reach_the_text_on_screen(project):
    project.visit()

    async def test(app: PostilApp, pilot: Any) -> None:
        desk = app.reader.desk
        await mouse(app, pilot, events.MouseDown, place(app, "Oslo"))
        await mouse(app, pilot, events.MouseUp, place(app, "Oslo"))
        assert desk.item.text == "Oslo" and desk.mode == "read"
        await mouse(app, pilot, events.MouseMove, place(app, "stayed"), 0)
        assert desk.item.text == "Oslo"
        await mouse(app, pilot, events.MouseDown, place(app, "stayed"))
        await mouse(app, pilot, events.MouseMove, place(app, "home"))
        await mouse(app, pilot, events.MouseUp, place(app, "home"))
        assert VISIT[slice(*desk.selection)] == "stayed home"
        await mouse(app, pilot, events.MouseDown, place(app, "Mayor"))
        await mouse(app, pilot, events.MouseUp, place(app, "Mayor"))
        assert (desk.mode, desk.offset) == ("read", 0)
        line = desk.view.layout.line_of
        await mouse(app, pilot, events.MouseScrollDown, (GUTTER, 3), 0)
        assert line(desk.offset) == WHEEL
        await mouse(app, pilot, events.MouseScrollUp, (GUTTER, 3), 0)
        assert line(desk.offset) == 0
        await mouse(app, pilot, events.MouseDown, (79, 20))
        await mouse(app, pilot, events.MouseUp, (79, 20))
        assert line(desk.offset) == 0
        await pilot.press("y")
        assert app.clipboard == "Mayor"
        assert app.session.store.entities(1, app.session.layer.id) == []

    piloted(test, project)


def test_the_mouse_leaves_an_open_prompt_where_it_was_asked(project):
    project.visit()

    async def test(app: PostilApp, pilot: Any) -> None:
        desk = app.reader.desk
        where = desk.cursor
        await pilot.press("i", "h")
        await mouse(app, pilot, events.MouseDown, place(app, "Oslo"))
        await mouse(app, pilot, events.MouseUp, place(app, "Oslo"))
        await mouse(app, pilot, events.MouseScrollDown, (GUTTER, 3), 0)
        assert desk.cursor == where
        await pilot.press("i", "enter")
        notes = [(e.text, e.note) for e in app.session.store.entities(1, app.session.layer.id)]
        assert notes == [("Ana Ruiz", "hi")]

    piloted(test, project)
