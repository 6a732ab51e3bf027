"""Annotations that came with an article, made fit for a layer: ids that nobody has, ends that are there.

Invariant: an id of a file is kept only if it is a ULID that nobody has; equal entities are one, and none has white
space at its edges.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from annotations import bulk
from annotations.bulk import Work
from annotations.documents import Incoming, IncomingAnnotations, LeftOut
from annotations.model import Decision, Entity, Progress, Relation, about_entity, compact
from annotations.schema import Schema
from annotations.state import Value, relation_about
from annotations.store import Store, new_id, now
from annotations.text import trim
from annotations.wording import count, short

_id, _text = attrgetter("id"), attrgetter("text")
_value = attrgetter("start", "end", "label", "fragments")
_ends = attrgetter("label", "head", "tail")
_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}").fullmatch

Place = tuple[str, str, str]
"""Label, head and tail of a relation."""


class Ids:
    """Gives what comes in its ids. `wanted` are those of the files, looked up all at once."""

    def __init__(self, store: Store, wanted: Iterable[str]) -> None:
        ulids = dict.fromkeys(filter(_ULID, wanted))
        self._free = ulids.keys() - bulk.known(store, ulids)

    def of(self, id: str) -> str:
        """The id itself if it is a wanted ULID that nobody has, else a new one."""
        if id in self._free:
            self._free.remove(id)
            return id
        return new_id()

    def keep(self, ids: Sequence[str]) -> bool:
        """Gives out some ids as they are, if `of` would give each of them."""
        different = set(ids)
        if len(different) < len(ids) or not different <= self._free:
            return False
        self._free -= different
        return True


def trimmed(item: Incoming, schema: Schema) -> Incoming:
    """The article with its entities as people make them, without white space at their edges; one that is nothing else
    is left out, with its relations. What was done is among the warnings."""
    found = item.document
    texts = [] if found is None else list(map(_text, found.entities))
    if found is None or texts == list(map(str.strip, texts)):
        return item
    entities = {entity.id: _trimmed(entity) for entity in found.entities}
    kept = {id: entity for id, entity in entities.items() if entity is not None}
    relations = tuple(r for r in found.relations if r.head in kept and r.tail in kept)
    decisions = tuple(_of_trimmed(found.decisions, kept, relations, schema))
    says = _on_trimming(found.entities, kept, len(found.relations) - len(relations))
    document = replace(found, entities=tuple(kept.values()), relations=relations, decisions=decisions)
    told = tuple(type(what)(f"{item.source}: {what}") for what in says)
    return replace(item, document=document, warnings=(*item.warnings, *told))


def _trimmed(entity: Entity) -> Entity | None:
    """The entity without white space at the edges of its pieces; None if nothing is left."""
    if entity.text == entity.text.strip():
        return entity
    base = entity.start
    pieces = [trim(entity.text, start - base, end - base) for start, end in entity.spans]
    left = tuple((start + base, end + base) for start, end in pieces if start < end)
    if not left:
        return None
    start, end = left[0][0], left[-1][1]
    text, fragments = entity.text[start - base : end - base], left if len(left) > 1 else ()
    return entity._replace(start=start, end=end, text=text, fragments=fragments)


def _of_trimmed(
    found: Iterable[Decision], entities: Mapping[str, Entity], relations: Iterable[Relation], schema: Schema
) -> Iterable[Decision]:
    """The decisions on what is left, each with the verdict that its result has now."""
    about = {id: about_entity(*entity.value) for id, entity in entities.items()}
    about |= {relation.id: relation_about(schema, relation, entities) for relation in relations}
    for decision in found:
        if decision.result is None:
            yield decision
        elif decision.result in about:
            same = about[decision.result] == decision.about
            yield decision._replace(verdict="accepted" if same else "changed")


def _on_trimming(before: Sequence[Entity], kept: Mapping[str, Entity], relations: int) -> Iterable[str]:
    cut = [entity for entity in before if entity.id in kept and kept[entity.id] != entity]
    gone = [entity for entity in before if entity.id not in kept]
    if cut:
        more = f" and {len(cut) - 1} more" if len(cut) > 1 else ""
        first = f"{cut[0].label} “{short(cut[0].text)}” at {cut[0].start}"
        yield f"{first}{more} had white space at the edges: taken without it"
    yield from (
        LeftOut(f"{entity.label} at {entity.start} holds nothing but white space: left out")
        for entity in gone
    )
    if relations:
        yield LeftOut(f"{count(relations, 'relation')} of what held nothing but white space: left out")


def said(work: Work, schema: Schema) -> tuple[object, ...]:
    """What a person's work says, whatever its ids are: two that are equal here say the same."""
    values = {entity.id: entity.value for entity in work.entities}
    clusters = defaultdict(set)
    for entity in work.entities:
        if entity.cluster is not None:
            clusters[entity.cluster].add(entity.value)
    relations = set()
    for relation in work.relations:
        ends = [values[relation.head], values[relation.tail]]
        ends = sorted(ends) if relation.label in schema.symmetric else ends
        relations.add((relation.label, tuple(ends), compact(relation.attributes or {}), relation.note))
    progress = work.progress
    return (
        {(e.value, compact(e.attributes or {}), e.link, e.note) for e in work.entities},
        {frozenset(cluster) for cluster in clusters.values()},
        relations,
        {(d.about, d.verdict) for d in work.decisions},
        (progress.status, set(progress.complete), progress.flagged, progress.note, set(progress.labels)),
    )


def wanted_ids(found: IncomingAnnotations) -> list[str]:
    """The ids that annotations would like to keep, those of entities first."""
    return [*map(_id, found.entities), *map(_id, found.relations)]


def settle(
    ids: Ids,
    schema: Schema,
    found: IncomingAnnotations,
    standing: Mapping[Value, str],
    related: Collection[Place] = (),
) -> Work:
    """What of some annotations a layer does not have yet, under ids of its own: `standing` maps the values that it has
    to their ids, `related` are the relations that it has."""
    wanted = wanted_ids(found)
    # As most come: nothing has to change, which is seen in half the time.
    if not standing and _are_sound(found, schema.symmetric) and ids.keep(wanted):
        decisions = tuple(_decisions(found.decisions, dict(zip(wanted, wanted, strict=True))))
        return Work(found.entities, found.relations, decisions, _progress(found))
    by_value, names = dict(standing), dict[str, str]()
    fresh: list[Entity] = []
    for entity in found.entities:
        value = entity.value
        id = by_value.get(value)
        if id is None:
            id = by_value[value] = ids.of(entity.id)
            fresh.append(entity if id == entity.id else entity._replace(id=id))
        names[entity.id] = id
    relations = _relations(ids, schema, found.relations, names, related)
    fresh = [e._replace(copy_of=names.get(e.copy_of, e.copy_of)) if e.copy_of else e for e in fresh]
    decisions = tuple(_decisions(found.decisions, names))
    return Work(tuple(fresh), tuple(relations), decisions, _progress(found))


def _are_sound(found: IncomingAnnotations, symmetric: Collection[str]) -> bool:
    """Whether no two entities or relations are equal, and no relation is to be turned round or goes to itself."""
    values = set(map(_value, found.entities))
    places = set(map(_ends, found.relations))
    return (
        len(values) == len(found.entities)
        and len(places) == len(found.relations)
        and all(head < tail if label in symmetric else head != tail for label, head, tail in places)
    )


def _relations(
    ids: Ids,
    schema: Schema,
    found: Iterable[Relation],
    names: dict[str, str],
    related: Collection[Place],
) -> list[Relation]:
    """The relations between the entities that `names` gives, each place once; adds their own ids to `names`."""
    fresh: dict[Place, Relation] = {}
    for relation in found:
        head, tail = names[relation.head], names[relation.tail]
        if relation.label in schema.symmetric and tail < head:
            head, tail = tail, head
        place = relation.label, head, tail
        if head == tail or place in related:
            continue
        if place not in fresh:
            id = ids.of(relation.id)
            same = (id, head, tail) == (relation.id, relation.head, relation.tail)
            fresh[place] = relation if same else relation._replace(id=id, head=head, tail=tail)
        names[relation.id] = fresh[place].id
    return list(fresh.values())


def _decisions(found: Iterable[Decision], names: Mapping[str, str]) -> Iterable[Decision]:
    """The decisions whose results are there, under the ids that these have now."""
    at = now()
    for decision in found:
        settled = decision._replace(at=at, result=names.get(decision.result or ""))
        if (settled.result is not None) == (settled.verdict in ("accepted", "changed")):
            yield settled


def _progress(found: IncomingAnnotations) -> Progress:
    return Progress(
        status=found.status or "open",
        complete=found.complete,
        flagged=found.flagged,
        note=found.note,
        labels=found.labels,
        done_at=now() if found.status == "done" else None,
    )
