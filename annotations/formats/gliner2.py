"""GLiNER2's training data: a line for each article, with its text and what is to be found in it.

Invariant: a mention is written with its place, so that no other place with the same words is meant; a label with an
empty list was looked for and not found, one that is not there was not looked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import regex

from annotations.documents import Document, Incoming, IncomingAnnotations
from annotations.errors import BadFile
from annotations.formats import fields, records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.offsets import NAMES, Surface, fitting, to_codepoints
from annotations.formats.options import Unit
from annotations.formats.readable import Names, Words
from annotations.formats.records import Bad, get, objects, quoted
from annotations.formats.spliced import Gathered
from annotations.formats.tagged import Notes, noted
from annotations.formats.tokenised import distinct, relations_of, whole
from annotations.formats.trained import doubtful, is_complete, lose_unsaid
from annotations.formats.unsaid import lose_details
from annotations.model import Entity, Span
from annotations.text import Tokens

_DOCUMENT = "labels"
"""The classification that holds the labels of articles."""

_LABEL = "label"
"""The key of an end of a relation that says which of the entities with one place it is."""

_SURFACE = ("start", "end", "text")

_UNREAD = ("json_structures", "json_descriptions", "record_metadata")
"""Keys that an article has no place for."""

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes a line for each document. Labels are written as words; of a document that is complete for entities those
    that are not in it have an empty list. One of which nothing at all is known is left out and named."""
    names = Names(out.writing.schema)
    with out.file() as file:
        for document in documents:
            names.lose_taken(document, out)
            lose_details(document, out, kept=("labels",))
            lose_unsaid(document, out, "entities")
            record = {"input": document.article.text, "output": _output(document, out, names)}
            if record["output"]:
                file.write(records.encoded(record))
            else:
                out.leave_out(
                    document, "it is left out: there is nothing in it, and nothing was looked for", ()
                )


def _output(document: Document, out: Output, names: Names) -> dict[str, Any]:
    entities = distinct(document, whole(document, out), out)
    relations = relations_of(document, entities, out)
    doubt = {names.entities.shown(label) for label in doubtful(document, entities, relations)}
    listed = _listed(entities, names.entities, is_complete(document, "entities"), doubt)
    about = {
        names.entities.shown(each.name): " ".join(each.about.split()) for each in out.writing.schema.entities
    }
    ends = _ends(entities, names)
    found: dict[str, Any] = {
        "entities": listed,
        "entity_descriptions": {word: about[word] for word in listed if about.get(word)},
        "relations": [
            {names.relations.shown(each.label): {"head": ends[each.head], "tail": ends[each.tail]}}
            for each in relations
        ],
        "classifications": _classifications(document, out),
    }
    return {key: value for key, value in found.items() if value}


def _listed(
    entities: Iterable[Entity], words: Words, complete: bool, doubt: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """The mentions by their labels, those of the schema first. If all were looked for, one without mentions has an
    empty list, unless it is in doubt."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entity in entities:
        found.setdefault(words.shown(entity.label), []).append(_mention(entity))
    looked_for = [word for word in words if word in found or (complete and word not in doubt)]
    return {word: found.get(word, []) for word in (*looked_for, *sorted(found.keys() - {*words}))}


def _mention(entity: Entity) -> dict[str, Any]:
    return {"text": entity.text, "start": entity.start, "end": entity.end}


def _ends(entities: Iterable[Entity], names: Names) -> dict[str, dict[str, Any]]:
    """The mentions of entities by their ids, with a label, which GLiNER2 passes over, where several have one place."""
    often = Counter((entity.start, entity.end) for entity in entities)
    return {
        each.id: _mention(each)
        | ({_LABEL: names.entities.shown(each.label)} if often[each.start, each.end] > 1 else {})
        for each in entities
    }


def _classifications(document: Document, out: Output) -> list[dict[str, Any]]:
    """The labels of the article among all that it might have; nothing where it has none."""
    if not document.labels:
        return []
    known = list(dict.fromkeys((*out.writing.schema.labels, *document.labels)))
    task = {"task": _DOCUMENT, "labels": known, "true_label": list(document.labels), "multi_label": True}
    return [task]


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each record. A mention without a place stands for each place where its words are, as it does for
    the trainer; as the end of a relation it must be the words of one entity alone."""
    notes, names = Notes(source.name), Names(reading.schema)

    def take(record: dict[str, Any], place: str) -> tuple[Incoming]:
        return (_Record(record, place, reading, names, notes).incoming(),)

    yield from noted(records.json_taken(source, take), notes)


class _Record:
    """One record on its way to an `Incoming`."""

    def __init__(
        self, record: dict[str, Any], place: str, reading: Reading, names: Names, notes: Notes
    ) -> None:
        self.record, self.place, self.names = record, place, names
        self.text = get(record, "input", str)
        self.output: dict[str, Any] = get(record, "output", dict, {})
        self.gathered = Gathered(self.text, reading, notes, "import:gliner2")
        self._convert = to_codepoints(self.text, self._unit(reading))

    def incoming(self) -> Incoming:
        """The article, alone where nothing is said of it."""
        meta = {key: value for key, value in self.record.items() if key not in ("input", "output")}
        kept, says = fields.kept(meta, self.place)
        found = self._annotations() if self.output else None
        article = records.article_of(self.text, kept, self.place, found)
        return replace(article, warnings=(*says, *self.gathered.warnings))

    def _annotations(self) -> IncomingAnnotations:
        entities: dict[str, Any] = get(self.output, "entities", dict, {})
        for word, said in entities.items():
            for mention in said if isinstance(said, list) else [said]:
                with self.gathered.telling(self.place, "an entity"):
                    self._add_mention(self.names.entities.meant(word), mention)
        for relation in objects(self.output, "relations"):
            for word, ends in relation.items():
                with self.gathered.telling(self.place, "a relation"):
                    self._add_relation(self.names.relations.meant(word), ends)
        for key in _UNREAD:
            if self.output.get(key):
                self.gathered.warnings.append(
                    f'{self.place}: its "{key}" are left out: there is no place for them'
                )
        tasks = tuple(task for task in ("entities", "relations") if task in self.output)
        return self.gathered.annotations(None, labels=self._labels(), tasks=tasks)

    def _add_mention(self, label: str, mention: Any) -> None:
        if not label:
            raise Bad("its label is empty")
        score: Any = mention.get("confidence") if isinstance(mention, dict) else None
        score = float(score) if type(score) in (int, float) else None
        for start, end in self._places(mention):
            self.gathered.entity(label, start, end, self.place, score=score)

    def _add_relation(self, label: str, ends: Any) -> None:
        if not label or not isinstance(ends, dict) or ends.keys() != {"head", "tail"}:
            raise Bad(f'a relation is {{label: {{"head": …, "tail": …}}}}, not {quoted({label: ends})}')
        head, tail = self._end(ends["head"]), self._end(ends["tail"])
        self.gathered.relate(label, head, tail, self.place)

    def _end(self, mention: Any) -> Entity:
        """The one entity that a relation names. Raises Bad where there are none or several."""
        places = set(self._places(mention))
        found = [each for each in self.gathered.entities if (each.start, each.end) in places]
        if isinstance(mention, dict) and _LABEL in mention:
            label = self.names.entities.meant(get(mention, _LABEL, str))
            found = [each for each in found if each.label == label]
        if len(found) != 1:
            raise Bad(
                f"{len(found) or 'none'} of the entities that were taken may be its end {quoted(mention)}"
            )
        return found[0]

    # -- places

    def _unit(self, reading: Reading) -> Unit:
        """What offsets count: code points, unless the texts of all mentions say otherwise."""
        unit = reading.unit or fitting(self.text, _surfaces(self.output)) or "codepoint"
        if reading.unit is None and unit != "codepoint":
            self.gathered.warnings.append(
                f"{self.place}: its offsets count {NAMES[unit]}, by the texts of mentions"
            )
        return unit

    def _places(self, mention: Any) -> list[Span]:
        """Where a mention is: its place, or every place of its words. Raises Bad."""
        if isinstance(mention, str) or (isinstance(mention, dict) and {"start", "end"}.isdisjoint(mention)):
            return self._found(mention if isinstance(mention, str) else get(mention, "text", str))
        if not isinstance(mention, dict):
            raise Bad(f'a mention is a text, or {{"text": …, "start": …, "end": …}}, not {quoted(mention)}')
        start, end = self._convert(get(mention, "start", int)), self._convert(get(mention, "end", int))
        if start >= end:
            raise Bad(f"it begins at {start} and ends at {end}")
        said = get(mention, "text", str, None)
        if said is not None and self.text[start:end] != said:
            raise Bad(f"the text at {start} to {end} is {quoted(self.text[start:end])}, not {quoted(said)}")
        return [(start, end)]

    def _found(self, mention: str) -> list[Span]:
        """The places of some words, in whatever case and with whatever white space between them."""
        tokens = Tokens(mention)
        words = (regex.escape(mention[slice(*tokens.span(n))]) for n in range(len(tokens)))
        pattern = r"\s*".join(words)
        found = (
            [match.span() for match in regex.finditer(pattern, self.text, regex.IGNORECASE)]
            if pattern
            else []
        )
        places = [(start, end) for start, end in found if start in self._edges[0] and end in self._edges[1]]
        if not places:
            raise Bad(f"the text has no words {quoted(mention)}")
        return places

    @cached_property
    def _edges(self) -> tuple[frozenset[int], frozenset[int]]:
        """Where tokens begin, and where they end."""
        tokens = Tokens(self.text)
        return frozenset(tokens.starts), frozenset(tokens.ends)

    def _labels(self) -> tuple[str, ...]:
        """The labels of the article: those of all classifications that are true."""
        found: list[str] = []
        for task in objects(self.output, "classifications"):
            true = task.get("true_label", [])
            found += [each for each in (true if isinstance(true, list) else [true]) if isinstance(each, str)]
        return tuple(dict.fromkeys(filter(None, found)))


def _surfaces(value: Any, depth: int = 5) -> Iterator[Surface]:
    """The mentions in a value, as deep as they stand in a record, that say both where they are and what."""
    if isinstance(value, dict) and [type(value.get(key)) for key in _SURFACE] == [int, int, str]:
        yield value["start"], value["end"], value["text"]
    elif isinstance(value, (dict, list)) and depth:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _surfaces(each, depth - 1)


def _recognises(head: Head) -> bool:
    output = head.record.get("output")
    if head.record:
        return isinstance(head.record.get("input"), str) and isinstance(output, dict)
    return {"input", "output"} <= head.keys


FORMAT = Format(
    "gliner2",
    "GLiNER2 training data",
    (".jsonl",),
    read,
    write,
    _recognises,
    trains=True,
    says_unknown=False,
)
