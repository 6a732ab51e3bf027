"""A held key on a line of 50 kB/s."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import keys, projects
from tests.bench.driver import Pty, postil
from tests.bench.figures import Figure, number, percentile

TITLE = "a held key on a slow line"

NOTE = """What comes out is read at 50 kB/s at most, while a key is held: 30 a second for 2 s. The figure is from the
last key to the last byte; worst of the rounds. The floor is the one-widget app whose key repaints all of it."""

RATE = 50_000
"""Bytes a second."""

TICK = 0.005
"""Seconds between two reads."""

BURST = 1_000
"""Bytes that a line which was idle may carry at once."""

HELD, EVERY = 60, 1 / 30
QUIET = 0.5
LIMIT = 2.0
"""Seconds until the screen is settled."""

HELD_KEYS = {
    "line down": (keys.DOWN, keys.PAGE_DOWN * 2 + keys.DOWN * 46),
    "page down": (keys.PAGE_DOWN, b""),
    "cursor": (b"l", b""),
    "next item": (b"\t", b""),
}


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """Each key on the large article, at both sizes."""
    project = projects.project(folder / "large", {"large": (projects.LARGE, projects.LARGE_WORK)})
    rounds = 1 if quick else 3
    for size in keys.SIZES:
        with Pty([sys.executable, str(keys.FLOOR_APP), "ready"], size, folder) as app:
            app.wait_for("ready")
            app.settle()
            floor, _ = _worst(app, b"p", b"", rounds)
        with Pty(postil(project.folder, "--as", projects.PERSON), size, folder) as app:
            app.wait_for(projects.marker("large"))
            app.settle()
            for name, (key, before) in HELD_KEYS.items():
                seconds, sent = _worst(app, key, keys.HOME + before, rounds)
                more = {"kB sent": number(sent / 1000), "n": str(rounds)}
                what = f"{size[0]}×{size[1]}: {name}"
                yield Figure(what, seconds, "s", floor, LIMIT, more=more)
            app.press(keys.HOME + b"ll")
            app.end()


def _worst(app: Pty, key: bytes, before: bytes, rounds: int) -> tuple[float, float]:
    found = []
    for _ in range(rounds):
        if before:
            app.write(before)
        app.settle()
        found.append(_hold(app, key))
    return max(seconds for seconds, _ in found), percentile([sent for _, sent in found], 0.5)


def _hold(app: Pty, key: bytes) -> tuple[float, int]:
    """Seconds from the last key to the last byte, and the bytes in all."""
    began = last = last_key = seen = time.perf_counter()
    pressed, sent, allowed = 0, 0, 0.0
    while pressed < HELD or seen - max(last, last_key) < QUIET:
        if pressed < HELD and time.perf_counter() >= began + pressed * EVERY:
            app.write(key)
            pressed += 1
            last_key = time.perf_counter()
        moment = time.perf_counter()
        allowed = min(allowed + (moment - seen) * RATE, BURST)
        seen = moment
        if allowed >= 1 and (data := app.read(0, int(allowed))):
            sent, allowed, last = sent + len(data), allowed - len(data), time.perf_counter()
        time.sleep(TICK)
    return max(0.0, last - last_key), sent
