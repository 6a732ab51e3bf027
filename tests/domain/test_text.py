"""Tokens, words, trimming, sentences and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.text import Tokens, name_run, names, paragraphs, sentences, trim, without_possessive
from tests.strategies import texts


def words(text: str) -> list[str]:
    tokens = Tokens(text)
    return [text[slice(*tokens.span(i))] for i in range(len(tokens))]


def test_a_run_of_letters_and_digits_is_one_token_and_everything_else_stands_alone() -> None:
    assert words("Xi's G20, U.S.") == ["Xi", "'", "s", "G20", ",", "U", ".", "S", "."]


def test_marks_joiners_and_emoji_stay_in_one_token() -> None:
    assert words("e\u0301te\u0301 👨‍👩‍👧 🇨🇺 क्षि") == ["e\u0301te\u0301", "👨‍👩‍👧", "🇨🇺", "क्षि"]


def test_a_prepended_sign_does_not_swallow_the_space_after_it() -> None:
    assert words("\u0600 a") == ["\u0600", "a"]


def test_separators_that_python_takes_for_white_space_are_none_of_the_tokens() -> None:
    assert words("a\x1cb\x85c\u2028d") == ["a", "b", "c", "d"]


@given(texts)
def test_tokens_cover_all_that_is_not_white_space_in_order_and_hold_none(text: str) -> None:
    tokens = Tokens(text)
    covered = [c for i in range(len(tokens)) for c in range(*tokens.span(i))]
    assert covered == sorted(set(covered))
    assert covered == [i for i, c in enumerate(text) if not c.isspace()]


@given(texts, st.integers(0, 50), st.integers(0, 50))
def test_covering_gives_the_tokens_that_meet_a_range(text: str, a: int, b: int) -> None:
    tokens = Tokens(text)
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    meeting = [i for i in range(len(tokens)) if tokens.starts[i] < end and tokens.ends[i] > start]
    if meeting:
        assert tokens.covering(start, end) == (meeting[0], meeting[-1])
        assert tokens.hull(meeting[0], meeting[-1]) == (tokens.starts[meeting[0]], tokens.ends[meeting[-1]])


@given(texts, st.integers(0, 50))
def test_the_token_at_an_offset_is_the_one_that_covers_it_or_the_last_before(text: str, offset: int) -> None:
    tokens = Tokens(text)
    before = [i for i in range(len(tokens)) if tokens.starts[i] <= offset]
    assert tokens.at(offset) == (before[-1] if before else 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Diaz-Canel met Xi", ["Diaz-Canel", "met", "Xi"]),
        ("O’Neill's aide - yes", ["O’Neill's", "aide", "-", "yes"]),
        ("-a b-", ["-", "a", "b", "-"]),
        ("", []),
    ],
)
def test_words_join_tokens_by_hyphens_and_apostrophes(text: str, expected: list[str]) -> None:
    tokens = Tokens(text)
    starts = [i for i in range(len(tokens)) if tokens.starts_word(i)]
    ends = [i for i in range(len(tokens)) if tokens.ends_word(i)]
    found = [text[slice(*tokens.hull(a, b))] for a, b in zip(starts, ends, strict=True)]
    assert found == expected


@given(texts, st.integers(0, 50), st.integers(0, 50))
def test_trim_takes_white_space_and_nothing_else_off_both_edges(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    assert text[slice(*trim(text, start, end))] == text[start:end].strip()


@given(texts)
def test_sentences_and_paragraphs_hold_every_character_that_is_not_white_space(text: str) -> None:
    for ranges in (sentences(text), paragraphs(text)):
        covered = [c for s, e in ranges for c in range(s, e)]
        assert covered == sorted(set(covered))
        assert {i for i, c in enumerate(text) if not c.isspace()} <= set(covered)


def test_sentences_end_at_punctuation_before_a_capital_and_at_line_breaks() -> None:
    text = "He came. “Why?” she said. It cost 3.5 euros!\nFin"
    assert [text[s:e] for s, e in sentences(text)] == [
        "He came.",
        "“Why?” she said.",
        "It cost 3.5 euros!",
        "Fin",
    ]


@pytest.mark.parametrize(
    "expected",
    [
        ["東京で会議があった。", "首相は出席した！", "終わり"],
        ["彼は「行く。」と言った。", "雨だ。"],
        ["会议结束了吗？", "是的。"],
        ["ماذا حدث؟ ", "ثم غادر الجميع. ", "انتهى"],
        ["यह पहला है। ", "दूसरा यहाँ है॥ ", "तीसरा"],
        ["Եկավ։ ", "Գնաց"],
        ["«Come.» ", "«Go.» ", "3.5 no more"],
    ],
    ids=lambda expected: expected[0],
)
def test_sentences_end_as_each_script_ends_them(expected: list[str]) -> None:
    text = "".join(expected)
    assert [text[s:e] for s, e in sentences(text)] == [part.strip() for part in expected]


@pytest.mark.parametrize(
    ("text", "at", "run"),
    [
        ("the Group of 20 met", "20", "Group of 20"),
        ("with Miguel Diaz-Canel today", "Canel", "Miguel Diaz-Canel"),
        ("Rio de Janeiro burns", "de", "Rio de Janeiro"),
        ("nothing here", "here", None),
        ("one\nXi Jinping\nParis", "Jinping", "Xi Jinping"),
        ("as “Duke” Ellington Jr.\nsaid", "“", "“Duke” Ellington Jr."),
        ("Edward “Duke” Ellington, who", "Edward", "Edward “Duke” Ellington"),
        ("case, de Vries et al. v. Hartmann, has", "Hartmann", "de Vries et al. v. Hartmann"),
        ("said von der Leyen", "von", "von der Leyen"),
        ("of which $350,000 went", "$", "$350,000"),
        ("grew by 3.5% in", "3", "3.5%"),
        ("hands “No. 10” back", "No", "No. 10"),
        ("in the U.S. said", "U", "U.S."),
        ("the U.S. Army said", "Army", "U.S. Army"),
        ("John F. Kennedy, who", "F", "John F. Kennedy"),
        ("it is de facto", "de", None),
    ],
)
def test_a_name_run_joins_capitalised_words_numbers_and_particles(
    text: str, at: str, run: str | None
) -> None:
    found = name_run(text, text.index(at))
    assert (text[slice(*found)] if found else None) == run


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Budget talks with Ana Ruiz in Oslo failed.", ["Ana Ruiz", "Oslo"]),
        ("Ana Ruiz and I met 20 people of plan B.", ["Ana Ruiz"]),
        ("“Then,” said Ruiz.", ["Ruiz"]),
        ("Ruiz left; so did Ruiz’s friends.", ["Ruiz", "Ruiz’s"]),
        ("Ruiz left, and Ruiz came.", ["Ruiz", "Ruiz"]),
        ("nothing here", []),
        ("", []),
    ],
)
def test_names_of_a_sentence_leave_out_what_only_begins_it(sentence: str, found: list[str]) -> None:
    assert [sentence[slice(*span)] for span in names(sentence, 0, len(sentence))] == found


def test_names_are_those_of_their_sentence_alone() -> None:
    text = "Then Oslo. Oslo won. Bergen lost."
    assert [text[slice(*s)] for s in names(text, 11, 20)] == ["Oslo"], "written inside of another sentence"
    assert list(names(text, 21, 33)) == []


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Ruiz’s", "Ruiz"),
        ("Ruiz's", "Ruiz"),
        ("Ruiz’", "Ruiz’"),
        ("Sotheby’s Bank", "Sotheby’s Bank"),
        ("s", "s"),
    ],
)
def test_a_possessive_is_taken_off_the_end_of_a_name(name: str, bare: str) -> None:
    start, end = without_possessive(f"x {name} y", (2, 2 + len(name)))
    assert f"x {name} y"[start:end] == bare


def test_a_name_is_found_at_once_in_a_line_of_a_million_characters() -> None:
    text = "Some Name here " * 70_000
    start = text.index("Name", 500_000)
    assert name_run(text, start) == (start - 5, start + 4)
