"""The rows around the text: header, message, strip, key grid, side pane. Pure: a desk in, rows out.

Invariant: every foreign string goes through `safe`; no row is wider than it was asked to be.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

from rich.cells import cell_len
from rich.style import Style

from annotations import details, hidden, navigator
from annotations.model import Entity, Relation, Span, Suggestion
from annotations.schema import EntityType, RelationType
from annotations.state import Item
from annotations.text import joined
from annotations.wording import count
from tui.commands import Command
from tui.desk import Desk
from tui.drawing import number
from tui.gloss import signed
from tui.keys import Dispatcher, Keymap
from tui.looks import Looks
from tui.preview import Preview
from tui.safe import safe
from tui.verbs import linking
from tui.widgets.rows import Row, cells, clip, fit

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


HELD = {"ctrl": "Ctrl+", "shift": "⇧", "alt": "Alt+"}
"""Keys that are held down with another."""


def sign(sequence: str) -> str:
    """A key sequence as people write it: `g g` is gg, `ctrl+r` is Ctrl+R, `g home` is g Home."""
    signs = [_sign(name) for name in sequence.split()]
    spaced = [f" {each} " if len(each) > 1 else each for each in signs]
    return " ".join("".join(spaced).split())


def _sign(name: str) -> str:
    if len(name) == 1 or name in KEY_SIGNS:
        return KEY_SIGNS.get(name, name)
    held, plus, base = name.rpartition("+")
    if plus:
        base = KEY_SIGNS.get(base, base.upper())
        return "".join(HELD[each] for each in held.split("+")) + base
    return name.upper() if name[0] == "f" and name[1:].isdigit() else name


LABELS_ROOM = 24
"""Cells that the header has for the labels of the article."""


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
    return clip(row, width)


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
    labels = f" · {fit(safe(', '.join(progress.labels)), LABELS_ROOM)}" if progress.labels else ""
    unit = " · by character" if desk.by_character else ""
    return f"{progress.status}{marks}{labels}{unit}{problems} · {percent}%"


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
    words = " · ".join(filter(None, (_mode(desk), _focused(desk))))
    return ((fit(f" {words}", width), looks.bar_faint),)


def _mode(desk: Desk) -> str:
    if desk.mode == "select":
        kept = f" · {len(desk.pieces)} piece{'s' if len(desk.pieces) > 1 else ''} kept" if desk.pieces else ""
        return f"SELECT{' · edges of what was reopened' if desk.reshaping else ''}{kept}"
    if desk.mode == "hints":
        return "JUMP · type the letters shown on an item"
    if desk.preview is not None:
        return f"PREVIEW · {_about_line(desk.preview)}"
    if desk.mode == "ask":
        waiting, one = count(desk.state.pending_count, "suggestion"), desk.state.pending_count == 1
        are, them = ("is", "it") if one else ("are", "them")
        return f"DONE · {waiting} {are} pending: accept, reject, or leave {them} unknown?"
    if desk.link is not None:
        head = desk.state.shown(desk.link.head)
        if desk.link.same:
            return f"SAME entity as “{safe(head.text) if head else ''}”"
        name = f" —{safe(desk.link.relation)}→" if desk.link.relation else ""
        return f"LINK from “{safe(head.text) if head else ''}”{name}"
    return ""


def _about_line(preview: Preview) -> str:
    """What is said about the current line, of which a narrow screen has no room for the note."""
    line = preview.current
    if line is None:
        return "nothing to tick"
    words = [safe(line.label), f"“{safe(line.text)}”", safe(preview.note(line))]
    return " ".join(word for word in words if word)


def _focused(desk: Desk) -> str:
    if desk.mode in ("hints", "ask", "preview"):
        return ""
    if desk.selected:
        return _quoted(desk, details.merged(desk.state.article.text, desk.selected))
    if (item := desk.item) is not None:
        return _about(desk, item)
    if desk.focus is not None and (ends := desk.ends(desk.focus)) is not None:
        return _about_relation(desk, ends)
    return "" if len(desk.state.tokens) else "this article has no text"


def _about(desk: Desk, item: Entity | Suggestion) -> str:
    depth = len(navigator.stack(desk.state, desk.cursor))
    stacked = f" · {depth} stacked here, ~ goes round" if depth > 1 else ""
    if isinstance(item, Suggestion) and item.about in desk.hidden:
        says = hidden.why(desk.state, item.about)
        return f"{safe(item.label)} “{safe(item.text)}” {safe(says)} · a takes it back{stacked}"
    if isinstance(item, Suggestion):
        score = f" {item.score:.2f}" if item.score is not None else ""
        return f"{safe(item.label)}? “{safe(item.text)}” from {safe(', '.join(item.sources))}{score}{stacked}"
    relations = len(navigator.relations_at(desk.state, item.id))
    words = [f"{safe(item.label)} {_quoted(desk, item.spans)}"]
    words += [_same_as(len(others))] if (others := desk.state.others(item.id)) else []
    words += [f"{relations} relation{'s' if relations > 1 else ''}"] if relations else []
    words += [f"link: {safe(item.link)}"] if item.link else []
    return " · ".join([*words, *_remarks(desk, item)]) + stacked


def _remarks(desk: Desk, own: Entity | Relation) -> Iterator[str]:
    """Attributes, note and problem of what is the person's own."""
    for name, value in (own.attributes or {}).items():
        yield f"{safe(name)} = {safe(details.written(value))}"
    if own.note:
        yield f"note: {safe(own.note)}"
    if problem := desk.state.problems.get(own.id):
        yield f"PROBLEM: {safe(problem)}"


def _quoted(desk: Desk, spans: Sequence[Span]) -> str:
    """The text of some pieces, with an ellipsis for each gap."""
    return f"“{safe(joined(desk.state.article.text, spans))}”"


def _same_as(count: int) -> str:
    return f"same as {count} other{'s' if count > 1 else ''}"


def _about_relation(desk: Desk, ends: tuple[Entity | Suggestion, Entity | Suggestion]) -> str:
    key = desk.focus or ""
    relation, link = desk.state.relations.get(key), desk.state.links.get(key)
    words = [f"“{safe(ends[0].text)}” {safe(linking.arrow(desk, key))} “{safe(ends[1].text)}”"]
    words += [f"{safe(hidden.why(desk.state, key))}; a takes it back"] if key in desk.hidden else []
    words += [f"from {safe(', '.join(link.sources))}"] if link else []
    return " · ".join([*words, *(_remarks(desk, relation) if relation else ())])


# -- the strip ----------------------------------------------------------------------------------------


def labels_row(desk: Desk, keymap: Keymap, looks: Looks, width: int) -> Row:
    """The labels that a key means now: those that one key reaches, then codes while there is room; what is left out is
    told by the key that lists it."""
    return _labels_row(desk.scope, tuple(kind.name for kind in _types(desk)), keymap, looks, width)


@lru_cache(maxsize=32)
def _labels_row(scope: str, names: Sequence[str], keymap: Keymap, looks: Looks, width: int) -> Row:
    direct, coded = _label_keys(scope, names, keymap)
    found = [*direct, *coded]
    if not found:
        return ((" ", looks.bar),)
    rest = f"{sign(coded[0][0][0])} …" if coded else "…"
    room = width - len(rest) - 2
    need = sum(_piece_width(keys, name, 99) for keys, name in direct)
    longest = 99 if need <= room or not direct else max(3, room // len(direct) - 3)
    row: list[tuple[str, Style]] = [(" ", looks.bar)]
    for place, (keys, name) in enumerate(found):
        needed = _piece_width(keys, name, longest)
        last = place + 1 == len(found)
        if cells(row) + needed > (width if last else width - len(rest)):
            row.append((rest, looks.key))
            break
        row += [(f"{sign(' '.join(keys))} ", looks.key), (f"{fit(safe(name), longest)} ", looks.chip(name))]
    return clip(row, width)


def _piece_width(keys: Sequence[str], name: str, longest: int) -> int:
    return len(sign(" ".join(keys))) + min(cell_len(safe(name)), longest) + 2


LABEL_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "read": ("label",),
    "select": ("label",),
    "same": ("label",),
    "link": ("relate",),
    "head": ("relate", "choose"),
    "relation": ("retype",),
}
"""The commands that a label or relation type has in each scope; where there are several, in this order."""


Keyed = tuple[Sequence[str], str]
"""A sequence of keys and the label that it means."""


def _label_keys(scope: str, names: Sequence[str], keymap: Keymap) -> tuple[list[Keyed], list[Keyed]]:
    """Labels with their shortest keys in this project: single keys, and sequences."""
    direct: list[Keyed] = []
    coded: list[Keyed] = []
    for name in names:
        found = (keymap.shortest.get(f"{verb}.{name}") for verb in LABEL_COMMANDS[scope])
        if (keys := next(filter(None, found), None)) is not None:
            (direct if len(keys) == 1 else coded).append((keys, name))
    return direct, coded


def _types(desk: Desk) -> Sequence[EntityType | RelationType]:
    """The labels that can be meant now."""
    if desk.scope in ("link", "head", "relation"):
        return linking.types_now(desk)
    return desk.state.schema.entities if desk.scope in LABEL_COMMANDS else ()


def with_keys(keymap: Keymap, words: str) -> str:
    """A sentence in which {id} stands for the first key of that command, or for its name where it has no key."""

    def key(found: re.Match[str]) -> str:
        keys = keymap.keys_of(found[1])
        return sign(" ".join(keys[0])) if keys else f"“{keymap.commands[found[1]].title}”"

    return re.sub(r"{([a-z-]+)}", key, words)


def keys_for(keymap: Keymap, words: Mapping[str, str]) -> str:
    """Commands with the first key of each, as a phrase: "Space ticks, Enter applies"."""
    bound = [(keymap.keys_of(id), word) for id, word in words.items()]
    return ", ".join(f"{sign(' '.join(keys[0]))} {word}" for keys, word in bound if keys)


def prompt_row(lists: bool, looks: Looks, width: int) -> Row:
    """What keys do in a prompt; `lists` says that something can be chosen in it."""
    keys = [("Enter", "takes it" if lists else "answers"), ("Esc", "leaves")]
    keys += [("↑ ↓", "choose"), ("letters", "narrow")] if lists else [("Ctrl+U", "empties the line")]
    row: list[tuple[str, Style]] = [(" ", looks.bar)]
    for name, does in keys:
        row += _key_and_word(name, does, looks)
    return clip(row, width)


def _key_and_word(key: str, word: str, looks: Looks) -> Row:
    return (f"{key} ", looks.key), (f"{word}  ", looks.bar)


def verbs_row(keymap: Keymap, scope: str, controller: object, looks: Looks, width: int) -> Row:
    """The commands of a scope that are legal now, the most useful first, as many as fit whole."""
    legal = takewhile(lambda bound: bound.command.strip, keymap.legal(scope, controller))
    return _verbs_row(tuple(bound.command.id for bound in legal), keymap, looks, width)


@lru_cache(maxsize=64)
def _verbs_row(ids: Sequence[str], keymap: Keymap, looks: Looks, width: int) -> Row:
    row: list[tuple[str, Style]] = [(" ", looks.bar)]
    for id in ids:
        piece = _key_and_word(sign(" ".join(keymap.keys_of(id)[0])), keymap.commands[id].title, looks)
        if cells(row) + cells(piece) > width:
            break
        row += piece
    return tuple(row)


TYPES = ("Labels", "Relation types")
"""Groups of commands whose titles are foreign words: the names of the project's labels."""


CODES = {"head": "the type of the relation  ", "link": "a label for the other end  "}
"""What a short code means where it could mean either."""

LONGEST_TITLE = 24
"""Cells of a name in the key grid, at most."""


def key_grid(
    dispatcher: Dispatcher, scope: str, controller: object, looks: Looks, width: int, height: int, page: int
) -> list[Row]:
    """What the next key can be after a beginning such as Space or g, in columns: as much of it as so many rows hold,
    from the given page, which is counted round."""
    following = sorted(_following(dispatcher, scope, controller), key=lambda each: each[:2])
    if not following:
        return []
    pairs = [(sign(keys), fit(safe(command.title), LONGEST_TITLE), command) for _, keys, command in following]
    size = min(width, max(len(keys) + cell_len(title) for keys, title, _ in pairs) + 3)
    per_row = max(1, width // size)
    held = per_row * (height - 1)
    pages = -(-len(pairs) // held)
    first = page % pages * held
    shown = pairs[first : first + held]
    title = f" {sign(' '.join(dispatcher.pending))} …  "
    title += CODES.get(scope, "") if any(named for named, *_ in following) else ""
    if pages > 1:
        title += f"{len(pairs) - len(shown)} more: PgDn, page {page % pages + 1} of {pages}  "
    title += "Esc cancels"
    rows: list[Row] = [((fit(title, width), looks.bar_faint),)]
    for start in range(0, len(shown), per_row):
        row: list[tuple[str, Style]] = []
        for keys, title, command in shown[start : start + per_row]:
            pad = " " * (size - len(keys) - cell_len(title) - 2)
            style = looks.chip(command.title) if command.group in TYPES else looks.bar
            row += [(f" {keys} ", looks.key), (title + pad, style)]
        rows.append(clip(row, width))
    return rows


def _following(dispatcher: Dispatcher, scope: str, controller: object) -> Iterator[tuple[bool, str, Command]]:
    """The keys that can follow: whether each leads to a label (those are sorted last), the keys, the command. Of the
    relation types only those that are legal here."""
    seen = set()
    for keys, command in dispatcher.next_keys(scope):
        named = command.group in TYPES
        if command.id not in seen and (not named or command.when(controller)):
            seen.add(command.id)
            yield named, keys, command


# -- the side pane ------------------------------------------------------------------------------------

BEFORE, AFTER = 14, 18
"""Cells of context left and right of an entity in the pane, at most."""


def pane(desk: Desk, looks: Looks, width: int, height: int) -> list[Row]:
    """Entities and suggestions around the focus, the other mentions of the same entity, and the relations: of what is
    focused, else of the article."""
    mentions = _mention_rows(desk, looks, width, max(2, height // 4))
    relations = [*mentions, *_relation_rows(desk, looks, width, max(2, height // 2 - len(mentions)))]
    room = max(3, height - min(len(relations), height // 2) - 2)
    rows = _item_rows(desk, looks, width, room, _step(height))
    rows += [((" ", looks.bar),)] * (room - len(rows))
    return [clip(row, width) for row in [*rows, *relations][:height]]


def pane_key(desk: Desk, looks: Looks, width: int, height: int) -> tuple[object, ...]:
    """All that the pane's looks depend on, comparable: while it stays the same the pane need not be made anew."""
    state = desk.state
    block = _middle(desk) // _step(height)
    return id(state), state.version, desk.view.reveals, desk.focus, block, id(looks), width, height


def _step(height: int) -> int:
    """By how many items the pane of a height scrolls at once, so that it stays as it is from item to item."""
    return max(1, height // 4)


def _middle(desk: Desk) -> int:
    """The place in the items of what is focused, else of what comes next."""
    at, items = desk.item_of(desk.focus) if desk.focus else None, desk.items
    here = at or navigator.next_item(desk.state, desk.cursor, None, 1, among=items)
    return bisect_left(items, here) if here is not None else len(items)


def _item_rows(desk: Desk, looks: Looks, width: int, height: int, step: int) -> list[Row]:
    items = desk.items
    title = f" {count(len(desk.state.entities), 'entity')}, {desk.state.pending_count} pending"
    title += f", {len(desk.hidden.items)} hidden" if desk.view.reveals else ""
    rows: list[Row] = [((fit(title, width), looks.bar_strong),)]
    block = _middle(desk) // step * step
    first = max(0, min(block - (height - step) // 2, len(items) - height + 1))
    for item in items[first : first + height - 1]:
        rows.append(_item_row(desk, looks, width, item))
    return rows


def _item_row(desk: Desk, looks: Looks, width: int, place: Item) -> Row:
    focused = place.key == desk.focus
    if place.key in desk.state.links:
        ends = desk.ends(place.key)
        words = f"{safe(ends[0].text)} → {safe(ends[1].text)}" if ends else ""
        return clip([(f"{_mark(focused)}{signed(place)} ", looks.key), (words, looks.bar)], width)
    item = desk.thing(place.key)
    if item is None:
        return ()
    after = desk.state.article.text[item.end : item.end + AFTER]
    shown = (item.label, signed(place), item.text, after)
    return _thing_row(*shown, isinstance(item, Entity), focused, looks, width)


@lru_cache(maxsize=1024)
def _thing_row(
    label: str, name: str, text: str, after: str, is_own: bool, focused: bool, looks: Looks, width: int
) -> Row:
    """The row of an entity or suggestion, whose label is called `name`; most rows of the pane stay from key to key."""
    chip, text = fit(name, 11), fit(safe(text), max(4, width - 13))
    room = max(0, width - 13 - cell_len(text) - 1)
    row = [
        (_mark(focused), looks.key),
        (chip, looks.key if focused else looks.chip(label)),
        (" " * (12 - cell_len(chip)) + text, looks.bar_strong if is_own else looks.bar),
        (safe(after[:room]), looks.bar_faint),
    ]
    return clip(row, width)


def _mark(focused: bool) -> str:
    return "▸" if focused else " "


def _mention_rows(desk: Desk, looks: Looks, width: int, most: int) -> list[Row]:
    """At most so many rows: the other members of the focused entity's cluster; none where it is in none."""
    others = desk.state.others(desk.focus)
    if not others:
        return []
    shown = others[: most - 1] if len(others) < most else others[: most - 2]
    rows: list[Row] = [((f" {_same_as(len(others))}", looks.bar_strong),)]
    for other in shown:
        label, name = fit(safe(other.label), 11), fit(safe(other.text), max(4, width - 15))
        pad = " " * (12 - cell_len(label))
        row = [
            ("= ", looks.bar),
            (label, looks.chip(other.label)),
            (pad, looks.bar),
            (name, looks.bar_strong),
        ]
        rows.append(clip(row, width))
    if len(shown) < len(others):
        rows.append(((f"  and {len(others) - len(shown)} more", looks.bar_faint),))
    return rows


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
    at = keys.index(desk.focus) if desk.focus in keys else 0
    first = max(0, min(at - most // 2, len(keys) - most + 1))
    for place, key in enumerate(keys[first : first + most - 1], first + 1):
        mark = f"{number(place)} " if here else "▸ " if key == desk.focus else "  "
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
    return [clip(row, width), *context]


def _context(desk: Desk, looks: Looks, width: int, end: Entity | Suggestion) -> Row:
    """An end of a relation with the words around it."""
    text, name = desk.state.article.text, fit(safe(end.text), width // 2)
    room = max(0, width - cells([(name, looks.bar)]) - 3) // 2
    before = safe(text[max(0, end.start - room) : end.start])
    after = safe(text[end.end : end.end + room])
    return clip([(f"  {before}", looks.bar_faint), (name, looks.bar), (after, looks.bar_faint)], width)
