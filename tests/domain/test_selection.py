"""Queries as SQL: they select what they say, whatever is in the tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    parse,
)
from annotations.selection import compile_query, searching

TABLES = """
CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT NOT NULL, date TEXT, text TEXT NOT NULL) STRICT;
CREATE TABLE layers (id INTEGER PRIMARY KEY, kind TEXT NOT NULL) STRICT;
CREATE TABLE entities (article INTEGER, layer INTEGER, label TEXT) STRICT;
CREATE TABLE relations (article INTEGER, layer INTEGER, label TEXT) STRICT;
CREATE TABLE progress (layer INTEGER, article INTEGER, status TEXT, flagged INTEGER, labels TEXT) STRICT;
INSERT INTO layers VALUES (1, 'person'), (2, 'person'), (3, 'model'), (4, 'gold'), (5, 'patterns');
"""

ME, SOMEBODY_ELSE, MODEL, GOLD, PATTERNS = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class Progress:
    status: str = "open"
    flagged: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """An article as the tests know it. `entities` and `relations` are (layer, label)."""

    title: str = "t"
    text: str = "x"
    date: str | None = None
    entities: tuple[tuple[int, str], ...] = ()
    relations: tuple[tuple[int, str], ...] = ()
    mine: Progress | None = None
    theirs: Progress | None = None


@contextmanager
def holding(*rows: Row) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    for id, row in enumerate(rows):
        connection.execute("INSERT INTO articles VALUES (?, ?, ?, ?)", (id, row.title, row.date, row.text))
        for table in ("entities", "relations"):
            values = [(id, *each) for each in getattr(row, table)]
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", values)
        for layer, found in ((ME, row.mine), (SOMEBODY_ELSE, row.theirs)):
            if found is not None:
                columns = (layer, id, found.status, found.flagged, json.dumps(found.labels))
                connection.execute("INSERT INTO progress VALUES (?, ?, ?, ?, ?)", columns)
    try:
        yield connection
    finally:
        connection.close()


def selected(connection: sqlite3.Connection, node: Node) -> list[int]:
    where, parameters = compile_query(node, ME)
    sql = "SELECT a.id FROM articles a LEFT JOIN progress p ON p.article = a.id AND p.layer = ?"
    with searching(connection):
        rows = connection.execute(f"{sql} WHERE {where} ORDER BY a.id", (ME, *parameters))
        return [id for (id,) in rows]


def found(query: str, *rows: Row) -> list[int]:
    with holding(*rows) as connection:
        return selected(connection, parse(query))


def test_an_empty_query_selects_everything() -> None:
    assert found("", Row(), Row()) == [0, 1]


def test_words_are_found_in_text_and_title_whatever_their_case() -> None:
    rows = Row(text="ΣΊΣΥΦΟΣ"), Row(title="Straße"), Row(text="nothing")
    assert found("σίσυφος or STRASSE", *rows) == [0, 1]


def test_signs_that_sql_gives_a_meaning_are_taken_as_they_are() -> None:
    rows = Row(text="100%"), Row(text="100x"), Row(text="a_b"), Row(text="axb"), Row(text="it's --")
    assert found('"100%"', *rows) == [0]
    assert found("a_b", *rows) == [2]
    assert found('"it\'s --"', *rows) == [4]


def test_a_search_goes_on_behind_a_nul() -> None:
    row = Row(text="before\0behind")
    assert found("behind", row) == found("text:/^before.behind$/", row) == [0]


def test_an_article_that_nobody_looked_at_is_open() -> None:
    rows = (
        Row(),
        Row(mine=Progress("done")),
        Row(theirs=Progress("done")),
        Row(mine=Progress("skipped", True)),
    )
    assert found("is:open", *rows) == [0, 2]
    assert found("-is:open", *rows) == [1, 3]
    assert found("is:flagged", *rows) == [3]
    assert found("-is:flagged", *rows) == [0, 1, 2]


def test_a_document_label_is_the_persons_own_and_whole() -> None:
    rows = Row(mine=Progress(labels=("politics",))), Row(theirs=Progress(labels=("politics",))), Row()
    assert found("label:politics", *rows) == [0]
    assert found("label:politic", *rows) == []
    assert found("-label:politics", *rows) == [1, 2]


def test_entities_are_the_persons_own_and_those_of_what_suggests() -> None:
    rows = [Row(entities=((layer, "ORG"),)) for layer in (ME, SOMEBODY_ELSE, MODEL, GOLD, PATTERNS)]
    assert found("ent:ORG", *rows) == [0, 2, 4]
    assert found("rel:ORG", *rows) == []


def test_an_article_without_a_date_has_none_that_could_match() -> None:
    rows = Row(date="2022-11-25"), Row(date=None)
    assert found("date:2022", *rows) == [0]
    assert found("-date:2021", *rows) == [0, 1]


def test_a_pattern_that_takes_too_long_is_named() -> None:
    with pytest.raises(StoreError, match=r"the pattern /\(\?R\)/ takes more than 0.1 s on one article"):
        found("text:/(?R)/", Row(text="aaaa"))


def test_another_error_of_the_database_stays_what_it_is() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError, match="no such table"), searching(connection):
        connection.execute("SELECT 1 FROM nowhere")
    connection.close()


labels = st.sampled_from(["A", "B"])
texts = st.text(alphabet="aAbßé%_' \n", max_size=6)
days = st.sampled_from(["2021-12-31", "2022-01-01", "2022-11-25"])
progress = st.builds(
    Progress,
    st.sampled_from(["open", "done", "skipped"]),
    st.booleans(),
    st.lists(labels, unique=True, max_size=2).map(tuple),
)
tagged = st.lists(st.tuples(st.integers(1, 5), labels), max_size=3).map(tuple)
row_values = st.builds(
    Row, texts, texts, st.none() | days, tagged, tagged, st.none() | progress, st.none() | progress
)
edges = st.none() | st.sampled_from(["2022", "2022-01", "2022-01~", "2022-11-25", "2022~"])
terms = st.one_of(
    st.builds(Contains, st.text(alphabet="aAbßéS%_'", min_size=1, max_size=2)),
    st.builds(Matches, st.sampled_from(["a", "A", "^b", "[aé]+$", r"\S\s"])),
    st.builds(HasEntity, labels),
    st.builds(HasRelation, labels),
    st.builds(HasLabel, labels),
    st.builds(Dated, edges, edges),
    st.builds(Is, st.sampled_from(["open", "done", "skipped", "flagged"])),
)


def joined(node: type[And] | type[Or], parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.lists(parts, min_size=1, max_size=3).map(lambda found: node(tuple(found)))


nodes = st.recursive(
    terms, lambda inner: joined(And, inner) | joined(Or, inner) | st.builds(Not, inner), max_leaves=8
)


def holds(node: Node, row: Row) -> bool:
    """The meaning of a query, in Python."""
    seen = {ME, MODEL, PATTERNS}
    mine = row.mine or Progress()
    match node:
        case And(parts):
            return all(holds(part, row) for part in parts)
        case Or(parts):
            return any(holds(part, row) for part in parts)
        case Not(part):
            return not holds(part, row)
        case Contains(words):
            return any(words.casefold() in text.casefold() for text in (row.title, row.text))
        case Matches(pattern):
            return any(compiled(pattern).search(text) for text in (row.title, row.text))
        case HasEntity(label):
            return any(layer in seen and label == name for layer, name in row.entities)
        case HasRelation(label):
            return any(layer in seen and label == name for layer, name in row.relations)
        case HasLabel(name):
            return name in mine.labels
        case Dated(since, before):
            return row.date is not None and (since or "") <= row.date < (before or "~")
        case Is("flagged"):
            return mine.flagged
        case Is(state):
            return mine.status == state


@given(nodes, st.lists(row_values, max_size=4))
def test_sql_selects_what_the_query_means(node: Node, rows: list[Row]) -> None:
    with holding(*rows) as connection:
        assert selected(connection, node) == [id for id, row in enumerate(rows) if holds(node, row)]


def test_the_largest_query_that_parses_can_be_run() -> None:
    deep = "(" * 49 + "-a or " * 199 + "b" + ")" * 49
    assert found(deep, Row(text="b")) == [0]
    assert found("b " * 200, Row(text="b")) == [0]
