"""Queries as SQL: the condition that selects a person's articles, and the functions that it calls.

Invariant: a compiled query holds no text of the person but as a parameter, and is never NULL: every part of it is
true or false, so that "not" selects exactly the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from annotations.errors import StoreError
from annotations.queue import (
    And,
    Contains,
    Dated,
    HasEntity,
    HasLabel,
    HasRelation,
    Is,
    Matches,
    Node,
    Not,
    Or,
    compiled,
)

TIMEOUT = 0.1
"""Seconds that a pattern may take on one article's text or title."""

Parameter = str | int
"""What stands in for a `?`."""

_HAS = (
    "EXISTS (SELECT 1 FROM {table} x WHERE x.article = a.id AND x.label = ? AND x.layer IN"
    " (SELECT l.id FROM layers l WHERE l.id = ? OR l.kind NOT IN ('person', 'gold')))"
)


def compile_query(node: Node, layer_id: int) -> tuple[str, tuple[Parameter, ...]]:
    """The condition and its parameters, for a person's layer.

    It stands over `articles a LEFT JOIN progress p` of that person; an article without progress is open. Run it
    within `searching`.
    """
    match node:
        case And(parts):
            return _joined(" AND ", parts, layer_id)
        case Or(parts):
            return _joined(" OR ", parts, layer_id)
        case Not(part):
            where, parameters = compile_query(part, layer_id)
            return f"NOT ({where})", parameters
        case HasEntity(label):
            return _HAS.format(table="entities"), (label, layer_id)
        case HasRelation(label):
            return _HAS.format(table="relations"), (label, layer_id)
        case Dated(since, before):
            return _dated(since, before)
    return _compile_term(node)


def _compile_term(node: Contains | Matches | HasLabel | Is) -> tuple[str, tuple[Parameter, ...]]:
    match node:
        case Contains(words):
            folded = words.casefold()
            return "(postil_contains(?, a.title) OR postil_contains(?, a.text))", (folded, folded)
        case Matches(pattern):
            return "(postil_regex(?, a.title) OR postil_regex(?, a.text))", (pattern, pattern)
        case HasLabel(name):
            return "EXISTS (SELECT 1 FROM json_each(coalesce(p.labels, '[]')) WHERE value = ?)", (name,)
        case Is("flagged"):
            return "coalesce(p.flagged, 0)", ()
        case Is(state):
            return "coalesce(p.status, 'open') = ?", (state,)


def holding(word: str, match_case: bool) -> tuple[str, tuple[Parameter, ...]]:
    """The condition that an article's text has a word in it, wherever, and its parameters. Run it in `searching`."""
    if match_case:
        return "postil_holds(?, a.text)", (word,)
    return "postil_contains(?, a.text)", (word.casefold(),)


def _joined(word: str, parts: tuple[Node, ...], layer_id: int) -> tuple[str, tuple[Parameter, ...]]:
    done = [compile_query(part, layer_id) for part in parts]
    where = word.join(f"({sql})" for sql, _ in done)
    return where or "1", tuple(parameter for _, parameters in done for parameter in parameters)


def _dated(since: str | None, before: str | None) -> tuple[str, tuple[Parameter, ...]]:
    edges = [("a.date >= ?", since), ("a.date < ?", before)]
    given = [(sql, edge) for sql, edge in edges if edge is not None]
    return " AND ".join(["a.date IS NOT NULL", *(sql for sql, _ in given)]), tuple(edge for _, edge in given)


def register(connection: sqlite3.Connection) -> list[str]:
    """Gives a connection the functions that compiled queries call.

    Returns the list to which a function that gives up adds the sentence that says why: SQLite itself tells only
    that some function failed.
    """
    failures: list[str] = []

    def contains(folded: str, text: str) -> bool:
        return folded in text.casefold()

    def holds(exact: str, text: str) -> bool:
        return exact in text

    def matches(pattern: str, text: str) -> bool:
        try:
            return compiled(pattern).search(text, timeout=TIMEOUT) is not None
        except (TimeoutError, MemoryError):
            failures.append(
                f"the pattern /{pattern}/ takes more than {TIMEOUT:g} s on one article: "
                "make it simpler, for instance with fewer * and + within each other"
            )
            raise

    connection.create_function("postil_contains", 2, contains, deterministic=True)
    connection.create_function("postil_holds", 2, holds, deterministic=True)
    connection.create_function("postil_regex", 2, matches, deterministic=True)
    return failures


@contextmanager
def searching(connection: sqlite3.Connection) -> Iterator[None]:
    """Where compiled queries may run on the connection. StoreError names a pattern that took too long."""
    failures = register(connection)
    try:
        yield
    except (sqlite3.OperationalError, StoreError) as error:
        if failures:
            raise StoreError(failures[0]) from error
        raise
