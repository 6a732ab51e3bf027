from __future__ import annotations

import pytest

from annotations.model import Relation
from tests.desks import VISIT, Project, Sitting, check_sound, ids, mark


@pytest.fixture
def visit(project: Project) -> Sitting:
    """The article with all that is right about it accepted."""
    sitting = project.sit(project.visit())
    sitting.goto("Ruiz", 2).press("1")
    return sitting.goto("Ana")


@pytest.fixture
def linked(visit: Sitting) -> Sitting:
    """Ana Ruiz MET Li Wei, and LEADS Oslo."""
    visit.press("r", "tab", "2")
    visit.goto("Ana").press("r").goto("Oslo").press("1")
    assert visit.relations == ["Ana Ruiz LEADS Oslo", "Ana Ruiz MET Li Wei"]
    return visit.goto("Ana")


@pytest.fixture
def offered(project: Project) -> Sitting:
    """An article on which relations are suggested too."""
    article = project.add("Ana leads Acme. Bo met Ana.", "Offered")
    text = "Ana leads Acme. Bo met Ana."
    ana, acme, bo, again = ids(4)
    marks = [
        mark(text, "Ana", "PERSON", id=ana),
        mark(text, "Acme", "ORG", id=acme),
        mark(text, "Bo", "PERSON", id=bo),
        mark(text, "Ana", "PERSON", 2, id=again),
    ]
    project.suggest(article, marks, [Relation("", "LEADS", ana, acme), Relation("", "MET", bo, again)])
    return project.sit(article)


# -- target first -----------------------------------------------------------------------------------


def test_target_first_then_the_relations_key(visit):
    visit.press("r")
    assert (visit.desk.scope, visit.focused) == ("head", "PERSON? Ana Ruiz")
    assert visit.press("tab").focused == "PERSON? Li Wei"
    visit.press("2")
    assert visit.relations == ["Ana Ruiz MET Li Wei"]
    assert visit.entities == ["PERSON Ana Ruiz", "PERSON Li Wei", "PERSON Ruiz"]
    assert (visit.desk.scope, visit.focused, visit.token) == ("read", "PERSON Ana Ruiz", "Ana")
    check_sound(visit.session)


def test_nothing_is_accepted_before_the_relation_is_made(visit):
    visit.press("r", "tab", "escape")
    assert visit.entities == ["PERSON Ruiz"]
    assert (visit.desk.scope, visit.focused) == ("read", "PERSON? Ana Ruiz")


def test_making_a_relation_and_accepting_its_ends_is_one_edit(visit):
    visit.press("r", "tab", "2", "u")
    assert (visit.relations, visit.entities) == ([], ["PERSON Ruiz"])


def test_tab_visits_legal_tails_only_and_wraps(visit):
    visit.press("r")
    seen = [visit.press("tab").focused for _ in range(9)]
    assert "DATE? Friday" not in seen
    assert "PERSON? Ana Ruiz" not in seen
    assert seen[0] == seen[8]
    assert visit.press("shift+tab").focused == seen[7]


def test_an_exclamation_mark_lets_tab_visit_everything(visit):
    visit.press("r", "!")
    assert visit.said == "Tab visits every item"
    seen = {visit.press("tab").focused for _ in range(12)}
    assert "DATE? Friday" in seen
    visit.press("g a")
    assert visit.said == "Tab visits legal ends only"


def test_enter_makes_the_only_legal_relation(visit):
    visit.goto("Bergen", 2).press("r").goto("Norway").press("enter")
    assert visit.relations == ["Bergen Harbour Trust SEAT Norway"]


def test_enter_with_several_legal_ones_asks(visit):
    visit.host.choose = lambda choices: "OWNS"
    visit.press("r").goto("Bergen", 2).press("enter")
    assert [c.text for c in visit.host.choices] == ["LEADS", "OWNS"]
    assert visit.relations == ["Ana Ruiz OWNS Bergen Harbour Trust"]
    assert visit.focused == "PERSON Ana Ruiz"


def test_enter_with_none_legal_says_so(visit):
    visit.press("r").goto("Friday").press("enter")
    assert visit.said == "no relation of this project goes from PERSON to DATE"
    assert visit.desk.scope == "link"


def test_an_illegal_key_is_refused_and_the_head_stays_pinned(visit):
    visit.press("r").goto("Friday").press("1")
    assert visit.said == "LEADS may not go from PERSON to DATE; no relation may"
    visit.goto("Oslo").press("2")
    assert visit.said == "MET may not go from PERSON to GPE; LEADS may"
    assert (visit.desk.scope, visit.relations) == ("link", [])


def test_the_same_relation_is_not_made_twice(linked):
    linked.press("r").goto("Li").press("2")
    assert linked.said == "this MET is there already"
    linked.press("escape").goto("Li").press("r").goto("Ana").press("2")
    assert linked.said == "this MET is there already"


def test_a_relation_needs_two_ends(visit):
    visit.press("r").goto("home").press("enter")
    assert visit.said == "go to the other end first: Tab visits what is legal"


def test_tab_passes_over_what_is_related_already(linked):
    linked.press("R")
    linked.press("1")
    assert linked.focused == "GPE? Bergen"
    assert linked.press("escape", "r", "2").focused == "PERSON Ruiz"


def test_where_no_relation_begins_r_says_so(visit):
    assert visit.goto("Friday").press("r").said == "no relation of this project begins at DATE"
    assert visit.goto("home").press("r").said == "no entity here to relate; label it first"
    assert visit.desk.scope == "read"


# -- type first -------------------------------------------------------------------------------------


def test_type_first_is_three_keys(visit):
    visit.goto("Bergen", 2).press("r", "3")
    assert visit.focused == "GPE? Norway"
    assert visit.said == "SEAT: Tab for another target, Enter makes it"
    visit.press("enter")
    assert visit.relations == ["Bergen Harbour Trust SEAT Norway"]
    assert visit.focused == "ORG Bergen Harbour Trust"


def test_type_first_tab_walks_that_types_tails(visit):
    visit.press("r", "1")
    seen = {visit.focused} | {visit.press("tab").focused for _ in range(8)}
    assert seen == {
        "GPE? Oslo",
        "GPE? Bergen",
        "ORG? Bergen Harbour Trust",
        "ORG? Harbour Trust",
        "GPE? Norway",
    }


def test_a_type_that_does_not_begin_here_is_refused(visit):
    visit.press("r", "3")
    assert visit.said == "SEAT does not begin at PERSON; LEADS, MET, OWNS may"
    assert visit.focused == "PERSON? Ana Ruiz"


def test_a_type_without_a_tail_in_the_article_leaves_link_as_it_was(project):
    sitting = project.sit(project.add("Ana works.")).press("1", "r", "1")
    assert sitting.said == "nothing here can be the other end; label it first, or `!` for all"
    assert (sitting.desk.scope, sitting.desk.link.relation, sitting.focused) == ("head", None, "PERSON Ana")


# -- several tails ----------------------------------------------------------------------------------


def test_capital_r_keeps_the_head_so_that_another_tail_is_two_keys(visit):
    visit.press("R", "1", "enter")
    assert visit.relations == ["Ana Ruiz LEADS Oslo"]
    assert visit.desk.scope == "link"
    visit.press("tab", "enter")
    assert visit.relations == ["Ana Ruiz LEADS Bergen", "Ana Ruiz LEADS Oslo"]
    visit.press("tab", "enter", "escape")
    assert "Ana Ruiz LEADS Bergen Harbour Trust" in visit.relations
    assert (visit.desk.scope, visit.focused) == ("read", "PERSON Ana Ruiz")
    visit.check()


# -- labelling inside LINK --------------------------------------------------------------------------


def test_v_and_a_label_inside_link_keep_the_pin(visit):
    visit.press("r").goto("company").press("v", "2")
    assert (visit.desk.scope, visit.focused) == ("link", "ORG company")
    visit.press("1")
    assert visit.relations == ["Ana Ruiz LEADS company"]


def test_space_and_a_label_inside_link_keep_the_pin(visit):
    code = visit.session.config.schema.entity("GPE").code
    visit.press("r").goto("home").press("space", *code)
    assert (visit.desk.scope, visit.focused) == ("link", "GPE home")
    visit.press("enter")
    assert visit.relations == ["Ana Ruiz LEADS home"]


def test_escape_leaves_the_selection_first_and_link_then(visit):
    visit.press("r").goto("home").press("v", "escape")
    assert visit.desk.scope == "link"
    assert visit.press("escape").desk.scope == "read"
    assert visit.focused == "PERSON? Ana Ruiz"


def test_on_the_head_a_code_means_a_relation_type_and_elsewhere_a_label(visit):
    schema = visit.session.config.schema
    visit.press("r", "space", *schema.relation("OWNS").code)
    assert visit.desk.link.relation == "OWNS"
    assert visit.focused == "ORG? Bergen Harbour Trust"
    visit.goto("home").press("space", *schema.entity("ORG").code, "enter")
    assert visit.relations == ["Ana Ruiz OWNS home"]


def test_a_code_whose_type_does_not_begin_at_the_head_is_refused(visit):
    visit.press("r", "space", *visit.session.config.schema.relation("SEAT").code)
    assert visit.said == "SEAT does not begin at PERSON; LEADS, MET, OWNS may"
    assert (visit.desk.scope, visit.entities) == ("head", ["PERSON Ruiz"])


@pytest.mark.parametrize("keys", ["enter", "space space"])
def test_on_the_head_the_types_that_may_begin_there_are_offered_by_name(visit, keys):
    visit.host.choose = lambda choices: "OWNS"
    visit.press("r", *keys.split())
    assert [choice.text for choice in visit.host.choices] == ["LEADS", "MET", "OWNS"]
    assert (visit.desk.link.relation, visit.focused) == ("OWNS", "ORG? Bergen Harbour Trust")


def test_space_space_on_a_target_offers_labels(visit):
    visit.host.choose = lambda choices: "ORG"
    visit.press("r").goto("home").press("space", "space")
    assert visit.focused == "ORG home"


def test_a_pinned_head_that_goes_away_ends_link(visit):
    visit.press("r").goto("Mayor").press("v", "l", "l", "2")
    assert visit.entities[0] == "ORG Mayor Ana Ruiz"
    assert visit.desk.scope == "read"
    visit.check()


# -- on a relation ----------------------------------------------------------------------------------


def test_gr_visits_the_relation_and_its_other_end(linked):
    linked.press("g r")
    assert (linked.desk.scope, linked.focused) == ("relation", "Ana Ruiz MET Li Wei")
    assert linked.said == "Ana Ruiz —MET— Li Wei"
    linked.press("g r")
    assert (linked.desk.scope, linked.focused, linked.token) == ("read", "PERSON Li Wei", "Li")
    linked.press("g r", "g r")
    assert linked.focused == "PERSON Ana Ruiz"


def test_gr_without_a_relation_says_how_to_make_one(visit):
    assert visit.press("g r").said == "no relation here; r makes one"
    assert visit.goto("home").press("g r").said == "no entity here; its relations are reached from it"


def test_n_walks_the_relations_round_the_end(linked):
    linked.press("g r", "n")
    assert linked.focused == "Ana Ruiz LEADS Oslo"
    assert linked.said == "Ana Ruiz —LEADS→ Oslo (2 of 2)"
    assert linked.press("n").focused == "Ana Ruiz MET Li Wei"
    assert linked.press("N").focused == "Ana Ruiz LEADS Oslo"


def test_a_digit_relabels_the_relation_if_it_is_legal(linked):
    linked.goto("Ana").press("r").goto("Bergen", 2).press("1")
    linked.press("g r", "N")
    assert linked.focused == "Ana Ruiz LEADS Bergen Harbour Trust"
    linked.press("4")
    assert linked.focused == "Ana Ruiz OWNS Bergen Harbour Trust"
    linked.press("2")
    assert linked.said == "MET may not go from PERSON to ORG; LEADS, OWNS may"
    assert "Ana Ruiz OWNS Bergen Harbour Trust" in linked.relations
    code = linked.session.config.schema.relation("LEADS").code
    assert linked.press("space", *code).focused == "Ana Ruiz LEADS Bergen Harbour Trust"


def test_o_swaps_where_that_is_legal(make_project):
    project = make_project()
    project.configure(
        (project.folder / "config.yaml")
        .read_text()
        .replace(
            'OWNS: {key: "4", head: [PERSON], tail: [ORG]}',
            'OWNS: {key: "4", head: [PERSON, ORG], tail: [PERSON, ORG]}',
        )
    )
    sitting = project.sit(project.visit())
    sitting.press("r").goto("Bergen", 2).press("4", "g r", "o")
    assert sitting.relations == ["Bergen Harbour Trust OWNS Ana Ruiz"]
    assert sitting.focused == "Bergen Harbour Trust OWNS Ana Ruiz"
    sitting.goto("Ana").press("r").goto("Oslo").press("1").goto("Oslo").press("g r", "o")
    assert sitting.said == "LEADS may not go from GPE to PERSON"


def test_o_on_a_relation_without_direction_says_so(linked):
    assert linked.press("g r", "o").said == "MET has no direction"


def test_r_gives_the_relation_another_tail(linked):
    linked.press("g r", "n", "r")
    assert (linked.desk.scope, linked.focused) == ("link", "GPE Oslo")
    assert linked.press("tab").focused == "GPE? Bergen"
    linked.press("enter")
    assert "Ana Ruiz LEADS Bergen" in linked.relations
    assert (linked.desk.scope, linked.focused) == ("relation", "Ana Ruiz LEADS Bergen")
    linked.check()


def test_capital_r_gives_the_relation_another_head(linked):
    linked.press("g r", "n", "R")
    assert linked.focused == "PERSON Ana Ruiz"
    assert linked.press("tab").focused == "PERSON Li Wei"
    assert linked.press("1").said == "Enter moves the end here; the type stays"
    assert linked.press("escape", "R", "tab").focused == "PERSON Li Wei"
    linked.press("enter")
    assert "Li Wei LEADS Oslo" in linked.relations
    assert linked.focused == "Li Wei LEADS Oslo"


def test_escape_while_re_pointing_goes_back_to_the_relation(linked):
    linked.press("g r", "n", "r", "tab", "escape")
    assert linked.focused == "Ana Ruiz LEADS Oslo"


def test_re_pointing_visits_only_legal_ends_that_are_not_taken(linked):
    linked.goto("Ana").press("r").goto("Bergen").press("1")
    linked.goto("Ana").press("g r", "n", "r")
    seen = {linked.press("tab").focused for _ in range(9)}
    assert seen == {"ORG? Bergen Harbour Trust", "ORG? Harbour Trust", "GPE? Norway"}


def test_re_pointing_to_where_it_points_changes_nothing(linked):
    linked.press("g r", "n", "r", "enter")
    assert linked.said == "this LEADS is there already"


def test_d_deletes_the_relation_and_u_brings_it_back_in_focus(linked):
    linked.press("g r", "d")
    assert linked.relations == ["Ana Ruiz LEADS Oslo"]
    assert linked.focused is None
    linked.press("d")
    assert linked.said == "nothing here to delete"
    linked.press("u")
    assert linked.focused == "Ana Ruiz MET Li Wei"


def test_undo_of_a_relation_goes_to_its_head(linked):
    linked.goto("Friday").press("u")
    assert (linked.relations, linked.token) == (["Ana Ruiz MET Li Wei"], "Ana")
    assert linked.focused == "PERSON Ana Ruiz"


def test_a_note_on_a_relation(linked):
    linked.host.answer = lambda title, value: "says who?"
    linked.press("g r", "i")
    notes = [r.note for r in linked.session.store.relations(linked.state.article.id, linked.session.layer.id)]
    assert notes == ["says who?", None] or notes == [None, "says who?"]
    assert linked.desk.scope == "relation"


def test_moving_the_cursor_leaves_the_relation(linked):
    linked.press("g r", "l")
    assert (linked.desk.scope, linked.focused) == ("read", "PERSON Ana Ruiz")
    linked.press("g r", "escape")
    assert linked.desk.scope == "read"


def test_deleting_an_entity_deletes_its_relations_and_says_how_many(linked):
    linked.press("d")
    assert linked.relations == []
    assert "dropped 2 relations" in linked.said


# -- suggested relations ----------------------------------------------------------------------------


def test_a_suggested_relation_is_an_item_of_its_own(offered):
    seen = [offered.focused] + [offered.press("tab").focused for _ in range(5)]
    assert seen == ["PERSON? Ana", "ORG? Acme", "LEADS?", "PERSON? Bo", "PERSON? Ana", "MET?"]


def test_accepting_a_suggested_relation_accepts_both_ends_and_goes_on(offered):
    offered.press("tab", "tab", "a")
    assert offered.relations == ["Ana LEADS Acme"]
    assert offered.entities == ["PERSON Ana", "ORG Acme"]
    assert offered.focused == "PERSON? Bo"
    offered.check()


def test_rejecting_a_suggested_relation_leaves_its_ends(offered):
    offered.press("tab", "tab", "x")
    assert offered.pending() == ["Ana", "Acme", "Bo", "Ana", "Ana"]
    assert offered.focused == "PERSON? Bo"


def test_rejecting_an_end_sets_the_suggested_relation_aside(offered):
    offered.press("tab", "x")
    assert offered.pending() == ["Ana", "Bo", "Ana", "Ana"]
    offered.press("u")
    assert len(offered.pending()) == 6


def test_a_digit_accepts_a_suggested_relation_as_another_type(offered):
    offered.press("tab", "tab", "4")
    assert offered.relations == ["Ana OWNS Acme"]
    assert offered.focused == "Ana OWNS Acme"


@pytest.mark.parametrize("key", ["o", "r", "R"])
def test_what_needs_an_own_relation_says_to_accept_it_first(offered, key):
    offered.press("tab", "tab", key)
    assert offered.said.startswith("accept the suggested relation first")
    assert offered.relations == []


def test_done_accepts_suggested_relations_with_their_ends(offered):
    offered.press("c")
    assert offered.relations == ["Ana LEADS Acme", "Bo MET Ana"]
    assert offered.entities == ["PERSON Ana", "ORG Acme", "PERSON Bo", "PERSON Ana"]
    check_sound(offered.session)


def test_the_text_is_not_touched_by_any_of_this(linked):
    assert linked.session.store.article(linked.state.article.id).text == VISIT
