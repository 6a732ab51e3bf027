"""doccano's JSONL: sequence labelling, with relations and without.

Invariant: offsets are written in UTF-16 units, as doccano's browser counts them, which the metadata say where it
matters; what a file's offsets count is never guessed: it is told, or its words leave one unit only, for all records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile
from annotations.formats import offsets, records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.counted import SURVEYED, Units
from annotations.formats.options import Unit
from annotations.formats.records import Bad, about_pair, article_of, get, meta_of, quoted
from annotations.formats.tagged import Notes, noted
from annotations.formats.tokenised import distinct, relations_of, whole
from annotations.formats.unsaid import lose_details, lose_relations
from annotations.model import Decision, Entity, Relation, Span

_LISTS = ("label", "labels", "entities")
"""Where entities stand; the first two are there in projects without relations."""

_COMMENTS = "Comments"
_KEYS = frozenset((*_LISTS, "text", "relations", _COMMENTS))
_LAYER = "import:doccano"

_UNIT = "postil_offset_unit"
"""The key among the metadata of what an export of ours counts in. It says nothing where doccano gave the record an id:
what was annotated there counts as the project does."""

_TAKEN = "offsets taken to count {unit}, by the words of the whole file (--offset-unit says otherwise); articles: {{}}"

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes a line for each document, in the form that a doccano project with relations takes; where the schema has no
    relations, in the form that one without them takes."""
    make = _related if out.writing.schema.relations else _plain
    with out.file() as file:
        for document in documents:
            lose_details(document, out, relations=make is _related)
            if document.status != "done" and not document.layer.startswith("gold:"):
                out.lose(document, "status", f"it is {document.status}, which this format cannot say")
            entities = distinct(document, whole(document, out), out)
            record = {
                "text": document.article.text,
                **make(document, entities, out),
                "meta": _meta_with_unit(document),
            }
            file.write(records.encoded(record))


def _meta_with_unit(document: Document) -> dict[str, Any]:
    unit = {} if offsets.is_plain(document.article.text) else {_UNIT: "utf16"}
    return meta_of(document) | unit


def _related(document: Document, entities: list[Entity], out: Output) -> dict[str, Any]:
    convert = offsets.from_codepoints(document.article.text, "utf16")
    ids = {entity.id: number for number, entity in enumerate(entities)}
    rows = [
        {"id": ids[e.id], "start_offset": convert(e.start), "end_offset": convert(e.end), "label": e.label}
        for e in entities
    ]
    relations = enumerate(relations_of(document, entities, out))
    arcs = [{"id": n, "from_id": ids[r.head], "to_id": ids[r.tail], "type": r.label} for n, r in relations]
    return {"entities": rows, "relations": arcs}


def _plain(document: Document, entities: list[Entity], out: Output) -> dict[str, Any]:
    lose_relations(document, out)
    convert = offsets.from_codepoints(document.article.text, "utf16")
    return {"label": [[convert(entity.start), convert(entity.end), entity.label] for entity in entities]}


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each record, or a BadFile that names the source, the line and what is wrong with it; in which unit
    articles were taken is told with the last one."""
    notes = Notes(source.name)
    try:
        units = _surveyed(source, reading) if reading.unit is None else Units()
    except BadFile as error:
        yield error
        return

    def take(record: dict[str, Any], place: str) -> tuple[Incoming]:
        return (_Record(record, reading).incoming(place, units, notes),)

    yield from noted(records.json_taken(source, take), notes)


def _surveyed(source: Source, reading: Reading) -> Units:
    """What the first records of a source allow its offsets to count. Raises BadFile."""
    units, seen = Units(), 0
    split, _ = records.told_apart(Head.of(source))
    with source.open() as file:
        for _, record in split(file):
            if not isinstance(record, Bad):
                seen += _survey(record, reading, units)
            if seen > SURVEYED:
                break
    return units


def _survey(record: dict[str, Any], reading: Reading, units: Units) -> int:
    """Counts what a record allows, and the code points that were looked at; a bad one is told of later."""
    try:
        found = _Record(record, reading)
        if found.unit is None:
            units.hear(found.text, [row.place for row in found.rows()])
        return len(found.text)
    except Bad:
        return 0


@dataclass(frozen=True, slots=True)
class _Row:
    """An entity as it stands in a file: its id, if it has one, its label, and its place in what the file counts."""

    id: int | str | None
    label: str
    place: Span


class _Record:
    """One record on its way to an `Incoming`."""

    def __init__(self, record: Mapping[str, Any], reading: Reading) -> None:
        self.record, self.reading = record, reading
        self.text = records.name(record, "text")
        self._most = len(self.text.encode("utf-16-le")) // 2
        self.warnings: list[str] = []
        self.entities: dict[Any, Entity] = {}
        self.by_id: dict[int | str, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self.denied: dict[str, str] = {}  # in words, by what a decision is about

    def incoming(self, place: str, units: Units, notes: Notes) -> Incoming:
        """The article; `place` stands in for a source that it does not name."""
        said = any(self.record.get(key) is not None for key in (*_LISTS, "relations"))
        annotations = self._annotations(place, units, notes) if said else None
        meta = self._meta()
        if meta.get(_UNIT) in offsets.TRIED:
            del meta[_UNIT]
        return article_of(self.text, meta, place, annotations, self.warnings)

    @property
    def unit(self) -> Unit | None:
        """What the offsets count, as far as that is told."""
        inner = self.record.get("meta")
        own = inner.get(_UNIT) if isinstance(inner, dict) and "id" not in self.record else None
        return self.reading.unit or next((unit for unit in offsets.TRIED if unit == own), None)

    def _meta(self) -> dict[str, Any]:
        """What doccano spreads over the record, and what stands in one place when the file was made to be imported."""
        inner = self.record.get("meta")
        outer = {key: value for key, value in self.record.items() if key not in _KEYS}
        if not isinstance(inner, dict):
            return outer
        del outer["meta"]
        twice = sorted(key for key in inner if key in outer and inner[key] != outer[key])
        if twice:
            self._warn(f"the inner metadata {quoted(twice)} were left out: the record says otherwise")
        return inner | outer

    def _annotations(self, place: str, units: Units, notes: Notes) -> IncomingAnnotations:
        self._add_entities(place, units, notes)
        self._each("a relation", records.objects_if_any(self.record, "relations"), self._add_relation)
        for about in sorted(self.denied.keys() & self.relations.keys()):
            self._warn(f"{self.denied[about]} was rejected, and stands as well: taken as it stands")
        found = [about for about in self.denied if about not in self.relations]
        return IncomingAnnotations(
            None,
            None,
            tuple(self.entities.values()),
            tuple(self.relations.values()),
            tuple(Decision(about, "rejected", None, "import", (_LAYER,), "") for about in found),
            note=self._note(),
            tasks=("entities",) if self.record.get("relations") is None else ("entities", "relations"),
        )

    def _note(self) -> str | None:
        comments = get(self.record, _COMMENTS, list, [])
        said = [each.get("comment") if isinstance(each, dict) else each for each in comments]
        return "\n".join(each for each in said if type(each) is str and each) or None

    def _warn(self, what: str) -> None:
        self.warnings.append(what)

    def _each(self, what: str, rows: Iterable[Any], take: Callable[[Any], None]) -> None:
        """Takes what can be taken, and warns of the rest."""
        for row in rows:
            try:
                take(row)
            except Bad as error:
                self._warn(LeftOut(f"{what} was left out: {error}"))

    # -- entities

    def rows(self) -> list[_Row]:
        """The entities as they stand in the file; what is none is warned of. Raises Bad."""
        found: list[_Row] = []
        for key in _LISTS:
            rows: list[Any] = get(self.record, key, list, []) if self.record.get(key) is not None else []
            self._each("an entity", rows, lambda row: found.append(self._row(row)))
        return found

    def _add_entities(self, place: str, units: Units, notes: Notes) -> None:
        found = self.rows()
        ids = [row.id for row in found if row.id is not None]
        if len(set(ids)) < len(ids):
            twice = next(id for id in ids if ids.count(id) > 1)
            raise Bad(f"the entity id {quoted(twice)} stands twice in this record")
        unit = self.unit
        if unit is None:
            unit, matters = units.of(self.text, [row.place for row in found])
            notes.add(_TAKEN.format(unit=offsets.NAMES[unit]), matters, place)
        convert = offsets.to_codepoints(self.text, unit)
        self._each("an entity", found, lambda row: self._add_entity(row, convert))

    def _row(self, row: Any) -> _Row:
        """An entity in either form, in whatever unit, within the text by the unit that counts most."""
        if type(row) is list:
            if [type(each) for each in row] != [int, int, str] or not row[2]:
                raise Bad(f"it must be [start, end, label], not {quoted(row)}")
            found = _Row(None, row[2], (row[0], row[1]))
        elif type(row) is dict:
            place = get(row, "start_offset", int), get(row, "end_offset", int)
            found = _Row(_id(row, "id"), records.name(row, "label"), place)
        else:
            raise Bad(f"it must be [start, end, label] or an object, not {quoted(row)}")
        start, end = found.place
        if start >= end:
            raise Bad(f"{found.label} begins at {start} and ends at {end}")
        if start < 0 or end > self._most:
            raise Bad(f"{found.label} lies at {start} to {end}, outside the text")
        return found

    def _add_entity(self, row: _Row, convert: Callable[[int], int]) -> None:
        start, end = map(convert, row.place)
        entity = Entity(f"e{len(self.entities)}", start, end, row.label, self.text[start:end])
        first = self.entities.setdefault(entity.value, entity)
        if row.id is not None:
            self.by_id[row.id] = first
        if first is not entity:
            raise Bad(f"{records.cited(entity)} stands twice")

    # -- relations

    def _add_relation(self, row: dict[str, Any]) -> None:
        label = records.name(row, "type")
        head, tail = (self._end(row, key) for key in ("from_id", "to_id"))
        ends = f"from {records.cited(head)} to {records.cited(tail)}"
        if head is tail:
            raise Bad(f"{label} goes from {records.cited(head)} to itself")
        if label in self.reading.negative:
            kinds = self.reading.schema.relations_between(head.label, tail.label)
            if not kinds:
                raise Bad(f"{label} {ends} rejects nothing: no relation of the schema joins them")
            denied = records.denied(self.reading, head, tail)
            self.denied |= dict(zip(denied, (f"{kind.name} {ends}" for kind in kinds), strict=True))
            return
        about = about_pair(label, head, tail, self.reading.symmetric)
        if about in self.relations:
            raise Bad(f"{label} {ends} stands twice")
        self.relations[about] = Relation(f"r{len(self.relations)}", label, head.id, tail.id)

    def _end(self, row: Mapping[str, Any], key: str) -> Entity:
        id = _id(row, key)
        if id is None:
            raise Bad(f'"{key}" is missing')
        if id not in self.by_id:
            raise Bad(f'"{key}" is {quoted(id)}, which no entity has that was taken')
        return self.by_id[id]


def _id(row: Mapping[str, Any], key: str) -> int | str | None:
    """An id: a whole number, also one that a table program wrote as 7.0, or a text."""
    id = row.get(key)
    if type(id) is float and id.is_integer():
        return int(id)
    if id is None or type(id) in (int, str):
        return id
    raise Bad(f'"{key}" must be a whole number, not {quoted(id)}')


def _recognises(head: Head) -> bool:
    record = head.record
    if not record:
        return {"text", "start_offset", "end_offset"} <= head.keys
    lists = [record[key] for key in _LISTS if type(record.get(key)) is list]
    return type(record.get("text")) is str and bool(lists) and all(map(_is_list_of_labels, lists))


def _is_list_of_labels(rows: list[Any]) -> bool:
    """Whether a list is of entities as doccano has them, or empty."""
    if not rows:
        return True
    first = rows[0]
    if type(first) is dict:
        return {"start_offset", "end_offset", "label"} <= first.keys()
    return type(first) is list and len(first) == 3 and type(first[2]) is str


FORMAT = Format("doccano", "doccano JSONL", (".jsonl",), read, write, _recognises)
