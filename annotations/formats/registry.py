"""All formats there are: postil's own, and those that other packages bring along (entry points in `postil.formats`).

Invariant: names are unique; of the formats that recognise a file the first in this order reads it; what foreign code
raises while a file is told or read is a fault of that file alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from itertools import product

from annotations.documents import Incoming
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
from annotations.formats.base import Format, Head, Reading, Source, base_name
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
    """Every format by its name that can be used, those of other packages before the articles."""
    return {each.name: each for each in (*OWN, *foreign()[0], *ARTICLES)}


def unusable() -> dict[str, str]:
    """What other packages bring along that cannot be used: entry points by their names, and sentences about them."""
    return foreign()[1]


@cache
def foreign() -> tuple[list[Format], dict[str, str]]:
    """The formats of other packages, and what of theirs cannot be used."""
    found: dict[str, Format] = {}
    names = {each.name for each in (*OWN, *ARTICLES)}
    bad: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            theirs = _load(point)
            if theirs.name in names or theirs.name in found:
                raise PostilError(f"two formats are called {theirs.name}: uninstall one of their packages")
            found[theirs.name] = _guarded(theirs)
        except PostilError as error:
            bad[point.name] = str(error)
    return list(found.values()), bad


def _load(point: EntryPoint) -> Format:
    """The format that an entry point names. Raises PostilError."""
    try:
        found = point.load()
    except Exception as error:  # it runs the package, which may raise anything
        raise PostilError(
            f"the format {point.name} of {point.value} cannot be loaded ({error}): uninstall or mend its package"
        ) from error
    if not isinstance(found, Format):
        raise PostilError(f"the format {point.name} of {point.value} is no Format: mend its package")
    return found


def _guarded(theirs: Format) -> Format:
    """Their format, whose faults in telling and reading files are those of the file."""

    def recognises(head: Head) -> bool:
        try:
            return theirs.recognises(head)
        except Exception as error:  # foreign code may raise anything
            raise _failed(theirs, head.name, error) from error

    def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
        assert theirs.read is not None
        try:
            yield from theirs.read(source, reading)
        except BadFile as error:
            yield error
        except Exception as error:  # foreign code may raise anything
            yield _failed(theirs, source.name, error)

    return replace(theirs, recognises=recognises, read=read if theirs.read else None)


def _failed(theirs: Format, name: str, error: Exception) -> BadFile:
    return BadFile(
        f"{name}: the format {theirs.name} failed here ({type(error).__name__}: {error}): mend its package, "
        "or name another format with --format"
    )


def named(name: str) -> Format:
    """The format of a name. Raises PostilError, which says why it cannot be used, or names the nearest."""
    known = formats()
    if name in known:
        return known[name]
    if name in unusable():
        raise PostilError(unusable()[name])
    names = sorted(known)
    raise PostilError(f"there is no format {name}" + meant(name, names, f"there are {listing(names)}"))


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
    XML, or may be in a format that cannot be used. Raises BadFile."""
    head = Head.of(source)
    last = plain.FORMAT
    found, kind = _recognised(head), head.structure
    if found is not None or not (kind or (unusable() and not head.name.endswith(last.suffixes))):
        return found or last
    what = "it may be in a format that cannot be used"
    if kind:
        keys = f" with the keys {listing(sorted(head.keys))}" if head.keys else ""
        what = f"this is {kind}{keys}, which is in no format known here"
    otherwise = f"name one with --format, or --format {last.name} to take it as it is"
    raise BadFile("; ".join([f"{source.name}: {what}: {otherwise}", *unusable().values()]))


def _recognised(head: Head) -> Format | None:
    """The format that knows the first of the JSON objects that any knows; one for articles alone only if no other
    format knows any. What is no JSON is looked at once."""
    annotated = [each for each in (*OWN, *foreign()[0]) if each.read is not None]
    tries = product((annotated, ARTICLES), head.views)
    return next((each for some, view in tries for each in some if each.recognises(view)), None)


def ends(names: Iterable[str]) -> str:
    """Endings for a sentence, with those of packed files."""
    return listing([*sorted(names), *PACKED])
