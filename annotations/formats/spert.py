"""SpERT: a JSON array of sentences with their entities and relations, and a file of the types that it learns.

Invariant: tokens are counted within a sentence, ends excluded; relations count the entities of their sentence as they
are listed; the types file knows every label in use.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import records, spliced
from annotations.formats.base import (
    Format,
    Head,
    Output,
    Reading,
    Source,
    check_sides,
    for_dev,
    side_names,
)
from annotations.formats.records import get, name, objects
from annotations.formats.spliced import Link, Mark, Part, Way
from annotations.formats.tokenised import Tokenised, lose_merged, relations_of
from annotations.formats.trained import (
    grouped,
    lose_long,
    lose_unsaid,
    one_a_span,
    prepared,
    stretch,
    together,
)
from annotations.model import Entity, Relation
from annotations.schema import Schema

WIDEST = 10
"""Tokens of the longest entity that SpERT finds, by its configs."""

TYPES = "types.json"
"""The name of the file of types."""

_KEYS = frozenset(("tokens", "entities", "relations", "orig_id", "text"))

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes `train.json` and, unless `Writing.dev` is 0, `dev.json`, and the types of both in `types.json`. Raises
    PostilError when a side would be empty."""
    share, types = out.writing.dev, _Types(out.writing.schema)
    counts = dict.fromkeys(side_names(share), 0)
    with ExitStack() as stack:
        adds = {
            side: stack.enter_context(records.array(stack.enter_context(out.file(f"{side}.json"))))
            for side in counts
        }
        for document in documents:
            side = "dev" if for_dev(document.article, share) else "train"
            counts[side] += 1
            types.add(document)
            for record in _records(document, out):
                adds[side](record)
    check_sides(counts, ".json")
    with out.file(TYPES) as file:
        file.write(types.data())


class _Types:
    """The labels that SpERT must know: those of the schema, and those in use besides, in alphabetical order."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._entities: set[str] = set()
        self._relations: set[str] = set()

    def add(self, document: Document) -> None:
        """Takes the labels of a document in."""
        self._entities.update(entity.label for entity in document.entities)
        self._relations.update(relation.label for relation in document.relations)

    def data(self) -> bytes:
        """The file."""
        entities = {kind.name: _type(kind.name) for kind in self._schema.entities}
        relations = {
            kind.name: _type(kind.name) | {"symmetric": kind.symmetric} for kind in self._schema.relations
        }
        entities |= {label: _type(label) for label in sorted(self._entities - entities.keys())}
        other = sorted(self._relations - relations.keys())
        relations |= {label: _type(label) | {"symmetric": False} for label in other}
        found = {"entities": entities, "relations": relations}
        return json.dumps(found, ensure_ascii=False, indent=1).encode() + b"\n"


def _type(label: str) -> dict[str, Any]:
    return {"short": label, "verbose": label}


def _records(document: Document, out: Output) -> Iterator[dict[str, Any]]:
    once = one_a_span(document, prepared(document, out).entities, out, "SpERT")
    tokenised = Tokenised(document, once)
    lose_merged(tokenised, out)
    lose_long(tokenised, WIDEST, out, f"SpERT finds {WIDEST} at most, unless its max_span_size is raised")
    lose_unsaid(document, out, "entities", "relations")
    sentences = tokenised.sentences
    entities = grouped(tokenised, sentences)
    relations = together(tokenised, relations_of(document, once, out), sentences, out, "sentences")
    for number, (first, last) in enumerate(sentences):
        yield {
            "tokens": tokenised.words[first:last],
            "entities": [_entity(tokenised, each, first) for each in entities[number]],
            "relations": _relations(entities[number], relations[number]),
            "orig_id": f"{document.article.sha256}/{number}",
            "text": stretch(tokenised, first, last),
        }


def _entity(tokenised: Tokenised, entity: Entity, offset: int) -> dict[str, Any]:
    first, last = tokenised.place(entity)
    return {"type": entity.label, "start": first - offset, "end": last - offset}


def _relations(entities: Iterable[Entity], relations: Iterable[Relation]) -> list[dict[str, Any]]:
    listed = {entity.id: number for number, entity in enumerate(entities)}
    return [{"type": each.label, "head": listed[each.head], "tail": listed[each.tail]} for each in relations]


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """An article a record; the sentences of an article that an export of ours wrote are one again. A file of types
    holds no article."""
    try:
        if _are_types(Head.of(source)):
            return
    except BadFile as error:
        yield error
        return
    yield from spliced.articles(source, reading, Way(_parts, "import:spert"))


def _parts(record: dict[str, Any]) -> Iterator[Part]:
    tokens = spliced.words(record.get("tokens"), '"tokens"')
    own, text = spliced.own_piece(record.get("orig_id")), record.get("text")
    meta = {key: value for key, value in record.items() if key not in _KEYS}
    if own is None and record.get("orig_id") is not None:
        meta["id"] = record["orig_id"]
    annotated = any(record.get(key) is not None for key in ("entities", "relations"))
    part = Part([tokens], text if isinstance(text, str) else None, own, annotated=annotated, meta=meta)
    part.mark(objects(record, "entities"), _mark)
    part.link(objects(record, "relations"), _link)
    yield part


def _mark(row: Mapping[str, Any]) -> Mark:
    return Mark(get(row, "start", int), get(row, "end", int), name(row, "type"))


def _link(row: Mapping[str, Any]) -> Link:
    return Link(name(row, "type"), get(row, "head", int), get(row, "tail", int))


def _are_types(head: Head) -> bool:
    """Whether a file is one of types."""
    both = [head.record.get(key) for key in ("entities", "relations")]
    rows = [row for each in both if isinstance(each, dict) for row in each.values()]
    return all(isinstance(each, dict) for each in both) and all(
        isinstance(row, dict) and "short" in row for row in rows
    )


def _recognises(head: Head) -> bool:
    if not head.record:
        return {"tokens", "entities", "relations", "start", "end", "type"} <= head.keys
    tokens = head.record.get("tokens")
    are_texts = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
    return (are_texts and "entities" in head.keys) or _are_types(head)


FORMAT = Format(
    "spert",
    "SpERT sentences and types",
    (".json",),
    read,
    write,
    _recognises,
    folder=True,
    sentences=True,
    trains=True,
    says_unknown=False,
)
