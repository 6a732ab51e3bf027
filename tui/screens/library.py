"""The library: the queue with date, title, state, counts and who. Wiring only; the rules are in `tui.shelf`."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.events import Resize

from annotations.errors import PostilError
from annotations.store import Row as Line
from tui.keys import Dispatcher
from tui.looks import Looks
from tui.safe import safe
from tui.screens.base import KeyedScreen
from tui.shelf import Shelf, articles
from tui.widgets.rows import Row, Rows, cells, clip, fit

SIGNS = {"open": "·", "done": "✓", "skipped": "–"}
"""State of an article, told without colour."""


class LibraryScreen(KeyedScreen):
    """Shows a shelf and gives it the keys."""

    CSS_PATH = "reader.tcss"

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(dispatcher)
        self.shelf: Shelf | None = None
        self.header, self.list = Rows(id="header"), Rows(id="pane")

    def compose(self) -> ComposeResult:
        """Header, list, message or prompt, strip; the overlay above."""
        yield self.header
        yield self.list
        yield self.message
        yield self.input
        yield self.strip
        yield self.overlay

    @property
    def scope(self) -> str:
        """The library has one key table."""
        return "library"

    @property
    def controller(self) -> Shelf:
        """The shelf."""
        if self.shelf is None:
            raise PostilError("the list is not there yet")
        return self.shelf

    def say(self, text: str, warns: bool = False) -> None:
        """Shows a sentence in the message row."""
        if self.shelf is not None:
            self.shelf.say(text, warns)

    @property
    def spoken(self) -> tuple[str, bool]:
        """What the shelf says."""
        return (self.shelf.said, self.shelf.warns) if self.shelf is not None else ("", False)

    def open_article(self, article: int) -> None:
        """Opens an article in the reader."""
        self.postil.open_reader(article)

    def quit(self) -> None:
        """Ends the app."""
        self.postil.leave()

    def on_resize(self, event: Resize) -> None:
        """Fits the rows to the new size."""
        self.call_after_refresh(self.sync)

    def draw(self) -> None:
        """Brings every row up to date with the shelf."""
        shelf, looks, width = self.shelf, self.postil.looks, self.size.width
        if shelf is None or not self.list.size.height:
            return
        shelf.resize(self.list.size.height)
        self.header.show([_header(shelf, looks, width)], looks.bar)
        rows = [_row(line, shelf, looks, width, shelf.top + y) for y, line in enumerate(shelf.visible())]
        self.list.show(rows or [_nothing(shelf, looks, width)], looks.base)
        style = looks.alarm if shelf.warns else looks.bar_strong
        self.message.show([((fit(f" {safe(shelf.said)}", width), style),)], looks.bar)
        place = f" {shelf.index + 1 if shelf.session.queue else 0} of {len(shelf.session.queue)}"
        self.strip.show([((place, looks.bar_faint),), self.keys_row()], looks.bar)


def _header(shelf: Shelf, looks: Looks, width: int) -> Row:
    session = shelf.session
    left = f" {safe(session.config.name)}  {safe(session.layer.name)}"
    done, listed = f"{session.settled} of {session.size} done", articles(len(session.queue))
    of_all = len(session.queue) == session.size
    counts = done if of_all else f"{listed} · {done}"
    room = max(0, width - cell_len(left + counts) - 6)
    right = f"{fit(safe(session.query), room)} · {counts} " if session.query and room else f"{counts} "
    right = fit(right, max(0, width - cell_len(left) - 2))
    gap = " " * max(0, width - cells([(left, looks.bar), (right, looks.bar)]))
    return ((fit(left, width), looks.bar_strong), (gap, looks.bar), (right, looks.bar_faint))


def _nothing(shelf: Shelf, looks: Looks, width: int) -> Row:
    words = (
        "no article answers this query; Esc shows all"
        if shelf.session.query
        else "no articles yet: postil import"
    )
    return ((fit(f"  {words}", width), looks.faint),)


def _row(line: Line, shelf: Shelf, looks: Looks, width: int, place: int) -> Row:
    chosen = place == shelf.index
    style = looks.focus if chosen else looks.base
    faint = looks.focus if chosen else looks.faint
    mark = "▸" if chosen else " "
    flag = "⚑" if line.flagged else " "
    left = f"{mark}{SIGNS[line.status]}{flag} "
    date = f"{line.date or '':<10}  " if width >= 60 else ""
    counts = _counts(line, width)
    room = max(4, width - len(left) - len(date) - len(counts) - 1)
    title = fit(safe(line.title), room)
    pad = " " * max(0, room - cells([(title, style)]))
    return clip([(left, style), (date, faint), (title, style), (f"{pad} {counts}", faint)], width)


def _counts(line: Line, width: int) -> str:
    """Own entities, relations and what is suggested, as wide as there is room."""
    waiting = f"{line.suggested}?" if line.suggested and line.status == "open" else ""
    if width < 50:
        return f"{waiting:>5}"
    who = f" {fit(safe(', '.join(line.who)), 12):<12}" if width >= 90 else ""
    return f"{line.entities:>4} ent {line.relations:>3} rel {waiting:>5}{who}"
