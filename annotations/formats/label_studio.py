"""Label Studio: tasks with annotations and predictions, in its full JSON of all ages; its JSON-MIN can be read too.

Invariant: a region is taken where its text stands and nowhere else; each annotation is one person's work by itself,
and a prediction is nobody's. Regions written have ids that no other in the file has, and count code points.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.label_studio_config import FILE, Names, is_config, labelling_config, text_key
from annotations.formats.label_studio_regions import (
    LABELS,
    TEXT_KEY,
    Answer,
    article_text,
    is_of_page,
    number_of,
    regions,
    surfaces_of,
    text_of,
    unit_of,
)
from annotations.formats.label_studio_results import Results
from annotations.formats.options import Unit
from annotations.formats.records import Bad, get, objects
from annotations.formats.tokenised import relations_of, whole
from annotations.formats.unsaid import lose_details
from annotations.model import Entity, Status

_BOOKKEEPING = frozenset(
    ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "drafts")
)
"""Keys of JSON-MIN that say nothing of the article."""

# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each task once for each annotation and prediction; alone where it has none. An annotation that
    cannot be trusted is a BadFile, and so is a task without a text; the rest is taken. A labelling config holds no
    article; one beside the tasks says which key is the text's."""
    try:
        if is_config(Head.of(source)):
            return
    except BadFile as error:
        yield error
        return
    key = text_key(source)

    def take(record: dict[str, Any], place: str) -> Iterator[Incoming | BadFile]:
        return _Task(record, place, reading, key).incoming()

    yield from records.taken_apart(source, records.elements, take, "task")


class _Task:
    """One record on its way in."""

    def __init__(self, record: dict[str, Any], place: str, reading: Reading, key: str | None) -> None:
        self.record, self.place, self.reading, self.key = record, place, reading, key
        self.is_old = "completions" in record
        self.is_small = "data" not in record
        self.data, self.small_results = _parted(record) if self.is_small else (get(record, "data", dict), [])
        self.meta: dict[str, Any] = {}
        if not self.is_small and isinstance(record.get("meta"), dict):
            self.meta |= record["meta"]
        self.bad: list[BadFile] = []

    def incoming(self) -> Iterator[Incoming | BadFile]:
        """The article with each answer, those of people first, of these the ground truth first."""
        people, models = list(self._people()), list(self._models())
        is_page = any(map(is_of_page, regions(people + models)))
        key, text = article_text(self.data, self.key, surfaces_of(people + models), is_page)
        meta = self._meta(key)
        for answers in (people, models):
            unit = unit_of(text, answers, self.reading, self.is_old)
            for answer in answers:
                yield self._one(answer, text, meta, unit)
        if not people and not models and not self.bad:
            yield records.article_of(text, meta, self.place, None, self._drafts())
        yield from self.bad

    def _one(self, answer: Answer, text: str, meta: dict[str, Any], unit: Unit | Bad) -> Incoming | BadFile:
        try:
            if isinstance(unit, Bad):
                raise unit
            found = Results(answer, text, unit)
            warnings = [*found.warnings, *self._drafts()]
            return records.article_of(text, meta, self.place, found.annotations(), warnings)
        except Bad as error:
            return BadFile(f"{answer.place}: {error}")

    def _meta(self, key: str) -> dict[str, Any]:
        """What the task says of its article."""
        meta = {**self.meta, **{k: v for k, v in self.data.items() if k != key and v is not None}}
        if "id" not in meta and type(self.record.get("id")) in (int, str):
            meta["id"] = self.record["id"]
        return meta

    def _drafts(self) -> list[str]:
        """What to say of work that was not submitted, once."""
        drafts = self.record.pop("drafts", None)
        if not isinstance(drafts, list) or not drafts:
            return []
        return [f"{len(drafts)} not submitted drafts are left out: submit them in Label Studio first"]

    # -- whose

    def _people(self) -> Iterator[Answer]:
        if self.is_small:
            yield from self._small()
            return
        default = text_of(self.meta.pop("annotator", None))
        names: Counter[str | None] = Counter()
        rows = objects(self.record, "completions" if self.is_old else "annotations")
        ordered = sorted(enumerate(rows, 1), key=lambda each: each[1].get("ground_truth") is not True)
        for number, row in ordered:
            annotator = _annotator(row.get("completed_by")) or default
            names[annotator] += 1
            if names[annotator] > 1:
                annotator = f"{annotator or 'annotation'} {names[annotator]}"
            status: Status | None = "skipped" if row.get("was_cancelled") is True else None
            yield from self._answer(row, f"annotation {number}", annotator, status=status)

    def _small(self) -> Iterator[Answer]:
        if "annotation_id" in self.record or self.small_results:
            annotator = _annotator(self.record.get("annotator"))
            yield Answer(self.small_results, annotator, self.place, tasks=("entities",))

    def _models(self) -> Iterator[Answer]:
        if self.is_small:
            return
        for number, row in enumerate(objects(self.record, "predictions"), 1):
            version, score = text_of(row.get("model_version")), number_of(row.get("score"))
            yield from self._answer(row, f"prediction {number}", version, suggested=True, score=score)

    def _answer(self, row: dict[str, Any], what: str, annotator: str | None, **more: Any) -> Iterator[Answer]:
        place = f"{self.place}, {what}"
        try:
            yield Answer(_checked(row), annotator, place, **more)
        except Bad as error:
            self.bad.append(BadFile(f"{place}: {error}"))


def _checked(row: dict[str, Any]) -> list[dict[str, Any]]:
    get(row, "result", list)
    return objects(row, "result")


def _parted(record: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A record of JSON-MIN as the data of a task and the results of an annotation."""
    data, results = {}, []
    for key, value in record.items():
        made = _small_results(key, value)
        results += made
        if not made and key not in _BOOKKEEPING:
            data[key] = value
    return data, results


def _small_results(key: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("choices"), list):
        return [{"from_name": key, "type": "choices", "value": value}]
    if not isinstance(value, list) or not value or not all(map(_is_region, value)):
        return []
    types = (next((kind for kind in LABELS if kind in each), LABELS[0]) for each in value)
    return [{"from_name": key, "type": kind, "value": each} for kind, each in zip(types, value, strict=True)]


def _is_region(value: Any) -> bool:
    return isinstance(value, dict) and "start" in value and "end" in value


def _annotator(value: Any) -> str | None:
    """Who completed it: a number, a text, or an object that has a mail address, a name or a number."""
    if isinstance(value, dict):
        email, username, *names = (
            text_of(value.get(key)) for key in ("email", "username", "first_name", "last_name")
        )
        return email or username or " ".join(filter(None, names)) or _annotator(value.get("id"))
    return str(value) if type(value) is int else text_of(value)


def _recognises(head: Head) -> bool:
    if is_config(head):
        return True
    keys, data = head.keys, head.record.get("data")
    if head.record and "data" in keys:
        return isinstance(data, dict) and TEXT_KEY not in keys
    if "data" in keys and not keys.isdisjoint(("annotations", "completions", "predictions")):
        return True
    return "annotation_id" in keys and not keys.isdisjoint(("annotator", "lead_time"))


# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes `tasks.json`, one task for each document, and `config.xml`, the labelling config that fits it. Settled and
    skipped work is an annotation; work that goes on, and suggestions that nobody has decided on, are predictions."""
    names = Names(out.writing.schema)
    with out.file("tasks.json") as file:
        _write_tasks(documents, out, names, file)
    with out.file(FILE) as file:
        file.write(labelling_config(names).encode())


def _write_tasks(documents: Iterable[Document], out: Output, names: Names, file: IO[bytes]) -> None:
    with records.array(file) as add:
        for number, document in enumerate(documents, 1):
            add(_task(document, number, out, names))


def _task(document: Document, number: int, out: Output, names: Names) -> dict[str, Any]:
    task: dict[str, Any] = {"data": _data(document, out)}
    if document.annotator is not None:
        task["meta"] = {"annotator": document.annotator}
    _lose(document, out)
    results = _Written(document, f"{number}-", out, names).results()
    is_gold = document.layer.startswith("gold:")
    predictions: list[dict[str, Any]] = []
    if document.status != "open" or is_gold:
        cancelled = document.status == "skipped"
        task["annotations"] = [{"result": results, "was_cancelled": cancelled, "ground_truth": is_gold}]
    elif results:
        predictions.append({"model_version": document.layer, "result": results})
    predictions += _pending(document, number, out, names)
    if predictions:
        task["predictions"] = predictions
    return task


def _data(document: Document, out: Output) -> dict[str, Any]:
    meta = records.meta_of(document)
    if TEXT_KEY in meta:
        out.lose(document, "metadata", 'its metadata "text" is left out: the article has that key')
    return {**meta, TEXT_KEY: document.article.text}


def _lose(document: Document, out: Output) -> None:
    """Names what a task has no place for."""
    lose_details(document, out, kept=("attributes", "links", "clusters", "notes", "labels"))
    said = sum(bool(each.attributes or each.note) for each in document.relations)
    if said:
        out.lose(document, "relation details", f"notes and attributes of {said} relations are left out")
    if document.flagged:
        out.lose(document, "flag", "that it is flagged is left out")
    unseen = [task for task in out.writing.schema.complete if task not in document.complete]
    if document.status == "done" and unseen:
        out.lose(document, "complete", f"that nobody looked for {' and '.join(unseen)} is left out")


class _Written:
    """The results of a document's own work."""

    def __init__(self, document: Document, prefix: str, out: Output, names: Names) -> None:
        self.document, self.prefix, self.out, self.names = document, prefix, out, names

    def results(self) -> list[dict[str, Any]]:
        """Regions, relations, document labels, the note."""
        entities = whole(self.document, self.out)
        found = [self._region(entity) for entity in entities]
        symmetric = self.out.writing.symmetric
        for relation in relations_of(self.document, entities, self.out):
            self.names.relations.add(relation.label)
            ends = self._id(relation.head), self._id(relation.tail)
            found.append(_relation(relation.label, *ends, relation.label in symmetric, relation.score))
        return found + list(self._of_article())

    def _region(self, entity: Entity) -> dict[str, Any]:
        text = self.document.article.text
        self.names.entities.add(entity.label)
        row = _region(self._id(entity.id), entity.start, entity.end, entity.label, text, entity.score)
        origin = self.document.origins.get(entity.id)
        row["origin"] = (
            "manual"
            if origin is None
            else "prediction"
            if origin.verdict == "accepted"
            else "prediction-changed"
        )
        if meta := _meta(entity):
            row["meta"] = meta
        return row

    def _id(self, id: str) -> str:
        """An id that no other region in the file has: an entity's own belongs to no other in the project."""
        return id if _ULID(id) else self.prefix + id

    def _of_article(self) -> Iterator[dict[str, Any]]:
        labels, note = self.document.labels, self.document.note
        if labels:
            self.names.labels.update(labels)
            yield self._answer("labels", "choices", {"choices": list(labels)})
        if note:
            self.names.notes = True
            yield self._answer("note", "textarea", {"text": [note]})

    def _answer(self, tag: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        named = {"id": self.prefix + tag, "from_name": tag, "to_name": "text", "type": kind}
        return {**named, "origin": "manual", "value": value}


_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}").fullmatch


def _region(id: str, start: int, end: int, label: str, text: str, score: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"id": id, "from_name": "label", "to_name": "text", "type": "labels"}
    row["value"] = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    return row if score is None else row | {"score": _rounded(score)}


def _relation(label: str, head: str, tail: str, symmetric: bool, score: float | None) -> dict[str, Any]:
    direction = "bi" if symmetric else "right"
    row = {"type": "relation", "from_id": head, "to_id": tail, "direction": direction, "labels": [label]}
    return row if score is None else row | {"score": _rounded(score)}


def _rounded(score: float) -> float:
    return round(float(score), 4) + 0.0  # no minus before a zero


def _meta(entity: Entity) -> dict[str, Any]:
    """What Label Studio keeps with a region; of it, it shows the text."""
    attributes = dict(sorted(entity.attributes.items())) if entity.attributes else None
    said = {
        "text": [entity.note] if entity.note else None,
        "attributes": attributes,
        "link": entity.link,
        "cluster": entity.cluster,
    }
    return {key: value for key, value in said.items() if value}


# --- writing: suggestions


def _pending(document: Document, number: int, out: Output, names: Names) -> Iterator[dict[str, Any]]:
    """One prediction for each layer that suggests something."""
    layers: dict[str, list[Mapping[str, Any]]] = {}
    for row in document.pending:
        layers.setdefault(row["layer"], []).append(row)
    for index, (layer, rows) in enumerate(sorted(layers.items()), 1):
        regions = _Suggested(document, f"{number}-{index}-", out, names)
        prediction: dict[str, Any] = {"model_version": layer, "result": regions.results(rows)}
        scores = [row["score"] for row in rows if "score" in row]
        if scores and len(scores) == len(rows):
            prediction["score"] = _rounded(sum(scores) / len(scores))
        yield prediction


class _Suggested:
    """The regions that one layer suggests, and those that a suggested relation joins."""

    def __init__(self, document: Document, prefix: str, out: Output, names: Names) -> None:
        self.document, self.prefix, self.out, self.names = document, prefix, out, names
        self._regions: dict[tuple[int, int, str], dict[str, Any]] = {}

    def results(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Regions, then relations, each in reading order."""
        ordered = sorted(rows, key=_order)
        relations = [row for row in ordered if "relation" in row]
        for row in ordered:
            if "relation" not in row:
                self._id(row)
        links = [link for row in relations if (link := self._link(row)) is not None]
        return [*self._regions.values(), *links]

    def _link(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        head, tail = self._id(row["head"]), self._id(row["tail"])
        if head is None or tail is None:
            return None
        label = row["relation"]
        self.names.relations.add(label)
        return _relation(label, head, tail, label in self.out.writing.symmetric, row.get("score"))

    def _id(self, row: Mapping[str, Any]) -> str | None:
        """The id of the region of an entity, made when it is new; None where the entity is left out."""
        start, end, label = place = row["start"], row["end"], row["label"]
        if place in self._regions:
            return str(self._regions[place]["id"])
        if "fragments" in row and not self._kept_whole(row):
            return None
        id = f"{self.prefix}{len(self._regions) + 1}"
        self.names.entities.add(label)
        self._regions[place] = _region(id, start, end, label, self.document.article.text, row.get("score"))
        return id

    def _kept_whole(self, row: Mapping[str, Any]) -> bool:
        hull = self.out.writing.pieces == "hull"
        did = "written from its first to its last piece" if hull else "left out"
        what = f"a suggested {row['label']} at {row['start']} is in {len(row['fragments'])} pieces: {did}"
        self.out.lose(self.document, "discontinuous", what)
        return hull


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    if "relation" in row:
        return row["head"]["start"], row["tail"]["start"], row["relation"]
    return row["start"], -row["end"], row["label"]


FORMAT = Format(
    "label-studio", "Label Studio JSON", (".json",), read, write, recognises=_recognises, folder=True
)
