"""Plain text: bytes to an article, with a date line or YAML front matter in front.

Invariant: the text of the article is a part of the decoded file, up to its end, code point for code point;
`meta["source_offset"]` says how many code points of the file were cut in front of it, when any were.
"""

from __future__ import annotations

import encodings.aliases
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import yaml

from annotations.documents import Incoming, headline, is_date
from annotations.errors import BadFile
from annotations.formats.base import MARKS, Format, Reading, Source
from annotations.formats.fields import kept
from annotations.wording import meant

LAST_RESORT = "cp1252"
GUESSED = f"it is not UTF-8 and was read as {LAST_RESORT}: check accents and quotes, or name its encoding"
"""The encoding of what is in no other, and the warning that goes with it."""

_MOST_CONTROLS = 0.3
"""Share of control characters above which bytes are no text; those that terminals and editors use do not count."""

_CONTROL = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_EOL = r"(?:\r\n|\n|\r|\Z)"
_BLANK_LINES = re.compile(r"(?:[^\S\r\n]*+(?:\r\n|\n|\r))*+")
_DATE_LINE = re.compile(rf"[^\S\r\n]*date ([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[^\S\r\n]*{_EOL}")
_FRONT = re.compile(
    rf"---[ \t]*(?:\r\n|\n|\r)(?=[\w-]+[ \t]*:)(.*?)^(?:---|\.\.\.)[ \t]*{_EOL}", re.DOTALL | re.MULTILINE
)

_HEADING = re.compile(r"#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?\Z")
"""A title that is the first line of Markdown."""

_DEEPEST = 20
"""How deep front matter may nest."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding that it was in, and what the person should check about that."""

    text: str
    encoding: str
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """An article's text and what stood in front of it. `meta` holds `source_offset`, in code points, when > 0."""

    text: str
    title: str
    date: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article in a text file, or why it is none."""
    try:
        yield take(source.whole(), source.name, reading.encoding)
    except BadFile as error:
        yield error


def take(data: bytes, source: str, encoding: str | None = None) -> Incoming:
    """The article in bytes that came from `source`. Raises BadFile, which names the source."""
    decoded = read_text(data, encoding, source)
    parsed = parse(decoded.text, source)
    meta, warnings = kept(parsed.meta, source) if parsed.meta else ({}, ())
    if decoded.warning:
        warnings = (f"{source}: {decoded.warning}", *warnings)
    return Incoming(parsed.text, source, parsed.title, parsed.date, meta, warnings=warnings)


def read_text(data: bytes, encoding: str | None = None, name: str = "this text") -> Decoded:
    """Decodes by byte order mark, else as UTF-8, else by `encoding`, else as Windows-1252 with a warning.

    ASCII that `encoding` reads otherwise (UTF-16 without a mark, ISO-2022-JP) goes by `encoding`. Line ends and
    control characters stay. Raises BadFile when the bytes are no text, or half a surrogate pair is in them.
    """
    if not data:
        raise BadFile(f"{name} is empty: there is nothing to read")
    if encoding is not None:
        check_encoding(encoding, name)
    marked = next(((mark, own) for mark, own in MARKS if data.startswith(mark)), None)
    decoded = _decode_marked(data, *marked, name) if marked else _decode(data, encoding, name)
    if _SURROGATE.search(decoded.text):
        raise _halved(name)
    return decoded


def _decode_marked(data: bytes, mark: bytes, own: str, name: str) -> Decoded:
    text = _try(data[len(mark) :], own)
    if text is None:
        raise BadFile(f"{name} begins with the mark of {own} but is not in it: save it anew as UTF-8")
    return Decoded(text, own)


def _decode(data: bytes, encoding: str | None, name: str) -> Decoded:
    order = [encoding, "utf-8"] if encoding and data.isascii() else ["utf-8", encoding]
    for candidate in filter(None, order):
        text = _try(data, candidate)
        if text is not None:
            return Decoded(check_not_binary(text, name, encoding), candidate)
    if _is_halved(data):
        raise _halved(name)
    if encoding:
        raise BadFile(
            f"{name} is in neither UTF-8 nor {encoding}: name another encoding, or save it as UTF-8"
        )
    return _as_windows(data, name)


def _as_windows(data: bytes, name: str) -> Decoded:
    text = _try(data, LAST_RESORT)
    if text is None:
        check_not_binary(data.decode("latin-1"), name)
        raise BadFile(f"{name} is in neither UTF-8 nor {LAST_RESORT}: name its encoding{_proposal(data)}")
    return Decoded(check_not_binary(text, name), LAST_RESORT, GUESSED)


def _proposal(data: bytes) -> str:
    """What a guess is worth: words for a message, never a decision."""
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return f", perhaps {best.encoding}" if best is not None else ", or save it as UTF-8"


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None


def known_encoding(name: str) -> str | None:
    """The encoding that a file says it is in, if Python knows it."""
    return name if _makes_text(name) else None


def check_encoding(encoding: str, name: str) -> None:
    """Refuses an encoding that Python does not know, for a file of that name. Raises BadFile."""
    if not _makes_text(encoding):
        known = filter(_makes_text, encodings.aliases.aliases)
        ending = meant(encoding, known, "write utf-8, cp1252, shift_jis or another that Python knows")
        raise BadFile(f'{name} cannot be read: there is no encoding "{encoding}"{ending}')


def _makes_text(encoding: str) -> bool:
    """Whether Python knows an encoding of that name, and it is one of texts."""
    try:
        _try(b"..", encoding)
    except LookupError:
        return False
    return True


def check_not_binary(text: str, name: str, asked: str | None = None) -> str:
    """The text, if it is one; `asked` is the encoding that was named for it. Raises BadFile."""
    if "\0" in text or len(_CONTROL.findall(text)) > _MOST_CONTROLS * len(text):
        encoding = f"another encoding than {asked}" if asked else "its encoding"
        raise BadFile(f"{name} looks binary, not like text: save it as plain text, or name {encoding}")
    return text


def _is_halved(data: bytes) -> bool:
    """Whether the bytes are UTF-8 but for surrogates, which it cannot hold."""
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeError:
        return False
    return True


def _halved(name: str) -> BadFile:
    return BadFile(
        f"{name} holds half of a surrogate pair, which is no character: repair it and save it as UTF-8"
    )


def parse(text: str, name: str = "this text") -> Parsed:
    """Tells the article from the date line or YAML front matter before it.

    With one, the article begins at the first line after it that is not blank; without, it is the whole text.
    Raises BadFile when nothing but blanks is left, or when front matter cannot be read.
    """
    end, said = _header(text, name)
    start = _end_of_blank_lines(text, end) if end else 0
    body = text[start:]
    if not body or body.isspace():
        raise BadFile(
            f"{name} is empty: " + ("nothing follows its header" if end else "there is nothing to read")
        )
    title = said.pop("title", "") or headline(body)
    day = said.pop("date") if is_date(said.get("date", "")) else None
    return Parsed(body, title, day, said | {"source_offset": start} if start else said)


def _end_of_blank_lines(text: str, start: int) -> int:
    found = _BLANK_LINES.match(text, start)
    return found.end() if found else start


def _header(text: str, name: str) -> tuple[int, dict[str, Any]]:
    """Where the header ends, in code points, 0 when there is none; and what it says."""
    line = _DATE_LINE.match(text)
    if line is not None and is_date(line[1]):
        return line.end(), {"date": line[1]}
    front = _FRONT.match(text)
    return (front.end(), _front_matter(front[1], name)) if front else (0, {})


def _front_matter(block: str, name: str) -> dict[str, Any]:
    """What YAML front matter says, all scalars as they are written; a date with a time loses the time."""
    try:
        said: dict[str, Any] = _Loader(block).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 2}" if mark else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None)
        raise BadFile(
            f"{name}{line}: this front matter is not readable YAML ({why}): "
            "correct it, or take out the first --- if it is text"
        ) from error
    for key in ("title", "date"):
        if not isinstance(said.get(key, ""), str):
            raise BadFile(f"{name}: {key} in its front matter must be a plain text, not a list or a mapping")
    if _SURROGATE.search(said.get("title", "")):
        raise _halved(name)
    with suppress(ValueError):
        said["date"] = datetime.fromisoformat(said.get("date", "")).date().isoformat()
    return said


class _Loader(yaml.BaseLoader):
    """YAML of texts, lists and mappings alone; no aliases, no key twice, not deep."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """One node and what is in it."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or self.depth > _DEEPEST:
            says = "nests too deeply" if self.depth > _DEEPEST else "aliases are not read: quote the text"
            raise yaml.MarkedYAMLError(problem=says, problem_mark=self.get_mark())
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping; its keys are texts, each there once."""
        found = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            raise yaml.MarkedYAMLError(problem="a key stands here twice", problem_mark=node.start_mark)
        return found


def read_markdown(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article in a Markdown file, as it is written, or why it is none."""
    for found in read(source, reading):
        heading = _HEADING.match(found.title) if isinstance(found, Incoming) else None
        yield replace(found, title=heading[1]) if isinstance(found, Incoming) and heading else found


MARKDOWN = Format(
    "markdown",
    "Markdown, as it is written",
    (".md", ".markdown"),
    read_markdown,
    recognises=lambda head: head.name.endswith((".md", ".markdown")),
)
FORMAT = Format("text", "plain text", (".txt",), read)
