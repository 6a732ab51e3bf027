"""The verbs, rule by rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotations import edits
from annotations.errors import Refused
from annotations.model import Analysis, Entity, Relation, Span
from annotations.state import ArticleState
from tests.strategies import ME, PROSE, Pens, Play, article, find, link, offer, schema


def at(part: str, nth: int = 0) -> Span:
    return find(PROSE, part, nth)


def annotated(overlap: str, *mine: tuple[str, str]) -> Play:
    play = Play(overlap)  # type: ignore[arg-type]
    for part, label in mine:
        play(edits.add, *at(part), label)
    return play


# -- adding -------------------------------------------------------------------------------------------


def test_a_new_span_is_trimmed_of_white_space() -> None:
    play = Play()
    edit = play(edits.add, at("in  Havana")[0] + 2, at("Havana")[1], "GPE")
    assert play.own() == [("Havana", "GPE")]
    assert edit.says == "GPE “Havana”" and edit.focus == play.id_of("Havana")


def test_white_space_alone_and_the_same_again_are_refused() -> None:
    play = annotated("none", ("Havana", "GPE"))
    with pytest.raises(Refused, match="white space"):
        play(edits.add, at("in  Havana")[0] + 2, at("in  Havana")[0] + 4, "GPE")
    with pytest.raises(Refused, match="GPE already") as refused:
        play(edits.add, *at("Havana"), "GPE")
    assert refused.value.focus == play.id_of("Havana")


def test_a_new_span_takes_the_place_of_those_it_meets_and_the_most_overlapped_keeps_id_and_relations() -> (
    None
):
    play = annotated("none", ("The", "ORG"), ("Group of", "GPE"), ("20", "ORG"), ("Xi", "PERSON"))
    the, group, xi = play.id_of("The"), play.id_of("Group of"), play.id_of("Xi")
    play(edits.note, group, "kept")
    play(edits.relate, "LEADS", xi, the)
    play(edits.relate, "KNOWS", group, xi)
    edit = play(edits.add, *at("The Group of 20"), "ORG")
    assert play.own() == [("Xi", "PERSON"), ("The Group of 20", "ORG")]
    kept = play.state.entities[play.id_of("The Group of 20")]
    assert (kept.id, kept.note) == (group, "kept")
    assert {(r.label, r.head, r.tail) for r in play.state.relations.values()} == {
        ("LEADS", xi, kept.id),
        ("KNOWS", kept.id, xi),
    }
    assert edit.says == "ORG “The Group of 20”, replaced 3" and edit.focus == kept.id


def test_relations_that_become_one_or_lose_an_end_are_dropped_and_counted() -> None:
    play = annotated("none", ("Group", "ORG"), ("20", "ORG"), ("Xi", "PERSON"))
    group, twenty, xi = play.id_of("Group"), play.id_of("20"), play.id_of("Xi")
    for head, tail in ((xi, group), (xi, twenty), (group, twenty)):
        play(edits.relate, "KNOWS", head, tail)
    edit = play(edits.add, *at("Group of 20"), "ORG")
    assert len(play.state.relations) == 1
    assert "replaced 2" in edit.says and "dropped 1 relation" in edit.says


def test_nested_entities_may_stand_in_each_other_and_crossing_ones_may_not() -> None:
    play = annotated("nested", ("Group of 20", "ORG"), ("20", "GPE"))
    assert len(play.own()) == 2
    play(edits.add, *at("20 met"), "ORG")
    assert play.own() == [("20 met", "ORG"), ("20", "GPE")]


def test_under_crossing_only_the_same_span_and_label_are_one() -> None:
    play = annotated("crossing", ("Group of 20", "ORG"), ("Group of 20", "GPE"), ("20 met", "ORG"))
    assert len(play.own()) == 3


# -- relabelling and edges ----------------------------------------------------------------------------


def test_relabelling_keeps_the_id_and_a_label_that_makes_a_duplicate_joins_the_two() -> None:
    play = annotated("crossing", ("Xi", "ORG"), ("Xi", "PERSON"), ("Havana", "GPE"))
    org, person = (e.id for e in play.state.entities.values() if e.text == "Xi")
    play(edits.relate, "LEADS", person, play.id_of("Havana"))
    edit = play(edits.relabel, org, "PERSON")
    assert play.own() == [("Xi", "PERSON"), ("Havana", "GPE")]
    assert play.id_of("Xi") == org and edit.focus == org
    assert [r.head for r in play.state.relations.values()] == [org]


def test_relabelling_leaves_neighbours_that_a_stricter_policy_would_forbid() -> None:
    mine = [Entity("1", *at("Group of 20"), "ORG", "Group of 20"), Entity("2", *at("20"), "GPE", "20")]
    state = ArticleState(article(), ME, schema("none"), mine)
    state.apply(edits.relabel(state, Pens()(), "1", "GPE"))
    state.apply(edits.note(state, Pens()(), "1", "hm"))
    assert set(state.entities) == {"1", "2"}


def test_moving_an_edge_keeps_id_relations_and_text_true_and_takes_in_what_it_meets() -> None:
    play = annotated("none", ("Group", "ORG"), ("20", "GPE"), ("Xi", "PERSON"))
    group = play.id_of("Group")
    play(edits.relate, "LEADS", play.id_of("Xi"), play.id_of("20"))
    edit = play(edits.reshape, group, at("Group")[0], at("20")[1] + 1)
    assert play.own() == [("Xi", "PERSON"), ("Group of 20", "ORG")] and play.id_of("Group of 20") == group
    assert [r.tail for r in play.state.relations.values()] == [group]
    assert edit.says == "ORG “Group” → “Group of 20”, replaced 1"


def test_moving_the_edges_of_an_entity_in_pieces_cuts_its_pieces() -> None:
    xi, havana = at("Xi"), at("Havana")
    mine = [Entity("1", xi[0], havana[1], "ORG", PROSE[xi[0] : havana[1]], (xi, at("Diaz"), havana))]
    state = ArticleState(article(), ME, schema(), mine)
    state.apply(edits.reshape(state, Pens()(), "1", at("Diaz")[0], havana[1]))
    assert state.entities["1"].spans == (at("Diaz"), havana)
    state.apply(edits.reshape(state, Pens()(), "1", havana[0], havana[1]))
    assert state.entities["1"].fragments == ()


# -- split and join -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("chunk", "keeper"), [("Group of 20", "of 20"), (None, "Group")])
def test_split_leaves_the_relations_with_the_head_word_else_with_the_first(
    chunk: str | None, keeper: str
) -> None:
    chunks = (at(chunk),) if chunk else ()
    play = Play(analysis=Analysis(chunks=chunks))
    play(edits.add, *at("Group of 20"), "ORG")
    play(edits.add, *at("Xi"), "PERSON")
    id = play.id_of("Group of 20")
    play(edits.relate, "LEADS", play.id_of("Xi"), id)
    edit = play(edits.split, id, at("of 20")[0])
    assert play.own() == [("Xi", "PERSON"), ("Group", "ORG"), ("of 20", "ORG")]
    assert play.id_of(keeper) == id
    assert [r.tail for r in play.state.relations.values()] == [id]
    assert edit.focus == play.id_of("Group") and edit.says == "split into “Group” and “of 20”"


def test_split_outside_and_at_the_first_token_is_refused() -> None:
    play = annotated("none", ("Group of 20", "ORG"))
    for place in (at("Group")[0], at("20")[1]):
        with pytest.raises(Refused, match="inside"):
            play(edits.split, play.id_of("Group of 20"), place)


def test_splitting_a_suggestion_accepts_it_changed() -> None:
    group = offer("Group of 20", "ORG")
    play = Play(suggestions=[group])
    play(edits.split, group.about, at("20")[0])
    assert play.own() == [("Group of", "ORG"), ("20", "ORG")] and play.verdicts() == {group.about: "changed"}


def test_join_takes_the_next_item_and_the_gap_and_the_focused_label_stays() -> None:
    play = annotated("none", ("Group", "ORG"), ("20", "GPE"), ("Xi", "PERSON"))
    group, twenty = play.id_of("Group"), play.id_of("20")
    play(edits.relate, "LEADS", play.id_of("Xi"), twenty)
    edit = play(edits.join, group, twenty)
    assert play.own() == [("Xi", "PERSON"), ("Group of 20", "ORG")] and play.id_of("Group of 20") == group
    assert [r.tail for r in play.state.relations.values()] == [group]
    assert edit.says == "joined: ORG “Group of 20”" and edit.focus == group


def test_both_suggestions_that_are_joined_count_as_changed() -> None:
    group, twenty = offer("Group", "ORG"), offer("20", "GPE")
    play = Play(suggestions=[group, twenty])
    play(edits.join, group.about, twenty.about)
    assert play.own() == [("Group of 20", "ORG")]
    assert play.verdicts() == {group.about: "changed", twenty.about: "changed"}


@pytest.mark.parametrize("own_first", [True, False])
def test_a_suggestion_joined_with_an_own_entity_becomes_part_of_it(own_first: bool) -> None:
    mine, theirs = ("Group", "20") if own_first else ("20", "Group")
    suggestion = offer(theirs, "GPE")
    play = Play(suggestions=[suggestion])
    play(edits.add, *at(mine), "ORG")
    id = play.id_of(mine)
    play(edits.join, *([id, suggestion.about] if own_first else [suggestion.about, id]))
    assert play.own() == [("Group of 20", "ORG" if own_first else "GPE")] and play.id_of("Group of 20") == id
    assert play.verdicts() == {suggestion.about: "changed"}


def test_join_across_paragraphs_and_with_itself_is_refused() -> None:
    play = annotated("none", ("Havana", "GPE"), ("Group", "ORG"))
    with pytest.raises(Refused, match="another paragraph"):
        play(edits.join, play.id_of("Havana"), play.id_of("Group"))
    with pytest.raises(Refused, match="another item"):
        play(edits.join, play.id_of("Havana"), play.id_of("Havana"))


# -- deleting and verdicts ----------------------------------------------------------------------------


def test_deleting_an_entity_deletes_its_relations_says_how_many_and_focuses_nothing() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Havana", "GPE"), ("Group of 20", "ORG"))
    xi = play.id_of("Xi")
    play(edits.relate, "LEADS", xi, play.id_of("Havana"))
    play(edits.relate, "KNOWS", play.id_of("Group of 20"), xi)
    edit = play(edits.delete, xi)
    assert play.state.relations == {} and edit.focus is None
    assert edit.says == "deleted PERSON “Xi”, dropped 2 relations"


def test_deleting_a_member_of_a_cluster_leaves_the_rest_together() -> None:
    mine = [
        Entity(str(i), *at(p), "PERSON", p, cluster="c") for i, p in enumerate(["Xi", "aide", "Diaz-Canel"])
    ]
    state = ArticleState(article(), ME, schema(), mine)
    state.apply(edits.delete(state, Pens()(), "0"))
    assert {e.cluster for e in state.entities.values()} == {"c"} and len(state.entities) == 2


def test_the_verdict_on_a_suggestion_follows_what_became_of_it() -> None:
    xi = offer("Xi", "PERSON")
    play = Play(suggestions=[xi])
    play(edits.accept, xi.about)
    assert play.verdicts() == {xi.about: "accepted"}
    play(edits.relabel, play.id_of("Xi"), "ORG")
    assert play.verdicts() == {xi.about: "changed"}
    play(edits.relabel, play.id_of("Xi"), "PERSON")
    assert play.verdicts() == {xi.about: "accepted"}
    play(edits.delete, play.id_of("Xi"))
    assert play.verdicts() == {xi.about: "rejected"} and not play.state.is_pending(xi.about)


def test_what_a_person_makes_that_was_suggested_accepts_it() -> None:
    xi, other = offer("Xi", "PERSON"), offer("Xi", "ORG")
    play = Play(suggestions=[xi, other])
    play(edits.add, *at("Xi"), "PERSON")
    assert play.verdicts() == {xi.about: "accepted"}
    play(edits.relabel, play.id_of("Xi"), "ORG")
    assert play.verdicts() == {xi.about: "changed", other.about: "accepted"}


def test_deleting_what_a_later_suggestion_equals_rejects_that_too() -> None:
    play = annotated("none", ("Xi", "PERSON"))
    xi = offer("Xi", "PERSON")
    play.state.offer([xi], [], play.state.analysis, True)
    assert not play.state.is_pending(xi.about)
    play(edits.delete, play.id_of("Xi"))
    assert play.verdicts() == {xi.about: "rejected"}


def test_an_accepted_suggestion_that_another_span_swallows_is_changed() -> None:
    group = offer("Group", "ORG")
    play = Play(suggestions=[group])
    play(edits.accept, group.about)
    play(edits.add, *at("Group of 20"), "ORG")
    assert play.verdicts() == {group.about: "changed"}
    assert play.state.decisions[group.about].result == play.id_of("Group of 20")


def test_accepting_with_another_label_or_edge_is_one_edit() -> None:
    xi, canel = offer("Xi", "ORG"), offer("Diaz", "ORG")
    play = Play(suggestions=[xi, canel])
    play(edits.relabel, xi.about, "PERSON")
    play(edits.reshape, canel.about, *at("Diaz-Canel"), "PERSON")
    assert play.own() == [("Xi", "PERSON"), ("Diaz-Canel", "PERSON")]
    assert set(play.verdicts().values()) == {"changed"}


def test_rejecting_what_stands_and_accepting_it_again_are_refused() -> None:
    xi = offer("Xi", "PERSON")
    play = Play(suggestions=[xi])
    play(edits.accept, xi.about)
    with pytest.raises(Refused, match="delete it instead") as refused:
        play(edits.reject, xi.about)
    assert refused.value.focus == play.id_of("Xi")
    with pytest.raises(Refused, match="nothing to change"):
        play(edits.accept, xi.about)


def test_a_rejected_suggestion_can_be_taken_back_and_one_set_aside_takes_its_rivals_place() -> None:
    xi, group = offer("Xi", "PERSON"), offer("Group of 20", "ORG")
    play = Play(suggestions=[xi, group])
    play(edits.reject, xi.about)
    play(edits.accept, xi.about)
    play(edits.add, *at("20"), "GPE")
    play(edits.accept, group.about)
    assert play.own() == [("Xi", "PERSON"), ("Group of 20", "ORG")]
    assert set(play.verdicts().values()) == {"accepted"}


# -- relations ----------------------------------------------------------------------------------------


def test_relations_are_legal_between_two_and_made_once() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Havana", "GPE"))
    xi, havana = play.id_of("Xi"), play.id_of("Havana")
    edit = play(edits.relate, "LEADS", xi, havana)
    assert edit.focus == xi and edit.says == "Xi —LEADS→ Havana"
    for label, head, tail, why in [
        ("LEADS", xi, havana, "there already"),
        ("LEADS", havana, xi, "may not go from GPE to PERSON"),
        ("KNOWS", xi, xi, "two different ends"),
        ("NO", xi, havana, "may not go"),
    ]:
        with pytest.raises(Refused, match=why):
            play(edits.relate, label, head, tail)


def test_a_symmetric_relation_is_stored_once_ordered_by_id_whichever_end_came_first() -> None:
    play = annotated("none", ("Group of 20", "ORG"), ("Havana", "GPE"))
    group, havana = play.id_of("Group of 20"), play.id_of("Havana")
    play(edits.relate, "NEAR", havana, group)
    assert [(r.head, r.tail) for r in play.state.relations.values()] == [tuple(sorted((group, havana)))]
    with pytest.raises(Refused, match="there already"):
        play(edits.relate, "NEAR", group, havana)
    with pytest.raises(Refused, match="no direction"):
        play(edits.swap, next(iter(play.state.relations)))


def test_relating_pending_suggestions_accepts_them_only_if_the_relation_is_made() -> None:
    xi, havana = offer("Xi", "PERSON"), offer("Havana", "GPE")
    play = Play(suggestions=[xi, havana])
    with pytest.raises(Refused):
        play(edits.relate, "LEADS", havana.about, xi.about)
    assert play.state.entities == {}
    play(edits.relate, "LEADS", xi.about, havana.about)
    assert play.own() == [("Xi", "PERSON"), ("Havana", "GPE")] and len(play.state.relations) == 1
    assert {d.via for d in play.state.decisions.values()} == {"relate"}


def test_two_suggestions_that_overlap_cannot_be_the_ends_of_one_relation() -> None:
    group, twenty = offer("Group of 20", "ORG"), offer("20", "GPE")
    play = Play(suggestions=[group, twenty])
    with pytest.raises(Refused, match="do not overlap"):
        play(edits.relate, "NEAR", group.about, twenty.about)
    play(edits.add, *at("Group"), "ORG")
    with pytest.raises(Refused, match="do not overlap"):
        play(edits.relate, "NEAR", twenty.about, group.about)


def test_a_relabel_that_makes_a_relation_illegal_keeps_it_and_raises_a_problem_that_blocks_done() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Havana", "GPE"))
    play(edits.relate, "LEADS", play.id_of("Xi"), play.id_of("Havana"))
    relation = next(iter(play.state.relations))
    edit = play(edits.relabel, play.id_of("Xi"), "ORG")
    assert play.state.problems == {relation: "LEADS may not go from ORG to GPE"}
    with pytest.raises(Refused, match="1 problem first") as refused:
        play(edits.done, "accept")
    assert refused.value.focus == relation
    play.take_back(edit)
    assert play.state.problems == {}


def test_a_relation_is_relabelled_swapped_and_repointed_within_the_law() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Diaz-Canel", "PERSON"), ("Havana", "GPE"))
    xi, canel, havana = (play.id_of(t) for t in ("Xi", "Diaz-Canel", "Havana"))
    play(edits.relate, "LEADS", xi, havana)
    id = next(iter(play.state.relations))
    with pytest.raises(Refused, match="may not go from GPE to PERSON"):
        play(edits.swap, id)
    with pytest.raises(Refused, match="may not go from PERSON to GPE"):
        play(edits.relabel_relation, id, "NEAR")
    play(edits.repoint, id, "head", canel)
    play(edits.relabel_relation, id, "KNOWS")
    play(edits.swap, id)
    relation = play.state.relations[id]
    assert (relation.label, relation.head, relation.tail) == ("KNOWS", havana, canel)
    with pytest.raises(Refused, match="two different ends"):
        play(edits.repoint, id, "head", canel)


def test_repointing_to_a_pending_suggestion_accepts_it() -> None:
    havana = offer("Havana", "GPE")
    play = Play(suggestions=[havana])
    play(edits.add, *at("Xi"), "PERSON")
    play(edits.add, *at("Group of 20"), "ORG")
    play(edits.relate, "LEADS", play.id_of("Xi"), play.id_of("Group of 20"))
    id = next(iter(play.state.relations))
    play(edits.repoint, id, "tail", havana.about)
    assert play.state.relations[id].tail == play.id_of("Havana") and play.verdicts() == {
        havana.about: "accepted"
    }


def suggested(overlap: str = "none") -> tuple[Play, str]:
    head, tail = offer("Xi", "PERSON"), offer("Havana", "GPE")
    leads = link("LEADS", head, tail)
    return Play(overlap, [head, tail], [leads]), leads.about  # type: ignore[arg-type]


def test_accepting_a_suggested_relation_accepts_both_ends_or_uses_identical_own_ones() -> None:
    play, about = suggested()
    play(edits.accept, about)
    assert play.own() == [("Xi", "PERSON"), ("Havana", "GPE")] and set(play.verdicts().values()) == {
        "accepted"
    }
    play, about = suggested()
    play(edits.add, *at("Xi"), "PERSON")
    xi = play.id_of("Xi")
    play(edits.accept, about)
    assert len(play.own()) == 2 and next(iter(play.state.relations.values())).head == xi


def test_a_suggested_relation_with_a_rejected_end_cannot_be_accepted() -> None:
    play, about = suggested()
    play(edits.reject, play.state.links[about].head)
    with pytest.raises(Refused, match="an end of this relation was turned down"):
        play(edits.accept, about)


def test_making_a_suggested_relation_by_hand_accepts_it_and_changing_it_or_an_end_changes_the_verdict() -> (
    None
):
    play, about = suggested()
    link_ = play.state.links[about]
    play(edits.relate, "LEADS", link_.head, link_.tail)
    assert play.verdicts()[about] == "accepted"
    play(edits.relabel, play.id_of("Havana"), "ORG")
    assert play.verdicts()[about] == "changed"
    play(edits.relabel, play.id_of("Havana"), "GPE")
    assert play.verdicts()[about] == "accepted"
    play(edits.delete, next(iter(play.state.relations)))
    assert play.verdicts()[about] == "rejected"


def test_a_suggested_relation_accepted_as_another_type_is_changed_and_one_deleted_is_rejected() -> None:
    play, about = suggested()
    play(edits.relabel_relation, about, "KNOWS")
    assert play.verdicts()[about] == "changed"
    play, about = suggested()
    edit = play(edits.delete, about)
    assert play.verdicts() == {about: "rejected"} and edit.focus is None and play.state.entities == {}


# -- the article --------------------------------------------------------------------------------------


def test_done_settles_and_accepts_the_best_of_what_conflicts_and_supersedes_the_rest() -> None:
    best = offer("Group of 20", "ORG", rank=0, score=0.5)
    worse, worst = offer("20", "GPE", score=0.9), offer("Group", "PERSON", score=0.8)
    xi, aside = offer("Xi", "PERSON"), offer("Havana", "GPE")
    play = Play(suggestions=[worst, worse, best, xi, aside])
    play(edits.add, *at("Havana"), "ORG")
    edit = play(edits.done, "accept")
    assert play.own() == [("Xi", "PERSON"), ("Havana", "ORG"), ("Group of 20", "ORG")]
    assert play.verdicts() == {
        best.about: "accepted",
        xi.about: "accepted",
        worse.about: "superseded",
        worst.about: "superseded",
        aside.about: "superseded",
    }
    progress = play.state.progress
    assert (progress.status, progress.complete, progress.done_at) == (
        "done",
        ("entities", "relations"),
        edit.at,
    )
    assert edit.says == "done, accepted 2" and play.state.pending == []
    play.take_back(edit)
    assert play.state.pending_count == 4 and play.state.progress.status == "open" and play.verdicts() == {}


def test_done_can_leave_what_is_pending_or_reject_it() -> None:
    xi = offer("Xi", "PERSON", at="2023")
    play = Play(suggestions=[xi])
    play(edits.done, "leave")
    assert play.state.is_pending(xi.about) and play.verdicts() == {}
    play = Play(suggestions=[xi])
    assert play(edits.done, "reject").says == "done, rejected 1"
    assert play.verdicts() == {xi.about: "rejected"}


def test_done_never_accepts_what_lies_within_an_own_entity_and_accept_all_does() -> None:
    inner, near = offer("20", "GPE", at="2023"), offer("Havana", "GPE", at="2023")
    hangs = link("NEAR", near, inner, symmetric=True)
    play = Play("nested", [inner, near], [hangs])
    play(edits.add, *at("Group of 20"), "ORG")
    edit = play(edits.done, "accept")
    assert play.own() == [("Havana", "GPE"), ("Group of 20", "ORG")]
    assert play.state.is_pending(inner.about) and play.state.is_pending(hangs.about)
    play.take_back(edit)
    play(edits.accept_all, [inner.about])
    assert ("20", "GPE") in play.own()


def test_under_nested_done_accepts_suggestions_that_lie_in_each_other() -> None:
    play = Play("nested", [offer("20", "GPE"), offer("Group of 20", "ORG")])
    play(edits.done, "accept")
    assert play.own() == [("Group of 20", "ORG"), ("20", "GPE")]


def test_done_accepts_suggested_relations_whose_ends_it_took_and_supersedes_the_others() -> None:
    xi, havana, rival = offer("Xi", "PERSON"), offer("Havana", "GPE"), offer("in  Havana", "ORG", score=0.1)
    good, bad = link("LEADS", xi, havana), link("LEADS", xi, rival)
    play = Play(suggestions=[xi, havana, rival], links=[good, bad])
    play(edits.done, "accept")
    assert [r.label for r in play.state.relations.values()] == ["LEADS"]
    assert play.verdicts()[good.about] == "accepted" and play.verdicts()[bad.about] == "superseded"


def test_done_counts_what_equals_an_own_entity_or_relation_as_accepted() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Havana", "GPE"))
    play(edits.relate, "LEADS", play.id_of("Xi"), play.id_of("Havana"))
    xi, havana = offer("Xi", "PERSON"), offer("Havana", "GPE")
    leads = link("LEADS", xi, havana)
    play.state.offer([xi, havana], [leads], play.state.analysis, True)
    play(edits.done, "accept")
    assert set(play.verdicts().values()) == {"accepted"} and len(play.verdicts()) == 3


def test_done_refuses_to_take_in_a_label_that_the_project_does_not_have() -> None:
    odd = offer("20", "DATE")
    play = Play(suggestions=[odd])
    with pytest.raises(Refused, match="DATE is not a label") as refused:
        play(edits.done, "accept")
    assert refused.value.focus == odd.about


def test_a_settled_article_stays_settled_when_edited_unless_a_problem_arises() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Havana", "GPE"))
    play(edits.relate, "LEADS", play.id_of("Xi"), play.id_of("Havana"))
    play(edits.done, "accept")
    play(edits.relabel, play.id_of("Havana"), "ORG")
    assert play.state.settled
    edit = play(edits.relabel, play.id_of("Xi"), "ORG")
    assert not play.state.settled and play.state.progress.done_at is None
    assert edit.says == "“Xi” PERSON → ORG; open again: LEADS may not go from ORG to ORG"
    play.take_back(edit)
    assert play.state.settled


def test_done_skip_and_reopen_say_when_there_is_nothing_to_do() -> None:
    play = Play()
    with pytest.raises(Refused, match="open already"):
        play(edits.reopen)
    play(edits.skip)
    assert play.state.progress.status == "skipped"
    with pytest.raises(Refused, match="skipped already"):
        play(edits.skip)
    play(edits.done, "accept")
    with pytest.raises(Refused, match="done already"):
        play(edits.done, "accept")
    play(edits.reopen)
    assert play.state.progress.status == "open" and play.state.progress.complete == ()


def test_flags_and_notes_come_and_go() -> None:
    xi = offer("Xi", "PERSON")
    play = Play(suggestions=[xi])
    play(edits.flag)
    play(edits.note, None, " look again ")
    play(edits.note, xi.about, "who?")
    assert (play.state.progress.flagged, play.state.progress.note) == (True, "look again")
    assert play.state.entities[play.id_of("Xi")].note == "who?" and play.verdicts() == {xi.about: "accepted"}
    play(edits.flag)
    play(edits.note, None, "")
    play(edits.note, play.id_of("Xi"), "")
    assert (play.state.progress.flagged, play.state.progress.note) == (False, None)
    with pytest.raises(Refused, match="nothing to change"):
        play(edits.note, None, "")


def test_a_relation_keeps_its_note() -> None:
    play = annotated("none", ("Xi", "PERSON"), ("Havana", "GPE"))
    play(edits.relate, "LEADS", play.id_of("Xi"), play.id_of("Havana"))
    id = next(iter(play.state.relations))
    play(edits.note, id, "since when?")
    play(edits.relabel_relation, id, "KNOWS")
    assert play.state.relations[id].note == "since when?"


def test_keys_of_things_that_are_gone_are_refused() -> None:
    play = Play()
    for verb, arguments in [
        (edits.relabel, ("x", "ORG")),
        (edits.accept, ("x",)),
        (edits.reject, ("x",)),
        (edits.delete, ("x",)),
        (edits.swap, ("x",)),
        (edits.note, ("x", "n")),
    ]:
        with pytest.raises(Refused, match="any more"):
            play(verb, *arguments)


def test_a_relation_stored_before_its_type_became_symmetric_is_still_found() -> None:
    mine = [
        Entity("1", *at("Havana"), "GPE", "Havana"),
        Entity("2", *at("Group of 20"), "ORG", "Group of 20"),
    ]
    state = ArticleState(article(), ME, schema(), mine, [Relation("r", "NEAR", "2", "1")])
    with pytest.raises(Refused, match="there already"):
        edits.relate(state, Pens()(), "NEAR", "1", "2")


def test_a_verb_changes_nothing_itself() -> None:
    play = annotated("none", ("Xi", "PERSON"))
    before = dict(play.state.entities), list(play.state.items)
    edits.relabel(play.state, replace(play.pens(), via="key"), play.id_of("Xi"), "ORG")
    assert (play.state.entities, play.state.items) == before
