"""The preview of an edit of many places: a line for each in its context, with a tick that can be taken away. Pure: no
widget.

Invariant: `index` is one of the lines, 0 when there are none; nothing is changed before `apply` is called; no row is
wider than it was asked to be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from rich.cells import cell_len
from rich.style import Style

from annotations.errors import Refused
from tui.looks import Looks
from tui.safe import safe
from tui.widgets.rows import Row, clip, clusters, fit

STEPS = 20
"""Into how many steps the scores from 0 to 1 are divided by the threshold."""

CONTEXT = 60
"""Code points of context that a line needs at most on either side."""

NOTES_FROM = 60
"""Width of the screen from which the lines have room for their notes, in cells."""

LONGEST_LABEL = 12
"""Cells that a label has in a line, at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """A place that the edit would touch. `ticked` says how it is at first; lines with the same `heading` stand under
    it; `yields_to` names the line that this one gives way to while that one is ticked."""

    key: Hashable
    value: Any
    before: str
    text: str
    after: str
    label: str = ""
    note: str = ""
    score: float | None = None
    ticked: bool = True
    heading: str = ""
    yields_to: Hashable | None = None


Find = Callable[[Any], tuple[str, Sequence[Line]]]
"""Gets the options, gives what the edit is called with them, and its lines."""

Apply = Callable[[Sequence[Line], Sequence[Line]], None]
"""Gets the ticked lines, and those that the person unticked one by one."""


class Preview:
    """The lines of an edit that is being looked over. `find` gives title and lines anew for other `options`."""

    def __init__(
        self, title: str, lines: Sequence[Line], apply: Apply, options: Any = None, find: Find | None = None
    ) -> None:
        self.title, self.apply, self.options, self._find = title, apply, options, find
        self.index = 0
        self._ticked: set[Hashable] = set()
        self._by_hand: set[Hashable] = set()
        self._take(lines)

    def _take(self, lines: Sequence[Line]) -> None:
        """Shows these lines; what was ticked or unticked by hand stays so."""
        kept = self._by_hand & {line.key for line in lines}
        ticked = self._ticked & kept
        self.lines, self._by_hand = tuple(lines), kept
        self._ticked = ticked | {line.key for line in lines if line.ticked and line.key not in kept}
        scores = [line.score for line in lines if line.score is not None]
        self.scored = bool(scores)
        self._lowest = self._step = floor(min(scores) * STEPS) if scores else 0
        self.listing, self._rows = _listing(lines)
        self.label_width = min(LONGEST_LABEL, max((cell_len(safe(x.label)) for x in lines), default=0))
        self.note_width = max((cell_len(safe(self.note(x))) for x in lines), default=0)

    # -- what one sees ---------------------------------------------------------------------------

    @property
    def current(self) -> Line | None:
        """The line of the cursor, None when there are none."""
        return self.lines[self.index] if self.lines else None

    @property
    def threshold(self) -> float:
        """The score from which a line was ticked."""
        return self._step / STEPS

    @property
    def raised(self) -> bool:
        """Whether the threshold unticks anything."""
        return self._step > self._lowest

    @property
    def row(self) -> int:
        """The place of the current line in `listing`."""
        return self._rows[self.index] if self.lines else 0

    def is_ticked(self, line: Line) -> bool:
        """Whether the edit would touch a line."""
        return line.key in self._ticked

    def note(self, line: Line) -> str:
        """What is said about a line; that it gives way, only while what it gives way to is ticked."""
        yields = line.yields_to is not None and line.yields_to in self._ticked
        return "gives way" if yields else line.note

    @property
    def ticked(self) -> list[Line]:
        """The lines that the edit would touch."""
        return [line for line in self.lines if line.key in self._ticked]

    @property
    def count(self) -> int:
        """How many lines are ticked."""
        return len(self._ticked)

    @property
    def exceptions(self) -> list[Line]:
        """The lines that were ticked at first and unticked one by one; `none` and the threshold make no exceptions."""
        return [x for x in self.lines if x.ticked and x.key in self._by_hand and x.key not in self._ticked]

    # -- what keys do ----------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Up or down by lines."""
        self.index = max(0, min(self.index + step, len(self.lines) - 1))

    def edge(self, end: bool) -> None:
        """To the first or the last line."""
        self.move(len(self.lines) if end else -len(self.lines))

    def tick(self) -> None:
        """Ticks or unticks the line, and goes down."""
        if (line := self.current) is not None:
            self._ticked ^= {line.key}
            self._by_hand.add(line.key)
            self.move(1)

    def tick_all(self, on: bool) -> None:
        """Ticks every line, or none."""
        self._ticked = {line.key for line in self.lines} if on else set()
        self._by_hand.clear()

    def move_threshold(self, step: int) -> None:
        """Raises or lowers the score from which lines are ticked by a twentieth; what was done by hand and what has no
        score stays. Refused where no line has one."""
        if not self.scored:
            raise Refused("there are no scores here")
        self._step = max(self._lowest, min(self._step + step, STEPS))
        for line in self.lines:
            if line.score is not None and line.key not in self._by_hand:
                passes = line.ticked and round(line.score, 2) >= self.threshold
                (self._ticked.add if passes else self._ticked.discard)(line.key)

    def with_options(self, options: Any) -> None:
        """Finds the lines anew; the cursor stays on its line, or near."""
        if self._find is None:
            raise Refused("this preview has no options")
        here = self.current
        self.title, lines = self._find(options)
        self._take(lines)
        self.options = options
        keys = [line.key for line in self.lines]
        self.index = keys.index(here.key) if here is not None and here.key in keys else self.index
        self.move(0)


def _listing(lines: Sequence[Line]) -> tuple[list[int | str], list[int]]:
    """Lines (as their index) with a heading wherever another one begins, and where in that each line is."""
    listing: list[int | str] = []
    places: list[int] = []
    heading = ""
    for index, line in enumerate(lines):
        if line.heading != heading:
            heading = line.heading
            listing.append(heading)
        places.append(len(listing))
        listing.append(index)
    return listing, places


# -- drawing ------------------------------------------------------------------------------------------


def rows(preview: Preview, looks: Looks, width: int, height: int, keys: str) -> list[Row]:
    """A head and the lines around the current one, at most `height` rows; `keys` says what the keys do."""
    size = max(0, height - 1)
    first = max(0, min(preview.row - size // 2, len(preview.listing) - size))
    shown = preview.listing[first : first + size]
    if len(shown) > 1 and isinstance(shown[0], int) and (heading := preview.lines[shown[0]].heading):
        shown[0] = heading  # the article of what stands at the top, wherever its lines began
    body = [_row(preview, looks, width, entry) for entry in shown]
    if not preview.lines and size:
        body = [((fit("  nothing with these options", width), looks.bar_faint),)]
    return [_head(preview, looks, width, keys), *body][:height]


def _head(preview: Preview, looks: Looks, width: int, keys: str) -> Row:
    left = f" {safe(preview.title)}: {preview.count} of {len(preview.lines)}"
    left += f" from {preview.threshold:.2f}" if preview.raised else ""
    place = f" {min(preview.index + 1, len(preview.lines))}/{len(preview.lines)} "
    room = width - cell_len(left) - cell_len(place)
    hint = f" · {keys}" if cell_len(keys) + 3 <= room else ""
    gap = " " * max(0, room - cell_len(hint))
    return clip(
        [(left, looks.bar_strong), (hint, looks.bar_faint), (gap, looks.bar), (place, looks.bar_faint)], width
    )


def _row(preview: Preview, looks: Looks, width: int, entry: int | str) -> Row:
    if isinstance(entry, str):
        return ((fit(f" {safe(entry)}", width), looks.bar_strong),)
    line = preview.lines[entry]
    ticked = preview.is_ticked(line)
    mark = ("▸" if entry == preview.index else " ") + ("[x] " if ticked else "[ ] ")
    label = _padded(fit(safe(line.label), preview.label_width), preview.label_width)
    label += " " if label else ""
    tail = _tail(preview, line, width)
    middle = width - cell_len(mark) - cell_len(label) - cell_len(tail)
    mark_style = looks.key if entry == preview.index else looks.bar
    pieces = [(mark, mark_style), (label, looks.chip(line.label) if ticked else looks.bar_faint)]
    pieces += _in_context(looks, line, max(0, middle), ticked)
    return clip([*pieces, (tail, looks.bar_faint)], width)


def _tail(preview: Preview, line: Line, width: int) -> str:
    """Score and note at the end of a line, as wide in every line."""
    score = "" if line.score is None else f"{line.score:.2f}"
    found = f" {score:<4}" if preview.scored else ""
    room = min(preview.note_width, width // 4) if width >= NOTES_FROM else 0
    return found + (f" {_padded(fit(safe(preview.note(line)), room), room)}" if room else "")


def _in_context(looks: Looks, line: Line, width: int, ticked: bool) -> list[tuple[str, Style]]:
    """The place between its neighbours, in so many cells; what is in ‹ › begins in the same column everywhere."""
    room = width // 3
    before = _last(_flat(line.before), room)
    text = f"‹{fit(_flat(line.text), max(1, width - room - 2))}›"
    after = fit(_flat(line.after), max(0, width - room - cell_len(text)))
    style = looks.bar_strong if ticked else looks.bar_faint
    before = " " * (room - cell_len(before)) + before
    return [
        (before, looks.bar_faint),
        (text, style),
        (_padded(after, width - room - cell_len(text)), looks.bar_faint),
    ]


def _flat(text: str) -> str:
    """A text in one line: white space in it is one space, and the rest is harmless."""
    return safe(re.sub(r"\s+", " ", text))


def _last(text: str, width: int) -> str:
    """The end of a text, as much as fits a width in cells, with an ellipsis where there was more."""
    if cell_len(text) <= width:
        return text
    cut = ""
    for cluster in reversed(clusters(text)):
        if cell_len(cluster + cut) > width - 1:
            break
        cut = cluster + cut
    return f"…{cut}" if width > 0 else ""


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
