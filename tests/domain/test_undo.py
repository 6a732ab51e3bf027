"""Undo and redo: per person, in order, across articles and restarts; refused where something changed underneath."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotations import bulk, edits
from annotations.bulk import Work
from annotations.draft import Pen
from annotations.errors import Refused
from annotations.model import Edit, Entity, Layer
from annotations.state import ArticleState
from annotations.store import Applied, Store, new_id, now
from tests.strategies import PROSE, find, schema

OTHER = "Another text about Havana."


class Desk:
    """A person at a store with two articles."""

    def __init__(self, path: Path, person: str = "me") -> None:
        self.store = Store.open(path)
        with self.store.writing():
            self.articles = [self.store.add_article(t, t[:5], t[:5], None, {})[0] for t in (PROSE, OTHER)]
        self.me = self.store.layer("person", person)

    def state(self, which: int = 0, layer: Layer | None = None) -> ArticleState:
        id, me = self.articles[which], (layer or self.me).id
        return ArticleState(
            self.store.article(id),
            self.me,
            schema(),
            self.store.entities(id, me),
            self.store.relations(id, me),
            self.store.decisions(id, me),
            self.store.progress(id, me),
        )

    def do(self, verb: Callable[..., Edit], *arguments: Any, which: int = 0) -> Edit:
        edit = verb(self.state(which), Pen(now(), new_id), *arguments)
        self.store.apply(self.me, edit)
        return edit

    def own(self, which: int = 0) -> list[str]:
        return sorted(f"{e.text}:{e.label}" for e in self.state(which).entities.values())

    def id_of(self, text: str, which: int = 0) -> str:
        return next(e.id for e in self.state(which).entities.values() if e.text == text)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / "p.db")
    yield found
    found.store.close()


def add(desk: Desk, part: str, label: str = "ORG", which: int = 0) -> Edit:
    return desk.do(edits.add, *find((PROSE, OTHER)[which], part), label, which=which)


def test_undo_goes_back_across_articles_in_order_and_says_what_and_where(desk: Desk) -> None:
    add(desk, "Xi")
    add(desk, "Havana", which=1)
    first = desk.store.undo(desk.me)
    assert (first.verb, first.says, first.article) == ("add", "ORG “Havana”", desk.articles[1])
    assert desk.own(1) == [] and desk.own() == ["Xi:ORG"]
    assert desk.store.undo(desk.me).article == desk.articles[0]
    assert desk.own() == []
    again = desk.store.redo(desk.me)
    assert (again.verb, again.says, again.article) == ("add", "ORG “Xi”", desk.articles[0])
    assert desk.own() == ["Xi:ORG"]


def test_the_first_verb_is_named_however_often_it_was_undone_and_redone(desk: Desk) -> None:
    add(desk, "Xi")
    found: list[Applied] = []
    for _ in range(5):
        found += [desk.store.undo(desk.me), desk.store.redo(desk.me)]
    assert {a.verb for a in found} == {"add"} and {a.says for a in found} == {"ORG “Xi”"}
    assert desk.own() == ["Xi:ORG"]


def test_a_new_edit_after_an_undo_ends_what_could_be_redone(desk: Desk) -> None:
    add(desk, "Xi")
    desk.store.undo(desk.me)
    add(desk, "Havana")
    with pytest.raises(Refused, match="nothing to redo"):
        desk.store.redo(desk.me)
    desk.store.undo(desk.me)
    with pytest.raises(Refused, match="nothing to undo"):
        desk.store.undo(desk.me)


def test_each_person_undoes_their_own(tmp_path: Path, desk: Desk) -> None:
    add(desk, "Xi")
    ben = Desk(tmp_path / "p.db", "ben")
    add(ben, "Havana")
    desk.store.undo(desk.me)
    assert (desk.own(), ben.own()) == ([], ["Havana:ORG"])
    ben.store.close()


def test_undo_and_redo_survive_a_restart(tmp_path: Path, desk: Desk) -> None:
    add(desk, "Xi")
    add(desk, "Havana")
    desk.store.undo(desk.me)
    desk.store.close()
    desk.store = Store.open(tmp_path / "p.db")
    desk.store.redo(desk.me)
    assert desk.own() == ["Havana:ORG", "Xi:ORG"]
    desk.store.undo(desk.me)
    desk.store.undo(desk.me)
    assert desk.own() == []


def test_undoing_done_undoes_the_whole_of_it(desk: Desk) -> None:
    add(desk, "Xi")
    desk.do(edits.done, "accept")
    assert desk.state().settled
    assert desk.store.undo(desk.me).verb == "done"
    progress = desk.state().progress
    assert (progress.status, progress.complete, progress.done_at) == ("open", (), None)


def test_an_undo_tells_which_journal_row_came_before_it(desk: Desk) -> None:
    add(desk, "Xi")
    add(desk, "Havana")
    last = desk.store.newest_edits([desk.me.id])[0]
    undone = desk.store.undo(desk.me)
    assert (undone.seen, undone.seq) == (last, last + 1)


def test_reading_on_in_between_does_not_hinder_undo_and_stays(desk: Desk) -> None:
    desk.do(edits.flag)
    desk.store.keep_place(desk.articles[0], desk.me, place=7, read_to=30, seconds=2.5, keystrokes=3)
    desk.store.undo(desk.me)
    progress = desk.store.progress(desk.articles[0], desk.me.id)
    assert (progress.flagged, progress.place, progress.read_to, progress.seconds) == (False, 7, 30, 2.5)


def test_undo_is_refused_with_the_reason_when_something_changed_underneath_and_nothing_is_written(
    desk: Desk,
) -> None:
    add(desk, "Xi")
    with desk.store.writing() as connection:
        connection.execute("UPDATE entities SET label = 'GPE'")
    rows = len(list(desk.store.journal(desk.me)))
    with pytest.raises(Refused, match="cannot undo this: this was changed elsewhere"):
        desk.store.undo(desk.me)
    assert desk.own() == ["Xi:GPE"] and len(list(desk.store.journal(desk.me))) == rows


def test_undo_is_refused_when_an_equal_entity_has_taken_the_place(desk: Desk) -> None:
    add(desk, "Xi")
    desk.do(edits.delete, desk.id_of("Xi"))
    start, end = find(PROSE, "Xi")
    with desk.store.writing():
        bulk.add_rows(
            desk.store, desk.articles[0], desk.me, [Entity("other", start, end, "ORG", "Xi")], [], now()
        )
    with pytest.raises(Refused, match="cannot undo this: something else took its place"):
        desk.store.undo(desk.me)


def test_undo_is_refused_when_the_entity_of_a_relation_is_gone(desk: Desk) -> None:
    add(desk, "Xi", "PERSON")
    add(desk, "Havana", "GPE")
    desk.do(edits.relate, "LEADS", desk.id_of("Xi"), desk.id_of("Havana"))
    desk.do(edits.delete, next(iter(desk.state().relations)))
    with desk.store.writing() as connection:
        connection.execute("DELETE FROM entities WHERE text = 'Havana'")
    with pytest.raises(Refused, match="cannot undo this: something else took its place"):
        desk.store.undo(desk.me)
    assert desk.own() == ["Xi:PERSON"]


def test_imported_work_is_one_journal_row_and_no_undo_step(desk: Desk) -> None:
    add(desk, "Xi")
    start, end = find(OTHER, "Havana")
    work = Work((Entity(new_id(), start, end, "GPE", "Havana"),))
    with desk.store.writing():
        bulk.import_works(desk.store, desk.me, {desk.articles[1]: work})
    rows = list(desk.store.journal(desk.me))
    assert [r.verb for r in rows] == ["add", "import"] and rows[1].undo_top == rows[0].seq
    assert desk.own(1) == ["Havana:GPE"]
    assert desk.store.undo(desk.me).article == desk.articles[0]
    assert (desk.own(), desk.own(1)) == ([], ["Havana:GPE"])
    add(desk, "Havana")
    desk.store.undo(desk.me)
    with pytest.raises(Refused, match="nothing to undo"):
        desk.store.undo(desk.me)
