"""The reader's state of play: cursor, focus, mode and what part of the text is in view; no widget.

Invariant: `cursor` is a token of the current article; `focus` names something that is there now, or is None; the
line of the cursor is on screen after every command.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from annotations import navigator
from annotations.errors import QueryError, Refused
from annotations.hidden import Hidden
from annotations.model import Edit, Entity, Span, Suggestion
from annotations.queue import hits
from annotations.session import Session
from annotations.state import ArticleState, Item, overlaps
from annotations.store import Applied
from tui.card import Card
from tui.host import ReaderHost
from tui.loading import loading
from tui.preview import Preview
from tui.safe import safe
from tui.view import View

Mode = Literal["read", "select", "hints", "ask", "preview", "card"]

MANY_LABELS = 8
"""With more labels than this, colours alone no longer tell them apart: labels are shown in the text."""

RECENT = 5
"""How many labels count as used last."""


@dataclass(frozen=True, slots=True)
class Link:
    """LINK in progress: the pinned head, whether it is kept for several tails, the chosen type, and the relation and
    end to re-point where that is what is being done. `every` lets Tab visit illegal tails too; `same` says that what is
    chosen is another mention of the same entity, and no relation."""

    head: str
    keep: bool = False
    relation: str | None = None
    repoint: tuple[str, str] | None = None
    every: bool = False
    same: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """An edit that can be made again on something else, in these scopes."""

    scopes: tuple[str, ...]
    run: Callable[[Desk], None]


@dataclass
class Shown:
    """What has changed for the screen since it last looked: spans to draw anew, or everything."""

    everything: bool = True
    spans: list[Span] = field(default_factory=list)

    def take(self) -> tuple[list[Span], bool]:
        """The spans, and whether it is everything; nothing is left."""
        spans, everything = self.spans, self.everything
        self.spans, self.everything = [], False
        return spans, everything


class Desk:
    """One article being read and annotated. `width` and `height` are cells of the reading column; `by_halves`
    scrolls half a screen at a time."""

    def __init__(
        self, session: Session, host: ReaderHost, width: int = 80, height: int = 20, by_halves: bool = False
    ) -> None:
        self.session, self.host = session, host
        self.mode: Mode = "read"
        self.cursor = 0
        self.focus: str | None = None
        self.anchor: int | None = None
        self.pieces: tuple[Span, ...] = ()
        """The pieces collected in SELECT, without the present one."""
        self.exact: Span | None = None
        """A selection whose edges need not be those of tokens: one that was not moved stays as it is."""
        self.by_character = False
        self.reshaping: str | None = None
        self.growth: list[Span] = []
        self.link: Link | None = None
        self.hints: dict[str, str] = {}
        self.typed = ""
        self.recent: tuple[str, ...] = ()
        """The labels and relation types used last, the newest first."""
        self.preview: Preview | None = None
        self.card: Card | None = None
        self.edits_made = 0
        self.last: Act | None = None
        """What `.` does again."""
        self.hits: list[Span] = []
        self.carried = ""
        """The expression that is looked for in whichever article is opened, while all articles are searched."""
        self.said, self.warns = "", False
        self.warned: set[str] = set()
        self.shown = Shown()
        self.goal_column: int | None = None
        labels = len(session.config.schema.entities) > MANY_LABELS
        self.view = View(self.state, width, height, labels, by_halves)
        self.bind(from_the_place=True)

    # -- the article -----------------------------------------------------------------------------

    @property
    def state(self) -> ArticleState:
        """The current article."""
        return self.session.current()

    def open(self, article: int) -> None:
        """Goes to another article, to the place where the person was, else to its first pending item."""
        with loading():
            self.session.open(article)
            self.bind(from_the_place=True)

    def bind(self, from_the_place: bool = False) -> None:
        """Takes in that the session's state is another one; the cursor stays, in the row where it was, and so does
        the focus unless it is gone."""
        self.state.by_character = self.by_character
        row = 0 if from_the_place else self._row()
        self._bound = self.state
        if self.view.state is not self.state:
            self.view.bind(self.state)
        self.shown = Shown()
        if from_the_place:
            self.leave_modes()
            self.hits, self.view.top, self.cursor, self.focus = [], 0, 0, None
            self.warned = set()
            self._start()
            self._search_on()
        else:
            self._keep_row(row)
        self.keep_true()
        self.reveal()

    def _search_on(self) -> None:
        """Finds the hits of a search that goes on from article to article."""
        if self.carried:
            try:
                self.hits = hits(self.carried, self.state.article.text)
            except QueryError as error:
                self.say(f"/{safe(self.carried)}: {error}", warns=True)

    def _row(self) -> int:
        """How many lines below the top of the screen the cursor is."""
        return self.view.layout.line_of(self.offset) - self.view.top

    def _keep_row(self, row: int) -> None:
        """Scrolls so that the cursor is as far from the top as it was."""
        self.view.scroll_to(self.view.layout.line_of(self.offset) - row)

    def catch_up(self) -> None:
        """Takes in what happened to the session while another screen was shown, also that it is elsewhere now."""
        self.bind(from_the_place=self.state.article.id != self._bound.article.id)

    def _start(self) -> None:
        place = self.state.progress.place
        if place and len(self.state.tokens):
            self.go(self.state.tokens.at(place))
        elif (first := next((i for i in self.state.items if navigator.is_pending(i)), None)) is not None:
            self.focus_on(first.key)
        elif len(self.state.tokens):
            self.go(0)

    def keep_true(self) -> None:
        """Drops a focus, a selection or a pinned head that is not there any more."""
        self.cursor = max(0, min(self.cursor, len(self.state.tokens) - 1))
        if self.focus is not None and not self.exists(self.focus):
            self.focus = None
        if self.link is not None and not self._stands(self.link):
            self.link = None
        if self.reshaping is not None and not self.exists(self.reshaping):
            self.leave_modes()

    def _stands(self, link: Link) -> bool:
        return self.thing(link.head) is not None and (
            link.repoint is None or link.repoint[0] in self.state.relations
        )

    def exists(self, key: str) -> bool:
        """Whether a key names an entity, a pending suggestion, a relation, or a hidden suggestion that is shown."""
        return self.thing(key) is not None or self.ends(key) is not None

    # -- what is shown, with the hidden suggestions where they are ------------------------------------

    @property
    def hidden(self) -> Hidden:
        """The rejected suggestions and those set aside, as far as they are shown."""
        return self.view.hidden

    @property
    def items(self) -> Sequence[Item]:
        """All that can be focused, in reading order."""
        return self.hidden.among or self.state.items

    def item_of(self, key: str) -> Item | None:
        """The item of an entity, a pending suggestion or a hidden one that is shown."""
        return self.state.item(key) or self.hidden.by_key.get(key)

    def thing(self, key: str) -> Entity | Suggestion | None:
        """The entity or suggestion behind a key; None for relations, and for what is not shown."""
        return self.state.shown(key) or (self.state.suggestions.get(key) if key in self.hidden else None)

    def ends(self, key: str) -> navigator.Ends | None:
        """Head and tail of a relation, own or suggested; None for everything else, and for what is not shown."""
        return (navigator.link_ends if key in self.hidden else navigator.ends_of)(self.state, key)

    def _hidden_under(self, token: int) -> str | None:
        """The shortest hidden suggestion under a token, where they are shown."""
        if not self.hidden.items or not len(self.state.tokens):
            return None
        here, suggestions = self.state.tokens.span(token), self.state.suggestions
        under = [i for i in self.hidden.over(*here) if overlaps(suggestions[i.key].spans, (here,))]
        return min(under, key=lambda i: (i.end - i.start, i)).key if under else None

    # -- focus and cursor ------------------------------------------------------------------------

    @property
    def kind(self) -> str | None:
        """What is focused: `entity`, `suggestion`, `relation`, `link` (a suggested relation), or `hidden` (a
        suggestion of either that was rejected or set aside); None for nothing."""
        if self.focus is None:
            return None
        if self.focus in self.hidden:
            return "hidden"
        if self.focus in self.state.entities:
            return "entity"
        if self.focus in self.state.relations:
            return "relation"
        return "link" if self.focus in self.state.links else "suggestion"

    @property
    def scope(self) -> str:
        """The name of the key table that is in force."""
        if self.mode != "read":
            return self.mode
        if self.link is not None:
            return "same" if self.link.same else "head" if self.focus == self.link.head else "link"
        return "relation" if self.focus in self.state.relations or self.focus in self.state.links else "read"

    @property
    def offset(self) -> int:
        """The code point at which the cursor's token begins; 0 in a text without tokens."""
        return self.state.tokens.starts[self.cursor] if len(self.state.tokens) else 0

    @property
    def item(self) -> Entity | Suggestion | None:
        """The focused entity or suggestion."""
        return self.thing(self.focus) if self.focus else None

    def go(self, token: int, keep_column: bool = False) -> None:
        """Moves the cursor to a token; outside a selection the innermost item there gets the focus."""
        if not keep_column:
            self.goal_column = None
        self.cursor = max(0, min(token, len(self.state.tokens) - 1))
        if self.mode == "read" and (self.item is None or not self.lies_over(self.item)):
            under = navigator.innermost(self.state, self.cursor)
            self.set_focus(under or self._hidden_under(self.cursor))
        self.reveal()

    def lies_over(self, thing: Entity | Suggestion) -> bool:
        """Whether the cursor's token is in a piece of something, or shares a part with it."""
        return bool(len(self.state.tokens)) and overlaps(thing.spans, (self.state.tokens.span(self.cursor),))

    def focus_on(self, key: str) -> None:
        """Focuses something and moves the cursor to where it begins."""
        place = navigator.place_of(self.state, key)
        if place is None and (item := self.hidden.by_key.get(key)) is not None:
            place = self.state.tokens.at(item.start)
        if place is not None:
            self.goal_column = None
            self.cursor = place
            self.set_focus(key)
            self.reveal()

    def focus_on_item(self, item: Item) -> None:
        """Focuses an item; of a suggested relation, with the cursor on the end that comes later."""
        self.goal_column = None
        self.cursor = self.state.tokens.at(item.start)
        self.set_focus(item.key)
        self.reveal()

    def set_focus(self, key: str | None) -> None:
        """Focuses a key without moving the cursor."""
        if key != self.focus:
            self.session.focused()
        self.focus = key

    def leave_modes(self) -> None:
        """Back to READ; nothing selected, nothing pinned."""
        self.mode, self.link = "read", None
        self.drop_selection()
        self.hints, self.typed, self.preview, self.card = {}, "", None, None

    def drop_selection(self) -> None:
        """Forgets what was selected, and what was to be reshaped by it."""
        self.anchor, self.reshaping, self.exact, self.growth, self.pieces = None, None, None, [], ()

    @property
    def selection(self) -> Span | None:
        """The selected code points in SELECT, of several pieces the present one, which is the cursor's token until it
        is begun; None elsewhere."""
        if self.mode != "select":
            return None
        tokens = self.state.tokens
        first, last = sorted((self.cursor if self.anchor is None else self.anchor, self.cursor))
        start, end = tokens.hull(first, last)
        if self.exact is not None:
            was = tokens.covering(*self.exact)
            start = self.exact[0] if first == was[0] else start
            end = self.exact[1] if last == was[1] else end
        return start, end

    @property
    def selected(self) -> tuple[Span, ...]:
        """All pieces of the selection, the present one last."""
        return self.pieces if self.selection is None else (*self.pieces, self.selection)

    def set_unit(self, by_character: bool) -> None:
        """Makes the character, or the token, the unit of moving and selecting; cursor and selection stay where they
        are, as exactly as the unit allows."""
        held, item, forward = self.selection, self.item, self.anchor is None or self.cursor >= self.anchor
        here = self.state.tokens.span(self.cursor) if len(self.state.tokens) else (0, 0)
        begun, self.by_character = self.anchor is not None, by_character
        self.state.by_character = by_character
        tokens = self.state.tokens
        if held is not None and begun:
            first, last = tokens.covering(*held)
            self.anchor, self.cursor = (first, last) if forward else (last, first)
            self.exact = held
        else:
            inside = item is not None and here[0] < item.start < here[1]
            self.cursor = tokens.at(item.start if item is not None and inside else here[0])
        self.goal_column = None
        self.shown.everything = True
        self.reveal()

    # -- edits -----------------------------------------------------------------------------------

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        """Applies a verb, says what it did, and notes what must be drawn anew."""
        return self.take(lambda: self.session.do(verb, *arguments))

    def take(self, act: Callable[[], Edit]) -> Edit:
        """Has the session make an edit, says what it did, and notes what must be drawn anew."""
        try:
            edit = act()
        except Refused:
            if self.state is not self._bound:
                self.bind()
            raise
        self.edits_made += 1
        self.touch_edit(edit)
        self.say(edit.says)
        return edit

    def touch_edit(self, edit: Edit) -> None:
        """Has what an edit changed wrapped and drawn anew; everything, when others changed the article as well."""
        if self.state is not self._bound:
            self.bind()
            return
        row = self._row()
        if self.state.touched_all:
            self.view.touched_all()
            self.shown.everything = True
        else:
            self.shown.spans += self.view.touched(self.state.touched)
        self._keep_row(row)
        self.keep_true()
        self.reveal()

    def follow(self, applied: Applied, prefix: str) -> None:
        """Goes to where an undo or redo changed something, in whichever article, and says so."""
        other = self.state.article.id != self._bound.article.id
        if other:
            self.bind(from_the_place=True)
        else:
            self.touch_edit(applied.edit)
        self.leave_modes()
        ranked = _keys(applied, self.state.article.sha256)
        places = {key: navigator.place_of(self.state, key) for key in ranked if self.exists(key)}
        if places:
            self.focus_on(min(places, key=lambda key: (ranked[key], places[key] or 0)))
        else:
            self.set_focus(None)
            self._go_to_change(applied)
        where = f" in “{safe(self.state.article.title)}”" if other else ""
        self.say(f"{prefix}: {applied.says}{where}")

    def _go_to_change(self, applied: Applied) -> None:
        """To where something was that is gone now; of a relation, to its head."""
        here = self.state.article.sha256
        for change in (c for c in applied.edit.changes if c.article == here):
            row = change.before or change.after or {}
            if change.table == "entities" and "start" in row:
                self.go(self.state.tokens.at(row["start"]))
                self.set_focus(None)
                return
            if change.table == "relations" and row.get("head") in self.state.entities:
                self.focus_on(row["head"])
                return
            if change.table == "decisions" and change.key in self.state.suggestions:
                self.go(self.state.tokens.at(self.state.suggestions[change.key].start))
                self.set_focus(None)
                return

    def say(self, text: str, warns: bool = False) -> None:
        """Shows a sentence until the next command."""
        self.said, self.warns = text, warns

    # -- the view --------------------------------------------------------------------------------

    def show(self, **what: bool) -> None:
        """Turns `labels`, the `gloss` or one sentence a line (`by_sentence`) on or off."""
        self.view.show(**what)
        self.shown.everything = True
        self.reveal()

    def resize(self, width: int, height: int) -> None:
        """Takes a new size of the reading column; the line at the top and the cursor stay in view."""
        if self.view.resize(width, height):
            self.shown.everything = True
            self.reveal()

    def reveal(self) -> None:
        """Scrolls as little as shows the cursor's line with context."""
        self.view.reveal(self.offset)
        self.session.saw(*self.view.visible)

    def jump_codes(self) -> dict[int, str]:
        """The rest of each jump code that fits what was typed, by the code point over which it is drawn."""
        fitting = (
            (code, self.state.item(key)) for code, key in self.hints.items() if code.startswith(self.typed)
        )
        return {item.start: code[len(self.typed) :] for code, item in fitting if item is not None}

    def hits_between(self, start: int, end: int) -> list[Span]:
        """The hits of the search that meet `[start, end)`."""
        first = max(0, bisect_left(self.hits, (start, start)) - 1)
        return [hit for hit in self.hits[first : bisect_left(self.hits, (end, end))] if hit[1] > start]

    def pending_beyond(self) -> tuple[int, int]:
        """How many pending suggestions lie above and below the screen."""
        start, end = self.view.visible
        pending = self.state.pending
        return bisect_left(pending, (start,)), len(pending) - bisect_left(pending, (end,))

    def used(self, name: str) -> None:
        """Notes a label or relation type as the one used last."""
        self.recent = (name, *(each for each in self.recent if each != name))[:RECENT]

    def pin(self, **changes: Any) -> None:
        """Changes the LINK in progress."""
        if self.link is not None:
            self.link = replace(self.link, **changes)


def _keys(applied: Applied, article: str) -> dict[str, int]:
    """What can be focused after an undo or redo in the article with that SHA-256, with its rank, the best lowest: what
    the edit itself focused, what was the head of a relation that is gone, then what changed."""
    order = {"entities": 1, "relations": 2, "decisions": 3, "progress": 4}
    changes = [c for c in applied.edit.changes if c.article == article]
    heads = {c.before["head"] for c in changes if c.table == "relations" and c.before and c.after is None}
    found = {c.key: order[c.table] for c in changes if c.after is not None or c.table == "decisions"}
    for change in changes:
        if change.table == "decisions" and (change.before or {}).get("result") in heads:
            found[change.key] = 0
    return found | ({applied.edit.focus: -1} if applied.edit.focus else {})
