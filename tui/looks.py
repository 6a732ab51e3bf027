"""How things look: the colours of a theme and of the project's labels as ready styles.

Invariant: meaning never rests on colour alone: own entities are bold blocks, suggestions are underlined, what is
focused has a mark in the margin. Text on a label's colour, and a label's colour on the background, keep a contrast
of at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from rich.style import Style
from textual.theme import Theme

from annotations.colors import SPARE, hex_of, ink_on, readable
from annotations.schema import Schema


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
    "#ffffff", "#000000", "#000000", "#e0e0e0", "#ffff00", "#0040c0", "#7a5200", "#00593f", "#ff9090"
)

TONES = {"postil-dark": DARK, "postil-light": LIGHT, "postil-contrast": CONTRAST}


def themes() -> list[Theme]:
    """The themes to register with the app."""
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
            dark=tones is not LIGHT,
        )
        for name, tones in TONES.items()
    ]


class Looks:
    """Ready styles for one theme and one schema; `plain` where there are no colours: labels then have none."""

    def __init__(self, tones: Tones, schema: Schema, plain: bool = False) -> None:
        self.tones = tones
        self._colors = {} if plain else {kind.name: hex_of(kind.color or SPARE) for kind in schema.entities}
        ink, paper = tones.ink, tones.paper
        self.base = Style(color=ink, bgcolor=paper)
        self.faint = Style(color=readable(tones.faint, paper), bgcolor=paper)
        self.strong = Style(color=ink, bgcolor=paper, bold=True)
        self.bar = Style(color=ink, bgcolor=tones.panel)
        self.bar_faint = Style(color=readable(tones.faint, tones.panel), bgcolor=tones.panel)
        self.bar_strong = Style(color=ink, bgcolor=tones.panel, bold=True)
        self.key = Style(color=readable(tones.focus, tones.panel), bgcolor=tones.panel, bold=True)
        self.alarm = Style(color=readable(tones.alarm, tones.panel), bgcolor=tones.panel, bold=True)
        self.cursor = Style(color=paper, bgcolor=ink)
        self.focus = Style(color=ink_on(tones.focus), bgcolor=tones.focus, bold=True)
        self.focus_cursor = self.focus + Style(underline=True)
        self.selection = Style(color=ink_on(tones.select), bgcolor=tones.select)
        self.hit = Style(color=ink_on(tones.hit), bgcolor=tones.hit)
        self.partner = Style(color=ink_on(tones.partner), bgcolor=tones.partner, bold=True, italic=True)
        self.same = Style(color=ink_on(tones.partner), bgcolor=tones.partner, bold=True, underline=True)
        self.hint = Style(color=ink_on(tones.focus), bgcolor=tones.focus, bold=True, underline=True)

        self.struck = self.faint + Style(strike=True)
        """A rejected suggestion, where it is shown."""
        self.aside = self.faint + Style(underline=True, italic=True)
        """A suggestion that was set aside, where it is shown."""
        self.focus_tag = Style(color=ink_on(tones.focus), bgcolor=tones.focus)
        self.key_on_paper = Style(color=readable(tones.focus, paper), bgcolor=paper, bold=True)

    def mark(self, kind: str, below: Style) -> Style:
        """The style of a marked place: `cursor`, `focus`, `select`, `partner`, `same` or `hit`, over what is there."""
        if kind == "select":
            return below + Style(bgcolor=self.tones.select, color=ink_on(self.tones.select))
        marked: Style = getattr(self, kind)
        return marked

    def color(self, label: str) -> str:
        """The colour of a label as the config has it, in a form that Textual and Rich know."""
        return self._colors.get(label, SPARE)

    def own(self, label: str) -> Style:
        """A person's own entity: a block of the label's colour."""
        return _block(self.color(label), bold=True)

    def pending(self, label: str) -> Style:
        """A suggestion: the label's colour as ink, underlined."""
        return _ink(self.color(label), self.tones.paper, underline=True)

    def stacked(self, below: Style) -> Style:
        """The style of a place where several entities or suggestions lie over each other."""
        return below + Style(italic=True, underline=True)

    def own_tag(self, label: str) -> Style:
        """The label after a person's own entity."""
        return _block(self.color(label), bold=False)

    def pending_tag(self, label: str) -> Style:
        """The label after a suggestion."""
        return _ink(self.color(label), self.tones.paper, italic=True)

    def chip(self, label: str) -> Style:
        """A label's name in the strip and the lists."""
        return _ink(self.color(label), self.tones.panel)


@cache
def _block(color: str, bold: bool) -> Style:
    return Style(color=ink_on(color), bgcolor=color, bold=bold)


@cache
def _ink(color: str, background: str, underline: bool = False, italic: bool = False) -> Style:
    ink = readable(color, background)
    return Style(color=ink, bgcolor=background, underline=underline, italic=italic)
