"""How the app ends, whatever it is doing: by a signal at any moment, by a closed terminal; and bursts of keys."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess

import pytest

from tests.e2e.harness import KEYS
from tests.e2e.helpers import Screen, eventually

LIMIT = 3.0
"""Seconds from a signal to the end of the process, at most."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
MOMENTS = int(os.environ.get("POSTIL_SIGNAL_TRIALS", "3"))
"""Random moments of the start at which each signal is sent."""


def ends_in_order(screen: Screen, number: signal.Signals) -> None:
    screen.kill(number)
    assert screen.wait_exit(LIMIT) == 128 + number
    screen.restored()


def wait_blindly(screen: Screen, seconds: float) -> None:
    """Let the app run for so long, reading what comes; the moment is the point, not what it shows."""
    ends, _, _ = select.select([], [], [], seconds)
    assert not ends
    screen.settle(quiet=0)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_app_saves_the_place_and_leaves_the_terminal_as_it_was(project, number):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("/Moscow\r", "1 hit")
        ends_in_order(screen, number)
    ((place,),) = project.query("SELECT place FROM progress")
    assert project.query("SELECT substr(text, ? + 1, 6) FROM articles WHERE id = 1", place) == [("Moscow",)]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_at_any_moment_of_the_start_ends_it(fresh, number):
    moments = random.Random(int(number))
    for _ in range(MOMENTS):
        with fresh.app() as screen:
            wait_blindly(screen, moments.uniform(0.0, 0.9))
            screen.kill(number)
            # Before Python has set anything up the signal itself kills: to a shell that is the same status.
            assert screen.wait_exit(LIMIT) in (128 + number, -number), screen.picture()
            screen.restored()
        fresh.deserted()
    if fresh.database.exists():
        fresh.sound()


@pytest.mark.parametrize(
    "keys", ["/Mosc", "i half a note", ":rel", "v", "r", ";", "g", " ", "?"], ids=lambda keys: repr(keys)
)
def test_a_signal_in_any_mode_ends_the_app(project, keys):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send(keys)
        screen.settle(quiet=0.05)
        ends_in_order(screen, signal.SIGTERM)
    assert project.query("SELECT count(*) FROM edits") == [(0,)]


def test_a_signal_while_suggestions_are_written_ends_app_and_suggester(fresh):
    with fresh.app() as screen:
        screen.wait_for("Cuba")
        eventually(fresh.suggesters, "no suggester was started")
        ends_in_order(screen, signal.SIGTERM)
    fresh.deserted()
    fresh.sound()
    with fresh.app() as screen:
        screen.wait_for("54 pending", 30)
        ends_in_order(screen, signal.SIGHUP)


def test_a_signal_amid_a_burst_of_edits_keeps_what_was_done_and_nothing_half(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("ax" * 27)
        screen.wait_gone("54 pending")
        ends_in_order(screen, signal.SIGTERM)
    project.sound()
    decided = project.query("SELECT count(*) FROM decisions")
    assert decided == project.query("SELECT count(*) FROM edits")


def test_a_closed_terminal_ends_app_and_suggester(fresh):
    with fresh.app() as screen:
        screen.wait_for("Cuba")
        eventually(fresh.suggesters, "no suggester was started")
        screen.hang_up()
        assert screen.wait_exit_unread(LIMIT) == 128 + signal.SIGHUP
    fresh.deserted()


def test_ctrl_c_says_what_leaves_wherever_it_is_typed_and_copies_a_selection(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do(KEYS["ctrl+c"], "q leaves")
        screen.do("v", "SELECT")
        screen.do(KEYS["ctrl+c"], "copied 4 characters")
        screen.press("escape")
        screen.send("r")
        screen.wait_for("LINK from")
        screen.do(KEYS["ctrl+c"], "Esc leaves LINK")
        screen.press("escape")
        screen.send("q")
        screen.wait_for("1 of 9")
        screen.do(KEYS["ctrl+c"], "q leaves")
        screen.send("q")
        assert screen.wait_exit() == 0


def test_ctrl_z_gives_the_terminal_back_until_the_app_is_called_again(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.press("ctrl+z")
        eventually(lambda: stopped(screen), "the app did not stop")
        screen.settle()
        screen.restored()
        screen.kill(signal.SIGCONT)
        screen.wait_for("54 pending")
        screen.do("a", "“Cuba” accepted")
        screen.quit()


def stopped(screen: Screen) -> bool:
    """Whether the app has stopped; reads what it still writes, since an app whose terminal is full waits to be read."""
    screen.settle(quiet=0.05)
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(screen.pid)], capture_output=True, text=True, check=True
    )
    return told.stdout.startswith("T")


def test_two_thousand_keys_in_one_write_are_all_applied_in_order(project):
    """Each round goes on by a token, labels it, and takes that back in one of two ways."""
    ways = ["u" if turn % 3 else "d" for turn in range(666)]
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("".join(f"l7{way}" for way in ways) + "f")
        screen.says("flagged")
        screen.quit()
    *verbs, flag = [verb for (verb,) in project.query("SELECT verb FROM edits ORDER BY seq")]
    assert verbs[1::2] == ["undo" if way == "u" else "delete" for way in ways]
    assert set(verbs[::2]) == {"add", "relabel"}
    assert flag == "flag"
    assert project.entities(1, "person", "ana") == set()


def test_a_paste_where_keys_are_commands_runs_none_of_them(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("\x1b[200~aaxxccd\r7qq\x1b[201~", "pasted text is not read as keys")
        screen.quit()
    assert project.query("SELECT count(*) FROM edits") == [(0,)]


def test_escape_sequences_in_a_paste_do_not_smuggle_keys_in(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("\x1b[200~\x1baxd\x1b[31maxd\x1b]0;axd\x07\x1b[201~", "pasted text is not read as keys")
        screen.quit()
    assert project.query("SELECT count(*) FROM edits") == [(0,)]


def test_a_paste_into_a_prompt_is_its_text_and_nothing_that_a_terminal_obeys(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("i")
        screen.send("\x1b[200~two\nlines \x1b[31mred\x07\x08 \x9b31m\u202e\x1b[201~")
        screen.wait_for("[31mred")
        screen.do("\r", "note saved")
        screen.quit()
    assert b"\x1b[31mred" not in screen.raw
    screen.harmless()
    ((note,),) = project.query("SELECT note FROM entities WHERE note IS NOT NULL")
    assert note.startswith("two lines [31mred")


def test_bytes_that_are_no_utf_8_are_no_keys_and_end_nothing(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send(b"\xff\xfe\x80")
        screen.says("means nothing here")
        screen.do("a", "“Cuba” accepted")
        screen.quit()


def test_keys_typed_ahead_of_a_prompt_are_its_text_and_those_after_it_are_commands(project):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("iaxd, not commands\ra4")
        screen.says("accepted as NORP")
        screen.quit()
    verbs = [verb for (verb,) in project.query("SELECT verb FROM edits ORDER BY seq")]
    assert verbs == ["note", "relabel"]
    assert project.query("SELECT text, note FROM entities WHERE note IS NOT NULL") == [
        ("Cuba", "axd, not commands")
    ]
