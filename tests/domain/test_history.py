from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotations import bulk, details, edits, history
from annotations.bulk import Offered, Work
from annotations.errors import Refused
from annotations.history import Entry
from annotations.model import Edit, Entity
from annotations.state import ArticleState
from annotations.store import new_id
from tests import strategies as our
from tests.domain.test_edit_sequences import Desk, _step, a_desk, no_pause, often, worlds  # noqa: F401


def desk_with(folder: Path, *parts: tuple[Any, ...], overlap: Any = "none") -> Desk:
    """A desk at the usual prose, with suggestions of a model: words, label, score."""
    entities = tuple(
        our.Entity("", *our.find(our.PROSE, words), label, words, score=score)
        for words, label, score in parts
    )
    return Desk(folder, our.schema(overlap), our.PROSE, [Offered(1, entities)])


def entries(desk: Desk, key: str | None) -> list[Entry]:
    pasts = [history.read(row) for row in desk.store.journal_of(desk.me, desk.state.article)]
    if key is None:
        return history.of_article(pasts, "me")
    return history.of_thing(pasts, "me", desk.state, key)


def said(desk: Desk, key: str | None) -> list[str]:
    return [entry.says for entry in entries(desk, key)]


def id_of(desk: Desk, text: str) -> str:
    return next(e.id for e in desk.state.entities.values() if e.text == text)


def add(desk: Desk, words: str, label: str) -> str:
    desk.do(edits.add, *our.find(our.PROSE, words), label)
    return id_of(desk, words)


def test_each_change_of_an_entity_is_told_in_plain_words(tmp_path):
    desk = desk_with(tmp_path)
    key = add(desk, "Group", "ORG")
    desk.do(edits.relabel, key, "GPE")
    start, end = our.find(our.PROSE, "The Group of 20")
    desk.do(edits.reshape, key, start, end)
    desk.do(edits.note, key, "who?")
    desk.do(edits.note, key, "")
    desk.do(edits.delete, key)
    desk.undo()
    assert said(desk, key) == [
        "added ORG “Group”",
        "label ORG → GPE",
        "start 35 → 31, end 40 → 46, “Group” → “The Group of 20”",
        "note “who?”",
        "note taken away",
        "deleted GPE “The Group of 20”",
        "undone: deleted GPE “The Group of 20”",
    ]


def test_who_and_when_come_from_the_journal(tmp_path):
    desk = desk_with(tmp_path)
    key = add(desk, "Xi", "PERSON")
    (entry,) = entries(desk, key)
    assert (entry.who, entry.verb) == ("me", "add")
    assert re.fullmatch(r"2024-01-01T00:00:0\d\.000Z", entry.at)


def test_an_accepted_suggestion_says_who_offered_it(tmp_path):
    desk = desk_with(tmp_path, ("Havana", "GPE", 0.875))
    about = next(iter(desk.state.suggestions))
    assert said(desk, about) == ["offered GPE “Havana” 0.88"]
    desk.do(edits.accept, about)
    for key in (id_of(desk, "Havana"), about):
        offer, accepted = entries(desk, key)
        assert (offer.who, offer.at, offer.says) == (
            "model:m@1",
            "2023-01-01T00:00:00.000Z",
            "offered GPE “Havana” 0.88",
        )
        assert accepted.says == "accepted GPE “Havana”"


def test_a_suggestion_that_was_changed_in_taking_it_over(tmp_path):
    desk = desk_with(tmp_path, ("Havana", "GPE", None))
    about = next(iter(desk.state.suggestions))
    desk.do(edits.relabel, about, "ORG")
    key = id_of(desk, "Havana")
    desk.do(edits.delete, key)
    wanted = [
        "offered GPE “Havana”",
        "accepted GPE “Havana” as ORG “Havana”",
        "deleted ORG “Havana”, changed → rejected",
    ]
    assert said(desk, about) == wanted
    desk.undo()
    desk.undo()
    assert said(desk, about) == [
        *wanted,
        "undone: deleted ORG “Havana”, changed → rejected",
        "undone: accepted GPE “Havana” as ORG “Havana”",
    ]


def test_rejected_then_accepted_after_all(tmp_path):
    desk = desk_with(tmp_path, ("Havana", "GPE", None))
    about = next(iter(desk.state.suggestions))
    desk.do(edits.reject, about)
    desk.do(edits.accept, about)
    key = id_of(desk, "Havana")
    assert said(desk, key)[1:] == ["rejected GPE “Havana”", "accepted GPE “Havana”, rejected → accepted"]


def test_done_and_bulk_say_how_a_suggestion_was_accepted(tmp_path):
    desk = desk_with(tmp_path, ("Havana", "GPE", None), ("Xi", "PERSON", None))
    xi, havana = sorted(desk.state.suggestions, key=lambda about: "GPE" in about)
    desk.do(edits.accept_all, [havana])
    desk.do(edits.done, "accept")
    assert said(desk, id_of(desk, "Havana"))[1:] == ["accepted GPE “Havana” in bulk"]
    assert said(desk, xi)[1:] == ["accepted PERSON “Xi” at done"]
    assert said(desk, None) == ["accepted 1", "done, accepted 1"]


def test_what_became_part_of_an_entity_belongs_to_its_history_and_no_longer_once_that_is_undone(tmp_path):
    desk = desk_with(tmp_path)
    first, second = add(desk, "Group", "ORG"), add(desk, "20", "GPE")
    desk.do(edits.relabel, second, "ORG")
    desk.do(edits.join, first, second)
    joined = [
        "added GPE “20”",
        "label GPE → ORG",
        "ORG “20” became part of it, end 40 → 46, “Group” → “Group of 20”",
    ]
    assert said(desk, first) == ["added ORG “Group”", *joined]
    desk.undo()
    alone = said(desk, first)
    assert "added GPE “20”" not in alone and len(alone) == 3
    assert alone[-1].startswith("undone: ")
    desk.redo()
    assert said(desk, first)[:3] == ["added ORG “Group”", *joined[:2]]
    assert said(desk, first)[-1].startswith("done again: ")


def test_replacing_own_entities_keeps_the_history_of_all_of_them(tmp_path):
    desk = desk_with(tmp_path)
    add(desk, "Group", "ORG"), add(desk, "20", "GPE")
    desk.do(edits.add, *our.find(our.PROSE, "The Group of 20"), "ORG")
    (key,) = desk.state.entities
    assert said(desk, key)[:2] == ["added ORG “Group”", "added GPE “20”"]


def test_relations_are_told_from_both_ends_and_by_themselves(tmp_path):
    desk = desk_with(tmp_path)
    xi, group = add(desk, "Xi", "PERSON"), add(desk, "Group", "ORG")
    relation = desk.do(edits.relate, "LEADS", xi, group).changes[0].key
    desk.do(edits.relabel_relation, relation, "KNOWS")
    desk.do(edits.swap, relation)
    assert said(desk, relation) == [
        "added “Xi” —LEADS→ “Group”",
        "label LEADS → KNOWS",
        "head “Xi” → “Group”, tail “Group” → “Xi”",
    ]
    assert said(desk, xi) == ["added PERSON “Xi”", *said(desk, relation)]
    desk.do(edits.delete, group)
    assert said(desk, xi)[-1] == "deleted “Group” —KNOWS→ “Xi”"
    assert said(desk, relation)[-1] == "deleted “Group” —KNOWS→ “Xi”"


def test_history_outlives_a_restart_and_tells_undo_and_redo(tmp_path):
    desk = desk_with(tmp_path)
    key = add(desk, "Xi", "PERSON")
    desk.do(edits.relabel, key, "ORG")
    desk.undo()
    desk.restart()
    desk.redo()
    desk.restart()
    assert said(desk, key) == [
        "added PERSON “Xi”",
        "label PERSON → ORG",
        "undone: label PERSON → ORG",
        "done again: label PERSON → ORG",
    ]
    desk.store.close()


def test_pieces_and_other_columns_are_told_too(tmp_path):
    desk = desk_with(tmp_path)
    key = add(desk, "The Group of 20", "ORG")
    pieces = (our.find(our.PROSE, "The"), our.find(our.PROSE, "20"))
    desk.do(details.reshape, key, pieces)
    assert said(desk, key)[-1] == "pieces 31-34, 44-46"


def test_rows_of_other_articles_and_other_people_leave_no_entry(tmp_path):
    desk = desk_with(tmp_path)
    key = add(desk, "Xi", "PERSON")
    with desk.store.writing():
        other, _ = desk.store.add_article("Xi again.", "b.txt", "b", None, {})
    ben = desk.store.layer("person", "ben")
    state = ArticleState(desk.store.article(other), desk.me, desk.schema)
    desk.store.apply(desk.me, edits.add(state, desk.pens(), 0, 2, "ORG"))
    theirs = ArticleState(desk.store.article(desk.article), ben, desk.schema)
    desk.store.apply(ben, edits.add(theirs, desk.pens(), 0, 2, "GPE"))
    assert said(desk, key) == ["added PERSON “Xi”"]
    assert len(said(desk, None)) == 1


def test_an_edit_of_many_articles_is_in_the_history_of_each(tmp_path):
    desk = desk_with(tmp_path)
    with desk.store.writing():
        other, _ = desk.store.add_article("Xi again.", "b.txt", "b", None, {})
    there = ArticleState(desk.store.article(other), desk.me, desk.schema)
    first = edits.add(desk.state, desk.pens(), 0, 2, "PERSON")
    second = edits.add(there, desk.pens(), 0, 2, "PERSON")
    both = Edit(first.id, "propagate", first.at, first.changes + second.changes, "labelled 2 places")
    desk.store.apply(desk.me, both)
    desk.state = desk.fresh()
    assert said(desk, id_of(desk, "Xi")) == ["added PERSON “Xi”"]
    assert [row.article for row in desk.store.journal_of(desk.me, there.article)] == [None]


def test_an_import_is_said_of_what_it_brought(tmp_path):
    desk = desk_with(tmp_path)
    with desk.store.writing():
        bulk.import_works(
            desk.store, desk.me, {desk.article: Work((Entity(new_id(), 0, 2, "PERSON", "Xi"),))}
        )
    desk.state = desk.fresh()
    found = [(e.verb, e.says) for e in entries(desk, id_of(desk, "Xi"))]
    assert found == [("import", "imported 1 entity, 0 relations")]


@often
@given(worlds(), st.data())
def test_history_tells_something_of_everything_after_any_edits(world: Any, data: st.DataObject) -> None:
    with a_desk(world) as desk:
        moves: dict[str, Callable[[], Any]] = {
            "undo": desk.undo,
            "redo": desk.redo,
            "restart": desk.restart,
        }
        for _ in range(data.draw(st.integers(1, 12))):
            move = data.draw(st.sampled_from(["edit", "edit", "edit", *moves]))
            try:
                if move == "edit":
                    verb, *arguments = _step(desk, data)
                    desk.do(verb, *arguments)
                else:
                    moves[move]()
            except Refused:
                continue
        check(desk)


def check(desk: Desk) -> None:
    """Everything has a history in order, all that is the person's began in the journal, and no words are missing."""
    state = desk.state
    rows = list(desk.store.journal_of(desk.me, state.article))
    assert len(said(desk, None)) == len(rows)
    for key in [*state.entities, *state.relations, *state.suggestions, *state.links]:
        found = entries(desk, key)
        own = [entry.at for entry in found if entry.verb != "offer"]
        order = iter([row.at for row in rows])
        assert all(at in order for at in own), "entries stand in the order of the journal"
        assert all(entry.says.strip() for entry in found)
        assert own or key in state.suggestions or key in state.links
        assert found
