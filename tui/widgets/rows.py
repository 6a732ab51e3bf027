"""A widget that draws ready rows, and the row itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, zip_longest
from operator import is_not, ne, or_

import regex
from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from tui.widgets.drawn import Drawn, filled, width_of

NEXT = "\0"
"""Before a character in a cell that is not its first."""

APART = 12
"""Equal cells between two differing runs from which it is shorter to send both than what is between them as well."""

plain = regex.compile(
    "[ -~\xa1-\xac\xae-\u02ff\u0370-\u0373\u2010-\u2027\u2190-\u21ff\u2500-\u259f]*"
).fullmatch
"""Whether a text is of characters that take a cell each; most are."""

clusters = regex.compile(r"\X").findall
"""What people take for one character each, in the order of a text."""

Row = tuple[tuple[str, Style], ...]
"""Pieces of text with their styles, from left to right; the text is safe to draw."""


def cells(row: Iterable[tuple[str, Style]]) -> int:
    """The width of a row in cells."""
    return sum([width_of(text) for text, _ in row])


def fit(text: str, width: int) -> str:
    """A text cut to a width in cells, with an ellipsis where it was longer; what people take for one character is not
    cut apart."""
    if width_of(text) <= width:
        return text
    cut = ""
    for cluster in clusters(text):
        if cell_len(cut + cluster) > width - 1:
            break
        cut += cluster
    return f"{cut}…" if width > 0 else ""


def clip(row: Iterable[tuple[str, Style]], width: int) -> Row:
    """A row cut to a width in cells."""
    found: list[tuple[str, Style]] = []
    for text, style in row:
        fitting = fit(text, width)
        width -= width_of(fitting)
        found.append((fitting, style))
    return tuple(found)


def differing(before: Row, after: Row, blank: Style, width: int) -> Iterator[tuple[int, int]]:
    """The runs of cells, from and to, in which two rows differ; runs with few equal cells between them are one. They
    begin and end between characters of both rows."""
    (texts, styles), (other_texts, other_styles) = (_cells(row, blank, width) for row in (before, after))
    unlike = map(or_, map(ne, texts, other_texts), map(is_not, styles, other_styles))
    run: tuple[int, int] | None = None
    for x in compress(range(width), unlike):
        if run is not None and x - run[1] > APART:
            yield run
            run = None
        run = (run[0] if run else x, x + 1)
    if run is not None:
        yield run


def _cells(row: Row, blank: Style, width: int) -> tuple[list[str], list[Style]]:
    """What stands in each cell of a row, filled up to a width, and in which style; in the second cell of a wide
    character the same with a mark, since that cell changes with the first."""
    texts: list[str] = []
    styles: list[Style] = []
    for text, style in row:
        if plain(text):
            texts += text
        else:
            for first, end, size in split_graphemes(text)[0]:
                cluster = text[first:end]
                texts += [NEXT * index + cluster for index in range(size)]
                if not size and texts:
                    texts[-1] += cluster
        styles += [style] * (len(texts) - len(styles))
    room = width - len(texts)
    return (texts + [" "] * room)[:width], (styles + [blank] * room)[:width]


class Rows(Drawn):
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
            self.redraw()
            return
        for y, (before, after) in enumerate(zip_longest(old, new, fillvalue=())):
            if before != after:
                for first, end in differing(before, after, self.blank, self.size.width):
                    self.redraw(Region(first, y, end - first, 1))

    def segments(self, y: int) -> Sequence[Segment]:
        """A row filled up, or cut, to the width."""
        row = self.rows[y] if y < len(self.rows) else ()
        pieces = (Segment(text, style) for text, style in row)
        return filled(pieces, cells(row), self.size.width, self.blank)
