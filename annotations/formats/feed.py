"""Articles out of RSS and Atom feeds, by feedparser (the extra `web`).

Invariant: an entry is one article, its text that of its content without markup; nothing is fetched; a file that
declares entities is refused, so that none is ever expanded.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats import fields
from annotations.formats.base import Format, Reading, Source
from annotations.formats.markup import blocks, xml_text
from annotations.formats.packed import lacking
from annotations.formats.records import Bad

_FEED = re.compile(
    r"\s*+(?:(?:<\?[^>]*+>|<!--(?>.*?-->)|<!DOCTYPE[^>]*+>)\s*+)*+<(?:rss|feed|rdf:RDF)\b", re.DOTALL
)
_END = re.compile(r"</(?:rss|feed|rdf:RDF)\s*>\s*+(?:<!--(?>.*?-->)\s*+)*+\Z", re.DOTALL)


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each entry, or why it is none."""
    try:
        text, warning = xml_text(source.whole(), reading.encoding, source.name)
        yield from fields.warned(_articles(source, *_entries(source, text)), source, warning)
    except BadFile as error:
        yield error


def _articles(source: Source, entries: list[Mapping[str, Any]], cut: bool) -> Iterator[Incoming | BadFile]:
    for number, entry in enumerate(entries, 1):
        place = f"{source.name}, entry {number}"
        try:
            if cut and number == len(entries):
                raise Bad("the file ends too early, so this entry may be cut off: left out")
            yield fields.article(_fields(entry), place)
        except Bad as error:
            yield BadFile(f"{place}: {error}")


def _entries(source: Source, text: str) -> tuple[list[Mapping[str, Any]], bool]:
    """The entries of a feed, and whether it is cut off in the last one. Raises BadFile."""
    from xml.sax import SAXException

    try:
        import feedparser
    except ImportError as error:
        raise lacking("web", f"{source.name} is a feed, which is read") from error
    found = feedparser.parse(io.BytesIO(text.encode("utf-8-sig")), sanitize_html=False)
    if not found.version:
        raise BadFile(f"{source.name} is no feed, neither RSS nor Atom: say what it is with --format")
    if not found.entries:
        raise BadFile(f"{source.name} has no entries")
    cut = isinstance(found.get("bozo_exception"), SAXException) and not _END.search(text)
    return found.entries, cut


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says, in the names of `fields`: of several texts the longest."""
    details = [*entry.get("content", ()), entry.get("summary_detail", {})]
    texts = [_shown(detail) for detail in details if detail.get("value")]
    return {
        "text": max(texts, key=len, default=None),
        "title": _shown(entry.get("title_detail", {})),
        "date": entry.get("published") or entry.get("updated"),
        "id": entry.get("id"),
        "url": entry.get("link"),
        "author": entry.get("author"),
        "tags": [tag["term"] for tag in entry.get("tags", ()) if tag.get("term")] or None,
    }


def _shown(detail: Mapping[str, Any]) -> str:
    value: str = detail.get("value", "")
    return value if detail.get("type") == "text/plain" else blocks(value)


FORMAT = Format(
    "feed",
    "RSS and Atom feeds",
    (".rss", ".atom", ".xml"),
    read,
    recognises=lambda head: head.name.endswith((".rss", ".atom")) or bool(_FEED.match(head.text)),
)
