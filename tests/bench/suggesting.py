"""Keys while suggestions are made for other articles, idle and busy in the same run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotations.config import load
from annotations.store import Store
from annotations.suggest.follow import command
from tests.bench import keys, projects
from tests.bench.driver import Pty, Series, environment, postil
from tests.bench.figures import Figure, key_figure

TITLE = "keys while the pipeline works"

NOTE = """The small article of `keys` at 160×48, while articles of 3 000 characters get their suggestions: by nobody,
by the app's own suggester (a niced process, `suggest --follow`), by `postil suggest` in another terminal. The floor is
the same key with nobody at work. Budget: a cursor move within the 8 ms of an idle machine, a page within twice idle."""

SIZE = (160, 48)
WAITING = 3_000
"""Articles that wait for suggestions: more than can be read while keys are measured."""

ACTIONS = ("cursor", "line down", "page down", "next item", "relabel", "accept")


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """The same keys three times."""
    project = projects.project(folder / "p", {"small": (projects.SMALL, projects.SMALL_WORK)})
    _fill(project, 300 if quick else WAITING)
    presses = 20 if quick else 100
    idle = _measure(project, folder, presses)
    for name, series in idle.items():
        yield key_figure(f"idle: {name}", series, None)
    follow = command(project.folder / "config.yaml")
    whole = postil("suggest", "--project", project.folder)
    for who, argv in (("suggest --follow", follow), ("postil suggest", whole)):
        with _at_work(argv, folder, project):
            busy = _measure(project, folder, presses)
        for name, series in busy.items():
            yield _figure(f"{who}: {name}", name, series, idle[name])


def _figure(what: str, name: str, series: Series, idle: Series) -> Figure:
    figure = key_figure(what, series, idle)
    if name == "cursor":
        figure.limit = keys.SLOWEST["small"]
    elif name.startswith("page"):
        figure.limit, figure.budget = 2 * (figure.floor or 0.0), "≤ 2 × idle"
    return figure


def _fill(project: projects.Project, articles: int) -> None:
    store = Store.open(load(project.folder / "config.yaml").database)
    with store.writing():
        for number_ in range(articles):
            name = f"waiting {number_}"
            store.add_article(projects.random_prose(3_000, name), f"{name}.txt", name, None, {})
    store.close()


def _measure(project: projects.Project, folder: Path, presses: int) -> dict[str, Series]:
    wanted = [action for action in keys.ACTIONS if action.name in ACTIONS and "small" in action.only]
    with Pty(postil(project.folder, "--as", projects.PERSON), SIZE, folder) as app:
        app.wait_for(projects.marker("small"))
        app.settle()
        app.press(b"1")  # the first edit of a sitting imports sqlite-utils: that is measured by `keys`
        app.press(b"u")
        found = {}
        for action in wanted:
            app.write(keys.HOME + action.before)
            app.settle()
            count = presses * (1 if action.counted is None else len(action.keys))
            found[action.name] = app.series(action.keys, count, action.counted)
        app.press(keys.HOME + b"ll")
        app.end()
    return found


@contextmanager
def _at_work(argv: list[str], folder: Path, project: projects.Project) -> Iterator[None]:
    """Runs a suggester; it has begun to write, and must not be done before the end. RuntimeError when it is."""
    store = Store.open(load(project.folder / "config.yaml").database)
    done = _read(store)
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(folder),
        start_new_session=True,
    )
    try:
        while _read(store) == done:
            if process.poll() is not None:
                raise RuntimeError(f"the suggester ended with status {process.returncode}")
            time.sleep(0.1)
        yield
        if process.poll() is not None:
            raise RuntimeError(f"the suggester was done after {_read(store)} articles: give it more")
    finally:
        store.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read(store: Store) -> int:
    """How many articles have been read."""
    return int(store.connection.execute("SELECT count(*) FROM analyses").fetchone()[0])
