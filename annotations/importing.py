"""Taking articles in: which files, which format, what became of each.

Invariant: a file that cannot be taken in is named with its reason and the good rest goes in; the same text twice is
one article; importing the same thing twice adds nothing.
"""

from __future__ import annotations

import glob
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from annotations.config import Config
from annotations.documents import Incoming, IncomingAnnotations
from annotations.errors import BadFile
from annotations.formats import registry
from annotations.formats.base import Format, Reading, Source, base_name, printable_path
from annotations.incoming import Ids, settle, wanted_ids
from annotations.model import Layer, Status
from annotations.state import Value
from annotations.store import PACE, Store, now


@dataclass(frozen=True, slots=True)
class Taking:
    """How to take files in: `format` by name where it is not to be found out; `person` is whose work their annotations
    become, else they are suggestions, in import layers named after the file (and who annotated, where that is said);
    what articles are whose format does not say so; how to read."""

    reading: Reading
    format: str | None = None
    person: str | None = None
    status: Status = "open"


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
            inside = sorted(p for p in path.rglob("*") if registry.is_readable(p.name) and p.is_file())
            known = registry.ends(registry.suffixes())
            yield from _or_bad(inside, f"{pattern}: the folder holds no files that end in {known}")
        elif any(c in pattern for c in "*?["):
            found = sorted(Path(p) for p in glob.glob(str(path), recursive=True) if Path(p).is_file())
            yield from _or_bad(found, f"{pattern}: no file matches")
        else:
            yield path


def _or_bad(found: Sequence[Path], otherwise: str) -> Sequence[Path | BadFile]:
    return found or [BadFile(otherwise)]


class Importer:
    """Puts files into a store."""

    def __init__(self, store: Store, config: Config, taking: Taking | None = None) -> None:
        self.store, self.schema = store, config.schema
        self._root = config.path.parent.resolve()
        self._tasks = config.schema.complete
        self.taking = taking or Taking(Reading(config.schema))
        person = self.taking.person
        self.person = store.layer("person", person) if person else None
        self.report = Report()

    def take_patterns(self, patterns: Sequence[str], base: Path) -> Report:
        """Takes in all files that paths, folders and glob patterns name."""
        for found in expand(patterns, base):
            if isinstance(found, BadFile):
                self.report.refused.append(str(found))
            else:
                self._take_source(Source.of(found, self._name(found)), base_name(found.name).split(".")[0])
        return self.report

    def take_stream(self, stream: BinaryIO) -> Report:
        """Takes in standard input."""
        data = stream.read()
        self._take_source(Source("-", None, lambda: io.BytesIO(data)), "stdin")
        return self.report

    def _take_source(self, source: Source, name: str) -> None:
        try:
            format = self._format_of(source)
        except BadFile as error:
            self.report.refused.append(str(error))
            return
        if format.read is not None:
            self._take(format.read(source, self.taking.reading), name)

    def _format_of(self, source: Source) -> Format:
        return registry.named(self.taking.format) if self.taking.format else registry.detected(source)

    def _name(self, path: Path) -> str:
        """A file's name in the project: from its folder where it lies in it."""
        found = path.resolve()
        return printable_path(found.relative_to(self._root) if found.is_relative_to(self._root) else path)

    def _take(self, items: Iterable[Incoming | BadFile], name: str) -> None:
        """Takes in all items, in transactions as large as others at work allow."""
        with self.store.alone() as alone:
            for part in _batches(items, 1000 if alone else 10):
                self._take_part(part, name)
                if not alone:
                    time.sleep(PACE)

    def _take_part(self, part: list[Incoming | BadFile], name: str) -> None:
        self.report.refused += [str(item) for item in part if isinstance(item, BadFile)]
        layers: dict[str | None, Layer] = {}
        good = [item for item in part if isinstance(item, Incoming)]
        for item in good:
            if item.document is not None and item.document.annotator not in layers:
                layers[item.document.annotator] = self._layer(name, item.document.annotator)
        with self.store.writing():
            ids = Ids(self.store, (id for item in good if item.document for id in wanted_ids(item.document)))
            for item in good:
                self._take_one(item, layers, ids)

    def _layer(self, name: str, annotator: str | None) -> Layer:
        """The layer of a file's annotations; those of each annotator that it names have one of their own."""
        return self.person or self.store.layer("import", f"{name}/{annotator}" if annotator else name)

    def _take_one(self, item: Incoming, layers: Mapping[str | None, Layer], ids: Ids) -> None:
        id, new = self.store.add_article(item.text, item.source, item.title, item.date, item.meta)
        self.report.warnings += item.warnings
        if new:
            self.report.new += 1
        elif item.document is None:
            first = self.store.article(id).source
            self.report.duplicates.append(f"{item.source}: the same text as {first}, not taken in twice")
        if item.document is not None:
            found = self._with_status(item.document)
            self._take_annotations(id, layers[item.document.annotator], found, item.source, new, ids)

    def _with_status(self, found: IncomingAnnotations) -> IncomingAnnotations:
        """What a file does not say of the article's state, as it was asked for."""
        if found.status is not None:
            return found
        status = self.taking.status
        return replace(found, status=status, complete=self._tasks if status == "done" else found.complete)

    def _take_annotations(
        self, article: int, layer: Layer, found: IncomingAnnotations, source: str, new: bool, ids: Ids
    ) -> None:
        """`new` says that nobody can have anything on the article yet."""
        store = self.store
        standing = [] if new else store.entities(article, layer.id)
        known = {entity.value: entity.id for entity in standing}
        if layer.kind == "person" and not new and store.has_work(layer, article):
            self._refuse_more(layer, found, known, source)
            return
        related = {(r.label, r.head, r.tail) for r in store.relations(article, layer.id)} if known else ()
        work = settle(ids, self.schema, found, known, related)
        if layer.kind == "person":
            store.import_work(layer, article, work)
        else:
            store.add_rows(article, layer, work.entities, work.relations, now())
        self.report.entities += len(work.entities)
        self.report.relations += len(work.relations)

    def _refuse_more(
        self, layer: Layer, found: IncomingAnnotations, known: Mapping[Value, str], source: str
    ) -> None:
        """A person's work is never mixed with other work of theirs; the same work twice is a duplicate."""
        if set(known) == {entity.value for entity in found.entities}:
            self.report.duplicates.append(f"{source}: {layer.name} has this work already")
        else:
            self.report.refused.append(
                f"{source}: {layer.name} already has work on this article; nothing was changed"
            )


def _batches(items: Iterable[Incoming | BadFile], size: int) -> Iterator[list[Incoming | BadFile]]:
    part: list[Incoming | BadFile] = []
    for item in items:
        part.append(item)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part
