"""Pasted text can hold anything and must never become keys; typed keys must never wait."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.terminal import Pastes

PIECES = (Pastes.BEGIN, Pastes.END, "\x1b", "\x1b[", "a", "\x1b[20", "1~", "[200~", "\x1b[A")


def cleaned_at_once(typed: str) -> str:
    """What should come out, an unfinished end mark aside."""
    done = ""
    while typed:
        keys, begin, typed = typed.partition(Pastes.BEGIN)
        pasted, end, typed = typed.partition(Pastes.END) if begin else ("", "", "")
        done += keys + begin + pasted.replace("\x1b", "") + end
    return done


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.lists(st.integers(1, 7), max_size=40))
def test_pastes_come_out_without_escapes_however_the_input_is_cut(pieces: list[str], cuts: list[int]) -> None:
    typed, pastes, done, start = "".join(pieces) + Pastes.END, Pastes(), "", 0
    for cut in cuts:
        done += pastes.clean(typed[start : start + cut])
        start += cut
    assert done + pastes.clean(typed[start:]) == cleaned_at_once(typed)


@given(st.text(alphabet="\x1b[20~aA", max_size=20).filter(lambda keys: Pastes.BEGIN not in keys))
def test_keys_outside_a_paste_pass_at_once_and_as_they_are(keys: str) -> None:
    pastes = Pastes()
    assert "".join(pastes.clean(key) for key in keys) == keys
