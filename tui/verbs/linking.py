"""LINK: one entity is pinned as the head; a target and a type, in either order, make a relation. And relations."""

from __future__ import annotations

from annotations import edits, navigator
from annotations.errors import Refused
from annotations.schema import RelationType
from tui.desk import Desk, Link
from tui.host import Choice
from tui.safe import safe
from tui.verbs import editing, moving, revealing
from tui.verbs.repeating import repeatable

MOST_NAMED = 5
"""How many relation types a sentence names."""


def start(desk: Desk, keep: bool = False) -> None:
    """Pins the focused entity or suggestion as the head; `keep` holds it for several tails."""
    item = desk.item
    if item is None or desk.focus is None:
        raise Refused("no entity here to relate; label it first")
    revealing.refuse_unless_taken_back(desk)
    if not desk.session.config.schema.relations_from(item.label):
        raise Refused(f"no relation of this project begins at {item.label}")
    desk.link = Link(desk.focus, keep)


def choose_type(desk: Desk, name: str) -> None:
    """A relation's key: on the head it chooses the type and goes to the first legal tail; on a target it relates."""
    link = desk.link
    if link is None:
        return
    if link.repoint is not None:
        raise Refused("Enter moves the end here; the type stays")
    if desk.focus is not None and desk.focus != link.head and desk.item is not None:
        make(desk, name)
        return
    head = desk.state.shown(link.head)
    if head is not None and not desk.state.schema.relation(name).starts_at(head.label):
        raise Refused(f"{name} does not begin at {head.label}; {_listed(types_now(desk))} may")
    desk.pin(relation=name)
    try:
        desk.set_focus(link.head)
        moving.tail(desk, 1)
    except Refused:
        desk.pin(relation=link.relation)
        raise
    desk.say(f"{name}: Tab for another target, Enter makes it")


def types_now(desk: Desk) -> tuple[RelationType, ...]:
    """The relation types that can be meant now: on the head those that may begin there, on a target and on a relation
    those that are legal between both ends; none where the type stays as it is."""
    link, schema = desk.link, desk.state.schema
    if link is None:
        ends = desk.ends(desk.focus or "")
        return schema.relations_between(ends[0].label, ends[1].label) if ends else ()
    head, target = desk.state.shown(link.head), desk.item
    if head is None or link.repoint is not None or link.same:
        return ()
    if target is None or desk.focus == link.head:
        return schema.relations_from(head.label)
    return schema.relations_between(head.label, target.label)


def may_begin(desk: Desk, kind: RelationType) -> bool:
    """Whether a relation of this type may begin at the pinned head."""
    head = desk.state.shown(desk.link.head) if desk.link and not desk.link.repoint else None
    return head is not None and kind.starts_at(head.label)


def may_become(desk: Desk, kind: RelationType) -> bool:
    """Whether the focused relation may be of this type."""
    ends = desk.ends(desk.focus or "")
    return ends is not None and kind.allows(ends[0].label, ends[1].label)


def pick(desk: Desk) -> None:
    """Offers what a digit would mean here, by name: the labels; on the pinned head, relation types."""
    if desk.scope == "head":
        pick_type(desk)
    else:
        editing.pick_label(desk)


def pick_type(desk: Desk) -> None:
    """Offers the relation types that may begin at the pinned head."""
    types = types_now(desk)
    if not types:
        raise Refused("go to the other end first: Tab visits what is legal")
    desk.host.pick("relation", choices(desk, types), lambda name: choose_type(desk, name))


def confirm(desk: Desk) -> None:
    """Enter in LINK: relates to the focused target by the chosen type, or by the only legal one; on the head it offers
    the types that may begin there."""
    link = desk.link
    if link is None:
        return
    if desk.focus == link.head:
        pick_type(desk)
    elif desk.item is None or desk.focus is None:
        raise Refused("go to the other end first: Tab visits what is legal")
    elif link.repoint is not None:
        _repoint(desk, link.repoint)
    elif link.relation is not None:
        make(desk, link.relation)
    else:
        _only_legal(desk, link.head)


def _only_legal(desk: Desk, head: str) -> None:
    first, target = desk.state.shown(head), desk.item
    if first is None or target is None:
        return
    legal = desk.session.config.schema.relations_between(first.label, target.label)
    if not legal:
        raise Refused(f"no relation of this project goes from {first.label} to {target.label}")
    if len(legal) == 1:
        make(desk, legal[0].name)
    else:
        desk.host.pick("relation", choices(desk, legal), lambda name: make(desk, name))


def choices(desk: Desk, types: tuple[RelationType, ...]) -> list[Choice]:
    """Relation types as lines of a picker, those used last first."""
    verbs = ("retype",) if desk.scope == "relation" else ("relate", "choose")
    return editing.type_choices(types, desk.recent, *verbs)


def make(desk: Desk, name: str) -> None:
    """Makes the relation from the pinned head to the focused target; back on the head, unless it is kept."""
    link, target = desk.link, desk.focus
    if link is None or target is None:
        return
    _need_legal(desk, name)
    edit = desk.do(edits.relate, name, link.head, target)
    desk.used(name)
    head = edit.focus or link.head
    if link.keep:
        desk.link = Link(head, True, name, every=link.every)
        desk.set_focus(navigator.innermost(desk.state, desk.cursor))
    else:
        desk.link = None
        desk.focus_on(head)


def _need_legal(desk: Desk, name: str) -> None:
    """Refuses a type that is illegal between the pinned head and the focused target, and says which ones may."""
    head, target = desk.state.shown(desk.link.head) if desk.link else None, desk.item
    if head is None or target is None or desk.state.schema.legal(name, head.label, target.label):
        return
    raise Refused(f"{name} may not go from {head.label} to {target.label}; {_listed(types_now(desk))} may")


def _listed(types: tuple[RelationType, ...]) -> str:
    names = [kind.name for kind in types]
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "") or "no relation"


def toggle_every(desk: Desk) -> None:
    """Lets Tab visit all items, or again only those that are legal; in SAME, those that are no mention yet."""
    if desk.link is not None:
        desk.pin(every=not desk.link.every)
        few = "what is no mention yet" if desk.link.same else "legal ends only"
        desk.say(f"Tab visits {'every item' if desk.link.every else few}")


def end(desk: Desk) -> None:
    """Leaves LINK, back on the head."""
    if desk.link is not None:
        head = desk.link.repoint[0] if desk.link.repoint else desk.link.head
        desk.link = None
        desk.focus_on(head)


# -- on a relation ----------------------------------------------------------------------------------


def visit(desk: Desk) -> None:
    """From an entity to its first relation; from a relation to its other end."""
    if desk.scope == "relation" and desk.focus is not None:
        _other_end(desk, desk.focus)
        return
    if desk.item is None or desk.focus is None:
        raise Refused("no entity here; its relations are reached from it")
    keys = navigator.relations_at(desk.state, desk.focus)
    if not keys:
        raise Refused("no relation here; r makes one")
    desk.set_focus(keys[0])
    desk.say(describe(desk, keys[0]))


def _other_end(desk: Desk, key: str) -> None:
    ends = desk.ends(key)
    if ends is None:
        return
    tokens = desk.state.tokens
    at_head = tokens.covering(ends[0].start, ends[0].end)[0] <= desk.cursor
    at_head = at_head and desk.cursor <= tokens.covering(ends[0].start, ends[0].end)[1]
    desk.focus_on(navigator.key_of(ends[1 if at_head else 0]))


def walk(desk: Desk, step: int) -> None:
    """To the next or previous relation of the article, round the end; the cursor goes to its head."""
    state = desk.state
    keys = navigator.all_relations(state)
    if desk.focus not in keys:
        return
    target = keys[(keys.index(desk.focus) + step) % len(keys)]
    desk.focus_on(target)
    desk.say(f"{describe(desk, target)} ({keys.index(target) + 1} of {len(keys)})")


def describe(desk: Desk, key: str) -> str:
    """A relation in words."""
    ends = navigator.ends_of(desk.state, key)
    return "" if ends is None else f"{safe(ends[0].text)} {safe(arrow(desk, key))} {safe(ends[1].text)}"


def arrow(desk: Desk, key: str) -> str:
    """A relation's type as an arrow; without a point for symmetric ones, with a question mark for suggested ones."""
    relation, link = desk.state.relations.get(key), desk.state.links.get(key)
    label = relation.label if relation else link.label if link else ""
    return f"—{label}{'' if relation else '?'}{'—' if label in desk.state.schema.symmetric else '→'}"


@repeatable("relation")
def relabel(desk: Desk, name: str) -> None:
    """Gives the focused relation another type."""
    if desk.focus is None:
        return
    if not may_become(desk, desk.state.schema.relation(name)):
        ends = desk.ends(desk.focus)
        here = f" from {ends[0].label} to {ends[1].label}" if ends else ""
        raise Refused(f"{name} may not go{here}; {_listed(types_now(desk))} may")
    desk.set_focus(desk.do(edits.relabel_relation, desk.focus, name).focus)
    desk.used(name)


@repeatable("relation")
def swap(desk: Desk) -> None:
    """Turns the focused relation round."""
    if desk.focus is not None:
        desk.do(edits.swap, desk.focus)


def start_repoint(desk: Desk, end: str) -> None:
    """Chooses another head or tail for the focused relation, as in LINK; of a symmetric one, as it is shown."""
    relation, ends = (
        desk.state.relations.get(desk.focus or ""),
        navigator.ends_of(desk.state, desk.focus or ""),
    )
    if relation is None or ends is None:
        raise Refused("accept the suggested relation first (a)")
    head, tail = (navigator.key_of(each) for each in ends)
    stays, moves = (tail, head) if end == "head" else (head, tail)
    desk.link = Link(stays, repoint=(relation.id, "head" if moves == relation.head else "tail"))
    desk.set_focus(moves)
    desk.say(f"new {end}: Tab visits what is legal, Enter moves it there")


def _repoint(desk: Desk, which: tuple[str, str]) -> None:
    edit = desk.do(edits.repoint, *which, desk.focus)
    desk.link = None
    if edit.focus is not None:
        desk.focus_on(edit.focus)
