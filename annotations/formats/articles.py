"""Articles as JSON, one a line or in an array, without annotations.

Invariant: a text is exactly the string; keys that mean nothing here are metadata, those of an inner `meta` too.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    unread = sorted(key for key in _ANNOTATED.intersection(record) if isinstance(record[key], list))
    if unread:
        says = f"{place}: {listing(unread)} was not read as annotations: name the format with --format"
        found = replace(found, warnings=(says, *found.warnings))
    return found


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
