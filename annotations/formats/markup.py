"""The text of a piece of HTML, and that of a file of XML, by the standard library.

Invariant: of HTML the text that a reader would see, in its order; one line a block; white space within a block is one
space, as a browser shows it. XML that declares entities is refused, so that none is ever expanded.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from annotations.errors import BadFile
from annotations.formats import plain

_DECLARED = re.compile(r"""\s*<\?xml[^>]*?(?:\bencoding\s*=\s*["']([\w.:-]{1,40})["'][^>]*)?\?>""")
_HIDDEN = frozenset(("head", "noscript", "script", "style", "template", "title"))
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "div", "dl", "dt"),
        *(
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "html",
        ),
        *("li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"),
    )
)
_SPACE = re.compile(r"[ \t\r\n\f]+")


def blocks(html: str) -> str:
    """The text, its blocks apart by line feeds, its entities resolved."""
    parser = _Blocks()
    parser.feed(html)
    parser.close()
    lines = (_SPACE.sub(" ", line).strip(" ") for line in "".join(parser.found).split("\0"))
    return "\n".join(filter(None, lines))


class _Blocks(HTMLParser):
    """Collects text; a NUL, which HTML does not have, stands where a block begins or ends."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins, or something that nobody sees."""
        if tag in _HIDDEN and not self._hidden:
            self._hidden = tag
        elif tag in _BLOCKS:
            self.found.append("\0")
            if tag == "body":
                self._hidden = ""

    def handle_endtag(self, tag: str) -> None:
        """It ends."""
        if tag == self._hidden:
            self._hidden = ""
        elif tag in _BLOCKS:
            self.found.append("\0")

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._hidden:
            self.found.append(data.replace("\0", "\ufffd"))


def xml_text(data: bytes, encoding: str | None, name: str) -> tuple[str, str | None]:
    """A file of XML without its declaration, in `encoding` or the one that it declares, and a warning about that.
    Raises BadFile."""
    declared = _DECLARED.match(data[:1000].decode("latin-1"))
    asked = encoding or (plain.known_encoding(declared[1]) if declared and declared[1] else None)
    decoded = plain.read_text(data, asked, name)
    if "<!ENTITY" in decoded.text:
        raise BadFile(f"{name} declares entities of its own, as a bomb does: take the declarations out")
    return _DECLARED.sub("", decoded.text, count=1), decoded.warning
