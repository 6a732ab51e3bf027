"""Offsets that count something other than code points: UTF-16 units (JavaScript, Java) and graphemes (what people see).

Invariant: an offset is converted or refused, never rounded: one inside a surrogate pair, inside a grapheme or outside
the text is in no other unit. CR LF is one grapheme.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import regex

from annotations.formats.options import Unit
from annotations.formats.records import Bad
from annotations.model import Span
from annotations.text import Tokens

Surface = tuple[int, int, str]
"""Start and end in some unit, and the text that a file says is there."""

NAMES: dict[Unit, str] = {"codepoint": "code points", "utf16": "UTF-16 units", "grapheme": "graphemes"}
"""What the units are called in a sentence."""

_GRAPHEME = regex.compile(r"\X")
_INSIDE: dict[Unit, str] = {"codepoint": "", "utf16": "a surrogate pair", "grapheme": "a grapheme"}


def to_codepoints(text: str, unit: Unit) -> Callable[[int], int]:
    """What turns an offset in `unit` into one in code points. It raises Bad for one that is none."""
    places = _places(text, unit)

    def convert(offset: int) -> int:
        if not 0 <= offset < len(places):
            raise Bad(f"{offset} lies outside the text, which has {len(places) - 1} {NAMES[unit]}")
        if places[offset] < 0:
            raise Bad(f"{offset} lies inside {_INSIDE[unit]}")
        return places[offset]

    return convert


def from_codepoints(text: str, unit: Unit) -> Callable[[int], int]:
    """What turns an offset in code points into one in `unit`. It raises Bad for one that is none."""
    offsets = _offsets(text, unit)

    def convert(place: int) -> int:
        if not 0 <= place < len(offsets):
            raise Bad(f"{place} lies outside the text, which has {len(offsets) - 1} code points")
        if offsets[place] < 0:
            raise Bad(f"{place} lies inside {_INSIDE[unit]}")
        return offsets[place]

    return convert


def fitting(
    text: str, surfaces: Iterable[Surface], units: Iterable[Unit] = ("codepoint", "utf16")
) -> Unit | None:
    """The first of the units under which all surfaces stand in the text where they are said to stand; None if they do
    under none."""
    found = list(surfaces)
    return next((unit for unit in units if _fits(text, found, unit)), None)


def _fits(text: str, surfaces: list[Surface], unit: Unit) -> bool:
    if unit == "codepoint":
        return all(
            start >= 0 and end <= len(text) and text[start:end] == said for start, end, said in surfaces
        )
    convert = to_codepoints(text, unit)
    try:
        return all(text[convert(start) : convert(end)] == said for start, end, said in surfaces)
    except Bad:
        return False


TRIED: tuple[Unit, ...] = ("utf16", "codepoint", "grapheme")
"""The units that a file may count in that does not say so, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The units in which spans begin and end best where tokens do, and all in which none begins or ends within a token
    while others do; `same` says that every unit means the same."""

    best: Sequence[Unit] = ()
    possible: Sequence[Unit] = ()
    same: bool = False


def by_words(text: str, spans: Sequence[Span], tried: Sequence[Unit] = TRIED) -> Fit:
    """What the words of a text say of the unit of spans in it; nothing where no unit fits them."""
    if is_plain(text):
        return Fit(same=True)
    readings = _readings(text, spans, tried)
    if len(readings) < 2:
        units = [unit for found in readings.values() for unit in found]
        return Fit(units, units, same=len(units) == len(tried))
    tokens = Tokens(text)
    possible = {places: units for places, units in readings.items() if _outside_tokens(tokens, places)}
    best = {places: units for places, units in possible.items() if _on_edges(tokens, places)} or possible
    return Fit(list(chain.from_iterable(best.values())), list(chain.from_iterable(possible.values())))


def apart(text: str, spans: Sequence[Span], units: Iterable[Unit]) -> list[Unit]:
    """Of the units in which spans can be in a text, the first of those that mean the same places."""
    return [same[0] for same in _readings(text, spans, units).values()]


def is_plain(text: str) -> bool:
    """Whether all units are the same in a text, as far as that can be told fast."""
    return text.isascii() and "\r\n" not in text


def by_borders(text: str, spans: Sequence[Span], tried: Sequence[Unit] = TRIED) -> tuple[Unit, bool]:
    """The one of the units in which all spans begin and end where tokens do, and whether the unit makes a difference
    here. Where there is none, the one in which no span begins or ends within a token. Raises Bad where that leaves no
    unit, or several that differ."""
    readings = _readings(text, spans, tried)
    if len(readings) == 1:
        (units,) = readings.values()
        return units[0], len(units) < len(tried)
    tokens = Tokens(text)
    for fits in (_on_edges, _outside_tokens):
        found = [units[0] for places, units in readings.items() if fits(tokens, places)]
        if len(found) == 1:
            return found[0], True
        if found:
            names = " and ".join(NAMES[unit] for unit in found)
            raise Bad(f"what its offsets count cannot be told ({names} fit alike): say it with --offset-unit")
    raise Bad("what its offsets count cannot be told (no unit fits the words): say it with --offset-unit")


def _readings(text: str, spans: Sequence[Span], tried: Iterable[Unit]) -> dict[tuple[Span, ...], list[Unit]]:
    """What the spans are in code points, and in which units they are that."""
    found: dict[tuple[Span, ...], list[Unit]] = {}
    for unit in tried:
        convert = to_codepoints(text, unit)
        try:
            places = tuple((convert(start), convert(end)) for start, end in spans)
        except Bad:
            continue
        found.setdefault(places, []).append(unit)
    return found


def _on_edges(tokens: Tokens, spans: Iterable[Span]) -> bool:
    starts, ends = set(tokens.starts), set(tokens.ends)
    return all(start in starts and end in ends for start, end in spans)


def _outside_tokens(tokens: Tokens, spans: Iterable[Span]) -> bool:
    return all(
        not start < edge < end
        for span in spans
        for edge in span
        for start, end in [tokens.span(tokens.at(edge))]
    )


@lru_cache(maxsize=2)
def _places(text: str, unit: Unit) -> Sequence[int]:
    """The code point at each offset in `unit`, the text's end included; -1 where there is none."""
    if unit == "codepoint" or _is_plain(text, unit):
        return range(len(text) + 1)
    if unit == "grapheme":
        return array("q", [*(match.start() for match in _GRAPHEME.finditer(text)), len(text)])
    return array("q", [*_pairs(text), len(text)])


def _is_plain(text: str, unit: Unit) -> bool:
    """Whether the unit is the code point in this text, as far as that can be told fast."""
    if unit == "grapheme":
        return is_plain(text)
    return text.isascii() or max(text) <= "\uffff"


def _pairs(text: str) -> Iterator[int]:
    """The code point of each UTF-16 unit, -1 for the second of a pair."""
    for place, character in enumerate(text):
        yield place
        if character > "\uffff":
            yield -1


@lru_cache(maxsize=2)
def _offsets(text: str, unit: Unit) -> Sequence[int]:
    """The offset in `unit` of each code point, the text's end included; -1 where there is none."""
    places = _places(text, unit)
    if isinstance(places, range):
        return places
    found = array("q", [-1]) * (len(text) + 1)
    for offset, place in enumerate(places):
        if place >= 0:
            found[place] = offset
    return found
