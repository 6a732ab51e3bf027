"""The interlinear gloss: under a line that has entities, small rows with a rule and the label under each. Pure.

Invariant: a row holds items side by side with a gap between, never over each other; an item that lies in another stands
above it, nearer to the text; own entities have a heavy rule, suggestions a dashed one and a question mark that is never
cut away, so colour is not needed. The rule is under the pieces of a discontinuous one, and dots join those of one line.
A line has at most `MOST` rows; what they have no room for is counted in the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
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

CUT = "…"
"""What stands for the end of a label that has no room, and before the label where an entity goes on in another line."""

SIGNS = {REJECTED: "×", ASIDE: "·"}
"""What stands before the label of a hidden suggestion: rejected, or set aside."""

MOST = 6
"""Gloss rows under one line; hundreds of items on one word leave room for the text."""

READABLE = 3
"""Cells of a label that an item has at least, sign apart, or else stands in another row."""

NEAR = 2
"""Cells by which a label moves to the left of its item at most, so that another has room beside it."""

_Place = tuple[int, int, Item, tuple[Span, ...], int]
"""The cells `[left, right)` that an item takes on the line, the item, the cells of its gaps, the cells it must have."""

_Group = tuple[int, int, int]
"""The cells `[left, right)` of items that lie over each other, and how many these are."""


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
    return "".join(_name(item.label, item.kind))


@lru_cache(maxsize=1024)
def _name(label: str, kind: int) -> tuple[str, str, str]:
    """The sign before a label, the label, the sign after it."""
    return SIGNS.get(kind, ""), safe(label), "" if kind == OWN or kind in SIGNS else "?"


@lru_cache(maxsize=4096)
def _fitted(label: str, kind: int, goes_on: bool, cells: int) -> str:
    """A label with its sign in so many cells at most: the sign whole, of the label what there is room for."""
    before, name, after = _name(label, kind)
    name = CUT + name if goes_on else name
    room = cells - len(before + after)
    if cell_len(name) > room:
        name = _beginning(name, room - 1) + CUT if room > READABLE and not goes_on else _beginning(name, room)
    return before + ("" if name == CUT else name) + after


def rows(
    layout: Layout, line: int, items: Iterable[Item], spans: Callable[[Item], tuple[Span, ...]]
) -> list[list[Piece]]:
    """The gloss rows of a line, the innermost items first; none for a line without items. `spans` tells the pieces of
    an item."""
    start, width = layout.line(line)[0], layout.width
    here = sorted(items, key=lambda item: (item.end - item.start, item.kind, item))
    placed, rest = _placed(
        (place for item in here for place in _place(layout, line, item, spans(item))), width
    )
    found = [list(_pieces(row, start, width)) for row in placed]
    return [*found, list(_counts(rest, width))] if rest else found


def _place(layout: Layout, line: int, item: Item, spans: tuple[Span, ...]) -> Iterator[_Place]:
    """Where an item stands on a line, if a piece of it does."""
    start, end = layout.line(line)[0], layout.visible_end(line)
    cells = [layout.columns(line, *span) for span in spans if span[0] < end and span[1] > start]
    if cells:
        gaps = tuple((left, right) for (_, left), (right, _) in pairwise(cells))
        needs = 1 if item.start < start else _needs(item.label, item.kind)
        yield cells[0][0], cells[-1][1], item, gaps, min(needs, layout.width)


@lru_cache(maxsize=1024)
def _needs(label: str, kind: int) -> int:
    """The cells in which a label is readable."""
    before, name, after = _name(label, kind)
    return len(before + after) + min(cell_len(name), READABLE)


def _placed(places: Iterable[_Place], width: int) -> tuple[list[list[_Place]], list[_Place]]:
    """The items row by row, each below all that it meets, in the first row that has room for a readable label, else
    for a sign; and those for which there is none."""
    placed: list[list[_Place]] = []
    rest: list[_Place] = []
    used = [0] * (width + 1)  # how many rows are above what comes next, cell by cell
    for place in places:
        left, right = place[:2]
        above = max(used[left:right])
        row = _row_for(place, placed, above, width)
        if row == MOST:
            row = _row_for(place, placed, above, width, bare=True)
        if row == MOST:
            rest.append(place)
        used[left:right] = [min(row + 1, MOST)] * (right - left)
    return (placed[:-1], placed[-1] + rest) if rest else (placed, rest)


def _row_for(place: _Place, placed: list[list[_Place]], above: int, width: int, bare: bool = False) -> int:
    """Puts an item in the first row below so many in which all have room, for a cell each if `bare`; tells which,
    `MOST` for none."""
    for number, row in enumerate(placed[above:], above):
        joined = sorted((*each[:4], 1 if bare else each[4]) for each in (*row, place))
        if _starts(joined, width):
            placed[number] = joined
            return number
    if len(placed) < MOST:
        placed.append([place])
        return len(placed) - 1
    return MOST


def _starts(row: list[_Place], width: int) -> list[int]:
    """Where each of a row's items begins at the latest, so that all have the cells they must have and a gap before the
    next one; none if there is no such place. Where the room on the right does not do, it is a bit before the item."""
    starts: list[int] = []
    limit, following = width, width + 1
    for left, right, _, _, needs in reversed(row):
        start = min(left, limit - needs)
        far = start < 0 or (start < left - NEAR and limit < width)
        if far or limit <= left or limit < min(right, following - 1):
            return []
        starts.append(start)
        limit, following = start - 1, left
    return starts[::-1]


def _pieces(row: list[_Place], line_start: int, width: int) -> Iterator[Piece]:
    """A row's items from left to right; a label longer than its item uses the free cells after it, then those before.
    Of two items without a gap between, the rule of the first ends a cell early."""
    starts = _starts(row, width)
    free = 0
    for (_, right, item, gaps, _), start, limit in zip(row, starts, _limits(starts, width), strict=True):
        own, goes_on = item.kind == OWN, item.start < line_start
        wish = _fitted(item.label, item.kind, goes_on, width)
        start = min(start, max(free, limit - cell_len(wish)))
        name = _fitted(item.label, item.kind, goes_on, limit - start)
        end = max(start + cell_len(name), min(right, limit))
        rule = OWN_RULE if own else HIDDEN_RULE if item.kind in SIGNS else PENDING_RULE
        cells = range(start + cell_len(name), end)
        under = [JOIN if any(a <= x < b for a, b in gaps) else rule for x in cells]
        yield Piece(start, name + "".join(under), item.key, item.label, own)
        free = end + 1


def _counts(places: list[_Place], width: int) -> Iterator[Piece]:
    """How many items lie over each other at each place, from left to right; places whose numbers have no room side by
    side are one."""
    groups: list[_Group] = []
    for left, right, *_ in sorted(places):
        group = left, right, 1
        while groups and _meet(groups[-1], group, width):
            first, last, count = groups.pop()
            group = first, max(last, group[1]), count + group[2]
        groups.append(group)
    for group in groups:
        yield Piece(*_number(group, width), "", "", False)


def _meet(group: _Group, following: _Group, width: int) -> bool:
    """Whether two places of a row overlap, or their numbers with a gap between."""
    column, text = _number(group, width)
    return _number(following, width)[0] < max(group[1], column + len(text) + 1)


def _number(group: _Group, width: int) -> tuple[int, str]:
    """The count of a place and where it stands; without a number where the column is too narrow for it."""
    left, _, count = group
    text = f"+{count}"
    text = text if len(text) <= width else "+"
    return min(left, width - len(text)), text


def _limits(lefts: list[int], width: int) -> Iterator[int]:
    """For each place of a row, where what stands there must end to leave a gap before the next."""
    yield from (following - 1 for _, following in pairwise(lefts))
    yield width


def _beginning(text: str, cells: int) -> str:
    """As much of a text as fits."""
    text = text[: max(0, cells)]
    while cell_len(text) > cells:
        text = text[:-1]
    return text
