"""An article's rows as pieces of styled text: margin, text with entities and marks, labels, gloss. Pure: no widget.

Invariant: what a row looks like depends on the desk, the looks and the marks given, and on nothing else; the margin has
`GUTTER` cells, and the text beside it is as wide as the layout says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

import regex
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from annotations import navigator
from annotations.hidden import REJECTED
from annotations.model import Entity, Span, Suggestion
from annotations.state import LINK, OWN, overlaps
from tui.desk import Desk
from tui.gloss import SIGNS
from tui.layout import Layout
from tui.looks import Looks
from tui.view import Tag

GUTTER = 3
"""Cells left of the text: for a relation's arc or a partner's number, and the mark of what is focused."""

HEAD, TAIL, SAME = "•", "▸", "="
"""What stands beside the ends of a relation, and beside other mentions of the same entity."""

NUMBERS = "123456789abcdefghijklmnopqrstuvwxyz"
"""What stands beside what the focused entity is related to, in the order of the side pane."""

OUTER = "›"
"""What stands between two labels behind one place where the second is that of a longer entity."""

Shown = Entity | Suggestion
Mark = tuple[Span, str]
"""A span with special looks: `cursor`, `focus`, `select`, `partner`, `same` or `hit`; `wide_cursor` for a cursor's
token that holds edges of entities. A mark that begins with `SIGN` is a cell with a sign drawn over it, with `TAGGED`
what has the sign before its label."""

SIGN, TAGGED = ":", ";"

_graphemes = regex.compile(r"\X").findall

_LATER_WINS = ("hit", "same", "partner", "focus", "select", "wide_cursor", "cursor")
_CURSORS = {"wide_cursor", "cursor"}


def marks(desk: Desk) -> Iterator[Mark]:
    """What looks special now, apart from entities and suggestions."""
    state = desk.state
    start, end = desk.view.visible
    for hit in desk.hits_between(start, end):
        yield hit, "hit"
    if (item := desk.item) is not None:
        for span in item.spans:
            yield span, "focus"
    for partner in _highlighted(desk):
        for span in partner.spans:
            yield span, "partner"
    for mention in _mentions(desk):
        for span in mention.spans:
            yield span, "same"
    yield from _signed(desk, start, end)
    for piece in desk.selected:
        yield piece, "select"
    if len(state.tokens):
        here = state.tokens.span(desk.cursor)
        yield here, "wide_cursor" if _holds_edges(desk, here) else "cursor"


def number(place: int) -> str:
    """The sign of a partner, by its place from 1; a plus sign when there are no more."""
    return NUMBERS[place - 1] if place <= len(NUMBERS) else "+"


def signs(desk: Desk) -> dict[str, str]:
    """What stands beside entities and suggestions, one cell each: head and tail of the focused relation, the pinned
    head, the numbers of what the focused entity is related to, other mentions of it."""
    if desk.focus is not None and (ends := desk.ends(desk.focus)) is not None:
        return {navigator.key_of(ends[1]): TAIL, navigator.key_of(ends[0]): HEAD}
    found = {mention.id: SAME for mention in _mentions(desk) if isinstance(mention, Entity)}
    for place, partner in enumerate(navigator.partners(desk.state, desk.focus), 1):
        found.setdefault(navigator.key_of(partner), number(place))
    if desk.link is not None and not desk.link.same and desk.link.head != desk.focus:
        found[desk.link.head] = HEAD
    return found


def _signed(desk: Desk, start: int, end: int) -> Iterator[Mark]:
    """Where the signs of what is in `[start, end)` are drawn: in the cell before a label, else in one of the text."""
    view, taken = desk.view, set[Span]()
    for key, sign in signs(desk).items():
        thing = desk.thing(key)
        if thing is None or thing.end <= start or thing.start >= end:
            continue
        if view.labels and not view.gloss:
            yield thing.spans[-1], TAGGED + sign
        elif (cell := _beside(view.layout, thing, taken)) is not None:
            taken.add(cell)
            yield cell, SIGN + sign


def _beside(layout: Layout, thing: Shown, taken: Collection[Span]) -> Span | None:
    """The cell over which the sign of something is drawn where it has no label: a space after or before it, else what
    else stands there and is no part of a word; None where there is no such cell in its line."""
    after, before = layout.grapheme_ceil(thing.end), layout.grapheme_floor(max(0, thing.start - 1))
    cells: list[Span] = []
    if after < layout.visible_end(layout.line_of(after - 1)):
        cells.append((after, layout.grapheme_ceil(after + 1)))
    if layout.line(layout.line_of(thing.start))[0] <= before < thing.start:
        cells.append((before, thing.start))
    for fits in (str.isspace, lambda text: not text.isalnum()):
        for cell in cells:
            text = layout.drawn(*cell)
            if cell not in taken and len(text) == 1 and cell_len(text) == 1 and fits(text):
                return cell
    return None


def _holds_edges(desk: Desk, span: Span) -> bool:
    """Whether entities or suggestions begin or end inside a token."""
    start, end = span
    if end - start < 2:
        return False
    spans = (
        s
        for item in desk.view.items_over(start, end)
        if (t := desk.thing(item.key)) is not None
        for s in t.spans
    )
    return any(start < edge < end for span in spans for edge in span)


def _highlighted(desk: Desk) -> Iterator[Shown]:
    """The pinned head, the two ends of a focused relation, what the focused entity is related to."""
    if desk.link is not None and not desk.link.same and (head := desk.thing(desk.link.head)) is not None:
        yield head
    if desk.focus is not None and (ends := desk.ends(desk.focus)) is not None:
        yield from ends
    yield from navigator.partners(desk.state, desk.focus)


def _mentions(desk: Desk) -> Iterator[Shown]:
    """The other mentions of the focused entity; in SAME all those of the pinned one."""
    if desk.link is None or not desk.link.same:
        yield from desk.state.others(desk.focus)
        return
    if (pinned := desk.thing(desk.link.head)) is not None:
        yield pinned
    yield from desk.state.others(desk.link.head)


# -- the margin ---------------------------------------------------------------------------------------


def margins(desk: Desk) -> dict[int, str]:
    """What stands in the margin of the lines on screen: line -> `GUTTER` cells; the other lines' are blank.

    A focused relation has an arc from its head (•) to its tail (▸); a focused entity has its mark, and the entities
    that it is related to have their numbers, as in the side pane; other mentions of the same entity have an equals
    sign."""
    line_of = desk.view.layout.line_of
    found: dict[int, str] = {}
    for place, partner in enumerate(navigator.partners(desk.state, desk.focus), 1):
        line = line_of(partner.start)
        found[line] = "+  " if line in found else f"{number(place)}  "
    for line in {line_of(mention.start) for mention in _mentions(desk)}:
        found[line] = "+  " if line in found else "=  "
    if desk.focus is not None and (ends := desk.ends(desk.focus)) is not None:
        return _arc(desk, line_of(ends[0].start), line_of(ends[1].start))
    if (item := desk.item) is not None:
        first = max(desk.view.top, line_of(item.start))
        for line in range(first, min(desk.view.last, line_of(max(item.start, item.end - 1))) + 1):
            found[line] = f"{found.get(line, ' ')[0]}▸ "
    return found


def _arc(desk: Desk, head: int, tail: int) -> dict[int, str]:
    if head == tail:
        return {head: "•▸ "}
    first, last = min(head, tail), max(head, tail)
    top, bottom = desk.view.top, desk.view.last
    found = dict.fromkeys(range(max(first, top), min(last, bottom) + 1), "│  ")
    ends = {first: "╭", last: "╰"}
    return found | {line: f"{ends[line]}{'•' if line == head else '▸'} " for line in ends}


# -- a line of text -----------------------------------------------------------------------------------


def text_row(desk: Desk, looks: Looks, line: int, around: Sequence[Mark], margin: str) -> Iterator[Segment]:
    """The text of a line with its margin."""
    view, layout, state = desk.view, desk.view.layout, desk.state
    (start, stop), end = layout.line(line), layout.visible_end(line)
    here = [(span, kind) for span, kind in around if span[0] < max(end, start + 1) and span[1] > start]
    items = view.items_over(start, stop)
    shown = [thing for i in items if i.kind < LINK and (thing := state.shown(i.key)) is not None]
    hidden = [(state.suggestions[i.key], i.kind) for i in items if i.kind > LINK]
    tags, room = view.tags(start, stop, items), dict(layout.tags_on(line))
    before = _before_tags(desk, looks, tags, here)
    codes = {layout.grapheme_floor(at): code for at, code in desk.jump_codes().items()}
    beside = {span[0]: kind[1:] for span, kind in here if kind[0] == SIGN}
    yield Segment(margin, looks.key_on_paper)
    for a, b in pairwise(_cuts(layout, start, end, [*shown, *(each for each, _ in hidden)], here, tags)):
        style, text = _style(looks, a, b, shown, hidden, here), layout.drawn(a, b)
        if a in beside:
            style, text = looks.sign, beside[a]
        elif a in codes:
            code, text = _over(codes[a], text)
            yield Segment(code, looks.hint)
        yield Segment(text, style)
        if b in room:
            yield from _labels(looks, [tag for tag in tags if tag.end == b], room[b], desk.focus, before)


Sign = tuple[str, Style | None]
"""A sign in the cell before a label, and its style where it is not the label's."""


def _before_tags(desk: Desk, looks: Looks, tags: Sequence[Tag], here: Sequence[Mark]) -> dict[str, Sign]:
    """What stands in the cell before a label, by the key of its entity: the sign of that, else whether it is a
    longer one than that of the label before; of the others nothing."""
    found: dict[str, Sign] = {}
    for tag, following in pairwise(tags):
        if tag.end == following.end and _start(desk, following) < _start(desk, tag):
            found[following.key] = OUTER, None
    if any(kind[0] == TAGGED for _, kind in here):
        found |= {key: (sign, looks.sign) for key, sign in signs(desk).items()}
    return found


def _start(desk: Desk, tag: Tag) -> int:
    thing = desk.thing(tag.key)
    return thing.start if thing is not None else tag.end


def _over(code: str, text: str) -> tuple[str, str]:
    """A jump code drawn over the first graphemes of a text, as far as it is long enough: the code, and the rest."""
    taken = ""
    for grapheme in _graphemes(text):
        if cell_len(taken) >= len(code):
            break
        taken += grapheme
    return code.ljust(cell_len(taken))[: cell_len(taken)], text[len(taken) :]


def _labels(
    looks: Looks, tags: Sequence[Tag], room: int, focus: str | None, before: Mapping[str, Sign]
) -> Iterator[Segment]:
    """The labels behind one place, in the cells that the layout has for them."""
    for tag in tags:
        text, style = set_cell_size(tag.text, min(room, cell_len(tag.text))), _tag_style(looks, tag, focus)
        room -= cell_len(text)
        if text and tag.key in before:
            sign, sign_style = before[tag.key]
            yield Segment(sign, sign_style or style)
            text = text[1:]
        elif looks.tag_begin != " ":
            text = looks.tag_begin[: len(text)] + text[1:]
        yield Segment(text, style)


def _cuts(
    layout: Layout, start: int, end: int, shown: Sequence[Shown], here: Sequence[Mark], tags: Sequence[Tag]
) -> list[int]:
    """Where the looks of a line change, in code points: a grapheme looks as what lies over any part of it."""
    edges = {edge for thing in shown for span in thing.spans for edge in span}
    edges.update(tag.end for tag in tags)
    for span, _ in here:
        edges.update(span)
    return sorted({start, end} | layout.edges(edge for edge in edges if start < edge < end))


def _lies_over(thing: Shown, a: int, b: int) -> bool:
    """Whether something shares a code point with [a, b)."""
    return thing.start < b and a < thing.end and (not thing.fragments or overlaps(thing.fragments, ((a, b),)))


def _style(
    looks: Looks,
    a: int,
    b: int,
    shown: Sequence[Shown],
    hidden: Sequence[tuple[Suggestion, int]],
    here: Sequence[Mark],
) -> Style:
    """The style of a piece; a hidden suggestion shows where nothing else lies."""
    style, covering = looks.base, [thing for thing in shown if _lies_over(thing, a, b)]
    if covering:
        inner = min(covering, key=lambda thing: thing.end - thing.start)
        style = looks.pending(inner.label) if isinstance(inner, Suggestion) else looks.own(inner.label)
        style = looks.stacked(style) if len(covering) > 1 else style
    elif kinds_there := [kind for each, kind in hidden if _lies_over(each, a, b)]:
        style = looks.struck if REJECTED in kinds_there else looks.aside
    kinds = {kind for span, kind in here if span[0] < b and a < span[1]}
    if "focus" in kinds and not kinds.isdisjoint(_CURSORS):
        return looks.focus_cursor
    if "wide_cursor" in kinds and covering:
        return looks.under(style)
    for kind in _LATER_WINS if kinds else ():
        if kind in kinds:
            style = looks.mark(kind, style)
    return style


def _tag_style(looks: Looks, tag: Tag, focus: str | None) -> Style:
    if tag.key == focus:
        return looks.focus_tag
    if tag.kind in SIGNS:
        return looks.faint
    return looks.own_tag(tag.label) if tag.kind == OWN else looks.pending_tag(tag.label)


# -- a row of the gloss -------------------------------------------------------------------------------


def gloss_row(desk: Desk, looks: Looks, line: int, row: int, margin: str) -> Iterator[Segment]:
    """A row under a line; `row` counts from 1. An arc that goes on below the line goes on here."""
    yield Segment("│  " if margin[0] in "╭│" else " " * GUTTER, looks.key_on_paper)
    column = 0
    for piece in desk.view.gloss_rows(line)[row - 1]:
        yield Segment(" " * (piece.column - column), looks.base)
        style = looks.pending_tag(piece.label)
        yield Segment(piece.text, looks.focus_tag if piece.key == desk.focus else style)
        column = piece.column + cell_len(piece.text)
