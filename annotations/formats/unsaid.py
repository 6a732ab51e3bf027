"""Losses that many formats share: relations, and what people say about entities besides their label.

Invariant: an article has one loss a kind, with how many there are of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from annotations.documents import Document
from annotations.formats.base import Output
from annotations.model import Entity, Relation

DETAILS = ("attributes", "links", "notes", "clusters", "labels")
"""The kinds of losses that `lose_details` names; "labels" are those of the document."""


def lose_relations(document: Document, out: Output) -> None:
    """Names the relations of a document for a format that has none."""
    labels = Counter(relation.label for relation in document.relations)
    if labels:
        counted = ", ".join(f"{count} {label}" for label, count in sorted(labels.items()))
        what = f"this format has no relations: left out {counted}"
        out.lose(document, "relation", what, document.relations)


def lose_details(document: Document, out: Output, kept: Collection[str] = (), relations: bool = True) -> None:
    """Names what a document says besides entities and relations (`DETAILS`), but for the kinds `kept`; that of
    relations only if the format has `relations`."""
    counts = _details(document, relations)
    for kind in DETAILS:
        if counts[kind] and kind not in kept:
            what = "document labels" if kind == "labels" else kind
            out.lose(document, kind, f"this format has no place for {what}: left out {counts[kind]}")


def _details(document: Document, relations: bool) -> Counter[str]:
    """How many there are of each kind."""
    told: list[Entity | Relation] = [*document.entities, *(document.relations if relations else ())]
    counts = Counter({"labels": len(document.labels), "notes": int(bool(document.note))})
    for entity in document.entities:
        counts["links"] += bool(entity.link)
        counts["clusters"] += bool(entity.cluster)
    for each in told:
        counts["attributes"] += bool(each.attributes)
        counts["notes"] += bool(each.note)
    return counts
