"""What part of an article is on screen and how it is laid out: lines, labels in the text, gloss rows. No widget.

Invariant: `top` is a line of the layout, and the last line is never further up than the bottom of the screen has room
for. *Lines* are those of the layout; *rows* are what the screen has: a line takes one, and one more for each gloss row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import cell_len

from annotations import navigator
from annotations.hidden import NONE, Hidden, hidden
from annotations.model import Span
from annotations.state import LINK, OWN, ArticleState, Item
from tui import gloss
from tui.layout import Layout
from tui.safe import safe

MARGIN = 2
"""Lines of context kept above and below the cursor's line."""


class Tag(NamedTuple):
    """A label shown in the text after the entity that ends at code point `end`."""

    end: int
    text: str
    key: str
    label: str
    kind: int


class View:
    """An article on a column of `width` by `height` cells. `by_halves` scrolls half a screen at a time, which spares a
    slow line."""

    def __init__(self, state: ArticleState, width: int, height: int, labels: bool, by_halves: bool) -> None:
        self.width, self.height, self.top = width, height, 0
        self.labels, self.gloss, self.by_sentence, self.by_halves = labels, False, False, by_halves
        self.reveals = False
        """Whether rejected suggestions and those set aside are shown."""
        self._widths: dict[str, int] = {}
        self.bind(state)

    def bind(self, state: ArticleState) -> None:
        """Lays out a state anew."""
        self.state = state
        self._glosses: dict[int, list[list[gloss.Piece]]] = {}
        self._was = self.hidden.items
        self._anchored = 0
        self.layout = Layout(state.article.text, self.width, self._tag_cells, self._breaks())

    @property
    def hidden(self) -> Hidden:
        """The hidden suggestions as far as they are shown: none, or all."""
        return hidden(self.state) if self.reveals else NONE

    def items_over(self, start: int, end: int) -> list[Item]:
        """What is shown of `[start, end)`: entities and suggestions in reading order, then hidden ones."""
        return self.state.items_over(start, end) + self.hidden_over(start, end)

    def hidden_over(self, start: int, end: int) -> list[Item]:
        """The hidden suggestions of entities that are shown of `[start, end)`, in reading order."""
        return self.hidden.over(start, end) if self.reveals else []

    # -- what is shown in and under the text -----------------------------------------------------

    def show(
        self,
        labels: bool | None = None,
        gloss: bool | None = None,
        by_sentence: bool | None = None,
        reveals: bool | None = None,
    ) -> None:
        """Turns labels in the text, gloss rows, one sentence a line or hidden suggestions on or off; the line at the
        top stays."""
        offset = self._anchor()
        self.labels = self.labels if labels is None else labels
        self.gloss = self.gloss if gloss is None else gloss
        self.reveals = self.reveals if reveals is None else reveals
        if by_sentence is not None:
            self.by_sentence = by_sentence
            self.layout.set_breaks(self._breaks())
        self.touched_all()
        self.top = self.layout.line_of(offset)

    def _breaks(self) -> list[int]:
        return [start for start, _ in navigator.sentences(self.state)] if self.by_sentence else []

    def tags(self, start: int, end: int, items: Iterable[Item]) -> list[Tag]:
        """The labels in the text of the lines from code point `start` to `end`, of the items over these: each behind
        the grapheme where the layout has its cells; none while they are hidden, and none beside a gloss, which has
        them."""
        found = [i for i in items if start < i.end <= end and self._has_tag(i)]
        found.sort(key=lambda item: (item.end, -item.start, item.kind))
        placed = ((item, self.layout.tag_edge(item.end)) for item in found)
        return [Tag(at, f" {gloss.signed(i)}", i.key, i.label, i.kind) for i, at in placed if at is not None]

    def _has_tag(self, item: Item) -> bool:
        """Whether an item has its label in the text; a hidden suggestion whenever it is shown, since the label tells
        what it is."""
        return item.kind != LINK and not self.gloss and (self.labels or item.kind > LINK)

    def _taggable(self, start: int, end: int) -> Iterable[Item]:
        """What may have its label in the text, of all that meets `[start, end)`. Of a whole text suggested relations
        come along."""
        if self.gloss:
            return ()
        if not self.labels:
            return self.hidden_over(start, end)
        whole = start <= 0 and end >= len(self.state.article.text)
        return [
            *(self.state.items if whole else self.state.items_over(start, end)),
            *self.hidden_over(start, end),
        ]

    def _tag_cells(self, start: int, end: int) -> list[tuple[int, int]]:
        """The cells of the labels in the text, by where they end: those of `tags`, without making them."""
        cells: dict[int, int] = {}
        for item in self._taggable(start, end):
            if item.kind != LINK and start < item.end <= end:
                cells[item.end] = cells.get(item.end, 0) + self._width(item.label) + (item.kind != OWN)
        return sorted(cells.items())

    def _width(self, label: str) -> int:
        if label not in self._widths:
            self._widths[label] = 1 + cell_len(safe(label))
        return self._widths[label]

    def gloss_rows(self, line: int) -> list[list[gloss.Piece]]:
        """The gloss rows under a line, from top to bottom; none while the gloss is off."""
        if not self.gloss:
            return []
        if line not in self._glosses:
            items = self.items_over(self.layout.line(line)[0], self.layout.visible_end(line))
            self._glosses[line] = gloss.rows(self.layout, line, items, self._spans)
        return self._glosses[line]

    def _spans(self, item: Item) -> tuple[Span, ...]:
        """The pieces of an entity or suggestion."""
        return (self.state.entities.get(item.key) or self.state.suggestions[item.key]).spans

    def touched(self, spans: Iterable[Span]) -> Iterator[Span]:
        """Takes in that the looks of some spans changed; yields the spans to draw anew, as whole lines."""
        self._glosses.clear()
        for start, end in [*spans, *self._changed_hidden()]:
            first, after = self.layout.retag(start, end)
            yield self.layout.line(first)[0], self.layout.line(max(first, after - 1))[1]

    def _changed_hidden(self) -> list[Span]:
        """The ranges of the hidden suggestions that came or went since the last look."""
        before, self._was = self._was, self.hidden.items
        return [] if before is self._was else [(i.start, i.end) for i in {*before} ^ {*self._was}]

    def touched_all(self) -> None:
        """Takes in that the looks of everything changed."""
        self._glosses.clear()
        self._was = self.hidden.items
        self.layout.set_tags(self._tag_cells)

    # -- what is in view -------------------------------------------------------------------------

    def rows_of(self, line: int) -> int:
        """The rows that a line takes."""
        return 1 + len(self.gloss_rows(line))

    def has(self, line: int, row: int) -> bool:
        """Whether there is such a row of such a line."""
        return line < self.layout.line_count and row < self.rows_of(line)

    def screen(self) -> list[tuple[int, int]]:
        """What each row of the screen shows, from the top: a line, and 0 for its text or the number of a gloss row."""
        if not self.gloss:
            return [(line, 0) for line in range(self.top, self._last_plain + 1)]
        found: list[tuple[int, int]] = []
        for line in range(self.top, self.layout.line_count):
            if len(found) >= self.height:
                break
            found += [(line, row) for row in range(self.rows_of(line))]
        return found[: self.height]

    @property
    def last(self) -> int:
        """The last line of which the text is on screen."""
        return max(self.screen(), default=(self.top, 0))[0] if self.gloss else self._last_plain

    @property
    def _last_plain(self) -> int:
        return max(self.top, min(self.top + self.height, self.layout.line_count) - 1)

    @property
    def visible(self) -> Span:
        """The code points on screen."""
        return self.layout.line(self.top)[0], self.layout.line(self.last)[1]

    def _up_from(self, line: int, rows: int) -> int:
        """The line furthest up from which `line` still has all its rows within so many."""
        if not self.gloss:
            return max(0, min(line, line - rows + 1))
        used = self.rows_of(line)
        while line > 0 and used + self.rows_of(line - 1) <= rows:
            line -= 1
            used += self.rows_of(line)
        return line

    def scroll_to(self, top: int) -> None:
        """Makes a line the first on screen, as far as there are lines."""
        lowest = self.layout.line_count - self.height
        if self.gloss:
            lowest = self._up_from(self.layout.line_count - 1, self.height)
        self.top = max(0, min(top, lowest))

    def centre(self, line: int) -> None:
        """Puts a line in the middle of the screen."""
        self.scroll_to(self._up_from(line, self.height // 2 + 1))

    def reveal(self, offset: int) -> None:
        """Scrolls as little as shows the line of a code point with context; far jumps centre it."""
        line = self.layout.line_of(offset)
        margin = min(MARGIN, (self.height - 1) // 2)
        # Gloss rows may leave no room for all of the context: the line itself goes first, then what is above it.
        lowest = max(line - margin, self._up_from(line, self.height))
        below = min(line + margin, self.layout.line_count - 1)
        highest = min(lowest, self._up_from(below, self.height))
        if self.top > lowest:
            near = line >= self.top - self.height and not self.by_halves
            self.scroll_to(lowest) if near else self.centre(line)
        elif self.top < highest:
            near = line <= self.top + 2 * self.height and not self.by_halves
            self.scroll_to(highest) if near else self.centre(line)
        else:
            self.scroll_to(self.top)

    def resize(self, width: int, height: int) -> bool:
        """Takes a new size; the line at the top stays in view. Whether it was another one."""
        if (width, height) == (self.width, self.height):
            return False
        offset = self._anchor()
        self._glosses.clear()
        if width != self.width:
            self.layout.resize(width)
        self.width, self.height = width, max(1, height)
        self.scroll_to(self.layout.line_of(offset))
        return True

    def _anchor(self) -> int:
        """A code point on the top line that stays on it however the lines change: the same one until the person
        scrolls, since the beginnings of the lines would lead upwards, line by line."""
        top = min(self.top, self.layout.line_count - 1)
        if self.layout.line_of(self._anchored) != top:
            self._anchored = self.layout.line(top)[0]
        return self._anchored
