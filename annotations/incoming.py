"""Annotations that came with an article, made fit for a layer: ids that nobody has, ends that are there.

Invariant: an id of a file is kept only if it is a ULID that nobody has; equal entities are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ulid import ULID

from annotations.documents import IncomingAnnotations
from annotations.draft import progress_row
from annotations.model import Article, Change, Decision, Edit, Entity, Progress, Relation
from annotations.schema import Schema
from annotations.state import Value, decision_row, entity_row, relation_row
from annotations.store import Store, new_id, now


@dataclass(frozen=True, slots=True)
class Settled:
    """Annotations under the ids that they have in the database; `fresh` are those that are not there yet."""

    fresh: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    decisions: tuple[Decision, ...]


def settle(
    store: Store,
    schema: Schema,
    found: IncomingAnnotations,
    standing: Mapping[Value, str],
    related: frozenset[tuple[str, str, str]] = frozenset(),
) -> Settled:
    """Gives annotations their ids: `standing` maps the values that the layer has already to theirs, `related` are
    the relations it has, as (label, head, tail)."""
    at = now()
    by_value = dict(standing)
    names: dict[str, str] = {}
    fresh: list[Entity] = []
    for entity in found.entities:
        id = by_value.get(entity.value) or _own_id(store, entity.id)
        names[entity.id] = id
        if entity.value not in by_value:
            by_value[entity.value] = id
            fresh.append(replace(entity, id=id, created_at=at, updated_at=at))
    relations: dict[tuple[str, str, str], Relation] = {}
    for relation in found.relations:
        head, tail = names[relation.head], names[relation.tail]
        if schema.has_relation(relation.label) and schema.relation(relation.label).symmetric:
            head, tail = sorted((head, tail))
        place = (relation.label, head, tail)
        if head != tail and place not in related and place not in relations:
            id = _own_id(store, relation.id)
            relations[place] = replace(relation, id=id, head=head, tail=tail, created_at=at, updated_at=at)
        if place in relations:
            names[relation.id] = relations[place].id
    fresh = [replace(e, copy_of=names.get(e.copy_of, e.copy_of)) if e.copy_of else e for e in fresh]
    decisions = tuple(replace(d, at=at, result=names.get(d.result or "")) for d in found.decisions)
    sound = tuple(d for d in decisions if (d.result is not None) == (d.verdict in ("accepted", "changed")))
    return Settled(tuple(fresh), tuple(relations.values()), sound)


def _own_id(store: Store, id: str) -> str:
    try:
        ULID.from_str(id)
    except ValueError:
        return new_id()
    return new_id() if store.knows(id) else id


def work_of(store: Store, schema: Schema, article: Article, found: IncomingAnnotations) -> Edit:
    """A person's imported work on an article that the person has no work on, as one edit."""
    settled, sha = settle(store, schema, found, {}), article.sha256
    changes = [Change("entities", sha, e.id, None, entity_row(e)) for e in settled.fresh]
    changes += [Change("relations", sha, r.id, None, relation_row(r)) for r in settled.relations]
    changes += [Change("decisions", sha, d.about, None, decision_row(d)) for d in settled.decisions]
    progress = Progress(
        status=found.status or "open",
        complete=found.complete,
        flagged=found.flagged,
        note=found.note,
        labels=found.labels,
        done_at=now() if found.status == "done" else None,
    )
    before, after = progress_row(Progress()), progress_row(progress)
    names = [name for name in before if before[name] != after[name]]
    if names:
        rows = {n: before[n] for n in names}, {n: after[n] for n in names}
        changes.append(Change("progress", sha, "", *rows))
    says = f"imported {len(settled.fresh)} entities, {len(settled.relations)} relations"
    return Edit(new_id(), "import", now(), tuple(changes), says)
