"""What annotators may be called.

Invariant: a name from `named` is one line that can be shown and typed again, and two names that look alike because of
white space around them are one.
"""

from __future__ import annotations

from annotations.errors import PostilError
from annotations.wording import printable, quoted

LONGEST = 64
"""Code points of a name, at most."""


def named(text: str) -> str:
    """The name of an annotator as it is kept: without white space around it. PostilError when it is none."""
    name = text.strip()
    if not name:
        raise PostilError("the name of an annotator is empty: say --as NAME or set POSTIL_ANNOTATOR")
    if not name.isprintable():
        raise PostilError(f"{quoted(printable(name))} is no name: it holds a character that cannot be shown")
    if len(name) > LONGEST:
        raise PostilError(f"{quoted(name)} is too long for a name: it may have {LONGEST} characters")
    return name
