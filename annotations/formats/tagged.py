"""Tokens with one tag each: entities as tags and back, and the text that the tokens came from.

Invariant: the tags of a document, read again, give the entities that were written. Tokens have no place in a text, so
what is written has a file of offsets beside it: with that the text comes back exactly, or the article is refused;
without it tokens are joined by spaces and sentences by line feeds, and the person is told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Literal

from annotations import text as texts
from annotations.documents import Document, Incoming, IncomingAnnotations
from annotations.errors import BadFile
from annotations.formats import records
from annotations.formats.base import Output, Source
from annotations.formats.packed import PACKED
from annotations.formats.records import Bad
from annotations.formats.tokenised import Tokenised, flat, lose_merged, whole
from annotations.formats.unsaid import lose_details, lose_relations
from annotations.model import Entity, Span

Scheme = Literal["iob2", "biluo"]
"""How an entity is spelled: B- and then I-, or U- for one token and B-, I-, L- for more."""

OUTSIDE, MISSING = "O", "-"
"""The tag of a token that no entity holds, and of one of which nobody said whether any does."""

MOST_TOKENS = 1_000_000
"""Tokens that one article may have."""

Tagged = tuple[str, str]
"""A token and its tag."""


# -- out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """A document as a trainer gets it: its sentences, and the tokens that they are of."""

    tokenised: Tokenised
    sentences: list[list[Tagged]]


def tagged(
    document: Document, out: Output, scheme: Scheme, shown: Callable[[str], str] = lambda label: label
) -> Article:
    """A document as tagged sentences; what one column of tags cannot hold is named as lost. `shown` makes of a label
    what is written of it. With the scheme "biluo" the rest of a document that is not complete is missing."""
    tokenised = Tokenised(document, flat(document, whole(document, out), out))
    lose_relations(document, out)
    lose_details(document, out, relations=False)
    lose_merged(tokenised, out)
    tags = _tags(tokenised, scheme, _outside(document, out, scheme), shown)
    pairs = list(zip(tokenised.words, tags, strict=True))
    return Article(tokenised, [pairs[first:last] for first, last in tokenised.sentences])


def _outside(document: Document, out: Output, scheme: Scheme) -> str:
    """The tag of tokens that no entity holds."""
    if "entities" in document.complete or document.layer.startswith("gold:"):
        return OUTSIDE
    if scheme == "biluo":
        return MISSING
    out.lose(document, "missing", "it is not complete for entities, but what is not marked counts as O")
    return OUTSIDE


def _tags(tokenised: Tokenised, scheme: Scheme, outside: str, shown: Callable[[str], str]) -> list[str]:
    found = [outside] * len(tokenised.tokens)
    for entity in tokenised.entities:
        first, last = tokenised.place(entity)
        label = shown(entity.label)
        found[first:last] = [f"I-{label}"] * (last - first)
        found[first] = f"B-{label}"
        if scheme == "biluo":
            found[last - 1] = f"{'L' if last - first > 1 else 'U'}-{label}"
    return found


# -- the offsets beside -------------------------------------------------------------------------------

BESIDE = ".offsets.tsv"
"""What the name of the offsets ends with, in place of the ending of the file with the tokens."""

_COLUMNS = b"article\tstart\tend\tspace\n"
# One row a token. The SHA-256 of the text stands in the row of an article's first token alone. The white space before a
# token is written, as JSON, where it is not a few mere spaces; the last row, of no token, has what is left of the text.

_MOST_SPACES = 1000


def write_columns(file: IO[bytes]) -> None:
    """Begins a file of offsets."""
    file.write(_COLUMNS)


def write_offsets(file: IO[bytes], tokenised: Tokenised) -> None:
    """The rows of an article."""
    article = tokenised.document.article
    length, here, name = len(article.text), 0, article.sha256
    for start, end in [*tokenised.tokens, (length, length)]:
        space = article.text[here:start]
        written = json.dumps(space) if space.strip(" ") or len(space) > _MOST_SPACES else ""
        file.write(f"{name}\t{start}\t{end}\t{written}\n".encode())
        here, name = end, ""


@dataclass(slots=True)
class Offsets:
    """The offsets of one article: the SHA-256 of its text, and each token with the space before it; the last is that of
    no token, at the end of the text."""

    sha256: str
    places: list[Span] = field(default_factory=list)
    spaces: list[str] = field(default_factory=list)

    def text(self, tokens: list[str]) -> str:
        """The text that the tokens came from. Raises Bad if they are not the ones that were written."""
        if len(tokens) + 1 != len(self.places):
            raise Bad(f"it has {len(tokens):,} tokens, but {len(self.places) - 1:,} in the file of offsets")
        parts = [space + token for space, token in zip(self.spaces, [*tokens, ""], strict=True)]
        whole_text = "".join(parts)
        here = 0
        for part, token, (start, end) in zip(parts, [*tokens, ""], self.places, strict=True):
            here += len(part)
            if (here - len(token), here) != (start, end):
                raise Bad(f"the token {records.quoted(token)} does not fit its place in the file of offsets")
        if hashlib.sha256(whole_text.encode()).hexdigest() != self.sha256:
            raise Bad("the tokens were changed: the file of offsets is of another text")
        return whole_text


def offsets_path(path: Path) -> Path:
    """Where the offsets of a file of tokens lie, if there are some."""
    packed = next((end for end in PACKED if path.name.lower().endswith(end)), "")
    return path.with_name(Path(path.name[: len(path.name) - len(packed)]).stem + BESIDE)


def offsets_beside(source: Source) -> Source | None:
    """The file of offsets that lies beside a file, if there is one."""
    path = offsets_path(source.path) if source.path is not None else None
    return Source.of(path) if path is not None and path.is_file() else None


def lies_beside(path: Path) -> bool:
    """Whether a file is one of offsets that is read with the file of tokens beside it, and not by itself."""
    if not path.name.endswith(BESIDE) or not path.is_file():
        return False
    return any(offsets_path(each) == path for each in path.parent.iterdir())


def offsets_of(source: Source | None) -> Generator[Offsets | Bad | None]:
    """The offsets of one article after the other, and Bad from where they end; without a file of them always None."""
    if source is None:
        while True:
            yield None
    end = "its offsets are missing: the file of offsets ends before it"
    try:
        with source.open() as file:
            yield from _groups(file)
    except (Bad, BadFile) as error:
        end = str(error)
    while True:
        yield Bad(end)


def _groups(file: IO[bytes]) -> Iterator[Offsets]:
    """The articles of a file of offsets. Raises Bad for a row that is none."""
    group: Offsets | None = None
    for number, row in records.lines(file):
        if isinstance(row, Bad):
            raise row
        if number == 1 and row.strip() == _COLUMNS.strip():
            continue
        sha256, start, end, space = _row(row, number, group)
        if sha256:
            if group is not None:
                yield group
            group = Offsets(sha256)
        if group is None or len(group.places) > MOST_TOKENS:
            raise Bad(f"line {number} of the file of offsets belongs to no article")
        group.places.append((start, end))
        group.spaces.append(space)
    if group is not None:
        yield group


def _row(row: bytes, number: int, group: Offsets | None) -> tuple[str, int, int, str]:
    try:
        sha256, first, last, written = row.decode().rstrip("\r\n").split("\t")
        start, end = int(first), int(last)
        here = group.places[-1][1] if group is not None and not sha256 else 0
        space = json.loads(written) if written else " " * min(start - here, _MOST_SPACES)
    except (ValueError, RecursionError) as error:
        raise Bad(f"line {number} of the file of offsets is damaged") from error
    if type(space) is not str or space.strip():
        raise Bad(f"line {number} of the file of offsets is damaged")
    return sha256, start, end, space


# -- in -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Read:
    """An article as it was read, from a line on: tagged sentences, its own id where the file has one, whether it has
    tags at all, how many stand in columns that are not read, and the line from which it cannot be taken, with why."""

    line: int
    id: str | None = None
    sentences: list[list[Tagged]] = field(default_factory=lambda: [[]])
    tokens: int = 0
    blanks: int = 0
    beside: int = 0
    tagged: bool = True
    bad: tuple[int, Bad] | None = None

    def add(self, token: str, tag: str) -> None:
        """One token more. Raises Bad for a tag that is none, and for a token that is too many."""
        if parts_of(tag) is None:
            raise Bad(f"{records.quoted(tag)} is no tag: O, or B-, I-, L-, U-, E- or S- and a label")
        if not token or token.isspace():
            self.blanks += 1
            return
        self.tokens += 1
        if self.tokens > MOST_TOKENS:
            raise Bad(f"one article has more than {MOST_TOKENS:,} tokens: is each article one of its own?")
        self.sentences[-1].append((token, tag))

    def end_sentence(self) -> None:
        """What comes belongs to another sentence."""
        if self.sentences[-1]:
            self.sentences.append([])

    def refuse(self, line: int, why: Bad) -> None:
        """The article cannot be taken; the first reason counts. What there is of it is let go."""
        self.bad = self.bad or (line, why)
        self.sentences = [[]]


PREFIXES = {"B": "B", "I": "I", "M": "I", "L": "L", "E": "L", "U": "U", "S": "U"}
"""What the letter before a label says, in the letters of BILUO: those of IOBES and BMES too."""


@lru_cache(maxsize=1024)
def parts_of(tag: str) -> tuple[str, str] | None:
    """The letter of BILUO and the label of a tag, the tag and "" where it has none; None for what is no tag."""
    if tag in (OUTSIDE, MISSING):
        return tag, ""
    letter, dash, label = tag.partition("-")
    return (PREFIXES[letter], label) if dash and label and letter in PREFIXES else None


@dataclass(slots=True)
class Notes:
    """What was odd in one file, counted, each with the place where it stood first."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, count: int, place: str) -> None:
        """Counts some more of a kind."""
        if count:
            self.counts[what] = self.counts.get(what, 0) + count
            self.places.setdefault(what, place)

    def lines(self) -> tuple[str, ...]:
        """The sentences."""
        return tuple(
            f"{self.places[what]}: {what.format(f'{count:,}')}" for what, count in self.counts.items()
        )


REBUILT = (
    "this format has no texts: they were rebuilt, with a space between tokens and a line feed between sentences; "
    "articles: {}"
)
OPENED = "entities that begin with I- or L- (IOB1, or a slip), and were taken to begin there: {}"
UNENDED = "entities that do not end with L- or E-, though others do, and were taken to end there: {}"
UNSAID = "tokens that are marked - (nobody said), so that their articles stay open: {}"
BLANK = "tokens of white space alone, which were passed over: {}"
OTHERS = "tags in another column than the last, which are not read (the last is: put there what is meant): {}"


def incoming(read: Read, place: str, offsets: Offsets | Bad | None, notes: Notes) -> Incoming:
    """The article that the tagged sentences are of; `place` says where it stands. Raises Bad."""
    if not read.tokens:
        raise Bad("there is no token in this article")
    sentences = [sentence for sentence in read.sentences if sentence]
    tokens = [token for sentence in sentences for token, _ in sentence]
    if offsets is not None:
        whole_text, places = _laid(tokens, offsets)
    else:
        whole_text, places = joined([token for token, _ in sentence] for sentence in sentences)
    notes.add(REBUILT, offsets is None, notes.name)
    notes.add(BLANK, read.blanks, place)
    notes.add(OTHERS, read.beside, place)
    entities = []
    for number, (first, last, label) in enumerate(_spelled(sentences, place, notes), 1):
        start, end = texts.trim(whole_text, places[first][0], places[last - 1][1])
        entities.append(Entity(str(number), start, end, label, whole_text[start:end]))
    unsaid = sum(tag == MISSING for sentence in sentences for _, tag in sentence)
    notes.add(UNSAID, unsaid, place)
    found = (
        IncomingAnnotations(None, "open" if unsaid else None, tuple(entities), (), tasks=("entities",))
        if read.tagged
        else None
    )
    return records.article_of(whole_text, {"id": read.id} if read.id else {}, place, found)


def _laid(tokens: list[str], offsets: Offsets | Bad) -> tuple[str, list[Span]]:
    try:
        if isinstance(offsets, Bad):
            raise offsets
        return offsets.text(tokens), offsets.places
    except Bad as error:
        raise Bad(f"{error}; take that file away to have texts rebuilt") from error


def joined(sentences: Iterable[Iterable[str]]) -> tuple[str, list[Span]]:
    """The text of tokens, with a space between them and a line feed between sentences, and the place of each; those of
    white space alone are not in it, and their places are empty."""
    parts: list[str] = []
    places: list[Span] = []
    here, between = 0, ""
    for sentence in sentences:
        for token in sentence:
            if not token or token.isspace():
                places.append((here, here))
                continue
            parts += (between, token)
            start = here + len(between)
            here, between = start + len(token), " "
            places.append((start, here))
        between = "\n" if here else ""
    return "".join(parts), places


class _Speller:
    """Entities out of tags, in whichever scheme: B and U open one, I and L go on with one of the same label or open it,
    L and U end one, and so does the end of a sentence."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []
        self.opened, self.unended, self.ends = 0, 0, False
        self._start, self._label = -1, ""

    def take(self, index: int, tag: str) -> None:
        """The tag of a token."""
        letter, label = parts_of(tag) or (OUTSIDE, "")
        goes_on = letter in "IL" and self._start >= 0 and label == self._label
        if not goes_on:
            self.close(index)
            if label:
                self._start, self._label = index, label
                self.opened += letter in "IL"
        self.ends |= letter in "LU"
        if letter in "LU":
            self._end(index + 1)

    def close(self, index: int) -> None:
        """Ends the entity that is open, if one is."""
        if self._start >= 0:
            self.unended += 1
            self._end(index)

    def _end(self, index: int) -> None:
        self.found.append((self._start, index, self._label))
        self._start = -1


def _spelled(sentences: Iterable[list[Tagged]], place: str, notes: Notes) -> list[tuple[int, int, str]]:
    """Entities as their first token, the one after their last, and label."""
    speller = _Speller()
    index = 0
    for sentence in sentences:
        for _, tag in sentence:
            speller.take(index, tag)
            index += 1
        speller.close(index)
    notes.add(OPENED, speller.opened, place)
    notes.add(UNENDED, speller.unended if speller.ends else 0, place)
    return speller.found


Split = Callable[[IO[bytes]], Iterator[Read]]
"""Finds the articles of a file, one after the other."""


def taken(source: Source, split: Split, unit: str = "line") -> Iterator[Incoming | BadFile]:
    """The articles that `split` finds in a source, with the offsets beside it if there are some; what was odd is told
    with the last one. `unit` is what the places in it count."""
    notes = Notes(source.name)
    yield from noted(_taken(source, split, unit, notes), notes)


def noted(items: Iterable[Incoming | BadFile], notes: Notes) -> Iterator[Incoming | BadFile]:
    """The items of one file; what was odd in it is told with the last article."""
    last: Incoming | None = None
    after: list[BadFile] = []
    for found in items:
        if isinstance(found, BadFile):
            after.append(found)
            continue
        if last is not None:
            yield last
        yield from after
        last, after = found, []
    if last is not None:
        yield _with_warnings(last, notes.lines())
    yield from after


def _with_warnings(found: Incoming, warnings: tuple[str, ...]) -> Incoming:
    return replace(found, warnings=(*found.warnings, *warnings))


def _taken(source: Source, split: Split, unit: str, notes: Notes) -> Iterator[Incoming | BadFile]:
    name, empty = source.name, True
    try:
        with source.open() as file, closing(offsets_of(offsets_beside(source))) as offsets:
            for read in split(file):
                empty = False
                yield _one(read, f"{name}, {unit}", next(offsets), notes)
            if not empty and isinstance(next(offsets), Offsets):
                yield BadFile(f"{name} ends too early: the file of offsets beside it has more articles")
    except BadFile as error:
        yield error
        return
    if empty:
        yield BadFile(f"{name} is empty: there is no article in it")


def _one(read: Read, unit: str, offsets: Offsets | Bad | None, notes: Notes) -> Incoming | BadFile:
    if read.bad is not None:
        at, why = read.bad
        rest = f"; nothing of the article from {read.line} on is taken" if at != read.line else ""
        return BadFile(f"{unit} {at}: {why}{rest}")
    place = f"{unit} {read.line}"
    try:
        return incoming(read, place, offsets, notes)
    except Bad as error:
        return BadFile(f"{place}: {error}")
