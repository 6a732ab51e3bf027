"""What is pending, what is set aside, what is a problem, and in which order things stand."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import edits
from annotations.draft import Pen
from annotations.model import Decision, Entity, Layer, Progress, Relation
from annotations.offers import Offer, merge
from annotations.state import LINK, OWN, PENDING, ArticleState, SpanIndex
from tests.strategies import ME, PROSE, Pens, Play, article, find, link, offer, schema

MODEL = Layer(2, "m", "model", "m", "1")
PATTERNS = Layer(3, "p", "patterns", "p")


def own(part: str, label: str, id: str | None = None) -> Entity:
    start, end = find(PROSE, part)
    return Entity(id or f"own-{part}-{label}", start, end, label, part)


def state_of(overlap: str, mine: list[Entity], *offers: object, **more: object) -> ArticleState:
    return ArticleState(article(), ME, schema(overlap), mine, suggestions=offers, **more)  # type: ignore[arg-type]


# -- pending and set aside ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overlap", "part", "label", "pending"),
    [
        ("none", "Group of 20", "PERSON", False),
        ("none", "20 met", "ORG", False),
        ("none", "Group", "ORG", False),
        ("none", "Havana", "GPE", True),
        ("nested", "Group of 20", "PERSON", False),
        ("nested", "20 met", "ORG", False),
        ("nested", "Group", "ORG", True),
        ("nested", "The Group of 20 met", "ORG", True),
        ("crossing", "Group of 20", "PERSON", True),
        ("crossing", "Group of 20", "ORG", False),
        ("crossing", "20 met", "ORG", True),
    ],
)
def test_a_suggestion_gives_way_to_an_own_entity_as_the_overlap_policy_says(
    overlap: str, part: str, label: str, pending: bool
) -> None:
    suggestion = offer(part, label)
    state = state_of(overlap, [own("Group of 20", "ORG")], suggestion)
    assert state.is_pending(suggestion.about) is pending
    assert state.set_aside(suggestion.about) is not pending


def test_what_is_set_aside_comes_back_when_the_own_entity_goes_and_leaves_again_on_undo() -> None:
    suggestion = offer("Group of 20", "ORG")
    play = Play(suggestions=[suggestion])
    play(edits.add, *find(PROSE, "20"), "GPE")
    assert not play.state.is_pending(suggestion.about)
    edit = play(edits.delete, play.id_of("20"))
    assert play.state.is_pending(suggestion.about)
    play.take_back(edit)
    assert not play.state.is_pending(suggestion.about)


def test_a_suggestion_of_several_pieces_only_meets_what_its_pieces_meet() -> None:
    (s1, e1), (s2, e2) = find(PROSE, "Xi"), find(PROSE, "Havana")
    wide = offer("Xi", "ORG")._replace(about="wide", end=e2, fragments=((s1, e1), (s2, e2)))
    assert state_of("none", [own("met", "ORG")], wide).is_pending("wide")
    assert not state_of("none", [own("in  Havana", "ORG")], wide).is_pending("wide")


def test_decided_suggestions_are_not_items() -> None:
    suggestion = offer("Xi", "PERSON")
    decision = Decision(suggestion.about, "rejected", None, "key", (), "t")
    state = state_of("none", [], suggestion, decisions=[decision])
    assert state.items == [] and state.pending == [] and state.pending_count == 0


def test_suggestions_that_arrive_on_a_settled_article_are_not_pending_and_earlier_ones_are() -> None:
    early, late = offer("Xi", "PERSON", at="2024-01-01"), offer("Havana", "GPE", at="2024-01-03")
    done = Progress("done", ("entities",), done_at="2024-01-02")
    state = state_of("none", [], early, late, progress=done)
    assert [i.key for i in state.pending] == [early.about]
    assert state_of("none", [], early, late).pending_count == 2


def test_items_stand_by_start_then_the_longer_then_own_before_pending() -> None:
    group, part = offer("Group of 20", "GPE"), offer("Group", "GPE")
    state = state_of(
        "crossing", [own("Group of 20", "ORG"), own("Xi", "PERSON")], group, part, offer("20", "ORG")
    )
    shown = [(PROSE[i.start : i.end], i.kind) for i in state.items]
    assert shown == [
        ("Xi", OWN),
        ("Group of 20", OWN),
        ("Group of 20", PENDING),
        ("Group", PENDING),
        ("20", PENDING),
    ]


def test_arriving_suggestions_leave_the_own_items_as_they_are() -> None:
    state = state_of("none", [own("Xi", "PERSON")])
    before = list(state.items)
    state.offer([offer("Havana", "GPE")], [], state.analysis, True)
    assert [i for i in state.items if i.kind == OWN] == before and state.pending_count == 1


# -- suggested relations ------------------------------------------------------------------------------


def linked(
    overlap: str = "none", mine: list[Entity] | None = None, **more: object
) -> tuple[ArticleState, str]:
    head, tail = offer("Xi", "PERSON"), offer("Havana", "GPE")
    leads = link("LEADS", head, tail)
    return state_of(overlap, mine or [], head, tail, links=[leads], **more), leads.about


def test_a_suggested_relation_waits_at_its_later_end() -> None:
    state, about = linked()
    item = state.item(about)
    assert item is not None and item.kind == LINK and PROSE[item.start : item.end] == "Havana"


def test_a_suggested_relation_is_set_aside_when_an_end_is_rejected_and_comes_back_on_undo() -> None:
    head, tail = offer("Xi", "PERSON"), offer("Havana", "GPE")
    leads = link("LEADS", head, tail)
    play = Play(suggestions=[head, tail], links=[leads])
    edit = play(edits.reject, tail.about)
    assert not play.state.is_pending(leads.about) and play.state.set_aside(leads.about)
    play.take_back(edit)
    assert play.state.is_pending(leads.about)


def test_a_suggested_relation_stands_on_own_ends_that_are_identical_and_falls_with_another_label() -> None:
    state, about = linked(mine=[own("Xi", "PERSON"), own("Havana", "GPE")])
    assert state.is_pending(about)
    state, about = linked(mine=[own("Xi", "ORG"), own("Havana", "GPE")])
    assert not state.is_pending(about)


def test_an_illegal_suggested_relation_is_never_pending() -> None:
    head, tail = offer("Havana", "GPE"), offer("Xi", "PERSON")
    leads = link("LEADS", head, tail)
    assert not state_of("none", [], head, tail, links=[leads]).is_pending(leads.about)


def test_a_suggested_relation_that_the_person_has_already_is_set_aside_also_turned_round_if_symmetric() -> (
    None
):
    mine = [own("Havana", "GPE", "1"), own("Group of 20", "ORG", "2")]
    near = link("NEAR", offer("Group of 20", "ORG"), offer("Havana", "GPE"), symmetric=True)
    state = state_of("none", mine, links=[near], relations=[Relation("r", "NEAR", "1", "2")])
    assert not state.is_pending(near.about)


# -- problems -----------------------------------------------------------------------------------------


def test_problems_are_illegal_relations_unknown_labels_and_forbidden_overlaps() -> None:
    mine = [
        own("Xi", "GPE", "1"),
        own("Havana", "GPE", "2"),
        own("Group of 20", "ORG", "3"),
        own("20", "ORG", "4"),
    ]
    mine.append(own("aide", "DATE", "5"))
    state = state_of("none", mine, relations=[Relation("r", "LEADS", "1", "2")])
    assert state.problems == {
        "r": "LEADS may not go from GPE to GPE",
        "3": "overlaps the ORG “20”",
        "4": "overlaps the ORG “Group of 20”",
        "5": "DATE is not a label of this project",
    }
    assert state.first_problem() == "r"


def test_a_problem_goes_with_its_cause() -> None:
    mine = [own("Group of 20", "ORG", "3"), own("20", "ORG", "4")]
    state = state_of("none", mine)
    state.apply(edits.delete(state, Pens()(), "4"))
    assert state.problems == {}


# -- what other layers offer --------------------------------------------------------------------------


def test_identical_offers_are_one_suggestion_of_the_best_ranked_source_with_the_better_score() -> None:
    xi = own("Xi", "PERSON")
    low, high = xi._replace(id="a", score=0.5, created_at="2"), xi._replace(id="b", score=0.9, created_at="1")
    found, _ = merge([Offer(MODEL, (low,), ()), Offer(PATTERNS, (high,), ())], schema(), lambda _: 0.0)
    assert [(s.sources, s.score, s.rank, s.created_at) for s in found] == [
        (("patterns:p", "model:m@1"), 0.9, 0, "1")
    ]
    found, _ = merge(
        [Offer(MODEL, (low._replace(score=None),), ()), Offer(PATTERNS, (high,), ())], schema(), lambda _: 0.0
    )
    assert found[0].score is None


def test_below_its_lowest_score_nothing_is_offered_nor_counts_as_a_source_and_no_score_passes() -> None:
    xi, havana = own("Xi", "PERSON")._replace(score=0.4), own("Havana", "GPE")._replace(score=None)
    sure = xi._replace(id="b", score=0.6)
    offers = [Offer(MODEL, (xi, havana), ()), Offer(PATTERNS, (sure,), ())]
    found, _ = merge(offers, schema(), lambda label: 0.5)
    assert [(s.text, s.sources) for s in found] == [("Xi", ("patterns:p",)), ("Havana", ("model:m@1",))]


def test_a_symmetric_relation_offered_in_both_orders_is_one_suggestion() -> None:
    one, two = own("Havana", "GPE", "1"), own("Group of 20", "ORG", "2")
    there, back = Relation("r", "NEAR", "1", "2"), Relation("r", "NEAR", "2", "1")
    _, links = merge(
        [Offer(MODEL, (one, two), (there,)), Offer(PATTERNS, (one, two), (back,))], schema(), lambda _: 0.0
    )
    assert [x.sources for x in links] == [("patterns:p", "model:m@1")]


# -- the index, and cost ------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 2000)), max_size=20), st.data())
def test_the_index_finds_exactly_what_overlaps(ranges: list[tuple[int, int]], data: st.DataObject) -> None:
    index = SpanIndex()
    there = {str(i): (s, s + length) for i, (s, length) in enumerate(ranges)}
    for key, (s, e) in there.items():
        index.add(key, s, e)
    for key in data.draw(st.lists(st.sampled_from(sorted(there)), unique=True)) if there else []:
        index.remove(key)
        del there[key]
    start = data.draw(st.integers(0, 6000))
    end = start + data.draw(st.integers(1, 3000))
    assert set(index.overlapping(start, end)) == {k for k, (s, e) in there.items() if s < end and e > start}


def _median_of_relabelling(count: int) -> float:
    text = "Xi met Diaz-Canel in the old Havana. " * count
    mine = [Entity(f"{i:06d}", i * 37, i * 37 + 2, "ORG", "Xi") for i in range(count)]
    state = ArticleState(article(text), ME, schema(), mine)
    times = []
    for i in range(0, count, max(1, count // 100)):
        pen = Pen("t", Pens().new_id)
        start = time.perf_counter()
        state.apply(edits.relabel(state, pen, f"{i:06d}", "GPE"))
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def test_an_edit_costs_about_the_same_in_a_long_article_as_in_a_short_one() -> None:
    assert _median_of_relabelling(20_000) < 5 * _median_of_relabelling(100) + 0.001
