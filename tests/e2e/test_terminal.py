from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Terminal
from tui import terminal

ROOT = Path(__file__).parents[2]
LIMIT = 3.0

APP = """
import os, sys, time
from tui.terminal import install, prepare
prepare(os.environ)
from textual.app import App
from textual.widgets import Static

class Small(App):
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Static("hello", id="text")
    def on_mount(self):
        if "flood" in sys.argv:
            self.set_interval(1 / 60, self.flood)
        if "busy" in sys.argv:
            self.run_worker(lambda: time.sleep(60), thread=True)
    def flood(self):
        self.query_one("#text", Static).update("flood " + os.urandom(4000).hex())
    def on_unmount(self):
        open(sys.argv[1], "w").write("unmounted")

app = Small()
install(app)
if "early" in sys.argv:
    os.kill(os.getpid(), 15)
app.run()
sys.exit(app.return_code or 0)
"""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "note"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "small.py").write_text(APP)
    return tmp_path / "small.py"


@pytest.fixture
def start(script: Path, note: Path) -> Iterator[object]:
    opened: list[Terminal] = []

    def begin(*words: str) -> Terminal:
        made = Terminal([sys.executable, script, note, *words], env={"PYTHONPATH": str(ROOT)})
        opened.append(made)
        return made

    yield begin
    for made in opened:
        made.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_app_cleanly_and_says_which(start, note, number):
    screen = start()
    screen.wait_for("hello")
    screen.kill(number)
    assert screen.wait_exit(LIMIT) == 128 + number
    screen.restored()
    assert note.read_text() == "unmounted"


def test_quitting_ends_with_status_zero(start, note):
    screen = start()
    screen.wait_for("hello")
    screen.send("q")
    assert screen.wait_exit(LIMIT) == 0
    screen.restored()


def test_a_signal_during_a_flood_of_output_restores_the_terminal(start, note):
    screen = start("flood")
    screen.wait_for("flood")
    screen.kill(signal.SIGTERM)
    assert screen.wait_exit(LIMIT) == 128 + signal.SIGTERM
    screen.restored()


def test_a_closed_terminal_ends_the_app(start, note):
    screen = start()
    screen.wait_for("hello")
    screen.hang_up()
    assert screen.wait_exit_unread(LIMIT) == 128 + signal.SIGHUP
    assert note.read_text() == "unmounted"


def test_a_terminal_closed_while_the_app_writes_ends_it(start, note):
    screen = start("flood")
    screen.wait_for("flood")
    screen.hang_up()
    assert screen.wait_exit_unread(LIMIT) == 128 + signal.SIGHUP
    assert note.read_text() == "unmounted"


def test_a_signal_at_a_stalled_terminal_ends_the_app(start, note):
    screen = start("flood")
    screen.wait_for("flood")
    with pytest.raises(AssertionError):  # it stays while nobody reads
        screen.wait_exit_unread(0.3)
    began = time.monotonic()
    screen.kill(signal.SIGTERM)
    assert screen.wait_exit_unread(LIMIT) == 128 + signal.SIGTERM
    assert time.monotonic() - began < LIMIT
    assert note.read_text() == "unmounted"
    screen.cooked()


def test_a_stalled_terminal_that_is_closed_ends_the_app(start, note):
    screen = start("flood")
    screen.wait_for("flood")
    with pytest.raises(AssertionError):
        screen.wait_exit_unread(0.3)
    screen.hang_up()
    assert screen.wait_exit_unread(LIMIT) == 128 + signal.SIGHUP


def test_a_worker_that_does_not_end_cannot_keep_the_app(start):
    screen = start("busy")
    screen.wait_for("hello")
    screen.kill(signal.SIGTERM)
    assert screen.wait_exit(LIMIT) == 128 + signal.SIGTERM
    screen.restored()


def test_a_signal_before_the_app_runs_ends_it_too(start):
    screen = start("early")
    assert screen.wait_exit(LIMIT) == 128 + signal.SIGTERM
    screen.restored()


def test_the_environment_is_prepared_and_wishes_stay():
    local: dict[str, str] = {}
    far = {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
    wished = {"ESCDELAY": "25", "TEXTUAL_FPS": "30"}
    for environ in (local, far, wished):
        terminal.prepare(environ)
    assert local == {"ESCDELAY": "100", "TEXTUAL_FPS": "120"}
    assert far["ESCDELAY"] == "500"
    assert wished == {"ESCDELAY": "25", "TEXTUAL_FPS": "30"}


def test_preparing_after_textual_is_imported_is_refused():
    import textual.constants  # noqa: F401

    with pytest.raises(RuntimeError):
        terminal.prepare(os.environ)


def test_textual_reads_what_was_prepared_and_this_module_does_not_import_it():
    code = (
        "import os, sys; from tui.terminal import prepare; assert 'textual' not in sys.modules;"
        "prepare(os.environ); from textual import constants; print(constants.ESCAPE_DELAY, constants.MAX_FPS)"
    )
    environ = {"PYTHONPATH": str(ROOT), "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0.5 120\n"


def test_the_private_names_of_textual_are_still_what_the_writer_stands_in_for():
    from textual.drivers import linux_driver
    from textual.drivers._writer_thread import WriterThread

    offered = {name for name, _ in inspect.getmembers(WriterThread, inspect.isfunction)}
    assert {name for name in vars(WriterThread) if not name.startswith("_")} == {
        name for name in vars(terminal.Writer) if not name.startswith("_")
    }
    assert offered >= {"write", "isatty", "fileno", "flush", "run", "stop"}
    assert list(inspect.signature(WriterThread).parameters) == ["file"]
    assert "WriterThread(self._file)" in inspect.getsource(linux_driver.LinuxDriver.start_application_mode)
    assert "_sigcont_application" in vars(linux_driver.LinuxDriver)


def test_an_app_that_draws_in_the_browser_is_left_alone():
    from textual.app import App
    from textual.drivers.web_driver import WebDriver

    before = signal.getsignal(signal.SIGTERM)
    assert terminal.install(App(driver_class=WebDriver)) is False
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_harness_shows_the_screen_when_a_text_does_not_come(start):
    screen = start()
    screen.wait_for("hello")
    with pytest.raises(AssertionError, match=r"(?s)'absent' did not appear .*\|hello"):
        screen.wait_for("absent", timeout=0.1)


def test_the_harness_gives_up_at_once_when_the_app_has_ended():
    with Terminal([sys.executable, "-c", "print('早い é')"]) as screen:
        screen.wait_for("é")
        with pytest.raises(AssertionError):
            screen.wait_for("absent", timeout=60)
        assert screen.wait_exit() == 0


def test_the_harness_resizes_and_answers_like_a_terminal(start):
    screen = start("flood")
    screen.wait_for("flood")
    screen.wait_until(lambda _: b"\x1b[?2026h" in screen.raw, "no synchronised frame came")
    screen.resize(120, 40)
    screen.wait_until(lambda _: bool(screen.cells[39][100].data.strip()), "the new corner stayed empty")


def test_the_harness_shows_no_half_of_a_synchronised_frame():
    halves = r"printf '\033[?2026hhalf'; read -r _; printf ' a frame\033[?2026l'"
    with Terminal(["sh", "-c", halves]) as screen:
        screen.wait_until(lambda _: b"half" in screen.raw, "nothing was written")
        assert "half" not in screen.screen()
        screen.send("\n")
        assert "half" in screen.wait_for("a frame")


def test_the_harness_sees_a_terminal_that_was_not_restored():
    with Terminal([sys.executable, "-c", r"print('\x1b[?1049hleft behind')"]) as screen:
        screen.wait_for("left behind")
        screen.wait_exit()
        with pytest.raises(AssertionError, match="1049"):
            screen.restored()
