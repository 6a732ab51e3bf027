"""What becomes of annotations on their way into a layer: ids, equal ones, and the same article twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations import bulk
from annotations.bulk import Work
from annotations.config import load
from annotations.documents import IncomingAnnotations
from annotations.formats import postil
from annotations.formats.base import Reading
from annotations.importing import Importer, Report, Taking
from annotations.incoming import Ids, settle, wanted_ids
from annotations.model import Decision, Entity, Relation, about_entity
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


def lines() -> tuple[bytes, bytes]:
    """An article with an entity and a relation, and the same with one entity more."""
    text = "Ana met Bo in Oslo."
    first = interchange.document(
        text,
        interchange.words(text, ULIDS[0], "PERSON", "Ana"),
        interchange.words(text, ULIDS[1], "PERSON", "Bo"),
        relations=(Relation(ULIDS[2], "MET", ULIDS[0], ULIDS[1]),),
    )
    more = replace(first, entities=(*first.entities, interchange.words(text, ULIDS[3], "GPE", "Oslo")))
    return postil.line(first), postil.line(more)


def test_suggestions_for_an_article_that_stands_twice_are_brought_together(project: Project) -> None:
    report = take(project, *lines())
    (layer,) = project.store.layers("import")
    assert [e.text for e in project.store.entities(1, layer.id)] == ["Ana", "Bo", "Oslo"]
    assert len(project.store.relations(1, layer.id)) == 1
    assert (report.new, report.entities, report.relations) == (1, 3, 1)


def test_a_persons_work_is_taken_from_the_first_of_two_lines_and_the_other_is_named(project: Project) -> None:
    first, more = lines()
    report = take(project, first, first, more, person="ana")
    (layer,) = project.store.layers("person")
    assert [e.text for e in project.store.entities(1, layer.id)] == ["Ana", "Bo"]
    assert [row.verb for row in project.store.journal(layer)] == ["import"]
    assert report.duplicates == ["seeds/a.txt: ana has this work already"]
    assert report.refused == ["seeds/a.txt: ana already has work on this article; nothing was changed"]


def test_each_article_of_a_persons_import_has_a_journal_row_that_undo_passes_over(project: Project) -> None:
    others = [postil.line(interchange.document(f"Text {n}.")) for n in range(3)]
    take(project, *others, person="ana")
    (layer,) = project.store.layers("person")
    rows = list(project.store.journal(layer))
    assert [(row.verb, row.article, row.undo_top) for row in rows] == [("import", n, None) for n in (1, 2, 3)]
    assert json.loads(rows[0].changes)["says"] == "imported 0 entities, 0 relations"
