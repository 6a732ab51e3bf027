"""Articles out of named fields, as tables, JSON, pages and feeds have them.

Invariant: the text is exactly the field's; what else a record says is kept as metadata that is JSON, no surrogate half,
not deep and not large; what is left out of it is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from annotations.documents import Incoming, headline, is_date
from annotations.errors import BadFile
from annotations.formats.base import Source
from annotations.formats.records import Bad, quoted
from annotations.model import compact

TEXTS = ("text", "body", "content")
"""Names of the field that holds an article's text, the best first."""

KNOWN = (*TEXTS, "title", "date", "published", "id", "url")
"""Names of fields that say that a table or an object is about articles."""

LARGEST, DEEPEST, MOST = 16_384, 16, 200
"""Of a value in metadata: characters as JSON, and how deep it nests; and how many values an article may have."""


def article(fields: Mapping[str, Any], place: str) -> Incoming:
    """An article of named fields: `text`, `body` or `content`, `title`, `date` or `published`; the rest is metadata.
    Fields with nothing in them are passed over. Raises Bad."""
    left = {key: value for key, value in fields.items() if value is not None and value != ""}
    text, title = _text(left), _title(left)
    dated = next((name for name in ("date", "published") if name in left), "")
    when = day(left.get(dated))
    if when is not None:
        del left[dated]
    meta, warnings = kept(left, place)
    return Incoming(text, place, title or headline(text), when, meta, warnings=warnings)


def warned(
    items: Iterable[Incoming | BadFile], source: Source, warning: str | None
) -> Iterator[Incoming | BadFile]:
    """The items of a source, a warning about all of it with the first article."""
    for item in items:
        if warning and isinstance(item, Incoming):
            item = replace(item, warnings=(f"{source.name}: {warning}", *item.warnings))
            warning = None
        yield item


def _text(left: dict[str, Any]) -> str:
    name = next((name for name in TEXTS if name in left), None)
    if name is None:
        raise Bad('there is no text: it must stand under "text", "body" or "content"')
    text = left.pop(name)
    if type(text) is not str:
        raise Bad(f'"{name}" must be a text, not {quoted(text)}')
    if text.isspace():
        raise Bad(f'"{name}" is empty')
    return check_encodable(text)


def _title(left: dict[str, Any]) -> str:
    title = left.pop("title", "")
    if type(title) not in (str, int, float) or len(str(title)) > LARGEST:
        raise Bad(f'"title" must be a text of at most {LARGEST:,} characters, not {quoted(title)}')
    return check_encodable(str(title).strip())


def check_encodable(text: str) -> str:
    """The text, which UTF-8 can hold. Raises Bad."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Bad("half of a surrogate pair is in it, which is no character: repair it") from error
    return text


def day(value: object) -> str | None:
    """The day of a date as it is written, with or without a time: ISO 8601 or as in mail; None for what is none. A time
    zone moves nothing."""
    if is_date(value):
        return str(value)
    if not isinstance(value, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, IndexError):
            return date(*parse(value.strip()).timetuple()[:3]).isoformat()
    return None


def kept(meta: Mapping[str, Any], place: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What of metadata the database takes, and sentences about what is left out. A `source` that is no text is kept as
    JSON: the word has a meaning of its own."""
    found: dict[str, Any] = {}
    says: list[str] = []
    for key, value in _named(meta):
        why = f"{MOST} others stand before it" if len(found) >= MOST else _unfit(key, value)
        if why:
            says.append(f"{place}: {quoted(key)} is left out of the metadata: {why}")
        else:
            found[key] = value
    return found, tuple(says[:_SAID]) + (
        (f"{place}: … and {len(says) - _SAID} more",) if len(says) > _SAID else ()
    )


_SAID = 3
"""How many sentences about one article's metadata are worth reading."""


def _named(meta: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in meta.items():
        yield key, compact(value) if key == "source" and not isinstance(value, str) else value


def _unfit(key: str, value: Any) -> str:
    if type(value) is int or (type(value) is str and value.isascii() and len(value) < LARGEST // 8):
        value = ""  # it fits
    if len(key) > LARGEST or not _within(value, DEEPEST):
        return f"it nests deeper than {DEEPEST}" if len(key) <= LARGEST else "its name is too long"
    written = compact([key, value])
    if len(written) > LARGEST:
        return f"it is longer than {LARGEST:,} characters"
    try:
        written.encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair is in it"
    return ""


def _within(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_within(each, depth - 1) for each in inner)
