"""SELECT: marking a span by its first and last token, and moving the edges of what is there."""

from __future__ import annotations

from annotations import edits, navigator
from annotations.errors import Refused
from tui.desk import Desk
from tui.verbs import moving


def start(desk: Desk) -> None:
    """Starts a selection at the cursor, also inside an entity."""
    if not len(desk.state.tokens):
        raise Refused("there is no text to select")
    desk.mode, desk.anchor, desk.growth = "select", desk.cursor, []


def extend(desk: Desk, axis: str, step: int) -> None:
    """Starts a selection if there is none, and moves its end by a token or a line."""
    if desk.mode != "select":
        start(desk)
    (moving.token if axis == "token" else moving.line)(desk, step)


def grow(desk: Desk) -> None:
    """Selects the name run, the noun chunk, the sentence around the cursor, in turn."""
    if not len(desk.state.tokens):
        raise Refused("there is no text to select")
    if not desk.growth:
        desk.growth = navigator.growing_spans(desk.state, desk.cursor)
        if not desk.growth:
            raise Refused("no name, phrase or sentence here")
    else:
        desk.growth = [*desk.growth[1:], desk.growth[0]]
    first, last = desk.state.tokens.covering(*desk.growth[0])
    desk.mode, desk.anchor = "select", first
    desk.go(last)


def switch_end(desk: Desk) -> None:
    """Makes the other end of the selection the one that moves."""
    if desk.anchor is not None:
        desk.anchor, cursor = desk.cursor, desk.anchor
        desk.go(cursor)


def reopen(desk: Desk) -> None:
    """Reopens the edges of the focused entity or suggestion as a selection."""
    item = desk.item
    if item is None or desk.focus is None:
        raise Refused("no entity here to reopen")
    first, last = desk.state.tokens.covering(item.start, item.end)
    desk.reshaping, desk.mode, desk.growth = desk.focus, "select", []
    desk.anchor = first
    desk.go(last)


def commit(desk: Desk) -> None:
    """Enter in SELECT: the reopened entity gets these edges; a new selection asks for its label."""
    if desk.reshaping is None:
        pick_label(desk)
        return
    span, key = desk.selection, desk.reshaping
    end(desk)
    if span is not None:
        finish(desk, desk.do(edits.reshape, key, *span).focus)


def label(desk: Desk, name: str) -> None:
    """Labels the selection; of a reopened entity, its new edges and label in one edit."""
    span, key = desk.selection, desk.reshaping
    if span is None:
        return
    if key is not None:
        edit = desk.do(edits.reshape, key, *span, name)
    else:
        same = desk.state.pending_at(*span)
        edit = desk.do(edits.relabel, same, name) if same else desk.do(edits.add, *span, name)
    end(desk)
    finish(desk, edit.focus)


def finish(desk: Desk, key: str | None) -> None:
    """Focuses what an edit made, the cursor at its beginning."""
    if key is not None:
        desk.focus_on(key)


def end(desk: Desk) -> None:
    """Leaves SELECT; the cursor stays, a pinned head stays pinned."""
    desk.mode, desk.anchor, desk.reshaping, desk.growth = "read", None, None, []
    desk.go(desk.cursor)


def pick_label(desk: Desk) -> None:
    """Offers all labels by name."""
    from tui.verbs import editing

    editing.pick_label(desk)
