"""Documents as tokens and sentences, for formats that count in them; entities made fit for one column.

Invariant: every edge of an entity is an edge of a token, so that nothing is lost by counting; no token holds white
space; sentences hold every token once and cut no entity.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from annotations import text
from annotations.documents import Document
from annotations.formats.base import Output
from annotations.model import Entity, Relation, Span
from annotations.text import Tokens


@dataclass(frozen=True)
class Tokenised:
    """A text cut at the edges of tokens and of `entities`. Tokens are counted from 0."""

    document: Document
    entities: Sequence[Entity]

    @cached_property
    def tokens(self) -> list[Span]:
        """Code points of each token: those of `annotations.text`, cut where an entity begins or ends within one."""
        edges = sorted({edge for entity in self.entities for span in entity.spans for edge in span})
        found: list[Span] = []
        tokens = Tokens(self.document.article.text)
        for start, end in zip(tokens.starts, tokens.ends, strict=True):
            inside = edges[bisect_right(edges, start) : bisect_left(edges, end)]
            cuts = [start, *inside, end]
            found += pairwise(cuts)
        return found

    @cached_property
    def words(self) -> list[str]:
        """The text of each token."""
        whole = self.document.article.text
        return [whole[start:end] for start, end in self.tokens]

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.tokens]

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """First token of a range of code points and the one after its last: half-open, empty for white space."""
        first = bisect_left(self._starts, start)
        if first and self.tokens[first - 1][1] > start:
            first -= 1
        return first, max(first, bisect_left(self._starts, end))

    def place(self, entity: Entity) -> tuple[int, int]:
        """The tokens of an entity from its first to its last piece: half-open."""
        return self.covering(entity.start, entity.end)

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """The tokens of each sentence, half-open: those of the analysis, else by punctuation, none empty; neighbours
        that an entity spans are one."""
        whole = self.document.article.text
        ranges = self.document.sentences or text.sentences(whole)
        cuts = sorted({self.covering(start, end)[0] for start, end in ranges} - {0})
        within = {
            cut
            for entity in self.entities
            for first, last in [self.place(entity)]
            for cut in cuts[bisect_right(cuts, first) : bisect_left(cuts, last)]
        }
        edges = [0, *(cut for cut in cuts if cut not in within and cut < len(self.tokens)), len(self.tokens)]
        return [(first, last) for first, last in pairwise(edges) if first < last]

    @cached_property
    def merged(self) -> int:
        """How many sentence ends were given up because an entity spans them."""
        ranges = self.document.sentences or text.sentences(self.document.article.text)
        begun = {self.covering(start, end)[0] for start, end in ranges} - {len(self.tokens)}
        return len(begun | {0}) - max(1, len(self.sentences)) if self.tokens else 0


def whole(document: Document, out: Output) -> list[Entity]:
    """The entities in reading order, each in one piece as `Writing.pieces` says; losses are named."""
    found = []
    for entity in in_order(document.entities):
        if entity.fragments:
            hull = out.writing.pieces == "hull"
            did = "written from its first to its last piece" if hull else "left out"
            out.lose(document, "discontinuous", f"{told(entity)} is in {len(entity.fragments)} pieces: {did}")
            if not hull:
                continue
        found.append(entity)
    return found


def flat(document: Document, entities: Iterable[Entity], out: Output) -> list[Entity]:
    """The entities that do not overlap, in reading order, chosen as `Writing.overlaps` says ("longest": the longest, of
    equals the one that begins first, then by label; "first": whichever begins first); losses are named."""
    policy = out.writing.overlaps
    ranked = sorted(entities, key=lambda e: (e.start - e.end if policy != "first" else 0, _order(e)))
    kept: list[Entity] = []
    starts: list[int] = []
    for entity in ranked:
        index = bisect_left(starts, entity.end)
        rival = kept[index - 1] if index and kept[index - 1].end > entity.start else None
        if rival is None:
            at = bisect_left(starts, entity.start)
            starts.insert(at, entity.start)
            kept.insert(at, entity)
        else:
            out.lose(document, "overlap", f"{told(entity)} overlaps {told(rival)}: left out")
    return kept


def _order(entity: Entity) -> tuple[int, int, str, str]:
    return entity.start, -entity.end, entity.label, entity.id


def in_order(entities: Iterable[Entity]) -> list[Entity]:
    """Entities in reading order: by start, longer first, then label and id."""
    return sorted(entities, key=_order)


def relations_of(document: Document, entities: Iterable[Entity], out: Output) -> list[Relation]:
    """The relations in reading order whose ends are both among the entities, symmetric ones from the end that begins
    earlier; the others are named as losses."""
    kept = {entity.id: entity for entity in entities}
    found = []
    for relation in straightened(document, out.writing.symmetric):
        missing = next((end for end in (relation.head, relation.tail) if end not in kept), None)
        if missing is None:
            found.append(relation)
        else:
            gone = next(entity for entity in document.entities if entity.id == missing)
            out.lose(document, "relation", f"{relation.label} is left out with its end {told(gone)}")
    return found


def straightened(document: Document, symmetric: frozenset[str]) -> list[Relation]:
    """All relations in reading order, symmetric ones from the end that begins earlier."""
    ends = {entity.id: entity for entity in document.entities}
    found = []
    for relation in document.relations:
        head, tail = relation.head, relation.tail
        if relation.label in symmetric and _order(ends[tail]) < _order(ends[head]):
            relation = replace(relation, head=tail, tail=head)
        found.append(relation)
    return sorted(found, key=lambda r: (ends[r.head].start, ends[r.tail].start, r.label, r.id))


def told(entity: Entity) -> str:
    """An entity in a sentence: label, text and place."""
    flat_text = " ".join(entity.text.split())
    short = flat_text if len(flat_text) <= 40 else flat_text[:39] + "…"
    return f"{entity.label} “{short}” at {entity.start}"
