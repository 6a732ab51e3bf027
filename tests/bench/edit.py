"""One edit, applied and durable, without a screen."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from annotations import edits
from annotations.config import load
from annotations.session import Session
from annotations.store import Store
from tests.bench import projects
from tests.bench.figures import Figure, number, percentile

TITLE = "one edit, applied and durable"

NOTE = """`session.do`: the verb, the transaction with its journal row, and the state that the screen reads. The floor
is one row written to a WAL database with synchronous=FULL in the same folder, in turn with the edits."""

OVER_FLOOR = 1.0
"""Milliseconds that an edit may take on top of the floor, at p95."""


class Floor:
    """A database of one table, whose `write` commits one row durably."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)")

    def write(self) -> float:
        """Seconds that it took."""
        began = time.perf_counter()
        self._connection.execute("INSERT INTO t (b) VALUES (?)", ("one row of some length",))
        return time.perf_counter() - began

    def close(self) -> None:
        """Closes it."""
        self._connection.close()


def fsync_floor(folder: Path, writes: int) -> list[float]:
    """Seconds of each of so many durable writes of one row."""
    with closing(Floor(folder)) as floor:
        return [floor.write() for _ in range(writes)]


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """Accepting, relabelling, adding, deleting and undoing on the small and the large article."""
    texts = {
        "small": (projects.SMALL, projects.SMALL_WORK),
        "large": (projects.LARGE, projects.LARGE_WORK),
    }
    for name, wanted in texts.items():
        project = projects.project(folder / name, {name: wanted})
        yield from _measure(project, name, 30 if quick else 300)


def _measure(project: projects.Project, name: str, rounds: int) -> Iterator[Figure]:
    config = load(project.folder / "config.yaml")
    store, floor = Store.open(config.database), Floor(project.folder)
    session = Session(store, config, projects.PERSON)
    session.open(project.articles[name])
    taken: dict[str, list[float]] = {verb: [] for verb in ("accept", "relabel", "add", "delete", "undo")}
    floors: list[float] = []
    for _ in range(rounds):
        for verb, act in _turn(session):
            floors.append(floor.write())
            began = time.perf_counter()
            act()
            taken[verb].append(time.perf_counter() - began)
    floor.close()
    store.close()
    base = 1000 * percentile(floors, 0.95)
    for verb, seconds in taken.items():
        p95 = 1000 * percentile(seconds, 0.95)
        more = {
            "p50 ms": number(1000 * percentile(seconds, 0.5)),
            "floor p50 ms": number(1000 * percentile(floors, 0.5)),
            "n": str(len(seconds)),
        }
        limit = base + OVER_FLOOR
        yield Figure(f"{name}: {verb}", p95, "ms", base, limit, f"≤ floor + {OVER_FLOOR:g} ms", more)


def _turn(session: Session) -> Iterator[tuple[str, Callable[[], object]]]:
    """The verbs of one round; they leave the article as it was."""
    state = session.current()
    pending = state.pending[len(state.pending) // 2].key
    yield "accept", lambda: session.do(edits.accept, pending)
    own = session.current().ids_by_value[session.current().suggestions[pending].value]
    label = "LAW" if session.current().entities[own].label != "LAW" else "ORG"
    yield "relabel", lambda: session.do(edits.relabel, own, label)
    yield "undo", session.undo
    yield "undo", session.undo
    start, end = state.tokens.span(0)
    yield "add", lambda: session.do(edits.add, start, end, "LAW")
    added = session.current().ids_by_value[((start, end),), "LAW"]
    yield "delete", lambda: session.do(edits.delete, added)
