"""The rows under a line: nothing over anything else, the inner above the outer, nothing left out unsaid."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from annotations.model import Span
from annotations.state import OWN, ArticleState, Item, contains
from tests.pages import offered, own, stacked, state_of, states
from tui import gloss
from tui.gloss import JOIN, MOST, OWN_RULE, PENDING_RULE, Piece
from tui.layout import Layout


def rows_of(state: ArticleState, layout: Layout, line: int) -> list[list[Piece]]:
    start, end = layout.line(line)
    return gloss.rows(layout, line, state.items_over(start, end), lambda item: spans_of(state, item))


def spans_of(state: ArticleState, item: Item) -> tuple[Span, ...]:
    shown = state.shown(item.key)
    assert shown is not None
    return shown.spans


def whole(item: Item) -> tuple[Span, ...]:
    return ((item.start, item.end),)


def picture(state: ArticleState, width: int = 60, line: int = 0) -> list[str]:
    """The text of a line and its gloss as one sees them."""
    layout = Layout(state.article.text, width)
    found = [layout.shown(*layout.line(line))]
    for row in rows_of(state, layout, line):
        drawn = ""
        for piece in row:
            drawn += " " * (piece.column - cell_len(drawn)) + piece.text
        found.append(drawn)
    return found


def items_on(state: ArticleState, layout: Layout, line: int) -> list[Item]:
    start, end = layout.line(line)[0], layout.visible_end(line)
    found = state.items_over(start, end)
    return [item for item in found if any(s < end and e > start for s, e in spans_of(state, item))]


@given(states(), st.integers(1, 12) | st.integers(1, 120))
@settings(max_examples=200)
def test_every_item_has_a_piece_of_its_own_with_nothing_over_it_and_inner_ones_above(
    state: ArticleState, width: int
) -> None:
    layout = Layout(state.article.text, width)
    for line in range(layout.line_count):
        rows, items = rows_of(state, layout, line), items_on(state, layout, line)
        assert len(rows) <= MOST
        places = {piece.key: y for y, row in enumerate(rows) for piece in row if piece.key}
        counted = sum(int(piece.text[1:] or 0) for row in rows for piece in row if not piece.key)
        told = any(not piece.key for row in rows for piece in row)
        assert set(places) <= {item.key for item in items}
        assert set(places) == {item.key for item in items} or told
        assert len(places) + counted <= len(items)
        for row in rows:
            assert row and all(cell_len(piece.text) >= 1 for piece in row)
            assert all(a.column + cell_len(a.text) <= b.column for a, b in pairwise(row))
            assert row[0].column >= 0 and row[-1].column + cell_len(row[-1].text) <= width
        for a, b in combinations([item for item in items if item.key in places], 2):
            inner, outer = sorted((a, b), key=lambda item: item.end - item.start)
            inside = contains(spans_of(state, outer), spans_of(state, inner))
            if inside and outer.end - outer.start > inner.end - inner.start:
                assert places[inner.key] < places[outer.key]


@given(states(), st.integers(1, 80))
def test_a_piece_begins_under_its_item_and_is_at_least_as_wide(state: ArticleState, width: int) -> None:
    layout = Layout(state.article.text, width)
    for line in range(layout.line_count):
        start, end = layout.line(line)[0], layout.visible_end(line)
        columns = {}
        for item in items_on(state, layout, line):
            here = [span for span in spans_of(state, item) if span[0] < end and span[1] > start]
            columns[item.key] = layout.columns(line, here[0][0], here[-1][1])
        kinds = {i.key: i.kind for i in items_on(state, layout, line)}
        for row in rows_of(state, layout, line):
            for piece in row:
                if piece.key:
                    left, right = columns[piece.key]
                    assert piece.column == left and cell_len(piece.text) >= right - left
                    assert piece.own == (kinds[piece.key] == OWN)


def test_nested_crossing_and_stacked_items_are_told_apart() -> None:
    text = "The Bank of Norway in Oslo spoke."
    state = state_of(
        text,
        [
            own(text, ((4, 18),), "PERSON", "bank"),
            own(text, ((12, 18),), "GPE", "norway"),
            own(text, ((12, 26),), "人物", "crossing"),
        ],
        [offered(text, ((22, 26),), "GPE"), offered(text, ((12, 18),), "PERSON")],
    )
    assert picture(state) == [
        "The Bank of Norway in Oslo spoke.",
        "            GPE━━━    GPE?",
        "            PERSON?",
        "    PERSON━━━━━━━━",
        "            人物━━━━━━━━━━",
    ]


def test_own_and_suggested_items_differ_in_their_rules_and_by_a_question_mark() -> None:
    text = "Harbour Trust and Harbour Trust"
    state = state_of(text, [own(text, ((0, 13),), "GPE", "x")], [offered(text, ((18, 31),), "GPE")])
    assert picture(state)[1] == f"GPE{OWN_RULE * 10}     GPE?{PENDING_RULE * 9}"


def test_a_long_label_uses_free_cells_and_stops_before_its_neighbour() -> None:
    text = "Oslo, Rome, Bonn"
    places = ((0, 4),), ((6, 10),), ((12, 16),)
    state = state_of(text, [own(text, place, "A_LONG_LABEL_INDEED", str(place)) for place in places])
    assert picture(state)[1] == "A_LON A_LON A_LONG_LABEL_INDEED"
    assert picture(state, 16)[1] == "A_LON A_LON A_LO"
    wide = state_of(text, [own(text, ((0, 1),), "人物", "x"), own(text, ((2, 5),), "人物", "y")])
    assert picture(wide)[1] == "━ 人物"


def test_an_item_over_several_lines_is_named_once_and_ruled_on_each() -> None:
    text = "one two three four"
    state = state_of(text, [own(text, ((4, 18),), "GPE", "x")])
    assert picture(state, 8, 0)[1] == "    GPE━"
    assert picture(state, 8, 1)[1] == "━━━━━━"
    assert picture(state, 8, 2)[1] == "━━━━"


def test_the_rule_is_under_the_pieces_and_dots_join_them() -> None:
    text = "North and South Korea met"
    state = state_of(text, [own(text, ((0, 5), (16, 21)), "GPE", "a"), own(text, ((10, 21),), "GPE", "b")])
    assert picture(state) == [
        "North and South Korea met",
        "          GPE━━━━━━━━",
        f"GPE━━{JOIN * 11}━━━━━",
    ]


def test_a_line_in_a_gap_has_no_rule() -> None:
    text = "North\nand\nKorea"
    state = state_of(text, [own(text, ((0, 5), (10, 15)), "GPE", "a")])
    layout = Layout(text, 40)
    assert [len(rows_of(state, layout, line)) for line in range(3)] == [1, 0, 1]
    assert rows_of(state, layout, 2) == [[Piece(0, OWN_RULE * 5, "a", "GPE", True)]]


@pytest.mark.parametrize(("count", "rows", "last"), [(6, 6, "L5?━"), (7, 6, "+2"), (200, 6, "+195")])
def test_what_has_no_row_is_counted_in_the_last(count: int, rows: int, last: str) -> None:
    state = stacked(count, 28)
    found = picture(state)[1:]
    assert len(found) == rows
    assert found[-1].strip().rstrip("┄━") == last.rstrip("┄━")


def test_a_count_too_long_for_its_place_is_a_plus() -> None:
    assert gloss.rows(Layout("ab", 2), 0, pile(200, 1, 2), whole)[-1] == [Piece(1, "+", "", "", False)]
    assert gloss.rows(Layout("ab c", 4), 0, pile(9, 1, 2), whole)[-1] == [Piece(1, "+4", "", "", False)]


def test_counts_stand_where_the_items_are() -> None:
    items = pile(9, 0, 2) + pile(8, 3, 5)
    assert gloss.rows(Layout("ab cd", 5), 0, items, whole)[-1] == [
        Piece(0, "+4", "", "", False),
        Piece(3, "+3", "", "", False),
    ]


def test_thousands_of_items_on_a_word_cost_no_more_than_their_number() -> None:
    began = time.process_time()
    assert gloss.rows(Layout("Oslo", 40), 0, pile(20_000, 0, 4), whole)[-1][0].text == "+19995"
    assert time.process_time() - began < 2


def pile(count: int, start: int, end: int) -> list[Item]:
    return [Item(start, -end, OWN, "GPE", f"{start}-{n:05d}") for n in range(count)]
