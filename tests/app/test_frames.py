"""Frames: what is sent makes the terminal show what it should, with as few cells and codes as that takes."""

from __future__ import annotations

import asyncio
import random
import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from tui.frames import RESET, Frame, PaintedScreen, turn
from tui.widgets.drawn import Drawn, cut
from tui.widgets.rows import Row, cells, differing

WIDTH, HEIGHT = 24, 3
BLANK = Style(color="#101010", bgcolor="#e0e0e0")
COLOURS = st.sampled_from([None, "#ff8800", "#003355", "#e0e0e0"])
STYLES = st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    bold=st.booleans(),
    italic=st.booleans(),
    underline=st.booleans(),
    strike=st.booleans(),
)
PIECES = st.tuples(st.text(st.sampled_from("ab z中あ—é"), max_size=7), STYLES)


def _fitting(pieces: list[tuple[str, Style]]) -> Row:
    row: list[tuple[str, Style]] = []
    for piece in pieces:
        if cells([*row, piece]) <= WIDTH:
            row.append(piece)
    return tuple(row)


ROWS = st.lists(st.lists(PIECES, max_size=6).map(_fitting), min_size=HEIGHT, max_size=HEIGHT)


def strip(row: Row) -> Strip:
    return Strip([Segment(*piece) for piece in row]).adjust_cell_length(WIDTH, BLANK)


def update(rows: list[Row], spans: list[tuple[int, int, int]]) -> str:
    frame = Frame([(y, first, end, cut(strip(rows[y]), first, end)) for y, first, end in spans])
    return frame.render_segments(Console(color_system="truecolor"))


def textual(rows: list[Row]) -> str:
    chops = [{0: strip(row)} for row in rows]
    return ChopsUpdate(chops, everything(), [[WIDTH]] * HEIGHT).render_segments(
        Console(color_system="truecolor")
    )


def everything() -> list[tuple[int, int, int]]:
    return [(y, 0, WIDTH) for y in range(HEIGHT)]


def shown(*frames: str) -> list[list[pyte.screens.Char]]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for frame in frames:
        stream.feed(frame.replace("\n", ""))
    return [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


@given(ROWS)
def test_a_frame_shows_what_textual_would_show(rows):
    assert shown(update(rows, everything())) == shown(textual(rows))


@given(ROWS, ROWS)
def test_only_the_cells_that_differ_are_sent_and_that_is_enough(old, new):
    spans = [(y, *run) for y in range(HEIGHT) for run in differing(old[y], new[y], BLANK, WIDTH)]
    before = update(old, everything())
    after = update(new, spans)
    assert shown(before, after) == shown(update(new, everything()))
    sent = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", after)
    assert cells([(sent, BLANK)]) <= sum(end - first for _, first, end in spans)


@given(ROWS, st.integers(0, WIDTH), st.integers(0, WIDTH))
def test_a_line_is_cut_as_textual_cuts_it(rows, left, right):
    for row in rows:
        line = strip(row)
        wanted = line.crop(left, right)
        assert "".join(s.text for s in cut(line, left, right)) == wanted.text
        assert Strip(cut(line, left, right)) == Strip(wanted) or left >= right


def test_a_span_in_the_middle_of_a_widget_is_sent_alone():
    rows: list[Row] = [(("one two three", BLANK),), (), ()]
    assert update(rows, [(0, 4, 7)]) == ("\x1b[1;5H\x1b[38;2;16;16;16;48;2;224;224;224mtwo" + RESET)


class Sheet(Drawn):
    """A widget of one letter, which another one replaces, at any place over others."""

    def __init__(self, letter: str, place: Region) -> None:
        super().__init__()
        self.letter = letter
        self.styles.position = "absolute"
        self.styles.offset = place.offset
        self.styles.width, self.styles.height = place.size

    def segments(self, y: int) -> list[Segment]:
        return [Segment(self.letter * self.size.width, BLANK)]


class Pile(PaintedScreen):
    """Sheets that lie over each other, a usual widget among them."""

    def __init__(self, sheets: list[Sheet]) -> None:
        super().__init__()
        self.sheets = sheets

    def compose(self) -> ComposeResult:
        yield Static("static")
        yield from self.sheets


@pytest.mark.parametrize("seed", range(6))
def test_of_widgets_over_each_other_a_frame_shows_the_front_one(seed: int) -> None:
    dice = random.Random(seed)
    sheets = [
        Sheet(letter, Region(dice.randrange(20), dice.randrange(2), dice.randint(1, 12), dice.randint(1, 3)))
        for letter in "abcd"
    ]

    async def go() -> None:
        app: App[None] = App()
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            pile = Pile(sheets)
            await app.push_screen(pile)
            await pilot.pause()
            compositor, console = pile._compositor, Console(color_system="truecolor")
            frames = [compositor.render_full_update().render_segments(console)]
            for _ in range(20):
                sheet = dice.choice(sheets)
                sheet.letter = sheet.letter.swapcase()
                sheet.redraw()
                compositor.update_widgets({sheet})
                if (frame := compositor.render_partial_update()) is not None:
                    frames.append(frame.render_segments(console))
                whole = compositor.render_full_update().render_segments(console)
                assert shown(*frames) == shown(whole)

    asyncio.run(go())


@given(STYLES, STYLES, STYLES)
def test_from_any_style_to_any_other_and_back(first, second, third):
    codes = [
        turn(old, new, ColorSystem.TRUECOLOR) + "x"
        for old, new in ((Style.null(), first), (first, second), (second, third))
    ]
    screen = shown("".join(codes))
    for x, style in enumerate((first, second, third)):
        plain = shown(turn(Style.null(), style, ColorSystem.TRUECOLOR) + "x")
        assert screen[0][x] == plain[0][0]


def test_the_same_style_again_costs_nothing():
    assert turn(BLANK, BLANK + Style(), ColorSystem.TRUECOLOR) == ""


def test_taking_bold_away_leaves_faint():
    faint = Style(dim=True)
    assert turn(faint + Style(bold=True), faint, ColorSystem.TRUECOLOR) == "\x1b[22;2m"
