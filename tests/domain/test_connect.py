"""Opening the database: durable on every connection, migrated by one at a time, and a sentence where it cannot be."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotations import connect as connecting
from annotations.connect import VERSION, connect
from annotations.errors import StoreError
from annotations.migrations import TABLES
from annotations.store import Store

ROOT = Path(__file__).parents[2]

UNPRIVILEGED = """
import os, sys
from pathlib import Path
import annotations.migrations, filelock, sqlite_utils
from annotations.errors import StoreError
from annotations.store import Store
if os.getuid() == 0:
    os.setuid(65534)
path = Path(sys.argv[1])
"""
"""Imports all that opening needs, then gives root's powers up: as nobody, the checkout may not be readable."""


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs Python code in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def made(path: Path) -> Path:
    Store.open(path).close()
    return path


def test_every_connection_is_wal_and_full_with_foreign_keys_the_first_and_the_later_ones(
    tmp_path: Path,
) -> None:
    for _ in range(2):
        store = Store.open(tmp_path / "p.db")
        expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "user_version": VERSION}
        assert store.settings() == expected and store.notes == []
        store.close()


def test_the_newest_migration_leaves_the_version_that_the_code_expects(tmp_path: Path) -> None:
    connection = sqlite3.connect(made(tmp_path / "p.db"))
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {f"CREATE TABLE {t} (" in TABLES for t in tables - {"_sqlite_migrations"}} == {True}
    connection.close()


def test_opening_an_up_to_date_database_imports_no_sqlite_utils(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from annotations.store import Store; Store.open(Path(sys.argv[1])); "
    code += "print('sqlite_utils' in sys.modules, 'filelock' in sys.modules)"
    assert run(code, made(tmp_path / "p.db")).stdout == "False False\n"


def test_two_processes_that_open_a_new_database_at_once_migrate_it_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from annotations.store import Store; import annotations.migrations;"
    code += "sys.stdin.readline(); print(Store.open(Path(sys.argv[1])).settings())"
    command = [sys.executable, "-c", code, str(tmp_path / "p.db")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(command, env=environment, text=True, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [process.communicate(timeout=60) for process in running]
    assert [(out[:23], err) for out, err in found] == [("{'journal_mode': 'wal',", "")] * 3
    connection = sqlite3.connect(tmp_path / "p.db")
    assert connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone() == (1,)
    connection.close()


def test_a_migration_of_an_older_database_is_preceded_by_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "p.db")
    monkeypatch.setattr(connecting, "VERSION", VERSION + 1)
    connect(path).connection.close()
    copy = sqlite3.connect(f"{path}.before-{VERSION + 1}")
    assert copy.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert copy.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    copy.close()


def test_a_database_of_a_newer_postil_is_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "p.db")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(
        StoreError, match=rf"newer postil \(its format is {VERSION + 1}, this one reads {VERSION}\)"
    ):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    path.write_text("Dear diary, " * 200)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a sound SQLite database"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_damaged_database_is_named_as_such_when_the_damage_is_met(tmp_path: Path) -> None:
    path = made(tmp_path / "p.db")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreError, match="not a sound SQLite database"):
        Store.open(path).layers()


def test_a_folder_that_is_not_there_or_stands_in_the_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist: make it, or correct `database`"):
        Store.open(tmp_path / "no" / "p.db")
    (tmp_path / "p.db").mkdir()
    with pytest.raises(StoreError, match="is a folder: name a file"):
        Store.open(tmp_path / "p.db")


def test_on_a_network_file_system_a_rollback_journal_is_used_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_file_system", lambda folder: "nfs4")
    made(tmp_path / "p.db")
    store = Store.open(tmp_path / "p.db")
    assert store.settings()["journal_mode"] == "delete" and store.settings()["synchronous"] == 2
    assert store.notes == [f"{tmp_path} is on nfs4 where WAL is unsafe: a rollback journal is used"]
    store.layer("person", "me")
    store.close()


def test_the_file_system_of_a_folder_is_known(tmp_path: Path) -> None:
    assert connecting._file_system(tmp_path) != ""
    if sys.platform == "linux":
        assert connecting._file_system(Path("/proc/self")) == "proc"


def test_in_a_read_only_folder_the_database_opens_for_reading_and_every_write_is_a_sentence(
    shared: Path,
) -> None:
    path = shared / "p.db"
    store = Store.open(path)
    with store.writing():
        store.add_article("Text.", "s", "t", None, {})
    store.close()
    shared.chmod(0o555)
    code = """
store = Store.open(path)
print(store.writable, store.notes, store.article(1).text)
try:
    store.layer("person", "me")
except StoreError as error:
    print(error)
"""
    done = run(UNPRIVILEGED + code, path)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "False ['p.db is read-only: you can read, but no edit can be saved'] Text.",
        f"{path} is read-only: nothing was saved",
    ]
    assert sorted(p.name for p in shared.iterdir()) == ["p.db", "p.db.migrate"]


REFUSED = """
try:
    Store.open(path)
except StoreError as error:
    print(error)
"""


def test_a_read_only_folder_without_a_database_and_one_with_a_wal_are_sentences(shared: Path) -> None:
    path = shared / "p.db"
    shared.chmod(0o555)
    assert "the folder is read-only; set `database`" in run(UNPRIVILEGED + REFUSED, path).stdout
    shared.chmod(0o755)
    store = Store.open(path)
    store.layer("person", "me")
    for file in shared.iterdir():
        shutil.copy(file, shared / file.name.replace("p.db", "copy.db"))
        (shared / file.name.replace("p.db", "copy.db")).chmod(0o644)
    store.close()
    shared.chmod(0o555)
    assert "unfinished writes in its -wal file" in run(UNPRIVILEGED + REFUSED, shared / "copy.db").stdout


def test_a_database_that_may_not_be_read_is_a_sentence(shared: Path) -> None:
    path = made(shared / "p.db")
    path.chmod(0)
    assert "you may not read" in run(UNPRIVILEGED + REFUSED, path).stdout


def test_a_full_disk_is_a_sentence_and_the_edit_before_it_is_kept(tmp_path: Path) -> None:
    path = made(tmp_path / "p.db")
    code = """
import resource, signal, sys
from pathlib import Path
from annotations.errors import StoreError
from annotations.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
store = Store.open(path)
store.layer("person", "before")
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
try:
    with store.writing():
        store.add_article("x" * 1_000_000, "s", "t", None, {})
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.layer("person", "after")
print([layer.name for layer in store.layers()], len(store.all_articles()), store.integrity())
"""
    done = run(code, path)
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert "is full or failing" in first and "nothing was saved; make room and try again" in first
    assert second == "['before', 'after'] 0 []"
