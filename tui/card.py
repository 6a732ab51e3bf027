"""A card: lines to read over the text, scrolled and closed and nothing else. Pure: no widget.

Invariant: a card takes at most its `height` in rows, title included, and no row is wider than `width`; `top` is a row
from which the last row of the card is never further up than the bottom. Every string goes through `safe`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len

from tui.looks import Looks
from tui.safe import safe
from tui.widgets.rows import Row, cells, clip, fit

Tone = Literal["plain", "strong", "faint"]

ROWS_A_LINE = 12
"""Rows that one line takes at most; what is longer ends with an ellipsis."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a card: `lead` stands before it and the rows below hang under `text`. An empty one is a gap."""

    text: str = ""
    lead: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Card:
    """Lines under a title, in `width` by `height` cells; `top` is the first row that is shown. One that is `at_end`
    stays there, in whatever size, until it is scrolled."""

    title: str
    lines: tuple[Line, ...]
    width: int = 80
    height: int = 20
    top: int = 0
    at_end: bool = False

    @property
    def room(self) -> int:
        """Rows for lines, under the title."""
        return max(1, self.height - 1)

    @property
    def size(self) -> int:
        """Rows that all the lines take."""
        return len(_wrapped(self.lines, self.width))

    def scrolled(self, rows: int) -> Card:
        """The card so many rows further down, or (negative) up, as far as there are rows."""
        return replace(self, top=max(0, min(self.top + rows, self.size - self.room)), at_end=False)

    def fitted(self, width: int, height: int) -> Card:
        """The card in another size; the row at the top stays where it can."""
        sized = replace(self, width=max(1, width), height=max(1, height))
        return replace(sized.scrolled(sized.size if self.at_end else 0), at_end=self.at_end)

    def rows(self, looks: Looks) -> list[Row]:
        """The title and the rows in view."""
        styles = {"plain": looks.bar, "strong": looks.bar_strong, "faint": looks.bar_faint}
        rows = [self._head(looks)]
        for lead, text, tone in _wrapped(self.lines, self.width)[self.top : self.top + self.room]:
            rows.append(clip(((lead, looks.bar_faint), (text, styles[tone])), self.width))
        return rows

    def _head(self, looks: Looks) -> Row:
        """The title, and which rows of how many are in view; keys only where the title leaves room."""
        last = min(self.top + self.room, self.size)
        more = f" {self.top + 1}-{last} of {self.size}, j k" if self.size > self.room else ""
        title = fit(f" {safe(self.title)}", max(1, self.width - cell_len(more)))
        hint = " · Esc closes"
        hint = hint if cell_len(title + more + hint) <= self.width else ""
        row = ((title, looks.key), (f"{more}{hint}", looks.bar_faint))
        return clip((*row, (" " * max(0, self.width - cells(row)), looks.bar)), self.width)


@lru_cache(maxsize=8)
def _wrapped(lines: tuple[Line, ...], width: int) -> list[tuple[str, str, Tone]]:
    """Lead, text and tone of each row."""
    return [row for line in lines for row in _rows_of(line, width)]


def _rows_of(line: Line, width: int) -> Iterator[tuple[str, str, Tone]]:
    lead = fit(f" {safe(line.lead)}{'  ' if line.lead else ''}", max(1, width // 2))
    room = max(1, width - cell_len(lead) - 1)
    texts = list(wrap(safe(line.text), room))
    if len(texts) > ROWS_A_LINE:
        texts = [*texts[: ROWS_A_LINE - 1], fit(f"{texts[ROWS_A_LINE - 1]}…", room)]
    for number, text in enumerate(texts or [""]):
        yield (lead if number == 0 else " " * cell_len(lead)), text, line.tone


def wrap(text: str, width: int) -> Iterator[str]:
    """A text in rows of at most `width` cells, broken between words; a word that is longer is broken anywhere."""
    row = ""
    for word in text.split():
        if row and cell_len(row) + 1 + cell_len(word) > width:
            yield row
            row = ""
        row = f"{row} {word}" if row else word
        while cell_len(row) > width:
            head = _head_of(row, width)
            yield head
            row = row[len(head) :]
    if row:
        yield row


def _head_of(text: str, width: int) -> str:
    """As many characters, at least one, as fit."""
    end, used = 1, cell_len(text[:1])
    while end < len(text) and used + cell_len(text[end]) <= width:
        used += cell_len(text[end])
        end += 1
    return text[:end]
