"""Label Studio: golden bytes, what is written is read as it was, and each trap of its files."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, IncomingAnnotations, Origin, offered
from annotations.errors import BadFile
from annotations.formats.base import Head, Reading, Source
from annotations.formats.label_studio import FORMAT
from annotations.formats.registry import detected
from annotations.importing import Importer, Taking
from annotations.model import Relation, about_entity, about_relation
from annotations.schema import Schema
from tests import interchange
from tests.desks import Project
from tests.interchange import SCHEMA, article, document, hardest, links, values, words

GOLDEN = Path(__file__).parents[1] / "golden"
TEXT = "Mei Chen met Ada Obi in Oslo."
EMOJI = "👩‍👩‍👧 Mei Chen met Ada Obi in Oslo."


# --- files of our own


def region(id: str, start: Any, end: Any, text: str | None, *labels: str, **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": list(labels)} | ({} if text is None else {"text": text})
    return {"id": id, "from_name": "label", "to_name": "text", "type": "labels", "value": value} | more


def at(id: str, part: str, *labels: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    """A region on some words of a text, in code points."""
    start = text.index(part)
    return region(id, start, start + len(part), part, *labels, **more)


def relation(head: str, tail: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {"type": "relation", "from_id": head, "to_id": tail, "labels": list(labels)} | more


def annotation(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 7, "completed_by": 3, "was_cancelled": False, "result": list(results)} | more


def task(*annotations: dict[str, Any], text: str = TEXT, **more: Any) -> dict[str, Any]:
    return {"id": 12, "data": {"text": text}, "annotations": list(annotations)} | more


def read(*tasks: Any, schema: Schema = SCHEMA, **how: Any) -> list[Incoming | BadFile]:
    return interchange.read(FORMAT, json.dumps(tasks).encode(), "ls.json", schema, **how)


def one(*tasks: Any, **how: Any) -> Incoming:
    (found,) = interchange.taken(read(*tasks, **how))
    return found


def work(*tasks: Any, **how: Any) -> IncomingAnnotations:
    found = one(*tasks, **how).document
    assert found is not None
    return found


def surfaces(found: IncomingAnnotations) -> list[tuple[str, str]]:
    return [(each.label, each.text) for each in found.entities]


def pairs(found: IncomingAnnotations) -> list[tuple[str, str, str]]:
    ends = {each.id: each.text for each in found.entities}
    return [(each.label, ends[each.head], ends[each.tail]) for each in found.relations]


# --- the golden files


def full() -> list[Document]:
    """The hardest; an empty one; one with all that can be said; one that is open, one skipped, one of gold."""
    text = "Ada Obi met Li Wei 𝒜 in Oslo."
    rich = document(
        text,
        words(
            text, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "PERSON", "Ada Obi", note="a\nnote", link="Q1", cluster="c1"
        ),
        words(text, "01E2", "PERSON", "Li Wei", attributes={"b": 1, "a": [True]}, score=0.98765),
        relations=(Relation("01R1", "MET", "01E2", "01ARZ3NDEKTSV4RRFFQ69G5FAV", note="lost"),),
        origins={"01E2": Origin("model:m@1", "changed")},
        labels=("politics & <trade>",),
        note="Read twice.",
        flagged=True,
        pending=pending(text),
    )
    tea = words("Tea in Oslo.", "01E1", "CITY", "Oslo")
    return [
        hardest(),
        document("Fog."),
        rich,
        document("Tea in Oslo.", tea, status="open", complete=()),
        document("Tea in Oslo.", tea, status="skipped", complete=()),
        document("Tea in Oslo.", tea, annotator=None, layer="gold:gold"),
    ]


def pending(text: str) -> tuple[dict[str, Any], ...]:
    """Suggestions of two layers: an entity, one in pieces, and a relation to an own entity."""
    oslo, ada = ((text.index("Oslo"), text.index("Oslo") + 4),), ((0, 7),)
    return (
        offered(about_relation("LIVES", (ada, "PERSON"), (oslo, "GPE")), "model:m@1", 0.5),
        offered(about_entity(oslo, "GPE"), "model:m@1", 0.75),
        offered(about_entity(((0, 3), (12, 14)), "PERSON"), "patterns:p"),
    )


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    made = interchange.write(FORMAT, full())
    assert made.files["tasks.json"] == (GOLDEN / "label_studio.tasks.json").read_bytes()
    assert made.files["config.xml"] == (GOLDEN / "label_studio.config.xml").read_bytes()


def test_what_a_task_cannot_hold_is_named() -> None:
    assert [(loss.kind, loss.what) for loss in interchange.write(FORMAT, full()).losses] == [
        (
            "discontinuous",
            "GPE “North and South Korea” at 57 is in 2 pieces: written from its first to its last piece",
        ),
        ("relation details", "notes and attributes of 1 relations are left out"),
        ("flag", "that it is flagged is left out"),
        ("discontinuous", "a suggested PERSON at 0 is in 2 pieces: written from its first to its last piece"),
    ]


def test_the_metadata_called_text_give_way_to_the_text_and_are_named() -> None:
    made = interchange.write(FORMAT, [replace(document("Fog."), article=article("Fog.", meta={"text": 1}))])
    assert json.loads(made.files["tasks.json"])[0]["data"]["text"] == "Fog."
    assert made.lost == ["metadata"]


def test_that_a_task_was_not_looked_at_is_named() -> None:
    (loss,) = interchange.write(FORMAT, [document("Fog.", complete=("entities",))]).losses
    assert (loss.kind, loss.what) == ("complete", "that nobody looked for relations is left out")


def test_nothing_is_an_empty_array() -> None:
    assert interchange.write(FORMAT, []).files["tasks.json"] == b"[]\n"


def test_the_golden_tasks_keep_the_rules_of_an_import_into_label_studio() -> None:
    check(interchange.write(FORMAT, full()).files)


def check(files: dict[str, bytes]) -> None:
    """What Label Studio asks of tasks: known labels, regions within the text, ids once in the file, both ends there."""
    config = ET.fromstring(files["config.xml"])
    labels = {each.get("value") for each in config.iter("Label")}
    relations = {each.get("value") for each in config.iter("Relation")}
    tags = {each.get("name"): each.get("toName") for each in config if each.get("toName")}
    seen: list[str] = []
    for each in json.loads(files["tasks.json"]):
        text = each["data"]["text"]
        for answer in (*each.get("annotations", ()), *each.get("predictions", ())):
            assert "completed_by" not in answer
            regions = {result["id"] for result in answer["result"] if result["type"] == "labels"}
            for result in answer["result"]:
                if result["type"] == "relation":
                    assert {result["from_id"], result["to_id"]} <= regions
                    assert relations.issuperset(result["labels"])
                    continue
                seen.append(result["id"])
                assert tags[result["from_name"]] == result["to_name"] == "text"
                if result["type"] == "labels":
                    value = result["value"]
                    assert text[value["start"] : value["end"]] == value["text"]
                    assert labels.issuperset(value["labels"])
    assert len(seen) == len(set(seen))


def test_the_config_has_colours_and_keys_and_escapes_names() -> None:
    known = replace(SCHEMA.entities[0], name='A"&<', color="bright_red")
    made = interchange.write(FORMAT, [document("Fog.", words("Fog.", "1", "X\x01", "Fog"))], Schema((known,)))
    labels = list(ET.fromstring(made.files["config.xml"]).iter("Label"))
    assert [each.attrib for each in labels] == [
        {"value": 'A"&<', "background": "red", "hotkey": "1"},
        {"value": "X\ufffd"},
    ]


# --- reading back


@given(interchange.documents())
def test_what_is_written_is_read_back_and_the_rest_is_named(wanted: Document) -> None:
    made = interchange.write(FORMAT, [wanted])
    check(made.files)
    (incoming,) = interchange.taken(interchange.read(FORMAT, made.files["tasks.json"]))
    found = incoming.document
    assert found is not None
    assert (incoming.text, incoming.warnings, found.annotator) == (wanted.article.text, (), "ana")
    flat = [each._replace(fragments=()) for each in wanted.entities]
    assert values(found.entities) == values(flat)
    hulls = {each.id: each for each in flat}
    assert links(found.entities, found.relations) == links(hulls.values(), wanted.relations)
    assert made.lost == ["discontinuous"] * sum(bool(each.fragments) for each in wanted.entities)


@given(interchange.documents())
def test_discontinuous_entities_are_dropped_if_asked_with_their_relations(wanted: Document) -> None:
    made = interchange.write(FORMAT, [wanted], pieces="drop")
    (incoming,) = interchange.taken(interchange.read(FORMAT, made.files["tasks.json"]))
    assert incoming.document is not None
    kept = [each for each in wanted.entities if not each.fragments]
    ids = {each.id for each in kept}
    ours = [each for each in wanted.relations if {each.head, each.tail} <= ids]
    assert values(incoming.document.entities) == values(kept)
    assert links(incoming.document.entities, incoming.document.relations) == links(kept, ours)
    assert made.lost.count("relation") == len(wanted.relations) - len(ours)


def test_all_that_is_said_of_an_entity_and_an_article_comes_back() -> None:
    made = interchange.write(FORMAT, [full()[2]])
    mine, *suggested = interchange.taken(interchange.read(FORMAT, made.files["tasks.json"]))
    found = mine.document
    assert found is not None
    ada, li = found.entities
    assert (ada.id, ada.note, ada.link, ada.cluster) == ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "a\nnote", "Q1", "c1")
    assert (li.attributes, li.score) == ({"a": [True], "b": 1}, 0.9877)
    assert (found.labels, found.note) == (("politics & <trade>",), "Read twice.")
    assert [each.document.annotator for each in suggested if each.document] == ["model:m@1", "patterns:p"]


def test_suggestions_come_back_as_suggestions_with_the_ends_of_their_relations() -> None:
    made = interchange.write(FORMAT, [full()[2]])
    _, model, _ = interchange.taken(interchange.read(FORMAT, made.files["tasks.json"]))
    assert model.document is not None
    assert model.document.suggested
    assert sorted(surfaces(model.document)) == [("GPE", "Oslo"), ("PERSON", "Ada Obi")]
    assert pairs(model.document) == [("LIVES", "Ada Obi", "Oslo")]
    assert {e.label: e.score for e in model.document.entities} == {"GPE": 0.75, "PERSON": 0.625}


def test_work_that_goes_on_is_a_prediction_and_skipped_work_a_cancelled_annotation() -> None:
    made = interchange.write(FORMAT, full()[3:])
    going_on, skipped, gold = (
        each.document for each in interchange.taken(read(*json.loads(made.files["tasks.json"])))
    )
    assert going_on is not None and skipped is not None and gold is not None
    assert (going_on.suggested, going_on.annotator, going_on.status) == (True, "person:ana", None)
    assert (skipped.suggested, skipped.annotator, skipped.status) == (False, "ana", "skipped")
    assert (gold.suggested, gold.annotator, gold.status) == (False, None, None)


# --- people, predictions


def test_each_annotation_is_the_work_of_its_annotator() -> None:
    people = (
        3,
        {"id": 4, "email": "ada@desk.example"},
        {"id": 5, "first_name": "Li", "last_name": "Wei"},
        {"id": 6},
    )
    found = interchange.taken(
        read(task(*(annotation(at("e", "Oslo", "GPE"), completed_by=who) for who in people)))
    )
    assert [each.document and each.document.annotator for each in found] == [
        "3",
        "ada@desk.example",
        "Li Wei",
        "6",
    ]
    assert {each.text for each in found} == {TEXT}


def test_two_annotations_of_one_person_are_not_mixed() -> None:
    found = interchange.taken(
        read(task(annotation(), annotation(), annotation(completed_by=None), annotation()))
    )
    assert [each.document and each.document.annotator for each in found] == ["3", "3 2", None, "3 3"]


def test_the_ground_truth_comes_first() -> None:
    found = interchange.taken(
        read(task(annotation(completed_by=1), annotation(completed_by=2, ground_truth=True)))
    )
    assert [each.document and each.document.annotator for each in found] == ["2", "1"]


def test_a_cancelled_annotation_is_a_skipped_article_and_others_do_not_say() -> None:
    found = interchange.taken(read(task(annotation(was_cancelled=True), annotation(completed_by=4))))
    assert [each.document and each.document.status for each in found] == ["skipped", None]


def test_a_prediction_is_nobodys_work_and_its_score_is_that_of_regions_without() -> None:
    results = [at("a", "Oslo", "GPE", score=0.9), at("b", "Mei Chen", "PERSON")]
    prediction = {"model_version": "ner-2", "score": 0.4, "result": results}
    mine, theirs = interchange.taken(read(task(annotation(), predictions=[prediction])))
    assert mine.document is not None and theirs.document is not None
    assert (mine.document.suggested, mine.document.entities) == (False, ())
    assert (theirs.document.suggested, theirs.document.annotator) == (True, "ner-2")
    assert [each.score for each in theirs.document.entities] == [0.9, 0.4]


def test_a_task_that_nobody_worked_on_is_an_article_alone() -> None:
    found = one({"id": 12, "data": {"text": TEXT, "title": "Visit", "date": "2022-11-25", "desk": "foreign"}})
    assert (found.document, found.title, found.date) == (None, "Visit", "2022-11-25")
    assert (found.source, found.meta) == ("ls.json, task 1", {"desk": "foreign", "id": 12})
    assert one(task()).document is None


def test_an_annotation_without_results_says_that_there_is_nothing() -> None:
    assert work(task(annotation())).entities == ()


def test_drafts_are_left_out_and_counted_once() -> None:
    found = interchange.taken(read(task(annotation(), annotation(), drafts=[{"result": []}])))
    (warning,) = [warning for each in found for warning in each.warnings]
    assert (
        warning == "ls.json, task 1: 1 not submitted drafts are left out: submit them in Label Studio first"
    )


# --- which text


def test_the_text_may_have_any_key() -> None:
    found = one(
        {"id": 1, "data": {"body": TEXT, "kind": "news"}, "annotations": [annotation(at("a", "Oslo", "GPE"))]}
    )
    assert (found.text, found.meta) == (TEXT, {"kind": "news", "id": 1})


def test_the_regions_tell_which_text_is_meant() -> None:
    found = one(
        {"data": {"text": "Other.", "body": TEXT}, "annotations": [annotation(at("a", "Oslo", "GPE"))]}
    )
    assert (found.text, found.meta) == (TEXT, {"text": "Other."})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"a": "One text here.", "b": "Another text."}, 'which of ["a", "b"] is the text cannot be told'),
        ({"n": 1, "a": " "}, "its data hold no text"),
        ({"text": "s3://bucket/a.txt"}, "its data hold the address of a text only"),
        ({"text": "https://desk.example/a.txt"}, "its data hold the address of a text only"),
    ],
)
def test_a_task_whose_text_is_not_there_or_not_clear_is_refused(data: dict[str, Any], says: str) -> None:
    (refused,) = interchange.refusals(read({"data": data}))
    assert refused.startswith("ls.json, task 1: ")
    assert says in refused


def test_the_config_beside_the_tasks_tells_which_text_is_meant(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"data": {"text": "Other.", "lead": "Fog."}}]', encoding="utf-8")
    wanted = {
        '<View><Text name="t" value="$lead"/></View>': "Fog.",
        "<!-- ours --><View>\n<HyperText name='t' value='$lead'/></View>": "Fog.",
        '<View><Text name="t" value="$gone"/></View>': "Other.",
        '<View><Text value="$lead"/><Text value="$text"/></View>': "Other.",
        '<rss><Text value="$lead"/></rss>': "Other.",
    }
    for config, text in wanted.items():
        (tmp_path / "config.xml").write_text(config, encoding="utf-8")
        (found,) = FORMAT.read(Source.of(tmp_path / "t.json"), Reading(SCHEMA)) if FORMAT.read else ()
        assert isinstance(found, Incoming)
        assert found.text == text


def test_a_labelling_config_is_no_article() -> None:
    config = interchange.write(FORMAT, full()).files["config.xml"]
    assert detected(interchange.source(config, "config.xml")).name == "label-studio"
    assert interchange.read(FORMAT, config, "config.xml") == []


# --- offsets


def units(text: str, part: str, *labels: str) -> dict[str, Any]:
    """A region in UTF-16 units."""
    before, inside = (len(each.encode("utf-16-le")) // 2 for each in (text[: text.index(part)], part))
    return region(part, before, before + inside, part, *labels)


def test_offsets_are_in_the_unit_that_fits_all_texts() -> None:
    wanted = [("PERSON", "Mei Chen"), ("GPE", "Oslo")]
    old = {
        "id": 1,
        "data": {"text": EMOJI},
        "completions": [{"result": [units(EMOJI, p, k) for k, p in wanted]}],
    }
    new = task(annotation(*(at(p, p, k, text=EMOJI) for k, p in wanted)), text=EMOJI)
    for found in (work(old), work(new)):
        assert surfaces(found) == wanted


def test_an_annotation_and_a_prediction_may_count_in_different_units() -> None:
    prediction = {"result": [at("b", "Oslo", "GPE", text=EMOJI)]}
    found = interchange.taken(
        read(task(annotation(units(EMOJI, "Oslo", "GPE")), text=EMOJI, predictions=[prediction]))
    )
    assert [surfaces(each.document) for each in found if each.document] == [[("GPE", "Oslo")]] * 2


def test_in_a_task_of_mixed_units_those_that_do_not_fit_are_left_out_and_named() -> None:
    results = (
        at("a", "Mei Chen", "PERSON", text=EMOJI),
        at("b", "Ada Obi", "PERSON", text=EMOJI),
        units(EMOJI, "met", "VERB"),
    )
    found = one(task(annotation(*results), text=EMOJI))
    assert found.document is not None
    assert [each.text for each in found.document.entities] == ["Mei Chen", "Ada Obi"]
    (warning,) = found.warnings
    assert warning.startswith("ls.json, task 1: annotation 1: the region met is left out: the text at ")


def bare(text: str, key: str = "annotations") -> dict[str, Any]:
    start = text.index("Oslo")
    return {"data": {"text": text}, key: [{"result": [region("a", start, start + 4, None, "GPE")]}]}


def test_without_texts_new_files_with_astral_characters_ask_for_the_unit() -> None:
    (refused,) = interchange.refusals(read(bare(EMOJI)))
    assert refused.startswith(
        "ls.json, task 1, annotation 1: do its offsets count code points or UTF-16 units?"
    )
    assert surfaces(work(bare(EMOJI), unit="codepoint")) == [("GPE", "Oslo")]
    assert surfaces(work(bare(TEXT + EMOJI))) == [("GPE", "Oslo")]


def test_without_texts_old_files_count_utf16_units() -> None:
    old = bare(EMOJI, "completions")
    value = old["completions"][0]["result"][0]["value"]
    value["start"], value["end"] = value["start"] + 3, value["end"] + 3
    assert surfaces(work(old)) == [("GPE", "Oslo")]


@pytest.mark.parametrize("said", ["in\r\nOslo", "in\\nOslo", "in\n\nOslo", "in\nOslo"])
def test_line_ends_within_a_regions_text_may_be_written_in_any_way(said: str) -> None:
    text = "Tea in\r\nOslo."
    assert surfaces(work(task(annotation(region("a", 4, 12, said, "X")), text=text))) == [("X", "in\r\nOslo")]


def test_where_no_text_fits_the_annotation_is_refused() -> None:
    (refused,) = interchange.refusals(read(task(annotation(region("a", 1, 5, "Oslo", "GPE")))))
    assert refused.startswith("ls.json, task 1, annotation 1: no region's text stands where it is said to")


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (6.0, 14, '"start" must be a whole number, not 6.0'),
        ("4", "12", '"start" must be a whole number, not "4"'),
        (0, "8", '"end" must be a whole number, not "8"'),
        (8, 0, "it ends before it begins, or is empty: 8 to 0"),
    ],
)
def test_an_only_region_that_is_badly_written_says_so_and_not_that_the_text_was_changed(
    start: Any, end: Any, says: str
) -> None:
    found = one(task(annotation(region("z", start, end, "Mei Chen", "X"))))
    assert found.document is not None and found.document.entities == ()
    assert [warning.split("is left out: ")[1] for warning in found.warnings] == [says]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (region("z", 8, 0, None, "X"), "it ends before it begins"),
        (region("z", 3, 3, None, "X"), "is empty: 3 to 3"),
        (region("z", 0, 99, None, "X"), "99 lies outside the text, which has 29 code points"),
        (region("z", -3, 2, None, "X"), "-3 lies outside the text"),
        (region("z", 0.0, 8, None, "X"), '"start" must be a whole number, not 0.0'),
        (region("z", 0, True, None, "X"), '"end" must be a whole number, not true'),
        (region("z", 0, 8, "Mei", "X"), 'the text at 0 to 8, in code points, is "Mei Chen", not "Mei"'),
        (region("z", 0, 8, None), "it has no label"),
        ({"id": "z", "type": "labels"}, '"value" is missing'),
        (
            at("z", "Mei Chen", "X") | {"value": {"start": "/p[1]", "labels": ["X"]}},
            "it has no globalOffsets",
        ),
        (
            {"id": "z", "type": "rectanglelabels", "value": {}},
            'results of the type "rectanglelabels" are about no text',
        ),
        ({"type": "rating", "value": {"rating": 4}}, "an article has no place for a rating: 4"),
    ],
)
def test_what_cannot_be_taken_is_left_out_and_named(bad: dict[str, Any], says: str) -> None:
    found = one(task(annotation(at("a", "Oslo", "GPE"), bad)))
    if "no globalOffsets" in says:
        assert says in found.warnings[0]
        return
    assert found.document is not None
    assert surfaces(found.document) == [("GPE", "Oslo")]
    (warning,) = found.warnings
    assert warning.startswith("ls.json, task 1: annotation 1: ")
    assert says in warning


# --- regions: labels, notes, attributes


def test_several_labels_of_one_region_are_several_entities() -> None:
    found = work(
        task(annotation(at("a", "Mei Chen", "PERSON", "LEADER", "PERSON"), at("a", "Mei Chen", "GUEST")))
    )
    assert surfaces(found) == [("PERSON", "Mei Chen"), ("LEADER", "Mei Chen"), ("GUEST", "Mei Chen")]
    assert len({each.id for each in found.entities}) == 3


def test_what_is_said_of_a_region_is_its_note_and_attributes() -> None:
    about = {"from_name": "sure", "to_name": "text", "id": "a"}
    results = (
        at("a", "Oslo", "GPE", meta={"text": ["old", "name"]}),
        about | {"type": "choices", "value": {"start": 24, "end": 28, "choices": ["yes"]}},
        about | {"from_name": "why", "type": "textarea", "value": {"text": ["a", "b"]}},
        about | {"from_name": "stars", "type": "rating", "value": {"rating": 3}},
    )
    (oslo,) = work(task(annotation(*results))).entities
    assert (oslo.note, oslo.attributes) == ("old\nname", {"sure": "yes", "why": ["a", "b"], "stars": 3})


def test_choices_are_document_labels_and_text_areas_the_note() -> None:
    results = (
        {
            "id": "x",
            "from_name": "topic",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["trade", "war"]},
        },
        {
            "id": "y",
            "from_name": "mood",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": ["trade"]},
        },
        {
            "id": "z",
            "from_name": "note",
            "to_name": "text",
            "type": "textarea",
            "value": {"text": ["Look", "again"]},
        },
    )
    found = work(task(annotation(*results)))
    assert (found.labels, found.note) == (("trade", "war"), "Look\nagain")


def test_parents_of_regions_are_left_out_and_counted() -> None:
    found = one(task(annotation(at("a", "Mei Chen", "X"), at("b", "Mei", "Y", parentID="a"))))
    assert found.warnings == (
        "ls.json, task 1: annotation 1: the parents of 1 regions are left out: there is no place for them",
    )


# --- relations


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"direction": "right"}, [("LEADS", "Mei Chen", "Oslo")]),
        ({"direction": "left"}, [("LEADS", "Oslo", "Mei Chen")]),
        ({"direction": "bi"}, [("LEADS", "Mei Chen", "Oslo"), ("LEADS", "Oslo", "Mei Chen")]),
        ({}, [("LEADS", "Mei Chen", "Oslo")]),
        ({"direction": None, "labels": ["A", "B"]}, [("A", "Mei Chen", "Oslo"), ("B", "Mei Chen", "Oslo")]),
    ],
)
def test_the_direction_says_which_end_is_the_head(
    said: dict[str, Any], wanted: list[tuple[str, str, str]]
) -> None:
    results = (relation("a", "b", "LEADS", **said), at("a", "Mei Chen", "PERSON"), at("b", "Oslo", "GPE"))
    assert pairs(work(task(annotation(*results)))) == wanted


@pytest.mark.parametrize("labels", [[], None])
def test_a_relation_without_a_label_is_taken_and_named(labels: Any) -> None:
    link = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}
    link |= {} if labels is None else {"labels": labels}
    found = one(task(annotation(at("a", "Mei Chen", "PERSON"), at("b", "Oslo", "GPE"), link)))
    assert found.document is not None
    assert pairs(found.document) == [("relation", "Mei Chen", "Oslo")]
    assert found.warnings[0].endswith("the relation from a to b has no label: taken as relation")


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (relation("a", "gone", "X"), 'there is no region "gone", or it was left out'),
        (relation("a", "a", "X"), "it goes from a region to itself"),
        (relation("a", "b", "X", direction="up"), '"direction" may not be "up"'),
        (relation("a", "twice", "X"), 'several regions are called "twice"'),
        ({"type": "relation", "from_id": "a", "labels": ["X"]}, '"to_id" is missing'),
    ],
)
def test_a_relation_whose_ends_are_not_clear_is_left_out_and_named(link: dict[str, Any], says: str) -> None:
    regions = [
        at(id, part, "X") for id, part in zip(["a", "b", "twice", "twice"], TEXT.split()[:4], strict=True)
    ]
    found = one(task(annotation(*regions, link)))
    assert found.document is not None
    assert (len(found.document.entities), found.document.relations) == (4, ())
    assert says in found.warnings[0]


def test_a_relation_of_a_region_with_several_labels_goes_to_the_first_and_says_so() -> None:
    found = one(
        task(
            annotation(
                at("a", "Mei Chen", "PERSON", "LEADER"), at("b", "Oslo", "GPE"), relation("a", "b", "X")
            )
        )
    )
    assert found.document is not None
    assert found.document.relations[0].head == "a"
    assert "its relations go to the first, PERSON" in found.warnings[0]


# --- pages


def page(html: str, *marks: tuple[int, int, str | None], **more: Any) -> dict[str, Any]:
    results = []
    for number, (start, end, said) in enumerate(marks):
        value = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 0, "endOffset": 4}
        value |= {"globalOffsets": {"start": start, "end": end}, "hypertextlabels": ["GPE"]}
        value |= {} if said is None else {"text": said}
        results.append(
            {"id": f"h{number}", "from_name": "l", "to_name": "t", "type": "hypertextlabels", "value": value}
        )
    return {"data": {"html": html}, "annotations": [{"result": results, **more}]}


HTML = "<style>p {}</style><p>Tea 👩 &amp; cake<br>in <b>Os</b>lo.</p>"


def test_regions_of_a_page_are_code_points_of_what_it_shows() -> None:
    found = one(page(HTML, (16, 20, "Oslo")))
    assert found.document is not None
    assert (found.text, surfaces(found.document)) == ("Tea 👩 & cake\nin Oslo.", [("GPE", "Oslo")])


def test_a_region_of_a_page_that_cannot_be_checked_is_left_out() -> None:
    found = one(page(HTML, (16, 20, "Oslo"), (0, 3, None)))
    assert found.document is not None
    assert len(found.document.entities) == 1
    assert "it has no text to check its place in the page by" in found.warnings[0]


# --- JSON-MIN


def small(**more: Any) -> dict[str, Any]:
    label = [{"start": 0, "end": 8, "text": "Mei Chen", "labels": ["PERSON"]}]
    return {
        "text": TEXT,
        "desk": "foreign",
        "id": 12,
        "label": label,
        "topic": {"choices": ["trade", "war"]},
        "annotator": 3,
        "annotation_id": 7,
        "created_at": "2022-11-25T10:00:00Z",
        "updated_at": "2022-11-25T10:00:00Z",
        "lead_time": 4.2,
    } | more


def test_the_small_json_has_entities_and_choices_and_no_relations() -> None:
    found = one(small())
    assert found.document is not None
    assert surfaces(found.document) == [("PERSON", "Mei Chen")]
    assert (found.document.labels, found.document.annotator) == (("trade", "war"), "3")
    assert found.meta == {"desk": "foreign", "id": 12}


def test_the_small_json_of_an_annotation_without_results_says_that_there_is_nothing() -> None:
    record = small()
    del record["label"], record["topic"]
    assert work(record).entities == ()


def test_a_region_of_the_small_json_that_is_left_out_is_named() -> None:
    marks = [
        *small()["label"],
        {"start": 24, "end": 28, "text": "Bergen", "labels": ["GPE"]},
        {"start": 0, "end": 3},
    ]
    assert [warning.split(": ", 1)[1] for warning in one(small(label=marks)).warnings] == [
        'result 2 is left out: the text at 24 to 28, in code points, is "Oslo", not "Bergen"',
        "result 3 is left out: it has no label",
    ]


# --- damaged files


def test_the_good_tasks_before_a_cut_are_taken_in() -> None:
    data = json.dumps([task(annotation()), task(annotation())]).encode()
    first, second = interchange.read(FORMAT, data[:-9], "ls.json")
    assert isinstance(first, Incoming)
    assert str(second).startswith("ls.json, task 2: ")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'[{"data": {"text": "a"}, "score": NaN}]', "NaN"),
        (b'[{"data": {"text": "\\ud83d"}}]', "half of a surrogate pair"),
        (b'[{"data": {"text": "a", "text": "b"}}]', 'the key "text" stands twice'),
        (b'[{"data": {"text": "\xff"}}]', "it is not UTF-8"),
        (b"[1]", "a record must be a JSON object"),
        (b'[{"data": "a"}]', '"data" must be an object'),
        (b'[{"data": {"text": "a"}, "annotations": [7]}]', '"annotations" must be a list of objects'),
        (b'[{"data": {"text": "a"}, "annotations": [{"id": 7}]}]', '"result" is missing'),
        (b"[]", "it.json is empty"),
    ],
)
def test_what_is_no_task_is_refused(data: bytes, says: str) -> None:
    (refused,) = interchange.refusals(interchange.read(FORMAT, data, "it.json"))
    assert says in refused


def test_one_task_of_the_api_is_read_too() -> None:
    (found,) = interchange.taken(interchange.read(FORMAT, json.dumps(task(annotation()), indent=2).encode()))
    assert found.document is not None


@given(st.data())
def test_a_record_with_one_value_exchanged_is_read_or_refused(data: st.DataObject) -> None:
    record = json.loads(interchange.write(FORMAT, full()).files["tasks.json"])[
        data.draw(st.sampled_from([0, 2]))
    ]
    interchange.exchange_a_value(record, data)
    for each in interchange.read(FORMAT, json.dumps([record]).encode()):
        assert isinstance(each, Incoming) or str(each).startswith("it, ")
        if isinstance(each, Incoming) and each.document is not None:
            ids = {e.id for e in each.document.entities}
            assert len(ids) == len(each.document.entities)
            assert all({r.head, r.tail} <= ids and r.head != r.tail for r in each.document.relations)
            assert all(each.text[e.start : e.end] == e.text != "" for e in each.document.entities)


# --- detection


@pytest.mark.parametrize(
    "record",
    [
        task(annotation()),
        {"data": {"body": TEXT}},
        {"id": 1, "data": {"text": TEXT}, "completions": []},
        small(),
        task(annotation(*(at("a", "Oslo", "GPE") for _ in range(3000)))),
    ],
)
def test_its_files_are_told_by_what_they_hold(record: dict[str, Any]) -> None:
    source = interchange.source(json.dumps([record]).encode(), "export.json")
    assert detected(source).name == "label-studio"


@pytest.mark.parametrize(
    "data", [b'{"text": "a", "data": {}}', b'{"text": "a"}', b"[", b'{"data": 1}', b"data"]
)
def test_other_files_are_not_its(data: bytes) -> None:
    assert not FORMAT.recognises(Head("x.json", data))


# --- into the database


def test_annotations_become_a_persons_work_and_predictions_never_do(project: Project) -> None:
    mine = annotation(
        at("a", "Mei Chen", "PERSON"), at("b", "Ada Obi", "PERSON"), relation("a", "b", "MET", direction="bi")
    )
    prediction = {"model_version": "ner-2", "result": [at("c", "Oslo", "GPE")]}
    data = [task(mine, predictions=[prediction]), task(text="Fog.", id=13, predictions=[{"result": []}])]
    (project.folder / "ls.json").write_text(json.dumps(data), encoding="utf-8")
    config = load(project.folder / "config.yaml")
    for _ in range(2):
        importer = Importer(
            project.store, config, Taking(Reading(config.schema), person="ana", status="done")
        )
        report = importer.take_patterns(["ls.json"], project.folder)
        assert (report.refused, report.warnings) == ([], [])
    layers = {layer.title: layer for layer in project.store.layers()}
    ana, model = layers["person:ana"], layers["import:ls/ner-2"]
    assert {e.text for e in project.store.entities(1, ana.id)} == {"Mei Chen", "Ada Obi"}
    assert [r.label for r in project.store.relations(1, ana.id)] == ["MET"]
    assert project.store.progress(1, ana.id).status == "done"
    assert [e.text for e in project.store.entities(1, model.id)] == ["Oslo"]
    assert project.store.progress(2, ana.id).status == "open"


def test_a_layer_of_somebody_with_a_mail_address_can_be_named(project: Project) -> None:
    mine = annotation(at("a", "Oslo", "GPE"), completed_by={"id": 3, "email": "ada@desk.example"})
    (project.folder / "ls.json").write_text(json.dumps([task(mine)]), encoding="utf-8")
    config = load(project.folder / "config.yaml")
    Importer(project.store, config).take_patterns(["ls.json"], project.folder)
    session = project.session()
    assert session.named_layer("import:ls/ada@desk.example").name == "ls/ada@desk.example"
    assert session.named_layer("model:hand@1") == project.model
