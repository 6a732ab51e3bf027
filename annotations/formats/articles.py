"""Articles as JSON, one a line or in an array, without annotations.

Invariant: a text is exactly the string; keys that mean nothing here are metadata, those of an inner `meta` too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats import fields, records
from annotations.formats.base import Format, Reading, Source
from annotations.wording import listing

_ANNOTATED = frozenset(
    ("annotations", "denotations", "entities", "label", "labels", "ner", "relations", "result", "spans")
)
"""Keys under which other formats have annotations."""


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each record, or why it is none."""
    return records.json_taken(source, lambda record, place: (_article(record, place),))


def _article(record: dict[str, Any], place: str) -> Incoming:
    found = fields.article(_flat(record), place)
    return with_unread(found, record, place, "name the format with --format")


def with_unread(found: Incoming, said: Mapping[str, Any], place: str, otherwise: str) -> Incoming:
    """An article with a warning about what looks like annotations among what is said of it; `otherwise` says what to do
    to have them."""
    unread = sorted(key for key, value in said.items() if _are_annotations(key, value))
    if not unread:
        return found
    says = f"{place}: {listing(unread)} was not read as annotations: {otherwise}"
    return replace(found, warnings=(says, *found.warnings))


def _are_annotations(key: str, value: Any) -> bool:
    """Whether a value looks like annotations: by its key, or as a list of places in a text."""
    if key in _ANNOTATED:
        return isinstance(value, (list, dict))
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and {"start", "end"} <= first.keys()


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """The record with what an inner `meta` says beside the rest, if none of it stands there already."""
    inner = record.get("meta")
    rest = {key: value for key, value in record.items() if key != "meta"}
    return rest | inner if isinstance(inner, dict) and rest.keys().isdisjoint(inner) else record


FORMAT = Format(
    "articles",
    "articles as JSON or JSON lines",
    (".jsonl", ".json", ".ndjson"),
    read,
    recognises=lambda head: not head.keys.isdisjoint(fields.TEXTS),
)
