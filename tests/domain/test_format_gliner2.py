"""GLiNER2's training data, out and in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import gliner2, registry
from annotations.formats.base import Head, Reading
from annotations.importing import Importer, Taking
from annotations.model import Relation
from annotations.schema import EntityType, Schema
from tests.desks import Project
from tests.interchange import (
    SCHEMA,
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

GLINER2 = gliner2.FORMAT
GOLDEN = Path(__file__).parent.parent / "golden" / "gliner2.jsonl"


def check(data: bytes) -> list[dict[str, Any]]:
    """The rules of GLiNER2's validator: a record a line, with a task; mentions that stand where they say, ends of
    relations too; descriptions of labels that are there; true labels among the labels."""
    found: list[dict[str, Any]] = [json.loads(line) for line in data.decode().splitlines()]
    for each in found:
        text, output = each["input"], each["output"]
        assert text.strip() and output
        mentions = [each for said in output.get("entities", {}).values() for each in said]
        for relation in output.get("relations", []):
            ((label, ends),) = relation.items()
            assert label and list(ends) == ["head", "tail"]
            mentions += ends.values()
        for mention in mentions:
            assert 0 <= mention["start"] < mention["end"]
            assert text[mention["start"] : mention["end"]] == mention["text"]
        assert "" not in output.get("entities", {})
        assert output.get("entity_descriptions", {}).keys() <= output.get("entities", {}).keys()
        for task in output.get("classifications", []):
            assert task["task"] and set(task["true_label"]) <= set(task["labels"])
    return found


def lines(*found: Any) -> bytes:
    """Records as lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in found)


def record(text: str, **output: Any) -> dict[str, Any]:
    """An article and what is in it."""
    return {"input": text, "output": output}


def at(text: str, part: str) -> dict[str, Any]:
    """A mention with its place."""
    start = text.index(part)
    return {"text": part, "start": start, "end": start + len(part)}


# -- what is written ----------------------------------------------------------------------------------


def test_the_bytes_are_those_that_gliner2_loads() -> None:
    written = write(GLINER2, [hardest(), document("An empty day.\n")])
    assert written.data == GOLDEN.read_bytes()
    check(written.data)


def test_what_was_looked_for_and_not_found_has_an_empty_list() -> None:
    (found,) = check(write(GLINER2, [document("Rain fell.")]).data)
    assert found["output"] == {"entities": {"person": [], "org": [], "gpe": []}}


def test_of_an_article_that_is_not_complete_only_the_labels_that_it_has_are_written() -> None:
    made = people("Ana left.", "Ana", complete=())
    written = write(GLINER2, [made])
    assert list(check(written.data)[0]["output"]["entities"]) == ["person"]
    assert written.lost == ["missing"]


def test_an_article_of_which_nothing_is_known_would_be_invalid_and_is_left_out_and_named() -> None:
    written = write(GLINER2, [document("Rain fell.", complete=())])
    assert (written.data, written.lost) == (b"", ["missing", "article"])


def test_a_label_of_which_something_was_left_out_is_not_said_to_be_absent() -> None:
    text = "North and South Korea"
    made = document(text, entity(text, "1", "GPE", (0, 5), (16, 21)))
    (found,) = check(write(GLINER2, [made], pieces="drop").data)
    assert list(found["output"]["entities"]) == ["person", "org"]


def test_the_guideline_of_a_label_is_its_description_on_one_line() -> None:
    schema = Schema(
        (EntityType("WORK_OF_ART", about="Books,\n  songs."), EntityType("GPE"), EntityType("ORG", about="x"))
    )
    made = document("Oslo", words("Oslo", "1", "GPE", "Oslo"), complete=("entities",))
    (found,) = check(write(GLINER2, [made], schema).data)
    assert found["output"]["entity_descriptions"] == {"work of art": "Books, songs.", "org": "x"}
    made = replace(made, complete=())
    assert "entity_descriptions" not in check(write(GLINER2, [made], schema).data)[0]["output"]


def test_labels_of_articles_are_a_classification_among_all_there_are() -> None:
    schema = replace(SCHEMA, labels=("news", "sport"))
    data = write(GLINER2, [document("Rain fell.", labels=("sport", "odd"))], schema).data
    (found,) = check(data)
    assert found["output"]["classifications"] == [
        {
            "task": "labels",
            "labels": ["news", "sport", "odd"],
            "true_label": ["sport", "odd"],
            "multi_label": True,
        }
    ]
    (again,) = taken(read(GLINER2, data))
    assert again.document is not None and again.document.labels == ("sport", "odd")


def test_what_a_record_has_no_place_for_is_named() -> None:
    made = document(
        "Ana led",
        words("Ana led", "1", "PERSON", "Ana", note="who?", cluster="c", link="Q1", attributes={"a": 1}),
        words("Ana led", "2", "person", "led"),
    )
    assert write(GLINER2, [made]).lost == ["label", "attributes", "links", "notes", "clusters"]


def test_two_labels_that_are_written_alike_share_a_list() -> None:
    made = document("Ana led", words("Ana led", "1", "PERSON", "Ana"), words("Ana led", "2", "person", "led"))
    (found,) = check(write(GLINER2, [made]).data)
    assert [each["text"] for each in found["output"]["entities"]["person"]] == ["Ana", "led"]


def test_the_ends_of_relations_are_told_apart_where_several_entities_have_one_place() -> None:
    made = document(
        "Oslo",
        words("Oslo", "1", "ORG", "Oslo"),
        words("Oslo", "2", "GPE", "Oslo"),
        relations=(Relation("R1", "KNOWS", "1", "2"),),
    )
    written = write(GLINER2, [made])
    ((_, ends),) = check(written.data)[0]["output"]["relations"][0].items()
    assert (ends["head"]["label"], ends["tail"]["label"]) == ("org", "gpe")
    check_came_back(taken(read(GLINER2, written.data))[0], made, written)


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), min_size=1, max_size=3))
def test_all_comes_back_but_what_was_named(made: list[Document]) -> None:
    data = write(GLINER2, made).data
    check(data)
    for each, before in zip(taken(read(GLINER2, data)), made, strict=True):
        check_came_back(each, before, write(GLINER2, [before]))


@given(documents())
def test_what_we_write_is_told_by_its_keys(made: Document) -> None:
    assert registry.detected(source(write(GLINER2, [made]).data, "train.jsonl")) is GLINER2


def test_other_records_are_not_taken_for_ours() -> None:
    for data in (
        b'{"input": "a"}',
        b'{"input": "a", "output": "b"}',
        b'{"input": {}, "output": {}}',
        b"input output",
    ):
        assert not GLINER2.recognises(Head("train.jsonl", data))


# -- what is read -------------------------------------------------------------------------------------


def test_a_mention_with_a_place_is_that_place_alone_and_one_without_is_every_place_of_its_words() -> None:
    text = "Oslo, OSLO and Osloer saw New\n York. New York!"
    one = record(text, entities={"gpe": ["oslo", at(text, "New\n York")], "ORG": ["new york"], "person": []})
    (found,) = taken(read(GLINER2, lines(one)))
    assert spelled(found) == [
        ("Oslo", "GPE"),
        ("OSLO", "GPE"),
        ("New\n York", "GPE"),
        ("New\n York", "ORG"),
        ("New York", "ORG"),
    ]
    assert (found.warnings, found.source) == ((), "it, line 1")


def test_an_end_of_a_relation_is_one_entity_or_none() -> None:
    text = "Ana met Bo. Bo met Cy, not Di."
    bo = {"text": "Bo", "start": 12, "end": 14}
    one = record(
        text,
        entities={"person": ["Ana", "Bo", at(text, "Cy")]},
        relations=[
            {"met": {"head": "ana", "tail": "Cy"}},
            {"met": {"head": bo, "tail": at(text, "Cy")}},
            {"met": {"head": "Ana", "tail": "Bo"}},
            {"met": {"head": "Ana", "tail": "Di"}},
        ],
    )
    (found,) = taken(read(GLINER2, lines(one)))
    assert related(found) == [("MET", "Ana", "Cy"), ("MET", "Bo", "Cy")]
    assert found.warnings == (
        'it, line 1: a relation is left out: 2 of the entities that were taken may be its end "Bo"',
        'it, line 1: a relation is left out: none of the entities that were taken may be its end "Di"',
    )


def test_other_keys_are_metadata_and_what_there_is_no_place_for_is_named() -> None:
    one = record("Rain.", classifications=[{"task": "mood", "labels": ["good", "bad"], "true_label": "bad"}])
    one["output"]["json_structures"] = [{"x": {}}]
    (found,) = taken(read(GLINER2, lines(one | {"id": 3})))
    assert found.meta == {"id": 3}
    assert found.document is not None and found.document.labels == ("bad",)
    assert found.warnings == ('it, line 1: its "json_structures" are left out: there is no place for them',)


def test_a_record_without_output_is_an_article_alone() -> None:
    (found,) = taken(read(GLINER2, lines({"input": "Rain."})))
    assert (found.text, found.document) == ("Rain.", None)


def test_offsets_that_count_utf16_units_are_told_by_the_texts_of_all_mentions() -> None:
    one = record("👩 Ana met Bo", entities={"person": [{"text": "Ana", "start": 3, "end": 6}]})
    (found,) = taken(read(GLINER2, lines(one)))
    assert spelled(found) == [("Ana", "PERSON")]
    assert found.warnings == ("it, line 1: its offsets count UTF-16 units, by the texts of mentions",)


@pytest.mark.parametrize(
    ("mention", "says"),
    [
        ({"text": "Ana", "start": 1, "end": 4}, 'the text at 1 to 4 is "na ", not "Ana"'),
        ({"text": "Ana", "start": 0, "end": 99}, "99 lies outside the text"),
        ({"text": "Ana", "start": -1, "end": 3}, "-1 lies outside the text"),
        ({"text": "Ana", "start": 3, "end": 0}, "it begins at 3 and ends at 0"),
        ({"text": "Ana", "start": 0.0, "end": 3}, '"start" must be a whole number, not 0.0'),
        ({"text": "Ana", "start": 0}, '"end" is missing'),
        ({"text": " ", "start": 3, "end": 4}, "there is nothing but white space in PERSON at 4"),
        ("nobody", 'the text has no words "nobody"'),
        ("An", 'the text has no words "An"'),
        ("", 'the text has no words ""'),
        (7, "a mention is a text, or {"),
        (None, "a mention is a text, or {"),
    ],
)
def test_a_mention_that_cannot_be_taken_is_left_out_and_the_rest_is_taken(mention: Any, says: str) -> None:
    one = record("Ana met Bo", entities={"person": [mention, "Bo"]})
    (found,) = taken(read(GLINER2, lines(one)))
    assert spelled(found) == [("Bo", "PERSON")]
    assert found.warnings[0].startswith(f"it, line 1: an entity is left out: {says}")


@pytest.mark.parametrize(
    "relation",
    [
        {"met": {"head": "Ana"}},
        {"met": ["Ana", "Bo"]},
        {"met": {"head": "Ana", "tail": "Bo", "when": "x"}},
        {"": {}},
    ],
)
def test_a_relation_of_another_shape_is_left_out(relation: Any) -> None:
    one = record("Ana met Bo", entities={"person": ["Ana", "Bo"]}, relations=[relation])
    (found,) = taken(read(GLINER2, lines(one)))
    assert len(spelled(found)) == 2 and related(found) == []
    assert found.warnings[0].startswith(
        'it, line 1: a relation is left out: a relation is {label: {"head": …'
    )


@pytest.mark.parametrize(
    ("one", "says"),
    [
        ({"output": {}}, '"input" is missing'),
        ({"input": 7, "output": {}}, '"input" must be a text'),
        ({"input": " ", "output": {}}, '"text" is empty'),
        ({"input": "a", "output": []}, '"output" must be an object'),
        (record("a", entities=["b"]), '"entities" must be an object'),
        (record("a", relations={}), '"relations" must be a list'),
        (record("\ud83d"), "half of a surrogate pair"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused_and_the_rest_is_read(one: Any, says: str) -> None:
    found = read(GLINER2, lines(record("Sun"), one, record("Wind")))
    (why,) = refusals(found)
    assert why.startswith(f"it, line 2: {says}")
    assert [each.text for each in found if isinstance(each, Incoming)] == ["Sun", "Wind"]


@given(st.data())
def test_a_damaged_record_is_read_or_refused(data: st.DataObject) -> None:
    found = json.loads(write(GLINER2, [hardest()]).data)
    exchange_a_value(found, data)
    for each in read(GLINER2, lines(found)):
        assert isinstance(each, (Incoming, BadFile))


# -- through a project --------------------------------------------------------------------------------


def test_an_exported_file_becomes_suggestions_on_the_articles_it_came_from(project: Project) -> None:
    made = replace(people("Ana 👩 met Bo.", "Ana", "Bo"), relations=(Relation("R1", "MET", "2", "1"),))
    project.add(made.article.text)
    (project.folder / "train.jsonl").write_bytes(write(GLINER2, [made]).data)
    config = load(project.folder / "config.yaml")
    report = Importer(project.store, config, Taking(Reading(config.schema))).take_patterns(
        ["train.jsonl"], project.folder
    )
    assert (report.new, report.entities, report.relations) == (0, 2, 1)
    assert (report.refused, report.warnings) == ([], [])
    layer = project.store.layer("import", "train")
    assert [(each.start, each.text) for each in project.store.entities(1, layer.id)] == [
        (0, "Ana"),
        (10, "Bo"),
    ]
