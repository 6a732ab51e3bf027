"""The preview itself: ticks, threshold, scrolling, and its rows; without a desk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from annotations.errors import Refused
from annotations.schema import EntityType, Schema
from tui.looks import DARK, Looks
from tui.preview import Line, Preview, rows

SCHEMA = Schema(entities=(EntityType("ORG", ("1",), "o"), EntityType("PERSON", ("2",), "p")))
LOOKS = Looks(DARK, SCHEMA)
KEYS = "Space ticks, Enter applies, Esc leaves"


def line(key: str, score: float | None = None, **more: object) -> Line:
    columns: dict[str, object] = {"before": "the mayor of ", "text": f"Oslo {key}", "after": " said so"}
    return Line(key, key, **(columns | {"label": "ORG", "note": "hand", "score": score} | more))  # type: ignore[arg-type]


def preview(*lines: Line) -> Preview:
    return Preview("accept down to here", lines, lambda ticked, exceptions: None)


def ticked(found: Preview) -> list[str]:
    return [each.value for each in found.ticked]


def text(found: Preview, width: int = 80, height: int = 20) -> list[str]:
    return ["".join(piece for piece, _ in row) for row in rows(found, LOOKS, width, height, KEYS)]


def test_lines_are_ticked_as_they_are_at_first_and_space_unticks_and_goes_down():
    found = preview(line("a"), line("b", ticked=False), line("c"))
    assert ticked(found) == ["a", "c"]
    found.tick()
    assert (ticked(found), found.index) == (["c"], 1)
    found.tick()
    assert (ticked(found), found.index) == (["b", "c"], 2)
    found.tick()
    assert (ticked(found), found.index) == (["b"], 2)


def test_exceptions_are_what_was_unticked_one_by_one():
    found = preview(line("a", 0.5), line("b", 0.9), line("c", ticked=False), line("d", 0.4))
    found.tick()
    found.move_threshold(2)
    assert ticked(found) == ["b"]
    assert [each.value for each in found.exceptions] == ["a"]
    found.tick_all(False)
    assert (ticked(found), found.exceptions) == ([], [])
    found.tick_all(True)
    assert ticked(found) == ["a", "b", "c", "d"]


def test_the_threshold_begins_where_it_unticks_nothing_and_moves_by_a_twentieth():
    found = preview(line("a", 0.62), line("b", 0.85), line("c"))
    assert (found.threshold, found.raised) == (0.6, False)
    found.move_threshold(-1)
    assert found.threshold == 0.6
    found.move_threshold(1)
    assert (found.threshold, ticked(found)) == (0.65, ["b", "c"])
    for _ in range(30):
        found.move_threshold(1)
    assert (found.threshold, ticked(found)) == (1.0, ["c"])
    for _ in range(30):
        found.move_threshold(-1)
    assert ticked(found) == ["a", "b", "c"]


def test_a_score_counts_as_it_is_shown():
    found = preview(line("a", 0.1), line("b", 0.2999))
    for _ in range(4):
        found.move_threshold(1)
    assert (found.threshold, ticked(found)) == (0.3, ["b"])


def test_what_was_ticked_by_hand_stays_when_the_threshold_moves():
    found = preview(line("a", 0.2), line("b", 0.9))
    found.move_threshold(1)
    assert ticked(found) == ["b"]
    found.tick()
    found.move_threshold(1)
    assert ticked(found) == ["a", "b"]


def test_without_scores_the_threshold_is_refused():
    with pytest.raises(Refused, match="no scores"):
        preview(line("a")).move_threshold(1)


def test_other_options_find_other_lines_and_keep_what_was_done_by_hand():
    def find(whole: bool) -> tuple[str, list[Line]]:
        lines = [line("a"), line("b")]
        return ("words", lines) if whole else ("parts", [line("0"), *lines, line("c")])

    found = Preview(*find(True), lambda ticked, exceptions: None, True, find)
    found.tick()
    found.with_options(False)
    assert (ticked(found), found.index, found.options) == (["0", "b", "c"], 2, False)
    assert found.title == "parts"
    found.with_options(True)
    assert (ticked(found), found.index) == (["b"], 1)
    with pytest.raises(Refused, match="no options"):
        preview(line("a")).with_options(True)


def test_an_empty_answer_can_be_left_and_comes_back():
    answers = {True: ("label", [line("a")]), False: ("label", [])}
    found = Preview(*answers[True], lambda ticked, exceptions: None, True, answers.__getitem__)
    found.with_options(False)
    found.tick()
    found.edge(True)
    assert (found.current, found.count, found.index) == (None, 0, 0)
    assert text(found)[1].strip() == "nothing with these options"
    found.with_options(True)
    assert ticked(found) == ["a"]


def test_a_line_gives_way_only_while_the_better_one_is_ticked():
    found = preview(line("a"), line("b", yields_to="a"))
    assert "gives way" in text(found)[2]
    found.tick()
    assert "hand" in text(found)[2]


def test_the_head_says_how_many_of_how_many_and_what_the_keys_do():
    found = preview(line("a", 0.5), line("b", 0.9))
    head = text(found)[0]
    assert head.startswith(f" accept down to here: 2 of 2 · {KEYS}")
    assert head.endswith(" 1/2 ")
    found.move_threshold(1)
    found.move(1)
    assert "1 of 2 from 0.55 · Space" in text(found, 120)[0]
    assert text(found, 120)[0].endswith(" 2/2 ")


def test_a_place_stands_out_without_colour_and_in_one_column():
    found = preview(line("a", 0.5), line("bcd", 0.25, before="x", ticked=False))
    first, second = text(found)[1:]
    assert "▸[x] ORG" in first and "‹Oslo a› said so" in first and " 0.50 hand" in first
    assert " [ ] ORG" in second and "‹Oslo bcd›" in second
    assert first.index("‹") == second.index("‹")


def test_lines_of_an_article_stand_under_its_title_also_when_it_began_above():
    found = preview(*(line(f"{n}", heading=f"Article {n // 30}") for n in range(90)))
    assert text(found)[1] == " Article 0"
    found.move(45)
    shown = text(found, height=11)
    assert shown[1] == " Article 1"
    assert any(row.startswith("▸") for row in shown)
    assert len(shown) == 11


def test_context_is_one_harmless_line():
    found = preview(line("a", before="\x1b[31m\n\n  in\t", text="Os\nlo", after="\u202eok\n"))
    row = text(found)[1]
    assert "‹Os lo›" in row and "\x1b" not in row and "\u202e" not in row and "\n" not in row


words = st.text(max_size=40) | st.sampled_from(
    ["東京" * 20, "👩\u200d👩\u200d👧 x", "\x00\x1b[31m", "e\u0301" * 9]
)


@given(
    st.lists(st.tuples(words, words, words, words, st.none() | st.floats(0, 1), st.booleans()), max_size=6),
    st.integers(1, 130),
    st.integers(1, 12),
    st.lists(st.sampled_from(["tick", "down", "up", "all", "none", "raise", "lower", "end"]), max_size=12),
)
def test_no_row_is_wider_and_there_are_no_more_rows_than_asked_for(lines, width, height, keys):
    found = preview(
        *(
            Line(n, n, before, text, after, label, text, score, heading=label if headed else "")
            for n, (before, text, after, label, score, headed) in enumerate(lines)
        )
    )
    acts = {
        "tick": found.tick,
        "down": lambda: found.move(1),
        "up": lambda: found.move(-1),
        "all": lambda: found.tick_all(True),
        "none": lambda: found.tick_all(False),
        "raise": lambda: found.scored and found.move_threshold(1),
        "lower": lambda: found.scored and found.move_threshold(-1),
        "end": lambda: found.edge(True),
    }
    for key in keys:
        acts[key]()
        shown = text(found, width, height)
        assert len(shown) <= height
        assert all(cell_len(row) <= width for row in shown)
        assert 0 <= found.index < max(1, len(lines))
        assert found.count == len(found.ticked)
        assert not lines or height < 2 or width < 2 or any(row.startswith("▸") for row in shown)


def test_two_thousand_lines_scroll_from_end_to_end():
    found = preview(*(line(f"{n}", n / 2000, heading=f"Article {n // 7}") for n in range(2000)))
    for step in (1, 300, 1699, 5000, -1, -1999):
        found.move(step)
        shown = text(found, height=12)
        assert len(shown) == 12
        assert [f"Oslo {found.index}›" in row for row in shown if row.startswith("▸")] == [True]
        assert shown[0].endswith(f" {found.index + 1}/2000 ")
