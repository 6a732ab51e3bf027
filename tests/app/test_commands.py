from __future__ import annotations

import inspect
import re
from collections import Counter
from pathlib import Path

import pytest

from annotations.config import Keys, load
from tui.commands import COMMANDS, label_commands
from tui.host import Host, ReaderHost, ShelfHost
from tui.keys import Keymap
from tui.panels import with_keys
from tui.prompting import Prompting
from tui.screens.base import command_choice
from tui.screens.help import ABOUT, NAMES
from tui.words import WORDS

STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
ALL = [*COMMANDS, *label_commands(STARTER)]
SCOPES = {*NAMES, "help"}

BY_NAME_ONLY = {"reload", "library-reload", "tour"}
"""Commands without a key of their own: they are chosen by name."""


def test_every_command_has_an_id_of_its_own():
    assert [id for id, count in Counter(c.id for c in ALL).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z-]+(\.\S+)?", c.id) for c in ALL)


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.id)
def test_every_command_says_what_it_does_and_where(command):
    assert command.scopes and set(command.scopes) <= SCOPES
    assert command.title and (len(command.title) <= 14 or "." in command.id)
    assert command.help and re.match(r"[a-z]+ ", command.help) and not command.help.endswith(".")
    assert command.group
    assert callable(command.run) and callable(command.when)


def test_what_has_no_key_is_a_relation_type_without_a_digit_or_chosen_by_name():
    without = {c.id for c in ALL if not c.keys}
    assert without <= BY_NAME_ONLY | {f"relate.{kind.name}" for kind in STARTER.relations}


def test_no_alt_and_no_key_that_terminals_do_not_send():
    keys = [key for c in ALL for form in c.keys for key in form.split()]
    assert not [
        key for key in keys if key.startswith(("alt+", "super+")) or key in ("ctrl+i", "ctrl+m", "ctrl+h")
    ]


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
        "next-name": {"W"},
        "previous-name": {"B"},
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
    assert {"read", "relation", "select", "link", "head", "hints", "ask"} <= scopes["leave"]


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


PHRASES = {
    "remove": "delete",
    "delete entity": "delete",
    "undo": "undo",
    "take back": "undo",
    "revert": "undo",
    "redo": "redo",
    "next document": "next-article",
    "next article": "next-article",
    "previous article": "previous-article",
    "save": "done",
    "finish": "done",
    "submit": "done",
    "settle the article": "done",
    "skip": "skip",
    "ignore article": "skip",
    "flag": "flag",
    "bookmark": "flag",
    "find text": "search",
    "search": "search",
    "accept": "accept",
    "approve suggestion": "accept",
    "reject": "reject",
    "wrong": "reject",
    "accept all": "accept-read",
    "new entity": "select",
    "select": "select",
    "noun phrase": "grow",
    "missed name": "next-name",
    "change label": "palette",
    "choose a label": "palette",
    "trim": "cut-left",
    "shrink": "cut-right",
    "extend right": "grow-right",
    "merge": "join",
    "join": "join",
    "split": "split",
    "comment": "note",
    "link": "relate",
    "connect entities": "relate",
    "show relations": "relations",
    "jump": "jump",
    "dark mode": "theme",
    "colours": "theme",
    "sidebar": "pane",
    "shortcuts": "help",
    "config": "reload",
    "exit": "quit",
    "list of articles": "quit",
    "tutorial": "tour",
    "go to the end": "bottom",
    "beginning": "top",
    "copy": "copy",
    "open again": "reopen",
}
"""What somebody might type into the list of commands, and the command that they mean."""


@pytest.mark.parametrize(("phrase", "id"), PHRASES.items())
def test_the_list_of_commands_finds_each_by_what_it_does(phrase, id):
    keymap = Keymap(STARTER, Keys("default", {}, {}))
    choices = [command_choice(bound) for bound in keymap.bound if "read" in bound.command.scopes]
    asked = Prompting("command", lambda command: None, choices)
    asked.typed(phrase)
    assert id in [choice.value.id for choice in asked.matches[:3]]


def test_each_command_is_found_by_its_id_its_title_and_its_own_words():
    for command in COMMANDS:
        keymap = Keymap(STARTER, Keys("default", {}, {}))
        choices = [command_choice(b) for b in keymap.bound if set(b.command.scopes) & set(command.scopes)]
        asked = Prompting("command", lambda found: None, choices)
        for typed in (command.id, command.title, command.help):
            asked.typed(typed)
            assert command.id in [choice.value.id for choice in asked.matches], typed


def test_more_words_are_those_of_commands_that_exist():
    assert [id for id in WORDS if id not in {command.id for command in COMMANDS}] == []


@pytest.mark.parametrize("profile", ["default", "prodigy", "arrows"])
@pytest.mark.parametrize("scope", sorted(NAMES))
def test_help_says_in_a_few_lines_what_a_mode_is_with_live_keys(scope, profile):
    keymap = Keymap(STARTER, Keys(profile, {}, {}))
    words = with_keys(keymap, ABOUT[scope])
    assert 40 < len(words) < 320 and "{" not in words


def test_the_screens_offer_what_the_controllers_ask_for():
    from tui.screens.library import LibraryScreen
    from tui.screens.reader import ReaderScreen

    for protocol, screen in ((ReaderHost, ReaderScreen), (ShelfHost, LibraryScreen)):
        for name, member in {**vars(Host), **vars(protocol)}.items():
            if not name.startswith("_") and callable(member):
                wanted = list(inspect.signature(member).parameters)
                assert list(inspect.signature(getattr(screen, name)).parameters) == wanted, name
