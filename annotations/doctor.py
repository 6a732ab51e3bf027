"""Checks every promise that the database makes, in Python where SQL cannot: `postil doctor`.

Invariant: this reads and never writes. An *error* breaks an invariant; a *problem* is something the schema forbids now.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

from annotations.model import Article, Decision, Entity, Layer, about_entity
from annotations.schema import Schema
from annotations.state import ArticleState, relation_about
from annotations.store import Store
from annotations.text import trim


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: `error` or `problem`, where, and what."""

    kind: str
    where: str
    what: str


def examine(store: Store, schema: Schema) -> Iterator[Finding]:
    """All findings: the file, each article with each layer on it, the journal."""
    for sentence in store.integrity():
        yield Finding("error", store.path.name, sentence)
    layers = store.layers()
    for layer in layers:
        yield from _journal(store, layer)
    for id in store.all_articles():
        article = store.article(id)
        yield from _article(article)
        for layer in layers:
            yield from _layer(store, article, layer, schema)


def _article(article: Article) -> Iterator[Finding]:
    where = f"article {article.id} ({article.source})"
    if hashlib.sha256(article.text.encode()).hexdigest() != article.sha256:
        yield Finding("error", where, "its text does not have the SHA-256 that is its identity")


def _layer(store: Store, article: Article, layer: Layer, schema: Schema) -> Iterator[Finding]:
    entities = store.entities(article.id, layer.id)
    relations = store.relations(article.id, layer.id)
    decisions = store.decisions(article.id, layer.id)
    where = f"article {article.id} ({article.source}), {layer.title}"
    for entity in entities:
        yield from (Finding("error", where, f"{entity.id}: {what}") for what in _entity(article, entity))
    if layer.kind not in ("person", "gold"):
        return
    state = ArticleState(article, layer, schema, entities, relations, decisions)
    for decision in decisions:
        if (what := _decision(state, decision)) is not None:
            yield Finding("error", where, f"decision on {decision.about}: {what}")
    yield from (Finding("problem", where, what) for what in state.problems.values())


def _entity(article: Article, entity: Entity) -> Iterator[str]:
    if entity.end > len(article.text):
        yield f"ends at {entity.end}, after the text's end at {len(article.text)}"
    elif article.text[entity.start : entity.end] != entity.text:
        yield f"says “{entity.text}”, but the text at {entity.start}-{entity.end} is another"
    elif trim(article.text, entity.start, entity.end) != (entity.start, entity.end):
        yield "has white space at its edges"
    if entity.fragments and not _sound_pieces(entity):
        yield "has pieces that touch, overlap or do not reach its edges"


def _sound_pieces(entity: Entity) -> bool:
    pieces = entity.fragments
    apart = all(a[1] < b[0] for a, b in itertools.pairwise(pieces))
    return apart and len(pieces) > 1 and (pieces[0][0], pieces[-1][1]) == (entity.start, entity.end)


def _decision(state: ArticleState, decision: Decision) -> str | None:
    """What is wrong with a decision's verdict, which must follow from its result."""
    if decision.result is None:
        return None
    if (entity := state.entities.get(decision.result)) is not None:
        now = about_entity(*entity.value)
    elif (relation := state.relations.get(decision.result)) is not None:
        now = relation_about(state.schema, relation, state.entities)
    else:
        return f"its result {decision.result} is not there"
    expected = "accepted" if now == decision.about else "changed"
    return (
        None
        if decision.verdict == expected
        else f"it says {decision.verdict}, but the result says {expected}"
    )


def _journal(store: Store, layer: Layer) -> Iterator[Finding]:
    """The undo and redo stacks must point at rows of the same person, and every change must be readable."""
    seen: set[int] = set()
    for row in store.journal(layer):
        seen.add(row.seq)
        where = f"journal row {row.seq}, {layer.title}"
        for name in ("undoes", "undo_top", "redo_top"):
            target = getattr(row, name)
            if target is not None and target not in seen:
                yield Finding(
                    "error", where, f"{name} points at row {target}, which is not an earlier one of theirs"
                )
        if json.loads(row.changes).get("layer") != layer.uid:
            yield Finding("error", where, "it names another layer")
