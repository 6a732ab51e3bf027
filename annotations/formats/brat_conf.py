"""brat's `annotation.conf`: which types there are and what may join what, read from projects, written for exports.

Invariant: names that are written are made of a-z, A-Z, 0-9, - and _, as brat wants them, and no two labels get the same
one; of what a file says everything is either in its `Conf` or named in a sentence.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from annotations.formats.naming import plain_form
from annotations.formats.records import Bad, quoted
from annotations.model import Entity, Relation
from annotations.schema import RelationType, Schema
from annotations.wording import listing

NAME = "annotation.conf"
"""What the file is called."""

EQUIV = "Equiv"
"""The type under which sets of the same thing are written."""

LONGEST_LINE = 100_000
"""Characters that a line may have once its macros are replaced."""

_SECTIONS = ("entities", "relations", "events", "attributes")
_SECTION = re.compile(r"\s*\[(.*)\]\s*")
_MACRO = re.compile(r"<([a-zA-Z_-]+)>=\s*(.*?)\s*")
_LINE = re.compile(r"(\s*)(\S+)(?:\s+(.*))?")
_ARGUMENT = re.compile(r"(\S+?):(\S*)")
_MANY = re.compile(r"(?:[?*+]|\{\d+(?:-\d*)?\})$")
_SPECIAL = re.compile(r"<[A-Z-]+>")


# -- names ------------------------------------------------------------------------------------------


def event_relation(event: str, role: str) -> str:
    """What a role of an event is called as a relation from its trigger."""
    return f"{event}:{role}"


def base_role(role: str, declared: Collection[str], beside: Collection[str]) -> str:
    """A role without the number that tells it from others of its name: where it is not `declared` with the number, and
    its name is declared or stands `beside` it in the event."""
    bare = role.rstrip("0123456789")
    return bare if role not in declared and (bare in declared or bare in beside) else role


@lru_cache(maxsize=4096)
def storage_form(label: str) -> str:
    """A label in the letters that brat allows; one of which nothing is left is a hash."""
    form = plain_form(label)
    return form if form.strip("_-") else f"label_{_hash(label)}"


def _hash(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:8]


class Names:
    """What labels are called in an export. Those that need no change get their own, whatever comes first."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        for label in sorted(labels, key=lambda label: storage_form(label) != label):
            self.of(label)

    def of(self, label: str) -> str:
        """The name of a label."""
        if label not in self._names:
            form = storage_form(label)
            self._names[label] = f"{form}_{_hash(label)}" if form in self._taken else form
            self._taken.add(self._names[label])
        return self._names[label]

    def changed(self) -> dict[str, str]:
        """The names that are not their labels, by these."""
        return {label: name for label, name in self._names.items() if label != name}


# -- in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfRelation:
    """A type of relation: the labels that each end may have, and the roles of head and tail in annotations."""

    name: str
    head: frozenset[str]
    tail: frozenset[str]
    roles: tuple[str, str]
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class Conf:
    """What an `annotation.conf` says. Events are entities (their triggers) and relations from them ("Event:Role");
    `events` has their roles, `groups` the nearest type or group above an entity, `attributes` their values (none: yes
    or no). `notes` are sentences on what could not be taken, with their lines."""

    entities: tuple[str, ...] = ()
    relations: tuple[ConfRelation, ...] = ()
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def symmetric(self) -> frozenset[str]:
        """The relations whose order says nothing."""
        return frozenset(each.name for each in self.relations if each.symmetric)

    def roles(self, relation: str) -> tuple[str, str] | None:
        """The roles of a relation's head and tail; None for one that is not known."""
        return next((each.roles for each in self.relations if each.name == relation), None)


@lru_cache(maxsize=8)
def schema_of(text: str) -> Conf:
    """What the text of an `annotation.conf` says."""
    return _Parser(text).conf()


@dataclass(frozen=True, slots=True)
class _Item:
    """A line: what it defines, under what, and its arguments as (key, types)."""

    line: int
    name: str
    is_group: bool
    above: tuple[str, ...]
    arguments: tuple[tuple[str, tuple[str, ...]], ...]


class _Parser:
    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        self.sections: dict[str, list[_Item]] = defaultdict(list)
        for section, lines in _sections(text):
            if section in _SECTIONS:
                self.sections[section] += self._items(lines)
            elif any(line.strip() for _, line in lines):
                where = f"the section [{section}]" if section else "what stands before the first section"
                self.notes.append(f"line {lines[0][0]}: {where} is not read")
        self.entities = self._names("entities")
        self.events = self._names("events")
        self.members = self._members()

    def conf(self) -> Conf:
        """All that it says."""
        relations = self._relations()
        roles = {name: tuple(dict.fromkeys(self._roles(name))) for name in self.events}
        return Conf(
            tuple(dict.fromkeys((*self.entities, *self.events))),
            tuple(relations.values()),
            roles,
            {
                item.name: item.above[-1]
                for section in ("entities", "events")
                for item in self.sections[section]
                if item.above and not item.is_group
            },
            dict(self._attributes()),
            tuple(self.notes),
        )

    def _names(self, section: str) -> tuple[str, ...]:
        found = (item.name for item in self.sections[section] if not item.is_group)
        return tuple(dict.fromkeys(name for name in found if not name.startswith("<")))

    def _members(self) -> dict[str, tuple[str, ...]]:
        """What stands for many types: wildcards, and groups by their names."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for item in (*self.sections["entities"], *self.sections["events"]):
            if not item.is_group:
                for above in item.above:
                    found[above].append(item.name)
        groups = {i.name for s in ("entities", "events") for i in self.sections[s] if i.is_group}
        wild = {"<ENTITY>": self.entities, "<EVENT>": self.events, "<ANY>": (*self.entities, *self.events)}
        return {name: tuple(found[name]) for name in groups} | wild

    # -- lines

    def _items(self, lines: list[tuple[int, str]]) -> Iterator[_Item]:
        macros: dict[str, str] = {}
        above: list[tuple[int, str]] = []
        for number, line in lines:
            if not line.strip() or line.lstrip().startswith("#") or not line.strip().strip("-"):
                continue
            if macro := _MACRO.fullmatch(line):
                macros[f"<{macro[1]}>"] = macro[2]
                continue
            try:
                indent, name, arguments = _taken_apart(_expanded(line, macros))
            except Bad as error:
                self.notes.append(f"line {number}: {error}")
                continue
            while above and above[-1][0] >= indent:
                above.pop()
            bare = self._stored(name.removeprefix("!"), number)
            yield _Item(number, bare, name.startswith("!"), tuple(n for _, n in above), arguments)
            above.append((indent, bare))

    def _stored(self, name: str, line: int) -> str:
        if name.startswith("<") or (form := storage_form(name)) == name:
            return name
        self.notes.append(f"line {line}: {quoted(name)} is called {form} in annotations, as brat does it")
        return form

    # -- what they say

    def _relations(self) -> dict[str, ConfRelation]:
        found: dict[str, ConfRelation] = {}
        for item in self.sections["relations"]:
            if not item.is_group and (relation := self._relation(item)) is not None:
                _add(found, relation)
        for item in self.sections["events"]:
            if not item.is_group:
                for relation in self._of_event(item):
                    _add(found, relation)
        if self.events:
            self.notes.append(
                f"[events]: {listing(self.events)} are read as entities, their roles as relations from them"
            )
        return found

    def _relation(self, item: _Item) -> ConfRelation | None:
        if item.name.startswith("<"):
            self.notes.append(f"line {item.line}: {item.name} rules are not read")
            return None
        special = [part for key, types in item.arguments if key == "<REL-TYPE>" for part in types]
        kinds = {kind for part in special for kind in part.split("-")}
        if "transitive" in kinds or (item.name == EQUIV and not special):
            self.notes.append(f"line {item.line}: {item.name} says what is the same thing: clusters")
            return None
        ends = [(key, types) for key, types in item.arguments if not key.startswith("<")]
        if len(ends) != 2 or ends[0][0] == ends[1][0]:
            self.notes.append(f"line {item.line}: {item.name} must have two arguments, under different names")
            return None
        (head_role, heads), (tail_role, tails) = sorted(ends, key=_is_second)
        head, tail = self._labels(heads, item), self._labels(tails, item)
        if not head or not tail:
            self.notes.append(f"line {item.line}: {item.name} can join nothing: an end has no known type")
            return None
        symmetric = "symmetric" in kinds
        if symmetric:
            head = tail = head | tail
        return ConfRelation(item.name, head, tail, (head_role, tail_role), symmetric)

    def _of_event(self, item: _Item) -> Iterator[ConfRelation]:
        for role, types in item.arguments:
            if not role.startswith("<") and (tail := self._labels(types, item)):
                name = event_relation(item.name, role)
                yield ConfRelation(name, frozenset({item.name}), tail, (item.name, role))

    def _roles(self, event: str) -> Iterator[str]:
        for item in self.sections["events"]:
            if item.name == event:
                yield from (role for role, _ in item.arguments if not role.startswith("<"))

    def _labels(self, types: Iterable[str], item: _Item) -> frozenset[str]:
        """The types that an argument may have, wildcards and groups replaced by what they stand for."""
        found: set[str] = set()
        for written in types:
            name = written.removeprefix("!")
            if name in self.entities or name in self.events:
                found.add(name)
            elif name in self.members:
                found.update(self.members[name])
            else:
                self.notes.append(f"line {item.line}: {item.name} names {quoted(written)}, which is no type")
        return frozenset(found)

    def _attributes(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for item in self.sections["attributes"]:
            if not item.is_group:
                yield item.name, tuple(v for key, values in item.arguments if key == "Value" for v in values)


def _sections(text: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The sections with their lines and the lines' numbers from 1."""
    name, lines = "", [(1, "")]
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if found := _SECTION.fullmatch(line):
            yield name, lines
            name, lines = found[1], [(number, "")]
        elif not line.lstrip().startswith("#"):
            lines.append((number, line))
    yield name, lines


def _expanded(line: str, macros: Mapping[str, str]) -> str:
    """The line with its macros replaced. Raises Bad when that makes it too long."""
    for name, value in macros.items():
        if len(line) + line.count(name) * len(value) > LONGEST_LINE:
            raise Bad(f"with its macros it is longer than {LONGEST_LINE:,} characters: it is left out")
        line = line.replace(name, value)
    return line


def _taken_apart(line: str) -> tuple[int, str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """How far a line is indented, its name, and its arguments. Raises Bad."""
    found = _LINE.fullmatch(line)
    terms = [term for term in found[2].split("|") if term] if found else []
    if found is None or not terms or not terms[0].strip("!"):
        raise Bad("it defines nothing")
    arguments = []
    for written in filter(None, (part.strip() for part in (found[3] or "").split(","))):
        pair = _ARGUMENT.fullmatch(written)
        if pair is None:
            raise Bad(
                f"{quoted(written)} is no argument: it must be Role:Type, and is left out with its line"
            )
        key = pair[1] if _SPECIAL.fullmatch(pair[1]) else _MANY.sub("", pair[1])
        arguments.append((key, tuple(filter(None, pair[2].split("|")))))
    return len(found[1]), terms[0], tuple(arguments)


def _is_second(end: tuple[str, tuple[str, ...]]) -> bool:
    """Whether a role says by its name that it is the tail."""
    return end[0] == "Arg2"


def _add(found: dict[str, ConfRelation], relation: ConfRelation) -> None:
    """Adds a relation; one that is there under its name already may join what either may."""
    old = found.get(relation.name)
    if old is not None:
        head, tail = old.head | relation.head, old.tail | relation.tail
        relation = ConfRelation(old.name, head, tail, old.roles, old.symmetric or relation.symmetric)
    found[relation.name] = relation


# -- out --------------------------------------------------------------------------------------------

_MOST_VALUES = 100
"""Values of one attribute that a configuration lists."""

_LISTABLE = re.compile(r"[^\s|,:]+")
_ROLE = re.compile(r"[a-zA-Z0-9_-]*[a-zA-Z_-]")

_ANSI = {
    f"bright_{dark}": light
    for dark, light in (
        *(("black", "gray"), ("red", "lightcoral"), ("green", "lightgreen"), ("yellow", "khaki")),
        *(("blue", "lightskyblue"), ("magenta", "orchid"), ("cyan", "paleturquoise"), ("white", "white")),
    )
}
"""The terminal's colours that no browser knows by their names."""

_OVERLAPS = {"none": "", "nested": "contain|equal", "crossing": "<ANY>"}


class Book:
    """The types of an export: those of the schema, and those that its documents turned out to have besides."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.entities = Names(kind.name for kind in schema.entities)
        self.relations = Names(kind.name for kind in schema.relations if not self._is_role(kind))
        self.attributes = Names()
        self.clusters = False
        self._labels: dict[str, None] = {kind.name: None for kind in schema.entities}
        self._ends: dict[str, tuple[set[str], set[str]]] = {}
        self._roles: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._values: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for kind in schema.relations:
            if self._is_role(kind):
                (event,) = kind.head
                self._roles[event][kind.name.removeprefix(f"{event}:")] |= kind.tail

    def _is_role(self, kind: RelationType) -> bool:
        return (
            len(kind.head) == 1 and not kind.symmetric and any(role_of(kind.name, head) for head in kind.head)
        )

    def is_event(self, label: str) -> bool:
        """Whether entities with that label are triggers of events."""
        return label in self._roles

    def add_entity(self, label: str) -> str:
        """Notes a label and gives its name."""
        self._labels[label] = None
        return self.entities.of(label)

    def add_role(self, event: str, role: str, tail: str) -> None:
        """Notes a role of an event, and whom it had."""
        self._roles[event][role].add(tail)

    def add_relation(self, label: str, head: str, tail: str) -> str:
        """Notes a relation and what it joins, and gives its name."""
        if not self.schema.has_relation(label):
            heads, tails = self._ends.setdefault(label, (set(), set()))
            heads.add(head)
            tails.add(tail)
        return self.relations.of(label)

    def add_attribute(self, label: str, value: str | None) -> str:
        """Notes an attribute and its value (None: it just holds), and gives its name."""
        values = self._values[label]
        if value is not None and len(values) < _MOST_VALUES and _LISTABLE.fullmatch(value):
            values[value] = None
        return self.attributes.of(label)

    def annotation_conf(self) -> str:
        """The text of `annotation.conf`."""
        sections = {
            "entities": [self.entities.of(label) for label in self._labels if not self.is_event(label)],
            "relations": [*self._relation_lines(), *self._rules()],
            "events": list(self._event_lines()),
            "attributes": list(self._attribute_lines()),
        }
        return _written(sections)

    def _relation_lines(self) -> Iterator[str]:
        for kind in self.schema.relations:
            if not self._is_role(kind):
                yield self._relation_line(kind.name, kind.head, kind.tail, kind.symmetric)
        for label in sorted(self._ends):
            yield self._relation_line(label, *self._ends[label])

    def _relation_line(
        self, label: str, heads: Iterable[str], tails: Iterable[str], symmetric: bool = False
    ) -> str:
        ends = f"Arg1:{self._types(heads)}, Arg2:{self._types(tails)}"
        return f"{self.relations.of(label)}\t{ends}" + (", <REL-TYPE>:symmetric" if symmetric else "")

    def _types(self, labels: Iterable[str]) -> str:
        return "|".join(sorted(map(self.entities.of, labels)))

    def _rules(self) -> Iterator[str]:
        both = "Arg1:<ANY>, Arg2:<ANY>"
        if self.clusters:
            yield f"{EQUIV}\t{both}, <REL-TYPE>:symmetric-transitive"
        if overlaps := _OVERLAPS[self.schema.overlap]:
            yield f"<OVERLAP>\t{both}, <OVL-TYPE>:{overlaps}"

    def _event_lines(self) -> Iterator[str]:
        for label in sorted(self._roles):
            roles = self._roles[label]
            yield f"{self.entities.of(label)}\t" + ", ".join(
                f"{role}*:{self._types(roles[role])}" for role in sorted(roles)
            )

    def _attribute_lines(self) -> Iterator[str]:
        for label in sorted(self._values):
            values = "|".join(sorted(self._values[label]))
            yield f"{self.attributes.of(label)}\tArg:<ANY>" + (f", Value:{values}" if values else "")

    def visual_conf(self) -> str:
        """The text of `visual.conf`: labels as they are in the project, and their colours."""
        changed = {
            name: label
            for names in (self.entities, self.relations, self.attributes)
            for label, name in names.changed().items()
        }
        drawing = [
            f"{self.entities.of(kind.name)}\tbgColor:{_ANSI.get(kind.color, kind.color)}"
            for kind in self.schema.entities
            if kind.color
        ]
        drawing += ["SPAN_DEFAULT\tfgColor:black, bgColor:lightgreen, borderColor:darken"]
        drawing += ["ARC_DEFAULT\tcolor:black, arrowHead:triangle-5"]
        return _written(
            {"labels": [_label_line(*each) for each in sorted(changed.items())], "drawing": drawing}
        )


def role_of(relation: str, event: str) -> str:
    """The role that a relation from an entity with the label `event` is, "" for one that is none. A role ends in no
    digit: these tell several arguments of one role apart."""
    role = relation.removeprefix(f"{event}:")
    return role if role != relation and _ROLE.fullmatch(role) else ""


def role_between(relation: Relation, ends: Mapping[str, Entity], symmetric: frozenset[str]) -> str:
    """The role that a relation is in the event of its head, "" for none."""
    return "" if relation.label in symmetric else role_of(relation.label, ends[relation.head].label)


def _label_line(name: str, label: str) -> str:
    return f"{name} | {' '.join(label.replace('|', '/').split())}"


def _written(sections: Mapping[str, Iterable[str]]) -> str:
    return "\n".join("\n".join((f"[{name}]", *lines, "")) for name, lines in sections.items())
