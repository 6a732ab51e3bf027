"""Documents as tokens and sentences, for formats that count in them; entities made fit for one column.

Invariant: every edge of an entity that does not lie in white space is an edge of a token, so that nothing is lost by
counting; no token holds white space; sentences hold every token once and cut no entity.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from annotations import text
from annotations.documents import Document
from annotations.formats.base import Output
from annotations.model import Entity, Relation, Span
from annotations.text import Tokens
from annotations.wording import short


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
        cuts = self._begun
        within = {
            cut
            for entity in self.entities
            for first, last in [self.place(entity)]
            for cut in cuts[bisect_right(cuts, first) : bisect_left(cuts, last)]
        }
        edges = [0, *(cut for cut in cuts if cut not in within), len(self.tokens)]
        return [(first, last) for first, last in pairwise(edges) if first < last]

    @cached_property
    def merged(self) -> int:
        """How many sentence ends were given up because an entity spans them."""
        return len(self._begun) + 1 - len(self.sentences) if self.tokens else 0

    @cached_property
    def _begun(self) -> list[int]:
        """The tokens that a sentence begins with, but for the first."""
        ranges = self.document.sentences or text.sentences(self.document.article.text)
        return sorted({self.covering(start, end)[0] for start, end in ranges} - {0, len(self.tokens)})


def lose_merged(tokenised: Tokenised, out: Output) -> None:
    """Names the ends of sentences that were given up."""
    if tokenised.merged:
        what = f"ends of sentences given up, as entities span them: {tokenised.merged}"
        out.lose(tokenised.document, "sentence", what)


def whole(document: Document, out: Output) -> list[Entity]:
    """The entities in reading order, each in one piece as `Writing.pieces` says and without white space at its edges;
    losses are named."""
    trimmed = (_trimmed(document, entity, out) for entity in in_one_piece(document, out))
    return in_order(entity for entity in trimmed if entity is not None)


def in_one_piece(document: Document, out: Output) -> Iterator[Entity]:
    """The entities in reading order, each in one piece as `Writing.pieces` says; losses are named."""
    hull = out.writing.pieces == "hull"
    for entity in in_order(document.entities):
        if entity.fragments:
            did = "written from its first to its last piece" if hull else "left out"
            what = f"{told(entity)} is in {len(entity.fragments)} pieces: {did}"
            out.lose(document, "discontinuous", what, () if hull else (entity,))
            if not hull:
                continue
            entity = entity._replace(text=document.article.text[entity.start : entity.end], fragments=())
        yield entity


def _trimmed(document: Document, entity: Entity, out: Output) -> Entity | None:
    """An entity in one piece without white space at its edges; None for one that is nothing else."""
    start, end = text.trim(document.article.text, entity.start, entity.end)
    if (start, end) == (entity.start, entity.end):
        return entity
    did = "written without it" if start < end else "left out"
    what = "has white space at its edges" if start < end else "is white space"
    out.lose(document, "white space", f"{told(entity)} {what}: {did}", () if start < end else (entity,))
    if start == end:
        return None
    return entity._replace(start=start, end=end, text=document.article.text[start:end])


def flat(document: Document, entities: Iterable[Entity], out: Output, elsewhere: str = "") -> list[Entity]:
    """The entities that do not overlap, in reading order, chosen as `Writing.overlaps` says ("longest": the longest, of
    equals the one that begins first, then by label; "first": whichever begins first); losses are named: the others are
    left out, or only `elsewhere`."""
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
            what = f"{told(entity)} overlaps {told(rival)}: {elsewhere or 'left out'}"
            out.lose(document, "overlap", what, () if elsewhere else (entity,))
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
            out.lose(
                document, "relation", f"{relation.label} is left out with its end {told(gone)}", (relation,)
            )
    return found


def straightened(document: Document, symmetric: Collection[str]) -> list[Relation]:
    """All relations in reading order, symmetric ones from the end that begins earlier."""
    ends = {entity.id: entity for entity in document.entities}
    found = []
    for relation in document.relations:
        head, tail = relation.head, relation.tail
        if relation.label in symmetric and _order(ends[tail]) < _order(ends[head]):
            relation = relation._replace(head=tail, tail=head)
        found.append(relation)
    return sorted(found, key=lambda r: (ends[r.head].start, ends[r.tail].start, r.label, r.id))


def distinct(document: Document, entities: Iterable[Entity], out: Output) -> list[Entity]:
    """The entities without those that say the same as one before them, which `whole` may have made; losses are
    named."""
    found: dict[object, Entity] = {}
    for entity in entities:
        first = found.setdefault(entity.value, entity)
        if first is not entity:
            out.lose(document, "overlap", f"{told(entity)} says the same as another one: left out", (entity,))
    return list(found.values())


def told(entity: Entity) -> str:
    """An entity in a sentence: label, text and place."""
    return f"{entity.label} “{short(entity.text)}” at {entity.start}"
