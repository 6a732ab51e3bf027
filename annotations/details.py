"""The verbs beside label and edges: pieces of an entity, clusters, links, attributes, document labels.

Invariant: as in `annotations.edits`: a verb changes nothing and raises `Refused` with the reason. The pieces of an
entity are sorted, trimmed and apart; the value of an attribute that is set here is a JSON scalar; a cluster has two
members or more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from annotations import edits
from annotations.draft import Draft, Pen
from annotations.errors import Refused
from annotations.model import Edit, Entity, Relation, Span, about_entity
from annotations.state import ArticleState
from annotations.text import Tokens, trim
from annotations.wording import short

Scalar = str | int | float | bool

# -- pieces -----------------------------------------------------------------------------------------


def merged(text: str, pieces: Iterable[Span]) -> tuple[Span, ...]:
    """The pieces without white space at their edges, sorted, as one where they touch or overlap. Refused when nothing
    is left."""
    found: list[Span] = []
    for start, end in sorted(trim(text, *piece) for piece in pieces):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif start < end:
            found.append((start, end))
    if not found:
        raise Refused("there is nothing but white space here")
    return tuple(found)


def add(state: ArticleState, pen: Pen, pieces: Iterable[Span], label: str) -> Edit:
    """Makes one entity of all pieces; where exactly these are suggested, accepts that, under this label."""
    spans = merged(state.article.text, pieces)
    if (known := state.ids_by_value.get((spans, label))) is not None:
        raise Refused(f"this is {label} already", known)
    if (offered := _offered(state, spans, label)) is not None:
        return edits.relabel(state, pen, offered, label)
    if len(spans) == 1:
        return edits.add(state, pen, *spans[0], label)
    draft = Draft(state, pen)
    id = draft.add_entity(spans[0][0], spans[-1][1], label, spans)
    return draft.edit("add", f"{label} {edits.surface(state.article.text, spans)}", id)


def _offered(state: ArticleState, spans: tuple[Span, ...], label: str) -> str | None:
    """The pending suggestion on exactly these pieces, the one with the label before others."""
    if state.is_pending(same := about_entity(spans, label)):
        return same
    items = state.items_over(spans[0][0], spans[-1][1])
    found = (state.suggestions[item.key] for item in items if item.key in state.suggestions)
    return next((each.about for each in found if each.spans == spans), None)


def reshape(
    state: ArticleState, pen: Pen, key: str, pieces: Iterable[Span], label: str | None = None
) -> Edit:
    """Gives an entity, or a suggestion, which accepts it, these pieces, and a label where asked."""
    return edits.set_spans(state, pen, key, merged(state.article.text, pieces), label)


def moved(spans: tuple[Span, ...], units: Tokens, side: str, step: int) -> tuple[Span, ...]:
    """The pieces with the outer edge of a `side`, `start` or `end`, moved right (`step` 1) or left (-1) to the next
    edge of a unit; a gap that it meets is leapt. Refused at the edges of the text, and when nothing would be left."""
    outwards = (side == "start") == (step < 0)
    found = units.next_edge(side, spans[0][0] if side == "start" else spans[-1][1], step)
    if outwards and found is None:
        raise Refused("that is the edge of the text")
    kept = () if found is None else (_grown if outwards else _cut)(spans, side, found)
    if not kept:
        raise Refused(f"it is one {units.unit} already; d deletes it")
    return kept


def _grown(spans: tuple[Span, ...], side: str, edge: int) -> tuple[Span, ...]:
    (_, first_end), (last_start, _) = spans[0], spans[-1]
    if side == "start":
        return (edge, first_end), *spans[1:]
    return *spans[:-1], (last_start, edge)


def _cut(spans: tuple[Span, ...], side: str, edge: int) -> tuple[Span, ...]:
    cut = [(max(s, edge), e) if side == "start" else (s, min(e, edge)) for s, e in spans]
    return tuple((start, end) for start, end in cut if start < end)


# -- clusters ---------------------------------------------------------------------------------------


def same(state: ArticleState, pen: Pen, key: str, other: str) -> Edit:
    """Says that two mentions are of one entity: they and their clusters become one cluster. Suggestions are accepted by
    it; the second one is focused."""
    shown = [edits.acted_on(state, each) for each in (key, other)]
    if key == other:
        raise Refused("a cluster needs another member", key)
    draft = Draft(state, replace(pen, via="relate"))
    ids = [edits.take_over(draft, each) for each in (key, other)]
    first, second = map(draft.entities.get, ids)
    if first is None or second is None or first.id == second.id:
        raise Refused("a cluster needs two members that do not overlap", key)
    clusters = [each.cluster for each in (first, second) if each.cluster]
    if len(clusters) == 2 and clusters[0] == clusters[1]:
        raise Refused("these are the same entity already", other)
    name = clusters[0] if clusters else pen.new_id()
    joined = {e.id: None for each in clusters for e in draft.members(each)} | dict.fromkeys(ids)
    for id in joined:
        if draft.entities[id].cluster != name:
            draft.annotate(id, cluster=name)
    words = " = ".join(f"“{short(each.text)}”" for each in shown)
    return draft.edit("cluster", f"{words}, {len(joined)} mentions of one entity", ids[1])


def leave_cluster(state: ArticleState, pen: Pen, key: str) -> Edit:
    """Takes an entity out of its cluster; the others stay together."""
    entity = state.entities.get(key)
    if entity is None or not state.others(key):
        raise Refused("this is in no cluster; = puts it into one", key)
    draft = Draft(state, pen)
    draft.annotate(key, cluster=None)
    return draft.edit("uncluster", f"“{short(entity.text)}” is an entity of its own again", key)


# -- details ----------------------------------------------------------------------------------------


def link(state: ArticleState, pen: Pen, key: str, text: str) -> Edit:
    """Sets the id that an entity has in a knowledge base; an empty text takes it away. Accepts a suggestion."""
    edits.acted_on(state, key)
    value = text.strip() or None
    draft = Draft(state, pen)
    id = edits.take_over(draft, key)
    draft.annotate(id, link=value)
    return draft.edit("link", f"linked to {short(value)}" if value else "link taken away", id)


def attribute(state: ArticleState, pen: Pen, key: str, name: str, text: str) -> Edit:
    """Sets an attribute of an entity or a relation to what the text says; an empty text takes it away. Accepts a
    suggestion, of a relation with both ends."""
    name = name.strip()
    if not name:
        raise Refused("an attribute needs a name: name = value")
    value = scalar(text)
    draft = Draft(state, pen)
    id = edits.take_over(draft, key)
    thing: Entity | Relation = draft.relations.get(id) or draft.entities[id]
    rest = {n: v for n, v in (thing.attributes or {}).items() if n != name}
    if value is None and len(rest) == len(thing.attributes or {}):
        raise Refused(f"there is no attribute {short(name)} here; name = value sets one", id)
    draft.annotate(id, attributes=(rest if value is None else rest | {name: value}) or None)
    says = f"{short(name)} = {written(value)}" if value is not None else f"{short(name)} taken away"
    return draft.edit("attribute", says, id)


def scalar(text: str) -> Scalar | None:
    """What a typed value means: `true`, `false`, a JSON number, a text in double quotes; else the text as it is. None
    for nothing. Refused where the text is other JSON than that."""
    text = text.strip()
    if not text:
        return None
    try:
        value = json.loads(text, parse_constant=str)
    except json.JSONDecodeError:
        if text.startswith('"'):
            raise Refused("a text that begins with a quotation mark ends with one") from None
        return text
    except (ValueError, RecursionError):
        raise Refused("this number has too many digits, or this nests too deeply") from None
    if not isinstance(value, (str, int, float, bool)):
        raise Refused(
            "the value is true, false, a number or a text; a text that looks like more needs quotes"
        )
    if isinstance(value, float) and not isfinite(value):
        raise Refused("this number is too large")
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise Refused("half of a surrogate pair is no character")
    return value


def written(value: Any) -> str:
    """A value as a person types it: `scalar` gives it back."""
    if isinstance(value, str) and value == value.strip() and value and not _is_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        return scalar(text) != text
    except Refused:
        return True


def attribute_names(state: ArticleState) -> list[str]:
    """The names of attributes that entities and relations of the article have, the most used first."""
    counts: dict[str, int] = {}
    things: list[Mapping[str, Any] | None] = [e.attributes for e in state.entities.values()]
    things += [r.attributes for r in state.relations.values()]
    for attributes in things:
        for name in attributes or ():
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


# -- document labels --------------------------------------------------------------------------------


def toggle_label(state: ArticleState, pen: Pen, name: str) -> Edit:
    """Gives the article a document label, or takes it away; they stand in the order of the config."""
    known, now = state.schema.labels, state.progress.labels
    if name not in known and name not in now:
        raise Refused(f"{name} is not a document label of this project")
    wanted = [each for each in now if each != name] if name in now else [*now, name]
    order = {each: place for place, each in enumerate(known)}
    draft = Draft(state, pen)
    labels = tuple(sorted(wanted, key=lambda each: order.get(each, len(order))))
    draft.progress = replace(state.progress, labels=labels)
    return draft.edit("labels", f"article {'no longer ' if name in now else ''}labelled {name}", None)
