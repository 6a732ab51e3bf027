"""A YAML file as plain values, each with its line, and sentences about what YAML misreads.

Invariant: `read` either returns a `Source`, whose values are texts, numbers, true, false, None, lists and
mappings of them with texts as keys, or it raises `Faulty`. No tag makes anything else, no file takes long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError

from annotations.wording import quoted, shown

Loc = tuple[str | int, ...]
"""The way to a value in the file: keys and list positions."""

_BYTES, _NODES, _DEPTH = 1_000_000, 50_000, 20
"""What no config comes near to; more is a mistake or an attack."""

_HINTS = {
    "'\\t'": "a tab stands where YAML wants spaces; replace it",
    "mapping values are not allowed here": "quote a text that holds a colon, and check the indentation",
    "cannot start any token": "quote a text that starts with this sign",
    "could not find expected ':'": "a key needs a colon after it",
    "undefined alias": "quote a text that starts with *",
    "expected alphabetic or numeric character": "quote a text that starts with & or *",
    "found another document": "a config is one document; remove the ---",
    "expected ',' or": "close the bracket or the brace, or quote a text with such signs in it",
    "unexpected end of stream": "close the quotes",
}
"""What to do about what PyYAML says."""

_READS_AS = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
}
"""What YAML takes a plain word for, by its tag."""

_DATE = object()
"""The value of what YAML reads as a date: no field takes one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence, and the line (1-based) that it is about; None for the whole file."""

    says: str
    line: int | None = None


class Faulty(Exception):
    """What stops a file from being read, or from being a config."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


class Source:
    """The values of a YAML text, with the line and the text as written of each.

    Raises Faulty where there are no values to speak of; what is wrong with one value goes to `problems`,
    and where to `faulty`: such a value is None.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[Loc, int] = {}
        self.problems: list[Problem] = []
        self.faulty: set[Loc] = set()
        self._scalars: dict[Loc, yaml.ScalarNode] = {}
        self._count = 0
        root = _composed(text)
        if not isinstance(root, yaml.MappingNode):
            raise Faulty(Problem("must be a mapping: lines like `entities:` and what they hold", _line(root)))
        self.values: dict[str, Any] = self._value(root, ())

    def around(self, loc: Loc) -> Loc:
        """`loc`, or the nearest thing around it that is in the file."""
        while loc not in self.lines:
            loc = loc[:-1]
        return loc

    def line(self, loc: Loc) -> int:
        """The line of a value, or of the nearest thing around it that is in the file."""
        return self.lines[self.around(loc)]

    def get(self, loc: Loc) -> Any:
        """The value at `loc`, a way of keys; None where there is none."""
        value: Any = self.values
        for step in loc:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def raw(self, loc: Loc) -> str | None:
        """The word or text at `loc` as written, before YAML makes a value of it; None where there is none."""
        return self._scalars[loc].value if loc in self._scalars else None

    def place(self, loc: Loc, item: str) -> Loc:
        """Where an item of the list at `loc` stands; a list of one may be a single value."""
        written = self.get(loc)
        texts = [str(each) for each in written] if isinstance(written, list) else []
        return (*loc, texts.index(item)) if item in texts else loc

    def problem(self, loc: Loc, says: str, line: int | None = None) -> Problem:
        """A problem with the value at `loc`, whose name the sentence begins with."""
        name = ".".join(shown(each) for each in loc if isinstance(each, str))
        return Problem(f"{name or 'the file'}{says}", line or self.line(loc))

    def misread(self, loc: Loc) -> str:
        """How a sentence about a word that YAML does not read as text goes on."""
        return _misread(self._scalars[loc])

    def _bad(self, loc: Loc, says: str) -> None:
        self.faulty.add(loc)
        self.problems.append(self.problem(loc, says))

    def _value(self, node: yaml.Node, loc: Loc) -> Any:
        self._count += 1
        if len(loc) > _DEPTH or self._count > _NODES:
            raise Faulty(Problem("repeats an alias too often, or within itself", _line(node)))
        self.lines.setdefault(loc, _line(node))
        match node, _tag(node):
            case yaml.MappingNode(), "map":
                return self._mapping(node, loc)
            case yaml.SequenceNode(), "seq":
                return [self._value(each, (*loc, i)) for i, each in enumerate(node.value)]
            case yaml.ScalarNode(), tag:
                return self._scalar(node, loc, tag)
        return self._tagged(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line, here = key_node.value, _line(key_node), (*loc, key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(self.problem(loc, " has a key that is not a word", line))
            elif key in values:
                says = f" is here twice, first on line {self.lines[here]}; keep one of them"
                self.problems.append(self.problem(here, says, line))
            else:
                self.lines[here] = line
                if _tag(key_node) in (*_READS_AS, "merge"):
                    self.problems.append(self.problem(here, f": {_misread(key_node)}"))
                values[key] = self._value(value_node, here)
        return values

    def _scalar(self, node: yaml.ScalarNode, loc: Loc, tag: str) -> Any:
        self._scalars[loc] = node
        if tag == "timestamp":
            return _DATE
        if tag in _READS_AS:
            try:
                return SafeConstructor().construct_object(node)
            except (ValueError, LookupError, ArithmeticError):
                return self._bad(loc, f": {quoted(node.value)} is not {_READS_AS[tag]}")
        if tag not in ("str", "value", "merge"):
            return self._tagged(node, loc)
        if any("\ud800" <= c <= "\udfff" for c in node.value):
            return self._bad(loc, " holds half a surrogate pair; write the character itself")
        return node.value

    def _tagged(self, node: yaml.Node, loc: Loc) -> None:
        self._bad(loc, f" has the tag {quoted(node.tag)}; tags are not read here, remove it or quote it")


def read(path: Path) -> Source:
    """The values in a file; raises Faulty where there are none."""
    return Source(_text(path))


# --- bytes -> text


def _text(path: Path) -> str:
    """The decoded file, without its byte order mark."""
    data = _bytes(path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Faulty(Problem("is UTF-16; save it as UTF-8"))
    if b"\0" in data:
        raise Faulty(Problem("is a binary file, not YAML text"))
    if len(data) > _BYTES:
        raise Faulty(Problem(f"is longer than {_BYTES:,} bytes; is it a config file?"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise Faulty(Problem(f"is not UTF-8 (byte 0x{byte:02x}); save it as UTF-8", line)) from None


def _bytes(path: Path) -> bytes:
    """The file, of which one byte too many is enough."""
    try:
        with path.open("rb") as file:
            return file.read(_BYTES + 1)
    except FileNotFoundError:
        says = "there is no such file; start a project with: postil init DIR"
    except IsADirectoryError:
        says = "this is a folder; name the config.yaml in it"
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        says = f"cannot be read ({reason}); check the path and its permissions"
    raise Faulty(Problem(says))


# --- text -> nodes


class _Composer(yaml.SafeLoader):
    """A YAML loader that stops at documents too deep or too large for a config."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """One node and what is in it."""
        self.count += 1
        if self.depth > _DEPTH or self.count > _NODES:
            raise Faulty(Problem("nests too deep or holds too much for a config", self.line + 1))
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _composed(text: str) -> yaml.Node:
    try:
        composer = _Composer(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        says = f"holds the control character U+{ord(text[error.position]):04X}; remove it"
        raise Faulty(Problem(says, line)) from None
    try:
        root = composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise Faulty(_unreadable(error)) from None
    except (ValueError, OverflowError):  # PyYAML lets these out
        says = "YAML cannot read this: an escape or a number is out of range"
        raise Faulty(Problem(says, composer.line + 1)) from None
    if root is None:
        raise Faulty(Problem("is empty; a new one is written by: postil init DIR"))
    return root


def _unreadable(error: yaml.MarkedYAMLError) -> Problem:
    what = error.problem or str(error)
    mark = error.problem_mark or error.context_mark
    begun = error.context_mark
    above = begun is not None and mark is not None and begun.line < mark.line
    since = f" ({error.context} that begins on line {begun.line + 1})" if begun and above else ""
    hint = next((f"; {each}" for sign, each in _HINTS.items() if sign in what), "")
    return Problem(f"YAML cannot read this: {what}{since}{hint}", mark.line + 1 if mark else None)


# --- about nodes


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _tag(node: yaml.Node) -> str:
    return str(node.tag).removeprefix("tag:yaml.org,2002:")


def _misread(node: yaml.ScalarNode) -> str:
    raw, tag = node.value, _tag(node)
    if tag == "merge":
        return f"{raw} merges are not read here; write out what it would bring"
    says = f"YAML reads {raw or 'an empty word'} as {_READS_AS[tag]}, not as text"
    return f"{says}; quote it: {quoted(raw)}"
