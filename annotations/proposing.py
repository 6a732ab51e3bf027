"""A `config.yaml` out of files with annotations: which labels there are, and which relations join what.

Invariant: what is proposed loads as it is, and every annotation of the files is legal under it, but for labels that no
config.yaml may have, which are named.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from annotations.documents import Incoming, IncomingAnnotations
from annotations.errors import BadFile, PostilError
from annotations.formats.brat_conf import Conf
from annotations.model import Entity
from annotations.schema import Overlap
from annotations.state import Value, conflict

COLORS = (
    *("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#7A6FF0", "#D55E00", "#AAD585"),
    *("#B0B0B0", "#F4325F", "#8DA0CB", "#C2B280", "#A89CF7", "#FC8D62", "#B65CE0", "#D9A441"),
)
"""Colours in the order in which labels get them; the first eight stay apart for colour-blind readers too."""

MOST_BYTES, MOST_LINES = 1_000_000, 20_000
"""What a config.yaml may have, as it is read."""

DIGITS = "1234567890"
"""Keys in the order in which labels get them, the most frequent first."""


@dataclass
class Proposal:
    """What was found in files."""

    entities: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    heads: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tails: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    symmetric: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    overlap: Overlap = "none"
    refused: list[str] = field(default_factory=list)
    _endless: set[str] = field(default_factory=set)

    def take(self, items: Iterable[Incoming | BadFile]) -> None:
        """Counts what articles hold; what cannot be read is noted."""
        for item in items:
            if isinstance(item, BadFile):
                self.refused.append(str(item))
            elif item.document is not None:
                self._take(item.document)

    def take_conf(self, conf: Conf) -> None:
        """Takes over what an `annotation.conf` of brat allows; a relation without labels at an end may have any."""
        labels = set(filter(self._fits, conf.entities))
        self.entities.update(dict.fromkeys(labels, 0))
        self.groups |= {label: group for label, group in conf.groups.items() if label in labels}
        for relation in conf.relations:
            if self._fits(relation.name):
                self.relations[relation.name] += 0
                self.heads[relation.name] |= relation.head & labels or labels
                self.tails[relation.name] |= relation.tail & labels or labels
        self.symmetric |= conf.symmetric
        self.refused += conf.notes

    def _take(self, found: IncomingAnnotations) -> None:
        labels = {entity.id: entity.label for entity in found.entities if self._fits(entity.label)}
        self.entities.update(labels.values())
        self.labels.update(filter(self._fits, found.labels))
        for relation in found.relations:
            if not self._fits(relation.label):
                continue
            if not {relation.head, relation.tail} <= labels.keys():
                self._endless.add(relation.label)
                continue
            self.relations[relation.label] += 1
            self.heads[relation.label].add(labels[relation.head])
            self.tails[relation.label].add(labels[relation.tail])
        if self.overlap != "crossing":
            self.overlap = max(self.overlap, _overlap(found.entities), key=_WIDTH.index)

    def _fits(self, label: str) -> bool:
        """Whether a config.yaml may have this label; one that it may not is noted once."""
        fault = _fault(label)
        says = f"the label {label!r} {fault} and is not proposed: rename it in the files"
        if fault and says not in self.refused:
            self.refused.append(says)
        return not fault

    def config(self, name: str) -> str:
        """The text of a config.yaml. Raises PostilError when no label was found, or more than it may have."""
        if not self.entities:
            why = f": {self.refused[0]}" if self.refused else ""
            raise PostilError(f"no annotations were found, so that there are no labels to propose{why}")
        self._note_endless()
        data = {
            "name": _tidy(name) or "proposed",
            "database": "postil.db",
            "overlap": self.overlap,
            "suggest": {"pipeline": None},
            "entities": dict(self._entities()),
            "relations": dict(self._relations()),
            "labels": _ranked(self.labels),
        }
        written = HEAD + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000)
        if len(written.encode()) > MOST_BYTES or written.count("\n") > MOST_LINES:
            counted = f"{len(self.entities):,} of entities, {len(self.relations):,} of relations"
            raise PostilError(f"there are too many labels for a config.yaml, or too long ones: {counted}")
        return written

    def _note_endless(self) -> None:
        """Notes the relations that join only labels that are not proposed."""
        for label in sorted(self._endless - self.relations.keys()):
            says = f"the relation {label!r} is not proposed: labels that it joins are not"
            if says not in self.refused:
                self.refused.append(says)

    def _entities(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for index, label in enumerate(_ranked(self.entities)):
            group = {"group": self.groups[label]} if label in self.groups else {}
            yield label, {**_key(index), "color": COLORS[index % len(COLORS)], **group, "about": ""}

    def _relations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for index, label in enumerate(_ranked(self.relations)):
            heads, tails = self.heads[label], self.tails[label]
            if label in self.symmetric:
                heads = tails = heads | tails
            ends = {"head": sorted(heads), "tail": sorted(tails)}
            turns = {"symmetric": True} if label in self.symmetric else {}
            yield label, {**_key(index), **ends, **turns, "about": ""}


HEAD = """# Proposed from files: check the labels, write into `about` what your team has agreed on, list your articles.
# Where a relation means the same both ways, say `symmetric: true`; name a spaCy pipeline where one knows these labels.
# `postil schema check` says whether it holds together.

"""


def _fault(label: str) -> str:
    """Why no config.yaml may have a label, "" where it may: those are read on one line and typed again."""
    if any(unicodedata.category(c) in _BREAKS for c in label):
        return "holds a control character or a line break"
    if not label or label != label.strip():
        return "begins or ends with white space" if label else "is empty"
    return ""


def _tidy(name: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKS else c for c in name).split())


_BREAKS = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of characters that have no place on a line."""

_WIDTH: tuple[Overlap, ...] = ("none", "nested", "crossing")


def _ranked(counts: Counter[str]) -> list[str]:
    """The most frequent first, then by name."""
    return sorted(counts, key=lambda name: (-counts[name], name))


def _key(index: int) -> dict[str, str]:
    return {"key": DIGITS[index]} if index < len(DIGITS) else {}


def _overlap(entities: Iterable[Entity]) -> Overlap:
    """The least policy that allows these entities side by side."""
    values = sorted({entity.value for entity in entities})
    return next(policy for policy in _WIDTH if not _conflicts(policy, values))


def _conflicts(policy: Overlap, values: list[Value]) -> bool:
    for index, one in enumerate(values):
        for other in values[index + 1 :]:
            if other[0][0][0] >= one[0][-1][1]:
                break
            if conflict(policy, one, other):
                return True
    return False
