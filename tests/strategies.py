"""Strategies and small makers that several tests share: texts, schemas, suggestions, states, pens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import strategies as st

from annotations.draft import Pen
from annotations.model import (
    Article,
    Edit,
    Entity,
    Layer,
    Relation,
    RelationSuggestion,
    Suggestion,
    about_entity,
    about_relation,
)
from annotations.schema import EntityType, Overlap, RelationType, Schema
from annotations.state import ArticleState
from annotations.text import trim

POLICIES: tuple[Overlap, ...] = ("none", "nested", "crossing")
LABELS = ("ORG", "PERSON", "GPE")

PROSE = "Xi met Diaz-Canel in  Havana.\n\nThe Group of 20 met; Xi's aide left."
"""A text with two paragraphs, a hyphen, an apostrophe and two spaces in a row."""


def schema(overlap: Overlap = "none", complete: tuple[str, ...] = ("entities", "relations")) -> Schema:
    """Three entity types; LEADS goes from PERSON, NEAR joins GPE and ORG in any order, KNOWS joins anything."""
    everything = frozenset(LABELS)
    return Schema(
        entities=tuple(
            EntityType(name, keys=(str(i),), code=name[0].lower()) for i, name in enumerate(LABELS, 1)
        ),
        relations=(
            RelationType("LEADS", ("1",), "l", frozenset({"PERSON"}), frozenset({"ORG", "GPE"})),
            RelationType(
                "NEAR", ("2",), "n", frozenset({"GPE", "ORG"}), frozenset({"GPE", "ORG"}), symmetric=True
            ),
            RelationType("KNOWS", ("3",), "k", everything, everything),
        ),
        overlap=overlap,
        complete=complete,
    )


def article(text: str = PROSE, id: int = 1) -> Article:
    """An article of that text."""
    return Article(id, hashlib.sha256(text.encode()).hexdigest(), "test.txt", text[:20], None, text)


ME = Layer(1, "me", "person", "me")


class Pens:
    """Pens with ids that sort in the order of making and a clock that goes on by a second each time."""

    def __init__(self) -> None:
        self._ids, self._ticks = count(1), count(0)

    def new_id(self) -> str:
        return f"id{next(self._ids):06d}"

    def __call__(self, **changes: Any) -> Pen:
        tick = next(self._ticks)
        at = f"2024-01-01T{tick // 3600 % 24:02d}:{tick // 60 % 60:02d}:{tick % 60:02d}.000Z"
        return replace(Pen(at, self.new_id, ms=tick), **changes)


def find(text: str, part: str, nth: int = 0) -> tuple[int, int]:
    """The range of the nth occurrence of `part`."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(part, start + 1)
    return start, start + len(part)


def offer(
    part: str,
    label: str,
    text: str = PROSE,
    nth: int = 0,
    rank: int = 3,
    score: float | None = None,
    at: str = "",
) -> Suggestion:
    """The suggestion that `part` of the text is a `label`."""
    start, end = find(text, part, nth)
    about = about_entity(((start, end),), label)
    return Suggestion(about, start, end, label, part, ("model:m@1",), (), score, rank, at)


def link(label: str, head: Suggestion, tail: Suggestion, symmetric: bool = False) -> RelationSuggestion:
    """The suggestion of a relation between two suggestions."""
    ends = sorted((head.value, tail.value)) if symmetric else [head.value, tail.value]
    return RelationSuggestion(
        about_relation(label, *ends), label, head.about, tail.about, ("model:m@1",), None, 3
    )


class Play:
    """A state with verbs applied to it in turn: `play(edits.add, 0, 2, "ORG")`."""

    def __init__(
        self,
        overlap: Overlap = "none",
        suggestions: Iterable[Suggestion] = (),
        links: Iterable[RelationSuggestion] = (),
        text: str = PROSE,
        **more: Any,
    ) -> None:
        self.pens = Pens()
        self.state = ArticleState(
            article(text), ME, schema(overlap), suggestions=suggestions, links=links, **more
        )

    def __call__(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        edit = verb(self.state, self.pens(), *arguments)
        self.state.apply(edit)
        return edit

    def take_back(self, edit: Edit) -> None:
        """Applies the inverse."""
        self.state.apply(edit.inverse(self.pens.new_id(), self.pens().at))

    def own(self) -> list[tuple[str, str]]:
        """Text and label of the person's entities in reading order."""
        found = sorted(self.state.entities.values(), key=lambda e: (e.start, -e.end, e.label))
        return [(e.text, e.label) for e in found]

    def id_of(self, text: str) -> str:
        """The id of the own entity with that text."""
        return next(e.id for e in self.state.entities.values() if e.text == text)

    def verdicts(self) -> dict[str, str]:
        """Verdict by about."""
        return {d.about: d.verdict for d in self.state.decisions.values()}


TROUBLE = "ab Zé\u0301- '’.,\n\t\r\u00a0\u200d\u0600\u0301\U0001f468\U0001f3fd🇨🇺中ا\x00\x1c"
"""Characters that are hard on offsets: marks, joiners, flags, prepended signs, control characters."""

texts = st.one_of(
    st.text(alphabet=TROUBLE, max_size=40), st.text(max_size=40).filter(lambda t: _encodable(t))
)
"""Any text that can be an article's."""


def _encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


prose = (
    st.lists(
        st.sampled_from(
            ["Xi", "Diaz-Canel", "the", "Group", "of", "20", "Havana", "é́", "中国", "U.S.", "\n\n", "👨‍👩‍👧"]
        ),
        min_size=4,
        max_size=14,
    )
    .map(" ".join)
    .filter(lambda t: len(t.split()) > 2)
)
"""Short articles with names, marks, other scripts and paragraphs."""


@st.composite
def spans(draw: st.DrawFn, text: str, longest: int = 12) -> tuple[int, int]:
    """A trimmed, non-empty range of a text that holds more than white space."""
    places = [i for i, c in enumerate(text) if not c.isspace()]
    start = draw(st.sampled_from(places))
    end = draw(st.integers(start + 1, min(len(text), start + longest)))
    return trim(text, start, end)


@st.composite
def entities(
    draw: st.DrawFn, text: str, prefix: str, most: int = 5, labels: Sequence[str] = LABELS
) -> list[Entity]:
    """Entities of a suggesting layer: they may overlap, nest and equal those of another one."""
    values = draw(st.lists(st.tuples(spans(text), st.sampled_from(labels)), max_size=most, unique=True))
    scores = draw(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=len(values), max_size=len(values)))
    return [
        Entity(f"{prefix}{i}", s, e, label, text[s:e], score=score)
        for i, (((s, e), label), score) in enumerate(zip(values, scores, strict=True))
    ]


@st.composite
def relations(draw: st.DrawFn, ends: Sequence[Entity], prefix: str, most: int = 3) -> list[Relation]:
    """Relations between some of these entities, legal or not; no two equal."""
    if len(ends) < 2:
        return []
    ids = [e.id for e in ends]
    pairs = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True).map(tuple)
    names = st.sampled_from(["LEADS", "NEAR", "KNOWS"])
    found = draw(
        st.lists(st.tuples(names, pairs), max_size=most, unique_by=lambda r: (r[0], frozenset(r[1])))
    )
    return [Relation(f"{prefix}r{i}", name, head, tail) for i, (name, (head, tail)) in enumerate(found)]
