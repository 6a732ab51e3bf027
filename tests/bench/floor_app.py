"""The floor: a Textual app of one widget, whose `l` repaints one line and whose `p` repaints them all.

Run it with the text to show as its argument.
"""

from __future__ import annotations

import sys

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.events import Key
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

PLAIN, MARKED = Style.parse("#e0e0e0 on #121212"), Style.parse("#101010 on #56b4e9")
PIECES = 8
"""Pieces of a line that have a look of their own, as an article with entities has."""


class Lines(Widget, can_focus=True):
    """A screen full of text."""

    turn = 0

    def on_key(self, event: Key) -> None:
        """Repaints one line or all."""
        if event.key == "l":
            self.turn += 1
            self.refresh(Region(0, self.turn % max(1, self.size.height), self.size.width, 1))
        elif event.key == "p":
            self.turn += 1
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line whose marked pieces depend on the turn."""
        width = self.size.width
        text = (sys.argv[1] if y == 0 else f"{y * 37 + self.turn} lines of some text to read ").ljust(
            width, "."
        )
        step = max(1, width // PIECES)
        pieces = [text[i : i + step] for i in range(0, width, step)]
        styles = [MARKED if y and (i + self.turn) % 2 else PLAIN for i in range(len(pieces))]
        return Strip([Segment(*pair) for pair in zip(pieces, styles, strict=True)], width)


class Floor(App[None]):
    """The widget and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        """One widget."""
        yield Lines()


if __name__ == "__main__":
    Floor().run(mouse=False)
