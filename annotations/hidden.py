"""What was suggested and is not shown: rejected suggestions, and those that were set aside.

Invariant: nothing here is pending, and nothing stands as the person's own; below `min_score` nothing is here either,
since it was never offered. Only what can be taken back is here: a relation needs both its ends and a legal type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from annotations import navigator
from annotations.model import RelationSuggestion, Suggestion
from annotations.state import LINK, ArticleState, Item, SpanIndex, conflict, value_of

REJECTED, ASIDE = LINK + 1, LINK + 2
"""Kinds of item, after those of the state: rejected by the person, or set aside by a rule."""


@dataclass(frozen=True)
class Hidden:
    """The hidden suggestions of an article: `items` in reading order, of entities and of relations; `among` are these
    and all other items."""

    items: tuple[Item, ...]
    among: tuple[Item, ...]
    by_key: Mapping[str, Item]
    entities: SpanIndex

    def __contains__(self, key: object) -> bool:
        return key in self.by_key

    def over(self, start: int, end: int) -> list[Item]:
        """The suggestions of entities that meet `[start, end)`, in reading order."""
        return sorted(self.by_key[key] for key in self.entities.overlapping(start, end))


NONE = Hidden((), (), {}, SpanIndex())
"""Nothing hidden, or nothing that is to be shown."""


def hidden(state: ArticleState) -> Hidden:
    """The hidden suggestions of an article as it is now; found once for each change."""
    return _hidden(state, state.version)


@lru_cache(maxsize=2)
def _hidden(state: ArticleState, version: int) -> Hidden:
    items, entities = sorted(_items(state)), SpanIndex()
    for item in items:
        if item.key in state.suggestions:
            entities.add(item.key, item.start, item.end)
    among = tuple(sorted((*state.items, *items)))
    return Hidden(tuple(items), among, {item.key: item for item in items}, entities)


def _items(state: ArticleState) -> Iterator[Item]:
    offers: list[Suggestion | RelationSuggestion] = [*state.suggestions.values(), *state.links.values()]
    for offer in offers:
        if state.is_pending(offer.about) or state.result_of(offer.about) is not None:
            continue
        decision = state.decisions.get(offer.about)
        kind = REJECTED if decision is not None and decision.verdict == "rejected" else ASIDE
        if isinstance(offer, Suggestion):
            yield Item(offer.start, -offer.end, kind, offer.label, offer.about)
        elif _can_stand(state, offer):
            start, end = max(value_of(offer.head)[0][0], value_of(offer.tail)[0][0])
            yield Item(start, -end, kind, offer.label, offer.about)


def _can_stand(state: ArticleState, link: RelationSuggestion) -> bool:
    head, tail = value_of(link.head)[1], value_of(link.tail)[1]
    return navigator.link_ends(state, link.about) is not None and state.schema.legal(link.label, head, tail)


def why(state: ArticleState, key: str) -> str:
    """Why a hidden suggestion is not shown, in a few words."""
    decision = state.decisions.get(key)
    if decision is not None:
        return "rejected" if decision.verdict == "rejected" else "set aside"
    if not state.set_aside(key):
        return "came after done"
    if key in state.suggestions:
        value = state.suggestions[key].value
        rivals = (e for e in state.own_over(value[0]) if conflict(state.schema.overlap, e.value, value))
        rival = next(rivals, None)
        return f"set aside by {rival.label} “{rival.text}”" if rival is not None else "set aside"
    return "set aside with an end"
