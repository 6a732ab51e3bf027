"""The article on screen: the rows that a desk has in view.

Invariant: this draws and decides nothing; a line in the cache is dropped when anything that its looks depend on
changed; what changed is drawn anew, cell by cell where it can be, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.events import MouseDown, MouseMove
from textual.geometry import Region, Size
from textual.message import Message

from annotations.model import Span
from tui import drawing
from tui.desk import Desk
from tui.drawing import GUTTER, Mark
from tui.looks import Looks
from tui.widgets.drawn import Drawn, filled, width_of

Focus = tuple[str | None, Span] | None
"""The key and the range of the focused entity or suggestion."""

WHEEL = 3
"""Lines that one turn of the wheel moves."""


def fitted(column: int, size: Size) -> tuple[int, int]:
    """Width and height of the reading column in a view of a size, all in cells; it is at most `column` wide."""
    return max(1, min(column, size.width - GUTTER - 1)), max(1, size.height)


class ArticleView(Drawn):
    """Draws a desk's article. `sync` after each command; `measure` tells the desk its size."""

    DEFAULT_CSS = "ArticleView { height: 1fr; width: 1fr; }"
    ALLOW_SELECT = False

    class Resized(Message):
        """The view has another size: the desk is to be told, and what stands beside the view has another size too."""

    class Pointed(Message):
        """The mouse was pressed on the code point `offset`, or moved there with the button held (`drags`)."""

        def __init__(self, offset: int, drags: bool) -> None:
            super().__init__()
            self.offset, self.drags = offset, drags

    class Wheeled(Message):
        """The wheel turned by `step` lines, down or (negative) up."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(id="article")
        self.desk: Desk | None = None
        self.looks: Looks | None = None
        self._marks: tuple[Mark, ...] = ()
        self._margins: dict[int, str] = {}
        self._focus: Focus = None
        self._screen: list[tuple[int, int]] = []
        self._lines: dict[tuple[int, int], list[Segment]] = {}
        self._filled_to = 0

    def on_resize(self) -> None:
        """Says so once the size is known, which is later than the screen's own resize event."""
        self.post_message(self.Resized())

    def measure(self, column: int) -> tuple[int, int]:
        """Width and height of the reading column, in cells; it is at most `column` wide."""
        return fitted(column, self.size)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Says where the mouse was pressed; until it is let go, where it goes."""
        self.capture_mouse()
        self._point(event, drags=False)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Says where the mouse goes while its button is held."""
        if event.button and self.app.mouse_captured is self:
            self._point(event, drags=True)

    def on_mouse_up(self) -> None:
        """Lets the mouse go."""
        self.release_mouse()

    def on_mouse_scroll_down(self) -> None:
        """Says that the wheel turned."""
        self.post_message(self.Wheeled(WHEEL))

    def on_mouse_scroll_up(self) -> None:
        """Says that the wheel turned."""
        self.post_message(self.Wheeled(-WHEEL))

    def _point(self, event: MouseDown | MouseMove, drags: bool) -> None:
        if self.desk is not None and 0 <= event.y < len(self._screen):
            line, _ = self._screen[event.y]
            offset = self.desk.view.layout.offset_at(line, max(0, event.x - GUTTER))
            self.post_message(self.Pointed(offset, drags))

    def sync(self, desk: Desk, looks: Looks) -> None:
        """Draws what changed since the last time."""
        marks, margins, screen = tuple(drawing.marks(desk)), drawing.margins(desk), desk.view.screen()
        focus = (desk.focus, (desk.item.start, desk.item.end)) if desk.item else None
        spans, everything = desk.shown.take()
        everything = everything or self.desk is not desk or self.looks is not looks or screen != self._screen
        old_marks, old_margins, old_focus = self._marks, self._margins, self._focus
        self.desk, self.looks, self._marks, self._margins = desk, looks, marks, margins
        self._screen, self._focus = screen, focus
        if everything:
            self._lines.clear()
            self.redraw()
            return
        for span in spans:
            self._redraw(span, whole=True)
        for span, _ in set(marks) ^ set(old_marks):
            self._redraw(span, whole=False)
        # Its label and its gloss tell the focus too: of one of several with equal spans, and in the gaps of one.
        for found in {focus, old_focus} if focus != old_focus else ():
            if found is not None:
                self._redraw(found[1], whole=False)
        for line in {line for line, _ in set(margins.items()) ^ set(old_margins.items())}:
            self._redraw_rows(line, 0, GUTTER, gloss=True)

    def _redraw(self, span: Span, whole: bool) -> None:
        """Has a span drawn anew: its whole lines with their gloss, or its cells alone."""
        if self.desk is None:
            return
        layout = self.desk.view.layout
        first = max(self.desk.view.top, layout.line_of(span[0]))
        last = min(self.desk.view.last, layout.line_of(max(span[0], span[1] - 1)))
        for line in range(first, last + 1):
            left, right = (-GUTTER, self.size.width) if whole else layout.columns(line, *span)
            self._redraw_rows(line, GUTTER + left, right - left, gloss=whole or self.desk.view.gloss)

    def _redraw_rows(self, line: int, x: int, width: int, gloss: bool) -> None:
        for y, (shown, row) in enumerate(self._screen):
            if shown == line and (gloss or row == 0):
                self._lines.pop((line, row), None)
                self.redraw(Region(0, y, self.size.width, 1) if row else Region(x, y, width, 1))

    def segments(self, y: int) -> Sequence[Segment]:
        """One row of the screen."""
        desk, looks, width = self.desk, self.looks, self.size.width
        if desk is None or looks is None:
            return filled((), 0, width, Style())
        if width != self._filled_to:
            self._lines.clear()
            self._filled_to = width
        place = self._screen[y] if y < len(self._screen) and desk.view.layout.text else None
        if place in self._lines:
            return self._lines[place]
        if place is None or not desk.view.has(*place):  # a key took the row away, and `sync` is to come
            return filled((), 0, width, looks.base)
        self._lines[place] = self._drawn(desk, looks, *place)
        return self._lines[place]

    def _drawn(self, desk: Desk, looks: Looks, line: int, row: int) -> list[Segment]:
        margin = self._margins.get(line, " " * GUTTER)
        if row:
            found = list(drawing.gloss_row(desk, looks, line, row, margin))
            cells = sum(width_of(segment.text) for segment in found)
        else:
            found = list(drawing.text_row(desk, looks, line, self._marks, margin))
            cells = GUTTER + desk.view.layout.cells(line)
        return filled(found, cells, self.size.width, looks.base)
