"""Prodigy's records put together: all that one annotator answered about one text, wherever it stands in a file.

Invariant: no more waits for other answers than `HELD`; what comes after its text had to go is refused, not parted from
the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import IO, Any

from annotations.errors import BadFile
from annotations.formats.base import Source
from annotations.formats.records import Bad

HELD = 16_000_000
"""How much may wait for other answers about its text: code points, and for each token `_TOKEN` more."""

_TOKEN = 50

Line = tuple[int, dict[str, Any]]
"""A record and its number."""

Split = Callable[[IO[bytes]], Iterator[tuple[int, dict[str, Any] | Bad]]]
"""Finds the records of a file."""

Key = tuple[str | None, str | None]
"""The text and the annotator of a task, as far as they are texts."""


def last_lines(source: Source, split: Split) -> dict[int, int]:
    """Where the last record of each text and annotator stands, by the hash of both."""
    last: dict[int, int] = {}
    with suppress(BadFile), source.open() as file:  # what is bad is told when it is read again
        for number, record in split(file):
            if not isinstance(record, Bad):
                last[hash(_key(record))] = number
    return last


def _key(record: Mapping[str, Any]) -> Key:
    text = record.get("text")
    return text if type(text) is str else None, annotator_of(record)


def annotator_of(record: Mapping[str, Any]) -> str | None:
    """Who answered, as far as that is a text."""
    names = (record.get(key) for key in ("_annotator_id", "_session_id"))
    return next((name for name in names if type(name) is str and name), None)


def together(
    found: Iterator[tuple[int, dict[str, Any] | Bad]], last: Mapping[int, int], unit: str
) -> Iterator[tuple[int, list[Line] | Bad]]:
    """The records, each with all others of its text and annotator, at the number of the first one, as soon as the
    `last` one of them is read. One whose others could not wait so long is refused."""
    waiting = _Waiting()
    try:
        for number, record in found:
            if isinstance(record, Bad):
                yield number, record
                continue
            key = _key(record)
            if (before := waiting.gone.get(hash(key))) is not None:
                far = f"it is about the text of {unit} {before}, and too far from it to be joined"
                yield number, Bad(f"left out: {far}: sort the file by its texts")
                continue
            waiting.add(key, (number, record))
            if last.get(hash(key), 0) <= number:
                yield waiting.take(key)
            else:
                yield from waiting.over()
    except Exception:  # whatever it is, what was read before it is good
        yield from waiting.rest()
        raise
    yield from waiting.rest()


class _Waiting:
    """Records that others about the same text may follow. Of those that had to go before these came, `gone` has the
    first line."""

    def __init__(self) -> None:
        self.lines: dict[Key, list[Line]] = {}
        self.gone: dict[int, int] = {}
        self._weight = 0

    def add(self, key: Key, line: Line) -> None:
        """One record more."""
        self.lines.setdefault(key, []).append(line)
        self._weight += _weight(line)

    def take(self, key: Key) -> tuple[int, list[Line]]:
        """Those of one key, which wait no longer."""
        found = self.lines.pop(key)
        self._weight -= sum(map(_weight, found))
        return found[0][0], found

    def over(self) -> Iterator[tuple[int, list[Line]]]:
        """Those that have waited longest, until what is left may wait."""
        while self._weight > HELD and len(self.lines) > 1:
            key = next(iter(self.lines))
            number, found = self.take(key)
            self.gone[hash(key)] = number
            yield number, found

    def rest(self) -> Iterator[tuple[int, list[Line]]]:
        """All of them."""
        while self.lines:
            yield self.take(next(iter(self.lines)))


def _weight(line: Line) -> int:
    text, tokens = line[1].get("text"), line[1].get("tokens")
    count = len(tokens) if isinstance(tokens, list) else 0
    return (len(text) if isinstance(text, str) else 0) + _TOKEN * count
