"""How things look: the colours of a theme and of the project's labels as ready styles.

Invariant: meaning never rests on colour alone: text, own entities (bold), suggestions (underlined), cursor, focus,
selection, hits and partners differ in what every terminal can do (bold, underlined, reversed), whatever the theme, and
blocks are sent reversed, so that a terminal that ignores colours still shows them. Text on a label's colour, and a
label's colour on the background, keep a contrast of at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3); among
sixteen colours, whose shades are the terminal's own, a label's colour keeps 3 to 1 in the shades that they had first.
Colours are made those of the terminal before they are made readable, so that a label has one colour wherever it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter
from textual.theme import Theme

from annotations.colors import (
    MANY,
    SIXTEEN,
    SPARE,
    TOLD,
    apart,
    contrast,
    hex_of,
    ink_on,
    nearest,
    readable,
)
from annotations.schema import Schema


class Depth(IntEnum):
    """How many colours a terminal has, as bits."""

    NONE = 0
    SIXTEEN = 4
    MANY = 8
    FULL = 24

    @property
    def few(self) -> bool:
        """Whether colours are too few to tell labels apart."""
        return self < Depth.MANY


PALETTES: Mapping[Depth, Sequence[str]] = {
    Depth.NONE: (),
    Depth.SIXTEEN: SIXTEEN,
    Depth.MANY: MANY,
    Depth.FULL: (),
}
"""The colours of a depth where they can be counted."""

_SYSTEMS = {"standard": Depth.SIXTEEN, "windows": Depth.SIXTEEN, "256": Depth.MANY, "truecolor": Depth.FULL}

_COLOURLESS = re.compile(r"(?:dumb|vt(?:52|1\d\d|2[02]0|320|420)(?:[-+].*)?|.*-(?:m|mono))")


def depth_of(system: str | None, terminal: str) -> Depth:
    """The depth of a terminal, by Rich's name of what it can do and by its kind (`TERM`), which goes first: some kinds
    have no colours whatever the rest of the environment says."""
    if system is None or _COLOURLESS.fullmatch(terminal):
        return Depth.NONE
    return _SYSTEMS[system]


class Tones(NamedTuple):
    """The colours that a theme gives to the drawing of text."""

    ink: str
    paper: str
    panel: str
    faint: str
    focus: str
    select: str
    hit: str
    partner: str
    alarm: str


DARK = Tones(
    "#d9dce1", "#14171a", "#22272d", "#8b939c", "#ffd75f", "#3b5f8a", "#5a4a00", "#2f5d50", "#ff8a80"
)
LIGHT = Tones(
    "#1d2126", "#fbfaf7", "#e7e4dc", "#5f666e", "#ffcf33", "#bcd4f0", "#ffe9a8", "#c4e3d8", "#b3261e"
)

CONTRAST = Tones(
    "#ffffff", "#000000", "#595959", "#e0e0e0", "#ffff00", "#0040c0", "#7a5200", "#00593f", "#ffb0b0"
)

DARK_16 = Tones(
    "#ffffff", "#000000", "#0000aa", "#aaaaaa", "#ffff55", "#0000aa", "#aa00aa", "#555555", "#ff5555"
)
LIGHT_16 = Tones(
    "#000000", "#ffffff", "#aaaaaa", "#555555", "#0000aa", "#00aaaa", "#ffff55", "#55ff55", "#aa0000"
)

TONES = {"postil-dark": DARK, "postil-light": LIGHT, "postil-contrast": CONTRAST}
_TONES_16 = {"postil-dark": DARK_16, "postil-light": LIGHT_16, "postil-contrast": DARK_16}


def tones_of(theme: str, depth: Depth) -> Tones:
    """The colours of a theme on a terminal of that depth."""
    if depth == Depth.SIXTEEN:
        return _TONES_16[theme]
    if depth == Depth.MANY:
        return Tones(*(nearest(tone, MANY) for tone in TONES[theme]))
    return TONES[theme]


def themes(depth: Depth = Depth.FULL) -> list[Theme]:
    """The themes to register with the app."""
    found = {name: tones_of(name, depth) for name in TONES}
    return [
        Theme(
            name,
            primary=tones.faint,
            foreground=tones.ink,
            background=tones.paper,
            surface=tones.paper,
            panel=tones.panel,
            accent=tones.focus,
            error=tones.alarm,
            dark=name != "postil-light",
            variables={
                "input-cursor-background": tones.panel,
                "input-cursor-foreground": tones.ink,
                "input-cursor-text-style": "reverse",
            },
        )
        for name, tones in found.items()
    ]


class Looks:
    """Ready styles for the colours of one theme and one schema on a terminal of one depth."""

    def __init__(self, tones: Tones, schema: Schema, depth: Depth = Depth.FULL) -> None:
        self.tones, self.depth = tones, depth
        self._wanted = {kind.name: hex_of(kind.color or SPARE) for kind in schema.entities} | {"": SPARE}
        self._colors = _label_colors(self._wanted, tones, depth)
        ink, paper, panel = tones.ink, tones.paper, tones.panel
        bare, on_bar = depth == Depth.NONE, {"reverse": depth == Depth.NONE}
        self.base = self._style(ink, paper)
        self.faint = self._style(self._readable(tones.faint, paper), paper, dim=bare)
        self.strong = self._style(ink, paper, bold=True)
        self.bar = self._style(ink, panel, **on_bar)
        self.bar_faint = self._style(self._readable(tones.faint, panel), panel, **on_bar)
        self.bar_strong = self._style(ink, panel, bold=True, **on_bar)
        self.key = self._style(self._readable(tones.focus, panel), panel, bold=True, **on_bar)
        self.alarm = self._style(self._readable(tones.alarm, panel), panel, bold=True)
        """A warning; without colours the only thing on a bar that is not reversed."""
        self.key_on_paper = self._style(self._readable(tones.focus, paper), paper, bold=True)

        self.cursor = self._block(ink, paper)
        self.wide_cursor = self._block(self._readable(tones.faint, paper), paper)
        """The cursor's token where parts of it are entities, which stay as they are."""
        self.focus = self._block(ink_on(paper), paper, bold=True)
        """What is focused: in no colour, since labels may have any."""
        self.focus_cursor = self.focus + Style(underline=True)
        self.focus_tag = self._block(ink_on(paper), paper)
        self.hit = self._style(ink_on(tones.hit), tones.hit, bold=True, underline=True)
        self.partner = self._style(ink_on(tones.partner), tones.partner, bold=True, italic=True)
        self.same = self.partner + Style(underline=True)
        self.sign = self._block(tones.focus, ink_on(tones.focus), bold=True)
        """The number of a partner, and what tells the ends of a relation and other mentions."""
        self.hint = self._block(tones.focus, ink_on(tones.focus), bold=True, underline=True)

        self.tag_begin = "/" if bare else " "
        """What stands in the cell before a label in the text."""

        self.struck = self.faint + Style(strike=True)
        """A rejected suggestion, where it is shown."""
        self.aside = self.faint + Style(underline=True, italic=True)
        """A suggestion that was set aside, where it is shown."""

    def mark(self, kind: str, below: Style) -> Style:
        """The style of a marked place: `cursor`, `focus`, `select`, `partner`, `same` or `hit`, over what is there."""
        if kind == "select":
            select = self._block(self.tones.select, ink_on(self.tones.select), underline=True)
            return select if self.depth == Depth.NONE else below + select
        marked: Style = getattr(self, kind)
        return marked

    def under(self, below: Style) -> Style:
        """The style of an entity that is a part of the cursor's token, over its own."""
        return below + Style(underline=True)

    def color(self, label: str) -> str:
        """The colour of a label in the text as `#RRGGBB`, which is the config's where the terminal has it."""
        return self._colors.get(label, self._colors[""])

    def own(self, label: str) -> Style:
        """A person's own entity: a block of the label's colour."""
        return _block(self.color(label), self.depth, bold=True)

    def pending(self, label: str) -> Style:
        """A suggestion: the label's colour as ink, underlined."""
        return self._ink(label, self.tones.paper, underline=True)

    def stacked(self, below: Style) -> Style:
        """The style of a place where several entities or suggestions lie over each other."""
        return below + Style(italic=True, underline=True)

    def own_tag(self, label: str) -> Style:
        """The label after a person's own entity."""
        return _block(self.color(label), self.depth, bold=False)

    def pending_tag(self, label: str) -> Style:
        """The label after a suggestion."""
        return self._ink(label, self.tones.paper, italic=self.depth != Depth.NONE)

    def chip(self, label: str) -> Style:
        """A label's name in the strip and the lists."""
        if self.depth == Depth.NONE:
            return self.bar
        if self.depth == Depth.SIXTEEN:
            return self.own_tag(label)
        return self._ink(label, self.tones.panel)

    def _ink(self, label: str, behind: str, **attributes: bool) -> Style:
        """A label's colour as ink. Of many colours the readable one is found by the config's, which tells more."""
        colors = self._colors if self.depth == Depth.SIXTEEN else self._wanted
        return _ink(colors.get(label, colors[""]), behind, self.depth, **attributes)

    def _style(self, ink: str, behind: str, **attributes: bool) -> Style:
        return _style(ink, behind, self.depth, **attributes)

    def _block(self, color: str, ink: str, **attributes: bool) -> Style:
        """A block of a colour, sent reversed."""
        return _style(color, ink, self.depth, reverse=True, **attributes)

    def _readable(self, color: str, behind: str) -> str:
        return readable(color, behind, PALETTES[self.depth])


class Colourless(LineFilter):
    """Takes the colours out of a line, and leaves all else: no code for a colour is sent, not even for none."""

    def apply(self, segments: list[Segment], background: object) -> list[Segment]:
        """The segments without colours."""
        return [Segment(text, style and style.without_color, control) for text, style, control in segments]


def _label_colors(wanted: Mapping[str, str], tones: Tones, depth: Depth) -> dict[str, str]:
    """The colours of the labels on a terminal of a depth, by those of the config. Of sixteen, different ones for the
    first labels, as many as can be told from the background."""
    if depth != Depth.SIXTEEN:
        return {name: nearest(color, PALETTES[depth]) for name, color in wanted.items()}
    taken = {hex_of(tones.ink), hex_of(tones.paper)}
    free = [color for color in SIXTEEN if color not in taken and contrast(color, tones.paper) >= TOLD]
    found = apart(wanted.values(), free)
    return {name: found[color] for name, color in wanted.items()}


@cache
def _style(ink: str, behind: str, depth: Depth, **attributes: bool) -> Style:
    """Text of a colour on another, on a terminal of a depth."""
    attributes = {name: True for name, wanted in attributes.items() if wanted}
    if depth == Depth.NONE:
        return Style(**attributes)  # type: ignore[arg-type]
    return Style(color=_sent(ink, depth), bgcolor=_sent(behind, depth), **attributes)  # type: ignore[arg-type]


def _sent(color: str, depth: Depth) -> Color:
    """A colour as the terminal is told it: by its number where colours have numbers."""
    if depth == Depth.FULL:
        return Color.parse(hex_of(color))
    found = PALETTES[depth].index(nearest(hex_of(color), PALETTES[depth]))
    return Color.from_ansi(found + (16 if depth == Depth.MANY else 0))


@cache
def _block(color: str, depth: Depth, bold: bool) -> Style:
    return _style(ink_on(color), color, depth, bold=bold)


@cache
def _ink(color: str, behind: str, depth: Depth, **attributes: bool) -> Style:
    ink = color if depth == Depth.SIXTEEN else readable(color, behind, PALETTES[depth])
    return _style(ink, behind, depth, **attributes)
