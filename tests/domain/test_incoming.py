"""What becomes of annotations on their way into a layer: ids, equal ones, and the same article twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations import bulk, doctor
from annotations.bulk import Work
from annotations.config import load
from annotations.documents import Incoming, IncomingAnnotations
from annotations.formats import postil
from annotations.formats.base import Reading
from annotations.importing import Importer, Report, Taking
from annotations.incoming import Ids, settle, trimmed, wanted_ids
from annotations.model import Decision, Entity, Relation, about_entity
from annotations.state import relation_about
from annotations.store import new_id
from tests import interchange
from tests.desks import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    found = Project(tmp_path)
    yield found
    found.close()


# -- ids ----------------------------------------------------------------------------------------------


def test_an_id_is_kept_if_it_is_a_ulid_that_nobody_has_among_those_of_others_too(project: Project) -> None:
    made = [new_id() for _ in range(1_200)]
    theirs, ours = made[::3], [id for n, id in enumerate(made) if n % 3]
    layer, article = project.store.layer("import", "x"), project.add("Xi", "x.txt")
    with project.store.writing():
        rows = [Entity(id, 0, 2, f"L{n}", "Xi") for n, id in enumerate(theirs)]
        links = [Relation(ours[0], "LEADS", theirs[0], theirs[1])]
        bulk.import_works(project.store, layer, {article: Work(tuple(rows), tuple(links))})
    ids = Ids(project.store, [*made, "01E1", "me"])
    assert [id for id in made if ids.of(id) == id] == ours[1:]
    assert ids.of("01E1") != "01E1"
    assert ids.of(ours[1]) != ours[1]  # a second time


ULIDS = [f"01ARZ3NDEKTSV4RRFFQ69G5FA{end}" for end in "ABCDEFGH"]


@dataclass
class Known:
    """A store in which somebody has some of the ids."""

    ids: set[str]

    def query(self, sql: str, wanted: Any) -> list[tuple[str]]:
        return [(id,) for id in self.ids]


@st.composite
def annotations(draw: st.DrawFn) -> IncomingAnnotations:
    """Three entities, of which one may equal another or have another id, and any relations between them: equal ones,
    symmetric ones the wrong way round, ones of an entity to itself."""
    text = "Ana met Bo."
    places = [((0, 3),), ((8, 10),), ((0, 3), (8, 10))]
    found = [interchange.entity(text, id, "PERSON", *spans) for id, spans in zip(ULIDS, places, strict=False)]
    if draw(st.booleans()):
        at, id, spans = (draw(st.sampled_from(each)) for each in (range(3), [*ULIDS, "e1"], places))
        other = interchange.entity(text, found[at].id, "PERSON", *spans)
        found[at] = draw(st.sampled_from([other, found[at]._replace(id=id), found[at]._replace(copy_of=id)]))
    ends = st.sampled_from([e.id for e in found])
    kinds = st.sampled_from(["MET", "LEADS"])
    ids = draw(st.lists(st.sampled_from(ULIDS[3:]), max_size=2, unique=True))
    links = [Relation(id, draw(kinds), draw(ends), draw(ends)) for id in ids]
    decided = [Decision(about_entity(*e.value), "accepted", e.id, "import", ("m",), "") for e in found]
    return IncomingAnnotations("ana", "open", tuple(found), tuple(links), tuple(decided))


@settings(max_examples=300)
@given(st.lists(annotations(), min_size=1, max_size=2), st.sets(st.sampled_from(ULIDS), max_size=2))
def test_what_needs_no_change_comes_out_as_by_the_long_way(
    found: list[IncomingAnnotations], taken: set[str]
) -> None:
    def settled() -> list[Work]:
        store: Any = Known(taken)
        ids = Ids(store, [id for each in found for id in wanted_ids(each)])
        numbers = count()
        with (
            patch("annotations.incoming.new_id", lambda: f"new {next(numbers)}"),
            patch("annotations.incoming.now", lambda: "now"),
        ):
            return [settle(ids, interchange.SCHEMA, each, {}) for each in found]

    short = settled()
    with patch.object(Ids, "keep", return_value=False):
        assert settled() == short


# -- the same article twice in one file ---------------------------------------------------------------


def take(project: Project, *lines: bytes, person: str | None = None) -> Report:
    (project.folder / "a.jsonl").write_bytes(b"".join(lines))
    config = load(project.folder / "config.yaml")
    return Importer(project.store, config, Taking(Reading(config.schema), person=person)).take_patterns(
        ["a.jsonl"], project.folder
    )


TEXT = "Ana met Bo in Oslo."
WITH_TWO = interchange.document(
    TEXT,
    interchange.words(TEXT, ULIDS[0], "PERSON", "Ana"),
    interchange.words(TEXT, ULIDS[1], "PERSON", "Bo"),
    relations=(Relation(ULIDS[2], "MET", ULIDS[0], ULIDS[1]),),
)


def lines() -> tuple[bytes, bytes]:
    """An article with two entities and a relation, and the same with one entity more."""
    more = replace(WITH_TWO, entities=(*WITH_TWO.entities, interchange.words(TEXT, ULIDS[3], "GPE", "Oslo")))
    return postil.line(WITH_TWO), postil.line(more)


def test_suggestions_for_an_article_that_stands_twice_are_brought_together(project: Project) -> None:
    report = take(project, *lines())
    (layer,) = project.store.layers("import")
    assert [e.text for e in project.store.entities(1, layer.id)] == ["Ana", "Bo", "Oslo"]
    assert len(project.store.relations(1, layer.id)) == 1
    assert (report.new, report.known, report.entities, report.relations) == (1, 1, 3, 1)
    (warning,) = report.warnings
    came = "1 entity and 0 relations came on top"
    assert warning == f"seeds/a.txt: import:a/ana had annotations on this article: {came}"


def test_what_a_layer_has_already_is_a_duplicate_and_counts_nowhere_else(project: Project) -> None:
    first, _ = lines()
    take(project, first)
    report = take(project, first, first)
    assert (report.new, report.known, report.entities, report.unclaimed) == (0, 0, 0, 0)
    assert report.duplicates == ["seeds/a.txt: import:a/ana has all of this already"] * 2


def test_every_record_is_new_or_known_or_a_duplicate_or_refused(project: Project) -> None:
    first, more = lines()
    plain = postil.line(interchange.document("Nobody here."))
    take(project, plain, person="ana")
    report = take(project, plain, first, first, b"{\n", more, person="ana")
    assert (report.new, report.known, len(report.duplicates), len(report.refused)) == (1, 0, 2, 2)


OTHER_WORK: list[dict[str, Any]] = [
    {"relations": ()},
    {"relations": (Relation(ULIDS[2], "LEADS", ULIDS[0], ULIDS[1]),)},
    {"relations": (Relation(ULIDS[2], "MET", ULIDS[0], ULIDS[1], note="so it says"),)},
    {"status": "skipped"},
    {"flagged": True},
    {"note": "odd"},
    {"labels": ("POLITICS",)},
    {"complete": ("entities",)},
    {"rejected": ({"start": 15, "end": 19, "label": "GPE", "layer": "model:m", "why": "rejected"},)},
]


@pytest.mark.parametrize("other", OTHER_WORK, ids=lambda other: str(*other))
def test_a_persons_work_that_differs_in_anything_is_refused_and_never_taken_for_the_same(
    project: Project, other: dict[str, Any]
) -> None:
    first = WITH_TWO
    take(project, postil.line(first), person="ana")
    assert not take(project, postil.line(first), person="ana").refused
    report = take(project, postil.line(replace(first, **other)), person="ana")
    assert (len(report.refused), report.duplicates) == (1, [])


def test_the_same_work_with_a_symmetric_relation_turned_round_is_a_duplicate(project: Project) -> None:
    take(project, postil.line(WITH_TWO), person="ana")
    ids = {ULIDS[0]: ULIDS[5], ULIDS[1]: ULIDS[4]}
    entities = tuple(e._replace(id=ids[e.id]) for e in WITH_TWO.entities)
    turned = replace(WITH_TWO, entities=entities, relations=(Relation("x", "MET", ULIDS[4], ULIDS[5]),))
    assert len(take(project, postil.line(turned), person="ana").duplicates) == 1


# -- white space --------------------------------------------------------------------------------------


PIECES = st.lists(st.tuples(st.integers(0, 11), st.integers(1, 4)), min_size=1, max_size=3)


@given(st.text(" \n\u2009ab", min_size=16, max_size=16), st.lists(PIECES, min_size=1, max_size=3))
def test_entities_come_in_without_white_space_at_their_edges(text: str, found: list[Any]) -> None:
    entities, relations = [], []
    for number, pieces in enumerate(found):
        spans = [(start, start + length) for start, length in sorted(pieces)]
        apart = [b for a, b in pairwise([(-2, -1), *spans]) if a[1] < b[0]]
        entities.append(interchange.entity(text, f"e{number}", f"L{number}", *apart))
        relations.append(Relation(f"r{number}", "LEADS", "e0", f"e{number}"))
    things = [(about_entity(*e.value), e.id) for e in entities]
    known = {e.id: e for e in entities}
    things += [(relation_about(interchange.SCHEMA, r, known), r.id) for r in relations]
    decided = tuple(Decision(about, "accepted", id, "import", ("m",), "") for about, id in things)
    document = IncomingAnnotations("ana", "open", tuple(entities), tuple(relations), decided)
    item = trimmed(Incoming(text, "a.jsonl", "", document=document), interchange.SCHEMA)
    after = item.document
    assert after is not None
    kept = {e.id: e for e in after.entities}
    for before in entities:
        marked = {at for start, end in before.spans for at in range(start, end) if not text[at].isspace()}
        assert (before.id in kept) == bool(marked)
        if before.id in kept:
            entity = kept[before.id]
            assert entity.text == text[entity.start : entity.end] == entity.text.strip()
            assert marked <= {at for start, end in entity.spans for at in range(start, end)}
            assert bool(entity.fragments) == (len(entity.spans) > 1)
    assert {r.id for r in after.relations} == {r.id for r in relations if {r.head, r.tail} <= kept.keys()}
    left = {r.id: relation_about(interchange.SCHEMA, r, kept) for r in after.relations}
    left |= {e.id: about_entity(*e.value) for e in kept.values()}
    assert {d.result for d in after.decisions} == left.keys()
    assert all((d.verdict == "accepted") == (left[d.result or ""] == d.about) for d in after.decisions)
    assert bool(item.warnings) == (after != document)


def test_what_white_space_was_cut_off_or_left_out_is_said(project: Project) -> None:
    record = {"text": "Ana met  Bo.", "label": [[0, 4, "PERSON"], [7, 9, "GPE"], [8, 11, "PERSON"]]}
    report = take(project, json.dumps(record).encode())
    assert report.warnings == [
        "a.jsonl, line 1: PERSON “Ana” at 0 and 1 more had white space at the edges: taken without it"
    ]
    assert report.left_out == ["a.jsonl, line 1: GPE at 7 holds nothing but white space: left out"]
    layer = project.store.layers("import")[0]
    assert [e.text for e in project.store.entities(1, layer.id)] == ["Ana", "Bo"]
    assert not list(doctor.examine(project.store, interchange.SCHEMA))


def test_labels_that_the_schema_does_not_have_are_counted(project: Project) -> None:
    record = {"text": "Ana met Bo.", "label": [[0, 3, "ALIEN"], [8, 10, "PERSON"]]}
    relation = {"id": 1, "from_id": 1, "to_id": 2, "type": "EATS"}
    entities = [
        {"id": n, "label": b, "start_offset": s, "end_offset": e}
        for n, (s, e, b) in enumerate(record["label"], 1)
    ]
    report = take(
        project, json.dumps({"text": record["text"], "entities": entities, "relations": [relation]}).encode()
    )
    assert report.unknown == {"ALIEN": 1, "EATS": 1}
    assert not take(project, json.dumps(record).encode()).unknown  # nothing new


# -- what layers are called -------------------------------------------------------------------------------


def test_files_of_one_name_do_not_share_a_layer(project: Project) -> None:
    first, more = lines()
    names = ["corpus.ana.jsonl", "corpus.bo.jsonl", "a/train.jsonl", "b/train.jsonl", "Train.jsonl"]
    for name, line in zip(names, [first, more, first, more, more], strict=True):
        path = project.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(line)
    config = load(project.folder / "config.yaml")
    for _ in range(2):
        Importer(project.store, config).take_patterns(names, project.folder)
    titles = [layer.title for layer in project.store.layers("import")]
    assert titles == [
        f"import:{name}/ana" for name in ("corpus.ana", "corpus.bo", "train", "b/train", "Train")
    ]


def test_a_persons_work_is_taken_from_the_first_of_two_lines_and_the_other_is_named(project: Project) -> None:
    first, more = lines()
    report = take(project, first, first, more, person="ana")
    (layer,) = project.store.layers("person")
    assert [e.text for e in project.store.entities(1, layer.id)] == ["Ana", "Bo"]
    assert [row.verb for row in project.store.journal(layer)] == ["import"]
    assert report.duplicates == ["seeds/a.txt: ana has this work already"]
    (refused,) = report.refused
    assert refused.startswith("seeds/a.txt: ana already has work on this article; nothing was changed: ")


def test_each_article_of_a_persons_import_has_a_journal_row_that_undo_passes_over(project: Project) -> None:
    others = [postil.line(interchange.document(f"Text {n}.")) for n in range(3)]
    take(project, *others, person="ana")
    (layer,) = project.store.layers("person")
    rows = list(project.store.journal(layer))
    assert [(row.verb, row.article, row.undo_top) for row in rows] == [("import", n, None) for n in (1, 2, 3)]
    assert json.loads(rows[0].changes)["says"] == "imported 0 entities, 0 relations"
