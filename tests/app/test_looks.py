"""Colours that can be read, and meaning that does not need them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color

from annotations.colors import (
    ANSI_COLORS,
    CSS_COLORS,
    MANY,
    READABLE,
    SIXTEEN,
    TOLD,
    apart,
    contrast,
    hex_of,
    ink_on,
    nearest,
    readable,
)
from annotations.config import load
from annotations.schema import EntityType, Schema
from tests.desks import Project
from tui.app import PostilApp
from tui.looks import TONES, Depth, Looks, depth_of, themes, tones_of

STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
LABELS = [kind.name for kind in STARTER.entities]
colors = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
every_theme = pytest.mark.parametrize("theme", list(TONES))
every_depth = pytest.mark.parametrize("depth", list(Depth))
SYSTEMS = {Depth.SIXTEEN: ColorSystem.STANDARD, Depth.MANY: ColorSystem.EIGHT_BIT}
MARKS = ("cursor", "focus", "select", "partner", "hit")


def looks_of(theme: str, depth: Depth = Depth.FULL) -> Looks:
    return Looks(tones_of(theme, depth), STARTER, depth)


def of(style: Style) -> float:
    """The contrast of a style's text; without colours, as a terminal has it."""
    assert (style.color is None) == (style.bgcolor is None)
    if style.color is None or style.bgcolor is None:
        return 21
    return contrast(shade(style.color), shade(style.bgcolor))


def shade(color: RichColor) -> str:
    if color.number is None:
        return color.get_truecolor().hex
    return SIXTEEN[color.number] if color.number < 16 else MANY[color.number - 16]


def sent(style: Style, depth: Depth) -> str:
    """What a terminal gets for a style."""
    return style.render("x", color_system=SYSTEMS.get(depth, ColorSystem.TRUECOLOR))


def without_colour(style: Style) -> tuple[bool, ...]:
    return bool(style.bold), bool(style.italic), bool(style.underline), bool(style.reverse)


def everywhere(style: Style) -> tuple[bool, ...]:
    """What every terminal shows of a style, however old it is."""
    return bool(style.bold), bool(style.underline), bool(style.reverse)


@every_theme
@every_depth
def test_every_label_can_be_read_in_text_in_blocks_and_in_lists(theme: str, depth: Depth) -> None:
    looks = looks_of(theme, depth)
    for label in [*LABELS, "NOT_IN_THE_SCHEMA"]:
        for style in (
            looks.own(label),
            looks.pending(label),
            looks.own_tag(label),
            looks.pending_tag(label),
            looks.chip(label),
            looks.stacked(looks.own(label)),
            looks.stacked(looks.pending(label)),
        ):
            assert of(style) >= (TOLD if depth == Depth.SIXTEEN else READABLE), (label, style)


@every_theme
@every_depth
def test_whatever_is_marked_can_be_read(theme: str, depth: Depth) -> None:
    looks = looks_of(theme, depth)
    for below in (looks.base, looks.own("ORG"), looks.pending("ORG"), looks.stacked(looks.own("ORG"))):
        for kind in (*MARKS, "wide_cursor", "same"):
            assert of(looks.mark(kind, below)) >= READABLE, kind
    for name, style in vars(looks).items():
        if isinstance(style, Style):
            assert of(style) >= READABLE, name


@every_theme
@every_depth
def test_own_and_suggested_differ_without_colour_also_where_several_lie_over_each_other(
    theme: str, depth: Depth
) -> None:
    looks = looks_of(theme, depth)
    for label in LABELS:
        own, pending = looks.own(label), looks.pending(label)
        found = {
            without_colour(s) for s in (own, pending, looks.stacked(own), looks.stacked(pending), looks.base)
        }
        assert len(found) == 5
        assert own.bold and pending.underline and not own.underline and not pending.bold


@every_theme
@every_depth
def test_what_is_marked_is_told_from_all_else_by_colours_as_sent(theme: str, depth: Depth) -> None:
    looks = looks_of(theme, depth)
    styles = {kind: looks.mark(kind, looks.base) for kind in MARKS} | {"text": looks.base}
    labels = [looks.own(label) for label in LABELS] + [looks.pending(label) for label in LABELS]
    found = {sent(style, depth) for style in styles.values()}
    assert len(found) == len(styles)
    assert found.isdisjoint(sent(style, depth) for style in labels)


@every_theme
@every_depth
def test_what_is_marked_is_told_from_all_else_where_colours_are_ignored(theme: str, depth: Depth) -> None:
    looks = looks_of(theme, depth)
    marked = {kind: looks.mark(kind, looks.base) for kind in MARKS}
    rest = [looks.base, looks.own("ORG"), looks.pending("ORG")]
    assert len({without_colour(s) for s in [*marked.values(), *rest]}) == len(MARKS) + 3
    # What has a number beside it may do with slanted letters, which old terminals do not have.
    del marked["partner"]
    assert len({everywhere(s) for s in [*marked.values(), *rest]}) == len(MARKS) + 2
    assert everywhere(looks.focus_cursor) not in {everywhere(s) for s in marked.values()}


@every_theme
def test_the_focus_is_in_no_colour_so_that_a_label_may_have_any(theme: str) -> None:
    for depth in Depth:
        looks = looks_of(theme, depth)
        block = {looks.focus.color, looks.focus.bgcolor}
        assert depth == Depth.NONE or {shade(color).upper() for color in block if color} & {
            "#FFFFFF",
            "#000000",
        }
        assert looks.focus.reverse and looks.focus.bold


@every_theme
@pytest.mark.parametrize("depth", [Depth.FULL, Depth.MANY, Depth.SIXTEEN])
def test_a_label_has_one_colour_in_the_text_and_the_first_eight_have_different_ones(
    theme: str, depth: Depth
) -> None:
    looks = looks_of(theme, depth)
    blocks = [sent(looks.own(label), depth) for label in LABELS]
    inks = [sent(looks.pending(label), depth) for label in LABELS]
    assert len({*blocks[:8]}) == len({*inks[:8]}) == 8
    if depth == Depth.SIXTEEN:
        for label in LABELS:
            own = looks.own(label).bgcolor
            assert (
                own
                == looks.pending(label).color
                == looks.pending_tag(label).color
                == looks.chip(label).bgcolor
            )


def test_without_colours_no_style_has_one() -> None:
    looks = looks_of("postil-dark", Depth.NONE)
    styles = [style for style in vars(looks).values() if isinstance(style, Style)]
    styles += [
        style(label) for label in LABELS for style in (looks.own, looks.pending, looks.chip, looks.own_tag)
    ]
    assert all(style.color is None and style.bgcolor is None for style in styles)


@pytest.mark.parametrize(
    ("system", "terminal", "depth"),
    [
        ("truecolor", "xterm-256color", Depth.FULL),
        ("256", "tmux-256color", Depth.MANY),
        ("standard", "linux", Depth.SIXTEEN),
        ("standard", "xterm", Depth.SIXTEEN),
        (None, "dumb", Depth.NONE),
        ("truecolor", "dumb", Depth.NONE),
        ("standard", "vt100", Depth.NONE),
        ("truecolor", "vt220", Depth.NONE),
        ("standard", "vt102-w", Depth.NONE),
        ("standard", "linux-m", Depth.NONE),
        ("standard", "xterm-mono", Depth.NONE),
        ("standard", "vt340", Depth.SIXTEEN),
        ("standard", "", Depth.SIXTEEN),
    ],
)
def test_how_many_colours_a_terminal_has(system: str | None, terminal: str, depth: Depth) -> None:
    assert depth_of(system, terminal) == depth


def test_a_selection_keeps_what_is_below_it_visible() -> None:
    looks = Looks(TONES["postil-dark"], STARTER)
    assert looks.mark("select", looks.own("ORG")).bold
    assert looks.mark("select", looks.pending("ORG")).underline


def test_colours_by_name_by_number_and_none_at_all() -> None:
    names = {"A": "cyan", "B": "bright_cyan", "C": "#abc", "D": "#A1B2C3", "E": None}
    schema = Schema(entities=tuple(EntityType(name, color=color) for name, color in names.items()))
    looks = Looks(TONES["postil-dark"], schema)
    found = {name: looks.color(name) for name in names}
    assert found["C"] == "#AABBCC" and found["D"] == "#A1B2C3"
    assert all(Color.parse(color).hex6 == color for color in found.values())
    assert found["E"] == looks.color("UNKNOWN")


@pytest.mark.parametrize("name", [*ANSI_COLORS, *CSS_COLORS])
def test_a_colour_s_name_is_the_same_colour_to_textual(name: str) -> None:
    theirs = f"ansi_{name}" if name.startswith("bright_") else name
    assert hex_of(name) == Color.parse(theirs).hex6


@given(colors, colors)
def test_a_colour_is_moved_only_as_far_as_it_takes_to_be_read(color: str, background: str) -> None:
    found = readable(color, background)
    assert contrast(found, background) >= READABLE
    if contrast(color, background) >= READABLE:
        assert found.lower() == color
    assert contrast(ink_on(background), background) >= READABLE


@given(colors, colors, st.sampled_from([SIXTEEN, MANY]))
def test_of_a_palette_a_readable_colour_is_found_too(
    color: str, background: str, palette: tuple[str, ...]
) -> None:
    behind = nearest(background, palette)
    found = readable(color, behind, palette)
    assert found in palette and contrast(found, behind) >= READABLE


@given(st.lists(colors, max_size=20), st.lists(st.sampled_from(SIXTEEN), min_size=1, unique=True))
def test_few_colours_are_given_out_once_before_any_is_given_twice(
    wanted: list[str], choice: list[str]
) -> None:
    found = apart(wanted, choice)
    assert set(found) == set(wanted)
    times = [list(found.values()).count(color) for color in choice]
    assert max(times) - min(times) <= 1


def test_a_colour_gets_the_one_that_is_called_the_same() -> None:
    wanted = ["#E69F00", "#56B4E9", "#B0B0B0", "#D55E00"]
    choice = [SIXTEEN[number] for number in (9, 3, 14, 7)]
    assert [SIXTEEN.index(found) for found in apart(wanted, choice).values()] == [3, 14, 7, 9]


@given(colors, colors)
def test_contrast_is_symmetric_and_between_one_and_twenty_one(a: str, b: str) -> None:
    assert contrast(a, b) == contrast(b, a)
    assert 1 <= contrast(a, b) <= 21.001
    assert contrast(a, a) == 1


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert round(contrast("#000000", "#ffffff"), 3) == 21


def test_each_theme_is_registered_with_the_app_and_the_key_goes_round_them(project: Project) -> None:
    project.visit()

    async def go() -> None:
        app = PostilApp(project.session(own=True))
        async with app.run_test(size=(80, 24)) as pilot:
            seen = []
            for _ in range(len(TONES) + 1):
                seen.append(app.theme)
                row = app.reader.article.render_line(1)
                assert app.looks.tones is TONES[app.theme]
                assert all(of(segment.style) >= READABLE for segment in row if segment.text.strip())
                await pilot.press("z", "t")
            assert seen == [*TONES, next(iter(TONES))]

    asyncio.run(go())
    assert [theme.name for theme in themes()] == list(TONES)


COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?(?:3\d|4\d|9[0-7]|10[0-7])[\d;]*m")
"""A code for a colour, be it the terminal's own."""


@pytest.mark.parametrize(
    "wishes",
    [
        {"NO_COLOR": "1"},
        {"TERM": "vt100", "COLORTERM": ""},
        {"TERM": "dumb"},
        {"TERM": "xterm-mono", "COLORTERM": "truecolor"},
    ],
)
def test_without_colours_none_is_sent_and_labels_are_in_the_text(
    project: Project, monkeypatch: pytest.MonkeyPatch, wishes: dict[str, str]
) -> None:
    project.visit()
    for name, value in wishes.items():
        monkeypatch.setenv(name, value)

    async def go() -> None:
        app = PostilApp(project.session(own=True))
        async with app.run_test(size=(130, 24)) as pilot:
            for keys in ((), ("z", "t"), ("v", "l", "l"), ("escape", "slash", "a"), ("escape", "colon")):
                await pilot.press(*keys)
                await pilot.pause()
                whole = app.screen._compositor.render_full_update().render_segments(app.console)
                assert (found := COLOUR.search(whole)) is None, found
                assert "\x1b[7m" in whole or "\x1b[1;7m" in whole
                if app.reader.prompting is not None:
                    prompt = [*app.reader.input.render_lines(app.reader.input.size.region)[0]]
                    assert any(segment.style and segment.style.reverse for segment in prompt)
                if not keys:
                    assert "Ana Ruiz/PERSON?" in re.sub(r"\x1b\[[\d;]*m", "", whole)

    asyncio.run(go())


@pytest.mark.parametrize(("wishes", "shown"), [({"TERM": "xterm", "COLORTERM": ""}, True), ({}, False)])
def test_with_sixteen_colours_labels_are_in_the_text(
    project: Project, monkeypatch: pytest.MonkeyPatch, wishes: dict[str, str], shown: bool
) -> None:
    project.visit()
    for name, value in wishes.items():
        monkeypatch.setenv(name, value)

    async def go() -> None:
        app = PostilApp(project.session(own=True))
        async with app.run_test(size=(80, 24)):
            assert app.reader.desk is not None and app.reader.desk.view.labels == shown

    asyncio.run(go())


def test_the_terminal_s_own_cursor_is_where_the_cursor_s_token_begins(project: Project) -> None:
    project.visit()

    async def go() -> None:
        app = PostilApp(project.session(own=True))
        async with app.run_test(size=(80, 24)) as pilot:
            for keys in ("l", "j", "z g", "G", "z s"):
                await pilot.press(*keys.split())
                await pilot.pause()
                desk, (x, y) = app.reader.desk, app.cursor_position
                assert desk is not None
                strip = "".join(
                    segment.text for segment in app.reader.article.segments(y - app.reader.article.region.y)
                )
                start, end = desk.state.tokens.span(desk.cursor)
                assert strip[x:].startswith(desk.state.article.text[start:end]), keys

    asyncio.run(go())
