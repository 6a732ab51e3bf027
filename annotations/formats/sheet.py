"""Tables of articles, one a row: CSV and TSV with a column of texts.

Invariant: a text is exactly its cell; columns that mean nothing here are metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats import fields, plain, records
from annotations.formats.base import Format, Head, Reading, Source
from annotations.formats.rows import SEPARATORS, table

_LONGEST = 100
"""Characters of a first row that has nothing but known columns."""


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each row, or why it is none."""
    try:
        found = table(source, reading.encoding, _has_text)
        plain.check_not_binary(Head.of(source).data.decode(found.encoding, "ignore"), source.name)
    except BadFile as error:
        yield error
        return
    names = {each: each.lower() if each.lower() in fields.KNOWN else each for each in found.columns}

    def take(row: dict[str, str], place: str) -> Incoming:
        return fields.article({names[column]: cell for column, cell in row.items()}, place)

    yield from fields.warned(records.taken(source, found.rows, take, "row"), source, found.warning)


def _has_text(columns: tuple[str, ...]) -> bool:
    return not {each.lower() for each in columns}.isdisjoint(fields.TEXTS)


def _recognises(head: Head) -> bool:
    """A table by its name; without one, by a first row with nothing but known columns, more than one."""
    if head.name.endswith((".csv", ".tsv")):
        return True
    first = head.text.partition("\n")[0].rstrip("\r")
    names = re.split(rf"[{''.join(SEPARATORS)}]", first) if len(first) < _LONGEST else []
    return len(names) > 1 and _has_text(tuple(names)) and set(names) <= set(fields.KNOWN)


FORMAT = Format("table", "tables of articles, CSV or TSV", (".csv", ".tsv"), read, recognises=_recognises)
