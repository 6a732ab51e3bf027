"""The rows under a line: nothing over anything else, the inner above the outer, nothing left out unsaid."""

from __future__ import annotations

import time
from itertools import combinations, pairwise, zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from annotations.model import Span
from annotations.state import OWN, ArticleState, Item, contains
from tests.pages import LABELS, desk_of, offered, own, stacked, state_of, states
from tui import gloss
from tui.gloss import JOIN, MOST, OWN_RULE, PENDING_RULE, Piece
from tui.layout import Layout
from tui.verbs import moving


def rows_of(state: ArticleState, layout: Layout, line: int) -> list[list[Piece]]:
    start, end = layout.line(line)
    return gloss.rows(layout, line, state.items_over(start, end), lambda item: spans_of(state, item))


def spans_of(state: ArticleState, item: Item) -> tuple[Span, ...]:
    shown = state.shown(item.key)
    assert shown is not None
    return shown.spans


def whole(item: Item) -> tuple[Span, ...]:
    return ((item.start, item.end),)


@st.composite
def crowds(draw: st.DrawFn) -> ArticleState:
    """A text of wide and narrow characters in which most are in a short entity or suggestion, one beside another."""
    text = draw(st.text("ab 日本🇫", min_size=1, max_size=40))
    places: dict[Span, bool] = {}
    at = 0
    while at < len(text):
        end = min(len(text), at + draw(st.integers(1, 4)))
        places[at, end] = draw(st.booleans())
        at = end + draw(st.sampled_from([0, 0, 0, 1, 2]))
    labels = st.sampled_from(LABELS)
    return state_of(
        text,
        [own(text, (place,), draw(labels), f"own{place[0]}") for place, mine in places.items() if mine],
        [offered(text, (place,), draw(labels)) for place, mine in places.items() if not mine],
    )


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


@given(states() | crowds(), st.integers(1, 12) | st.integers(1, 120))
@settings(max_examples=200)
def test_every_item_has_a_piece_of_its_own_with_nothing_over_it_and_inner_ones_above(
    state: ArticleState, width: int
) -> None:
    layout = Layout(state.article.text, width)
    for line in range(layout.line_count):
        rows, items = rows_of(state, layout, line), items_on(state, layout, line)
        assert len(rows) <= MOST
        places = {piece.key: y for y, row in enumerate(rows) for piece in row if piece.key}
        counts = [piece.text for row in rows for piece in row if not piece.key]
        assert set(places) <= {item.key for item in items}
        assert sum(len(row) for row in rows) == len(places) + len(counts)
        if "+" not in counts:
            assert len(places) + sum(int(text[1:]) for text in counts) == len(items)
        assert all(row for row in rows)
        for a, b in combinations([item for item in items if item.key in places], 2):
            inner, outer = sorted((a, b), key=lambda item: item.end - item.start)
            inside = contains(spans_of(state, outer), spans_of(state, inner))
            if inside and outer.end - outer.start > inner.end - inner.start:
                assert places[inner.key] < places[outer.key]


@given(states() | crowds(), st.integers(1, 12) | st.integers(1, 120))
@settings(max_examples=200)
def test_the_pieces_of_a_row_have_gaps_between_and_lie_within_the_column(
    state: ArticleState, width: int
) -> None:
    layout = Layout(state.article.text, width)
    for line in range(layout.line_count):
        for row in rows_of(state, layout, line):
            assert all(cell_len(piece.text) >= 1 for piece in row)
            assert all(a.column + cell_len(a.text) < b.column for a, b in pairwise(row))
            assert row[0].column >= 0 and row[-1].column + cell_len(row[-1].text) <= width


@given(states() | crowds(), st.integers(1, 12) | st.integers(1, 80))
@settings(max_examples=200)
def test_a_piece_is_under_all_of_its_item_but_the_last_cell_before_a_neighbour(
    state: ArticleState, width: int
) -> None:
    layout = Layout(state.article.text, width)
    for line in range(layout.line_count):
        start, end = layout.line(line)[0], layout.visible_end(line)
        columns, kinds = {}, {}
        for item in items_on(state, layout, line):
            here = [span for span in spans_of(state, item) if span[0] < end and span[1] > start]
            columns[item.key] = layout.columns(line, here[0][0], here[-1][1])
            kinds[item.key] = item.kind
        for row in rows_of(state, layout, line):
            for piece, following in zip_longest(row, row[1:]):
                if piece.key:
                    left, right = columns[piece.key]
                    touches = following is not None and following.column == right
                    assert piece.column <= left < piece.column + cell_len(piece.text)
                    assert piece.column + cell_len(piece.text) >= right - touches
                    assert piece.own == (kinds[piece.key] == OWN)


@given(states() | crowds(), st.integers(1, 12) | st.integers(1, 80))
@settings(max_examples=200)
def test_what_is_pending_has_its_sign_however_little_room_there_is(state: ArticleState, width: int) -> None:
    layout = Layout(state.article.text, width)
    for line in range(layout.line_count):
        for row in rows_of(state, layout, line):
            for piece in row:
                if piece.key:
                    assert ("?" in piece.text) != piece.own


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


def test_a_long_label_uses_the_free_cells_after_it_then_those_before_and_is_cut_with_a_sign() -> None:
    text = "Oslo, Rome, Bonn"
    places = ((0, 4),), ((6, 10),), ((12, 16),)
    state = state_of(text, [own(text, place, "A_LONG_LABEL_INDEED", str(place)) for place in places])
    assert picture(state)[1] == "A_LO… A_LO… A_LONG_LABEL_INDEED"
    assert picture(state, 16)[1] == "A_LO… A_LO… A_L…"
    wide = state_of(text, [own(text, ((0, 1),), "人物", "x"), own(text, ((3, 5),), "人物", "y")])
    assert picture(wide)[1:] == ["人物", "   人物"]
    end = state_of(text, [], [offered(text, ((6, 10),), "GPE"), offered(text, ((14, 15),), "PERSON")])
    assert picture(end, 16)[1:] == ["      GPE? PER…?"]


def test_a_question_mark_is_never_cut_away() -> None:
    text = "(AP) Chinese (UN) Cubans; UK, US"
    mine = [own(text, ((14, 16),), "人物", "x")]
    offers = [offered(text, place, "PERSON") for place in (((1, 3),), ((5, 12),), ((26, 28),), ((30, 32),))]
    assert picture(state_of(text, mine, offers))[1:] == ["PER? PERSON?  人物    PERSON? PERSON?"]
    assert picture(state_of("ab", [], [offered("ab", ((0, 1),), "GPE")]), 1)[1] == "?"
    assert picture(state_of("ab", [own("ab", ((0, 1),), "GPE", "x")]), 1)[1] == "G"
    assert picture(state_of("ab", [own("ab", ((0, 1),), "人物", "x")]), 1)[1] == OWN_RULE
    assert picture(state_of("ab", [], [offered("ab", ((0, 2),), "人物")]), 2)[1] == f"?{PENDING_RULE}"


def test_neighbours_without_a_gap_have_one_in_the_gloss_and_another_row_where_that_leaves_no_room() -> None:
    text = "中国日本米国"
    places = ((0, 2),), ((2, 4),), ((4, 6),)
    mine = [own(text, place, "PERSON", str(place)) for place in places]
    assert picture(state_of(text, mine))[1:] == ["PER PER PERSON"]
    assert picture(state_of(text, [], [offered(text, place, "PERSON") for place in places]))[1:] == [
        "PERSON? PERSON?",
        "    PERSON?",
    ]


def test_an_item_over_several_lines_is_named_and_ruled_on_each() -> None:
    text = "one two three four fiv"
    state = state_of(text, [own(text, ((4, 20),), "GPE", "x")], [offered(text, ((4, 22),), "PERSON")])
    assert picture(state, 8, 0)[1:] == ["    GPE━", " PERSON?"]
    assert picture(state, 8, 1)[1:] == ["…GPE━━", "…PERSON?"]
    assert picture(state, 8, 2)[1:] == ["…GPE━━", "…PERSON?"]


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
    assert rows_of(state, layout, 2) == [[Piece(0, f"…GPE{OWN_RULE}", "a", "GPE", True)]]


@pytest.mark.parametrize(("count", "rows", "last"), [(6, 6, "L5?━"), (7, 6, "+2"), (200, 6, "+195")])
def test_what_has_no_row_is_counted_in_the_last(count: int, rows: int, last: str) -> None:
    state = stacked(count, 28)
    found = picture(state)[1:]
    assert len(found) == rows
    assert found[-1].strip().rstrip("┄━") == last.rstrip("┄━")


def test_a_count_is_a_plus_only_where_the_column_has_no_room_for_it() -> None:
    assert gloss.rows(Layout("ab", 2), 0, pile(200, 1, 2), whole)[-1] == [Piece(1, "+", "", "", False)]
    assert gloss.rows(Layout("ab c", 4), 0, pile(200, 1, 2), whole)[-1] == [Piece(0, "+195", "", "", False)]


def test_counts_stand_where_the_items_are_and_are_one_where_there_is_no_room_for_two() -> None:
    items = pile(9, 0, 2) + pile(8, 3, 5)
    found = gloss.rows(Layout("ab cd", 5), 0, items, whole)
    assert [piece.text for piece in found[0]] == ["GP", "GP"]
    assert found[-1] == [Piece(0, "+4", "", "", False), Piece(3, "+3", "", "", False)]
    items = pile(20, 0, 1) + pile(20, 2, 3)
    assert gloss.rows(Layout("a b cd", 6), 0, items, whole)[-1] == [Piece(0, "+30", "", "", False)]


@given(states() | crowds(), st.integers(5, 40), st.integers(MOST + 1, 20))
def test_the_last_gloss_is_on_screen_at_the_end_of_an_article(
    state: ArticleState, width: int, height: int
) -> None:
    desk = desk_of(state, width, height)
    desk.show(gloss=True)
    moving.edge(desk, end=True)
    last = desk.view.layout.line_of(desk.offset)
    if last == desk.view.layout.line_count - 1:
        assert desk.view.screen()[-1] == (last, desk.view.rows_of(last) - 1)


def test_thousands_of_items_on_a_word_cost_no_more_than_their_number() -> None:
    began = time.process_time()
    assert gloss.rows(Layout("Oslo", 40), 0, pile(20_000, 0, 4), whole)[-1][0].text == "+19995"
    assert time.process_time() - began < 2


def pile(count: int, start: int, end: int) -> list[Item]:
    return [Item(start, -end, OWN, "GPE", f"{start}-{n:05d}") for n in range(count)]
