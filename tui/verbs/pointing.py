"""The mouse, for those who have it at hand: never needed, and never a way to change anything by accident."""

from __future__ import annotations

from tui.desk import Desk
from tui.verbs import selecting


def point(desk: Desk, offset: int, drags: bool) -> None:
    """Goes to the token at a code point; `drags` selects up to it from where the cursor is."""
    if desk.mode in ("hints", "ask") or not len(desk.state.tokens):
        return
    token = desk.state.tokens.at(offset)
    desk.say("")
    if drags and desk.mode != "select" and token != desk.cursor:
        selecting.start(desk)
    elif not drags and desk.mode == "select":
        selecting.end(desk)
    desk.go(token)
