"""What the tests of all formats share: documents made by hand and at random, writing into memory, reading from it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from hypothesis import strategies as st

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats.base import Format, Loss, Output, Reading, Source, Writing
from annotations.model import Article, Entity, Relation, Span
from annotations.schema import EntityType, RelationType, Schema
from annotations.text import trim

LABELS = ("PERSON", "ORG", "GPE")

SCHEMA = Schema(
    entities=tuple(
        EntityType(name, keys=(str(i),), code=name[0].lower()) for i, name in enumerate(LABELS, 1)
    ),
    relations=(
        RelationType("LEADS", ("1",), "l", frozenset({"PERSON"}), frozenset({"ORG", "GPE"})),
        RelationType("MET", ("2",), "m", frozenset({"PERSON"}), frozenset({"PERSON"}), symmetric=True),
        RelationType("KNOWS", ("3",), "k", frozenset(LABELS), frozenset(LABELS)),
    ),
)
"""LEADS goes from PERSON to ORG or GPE, MET joins two PERSON in any order, KNOWS goes from anything to anything."""


# -- documents ----------------------------------------------------------------------------------------


def article(text: str, **more: Any) -> Article:
    """An article of a text."""
    sha = hashlib.sha256(text.encode()).hexdigest()
    return Article(
        **{"id": 1, "sha256": sha, "source": "seeds/a.txt", "title": "A", "date": None, "text": text} | more
    )


def entity(text: str, id: str, label: str, *spans: Span, **more: Any) -> Entity:
    """An entity of one or more pieces."""
    start, end = spans[0][0], spans[-1][1]
    fragments = spans if len(spans) > 1 else ()
    return Entity(id, start, end, label, text[start:end], fragments, **more)


def words(text: str, id: str, label: str, part: str, nth: int = 1, **more: Any) -> Entity:
    """An entity on the nth occurrence of some words."""
    start = -1
    for _ in range(nth):
        start = text.index(part, start + 1)
    return entity(text, id, label, (start, start + len(part)), **more)


def document(text: str, *entities: Entity, **more: Any) -> Document:
    """What ana did on an article: settled, with these entities."""
    said = {
        "article": article(text),
        "annotator": "ana",
        "layer": "person:ana",
        "status": "done",
        "entities": entities,
        "relations": (),
        "complete": ("entities", "relations"),
    }
    return Document(**said | more)


def hardest() -> Document:
    """A settled document with what formats stumble over: an astral character before entities, CRLF, combining marks,
    right-to-left letters, nested and discontinuous entities, one over a line end, a symmetric relation."""
    text = "Xi 👩‍👩‍👧 met Díaz-Canel in 北京.\r\nקרא\u0301 the New\nYork Times; North and South Korea."
    found = (
        words(text, "01E1", "PERSON", "Xi"),
        words(text, "01E2", "PERSON", "Díaz-Canel"),
        words(text, "01E3", "GPE", "北京"),
        words(text, "01E4", "ORG", "New\nYork Times"),
        words(text, "01E5", "GPE", "New\nYork"),
        entity(
            text,
            "01E6",
            "GPE",
            (text.index("North"), text.index("North") + 5),
            (text.index("Korea"), text.index("Korea") + 5),
        ),
        words(text, "01E7", "GPE", "South Korea"),
        words(text, "01E8", "ORG", "קרא\u0301"),
    )
    relations = (
        Relation("01R1", "MET", "01E2", "01E1"),
        Relation("01R2", "LEADS", "01E1", "01E3"),
        Relation("01R3", "KNOWS", "01E4", "01E6"),
    )
    return document(text, *found, relations=relations)


texts = (
    st.lists(
        st.one_of(
            st.sampled_from(["a", "b", " ", "A", ".", ",", "\n", "word ", "Ana Ruiz", " in ", "Oslo. Then "]),
            st.sampled_from(
                ["\r\n", "👩‍👩‍👧", "e\u0301", "קר", "北京", "\u2028", "\x85", "\t", "🇩🇪", "\x00", "\x1b", "𝒜"]
            ),
            st.characters(exclude_categories=["Cs"]),
        ),
        min_size=1,
        max_size=12,
    )
    .map("".join)
    .filter(lambda text: bool(text) and not text.isspace())
)
"""Texts with all that formats stumble over."""


@st.composite
def documents(draw: st.DrawFn, pieces: bool = True) -> Document:
    """Settled documents with entities that nest and cross and (`pieces`) are discontinuous, trimmed of white space, and
    with relations among them."""
    text = draw(texts)
    values = draw(
        st.lists(
            st.tuples(spans_of(text, 6 if pieces else 2), st.sampled_from(LABELS)), max_size=5, unique=True
        )
    )
    found = tuple(entity(text, f"01E{n}", label, *spans) for n, (spans, label) in enumerate(values) if spans)
    pairs = [(a.id, b.id) for a in found for b in found if a.id != b.id]
    chosen = (
        draw(st.lists(st.sampled_from(pairs), unique_by=lambda pair: frozenset(pair), max_size=4))
        if pairs
        else []
    )
    relations = tuple(
        Relation(f"01R{n}", draw(st.sampled_from(["MET", "LEADS", "KNOWS"])), head, tail)
        for n, (head, tail) in enumerate(chosen)
    )
    return document(text, *found, relations=relations)


@st.composite
def spans_of(draw: st.DrawFn, text: str, most: int = 6) -> tuple[Span, ...]:
    """Pieces of a text in order and apart, with no white space at their ends; maybe none."""
    edges = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=most, unique=True)))
    trimmed = [trim(text, start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    found: list[Span] = []
    for start, end in trimmed:
        if start < end and (not found or found[-1][1] < start):
            found.append((start, end))
    return tuple(found)


# -- writing and reading ------------------------------------------------------------------------------


@dataclass
class Written:
    """What a writer made: its files by name ("" for the only one), and what it said was lost."""

    files: dict[str, bytes] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The only file."""
        (found,) = self.files.values()
        return found

    @property
    def text(self) -> str:
        """The only file, decoded."""
        return self.data.decode()

    @property
    def lost(self) -> list[str]:
        """The kinds of the losses."""
        return [loss.kind for loss in self.losses]


def write(format: Format, documents: Iterable[Document], schema: Schema = SCHEMA, **how: Any) -> Written:
    """What a format makes of documents."""
    made = Written()

    @contextmanager
    def open_(name: str = "") -> Iterator[IO[bytes]]:
        assert name not in made.files, f"{name} is written twice"
        assert bool(name) == format.folder
        file = io.BytesIO()
        made.files[name] = b""
        yield file
        made.files[name] = file.getvalue()

    assert format.write is not None
    format.write(documents, Output(Writing(schema, **how), open_, made.losses.append))
    return made


def source(data: bytes, name: str = "it") -> Source:
    """A source in memory."""
    return Source(name, None, lambda: io.BytesIO(data))


def read(
    format: Format, data: bytes, name: str = "it", schema: Schema = SCHEMA, **how: Any
) -> list[Incoming | BadFile]:
    """What a format makes of a file's bytes."""
    assert format.read is not None
    return list(format.read(source(data, name), Reading(schema, **how)))


def taken(found: Sequence[Incoming | BadFile]) -> list[Incoming]:
    """What was read, all of it good."""
    assert all(isinstance(each, Incoming) for each in found), found
    return [each for each in found if isinstance(each, Incoming)]


def refusals(found: Sequence[Incoming | BadFile]) -> list[str]:
    """Why what was refused was."""
    return [str(each) for each in found if isinstance(each, BadFile)]


Value = tuple[tuple[Span, ...], str]


def values(entities: Iterable[Entity]) -> set[Value]:
    """Entities as spans and label."""
    return {entity.value for entity in entities}


def links(
    entities: Iterable[Entity], relations: Iterable[Relation], symmetric: Iterable[str] = ("MET",)
) -> set[tuple[str, Value, Value]]:
    """Relations as label and the values of their ends; those of a symmetric one in order."""
    ends = {entity.id: entity.value for entity in entities}
    found = set()
    for relation in relations:
        head, tail = ends[relation.head], ends[relation.tail]
        pair = sorted((head, tail)) if relation.label in symmetric else [head, tail]
        found.add((relation.label, pair[0], pair[1]))
    return found


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
"""Anything that JSON can say."""


def exchange_a_value(record: Any, data: st.DataObject, values: st.SearchStrategy[Any] = json_values) -> None:
    """Puts something else in one place of a record, at any depth."""
    place = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.integers(0, 3)) == 0:
            break
        place = inner
    place[key] = data.draw(values)
