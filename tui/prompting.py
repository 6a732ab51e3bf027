"""Asking for a line of text, with or without choices that narrow while typing. Pure: no widget.

Invariant: `matches` are the choices that fit what was typed, best first; `index` is one of them, or 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tui.host import Choice

SMALL = frozenset(["a", "an", "and", "in", "is", "it", "my", "of", "on", "or", "the", "this", "to", "with"])
"""Words that do not count beside others."""

LOOSE = 3
"""Letters from which a word also fits a name that only has them in this order."""


@dataclass
class Prompting:
    """A question under way. `then` gets the typed text, or the value of the chosen line; `live` gets the text at every
    change, and `cancel` is called when the person leaves without an answer."""

    title: str
    then: Callable[[Any], Any]
    choices: Sequence[Choice] | None = None
    live: Callable[[str], Any] | None = None
    cancel: Callable[[], Any] | None = None
    index: int = 0
    matches: list[Choice] = field(default_factory=list)
    grouped: bool = False
    """Whether the matches stand under the headings of their groups: while nothing is typed."""

    @cached_property
    def _texts(self) -> list[_Texts]:
        return [_Texts(choice) for choice in self.choices or ()]

    def typed(self, text: str) -> None:
        """Narrows the choices to what fits every word of the text, and tells who wants to know."""
        if self.live is not None:
            self.live(text)
        if self.choices is None:
            return
        self.index = 0
        typed = text.casefold().split()
        words = [word for word in typed if word not in SMALL] or typed
        self.grouped = not words and any(choice.group for choice in self.choices)
        scores = ((texts.score(words), place) for place, texts in enumerate(self._texts))
        self.matches = [self.choices[place] for _, place in sorted((-s, place) for s, place in scores if s)]

    def move(self, step: int) -> None:
        """Goes to the next or previous match, round the ends."""
        if self.matches:
            self.index = (self.index + step) % len(self.matches)

    def lines(self, size: int) -> list[tuple[int, str]]:
        """What of the list is shown in so many rows, around the chosen line: the place of a match with "", or -1 with
        the heading of a group."""
        found = list(self._lines())
        here = found.index((self.index, "")) if self.matches else 0
        first = max(0, min(here - size // 2, len(found) - size))
        return found[first : first + size]

    def _lines(self) -> Iterator[tuple[int, str]]:
        group = ""
        for place, choice in enumerate(self.matches):
            if self.grouped and choice.group != group:
                group = choice.group
                yield -1, group or "others"
            yield place, ""

    def answer(self, text: str) -> Callable[[], Any] | None:
        """What Enter does: None when choices were asked for and none fits."""
        if self.choices is None:
            return lambda: self.then(text)
        if not self.matches:
            return None
        value = self.matches[self.index].value
        return lambda: self.then(value)


class _Texts:
    """What of a choice is compared with what is typed, in small letters; made once for a whole prompt."""

    def __init__(self, choice: Choice) -> None:
        self.name = choice.text.casefold()
        self.compact = _plain(self.name).replace(" ", "")
        self.starts = f" {_plain(self.name)}"
        self.others = f" {_plain(f'{choice.words} {choice.detail}'.casefold())}"

    def score(self, words: Sequence[str]) -> int:
        """How well all words fit, 1 when there are none; 0 when one does not fit at all."""
        total = 1
        for word in words:
            if not (found := self._score(word)):
                return 0
            total += found
        whole = " ".join(words)
        return total + (20 if words and self.name.startswith(whole) else 0)

    def _score(self, word: str) -> int:
        if self.name == word:
            return 60
        if self.name.startswith(word):
            return 40
        plain = _plain(word)
        if plain and f" {plain}" in self.starts:
            return 30 + (5 if f" {plain} " in f"{self.starts} " else 0)
        if plain and f" {plain}" in self.others:
            return 15 + (10 if f" {plain} " in f"{self.others} " else 0)
        if word in self.name or word in self.compact:
            return 20 if self.compact.startswith(word) else 10
        return 4 if len(word) >= LOOSE and _in_order(word, self.name) else 0


def _plain(text: str) -> str:
    """The words of a text, with single spaces between."""
    return re.sub(r"[\W_]+", " ", text).strip()


def _in_order(word: str, text: str) -> bool:
    """Whether a text has the letters of a word in their order, beginning with its first letter."""
    if not text.startswith(word[0]):
        return False
    letters = iter(text)
    return all(letter in letters for letter in word)
