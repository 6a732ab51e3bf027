"""The garbage collector kept out of the way: while an article is loaded, and while somebody types.

A large article is some hundred thousand objects, none of them garbage. Invariant: what was loaded is never searched for
garbage again, so no key ever waits for that; it is freed by reference counts, which is why an article's state must not
refer to itself. What else is old is searched between keys.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Stops the collector while objects are made, and sets aside what there is afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


SELDOM = 1_000
"""Searches of what is young before one of all that is old: an app that rests now and then never gets so far."""


def keep_for_rests() -> None:
    """Leaves the search of all that is old, some milliseconds, to `sweep`."""
    young, younger, _ = gc.get_threshold()
    gc.set_threshold(young, younger, SELDOM)


def sweep() -> None:
    """Searches all that is old for garbage where something has grown old since the last time; for a moment in which
    nobody types."""
    if gc.get_count()[2]:
        gc.collect()
