"""Every command of the table, in the real app: it runs somewhere, another key can be given to it, and what it edits is
undone to the byte; with nothing under the cursor it works or says why.

A command that is new needs no line here if it runs at the place where its mode usually begins (`MODES`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from annotations.config import load
from annotations.exporting import Choice, Exporter
from annotations.formats import postil
from annotations.session import Session
from tests.desks import CONFIG, VISIT, VISIT_MARKS, Project, Sitting, check_sound, mark
from tests.screens import Screen, run
from tui.app import PostilApp
from tui.commands import COMMANDS, Command, label_commands

FILE = yaml.safe_load(
    CONFIG.format(done="ask", overlap="none", pipeline="null", profile="default", bindings="{}")
) | {"labels": ["news", "sports"]}
FILE["relations"]["OWNS"] |= {"head": ["PERSON", "ORG", "GPE"], "tail": ["PERSON", "ORG", "GPE"]}

ANA = "home tab"
"""Leads to the own entity Ana Ruiz, which owns Li Wei and leads Oslo."""

TRUST = "/ T r u s t enter"
"""Leads to a suggested organisation within another one."""

MODES = {
    "read": "",
    "relation": f"{ANA} g r",
    "select": "v",
    "link": f"{ANA} r end",
    "head": f"{ANA} r",
    "same": f"{ANA} = tab",
    "hints": ";",
    "ask": "c",
    "preview": "A",
    "card": "g l",
    "library": "q",
    "help": "?",
}
"""Keys from the first pending suggestion, Bergen, to where each mode has something to do."""

PLACES = {
    "cycle-stack": TRUST,
    "cut-left": ANA,
    "cut-right": ANA,
    "split": f"{ANA} l",
    "join": f"{ANA} tab",
    "next-hit": TRUST,
    "previous-hit": TRUST,
    "previous-unreviewed": "tab",
    "redo": "a u",
    "repeat": "a",
    "reopen": "g s g p",
    "previous-article": "g n",
    "previous-flagged": "g n g n",
    "next-problem": f"{ANA} 2 home",
    "previous-problem": f"{ANA} 2 end",
    "next-mention": f"{ANA} = tab enter",
    "leave-cluster": f"{ANA} = tab enter",
    "previous-open-row": "q end",
    "relations": ANA,
    "relate.SEAT": f"{TRUST} r",
    "choose.SEAT": f"{TRUST} r",
    "retype.LEADS": f"{ANA} g r n 4",
    "retype.OWNS": f"{ANA} g r n",
    "retype.SEAT": f"{TRUST} r tab 4 g r",
    "confirm": f"{ANA} r 2",
    "preview-case": "p",
    "preview-words": "p",
    "delete-copies": ANA,
}
"""Where a command works that does not at the place where its mode begins."""

BACK = {"undo": "ctrl+r", "library-undo": "enter ctrl+r", "redo": "u"}
"""How the work of a command is taken back where that is not undo."""

SHOWS_FAULTS = {"next-problem", "previous-problem"}
"""What says, as a warning, what is wrong with the article: nothing was refused."""


def furnish(project: Project) -> Project:
    """Three articles: one with suggestions and some work done, a flagged one, and one without text."""
    first = project.add(VISIT, "Visit")
    marks = [mark(VISIT, *each, score=0.5 + n / 30) for n, each in enumerate(VISIT_MARKS)]
    project.suggest(first, marks)
    second = project.add("The bridge opened at noon.", "Bridge")
    project.suggest(second, [("noon", "DATE")])
    project.suggest(project.add("", "Empty"), [])
    sitting = project.sit(first).press("r", "tab", "4", "r").goto("Oslo").press("1")
    assert sitting.relations == ["Ana Ruiz LEADS Oslo", "Ana Ruiz OWNS Li Wei"]
    sitting.desk.open(second)
    sitting.press("f").desk.open(first)
    sitting.goto("Bergen").session.stands(sitting.desk.offset)
    sitting.session.flush()
    return project


def exported(session: Session) -> bytes:
    """What an export of all articles of this person would write."""
    config = session.config
    exporter = Exporter(session.store, config.schema, config.suggest.floor, Choice(session.layer, all=True))
    symmetric = frozenset(kind.name for kind in config.schema.relations if kind.symmetric)
    return b"".join(postil.line(each, symmetric) for each in exporter.documents(session.store.all_articles()))


def configure(project: Project, bindings: dict[str, list[str]]) -> Project:
    """Writes the config of these tests, with some keys changed."""
    keys = {"profile": "default", "bindings": bindings}
    project.configure(yaml.safe_dump(FILE | {"keys": keys}, allow_unicode=True, sort_keys=False))
    return project


def all_commands() -> list[Command]:
    """The table, and the commands of the labels of these tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(FILE, sort_keys=False), encoding="utf-8")
        return [*COMMANDS, *label_commands(load(path).schema)]


ALL = all_commands()


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.id)
def test_it_runs_on_another_key_and_is_undone_to_the_byte(make_project, monkeypatch, command):
    project = furnish(configure(make_project(), {command.id: [*command.keys, "f12"]}))
    suspended: list[str] = []
    monkeypatch.setattr(PostilApp, "action_suspend_process", lambda app: suspended.append("yes"))

    async def test(screen: Screen) -> None:
        session = screen.app.session
        way = PLACES.get(command.id, MODES[command.scopes[0]])
        await screen.press(*way.split())
        showing = screen.app.screen
        assert showing.scope in command.scopes, (showing.scope, screen.rows()[-3])
        before, newest = exported(session), session.store.newest_edits([session.layer.id])
        await screen.press("f12")
        if command.id == "exit":
            return
        assert screen.app._commands[-1] == command.id
        if screen.app.screen is screen.app.reader:
            assert not screen.desk.warns or command.id in SHOWS_FAULTS, screen.desk.said
            screen.check()
        check_sound(session)
        if exported(session) != before or session.store.newest_edits([session.layer.id]) != newest:
            await screen.press("escape", "escape", *BACK.get(command.id, "u").split())
            assert exported(session) == before
            check_sound(session)

    run(test, project)
    assert bool(suspended) == (command.id == "suspend")


AT_REST = [command for command in ALL if "read" in command.scopes]


def sit_down(make_project: Callable[..., Project], text: str) -> Sitting:
    """Somebody at an article on which there is nothing."""
    project = configure(make_project(), {})
    return project.sit(project.add(text, "Bare"))


@pytest.mark.parametrize("text", ["", "Nobody came."])
@pytest.mark.parametrize("command", AT_REST, ids=lambda command: command.id)
def test_with_nothing_under_the_cursor_it_works_or_says_why(make_project, command, text):
    sitting = sit_down(make_project, text)
    assert sitting.focused is None
    before = exported(sitting.session)
    if command.keys:
        sitting.press(*command.keys[0].split())
    else:
        command.run(sitting.desk)
    edited = sitting.session.store.newest_edits([sitting.session.layer.id]) != (0,)
    assert not sitting.desk.warns or (sitting.said and not edited)
    sitting.check()
    check_sound(sitting.session)
    sitting.press("escape", "escape")
    assert sitting.desk.scope == "read"
    if edited:
        sitting.press("u")
    assert exported(sitting.session) == before


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.id)
def test_its_modes_are_known_and_have_a_place(command):
    assert command.scopes and set(command.scopes) <= set(MODES)
    assert command.scopes[0] in MODES


def test_no_place_is_kept_for_a_command_that_is_none():
    assert set(PLACES) | set(BACK) <= {command.id for command in ALL}
