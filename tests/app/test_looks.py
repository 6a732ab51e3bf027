"""Colours that can be read, and meaning that does not need them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.color import Color

from annotations.colors import ANSI_COLORS, CSS_COLORS, READABLE, contrast, hex_of, ink_on, readable
from annotations.config import load
from annotations.schema import EntityType, Schema
from tests.desks import Project
from tui.app import PostilApp
from tui.looks import TONES, Looks, themes

STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
LABELS = [kind.name for kind in STARTER.entities]
colors = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
every_theme = pytest.mark.parametrize("theme", list(TONES))
plain_or_not = pytest.mark.parametrize("plain", [False, True])


def of(style: Style) -> float:
    """The contrast of a style's text."""
    assert style.color and style.bgcolor and style.color.triplet and style.bgcolor.triplet
    return contrast(style.color.triplet.hex, style.bgcolor.triplet.hex)


def without_colour(style: Style) -> tuple[bool, bool, bool]:
    return bool(style.bold), bool(style.italic), bool(style.underline)


@every_theme
@plain_or_not
def test_every_label_can_be_read_in_text_in_blocks_and_in_lists(theme: str, plain: bool) -> None:
    looks = Looks(TONES[theme], STARTER, plain)
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
            assert of(style) >= READABLE, (label, style)


@every_theme
@plain_or_not
def test_whatever_is_marked_can_be_read(theme: str, plain: bool) -> None:
    looks = Looks(TONES[theme], STARTER, plain)
    for below in (looks.base, looks.own("ORG"), looks.pending("ORG"), looks.stacked(looks.own("ORG"))):
        for kind in ("cursor", "focus", "select", "partner", "hit"):
            assert of(looks.mark(kind, below)) >= READABLE, kind
    for name, style in vars(looks).items():
        if isinstance(style, Style):
            assert of(style) >= READABLE, name


@every_theme
@plain_or_not
def test_own_and_suggested_differ_without_colour_also_where_several_lie_over_each_other(
    theme: str, plain: bool
) -> None:
    looks = Looks(TONES[theme], STARTER, plain)
    for label in LABELS:
        own, pending = looks.own(label), looks.pending(label)
        found = {
            without_colour(s) for s in (own, pending, looks.stacked(own), looks.stacked(pending), looks.base)
        }
        assert len(found) == 5
        assert own.bold and pending.underline and not own.underline and not pending.bold


@every_theme
def test_what_is_marked_does_not_look_like_what_is_not(theme: str) -> None:
    looks = Looks(TONES[theme], STARTER)
    kinds = ("cursor", "focus", "select", "partner", "hit")
    found = [looks.mark(kind, looks.base) for kind in kinds]
    assert len({(s.color, s.bgcolor, without_colour(s)) for s in [*found, looks.base]}) == len(kinds) + 1
    tones = TONES[theme]
    assert contrast(tones.focus, tones.paper) >= (1.3 if theme == "postil-light" else READABLE)


def test_without_colours_labels_look_alike_and_with_them_the_first_eight_differ() -> None:
    plain, colourful = (Looks(TONES["postil-dark"], STARTER, plain) for plain in (True, False))
    assert len({plain.color(label) for label in LABELS}) == 1
    assert len({colourful.color(label) for label in LABELS[:8]}) == 8


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


NO_COLOUR = """
import asyncio, sys
from annotations.config import load
from annotations.session import Session
from annotations.store import Store
from pathlib import Path
from tui.app import PostilApp

async def go(folder):
    store = Store.open(folder / "postil.db")
    app = PostilApp(Session(store, load(folder / "config.yaml"), "ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        colours = [colour.get_truecolor() for s in styles for colour in (s.color, s.bgcolor) if colour]
        text = "".join(segment.text for segment in strips[1])
        print(all(len(set(colour)) == 1 for colour in colours), "Ana Ruiz PERSON?" in text)
    store.close()

asyncio.run(go(Path(sys.argv[1])))
"""


def test_with_no_color_set_nothing_has_a_colour_and_labels_are_in_the_text(project: Project) -> None:
    project.visit()
    environment = {**os.environ, "NO_COLOR": "1"}
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", NO_COLOUR, str(project.folder)],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout.split() == ["True", "True"], found.stderr
