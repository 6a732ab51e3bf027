"""brat standoff: a text in `X.txt` and what is marked in it in `X.ann`, one annotation a line.

Invariant: offsets are code points into the text exactly as it is; an entity is taken only where the text that its line
quotes stands; what a line says is in the article or in a warning with its file and line. An entity over a line end is
written in pieces, one a line, and pieces with nothing but white space and a line end between them are read as one.
"""

from __future__ import annotations

import codecs
import os
import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut, headline
from annotations.errors import BadFile
from annotations.formats import brat_conf, plain, records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.brat_conf import Book, Conf, base_role, event_relation, role_between
from annotations.formats.naming import named
from annotations.formats.offsets import NAMES, to_codepoints
from annotations.formats.packed import PACKED
from annotations.formats.records import Bad, about_pair, denied, quoted
from annotations.formats.tokenised import in_order, relations_of, told
from annotations.formats.unsaid import lose_details
from annotations.model import Decision, Entity, Relation, Span, compact
from annotations.text import trim
from annotations.wording import listing

NAME = "brat"
"""What the format is called."""

TEXT, ENTRIES, PARTS = ".txt", (".ann", ".a1"), (".a2", ".co", ".rel")
"""Endings: of the text, of the file that stands for the pair, and of those that are read along with an `.a1`."""

NOTE = "AnnotatorNotes"
"""The type of a note that is a note and nothing else."""

REFERENCE = "Reference"
"""The kind of a link that is a link and nothing else."""

OWN_BASE = "postil"
"""The knowledge base of a link that names none: brat cannot write one without."""

LONGEST_LINE = 1 << 20
"""Bytes of the longest line that is read."""

LARGEST_CONF = 1 << 20
"""Bytes of an `annotation.conf` that is read."""

_BREAK = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
"""What no line may hold: TAB, and what some reader takes for a line end."""

_ID = re.compile(r"\*|#[A-Za-z]*[0-9]+|[TREAMN][A-Za-z]*[0-9]+\S*")
_PIECE = re.compile(r"([0-9]{1,18}) ([0-9]{1,18})")
_FIRST = re.compile(
    r"\s*(?:T\d+\t\S+ \d+ \d+[;\t]|R\d+\t\S+ \S+:[TE]\d+ \S+:[TE]\d+|E\d+\t\S+:T\d+|\*\t\S+ [TE]\d+ [TE]\d+)"
)


# -- files ------------------------------------------------------------------------------------------


def annotated(path: Path) -> Path | None:
    """The file that stands for a brat pair that `path` is part of, `X.ann` or else `X.a1`; None where it is of none."""
    stem, ending = _split(path)
    if ending not in (TEXT, *ENTRIES, *PARTS):
        return None
    return next(filter(None, (_beside(path, stem + end) for end in ENTRIES)), None)


def _split(path: Path) -> tuple[str, str]:
    """The name without its ending, and the ending in small letters, without that of a packed file."""
    name = next((path.name[: -len(end)] for end in PACKED if path.name.lower().endswith(end)), path.name)
    stem, dot, ending = name.rpartition(".")
    return stem, (dot + ending).lower()


def _beside(path: Path, name: str) -> Path | None:
    """The file of that name in the folder of another, packed or not; None where there is none."""
    place = os.path.join(
        path.parent, name
    )  # asked of every text file: no paths are made for what is not there
    return next((Path(place + packed) for packed in ("", *PACKED) if os.path.isfile(place + packed)), None)


def _neighbour(source: Source, path: Path) -> Source:
    """A file beside a source, called as that is. Raises Bad for a link in a folder that was named, which may lead to
    what is no part of it."""
    if source.root is not None and os.path.islink(path):
        raise Bad(
            f"{path.name} beside it is a link, and links within a folder are not followed: name the pair"
        )
    folder, slash, _ = source.name.rpartition("/")
    return Source.of(path, folder + slash + path.name)


def _configuration(source: Source, path: Path) -> Source | None:
    """The `annotation.conf` of the folder, else the nearest above it, up to the folder that was named."""
    last = source.root or path.parent
    for folder in (path.parent, *path.parent.parents):
        found = folder / brat_conf.NAME
        if os.path.isfile(found):
            return Source.of(found)
        if folder == last or not folder.is_relative_to(last):
            break
    return None


# -- reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A line in its columns; `rest` is what follows the second TAB, None where there is none."""

    place: str
    order: int
    id: str
    said: str
    rest: str | None


@dataclass(frozen=True, slots=True)
class _Marked:
    """What a T line says: the pieces in the order and the unit of the file, and the text that they should hold."""

    line: _Line
    label: str
    pieces: tuple[Span, ...]
    surface: str


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article that a brat pair is, or why it cannot be taken. A text without annotations is an article alone."""
    try:
        yield _read(source, reading)
    except Bad as error:
        yield BadFile(f"{source.name}: {error}")
    except BadFile as error:
        yield error


def _read(source: Source, reading: Reading) -> Incoming:
    path = source.path
    if path is None:
        raise Bad("brat keeps the text in a file of its own: name the .ann file, or its folder")
    stem, ending = _split(path)
    beside = _beside(path, stem + TEXT)
    if ending in PARTS:
        raise Bad(f"it is a part of brat annotations, but {stem}.a1 is not beside it")
    if beside is None:
        raise Bad(f"its text {stem}{TEXT} is not beside it")
    text_source = _neighbour(source, beside)
    text = _Text.of(text_source, reading.encoding)
    document, warnings = None, text.warnings
    if ending in ENTRIES:
        files = [source]
        if ending == ".a1":
            files += (_neighbour(source, found) for end in PARTS if (found := _beside(path, stem + end)))
        reader = _Reader(text, reading, _conf(source, path))
        document = reader.annotations(files)
        warnings = (*warnings, *reader.said())
    return Incoming(text.text, text_source.name, headline(text.text), document=document, warnings=warnings)


def _conf(source: Source, path: Path) -> Conf:
    """The configuration that rules a file; an empty one where there is none."""
    found = _configuration(source, path)
    if found is None:
        return Conf()
    return _conf_in(found)


def _conf_in(source: Source) -> Conf:
    return brat_conf.schema_of(source.whole(LARGEST_CONF).decode("utf-8-sig", "replace"))


def confs(paths: Iterable[str]) -> Iterator[Conf]:
    """What the `annotation.conf` files say that are among the paths, or in a folder that is. Raises BadFile."""
    for path in map(Path, paths):
        file = path if path.name == brat_conf.NAME else path / brat_conf.NAME
        if file.exists():
            yield _conf_in(Source.of(file))


@dataclass(frozen=True, slots=True)
class _Text:
    """An article's text, exactly as in its file but for a byte order mark, which `marked` remembers."""

    text: str
    encoding: str
    marked: bool
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, source: Source, encoding: str | None) -> _Text:
        """The text of a file. Raises BadFile."""
        data = source.whole()
        marked = data.startswith(codecs.BOM_UTF8)
        warnings: tuple[str, ...] = ()
        try:
            text, own = data.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            found = plain.read_text(data, encoding, source.name)
            text, own = found.text, found.encoding
            warnings = (f"{source.name}: {found.warning}",) if found.warning else ()
        if not text or text.isspace():
            raise BadFile(f"{source.name} is empty: there is nothing to read")
        return cls(text, own, marked, warnings)


class _Reader:
    """The lines of a pair on their way to annotations."""

    def __init__(self, text: _Text, reading: Reading, conf: Conf) -> None:
        self.text, self.reading, self.conf = text, reading, conf
        self.order = 0  # of the lines over all files
        self.warnings: list[tuple[int, str]] = []
        self.entities: dict[str, Entity] = {}
        self.relations: dict[str, Relation] = {}  # by what a decision on them would be about
        self.ids: set[str] = set()  # of the relations
        self.denied: dict[str, None] = {}
        self.names: dict[str, str] = {}  # of T and E, whose entity they are
        self.attributes: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self.notes: defaultdict[str, list[str]] = defaultdict(list)
        self.links: dict[str, str] = {}
        self.clusters: dict[str, list[str]] = {}  # the members, the first of whom gives it its name
        self.kinds: dict[str, str] = {}  # what the clusters are, by their first members
        self.odd_links: set[str] = set()
        self.first_roles: dict[tuple[str, frozenset[str]], str] = {}

    def said(self) -> tuple[str, ...]:
        """The warnings in the order of the lines."""
        return tuple(what for _, what in sorted(self.warnings))

    def warn(self, line: _Line, what: object) -> None:
        """Notes what of a line is not taken as it is; a fault is why it is not taken at all."""
        kind = LeftOut if isinstance(what, Bad) else str
        self.warnings.append((line.order, kind(f"{line.place}: {what}")))

    def annotations(self, files: Iterable[Source]) -> IncomingAnnotations:
        """All that the files say. Raises Bad where none of it can be trusted, and BadFile."""
        lines = self._lines(files)
        self._take_entities(lines["T"])
        self._take_events(lines["E"])
        for kind, take in (
            ("R", self._take_relation),
            ("*", self._take_equivalence),
            ("A", self._take_attribute),
            ("M", self._take_attribute),
            ("N", self._take_link),
            ("#", self._take_note),
        ):
            for line in lines[kind]:
                self._try(take, line)
        entities = tuple(map(self._completed, self.entities.values()))
        relations = tuple(
            each._replace(attributes=self.attributes.get(each.id), note=self._note(each.id))
            for each in self.relations.values()
        )
        decisions = tuple(
            Decision(about, "rejected", None, "import", ("import:brat",), "")
            for about in self.denied
            if about not in self.relations
        )
        return IncomingAnnotations(None, None, entities, relations, decisions)

    def _completed(self, entity: Entity) -> Entity:
        id = entity.id
        cluster = self._cluster_name(self.clusters[id][0]) if id in self.clusters else None
        if not cluster and not any(id in said for said in (self.attributes, self.links, self.notes)):
            return entity
        attributes, link = self.attributes.get(id), self.links.get(id)
        return entity._replace(attributes=attributes, link=link, note=self._note(id), cluster=cluster)

    def _cluster_name(self, first: str) -> str:
        return f"{self.kinds[first]}:{first}"

    def _note(self, id: str) -> str | None:
        return "\n".join(self.notes[id]) if id in self.notes else None

    def _try(self, take: Callable[[_Line], None], line: _Line) -> None:
        try:
            take(line)
        except Bad as error:
            self.warn(line, error)

    # -- lines

    def _lines(self, files: Iterable[Source]) -> defaultdict[str, list[_Line]]:
        """The lines by what they say. Raises Bad when there are lines and none says anything."""
        found: defaultdict[str, list[_Line]] = defaultdict(list)
        known: set[str] = set()
        for file in files:
            with file.open() as opened:
                for number, data in records.lines(opened, LONGEST_LINE):
                    line = self._line(data, f"{file.name}, line {number}", known)
                    if line is not None:
                        known.add(line.id)
                        found[line.id[0]].append(line)
        if self.warnings and not found:
            _, first = self.warnings[0]
            raise Bad(
                f"no line of it is an annotation of brat; to take the text alone, --format text ({first})"
            )
        return found

    def _line(self, data: bytes | Bad, place: str, known: Collection[str]) -> _Line | None:
        """A line in its columns; None for one that has no id that is new."""
        self.order += 1
        try:
            return _Line(place, self.order, *self._columns(data, known))
        except Bad as error:
            self.warnings.append((self.order, LeftOut(f"{place}: {error}")))
            return None

    def _columns(self, data: bytes | Bad, known: Collection[str]) -> tuple[str, str, str | None]:
        if isinstance(data, Bad):
            raise data
        id, *columns = self._decoded(data).removesuffix("\n").removesuffix("\r").split("\t", 2)
        if not columns:
            raise Bad(f"{quoted(id)} is no annotation: an id, a TAB and what it says")
        if not _ID.fullmatch(id):
            raise Bad(f"{quoted(id)} is no id that brat has (T1, R1, E1, A1, M1, N1, #1 or *): left out")
        if id in known and id != "*":
            raise Bad(f"the id {id} is there already: left out")
        return id, columns[0], columns[1] if len(columns) > 1 else None

    def _decoded(self, data: bytes) -> str:
        """A line as text, in UTF-8 or in what its text is in."""
        try:
            return data.decode()
        except UnicodeDecodeError:
            with suppress(UnicodeDecodeError):
                return data.decode(self.text.encoding)
        raise Bad("it is not UTF-8: left out")

    # -- entities

    def _take_entities(self, lines: Sequence[_Line]) -> None:
        marked: list[_Marked] = []
        for line in lines:
            try:
                marked.append(_marked(line))
            except Bad as error:
                self.warn(line, error)
        values: dict[object, str] = {}
        for line, entity in self._placed(marked):
            first = self.names[entity.id] = values.setdefault(entity.value, entity.id)
            if first == entity.id:
                self.entities[first] = entity
            else:
                self.warn(line, f"{entity.id} marks the same as {first}, as which it is taken")
        if lines and not self.entities:
            first_warning = min(self.warnings)[1]
            raise Bad(
                f"none of its entities fits the text: is it the one that was annotated? ({first_warning})"
            )

    def _placed(self, marked: Sequence[_Marked]) -> list[tuple[_Line, Entity]]:
        """The entities that fit the text: counted as brat does it, unless another way of counting puts all of them
        where their texts are and brat's does not."""
        ways = list(self._ways())
        for says, convert in ways:
            with suppress(Bad):
                found = [(each.line, self._entity(each, convert)) for each in marked]
                if says and found:
                    self.warnings.append((0, f"{found[0][0].place.rsplit(',', 1)[0]}: its offsets {says}"))
                return found
        found = []
        for each in marked:
            try:
                found.append((each.line, self._entity(each, ways[0][1])))
            except Bad as error:
                self.warn(each.line, error)
        return found

    def _entity(self, marked: _Marked, convert: Callable[[int], int]) -> Entity:
        text, id = self.text.text, marked.line.id
        try:
            pieces = tuple([(convert(start), convert(end)) for start, end in marked.pieces])
        except Bad as error:
            raise Bad(f"{id}: {error}: left out") from error
        if not _is_at(text, pieces, marked.surface):
            found = " ".join(text[start:end] for start, end in pieces)
            raise Bad(
                f"{id} quotes {quoted(marked.surface)}, but the text there is {quoted(found)}: left out"
            )
        spans = joined(text, pieces) if len(pieces) > 1 else pieces
        start, end = spans[0][0], spans[-1][1]
        return Entity(id, start, end, marked.label, text[start:end], spans if len(spans) > 1 else ())

    def _ways(self) -> Iterator[tuple[str, Callable[[int], int]]]:
        """The ways to count that there may be in a file, and what to say of those that are not brat's."""
        text, unit = self.text.text, self.reading.unit
        own = to_codepoints(text, unit or "codepoint")
        yield "", (lambda offset: own(offset - 1)) if self.text.marked else own
        if self.text.marked:
            yield "do not count the byte order mark of the text, as brat would", own
        if unit is None and not text.isascii():
            yield (
                f"count {NAMES['utf16']}, not code points: they were converted",
                to_codepoints(text, "utf16"),
            )
        if "\r\n" in text:
            yield (
                "count CR LF as one character, though it is two: they were converted",
                _line_ends_as_one(text),
            )

    # -- relations and events

    def _end(self, id: str) -> str:
        """The entity that an id of an annotation stands for. Raises Bad."""
        if id not in self.names:
            raise Bad(f"it names {quoted(id)}, which is no entity or event here: left out")
        return self.names[id]

    def _take_relation(self, line: _Line) -> None:
        label, *arguments = line.said.split()
        pairs = [_argument(each) for each in arguments]
        if len(pairs) != 2 or not all(role and id for role, id in pairs) or pairs[0][0] == pairs[1][0]:
            raise Bad(f"{line.id} must have two arguments under different names (Arg1:T1 Arg2:T2): left out")
        ends = {role: self._end(id) for role, id in pairs}
        head = self._head_role(line, label, tuple(ends))
        tail = next(role for role in ends if role != head)
        self._relate(line, line.id, label, ends[head], ends[tail])

    def _head_role(self, line: _Line, label: str, roles: tuple[str, ...]) -> str:
        """Which of two roles is the head's: as the configuration says, Arg1 of Arg1 and Arg2, else the one that comes
        first where the two come first in the file."""
        declared = self.conf.roles(label)
        if declared is not None and frozenset(declared) == frozenset(roles):
            return declared[0]
        if frozenset(roles) == {"Arg1", "Arg2"}:
            return "Arg1"
        key = label, frozenset(roles)
        if key not in self.first_roles:
            self.first_roles[key] = roles[0]
            if label not in self.reading.symmetric | self.conf.symmetric:
                says = (
                    f"no {brat_conf.NAME} says which of {listing(roles)} comes first: {roles[0]} is the head"
                )
                self.warn(line, f"{label}: {says}")
        return self.first_roles[key]

    def _relate(self, line: _Line, id: str, label: str, head: str, tail: str) -> None:
        if head == tail:
            raise Bad(f"{line.id} goes from an entity to itself: left out")
        ends = self.entities[head], self.entities[tail]
        if label in self.reading.negative:
            self._deny(line, label, *ends)
            return
        about = about_pair(label, *ends, self.reading.symmetric)
        if about in self.relations:
            raise Bad(f"{line.id} says the same as {self.relations[about].id}: taken once")
        self.relations[about] = Relation(id, label, head, tail)
        self.ids.add(id)

    def _deny(self, line: _Line, label: str, head: Entity, tail: Entity) -> None:
        found = denied(self.reading, head, tail)
        if not found:
            raise Bad(
                f"{line.id} ({label}) rejects nothing: no relation of the schema joins its ends; left out"
            )
        self.denied.update(dict.fromkeys(found))

    def _take_events(self, lines: Sequence[_Line]) -> None:
        arguments: list[tuple[_Line, str, list[tuple[str, str]]]] = []
        for line in lines:
            try:
                arguments.append(self._event(line))
            except Bad as error:
                self.warn(line, error)
        busy: dict[str, str] = {}
        for line, trigger, roles in arguments:
            if roles and busy.setdefault(trigger, line.id) != line.id:
                self.warn(
                    line, f"{line.id} and {busy[trigger]} have one trigger: their arguments are put together"
                )
            self._take_arguments(line, trigger, roles)

    def _event(self, line: _Line) -> tuple[_Line, str, list[tuple[str, str]]]:
        """An event, its trigger, and its arguments as roles and ids."""
        first, *arguments = line.said.split() or [""]
        kind, trigger = _argument(first)
        if not kind or trigger not in self.names:
            raise Bad(f"{line.id} has no trigger that is here ({quoted(first)}): left out")
        self.names[line.id] = self.names[trigger]
        label = self.entities[self.names[trigger]].label
        if kind != label:
            self.warn(line, f"{line.id} is a {kind}, but its trigger a {label}: taken as {label}")
        return line, self.names[trigger], [_argument(each) for each in arguments]

    def _take_arguments(self, line: _Line, trigger: str, roles: list[tuple[str, str]]) -> None:
        event = self.entities[trigger].label
        declared, beside = self.conf.events.get(event, ()), frozenset(role for role, _ in roles)
        for number, (role, id) in enumerate(roles, 1):
            try:
                if not role or not id:
                    raise Bad(f"argument {number} of {line.id} is not of the form Role:T1: left out")
                label = event_relation(event, base_role(role, declared, beside))
                self._relate(line, f"{line.id}/{number}", label, trigger, self._end(id))
            except Bad as error:
                self.warn(line, error)

    def _take_equivalence(self, line: _Line) -> None:
        kind, *members = line.said.split() or [""]
        ids = list(dict.fromkeys(map(self._end, members)))
        if len(ids) < 2:
            raise Bad("an equivalence needs two different members: left out")
        together = dict.fromkeys(each for id in ids for each in self.clusters.get(id, [id]))
        cluster = list(together)
        known = list(dict.fromkeys(self.kinds[self.clusters[id][0]] for id in ids if id in self.clusters))
        self.kinds[cluster[0]] = (known or [kind])[0]
        self.clusters.update(dict.fromkeys(cluster, cluster))
        if others := sorted({kind, *known} - {self.kinds[cluster[0]]}):
            kept = self.kinds[cluster[0]]
            self.warn(line, f"it shares members with another: both are one {kept}, not {listing(others)} too")

    # -- what is said about them

    def _about(self, id: str) -> str:
        """The entity or relation that an id stands for. Raises Bad."""
        return id if id in self.ids else self._end(id)

    def _take_attribute(self, line: _Line) -> None:
        name, target, *rest = line.said.split(" ", 2) if " " in line.said else ("", "")
        if not name or not target:
            raise Bad(f"{line.id} must name an attribute and what has it (A1 TAB Negation T1): left out")
        known, value = self.attributes[self._about(target)], rest[0] if rest and rest[0] else True
        if known.setdefault(name, value) != value:
            raise Bad(f"{target} has {name} already, as {quoted(known[name])}: left out")

    def _take_link(self, line: _Line) -> None:
        found = re.fullmatch(r"(\S+) (\S+) ([^\s:]+:\S+)\s*", line.said)
        if found is None:
            raise Bad(f"{line.id} must link an annotation to base:id (N1 TAB Reference T1 base:id): left out")
        target, link = self._about(found[2]), found[3].removeprefix(f"{OWN_BASE}:")
        if target in self.ids:
            raise Bad(f"{line.id} links a relation, which has no place for it: left out")
        if self.links.setdefault(target, link) != link:
            raise Bad(f"{found[2]} has the link {self.links[target]} already: left out")
        if found[1] not in (REFERENCE, *self.odd_links):
            self.odd_links.add(found[1])
            self.warn(
                line, f"links of the kind {found[1]} are taken as {REFERENCE}, as which they are written"
            )

    def _take_note(self, line: _Line) -> None:
        kind, _, target = line.said.strip().rpartition(" ")
        if not kind:
            raise Bad(f"{line.id} must say what kind of note it is, and on what: left out")
        text = line.rest or ""
        self.notes[self._about(target)].append(text if kind == NOTE else f"{kind}: {text}")


def _argument(written: str) -> tuple[str, str]:
    """The role and the id of Role:T1; "" for what is not there."""
    role, _, id = written.rpartition(":")
    return role, id


def _marked(line: _Line) -> _Marked:
    """What a T line says. Raises Bad."""
    label, _, places = line.said.partition(" ")
    pieces = [_PIECE.fullmatch(piece.strip()) for piece in places.split(";")]
    if not label or not all(pieces):
        raise Bad(
            f"{quoted(line.said)} is no label with whole offsets (Person 0 8, Place 3 8;19 24): left out"
        )
    if line.rest is None:
        raise Bad(f"{line.id} does not quote its text, so that its offsets cannot be checked: left out")
    spans = tuple((int(piece[1]), int(piece[2])) for piece in pieces if piece)
    if any(start == end for start, end in spans):
        raise Bad(f"{line.id} is empty: a piece of it begins where it ends; left out")
    if any(left >= right for left, right in pairwise(edge for span in sorted(spans) for edge in span)):
        raise Bad(f"{line.id} ends before it begins, or its pieces touch ({places}): left out")
    return _Marked(line, label, spans, line.rest)


def _is_at(text: str, pieces: Iterable[Span], surface: str) -> bool:
    """Whether a surface is the pieces with a space between them, line ends and TABs perhaps replaced by spaces; what
    follows it after a TAB is no part of it."""
    found = " ".join(text[start:end] for start, end in pieces)
    said = surface if len(surface) == len(found) else surface.partition("\t")[0]
    return said == found or said == re.sub(_BREAK.pattern[:-1], " ", found)


def joined(text: str, pieces: Iterable[Span]) -> tuple[Span, ...]:
    """The pieces in the order of the text; those with nothing but white space and a line end between them as one."""
    found: list[Span] = []
    for start, end in sorted(pieces):
        gap = text[found[-1][1] : start] if found else ""
        if gap.isspace() and _BREAK.search(gap):
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return tuple(found)


def _line_ends_as_one(text: str) -> Callable[[int], int]:
    """What turns offsets that count each CR LF once into code points."""
    ends = array("q", (match.start() - number for number, match in enumerate(re.finditer("\r\n", text))))
    convert = to_codepoints(text, "codepoint")
    return lambda offset: convert(offset + bisect_left(ends, offset))


# -- writing ----------------------------------------------------------------------------------------


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes a `.txt` and an `.ann` of each article, and the configuration that brat needs for the folder."""
    book = Book(out.writing.schema)
    for name, document in named(documents):
        with out.file(name + TEXT) as file:
            file.write(document.article.text.encode())
        with out.file(name + ENTRIES[0]) as file:
            file.writelines(f"{line}\n".encode() for line in _Writer(document, out, book).lines())
    for name, text in ((brat_conf.NAME, book.annotation_conf()), ("visual.conf", book.visual_conf())):
        with out.file(name) as file:
            file.write(text.encode())


Thing = Entity | Relation


class _Writer:
    """A document on its way to lines."""

    def __init__(self, document: Document, out: Output, book: Book) -> None:
        self.document, self.out, self.book = document, out, book
        self.text = document.article.text
        self.pieces: dict[str, tuple[Span, ...]] = {}
        self.names: dict[str, str] = {}  # what other lines call an entity or relation
        self.renamed: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        """The lines of the `.ann` file, without their line feeds."""
        self._lose()
        entities = [each for each in in_order(self.document.entities) if self._has_place(each)]
        relations = relations_of(self.document, entities, self.out)
        yield from self._entity_lines(entities)
        yield from self._relation_lines(entities, relations)
        yield from self._equivalences(entities)
        things: list[Thing] = [*entities, *(each for each in relations if each.id in self.names)]
        for kind, found in (("A", self._attributes), ("N", self._links), ("#", self._notes)):
            for number, line in enumerate(found(things), 1):
                yield f"{kind}{number}\t{line}"
        if self.renamed:
            names = listing(f"{label} as {name}" for label, name in sorted(self.renamed.items()))
            self._say("label", f"brat allows only a-z, A-Z, 0-9, - and _ in names: written {names}")

    def _say(self, kind: str, what: str) -> None:
        self.out.lose(self.document, kind, what)

    def _lose(self) -> None:
        """Names what an `.ann` file has no place for, whatever it is on."""
        document = self.document
        lose_details(replace(document, entities=(), relations=()), self.out)
        if document.status != "done":
            self._say("status", f"it is {document.status}, which this format cannot say")
        if document.flagged:
            self._say("flag", "that it is flagged is left out")
        if self.text.startswith("\ufeff"):
            self._say(
                "mark", "the text begins with a byte order mark, which many readers take away, brat does not"
            )

    def _called(self, label: str, name: str) -> str:
        """A name in the file, noted if it is not the label."""
        if label != name:
            self.renamed[label] = name
        return name

    # -- entities

    def _has_place(self, entity: Entity) -> bool:
        """Cuts an entity at line ends; False for one of which nothing is left."""
        pieces = tuple(_cut(self.text, entity.spans))
        self.pieces[entity.id] = pieces
        if not pieces:
            self._say("newline", f"{told(entity)} is nothing but line ends: left out")
            return False
        if pieces != entity.spans:
            self._say("newline", f"{told(entity)} goes over a line end: written in pieces, one a line")
        again = joined(self.text, pieces)
        if again != entity.spans:
            ends = listing(f"{start} to {end}" for start, end in again)
            self._say("discontinuous", f"{told(entity)} comes back with other pieces ({ends})")
        return True

    def _entity_lines(self, entities: Iterable[Entity]) -> Iterator[str]:
        for number, entity in enumerate(entities, 1):
            self.names[entity.id] = f"T{number}"
            label = self._called(entity.label, self.book.add_entity(entity.label))
            pieces = self.pieces[entity.id]
            places = ";".join(f"{start} {end}" for start, end in pieces)
            yield f"T{number}\t{label} {places}\t{self._surface(entity)}"

    def _surface(self, entity: Entity) -> str:
        return " ".join(self.text[start:end] for start, end in self.pieces[entity.id])

    # -- relations

    def _relation_lines(self, entities: Sequence[Entity], relations: Iterable[Relation]) -> Iterator[str]:
        """Relations, and events before them: those of triggers, whose relations are roles."""
        ends = {entity.id: entity for entity in entities}
        roles: defaultdict[str, list[tuple[str, Relation]]] = defaultdict(list)
        rest: list[Relation] = []
        for relation in relations:
            if role := role_between(relation, ends, self.out.writing.symmetric):
                self.book.add_role(ends[relation.head].label, role, ends[relation.tail].label)
                roles[relation.head].append((role, relation))
            else:
                rest.append(relation)
        yield from self._events(entities, roles)
        for number, relation in enumerate(rest, 1):
            head, tail = ends[relation.head], ends[relation.tail]
            name = self.book.add_relation(relation.label, head.label, tail.label)
            self.names[relation.id] = f"R{number}"
            label = self._called(relation.label, name)
            yield f"R{number}\t{label} Arg1:{self.names[head.id]} Arg2:{self.names[tail.id]}"

    def _events(
        self, entities: Iterable[Entity], roles: Mapping[str, Sequence[tuple[str, Relation]]]
    ) -> Iterator[str]:
        events = [each for each in entities if each.id in roles or self.book.is_event(each.label)]
        triggers = {event.id: self.names[event.id] for event in events}
        self.names |= {event.id: f"E{number}" for number, event in enumerate(events, 1)}
        for event in events:
            line = f"{self.names[event.id]}\t{self.book.entities.of(event.label)}:{triggers[event.id]}"
            counts: defaultdict[str, int] = defaultdict(int)
            for role, relation in roles.get(event.id, ()):
                counts[role] += 1
                line += f" {role}{counts[role] if counts[role] > 1 else ''}:{self.names[relation.tail]}"
                if relation.attributes or relation.note:
                    what = (
                        f"{relation.label} is an argument of an event: its note and attributes are left out"
                    )
                    self._say("relation details", what)
            yield line

    def _equivalences(self, entities: Iterable[Entity]) -> Iterator[str]:
        clusters: defaultdict[str, list[str]] = defaultdict(list)
        for entity in entities:
            if entity.cluster:
                clusters[entity.cluster].append(self.names[entity.id])
        for members in clusters.values():
            if len(members) > 1:
                self.book.clusters = True
                yield f"*\t{brat_conf.EQUIV} {' '.join(members)}"

    # -- what is said about them

    def _attributes(self, things: Iterable[Thing]) -> Iterator[str]:
        for thing in things:
            for label, value in sorted((thing.attributes or {}).items()):
                said = self._attribute_value(label, value)
                if said != "":
                    name = self._called(label, self.book.add_attribute(label, said))
                    yield f"{name} {self.names[thing.id]}" + (f" {said}" if said else "")

    def _attribute_value(self, label: str, value: Any) -> str | None:
        """How a value is written: None for one that just holds, "" for one that cannot be written."""
        if value is True:
            return None
        said = _BREAK.sub(" ", value if isinstance(value, str) else compact(value))
        if said != value or not said:
            did = f"written as {said}" if said else "left out"
            self._say("attributes", f"brat's values are texts on one line: {label} {quoted(value)} is {did}")
        return said

    def _links(self, things: Iterable[Thing]) -> Iterator[str]:
        for thing in things:
            if isinstance(thing, Relation) or not thing.link:
                continue
            link = thing.link
            if re.search(r"\s", link):
                self._say("links", f"brat's links hold no white space: {quoted(link)} is left out")
                continue
            based = re.fullmatch(r"[^:]+:.+", link) and not link.startswith(f"{OWN_BASE}:")
            yield (
                f"{REFERENCE} {self.names[thing.id]} {link if based else f'{OWN_BASE}:{link}'}"
                f"\t{self._surface(thing)}"
            )

    def _notes(self, things: Iterable[Thing]) -> Iterator[str]:
        """The notes, each line of theirs by itself."""
        for thing in things:
            for line in thing.note.split("\n") if thing.note else ():
                said = _BREAK.sub(_without_tabs, line)
                if said != line:
                    self._say("notes", f"a note holds what ends lines, written as spaces: {quoted(said)}")
                yield f"{NOTE} {self.names[thing.id]}\t{said}"


def _without_tabs(found: re.Match[str]) -> str:
    """White space that a line may not hold as spaces; TABs stay."""
    return re.sub("[^\t]", " ", found[0])


def _cut(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans, cut where they hold what no line may hold; what is cut is without white space at its ends."""
    for start, end in spans:
        if not _BREAK.search(text, start, end):
            yield start, end
            continue
        edges = [start, *(edge for found in _BREAK.finditer(text, start, end) for edge in found.span()), end]
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            piece = trim(text, left, right)
            if piece[0] < piece[1]:
                yield piece


def _recognises(head: Head) -> bool:
    """By the endings that only brat has, else by what the first line says."""
    if head.name.endswith((*ENTRIES, PARTS[0])):
        return True
    return not head.name.endswith(TEXT) and _FIRST.match(head.text) is not None


FORMAT = Format(NAME, "brat standoff", ENTRIES, read, write, _recognises, folder=True, one_article=True)
