"""The keys of a mode, from the command table, with the keys as they are in this project."""

from __future__ import annotations

import textwrap

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.events import Resize

from tui.commands import Command
from tui.keys import Bound, Dispatcher, Keymap
from tui.looks import Looks
from tui.panels import sign, with_keys
from tui.safe import safe
from tui.screens.base import KeyedScreen
from tui.widgets.rows import Row, Rows, clip, fit

WIDEST_KEYS = 22
"""Cells that the keys of a command may take."""

NAMES = {
    "read": "READ",
    "relation": "on a relation",
    "select": "SELECT",
    "link": "LINK",
    "head": "LINK, on the head",
    "same": "SAME",
    "hints": "JUMP",
    "ask": "DONE",
    "preview": "PREVIEW",
    "card": "a card",
    "library": "the library",
}
"""What the key tables are called on the screen."""


ABOUT = {
    "read": "READ is where you begin. {next-item} goes from one suggestion to the next: {accept} accepts, {reject}"
    " rejects, a label's key says what it really is; {done} settles the article. For example: {next-item} {accept}"
    " {accept} {reject} {done}",
    "relation": "You are on a relation. A type's key changes its type, {swap} turns it round, {delete} deletes it;"
    " {leave} leads back to the text. For example: {relations} {next-relation} {swap}",
    "select": "SELECT marks a span. Move its end, {switch-end} takes the other one, a label's key labels it; {leave}"
    " leaves without a change. For example: {select} {next-token} {next-token} and a label's key",
    "link": "LINK makes a relation that begins at the pinned head. {next-item} visits the ends that are legal, a type's"
    " key or {confirm} relates; {leave} leaves. For example: {relate} {next-item} {confirm}",
    "head": "LINK makes a relation that begins here. Choose the other end ({next-item}) or first the type: its key,"
    " or {confirm} for the list; {leave} leaves. For example: {relate} {next-item} {confirm}",
    "same": "SAME says that two mentions name the same entity. {next-item} visits the others; {leave} leaves.",
    "hints": "JUMP shows letters on the items in view: type those of one to go there; {leave} leaves.",
    "ask": "DONE asks what becomes of the suggestions that nobody has decided: {ask-accept} accepts them, {ask-reject}"
    " rejects them, {ask-leave} leaves them unknown; {leave} goes back and settles nothing.",
    "preview": "PREVIEW shows what an edit would do, line by line. {preview-tick} takes a line out or in,"
    " {preview-apply} makes the edit, {preview-leave} leaves with nothing changed.",
    "card": "The card shows what is known about one thing; it changes nothing. {card-down} and {card-up} move it,"
    " {card-close} takes it away.",
    "library": "The library lists the articles. {open} opens one, {next-open-row} goes to the next open one, {filter}"
    " shows those that answer a query; {exit} ends postil. For example: {next-open-row} {open}",
}
"""What each mode is, how to leave it, and what one typically presses; {id} stands for a key of that command."""


class HelpScreen(KeyedScreen):
    """Lists the commands of a scope; closed by Esc."""

    CSS_PATH = "reader.tcss"

    def __init__(self, dispatcher: Dispatcher, about: str) -> None:
        super().__init__(dispatcher)
        self.about = about
        self.top = 0
        self.words = ""
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

    @property
    def spoken(self) -> tuple[str, bool]:
        """What is shown; help never warns."""
        return self.said, False

    def move(self, step: int) -> None:
        """Up or down by rows."""
        self.top = max(0, min(self.top + step, len(self._rows()) - 1))

    def _rows(self) -> list[Row]:
        return rows(self.dispatcher.keymap, self.postil.looks, self.about, self.size.width, self.words)

    def page(self, step: int) -> None:
        """Up or down by a screen."""
        self.move(step * max(1, self.body.size.height - 1))

    def edge(self, end: bool) -> None:
        """To the beginning or the end."""
        self.move(10_000 if end else -10_000)

    def ask_search(self) -> None:
        """Asks for words, and shows the keys whose explanation has them."""
        self.prompt("words", self.words, self._narrow, self._narrow, lambda: self._narrow(""))

    def _narrow(self, words: str) -> None:
        self.words, self.top = words, 0

    def close(self) -> None:
        """Back to where help was asked for."""
        self.app.pop_screen()

    def on_resize(self, event: Resize) -> None:
        """Fits the rows to the new size."""
        self.call_after_refresh(self.sync)

    def draw(self) -> None:
        """Shows the part of the list that is in view."""
        looks = self.postil.looks
        found = self._rows()
        self.body.show(found[self.top : self.top + self.body.size.height], looks.base)
        self.message.show([((f" {self.said}", looks.bar_faint),)], looks.bar)
        keys = with_keys(self.dispatcher.keymap, "{row-down} {row-up} {rows-down}")
        more = f" {len(found)} lines, {keys}"
        self.strip.show([((more, looks.bar_faint),), self.keys_row()], looks.bar)


def rows(keymap: Keymap, looks: Looks, scope: str, width: int, words: str = "") -> list[Row]:
    """What a scope is, and its commands by group, each with its keys and what it does; with words, only the commands
    that have them."""
    found: list[Row] = [((f" Keys: {NAMES.get(scope, scope)}", looks.strong),)]
    about = textwrap.wrap(with_keys(keymap, ABOUT.get(scope, "")), max(20, width - 2))
    found += [((f" {line}", looks.base),) for line in about if not words]
    listed = [
        (bound.command, _keys(keymap, bound)) for bound in keymap.bound if scope in bound.command.scopes
    ]
    listed = [(command, keys) for command, keys in listed if keys and _has(command, keys, words)]
    size = min(WIDEST_KEYS, max((cell_len(keys) for _, keys in listed), default=0))
    group = ""
    for command, keys in listed:
        if command.group != group:
            group = command.group
            found += [((" ", looks.base),), ((f" {group}", looks.strong),)]
        for line in textwrap.wrap(safe(command.help), max(20, width - size - 4)):
            pad = " " * (size - cell_len(keys))
            row = ((f"  {keys}{pad} ", looks.key_on_paper), (line, looks.base))
            found.append(clip(row, width))
            keys = ""
    return found


def _keys(keymap: Keymap, bound: Bound) -> str:
    """The keys of a command, as many of them as there is room for; its name in the list of commands if it has none."""
    keys = [sign(" ".join(sequence)) for sequence in bound.sequences]
    if not keys:
        by_name = set(bound.command.scopes) & set(keymap.commands["commands"].scopes)
        return fit(f"{with_keys(keymap, '{commands}')} {bound.command.title}", WIDEST_KEYS) if by_name else ""
    while len(keys) > 1 and cell_len("  ".join(keys)) > WIDEST_KEYS:
        keys.pop()
    return fit("  ".join(keys), WIDEST_KEYS)


def _has(command: Command, keys: str, words: str) -> bool:
    text = f"{command.help} {command.id} {keys}".casefold()
    return all(word in text for word in words.casefold().split())
