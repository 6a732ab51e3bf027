"""Asking for a line of text, with or without choices that narrow while typing. Pure: no widget.

Invariant: `matches` are the choices that fit what was typed, best first; `index` is one of them, or 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.fuzzy import Matcher

from tui.host import Choice


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

    def typed(self, text: str) -> None:
        """Narrows the choices to what fits the text, and tells who wants to know."""
        if self.live is not None:
            self.live(text)
        if self.choices is None:
            return
        self.index = 0
        if not text:
            self.matches = list(self.choices)
            return
        scored = [(self._score(text, choice), place) for place, choice in enumerate(self.choices)]
        best = sorted((-score, place) for score, place in scored if score > 0)
        self.matches = [self.choices[place] for _, place in best]

    @staticmethod
    def _score(text: str, choice: Choice) -> float:
        matcher = Matcher(text)
        if choice.text.casefold().startswith(text.casefold()):
            return 2 + matcher.match(choice.text)
        return max(matcher.match(choice.text), 0.5 * matcher.match(choice.detail))

    def move(self, step: int) -> None:
        """Goes to the next or previous match, round the ends."""
        if self.matches:
            self.index = (self.index + step) % len(self.matches)

    def answer(self, text: str) -> Callable[[], Any] | None:
        """What Enter does: None when choices were asked for and none fits."""
        if self.choices is None:
            return lambda: self.then(text)
        if not self.matches:
            return None
        value = self.matches[self.index].value
        return lambda: self.then(value)
