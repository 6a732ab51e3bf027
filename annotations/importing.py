"""Taking articles in: which files, which format, what became of each.

Invariant: a file that cannot be taken in is named with its reason and the good rest goes in; the same text twice is
one article; importing the same thing twice adds nothing.
"""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from annotations.config import Config
from annotations.documents import Incoming, IncomingAnnotations
from annotations.errors import BadFile
from annotations.formats import plain, postil
from annotations.incoming import settle, work_of
from annotations.model import Layer
from annotations.state import Value
from annotations.store import PACE, Store, now

SUFFIXES: Mapping[str, str] = {".txt": "text", ".jsonl": "postil"}
"""Formats by the end of the file's name; what a folder is searched for."""

FORMATS = ("text", "postil")
"""Formats that can be named with `--format`."""


@dataclass
class Report:
    """What an import did. `refused` and `duplicates` are sentences, ready to show."""

    new: int = 0
    entities: int = 0
    relations: int = 0
    duplicates: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def expand(patterns: Sequence[str], base: Path) -> Iterator[Path | BadFile]:
    """The files that paths, folders and glob patterns name, in order; a BadFile for one that names nothing."""
    for pattern in patterns:
        path = base / Path(pattern).expanduser()
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
            yield from _or_bad(inside, f"{pattern}: the folder holds no {' or '.join(SUFFIXES)} files")
        elif any(c in pattern for c in "*?["):
            found = sorted(Path(p) for p in glob.glob(str(path), recursive=True) if Path(p).is_file())
            yield from _or_bad(found, f"{pattern}: no file matches")
        else:
            yield path


def _or_bad(found: Sequence[Path], otherwise: str) -> Sequence[Path | BadFile]:
    return found or [BadFile(otherwise)]


class Importer:
    """Puts files into a store. `person` is whose work their annotations become; else they are suggestions, in an
    import layer named after the file."""

    def __init__(self, store: Store, config: Config, person: str | None = None) -> None:
        self.store, self.schema = store, config.schema
        self._root = config.path.parent.resolve()
        self.person = store.layer("person", person) if person else None
        self.report = Report()
        self._symmetric = frozenset(kind.name for kind in config.schema.relations if kind.symmetric)

    def take_patterns(
        self, patterns: Sequence[str], base: Path, format: str | None = None, encoding: str | None = None
    ) -> Report:
        """Takes in all files that paths, folders and glob patterns name."""
        for found in expand(patterns, base):
            if isinstance(found, BadFile):
                self.report.refused.append(str(found))
            else:
                self._take(self._read(found, format, encoding), found.stem)
        return self.report

    def take_stream(self, stream: BinaryIO, format: str | None = None) -> Report:
        """Takes in standard input: postil JSONL unless `text` is asked for."""
        if format == "text":
            self._take(_one(lambda: plain.take(stream.read(), "-")), "stdin")
        else:
            self._take(postil.read(stream, "-", self._symmetric), "stdin")
        return self.report

    def _read(self, path: Path, format: str | None, encoding: str | None) -> Iterator[Incoming | BadFile]:
        if (format or SUFFIXES.get(path.suffix.lower(), "text")) == "text":
            yield from _one(lambda: replace(plain.load(path, encoding), source=self._source(path)))
            return
        try:
            with path.open("rb") as lines:
                yield from postil.read(lines, str(path), self._symmetric)
        except OSError as error:
            yield BadFile(f"{path}: {error.strerror}")

    def _source(self, path: Path) -> str:
        """A file's name in the project: from its folder where it lies in it."""
        found = path.resolve()
        inside = found.is_relative_to(self._root)
        name = str(found.relative_to(self._root)) if inside else str(path)
        return name.encode("utf-8", "replace").decode()

    def _take(self, items: Iterable[Incoming | BadFile], name: str) -> None:
        """Takes in all items, in transactions as large as others at work allow."""
        with self.store.alone() as alone:
            for part in _batches(items, 1000 if alone else 10):
                self._take_part(part, name)
                if not alone:
                    time.sleep(PACE)

    def _take_part(self, part: list[Incoming | BadFile], name: str) -> None:
        self.report.refused += [str(item) for item in part if isinstance(item, BadFile)]
        good = [item for item in part if isinstance(item, Incoming)]
        annotated = any(item.document is not None for item in good)
        layer = (self.person or self.store.layer("import", name)) if annotated else None
        with self.store.writing():
            for item in good:
                self._take_one(item, layer)

    def _take_one(self, item: Incoming, layer: Layer | None) -> None:
        id, new = self.store.add_article(item.text, item.source, item.title, item.date, item.meta)
        self.report.warnings += [item.warning] if item.warning else []
        if new:
            self.report.new += 1
        elif item.document is None:
            first = self.store.article(id).source
            self.report.duplicates.append(f"{item.source}: the same text as {first}, not taken in twice")
        if item.document is not None and layer is not None:
            self._take_annotations(id, layer, item.document, item.source)

    def _take_annotations(self, article: int, layer: Layer, found: IncomingAnnotations, source: str) -> None:
        known = {entity.value: entity.id for entity in self.store.entities(article, layer.id)}
        if layer.kind == "person" and self.store.has_work(layer, article):
            if set(known) == {entity.value for entity in found.entities}:
                self.report.duplicates.append(f"{source}: {layer.name} has this work already")
            else:
                self.report.refused.append(
                    f"{source}: {layer.name} already has work on this article; nothing was changed"
                )
            return
        counts = self._write(article, layer, found, known)
        self.report.entities += counts["entities"]
        self.report.relations += counts["relations"]

    def _write(
        self, article: int, layer: Layer, found: IncomingAnnotations, known: Mapping[Value, str]
    ) -> Mapping[str, int]:
        store = self.store
        if layer.kind == "person":
            counts = {"entities": len(found.entities), "relations": len(found.relations)}
            store.import_work(
                layer, article, work_of(store, self.schema, store.article(article), found), counts
            )
            return counts
        related = frozenset((r.label, r.head, r.tail) for r in store.relations(article, layer.id))
        settled = settle(store, self.schema, found, known, related)
        store.add_rows(article, layer, settled.fresh, settled.relations, now())
        return {"entities": len(settled.fresh), "relations": len(settled.relations)}


def _one(load: Callable[[], Incoming]) -> Iterator[Incoming | BadFile]:
    """One article, or why it cannot be taken in."""
    try:
        yield load()
    except BadFile as error:
        yield error


def _batches(items: Iterable[Incoming | BadFile], size: int) -> Iterator[list[Incoming | BadFile]]:
    part: list[Incoming | BadFile] = []
    for item in items:
        part.append(item)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part
