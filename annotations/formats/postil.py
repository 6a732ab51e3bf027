"""postil/1, the lossless JSONL: one article a line, with one annotator's work on it.

Invariant: equal documents give equal bytes, in one order of keys and sorted by place; what `read`
yields fits its text, its ids are unique and its relations have both ends. No character that any reader takes for
a line end (U+0085, U+2028, U+2029 too) stands unescaped within a line, so naive splitters do no harm.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from itertools import pairwise
from operator import itemgetter
from typing import Any, get_args

from annotations.documents import Document, Incoming, IncomingAnnotations, Origin, headline, is_date
from annotations.errors import BadFile
from annotations.formats import records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.offsets import fitting
from annotations.formats.records import Bad, check_keys, choice, get, name, objects, quoted, texts
from annotations.formats.tokenised import in_order, straightened
from annotations.model import (
    Decision,
    Entity,
    Relation,
    Span,
    Status,
    Verdict,
    about_entity,
    about_relation,
    compact,
)

VERSION = "postil/1"
"""What the first key of each line says."""

_COMPUTED_KEYS = frozenset(("pending", "problems"))
_RECORD_KEYS = _COMPUTED_KEYS | {
    *("format", "id", "text", "meta", "annotator", "status", "entities", "relations", "rejected"),
    *("complete", "labels", "note", "flagged"),
}
_OPTIONAL_KEYS = frozenset(("score", "attributes", "link", "cluster", "copy_of", "note"))
_PLACE_KEYS = frozenset(("start", "end", "label", "fragments"))
_ENTITY_KEYS = _PLACE_KEYS | _OPTIONAL_KEYS | {"id", "text", "origin"}
_RELATION_KEYS = frozenset(("id", "label", "head", "tail", "score", "attributes", "note", "origin"))
_DISMISSED_KEYS = _PLACE_KEYS | {"relation", "head", "tail", "layer", "why", "result"}
_ORIGIN_KEYS = frozenset(("layer", "verdict"))
_TASKS = ("entities", "relations")

_SPAN_KEYS = ("id", "start", "end", "label", "text")
_LINK_KEYS = ("id", "label", "head", "tail")
_span = itemgetter(*_SPAN_KEYS)
_link = itemgetter(*_LINK_KEYS)

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes the documents, one a line, as they come; nothing is lost. Symmetric relations are written with the end
    that starts earlier as their head."""
    symmetric = out.writing.symmetric
    with out.file() as file:
        for document in documents:
            file.write(line(document, symmetric))


def line(document: Document, symmetric: Collection[str] = frozenset()) -> bytes:
    """The line of one document, with its line feed."""
    return records.encoded(record_of(document, symmetric))


def record_of(document: Document, symmetric: Collection[str]) -> dict[str, Any]:
    """What the line of a document says, for formats that say it otherwise."""
    article = document.article
    record = {
        "format": VERSION,
        "id": article.sha256,
        "text": article.text,
        "meta": _meta(document),
        "annotator": document.annotator,
        "status": document.status,
        "entities": [_entity_row(e, document.origins.get(e.id)) for e in in_order(document.entities)],
        "relations": [
            _relation_row(r, document.origins.get(r.id)) for r in straightened(document, symmetric)
        ],
        "rejected": sorted(document.rejected, key=_row_order),
        "complete": document.complete,
        "labels": document.labels,
        "note": document.note,
        "pending": sorted(document.pending, key=_row_order),
        "problems": sorted(document.problems, key=compact),
        "flagged": document.flagged,
    }
    for optional in ("pending", "problems", "flagged"):
        if not record[optional]:
            del record[optional]
    return record


def _meta(document: Document) -> dict[str, Any]:
    """Title, date and source with the rest; what the article's own metadata says of them goes first."""
    article = document.article
    meta = {"title": article.title, "date": article.date, "source": article.source, **article.meta}
    return _canonical({key: value for key, value in meta.items() if value is not None})


def _canonical(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same with all keys sorted, inner ones too."""
    sorted_: dict[str, Any] = json.loads(compact(value))
    return sorted_


def _entity_row(entity: Entity, origin: Origin | None) -> dict[str, Any]:
    row = {
        "id": entity.id,
        "start": entity.start,
        "end": entity.end,
        "label": entity.label,
        "text": entity.text,
        "fragments": entity.fragments,
        "attributes": entity.attributes and _canonical(entity.attributes),
        "link": entity.link,
        "cluster": entity.cluster,
        "copy_of": entity.copy_of,
        "note": entity.note,
    }
    return _with_optional(row, entity.score, origin)


def _relation_row(relation: Relation, origin: Origin | None) -> dict[str, Any]:
    row = {
        "id": relation.id,
        "label": relation.label,
        "head": relation.head,
        "tail": relation.tail,
        "attributes": relation.attributes and _canonical(relation.attributes),
        "note": relation.note,
    }
    return _with_optional(row, relation.score, origin)


def _with_optional(row: dict[str, Any], score: float | None, origin: Origin | None) -> dict[str, Any]:
    """The row without its optional keys that are not set, with score and origin if they are."""
    for optional in ("fragments", "attributes", "link", "cluster", "copy_of", "note"):
        if optional in row and not row[optional]:
            del row[optional]
    if score is not None:
        row["score"] = round(float(score), 4) + 0.0  # no minus before a zero
    if origin is not None:
        row["origin"] = {"layer": origin.layer, "verdict": origin.verdict}
    return row


def _row_order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Entities before relations, each in reading order; what stands at one place by all that it says."""
    if "relation" not in row:
        return False, row["start"], -row["end"], row["label"], compact(row)
    head, tail = row["head"], row["tail"]
    return True, head["start"], tail["start"], row["relation"], compact(row)


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each line, or a BadFile that names the source, the line and what is wrong with it.

    Blank lines are passed over. A `pending` or `problems` in a record is checked to be a list and left: both follow
    from the rest.
    """
    symmetric = reading.symmetric
    yield from records.taken(
        source, records.line_objects, lambda record, place: incoming_of(record, place, symmetric)
    )


def incoming_of(record: dict[str, Any], place: str, symmetric: Collection[str]) -> Incoming:
    """The article that a line says; `place` is where it came from if it does not say that. Raises Bad."""
    _check_format(record)
    return _Reader(record, symmetric).incoming(place)


def _check_format(record: dict[str, Any]) -> None:
    written = record.get("format")
    if written == VERSION:
        return
    if isinstance(written, str) and re.fullmatch(r"postil/[0-9]+", written):
        raise Bad(f"{written} was written by a newer postil, this one reads {VERSION}: update postil")
    says = "no format is named" if written is None else f"the format {quoted(written)} is not known"
    raise Bad(f'{says}: a record begins with "format": "{VERSION}"')


def _optional(row: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that are set in few rows, checked."""
    if _OPTIONAL_KEYS.isdisjoint(row):
        return {}
    found: dict[str, Any] = {
        key: get(row, key, str, None) for key in ("link", "cluster", "copy_of", "note") if key in row
    }
    return found | {"attributes": get(row, "attributes", dict, None) or None, "score": _score(row)}


class _Reader:
    """One record on its way to an `Incoming`."""

    def __init__(self, record: dict[str, Any], symmetric: Collection[str]) -> None:
        check_keys(record, _RECORD_KEYS, "an article")
        self.record, self.symmetric = record, symmetric
        self.text = self._text()
        self.entities: dict[str, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self.decisions: dict[str, Decision] = {}
        self.values: set[Hashable] = set()

    def _text(self) -> str:
        text, id = get(self.record, "text", str), get(self.record, "id", str)
        if not text or text.isspace():
            raise Bad('"text" is empty')
        if hashlib.sha256(text.encode()).hexdigest() != id:
            raise Bad(
                '"id" is not the SHA-256 of "text": the text was changed, and the offsets cannot be trusted'
            )
        return text

    def incoming(self, place: str) -> Incoming:
        """The article; `place` stands in for a source that it does not name."""
        meta = dict(get(self.record, "meta", dict, {}))
        title, source = (get(meta, key, str, None) for key in ("title", "source"))
        for key in ("title", "source"):
            meta.pop(key, None)
        day = meta.pop("date") if is_date(meta.get("date", "")) else None
        annotations = self._annotations()
        return Incoming(self.text, source or place, title or headline(self.text), day, meta, annotations)

    def _annotations(self) -> IncomingAnnotations:
        record = self.record
        self._add_entities(objects(record, "entities"))
        self._add_relations(objects(record, "relations"))
        for row in objects(record, "rejected"):
            self._add_dismissed(row)
        for computed in sorted(_COMPUTED_KEYS):
            objects(record, computed)
        annotator = get(record, "annotator", str, None)
        complete = texts(record, "complete")
        for task in complete:
            choice({"complete": task}, "complete", _TASKS)
        return IncomingAnnotations(
            annotator or None,
            choice(record, "status", get_args(Status), "open"),
            tuple(self.entities.values()),
            tuple(self.relations.values()),
            tuple(self.decisions.values()),
            complete,
            texts(record, "labels"),
            get(record, "note", str, None),
            get(record, "flagged", bool, False),
        )

    def _once(self, value: Hashable, what: str) -> None:
        """Refuses the same span and label, or the same label and ends, a second time."""
        if value in self.values:
            raise Bad(f"{what} says the same as another one before it")
        self.values.add(value)

    # -- entities

    def _add_entities(self, rows: list[dict[str, Any]]) -> None:
        if (plain := self._plain_entities(rows)) is None:
            for row in rows:
                self._add_entity(row)
            return
        self.entities = plain
        for row in rows:
            if len(row) > len(_SPAN_KEYS):
                check_keys(row, _ENTITY_KEYS, "an entity")
                self._keep_entity(row, plain[row["id"]]._replace(**_optional(row)))

    def _plain_entities(self, rows: list[dict[str, Any]]) -> dict[str, Entity] | None:
        """The labelled spans of all rows by their ids; None when one of them has pieces, or is to be refused, which is
        then said row by row. A loop without calls saves a third of the time."""
        whole, length, most = self.text, len(self.text), len(_SPAN_KEYS)
        found: dict[str, Entity] = {}
        values = set()
        try:
            for row in rows:
                id, start, end, label, text = _span(row)
                if not (type(id) is type(label) is type(text) is str and type(start) is type(end) is int):
                    return None
                if not (id and label and 0 <= start < end <= length and whole[start:end] == text):
                    return None
                if len(row) > most and "fragments" in row:
                    return None
                values.add((start, end, label))
                found[id] = Entity(id, start, end, label, text)
        except KeyError:
            return None
        return found if len(found) == len(values) == len(rows) else None

    def _add_entity(self, row: dict[str, Any]) -> None:
        check_keys(row, _ENTITY_KEYS, "an entity")
        id = self._new_id(row)
        spans = self._spans(row, f"entity {id}")
        start, end, text = spans[0][0], spans[-1][1], get(row, "text", str)
        if self.text[start:end] != text:
            raise Bad(self._other_text(id, start, end, text))
        fragments = spans if len(spans) > 1 else ()
        entity = Entity(id, start, end, name(row, "label"), text, fragments, **_optional(row))
        self._once(entity.value, f"entity {id}")
        self._keep_entity(row, entity)

    def _keep_entity(self, row: dict[str, Any], entity: Entity) -> None:
        self.entities[entity.id] = entity
        if (layer := _accepted(row)) is not None:
            self._decide(about_entity(*entity.value), "accepted", entity.id, layer)

    def _new_id(self, row: Mapping[str, Any]) -> str:
        id = name(row, "id")
        if id in self.entities or id in self.relations:
            raise Bad(f"the id {id} stands twice in this article")
        return id

    def _spans(self, row: Mapping[str, Any], what: str) -> tuple[Span, ...]:
        """The pieces of an entity, in code points: whole, in order, apart, within the text."""
        start, end, length = get(row, "start", int), get(row, "end", int), len(self.text)
        if "fragments" not in row and 0 <= start < end <= length:
            return ((start, end),)
        spans = tuple(map(_pair, get(row, "fragments", list, [[start, end]])))
        if "fragments" in row and (len(spans) < 2 or (spans[0][0], spans[-1][1]) != (start, end)):
            raise Bad(f"{what}: its fragments must be two or more that go from {start} to {end}")
        edges = [edge for span in spans for edge in span]
        if any(left >= right for left, right in pairwise(edges)):
            raise Bad(f"{what} ends before it begins, or its pieces touch: {quoted(spans)}")
        if start < 0 or end > length:
            raise Bad(f"{what} lies at {start} to {end}, outside the text, which has {length} code points")
        return spans

    def _other_text(self, id: str, start: int, end: int, text: str) -> str:
        utf16 = fitting(self.text, [(start, end, text)], ["utf16"])
        hint = "; its offsets seem to count UTF-16 units, not code points" if utf16 else ""
        found = quoted(self.text[start:end])
        return f"entity {id}: the text at {start} to {end} is {found}, not {quoted(text)}{hint}"

    # -- relations

    def _add_relations(self, rows: list[dict[str, Any]]) -> None:
        if (plain := self._plain_relations(rows)) is None:
            for row in rows:
                self._add_relation(row)
            return
        self.relations = plain
        for row in rows:
            if len(row) > len(_LINK_KEYS):
                check_keys(row, _RELATION_KEYS, "a relation")
                self._keep_relation(row, plain[row["id"]]._replace(**_optional(row)))

    def _plain_relations(self, rows: list[dict[str, Any]]) -> dict[str, Relation] | None:
        """The labelled pairs of all rows by their ids; None as of `_plain_entities`."""
        entities = self.entities
        found: dict[str, Relation] = {}
        places = set()
        try:
            for row in rows:
                id, label, head, tail = _link(row)
                if not (type(id) is type(label) is type(head) is type(tail) is str and id and label):
                    return None
                if head == tail or head not in entities or tail not in entities or id in entities:
                    return None
                places.add(self._place_of(label, head, tail))
                found[id] = Relation(id, label, head, tail)
        except KeyError:
            return None
        return found if len(found) == len(places) == len(rows) else None

    def _add_relation(self, row: dict[str, Any]) -> None:
        check_keys(row, _RELATION_KEYS, "a relation")
        id, label = self._new_id(row), name(row, "label")
        head, tail = name(row, "head"), name(row, "tail")
        for end in (head, tail):
            if end not in self.entities:
                raise Bad(f"relation {id} names the entity {quoted(end)}, which is not in this article")
        if head == tail:
            raise Bad(f"relation {id} goes from an entity to itself")
        relation = Relation(id, label, head, tail, **_optional(row))
        self._once(self._place_of(label, head, tail), f"relation {id}")
        self._keep_relation(row, relation)

    def _keep_relation(self, row: dict[str, Any], relation: Relation) -> None:
        self.relations[relation.id] = relation
        if (layer := _accepted(row)) is not None:
            head, tail = self.entities[relation.head], self.entities[relation.tail]
            self._decide(self._about(relation.label, head.value, tail.value), "accepted", relation.id, layer)

    def _place_of(self, label: str, head: str, tail: str) -> Hashable:
        """What makes two relations the same: label and ends, which have no order in a symmetric one."""
        return label, frozenset((head, tail)) if label in self.symmetric else (head, tail)

    def _about(self, label: str, head: Any, tail: Any) -> str:
        return about_relation(label, *(sorted((head, tail)) if label in self.symmetric else (head, tail)))

    # -- decisions

    def _add_dismissed(self, row: dict[str, Any]) -> None:
        check_keys(row, _DISMISSED_KEYS, "a rejected suggestion")
        about = self._dismissed_relation(row) if "relation" in row else about_entity(*self._place(row))
        why, layer = choice(row, "why", ("rejected", "changed", "superseded")), get(row, "layer", str)
        result = get(row, "result", str, None)
        kept: Collection[str] = self.relations if "relation" in row else self.entities
        if result is not None and (why != "changed" or result not in kept):
            raise Bad(f"a rejected suggestion became {quoted(result)}, which is not in this article")
        # Nobody can tell any more what it was changed to: what stays is that it was not right as it was.
        self._decide(about, "rejected" if why == "changed" and result is None else why, result, layer)

    def _dismissed_relation(self, row: Mapping[str, Any]) -> str:
        head, tail = (get(row, side, dict) for side in ("head", "tail"))
        for end in (head, tail):
            check_keys(end, _PLACE_KEYS, "the end of a rejected relation")
        return self._about(name(row, "relation"), self._place(head), self._place(tail))

    def _place(self, row: Mapping[str, Any]) -> tuple[tuple[Span, ...], str]:
        return self._spans(row, "a rejected suggestion"), name(row, "label")

    def _decide(self, about: str, verdict: Verdict, result: str | None, layer: str) -> None:
        old = self.decisions.get(about)
        if old is not None and (old.verdict, old.result) != (verdict, result):
            raise Bad(f"one suggestion is both {old.verdict} and {verdict}: {about}")
        sources = () if old is None else old.sources
        if layer and layer not in sources:
            sources = (*sources, layer)
        self.decisions[about] = Decision(about, verdict, result, "import", sources, "")


def _accepted(row: Mapping[str, Any]) -> str | None:
    """The layer that a row was taken over from as it was; a changed one's decision is among the rejected."""
    if "origin" not in row:
        return None
    origin: dict[str, Any] = get(row, "origin", dict)
    check_keys(origin, _ORIGIN_KEYS, "an origin")
    verdict, layer = choice(origin, "verdict", ("accepted", "changed")), name(origin, "layer")
    return layer if verdict == "accepted" else None


def _pair(value: Any) -> Span:
    if type(value) is not list or [type(edge) for edge in value] != [int, int]:
        raise Bad(f"a fragment is [start, end], not {quoted(value)}")
    return value[0], value[1]


def _score(row: Mapping[str, Any]) -> float | None:
    score = row.get("score")
    if score is not None and type(score) not in (int, float):
        raise Bad(f'"score" must be a number, not {quoted(score)}')
    return None if score is None else float(score)


def _recognises(head: Head) -> bool:
    written = head.record.get("format")
    return isinstance(written, str) and written.startswith("postil/")


FORMAT = Format("postil", "postil JSONL", (".jsonl",), read, write, _recognises)
