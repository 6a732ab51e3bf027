"""Tokens, words, sentences and paragraphs of a text, and the conversions between offsets and tokens.

Invariant: a token depends on the text alone; tokens are sorted, do not overlap, hold no white space, and together
cover every character that is none; a mark is in one token with the character that it stands on.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import regex

from annotations.model import Span

# What Python calls white space is `\s` and the four separators \x1c-\x1f; what extends a grapheme goes with it.
_TOKEN = regex.compile(
    r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\p{GCB=Extend}\u200d]*+|(?![\s\x1c-\x1f])(?:\p{GCB=Prepend}|\X)"
)
# A grapheme, but for white space: a sign that is prepended to none is one by itself.
_GRAPHEME = regex.compile(r"(?![\s\x1c-\x1f])(?:\p{GCB=Prepend}++(?=[\s\x1c-\x1f]|\Z)|\X)")
_JOINERS = frozenset("-'’‐‑")
# Where Chinese and Japanese are written, a sentence ends without a space, but not before the end of what is quoted.
_SENTENCE_END = regex.compile(
    r"[.!?…؟۔।॥։።]+[\"'”’»)\]]*\s+(?=[\p{Lu}\p{Lo}\p{N}\"'“‘«(\[])"
    r"|[。！？｡]+(?![」』）】”’\"'])\s*|\s*\n\s*"
)
_PARAGRAPH_END = regex.compile(r"\s*\n\s*")


class Tokens:
    """The tokens of one text: runs of letters, digits and marks, and every other non-space grapheme by itself; or,
    `by_character`, every non-space grapheme."""

    def __init__(self, text: str, by_character: bool = False) -> None:
        self.text, self.unit = text, "character" if by_character else "token"
        self.starts, self.ends = array("L"), array("L")
        for match in (_GRAPHEME if by_character else _TOKEN).finditer(text):
            self.starts.append(match.start())
            self.ends.append(match.end())

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, index: int) -> Span:
        """The code points of token `index`."""
        return self.starts[index], self.ends[index]

    def at(self, offset: int) -> int:
        """The token that covers the code point `offset`, else the last one before it, else the first."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """First and last token that meet `[start, end)`; of an empty range, the token at `start` twice."""
        first = max(0, min(bisect_right(self.ends, start), len(self) - 1))
        return first, max(first, bisect_left(self.starts, end) - 1)

    def hull(self, first: int, last: int) -> Span:
        """The code points from token `first` to token `last`, both included."""
        return self.starts[first], self.ends[last]

    def next_edge(self, side: str, offset: int, step: int) -> int | None:
        """The nearest `start` or `end` of a token right (`step` 1) or left (-1) of a code point; None past the ends."""
        edges = self.starts if side == "start" else self.ends
        index = bisect_right(edges, offset) if step > 0 else bisect_left(edges, offset) - 1
        return edges[index] if 0 <= index < len(edges) else None

    def starts_word(self, index: int) -> bool:
        """Whether token `index` begins a word: hyphens and apostrophes join the tokens they touch."""
        return not (self._joined(index) or (self._is_joiner(index) and self._joined(index + 1)))

    def ends_word(self, index: int) -> bool:
        """Whether token `index` is the last of its word."""
        return index + 1 >= len(self) or self.starts_word(index + 1)

    def _is_joiner(self, index: int) -> bool:
        return 0 <= index < len(self) and self.text[self.starts[index]] in _JOINERS

    def _joined(self, index: int) -> bool:
        """Whether a joiner stands right before token `index` and touches letters on both sides."""
        return (
            2 <= index < len(self)
            and self._is_joiner(index - 1)
            and self.starts[index] == self.ends[index - 1]
            and self.starts[index - 1] == self.ends[index - 2]
            and self.text[self.starts[index]].isalnum()
            and self.text[self.starts[index - 2]].isalnum()
        )


def trim(text: str, start: int, end: int) -> Span:
    """The range without white space at its edges; empty when it holds nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


@lru_cache(maxsize=4)
def sentences(text: str) -> tuple[Span, ...]:
    """Sentence ranges by punctuation and line breaks, for an article that has no analysis yet."""
    return tuple(_between(text, _SENTENCE_END))


@lru_cache(maxsize=4)
def paragraphs(text: str) -> tuple[Span, ...]:
    """Ranges of text between line breaks, blank lines left out."""
    return tuple(_between(text, _PARAGRAPH_END))


def _between(text: str, edge: regex.Pattern[str]) -> Iterator[Span]:
    start = 0
    for match in edge.finditer(text):
        span = trim(text, start, match.end())
        if span[0] < span[1]:
            yield span
        start = match.end()
    span = trim(text, start, len(text))
    if span[0] < span[1]:
        yield span


LONGEST_NAME = 500
"""Code points around a place in which a name is looked for."""

_PARTICLE = r"(?:de|del|la|al|el|bin|ibn|van|von|der|den|du|da|dos|di|le)"
_NUMBER = r"[$€£¥]?\p{N}+(?:[.,]\p{N}+)*%?"
_INITIALS = r"(?:\p{Lu}\.)+(?:(?=\p{Lu})|(?<=\.\p{Lu}\.))"
_CAPITALISED = r"\p{Lu}[\p{L}\p{M}\p{N}]*"
_NICKNAME = r"[“\"‘]\p{Lu}[\p{L}\p{M}]*[”\"’]"
_TITLE_LIKE = r"(?<=\b(?:Jr|Sr|Inc|Ltd|Co|Corp|Bros))\."
_GOES_ON = rf"(?=[ ](?:\p{{Lu}}|\p{{N}}|{_PARTICLE}[ ]\p{{Lu}}))"
_JOINT = rf"[ ](?:of|{_PARTICLE}|and the|of the|et al\.|et al\. v\.|v\.|vs\.){_GOES_ON}"

_NAME = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}]){_PARTICLE}[ ](?=\p{{Lu}}|{_PARTICLE}[ ]\p{{Lu}}))*"
    rf"(?:{_NICKNAME}(?=[ ]\p{{Lu}})|{_INITIALS}|{_CAPITALISED}|{_NUMBER})"
    rf"(?:{_JOINT}|[ ]{_NICKNAME}(?=[ ]\p{{Lu}})|[ ](?={_NUMBER}|\p{{Lu}}|{_PARTICLE}[ ]\p{{Lu}})|{_TITLE_LIKE}"
    rf"|[-'’.‐](?=[\p{{L}}\p{{N}}])|\.(?=[ ](?:\p{{Lu}}|\p{{N}}))|{_INITIALS}|{_NUMBER}|[\p{{L}}\p{{M}}\p{{N}}]+)*+"
)
"""Capitalised words, initials and numbers with what joins them. A nickname in quotes is part of a name that goes on
after it; the full stop of "Jr." and "Ltd." and of initials is kept."""


def name_run(text: str, offset: int) -> Span | None:
    """The run of capitalised words, initials and numbers around `offset`, joined by particles such as "of" and "de", by
    hyphens and apostrophes, with a nickname in quotes; None where there is none."""
    near = max(0, offset - LONGEST_NAME), min(len(text), offset + LONGEST_NAME)
    start, end = text.rfind("\n", near[0], offset) + 1, text.find("\n", offset, near[1])
    for match in _NAME.finditer(text, start or near[0], near[1] if end < 0 else end):
        if match.start() <= offset < match.end():
            return match.span()
        if match.start() > offset:
            break
    return None


_INSIDE = regex.compile(r"(?<=[\p{L}\p{N},;:’”\"')–—-] )\p{Lu}[\p{L}\p{M}\p{N}]+")


def without_possessive(text: str, name: Span) -> Span:
    """A name run without the possessive ’s at its end."""
    start, end = name
    return (start, end - 2) if text.endswith(("'s", "’s"), start, end) else name


def names(text: str, start: int, end: int) -> Iterator[Span]:
    """The name runs of a sentence, in order: no numbers, no single letters; and a single word at the beginning of the
    sentence only where it has its capital elsewhere too, inside of a sentence."""
    for match in _NAME.finditer(text, start, end):
        run = match.group()
        if len(run.strip(".")) < 2 or not any(character.isupper() for character in run):
            continue
        begins = not any(character.isalnum() for character in text[start : match.start()])
        if not begins or " " in run or run in inside(text):
            yield match.span()


@lru_cache(maxsize=4)
def inside(text: str) -> frozenset[str]:
    """The words that have a capital inside of a sentence: behind a word, a comma, a quotation."""
    return frozenset(_INSIDE.findall(text))


def joined(text: str, spans: Iterable[Sequence[int]]) -> str:
    """The pieces of a text that some ranges name, with an ellipsis for each gap."""
    return " … ".join(text[start:end] for start, end in spans)


def around(text: str, start: int, end: int, reach: int) -> tuple[str, str, str]:
    """A range of a text between what stands before and after it, `reach` code points on either side at most."""
    return text[max(0, start - reach) : start], text[start:end], text[end : end + reach]
