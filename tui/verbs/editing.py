"""Correcting entities: label, accept, reject, delete, edges, split, join, notes, undo and redo."""

from __future__ import annotations

from annotations import edits, navigator
from annotations.errors import Refused
from annotations.model import Span
from annotations.state import LINK, Item
from tui.desk import Desk
from tui.host import Choice
from tui.safe import safe
from tui.verbs import moving, selecting


def label(desk: Desk, name: str) -> None:
    """Labels what is here: a token gets an entity, an entity another label, a suggestion is accepted as that."""
    if desk.mode == "select":
        selecting.label(desk, name)
        return
    if desk.link is not None and desk.focus == desk.link.head:
        raise Refused("the pinned head keeps its label while you relate it; Esc leaves LINK")
    if desk.item is not None and desk.focus is not None:
        edit = desk.do(edits.relabel, desk.focus, name)
    else:
        edit = desk.do(edits.add, *_token(desk), name)
    selecting.finish(desk, edit.focus)


def _token(desk: Desk) -> Span:
    if not len(desk.state.tokens):
        raise Refused("there is no text to label")
    return desk.state.tokens.span(desk.cursor)


def pick_label(desk: Desk) -> None:
    """Offers all labels in a list that narrows while typing."""
    types = desk.session.config.schema.entities
    choices = [Choice(t.name, t.about, t.name, " ".join([*t.keys, f"Space {t.code}"])) for t in types]
    desk.host.pick("label", choices, lambda name: label(desk, name))


def accept(desk: Desk) -> None:
    """Accepts the focused suggestion and goes on to the next pending one; elsewhere it just goes on."""
    if desk.kind in ("suggestion", "link") and desk.focus is not None:
        here = desk.state.item(desk.focus)
        desk.set_focus(desk.do(edits.accept, desk.focus).focus)
        _go_on(desk, here)
    else:
        _go_on(desk)


def reject(desk: Desk) -> None:
    """Rejects the focused suggestion and goes on; deletes an own entity or relation and stays."""
    if desk.kind in ("suggestion", "link") and desk.focus is not None:
        here = desk.state.item(desk.focus)
        desk.do(edits.reject, desk.focus)
        _go_on(desk, here)
    else:
        delete(desk)


def _go_on(desk: Desk, here: Item | None = None) -> None:
    said = desk.said
    if moving.next_pending(desk, here=here) is not None:
        return
    above = desk.state.pending_count
    rest = f"no more below, {above} above" if above else "nothing pending: c = done"
    desk.say(f"{said}; {rest}" if said else rest)


def delete(desk: Desk) -> None:
    """Deletes the focused entity or relation, rejects the focused suggestion; stays, with nothing focused."""
    if desk.focus is None:
        raise Refused("nothing here to delete")
    desk.do(edits.delete, desk.focus)
    desk.set_focus(None)


def move_edge(desk: Desk, side: str, step: int) -> None:
    """Moves the `start` or `end` of the focused entity or suggestion by a token: outwards or inwards."""
    item = desk.item
    if item is None or desk.focus is None:
        raise Refused("no entity here; v starts a selection")
    tokens = desk.state.tokens
    first, last = tokens.covering(item.start, item.end)
    first, last = (first + step, last) if side == "start" else (first, last + step)
    if first > last:
        raise Refused("it is one token already; d deletes it")
    if first < 0 or last >= len(tokens):
        raise Refused("that is the edge of the text")
    edit = desk.do(edits.reshape, desk.focus, *tokens.hull(first, last))
    stay = max(first, min(desk.cursor, last))
    desk.set_focus(edit.focus)
    desk.go(stay)


def split(desk: Desk) -> None:
    """Splits the focused entity or suggestion before the cursor's token."""
    if desk.item is None or desk.focus is None:
        raise Refused("no entity here to split")
    selecting.finish(desk, desk.do(edits.split, desk.focus, desk.offset).focus)


def join(desk: Desk) -> None:
    """Joins the focused entity or suggestion with the next item."""
    if desk.item is None or desk.focus is None:
        raise Refused("no entity here to join")
    found = navigator.next_item(desk.state, desk.cursor, desk.focus, 1, lambda item: item.kind != LINK)
    if found is None:
        raise Refused("there is no next item to join with")
    selecting.finish(desk, desk.do(edits.join, desk.focus, found.key).focus)


def ask_note(desk: Desk) -> None:
    """Asks for the note of the focused thing, else of the article."""
    key = desk.focus
    if desk.kind == "link":
        raise Refused("accept the suggested relation first (a)")
    thing = desk.state.entities.get(key or "") or desk.state.relations.get(key or "")
    old = thing.note if thing else (None if key else desk.state.progress.note)
    name = f"note on {safe(thing.label)}" if thing else ("note on this" if key else "note on the article")
    desk.host.prompt(name, old or "", lambda text: _save_note(desk, key, text))


def _save_note(desk: Desk, key: str | None, text: str) -> None:
    focus = desk.do(edits.note, key, text).focus
    if focus is not None and desk.exists(focus):
        desk.set_focus(focus)


def undo(desk: Desk) -> None:
    """Takes back the newest edit, wherever it was."""
    desk.follow(desk.session.undo(), "undone")


def redo(desk: Desk) -> None:
    """Repeats what was undone last."""
    desk.follow(desk.session.redo(), "done again")
