"""Key names, key tables and the dispatcher: which command a sequence of keys means in a scope.

Invariant: within a scope no sequence is another's beginning, so a sequence needs no time limit to be understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from annotations.config import Keys, nearest
from annotations.errors import ConfigError
from annotations.schema import Schema
from tui.commands import COMMANDS, PROFILES, Command, label_commands

Sequence_ = tuple[str, ...]

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

_WITHOUT_CHARACTER = (
    *("space", "tab", "enter", "escape", "backspace", "delete", "insert"),
    *("home", "end", "pageup", "pagedown", "up", "down", "left", "right"),
    *(f"f{number}" for number in range(1, 25)),
)
"""Names of keys that stand for no character."""


def canonical(name: str) -> str:
    """One name for each key: the character where it has one, else the lower-case name with its modifiers."""
    if len(name) == 1:
        return "space" if name == " " else name
    lowered = name.lower()
    return _NAMES.get(lowered, lowered)


def event_key(key: str, character: str | None, printable: bool) -> str:
    """The canonical name of a key that the terminal reported."""
    return canonical(character) if printable and character else canonical(key)


def sequence(text: str) -> Sequence_:
    """A sequence as written in config.yaml: key names with spaces between them."""
    return tuple(canonical(name) for name in text.split())


def misnamed(key: str) -> str | None:
    """What is wrong with the canonical name of a key, None when nothing is."""
    *held, base = key.split("+") if len(key) > 1 else [key]
    if "alt" in held and len(base) == 1:
        return f'"{key}" cannot be bound: a fast Escape and a letter look the same on a slow line'
    known = [*_WITHOUT_CHARACTER, *_NAMES]
    if set(held) <= {"ctrl", "shift", "alt"} and (len(base) == 1 or base in known):
        return None
    close = nearest(base, known)
    return f'"{key}" is not a key' + (f'; did you mean "{close}"?' if close else "")


@dataclass(frozen=True, slots=True)
class Bound:
    """A command with the sequences that call it in this project."""

    command: Command
    sequences: tuple[Sequence_, ...]


class Keymap:
    """All commands with their keys, by scope. ConfigError on an unknown id or a clash, with the line."""

    def __init__(self, schema: Schema, keys: Keys, file: str = "config.yaml") -> None:
        commands = [*COMMANDS, *label_commands(schema)]
        self.commands: dict[str, Command] = {command.id: command for command in commands}
        self._file, self._lines = file, keys.lines
        self._refuse_unknown(keys.bindings)
        profile = PROFILES[keys.profile]
        self.bound: list[Bound] = []
        for command in commands:
            texts = keys.bindings.get(command.id, profile.get(command.id, command.keys))
            self.bound.append(Bound(command, tuple(sequence(text) for text in texts)))
        self._tables: dict[str, dict[Sequence_, Command]] = {}
        for bound in self.bound:
            self._refuse_misnamed(bound)
            for scope in bound.command.scopes:
                for keys_ in bound.sequences:
                    self._enter(scope, keys_, bound.command)

    def _refuse_unknown(self, bindings: Mapping[str, tuple[str, ...]]) -> None:
        for id in bindings:
            if id not in self.commands:
                close = nearest(id, self.commands)
                hint = f'; did you mean "{close}"?' if close else ""
                raise ConfigError(f"{self._where(id)}: keys.bindings.{id} is not a command{hint}")

    def _refuse_misnamed(self, bound: Bound) -> None:
        for key in (key for keys in bound.sequences for key in keys):
            if (wrong := misnamed(key)) is not None:
                raise ConfigError(
                    f"{self._where(bound.command.id)}: keys.bindings.{bound.command.id}: {wrong}"
                )

    def _where(self, *ids: str) -> str:
        lines = [self._lines[id] for id in ids if id in self._lines]
        return f"{self._file}:{lines[0]}" if lines else self._file

    def _enter(self, scope: str, keys: Sequence_, command: Command) -> None:
        table = self._tables.setdefault(scope, {})
        for other, taken in table.items():
            shorter = min(len(other), len(keys))
            if other[:shorter] == keys[:shorter] and (taken.id, other) != (command.id, keys):
                raise ConfigError(
                    f'{self._where(command.id, taken.id)}: the key "{" ".join(keys)}" of {command.id} clashes with'
                    f' "{" ".join(other)}" of {taken.id} ({scope}): give one of them another key under keys.bindings'
                )
        table[keys] = command

    def table(self, scope: str) -> Mapping[Sequence_, Command]:
        """The sequences of a scope and what they call."""
        return self._tables.get(scope, {})

    def keys_of(self, id: str) -> tuple[str, ...]:
        """The sequences of a command, written as in config.yaml."""
        return next((tuple(" ".join(s) for s in b.sequences) for b in self.bound if b.command.id == id), ())

    def legal(self, scope: str, desk: Any) -> list[Bound]:
        """The commands of a scope that can be done now, those for the strip first."""
        found = [b for b in self.bound if scope in b.command.scopes and b.sequences and b.command.when(desk)]
        return sorted(found, key=lambda b: b.command.strip or 99)


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
        table = self.keymap.table(scope)
        if (command := table.get(keys)) is not None:
            self.pending = ()
            return command
        if any(sequence[: len(keys)] == keys for sequence in table):
            self.pending = keys
            return None
        if self.pending:
            self.cancelled = " ".join(keys)
        self.pending = ()
        return None

    def next_keys(self, scope: str) -> Iterable[tuple[str, Command]]:
        """The keys that can follow the pending ones, each with the command it leads to."""
        size = len(self.pending)
        for keys, command in self.keymap.table(scope).items():
            if keys[:size] == self.pending and len(keys) > size:
                yield " ".join(keys[size:]), command
