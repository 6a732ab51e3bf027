"""Escape sequences that are no keys must never become keys, and a fast Escape is a key of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.typed import BEGIN, END, ESCAPE, Typed

EVENTS = (
    "\x1b[A",
    "\x1b[1;5C",
    "\x1b[97;5u",
    "\x1b[<0;10;5M",
    "\x1b[Z",
    "\x1b[[B",
    "\x1b[M 12",
    "\x1b[I",
    "\x1bOP",
)
"""What a terminal sends for keys, the mouse, and the focus."""

NO_EVENTS = (
    *(
        "\x1b[?62;1;2;4;6c",
        "\x1b[49;1:3u",
        "\x1b[?1u",
        "\x1b[0n",
        "\x1b[?997;1n",
        "\x1b[8;24;80t",
        "\x1b[1;2;3;4x",
    ),
    *(
        "\x1b]11;rgb:1111/2222/3333\x07",
        "\x1b]11;rgb:1111/2222/3333\x1b\\",
        "\x1b]52;c;MTIz\x1b\\",
        "\x1bO5P",
    ),
    *(
        "\x1bP>|term(379)\x1b\\",
        "\x1bP1+r544e=787465\x1b\\",
        "\x1b_Gi=31;OK\x1b\\",
        "\x9b?62;1c",
        "\x9d11;1\x07",
    ),
)
"""What it answers to questions, and what no terminal sends."""

KEYS = ("a", "1", "c", "\r", "é", "]]", " 1")
PASTES = (f"{BEGIN}1\x9b2 [3{END}", f"{BEGIN}{END}")


def typed() -> Typed:
    return Typed(lambda sequence: sequence in EVENTS)


@given(
    st.lists(st.sampled_from((*EVENTS, *NO_EVENTS, *KEYS, *PASTES)), max_size=12), st.lists(st.integers(1, 7))
)
def test_only_keys_events_and_pastes_come_out_however_the_input_is_cut(pieces, cuts):
    data, reader, done, start = "".join(pieces), typed(), "", 0
    for cut in cuts:
        done += "".join(reader.cut(data[start : start + cut]))
        start += cut
    done += "".join(reader.cut(data[start:]))
    assert done == "".join(piece for piece in pieces if piece not in NO_EVENTS)
    assert not reader.waits


@given(st.text(alphabet="ab1 é\r[]P_O", max_size=12))
def test_keys_without_an_escape_pass_at_once(keys):
    assert "".join(typed().cut(keys)) == keys


@pytest.mark.parametrize("key", ["a", "1", "A", "]]", "P", "(", "\r"])
def test_an_escape_and_a_key_in_one_write_are_two_pieces(key):
    reader = typed()
    assert [*reader.cut(f"\x1b{key}"), *reader.waited()] == [ESCAPE, key]


@pytest.mark.parametrize("held", ["\x1b", "\x1b[", "\x1b[[", "\x1b]", "\x1bP", "\x1b_", "\x1bO"])
def test_the_beginning_of_a_sequence_that_people_type_is_keys_after_a_while(held):
    reader = typed()
    assert list(reader.cut(held)) == []
    assert reader.waits
    assert "".join(reader.waited()) == held
    assert not reader.waits


NUMBERED = [
    sequence
    for sequence in (*EVENTS, *NO_EVENTS)
    if sequence[:2] in ("\x1b[", "\x1b]", "\x1bP")
    and sequence[2] in "0123456789<>?"
    and sequence != "\x1b[0n"
]
"""Of "ESC [ 0 n" the last two may be keys that somebody types at once."""


@pytest.mark.parametrize("cuts", [[1], [2], [1, 2]])
@pytest.mark.parametrize("sequence", NUMBERED)
def test_the_rest_of_a_sequence_that_comes_late_is_no_key_either(sequence: str, cuts: list[int]) -> None:
    reader, done = typed(), ""
    for begin, end in zip([0, *cuts], [*cuts, len(sequence)], strict=True):
        done += "".join(reader.cut(sequence[begin:end])) + "".join(reader.waited())
    assert done == sequence[: cuts[-1]] + (sequence if sequence in EVENTS else "")
    assert not reader.waits
    assert "".join(reader.cut("a1")) == "a1"


@pytest.mark.parametrize("keys", ["[[", "]]", "]p", "P", "1", "1a", "[f", "2u", "Gd", "?", "<"])
def test_keys_after_an_escape_that_was_one_are_keys(keys: str) -> None:
    reader = typed()
    assert [*reader.cut(ESCAPE), *reader.waited(), *reader.cut(keys)] == [ESCAPE, keys]


@pytest.mark.parametrize("begun", ["\x1b]11;rgb:11", "\x1bP1+r54", "\x1b[1;1", "\x1b_Gi=1"])
def test_the_beginning_of_an_answer_waits_for_its_end_and_enter_gives_it_up(begun):
    reader = typed()
    assert [*reader.cut(begun), *reader.waited()] == []
    assert list(reader.cut("\ra")) == ["\ra"]
