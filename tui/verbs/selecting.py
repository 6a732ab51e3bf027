"""SELECT: marking a span by its first and last token, or several pieces, and moving the edges of what is there."""

from __future__ import annotations

from annotations import details, navigator
from annotations.errors import Refused
from annotations.hidden import hidden
from annotations.model import Span
from tui.desk import Desk
from tui.verbs import moving


def start(desk: Desk) -> None:
    """Starts a selection at the cursor, also inside an entity; after a piece, the next piece."""
    if not len(desk.state.tokens):
        raise Refused("there is no text to select")
    desk.mode, desk.anchor, desk.growth, desk.exact = "select", desk.cursor, [], None


def extend(desk: Desk, axis: str, step: int) -> None:
    """Starts a selection if there is none, and moves its end by a token or a line."""
    if desk.mode != "select" or desk.anchor is None:
        start(desk)
    (moving.token if axis == "token" else moving.line)(desk, step)


def grow(desk: Desk) -> None:
    """Selects the name run, the noun chunk, the sentence around the cursor, in turn."""
    if not len(desk.state.tokens):
        raise Refused("there is no text to select")
    growth = [*desk.growth[1:], *desk.growth[:1]] or navigator.growing_spans(desk.state, desk.cursor)
    if not growth:
        raise Refused("no name, phrase or sentence here")
    _select(desk, growth)


def next_name(desk: Desk, step: int) -> None:
    """Selects the next or previous name that nothing covers; one where a suggestion was rejected or set aside counts as
    looked at."""
    settled = hidden(desk.state).entities.overlapping
    found = navigator.next_name(desk.state, desk.cursor, step, lambda span: not settled(*span))
    if found is None:
        raise Refused("every name in this article is covered")
    ahead = (found[0] - desk.offset) * step > 0
    desk.mode = "read"
    desk.drop_selection()
    others = navigator.growing_spans(desk.state, desk.state.tokens.at(found[0]))
    _select(desk, [found, *(span for span in others if span != found)])
    if not ahead:
        desk.say("round the end")


def _select(desk: Desk, growth: list[Span]) -> None:
    """Selects the first of the spans that `V` goes through."""
    first, last = desk.state.tokens.covering(*growth[0])
    desk.growth = growth
    desk.mode, desk.anchor, desk.exact = "select", first, None
    desk.go(last)


def add_piece(desk: Desk) -> None:
    """Keeps the selection as a piece of a discontinuous entity; the cursor is free to go to the next piece."""
    desk.pieces = details.merged(desk.state.article.text, desk.selected)
    desk.anchor, desk.exact, desk.growth = None, None, []


def switch_end(desk: Desk) -> None:
    """Makes the other end of the selection the one that moves."""
    if desk.anchor is not None:
        desk.anchor, cursor = desk.cursor, desk.anchor
        desk.go(cursor)


def reopen(desk: Desk) -> None:
    """Reopens the edges of the focused entity or suggestion as a selection; of several pieces, those of the last."""
    item = desk.item
    if item is None or desk.focus is None:
        raise Refused("no entity here to reopen")
    *others, piece = item.spans
    first, last = desk.state.tokens.covering(*piece)
    desk.reshaping, desk.mode, desk.growth = desk.focus, "select", []
    desk.anchor, desk.exact, desk.pieces = first, piece, tuple(others)
    desk.go(last)


def commit(desk: Desk) -> None:
    """Enter in SELECT: the reopened entity gets these edges; a new selection asks for its label."""
    if desk.reshaping is None:
        pick_label(desk)
        return
    pieces, key = desk.selected, desk.reshaping
    end(desk)
    finish(desk, desk.do(details.reshape, key, pieces).focus)


def label(desk: Desk, name: str) -> None:
    """Labels the selection; of a reopened entity, its new edges and label in one edit."""
    if desk.reshaping is not None:
        edit = desk.do(details.reshape, desk.reshaping, desk.selected, name)
    else:
        edit = desk.do(details.add, desk.selected, name)
    end(desk)
    finish(desk, edit.focus)


def finish(desk: Desk, key: str | None) -> None:
    """Focuses what an edit made; the cursor stays where it is if that is inside, else it goes to the beginning."""
    if key is None:
        return
    shown = desk.state.shown(key)
    if shown is not None and desk.lies_over(shown):
        desk.set_focus(key)
        desk.reveal()
    else:
        desk.focus_on(key)


def end(desk: Desk) -> None:
    """Leaves SELECT; the cursor stays, a pinned head stays pinned."""
    desk.mode = "read"
    desk.drop_selection()
    desk.go(desk.cursor)


def pick_label(desk: Desk) -> None:
    """Offers all labels by name."""
    from tui.verbs import editing

    editing.pick_label(desk)
