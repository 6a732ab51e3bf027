"""doccano's JSONL: golden bytes, what it holds comes back, what it cannot hold is named, and its traps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, IncomingAnnotations
from annotations.formats import doccano, registry
from annotations.formats.base import Head, Reading
from annotations.formats.doccano import FORMAT
from annotations.formats.offsets import from_codepoints
from annotations.formats.options import Unit
from annotations.formats.records import Bad
from annotations.importing import Importer, Taking
from annotations.model import Relation, about_relation
from annotations.schema import Schema
from tests.desks import Project
from tests.interchange import (
    SCHEMA,
    article,
    document,
    documents,
    entity,
    exchange_a_value,
    hardest,
    links,
    read,
    refusals,
    taken,
    values,
    words,
    write,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "doccano.jsonl"
PLAIN = Schema(SCHEMA.entities)
"""Without relations."""

TEXT = "🐘 Mei Chen leads\r\nGlobex."
MEI, GLOBEX = ((2, 10),), ((18, 24),)


def golden_documents() -> list[Document]:
    text = "Ana\u2028met Bo."
    ana = words(text, "01E1", "PERSON", "Ana")
    more = article(text, title="Ana’s day", date="2022-11-25", meta={"id": 7, "by": {"z": 1, "a": [None]}})
    return [hardest(), document("Fog."), document(text, ana, article=more)]


def record(*rows: Any, **more: Any) -> dict[str, Any]:
    """A record of sequence labelling, offsets in UTF-16 units."""
    return {"text": TEXT, "label": list(rows)} | more


def related(*relations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A record with relations, offsets in UTF-16 units."""
    entities = [
        {"id": 11, "start_offset": 3, "end_offset": 11, "label": "PERSON"},
        {"id": 12, "start_offset": 19, "end_offset": 25, "label": "ORG"},
    ]
    return {"text": TEXT, "entities": entities, "relations": list(relations)} | more


LEADS = {"id": 5, "from_id": 11, "to_id": 12, "type": "LEADS"}


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def one(given: Any, **how: Any) -> tuple[Incoming, IncomingAnnotations]:
    (found,) = taken(read(FORMAT, lines(given), "a.jsonl", **how))
    assert found.document is not None
    return found, found.document


# -- out ----------------------------------------------------------------------------------------------


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    assert write(FORMAT, golden_documents()).data == GOLDEN.read_bytes()


def test_offsets_are_written_in_utf_16_units() -> None:
    mei = words(TEXT, "01A", "PERSON", "Mei Chen")
    (row,) = json.loads(write(FORMAT, [document(TEXT, mei)]).text)["entities"]
    units = TEXT.encode("utf-16-le")[2 * row["start_offset"] : 2 * row["end_offset"]]
    assert units.decode("utf-16-le") == "Mei Chen"


def test_the_form_is_that_of_the_project_in_every_line() -> None:
    mei, globex = words(TEXT, "01A", "PERSON", "Mei Chen"), words(TEXT, "01B", "ORG", "Globex")
    made = [
        document(TEXT, globex, mei, relations=(Relation("01R", "LEADS", "01A", "01B"),)),
        document("Fog."),
    ]
    found = write(FORMAT, made, schema=PLAIN)
    assert [json.loads(line)["label"] for line in found.text.split("\n")[:-1]] == [
        [[3, 11, "PERSON"], [19, 25, "ORG"]],
        [],
    ]
    assert found.lost == ["relation"]
    assert all("relations" in json.loads(line) for line in write(FORMAT, made).text.split("\n")[:-1])


def test_ids_are_whole_numbers_and_unique_in_a_line() -> None:
    first = json.loads(write(FORMAT, [hardest()]).text.split("\n")[0])
    ids = [row["id"] for row in first["entities"]]
    assert ids == list(range(len(ids)))
    assert {row[end] for row in first["relations"] for end in ("from_id", "to_id")} <= set(ids)


def test_what_doccano_has_no_place_for_is_named() -> None:
    mei = words(TEXT, "01A", "PERSON", "Mei Chen", link="Q1", note="n", cluster="c", attributes={"a": 1})
    made = [document(TEXT, mei, labels=("trade",), note="x"), document("Fog.", status="open")]
    found = write(FORMAT, made)
    assert sorted(found.lost) == ["attributes", "clusters", "labels", "links", "notes", "status"]
    assert found.losses[-1].what == "it is open, which this format cannot say"
    assert write(FORMAT, [document("Fog.", status="open", layer="gold:gold")]).lost == []


@given(documents(), st.sampled_from([SCHEMA, PLAIN]))
def test_what_is_written_comes_back_and_the_rest_is_named(made: Document, schema: Schema) -> None:
    found = write(FORMAT, [made], schema)
    (back,) = taken(read(FORMAT, found.data, unit="utf16"))
    assert (back.text, back.warnings) == (made.article.text, ())
    kept = back.document
    assert kept is not None
    whole = [e._replace(fragments=()) for e in made.entities]
    assert values(kept.entities) == values(whole)
    assert found.lost.count("discontinuous") == sum(bool(e.fragments) for e in made.entities)
    assert found.lost.count("overlap") == len(whole) - len(values(whole))
    held, wanted = links(kept.entities, kept.relations), links(whole, made.relations)
    assert held <= wanted
    assert held == wanted or found.lost.count("relation") >= (1 if schema is PLAIN else len(wanted - held))


@given(documents(pieces=False), st.sampled_from(get_args(Unit)))
def test_a_file_in_a_unit_that_is_told_comes_back_without_a_shift(made: Document, unit: Unit) -> None:
    convert = from_codepoints(made.article.text, unit)
    try:
        rows = [[convert(e.start), convert(e.end), e.label] for e in made.entities]
    except Bad as error:  # a grapheme is cut: no file in this unit can say it
        assert "inside" in str(error)
        return
    (found,) = taken(read(FORMAT, lines({"text": made.article.text, "label": rows}), unit=unit))
    assert found.document is not None
    assert values(found.document.entities) == values(made.entities)


# -- in: the two kinds --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["label", "labels", "entities"])
def test_lists_of_start_end_and_label_are_read_under_each_name(key: str) -> None:
    found, kept = one({"text": TEXT, key: [[3, 11, "PERSON"], [19, 25, "ORG"]]})
    assert values(kept.entities) == {(MEI, "PERSON"), (GLOBEX, "ORG")}
    assert (kept.status, kept.annotator, kept.complete) == (None, None, ())
    assert found.source == "a.jsonl, line 1"


def test_entities_with_ids_and_relations_are_read() -> None:
    _, kept = one(related(LEADS))
    assert values(kept.entities) == {(MEI, "PERSON"), (GLOBEX, "ORG")}
    assert links(kept.entities, kept.relations) == {("LEADS", (MEI, "PERSON"), (GLOBEX, "ORG"))}


def test_an_empty_list_is_looked_at_and_a_missing_or_null_one_is_an_article() -> None:
    assert one(record())[1].entities == ()
    for bare in ({"text": TEXT}, {"text": TEXT, "label": None}):
        assert [each.document for each in taken(read(FORMAT, lines(bare)))] == [None]


def test_overlapping_entities_are_kept() -> None:
    assert len(one(record([3, 11, "PERSON"], [7, 11, "PERSON"], [3, 11, "ORG"]))[1].entities) == 3


def test_ids_that_a_table_program_made_decimal_are_the_same_ids() -> None:
    _, kept = one(related(LEADS | {"from_id": 11.0, "to_id": 12.0}))
    assert len(kept.relations) == 1


def test_a_label_that_means_no_relation_rejects_what_the_schema_allows() -> None:
    no = LEADS | {"type": "none"}
    found, kept = one(related(no, LEADS), negative=frozenset({"none"}))
    assert found.warnings[0] == (
        'a.jsonl, line 1: LEADS from PERSON "Mei Chen" at 2 to ORG "Globex" at 18 was rejected, '
        "and stands as well: taken as it stands"
    )
    assert [(d.about, d.verdict) for d in kept.decisions] == [
        (about_relation("KNOWS", (MEI, "PERSON"), (GLOBEX, "ORG")), "rejected")
    ]


# -- in: metadata and comments ------------------------------------------------------------------------


def test_metadata_spread_over_the_record_is_metadata_and_the_id_is_kept() -> None:
    found, _ = one(record(id=99, title="News", date="2022-11-25", score=1.0, url=None))
    assert (found.title, found.date) == ("News", "2022-11-25")
    assert found.meta == {"id": 99, "score": 1.0, "url": None}


def test_metadata_in_one_place_is_the_same() -> None:
    found, _ = one(record(meta={"source": "wire", "x": {"y": 1}}, id=3))
    assert (found.source, found.meta) == ("wire", {"x": {"y": 1}, "id": 3})


def test_metadata_that_stands_twice_differently_is_said() -> None:
    found, _ = one(record(meta={"id": 7, "x": 1}, id=99, x=1))
    assert found.meta == {"id": 99, "x": 1}
    assert 'the inner metadata ["id"] were left out: the record says otherwise' in found.warnings[0]


def test_metadata_under_meta_that_are_no_object_are_a_key_like_others() -> None:
    assert one(record(meta="x"))[0].meta == {"meta": "x"}


@pytest.mark.parametrize(
    "comments", [["odd", "", "why?"], [{"id": 1, "comment": "odd"}, {"id": 2, "comment": "why?"}]]
)
def test_comments_with_a_capital_letter_are_the_note(comments: Any) -> None:
    assert one(record(Comments=comments))[1].note == "odd\nwhy?"
    assert one(record(Comments=[]))[1].note is None


# -- in: units ----------------------------------------------------------------------------------------


def in_unit(unit: Unit, text: str = TEXT, parts: Sequence[str] = ("Mei Chen", "Globex")) -> dict[str, Any]:
    convert = from_codepoints(text, unit)
    rows = [[convert(text.index(p)), convert(text.index(p) + len(p)), "PERSON"] for p in parts]
    return {"text": text, "label": rows}


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize("text", [TEXT, "👩‍👩‍👧 Mei Chen\r\nGlobex", "e\u0301\r\n🇩🇪 Mei Chen, Globex"])
def test_each_unit_is_found_by_the_words_and_said(unit: Unit, text: str) -> None:
    found, kept = one(in_unit(unit, text))
    assert {entity.text for entity in kept.entities} == {"Mei Chen", "Globex"}
    assert "offsets taken to count" in found.warnings[0]


@pytest.mark.parametrize("unit", get_args(Unit))
def test_a_unit_that_is_told_is_taken_without_a_word(unit: Unit) -> None:
    found, kept = one(in_unit(unit, parts=("ei C",)), unit=unit)
    assert ([entity.text for entity in kept.entities], found.warnings) == (["ei C"], ())


def test_where_the_unit_makes_no_difference_parts_of_words_are_no_matter() -> None:
    found, kept = one({"text": "Unhappy Mei 🐘", "label": [[2, 7, "X"]]})
    assert ([entity.text for entity in kept.entities], found.warnings) == (["happy"], ())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"text": "🐘 Barbara", "label": [[5, 8, "X"]]}, "no unit fits the words"),
        ({"text": "🐘.,.,", "label": [[2, 4, "X"]]}, "UTF-16 units and code points fit alike"),
    ],
)
def test_a_record_whose_unit_cannot_be_told_is_refused_and_the_option_named(given: Any, says: str) -> None:
    (refused,) = refusals(read(FORMAT, lines(given), "a.jsonl"))
    assert refused.startswith("a.jsonl, line 1: what its offsets count cannot be told")
    assert says in refused and "--offset-unit" in refused


def texts_of(found: Sequence[Any]) -> list[list[str] | str]:
    """The texts of the entities of each article, or why it was refused."""
    return [
        [entity.text for entity in each.document.entities] if isinstance(each, Incoming) else str(each)
        for each in found
    ]


def test_the_unit_of_a_file_is_that_of_all_its_records() -> None:
    some = (
        in_unit("utf16"),
        {"text": "🐘 Barbara", "label": [[6, 9, "X"]]},
        {"text": "Ana", "label": [[1, 2, "X"]]},
    )
    for records in (some, some[::-1]):
        found = read(FORMAT, lines(*records), "a.jsonl")
        assert sorted(texts_of(found)) == [["Mei Chen", "Globex"], ["bar"], ["n"]]
        (warning,) = taken(found)[-1].warnings
        assert warning.endswith(
            "offsets taken to count UTF-16 units, by the words of the whole file "
            "(--offset-unit says otherwise); articles: 2"
        )


def test_a_file_whose_records_do_not_agree_is_refused_where_that_matters_with_what_fits() -> None:
    given = [
        in_unit("utf16"),
        in_unit("utf16", "🐘 Mei Chen, Globex"),
        in_unit("grapheme"),
        {"text": "Ana", "label": []},
    ]
    *refused, last = texts_of(read(FORMAT, lines(*given), "a.jsonl"))
    assert refused == [
        f"a.jsonl, line {number}: the offsets of this file do not count one thing: of 3 articles where that matters, "
        "by the words UTF-16 units fit 2, graphemes fit 1; say it with --offset-unit"
        for number in (1, 2, 3)
    ]
    assert last == []


def test_a_record_that_fits_another_unit_than_the_rest_of_the_file_is_refused_alone() -> None:
    given = [in_unit("utf16")] * 30 + [in_unit("grapheme")]
    *good, odd = texts_of(read(FORMAT, lines(*given), "a.jsonl"))
    assert good == [["Mei Chen", "Globex"]] * 30
    assert odd == (
        "a.jsonl, line 31: by the words its offsets count graphemes, those of the rest of the file UTF-16 units: "
        "say it with --offset-unit"
    )


def test_records_after_those_that_were_looked_at_are_held_to_the_same_unit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doccano, "SURVEYED", 10)
    first, odd = texts_of(read(FORMAT, lines(in_unit("utf16"), in_unit("grapheme")), "a.jsonl"))
    assert first == ["Mei Chen", "Globex"]
    assert "its offsets count graphemes, those of the rest of the file UTF-16 units" in odd


@given(st.lists(st.tuples(documents(pieces=False), st.sampled_from(get_args(Unit))), min_size=1, max_size=4))
def test_no_two_records_of_a_file_are_read_in_different_units(given: list[tuple[Document, Unit]]) -> None:
    rows = []
    for made, unit in given:
        with suppress(Bad):  # a grapheme is cut: no file in this unit can say it
            convert = from_codepoints(made.article.text, unit)
            places = [[convert(e.start), convert(e.end), e.label] for e in made.entities]
            rows.append({"text": made.article.text, "label": places})
    kept = [
        {unit for unit in get_args(Unit) if values(each.document.entities) == read_in(row, unit)}
        for row, each in zip(rows, read(FORMAT, lines(*rows)) if rows else (), strict=True)
        if isinstance(each, Incoming) and each.document
    ]
    assert not kept or set.intersection(*kept)


def read_in(row: Any, unit: Unit) -> set[Any]:
    (found,) = taken(read(FORMAT, lines(row), unit=unit))
    return values(found.document.entities) if found.document else set()


@given(st.lists(documents(), min_size=1, max_size=3))
def test_what_we_wrote_comes_back_without_being_told_the_unit(made: list[Document]) -> None:
    found = write(FORMAT, made).data
    back, told = (taken(read(FORMAT, found, unit=unit)) for unit in (None, "utf16"))
    assert back == told
    assert [each.warnings for each in back] == [()] * len(made)
    assert not any("postil_offset_unit" in each.meta for each in back)


def test_what_doccano_gave_an_id_counts_as_its_project_does() -> None:
    given = in_unit("grapheme") | {"id": 7, "meta": {"postil_offset_unit": "utf16"}}
    found, kept = one(given)
    assert [entity.text for entity in kept.entities] == ["Mei Chen", "Globex"]
    assert found.meta == {"id": 7}


def test_an_offset_inside_a_pair_is_left_out_and_said() -> None:
    found, kept = one(record([1, 11, "X"], [3, 11, "Y"]), unit="utf16")
    assert [entity.label for entity in kept.entities] == ["Y"]
    assert found.warnings == ("a.jsonl, line 1: an entity was left out: 1 lies inside a surrogate pair",)


# -- in: what is bad ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([8, 3, "X"], "X begins at 8 and ends at 3"),
        ([3, 3, "X"], "X begins at 3 and ends at 3"),
        ([3, 99, "X"], "X lies at 3 to 99, outside the text"),
        ([-1, 3, "X"], "outside the text"),
        ([3.0, 11, "X"], "it must be [start, end, label], not [3.0"),
        ([True, 11, "X"], "it must be [start, end, label]"),
        ([3, 11], "it must be [start, end, label]"),
        ([3, 11, ""], "it must be [start, end, label]"),
        ("positive", 'it must be [start, end, label] or an object, not "positive"'),
        ({"id": 1, "start_offset": 3, "label": "X"}, '"end_offset" is missing'),
        (
            {"id": [], "start_offset": 3, "end_offset": 11, "label": "X"},
            '"id" must be a whole number, not []',
        ),
        (
            {"id": 1, "start_offset": "3", "end_offset": 11, "label": "X"},
            '"start_offset" must be a whole number',
        ),
        ({"id": 1, "start_offset": 3, "end_offset": 11, "label": None}, '"label" must be a text, not null'),
        ([19, 25, "ORG"], 'ORG "Globex" at 18 stands twice'),
    ],
)
def test_an_entity_that_cannot_be_taken_is_left_out_and_said(row: Any, says: str) -> None:
    found, kept = one(record([19, 25, "ORG"], row), unit="utf16")
    assert values(kept.entities) == {(GLOBEX, "ORG")}
    assert len(found.warnings) == 1
    assert (
        found.warnings[0].startswith("a.jsonl, line 1: an entity was left out: ")
        and says in found.warnings[0]
    )


@pytest.mark.parametrize(
    ("relation", "says"),
    [
        (LEADS | {"to_id": 13}, '"to_id" is 13, which no entity has that was taken'),
        (LEADS | {"to_id": "12"}, '"to_id" is "12", which no entity has'),
        (LEADS | {"to_id": 11}, 'LEADS goes from PERSON "Mei Chen" at 2 to itself'),
        (LEADS | {"from_id": None}, '"from_id" is missing'),
        (LEADS | {"from_id": True}, '"from_id" must be a whole number, not true'),
        (LEADS | {"type": ""}, '"type" is empty'),
    ],
)
def test_a_relation_that_cannot_be_taken_is_left_out_and_said(relation: Any, says: str) -> None:
    found, kept = one(related(relation), unit="utf16")
    assert (len(kept.entities), kept.relations) == (2, ())
    assert (
        found.warnings[0].startswith("a.jsonl, line 1: a relation was left out: ")
        and says in found.warnings[0]
    )


def test_a_relation_that_stands_twice_is_one() -> None:
    found, kept = one(related(LEADS, LEADS), unit="utf16")
    assert len(kept.relations) == 1
    assert "stands twice" in found.warnings[0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"label": []}, '"text" is missing'),
        ({"text": " ", "label": []}, '"text" is empty'),
        (record() | {"label": "x"}, '"label" must be a list'),
        (related() | {"relations": [1]}, '"relations" must be a list of objects'),
        (record(Comments="x"), '"Comments" must be a list'),
        (
            related() | {"entities": [related()["entities"][0], related()["entities"][1] | {"id": 11.0}]},
            "the entity id 11 stands twice in this record",
        ),
    ],
)
def test_a_record_that_cannot_be_trusted_is_refused(given: Any, says: str) -> None:
    (refused,) = refusals(read(FORMAT, lines(given), "a.jsonl"))
    assert refused.startswith("a.jsonl, line 1: ") and says in refused


def test_the_good_records_around_a_bad_one_are_taken() -> None:
    data = (
        lines(record()) + b'{"text": "a", "text": "b"}\n{"text": "\\ud83d"}\n{"a": NaN}\n' + lines(record())
    )
    assert [isinstance(each, Incoming) for each in read(FORMAT, data)] == [True, False, False, False, True]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_a_record_with_one_value_exchanged_is_read_or_refused(data: st.DataObject) -> None:
    given = json.loads(json.dumps(related(LEADS, label=[[0, 2, "X"]], meta={"a": 1}, Comments=["x"])))
    exchange_a_value(given, data, json_values)
    for each in read(FORMAT, lines(given), "it"):
        if isinstance(each, Incoming):
            assert each.document is None or all(
                each.text[e.start : e.end] == e.text and e.text for e in each.document.entities
            )
        else:
            assert str(each).startswith("it, line 1: ")


# -- detection ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        record(),
        record([3, 11, "X"]),
        related(),
        {"text": "a", "labels": []},
        {"text": "a", "entities": [[0, 1, "X"]]},
    ],
)
def test_a_file_is_recognised_by_its_first_record(given: Any) -> None:
    assert FORMAT.recognises(Head("any.txt", lines(given)))


def test_a_first_record_longer_than_what_is_looked_at_is_recognised() -> None:
    long = related() | {"rest": "x" * Head.SIZE}
    assert FORMAT.recognises(Head("a.jsonl", lines(long)[: Head.SIZE]))


@pytest.mark.parametrize(
    "given",
    [
        {"text": "a"},
        {"text": "a", "label": "positive"},
        {"text": "a", "label": ["positive"]},
        {"text": "a", "entities": [{"start": 0, "end": 1, "label": "X"}]},
        {"tokens": ["a"], "entities": [{"start": 0, "end": 1, "type": "X"}]},
    ],
)
def test_other_files_are_not(given: Any) -> None:
    assert not FORMAT.recognises(Head("a.jsonl", lines(given)))


def test_it_is_registered() -> None:
    assert registry.named("doccano") is FORMAT


# -- the whole way ------------------------------------------------------------------------------------


def test_a_file_becomes_a_layer_and_importing_it_again_adds_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "news.jsonl").write_bytes(
        lines(related(LEADS), {"text": "Fog.", "entities": [], "relations": []})
    )
    store, config = project.store, load(tmp_path / "config.yaml")
    report = Importer(store, config).take_patterns(["news.jsonl"], tmp_path)
    assert (report.new, report.entities, report.relations, report.refused) == (2, 2, 1, [])
    assert "offsets taken to count UTF-16 units" in report.warnings[0]
    (layer,) = [layer for layer in store.layers() if layer.title == "import:news"]
    assert values(store.entities(1, layer.id)) == {(MEI, "PERSON"), (GLOBEX, "ORG")}
    again = Importer(store, config).take_patterns(["news.jsonl"], tmp_path)
    assert (again.new, again.entities, again.relations) == (0, 0, 0)

    taking = Taking(Reading(config.schema), person="ana", status="done")
    report = Importer(store, config, taking).take_patterns(["news.jsonl"], tmp_path)
    me = store.layer("person", "ana")
    assert [store.progress(n, me.id).status for n in (1, 2)] == ["done", "done"]


def test_a_text_in_pieces_of_characters_keeps_its_edges() -> None:
    text = "𝒜𝒜 𝒜na"
    made = document(text, entity(text, "01A", "PERSON", (3, 6)))
    (back,) = taken(read(FORMAT, write(FORMAT, [made]).data))
    assert back.document is not None
    assert [each.text for each in back.document.entities] == ["𝒜na"]
