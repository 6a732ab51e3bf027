"""Which files paths, folders and glob patterns name.

Invariant: each pattern gives its files in order, or a sentence; hidden ones only where they are asked for; no link is
followed on the way down, so that no loop of links is walked, and nothing outside of a folder is taken for a part of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from annotations.errors import BadFile
from annotations.formats import brat, registry, tagged
from annotations.formats.base import Format
from annotations.wording import printable

_MAGIC = re.compile(r"[*?[]")


def expand(patterns: Sequence[str], base: Path, format: Format | None = None) -> Iterator[Path | BadFile]:
    """The files that paths, folders and glob patterns name, in order; a BadFile for one that names nothing. A brat pair
    is one file, its annotations, unless another `format` is asked for; offsets are no file beside their tokens."""
    pairs: set[Path] = set()
    for found in _named(patterns, base):
        pair = brat.annotated(found) if isinstance(found, Path) and format in (None, brat.FORMAT) else None
        if pair is None:
            if not (isinstance(found, Path) and tagged.lies_beside(found)):
                yield found
        elif pair not in pairs:
            pairs.add(pair)
            yield pair


def folders(patterns: Sequence[str], base: Path) -> frozenset[Path]:
    """The folders among the patterns."""
    paths = (Path(base, os.path.expanduser(pattern)) for pattern in patterns)
    return frozenset(path for path in paths if os.path.isdir(path))


def _named(patterns: Sequence[str], base: Path) -> Iterator[Path | BadFile]:
    for pattern in patterns:
        path = os.path.join(base, os.path.expanduser(pattern))
        if "\0" in pattern:
            yield BadFile(f"{printable(pattern)}: no file's name holds a NUL")
        elif os.path.isdir(path):
            ends = registry.suffixes()
            yield from _in_folder(pattern, *_inside(path, ends), registry.ends(ends))
        elif _MAGIC.search(pattern) and not os.path.lexists(path):
            yield from _or_bad(_matching(path), f"{pattern}: no file matches")
        else:
            yield Path(path)


def _or_bad(found: Sequence[Path], otherwise: str) -> Sequence[Path | BadFile]:
    return found or [BadFile(otherwise)]


def _in_folder(
    pattern: str, found: Sequence[Path], links: Sequence[Path], ends: str
) -> Iterator[Path | BadFile]:
    """The files of a folder, and a sentence about the links that were not followed, or that it holds neither."""
    if links:
        more = f" and {len(links) - 1:,} more" if len(links) > 1 else ""
        yield BadFile(
            f"{printable(str(links[0]))}{more}: a link within a folder is not followed; name it to take it in"
        )
    if found or not links:
        yield from _or_bad(found, f"{pattern}: the folder holds no files that end in {ends}")


def _inside(folder: str, ends: tuple[str, ...]) -> tuple[list[Path], list[Path]]:
    """The files of a folder that some format reads, whatever they are (what is no regular file is refused later), and
    the links among them."""
    found: list[Path] = []
    links: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        readable = (name for name in files if not name.startswith(".") and registry.is_readable(name, ends))
        for path in (Path(place, name) for name in readable):
            (links if os.path.islink(path) else found).append(path)
    return sorted(found), sorted(links)


def _matching(path: str) -> list[Path]:
    """The files that match a pattern; `**` is any number of folders where it stands alone."""
    parts = Path(path).parts
    first = next(index for index, part in enumerate(parts) if _MAGIC.search(part))
    root, *rest = Path(*parts[:first]), *(p if p == "**" else re.sub(r"\*+", "*", p) for p in parts[first:])
    if rest[-1] == "**":
        rest.append("*")
    hidden = any(part.startswith(".") for part in rest)

    def wanted(found: Path) -> bool:
        shown = not any(part.startswith(".") for part in found.relative_to(root).parts)
        return (hidden or shown) and not os.path.isdir(found)

    return sorted(filter(wanted, root.glob("/".join(rest))))
