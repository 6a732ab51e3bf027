"""The reader's state of play: cursor, focus, mode and what part of the text is in view; no widget.

Invariant: `cursor` is a token of the current article; `focus` names something that is there now, or is None; the
line of the cursor is on screen after every command.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from annotations import navigator
from annotations.errors import Refused
from annotations.model import Edit, Entity, Span, Suggestion
from annotations.session import Session
from annotations.state import ArticleState, Item
from annotations.store import Applied
from tui.host import ReaderHost
from tui.loading import loading
from tui.safe import safe
from tui.view import View

Mode = Literal["read", "select", "hints", "ask"]

MANY_LABELS = 8
"""With more labels than this, colours alone no longer tell them apart: labels are shown in the text."""


@dataclass(frozen=True, slots=True)
class Link:
    """LINK in progress: the pinned head, whether it is kept for several tails, the chosen type, and the relation and
    end to re-point where that is what is being done. `every` lets Tab visit illegal tails too."""

    head: str
    keep: bool = False
    relation: str | None = None
    repoint: tuple[str, str] | None = None
    every: bool = False


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
        self.reshaping: str | None = None
        self.growth: list[Span] = []
        self.link: Link | None = None
        self.hints: dict[str, str] = {}
        self.typed = ""
        self.hits: list[Span] = []
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
        else:
            self._keep_row(row)
        self.keep_true()
        self.reveal()

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
        return self.state.shown(link.head) is not None and (
            link.repoint is None or link.repoint[0] in self.state.relations
        )

    def exists(self, key: str) -> bool:
        """Whether a key names an entity, a pending suggestion or a relation."""
        return self.state.shown(key) is not None or navigator.ends_of(self.state, key) is not None

    # -- focus and cursor ------------------------------------------------------------------------

    @property
    def kind(self) -> str | None:
        """What is focused: `entity`, `suggestion`, `relation` or `link` (a suggested relation); None for nothing."""
        if self.focus is None:
            return None
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
            return "link"
        return "relation" if self.kind in ("relation", "link") else "read"

    @property
    def offset(self) -> int:
        """The code point at which the cursor's token begins; 0 in a text without tokens."""
        return self.state.tokens.starts[self.cursor] if len(self.state.tokens) else 0

    @property
    def item(self) -> Entity | Suggestion | None:
        """The focused entity or suggestion."""
        return self.state.shown(self.focus) if self.focus else None

    def go(self, token: int, keep_column: bool = False) -> None:
        """Moves the cursor to a token; outside a selection the innermost item there gets the focus."""
        if not keep_column:
            self.goal_column = None
        self.cursor = max(0, min(token, len(self.state.tokens) - 1))
        if self.mode == "read":
            held = self.item
            start, end = self.state.tokens.span(self.cursor) if len(self.state.tokens) else (0, 0)
            if held is None or not any(s < end and e > start for s, e in held.spans):
                self.set_focus(navigator.innermost(self.state, self.cursor))
        self.reveal()

    def focus_on(self, key: str) -> None:
        """Focuses something and moves the cursor to where it begins."""
        place = navigator.place_of(self.state, key)
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
        self.mode, self.anchor, self.reshaping, self.link = "read", None, None, None
        self.hints, self.typed, self.growth = {}, "", []

    @property
    def selection(self) -> Span | None:
        """The selected code points in SELECT, None elsewhere."""
        if self.mode != "select" or self.anchor is None:
            return None
        first, last = sorted((self.anchor, self.cursor))
        return self.state.tokens.hull(first, last)

    # -- edits -----------------------------------------------------------------------------------

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        """Applies a verb, says what it did, and notes what must be drawn anew."""
        try:
            edit = self.session.do(verb, *arguments)
        except Refused:
            if self.state is not self._bound:
                self.bind()
            raise
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
        key = next((k for k in _keys(applied) if self.exists(k)), None)
        if key is not None:
            self.focus_on(key)
        else:
            self.set_focus(None)
            self._go_to_change(applied)
        where = f" in “{safe(self.state.article.title)}”" if other else ""
        self.say(f"{prefix}: {applied.says}{where}")

    def _go_to_change(self, applied: Applied) -> None:
        """To where something was that is gone now; of a relation, to its head."""
        for change in applied.edit.changes:
            row = change.before or change.after or {}
            if change.table == "entities" and "start" in row:
                self.go(self.state.tokens.at(row["start"]))
                self.set_focus(None)
                return
            if change.table == "relations" and row.get("head") in self.state.entities:
                self.focus_on(row["head"])
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

    def pin(self, **changes: Any) -> None:
        """Changes the LINK in progress."""
        if self.link is not None:
            self.link = replace(self.link, **changes)


def _keys(applied: Applied) -> list[str]:
    """What to focus after an undo or redo, best first: what the edit itself focused, then what it changed."""
    order = {"entities": 0, "relations": 1, "decisions": 2, "progress": 3}
    changes = sorted(applied.edit.changes, key=lambda c: order[c.table])
    changed = [c.key for c in changes if c.after is not None or c.table == "decisions"]
    return [applied.edit.focus, *changed] if applied.edit.focus else changed
