"""The interlinear gloss: under a line that has entities, small rows with a rule and the label under each. Pure.

Invariant: a row holds items side by side, never over each other; an item that lies in another stands above it, nearer
to the text; own entities have a heavy rule, suggestions a dashed one and a question mark, so colour is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.state import OWN, Item
from tui.layout import Layout
from tui.safe import safe

OWN_RULE, PENDING_RULE = "━", "┄"


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands under one item on one line: from cell `column` of the reading column, `text` as drawn."""

    column: int
    text: str
    key: str
    label: str
    own: bool


def rows(layout: Layout, line: int, items: Sequence[Item]) -> list[list[Piece]]:
    """The gloss rows of a line, the innermost items first; none for a line without items."""
    start, end = layout.line(line)[0], layout.visible_end(line)
    placed: list[list[tuple[int, int, Item]]] = []
    here = [item for item in items if item.start < end and item.end > start]
    for item in sorted(here, key=lambda item: (item.end - item.start, item.kind, item)):
        left, right = layout.columns(line, item.start, item.end)
        row = next((r for r in placed if all(right <= a or b <= left for a, b, _ in r)), None)
        if row is None or _under(placed, row, left, right):
            row = []
            placed.append(row)
        row.append((left, right, item))
    return [_pieces(layout, row, start) for row in placed]


def _under(
    placed: list[list[tuple[int, int, Item]]], row: list[tuple[int, int, Item]], left: int, right: int
) -> bool:
    """Whether a later row has something that this one must stand below."""
    later = placed[placed.index(row) + 1 :]
    return any(left < b and a < right for r in later for a, b, _ in r)


def _pieces(layout: Layout, row: list[tuple[int, int, Item]], line_start: int) -> list[Piece]:
    """A row's items from left to right; a label longer than its item may use the free cells after it."""
    row.sort(key=lambda place: place[0])
    found = []
    for index, (left, right, item) in enumerate(row):
        limit = row[index + 1][0] - 1 if index + 1 < len(row) else layout.width
        own, begins = item.kind == OWN, item.start >= line_start
        rule = OWN_RULE if own else PENDING_RULE
        name = safe(item.label) + ("" if own else "?") if begins else ""
        text = (name + rule * (right - left))[: max(right - left, min(len(name), limit - left))]
        found.append(Piece(left, text, item.key, item.label, own))
    return found
