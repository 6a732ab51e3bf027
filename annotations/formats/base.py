"""What a format is: how it is told from others, how it is read and written, and what it could not hold.

Invariant: a reader yields one `Incoming` or one `BadFile` a record, in order, and holds one record at a time; a writer
takes documents as they come, writes equal bytes for equal documents, and says through `Output.lose` whatever of a
document its format cannot hold.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile, PostilError
from annotations.formats.options import Newlines, Overlaps, Pieces, Unit
from annotations.formats.packed import PACKED, printable_path, unpacked
from annotations.model import Article, Entity, Relation, Status
from annotations.schema import Schema

# UTF-32 first: its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks and their encodings."""


LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read at once."""


# -- in -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A file, unpacked as its name says, or bytes from elsewhere. `name` is what messages call it, `root` the folder
    that it was found in when that was named."""

    name: str
    path: Path | None
    begin: Callable[[], IO[bytes]]
    root: Path | None = None

    @classmethod
    def of(cls, path: Path, name: str = "", root: Path | None = None) -> Source:
        """A file, which messages call `name` if that is given; unpacked on the way where its name says that it is
        packed."""
        name = name or printable_path(path)
        return cls(name, path, lambda: unpacked(path, name), root)

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

    def whole(self, most: int = LARGEST) -> bytes:
        """All its bytes, for a format that needs them at once. Raises BadFile, also when there are more than `most`."""
        with self.open() as file:
            data = file.read(Head.SIZE)
            if len(data) == Head.SIZE:  # else that was all: a larger read costs memory before it knows
                data += file.read(most + 1 - len(data))
        if len(data) > most:
            raise BadFile(
                f"{self.name} is larger than {most >> 20} MiB, too large for one article: split it, "
                "or bring many articles as JSON lines"
            )
        return data


@dataclass(frozen=True)
class Reading:
    """How files are to be read: the project's schema, the encoding of what is not UTF-8, what offsets count where a
    file does not tell (None: found out), the relation labels that say that there is no relation, and whether the line
    ends of articles without annotations stay or become line feeds."""

    schema: Schema
    encoding: str | None = None
    unit: Unit | None = None
    negative: frozenset[str] = frozenset()
    newlines: Newlines = "keep"

    @property
    def symmetric(self) -> frozenset[str]:
        """The names of the relations whose order says nothing."""
        return self.schema.symmetric


class Head:
    """What a file begins with, for telling formats apart. `name` is the file's, in small letters, without the ending
    of a packed one; `data` are its first bytes."""

    SIZE = 1 << 18

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data.removeprefix(codecs.BOM_UTF8)

    @classmethod
    def of(cls, source: Source) -> Head:
        """The head of a source. Raises BadFile."""
        with source.open() as file:
            data = file.read(cls.SIZE)
        return cls(base_name(source.name), data)

    @cached_property
    def text(self) -> str:
        """The first characters, as UTF-8 as far as they go, or as a byte order mark says."""
        mark, own = next((m for m in MARKS if self.data.startswith(m[0])), (b"", "utf-8"))
        return self.data[len(mark) :].decode(own, "ignore")

    @cached_property
    def is_array(self) -> bool:
        """Whether it begins like a JSON array of objects."""
        return re.match(r"\s*\[\s*(?:\{|\])", self.text) is not None

    @cached_property
    def has_lines(self) -> bool:
        """Whether JSON objects stand one a line, and not in an array, or one over many lines."""
        first, _, rest = self.text.lstrip().partition("\n")
        whole = not rest.strip() or rest.lstrip().startswith("{") or bool(_object(first))
        return whole and not self.is_array

    @cached_property
    def record(self) -> dict[str, Any]:
        """The first JSON object: of the array, of the lines, or the whole file; {} when there is none, or it is longer
        than the head."""
        return self._objects[0] if self._objects else {}

    @cached_property
    def views(self) -> tuple[Head, ...]:
        """Itself, and itself once more for each further JSON object that it holds, as if that were the first."""
        return (self, *map(self._begun_by, self._objects[1:]))

    def _begun_by(self, record: dict[str, Any]) -> Head:
        other = copy(self)
        other.record, other.keys = record, frozenset(record)
        return other

    @cached_property
    def _objects(self) -> list[dict[str, Any]]:
        """The JSON objects that it holds whole. Lines that are none are passed over; after what is none in an array
        nothing more can be told."""
        if not (self.is_array or self._is_named_json or self.text.lstrip().startswith("{")):
            return []
        return list(self._lines() if self.has_lines else self._elements())

    def _lines(self) -> Iterator[dict[str, Any]]:
        lines = self.text.split("\n")
        return filter(None, (_object(line) for line in lines if line.lstrip().startswith("{")))

    def _elements(self) -> Iterator[dict[str, Any]]:
        """The objects of an array, or the one that begins here."""
        place: re.Match[str] | None = re.match(r"\s*\[?\s*", self.text)
        while place is not None:
            try:
                found, end = _DECODER.raw_decode(self.text, place.end())
            except (ValueError, RecursionError):
                return
            if type(found) is dict:
                yield found
            place = _COMMA.match(self.text, end)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of the first object; of one longer than the head, all that come before its end at any depth."""
        if self.record or not re.match(r"\s*+\[?\s*+\{", self.text):
            return frozenset(self.record)
        return frozenset(re.findall(r'"(\w+)"\s*:', self.text))

    @cached_property
    def structure(self) -> str:
        """ "JSON" or "XML" where it is that, by its name or its first object or tag; else ""."""
        if self.record or (self._is_named_json and self.text.strip()):
            return "JSON"
        return "XML" if re.match(r"\s*<\?xml\b", self.text) else ""

    @property
    def _is_named_json(self) -> bool:
        return self.name.endswith((".json", ".jsonl", ".ndjson"))


_DECODER = json.JSONDecoder()
_COMMA = re.compile(r"\s*,\s*")


def _object(line: str) -> dict[str, Any]:
    """The JSON object that a line is; {} for what is none."""
    try:
        found = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return {}
    return found if type(found) is dict else {}


def base_name(name: str) -> str:
    """A file's name in small letters, without folders and without the ending of a packed one."""
    plain = name.rsplit("/", 1)[-1].lower()
    return next((plain.removesuffix(end) for end in PACKED if plain.endswith(end)), plain)


# -- out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writing:
    """How documents are to be written: the project's schema; what becomes of entities that a format cannot hold; the
    share of articles that go into a development set, from 0 to 1; cells that no spreadsheet takes for a formula; a byte
    order mark for spreadsheets; the code of the language whose tokens a trainer counts in ("xx": of none)."""

    schema: Schema
    overlaps: Overlaps = "longest"
    pieces: Pieces = "hull"
    dev: float = 0.2
    excel_safe: bool = False
    bom: bool = False
    language: str = "xx"

    @property
    def symmetric(self) -> frozenset[str]:
        """The names of the relations whose order says nothing."""
        return self.schema.symmetric


@dataclass(frozen=True, slots=True)
class Loss:
    """What a format could not hold of an article: `kind` in a word or two ("overlap"), `what` as a sentence. `gone` are
    the entities and relations that are not in the output, `status` is that of an article which is not in it at all."""

    kind: str
    article: str
    what: str
    gone: tuple[Entity | Relation, ...] = ()
    status: Status | None = None

    def line(self) -> bytes:
        """The loss as a line of tab-separated values."""
        cells = (" ".join(cell.split()) for cell in (self.kind, self.article, self.what))
        return ("\t".join(cells) + "\n").encode()


def for_dev(article: Article, share: float) -> bool:
    """Whether an article goes into the development set, which gets that share: by its SHA-256 alone, so that it is on
    the same side in every export."""
    return int(article.sha256[:13], 16) / 16**13 < share


def side_names(share: float) -> tuple[str, ...]:
    """The names of the sets that articles fall into, by `for_dev`: the second only if it gets a share."""
    return ("train", "dev") if share else ("train",)


def check_sides(counts: Mapping[str, int], suffix: str) -> None:
    """Checks that there are articles in each of two sets, by name. Raises PostilError."""
    empty = next((name for name, count in counts.items() if not count), None)
    if empty is not None and len(counts) > 1:
        raise PostilError(
            f"no article falls into {empty}{suffix}: export more, or choose another --dev (0 for no dev{suffix})"
        )


Opener = Callable[..., AbstractContextManager[IO[bytes]]]
"""Opens what a format writes, once each: its one file (no name), or those of a folder by their names."""


@dataclass
class Output:
    """Where an export goes, and who hears of each loss."""

    writing: Writing
    file: Opener
    on_loss: Callable[[Loss], None] = lambda loss: None

    def lose(self, document: Document, kind: str, what: str, gone: Iterable[Entity | Relation] = ()) -> None:
        """Says what of a document is not in the output, and why; `gone` are entities and relations that are not."""
        self.on_loss(Loss(kind, document.article.source, what, tuple(gone)))

    def leave_out(self, document: Document, what: str, gone: Iterable[Entity | Relation]) -> None:
        """Says that a document is not in the output at all, and why; `gone` is what of it was not lost before."""
        self.on_loss(Loss("article", document.article.source, what, tuple(gone), document.status))


# -- a format -------------------------------------------------------------------------------------


Read = Callable[[Source, Reading], Iterator[Incoming | BadFile]]
Write = Callable[[Iterable[Document], Output], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name on the command line. `title` is what people call it; `suffixes` how its files end, for
    folders (".jsonl"); `recognises` tells it by content. `folder` says that it is written as a folder of files,
    `sentences` that its writer uses `Document.sentences`, `trains` that it is for training, so that skipped articles
    never reach it; `says_unknown` that it can say what was not looked at: without that only settled articles do;
    `one_article` that each of its files holds one, so that not every file gets an import layer of its own."""

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
    one_article: bool = False
