"""The mouse, for those who have it at hand: never needed, and never a way to change anything by accident."""

from __future__ import annotations

from tui.desk import Desk
from tui.verbs import looking, moving, selecting


def point(desk: Desk, offset: int, drags: bool) -> None:
    """Goes to the token at a code point; `drags` selects up to it from where the cursor is."""
    if _busy(desk) or not len(desk.state.tokens):
        return
    token = desk.state.tokens.at(offset)
    desk.say("")
    if drags and desk.mode != "select" and token != desk.cursor:
        selecting.start(desk)
    elif not drags and desk.mode == "select":
        selecting.end(desk)
    desk.go(token)


def turn(desk: Desk, step: int) -> None:
    """Moves by lines, as the wheel turns."""
    if desk.card is not None:
        looking.scroll(desk, step)
    elif not _busy(desk):
        moving.line(desk, step)


def _busy(desk: Desk) -> bool:
    """Whether a question about what is on screen waits for a key."""
    return desk.mode in ("hints", "ask", "preview", "card")
