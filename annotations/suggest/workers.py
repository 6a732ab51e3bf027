"""The same analysis by several processes.

Invariant: what comes out, and its order, is what one process gives.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context

from annotations.errors import PostilError
from annotations.suggest.pieces import BATCH_PIECES
from annotations.suggest.pipeline import Analysed, Found, Pipeline, load

_loaded: list[Pipeline] = []
"""In a worker's process: its one pipeline."""


def analyse(
    found: Found, workers: int, texts: Iterable[tuple[int, str]], stop: Callable[[], bool] = lambda: False
) -> Iterator[Analysed]:
    """Like `Pipeline.analyse`, in so many processes with a pipeline each; reads two batches ahead for each.

    Raises PostilError when one of them dies.
    """
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (found,))
    try:
        yield from _ordered(pool, workers * 2, iter(texts), stop)
    except BrokenProcessPool as error:
        raise PostilError(
            f"A process that ran {found.name} ended by itself, out of memory perhaps: try fewer workers."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _ordered(
    pool: ProcessPoolExecutor, ahead: int, texts: Iterator[tuple[int, str]], stop: Callable[[], bool]
) -> Iterator[Analysed]:
    waiting: deque[Future[list[Analysed]]] = deque()
    while not stop():
        while len(waiting) < ahead and (batch := list(islice(texts, BATCH_PIECES))):
            waiting.append(pool.submit(_work, batch))
        if not waiting:
            return
        yield from waiting.popleft().result()


def _begin(found: Found) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _loaded.append(load(found))


def _work(batch: list[tuple[int, str]]) -> list[Analysed]:
    return list(_loaded[0].analyse(batch))
