"""The query language: what it says, and where it says that something is wrong."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.errors import QueryError
from annotations.queue import (
    DEEPEST,
    MOST_TERMS,
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
from annotations.schema import EntityType, RelationType, Schema

SCHEMA = Schema((EntityType("ORG"), EntityType("PERSON")), (RelationType("LEADS"),), ("politics",))

A, B, C = Contains("a"), Contains("b"), Contains("c")


@pytest.mark.parametrize(
    ("query", "means"),
    [
        ("", And()),
        (" \t\n ", And()),
        ("Xi", Contains("Xi")),
        ('"core interests"', Contains("core interests")),
        (r'"say \"no\" to C:\\"', Contains('say "no" to C:\\')),
        ('text:"a b"', Contains("a b")),
        ("text:習近平", Contains("習近平")),
        (r"text:/Xi (Jinping|\d\/\d)/", Matches(r"Xi (Jinping|\d\/\d)")),
        ("Diaz-Canel", Contains("Diaz-Canel")),
        ("10:30", Contains("10:30")),
        ("android", Contains("android")),
        ("ent:ORG", HasEntity("ORG")),
        ('ent:"MY LABEL"', HasEntity("MY LABEL")),
        ("rel:LEADS", HasRelation("LEADS")),
        ("label:politics", HasLabel("politics")),
        ("is:open", Is("open")),
        ("is:flagged", Is("flagged")),
        ("a b", And((A, B))),
        ("a and b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a or b c", Or((A, And((B, C))))),
        ("(a or b) c", And((Or((A, B)), C))),
        ("(a)(b)", And((A, B))),
        ("not a b", And((Not(A), B))),
        ("a not b", And((A, Not(B)))),
        ("a -b", And((A, Not(B)))),
        ("-(a or b)", Not(Or((A, B)))),
        ("not(not a)", Not(Not(A))),
        ("-is:done", Not(Is("done"))),
        ("text:/a/ text:/b/", And((Matches("a"), Matches("b")))),
        ("(text:/a/)", Matches("a")),
    ],
)
def test_a_query_means(query: str, means: Node) -> None:
    assert parse(query) == means


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("2022-11-25", ["2022-11-25"]),
        ("2022-11", ["2022-11-01", "2022-11-25", "2022-11-30"]),
        ("2022", ["2022-01-01", "2022-11-01", "2022-11-25", "2022-11-30", "2022-12-01"]),
        ("2022-11..2022-12", ["2022-11-01", "2022-11-25", "2022-11-30", "2022-12-01"]),
        ("..2022-11-24", ["2021-12-31", "2022-01-01", "2022-11-01"]),
        ("2022-12..", ["2022-12-01", "2023-01-01"]),
        (">2022-11-25", ["2022-11-30", "2022-12-01", "2023-01-01"]),
        (">=2022-11-25", ["2022-11-25", "2022-11-30", "2022-12-01", "2023-01-01"]),
        (">2022-11", ["2022-12-01", "2023-01-01"]),
        ("<2022", ["2021-12-31"]),
        ("<=2022-11-01", ["2021-12-31", "2022-01-01", "2022-11-01"]),
        ("<=2022-11", ["2021-12-31", "2022-01-01", "2022-11-01", "2022-11-25", "2022-11-30"]),
    ],
)
def test_a_date_may_be_a_year_a_month_a_day_or_a_range_that_holds_its_ends(
    query: str, days: list[str]
) -> None:
    node = parse(f"date:{query}")
    assert isinstance(node, Dated)
    every = "2021-12-31 2022-01-01 2022-11-01 2022-11-25 2022-11-30 2022-12-01 2023-01-01".split()  # noqa: SIM905
    assert [day for day in every if (node.since or "") <= day < (node.before or "~")] == days


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("a (b or c", 2, "never closed"),
        ("a) b", 1, "never opened"),
        ("a or", 4, "missing at the end"),
        ("or a", 0, 'missing before "or"'),
        ("a and and b", 6, 'missing before "and"'),
        ("()", 1, 'missing before ")"'),
        ("a not", 5, "missing at the end"),
        ("-", 1, "missing at the end"),
        ('a "b', 2, "quote is never closed"),
        ('a ""', 2, "empty"),
        ("a ent:", 6, '"ent:" is empty'),
        ("text:/abc", 5, 'no closing "/"'),
        ("text:/a/b", 5, 'no closing "/"'),
        ("text://", 5, "empty"),
        ("text:/a(b/", 9, "missing )"),
        ("text:/x[a/", 9, "unterminated character set"),
        ("text:/*/", 6, "nothing to repeat"),
        ("text:/((a{1000}){1000}){1000}/", 6, "repeats too often"),
        ("text:/" + "(" * 5000 + ")" * 5000 + "/", 6, "nests too deeply"),
        ("date:2022-13", 5, '"2022-13" is not a date'),
        ("date:2022-02-30", 5, "is not a date"),
        ("date:>yesterday", 6, "is not a date"),
        ("date:2022..2021-13", 11, '"2021-13" is not a date'),
        ("date:2023..2022", 5, "ends before it begins: write 2022..2023"),
        ("date:..", 5, "at least one end"),
        ("date:٢٠٢٢", 5, "is not a date"),
        ("(" * 60 + "a" + ")" * 60, DEEPEST, "nests at most"),
        ("-" * 60 + "a", DEEPEST, "nests at most"),
        ("a " * MOST_TERMS + "a", 2 * MOST_TERMS, "at most 200 terms"),
    ],
)
def test_an_error_says_what_is_wrong_at_its_column(query: str, column: int, says: str) -> None:
    with pytest.raises(QueryError, match=re.escape(says)) as caught:
        parse(query)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column + 1} of the query: ")


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("a ents:ORG", 2, 'no field "ents"; did you mean "ent"?'),
        ("zzz:ORG", 0, "there are: text, ent, rel, label, date, is"),
        ("is:opne", 3, 'no state "opne"; did you mean "open"?'),
        ("a ent:PERSN", 6, 'no entity label "PERSN"; did you mean "PERSON"?'),
        ("ent:person", 4, 'did you mean "PERSON"?'),
        ("rel:LEEDS", 4, 'no relation "LEEDS"; did you mean "LEADS"?'),
        ("label:zebra", 6, 'no document label "zebra"; there are: politics'),
    ],
)
def test_an_unknown_word_brings_the_nearest_known_one(query: str, column: int, says: str) -> None:
    with pytest.raises(QueryError, match=re.escape(says)) as caught:
        parse(query, SCHEMA)
    assert caught.value.column == column


def test_a_project_without_document_labels_says_so() -> None:
    with pytest.raises(QueryError, match="there are: none in this project"):
        parse("label:politics", Schema(()))


def test_without_a_schema_any_label_will_do() -> None:
    assert parse("ent:WHATEVER") == HasEntity("WHATEVER")


def test_a_pattern_minds_case_only_when_it_has_a_capital_letter() -> None:
    assert compiled("xi").search("XI")
    assert not compiled("Xi").search("XI")
    assert compiled(r"\S\W\p{Lu}x").search("a bX")


def test_a_pattern_finds_the_start_of_any_line() -> None:
    assert compiled("^b$").search("a\nb\nc")


@given(st.text(alphabet='ab()"/\\:- \nortextisn.{}[]*0129<>=', max_size=40) | st.text(max_size=40))
def test_any_text_is_a_query_or_an_error_within_it(query: str) -> None:
    try:
        parse(query, SCHEMA)
    except QueryError as error:
        assert 0 <= error.column <= len(query)


words = st.text(alphabet='ab"\\() é', min_size=1, max_size=5)
terms = st.one_of(
    st.builds(Contains, words),
    st.builds(HasEntity, words),
    st.builds(HasRelation, words),
    st.builds(HasLabel, words),
    st.builds(Is, st.sampled_from(["open", "done", "skipped", "flagged"])),
)


def joined(node: type[And] | type[Or], parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.lists(parts, min_size=2, max_size=3).map(lambda found: node(tuple(found)))


nodes = st.recursive(
    terms, lambda inner: joined(And, inner) | joined(Or, inner) | st.builds(Not, inner), max_leaves=8
)


def written(node: Node) -> str:
    """A query that means `node`, with more brackets than it needs."""

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    match node:
        case And(parts):
            return "(" + " ".join(map(written, parts)) + ")"
        case Or(parts):
            return "(" + " or ".join(map(written, parts)) + ")"
        case Not(part):
            return "not " + written(part)
        case Contains(text):
            return quoted(text)
        case HasEntity(text):
            return "ent:" + quoted(text)
        case HasRelation(text):
            return "rel:" + quoted(text)
        case HasLabel(text):
            return "label:" + quoted(text)
        case Is(state):
            return f"is:{state}"
    raise AssertionError(node)


@given(nodes)
def test_what_a_tree_says_is_read_as_the_same_tree(node: Node) -> None:
    assert parse(written(node)) == node
