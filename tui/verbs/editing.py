"""Correcting entities: label, accept, reject, delete, edges, split, join, notes, undo and redo."""

from __future__ import annotations

from collections.abc import Sequence

from annotations import details, edits, navigator, text
from annotations.errors import Refused
from annotations.model import Span
from annotations.schema import EntityType, RelationType
from annotations.state import LINK, Item
from tui.desk import Act, Desk
from tui.host import Choice
from tui.safe import safe
from tui.verbs import moving, revealing, selecting
from tui.verbs.repeating import repeatable

FEW = 12
"""With at most so many labels the list keeps its order, and none comes first because it was used last."""


@repeatable("read")
def label(desk: Desk, name: str) -> None:
    """Labels what is here: a token gets an entity, an entity another label, a suggestion is accepted as that."""
    if desk.mode == "select":
        selecting.label(desk, name)
        desk.used(name)
        return
    if desk.item is not None and desk.focus is not None:
        edit = desk.do(edits.relabel, desk.focus, name)
    else:
        edit = desk.do(edits.add, *_token(desk), name)
    desk.used(name)
    selecting.finish(desk, edit.focus)


def _token(desk: Desk) -> Span:
    if not len(desk.state.tokens):
        raise Refused("there is no text to label")
    return desk.state.tokens.span(desk.cursor)


def pick_label(desk: Desk) -> None:
    """Offers all labels in a list that narrows while typing."""
    choices = type_choices(desk.session.config.schema.entities, desk.recent, "label")
    desk.host.pick("label", choices, lambda name: label(desk, name))


def type_choices(
    types: Sequence[EntityType | RelationType], recent: Sequence[str], *verbs: str
) -> list[Choice]:
    """Labels or relation types as lines of a picker: those used last, then each group under its heading. `verbs` are
    the commands that have one for each of them."""
    last = [kind for name in recent for kind in types if kind.name == name] if len(types) > FEW else []
    groups = dict.fromkeys(kind.group for kind in types)
    rest = [kind for group in groups for kind in types if kind.group == group and kind not in last]
    headed = [*((kind, "used last") for kind in last), *((kind, kind.group) for kind in rest)]
    return [_type_choice(kind, group, verbs) for kind, group in headed]


def _type_choice(kind: EntityType | RelationType, group: str, verbs: Sequence[str]) -> Choice:
    commands, words = tuple(f"{verb}.{kind.name}" for verb in verbs), f"{kind.code} {kind.group}"
    return Choice(kind.name, kind.about, kind.name, commands, group, words)


@repeatable("read", "relation")
def accept(desk: Desk) -> None:
    """Accepts the focused suggestion and goes on to the next pending one; elsewhere it just goes on."""
    if desk.kind in ("suggestion", "link") and desk.focus is not None:
        here = desk.state.item(desk.focus)
        desk.set_focus(desk.do(edits.accept, desk.focus).focus)
        go_on(desk, here)
    elif desk.kind == "hidden":
        revealing.take_back(desk)
    else:
        go_on(desk)


@repeatable("read", "relation")
def reject(desk: Desk) -> None:
    """Rejects the focused suggestion and goes on; deletes an own entity or relation and stays."""
    if desk.kind in ("suggestion", "link") and desk.focus is not None:
        here = desk.state.item(desk.focus)
        desk.do(edits.reject, desk.focus)
        go_on(desk, here)
    else:
        delete(desk)


def go_on(desk: Desk, here: Item | None = None) -> None:
    """To the next pending suggestion below the focus, or below an item that is gone; says where there is none."""
    said = desk.said
    if moving.next_pending(desk, here=here) is not None:
        return
    above = desk.state.pending_count
    rest = f"no more below, {above} above" if above else "nothing pending: c = done"
    desk.say(f"{said}; {rest}" if said else rest)


@repeatable("read", "relation")
def delete(desk: Desk) -> None:
    """Deletes the focused entity or relation, rejects the focused suggestion; stays, with nothing focused."""
    if desk.focus is None:
        raise Refused("nothing here to delete")
    revealing.refuse_hidden(desk)
    desk.do(edits.delete, desk.focus)
    desk.set_focus(None)


@repeatable("read")
def move_edge(desk: Desk, side: str, step: int) -> None:
    """Moves the `start` or `end` of the focused entity or suggestion to the next edge of a token (of a character, where
    that is the unit), outwards or inwards; a possessive ’s is cut off whole."""
    item = desk.item
    if item is None or desk.focus is None:
        raise Refused("no entity here; v starts a selection")
    tokens = desk.state.tokens
    pieces = details.moved(item.spans, tokens, side, step)
    bare = text.without_possessive(desk.state.article.text, item.spans[-1])
    if side == "end" and step < 0 and not desk.by_character and bare[0] < bare[1] < pieces[-1][1]:
        pieces = (*pieces[:-1], bare)
    edit = desk.do(details.reshape, desk.focus, pieces)
    first, last = tokens.covering(pieces[0][0], pieces[-1][1])
    desk.set_focus(edit.focus)
    desk.go(max(first, min(desk.cursor, last)))


@repeatable("read")
def split(desk: Desk) -> None:
    """Splits the focused entity or suggestion before the cursor's token."""
    if desk.item is None or desk.focus is None:
        raise Refused("no entity here to split")
    selecting.finish(desk, desk.do(edits.split, desk.focus, desk.offset).focus)


@repeatable("read")
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
    if key is None:
        ask_article_note(desk)
        return
    own = desk.state.entities.get(key) or desk.state.relations.get(key)
    thing = own or desk.state.suggestions.get(key) or desk.state.links[key]
    old = own.note if own else None
    desk.host.prompt(f"note on {safe(thing.label)}", old or "", lambda text: _save_note(desk, key, text))


def ask_article_note(desk: Desk) -> None:
    """Asks for the note of the article, whatever is focused."""
    old = desk.state.progress.note or ""
    desk.host.prompt("note on the article", old, lambda text: _save_note(desk, None, text))


def _save_note(desk: Desk, key: str | None, text: str) -> None:
    focus = desk.do(edits.note, key, text).focus
    desk.last = Act(("read", "relation"), lambda d: _save_note(d, d.focus, text))
    if focus is not None and desk.exists(focus):
        desk.set_focus(focus)


def undo(desk: Desk) -> None:
    """Takes back the newest edit, wherever it was."""
    desk.follow(desk.session.undo(), "undone")


def redo(desk: Desk) -> None:
    """Repeats what was undone last."""
    desk.follow(desk.session.redo(), "done again")
