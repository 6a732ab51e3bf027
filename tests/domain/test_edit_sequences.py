"""Random sequences of all verbs on a real database: what holds after each edit, undo, redo and restart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from annotations import bulk, edits
from annotations.bulk import Offered
from annotations.draft import progress_row
from annotations.errors import Refused
from annotations.model import Edit, Layer, Progress, RelationSuggestion, Suggestion
from annotations.offers import merge
from annotations.schema import Schema
from annotations.state import ArticleState, conflict, relation_about
from annotations.store import Store
from annotations.text import trim
from tests import strategies as our

Dump = tuple[Any, ...]


class Desk:
    """One person at one article: a real store, a state that is changed edit by edit, and the schema."""

    def __init__(self, folder: Path, schema: Schema, text: str, offers: list[Offered]) -> None:
        self.path, self.schema, self.pens = folder / "p.db", schema, our.Pens()
        self.store = Store.open(self.path)
        with self.store.writing():
            self.article, _ = self.store.add_article(text, "a.txt", "a", None, {})
        for kind, found in zip(("model", "patterns"), offers, strict=False):
            self.suggest(self.store.layer(kind, "m", "1"), found)
        with self.store.writing() as connection:
            for table in ("entities", "relations"):
                connection.execute(f"UPDATE {table} SET created_at = '2023-01-01T00:00:00.000Z'")
        self.me = self.store.layer("person", "me")
        self.state = self.fresh()

    def suggest(self, layer: Layer, found: Offered) -> None:
        bulk.write_suggestions(self.store, layer, [replace(found, article=self.article)])

    def arrive(self, found: Offered) -> None:
        """A newer version of the model offers something else, after everything that was done so far."""
        self.suggest(self.store.layer("model", "m", "2"), found)
        self.state.offer(*self.offers(), self.state.analysis, True)

    def offers(self) -> tuple[list[Suggestion], list[RelationSuggestion]]:
        return merge(self.store.offers(self.article, self.me, None), self.schema, lambda label: 0.3)

    def fresh(self) -> ArticleState:
        store, me = self.store, self.me.id
        suggestions, links = self.offers()
        return ArticleState(
            store.article(self.article),
            self.me,
            self.schema,
            store.entities(self.article, me),
            store.relations(self.article, me),
            store.decisions(self.article, me),
            store.progress(self.article, me),
            suggestions,
            links,
        )

    def restart(self) -> None:
        self.store.close()
        self.store = Store.open(self.path)
        self.state = self.fresh()

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        edit = verb(self.state, self.pens(), *arguments)
        self.store.apply(self.me, edit)
        self.state.apply(edit)
        return edit

    def undo(self) -> None:
        self.state.apply(self.store.undo(self.me).edit)

    def redo(self) -> None:
        self.state.apply(self.store.redo(self.me).edit)

    def dump(self) -> Dump:
        """All rows of the person, byte for byte; of progress, the columns that edits change."""
        query = self.store.connection.execute
        tables = tuple(
            tuple(query(f"SELECT * FROM {table} WHERE layer = ? ORDER BY 1, 2, 3", (self.me.id,)))
            for table in ("entities", "relations", "decisions")
        )
        return *tables, repr(progress_row(self.store.progress(self.article, self.me.id)))


def look(state: ArticleState) -> dict[str, Any]:
    """Everything that a state knows, in an order that does not tell how it came about."""
    return {
        "entities": dict(sorted(state.entities.items())),
        "relations": dict(sorted(state.relations.items())),
        "decisions": dict(sorted(state.decisions.items())),
        "results": {id: abouts for id, abouts in sorted(state.results.items()) if abouts},
        "progress": replace(state.progress, opened_at=None),
        "items": state.items,
        "pending": state.pending,
        "problems": dict(sorted(state.problems.items())),
        "ids": dict(sorted(state.ids_by_value.items())),
        "related": {e: sorted(r.id for r in state.relations_of(e)) for e in state.entities},
    }


def check(desk: Desk) -> None:
    state, text = desk.state, desk.state.article.text
    assert look(state) == look(desk.fresh())
    assert state.items == sorted(state.items)
    assert state.settled is False or not state.problems
    entities = list(state.entities.values())
    for entity in entities:
        assert text[entity.start : entity.end] == entity.text
        assert trim(text, entity.start, entity.end) == (entity.start, entity.end)
        assert state.is_pending(desk_about(entity)) is False
    for i, a in enumerate(entities):
        assert not any(conflict(desk.schema.overlap, a.value, b.value) for b in entities[i + 1 :])
    check_relations(desk)
    check_decisions(desk)


def desk_about(entity: Any) -> str:
    return our.about_entity(*entity.value)


def check_relations(desk: Desk) -> None:
    state = desk.state
    seen = set()
    for relation in state.relations.values():
        assert relation.head != relation.tail
        symmetric = relation.label == "NEAR"
        assert not symmetric or relation.head < relation.tail
        seen.add((relation.label, relation.head, relation.tail))
        legal = desk.schema.legal(
            relation.label, state.entities[relation.head].label, state.entities[relation.tail].label
        )
        assert legal is (relation.id not in state.problems)
    assert len(seen) == len(state.relations)


def check_decisions(desk: Desk) -> None:
    """A verdict follows from its result, and nothing that stands is turned down."""
    state = desk.state
    standing = {desk_about(e): e.id for e in state.entities.values()}
    standing |= {relation_about(desk.schema, r, state.entities): r.id for r in state.relations.values()}
    for about, decision in state.decisions.items():
        assert not state.is_pending(about)
        if decision.result is None:
            assert decision.verdict in ("rejected", "superseded")
            assert about not in standing
        else:
            assert decision.result in standing.values()
            assert decision.verdict == ("accepted" if standing.get(about) == decision.result else "changed")
            assert (about in standing) is (decision.verdict == "accepted")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, Schema, list[Offered]]:
    text = draw(our.prose)
    offers = []
    for prefix in ("m", "p"):
        entities = draw(our.entities(text, prefix))
        relations = draw(our.relations(entities, prefix))
        offers.append(Offered(1, tuple(entities), tuple(relations)))
    return text, our.schema(draw(st.sampled_from(our.POLICIES))), offers


def _step(desk: Desk, data: st.DataObject) -> tuple[Any, ...]:
    """A verb and its arguments, possibly ones that it refuses."""
    state, text = desk.state, desk.state.article.text
    shown = [item.key for item in state.items if state.shown(item.key)]
    keys = [*shown, *state.suggestions] if data.draw(st.integers(0, 5)) == 0 else shown
    related = [*state.relations, *(item.key for item in state.pending if item.key in state.links)]
    pick = lambda some: data.draw(st.sampled_from(sorted(some)))  # noqa: E731
    label = data.draw(st.sampled_from(our.LABELS))
    kind = data.draw(st.sampled_from(["LEADS", "NEAR", "KNOWS"]))
    steps: list[Callable[[], tuple[Any, ...]]] = [
        lambda: (edits.add, *data.draw(our.spans(text)), label),
        lambda: (edits.done, data.draw(st.sampled_from(["accept", "reject", "leave"]))),
        lambda: (data.draw(st.sampled_from([edits.skip, edits.reopen, edits.flag])),),
        lambda: (edits.note, None, data.draw(st.sampled_from(["", "n1", "n2"]))),
    ]
    if keys:
        steps += [
            lambda: (edits.relabel, pick(keys), label),
            lambda: (edits.reshape, pick(keys), *data.draw(our.spans(text))),
            lambda: (edits.split, pick(keys), data.draw(st.integers(1, len(text) - 1))),
            lambda: (edits.join, pick(keys), pick(keys)),
            lambda: (edits.delete, pick([*keys, *related])),
            lambda: (
                edits.note,
                pick([*shown, *state.relations] or keys),
                data.draw(st.sampled_from(["", "n"])),
            ),
            lambda: (edits.relate, kind, pick(keys), pick(keys)),
            lambda: (edits.relate, kind, pick(keys), pick(keys)),
        ]
    if state.suggestions:
        offered = [*state.suggestions, *state.links]
        steps += [
            lambda: (edits.accept, pick(offered)),
            lambda: (edits.reject, pick(offered)),
            lambda: (edits.accept_all, [i.key for i in state.pending][: data.draw(st.integers(1, 9))]),
        ]
    if related:
        steps += [
            lambda: (edits.relabel_relation, pick(related), kind),
            lambda: (edits.delete, pick(related)),
        ]
        steps += [lambda: (edits.swap, pick(related))]
        if keys:
            steps += [
                lambda: (
                    edits.repoint,
                    pick(related),
                    data.draw(st.sampled_from(["head", "tail"])),
                    pick(keys),
                )
            ]
    return data.draw(st.sampled_from(steps))()


@contextmanager
def a_desk(world: tuple[str, Schema, list[Offered]]) -> Iterator[Desk]:
    text, schema, offers = world
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), schema, text, offers)
        desk.store.connection.execute("PRAGMA synchronous = OFF")
        try:
            yield desk
        finally:
            desk.store.close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.bulk.PACE", 0)


often = settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@often
@given(worlds(), st.data())
def test_after_any_edits_everything_holds_and_undo_gives_back_each_step_and_redo_repeats_it(
    world: tuple[str, Schema, list[Offered]], data: st.DataObject
) -> None:
    with a_desk(world) as desk:
        check(desk)
        dumps = [desk.dump()]
        for _ in range(data.draw(st.integers(1, 12))):
            verb, *arguments = _step(desk, data)
            before = desk.dump()
            try:
                desk.do(verb, *arguments)
            except Refused:
                event(f"{verb.__name__} refused")
                assert desk.dump() == before
                continue
            event(f"{verb.__name__} done")
            check(desk)
            dumps.append(desk.dump())
        for expected in reversed(dumps[:-1]):
            desk.undo()
            assert desk.dump() == expected
            check(desk)
        with pytest.raises(Refused, match="nothing to undo"):
            desk.undo()
        desk.restart()
        for expected in dumps[1:]:
            desk.redo()
            assert desk.dump() == expected
            check(desk)
        with pytest.raises(Refused, match="nothing to redo"):
            desk.redo()


@often
@given(worlds(), st.data())
def test_edits_undo_redo_and_restarts_in_any_order_keep_both_stacks(
    world: tuple[str, Schema, list[Offered]], data: st.DataObject
) -> None:
    with a_desk(world) as desk:
        undo, redo = [desk.dump()], list[Dump]()
        for _ in range(data.draw(st.integers(4, 20))):
            move = data.draw(
                st.sampled_from(["edit", "edit", "edit", "undo", "undo", "redo", "restart", "late"])
            )
            if move == "restart":
                desk.restart()
            elif move == "late":
                entities = data.draw(our.entities(desk.state.article.text, "late"))
                desk.arrive(Offered(1, tuple(entities), tuple(data.draw(our.relations(entities, "late")))))
            elif move == "undo" and len(undo) > 1:
                desk.undo()
                redo.append(undo.pop())
            elif move == "redo" and redo:
                desk.redo()
                undo.append(redo.pop())
            elif move == "edit":
                verb, *arguments = _step(desk, data)
                try:
                    desk.do(verb, *arguments)
                except Refused:
                    continue
                undo.append(desk.dump())
                redo.clear()
            assert desk.dump() == undo[-1]
            assert look(desk.state) == look(desk.fresh())
            tops = desk.store.tops(desk.me, None)
            assert ((tops[0] is None), (tops[1] is None)) == (len(undo) == 1, not redo)


def test_a_state_that_nobody_touched_has_fresh_progress(tmp_path: Path) -> None:
    desk = Desk(tmp_path, our.schema(), our.PROSE, [])
    assert desk.state.progress == Progress()
    assert isinstance(desk.me, Layer)
    desk.store.close()
