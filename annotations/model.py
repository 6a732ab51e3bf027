"""The words of the project as frozen values.

Invariant: offsets are code points, half-open `[start, end)`, into the text exactly as it is stored;
`spans` of an entity are sorted, do not touch, and the first start and the last end are its `start` and `end`.

What an article has by the ten thousand is a named tuple, which is made five times as fast as a frozen dataclass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

Span = tuple[int, int]
"""Half-open range of code points."""

Kind = Literal["person", "model", "patterns", "memory", "import", "gold"]
Verdict = Literal["accepted", "changed", "rejected", "superseded"]
Via = Literal["key", "bulk", "done", "relate", "import"]
Status = Literal["open", "done", "skipped"]

SUGGESTING_KINDS: tuple[Kind, ...] = ("patterns", "memory", "import", "model")
"""Kinds of layer that suggest by default, the best ranked first."""


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def compact(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, code points as they are."""
    return _encode(value)


@dataclass(frozen=True, slots=True)
class Article:
    """One text, immutable once imported; `sha256` of its UTF-8 bytes is its identity."""

    id: int
    sha256: str
    source: str
    title: str
    date: str | None
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layer:
    """Whose annotations these are."""

    id: int
    uid: str
    kind: Kind
    name: str
    version: str = ""

    @property
    def title(self) -> str:
        """`kind:name` or `kind:name@version`, as written in exports and on the command line."""
        return f"{self.kind}:{self.name}" + (f"@{self.version}" if self.version else "")


class Entity(NamedTuple):
    """A labelled span. `fragments` holds all its pieces when it is discontinuous, else nothing.

    `copy_of` is the id of the entity that it was propagated from, as long as it stands as that made it; the other may
    be gone, or in another article."""

    id: str
    start: int
    end: int
    label: str
    text: str
    fragments: tuple[Span, ...] = ()
    score: float | None = None
    attributes: Mapping[str, Any] | None = None
    link: str | None = None
    note: str | None = None
    cluster: str | None = None
    copy_of: str | None = None
    created_at: str = ""
    updated_at: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The pieces, at least one."""
        return self.fragments or ((self.start, self.end),)

    @property
    def value(self) -> tuple[tuple[Span, ...], str]:
        """What makes two entities the same: spans and label."""
        return self.spans, self.label


class Relation(NamedTuple):
    """A labelled pair head -> tail of entities (their ids) in one layer."""

    id: str
    label: str
    head: str
    tail: str
    score: float | None = None
    attributes: Mapping[str, Any] | None = None
    note: str | None = None
    created_at: str = ""
    updated_at: str = ""


def about_entity(spans: tuple[Span, ...], label: str) -> str:
    """Canonical JSON of what a decision on an entity is about."""
    pieces = ",".join([f"[{start},{end}]" for start, end in spans])
    return f'{{"kind":"entity","label":{_quoted(label)},"spans":[{pieces}]}}'


@lru_cache(maxsize=4096)
def _quoted(label: str) -> str:
    return compact(label)


def about_relation(label: str, head: tuple[tuple[Span, ...], str], tail: tuple[tuple[Span, ...], str]) -> str:
    """Canonical JSON of what a decision on a relation is about; each end is (spans, label)."""
    ends = {side: {"spans": spans, "label": name} for side, (spans, name) in (("head", head), ("tail", tail))}
    return compact({"kind": "relation", "label": label, **ends})


class Suggestion(NamedTuple):
    """An entity offered by other layers; identical offers of several sources are one suggestion."""

    about: str
    start: int
    end: int
    label: str
    text: str
    sources: tuple[str, ...]
    fragments: tuple[Span, ...] = ()
    score: float | None = None
    rank: int = 0
    created_at: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The pieces, at least one."""
        return self.fragments or ((self.start, self.end),)

    @property
    def value(self) -> tuple[tuple[Span, ...], str]:
        """Spans and label, comparable with `Entity.value`."""
        return self.spans, self.label


class RelationSuggestion(NamedTuple):
    """A relation offered by other layers; `head` and `tail` are the `about` of its two ends."""

    about: str
    label: str
    head: str
    tail: str
    sources: tuple[str, ...]
    score: float | None = None
    rank: int = 0
    created_at: str = ""


class Decision(NamedTuple):
    """One person's verdict on one suggestion. `result` is the id of the entity or relation it became."""

    about: str
    verdict: Verdict
    result: str | None
    via: Via
    sources: tuple[str, ...]
    at: str
    ms: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person is with one article. `place` and `read_to` are code points, `seconds` active time."""

    status: Status = "open"
    complete: tuple[str, ...] = ()
    flagged: bool = False
    note: str | None = None
    labels: tuple[str, ...] = ()
    place: int = 0
    read_to: int = 0
    seconds: float = 0.0
    keystrokes: int = 0
    opened_at: str | None = None
    done_at: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Sentence and noun-chunk spans of one article, computed once by the suggester."""

    sentences: tuple[Span, ...] = ()
    chunks: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One row's change. `before` None is an insert, `after` None a delete; an update names the changed columns only.

    `table` is `entities`, `relations`, `decisions` or `progress`; `key` the id, the `about`, or "" for progress.
    `article` is the SHA-256, so that a journal can be read in another database.
    """

    table: str
    article: str
    key: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(self.table, self.article, self.key, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Edit:
    """One keystroke's worth of change. `says` is the sentence shown to the person; `focus` the id or `about`
    to focus afterwards, None for nothing. `home` is the SHA-256 of the article in which the key was pressed, where the
    edit changes others: undo goes there."""

    id: str
    verb: str
    at: str
    changes: tuple[Change, ...]
    says: str = ""
    focus: str | None = None
    home: str | None = None

    def inverse(self, id: str, at: str) -> Edit:
        """The edit that takes this one back."""
        return Edit(id, "undo", at, tuple(c.inverse() for c in reversed(self.changes)), home=self.home)
