"""The labelled regions of Label Studio: where they are, in which text, and what their offsets count.

Invariant: a unit is taken where all texts of regions fit it, or most do; none is ever guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from annotations.formats.base import Reading
from annotations.formats.offsets import Surface, fitting, to_codepoints
from annotations.formats.options import Unit
from annotations.formats.records import Bad, get, quoted
from annotations.model import Status

TEXT_KEY = "text"
"""What the key of a task's text is called, if nothing else tells."""

LABELS = ("labels", "hypertextlabels", "paragraphlabels")
"""The types of results that label a part of a text; the labels stand in a value's key of the same name."""

_UNITS: tuple[Unit, ...] = ("codepoint", "utf16")
_SPACE = re.compile(r"(?:\\n|\s)+")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|/data/)\S*")


@dataclass(frozen=True)
class Answer:
    """One annotation or prediction: its results, whose they are, where they stand, and of which tasks they could be."""

    results: list[dict[str, Any]]
    annotator: str | None
    place: str
    status: Status | None = None
    suggested: bool = False
    score: float | None = None
    tasks: tuple[str, ...] = ("entities", "relations")


def text_of(value: Any) -> str | None:
    """A text that says something, else None."""
    return value if isinstance(value, str) and value.strip() else None


def number_of(value: Any) -> float | None:
    """A number, else None."""
    return float(value) if type(value) in (int, float) else None


def regions(answers: Iterable[Answer]) -> Iterator[dict[str, Any]]:
    """The values of all results that label a part of the text."""
    for answer in answers:
        for result in answer.results:
            if result.get("type") in LABELS and isinstance(result.get("value"), dict):
                yield result["value"]


def is_of_page(value: Mapping[str, Any]) -> bool:
    """Whether a region is one of an HTML page, not of a plain text."""
    start = value.get("start")
    is_way = isinstance(start, str) and (start.startswith("/") or "startOffset" in value)
    return is_way or not {"globalOffsets", "hypertextlabels"}.isdisjoint(value)


def surfaces_of(answers: Iterable[Answer]) -> list[Surface]:
    """Start, end and text of the regions that say all three."""
    found = []
    for value in regions(answers):
        try:
            start, end = edges(value)
        except Bad:
            continue
        if isinstance(said := value.get("text"), str):
            found.append((start, end, said))
    return found


def edges(value: Mapping[str, Any]) -> tuple[int, int]:
    """Start and end as they are written. Raises Bad."""
    if is_of_page(value):
        if not isinstance(value.get("globalOffsets"), dict):
            raise Bad("it has no globalOffsets, and an XPath says nothing without the page: export it anew")
        value = value["globalOffsets"]
    return get(value, "start", int), get(value, "end", int)


def article_text(
    data: Mapping[str, Any], known: str | None, surfaces: Sequence[Surface], is_html: bool
) -> tuple[str, str]:
    """The key of a task's text, `known` if there is a text under that, and the text, for HTML what it shows. Raises
    Bad."""
    found = {key: _shown(value) if is_html else value for key, value in data.items() if text_of(value)}
    texts = {key: text for key, text in found.items() if not _ADDRESS.fullmatch(text)}
    if not texts:
        only = "the address of a text only: load the text itself"
        raise Bad(f"its data hold {only if found else 'no text'}")
    key = known if known in texts else _text_key(texts, surfaces)
    return key, texts[key]


def _text_key(texts: Mapping[str, str], surfaces: Sequence[Surface]) -> str:
    """The text that the regions fit, else the one called so, else the only long one. Raises Bad."""
    if len(texts) == 1:
        return next(iter(texts))
    fit = [key for key, text in texts.items() if surfaces and _holds_most(text, surfaces)]
    if len(fit) > 1:
        fit = [key for key in fit if _most_fit(texts[key], surfaces)]
    if len(fit) == 1:
        return fit[0]
    if TEXT_KEY in texts:
        return TEXT_KEY
    longest, second, *_ = sorted(texts, key=lambda key: len(texts[key]), reverse=True)
    if len(texts[longest]) < 2 * len(texts[second]):
        raise Bad(f'which of {quoted(sorted(texts))} is the text cannot be told: call that key "text"')
    return longest


def _holds_most(text: str, surfaces: Sequence[Surface]) -> bool:
    return sum(said in text for _, _, said in surfaces) * 2 > len(surfaces)


def _most_fit(text: str, surfaces: Sequence[Surface]) -> bool:
    return max(_count_fitting(text, surfaces, unit) for unit in _UNITS) * 2 > len(surfaces)


def unit_of(text: str, answers: Sequence[Answer], reading: Reading, is_old: bool) -> Unit | Bad:
    """What the offsets of some answers count: what all texts of their regions fit; else what most do, and the others
    are reported one by one. Bad where nothing tells and it makes a difference."""
    if text.isascii() or max(text) <= "\uffff":
        return "codepoint"
    surfaces = surfaces_of(answers)
    if surfaces and (unit := fitting(text, surfaces, _UNITS)) is not None:
        return unit
    if surfaces:
        return max(_UNITS, key=lambda unit: _count_fitting(text, surfaces, unit))
    if reading.unit is not None:
        return reading.unit
    if is_old:
        return "utf16"
    first = next(place for place, character in enumerate(text) if character > "\uffff")
    if any(_reaches(value, first) for value in regions(answers)):
        return Bad(
            "do its offsets count code points or UTF-16 units? Nothing tells: say it with --offset-unit"
        )
    return "codepoint"


def _reaches(value: Mapping[str, Any], place: int) -> bool:
    try:
        return max(edges(value)) > place
    except Bad:
        return False


def _count_fitting(text: str, surfaces: Iterable[Surface], unit: Unit) -> int:
    """How many texts of regions stand in the text where they are said to stand."""
    convert = to_codepoints(text, unit)
    count = 0
    for start, end, said in surfaces:
        try:
            count += is_same(text[convert(start) : convert(end)], said)
        except Bad:
            continue
    return count


def is_same(found: str, said: str) -> bool:
    r"""Whether a region's text is what stands there: white space may differ, and a line end may be written `\n`."""
    return found == said or _SPACE.sub(" ", found) == _SPACE.sub(" ", said)


class _Shown(HTMLParser):
    """What HTML shows, as Label Studio counts it: all text as it stands, a line end for each line break."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _shown(html: str) -> str:
    page = _Shown()
    page.feed(html)
    page.close()
    return "".join(page.parts)
