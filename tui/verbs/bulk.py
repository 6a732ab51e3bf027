"""Many places at once, looked over first: accept or reject what was read, copy a label, take copies back.

Invariant: nothing changes before Enter, which makes one edit; Esc leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from annotations import edits, navigator
from annotations.errors import Refused
from annotations.model import Edit
from annotations.state import LINK, ArticleState, Item
from annotations.text import around
from tui.desk import Desk
from tui.preview import CONTEXT, Line, Preview
from tui.verbs import editing

# -- the preview --------------------------------------------------------------------------------------


def show(desk: Desk, preview: Preview) -> None:
    """Lays a preview over the text; cursor and focus stay where they are."""
    desk.mode, desk.preview = "preview", preview


def leave(desk: Desk) -> None:
    """Takes the preview away; nothing has changed."""
    desk.mode, desk.preview = "read", None


def apply(desk: Desk) -> None:
    """Makes the edit for what is ticked. Refused when nothing is."""
    preview = desk.preview
    if preview is None:
        return
    if not preview.count:
        raise Refused("nothing is ticked, so there is nothing to do: Space ticks a line, Esc leaves")
    leave(desk)
    preview.apply(preview.ticked, preview.exceptions)


def page(desk: Desk, step: int) -> None:
    """Up or down by about as many lines as there are on screen."""
    if desk.preview is not None:
        desk.preview.move(step * max(1, desk.view.height // 2))


# -- what I have read ---------------------------------------------------------------------------------


def accept_read(desk: Desk) -> None:
    """Offers to accept all that is pending from the top of the article to the last line on screen."""
    _over_what_was_read(desk, "accept down to here", edits.accept_all)


def reject_read(desk: Desk) -> None:
    """Offers to reject all that is pending from the top of the article to the last line on screen."""
    _over_what_was_read(desk, "reject down to here", edits.reject_all)


def _over_what_was_read(desk: Desk, title: str, verb: Callable[..., Edit]) -> None:
    end = desk.view.visible[1]
    items = [item for item in desk.state.pending if item.start < end]
    if not items:
        rest = desk.state.pending_count
        raise Refused(
            f"nothing is pending down to here, {rest} below" if rest else "nothing is pending: c = done"
        )

    def go(ticked: Sequence[Line], _: Sequence[Line]) -> None:
        desk.do(verb, [line.value for line in ticked])
        editing.go_on(desk, items[-1])

    accepts = verb is edits.accept_all
    show(desk, Preview(title, _pending_lines(desk.state, items, accepts), go))


def _pending_lines(state: ArticleState, items: Sequence[Item], accepts: bool) -> list[Line]:
    """A line for each pending suggestion; to be accepted, one that lies within an own entity is not ticked."""
    rivals = edits.superseded(state, [item.key for item in items]) if accepts else {}
    return [_pending_line(state, item, accepts, rivals.get(item.key)) for item in items]


def _pending_line(state: ArticleState, item: Item, accepts: bool, rival: str | None) -> Line:
    text, key = state.article.text, item.key
    if item.kind == LINK:
        link, (before, _, after) = state.links[key], around(text, item.start, item.end, CONTEXT)
        note = ", ".join(link.sources)
        return Line(key, key, before, _link_words(state, key), after, link.label, note, link.score)
    offered = state.suggestions[key]
    inside = accepts and edits.inside_own(state, key)
    note = "inside your own" if inside else ", ".join(offered.sources)
    words = around(text, offered.start, offered.end, CONTEXT)
    return Line(key, key, *words, offered.label, note, offered.score, not inside, yields_to=rival)


def _link_words(state: ArticleState, key: str) -> str:
    ends = navigator.ends_of(state, key)
    return " → ".join(end.text for end in ends) if ends else ""
