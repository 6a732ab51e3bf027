from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui import layout
from tui.layout import Layout

PIECES = [
    *"ab,. -\t\n\r…“é—",
    "\r\n",
    "word ",
    "東京",
    "「は」、。",
    "한국",
    "ﾊﾝ",
    "\u3000",
    "👩\u200d👩\u200d👧",
    "👍🏽",
    "🇫🇷",
    "🇩",
    "❤\ufe0f",
    "1\ufe0f\u20e3",
    "e\u0301",
    "\u0301",
    "\u200d",
    "\ufe0f",
    "क्षि",
    "ก\u0e33",
    "שלום",
    "ٱلسَّلَامُ",
    "\u0600",
    "\u1100",
    "\uac00",
    "\u11a8",
    "\u00a9",
    "\x00\x1b[31m\x9b",
    "\u202e",
    "\u200b",
    "\u2028",
    "\ud800",
    "\U000e0067",
    "Ž\u030c" + "\u0301" * 40,
    "\u1100" * 6,
]
texts = st.lists(
    st.sampled_from(PIECES) | st.text(st.characters(codec=None, categories=None), max_size=4), max_size=40
).map("".join)
widths = st.integers(1, 24) | st.integers(1, 120)
tag_maps = st.dictionaries(st.integers(1, 120), st.integers(1, 30), max_size=12)


def tags_from(chosen: dict[int, int]) -> Callable[[int, int], list[tuple[int, int]]]:
    def tags(start: int, end: int) -> list[tuple[int, int]]:
        at = sorted(chosen)
        return [(offset, chosen[offset]) for offset in at[bisect_right(at, start) : bisect_right(at, end)]]

    return tags


def within(chosen: dict[int, int], text: str) -> dict[int, int]:
    return {offset: cells for offset, cells in chosen.items() if offset <= len(text)}


def everything(made: Layout) -> list[object]:
    n = len(made.text)
    return [
        [(made.line(i), made.visible_end(i), made.cells(i), made.tags_on(i)) for i in range(made.line_count)],
        [
            (made.line_of(o), made.column_of(o), made.grapheme_floor(o), made.grapheme_ceil(o))
            for o in range(n + 1)
        ],
        [made.shown(*made.line(i)) for i in range(made.line_count)],
    ]


def lines(text: str, width: int) -> list[str]:
    made = Layout(text, width)
    return [made.shown(*made.line(i)) for i in range(made.line_count)]


@given(texts, widths, tag_maps)
@example("", 1, {})
@example("\r\n\r\n", 3, {1: 2, 2: 2})
@example("aaaa \n", 4, {})
def test_every_code_point_is_on_exactly_one_line_and_no_line_is_too_wide(
    text: str, width: int, chosen: dict[int, int]
) -> None:
    made = Layout(text, width, tags_from(within(chosen, text)))
    assert made.line_count >= 1
    bounds = [made.line(i) for i in range(made.line_count)]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in pairwise(bounds))
    assert all(start < end for start, end in bounds) or not text
    for i, (start, end) in enumerate(bounds):
        assert all(made.line_of(offset) == i for offset in range(start, end))
        assert made.cells(i) <= width
        shown = made.shown(start, end)
        assert cell_len(shown) + sum(cells for _, cells in made.tags_on(i)) == made.cells(i)
        assert "\n" not in made.text[start : made.visible_end(i)]


@given(texts, widths, tag_maps)
def test_lines_and_cursor_never_rest_inside_a_grapheme(text: str, width: int, chosen: dict[int, int]) -> None:
    made = Layout(text, width, tags_from(within(chosen, text)))
    edges = {0, *(match.end() for match in regex.finditer(r"\X", made.text))}
    assert {made.line(i)[0] for i in range(made.line_count)} <= edges
    for offset in range(len(text) + 1):
        assert made.grapheme_floor(offset) == max(edge for edge in edges if edge <= offset)
        assert made.grapheme_ceil(offset) == min(edge for edge in edges if edge >= offset)


@given(texts, widths, tag_maps)
def test_columns_and_graphemes_map_to_and_fro(text: str, width: int, chosen: dict[int, int]) -> None:
    made = Layout(text, width, tags_from(within(chosen, text)))
    for i in range(made.line_count):
        start, end = made.line(i)
        graphemes = {made.grapheme_floor(o) for o in range(start, end) if made.text[o] not in "\r\n"}
        columns = {offset: made.column_of(offset) for offset in sorted(graphemes)}
        assert list(columns.values()) == sorted(set(columns.values()))
        assert all(made.offset_at(i, column) == offset for offset, column in columns.items())
        for column in range(-1, width + 2):
            covering = [offset for offset, first in columns.items() if first <= max(0, column)]
            assert made.offset_at(i, column) == (covering[-1] if covering else start)


@given(texts, widths, st.data())
def test_a_piece_of_a_line_is_drawn_as_wide_as_its_columns_say(
    text: str, width: int, data: st.DataObject
) -> None:
    made = Layout(text, width)
    i = data.draw(st.integers(0, made.line_count - 1))
    start, end = made.line(i)
    cut = data.draw(st.integers(start, end))
    left, right = made.shown(start, cut), made.shown(cut, end)
    assert left + right == made.shown(start, end)
    edge = made.grapheme_ceil(cut)
    assert cell_len(left) == (made.column_of(edge) if edge < made.visible_end(i) else made.cells(i))


@given(texts, widths, tag_maps, tag_maps, st.integers(0, 120), st.integers(1, 40))
def test_rewrapping_an_edit_equals_laying_out_afresh(
    text: str, width: int, before: dict[int, int], after: dict[int, int], start: int, length: int
) -> None:
    chosen = within(before, text)
    made = Layout(text, width, tags_from(chosen))
    start, end = min(start, len(text)), min(start + length, len(text))
    for offset in range(start + 1, end + 1):
        chosen.pop(offset, None)
        chosen.update({offset: after[offset]} if offset in after else {})
    made.retag(start, end)
    assert everything(made) == everything(Layout(text, width, tags_from(chosen)))


@given(texts, widths, widths, tag_maps, tag_maps)
def test_resizing_and_other_tags_equal_laying_out_afresh(
    text: str, width: int, other: int, before: dict[int, int], after: dict[int, int]
) -> None:
    made = Layout(text, width, tags_from(within(before, text)))
    made.resize(other)
    assert everything(made) == everything(Layout(text, other, tags_from(within(before, text))))
    made.set_tags(tags_from(within(after, text)))
    assert everything(made) == everything(Layout(text, other, tags_from(within(after, text))))
    made.set_tags(None)
    assert everything(made) == everything(Layout(text, other))


@given(st.text(st.sampled_from("ab \n\r"), max_size=80), widths)
def test_plain_text_wraps_the_same_beside_text_that_needs_tables(text: str, width: int) -> None:
    alone, beside = Layout(text + "\n", width), Layout(text + "\n東", width)
    assert [beside.line(i) for i in range(alone.line_count)] == [
        alone.line(i) for i in range(alone.line_count)
    ]


@pytest.mark.parametrize(("name", "step"), [("_NARROW", 1), ("_WIDE", 2)])
def test_code_points_in_runs_are_as_wide_as_the_run_says_and_stand_alone(name: str, step: int) -> None:
    members = regex.findall(f"[{getattr(layout, name)}]", "".join(map(chr, range(0x110000))))
    visible = [char for char in members if char not in "\r\n"]
    assert [char for char in visible if cell_len(char) != step] == []
    assert regex.findall(r"\X", "".join(visible)) == visible


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two  three", 7, ["one two", " three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a\n\nb\n", 9, ["a", "", "b"]),
        ("a\r\nb", 9, ["a", "b"]),
        ("a\rb", 9, ["a␍b"]),
        ("one\ttwo", 5, ["one⇥", "two"]),
        ("人工知能の研究者", 6, ["人工知", "能の研", "究者"]),
        ("知能の研。究者", 8, ["知能の", "研。究者"]),
        ("知能の「研究", 8, ["知能の", "「研究"]),
        ("ab東京", 1, ["a", "b", "…", "…"]),
        ("see 東京 now", 5, ["see ", "東京 ", "now"]),
        ("\u0301a", 9, ["◌\u0301a"]),
        ("🇫🇷🇩🇪", 3, ["🇫🇷", "🇩🇪"]),
        ("", 9, [""]),
    ],
)
def test_lines_break_where_a_reader_expects(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width) == expected


def test_a_tag_stays_with_its_entity_and_counts_in_wrapping() -> None:
    made = Layout("Xi met him", 9, tags_from({2: 4}))
    assert [made.line(i) for i in range(made.line_count)] == [(0, 3), (3, 10)]
    assert made.tags_on(0) == [(2, 4)]
    assert made.offset_at(0, 4) == 1
    assert made.column_of(2) == 6


def test_a_tag_wider_than_the_line_is_clipped_to_what_its_grapheme_leaves() -> None:
    made = Layout("東 b", 6, tags_from({1: 40}))
    assert made.tags_on(0) == [(1, 4)]
    assert made.cells(0) == 6


def test_a_space_that_does_not_fit_hangs() -> None:
    made = Layout("abcd ef", 4)
    assert made.line(0) == (0, 5)
    assert made.visible_end(0) == 4
    assert made.column_of(4) == 4
    assert made.offset_at(0, 4) == 4


def test_a_change_of_tag_reaches_back_over_a_word_that_had_no_room() -> None:
    chosen = {10: 8}
    made = Layout("x yyyyyyyz", 10, tags_from(chosen))
    assert made.line_count == 3
    chosen.clear()
    made.retag(9, 10)
    assert made.line_count == 1


def test_a_million_characters_in_one_grapheme_are_drawn_with_few_marks() -> None:
    made = Layout("e" + "\u0301" * 1_000_000, 10)
    assert made.line_count == 1
    assert len(made.shown(0, 1)) < 100


# -- lines that begin where they are told to, and which lines an edit may have changed -----------------


break_lists = st.lists(st.integers(-2, 130), max_size=10)


@given(texts, widths, tag_maps, break_lists)
@example("a\r\nb", 9, {}, [2])
@example("ab cd", 9, {}, [2, 3])
def test_a_line_begins_at_each_break_and_every_code_point_is_still_on_one_line(
    text: str, width: int, chosen: dict[int, int], breaks: list[int]
) -> None:
    made = Layout(text, width, tags_from(within(chosen, text)), breaks)
    bounds = [made.line(i) for i in range(made.line_count)]
    assert bounds[0][0] == 0 and bounds[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in pairwise(bounds))
    starts = {start for start, _ in bounds} | {len(text)}
    assert all(made.grapheme_ceil(offset) in starts for offset in breaks if 0 <= offset <= len(text))
    for i, (start, end) in enumerate(bounds):
        assert made.cells(i) <= width
        assert cell_len(made.shown(start, end)) + sum(cells for _, cells in made.tags_on(i)) == made.cells(i)


@given(texts, widths, tag_maps, break_lists, break_lists)
def test_other_breaks_equal_laying_out_afresh(
    text: str, width: int, chosen: dict[int, int], before: list[int], after: list[int]
) -> None:
    tags = tags_from(within(chosen, text))
    made = Layout(text, width, tags, before)
    made.set_breaks(after)
    assert everything(made) == everything(Layout(text, width, tags, after))
    made.resize(width + 3)
    assert everything(made) == everything(Layout(text, width + 3, tags, after))
    made.set_breaks([])
    assert everything(made) == everything(Layout(text, width + 3, tags))


@given(texts, widths, tag_maps, tag_maps, break_lists, st.integers(0, 120), st.integers(0, 40))
def test_rewrapping_an_edit_beside_breaks_changes_no_line_outside_those_it_names(
    text: str,
    width: int,
    before: dict[int, int],
    after: dict[int, int],
    breaks: list[int],
    start: int,
    length: int,
) -> None:
    chosen = within(before, text)
    made = Layout(text, width, tags_from(chosen), breaks)
    old = everything(made)[0]
    start, end = min(start, len(text)), min(start + length, len(text))
    for offset in range(start + 1, end + 1):
        chosen.pop(offset, None)
        chosen.update({offset: after[offset]} if offset in after else {})
    first, stop = made.retag(start, end)
    assert everything(made) == everything(Layout(text, width, tags_from(chosen), breaks))
    new = everything(made)[0]
    assert 0 <= first < stop <= len(new)
    assert new[:first] == old[:first]
    assert new[stop:] == (old[stop:] if stop < len(new) else [])
    assert first <= made.line_of(start) < stop or new == old


@given(texts, widths, tag_maps, st.data())
def test_the_columns_of_a_range_hold_its_graphemes_and_their_tags_and_no_others(
    text: str, width: int, chosen: dict[int, int], data: st.DataObject
) -> None:
    made = Layout(text, width, tags_from(within(chosen, text)))
    i = data.draw(st.integers(0, made.line_count - 1))
    first, last = made.line(i)[0], made.visible_end(i)
    if first == last:
        return
    start = data.draw(st.integers(0, last - 1))
    end = data.draw(st.integers(max(start, first) + 1, len(text)))
    left, right = made.columns(i, start, end)
    assert 0 <= left < right <= made.cells(i)
    inside = {made.grapheme_floor(o) for o in range(max(start, first), min(end, last))}
    assert {made.offset_at(i, column) for column in range(left, right)} == inside
