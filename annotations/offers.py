"""What other layers suggest, merged: identical offers of several sources are one suggestion.

Invariant: below `min_score` nothing is offered; no score passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from annotations.model import (
    SUGGESTING_KINDS,
    Entity,
    Layer,
    Relation,
    RelationSuggestion,
    Suggestion,
    about_entity,
)
from annotations.schema import Schema
from annotations.state import relation_about

Offered = TypeVar("Offered", Suggestion, RelationSuggestion)

Floor = Callable[[str], float]
"""Gives the lowest score at which a suggestion of a label is shown."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One layer's entities and relations on one article."""

    layer: Layer
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]


def merge(
    offers: Iterable[Offer], schema: Schema, floor: Floor
) -> tuple[list[Suggestion], list[RelationSuggestion]]:
    """The suggestions of several layers as one list each, best ranked source first."""
    entities: dict[str, Suggestion] = {}
    relations: dict[str, RelationSuggestion] = {}
    for offer in sorted(offers, key=lambda o: (_rank(o.layer), o.layer.id)):
        for entity in offer.entities:
            if _passes(entity.score, floor(entity.label)):
                _add_entity(entities, entity, offer.layer)
        ends = {entity.id: entity for entity in offer.entities}
        for relation in offer.relations:
            if _passes(relation.score, floor(relation.label)):
                _add_relation(relations, relation, ends, offer.layer, schema)
    return list(entities.values()), list(relations.values())


def _passes(score: float | None, floor: float) -> bool:
    return score is None or score >= floor


def _rank(layer: Layer) -> int:
    return SUGGESTING_KINDS.index(layer.kind) if layer.kind in SUGGESTING_KINDS else 0


def _add_entity(found: dict[str, Suggestion], entity: Entity, layer: Layer) -> None:
    about = about_entity(*entity.value)
    new = Suggestion(
        about,
        entity.start,
        entity.end,
        entity.label,
        entity.text,
        (layer.title,),
        entity.fragments,
        entity.score,
        _rank(layer),
        entity.created_at,
    )
    found[about] = _both(found[about], new) if about in found else new


def _both(old: Offered, new: Offered) -> Offered:
    """One suggestion of two sources: the better score counts, and none is the best."""
    score = None if old.score is None or new.score is None else max(old.score, new.score)
    created_at = min(old.created_at, new.created_at)
    return old._replace(sources=(*old.sources, *new.sources), score=score, created_at=created_at)


def _add_relation(
    found: dict[str, RelationSuggestion],
    relation: Relation,
    ends: Mapping[str, Entity],
    layer: Layer,
    schema: Schema,
) -> None:
    about = relation_about(schema, relation, ends)
    head, tail = (about_entity(*ends[end].value) for end in (relation.head, relation.tail))
    new = RelationSuggestion(
        about, relation.label, head, tail, (layer.title,), relation.score, _rank(layer), relation.created_at
    )
    found[about] = _both(found[about], new) if about in found else new
