"""A widget that draws its lines itself, from edge to edge.

Invariant: it has no border, padding, opacity or text style of its own, so that Textual's pass of styles over each line,
which costs as much as drawing the line, would change nothing and is left out.
"""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class Drawn(Widget):
    """Subclasses give `render_line`: strips as wide as the widget."""

    @property
    def size(self) -> Size:
        """The size of the content, which is all of the widget."""
        return self.outer_size

    def redraw(self, *regions: Region) -> None:
        """Has regions of the widget, or all of it, drawn in the next frame that the screen paints."""
        self._repaint_regions.update(regions or (self.size.region,))

    def line(self, y: int) -> Strip:
        """A line of the widget as it is sent."""
        strip = self.render_line(y)
        if self.app.no_color:
            for each in self.get_line_filters():
                strip = strip.apply_filter(each, self.background_colors[1])
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of the lines of `crop`, cut to its columns."""
        return [self.line(y).crop(*crop.column_span) for y in crop.line_range]
