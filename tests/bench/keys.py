"""Keys: from the press to the end of the frame that shows it, on a small and a large article."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import projects
from tests.bench.driver import Pty, Series, postil
from tests.bench.edit import fsync_floor
from tests.bench.figures import Figure, key_figure, number, percentile

TITLE = "from a key to its frame"

NOTE = """\
A key is written to a pseudo-terminal at a random moment; the clock stops at the end of the first
synchronised frame that comes out. Figures are the p95. Small: 2 400 characters, 20 accepted entities, 40
pending (it fits on one 160×48 screen, so its pages only move the cursor there). Large: 1 000 000
characters, 20 000 accepted, 2 000 pending, 500 relations. Fresh: the same length with 20 000 pending. The
floor is a Textual app of one widget that repaints one line (for pages, jumps and scrolling: the whole
widget), for keys that edit the durable write of one row on top. CPU is processor time of the process for
each key. Budget: 8 ms, 16 ms on the large article, and there at most twice the small one; keys that edit
have the write's floor and 1 ms more."""

SIZES = ((160, 48), (80, 24))
FLOOR_APP = Path(__file__).with_name("floor_app.py")
SLOWEST = {"small": 8.0, "large": 16.0, "fresh": 16.0}
"""Budget of a key that does not edit, in milliseconds."""

BYTES = {"cursor": 400, "label": 1_500, "page down": 8_000}
"""Budget at 80×24, of the median."""

DOWN, UP, HOME, PAGE_DOWN, PAGE_UP = b"j", b"k", b"\x1b[H", b"\x1b[6~", b"\x1b[5~"


@dataclass(frozen=True)
class Action:
    """Keys pressed in turn after `before`; of each round only key number `counted` counts where it is given."""

    name: str
    keys: Sequence[bytes]
    floor: str
    before: bytes = b""
    counted: int | None = None
    edits: bool = False
    only: tuple[str, ...] = ("small", "large", "fresh")
    share: float = 1.0
    """How many presses, as a share of what was asked for."""

    brief: bool = False
    """Whether it is measured in the secondary settings too: labels hidden, and 80×24."""


ACTIONS = (
    Action("cursor", [b"l"], "line", brief=True),
    Action("line down", [DOWN] * 10 + [UP] * 10, "line"),
    Action("scroll a line", [DOWN], "page", PAGE_DOWN * 2 + DOWN * 46, only=("large", "fresh")),
    Action("page down", [PAGE_DOWN], "page", brief=True, only=("large", "fresh")),
    Action("page up", [PAGE_UP], "page", b"G", only=("large", "fresh")),
    Action("page down", [PAGE_DOWN, PAGE_UP], "page", counted=0, brief=True, only=("small",)),
    Action("page up", [PAGE_DOWN, PAGE_UP], "page", counted=1, only=("small",)),
    Action("jump to an end", [b"G", HOME], "page", share=0.5),
    Action("first g of gg", [b"g", b"g"], "page", counted=0, share=0.5),
    Action("next item", [b"\t"] * 30 + [b"\x1b[Z"] * 30, "line", brief=True),
    Action("label", [b"1", b"d"], "line", counted=0, edits=True, brief=True),
    Action("relabel", [b"2", b"3"], "line", b"\t", edits=True, share=0.5),
    Action("accept", [b"a", b"u"], "line", b"n", counted=0, edits=True, brief=True),
    Action("undo", [b"a", b"u"], "line", b"n", counted=1, edits=True, only=("small", "large"), share=0.5),
)


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """All actions, on each article, at each size, with labels shown and hidden."""
    presses = 20 if quick else 100
    texts = {
        "small": (projects.SMALL, projects.SMALL_WORK),
        "large": (projects.LARGE, projects.LARGE_WORK),
        "fresh": (projects.LARGE, projects.FRESH_WORK),
    }
    made = {name: projects.project(folder / name, {name: wanted}) for name, wanted in texts.items()}
    write = 1000 * percentile(fsync_floor(folder / "small", presses * 2), 0.95)
    yield Figure("write of one row (floor of edits)", write, "ms")
    for size in SIZES:
        floors = floor(size, presses, folder)
        for kind, series in floors.items():
            yield key_figure(f"{_size(size)} floor: {kind}", series, None)
        for shown in (True, False):
            small: dict[str, float] = {}
            whole = shown and size == SIZES[0]
            for name, project in made.items():
                if name == "fresh" and not whole:
                    continue
                for action, series in measure(project, name, size, shown, whole, presses, folder):
                    figure = _figure(action, name, series, floors, write, small.get(action.name))
                    figure.what = (
                        f"{_size(size)} {name}, labels {'shown' if shown else 'hidden'}: {action.name}"
                    )
                    if name == "small":
                        small[action.name] = figure.value
                    if size == (80, 24) and action.name in BYTES:
                        figure.more["bytes budget"] = _bytes(series, BYTES[action.name])
                    yield figure


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def floor(size: tuple[int, int], presses: int, folder: Path) -> dict[str, Series]:
    """The one-widget app: a key that repaints a line, and one that repaints all."""
    with Pty([sys.executable, str(FLOOR_APP), "ready"], size, folder) as app:
        app.wait_for("ready")
        app.settle()
        app.series([b"l", b"p"], 10)
        return {"line": app.series([b"l"], presses), "page": app.series([b"p"], presses)}


def measure(
    project: projects.Project,
    name: str,
    size: tuple[int, int],
    shown: bool,
    whole: bool,
    presses: int,
    folder: Path,
) -> Iterator[tuple[Action, Series]]:
    """Every action that makes sense on an article, or only the brief ones."""
    if whole:
        yield (
            Action("first edit", [b"1"], "line", edits=True),
            _first_edits(project, name, size, presses // 20, folder),
        )
    with Pty(postil(project.folder, "--as", projects.PERSON), size, folder) as app:
        app.wait_for(projects.marker(name))
        app.settle()
        if not shown:  # with as many labels as the starter has they are shown unless told otherwise
            app.press(b"zl")
        app.press(b"1")
        app.press(b"u")
        for action in (a for a in ACTIONS if name in a.only and (whole or a.brief)):
            app.write(HOME + action.before)
            app.settle()
            count = int(presses * action.share) * (1 if action.counted is None else len(action.keys))
            yield action, app.series(action.keys, count, action.counted)
        app.press(HOME + b"ll")  # it opens next time where it was left
        app.end()


def _first_edits(
    project: projects.Project, name: str, size: tuple[int, int], starts: int, folder: Path
) -> Series:
    """The first edit after a start, of several starts."""
    found, cpu = Series(), 0.0
    for _ in range(starts):
        with Pty(postil(project.folder, "--as", projects.PERSON), size, folder) as app:
            app.wait_for(projects.marker(name))
            app.settle()
            edit = app.series([b"1"], 1)
            found.answers += edit.answers
            cpu += (edit.cpu or 0.0) / starts
            app.press(b"u")
            app.press(HOME + b"ll")
            app.end()
    found.cpu = cpu or None
    return found


def _figure(
    action: Action,
    name: str,
    series: Series,
    floors: dict[str, Series],
    write: float,
    small: float | None,
) -> Figure:
    extra = write if action.edits else 0.0
    limit = SLOWEST[name] + (write + 1 if action.edits else 0.0)
    figure = key_figure("", series, floors[action.floor], limit, extra)
    if small and name == "large":
        figure.more["× small"] = number(figure.value / small)
    return figure


def _bytes(series: Series, limit: int) -> str:
    within = percentile(series.sizes, 0.5) <= limit
    return f"≤ {number(limit)} {'ok' if within else 'OVER'}"
