from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.schema import EntityType, RelationType, Schema, assign_codes

ONTONOTES = (
    *("PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE"),
    *("DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL"),
)

LEADS = RelationType("LEADS", ("1",), "l", frozenset({"PERSON"}), frozenset({"ORG", "GPE"}))
MET = RelationType("MET", ("2",), "m", frozenset({"PERSON"}), frozenset({"PERSON"}), symmetric=True)
ALLY = RelationType("ALLY", (), "a", frozenset({"GPE"}), frozenset({"ORG"}), symmetric=True)
SCHEMA = Schema(
    entities=(
        EntityType("PERSON", ("1",), "p"),
        EntityType("ORG", ("2", "5"), "o"),
        EntityType("GPE", (), "g"),
    ),
    relations=(LEADS, MET, ALLY),
)

codes = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=4)


def prefix_free(words):
    return not any(a.startswith(b) for a, b in permutations(words, 2))


def test_types_are_found_by_name_and_an_unknown_name_is_a_key_error():
    assert SCHEMA.entity("ORG").code == "o"
    assert SCHEMA.relation("MET") is MET
    assert SCHEMA.has_entity("GPE") and not SCHEMA.has_entity("LEADS")
    assert SCHEMA.has_relation("LEADS") and not SCHEMA.has_relation("GPE")
    with pytest.raises(KeyError):
        SCHEMA.entity("LEADS")
    with pytest.raises(KeyError):
        SCHEMA.relation("ORG")


def test_a_relation_is_legal_from_head_to_tail_only():
    assert SCHEMA.legal("LEADS", "PERSON", "GPE")
    assert not SCHEMA.legal("LEADS", "GPE", "PERSON")
    assert not SCHEMA.legal("LEADS", "PERSON", "PERSON")


def test_a_symmetric_relation_is_legal_in_either_order():
    assert SCHEMA.legal("ALLY", "GPE", "ORG")
    assert SCHEMA.legal("ALLY", "ORG", "GPE")
    assert not SCHEMA.legal("ALLY", "GPE", "GPE")


def test_an_unknown_relation_is_never_legal():
    assert not SCHEMA.legal("OWNS", "PERSON", "ORG")


def test_relations_are_listed_by_pair_and_by_head_in_the_order_of_the_config():
    assert SCHEMA.relations_between("PERSON", "PERSON") == (MET,)
    assert SCHEMA.relations_between("ORG", "GPE") == (ALLY,)
    assert SCHEMA.relations_from("PERSON") == (LEADS, MET)
    assert SCHEMA.relations_from("ORG") == (ALLY,)


def test_equal_schemas_are_equal_even_after_use():
    copy = Schema(SCHEMA.entities, SCHEMA.relations)
    assert SCHEMA.entity("ORG") and copy == SCHEMA and hash(copy) == hash(SCHEMA)


def test_the_first_letter_is_the_code_and_a_taken_one_gives_way_to_the_next():
    assert assign_codes(["PERSON", "ORG", "GPE"], []) == {"PERSON": "p", "ORG": "o", "GPE": "g"}
    assert assign_codes(["PERSON", "PRODUCT", "RIVER"], []) == {"PERSON": "p", "PRODUCT": "o", "RIVER": "r"}


def test_eighteen_labels_have_one_letter_each():
    given_codes = assign_codes(ONTONOTES, [])
    assert {len(code) for code in given_codes.values()} == {1}
    assert given_codes["PERSON"] == "p" and given_codes["CARDINAL"] == "c"


def test_more_than_twenty_labels_have_two_letters_from_their_names():
    given_codes = assign_codes([*ONTONOTES, "ÄRZTE", "CLAIM", "VEHICLE"], [])
    assert {len(code) for code in given_codes.values()} == {2}
    assert given_codes["PERSON"] == "pe" and given_codes["PRODUCT"] == "pr"
    assert given_codes["ÄRZTE"] == "ar"


def test_names_without_latin_letters_have_codes_all_the_same():
    assert assign_codes(["人", "地点", "ПЕРСОНА", "42"], ["b"]) == {
        "人": "a", "地点": "c", "ПЕРСОНА": "d", "42": "e"
    }  # fmt: skip


def test_a_code_never_begins_with_an_explicit_one_or_the_other_way_round():
    assert assign_codes(["PERSON", "LOCATION"], ["p", "lo"]) == {"PERSON": "e", "LOCATION": "o"}


def test_five_hundred_labels_have_codes():
    given_codes = assign_codes([f"LABEL_{i}" for i in range(500)], ["l", "xyz"])
    assert len(given_codes) == 500
    assert prefix_free([*given_codes.values(), "l", "xyz"])


def test_many_single_letter_keys_push_the_others_to_three_letters():
    taken = list("abcdefghijklmnopqrstuvwxy")
    given_codes = assign_codes([f"LABEL_{i}" for i in range(30)], taken)
    assert all(code.startswith("z") and len(code) == 3 for code in given_codes.values())


def test_no_room_at_all_is_an_error():
    with pytest.raises(ValueError, match="no codes are left for 1"):
        assign_codes(["PERSON"], list("abcdefghijklmnopqrstuvwxyz"))


def test_no_names_need_no_codes():
    assert assign_codes([], list("abcdefghijklmnopqrstuvwxyz")) == {}


@given(st.lists(st.text(min_size=1), unique=True, max_size=60), st.lists(codes, max_size=8))
def test_codes_are_prefix_free_words_of_letters_and_always_the_same(names, wanted):
    taken = [code for i, code in enumerate(wanted) if prefix_free([*wanted[:i], code])]
    given_codes = assign_codes(names, taken)
    assert set(given_codes) == set(names)
    assert all(code.isascii() and code.isalpha() and code.islower() for code in given_codes.values())
    assert prefix_free([*given_codes.values(), *taken])
    assert assign_codes(names, taken) == given_codes
