"""All formats there are: postil's own, and those that other packages bring along (entry points in `postil.formats`).

Invariant: names are unique; of the formats that recognise a file the first in this order reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from annotations.errors import BadFile, PostilError
from annotations.formats import (
    articles,
    brat,
    conll,
    doccano,
    dygie,
    feed,
    gliner,
    gliner2,
    huggingface,
    label_studio,
    page,
    plain,
    postil,
    prodigy,
    sheet,
    spacy_docbin,
    spert,
    tables,
    tacred,
    textae,
    webpage,
    xmi,
)
from annotations.formats.base import Format, Head, Source, base_name
from annotations.formats.packed import PACKED
from annotations.formats.tagged import BESIDE
from annotations.wording import listing, meant

GROUP = "postil.formats"
"""The group of entry points; each names a `Format`."""

OWN: tuple[Format, ...] = (
    postil.FORMAT,
    tables.FORMAT,
    label_studio.FORMAT,
    textae.FORMAT,
    gliner.FORMAT,
    gliner2.FORMAT,
    dygie.FORMAT,
    spert.FORMAT,
    tacred.FORMAT,
    prodigy.FORMAT,
    doccano.FORMAT,
    spacy_docbin.FORMAT,
    brat.FORMAT,
    *conll.FORMATS,
    huggingface.FORMAT,
    page.FORMAT,
    xmi.FORMAT,
)
"""postil's own with annotations, in the order in which a file is tried."""

ARTICLES: tuple[Format, ...] = (
    feed.FORMAT,
    webpage.FORMAT,
    sheet.FORMAT,
    articles.FORMAT,
    plain.MARKDOWN,
    plain.FORMAT,
)
"""postil's own for articles alone, which are tried after all others; plain text takes what no other knows."""


@cache
def formats() -> dict[str, Format]:
    """Every format by its name, those of other packages before the articles. Raises PostilError for one of theirs that
    cannot be had."""
    found = {each.name: each for each in (*OWN, *ARTICLES)}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        theirs = _load(point)
        if theirs.name in found:
            raise PostilError(f"two formats are called {theirs.name}: uninstall one of their packages")
        found[theirs.name] = theirs
    return {name: found[name] for name in sorted(found, key=lambda name: found[name] in ARTICLES)}


def _load(point: EntryPoint) -> Format:
    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        raise PostilError(
            f"the format {point.name} of {point.value} cannot be loaded ({error}): uninstall or mend its package"
        ) from error
    if not isinstance(found, Format):
        raise PostilError(f"the format {point.name} of {point.value} is no Format: mend its package")
    return found


def named(name: str) -> Format:
    """The format of a name. Raises PostilError, which names the nearest."""
    known = formats()
    if name not in known:
        names = sorted(known)
        raise PostilError(f"there is no format {name}" + meant(name, names, f"there are {listing(names)}"))
    return known[name]


def readable() -> list[Format]:
    """The formats that can be read."""
    return [each for each in formats().values() if each.read is not None]


def suffixes() -> tuple[str, ...]:
    """How the files end that a folder is searched for, packed ones besides; sorted."""
    return tuple(sorted({end for each in readable() for end in each.suffixes}))


def is_readable(name: str, ends: tuple[str, ...]) -> bool:
    """Whether a file of that name is taken in with its folder; `ends` are the `suffixes`. Offsets that lie beside
    tokens are read with them, as the type systems of UIMA are."""
    base = base_name(name)
    return base.endswith(ends) and not base.endswith((BESIDE, xmi.BESIDE))


def detected(source: Source) -> Format:
    """The format that a source is in, by what it begins with; plain text when no other knows it, unless it is JSON or
    XML. Raises BadFile."""
    head = Head.of(source)
    *others, last = readable()
    found = next((each for each in others if each.recognises(head)), None)
    if found is None and (kind := head.structure):
        keys = f" with the keys {listing(sorted(head.keys))}" if head.keys else ""
        raise BadFile(
            f"{source.name}: this is {kind}{keys}, which is in no format known here: name one with --format, "
            f"or --format {last.name} to take it as it is"
        )
    return found or last


def ends(names: Iterable[str]) -> str:
    """Endings for a sentence, with those of packed files."""
    return listing([*sorted(names), *PACKED])
