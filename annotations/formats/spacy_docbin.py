"""spaCy's DocBin (`.spacy`): two sets of documents to train and to evaluate on, and the configs that train on them.

Invariant: tokens are those of spaCy's blank tokenizer, cut where an entity begins or ends within one, so that every
span is exact; a token is said to be outside of entities only where somebody vouches for it, else it is missing, which
training passes over; an article is in the same set in every export; no more of a set is held than one file of it.
"""

from __future__ import annotations

import hashlib
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import IO, TYPE_CHECKING, Any, get_args

from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile, PostilError
from annotations.formats import fields, records
from annotations.formats.base import Format, Head, Output, Reading, Source, for_dev
from annotations.formats.records import Bad, article_of, meta_of, quoted
from annotations.formats.tagged import Notes, noted
from annotations.formats.tokenised import distinct, flat, relations_of, told, whole
from annotations.formats.unsaid import lose_details
from annotations.model import Decision, Entity, Relation, Status, about_entity
from annotations.text import trim
from annotations.wording import listing, short

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, DocBin
    from spacy.tokens import Span as SpacySpan
    from spacy.vocab import Vocab

SPANS, REJECTED = "sc", "incorrect_spans"
"""The groups of `doc.spans` with all entities, and with what was rejected."""

RELATIONS = ("._.", "rel", None, None)
"""Where `doc._.rel` is in `doc.user_data`: by the first tokens of two entities, a number from 0 to 1 by label."""

FULL = 64 * 1024 * 1024
"""Bytes of documents, unpacked, after which a set goes on in another file."""

MOST_ENTITIES, REACH = 200, 100
"""Of an article with more entities, unrelated pairs are written only if they begin within so many tokens."""

LARGEST = 1024 * 1024 * 1024
"""Bytes that a file may unpack to."""

LIKELY = 0.5
"""The score from which a relation or a document label holds, as in spaCy's own scorers."""

_COLUMNS = ("ENT_IOB", "ENT_TYPE", "ENT_KB_ID")
_TOGETHER = 500
"""Documents between which spaCy forgets words, so that its vocabulary does not grow with the export."""

_ITSELF = "import:spacy"
_TASKS = ("entities", "relations")
_LABELLED = ("rejected", "changed")
"""What became of a suggestion that was wrong as it was; a superseded one gave way to another."""

Pair = tuple[int, int]
"""The first tokens of a relation's head and tail."""

Mark = tuple[int, int, str, str]
"""A span: its first token, the one after its last, label and link."""


# -- writing ------------------------------------------------------------------------------------------


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes `train.spacy` and `dev.spacy` (folders of numbered files where they get large) and the configs; see
    `docs/formats/spacy.md`. Raises PostilError when a set has no article, or the language no tokenizer."""
    nlp = _blank(out.writing.language)
    export = _Export(nlp, out)
    with ExitStack() as zone:
        for number, document in enumerate(documents):
            if number % _TOGETHER == 0:
                zone.close()
                zone.enter_context(nlp.memory_zone())
            export.add(document)
    export.finish()


def _blank(language: str) -> Language:
    import spacy

    try:
        return spacy.blank(language)
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise PostilError(
            f"spaCy has no tokenizer for the language {language} here ({reason}): install what it needs, or name "
            "another with --language (xx is for any)"
        ) from error


class _Export:
    """The two sets, and what the configs are made from."""

    def __init__(self, nlp: Language, out: Output) -> None:
        self._nlp, self._out = nlp, out
        self._train = _Set("train", out)
        self._dev = _Set("dev", out) if out.writing.dev > 0 else None
        self._sizes: set[int] = set()
        self._unaligned = 0
        self._overlap = self._partial = False

    def add(self, document: Document) -> None:
        """Adds a document, or names it as a loss."""
        if why := self._unfit(document):
            self._out.leave_out(document, f"{why}: left out", (*document.entities, *document.relations))
            return
        page = _Page(document, self._nlp, self._out)
        in_dev = for_dev(document.article, self._out.writing.dev)
        (self._dev if self._dev and in_dev else self._train).add(page.doc)
        self._sizes.update(page.sizes)
        self._unaligned += page.unaligned
        self._overlap |= len(page.flat) < len(page.entities)
        self._partial |= not page.settled

    def _unfit(self, document: Document) -> str:
        known = document.status == "done" or document.complete or document.rejected or document.labels
        if not (known or document.entities or document.relations):
            return "nobody has looked at it"
        longest, length = self._nlp.max_length, len(document.article.text)
        return f"it has {length:,} characters, and spaCy trains on {longest:,}" if length > longest else ""

    def finish(self) -> None:
        """Writes what is left, and the configs. Raises PostilError when a set is empty."""
        sets = [self._train, self._dev] if self._dev else [self._train]
        for each in sets:
            if not each.count:
                raise PostilError(_empty(each.name, max(other.count for other in sets)))
        paths: dict[str, str | None] = {"train": None, "dev": None}
        paths |= {each.name: each.finish() for each in sets}
        self._configure("ner", paths, incorrect_spans_key=REJECTED)
        if self._overlap and self._sizes and not self._partial:
            suggester = {"@misc": "spacy.ngram_suggester.v1", "sizes": sorted(self._sizes)}
            self._configure("spancat", paths, spans_key=SPANS, suggester=suggester)

    def _configure(self, component: str, paths: Mapping[str, str | None], **settings: Any) -> None:
        name = f"{component}.cfg"
        notes = _notes(name, paths, self._unaligned)
        with self._out.file(name) as file:
            file.write((notes + _config(self._out.writing.language, paths, component, **settings)).encode())


def _empty(name: str, others: int) -> str:
    if not others:
        return (
            "there is nothing to train on: settle some articles, or add --all for those that are not settled"
        )
    other = "none is left to train on: settle more, or make --dev smaller"
    if name == "dev":
        other = "none is left for the development set: settle more, make --dev larger, or say --dev 0 to have none"
    return f"of {others} article{'s' * (others > 1)}, {other}"


class _Set:
    """The files of one set. One that is full is held back until it is known that another follows, since a set of one
    file has no folder."""

    def __init__(self, name: str, out: Output) -> None:
        self.name, self.count = name, 0
        self._out, self._files = out, 0
        self._begin()

    def _begin(self) -> None:
        from spacy.tokens import DocBin

        self._bin = DocBin(attrs=_COLUMNS, store_user_data=True)
        self._size = 0

    def add(self, doc: Doc) -> None:
        """Adds a document to the file at hand, or to the next if that is full."""
        if self._size > FULL:
            self._files += 1
            self._write(f"{self.name}/{self._files:04}.spacy")
            self._begin()
        made = self._bin
        made.add(doc)
        self.count += 1
        self._size += made.tokens[-1].nbytes + len(made.span_groups[-1]) + len(made.user_data[-1] or b"")

    def finish(self) -> str:
        """Writes the last file; what to call the set, from the folder of the export."""
        if not self._files:
            self._write(path := f"{self.name}.spacy")
            return path
        self._write(f"{self.name}/{self._files + 1:04}.spacy")
        return self.name

    def _write(self, path: str) -> None:
        with self._out.file(path) as file:
            file.write(self._bin.to_bytes())


@dataclass
class _Page:
    """A document on its way to a `Doc`."""

    document: Document
    nlp: Language
    out: Output
    unaligned: int = 0
    """How many entities begin or end within one of spaCy's tokens."""
    sizes: set[int] = field(default_factory=set)
    """How many of spaCy's tokens the others have."""

    @cached_property
    def settled(self) -> bool:
        """Whether what is not marked as an entity is none."""
        return "entities" in self.document.complete

    @cached_property
    def entities(self) -> list[Entity]:
        """All entities, in one piece each."""
        return distinct(self.document, whole(self.document, self.out), self.out)

    @cached_property
    def flat(self) -> list[Entity]:
        """Those for `doc.ents`."""
        return flat(self.document, self.entities, self.out, elsewhere="only among doc.spans, not in doc.ents")

    @cached_property
    def rejected(self) -> list[tuple[int, int, str]]:
        """What is no entity: start, end and label."""
        standing = {(entity.start, entity.end, entity.label) for entity in self.entities}
        found = set()
        for row in self.document.rejected:
            if "relation" in row or row["why"] not in _LABELLED:
                continue
            place = (*trim(self.document.article.text, row["start"], row["end"]), row["label"])
            if "fragments" in row:
                what = f"{row['label']} at {row['start']}, rejected, is in pieces: left out"
                self.out.lose(self.document, "rejected", what)
            elif place[0] < place[1] and place not in standing:
                found.add(place)
        return sorted(found)

    @cached_property
    def doc(self) -> Doc:
        """The document as spaCy has it."""
        document, places = self.document, self._tokens()
        lose_details(document, self.out, kept=("links", "labels"))
        doc = places.doc
        ents = [places.span(e.start, e.end, e.label, e.link) for e in self.flat]
        default = "outside" if self.settled else "missing"
        unknown = [doc[i : i + 1] for i in self._unknown(places)] if self.settled else []
        doc.set_ents(ents, missing=unknown, default=default)
        doc.spans[SPANS] = [places.span(e.start, e.end, e.label, e.link) for e in self.entities]
        if self.rejected:
            doc.spans[REJECTED] = [places.span(*each) for each in self.rejected]
        doc.cats = _cats(document, self.out.writing.schema.labels)
        said: dict[Any, Any] = doc.user_data
        said.update(_user_data(document, self.out))
        pairs = _Pairs(document, self.flat, places, self.out).found()
        if pairs is not None:
            said[RELATIONS] = pairs
        return doc

    def _tokens(self) -> _Places:
        """The text in spaCy's tokens, cut at the edges of entities and of what was rejected."""
        text = self.document.article.text
        doc = self.nlp.make_doc(text)
        if doc.text != text:
            raise PostilError(
                f"{self.document.article.source}: spaCy's tokenizer for {self.nlp.lang} changes the text, so that "
                "offsets would not fit: name another with --language (xx is for any)"
            )
        places = _Places(doc)
        self._measure(places)
        entities = {edge for entity in self.entities for edge in (entity.start, entity.end)}
        rejected = {edge for start, end, _ in self.rejected for edge in (start, end)}
        return places.cut(sorted(entities | rejected), text)

    def _measure(self, places: _Places) -> None:
        for entity in self.entities:
            first, last = places.first.get(entity.start), places.last.get(entity.end)
            if first is None or last is None:
                self.unaligned += 1
            else:
                self.sizes.add(last - first)

    def _unknown(self, places: _Places) -> list[int]:
        """Tokens of a settled article of which nobody says that they are outside of entities: those of entities that
        are not in `doc.ents`, and of suggestions that were left undecided."""
        ranges = [span for entity in self.document.entities for span in entity.spans]
        for row in self.document.pending:
            if "relation" not in row:
                ranges += row.get("fragments", [(row["start"], row["end"])])
        met = {token for start, end in ranges for token in places.meeting(start, end)}
        return sorted(met - {token for e in self.flat for token in places.meeting(e.start, e.end)})


class _Places:
    """Code points and tokens of a `Doc`."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self._starts = [token.idx for token in doc]
        self._ends = [start + len(token) for start, token in zip(self._starts, doc, strict=True)]
        self.first = {start: token for token, start in enumerate(self._starts)}
        self.last = {end: token for token, end in enumerate(self._ends, 1)}

    def cut(self, edges: Sequence[int], text: str) -> _Places:
        """The same text with all edges, which are sorted, at edges of tokens."""
        from spacy.tokens import Doc

        inside = [edge for edge in edges if edge not in self.first and edge not in self.last]
        if not inside:
            return self
        words: list[str] = []
        spaces: list[bool] = []
        for start, end, token in zip(self._starts, self._ends, self.doc, strict=True):
            cuts = inside[bisect_right(inside, start) : bisect_left(inside, end)]
            words += [text[left:right] for left, right in pairwise([start, *cuts, end])]
            spaces += [False] * len(cuts) + [bool(token.whitespace_)]
        return _Places(Doc(self.doc.vocab, words=words, spaces=spaces))

    def span(self, start: int, end: int, label: str, link: str | None = None) -> SpacySpan:
        """The span of two code points that are edges of tokens."""
        from spacy.tokens import Span

        return Span(self.doc, self.first[start], self.last[end], label=label, kb_id=link or "")

    def meeting(self, start: int, end: int) -> range:
        """The tokens that a range of code points meets."""
        return range(bisect_right(self._ends, start), bisect_left(self._starts, end))


def _cats(document: Document, labels: Sequence[str]) -> dict[str, float]:
    """Document labels: of a settled article also those of the project that it has not."""
    settled = document.status == "done" or document.layer.startswith("gold:")
    return dict.fromkeys(labels if settled else (), 0.0) | dict.fromkeys(sorted(document.labels), 1.0)


def _user_data(document: Document, out: Output) -> dict[str, Any]:
    meta = meta_of(document)
    source = meta.pop("source", "")
    for key in [key for key, value in meta.items() if not _packable(value)]:
        out.lose(document, "metadata", f"{quoted(key)} is left out: no DocBin holds its value")
        del meta[key]
    return {
        "id": document.article.sha256,
        "source": source,
        "meta": meta,
        "annotator": document.annotator,
        "status": document.status,
        "complete": list(document.complete),
    }


def _packable(value: Any, depth: int = 64) -> bool:
    """Whether MessagePack holds a JSON value: whole numbers of 64 bits, and nothing very deep."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_packable(each, depth - 1) for each in inner)


class _Pairs:
    """The relations of a document, by the first tokens of their ends."""

    def __init__(self, document: Document, entities: Sequence[Entity], places: _Places, out: Output) -> None:
        self._document, self._entities, self._out = document, entities, out
        self._settled = "relations" in document.complete
        self._first = {entity.id: places.first[entity.start] for entity in entities}
        self._known = {((e.start, e.end), e.label): self._first[e.id] for e in entities}
        kinds = {kind.name for kind in out.writing.schema.relations}
        self._labels = sorted(kinds | {relation.label for relation in document.relations})

    def found(self) -> dict[Pair, dict[str, float]] | None:
        """What `doc._.rel` is; None where there can be no relations.

        Where the article is settled for relations: every label for every pair of entities in `doc.ents`, but for
        suggestions left undecided. Elsewhere: those that there are at 1, those that were rejected at 0.
        """
        if not self._labels:
            return None
        nothing = dict.fromkeys(self._labels, 0.0)
        pairs = dict.fromkeys(self._candidates(), nothing) if self._settled else {}
        for label, pair in self._rows(self._document.rejected):
            pairs[pair] = {label: 0.0} | pairs.get(pair, {})
        if self._settled:
            for label, pair in self._rows(self._document.pending):
                pairs[pair] = {name: value for name, value in pairs.get(pair, {}).items() if name != label}
        for relation in relations_of(self._document, self._entities, self._out):
            for pair in self._directions(
                relation.label, self._first[relation.head], self._first[relation.tail]
            ):
                pairs[pair] = pairs.get(pair, {}) | {relation.label: 1.0}
        return dict(sorted(pairs.items()))

    def _candidates(self) -> Iterator[Pair]:
        firsts = sorted(self._first.values())
        near = len(firsts) > MOST_ENTITIES
        for head in firsts:
            low = bisect_left(firsts, head - REACH) if near else 0
            high = bisect_right(firsts, head + REACH) if near else len(firsts)
            yield from ((head, tail) for tail in firsts[low:high])

    def _rows(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Pair]]:
        """The pairs of relations among decided or offered suggestions, whose ends stand."""
        for row in rows:
            if "relation" in row and row.get("why", "rejected") in _LABELLED:
                ends = [
                    ((row[side]["start"], row[side]["end"]), row[side]["label"]) for side in ("head", "tail")
                ]
                head, tail = map(self._known.get, ends)
                if head is not None and tail is not None:
                    for pair in self._directions(row["relation"], head, tail):
                        yield row["relation"], pair

    def _directions(self, label: str, head: int, tail: int) -> Iterator[Pair]:
        yield head, tail
        if label in self._out.writing.symmetric:
            yield tail, head


# -- the configs --------------------------------------------------------------------------------------


def _config(language: str, paths: Mapping[str, str | None], component: str, **settings: Any) -> str:
    """A whole config, as spaCy has it, so that every value of it can be overridden on the command line."""
    nlp = _blank(language)
    nlp.add_pipe(component, config=settings)
    config = nlp.config
    config["paths"].update(paths)
    return config.to_str() + "\n"


def _notes(name: str, paths: Mapping[str, str | None], unaligned: int) -> str:
    """What stands before a config."""
    sets = " ".join(f"--paths.{each} FOLDER/{path or '…'}" for each, path in paths.items())
    lines = [f"In this folder: python -m spacy train {name} --output model", f"From elsewhere add: {sets}"]
    if paths["dev"] is None:
        lines.append("There is no development set in this folder: name one of your own with --paths.dev")
    if unaligned:
        lines.append(f"Entities within a token of spaCy's, which training passes over: {unaligned}")
    return "".join(f"# {line}\n" for line in lines)


# -- reading ------------------------------------------------------------------------------------------


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each document, or a BadFile that names the source and the document's number; what was odd about
    tokens is told with the last article."""
    notes = Notes(source.name)

    def take(doc: Doc, place: str) -> Incoming:
        return _Reader(_raw(doc), reading, notes).incoming(place)

    yield from noted(records.taken(source, _docs, take, "document"), notes)


def _docs(file: IO[bytes]) -> Iterator[tuple[int, Doc | Bad]]:
    """The documents of a file with their numbers from 1."""
    try:
        found, vocab = _unpacked(file)
    except Bad as error:
        yield 1, error
        return
    for index in range(len(found)):
        yield index + 1, _doc(found, index, vocab)


def _unpacked(file: IO[bytes]) -> tuple[DocBin, Vocab]:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    data = file.read(records.LONGEST + 1)
    if len(data) > records.LONGEST:
        raise Bad(f"the file is longer than {records.LONGEST:,} bytes: split it into several DocBins")
    _check_size(data)
    try:
        found = DocBin().from_bytes(data)
        return found, Vocab(strings=sorted(found.strings))
    except Exception as error:  # foreign bytes in foreign code, which may raise anything
        raise Bad(
            f"this is no DocBin of spaCy 3 ({short(str(error), 100) or type(error).__name__})"
        ) from error


def _check_size(data: bytes) -> None:
    """Refuses what unpacks to very much or not at all, without holding it."""
    unpacker, size, step = zlib.decompressobj(), 0, 1 << 16
    try:
        for start in range(0, len(data), step):
            rest = data[start : start + step]
            while rest:
                size += len(unpacker.decompress(rest, 1 << 20))
                rest = unpacker.unconsumed_tail
                if size > LARGEST:
                    raise Bad(f"it unpacks to more than {LARGEST:,} bytes: split it into several DocBins")
    except zlib.error as error:
        raise Bad("this is no DocBin: it is not packed as one") from error
    if not unpacker.eof:
        raise Bad("the file is damaged or cut off")


def _doc(found: DocBin, index: int, vocab: Vocab) -> Doc | Bad:
    """One document by itself, so that a bad one does not keep the others away; of its tokens no more than is used."""
    from spacy.tokens import DocBin

    one = DocBin(attrs=_COLUMNS)
    try:
        used = [column for column, attr in enumerate(found.attrs) if attr in one.attrs]
        one.attrs = [found.attrs[column] for column in used]
        one.tokens = [found.tokens[index][:, used]]
        one.spaces, one.cats, one.flags = [found.spaces[index]], [found.cats[index]], [found.flags[index]]
        one.span_groups, one.user_data = [found.span_groups[index]], [found.user_data[index]]
        return next(one.get_docs(vocab))
    except Exception as error:  # foreign bytes in foreign code, which may raise anything
        return Bad(f"spaCy cannot make a document of it ({short(str(error), 100) or type(error).__name__})")


@dataclass(frozen=True, slots=True)
class _Raw:
    """What spaCy says of a document, as plain values; `tokens` are code points. Of `missing` tokens nobody said whether
    an entity holds them, `blocked` are those that none may hold."""

    text: str
    tokens: list[tuple[int, int]]
    spaced: bool
    tagged: bool
    missing: int
    blocked: int
    ents: list[Mark]
    groups: dict[str, list[Mark]]
    scores: list[float]
    cats: dict[str, float]
    user_data: dict[Any, Any]


def _raw(doc: Doc) -> _Raw:
    """Takes a document out of spaCy, which looks strings up late. Raises Bad."""
    try:
        attrs = doc.spans[SPANS].attrs if SPANS in doc.spans else {}
        return _Raw(
            doc.text,
            [(token.idx, token.idx + len(token)) for token in doc],
            not doc.has_unknown_spaces,
            doc.has_annotation("ENT_IOB"),
            sum(not token.ent_iob and not token.text.isspace() for token in doc),
            sum(token.ent_iob_ == "B" and not token.ent_type for token in doc),
            [_mark(span) for span in doc.ents],
            {str(key): [_mark(span) for span in group] for key, group in doc.spans.items()},
            [float(score) for score in attrs.get("scores", ())],
            {str(label): float(score) for label, score in doc.cats.items()},
            dict(doc.user_data),
        )
    except Exception as error:  # foreign bytes in foreign code, which may raise anything
        raise Bad(
            f"its entities or labels do not fit it ({short(str(error), 100) or type(error).__name__})"
        ) from error


def _mark(span: SpacySpan) -> Mark:
    return span.start, span.end, span.label_, span.kb_id_


_MISSING = "tokens of which it is not said whether an entity holds them (missing), so that their articles stay open: {}"
_BLOCKED = "tokens that are blocked, so that no entity may hold them, taken to be outside of entities: {}"


class _Reader:
    """One document on its way to an `Incoming`."""

    def __init__(self, raw: _Raw, reading: Reading, notes: Notes) -> None:
        self.raw, self.text, self.symmetric = raw, raw.text, reading.symmetric
        self.notes, self.tasks = notes, reading.schema.complete
        self.warnings: dict[str, None] = {}
        self.entities: dict[tuple[int, int, str], Entity] = {}
        self.starts: dict[int, list[Entity]] = {}
        self.settled: set[int] = set()
        """The tokens with which an entity of `doc.ents` begins: there can be one alone, and relations are between
        those."""

    def incoming(self, place: str) -> Incoming:
        """The article; `place` stands in for a source that it does not name. Raises Bad."""
        if not self.raw.spaced:
            self._warn("the file does not know which words had spaces between them: one is put after each")
        said = {key: value for key, value in self.raw.user_data.items() if isinstance(key, str)}
        self._name_unread()
        meta, own = self._meta(said)
        document = self._annotations(own, place)
        kept, says = fields.kept(meta, place)
        found = article_of(self.text, kept, place, document, self.warnings)
        return replace(found, warnings=(*found.warnings, *says))

    def _warn(self, sentence: str) -> None:
        self.warnings[sentence] = None  # of both directions of a relation the same may be to say

    def _name_unread(self) -> None:
        if others := sorted(set(self.raw.groups) - {SPANS, REJECTED}):
            self._warn(f"of doc.spans only {SPANS} and {REJECTED} are read, not {listing(others)}")
        rest = [key for key in self.raw.user_data if not isinstance(key, str) and key != RELATIONS]
        names = {str(key[1] if isinstance(key, tuple) and len(key) > 1 else key) for key in rest}
        if names:
            self._warn(f"of doc._ only rel is read, not {listing(sorted(names))}")

    # -- metadata

    def _meta(self, said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The metadata, and what an export of postil says of somebody's work."""
        own = {key: said.pop(key) for key, fits in _OWN.items() if key in said and fits(said[key])}
        inner = said.pop("meta") if isinstance(said.get("meta"), dict) else {}
        if said.get("id") == hashlib.sha256(self.text.encode()).hexdigest():
            del said["id"]
        meta = {}
        for key, value in {**inner, **said}.items():
            try:
                meta[str(key)] = _as_json(value)
            except Bad as error:
                self._warn(f"{quoted(str(key))} is left out of the metadata: {error}")
        return meta, own

    # -- annotations

    def _annotations(self, own: Mapping[str, Any], place: str) -> IncomingAnnotations | None:
        raw, related = self.raw, self.raw.user_data.get(RELATIONS)
        annotated = raw.tagged or not raw.groups.keys().isdisjoint((SPANS, REJECTED))
        if not (annotated or raw.cats or related or own.get("status")):
            return None
        for mark in raw.ents:
            self._add(mark, None)
        self.settled.update(self.starts)
        spans = raw.groups.get(SPANS, [])
        scored = bool(spans) and len(raw.scores) == len(spans) and all(map(isfinite, raw.scores))
        for mark, score in zip(spans, raw.scores if scored else [None] * len(spans), strict=True):
            self._add(mark, score)
        return IncomingAnnotations(
            own.get("annotator"),
            own.get("status") or self._status(place),
            tuple(self.entities.values()),
            tuple(self._relations(related)),
            tuple(self._decisions()),
            tuple(own.get("complete", ())),
            tuple(self._labels()),
            suggested=scored,
            tasks=("entities",) if related is None else ("entities", "relations"),
        )

    def _status(self, place: str) -> Status | None:
        """Open where a claim that the article is complete would make missing tokens outside ones. Without `doc.ents`,
        spans alone may be all that there is."""
        raw = self.raw
        self.notes.add(_BLOCKED, raw.blocked, place)
        if "entities" not in self.tasks or not (raw.tagged or SPANS not in raw.groups):
            return None
        self.notes.add(_MISSING, raw.missing, place)
        return "open" if raw.missing else None

    def _place(self, mark: Mark) -> tuple[int, int, str] | None:
        """Code points and label; None, with a warning, for a span without either."""
        first, last, label, _ = mark
        before, after = (self.raw.tokens[first][0], self.raw.tokens[last - 1][1]) if first < last else (0, 0)
        start, end = trim(self.text, before, after)
        if start >= end or not label:
            self._warn(LeftOut(f"a span at token {first} has no {'text' if label else 'label'}: left out"))
            return None
        if (start, end) != (before, after):
            self._warn(f"{label} at {start} has white space at its edges: taken without it")
        return start, end, label

    def _add(self, mark: Mark, score: float | None) -> None:
        place = self._place(mark)
        if place is None or place in self.entities:
            return
        (start, end, label), link = place, mark[3] or None
        id = f"e{len(self.entities) + 1}"
        self.entities[place] = Entity(id, start, end, label, self.text[start:end], (), score, link=link)
        self.starts.setdefault(mark[0], []).append(self.entities[place])

    def _decisions(self) -> Iterator[Decision]:
        rejected = map(self._place, self.raw.groups.get(REJECTED, ()))
        places = dict.fromkeys(place for place in rejected if place is not None)
        for place in places:
            start, end, label = place
            if place in self.entities:
                self._warn(f"{told(self.entities[place])} is among {REJECTED} too: taken for an entity")
            else:
                about = about_entity(((start, end),), label)
                yield Decision(about, "rejected", None, "import", (_ITSELF,), "")

    def _labels(self) -> Iterator[str]:
        return (label for label, score in sorted(self.raw.cats.items()) if score >= LIKELY)

    def _relations(self, related: Any) -> Iterator[Relation]:
        """The relations with a score of a half or more; a symmetric one goes both ways in the file."""
        if related is None:
            return
        if not isinstance(related, dict):
            raise Bad(f"doc._.rel must be a dict by pairs of tokens, not {type(related).__name__}")
        done: set[tuple[str, frozenset[str]]] = set()
        for number, (label, score, pair) in enumerate(sorted(_likely(related)), 1):
            ends = [self._end(label, token) for token in pair]
            head, tail = ends
            if head is None or tail is None or head is tail:
                if head is not None and head is tail:
                    self._warn(LeftOut(f"{label} goes from {told(head)} to itself: left out"))
                continue
            both = (label, frozenset((head.id, tail.id)))
            if label in self.symmetric and both in done:
                continue
            done.add(both)
            yield Relation(f"r{number}", label, head.id, tail.id, None if score == 1 else score)

    def _end(self, label: str, token: int) -> Entity | None:
        """The entity that begins with a token; the one in `doc.ents` where several do."""
        found = self.starts.get(token)
        if found is None:
            self._warn(LeftOut(f"{label} has an end at token {token}, where no entity begins: left out"))
            return None
        if len(found) > 1 and token not in self.settled:
            self._warn(
                f"{label} has an end at token {token}, where several entities begin: {told(found[0])} is taken"
            )
        return found[0]


def _likely(related: Mapping[Any, Any]) -> Iterator[tuple[str, float, Pair]]:
    for pair, labels in related.items():
        if not (
            isinstance(pair, tuple) and [type(end) for end in pair] == [int, int] and isinstance(labels, dict)
        ):
            raise Bad("doc._.rel must have pairs of tokens as keys, and scores by label as values")
        for label, score in labels.items():
            if not isinstance(label, str) or not isinstance(score, (int, float)) or not isfinite(score):
                raise Bad(f"doc._.rel must have scores by label as values, not {quoted(str(labels))}")
            if score >= LIKELY:
                yield label, float(score), pair


_OWN: Mapping[str, Any] = {
    "annotator": lambda value: value is None or (isinstance(value, str) and value),
    "status": lambda value: value in get_args(Status),
    "complete": lambda value: isinstance(value, (tuple, list)) and all(each in _TASKS for each in value),
}
"""What an export of postil says in `doc.user_data` of somebody's work, and whether a value is one of that."""


def _as_json(value: Any, depth: int = 64) -> Any:
    """A value as JSON has it. Raises Bad."""
    if value is None or type(value) in (str, bool, int) or (type(value) is float and isfinite(value)):
        return value
    if depth and isinstance(value, (list, tuple)):
        return [_as_json(each, depth - 1) for each in value]
    if depth and isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _as_json(each, depth - 1) for key, each in value.items()}
    raise Bad(f"JSON has nothing like it ({type(value).__name__})")


def _recognises(head: Head) -> bool:
    """A file that is called so, or whose first bytes unpack to the first keys of a DocBin."""
    if head.name.endswith(".spacy"):
        return True
    try:
        begins = zlib.decompressobj().decompress(head.data[:1024], 64)
    except zlib.error:
        return False
    return b"\xa5attrs" in begins


FORMAT = Format("spacy", "spaCy DocBin", (".spacy",), read, write, _recognises, folder=True, trains=True)
