"""Articles out of web pages, by trafilatura (the extra `web`).

Invariant: the text that is extracted is the text of the article; no offset points into the page, of which the SHA-256
is kept.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats import fields, plain
from annotations.formats.base import Format, Reading, Source
from annotations.formats.markup import blocks
from annotations.formats.packed import lacking
from annotations.formats.records import Bad

_META = ("author", "categories", "description", "language", "sitename", "tags", "url")
"""What trafilatura finds that is kept as metadata, besides title and date."""

_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_PAGE = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<\?xml[^>]*>")


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of a page, or why there is none."""
    try:
        yield _article(source, reading)
    except BadFile as error:
        yield error
    except Bad as error:
        yield BadFile(f"{source.name}: {error}")


def _article(source: Source, reading: Reading) -> Incoming:
    try:
        import lxml_html_clean  # noqa: F401 (what trafilatura stands on asks for it without saying so)
        import trafilatura
    except ImportError as error:
        raise lacking("web", f"{source.name} is HTML, which is read") from error
    logging.getLogger("trafilatura").addHandler(logging.NullHandler())
    data = source.whole()
    declared = _CHARSET.search(data[:4096])
    asked = reading.encoding or (plain.known_encoding(declared[1].decode()) if declared else None)
    decoded = plain.read_text(data, asked, source.name)
    page = _XML.sub("", decoded.text, count=1)  # lxml refuses a text that names an encoding
    found = trafilatura.bare_extraction(page, include_comments=False, with_metadata=True)
    said = {} if found is None or isinstance(found, dict) else found.as_dict()
    warnings = [f"{source.name}: {decoded.warning}"] if decoded.warning else []
    if not (said.get("text") or "").strip():
        said["text"] = blocks(page)
        warnings.append(
            f"{source.name}: no article stands out in this page, so it is all of its text: check it"
        )
    if not said["text"]:
        raise BadFile(f"{source.name}: there is no text in this page")
    return _incoming(said, hashlib.sha256(data).hexdigest(), source.name, warnings)


def _incoming(said: dict[str, Any], sha256: str, name: str, warnings: list[str]) -> Incoming:
    found = fields.article(
        {key: said[key] for key in ("text", "title", "date", *_META) if said.get(key)}
        | {"raw_sha256": sha256},
        name,
    )
    return replace(found, warnings=(*warnings, *found.warnings))


FORMAT = Format(
    "html",
    "web pages",
    (".html", ".htm", ".xhtml"),
    read,
    recognises=lambda head: head.name.endswith((".html", ".htm", ".xhtml")) or bool(_PAGE.match(head.text)),
)
