"""The query language that says which articles make a queue: text to a tree of frozen values, no database.

Invariant: a tree that `parse` returns can be compiled: its patterns compile, its dates exist, it is no deeper than
`DEEPEST` and no larger than `MOST_TERMS`, and with a schema every label in it is one of the project's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import prod
from typing import Literal, get_args

import regex

from annotations.errors import QueryError
from annotations.model import Span
from annotations.schema import Schema
from annotations.wording import listing, meant, quoted

DEEPEST = 50
"""How deep brackets and negations may nest."""

MOST_TERMS = 200
"""How many terms a query may have."""

MOST_REPEATS = 1_000_000
"""How often the counted repeats of a pattern, multiplied, may repeat; compiling more takes seconds and gigabytes."""

SEARCH_SECONDS = 0.1
"""Time that a pattern may take on one article before it is given up."""

State = Literal["open", "done", "skipped", "flagged"]
"""What `is:` can ask for."""


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts; without parts, every article."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever `part` does not select."""

    part: Node


@dataclass(frozen=True, slots=True)
class Contains:
    """Text or title holds these words, whatever their case."""

    words: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The pattern, as `compiled` reads it, is found in text or title."""

    pattern: str


@dataclass(frozen=True, slots=True)
class HasEntity:
    """The person, or anything that suggests, has an entity of that label there."""

    label: str


@dataclass(frozen=True, slots=True)
class HasRelation:
    """The person, or anything that suggests, has a relation of that label there."""

    label: str


@dataclass(frozen=True, slots=True)
class HasLabel:
    """The person gave the article this document label."""

    name: str


@dataclass(frozen=True, slots=True)
class Dated:
    """`since` <= date < `before`, compared as texts, which for dates is in order of time; None is no limit."""

    since: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class Is:
    """The state of the article for the person."""

    state: State


Node = And | Or | Not | Contains | Matches | HasEntity | HasRelation | HasLabel | Dated | Is
"""A query, or a part of one."""

FIELDS = ("text", "ent", "rel", "label", "date", "is")
"""What can stand before a colon."""


def parse(query: str, schema: Schema | None = None) -> Node:
    """The tree of a query; an empty one selects every article.

    With a schema, labels that it does not have are errors. Raises QueryError at the column of what is wrong.
    """
    return _Parser(query, schema).parse()


@lru_cache(maxsize=64)
def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern ready for search: `^` and `$` at lines, case ignored unless the pattern has a capital letter.

    Raises QueryError with the column within the pattern.
    """
    counts = re.findall(r"\{([0-9]*)(?:,([0-9]*))?\}", pattern)
    if prod(max(int(low or 1), int(high or 1), 1) for low, high in counts) > MOST_REPEATS:
        raise QueryError("this pattern repeats too often: use smaller numbers in { }", 0)
    plain = re.sub(r"\\(?:[pPN]\{[^}]*\}|.)", "", pattern, flags=re.DOTALL)
    flags = regex.MULTILINE if any(c.isupper() for c in plain) else regex.MULTILINE | regex.IGNORECASE
    try:
        return regex.compile(pattern, flags)
    except regex.error as error:
        says, column = getattr(error, "msg", error), getattr(error, "pos", None) or 0
        raise QueryError(f"this pattern has an error: {says}", column) from error
    except RecursionError as error:
        raise QueryError("this pattern nests too deeply", 0) from error


def hits(pattern: str, text: str) -> list[Span]:
    """Where a text has a pattern, as `compiled` reads it; an empty match is no hit.

    Raises QueryError as that does, and one that says so when it takes longer than `SEARCH_SECONDS`.
    """
    try:
        found = [match.span() for match in compiled(pattern).finditer(text, timeout=SEARCH_SECONDS)]
    except TimeoutError as error:
        raise QueryError("this pattern takes too long on this article: make it simpler", 0) from error
    return [(start, end) for start, end in found if end > start]


def search_for(expression: str) -> str:
    """The query for the articles in which an expression is found."""
    escaped = re.sub(r"(\\.)|/", lambda found: found[1] or r"\/", expression, flags=re.DOTALL)
    return f"text:/{escaped}/"


_BLANK = re.compile(r"\s*")
_FIELD = re.compile(r"([A-Za-z_]+):")
_WORD = re.compile(r"[^\s()]+")
_PHRASE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/(?=[\s()]|\Z)", re.DOTALL)
_KEYWORD = re.compile(r"(and|or|not)(?=[\s()]|\Z)", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_COMPARED = re.compile(r"(>=|<=|>|<)(.*)")

_AFTER = "~"
"""Sorts after everything that a date can go on with."""


class _Parser:
    """Reads a query from left to right. or < and < not < term."""

    def __init__(self, query: str, schema: Schema | None) -> None:
        self.query, self.schema = query, schema
        self.at = self.depth = self.terms = 0

    def parse(self) -> Node:
        self._take(_BLANK)
        if self.at == len(self.query):
            return And()
        node = self._or()
        if self.at < len(self.query):
            raise self._error("this bracket was never opened: take it out", self.at)
        return node

    def _or(self) -> Node:
        parts = [self._and()]
        while self._keyword("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._keyword("and") or self._goes_on():
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _goes_on(self) -> bool:
        """Whether another term follows without a word between."""
        self._take(_BLANK)
        keyword = _KEYWORD.match(self.query, self.at)
        return self._next() not in ("", ")") and (keyword is None or keyword[1].lower() == "not")

    def _not(self) -> Node:
        self._take(_BLANK)
        start = self.at
        if not self._keyword("not"):
            if self._next() != "-":
                return self._operand()
            self.at += 1
        self._deeper(start)
        part = self._not()
        self.depth -= 1
        return Not(part)

    def _operand(self) -> Node:
        start = self.at
        if self._next() != "(":
            return self._term()
        self.at += 1
        self._deeper(start)
        node = self._or()
        self.depth -= 1
        self._take(_BLANK)
        if self._next() != ")":
            raise self._error('this bracket is never closed: add ")"', start)
        self.at += 1
        return node

    def _term(self) -> Node:
        keyword = _KEYWORD.match(self.query, self.at)
        if keyword or self._next() in ("", ")"):
            what = f'before "{keyword[1] if keyword else ")"}"' if self._next() else "at the end"
            raise self._error(f"a term is missing {what}", self.at)
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self._error(f"a query has at most {MOST_TERMS} terms", self.at)
        start, field = self.at, self._take(_FIELD)
        if field is None:
            return Contains(self._value("a phrase"))
        if field[1] not in FIELDS:
            raise self._unknown("field", field[1], FIELDS, start, 'put the words in " " to look for a text')
        return self._of_field(field[1])

    def _of_field(self, field: str) -> Node:
        if field == "text" and self._next() == "/":
            return self._pattern()
        column = self.at
        value = self._value(f'"{field}:"')
        match field:
            case "text":
                return Contains(value)
            case "ent":
                self._check(
                    "entity label", value, lambda schema: (each.name for each in schema.entities), column
                )
                return HasEntity(value)
            case "rel":
                self._check(
                    "relation", value, lambda schema: (each.name for each in schema.relations), column
                )
                return HasRelation(value)
            case "label":
                self._check("document label", value, lambda schema: schema.labels, column)
                return HasLabel(value)
            case "date":
                return self._dated(value, column)
        return self._is(value, column)

    def _pattern(self) -> Node:
        column = self.at
        found = self._take(_PATTERN)
        if found is None:
            raise self._error(
                r'this pattern has no closing "/"; within a pattern, write "\/" for "/"', column
            )
        if not found[1]:
            raise self._error("this pattern is empty: write something between the slashes", column)
        try:
            compiled(found[1])
        except QueryError as error:
            raise self._error(str(error), column + 1 + error.column) from error
        return Matches(found[1])

    def _is(self, value: str, column: int) -> Node:
        for state in get_args(State):
            if value == state:
                return Is(state)
        raise self._unknown("state", value, get_args(State), column)

    def _dated(self, value: str, column: int) -> Node:
        compared = _COMPARED.fullmatch(value)
        if compared is None:
            since, dots, until = value.partition("..")
            return self._between(since, until if dots else since, column)
        sign, day = compared[1], self._day(compared[2], column + len(compared[1]))
        edge = day + _AFTER if sign in (">", "<=") else day
        return Dated(edge, None) if sign[0] == ">" else Dated(None, edge)

    def _between(self, since: str, until: str, column: int) -> Node:
        if not since and not until:
            raise self._error("name at least one end of this range of dates", column)
        first = self._day(since, column) if since else None
        last = self._day(until, column + len(since) + len("..")) + _AFTER if until else None
        if first and last and first > last:
            raise self._error(f"this range ends before it begins: write {until}..{since}", column)
        return Dated(first, last)

    def _day(self, text: str, column: int) -> str:
        """A year, month or day that exists, as it is written."""
        found = _DATE.fullmatch(text)
        if found is not None:
            try:
                date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
            except ValueError:
                found = None
        if found is None:
            raise self._error(f"{quoted(text)} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD", column)
        return text

    def _value(self, of: str) -> str:
        """A word, or what stands in quotes."""
        column = self.at
        if self._next() != '"':
            word = self._take(_WORD)
            value = word[0] if word else ""
        else:
            phrase = self._take(_PHRASE)
            if phrase is None:
                raise self._error("this quote is never closed: add a quotation mark", column)
            value = re.sub(r'\\(["\\])', r"\1", phrase[1])
        if not value:
            raise self._error(f"{of} is empty: write what to look for", column)
        return value

    def _check(self, kind: str, word: str, names: Callable[[Schema], Iterable[str]], column: int) -> None:
        known = None if self.schema is None else tuple(names(self.schema))
        if known is not None and word not in known:
            raise self._unknown(kind, word, known, column)

    def _unknown(
        self, kind: str, word: str, known: tuple[str, ...], column: int, hint: str = ""
    ) -> QueryError:
        ending = meant(word, known, f"there are: {listing(known) or 'none in this project'}")
        stop = "" if ending.endswith("?") else "."
        return self._error(
            f"there is no {kind} {quoted(word)}{ending}" + (f"{stop} Else {hint}" if hint else ""), column
        )

    def _keyword(self, word: str) -> bool:
        """Takes the keyword if it comes next."""
        self._take(_BLANK)
        found = _KEYWORD.match(self.query, self.at)
        if found is None or found[1].lower() != word:
            return False
        self.at = found.end()
        return True

    def _take(self, what: re.Pattern[str]) -> re.Match[str] | None:
        found = what.match(self.query, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def _next(self) -> str:
        """The next character, "" at the end."""
        return self.query[self.at : self.at + 1]

    def _deeper(self, column: int) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._error(f"a query nests at most {DEEPEST} deep", column)

    def _error(self, says: str, column: int) -> QueryError:
        return QueryError(f"column {column + 1} of the query: {says}", column)
