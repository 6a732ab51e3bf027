"""Frames: what is sent makes the terminal show what it should, with as few cells and codes as that takes."""

from __future__ import annotations

import asyncio
import random
import re
import sys

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes
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
from tui.widgets.rows import Row, cells, clip, clusters, differing, fit, plain

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


CHARACTERS = ["a", "b", " ", "中", "あ", "é", "e\u0301", "👍🏽", "👨‍👩‍👧‍👦", "❤️", "🇬🇧", "ㄅ"]


@given(st.lists(st.sampled_from(CHARACTERS), max_size=30), st.data())
def test_the_characters_that_differ_are_sent_whole(characters: list[str], data: st.DataObject) -> None:
    places = st.sets(st.integers(0, max(0, len(characters) - 1)), max_size=3)
    others = list(characters)
    for at in data.draw(places) if characters else ():
        others[at] = data.draw(st.sampled_from(CHARACTERS))
    old, new = (clip([("".join(row), BLANK)], WIDTH) for row in (characters, others))
    shows = in_cells("".join(text for text, _ in old))
    for first, end in differing(old, new, BLANK, WIDTH):
        sent = "".join(segment.text for segment in cut(strip(new), first, end))
        shows[first:end] = in_cells(sent)[: end - first]
        assert cell_len(sent) == end - first
    assert shows == in_cells("".join(text for text, _ in new))


def in_cells(text: str) -> list[str]:
    """What a terminal shows in each cell of a row, filled up."""
    clusters = ((text[first:end], size) for first, end, size in split_graphemes(text)[0])
    found = [
        f"{cluster} {cell}" if size > 1 else cluster for cluster, size in clusters for cell in range(size)
    ]
    return found + [" "] * (WIDTH - len(found))


def test_what_is_taken_for_a_character_a_cell_is_that() -> None:
    assert all(cell_len(c) == 1 for c in map(chr, range(sys.maxunicode + 1)) if plain(c) and ord(c) > 0x7E)


@given(st.lists(st.sampled_from(CHARACTERS), max_size=20).map("".join), st.integers(0, 30))
def test_a_text_is_cut_between_what_people_take_for_characters(text: str, width: int) -> None:
    fitting = fit(text, width)
    assert cell_len(fitting) <= width
    kept = fitting.removesuffix("…") if fitting != text else text
    assert clusters(text)[: len(clusters(kept))] == clusters(kept)


@given(ROWS, st.integers(0, WIDTH), st.integers(0, WIDTH))
def test_a_line_is_cut_as_textual_cuts_it(rows, one, other):
    left, right = sorted((one, other))
    for row in rows:
        line = strip(row)
        wanted = line.crop(left, right)
        assert "".join(s.text for s in cut(line, left, right)) == wanted.text
        assert Strip(cut(line, left, right)) == Strip(wanted) or left == right


def test_a_span_in_the_middle_of_a_widget_is_sent_alone():
    rows: list[Row] = [(("one two three", BLANK),), (), ()]
    assert update(rows, [(0, 4, 7)]) == ("\x1b[1;5H\x1b[38;2;16;16;16;48;2;224;224;224mtwo" + RESET)


@given(st.lists(st.sampled_from([*CHARACTERS, "क्षि", "👩🏽‍🚀"]), max_size=6).map("".join))
def test_what_follows_a_character_of_doubtful_width_stands_where_it_should(text: str) -> None:
    """The emulated terminal measures each code point by itself, as old ones do."""
    place = cell_len(text)
    row = shown(update([((text, BLANK), ("|", BLANK), ("end", BLANK)), (), ()], everything()))[0]
    assert "".join(cell.data for cell in row[place : place + 4]) == "|end"


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
            compositor._dirty_regions.add(compositor.size.region)
            frames = [compositor.render_update().render_segments(console)]
            assert shown(*frames) == shown(compositor.render_full_update().render_segments(console))
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
