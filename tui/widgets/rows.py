"""A widget that draws ready rows, and the row itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile, zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Row = tuple[tuple[str, Style], ...]
"""Pieces of text with their styles, from left to right; the text is safe to draw."""


def cells(row: Iterable[tuple[str, Style]]) -> int:
    """The width of a row in cells."""
    return sum(cell_len(text) for text, _ in row)


def fit(text: str, width: int) -> str:
    """A text cut to a width in cells, with an ellipsis where it was longer."""
    if cell_len(text) <= width:
        return text
    cut = ""
    for character in text:
        if cell_len(cut + character) > width - 1:
            break
        cut += character
    return f"{cut}…" if width > 0 else ""


def _common(a: Row, b: Row) -> Row:
    """The pieces with which both rows begin."""
    return tuple(x for x, _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


class Rows(Widget):
    """Draws the rows that it is given, one a line; only lines that changed are drawn anew."""

    DEFAULT_CSS = "Rows { height: 1; }"

    def __init__(self, style: Style = Style(), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.blank = style
        self.rows: tuple[Row, ...] = ()

    def show(self, rows: Sequence[Row], style: Style | None = None) -> None:
        """Shows these rows from the top; the rest is blank in `style`."""
        old, new = self.rows, tuple(rows)
        self.rows = new
        if style is not None and style != self.blank:
            self.blank = style
            self.refresh()
            return
        width = self.size.width
        for y, (before, after) in enumerate(zip_longest(old, new, fillvalue=())):
            if before != after:
                same = cells(_common(before, after))
                self.refresh(Region(same, y, max(0, width - same), 1))

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        if y >= len(self.rows):
            return Strip.blank(self.size.width, self.blank)
        strip = Strip([Segment(text, style) for text, style in self.rows[y]])
        return strip.adjust_cell_length(self.size.width, self.blank)
