"""TextAE and PubAnnotation: golden bytes, what is written is read as it was, and each trap of their files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, IncomingAnnotations
from annotations.errors import BadFile
from annotations.formats.base import Head, Reading
from annotations.formats.registry import detected
from annotations.formats.textae import FORMAT
from annotations.importing import Importer, Taking
from annotations.model import Relation
from tests import interchange
from tests.desks import Project
from tests.interchange import article, document, hardest, links, values, words

GOLDEN = Path(__file__).parents[1] / "golden" / "textae.jsonl"
TEXT = "Mei Chen met Ada Obi in Oslo."
EMOJI = "👩 Mei Chen met Ada Obi."


# --- files of our own


def denotation(id: Any, begin: Any, end: Any, obj: Any = "X") -> dict[str, Any]:
    row = {"id": id, "span": {"begin": begin, "end": end}, "obj": obj}
    return {key: value for key, value in row.items() if value is not None}


def at(id: Any, part: str, obj: str = "X", text: str = TEXT) -> dict[str, Any]:
    """A denotation on some words, in code points."""
    return denotation(id, text.index(part), text.index(part) + len(part), obj)


def relation(subj: Any, obj: Any, pred: Any = "MET", id: Any = "R1") -> dict[str, Any]:
    return {"id": id, "subj": subj, "pred": pred, "obj": obj}


def record(*denotations: dict[str, Any], text: str = TEXT, **more: Any) -> dict[str, Any]:
    return {"text": text, "denotations": list(denotations)} | more


def read(*found: dict[str, Any], **how: Any) -> list[Incoming | BadFile]:
    return interchange.read(FORMAT, "\n".join(map(json.dumps, found)).encode(), "t.json", **how)


def one(*found: dict[str, Any], **how: Any) -> Incoming:
    (incoming,) = interchange.taken(read(*found, **how))
    return incoming


def work(*found: dict[str, Any], **how: Any) -> IncomingAnnotations:
    incoming = one(*found, **how)
    assert incoming.document is not None
    return incoming.document


def surfaces(found: IncomingAnnotations) -> list[tuple[str, str]]:
    return [(each.label, each.text) for each in found.entities]


# --- the golden file


def full() -> list[Document]:
    """The hardest; an empty one; one with all that can be said and crossing entities; open ones."""
    text = "Ada Obi met Li Wei in Oslo."
    rich = document(
        text,
        words(text, "01E1", "PERSON", "Ada Obi", note="a\nnote", link="Q1", cluster="c1", score=0.98765),
        words(
            text, "01E2", "PERSON", "Li Wei", attributes={"n": 1, "m": ["a", "b"], "deep": {}, "note": "x"}
        ),
        words(text, "01E3", "EVENT", "Obi met"),
        relations=(Relation("01R1", "MET", "01E2", "01E1", 0.5, {"sure": True}, "why"),),
        labels=("trade",),
        note="Read twice.",
        flagged=True,
        article=article(text, meta={"sourcedb": "PubMed", "sourceid": "7", "tracks": 1}),
    )
    return [
        hardest(),
        document("Fog."),
        rich,
        document("Rain.", status="open", complete=()),
        document("Sun.", status="skipped", complete=()),
    ]


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    assert interchange.write(FORMAT, full()).data == GOLDEN.read_bytes()


def test_what_it_cannot_hold_and_what_textae_will_not_show_is_named() -> None:
    assert [(loss.kind, loss.what) for loss in interchange.write(FORMAT, full()).losses] == [
        (
            "discontinuous",
            "GPE “North and South Korea” at 57 is in pieces: written, but TextAE leaves it out",
        ),
        ("metadata", 'its metadata ["tracks"] are left out: the format has such keys'),
        ("labels", "this format has no place for document labels: left out 1"),
        ("notes", "the note on the article is left out"),
        ("flag", "that it is flagged is left out"),
        (
            "crossing",
            "EVENT “Obi met” at 4 crosses PERSON “Ada Obi” at 0: written, but TextAE leaves both out",
        ),
        ("attributes", 'PERSON T3: the attribute "deep" is left out'),
        ("attributes", 'PERSON T3: the attribute "note" is left out'),
        ("status", "that it was skipped is left out"),
    ]


def test_the_golden_documents_keep_the_rules_that_textae_checks() -> None:
    for line in interchange.write(FORMAT, full()).data.splitlines():
        check(json.loads(line))


def check(found: dict[str, Any]) -> None:
    """What TextAE asks of a record: spans within the text, in UTF-16 units; ids once; what is named is there."""
    length = len(found["text"].encode("utf-16-le")) // 2
    ids = [row["id"] for key in ("denotations", "relations", "attributes") for row in found.get(key, ())]
    assert len(ids) == len(set(ids))
    names = {row["id"] for row in found.get("denotations", ())}
    for row in found.get("denotations", ()):
        spans = row["span"] if isinstance(row["span"], list) else [row["span"]]
        assert all(0 <= span["begin"] < span["end"] <= length for span in spans)
    for row in found.get("relations", ()):
        assert {row["subj"], row["obj"]} <= names
    for row in found.get("attributes", ()):
        assert row["subj"] in ids


# --- reading back


@given(interchange.documents())
def test_what_is_written_is_read_back_and_what_textae_will_not_show_is_named(wanted: Document) -> None:
    made = interchange.write(FORMAT, [wanted])
    check(json.loads(made.data))
    (incoming,) = interchange.taken(interchange.read(FORMAT, made.data))
    found = incoming.document
    assert found is not None
    assert (incoming.text, incoming.warnings, found.annotator) == (wanted.article.text, (), "ana")
    assert values(found.entities) == values(wanted.entities)
    assert links(found.entities, found.relations) == links(wanted.entities, wanted.relations)
    assert made.lost.count("discontinuous") == sum(bool(each.fragments) for each in wanted.entities)
    assert made.lost.count("crossing") == sum(map(wanted_crosses(wanted), wanted.entities))


def wanted_crosses(wanted: Document) -> Any:
    plain = [each for each in wanted.entities if not each.fragments]
    return lambda e: not e.fragments and any(o.start < e.start < o.end < e.end for o in plain)


def test_all_that_is_said_of_an_entity_and_a_relation_comes_back() -> None:
    (incoming,) = interchange.taken(interchange.read(FORMAT, interchange.write(FORMAT, [full()[2]]).data))
    found = incoming.document
    assert found is not None
    ada, _, li = found.entities
    assert (ada.note, ada.link, ada.cluster, ada.score, ada.attributes) == (
        "a\nnote",
        "Q1",
        "c1",
        0.9877,
        None,
    )
    assert li.attributes == {"n": 1, "m": ["a", "b"]}
    (met,) = found.relations
    assert (met.note, met.score, met.attributes) == ("why", 0.5, {"sure": True})
    assert incoming.meta == {"sourcedb": "PubMed", "sourceid": "7"}
    assert (incoming.source, incoming.title) == ("seeds/a.txt", "A")


def test_an_open_article_without_entities_has_no_work_on_it_and_comes_back_alone() -> None:
    looked, open_ = interchange.taken(
        interchange.read(FORMAT, interchange.write(FORMAT, [full()[1], full()[3]]).data)
    )
    assert looked.document is not None and open_.document is None
    assert open_.meta.keys() == looked.meta.keys()


# --- records


def test_records_stand_one_a_line_or_in_an_array_or_one_is_the_whole_file() -> None:
    first, second = record(at("T1", "Oslo")), record(text="Fog.")
    for data in (
        json.dumps(first) + "\n" + json.dumps(second),
        json.dumps([first, second], indent=2),
    ):
        found = interchange.taken(interchange.read(FORMAT, data.encode()))
        assert [each.text for each in found] == [TEXT, "Fog."]
    for indent in (0, 2, None):
        (only,) = interchange.taken(
            interchange.read(FORMAT, json.dumps(first, indent=indent).encode(), "t.json")
        )
        assert only.source in ("t.json, record 1", "t.json, line 1")


def test_a_text_alone_is_an_article_and_an_empty_list_says_that_there_is_nothing() -> None:
    assert one({"text": TEXT, "sourcedb": "PubMed", "config": {}}).document is None
    assert one({"text": TEXT, "sourcedb": "PubMed", "config": {}}).meta == {"sourcedb": "PubMed"}
    assert work(record()).entities == ()


def test_each_track_is_one_project_s_work_with_ids_of_its_own() -> None:
    tracks = [
        {
            "project": "genes",
            "denotations": [at("T1", "Mei Chen"), at("T2", "Oslo")],
            "relations": [relation("T1", "T2")],
        },
        {"project": "genes", "denotations": [at("T1", "Ada Obi")]},
        {"denotations": [at(None, "Oslo")], "relations": [relation("T1", "T2")]},
    ]
    found = interchange.taken(read({"text": TEXT, "tracks": tracks}))
    assert [each.document and each.document.annotator for each in found] == ["genes", "genes 2", None]
    assert [surfaces(each.document) for each in found if each.document] == [
        [("X", "Mei Chen"), ("X", "Oslo")],
        [("X", "Ada Obi")],
        [("X", "Oslo")],
    ]
    assert found[2].warnings == (
        't.json, line 1: track 3: relation 1 (R1) is left out: its "subj" "T1" is no denotation that was taken',
    )


def test_denotations_of_the_record_and_of_its_tracks_are_different_work() -> None:
    found = interchange.taken(
        read(record(at("T1", "Oslo"), tracks=[{"denotations": [at("T1", "Mei Chen")]}]))
    )
    assert [each.document and each.document.annotator for each in found] == [None, "track 2"]


def test_the_head_is_the_subject() -> None:
    found = work(record(at("T1", "Mei Chen"), at("T2", "Oslo"), relations=[relation("T2", "T1", "LEADS")]))
    assert [(each.label, each.head, each.tail) for each in found.relations] == [("LEADS", "T2", "T1")]


def test_ids_may_be_missing_or_numbers() -> None:
    found = work(
        record(at(None, "Mei Chen"), at(1, "Oslo"), at(2, "Ada Obi"), relations=[relation(1, 2, id=None)])
    )
    assert len({each.id for each in found.entities}) == 3
    assert [(each.head, each.tail) for each in found.relations] == [("1", "2")]


def test_an_id_that_stands_twice_says_nothing() -> None:
    rows = (at("T1", "Mei Chen"), at("T1", "Oslo"), at("T2", "Ada Obi"))
    found = one(record(*rows, relations=[relation("T1", "T2")]))
    assert found.document is not None
    assert (len(found.document.entities), found.document.relations) == (3, ())
    assert len({each.id for each in found.document.entities}) == 3
    assert [warning.split(": ", 1)[1] for warning in found.warnings] == [
        'denotation 2: the id "T1" stands twice: what names it is left out',
        'relation 1 (R1) is left out: its "subj" "T1" is the id of several denotations',
    ]


def test_attributes_are_those_of_their_subject_and_several_values_are_a_list() -> None:
    said = [
        {"id": "A1", "subj": "T1", "pred": "type", "obj": "city"},
        {"id": "A2", "subj": "T1", "pred": "type", "obj": "port"},
        {"id": "A3", "subj": "T1", "pred": "sure", "obj": True},
        {"subj": "T9", "pred": "type", "obj": "x"},
        {"subj": "T1", "obj": "x"},
        {"pred": "type", "obj": "x"},
    ]
    found = one(record(at("T1", "Oslo"), attributes=said, blocks=[{}, {}]))
    assert found.document is not None
    assert found.document.entities[0].attributes == {"type": ["city", "port"], "sure": True}
    assert [warning.split(": ", 1)[1] for warning in found.warnings] == [
        'attribute 5 is left out: "pred" is missing',
        'attribute 6 is left out: it has no "subj" or no "obj"',
        'the attributes of "T9" are left out (["type"]): nothing taken has that id',
        'its 2 "blocks" are left out: there is no place for them',
    ]


# --- spans


@pytest.mark.parametrize(("begin", "end"), [("0", "8"), (0.0, 8.0), ("0", 8.0)])
def test_whole_numbers_may_be_written_as_texts_and_with_a_fraction_of_nothing(begin: Any, end: Any) -> None:
    assert surfaces(work(record(denotation("T1", begin, end)))) == [("X", "Mei Chen")]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (denotation("Z", 8, 0), "it ends before it begins, is empty"),
        (denotation("Z", 3, 3), "it ends before it begins, is empty"),
        (denotation("Z", 0, 99), "99 lies outside the text, which has 29 code points"),
        (denotation("Z", -1, 3), "-1 lies outside the text"),
        (denotation("Z", 0.5, 3), '"begin" must be a whole number, not 0.5'),
        (denotation("Z", "1e1", 30), '"begin" must be a whole number, not "1e1"'),
        (denotation("Z", "٣", 8), '"begin" must be a whole number'),
        (denotation("Z", 0, True), '"end" must be a whole number, not true'),
        (denotation("Z", 0, None), '"end" must be a whole number, not null'),
        (denotation("Z", 0, 3, ""), '"obj" is empty'),
        (denotation("Z", 0, 3, 7), '"obj" must be a text, not 7'),
        ({"id": "Z", "obj": "X"}, '"span" must be {"begin": …, "end": …}, or a list of these, not null'),
        ({"id": "Z", "obj": "X", "span": []}, '"span" must be'),
        ({"id": "Z", "obj": "X", "span": [0, 3]}, '"span" must be'),
        (
            {"id": "Z", "obj": "X", "span": [{"begin": 0, "end": 3}, {"begin": 3, "end": 8}]},
            "its pieces touch",
        ),
    ],
)
def test_a_denotation_that_cannot_be_taken_is_left_out_and_named(bad: dict[str, Any], says: str) -> None:
    found = one(record(at("T1", "Oslo"), bad, relations=[relation("T1", "Z")]))
    assert found.document is not None
    assert surfaces(found.document) == [("X", "Oslo")]
    first, second = found.warnings
    assert first.startswith("t.json, line 1: denotation 2 (Z) is left out: ")
    assert says in first
    assert second.endswith('its "obj" "Z" is no denotation that was taken')


def test_a_list_of_spans_is_one_entity_in_pieces_in_any_order() -> None:
    spans = [{"begin": 13, "end": 16}, {"begin": "0", "end": 3}]
    (found,) = work(record({"id": "T1", "obj": "X", "span": spans})).entities
    assert found.spans == ((0, 3), (13, 16))
    assert found.text == TEXT[0:16]


def test_crossing_spans_are_taken() -> None:
    assert len(work(record(at("T1", "Mei Chen"), at("T2", "Chen met"))).entities) == 2


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (relation("T1", "T1"), "it goes from a denotation to itself"),
        (relation("T1", "T9"), 'its "obj" "T9" is no denotation that was taken'),
        (relation("T1", None), 'its "obj" null is no denotation that was taken'),
        (relation("T1", "T2", None), '"pred" must be a text, not null'),
    ],
)
def test_a_relation_that_cannot_be_taken_is_left_out_and_named(link: dict[str, Any], says: str) -> None:
    found = one(record(at("T1", "Mei Chen"), at("T2", "Oslo"), relations=[link]))
    assert found.document is not None
    assert found.document.relations == ()
    assert found.warnings == (f"t.json, line 1: relation 1 (R1) is left out: {says}",)


# --- units


def shifted(by: int) -> list[dict[str, Any]]:
    """The two names after the emoji; in UTF-16 units they lie one further."""
    places = [(EMOJI.index(part), part) for part in ("Mei Chen", "Ada Obi")]
    return [denotation(None, start + by, start + by + len(part)) for start, part in places]


@pytest.mark.parametrize("by", [0, 1])
def test_the_unit_of_offsets_is_the_one_whose_spans_lie_on_words(by: int) -> None:
    assert surfaces(work(record(*shifted(by), text=EMOJI))) == [("X", "Mei Chen"), ("X", "Ada Obi")]


def test_where_words_do_not_tell_the_unit_is_asked_for() -> None:
    unclear = record(denotation("T1", 0, 6), text="👩 a!!!!!!")
    (refused,) = interchange.refusals(read(unclear))
    assert refused.startswith("t.json, line 1: what its offsets count cannot be told")
    assert "--offset-unit" in refused
    assert surfaces(work(unclear, unit="codepoint")) == [("X", "👩 a!!!")]
    assert surfaces(work(unclear, unit="utf16")) == [("X", "👩 a!!")]
    assert surfaces(work(unclear | {"offset_unit": "utf16"}, unit="codepoint")) == [("X", "👩 a!!")]


def test_a_span_that_cuts_a_character_is_left_out_and_named() -> None:
    found = one(record(denotation("T1", 1, 3), text=EMOJI, offset_unit="utf16"))
    assert found.warnings == (
        "t.json, line 1: denotation 1 (T1) is left out: 1 lies inside a surrogate pair",
    )


# --- damaged files


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"text": "a", "denotations": [{"id": "T1", "sp', "Unterminated string"),
        (b'{\n "text": "a",\n "denotations": [\n', "t.json, record 1: this is not JSON"),
        (b'{"text": "a", "denotations": [], "score": NaN}', "NaN"),
        (b'{"text": "\\ud83d", "denotations": []}', "half of a surrogate pair"),
        (b'{"text": "a", "text": "b", "denotations": []}', 'the key "text" stands twice'),
        (b'{"denotations": []}', '"text" is missing'),
        (b'{"text": " ", "denotations": []}', '"text" is empty'),
        (b'{"text": 7, "denotations": []}', '"text" must be a text, not 7'),
        (b'{"text": "a", "denotations": {}}', '"denotations" must be a list, not {}'),
        (b'{"text": "a", "denotations": [1]}', '"denotations" must be a list of objects'),
        (b'{"text": "a", "denotations": [], "project": 7}', '"project" must be a text, not 7'),
        (b'{"text": "a", "tracks": 1}', '"tracks" must be a list, not 1'),
        (b'{"text": "a", "denotations": [], "offset_unit": "byte"}', '"offset_unit" may not be "byte"'),
        (b"", "t.json is empty"),
    ],
)
def test_what_is_no_record_is_refused(data: bytes, says: str) -> None:
    (refused,) = interchange.refusals(interchange.read(FORMAT, data, "t.json"))
    assert refused.startswith("t.json")
    assert says in refused


def test_the_good_lines_around_a_bad_one_are_taken_in() -> None:
    good = json.dumps(record())
    first, bad, last = interchange.read(FORMAT, f"{good}\n{{\n{good}".encode(), "t.json")
    assert isinstance(first, Incoming) and isinstance(last, Incoming)
    assert str(bad).startswith("t.json, line 2: ")


@given(st.data())
def test_a_record_with_one_value_exchanged_is_read_or_refused(data: st.DataObject) -> None:
    record = json.loads(
        interchange.write(FORMAT, full()).data.splitlines()[data.draw(st.sampled_from([0, 2]))]
    )
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
    "found", [record(), {"text": TEXT, "tracks": []}, record(at("T1", "Oslo"), relations=[])]
)
def test_its_files_are_told_by_what_they_hold(found: dict[str, Any]) -> None:
    for data in (json.dumps(found), json.dumps([found]), json.dumps(found, indent=2)):
        assert detected(interchange.source(data.encode(), "x.json")).name == "textae"


@pytest.mark.parametrize("data", [b'{"text": "a"}', b'{"text": "denotations"}', b"denotations", b"["])
def test_other_files_are_not_its(data: bytes) -> None:
    assert not FORMAT.recognises(Head("x.json", data))


# --- into the database


def test_each_track_becomes_an_import_layer_and_importing_twice_adds_nothing(project: Project) -> None:
    tracks = [
        {
            "project": "ada",
            "denotations": [at("T1", "Mei Chen", "PERSON"), at("T2", "Oslo", "GPE")],
            "relations": [relation("T1", "T2", "LEADS")],
        },
        {"project": "li", "denotations": [at("T1", "Ada Obi", "PERSON")]},
    ]
    (project.folder / "t.json").write_text(
        json.dumps({"text": TEXT, "tracks": tracks}, indent=2), encoding="utf-8"
    )
    config = load(project.folder / "config.yaml")
    counts = []
    for _ in range(2):
        report = Importer(project.store, config, Taking(Reading(config.schema))).take_patterns(
            ["t.json"], project.folder
        )
        assert (report.refused, report.warnings) == ([], [])
        counts.append((report.new, report.entities, report.relations))
    assert counts == [(1, 3, 1), (0, 0, 0)]
    layers = {layer.title: layer for layer in project.store.layers("import")}
    assert set(layers) == {"import:t/ada", "import:t/li"}
    assert {e.text for e in project.store.entities(1, layers["import:t/ada"].id)} == {"Mei Chen", "Oslo"}


def test_import_and_export_again_gives_the_same_bytes() -> None:
    (incoming,) = interchange.taken(interchange.read(FORMAT, interchange.write(FORMAT, [hardest()]).data))
    found = incoming.document
    assert found is not None
    again = replace(hardest(), entities=found.entities, relations=found.relations)
    assert interchange.write(FORMAT, [again]).data == interchange.write(FORMAT, [hardest()]).data
