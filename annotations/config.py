"""`config.yaml`, strictly: what it says becomes a `Config`, what it cannot say becomes sentences with lines.

Invariant: `load` either returns a `Config` in which every label that is named exists and no two keys or codes
clash, or it raises one `ConfigError` that holds a line of text for each problem, in the order of the file.
YAML builds plain values only: texts, numbers, true and false, lists and mappings.
"""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from annotations.errors import ConfigError
from annotations.schema import LONGEST_CODE, EntityType, Overlap, RelationType, Schema, assign_codes

FILE_NAME = "config.yaml"
"""What makes a folder a project."""

Done = Literal["accept", "ask", "leave"]
"""What `done` does with pending suggestions."""

Profile = Literal["default", "prodigy", "arrows"]
"""Names of the key maps that a project starts from."""

Task = Literal["entities", "relations"]
"""What an article can be complete for."""

ANSI_COLORS = tuple(
    prefix + name
    for prefix in ("", "bright_")
    for name in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
)
"""The sixteen colours of a terminal."""

# fmt: off
CSS_COLORS = (
    "aqua", "aquamarine", "beige", "brown", "chocolate", "coral", "crimson", "darkblue", "darkcyan",
    "darkgreen", "darkmagenta", "darkorange", "darkred", "darkviolet", "deeppink", "deepskyblue",
    "dodgerblue", "firebrick", "forestgreen", "fuchsia", "gold", "goldenrod", "gray", "grey", "hotpink",
    "indianred", "indigo", "ivory", "khaki", "lavender", "lightblue", "lightcoral", "lightcyan", "lightgray",
    "lightgreen", "lightgrey", "lightpink", "lightsalmon", "lightskyblue", "lightyellow", "lime", "limegreen",
    "maroon", "midnightblue", "navy", "olive", "orange", "orangered", "orchid", "palegreen", "peru", "pink",
    "plum", "purple", "royalblue", "salmon", "sandybrown", "seagreen", "sienna", "silver", "skyblue",
    "slateblue", "slategray", "slategrey", "springgreen", "steelblue", "tan", "teal", "thistle", "tomato",
    "turquoise", "violet", "wheat", "yellowgreen",
)
# fmt: on
"""The CSS colour names that a label may have beside the sixteen."""

_BYTES, _NODES, _DEPTH = 1_000_000, 50_000, 20
"""What no config comes near to; more is a mistake or an attack."""

_Loc = tuple[str | int, ...]
"""The way to a value in the file: keys and list positions."""


@dataclass(frozen=True, slots=True)
class Suggest:
    """Where suggestions come from. `labels` maps a model's label to ours, `min_score` has "default"."""

    pipeline: str | None
    labels: Mapping[str, str]
    min_score: Mapping[str, float]
    patterns: tuple[Path, ...]

    def floor(self, label: str) -> float:
        """The score, 0 to 1, below which a suggestion with this label is not shown."""
        return self.min_score.get(label, self.min_score["default"])


@dataclass(frozen=True, slots=True)
class Keys:
    """The remapped keys: command id -> key sequences, each of key names with single spaces between.

    Whether there is such a command is for others to check; `lines` (1-based) helps them to say where.
    """

    profile: Profile
    bindings: Mapping[str, tuple[str, ...]]
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Config:
    """A project's settings. `articles` are as written, relative to the folder of `path`."""

    path: Path
    name: str
    articles: tuple[str, ...]
    database: Path
    done: Done
    schema: Schema
    suggest: Suggest
    keys: Keys


def load(path: Path) -> Config:
    """The settings in a file; raises ConfigError with a line of text for each problem found."""
    try:
        path = Path(os.path.realpath(path.parent), path.name)
        text = _text(path)
        source = _Source(text)
        file, problems = _validated(source)
        problems += [*source.problems, *_checked(source, file)]
        if problems:
            raise _Faulty(*problems)
        return _config(path, source, file)
    except _Faulty as faulty:
        raise ConfigError(_report(path, faulty.problems)) from None


def find_project(start: Path) -> Path:
    """The nearest `config.yaml` in a folder or above it, or the file itself; raises ConfigError."""
    start = Path(os.path.abspath(start))
    shown = _clean(str(start))
    if start.suffix in (".yaml", ".yml") and os.path.isfile(start):
        return start
    if not os.path.isdir(start):
        fault = "is not a project" if os.path.exists(start) else "does not exist"
        raise ConfigError(f"{shown} {fault}; name a folder with a {FILE_NAME}, or start one: postil init DIR")
    for folder in (start, *start.parents):
        if os.path.isfile(folder / FILE_NAME):
            return folder / FILE_NAME
    raise ConfigError(
        f"there is no {FILE_NAME} in {shown} or above it; start a project with: postil init DIR"
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, whatever its case; None when none is close."""
    folded = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


# --- problems and their wording


@dataclass(frozen=True, slots=True)
class _Problem:
    line: int | None
    says: str


class _Faulty(Exception):
    """What stops a file from being a config, on its way to becoming a ConfigError."""

    def __init__(self, *problems: _Problem) -> None:
        super().__init__(problems)
        self.problems = problems


def _stop(says: str, line: int | None = None) -> _Faulty:
    return _Faulty(_Problem(line, says))


def _report(path: Path, problems: Iterable[_Problem]) -> str:
    shown = _clean(_relative(path))
    ordered = sorted(dict.fromkeys(problems), key=lambda each: each.line or 0)
    return "\n".join(
        f"{shown}: {_clean(each.says)}" if each.line is None else f"{shown}:{each.line}: {_clean(each.says)}"
        for each in ordered
    )


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _clean(text: str) -> str:
    """The text on one line, nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _quoted(text: str, longest: int = 40) -> str:
    return f'"{text}"' if len(text) <= longest else f'"{text[:longest]}…"'


def _shown(word: str) -> str:
    """A word as it is, or in quotes where its ends would not be seen."""
    return word if word and not any(c.isspace() for c in word) and len(word) <= 40 else _quoted(word)


def _listing(words: Iterable[str], longest: int = 12) -> str:
    each = [_shown(word) for word in words]
    return ", ".join(each[:longest]) + (f" and {len(each) - longest} more" if len(each) > longest else "")


def _instead(word: str, known: Collection[str], kind: str) -> str:
    """How a sentence about an unknown word goes on."""
    near = nearest(word, known)
    if near is not None:
        return f"; did you mean {_quoted(near)}?"
    return f"; {kind} {_listing(known)}" if known else ""


def _named(loc: _Loc) -> str:
    return ".".join(_shown(each) for each in loc if isinstance(each, str))


# --- bytes -> text


def _text(path: Path) -> str:
    """The decoded file, without its byte order mark."""
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES + 1)
    except FileNotFoundError:
        raise _stop("there is no such file; start a project with: postil init DIR") from None
    except IsADirectoryError:
        raise _stop(f"this is a folder; name the {FILE_NAME} in it") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise _stop(f"cannot be read ({reason}); check the path and its permissions") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _stop("is UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise _stop("is a binary file, not YAML text")
    if len(data) > _BYTES:
        raise _stop(f"is longer than {_BYTES:,} bytes; is it a config file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise _stop(f"is not UTF-8 (byte 0x{byte:02x}); save it as UTF-8", line) from None


# --- text -> values with their lines


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
    "merge": "a merge",
}
"""What YAML takes a plain word for, by its tag."""

_TAG = "tag:yaml.org,2002:"


class _Composer(yaml.SafeLoader):
    """A YAML loader that stops at documents too deep or too large for a config."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """One node and what is in it."""
        self.count += 1
        if self.depth > _DEPTH or self.count > _NODES:
            raise _stop("nests too deep or holds too much for a config", self.line + 1)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Source:
    """The values of a YAML text, with the line and the text as written of each.

    Raises _Faulty where there are no values to speak of; what is wrong with one value goes to `problems`,
    and where to `faulty`.
    """

    def __init__(self, text: str) -> None:
        self.lines: dict[_Loc, int] = {}
        self.raw: dict[_Loc, str] = {}
        self.problems: list[_Problem] = []
        self.faulty: set[_Loc] = set()
        self._count = 0
        root, self._loader = _composed(text)
        if not isinstance(root, yaml.MappingNode):
            raise _stop("must be a mapping: lines like `entities:` and what they hold", _line(root))
        self.values: dict[str, Any] = self._value(root, ())

    def line(self, loc: _Loc) -> int:
        """The line of a value, or of the nearest thing around it that is in the file."""
        while loc not in self.lines:
            loc = loc[:-1]
        return self.lines[loc]

    def get(self, loc: _Loc) -> Any:
        """The value at `loc`, None where there is none."""
        value: Any = self.values
        for step in loc:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def place(self, loc: _Loc, item: str) -> _Loc:
        """Where an item of the list at `loc` stands; a list of one may be a single value."""
        written = self.get(loc)
        texts = [str(each) for each in written] if isinstance(written, list) else []
        return (*loc, texts.index(item)) if item in texts else loc

    def problem(self, loc: _Loc, says: str) -> _Problem:
        """A problem with the value at `loc`."""
        return _Problem(self.line(loc), f"{_named(loc) or 'the file'}{says}")

    def _bad(self, loc: _Loc, says: str) -> None:
        self.faulty.add(loc)
        self.problems.append(self.problem(loc, says))

    def _value(self, node: yaml.Node, loc: _Loc) -> Any:
        self._count += 1
        if len(loc) > _DEPTH or self._count > _NODES:
            raise _stop("repeats an alias too often, or within itself", _line(node))
        self.lines.setdefault(loc, _line(node))
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._value(each, (*loc, i)) for i, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        return self._tagged(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: _Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                says = f"{_named(loc) or 'the file'} has a key that is not a word"
                self.problems.append(_Problem(_line(key_node), says))
            elif (key := key_node.value) in values:
                first, here = self.lines[(*loc, key)], _named((*loc, key))
                says = f"{here} is here twice, first on line {first}; keep one of them"
                self.problems.append(_Problem(_line(key_node), says))
            else:
                self._key(key_node, (*loc, key))
                values[key] = self._value(value_node, (*loc, key))
        return values

    def _key(self, node: yaml.ScalarNode, loc: _Loc) -> None:
        self.lines[loc] = _line(node)
        if (tag := node.tag.removeprefix(_TAG)) in _READS_AS:
            self.problems.append(self.problem(loc, f": {_not_text(node.value, tag)}"))

    def _scalar(self, node: yaml.ScalarNode, loc: _Loc) -> Any:
        self.raw[loc] = node.value
        tag = node.tag.removeprefix(_TAG)
        if tag in ("null", "bool", "int", "float"):
            return self._plain(node, loc, tag)
        if tag == "timestamp":
            return _DATE
        if tag not in ("str", "value", "merge"):
            return self._tagged(node, loc)
        if any("\ud800" <= c <= "\udfff" for c in node.value):
            return self._bad(loc, " holds half a surrogate pair; write the character itself")
        return node.value

    def _plain(self, node: yaml.ScalarNode, loc: _Loc, tag: str) -> Any:
        try:
            return self._loader.construct_object(node)
        except (ValueError, LookupError, ArithmeticError):
            return self._bad(loc, f": {_quoted(node.value)} is not {_READS_AS[tag]}")

    def _tagged(self, node: yaml.Node, loc: _Loc) -> None:
        self._bad(loc, f" has the tag {_quoted(node.tag)}; tags are not read here, remove it or quote it")


_DATE = object()
"""Stands for a value that YAML reads as a date: no field takes one."""


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _not_text(raw: str, tag: str) -> str:
    if tag == "merge":
        return f"{raw} merges are not read here; write out what it would bring"
    return f"YAML reads {raw or 'an empty word'} as {_READS_AS[tag]}, not as text; quote it: {_quoted(raw)}"


def _composed(text: str) -> tuple[yaml.Node, _Composer]:
    try:
        composer = _Composer(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        says = f"holds the control character U+{ord(text[error.position]):04X}; remove it"
        raise _stop(says, line) from None
    try:
        root = composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _Faulty(_unreadable(error)) from None
    except (ValueError, OverflowError):  # PyYAML lets these out
        says = "YAML cannot read this: an escape or a number is out of range"
        raise _stop(says, composer.line + 1) from None
    if root is None:
        raise _stop("is empty; a new one is written by: postil init DIR")
    return root, composer


def _unreadable(error: yaml.MarkedYAMLError) -> _Problem:
    what = error.problem or str(error)
    mark = error.problem_mark or error.context_mark
    begun = error.context_mark
    above = begun is not None and mark is not None and begun.line < mark.line
    since = f" ({error.context} that begins on line {begun.line + 1})" if begun and above else ""
    hint = next((f"; {each}" for sign, each in _HINTS.items() if sign in what), "")
    return _Problem(mark.line + 1 if mark else None, f"YAML cannot read this: {what}{since}{hint}")


# --- values -> checked values


def _word(text: str) -> str:
    """A text that can be shown on one line and typed again."""
    if not text:
        raise ValueError("is empty")
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise ValueError("holds a control character or a line break")
    if text != text.strip():
        raise ValueError("begins or ends with white space")
    return text


def _listed(value: object) -> object:
    """One value is a list of one."""
    return [value] if isinstance(value, str) else value


def _listed_keys(value: object) -> object:
    """Key names, of which digits need no quotes."""
    each = value if isinstance(value, list) else [value] if isinstance(value, int) else _listed(value)
    return [str(key) if type(key) is int else key for key in each] if isinstance(each, list) else each


def _sequence(text: str) -> str:
    if not text.strip():
        raise ValueError("is an empty key sequence; the space bar is called space")
    return " ".join(text.split())


_Word = Annotated[str, AfterValidator(_word)]
_Words = Annotated[list[_Word], BeforeValidator(_listed)]
_KeyNames = Annotated[list[str], BeforeValidator(_listed_keys)]
_Sequences = Annotated[list[Annotated[str, AfterValidator(_sequence)]], BeforeValidator(_listed_keys)]
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

_SECTIONS = {
    *("articles", "bindings", "complete", "entities", "keys", "labels", "min_score", "patterns"),
    *("relations", "suggest"),
}
"""Keys under which nothing at all may stand, as when all of it is commented out."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _left_empty(cls, data: object) -> object:
        if isinstance(data, dict):
            empty = _SECTIONS & cls.model_fields.keys()
            return {key: value for key, value in data.items() if value is not None or key not in empty}
        return {} if data is None else data


class _Entity(_Model):
    key: _KeyNames = []
    color: str | None = None
    about: str = ""


class _Relation(_Model):
    key: _KeyNames = []
    head: _Words = []
    tail: _Words = []
    symmetric: bool = False
    about: str = ""


class _Suggest(_Model):
    pipeline: _Word | None = "en_core_web_sm"
    labels: dict[_Word, _Word] = {}
    min_score: dict[_Word, _Score] = {}
    patterns: _Words = []


class _Keys(_Model):
    profile: Profile = "default"
    bindings: dict[_Word, _Sequences] = {}


class _File(_Model):
    name: _Word | None = None
    articles: _Words = []
    database: _Word = "postil.db"
    done: Done = "accept"
    complete: Annotated[list[Task], BeforeValidator(_listed)] = ["entities", "relations"]
    overlap: Overlap = "none"
    suggest: _Suggest = _Suggest()
    entities: dict[_Word, _Entity] = {}
    relations: dict[_Word, _Relation] = {}
    labels: _Words = []
    keys: _Keys = _Keys()


_MODELS: dict[_Loc, type[_Model]] = {
    (): _File,
    ("suggest",): _Suggest,
    ("keys",): _Keys,
    ("entities",): _Entity,
    ("relations",): _Relation,
}
"""Whose keys may stand there, by the first step of the way."""


def _validated(source: _Source) -> tuple[_File, list[_Problem]]:
    """The values that have the right shape, and what is wrong with the others."""
    try:
        return _File.model_validate(source.values), []
    except ValidationError as error:
        faults = {_loc(source, each["loc"]): each for each in error.errors(include_url=False)}
    new = {loc: fault for loc, fault in faults.items() if loc not in source.faulty}
    problems = [source.problem(loc, _says(source, loc, fault)) for loc, fault in new.items()]
    return _File.model_validate(_without(source.values, faults)), problems


def _loc(source: _Source, loc: _Loc) -> _Loc:
    """pydantic's way to a value as the file has it: no marker for a key, no position in a list of one."""
    while loc not in source.lines:
        loc = loc[:-1]
    return loc


def _without(value: Any, locs: Collection[_Loc], here: _Loc = ()) -> Any:
    """A copy of the values that lacks those at `locs`."""
    if isinstance(value, dict):
        return {k: _without(v, locs, (*here, k)) for k, v in value.items() if (*here, k) not in locs}
    if isinstance(value, list):
        return [_without(v, locs, (*here, i)) for i, v in enumerate(value) if (*here, i) not in locs]
    return value


def _says(source: _Source, loc: _Loc, fault: Any) -> str:
    """How a sentence that begins with the name of the value goes on."""
    match fault["type"]:
        case "extra_forbidden":
            keys = _MODELS[loc[:-1][:1]].model_fields
            return f" is not a key here{_instead(str(loc[-1]), keys, 'the keys are')}"
        case "string_type" | "list_type" if loc in source.raw:
            return _says_text(source.raw[loc], fault["input"])
        case "literal_error":
            return _says_choice(source.raw.get(loc), re.findall(r"'(\w+)'", fault["ctx"]["expected"]))
        case "string_type":
            return " must be a text"
        case "bool_type":
            return " must be true or false"
        case "float_type" | "finite_number" | "greater_than_equal" | "less_than_equal":
            return " must be a number from 0 to 1"
        case "list_type":
            return " must be one text or a list of texts"
        case "dict_type" | "model_type":
            return " must be a mapping: lines of `key: value` under it"
        case _:
            return f" {fault.get('ctx', {}).get('error') or fault['msg']}"


def _says_text(raw: str, value: object) -> str:
    if not raw:
        return " is empty; write a text after it or remove it"
    kinds = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return f": {_not_text(raw, kinds.get(type(value), 'timestamp'))}"


def _says_choice(raw: str | None, known: list[str]) -> str:
    if raw is None:
        return f" must be one of {_listing(known)}"
    near = nearest(raw, known)
    hint = f"; did you mean {_quoted(near)}?" if near else ""
    return f": {_quoted(raw)} is not one of {_listing(known)}{hint}"


# --- checked values -> what they say about each other


_KEY = re.compile(rf"[0-9]|[a-z]{{1,{LONGEST_CODE}}}")
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


def _checked(source: _Source, file: _File) -> Iterator[_Problem]:
    """What is wrong between values of the right shape."""
    entities = _written(source, "entities")
    if source.get(("entities",)) in (None, {}):
        yield _Problem(source.line(("entities",)), "entities: there must be at least one entity type")
    for group, types in (("entities", file.entities), ("relations", file.relations)):
        yield from _key_problems(source, group, types)
    yield from _color_problems(source, file.entities)
    yield from _end_problems(source, file.relations, entities)
    yield from _suggest_problems(source, file.suggest, entities)
    for section, words in (("complete", Counter(file.complete)), ("labels", Counter(file.labels))):
        for word in (each for each, times in words.items() if times > 1):
            yield source.problem(source.place((section,), word), f" lists {_quoted(word)} twice")


def _written(source: _Source, group: str) -> Collection[str]:
    """The names in a section, those with faulty contents too."""
    section = source.get((group,))
    return section if isinstance(section, dict) else {}


def _unknown(source: _Source, loc: _Loc, label: str, entities: Collection[str]) -> _Problem:
    hint = _instead(label, entities, "they are")
    return source.problem(loc, f": {_quoted(label)} is not one of the entity types{hint}")


def _key_problems(
    source: _Source, group: str, types: Mapping[str, _Entity | _Relation]
) -> Iterator[_Problem]:
    """Keys that are none, and those that two types of a group cannot both have."""
    begun: dict[str, tuple[str, str, int]] = {}
    whole: dict[str, tuple[str, str, int]] = {}
    for name, each in types.items():
        codes = [key for key in each.key if key.isalpha()]
        if len(codes) > 1:
            says = f" has more than one code: {_listing(codes)}; keep one"
            yield source.problem((group, name, "key"), says)
        for key in (key for key in each.key if key not in codes[1:]):
            loc = source.place((group, name, "key"), key)
            starts = [key[:cut] for cut in range(1, len(key) + 1)]
            if not _KEY.fullmatch(key):
                yield source.problem(loc, f": {_quoted(key)} is no key; {_KEYS_ARE}")
            elif clash := begun.get(key) or next((whole[each] for each in starts if each in whole), None):
                yield source.problem(loc, _says_clash(name, key, *clash))
            else:
                held = (name, key, source.line(loc))
                whole[key] = held
                begun |= {start: begun.get(start, held) for start in starts}


_KEYS_ARE = f"a key is one digit, or one to {LONGEST_CODE} letters a-z to be typed after Space"


def _says_clash(name: str, key: str, other: str, other_key: str, line: int) -> str:
    if key != other_key:
        pair = f"{_quoted(key)} of {name} and {_quoted(other_key)} of {other} (line {line})"
        return f": the codes {pair} begin alike, so that only one can be typed; change one"
    if name == other:
        return f" lists {_quoted(key)} twice"
    return f": {name} and {other} (line {line}) both have the key {_quoted(key)}; give one of them another"


def _color_problems(source: _Source, types: Mapping[str, _Entity]) -> Iterator[_Problem]:
    for name, each in types.items():
        loc = ("entities", name, "color")
        color = (each.color or "").lower()
        if source.raw.get(loc) == "":
            yield source.problem(loc, ' is empty; quote a colour that begins with #, as in "#ff8800"')
        elif color and color not in ANSI_COLORS and color not in CSS_COLORS and not _HEX.fullmatch(color):
            near = nearest(color, (*ANSI_COLORS, *CSS_COLORS))
            hint = f"did you mean {_quoted(near)}?" if near else 'take a name like "cyan", or "#rrggbb"'
            yield source.problem(loc, f": {_quoted(color)} is not a colour; {hint}")


def _end_problems(
    source: _Source, types: Mapping[str, _Relation], entities: Collection[str]
) -> Iterator[_Problem]:
    for name, each in types.items():
        for side, labels in (("head", each.head), ("tail", each.tail)):
            loc = ("relations", name, side)
            if loc not in source.lines:
                yield source.problem(loc[:-1], f" has no {side}; list the entity types that it may have")
            elif source.get(loc) == []:
                yield source.problem(loc, " is an empty list; name the entity types that it may be")
            for label in labels if entities else ():
                if label not in entities:
                    yield _unknown(source, source.place(loc, label), label, entities)


def _suggest_problems(source: _Source, suggest: _Suggest, entities: Collection[str]) -> Iterator[_Problem]:
    known = {"default", *entities, *_written(source, "relations")}
    for theirs, ours in suggest.labels.items() if entities else ():
        if ours not in entities:
            yield _unknown(source, ("suggest", "labels", theirs), ours, entities)
    for label in suggest.min_score if entities else ():
        if label not in known:
            hint = _instead(label, sorted(known), "those are")
            yield source.problem(("suggest", "min_score", label), f' is not a label or "default"{hint}')


# --- checked values -> Config


def _config(path: Path, source: _Source, file: _File) -> Config:
    folder = path.parent
    suggest = Suggest(
        pipeline=file.suggest.pipeline,
        labels=file.suggest.labels,
        min_score={"default": 0.0} | file.suggest.min_score,
        patterns=tuple(folder / each for each in file.suggest.patterns),
    )
    bindings = {command: tuple(keys) for command, keys in file.keys.bindings.items()}
    lines = {command: source.line(("keys", "bindings", command)) for command in bindings}
    return Config(
        path=path,
        name=file.name or folder.name,
        articles=tuple(file.articles),
        database=folder / file.database,
        done=file.done,
        schema=_schema(source, file),
        suggest=suggest,
        keys=Keys(file.keys.profile, bindings, lines),
    )


def _schema(source: _Source, file: _File) -> Schema:
    entity_codes = _codes(source, "entities", file.entities)
    relation_codes = _codes(source, "relations", file.relations)
    entities = (
        EntityType(name, _digits(each), entity_codes[name], each.color and each.color.lower(), each.about)
        for name, each in file.entities.items()
    )
    relations = (
        RelationType(
            name=name,
            keys=_digits(each),
            code=relation_codes[name],
            head=frozenset(each.head),
            tail=frozenset(each.tail),
            symmetric=each.symmetric,
            about=each.about,
        )
        for name, each in file.relations.items()
    )
    return Schema(tuple(entities), tuple(relations), tuple(file.labels), file.overlap, tuple(file.complete))


def _digits(each: _Entity | _Relation) -> tuple[str, ...]:
    return tuple(key for key in each.key if key.isdigit())


def _codes(source: _Source, group: str, types: Mapping[str, _Entity | _Relation]) -> dict[str, str]:
    """The code of each type: its own, else a given one."""
    own = {name: key for name, each in types.items() for key in each.key if key.isalpha()}
    try:
        return own | assign_codes((name for name in types if name not in own), own.values())
    except ValueError as error:
        says = f": {error}, because the letter keys take too many first letters; remove some"
        raise _Faulty(source.problem((group,), says)) from None
