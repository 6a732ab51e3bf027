"""The types of a project and what is legal between them: pure values, no file.

Invariant: the codes of the entity types, and those of the relation types, are prefix-free words of a-z, so
that a code is complete at its last letter and no key has to wait.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, product
from string import ascii_lowercase
from typing import Literal

Overlap = Literal["none", "nested", "crossing"]
"""How the entities of one layer may overlap."""

LONGEST_CODE = 4
"""Letters in the longest code."""

_SINGLES = 20
"""With more types than this, single letters stop being mnemonic and every given code has two."""

_LETTERS_READ = 12
"""Letters of a name that its code is looked for in; bounds the search for absurdly long names."""


@dataclass(frozen=True, slots=True)
class EntityType:
    """A label for spans. `keys` are single digits that act at once, `code` is typed after Space; `about` and `examples`
    are its guideline, and `group` says where it stands in a long list of labels."""

    name: str
    keys: tuple[str, ...] = ()
    code: str = ""
    color: str | None = None
    about: str = ""
    group: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationType:
    """A label for pairs. `head` and `tail` name the entity types that each end may have; the rest as above."""

    name: str
    keys: tuple[str, ...] = ()
    code: str = ""
    head: frozenset[str] = frozenset()
    tail: frozenset[str] = frozenset()
    symmetric: bool = False
    about: str = ""
    group: str = ""
    examples: tuple[str, ...] = ()

    def allows(self, head_label: str, tail_label: str) -> bool:
        """Whether a pair with these labels is legal; a symmetric type takes either order."""
        straight = head_label in self.head and tail_label in self.tail
        return straight or (self.symmetric and tail_label in self.head and head_label in self.tail)

    def starts_at(self, head_label: str) -> bool:
        """Whether an entity with this label can be the first one of a pair."""
        return head_label in self.head or (self.symmetric and head_label in self.tail)


@dataclass(frozen=True)
class Schema:
    """The labels of a project, in the order of its config, and the rules between them.

    `labels` are the document labels, `complete` the tasks that "done" vouches for.
    """

    entities: tuple[EntityType, ...]
    relations: tuple[RelationType, ...] = ()
    labels: tuple[str, ...] = ()
    overlap: Overlap = "none"
    complete: tuple[str, ...] = ("entities", "relations")

    @cached_property
    def _entities(self) -> dict[str, EntityType]:
        return {each.name: each for each in self.entities}

    @cached_property
    def _relations(self) -> dict[str, RelationType]:
        return {each.name: each for each in self.relations}

    @cached_property
    def label_codes(self) -> dict[str, str]:
        """A short code for each document label, prefix-free."""
        return assign_codes(self.labels, ())

    @cached_property
    def symmetric(self) -> frozenset[str]:
        """The names of the relation types whose order says nothing."""
        return frozenset(kind.name for kind in self.relations if kind.symmetric)

    def entity(self, name: str) -> EntityType:
        """The entity type of that name; raises KeyError."""
        return self._entities[name]

    def relation(self, name: str) -> RelationType:
        """The relation type of that name; raises KeyError."""
        return self._relations[name]

    def has_entity(self, name: str) -> bool:
        """Whether an entity type has that name."""
        return name in self._entities

    def has_relation(self, name: str) -> bool:
        """Whether a relation type has that name."""
        return name in self._relations

    def legal(self, relation: str, head_label: str, tail_label: str) -> bool:
        """Whether the relation may join these labels; False for an unknown relation."""
        return self.has_relation(relation) and self.relation(relation).allows(head_label, tail_label)

    def relations_between(self, head_label: str, tail_label: str) -> tuple[RelationType, ...]:
        """The relation types that may join these labels."""
        return tuple(each for each in self.relations if each.allows(head_label, tail_label))

    def relations_from(self, head_label: str) -> tuple[RelationType, ...]:
        """The relation types that may have this label as head; symmetric ones at either end."""
        return tuple(each for each in self.relations if each.starts_at(head_label))


def assign_codes(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """A short code for each name, prefix-free among themselves and with the `taken` ones.

    All given codes have one length. Letters of the name are used where possible, the first ones first; the
    rest get the first free codes of the alphabet. Raises ValueError when `taken` leaves too little room.
    """
    wanted = tuple(dict.fromkeys(names))
    free = _free_codes(len(wanted), taken)
    length = len(next(iter(free), ""))
    codes: dict[str, str] = {}
    for candidates in (_first_choice, _own_letters):
        for name in wanted:
            if name not in codes and (code := next(filter(free.__contains__, candidates(name, length)), "")):
                codes[name] = code
                del free[code]
    rest = (name for name in wanted if name not in codes)
    return codes | dict(zip(rest, free, strict=False))


def _free_codes(count: int, taken: Collection[str]) -> dict[str, None]:
    """All codes of the shortest length that has room for `count`, in alphabetical order."""
    shortest = 1 if count + len(taken) <= _SINGLES else 2
    for length in range(shortest, LONGEST_CODE + 1):
        blocked = {code[:length] for code in taken}
        free = {
            code: None
            for code in map("".join, product(ascii_lowercase, repeat=length))
            if not any(code[:cut] in blocked for cut in range(1, length + 1))
        }
        if len(free) >= count:
            return free
    raise ValueError(f"no codes are left for {count} names")


def _first_choice(name: str, length: int) -> Iterator[str]:
    letters = _letters(name)[:length]
    return iter((letters,) if len(letters) == length else ())


def _own_letters(name: str, length: int) -> Iterator[str]:
    """Codes made of the name's letters in their order, then of its first letters and any other."""
    letters = _letters(name)
    own = map("".join, combinations(letters, length))
    eked_out = (letters[: length - 1] + last for last in ascii_lowercase) if length > 1 and letters else ()
    return chain(own, (code for code in eked_out if len(code) == length))


def _letters(name: str) -> str:
    """The plain letters of a name: lower case, accents dropped, everything else left out."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if c in ascii_lowercase)[:_LETTERS_READ]
