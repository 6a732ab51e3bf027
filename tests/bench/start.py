"""From the start of the process to the first article's text on screen, warm."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import projects
from tests.bench.driver import Pty, postil
from tests.bench.figures import Figure, number, percentile
from tests.bench.keys import FLOOR_APP

TITLE = "start"

NOTE = """From the start of the process to the article's text on screen, in turn with the floor: a Textual app of one
widget. Medians; everything was read once before. `imported before` looks into what `python -X importtime` writes into
the same terminal: whether the package's line came before the text."""

SIZE = (160, 48)
TIMES_FLOOR = 2.5
LATE = ("spacy", "sqlite_utils", "numpy")
"""Packages that must not be imported before the text shows."""

_IMPORTED = re.compile(rb"import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)")
HEAVIEST = 12


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """The small and the large article, and what was imported."""
    floor_argv = [sys.executable, str(FLOOR_APP), "ready"]
    texts = {
        "small": (projects.SMALL, projects.SMALL_WORK),
        "large": (projects.LARGE, projects.LARGE_WORK),
    }
    for name, wanted in texts.items():
        project = projects.project(folder / name, {name: wanted})
        argv = postil(project.folder, "--as", projects.PERSON)
        _shown(argv, projects.marker(name), folder)
        floors, starts = [], []
        for _ in range(5 if quick else 25):
            floors.append(_shown(floor_argv, "ready", folder))
            starts.append(_shown(argv, projects.marker(name), folder))
        base = percentile(floors, 0.5)
        limit = TIMES_FLOOR * base if name == "small" else None
        more = {"p95 s": number(percentile(starts, 0.95)), "n": str(len(starts))}
        budget = f"≤ {TIMES_FLOOR:g} × floor" if limit else ""
        yield Figure(f"{name} article", percentile(starts, 0.5), "s", base, limit, budget, more)
        if name == "small":
            yield from _imports(argv, projects.marker(name), folder)


def _shown(argv: list[str], text: str, folder: Path) -> float:
    with Pty(argv, SIZE, folder) as app:
        seconds = app.wait_for(text) - app.started
        app.settle(0.1)
        app.end()
    return seconds


def _imports(argv: list[str], text: str, folder: Path) -> Iterator[Figure]:
    with Pty(argv, SIZE, folder, env={"PYTHONPROFILEIMPORTTIME": "1"}) as app:
        app.wait_for(text)
        output = bytes(app.seen)
        app.settle(0.1)
        app.end()
    found = {name.decode(): int(total) for _, total, _, name in _IMPORTED.findall(output)}
    for package in LATE:
        yield Figure(f"{package} imported before the text", float(package in found), "", None, 0.0, "no")
    tops = {
        name: found[name] for name in found if "." not in name or name.split(".")[0] in ("annotations", "tui")
    }
    heaviest = sorted(tops, key=lambda name: -tops[name])[:HEAVIEST]
    for name in heaviest:
        yield Figure(f"import of {name}, with what it imports first", tops[name] / 1000, "ms")
