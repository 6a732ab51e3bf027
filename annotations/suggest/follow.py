"""The suggester's own process: stays while there is work or its owner, one per project.

Invariant: nothing but one JSON line with an error ever goes to stdout; what is running ends at the next batch
when stdin closes, and gives way to an article that is asked for.
"""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from annotations import bulk
from annotations import config as settings
from annotations.config import Config
from annotations.errors import PostilError
from annotations.model import Layer
from annotations.store import Store
from annotations.suggest.runner import BATCH, Report, Source, sources, suggest

IDLE = 60.0
"""Seconds without work after which the process ends."""

POLL = 0.5
"""Seconds between two looks at whether the database has changed."""

NICENESS = 10

log = logging.getLogger(__name__)


class Inbox:
    """What the owner asks for: lines `first <article id>` on a file descriptor, the last one counts."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.closed = False
        self.first: int | None = None

    def poll(self, seconds: float = 0.0) -> None:
        """Wait so long for something to arrive, then read what did."""
        if self.closed or not select.select([self._descriptor], [], [], seconds)[0]:
            return
        arrived = os.read(self._descriptor, 65536)
        self.closed = not arrived
        *lines, self._rest = (self._rest + arrived).split(b"\n")
        for line in lines:
            self._obey(line.decode("utf-8", "replace"))

    def _obey(self, line: str) -> None:
        verb, _, number = line.strip().partition(" ")
        if verb == "first" and number.isdecimal():
            self.first = int(number)
        else:
            log.warning("not understood: %r", line)

    def interrupts(self) -> bool:
        """Whether what is running has to give way."""
        self.poll()
        return self.closed or self.first is not None


def follow(store: Store, config: Config, stdin: IO[str], idle: float = IDLE, poll: float = POLL) -> Report:
    """Suggest until `stdin` closes or `idle` seconds pass with nothing to do.

    Looks for new articles every `poll` seconds. Raises PostilError when the pipeline or a pattern file is not
    there.
    """
    inbox = Inbox(stdin.fileno())
    todo = [(source, source.layer(store)) for source in sources(config)]
    report = Report()
    last_work = time.monotonic()
    while not inbox.closed and time.monotonic() - last_work < idle:
        inbox.poll()
        if _work(store, config, todo, inbox, report):
            last_work = time.monotonic()
        else:
            _wait(store, inbox, poll, last_work + idle)
    return report


def _work(
    store: Store, config: Config, todo: list[tuple[Source, Layer]], inbox: Inbox, report: Report
) -> bool:
    """One batch from each source, the asked-for article alone; whether there was anything to do."""
    first, inbox.first = inbox.first, None
    worked = False
    for source, layer in todo:
        ids = bulk.articles_without(store, layer, first, BATCH if first is None else 1)
        if ids and not inbox.closed:
            worked = True
            written = sum(suggest(store, config, source, layer, ids, report, inbox.interrupts))
            log.info("%s: %d of %d articles", layer.title, written, len(ids))
    return worked


def _wait(store: Store, inbox: Inbox, poll: float, until: float) -> None:
    """Until something is asked for, another process has written, or the monotonic clock says `until`."""
    while not inbox.closed and inbox.first is None and time.monotonic() < until:
        inbox.poll(poll)
        if store.changed():
            return


def serve(config_path: Path) -> int:
    """The whole life of `postil suggest --follow`; its exit code. Ends at once when there is one already.

    An error that a person must know of is one JSON line {"error": sentence} on stdout, and the code 1.
    """
    try:
        config = settings.load(config_path)
        lock = FileLock(f"{config.database}.suggest")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return 0
        except OSError as error:
            raise PostilError(f"Suggestions cannot be written beside {config.database}: {error}") from error
        with lock:
            os.nice(NICENESS)
            _serve(config)
    except PostilError as error:
        print(json.dumps({"error": str(error)}, ensure_ascii=False), flush=True)
        return 1
    return 0


def _serve(config: Config) -> None:
    store = Store.open(config.database)
    try:
        follow(store, config, sys.stdin)
    finally:
        store.close()


def command(config_path: Path) -> list[str]:
    """The arguments that start `serve` in a process of its own."""
    return [sys.executable, "-P", "-m", "annotations.suggest", str(config_path)]


def start(config_path: Path, log: IO[bytes] | IO[str]) -> subprocess.Popen[str]:
    """Start the suggester; its stderr goes to `log`, it ends when the stdin of what is returned is closed."""
    return subprocess.Popen(
        command(config_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        encoding="utf-8",
    )
