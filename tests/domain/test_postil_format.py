"""The lossless JSONL: golden bytes, what is written is read as it was, and what is damaged is refused."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.documents import Document, Incoming, Origin, dismissed, offered, problem
from annotations.errors import BadFile
from annotations.formats.base import Output, Writing
from annotations.formats.postil import FORMAT, _Reader, line
from annotations.model import (
    Decision,
    Relation,
    Span,
    about_entity,
    about_relation,
)
from tests import interchange
from tests.interchange import article, entity

GOLDEN = Path(__file__).parents[1] / "golden" / "postil.jsonl"
MODEL = "model:en_core_web_sm@3.8.0"
SYMMETRIC = frozenset({"MET"})


def bare(text: str, **more: Any) -> Document:
    return Document(**{"article": article(text), "annotator": "ana", "layer": "person:ana", "status": "open",
                       "entities": (), "relations": ()} | more)  # fmt: skip


# --- the golden file


TEXT = "Xi Jinping met Díaz-Canel 🐘 in 北京.\r\nNorth and South Korea\u2028did\u0085not.\u2029"


def full() -> Document:
    """One of everything, in no order."""
    xi, guest, city = ((0, 10),), ((15, 25),), ((31, 33),)
    north, korea = ((36, 41), (52, 57)), ((46, 57),)
    return bare(
        TEXT,
        article=article(
            TEXT,
            title="Xi’s \u2028guest",
            date="2022-11-25",
            meta={"source_offset": 21, "by": {"z": 1, "a": [None, 0.5]}, "id": "ap-7"},
        ),
        status="done",
        entities=(
            entity(TEXT, "01E6", "GPE", *korea),
            entity(TEXT, "01E5", "GPE", *north, cluster="01C1", score=0.98765),
            entity(TEXT, "01E4", "GPE", *city, link="Q956", attributes={"z": 1, "a": True}),
            entity(TEXT, "01E2", "PERSON", *guest, note="with\nan accent"),
            entity(TEXT, "01E3", "NAME", (0, 2), score=1.0),
            entity(TEXT, "01E1", "PERSON", *xi),
        ),
        relations=(
            Relation("01R2", "LOCATED_IN", "01E2", "01E4", note="by the text", attributes={"b": 1, "a": 2}),
            Relation("01R3", "MET", "01E2", "01E1"),
            Relation("01R1", "LOCATED_IN", "01E1", "01E4", score=0.25),
        ),
        origins={
            "01E1": Origin(MODEL, "accepted"),
            "01E2": Origin(MODEL, "changed"),
            "01R1": Origin("import:brat", "accepted"),
            "01R3": Origin("import:brat", "accepted"),
        },
        rejected=(
            dismissed(about_relation("LEADS", (guest, "ORG"), (city, "GPE")), MODEL, "rejected"),
            dismissed(about_relation("VISITED", (xi, "PERSON"), (city, "GPE")), MODEL, "changed", "01R1"),
            dismissed(about_entity(north, "ORG"), MODEL, "superseded"),
            dismissed(about_entity(guest, "ORG"), MODEL, "changed", "01E2"),
            dismissed(about_entity(((0, 14),), "ORG"), MODEL, "rejected"),
        ),
        pending=(
            offered(about_relation("MET", (xi, "PERSON"), (city, "GPE")), MODEL, 0.123456),
            offered(about_entity(((36, 41),), "LOC"), MODEL),
        ),
        problems=(problem("01R2", "LOCATED_IN may not go from PERSON to GPE"),),
        complete=("entities", "relations"),
        labels=("politics",),
        note="a \\ and a \u2028",
        flagged=True,
    )


def golden_documents() -> list[Document]:
    empty = bare("Fog.\x07\x1b[31m\n", annotator=None, layer="")
    minus = bare("Tea", status="skipped", entities=(entity("Tea", "01E9", "X", (0, 3), score=-0.00001),))
    return [full(), empty, minus]


def written(*documents: Document) -> bytes:
    found = interchange.write(FORMAT, documents)
    assert found.losses == []
    return found.data


def read(lines: Iterable[bytes], name: str) -> list[Incoming | BadFile]:
    return interchange.read(FORMAT, b"".join(lines), name)


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    assert written(*golden_documents()) == GOLDEN.read_bytes()


def test_the_order_in_which_things_are_given_makes_no_difference() -> None:
    document = full()
    turned = {
        name: tuple(reversed(getattr(document, name)))
        for name in ("entities", "relations", "rejected", "pending", "problems")
    }
    assert line(replace(document, **turned), SYMMETRIC) == line(document, SYMMETRIC)


def test_each_article_is_one_line_for_naive_splitters_too() -> None:
    data = written(*golden_documents())
    assert len(data.decode().splitlines()) == data.count(b"\n") == 3
    assert json.loads(data.splitlines()[0])["text"] == TEXT


def test_a_symmetric_relation_has_the_earlier_end_as_head_and_another_keeps_its_direction() -> None:
    relations = json.loads(written(full()).splitlines()[0])["relations"]
    assert ("MET", "01E1", "01E2") in [(r["label"], r["head"], r["tail"]) for r in relations]
    backwards = replace(full(), relations=(Relation("01R", "LEADS", "01E4", "01E1"),), rejected=())
    found = json.loads(line(backwards, SYMMETRIC))["relations"][0]
    assert (found["head"], found["tail"]) == ("01E4", "01E1")


def test_documents_are_written_as_they_come() -> None:
    out = io.BytesIO()

    def documents() -> Any:
        yield bare("a")
        assert out.getvalue().count(b"\n") == 1
        yield bare("b")

    assert FORMAT.write is not None
    FORMAT.write(documents(), Output(Writing(interchange.SCHEMA), lambda: nullcontext(out)))
    assert out.getvalue().count(b"\n") == 2


# --- reading back


def reread(*documents: Document) -> list[Incoming]:
    found = read([written(*documents)], "it.jsonl")
    assert all(isinstance(each, Incoming) for each in found), found
    return [each for each in found if isinstance(each, Incoming)]


def test_the_golden_file_is_read_as_it_was_written() -> None:
    document = full()
    incoming, empty, _ = reread(*golden_documents())
    assert (incoming.text, incoming.source) == (TEXT, "seeds/a.txt")
    assert (incoming.title, incoming.date) == ("Xi’s \u2028guest", "2022-11-25")
    assert incoming.meta == document.article.meta
    found = incoming.document
    assert found is not None
    assert (found.annotator, found.status, found.complete) == ("ana", "done", ("entities", "relations"))
    assert (found.labels, found.note, found.flagged) == (("politics",), "a \\ and a \u2028", True)
    assert [e.id for e in found.entities] == ["01E1", "01E3", "01E2", "01E4", "01E5", "01E6"]
    given = {e.id: e._replace(score=None) for e in document.entities}
    assert all(e._replace(score=None) == given[e.id] for e in found.entities)
    assert found.entities[4].score == 0.9877
    assert empty.document is not None
    assert (empty.document.annotator, empty.document.entities) == (None, ())


def test_decisions_come_back_from_origins_and_from_what_was_rejected() -> None:
    found = reread(full())[0].document
    assert found is not None
    xi, guest, city = (((0, 10),), "PERSON"), (((15, 25),), "PERSON"), (((31, 33),), "GPE")
    org = guest[0], "ORG"
    expected = [
        (about_entity(*xi), "accepted", "01E1", MODEL),
        (about_relation("MET", xi, guest), "accepted", "01R3", "import:brat"),
        (about_relation("LOCATED_IN", xi, city), "accepted", "01R1", "import:brat"),
        (about_entity(((0, 14),), "ORG"), "rejected", None, MODEL),
        (about_entity(*org), "changed", "01E2", MODEL),
        (about_entity(((36, 41), (52, 57)), "ORG"), "superseded", None, MODEL),
        (about_relation("VISITED", xi, city), "changed", "01R1", MODEL),
        (about_relation("LEADS", org, city), "rejected", None, MODEL),
    ]
    key = lambda d: d.about  # noqa: E731
    wanted = [
        Decision(about, verdict, result, "import", (layer,), "") for about, verdict, result, layer in expected
    ]  # type: ignore[arg-type]
    assert sorted(found.decisions, key=key) == sorted(wanted, key=key)


def test_a_decision_about_a_symmetric_relation_knows_no_direction() -> None:
    longer, shorter = (((0, 10),), "PERSON"), (((0, 2),), "NAME")
    document = bare(
        TEXT,
        entities=(entity(TEXT, "01A", "PERSON", (0, 10)), entity(TEXT, "01B", "NAME", (0, 2))),
        relations=(Relation("01R", "MET", "01A", "01B"),),
        origins={"01R": Origin(MODEL, "accepted")},
    )
    found = reread(document)[0].document
    assert found is not None
    assert [d.about for d in found.decisions] == [about_relation("MET", *sorted((longer, shorter)))]


def test_one_suggestion_of_two_sources_is_one_decision() -> None:
    about = about_entity(((0, 2),), "ORG")
    rejected = tuple(dismissed(about, layer, "rejected") for layer in ("model:a", "patterns:b"))
    found = reread(bare(TEXT, rejected=rejected))[0].document
    assert found is not None
    assert [d.sources for d in found.decisions] == [("model:a", "patterns:b")]


def test_a_changed_suggestion_whose_result_is_unknown_counts_as_rejected() -> None:
    row = {"start": 0, "end": 2, "label": "ORG", "layer": MODEL, "why": "changed"}
    found = reread(bare(TEXT, rejected=(row,)))[0].document
    assert found is not None
    assert [(d.verdict, d.result) for d in found.decisions] == [("rejected", None)]


def again(incoming: Incoming) -> Document:
    """What an export makes of what an import brought, as the rest of the project does it."""
    found = incoming.document
    assert found is not None
    origins, rejected = {}, []
    for decision in sorted(found.decisions, key=lambda d: d.verdict != "accepted"):
        if decision.result is not None:
            origins.setdefault(decision.result, Origin(decision.sources[0], decision.verdict))
        if decision.verdict != "accepted":
            rejected.append(dismissed(decision.about, decision.sources[0], decision.verdict, decision.result))
    return Document(
        article(
            incoming.text,
            source=incoming.source,
            title=incoming.title,
            date=incoming.date,
            meta=incoming.meta,
        ),
        found.annotator,
        f"person:{found.annotator}",
        found.status,
        found.entities,
        found.relations,
        origins,
        tuple(rejected),
        complete=found.complete,
        labels=found.labels,
        note=found.note,
        flagged=found.flagged,
    )


def test_import_and_export_again_gives_the_same_bytes() -> None:
    # What is pending, and what is a problem, the project computes: it is not in the file's gift.
    document = replace(full(), pending=(), problems=())
    assert line(again(reread(document)[0]), SYMMETRIC) == line(document, SYMMETRIC)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
said = interchange.json_values.filter(lambda value: value is not None)
metas = st.dictionaries(st.sampled_from(["id", "url", "by", "é\u2028"]), said, max_size=3)
scores = st.none() | st.floats(-1, 1).map(lambda score: round(score, 4) + 0.0)


@st.composite
def spans_of(draw: st.DrawFn, text: str) -> tuple[Span, ...]:
    edges = st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True)
    found = sorted(draw(edges))
    return tuple(zip(found[::2], found[1::2], strict=False))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(texts)
    values = draw(st.lists(st.tuples(spans_of(text), names), max_size=5, unique=True))
    entities = tuple(
        entity(
            text,
            f"01E{number}",
            label,
            *spans,
            score=draw(scores),
            note=draw(st.none() | names),
            link=draw(st.none() | names),
            cluster=draw(st.none() | names),
            attributes=draw(metas) or None,
        )
        for number, (spans, label) in enumerate(values)
    )
    pairs = [(a.id, b.id) for a in entities for b in entities if a.id < b.id]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else []
    relations = tuple(
        Relation(
            f"01R{n}", draw(st.sampled_from(["MET", "LEADS"])), head, tail, draw(scores), draw(metas) or None
        )
        for n, (head, tail) in enumerate(chosen)
    )
    ids = [each.id for each in (*entities, *relations)]
    taken_over = draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    return Document(
        article(
            text,
            title=draw(names),
            source=draw(names),
            date=draw(st.none() | st.dates().map(lambda day: day.isoformat())),
            meta=draw(metas),
        ),
        draw(st.none() | names),
        "person:ana",
        draw(st.sampled_from(["open", "done", "skipped"])),
        entities,
        relations,
        {id: Origin(MODEL, "accepted") for id in taken_over},
        complete=draw(st.sampled_from([(), ("entities",), ("entities", "relations")])),
        labels=tuple(draw(st.lists(names, unique=True, max_size=2))),
        note=draw(st.none() | st.text(max_size=5)),
        flagged=draw(st.booleans()),
    )


@given(documents())
def test_what_is_written_is_read_back_and_writes_the_same_bytes(document: Document) -> None:
    incoming = reread(document)[0]
    assert (incoming.text, incoming.title) == (document.article.text, document.article.title)
    assert (incoming.date, incoming.meta) == (document.article.date, document.article.meta)
    found = incoming.document
    assert found is not None
    assert {e.id: e for e in found.entities} == {e.id: e for e in document.entities}
    assert {r.id: directed(r) for r in found.relations} == {r.id: directed(r) for r in document.relations}
    assert {d.result for d in found.decisions} == set(document.origins)
    assert line(again(incoming), SYMMETRIC) == line(document, SYMMETRIC)


def directed(relation: Relation) -> Relation:
    head, tail = sorted((relation.head, relation.tail))
    return relation._replace(head=head, tail=tail) if relation.label in SYMMETRIC else relation


# --- what is refused


def refusal(data: bytes) -> str:
    found = read([data], "bad.jsonl")
    assert [type(each) for each in found] == [BadFile], found
    return str(found[0])


def damaged(change: Callable[[dict[str, Any]], Any]) -> str:
    """Why the golden document is refused after `change`."""
    record = json.loads(line(full(), SYMMETRIC))
    change(record)
    return refusal(json.dumps(record).encode())


def put(*path: Any, **values: Any) -> Callable[[dict[str, Any]], Any]:
    """A change that sets keys of the object at `path`."""

    def change(record: dict[str, Any]) -> None:
        place: Any = record
        for step in path:
            place = place[step]
        place.update(values)

    return change


def take_out(*path: Any) -> Callable[[dict[str, Any]], Any]:
    def change(record: dict[str, Any]) -> None:
        place: Any = record
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"format": "postil/1", "id": "a', "this is not JSON, at column 30"),
        (b'{"format": "postil/1"', "it ends too early"),
        (b'{"format": "postil/1", "note": NaN}', "NaN is not a number that JSON has"),
        (b'{"format": "postil/1", "meta": {"a": 1e999}}', "1e999 is not a number that JSON has"),
        (b'{"format": "postil/1", "note": "a", "note": "b"}', 'the key "note" stands twice'),
        (b'{"format": "postil/1", "meta": {"a": 1, "a": 1}}', 'the key "a" stands twice'),
        (b'{"format": "postil/1", "text": "\\ud83d"}', "half of a surrogate pair"),
        (b'{"format": "postil/1", "a\\udc18": 1}', "half of a surrogate pair"),
        (b'{"format": "postil/1", "note": "\xff"}', "byte 33 is not UTF-8"),
        (b"[" * 100_000, "nests too deeply"),
        (b"9" * 5000, "a whole number here has more digits than can be read"),
        (b"[1]", "a record must be a JSON object"),
        (
            b'{"format": "postil/2"}',
            "postil/2 was written by a newer postil, this one reads postil/1: update",
        ),
        (b'{"format": "prodigy"}', 'the format "prodigy" is not known'),
        (b'{"text": "a"}', "no format is named"),
        (b"\n \r\n", "bad.jsonl is empty"),
    ],
)
def test_a_line_that_holds_no_article_is_refused(data: bytes, says: str) -> None:
    refused = refusal(data)
    assert says in refused
    assert refused.startswith("bad.jsonl")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put(text=TEXT + "x"), '"id" is not the SHA-256 of "text"'),
        (take_out("id"), '"id" is missing'),
        (put(text=" \n"), '"text" is empty'),
        (put(text=7), '"text" must be a text, not 7'),
        (put(entites=[]), 'an article has no key "entites"; did you mean "entities"?'),
        (put(status="finished"), '"status" may not be "finished"; it may be open, done, skipped'),
        (put(status="don"), 'did you mean "done"?'),
        (put(complete=["entity"]), 'did you mean "entities"?'),
        (put(labels=["a", "a"]), '"labels" must be a list of different texts'),
        (put(labels="a"), '"labels" must be a list, not "a"'),
        (put(flagged=1), '"flagged" must be true or false, not 1'),
        (put(note=[]), '"note" must be a text'),
        (put(meta=[]), '"meta" must be an object'),
        (put("meta", title=1), '"title" must be a text'),
        (put(entities=[1]), '"entities" must be a list of objects'),
        (put(pending=1), '"pending" must be a list'),
        (put("entities", 0, id="01E3"), "the id 01E3 stands twice"),
        (put("relations", 0, id="01E1"), "the id 01E1 stands twice"),
        (put("entities", 0, id=""), '"id" is empty'),
        (put("entities", 0, label=None), '"label" must be a text, not null'),
        (put("entities", 0, lable="x"), 'an entity has no key "lable"; did you mean "label"?'),
        (put("entities", 0, start=0.0), '"start" must be a whole number, not 0.0'),
        (put("entities", 0, start=False), '"start" must be a whole number, not false'),
        (put("entities", 0, start=10), "entity 01E1 ends before it begins"),
        (put("entities", 0, start=12), "entity 01E1 ends before it begins"),
        (put("entities", 0, start=-1), "outside the text, which has 67 code points"),
        (put("entities", 0, end=74), "outside the text"),
        (put("entities", 0, start=1), 'the text at 1 to 10 is "i Jinping", not "Xi Jinping"'),
        (put("entities", 3, start=32, end=34), "seem to count UTF-16 units, not code points"),
        (take_out("entities", 0, "text"), '"text" is missing'),
        (put("entities", 0, score="high"), '"score" must be a number, not "high"'),
        (put("entities", 0, score=True), '"score" must be a number'),
        (put("entities", 0, attributes=[]), '"attributes" must be an object'),
        (put("entities", 0, fragments=[[0, 10]]), "its fragments must be two or more"),
        (put("entities", 0, fragments=[[0, 3], [3, 10]]), "its pieces touch"),
        (put("entities", 0, fragments=[[0, 3], [4]]), "a fragment is [start, end], not [4]"),
        (put("entities", 0, fragments=[[0, 3], [4, 9]]), "go from 0 to 10"),
        (
            put("entities", 1, end=10, text="Xi Jinping", label="PERSON"),
            "entity 01E3 says the same as another",
        ),
        (put("entities", 0, origin={"layer": "m", "verdict": "rejected"}), '"verdict" may not be "rejected"'),
        (put("entities", 0, origin={"layer": "m"}), '"verdict" is missing'),
        (
            put("relations", 0, head="01E7"),
            'relation 01R3 names the entity "01E7", which is not in this article',
        ),
        (put("relations", 0, tail="01R1"), 'names the entity "01R1"'),
        (put("relations", 0, tail="01E1"), "relation 01R3 goes from an entity to itself"),
        (put("relations", 2, head="01E1"), "relation 01R2 says the same as another"),
        (put("rejected", 0, why="whim"), '"why" may not be "whim"'),
        (put("rejected", 0, end=99), "a rejected suggestion lies at 0 to 99, outside the text"),
        (put("rejected", 0, result="01E1"), "became"),
        (
            put("rejected", 1, result="01R1"),
            'a rejected suggestion became "01R1", which is not in this article',
        ),
        (put("rejected", 0, start=0, end=10, label="PERSON"), "one suggestion is both accepted and rejected"),
        (put("rejected", 3, "head", id="01E1"), 'the end of a rejected relation has no key "id"'),
        (take_out("rejected", 3, "tail"), '"tail" is missing'),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused(
    change: Callable[[dict[str, Any]], Any], says: str
) -> None:
    refused = damaged(change)
    assert says in refused
    assert refused.startswith("bad.jsonl, line 1: ")


def test_the_good_lines_around_a_bad_one_are_taken_in() -> None:
    lines = [b"\xef\xbb\xbf" + line(bare("a")), b"\n", b"{\n", line(bare("b")).rstrip(b"\n") + b"\r\n"]
    found = read(lines, "some.jsonl")
    assert [each.text if isinstance(each, Incoming) else str(each)[:18] for each in found] == [
        "a",
        "some.jsonl, line 3",
        "b",
    ]


def test_a_record_of_the_least_there_must_be_is_an_open_article_of_nobody() -> None:
    text = "Two\u2028lines"
    record: Mapping[str, Any] = {"format": "postil/1", "id": article(text).sha256, "text": text}
    (found,) = read([json.dumps(record).encode()], "min.jsonl")
    assert isinstance(found, Incoming)
    assert (found.source, found.title, found.date, found.meta) == ("min.jsonl, line 1", "Two", None, {})
    assert found.document is not None
    assert (found.document.annotator, found.document.status, found.document.note) == (None, "open", None)


def test_a_date_in_words_stays_metadata_and_goes_out_again() -> None:
    document = bare("a", article=article("a", meta={"date": "last Friday"}))
    incoming = reread(document)[0]
    assert (incoming.date, incoming.meta) == (None, {"date": "last Friday"})
    assert line(again(incoming)) == line(document)


@given(st.binary(max_size=40) | st.text(alphabet='{}[]":,0aeNI-\\ud8 ', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for each in read([data], "any"):
        assert str(each).startswith("any")


@given(st.data())
def test_a_record_with_one_value_exchanged_is_read_or_refused(data: st.DataObject) -> None:
    record = json.loads(line(full(), SYMMETRIC))
    interchange.exchange_a_value(record, data)
    for each in read([json.dumps(record).encode()], "it"):
        assert isinstance(each, Incoming) or re.match("it, line 1: ", str(each))


@settings(max_examples=300)
@given(st.data())
def test_rows_are_read_alike_all_at_once_and_one_by_one(data: st.DataObject) -> None:
    whole = tuple(e for e in full().entities if not e.fragments)
    record = json.loads(line(replace(full(), entities=whole), SYMMETRIC))
    values = [value for row in (*record["entities"], *record["relations"]) for value in row.values()]
    for _ in range(data.draw(st.integers(0, 2))):
        rows = record[data.draw(st.sampled_from(["entities", "relations"]))]
        row, other = (data.draw(st.sampled_from(rows)) for _ in range(2))
        key = data.draw(st.sampled_from([*row, "fragments", "note", "origin", "lable"]))
        match data.draw(st.sampled_from(["says", "lacks", "equals"])):
            case "says":
                row[key] = data.draw(st.sampled_from(values) | interchange.json_values)
            case "lacks":
                row.pop(key, None)
            case "equals":
                row |= {k: v for k, v in other.items() if k != key}
    written = [json.dumps(record).encode()]
    at_once = read(written, "it")
    with (
        patch.object(_Reader, "_plain_entities", return_value=None),
        patch.object(_Reader, "_plain_relations", return_value=None),
    ):
        by_row = read(written, "it")
    assert list(map(told, at_once)) == list(map(told, by_row))


def told(each: Incoming | BadFile) -> Incoming | str:
    return each if isinstance(each, Incoming) else str(each)
