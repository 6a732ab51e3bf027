"""Accepting and rejecting what was read, through the preview: rows, decisions and undo in the database."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.model import Entity, Relation
from tests.desks import VISIT, VISIT_MARKS, Project, Sitting, check_sound, ids, mark, work
from tests.screens import Screen, run

LONG = "\n".join(f"Report {n}: Ana Ruiz saw Oslo." for n in range(60))


@pytest.fixture
def visit(project: Project) -> Sitting:
    return project.sit(project.visit())


def long_article(project: Project) -> int:
    """Sixty lines with two suggestions each, of which the scores fall."""
    article = project.add(LONG, "Long")
    marks = [mark(LONG, "Ana Ruiz", "PERSON", n + 1, score=1 - n / 100) for n in range(60)]
    marks += [mark(LONG, "Oslo", "GPE", n + 1, score=0.9) for n in range(60)]
    project.suggest(article, marks)
    return article


def ticked(sitting: Sitting) -> list[str]:
    assert sitting.desk.preview is not None
    return [line.text for line in sitting.desk.preview.ticked]


# -- A and X ----------------------------------------------------------------------------------------


def test_two_keys_accept_all_that_is_pending_down_to_the_last_line_on_screen(project):
    sitting = project.sit(long_article(project), height=8)
    before = work(sitting.session)
    sitting.press("A")
    assert sitting.desk.scope == "preview" and len(ticked(sitting)) == 16
    assert work(sitting.session) == before
    sitting.press("enter")
    assert len(sitting.entities) == 16
    assert sitting.said == "accepted 16"
    decisions = sitting.session.store.decisions(sitting.state.article.id, sitting.session.layer.id)
    assert {(d.verdict, d.via) for d in decisions} == {("accepted", "bulk")}
    assert sitting.focused == "PERSON? Ana Ruiz"
    assert sitting.desk.view.layout.line_of(sitting.desk.offset) == 8
    sitting.check()
    check_sound(sitting.session)
    after = work(sitting.session)
    assert work(sitting.press("u").session) == before
    assert work(sitting.press("ctrl+r").session) == after


def test_what_was_scrolled_past_counts_as_read(project):
    sitting = project.sit(long_article(project), height=8).press("pagedown")
    last = sitting.desk.view.last + 1
    assert last > 8
    sitting.press("A", "enter")
    assert len(sitting.entities) == 2 * last


def test_two_keys_reject_all_that_was_read(visit):
    before = work(visit.session)
    visit.press("X", "enter")
    assert visit.entities == []
    assert visit.verdicts == {"rejected": 10}
    assert visit.said == "rejected 10; nothing pending: c = done"
    visit.check()
    assert work(visit.press("u").session) == before


def test_of_those_that_rule_each_other_out_the_best_is_accepted_and_the_rest_superseded(visit):
    visit.press("A")
    notes = {line.text: visit.desk.preview.note(line) for line in visit.desk.preview.lines}
    assert notes["Harbour Trust"] == "gives way" and notes["Bergen Harbour Trust"] == "model:hand@1"
    visit.press("enter")
    assert "ORG Bergen Harbour Trust" in visit.entities and "ORG Harbour Trust" not in visit.entities
    assert visit.verdicts == {"accepted": 9, "superseded": 1}


def test_a_line_that_is_unticked_stays_pending(visit):
    visit.press("A", "x", "j", "space", "enter")
    assert len(visit.entities) == 7
    assert visit.pending() == ["Ana Ruiz", "Oslo"]
    assert visit.said == "accepted 7; no more below, 2 above"


def test_the_threshold_leaves_what_is_below_it_pending(project):
    sitting = project.sit(long_article(project), height=8).press("A", "l", "enter")
    assert sitting.entities == ["PERSON Ana Ruiz"] * 6
    assert sitting.pending()[:10] == [*["Oslo"] * 6, "Ana Ruiz", "Oslo", "Ana Ruiz", "Oslo"]


def test_nothing_pending_above_is_said_and_changes_nothing(project):
    sitting = project.sit(long_article(project), height=8).press("A", "enter", "g", "g")
    before = work(sitting.session)
    assert sitting.press("A").said == "nothing is pending down to here, 104 below"
    assert (sitting.desk.mode, work(sitting.session)) == ("read", before)
    empty = project.sit(project.add("Nobody came.\n"))
    assert empty.press("X").said == "nothing is pending: c = done"


def test_nothing_ticked_changes_nothing(visit):
    before = work(visit.session)
    visit.press("A", "n", "enter")
    assert visit.said.startswith("nothing is ticked") and visit.desk.scope == "preview"
    assert work(visit.session) == before
    visit.press("a", "enter")
    assert len(visit.entities) == 9


@pytest.mark.parametrize("key", ["escape", "q"])
def test_leaving_changes_nothing(visit, key):
    visit.press("tab", "tab")
    before = (visit.desk.cursor, visit.desk.focus, visit.desk.view.top, work(visit.session))
    visit.press("A", "j", "x", "l", key)
    assert (visit.desk.cursor, visit.desk.focus, visit.desk.view.top, work(visit.session)) == before
    assert (visit.desk.mode, visit.desk.preview, visit.desk.scope) == ("read", None, "read")


def test_a_suggested_relation_comes_with_its_ends_and_not_without(project):
    head, tail = ids(2)
    rest = [mark(VISIT, *m) for m in VISIT_MARKS if m[0] not in ("Ana Ruiz", "Oslo")]
    marks = [mark(VISIT, "Ana Ruiz", "PERSON", id=head), mark(VISIT, "Oslo", "GPE", id=tail), *rest]
    article = project.add(VISIT)
    project.suggest(article, marks, [Relation("", "LEADS", head, tail)])
    sitting = project.sit(article)
    assert "Ana Ruiz → Oslo" in ticked(sitting.press("A"))
    sitting.press("enter")
    assert sitting.relations == ["Ana Ruiz LEADS Oslo"]
    sitting.press("u", "A", "x", "enter")
    assert sitting.relations == [] and "PERSON Ana Ruiz" not in sitting.entities
    sitting.check()
    check_sound(sitting.session)


def test_one_inside_an_own_entity_is_shown_but_not_ticked(make_project):
    project = make_project(overlap="nested")
    sitting = project.sit(project.visit()).goto("Bergen Harbour Trust").press("a", "A")
    inside = next(line for line in sitting.desk.preview.lines if line.text == "Harbour Trust")
    assert not sitting.desk.preview.is_ticked(inside)
    assert sitting.desk.preview.note(inside) == "inside your own"
    sitting.press("enter")
    assert "Harbour Trust" in sitting.pending()


def test_what_another_window_decided_meanwhile_is_passed_over(project):
    article = project.visit()
    mine, other = project.sit(article, own=True), project.sit(article, own=True)
    mine.press("A")
    other.press("x")
    assert mine.session.refresh()
    mine.desk.bind()
    mine.press("enter")
    assert "PERSON Ana Ruiz" not in mine.entities and len(mine.entities) == 8
    mine.check()


def test_an_edit_of_another_window_that_was_not_seen_refuses_and_leaves_the_preview(project):
    article = project.visit()
    mine, other = project.sit(article, own=True), project.sit(article, own=True)
    mine.press("A")
    other.press("x")
    mine.press("enter")
    assert "changed in another window" in mine.said
    assert (mine.desk.mode, mine.entities) == ("read", [])
    mine.press("A", "enter")
    assert len(mine.entities) == 8
    mine.check()


def test_two_thousand_are_accepted_at_once(project):
    text = "Oslo " * 2000
    article = project.add(text, "Oslo")
    project.suggest(article, [Entity("", at, at + 4, "GPE", "Oslo") for at in range(0, len(text), 5)])
    sitting = project.sit(article, width=60, height=400).press("A", "G")
    assert sitting.desk.preview.index == 1999
    sitting.press("enter")
    assert len(sitting.entities) == 2000
    sitting.press("u")
    assert sitting.entities == []


# -- any keys ---------------------------------------------------------------------------------------

KEYS = [
    *("j", "k", "down", "up", "g", "G", "home", "end", "pagedown", "pageup", "space", "x", "a", "n"),
    *("h", "l", "left", "right", "c", "w", "tab", "1", "r", "u", "f7", "é"),
]


@given(keys=st.lists(st.sampled_from(KEYS), max_size=25), opener=st.sampled_from(["A", "X"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_keys_break_a_preview_and_escape_leaves_it(keys, opener):
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        try:
            sitting = project.sit(project.visit(), height=3)
            before = (sitting.desk.cursor, sitting.desk.focus, work(sitting.session))
            sitting.press(opener, *keys)
            assert sitting.desk.scope == "preview"
            sitting.check()
            sitting.press("escape")
            if sitting.desk.scope == "preview":  # the first Escape ended a sequence
                sitting.press("escape")
            assert sitting.desk.scope == "read"
            assert (sitting.desk.cursor, sitting.desk.focus, work(sitting.session)) == before
        finally:
            project.close()


# -- on the screen ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 36), (20, 6), (1, 1)])
def test_the_preview_fits_every_terminal_and_its_keys_work(project, size):
    article = project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("A")
        shown = screen.rows()
        assert all(len(row) <= size[0] for row in shown)
        if size[0] >= 40:
            assert "accept down to here: " in screen.text()
            assert "▸[x] PERSON" in screen.text() and "‹Ana Ruiz›" in screen.text()
            assert "Enter apply" in screen.text() and "PREVIEW" in screen.text()
            assert "pending" in shown[0] or size[0] < 80
        await screen.press("x", "g")
        assert screen.app.reader.overlay.display
        await screen.press("g", "G", "pageup", "pagedown", "?", "escape", "enter")
        store, me = project.store, screen.app.session.layer.id
        found = {e.text for e in store.entities(article, me)}
        assert "Ana Ruiz" not in found and (found or size == (1, 1))
        await screen.press("escape")
        assert not screen.app.reader.overlay.display
        screen.check()

    run(test, project, size)


def test_the_text_above_the_preview_stays_as_it_is(project):
    long_article(project)

    async def test(screen: Screen) -> None:
        before = screen.rows()[1:8]
        await screen.press("A")
        assert screen.rows()[1:8] == before
        await screen.press("escape")
        assert screen.rows()[1:8] == before and "PREVIEW" not in screen.text()

    run(test, project)
