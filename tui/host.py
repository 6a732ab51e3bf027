"""What the controllers of reader and library ask of the screens around them.

Invariant: these are protocols: a controller works with any object that has these methods, a test's stub as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a picker: what it is, a few words about it, and its value; the ids of the commands that do the same,
    whose keys are shown. `group` is the heading it stands under, `words` are more by which it is found."""

    text: str
    detail: str
    value: Any
    commands: tuple[str, ...] = ()
    group: str = ""
    words: str = ""


class Host(Protocol):
    """What every controller asks of the screen around it."""

    def prompt(
        self,
        title: str,
        value: str,
        then: Callable[[str], None],
        live: Callable[[str], None] | None = None,
        cancel: Callable[[], None] | None = None,
    ) -> None:
        """Asks for one line of text; `then` gets it on Enter, `live` at every change; `cancel` is called on Escape."""

    def pick(self, title: str, choices: Sequence[Choice], then: Callable[[Any], None]) -> None:
        """Lets the person choose by typing a part of a name; `then` gets the value."""

    def show_help(self) -> None:
        """Shows the keys of the present mode."""

    def show_palette(self) -> None:
        """Offers every command by name."""

    def reload(self) -> None:
        """Reads config.yaml anew."""

    def toggle_theme(self) -> None:
        """Changes between dark and light."""

    def copy(self, text: str) -> None:
        """Puts a text on the clipboard."""

    def redraw(self) -> None:
        """Draws the whole screen again."""

    def interrupt(self) -> None:
        """Says what leaves here."""

    def suspend(self) -> None:
        """Goes back to the shell until the person returns."""


class ReaderHost(Host, Protocol):
    """What the desk asks beside that."""

    def show_library(self) -> None:
        """Leaves the article for the list of articles."""

    def toggle_pane(self) -> None:
        """Shows or hides the side pane."""

    def start_tour(self) -> None:
        """Names the first keys, one after the other."""


class ShelfHost(Host, Protocol):
    """What the shelf asks beside that."""

    def open_article(self, article: int) -> None:
        """Opens an article in the reader."""

    def quit(self) -> None:
        """Ends the app."""
