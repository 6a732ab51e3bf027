"""Looking back and up: the history of what is focused, the guideline of a label, and the card on which both are read.
Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from annotations import usage
from annotations.errors import Refused
from annotations.history import Entry
from annotations.model import Entity, Suggestion
from annotations.schema import EntityType, RelationType
from annotations.usage import Place, Usage
from tui.card import Card, Line
from tui.desk import Desk
from tui.verbs import editing, linking

FREQUENT = 12
"""How many strings of a label are shown as examples."""

TITLE = 32
"""Characters of an article's title beside a place in it."""

END = 1 << 30
"""More rows than any card has."""


# -- the card ---------------------------------------------------------------------------------------


def show(desk: Desk, card: Card) -> None:
    """Lays a card over the text; cursor and focus stay."""
    desk.mode, desk.card = "card", card.fitted(desk.view.width, desk.view.height)


def scroll(desk: Desk, rows: int) -> None:
    """Scrolls the card."""
    if desk.card is not None:
        desk.card = desk.card.scrolled(rows)


def page(desk: Desk, step: int) -> None:
    """Scrolls the card by what is in view, less a row."""
    if desk.card is not None:
        scroll(desk, step * max(1, desk.card.room - 1))


def close(desk: Desk) -> None:
    """Takes the card away; a pinned head stays pinned."""
    desk.mode, desk.card = "read", None


# -- history ----------------------------------------------------------------------------------------


def history(desk: Desk) -> None:
    """Shows what happened to what is focused, else to the article, oldest first."""
    entries = desk.session.history(desk.focus)
    if not entries:
        raise Refused(f"nothing happened to {_named(desk)} yet")
    now = datetime.now().astimezone()
    times = [when(entry.at, now) for entry in entries]
    width = max(map(len, times))
    lines = [_entry(entry, f"{time:>{width}}") for entry, time in zip(entries, times, strict=True)]
    show(desk, Card(f"history of {_named(desk)}", tuple(lines), at_end=True))


def _entry(entry: Entry, time: str) -> Line:
    if entry.verb == "offer":
        return Line(f"{entry.says} by {entry.who}", time, "faint")
    return Line(entry.says, f"{time} {entry.who}")


def when(at: str, now: datetime) -> str:
    """A moment (ISO 8601) as short as it can be said on the clock of `now`: the time if it was today, else the date."""
    try:
        moment = datetime.fromisoformat(at).astimezone(now.tzinfo)
    except ValueError:
        return at[:10]
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    return f"{moment:%m-%d %H:%M}" if moment.year == now.year else f"{moment:%Y-%m-%d}"


def _named(desk: Desk) -> str:
    """What is focused, in words."""
    if desk.item is not None:
        return f"{desk.item.label} “{desk.item.text}”"
    ends = desk.ends(desk.focus) if desk.focus else None
    if ends is not None and desk.focus is not None:
        return f"“{ends[0].text}” {linking.arrow(desk, desk.focus)} “{ends[1].text}”"
    return "this article"


# -- guideline --------------------------------------------------------------------------------------


def guideline(desk: Desk) -> None:
    """Shows the guideline of the focused label with how this string was labelled before; where nothing is focused, of
    a label to be chosen."""
    schema, item = desk.state.schema, desk.item
    ends = desk.ends(desk.focus) if desk.focus else None
    if ends is not None and desk.focus is not None:
        _relation_guideline(desk, _relation_label(desk, desk.focus), *ends)
    elif item is not None:
        _entity_guideline(desk, item.label)
    else:
        choices = editing.type_choices(schema.entities, desk.recent, "label")
        desk.host.pick("guideline of", choices, lambda name: _entity_guideline(desk, name))


def _relation_label(desk: Desk, key: str) -> str:
    relation = desk.state.relations.get(key)
    return relation.label if relation is not None else desk.state.links[key].label


def _entity_guideline(desk: Desk, name: str) -> None:
    store, schema = desk.session.store, desk.state.schema
    lines = list(_type_lines(schema.entity(name) if schema.has_entity(name) else None))
    if text := _string(desk):
        own = desk.focus if desk.kind == "entity" and desk.focus is not None else ""
        lines += _before(text, usage.usages(store, text, own), usage.rejections(store, text))
    often = [f"{text} {count}" for text, count in usage.frequent(store, name, FREQUENT)]
    show(desk, Card(f"guideline of {name}", (*lines, *_often(name, often))))


def _relation_guideline(desk: Desk, name: str, head: Entity | Suggestion, tail: Entity | Suggestion) -> None:
    store, schema = desk.session.store, desk.state.schema
    lines = list(_type_lines(schema.relation(name) if schema.has_relation(name) else None))
    lines += [Line(), Line(f"“{head.text}” and “{tail.text}” in this project", tone="strong")]
    pairs = [
        (head, tail, usage.pairs(store, head.text, tail.text)),
        (tail, head, usage.pairs(store, tail.text, head.text)),
    ]
    found = [
        Line(f"“{first.text}” —{label}→ “{second.text}” {_times(count)}", layer)
        for first, second, rows in pairs[: 1 if head.text == tail.text else 2]
        for layer, label, count in rows
    ]
    lines += found or [Line("not related so far", tone="faint")]
    often = [
        f"{first} → {second} {count}" for first, second, count in usage.frequent_pairs(store, name, FREQUENT)
    ]
    show(desk, Card(f"guideline of {name}", (*lines, *_often(name, often))))


def _string(desk: Desk) -> str:
    """The string that is asked about: the focused one, else the token under the cursor."""
    if desk.item is not None:
        return desk.item.text
    if not len(desk.state.tokens):
        return ""
    start, end = desk.state.tokens.span(desk.cursor)
    return desk.state.article.text[start:end]


def _type_lines(kind: EntityType | RelationType | None) -> Iterator[Line]:
    """What config.yaml says about a type."""
    if kind is None:
        yield Line("this is not a label of this project", tone="faint")
        return
    about = kind.about or "config.yaml says nothing about it (`about`)"
    yield Line(about, tone="plain" if kind.about else "faint")
    if isinstance(kind, RelationType):
        arrow = "and" if kind.symmetric else "to"
        yield Line(f"{', '.join(sorted(kind.head))} {arrow} {', '.join(sorted(kind.tail))}", "from")
    for example in kind.examples:
        yield Line(example, "such as")
    keys = " ".join(kind.keys) or "none of its own"
    yield Line(f"{keys}, code {kind.code}" + (f", among {kind.group}" if kind.group else ""), "keys")


def _before(text: str, usages: Sequence[Usage], rejections: Sequence[tuple[str, str, int]]) -> Iterator[Line]:
    """How a string was labelled before, by whom, how often and where."""
    yield Line()
    yield Line(f"“{text}” in this project", tone="strong")
    if not usages and not rejections:
        yield Line("not labelled so far", tone="faint")
    for found in usages:
        yield Line(f"{found.label} {_times(found.count)}", found.layer)
        yield from (Line(_context(place), "   ", "faint") for place in found.places)
    for layer, label, count in rejections:
        yield Line(f"rejected {label} {_times(count)}", layer)


def _context(place: Place) -> str:
    before, text, after = (" ".join(part.split("\n")) for part in (place.before, place.text, place.after))
    title = place.title if len(place.title) <= TITLE else place.title[: TITLE - 1] + "…"
    return f"…{before}[{text}]{after}… ({title})"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _often(name: str, often: Sequence[str]) -> Iterator[Line]:
    if often:
        yield Line()
        yield Line(f"most often {name} lately", tone="strong")
        yield Line(" · ".join(often))
