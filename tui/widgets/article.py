"""The article on screen: the lines that a desk has in view, drawn from the layout.

Invariant: this draws and decides nothing; a strip in the cache is dropped when anything that its looks depend on
changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from annotations.model import Entity, Span, Suggestion
from annotations.navigator import ends_of
from annotations.state import overlaps
from tui.desk import Desk, Tag
from tui.looks import Looks

GUTTER = 2
"""Cells left of the text, for the mark on lines that hold what is focused."""

Marks = tuple[tuple[Span, str], ...]
"""Spans with special looks: `cursor`, `focus`, `select`, `partner`, `hit`."""

_LATER_WINS = ("hit", "partner", "focus", "select", "cursor")


class ArticleView(Widget):
    """Draws a desk's article. `sync` after each command; `resize` tells the desk its size."""

    DEFAULT_CSS = "ArticleView { height: 1fr; width: 1fr; }"
    ALLOW_SELECT = False

    class Resized(Message):
        """The view has another size: the desk is to be told, and what stands beside the view has another size too."""

    def __init__(self, column: int) -> None:
        super().__init__(id="article")
        self.column = column
        self.desk: Desk | None = None
        self.looks: Looks | None = None
        self._marks: Marks = ()
        self._top = -1
        self._strips: dict[int, Strip] = {}

    def on_resize(self) -> None:
        """Says so once the size is known, which is later than the screen's own resize event."""
        self.post_message(self.Resized())

    def measure(self) -> tuple[int, int]:
        """Width and height of the reading column, in cells."""
        return max(1, min(self.column, self.size.width - GUTTER - 1)), max(1, self.size.height)

    def sync(self, desk: Desk, looks: Looks) -> None:
        """Draws what changed since the last time."""
        marks = tuple(_marks(desk))
        anew = self.desk is not desk or self.looks is not looks
        self.desk, self.looks = desk, looks
        spans, everything = desk.shown.take()
        if anew or everything or self._top != desk.top:
            self._strips.clear()
            self._marks, self._top = marks, desk.top
            self.refresh()
            return
        changed = set(marks) ^ set(self._marks)
        self._marks = marks
        self._refresh_spans([*spans, *(span for span, _ in changed)])

    def _refresh_spans(self, spans: list[Span]) -> None:
        if self.desk is None:
            return
        layout, top, height = self.desk.layout, self.desk.top, self.size.height
        lines: set[int] = set()
        for start, end in spans:
            first = max(top, layout.line_of(start))
            last = min(top + height - 1, layout.line_of(max(start, end - 1)))
            lines.update(range(first, last + 1))
        for line in lines:
            self._strips.pop(line, None)
            self.refresh(Region(0, line - top, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        desk, looks = self.desk, self.looks
        if desk is None or looks is None:
            return Strip.blank(self.size.width, Style())
        line = desk.top + y
        if line >= desk.layout.line_count or not desk.layout.text:
            return Strip.blank(self.size.width, looks.base)
        if (strip := self._strips.get(line)) is None:
            strip = Strip(list(_segments(desk, looks, line, self._marks)))
            self._strips[line] = strip
        return strip.adjust_cell_length(self.size.width, looks.base)


def _marks(desk: Desk) -> Iterator[tuple[Span, str]]:
    """What looks special now, apart from entities and suggestions."""
    state = desk.state
    start, end = desk.visible
    for hit in desk.hits:
        if hit[0] < end and hit[1] > start:
            yield hit, "hit"
    if (item := desk.item) is not None:
        for span in item.spans:
            yield span, "focus"
    for partner in _partners(desk):
        for span in partner.spans:
            yield span, "partner"
    if (selection := desk.selection) is not None:
        yield selection, "select"
    if len(state.tokens):
        yield state.tokens.span(desk.cursor), "cursor"


def _partners(desk: Desk) -> Iterator[Entity | Suggestion]:
    """The pinned head, or the two ends of a focused relation, or what the focused entity is related to."""
    state = desk.state
    if desk.link is not None and (head := state.shown(desk.link.head)) is not None:
        yield head
    if desk.focus is None:
        return
    if (ends := ends_of(state, desk.focus)) is not None:
        yield from ends
    for relation in state.relations_of(desk.focus):
        other = relation.tail if relation.head == desk.focus else relation.head
        yield state.entities[other]


def _segments(desk: Desk, looks: Looks, line: int, marks: Marks) -> Iterator[Segment]:
    layout, state = desk.layout, desk.state
    start, _ = layout.line(line)
    end = layout.visible_end(line)
    here = [(span, kind) for span, kind in marks if span[0] < max(end, start + 1) and span[1] > start]
    yield Segment("▸ " if any(kind == "focus" for _, kind in here) else "  ", looks.key_on_paper)
    items = [(item, state.shown(item.key)) for item in state.items_over(start, end)]
    shown = [thing for _, thing in items if thing is not None]
    tags = desk.tags(start, end)
    cuts = _cuts(desk, start, end, shown, here, tags)
    hints = {state.item(key): code for code, key in desk.hints.items()}
    codes = {item.start: code for item, code in hints.items() if item is not None}
    for a, b in itertools.pairwise(cuts):
        style = _style(looks, a, b, shown, here)
        text = layout.shown(a, b)
        if a in codes:
            code = codes[a][len(desk.typed) :] if codes[a].startswith(desk.typed) else ""
            yield Segment(code[: len(text)], looks.hint)
            text = text[len(code) :]
        yield Segment(text, style)
        yield from (Segment(tag.text, _tag_style(looks, tag, desk.focus)) for tag in tags if tag.end == b)


def _cuts(
    desk: Desk,
    start: int,
    end: int,
    shown: list[Entity | Suggestion],
    marks: list[tuple[Span, str]],
    tags: list[Tag],
) -> list[int]:
    """Where the looks of a line change, in code points, at grapheme edges."""
    edges = {edge for thing in shown for span in thing.spans for edge in span}
    edges |= {edge for span, _ in marks for edge in span} | {tag.end for tag in tags}
    snapped = {desk.layout.grapheme_ceil(edge) for edge in edges if start < edge < end}
    return sorted({start, end} | {edge for edge in snapped if start < edge < end})


def _style(
    looks: Looks, a: int, b: int, shown: list[Entity | Suggestion], marks: list[tuple[Span, str]]
) -> Style:
    piece = ((a, b),)
    style = looks.base
    covering = [thing for thing in shown if overlaps(thing.spans, piece)]
    if covering:
        inner = min(covering, key=lambda thing: thing.end - thing.start)
        style = looks.pending(inner.label) if isinstance(inner, Suggestion) else looks.own(inner.label)
    kinds = {kind for span, kind in marks if overlaps((span,), piece)}
    if {"cursor", "focus"} <= kinds:
        return looks.focus_cursor
    for kind in _LATER_WINS:
        if kind in kinds:
            style = looks.mark(kind, style)
    return style


def _tag_style(looks: Looks, tag: Tag, focus: str | None) -> Style:
    if tag.key == focus:
        return looks.focus_tag
    return looks.own_tag(tag.label) if tag.own else looks.pending_tag(tag.label)
