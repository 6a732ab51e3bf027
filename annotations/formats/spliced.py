"""Records of tokens made articles again: texts out of tokens, and an article out of the pieces that it was cut into.

Invariant: the text of a record is taken as it is said beside its tokens if these fit it, else rebuilt, and the person
is told; the pieces of an article are joined only where together they are the text that was cut.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from annotations import text as texts
from annotations.documents import Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile
from annotations.formats import fields, records
from annotations.formats.base import Reading, Source
from annotations.formats.records import Bad, about_pair, quoted
from annotations.formats.tagged import BLANK, MOST_TOKENS, REBUILT, Notes, joined, noted
from annotations.model import Decision, Entity, Relation, Span

LOOSE = "pieces whose article is not there with all its other pieces beside them, taken by themselves: {}"
MISFIT = "texts that the tokens beside them do not fit, rebuilt with a space between tokens: {}"
VAIN = "pairs that are said to have no relation, where the schema lets none join them, passed over: {}"

_OWN = re.compile(r"([0-9a-f]{64})/([0-9]{1,9})")

# -- what a record says -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """An entity of a record: its first token and the one after its last, counted from 0, and what is said of it."""

    first: int
    last: int
    label: str
    id: str | None = None
    score: float | None = None
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A relation of a record from one of its marks to another, which count from 0."""

    label: str
    head: int
    tail: int
    id: str | None = None
    score: float | None = None


@dataclass(slots=True)
class Part:
    """What one record says: an article or a piece of one.

    `text` is the exact text of its tokens, `own` the SHA-256 of the article that it is a piece of and its number among
    them. `repeats` says that records that follow each other may be about the same tokens; of these `at` is the place in
    the text, which the first piece has. `suggested` says that it is a program's work, `tasks` what the record could
    have had something of. A mark that cannot be taken is None, so that the others keep their numbers.
    """

    sentences: list[list[str]]
    text: str | None = None
    own: tuple[str, int] | None = None
    at: int = 0
    repeats: bool = False
    annotated: bool = True
    meta: dict[str, Any] = field(default_factory=dict)
    annotator: str | None = None
    suggested: bool = False
    tasks: tuple[str, ...] = ("entities", "relations")
    marks: list[Mark | None] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    place: str = ""

    @property
    def tokens(self) -> list[str]:
        """The tokens of all sentences."""
        return [token for sentence in self.sentences for token in sentence]

    def mark(self, rows: Iterable[Any], take: Callable[[Any], Mark], what: str = "entity") -> None:
        """Takes the entities of rows, as far as they lie within the tokens; says what is left out. `take` raises
        Bad."""
        count = len(self.tokens)
        for number, row in enumerate(rows, 1):
            found = None
            try:
                found = within(take(row), count)
            except Bad as error:
                self.says.append(LeftOut(f"{what} {number} is left out: {error}"))
            self.marks.append(found if isinstance(found, Mark) else None)

    def link(self, rows: Iterable[Any], take: Callable[[Any], Link], what: str = "relation") -> None:
        """Takes the relations of rows whose ends were taken; says what is left out. `take` raises Bad."""
        for number, row in enumerate(rows, 1):
            try:
                found = take(row)
                for end in (found.head, found.tail):
                    if not 0 <= end < len(self.marks) or self.marks[end] is None:
                        raise Bad(f"its end {end} is no entity that was taken")
                self.links.append(found)
            except Bad as error:
                self.says.append(LeftOut(f"{what} {number} is left out: {error}"))


def within(mark: Mark, count: int) -> Mark:
    """The mark. Raises Bad if it does not lie within that many tokens."""
    if not 0 <= mark.first < mark.last <= count:
        raise Bad(
            f"{mark.label} from token {mark.first} to the one before {mark.last} is not within the {count} tokens"
        )
    return mark


def own_piece(id: Any) -> tuple[str, int] | None:
    """The article and the number of a piece, of an id that an export of ours gave it."""
    found = _OWN.fullmatch(id) if isinstance(id, str) else None
    return (found[1], int(found[2])) if found else None


def words(value: Any, what: str) -> list[str]:
    """A list of texts, maybe empty ones. Raises Bad."""
    if type(value) is not list or any(type(each) is not str for each in value):
        raise Bad(f"{what} must be a list of texts, not {quoted(value)}")
    return value


def row(value: Any, shape: str, *kinds: type) -> list[Any]:
    """A list that begins with values of some kinds, as in `shape`. Raises Bad."""
    if type(value) is not list or [type(each) for each in value[: len(kinds)]] != [*kinds]:
        raise Bad(f"it must be {shape}, not {quoted(value)}")
    if any(each == "" for each in value[: len(kinds)]):
        raise Bad(f"its label is empty: {quoted(value)}")
    return value


# -- out of a source ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """How a format's records become articles: `take` makes parts of a record and raises Bad; `layer` is where what they
    reject was suggested; `negative` are the labels that say that there is no relation."""

    take: Callable[[dict[str, Any]], Iterable[Part]]
    layer: str
    negative: Collection[str] = ()


def articles(source: Source, reading: Reading, way: Way) -> Iterator[Incoming | BadFile]:
    """The articles of a source of records, one a line or in an array; what was odd is told with the last one."""
    notes = Notes(source.name)
    yield from noted(_articles(source, _Splicer(reading, way, notes), way), notes)


def _articles(source: Source, splicer: _Splicer, way: Way) -> Iterator[Incoming | BadFile]:

    def take(record: dict[str, Any], place: str) -> Iterator[Part]:
        for part in way.take(record):
            part.place = place
            yield part

    for found in records.json_taken(source, take):
        if isinstance(found, Part):
            yield from splicer.take(found)
        else:
            yield from splicer.end()
            yield found
    yield from splicer.end()


class _Splicer:
    """Makes articles of the parts of one file, as they come."""

    def __init__(self, reading: Reading, way: Way, notes: Notes) -> None:
        self._reading, self._way, self._notes = reading, way, notes
        self._run: list[Part] = []
        self._tokens = 0

    def take(self, part: Part) -> Iterator[Incoming | BadFile]:
        """One part more; the article before it if it is of another one."""
        if self._run and not (_goes_on(self._run[-1], part) and self._tokens <= MOST_TOKENS):
            yield from self.end()
        self._run.append(part)
        self._tokens += len(part.tokens)

    def end(self) -> Iterator[Incoming | BadFile]:
        """The article that the parts are of; they themselves where they are not all of it."""
        run, self._run, self._tokens = self._run, [], 0
        if not run:
            return
        if run[0].own is None or _is_whole(run):
            yield self._article(run)
            return
        self._notes.add(LOOSE, len(run), run[0].place)
        yield from map(self._article, _loose(run))

    def _article(self, run: list[Part]) -> Incoming | BadFile:
        try:
            return self._spliced(run)
        except Bad as error:
            return BadFile(f"{run[0].place}: {error}")

    def _spliced(self, run: list[Part]) -> Incoming:
        first = run[0]
        whole, places = self._laid(run)
        way = self._way
        gathered = Gathered(whole, self._reading, self._notes, way.layer, way.negative, first.repeats)
        for part, spots in zip(run, places, strict=True):
            gathered.add(part, spots)
        annotated = any(part.annotated for part in run)
        found = (
            gathered.annotations(first.annotator, suggested=first.suggested, tasks=first.tasks)
            if annotated
            else None
        )
        meta, says = fields.kept(first.meta, first.place)
        article = records.article_of(whole, meta, first.place, found)
        return replace(article, warnings=(*says, *gathered.warnings))

    def _laid(self, run: list[Part]) -> tuple[str, list[list[Span]]]:
        """The text, and where in it the tokens of each part are. Raises Bad where there is none."""
        if all(not token or token.isspace() for part in run for token in part.tokens):
            raise Bad("there is no token in this article")
        self._notes.add(BLANK, sum(not t or t.isspace() for part in run for t in part.tokens), run[0].place)
        if run[0].text is not None:
            with suppress(Bad):
                return _fitted(run)
        self._notes.add(REBUILT if run[0].text is None else MISFIT, 1, self._notes.name)
        return _rebuilt(run)


def _goes_on(before: Part, part: Part) -> bool:
    """Whether a part is of the article that the one before it is of."""
    if before.own is not None or part.own is not None:
        return before.own is not None and part.own == (before.own[0], before.own[1] + 1)
    same = part.sentences == before.sentences and part.meta.get("id") == before.meta.get("id")
    return part.repeats and same


def _is_whole(run: list[Part]) -> bool:
    """Whether pieces are all those of their article."""
    sha256, number = run[0].own or ("", 0)
    whole = "".join(part.text or "" for part in run)
    return number == 0 and hashlib.sha256(whole.encode()).hexdigest() == sha256


def _loose(run: list[Part]) -> list[list[Part]]:
    """The pieces of an article that is not whole, those about the same tokens together."""
    if not run[0].repeats:
        return [[part] for part in run]
    same = groupby(run, lambda part: part.sentences)
    return [[replace(part, text=None) for part in parts] for _, parts in same]


def _fitted(run: list[Part]) -> tuple[str, list[list[Span]]]:
    """The texts of parts, joined, and the places of tokens in it. Raises Bad where they do not fit."""
    whole = "".join(part.text or "" for part in run)
    if run[0].repeats:
        return whole, [_aligned(whole, part.tokens, part.at, len(whole)) for part in run]
    places, here = [], 0
    for part in run:
        end = here + len(part.text or "")
        places.append(_aligned(whole, part.tokens, here, end))
        if whole[max([here, *(last for _, last in places[-1])]) : end].strip():
            raise Bad("there is more text than tokens")
        here = end
    return whole, places


def _aligned(whole: str, tokens: Iterable[str], here: int, end: int) -> list[Span]:
    """Where tokens are in a stretch of text, with white space alone between them. Raises Bad where they are not."""
    places = []
    for token in tokens:
        if not token or token.isspace():
            places.append((here, here))
            continue
        while here < end and whole[here].isspace() and not whole.startswith(token, here):
            here += 1
        if not whole.startswith(token, here) or here + len(token) > end:
            raise Bad(f"the text has no {quoted(token)} at {here}")
        places.append((here, here + len(token)))
        here += len(token)
    return places


def _rebuilt(run: list[Part]) -> tuple[str, list[list[Span]]]:
    """The text of the tokens, once where parts repeat them."""
    once = run[:1] if run[0].repeats else run
    whole, spots = joined(sentence for part in once for sentence in part.sentences)
    places, here = [], 0
    for part in run:
        count = len(part.tokens)
        places.append(spots[here : here + count])
        here += 0 if part.repeats else count
    return whole, places


# -- what is made of it -------------------------------------------------------------------------------


class Gathered:
    """The annotations of one article, as they come; `layer` is where what they reject was suggested, `negative` are the
    labels that say that there is no relation. What is said twice is told, but not where records repeat each other."""

    def __init__(
        self,
        whole: str,
        reading: Reading,
        notes: Notes,
        layer: str,
        negative: Collection[str] = (),
        repeats: bool = False,
    ) -> None:
        self.text, self.warnings = whole, list[str]()
        self._reading, self._layer, self._notes, self._repeats = reading, layer, notes, repeats
        self._negative = reading.negative.union(negative)
        self._ids: set[str] = set()
        self._entities: dict[tuple[int, int, str], Entity] = {}
        self._relations: dict[str, Relation] = {}
        self._denied: dict[str, None] = {}

    def add(self, part: Part, places: list[Span]) -> None:
        """What a part says, whose tokens have these places."""
        self.warnings += [type(says)(f"{part.place}: {says}") for says in part.says]
        found = [self._marked(mark, part, places) for mark in part.marks]
        for link in part.links:
            with self.telling(part.place, "a relation"):
                head, tail = found[link.head], found[link.tail]
                if head is None or tail is None:
                    raise Bad(f"{link.label} has an end that was left out")
                self.relate(link.label, head, tail, part.place, link.id, link.score)

    def _marked(self, mark: Mark | None, part: Part, places: list[Span]) -> Entity | None:
        if mark is None:
            return None
        more = {"score": mark.score, "cluster": mark.cluster}
        start, end = places[mark.first][0], places[mark.last - 1][1]
        found: Entity | None = None
        with self.telling(part.place, "an entity"):
            found = self.entity(mark.label, start, end, part.place, mark.id, **more)
        return found

    @contextmanager
    def telling(self, place: str, what: str) -> Iterator[None]:
        """What raises Bad is left out, and told."""
        try:
            yield
        except Bad as error:
            self.warnings.append(LeftOut(f"{place}: {what} is left out: {error}"))

    def _new_id(self, id: str | None) -> str:
        """An id that nothing has yet, the one that is given if it is that."""
        id = id or str(len(self._ids))
        while id in self._ids:
            id += "'"
        self._ids.add(id)
        return id

    def entity(
        self, label: str, start: int, end: int, place: str, id: str | None = None, **more: Any
    ) -> Entity:
        """The entity at a place, without white space at its edges; the one that stands there already if one does.
        Raises Bad if nothing is left of it."""
        start, end = texts.trim(self.text, start, end)
        if start >= end:
            raise Bad(f"there is nothing but white space in {label} at {start}")
        first = self._entities.get((start, end, label))
        if first is None:
            made = Entity(self._new_id(id), start, end, label, self.text[start:end], **more)
            return self._entities.setdefault((start, end, label), made)
        if not self._repeats:
            self.warnings.append(f"{place}: {label} {quoted(first.text)} at {start} stands twice: taken once")
        return first

    def relate(
        self,
        label: str,
        head: Entity,
        tail: Entity,
        place: str,
        id: str | None = None,
        score: float | None = None,
    ) -> None:
        """A relation, or that there is none. Raises Bad if it goes from an entity to itself."""
        if head is tail:
            raise Bad(f"{label} goes from {quoted(head.text)} to itself")
        if label in self._negative:
            denied = records.denied(self._reading, head, tail)
            self._notes.add(VAIN, not denied, place)
            self._denied |= dict.fromkeys(denied)
            return
        about = about_pair(label, head, tail, self._reading.symmetric)
        if about not in self._relations:
            self._relations[about] = Relation(self._new_id(id), label, head.id, tail.id, score)
        elif not self._repeats:
            self.warnings.append(f"{place}: {label} from {quoted(head.text)} stands twice: taken once")

    @property
    def entities(self) -> Collection[Entity]:
        """What there is so far."""
        return self._entities.values()

    def annotations(self, annotator: str | None, **more: Any) -> IncomingAnnotations:
        """All of it, as somebody's."""
        return IncomingAnnotations(
            annotator,
            None,
            tuple(self._entities.values()),
            tuple(self._relations.values()),
            tuple(
                Decision(about, "rejected", None, "import", (self._layer,), "")
                for about in self._denied
                if about not in self._relations
            ),
            **more,
        )
