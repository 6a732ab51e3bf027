"""The rows around the text: header, message, strip, key grid, side pane. Pure: a desk in, rows out.

Invariant: every foreign string goes through `safe`; no row is wider than it was asked to be.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from rich.style import Style

from annotations import navigator
from annotations.model import Entity, Suggestion
from annotations.schema import EntityType, RelationType
from annotations.state import LINK
from tui.commands import Command
from tui.desk import Desk
from tui.keys import Dispatcher, Keymap
from tui.looks import Looks
from tui.safe import safe
from tui.verbs import linking
from tui.widgets.rows import Row, cells, fit

KEY_SIGNS = {
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "⇧Tab",
    "space": "Space",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "shift+left": "⇧←",
    "shift+right": "⇧→",
    "shift+up": "⇧↑",
    "shift+down": "⇧↓",
    "home": "Home",
    "end": "End",
    "delete": "Del",
    "backspace": "⌫",
}


def sign(sequence: str) -> str:
    """A key sequence as people write it: `g g` is gg, `ctrl+r` is Ctrl+R."""
    return "".join(_sign(name) if len(name) == 1 else f"{_sign(name)} " for name in sequence.split()).strip()


def _sign(name: str) -> str:
    if name in KEY_SIGNS:
        return KEY_SIGNS[name]
    if name.startswith("ctrl+"):
        return f"Ctrl+{name[5:].upper()}"
    return name.upper() if len(name) > 1 and name[0] == "f" and name[1:].isdigit() else name


def header(desk: Desk, looks: Looks, width: int) -> Row:
    """Where one is: person, place in the queue, title; state, and how many suggestions wait and where."""
    session, state = desk.session, desk.state
    place = session.queue.index(state.article.id) + 1 if state.article.id in session.queue else 0
    who = safe(session.layer.name) + (f" ← {safe(session.review.title)}" if session.review else "")
    left = f" {who}  {place}/{len(session.queue)}  "
    right = f"  {_condition(desk)} · {_waiting(desk)} "
    room = width - cells([(left + right, looks.bar)])
    title = fit(safe(" ".join(filter(None, (state.article.title, _dated(desk))))), max(room, 0))
    gap = " " * max(0, room - cells([(title, looks.bar)]))
    row = [(left, looks.bar_faint), (title, looks.bar_strong), (gap, looks.bar), (right, looks.bar)]
    return _clipped(row, width)


def _dated(desk: Desk) -> str:
    date = desk.state.article.date
    return f"({date})" if date else ""


def _condition(desk: Desk) -> str:
    progress, state = desk.state.progress, desk.state
    problems = (
        f" · {len(state.problems)} problem{'s' if len(state.problems) > 1 else ''}" if state.problems else ""
    )
    percent = round(100 * desk.view.visible[1] / max(1, len(state.article.text)))
    marks = (" ⚑" if progress.flagged else "") + (" ✎" if progress.note else "")
    return f"{progress.status}{marks}{problems} · {percent}%"


def _waiting(desk: Desk) -> str:
    if desk.session.awaits_suggestions:
        return "suggestions are coming"
    total = desk.state.pending_count
    above, below = desk.pending_beyond()
    beyond = ", ".join(f"{n} {where}" for n, where in ((above, "above"), (below, "below")) if n)
    return f"{total} pending" + (f": {beyond}" if beyond else "")


def message(desk: Desk, looks: Looks, width: int) -> Row:
    """What the last command did, else what is focused."""
    if desk.said:
        style = looks.alarm if desk.warns else looks.bar_strong
        return ((fit(f" {safe(desk.said)}", width), style),)
    return ((fit(f" {_mode(desk)}{_focused(desk)}", width), looks.bar_faint),)


def _mode(desk: Desk) -> str:
    if desk.mode == "select":
        return "SELECT · edges of what was reopened · " if desk.reshaping else "SELECT · "
    if desk.mode == "hints":
        return "JUMP · type the letters shown on an item"
    if desk.mode == "ask":
        return f"DONE · {desk.state.pending_count} suggestions are pending: accept, reject, or leave them unknown?"
    if desk.link is not None:
        head = desk.state.shown(desk.link.head)
        name = f" —{safe(desk.link.relation)}→" if desk.link.relation else ""
        return f"LINK from “{safe(head.text) if head else ''}”{name} · "
    return ""


def _focused(desk: Desk) -> str:
    if desk.mode in ("hints", "ask"):
        return ""
    if desk.selection is not None:
        start, end = desk.selection
        return f"“{safe(desk.state.article.text[start:end])}”"
    if (item := desk.item) is not None:
        return _about(desk, item)
    if desk.focus is not None and (ends := navigator.ends_of(desk.state, desk.focus)) is not None:
        return _about_relation(desk, ends)
    return "" if len(desk.state.tokens) else "this article has no text"


def _about(desk: Desk, item: Entity | Suggestion) -> str:
    depth = len(navigator.stack(desk.state, desk.cursor))
    stacked = f" · {depth} stacked here, ~ goes round" if depth > 1 else ""
    if isinstance(item, Suggestion):
        score = f" {item.score:.2f}" if item.score is not None else ""
        return f"{safe(item.label)}? “{safe(item.text)}” from {safe(', '.join(item.sources))}{score}{stacked}"
    problem = desk.state.problems.get(item.id)
    relations = len(navigator.relations_at(desk.state, item.id))
    words = [f"{safe(item.label)} “{safe(item.text)}”"]
    words += [f"{relations} relation{'s' if relations > 1 else ''}"] if relations else []
    words += [f"note: {safe(item.note)}"] if item.note else []
    words += [f"PROBLEM: {safe(problem)}"] if problem else []
    return " · ".join(words) + stacked


def _about_relation(desk: Desk, ends: tuple[Entity | Suggestion, Entity | Suggestion]) -> str:
    key = desk.focus or ""
    relation, link = desk.state.relations.get(key), desk.state.links.get(key)
    problem = desk.state.problems.get(key)
    words = [f"“{safe(ends[0].text)}” {safe(linking.arrow(desk, key))} “{safe(ends[1].text)}”"]
    words += [f"from {safe(', '.join(link.sources))}"] if link else []
    words += [f"note: {safe(relation.note)}"] if relation and relation.note else []
    words += [f"PROBLEM: {safe(problem)}"] if problem else []
    return " · ".join(words)


# -- the strip ----------------------------------------------------------------------------------------


def strip(desk: Desk, keymap: Keymap, looks: Looks, width: int) -> list[Row]:
    """Two rows that are always there: the labels with their keys for this mode, and the verbs that are legal now."""
    return [_labels_row(desk, looks, width), verbs_row(keymap, desk.scope, desk, looks, width)]


def _labels_row(desk: Desk, looks: Looks, width: int) -> Row:
    pieces = [(" ".join(kind.keys[:1]), kind.name) for kind in _types(desk) if kind.keys]
    room = max(1, len(pieces))
    need = sum(len(key) + len(name) + 2 for key, name in pieces) + 1
    longest = 99 if need <= width else max(3, (width - 3 * room) // room)
    row: list[tuple[str, Style]] = [(" ", looks.bar)]
    for key, name in pieces:
        row += [(f"{key} ", looks.key), (f"{fit(safe(name), longest)} ", looks.chip(name))]
    return _clipped(row, width)


def _types(desk: Desk) -> Sequence[EntityType | RelationType]:
    """The labels that the digits mean now."""
    schema = desk.session.config.schema
    if desk.scope == "link" and desk.link is not None:
        head, target = desk.state.shown(desk.link.head), desk.item
        if head is None:
            return ()
        if target is None or desk.focus == desk.link.head:
            return schema.relations_from(head.label)
        return schema.relations_between(head.label, target.label)
    if desk.scope == "relation" and (ends := navigator.ends_of(desk.state, desk.focus or "")) is not None:
        return schema.relations_between(ends[0].label, ends[1].label)
    return () if desk.scope in ("hints", "ask") else schema.entities


def verbs_row(keymap: Keymap, scope: str, controller: object, looks: Looks, width: int) -> Row:
    """The commands of a scope that are legal now, the most useful first, as many as fit whole."""
    row: list[tuple[str, Style]] = [(" ", looks.bar)]
    for bound in keymap.legal(scope, controller):
        if not bound.command.strip:
            break
        piece = [
            (f"{sign(' '.join(bound.sequences[0]))} ", looks.key),
            (f"{bound.command.title}  ", looks.bar),
        ]
        if cells(row) + cells(piece) > width:
            break
        row += piece
    return tuple(row)


def _clipped(row: Iterable[tuple[str, Style]], width: int) -> Row:
    found: list[tuple[str, Style]] = []
    for text, style in row:
        found.append((fit(text, width - cells(found)), style))
    return tuple(found)


def key_grid(dispatcher: Dispatcher, scope: str, looks: Looks, width: int) -> list[Row]:
    """What the next key can be after a beginning such as Space or g, in columns."""
    following = sorted(_following(dispatcher, scope), key=lambda pair: pair[0])
    if not following:
        return []
    size = min(width, max(len(sign(keys)) + len(command.title) for keys, command in following) + 3)
    per_row = max(1, width // size)
    title: Row = ((f" {sign(' '.join(dispatcher.pending))} …  Esc cancels", looks.bar_faint),)
    rows = [title]
    for start in range(0, len(following), per_row):
        row: list[tuple[str, Style]] = []
        for keys, command in following[start : start + per_row]:
            pad = " " * (size - len(sign(keys)) - len(command.title) - 2)
            style = looks.chip(command.title) if command.group in ("Labels", "Relation types") else looks.bar
            row += [(f" {sign(keys)} ", looks.key), (command.title + pad, style)]
        rows.append(_clipped(row, width))
    return rows


def _following(dispatcher: Dispatcher, scope: str) -> Iterator[tuple[str, Command]]:
    seen = set()
    for keys, command in dispatcher.next_keys(scope):
        if command.id not in seen:
            seen.add(command.id)
            yield keys, command


# -- the side pane ------------------------------------------------------------------------------------

BEFORE, AFTER = 14, 18
"""Cells of context left and right of an entity in the pane, at most."""


def pane(desk: Desk, looks: Looks, width: int, height: int) -> list[Row]:
    """Entities and suggestions around the focus, and the relations: of what is focused, else of the article."""
    relations = _relation_rows(desk, looks, width, max(2, height // 2))
    room = max(3, height - min(len(relations), height // 2) - 2)
    rows = _item_rows(desk, looks, width, room)
    rows += [((" ", looks.bar),)] * (room - len(rows))
    return [_clipped(row, width) for row in [*rows, *relations][:height]]


def pane_key(desk: Desk, looks: Looks, width: int, height: int) -> tuple[object, ...]:
    """All that the pane's looks depend on, comparable: while it stays the same the pane need not be made anew."""
    return id(desk.state), desk.state.version, desk.focus, _middle(desk), id(looks), width, height


def _middle(desk: Desk) -> int:
    """The place in the items of what is focused, else of what comes next."""
    at = desk.state.item(desk.focus) if desk.focus else None
    here = at or navigator.next_item(desk.state, desk.cursor, None, 1)
    return bisect_left(desk.state.items, here) if here is not None else len(desk.state.items)


def _item_rows(desk: Desk, looks: Looks, width: int, height: int) -> list[Row]:
    items = desk.state.items
    title = f" {len(desk.state.entities)} entities, {desk.state.pending_count} pending"
    rows: list[Row] = [((fit(title, width), looks.bar_strong),)]
    middle = _middle(desk)
    first = max(0, min(middle - height // 2, len(items) - height + 1))
    for item in items[first : first + height - 1]:
        rows.append(_item_row(desk, looks, width, item.key, item.kind))
    return rows


def _item_row(desk: Desk, looks: Looks, width: int, key: str, kind: int) -> Row:
    focused = key == desk.focus
    mark = "▸" if focused else " "
    text = desk.state.article.text
    if kind == LINK:
        link = desk.state.links[key]
        ends = navigator.ends_of(desk.state, key)
        words = f"{safe(ends[0].text)} → {safe(ends[1].text)}" if ends else ""
        return _clipped([(f"{mark}{safe(link.label)}? ", looks.key), (words, looks.bar)], width)
    item = desk.state.shown(key)
    if item is None:
        return ()
    label = safe(item.label) + ("?" if isinstance(item, Suggestion) else "")
    label = f"{mark}{fit(label, 11):<11} "
    name = fit(safe(item.text), max(4, width - 13))
    room = max(0, width - len(label) - cells([(name, looks.bar)]) - 1)
    after = safe(text[item.end : item.end + min(AFTER, room)])
    style = looks.bar_strong if isinstance(item, Entity) else looks.bar
    return _clipped(
        [
            (label, looks.key if focused else looks.chip(item.label)),
            (name, style),
            (f"{after}", looks.bar_faint),
        ],
        width,
    )


def _relation_rows(desk: Desk, looks: Looks, width: int, most: int) -> list[Row]:
    """At most so many rows: the relations of what is focused, numbered as in the margin, else the article's, around the
    one that is focused, which has both its ends in context."""
    state = desk.state
    here = navigator.relations_at(state, desk.focus) if desk.item is not None and desk.focus else []
    keys: Sequence[str] = here or navigator.all_relations(state)
    if not keys:
        return [((" no relations yet", looks.bar_faint),)]
    title = " relations of this one" if here else f" {len(keys)} relation{'' if len(keys) == 1 else 's'}"
    rows: list[Row] = [((title, looks.bar_strong),)]
    place = keys.index(desk.focus) if desk.focus in keys else 0
    first = max(0, min(place - most // 2, len(keys) - most + 1))
    for number, key in enumerate(keys[first : first + most - 1], first + 1):
        mark = f"{number} " if here and number <= 9 else "▸ " if key == desk.focus else "  "
        rows += _relation_row(desk, looks, width, key, mark)
    return rows


def _relation_row(desk: Desk, looks: Looks, width: int, key: str, mark: str) -> list[Row]:
    state, ends = desk.state, navigator.ends_of(desk.state, key)
    if ends is None:
        return []
    arrow = safe(linking.arrow(desk, key))
    half = max(4, (width - len(arrow) - 4) // 2)
    style = looks.alarm if key in state.problems else looks.key
    row = [
        (f"{mark}{fit(safe(ends[0].text), half)} ", looks.bar_strong),
        (f"{arrow} ", style),
        (fit(safe(ends[1].text), half), looks.bar_strong),
    ]
    context = [_context(desk, looks, width, end) for end in ends] if key == desk.focus else []
    return [_clipped(row, width), *context]


def _context(desk: Desk, looks: Looks, width: int, end: Entity | Suggestion) -> Row:
    """An end of a relation with the words around it."""
    text, name = desk.state.article.text, fit(safe(end.text), width // 2)
    room = max(0, width - cells([(name, looks.bar)]) - 3) // 2
    before = safe(text[max(0, end.start - room) : end.start])
    after = safe(text[end.end : end.end + room])
    return _clipped([(f"  {before}", looks.bar_faint), (name, looks.bar), (after, looks.bar_faint)], width)
