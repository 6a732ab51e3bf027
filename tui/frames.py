"""What one frame sends to the terminal: the cells that are to be drawn anew, and of a style only what changes.

Textual sends a changed span from the left edge of its widget on, and every piece of text with its whole style and a
reset. On a slow line that is most of what is sent. Invariant: the terminal shows the same cells either way; a frame
begins and ends with the style reset.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate

RESET = "\x1b[0m"

_PLAIN = Style.null()

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


class Frame(ChopsUpdate):
    """Stands in for Textual's update of a part of the screen."""

    def render_segments(self, console: Console) -> str:
        """The bytes of the frame, as text."""
        system = console._color_system or ColorSystem.TRUECOLOR
        return "".join(self._pieces(system)) + RESET

    def _pieces(self, system: ColorSystem) -> Iterator[str]:
        here, style = (-1, -1), _PLAIN
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                if strip is None or x >= x2 or end <= x1:
                    continue
                first, last = max(x, x1), min(end, x2)
                if here != (y, first):
                    yield f"\x1b[{y + 1};{first + 1}H"
                for text, wanted, _ in strip.crop(first - x, last - x):
                    wanted = wanted or _PLAIN
                    if wanted is not style:
                        yield turn(style, wanted, system)
                        style = wanted
                    yield text
                here = (y, last)


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
