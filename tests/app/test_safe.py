from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.safe import display, safe

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
EVERY_CODE_POINT = "".join(map(chr, range(0x110000)))
anything = st.text(st.characters(codec=None, categories=None), max_size=200)
rough = st.text(st.sampled_from("\r\n\t\x1b\x9b\x07\x00\x7fab\u202e\ud800\ufeff\u200b"), max_size=60)


def is_harmless(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in BIDI for c in text)


@given(anything | rough)
@example("\r\n\r\r\n\n")
def test_offsets_never_move_and_nothing_harmful_is_left(text: str) -> None:
    shown, line = display(text), safe(text)
    assert len(shown) == len(line) == len(text)
    assert is_harmless(line)
    assert is_harmless(shown.replace("\r\n", "").replace("\n", ""))


@given(anything | rough)
def test_line_ends_of_an_article_stay_where_they_are(text: str) -> None:
    shown = display(text)
    assert [i for i, c in enumerate(shown) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]
    assert shown.count("\r") == text.count("\r\n")


def test_no_code_point_at_all_gets_through_that_could_steer_a_terminal() -> None:
    assert is_harmless(safe(EVERY_CODE_POINT))
    safe(EVERY_CODE_POINT).encode("utf-8")


def test_a_stand_in_takes_one_cell() -> None:
    line = safe(EVERY_CODE_POINT)
    changed = [new for old, new in zip(EVERY_CODE_POINT, line, strict=True) if old != new]
    assert {cell_len(new) for new in changed} == {1}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\tb", "a⇥b"),
        ("a\nb\r\n", "a␊b␍␊"),
        ("\x9b\x85", "\ufffd\ufffd"),
        ("abc\u202edef", "abc\ufffddef"),
        ("soft\xadhyphen", "soft¬hyphen"),
        ("👩\u200d👧 می\u200cخواهم", "👩\u200d👧 می\u200cخواهم"),
    ],
)
def test_stand_ins_are_readable(text: str, shown: str) -> None:
    assert safe(text) == shown
