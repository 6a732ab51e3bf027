"""What the journeys share: the installed command, a project, what its database says, and who is still running."""

from __future__ import annotations

import json
import os
import re
import select
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.e2e.harness import Terminal

_OWN_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\]22;[a-z]+\x07")
"""What Textual sends by itself: control sequences, and the shape of the pointer."""

_OBEYED = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys instead of showing it, less the line ends."""

POSTIL = Path(sys.prefix) / "bin" / "postil"
"""The console script of the environment that runs the tests."""


class Screen(Terminal):
    """The app in a terminal."""

    @property
    def message(self) -> str:
        """The row above the strip, where the app says what a command did."""
        return self.screen().split("\n")[-3].strip()

    def says(self, sentence: str, timeout: float = 15) -> None:
        """Wait until the message row holds `sentence`, or the rows above it that a long one takes as well."""
        self.wait_until(lambda _: sentence in self.told, f"{sentence!r} was not said", timeout)

    @property
    def told(self) -> str:
        """The message row and three rows above it, over which a long warning goes, as one line."""
        return " ".join(" ".join(self.screen().split("\n")[-6:-2]).split())

    def do(self, keys: str, sentence: str) -> None:
        """Type, and wait for what the app then says."""
        self.send(keys)
        self.says(sentence)

    def harmless(self) -> None:
        """Assert that nothing which came out does anything but draw, as far as Textual did not send it."""
        shown = _OWN_SEQUENCES.sub("", self.raw.decode())
        assert (found := _OBEYED.search(shown)) is None, repr(
            shown[max(0, found.start() - 40) : found.end() + 40]
        )

    def quit(self) -> None:
        """Leave by the keys for it, and see that all is well."""
        self.send("q")
        self.wait_for("q quit")
        self.send("q")
        assert self.wait_exit() == 0
        self.restored()


@dataclass(frozen=True)
class Project:
    """A project folder, with what is needed to work on it from outside."""

    folder: Path
    command: tuple[str | Path, ...] = (POSTIL,)
    person: str = "ana"
    env: Mapping[str, str] | None = None

    def by(self, person: str) -> Project:
        """The same project, for another person."""
        return replace(self, person=person)

    @property
    def database(self) -> Path:
        return self.folder / "postil.db"

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def state(self) -> Path:
        """The XDG state folder of whoever works on it."""
        return self.folder.parent / f"{self.folder.name}-state"

    @property
    def environment(self) -> dict[str, str]:
        wishes = {"XDG_STATE_HOME": str(self.state), "POSTIL_ANNOTATOR": self.person, "LANG": "C.UTF-8"}
        return {**wishes, **(self.env or {})}

    def app(self, *words: str | Path, **options: Any) -> Screen:
        """The app, opened on the project."""
        return Screen([*self.command, self.folder, *words], env=self.environment, **options)

    def run(self, command: str, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """A headless command on the project."""
        return subprocess.run(
            [*self.command, command, "-p", self.folder, *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            **options,
        )

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def entities(self, article: int, kind: str, name: str) -> set[tuple[int, int, str]]:
        """Start, end and label of a layer's entities on an article."""
        rows = self.query(
            'SELECT e.start, e."end", e.label FROM entities e JOIN layers l ON l.id = e.layer'
            " WHERE e.article = ? AND l.kind = ? AND l.name = ?",
            article,
            kind,
            name,
        )
        return {(start, end, label) for start, end, label in rows}

    def export(self, *words: str) -> list[dict[str, Any]]:
        """The exported documents."""
        done = self.run("export", *words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def sound(self) -> None:
        """Assert that doctor finds nothing."""
        done = self.run("doctor", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout)
        assert found["findings"] == []
        assert (found["journal_mode"], found["synchronous"]) == ("wal", 2)

    def running(self) -> dict[int, str]:
        """The processes whose command line names the folder."""
        return {pid: line for pid, line in processes().items() if str(self.folder) in line}

    def suggesters(self) -> list[int]:
        """Those of them that suggest."""
        return [pid for pid, line in self.running().items() if "annotations.suggest" in line]

    def deserted(self) -> None:
        """Assert that no process is left on the project, now or very soon."""
        eventually(lambda: not self.running(), f"still running: {self.running()}", 10)


def eventually(holds: Callable[[], Any], complaint: str, timeout: float = 15) -> None:
    """Look again and again until `holds`; AssertionError when it does not in time."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"{complaint} within {timeout} s"
        select.select([], [], [], 0.02)


def processes() -> dict[int, str]:
    """Command lines by process id."""
    listed = subprocess.run(
        ["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    pairs = (line.strip().partition(" ") for line in listed.splitlines())
    return {int(pid): arguments for pid, _, arguments in pairs}
