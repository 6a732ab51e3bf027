from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from annotations.config import Keys, load
from annotations.errors import ConfigError
from annotations.schema import Schema
from tests.desks import CONFIG, Project
from tui.app import _keys
from tui.keys import Dispatcher, Keymap, canonical, event_key, sequence

STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
SCOPES = ("read", "relation", "select", "link", "hints", "ask", "library", "help")


def keymap(
    profile: str = "default", schema: Schema = STARTER, lines=None, **bindings: tuple[str, ...]
) -> Keymap:
    named = {id.replace("_", "-"): keys for id, keys in bindings.items()}
    return Keymap(schema, Keys(profile, named, lines or {}), "config.yaml")


# -- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("semicolon", ";"),
        ("less_than_sign", "<"),
        ("tilde", "~"),
        (" ", "space"),
        ("Space", "space"),
        ("Esc", "escape"),
        ("Return", "enter"),
        ("PgDn", "pagedown"),
        ("backtab", "shift+tab"),
        ("G", "G"),
        ("g", "g"),
        ("Ctrl+R", "ctrl+r"),
        ("F1", "f1"),
        ("ж", "ж"),
    ],
)
def test_a_key_has_one_name_however_it_is_written(written, meant):
    assert canonical(written) == meant


def test_a_sequence_is_key_names_with_spaces_between():
    assert sequence("g g") == ("g", "g")
    assert sequence("space semicolon") == ("space", ";")


def test_what_the_terminal_reports_is_the_character_where_it_prints():
    assert event_key("question_mark", "?", True) == "?"
    assert event_key("upper_g", "G", True) == "G"
    assert event_key("enter", "\r", False) == "enter"
    assert event_key("ctrl+r", "\x12", False) == "ctrl+r"
    assert event_key("space", " ", True) == "space"


@pytest.mark.parametrize(
    ("key", "character", "meant"),
    [
        ("alt+a", None, [("escape", None), ("a", "a")]),
        ("alt+shift+a", None, [("escape", None), ("A", "A")]),
        ("alt+left", None, [("alt+left", None)]),
        ("a", "a", [("a", "a")]),
        ("ctrl+r", "\x12", [("ctrl+r", "\x12")]),
    ],
)
def test_alt_and_a_letter_is_escape_and_the_letter(key, character, meant):
    assert _keys(events.Key(key, character)) == meant


# -- the table --------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["default", "prodigy", "arrows"])
@pytest.mark.parametrize("scope", SCOPES)
def test_no_sequence_is_the_beginning_of_another(profile, scope):
    table = keymap(profile).table(scope)
    assert table
    for one, other in combinations(table, 2):
        shorter = min(len(one), len(other))
        assert one[:shorter] != other[:shorter]


def test_a_clash_names_both_commands_and_the_line():
    with pytest.raises(ConfigError) as error:
        keymap(lines={"done": 7}, done=("u",))
    message = str(error.value)
    assert message.startswith("config.yaml:7: ")
    assert '"u" of done' in message or '"u" of undo' in message
    assert "done" in message and "undo" in message
    assert "keys.bindings" in message


def test_a_sequence_that_begins_with_another_commands_key_is_a_clash():
    with pytest.raises(ConfigError, match='the key "g" of done clashes with "g g" of top'):
        keymap(done=("g",))


def test_a_command_may_not_have_a_key_and_a_sequence_that_begins_with_it():
    with pytest.raises(ConfigError, match="top"):
        keymap(top=("t", "t t"))


def test_the_same_key_twice_for_one_command_is_no_clash():
    assert keymap(done=("c", "c")).keys_of("done") == ("c", "c")


def test_one_key_may_mean_different_things_in_different_scopes():
    table = keymap()
    assert table.table("read")[("o",)].id if ("o",) in table.table("read") else True
    assert table.table("select")[("o",)].id == "switch-end"
    assert table.table("relation")[("o",)].id == "swap"


def test_an_unknown_command_names_the_nearest_one_and_the_line():
    with pytest.raises(
        ConfigError, match=r'config.yaml:9: keys.bindings.acept is not a command; did you mean "accept"\?'
    ):
        keymap(lines={"acept": 9}, acept=("b",))


def test_no_alt_letter_can_be_bound():
    with pytest.raises(ConfigError, match="alt"):
        keymap(lines={"done": 3}, done=("alt+d",))


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("entre", 'did you mean "enter"'),
        ("ctlr+x", '"ctlr+x" is not a key'),
        ("ctrl+pagdown", 'did you mean "pagedown"'),
        ("gg", '"gg" is not a key'),
    ],
)
def test_a_key_that_does_not_exist_names_the_line_and_the_nearest_one(key, says):
    with pytest.raises(ConfigError, match=rf"config.yaml:4: keys.bindings.done: .*{re.escape(says)}"):
        keymap(lines={"done": 4}, done=(key,))


@pytest.mark.parametrize(
    "key", ["ctrl+k", "ctrl+shift+left", "+", "ctrl+backslash", "F5", "shift+home", "ж", "^", "alt+left"]
)
def test_real_keys_are_taken(key):
    assert keymap(done=(key,)).keys_of("done")


def test_the_message_has_the_line_of_the_file_itself(tmp_path):
    project = Project(tmp_path, bindings="{}")
    text = CONFIG.format(**project.settings).replace("bindings: {}", "bindings:\n    done: [x]")
    project.configure(text)
    config = load(tmp_path / "config.yaml")
    line = next(n for n, found in enumerate(text.splitlines(), 1) if "done: [x]" in found)
    with pytest.raises(ConfigError, match=f"config.yaml:{line}: "):
        Keymap(config.schema, config.keys, "config.yaml")
    project.close()


def test_every_command_can_be_given_another_key():
    for id in keymap().commands:
        moved = keymap(**{id.replace("-", "_"): ("f9 f9",)}) if "_" not in id else None
        if moved is not None:
            assert moved.keys_of(id) == ("f9 f9",)
            for scope in moved.commands[id].scopes:
                assert moved.table(scope)[("f9", "f9")].id == id


def test_a_command_can_lose_all_its_keys():
    assert keymap(flag=()).keys_of("flag") == ()


def test_the_arrows_profile_has_no_vim_letters_and_undo_on_ctrl_z():
    table = keymap("arrows").table("read")
    for letter in "hjklwbeG":
        assert (letter,) not in table
    assert table[("ctrl+z",)].id == "undo"
    assert table[("right",)].id == "next-token"


# -- the dispatcher ---------------------------------------------------------------------------------


def test_a_sequence_waits_for_its_next_key_and_says_what_can_follow():
    dispatcher = Dispatcher(keymap())
    assert dispatcher.feed("read", "g") is None
    assert dispatcher.pending == ("g",)
    following = dict(dispatcher.next_keys("read"))
    assert following["g"].id == "top" and following["s"].id == "skip"
    command = dispatcher.feed("read", "g")
    assert command is not None and command.id == "top"
    assert dispatcher.pending == ()


def test_an_unknown_next_key_cancels_and_runs_nothing():
    dispatcher = Dispatcher(keymap())
    dispatcher.feed("read", "g")
    assert dispatcher.feed("read", "a") is None
    assert (dispatcher.pending, dispatcher.cancelled) == ((), "g a")
    command = dispatcher.feed("read", "a")
    assert command is not None and command.id == "accept"


def test_escape_cancels_a_sequence_and_leaves_no_mode(project):
    sitting = project.sit(project.visit()).press("v", "g", "escape")
    assert (sitting.desk.scope, sitting.dispatcher.pending) == ("select", ())
    assert sitting.press("escape").desk.scope == "read"


def test_an_unknown_key_runs_nothing(project):
    sitting = project.sit(project.visit()).press("Q", "ctrl+j", "f7", "é", "g", "Q")
    assert sitting.ran == []
    assert sitting.entities == []


@given(
    st.lists(
        st.sampled_from(["g", "z", "space", "a", "l", "escape", "[", "]", "1", "?", "f5", "x"]), max_size=12
    )
)
def test_whatever_is_typed_a_sequence_never_outgrows_the_table(keys):
    dispatcher = Dispatcher(keymap())
    longest = max(map(len, dispatcher.keymap.table("read")))
    for key in keys:
        dispatcher.feed("read", key)
        assert len(dispatcher.pending) < longest
        assert not dispatcher.pending or list(dispatcher.next_keys("read"))
