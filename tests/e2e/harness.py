"""A real pseudo-terminal with a screen that can be read, for journeys and for how the app leaves.

Nothing here sleeps: every wait is a `select` on the terminal and on the end of the process.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte

_SYNC_QUERY = b"\x1b[?2026$p"
_SYNC_ANSWER = b"\x1b[?2026;2$y"
_KITTY = re.compile(rb"\x1b\[[<>=][\d;]*u")
_UNFINISHED = re.compile(rb"\x1b(?:\[[<>=?\d;]*)?\Z|\x1b\[\?2026h(?:(?!\x1b\[\?2026l).)*\Z", re.DOTALL)
"""The beginning of an escape sequence, or of a synchronised frame: a terminal shows a frame when it is whole."""
_CLEAN_MODES = {
    b"1049": b"l",
    b"1000": b"l",
    b"1003": b"l",
    b"1006": b"l",
    b"1004": b"l",
    b"2004": b"l",
    b"25": b"h",
}

KEYS = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~", "tab": "\t", "shift+tab": "\x1b[Z",
    "enter": "\r", "escape": "\x1b", "backspace": "\x7f", "shift+left": "\x1b[1;2D",
    "shift+right": "\x1b[1;2C", "f1": "\x1bOP", "ctrl+c": "\x03", "ctrl+p": "\x10", "ctrl+r": "\x12",
    "ctrl+z": "\x1a",
}  # fmt: skip
"""What a terminal sends for keys that have a name."""


def _as_from_a_shell(then: Callable[[], None] | None) -> None:
    """Before the app takes over the child: signals as a shell leaves them, also where the tests run under nohup."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if then is not None:
        then()


class Terminal:
    """`argv` running in a terminal of `size` (columns, rows). Output is read only while a method waits,
    so a test that waits for nothing is a terminal that has stalled. Use it in a `with`; what still runs
    at the end is killed."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        preexec_fn: Callable[[], None] | None = None,
    ) -> None:
        columns, rows = size
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        command = [os.fspath(word) for word in argv]
        self._child = pexpect.spawn(
            command[0],
            command[1:],
            dimensions=(rows, columns),
            env=environ,
            cwd=os.fspath(cwd) if cwd else None,
            preexec_fn=lambda: _as_from_a_shell(preexec_fn),
        )
        self.pid: int = self._child.pid
        self.raw = bytearray()
        """Every byte that came out, in order."""
        self._fd: int = self._child.child_fd
        self._display = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._display)
        self._half = b""
        self._queries = 0
        self._open = True
        self._ended, wake = os.pipe()
        self._waiter = threading.Thread(target=self._wait_for_end, args=(wake,), daemon=True)
        self._waiter.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    # -- doing ---------------------------------------------------------------------------

    def send(self, keys: str | bytes) -> None:
        """Type; text goes as UTF-8."""
        os.write(self._fd, keys.encode() if isinstance(keys, str) else keys)

    def press(self, *names: str) -> None:
        """Press keys by name (`KEYS`) or by the character itself, in one burst."""
        self.send("".join(KEYS.get(name, name) for name in names))

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal; the app gets SIGWINCH."""
        self._display.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the app."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        self._open = False
        self._child.ptyproc.fileobj.close()

    def close(self) -> None:
        """Kill what still runs and free the terminal."""
        if self._waiter.is_alive():
            with contextlib.suppress(ProcessLookupError):
                self.kill()
            self._waiter.join()
        if self._open:
            self.hang_up()
        self._child.closed = self._child.ptyproc.closed = True
        os.close(self._ended)

    # -- waiting -------------------------------------------------------------------------

    def wait_for(self, text: str, timeout: float = 15) -> str:
        """Read until the screen holds `text`; the screen."""
        return self.wait_until(lambda screen: text in screen, f"{text!r} did not appear", timeout)

    def wait_gone(self, text: str, timeout: float = 15) -> str:
        """Read until the screen does not hold `text`; the screen."""
        return self.wait_until(lambda screen: text not in screen, f"{text!r} did not go away", timeout)

    def wait_until(self, holds: Callable[[str], bool], complaint: str, timeout: float = 15) -> str:
        """Read until `holds(screen)`; AssertionError with the screen when it does not in time or the app
        has ended."""
        deadline = time.monotonic() + timeout
        while not holds(self.screen()):
            assert self._read(deadline - time.monotonic()), (
                f"{complaint} within {timeout} s:\n{self.picture()}"
            )
        return self.screen()

    def settle(self, quiet: float = 0.15, timeout: float = 15) -> str:
        """Read until nothing has come out for `quiet` seconds; the screen."""
        deadline = time.monotonic() + timeout
        while self._read(quiet):
            assert time.monotonic() < deadline, f"output did not stop within {timeout} s:\n{self.picture()}"
        return self.screen()

    def wait_exit(self, timeout: float = 15) -> int:
        """Read until the app ends; its exit status, or minus the signal that killed it."""
        deadline = time.monotonic() + timeout
        while self._open and self._read(deadline - time.monotonic()):
            pass
        return self.wait_exit_unread(deadline - time.monotonic())

    def wait_exit_unread(self, timeout: float = 15) -> int:
        """As `wait_exit`, but reads nothing: the terminal has stalled."""
        ready, _, _ = select.select([self._ended], [], [], max(0, timeout))
        assert ready, f"the app did not end in time:\n{self.picture()}"
        self._waiter.join()
        process = self._child.ptyproc
        return process.exitstatus if process.signalstatus is None else -process.signalstatus

    # -- looking -------------------------------------------------------------------------

    def screen(self) -> str:
        """The lines on screen, without blanks at their ends."""
        return "\n".join(line.rstrip() for line in self._display.display)

    def picture(self) -> str:
        """The screen in a frame, for messages."""
        edge = "+" + "-" * self._display.columns + "+"
        return "\n".join([edge, *(f"|{line}|" for line in self._display.display), edge])

    @property
    def cells(self) -> Mapping[int, Mapping[int, Any]]:
        """pyte's characters by row and column: data, fg, bg, bold, reverse and so on."""
        return self._display.buffer

    def restored(self) -> None:
        """Assert that the terminal is as a shell wants it: no alternate screen, mouse, focus, paste or
        kitty mode, a visible cursor, and a tty that echoes and edits lines."""
        for mode, clean in _CLEAN_MODES.items():
            changes = re.findall(rb"\x1b\[\?" + mode + rb"([hl])", self.raw)
            assert not changes or changes[-1] == clean, f"mode {mode.decode()} was left on"
        pushed, popped = (len(re.findall(rb"\x1b\[" + sign + rb"[\d;]*u", self.raw)) for sign in (b">", b"<"))
        assert pushed == popped, f"kitty keys were pushed {pushed} times and popped {popped} times"
        self.cooked()

    def cooked(self) -> None:
        """Assert that the tty echoes and edits lines."""
        flags = termios.tcgetattr(self._fd)[3]
        assert flags & termios.ECHO, "the tty was left without echo"
        assert flags & termios.ICANON, "the tty was left raw"

    # -- reading -------------------------------------------------------------------------

    def _read(self, timeout: float) -> bool:
        """Take in what comes within `timeout` seconds; False when nothing does or the app has ended."""
        ready, _, _ = select.select([self._fd, self._ended], [], [], max(0, timeout))
        if self._fd not in ready:
            # The end of the process may be seen before its last words.
            return bool(ready) and self._fd in select.select([self._fd], [], [], 0)[0] and self._take()
        return self._take()

    def _take(self) -> bool:
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return False
        self.raw += data
        self._answer()
        data = self._half + data
        half = _UNFINISHED.search(data)
        self._half = half[0] if half else b""
        self._stream.feed(_KITTY.sub(b"", data.removesuffix(self._half)))
        return bool(data)

    def _answer(self) -> None:
        """Say that synchronised output is understood, once for each time that the app asks."""
        asked = self.raw.count(_SYNC_QUERY)
        self.send(_SYNC_ANSWER * (asked - self._queries))
        self._queries = asked

    def _wait_for_end(self, wake: int) -> None:
        self._child.ptyproc.wait()
        os.close(wake)
