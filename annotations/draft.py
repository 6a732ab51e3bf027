"""An edit in the making: a verb changes a draft, and the draft gives the smallest `Edit` that says the same.

Invariant: whatever a verb did, the edit leaves no relation without its ends, no two equal entities or relations, and
every decision with the verdict that follows from its result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from annotations.errors import Refused
from annotations.model import (
    Change,
    Decision,
    Edit,
    Entity,
    Progress,
    Relation,
    Span,
    Suggestion,
    Verdict,
    Via,
    about_entity,
)
from annotations.state import (
    ArticleState,
    SpanIndex,
    Value,
    conflict,
    decision_row,
    entity_row,
    relation_about,
    relation_row,
)
from annotations.wording import count

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pen:
    """What a verb may not make up for itself: the time (ISO 8601, UTC), a maker of ids, how the verb came about,
    and the milliseconds that the person took to decide."""

    at: str
    new_id: Callable[[], str]
    via: Via = "key"
    ms: int | None = None


class _Overlay(Generic[T]):
    """A mapping with changes laid over it; the one below stays as it is."""

    def __init__(self, below: Mapping[str, T]) -> None:
        self.below = below
        self.over: dict[str, T | None] = {}

    def get(self, key: str | None) -> T | None:
        """The value now, None when there is none."""
        if key is None:
            return None
        return self.over[key] if key in self.over else self.below.get(key)

    def __getitem__(self, key: str) -> T:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def set(self, key: str, value: T | None) -> None:
        """Sets a value; None takes it away."""
        self.over[key] = value

    def changed(self) -> Iterator[tuple[str, T | None, T | None]]:
        """Key, before and after of all that differs from below."""
        for key, after in self.over.items():
            if (before := self.below.get(key)) != after:
                yield key, before, after


class Draft:
    """The article as a verb is changing it."""

    def __init__(self, state: ArticleState, pen: Pen) -> None:
        self.state, self.pen, self.schema = state, pen, state.schema
        self.entities = _Overlay(state.entities)
        self.relations = _Overlay(state.relations)
        self.decisions = _Overlay(state.decisions)
        self.progress: Progress = state.progress
        self.dropped_relations = 0
        self.replaced = 0
        self._moved: dict[str, str] = {}
        self._drawn = SpanIndex()
        self._hanging: defaultdict[str, dict[str, None]] = defaultdict(dict)

    # -- entities --------------------------------------------------------------------------------

    def add_entity(self, start: int, end: int, label: str, fragments: tuple[Span, ...] = ()) -> str:
        """A new entity; what it may not overlap becomes part of it. Returns the id that stands for it."""
        text = self.state.article.text[start:end]
        at = self.pen.at
        entity = Entity(self.pen.new_id(), start, end, label, text, fragments, created_at=at, updated_at=at)
        return self._place(entity, keep_own_id=False)

    def change_entity(self, id: str, **columns: Any) -> str:
        """Changes columns of an entity; what it may not overlap any more becomes part of it, and where its edges
        stay, only an equal one."""
        old = self.entities[id]
        changed = old._replace(**columns, updated_at=self.pen.at)
        if changed.value != old.value:
            changed = changed._replace(copy_of=None)
        return self._place(changed, keep_own_id=True, only_equal=changed.spans == old.spans)

    def annotate(self, id: str, **columns: Any) -> None:
        """Changes columns of an entity or a relation that have no say in what it may stand beside."""
        if id in self.relations:
            self.relations.set(id, self.relations[id]._replace(**columns, updated_at=self.pen.at))
        else:
            self._set_entity(self.entities[id]._replace(**columns, updated_at=self.pen.at))

    def _set_entity(self, entity: Entity) -> None:
        if entity.id in self._drawn:
            self._drawn.remove(entity.id)
        self._drawn.add(entity.id, entity.start, entity.end)
        self.entities.set(entity.id, entity)

    def _place(self, entity: Entity, keep_own_id: bool, only_equal: bool = False) -> str:
        policy = "crossing" if only_equal else self.schema.overlap
        rivals = [e for e in self._standing_over(entity) if conflict(policy, entity.value, e.value)]
        rivals.sort(key=lambda e: (-_shared(e, entity), e.start, e.id))
        if rivals and not keep_own_id:
            heir = rivals.pop(0)
            kept = heir._replace(start=entity.start, end=entity.end, label=entity.label, text=entity.text)
            copy_of = heir.copy_of if heir.value == entity.value else None
            entity = kept._replace(fragments=entity.fragments, copy_of=copy_of, updated_at=self.pen.at)
            self.replaced += 1
        self.replaced += len(rivals)
        self._set_entity(entity)
        for rival in rivals:
            self.merge_entity(rival.id, entity.id)
        return entity.id

    def _standing_over(self, entity: Entity) -> list[Entity]:
        keys = {e.id: None for e in self.state.own_over(entity.spans)}
        keys |= dict.fromkeys(self._drawn.overlapping(entity.start, entity.end))
        found = (self.entities.get(key) for key in keys if key != entity.id)
        return [e for e in found if e is not None and _shared(e, entity)]

    def find_entity(self, value: Value) -> str | None:
        """The id of the entity with that value in the draft, if there is one."""
        known = self.state.ids_by_value.get(value)
        if known is not None and known not in self.entities.over:
            return known
        spans = value[0]
        for key in self._drawn.overlapping(spans[0][0], spans[-1][1]):
            found = self.entities.get(key)
            if found is not None and found.value == value:
                return key
        return None

    def merge_entity(self, id: str, into: str) -> None:
        """Makes one entity part of another: its relations, its history and its cluster go over."""
        for relation in self.relations_of(id):
            ends = (
                into if relation.head == id else relation.head,
                into if relation.tail == id else relation.tail,
            )
            self.put_relation(relation._replace(head=ends[0], tail=ends[1]))
        gone, heir = self.entities[id], self.entities[into]
        if gone.cluster and not heir.cluster:
            self._set_entity(heir._replace(cluster=gone.cluster))
        self._moved[id] = into
        self.entities.set(id, None)

    def drop_entity(self, id: str) -> None:
        """Deletes an entity and the relations that hang on it."""
        for relation in self.relations_of(id):
            self.relations.set(relation.id, None)
            self.dropped_relations += 1
        self.entities.set(id, None)

    def members(self, cluster: str) -> list[Entity]:
        """The entities of a cluster in the draft."""
        keys = {e.id: None for e in self.state.members(cluster)} | dict.fromkeys(self.entities.over)
        return [e for e in map(self.entities.get, keys) if e is not None and e.cluster == cluster]

    def _settle_clusters(self) -> None:
        """A cluster of one is none: the last that is left loses it."""
        known = map(self.state.entities.get, self.entities.over)
        for cluster in sorted({e.cluster for e in known if e is not None and e.cluster}):
            left = self.members(cluster)
            if len(left) == 1 < len(self.state.members(cluster)):
                self.annotate(left[0].id, cluster=None)

    # -- relations -------------------------------------------------------------------------------

    def relations_of(self, entity: str) -> list[Relation]:
        """The relations that have the entity as an end now."""
        keys = {r.id: None for r in self.state.relations_of(entity)} | self._hanging.get(entity, {})
        found = (self.relations.get(key) for key in keys)
        return [r for r in found if r is not None and entity in (r.head, r.tail)]

    def put_relation(self, relation: Relation) -> str:
        """Sets a relation in its stored form; an equal one already there takes it in. Returns the id that stands."""
        if relation.head == relation.tail:
            self.relations.set(relation.id, None)
            self.dropped_relations += 1
            return relation.id
        relation = self._stored_form(relation)
        known = self.find_relation(relation.label, relation.head, relation.tail, besides=relation.id)
        if known is not None:
            self.relations.set(relation.id, None)
            self._moved[relation.id] = known.id
            return known.id
        self.relations.set(relation.id, relation._replace(updated_at=self.pen.at))
        for end in (relation.head, relation.tail):
            self._hanging[end][relation.id] = None
        return relation.id

    def _stored_form(self, relation: Relation) -> Relation:
        """A symmetric relation is stored once, its ends ordered by id."""
        if relation.label in self.schema.symmetric:
            head, tail = sorted((relation.head, relation.tail))
            return relation._replace(head=head, tail=tail)
        return relation

    def find_relation(self, label: str, head: str, tail: str, besides: str = "") -> Relation | None:
        """The equal relation in the draft, if there is one; of a symmetric type in either order."""
        ends = {(head, tail), (tail, head)} if label in self.schema.symmetric else {(head, tail)}
        for other in self.relations_of(head):
            if other.label == label and (other.head, other.tail) in ends and other.id != besides:
                return other
        return None

    # -- decisions -------------------------------------------------------------------------------

    def decide(self, about: str, verdict: Verdict, result: str | None) -> None:
        """Records the verdict on a suggestion, with the sources that offer it now; the same verdict stays as it was."""
        offered = self.state.suggestions.get(about) or self.state.links.get(about)
        old = self.state.decisions.get(about)
        if old is not None and (old.verdict, old.result) == (verdict, result):
            self.decisions.set(about, old)
            return
        sources = offered.sources if offered else (old.sources if old else ())
        self.decisions.set(
            about, Decision(about, verdict, result, self.pen.via, sources, self.pen.at, self.pen.ms)
        )

    def accept(self, suggestion: Suggestion, **columns: Any) -> str:
        """Takes a suggestion over as the person's own, changed by `columns` where given. Returns the entity's id."""
        shape: dict[str, Any] = {"start": suggestion.start, "end": suggestion.end, "label": suggestion.label}
        shape |= {"fragments": suggestion.fragments} | columns
        standing = None if columns else self.find_entity(suggestion.value)
        id = standing or self.add_entity(**shape)
        self.decide(suggestion.about, "changed" if columns else "accepted", id)
        return id

    # -- the edit --------------------------------------------------------------------------------

    def edit(self, verb: str, says: str, focus: str | None) -> Edit:
        """The edit that the draft amounts to. Refused when nothing would change."""
        changes, reopened = self.close()
        if not changes:
            raise Refused("nothing to change here")
        says += reopened + what_else(self.replaced, self.dropped_relations)
        return Edit(
            self.pen.new_id(), verb, self.pen.at, tuple(changes), says, self._moved.get(focus or "", focus)
        )

    def close(self) -> tuple[list[Change], str]:
        """The changes that the draft amounts to, in the order in which they can be made, and what is to be said when
        they open a settled article again."""
        self._settle_clusters()
        self._settle_decisions()
        reopened = self._reopened()
        changes = [*self._rows("relations", self.relations, relation_row)]
        changes += self._rows("entities", self.entities, entity_row)
        changes += self._rows("decisions", self.decisions, decision_row)
        changes += self._progress_rows()
        return sorted(changes, key=_kind_of_change), reopened

    def _rows(self, table: str, overlay: _Overlay[T], row: Callable[[T], dict[str, Any]]) -> Iterator[Change]:
        sha = self.state.article.sha256
        for key, before, after in overlay.changed():
            old, new = before and row(before), after and row(after)
            if old and new:
                names = [name for name in old if old[name] != new[name]]
                if names == ["updated_at"]:
                    continue
                old, new = {name: old[name] for name in names}, {name: new[name] for name in names}
            yield Change(table, sha, key, old or None, new or None)

    def _progress_rows(self) -> Iterator[Change]:
        old, new = progress_row(self.state.progress), progress_row(self.progress)
        names = [name for name in old if old[name] != new[name]]
        if names:
            before, after = {n: old[n] for n in names}, {n: new[n] for n in names}
            yield Change("progress", self.state.article.sha256, "", before, after)

    def _settle_decisions(self) -> None:
        """Gives every decision that the draft touches the verdict that follows from its result."""
        touched = set(self.entities.over) | set(self.relations.over)
        touched |= {r.id for id in self.entities.over for r in self.relations_of(id)}
        results = {d.about: d.result for d in self.decisions.over.values() if d is not None and d.result}
        for id in sorted(touched):
            before = self._about_before(id)
            if before is not None and self._is_open_offer(before):
                results.setdefault(before, id)
            for about in self.state.results.get(id, ()):
                results.setdefault(about, id)
        for about in sorted(about for about in results if self._unless_redecided(about)):
            self._settle(about, results[about])
        for id in sorted(touched):
            self._match(id)

    def _unless_redecided(self, about: str) -> bool:
        """Whether the verb itself did not turn the suggestion down."""
        decided = self.decisions.over.get(about)
        return decided is None or decided.result is not None

    def _is_open_offer(self, about: str) -> bool:
        """Whether it is suggested and undecided; what equals it has been taken for it, and goes on to be."""
        return (about in self.state.suggestions or about in self.state.links) and about not in self.decisions

    def _settle(self, about: str, result: str) -> None:
        while result in self._moved:
            result = self._moved[result]
        value = self.about_of(result)
        if value is None:
            self.decide(about, "rejected", None)
        else:
            self.decide(about, "accepted" if value == about else "changed", result)

    def _match(self, id: str) -> None:
        """A result that equals a suggestion accepts it, however it came about."""
        about = self.about_of(id)
        if about is None:
            return
        if about in self.state.suggestions or about in self.state.links:
            self.decide(about, "accepted", id)
        elif (old := self.decisions.get(about)) is not None:
            if old.sources == (self.state.layer.title,):
                self.decisions.set(about, None)  # nobody but the person themselves ever spoke of it
            else:
                self.decide(about, "accepted", id)

    def _about_before(self, id: str) -> str | None:
        """What a decision on this entity or relation was about before the draft; None when it was not there."""
        if (entity := self.state.entities.get(id)) is not None:
            return about_entity(*entity.value)
        if (relation := self.state.relations.get(id)) is not None:
            return self.state.relation_about(relation)
        return None

    def _reopened(self) -> str:
        """A settled article stays settled unless a problem arises; says so where one does."""
        if self.progress.status != "done" or (reason := self.new_problem()) is None:
            return ""
        self.progress = replace(self.progress, status="open", complete=(), done_at=None)
        return f"; open again: {reason[1]}"

    def new_problem(self) -> tuple[str, str] | None:
        """Id and reason of something in the draft that the schema forbids; what it leaves alone is not looked at."""
        for id in self.entities.over:
            entity = self.entities.get(id)
            if entity is not None and not self.schema.has_entity(entity.label):
                return id, f"{entity.label} is not a label of this project"
        relations = dict.fromkeys(self.relations.over)
        relations |= {r.id: None for id in self.entities.over for r in self.relations_of(id)}
        for id in relations:
            relation = self.relations.get(id)
            if relation is None:
                continue
            head, tail = self.entities[relation.head].label, self.entities[relation.tail].label
            if not self.schema.legal(relation.label, head, tail):
                return id, f"{relation.label} may not go from {head} to {tail}"
        return None

    def about_of(self, id: str) -> str | None:
        """What a decision on this entity or relation would be about now; None when it is gone."""
        if (entity := self.entities.get(id)) is not None:
            return about_entity(*entity.value)
        if (relation := self.relations.get(id)) is None:
            return None
        ends = {end: self.entities[end] for end in (relation.head, relation.tail)}
        return relation_about(self.schema, relation, ends)


def what_else(replaced: int, dropped: int) -> str:
    """How a sentence about an edit goes on: how many entities it replaced and relations it dropped."""
    says = f", replaced {replaced}" if replaced else ""
    return says + (f", dropped {count(dropped, 'relation')}" if dropped else "")


def progress_row(progress: Progress) -> dict[str, Any]:
    """The columns of `progress` that edits change; the others are bookkeeping."""
    return {
        "status": progress.status,
        "complete": list(progress.complete),
        "flagged": progress.flagged,
        "note": progress.note,
        "labels": list(progress.labels),
        "done_at": progress.done_at,
    }


def _shared(a: Entity, b: Entity) -> int:
    """How many code points two entities share."""
    return sum(max(0, min(e, f) - max(s, t)) for s, e in a.spans for t, f in b.spans)


def _kind_of_change(change: Change) -> int:
    """Deletes, then updates, then inserts; so that no unique value is there twice in between."""
    return 2 if change.before is None else 1 if change.after is not None else 0
