"""The history, the guideline, rejected suggestions and `.`: at the desk with the database, and on the screen."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from annotations.model import Relation
from annotations.schema import Schema
from tests.desks import BRIDGE, CONFIG, VISIT, Project, Sitting, check_sound, ids, mark, work
from tests.pages import tags_of
from tests.screens import Screen, run
from tui.card import ROWS_A_LINE, Card, Line, wrap
from tui.looks import DARK, Looks
from tui.verbs.looking import when
from tui.widgets.rows import cells

LOOKS = Looks(DARK, Schema(()))


@pytest.fixture
def visit(project: Project) -> Sitting:
    return project.sit(project.visit(), own=True, width=60, height=16)


def card(sitting: Sitting) -> list[str]:
    """The rows of the card, without the title's keys."""
    assert sitting.desk.card is not None
    whole = sitting.desk.card.fitted(100, 100)
    return ["".join(text for text, _ in row).rstrip() for row in whole.rows(LOOKS)]


def stand(sitting: Sitting) -> tuple[object, ...]:
    desk = sitting.desk
    return desk.cursor, desk.focus, desk.view.top


# -- the card ---------------------------------------------------------------------------------------

lines = st.lists(
    st.builds(
        Line, st.text(max_size=60), st.text(max_size=12), st.sampled_from(["plain", "strong", "faint"])
    ),
    max_size=9,
).map(tuple)


@given(st.text(max_size=20), lines, st.integers(1, 50), st.integers(1, 12), st.lists(st.integers(-9, 9)))
def test_a_card_keeps_to_its_size_wherever_it_is_scrolled(title, lines, width, height, steps):
    shown = Card(title, lines).fitted(width, height)
    for step in steps:
        shown = shown.scrolled(step)
        rows = shown.rows(LOOKS)
        assert len(rows) <= max(2, height)
        assert all(cells(row) <= width for row in rows)
        assert 0 <= shown.top <= max(0, shown.size - shown.room)


@given(st.text(max_size=80), st.integers(2, 30))
def test_wrapped_text_keeps_all_its_words(text, width):
    rows = list(wrap(text, width))
    assert all(cell_len(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())


def test_a_long_line_ends_with_an_ellipsis():
    shown = Card("t", (Line("word " * 100),), width=20, height=20)
    last = "".join(text for text, _ in shown.rows(LOOKS)[-1])
    assert shown.size == ROWS_A_LINE and last.endswith("…")


def test_a_card_at_its_end_stays_there_in_another_size_until_it_is_scrolled():
    shown = Card("t", tuple(Line(str(i)) for i in range(50)), at_end=True).fitted(20, 10)
    assert shown.top == 41
    assert shown.fitted(20, 5).top == 46
    assert shown.scrolled(-1).fitted(20, 5).top == 40


# -- history ----------------------------------------------------------------------------------------


def test_history_of_an_entity_lies_over_the_text_and_leaves_everything_as_it_was(visit):
    visit.press("a", "shift+tab", "2", "L", "u")
    before, rows = stand(visit), work(visit.session)
    visit.press("g l")
    found = card(visit)
    assert found[0].startswith(" history of ORG “Ana Ruiz”")
    assert [row.partition("ana  ")[2] for row in found[2:]] == [
        "accepted PERSON “Ana Ruiz”",
        "label PERSON → ORG",
        "end 14 → 18, “Ana Ruiz” → “Ana Ruiz met”",
        "undone: end 14 → 18, “Ana Ruiz” → “Ana Ruiz met”",
    ]
    assert found[1].endswith("offered PERSON “Ana Ruiz” by model:hand@1")
    visit.press("j", "k", "pagedown", "pageup", "g g", "G", "escape")
    assert (stand(visit), work(visit.session), visit.desk.scope) == (before, rows, "read")
    visit.check()


@pytest.mark.parametrize("key", ["escape", "q", "enter"])
def test_a_card_is_closed_by(visit, key):
    visit.press("g l", key)
    assert visit.desk.card is None and visit.desk.scope == "read"


def test_history_of_the_article_where_nothing_is_focused(visit):
    visit.press("a")
    visit.goto("home").press("f", "g l")
    assert card(visit)[0].startswith(" history of this article")
    assert [row.partition("ana  ")[2] for row in card(visit)[1:]] == ["PERSON “Ana Ruiz” accepted", "flagged"]


def test_history_says_when_there_is_none(project):
    sitting = project.sit(project.add(BRIDGE)).press("g l")
    assert sitting.said == "nothing happened to this article yet" and sitting.desk.scope == "read"


def test_history_of_a_relation_and_in_link_the_head_stays_pinned(visit):
    visit.press("a", "shift+tab", "r", "tab", "2", "g r", "g l")
    found = card(visit)
    assert found[0].startswith(" history of “Ana Ruiz” —MET— “Li Wei”")
    assert found[1].endswith("added “Ana Ruiz” —MET→ “Li Wei”")
    visit.press("q", "escape", "r", "g l", "q")
    assert visit.desk.link is not None
    visit.check()


def test_history_goes_on_in_the_next_sitting(project):
    article = project.visit()
    project.sit(article, own=True).press("a", "u")
    again = project.sit(article, own=True).press("ctrl+r", "g l")
    assert [row.partition("ana  ")[2] for row in card(again)[2:]] == [
        "accepted PERSON “Ana Ruiz”",
        "undone: accepted PERSON “Ana Ruiz”",
        "done again: accepted PERSON “Ana Ruiz”",
    ]


def test_times_are_short_and_local():
    now = datetime(2022, 11, 25, 12, 0, tzinfo=timezone(timedelta(hours=1)))
    assert when("2022-11-25T08:30:00.000Z", now) == "09:30"
    assert when("2022-11-24T23:30:00.000Z", now) == "00:30"
    assert when("2022-11-24T08:30:00.000Z", now) == "11-24 09:30"
    assert when("2021-11-25T08:30:00.000Z", now) == "2021-11-25"
    assert when("", now) == "" and when("yesterday or so", now) == "yesterday "


# -- guideline --------------------------------------------------------------------------------------

GUIDED = CONFIG.replace(
    'about: "Companies and agencies."}}',
    'about: "Companies and agencies.", examples: ["Harbour Board", "Lloyd\'s of London"], group: Names}}',
)


def test_guideline_shows_what_config_says_and_how_the_string_was_labelled_before(project):
    article = project.visit()
    project.configure(GUIDED.format(**project.settings))
    project.sit(article, person="ben", own=True).goto("Norway").press("2", "c")
    other = project.add("Oslo and Norway sat down.", "Talks")
    project.sit(other, person="eva", own=True).goto("Norway").press("3")
    sitting = project.sit(article, own=True, width=100, height=30).goto("Norway").press("2")
    before = stand(sitting)
    sitting.press("g ?")
    found = card(sitting)
    assert found[0].startswith(" guideline of ORG")
    assert found[1:5] == [
        " Companies and agencies.",
        " such as  Harbour Board",
        " such as  Lloyd's of London",
        " keys  2, code o, among Names",
    ]
    text = "\n".join(found)
    assert "“Norway” in this project" in text
    assert " person:eva  GPE once\n" in text and "[Norway] sat down.… (Talks)" in text
    assert " person:ben  ORG 2 times\n" not in text and " person:ben  ORG once\n" in text
    assert " model:hand@1  GPE once\n" in text
    assert found.index(" person:ben  ORG once") < found.index(" model:hand@1  GPE once")
    assert "most often ORG lately" in text and "Norway 2" in text
    sitting.press("q")
    assert stand(sitting) == before


def test_guideline_counts_what_was_rejected_on_the_string(project):
    article = project.visit()
    project.sit(article, person="ben", own=True).goto("Oslo").press("x")
    sitting = project.sit(article, own=True).goto("Oslo").press("g d")
    assert " person:ben  rejected GPE once" in card(sitting)


def test_strings_are_compared_with_their_case(project):
    project.sit(project.add("OSLO sat."), own=True).press("3")
    sitting = project.sit(project.visit(), own=True).goto("Oslo").press("g ?")
    text = "\n".join(card(sitting))
    assert " model:hand@1  GPE once" in text and "person:ana" not in text


def test_guideline_of_a_bare_token_asks_for_the_label_first(visit):
    visit.host.choose = lambda choices: "GPE"
    visit.goto("home").press("g ?")
    assert visit.host.asked == ["guideline of"]
    assert card(visit)[0].startswith(" guideline of GPE")
    assert "“home” in this project" in "\n".join(card(visit))
    assert "not labelled so far" in "\n".join(card(visit))


def test_guideline_of_a_relation_shows_its_ends_and_how_the_pair_was_related(visit):
    visit.press("a", "shift+tab", "r", "tab", "2", "g r", "g ?")
    text = "\n".join(card(visit))
    assert " guideline of MET" in text and " from  PERSON and PERSON" in text
    assert " person:ana  “Ana Ruiz” —MET→ “Li Wei” once" in text or (
        " person:ana  “Li Wei” —MET→ “Ana Ruiz” once" in text
    )
    assert "most often MET lately" in text


def test_guideline_in_an_article_without_text(project):
    sitting = project.sit(project.add(""))
    sitting.host.choose = lambda choices: "GPE"
    assert card(sitting.press("g ?"))[0].startswith(" guideline of GPE")


# -- hidden suggestions -----------------------------------------------------------------------------


def test_rejected_and_set_aside_suggestions_are_shown_and_reached_by_tab_while_they_are(visit):
    visit.press("x").goto("Bergen", 2).press("v", "1").goto("Mayor")
    visit.press("tab")
    assert visit.focused == "PERSON? Li Wei"
    visit.press("g h")
    assert visit.said == "shown: 1 rejected (×), 1 set aside (·); Tab reaches them, a takes one back"
    visit.press("shift+tab")
    assert visit.focused == "×PERSON Ana Ruiz"
    counts = len(visit.state.items), visit.state.pending_count
    visit.goto("Bergen", 2).press("shift+tab")
    assert visit.focused == "·ORG Bergen Harbour Trust"
    visit.check()
    visit.press("g h")
    assert visit.focused == "PERSON Bergen" and not visit.desk.hidden.items
    assert (len(visit.state.items), visit.state.pending_count) == counts
    assert visit.said == "rejected suggestions and those set aside are hidden again"


def test_accepting_a_rejected_one_takes_it_back_in_one_edit(visit):
    visit.press("x", "g h", "shift+tab")
    before = work(visit.session)
    visit.press("a")
    assert visit.said == "taken back: PERSON “Ana Ruiz” accepted"
    assert visit.entities == ["PERSON Ana Ruiz"] and visit.verdicts == {"accepted": 1}
    assert visit.focused == "PERSON Ana Ruiz"
    visit.check()
    visit.press("u")
    assert work(visit.session) == before and visit.focused == "×PERSON Ana Ruiz"
    visit.press("ctrl+r")
    assert visit.entities == ["PERSON Ana Ruiz"]
    check_sound(visit.session)


def test_accepting_one_that_was_set_aside_replaces_what_it_overlaps(visit):
    visit.goto("Bergen", 2).press("v", "1", "g h", "shift+tab")
    assert visit.focused == "·ORG Bergen Harbour Trust"
    before = work(visit.session)
    visit.press("a")
    assert visit.said == "ORG “Bergen Harbour Trust” accepted, replaced 1"
    assert visit.entities == ["ORG Bergen Harbour Trust"]
    visit.check()
    visit.press("u")
    assert work(visit.session) == before


def test_a_label_on_a_hidden_one_takes_it_back_as_that(visit):
    visit.press("x", "g h", "shift+tab", "2")
    assert visit.entities == ["ORG Ana Ruiz"] and visit.verdicts == {"changed": 1}
    visit.check()


@pytest.mark.parametrize("key", ["x", "d"])
def test_rejecting_a_hidden_one_says_why_it_does_nothing(visit, key):
    visit.press("x").goto("Bergen", 2).press("v", "1", "g h").goto("Ana")
    before = work(visit.session)
    visit.press(key)
    assert visit.said == "this is rejected already; a takes it back"
    visit.goto("Bergen", 2).press("shift+tab", key)
    assert visit.said == "this is set aside by PERSON “Bergen” already; a takes it back"
    assert work(visit.session) == before


def test_relating_a_hidden_one_says_to_take_it_back_first(visit):
    visit.press("x", "g h", "shift+tab", "r")
    assert "take it back first" in visit.said and visit.desk.link is None


def test_what_is_below_min_score_stays_unseen(make_project):
    project = make_project(pipeline="null, min_score: {default: 0.5}")
    article = project.add(BRIDGE)
    project.suggest(
        article, [mark(BRIDGE, "noon", "DATE", score=0.4), mark(BRIDGE, "ferry", "ORG", score=0.6)]
    )
    sitting = project.sit(article).press("x", "g h")
    assert [item.label for item in sitting.desk.hidden.items] == ["ORG"]


def test_the_choice_lasts_for_the_session_and_articles_without_any_say_so(project):
    project.visit()
    project.add(BRIDGE)
    sitting = project.sit(2, own=True).press("g h")
    assert sitting.said == "shown: 0 rejected (×), 0 set aside (·); none here"
    sitting.press("g p")
    assert sitting.desk.view.reveals
    sitting.press("x")
    assert len(sitting.desk.hidden.items) == 1


@pytest.fixture
def related(project: Project) -> Sitting:
    """Ana Ruiz and Oslo, and the suggestion that she leads it."""
    article = project.add(VISIT)
    head, tail = ids(2)
    marks = [mark(VISIT, "Ana Ruiz", "PERSON", id=head), mark(VISIT, "Oslo", "GPE", id=tail)]
    project.suggest(article, marks, [Relation("", "LEADS", head, tail)])
    return project.sit(article, own=True, width=60, height=16)


def test_a_rejected_relation_is_taken_back_too(related):
    related.press("tab", "tab")
    assert related.focused == "LEADS?"
    related.press("x", "g h", "G", "shift+tab")
    assert related.focused == "×LEADS" and related.desk.scope == "relation"
    related.press("x")
    assert related.said == "this is rejected already; a takes it back"
    related.press("a")
    assert related.relations == ["Ana Ruiz LEADS Oslo"]
    assert related.entities == ["PERSON Ana Ruiz", "GPE Oslo"]
    related.check()
    related.press("u")
    assert related.relations == [] and related.entities == []


def test_a_rejected_relation_is_left_by_escape_and_has_two_ends_to_go_to(related):
    related.press("tab", "tab", "x", "g h", "G", "shift+tab")
    assert related.focused == "×LEADS" and related.desk.scope == "relation"
    related.press("g r")
    assert related.focused == "PERSON? Ana Ruiz"
    related.press("G", "shift+tab", "escape")
    assert related.desk.scope == "read"
    related.check()


def test_a_relation_set_aside_with_an_end_says_so(related):
    related.press("x", "g h", "G", "shift+tab")
    assert related.focused == "·LEADS"
    related.press("a")
    assert "an end of this relation was turned down" in related.said and related.relations == []
    related.check()


def test_signs_tell_what_is_hidden_without_colour(visit):
    visit.press("x").goto("Bergen", 2).press("v", "1", "g h")
    tags = [tag.text for tag in tags_of(visit.desk.view, 0, len(VISIT))]
    assert tags == [" ×PERSON", " ·ORG"]
    visit.press("z l")
    assert " ×PERSON" in [tag.text for tag in tags_of(visit.desk.view, 0, len(VISIT))]
    visit.press("z g")
    pieces = [piece.text for row in visit.desk.view.gloss_rows(0) for piece in row]
    assert any(text.startswith("×PERSON") for text in pieces)


# -- repeat -----------------------------------------------------------------------------------------


def test_repeat_says_that_there_is_nothing_yet(visit):
    visit.press(".")
    assert visit.said.startswith("nothing to repeat yet")


@pytest.mark.parametrize("key", [".", "g a"])
def test_a_label_is_given_again_to_a_token_and_to_an_item(visit, key):
    visit.goto("stayed").press("2").goto("praised")
    before = work(visit.session)
    visit.press(key)
    assert visit.said.startswith("again: ORG “praised”")
    visit.goto("Oslo").press(key)
    assert visit.entities == ["ORG Oslo", "ORG stayed", "ORG praised"]
    visit.check()
    visit.press("u", "u")
    assert work(visit.session) == before


def test_a_label_given_to_a_selection_goes_to_the_token_next(visit):
    visit.goto("stayed").press("v", "l", "2")
    visit.goto("praised").press(".")
    assert visit.entities == ["ORG stayed home", "ORG praised"]


@pytest.mark.parametrize(
    ("keys", "there", "expected"),
    [
        (("a",), "Oslo", "GPE Oslo"),
        (("L",), "Oslo", "GPE Oslo."),
        (("<",), "Bergen Harbour Trust", "ORG Harbour Trust"),
    ],
)
def test_acts_on_items_are_repeated_on_others(project, keys, there, expected):
    sitting = project.sit(project.visit(), own=True, width=60, height=16)
    sitting.press(*keys).goto(there)
    before = work(sitting.session)
    sitting.press(".")
    assert expected in sitting.entities
    sitting.check()
    sitting.press("u")
    assert work(sitting.session) == before


def test_rejecting_deleting_and_splitting_are_repeated(visit):
    visit.press("x").goto("Oslo").press(".")
    assert visit.verdicts == {"rejected": 2}
    visit.goto("Bergen Harbour").press("l", "S").goto("Li Wei").press("l", ".")
    assert "PERSON Li" in visit.entities and "PERSON Wei" in visit.entities
    visit.goto("Li").press("d").goto("Wei").press(".")
    assert "PERSON Li" not in visit.entities and "PERSON Wei" not in visit.entities
    visit.check()


def test_a_note_is_repeated_with_its_answer(visit):
    visit.host.answer = lambda title, value: "check"
    visit.press("i").goto("Oslo")
    visit.host.answer = lambda title, value: pytest.fail("asked again")
    visit.press(".")
    store, me = visit.session.store, visit.session.layer.id
    assert [e.note for e in store.entities(visit.state.article.id, me)] == ["check", "check"]


def test_what_was_done_to_a_relation_is_not_done_to_an_entity_nor_the_other_way_round(visit):
    visit.press("a", "shift+tab", "r", "tab", "2", "g r")
    before = work(visit.session)
    visit.goto("stayed").press("2").goto("Ana").press("g r")
    labelled = work(visit.session)
    visit.press(".")
    assert visit.said == "the last edit cannot be made here: it was one of an entity"
    assert work(visit.session) == labelled != before


def test_repeat_goes_on_in_the_next_article_and_undo_does_not_change_it(project):
    project.visit()
    project.add(BRIDGE)
    sitting = project.sit(1, own=True).goto("stayed").press("2", "u", "g n").goto("ferry")
    sitting.press(".")
    assert sitting.entities == ["ORG ferry"]


def test_what_was_refused_is_not_remembered(visit):
    visit.goto("stayed").press("2", "2")
    assert "already" in visit.said
    visit.goto("Oslo").press("S")
    assert visit.desk.last is not None
    visit.goto("praised").press(".")
    assert "ORG praised" in visit.entities


# -- on the screen ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_card_covers_the_text_and_goes_away_again(project, size):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("a", "shift+tab", "2")
        before = screen.text()
        await screen.press("g", "l")
        assert "history of ORG “Ana Ruiz”" in screen.text() and "label PERSON → ORG" in screen.text()
        assert "Esc close" in screen.rows()[-1]
        await screen.press("g", "d")
        assert "means nothing here" in screen.text()
        await screen.press("escape")
        await screen.settle(lambda: "history of" not in screen.text())
        assert screen.rows()[1:4] == before.splitlines()[1:4]
        await screen.press("g", "?")
        assert "guideline of ORG" in screen.text() and "Companies and agencies." in screen.text()
        await screen.press("j", "pagedown", "G", "q")
        screen.check()

    run(test, project, size)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_hidden_suggestions_have_their_sign_in_the_text_and_a_sentence_below(project, size):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("x", "g", "h", "shift+tab")
        assert "Ana Ruiz ×PERSON" in screen.text()
        assert "PERSON “Ana Ruiz” rejected" in screen.text()
        await screen.press("a")
        assert screen.entities == ["PERSON Ana Ruiz"] and "×PERSON" not in screen.text()
        await screen.press("u")
        assert "Ana Ruiz ×PERSON" in screen.text()
        await screen.press("g", "h")
        assert "×PERSON" not in screen.text()
        screen.check()

    run(test, project, size)


def test_the_pane_lists_hidden_suggestions_while_they_are_shown(project):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("x", "g", "h")
        assert "0 entities, 9 pending, 1 hidden" in screen.text()
        assert any("×PERSON" in row and "Ana Ruiz" in row for row in screen.rows())
        await screen.press("g", "h")
        assert "hidden" not in screen.rows()[1]

    run(test, project, (130, 30))
