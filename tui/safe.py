"""Foreign text made harmless for the screen.

Invariant: what comes out has as many code points as what went in, one for one, so offsets never move; and
it holds no control character, no bidirectional control, no lone surrogate and no invisible format
character, except the joiners that emoji and scripts need and the line ends that `display` leaves to the
layout. Stored text is never changed.
"""

from __future__ import annotations

import re

TAB = "⇥"
"""Stand-in for a tab: one cell, and a place where a line may break."""

ZERO_WIDTH_SPACE = "␣"
"""Stand-in for U+200B: one cell, and a place where a line may break."""

_UNKNOWN = "\ufffd"
_HIDDEN = "◌"

_STAND_INS: dict[str, str] = (
    {chr(code): chr(0x2400 + code) for code in range(0x20)}
    | dict.fromkeys(map(chr, (*range(0x80, 0xA0), *range(0xD800, 0xE000))), _UNKNOWN)
    | dict.fromkeys("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e", _UNKNOWN)
    | dict.fromkeys("\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb", _UNKNOWN)
    | dict.fromkeys("\u180e\u2060\u2061\u2062\u2063\u2064\u2065\ufeff", _HIDDEN)
    | dict.fromkeys("\u206a\u206b\u206c\u206d\u206e\u206f", _HIDDEN)
    | {"\t": TAB, "\x7f": "␡", "\xad": "¬", "\u200b": ZERO_WIDTH_SPACE, "\u2028": "␤", "\u2029": "␤"}
)

_CLASS = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff"
)
_IN_A_LINE = re.compile(f"[\n{_CLASS}]")
_IN_AN_ARTICLE = re.compile(f"[{_CLASS}](?!(?<=\r)\n)")


def safe(text: str) -> str:
    """`text` fit for one line of the screen: a label, a note, a title, a file name. Line ends become `␊`
    and `␍`."""
    return _IN_A_LINE.sub(_stand_in, text)


def display(text: str) -> str:
    """Article text fit for the layout: as `safe`, but LF and the CR of a CR LF stay, for the layout to
    swallow."""
    return _IN_AN_ARTICLE.sub(_stand_in, text)


def _stand_in(match: re.Match[str]) -> str:
    return _STAND_INS[match[0]]
