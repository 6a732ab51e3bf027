"""Taking articles in: which files, which format, what became of each.

Invariant: a file that cannot be taken in is named with its reason and the good rest goes in; the same text twice is
one article; importing the same thing twice adds nothing.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import IO, BinaryIO

from annotations import bulk
from annotations.bulk import PACE, Work
from annotations.config import Config
from annotations.documents import Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile, PostilError
from annotations.files import expand, folders
from annotations.formats import registry
from annotations.formats.base import Format, Reading, Source
from annotations.formats.packed import PACKED, printable_path, unpacked
from annotations.incoming import Ids, said, settle, trimmed, wanted_ids
from annotations.model import Entity, Layer, Relation, Status, compact
from annotations.state import Value
from annotations.store import Store
from annotations.wording import count

MOST_TEXT = 16_000_000
"""Code points of articles that go into one transaction, and are held until then."""

OBJECTS = 50_000
"""New objects after which garbage is looked for while articles are taken in; a thousand articles with 30 entities each
are so many."""


@dataclass(frozen=True, slots=True)
class Taking:
    """How to take files in: `format` where it is not to be found out; `person` is whose work their annotations
    become, else they are suggestions, in import layers named after the file (and who annotated, where that is said);
    what articles are whose format does not say so; how to read."""

    reading: Reading
    format: Format | None = None
    person: str | None = None
    status: Status = "open"


_label = attrgetter("label")

Owner = tuple[str | None, bool]
"""Whose annotations come in: the annotator, and whether that is a program, whose are never a person's work."""


@dataclass
class Report:
    """What an import did. `refused`, `left_out` (an annotation each), `duplicates` and `warnings` are sentences, ready
    to show. `known` counts the records that brought annotations for an article that was here; `unclaimed` the articles
    that came with what only a person's work can have: a state, document labels, notes, rejections; `unknown` by label
    the entities and relations whose label the schema does not have."""

    new: int = 0
    known: int = 0
    entities: int = 0
    relations: int = 0
    unclaimed: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    duplicates: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def records_of(source: Source, reading: Reading, format: Format) -> Iterator[Incoming | BadFile]:
    """The articles of a source in some format."""
    if format.read is None:
        yield BadFile(f"{source.name}: {format.title} can be written only")
    else:
        yield from format.read(source, reading)


def read_all(
    patterns: Sequence[str], base: Path, reading: Reading, format: Format | None
) -> Iterator[Incoming | BadFile]:
    """The articles of all files that paths, folders and glob patterns name, without taking them in."""
    roots = folders(patterns, base)
    for found in expand(patterns, base, format):
        try:
            if isinstance(found, BadFile):
                raise found
            source = Source.of(found, root=_root(found, roots))
            yield from records_of(source, reading, format or registry.detected(source))
        except BadFile as error:
            yield error


def _root(path: Path, roots: Collection[Path]) -> Path | None:
    """The folder that was named of which a file is part, if one was."""
    return next((folder for folder in path.parents if folder in roots), None)


def _home(source: Source, path: Path, format: Format) -> tuple[Path, int]:
    """After what the import layer of a file is called, and by how many parts of that at least: the file without its
    endings; where a file holds one article, the folder, from the one that was named down."""
    if not format.one_article:
        plain = path.with_suffix("") if path.suffix.lower() in PACKED else path
        return Path(os.path.realpath(path.parent)) / plain.stem, 1
    folder, top = (Path(os.path.realpath(each)) for each in (path.parent, source.root or path.parent))
    return folder, 1 + (len(folder.relative_to(top).parts) if folder.is_relative_to(top) else 0)


Begin = Callable[[], IO[bytes]]
Progress = Callable[[int, int], None]
"""Hears how much has been read, and of how much, in bytes as they lie on the disk."""


class Importer:
    """Puts files into a store. `progress` hears of files, not of a stream."""

    def __init__(
        self, store: Store, config: Config, taking: Taking | None = None, progress: Progress | None = None
    ) -> None:
        self.store, self.schema = store, config.schema
        self._root = os.path.join(os.path.realpath(config.path.parent), "")
        self._tasks = config.schema.complete
        self._entity_names = frozenset(kind.name for kind in config.schema.entities)
        self._relation_names = frozenset(kind.name for kind in config.schema.relations)
        self.taking = taking or Taking(Reading(config.schema))
        person = self.taking.person
        self.person = store.layer("person", person) if person else None
        self.report = Report()
        self._progress = progress
        self._ids: set[int] = set()
        self._waiting: defaultdict[Layer, dict[int, Work]] = defaultdict(dict)
        self._folders: dict[Path, str] = {}
        self._homes: dict[str, Path] = {}
        self._unclaimed: set[int] = set()

    def take_patterns(self, patterns: Sequence[str], base: Path) -> Report:
        """Takes in all files that paths, folders and glob patterns name."""
        files, roots = expand(patterns, base, self.taking.format), folders(patterns, base)
        for found, begin in self._watched(files) if self._progress else ((each, None) for each in files):
            if isinstance(found, BadFile):
                self.report.refused.append(str(found))
            else:
                source = Source.of(found, self._name(found), _root(found, roots))
                self._take_source(source if begin is None else replace(source, begin=begin))
        return self.report

    def _watched(self, files: Iterable[Path | BadFile]) -> Iterator[tuple[Path | BadFile, Begin | None]]:
        """The files, and how to open them so that the progress hears of it."""
        found = [(each, _size(each)) for each in files]
        done, total = 0, sum(size for _, size in found)
        for file, size in found:
            hear = partial(self._advance, done, total)
            yield file, partial(unpacked, file, self._name(file), hear) if isinstance(file, Path) else None
            done += size
            self._advance(done, total, 0)

    def _advance(self, before: int, total: int, read: int) -> None:
        if self._progress is not None and total:
            self._progress(before + read, total)

    def take_stream(self, stream: BinaryIO) -> Report:
        """Takes in standard input, through a file: it is read twice, and once to find out what it is. Raises
        PostilError when there is no room for it."""
        with tempfile.NamedTemporaryFile(prefix="postil-") as file:
            try:
                shutil.copyfileobj(stream, file)
                file.flush()
            except OSError as error:
                raise PostilError(
                    f"standard input cannot be kept for reading: {error.strerror or error}"
                ) from error
            self._take_source(Source("-", None, partial(unpacked, Path(file.name), "-")))
        return self.report

    def _take_source(self, source: Source) -> None:
        try:
            format = self.taking.format or registry.detected(source)
        except BadFile as error:
            self.report.refused.append(str(error))
            return
        self._take(records_of(source, self.taking.reading, format), self._layer_name(source, format))

    def _layer_name(self, source: Source, format: Format) -> str:
        """What the import layer of a source is called; those of two files of one name by what tells them apart."""
        if source.path is None:
            return "stdin"
        home, least = _home(source, source.path, format)
        names = ("/".join(home.parts[-count:]) for count in range(least, len(home.parts)))
        return next((name for name in names if self._homes.setdefault(name, home) == home), str(home))

    def _name(self, path: Path) -> str:
        """A file's name in the project: from its folder where it lies in it."""
        folder = path.parent
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        found = os.path.join(self._folders[folder], path.name)
        return printable_path(found[len(self._root) :] if found.startswith(self._root) else path)

    def _take(self, items: Iterable[Incoming | BadFile], name: str) -> None:
        """Takes in all items, in transactions as large as others at work allow."""
        with self.store.alone() as alone, _collecting_seldom():
            for part in _batches(items, 1000 if alone else 10):
                self._take_part(part, name)
                if not alone:
                    time.sleep(PACE)

    def _take_part(self, part: list[Incoming | BadFile], name: str) -> None:
        self.report.refused += [str(item) for item in part if isinstance(item, BadFile)]
        layers: dict[Owner, Layer] = {}
        good = [
            trimmed(self._with_newlines(item), self.schema) for item in part if isinstance(item, Incoming)
        ]
        for item in good:
            if item.document is not None and (owner := _owner(item.document)) not in layers:
                layers[owner] = self._layer(name, owner)
        with self.store.writing():
            wanted = (wanted_ids(item.document) for item in good if item.document is not None)
            ids = Ids(self.store, chain.from_iterable(wanted))
            # One kind of work after the other, not one article after the other: a sixth of the time saved.
            added = [self.store.add_article(x.text, x.source, x.title, x.date, x.meta) for x in good]
            for item, (id, new) in zip(good, added, strict=True):
                self._take_one(item, id, new, layers, ids)
            self._write_waiting()

    def _layer(self, name: str, owner: Owner) -> Layer:
        """The layer of a file's annotations; those of each annotator that it names have one of their own."""
        annotator, suggested = owner
        if self.person is not None and not suggested:
            return self.person
        return self.store.layer("import", f"{name}/{annotator}" if annotator else name)

    def _with_newlines(self, item: Incoming) -> Incoming:
        return with_newlines(item) if self.taking.reading.newlines == "lf" and "\r" in item.text else item

    def _take_one(self, item: Incoming, id: int, new: bool, layers: Mapping[Owner, Layer], ids: Ids) -> None:
        for says in item.warnings:
            (self.report.left_out if isinstance(says, LeftOut) else self.report.warnings).append(says)
        if new:
            self.report.new += 1
            self._note_id(item)
        elif item.document is None:
            first = self.store.article(id).source
            self.report.duplicates.append(f"{item.source}: the same text as {first}, not taken in twice")
        if item.document is not None:
            found = self._with_status(item.document)
            self._take_annotations(id, layers[_owner(item.document)], found, item.source, new, ids)

    def _note_id(self, item: Incoming) -> None:
        """Says when another article of this import, with another text, has the same id."""
        if (id := item.meta.get("id")) is None:
            return
        known = hash(compact(id))
        if known in self._ids:
            says = f"{item.source}: the id {compact(id)} came before with another text; both are taken in"
            self.report.warnings.append(says)
        self._ids.add(known)

    def _with_status(self, found: IncomingAnnotations) -> IncomingAnnotations:
        """What a file does not say of the article's state, as it was asked for."""
        if found.status is not None:
            return found
        status = self.taking.status
        complete = tuple(task for task in self._tasks if task in found.tasks)
        return replace(found, status=status, complete=complete if status == "done" else found.complete)

    def _take_annotations(
        self, article: int, layer: Layer, found: IncomingAnnotations, source: str, new: bool, ids: Ids
    ) -> None:
        """`new` says that nobody can have anything on the article yet."""
        store = self.store
        if not new:
            self._write_waiting()  # maybe of the same article
        if layer.kind == "person" and not new and store.has_work(layer, article):
            self._refuse_more(article, layer, found, source)
            return
        standing = [] if new else store.entities(article, layer.id)
        known = {entity.value: entity.id for entity in standing}
        related = {(r.label, r.head, r.tail) for r in store.relations(article, layer.id)} if known else ()
        work = settle(ids, self.schema, found, known, related)
        if not new and not self._brings(work, layer, source, known):
            return
        self._waiting[layer][article] = work
        if layer.kind != "person" and _is_of_a_person(work):
            self._unclaimed.add(article)
            self.report.unclaimed = len(self._unclaimed)
        self._count_unknown(work.entities, self._entity_names)
        self._count_unknown(work.relations, self._relation_names)
        self.report.entities += len(work.entities)
        self.report.relations += len(work.relations)

    def _count_unknown(self, things: Sequence[Entity | Relation], known: frozenset[str]) -> None:
        if not known.issuperset(map(_label, things)):
            self.report.unknown.update(thing.label for thing in things if thing.label not in known)

    def _brings(self, work: Work, layer: Layer, source: str, known: Mapping[Value, str]) -> bool:
        """Whether work on an article that was here is more than the layer has. What comes on top of other work is said:
        nobody may have wanted the two in one layer."""
        if layer.kind != "person" and not work.entities and not work.relations:
            self.report.duplicates.append(f"{source}: {layer.title} has all of this already")
            return False
        self.report.known += 1
        if known:
            came = f"{count(len(work.entities), 'entity')} and {count(len(work.relations), 'relation')} came on top"
            says = f"{source}: {layer.title} had annotations on this article: {came}"
            self.report.warnings.append(says)
        return True

    def _write_waiting(self) -> None:
        for layer, works in self._waiting.items():
            bulk.import_works(self.store, layer, works)
        self._waiting.clear()

    def _refuse_more(self, article: int, layer: Layer, found: IncomingAnnotations, source: str) -> None:
        """A person's work is never mixed with other work of theirs; the same work twice is a duplicate."""
        store, id = self.store, layer.id
        standing = Work(
            tuple(store.entities(article, id)),
            tuple(store.relations(article, id)),
            tuple(store.decisions(article, id)),
            store.progress(article, id),
        )
        coming = settle(Ids(store, ()), self.schema, found, {})
        if said(standing, self.schema) == said(coming, self.schema):
            self.report.duplicates.append(f"{source}: {layer.name} has this work already")
        else:
            self.report.refused.append(
                f"{source}: {layer.name} already has work on this article; nothing was changed: "
                "to compare the two, import it with --as and another name"
            )


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Lets the collector look for garbage after `OBJECTS`, not after 700: what comes in is none, and it would look
    through all of that many times."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _is_of_a_person(work: Work) -> bool:
    """Whether some work holds what suggestions cannot have."""
    progress, rejected = work.progress, any(d.verdict != "accepted" for d in work.decisions)
    return rejected or bool(progress.status != "open" or progress.flagged or progress.note or progress.labels)


def _size(file: Path | BadFile) -> int:
    """The bytes of a file, 0 for what is none."""
    return os.path.getsize(file) if isinstance(file, Path) and os.path.isfile(file) else 0


def with_newlines(item: Incoming) -> Incoming:
    """The article with a line feed for each line end, which its metadata say. One with annotations stays as it is:
    their offsets count both characters of CR LF."""
    if item.document is not None:
        says = f"{item.source}: it has annotations, whose offsets count CR LF as two: its line ends stay"
        return replace(item, warnings=(*item.warnings, says))
    text = item.text.replace("\r\n", "\n").replace("\r", "\n")
    return replace(item, text=text, meta={**item.meta, "newlines": "lf"})


def _owner(found: IncomingAnnotations) -> Owner:
    return found.annotator, found.suggested


def _batches(items: Iterable[Incoming | BadFile], size: int) -> Iterator[list[Incoming | BadFile]]:
    """The items in lists of that size, or of as much text as one may have. One list is held at a time: it is emptied
    when the next is asked for."""
    part: list[Incoming | BadFile] = []
    length = 0
    for item in items:
        part.append(item)
        length += len(item.text) if isinstance(item, Incoming) else 0
        if len(part) >= size or length > MOST_TEXT:
            yield part
            part.clear()
            length = 0
    if part:
        yield part
