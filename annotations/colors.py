"""Colours: the names that a label's may have, and what can be read on what.

Invariant: a colour that comes out is `#RRGGBB`, of a palette where one is given; what is made readable keeps a contrast
of at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3), as black or white does on every colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from colorsys import rgb_to_hls
from functools import cache, partial

READABLE = 4.5
"""The least contrast between text and what is behind it."""

GREY = 0.2
"""A saturation below which a colour has no hue to speak of."""

TOLD = 3.0
"""The least contrast of a label's colour with the background among sixteen colours, of which too few have more."""

# fmt: off
ANSI_COLORS = {
    "black": "#000000", "red": "#FF0000", "green": "#008000", "yellow": "#FFFF00", "blue": "#0000FF",
    "magenta": "#FF00FF", "cyan": "#00FFFF", "white": "#FFFFFF", "bright_black": "#808080",
    "bright_red": "#FF0000", "bright_green": "#00FF00", "bright_yellow": "#FFFF00",
    "bright_blue": "#0000FF", "bright_magenta": "#FF00FF", "bright_cyan": "#00FFFF",
    "bright_white": "#FFFFFF",
}
"""The sixteen colours of a terminal."""

CSS_COLORS = {
    "aqua": "#00FFFF", "aquamarine": "#7FFFD4", "beige": "#F5F5DC", "brown": "#A52A2A",
    "chocolate": "#D2691E", "coral": "#FF7F50", "crimson": "#DC143C", "darkblue": "#00008B",
    "darkcyan": "#008B8B", "darkgreen": "#006400", "darkmagenta": "#8B008B", "darkorange": "#FF8C00",
    "darkred": "#8B0000", "darkviolet": "#9400D3", "deeppink": "#FF1493", "deepskyblue": "#00BFFF",
    "dodgerblue": "#1E90FF", "firebrick": "#B22222", "forestgreen": "#228B22", "fuchsia": "#FF00FF",
    "gold": "#FFD700", "goldenrod": "#DAA520", "gray": "#808080", "grey": "#808080", "hotpink": "#FF69B4",
    "indianred": "#CD5C5C", "indigo": "#4B0082", "ivory": "#FFFFF0", "khaki": "#F0E68C",
    "lavender": "#E6E6FA", "lightblue": "#ADD8E6", "lightcoral": "#F08080", "lightcyan": "#E0FFFF",
    "lightgray": "#D3D3D3", "lightgreen": "#90EE90", "lightgrey": "#D3D3D3", "lightpink": "#FFB6C1",
    "lightsalmon": "#FFA07A", "lightskyblue": "#87CEFA", "lightyellow": "#FFFFE0", "lime": "#00FF00",
    "limegreen": "#32CD32", "maroon": "#800000", "midnightblue": "#191970", "navy": "#000080",
    "olive": "#808000", "orange": "#FFA500", "orangered": "#FF4500", "orchid": "#DA70D6",
    "palegreen": "#98FB98", "peru": "#CD853F", "pink": "#FFC0CB", "plum": "#DDA0DD", "purple": "#800080",
    "royalblue": "#4169E1", "salmon": "#FA8072", "sandybrown": "#F4A460", "seagreen": "#2E8B57",
    "sienna": "#A0522D", "silver": "#C0C0C0", "skyblue": "#87CEEB", "slateblue": "#6A5ACD",
    "slategray": "#708090", "slategrey": "#708090", "springgreen": "#00FF7F", "steelblue": "#4682B4",
    "tan": "#D2B48C", "teal": "#008080", "thistle": "#D8BFD8", "tomato": "#FF6347", "turquoise": "#40E0D0",
    "violet": "#EE82EE", "wheat": "#F5DEB3", "yellowgreen": "#9ACD32",
}
"""The CSS colour names that a label may have beside the sixteen."""
# fmt: on

SPARE = "#9AA0A6"
"""The colour of a label that has none of its own."""

SIXTEEN = (
    *("#000000", "#AA0000", "#00AA00", "#AA5500", "#0000AA", "#AA00AA", "#00AAAA", "#AAAAAA"),
    *("#555555", "#FF5555", "#55FF55", "#FFFF55", "#5555FF", "#FF55FF", "#55FFFF", "#FFFFFF"),
)
"""The sixteen colours of a terminal by their numbers, as the first had them; each terminal has its own shades."""

_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE = [(r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS]
_GREYS = [(level,) * 3 for level in range(8, 239, 10)]

MANY = tuple("#{:02X}{:02X}{:02X}".format(*rgb) for rgb in (*_CUBE, *_GREYS))
"""Those of the 256 colours of a terminal that look alike everywhere, by their numbers less 16."""

_NAMED = CSS_COLORS | ANSI_COLORS


def hex_of(color: str) -> str:
    """A colour of the config, by its name or as `#rgb` or `#rrggbb`, as `#RRGGBB`. Raises ValueError for another."""
    digits = _NAMED.get(color.lower(), color).removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) != 6:
        raise ValueError(f"{color} is no colour")
    return f"#{int(digits, 16):06X}"


@cache
def ink_on(background: str) -> str:
    """Black or white, whichever reads better on a colour."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, background))


@cache
def readable(color: str, background: str, palette: Sequence[str] = ()) -> str:
    """The colour, moved towards black or white as far as it takes to be read on the background; of a palette, where
    there is one, the nearest, and where that cannot be read the one most like it that can."""
    target, found = ink_on(background), nearest(hex_of(color), palette)
    if palette and contrast(found, background) < READABLE:
        return min((c for c in palette if contrast(c, background) >= READABLE), key=partial(_unlike, color))
    for step in range(1, 21):
        if contrast(found, background) >= READABLE:
            break
        found = blend(color, target, step / 20)
    return found


@cache
def nearest(color: str, palette: Sequence[str]) -> str:
    """The colour of a palette that looks most like a colour; the colour itself where there is no palette."""
    if not palette or hex_of(color) in palette:
        return hex_of(color)
    return min(palette, key=partial(_distance, _rgb(color)))


def apart(colors: Iterable[str], choice: Sequence[str]) -> dict[str, str]:
    """For each colour one of a choice that looks like it, and as long as there are enough a different one for each: of
    more colours than there are, the first go first."""
    found: dict[str, str] = {}
    free: list[str] = []
    for color in dict.fromkeys(colors):
        free = free or list(choice)
        found[color] = min(free, key=lambda other: _unlike(color, other))
        free.remove(found[color])
    return found


def _unlike(a: str, b: str) -> float:
    """How unlike two colours would be named: grey or not, then by hue, then by lightness."""
    (hue, light, full), (hue2, light2, full2) = _hls(a), _hls(b)
    turn, grey, grey2 = abs(hue - hue2), full < GREY, full2 < GREY
    return (grey != grey2) + (0 if grey and grey2 else 4 * min(turn, 1 - turn)) + 0.3 * abs(light - light2)


@cache
def _hls(color: str) -> tuple[float, float, float]:
    """Hue, lightness and saturation, 0 to 1 each."""
    return rgb_to_hls(*(part / 255 for part in _rgb(color)))


def _distance(a: bytes, color: str) -> float:
    """How unlike two colours look: by their parts, weighted for the eye ("redmean")."""
    b = _rgb(color)
    mean, red, green, blue = (a[0] + b[0]) / 2, a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return (2 + mean / 256) * red * red + 4 * green * green + (2 + (255 - mean) / 256) * blue * blue


def blend(color: str, other: str, share: float) -> str:
    """A colour between two: the first at 0, the other at 1."""
    parts = (int(a + (b - a) * share) for a, b in zip(_rgb(color), _rgb(other), strict=True))
    return "#{:02X}{:02X}{:02X}".format(*parts)


@cache
def contrast(a: str, b: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@cache
def _luminance(color: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2, "relative luminance")."""
    parts = (part / 255 for part in _rgb(color))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@cache
def _rgb(color: str) -> bytes:
    """Red, green and blue, 0 to 255 each."""
    return bytes.fromhex(hex_of(color)[1:])
