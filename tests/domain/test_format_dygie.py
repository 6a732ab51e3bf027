"""DyGIE++ and SciERC, out and in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import dygie, registry, spliced, tagged
from annotations.formats.base import Reading
from annotations.importing import Importer, Taking
from annotations.model import Relation
from tests.desks import Project
from tests.interchange import (
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

DYGIE = dygie.FORMAT
GOLDEN = Path(__file__).parent.parent / "golden" / "dygie.jsonl"
KNOWN = re.compile(r"doc_key|dataset|sentences|weight|.*ner$|.*relations$|.*clusters$|.*events$|^_.*")
CUT = ("ner", "relations", "events")


def check(data: bytes) -> list[dict[str, Any]]:
    """The rules of DyGIE++'s reader: known keys or an underscore; all keys but a few as long as the sentences; spans
    within their sentence, one label each, one for a pair too; members of clusters within a sentence; no empty token."""
    found: list[dict[str, Any]] = [json.loads(line) for line in data.decode().splitlines()]
    assert len({each["doc_key"] for each in found}) == len(found)
    for each in found:
        sentences = each["sentences"]
        assert all(map(KNOWN.match, each))
        for key, value in each.items():
            assert key in ("doc_key", "dataset", "clusters") or len(value) == len(sentences)
        assert all(token and not token.isspace() for sentence in sentences for token in sentence)
        assert min(map(len, sentences)) > 1 or len(sentences) == 1
        begin = 0
        whole = set()
        for number, sentence in enumerate(sentences):
            end = begin + len(sentence)
            spans = [tuple(row[:2]) for row in each.get("ner", [[]] * len(sentences))[number]]
            pairs = [tuple(row[:4]) for row in each.get("relations", [[]] * len(sentences))[number]]
            assert len(set(spans)) == len(spans) and len(set(pairs)) == len(pairs)
            assert all(begin <= first <= last < end for first, last in spans)
            assert {part for pair in pairs for part in (pair[:2], pair[2:])} <= set(spans)
            whole |= {(first, last) for first, last in spans}
            begin = end
        assert {tuple(span) for cluster in each.get("clusters", []) for span in cluster} <= whole
    return found


def lines(*found: Any) -> bytes:
    """Records as lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in found)


MET: dict[str, Any] = {
    "doc_key": "J87",
    "sentences": [["Ana", "Ruiz", "met", "Li", "."], ["She", "left", "."]],
    "ner": [[[0, 1, "PERSON"], [3, 3, "PERSON"]], [[5, 5, "PERSON"]]],
    "relations": [[[0, 1, 3, 3, "MET"]], []],
    "clusters": [[[0, 1], [5, 5]]],
}

# -- what is written ----------------------------------------------------------------------------------


def test_the_bytes_are_those_that_dygie_loads() -> None:
    written = write(DYGIE, [hardest(), document("An empty day.\n")])
    assert written.data == GOLDEN.read_bytes()
    check(written.data)


def test_tokens_are_counted_through_the_article_and_relations_between_sentences_are_named() -> None:
    met = (Relation("R1", "MET", "1", "2"), Relation("R2", "MET", "2", "3"))
    written = write(DYGIE, [replace(people("Ana met Bo. Cy slept.", "Ana", "Bo", "Cy"), relations=met)])
    (found,) = check(written.data)
    assert found["ner"] == [[[0, 0, "PERSON"], [2, 2, "PERSON"]], [[4, 4, "PERSON"]]]
    assert found["relations"] == [[[0, 0, 2, 2, "MET"]], []]
    assert [(loss.kind, loss.what) for loss in written.losses] == [
        ("relation", "MET from PERSON “Bo” at 8 to PERSON “Cy” at 12 is left out: they are in two sentences")
    ]


def test_clusters_are_those_of_the_entities_and_keep_their_names() -> None:
    text = "Ana met Bo. Ana slept."
    made = document(
        text,
        words(text, "1", "PERSON", "Ana", cluster="ana"),
        words(text, "2", "PERSON", "Bo"),
        words(text, "3", "PERSON", "Ana", 2, cluster="ana"),
    )
    written = write(DYGIE, [made])
    assert check(written.data)[0]["clusters"] == [[[0, 0], [4, 4]]]
    (again,) = taken(read(DYGIE, written.data))
    assert again.document is not None
    assert [(each.id, each.cluster) for each in again.document.entities] == [
        ("1", "ana"),
        ("2", None),
        ("3", "ana"),
    ]
    assert written.losses == []


def test_one_label_a_span_and_one_a_pair_are_written_and_the_others_named() -> None:
    made = document(
        "Oslo met Ana",
        words("Oslo met Ana", "1", "GPE", "Oslo"),
        words("Oslo met Ana", "2", "ORG", "Oslo"),
        words("Oslo met Ana", "3", "PERSON", "Ana"),
        relations=(
            Relation("R1", "KNOWS", "1", "3"),
            Relation("R2", "LEADS", "1", "3"),
            Relation("R3", "MET", "2", "3"),
        ),
    )
    written = write(DYGIE, [made])
    (found,) = check(written.data)
    assert (found["ner"], found["relations"]) == (
        [[[0, 0, "GPE"], [2, 2, "PERSON"]]],
        [[[0, 0, 2, 2, "KNOWS"]]],
    )
    assert written.lost == ["overlap", "relation", "relation"]


def test_a_sentence_of_one_token_is_joined_to_another_and_that_is_named() -> None:
    text = "No! Rain fell. Yes\nSun"
    written = write(DYGIE, [document(text, sentences=((0, 3), (4, 14), (15, 18), (19, 22)))])
    (found,) = check(written.data)
    assert found["sentences"] == [["No", "!"], ["Rain", "fell", ".", "Yes", "Sun"]]
    assert (
        written.losses[0].what == "sentences of one token, on which DyGIE++ may break, joined to another: 2"
    )


def test_an_entity_of_more_than_eight_tokens_is_written_and_named() -> None:
    text = "a b c d e f g h i"
    written = write(DYGIE, [document(text, entity(text, "1", "ORG", (0, 17)))])
    assert check(written.data)[0]["ner"] == [[[0, 8, "ORG"]]]
    assert written.lost == ["long"]


def test_of_a_task_that_an_article_is_not_complete_for_nothing_is_said_but_what_it_has() -> None:
    written = write(DYGIE, [people("Ana left.", "Ana", complete=()), document("Rain fell.", complete=())])
    first, second = check(written.data)
    assert "ner" in first and not {"relations"} & first.keys() and not {"ner", "relations"} & second.keys()
    assert written.lost == ["missing"]
    assert taken(read(DYGIE, written.data))[1].document is None


def test_versions_of_several_people_have_keys_of_their_own() -> None:
    made = document("Rain fell.")
    found = check(write(DYGIE, [made, replace(made, annotator="bo")]).data)
    assert [each["doc_key"] for each in found] == [made.article.sha256, f"{made.article.sha256}/bo"]


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), min_size=1, max_size=3))
def test_all_comes_back_but_what_was_named(made: list[Document]) -> None:
    for before in made:
        written = write(DYGIE, [before])
        check(written.data)
        (again,) = taken(read(DYGIE, written.data))
        assert (again.text, again.meta, again.warnings) == (before.article.text, {}, ())
        assert again.document is not None
        found, best = again.document, hulled(before)
        assert {each.id for each in found.entities} <= {each.id for each in best.entities}
        assert values(found.entities) <= values(best.entities)
        assert links(found.entities, found.relations) <= links(best.entities, best.relations)
        assert len(found.entities) == len(before.entities) - written.lost.count("overlap")
        assert len(found.relations) == len(before.relations) - written.lost.count("relation")


@given(documents())
def test_what_we_write_is_told_by_its_keys(made: Document) -> None:
    assert registry.detected(source(write(DYGIE, [made]).data, "train.json")) is DYGIE


# -- what is read -------------------------------------------------------------------------------------


def test_a_record_of_others_is_rebuilt_and_keeps_its_key() -> None:
    (found,) = taken(read(DYGIE, lines(MET | {"dataset": "scierc", "sentence_start": [0, 5]})))
    assert (found.text, found.meta) == ("Ana Ruiz met Li .\nShe left .", {"dataset": "scierc", "id": "J87"})
    assert spelled(found) == [("Ana Ruiz", "PERSON"), ("Li", "PERSON"), ("She", "PERSON")]
    assert related(found) == [("MET", "Ana Ruiz", "Li")]
    assert found.document is not None
    assert [each.cluster for each in found.document.entities] == ["1", None, "1"]
    assert found.warnings == (f"it: {tagged.REBUILT.format(1)}",)


@pytest.mark.parametrize(
    ("raw", "probability", "score"),
    [(7.1, 0.9, 0.9), (2, 0.8, 0.8), (2.0, 1, 1.0), (-3, 0, 0.0), (2, None, None)],
)
def test_a_score_may_be_written_as_a_whole_number(raw: Any, probability: Any, score: float | None) -> None:
    rows = {"predicted_ner": [[[3, 3, "ORG", raw, probability]], []]}
    _, guess = taken(read(DYGIE, lines(MET | rows)))
    assert guess.document is not None
    assert [each.score for each in guess.document.entities] == [score]


def test_what_a_program_predicted_is_its_own_with_scores() -> None:
    predicted = {
        "predicted_ner": [[[3, 3, "ORG", 7.1, 0.9]], []],
        "predicted_relations": [[[3, 3, 3, 3, "MET", 1.0, 0.5]], []],
    }
    gold, guess = taken(read(DYGIE, lines(MET | predicted)))
    assert gold.document is not None and not gold.document.suggested and len(gold.document.entities) == 3
    assert guess.document is not None and guess.document.suggested
    assert (guess.document.annotator, guess.document.entities[0].score) == ("predicted", 0.9)
    assert guess.warnings[0] == 'it, line 1: a relation is left out: MET goes from "Li" to itself'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"relations": [[[0, 0, 3, 3, "MET"]], []]},
            "relation 1 is left out: no entity that was taken lies at the tokens 0 to 0",
        ),
        (
            {"relations": [[[0, 1, 3, "MET"]], []]},
            "relation 1 is left out: it must be [first token, last token, first",
        ),
        (
            {"ner": [[[0, 9, "A"], [0, 1, "PERSON"], [3, 3, "PERSON"]], []]},
            "entity 1 is left out: A from token 0",
        ),
        (
            {"ner": [[[0, 1, "A"], [0, 1, "PERSON"], [3, 3, "PERSON"]], []]},
            "relation 1 is left out: 2 entities lie at",
        ),
        (
            {"clusters": [[[0, 0], [5, 5]], "x"]},
            "members of its clusters that are no entities are left out: 1",
        ),
        ({"events": [[[[0, "Meeting"]]], []]}, "its events are left out"),
    ],
)
def test_what_cannot_be_taken_is_left_out_and_named_and_the_rest_is_taken(
    change: dict[str, Any], says: str
) -> None:
    (found,) = taken(read(DYGIE, lines(MET | change)))
    assert any(each.startswith(f"it, line 1: {says}") for each in found.warnings), found.warnings
    assert len(spelled(found)) > 1


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (MET | {"sentences": ["Rain"]}, 'each of the "sentences" must be a list of texts'),
        (MET | {"sentences": "Rain"}, '"sentences" must be a list'),
        (
            MET | {"sentences": [["", " "]], "ner": [[]], "relations": [[]]},
            "there is no token in this article",
        ),
        (MET | {"ner": [[]]}, '"ner" must be a list with a list for each of the 2 sentences'),
        (MET | {"relations": [[], 7]}, '"relations" must be a list with a list'),
        (MET | {"clusters": "x"}, '"clusters" must be a list'),
        (MET | {"doc_key": "\ud83d"}, "half of a surrogate pair"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused_and_the_rest_is_read(one: Any, says: str) -> None:
    found = read(DYGIE, lines(MET, one, MET))
    (why,) = refusals(found)
    assert why.startswith(f"it, line 2: {says}")
    assert len([each for each in found if isinstance(each, Incoming)]) == 2


def test_our_own_text_that_the_tokens_do_not_fit_any_more_is_rebuilt() -> None:
    one = json.loads(write(DYGIE, [people("Ana met Bo.", "Ana")]).data)
    one["sentences"][0][1] = "saw"
    (found,) = taken(read(DYGIE, lines(one)))
    assert (found.text, spelled(found)) == ("Ana saw Bo .", [("Ana", "PERSON")])
    assert found.warnings == (f"it: {spliced.MISFIT.format(1)}",)


@given(st.data())
def test_a_damaged_record_is_read_or_refused(data: st.DataObject) -> None:
    found = json.loads(write(DYGIE, [hardest()]).data)
    exchange_a_value(found, data)
    for each in read(DYGIE, lines(found)):
        assert isinstance(each, (Incoming, BadFile))


# -- through a project --------------------------------------------------------------------------------


def test_gold_and_predictions_become_suggestions_in_layers_of_their_own(project: Project) -> None:
    predicted = {"predicted_ner": [[[3, 3, "ORG", 7.1, 0.9]], []]}
    (project.folder / "train.json").write_bytes(lines(MET | predicted))
    config = load(project.folder / "config.yaml")
    importer = Importer(project.store, config, Taking(Reading(config.schema)))
    report = importer.take_patterns(["train.json"], project.folder)
    assert (report.new, report.entities, report.relations, report.refused) == (1, 4, 1, [])
    gold, guess = (project.store.layer("import", name) for name in ("train", "train/predicted"))
    assert [each.text for each in project.store.entities(1, gold.id)] == ["Ana Ruiz", "Li", "She"]
    assert [(each.text, each.score) for each in project.store.entities(1, guess.id)] == [("Li", 0.9)]
