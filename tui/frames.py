"""How a frame comes about: the cells that are to be drawn anew, at once after a key, and of a style only what changes.

Textual asks every widget on the way for all its lines, sends a changed span from the left edge of its widget on, and
every piece of text with its whole style and a reset; and a request to draw goes through the queues of the widget and of
the screen and waits for a timer. Invariant: the terminal shows the same cells either way; a frame begins and ends with
the style reset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import regex
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import Compositor, CompositorUpdate
from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from tui.widgets.drawn import Drawn, cut, width_of
from tui.widgets.rows import clusters

RESET = "\x1b[0m"

Piece = tuple[int, int, int, Sequence[Segment]]
"""What is to stand on the screen: its row, its columns from and to, exclusive, and the text."""

Cells = tuple[int, int]
"""A part of a row: the columns from and to, exclusive."""

_PLAIN = Style.null()

_are_certain = regex.compile("[^\u0900-\u109f\u1780-\u17ff\u200d\ufe0f\U0001f1e6-\U0001faff]*").fullmatch
"""Whether a text has no character whose width differs among terminals: joined and coloured emoji, flags, those shown as
emoji by a selector, and the scripts of India and its neighbours, whose signs take room in some."""

_OFF = {
    "": "",
    "1": "22",
    "2": "22",
    "3": "23",
    "4": "24",
    "5": "25",
    "6": "25",
    "7": "27",
    "8": "28",
    "9": "29",
} | {
    "21": "24",
    "51": "54",
    "52": "54",
    "53": "55",
}
"""What turns an attribute off (ECMA-48 8.3.117); 22 takes both bold and faint away."""


class PaintedScreen(Screen[None]):
    """A screen that can send its frame at once."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = Painter()

    def paint(self) -> None:
        """Sends what is to be drawn anew. Where a widget is to be placed anew, that comes first, and is Textual's."""
        if not self.is_current:
            return
        self._dirty_widgets.update(w for w in self._compositor.visible_widgets if w._repaint_regions)
        if any(widget._layout_required for widget in self.walk_children(Widget)):
            self.check_idle()
        else:
            self._on_timer_update()

    def repaint(self) -> None:
        """Has all of the screen sent with the next frame."""
        self._dirty_widgets.add(self)
        self._compositor._dirty_regions.add(self.size.region)


class Painter(Compositor):
    """Stands in for Textual's compositor where a part of the screen is drawn."""

    def render_update(  # type: ignore[override]
        self, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
    ) -> Frame | RenderableType | None:
        """The frame of what was to be drawn anew, which may be all; a picture, for which Textual asks with `full`, is
        Textual's."""
        if full:
            return super().render_update(full, screen_stack, simplify)
        visible_screen_stack.set(screen_stack or [])
        return self.render_partial_update()

    def render_partial_update(self) -> Frame | None:  # type: ignore[override]
        """The frame of what was to be drawn anew, of which nothing is left then."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        lines = _Lines()
        pieces = [piece for span in self._regions_to_spans(regions) for piece in self._pieces(lines, *span)]
        return Frame(pieces) if pieces else None

    def _pieces(self, lines: _Lines, y: int, x1: int, x2: int) -> Iterator[Piece]:
        """What stands in a span of a row: of widgets that lie over each other the front one."""
        bare = [(max(0, x1), min(x2, self.size.width))] if 0 <= y < self.size.height else []
        for widget, visible, region in self.layers_visible[y] if bare else ():
            covered, bare = _parted(bare, visible.x, visible.right)
            if covered:
                line, x = lines.of(widget, y - region.y, region.width), region.x
                yield from ((y, a, b, cut(line, a - x, b - x)) for a, b in covered)
            if not bare:
                return


class _Lines:
    """Whole lines of widgets, drawn once for a frame, of however many pieces of them it is."""

    def __init__(self) -> None:
        self._found: dict[tuple[Widget, int], Sequence[Segment]] = {}

    def of(self, widget: Widget, y: int, width: int) -> Sequence[Segment]:
        """Line `y` of a widget of that width."""
        if (widget, y) not in self._found:
            if isinstance(widget, Drawn):
                self._found[widget, y] = widget.line(y)
            else:
                self._found[widget, y] = [*widget.render_lines(Region(0, y, width, 1))[0]]
        return self._found[widget, y]


def _parted(row: list[Cells], left: int, right: int) -> tuple[list[Cells], list[Cells]]:
    """Parts of a row cut in two: what lies in the columns `[left, right)`, and what does not."""
    if len(row) == 1 and left <= row[0][0] and row[0][1] <= right:
        return row, []
    inside = [(max(a, left), min(b, right)) for a, b in row]
    outside = [part for a, b in row for part in ((a, min(b, left)), (max(a, right), b))]
    return [part for part in inside if part[0] < part[1]], [part for part in outside if part[0] < part[1]]


class Frame(CompositorUpdate):
    """Pieces of the screen, in the order in which they are sent."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces

    def render_segments(self, console: Console) -> str:
        """The bytes of the frame, as text."""
        system = console._color_system or ColorSystem.TRUECOLOR
        return "".join(self._parts(system)) + RESET

    def _parts(self, system: ColorSystem) -> Iterator[str]:
        here, style = (-1, -1), _PLAIN
        for y, left, right, segments in self.pieces:
            if here != (y, left):
                yield f"\x1b[{y + 1};{left + 1}H"
            for number, (text, wanted, _) in enumerate(segments):
                wanted = wanted or _PLAIN
                if wanted is not style:
                    yield turn(style, wanted, system)
                    style = wanted
                if text.isascii() or _certain(text):
                    yield text
                else:
                    yield _held(text, left + sum(width_of(each.text) for each in segments[:number]))
            here = (y, right)


@lru_cache(maxsize=4096)
def _certain(text: str) -> bool:
    return _are_certain(text) is not None


def _held(text: str, column: int) -> str:
    """A text that begins in a column, with the cursor put where it belongs after each character of which terminals
    disagree how wide it is: else all that follows in the row would be misplaced (ECMA-48 8.3.9)."""
    parts, end = [], 0
    for cluster in clusters(text):
        end += len(cluster)
        parts.append(cluster if _certain(cluster) else f"{cluster}\x1b[{column + cell_len(text[:end]) + 1}G")
    return "".join(parts)


@lru_cache(maxsize=4096)
def turn(old: Style, new: Style, system: ColorSystem) -> str:
    """The escape sequence (SGR) that leads from one style to another; "" where there is no difference."""
    (before, *colours), (after, *wanted) = _codes(old, system), _codes(new, system)
    had, has = set(before.split(";")), set(after.split(";"))
    gone = {_OFF[code] for code in had - has}
    found = [*sorted(gone), *sorted(code for code in has if code not in had or _OFF[code] in gone)]
    found += [
        code or off for code, was, off in zip(wanted, colours, ("39", "49"), strict=True) if code != was
    ]
    return f"\x1b[{';'.join(filter(None, found))}m" if any(found) else ""


def _codes(style: Style, system: ColorSystem) -> tuple[str, str, str]:
    """The SGR parameters of the attributes, the colour of the text, and that behind it; "" for none."""
    parts = (style.without_color, Style(color=style.color), Style(bgcolor=style.bgcolor))
    return tuple(_parameters(part, system) for part in parts)  # type: ignore[return-value]


def _parameters(style: Style, system: ColorSystem) -> str:
    before, found, _ = style.render("x", color_system=system).partition("m")
    return before.removeprefix("\x1b[") if found else ""
