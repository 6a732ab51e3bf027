"""Sentences too long for the message row, and what Ctrl+C says and does."""

from __future__ import annotations

import pytest

from tests.desks import Project
from tests.screens import Screen, run

LONG = "No spaCy pipeline called 'en_core_web_xx' is installed, nor is there a folder of that name with one: get it "
LONG += "with `python -m spacy download en_core_web_xx`, or name another as suggest.pipeline in config.yaml; reading"
LONG += " and annotating by hand work without."


@pytest.fixture
def visit(project: Project) -> Project:
    project.visit()
    return project


def lines(screen: Screen) -> list[str]:
    """The rows above the strip, without white space around."""
    return [row.strip() for row in screen.rows()[:-2]]


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 4), ((120, 40), 3), ((40, 12), 8)])
def test_a_long_warning_is_shown_whole_until_the_next_key(visit, size, rows):
    async def test(screen: Screen) -> None:
        before = screen.rows()
        screen.app.reader.say(LONG, warns=True)
        screen.app.reader.sync()
        await screen.pilot.pause()
        assert " ".join(lines(screen)[-rows:]) == LONG
        assert screen.rows()[-2:] == before[-2:]
        assert screen.rows()[: -rows - 2] == before[: -rows - 2]
        await screen.press("l")
        assert "spaCy" not in screen.text()
        assert not screen.app.reader.overlay.display

    run(test, visit, size)


@pytest.mark.parametrize("size", [(20, 5), (80, 6), (80, 4), (10, 3), (1, 1)])
def test_where_there_is_no_room_for_it_all_the_beginning_is_shown(visit, size):
    async def test(screen: Screen) -> None:
        screen.app.reader.say(LONG, warns=True)
        screen.app.reader.sync()
        await screen.pilot.pause()
        if size[0] > 10 and size[1] > 4:
            assert "No" in screen.text() and "…" in screen.text()
        await screen.press("a")
        screen.check()
        assert screen.entities == ["PERSON Ana Ruiz"]

    run(test, visit, size)


def test_a_long_refusal_in_the_library_is_shown_whole_as_well(visit):
    async def test(screen: Screen) -> None:
        await screen.press("q")
        await screen.press("F")
        await screen.type("labl:politics and (text:/a(/ or is:finished) and a few words to make it long")
        await screen.press("enter")
        said = screen.app.library.spoken[0]
        assert len(said) > 78
        assert said in " ".join(" ".join(lines(screen)).split())
        await screen.press("j")
        assert "labl" not in screen.text()

    run(test, visit)


def test_a_long_sentence_that_does_not_warn_takes_one_row(visit):
    async def test(screen: Screen) -> None:
        screen.app.reader.say("labelled " * 20)
        screen.app.reader.sync()
        await screen.pilot.pause()
        assert not screen.app.reader.overlay.display and lines(screen)[-1].endswith("…")

    run(test, visit)


def test_what_a_started_sequence_can_become_is_shown_in_place_of_a_warning(visit):
    async def test(screen: Screen) -> None:
        screen.app.reader.say(LONG, warns=True)
        screen.app.reader.sync()
        await screen.press("space")
        assert "spaCy" not in screen.text() and "Esc cancels" in screen.text()

    run(test, visit)


# -- Ctrl+C -----------------------------------------------------------------------------------------


def test_ctrl_c_copies_a_selection(visit):
    async def test(screen: Screen) -> None:
        await screen.press("g", "g", "v", "l", "l", "ctrl+c")
        assert screen.app.clipboard == "Mayor Ana Ruiz"
        assert screen.desk.mode == "select" and "copied 14 characters" in screen.text()

    run(test, visit)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (["r"], "Esc leaves LINK; everything is saved"),
        (["a", "shift+tab", "="], "Esc leaves SAME"),
        ([";"], "Esc leaves JUMP"),
        (["A"], "Esc leaves the preview"),
        (["a", "shift+tab", "g", "l"], "Esc leaves the card"),
        (["?"], "Esc leaves help"),
        (["q"], "q leaves; everything is saved"),
        ([], "q leaves; everything is saved"),
    ],
)
def test_ctrl_c_names_the_key_that_leaves_here(visit, keys, says):
    async def test(screen: Screen) -> None:
        await screen.press(*keys, "ctrl+c")
        assert says in screen.text()

    run(test, visit)


def test_ctrl_c_names_the_key_that_this_project_has(make_project):
    project = make_project(bindings='{quit: [f10], leave: ["ctrl+x"]}')
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("ctrl+c")
        assert "F10 leaves" in screen.text()
        await screen.press("r", "ctrl+c")
        assert "Ctrl+X leaves LINK" in screen.text()

    run(test, project)


# -- the library says how far one is -----------------------------------------------------------------


@pytest.fixture
def three(visit: Project) -> Project:
    visit.add("The ferry was late.\n", "Ferry")
    visit.add("The tide was low.\n", "Tide")
    return visit


def test_the_library_says_how_many_of_the_project_are_done(three):
    async def test(screen: Screen) -> None:
        await screen.press("c", "q")
        assert screen.rows()[0].endswith(" 1 of 3 done ")
        await screen.press("F")
        await screen.type("is:open")
        await screen.press("enter")
        assert screen.rows()[0].endswith("is:open · 2 articles · 1 of 3 done ")
        await screen.press("u")
        assert screen.rows()[0].endswith("0 of 3 done ")
        assert three.store.settled(screen.app.session.layer) == 0

    run(test, three)


def test_what_another_window_settles_counts_as_well(three):
    async def test(screen: Screen) -> None:
        await screen.press("q")
        assert "0 of 3 done" in screen.rows()[0]
        three.sit(2).press("c")
        await screen.press("j")
        assert "1 of 3 done" in screen.rows()[0]
        three.sit(3, "ben").press("c")
        await screen.press("j")
        assert "1 of 3 done" in screen.rows()[0]

    run(test, three)


def test_a_filter_that_is_on_is_said_whenever_the_list_is_opened(three):
    async def test(screen: Screen) -> None:
        await screen.press("q")
        assert "filter" not in screen.rows()[-3]
        await screen.press("enter", "F")
        await screen.type("text:ferry")
        await screen.press("enter", "q")
        assert screen.rows()[-3].strip() == "the filter is on, 1 of 3 articles; Esc shows all"
        await screen.press("escape")
        assert "all articles" in screen.rows()[-3] and "filter is on" not in screen.text()

    run(test, three)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_a_long_query_leaves_room_for_the_counts(three, width):
    async def test(screen: Screen) -> None:
        await screen.press("q", "F")
        await screen.type("text:ferry or text:ferry or text:ferry or text:ferry or text:ferry")
        await screen.press("enter")
        row = screen.rows()[0]
        assert len(row) == width and (width < 60 or row.endswith(" 1 article · 0 of 3 done "))

    run(test, three, (width, 24))


def test_one_pending_suggestion_is_not_many(make_project):
    project = make_project(done="ask")
    project.suggest(project.add("Oslo slept.\n", "Oslo"), [("Oslo", "GPE")])

    async def test(screen: Screen) -> None:
        await screen.press("c")
        assert "1 suggestion is pending: accept, reject, or leave it unknown?" in screen.text()
        assert "l leave unknown" in screen.rows()[-1]

    run(test, project)
