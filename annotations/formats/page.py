"""A page of HTML to read and to share: all articles in one file, with what is marked in them.

Invariant: nothing foreign is markup (text is escaped, ids are the page's own, only addresses of the web are links);
there is no script and nothing is fetched, which the page's own policy forbids besides; the text of an article is all
there, once and in order; no meaning is in a colour alone.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from base64 import b64encode
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import IO, Any, Literal

from annotations.colors import SPARE, blend, hex_of, ink_on, readable
from annotations.documents import Document, is_date
from annotations.formats.base import Format, Output
from annotations.formats.tokenised import in_order, straightened
from annotations.model import Entity, Relation, Span, compact
from annotations.schema import RelationType, Schema

TITLE = "Annotated articles"
"""What the page is called."""

LIGHT, DARK = "#fbfaf7", "#14171a"
"""The paper, as the page is read in the light and in the dark."""

_PALE = 0.75
"""How much of the paper is in the colour behind marked text."""

_ADDRESS = re.compile(r"https?://[!-~]+")
_PARAGRAPH_END = re.compile(r"\n(?:[^\S\n]*+\n)++")

_LAST_LINES = re.compile(r"\r?\n\s*\Z")

_STAND_INS = (
    {code: chr(0x2400 + code) for code in range(0x20)}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)), "\ufffd")
    | {plane << 16 | last: "\ufffd" for plane in range(17) for last in (0xFFFE, 0xFFFF)}
    | {0x09: "\t", 0x0A: "\n", 0x7F: "␡"}
)
"""What is shown for the characters that HTML has no place for."""

# -- what is foreign ----------------------------------------------------------------------------------


def shown(text: str) -> str:
    """Foreign text as HTML, in an element or in quotes. A CR LF is a line feed, as for every reader of HTML."""
    return escape(text.replace("\r\n", "\n").translate(_STAND_INS))


def _line(text: str) -> str:
    """Foreign text as HTML on one line, in a direction of its own."""
    return f"<bdi>{shown(' '.join(text.split()))}</bdi>"


def _value(value: Any) -> str:
    """A value as HTML: an address of the web as a link, what is no text as JSON."""
    if not isinstance(value, str):
        return shown(compact(value))
    if _ADDRESS.fullmatch(value):
        return f'<a href="{shown(value)}" rel="external nofollow noopener noreferrer">{shown(value)}</a>'
    return f"<bdi>{shown(value)}</bdi>"


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    """A list of names and values, both as HTML; nothing where there are none."""
    found = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in rows)
    return f'<dl class="facts">\n{found}</dl>\n' if found else ""


def _listed(kind: Literal["ol", "ul"], items: Iterable[str], name: str = "said") -> str:
    found = "".join(f"<li>{item}</li>\n" for item in items)
    return f'<{kind} class="{name}">\n{found}</{kind}>\n'


# -- how labels look ----------------------------------------------------------------------------------


class _Style:
    """The look of the page, and of each label a class of its own; labels that the schema does not know share one."""

    def __init__(self, schema: Schema) -> None:
        self._classes = {kind.name: f"l{number}" for number, kind in enumerate(schema.entities)}
        self._colors = {"lx": SPARE} | {
            self._classes[kind.name]: hex_of(kind.color or SPARE) for kind in schema.entities
        }

    @cached_property
    def css(self) -> str:
        """All of it."""
        own = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
        dark = "@media (prefers-color-scheme: dark) {\n" + self._rules(DARK) + "}\n"
        return f"\n{self._rules(LIGHT)}{dark}{own}"

    def of(self, label: str) -> str:
        """The class of a label."""
        return self._classes.get(label, "lx")

    def chip(self, label: str) -> str:
        """A label by itself."""
        return f'<span class="chip {self.of(label)}">{_line(label)}</span>'

    def _rules(self, paper: str) -> str:
        return "".join(self._rule(name, color, paper) for name, color in sorted(self._colors.items()))

    def _rule(self, name: str, color: str, paper: str) -> str:
        tint = blend(color, paper, _PALE)
        return f".{name} {{ --tint: {tint}; --on: {ink_on(tint)}; --edge: {readable(color, paper)}; }}\n"


# -- marked text --------------------------------------------------------------------------------------


def paragraphs(text: str) -> Iterator[Span]:
    """The paragraphs of a text, parted by blank lines, which go with the one before them: together all of the text."""
    start = 0
    for found in _PARAGRAPH_END.finditer(text):
        if found.end() < len(text):
            yield start, found.end()
            start = found.end()
    yield start, len(text)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of text in one paragraph that an entity, by its number, covers."""

    start: int
    end: int
    entity: int


Event = tuple[Literal["open", "close"], int] | tuple[Literal["text"], Span]
"""What comes next in a paragraph: the mark of an entity, by its number, opens or closes; or a run of text."""


def nested(place: Span, pieces: Iterable[_Piece]) -> Iterator[Event]:
    """A paragraph with marks for its pieces. Those that cross are cut: marks nest, and close at the latest last."""
    at, end = place
    starting: dict[int, list[_Piece]] = {}
    for piece in pieces:
        starting.setdefault(piece.start, []).append(piece)
    stack: list[_Piece] = []
    for edge in sorted({*starting, *(piece.end for found in starting.values() for piece in found)}):
        if at < edge:
            yield "text", (at, edge)
            at = edge
        kept = next((depth for depth, piece in enumerate(stack) if piece.end == edge), len(stack))
        yield from (("close", piece.entity) for piece in reversed(stack[kept:]))
        cut = [piece for piece in stack[kept:] if piece.end > edge]
        opened = sorted([*cut, *starting.get(edge, ())], key=lambda piece: (-piece.end, piece.entity))
        yield from (("open", piece.entity) for piece in opened)
        stack = [*stack[:kept], *opened]
    if at < end:
        yield "text", (at, end)


class _Text:
    """The text of an article with its entities, which are numbered from 0."""

    def __init__(self, text: str, entities: Sequence[Entity]) -> None:
        self.text, self.entities = text, entities
        self._paragraphs = list(paragraphs(text))
        self._starts = [start for start, _ in self._paragraphs]
        found: dict[Span, list[_Piece]] = {place: [] for place in self._paragraphs}
        for number, entity in enumerate(entities):
            for place, piece in self._pieces(entity, number):
                found[place].append(piece)
        self.events = [list(nested(place, pieces)) for place, pieces in found.items()]
        self.parts = Counter(each[1] for events in self.events for each in events if each[0] == "open")

    def _pieces(self, entity: Entity, number: int) -> list[tuple[Span, _Piece]]:
        """The pieces of an entity in the paragraphs that it is in, without the blank lines between these."""
        found = [
            (place, _Piece(max(start, place[0]), min(end, place[1]), number))
            for start, end in entity.spans
            for place in self._paragraphs[
                bisect_right(self._starts, start) - 1 : bisect_right(self._starts, end - 1)
            ]
        ]
        trimmed = [(place, self._without_end(piece, place)) for place, piece in found]
        return [(place, piece) for place, piece in trimmed if piece.start < piece.end] or found

    def _without_end(self, piece: _Piece, place: Span) -> _Piece:
        if piece.end < place[1]:
            return piece
        said = self.text[piece.start : piece.end]
        return _Piece(piece.start, piece.start + len(_LAST_LINES.sub("", said)), piece.entity)

    def run(self, span: Span) -> str:
        """A run of the text as HTML; the CR of a CR LF goes with the LF."""
        start, end = span
        return shown(self.text[start : end - self.text.startswith("\r\n", end - 1)])


# -- an article ---------------------------------------------------------------------------------------


class _Article:
    """A document on its way into the page, the `number`th."""

    def __init__(self, document: Document, number: int, out: Output, style: _Style) -> None:
        self.document, self.id, self.style = document, f"a{number}", style
        self._symmetric = out.writing.symmetric
        self._language = "" if out.writing.language == "xx" else out.writing.language
        self.entities = in_order(document.entities)
        self._numbers = {entity.id: number for number, entity in enumerate(self.entities)}
        self.title = (
            f'<span lang="{shown(self._language)}">{_line(document.article.title or "Untitled")}</span>'
        )

    def entry(self) -> str:
        """The article in the table of contents."""
        document = self.document
        said = (document.article.date, document.status, document.annotator)
        words = " · ".join(_line(each) for each in said if each)
        return f'<li><a href="#{self.id}">{self.title}</a> <small>{words}</small></li>\n'

    def html(self) -> Iterator[str]:
        """The article."""
        yield f'<article id="{self.id}" aria-labelledby="{self.id}t">\n<h2 id="{self.id}t">{self.title}</h2>\n'
        yield _facts(self._about())
        if meta := self.document.article.meta:
            rows = ((_line(key), _value(value)) for key, value in sorted(meta.items()))
            yield f"<details>\n<summary>Metadata</summary>\n{_facts(rows)}</details>\n"
        yield f'<div class="text" lang="{shown(self._language)}">\n'
        yield from self._text()
        yield "</div>\n"
        yield from self._said()
        yield "</article>\n"

    def _about(self) -> Iterator[tuple[str, str]]:
        """Where the article comes from, and how far whose work on it is."""
        document, article = self.document, self.document.article
        if article.date:
            day = shown(article.date)
            yield "Date", f'<time datetime="{day}">{day}</time>' if is_date(article.date) else day
        yield "Source", _value(article.source)
        if document.annotator or document.layer:
            name = "Annotator" if document.annotator else "Layer"
            yield name, _line(document.annotator or document.layer)
        yield "Status", document.status + (", flagged" if document.flagged else "")
        if document.labels:
            yield "Labels", ", ".join(map(_line, document.labels))
        if document.note:
            yield "Note", _value(document.note)
        counts = sorted(Counter(entity.label for entity in self.entities).items())
        yield "Entities", ", ".join(f"{count} {_line(label)}" for label, count in counts) or "none"

    # -- the text

    def _text(self) -> Iterator[str]:
        text, begun = _Text(self.document.article.text, self.entities), Counter[int]()
        for events in text.events:
            yield '<p dir="auto">'
            for event in events:
                if event[0] == "text":
                    yield text.run(event[1])
                elif event[0] == "open":
                    begun[event[1]] += 1
                    yield self._opened(event[1], begun[event[1]], text.parts[event[1]])
                else:
                    yield self._closed(event[1], begun[event[1]], text.parts[event[1]])
            yield "</p>\n"

    def _opened(self, number: int, part: int, parts: int) -> str:
        entity = self.entities[number]
        id = f' id="{self._anchor(number)}"' if part == 1 else ""
        title = f' title="part {part} of {parts} of {self._surface(entity)}"' if parts > 1 else ""
        return f'<mark{id} class="{self.style.of(entity.label)}"{title}>'

    def _closed(self, number: int, part: int, parts: int) -> str:
        which = f" {part}/{parts}" if parts > 1 else ""
        return f'<span class="label" dir="auto"> {_line(self.entities[number].label)}{which}</span></mark>'

    def _anchor(self, number: int) -> str:
        return f"{self.id}e{number + 1}"

    def _surface(self, entity: Entity) -> str:
        """The words of an entity on one line, with an ellipsis for what lies between its pieces."""
        text = self.document.article.text
        return shown(" … ".join(" ".join(text[start:end].split()) for start, end in entity.spans))

    # -- what is said of it

    def _said(self) -> Iterator[str]:
        relations = straightened(self.document, self._symmetric)
        if relations:
            yield f"<h3>Relations</h3>\n{_listed('ol', map(self._relation, relations))}"
        details = [(each, found) for each in self.entities if (found := _facts(_details(each)))]
        if details:
            items = (f"{self._reference(entity.id)}\n{found}" for entity, found in details)
            yield f"<h3>About entities</h3>\n{_listed('ul', items)}"

    def _relation(self, relation: Relation) -> str:
        arrow = "↔" if relation.label in self._symmetric else "→"
        ends = (self._reference(end) for end in (relation.head, relation.tail))
        return f" <strong>{_line(relation.label)}</strong> {arrow} ".join(ends) + _facts(_details(relation))

    def _reference(self, id: str) -> str:
        """An entity by its words, which lead to it, and its label."""
        number = self._numbers[id]
        entity = self.entities[number]
        words = self._surface(entity) or "white space"
        return f'<a href="#{self._anchor(number)}"><bdi>{words}</bdi></a> {self.style.chip(entity.label)}'


def _details(about: Entity | Relation) -> Iterator[tuple[str, str]]:
    """What is said of an entity or relation besides its label."""
    for name in ("link", "cluster", "note"):
        if value := getattr(about, name, None):
            yield name, _value(value)
    if about.score is not None:
        yield "score", f"{round(float(about.score), 4) + 0.0}"
    for key, value in sorted((about.attributes or {}).items()):
        yield _line(key), _value(value)


# -- the page -----------------------------------------------------------------------------------------


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes the page. The articles wait in a file of their own until the table of contents before them is complete."""
    style = _Style(out.writing.schema)
    with out.file() as file, tempfile.TemporaryFile() as articles:
        _put(file, _head(style), '<nav aria-labelledby="contents">\n<h2 id="contents">Contents</h2>\n<ol>\n')
        for number, document in enumerate(documents, 1):
            article = _Article(document, number, out, style)
            _put(file, article.entry())
            _put(articles, *article.html())
        _put(file, '</ol>\n<p><a href="#labels">What the labels mean</a></p>\n</nav>\n<main id="articles">\n')
        articles.seek(0)
        shutil.copyfileobj(articles, file)
        _put(file, "</main>\n", *_legend(out.writing.schema, style), "</body>\n</html>\n")


def _put(file: IO[bytes], *parts: str) -> None:
    file.writelines(part.encode() for part in parts)


def _head(style: _Style) -> str:
    """All before the table of contents."""
    digest = b64encode(sha256(style.css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="generator" content="postil">\n'
        f"<title>{TITLE}</title>\n<style>{style.css}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#articles">Skip to the articles</a>\n<h1>{TITLE}</h1>\n'
    )


def _legend(schema: Schema, style: _Style) -> Iterator[str]:
    """What the labels of the project mean."""
    entities = [f"{style.chip(kind.name)} {_line(kind.about)}" for kind in schema.entities]
    relations = [_meaning(kind) for kind in schema.relations]
    yield '<section class="labels" aria-labelledby="labels">\n<h2 id="labels">What the labels mean</h2>\n'
    yield from (_listed("ul", found, "legend") for found in (entities, relations) if found)
    yield "</section>\n"


def _meaning(kind: RelationType) -> str:
    arrow = "↔" if kind.symmetric else "→"
    head, tail = (", ".join(map(_line, sorted(ends))) for ends in (kind.head, kind.tail))
    return f"{head} <strong>{_line(kind.name)}</strong> {arrow} {tail} {_line(kind.about)}"


FORMAT = Format("html-page", "web page for reading and sharing", write=write)
