"""A disk that is full and a database that is locked: what cannot be saved is said, and nobody is kept in the app."""

from __future__ import annotations

import resource
import sqlite3
import time
from contextlib import closing

import pytest

from tests.e2e.helpers import Project, Screen


def fill(app: Screen) -> None:
    """Lets no file of the app grow any more, as on a full disk."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("needs prlimit")
    resource.prlimit(app.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def left(app: Screen) -> None:
    """Assert that the key for it leads out of the list, that what is owed is said, and that all is restored."""
    app.wait_for("q quit")
    app.send("q")
    assert app.wait_exit() == 0
    app.restored()
    assert "every edit was saved at its time, or refused" in app.raw.decode()


def test_with_a_full_disk_the_app_says_so_and_can_be_left(project: Project) -> None:
    with project.app() as app:
        app.wait_for("pending")
        app.do("a", "accepted")
        fill(app)
        app.send("a")
        app.wait_for("is full or failing")
        app.send("]]")
        app.wait_for("where you were is not saved")
        app.wait_for("2/9")
        app.send("\x03")
        app.says("q leaves; all is saved but what was refused")
        app.send("q")
        left(app)
    mine = "SELECT count(*) FROM entities e JOIN layers l ON l.id = e.layer WHERE l.kind = 'person'"
    assert project.query(mine) == [(1,)]
    project.sound()


def test_while_the_database_is_locked_the_app_can_be_left_at_once(project: Project) -> None:
    with project.app() as app:
        app.wait_for("pending")
        with closing(sqlite3.connect(project.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            app.send("q")
            app.wait_for("where you were is not saved")
            left(app)
            assert time.monotonic() - began < 4
    project.sound()


# -- another config.yaml while the app is open -------------------------------------------------------


def configure(project: Project, before: str, after: str) -> None:
    text = project.config.read_text(encoding="utf-8")
    assert before in text
    project.config.write_text(text.replace(before, after), encoding="utf-8")


def told(app: Screen, *parts: str) -> None:
    """Wait until parts of a sentence are there, in however many rows."""
    app.wait_until(
        lambda screen: all(part in " ".join(screen.split()) for part in parts), f"{parts} not said"
    )


def reload(app: Screen) -> None:
    """Has config.yaml read anew."""
    app.send(":")
    app.wait_for("Enter takes it")
    app.do("reload\r", "read anew")


def test_a_pipeline_that_reload_brings_gives_suggestions(fresh: Project) -> None:
    configure(fresh, "pipeline: en_core_web_sm", "pipeline: null")
    with fresh.app() as app:
        app.wait_for("0 pending")
        configure(fresh, "pipeline: null", "pipeline: en_core_web_sm")
        reload(app)
        app.wait_until(
            lambda screen: " pending" in screen and "0 pending" not in screen, "no suggestions", 60
        )
        app.quit()
    fresh.sound()


def test_a_pipeline_that_reload_corrects_gives_suggestions(fresh: Project) -> None:
    configure(fresh, "pipeline: en_core_web_sm", "pipeline: en_core_web_xx")
    with fresh.app() as app:
        told(app, "No spaCy pipeline called 'en_core_web_xx'", "reading and annotating by hand work without.")
        configure(fresh, "pipeline: en_core_web_xx", "pipeline: en_core_web_sm")
        reload(app)
        app.wait_until(
            lambda screen: " pending" in screen and "0 pending" not in screen, "no suggestions", 60
        )
        app.quit()


def test_patterns_alone_give_suggestions_and_are_missed_aloud(fresh: Project) -> None:
    configure(fresh, "pipeline: en_core_web_sm", "pipeline: null\n  patterns: [names.jsonl]")
    with fresh.app() as app:
        told(app, "The pattern file", "cannot be read: No such file or directory.")
        (fresh.folder / "names.jsonl").write_text('{"label": "GPE", "pattern": "Cuba"}\n', encoding="utf-8")
        reload(app)
        app.wait_until(
            lambda screen: " pending" in screen and "0 pending" not in screen, "no suggestions", 60
        )
        app.quit()
