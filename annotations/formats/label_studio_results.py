"""The results of one annotation of Label Studio as entities, relations, document labels, attributes and a note.

Invariant: a region is taken where its text stands and nowhere else; what is left out is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from annotations.documents import IncomingAnnotations, LeftOut
from annotations.formats.label_studio_regions import (
    LABELS,
    Answer,
    edges,
    is_of_page,
    is_same,
    number_of,
    text_of,
)
from annotations.formats.offsets import NAMES, to_codepoints
from annotations.formats.options import Unit
from annotations.formats.records import Bad, get, name, quoted
from annotations.model import Entity, Relation

UNLABELLED = "relation"
"""The label of a relation that has none in the file."""

_ANSWERS = {
    "choices": "choices",
    "textarea": "text",
    "taxonomy": "taxonomy",
    "rating": "rating",
    "number": "number",
    "datetime": "datetime",
}
"""Types of results that say something of an article, or of a region; and the key of the value that says it."""


class Results:
    """What the results of one answer say."""

    def __init__(self, answer: Answer, text: str, unit: Unit) -> None:
        self.answer, self.text, self.unit = answer, text, unit
        self._convert = to_codepoints(text, unit)
        self.warnings: list[str] = []
        self.entities: dict[str, Entity] = {}
        self.relations: list[Relation] = []
        self.labels: dict[str, None] = {}
        self.notes: list[str] = []
        self._of_region: dict[str, list[str]] = {}
        self._places: dict[str, set[tuple[int, int]]] = {}
        self._attributes: dict[str, dict[str, Any]] = {}
        self._matched = self._said = 0
        self._sort()

    def annotations(self) -> IncomingAnnotations:
        """All of it. Raises Bad where texts are given and not one stands where it is said to."""
        if self._said and not self._matched:
            raise Bad("no region's text stands where it is said to: was the text changed?")
        answer = self.answer
        return IncomingAnnotations(
            answer.annotator,
            answer.status,
            tuple(self.entities.values()),
            tuple(self.relations),
            labels=tuple(self.labels),
            note="\n".join(self.notes) or None,
            suggested=answer.suggested,
            tasks=answer.tasks,
        )

    def _sort(self) -> None:
        """Takes the results: what says something of regions before these, relations after them."""
        results = list(enumerate(self.answer.results, 1))
        regions = [each for each in results if each[1].get("type") in LABELS]
        ids = {text_of(result.get("id")) for _, result in regions}
        relations = [each for each in results if each[1].get("type") == "relation"]
        for number, result in results:
            if result.get("type") not in (*LABELS, "relation"):
                self._try(self._take_answer, number, result, ids)
        for number, result in regions:
            self._try(self._take_region, number, result)
        for number, result in relations:
            self._try(self._take_relation, number, result)
        nested = sum("parentID" in result for _, result in regions)
        if nested:
            self._warn(f"the parents of {nested} regions are left out: there is no place for them")

    def _try(self, take: Callable[..., None], number: int, result: dict[str, Any], *more: Any) -> None:
        try:
            take(number, result, *more)
        except Bad as error:
            self._warn(LeftOut(f"{_named(number, result)} is left out: {error}"))

    def _warn(self, what: str) -> None:
        """Where it is, in the task, if that has several answers, and what."""
        inner = self.answer.place.rpartition(", ")[2]
        self.warnings.append(what if inner.startswith("task ") else type(what)(f"{inner}: {what}"))

    # -- document labels, notes, attributes

    def _take_answer(self, number: int, result: dict[str, Any], regions: set[str | None]) -> None:
        kind, id = text_of(result.get("type")), text_of(result.get("id"))
        if kind is None or kind not in _ANSWERS:
            raise Bad(f"results of the type {quoted(result.get('type'))} are about no text")
        said = get(result, "value", dict).get(_ANSWERS[kind])
        if id is not None and id in regions:
            self._attributes.setdefault(id, {})[name(result, "from_name")] = _single(said)
        elif kind == "choices" and _are_texts(said):
            self.labels |= dict.fromkeys(said)
        elif kind == "textarea" and (isinstance(said, str) or _are_texts(said)):
            self.notes += [said] if isinstance(said, str) else said
        else:
            raise Bad(f"an article has no place for a {kind}: {quoted(said)}")

    # -- regions

    def _take_region(self, number: int, result: dict[str, Any]) -> None:
        value = get(result, "value", dict)
        labels = value.get(result["type"], value.get("labels"))
        if not _are_texts(labels) or not labels:
            raise Bad("it has no label")
        start, end = self._checked_place(value)
        region = text_of(result.get("id")) or f"region {number}"
        score = number_of(result.get("score"))
        details = _details(result, self._attributes.get(region, {}))
        details["score"] = self.answer.score if score is None else score
        self._places.setdefault(region, set()).add((start, end))
        of_region = self._of_region.setdefault(region, [])
        for label in dict.fromkeys(labels):
            id = self._new_id(region, len(of_region))
            of_region.append(id)
            self.entities[id] = Entity(id, start, end, label, self.text[start:end], **details)

    def _new_id(self, region: str, before: int) -> str:
        """The region's id for its first entity; `before` is how many it has."""
        id = region
        while id in self.entities:
            before += 1
            id = f"{region} {before}"
        return id

    def _checked_place(self, value: Mapping[str, Any]) -> tuple[int, int]:
        """Its code points, where its text stands. Raises Bad."""
        said, written = value.get("text"), edges(value)
        if written[0] >= written[1]:
            raise Bad(f"it ends before it begins, or is empty: {written[0]} to {written[1]}")
        self._said += isinstance(said, str)
        start, end = map(self._convert, written)
        if isinstance(said, str):
            self._check_text(start, end, said)
            self._matched += 1
        elif is_of_page(value):
            raise Bad("it has no text to check its place in the page by")
        return start, end

    def _check_text(self, start: int, end: int, said: str) -> None:
        found = self.text[start:end]
        if not is_same(found, said):
            units = NAMES[self.unit]
            raise Bad(f"the text at {start} to {end}, in {units}, is {quoted(found)}, not {quoted(said)}")

    # -- relations

    def _take_relation(self, number: int, result: dict[str, Any]) -> None:
        ends = [self._end(name(result, key)) for key in ("from_id", "to_id")]
        if ends[0] == ends[1]:
            raise Bad("it goes from a region to itself")
        direction = result.get("direction") or "right"
        if direction not in ("right", "left", "bi"):
            raise Bad(f'"direction" may not be {quoted(direction)}; it may be right, left, bi')
        pairs = {"right": [ends], "left": [ends[::-1]], "bi": [ends, ends[::-1]]}[direction]
        for label in self._relation_labels(result):
            for head, tail in pairs:
                id = f"relation {len(self.relations) + 1}"
                self.relations.append(Relation(id, label, head, tail, number_of(result.get("score"))))

    def _relation_labels(self, result: Mapping[str, Any]) -> list[str]:
        labels = result.get("labels") or []
        if not _are_texts(labels):
            raise Bad(f'"labels" must be a list of texts, not {quoted(labels)}')
        if not labels:
            told = f"{result['from_id']} to {result['to_id']}"
            self._warn(f"the relation from {told} has no label: taken as {UNLABELLED}")
        return list(dict.fromkeys(labels)) or [UNLABELLED]

    def _end(self, region: str) -> str:
        """The entity of a region; of one with several labels the first's."""
        found = self._of_region.get(region)
        if found is None:
            raise Bad(f"there is no region {quoted(region)}, or it was left out")
        if len(self._places[region]) > 1:
            raise Bad(f"several regions are called {quoted(region)}")
        if len(found) > 1:
            label = self.entities[found[0]].label
            self._warn(f"the region {region} has several labels: its relations go to the first, {label}")
        return found[0]


def _named(number: int, result: Mapping[str, Any]) -> str:
    kind = result.get("type")
    if kind == "relation":
        return f"the relation from {result.get('from_id')} to {result.get('to_id')}"
    id = result.get("id")
    return f"the region {id}" if kind in LABELS and isinstance(id, str) else f"result {number}"


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _details(result: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a region's `meta`, and what results say of it, are for an entity."""
    meta = result.get("meta")
    more = dict(meta) if isinstance(meta, dict) else {}
    notes = more.pop("text", None)
    note = "\n".join(notes) if _are_texts(notes) else text_of(notes)
    link, cluster = (text_of(more.pop(key, None)) for key in ("link", "cluster"))
    own = more.pop("attributes", None)
    found = {**more, **(own if isinstance(own, dict) else {}), **attributes}
    return {"note": note or None, "link": link, "cluster": cluster, "attributes": found or None}
