"""Columns: a token and its tag a line, in the four columns of CoNLL-2003 or in two, as IOB2 or BILUO.

Invariant: a line holds one token without white space, a blank line ends a sentence and nothing else does, and each
article begins with a line of its own. Columns are told apart by TABs where a line has any, else by spaces, and by
nothing else that may be white space.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import plain, records, tagged
from annotations.formats.base import Format, Head, Output, Reading, Source, Write
from annotations.formats.records import Bad
from annotations.formats.tagged import (
    BESIDE,
    MISSING,
    OUTSIDE,
    Read,
    Scheme,
    parts_of,
    write_columns,
    write_offsets,
)

DOCSTART = "-DOCSTART-"
"""What stands for a token in the line that begins an article."""

# -- out ----------------------------------------------------------------------------------------------

# The literal line by which spaCy's converter tells articles apart.
_BEGIN_FOUR = f"{DOCSTART} -X- O O\n\n"
_BEGIN_TWO = f"{DOCSTART}\tO\n\n"


def _writer(suffix: str, scheme: Scheme, begin: str, between: str) -> Write:
    """A writer of columns; `between` stands between a token and its tag."""

    def write(documents: Iterable[Document], out: Output) -> None:
        with out.file(f"train{suffix}") as file, out.file(f"train{BESIDE}") as offsets:
            write_columns(offsets)
            for document in documents:
                article = tagged.tagged(document, out, scheme, _shown)
                _name_labels(document, out)
                lines = ["".join(f"{token}{between}{tag}\n" for token, tag in s) for s in article.sentences]
                file.write((begin + "\n".join([*lines, ""])).encode())
                write_offsets(offsets, article.tokenised)

    write.__doc__ = (
        f"Writes train{suffix}, and the offsets of its tokens beside it; see `tagged.tagged` for losses."
    )
    return write


def _shown(label: str) -> str:
    """A label as a column can hold it."""
    return re.sub(r"\s+", "_", label)


def _name_labels(document: Document, out: Output) -> None:
    for label in sorted({entity.label for entity in document.entities}):
        if _shown(label) != label:
            out.lose(
                document, "label", f"a column holds no white space: “{label}” is written {_shown(label)}"
            )


# -- in -----------------------------------------------------------------------------------------------

_ID = re.compile(r"#\s*(?:doc_id|newdoc id)\s*=\s*(.+)")
_COMMENT = re.compile(r"#\s+\S.* = ")
_BETWEEN = re.compile(r"[0-9]+[-.][0-9]+")
"""What CoNLL-U has for a number in the row of several words in one, and of a word that is not written."""


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The articles of a file of two or more columns, the first the token (the second where the first numbers them), the
    last the tag in whatever scheme. With the file of offsets that an export wrote beside it the texts are as they were,
    else they are rebuilt."""
    try:
        if reading.encoding is not None:
            plain.check_encoding(reading.encoding, source.name)
        numbered = _are_numbered(_lines(Head.of(source)))
    except BadFile as error:
        yield error
        return
    yield from tagged.taken(source, lambda file: _Splitter(reading.encoding, numbered).articles(file))


class _Splitter:
    """Finds the articles among the lines of one file; `numbered` says that the first column numbers the tokens."""

    def __init__(self, encoding: str | None, numbered: bool) -> None:
        self._encoding, self._numbered = encoding, numbered
        self._width = 0
        self._read: Read | None = None

    def articles(self, file: IO[bytes]) -> Iterator[Read]:
        """The articles, each when the next one begins."""
        for number, line in records.lines(file, blank=True):
            try:
                finished = self._take(number, line)
            except Bad as error:
                finished = None
                self._reading(number).refuse(number, error)
            if finished is not None:
                yield finished
        if self._read is not None:
            yield self._read

    def _reading(self, number: int) -> Read:
        """The article that is being read; one begins here if there is none."""
        self._read = self._read or Read(number)
        return self._read

    def _begin(self, number: int) -> Read | None:
        """The article before the one that begins here."""
        finished, self._read, self._width = self._read, Read(number), 0
        return finished

    def _take(self, number: int, data: bytes | Bad) -> Read | None:
        """One line; the article that it ends, if it ends one. Raises Bad."""
        if isinstance(data, Bad):
            raise data
        line = self._decoded(data)
        cells = _cells(line)
        if cells[0] == DOCSTART:
            return self._begin(number)
        if line.startswith("#") and (self._numbered or _is_comment(line, cells)):
            return self._comment(number, line)
        if line:
            self._token(self._reading(number), cells)
        elif self._read is not None:
            self._read.end_sentence()
        return None

    def _decoded(self, data: bytes) -> str:
        """A line without what ends it; "" for a blank one."""
        try:
            line = data.decode()
        except UnicodeDecodeError as error:
            line = self._otherwise(data, error)
        return "" if line.isspace() else line.rstrip(" \t\r\n")

    def _otherwise(self, data: bytes, error: UnicodeDecodeError) -> str:
        named = self._encoding
        with suppress(UnicodeDecodeError):
            if named is not None:
                return data.decode(named)
        which, other = (f"neither UTF-8 nor {named}", "another") if named else ("not UTF-8", "its")
        raise Bad(
            f"byte {error.start + 1} is {which}: save the file as UTF-8, or name {other} encoding"
        ) from error

    def _comment(self, number: int, line: str) -> Read | None:
        """A comment says at most which article begins."""
        if line.startswith("#begin document"):
            raise Bad("this is CoNLL-2012, which is not read: bring its entities as IOB2")
        named = _ID.fullmatch(line)
        if named is None:
            return None
        begun = self._read is not None and (self._read.tokens or self._read.bad or self._read.id)
        finished = self._begin(number) if begun else None
        self._reading(number).id = named[1]
        return finished

    def _token(self, read: Read, cells: list[str]) -> None:
        if read.bad is not None:
            return
        if len(cells) < 2:
            raise Bad(f"there is one column, {records.quoted(cells[0])}: a token and its tag are needed")
        if not cells[0] and len(cells) > max(self._width, 2):
            cells = cells[1:]  # an indented line; else there is a token of white space
        self._width = self._width or len(cells)
        if len(cells) != self._width:
            raise Bad(f"there are {len(cells)} columns, in the lines before {self._width}")
        if not self._numbered:
            read.add(cells[0], cells[-1])
        elif not _BETWEEN.fullmatch(cells[0]):
            read.add(cells[1], cells[-1])
            read.beside += sum(_is_label(cell) for cell in cells[2:-1])


def _cells(line: str) -> list[str]:
    """The columns of a line."""
    return line.split("\t") if "\t" in line else re.split(" +", line)


def _is_comment(line: str, cells: list[str]) -> bool:
    """Whether a line that begins with # is no token."""
    return parts_of(cells[-1]) is None or len(cells) < 2 or _COMMENT.match(line) is not None


# -- telling ------------------------------------------------------------------------------------------

SUFFIXES = (".conll", ".iob2", ".biluo", ".iob", ".bio", ".bioes", ".ner")
"""How files of columns end."""

_FEW, _SOME, _MANY = 3, 10, 200
"""Lines: as many as are no chance, as many of which one may be bad, and as many as are looked at."""


def recognises(head: Head) -> bool:
    """Whether a file is meant to be columns: by its name, by a line that begins an article, or by tags at the ends of
    its lines, which are many or in TABs. Few bad lines among good ones leave it to the reader to name them."""
    if head.record:
        return False
    if head.name.endswith(SUFFIXES):
        return True
    lines = [line for line in _lines(head) if line]
    if not any(_has_tag(line) or line.startswith(_BEGINS) for line in lines[:_SOME]):
        return False  # most files are no columns, and need no more than this
    if lines[0].startswith(_BEGINS):
        return True
    rows = [row for row in map(_cells, lines) if row[0] != DOCSTART]
    sure = len(rows) >= _FEW or "\t" in head.text
    return bool(rows) and ((sure and _are_good(rows)) or _are_mostly_good(rows))


_BEGINS = (DOCSTART, "#begin document")
"""How the first line of a file begins that can be no other."""


def _lines(head: Head) -> list[str]:
    """The first lines without what ends them and without comments; "" for a blank one."""
    lines = head.text.split("\n", _MANY)[:_MANY]
    whole = lines if len(head.data) < Head.SIZE else lines[:-1]
    stripped = ["" if line.isspace() else line.rstrip(" \t\r") for line in whole]
    return [line for line in stripped if not line.startswith("#") or line.startswith(_BEGINS)]


def _has_tag(line: str) -> bool:
    return parts_of(line.rpartition("\t" if "\t" in line else " ")[2]) is not None


def _are_good(rows: Sequence[list[str]]) -> bool:
    """Whether all rows have as many columns and end with a tag, not all of nothing known."""
    tags = [_tag(row) for row in rows]
    return all(tags) and set(tags) != {MISSING} and len(set(map(len, rows))) == 1 and len(rows[0]) > 1


def _are_mostly_good(rows: Sequence[list[str]]) -> bool:
    """Whether one row in ten at most, or one, is unlike the others, which have as many columns and end with O or a
    tag, both kinds among them."""
    widths = Counter(map(len, rows))
    width = max(widths, key=widths.__getitem__)
    tags = [_tag(row) for row in rows if len(row) == width > 1]
    counts = Counter(tag[:1] for tag in tags if tag != MISSING)
    good, entities = sum(counts.values()) - counts[""], counts["B"] + counts["I"]
    return good >= _FEW and len(rows) - good <= max(1, len(rows) // _SOME) and entities > 0 < counts[OUTSIDE]


def _tag(row: Sequence[str]) -> str:
    """What a row has for a tag; "" for what is none, and for a road or a vitamin (I-95, B-12)."""
    letter, label = parts_of(row[-1]) or ("", "")
    return row[-1] if letter and (not label or label[0].isalpha()) else ""


def _is_label(cell: str) -> bool:
    """Whether a cell is the tag of a token in an entity."""
    return (parts_of(cell) or ("", ""))[1] != ""


def _are_numbered(lines: Iterable[str]) -> bool:
    """Whether the first of three columns or more counts the tokens of each sentence from 1, but for a few bad lines.
    Such numbers are no tokens only if what follows them differs: our own exports have one word beside every token."""
    last = longest = fits = others = 0
    following = set()
    for line in lines:
        first, *rest = _cells(line)
        if not line or first == DOCSTART:
            last = 0
        elif len(rest) > 1 and first in ("1", str(last + 1)):
            last, fits = int(first), fits + 1
            longest = max(longest, last)
            following.add(rest[0])
        elif not _BETWEEN.fullmatch(first):
            last, others = last + 1, others + 1
    return longest > 1 and len(following) > 1 and others * _SOME <= fits


def _format(name: str, title: str, scheme: Scheme, begin: str, between: str) -> Format:
    suffix = f".{name}"
    return Format(
        name,
        title,
        SUFFIXES,
        read,
        _writer(suffix, scheme, begin, between),
        recognises,
        folder=True,
        sentences=True,
        trains=True,
        says_unknown=False,
    )


FORMATS = (
    _format("conll", "CoNLL-2003, four columns", "iob2", _BEGIN_FOUR, " -X- _ "),
    _format("iob2", "IOB2, two columns", "iob2", _BEGIN_TWO, "\t"),
    _format("biluo", "BILUO, two columns", "biluo", _BEGIN_TWO, "\t"),
)
