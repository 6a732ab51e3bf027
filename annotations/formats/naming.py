"""Names for the files of a folder: plain letters, short, no two of them the same for any case of letters.

Invariant: the name of an article's file depends on the article and whose work it is, not on the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from annotations.documents import Document


def plain_form(words: str) -> str:
    """Words in a-z, A-Z, 0-9, - and _: accents are dropped, and letters without a plain one; all else is _."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9_-]", "_", plain)


def named(documents: Iterable[Document]) -> Iterator[tuple[str, Document]]:
    """Documents under names for their files, without endings: by the article's source and SHA-256, and where there are
    several versions of one, side by side, by whose they are."""
    for _, group in groupby(documents, key=lambda document: document.article.sha256):
        versions = list(group)
        sha, source = versions[0].article.sha256, versions[0].article.source
        base = f"{_short(source.rsplit('/', 1)[-1])}-{sha[:12]}"
        used: set[str] = set()
        for number, document in enumerate(versions, 1):
            name = base
            if len(versions) > 1:
                name = f"{base}-{_short(document.annotator or document.layer or 'nobody')}"
                name = f"{name}-{number}" if name.lower() in used else name
            used.add(name.lower())
            yield name, document


def _short(words: str) -> str:
    """Words as a part of a file's name, without the ending of one: at most 60 characters."""
    form = plain_form(re.sub(r"\.[A-Za-z0-9]{1,5}$", "", words))
    return re.sub(r"_+", "_", form).strip("_-")[:60] or "article"
