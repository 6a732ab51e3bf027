"""The gold of the seeds, and the search for the fewest keys that the benchmark `acts` rests on."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from annotations.doctor import examine
from annotations.formats.base import Reading
from annotations.importing import Importer, Taking
from annotations.session import Session
from annotations.store import Store
from tests.bench import acts, shortest
from tests.bench.acts import ACTS, GOLD, TEXT, Act, Gold
from tests.bench.driver import ROOT

PATHS = sorted(GOLD.glob("*.jsonl"))


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_each_act_takes_the_keys_that_it_may_take(tmp_path: Path, act: Act) -> None:
    acts.perform(tmp_path / "project", act)
    assert act.count <= act.limit


# -- the gold -----------------------------------------------------------------------------------------


def test_there_is_gold_for_three_seeds() -> None:
    assert [path.stem[:3] for path in PATHS] == ["000", "002", "003"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_gold_is_of_a_seed_and_goes_in_whole(tmp_path: Path, path: Path) -> None:
    config = acts.project(tmp_path / "project", f"{path.stem}.txt")
    line = json.loads(path.read_text(encoding="utf-8"))
    with closing(Store.open(config.database)) as store:
        seeds = Importer(store, config).take_patterns(["seeds"], config.path.parent)
        report = Importer(store, config, Taking(Reading(config.schema), person="gold")).take_patterns(
            [str(path)], ROOT
        )
        assert (seeds.new, report.new, report.refused, report.warnings) == (1, 0, [], [])
        assert (report.entities, report.relations) == (len(line["entities"]), len(line["relations"]))
        session = Session(store, config, "gold")
        state = session.open(session.queue[0])
        assert state.article.text == line["text"]
        assert not state.problems
        assert [f for f in examine(store, config.schema) if f.kind == "error"] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_gold_has_seven_relations_and_some_fifty_entities(path: Path) -> None:
    gold = Gold.read(path)
    assert len(gold.pairs) == 7
    assert 45 <= len(gold.marks) <= 60


# -- the search ---------------------------------------------------------------------------------------


def place(words: str, after: int = 0) -> tuple[int, int]:
    start = TEXT.index(words, after)
    return start, start + len(words)


LI, SECOND_OSLO = (*place("Li Wei", 90), "PERSON"), (*place("Oslo", 90), "GPE")
WANTED = frozenset(
    {
        *((*place("Ana Ruiz"), "PERSON"), (*place("Li Wei"), "PERSON"), (*place("Oslo"), "GPE")),
        *((*place("Friday"), "DATE"), (*place("Bergen"), "GPE"), (*place("Ruiz", 90), "PERSON"), LI),
        *((*place("Bergen Harbour Trust"), "ORG"), (*place("Norway"), "GPE"), SECOND_OSLO),
        (*place("Norway", 160), "GPE"),
    }
)
"""What `acts.TEXT` should have: an edge, a label and two entities are to be corrected."""


def test_corrections_are_in_the_order_of_the_text_and_what_overlaps_is_one() -> None:
    a, b, c = (0, 4, "PERSON"), (2, 9, "ORG"), (12, 14, "GPE")
    first, second = shortest.corrections(frozenset({a, c}), frozenset({b}))
    assert (first.wrong, first.missing, first.start, first.end) == ({a}, {b}, 0, 9)
    assert (second.wrong, second.missing) == ({c}, frozenset())
    assert shortest.corrections(frozenset({a, b}), frozenset({a, b})) == []


def test_the_keys_that_are_found_lead_to_the_gold_in_the_app(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    acts.with_text(folder)
    gold = Gold("", WANTED, frozenset({("VISITED", LI, SECOND_OSLO)}))
    found = acts.search(folder, gold)
    assert (found.wrong, found.places) == (4, 4)
    entities, relations = found.keys(relations=False), found.keys(relations=True)
    assert acts.Work.read(folder).marks == frozenset()
    work = acts.replay(folder, [*entities, *relations, "c"])
    assert (work.marks, work.pairs, work.status) == (gold.marks, gold.pairs, "done")
    # Such as `<`, `; s 3`, `l j V 2`, `/ N Enter 3`; then `Tab r Tab 4`.
    assert len(entities) <= 12
    assert len(relations) <= 4
