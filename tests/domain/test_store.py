"""The one door for writes: all or nothing, refused when stale, locked out politely, journalled, paced."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotations import bulk, edits
from annotations.bulk import Offered
from annotations.draft import Pen
from annotations.errors import StaleEdit, StoreError
from annotations.model import Analysis, Edit, Entity, Layer, Relation
from annotations.state import ArticleState
from annotations.store import Store, new_id, now
from tests.strategies import PROSE, find, schema

ROOT = Path(__file__).parents[2]


class Window:
    """One person's window on the article: a store of its own, and the state as it was loaded."""

    def __init__(self, path: Path) -> None:
        self.store = Store.open(path)
        with self.store.writing():
            self.article, _ = self.store.add_article(PROSE, "s", "t", None, {})
        self.me = self.store.layer("person", "me")
        self.load()

    def load(self) -> None:
        store, id, me = self.store, self.article, self.me.id
        rows = (
            store.entities(id, me),
            store.relations(id, me),
            store.decisions(id, me),
            store.progress(id, me),
        )
        self.state = ArticleState(store.article(id), self.me, schema(), *rows)
        self.seen = store.newest_edits([me])[0]

    def make(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        return verb(self.state, Pen(now(), new_id), *arguments)

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> None:
        edit = self.make(verb, *arguments)
        self.seen = self.store.apply(self.me, edit, self.seen)
        self.state.apply(edit)

    def id_of(self, text: str) -> str:
        return next(e.id for e in self.state.entities.values() if e.text == text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.db"


@pytest.fixture
def one(path: Path) -> Iterator[Window]:
    window = Window(path)
    yield window
    window.store.close()


@pytest.fixture
def two(path: Path, one: Window) -> Iterator[Window]:
    window = Window(path)
    yield window
    window.store.close()


def everything(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = list(connection.iterdump())
    connection.close()
    return found


# -- the door -----------------------------------------------------------------------------------------


def test_an_edit_and_its_journal_row_are_written_together(one: Window) -> None:
    one.do(edits.add, *find(PROSE, "Xi"), "PERSON")
    (row,) = one.store.journal(one.me)
    body = json.loads(row.changes)
    assert (row.verb, row.article, row.undoes, row.undo_top, row.redo_top) == (
        "add",
        one.article,
        None,
        row.seq,
        None,
    )
    assert body["layer"] == one.me.uid and body["says"] == "PERSON “Xi”"
    assert [change[:2] for change in body["changes"]] == [["entities", one.state.article.sha256]]
    (entity,) = one.store.entities(one.article, one.me.id)
    assert entity == one.state.entities[entity.id]


def test_an_edit_of_another_window_is_seen(one: Window, two: Window) -> None:
    assert not one.store.changed()
    two.do(edits.flag)
    assert one.store.changed() and not one.store.changed()
    one.load()
    one.do(edits.note, None, "x")
    assert not one.store.changed()


def stale(window: Window, path: Path, edit: Edit, seen: int | None = None) -> None:
    before = everything(path)
    with pytest.raises(StaleEdit):
        window.store.apply(window.me, edit, seen)
    assert everything(path) == before


def test_an_edit_whose_before_no_longer_holds_is_refused_and_nothing_is_written(
    path: Path, one: Window, two: Window
) -> None:
    one.do(edits.add, *find(PROSE, "Xi"), "PERSON")
    two.load()
    edit = two.make(edits.relabel, two.id_of("Xi"), "ORG")
    one.do(edits.relabel, one.id_of("Xi"), "GPE")
    stale(two, path, edit)
    one.do(edits.delete, one.id_of("Xi"))
    stale(two, path, edit)


def test_the_same_entity_made_in_two_windows_is_refused_in_the_second(
    path: Path, one: Window, two: Window
) -> None:
    edit = two.make(edits.add, *find(PROSE, "Xi"), "PERSON")
    one.do(edits.add, *find(PROSE, "Xi"), "PERSON")
    stale(two, path, edit)


def test_a_relation_whose_end_the_other_window_deleted_is_refused(
    path: Path, one: Window, two: Window
) -> None:
    one.do(edits.add, *find(PROSE, "Xi"), "PERSON")
    one.do(edits.add, *find(PROSE, "Havana"), "GPE")
    two.load()
    edit = two.make(edits.relate, "LEADS", two.id_of("Xi"), two.id_of("Havana"))
    one.do(edits.delete, one.id_of("Havana"))
    stale(two, path, edit)


def test_an_edit_made_before_what_the_other_window_did_to_the_article_is_refused_if_the_caller_says_when(
    path: Path, one: Window, two: Window
) -> None:
    edit = two.make(edits.add, *find(PROSE, "Group of 20"), "ORG")
    one.do(edits.add, *find(PROSE, "20"), "GPE")
    stale(two, path, edit, two.seen)
    two.load()
    two.do(edits.add, *find(PROSE, "Group of 20"), "ORG")
    assert [e.text for e in two.store.entities(two.article, two.me.id)] == ["Group of 20"]


def test_an_edit_of_an_article_that_is_not_here_is_refused(path: Path, one: Window) -> None:
    edit = one.make(edits.flag)
    changes = tuple(type(c)(c.table, "0" * 64, c.key, c.before, c.after) for c in edit.changes)
    stale(one, path, Edit(edit.id, edit.verb, edit.at, changes))


def test_what_goes_wrong_inside_a_transaction_undoes_all_of_it(path: Path, one: Window) -> None:
    before = everything(path)
    with pytest.raises(KeyboardInterrupt), one.store.writing() as connection:
        connection.execute("DELETE FROM articles")
        raise KeyboardInterrupt
    with pytest.raises(StoreError, match="the database refused that"), one.store.writing() as connection:
        connection.execute("UPDATE progress SET nonsense = 1")
    assert everything(path) == before
    one.do(edits.flag)


def test_an_article_cannot_be_changed_once_it_is_in(one: Window) -> None:
    with pytest.raises(StoreError, match="immutable"), one.store.writing() as connection:
        connection.execute("UPDATE articles SET text = 'other'")


def test_a_process_killed_in_the_middle_of_an_edit_leaves_nothing_of_it(path: Path, one: Window) -> None:
    before = everything(path)
    code = """
import sys, time
from pathlib import Path
from annotations.store import Store
store = Store.open(Path(sys.argv[1]))
with store.writing() as connection:
    connection.execute("UPDATE layers SET name = 'gone'")
    print("in", flush=True)
    sys.stdin.read()
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, env=environment, text=True, stdin=-1, stdout=-1) as process:
        assert process.stdout is not None and process.stdout.readline() == "in\n"
        process.send_signal(signal.SIGKILL)
    assert everything(path) == before
    one.do(edits.flag)


def test_a_database_that_stays_locked_is_a_sentence_and_nothing_is_lost(path: Path, one: Window) -> None:
    hurried = Store.open(path, timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    before = everything(path)
    with pytest.raises(StoreError, match="locked by another program: nothing was saved; try again"):
        hurried.apply(one.me, one.make(edits.flag))
    assert everything(path) == before
    other.execute("ROLLBACK")
    hurried.apply(one.me, one.make(edits.flag))
    other.close()
    hurried.close()


def test_awkward_text_goes_in_and_comes_out_as_it_is(one: Window) -> None:
    text = "a\x00b \r\n\u2028 👨‍👩‍👧 e\u0301 \x1b[31m"
    with one.store.writing():
        id, new = one.store.add_article(text, "s\x00", "t", "2024-01-01", {"b": 1, "a": "é"})
        assert one.store.add_article(text, "again", "t", None, {}) == (id, False)
    found = one.store.article(id)
    assert (new, found.text, found.source, found.meta) == (True, text, "s\x00", {"a": "é", "b": 1})


# -- suggestions and other bulk -----------------------------------------------------------------------


def many(count: int, prefix: str = "e") -> tuple[Entity, ...]:
    return tuple(Entity(f"{prefix}{i:05d}", i, i + 1, "ORG", "x") for i in range(count))


@pytest.fixture
def model(one: Window, monkeypatch: pytest.MonkeyPatch) -> Layer:
    monkeypatch.setattr(bulk, "PACE", 0.0)
    return one.store.layer("model", "m", "1")


def test_suggestions_go_in_by_at_most_five_hundred_rows_a_transaction_with_a_pause_after_each(
    one: Window, model: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []
    done = [one.store.connection.total_changes]

    def pause(seconds: float) -> None:
        rows.append(one.store.connection.total_changes - done[0])
        done[0] = one.store.connection.total_changes
        assert not one.store.connection.in_transaction

    monkeypatch.setattr(bulk.time, "sleep", pause)
    with one.store.writing():
        ids = [one.store.add_article(f"{'x' * 1300}{i}", "s", "t", None, {})[0] for i in range(4)]
    done[0] = one.store.connection.total_changes
    relations = tuple(Relation(f"r{i}", "KNOWS", f"0{i:05d}", f"0{i + 1:05d}") for i in range(700))
    batch = [Offered(ids[0], many(1200, "0"), relations)]
    batch += [Offered(id, many(200, str(id)), (), Analysis(((0, 3),))) for id in ids[1:]]
    bulk.write_suggestions(one.store, model, batch)
    assert max(rows) <= 500 and sum(rows) == 1200 + 700 + 1 + 3 * 201
    assert [len(one.store.entities(id, model.id)) for id in ids] == [1200, 200, 200, 200]
    assert len(one.store.relations(ids[0], model.id)) == 700
    assert bulk.articles_without(one.store, model) == [one.article]
    assert one.store.analysis(ids[1]) == Analysis(((0, 3),))


def test_an_article_whose_suggestions_were_cut_short_counts_as_unread_and_is_written_anew(
    one: Window, model: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one.store.writing():
        id, _ = one.store.add_article("x" * 900, "s", "t", None, {})

    def cut(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(bulk.time, "sleep", cut)
        bulk.write_suggestions(one.store, model, [Offered(id, many(900))])
    assert len(one.store.entities(id, model.id)) == 499 and id in bulk.articles_without(one.store, model)
    bulk.write_suggestions(one.store, model, [Offered(id, many(800, "n"))])
    assert len(one.store.entities(id, model.id)) == 800 and id not in bulk.articles_without(one.store, model)


def test_an_article_is_read_once_by_a_layer_and_ids_are_made_where_there_are_none(
    one: Window, model: Layer
) -> None:
    for _ in range(2):
        bulk.write_suggestions(one.store, model, [Offered(one.article, (Entity("", 0, 2, "PERSON", "Xi"),))])
    (entity,) = one.store.entities(one.article, model.id)
    assert len(entity.id) == 26 and entity.created_at != ""


def test_of_each_model_the_newest_version_that_has_read_the_article_offers(one: Window, model: Layer) -> None:
    newer, patterns = one.store.layer("model", "m", "2"), one.store.layer("patterns", "p")
    ben = one.store.layer("person", "ben")
    for layer in (model, newer, patterns):
        bulk.write_suggestions(
            one.store, layer, [Offered(one.article, (Entity("", 0, 2, layer.kind.upper(), "Xi"),))]
        )
    with one.store.writing():
        bulk.add_rows(one.store, one.article, ben, [Entity("", 0, 2, "BEN", "Xi")], [], now())
    assert [o.layer for o in one.store.offers(one.article, one.me, None)] == [newer, patterns]
    assert [e.label for o in one.store.offers(one.article, one.me, ben) for e in o.entities] == ["BEN"]


def test_articles_without_suggestions_come_in_order_with_the_wanted_one_in_front(
    one: Window, model: Layer
) -> None:
    with one.store.writing():
        ids = [one.store.add_article(f"text {i}", "s", "t", None, {})[0] for i in range(3)]
    assert bulk.articles_without(one.store, model, first=ids[1]) == [ids[1], one.article, ids[0], ids[2]]
    assert bulk.articles_without(one.store, model, limit=2) == [one.article, ids[0]]


def test_a_bulk_writer_is_alone_only_while_nobody_is_at_work(path: Path, one: Window, two: Window) -> None:
    with two.store.alone() as alone:
        assert alone
    one.store.hold_app_lock()
    with two.store.alone() as alone:
        assert not alone


# -- reads --------------------------------------------------------------------------------------------


def test_the_library_counts_own_work_open_suggestions_and_who_is_done(one: Window, model: Layer) -> None:
    found = tuple(Entity("", *find(PROSE, p), "ORG", p) for p in ("Xi", "Havana", "20"))
    bulk.write_suggestions(one.store, model, [Offered(one.article, found)])
    one.do(edits.add, *find(PROSE, "Diaz-Canel"), "PERSON")
    one.do(edits.done, "leave")
    (row,) = one.store.rows(one.me, [one.article])
    assert (row.status, row.entities, row.suggested, row.who) == ("done", 1, 3, ("me",))


def test_reading_adds_up_and_the_last_article_is_remembered(one: Window) -> None:
    for place, read_to in ((5, 40), (2, 20)):
        one.store.keep_place(one.article, one.me, place, read_to, 1.5, 4)
    progress = one.store.progress(one.article, one.me.id)
    assert (progress.place, progress.read_to, progress.seconds, progress.keystrokes) == (2, 40, 3.0, 8)
    assert one.store.last_opened(one.me) == one.article


def test_a_layer_is_made_once_and_found_without_its_version_as_the_newest(one: Window) -> None:
    old, new = (one.store.layer("model", "m", v) for v in ("1", "2"))
    assert one.store.layer("model", "m", "1") == old
    assert one.store.find_layer("model", "m") == new and one.store.find_layer("model", "x") is None
    assert new.title == "model:m@2"


def test_a_missing_article_is_a_sentence(one: Window) -> None:
    with pytest.raises(StoreError, match="no article 99"):
        one.store.article(99)


def test_a_person_has_work_once_something_was_decided_and_not_by_reading(one: Window) -> None:
    one.store.keep_place(one.article, one.me, 3, 3, 1, 1)
    assert not one.store.has_work(one.me, one.article)
    one.do(edits.flag)
    assert one.store.has_work(one.me, one.article) and one.store.worked_on(one.article) == [one.me]
