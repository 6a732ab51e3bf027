"""brat's `annotation.conf`: what is read of it, and what is written for brat to read."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.formats.brat import FORMAT
from annotations.formats.brat_conf import Conf, ConfRelation, Names, base_role, schema_of, storage_form
from annotations.schema import EntityType, RelationType, Schema
from tests import interchange
from tests.interchange import LABELS, SCHEMA

FULL = """# a project of ours
[entities]
!Agent
\tPerson
\tGroup
\t\tCompany|Firm
---
Place

[relations]
<POG>=Person|Group
Works_for\tEmployee:<POG>, Employer:Company
Alias\tArg1:Person, Arg2:Person, <REL-TYPE>:symmetric-transitive
Near\tArg1:Place, Arg2:Place, <REL-TYPE>:symmetric
Sees Arg2:<ENTITY>, Arg1:!Agent
Causes\tArg1:<EVENT>, Arg2:<ANY>
<OVERLAP>\tArg1:Person, Arg2:Group, <OVL-TYPE>:<ANY>
Equiv\tArg1:Person, Arg2:Person

[events]
Hire\tWho+:Person, By?:<POG>, Place{0-2}:Place, Cause*:<EVENT>

[attributes]
Negation\tArg:<EVENT>
Certainty\tArg:<ENTITY>, Value:Sure|Likely
"""


def relation(conf: Conf, name: str) -> ConfRelation:
    return next(each for each in conf.relations if each.name == name)


def test_types_come_from_entities_and_events_with_the_group_above_them() -> None:
    conf = schema_of(FULL)
    assert conf.entities == ("Person", "Group", "Company", "Place", "Hire")
    assert conf.groups == {"Person": "Agent", "Group": "Agent", "Company": "Group"}
    assert conf.attributes == {"Negation": (), "Certainty": ("Sure", "Likely")}
    assert conf.events == {"Hire": ("Who", "By", "Place", "Cause")}


def test_macros_hold_in_their_section_alone() -> None:
    conf = schema_of(FULL)
    works = relation(conf, "Works_for")
    assert works.head == {"Person", "Group"} and works.tail == {"Company"}
    assert conf.roles("Works_for") == ("Employee", "Employer")
    assert 'line 21: Hire names "<POG>", which is no type' in conf.notes


def test_groups_and_wildcards_stand_for_their_types() -> None:
    conf = schema_of(FULL)
    assert relation(conf, "Sees").head == {"Person", "Group", "Company"}
    assert relation(conf, "Sees").tail == {"Person", "Group", "Company", "Place"}
    assert relation(conf, "Causes").head == {"Hire"}
    assert relation(conf, "Causes").tail == set(conf.entities)


def test_symmetric_relations_are_said_and_transitive_ones_are_clusters() -> None:
    conf = schema_of(FULL)
    assert conf.symmetric == {"Near"}
    assert not {"Alias", "Equiv"} & {each.name for each in conf.relations}
    assert [note for note in conf.notes if "clusters" in note] == [
        "line 13: Alias says what is the same thing: clusters",
        "line 18: Equiv says what is the same thing: clusters",
    ]


def test_roles_of_events_are_relations_from_their_triggers() -> None:
    conf = schema_of(FULL)
    who = relation(conf, "Hire:Who")
    assert who.head == {"Hire"} and who.tail == {"Person"}
    assert relation(conf, "Hire:Cause").tail == {"Hire"}
    assert any(note.startswith("[events]: Hire are read as entities") for note in conf.notes)


def test_overlap_rules_are_passed_over_and_that_is_said() -> None:
    assert "line 17: <OVERLAP> rules are not read" in schema_of(FULL).notes


def test_a_relation_on_several_lines_may_join_what_each_of_them_says() -> None:
    conf = schema_of("[entities]\nA\nB\n[relations]\nR Arg1:A, Arg2:A\nR Arg1:B, Arg2:B\n")
    assert [each.head for each in conf.relations] == [{"A", "B"}]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("A\n[entities]\n", "line 1: what stands before the first section is not read"),
        ("[options]\nTokens tokenizer:x\n", "line 1: the section [options] is not read"),
        ("[relations]\nR Arg1:A, Arg2:B\n", 'line 2: R names "A", which is no type'),
        ("[relations]\nR Arg1:A, Arg2:B\n", "line 2: R can join nothing: an end has no known type"),
        ("[relations]\nR Arg1:A\n", "line 2: R must have two arguments, under different names"),
        ("[relations]\nR Arg1:A, Arg1:A\n", "line 2: R must have two arguments, under different names"),
        ("[relations]\nR Arg1 A\n", 'line 2: "Arg1 A" is no argument'),
        ("[entities]\n!\n", "line 2: it defines nothing"),
        ("[entities]\n|\n", "line 2: it defines nothing"),
        ("[entities]\nBig & Söft\n", "line 2"),
        ("[entities]\nGröße\n", 'line 2: "Größe" is called Groe in annotations'),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_line(lines: str, says: str) -> None:
    notes = schema_of(lines).notes
    assert any(note.startswith(says) for note in notes), notes


def test_line_ends_of_windows_are_line_ends() -> None:
    assert schema_of(FULL.replace("\n", "\r\n")) == schema_of(FULL)


def test_macros_that_double_each_other_are_no_bomb() -> None:
    macros = "<a>=x|x\n" + "".join(
        f"<{chr(98 + n)}>=" + "|".join([f"<{chr(97 + n)}>"] * 20) + "\n" for n in range(20)
    )
    turned = "\n".join(reversed(macros.strip().split("\n")))
    conf = schema_of(f"[relations]\n{turned}\nR Arg1:<u>, Arg2:<u>\n")
    assert conf.relations == ()
    assert any("with its macros it is longer than 100,000 characters" in note for note in conf.notes)


@given(st.text(alphabet="[]entirsx<>!=|:,#-\t\n\r A{1}*", max_size=80))
def test_any_text_is_read_or_named(text: str) -> None:
    conf = schema_of("[entities]\nA\n[relations]\n" + text)
    assert "A" in conf.entities
    for each in conf.relations:
        assert each.head and each.tail and len(set(each.roles)) == 2


# -- names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "declared", "beside", "base"),
    [
        ("Theme2", [], ["Theme", "Theme2"], "Theme"),
        ("Theme2", ["Theme"], ["Theme2"], "Theme"),
        ("Theme2", ["Theme", "Theme2"], ["Theme", "Theme2"], "Theme2"),
        ("Arg1", [], ["Arg1", "Arg2"], "Arg1"),
        ("Theme", [], ["Theme"], "Theme"),
        ("12", [], ["12"], "12"),
    ],
)
def test_a_number_tells_roles_apart_unless_it_is_part_of_the_name(
    role: str, declared: list[str], beside: list[str], base: str
) -> None:
    assert base_role(role, declared, beside) == base


@given(st.lists(st.text(min_size=1, max_size=6), max_size=8))
def test_names_are_in_brat_s_letters_and_no_two_labels_share_one(labels: list[str]) -> None:
    names = Names(labels)
    found = [names.of(label) for label in dict.fromkeys(labels)]
    assert all(re.fullmatch("[a-zA-Z0-9_-]+", name) for name in found)
    assert len(set(found)) == len(found)


def test_a_label_that_fits_keeps_its_name_though_another_would_get_it_too() -> None:
    names = Names(["A B", "A_B"])
    assert names.of("A_B") == "A_B"
    assert re.fullmatch("A_B_[0-9a-f]{8}", names.of("A B"))
    assert storage_form("北京").startswith("label_")


# -- out ----------------------------------------------------------------------------------------------


def written(schema: Schema) -> dict[str, str]:
    return {name: data.decode() for name, data in interchange.write(FORMAT, [], schema).files.items()}


def test_the_schema_is_read_back_from_what_is_written() -> None:
    conf = schema_of(written(SCHEMA)["annotation.conf"])
    assert conf.entities == LABELS
    assert conf.symmetric == {"MET"}
    for kind in SCHEMA.relations:
        found = relation(conf, kind.name)
        assert (found.head, found.tail) == (kind.head, kind.tail)
    assert conf.notes == ()


def test_overlaps_that_the_schema_allows_are_allowed_in_brat() -> None:
    rules = {}
    for overlap in ("none", "nested", "crossing"):
        text = written(replace(SCHEMA, overlap=overlap))["annotation.conf"]
        rules[overlap] = re.findall(r"<OVL-TYPE>:(\S+)", text)
    assert rules == {"none": [], "nested": ["contain|equal"], "crossing": ["<ANY>"]}


def test_colours_and_labels_are_those_of_the_project() -> None:
    schema = Schema(
        (EntityType("Big | thing", color="bright_blue"), EntityType("B", color="#123456"), EntityType("C")),
        (RelationType("is in", head=frozenset("B"), tail=frozenset("B")),),
    )
    assert written(schema)["visual.conf"].split("SPAN_DEFAULT")[0] == (
        "[labels]\nBig___thing | Big / thing\nis_in | is in\n\n"
        "[drawing]\nBig___thing\tbgColor:lightskyblue\nB\tbgColor:#123456\n"
    )


def test_values_that_would_break_the_configuration_are_not_listed() -> None:
    text = "Mei"
    found = [
        interchange.document(t, interchange.words(t, "01E1", "PERSON", text, attributes={"Sure": value}))
        for t, value in (
            ("Mei", "yes"),
            ("Mei.", "a|b"),
            ("Mei!", "very sure"),
            ("Mei?", "a:b"),
            ("Mei,", "no"),
        )
    ]
    made = interchange.write(FORMAT, found)
    assert made.losses == []
    assert b"Sure\tArg:<ANY>, Value:no|yes\n" in made.files["annotation.conf"]
