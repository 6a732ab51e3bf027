"""TACRED: a JSON array of pairs of entities in a sentence, each with the relation between them, or with none.

Invariant: a record is about one pair, ends of tokens included; a pair has no relation only where somebody looked at it,
that is in an article that is complete for relations, or where all that may join it was rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import records, spliced
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.records import Bad, get, name
from annotations.formats.spliced import Link, Mark, Part, Way
from annotations.formats.tokenised import Tokenised, lose_merged, relations_of, told
from annotations.formats.trained import grouped, is_complete, prepared, together
from annotations.model import Entity, Relation, Span

NOTHING = "no_relation"
"""The label of a pair that no relation joins."""

_START = "text_start"
_KEYS = frozenset(
    (
        *(f"{side}_{key}" for side in ("subj", "obj") for key in ("start", "end", "type")),
        *(f"stanford_{key}" for key in ("pos", "ner", "head", "deprel")),
        *("id", "docid", "relation", "token", "tokens", "text", _START),
    )
)

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes a record for each pair of entities in one sentence of which it is known whether, and how, they are
    related. An article without such a pair is left out and named."""
    with out.file() as file, records.array(file) as add:
        for document in documents:
            for record in _records(document, out):
                add(record)


def _records(document: Document, out: Output) -> Iterator[dict[str, Any]]:
    tokenised = prepared(document, out)
    lose_merged(tokenised, out)
    sentences = tokenised.sentences
    relations = together(
        tokenised, relations_of(document, tokenised.entities, out), sentences, out, "sentences"
    )
    known = _Known(tokenised, out)
    paired: set[str] = set()
    number = 0
    for range_, entities, some in zip(sentences, grouped(tokenised, sentences), relations, strict=True):
        for head, tail, label in known.pairs(entities, some):
            yield _record(tokenised, range_, head, tail, label, number)
            paired |= {head.id, tail.id}
            number += 1
    _lose_unpaired(document, tokenised, paired, out)


def _lose_unpaired(document: Document, tokenised: Tokenised, paired: Collection[str], out: Output) -> None:
    alone = len(tokenised.entities) - len(paired)
    if not paired:
        what = (
            f"it is left out, with {alone} entities: it is known of no pair in one sentence how it is related"
        )
        out.leave_out(document, what, tokenised.entities)
    elif alone:
        gone = [entity for entity in tokenised.entities if entity.id not in paired]
        what = f"entities that are in no pair, and so in no record: {alone}"
        out.lose(document, "entity", what, gone)


def _record(
    tokenised: Tokenised, sentence: Span, head: Entity, tail: Entity, label: str, number: int
) -> dict[str, Any]:
    first, last = sentence
    article, count = tokenised.document.article, last - first
    found: dict[str, Any] = {
        "id": f"{article.sha256}/{number}",
        "docid": article.sha256,
        "relation": label,
        "token": tokenised.words[first:last],
    }
    for side, entity in (("subj", head), ("obj", tail)):
        start, end = tokenised.place(entity)
        found |= {
            f"{side}_start": start - first,
            f"{side}_end": end - 1 - first,
            f"{side}_type": entity.label,
        }
    # Loaders ask for an analysis. There is none: each word hangs on the one before it.
    found |= {
        "stanford_pos": ["_"] * count,
        "stanford_ner": ["O"] * count,
        "stanford_head": list(range(count)),
        "stanford_deprel": ["dep"] * count,
    }
    return found | ({} if number else {"text": article.text}) | {_START: tokenised.tokens[first][0]}


_Place = tuple[Span, str]
"""The tokens of an entity and its label."""


class _Known:
    """What is known of the pairs of a document's entities."""

    def __init__(self, tokenised: Tokenised, out: Output) -> None:
        self._tokenised, self._out = tokenised, out
        self._document, self._schema = tokenised.document, out.writing.schema
        self._complete = is_complete(self._document, "relations")
        ends = {entity.id: self._place(entity) for entity in self._document.entities}
        self._related = {
            pair
            for each in self._document.relations
            for pair in self._ways(each.label, ends[each.head], ends[each.tail])
        }
        self._denied = set(self._rejected())

    def _place(self, entity: Entity) -> _Place:
        return self._tokenised.place(entity), entity.label

    def _ways(self, label: str, head: _Place, tail: _Place) -> list[tuple[_Place, _Place]]:
        """A pair, both ways round if the relation is symmetric."""
        return [(head, tail), (tail, head)] if label in self._out.writing.symmetric else [(head, tail)]

    def _rejected(self) -> Iterator[tuple[str, _Place, _Place]]:
        """The relations that somebody rejected, as they were suggested."""
        for row in self._document.rejected:
            if row.get("why") == "rejected" and "relation" in row:
                ends = [row[side] for side in ("head", "tail")]
                head, tail = ((self._tokenised.covering(e["start"], e["end"]), e["label"]) for e in ends)
                for pair in self._ways(row["relation"], head, tail):
                    yield row["relation"], *pair

    def pairs(
        self, entities: Sequence[Entity], relations: Iterable[Relation]
    ) -> list[tuple[Entity, Entity, str]]:
        """The pairs of a sentence of which something is known, in reading order."""
        place = {entity.id: number for number, entity in enumerate(entities)}
        found = [(place[each.head], place[each.tail], each.label) for each in relations]
        for head, tail, label in found:
            if self._overlap(entities[head], entities[tail]):
                what = f"{label} from {told(entities[head])} to {told(entities[tail])}"
                said = f"{what} is written, but they overlap: loaders mask the one with the other"
                self._out.lose(self._document, "nested", said)
        found += [
            (head, tail, NOTHING)
            for head in range(len(entities))
            for tail in range(len(entities))
            if head != tail and self._is_nothing(entities[head], entities[tail], head < tail)
        ]
        return [(entities[head], entities[tail], label) for head, tail, label in sorted(found)]

    def _is_nothing(self, head: Entity, tail: Entity, in_order: bool) -> bool:
        """Whether it is known that no relation goes from one entity to another, though one may. Where all that may have
        no order, they are one pair."""
        kinds = self._schema.relations_between(head.label, tail.label)
        ends = self._place(head), self._place(tail)
        if not kinds or ends in self._related or self._overlap(head, tail):
            return False
        if all(kind.symmetric for kind in kinds) and not in_order:
            return False
        return self._complete or all((kind.name, *ends) in self._denied for kind in kinds)

    def _overlap(self, one: Entity, other: Entity) -> bool:
        return one.start < other.end and other.start < one.end


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """An article for each sentence, whose records stand together, or for each article that an export of ours wrote.
    `no_relation` rejects all that the schema lets join a pair."""
    yield from spliced.articles(source, reading, Way(_parts, "import:tacred", (NOTHING,)))


def _parts(record: dict[str, Any]) -> Iterator[Part]:
    tokens = spliced.words(record["token"] if "token" in record else record.get("tokens"), '"token"')
    own, text = spliced.own_piece(record.get("id")), record.get("text")
    meta = {key: value for key, value in record.items() if key not in _KEYS}
    if own is None and record.get("docid") is not None:
        meta["id"] = record["docid"]
    start: int = get(record, _START, int, 0)
    if start < 0:
        raise Bad(f'"{_START}" must not be negative')
    part = Part(
        [tokens], text if isinstance(text, str) else None, own, start, repeats=True, meta=meta, tasks=()
    )
    part.marks += [_mark(record, side, len(tokens)) for side in ("subj", "obj")]
    if record.get("relation") is not None:
        part.links.append(Link(name(record, "relation"), 0, 1))
    yield part


def _mark(record: dict[str, Any], side: str, count: int) -> Mark:
    first, last = get(record, f"{side}_start", int), get(record, f"{side}_end", int)
    return spliced.within(Mark(first, last + 1, name(record, f"{side}_type")), count)


def _recognises(head: Head) -> bool:
    return {"subj_start", "obj_start", "subj_type", "obj_type"} <= head.keys


FORMAT = Format(
    "tacred",
    "TACRED pairs",
    (".json",),
    read,
    write,
    _recognises,
    sentences=True,
    trains=True,
)
