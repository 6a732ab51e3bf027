"""A pseudo-terminal that measures: from a key written to the end of the synchronised frame that answers it.

Invariant: everything that a key brought out is counted to that key; a key is only written to a terminal that has been
quiet for `QUIET` seconds, at a random moment after that.
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).parents[2]

QUIET = 0.025
"""Seconds without output after which the answer to a key is taken to be complete."""

PATIENCE = 30.0
"""Seconds after which an answer that does not come is given up."""

NO_ANSWER = 1.0
"""Seconds after which a key is taken to change nothing on screen."""

AT_REST = 0.05
"""Seconds without output after which a screen is looked at."""

_END_OF_FRAME = b"\x1b[?2026l"
_QUERY, _ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_STATE = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_FPS": "120", "LANG": "C.UTF-8"}
_UNWANTED = (
    *("SSH_CONNECTION", "NO_COLOR", "POSTIL_ANNOTATOR", "POSTIL_THEME", "ESCDELAY", "TMUX"),
    "PYTHONDONTWRITEBYTECODE",  # what is installed has its bytecode beside it
)


def environment(state_folder: Path) -> dict[str, str]:
    """What apps under measurement see: this checkout's code, a plain terminal, a log folder of their own."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return kept | _STATE | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(state_folder)}


def postil(*words: str | Path) -> list[str]:
    """The command line of the installed `postil`."""
    return [str(Path(sys.executable).parent / "postil"), *map(str, words)]


@dataclass
class Answer:
    """What one key brought out. Seconds from the key to the end of the first frame and to the last byte; None where
    nothing came."""

    first: float | None
    last: float | None
    bytes: int


@dataclass
class Series:
    """The answers to one key pressed many times; `cpu` is seconds of processor time for each press."""

    answers: list[Answer] = field(default_factory=list)
    cpu: float | None = None

    @property
    def seconds(self) -> list[float]:
        """From each key to the end of its first frame."""
        return [answer.first for answer in self.answers if answer.first is not None]

    @property
    def sizes(self) -> list[int]:
        """Bytes that each key brought out."""
        return [answer.bytes for answer in self.answers if answer.first is not None]


class Pty:
    """`argv` in a terminal of `size` (columns, rows). Use it in a `with`; what still runs at the end is killed."""

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int], state: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._tail, self.seen = b"", bytearray()
        self._screen, self._unread = pyte.Screen(*size), bytearray()
        self._stream = pyte.ByteStream(self._screen)
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**environment(state), **(env or {})},
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.kill()
        os.close(self._master)

    # -- reading -----------------------------------------------------------------------------------------

    def read(self, timeout: float, most: int = 1 << 16) -> bytes:
        """What comes out within `timeout` seconds, at most `most` bytes; b"" when nothing does or the app ended."""
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return b""
        try:
            data = os.read(self._master, most)
        except OSError:
            return b""
        joined = self._tail + data
        if _QUERY in joined:
            os.write(self._master, _ANSWER)
        self._tail = joined[1 - len(_QUERY) :]
        self.seen += data
        self._unread += data
        return data

    def write(self, keys: bytes) -> None:
        """Types."""
        os.write(self._master, keys)

    def answer(self, patience: float = NO_ANSWER, quiet: float = QUIET) -> Answer:
        """Reads until `quiet` seconds pass without output."""
        began, first, last, size, buffer = time.perf_counter(), None, None, 0, b""
        while data := self.read(quiet if last is not None else patience):
            last = time.perf_counter() - began
            size += len(data)
            if first is None:
                buffer = buffer[-len(_END_OF_FRAME) :] + data
                first = last if _END_OF_FRAME in buffer else None
        return Answer(first, last, size)

    def wait_for(self, text: str, patience: float = PATIENCE, quiet: float = AT_REST) -> float:
        """Reads until `text` stands on the screen at the end of a frame; the moment when that came out (perf_counter).

        A frame that came before the call does not count. RuntimeError when it does not come. Of what stands there
        already an app sends only what changes, which is why the screen is looked at, and not the output; and only when
        nothing came for `quiet` seconds, so that looking delays no reading."""
        self.seen.clear()
        self._look(len(self._unread))
        deadline = time.perf_counter() + patience
        ends: list[tuple[float, int]] = []
        while (left := deadline - time.perf_counter()) > 0:
            if data := self.read(quiet if ends else left):
                if (at := self._unread.rfind(_END_OF_FRAME, -len(data) - len(_END_OF_FRAME))) >= 0:
                    ends.append((time.perf_counter(), at + len(_END_OF_FRAME)))
                continue
            if not ends:
                break
            read = 0
            for moment, end in ends:
                self._look(end - read)
                read = end
                if any(text in row for row in self._screen.display):
                    return moment
            ends.clear()
        screen = "\n".join(self._screen.display)
        raise RuntimeError(f"{text!r} did not appear; the screen is\n{screen}")

    def _look(self, size: int) -> None:
        """Shows so many of the bytes that came out on the screen."""
        self._stream.feed(bytes(self._unread[:size]))
        del self._unread[:size]

    def settle(self, quiet: float = 0.3) -> None:
        """Reads until nothing has come out for `quiet` seconds."""
        while self.read(quiet):
            pass

    # -- pressing ----------------------------------------------------------------------------------------

    def press(self, keys: bytes, patience: float = NO_ANSWER) -> Answer:
        """One key (or several typed at once) and all that it brings out."""
        time.sleep(random.uniform(0.002, 0.02))
        self.write(keys)
        return self.answer(patience)

    def series(self, keys: Sequence[bytes], presses: int, counted: int | None = None) -> Series:
        """Presses the keys in turn, `presses` in all; of a round of keys only number `counted` where it is given."""
        found, cpu, rounds = Series(), 0.0, 0
        for number in range(presses):
            before = self.cpu()
            answer = self.press(keys[number % len(keys)])
            if counted is None or number % len(keys) == counted:
                found.answers.append(answer)
                rounds += 1
                cpu += (self.cpu() or 0.0) - (before or 0.0)
        found.cpu = cpu / rounds if rounds and self.cpu() is not None else None
        return found

    # -- the process -------------------------------------------------------------------------------------

    def cpu(self) -> float | None:
        """Seconds of processor time that all its threads have used; None where the system does not tell."""
        total = 0
        try:
            for task in Path(f"/proc/{self.process.pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            return None
        return total / 1e9

    def end(self, patience: float = 5.0) -> None:
        """Asks it to end, reads what it says, and waits."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.perf_counter() + patience
        while self.process.poll() is None and time.perf_counter() < deadline:
            self.read(0.02)

    def kill(self) -> None:
        """kill -9, if it still runs, and wait."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
