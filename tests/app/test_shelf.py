from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from annotations.errors import QueryError, Refused
from tests.desks import Project, StubHost, work
from tui.shelf import Shelf


class ShelfStub(StubHost):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[int] = []

    def open_article(self, article: int) -> None:
        self.opened.append(article)


@pytest.fixture
def shelf(project: Project) -> Shelf:
    first = project.visit()
    for number in range(30):
        project.add(f"Report {number} on the harbour.\n", f"Report {number}", f"2022-01-{number + 1:02d}")
    project.sit(first).press("a", "g n", "g s")
    return Shelf(project.session(), ShelfStub())


def titles(shelf: Shelf) -> list[str]:
    return [row.title for row in shelf.visible()]


def test_rows_say_how_far_each_article_is(shelf):
    visit, report = shelf.visible()[:2]
    assert (visit.title, visit.date, visit.status) == ("Visit", "2022-11-25", "open")
    assert (visit.entities, visit.relations, visit.suggested) == (1, 0, 9)
    assert (report.status, report.entities, report.who) == ("skipped", 0, ())


def test_only_rows_in_view_are_read(shelf):
    shelf.resize(5)
    assert titles(shelf) == ["Visit", "Report 0", "Report 1", "Report 2", "Report 3"]
    shelf.move(6)
    assert titles(shelf)[-1] == "Report 5"
    shelf.resize(2)
    assert titles(shelf)[-1] == "Report 5"


def test_moving_stops_at_both_ends(shelf):
    shelf.resize(10)
    shelf.move(-1)
    assert shelf.index == 0
    shelf.page(1)
    assert shelf.index == 9
    shelf.edge(True)
    assert shelf.index == 30
    shelf.page(1)
    assert (shelf.index, titles(shelf)[-1]) == (30, "Report 29")
    shelf.page(-1)
    shelf.edge(False)
    assert (shelf.index, shelf.top) == (0, 0)


def test_tab_goes_to_the_next_open_article(shelf):
    shelf.next_open(1)
    assert shelf.visible()[shelf.index].title == "Report 1"
    shelf.next_open(-1)
    assert shelf.visible()[shelf.index].title == "Visit"
    with pytest.raises(Refused, match="no open article above"):
        shelf.next_open(-1)


def test_a_filter_keeps_the_row_and_says_how_many_answer(shelf):
    shelf.edge(True)
    shelf.filter("text:/Report [12]?9/")
    assert shelf.said == "3 articles"
    assert titles(shelf) == ["Report 9", "Report 19", "Report 29"]
    assert shelf.index == 2
    shelf.clear_filter()
    assert (shelf.said, shelf.index) == ("all articles", 30)


def test_a_filter_that_answers_nothing_leaves_an_empty_list(shelf):
    shelf.filter("text:/xyzzy/")
    assert (shelf.said, shelf.index, titles(shelf)) == ("0 articles", 0, [])
    for act in (shelf.open, lambda: shelf.next_open(1)):
        with pytest.raises(Refused):
            act()
    shelf.move(1)
    shelf.page(-1)
    shelf.edge(True)
    assert shelf.index == 0
    shelf.clear_filter()
    assert len(shelf.session.queue) == 31


def test_a_query_that_does_not_parse_changes_nothing(shelf):
    with pytest.raises(QueryError):
        shelf.filter("ent:NOBODY")
    assert shelf.session.query == ""
    assert len(shelf.session.queue) == 31


@pytest.mark.parametrize(
    ("query", "count"), [("is:open", 30), ("is:skipped", 1), ("ent:PERSON", 1), ("date:2022-01", 30)]
)
def test_what_can_be_asked(shelf, query, count):
    shelf.filter(query)
    assert len(shelf.session.queue) == count


def test_the_filter_is_asked_for_with_the_present_one(shelf):
    shown: list[str] = []
    shelf.host.answer = lambda title, value: shown.append(value) or "is:open"
    shelf.ask_filter()
    shelf.ask_filter()
    assert shown == ["", "is:open"]


def test_open_gives_the_article_to_the_host(shelf):
    shelf.move(3)
    shelf.open()
    assert shelf.host.opened == [shelf.session.queue[3]]


def test_undo_works_from_the_list_before_any_article_was_opened(shelf):
    assert shelf.session.state is None
    shelf.move(9)
    shelf.undo()
    assert shelf.said == "undone: skipped"
    assert (shelf.index, shelf.visible()[1].status) == (1, "open")
    shelf.undo()
    assert shelf.said == "undone: PERSON “Ana Ruiz” accepted"
    assert shelf.index == 0
    assert not any(work(shelf.session).values())
    with pytest.raises(Refused, match="nothing to undo"):
        shelf.undo()


def test_an_empty_project_has_an_empty_list(project):
    shelf = Shelf(project.session(), ShelfStub())
    shelf.move(1)
    shelf.edge(True)
    assert (shelf.index, titles(shelf)) == (0, [])
    with pytest.raises(Refused, match="postil import"):
        shelf.open()


def test_the_rest_is_the_hosts(shelf):
    calls: Sequence[Callable[[], Any]] = (shelf.show_help, shelf.show_palette, shelf.reload, shelf.quit)
    for call in calls:
        call()
    assert shelf.host.asked == ["show_help", "show_palette", "reload", "quit"]


# -- narrowing while typing ---------------------------------------------------------------------------


class Typing(ShelfStub):
    """A prompt in which a test types, a text at a time, and which it then answers or leaves."""

    def prompt(self, title, value, then, live=None, cancel=None):
        super().prompt(title, value, then, live, cancel)
        self.value, self.type, self.enter, self.leave = value, live, then, cancel


@pytest.fixture
def typing(shelf: Shelf) -> Shelf:
    shelf.host = Typing()
    shelf.ask_filter()
    return shelf


def test_titles_narrow_with_every_letter_and_widen_again(typing):
    typing.edge(True)
    counts = []
    for text in ("r", "report", "report 2", "REPORT 29", "report 2", "", "xyzzy"):
        typing.host.type(text)
        counts.append(len(typing.session.queue))
        assert typing.index == 0 and len(titles(typing)) == min(20, counts[-1])
    assert counts == [30, 30, 12, 1, 12, 31, 0]
    typing.host.type("29 rep")
    assert titles(typing) == ["Report 29"]


def test_leaving_the_filter_gives_back_what_was_there(typing):
    typing.host.type("report 2")
    typing.host.leave()
    assert (typing.session.query, len(typing.session.queue)) == ("", 31)
    typing.filter("is:open")
    typing.ask_filter()
    typing.host.type("report 29")
    assert typing.host.value == "is:open" and len(typing.session.queue) == 1
    typing.host.leave()
    assert (typing.session.query, len(typing.session.queue)) == ("is:open", 30)


def test_a_query_with_fields_waits_for_enter_and_shows_what_was_there(typing):
    typing.host.type("report 29")
    for text in ("is:skipped", 'a "b', "text:/ferry/", "-x", "(r", "x)"):
        typing.host.type(text)
        assert len(typing.session.queue) == 31
    typing.host.enter("is:skipped")
    assert (titles(typing), typing.session.query) == (["Report 0"], "is:skipped")


def test_a_bad_query_gives_back_what_was_there_before_typing(typing):
    typing.filter("is:open")
    typing.ask_filter()
    typing.host.type("report 29")
    with pytest.raises(QueryError):
        typing.host.enter("ent:NOBODY")
    assert (typing.session.query, len(typing.session.queue)) == ("is:open", 30)


def test_typing_finds_titles_as_they_are_written(project):
    for title in ("100% sure_ly", "Ärger", "a\\b", "O'Hara", "ﬁne"):
        project.add(f"{title}\n", title)
    shelf = Shelf(project.session(), Typing())
    shelf.ask_filter()
    for text, found in (
        ("%", "100% sure_ly"),
        ("_", "100% sure_ly"),
        ("äRG", "Ärger"),
        ("\\", "a\\b"),
        ("o'h", "O'Hara"),
    ):
        shelf.host.type(text)
        assert titles(shelf) == [found]


def test_narrowing_to_nothing_leaves_a_list_that_can_be_walked(typing):
    typing.host.type("xyzzy")
    typing.move(1)
    typing.page(-1)
    typing.resize(3)
    assert (typing.index, titles(typing)) == (0, [])
    typing.host.type("")
    assert len(titles(typing)) == 3
