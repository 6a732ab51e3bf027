"""What formats exchange with the rest: an annotated article on its way out, and one on its way in.

Invariant: the values are frozen and know no file format and no database; offsets are code points into the text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from annotations.model import Article, Decision, Entity, Relation, Span, Status, Verdict

TITLE_LENGTH = 80
"""Code points of a first line that stands in for a title."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which layer an entity or relation was taken over from, and whether as it was ("accepted") or "changed"."""

    layer: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Document:
    """One annotator's work on one article, as an export writes it. `annotator` is None for no person's work.

    `sentences` are code points, there only for a format that asks for them, and then none where no pipeline read the
    article. `layer` is the layer's title; `origins` goes by the ids of entities and relations; `rejected` and `pending`
    are made by `dismissed` and `offered`, `problems` by `problem`.
    """

    article: Article
    annotator: str | None
    layer: str
    status: Status
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    rejected: tuple[Mapping[str, Any], ...] = ()
    pending: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[Mapping[str, Any], ...] = ()
    complete: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    note: str | None = None
    flagged: bool = False
    sentences: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingAnnotations:
    """The annotations that came with an article. Ids are the file's own, unique within the article.

    `status` is None where the format says nothing of it. `decisions` have `via` "import", and "" for `at`, which only
    the importer knows. `suggested` says that it is a program's work, which is never taken for a person's. `tasks` are
    those that the file could have had something of.
    """

    annotator: str | None
    status: Status | None
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    decisions: tuple[Decision, ...] = ()
    complete: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    note: str | None = None
    flagged: bool = False
    suggested: bool = False
    tasks: tuple[str, ...] = ("entities", "relations")


class LeftOut(str):
    """A warning about an annotation that did not come in; the others only say how something was read."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """One article as an import yields it, with its annotations if the format has them.

    `warnings` are what the person should know about how it was read, with its place.
    """

    text: str
    source: str
    title: str
    date: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    document: IncomingAnnotations | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Counts:
    """How many articles, and of each status, entity label and relation label."""

    articles: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    entities: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)

    def add(self, document: Document) -> None:
        """Counts a document."""
        self.articles += 1
        self.statuses[document.status] += 1
        self.entities.update(entity.label for entity in document.entities)
        self.relations.update(relation.label for relation in document.relations)

    def add_labels(self, found: Iterable[Entity | Relation]) -> None:
        """Counts entities and relations by themselves."""
        for each in found:
            (self.entities if isinstance(each, Entity) else self.relations)[each.label] += 1

    def without(self, gone: Counts) -> Counts:
        """The counts less some others."""
        return Counts(
            self.articles - gone.articles,
            self.statuses - gone.statuses,
            self.entities - gone.entities,
            self.relations - gone.relations,
        )


def dismissed(about: str, layer: str, why: Verdict, result: str | None = None) -> dict[str, Any]:
    """A decided suggestion that is not identical to its result, for `Document.rejected`.

    `about` is the canonical JSON of the decision, `result` the id of what a changed one became, if that stands.
    """
    row = _shown(about) | {"layer": layer, "why": why}
    return row if result is None else row | {"result": result}


def offered(about: str, layer: str, score: float | None = None) -> dict[str, Any]:
    """An undecided suggestion, for `Document.pending`."""
    row = _shown(about) | {"layer": layer}
    return row if score is None else row | {"score": round(score, 4)}


def problem(id: str, says: str) -> dict[str, Any]:
    """What the schema forbids about an entity or relation, for `Document.problems`."""
    return {"id": id, "problem": says}


def headline(text: str) -> str:
    """The first line of a text that is not blank, cut at 80 code points: a title for lists."""
    lines = (line.strip() for line in text.splitlines())
    return next(filter(None, lines), "")[:TITLE_LENGTH].rstrip()


def is_date(value: object) -> bool:
    """Whether the value is a day that exists, as a text YYYY-MM-DD."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _shown(about: str) -> dict[str, Any]:
    """What a decision is about, in the keys of an export."""
    value = json.loads(about)
    if value["kind"] == "entity":
        return _place(value)
    return {"relation": value["label"], "head": _place(value["head"]), "tail": _place(value["tail"])}


def _place(value: Mapping[str, Any]) -> dict[str, Any]:
    spans = value["spans"]
    row = {"start": spans[0][0], "end": spans[-1][1], "label": value["label"]}
    return row | {"fragments": spans} if len(spans) > 1 else row
