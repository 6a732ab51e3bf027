"""Rows of tables in CSV (RFC 4180) and TSV, in any encoding that can be told.

Invariant: a cell is exactly what stands in the file, line ends within quotes too; what breaks the rules of quoting ends
the table with a sentence, because what follows cannot be told apart; no more than one row is held.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import IO

from annotations.errors import BadFile
from annotations.formats.base import MARKS, Head, Source
from annotations.formats.plain import GUESSED, LAST_RESORT, check_encoding
from annotations.formats.records import Bad
from annotations.wording import listing

LONGEST = 32 * 1024 * 1024
"""Characters that a line or a cell may have."""

SEPARATORS = (",", ";", "\t", "|")
"""What may stand between cells, the most likely first."""

_BLOCK = 1 << 20

Fits = Callable[[tuple[str, ...]], bool]
"""Whether a table with these columns is meant."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is a table: its encoding, what separates cells, its columns in order, and what the person should
    check about that."""

    encoding: str
    separator: str
    columns: tuple[str, ...]
    warning: str | None = None

    def rows(self, file: IO[bytes]) -> Iterator[tuple[int, dict[str, str] | Bad]]:
        """The rows under the first by their columns, numbered from 2 as a spreadsheet does, without blank ones."""
        text = io.TextIOWrapper(file, self.encoding, newline="")
        try:
            for number, row in _rows(text, self.separator):
                if isinstance(row, Bad):
                    yield number, row
                elif number > 1 and any(row):
                    yield number, self._named(row)
        finally:
            if not file.closed:
                text.detach()  # whoever opened the file closes it

    def _named(self, row: list[str]) -> dict[str, str] | Bad:
        width = len(self.columns)
        if len(row) < width or any(row[width:]):
            says = f"it has {len(row)} cells, but there are {width} columns"
            return Bad(f"{says}: is a quote or a comma missing?")
        return dict(zip(self.columns, row, strict=False))


def _rows(text: IO[str], separator: str) -> Iterator[tuple[int, list[str] | Bad]]:
    csv.field_size_limit(LONGEST)
    number = 0
    try:
        for number, row in enumerate(csv.reader(_lines(text), delimiter=separator, strict=True), 1):
            yield number, row
    except csv.Error as error:
        says = f"this is not CSV ({error}): a quote in a quoted cell is written twice; the rest is not read"
        yield number + 1, Bad(says)
    except Bad as error:
        yield number + 1, error


def _lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise Bad(f"this line is longer than {LONGEST:,} characters; the rest is not read")
        yield line


def table(source: Source, asked: str | None, fits: Fits) -> Table:
    """How a source is a table: cells are separated by what makes the columns fit. `asked` is the encoding of what is
    not UTF-8. Raises BadFile."""
    head = Head.of(source)
    encoding, warning = _encoding_of(source, head, asked)
    text = head.data.decode(encoding, "ignore")
    found = header(head.name, text, fits)
    if found is None:
        _, columns = next(_headers(head.name, text), ("", ()))
        raise BadFile(f"{source.name} has the columns {listing(columns)}: call the one with the texts text")
    separator, columns = found
    small = [name.lower() for name in columns]
    twice = sorted({name for name in small if small.count(name) > 1})
    if twice:
        raise BadFile(f"{source.name} has two columns called {listing(twice)}: rename one")
    return Table(encoding, separator, columns, warning)


def header(name: str, text: str, fits: Fits) -> tuple[str, tuple[str, ...]] | None:
    """What separates cells, and the columns, of a file of that name that begins with that text; None when none fit."""
    return next((found for found in _headers(name, text) if fits(found[1])), None)


def _headers(name: str, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns as each separator makes them; those without a name are called by their place."""
    for separator in ("\t",) if name.endswith(".tsv") else SEPARATORS:
        reader = csv.reader(
            io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator, strict=True
        )
        try:
            cells = next(reader, [])
        except csv.Error:
            continue
        yield separator, tuple(cell.strip() or f"column {n}" for n, cell in enumerate(cells, 1))


def _encoding_of(source: Source, head: Head, asked: str | None) -> tuple[str, str | None]:
    """The encoding of a source from its beginning to its end, and a warning where it is a guess. Raises BadFile."""
    if asked is not None:
        check_encoding(asked, source.name)
    marked = next((own for mark, own in MARKS if head.data.startswith(mark)), None)
    if marked:
        if not _decodes(source, marked):
            raise BadFile(
                f"{source.name} begins with the mark of {marked} but is not in it: save it as UTF-8"
            )
        return marked[:6], None  # the encodings without byte order read and drop the mark
    order = ["utf-8-sig", asked or LAST_RESORT]
    if asked and (b"\0" in head.data or b"\x1b" in head.data):
        order.reverse()
    found = next((each for each in order if _decodes(source, each)), None)
    if found is None:
        other = "another" if asked else "its"
        raise BadFile(f"{source.name} is in neither UTF-8 nor {asked or LAST_RESORT}: name {other} encoding")
    return found, GUESSED if found == LAST_RESORT and not asked else None


def _decodes(source: Source, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source.open() as file:
        try:
            for block in chain(iter(partial(file.read, _BLOCK), b""), [b""]):
                decoder.decode(block, not block)
        except UnicodeError:
            return False
    return True
