"""JSON records out of files: one a line, or the elements of an array; and the checks that all readers share.

Invariant: a record is strict JSON (no key twice, no NaN, no half of a surrogate pair); lines end at line feeds alone;
no more of a file is held than one record.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import IO, Any, TypeVar, overload

from annotations.documents import Document, Incoming, IncomingAnnotations, headline, is_date
from annotations.errors import BadFile
from annotations.formats.base import Head, Reading, Source
from annotations.model import Entity, about_relation, compact
from annotations.wording import listing, meant

LONGEST = 64 * 1024 * 1024
"""Bytes that one record may have; a text of 5,000,000 characters fits many times."""

_CHUNK = 1 << 16
_MARK = codecs.BOM_UTF8


class Bad(Exception):
    """Why a record is refused: a sentence without its place."""


# -- out of a file ----------------------------------------------------------------------------------


def lines(file: IO[bytes], longest: int = LONGEST, blank: bool = False) -> Iterator[tuple[int, bytes | Bad]]:
    """The lines that are not blank (with `blank` those too), with their numbers from 1, without the byte order mark;
    Bad for one that is longer than `longest` bytes, of which no more is held."""
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest and not line.endswith(b"\n"):
            _pass_over(file)
            yield number, Bad(f"this line is longer than {longest:,} bytes: is it one record a line?")
            continue
        line = line.removeprefix(_MARK) if number == 1 else line
        if blank or line.strip():
            yield number, line


def _pass_over(file: IO[bytes]) -> None:
    while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
        pass


def elements(file: IO[bytes], longest: int = LONGEST) -> Iterator[tuple[int, dict[str, Any] | Bad]]:
    """The objects of a JSON array, or the one that is the whole file, with their numbers from 1; Bad for one that
    is none. After what is not JSON nothing more can be read: that Bad is the last."""
    reader = _Elements(file, longest)
    number = 0
    try:
        for number, found in enumerate(reader, 1):
            is_told = type(found) is dict or isinstance(found, Bad)
            yield number, found if is_told else Bad("a record must be a JSON object")
    except Bad as error:
        yield number + 1, error


class _Elements:
    """Reads one element after the other; the buffer holds little more than the one that is being read."""

    def __init__(self, file: IO[bytes], longest: int) -> None:
        self._file, self._longest = file, longest
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._text, self._ended = "", False

    def __iter__(self) -> Iterator[Any]:
        self._more()
        self._text = self._text.removeprefix("\ufeff")
        if self._next() != "[":
            yield self._element()
            if self._next():
                raise Bad("something stands after the end of the JSON")
            return
        self._text = self._text[1:]
        if self._next() == "]":
            return
        while True:
            yield self._element()
            mark = self._next()
            self._text = self._text[1:]
            if mark == "]":
                return
            if mark != ",":
                raise Bad("this is not JSON: a comma or ] is missing" if mark else "the file ends too early")

    def _more(self) -> bool:
        if self._ended:
            return False
        data = self._file.read(max(_CHUNK, len(self._text)))
        self._ended = not data
        try:
            self._text += self._decode.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise Bad("it is not UTF-8: save the file as UTF-8") from error
        return True

    def _next(self) -> str:
        """The next character that is no white space, "" at the end."""
        while True:
            self._text = self._text.lstrip(" \t\r\n")
            if self._text or not self._more():
                return self._text[:1]

    def _element(self) -> Any:
        self._next()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text)
            except json.JSONDecodeError as error:
                if len(self._text) > self._longest:
                    raise Bad(f"one record is longer than {self._longest:,} characters") from error
                if not self._more():
                    raise Bad(_not_json(error)) from error
                continue
            except RecursionError as error:
                raise Bad("this nests too deeply") from error
            except ValueError as error:
                raise Bad(_TOO_LONG) from error
            if end == len(self._text) and self._more():
                continue  # a number may go on
            written, self._text = self._text[:end], self._text[end:]
            if _SURROGATE.search(written):
                try:
                    _check_surrogates(found)
                except Bad as error:
                    return error  # the next element can be read
            return found


def told_apart(head: Head) -> tuple[Callable[[IO[bytes]], Iterator[tuple[int, dict[str, Any] | Bad]]], str]:
    """How to split a file into its JSON records, and what their places count: an array, or one record that goes over
    many lines, into "record"s, else each "line" is one."""
    return (line_objects, "line") if head.has_lines else (elements, "record")


def line_objects(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | Bad]]:
    """The JSON object of each line that is not blank, with the line's number from 1; Bad for a line that is none."""
    for number, line in lines(file):
        if isinstance(line, Bad):
            yield number, line
            continue
        try:
            yield number, parsed(line)
        except Bad as error:
            yield number, error


_R = TypeVar("_R")
_I = TypeVar("_I")


def taken(
    source: Source,
    split: Callable[[IO[bytes]], Iterator[tuple[int, _R | Bad]]],
    take: Callable[[_R, str], Incoming],
    unit: str = "line",
) -> Iterator[Incoming | BadFile]:
    """What `take` makes of each record that `split` finds in a source, or a BadFile that says where and why. `take`
    gets the record and its place in words ("x.jsonl, line 3"), and raises Bad; `unit` is what the places count."""
    return taken_apart(source, split, lambda record, place: (take(record, place),), unit)


def taken_apart(
    source: Source,
    split: Callable[[IO[bytes]], Iterator[tuple[int, _R | Bad]]],
    take: Callable[[_R, str], Iterable[_I | BadFile]],
    unit: str = "line",
) -> Iterator[_I | BadFile]:
    """As `taken`, where one record may hold the work of several people, or part of an article: `take` gives each of
    them."""
    empty = True
    try:
        with source.open() as file:
            for number, record in split(file):
                empty, place = False, f"{source.name}, {unit} {number}"
                try:
                    if isinstance(record, Bad):
                        raise record
                    yield from take(record, place)
                except Bad as error:
                    yield BadFile(f"{place}: {error}")
    except BadFile as error:
        yield error
        return
    if empty:
        yield BadFile(f"{source.name} is empty: there is no article in it")


def json_taken(
    source: Source, take: Callable[[dict[str, Any], str], Iterable[_I | BadFile]]
) -> Iterator[_I | BadFile]:
    """As `taken_apart`, of JSON objects that stand one a line, in an array, or of which one is the whole file."""
    try:
        split, unit = told_apart(Head.of(source))
    except BadFile as error:
        yield error
        return
    yield from taken_apart(source, split, take, unit)


def parsed(data: bytes) -> dict[str, Any]:
    """The object of a line. Raises Bad."""
    try:
        record = _DECODER.decode(data.decode())
    except UnicodeDecodeError as error:
        raise Bad(f"byte {error.start + 1} is not UTF-8: save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise Bad(_not_json(error)) from error
    except RecursionError as error:
        raise Bad("this nests too deeply") from error
    except ValueError as error:
        raise Bad(_TOO_LONG) from error
    if type(record) is not dict:
        raise Bad("a record must be a JSON object: { … }")
    if _SURROGATE_ESCAPE.search(data):
        _check_surrogates(record)
    return record


def value_of(written: str) -> Any:
    """What strict JSON says, of any kind. Raises Bad."""
    found = parsed(b'{"":%s}' % written.encode())
    if len(found) > 1:
        raise Bad(f"this is not JSON: {quoted(written)}")
    return found[""]


def _not_json(error: json.JSONDecodeError) -> str:
    whole = "it ends too early" if error.pos >= len(error.doc.rstrip()) else error.msg
    return f"this is not JSON, at column {error.colno}: {whole}"


_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _check_surrogates(record: Any) -> None:
    try:
        compact(record).encode()
    except UnicodeEncodeError as error:
        raise Bad(
            "half of a surrogate pair (\\ud800 to \\udfff alone) is no character: repair the escape"
        ) from error


# -- what a record says ---------------------------------------------------------------------------


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise Bad(f"this is not JSON: the key {quoted(twice)} stands twice in one object")
    return found


def _finite(written: str) -> float:
    number = float(written)
    if not isfinite(number):
        raise Bad(f"this is not JSON: {written} is not a number that JSON has")
    return number


_TOO_LONG = "a whole number here has more digits than can be read: write it as a text"
"""What is wrong when Python itself gives up."""

_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_finite, parse_float=_finite)


def article_of(
    text: str,
    meta: Mapping[str, Any],
    place: str,
    document: IncomingAnnotations | None,
    warnings: Iterable[str] = (),
) -> Incoming:
    """An article with the title, the date and the source that its metadata name, which are no metadata then; `place`
    stands in for a source and stands before each warning. Raises Bad for a text that is blank."""
    if not text or text.isspace():
        raise Bad('"text" is empty')
    rest = dict(meta)
    title, source = (_said(rest, key) for key in ("title", "source"))
    day = rest.pop("date") if is_date(rest.get("date")) else None
    said = tuple(type(warning)(f"{place}: {warning}") for warning in warnings)
    return Incoming(text, source or place, title or headline(text), day, rest, document, said)


def _said(meta: dict[str, Any], key: str) -> str:
    value = meta.get(key)
    if type(value) is not str or not value:
        return ""
    del meta[key]
    return value


def meta_of(document: Document) -> dict[str, Any]:
    """A document's metadata with title, date and source, as `article_of` takes them; what its article's own metadata
    say of them goes first, and a title that stands in for none is left out. Keys are sorted, inner ones too."""
    article = document.article
    title = article.title if article.title != headline(article.text) else None
    meta = {"title": title, "date": article.date, "source": article.source, **article.meta}
    sorted_: dict[str, Any] = json.loads(compact({k: v for k, v in meta.items() if v is not None}))
    return sorted_


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def encoded(record: Mapping[str, Any]) -> bytes:
    """A record as a line, with its line feed. U+0085, U+2028 and U+2029, which some readers take for line ends, are
    escaped."""
    written = _encode(record)
    for end, escape in (("\u2028", "\\u2028"), ("\u2029", "\\u2029"), ("\x85", "\\u0085")):
        if end in written:
            written = written.replace(end, escape)
    return written.encode() + b"\n"


@contextmanager
def array(file: IO[bytes]) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Writes records as a JSON array, one a line: call what it gives with each."""
    mark = b"[\n"

    def add(record: Mapping[str, Any]) -> None:
        nonlocal mark
        file.write(mark + encoded(record)[:-1])
        mark = b",\n"

    yield add
    file.write(b"\n]\n" if mark == b",\n" else b"[]\n")


def about_pair(label: str, head: Entity, tail: Entity, symmetric: Collection[str]) -> str:
    """What a decision on a relation is about; the ends of a symmetric one have no order."""
    ends = (head.value, tail.value)
    return about_relation(label, *(sorted(ends) if label in symmetric else ends))


def denied(reading: Reading, head: Entity, tail: Entity) -> list[str]:
    """What there is not where somebody says that there is no relation from one entity to another: each relation that
    the schema lets join them, as what a decision is about."""
    kinds = reading.schema.relations_between(head.label, tail.label)
    return [about_pair(kind.name, head, tail, reading.symmetric) for kind in kinds]


def quoted(value: Any) -> str:
    """A value for a message: as JSON, cut where it gets long."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 60 else written[:59] + "…"


_KINDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}

_T = TypeVar("_T")
_D = TypeVar("_D")
_REQUIRED: Any = object()


@overload
def get(row: Mapping[str, Any], key: str, kind: type[_T]) -> _T: ...
@overload
def get(row: Mapping[str, Any], key: str, kind: type[_T], default: _D) -> _T | _D: ...
def get(row: Mapping[str, Any], key: str, kind: type[_T], default: Any = _REQUIRED) -> Any:
    """The value of a key, of exactly that type; without a default it must be there, with the default None it may be
    null. Raises Bad."""
    value = row.get(key, default)
    if type(value) is kind or (value is default and value is not _REQUIRED):
        return value
    if value is _REQUIRED:
        raise Bad(f'"{key}" is missing')
    raise Bad(f'"{key}" must be {_KINDS[kind]}, not {quoted(value)}')


def name(row: Mapping[str, Any], key: str) -> str:
    """A text that says something. Raises Bad."""
    value = row.get(key)
    if type(value) is str and value:
        return value
    raise Bad(f'"{key}" is empty' if get(row, key, str) == "" else f'"{key}" is missing')


def choice(row: Mapping[str, Any], key: str, known: Sequence[Any], default: Any = _REQUIRED) -> Any:
    """One of some texts. Raises Bad, which names the nearest."""
    value = get(row, key, str, default)
    if value not in known:
        raise Bad(f'"{key}" may not be {quoted(value)}' + meant(value, known, f"it may be {listing(known)}"))
    return value


def texts(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of different texts, none if the key is missing. Raises Bad."""
    values = get(row, key, list, [])
    if any(type(value) is not str or not value for value in values) or len(set(values)) < len(values):
        raise Bad(f'"{key}" must be a list of different texts, not {quoted(values)}')
    return tuple(values)


def objects(row: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects, none if the key is missing. Raises Bad."""
    values = get(row, key, list, [])
    if not {dict}.issuperset(map(type, values)):
        raise Bad(f'"{key}" must be a list of objects')
    return values


def objects_if_any(row: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """As `objects`, where null says that there are none."""
    return objects(row, key) if row.get(key) is not None else []


def cited(entity: Entity) -> str:
    """An entity in a sentence about a record: label, text as JSON has it, and place."""
    return f"{entity.label} {quoted(entity.text)} at {entity.start}"


def check_keys(row: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    """Refuses keys that are not known, naming the nearest. Raises Bad."""
    if not known.issuperset(row):
        unknown = next(key for key in row if key not in known)
        ending = meant(unknown, sorted(known), f"it knows {listing(sorted(known))}")
        raise Bad(f"{where} has no key {quoted(unknown)}{ending}")
