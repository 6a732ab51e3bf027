"""One article with one person's annotations and what is suggested to that person.

Invariant: `items` holds the person's entities and the pending suggestions, and nothing else, in reading order; it is
kept true edit by edit, at a cost that depends on what the edit touches and not on the length of the article.
"""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from annotations.model import (
    Analysis,
    Article,
    Change,
    Decision,
    Edit,
    Entity,
    Layer,
    Progress,
    Relation,
    RelationSuggestion,
    Span,
    Suggestion,
    about_entity,
    about_relation,
)
from annotations.schema import Schema
from annotations.text import Tokens

Value = tuple[tuple[Span, ...], str]
"""Spans and label of an entity, own or suggested."""

OWN, PENDING, LINK = range(3)
"""Kinds of item, in the order in which they stand at one place: own entity, suggestion, suggested relation."""


class Item(NamedTuple):
    """Something to stop at. Its order is the reading order: start, longer first, own before pending."""

    start: int
    minus_end: int
    kind: int
    label: str
    key: str

    @property
    def end(self) -> int:
        """End of the range, in code points, exclusive."""
        return -self.minus_end


class SpanIndex:
    """Keys by range: finds what overlaps `[start, end)`; long ranges do not slow the rest."""

    BLOCK = 512

    def __init__(self) -> None:
        self._ranges: dict[str, Span] = {}
        self._blocks: defaultdict[int, dict[str, None]] = defaultdict(dict)

    def __contains__(self, key: str) -> bool:
        return key in self._ranges

    def add(self, key: str, start: int, end: int) -> None:
        """Enters a key that is not in the index."""
        self._ranges[key] = (start, end)
        block = start // self.BLOCK
        if end <= (block + 1) * self.BLOCK:
            self._blocks[block][key] = None
            return
        for block in self._of(start, end):
            self._blocks[block][key] = None

    def remove(self, key: str) -> None:
        """Takes a key out; KeyError when it is not in."""
        for block in self._of(*self._ranges.pop(key)):
            del self._blocks[block][key]

    def overlapping(self, start: int, end: int) -> list[str]:
        """Keys whose range shares a code point with `[start, end)`, in no particular order."""
        blocks, ranges = self._of(start, end), self._ranges
        found: Collection[str]
        if len(blocks) == 1:
            found = self._blocks.get(blocks[0], ())
        elif len(blocks) <= len(self._blocks):
            found = {key: None for block in blocks for key in self._blocks.get(block, ())}
        else:
            found = ranges
        return [key for key in found if ranges[key][0] < end and ranges[key][1] > start]

    def _of(self, start: int, end: int) -> range:
        return range(start // self.BLOCK, (max(end, start + 1) - 1) // self.BLOCK + 1)


def overlaps(a: tuple[Span, ...], b: tuple[Span, ...]) -> bool:
    """Whether two lists of pieces share a code point."""
    return any(s < end and start < e for s, e in a for start, end in b)


def contains(outer: tuple[Span, ...], inner: tuple[Span, ...]) -> bool:
    """Whether every piece of `inner` lies in a piece of `outer`."""
    return all(any(s <= start and end <= e for s, e in outer) for start, end in inner)


def conflict(policy: str, a: Value, b: Value) -> bool:
    """Whether the overlap policy forbids `a` and `b` in one layer."""
    if policy == "none":
        return overlaps(a[0], b[0])
    if policy == "nested":
        nested = contains(a[0], b[0]) or contains(b[0], a[0])
        return a[0] == b[0] or (overlaps(a[0], b[0]) and not nested)
    return a == b


class ArticleState:
    """The article, the person's layer on it, and the suggestions above their threshold.

    Verbs in `annotations.edits` read it and return an `Edit`; `apply` is the only thing that changes it.
    """

    def __init__(
        self,
        article: Article,
        layer: Layer,
        schema: Schema,
        entities: Iterable[Entity] = (),
        relations: Iterable[Relation] = (),
        decisions: Iterable[Decision] = (),
        progress: Progress = Progress(),
        suggestions: Iterable[Suggestion] = (),
        links: Iterable[RelationSuggestion] = (),
        analysis: Analysis = Analysis(),
        analysed: bool = True,
    ) -> None:
        self.article, self.layer, self.schema = article, layer, schema
        self.progress = progress
        self.entities: dict[str, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self.decisions: dict[str, Decision] = {d.about: d for d in decisions}
        self.results: defaultdict[str, set[str]] = defaultdict(set)
        for decision in self.decisions.values():
            if decision.result:
                self.results[decision.result].add(decision.about)
        self.ids_by_value: dict[Value, str] = {}
        self.problems: dict[str, str] = {}
        self._own, self._offered = SpanIndex(), SpanIndex()
        self._relations_of: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._clusters: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.by_character = False
        """Whether the unit of moving and selecting is the character, not the token."""
        self.items: list[Item] = []
        self.pending: list[Item] = []
        """The pending suggestions in reading order."""
        self._pending: dict[str, Item] = {}
        self.suggestions: dict[str, Suggestion] = {}
        self.links: dict[str, RelationSuggestion] = {}
        self._links_of: defaultdict[str, set[str]] = defaultdict(set)
        self._touched: set[str] = set()
        self.touched: list[Span] = []
        """The ranges whose looks the last `apply` changed; `touched_all` when that is every one."""
        self.touched_all = False
        self.version = 0
        """Another number whenever anything but the progress may look another way."""
        self.relations_version = 0
        """Another number whenever the relations, own and pending, or their order may be others."""
        for entity in entities:
            self._enter_entity(entity)
        for entity in self._suspects():
            self._check_entity(entity)
        for relation in relations:
            self._enter_relation(relation)
        self.offer(suggestions, links, analysis, analysed)

    # -- what is offered -------------------------------------------------------------------------

    def offer(
        self,
        suggestions: Iterable[Suggestion],
        links: Iterable[RelationSuggestion],
        analysis: Analysis,
        analysed: bool,
    ) -> None:
        """Replaces what is suggested; the person's own work and its places stay as they are."""
        self.analysis, self.analysed = analysis, analysed
        self.version += 1
        self.suggestions = {s.about: s for s in suggestions}
        self.links = {link.about: link for link in links}
        self._offered, self._links_of = SpanIndex(), defaultdict(set)
        for suggestion in self.suggestions.values():
            self._offered.add(suggestion.about, suggestion.start, suggestion.end)
        for link in self.links.values():
            self._links_of[link.head].add(link.about)
            self._links_of[link.tail].add(link.about)
        self._sort_out_all()

    def _sort_out_all(self) -> None:
        self.relations_version += 1
        self.items = sorted(_own_item(e) for e in self.entities.values())
        self._pending = {}
        for about in [*self.suggestions, *self.links]:
            if (item := self._pending_item(about)) is not None:
                self._pending[about] = item
        self.pending = sorted(self._pending.values())
        self.items = sorted([*self.items, *self.pending])

    def is_pending(self, about: str) -> bool:
        """Whether the suggestion still waits for this person's decision."""
        return about in self._pending

    @property
    def pending_count(self) -> int:
        """How many suggestions are pending."""
        return len(self._pending)

    def set_aside(self, about: str) -> bool:
        """Whether an undecided suggestion gives way to the person's own annotations, by the overlap policy."""
        if about in self.suggestions:
            value = self.suggestions[about].value
            return any(conflict(self.schema.overlap, e.value, value) for e in self.own_over(value[0]))
        link = self.links[about]
        head, tail = self._standing(link.head), self._standing(link.tail)
        if head is None or tail is None or not self.schema.legal(link.label, head[1], tail[1]):
            return True
        return self._same_relation(link) is not None

    def _same_relation(self, link: RelationSuggestion) -> Relation | None:
        """The person's own relation that a suggested one equals, if there is one."""
        head, tail = (self.ids_by_value.get(value_of(about)) for about in (link.head, link.tail))
        return self.find_relation(link.label, head, tail) if head is not None and tail is not None else None

    def result_of(self, about: str) -> str | None:
        """The id of what a suggestion became by a decision, or of an own entity or relation that equals it."""
        decision = self.decisions.get(about)
        if decision is not None and decision.result is not None:
            return decision.result
        if about in self.suggestions:
            return self.ids_by_value.get(self.suggestions[about].value)
        same = self._same_relation(self.links[about])
        return same.id if same is not None else None

    def first_problem(self) -> str | None:
        """The id of the first entity or relation in the text that has a problem."""
        return min(self.problems, key=self.place_of, default=None)

    def place_of(self, id: str) -> tuple[int, int, str]:
        """Sort key of an own entity or relation in reading order; a relation stands where its first end does."""
        ends = [self.relations[id].head, self.relations[id].tail] if id in self.relations else [id]
        first = min(_own_item(self.entities[end]) for end in ends)
        return first.start, first.minus_end, id

    def _standing(self, about: str) -> Value | None:
        """The value of a suggested relation's end while it can still be an end: the person's own, or pending."""
        value = value_of(about)
        return value if value in self.ids_by_value or about in self._pending else None

    def _pending_item(self, about: str) -> Item | None:
        """The item of a suggestion if it is pending now."""
        offered = self.suggestions.get(about) or self.links.get(about)
        if offered is None or about in self.decisions or self._came_too_late(offered.created_at):
            return None
        if self.set_aside(about):
            return None
        if isinstance(offered, Suggestion):
            return Item(offered.start, -offered.end, PENDING, offered.label, about)
        end = max(value_of(offered.head)[0][0], value_of(offered.tail)[0][0])
        return Item(end[0], -end[1], LINK, offered.label, about)

    def _came_too_late(self, created_at: str) -> bool:
        """Suggestions that arrive on a settled article are not pending."""
        return self.settled and created_at > (self.progress.done_at or "")

    @property
    def settled(self) -> bool:
        """Whether the person marked the article done."""
        return self.progress.status == "done"

    # -- looking things up -----------------------------------------------------------------------

    @property
    def tokens(self) -> Tokens:
        """The units of moving and selecting: tokens, or characters while `by_character`."""
        return self._characters if self.by_character else self.whole_tokens

    @cached_property
    def whole_tokens(self) -> Tokens:
        """The tokens of the text, made on first use."""
        return Tokens(self.article.text)

    @cached_property
    def _characters(self) -> Tokens:
        return Tokens(self.article.text, by_character=True)

    def members(self, cluster: str | None) -> list[Entity]:
        """The person's entities of a cluster, in reading order; of None, none."""
        found = [self.entities[id] for id in self._clusters.get(cluster or "", ())]
        return sorted(found, key=_own_item)

    def others(self, key: str | None) -> list[Entity]:
        """The other members of an entity's cluster, in reading order; none of anything else."""
        entity = self.entities.get(key or "")
        return [each for each in self.members(entity.cluster if entity else None) if each.id != key]

    def own_over(self, spans: tuple[Span, ...]) -> list[Entity]:
        """The person's entities that share a code point with the pieces, by id order of entry."""
        found = self._own.overlapping(spans[0][0], spans[-1][1])
        return [e for e in map(self.entities.__getitem__, found) if overlaps(e.spans, spans)]

    def items_over(self, start: int, end: int) -> list[Item]:
        """Entities and pending suggestions that meet `[start, end)`, in reading order; no suggested relations."""
        own = [_own_item(self.entities[key]) for key in self._own.overlapping(start, end)]
        offered = [
            self._pending[key] for key in self._offered.overlapping(start, end) if key in self._pending
        ]
        return sorted(own + offered)

    def item(self, key: str) -> Item | None:
        """The item of an entity id or a suggestion's `about`; None when it is not one now."""
        if key in self.entities:
            return _own_item(self.entities[key])
        return self._pending.get(key)

    def shown(self, key: str) -> Entity | Suggestion | None:
        """The entity or pending suggestion behind a key."""
        return self.entities.get(key) or (self.suggestions.get(key) if key in self._pending else None)

    def relations_of(self, entity: str) -> list[Relation]:
        """The relations that have the entity as an end."""
        return [self.relations[key] for key in self._relations_of.get(entity, ())]

    def links_of(self, key: str) -> list[str]:
        """The pending suggested relations that have the entity or suggestion as an end."""
        about = about_entity(*self.entities[key].value) if key in self.entities else key
        return [link for link in self._links_of.get(about, ()) if link in self._pending]

    def find_relation(self, label: str, head: str, tail: str) -> Relation | None:
        """The relation of that label between two entities; of a symmetric type in either order."""
        ends = {(head, tail), (tail, head)} if label in self.schema.symmetric else {(head, tail)}
        for relation in self.relations_of(head):
            if relation.label == label and (relation.head, relation.tail) in ends:
                return relation
        return None

    def relation_about(self, relation: Relation) -> str:
        """What a decision on this relation would be about; the ends of a symmetric one sorted by value."""
        return relation_about(self.schema, relation, self.entities)

    # -- applying edits --------------------------------------------------------------------------

    def apply(self, edit: Edit) -> None:
        """Makes the edit's changes to this article; those to other articles are passed over."""
        self._touched, self.touched, self.touched_all = set(), [], False
        self.version += 1
        settled = self.progress
        for change in edit.changes:
            if change.article == self.article.sha256:
                self._appliers[change.table](change)
        if (settled.status, settled.done_at) != (self.progress.status, self.progress.done_at):
            self.touched_all = True
            self._sort_out_all()
        else:
            self._sort_out(self._touched)

    @property
    def _appliers(self) -> Mapping[str, Callable[[Change], None]]:
        return {
            "entities": self._apply_entities,
            "relations": self._apply_relations,
            "decisions": self._apply_decisions,
            "progress": self._apply_progress,
        }

    def _apply_entities(self, change: Change) -> None:
        self.relations_version += bool(self._relations_of.get(change.key))
        if change.before is not None:
            self._leave_entity(self.entities[change.key], gone=change.after is None)
        if change.after is not None:
            old = self.entities.pop(change.key, None)
            entity = entity_from_row(change.key, change.after) if old is None else _patched(old, change.after)
            self._enter_entity(entity)
            self._check_around(entity)
            insort(self.items, _own_item(entity))
            self._touch(entity)

    def _leave_entity(self, entity: Entity, gone: bool) -> None:
        self._own.remove(entity.id)
        if entity.cluster:
            del self._clusters[entity.cluster][entity.id]
        if self.ids_by_value.get(entity.value) == entity.id:
            del self.ids_by_value[entity.value]
        self.problems.pop(entity.id, None)
        _remove(self.items, _own_item(entity))
        self._touch(entity)
        self._check_around(entity)
        if gone:
            del self.entities[entity.id]

    def _enter_entity(self, entity: Entity) -> None:
        self.entities[entity.id] = entity
        self._own.add(entity.id, entity.start, entity.end)
        if entity.cluster:
            self._clusters[entity.cluster][entity.id] = None
        self.ids_by_value[entity.value] = entity.id

    def _suspects(self) -> list[Entity]:
        """The entities that have a label of their own making, or share a code point with another."""
        found: list[Entity] = []
        group: list[Entity] = []
        end = 0
        for entity in sorted(self.entities.values(), key=lambda e: e.start):
            if entity.start >= end:
                found += group if len(group) > 1 else ()
                group = []
            group.append(entity)
            end = max(end, entity.end)
        found += group if len(group) > 1 else ()
        return found + [e for e in self.entities.values() if not self.schema.has_entity(e.label)]

    def _check_around(self, entity: Entity) -> None:
        for near in self.own_over(entity.spans):
            self._check_entity(near)
        for relation in self.relations_of(entity.id):
            self._check(relation)

    def _check_entity(self, entity: Entity) -> None:
        self.problems.pop(entity.id, None)
        policy = self.schema.overlap
        if not self.schema.has_entity(entity.label):
            self.problems[entity.id] = f"{entity.label} is not a label of this project"
            return
        near = (e for e in self.own_over(entity.spans) if e.id != entity.id)
        rivals = [e for e in near if conflict(policy, entity.value, e.value)]
        if rivals:
            first = min(rivals, key=lambda e: (e.start, e.id))
            self.problems[entity.id] = f"overlaps the {first.label} “{first.text}”"

    def _touch(self, entity: Entity) -> None:
        self._touched.add(about_entity(*entity.value))
        self.touched.append((entity.start, entity.end))
        self._touched.update(self._offered.overlapping(entity.start, entity.end))

    def _apply_relations(self, change: Change) -> None:
        self.relations_version += 1
        if change.before is not None:
            relation = self.relations.pop(change.key)
            self._touch_links(relation)
            for end in (relation.head, relation.tail):
                self._relations_of[end].pop(relation.id, None)
            self.problems.pop(relation.id, None)
        if change.after is not None:
            row = change.after if change.before is None else {**relation_row(relation), **change.after}
            self._enter_relation(relation_from_row(change.key, row))
            self._touch_links(self.relations[change.key])

    def _touch_links(self, relation: Relation) -> None:
        for end in (relation.head, relation.tail):
            if end in self.entities:
                self._touched.add(about_entity(*self.entities[end].value))

    def _enter_relation(self, relation: Relation) -> None:
        self.relations[relation.id] = relation
        self._relations_of[relation.head][relation.id] = None
        self._relations_of[relation.tail][relation.id] = None
        self._check(relation)

    def _check(self, relation: Relation) -> None:
        self.problems.pop(relation.id, None)
        head, tail = self.entities.get(relation.head), self.entities.get(relation.tail)
        if (
            head is not None
            and tail is not None
            and not self.schema.legal(relation.label, head.label, tail.label)
        ):
            self.problems[relation.id] = f"{relation.label} may not go from {head.label} to {tail.label}"

    def _apply_decisions(self, change: Change) -> None:
        old = self.decisions.pop(change.key, None)
        if old is not None and old.result:
            self.results[old.result].discard(old.about)
        if change.after is not None:
            row = change.after if old is None else {**decision_row(old), **change.after}
            decision = decision_from_row(change.key, row)
            self.decisions[change.key] = decision
            if decision.result:
                self.results[decision.result].add(decision.about)
        self._touched.add(change.key)

    def _apply_progress(self, change: Change) -> None:
        self.progress = replace(self.progress, **_tupled(change.after or {}))

    def _sort_out(self, abouts: set[str]) -> None:
        """Computes anew whether these suggestions, and the suggested relations that hang on them, are pending."""
        for about in abouts:
            self._refile(about)
        for link in {link for about in abouts for link in self._links_of.get(about, ())}:
            self._refile(link)

    def _refile(self, about: str) -> None:
        old, new = self._pending.get(about), self._pending_item(about)
        if old == new:
            return
        self.relations_version += about in self.links
        self.touched.extend((item.start, item.end) for item in (old, new) if item is not None)
        if old is not None:
            del self._pending[about]
            _remove(self.items, old)
            _remove(self.pending, old)
        if new is not None:
            self._pending[about] = new
            insort(self.items, new)
            insort(self.pending, new)


def _remove(items: list[Item], item: Item) -> None:
    index = bisect_left(items, item)
    if index < len(items) and items[index] == item:
        del items[index]


def _own_item(entity: Entity) -> Item:
    return Item(entity.start, -entity.end, OWN, entity.label, entity.id)


@lru_cache(maxsize=65536)
def value_of(about: str) -> Value:
    """Spans and label out of the canonical JSON of an entity decision."""
    parsed = json.loads(about)
    return tuple((s, e) for s, e in parsed["spans"]), parsed["label"]


def relation_about(schema: Schema, relation: Relation, entities: Mapping[str, Entity]) -> str:
    """The canonical JSON that a decision on this relation is about; symmetric ends are sorted by value."""
    head, tail = entities[relation.head].value, entities[relation.tail].value
    if relation.label in schema.symmetric:
        head, tail = sorted((head, tail))
    return about_relation(relation.label, head, tail)


# -- rows: the JSON-friendly form of values, as the journal holds it --------------------------------


def entity_row(entity: Entity) -> dict[str, Any]:
    """All columns of an entity but its id."""
    return {
        "start": entity.start,
        "end": entity.end,
        "label": entity.label,
        "text": entity.text,
        "fragments": [list(span) for span in entity.fragments],
        "score": entity.score,
        "attributes": entity.attributes,
        "link": entity.link,
        "note": entity.note,
        "cluster": entity.cluster,
        "copy_of": entity.copy_of,
        "created_at": entity.created_at,
        "updated_at": entity.updated_at,
    }


def entity_from_row(id: str, row: Mapping[str, Any]) -> Entity:
    """The entity of an id and its row."""
    return Entity(id, **_tupled(row))


def relation_row(relation: Relation) -> dict[str, Any]:
    """All columns of a relation but its id."""
    names = ("label", "head", "tail", "score", "attributes", "note", "created_at", "updated_at")
    return {name: getattr(relation, name) for name in names}


def relation_from_row(id: str, row: Mapping[str, Any]) -> Relation:
    """The relation of an id and its row."""
    return Relation(id, **row)


def decision_row(decision: Decision) -> dict[str, Any]:
    """All columns of a decision but what it is about."""
    return {
        "verdict": decision.verdict,
        "result": decision.result,
        "via": decision.via,
        "sources": list(decision.sources),
        "at": decision.at,
        "ms": decision.ms,
    }


def decision_from_row(about: str, row: Mapping[str, Any]) -> Decision:
    """The decision about something and its row."""
    return Decision(about, **_tupled(row))


def _patched(entity: Entity, columns: Mapping[str, Any]) -> Entity:
    return entity._replace(**_tupled(columns))


def _tupled(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with lists as tuples, as the frozen values hold them."""
    return {name: _tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(value) if isinstance(value, list) else value for value in values)
