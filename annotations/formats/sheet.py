"""Tables of articles, one a row: CSV and TSV with a column of texts.

Invariant: a text is exactly its cell; columns that mean nothing here are metadata.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats import fields, plain, records
from annotations.formats.articles import with_unread
from annotations.formats.base import Format, Head, Reading, Source
from annotations.formats.rows import SEPARATORS, Table, header, table

_LONGEST = 100
"""Characters of a first row that has nothing but known columns."""

_NAME = re.compile(r"\w[^!?]{0,39}")
"""How the columns of a table that is not named so may be called."""

_MOST = 0.9
"""Share of the rows of such a table that have as many cells as it has columns."""


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each row, or why it is none."""
    try:
        found = table(source, reading.encoding, _has_text)
        begins = Head.of(source).data.decode(found.encoding, "ignore")
        plain.check_not_binary(begins, source.name, reading.encoding)
    except BadFile as error:
        yield error
        return
    names = {each: each.lower() if each.lower() in fields.KNOWN else each for each in found.columns}

    def take(row: dict[str, str], place: str) -> Incoming:
        article = fields.article({names[column]: cell for column, cell in row.items()}, place)
        return with_unread(article, dict(_lists(row)), place, "bring them as JSON")

    yield from fields.warned(records.taken(source, found.rows, take, "row"), source, found.warning)


def _has_text(columns: tuple[str, ...]) -> bool:
    return not {each.lower() for each in columns}.isdisjoint(fields.TEXTS)


def _lists(row: Mapping[str, str]) -> Iterator[tuple[str, list[Any]]]:
    """The cells in which JSON has a list, as Label Studio writes what stands in its tables."""
    for column, cell in row.items():
        if cell.startswith("["):
            with suppress(ValueError, RecursionError):
                yield column, json.loads(cell)


def _recognises(head: Head) -> bool:
    """A table by its name; without one, by a first row with nothing but known columns, more than one, or with names
    that are no sentence over rows that have as many cells."""
    if head.name.endswith((".csv", ".tsv")):
        return True
    first = head.text.partition("\n")[0].rstrip("\r")
    if not any(name in first.lower() for name in fields.TEXTS):
        return False
    names = re.split(rf"[{''.join(SEPARATORS)}]", first) if len(first) < _LONGEST else []
    is_known = len(names) > 1 and _has_text(tuple(names)) and set(names) <= set(fields.KNOWN)
    return is_known or _has_rows(head, first)


def _has_rows(head: Head, first: str) -> bool:
    """Whether the first row has columns, with no space after what separates them as in a sentence, and rows follow with
    as many cells, but for a few."""
    found = header(head.name, head.text, _has_text)
    if (
        found is None
        or len(found[1]) < 2
        or f"{found[0]} " in first
        or not all(map(_NAME.fullmatch, found[1]))
    ):
        return False
    rows = [row for _, row in Table("utf-8", *found).rows(io.BytesIO(head.text.encode()))]
    whole = rows if len(head.data) < Head.SIZE else rows[:-1]
    good = sum(isinstance(row, dict) for row in whole)
    return good > 0 and good >= _MOST * len(whole)


FORMAT = Format("table", "tables of articles, CSV or TSV", (".csv", ".tsv"), read, recognises=_recognises)
