"""TextAE and PubAnnotation: an article with denotations, relations and attributes, maybe in several tracks.

Invariant: ids are local to a track, and each track is one annotator's work by itself; an offset is a whole number,
however it is written. Offsets written count UTF-16 units, as TextAE does, and `offset_unit` says so where it matters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile
from annotations.formats import records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.offsets import NAMES, by_borders, from_codepoints, to_codepoints
from annotations.formats.options import Unit
from annotations.formats.records import Bad, choice, get, name, objects, quoted
from annotations.formats.tokenised import in_order, straightened, told
from annotations.formats.unsaid import lose_details
from annotations.model import Entity, Relation, Span

_ANNOTATIONS = ("denotations", "relations", "attributes")
_DRAWING = frozenset(("config", "typesettings", "namespaces", "styles"))
"""Keys that say how TextAE draws, and nothing of the article."""

_UNSAID = ("blocks", "modifications")
"""Keys of annotations that an article has no place for."""

_UNIT = "offset_unit"
_KEYS = frozenset((*_ANNOTATIONS, *_DRAWING, *_UNSAID, _UNIT, "text", "tracks", "project"))

_FIELDS = ("link", "note", "cluster")
"""Attributes, of a text each, that an entity has a field for; its score is another."""

_UNITS: tuple[Unit, ...] = ("utf16", "codepoint")

# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each record, once for each of its tracks; alone where it has no annotations. Records stand one a
    line, in an array, or one is the whole file."""
    return records.json_taken(source, lambda record, place: _incoming(record, place, reading))


def _incoming(record: dict[str, Any], place: str, reading: Reading) -> Iterator[Incoming | BadFile]:
    text, meta = (
        get(record, "text", str),
        {k: v for k, v in record.items() if k not in _KEYS and v is not None},
    )
    tracks = list(_tracks(record))
    unit = _unit(text, [track for track, _ in tracks], record, reading)
    if not tracks:
        yield records.article_of(text, meta, place, None)
    names: Counter[str | None] = Counter()
    for track, where in tracks:
        annotator = get(track, "project", str, None) or None
        names[annotator] += 1
        if names[annotator] > 1:
            annotator = f"{annotator or 'track'} {names[annotator]}"
        try:
            found = _Track(track, text, unit)
            said = [type(warning)(where + warning) for warning in found.warnings]
            yield records.article_of(text, meta, place, found.annotations(annotator), said)
        except Bad as error:
            yield BadFile(f"{place}: {where}{error}")


def _tracks(record: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """What holds annotations, and how its place begins."""
    if any(key in record for key in _ANNOTATIONS):
        yield record, ""
    for number, track in enumerate(objects(record, "tracks"), 1):
        yield track, f"track {number}: "


def _unit(text: str, tracks: Iterable[dict[str, Any]], record: dict[str, Any], reading: Reading) -> Unit:
    """What offsets count: what the record says, else what was asked for, else where they lie on the edges of words.
    Raises Bad where that does not tell."""
    said: Unit | None = choice(record, _UNIT, tuple(NAMES)) if _UNIT in record else reading.unit
    if said is not None:
        return said
    if text.isascii() or max(text) <= "\uffff":
        return "codepoint"
    spans = [span for track in tracks for span in _written(track)]
    return by_borders(text, spans, _UNITS)[0]


def _written(track: Mapping[str, Any]) -> Iterator[Span]:
    """The spans of a track that can be read, as they are written."""
    for row in objects(track, "denotations"):
        try:
            yield from _spans(row)
        except Bad:
            continue


def _spans(row: Mapping[str, Any]) -> list[Span]:
    """The pieces of a denotation, in its unit: whole, in order, apart. Raises Bad."""
    said = row.get("span")
    pieces: list[Any] = said if isinstance(said, list) else [said]
    if not pieces or not all(isinstance(piece, dict) for piece in pieces):
        raise Bad(f'"span" must be {{"begin": …, "end": …}}, or a list of these, not {quoted(said)}')
    found = [(_offset(piece, "begin"), _offset(piece, "end")) for piece in pieces]
    edges = [edge for span in sorted(found) for edge in span]
    if any(left >= right for left, right in pairwise(edges)):
        raise Bad(f"it ends before it begins, is empty, or its pieces touch: {quoted(said)}")
    return sorted(found)


def _offset(piece: Mapping[str, Any], key: str) -> int:
    """A whole number, also one that is written as a text or with a fraction of nothing. Raises Bad."""
    value = piece.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if type(value) is float and value.is_integer():
        return int(value)
    return get(piece, key, int)


class _Track:
    """What one track says."""

    def __init__(self, track: dict[str, Any], text: str, unit: Unit) -> None:
        self.track, self.text = track, text
        self._convert: Callable[[int], int] = to_codepoints(text, unit)
        self.warnings: list[str] = []
        self.entities: dict[str, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self._ids: Counter[str] = Counter()
        self._said = self._attributes()
        for kind, take in (("denotation", self._take_denotation), ("relation", self._take_relation)):
            for number, row in enumerate(objects(track, f"{kind}s"), 1):
                self._try(take, row, f"{kind} {number}")
        self._warn_of_rest()

    def annotations(self, annotator: str | None) -> IncomingAnnotations:
        """All of it, as somebody's."""
        return IncomingAnnotations(
            annotator, None, tuple(self.entities.values()), tuple(self.relations.values())
        )

    def _try(self, take: Callable[[dict[str, Any], str], None], row: dict[str, Any], what: str) -> None:
        id = row.get("id")
        try:
            take(row, what)
        except Bad as error:
            self.warnings.append(LeftOut(f"{what}{f' ({id})' if id else ''} is left out: {error}"))

    def _new_id(self, row: Mapping[str, Any], what: str) -> str:
        """The row's own id, or a new one; a second one of the same id has another, and the first's says nothing."""
        id = _id(row.get("id"))
        if id is None:
            return what
        self._ids[id] += 1
        if self._ids[id] == 1:
            return id
        self.warnings.append(f"{what}: the id {quoted(id)} stands twice: what names it is left out")
        return f"{id} ({what})"

    # -- rows

    def _take_denotation(self, row: dict[str, Any], what: str) -> None:
        label = name(row, "obj")
        spans = tuple((self._convert(start), self._convert(end)) for start, end in _spans(row))
        id = self._new_id(row, what)
        start, end = spans[0][0], spans[-1][1]
        fragments = spans if len(spans) > 1 else ()
        said = dict(self._said.pop(id, {}))
        details: dict[str, Any] = {
            key: said.pop(key) for key in _FIELDS if isinstance(said.get(key), str) and said[key]
        }
        self.entities[id] = Entity(
            id,
            start,
            end,
            label,
            self.text[start:end],
            fragments,
            _score(said),
            attributes=said or None,
            **details,
        )

    def _take_relation(self, row: dict[str, Any], what: str) -> None:
        label, head, tail = name(row, "pred"), self._end(row, "subj"), self._end(row, "obj")
        if head == tail:
            raise Bad("it goes from a denotation to itself")
        id = self._new_id(row, what)
        said = dict(self._said.pop(id, {}))
        note = said.pop("note") if isinstance(said.get("note"), str) else None
        self.relations[id] = Relation(id, label, head, tail, _score(said), said or None, note)

    def _end(self, row: Mapping[str, Any], key: str) -> str:
        id = _id(row.get(key))
        if id is None or id not in self.entities:
            raise Bad(f'its "{key}" {quoted(row.get(key))} is no denotation that was taken')
        if self._ids[id] > 1:
            raise Bad(f'its "{key}" {quoted(id)} is the id of several denotations')
        return id

    # -- attributes

    def _attributes(self) -> dict[str, dict[str, Any]]:
        """What attributes say, by the id of what they are about; several values of one are a list."""
        found: dict[str, dict[str, Any]] = {}
        for number, row in enumerate(objects(self.track, "attributes"), 1):
            try:
                about, key = _id(row.get("subj")), name(row, "pred")
                if about is None or row.get("obj") is None:
                    raise Bad('it has no "subj" or no "obj"')
            except Bad as error:
                self.warnings.append(f"attribute {number} is left out: {error}")
                continue
            found.setdefault(about, {}).setdefault(key, []).append(row["obj"])
        return {
            about: {key: values[0] if len(values) == 1 else values for key, values in said.items()}
            for about, said in found.items()
        }

    def _warn_of_rest(self) -> None:
        for id, said in self._said.items():
            self.warnings.append(
                f"the attributes of {quoted(id)} are left out ({quoted(sorted(said))}): nothing taken has that id"
            )
        for key in _UNSAID:
            if rows := self.track.get(key):
                self.warnings.append(f'its {len(rows)} "{key}" are left out: there is no place for them')


def _id(value: Any) -> str | None:
    """An id, also one that is written as a number."""
    if type(value) is int:
        return str(value)
    return value if isinstance(value, str) and value else None


def _score(said: dict[str, Any]) -> float | None:
    """The score among attributes, taken out of them."""
    return float(said.pop("score")) if type(said.get("score")) in (int, float) else None


def _recognises(head: Head) -> bool:
    return "denotations" in head.keys or {"text", "tracks"} <= head.keys


# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes the documents, one a line, as they come. TextAE opens one at a time; what it leaves out of one, because
    spans cross or are in pieces, is written all the same, and named."""
    with out.file() as file:
        for document in documents:
            file.write(records.encoded(_record(document, out)))


def _record(document: Document, out: Output) -> dict[str, Any]:
    text, entities = document.article.text, in_order(document.entities)
    record: dict[str, Any] = {"text": text} | _meta(document, out)
    if not text.isascii() and max(text) > "\uffff":
        record[_UNIT] = "utf16"
    if document.annotator is not None:
        record["project"] = document.annotator
    _lose(document, entities, out)
    if document.status == "open" and not entities:
        return record | {"tracks": []}  # nobody's work, in a record that can be told from others
    relations = straightened(document, out.writing.symmetric)
    ids = {e.id: f"T{n}" for n, e in enumerate(entities, 1)} | {
        r.id: f"R{n}" for n, r in enumerate(relations, 1)
    }
    convert = from_codepoints(text, "utf16")
    record["denotations"] = [_denotation(entity, ids[entity.id], convert) for entity in entities]
    record["relations"] = [
        {"id": ids[each.id], "subj": ids[each.head], "pred": each.label, "obj": ids[each.tail]}
        for each in relations
    ]
    about: list[Entity | Relation] = [*entities, *relations]
    rows = [row for each in about for row in _attribute_rows(each, ids[each.id], document, out)]
    record["attributes"] = [{"id": f"A{number}", **row} for number, row in enumerate(rows, 1)]
    return record


def _meta(document: Document, out: Output) -> dict[str, Any]:
    """What the article says of itself, but for keys that mean something else here."""
    meta = records.meta_of(document)
    taken = sorted(_KEYS.intersection(meta))
    if taken:
        out.lose(document, "metadata", f"its metadata {quoted(taken)} are left out: the format has such keys")
    return {key: value for key, value in meta.items() if key not in _KEYS}


def _lose(document: Document, entities: Sequence[Entity], out: Output) -> None:
    """Names what there is no place for, and what TextAE will not show."""
    lose_details(document, out, kept=("attributes", "links", "clusters", "notes"))
    if document.note:
        out.lose(document, "notes", "the note on the article is left out")
    if document.flagged:
        out.lose(document, "flag", "that it is flagged is left out")
    if document.status == "skipped":
        out.lose(document, "status", "that it was skipped is left out")
    for entity in entities:
        if entity.fragments:
            out.lose(
                document, "discontinuous", f"{told(entity)} is in pieces: written, but TextAE leaves it out"
            )
    for entity, other in _crossing(entities):
        out.lose(
            document, "crossing", f"{told(entity)} crosses {told(other)}: written, but TextAE leaves both out"
        )


def _crossing(entities: Iterable[Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Each entity in one piece that crosses one that begins before it, with the nearest such."""
    open_: list[Entity] = []
    for entity in entities:
        if entity.fragments:
            continue
        open_ = [each for each in open_ if each.end > entity.start]
        crossed = [each for each in open_ if each.start < entity.start and each.end < entity.end]
        if crossed:
            yield entity, crossed[-1]
        open_.append(entity)


def _denotation(entity: Entity, id: str, convert: Callable[[int], int]) -> dict[str, Any]:
    spans = [{"begin": convert(start), "end": convert(end)} for start, end in entity.spans]
    return {"id": id, "span": spans[0] if len(spans) == 1 else spans, "obj": entity.label}


def _attribute_rows(
    about: Entity | Relation, id: str, document: Document, out: Output
) -> Iterator[dict[str, Any]]:
    """Attributes, and what else is said of an entity or relation, as attributes."""
    own = {key: value for key in _FIELDS if (value := getattr(about, key, None))}
    if about.score is not None:
        own["score"] = round(float(about.score), 4) + 0.0  # no minus before a zero
    for key, value in sorted((about.attributes or {}).items()):
        values = value if isinstance(value, list) and len(value) > 1 else [value]
        if (
            key in (*_FIELDS, "score")
            or not key
            or any(type(each) not in (str, bool, int, float) for each in values)
        ):
            out.lose(document, "attributes", f"{about.label} {id}: the attribute {quoted(key)} is left out")
            continue
        yield from ({"subj": id, "pred": key, "obj": each} for each in values)
    yield from ({"subj": id, "pred": key, "obj": value} for key, value in own.items())


FORMAT = Format("textae", "TextAE and PubAnnotation JSON", (".json", ".jsonl"), read, write, _recognises)
