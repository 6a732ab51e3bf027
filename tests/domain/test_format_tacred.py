"""TACRED's pairs, out and in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, dismissed
from annotations.errors import BadFile
from annotations.formats import registry, spliced, tacred, tagged
from annotations.formats.base import Reading
from annotations.importing import Importer, Taking
from annotations.model import Relation, about_relation
from tests.desks import Project
from tests.interchange import (
    SCHEMA,
    document,
    documents,
    entity,
    exchange_a_value,
    hardest,
    links,
    read,
    refusals,
    source,
    taken,
    values,
    words,
    write,
)
from tests.trainers import hulled, people, related, spelled

TACRED = tacred.FORMAT
GOLDEN = Path(__file__).parent.parent / "golden" / "tacred.json"


def check(data: bytes) -> list[dict[str, Any]]:
    """The rules of TACRED's loaders: an array; subject and object within the tokens, ends included; a label; an
    analysis as long as the tokens, whose heads make one tree."""
    found: list[dict[str, Any]] = json.loads(data)
    for each in found:
        count = len(each["token"])
        assert count and all(token and not token.isspace() for token in each["token"])
        for side in ("subj", "obj"):
            assert 0 <= each[f"{side}_start"] <= each[f"{side}_end"] < count
            assert each[f"{side}_type"]
        assert each["relation"] and each["docid"]
        assert all(len(each[f"stanford_{key}"]) == count for key in ("pos", "ner", "head", "deprel"))
        assert each["stanford_head"].count(0) == 1 and max(each["stanford_head"]) < count + 1
    return found


def told(data: bytes) -> list[tuple[str, str, str]]:
    """The pairs with their labels, as words."""
    return [
        (
            each["relation"],
            *(" ".join(each["token"][each[f"{s}_start"] : each[f"{s}_end"] + 1]) for s in ("subj", "obj")),
        )
        for each in check(data)
    ]


def array(*found: Any) -> bytes:
    """Records as a file."""
    return json.dumps(found).encode()


MET: dict[str, Any] = {
    "id": "e7798fb926b9403cfcd2",
    "docid": "APW_1",
    "relation": "MET",
    "token": ["Ana", "Ruiz", "met", "Li", "of", "Acme", "."],
    "subj_start": 0,
    "subj_end": 1,
    "subj_type": "PERSON",
    "obj_start": 3,
    "obj_end": 3,
    "obj_type": "PERSON",
    "stanford_pos": ["NNP"] * 7,
}
LEADS = MET | {"id": "2", "relation": "no_relation", "obj_start": 5, "obj_end": 5, "obj_type": "ORG"}

# -- what is written ----------------------------------------------------------------------------------


def test_the_bytes_are_those_that_tacred_loads() -> None:
    written = write(TACRED, [hardest(), document("An empty day.\n")])
    assert written.data == GOLDEN.read_bytes()
    check(written.data)
    assert written.lost == ["discontinuous", "sentence", "article"]


def office() -> Document:
    """Two people and an office in one sentence, one of another in the next."""
    text = "Ana met Bo of Acme. Cy slept."
    found = (
        words(text, "1", "PERSON", "Ana"),
        words(text, "2", "PERSON", "Bo"),
        words(text, "3", "ORG", "Acme"),
        words(text, "4", "PERSON", "Cy"),
    )
    return document(
        text, *found, relations=(Relation("R1", "MET", "2", "1"), Relation("R2", "LEADS", "2", "3"))
    )


def test_every_pair_in_one_sentence_that_may_be_related_and_is_not_is_a_negative() -> None:
    written = write(TACRED, [office()])
    assert told(written.data) == [
        ("MET", "Ana", "Bo"),
        ("no_relation", "Ana", "Acme"),
        ("LEADS", "Bo", "Acme"),
        ("no_relation", "Acme", "Ana"),
        ("no_relation", "Acme", "Bo"),
    ]
    assert [(loss.kind, loss.what) for loss in written.losses] == [
        ("entity", "entities that are in no pair, and so in no record: 1")
    ]


def test_an_article_that_is_not_complete_for_relations_has_no_negatives() -> None:
    data = write(TACRED, [replace(office(), complete=("entities",))]).data
    assert told(data) == [("MET", "Ana", "Bo"), ("LEADS", "Bo", "Acme")]


def test_a_pair_of_which_all_that_may_join_it_was_rejected_is_a_negative_all_the_same() -> None:
    made = office()
    ana, bo, acme = (made.entities[number].value for number in (0, 1, 2))
    rejected = [about_relation(label, ana, acme) for label in ("LEADS", "KNOWS")]
    rejected.append(about_relation("KNOWS", acme, bo))
    rows = tuple(dismissed(about, "model:x", "rejected") for about in rejected)
    data = write(TACRED, [replace(made, complete=(), relations=(), rejected=rows)]).data
    assert told(data) == [("no_relation", "Ana", "Acme"), ("no_relation", "Acme", "Bo")]
    changed = tuple(dismissed(about, "model:x", "superseded") for about in rejected)
    assert told(write(TACRED, [replace(made, complete=(), relations=(), rejected=changed)]).data) == []


def test_where_all_that_may_join_a_pair_have_no_order_it_is_one_pair() -> None:
    schema = replace(SCHEMA, relations=tuple(each for each in SCHEMA.relations if each.symmetric))
    data = write(TACRED, [people("Ana met Bo", "Ana", "Bo")], schema).data
    assert told(data) == [("no_relation", "Ana", "Bo")]


def test_overlapping_pairs_are_no_negatives_and_named_where_they_are_related() -> None:
    text = "Bank of Oslo"
    made = document(text, words(text, "1", "ORG", "Bank of Oslo"), words(text, "2", "GPE", "Oslo"))
    assert (write(TACRED, [made]).data, write(TACRED, [made]).lost) == (b"[]\n", ["article"])
    written = write(TACRED, [replace(made, relations=(Relation("R1", "KNOWS", "1", "2"),))])
    assert (told(written.data), written.lost) == ([("KNOWS", "Bank of Oslo", "Oslo")], ["nested"])


def test_a_pair_whose_relation_was_lost_with_a_twin_is_no_negative() -> None:
    text = "Ana saw Bo"
    made = document(
        text,
        words(text, "1", "PERSON", "Ana saw"),
        entity(text, "2", "PERSON", (0, 3), (4, 7)),
        words(text, "3", "PERSON", "Bo"),
        relations=(Relation("R1", "MET", "2", "3"),),
    )
    written = write(TACRED, [made])
    assert (told(written.data), written.lost) == (
        [],
        ["discontinuous", "overlap", "relation", "article"],
    )


def test_a_relation_between_sentences_is_named() -> None:
    made = replace(office(), relations=(Relation("R1", "MET", "1", "4"),))
    assert write(TACRED, [made]).lost == ["relation", "entity"]


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), min_size=1, max_size=3))
def test_articles_come_back_with_all_relations_but_those_named(made: list[Document]) -> None:
    written = [write(TACRED, [each]) for each in made]
    data = write(TACRED, made).data
    check(data)
    left = [(each, one) for each, one in zip(made, written, strict=True) if "article" not in one.lost]
    again = taken(read(TACRED, data)) if left else []
    for found, (before, one) in zip(again, left, strict=True):
        best = hulled(before)
        assert (found.text, found.meta, found.warnings) == (before.article.text, {}, ())
        assert found.document is not None
        entities, relations = found.document.entities, found.document.relations
        assert values(entities) <= values(best.entities)
        assert links(entities, relations) <= links(best.entities, best.relations)
        assert len(relations) == len(before.relations) - one.lost.count("relation")


@given(documents())
def test_what_was_looked_at_is_rejected_again_and_nothing_that_stands(made: Document) -> None:
    data = write(TACRED, [made]).data
    for found in taken(read(TACRED, data)) if json.loads(data) else []:
        assert found.document is not None
        ends = {each.id: each.value for each in found.document.entities}
        standing = {
            about_relation(each.label, *(sorted(pair) if each.label == "MET" else pair))
            for each in found.document.relations
            for pair in [(ends[each.head], ends[each.tail])]
        }
        assert not standing & {each.about for each in found.document.decisions}


def test_what_we_write_is_told_by_its_keys() -> None:
    assert registry.detected(source(write(TACRED, [office()]).data, "train.json")) is TACRED


def test_records_without_the_first_of_their_article_are_sentences_of_their_own() -> None:
    first, *rest = json.loads(write(TACRED, [office()]).data)
    (found,) = taken(read(TACRED, array(*rest)))
    assert (found.text, related(found)) == ("Ana met Bo of Acme .", [("LEADS", "Bo", "Acme")])
    assert found.warnings == (
        f"it, record 1: {spliced.LOOSE.format(4)}",
        f"it: {tagged.REBUILT.format(1)}",
    )
    (alone,) = taken(read(TACRED, array(first)))
    assert (alone.text, related(alone)) == (office().article.text, [("MET", "Ana", "Bo")])


# -- what is read -------------------------------------------------------------------------------------


def test_the_records_of_a_sentence_that_stand_together_are_one_article() -> None:
    other = MET | {"token": ["Cy", "met", "Di"], "subj_end": 0, "obj_start": 2, "obj_end": 2}
    found, last = taken(read(TACRED, array(MET, LEADS, other), "train.json"))
    assert (found.text, found.meta, found.source) == (
        "Ana Ruiz met Li of Acme .",
        {"id": "APW_1"},
        "train.json, record 1",
    )
    assert spelled(found) == [("Ana Ruiz", "PERSON"), ("Li", "PERSON"), ("Acme", "ORG")]
    assert related(found) == [("MET", "Ana Ruiz", "Li")]
    assert found.document is not None
    assert sorted(json.loads(each.about)["label"] for each in found.document.decisions) == ["KNOWS", "LEADS"]
    assert (last.text, related(last)) == ("Cy met Di", [("MET", "Cy", "Di")])
    assert last.warnings == (f"train.json: {tagged.REBUILT.format(2)}",)


def test_the_older_name_of_the_tokens_is_read_too_and_a_pair_without_label_is_one_of_entities() -> None:
    one = {("tokens" if key == "token" else key): value for key, value in MET.items() if key != "relation"}
    (found,) = taken(read(TACRED, array(one)))
    assert (spelled(found), related(found)) == ([("Ana Ruiz", "PERSON"), ("Li", "PERSON")], [])


def test_where_the_schema_lets_nothing_join_a_pair_its_negative_is_counted() -> None:
    one = LEADS | {"obj_type": "DATE"}
    (found,) = taken(read(TACRED, array(one, one)))
    assert found.document is not None and found.document.decisions == ()
    assert f"it, record 1: {spliced.VAIN.format(2)}" in found.warnings


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"token": "Rain"}, '"token" must be a list of texts'),
        ({"token": []}, "PERSON from token 0 to the one before 2 is not within the 0 tokens"),
        ({"subj_end": 9}, "PERSON from token 0 to the one before 10 is not within the 7 tokens"),
        ({"subj_start": 2}, "PERSON from token 2 to the one before 2"),
        ({"obj_start": -1}, "PERSON from token -1"),
        ({"obj_start": 3.0}, '"obj_start" must be a whole number, not 3.0'),
        ({"obj_type": ""}, '"obj_type" is empty'),
        ({"relation": 7}, '"relation" must be a text'),
        ({"text_start": -1}, '"text_start" must not be negative'),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused_and_the_rest_is_read(
    change: dict[str, Any], says: str
) -> None:
    found = read(TACRED, array(MET, MET | change, MET))
    (why,) = refusals(found)
    assert why.startswith(f"it, record 2: {says}")
    assert len([each for each in found if isinstance(each, Incoming)]) == 2


def test_a_pair_of_an_entity_with_itself_is_left_out() -> None:
    (found,) = taken(read(TACRED, array(MET | {"obj_start": 0, "obj_end": 1})))
    assert (spelled(found), related(found)) == ([("Ana Ruiz", "PERSON")], [])
    assert found.warnings[0] == 'it, record 1: a relation is left out: MET goes from "Ana Ruiz" to itself'


@given(st.data())
def test_a_damaged_record_is_read_or_refused(data: st.DataObject) -> None:
    found = json.loads(write(TACRED, [office()]).data)
    exchange_a_value(found[0], data)
    for each in read(TACRED, array(*found)):
        assert isinstance(each, (Incoming, BadFile))


# -- through a project --------------------------------------------------------------------------------


def test_pairs_become_somebodys_work_with_what_they_rejected(project: Project) -> None:
    (project.folder / "train.json").write_bytes(array(MET, LEADS))
    config = load(project.folder / "config.yaml")
    taking = Taking(Reading(config.schema), person="lee")
    report = Importer(project.store, config, taking).take_patterns(["train.json"], project.folder)
    assert (report.new, report.entities, report.relations, report.refused) == (1, 3, 1, [])
    layer = project.store.layer("person", "lee")
    assert [each.text for each in project.store.entities(1, layer.id)] == ["Ana Ruiz", "Li", "Acme"]
    decided = project.store.decisions(1, layer.id)
    assert {json.loads(each.about)["label"] for each in decided} == {"LEADS", "OWNS"}
    assert {each.verdict for each in decided} == {"rejected"}
