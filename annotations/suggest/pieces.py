"""Long texts in pieces that a pipeline can hold, and back.

Invariant: the pieces of a text, put together in order, are the text; each knows the code point at which it
begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

LONGEST = 25_000
"""Code points in one piece, at most."""

BATCH_PIECES = 8
BATCH_LENGTH = 25_000
"""Code points in one batch of several pieces, at most."""

# A tokenizer tries its rules again on what is left of a word, so that its time grows with the square of the
# word's length: a line of 8,000 equals signs takes it ten seconds. No word gets longer than this.
_LONGEST_RUNS = ((re.compile(r"(?:[^\w\s]|_)+"), 200), (re.compile(r"\S+"), 2_000))

_BREAKS = ("\n\n", "\n\r\n", "\r\r", "\n", "\r", " ")


class Piece(NamedTuple):
    """A part of the text `id`: where it begins (code points), its characters, whether it is the end."""

    id: int
    offset: int
    text: str
    last: bool


def pieces(id: int, text: str, longest: int = LONGEST) -> Iterator[Piece]:
    """Cut a text at paragraph breaks, else at line breaks, spaces, or anywhere; at least one piece."""
    for start, limit in pairwise(_fences(text)):
        while limit - start > longest:
            end = _cut(text, start, start + longest)
            yield Piece(id, start, text[start:end], False)
            start = end
        yield Piece(id, start, text[start:limit], limit == len(text))


def _fences(text: str) -> list[int]:
    """Where a piece has to begin or end, whatever its length: the ends of the text, and in endless words."""
    inside = {
        place
        for pattern, step in _LONGEST_RUNS
        for run in pattern.finditer(text)
        for place in range(run.start() + step, run.end(), step)
    }
    return [0, *sorted(inside), len(text)]


def _cut(text: str, start: int, limit: int) -> int:
    """The end of the last break in the second half of `[start, limit)`, the best kind of break first."""
    middle = (start + limit) // 2
    for mark in _BREAKS:
        found = text.rfind(mark, middle, limit)
        if found >= 0:
            return found + len(mark)
    return limit


def batches(parts: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Group pieces so that a batch is worth starting and never large; order kept, none empty."""
    batch: list[Piece] = []
    length = 0
    for piece in parts:
        if batch and (len(batch) == BATCH_PIECES or length + len(piece.text) > BATCH_LENGTH):
            yield batch
            batch, length = [], 0
        batch.append(piece)
        length += len(piece.text)
    if batch:
        yield batch
