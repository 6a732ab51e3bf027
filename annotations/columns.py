"""Rows to values and back: how what the model holds stands in the columns of the database.

JSON is spelled by `compact`, so that equal values are equal columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from annotations.model import Decision, Entity, Progress, Relation, compact

_JSON_COLUMNS = frozenset({"attributes", "complete", "labels", "sources"})
ENTITY = (
    'id, start, "end", label, text, fragments, score, attributes, link, note, cluster, copy_of, created_at,'
    " updated_at"
)
RELATION = "id, label, head, tail, score, attributes, note, created_at, updated_at"
DECISION = "about, verdict, result, via, sources, at, ms"
PROGRESS = "status, complete, flagged, note, labels, place, read_to, seconds, keystrokes, opened_at, done_at"


def encoded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A journal row with the values as the columns hold them."""
    return {name: _column(name, value) for name, value in row.items()}


def _column(name: str, value: Any) -> Any:
    if name == "fragments":
        return compact(value) if value else ""
    if name in _JSON_COLUMNS:
        return None if value is None else compact(value)
    return int(value) if name == "flagged" else value


def entity_of(row: tuple[Any, ...]) -> Entity:
    """The entity in the columns `ENTITY`."""
    id, start, end, label, text, fragments, score, attributes, *rest = row
    pieces = tuple((s, e) for s, e in json.loads(fragments)) if fragments else ()
    return Entity(id, start, end, label, text, pieces, score, attributes and json.loads(attributes), *rest)


def relation_of(row: tuple[Any, ...]) -> Relation:
    """The relation in the columns `RELATION`."""
    id, label, head, tail, score, attributes, *rest = row
    return Relation(id, label, head, tail, score, attributes and json.loads(attributes), *rest)


@lru_cache(maxsize=1024)
def _sources(column: str) -> tuple[str, ...]:
    """The titles of the layers; the same few lists stand in thousands of rows."""
    return tuple(json.loads(column))


def decision_of(row: tuple[Any, ...]) -> Decision:
    """The decision in the columns `DECISION`."""
    about, verdict, result, via, sources, at, ms = row
    return Decision(about, verdict, result, via, _sources(sources), at, ms)


def progress_columns(progress: Progress) -> tuple[Any, ...]:
    """What an edit could change: status, complete, flagged, note, labels, done_at."""
    complete, labels = _texts_column(progress.complete), _texts_column(progress.labels)
    return progress.status, complete, int(progress.flagged), progress.note, labels, progress.done_at


@lru_cache(maxsize=1024)
def _texts_column(texts: tuple[str, ...]) -> str:
    return compact(texts)


def decision_columns(decision: Decision) -> tuple[Any, ...]:
    """The columns `DECISION`."""
    sources = _texts_column(decision.sources)
    return decision.about, decision.verdict, decision.result, decision.via, sources, decision.at, decision.ms


def entity_columns(entity: Entity, at: str) -> tuple[Any, ...]:
    """The columns `ENTITY` of one made at `at` (ISO 8601)."""
    return (
        entity.id,
        entity.start,
        entity.end,
        entity.label,
        entity.text,
        _column("fragments", entity.fragments),
        entity.score,
        _column("attributes", entity.attributes),
        entity.link,
        entity.note,
        entity.cluster,
        entity.copy_of,
        at,
        at,
    )


def relation_columns(relation: Relation, at: str) -> tuple[Any, ...]:
    """The columns `RELATION` of one made at `at` (ISO 8601)."""
    return (
        relation.id,
        relation.label,
        relation.head,
        relation.tail,
        relation.score,
        _column("attributes", relation.attributes),
        relation.note,
        at,
        at,
    )
