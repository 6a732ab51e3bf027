"""SpERT's sentences and types, out and in."""

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
from annotations.errors import BadFile, PostilError
from annotations.formats import registry, spert, spliced, tagged
from annotations.formats.base import Head, Reading, for_dev
from annotations.importing import Importer, Taking
from annotations.model import Relation
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

SPERT = spert.FORMAT
GOLDEN = Path(__file__).parent.parent / "golden" / "spert"


def check(data: bytes, types: bytes) -> list[dict[str, Any]]:
    """The rules of SpERT's reader: an array; all three keys; entities within their sentence, a span once, for relations
    are looked up by spans; relations between entities as they are listed, symmetric ones in order; types that are
    known, with their names."""
    known = json.loads(types)
    assert all({"short", "verbose"} <= each.keys() for kinds in known.values() for each in kinds.values())
    assert all(type(each["symmetric"]) is bool for each in known["relations"].values())
    found: list[dict[str, Any]] = json.loads(data)
    for each in found:
        tokens, entities = each["tokens"], each["entities"]
        assert tokens and all(token and not token.isspace() for token in tokens)
        assert all(0 <= row["start"] < row["end"] <= len(tokens) for row in entities)
        assert len({(row["start"], row["end"]) for row in entities}) == len(entities)
        assert all(row["type"] in known["entities"] for row in entities)
        for row in each["relations"]:
            head, tail = entities[row["head"]], entities[row["tail"]]
            assert min(row["head"], row["tail"]) >= 0 and head is not tail
            if known["relations"][row["type"]]["symmetric"]:
                assert head["start"] <= tail["start"]
    return found


def array(*found: Any) -> bytes:
    """Records as a file."""
    return json.dumps(found).encode()


MET: dict[str, Any] = {
    "tokens": ["Ana", "Ruiz", "met", "Li", "."],
    "entities": [{"type": "PERSON", "start": 3, "end": 4}, {"type": "PERSON", "start": 0, "end": 2}],
    "relations": [{"type": "LEADS", "head": 1, "tail": 0}],
    "orig_id": 5441,
}

# -- what is written ----------------------------------------------------------------------------------


def test_the_bytes_are_those_that_spert_loads() -> None:
    written = write(SPERT, [hardest(), document("An empty day.\n")], dev=0)
    assert list(written.files) == ["train.json", "types.json"]
    assert written.files == {name: (GOLDEN / name).read_bytes() for name in written.files}
    check(*written.files.values())


def many(count: int = 40) -> list[Document]:
    """Articles that have a person each."""
    return [people(f"Ana {number} left. Rain fell.", "Ana") for number in range(count)]


def test_articles_go_whole_to_one_side_by_their_texts_alone() -> None:
    made = many()
    files = write(SPERT, made).files
    assert list(files) == ["train.json", "dev.json", "types.json"]
    for side, is_dev in (("train", False), ("dev", True)):
        check(files[f"{side}.json"], files["types.json"])
        again = [each.text for each in taken(read(SPERT, files[f"{side}.json"]))]
        assert again == [each.article.text for each in made if for_dev(each.article, 0.2) is is_dev]


def test_an_empty_side_is_an_error() -> None:
    made = [each for each in many() if not for_dev(each.article, 0.2)]
    with pytest.raises(
        PostilError, match=r"no article falls into dev.json: export more, or choose another --dev"
    ):
        write(SPERT, made)


def test_the_types_are_those_of_the_schema_and_those_in_use() -> None:
    text = "Ana met Bo"
    made = document(
        text,
        words(text, "1", "HUMAN", "Ana"),
        words(text, "2", "CAT", "Bo"),
        relations=(Relation("R1", "FEEDS", "1", "2"),),
    )
    written = write(SPERT, [made], dev=0)
    check(*written.files.values())
    types = json.loads(written.files["types.json"])
    assert list(types["entities"]) == ["PERSON", "ORG", "GPE", "CAT", "HUMAN"]
    assert {name: kind["symmetric"] for name, kind in types["relations"].items()} == {
        "LEADS": False,
        "MET": True,
        "KNOWS": False,
        "FEEDS": False,
    }


def test_relations_between_sentences_and_second_labels_of_a_span_are_named() -> None:
    text = "Ana met Bo. Cy slept."
    made = document(
        text,
        words(text, "1", "PERSON", "Ana"),
        words(text, "2", "ORG", "Ana"),
        words(text, "3", "PERSON", "Bo"),
        words(text, "4", "PERSON", "Cy"),
        relations=(
            Relation("R1", "MET", "3", "1"),
            Relation("R2", "KNOWS", "2", "3"),
            Relation("R3", "MET", "3", "4"),
        ),
    )
    written = write(SPERT, [made], dev=0)
    first, second = check(*written.files.values())
    assert [row["type"] for row in first["entities"]] == ["ORG", "PERSON"]
    assert first["relations"] == [{"type": "KNOWS", "head": 0, "tail": 1}] and second["relations"] == []
    assert written.lost == ["overlap", "relation", "relation"]


def test_what_a_sentence_has_no_place_for_is_named() -> None:
    text = "a b c d e f g h i j k"
    made = document(text, entity(text, "1", "ORG", (0, 21), note="who?"), complete=())
    assert write(SPERT, [made], dev=0).lost == ["notes", "long", "missing", "missing"]


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), min_size=1, max_size=3))
def test_all_comes_back_but_what_was_named(made: list[Document]) -> None:
    files = write(SPERT, made, dev=0).files
    check(*files.values())
    for each, before in zip(taken(read(SPERT, files["train.json"])), made, strict=True):
        check_came_back(each, before, write(SPERT, [before], dev=0))


@given(documents())
def test_what_we_write_is_told_by_its_keys(made: Document) -> None:
    files = write(SPERT, [made], dev=0).files
    assert registry.detected(source(files["train.json"], "train.json")) is SPERT
    assert registry.detected(source(files["types.json"], "types.json")) is SPERT


def test_other_records_are_not_taken_for_ours() -> None:
    for data in (
        b'{"tokens": [{}], "entities": []}',
        b'{"tokens": ["a"]}',
        b'{"entities": {"a": 1}, "relations": {}}',
    ):
        assert not SPERT.recognises(Head("train.json", data))


def test_a_file_of_types_holds_no_article() -> None:
    assert read(SPERT, write(SPERT, many(), dev=0).files["types.json"]) == []


# -- what is read -------------------------------------------------------------------------------------


def test_a_record_of_others_is_rebuilt_and_keeps_its_id() -> None:
    (found,) = taken(read(SPERT, array(MET | {"split": "a"}), "train.json"))
    assert (found.text, found.meta, found.source) == (
        "Ana Ruiz met Li .",
        {"split": "a", "id": 5441},
        "train.json, record 1",
    )
    assert (spelled(found), related(found)) == (
        [("Li", "PERSON"), ("Ana Ruiz", "PERSON")],
        [("LEADS", "Ana Ruiz", "Li")],
    )
    assert found.warnings == (f"train.json: {tagged.REBUILT.format(1)}",)


def test_a_sentence_alone_is_an_article_of_its_own_and_that_is_told() -> None:
    first, second = json.loads(
        write(SPERT, [people("Ana met Bo. Cy slept.", "Cy")], dev=0).files["train.json"]
    )
    other, alone = taken(read(SPERT, array(second, first)))
    assert (other.text, alone.text) == ("Cy slept.", "Ana met Bo. ")
    assert alone.warnings == (f"it, record 1: {spliced.LOOSE.format(2)}",)


def test_a_record_without_entities_is_an_article_alone() -> None:
    (found,) = taken(read(SPERT, array({"tokens": ["Rain", "fell"]})))
    assert (found.text, found.document) == ("Rain fell", None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"start": 4, "end": 9},
            "entity 1 is left out: PERSON from token 4 to the one before 9 is not within the 5",
        ),
        ({"start": 4, "end": 4}, "entity 1 is left out: PERSON from token 4"),
        ({"start": -1}, "entity 1 is left out: PERSON from token -1"),
        ({"start": 3.0}, 'entity 1 is left out: "start" must be a whole number, not 3.0'),
        ({"start": "3"}, 'entity 1 is left out: "start" must be a whole number'),
        ({"type": ""}, 'entity 1 is left out: "type" is empty'),
    ],
)
def test_an_entity_that_cannot_be_taken_is_left_out_with_its_relations(
    change: dict[str, Any], says: str
) -> None:
    one = MET | {"entities": [MET["entities"][0] | change, MET["entities"][1]]}
    (found,) = taken(read(SPERT, array(one)))
    assert found.warnings[0].startswith(f"it, record 1: {says}")
    assert found.warnings[1] == "it, record 1: relation 1 is left out: its end 0 is no entity that was taken"
    assert (spelled(found), related(found)) == ([("Ana Ruiz", "PERSON")], [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tail": 2}, "relation 1 is left out: its end 2 is no entity that was taken"),
        ({"tail": 1}, 'a relation is left out: LEADS goes from "Ana Ruiz" to itself'),
        ({"tail": None}, 'relation 1 is left out: "tail" must be a whole number'),
        ({"type": None}, 'relation 1 is left out: "type" must be a text'),
    ],
)
def test_a_relation_that_cannot_be_taken_is_left_out(change: dict[str, Any], says: str) -> None:
    (found,) = taken(read(SPERT, array(MET | {"relations": [MET["relations"][0] | change]})))
    assert found.warnings[0].startswith(f"it, record 1: {says}")
    assert (len(spelled(found)), related(found)) == (2, [])


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (MET | {"tokens": "Rain"}, '"tokens" must be a list of texts'),
        (MET | {"tokens": []}, "there is no token in this article"),
        (MET | {"entities": ["x"]}, '"entities" must be a list of objects'),
        (MET | {"relations": {}}, '"relations" must be a list'),
        (["Rain", "fell"], "a record must be a JSON object"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused_and_the_rest_is_read(one: Any, says: str) -> None:
    found = read(SPERT, array(MET, one, MET))
    (why,) = refusals(found)
    assert why.startswith(f"it, record 2: {says}")
    assert len([each for each in found if isinstance(each, Incoming)]) == 2


@given(st.data())
def test_a_damaged_record_is_read_or_refused(data: st.DataObject) -> None:
    found = json.loads(write(SPERT, [hardest()], dev=0).files["train.json"])
    exchange_a_value(found[0], data)
    for each in read(SPERT, array(*found)):
        assert isinstance(each, (Incoming, BadFile))


# -- through a project --------------------------------------------------------------------------------


def test_an_exported_folder_becomes_suggestions_on_the_articles_it_came_from(project: Project) -> None:
    made = [replace(each, relations=()) for each in many(12)]
    for each in made:
        project.add(each.article.text)
    (project.folder / "out").mkdir()
    for name, data in write(SPERT, made).files.items():
        (project.folder / "out" / name).write_bytes(data)
    config = load(project.folder / "config.yaml")
    report = Importer(project.store, config, Taking(Reading(config.schema))).take_patterns(
        ["out"], project.folder
    )
    assert (report.new, report.entities, report.refused, report.warnings) == (0, 12, [], [])
    layers = [project.store.layer("import", name) for name in ("train", "dev")]
    for id in range(1, 13):
        (found,) = [e for layer in layers for e in project.store.entities(id, layer.id)]
        assert (found.start, found.end, found.label, found.text) == (0, 3, "PERSON", "Ana")
