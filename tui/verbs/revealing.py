"""Rejected suggestions and those set aside: showing them, and taking one back."""

from __future__ import annotations

from annotations import edits, hidden
from annotations.errors import Refused
from annotations.hidden import REJECTED
from tui.desk import Desk


def toggle_hidden(desk: Desk) -> None:
    """Shows or hides the suggestions that were rejected or set aside."""
    desk.show(reveals=not desk.view.reveals)
    if not desk.view.reveals:
        desk.keep_true()
        desk.go(desk.cursor)
        desk.say("rejected suggestions and those set aside are hidden again")
        return
    kinds = [item.kind for item in desk.hidden.items]
    rejected = kinds.count(REJECTED)
    reach = "Tab reaches them, a takes one back" if kinds else "none here"
    desk.say(f"shown: {rejected} rejected (×), {len(kinds) - rejected} set aside (·); {reach}")


def take_back(desk: Desk) -> None:
    """Accepts the focused suggestion after all, in the place of what it was set aside for."""
    if desk.focus is None or desk.focus not in desk.hidden:
        raise Refused("no rejected suggestion here")
    was = hidden.why(desk.state, desk.focus)
    edit = desk.do(edits.accept, desk.focus)
    if edit.focus is not None:
        desk.focus_on(edit.focus)
    desk.say(f"taken back: {edit.says}" if was == "rejected" else edit.says)


def refuse_hidden(desk: Desk) -> None:
    """Refuses to reject what is rejected or set aside already, and says what it is."""
    if desk.focus is not None and desk.focus in desk.hidden:
        raise Refused(f"this is {hidden.why(desk.state, desk.focus)} already; a takes it back", desk.focus)


def refuse_unless_taken_back(desk: Desk) -> None:
    """Refuses to relate or join what is rejected or set aside."""
    if desk.kind == "hidden":
        raise Refused("this is rejected or set aside: take it back first (a)")
