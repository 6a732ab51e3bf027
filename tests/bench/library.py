"""The library of 100 000 articles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import keys, projects
from tests.bench.driver import Pty, Series, postil
from tests.bench.figures import Figure, key_figure, number, percentile

TITLE = "the library of 100 000 articles"

NOTE = """100 000 articles with three suggestions each, every tenth settled. Opening is from `q` in the reader to the
list on screen; start is from the start of the process to the first article's text. A filter is typed, and the clock
runs from its Enter to the answer on screen. Keys as in `keys`; floor: the one-widget app that repaints a line (pages:
itself)."""

SIZE = (160, 48)
LIMIT = 300.0
"""Milliseconds to open."""

ARTICLES = 100_000
ACTIONS = (
    keys.Action("row down", [keys.DOWN] * 20 + [keys.UP] * 20, "line"),
    keys.Action("scroll a row", [keys.DOWN], "page", keys.DOWN * 48),
    keys.Action("page down", [keys.PAGE_DOWN], "page"),
    keys.Action("page up", [keys.PAGE_UP], "page", b"G"),
    keys.Action("jump to an end", [b"G", keys.HOME], "page", share=0.5),
    keys.Action("next open", [b"\t"], "line", share=0.5),
)
FILTERS = ("is:done", "harbour", "text:/No. 9999[0-9]/", "ent:PERSON", "is:open date:2024")


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """Opening, moving, filtering."""
    project = projects.library(folder / "many", ARTICLES)
    presses = 20 if quick else 100
    floors = keys.floor(SIZE, presses, folder)
    argv = postil(project.folder, "--as", projects.PERSON)
    starts = [_start(argv, folder) for _ in range(2 if quick else 8)]
    yield Figure(
        "start, to the first article's text", percentile(starts, 0.5), "s", more={"n": str(len(starts))}
    )
    with Pty(argv, SIZE, folder) as app:
        app.wait_for(projects.marker("first"))
        app.settle()
        opened = []
        for _ in range(3 if quick else 12):
            app.settle(0.1)
            began = time.perf_counter()
            app.write(b"q")
            opened.append(1000 * (app.wait_for(f"of {ARTICLES}") - began))
            app.settle()
            app.press(keys.HOME + b"\r")
        more = {"p50 ms": number(percentile(opened, 0.5)), "n": str(len(opened))}
        yield Figure("opening the list", percentile(opened, 0.95), "ms", None, LIMIT, more=more)
        app.write(b"q")
        app.settle()
        for action in ACTIONS:
            app.write(keys.HOME + action.before)
            app.settle()
            series = app.series(action.keys, int(presses * action.share))
            limit = keys.SLOWEST["small"] if action.name != "next open" else None
            yield key_figure(action.name, series, floors[action.floor], limit)
        for query in FILTERS:
            yield from _filter(app, query, 3 if quick else 12)
        app.end()


def _start(argv: list[str], folder: Path) -> float:
    with Pty(argv, SIZE, folder) as app:
        seconds = app.wait_for(projects.marker("first")) - app.started
        app.settle(0.1)
        app.end()
    return seconds


def _filter(app: Pty, query: str, rounds: int) -> Iterator[Figure]:
    series = Series()
    for _ in range(rounds):
        app.press(b"F")
        app.press(b"\x15" + query.encode())
        series.answers.append(app.press(b"\r", patience=20.0))
    app.press(b"\x1b")
    yield key_figure(f"filter {query}, Enter", series, None)
