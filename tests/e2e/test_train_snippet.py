"""The README's way into spaCy: what it shows runs as it stands, and what it makes can be trained on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from annotations import edits
from annotations.config import load
from annotations.session import Session
from annotations.starter import init_project
from annotations.store import Store

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

TEXT = "Nothing here.\n\nÅsa Öberg 🐘 met a U.S.-led group in Beijing.\n"
ENTITIES = [("Åsa Öberg", "PERSON"), ("U.S.", "GPE"), ("Beijing", "GPE")]
"""The second one ends within one of spaCy's tokens."""


def snippet() -> str:
    found = re.search(r"<!-- snippet -->\n```python\n(.*?)```\n<!-- /snippet -->", README, re.DOTALL)
    assert found
    return found[1]


def training_commands() -> list[list[str]]:
    lines = re.findall(r"^python (-m spacy .*)$", README, re.MULTILINE)
    return [[sys.executable, *line.split()] for line in lines]


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one article settled, exported as the README says, and what its snippet made of that."""
    folder = tmp_path_factory.mktemp("desk")
    init_project(folder)
    config = load(folder / "config.yaml")
    store = Store.open(config.database)
    text_id, _ = store.add_article(TEXT, "example.txt", "Example", None, {})
    store.add_article("Nobody has looked at Paris.", "open.txt", "Open", None, {})
    session = Session(store, config, "ana")
    session.open(text_id)
    for surface, label in ENTITIES:
        start = TEXT.index(surface)
        session.do(edits.add, start, start + len(surface), label)
    session.done("leave")
    store.close()
    export = "from tui.cli import main; main()"
    run(folder, sys.executable, "-c", export, "export", "--all", "-o", "train.jsonl")
    run(folder, sys.executable, "-c", snippet())
    return folder


@pytest.fixture
def docs(folder: Path) -> list[Doc]:
    return list(DocBin().from_disk(folder / "train.spacy").get_docs(spacy.blank("en").vocab))


def test_the_snippet_makes_a_document_of_each_article_that_was_looked_at(docs: list[Doc]) -> None:
    assert [doc.text for doc in docs] == [TEXT]


def test_every_entity_stands_where_it_was_marked(docs: list[Doc]) -> None:
    found = [(ent.text, ent.label_, ent.start_char) for ent in docs[0].ents]
    assert found == [(text, label, TEXT.index(text)) for text, label in ENTITIES if text != "U.S."]


def test_an_edge_inside_a_token_is_unknown_and_what_was_left_unmarked_is_not(docs: list[Doc]) -> None:
    marks = {token.text: token.ent_iob_ for token in docs[0]}
    assert marks["U.S.-led"] == ""
    assert marks["group"] == "O"


def test_spacy_trains_on_what_the_snippet_makes(folder: Path) -> None:
    (folder / "dev.spacy").write_bytes((folder / "train.spacy").read_bytes())
    configure, train = training_commands()
    run(folder, *configure)
    run(folder, *train, "--training.max_steps", "2", "--training.eval_frequency", "1")
    found = spacy.load(folder / "model" / "model-last").get_pipe("ner")
    assert set(found.labels) == {"PERSON", "GPE"}
