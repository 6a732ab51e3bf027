"""The suggester seen from the app: started when there is work for it, told which article first, heard when it fails.

Invariant: nothing here waits: the pipe to the suggester is never read while it is empty, and never written when full.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

PAUSE = 5.0
"""Seconds from one start to the next at least: another session's suggester may be at work, or ours may be failing."""

MOST_FAILURES = 3
"""How often a suggester that crashed or was killed is started again."""


class Suggester:
    """The suggester's process, ours or nobody's: another session may have started one."""

    def __init__(self, config: Path, log: IO[bytes]) -> None:
        self._config, self._log = config, log
        self._process: subprocess.Popen[str] | None = None
        self._leaving: subprocess.Popen[str] | None = None
        """One that was told to end and may still hold the lock of the project."""
        self._heard = ""
        self._asked: int | None = None
        self._started, self._failures = float("-inf"), 0

    def start(self) -> None:
        """Starts it, unless it runs already or another session's does (it then ends by itself).

        Cheap enough to be called again and again: does nothing for a while after a start, and nothing at all after
        too many failures.
        """
        if self.running or time.monotonic() < self._started + PAUSE:
            return
        if self._leaving is not None and self._leaving.poll() is None:
            return
        if self._process is not None and self._process.returncode:
            self._failures += 1
        if self._failures >= MOST_FAILURES:
            return
        from annotations.suggest.follow import start

        self.stop()
        self._process, self._asked, self._started = start(self._config, self._log), None, time.monotonic()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)

    def first(self, article: int) -> None:
        """Asks for one article before all others, once; a suggester that is gone is not asked."""
        if not self.running or article == self._asked or self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(f"first {article}\n")
            self._process.stdin.flush()
            self._asked = article
        except (BrokenPipeError, BlockingIOError):
            return

    @property
    def running(self) -> bool:
        """Whether our suggester is at work."""
        return self._process is not None and self._process.poll() is None

    def complaint(self) -> str | None:
        """The sentence with which it ended, if it has said one since the last call."""
        if self._process is None or self._process.stdout is None or self._process.stdout.closed:
            return None
        try:
            self._heard += os.read(self._process.stdout.fileno(), 65536).decode("utf-8", "replace")
        except BlockingIOError:
            return None
        line, newline, self._heard = self._heard.partition("\n")
        return str(json.loads(line)["error"]) if newline else None

    def renew(self) -> None:
        """Lets it end, with all that was heard from it: the next one reads config.yaml anew, as soon as it is asked for
        and this one is gone."""
        self.stop()
        if self.running:
            self._leaving = self._process
        self._process, self._asked, self._heard = None, None, ""
        self._started, self._failures = float("-inf"), 0

    def stop(self) -> None:
        """Lets it end: it does so when its stdin closes."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
