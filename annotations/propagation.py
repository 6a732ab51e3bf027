"""One label on the same words elsewhere, and back: finding the places, labelling them, taking the copies away.

Invariant: the places of one article do not overlap each other nor what is there with that label already; each says in
the article's own text, by code point, what would be labelled. A verb changes nothing, as in `annotations.edits`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Literal

import regex

from annotations.draft import Draft, Pen, what_else
from annotations.errors import Refused
from annotations.model import Change, Decision, Edit, Entity, Span, Suggestion, about_entity
from annotations.state import ArticleState, SpanIndex, conflict, contains
from annotations.text import Tokens
from annotations.wording import count, short

CONTEXT = 40
"""Code points of text that a place shows on each side, at most."""

PlaceKind = Literal["new", "suggested", "relabel", "replaces", "exception", "settled"]
"""What labelling a place comes to: a new entity, an accepted suggestion, an own entity with another label, one that
takes the place of others; or why it is not ticked: left out before, or in an article that is done."""


@dataclass(frozen=True, slots=True)
class Options:
    """Whether capital letters must agree, and whether a place must begin and end where a token does."""

    match_case: bool = True
    whole_words: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """The same words somewhere: article, its title, code points, the text there and around it; what labelling it comes
    to, in a few words for people; whether that is what one would want."""

    article: int
    title: str
    start: int
    end: int
    text: str
    before: str
    after: str
    kind: PlaceKind
    note: str
    ticked: bool

    @property
    def span(self) -> Span:
        """Its code points."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Found:
    """The places that were found, and whether there are more than were asked for."""

    places: tuple[Place, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """The words that are looked for and the label that they are to get. `origin` is the id of the entity of which the
    new ones are copies, "" while that is a suggestion."""

    text: str
    label: str
    origin: str = ""


# -- finding ------------------------------------------------------------------------------------------

_BREAK = r"(?:\r\n|[\n\x0b\x0c\r\x85\u2028])"
_BLANK = r"(?:[^\S\n\x0b\x0c\r\x85\u2028\u2029]|[\x1c-\x1f])"
_GAP = rf"(?={_BLANK}|{_BREAK}){_BLANK}*+{_BREAK}?+{_BLANK}*+"


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> regex.Pattern[str]:
    """Words with white space between them, of any length, in which one line may end but no paragraph."""
    return regex.compile(_GAP.join(map(regex.escape, words)))


def occurrences(text: str, sought: str, options: Options) -> Iterator[Span]:
    """Where the words of `sought` stand in a text: code points, in order, also where they overlap. Without
    `match_case` what is equal when case-folded is the same, so that "STRASSE" is found in "Straße"."""
    folded = text if options.match_case else text.casefold()
    words = (sought if options.match_case else sought.casefold()).split()
    if not words:
        return
    found = (match.span() for match in _pattern(tuple(words)).finditer(folded, overlapped=True))
    yield from found if len(folded) == len(text) else _unfolded(text, found)


def occurs(text: str, sought: str, options: Options) -> bool:
    """Whether the words stand anywhere in a text, within other words too."""
    return next(occurrences(text, sought, options), None) is not None


def _unfolded(text: str, found: Iterable[Span]) -> Iterator[Span]:
    """Places in a case-folded text as places in the text itself; one that begins or ends within what a single
    character became is none."""
    edges = [0, *accumulate(len(character.casefold()) for character in text)]
    for span in found:
        start, end = (bisect_left(edges, edge) for edge in span)
        if (edges[start], edges[end]) == span:
            yield start, end


def longest_word(sought: str) -> str:
    """The longest word of what is looked for: every text that has it all has that."""
    return max(sought.split(), key=len, default="")


def _on_tokens(tokens: Tokens, span: Span) -> bool:
    """Whether a range begins where a token does and ends where one does."""
    first, last = bisect_left(tokens.starts, span[0]), bisect_left(tokens.ends, span[1])
    return first < len(tokens) and last < len(tokens) and (tokens.starts[first], tokens.ends[last]) == span


def sought_by(state: ArticleState, key: str) -> Sought:
    """What a focused entity or pending suggestion has one look for. Refused when it is neither, or in pieces."""
    shown = state.shown(key)
    if shown is None:
        raise Refused("there is no entity here whose label could go elsewhere")
    if shown.fragments:
        raise Refused("an entity of several pieces has no copies elsewhere", key)
    text = state.article.text[shown.start : shown.end]
    if isinstance(shown, Suggestion):
        return Sought(text, shown.label)
    return Sought(text, shown.label, shown.copy_of or shown.id)


def places(state: ArticleState, key: str, options: Options) -> Found:
    """The other places of the focused words in this article, in reading order. Refused as `sought_by`."""
    shown, sought = state.shown(key), sought_by(state, key)
    own_place = [] if shown is None else [(shown.start, shown.end)]
    return Found(tuple(places_of(state, sought, options, own_place)))


def places_of(
    state: ArticleState, sought: Sought, options: Options, besides: Sequence[Span] = ()
) -> Iterator[Place]:
    """The places of some words in an article that do not have the label yet, in reading order; none in `besides`."""
    spans = [*occurrences(state.article.text, sought.text, options)]
    if options.whole_words:
        spans = [span for span in spans if _on_tokens(state.whole_tokens, span)]
    taken = SpanIndex()
    for index, span in enumerate(
        [*besides, *(s for s in spans if ((s,), sought.label) in state.ids_by_value)]
    ):
        taken.add(str(index), *span)
    end = 0
    for span in spans:
        if span[0] >= end and not taken.overlapping(*span):
            end = span[1]
            yield place_at(state, span, sought.label)


def place_at(state: ArticleState, span: Span, label: str) -> Place:
    """What labelling a range of an article comes to."""
    kind, note, ticked = _outcome(state, span, label)
    article, (start, end) = state.article, span
    text = article.text
    around = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    return Place(article.id, article.title, start, end, text[start:end], *around, kind, note, ticked)


def stands(place: Place, now: Place) -> bool:
    """Whether a place is still what it was when it was previewed, or by `now` free for any label."""
    return now.ticked or replace(now, ticked=place.ticked) == place


def elsewhere(place: Place, state: ArticleState) -> Place:
    """A place as it is listed from another article: in one that is done it is not ticked."""
    if not state.settled:
        return place
    note = "done" if place.kind == "new" else f"done, {place.note}"
    return replace(place, kind="settled", note=note, ticked=False)


def _outcome(state: ArticleState, span: Span, label: str) -> tuple[PlaceKind, str, bool]:
    decision = state.decisions.get(about_entity((span,), label))
    if decision is not None and decision.verdict == "rejected":
        by_hand = state.layer.title in decision.sources
        return "exception", "left out before" if by_hand else "rejected before", False
    own = state.own_over((span,))
    if own:
        return _over_own(state, span, label, own)
    offered = [s for s in map(state.suggestions.get, _pending_over(state, span)) if s is not None]
    if (same := _best(state, span, label)) is not None:
        return "suggested", "suggested" if same.label == label else f"suggested as {same.label}", True
    wider = next((s for s in offered if not contains((span,), s.spans)), None)
    if wider is None:
        return "new", "", True
    gives_way = conflict(state.schema.overlap, wider.value, ((span,), label))
    note = f"in “{short(wider.text)}”, suggested as {wider.label}"
    return "replaces" if gives_way else "new", note, False


def _over_own(
    state: ArticleState, span: Span, label: str, own: Sequence[Entity]
) -> tuple[PlaceKind, str, bool]:
    """What labelling comes to where the person has something already: nothing that is done unasked."""
    rivals = [e for e in own if conflict(state.schema.overlap, e.value, ((span,), label))]
    same = next((e for e in own if e.spans == (span,)), None)
    if not rivals:
        first = min(own, key=lambda e: (e.start, e.id))
        note = f"is {same.label} too" if same else f"beside {first.label} “{short(first.text)}”"
        return "new", note, False
    if same is not None and rivals == [same]:
        return "relabel", f"is {same.label} now", False
    if len(rivals) == 1:
        return "replaces", f"replaces {rivals[0].label} “{short(rivals[0].text)}”", False
    return "replaces", f"replaces {len(rivals)}", False


def _pending_over(state: ArticleState, span: Span) -> list[str]:
    """The pending suggestions of entities that meet a range, in reading order."""
    return [item.key for item in state.items_over(*span) if item.key in state.suggestions]


def _best(state: ArticleState, span: Span, label: str) -> Suggestion | None:
    """The pending suggestion of exactly this range: that of the label, else the first."""
    offered = [state.suggestions[key] for key in _pending_over(state, span)]
    same = [s for s in offered if s.spans == (span,)]
    return next((s for s in same if s.label == label), same[0] if same else None)


# -- labelling ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """What is to happen in one article: the places that get the label, and those that are to be left out for good."""

    state: ArticleState
    ticked: tuple[Span, ...]
    exceptions: tuple[Span, ...] = ()


def propagate(parts: Iterable[Part], pen: Pen, key: str) -> Edit:
    """Gives other places the label of the focused entity or suggestion, which it accepts, and remembers the exceptions
    as rejected: in one article or several, as one edit. The first part is the article of the focused one. Refused when
    there are neither places nor exceptions."""
    total, pen = _Total(), replace(pen, via="bulk")
    sought, focus, left_out = Sought("", ""), None, 0
    for part in parts:
        draft = Draft(part.state, pen)
        if not total.shas:
            sought, focus = _origin(draft, key)
        copied = [_copy(draft, span, sought) for span in part.ticked]
        left_out += sum([_leave_out(draft, span, sought.label) for span in part.exceptions])
        total.take(draft, sum(copied))
    if not total.copies and not left_out:
        raise Refused("no place is ticked that does not have the label: there is nothing to do", key)
    says = f"{sought.label} “{short(sought.text)}” "
    says += f"in {count(total.copies, 'more place')}" if total.copies else "nowhere else"
    also = f", {left_out} left out" if left_out else ""
    return total.edit(pen, "propagate", says, also, focus)


def _origin(draft: Draft, key: str) -> tuple[Sought, str]:
    """What is copied, and its id; a suggestion is accepted for it."""
    sought, shown = sought_by(draft.state, key), draft.state.shown(key)
    if not isinstance(shown, Suggestion):
        return sought, key
    id = draft.accept(shown)
    return replace(sought, origin=id), id


def _copy(draft: Draft, span: Span, sought: Sought) -> bool:
    """Labels a place; whether it did not have the label already."""
    if draft.find_entity(((span,), sought.label)) is not None:
        return False
    offered = _best(draft.state, span, sought.label)
    if offered is None:
        id = draft.add_entity(*span, sought.label)
    else:
        id = draft.accept(offered, **({} if offered.label == sought.label else {"label": sought.label}))
    draft.annotate(id, copy_of=sought.origin)
    return True


def _leave_out(draft: Draft, span: Span, label: str) -> bool:
    """Remembers that a place is not to have a label, as if it had been suggested there and rejected; whether that was
    not decided before."""
    state, pen, about = draft.state, draft.pen, about_entity((span,), label)
    known, offered = state.decisions.get(about), state.suggestions.get(about)
    if known is not None and known.verdict != "superseded":
        return False
    sources = (*(offered.sources if offered else ()), state.layer.title)
    draft.decisions.set(about, Decision(about, "rejected", None, pen.via, sources, pen.at, pen.ms))
    return True


class _Total:
    """What the drafts of several articles amount to together; the first is that in which the key was pressed."""

    def __init__(self) -> None:
        self.shas: list[str] = []
        self.changes: list[Change] = []
        self.copies, self.articles, self.replaced, self.dropped, self.reopened = 0, 0, 0, 0, 0

    def take(self, draft: Draft, copies: int) -> None:
        """Adds a finished draft, in which so many copies came or went."""
        changes, reopened = draft.close()
        self.shas.append(draft.state.article.sha256)
        self.changes += changes
        self.copies += copies
        self.articles += copies > 0
        self.replaced += draft.replaced
        self.dropped += draft.dropped_relations
        self.reopened += bool(reopened)

    def edit(self, pen: Pen, verb: str, says: str, also: str, focus: str | None) -> Edit:
        """All of it as one edit; `also` is said after the number of articles."""
        home = self.shas[0]
        away = any(change.article != home for change in self.changes)
        says += f" in {count(self.articles, 'article')}" if away and self.copies else ""
        says += also + what_else(self.replaced, self.dropped)
        says += f"; open again: {count(self.reopened, 'article')}" if self.reopened else ""
        changes = tuple(self.changes)
        return Edit(pen.new_id(), verb, pen.at, changes, says, focus, home if away else None)


# -- taking back --------------------------------------------------------------------------------------


def delete_copies(states: Iterable[ArticleState], pen: Pen, key: str) -> Edit:
    """Deletes an entity and every copy of it, or of what it is itself a copy of, that still stands as it was made; the
    one that was copied stays unless it is the focused one. One edit; the first article is that of the focused entity.
    Nothing is focused afterwards."""
    total = _Total()
    says, origin = "", ""
    for state in states:
        draft, doomed = Draft(state, replace(pen, via="bulk")), dict[str, None]()
        if not total.shas:
            origin, says = origin_of(state, key), _farewell(state, key)
            doomed[key] = None
        doomed |= dict.fromkeys(_copies_in(state, origin))
        for id in doomed:
            draft.drop_entity(id)
        total.take(draft, len(doomed) - (key in doomed))
    says += f" and {count(total.copies, 'copy')}" if total.copies else ", which had no copies"
    return total.edit(pen, "delete copies", says, "", None)


def _farewell(state: ArticleState, key: str) -> str:
    entity = state.entities[key]
    return f"deleted {entity.label} “{short(entity.text)}”"


def origin_of(state: ArticleState, key: str) -> str:
    """The id that the copies of an entity, or its fellow copies, name as theirs. Refused when it is no own entity."""
    if key not in state.entities:
        raise Refused("only an entity of yours has copies: a suggestion is rejected with d")
    entity = state.entities[key]
    return entity.copy_of or entity.id


def _copies_in(state: ArticleState, origin: str) -> list[str]:
    return [e.id for e in state.entities.values() if e.copy_of == origin]
