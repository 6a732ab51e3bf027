"""Documents as tokens and sentences, and entities made fit for one column: for every format that counts in tokens."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import text as texts
from annotations.documents import Document
from annotations.formats.base import Loss, Output, Writing
from annotations.formats.tokenised import (
    Tokenised,
    flat,
    in_order,
    relations_of,
    straightened,
    told,
    whole,
)
from annotations.model import Entity, Relation, Span
from tests.interchange import SCHEMA, document, documents, entity, hardest, words


class Heard(Output):
    """An output that nothing is written to; what is lost is kept."""

    def __init__(self, **how: Any) -> None:
        self.losses: list[Loss] = []

        def refuse(name: str = "") -> Any:
            raise AssertionError("nothing is written here")

        super().__init__(Writing(SCHEMA, **how), refuse, self.losses.append)

    @property
    def told(self) -> list[tuple[str, str]]:
        """The losses as kind and sentence."""
        return [(loss.kind, loss.what) for loss in self.losses]


def ids(found: list[Entity] | list[Relation]) -> list[str]:
    return [each.id for each in found]


@st.composite
def read_by_a_pipeline(draw: st.DrawFn) -> Document:
    """A document, maybe with sentences of an analysis, which may begin and end anywhere but follow each other."""
    found = draw(documents())
    edges = sorted(draw(st.sets(st.integers(0, len(found.article.text)), max_size=5)))
    return replace(found, sentences=tuple(pairwise(edges)))


# -- tokens -------------------------------------------------------------------------------------------


@given(documents())
def test_tokens_hold_every_character_that_is_no_white_space_once_and_none_that_is(made: Document) -> None:
    whole_text, tokenised = made.article.text, Tokenised(made, made.entities)
    held = [offset for start, end in tokenised.tokens for offset in range(start, end)]
    assert held == [offset for offset, sign in enumerate(whole_text) if not sign.isspace()]
    assert all(word and not any(sign.isspace() for sign in word) for word in tokenised.words)
    assert "".join(tokenised.words) == "".join(sign for sign in whole_text if not sign.isspace())


@given(documents())
def test_every_edge_of_an_entity_is_an_edge_of_a_token(made: Document) -> None:
    tokens = Tokenised(made, made.entities).tokens
    starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
    for each in made.entities:
        assert {start for start, _ in each.spans} <= starts
        assert {end for _, end in each.spans} <= ends


@given(documents())
def test_tokens_are_cut_nowhere_else(made: Document) -> None:
    edges = {edge for each in made.entities for span in each.spans for edge in span}
    tokens = texts.Tokens(made.article.text)
    usual = {*tokens.starts, *tokens.ends}
    assert {edge for token in Tokenised(made, made.entities).tokens for edge in token} <= usual | edges


@given(documents())
def test_the_place_of_an_entity_has_its_edges(made: Document) -> None:
    tokenised = Tokenised(made, made.entities)
    for each in made.entities:
        first, last = tokenised.place(each)
        assert (tokenised.tokens[first][0], tokenised.tokens[last - 1][1]) == (each.start, each.end)


def test_an_entity_within_a_word_cuts_it() -> None:
    text = "The anti-Trumpists"
    made = document(text, words(text, "1", "PERSON", "Trump"))
    tokenised = Tokenised(made, made.entities)
    assert tokenised.words == ["The", "anti", "-", "Trump", "ists"]
    assert tokenised.place(made.entities[0]) == (3, 4)


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [
        (0, 2, (0, 1)),  # all of the first
        (1, 2, (0, 1)),  # a part of it
        (2, 4, (1, 1)),  # white space before the second
        (3, 5, (1, 2)),  # white space and the second
        (1, 5, (0, 2)),
        (6, 8, (2, 2)),  # white space at the end
        (0, 8, (0, 2)),
    ],
)
def test_a_range_covers_the_tokens_that_it_meets(start: int, end: int, place: Span) -> None:
    assert Tokenised(document("ab  cd  "), ()).covering(start, end) == place


def test_a_text_of_many_entities_is_tokenised_in_no_time() -> None:
    text = "Ana " * 20_000
    found = [entity(text, str(n), "PERSON", (4 * n, 4 * n + 3)) for n in range(20_000)]
    made = document(text, *found)
    tokenised = Tokenised(made, flat(made, whole(made, Heard()), Heard()))
    assert [tokenised.place(each) for each in found] == [(n, n + 1) for n in range(20_000)]


# -- sentences ----------------------------------------------------------------------------------------


@given(read_by_a_pipeline())
def test_sentences_hold_every_token_once_and_cut_no_entity(made: Document) -> None:
    tokenised = Tokenised(made, made.entities)
    assert [n for first, last in tokenised.sentences for n in range(first, last)] == list(
        range(len(tokenised.tokens))
    )
    assert all(first < last for first, last in tokenised.sentences)
    for each in made.entities:
        first, last = tokenised.place(each)
        assert any(begin <= first and last <= end for begin, end in tokenised.sentences)


@given(read_by_a_pipeline())
def test_what_was_merged_is_the_difference_that_entities_make(made: Document) -> None:
    free = Tokenised(made, ())
    tokenised = Tokenised(made, made.entities)
    assert free.merged == 0
    assert tokenised.merged >= 0
    # Entities cut tokens, so only numbers can be compared.
    assert len(tokenised.sentences) + tokenised.merged >= len(free.sentences)


def test_sentences_end_at_punctuation_and_lines_where_no_pipeline_read_the_text() -> None:
    text = "Ana left. Oslo slept\nLi stayed."
    made = document(text, words(text, "1", "PERSON", "Li"))
    tokenised = Tokenised(made, made.entities)
    assert [tokenised.words[first:last] for first, last in tokenised.sentences] == [
        ["Ana", "left", "."],
        ["Oslo", "slept"],
        ["Li", "stayed", "."],
    ]


def test_the_sentences_of_the_analysis_are_used_where_there_are_some() -> None:
    made = document("Ana left. Oslo slept", sentences=((0, 3), (4, 20)))
    assert Tokenised(made, ()).sentences == [(0, 1), (1, 5)]


def test_neighbours_that_an_entity_spans_are_one_sentence() -> None:
    text = "A New\nYork paper.\nAn end."
    made = document(text, words(text, "1", "GPE", "New\nYork"))
    tokenised = Tokenised(made, made.entities)
    assert [tokenised.words[first:last] for first, last in tokenised.sentences] == [
        ["A", "New", "York", "paper", "."],
        ["An", "end", "."],
    ]
    assert tokenised.merged == 1


def test_an_entity_that_begins_or_ends_with_a_sentence_merges_nothing() -> None:
    text = "Ana Ruiz\nLi Wei"
    made = document(text, words(text, "1", "PERSON", "Ana Ruiz"), words(text, "2", "PERSON", "Li Wei"))
    assert (Tokenised(made, made.entities).sentences, Tokenised(made, made.entities).merged) == (
        [(0, 2), (2, 4)],
        0,
    )


# -- one piece ----------------------------------------------------------------------------------------


@given(documents(), st.sampled_from(["hull", "drop"]))
def test_whole_entities_are_in_one_piece_and_what_changed_is_named(made: Document, pieces: str) -> None:
    heard = Heard(pieces=pieces)
    found = whole(made, heard)
    contiguous = {each for each in made.entities if not each.fragments}
    broken = [each for each in made.entities if each.fragments]
    assert {each for each in found if each in contiguous} == contiguous
    assert len(found) == len(made.entities) - (len(broken) if pieces == "drop" else 0)
    assert [loss.kind for loss in heard.losses] == ["discontinuous"] * len(broken)
    assert all(not each.fragments and each.text == made.article.text[each.start : each.end] for each in found)
    assert found == in_order(found)


def test_an_entity_in_pieces_becomes_all_between_them_or_nothing() -> None:
    text = "North and South Korea"
    made = document(text, entity(text, "1", "GPE", (0, 5), (16, 21)))
    hull, drop = Heard(), Heard(pieces="drop")
    assert [(each.start, each.end, each.fragments) for each in whole(made, hull)] == [(0, 21, ())]
    assert whole(made, drop) == []
    said = "GPE “North and South Korea” at 0 is in 2 pieces: "
    assert hull.told == [("discontinuous", said + "written from its first to its last piece")]
    assert drop.told == [("discontinuous", said + "left out")]


def test_white_space_at_the_edges_of_an_entity_is_cut_and_named() -> None:
    text = "Ana  Li"
    made = document(text, entity(text, "1", "PERSON", (0, 4)), entity(text, "2", "PERSON", (3, 5)))
    heard = Heard()
    assert [(each.id, each.start, each.end, each.text) for each in whole(made, heard)] == [("1", 0, 3, "Ana")]
    assert heard.told == [
        ("white space", "PERSON “Ana” at 0 has white space at its edges: written without it"),
        ("white space", "PERSON “” at 3 is white space: left out"),
    ]


# -- one layer ----------------------------------------------------------------------------------------


@given(documents(), st.sampled_from(["longest", "first"]))
def test_flat_entities_do_not_overlap_and_each_that_is_left_out_is_named(
    made: Document, overlaps: str
) -> None:
    heard = Heard(overlaps=overlaps)
    entities = whole(made, Heard())
    found = flat(made, entities, heard)
    assert found == in_order(found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert len(found) + len(heard.losses) == len(entities)
    gone = [each for each in entities if each not in found]
    assert all(any(each.start < kept.end and kept.start < each.end for kept in found) for each in gone)


@pytest.mark.parametrize(
    ("overlaps", "spans", "kept"),
    [
        ("longest", ((0, 2, "GPE"), (1, 5, "ORG")), ["ORG"]),
        ("first", ((0, 2, "GPE"), (1, 5, "ORG")), ["GPE"]),
        ("longest", ((0, 3, "GPE"), (2, 5, "ORG")), ["GPE"]),  # a tie: leftmost
        ("longest", ((0, 3, "ORG"), (0, 3, "GPE")), ["GPE"]),  # a tie at one place: by label
        ("first", ((0, 3, "ORG"), (0, 5, "GPE")), ["GPE"]),  # at one start the longer one
        ("longest", ((0, 3, "A"), (2, 6, "B"), (5, 8, "C")), ["B"]),
        ("first", ((0, 3, "A"), (2, 6, "B"), (5, 8, "C")), ["A", "C"]),
        ("longest", ((0, 3, "A"), (3, 6, "B")), ["A", "B"]),  # to touch is no overlap
    ],
)
def test_of_overlapping_entities_one_stays_by_the_policy(
    overlaps: str, spans: tuple[tuple[int, int, str], ...], kept: list[str]
) -> None:
    text = "abcdefgh"
    made = document(text, *(entity(text, str(n), label, (a, b)) for n, (a, b, label) in enumerate(spans)))
    assert [each.label for each in flat(made, made.entities, Heard(overlaps=overlaps))] == kept


def test_a_loss_to_overlap_names_both() -> None:
    heard = Heard()
    made = hardest()
    flat(made, [each for each in made.entities if each.id in ("01E4", "01E5")], heard)
    assert heard.told == [
        ("overlap", "GPE “New York” at 41 overlaps ORG “New York Times” at 41: left out"),
    ]


# -- relations ----------------------------------------------------------------------------------------


@given(documents())
def test_relations_have_both_ends_or_are_named(made: Document) -> None:
    heard = Heard()
    entities = flat(made, whole(made, Heard()), Heard())
    kept = set(ids(entities))
    found = relations_of(made, entities, heard)
    assert {each.id for each in found} == {
        each.id for each in made.relations if {each.head, each.tail} <= kept
    }
    assert len(found) + len(heard.losses) == len(made.relations)
    assert {loss.kind for loss in heard.losses} <= {"relation"}


@given(documents())
def test_symmetric_relations_go_from_the_end_that_begins_earlier_and_others_stay(made: Document) -> None:
    place = {each.id: n for n, each in enumerate(in_order(made.entities))}
    before = {each.id: each for each in made.relations}
    for each in straightened(made, frozenset({"MET"})):
        old = before[each.id]
        if each.label == "MET":
            assert place[each.head] < place[each.tail]
            assert {each.head, each.tail} == {old.head, old.tail}
        else:
            assert each == old


def test_a_relation_is_left_out_with_its_end() -> None:
    heard = Heard()
    made = hardest()
    found = relations_of(made, [each for each in made.entities if each.id != "01E6"], heard)
    assert [(each.label, each.head, each.tail) for each in found] == [
        ("MET", "01E1", "01E2"),
        ("LEADS", "01E1", "01E3"),
    ]
    assert heard.told == [
        (
            "relation",
            f"KNOWS is left out with its end {told(made.entities[5])}",
        )
    ]


def test_an_entity_is_told_on_one_line_and_cut_where_it_is_long() -> None:
    text = "The\nvery " + "long " * 20
    assert told(entity(text, "1", "ORG", (0, 8))) == "ORG “The very” at 0"
    assert told(entity(text, "1", "ORG", (0, 100))) == f"ORG “{('The very ' + 'long ' * 20)[:39]}…” at 0"
