from __future__ import annotations

import pytest

from annotations import edits
from annotations.model import Relation
from tests.desks import Project, Sitting, check_sound, ids, mark, work

FERRY = "Nina Berg owns the ferry.\n"


@pytest.fixture
def three(project: Project) -> Sitting:
    """Three articles: Visit with ten suggestions, Ferry with one, Tide with none."""
    first = project.visit()
    second = project.add(FERRY, "Ferry")
    project.suggest(second, [("Nina Berg", "PERSON")])
    project.suggest(project.add("The tide was low.\n", "Tide"), [])
    return project.sit(first)


def title(sitting: Sitting) -> str:
    return sitting.state.article.title


# -- done -------------------------------------------------------------------------------------------


def test_done_accepts_what_is_pending_and_opens_the_next_open_article(three):
    first = three.state.article.id
    three.press("c")
    store, me = three.session.store, three.session.layer.id
    progress = store.progress(first, me)
    assert (progress.status, progress.complete) == ("done", ("entities", "relations"))
    assert progress.done_at is not None
    assert len(store.entities(first, me)) == 9
    verdicts = [d.verdict for d in store.decisions(first, me)]
    assert sorted(set(verdicts)) == ["accepted", "superseded"]
    assert {d.via for d in store.decisions(first, me)} == {"done"}
    assert title(three) == "Ferry"
    assert three.said == "done, accepted 9"
    check_sound(three.session)


def test_undo_after_done_comes_back_and_undoes_the_whole_of_it(three):
    before = work(three.session)
    three.press("c", "u")
    assert title(three) == "Visit"
    assert work(three.session) == before
    assert "in “Visit”" in three.said
    assert three.desk.kind == "suggestion"
    three.press("ctrl+r")
    assert three.status == "done"
    three.check()


def test_done_policy_leave_leaves_what_is_pending(make_project):
    project = make_project(done="leave")
    sitting = project.sit(project.visit()).press("c")
    assert (sitting.status, sitting.entities, sitting.verdicts) == ("done", [], {})
    assert "no open article is left" in sitting.said


@pytest.mark.parametrize(
    ("key", "entities", "verdicts"),
    [
        ("a", 9, {"accepted", "superseded"}),
        ("enter", 9, {"accepted", "superseded"}),
        ("x", 0, {"rejected"}),
        ("l", 0, set()),
    ],
)
def test_done_policy_ask_asks_in_one_line(make_project, key, entities, verdicts):
    project = make_project(done="ask")
    sitting = project.sit(project.visit()).press("c")
    assert (sitting.desk.scope, sitting.status) == ("ask", "open")
    sitting.press(key)
    assert (sitting.status, len(sitting.entities), set(sitting.verdicts)) == ("done", entities, verdicts)
    assert sitting.desk.scope == "read"


def test_escape_takes_the_question_back(make_project):
    project = make_project(done="ask")
    sitting = project.sit(project.visit()).press("c", "escape")
    assert (sitting.desk.scope, sitting.status) == ("read", "open")


def test_done_asks_nothing_when_nothing_is_pending(make_project):
    project = make_project(done="ask")
    sitting = project.sit(project.add(FERRY)).press("c")
    assert sitting.status == "done"


def test_done_refuses_once_while_suggestions_have_not_arrived(make_project):
    project = make_project(pipeline="en_core_web_sm")
    sitting = project.sit(project.add(FERRY)).press("c")
    assert sitting.status == "open"
    assert sitting.said == "suggestions have not arrived yet; c again settles it without them"
    sitting.press("c")
    assert sitting.status == "done"


def test_done_does_not_wait_for_a_suggester_that_has_failed(make_project):
    project = make_project(pipeline="en_core_web_sm")
    sitting = project.sit(project.add(FERRY))
    sitting.session.suggester_error = "there is no such pipeline"
    assert sitting.press("c").status == "done"


def test_done_refuses_once_while_parts_of_a_long_article_were_never_on_screen(project):
    text = "\n".join(f"Line {n} of a long report." for n in range(600))
    assert len(text) > 10_000
    sitting = project.sit(project.add(text)).press("G", "c")
    assert sitting.status == "open"
    assert "never on screen" in sitting.said
    sitting.press("c")
    assert sitting.status == "done"


def test_a_long_article_that_was_paged_through_is_done_at_once(project):
    text = "\n".join(f"Line {n} of a long report." for n in range(600)) + "\n\n"
    sitting = project.sit(project.add(text), height=30)
    sitting.press(*["pagedown"] * 25, "c")
    assert sitting.status == "done"


def test_what_was_on_screen_counts_after_a_restart(project):
    text = "\n".join(f"Line {n} of a long report." for n in range(600))
    article = project.add(text)
    sitting = project.sit(article, height=30).press(*["pagedown"] * 12)
    sitting.session.flush()
    again = project.sit(article, own=True, height=30)
    again.press(*["pagedown"] * 13, "c")
    assert again.status == "done"


def test_a_short_article_needs_no_paging(project):
    sitting = project.sit(project.add("word " * 1_900), height=3)
    assert sitting.press("c").status == "done"


def test_problems_block_done_and_the_first_is_focused(three):
    three.press("r", "tab", "2").goto("Li").press("2").goto("home")
    assert three.state.problems
    three.press("c")
    assert three.status == "open"
    assert three.said.startswith("not done: 1 problem first (MET may not go from PERSON to ORG)")
    assert three.desk.scope == "relation"
    assert three.desk.focus in three.state.problems
    three.press("d", "c")
    assert title(three) == "Ferry"


def test_done_on_a_settled_article_goes_on(three):
    first = three.state.article.id
    three.press("c")
    three.desk.open(first)
    three.press("c")
    assert title(three) == "Ferry"
    assert three.said == "this one was done already"


def test_editing_a_settled_article_keeps_it_settled(three):
    first = three.state.article.id
    three.press("c")
    three.desk.open(first)
    three.goto("home").press("2")
    assert (three.status, "ORG home" in three.entities) == ("done", True)
    three.check()


def test_suggestions_that_arrive_on_a_settled_article_are_not_pending(three, project):
    first = three.state.article.id
    three.press("c")
    three.desk.open(first)
    later = project.open_store()
    project.suggest(first, [("mayor", "PERSON")], store=later, layer=later.layer("patterns", "late"))
    assert three.session.refresh()
    three.desk.bind()
    assert three.pending() == []


# -- skip, flag, reopen, the next one ---------------------------------------------------------------


def test_skip_goes_on_and_reopen_takes_it_back(three):
    first = three.state.article.id
    three.press("g s")
    assert title(three) == "Ferry"
    assert three.said == "skipped"
    three.desk.open(first)
    assert three.status == "skipped"
    three.press("C")
    assert (three.status, three.said) == ("open", "open again")
    assert three.press("C").said == "this article is open already"


def test_flag_is_a_toggle_and_an_edit(three):
    store, me, article = three.session.store, three.session.layer.id, three.state.article.id
    three.press("f")
    assert (store.progress(article, me).flagged, three.said) == (True, "flagged")
    three.press("f")
    assert store.progress(article, me).flagged is False
    three.press("u")
    assert store.progress(article, me).flagged is True
    three.check()


def test_next_and_previous_article_stop_at_the_ends(three):
    three.press("g n")
    assert title(three) == "Ferry"
    three.press("] ]")
    assert title(three) == "Tide"
    assert three.press("g n").said == "this is the last article of the list"
    three.press("[ [", "g p")
    assert title(three) == "Visit"
    assert three.press("g p").said == "this is the first article of the list"


def test_an_article_is_reopened_at_the_place_where_it_was_left(three):
    three.goto("company").press("l").goto("company").press("g n", "g p")
    assert three.token == "company"


def test_done_goes_round_to_open_articles_above(three):
    three.press("g n", "g n", "c")
    assert title(three) == "Visit"


def test_the_last_open_article_says_what_comes_next(three):
    three.press("c", "c", "c")
    assert "no open article is left: `postil export` writes the data" in three.said


# -- another window, another process ----------------------------------------------------------------


def test_suggestions_that_arrive_move_neither_focus_nor_scroll(make_project):
    project = make_project(pipeline="en_core_web_sm")
    text = "\n".join(f"Line {n} speaks of Oslo." for n in range(60))
    article = project.add(text)
    sitting = project.sit(article, own=True, height=10)
    sitting.goto("Line 30").press("1").goto("Line 30")
    before = (sitting.desk.cursor, sitting.desk.focus, sitting.desk.view.top)
    project.suggest(article, [("Oslo", "GPE", n) for n in range(1, 61)])
    assert sitting.session.refresh()
    sitting.desk.bind()
    assert (sitting.desk.cursor, sitting.desk.focus, sitting.desk.view.top) == before
    assert len(sitting.pending()) == 60
    assert not sitting.session.awaits_suggestions
    sitting.check()


def test_suggestions_that_arrive_leave_the_cursor_in_its_row_also_with_labels_shown(make_project):
    project = make_project(pipeline="en_core_web_sm")
    text = "\n".join(f"Oslo and Bergen and Oslo and Hamar {n}." for n in range(60))
    article = project.add(text)
    sitting = project.sit(article, own=True, width=38, height=12).press("z l")
    sitting.goto("Hamar 30").press("z z")
    row = sitting.desk.view.layout.line_of(sitting.desk.offset) - sitting.desk.view.top
    project.suggest(article, [(name, "GPE", n) for n in range(1, 61) for name in ("Hamar", "Bergen")])
    assert sitting.session.refresh()
    sitting.desk.bind()
    assert sitting.desk.view.layout.line_of(sitting.desk.offset) - sitting.desk.view.top == row
    sitting.check()


def test_suggestions_that_arrive_while_a_key_edits_are_not_missed(make_project):
    project = make_project(pipeline="en_core_web_sm")
    article = project.add("Oslo and Bergen.")
    sitting = project.sit(article, own=True)
    project.suggest(article, [("Bergen", "GPE")])
    sitting.press("3")
    assert sitting.entities == ["GPE Oslo"]
    sitting.session.refresh()
    assert sitting.pending() == ["Bergen"]
    assert sitting.focused == "GPE Oslo"
    sitting.check()


def test_refresh_says_when_nothing_here_has_changed(three, project):
    other = project.sit(three.session.queue[1], person="ben", own=True)
    other.press("a")
    mine = project.sit(three.state.article.id, own=True)
    other.press("u")
    assert not mine.session.refresh()


def test_an_edit_of_another_window_of_mine_is_shown(project):
    article = project.visit()
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    one.press("a")
    assert two.session.refresh()
    two.desk.bind()
    assert "PERSON Ana Ruiz" in two.entities
    assert two.focused is None
    two.check()


def test_a_stale_edit_is_refused_and_the_article_shown_as_it_is(project):
    article = project.visit()
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    one.press("x")
    two.press("a")
    assert two.said.startswith("this article was changed in another window")
    assert two.entities == []
    assert two.verdicts == {"rejected": 1}
    two.check()
    assert two.press("tab", "a").entities == ["PERSON Li Wei"]
    two.check()


def test_an_edit_beside_one_of_another_window_is_made_once_both_are_seen(project):
    article = project.visit()
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    one.press("a")
    two.goto("mayor").press("1")
    assert two.said.startswith("this article was changed in another window")
    assert (two.entities, two.token) == (["PERSON Ana Ruiz"], "mayor")
    two.press("1")
    assert two.entities == ["PERSON Ana Ruiz", "PERSON mayor"]
    two.check()


def test_an_edit_never_rests_on_what_another_window_took_away(project):
    article = project.add("Ana Ruiz leads Oslo.")
    text, (head, tail) = "Ana Ruiz leads Oslo.", ids(2)
    marks = [mark(text, "Ana Ruiz", "PERSON", id=head), mark(text, "Oslo", "GPE", id=tail)]
    project.suggest(article, marks, [Relation("", "LEADS", head, tail)])
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    one.press("a", "a")
    assert one.focused == "LEADS?"
    two.session.refresh()
    two.desk.bind()
    two.goto("Ana").press("g v", "h", "enter")
    one.press("a")
    assert (one.relations, one.entities) == ([], ["PERSON Ana", "GPE Oslo"])
    one.check()
    check_sound(one.session)


def test_two_windows_on_two_articles_do_not_disturb_each_other(three, project):
    other = project.sit(three.session.queue[1], own=True)
    other.press("a")
    three.press("a")
    assert three.entities == ["PERSON Ana Ruiz"]
    other.press("u")
    assert other.said == "undone: PERSON “Ana Ruiz” accepted in “Visit”"


def test_undo_takes_back_an_edit_of_the_other_window_that_was_not_seen_yet(project):
    article = project.visit()
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    two.goto("mayor").press("1")
    one.session.refresh()
    one.desk.bind()
    one.press("a")
    two.press("u")
    assert two.entities == ["PERSON mayor"]
    two.check()
    two.press("ctrl+r")
    assert two.entities == ["PERSON Ana Ruiz", "PERSON mayor"]
    two.check()
    one.session.refresh()
    one.desk.bind()
    one.check()


def test_a_relation_to_what_another_window_deleted_is_refused(project):
    article = project.visit()
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    one.press("a")
    two.session.refresh()
    two.desk.bind()
    one.press("shift+tab", "d")
    two.goto("Li").press("r").goto("Ana").press("2")
    assert two.relations == []
    assert two.desk.warns
    two.session.refresh()
    two.desk.bind()
    two.check()
    check_sound(two.session)


def test_re_pointing_a_relation_that_another_window_deleted_ends(project):
    article = project.visit()
    one, two = project.sit(article, own=True), project.sit(article, own=True)
    one.press("r", "tab", "2")
    two.session.refresh()
    two.desk.bind()
    two.goto("Ana").press("g r", "r")
    one.press("u")
    two.session.refresh()
    two.desk.bind()
    two.press("tab", "enter", "escape")
    assert two.desk.scope == "read"
    two.check()


# -- review of a colleague --------------------------------------------------------------------------


def test_a_colleagues_work_is_reviewed_as_suggestions(project):
    article = project.visit()
    ana = project.sit(article)
    ana.press("r", "tab", "2").goto("home").press("3")
    ben = project.sit(article, person="ben", review="person:ana")
    assert ben.pending() == ["Ana Ruiz", "Li Wei", "Li Wei", "home"]
    assert not ben.session.awaits_suggestions
    ben.press("tab", "tab")
    assert ben.focused == "MET?"
    ben.press("a")
    assert ben.relations == ["Ana Ruiz MET Li Wei"]
    assert ana.relations == ["Ana Ruiz MET Li Wei"]
    assert ben.pending() == ["home"]
    ben.press("x")
    assert "GPE home" in ana.entities
    ben.check()
    check_sound(ben.session)


def test_what_the_colleague_does_meanwhile_arrives(project):
    article = project.visit()
    ana = project.sit(article, own=True)
    ana.press("a")
    ben = project.sit(article, person="ben", review="person:ana", own=True)
    ana.goto("home").press("3")
    assert ben.session.refresh()
    ben.desk.bind()
    assert ben.pending() == ["Ana Ruiz", "home"]


# -- what may overlap -------------------------------------------------------------------------------


def test_nested_entities_stay_pending_but_done_does_not_accept_them(make_project):
    project = make_project(overlap="nested")
    sitting = project.sit(project.visit())
    sitting.goto("Bergen", 2).press("a")
    assert "Harbour Trust" in sitting.pending()
    article = sitting.state.article.id
    sitting.press("c")
    sitting.desk.open(article)
    assert "ORG Harbour Trust" not in sitting.entities
    sitting.check()


def test_of_crossing_ones_only_equal_ones_are_set_aside(make_project):
    project = make_project(overlap="crossing")
    sitting = project.sit(project.visit())
    sitting.goto("leads").press("v", "l", "2")
    assert {"Bergen Harbour Trust", "Harbour Trust"} <= set(sitting.pending())
    sitting.goto("Bergen", 2).press("~")
    sitting.check()


def test_a_symmetric_relation_is_re_pointed_as_it_is_shown(project):
    article = project.add("Ana met Bo and Cy.")
    project.suggest(article, [("Ana", "PERSON"), ("Bo", "PERSON"), ("Cy", "PERSON")])
    for tail in ("Bo", "Cy"):
        sitting = project.sit(article, person=tail).press("r").goto("Bo").press("2", "g r", "r")
        assert sitting.focused == "PERSON Bo"
        sitting.goto("Cy").press("enter")
        assert sitting.relations == ["Ana MET Cy"]
        sitting.press("R").goto("Bo").press("enter")
        assert sitting.relations == ["Bo MET Cy"]


def test_low_scores_are_neither_shown_nor_accepted(make_project):
    project = make_project(pipeline="null, min_score: {default: 0.5}")
    article = project.add("Ana met Bo.")
    text = "Ana met Bo."
    ana, bo = ids(2)
    marks = [mark(text, "Ana", "PERSON", id=ana, score=0.9), mark(text, "Bo", "PERSON", id=bo, score=0.1)]
    project.suggest(article, marks, [Relation("", "MET", ana, bo)])
    sitting = project.sit(article)
    assert sitting.pending() == ["Ana"]
    sitting.press("c")
    assert sitting.entities == ["PERSON Ana"]


def test_the_time_spent_and_the_keys_pressed_are_kept(project):
    article = project.visit()
    sitting = project.sit(article).press("l", "l", "h")
    sitting.session.flush()
    progress = sitting.session.store.progress(article, sitting.session.layer.id)
    assert progress.keystrokes == 3
    assert progress.opened_at is not None
    assert edits.flag(sitting.state, sitting.session.pen()).verb == "flag"
