"""Opening the database: durability, locks, migrations, and SQLite's errors as sentences.

Invariant: a connection that `connect` returns for writing is in WAL mode with `synchronous=FULL`, or in a rollback
journal where WAL is unsafe; foreign keys are on; it waits 5 seconds for a lock.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from annotations.errors import StoreError

VERSION = 1
"""The `user_version` that this code reads and writes."""

TIMEOUT = 5.0
"""Seconds that a statement waits for another process's lock."""

MIGRATION_TIMEOUT = 60.0
"""Seconds that a start waits while another process brings the tables up to date."""

_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse", "afp", "webdav")
"""How the names of the file systems begin on which WAL is unsafe."""


@dataclass
class Connected:
    """An open connection: whether it may write, and what is worth saying once."""

    connection: sqlite3.Connection
    writable: bool
    notes: list[str] = field(default_factory=list)


def connect(path: Path, timeout: float = TIMEOUT) -> Connected:
    """Opens the database, made and migrated as needed; `timeout` is in seconds.

    StoreError when it is newer, locked, corrupt, not postil's or out of reach."""
    with explained(path):
        if check_place(path):
            return _connect_for_reading(path, timeout)
        connection = _open(f"{path.absolute().as_uri()}?mode=rwc", timeout)
        try:
            if _version(connection, path) < VERSION:
                _migrate(path, connection)
            return Connected(connection, True, _make_durable(connection, path))
        except BaseException:
            connection.close()
            raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the tables, 0 of an empty database. StoreError when it is newer than this code, or another's."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer postil (its format is {version}, this one reads {VERSION}): "
            "update postil; nothing was changed"
        )
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = "articles" in names if version else names <= {"_sqlite_migrations", "sqlite_sequence"}
    if not ours:
        raise StoreError(
            f"{path} is a database of another program: set `database` in config.yaml to a file of its own"
        )
    return version


def check_place(path: Path) -> bool:
    """Whether a database at `path` can only be read. StoreError when there can be none."""
    if path.is_dir():
        raise StoreError(f"{path} is a folder: name a file as `database` in config.yaml")
    folder_closed = not os.access(path.parent, os.W_OK)
    if not path.parent.is_dir():
        raise StoreError(
            f"the folder {path.parent} does not exist: make it, or correct `database` in config.yaml"
        )
    if not path.exists():
        if folder_closed:
            raise StoreError(
                f"cannot make {path}: the folder is read-only; set `database` to one that you may write"
            )
        return False
    return folder_closed or not os.access(path, os.W_OK)


def _connect_for_reading(path: Path, timeout: float) -> Connected:
    if Path(f"{path}-wal").exists() and Path(f"{path}-wal").stat().st_size:
        raise StoreError(
            f"{path} is read-only here and has unfinished writes in its -wal file: "
            "open it once where it can be written, or copy both files to a folder of yours"
        )
    if not os.access(path, os.R_OK):
        raise StoreError(f"you may not read {path}: ask its owner")
    connection = _open(f"{path.absolute().as_uri()}?mode=ro&immutable=1", timeout)
    try:
        if (version := _version(connection, path)) < VERSION:
            raise StoreError(
                f"{path} is read-only and its format is {version}, not {VERSION}: open it once where it can be written"
            )
    except BaseException:
        connection.close()
        raise
    return Connected(connection, False, [f"{path.name} is read-only: you can read, but no edit can be saved"])


def _open(uri: str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _make_durable(connection: sqlite3.Connection, path: Path) -> list[str]:
    """Sets and checks what durability rests on; returns what is worth saying."""
    kind = _file_system(path.parent)
    wanted = "delete" if kind.startswith(_NETWORK) else "wal"
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != wanted:
        mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA synchronous").fetchone()[0] != 2:
        raise StoreError(f"{path} cannot be opened durably (synchronous=FULL is refused)")
    where = f"{path.parent} is on {kind or 'a file system'} where WAL is unsafe"
    return [] if mode == "wal" else [f"{where}: a rollback journal is used"]


def _file_system(folder: Path) -> str:
    """The type of the file system that holds a folder, "" where the system does not tell."""
    if sys.platform == "linux":
        mounts = [line.split(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        pairs = [(left.split()[4].replace("\\040", " "), right.split()[0]) for left, right in mounts]
    else:
        listed = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False).stdout
        rows = [line.rpartition(" (") for line in listed.splitlines()]
        pairs = [(left.partition(" on ")[2], right.split(",")[0].rstrip(")")) for left, _, right in rows]
    place = folder.resolve()
    held = [(mount, kind) for mount, kind in pairs if place.is_relative_to(mount)]
    return max(held, key=lambda pair: len(pair[0]), default=("", ""))[1]


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Brings the tables up to date, one process at a time, after a snapshot of what was there."""
    from filelock import FileLock, Timeout
    from sqlite_utils import Database

    from annotations.migrations import migrations

    try:
        with FileLock(f"{path}.migrate", timeout=MIGRATION_TIMEOUT):
            version = _version(connection, path)
            if 0 < version < VERSION:
                with closing(sqlite3.connect(f"{path}.before-{VERSION}")) as copy:
                    connection.backup(copy)
            if version < VERSION:
                _make_durable(connection, path)
                migrations.apply(Database(connection, execute_plugins=False))
    except Timeout:
        raise StoreError(
            f"another postil has been bringing {path} up to date for more than {MIGRATION_TIMEOUT:g} s: "
            "wait for it, or end it, and try again"
        ) from None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into sentences that a person can act on."""
    try:
        yield
    except sqlite3.Error as error:
        reason, then = _sentence(path, error)
        raise StoreError(f"{reason}{then}", reason) from error


def _sentence(path: Path, error: sqlite3.Error) -> tuple[str, str]:
    """Why that cannot be, and what it means: the two halves of a sentence."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"{path} is locked by another program", ": nothing was saved; try again when that is done"
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        reason = f"the disk that holds {path} is full or failing ({error})"
        return reason, ": nothing was saved; make room and try again"
    if code.startswith("SQLITE_READONLY"):
        return f"{path} is read-only", ": nothing was saved"
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        reason = f"{path} is not a sound SQLite database ({error})"
        return reason, ": restore a copy, or move it away to begin anew"
    if code.startswith("SQLITE_CANTOPEN"):
        return f"{path} cannot be opened ({error})", ": is it a file, and may you read its folder?"
    return f"{path}: the database refused that ({error})", "; nothing was saved"
