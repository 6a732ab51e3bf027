"""A config.yaml proposed from files: it loads, and what the files hold is legal under it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from annotations import cli
from annotations.config import Config, load
from annotations.documents import Document, Incoming, IncomingAnnotations
from annotations.errors import BadFile, PostilError
from annotations.formats.brat_conf import schema_of
from annotations.model import Layer, Relation
from annotations.proposing import Proposal
from annotations.state import ArticleState, conflict
from tests import interchange
from tests.interchange import document, entity, words


def proposal(*documents: Document) -> Proposal:
    found = Proposal()
    found.take(
        Incoming(
            d.article.text,
            "a",
            "A",
            document=IncomingAnnotations(None, None, d.entities, d.relations, labels=d.labels),
        )
        for d in documents
    )
    return found


def loaded(folder: Path, found: Proposal) -> Config:
    (folder / "config.yaml").write_text(found.config("Proposed"), encoding="utf-8")
    return load(folder / "config.yaml")


def test_labels_are_in_the_order_of_their_number_and_have_keys_and_colours(tmp_path: Path) -> None:
    text = "Xi met Ana in Oslo"
    found = proposal(
        document(
            text, words(text, "1", "PERSON", "Xi"), words(text, "2", "PERSON", "Ana"), labels=("trade",)
        ),
        document(text, words(text, "1", "GPE", "Oslo")),
    )
    config = loaded(tmp_path, found)
    assert [(e.name, e.keys) for e in config.schema.entities] == [("PERSON", ("1",)), ("GPE", ("2",))]
    assert all(e.color for e in config.schema.entities)
    assert (config.name, config.schema.labels, config.schema.overlap) == ("Proposed", ("trade",), "none")


def test_relations_may_join_what_they_join_in_the_files(tmp_path: Path) -> None:
    config = loaded(tmp_path, proposal(interchange.hardest()))
    leads = config.schema.relation("LEADS")
    assert (leads.head, leads.tail) == ({"PERSON"}, {"GPE"})


@pytest.mark.parametrize(
    "label", ["NO", "on", "012", "1e3", "null", "a: b", "#x", "é", "'", "~", "2022-11-25"]
)
def test_any_label_comes_through_yaml_as_it_is(tmp_path: Path, label: str) -> None:
    config = loaded(tmp_path, proposal(document("Xi", words("Xi", "1", label, "Xi"))))
    assert [e.name for e in config.schema.entities] == [label]


@pytest.mark.parametrize(
    ("spans", "policy"),
    [
        ([(0, 2), (3, 5)], "none"),
        ([(0, 5), (3, 5)], "nested"),
        ([(0, 4), (2, 6)], "crossing"),
        ([(0, 2), (0, 2)], "crossing"),
    ],
)
def test_the_overlap_policy_is_the_least_that_allows_them_all(
    spans: list[tuple[int, int]], policy: str
) -> None:
    found = [entity("Xi Ruiz", str(n), "AB"[n], span) for n, span in enumerate(spans)]
    assert proposal(document("Xi Ruiz", *found)).overlap == policy


@given(st.lists(interchange.documents(), min_size=1, max_size=3))
def test_all_that_the_files_hold_is_legal_under_what_is_proposed(documents: list[Document]) -> None:
    found = proposal(*documents)
    if not found.entities:
        with pytest.raises(PostilError, match="no annotations were found"):
            found.config("x")
        return
    with tempfile.TemporaryDirectory() as folder:
        schema = loaded(Path(folder), found).schema
    for each in documents:
        state = ArticleState(
            each.article, Layer(1, "u", "person", "ana"), schema, each.entities, each.relations
        )
        assert not state.problems
        values = [e.value for e in each.entities]
        assert not any(conflict(schema.overlap, a, b) for i, a in enumerate(values) for b in values[:i])


def test_what_cannot_be_read_is_noted_and_named_where_nothing_was_found() -> None:
    found = Proposal()
    found.take([BadFile("a.jsonl, line 1: no")])
    assert found.refused == ["a.jsonl, line 1: no"]
    with pytest.raises(PostilError, match=r"no labels to propose: a\.jsonl, line 1: no"):
        found.config("x")


def test_a_label_that_no_config_may_have_is_named_and_left_out(tmp_path: Path) -> None:
    text = "Xi met Ana"
    ends = words(text, "1", "PERSON", "Xi"), words(text, "2", "A\u2028B", "Ana")
    found = proposal(document(text, *ends, relations=(Relation("3", "MET", "1", "2"),)))
    assert [e.name for e in loaded(tmp_path, found).schema.entities] == ["PERSON"]
    says, endless = found.refused
    assert "holds a control character" in says
    assert endless == "the relation 'MET' is not proposed: labels that it joins are not"


@pytest.mark.parametrize("label", [" lead", "lead ", "\u00a0lead", "a\nb", "a\tb", "a\u2029b", "\x7f"])
def test_a_label_that_the_check_refuses_is_named_and_left_out(tmp_path: Path, label: str) -> None:
    text = "Xi met Ana"
    ends = words(text, "1", "PERSON", "Xi"), words(text, "2", label, "Ana")
    related = Relation("3", "MET", "1", "2"), Relation("4", label, "1", "1")
    found = proposal(document(text, *ends, relations=related, labels=("trade", label)))
    schema = loaded(tmp_path, found).schema
    assert ([e.name for e in schema.entities], schema.relations, schema.labels) == (
        ["PERSON"],
        (),
        ("trade",),
    )
    says, _ = found.refused
    assert repr(label) in says and "is not proposed: rename it in the files" in says


odd_labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4) | st.sampled_from(
    [
        "<<",
        "=",
        "~",
        "no",
        "1",
        "- a",
        "a: b",
        "#",
        "? x",
        "\ufeff",
        "a\u200db",
        "&x",
        "*x",
        "!x",
        "%",
        "`",
        "👩‍👩‍👧",
    ]
)


@given(st.lists(odd_labels, min_size=3, max_size=6), st.text(max_size=4))
def test_whatever_labels_there_are_the_config_passes_the_check_and_the_rest_is_named(
    labels: list[str], name: str
) -> None:
    text = "Xi met Ana"
    ends = words(text, "1", labels[0], "Xi"), words(text, "2", labels[1], "Ana")
    found = proposal(
        document(text, *ends, relations=(Relation("3", labels[2], "1", "2"),), labels=tuple(labels))
    )
    named = {label for label in labels if any(f"the label {label!r} " in says for says in found.refused)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        try:
            path.write_text(found.config(name), encoding="utf-8")
        except PostilError:
            assert set(labels[:2]) <= named
            return
        schema = load(path).schema
    assert {kind.name for kind in schema.entities} == set(labels[:2]) - named
    assert set(schema.labels) == set(labels) - named
    assert schema.has_relation(labels[2]) == named.isdisjoint(labels[:3])


def test_more_labels_than_a_config_may_have_are_an_error_that_says_so() -> None:
    found = Proposal()
    found.entities.update(map(str, range(9000)))
    with pytest.raises(
        PostilError, match=r"too many labels for a config\.yaml, or too long ones: 9,000 of ent"
    ):
        found.config("x")


def test_what_brat_allows_is_proposed_too(tmp_path: Path) -> None:
    found = Proposal()
    found.take_conf(
        schema_of(
            "[entities]\nPerson\n!Places\n\tCity\n[relations]\nLives Arg1:Person, Arg2:City\n"
            "Kin Arg1:Person, Arg2:Person, <REL-TYPE>:symmetric\n[events]\n[attributes]\n"
        )
    )
    schema = loaded(tmp_path, found).schema
    assert [(e.name, e.group) for e in schema.entities] == [("City", "Places"), ("Person", "")]
    lives, kin = schema.relation("Lives"), schema.relation("Kin")
    assert (lives.head, lives.tail, kin.symmetric) == ({"Person"}, {"City"}, True)


def test_the_command_reads_files_and_the_configuration_beside_them(tmp_path: Path) -> None:
    (tmp_path / "annotation.conf").write_text(
        "[entities]\nPerson\nCity\n[relations]\n[events]\n[attributes]\n"
    )
    (tmp_path / "a.txt").write_text("Ana came.")
    (tmp_path / "a.ann").write_text("T1\tPerson 0 3\tAna\n")
    done = CliRunner().invoke(cli.schema, ["from", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (tmp_path / "config.yaml").write_text(done.stdout)
    assert [e.name for e in load(tmp_path / "config.yaml").schema.entities] == ["Person", "City"]
