"""GLiNER's training data, out and in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import gliner, registry, spliced, tagged
from annotations.formats.base import Reading
from annotations.importing import Importer, Taking
from annotations.model import Relation
from annotations.schema import EntityType, Schema
from tests.desks import Project
from tests.interchange import (
    document,
    documents,
    entity,
    exchange_a_value,
    hardest,
    read,
    refusals,
    source,
    taken,
    words,
    write,
)
from tests.trainers import check_came_back, people, related, spelled

GLINER = gliner.FORMAT
GOLDEN = Path(__file__).parent.parent / "golden" / "gliner.json"


def check(data: bytes, most: int = gliner.MOST_TOKENS) -> list[dict[str, Any]]:
    """The rules of GLiNER's processor: an array; tokens that are texts; entities within them, ends included; relations
    between entities as they are listed, which it sorts; label lists that do not contradict the entities."""
    found: list[dict[str, Any]] = json.loads(data)
    for each in found:
        tokens, ner = each["tokenized_text"], each["ner"]
        assert all(type(token) is str and token and not token.isspace() for token in tokens)
        assert 0 < len(tokens) <= most
        for start, end, label in ner:
            assert type(start) is type(end) is int and 0 <= start <= end < len(tokens)
            assert type(label) is str and label
        for head, tail, label in each.get("relations", []):
            assert 0 <= head < len(ner) and 0 <= tail < len(ner) and head != tail and label
        for prefix, rows in (("ner", ner), ("rel", each.get("relations", []))):
            negatives = each.get(f"{prefix}_negatives", [])
            assert len(set(negatives)) == len(negatives)
            assert not {row[2] for row in rows} & set(negatives)
            assert each.get(f"{prefix}_labels", negatives) == negatives
            assert f"{prefix}_labels" not in each or not rows
    return found


def array(*found: Any) -> bytes:
    """Records as a file."""
    return json.dumps(found).encode()


def record(*tokens: str, **more: Any) -> dict[str, Any]:
    """A piece without entities."""
    return {"tokenized_text": list(tokens), "ner": []} | more


ANA = record("Ana", "Ruiz", "met", "Li", "Wei", ner=[[3, 4, "person"], [0, 1, "person"]])

# -- what is written ----------------------------------------------------------------------------------


def test_the_bytes_are_those_that_gliner_loads() -> None:
    written = write(GLINER, [hardest(), document("An empty day.\n")])
    assert written.data == GOLDEN.read_bytes()
    check(written.data)


def test_no_article_is_an_empty_array() -> None:
    assert write(GLINER, []).data == b"[]\n"


def long_article() -> Document:
    """300 sentences of seven tokens, and two people who meet in the last but one."""
    text = "It rained on hill and field. " * 299 + "Ana met Bo. Cy slept."
    met = (Relation("R1", "MET", "1", "2"), Relation("R2", "MET", "1", "3"))
    return replace(people(text, "Ana", "Bo", "Cy"), relations=met)


def test_a_long_article_is_cut_into_pieces_of_whole_sentences() -> None:
    written = write(GLINER, [long_article()])
    found = check(written.data)
    assert [len(each["tokenized_text"]) for each in found] == [378] * 5 + [7 * 29 + 7]
    assert all(each["text"].rstrip().endswith(".") for each in found)
    assert "".join(each["text"] for each in found) == long_article().article.text
    assert (found[0]["ner"], found[0]["ner_labels"]) == ([], ["person", "org", "gpe"])
    assert [row[2] for row in found[-1]["ner"]] == ["person"] * 3


def test_a_relation_between_two_pieces_is_named_and_one_within_a_piece_is_kept() -> None:
    text = "Ana met Bo. " + "It rained on hill and field. " * 60 + "Cy slept."
    met = (Relation("R1", "MET", "1", "2"), Relation("R2", "MET", "1", "3"))
    written = write(GLINER, [replace(people(text, "Ana", "Bo", "Cy"), relations=met)])
    first, last = check(written.data)
    assert (first["relations"], last["relations"]) == ([[0, 1, "met"]], [])
    (loss,) = written.losses
    assert loss.kind == "relation"
    assert loss.what.endswith("is left out: they are in two pieces that GLiNER reads")


def test_a_sentence_that_is_too_long_is_cut_where_it_cuts_no_entity_and_named() -> None:
    text = "a " * 380 + "Harbour and Ferry and Bridge Trust " + "b " * 400
    written = write(GLINER, [document(text, words(text, "1", "ORG", "Harbour and Ferry and Bridge Trust"))])
    found = check(written.data)
    assert [len(each["tokenized_text"]) for each in found] == [380, 384, 22]
    assert [each["ner"] for each in found] == [[], [[0, 5, "org"]], []]
    assert [(loss.kind, loss.what) for loss in written.losses] == [
        ("sentence", "sentences are cut, as GLiNER reads 384 tokens at once: 2 times")
    ]


def test_an_entity_that_no_piece_can_hold_is_written_whole_and_named() -> None:
    text = "a " * 10 + "b " * 400 + "c " * 10
    written = write(GLINER, [document(text, entity(text, "1", "ORG", (20, 819)))])
    assert [len(each["tokenized_text"]) for each in check(written.data, 400)] == [10, 400, 10]
    assert written.lost == ["long", "long", "sentence"]
    assert "an entity spans 400 tokens, of which GLiNER reads 384" in written.losses[1].what


def test_an_entity_of_more_than_twelve_tokens_is_written_and_named() -> None:
    text = "a b c d e f g h i j k l m n"
    made = document(text, entity(text, "1", "ORG", (0, 23)), entity(text, "2", "ORG", (0, 25)))
    written = write(GLINER, [made])
    assert [row[:2] for row in check(written.data)[0]["ner"]] == [[0, 12], [0, 11]]
    assert [(loss.kind, loss.what.split(":")[0]) for loss in written.losses] == [
        ("long", "ORG “a b c d e f g h i j k l m” at 0 has 13 tokens")
    ]


def test_two_labels_of_one_span_are_both_written() -> None:
    made = document("Oslo", words("Oslo", "1", "ORG", "Oslo"), words("Oslo", "2", "GPE", "Oslo"))
    assert check(write(GLINER, [made]).data)[0]["ner"] == [[0, 0, "gpe"], [0, 0, "org"]]


def test_an_article_that_is_not_complete_says_of_no_label_that_it_is_not_there() -> None:
    written = write(GLINER, [document("Rain fell.", complete=())])
    (found,) = check(written.data)
    assert (found["ner_negatives"], found["rel_negatives"]) == ([], [])
    assert not {"ner_labels", "rel_labels"} & found.keys()
    assert written.lost == ["missing", "missing"]


def test_a_label_of_which_something_was_left_out_is_not_said_to_be_absent() -> None:
    text = "North and South Korea"
    made = document(text, entity(text, "1", "GPE", (0, 5), (16, 21)))
    (found,) = check(write(GLINER, [made], pieces="drop").data)
    assert found["ner_negatives"] == ["person", "org"]


def test_labels_are_words_and_those_that_would_read_alike_stay_as_they_are() -> None:
    names = ("WORK_OF_ART", "Head_of_state", "ORG", "org", "GPE")
    schema = Schema(tuple(EntityType(name) for name in names))
    text = "a b c d e"
    made = document(text, *(words(text, str(n), name, text[2 * n]) for n, name in enumerate(names)))
    written = write(GLINER, [made], schema)
    (found,) = check(written.data)
    assert [label for _, _, label in found["ner"]] == ["work of art", "Head of state", "ORG", "org", "gpe"]
    assert "relations" not in found
    assert [label for _, label in spelled(taken(read(GLINER, written.data, schema=schema))[0])] == [*names]


def test_a_label_that_reads_like_one_of_the_schema_is_named() -> None:
    made = document("Ana", words("Ana", "1", "person", "Ana"))
    assert [(loss.kind, loss.what) for loss in write(GLINER, [made]).losses] == [
        ("label", "“person” is written as PERSON is")
    ]


def test_of_many_labels_as_many_are_said_to_be_absent_as_gliner_has_room_for_in_turn() -> None:
    schema = Schema(tuple(EntityType(f"L{number}") for number in range(60)))
    seen = set()
    for number in range(20):
        text = f"Ana {number}"
        made = document(text, words(text, "1", "L7", "Ana"), words(text, "2", "L8", str(number)))
        (found,) = check(write(GLINER, [made], schema).data)
        assert len(found["ner_negatives"]) == 23
        seen.update(found["ner_negatives"])
    assert len(seen) == 58


def test_what_a_record_has_no_place_for_is_named() -> None:
    made = document(
        "Ana led",
        words("Ana led", "1", "PERSON", "Ana", note="who?", cluster="c", link="Q1", attributes={"a": 1}),
        labels=("news",),
    )
    assert write(GLINER, [made]).lost == ["attributes", "links", "notes", "clusters", "labels"]


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), min_size=1, max_size=3), st.sampled_from([384, 3]))
def test_all_comes_back_but_what_was_named(made: list[Document], most: int) -> None:
    with mock.patch.object(gliner, "MOST_TOKENS", most):
        written = [write(GLINER, [each]) for each in made]
        data = write(GLINER, made).data
    check(data, max(most, 50))
    again = taken(read(GLINER, data))
    assert len(again) == len(made)
    for each, before, alone in zip(again, made, written, strict=True):
        check_came_back(each, before, alone)


@given(documents())
def test_what_we_write_is_told_by_its_keys(made: Document) -> None:
    assert registry.detected(source(write(GLINER, [made]).data, "train.json")) is GLINER


def test_versions_of_several_people_stay_apart() -> None:
    made = long_article()
    again = taken(read(GLINER, write(GLINER, [made, replace(made, annotator="bo")]).data))
    assert [each.text for each in again] == [made.article.text] * 2


def test_pieces_whose_article_is_not_whole_are_articles_of_their_own_and_that_is_told() -> None:
    first, *_, last = json.loads(write(GLINER, [long_article()]).data)
    alone, other = taken(read(GLINER, array(last, first)))
    assert (alone.text, spelled(alone)) == (
        last["text"],
        [("Ana", "PERSON"), ("Bo", "PERSON"), ("Cy", "PERSON")],
    )
    assert related(alone) == [("MET", "Ana", "Bo"), ("MET", "Ana", "Cy")]
    assert other.text == first["text"]
    assert other.warnings == (f"it, record 1: {spliced.LOOSE.format(2)}",)


# -- what is read -------------------------------------------------------------------------------------


def test_a_record_of_others_is_rebuilt_and_keeps_its_id_and_what_else_it_says() -> None:
    one = ANA | {"id": 7, "lang": "en", "relations": [[1, 0, "met"]], "ner_negatives": ["date"]}
    (found,) = taken(read(GLINER, array(one), "train.json"))
    assert (found.text, found.source) == ("Ana Ruiz met Li Wei", "train.json, record 1")
    assert found.meta == {"id": 7, "lang": "en"}
    assert spelled(found) == [("Li Wei", "PERSON"), ("Ana Ruiz", "PERSON")]
    assert related(found) == [("MET", "Ana Ruiz", "Li Wei")]
    assert found.warnings == (f"train.json: {tagged.REBUILT.format(1)}",)


def test_lines_are_read_as_an_array_is() -> None:
    data = json.dumps(ANA).encode() + b"\n" + json.dumps(record("Rain")).encode() + b"\n"
    assert [each.text for each in taken(read(GLINER, data))] == ["Ana Ruiz met Li Wei", "Rain"]


def test_a_record_without_entities_is_an_article_alone_and_an_empty_list_says_that_somebody_looked() -> None:
    alone, none, looked = taken(
        read(GLINER, array({"tokenized_text": ["Rain"]}, record("Sun", ner=None), record("Wind")))
    )
    assert alone.document is none.document is None
    assert looked.document is not None and looked.document.entities == ()


def test_a_text_beside_the_tokens_is_taken_if_they_fit_it_and_else_rebuilt() -> None:
    good = ANA | {"text": "  Ana Ruiz\nmet  Li Wei "}
    cut, more = ANA | {"text": "Ana Ruiz met Li"}, ANA | {"text": "Ana Ruiz met Li Wei again"}
    first, second, third = taken(read(GLINER, array(good, cut, more)))
    assert (first.text, spelled(first)) == (good["text"], [("Li Wei", "PERSON"), ("Ana Ruiz", "PERSON")])
    assert second.text == third.text == "Ana Ruiz met Li Wei"
    assert third.warnings == (f"it: {spliced.MISFIT.format(2)}",)


def test_blank_tokens_count_but_are_not_in_the_text() -> None:
    one = record(
        "", "New", " ", "York", "\n", ner=[[1, 3, "gpe"], [0, 1, "org"], [4, 4, "org"], [2, 2, "org"]]
    )
    (found,) = taken(read(GLINER, array(one)))
    assert (found.text, spelled(found)) == ("New York", [("New York", "GPE"), ("New", "ORG")])
    assert found.warnings == (
        "it, record 1: an entity is left out: there is nothing but white space in ORG at 8",
        "it, record 1: an entity is left out: there is nothing but white space in ORG at 3",
        f"it, record 1: {tagged.BLANK.format(3)}",
        f"it: {tagged.REBUILT.format(1)}",
    )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([0, 9, "person"], "person from token 0 to the one before 10 is not within the 5 tokens"),
        ([2, 1, "person"], "person from token 2 to the one before 2 is not within"),
        ([-1, 1, "person"], "person from token -1"),
        ([0.0, 1, "person"], "it must be [first token, last token, label], not [0.0"),
        ([True, 1, "person"], "it must be [first token"),
        ([0, 1], "it must be [first token"),
        ([0, 1, ""], "its label is empty"),
        ({"start": 0}, "it must be [first token"),
        ("x", "it must be [first token"),
    ],
)
def test_an_entity_that_cannot_be_taken_is_left_out_with_its_relations_and_the_rest_is_taken(
    row: Any, says: str
) -> None:
    one = ANA | {"ner": [row, *ANA["ner"]], "relations": [[0, 1, "met"], [2, 1, "met"]]}
    (found,) = taken(read(GLINER, array(one)))
    said = says.replace("person from", "PERSON from")
    assert found.warnings[0].startswith(f"it, record 1: entity 1 is left out: {said}")
    assert found.warnings[1] == "it, record 1: relation 1 is left out: its end 0 is no entity that was taken"
    assert (len(spelled(found)), related(found)) == (2, [("MET", "Ana Ruiz", "Li Wei")])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([0, 2, "met"], "relation 1 is left out: its end 2 is no entity that was taken"),
        ([-1, 0, "met"], "relation 1 is left out: its end -1 is no entity"),
        ([0, 0, "met"], 'a relation is left out: MET goes from "Li Wei" to itself'),
        ([0, "1", "met"], "relation 1 is left out: it must be [entity, entity, label]"),
        ({"head": {"position": [0, 1]}}, 'relation 1 is left out: "relation_text" is missing'),
        ("met", "relation 1 is left out: it must be [entity, entity, label]"),
    ],
)
def test_a_relation_that_cannot_be_taken_is_left_out(row: Any, says: str) -> None:
    (found,) = taken(read(GLINER, array(ANA | {"relations": [row]})))
    assert found.warnings[0].startswith(f"it, record 1: {says}")
    assert (len(spelled(found)), related(found)) == (2, [])


def glirel(head: Any, tail: Any, label: Any = "knows") -> dict[str, Any]:
    """A relation as GLiREL has it."""
    ends = ({"mention": "x", "position": place, "type": kind} for place, kind in (head, tail))
    return dict(zip(("head", "tail", "relation_text"), (*ends, label), strict=True))


def test_relations_of_glirel_are_read_by_the_tokens_and_labels_of_their_ends() -> None:
    ner = [[3, 4, "person", "Li Wei"], [0, 1, "person", "Ana Ruiz"], [0, 1, "org", "Ana Ruiz"]]
    relations = [glirel(([0, 1], "org"), ([3, 4], "person"))]
    (found,) = taken(read(GLINER, array(ANA | {"ner": ner, "relations": relations})))
    assert found.document is not None
    ends = {e.id: (e.label, e.text) for e in found.document.entities}
    assert [(r.label, ends[r.head], ends[r.tail]) for r in found.document.relations] == [
        ("KNOWS", ("ORG", "Ana Ruiz"), ("PERSON", "Li Wei"))
    ]
    assert not any("left out" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            glirel(([0, 2], "person"), ([3, 4], "person")),
            "no entities that were taken lie at the tokens [0, 2]",
        ),
        (glirel(([0, 1], "person"), ([3, 4], "person"), None), '"relation_text" must be a text, not null'),
        (glirel((None, "person"), ([3, 4], "person")), '"position" must be a list, not null'),
        ({"head": [0, 1], "tail": [3, 4], "relation_text": "knows"}, '"head" must be an object'),
    ],
)
def test_a_relation_of_glirel_that_cannot_be_taken_is_left_out_and_named(row: Any, says: str) -> None:
    (found,) = taken(read(GLINER, array(ANA | {"relations": [row]})))
    assert found.document is not None and found.document.relations == ()
    assert any(f"relation 1 is left out: {says}" in warning for warning in found.warnings)


def test_what_stands_twice_is_taken_once_and_its_relations_go_to_the_first() -> None:
    one = ANA | {"ner": [*ANA["ner"], [0, 1, "PERSON"]], "relations": [[1, 0, "met"], [0, 2, "met"]]}
    (found,) = taken(read(GLINER, array(one)))
    assert related(found) == [("MET", "Ana Ruiz", "Li Wei")]
    assert found.warnings[:2] == (
        'it, record 1: PERSON "Ana Ruiz" at 0 stands twice: taken once',
        'it, record 1: MET from "Li Wei" stands twice: taken once',
    )


def test_a_label_that_says_that_there_is_no_relation_rejects_what_the_schema_lets_join_them() -> None:
    one = ANA | {"relations": [[0, 1, "none"]]}
    (found,) = taken(read(GLINER, array(one), negative=frozenset({"none"})))
    assert found.document is not None and found.document.relations == ()
    labels = sorted(json.loads(each.about)["label"] for each in found.document.decisions)
    assert labels == ["KNOWS", "MET"]
    assert {each.verdict for each in found.document.decisions} == {"rejected"}


@pytest.mark.parametrize(
    ("one", "says"),
    [
        ({"tokenized_text": "Rain"}, '"tokenized_text" must be a list of texts'),
        ({"tokenized_text": ["Rain", 1]}, '"tokenized_text" must be a list of texts'),
        ({"tokenized_text": []}, "there is no token in this article"),
        ({"tokenized_text": [" "]}, "there is no token in this article"),
        (record("Rain", ner={}), '"ner" must be a list'),
        (record("Rain", relations="x"), '"relations" must be a list'),
        (record("\ud83d"), "half of a surrogate pair"),
        (7, "a record must be a JSON object"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused_and_the_rest_is_read(one: Any, says: str) -> None:
    found = read(GLINER, array(record("Sun"), one, record("Wind")))
    (why,) = refusals(found)
    assert why.startswith(f"it, record 2: {says}")
    assert [each.text for each in found if isinstance(each, Incoming)] == ["Sun", "Wind"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'[{"tokenized_text": ["a"], "tokenized_text": []}]', 'the key "tokenized_text" stands twice'),
        (b'[{"tokenized_text": ["a"], "ner": [[NaN, 0, "x"]]}]', "NaN is not a number that JSON has"),
        (b'[{"tokenized_text": ["a"]}, {"tokenized_text"', "it ends too early"),
        (b"", "it is empty: there is no article in it"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, says: str) -> None:
    assert says in refusals(read(GLINER, data))[-1]


@given(st.data())
def test_a_damaged_record_is_read_or_refused(data: st.DataObject) -> None:
    found = json.loads(write(GLINER, [hardest()]).data)
    exchange_a_value(found[0], data)
    for each in read(GLINER, array(*found)):
        assert isinstance(each, (Incoming, BadFile))


# -- through a project --------------------------------------------------------------------------------


def test_an_exported_file_becomes_suggestions_on_the_articles_it_came_from(project: Project) -> None:
    made = long_article()
    project.add(made.article.text)
    (project.folder / "train.json").write_bytes(write(GLINER, [made]).data)
    config = load(project.folder / "config.yaml")
    taking = Taking(Reading(config.schema))
    for entities, relations in ((3, 2), (0, 0)):  # the second time adds nothing
        report = Importer(project.store, config, taking).take_patterns(["train.json"], project.folder)
        assert (report.new, report.refused, report.warnings) == (0, [], [])
        assert (report.entities, report.relations) == (entities, relations)
    layer = project.store.layer("import", "train")
    assert [each.text for each in project.store.entities(1, layer.id)] == ["Ana", "Bo", "Cy"]
    assert {each.label for each in project.store.relations(1, layer.id)} == {"MET"}
