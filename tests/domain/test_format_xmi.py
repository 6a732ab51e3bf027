"""UIMA CAS XMI: golden files, what is written is read as it was (also by dkpro-cassis), and each trap of such files."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import cassis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile
from annotations.formats import xmi
from annotations.formats.base import Head, Reading, Source
from annotations.formats.registry import detected
from annotations.formats.xmi import FORMAT, TYPE_SYSTEM
from annotations.importing import Importer, Taking
from annotations.model import Relation
from tests import interchange
from tests.desks import Project
from tests.interchange import Written, article, document, hardest, links, values, words

GOLDEN = Path(__file__).parents[1] / "golden" / "xmi"
TEXT = "Mei Chen met Ada Obi in Oslo."
EMOJI = "👩 Mei Chen met Ada Obi."


# --- files of our own

DKPRO = "de.tudarmstadt.ukp.dkpro.core.api"


def types(*described: str) -> str:
    """A type system."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><name>t</name><types>'
        + "".join(described)
        + "</types></typeSystemDescription>"
    )


def kind(name: str, above: str = "uima.tcas.Annotation", **features: str) -> str:
    """A type in a type system; what features hold is named without `uima.cas.`."""
    found = "".join(
        f"<featureDescription><name>{key}</name><description/><rangeTypeName>"
        f"{holds if '.' in holds else f'uima.cas.{holds}'}</rangeTypeName></featureDescription>"
        for key, holds in features.items()
    )
    return (
        f"<typeDescription><name>{name}</name><description/><supertypeName>{above}</supertypeName>"
        f"<features>{found}</features></typeDescription>"
    )


NAMED = f"{DKPRO}.ner.type.NamedEntity"
USUAL = types(
    kind(f"{DKPRO}.segmentation.type.Token", lemma=f"{DKPRO}.segmentation.type.Lemma"),
    kind(f"{DKPRO}.segmentation.type.Sentence", id="String"),
    kind(f"{DKPRO}.segmentation.type.Lemma", value="String"),
    kind(f"{DKPRO}.metadata.type.TagDescription", "uima.cas.TOP", value="String"),
    kind(xmi.META, "uima.tcas.DocumentAnnotation", documentTitle="String", documentUri="String"),
    kind(xmi.FIELD, key="String", value="String"),
    kind("custom.Tag", "uima.cas.String"),
    kind(NAMED, value="String", identifier="String"),
    kind(f"{DKPRO}.ner.type.Person", NAMED),
    kind(
        "custom.Layer", label="custom.Tag", sure="Boolean", size="Integer", share="Float", tags="StringArray"
    ),
    kind("custom.Plain", category="String", source="String"),
    kind("custom.Topic", "uima.cas.AnnotationBase", value="String"),
    kind("custom.Link", Governor=NAMED, Dependent=NAMED, value="String", note="String"),
    kind("custom.Next", Governor=NAMED, Dependent=NAMED),
)
"""DKPro's types and layers as INCEpTION's users make them."""

SPACES = {"ner": f"{DKPRO}.ner.type", "seg": f"{DKPRO}.segmentation.type", "meta": f"{DKPRO}.metadata.type"}


def element(name: str, id: Any, inner: str = "", **said: Any) -> str:
    """A feature structure, `prefix:Name`; those of `custom` have no prefix."""
    prefix = name if ":" in name else f"custom:{name}"
    written = " ".join(f"{key}={quoteattr(str(value))}" for key, value in said.items() if value is not None)
    return f'<{prefix} xmi:id="{id}" sofa="1" {written}>{inner}</{prefix}>'


def at(part: str, id: Any, name: str = "ner:NamedEntity", text: str = TEXT, **said: Any) -> str:
    """An annotation on some words."""
    start = len(text[: text.index(part)].encode("utf-16-le")) // 2
    end = start + len(part.encode("utf-16-le")) // 2
    return element(name, id, **{"begin": start, "end": end, "value": "X"} | said)


def link(head: Any, tail: Any, id: Any = 90, **said: Any) -> str:
    return element("Link", id, begin=0, end=3, Governor=head, Dependent=tail, **{"value": "MET"} | said)


def cas(*elements: str, text: str = TEXT, members: str | None = None, prolog: str = "") -> str:
    """A file with one view, in which all elements are unless `members` says otherwise."""
    ids = " ".join(part.split('"')[0] for each in elements for part in each.split('xmi:id="')[1:])
    spaces = "".join(
        f' xmlns:{prefix}="http:///{package.replace(".", "/")}.ecore"' for prefix, package in SPACES.items()
    )
    string = quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
    return (
        f'{prolog}<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
        f'xmlns:custom="http:///custom.ecore"{spaces} xmi:version="2.0"><cas:NULL xmi:id="0"/>'
        + "".join(elements)
        + f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString={string}/>'
        + f'<cas:View sofa="1" members="{ids if members is None else members}"/></xmi:XMI>'
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the usual type system."""
    folder = tmp_path_factory.mktemp("usual")
    (folder / TYPE_SYSTEM).write_text(USUAL, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the type system of an export."""
    folder = tmp_path_factory.mktemp("ours")
    (folder / TYPE_SYSTEM).write_bytes(interchange.write(FORMAT, []).files[TYPE_SYSTEM])
    return folder


def read(folder: Path, data: str | bytes, **how: Any) -> list[Incoming | BadFile]:
    """What is made of a file `x.xmi` in a folder, whether or not it is there."""
    raw = data if isinstance(data, bytes) else data.encode()
    assert FORMAT.read is not None
    source = Source("x.xmi", folder / "x.xmi", lambda: io.BytesIO(raw))
    return list(FORMAT.read(source, Reading(interchange.SCHEMA, **how)))


def one(folder: Path, data: str | bytes, **how: Any) -> Incoming:
    (incoming,) = interchange.taken(read(folder, data, **how))
    return incoming


def work(folder: Path, data: str) -> IncomingAnnotations:
    found = one(folder, data).document
    assert found is not None
    return found


def refusal(folder: Path, data: str | bytes) -> str:
    (found,) = interchange.refusals(read(folder, data))
    return found


def surfaces(found: IncomingAnnotations) -> list[tuple[str, str]]:
    return [(each.label, each.text) for each in found.entities]


# --- the golden files


def full() -> list[Document]:
    """The hardest; an empty one; one with all that can be said; open ones; one with what XML cannot hold."""
    text = "Ada Obi met Li Wei in Oslo."
    rich = document(
        text,
        words(text, "01E1", "PERSON", "Ada Obi", note="a\nnote", link="Q1", cluster="c1", score=0.98765),
        words(text, "01E2", "PERSON", "Li Wei", attributes={"role": "guest", "class": "x", "n": 1}),
        words(text, "01E3", "EVENT", "Obi met"),
        relations=(Relation("01R1", "MET", "01E2", "01E1", 0.5, {"sure": True}, "why"),),
        labels=("trade", "war"),
        note="Read twice.",
        flagged=True,
        article=article(text, title="A day", date="2022-11-25", meta={"id": "7", "n": 1, "language": "de"}),
    )
    return [
        hardest(),
        document("Fog."),
        rich,
        document("Rain.", status="open", complete=()),
        document("Sun.", status="skipped", complete=()),
        document("A\x00B\x1b \ufffe."),
    ]


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    found = interchange.write(FORMAT, full()).files
    assert found == {path.name: path.read_bytes() for path in GOLDEN.iterdir()}


def test_what_it_cannot_hold_is_named() -> None:
    assert [(loss.kind, loss.what) for loss in interchange.write(FORMAT, full()).losses] == [
        (
            "discontinuous",
            "GPE “North and South Korea” at 57 is in 2 pieces: written from its first to its last piece",
        ),
        ("flag", "that it is flagged is left out"),
        ("metadata", '"language" is left out: it means something else in this format'),
        ("metadata", '"n" is 1, not a text: written as JSON'),
        ("attributes", 'PERSON: the attribute "class" is called class_'),
        ("attributes", 'PERSON: the attribute "n" is written as a text'),
        ("attributes", 'MET: the attribute "sure" is written as a text'),
        ("status", "it is open, which this format cannot say"),
        ("status", "it is skipped, which this format cannot say"),
        (
            "control characters",
            "3 characters that XML cannot hold are written as \ufffd: it comes back as another text",
        ),
    ]


def by_cassis(made: Written, name: str) -> cassis.Cas:
    system = cassis.load_typesystem(io.BytesIO(made.files[TYPE_SYSTEM]))
    return cassis.load_cas_from_xmi(io.BytesIO(made.files[name]), typesystem=system)


def xmis(made: Written) -> list[str]:
    return [name for name in made.files if name.endswith(".xmi")]


def test_dkpro_cassis_reads_every_file_with_its_text_its_places_and_its_relations() -> None:
    made = interchange.write(FORMAT, full())
    for name, wanted in zip(xmis(made), full(), strict=True):
        found = by_cassis(made, name)
        assert found.typecheck() == []
        assert found.sofa_string == wanted.article.text.translate(
            {0: "\ufffd", 0x1B: "\ufffd", 0xFFFE: "\ufffd"}
        )
        spans = [(each.begin, each.end, each.label) for each in found.select(xmi.SPAN)]
        assert sorted(spans) == sorted((e.start, e.end, e.label) for e in wanted.entities)
        assert len(found.select(xmi.RELATION)) == len(wanted.relations)
        for each in found.select(xmi.RELATION):
            assert (each.begin, each.end) == (each.Dependent.begin, each.Dependent.end)
    (about,) = by_cassis(made, xmis(made)[2]).select(xmi.META)
    assert (about.documentTitle, about.documentId, about.documentUri) == ("A day", "7", "seeds/a.txt")


def test_two_versions_of_an_article_are_two_files() -> None:
    other = replace(hardest(), annotator="ben", entities=(), relations=())
    names = xmis(interchange.write(FORMAT, [hardest(), other]))
    assert [name.rsplit("-", 1)[-1] for name in names] == ["ana.xmi", "ben.xmi"]


def test_a_symmetric_relation_goes_from_the_end_that_begins_earlier() -> None:
    made = interchange.write(FORMAT, [hardest()])
    met = next(each for each in by_cassis(made, xmis(made)[0]).select(xmi.RELATION) if each.label == "MET")
    assert met.Governor.get_covered_text() == "Xi"


def test_entities_in_pieces_are_dropped_where_that_is_wanted_and_relations_with_them() -> None:
    made = interchange.write(FORMAT, [hardest()], pieces="drop")
    assert made.lost == ["discontinuous", "relation"]
    assert len(by_cassis(made, xmis(made)[0]).select(xmi.SPAN)) == 7


def test_attributes_get_features_under_names_that_are_free() -> None:
    keys = ("class", "label", "Größe", "7", "§", "a-b", "a_b", "get", "Governor", "begin")
    said = {key: f"value {number}" for number, key in enumerate(keys)}
    made = interchange.write(
        FORMAT, [hardest(), document(TEXT, words(TEXT, "01E1", "X", "Oslo", attributes=said))]
    )
    (found,) = by_cassis(made, xmis(made)[1]).select(xmi.SPAN)
    names = [feature.name for feature in found.type.features][5:]
    assert sorted(found[name] for name in names) == sorted(said.values())
    assert sorted(names) == sorted(
        ("a7", "Groe", "attribute", "a_b", "a_b_", "begin_", "class_", "get_", "label_", "Governor_")
    )


def test_without_its_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cassis", None)
    with pytest.raises(BadFile, match=r'extra "xmi" of postil: pip install "postil\[xmi\]"'):
        interchange.write(FORMAT, [hardest()])


# --- reading back


def hull(wanted: Document) -> Document:
    """What is left of a document: entities in one piece."""
    return replace(wanted, entities=tuple(each._replace(fragments=()) for each in wanted.entities))


@given(interchange.documents())
def test_what_is_written_is_read_back_and_cassis_reads_the_same(ours: Path, wanted: Document) -> None:
    made = interchange.write(FORMAT, [wanted])
    (name,) = xmis(made)
    incoming, theirs = one(ours, made.files[name]), by_cassis(made, name)
    found = incoming.document
    assert found is not None and incoming.warnings == ()
    assert (incoming.text == wanted.article.text) == ("control characters" not in made.lost)
    assert len(incoming.text) == len(wanted.article.text)
    assert values(found.entities) == values(hull(wanted).entities)
    assert links(found.entities, found.relations) == links(hull(wanted).entities, wanted.relations)
    assert made.lost.count("discontinuous") == sum(bool(each.fragments) for each in wanted.entities)
    assert theirs.sofa_string == incoming.text
    assert sorted((each.begin, each.end, each.label) for each in theirs.select(xmi.SPAN)) == sorted(
        (each.start, each.end, each.label) for each in found.entities
    )


def test_all_that_is_said_comes_back(tmp_path: Path) -> None:
    made = interchange.write(FORMAT, full())
    (tmp_path / TYPE_SYSTEM).write_bytes(made.files[TYPE_SYSTEM])
    incoming = one(tmp_path, made.files[xmis(made)[2]])
    assert (incoming.title, incoming.date, incoming.source) == ("A day", "2022-11-25", "seeds/a.txt")
    assert incoming.meta == {"id": "7", "n": "1"}
    found = incoming.document
    assert found is not None
    assert (found.annotator, found.labels, found.note) == ("ana", ("trade", "war"), "Read twice.")
    ada, _, li = found.entities
    assert (ada.note, ada.link, ada.cluster, ada.score) == ("a\nnote", "Q1", "c1", 0.9877)
    assert li.attributes == {"role": "guest", "class_": "x", "n": "1"}
    (met,) = found.relations
    assert (met.note, met.score, met.attributes) == ("why", 0.5, {"sure": "true"})


def test_an_open_article_without_entities_comes_back_alone_and_a_settled_one_does_not(ours: Path) -> None:
    made = interchange.write(FORMAT, full())
    found = [one(ours, made.files[name]).document for name in (xmis(made)[1], xmis(made)[3])]
    assert found[0] is not None and found[0].annotator == "ana"
    assert found[1] is None


# --- where the type system is


@pytest.mark.parametrize(
    "name", [TYPE_SYSTEM, "typesystem.xml", "x.TypeSystem.xml", "x-typesystem.xml", "xTypeSystem.xml"]
)
def test_the_type_system_is_named_after_the_file_or_that_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(USUAL, encoding="utf-8")
    assert surfaces(work(tmp_path, cas(at("Oslo", 5)))) == [("X", "Oslo")]


def test_the_file_s_own_type_system_goes_before_that_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / TYPE_SYSTEM).write_text(types(), encoding="utf-8")
    assert one(tmp_path, cas(at("Oslo", 5))).document is None
    (tmp_path / "x.TypeSystem.xml").write_text(USUAL, encoding="utf-8")
    assert surfaces(work(tmp_path, cas(at("Oslo", 5)))) == [("X", "Oslo")]


def test_a_type_system_that_changes_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / TYPE_SYSTEM
    path.write_text(types(), encoding="utf-8")
    assert one(tmp_path, cas(at("Oslo", 5))).document is None
    path.write_text(USUAL, encoding="utf-8")
    assert one(tmp_path, cas(at("Oslo", 5))).document is not None


def test_without_a_type_system_it_says_where_to_put_one(tmp_path: Path) -> None:
    wanted = "its type system is not beside it: put it into the same folder, as TypeSystem.xml"
    assert refusal(tmp_path, cas()) == f"x.xmi: {wanted}"
    (found,) = interchange.refusals(interchange.read(FORMAT, cas().encode(), "-"))
    assert found == f"-: {wanted}, and name the file or the folder"


def test_a_packed_file_finds_its_type_system(tmp_path: Path) -> None:
    (tmp_path / TYPE_SYSTEM).write_text(USUAL, encoding="utf-8")
    path = tmp_path / "x.xmi.gz"
    path.write_bytes(gzip.compress(cas(at("Oslo", 5)).encode()))
    assert FORMAT.read is not None
    (found,) = interchange.taken(list(FORMAT.read(Source.of(path), Reading(interchange.SCHEMA))))
    assert found.document is not None and surfaces(found.document) == [("X", "Oslo")]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("<types", "is not XML"),
        ('<!DOCTYPE t [<!ENTITY a "b">]>' + types(), "declares entities of its own"),
        ("<!DOCTYPE t>" + types(), "declares a document type"),
    ],
)
def test_a_type_system_that_cannot_be_read_is_named(tmp_path: Path, written: str, says: str) -> None:
    (tmp_path / TYPE_SYSTEM).write_text(written, encoding="utf-8")
    found = refusal(tmp_path, cas())
    assert says in found and TYPE_SYSTEM in found


def test_types_that_stand_below_each_other_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    circle = types(kind("custom.A", "custom.B", value="String"), kind("custom.B", "custom.A"))
    (tmp_path / TYPE_SYSTEM).write_text(circle, encoding="utf-8")
    assert one(tmp_path, cas(at("Oslo", 5, "A"))).document is not None


def test_imports_of_a_type_system_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_text(USUAL, encoding="utf-8")
    described = types().replace("<types>", '<imports><import location="other.xml"/></imports><types>')
    (tmp_path / TYPE_SYSTEM).write_text(described, encoding="utf-8")
    assert one(tmp_path, cas(at("Oslo", 5))).warnings == (
        "x.xmi: left out, neither entities with a label nor relations: 1 NamedEntity",
    )


# --- entities


def test_entities_are_all_annotations_whose_type_may_hold_a_label(folder: Path) -> None:
    found = work(
        folder,
        cas(
            at("Mei Chen", 5, value="PERSON", identifier="http://example.org/Q1"),
            at("Ada Obi", 6, "ner:Person", value=None, identifier="Q2"),
            at("Oslo", 7, "Layer", value=None, label="CITY", sure="true", size=3, share="0.5"),
        ),
    )
    assert surfaces(found) == [("PERSON", "Mei Chen"), ("Q2", "Ada Obi"), ("CITY", "Oslo")]
    mei, ada, oslo = found.entities
    assert (mei.link, ada.link) == ("http://example.org/Q1", None)
    assert oslo.attributes == {"sure": True, "size": 3, "share": 0.5}


def test_the_only_text_of_a_layer_of_ones_own_is_its_label(tmp_path: Path) -> None:
    ends = {"Governor": "uima.tcas.Annotation", "Dependent": "uima.tcas.Annotation"}
    described = types(
        kind("custom.Ent", category="String", sure="Boolean", note="String"),
        kind("custom.Rel", kind="String", **ends),
        kind("custom.Two", a="String", b="String"),
        kind("custom.Loose", "uima.cas.TOP", category="String"),
        kind(f"{DKPRO}.ner.type.Odd", category="String"),
    )
    (tmp_path / TYPE_SYSTEM).write_text(described, encoding="utf-8")
    found = one(
        tmp_path,
        cas(
            at("Mei Chen", 5, "Ent", value=None, category="First", sure="true", note="n"),
            at("Ada Obi", 6, "Ent", value=None),
            element("Rel", 7, begin=0, end=3, Governor=5, Dependent=6, kind="LEADS"),
            at("Oslo", 8, "Two", value=None, a="x", b="y"),
            at("Oslo", 9, "ner:Odd", value=None, category="x"),
            element("Loose", 10, category="x"),
        ),
    )
    kept = found.document
    assert kept is not None
    assert surfaces(kept) == [("First", "Mei Chen"), ("Ent", "Ada Obi")]
    assert (kept.entities[0].attributes, kept.entities[0].note) == ({"sure": True}, "n")
    assert [(r.label, r.attributes) for r in kept.relations] == [("LEADS", None)]
    assert found.warnings == (
        "x.xmi: without a label, so labelled by their types: 1 Ent",
        "x.xmi: left out, neither entities with a label nor relations: 1 Loose, 1 Odd, 1 Two",
    )


def test_an_annotation_without_a_label_is_labelled_by_its_type_and_named(folder: Path) -> None:
    found = one(folder, cas(at("Oslo", 5, value=None), at("Mei", 6, "Layer", value=None, label=" ")))
    assert found.document is not None
    assert surfaces(found.document) == [("NamedEntity", "Oslo"), ("Layer", "Mei")]
    assert found.warnings == ("x.xmi: without a label, so labelled by their types: 1 Layer, 1 NamedEntity",)


def test_words_and_sentences_are_passed_over_and_other_layers_are_counted(folder: Path) -> None:
    found = one(
        folder,
        cas(
            at("Mei", 5, "seg:Token", value=None),
            at(TEXT, 6, "seg:Sentence", value=None),
            at("Mei", 7, "seg:Lemma", value="mei"),
            at("met", 8, "Plain", value=None, category="verb"),
            at("met", 9, "Unknown", value="Y"),
            element("meta:TagDescription", 10, value="Y"),
            at("Oslo", 11),
        ),
    )
    assert found.document is not None and surfaces(found.document) == [("X", "Oslo")]
    assert found.warnings == (
        "x.xmi: left out, neither entities with a label nor relations: 1 Lemma, 1 Plain, 1 Unknown",
    )


def test_offsets_count_utf_16_units(folder: Path) -> None:
    found = work(folder, cas(at("Mei Chen", 5, text=EMOJI), at("👩", 6, text=EMOJI), text=EMOJI))
    assert surfaces(found) == [("X", "Mei Chen"), ("X", "👩")]
    assert [(each.start, each.end) for each in found.entities] == [(2, 10), (0, 1)]


@pytest.mark.parametrize(
    ("begin", "end", "says"),
    [
        (8, 4, "it ends before it begins"),
        (4, 4, "it is empty"),
        (1, 4, "1 lies inside a surrogate pair"),
        (0, 99, "99 lies outside the text, which has 24 UTF-16 units"),
        (-1, 4, 'its begin must be a whole number, not "-1"'),
        ("0.5", 4, 'its begin must be a whole number, not "0.5"'),
        ("٣", 4, 'its begin must be a whole number, not "٣"'),
        (0, None, 'its end must be a whole number, not ""'),
    ],
)
def test_an_annotation_in_no_place_is_left_out_and_named(
    folder: Path, begin: Any, end: Any, says: str
) -> None:
    bad = element("ner:NamedEntity", 6, begin=begin, end=end, value="X")
    found = one(folder, cas(at("Ada Obi", 5, text=EMOJI), bad, link(5, 6), text=EMOJI))
    assert found.document is not None and surfaces(found.document) == [("X", "Ada Obi")]
    assert found.warnings == (
        f"x.xmi: NamedEntity 6 is left out: {says}",
        'x.xmi: Link 90 is left out: its Dependent "6" is no entity that was taken',
    )


def test_each_of_many_faults_is_named(folder: Path) -> None:
    bad = [element("ner:NamedEntity", 5 + number, begin=3, end=1, value="X") for number in range(30)]
    found = one(folder, cas(*bad)).warnings
    assert len(found) == 30 and all(isinstance(each, LeftOut) for each in found)


def test_features_that_are_no_attributes_are_named(folder: Path) -> None:
    odd = at("Oslo", 5, "Layer", value=None, label="X", sure="yes", size="1.5", share="NaN", more="x")
    listed = at("Mei", 6, "Layer", value=None, label="Y").replace("></", "><tags>a b</tags><tags>c</tags></")
    found = one(folder, cas(odd, listed))
    assert found.document is not None
    assert [each.attributes for each in found.document.entities] == [None, {"tags": ["a b", "c"]}]
    assert found.warnings == (
        'x.xmi: Layer 5: its sure "yes" is left out: it is no Boolean that can be kept',
        'x.xmi: Layer 5: its size "1.5" is left out: it is no Integer that can be kept',
        'x.xmi: Layer 5: its share "NaN" is left out: it is no Float that can be kept',
        'x.xmi: Layer 5: its more "x" is left out: its type has no such feature',
    )


def test_what_no_view_lists_is_left_out_and_counted(folder: Path) -> None:
    found = one(folder, cas(at("Oslo", 5), at("Mei", 6), link(5, 6), members="5 90"))
    assert found.document is not None and surfaces(found.document) == [("X", "Oslo")]
    assert found.document.relations == ()
    assert "x.xmi: 1 annotations are left out: they are in no view's index" in found.warnings


# --- relations, labels, the article


def test_a_relation_goes_from_its_governor_to_its_dependent(folder: Path) -> None:
    bare = element("Next", 91, begin=0, end=3, Governor=6, Dependent=5)
    found = work(folder, cas(link(5, 6, note="why"), bare, at("Mei Chen", 5), at("Oslo", 6)))
    assert [(each.label, each.head, each.tail, each.note) for each in found.relations] == [
        ("MET", "5", "6", "why"),
        ("Next", "6", "5", None),
    ]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (link(5, 5), "it goes from an annotation to itself"),
        (link(5, 77), 'its Dependent "77" is no entity that was taken'),
        (link(7, 5), 'its Governor "7" is no entity that was taken'),
        (element("Link", 90, begin=0, end=3, Dependent=5), 'its Governor "" is no entity that was taken'),
    ],
)
def test_a_relation_without_both_ends_is_left_out_and_named(folder: Path, bad: str, says: str) -> None:
    found = one(folder, cas(at("Mei Chen", 5), at("Mei", 7, "seg:Token", value=None), bad))
    assert found.document is not None and found.document.relations == ()
    assert found.warnings == (f"x.xmi: Link 90 is left out: {says}",)


def test_labels_of_the_article_and_what_is_said_of_it(folder: Path) -> None:
    found = one(
        folder,
        cas(
            element("Topic", 5, value="war"),
            element("Topic", 6, value="war"),
            element(
                "meta:DocumentMetaData",
                7,
                begin=0,
                end=3,
                documentTitle="A day",
                documentId="d7",
                language="en",
            ),
            element("meta:MetaDataStringField", 8, begin=0, end=3, key="date", value="2022-11-25"),
            element("meta:MetaDataStringField", 9, begin=0, end=3, key="rank", value="1"),
            element("meta:MetaDataStringField", 10, begin=0, end=3, key="rank", value="2"),
            element("meta:MetaDataStringField", 11, begin=0, end=3, key="rank"),
        ),
    )
    assert (found.title, found.date, found.source) == ("A day", "2022-11-25", "x.xmi")
    assert found.meta == {"id": "d7", "language": "en", "rank": "1"}
    assert found.warnings == ('x.xmi: MetaDataStringField 10 is left out: its key "rank" is there already',)
    assert found.document is not None and found.document.labels == ("war",)


def test_where_inception_writes_the_annotator_it_is_taken_for_one(folder: Path) -> None:
    said = {
        "documentTitle": "a.txt",
        "documentUri": "news/a.txt",
        "collectionId": "news",
        "documentId": "ben",
    }
    found = one(folder, cas(element("meta:DocumentMetaData", 5, begin=0, end=3, **said)))
    assert found.document is not None and found.document.annotator == "ben"
    assert (found.title, found.source, found.meta) == ("a.txt", "news/a.txt", {"collectionId": "news"})


def test_line_ends_and_tabs_of_the_text_stay(folder: Path) -> None:
    text = "a\r\nb\rc\nd\te\u2028f\x85g "
    assert one(folder, cas(text=text)).text == text


def test_each_view_with_a_text_is_an_article(folder: Path) -> None:
    more = (
        '<cas:Sofa xmi:id="2" sofaNum="2" sofaID="raw" sofaString="Fog."/><cas:View sofa="2" members="70"/>'
        '<cas:Sofa xmi:id="3" sofaNum="3" sofaID="empty"/>'
    )
    inner = element("ner:NamedEntity", 70, begin=0, end=3, value="Y").replace('sofa="1"', 'sofa="2"')
    data = cas(at("Oslo", 5), inner, members="5").replace("</xmi:XMI>", f"{more}</xmi:XMI>")
    found = interchange.taken(read(folder, data))
    assert [(each.source, each.text) for each in found] == [
        ("x.xmi, view _InitialView", TEXT),
        ("x.xmi, view raw", "Fog."),
    ]
    assert [surfaces(each.document) for each in found if each.document] == [[("X", "Oslo")], [("Y", "Fog")]]


# --- bad files


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (cas(prolog=BOMB), "declares entities of its own, as a bomb does"),
        (cas(prolog='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "declares a document type, as a bomb does"),
        (cas(prolog='<?xml version="1.0" encoding="UTF-16"?>' + BOMB).encode("utf-16"), "declares entities"),
        (cas(prolog=BOMB).encode("utf-16"), "declares entities"),
        (cas(at("Oslo", 5))[:-40], "this is not XML 1.0"),
        (cas(text="a").replace('sofaString="a"', 'sofaString="&#27;"'), "this is not XML 1.0"),
        (cas(text="a").replace('sofaString="a"', 'sofaString="\x1b"'), "this is not XML 1.0"),
        (cas().replace("custom:", "nobody:").replace(">", "><nobody:A/>", 1), "this is not XML 1.0"),
        ("<a/>", 'it is no XMI: it begins with "a"'),
        (USUAL, "it is a UIMA type system, which is read along with the .xmi files beside it"),
        (cas(at("Oslo", 5), at("Mei", 5)), 'the xmi:id "5" stands twice'),
        (cas().replace("sofaString", "other"), "there is no text in it: no cas:Sofa has a sofaString"),
        (cas(text=" \n"), '"text" is empty'),
        (cas(element("Layer", 5, "<a><b/></a>")), "this nests too deeply"),
        (b"", "is empty"),
        (b"\xff\xfe<", "begins with the mark of utf-16"),
    ],
)
def test_what_cannot_be_trusted_is_refused(folder: Path, data: str | bytes, says: str) -> None:
    found = refusal(folder, data)
    assert found.startswith("x.xmi") and says in found


def test_a_file_in_another_encoding_is_read(folder: Path) -> None:
    data = cas(
        at("Zoë", 5, text="Zoë in Oslo."), text="Zoë in Oslo.", prolog='<?xml version="1.0" encoding="{}"?>'
    )
    for encoding in ("ISO-8859-1", "UTF-16", "UTF-8"):
        assert one(folder, data.format(encoding).encode(encoding)).text == "Zoë in Oslo."
    assert one(folder, b"\xef\xbb\xbf" + data.format("UTF-8").encode()).text == "Zoë in Oslo."


@given(st.data())
def test_a_file_with_one_thing_exchanged_is_read_or_refused(folder: Path, data: st.DataObject) -> None:
    whole = cas(at("Mei Chen", 5), at("Oslo", 6, "Layer", value=None, label="Y", size=3), link(5, 6))
    parts = whole.split('"')
    place = data.draw(st.integers(1, len(parts) - 2))
    parts[place] = data.draw(
        st.text(max_size=4) | st.sampled_from(["5", "-1", "&#1;", "]]>", "<a>", "1 2 5 99"])
    )
    for each in read(folder, '"'.join(parts)):
        assert isinstance(each, Incoming) or str(each).startswith("x.xmi")
        if isinstance(each, Incoming) and each.document is not None:
            ids = {entity.id for entity in each.document.entities}
            assert all({r.head, r.tail} <= ids and r.head != r.tail for r in each.document.relations)
            assert all(each.text[e.start : e.end] == e.text != "" for e in each.document.entities)


# --- detection


@pytest.mark.parametrize("data", [cas(), cas(prolog="<?xml version='1.0'?>\n"), USUAL])
def test_its_files_are_told_by_their_first_element(data: str) -> None:
    assert detected(interchange.source(data.encode(), "x.xml")).name == "xmi"
    assert FORMAT.recognises(Head("x.xmi", b""))


@pytest.mark.parametrize("data", [b"<rss/>", b"XMI", b"<a><XMI/></a>", b"{}"])
def test_other_files_are_not_its(data: bytes) -> None:
    assert not FORMAT.recognises(Head("x.xml", data))


# --- into the database


def save(folder: Path, documents: Sequence[Document]) -> None:
    folder.mkdir()
    for name, data in interchange.write(FORMAT, documents).files.items():
        (folder / name).write_bytes(data)


def test_an_exported_folder_comes_in_as_one_layer_and_importing_twice_adds_nothing(project: Project) -> None:
    save(
        project.folder / "out",
        [hardest(), document("Fog."), document(TEXT, words(TEXT, "01E1", "GPE", "Oslo"))],
    )
    config = load(project.folder / "config.yaml")
    counts = []
    for _ in range(2):
        importer = Importer(project.store, config, Taking(Reading(config.schema)))
        report = importer.take_patterns(["out"], project.folder)
        assert (report.refused, report.warnings) == ([], [])
        counts.append((report.new, report.entities, report.relations))
    assert counts == [(3, 9, 3), (0, 0, 0)]
    assert [layer.title for layer in project.store.layers("import")] == ["import:out/ana"]


def test_import_and_export_again_gives_the_same_bytes(ours: Path) -> None:
    once = interchange.write(FORMAT, [hull(hardest())])
    (name,) = xmis(once)
    found = one(ours, once.files[name]).document
    assert found is not None
    again = replace(hardest(), entities=found.entities, relations=found.relations)
    assert interchange.write(FORMAT, [again]).files == once.files
