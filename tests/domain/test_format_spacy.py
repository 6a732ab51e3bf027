"""spaCy's DocBin: what training is told and what it is not, both sets, the configs, and what is read back."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
import srsly
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Corpus, Example
from spacy.vocab import Vocab

from annotations import cli
from annotations.documents import Document, Incoming, dismissed, offered
from annotations.errors import PostilError
from annotations.formats import registry, spacy_docbin
from annotations.formats.base import Head, for_dev
from annotations.formats.spacy_docbin import FORMAT, RELATIONS
from annotations.model import Relation, about_entity, about_relation
from annotations.schema import Schema
from annotations.suggest.pipeline import language
from tests import interchange
from tests.desks import Project
from tests.interchange import SCHEMA, Written, article, document, entity, hardest, links, values, words

GOLDEN = Path(__file__).parents[1] / "golden" / "spacy"
ENGLISH = spacy.blank("en")

VISIT = "Ana Ruiz met Li Wei in Oslo. Ruiz leads Oslo Trams."
LABELLED = replace(SCHEMA, labels=("trade", "sport"))


def visit(**more: Any) -> Document:
    """Four entities, of which no two overlap, with a symmetric relation and another."""
    found = (
        words(VISIT, "01E1", "PERSON", "Ana Ruiz"),
        words(VISIT, "01E2", "PERSON", "Li Wei"),
        words(VISIT, "01E3", "GPE", "Oslo", link="Q585"),
        words(VISIT, "01E4", "ORG", "Oslo Trams"),
    )
    related = (Relation("01R1", "MET", "01E2", "01E1"), Relation("01R2", "LEADS", "01E1", "01E4"))
    return document(VISIT, *found, **{"relations": related} | more)


def written(*documents: Document, **how: Any) -> Written:
    """One file and the configs, in English."""
    return interchange.write(FORMAT, documents, **{"dev": 0, "language": "en"} | how)


def docs_in(data: bytes) -> list[Doc]:
    """What spaCy reads."""
    return list(DocBin().from_bytes(data).get_docs(Vocab()))


def doc_of(of: Document, **how: Any) -> Doc:
    (found,) = docs_in(written(of, **how).files["train.spacy"])
    return found


def tags(doc: Doc) -> dict[str, str]:
    """How each token is marked: "" is missing, O outside."""
    return {token.text: token.ent_iob_ for token in doc}


def rejected(text: str, label: str, part: str, why: Any = "rejected", nth: int = 1) -> dict[str, Any]:
    spans = words(text, "", label, part, nth).spans
    return dismissed(about_entity(spans, label), "model:m@1", why)


def trained_on(doc: Doc) -> dict[str, str | None]:
    """What the entity recogniser is told of each token of its own; None is nothing."""
    plain = ENGLISH.make_doc(doc.text)
    marks = Example(plain, doc).get_aligned_ner()
    return {token.text: mark for token, mark in zip(plain, marks, strict=True)}


# -- the golden files


def golden_documents() -> list[Document]:
    empty = document("Fog over the bay.\n", labels=("trade",))
    told = visit(rejected=(rejected(VISIT, "ORG", "Ruiz"),), labels=("sport",))
    return [hardest(), empty, told]


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    found = written(*golden_documents(), dev=0.6, schema=LABELLED).files
    assert sorted(found) == sorted(path.name for path in GOLDEN.iterdir())
    for name, data in found.items():
        golden = (GOLDEN / name).read_bytes()
        if name.endswith(".spacy"):  # zlib may pack better some day
            data, golden = zlib.decompress(data), zlib.decompress(golden)
        assert data == golden, name


def test_the_bytes_do_not_depend_on_the_process() -> None:
    script = (
        "import hashlib; from tests.domain import test_format_spacy as t\n"
        "found = t.written(*t.golden_documents(), dev=0.6, schema=t.LABELLED).files\n"
        "print({name: hashlib.sha256(data).hexdigest() for name, data in sorted(found.items())})"
    )
    root = Path(__file__).parents[2]
    prints = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=root,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(prints) == 1


# -- what spaCy reads


def verify(data: bytes, want: dict[str, tuple[str, set[tuple[int, int, str]]]]) -> None:
    """The check of formats.md."""
    for doc in docs_in(data):
        text, ents = want.pop(doc.user_data["id"])
        assert doc.text == text
        assert {(e.start_char, e.end_char, e.label_) for e in doc.ents} == ents
        assert all(e.text == e.text.strip() for e in doc.ents)
    assert not want


def test_every_article_is_there_with_its_text_and_its_entities() -> None:
    texts = [
        VISIT,
        "Nothing.\r\n",
        "A U.S.-led group 👩‍👩‍👧 met קרא\u0301.",
        "\ufeffXi\u2028北京\x00\x85 $12bn",
    ]
    marks = [[(0, 8, "PERSON"), (13, 19, "ORG")], [], [(2, 6, "GPE")], [(1, 3, "PERSON"), (4, 6, "GPE")]]
    made = [
        document(text, *(entity(text, f"e{s}", label, (s, e)) for s, e, label in found))
        for text, found in zip(texts, marks, strict=True)
    ]
    want = {
        each.article.sha256: (each.article.text, {(e.start, e.end, e.label) for e in each.entities})
        for each in made
    }
    assert written(*made).losses == []
    verify(written(*made).files["train.spacy"], want)


def test_where_an_article_came_from_goes_with_it() -> None:
    of = document(
        "Fog", article=article("Fog", date="2022-11-25", meta={"id": "ap-7", "by": ["A", {"b": None}]})
    )
    said = doc_of(of).user_data
    assert said["id"] == hashlib.sha256(b"Fog").hexdigest()
    assert said["source"] == "seeds/a.txt"
    assert said["meta"] == {"title": "A", "date": "2022-11-25", "id": "ap-7", "by": ("A", {"b": None})}


def test_metadata_that_no_docbin_holds_is_named() -> None:
    deep: Any = []
    for _ in range(80):
        deep = [deep]
    found = written(document("Fog", article=article("Fog", meta={"n": 2**70, "deep": deep, "small": 2**63})))
    assert found.lost == ["metadata", "metadata"]
    assert docs_in(found.files["train.spacy"])[0].user_data["meta"] == {"title": "A", "small": 2**63}


def test_links_are_kb_ids() -> None:
    doc = doc_of(visit())
    assert [ent.kb_id_ for ent in doc.ents] == ["", "", "Q585", ""]
    assert [span.kb_id_ for span in doc.spans["sc"]] == ["", "", "Q585", ""]


def test_document_labels_are_cats_and_those_that_are_not_are_zero_where_somebody_looked() -> None:
    assert doc_of(visit(labels=("trade",)), schema=LABELLED).cats == {"trade": 1.0, "sport": 0.0}
    open_ = visit(status="open", complete=(), labels=("trade",))
    assert doc_of(open_, schema=LABELLED).cats == {"trade": 1.0}


def test_overlapping_entities_are_all_spans_and_the_longest_are_ents() -> None:
    text = "Bergen Harbour Trust"
    found = written(
        document(
            text,
            words(text, "1", "GPE", "Bergen"),
            words(text, "2", "ORG", text),
            words(text, "3", "ORG", "Trust"),
        )
    )
    (doc,) = docs_in(found.files["train.spacy"])
    assert [ent.text for ent in doc.ents] == [text]
    assert {(span.text, span.label_) for span in doc.spans["sc"]} == {
        (text, "ORG"),
        ("Bergen", "GPE"),
        ("Trust", "ORG"),
    }
    assert found.lost == ["overlap", "overlap"]
    assert "only among doc.spans" in found.losses[0].what


def test_what_spacy_has_no_place_for_is_named() -> None:
    text = "Xi met Ana."
    of = document(
        text,
        words(text, "1", "PERSON", "Xi", note="who?", attributes={"a": 1}, link="Q1"),
        words(text, "2", "PERSON", "Ana", cluster="c"),
        labels=("trade",),
    )
    assert written(of).lost == ["attributes", "notes", "clusters"]


# -- missing is not outside


def test_a_settled_article_says_of_every_token_that_it_is_outside() -> None:
    assert set(tags(doc_of(document("Fog over Oslo."))).values()) == {"O"}


def test_of_an_open_article_only_its_entities_are_known() -> None:
    doc = doc_of(visit(status="open", complete=()))
    marks = tags(doc)
    assert (marks["Ana"], marks["met"], marks["."]) == ("B", "", "")
    assert trained_on(doc)["met"] is None
    assert trained_on(doc)["Wei"] == "L-PERSON"


def test_an_article_settled_for_relations_alone_says_nothing_of_what_is_outside() -> None:
    assert tags(doc_of(visit(complete=("relations",))))["met"] == ""
    assert tags(doc_of(visit(complete=("entities",))))["met"] == "O"


def test_a_suggestion_that_was_left_undecided_is_missing() -> None:
    spans = words(VISIT, "", "ORG", "Ruiz", 2).spans
    doc = doc_of(visit(pending=(offered(about_entity(spans, "ORG"), "model:m@1"),)))
    assert [token.ent_iob_ for token in doc if token.text in ("Ruiz", "leads")] == ["I", "", "O"]


def test_what_of_an_entity_is_not_in_ents_is_missing_not_outside() -> None:
    text = "New York Times Square is loud"
    of = document(text, words(text, "1", "ORG", "New York Times"), words(text, "2", "GPE", "Times Square"))
    assert tags(doc_of(of)) == {"New": "B", "York": "I", "Times": "I", "Square": "", "is": "O", "loud": "O"}
    pieces = document("North and South Korea", entity("North and South Korea", "1", "GPE", (0, 5), (16, 21)))
    assert tags(doc_of(pieces, pieces="drop")) == {"North": "", "and": "O", "South": "O", "Korea": ""}
    assert tags(doc_of(pieces)) == {"North": "B", "and": "I", "South": "I", "Korea": "I"}


def test_an_entity_within_a_token_is_exact_in_the_file_and_unknown_in_training() -> None:
    text = "A U.S.-led group"
    found = written(document(text, words(text, "1", "GPE", "U.S.")))
    (doc,) = docs_in(found.files["train.spacy"])
    assert [(ent.text, ent.start_char) for ent in doc.ents] == [("U.S.", 2)]
    assert trained_on(doc) == {"A": "O", "U.S.-led": None, "group": "O"}
    assert b"which training passes over: 1\n" in found.files["ner.cfg"]
    assert found.losses == []


def test_an_article_that_nobody_looked_at_is_left_out_and_named() -> None:
    untouched = document("Fog", annotator=None, layer="", status="open", complete=())
    found = written(untouched, visit())
    assert len(docs_in(found.files["train.spacy"])) == 1
    assert [(loss.kind, loss.what) for loss in found.losses] == [
        ("article", "nobody has looked at it: left out")
    ]


def test_an_article_too_long_for_training_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    long = document("word " * 200_001)
    found = written(long, visit())
    assert found.lost == ["article"]
    assert "1,000,005 characters" in found.losses[0].what


# -- negatives


def test_what_was_rejected_is_among_the_incorrect_spans() -> None:
    rows = (
        rejected(VISIT, "ORG", "Ruiz", "changed"),
        rejected(VISIT, "GPE", "Trams"),
        rejected(VISIT, "GPE", "Wei", "superseded"),
        rejected(VISIT, "PERSON", "Li Wei"),
    )
    doc = doc_of(visit(rejected=rows))
    assert [(s.text, s.label_) for s in doc.spans["incorrect_spans"]] == [("Ruiz", "ORG"), ("Trams", "GPE")]
    assert "incorrect_spans" not in doc_of(visit()).spans


def test_a_rejected_suggestion_in_pieces_is_named() -> None:
    row = dismissed(about_entity(((0, 3), (9, 12)), "ORG"), "model:m@1", "rejected")
    found = written(visit(rejected=(row,)))
    assert found.lost == ["rejected"]
    assert "incorrect_spans" not in docs_in(found.files["train.spacy"])[0].spans


def test_an_article_with_rejected_suggestions_alone_teaches_the_recogniser() -> None:
    text = "Apple growers"
    doc = doc_of(document(text, status="open", complete=(), rejected=(rejected(text, "ORG", "Apple"),)))
    assert tags(doc) == {"Apple": "", "growers": ""}
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("ner", config={"incorrect_spans_key": "incorrect_spans"})
    ner.add_label("ORG")
    nlp.initialize()
    example = Example(nlp.make_doc(text), doc)
    losses = nlp.update([example])
    assert losses["ner"] > 0


def test_no_rejected_span_says_the_same_as_an_entity() -> None:
    """Training refuses a file with one (E868)."""
    text = "North and South Korea"
    hull = entity(text, "1", "GPE", (0, 5), (16, 21))
    doc = doc_of(document(text, hull, rejected=(rejected(text, "GPE", text),)))
    assert "incorrect_spans" not in doc.spans


# -- relations


def rel(of: Document, **how: Any) -> Any:
    return doc_of(of, **how).user_data.get(RELATIONS)


def test_relations_are_where_the_convention_looks_for_them() -> None:
    Doc.set_extension("rel", default={}, force=True)
    try:
        assert doc_of(visit())._.rel[(0, 10)]["LEADS"] == 1.0
    finally:
        Doc.remove_extension("rel")


def test_a_settled_article_has_every_ordered_pair_with_every_label() -> None:
    found = rel(visit())
    firsts = [0, 3, 6, 10]
    assert list(found) == [(head, tail) for head in firsts for tail in firsts]
    assert all(set(labels) == {"LEADS", "MET", "KNOWS"} for labels in found.values())
    true = {
        (pair, label) for pair, labels in found.items() for label, value in labels.items() if value == 1.0
    }
    assert true == {((0, 3), "MET"), ((3, 0), "MET"), ((0, 10), "LEADS")}
    assert {value for labels in found.values() for value in labels.values()} == {0.0, 1.0}


def test_elsewhere_only_what_was_said_is_there() -> None:
    ana, tram, oslo = (((0, 8),), "PERSON"), (((40, 50),), "ORG"), (((23, 27),), "GPE")
    no = dismissed(about_relation("KNOWS", oslo, tram), "model:m@1", "rejected")
    changed = dismissed(about_relation("KNOWS", ana, tram), "model:m@1", "changed")
    gone = dismissed(about_relation("KNOWS", ana, (((0, 3),), "ORG")), "model:m@1", "rejected")
    found = rel(visit(complete=("entities",), rejected=(no, changed, gone)))
    assert found == {
        (0, 3): {"MET": 1.0},
        (0, 10): {"KNOWS": 0.0, "LEADS": 1.0},
        (3, 0): {"MET": 1.0},
        (6, 10): {"KNOWS": 0.0},
    }


def test_a_relation_left_undecided_is_neither_there_nor_not() -> None:
    li, oslo = (((13, 19),), "PERSON"), (((23, 27),), "GPE")
    found = rel(visit(pending=(offered(about_relation("LEADS", li, oslo), "model:m@1"),)))
    assert found[3, 6] == {"KNOWS": 0.0, "MET": 0.0}


def test_a_relation_of_an_entity_that_is_not_in_ents_is_named() -> None:
    text = "Bergen Harbour Trust met Ana"
    of = document(
        text,
        words(text, "1", "GPE", "Bergen"),
        words(text, "2", "ORG", "Bergen Harbour Trust"),
        words(text, "3", "PERSON", "Ana"),
        relations=(Relation("r", "KNOWS", "3", "1"),),
    )
    found = written(of)
    assert found.lost == ["overlap", "relation"]


def test_without_relations_in_the_project_there_are_no_pairs() -> None:
    assert rel(document("Fog"), schema=Schema(entities=SCHEMA.entities)) is None


def test_an_article_with_very_many_entities_has_only_near_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacy_docbin, "MOST_ENTITIES", 3)
    monkeypatch.setattr(spacy_docbin, "REACH", 6)
    found = rel(visit())
    assert (0, 6) in found and (6, 10) in found
    assert (3, 10) not in found
    assert found[0, 10] == {"LEADS": 1.0}


# -- the two sets


def numbered(count: int) -> list[Document]:
    texts = [f"{n}. Fog over Oslo." for n in range(count)]
    return [document(text, words(text, "1", "GPE", "Oslo")) for text in texts]


def sides(found: Written) -> dict[str, set[str]]:
    return {
        name.split(".")[0]: {doc.text for doc in docs_in(data)}
        for name, data in found.files.items()
        if name.endswith(".spacy")
    }


def test_an_article_is_on_the_same_side_whatever_else_is_exported() -> None:
    all_, some = sides(written(*numbered(60), dev=0.3)), sides(written(*numbered(60)[10:40][::-1], dev=0.3))
    assert some["dev"] <= all_["dev"] and some["train"] <= all_["train"]
    assert len(all_["dev"]) + len(all_["train"]) == 60


def test_a_larger_share_takes_articles_away_from_training_and_never_back() -> None:
    shares = [sides(written(*numbered(60), dev=share))["dev"] for share in (0.1, 0.3, 0.5)]
    assert shares[0] < shares[1] < shares[2]


def test_the_share_is_about_right() -> None:
    texts = [article(str(n)) for n in range(4000)]
    assert 0.18 < sum(for_dev(each, 0.2) for each in texts) / 4000 < 0.22


@pytest.mark.parametrize(
    ("dev", "says"),
    [
        (0.0001, "of 3 articles, none is left for the development set: settle more, make --dev larger"),
        (0.9999, "of 3 articles, none is left to train on: settle more, or make --dev smaller"),
    ],
)
def test_an_empty_set_is_an_error_that_says_what_to_do(dev: float, says: str) -> None:
    with pytest.raises(PostilError, match=says):
        written(*numbered(3), dev=dev)


def test_nothing_to_train_on_is_an_error() -> None:
    with pytest.raises(PostilError, match="nothing to train on: settle some articles"):
        written()


def test_without_a_share_there_is_one_set() -> None:
    found = written(*numbered(3))
    assert sorted(found.files) == ["ner.cfg", "train.spacy"]
    assert b"\ndev = null\n" in found.files["ner.cfg"]


def test_a_large_set_is_a_folder_that_spacy_reads_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spacy_docbin, "FULL", 2000)
    found = written(*numbered(40), dev=0.05)
    shards = sorted(name for name in found.files if name.startswith("train/"))
    assert len(shards) > 2 and shards[0] == "train/0001.spacy"
    assert "dev.spacy" in found.files
    assert b'\ntrain = "train"\ndev = "dev.spacy"\n' in found.files["ner.cfg"]
    (tmp_path / "train").mkdir()
    for name in shards:
        (tmp_path / name).write_bytes(found.files[name])
    texts = [example.reference.text for example in Corpus(tmp_path / "train")(ENGLISH)]
    assert texts == [each.article.text for each in numbered(40) if not for_dev(each.article, 0.05)]


# -- the configs


def test_spancat_may_find_entities_as_long_as_those_that_there_are() -> None:
    text = "The Bergen Harbour Trust of Norway in Bergen"
    of = document(
        text, words(text, "1", "ORG", "Bergen Harbour Trust of Norway"), words(text, "2", "GPE", "Norway")
    )
    assert b"\nsizes = [1, 5]\n" in written(of).files["spancat.cfg"]


def test_spancat_is_offered_only_where_entities_overlap_and_every_article_is_settled() -> None:
    assert "spancat.cfg" not in written(visit()).files
    assert "spancat.cfg" in written(visit(), hardest()).files
    assert "spancat.cfg" not in written(visit(status="open", complete=()), hardest()).files


def test_a_language_that_spacy_does_not_know_is_refused() -> None:
    with pytest.raises(PostilError, match="no tokenizer for the language qq"):
        written(visit(), language="qq")


def people(count: int) -> list[Document]:
    """Made-up news in which names overlap and something was rejected."""
    found = []
    for n in range(count):
        who, firm = ("Ana Ruiz", "Li Wei")[n % 2], ("Bergen Harbour Trust", "Oslo Tram Line One")[n % 3 > 1]
        text = (
            f"{n}. On day {n} {who} left {firm} for good. Nobody else in {firm} did. A U.S.-led group came."
        )
        marks = (
            words(text, "1", "PERSON", who),
            words(text, "2", "ORG", firm),
            words(text, "3", "ORG", firm, 2),
            words(text, "4", "GPE", firm.split()[0]),
            words(text, "5", "GPE", "U.S."),
        )
        found.append(document(text, *marks, rejected=(rejected(text, "PERSON", "Nobody"),)))
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    for name, data in written(*people(24), dev=0.3).files.items():
        (folder / name).write_bytes(data)
    return folder


def train(folder: Path, cwd: Path, *more: str) -> spacy.Language:
    command = [sys.executable, "-m", "spacy", "train", *more, "--training.max_epochs", "2"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return spacy.load(folder)


def test_spacy_trains_an_entity_recogniser_in_the_folder_as_it_is(exported: Path, tmp_path: Path) -> None:
    nlp = train(tmp_path / "model-last", exported, "ner.cfg", "--output", str(tmp_path))
    assert nlp.get_pipe("ner").labels == ("GPE", "ORG", "PERSON")
    assert nlp.get_pipe("ner").cfg["incorrect_spans_key"] == "incorrect_spans"


def test_spacy_trains_a_span_categoriser_from_elsewhere(exported: Path, tmp_path: Path) -> None:
    paths = [f"--paths.{name}={exported / name}.spacy" for name in ("train", "dev")]
    nlp = train(tmp_path / "model-last", tmp_path, str(exported / "spancat.cfg"), "--output", ".", *paths)
    assert set(nlp.get_pipe("spancat").labels) == {"GPE", "ORG", "PERSON"}
    assert nlp.config["components"]["spancat"]["suggester"]["sizes"] == [1, 2, 3, 4]


# -- round trips


def read(data: bytes, **how: Any) -> list[Incoming]:
    return interchange.taken(interchange.read(FORMAT, data, "x.spacy", **how))


def again(found: Written) -> list[Incoming]:
    return read(found.files["train.spacy"])


def test_what_is_written_is_read_as_it_was() -> None:
    of = visit(
        rejected=(rejected(VISIT, "ORG", "Ruiz"),),
        labels=("trade",),
        article=article(VISIT, date="2022-11-25", meta={"id": "ap-7", "by": [1, None]}),
    )
    (back,) = again(written(of))
    assert (back.text, back.source, back.title, back.date) == (VISIT, "seeds/a.txt", "A", "2022-11-25")
    assert back.meta == {"id": "ap-7", "by": [1, None]}
    found = back.document
    assert found is not None
    assert (found.annotator, found.status, found.complete) == ("ana", "done", ("entities", "relations"))
    assert values(found.entities) == values(of.entities)
    assert links(found.entities, found.relations) == links(of.entities, of.relations)
    assert [e.link for e in found.entities] == [None, None, "Q585", None]
    assert found.labels == ("trade",)
    assert [(d.about, d.verdict) for d in found.decisions] == [(about_entity(((4, 8),), "ORG"), "rejected")]
    assert back.warnings == ()


@settings(deadline=None)
@given(interchange.documents())
def test_all_comes_back_or_is_named(of: Document) -> None:
    check_round_trip(of, "xx")


@settings(deadline=None, max_examples=20)
@given(interchange.documents())
def test_all_comes_back_or_is_named_in_english_tokens_too(of: Document) -> None:
    check_round_trip(of, "en")


def check_round_trip(of: Document, language: str) -> None:
    found = written(of, language=language)
    (back,) = again(found)
    assert back.text == of.article.text and back.warnings == () and back.document is not None
    hulls = [e._replace(fragments=()) for e in of.entities]
    assert values(back.document.entities) == values(hulls)
    if len({e.value for e in hulls}) < len(hulls) or any(e.fragments for e in of.entities):
        assert {"discontinuous", "overlap"} & set(found.lost)
    got, want = links(back.document.entities, back.document.relations), links(hulls, of.relations)
    assert len(want - got) <= found.lost.count("relation")
    assert got <= want


@settings(deadline=None, max_examples=50)
@given(interchange.documents(pieces=False))
def test_every_entity_that_is_not_in_ents_is_named(of: Document) -> None:
    found = written(of, language="xx")
    (doc,) = docs_in(found.files["train.spacy"])
    assert len(of.entities) == len(doc.spans["sc"]) == len(doc.ents) + found.lost.count("overlap")
    inside = {i for e in of.entities for i in range(e.start, e.end)}
    outside = [token for token in doc if token.ent_iob_ == "O"]
    assert not any(token.idx + i in inside for token in outside for i in range(len(token)))


@given(interchange.texts, st.data())
@settings(deadline=None, max_examples=50)
def test_what_was_rejected_comes_back_at_its_place(text: str, data: st.DataObject) -> None:
    spans = data.draw(interchange.spans_of(text, 2))
    rows = (dismissed(about_entity(spans, "ORG"), "model:m@1", "rejected"),) if spans else ()
    (back,) = again(written(document(text, rejected=rows), language="xx"))
    assert back.document is not None
    assert [d.about for d in back.document.decisions] == [about_entity(spans, "ORG")] * bool(spans)


# -- other people's files


def made(*docs: Doc, **how: Any) -> bytes:
    return DocBin(store_user_data=True, docs=docs, **how).to_bytes()


def plain(text: str = "Ana met Li in Oslo", **user_data: Any) -> Doc:
    doc = ENGLISH.make_doc(text)
    doc.user_data.update(user_data)
    return doc


def one(doc: Doc, **how: Any) -> Incoming:
    (found,) = read(made(doc), **how)
    return found


def test_a_document_without_annotations_is_an_article_alone() -> None:
    found = one(plain())
    assert found.document is None
    assert found.source == "x.spacy, document 1"


def test_a_document_that_was_looked_at_and_has_nothing_is_annotated() -> None:
    doc = plain()
    doc.set_ents([])
    found = one(doc).document
    assert found is not None and found.entities == () and found.status is None and found.complete == ()


def test_ents_and_spans_are_entities_and_equal_ones_are_one() -> None:
    doc = plain()
    doc.ents = [Span(doc, 0, 1, label="PERSON", kb_id="Q1")]
    doc.spans["sc"] = [Span(doc, 0, 1, label="PERSON"), Span(doc, 0, 3, label="GROUP")]
    found = one(doc).document
    assert found is not None
    assert [(e.text, e.label, e.link) for e in found.entities] == [
        ("Ana", "PERSON", "Q1"),
        ("Ana met Li", "GROUP", None),
    ]
    assert not found.suggested


def test_what_spancat_found_is_a_suggestion_with_its_score() -> None:
    doc = plain()
    doc.spans["sc"] = [Span(doc, 0, 1, label="PERSON")]
    doc.spans["sc"].attrs["scores"] = numpy.asarray([0.75], dtype="float32")
    found = one(doc).document
    assert found is not None and found.suggested
    assert [e.score for e in found.entities] == [0.75]


def test_other_groups_and_extensions_are_named() -> None:
    doc = plain(**{"id": 7})
    doc.spans["ruler"] = [Span(doc, 0, 1, label="PERSON")]
    doc.user_data["._.", "mood", None, None] = 1
    found = one(doc)
    assert found.document is None
    assert found.meta == {"id": 7}
    assert found.warnings == (
        "x.spacy, document 1: of doc.spans only sc and incorrect_spans are read, not ruler",
        "x.spacy, document 1: of doc._ only rel is read, not mood",
    )


def test_metadata_are_kept_and_what_json_has_not_is_named() -> None:
    doc = plain(
        source="ap", title="Visit", date="2022-11-25", n=(1, 2), nan=float("nan"), data=b"x", status="new"
    )
    found = one(doc)
    assert (found.source, found.title, found.date) == ("ap", "Visit", "2022-11-25")
    assert found.meta == {"n": [1, 2], "status": "new"}
    assert len(found.warnings) == 2
    assert found.document is None


def test_blocked_spans_and_those_without_label_are_no_entities() -> None:
    doc = plain()
    doc.set_ents([], blocked=[doc[0:1]])
    doc.spans["sc"] = [Span(doc, 2, 3), Span(doc, 5, 5, label="ORG")]
    found = one(doc)
    assert found.document is not None and found.document.entities == ()
    assert [warning.split(": ", 1)[1] for warning in found.warnings] == [
        "a span at token 2 has no label: left out",
        "a span at token 5 has no text: left out",
        "tokens that are blocked, so that no entity may hold them, taken to be outside of entities: 1",
    ]


def state(*docs: Doc, **how: Any) -> list[str | None]:
    """The status of each article."""
    found = [each.document for each in read(made(*docs), **how)]
    return [each and each.status for each in found]


def test_an_article_with_missing_tokens_stays_open_and_that_is_said() -> None:
    doc, settled = plain(), plain()
    doc.set_ents([Span(doc, 2, 3, label="PERSON")], default="missing")
    settled.set_ents([Span(settled, 2, 3, label="PERSON")])
    assert state(doc, settled) == ["open", None]
    says = "tokens of which it is not said whether an entity holds them (missing), so that their articles stay open: 8"
    assert read(made(doc, settled, doc))[-1].warnings == (f"x.spacy, document 1: {says}",)


def test_a_document_with_labels_or_rejected_spans_alone_says_nothing_of_its_tokens() -> None:
    labelled, rejecting = plain(), plain()
    labelled.cats = {"trade": 1.0}
    rejecting.spans["incorrect_spans"] = [Span(rejecting, 0, 1, label="ORG")]
    assert state(labelled, rejecting) == ["open", "open"]
    assert state(labelled, schema=replace(SCHEMA, complete=("relations",))) == [None]


def test_spans_without_ents_are_all_that_there_is() -> None:
    doc = plain()
    doc.spans["sc"] = [Span(doc, 0, 1, label="PERSON")]
    assert state(doc) == [None]


def test_missing_tokens_of_white_space_keep_no_article_open() -> None:
    doc = plain("Ana \n met")
    doc.set_ents([], outside=[doc[0:1], doc[2:3]], default="missing")
    assert state(doc) == [None]


@given(st.lists(st.sampled_from(["O", "-", "U-ORG"]), min_size=1, max_size=6))
def test_no_import_makes_a_missing_token_an_outside_one(marks: list[str]) -> None:
    doc = Doc(ENGLISH.vocab, words=["Oslo"] * len(marks), spaces=[True] * len(marks))
    spans = [Span(doc, i, i + 1, label="ORG") for i, mark in enumerate(marks) if mark == "U-ORG"]
    outside = [doc[i : i + 1] for i, mark in enumerate(marks) if mark == "O"]
    doc.set_ents(spans, outside=outside, default="missing")
    (status,) = state(doc)
    said = set(marks) != {"-"}  # a document without any mark is an article alone
    assert status == ("open" if "-" in marks and said else None)


def test_white_space_at_the_edges_of_an_entity_is_taken_off_and_named() -> None:
    doc = plain("Ana \n met  Li")
    doc.ents = [Span(doc, 0, 2, label="PERSON")]
    doc.spans["sc"] = [Span(doc, 1, 2, label="PERSON")]
    found = one(doc)
    assert found.document is not None
    assert [(e.start, e.end) for e in found.document.entities] == [(0, 3)]
    assert [warning.split(": ", 1)[1] for warning in found.warnings] == [
        "PERSON at 0 has white space at its edges: taken without it",
        "a span at token 1 has no text: left out",
    ]


def test_words_without_known_spaces_are_joined_and_that_is_named() -> None:
    doc = Doc(ENGLISH.vocab, words=["Ana", "left", "."])
    doc.ents = [Span(doc, 0, 1, label="PERSON")]
    found = one(doc)
    assert found.text.split() == ["Ana", "left", "."]
    assert "does not know which words had spaces" in found.warnings[0]


def test_the_rejected_are_decisions_and_what_is_an_entity_too_is_not_rejected() -> None:
    doc = plain()
    doc.set_ents([Span(doc, 0, 1, label="PERSON")], default="missing")
    doc.spans["incorrect_spans"] = [Span(doc, 0, 1, label="PERSON"), Span(doc, 2, 3, label="ORG")]
    found = one(doc)
    assert found.document is not None
    assert [d.about for d in found.document.decisions] == [about_entity(((8, 10),), "ORG")]
    assert found.document.decisions[0].sources == ("import:spacy",)
    assert "is among incorrect_spans too: taken for an entity" in found.warnings[0]


def test_cats_from_a_half_are_document_labels() -> None:
    doc = plain()
    doc.cats = {"trade": 0.5, "sport": 0.49, "art": 1.0}
    found = one(doc).document
    assert found is not None and found.labels == ("art", "trade")


def related(pairs: Any, nested: bool = False) -> Doc:
    doc = plain()
    doc.ents = [
        Span(doc, 0, 1, label="PERSON"),
        Span(doc, 2, 3, label="PERSON"),
        Span(doc, 4, 5, label="GPE"),
    ]
    if nested:
        doc.ents = doc.ents[1:]
        doc.spans["sc"] = [Span(doc, 0, 1, label="PERSON"), Span(doc, 0, 2, label="ORG")]
    doc.user_data[RELATIONS] = pairs
    return doc


def arrows(found: Incoming) -> list[tuple[str, str, str]]:
    assert found.document is not None
    named = {e.id: e.text for e in found.document.entities}
    return [(r.label, named[r.head], named[r.tail]) for r in found.document.relations]


def test_pairs_from_a_half_are_relations_and_symmetric_ones_are_one() -> None:
    pairs = {(0, 2): {"MET": 1.0, "LEADS": 0.0}, (2, 0): {"MET": 1.0, "LEADS": 0.6}, (0, 4): {"LEADS": 0.49}}
    found = one(related(pairs))
    assert arrows(found) == [("LEADS", "Li", "Ana"), ("MET", "Ana", "Li")]
    assert found.document is not None and [r.score for r in found.document.relations] == [0.6, None]


def test_both_directions_of_a_relation_that_is_not_symmetric_are_two() -> None:
    found = one(related({(0, 2): {"KNOWS": 1.0}, (2, 0): {"KNOWS": 1.0}}))
    assert arrows(found) == [("KNOWS", "Ana", "Li"), ("KNOWS", "Li", "Ana")]


def test_a_pair_without_an_entity_and_one_with_itself_are_left_out_and_named() -> None:
    found = one(related({(0, 1): {"KNOWS": 1.0}, (2, 2): {"KNOWS": 1.0}, (4, 4): {"KNOWS": 0.0}}))
    assert arrows(found) == []
    assert [warning.split(": ", 1)[1] for warning in found.warnings] == [
        "KNOWS has an end at token 1, where no entity begins: left out",
        "KNOWS goes from PERSON “Li” at 8 to itself: left out",
    ]


def test_what_both_directions_of_a_relation_have_to_say_is_said_once() -> None:
    found = one(related({(0, 1): {"MET": 1.0}, (1, 0): {"MET": 1.0}}))
    assert found.warnings == (
        "x.spacy, document 1: MET has an end at token 1, where no entity begins: left out",
    )


def test_where_several_entities_begin_the_first_is_taken_and_that_is_named() -> None:
    found = one(related({(0, 2): {"KNOWS": 1.0}}, nested=True))
    assert arrows(found) == [("KNOWS", "Ana", "Li")]
    assert "where several entities begin" in found.warnings[0]


@pytest.mark.parametrize(
    "pairs",
    [
        ["a"],
        {"a": {"KNOWS": 1.0}},
        {(0, 2): 1.0},
        {(0, 2): {"KNOWS": "yes"}},
        {(0, 2): {"KNOWS": float("nan")}},
    ],
)
def test_relations_of_another_shape_are_refused(pairs: Any) -> None:
    (said,) = interchange.refusals(interchange.read(FORMAT, made(related(pairs)), "x.spacy"))
    assert said.startswith("x.spacy, document 1: doc._.rel must")


# -- damaged files


def refused(data: bytes) -> str:
    (said,) = interchange.refusals(interchange.read(FORMAT, data, "x.spacy"))
    return said


def test_what_is_no_docbin_is_refused() -> None:
    assert refused(b"PK\x03\x04") == "x.spacy, document 1: this is no DocBin: it is not packed as one"
    assert "no DocBin of spaCy 3" in refused(zlib.compress(b"\x81\xa1a\x01"))
    assert "no DocBin of spaCy 3" in refused(zlib.compress(srsly.msgpack_dumps([1])))
    assert "is empty" in refused(made())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(share: float) -> None:
    data = made(plain())
    assert refused(data[: int(len(data) * share)]).endswith("the file is damaged or cut off")


def test_a_file_that_unpacks_to_very_much_is_refused_and_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacy_docbin, "LARGEST", 10_000_000)
    assert "unpacks to more than 10,000,000 bytes" in refused(zlib.compress(bytes(20_000_000)))


def test_a_bad_document_does_not_keep_the_good_ones_away() -> None:
    bin_ = DocBin(store_user_data=True, docs=[plain("One."), plain("Two."), plain("Three.")])
    bin_.user_data[1] = b"\xc1"
    found = interchange.read(FORMAT, bin_.to_bytes(), "x.spacy")
    assert [each.text for each in found if isinstance(each, Incoming)] == ["One.", "Three."]
    assert interchange.refusals(found)[0].startswith(
        "x.spacy, document 2: spaCy cannot make a document of it"
    )


def test_spans_outside_of_the_tokens_and_tags_that_do_not_fit_are_refused() -> None:
    doc = plain()
    doc.spans["sc"] = [Span(doc, 0, 1, label="PERSON")]
    bin_ = DocBin(docs=[doc])
    group = srsly.msgpack_loads(doc.spans["sc"].to_bytes())
    group["spans"] = [struct.pack(">QQQllll", 0, 0, ENGLISH.vocab.strings["PERSON"], 90, 99, 0, 3)]
    bin_.span_groups[0] = srsly.msgpack_dumps({srsly.msgpack_dumps(group): ["sc"]})
    assert "its entities or labels do not fit it" in refused(bin_.to_bytes())


SOUND = zlib.decompress((GOLDEN / "dev.spacy").read_bytes())


@given(
    st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 20),
)
@settings(deadline=None, max_examples=300)
def test_no_damage_is_more_than_a_refusal(changes: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(SOUND)
    for place, byte in changes:
        damaged[place] = byte
    del damaged[changes[0][0] : changes[0][0] + cut]
    for each in interchange.read(FORMAT, zlib.compress(damaged), "x.spacy"):
        assert isinstance(each, Incoming) or str(each).startswith("x.spacy")


# -- detection, and the way through a project


def test_a_docbin_is_told_by_its_name_and_by_its_bytes() -> None:
    assert FORMAT.recognises(Head("train.spacy", b""))
    assert FORMAT.recognises(Head("data.bin", made(plain())))
    assert registry.detected(interchange.source(made(plain()), "data.bin")) is FORMAT
    for other in (zlib.compress(b"hello"), b"x\x9c", b"Fog over Oslo", b""):
        assert not FORMAT.recognises(Head("data.bin", other))


def test_the_language_is_that_of_the_pipeline_or_of_its_name() -> None:
    assert language("en_core_web_sm") == "en"
    assert language("de_not_installed") == "de"
    assert language("./somewhere") == "xx"


def test_an_export_is_taken_in_by_another_project_as_a_persons_work(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = Project(tmp_path / "a"), Project(tmp_path / "b")
    first.sit(first.visit()).session.done("accept")
    run = CliRunner()
    out = str(tmp_path / "training")
    done = run.invoke(
        cli.export, ["-p", str(first.folder), "-f", "spacy", "--dev", "0", "-o", out, "--as", "ana"]
    )
    assert done.exit_code == 0, done.output
    path = str(tmp_path / "training" / "train.spacy")
    done = run.invoke(cli.import_, ["-p", str(second.folder), path, "--as", "bo"])
    assert done.exit_code == 0, done.output
    store, theirs = second.store, second.store.layer("person", "bo")
    mine = first.store.layer("person", "ana")
    assert values(store.entities(1, theirs.id)) == values(first.store.entities(1, mine.id))
    assert store.progress(1, theirs.id).status == "done"
    assert store.article(1).text == first.store.article(1).text
    first.close()
    second.close()


def test_one_export_counts_what_it_writes() -> None:
    labels = Counter(
        ent.label_ for doc in docs_in(written(*people(5)).files["train.spacy"]) for ent in doc.ents
    )
    assert labels == {"PERSON": 5, "ORG": 10, "GPE": 5}
