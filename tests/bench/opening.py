"""Opening an article from the library."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench import projects
from tests.bench.driver import Pty, postil
from tests.bench.figures import Figure, number, percentile

TITLE = "opening an article from the library"

NOTE = """From Enter in the library to the article's text on screen. The floor is what SQLite needs to hand over the
article and its rows: text, entities, suggestions, decisions, relations. `Next` is the key `] ]` from a small article to
this one; `the list` is `q` there, to the list of the two."""

SIZE = (160, 48)
LIMIT = 500.0
"""Milliseconds."""

ENOUGH = 60.0
"""Seconds after which no further round begins."""

MOST_PATIENCE = 60.0
"""Seconds to wait for a screen."""


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """The large article with its work done, and with all suggestions pending."""
    for name, work in (("large", projects.LARGE_WORK), ("fresh", projects.FRESH_WORK)):
        texts = {"small": (projects.SMALL, projects.SMALL_WORK), name: (projects.LARGE, work)}
        project = projects.project(folder / name, texts)
        rounds = 3 if quick else 12
        floor = [1000 * _rows(project, name) for _ in range(rounds)]
        for what, seconds in _measure(project, name, rounds, folder).items():
            value = 1000 * percentile(seconds, 0.5)
            more = {"p95 ms": number(1000 * percentile(seconds, 0.95)), "n": str(len(seconds))}
            yield Figure(f"{name}: {what}", value, "ms", percentile(floor, 0.5), LIMIT, more=more)


def _measure(project: projects.Project, name: str, rounds: int, folder: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {
        "as the next article": [],
        "the list that holds it": [],
        "from the list": [],
    }
    with Pty(postil(project.folder, "--as", projects.PERSON), SIZE, folder) as app:
        app.wait_for(projects.marker("small"))
        for _ in range(rounds):
            found["as the next article"].append(_shown(app, b"]]", projects.marker(name)))
            _shown(app, b"[[", projects.marker("small"))
        began = time.perf_counter()
        while rounds and time.perf_counter() < began + ENOUGH:
            rounds -= 1
            found["the list that holds it"].append(_shown(app, b"q", "1 of 2"))
            app.write(b"j")  # of "1 of 2" a single cell changes
            app.settle()
            found["from the list"].append(_shown(app, b"\r", projects.marker(name)))
            _shown(app, b"[[", projects.marker("small"))
        app.end()
    return found


def _shown(app: Pty, key: bytes, text: str) -> float:
    app.settle(0.05)
    began = time.perf_counter()
    app.write(key)
    return app.wait_for(text, MOST_PATIENCE) - began


def _rows(project: projects.Project, name: str) -> float:
    began = time.perf_counter()
    with closing(sqlite3.connect(project.folder / "postil.db")) as connection:
        article = project.articles[name]
        connection.execute("SELECT * FROM articles WHERE id = ?", (article,)).fetchall()
        for table in ("entities", "relations", "decisions", "analyses", "progress"):
            connection.execute(f"SELECT * FROM {table} WHERE article = ?", (article,)).fetchall()
    return time.perf_counter() - began
