"""Words for messages: what was probably meant, and words that are quoted, listed and safe to print.

Invariant: however long or strange a word is, what is said about it stays short and on one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST, _MOST = 40, 12
"""Code points of one word, and words of one list, that a message has room for."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, whatever its case; None when none is close. One with the same letters in
    another order comes before others that are as close."""
    folded = {each.casefold(): each for each in known}
    wanted = word.casefold()
    close = difflib.get_close_matches(wanted, folded, n=3)
    letters = sorted(wanted)
    return folded[min(close, key=lambda each: sorted(each) != letters)] if close else None


def meant(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """How a sentence about an unknown word ends: with the nearest known one, else with `otherwise`, if any."""
    near = nearest(word, known)
    end = f"did you mean {quoted(near)}?" if near is not None else otherwise
    return end and f"; {end}"


def printable(text: str) -> str:
    """The text on one line, nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(text: str) -> str:
    """The text in quotes, its end left out when it is long."""
    return f'"{text}"' if len(text) <= _LONGEST else f'"{text[:_LONGEST]}…"'


def short(text: str, length: int = 40) -> str:
    """A text on one line, its end left out when it has more code points than that."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def count(number: int, noun: str) -> str:
    """So many of something, in words: "1 copy", "2 copies"."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def shown(word: str) -> str:
    """A word as it is, or in quotes where its ends would not be seen."""
    plain = word and len(word) <= _LONGEST and not any(c.isspace() for c in word)
    return word if plain else quoted(word)


def listing(words: Iterable[str]) -> str:
    """The first words, with commas, and how many more there are."""
    each = [shown(word) for word in words]
    more = f" and {len(each) - _MOST} more" if len(each) > _MOST else ""
    return ", ".join(each[:_MOST]) + more
