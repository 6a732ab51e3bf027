from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotations.suggest.pieces import BATCH_LENGTH, BATCH_PIECES, LONGEST, batches, pieces

texts = st.text(st.sampled_from("ab \n\r(’s😀\u0301"), max_size=80)


@given(texts, st.integers(2, 30))
def test_pieces_put_together_are_the_text_and_know_where_they_begin(text, longest):
    parts = list(pieces(7, text, longest))
    assert "".join(part.text for part in parts) == text
    assert all(text[part.offset :].startswith(part.text) for part in parts)
    assert all(len(part.text) <= longest for part in parts)
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]


def test_a_short_text_and_an_empty_one_are_one_piece():
    assert [tuple(part) for part in pieces(1, "Two\n\nparagraphs")] == [(1, 0, "Two\n\nparagraphs", True)]
    assert [tuple(part) for part in pieces(2, "")] == [(2, 0, "", True)]


def test_a_text_of_exactly_the_longest_length_is_not_cut():
    text = "word " * (LONGEST // 5)
    assert len(list(pieces(1, text))) == 1
    assert len(list(pieces(1, text + "x"))) == 2


def test_a_long_text_is_cut_after_a_paragraph_rather_than_a_line_or_a_word():
    text = "aa aa\naa\n\naa aa\naa aa aa"
    assert [part.text for part in pieces(1, text, 16)] == ["aa aa\naa\n\n", "aa aa\naa aa aa"]


def test_a_text_without_any_break_is_cut_anyway():
    assert [part.text for part in pieces(1, "abcdefg", 3)] == ["abc", "def", "g"]


def test_an_endless_row_of_signs_is_cut_so_that_the_tokenizer_stays_fast():
    text = "Before\n" + "=" * 1000 + "\nAfter"
    parts = list(pieces(1, text))
    assert max(len(part.text) for part in parts) < 250
    assert "".join(part.text for part in parts) == text


def test_a_batch_has_few_pieces_and_little_text_and_keeps_the_order():
    short = [piece for id in range(20) for piece in pieces(id, "x")]
    grouped = list(batches(short))
    assert [len(batch) for batch in grouped] == [BATCH_PIECES, BATCH_PIECES, 4]
    assert [piece for batch in grouped for piece in batch] == short
    long = [piece for id in range(3) for piece in pieces(id, "x " * (BATCH_LENGTH // 3))]
    assert [len(batch) for batch in batches(long)] == [1, 1, 1]
