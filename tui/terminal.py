"""The quarantine: all that postil knows of Textual's private names, and how it leaves a terminal.

Invariant: whatever ends the app (SIGTERM, SIGHUP, SIGINT from outside, a closed terminal, one that nobody
reads), the process is gone within `GRACE` seconds and the terminal is restored as far as it still
listens. Textual alone dies at once on a signal and leaves the terminal raw; with plain handlers its
writer thread can wait for ever. No byte that comes in ends the app, and nothing that is pasted and no
answer of the terminal becomes a key: Textual alone takes both for the keys that they are spelt with.
Textual is imported inside functions, because `prepare` must come before it.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import queue
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterable, MutableMapping
from functools import lru_cache, partial
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

from tui.typed import BEGIN, END, ESCAPE, Typed, without_mark

if TYPE_CHECKING:
    from textual.app import App

GRACE = 2.0
"""Seconds from the signal until the process ends, whatever it is doing."""

PATIENCE = 1.0
"""Seconds from the signal during which output is still offered to the terminal."""

QUEUED_WRITES = 2
"""Frames that may wait for a slow terminal; then the app waits, handles the keys that pile up in one go,
and skips the frames between."""

ESCAPE_DELAY = 100
"""Milliseconds after which a lone Escape is a key."""

ESCAPE_DELAY_SSH = 500
"""The same over SSH, where an escape sequence may arrive in pieces that must never become label keys."""

FRAMES = 120
"""Repaints a second at most; Textual's 60 delays the second frame of a resize."""


ERROR_STATUS = 70
"""Exit status after an unexpected error (EX_SOFTWARE of sysexits.h)."""


def prepare(environ: MutableMapping[str, str]) -> None:
    """Set what Textual reads from the environment when it is imported; what the person has set stays.

    Raises RuntimeError when it comes too late.
    """
    if environ is os.environ and "textual.constants" in sys.modules:
        raise RuntimeError("prepare() must be called before textual is imported")
    delay = ESCAPE_DELAY_SSH if environ.get("SSH_CONNECTION") else ESCAPE_DELAY
    environ.setdefault("ESCDELAY", str(delay))
    environ.setdefault("TEXTUAL_FPS", str(FRAMES))


def install(app: App[Any]) -> bool:
    """Make `app` end cleanly on signals, with exit status 128 + signal; call it before `app.run()`.

    Returns False and does nothing when the app does not draw to a terminal (in the browser, say). The
    caller passes `app.return_code` to `sys.exit`.
    """
    from textual.drivers import linux_driver

    if not issubclass(app.driver_class, linux_driver.LinuxDriver):
        return False
    leaving = Leaving(app.exit)

    def writer(file: IO[str]) -> Any:
        return Writer(file, leaving)

    linux_driver.WriterThread = writer  # type: ignore[attr-defined, assignment]
    linux_driver.getincrementaldecoder = _lenient_decoder  # type: ignore[attr-defined, assignment]
    linux_driver.XTermParser = _parser()  # type: ignore[attr-defined]
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, leaving.on_signal)
    return True


class Leaving:
    """Whether and since when the process is on its way out because of a signal."""

    def __init__(self, leave: Callable[[None, int], None]) -> None:
        """`leave(None, status)` ends the app; it is called in the event loop."""
        self._leave = leave
        self._since: float | None = None
        self._cooked = _terminal_state()

    @property
    def patient(self) -> bool:
        """Whether output should still be offered to the terminal."""
        return self._since is None or time.monotonic() < self._since + PATIENCE

    @property
    def started(self) -> bool:
        """Whether a signal has come."""
        return self._since is not None

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """A `signal.signal` handler, which runs even while the event loop is blocked in a write."""
        if self._since is not None:
            return
        self._since = time.monotonic()
        # A hang-up delivers SIGCONT too, and Textual would take the terminal back while leaving it.
        signal.signal(signal.SIGCONT, signal.SIG_IGN)
        status = 128 + number
        self._watch(status)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise SystemExit(status) from None
        loop.call_soon_threadsafe(self._leave, None, status)

    def _watch(self, status: int) -> None:
        watchdog = threading.Timer(GRACE, self._end, (status,))
        watchdog.daemon = True
        watchdog.start()

    def _end(self, status: int) -> None:
        """Neither a busy worker nor a stalled terminal may keep the process."""
        if self._cooked is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._cooked)
        os._exit(status)


class Writer(threading.Thread):
    """Stands in for Textual's writer thread: a short queue, and no wait for a terminal that is gone or
    stalled."""

    def __init__(self, file: IO[str], leaving: Leaving) -> None:
        """Write to `file`; stop waiting for it when `leaving` has lost patience."""
        super().__init__(daemon=True, name="textual-output")
        self._file = file
        self._leaving = leaving
        self._pending: queue.Queue[str | None] = queue.Queue(QUEUED_WRITES)

    def write(self, text: str | None) -> None:
        """Queue `text`, waiting while the queue is full; None asks the thread to end."""
        while self.is_alive() and self._leaving.patient:
            with contextlib.suppress(queue.Full):
                self._pending.put(text, timeout=0.1)
                return

    def flush(self) -> None:
        """Nothing: the thread flushes whenever the queue is empty."""

    def isatty(self) -> bool:
        """True, as Textual's own answers."""
        return True

    def fileno(self) -> int:
        """The descriptor of the file underneath."""
        return self._file.fileno()

    def run(self) -> None:
        """Write what is queued; a terminal that is gone ends the app as a hang-up does."""
        try:
            while (text := self._pending.get()) is not None:
                self._file.write(text)
                if self._pending.empty():
                    self._file.flush()
            self._file.flush()
        except (OSError, ValueError):
            if not self._leaving.started:
                os.kill(os.getpid(), signal.SIGHUP)

    def stop(self) -> None:
        """Write what is left and end; a stalled terminal is given up when patience is lost."""
        self.write(None)
        while self.is_alive() and self._leaving.patient:
            self.join(timeout=0.1)


class Pastes:
    """Takes the escape characters out of pasted text, before it is looked at for keys."""

    BEGIN, END = BEGIN, END

    def __init__(self) -> None:
        self._inside = False
        self._tail = ""

    def clean(self, data: str) -> str:
        """What came in, pasted text in it made harmless; the beginning of an end mark waits for the rest of it."""
        done: list[str] = []
        while data:
            passed, data = self._inside_of(data) if self._inside else self._outside_of(data)
            done.append(passed)
        return "".join(done)

    def _outside_of(self, data: str) -> tuple[str, str]:
        """What can pass of `data` and what is left to look at; typed keys never wait."""
        _, mark, rest = (self._tail + data).partition(self.BEGIN)
        self._inside = bool(mark)
        self._tail = "" if mark else (self._tail + data)[1 - len(self.BEGIN) :]
        return data.removesuffix(rest), rest

    def _inside_of(self, data: str) -> tuple[str, str]:
        text, mark, rest = (self._tail + data).partition(self.END)
        self._inside = not mark
        text, self._tail = (text, "") if mark else without_mark(text)
        return text.replace("\x1b", "") + mark, rest


def _parser() -> type[Any]:
    """Textual's reader of the terminal, with clean pastes, and only sequences that it understands."""
    from textual._xterm_parser import XTermParser
    from textual.constants import ESCAPE_DELAY
    from textual.events import Key

    @lru_cache(maxsize=256)
    def understood(sequence: str) -> bool:
        """Whether it is one event: of a sequence that it does not know Textual makes a key a character, or an error."""
        if sequence == Pastes.BEGIN:
            return True
        try:
            found = list(XTermParser().feed(sequence))
        except ValueError:
            return False
        return len(found) == 1 or (bool(found) and not any(isinstance(event, Key) for event in found))

    class Parser(XTermParser):
        def __init__(self, debug: bool = False) -> None:
            super().__init__(debug)
            self._pastes, self._typed = Pastes(), Typed(understood)
            self._fed_at = 0.0

        def feed(self, data: str) -> Iterable[Any]:
            self._fed_at = time.monotonic()
            yield from self._pieces(self._typed.cut(self._pastes.clean(data)))
            if not data:  # the end of all input
                yield from super().feed(data)

        def tick(self) -> Iterable[Any]:
            if self._typed.waits and time.monotonic() >= self._fed_at + ESCAPE_DELAY:
                yield from self._pieces(self._typed.waited())
            yield from super().tick()

        def _pieces(self, pieces: Iterable[str]) -> Iterable[Any]:
            for piece in pieces:
                yield from super().feed(piece)
                if piece == ESCAPE:
                    self._timeout_time = 0.0
                    yield from super().tick()

    return Parser


def _lenient_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """Decodes what is typed; what is not in the encoding becomes a character that no key has."""
    return partial(codecs.getincrementaldecoder(encoding), "replace")


def _terminal_state() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


class EndsOnErrors:
    """A base for the app: an unexpected error ends it in order, with status `ERROR_STATUS`, instead of a traceback.

    `unexpected` is called with the error and leaves whatever report there should be.
    """

    def unexpected(self, error: Exception) -> None:
        """Leaves a report of the error."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        if getattr(self, "is_headless", False):
            super()._handle_exception(error)  # type: ignore[misc]
            return
        self.unexpected(error)
        self.exit(return_code=ERROR_STATUS)  # type: ignore[attr-defined]
