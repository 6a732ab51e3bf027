"""What the reader shows after an edit over several articles is undone or repeated."""

from __future__ import annotations

from annotations.propagation import Options
from tests.desks import Project


def test_undo_and_redo_go_where_the_key_was_pressed_and_stay_with_its_entity(project: Project) -> None:
    first = project.add("Nobody spoke. Then Xi left for Oslo.", "First")
    second = project.add("Xi spoke and Oslo slept.", "Second")
    for article in (first, second):
        project.suggest(article, [("Oslo", "GPE")])
    desk = project.sit(second)
    desk.goto("Xi").press("1")
    key = desk.desk.focus or ""
    places = desk.session.corpus_places(key, Options()).places
    assert [place.article for place in places] == [first]
    desk.session.propagate(key, places, [])
    desk.desk.open(first)
    desk.press("u")
    assert desk.state.article.id == second and desk.focused == "PERSON Xi"
    assert desk.said.startswith("undone: PERSON “Xi” in 1 more place in 1 article")
    desk.desk.open(first)
    desk.press("ctrl+r")
    assert desk.state.article.id == second and desk.focused == "PERSON Xi"


def test_what_changed_elsewhere_is_not_taken_for_what_stands_at_the_same_offsets_here(
    project: Project,
) -> None:
    here = project.add("Xi or Li, and Oslo.", "Here")
    there = project.add("We, & Xi, and Oslo.", "There")
    for article, name in ((here, "Li"), (there, "Xi")):
        project.suggest(article, [(name, "PERSON")])
    desk = project.sit(here)
    desk.goto("Xi").press("1")
    key = desk.desk.focus or ""
    desk.session.propagate(key, desk.session.corpus_places(key, Options()).places, [])
    desk.session.delete_copies(key)
    desk.press("u")
    assert desk.focused == "PERSON Xi" and desk.pending() == ["Li"]
    desk.press("ctrl+r")
    assert desk.focused is None and desk.token == "Xi" and desk.entities == []
