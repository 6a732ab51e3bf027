"""GLiNER's training data: a JSON array of pieces of articles, as tokens with entities and relations among them.

Invariant: token ends are inclusive, and relations count the entities of their piece as they are listed; no piece is
longer than what GLiNER reads, unless an entity is; all pieces of an article, in their order, are its text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import records, spliced
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.readable import Names, Words
from annotations.formats.records import Bad
from annotations.formats.spliced import Link, Mark, Part, Way
from annotations.formats.tokenised import Tokenised, relations_of
from annotations.formats.trained import (
    doubtful,
    grouped,
    is_complete,
    lose_long,
    lose_unsaid,
    prepared,
    stretch,
    together,
)
from annotations.model import Entity, Relation, Span

MOST_TOKENS = 384
"""Tokens that GLiNER reads of a piece, by its default."""

WIDEST = 12
"""Tokens of the longest entity that GLiNER learns, by its default."""

MOST_LABELS = 25
"""Labels that GLiNER takes for one piece, by its default; it cuts off the rest, also of those that are there."""

_TOKENS = "tokenized_text"
_KEYS = frozenset(
    (_TOKENS, "ner", "relations", "ner_labels", "ner_negatives", "rel_labels", "rel_negatives", "id", "text")
)

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes the pieces of all documents. Labels are written as words; of a document that is complete for a task each
    piece names the labels that are not in it."""
    names = Names(out.writing.schema)
    with out.file() as file, records.array(file) as add:
        for document in documents:
            names.lose_taken(document, out)
            for record in _records(document, out, names):
                add(record)


def _records(document: Document, out: Output, names: Names) -> Iterator[dict[str, Any]]:
    tokenised = prepared(document, out)
    lose_long(tokenised, WIDEST, out, f"GLiNER learns {WIDEST} at most, unless its max_width is raised")
    related = bool(out.writing.schema.relations or document.relations)
    lose_unsaid(document, out, "entities", *(["relations"] if related else []))
    pieces = list(_pieces(tokenised, out))
    found = relations_of(document, tokenised.entities, out)
    doubt = doubtful(document, tokenised.entities, found)
    entities = _Rows("ner", "ner", names.entities, doubt, is_complete(document, "entities"))
    relations = _Rows("relations", "rel", names.relations, doubt, is_complete(document, "relations"))
    marked = grouped(tokenised, pieces)
    linked = together(tokenised, found, pieces, out, "pieces that GLiNER reads")
    for number, (first, last) in enumerate(pieces):
        here, turn = marked[number], int(document.article.sha256[:8], 16) + number
        record = {
            "id": f"{document.article.sha256}/{number}",
            "text": stretch(tokenised, first, last),
            _TOKENS: tokenised.words[first:last],
            **entities.of(_marks(tokenised, here, first), turn),
        }
        yield record | (relations.of(_links(here, linked[number]), turn) if related else {})


_Row = tuple[int, int, str]


def _marks(tokenised: Tokenised, entities: Iterable[Entity], offset: int) -> list[_Row]:
    places = ((tokenised.place(entity), entity.label) for entity in entities)
    return [(first - offset, last - 1 - offset, label) for (first, last), label in places]


def _links(entities: Iterable[Entity], relations: Iterable[Relation]) -> list[_Row]:
    listed = {entity.id: number for number, entity in enumerate(entities)}
    return [(listed[each.head], listed[each.tail], each.label) for each in relations]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The entities or relations of a document's pieces: under which `key`, how the keys about their labels begin, the
    words of labels, those that are in doubt, and whether what is not there is known not to be."""

    key: str
    prefix: str
    words: Words
    doubt: Collection[str]
    complete: bool

    def of(self, rows: Iterable[_Row], turn: int) -> dict[str, Any]:
        """The rows of a piece, and the labels that are not in it, none where that is not known: without them GLiNER
        would take those of other pieces. A piece without rows names the labels that were searched. Where there is no
        room for all labels, the `turn` says which have it."""
        found = [(first, second, self.words.shown(label)) for first, second, label in rows]
        absent = self._absent({word for _, _, word in found}, turn) if self.complete else []
        labels = {f"{self.prefix}_labels": absent} if absent and not found else {}
        return {self.key: found, f"{self.prefix}_negatives": absent, **labels}

    def _absent(self, there: set[str], turn: int) -> list[str]:
        """As many labels that are not there as GLiNER has room for."""
        doubt = {self.words.shown(label) for label in self.doubt}
        absent = [word for word in self.words if word not in there | doubt]
        room = max(0, MOST_LABELS - len(there))
        if len(absent) <= room:
            return absent
        begin = turn * room % len(absent)
        return [*absent[begin:], *absent[:begin]][:room]


def _pieces(tokenised: Tokenised, out: Output) -> Iterator[Span]:
    """The tokens of pieces, half-open: as many whole sentences as GLiNER reads at once."""
    begun, end = 0, 0
    for first, last in _sentences(tokenised, out):
        if last - begun > MOST_TOKENS and begun < first:
            yield begun, first
            begun = first
        end = last
    yield begun, end


def _sentences(tokenised: Tokenised, out: Output) -> Iterator[Span]:
    """The tokens of sentences; one that is too long is cut where it cuts no entity."""
    cut = 0
    for first, last in tokenised.sentences:
        start = first
        while last - start > MOST_TOKENS:
            edge = _edge(tokenised, start, last)
            if edge - start > MOST_TOKENS:
                what = f"an entity spans {edge - start} tokens, of which GLiNER reads {MOST_TOKENS}"
                out.lose(tokenised.document, "long", what)
            cut += edge < last
            yield start, edge
            start = edge
        if start < last:
            yield start, last
    if cut:
        what = f"sentences are cut, as GLiNER reads {MOST_TOKENS} tokens at once: {cut} times"
        out.lose(tokenised.document, "sentence", what)


def _edge(tokenised: Tokenised, start: int, last: int) -> int:
    """The last token before which a sentence can be cut so that what is before it is short enough, else the first."""
    places = [tokenised.place(entity) for entity in tokenised.entities]
    within = {
        token for begin, end in places if begin < last and end > start for token in range(begin + 1, end)
    }
    short = range(min(start + MOST_TOKENS, last), start, -1)
    long = range(start + MOST_TOKENS + 1, last)
    return next((token for each in (short, long) for token in each if token not in within), last)


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """An article a record; the pieces of an article that an export of ours wrote are one again. Words are taken for the
    labels of the schema that they are written for."""
    names = Names(reading.schema)
    yield from spliced.articles(source, reading, Way(partial(_parts, names=names), "import:gliner"))


def _parts(record: dict[str, Any], names: Names) -> Iterator[Part]:
    tokens = spliced.words(record.get(_TOKENS), f'"{_TOKENS}"')
    rows, links = _rows(record, "ner"), _rows(record, "relations")
    own, text = spliced.own_piece(record.get("id")), record.get("text")
    meta = {key: value for key, value in record.items() if key not in _KEYS}
    if own is None and record.get("id") is not None:
        meta["id"] = record["id"]
    part = Part(
        [tokens],
        text if type(text) is str else None,
        own,
        annotated=rows is not None or links is not None,
        meta=meta,
    )
    if links is None:
        part.tasks = ("entities",)
    part.mark(rows or (), lambda row: _mark(row, names.entities))
    part.link(
        links or (), lambda row: _glirel(row, names, part.marks) if type(row) is dict else _link(row, names)
    )
    yield part


def _rows(record: dict[str, Any], key: str) -> list[Any] | None:
    """A list, None where there is none. Raises Bad."""
    value = record.get(key)
    if value is None or type(value) is list:
        return value
    raise Bad(f'"{key}" must be a list, not {records.quoted(value)}')


def _mark(row: Any, words: Words) -> Mark:
    first, last, label = spliced.row(row, "[first token, last token, label]", int, int, str)[:3]
    return Mark(first, last + 1, words.meant(label))


def _link(row: Any, names: Names) -> Link:
    head, tail, label = spliced.row(row, "[entity, entity, label]", int, int, str)[:3]
    return Link(names.relations.meant(label), head, tail)


def _glirel(row: dict[str, Any], names: Names, marks: Sequence[Mark | None]) -> Link:
    """A relation as GLiREL has it: its ends by their tokens, the last included, and their labels."""
    label = records.name(row, "relation_text")
    head, tail = (_at(records.get(row, side, dict), names, marks) for side in ("head", "tail"))
    return Link(names.relations.meant(label), head, tail)


def _at(end: dict[str, Any], names: Names, marks: Sequence[Mark | None]) -> int:
    """The one entity at the place of an end; of several the one with its label. Raises Bad."""
    place = records.get(end, "position", list)
    found = [number for number, mark in enumerate(marks) if mark and [mark.first, mark.last - 1] == place]
    if len(found) > 1:
        label = names.entities.meant(records.name(end, "type"))
        found = [number for number in found if (mark := marks[number]) and mark.label == label]
    if len(found) != 1:
        raise Bad(f"{len(found) or 'no'} entities that were taken lie at the tokens {records.quoted(place)}")
    return found[0]


def _recognises(head: Head) -> bool:
    return _TOKENS in head.keys


FORMAT = Format(
    "gliner",
    "GLiNER training data",
    (".json", ".jsonl"),
    read,
    write,
    _recognises,
    sentences=True,
    trains=True,
    says_unknown=False,
)
