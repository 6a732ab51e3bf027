"""Offsets in UTF-16 units and graphemes: converted exactly, or refused, and told apart by words and surfaces."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.formats.offsets import by_borders, fitting, from_codepoints, to_codepoints
from annotations.formats.options import Unit
from annotations.formats.records import Bad
from tests.interchange import texts

FAMILY = "👩‍👩‍👧"
TEXT = f"{FAMILY} Ana\r\nmet e\u0301va."

units = st.sampled_from(get_args(Unit))


@pytest.mark.parametrize(("unit", "offset"), [("codepoint", 6), ("utf16", 9), ("grapheme", 2)])
def test_a_family_is_five_code_points_eight_units_and_one_grapheme(unit: Unit, offset: int) -> None:
    assert to_codepoints(TEXT, unit)(offset) == TEXT.index("Ana") == 6
    assert from_codepoints(TEXT, unit)(6) == offset


def test_cr_lf_and_a_letter_with_its_mark_are_one_grapheme_each() -> None:
    convert = to_codepoints("a\r\ne\u0301b", "grapheme")
    assert [convert(offset) for offset in range(5)] == [0, 1, 3, 5, 6]


@given(texts)
def test_utf_16_offsets_are_those_of_the_encoded_text(text: str) -> None:
    convert = from_codepoints(text, "utf16")
    assert [convert(i) for i in range(len(text) + 1)] == [
        len(text[:i].encode("utf-16-le")) // 2 for i in range(len(text) + 1)
    ]


@given(texts, units)
def test_each_offset_goes_there_and_back_or_is_refused(text: str, unit: Unit) -> None:
    there, back = from_codepoints(text, unit), to_codepoints(text, unit)
    for place in range(len(text) + 1):
        try:
            offset = there(place)
        except Bad:
            assert unit == "grapheme"
            continue
        assert back(offset) == place
    assert there(0) == 0 and back(there(len(text))) == len(text)


@given(texts, units)
def test_an_offset_outside_the_text_is_refused(text: str, unit: Unit) -> None:
    for offset in (-1, len(text.encode("utf-16-le"))):
        with pytest.raises(Bad, match="outside the text, which has"):
            to_codepoints(text, unit)(offset)
        with pytest.raises(Bad, match="outside the text, which has"):
            from_codepoints(text, unit)(offset)


def test_an_offset_inside_a_pair_or_a_grapheme_is_refused() -> None:
    with pytest.raises(Bad, match=r"^1 lies inside a surrogate pair$"):
        to_codepoints("🐘", "utf16")(1)
    with pytest.raises(Bad, match=r"^1 lies inside a grapheme$"):
        from_codepoints("\r\n", "grapheme")(1)


def test_surfaces_tell_the_unit_and_code_points_go_first() -> None:
    text = "🐘 Ana met Ana"
    assert fitting(text, [(2, 5, "Ana")]) == "codepoint"
    assert fitting(text, [(3, 6, "Ana"), (11, 14, "Ana")]) == "utf16"
    assert fitting(text, [(3, 6, "Ana"), (2, 5, "Ana")]) is None
    assert fitting(text, [(0, 1, "🐘")]) == "codepoint"
    assert fitting(text, [(0, 2, "🐘")]) == "utf16"
    assert fitting(text, []) == "codepoint"


@pytest.mark.parametrize("surface", [(-3, -1, "An"), (9, 99, "Ana"), (1, 2, "🐘")])
def test_a_surface_outside_the_text_or_within_a_pair_fits_no_unit(surface: tuple[int, int, str]) -> None:
    assert fitting("🐘 Ana met Ana", [surface]) is None


def test_graphemes_are_tried_only_if_asked_for() -> None:
    surface = (2, 5, "Ana")
    assert fitting(TEXT, [surface]) is None
    assert fitting(TEXT, [surface], ("utf16", "grapheme")) == "grapheme"


@pytest.mark.parametrize("unit", get_args(Unit))
def test_the_borders_of_words_tell_the_unit(unit: Unit) -> None:
    convert = from_codepoints(TEXT, unit)
    spans = [(convert(TEXT.index(word)), convert(TEXT.index(word) + len(word))) for word in ("Ana", "met")]
    assert by_borders(TEXT, spans) == (unit, True)


def test_a_span_with_a_space_still_tells_the_unit_where_no_other_fits() -> None:
    assert by_borders("🐘 Ana Ruiz met", [(3, 12)]) == ("utf16", True)
    with pytest.raises(Bad, match="fit alike"):
        by_borders("🐘 Ana Ruiz met", [(2, 11)])


def test_only_the_units_that_are_asked_about_are_tried() -> None:
    assert by_borders("a\r\nAna", [(3, 6)], ("codepoint", "utf16")) == ("codepoint", False)


def test_where_all_units_are_one_no_word_is_asked() -> None:
    assert by_borders("Ana met", [(1, 2)]) == ("utf16", False)
    assert by_borders("Ana met 🐘", [(1, 2)]) == ("utf16", False)
    assert by_borders("Ana met 🐘", []) == ("utf16", False)


def test_the_only_unit_that_an_offset_can_be_in_is_taken_whatever_the_words() -> None:
    assert by_borders("🐘na", [(0, 4)]) == ("utf16", True)
    assert by_borders("🐘nab", [(1, 4)]) == ("codepoint", True)


def test_units_that_fit_alike_or_not_at_all_are_asked_for() -> None:
    with pytest.raises(Bad, match=r"\(UTF-16 units and code points fit alike\): say it with --offset-unit"):
        by_borders("🐘.,.,", [(2, 4)])
    with pytest.raises(Bad, match=r"\(no unit fits the words\): say it with --offset-unit"):
        by_borders("🐘 Barbara met", [(5, 8)])
