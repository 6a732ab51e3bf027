"""Rows in bulk: what a suggester found, and what an import brings in.

Invariant: while people work, a transaction holds at most `PACED_ROWS` rows and is followed by a pause, so that no
keystroke waits long for the lock.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from annotations.columns import (
    DECISION,
    ENTITY,
    RELATION,
    decision_columns,
    entity_columns,
    progress_columns,
    relation_columns,
)
from annotations.model import Analysis, Decision, Entity, Layer, Progress, Relation, compact
from annotations.store import PACED_ROWS, Store, new_id, now
from annotations.wording import count

PACE = 0.01
"""Seconds that a bulk writer sleeps between its transactions while people work."""


_BESIDE_SPAN = slice(Entity._fields.index("fragments"), Entity._fields.index("created_at"))
_BARE_SPAN = Entity("", 0, 0, "", "")[_BESIDE_SPAN]
_BESIDE_LINK = slice(Relation._fields.index("score"), Relation._fields.index("created_at"))
_BARE_LINK = Relation("", "", "", "")[_BESIDE_LINK]

_FRESH = Progress()

_COUNTED = (("entities", "entity"), ("relations", "relation"))

_T = TypeVar("_T", Entity, Relation)


@dataclass(frozen=True, slots=True)
class Offered:
    """What a suggester found in one article; entity ids may be "" unless a relation names them."""

    article: int
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...] = ()
    analysis: Analysis = Analysis()


@dataclass(frozen=True, slots=True)
class Work:
    """A person's work on one article as it comes in, ends and results under the ids that they are to have."""

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    progress: Progress = Progress()


@dataclass(frozen=True, slots=True)
class _Piece:
    """As much of what was found in one article as goes into one transaction."""

    offered: Offered
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    first: bool
    last: bool

    @property
    def size(self) -> int:
        return len(self.entities) + len(self.relations) + self.last


def articles_without(store: Store, layer: Layer, first: int | None = None, limit: int = 50) -> list[int]:
    """Articles that a suggesting layer has not read yet, `first` in front, else in order of import."""
    sql = (
        "SELECT a.id FROM articles a WHERE NOT EXISTS (SELECT 1 FROM analyses n WHERE n.article = a.id"
        " AND n.layer = ?) ORDER BY a.id <> ?, a.id LIMIT ?"
    )
    return [row[0] for row in store.query(sql, (layer.id, first or 0, limit))]


def write_suggestions(store: Store, layer: Layer, batch: Sequence[Offered]) -> None:
    """Adds what a suggester found, in transactions of at most 500 rows with a pause between them.

    An article's analysis goes in with its last row, so that one cut short is not taken for read."""
    at = now()
    for part in _parts(batch):
        with store.writing():
            for piece in part:
                _write_piece(store, layer, piece, at)
        time.sleep(PACE)


def _write_piece(store: Store, layer: Layer, piece: _Piece, at: str) -> None:
    article = piece.offered.article
    if store.query("SELECT 1 FROM analyses WHERE article = ? AND layer = ?", (article, layer.id)):
        return
    if piece.first:
        for table in ("relations", "entities"):
            store.connection.execute(
                f"DELETE FROM {table} WHERE article = ? AND layer = ?", (article, layer.id)
            )
    add_rows(store, article, layer, piece.entities, piece.relations, at)
    if piece.last:
        analysis = piece.offered.analysis
        found = compact({"sentences": analysis.sentences, "chunks": analysis.chunks})
        sql = "INSERT INTO analyses (article, layer, json) VALUES (?, ?, ?)"
        store.connection.execute(sql, (article, layer.id, found))


def add_rows(
    store: Store,
    article: int,
    layer: Layer,
    entities: Iterable[Entity],
    relations: Iterable[Relation],
    at: str,
) -> None:
    """Adds entities and relations to a layer that nobody edits by hand, but for those that are there. Call inside
    `writing`."""
    _add(store, "INSERT OR IGNORE", layer, {article: Work(tuple(entities), tuple(relations))}, at)


def import_works(store: Store, layer: Layer, works: Mapping[int, Work]) -> None:
    """Adds what came in to a layer, by article: rows that are there already stay. A person must have no work on any
    of the articles; each gets a journal row, and there is no undo step. Call inside `writing`."""
    at = now()
    if layer.kind != "person":
        _add(store, "INSERT OR IGNORE", layer, works, at)
        return
    _add(store, "INSERT", layer, works, at)
    decisions = [
        (*decision_columns(decision), article, layer.id)
        for article, work in works.items()
        for decision in work.decisions
    ]
    _many(store, f"INSERT INTO decisions ({DECISION}, article, layer)", decisions)
    _import_progress(store, layer, works)
    _journal_import(store, layer, works, at)


def _add(store: Store, verb: str, layer: Layer, works: Mapping[int, Work], at: str) -> None:
    """Inserts entities and relations, all of a kind at once. Most have nothing beside their label: half of the
    columns bound is a quarter of the time saved."""
    spans, entities, links, relations = (list[tuple[Any, ...]]() for _ in range(4))
    for article, work in works.items():
        for e in work.entities:
            if e[_BESIDE_SPAN] == _BARE_SPAN:
                row = (e.id or new_id(), e.start, e.end, e.label, e.text, at, at, article, layer.id)
                spans.append(row)
            else:
                entities.append((*entity_columns(_named(e), at), article, layer.id))
        for r in work.relations:
            if r[_BESIDE_LINK] == _BARE_LINK:
                links.append((r.id or new_id(), r.label, r.head, r.tail, at, at, article, layer.id))
            else:
                relations.append((*relation_columns(_named(r), at), article, layer.id))
    when = "created_at, updated_at, article, layer"
    _many(store, f'{verb} INTO entities (id, start, "end", label, text, {when})', spans)
    _many(store, f"{verb} INTO entities ({ENTITY}, article, layer)", entities)
    _many(store, f"{verb} INTO relations (id, label, head, tail, {when})", links)
    _many(store, f"{verb} INTO relations ({RELATION}, article, layer)", relations)


def _named(thing: _T) -> _T:
    return thing if thing.id else thing._replace(id=new_id())


def _many(store: Store, sql: str, rows: Sequence[tuple[Any, ...]], ending: str = "") -> None:
    """Inserts rows, if there are any; `sql` is without their values, which stand before `ending`."""
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        store.connection.executemany(f"{sql} VALUES ({marks}){ending}", rows)


def _import_progress(store: Store, layer: Layer, works: Mapping[int, Work]) -> None:
    """Sets what an edit could change of it; where the person was in an article stays."""
    rows = [
        (*progress_columns(work.progress), layer.id, article)
        for article, work in works.items()
        if work.progress != _FRESH
    ]
    _many(
        store,
        "INSERT INTO progress (status, complete, flagged, note, labels, done_at, layer, article)",
        rows,
        " ON CONFLICT (layer, article) DO UPDATE SET status = excluded.status,"
        " complete = excluded.complete, flagged = excluded.flagged, note = excluded.note,"
        " labels = excluded.labels, done_at = excluded.done_at",
    )


def _journal_import(store: Store, layer: Layer, works: Mapping[int, Work], at: str) -> None:
    tops = store.tops(layer, None)
    rows = []
    for article, work in works.items():
        counts = {"entities": len(work.entities), "relations": len(work.relations)}
        says = "imported " + ", ".join(count(counts[name], noun) for name, noun in _COUNTED)
        body = compact({"layer": layer.uid, "says": says, "counts": counts, "changes": []})
        rows.append((new_id(), layer.id, article, "import", at, *tops, body))
    _many(store, "INSERT INTO edits (id, layer, article, verb, at, undo_top, redo_top, changes)", rows)


def known(store: Store, ids: Iterable[str]) -> set[str]:
    """Those of some ids that an entity or a relation has."""
    left, found = iter(ids), set[str]()
    while part := list(islice(left, PACED_ROWS)):
        marks, ends = ", ".join("?" * len(part)), (min(part), max(part))
        for table in ("entities", "relations"):
            # Ids that come together were mostly made together, and nobody has one in between.
            if store.query(f"SELECT 1 FROM {table} WHERE id BETWEEN ? AND ? LIMIT 1", ends):
                rows = store.query(f"SELECT id FROM {table} WHERE id IN ({marks})", part)
                found.update(id for (id,) in rows)
    return found


def _pieces(offered: Offered) -> Iterator[_Piece]:
    rows = len(offered.entities) + len(offered.relations)
    step, many = PACED_ROWS - 1, len(offered.entities)
    for at in range(0, max(1, rows), step):
        relations = offered.relations[max(0, at - many) : max(0, at + step - many)]
        last = at + step >= rows
        yield _Piece(offered, offered.entities[at : at + step], relations, at == 0, last)


def _parts(batch: Sequence[Offered]) -> Iterator[list[_Piece]]:
    """The batch in parts of at most 500 rows."""
    part: list[_Piece] = []
    for piece in (piece for offered in batch for piece in _pieces(offered)):
        if part and sum(p.size for p in part) + piece.size > PACED_ROWS:
            yield part
            part = []
        part.append(piece)
    if part:
        yield part
