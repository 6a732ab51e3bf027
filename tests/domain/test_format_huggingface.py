"""Token classification for Hugging Face's example trainers, out and in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming
from annotations.errors import BadFile, PostilError
from annotations.formats import huggingface, registry, tagged
from annotations.formats.base import Head, Reading, Source, for_dev
from annotations.importing import Importer, Taking
from tests.desks import Project
from tests.interchange import (
    SCHEMA,
    Written,
    document,
    documents,
    entity,
    hardest,
    read,
    refusals,
    source,
    taken,
    values,
    words,
    write,
)

HF = huggingface.FORMAT
GOLDEN = Path(__file__).parent.parent / "golden" / "hf.json"


def rows(data: bytes) -> list[dict[str, Any]]:
    """The lines as the loader of the trainers sees them."""
    return [json.loads(line) for line in data.decode().split("\n") if line]


def check(train: bytes, dev: bytes = b"") -> None:
    """The rules that the example trainer documents, or stumbles over: one object a line, all of the same keys; texts,
    as many tags as tokens, none without tokens; its list of tags is that of the training file; IOB2."""
    known = {tag for row in rows(train) for tag in row["ner_tags"]}
    for data in (train, dev):
        assert len(data.decode().splitlines()) == data.count(b"\n") == len(rows(data))
        assert len({row["id"] for row in rows(data)}) == len(rows(data))
        for row in rows(data):
            assert list(row) == ["id", "tokens", "ner_tags"]
            assert len(row["tokens"]) == len(row["ner_tags"]) > 0
            assert all(type(token) is str and token and not token.isspace() for token in row["tokens"])
            assert known.issuperset(row["ner_tags"])
            for before, tag in zip(["O", *row["ner_tags"]], row["ner_tags"], strict=False):
                assert tag == "O" or tag[:2] == "B-" or (tag[:2] == "I-" and before[2:] == tag[2:])


def reread(written: Written, side: str = "train") -> list[Incoming | BadFile]:
    """What is read of one side of an export's folder."""
    assert HF.read is not None
    with TemporaryDirectory() as folder:
        for name, data in written.files.items():
            (Path(folder) / name).write_bytes(data)
        return list(HF.read(Source.of(Path(folder) / f"{side}.json", f"{side}.json"), Reading(SCHEMA)))


def spelled(found: Incoming) -> list[tuple[str, str]]:
    """The entities of an article as text and label."""
    assert found.document is not None
    return [(each.text, each.label) for each in found.document.entities]


def lines(*found: Any) -> bytes:
    """Records as lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in found)


def record(*tokens: str, **more: Any) -> dict[str, Any]:
    """A sentence without entities."""
    return {"id": "0", "tokens": list(tokens), "ner_tags": ["O"] * len(tokens)} | more


# -- what is written ----------------------------------------------------------------------------------


def test_the_bytes_are_those_that_the_trainers_load() -> None:
    written = write(HF, [hardest(), document("An empty day.\n")], dev=0)
    assert list(written.files) == ["train.json", "train.offsets.tsv"]
    assert written.files["train.json"] == GOLDEN.read_bytes()
    check(written.files["train.json"])


def many(count: int = 40) -> list[Document]:
    """Articles that have a person each."""
    made = []
    for number in range(count):
        text = f"Ana {number} left. Rain fell."
        made.append(document(text, words(text, "1", "PERSON", "Ana")))
    return made


def test_articles_go_whole_to_one_side_by_their_texts_alone() -> None:
    made = many()
    written = write(HF, made)
    assert list(written.files) == ["train.json", "train.offsets.tsv", "dev.json", "dev.offsets.tsv"]
    for side, is_dev in (("train", False), ("dev", True)):
        texts = [each.text for each in taken(reread(written, side))]
        assert texts == [each.article.text for each in made if for_dev(each.article, 0.2) is is_dev]
        assert texts
    check(written.files["train.json"], written.files["dev.json"])
    assert written.losses == []


def test_a_tag_that_only_the_development_set_has_is_named_for_trainers_do_not_know_it() -> None:
    made = many()
    at = next(n for n, each in enumerate(made) if for_dev(each.article, 0.2))
    text = made[at].article.text
    made[at] = replace(
        made[at], entities=(words(text, "1", "ORG", "Ana"), words(text, "2", "PERSON", "Rain fell"))
    )
    assert [(loss.kind, loss.what) for loss in write(HF, made).losses] == [
        ("label", "B-ORG stands in dev.json alone: trainers that collect their tags from train.json fail"),
        ("label", "I-PERSON stands in dev.json alone: trainers that collect their tags from train.json fail"),
    ]


@pytest.mark.parametrize(("is_dev", "empty"), [(False, "dev.json"), (True, "train.json")])
def test_an_empty_side_is_an_error(is_dev: bool, empty: str) -> None:
    made = [each for each in many() if for_dev(each.article, 0.2) is is_dev]
    with pytest.raises(
        PostilError, match=f"no article falls into {empty}: export more, or choose another --dev"
    ):
        write(HF, made)


def test_a_version_of_each_person_is_an_article_of_its_own() -> None:
    made = document("Rain fell. Sun shone.")
    again = taken(reread(write(HF, [made, replace(made, annotator="bo")], dev=0)))
    assert [each.text for each in again] == [made.article.text] * 2


def test_labels_are_written_as_they_are() -> None:
    written = write(HF, [document("Ana", words("Ana", "1", "head of\u2028state", "Ana"))], dev=0)
    check(written.files["train.json"])
    assert spelled(taken(reread(written))[0]) == [("Ana", "head of\u2028state")]
    assert written.losses == []


def test_what_a_line_has_no_place_for_is_named() -> None:
    text = "Ana led North and South Korea"
    made = document(
        text,
        words(text, "1", "PERSON", "Ana", note="who?"),
        entity(text, "2", "GPE", (8, 13), (24, 29)),
        words(text, "3", "GPE", "South Korea"),
        complete=(),
    )
    assert write(HF, [made], dev=0).lost == ["discontinuous", "overlap", "notes", "missing"]


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), min_size=1, max_size=3))
def test_with_the_offsets_beside_it_all_comes_back_but_what_was_named(made: list[Document]) -> None:
    written = write(HF, made, dev=0)
    again = taken(reread(written))
    assert [each.text for each in again] == [each.article.text for each in made]
    assert all(each.warnings == () and each.meta == {} for each in again)
    for each, before in zip(again, made, strict=True):
        assert each.document is not None
        hulls = {(((e.start, e.end),), e.label) for e in before.entities}
        assert values(each.document.entities) <= hulls
    kept = sum(len(each.document.entities) for each in again if each.document)
    assert kept == sum(len(each.entities) for each in made) - written.lost.count("overlap")
    assert written.lost.count("discontinuous") == sum(
        bool(e.fragments) for each in made for e in each.entities
    )
    assert written.lost.count("relation") == sum(bool(each.relations) for each in made)


@given(documents())
def test_every_line_keeps_the_rules(made: Document) -> None:
    check(write(HF, [made], dev=0).files["train.json"])


@given(documents())
def test_without_the_offsets_the_article_is_one_again_and_said_to_be_rebuilt(made: Document) -> None:
    written = write(HF, [made], dev=0)
    (beside,), (alone,) = taken(reread(written)), taken(read(HF, written.files["train.json"]))
    assert "".join(alone.text.split()) == "".join(beside.text.split())
    assert [label for _, label in spelled(alone)] == [label for _, label in spelled(beside)]
    assert alone.warnings == (f"it: {tagged.REBUILT.format(1)}",)


def test_shuffled_sentences_are_articles_of_their_own() -> None:
    first, second = rows(write(HF, [document("Rain fell. Sun shone.")], dev=0).files["train.json"])
    assert [each.text for each in taken(read(HF, lines(second, first)))] == ["Sun shone .", "Rain fell ."]


def test_shuffled_sentences_beside_their_offsets_are_refused() -> None:
    written = write(HF, [document("Rain fell. Sun shone.")], dev=0)
    written.files["train.json"] = lines(*rows(written.files["train.json"])[::-1])
    assert len(refusals(reread(written))) == 2


# -- what is read -------------------------------------------------------------------------------------


def test_a_record_of_others_is_an_article_and_keeps_its_id() -> None:
    data = lines(
        {
            "id": "7",
            "tokens": ["Ana", "Ruiz", "left"],
            "pos_tags": [1, 1, 2],
            "ner_tags": ["B-PER", "I-PER", "O"],
        },
        {"id": 8, "tokens": ["Rain"], "ner_tags": ["O"]},
        {"tokens": ["Oslo"], "ner_tags": ["I-GPE"]},
    )
    first, second, third = taken(read(HF, data, "train.json"))
    assert (first.text, first.meta, first.source, spelled(first)) == (
        "Ana Ruiz left",
        {"id": "7"},
        "train.json, line 1",
        [("Ana Ruiz", "PER")],
    )
    assert (second.text, second.meta, spelled(second)) == ("Rain", {"id": "8"}, [])
    assert (third.meta, spelled(third)) == ({}, [("Oslo", "GPE")])
    assert third.warnings == (
        f"train.json: {tagged.REBUILT.format(3)}",
        f"train.json, line 3: {tagged.OPENED.format(1)}",
    )


def test_an_array_is_read_as_lines_are() -> None:
    data = json.dumps([record("Rain"), record("Sun"), 7]).encode()
    found = read(HF, data)
    assert [each.text for each in found if isinstance(each, Incoming)] == ["Rain", "Sun"]
    assert refusals(found) == ["it, record 3: a record must be a JSON object"]


def test_a_record_without_tags_is_an_article_alone() -> None:
    (found,) = taken(read(HF, lines({"id": "1", "tokens": ["Rain", "fell"]})))
    assert (found.text, found.document) == ("Rain fell", None)


def test_tokens_of_white_space_are_passed_over_and_a_space_at_an_edge_is_no_part_of_an_entity() -> None:
    data = lines({"tokens": ["", " New", "\n", "York "], "ner_tags": ["O", "B-GPE", "I-GPE", "I-GPE"]})
    (found,) = taken(read(HF, data))
    assert (found.text, spelled(found)) == (" New York ", [("New York", "GPE")])
    assert found.warnings[1] == f"it, line 1: {tagged.BLANK.format(2)}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ner_tags": [3]}, '"ner_tags" are numbers, whose names are not in the file'),
        ({"ner_tags": ["O", "O"]}, "there are 1 tokens, but 2 tags"),
        ({"ner_tags": ["PER"]}, '"PER" is no tag'),
        ({"ner_tags": [None]}, '"ner_tags" must be a list of texts'),
        ({"ner_tags": "O"}, '"ner_tags" must be a list'),
        ({"ner_tags": None}, '"ner_tags" must be a list'),
        ({"tokens": [1]}, '"tokens" must be a list of texts'),
        ({"tokens": "Rain"}, '"tokens" must be a list'),
        ({"tokens": [], "ner_tags": []}, "there is no token in this article"),
        ({"tokens": ["\n"]}, "there is no token in this article"),
        ({"tokens": ["\ud83d"]}, "half of a surrogate pair"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused_and_the_rest_is_read(
    change: dict[str, Any], says: str
) -> None:
    found = read(HF, lines(record("Rain"), record("x", **change), record("Sun")))
    (why,) = refusals(found)
    assert why.startswith(f"it, line 2: {says}")
    assert [each.text for each in found if isinstance(each, Incoming)] == ["Rain", "Sun"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"tokens": ["a"], "tokens": []}', 'the key "tokens" stands twice'),
        (b'{"tokens": ["a"], "score": NaN}', "NaN is not a number that JSON has"),
        (b'{"tokens": ["a", ', "it ends too early"),
        (b"", "it is empty: there is no article in it"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, says: str) -> None:
    assert says in refusals(read(HF, data))[0]


def test_a_damaged_sentence_takes_its_article_with_it_and_no_other() -> None:
    made = [document(f"{each} fell. Sun shone. Wind.") for each in ("Rain", "Snow", "Hail")]
    written = write(HF, made, dev=0)
    damaged = written.files["train.json"].split(b"\n")
    damaged[4] = damaged[4][:-3]
    written.files["train.json"] = b"\n".join(damaged)
    found = reread(written)
    assert [each.text[:4] if isinstance(each, Incoming) else str(each)[:32] for each in found] == [
        "Rain",
        "train.json, line 5: this is not ",
        "Hail",
    ]
    assert "nothing of the article from 4 on is taken" in refusals(found)[0]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["id", "tokens", "ner_tags"]),
            st.lists(st.sampled_from(["O", "B-A", "I-A", "", " ", "-", "U-B", "L-B", 1, None]), max_size=4)
            | st.sampled_from(["a" * 64 + "/0", "a" * 64 + "/1", 1, None]),
        ),
        max_size=4,
    )
)
def test_any_records_are_read_or_refused(found: Iterable[dict[str, Any]]) -> None:
    for each in read(HF, lines(*found)):
        assert isinstance(each, Incoming) or str(each).startswith("it")


# -- telling, and through a project -------------------------------------------------------------------


@given(documents())
def test_what_we_write_is_told_by_its_keys(made: Document) -> None:
    assert registry.detected(source(write(HF, [made], dev=0).files["train.json"], "train.json")) is HF


def test_other_records_are_not_taken_for_ours() -> None:
    for data in (b'{"text": "a", "tokens": []}', b'{"tokens": ["a"]}', b"[]", b"ner_tags tokens"):
        assert not HF.recognises(Head("train.json", data))


def test_an_exported_folder_becomes_suggestions_on_the_articles_it_came_from(project: Project) -> None:
    made = many(12)
    for each in made:
        project.add(each.article.text)
    (project.folder / "out").mkdir()
    for name, data in write(HF, made).files.items():
        (project.folder / "out" / name).write_bytes(data)
    config = load(project.folder / "config.yaml")
    importer = Importer(project.store, config, Taking(Reading(config.schema)))
    report = importer.take_patterns(["out"], project.folder)
    assert (report.new, report.entities, report.refused, report.warnings) == (0, 12, [], [])
    layers = [project.store.layer("import", name) for name in ("train", "dev")]
    for id in range(1, 13):
        (found,) = [e for layer in layers for e in project.store.entities(id, layer.id)]
        assert (found.start, found.end, found.label, found.text) == (0, 3, "PERSON", "Ana")
