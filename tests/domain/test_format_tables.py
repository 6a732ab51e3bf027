"""The CSV tables: golden bytes, nothing lost, cells that a spreadsheet would run, rows out of place."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, Origin, dismissed, offered
from annotations.errors import BadFile
from annotations.formats import postil, registry, tables
from annotations.formats.base import Reading, Source
from annotations.importing import Importer
from annotations.model import Relation, about_entity, about_relation
from tests import interchange
from tests.desks import Project
from tests.interchange import SCHEMA, article, document, hardest, refusals, taken, words

GOLDEN = Path(__file__).parents[1] / "golden" / "csv"
MODEL = "model:hand@1"


def full() -> Document:
    """One of everything."""
    text = "=Ana Ruiz met Li Wei,\r\n\t“in Oslo”."
    ana, li, oslo = (words(text, f"01E{n}", *what) for n, what in enumerate(
        (("PERSON", "Ana Ruiz"), ("PERSON", "Li Wei"), ("GPE", "Oslo")), 1
    ))  # fmt: skip
    about = (about_entity(((1, 4),), "ORG"), about_relation("MET", ana.value, oslo.value))
    return document(
        text,
        ana,
        li._replace(
            score=0.25, note="-who?", link="Q1", cluster="01C1", attributes={"b": 1, "a": [None, "x"]}
        ),
        oslo._replace(copy_of="01E1"),
        article=article(
            text,
            title="+1, “quoted”",
            date="2022-11-25",
            meta={"id": 7, "n": {"é": True}, "source": "'@desk"},
        ),
        relations=(
            Relation("01R1", "MET", "01E2", "01E1", score=-0.5, note='a "note"', attributes={"a": 1}),
            Relation("01R2", "LEADS", "01E1", "01E3"),
        ),
        origins={"01E1": Origin(MODEL, "accepted"), "01R2": Origin(MODEL, "changed")},
        rejected=(dismissed(about[0], MODEL, "changed", "01E1"), dismissed(about[1], "", "rejected")),
        pending=(offered(about_entity(((1, 4), (6, 9)), "ORG"), MODEL, 0.5),),
        labels=("trade", "politics"),
        note="\tNOTE",
        flagged=True,
    )


def saved(found: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return folder


def read(folder: Path, name: str = "articles.csv", root: bool = True) -> list[Incoming | BadFile]:
    assert tables.FORMAT.read is not None
    source = Source.of(folder / name, name, folder if root else None)
    return list(tables.FORMAT.read(source, Reading(SCHEMA)))


def as_lines(*documents: Document) -> list[Incoming]:
    """What postil's own format, which loses nothing, gives back."""
    return taken(interchange.read(postil.FORMAT, b"".join(map(lossless, documents))))


def lossless(found: Document) -> bytes:
    return postil.line(found, frozenset({"MET"}))


@pytest.mark.parametrize("name", tables.COLUMNS)
def test_the_bytes_are_those_of_the_golden_files(name: str) -> None:
    empty = document("Nobody came.", article=article("Nobody came.", title="", source="seeds/b.txt"))
    made = interchange.write(tables.FORMAT, [hardest(), full(), empty])
    assert made.files[f"{name}.csv"] == (GOLDEN / f"{name}.csv").read_bytes()


@pytest.mark.parametrize("how", [{}, {"excel_safe": True}, {"bom": True}, {"excel_safe": True, "bom": True}])
def test_what_is_written_is_read_as_it_was_and_nothing_is_lost(how: dict[str, bool], tmp_path: Path) -> None:
    nobody = replace(document("Nobody came."), annotator=None, status="open", complete=())
    made = interchange.write(tables.FORMAT, [full(), nobody, hardest()], **how)
    assert taken(read(saved(made.files, tmp_path))) == as_lines(full(), nobody, hardest())
    assert made.losses == []


@given(st.lists(interchange.documents(), max_size=3, unique_by=lambda d: d.article.sha256), st.booleans())
def test_random_documents_survive(
    tmp_path_factory: pytest.TempPathFactory, found: list[Document], safe: bool
) -> None:
    made = interchange.write(tables.FORMAT, found, excel_safe=safe)
    folder = saved(made.files, tmp_path_factory.mktemp("csv"))
    if found:
        assert taken(read(folder)) == as_lines(*found)
    else:
        assert refusals(read(folder)) == ["articles.csv is empty: there is no article in it"]


def test_two_peoples_versions_of_an_article_stay_apart(tmp_path: Path) -> None:
    ben = replace(hardest(), annotator="ben", entities=hardest().entities[:1], relations=())
    made = interchange.write(tables.FORMAT, [hardest(), ben])
    assert taken(read(saved(made.files, tmp_path))) == as_lines(hardest(), ben)


def test_excel_safe_leaves_no_cell_that_begins_as_a_formula_does() -> None:
    made = interchange.write(tables.FORMAT, [full()], excel_safe=True)
    for data in made.files.values():
        for row in csv.DictReader(io.StringIO(data.decode(), newline="")):
            texts = {name: cell for name, cell in row.items() if name != "score"}
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in texts.values())


def test_without_it_cells_are_exactly_what_they_say() -> None:
    made = interchange.write(tables.FORMAT, [full()])
    (row,) = csv.DictReader(io.StringIO(made.files["articles.csv"].decode(), newline=""))
    assert (row["text"], row["title"]) == (full().article.text, "+1, “quoted”")
    assert not made.files["articles.csv"].startswith(b"\xef\xbb\xbf")


def test_each_table_is_recognised_and_never_taken_for_articles() -> None:
    made = interchange.write(tables.FORMAT, [full()], excel_safe=True, bom=True)
    for name, data in made.files.items():
        assert registry.detected(interchange.source(data, name)) is tables.FORMAT
        assert registry.detected(interchange.source(data, "-")) is tables.FORMAT


def test_the_other_tables_are_read_with_the_articles(tmp_path: Path) -> None:
    saved(interchange.write(tables.FORMAT, [full()]).files, tmp_path)
    assert read(tmp_path, "entities.csv") == []
    assert refusals(read(tmp_path, "entities.csv", root=False)) == [
        "entities.csv is read with the articles that it belongs to: name articles.csv"
    ]


def test_tables_without_their_folder_are_refused() -> None:
    data = interchange.write(tables.FORMAT, [full()]).files["articles.csv"]
    assert refusals(interchange.read(tables.FORMAT, data, "-")) == [
        "-: the tables belong together: name their folder"
    ]


def changed(folder: Path, name: str, old: str, new: str) -> list[str]:
    """What is refused once some words of a table are others."""
    files = dict(interchange.write(tables.FORMAT, [full(), hardest()]).files)
    text = files[f"{name}.csv"].decode()
    assert old in text
    files[f"{name}.csv"] = text.replace(old, new, 1).encode()
    found = read(saved(files, folder))
    assert len(found) >= 2
    return refusals(found)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("articles", "Oslo", "Rome", '"id" is not the SHA-256 of "text"'),
        ("articles", ",done,", ",finished,", '"status" may not be "finished"'),
        ("articles", ",3,2,3\n", ",4,2,3\n", "entities.csv has 3 of its 4 rows here"),
        ("articles", ",3,2,3\n", ",x,2,3\n", "this is not JSON"),
        ("articles", ",3,2,3\n", ',"3,""a"":1",2,3\n', "this is not JSON"),
        ("entities", ",1,9,PERSON", ",9,1,PERSON", "ends before it begins"),
        ("entities", ",1,9,PERSON", ",1.0,9,PERSON", '"start" must be a whole number'),
        ("entities", ",1,9,PERSON", ",1,9000,PERSON", "outside the text"),
        ("entities", "PERSON,Ana Ruiz", "PERSON,Ana Lopez", 'is "Ana Ruiz", not "Ana Lopez"'),
        ("entities", "PERSON,Ana Ruiz,", "PERSON,Ana Ruiz", "cells, but there are"),
        ("relations", "LEADS,01E1,01E3", "LEADS,01E1,01E9", 'names the entity "01E9", which is not in this article'),
        ("suggestions", "changed", "altered", '"why" may not be "altered"'),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_trusted_refuses_its_article(
    name: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    found = changed(tmp_path, name, old, new)
    assert any(line.startswith("articles.csv, row 2: ") and says in line for line in found), found


def test_rows_in_another_order_refuse_their_article_instead_of_leaving_it_empty(tmp_path: Path) -> None:
    oslo = document("Oslo.", words("Oslo.", "01X", "GPE", "Oslo"))
    files = dict(interchange.write(tables.FORMAT, [full(), oslo]).files)
    header, *rows = files["entities.csv"].splitlines(keepends=True)
    files["entities.csv"] = b"".join([header, *reversed(rows)])
    first, second, rest = read(saved(files, tmp_path))
    assert "entities.csv has 0 of its 3 rows here: keep the rows and their order" in str(first)
    assert [second] == as_lines(oslo)
    assert "entities.csv, row 3: its article is not in articles.csv, or not at this place" in str(rest)


def test_a_table_that_is_missing_refuses_all(tmp_path: Path) -> None:
    saved(interchange.write(tables.FORMAT, [full()]).files, tmp_path)
    (tmp_path / "relations.csv").unlink()
    (found,) = refusals(read(tmp_path))
    assert "relations.csv: there is no such file" in found


def test_tables_that_a_spreadsheet_saved_with_semicolons_are_read(tmp_path: Path) -> None:
    files = {}
    for name, data in interchange.write(tables.FORMAT, [full()], bom=True).files.items():
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(
            csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        )
        files[name] = out.getvalue().encode("utf-8-sig")
    assert taken(read(saved(files, tmp_path))) == as_lines(full())


def test_a_folder_of_tables_goes_into_a_project(project: Project, tmp_path: Path) -> None:
    saved(interchange.write(tables.FORMAT, [hardest()]).files, tmp_path / "out")
    importer = Importer(project.store, load(tmp_path / "config.yaml"))
    report = importer.take_patterns(["out"], tmp_path)
    assert (report.new, report.entities, report.relations, report.refused) == (1, 8, 3, [])
    again = Importer(project.store, load(tmp_path / "config.yaml")).take_patterns(["out"], tmp_path)
    assert (again.new, again.entities, again.relations) == (0, 0, 0)
