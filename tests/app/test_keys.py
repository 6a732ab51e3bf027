from __future__ import annotations

import importlib
import re
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from annotations.config import Keys, load
from annotations.errors import ConfigError
from annotations.schema import Schema
from tests.desks import CONFIG, Project
from tui import cli
from tui.app import _keys
from tui.commands import COMMANDS, LEADERS, PROFILES, label_commands
from tui.keys import Dispatcher, Keymap, canonical, event_key, misnamed, sequence

STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
SCOPES = sorted({scope for command in COMMANDS for scope in command.scopes})


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


@pytest.mark.parametrize("profile", PROFILES)
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
    with pytest.raises(ConfigError, match=r'the key "g" of done clashes with "g .+" of '):
        keymap(done=("g",))


def test_a_command_may_not_have_a_key_and_a_sequence_that_begins_with_it():
    with pytest.raises(ConfigError, match="top"):
        keymap(top=("t", "t t"))


def test_the_same_key_twice_for_one_command_is_no_clash():
    assert keymap(done=("c", "c")).keys_of("done") == (("c",), ("c",))


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


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("shift+q", "Q"),
        ("Shift+É", "É"),
        ("ctrl+m", "enter"),
        ("ctrl+i", "tab"),
        ("ctrl+[", "escape"),
        ("ctrl+h", "backspace"),
        ("ctrl+space", "ctrl+@"),
        ("ctrl+]", "ctrl+right_square_bracket"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("f13", "shift+f1"),
        ("ctrl+f24", "ctrl+shift+f12"),
        ("ctrl++", "ctrl++"),
    ],
)
def test_a_key_has_the_name_of_what_the_terminal_sends(written, sent):
    assert canonical(written) == sent == canonical(sent)


def test_what_terminals_send_is_known_by_its_own_name():
    sequences = importlib.import_module("textual._ansi_sequences").ANSI_SEQUENCES_KEYS
    names = {keys[0].value for keys in sequences.values() if isinstance(keys, tuple) and len(keys) == 1}
    for name in names - {"shift+escape", "<scroll-up>", "<scroll-down>", "<ignore>"}:
        if not re.search(r"ctrl\+(shift\+)?\d", name):
            assert misnamed(event_key(name, None, False)) is None, name


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("ctrl+shift+c", "with Ctrl there are the letters, the arrows and the F-keys"),
        ("ctrl+1", "is not sent by terminals"),
        ("ctrl+;", "is not sent by terminals"),
        ("shift+1", 'write the character that comes with Shift, "!" say'),
        ("ctrl+enter", "is not sent by terminals"),
        ("shift+space", "is not sent by terminals"),
        ("ctrl+tab", "is not sent by terminals"),
        ("f25", '"f25" is not a key'),
    ],
)
def test_a_key_that_no_terminal_sends_is_refused(key, says):
    with pytest.raises(ConfigError, match=rf"config.yaml:4: keys.bindings.done: .*{re.escape(says)}"):
        keymap(lines={"done": 4}, done=(key,))


def test_shift_and_a_letter_is_the_capital_and_clashes_as_such():
    with pytest.raises(ConfigError, match='"C" of reopen clashes with "C" of done'):
        keymap(lines={"done": 3}, done=("shift+c",))


def test_ctrl_m_is_enter_and_clashes_as_such():
    with pytest.raises(ConfigError, match='"enter" of done clashes with "enter" of details'):
        keymap(lines={"done": 3}, done=("ctrl+m",))


@pytest.mark.parametrize("id", ["leave", "card-close", "preview-leave", "close-help", "library-leave"])
@pytest.mark.parametrize("bound", [("ctrl+x",), (), ("escape",)])
def test_escape_always_leaves_whatever_is_bound(id, bound):
    assert keymap(**{id: bound}).keys_of(id)[-1] == ("escape",)
    with pytest.raises(ConfigError, match="clashes"):
        keymap(**{id: ("ctrl+x",), "interrupt": ("escape",)})


def test_a_command_with_two_letters_the_wrong_way_round_is_understood():
    with pytest.raises(ConfigError, match=r'dnoe is not a command; did you mean "done"\?'):
        keymap(dnoe=("c",))


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
        moved = Keymap(STARTER, Keys("default", {id: ("f9 f9",)}, {}))
        assert moved.keys_of(id)[0] == ("f9", "f9")
        for scope in moved.commands[id].scopes:
            assert moved.table(scope)[("f9", "f9")].id == id


def test_labels_and_relation_types_are_remapped_by_their_ids():
    moved = Keymap(STARTER, Keys("default", {"label.ORG": ("f9",), "relate.MET": ("f9",)}, {}))
    assert moved.table("read")[("f9",)].id == "label.ORG" and ("2",) not in moved.table("read")
    assert moved.table("link")[("f9",)].id == moved.table("head")[("f9",)].id == "relate.MET"


def test_an_unknown_label_names_the_nearest_one():
    with pytest.raises(
        ConfigError, match=r'keys.bindings.label.PERSN is not a command; did you mean "label.PERSON"'
    ):
        Keymap(STARTER, Keys("default", {"label.PERSN": ("f9",)}, {}))
    with pytest.raises(ConfigError, match=r'did you mean "relate.MET"'):
        Keymap(STARTER, Keys("default", {"relate.MTE": ("f9",)}, {}))


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    lines = {"acept": 9, "done": 4, "flag": 6, "undo": 7}
    bindings = {"acept": ("b",), "done": ("entre",), "flag": ("ctlr+x",), "undo": ("x",)}
    with pytest.raises(ConfigError) as error:
        Keymap(STARTER, Keys("default", bindings, lines))
    told = str(error.value).splitlines()
    assert [line.split(": ")[0] for line in told] == [f"config.yaml:{n}" for n in (4, 6, 7, 9)]
    assert "enter" in told[0] and "undo" in told[2] and "reject" in told[2] and "accept" in told[3]


def test_a_clash_in_several_modes_is_told_once():
    with pytest.raises(ConfigError, match=r"\(read, relation\)") as error:
        keymap(done=("u",))
    assert len(str(error.value).splitlines()) == 1


def test_a_command_can_lose_all_its_keys():
    assert keymap(flag=()).keys_of("flag") == ()


# -- profiles ---------------------------------------------------------------------------------------

MOTIONS = set("hjklwbeGVHL")
"""The letters with which vim moves and selects."""


def test_the_arrows_profile_has_no_vim_letters_in_any_mode():
    codes = {f"{verb}.{kind.name}" for verb in ("label", "link-label") for kind in STARTER.entities}
    found = [
        (bound.command.id, keys)
        for bound in keymap("arrows").bound
        for keys in bound.sequences
        if bound.command.id not in codes and (keys[0] in MOTIONS or keys == ("g", "g"))
    ]
    assert found == []
    moves = [b for b in keymap("arrows").bound if b.command.group == "Move"]
    assert [b.command.id for b in moves if not b.sequences] == []


def test_the_arrows_profile_moves_with_arrows_and_undoes_on_ctrl_z():
    table = keymap("arrows").table("read")
    assert table[("ctrl+z",)].id == "undo"
    assert table[("right",)].id == "next-token"
    assert table[("s",)].id == "select"


def test_the_prodigy_profile_has_prodigys_keys():
    table = keymap("prodigy").table("read")
    wanted = {
        "a": "accept",
        "x": "reject",
        "space": "skip",
        "backspace": "undo",
        "f": "flag",
        "1": "label.PERSON",
    }
    assert {key: table[(key,)].id for key in wanted} == wanted


@pytest.mark.parametrize("profile", PROFILES)
def test_every_code_follows_the_profiles_leader(profile):
    found, leader = keymap(profile), LEADERS[profile]
    assert found.table("read")[(leader, "space")].id == "palette"
    for kind in STARTER.entities:
        assert found.table("read")[(leader, *kind.code)].id == f"label.{kind.name}"
        assert found.table("link")[(leader, *kind.code)].id == f"link-label.{kind.name}"
    for kind in STARTER.relations:
        assert found.table("head")[(leader, *kind.code)].id == f"choose.{kind.name}"
        assert found.table("relation")[(leader, *kind.code)].id == f"retype.{kind.name}"


ON_ANY_KEYBOARD = re.compile(
    r"[A-Za-z0-9]|space|tab|shift\+tab|enter|escape|(shift\+)?(left|right|up|down)|home|end|pageup|pagedown"
)
"""Keys that are on every national layout without a modifier beside Shift."""

HABITS = {"suspend", "interrupt", "redraw"}
"""What every terminal program answers to: Ctrl and a letter."""


@pytest.mark.parametrize("profile", PROFILES)
def test_every_command_is_reached_without_punctuation(profile):
    found = keymap(profile)
    plain = {
        bound.command.id
        for bound in found.bound
        if any(all(map(ON_ANY_KEYBOARD.fullmatch, keys)) for keys in bound.sequences)
    }
    by_name = {
        bound.command.id
        for bound in found.bound
        if not bound.sequences and set(bound.command.scopes) & {"read", "relation", "link", "head", "library"}
    }
    assert set(found.commands) - plain - by_name - HABITS == set()
    assert {"commands", "library-commands"} <= plain


def test_profiles_change_commands_that_exist():
    known = {command.id for command in (*COMMANDS, *label_commands(STARTER))}
    assert [id for changes in PROFILES.values() for id in changes if id not in known] == []


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
    assert dispatcher.feed("read", "1") is None
    assert (dispatcher.pending, dispatcher.cancelled) == ((), "g 1")
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


@pytest.mark.parametrize(
    ("bindings", "says"),
    [("{done: [x]}", 'the key "x" of done clashes'), ("{dome: [f5]}", "dome")],
)
def test_the_check_of_a_config_checks_its_keys(make_project, bindings, says):
    project = make_project(bindings=bindings)
    done = CliRunner().invoke(cli.main, ["schema", "check", "-p", str(project.folder)])
    assert done.exit_code == 1 and says in done.output
