"""What was said to be done is on disk: the app and the suggester killed at the worst moments, the settings asserted."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from annotations.store import Store
from tests.e2e.helpers import Project, eventually

TRIALS = int(os.environ.get("POSTIL_KILL_TRIALS", "12"))
"""How often the app is killed right after an edit shows; each takes about a second."""

EDITS = ("a", "x", "0", "vl7", "d", "ia note\r", "u", "L", "f")
"""Keys of edits, each typed on a pending suggestion."""

FRESH_EVERY = 5 * len(EDITS)
"""Trials after which the database is a fresh one, so that there is always something left to decide."""

SAID = re.compile(r"(?!LINK|SELECT).*(accepted|rejected|undone|note saved|flag|→)|[A-Z_]+ “")
"""What the message row says of an edit that is done, and not of a suggestion or of a mode."""


def newest(project: Project) -> tuple[int, str]:
    """The number of the newest journal row, and the sentence that it says."""
    sql = "SELECT seq, json_extract(changes, '$.says') FROM edits ORDER BY seq DESC LIMIT 1"
    return next(iter(project.query(sql)), (0, ""))


def test_an_edit_that_shows_survives_kill_9(project: Project, suggested: Path) -> None:
    lost = []
    for trial, keys in enumerate(islice(cycle(EDITS), TRIALS)):
        if trial % FRESH_EVERY == 0:
            begin_anew(project, suggested)
        before, _ = newest(project)
        with project.app(size=(200, 24)) as screen:
            screen.wait_for("pending")
            screen.do("ggn", " from model:")
            screen.send(keys)
            screen.wait_until(lambda _, row=screen: bool(SAID.match(row.message)), f"{keys} was not answered")
            screen.kill(signal.SIGKILL)
            said = screen.message
            assert screen.wait_exit() == -signal.SIGKILL
        after, saved = newest(project)
        if after <= before or saved not in said:
            lost.append((keys, said, saved))
    assert lost == []
    project.sound()


def begin_anew(project: Project, suggested: Path) -> None:
    for path in project.folder.glob("postil.db*"):
        path.unlink()
    shutil.copy(suggested / "postil.db", project.database)


def test_a_relation_that_shows_survives_kill_9_with_both_its_ends(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("/Xi Jinping\r", "1 hit")
        screen.do("r1", "LEADS: Tab for another target")
        screen.do("\r", "Xi Jinping —LEADS→ Beijing")
        screen.kill(signal.SIGKILL)
        screen.wait_exit()
    ends = "JOIN entities h ON h.id = head JOIN entities t ON t.id = tail"
    assert project.query(f"SELECT h.text, r.label, t.text FROM relations r {ends}") == [
        ("Xi Jinping", "LEADS", "Beijing")
    ]
    assert project.query("SELECT count(*) FROM decisions WHERE via = 'relate'") == [(2,)]
    project.sound()


def test_every_key_of_a_burst_that_was_answered_before_kill_9_is_saved(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("a" * 54)
        screen.wait_gone("54 pending")
        screen.kill(signal.SIGKILL)
        screen.wait_exit()
        left = int(re.search(r"(\d+) pending", screen.screen())[1])
    ((accepted,),) = project.query("SELECT count(*) FROM decisions WHERE verdict = 'accepted'")
    assert accepted >= 54 - left
    assert len(project.entities(1, "person", "ana")) == accepted
    project.sound()


def test_every_connection_for_writing_is_wal_and_full(project: Project) -> None:
    store = Store.open(project.database)
    found = store.settings()
    store.close()
    assert (found["journal_mode"], found["synchronous"], found["foreign_keys"]) == ("wal", 2, 1)
    assert f"journal wal, synchronous {found['synchronous']}" in project.run("doctor").stderr


def test_the_app_and_the_suggester_open_the_database_in_no_other_way() -> None:
    """Who else would call `sqlite3.connect` could forget a pragma."""
    import annotations
    import tui

    folders = [path for package in (annotations, tui) for path in package.__path__]
    assert all(folders)
    callers = [path.name for path in _sources(folders) if "sqlite3.connect(" in path.read_text("utf-8")]
    assert set(callers) == {"connect.py"}


def _sources(folders: list[str]) -> Iterator[Any]:
    for folder in folders:
        yield from Path(folder).rglob("*.py")


def test_a_suggester_killed_at_work_leaves_the_app_going_and_the_database_sound(fresh: Project) -> None:
    with fresh.app() as screen:
        screen.wait_for("Cuba")
        eventually(fresh.suggesters, "no suggester was started")
        for pid in fresh.suggesters():
            os.kill(pid, signal.SIGKILL)
        screen.do("7", "EVENT “Cuba”")
        screen.do("]]7", "EVENT “Tea”")
        eventually(fresh.suggesters, "the suggester was not started again")
        screen.wait_for("pending")
        screen.quit()
    fresh.sound()


def test_a_copy_taken_while_the_app_runs_holds_what_was_said(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("a", "“Cuba” accepted")
        for path in project.folder.glob("postil.db*"):
            shutil.copy(path, project.folder / path.name.replace("postil", "copy"))
        screen.quit()
    project.config.write_text(project.config.read_text("utf-8").replace("postil.db", "copy.db"), "utf-8")
    assert project.run("doctor").returncode == 0
    assert '"GPE"' in project.run("export", "--all", "is:open").stdout
