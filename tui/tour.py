"""The first minute: a line that names one key after the other. Pure: no widget.

Invariant: the tour does nothing itself. The key that it names does what it always does and brings the next step; any
other key ends the tour, and does what it always does, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from annotations import navigator
from tui.desk import Desk
from tui.keys import Keymap
from tui.panels import with_keys

HINT = "hint"
"""Stands for the letters of a jump, which are no command."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to press next. `ids` are commands that lead on; in `words` each {id} is replaced by a key of that command.
    A step that is not `possible` is passed over."""

    ids: tuple[str, ...]
    words: str
    possible: Callable[[Desk], bool] = lambda desk: desk.scope == "read"


def _shows_items(desk: Desk) -> bool:
    return desk.scope == "read" and bool(navigator.hints(desk.state, *desk.view.visible, desk.offset))


STEPS = (
    Step(("next-token",), "press {next-token}: the cursor goes on. Any other key ends this tour"),
    Step(("select",), "{select} starts a selection; a label's key would mark it"),
    Step(("leave",), "{leave} leads back, out of every mode", lambda desk: desk.scope == "select"),
    Step(("help",), "{help} shows the keys of the mode you are in; {close-help} closes that"),
    Step(
        ("next-item",),
        "what is underlined is suggested: {next-item} goes to the next one",
        lambda desk: desk.scope == "read" and desk.state.pending_count > 0,
    ),
    Step(
        ("accept",),
        "{accept} accepts it, {reject} would reject it: press {accept}",
        lambda desk: desk.kind == "suggestion",
    ),
    Step(("undo",), "{undo} takes that back; every step can be, tomorrow too"),
    Step(("jump",), "{jump} puts a letter on each item in view", _shows_items),
    Step((HINT, "leave"), "type a letter that you see, to go there", lambda desk: desk.scope == "hints"),
    Step(
        (), "{done} settles an article, {quit} lists them all, {commands} finds any command", lambda _: True
    ),
)
"""The steps in order; those about suggestions come late, because suggestions may."""

ONLY_AFTER = {"undo": "accept"}
"""Steps that would touch earlier work if another command had not just been taken."""


class Tour:
    """Where somebody is in the tour. `over` once it has ended."""

    def __init__(self) -> None:
        self.place = 0
        self.over = False

    def took(self, id: str, desk: Desk) -> None:
        """Notes which command a key ran, "" for none: the tour goes on if it was asked for, else it ends."""
        if id == HINT and desk.mode == "hints":
            return
        if id not in STEPS[self.place].ids:
            self.over = True
            return
        self.place += 1
        while not self._fits(STEPS[self.place], id, desk):
            self.place += 1

    @staticmethod
    def _fits(step: Step, last: str, desk: Desk) -> bool:
        needed = {after for id, after in ONLY_AFTER.items() if id in step.ids}
        return needed <= {last} and step.possible(desk)

    def line(self, keymap: Keymap) -> str:
        """What the message row says, with the keys as they are in this project."""
        return f"Tour {self.place + 1} of {len(STEPS)} · {with_keys(keymap, STEPS[self.place].words)}"
