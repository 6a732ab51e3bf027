"""The history of one thing, or of an article, out of a person's journal: what changed, when, in plain words. Pure.

Invariant: the journal is read from its newest row to its oldest, and a thing is followed through everything that it
was: other edges and labels, entities that became part of it, suggestions that it came from. Rows that do not touch it
leave no entry, and no row makes this module fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from annotations.model import Change, RelationSuggestion, Suggestion, compact
from annotations.state import ArticleState, entity_row, relation_row
from annotations.text import joined
from annotations.wording import short

if TYPE_CHECKING:
    from annotations.store import JournalRow

Row = Mapping[str, Any]

TAKEN_BACK = {"undo": "undone: ", "redo": "done again: "}
"""How an entry begins that undo or redo made."""

_VIA = {"done": " at done", "bulk": " in bulk", "relate": " by relating", "import": " by import"}
_VERDICTS = {"superseded": "set aside"}
_STANDING = ("accepted", "changed")
_LONGEST = 60
"""Code points of a quotation."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: when (ISO 8601, UTC), whose doing, the verb of the journal, and what changed."""

    at: str
    who: str
    verb: str
    says: str


@dataclass(frozen=True, slots=True)
class Past:
    """One row of a journal with its changes. `of` is the verb that a chain of undo and redo began with, `undoes` the
    number of the row that this one turned round."""

    seq: int
    verb: str
    of: str
    at: str
    undoes: int | None
    says: str
    changes: tuple[Change, ...]


def read(row: JournalRow) -> Past:
    """A row of the journal as a value."""
    body = json.loads(row.changes)
    changes = tuple(Change(*change) for change in body.get("changes", ()))
    says, of = body.get("says") or row.verb, body.get("of") or row.verb
    return Past(row.seq, row.verb, of, row.at, row.undoes, says, changes)


def of_article(pasts: Iterable[Past], who: str) -> list[Entry]:
    """Every row of an article's journal, oldest first, each with the sentence that was said."""
    return [Entry(p.at, who, p.verb, TAKEN_BACK.get(p.verb, "") + p.says) for p in pasts]


def of_thing(pasts: Sequence[Past], who: str, state: ArticleState, key: str) -> list[Entry]:
    """What happened to an entity, a relation or a suggestion, oldest first: who offered it, then each row of the
    journal (given oldest first) that touched it."""
    trace, found = _Trace(state, key), list[Entry]()
    words = _Words(state, _texts(pasts, state))
    for past in reversed(pasts):
        mine = trace.take(past)
        if mine:
            found.append(Entry(past.at, who, past.verb, words.of(past, mine, trace)))
        elif past.verb == "import" and trace.stood:
            found.append(Entry(past.at, who, past.verb, past.says))
    return [*_offers(state, trace.keys), *reversed(found)]


def _offers(state: ArticleState, keys: Iterable[str]) -> Iterator[Entry]:
    """Who offered the suggestions among these keys, the earliest first."""
    found: list[Suggestion | RelationSuggestion] = []
    for key in keys:
        found += [state.suggestions[key]] if key in state.suggestions else []
        found += [state.links[key]] if key in state.links else []
    for offer in sorted(found, key=lambda each: (each.created_at, each.about)):
        score = f" {offer.score:.2f}" if offer.score is not None else ""
        says = f"offered {_about(state.article.text, offer.about)}{score}"
        yield Entry(offer.created_at, ", ".join(offer.sources), "offer", says)


# -- following a thing back -------------------------------------------------------------------------


@dataclass
class _Trace:
    """What a thing was at the time that has been reached, going back: the keys that named it (its id, those of what
    became part of it, what decisions on it were about), and the rows of everything as they were then."""

    state: ArticleState
    key: str
    keys: set[str] = field(default_factory=set)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    after: dict[str, dict[str, Any]] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    _undone: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.keys.add(self.key)
        self.rows = {e.id: entity_row(e) for e in self.state.entities.values()}
        self.rows |= {r.id: relation_row(r) for r in self.state.relations.values()}
        self.keys |= self.state.results.get(self.key, set())

    @property
    def stood(self) -> bool:
        """Whether the thing was there at that time."""
        return any(key in self.rows for key in self.keys)

    def take(self, past: Past) -> list[Change]:
        """Goes back over a row; returns the changes in it that touched the thing."""
        here = [c for c in past.changes if c.article == self.state.article.sha256]
        self.after = {c.key: dict(self._after(c)) for c in here if c.after is not None}
        self.merged = set()
        stands = past.seq not in self._undone
        if past.undoes is not None and stands:
            self._undone.add(past.undoes)
        if stands and past.undoes is None:
            self._follow_merges(here)
        for change in here:
            self._grow(change)
        mine = [c for c in here if self._touches(c)]
        for change in here:
            self._step_back(change)
        return mine

    def _after(self, change: Change) -> Row:
        """The whole row that a change left behind."""
        return {**self.rows.get(change.key, {}), **(change.before or {}), **(change.after or {})}

    def _follow_merges(self, here: Sequence[Change]) -> None:
        """Takes in the entities that went and lay where the thing was afterwards: they became part of it."""
        entities = [c for c in here if c.table == "entities"]
        heirs = [self.after[c.key] for c in entities if c.key in self.keys and c.after is not None]
        for gone in (c for c in entities if c.after is None and c.key not in self.keys):
            if any(_meet(heir, gone.before or {}) for heir in heirs):
                self.keys.add(gone.key)
                self.merged.add(gone.key)

    def _grow(self, change: Change) -> None:
        """Takes in what a decision ties to the thing: the suggestion, or what became of it."""
        if change.table == "decisions":
            results = {
                side["result"] for side in (change.before, change.after) if side and side.get("result")
            }
            if change.key in self.keys or results & self.keys:
                self.keys |= {change.key, *results}

    def _touches(self, change: Change) -> bool:
        if change.key in self.keys:
            return change.table != "progress"
        if change.table != "relations":
            return False
        row = change.before if change.after is None else self.after[change.key]
        return bool({(row or {}).get("head"), (row or {}).get("tail")} & self.keys)

    def _step_back(self, change: Change) -> None:
        if change.before is None:
            self.rows.pop(change.key, None)
        elif change.table in ("entities", "relations"):
            self.rows[change.key] = {**self.rows.get(change.key, {}), **change.before}


def _meet(a: Row, b: Row) -> bool:
    """Whether two rows of entities share a code point; a row that is not known whole meets nothing."""
    if not all(name in row for row in (a, b) for name in ("start", "end")):
        return False
    return bool(a["start"] < b["end"] and b["start"] < a["end"])


def _texts(pasts: Iterable[Past], state: ArticleState) -> dict[str, str]:
    """The text of each entity that is or was there, by id."""
    found = {
        change.key: row["text"]
        for past in pasts
        for change in past.changes
        for row in (change.before, change.after)
        if change.table == "entities" and row and "text" in row
    }
    return found | {e.id: e.text for e in state.entities.values()}


# -- words ------------------------------------------------------------------------------------------


@dataclass
class _Words:
    """Puts changes into words. `texts` has the text of each entity by its id."""

    state: ArticleState
    texts: Mapping[str, str]

    def of(self, past: Past, mine: Sequence[Change], trace: _Trace) -> str:
        """What a row did to a thing; of an undo, what it took back."""
        turned = past.verb == "undo"
        changes = [c.inverse() for c in reversed(mine)] if turned else list(mine)
        verdicts = [c for c in changes if c.table == "decisions"]
        parts = [self._row(c, verdicts, trace) for c in changes if c.table != "decisions"]
        parts += [self._decision(c, changes) for c in verdicts]
        said = ", ".join(dict.fromkeys(filter(None, parts))) or past.says
        return TAKEN_BACK.get(past.verb, "") + said

    def _row(self, change: Change, verdicts: Sequence[Change], trace: _Trace) -> str:
        name = self._entity if change.table == "entities" else self._relation
        if change.before is None and change.after is not None:
            return self._came(change, name(change.after), verdicts)
        if change.after is None:
            gone = name(change.before or {})
            return f"{gone} became part of it" if change.key in trace.merged else f"deleted {gone}"
        return self._changed(change.before or {}, change.after)

    def _came(self, change: Change, name: str, verdicts: Sequence[Change]) -> str:
        """How an entity or relation came to be: accepted, with or without a change, copied, or made by hand."""
        row = change.after or {}
        mine = [v for v in verdicts if v.after and v.after.get("result") == change.key]
        if row.get("copy_of"):
            return f"propagated{self._from(row['copy_of'])}: {name}"
        if not mine:
            return f"added {name}"
        verdict = mine[0].after or {}
        via = _VIA.get(verdict.get("via", ""), "")
        if verdict.get("verdict") == "accepted":
            return f"accepted {name}{via}"
        return f"accepted {self._about(mine[0].key)} as {name}{via}"

    def _from(self, id: str) -> str:
        return f" from {_quote(self.texts[id])}" if id in self.texts else ""

    def _changed(self, before: Row, after: Row) -> str:
        told = (_COLUMNS[name](before.get(name), after[name]) for name in _COLUMNS if name in after)
        parts = [each for each in told if each]
        if "text" in after:
            parts.append(f"{_quote(before.get('text'))} → {_quote(after['text'])}")
        for end in (each for each in ("head", "tail") if each in after):
            parts.append(f"{end} {self._end(before.get(end))} → {self._end(after[end])}")
        return ", ".join(parts)

    def _decision(self, change: Change, changes: Sequence[Change]) -> str:
        """A verdict, where no change of an entity or relation in the same row tells it already."""
        before, after = (side.get("verdict") if side else None for side in (change.before, change.after))
        if after is None:
            return f"decision on {self._about(change.key)} taken back" if before else ""
        told = any(c.table != "decisions" for c in changes)
        stood = {before, after} <= {None, *_STANDING}
        if before == after or (told and stood):
            return ""
        word = _VERDICTS.get(after, after)
        if before is not None:
            return f"{_VERDICTS.get(before, before)} → {word}"
        via = _VIA.get((change.after or {}).get("via", ""), "")
        return f"{word} {self._about(change.key)}{via}"

    def _about(self, about: str) -> str:
        return _about(self.state.article.text, about)

    def _entity(self, row: Row) -> str:
        return f"{row.get('label', '')} {_quote(row.get('text'))}"

    def _relation(self, row: Row) -> str:
        return f"{self._end(row.get('head'))} —{row.get('label', '')}→ {self._end(row.get('tail'))}"

    def _end(self, id: str | None) -> str:
        return _quote(self.texts.get(id or ""))


def _about(text: str, about: str) -> str:
    """What a decision is about, with the words of the text."""
    value = json.loads(about)
    if value.get("kind") == "relation":
        head, tail = (_quote(joined(text, value[end]["spans"])) for end in ("head", "tail"))
        return f"{head} —{value['label']}→ {tail}"
    return f"{value['label']} {_quote(joined(text, value['spans']))}"


def _quote(text: str | None) -> str:
    return f"“{short(text or '?', _LONGEST)}”"


def _arrow(name: str) -> Callable[[Any, Any], str]:
    return lambda before, after: f"{name} {before} → {after}"


def _note(before: Any, after: Any) -> str:
    return f"note {_quote(after)}" if after else "note taken away"


def _link(before: Any, after: Any) -> str:
    return f"linked to {after}" if after else f"link to {before} taken away"


def _attributes(before: Any, after: Any) -> str:
    return f"attributes {compact(after)}" if after else "attributes taken away"


def _cluster(before: Any, after: Any) -> str:
    return "put with others of the same entity" if after else "taken from those of the same entity"


def _pieces(before: Any, after: Any) -> str:
    pieces = ", ".join(f"{start}-{end}" for start, end in after or ())
    return f"pieces {pieces}" if pieces else "in one piece"


def _copied(before: Any, after: Any) -> str:
    return "" if after else "no longer a copy"


_COLUMNS: Mapping[str, Callable[[Any, Any], str]] = {
    "label": _arrow("label"),
    "start": _arrow("start"),
    "end": _arrow("end"),
    "fragments": _pieces,
    "note": _note,
    "link": _link,
    "attributes": _attributes,
    "cluster": _cluster,
    "copy_of": _copied,
}
"""How a changed column is told, in this order; the others follow from these or say nothing to a person."""
