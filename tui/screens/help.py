"""The keys of a mode, from the command table, with the keys as they are in this project."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Resize

from tui.keys import Dispatcher, Keymap
from tui.looks import Looks
from tui.panels import sign, verbs_row
from tui.screens.base import KeyedScreen
from tui.widgets.rows import Row, Rows, fit

NAMES = {
    "read": "READ",
    "relation": "on a relation",
    "select": "SELECT",
    "link": "LINK",
    "hints": "JUMP",
    "ask": "DONE",
    "library": "the library",
}
"""What the key tables are called on the screen."""


class HelpScreen(KeyedScreen):
    """Lists the commands of a scope; closed by Esc."""

    CSS_PATH = "reader.tcss"

    def __init__(self, dispatcher: Dispatcher, about: str) -> None:
        super().__init__(dispatcher)
        self.about = about
        self.top = 0
        self.said = ""
        self.body = Rows(id="pane")

    def compose(self) -> ComposeResult:
        """The list and the strip."""
        yield self.body
        yield self.message
        yield self.input
        yield self.strip
        yield self.overlay

    @property
    def scope(self) -> str:
        """Help has a key table of its own."""
        return "help"

    @property
    def controller(self) -> HelpScreen:
        """The screen moves itself."""
        return self

    def say(self, text: str, warns: bool = False) -> None:
        """Shows a sentence in the message row."""
        self.said = text

    def move(self, step: int) -> None:
        """Up or down by rows."""
        last = len(rows(self.dispatcher.keymap, self.postil.looks, self.about, self.size.width)) - 1
        self.top = max(0, min(self.top + step, last))

    def page(self, step: int) -> None:
        """Up or down by a screen."""
        self.move(step * max(1, self.body.size.height - 1))

    def edge(self, end: bool) -> None:
        """To the beginning or the end."""
        self.move(10_000 if end else -10_000)

    def close(self) -> None:
        """Back to where help was asked for."""
        self.app.pop_screen()

    def on_resize(self, event: Resize) -> None:
        """Fits the rows to the new size."""
        self.call_after_refresh(self.sync)

    def draw(self) -> None:
        """Shows the part of the list that is in view."""
        looks, width = self.postil.looks, self.size.width
        found = rows(self.dispatcher.keymap, looks, self.about, width)
        self.body.show(found[self.top : self.top + self.body.size.height], looks.base)
        self.message.show([((f" {self.said}", looks.bar_faint),)], looks.bar)
        more = f" {len(found)} lines, j k PgUp PgDn"
        self.strip.show(
            [((more, looks.bar_faint),), verbs_row(self.dispatcher.keymap, "help", self, looks, width)],
            looks.bar,
        )


def rows(keymap: Keymap, looks: Looks, scope: str, width: int) -> list[Row]:
    """The commands of a scope by group, each with its keys and what it does."""
    found: list[Row] = [((f" Keys: {NAMES.get(scope, scope)}", looks.strong),)]
    group = ""
    for bound in keymap.bound:
        if scope not in bound.command.scopes or not bound.sequences:
            continue
        if bound.command.group != group:
            group = bound.command.group
            found += [((" ", looks.base),), ((f" {group}", looks.strong),)]
        keys = "  ".join(sign(" ".join(sequence)) for sequence in bound.sequences)
        found.append(
            ((f"  {keys:<16} ", looks.key_on_paper), (fit(bound.command.help, width - 20), looks.base))
        )
    return found
