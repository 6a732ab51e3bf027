"""Prodigy's JSONL: one annotator's answer to one task a line.

Invariant: spans are code points and begin and end with tokens; a relation names the last token of each of its ends and
holds a copy of both; keys that only Prodigy knows are kept under one key of the metadata, unknown ones of a span or a
relation as its attributes, and go out again. All of one annotator's answers about one text are one piece of work.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile
from annotations.formats import offsets, records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.prodigy_together import Line, annotator_of, last_lines, together
from annotations.formats.records import Bad, about_pair, article_of, choice, get, meta_of, quoted
from annotations.formats.tokenised import Tokenised, distinct, relations_of, whole
from annotations.formats.unsaid import lose_details
from annotations.model import Decision, Entity, Relation, Span, Status, about_entity
from annotations.text import trim

KEPT = "prodigy"
"""The key of an article's metadata under which the keys are kept that only Prodigy knows."""

_ANSWERS = ("accept", "reject", "ignore")
_OWN_KEYS = frozenset(("_annotator_id", "_session_id", "_view_id", "_timestamp", "_is_binary"))
_KEYS = _OWN_KEYS | {"text", "tokens", "spans", "relations", "meta", "answer", "flagged"}
_BINARY_VIEWS = frozenset(("ner", "spans", "classification", "text", "html"))
_UNNAMED = "import:prodigy"

_PLACES = frozenset(("start", "end", "token_start", "token_end", "text"))
_SPAN_KEYS = _PLACES | {"label", "type", "score", "kb_id", "source", "input_hash", "pattern", "rank", "color"}
_ARC_KEYS = frozenset(("head", "child", "head_span", "child_span", "label", "score", "color"))
"""The keys of a span and of a relation that are read, or say nothing of it; all others are attributes."""

# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes a line for each document and, after it, one for each span that was rejected in it.

    A settled document is an accepted task, a skipped one an ignored task, an open one a task without an answer.
    """
    with out.file() as file:
        for document in documents:
            file.write(records.encoded(_task(document, out)))
            for row in _rejected(document):
                file.write(records.encoded(_question(document, row)))


def _task(document: Document, out: Output) -> dict[str, Any]:
    entities = distinct(document, whole(document, out), out)
    relations = relations_of(document, entities, out)
    lose_details(document, out, kept=("attributes", "links"))
    tokens = _Tokens(document, entities)
    spans = {entity.id: tokens.span(entity) for entity in entities}
    linked = bool(relations) or "relations" in document.complete
    task: dict[str, Any] = {"text": document.article.text, "tokens": tokens.rows()}
    kind = {"type": "span"} if linked else {}
    task["spans"] = [spans[e.id] | kind | _said(e, _SPAN_KEYS, document, out) for e in entities]
    if linked:
        task["relations"] = [_arc(r, spans) | _said(r, _ARC_KEYS, document, out) for r in relations]
    overlap = any(left.end > right.start for left, right in pairwise(entities))
    view = "spans_manual" if overlap else "relations" if linked else "ner_manual"
    return task | _frame(document, view, _answer(document, linked, out))


def _said(about: Entity | Relation, known: frozenset[str], document: Document, out: Output) -> dict[str, Any]:
    """Score, link and attributes; an attribute that is called like a key of Prodigy's is named as lost."""
    score = {} if about.score is None else {"score": round(about.score, 4) + 0.0}
    link = {"kb_id": about.link} if isinstance(about, Entity) and about.link else {}
    said = dict(sorted((about.attributes or {}).items()))
    for key in sorted(known & said.keys()):
        what = (
            f"the attribute {quoted(key)} of a {about.label} is left out: Prodigy means something else by it"
        )
        out.lose(document, "attributes", what)
        del said[key]
    return score | link | said


def _arc(relation: Relation, spans: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    head, child = spans[relation.head], spans[relation.tail]
    ends = {"head": head["token_end"], "child": child["token_end"]}
    return ends | {"head_span": head, "child_span": child, "label": relation.label}


def _answer(document: Document, linked: bool, out: Output) -> str | None:
    """What the annotator said of the task; an accepted one claims that there is nothing besides."""
    if document.status == "skipped":
        return "ignore"
    if document.layer.startswith("gold:"):
        return "accept"
    if document.status != "done":
        return None
    claimed = ["entities", "relations"] if linked else ["entities"]
    unseen = [task for task in claimed if task not in document.complete]
    if not unseen:
        return "accept"
    says = (
        f"it is done, but its {' and '.join(unseen)} were not looked at as a whole: written without an answer"
    )
    out.lose(document, "status", says)
    return None


def _frame(document: Document, view: str, answer: str | None, binary: bool = False) -> dict[str, Any]:
    """What stands in a task after the annotations."""
    meta = meta_of(document)
    kept = meta.pop(KEPT) if isinstance(meta.get(KEPT), dict) else {}
    if binary:
        kept = {key: value for key, value in kept.items() if key == "_input_hash"}
    frame: dict[str, Any] = {"meta": meta} | {k: v for k, v in kept.items() if k not in _KEYS}
    if document.annotator is not None:
        frame |= {"_annotator_id": document.annotator, "_session_id": document.annotator}
    frame["_view_id"] = view
    if binary:
        frame["_is_binary"] = True
    elif document.flagged:
        frame["flagged"] = True
    return frame if answer is None else frame | {"answer": answer}


class _Tokens:
    """The tokens of a document and, as spaCy has them, white space other than one space after a token: together, each
    with the space that follows it, they are the text."""

    def __init__(self, document: Document, entities: Sequence[Entity]) -> None:
        self._text = document.article.text
        self._spans: list[Span] = []
        self._spaced: list[bool] = []
        end = 0
        for token in Tokenised(document, entities).tokens:
            self._add_gap(end, token[0])
            self._add(token)
            end = token[1]
        self._add_gap(end, len(self._text))
        self._starts = [start for start, _ in self._spans]

    def _add(self, span: Span) -> None:
        self._spans.append(span)
        self._spaced.append(False)

    def _add_gap(self, start: int, end: int) -> None:
        if self._spans and self._text[start:end].startswith(" "):
            self._spaced[-1] = True
            start += 1
        if start < end:
            self._add((start, end))

    def rows(self) -> list[dict[str, Any]]:
        """The tokens as Prodigy has them."""
        return [
            {"text": self._text[start:end], "start": start, "end": end, "id": id, "ws": spaced}
            for id, ((start, end), spaced) in enumerate(zip(self._spans, self._spaced, strict=True))
        ]

    def span(self, entity: Entity) -> dict[str, Any]:
        """An entity as Prodigy has it; its last token belongs to it."""
        first, last = bisect_left(self._starts, entity.start), bisect_left(self._starts, entity.end) - 1
        places = {"start": entity.start, "end": entity.end, "token_start": first, "token_end": last}
        return places | {"label": entity.label}


def _rejected(document: Document) -> Iterator[Mapping[str, Any]]:
    """The suggested entities that were not right as they were, each once, in reading order."""
    if "entities" not in document.complete:
        return
    text, seen = document.article.text, {entity.value for entity in document.entities}
    rows = [row for row in document.rejected if "relation" not in row and row["why"] != "superseded"]
    for row in sorted(rows, key=lambda row: (row["start"], -row["end"], row["label"], row["layer"])):
        span = (row["start"], row["end"])
        value = ((span,), row["label"])
        if "fragments" not in row and trim(text, *span) == span and value not in seen:
            seen.add(value)
            yield row


def _question(document: Document, row: Mapping[str, Any]) -> dict[str, Any]:
    """A rejected suggestion as a question that was answered with no. It needs no tokens."""
    span = {"start": row["start"], "end": row["end"], "label": row["label"]}
    source = {"source": row["layer"]} if row["layer"] else {}
    task = {"text": document.article.text, "spans": [span | source]}
    return task | _frame(document, "ner", "reject", binary=True)


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each task, or a BadFile that names the source, the line and what is wrong with it.

    Of one annotator's records about one text, wherever they stand, a task and all questions are one piece of work; of
    two tasks that do not say the same the first one stands, and the other is refused.
    """
    try:
        split, unit = records.told_apart(Head.of(source))
    except BadFile as error:
        yield error
        return
    last = last_lines(source, split)

    def take(lines: list[Line], place: str) -> Iterator[Incoming | BadFile]:
        return _taken(lines, reading, source.name, unit)

    yield from records.taken_apart(source, lambda file: together(split(file), last, unit), take, unit)


def _taken(lines: list[Line], reading: Reading, name: str, unit: str) -> Iterator[Incoming | BadFile]:
    """What comes of records that belong together, the tasks before the questions; one that is bad is refused alone."""
    work: _Work | None = None
    stands = ""
    for number, record in sorted(lines, key=lambda line: _is_binary(line[1])):
        place = f"{name}, {unit} {number}"
        try:
            if stands and not _is_binary(record) and work is not None:
                _check_same(work, _worked(record, reading, place), stands)
                continue
            work = work or _Work(record, reading, place)
            _Task(work, record, place).take()
            stands = stands or ("" if _is_binary(record) else f"{unit} {number}")
        except Bad as error:
            yield BadFile(f"{place}: {error}")
    if work is not None and work.tasks:
        yield work.incoming()


def _worked(record: Mapping[str, Any], reading: Reading, place: str) -> _Work:
    work = _Work(record, reading, place)
    _Task(work, record, place).take()
    return work


def _check_same(work: _Work, other: _Work, stands: str) -> None:
    """Takes note of a task that says what another one says. Raises Bad for one that does not."""
    if work.says != other.says:
        raise Bad(f"left out: {stands} is another task of the same annotator on this text, and stands")
    work.warnings.append(f"{other.place}: left out: it says what {stands} says")


def _is_binary(record: Mapping[str, Any]) -> bool:
    """Whether a task is a question about what it shows: by what it says, else in old files by one span without tokens,
    or a label without spans."""
    said, view, spans = record.get("_is_binary"), record.get("_view_id"), record.get("spans")
    if type(said) is bool:
        return said
    if type(view) is str:
        return view in _BINARY_VIEWS
    if not {"tokens", "relations", "options"}.isdisjoint(record):
        return False
    return len(spans) == 1 if type(spans) is list and spans else _is_labelled(record)


def _is_labelled(record: Mapping[str, Any]) -> bool:
    """Whether a task is about a label of the whole text."""
    of_all = record.get("_view_id") in (None, *_BINARY_VIEWS) and not record.get("spans")
    return of_all and "tokens" not in record and type(record.get("label")) is str


class _Work:
    """One annotator's work on one text, on its way to an `Incoming`."""

    def __init__(self, record: Mapping[str, Any], reading: Reading, place: str) -> None:
        self.reading, self.place = reading, place
        self.text = records.name(record, "text")
        meta: dict[str, Any] | None = get(record, "meta", dict, None)
        self.meta = dict(meta or {})
        self.annotator = annotator_of(record)
        kept = {key: value for key, value in record.items() if key not in _KEYS}
        if _is_binary(record):
            kept.pop("_task_hash", None)
        if _is_labelled(record):
            del kept["label"]
        if kept:
            self.meta[KEPT] = kept
        self.entities: dict[Any, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self.rejected: dict[str, tuple[str, str]] = {}
        """By what they are about: the layers that suggested it, and where it was rejected, in words."""
        self.labels: dict[str, None] = {}
        self.status: Status | None = None
        self.complete: tuple[str, ...] = ()
        self.flagged = self.looked_at = False
        self.tasks = 0
        self.warnings: list[str] = []

    @property
    def says(self) -> tuple[Any, ...]:
        """What another task has to say to say the same."""
        return (
            {(entity.value, entity.link) for entity in self.entities.values()},
            self.relations.keys(),
            self.rejected.keys(),
            self.labels.keys(),
            (self.status, self.complete, self.flagged),
        )

    def incoming(self) -> Incoming:
        """The article with all that was said of it."""
        found = self._annotations()
        return replace(article_of(self.text, self.meta, self.place, found), warnings=tuple(self.warnings))

    def _annotations(self) -> IncomingAnnotations | None:
        if not self.looked_at:
            return None
        standing = {about_entity(*value) for value in self.entities} | set(self.relations)
        decisions = []
        for about, (layer, where) in self.rejected.items():
            if about in standing:
                self.warnings.append(f"{where} was rejected, and stands as well: taken as it stands")
            else:
                decisions.append(Decision(about, "rejected", None, "import", (layer,), ""))
        return IncomingAnnotations(
            self.annotator,
            self.status,
            tuple(self.entities.values()),
            tuple(self.relations.values()),
            tuple(decisions),
            self.complete,
            tuple(self.labels),
            None,
            self.flagged,
        )


class _Task:
    """One record of a piece of work, and where it stands."""

    def __init__(self, work: _Work, record: Mapping[str, Any], place: str) -> None:
        self.work, self.record, self.place = work, record, place
        self.answer: str | None = (
            choice(record, "answer", _ANSWERS) if record.get("answer") is not None else None
        )
        for key in ("_annotator_id", "_session_id"):
            get(record, key, str, None)
        self.rows = records.objects_if_any(record, "spans")
        self.arcs = records.objects_if_any(record, "relations")
        self._tokens = self._checked_tokens()
        self._by_last: dict[int, list[Entity]] = {}

    def take(self) -> None:
        """Adds what the record says to the work."""
        work, record = self.work, self.record
        flagged = get(record, "flagged", bool, None)
        if _is_labelled(record) or self._is_choice():
            self._take_choice()
        elif _is_binary(record):
            self._take_question()
        elif self.answer in ("reject", "ignore"):
            self._set_aside()
        else:
            self._take_all()
        work.tasks += 1
        work.flagged |= flagged or False
        work.looked_at |= self.answer is not None or not {"spans", "relations"}.isdisjoint(record)

    def warn(self, what: str) -> None:
        """Notes what was not taken, and why."""
        self.work.warnings.append(type(what)(f"{self.place}: {what}"))

    # -- answers

    def _is_choice(self) -> bool:
        """Whether the options are all that was asked: else, as in the view `blocks`, the task is about spans too."""
        view = self.record.get("_view_id")
        asks_more = view != "choice" if type(view) is str else "tokens" in self.record
        return "options" in self.record and not asks_more

    def _take_choice(self) -> None:
        """What a question about the whole text, or about a span, says."""
        if self.rows:
            self._take_spans()
        self._take_labels()
        self.work.flagged |= self.answer == "ignore"

    def _take_labels(self) -> None:
        """Labels of the whole text; options about a span may be anything, and stay in the metadata."""
        chosen = get(self.record, "accept", list, []) if "options" in self.record else [self.record["label"]]
        if self.rows:
            self.warn(
                f"the chosen options {quoted(chosen)} were left in the metadata: what they say is not known"
            )
        elif self.answer == "accept":
            self.work.labels |= dict.fromkeys(str(each) for each in chosen)
        elif chosen and self.answer != "ignore":
            why = f'the answer to the task is "{self.answer}"' if self.answer else "the task has no answer"
            self.warn(f"the labels {quoted(chosen)} were left out: {why}")

    def _take_question(self) -> None:
        if self.answer == "reject":
            self._reject()
        elif self.answer == "ignore":
            self.work.flagged = True
        else:
            self._take_spans()

    def _reject(self) -> None:
        if len(self.rows) > 1:
            self.work.flagged = True
            self.warn(f"{len(self.rows)} spans were rejected together: which of them is wrong is not known")
        for entity, row in self._entities() if len(self.rows) == 1 else ():
            source = row.get("source")
            named = source if type(source) is str and source else _UNNAMED
            self.work.rejected.setdefault(
                about_entity(*entity.value), (named, f"{self.place}: {records.cited(entity)}")
            )

    def _set_aside(self) -> None:
        self.work.status, self.work.flagged = "skipped", True
        if self.rows or self.arcs:
            self.warn(f'its spans and relations were left out: the answer to the task is "{self.answer}"')

    def _take_all(self) -> None:
        self._take_spans()
        for row in self.arcs:
            try:
                self._add_relation(row)
            except Bad as error:
                self.warn(LeftOut(f"a relation was left out: {error}"))
        if "options" in self.record:
            self._take_labels()
        if self.answer == "accept":
            self.work.status = "done"
            self.work.complete = ("entities", "relations") if "relations" in self.record else ("entities",)

    # -- spans

    def _checked_tokens(self) -> list[Span]:
        """The code points of the tokens. Raises Bad for tokens that are not of this text."""
        rows, text = records.objects_if_any(self.record, "tokens"), self.work.text
        places = [(get(row, "start", int), get(row, "end", int)) for row in rows]
        said = [
            (*place, row["text"])
            for place, row in zip(places, rows, strict=True)
            if type(row.get("text")) is str
        ]
        said += [surface for row in self.rows if (surface := _surface(row)) is not None]
        unit = self.work.reading.unit or offsets.fitting(text, said) or "codepoint"
        if unit != "codepoint":
            self.warn(f"its offsets were taken to count {offsets.NAMES[unit]}")
        self._convert = offsets.to_codepoints(text, unit)
        found: list[Span] = []
        for index, (row, place) in enumerate(zip(rows, places, strict=True)):
            if get(row, "id", int, index) != index:
                raise Bad(f"token {index} has the id {row['id']}: ids must count the tokens from 0")
            found.append(self._place(place, row, f"token {index}: "))
            if index and found[-1][0] < found[-2][1]:
                raise Bad(f"token {index} begins before the one before it ends")
        return found

    def _place(self, place: Span, row: Mapping[str, Any], what: str = "") -> Span:
        """A range in code points that is not empty and holds the text that the row says, if it says one."""
        try:
            start, end = map(self._convert, place)
        except Bad as error:
            raise Bad(f"{what}{error}") from error
        if start >= end:
            raise Bad(f"{what}it ends at {place[1]} and begins at {place[0]}")
        said, found = get(row, "text", str, None), self.work.text[start:end]
        if said is not None and said != found:
            raise Bad(f"{what}the text at {place[0]} to {place[1]} is {quoted(found)}, not {quoted(said)}")
        return start, end

    def _take_spans(self) -> None:
        known = self.work.entities
        for entity, _ in self._entities():
            first = known.setdefault(entity.value, entity)
            ending = self._by_last.setdefault(self._token_at(entity.end - 1), [])
            if first not in ending:
                ending.append(first)
            if first is not entity:
                self.warn(f"{records.cited(entity)} stands twice")

    def _entities(self) -> Iterator[tuple[Entity, dict[str, Any]]]:
        """The spans that can be taken, with their rows; the others are warned of."""
        for row in self.rows:
            try:
                start, end = self._range(row)
                label = records.name(row, "label")
            except Bad as error:
                self.warn(LeftOut(f"a span was left out: {error}"))
                continue
            id, text = f"s{len(self.work.entities)}", self.work.text[start:end]
            more, score, link = _rest(row, _SPAN_KEYS), self._score(row), self._link(row)
            yield Entity(id, start, end, label, text, (), score, more, link), row

    def _score(self, row: Mapping[str, Any]) -> float | None:
        score: Any = row.get("score")
        if type(score) in (int, float):
            return float(score)
        if score is not None:
            self.warn(f"a score was left out: it must be a number, not {quoted(score)}")
        return None

    def _link(self, row: Mapping[str, Any]) -> str | None:
        link: Any = row.get("kb_id")
        if type(link) is str or link is None:
            return link or None
        self.warn(f'a link was left out: "kb_id" must be a text, not {quoted(link)}')
        return None

    def _range(self, row: Mapping[str, Any]) -> Span:
        """The code points of a span. Its tokens, if it names some, must be those that it lies on."""
        tokens = self._tokens
        first, last = (get(row, key, int, None) for key in ("token_start", "token_end"))
        named = first is not None and last is not None and bool(tokens)
        if named and not 0 <= first <= last < len(tokens):  # type: ignore[operator]
            raise Bad(f"there are no tokens {first} to {last}")
        if "start" not in row and named:
            return tokens[first][0], tokens[last][1]  # type: ignore[index]
        start, end = self._place((get(row, "start", int), get(row, "end", int)), row)
        if named and (first, last) != (self._token_at(start), self._token_at(end - 1)):
            raise Bad(
                f"{quoted(self.work.text[start:end])} at {start} to {end} is not tokens {first} to {last}"
            )
        return start, end

    def _token_at(self, place: int) -> int:
        return bisect_right(self._tokens, (place, len(self.work.text) + 1)) - 1

    # -- relations

    def _add_relation(self, row: Mapping[str, Any]) -> None:
        label = records.name(row, "label")
        head, tail = (self._end(row, side) for side in ("head", "child"))
        ends = f"from {records.cited(head)} to {records.cited(tail)}"
        if head is tail:
            raise Bad(f"{label} goes from {records.cited(head)} to itself")
        if label in self.work.reading.negative:
            self._deny(head, tail, label, ends)
            return
        about = about_pair(label, head, tail, self.work.reading.symmetric)
        if about in self.work.relations:
            raise Bad(f"{label} {ends} stands twice")
        said = self._score(row), _rest(row, _ARC_KEYS)
        self.work.relations[about] = Relation(f"r{len(self.work.relations)}", label, head.id, tail.id, *said)

    def _deny(self, head: Entity, tail: Entity, label: str, ends: str) -> None:
        found = records.denied(self.work.reading, head, tail)
        if not found:
            raise Bad(f"{label} {ends} rejects nothing: no relation of the schema joins them")
        kinds = self.work.reading.schema.relations_between(head.label, tail.label)
        for about, kind in zip(found, kinds, strict=True):
            self.work.rejected.setdefault(about, (_UNNAMED, f"{self.place}: {kind.name} {ends}"))

    def _end(self, row: Mapping[str, Any], side: str) -> Entity:
        """The entity at an end: the one that the copy shows, else the only one that ends with the token."""
        index, copy = get(row, side, int, None), get(row, f"{side}_span", dict, None)
        if copy is None and index is None:
            raise Bad(f'"{side}" is missing')
        found = self._copied(copy) if copy is not None else self._ending_at(index)
        if not found:
            raise Bad(f"its {side} is {self._bare(index)}, which is no entity: label it and relate it again")
        if len(found) > 1:
            raise Bad(f"its {side}, token {index}, is the last of several entities: which one is not known")
        if copy is not None and index is not None and self._tokens:
            first, last = self._token_at(found[0].start), self._token_at(found[0].end - 1)
            if not first <= index <= last:
                raise Bad(f"its {side} is token {index}, but the copy of it is tokens {first} to {last}")
        return found[0]

    def _ending_at(self, index: int | None) -> list[Entity]:
        return self._by_last.get(index, []) if index is not None and 0 <= index < len(self._tokens) else []

    def _copied(self, copy: Mapping[str, Any]) -> list[Entity]:
        """The entity that a copy shows; one with another label only where no other has its place."""
        span, label = self._range(copy), copy.get("label")
        exact = self.work.entities.get(((span,), label)) if type(label) is str else None
        if exact is not None:
            return [exact]
        found = [entity for entity in self.work.entities.values() if entity.spans == (span,)]
        if len(found) == 1 and label:
            self.warn(f"the copy of {records.cited(found[0])} in a relation has the label {quoted(label)}")
        return found

    def _bare(self, index: int | None) -> str:
        if index is None or not 0 <= index < len(self._tokens):
            return "no token" if index is None else f"token {index}"
        start, end = self._tokens[index]
        return f"the word {quoted(self.work.text[start:end])} at {start}"


def _rest(row: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any] | None:
    """What a row says besides what is known, if anything."""
    return {key: value for key, value in row.items() if key not in known and value is not None} or None


def _surface(row: Mapping[str, Any]) -> offsets.Surface | None:
    start, end, said = row.get("start"), row.get("end"), row.get("text")
    return (start, end, said) if type(start) is type(end) is int and type(said) is str else None


def _recognises(head: Head) -> bool:
    keys = head.keys
    if "text" not in keys:
        return False
    if keys & (_OWN_KEYS | {"_input_hash", "_task_hash", "token_start"}):
        return True
    return head.record.get("answer") in _ANSWERS or any(
        _has_places(head.record.get(k)) for k in ("spans", "tokens")
    )


def _has_places(rows: Any) -> bool:
    first = rows[0] if type(rows) is list and rows else None
    return type(first) is dict and {"start", "end"} <= first.keys()


FORMAT = Format("prodigy", "Prodigy JSONL", (".jsonl",), read, write, _recognises)
