"""What the formats of trainers that count in tokens share on their way out.

Invariant: whatever a trainer would pass over without a word is named; no relation is written without both its ends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence

from annotations.documents import Document
from annotations.formats.base import Output
from annotations.formats.tokenised import Tokenised, distinct, told, whole
from annotations.formats.unsaid import lose_details
from annotations.model import Entity, Relation, Span


def prepared(document: Document, out: Output, kept: Collection[str] = ()) -> Tokenised:
    """A document as tokens with its entities in one piece each, all different; what is lost is named, details too but
    for the kinds `kept`."""
    lose_details(document, out, kept)
    return Tokenised(document, distinct(document, whole(document, out), out))


def is_complete(document: Document, task: str) -> bool:
    """Whether what a document does not have of a task is known not to be there."""
    return task in document.complete or document.layer.startswith("gold:")


def lose_unsaid(document: Document, out: Output, *tasks: str) -> None:
    """Names the tasks that a document is not complete for, for a format that cannot say so."""
    for task in tasks:
        if not is_complete(document, task):
            what = (
                f"it is not complete for {task}, but of the labels it has what is not marked counts as none"
            )
            out.lose(document, "missing", what)


def doubtful(document: Document, entities: Iterable[Entity], relations: Iterable[Relation]) -> frozenset[str]:
    """The labels that a document has more of than what is written of it: nobody may say that they are not there."""
    kept = {entity.id for entity in entities} | {relation.id for relation in relations}
    rest: list[Entity | Relation] = [*document.entities, *document.relations]
    return frozenset(each.label for each in rest if each.id not in kept)


def lose_long(tokenised: Tokenised, most: int, out: Output, why: str) -> None:
    """Names the entities of more than `most` tokens; `why` says who passes over them."""
    for entity in tokenised.entities:
        first, last = tokenised.place(entity)
        if last - first > most:
            what = f"{told(entity)} has {last - first} tokens: written, but {why}"
            out.lose(tokenised.document, "long", what)


def one_a_span(document: Document, entities: Iterable[Entity], out: Output, who: str) -> list[Entity]:
    """The entities without those whose span one before them has, for trainers (`who`) that know one label a span;
    losses are named."""
    found: dict[Span, Entity] = {}
    for entity in entities:
        first = found.setdefault((entity.start, entity.end), entity)
        if first is not entity:
            what = f"{told(entity)} has the span of {told(first)}, and {who} takes one label a span: left out"
            out.lose(document, "overlap", what, (entity,))
    return list(found.values())


def together(
    tokenised: Tokenised, relations: Iterable[Relation], ranges: Sequence[Span], out: Output, what: str
) -> list[list[Relation]]:
    """The relations within each of some ranges of tokens; those between two are named as lost, `what` says of what
    kind the ranges are ("sentences")."""
    home = home_of(tokenised, ranges)
    entities = {entity.id: entity for entity in tokenised.entities}
    found: list[list[Relation]] = [[] for _ in ranges]
    for relation in relations:
        head, tail = entities[relation.head], entities[relation.tail]
        if home(head) == home(tail):
            found[home(head)].append(relation)
        else:
            said = f"{relation.label} from {told(head)} to {told(tail)} is left out: they are in two {what}"
            out.lose(tokenised.document, "relation", said, (relation,))
    return found


def home_of(tokenised: Tokenised, ranges: Sequence[Span]) -> Callable[[Entity], int]:
    """Which of the ranges of tokens, in order and without gaps, an entity begins in."""
    starts = [first for first, _ in ranges]
    return lambda entity: bisect_right(starts, tokenised.place(entity)[0]) - 1


def grouped(tokenised: Tokenised, ranges: Sequence[Span]) -> list[list[Entity]]:
    """The entities of each of some ranges of tokens, which cut none."""
    home = home_of(tokenised, ranges)
    found: list[list[Entity]] = [[] for _ in ranges]
    for entity in tokenised.entities:
        found[home(entity)].append(entity)
    return found


def stretch(tokenised: Tokenised, first: int, last: int) -> str:
    """The text from one token to the one before `last`, with the white space after it; that before all tokens goes with
    the first. All stretches of a text are the text."""
    text, tokens = tokenised.document.article.text, tokenised.tokens
    start = tokens[first][0] if first else 0
    return text[start : tokens[last][0] if last < len(tokens) else len(text)]
