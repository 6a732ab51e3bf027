"""What becomes of the work when the database is locked, and of suggestions when config.yaml changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.desks import BRIDGE, CONFIG, Project
from tests.screens import Screen, run


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Another program holds the database meanwhile."""
    with closing(sqlite3.connect(project.folder / "postil.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def two(project: Project) -> Project:
    project.visit()
    project.add(BRIDGE, "Bridge")
    return project


# -- a database that takes nothing -----------------------------------------------------------------


def test_a_locked_database_keeps_nobody_in_an_article(two):
    async def test(screen: Screen) -> None:
        session, store = screen.app.session, two.store
        await screen.press("g", "g", "w", "w")
        place = screen.desk.offset
        with locked(two):
            await screen.press("g", "n")
            assert session.current().article.id == 2
            assert "where you were is not saved" in screen.text() and "you can go on" in screen.text()
            await screen.press("q")
            assert screen.app.screen is screen.app.library
            await screen.press("k", "enter")
            assert screen.desk.offset == place
            assert store.progress(1, session.layer.id).place == 0
        await screen.press("g", "n")
        assert store.progress(1, session.layer.id).place == place
        assert store.progress(1, session.layer.id).keystrokes == 8
        assert store.progress(2, session.layer.id).keystrokes == 1

    run(test, two)


def test_it_is_said_once_that_the_place_is_not_saved_and_again_after_it_was(two):
    async def test(screen: Screen) -> None:
        with locked(two):
            await screen.press("g", "n")
            assert "where you were is not saved" in screen.text()
            await screen.press("g", "p")
            assert "where you were" not in screen.text()
        await screen.press("g", "n")
        with locked(two):
            await screen.press("q")
            assert "where you were is not saved" in screen.text()

    run(test, two)


def test_ctrl_c_says_that_all_is_saved_only_where_it_is(two):
    async def test(screen: Screen) -> None:
        await screen.press("ctrl+c")
        assert "q leaves; everything is saved" in screen.text()
        screen.app.session.store.connection.execute("PRAGMA busy_timeout = 100")
        with locked(two):
            await screen.press("a")
            assert "is locked by another program" in screen.text()
            await screen.press("ctrl+c")
            assert "everything is saved" not in screen.text() and "q leaves" in screen.text()
        await screen.press("a", "ctrl+c")
        assert "q leaves; everything is saved" in screen.text()
        assert screen.entities == ["PERSON Ana Ruiz"]

    run(test, two)


# -- suggestions from patterns, and from another pipeline -------------------------------------------


class StubSuggester:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.grief: str | None = None
        self.running = False
        self.renewed = 0

    def start(self) -> None:
        self.running = True

    def first(self, article: int) -> None:
        if article not in self.asked:
            self.asked.append(article)

    def complaint(self) -> str | None:
        grief, self.grief = self.grief, None
        return grief

    def renew(self) -> None:
        self.running, self.asked = False, []
        self.renewed += 1

    def stop(self) -> None:
        self.running = False


def with_suggest(project: Project, suggest: str) -> None:
    """Writes config.yaml with another `suggest`."""
    text = CONFIG.format(**project.settings)
    project.configure(text.replace("suggest: {pipeline: null}", f"suggest: {suggest}"))


def test_a_project_with_patterns_alone_waits_for_them(two):
    with_suggest(two, "{pipeline: null, patterns: [places.jsonl]}")
    suggester = StubSuggester()

    async def test(screen: Screen) -> None:
        store, me = two.store, screen.app.session.layer.id
        assert suggester.asked == [1] and "suggestions are coming" in screen.rows()[0]
        await screen.press("c")
        assert store.progress(1, me).status == "open" and "have not arrived yet" in screen.text()
        two.suggest(1, [("Oslo", "GPE")], layer=store.layer("patterns", "places", "1"))
        await screen.settle(lambda: "suggestions are coming" not in screen.rows()[0])
        await screen.press("c")
        assert store.progress(1, me).status == "done"

    run(test, two, suggester=suggester)


def test_both_the_pipeline_and_the_patterns_are_waited_for(two):
    with_suggest(two, "{pipeline: ./models/small, patterns: [places.jsonl]}")
    suggester = StubSuggester()

    async def test(screen: Screen) -> None:
        session = screen.app.session
        two.suggest(1, [], layer=two.store.layer("patterns", "places", "1"))
        await screen.settle(lambda: session.store.readers(1) >= {("patterns", "places")})
        assert session.awaits_suggestions
        two.suggest(1, [], layer=two.store.layer("model", "small", "1"))
        await screen.settle(lambda: not session.awaits_suggestions)

    run(test, two, suggester=suggester)


async def reload(screen: Screen) -> None:
    await screen.press(":")
    await screen.type("reload")
    await screen.press("enter")


def test_reload_with_a_pipeline_where_there_was_none_starts_the_suggester(two):
    suggester = StubSuggester()

    async def test(screen: Screen) -> None:
        assert not suggester.running
        with_suggest(two, "{pipeline: en_core_web_sm}")
        await reload(screen)
        await screen.settle(lambda: suggester.running and suggester.asked == [1])
        assert "suggestions are coming" in screen.rows()[0]

    run(test, two, suggester=suggester)


def test_reload_with_a_corrected_pipeline_forgets_the_complaint(two):
    with_suggest(two, "{pipeline: en_core_web_xx}")
    suggester = StubSuggester()

    async def test(screen: Screen) -> None:
        suggester.grief = "No spaCy pipeline called 'en_core_web_xx' is installed"
        await screen.settle(lambda: "en_core_web_xx" in screen.text())
        assert not screen.app.session.awaits_suggestions
        with_suggest(two, "{pipeline: en_core_web_sm}")
        await reload(screen)
        assert suggester.renewed == 1
        await screen.settle(lambda: suggester.running and suggester.asked == [1])
        assert "suggestions are coming" in screen.rows()[0]

    run(test, two, suggester=suggester)


def test_reload_starts_the_suggester_also_where_only_a_mapping_has_changed(two):
    with_suggest(two, "{pipeline: small}")
    suggester = StubSuggester()

    async def test(screen: Screen) -> None:
        two.suggest(1, [], layer=two.store.layer("model", "small", "1"))
        await screen.settle(lambda: not screen.app.session.awaits_suggestions)
        suggester.running = False
        with_suggest(two, "{pipeline: small, labels: {FAC: GPE}}")
        await reload(screen)
        await screen.settle(lambda: suggester.running)

    run(test, two, suggester=suggester)


def test_a_renewed_suggester_starts_when_the_old_one_is_gone(tmp_path, monkeypatch):
    import subprocess
    import sys

    from annotations.suggest import follow
    from tui.jobs import Suggester

    def start(config: Path, log: object) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"
        )

    monkeypatch.setattr(follow, "start", start)
    with (tmp_path / "log").open("wb") as log:
        suggester = Suggester(tmp_path / "config.yaml", log)
        suggester.start()
        first = suggester._process
        assert first is not None and suggester.running
        monkeypatch.setattr(first, "poll", lambda: None)
        suggester.renew()
        suggester.start()
        assert not suggester.running
        monkeypatch.undo()
        monkeypatch.setattr(follow, "start", start)
        first.wait()
        suggester.start()
        assert suggester.running and suggester._process is not first
        suggester.stop()
        assert suggester._process is not None
        suggester._process.wait()
