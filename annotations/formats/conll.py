"""Columns: a token and its tag a line, in the four columns of CoNLL-2003 or in two, as IOB2 or BILUO.

Invariant: a line holds one token without white space, a blank line ends a sentence and nothing else does, and each
article begins with a line of its own. Columns are told apart by TABs where a line has any, else by spaces, and by
nothing else that may be white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import plain, records, tagged
from annotations.formats.base import Format, Head, Output, Reading, Source, Write
from annotations.formats.records import Bad
from annotations.formats.tagged import BESIDE, MISSING, Read, Scheme, parts_of, write_columns, write_offsets

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


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The articles of a file of two or more columns, the first the token, the last the tag in whatever scheme. With
    the file of offsets that an export wrote beside it the texts are as they were, else they are rebuilt."""
    try:
        if reading.encoding is not None:
            plain.check_encoding(reading.encoding, source.name)
    except BadFile as error:
        yield error
        return
    yield from tagged.taken(source, lambda file: _Splitter(reading.encoding).articles(file))


class _Splitter:
    """Finds the articles among the lines of one file."""

    def __init__(self, encoding: str | None) -> None:
        self._encoding = encoding
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
        if line.startswith("#") and _is_comment(line, cells):
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
        with suppress(UnicodeDecodeError):
            if self._encoding is not None:
                return data.decode(self._encoding)
        raise Bad(
            f"byte {error.start + 1} is not UTF-8: save the file as UTF-8, or name its encoding"
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
        read.add(cells[0], cells[-1])


def _cells(line: str) -> list[str]:
    """The columns of a line."""
    return line.split("\t") if "\t" in line else re.split(" +", line)


def _is_comment(line: str, cells: list[str]) -> bool:
    """Whether a line that begins with # is no token."""
    return parts_of(cells[-1]) is None or len(cells) < 2 or _COMMENT.match(line) is not None


# -- telling ------------------------------------------------------------------------------------------

SUFFIXES = (".conll", ".iob2", ".biluo", ".iob", ".bio", ".bioes", ".ner")
"""How files of columns end."""

_FEW, _MANY = 3, 200


def recognises(head: Head) -> bool:
    """Whether a file looks like columns: by the line that begins an article, or by tags at the ends of all lines,
    which are many or in TABs or whose file is named so."""
    lines = head.text.split("\n", _MANY)[:_MANY]
    whole = lines if len(head.data) < Head.SIZE else lines[:-1]
    lines = [line.rstrip(" \t\r") for line in whole if line.strip() and not line.startswith("#")]
    if not lines or not (lines[0].startswith(DOCSTART) or _has_tag(lines[0])):
        return False  # most files are no columns, and need no more than this
    rows = [_cells(line) for line in lines]
    if not rows or rows[0][0] == DOCSTART:
        return bool(rows)
    rows = [row for row in rows if row[0] != DOCSTART]
    sure = len(rows) >= _FEW or "\t" in head.text or head.name.endswith(SUFFIXES)
    return (
        sure
        and len({len(row) for row in rows}) == 1
        and len(rows[0]) > 1
        and _are_tags(row[-1] for row in rows)
    )


def _has_tag(line: str) -> bool:
    return parts_of(line.rpartition("\t" if "\t" in line else " ")[2]) is not None


def _are_tags(cells: Iterable[str]) -> bool:
    """Whether all are tags, not all of nothing known, and none a road or a vitamin (I-95, B-12)."""
    parts = [parts_of(cell) or ("", "") for cell in cells]
    known = any(letter != MISSING for letter, _ in parts)
    return known and all(letter and (not label or label[0].isalpha()) for letter, label in parts)


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
