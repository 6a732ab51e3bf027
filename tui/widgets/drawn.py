"""A widget that draws its lines itself, from edge to edge.

Invariant: it has no border, padding, opacity or text style of its own, so that Textual's pass of styles over each line,
which costs as much as drawing the line, would change nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, split_text
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


def width_of(text: str) -> int:
    """The cells of a text that is safe to draw: a letter without an accent has one, and nothing in it has none."""
    return len(text) if text.isascii() else cell_len(text)


def cut(segments: Iterable[Segment], left: int, right: int) -> list[Segment]:
    """What stands in the columns `[left, right)` of a line; half of a wide character is a space."""
    found: list[Segment] = []
    x = 0
    for segment in segments:
        if x >= right:
            break
        start, x = x, x + width_of(segment.text)
        if x <= left:
            continue
        text = segment.text
        if x > right:
            text = split_text(text, right - start)[0]
        if start < left:
            text = split_text(text, left - start)[1]
        found.append(segment if text is segment.text else Segment(text, segment.style))
    return found


def filled(segments: Iterable[Segment], cells: int, width: int, blank: Style) -> list[Segment]:
    """A line that takes so many cells, filled up, or cut, to a width."""
    found = [*segments, Segment(" " * (width - cells), blank)]
    return found if cells <= width else cut(found, 0, width)


class Drawn(Widget):
    """Subclasses give the `segments` of their lines."""

    @property
    def size(self) -> Size:
        """The size of the content, which is all of the widget."""
        return self.outer_size

    def redraw(self, *regions: Region) -> None:
        """Has regions of the widget, or all of it, drawn in the next frame that the screen paints."""
        self._repaint_regions.update(regions or (self.size.region,))

    def segments(self, y: int) -> Sequence[Segment]:
        """Line `y`, as wide as the widget."""
        raise NotImplementedError

    def line(self, y: int) -> Sequence[Segment]:
        """Line `y` as it is sent. No strip is made of it where it need not be: a strip is seventeen objects."""
        return [*self.render_line(y)] if self.app.no_color else self.segments(y)

    def render_line(self, y: int) -> Strip:
        """Line `y` as Textual wants it."""
        strip = Strip(self.segments(y), self.size.width)
        for each in self.get_line_filters() if self.app.no_color else ():
            strip = strip.apply_filter(each, self.background_colors[1])
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of the lines of `crop`, cut to its columns."""
        return [self.render_line(y).crop(*crop.column_span) for y in crop.line_range]
