"""brat standoff: pairs of files, what brat's own parser asks of a line, and each trap of reading them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from annotations.config import load
from annotations.documents import Document, Incoming, LeftOut
from annotations.errors import BadFile
from annotations.files import expand
from annotations.formats import registry
from annotations.formats.base import Head, Reading, Source
from annotations.formats.brat import FORMAT, annotated
from annotations.importing import Importer, Taking, read_all
from annotations.model import Entity, Relation, about_relation
from annotations.schema import RelationType, Schema
from tests import interchange
from tests.desks import Project
from tests.interchange import SCHEMA, Written, article, document, entity, hardest, links, values, words

GOLDEN = Path(__file__).parents[1] / "golden" / "brat"
TEXT = "Mei Chen leads Globex in North and South Korea."
CHEN, GLOBEX = "T1\tPERSON 0 8\tMei Chen\n", "T2\tORG 15 21\tGlobex\n"
NORTH = "T3\tGPE 25 30;41 46\tNorth Korea\n"


# -- a folder of pairs --------------------------------------------------------------------------------


def folder_of(path: Path, text: str | bytes = TEXT, **files: str | bytes) -> Path:
    """A folder with `x.txt` and `x.ENDING` of each name given; `conf` is the configuration. Gives the folder."""
    path.mkdir(parents=True, exist_ok=True)
    for ending, data in {"txt": text, **files}.items():
        name = "annotation.conf" if ending == "conf" else f"x.{ending}"
        (path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(folder: Path, entry: str = "x.ann", root: Path | None = None, **how: Any) -> Incoming | BadFile:
    assert FORMAT.read is not None
    source = Source.of(folder / entry, entry, root)
    (found,) = FORMAT.read(source, Reading(**{"schema": SCHEMA} | how))
    return found


def good(folder: Path, entry: str = "x.ann", **how: Any) -> Incoming:
    found = read(folder, entry, **how)
    assert isinstance(found, Incoming), found
    return found


def refusal(folder: Path, entry: str = "x.ann") -> str:
    found = read(folder, entry)
    assert isinstance(found, BadFile), found
    return str(found)


def by_id(found: Incoming) -> dict[str, Entity]:
    assert found.document is not None
    return {entity.id: entity for entity in found.document.entities}


def joins(found: Incoming) -> list[tuple[str, str, str]]:
    """Relations as label and the labels or texts of their ends."""
    assert found.document is not None
    ends = by_id(found)
    return [(r.label, ends[r.head].text, ends[r.tail].text) for r in found.document.relations]


def reread(made: Written, **how: Any) -> list[Incoming]:
    """What is read of an export, in the order of its files."""
    with tempfile.TemporaryDirectory() as place:
        for name, data in made.files.items():
            (Path(place) / name).write_bytes(data)
        assert FORMAT.read is not None
        found = []
        for name in made.files:
            if name.endswith(".ann"):
                found += list(FORMAT.read(Source.of(Path(place) / name, name), Reading(SCHEMA, **how)))
    return interchange.taken(found)


# -- what brat itself asks ----------------------------------------------------------------------------


def check_brat(text: str, ann: str) -> None:
    """Fails on a line that brat's parser would not take: a checker of the rules that it documents."""
    known: set[str] = set()
    assert ann == "" or ann.endswith("\n")
    lines = ann.splitlines()
    assert len(lines) == ann.count("\n"), "a reader that splits at every line end of Unicode is led astray"
    ids = {line.split("\t")[0] for line in lines}
    triggers = {re.split("[: ]", line.split("\t")[1])[1] for line in lines if line[0] == "E"}
    for line in lines:
        id, said, *rest = line.split("\t", 2)
        assert id == "*" or (re.fullmatch(r"[TREAN#]\d+", id) and id not in known), line
        known.add(id)
        kind, *others = said.split(" ")
        targets = [other.rpartition(":")[2] for other in others]
        match id[0]:
            case "T":
                assert re.fullmatch(r"[a-zA-Z0-9_-]+ \d+ \d+(;\d+ \d+)*", said), line
                spans = [tuple(map(int, each.split())) for each in said.split(" ", 1)[1].split(";")]
                edges = [edge for span in spans for edge in span]
                assert edges == sorted(set(edges)) and edges[-1] <= len(text), line
                assert rest == [" ".join(text[start:end] for start, end in spans)], line
            case "R":
                assert [other.partition(":")[0] for other in others] == ["Arg1", "Arg2"], line
                assert ids.issuperset(targets) and not triggers.intersection(targets), line
            case "E":
                assert kind.partition(":")[2] in ids and ids.issuperset(targets), line
                roles = [other.partition(":")[0] for other in others]
                assert len(set(roles)) == len(roles), line
            case "*":
                assert len(targets) > 1 and ids.issuperset(targets), line
            case "A" | "N" | "#":
                assert others[0] in ids - triggers, line
            case _:
                raise AssertionError(line)


def check_pairs(made: Written) -> None:
    for name, data in made.files.items():
        if name.endswith(".ann"):
            check_brat(made.files[name.removesuffix(".ann") + ".txt"].decode(), data.decode())


def told_all() -> Document:
    """One of everything that a person may say about entities and relations, with names that brat does not take."""
    text = "The board hired Ana Ruiz and Li Wei.\nRuiz leads Oslo Harbour."
    hired = words(text, "01E0", "Hire", "hired")
    ana = words(
        text,
        "01E1",
        "PERSON",
        "Ana Ruiz",
        cluster="01C",
        link="wd:Q7",
        note="two\n\tlines",
        attributes={"Sure": True, "Role of": "the boss", "Age": 51},
    )
    wei = words(text, "01E2", "PERSON", "Li Wei", link="Q8")
    ruiz = words(text, "01E3", "PERSON", "Ruiz", 2, cluster="01C")
    oslo = words(text, "01E4", "Größe & Ort", "Oslo Harbour", note="a\u2028b", link="no good")
    return document(
        text,
        hired,
        ana,
        wei,
        ruiz,
        oslo,
        relations=(
            Relation("01R1", "Hire:Who", hired.id, ana.id),
            Relation("01R2", "Hire:Who", hired.id, wei.id),
            Relation("01R3", "LEADS", ruiz.id, oslo.id, note="says so", attributes={"Past": True}),
            Relation("01R4", "part of", oslo.id, hired.id),
        ),
        labels=("trade",),
        note="look again",
        status="skipped",
        flagged=True,
    )


# -- out ----------------------------------------------------------------------------------------------


def golden() -> Written:
    empty = document("Fog.\r\n", article=article("Fog.\r\n", source="seeds/Fög & Co..txt"))
    return interchange.write(FORMAT, [hardest(), told_all(), empty])


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    made = golden()
    assert made.files == {path.name: path.read_bytes() for path in GOLDEN.iterdir()}


def test_what_is_written_keeps_the_rules_of_brat() -> None:
    check_pairs(golden())


def test_each_loss_is_named() -> None:
    made = interchange.write(FORMAT, [told_all()])
    said = {loss.kind: loss.what for loss in made.losses}
    assert set(said) == {"labels", "notes", "status", "flag", "attributes", "links", "label"}
    assert "Größe & Ort as Groe___Ort" in said["label"]
    assert "part of as part_of" in said["label"] and "Role of as Role_of" in said["label"]
    assert "Age 51 is written as 51" in said["attributes"]
    assert "skipped" in said["status"]


def test_what_is_said_of_an_argument_is_named_as_lost() -> None:
    told = told_all()
    who, *rest = told.relations
    made = interchange.write(FORMAT, [replace(told, relations=(who._replace(note="sure"), *rest))])
    assert [loss.what for loss in made.losses if loss.kind == "relation details"] == [
        "Hire:Who is an argument of an event: its note and attributes are left out"
    ]


def test_what_is_said_of_entities_and_relations_is_read_back() -> None:
    (found,) = reread(interchange.write(FORMAT, [told_all()]))
    entities = {(e.text, e.start): e for e in by_id(found).values()}
    ana = entities["Ana Ruiz", 16]
    assert (ana.link, ana.note) == ("wd:Q7", "two\n\tlines")
    assert ana.attributes == {"Sure": True, "Role_of": "the boss", "Age": "51"}
    assert entities["Li Wei", 29].link == "Q8"
    assert ana.cluster is not None and ana.cluster == entities["Ruiz", 37].cluster
    assert [e.text for e in entities.values() if e.cluster] == ["Ana Ruiz", "Ruiz"]
    assert entities["Oslo Harbour", 48].note == "a b"
    assert sorted(joins(found)) == [
        ("Hire:Who", "hired", "Ana Ruiz"),
        ("Hire:Who", "hired", "Li Wei"),
        ("LEADS", "Ruiz", "Oslo Harbour"),
        ("part_of", "Oslo Harbour", "hired"),
    ]
    assert found.document is not None
    leads = next(r for r in found.document.relations if r.label == "LEADS")
    assert (leads.note, leads.attributes) == ("says so", {"Past": True})
    assert found.warnings == ()


def test_a_role_becomes_an_argument_of_an_event_again() -> None:
    made = interchange.write(FORMAT, [told_all()])
    ann = next(data for name, data in made.files.items() if name.endswith(".ann")).decode()
    assert "E1\tHire:T1 Who:T2 Who2:T3\n" in ann
    assert "R2\tpart_of Arg1:T5 Arg2:E1\n" in ann
    conf = made.files["annotation.conf"].decode()
    assert "[events]\nHire\tWho*:PERSON\n" in conf and "\nHire\n" not in conf


def test_an_entity_over_line_ends_leaves_in_trimmed_pieces_and_comes_back_whole() -> None:
    text = "the New \r\n\n York\tTimes today"
    made = interchange.write(FORMAT, [document(text, words(text, "01E1", "ORG", "New \r\n\n York\tTimes"))])
    ann = next(data for name, data in made.files.items() if name.endswith(".ann")).decode()
    assert ann == "T1\tORG 4 7;12 16;17 22\tNew York Times\n"
    assert made.lost == ["newline"]
    (found,) = reread(made)
    assert [e.spans for e in by_id(found).values()] == [((4, 22),)]


def test_pieces_with_only_a_line_end_between_them_are_named_as_lost() -> None:
    text = "New\nYork"
    made = interchange.write(FORMAT, [document(text, entity(text, "01E1", "GPE", (0, 3), (4, 8)))])
    assert made.lost == ["discontinuous"]
    assert "0 to 8" in made.losses[0].what


def test_an_entity_of_line_ends_alone_is_left_out_with_its_relations() -> None:
    text = "a\n\nb"
    found = document(
        text,
        entity(text, "01E1", "ORG", (1, 3)),
        words(text, "01E2", "ORG", "b"),
        relations=(Relation("01R1", "KNOWS", "01E1", "01E2"),),
    )
    assert interchange.write(FORMAT, [found]).lost == ["newline", "relation"]


def test_the_text_is_written_exactly_and_read_exactly() -> None:
    text = "One\r\ntwo\rthree\n\x85four\u2028 \x00\x1b[31m 👩‍👩‍👧\n\n"
    made = interchange.write(FORMAT, [document(text, words(text, "01E1", "ORG", "four"))])
    assert text.encode() in made.files.values()
    assert reread(made)[0].text == text


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("seeds/a.txt", "a"),
        ("../../etc/passwd", "passwd"),
        ("/etc/shadow", "shadow"),
        ("..", "article"),
        ("x/..\\..\\evil.exe", "evil"),
        ("feed.jsonl, line 3", "feed_jsonl_line_3"),
        ("a/\x1b[31mé\n\x00 b.md", "31me_b"),
        ("北京", "article"),
        ("n" * 300, "n" * 60),
        (".hidden", "hidden"),
        ("CON", "CON"),
    ],
)
def test_names_of_files_are_safe_whatever_the_source(source: str, name: str) -> None:
    found = document("Fog.", article=article("Fog.", source=source))
    made = interchange.write(FORMAT, [found])
    assert list(made.files)[:2] == [f"{name}-9110b8f67159.txt", f"{name}-9110b8f67159.ann"]


def test_names_of_files_do_not_hang_on_what_else_is_written() -> None:
    one, two = (document(t, article=article(t, source="AP")) for t in ("Fog.", "Ice."))
    first, both = interchange.write(FORMAT, [one]), interchange.write(FORMAT, [two, one])
    assert set(first.files) < set(both.files)


def test_several_versions_of_an_article_are_told_apart_by_whose_they_are() -> None:
    versions = [document("Fog.", annotator=who) for who in ("ana", "Bén", "ben", None)]
    names = [n for n in interchange.write(FORMAT, versions).files if n.endswith(".ann")]
    assert names == [
        "a-9110b8f67159-ana.ann",
        "a-9110b8f67159-Ben.ann",
        "a-9110b8f67159-ben-3.ann",
        "a-9110b8f67159-person_ana.ann",
    ]


def test_a_leading_byte_order_mark_is_named_as_lost_and_its_offsets_still_fit() -> None:
    text = "\ufeffMei Chen"
    made = interchange.write(FORMAT, [document(text, words(text, "01E1", "PERSON", "Mei"))])
    assert made.lost == ["mark"]
    (found,) = reread(made)
    assert (found.text, [e.spans for e in by_id(found).values()]) == ("Mei Chen", [((0, 3),)])


# -- both ways ----------------------------------------------------------------------------------------


@given(interchange.documents().filter(lambda document: not document.article.text.startswith("\ufeff")))
def test_what_is_written_is_read_back_but_for_what_is_named(document: Document) -> None:
    text = document.article.text
    made = interchange.write(FORMAT, [document])
    check_pairs(made)
    (found,) = reread(made)
    assert found.text == text and found.document is not None
    back = [rejoined(text, each) for each in document.entities]
    changed = [one for one, other in zip(document.entities, back, strict=True) if one != other]
    over = [e for e in document.entities if any(BREAKS.search(text, *span) for span in e.spans)]
    assert set(made.lost) <= {"discontinuous", "newline"}
    assert (made.lost.count("discontinuous"), made.lost.count("newline")) == (len(changed), len(over))
    assert values(found.document.entities) == values(back)
    expected = {link for link in links(back, document.relations) if link[1] != link[2]}
    assert links(found.document.entities, found.document.relations) == expected
    assert (found.warnings == ()) == (len(values(back)) == len(back))


BREAKS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def rejoined(text: str, entity: Entity) -> Entity:
    """An entity whose pieces with only a line end between them are one."""
    spans = [entity.spans[0]]
    for start, end in entity.spans[1:]:
        gap = text[spans[-1][1] : start]
        if not gap.strip() and BREAKS.search(gap):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return entity._replace(fragments=tuple(spans) if len(spans) > 1 else ())


@given(interchange.documents(), interchange.documents())
def test_equal_documents_give_equal_bytes_in_whatever_order_things_stand(
    one: Document, two: Document
) -> None:
    def turned(document: Document) -> Document:
        back = tuple(reversed(document.entities)), tuple(reversed(document.relations))
        return replace(document, entities=back[0], relations=back[1])

    pair = [one, two] if one.article.sha256 != two.article.sha256 else [one]
    made, again = interchange.write(FORMAT, pair), interchange.write(FORMAT, map(turned, pair))
    assert made.files == again.files


# -- in: what a line may say --------------------------------------------------------------------------


def test_a_pair_is_an_article_with_its_text_exactly(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, f" {TEXT}\r\n\r\n", ann=CHEN.replace("0 8", "1 9")))
    assert (found.text, found.source, found.title) == (f" {TEXT}\r\n\r\n", "x.txt", TEXT)
    assert found.document is not None
    assert (found.document.annotator, found.document.status) == (None, None)


def test_an_empty_file_of_annotations_says_that_there_is_nothing(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, ann=""))
    assert found.document is not None and found.document.entities == ()


def test_a_text_without_annotations_is_an_article_alone(tmp_path: Path) -> None:
    assert good(folder_of(tmp_path), "x.txt").document is None


def test_a_discontinuous_entity_has_its_pieces(tmp_path: Path) -> None:
    found = by_id(good(folder_of(tmp_path, ann=NORTH)))
    assert found["T3"].fragments == ((25, 30), (41, 46))
    assert found["T3"].text == "North and South Korea"


def test_roles_give_the_direction_and_not_their_order(tmp_path: Path) -> None:
    ann = CHEN + GLOBEX + "R1\tLEADS Arg2:T2 Arg1:T1\t\n"
    assert joins(good(folder_of(tmp_path, ann=ann))) == [("LEADS", "Mei Chen", "Globex")]


ROLES = "R1\tWorks_for Employer:T2 Employee:T1\nR2\tWorks_for Employee:T3 Employer:T2\n"


def test_free_roles_without_a_configuration_go_by_the_first_line_and_are_reported(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, ann=ROLES + CHEN + GLOBEX + NORTH))
    assert joins(found) == [
        ("Works_for", "Globex", "Mei Chen"),
        ("Works_for", "Globex", "North and South Korea"),
    ]
    (warning,) = found.warnings
    assert warning.startswith("x.ann, line 1: Works_for: no annotation.conf says which of Employer, Employee")


CONF = "[entities]\nPERSON\nORG\n\n[relations]\nWorks_for\tEmployee:PERSON, Employer:ORG\n"


def test_the_configuration_says_which_role_is_the_head(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, ann=ROLES + CHEN + GLOBEX + NORTH, conf=CONF))
    assert joins(found)[0] == ("Works_for", "Mei Chen", "Globex")
    assert found.warnings == ()


def test_a_configuration_rules_the_folders_under_it_up_to_the_one_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "annotation.conf").write_text(CONF)
    deep = folder_of(tmp_path / "corpus" / "a" / "b", ann=ROLES + CHEN + GLOBEX + NORTH)
    head = [joins(good(deep, root=root))[0][1] for root in (tmp_path, tmp_path / "corpus", None)]
    assert head == ["Mei Chen", "Globex", "Globex"]


def test_equivalences_are_clusters_and_grow_together_wherever_they_stand(tmp_path: Path) -> None:
    ann = "*\tEquiv T1 T2\n" + CHEN + GLOBEX + NORTH + "*\tAlias T2 T3\n"
    article = good(folder_of(tmp_path, ann=ann))
    assert {e.cluster for e in by_id(article).values()} == {"Equiv:T1"}
    assert article.warnings == (
        "x.ann, line 5: it shares members with another: both are one Equiv, not Alias too",
    )


def test_the_kind_of_an_equivalence_is_in_the_name_of_its_cluster(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, ann="*\tAlias T1 T2\n*\tAlias T2 T3\n" + CHEN + GLOBEX + NORTH))
    assert {e.cluster for e in by_id(found).values()} == {"Alias:T1"}
    assert found.warnings == ()


def test_a_link_of_another_kind_is_taken_and_its_kind_is_named_once(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, ann=CHEN + GLOBEX + "N1\tSame T1 wd:Q1\tx\nN2\tSame T2 wd:Q2\tx\n"))
    assert [e.link for e in by_id(found).values()] == ["wd:Q1", "wd:Q2"]
    assert found.warnings == (
        "x.ann, line 3: links of the kind Same are taken as Reference, as which they are written",
    )


@pytest.mark.parametrize("link", ["x.txt", "x.a2"])
def test_a_link_beside_annotations_in_a_folder_is_not_followed(tmp_path: Path, link: str) -> None:
    (tmp_path / "secret").write_text(TEXT)
    folder = folder_of(tmp_path / "corpus", a1=CHEN, a2=GLOBEX)
    (folder / link).unlink()
    (folder / link).symlink_to(tmp_path / "secret")
    found = read(folder, "x.a1", root=folder)
    assert isinstance(found, BadFile) and f"{link} beside it is a link" in str(found)
    assert not isinstance(read(folder, "x.a1"), BadFile) or link != "x.txt"


def test_attributes_links_and_notes_are_on_what_they_name(tmp_path: Path) -> None:
    ann = (
        "A1\tNegation T1\nM1\tSpeculation T1\nA2\tCertainty R1 very high\nN1\tReference T1 Wikidata:Q42\tMei Chen\n"
        "#1\tAnnotatorNotes R1\tfree\ttext\n#2\tLemma T2\tglobex\n#3\tAnnotatorNotes T2\tand more\n"
        "R1\tLEADS Arg1:T1 Arg2:T2\n" + CHEN + GLOBEX
    )
    found = good(folder_of(tmp_path, ann=ann))
    ends = by_id(found)
    assert ends["T1"].attributes == {"Negation": True, "Speculation": True}
    assert ends["T1"].link == "Wikidata:Q42"
    assert ends["T2"].note == "Lemma: globex\nand more"
    assert found.document is not None
    (relation,) = found.document.relations
    assert (relation.attributes, relation.note) == ({"Certainty": "very high"}, "free\ttext")
    assert found.warnings == ()


HIRE = "T9\tHire 9 14\tleads\n"


def test_an_event_is_its_trigger_with_roles_as_relations(tmp_path: Path) -> None:
    ann = CHEN + GLOBEX + NORTH + HIRE + "E1\tHire:T9 Who:T1 Who2:T2 Place-Arg:T3\nA1\tNegation E1\n"
    found = good(folder_of(tmp_path, ann=ann))
    assert joins(found) == [
        ("Hire:Who", "leads", "Mei Chen"),
        ("Hire:Who", "leads", "Globex"),
        ("Hire:Place-Arg", "leads", "North and South Korea"),
    ]
    assert by_id(found)["T9"].attributes == {"Negation": True}


def test_numbers_of_roles_that_are_names_stay(tmp_path: Path) -> None:
    ann = CHEN + GLOBEX + HIRE + "E1\tHire:T9 Arg1:T1 Arg2:T2\n"
    assert [r[0] for r in joins(good(folder_of(tmp_path, ann=ann)))] == ["Hire:Arg1", "Hire:Arg2"]
    conf = "[events]\nHire Who*:PERSON, Who2:ORG\n"
    ann = CHEN + GLOBEX + HIRE + "E1\tHire:T9 Who:T1 Who2:T2\n"
    folder = folder_of(tmp_path / "b", ann=ann, conf=conf)
    assert [r[0] for r in joins(good(folder))] == ["Hire:Who", "Hire:Who2"]


def test_an_event_may_be_an_argument_of_another_and_the_end_of_a_relation(tmp_path: Path) -> None:
    ann = (
        "E1\tHire:T9 Cause:E2\nE2\tMove:T8 Who:T1\nR1\tLEADS Arg1:T1 Arg2:E1\n"
        + CHEN
        + HIRE
        + "T8\tMove 22 24\tin\n"
    )
    assert joins(good(folder_of(tmp_path, ann=ann))) == [
        ("Hire:Cause", "leads", "in"),
        ("Move:Who", "in", "Mei Chen"),
        ("LEADS", "Mei Chen", "leads"),
    ]


def test_events_with_one_trigger_are_put_together_and_that_is_said(tmp_path: Path) -> None:
    ann = CHEN + GLOBEX + HIRE + "E1\tHire:T9 Who:T1\nE2\tHire:T9 Who:T2\n"
    found = good(folder_of(tmp_path, ann=ann))
    assert len(joins(found)) == 2
    assert found.warnings == ("x.ann, line 5: E2 and E1 have one trigger: their arguments are put together",)


def test_split_files_of_one_stem_are_read_along(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a1=CHEN + GLOBEX,
        a2=HIRE + "E1\tHire:T9 Who:T1\n",
        co="*\tEquiv T1 T2\n",
        rel="R1\tLEADS Arg1:T1 Arg2:T2\n",
    )
    found = good(folder, "x.a1")
    assert [r[0] for r in joins(found)] == ["Hire:Who", "LEADS"]
    assert by_id(found)["T1"].cluster is not None


def test_a_relation_that_says_there_is_none_rejects_what_might_join_its_ends(tmp_path: Path) -> None:
    ann = CHEN + GLOBEX + "R1\tNo-rel Arg1:T1 Arg2:T2\nR2\tLEADS Arg1:T1 Arg2:T2\n"
    found = good(folder_of(tmp_path, ann=ann), negative=frozenset({"No-rel"})).document
    assert found is not None
    assert [r.label for r in found.relations] == ["LEADS"]
    ends = [next(e.value for e in found.entities if e.id == id) for id in ("T1", "T2")]
    assert [d.about for d in found.decisions] == [about_relation("KNOWS", *ends)]


# -- in: bad lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("T1\tORG 15 21\tGlobex", "the id T1 is there already"),
        ("X1\tORG 15 21\tGlobex", '"X1" is no id that brat has'),
        ("T\tORG 15 21\tGlobex", '"T" is no id that brat has'),
        ("T7 ORG 15 21 Globex", '"T7 ORG 15 21 Globex" is no annotation: an id, a TAB'),
        ("T7\tORG 15 21", "T7 does not quote its text"),
        ("T7\tORG 15 21\t", 'T7 quotes "", but the text there is "Globex"'),
        ("T7\tORG 16 22\tGlobex", 'T7 quotes "Globex", but the text there is "lobex "'),
        ("T7\tORG 15 21\tGlobexes", 'T7 quotes "Globexes"'),
        ("T7\tORG 21 15\tGlobex", "T7 ends before it begins"),
        ("T7\tORG 15 15\t", "T7 is empty"),
        ("T7\tORG -1 5\tGlobex", "is no label with whole offsets"),
        ("T7\tORG 15.0 21.0\tGlobex", "is no label with whole offsets"),
        ("T7\tORG 15 21 3\tGlobex", "is no label with whole offsets"),
        ("T7\tORG\tGlobex", "is no label with whole offsets"),
        ("T7\t 15 21\tGlobex", "is no label with whole offsets"),
        (f"T7\tORG 15 {'9' * 5000}\tGlobex", "is no label with whole offsets"),
        ("T7\tORG 40 99\tKorea.", "T7: 99 lies outside the text, which has 47 code points: left out"),
        ("T7\tGPE 25 30;30 34\tNorth and", "its pieces touch"),
        ("T7\tGPE 25 30;28 34\tNorth th and", "its pieces touch"),
        ("T7\tPERSON 0 8\tMei Chen", "T7 marks the same as T1"),
        ("R7\tLEADS Arg1:T1 Arg2:T99", 'it names "T99", which is no entity'),
        ("R7\tLEADS Arg1:T1", "R7 must have two arguments"),
        ("R7\tLEADS Arg1:T1 Arg2:T2 Arg3:T3", "R7 must have two arguments"),
        ("R7\tLEADS Arg1:T1 Arg1:T2", "R7 must have two arguments under different names"),
        ("R7\tLEADS T1 T2", "R7 must have two arguments"),
        ("R7\tLEADS Arg1:T1 Arg2:T1", "R7 goes from an entity to itself"),
        ("R7\tMET Arg1:T2 Arg2:T1", "R7 says the same as R1"),
        ("E7\tHire:T99 Who:T1", "E7 has no trigger that is here"),
        ("E7\tHire", "E7 has no trigger that is here"),
        ("E7\tPERSON:T1 Who:T99", 'it names "T99"'),
        ("E7\tPERSON:T1 T2", "argument 1 of E7 is not of the form Role:T1"),
        ("E7\tHire:T1", "E7 is a Hire, but its trigger a PERSON"),
        ("*\tEquiv T1", "an equivalence needs two different members"),
        ("*\tEquiv T1 T99", 'it names "T99"'),
        ("A7\tNegation", "A7 must name an attribute and what has it"),
        ("A7\tNegation T99", 'it names "T99"'),
        ("A7\tSure T1 no", 'T1 has Sure already, as "yes"'),
        ("N7\tReference T1 Q42\tMei", "N7 must link an annotation to base:id"),
        ("N7\tReference T1 wd:Q2\tMei", "T1 has the link wd:Q1 already"),
        ("N7\tReference R1 wd:Q2\tMei", "N7 links a relation"),
        ("#7\tAnnotatorNotes T99\tx", 'it names "T99"'),
        ("#7\tAnnotatorNotes\tx", "#7 must say what kind of note"),
        (b"T7\tORG 15 21\tGlob\xe9x", "it is not UTF-8"),
        ("nonsense", '"nonsense" is no annotation'),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_in(tmp_path: Path, line: str | bytes, says: str) -> None:
    rest = CHEN + GLOBEX + "R1\tMET Arg1:T1 Arg2:T2\nA1\tSure T1 yes\nN1\tReference T1 wd:Q1\tMei Chen\n"
    bad = line if isinstance(line, bytes) else line.encode()
    found = good(folder_of(tmp_path, ann=rest.encode() + bad + b"\n"))
    (warning,) = found.warnings
    assert warning.startswith("x.ann, line 6: ") and says in warning
    assert set(by_id(found)) == {"T1", "T2"}
    assert found.document is not None and len(found.document.relations) == 1


def test_each_of_very_many_bad_lines_is_named(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, ann=CHEN + "nonsense\n" * 1000))
    assert len(found.warnings) == 1000 and all(isinstance(each, LeftOut) for each in found.warnings)


def test_what_follows_the_quoted_text_after_a_tab_is_no_part_of_it(tmp_path: Path) -> None:
    assert set(by_id(good(folder_of(tmp_path, ann=CHEN.strip("\n") + "\tsomething\n")))) == {"T1"}


def test_a_quoted_text_may_have_spaces_for_line_ends(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, "the New\nYork Times", ann="T1\tORG 4 18\tNew York Times\n"))
    assert by_id(found)["T1"].spans == ((4, 18),)


def test_pieces_may_stand_in_any_order(tmp_path: Path) -> None:
    ann = "T3\tGPE 41 46;25 30\tKorea North\n"
    assert by_id(good(folder_of(tmp_path, ann=ann)))["T3"].fragments == ((25, 30), (41, 46))


def test_lines_may_end_in_cr_lf_and_the_file_begin_with_a_mark(tmp_path: Path) -> None:
    ann = "\ufeff" + (CHEN + "\n" + "#1\tAnnotatorNotes T1\tgood\n").replace("\n", "\r\n")
    found = good(folder_of(tmp_path, ann=ann))
    assert by_id(found)["T1"].note == "good" and found.warnings == ()


# -- in: what offsets count ---------------------------------------------------------------------------


def test_offsets_are_code_points(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, f"👩‍👩‍👧 {TEXT}", ann="T1\tPERSON 6 14\tMei Chen\n")
    assert by_id(good(folder))["T1"].text == "Mei Chen"


def test_offsets_in_utf_16_units_are_converted_where_all_texts_fit(tmp_path: Path) -> None:
    ann = "T1\tPERSON 9 17\tMei Chen\nT2\tORG 24 30\tGlobex\n"
    found = good(folder_of(tmp_path, f"👩‍👩‍👧 {TEXT}", ann=ann))
    assert {e.text for e in by_id(found).values()} == {"Mei Chen", "Globex"}
    assert found.warnings == ("x.ann: its offsets count UTF-16 units, not code points: they were converted",)


def test_the_unit_can_be_forced(tmp_path: Path) -> None:
    found = good(folder_of(tmp_path, f"👩‍👩‍👧 {TEXT}", ann="T1\tPERSON 2 10\tMei Chen\n"), unit="grapheme")
    assert by_id(found)["T1"].text == "Mei Chen"


def test_mixed_units_are_reported_entity_by_entity(tmp_path: Path) -> None:
    ann = "T1\tPERSON 6 14\tMei Chen\nT2\tORG 24 30\tGlobex\n"
    found = good(folder_of(tmp_path, f"👩‍👩‍👧 {TEXT}", ann=ann))
    assert set(by_id(found)) == {"T1"}
    assert "line 2: T2 quotes" in found.warnings[0]


def test_offsets_that_count_cr_lf_once_are_converted(tmp_path: Path) -> None:
    text = "One.\r\nTwo.\r\nMei Chen\r\n"
    found = good(folder_of(tmp_path, text, ann="T1\tPERSON 10 18\tMei Chen\nT2\tX 0 3\tOne\n"))
    assert found.text == text
    assert by_id(found)["T1"].spans == ((12, 20),)
    assert "count CR LF as one character" in found.warnings[0]


@pytest.mark.parametrize(("start", "warned"), [(1, False), (0, True)])
def test_a_byte_order_mark_is_no_text_whether_offsets_count_it_or_not(
    tmp_path: Path, start: int, warned: bool
) -> None:
    ann = f"T1\tPERSON {start} {start + 8}\tMei Chen\n"
    found = good(folder_of(tmp_path, "\ufeff" + TEXT, ann=ann))
    assert found.text == TEXT and by_id(found)["T1"].spans == ((0, 8),)
    assert bool(found.warnings) == warned


def test_a_text_that_is_not_utf_8_is_read_with_a_warning_and_its_annotations_alike(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "Málaga".encode("cp1252"), ann="T1\tGPE 0 6\tMálaga\n".encode("cp1252"))
    found = good(folder)
    assert by_id(found)["T1"].text == "Málaga" and "cp1252" in found.warnings[0]


# -- in: what is refused ------------------------------------------------------------------------------


def test_annotations_that_do_not_fit_the_text_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "Another text, about somebody.", ann=CHEN + GLOBEX)
    assert "x.ann: none of its entities fits the text" in refusal(folder)


def test_a_file_that_is_no_brat_is_refused_with_a_way_out(tmp_path: Path) -> None:
    assert "--format text" in refusal(folder_of(tmp_path, ann="{}\n[]\n"))


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_pair_without_a_text_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(folder_of(tmp_path, text, ann=CHEN)) == "x.txt is empty: there is nothing to read"


def test_annotations_whose_text_is_not_there_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ann=CHEN)
    (folder / "x.txt").unlink()
    assert refusal(folder) == "x.ann: its text x.txt is not beside it"


def test_a_part_without_its_beginning_is_refused(tmp_path: Path) -> None:
    assert "x.a1 is not beside it" in refusal(folder_of(tmp_path, a2=CHEN), "x.a2")


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    assert "surrogate" in refusal(folder_of(tmp_path, b"a \xed\xa0\xbd b", ann=""))


def test_standard_input_is_refused_with_a_sentence() -> None:
    source = interchange.source(CHEN.encode(), "-")
    assert registry.detected(source).name == "brat"
    (said,) = interchange.refusals(interchange.read(FORMAT, CHEN.encode(), "-"))
    assert said.startswith("-: brat keeps the text in a file of its own")


def test_names_within_annotations_are_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    ann = f"T1\t{secret} 0 8\tMei Chen\nN1\tReference T1 file:{secret}\tx\n"
    found = by_id(good(folder_of(tmp_path / "in", ann=ann)))["T1"]
    assert (found.label, found.link, found.text) == (str(secret), f"file:{secret}", "Mei Chen")


# -- detection and files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "is_brat"),
    [
        ("x.ann", b"", True),
        ("x.ANN", b"anything", True),
        ("x.a1", b"", True),
        ("x.a2", b"", True),
        ("x.rel", b"R1\tLocated Arg1:T1 Arg2:T2\n", True),
        ("x.rel", b"something else", False),
        ("-", CHEN.encode(), True),
        ("-", NORTH.encode(), True),
        ("x.txt", CHEN.encode(), False),
        ("x.jsonl", b'{"text": "a"}\n', False),
        ("x.conll", b"Mei B-PER\n", False),
    ],
)
def test_brat_is_told_by_name_and_content(name: str, data: bytes, is_brat: bool) -> None:
    assert FORMAT.recognises(Head(name.lower(), data)) is is_brat


def names_of(found: Iterator[Path | BadFile], folder: Path) -> list[str]:
    return [os.path.relpath(each, folder) if isinstance(each, Path) else str(each) for each in found]


def test_a_pair_is_taken_once_in_folders_globs_and_by_either_name(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ann=CHEN, a1=CHEN, a2="", rel="")
    (folder / "y.txt").write_text("alone")
    (folder / "z.txt").write_text(TEXT)
    (folder / "z.a1").write_text(CHEN)
    (folder / "z.a2").write_text("")
    assert names_of(expand([str(folder)], Path()), folder) == ["x.ann", "y.txt", "z.a1"]
    assert names_of(expand(["?.*"], folder), folder) == ["x.ann", "y.txt", "z.a1"]
    assert names_of(expand(["x.txt", "x.ann", "x.a2", "z.txt"], folder), folder) == ["x.ann", "z.a1"]
    assert names_of(expand(["x.txt"], folder, registry.named("text")), folder) == ["x.txt"]


def test_a_name_too_long_for_a_neighbour_is_of_no_pair(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".txt")
    path.write_text("a")
    assert annotated(path) is None


def test_packed_pairs_are_read(tmp_path: Path) -> None:
    import gzip

    folder = folder_of(tmp_path)
    (folder / "x.ann.gz").write_bytes(gzip.compress(CHEN.encode()))
    (folder / "x.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    (folder / "x.txt").unlink()
    assert names_of(expand([str(folder)], Path()), folder) == ["x.ann.gz"]
    assert set(by_id(good(folder, "x.ann.gz"))) == {"T1"}


# -- into a project -----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    place = tmp_path / "desk"
    place.mkdir()
    project = Project(place)
    yield project
    project.close()


def importer(project: Project, person: str | None = None) -> Importer:
    config = load(project.folder / "config.yaml")
    return Importer(project.store, config, Taking(Reading(config.schema), person=person))


def test_a_folder_of_pairs_becomes_articles_with_one_layer_a_folder(project: Project) -> None:
    ann = CHEN + GLOBEX + NORTH + "R1\tLEADS Arg2:T2 Arg1:T1\n*\tEquiv T1 T2\nnonsense\n"
    folder_of(project.folder / "corpus", ann=ann)
    folder_of(project.folder / "corpus" / "ben", f"{TEXT}\r\n", ann=CHEN)
    report = importer(project).take_patterns(["corpus"], project.folder)
    assert (report.new, report.entities, report.relations, report.refused) == (2, 4, 1, [])
    assert report.left_out == [
        'corpus/x.ann, line 6: "nonsense" is no annotation: an id, a TAB and what it says'
    ]
    store = project.store
    layers = {layer.title: layer for layer in store.layers()}
    assert {"import:corpus", "import:corpus/ben"} <= set(layers)
    first = next(a for a in (store.article(1), store.article(2)) if a.text == TEXT)
    entities = {e.label: e for e in store.entities(first.id, layers["import:corpus"].id)}
    assert entities["GPE"].fragments == ((25, 30), (41, 46))
    assert entities["PERSON"].cluster == entities["ORG"].cluster is not None
    (relation,) = store.relations(first.id, layers["import:corpus"].id)
    assert (relation.head, relation.tail) == (entities["PERSON"].id, entities["ORG"].id)
    again = importer(project).take_patterns(["corpus"], project.folder)
    assert (again.new, again.entities, again.relations) == (0, 0, 0)


def test_annotations_become_a_person_s_work_where_that_is_asked_for(project: Project) -> None:
    folder_of(project.folder / "corpus", ann=CHEN + "#1\tAnnotatorNotes T1\tboss\n")
    report = importer(project, "ana").take_patterns(["corpus/x.txt"], project.folder)
    assert (report.new, report.entities) == (1, 1)
    layer = next(layer for layer in project.store.layers() if layer.title == "person:ana")
    assert [(e.text, e.note) for e in project.store.entities(1, layer.id)] == [("Mei Chen", "boss")]


def test_files_are_read_without_a_project_for_a_proposal_of_types(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ann=ROLES + CHEN + GLOBEX + NORTH, conf=CONF)
    found = interchange.taken(list(read_all([str(folder)], Path(), Reading(Schema((), ())), None)))
    assert joins(found[0])[0] == ("Works_for", "Mei Chen", "Globex")


def test_the_schema_s_own_roles_make_triggers_events_in_every_article() -> None:
    role = RelationType("Hire:Who", head=frozenset({"Hire"}), tail=frozenset({"PERSON"}))
    text = "They hired nobody."
    made = interchange.write(
        FORMAT, [document(text, words(text, "01E1", "Hire", "hired"))], replace(SCHEMA, relations=(role,))
    )
    ann = next(data for name, data in made.files.items() if name.endswith(".ann")).decode()
    assert ann == "T1\tHire 5 10\thired\nE1\tHire:T1\n"
    assert b"[events]\nHire\tWho*:PERSON\n" in made.files["annotation.conf"]
