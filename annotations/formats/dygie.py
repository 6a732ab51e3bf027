"""DyGIE++ and SciERC: a line for each article, with sentences of tokens, entities, relations and clusters.

Invariant: tokens are counted through the whole article, ends included; every key that DyGIE++ does not know begins with
an underscore and has as many elements as there are sentences, for it cuts these keys as it cuts the sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import records, spliced
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.records import Bad, get
from annotations.formats.spliced import Link, Mark, Part, Way
from annotations.formats.tokenised import Tokenised, lose_merged, relations_of, told
from annotations.formats.trained import (
    grouped,
    is_complete,
    lose_long,
    lose_unsaid,
    one_a_span,
    prepared,
    stretch,
    together,
)
from annotations.model import Entity, Relation, Span

WIDEST = 8
"""Tokens of the longest entity that DyGIE++ learns, by its template."""

_DATASET = "postil"
"""What DyGIE++ keeps the labels of this data under."""

_TEXT, _IDS, _RELATION_IDS, _NAMES = "_text", "_ner_ids", "_relation_ids", "_cluster_names"
_KEYS = frozenset(
    (
        *(
            f"{prefix}{key}"
            for prefix in ("", "predicted_")
            for key in ("ner", "relations", "clusters", "events")
        ),
        *("doc_key", "sentences", "sentence_start", _TEXT, _IDS, _RELATION_IDS, _NAMES),
    )
)
_OWN = re.compile(r"[0-9a-f]{64}(/.*)?", re.DOTALL)

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes a line for each document. What a trainer knows one of for a span or a pair is written once; relations stay
    within a sentence."""
    before = ""
    with out.file() as file:
        for document in documents:
            key = document.article.sha256
            record = {"doc_key": f"{key}/{document.annotator}" if key == before else key, "dataset": _DATASET}
            file.write(records.encoded(record | _said(document, out)))
            before = key


def _said(document: Document, out: Output) -> dict[str, Any]:
    once = one_a_span(document, prepared(document, out, kept=("clusters",)).entities, out, "DyGIE++")
    tokenised = Tokenised(document, once)
    lose_long(tokenised, WIDEST, out, f"DyGIE++ learns {WIDEST} at most, unless its max_span_width is raised")
    sentences = _sentences(tokenised, out)
    entities = grouped(tokenised, sentences)
    related = _one_a_pair(document, relations_of(document, once, out), out)
    relations = together(tokenised, related, sentences, out, "sentences")
    said = [("entities", "ner", once), ("relations", "relations", related)]
    keys = {key for task, key, found in said if found or is_complete(document, task)}
    lose_unsaid(document, out, *(task for task, key, _ in said if key in keys))
    rows = {
        "ner": [[[*_place(tokenised, each), each.label] for each in some] for some in entities],
        "relations": _relations(tokenised, relations),
        "clusters": _clusters(tokenised),
        _TEXT: [stretch(tokenised, first, last) for first, last in sentences],
        _IDS: [[each.id for each in some] for some in entities],
        _RELATION_IDS: [[each.id for each in some] for some in relations],
        _NAMES: [[each.cluster for each in some] for some in entities],
    }
    if not rows["clusters"]:
        del rows["clusters"], rows[_NAMES]
    return {
        "sentences": [tokenised.words[first:last] for first, last in sentences],
        **{key: found for key, found in rows.items() if key in keys or key not in ("ner", "relations")},
    }


def _sentences(tokenised: Tokenised, out: Output) -> list[Span]:
    """The tokens of each sentence; one of a single token, on which DyGIE++ may break, is part of one beside it."""
    lose_merged(tokenised, out)
    found: list[Span] = []
    for first, last in tokenised.sentences:
        if found and (last - first < 2 or found[-1][1] - found[-1][0] < 2):
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    joined = len(tokenised.sentences) - len(found)
    if joined:
        what = f"sentences of one token, on which DyGIE++ may break, joined to another: {joined}"
        out.lose(tokenised.document, "sentence", what)
    return found


def _place(tokenised: Tokenised, entity: Entity) -> tuple[int, int]:
    """First and last token of an entity."""
    first, last = tokenised.place(entity)
    return first, last - 1


def _one_a_pair(document: Document, relations: Iterable[Relation], out: Output) -> list[Relation]:
    found: dict[tuple[str, str], Relation] = {}
    ends = {entity.id: entity for entity in document.entities}
    for relation in relations:
        first = found.setdefault((relation.head, relation.tail), relation)
        if first is not relation:
            what = f"{relation.label} from {told(ends[relation.head])} to {told(ends[relation.tail])} is left out: "
            what += f"DyGIE++ takes one label a pair, which is {first.label}"
            out.lose(document, "relation", what, (relation,))
    return list(found.values())


def _relations(tokenised: Tokenised, relations: Iterable[Iterable[Relation]]) -> list[list[list[Any]]]:
    place = {entity.id: _place(tokenised, entity) for entity in tokenised.entities}
    return [[[*place[each.head], *place[each.tail], each.label] for each in some] for some in relations]


def _clusters(tokenised: Tokenised) -> list[list[Span]]:
    """The entities of each cluster, in the order in which they begin."""
    found: dict[str, list[Span]] = {}
    for entity in tokenised.entities:
        if entity.cluster:
            found.setdefault(entity.cluster, []).append(_place(tokenised, entity))
    return list(found.values())


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each record, and once more with what a program predicted, where that stands in it. The end of a
    relation or a member of a cluster must be an entity of these tokens."""
    yield from spliced.articles(source, reading, Way(_parts, "import:dygie"))


def _parts(record: dict[str, Any]) -> Iterator[Part]:
    sentences = get(record, "sentences", list)
    for sentence in sentences:
        spliced.words(sentence, 'each of the "sentences"')
    text = record.get(_TEXT)
    is_text = isinstance(text, list) and all(isinstance(each, str) for each in text)
    meta = {key: value for key, value in record.items() if key not in _KEYS}
    key = record.get("doc_key")
    if not (text is not None and isinstance(key, str) and _OWN.fullmatch(key)):
        meta["id"] = key
    elif meta.get("dataset") == _DATASET:
        del meta["dataset"]
    for prefix, who in (("", None), ("predicted_", "predicted")):
        said = any(record.get(f"{prefix}{key}") is not None for key in ("ner", "relations", "clusters"))
        if said or not prefix:
            part = Part(sentences, "".join(text) if is_text and text else None, annotated=said, meta=meta)
            part.annotator, part.suggested = who, who is not None
            part.tasks = tuple(
                task
                for task, key in (("entities", "ner"), ("relations", "relations"))
                if record.get(prefix + key) is not None
            )
            _Reader(record, prefix, part).take()
            yield part


class _Reader:
    """Takes what one record says, either what people say (no prefix) or what a program does."""

    def __init__(self, record: dict[str, Any], prefix: str, part: Part) -> None:
        self._record, self._prefix, self._part = record, prefix, part
        self._at: dict[Span, list[int]] = {}

    def take(self) -> None:
        """Fills the part."""
        part = self._part
        ids = iter(self._beside(_IDS, "ner"))
        part.mark(self._rows("ner"), lambda row: _mark(row, next(ids)))
        for number, mark in enumerate(part.marks):
            if mark is not None:
                self._at.setdefault((mark.first, mark.last - 1), []).append(number)
        ids = iter(self._beside(_RELATION_IDS, "relations"))
        part.link(self._rows("relations"), lambda row: self._link(row, next(ids)))
        self._take_clusters()
        if self._record.get(f"{self._prefix}events"):
            part.says.append("its events are left out: there is no place for them")

    def _rows(self, key: str) -> list[Any]:
        """The rows of all sentences. Raises Bad."""
        lists = self._record.get(f"{self._prefix}{key}")
        if lists is None:
            return []
        count = len(self._part.sentences)
        if (
            not isinstance(lists, list)
            or len(lists) != count
            or not all(isinstance(each, list) for each in lists)
        ):
            raise Bad(f'"{self._prefix}{key}" must be a list with a list for each of the {count} sentences')
        return [row for each in lists for row in each]

    def _beside(self, key: str, rows: str) -> list[str | None]:
        """What stands beside rows, None for each where nothing does."""
        count, found = len(self._rows(rows)), self._record.get(key)
        lists = found if isinstance(found, list) and not self._prefix else []
        flat = [each for some in lists if isinstance(some, list) for each in some]
        return (
            [each if isinstance(each, str) else None for each in flat]
            if len(flat) == count
            else [None] * count
        )

    def _link(self, row: Any, id: str | None) -> Link:
        shape = "[first token, last token, first token, last token, label]"
        first, last, start, end, label, *rest = spliced.row(row, shape, int, int, int, int, str)
        return Link(label, self._only((first, last)), self._only((start, end)), id, _score(rest))

    def _only(self, span: Span) -> int:
        """The one mark at a span. Raises Bad."""
        found = self._at.get(span, [])
        if len(found) != 1:
            what = f"{len(found)} entities lie" if found else "no entity that was taken lies"
            raise Bad(f"{what} at the tokens {span[0]} to {span[1]}")
        return found[0]

    def _take_clusters(self) -> None:
        marks, names = self._part.marks, self._beside(_NAMES, "ner")
        clusters: list[Any] | None = get(self._record, f"{self._prefix}clusters", list, None)
        alone = 0
        for number, cluster in enumerate(clusters or (), 1):
            members = cluster if isinstance(cluster, list) else []
            found = [at for span in members for at in self._members(span)]
            alone += sum(not self._members(span) for span in members)
            name = next((names[at] for at in found if names[at]), None) or str(number)
            for at in found:
                mark = marks[at]
                if mark is not None and mark.cluster is None:
                    marks[at] = replace(mark, cluster=name)
        if alone:
            self._part.says.append(f"members of its clusters that are no entities are left out: {alone}")

    def _members(self, span: Any) -> Sequence[int]:
        is_span = isinstance(span, list) and [type(each) for each in span] == [int, int]
        return self._at.get((span[0], span[1]), ()) if is_span else ()


def _mark(row: Any, id: str | None) -> Mark:
    first, last, label, *rest = spliced.row(row, "[first token, last token, label]", int, int, str)
    return Mark(first, last + 1, label, id, _score(rest))


def _score(rest: Sequence[Any]) -> float | None:
    """The probability that stands after a row of predictions, behind the raw score."""
    are_numbers = len(rest) > 1 and all(type(each) in (int, float) for each in rest[:2])
    return float(rest[1]) if are_numbers else None


def _recognises(head: Head) -> bool:
    return {"doc_key", "sentences"} <= head.keys


FORMAT = Format(
    "dygie",
    "DyGIE++ and SciERC JSON lines",
    (".json", ".jsonl"),
    read,
    write,
    _recognises,
    sentences=True,
    trains=True,
    says_unknown=False,
)
