"""Loading without the garbage collector: a large article is some hundred thousand objects, none of them garbage.

Invariant: what was loaded is never searched for garbage again, so no key ever waits for that; it is freed by reference
counts, which is why an article's state must not refer to itself.
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
