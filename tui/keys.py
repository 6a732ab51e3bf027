"""Key names, key tables and the dispatcher: which command a sequence of keys means in a scope.

Invariant: within a scope no sequence is another's beginning, so a sequence needs no time limit to be understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from annotations.config import Keys, nearest
from annotations.errors import ConfigError
from annotations.schema import Schema
from tui.commands import COMMANDS, LEADER, LEADERS, PROFILES, Command, label_commands

Sequence_ = tuple[str, ...]

ESCAPE = "escape"
"""The key that always leaves."""

_NAMES = {
    "semicolon": ";",
    "slash": "/",
    "backslash": "\\",
    "question_mark": "?",
    "colon": ":",
    "tilde": "~",
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "full_stop": ".",
    "comma": ",",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "return": "enter",
    "esc": "escape",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
    "backtab": "shift+tab",
}

_FUNCTION = tuple(f"f{number}" for number in range(1, 13))

_MOVING = ("home", "end", "pageup", "pagedown", "up", "down", "left", "right", "delete", "insert")
"""Names of keys that terminals also send with Ctrl, Shift or Alt held."""

_WITHOUT_CHARACTER = ("space", "tab", "enter", "escape", "backspace", *_MOVING, *_FUNCTION)
"""Names of keys that stand for no character."""

_SENT_AS = {
    "ctrl+m": "enter",
    "ctrl+i": "tab",
    "ctrl+[": "escape",
    "ctrl+left_square_bracket": "escape",
    "ctrl+h": "backspace",
    "ctrl+space": "ctrl+@",
    "ctrl+\\": "ctrl+backslash",
    "ctrl+]": "ctrl+right_square_bracket",
    "ctrl+^": "ctrl+circumflex_accent",
    "ctrl+_": "ctrl+underscore",
    **{f"f{number + 12}": f"shift+f{number}" for number in range(1, 13)},
    **{f"ctrl+f{number + 12}": f"ctrl+shift+f{number}" for number in range(1, 13)},
}
"""Keys that a terminal sends as another one, as which they are known here; F13 is what Shift+F1 sends."""

_WITH_CTRL = ("@", "backslash", "right_square_bracket", "circumflex_accent", "underscore")
"""What has a control character of its own, beside the letters."""


def canonical(name: str) -> str:
    """One name for each key: the character where it has one, also with Shift, else the lower-case name with its
    modifiers in order; of keys that a terminal cannot tell apart the same."""
    if len(name) == 1:
        return "space" if name == " " else name
    lowered = name.lower()
    if (letter := lowered.removeprefix("shift+")).isalpha() and len(letter) == len(letter.upper()) == 1:
        return letter.upper()
    held, base = _parts(lowered)
    lowered = "+".join([*sorted(held), base])
    return _SENT_AS.get(lowered) or _NAMES.get(lowered, lowered)


def _parts(key: str) -> tuple[list[str], str]:
    """What is held down, and the key itself, of a name."""
    held, _, base = key[:-1].rpartition("+")
    return (held.split("+") if held else []), base + key[-1]


def event_key(key: str, character: str | None, printable: bool) -> str:
    """The canonical name of a key that the terminal reported; with Ctrl it is not the character that it has without."""
    typed = printable and character and not key.startswith("ctrl+")
    return canonical(character) if typed and character else canonical(key)


def sequence(text: str) -> Sequence_:
    """A sequence as written in config.yaml: key names with spaces between them."""
    return tuple(canonical(name) for name in text.split())


def misnamed(key: str) -> str | None:
    """What is wrong with the canonical name of a key, None when nothing is."""
    if len(key) == 1:
        return None
    held, base = _parts(key)
    if "alt" in held and len(base) == 1:
        return f'"{key}" cannot be bound: a fast Escape and a letter look the same on a slow line'
    known = [*_WITHOUT_CHARACTER, *_NAMES, *_WITH_CTRL]
    if not set(held) <= {"ctrl", "shift", "alt"} or not (len(base) == 1 or base in known):
        close = nearest(base, [each for each in known if each != key])
        return f'"{key}" is not a key' + (f'; did you mean "{close}"?' if close else "")
    return None if not held or _is_sent(held, base) else f'"{key}" is not sent by terminals; {_instead(held)}'


def _is_sent(held: list[str], base: str) -> bool:
    """Whether a terminal tells a key with others held down from every other one."""
    if base in _MOVING:
        return True
    if base in _FUNCTION:
        return "alt" not in held
    if held == ["ctrl"]:
        return base in _WITH_CTRL or (len(base) == 1 and "a" <= base <= "z")
    return (held, base) == (["shift"], "tab")


def _instead(held: list[str]) -> str:
    """What can be bound in place of a key that cannot."""
    if held == ["shift"]:
        return 'write the character that comes with Shift, "!" say'
    return "with Ctrl there are the letters, the arrows and the F-keys"


@dataclass(frozen=True, slots=True)
class Bound:
    """A command with the sequences that call it in this project."""

    command: Command
    sequences: tuple[Sequence_, ...]


class Keymap:
    """All commands with their keys, by scope. ConfigError with a line of text for each unknown id, each key that is
    none and each clash, in the order of the file."""

    def __init__(self, schema: Schema, keys: Keys, file: str = "config.yaml") -> None:
        commands = [*COMMANDS, *label_commands(schema)]
        self.commands: dict[str, Command] = {command.id: command for command in commands}
        self._file, self._lines = file, keys.lines
        self._faults: dict[str, int] = {}
        self._clashes: dict[tuple[str, str], tuple[Sequence_, Sequence_, list[str]]] = {}
        self._refuse_unknown(keys.bindings)
        self.bound = [Bound(command, self._sequences(command, keys)) for command in commands]
        self._by_id = {bound.command.id: bound for bound in self.bound}
        self._tables: dict[str, dict[Sequence_, Command]] = {}
        self._stems: dict[str, dict[Sequence_, Sequence_]] = {}
        for bound in self.bound:
            for scope in bound.command.scopes:
                for keys_ in bound.sequences:
                    self._enter(scope, keys_, bound.command)
        self._refuse_clashes()
        if self._faults:
            raise ConfigError("\n".join(sorted(self._faults, key=lambda fault: self._faults[fault])))

    def _sequences(self, command: Command, keys: Keys) -> tuple[Sequence_, ...]:
        """The sequences of a command in this project: its own binding, the profile's, else those of the table. What
        Escape leaves it leaves in every project."""
        if command.id in keys.bindings:
            found = tuple(map(sequence, keys.bindings[command.id]))
            found = tuple(each for each in found if not self._misnames(command.id, each))
            return found if ESCAPE not in command.keys or (ESCAPE,) in found else (*found, (ESCAPE,))
        leader = LEADERS[keys.profile]
        texts = PROFILES[keys.profile].get(command.id)
        return tuple(map(sequence, texts)) if texts is not None else tuple(_led(command.keys, leader))

    def _refuse_unknown(self, bindings: Mapping[str, tuple[str, ...]]) -> None:
        for id in bindings:
            if id not in self.commands:
                close = nearest(id, self.commands)
                hint = f'; did you mean "{close}"?' if close else "; docs/keys.md lists the ids"
                self._refuse(f"keys.bindings.{id} is not a command{hint}", id)

    def _misnames(self, id: str, keys: Sequence_) -> bool:
        """Whether a sequence has a key that is none, which is refused."""
        faults = [wrong for key in keys if (wrong := misnamed(key)) is not None]
        for wrong in faults:
            self._refuse(f"keys.bindings.{id}: {wrong}", id)
        return bool(faults)

    def _refuse(self, says: str, *ids: str) -> None:
        line = next((self._lines[id] for id in ids if id in self._lines), 0)
        self._faults[f"{self._file}{f':{line}' if line else ''}: {says}"] = line

    def _enter(self, scope: str, keys: Sequence_, command: Command) -> None:
        table, stems = self._tables.setdefault(scope, {}), self._stems.setdefault(scope, {})
        beginnings = [keys[:size] for size in range(1, len(keys) + 1)]
        other = next((each for each in beginnings if each in table), None) or stems.get(keys)
        if other is not None and (other != keys or table[other] is not command):
            pair = command.id, table[other].id
            self._clashes.setdefault(pair, (keys, other, []))[2].append(scope)
            return
        table[keys] = command
        stems.update(dict.fromkeys(beginnings[:-1], keys))

    def _refuse_clashes(self) -> None:
        """One sentence for each two commands that get into each other's way, with the scopes where they do."""
        for ids, (keys, other, scopes) in self._clashes.items():
            self._refuse(
                f'the key "{" ".join(keys)}" of {ids[0]} clashes with "{" ".join(other)}" of {ids[1]}'
                f" ({', '.join(dict.fromkeys(scopes))}): give one of them another key under keys.bindings",
                *ids,
            )

    def table(self, scope: str) -> Mapping[Sequence_, Command]:
        """The sequences of a scope and what they call."""
        return self._tables.get(scope, {})

    def begins(self, scope: str, keys: Sequence_) -> bool:
        """Whether some sequence of the scope goes on after these keys."""
        return keys in self._stems.get(scope, {})

    def keys_of(self, id: str) -> tuple[Sequence_, ...]:
        """The sequences that call a command, none for an id that is none."""
        return self._by_id[id].sequences if id in self._by_id else ()

    @cached_property
    def shortest(self) -> Mapping[str, Sequence_]:
        """The shortest sequence of each command that has one, by its id."""
        return {b.command.id: min(b.sequences, key=len) for b in self.bound if b.sequences}

    def legal(self, scope: str, desk: Any) -> list[Bound]:
        """The commands of a scope that can be done now, those for the strip first."""
        found = [b for b in self.bound if scope in b.command.scopes and b.sequences and b.command.when(desk)]
        return sorted(found, key=lambda b: b.command.strip or 99)


def _led(texts: Iterable[str], leader: str) -> Iterator[Sequence_]:
    """Sequences of the table, with the profile's leader where they begin with the table's."""
    for keys in map(sequence, texts):
        yield (leader, *keys[1:]) if keys[0] == LEADER and len(keys) > 1 else keys


class Dispatcher:
    """Follows keys to commands. `pending` is the beginning of a sequence that waits for its next key."""

    def __init__(self, keymap: Keymap) -> None:
        self.keymap = keymap
        self.pending: Sequence_ = ()
        self.cancelled = ""

    def feed(self, scope: str, key: str) -> Command | None:
        """The command that a key completes; None while a sequence is pending or when it means nothing."""
        keys = (*self.pending, key)
        self.cancelled = ""
        if (command := self.keymap.table(scope).get(keys)) is not None:
            self.pending = ()
            return command
        if self.keymap.begins(scope, keys):
            self.pending = keys
            return None
        if self.pending:
            self.cancelled = " ".join(keys)
        self.pending = ()
        return None

    def leads_on(self, scope: str, key: str) -> bool:
        """Whether a key goes on with the pending ones."""
        keys = (*self.pending, key)
        return keys in self.keymap.table(scope) or self.keymap.begins(scope, keys)

    def next_keys(self, scope: str) -> Iterable[tuple[str, Command]]:
        """The keys that can follow the pending ones, each with the command it leads to."""
        size = len(self.pending)
        for keys, command in self.keymap.table(scope).items():
            if keys[:size] == self.pending and len(keys) > size:
                yield " ".join(keys[size:]), command
