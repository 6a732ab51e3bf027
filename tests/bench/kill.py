"""`kill -9` right after an edit shows: is it in the database?"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench import projects
from tests.bench.driver import Pty, postil
from tests.bench.figures import Figure, number, percentile

TITLE = "edits shown and lost after kill -9"

NOTE = """Each trial starts the app, relabels an entity one to five times, and kills the process as soon as the last
edit's sentence is on screen; the database must hold the label and journal row of every edit that showed. A kill does
not try what a loss of power does: that rests on WAL and synchronous=FULL, which tests check on every connection."""

SIZE = (80, 24)
KEYS = (("2", "ORG"), ("3", "GPE"))


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """So many trials on one project."""
    trials = 20 if quick else 1_000
    project = projects.project(folder / "p", {"small": (projects.SMALL, projects.Work(accepted=20))})
    lost, edits, taken = 0, 0, []
    for _ in range(trials):
        began = time.perf_counter()
        shown, missing = _trial(project, folder)
        taken.append(time.perf_counter() - began)
        edits, lost = edits + shown, lost + missing
    more = {"trials": str(trials), "edits shown": str(edits), "s a trial": number(percentile(taken, 0.5))}
    yield Figure("edits shown and lost", float(lost), "", None, 0.0, "0", more)


def _trial(project: projects.Project, folder: Path) -> tuple[int, int]:
    """How many edits showed, and how many of those are not in the database."""
    before = _journal(project)
    with Pty(postil(project.folder, "--as", projects.PERSON), SIZE, folder) as app:
        app.wait_for("Tab next")
        app.settle(0.05)
        app.press(b"\x1b[H\t")
        label = _label_at_first(project)
        wanted: list[str] = []
        for _ in range(random.randint(1, 5)):
            key, label = next(pair for pair in KEYS if pair[1] != label)
            app.write(key.encode())
            wanted.append(label)
            app.wait_for(f"→ {label}", quiet=0)
        app.kill()
    return len(wanted), _missing(project, before, wanted)


def _missing(project: projects.Project, before: int, wanted: list[str]) -> int:
    with closing(sqlite3.connect(project.folder / "postil.db")) as connection:
        sql = "SELECT changes FROM edits WHERE seq > ? ORDER BY seq"
        rows = [json.loads(changes) for (changes,) in connection.execute(sql, (before,))]
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise RuntimeError("the database is damaged")
    found = [body["says"].rpartition("→ ")[2] for body in rows]
    stands = _label_at_first(project)
    missing = len(wanted) - len(found) if found == wanted[: len(found)] else len(wanted)
    return max(missing, int(stands != wanted[-1]))


def _journal(project: projects.Project) -> int:
    with closing(sqlite3.connect(project.folder / "postil.db")) as connection:
        return int(connection.execute("SELECT coalesce(max(seq), 0) FROM edits").fetchone()[0])


def _label_at_first(project: projects.Project) -> str:
    with closing(sqlite3.connect(project.folder / "postil.db")) as connection:
        sql = "SELECT e.label FROM entities e JOIN layers l ON l.id = e.layer WHERE l.kind = 'person' ORDER BY start"
        return str(connection.execute(sql).fetchone()[0])
