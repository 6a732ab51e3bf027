"""All formats there are: postil's own, and those that other packages bring along (entry points in `postil.formats`).

Invariant: names are unique; of the formats that recognise a file the first in this order reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from annotations.errors import PostilError
from annotations.formats import plain, postil
from annotations.formats.base import PACKED, Format, Head, Source, base_name
from annotations.wording import listing, meant

GROUP = "postil.formats"
"""The group of entry points; each names a `Format`."""

OWN: tuple[Format, ...] = (postil.FORMAT, plain.FORMAT)
"""postil's own, in the order in which a file is tried; plain text takes what no other knows."""


@cache
def formats() -> dict[str, Format]:
    """Every format by its name, those of other packages before plain text. Raises PostilError for one of theirs that
    cannot be had."""
    *own, last = OWN
    found: dict[str, Format] = {each.name: each for each in own}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        theirs = _load(point)
        if theirs.name in found:
            raise PostilError(f"two formats are called {theirs.name}: uninstall one of their packages")
        found[theirs.name] = theirs
    return found | {last.name: last}


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


def writable() -> list[Format]:
    """The formats that can be written."""
    return [each for each in formats().values() if each.write is not None]


def suffixes() -> frozenset[str]:
    """How the files end that a folder is searched for, packed ones besides."""
    return frozenset(end for each in readable() for end in each.suffixes)


def is_readable(name: str) -> bool:
    """Whether a file of that name is taken in with its folder."""
    return base_name(name).endswith(tuple(suffixes()))


def detected(source: Source) -> Format:
    """The format that a source is in, by what it begins with; plain text when no other knows it. Raises BadFile."""
    head = Head.of(source)
    *others, last = readable()
    return next((each for each in others if each.recognises(head)), last)


def ends(names: Iterable[str]) -> str:
    """Endings for a sentence, with those of packed files."""
    return listing([*sorted(names), *PACKED])
