"""What a format is: how it is told from others, how it is read and written, and what it could not hold.

Invariant: a reader yields one `Incoming` or one `BadFile` a record, in order, and holds one record at a time; a writer
takes documents as they come, writes equal bytes for equal documents, and says through `Output.lose` whatever of a
document its format cannot hold.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, cast

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.schema import Schema

Unit = Literal["codepoint", "utf16", "grapheme"]
"""What the offsets of a file count."""

Overlaps = Literal["longest", "first"]
"""Which of overlapping entities a format without overlaps gets."""

Pieces = Literal["hull", "drop"]
"""What a format without discontinuous entities gets of one: all from its first to its last piece, or nothing."""


# -- in -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A file, unpacked as its name says, or bytes from elsewhere. `name` is what messages call it."""

    name: str
    path: Path | None
    begin: Callable[[], IO[bytes]]

    @classmethod
    def of(cls, path: Path, name: str = "") -> Source:
        """A file, which messages call `name` if that is given; unpacked on the way where its name says that it is
        packed."""
        return cls(name or printable_path(path), path, lambda: unpacked(path))

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes, from the beginning. Raises BadFile when they cannot be read, then or later."""
        name = self.name
        try:
            with self.begin() as file:
                yield file
        except FileNotFoundError as error:
            raise BadFile(f"{name}: there is no such file; check its name") from error
        except PermissionError as error:
            raise BadFile(f"{name}: you may not read this file; ask its owner, or change its mode") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadFile(f"{name}: the packed file is damaged or cut off") from error
        except OSError as error:
            raise BadFile(f"{name} cannot be read: {error.strerror or error}") from error


def unpacked(path: Path) -> IO[bytes]:
    """A regular file opened for reading, unpacked where its name says that it is packed. Raises BadFile and OSError."""
    name = printable_path(path)
    if "\0" in name:
        raise BadFile(f"{name} cannot be read: no file's name holds a NUL")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise BadFile(f"{name} is a folder: name the files in it")
    if not stat.S_ISREG(mode):
        raise BadFile(f"{name} is not a regular file: it cannot be read")
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def printable_path(path: Path) -> str:
    """The path as a text that can be stored: bytes that are no UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class Reading:
    """How files are to be read: the project's schema, the encoding of what is not UTF-8, what offsets count where a
    file does not tell (None: found out), and the relation labels that say that there is no relation."""

    schema: Schema
    encoding: str | None = None
    unit: Unit | None = None
    negative: frozenset[str] = frozenset()

    @cached_property
    def symmetric(self) -> frozenset[str]:
        """The names of the relations whose order says nothing."""
        return symmetric(self.schema)


class Head:
    """What a file begins with, for telling formats apart. `name` is the file's, in small letters, without the ending
    of a packed one; `data` are its first bytes."""

    SIZE = 1 << 18

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data.removeprefix(b"\xef\xbb\xbf")

    @classmethod
    def of(cls, source: Source) -> Head:
        """The head of a source. Raises BadFile."""
        with source.open() as file:
            data = file.read(cls.SIZE)
        return cls(base_name(source.name), data)

    @cached_property
    def text(self) -> str:
        """The first characters, as UTF-8 as far as they go."""
        return self.data.decode("utf-8", "ignore")

    @cached_property
    def is_array(self) -> bool:
        """Whether it begins like a JSON array of objects."""
        return re.match(r"\s*\[\s*(?:\{|\])", self.text) is not None

    @cached_property
    def record(self) -> dict[str, Any]:
        """The first JSON object: of the array, the first line, or the whole file; {} when there is none, or it is
        longer than the head."""
        start = self.text.find("{")
        if start < 0 or self.text[:start].strip() not in ("", "["):
            return {}
        try:
            found, _ = json.JSONDecoder().raw_decode(self.text, start)
        except (ValueError, RecursionError):
            return {}
        return found if type(found) is dict else {}

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of the first object; of one longer than the head, all that come before its end at any depth."""
        if self.record or not re.match(r"\s*\[?\s*\{", self.text):
            return frozenset(self.record)
        return frozenset(re.findall(r'"(\w+)"\s*:', self.text))


PACKED = (".gz", ".zst")
"""Endings of packed files."""


def base_name(name: str) -> str:
    """A file's name in small letters, without folders and without the ending of a packed one."""
    plain = name.rsplit("/", 1)[-1].lower()
    return next((plain.removesuffix(end) for end in PACKED if plain.endswith(end)), plain)


# -- out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writing:
    """How documents are to be written: the project's schema; what becomes of entities that a format cannot hold; the
    share of articles that go into a development set, from 0 to 1; cells that no spreadsheet takes for a formula; a byte
    order mark for spreadsheets."""

    schema: Schema
    overlaps: Overlaps = "longest"
    pieces: Pieces = "hull"
    dev: float = 0.2
    excel_safe: bool = False
    bom: bool = False

    @cached_property
    def symmetric(self) -> frozenset[str]:
        """The names of the relations whose order says nothing."""
        return symmetric(self.schema)


def symmetric(schema: Schema) -> frozenset[str]:
    """The names of the relation types whose order says nothing."""
    return frozenset(kind.name for kind in schema.relations if kind.symmetric)


@dataclass(frozen=True, slots=True)
class Loss:
    """What a format could not hold of an article: `kind` in a word or two ("overlap"), `what` as a sentence."""

    kind: str
    article: str
    what: str

    def line(self) -> bytes:
        """The loss as a line of tab-separated values."""
        cells = (" ".join(cell.split()) for cell in (self.kind, self.article, self.what))
        return ("\t".join(cells) + "\n").encode()


Opener = Callable[..., AbstractContextManager[IO[bytes]]]
"""Opens what a format writes, once each: its one file (no name), or those of a folder by their names."""


@dataclass
class Output:
    """Where an export goes, and who hears of each loss."""

    writing: Writing
    file: Opener
    on_loss: Callable[[Loss], None] = lambda loss: None

    def lose(self, document: Document, kind: str, what: str) -> None:
        """Says what of a document is not in the output, and why."""
        self.on_loss(Loss(kind, document.article.source, what))


# -- a format -------------------------------------------------------------------------------------


Read = Callable[[Source, Reading], Iterator[Incoming | BadFile]]
Write = Callable[[Iterable[Document], Output], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name on the command line. `title` is what people call it; `suffixes` how its files end, for
    folders (".jsonl"); `recognises` tells it by content. `folder` says that it is written as a folder of files,
    `sentences` that its writer uses `Document.sentences`, `trains` that it is for training, so that skipped articles
    never reach it; `says_unknown` that it can say what was not looked at: without that only settled articles do."""

    name: str
    title: str
    suffixes: tuple[str, ...] = ()
    read: Read | None = None
    write: Write | None = None
    recognises: Callable[[Head], bool] = lambda head: False
    folder: bool = False
    sentences: bool = False
    trains: bool = False
    says_unknown: bool = True
