"""The interlinear gloss: under a line that has entities, small rows with a rule and the label under each. Pure.

Invariant: a row holds items side by side, never over each other; an item that lies in another stands above it, nearer
to the text; own entities have a heavy rule, suggestions a dashed one and a question mark, so colour is not needed. The
rule is under the pieces of a discontinuous one, and dots join those of one line. A line has at most `MOST` rows; what
they have no room for is counted in the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len

from annotations.hidden import ASIDE, REJECTED
from annotations.model import Span
from annotations.state import OWN, Item
from tui.layout import Layout
from tui.safe import safe

OWN_RULE, PENDING_RULE, HIDDEN_RULE = "━", "┄", "╌"

JOIN = "·"
"""What stands under the gap between two pieces of one entity."""

SIGNS = {REJECTED: "×", ASIDE: "·"}
"""What stands before the label of a hidden suggestion: rejected, or set aside."""

MOST = 6
"""Gloss rows under one line; hundreds of items on one word leave room for the text."""

_Place = tuple[int, int, Item, tuple[Span, ...]]
"""The cells `[left, right)` that an item takes on the line, the item, and the cells of its gaps."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands under one item on one line: from cell `column` of the reading column, `text` as drawn. A count of
    items that have no row has no `key` and no `label`."""

    column: int
    text: str
    key: str
    label: str
    own: bool


def signed(item: Item) -> str:
    """The label of an item with the sign that tells its kind without colour: none for an own entity, a question mark
    after what is pending."""
    if item.kind in SIGNS:
        return SIGNS[item.kind] + safe(item.label)
    return safe(item.label) + ("" if item.kind == OWN else "?")


def rows(
    layout: Layout, line: int, items: Iterable[Item], spans: Callable[[Item], tuple[Span, ...]]
) -> list[list[Piece]]:
    """The gloss rows of a line, the innermost items first; none for a line without items. `spans` tells the pieces of
    an item."""
    start = layout.line(line)[0]
    here = sorted(items, key=lambda item: (item.end - item.start, item.kind, item))
    placed, rest = _placed(place for item in here for place in _place(layout, line, item, spans(item)))
    found = [list(_pieces(row, start, layout.width)) for row in placed]
    return [*found, list(_counts(rest, layout.width))] if rest else found


def _place(layout: Layout, line: int, item: Item, spans: tuple[Span, ...]) -> Iterator[_Place]:
    """Where an item stands on a line, if a piece of it does."""
    start, end = layout.line(line)[0], layout.visible_end(line)
    cells = [layout.columns(line, *span) for span in spans if span[0] < end and span[1] > start]
    if cells:
        gaps = tuple((left, right) for (_, left), (right, _) in pairwise(cells))
        yield cells[0][0], cells[-1][1], item, gaps


def _placed(places: Iterable[_Place]) -> tuple[list[list[_Place]], list[_Place]]:
    """The items row by row, each below all that it meets, and those for which there is no row."""
    placed: list[list[_Place]] = []
    rest: list[_Place] = []
    for place in places:
        left, right = place[:2]
        meets = [i for i, row in enumerate(placed) if any(left < b and a < right for a, b, *_ in row)]
        row = meets[-1] + 1 if meets else 0
        if row == MOST:
            rest.append(place)
        elif row == len(placed):
            placed.append([place])
        else:
            placed[row].append(place)
    return (placed[:-1], placed[-1] + rest) if rest else (placed, rest)


def _pieces(row: list[_Place], line_start: int, width: int) -> Iterator[Piece]:
    """A row's items from left to right; a label longer than its item may use the free cells after it."""
    row.sort()
    for (left, right, item, gaps), limit in zip(row, _limits([p[0] for p in row], width), strict=True):
        own = item.kind == OWN
        name = signed(item) if item.start >= line_start else ""
        room = max(right - left, min(cell_len(name), limit - left))
        name = _beginning(name, room)
        rule = OWN_RULE if own else HIDDEN_RULE if item.kind in SIGNS else PENDING_RULE
        cells = range(left + cell_len(name), left + room)
        under = [JOIN if any(a <= x < b for a, b in gaps) else rule for x in cells]
        yield Piece(left, name + "".join(under), item.key, item.label, own)


def _counts(places: list[_Place], width: int) -> Iterator[Piece]:
    """How many items lie over each other at each place, from left to right."""
    groups: list[tuple[int, int, int]] = []
    for left, right, *_ in sorted(places):
        if groups and left < groups[-1][1]:
            first, last, count = groups.pop()
            groups.append((first, max(last, right), count + 1))
        else:
            groups.append((left, right, 1))
    for (left, right, count), limit in zip(groups, _limits([g[0] for g in groups], width), strict=True):
        text = f"+{count}"
        yield Piece(left, text if len(text) <= max(right, limit) - left else "+", "", "", False)


def _limits(lefts: list[int], width: int) -> Iterator[int]:
    """For each place of a row, where what stands there must end to leave a gap before the next."""
    yield from (following - 1 for _, following in pairwise(lefts))
    yield width


def _beginning(text: str, cells: int) -> str:
    """As much of a text as fits."""
    text = text[:cells]
    while cell_len(text) > cells:
        text = text[:-1]
    return text
