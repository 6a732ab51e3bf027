from __future__ import annotations

import inspect
import re
from collections import Counter
from pathlib import Path

import pytest

from annotations.config import Keys, load
from tui.commands import COMMANDS, PROFILES, label_commands
from tui.host import Host, ReaderHost, ShelfHost
from tui.keys import Keymap

STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
ALL = [*COMMANDS, *label_commands(STARTER)]
SCOPES = {"read", "relation", "select", "link", "hints", "ask", "library", "help"}

ON_ANY_KEYBOARD = re.compile(
    r"[A-Za-z0-9]|space|tab|shift\+tab|enter|escape|(shift\+)?(left|right|up|down)|home|end|pageup|pagedown"
)
"""Keys that are on every national layout without a modifier beside Shift."""

BY_NAME_ONLY = {"reload", "library-reload"}
"""Commands without a key of their own: they are chosen by name."""


HABITS = {"suspend": ("ctrl+z",), "interrupt": ("ctrl+c",)}
"""What every terminal program answers to; suspending is also chosen by name."""


def test_every_command_has_an_id_of_its_own():
    assert [id for id, count in Counter(c.id for c in ALL).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z-]+(\.\S+)?", c.id) for c in ALL)


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.id)
def test_every_command_says_what_it_does_and_where(command):
    assert command.scopes and set(command.scopes) <= SCOPES
    assert command.title and len(command.title) <= 20
    assert command.help and command.help[0].islower() and not command.help.endswith(".")
    assert command.group
    assert callable(command.run) and callable(command.when)


@pytest.mark.parametrize(
    "command", [c for c in ALL if c.id not in BY_NAME_ONLY | set(HABITS)], ids=lambda c: c.id
)
def test_every_command_is_reached_by_letters_and_named_keys(command):
    forms = [keys.split() for keys in command.keys]
    assert any(all(ON_ANY_KEYBOARD.fullmatch(key) for key in form) for form in forms) or not forms, (
        command.keys
    )


def test_only_habits_of_the_terminal_stand_on_ctrl_alone():
    assert {c.id: c.keys for c in ALL if c.id in HABITS} == HABITS


def test_what_has_no_key_is_a_relation_type_without_a_digit_or_chosen_by_name():
    without = {c.id for c in ALL if not c.keys}
    assert without <= BY_NAME_ONLY | {f"relate.{kind.name}" for kind in STARTER.relations}


def test_no_alt_and_no_key_that_terminals_do_not_send():
    keys = [key for c in ALL for form in c.keys for key in form.split()]
    assert not [
        key for key in keys if key.startswith(("alt+", "super+")) or key in ("ctrl+i", "ctrl+m", "ctrl+h")
    ]


def test_profiles_name_commands_that_exist():
    known = {c.id for c in ALL}
    for profile, changes in PROFILES.items():
        assert set(changes) <= known, profile


def test_every_verb_of_the_main_job_is_there():
    scopes = {c.id: set(c.scopes) for c in ALL}
    keys = {c.id: set(c.keys) for c in ALL}
    expected = {
        "next-token": {"l", "right"},
        "previous-token": {"h", "left"},
        "next-line": {"j", "down"},
        "previous-line": {"k", "up"},
        "next-word": {"w"},
        "previous-word": {"b"},
        "word-end": {"e"},
        "next-sentence": {")"},
        "previous-sentence": {"("},
        "next-paragraph": {"}"},
        "previous-paragraph": {"{"},
        "top": {"g g", "home"},
        "bottom": {"G", "end"},
        "page-down": {"pagedown"},
        "page-up": {"pageup"},
        "next-item": {"tab"},
        "previous-item": {"shift+tab"},
        "cycle-stack": {"~", "g z"},
        "jump": {";", "g j"},
        "palette": {"space space"},
        "select": {"v"},
        "grow": {"V"},
        "switch-end": {"o"},
        "edges": {"g v"},
        "commit": {"enter"},
        "grow-left": {"H"},
        "grow-right": {"L"},
        "cut-left": {"<"},
        "cut-right": {">"},
        "accept": {"a"},
        "reject": {"x"},
        "delete": {"d", "delete"},
        "split": {"S"},
        "join": {"J"},
        "relate": {"r"},
        "relate-many": {"R"},
        "confirm": {"enter"},
        "every-target": {"!"},
        "relations": {"g r"},
        "next-relation": {"n"},
        "previous-relation": {"N"},
        "swap": {"o"},
        "repoint-tail": {"r"},
        "repoint-head": {"R"},
        "undo": {"u"},
        "redo": {"ctrl+r"},
        "done": {"c"},
        "reopen": {"C"},
        "skip": {"g s"},
        "flag": {"f"},
        "next-article": {"] ]", "g n"},
        "previous-article": {"[ [", "g p"},
        "search": {"/"},
        "next-hit": {"n"},
        "previous-hit": {"N"},
        "note": {"i"},
        "help": {"?", "f1"},
        "commands": {":", "ctrl+p"},
        "pane": {"\\"},
        "labels": {"z l"},
        "centre": {"z z"},
        "quit": {"q"},
        "leave": {"escape"},
        "filter": {"F"},
    }
    for id, wanted in expected.items():
        assert wanted <= keys[id], id
    assert scopes["leave"] == {"read", "relation", "select", "link", "hints", "ask"}


def test_digits_and_codes_of_the_starter_reach_every_label_and_relation_type():
    keymap = Keymap(STARTER, Keys("default", {}, {}), "config.yaml")
    read, relation, link = (keymap.table(scope) for scope in ("read", "relation", "link"))
    for place, kind in enumerate(STARTER.entities):
        assert read[("space", *kind.code)].id == f"label.{kind.name}"
        assert link[("space", *kind.code)].id == f"link-label.{kind.name}"
        if place < 10:
            assert read[kind.keys[0],].id == f"label.{kind.name}"
    for kind in STARTER.relations:
        assert relation[("space", *kind.code)].id == f"retype.{kind.name}"
        assert link[kind.keys[0],].id == f"relate.{kind.name}"


def test_escape_is_bound_wherever_keys_are():
    keymap = Keymap(STARTER, Keys("default", {}, {}), "config.yaml")
    assert all(("escape",) in keymap.table(scope) for scope in SCOPES)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_the_strip_has_room_for_verbs_in_every_scope(scope):
    ranked = sorted(c.strip for c in ALL if scope in c.scopes and c.strip)
    assert scope == "hints" or ranked


def test_the_screens_offer_what_the_controllers_ask_for():
    from tui.screens.library import LibraryScreen
    from tui.screens.reader import ReaderScreen

    for protocol, screen in ((ReaderHost, ReaderScreen), (ShelfHost, LibraryScreen)):
        for name, member in {**vars(Host), **vars(protocol)}.items():
            if not name.startswith("_") and callable(member):
                wanted = list(inspect.signature(member).parameters)
                assert list(inspect.signature(getattr(screen, name)).parameters) == wanted, name
