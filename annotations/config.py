"""`config.yaml`, strictly: what it says becomes a `Config`, what it cannot say becomes sentences with lines.

Invariant: `load` either returns a `Config` in which every label that is named exists and no two keys or codes
clash, or it raises one `ConfigError` that holds a line of text for each problem, in the order of the file.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from annotations.colors import ANSI_COLORS, CSS_COLORS
from annotations.errors import ConfigError
from annotations.schema import LONGEST_CODE, EntityType, Overlap, RelationType, Schema, assign_codes
from annotations.strictyaml import Faulty, Loc, Problem, Source, read
from annotations.wording import listing, meant, printable, quoted
from annotations.wording import nearest as nearest  # many look for it here

FILE_NAME = "config.yaml"
"""What makes a folder a project."""

Done = Literal["accept", "ask", "leave"]
"""What `done` does with pending suggestions."""

Profile = Literal["default", "prodigy", "arrows"]
"""Names of the key maps that a project starts from."""

NARROWEST, WIDEST = 20, 400
"""What the reading column may be, in cells."""

Task = Literal["entities", "relations"]
"""What an article can be complete for."""


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
    """A project's settings. `articles` are as written, relative to the folder of `path`; `column` is the width of the
    reading column, in cells."""

    path: Path
    name: str
    articles: tuple[str, ...]
    database: Path
    done: Done
    schema: Schema
    suggest: Suggest
    keys: Keys
    column: int


def load(path: Path) -> Config:
    """The settings in a file; raises ConfigError with a line of text for each problem found."""
    try:
        path = Path(os.path.realpath(path.parent), path.name)
        source = read(path)
        file, problems = _validated(source)
        problems += [*source.problems, *_checked(source, file)]
        if problems:
            raise Faulty(*problems)
        return _config(path, source, file)
    except Faulty as faulty:
        raise ConfigError(report(path, faulty.problems)) from None


def find_project(start: Path) -> Path:
    """The nearest `config.yaml` in a folder or above it, or the file itself; raises ConfigError."""
    start = Path(os.path.abspath(start))
    shown = printable(str(start))
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


def report(path: Path, problems: Iterable[Problem]) -> str:
    """A line of text for each problem, in the order of the file."""
    shown = printable(_relative(path))
    ordered = sorted(dict.fromkeys(problems), key=lambda each: each.line or 0)
    return "\n".join(
        f"{shown}{'' if each.line is None else f':{each.line}'}: {printable(each.says)}" for each in ordered
    )


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


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
    each = [value] if isinstance(value, str | int) else value
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
    *("relations", "suggest", "view"),
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


class _Type(_Model):
    key: _KeyNames = []
    about: str = ""
    group: str = ""
    examples: _Words = []

    @property
    def digits(self) -> tuple[str, ...]:
        """The keys that act at once."""
        return tuple(key for key in self.key if key.isdigit())

    @property
    def codes(self) -> tuple[str, ...]:
        """The keys that are typed after Space."""
        return tuple(key for key in self.key if key.isalpha())


class _Entity(_Type):
    color: str | None = None


class _Relation(_Type):
    head: _Words = []
    tail: _Words = []
    symmetric: bool = False


class _Suggest(_Model):
    pipeline: _Word | None = "en_core_web_sm"
    labels: dict[_Word, _Word] = {}
    min_score: dict[_Word, _Score] = {}
    patterns: _Words = []


class _Keys(_Model):
    profile: Profile = "default"
    bindings: dict[_Word, _Sequences] = {}


class _View(_Model):
    column: Annotated[int, Field(ge=NARROWEST, le=WIDEST)] = 100


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
    view: _View = _View()


_MODELS: dict[Loc, type[_Model]] = {
    (): _File,
    ("suggest",): _Suggest,
    ("keys",): _Keys,
    ("view",): _View,
    ("entities",): _Entity,
    ("relations",): _Relation,
}
"""Whose keys may stand there, by the first step of the way."""


def _validated(source: Source) -> tuple[_File, list[Problem]]:
    """The values that have the right shape, and what is wrong with the others."""
    try:
        return _File.model_validate(source.values), []
    except ValidationError as error:
        # pydantic's ways have markers for keys, and positions in what the file has as one value.
        faults = {source.around(each["loc"]): each for each in error.errors(include_url=False)}
    new = {loc: fault for loc, fault in faults.items() if loc not in source.faulty}
    problems = [source.problem(loc, _says(source, loc, fault)) for loc, fault in new.items()]
    return _File.model_validate(_without(source.values, faults)), problems


def _without(value: Any, locs: Collection[Loc], here: Loc = ()) -> Any:
    """A copy of the values that lacks those at `locs`."""
    if isinstance(value, dict):
        return {k: _without(v, locs, (*here, k)) for k, v in value.items() if (*here, k) not in locs}
    if isinstance(value, list):
        return [_without(v, locs, (*here, i)) for i, v in enumerate(value) if (*here, i) not in locs]
    return value


def _says(source: Source, loc: Loc, fault: Any) -> str:
    """How a sentence that begins with the name of the value goes on."""
    raw = source.raw(loc)
    match fault["type"]:
        case "extra_forbidden":
            keys = _MODELS[loc[:-1][:1]].model_fields
            return f" is not a key here{meant(str(loc[-1]), keys, f'the keys are {listing(keys)}')}"
        case "string_type" | "list_type" if raw is not None:
            return f": {source.misread(loc)}" if raw else " is empty; write a text after it or remove it"
        case "literal_error":
            known = re.findall(r"'(\w+)'", fault["ctx"]["expected"])
            if raw is None:
                return f" must be one of {listing(known)}"
            return f": {quoted(raw)} is not one of {listing(known)}{meant(raw, known)}"
        case "string_type":
            return " must be a text"
        case "bool_type":
            return " must be true or false"
        case "int_type" | "greater_than_equal" | "less_than_equal" if loc[:1] == ("view",):
            return f" must be a whole number of cells from {NARROWEST} to {WIDEST}"
        case "float_type" | "finite_number" | "greater_than_equal" | "less_than_equal":
            return " must be a number from 0 to 1"
        case "list_type":
            return " must be one text or a list of texts"
        case "dict_type" | "model_type":
            return " must be a mapping: lines of `key: value` under it"
        case _:
            return f" {fault.get('ctx', {}).get('error') or fault['msg']}"


# --- checked values -> what they say about each other


_KEY = re.compile(rf"[0-9]|[a-z]{{1,{LONGEST_CODE}}}")
_KEYS_ARE = f"a key is one digit, or one to {LONGEST_CODE} letters a-z to be typed after Space"
_COLORS = (*ANSI_COLORS, *CSS_COLORS)
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


def _checked(source: Source, file: _File) -> Iterator[Problem]:
    """What is wrong between values of the right shape."""
    entities = _written(source, "entities")
    if source.get(("entities",)) in (None, {}):
        yield source.problem(("entities",), ": there must be at least one entity type")
    for group, types in (("entities", file.entities), ("relations", file.relations)):
        yield from _key_problems(source, group, types)
    yield from _color_problems(source, file.entities)
    yield from _end_problems(source, file.relations, entities)
    yield from _suggest_problems(source, file.suggest, entities)
    for section in ("complete", "labels"):
        for word, times in Counter[str](getattr(file, section)).items():
            if times > 1:
                yield source.problem(source.place((section,), word), f" lists {quoted(word)} twice")


def _written(source: Source, group: str) -> Collection[str]:
    """The names in a section, those with faulty contents too."""
    section = source.get((group,))
    return section if isinstance(section, dict) else {}


def _unknown(source: Source, loc: Loc, label: str, entities: Collection[str]) -> Problem:
    hint = meant(label, entities, f"they are {listing(entities)}")
    return source.problem(loc, f": {quoted(label)} is not one of the entity types{hint}")


def _key_problems(source: Source, group: str, types: Mapping[str, _Type]) -> Iterator[Problem]:
    """Keys that are none, and those that two types of a group cannot both have."""
    held: list[tuple[str, str, int]] = []
    for name, each in types.items():
        if len(each.codes) > 1:
            says = f" has more than one code: {listing(each.codes)}; keep one"
            yield source.problem((group, name, "key"), says)
        for key in (key for key in each.key if key not in each.codes[1:]):
            loc = source.place((group, name, "key"), key)
            clash = (other for other in held if key.startswith(other[1]) or other[1].startswith(key))
            if not _KEY.fullmatch(key):
                yield source.problem(loc, f": {quoted(key)} is no key; {_KEYS_ARE}")
            elif first := next(clash, None):
                yield source.problem(loc, _says_clash(name, key, *first))
            else:
                held.append((name, key, source.line(loc)))


def _says_clash(name: str, key: str, other: str, other_key: str, line: int) -> str:
    if key != other_key:
        pair = f"{quoted(key)} of {name} and {quoted(other_key)} of {other} (line {line})"
        return f": the codes {pair} begin alike, so that only one can be typed; change one"
    if name == other:
        return f" lists {quoted(key)} twice"
    return f": {name} and {other} (line {line}) both have the key {quoted(key)}; give one of them another"


def _color_problems(source: Source, types: Mapping[str, _Entity]) -> Iterator[Problem]:
    for name, each in types.items():
        loc = ("entities", name, "color")
        color = (each.color or "").lower()
        if source.raw(loc) == "":
            yield source.problem(loc, ' is empty; quote a colour that begins with #, as in "#ff8800"')
        elif color and color not in _COLORS and not _HEX.fullmatch(color):
            hint = meant(color, _COLORS, 'take a name like "cyan", or "#rrggbb"')
            yield source.problem(loc, f": {quoted(color)} is not a colour{hint}")


def _end_problems(
    source: Source, types: Mapping[str, _Relation], entities: Collection[str]
) -> Iterator[Problem]:
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


def _suggest_problems(source: Source, suggest: _Suggest, entities: Collection[str]) -> Iterator[Problem]:
    if not entities:
        return
    known = sorted({"default", *entities, *_written(source, "relations")})
    for theirs, ours in suggest.labels.items():
        if ours not in entities:
            yield _unknown(source, ("suggest", "labels", theirs), ours, entities)
    for label in suggest.min_score:
        if label not in known:
            hint = meant(label, known, f"those are {listing(known)}")
            yield source.problem(("suggest", "min_score", label), f' is not a label or "default"{hint}')


# --- checked values -> Config


def _config(path: Path, source: Source, file: _File) -> Config:
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
        column=file.view.column,
    )


def _schema(source: Source, file: _File) -> Schema:
    entity_codes = _codes(source, "entities", file.entities)
    relation_codes = _codes(source, "relations", file.relations)
    entities = (
        EntityType(
            name=name,
            keys=each.digits,
            code=entity_codes[name],
            color=each.color and each.color.lower(),
            about=each.about,
            group=each.group,
            examples=tuple(each.examples),
        )
        for name, each in file.entities.items()
    )
    relations = (
        RelationType(
            name=name,
            keys=each.digits,
            code=relation_codes[name],
            head=frozenset(each.head),
            tail=frozenset(each.tail),
            symmetric=each.symmetric,
            about=each.about,
            group=each.group,
            examples=tuple(each.examples),
        )
        for name, each in file.relations.items()
    )
    return Schema(tuple(entities), tuple(relations), tuple(file.labels), file.overlap, tuple(file.complete))


def _codes(source: Source, group: str, types: Mapping[str, _Type]) -> dict[str, str]:
    """The code of each type: its own, else a given one."""
    own = {name: code for name, each in types.items() for code in each.codes}
    try:
        return own | assign_codes((name for name in types if name not in own), own.values())
    except ValueError as error:
        says = f": {error}, because the letter keys take too many first letters; remove some"
        raise Faulty(source.problem((group,), says)) from None
