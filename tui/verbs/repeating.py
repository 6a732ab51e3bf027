"""Making the last edit again on something else: `.`.

Invariant: what is remembered is the verb with its arguments, never what it was done to; only what changed something is
remembered, in whichever article, as long as the app runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from annotations.errors import Refused
from tui.desk import Act, Desk

P = ParamSpec("P")

Verb = Callable[Concatenate[Desk, P], None]


def repeatable(*scopes: str) -> Callable[[Verb[P]], Verb[P]]:
    """Has `.` do again what a verb did, in these scopes, whenever it made an edit."""

    def decorate(verb: Verb[P]) -> Verb[P]:
        @wraps(verb)
        def run(desk: Desk, /, *arguments: P.args, **named: P.kwargs) -> None:
            made = desk.edits_made
            verb(desk, *arguments, **named)
            if desk.edits_made != made:
                desk.last = Act(scopes, lambda d: run(d, *arguments, **named))

        return run

    return decorate


def again(desk: Desk) -> None:
    """Makes the last edit again, on what is here now."""
    act = desk.last
    if act is None:
        raise Refused("nothing to repeat yet: label, accept or change something first")
    if desk.scope not in act.scopes:
        raise Refused("the last edit cannot be made here: it was one of " + _MADE_ON[desk.scope])
    made = desk.edits_made
    act.run(desk)
    if desk.edits_made != made:
        desk.say(f"again: {desk.said}")


_MADE_ON = {"read": "a relation", "relation": "an entity"}
"""What an edit was made on that cannot be made again in a scope."""
