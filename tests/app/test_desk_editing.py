from __future__ import annotations

import pytest

from annotations.model import Analysis
from tests.desks import VISIT, Sitting, check_sound, work


@pytest.fixture
def visit(project) -> Sitting:
    return project.sit(project.visit())


# -- accept and reject ------------------------------------------------------------------------------


def test_accept_goes_on_to_the_next_pending_below(visit):
    assert visit.press("a").focused == "PERSON? Li Wei"
    assert visit.entities == ["PERSON Ana Ruiz"]
    assert visit.verdicts == {"accepted": 1}
    assert visit.said == "PERSON “Ana Ruiz” accepted"


def test_reject_goes_on_to_the_next_pending_below(visit):
    assert visit.press("x").focused == "PERSON? Li Wei"
    assert visit.entities == []
    assert visit.verdicts == {"rejected": 1}


def test_after_the_last_one_it_says_what_is_left(visit):
    visit.goto("Friday").press("a")
    assert visit.said == "DATE “Friday” accepted; no more below, 9 above"
    visit.press("g g", *["a"] * 12)
    assert visit.said == "nothing pending: c = done"
    assert visit.pending() == []


def test_a_and_x_on_an_own_entity_go_on_and_delete(visit):
    visit.press("a", "shift+tab")
    assert visit.focused == "PERSON Ana Ruiz"
    assert visit.press("a").focused == "PERSON? Li Wei"
    assert visit.entities == ["PERSON Ana Ruiz"]
    visit.press("shift+tab", "x")
    assert visit.entities == []
    assert visit.focused is None
    assert visit.verdicts == {"rejected": 1}


def test_rejecting_with_the_cursor_deep_inside_still_goes_to_what_is_nested(visit):
    visit.goto("Trust").press("~")
    assert visit.focused == "ORG? Bergen Harbour Trust"
    assert visit.press("x").focused == "ORG? Harbour Trust"


def test_accepting_sets_aside_what_it_overlaps_and_undo_brings_it_back(visit):
    visit.goto("Bergen", 2).press("a")
    assert "Harbour Trust" not in visit.pending()
    assert visit.focused == "GPE? Norway"
    visit.press("u")
    assert "Harbour Trust" in visit.pending()
    assert visit.focused == "ORG? Bergen Harbour Trust"
    assert visit.said.startswith("undone: ")


# -- labels -----------------------------------------------------------------------------------------


def test_a_label_on_a_token_adds_an_entity_and_stays(visit):
    visit.goto("mayor").press("1")
    assert visit.entities == ["PERSON mayor"]
    assert (visit.focused, visit.token) == ("PERSON mayor", "mayor")


def test_a_label_on_an_own_entity_relabels_it_and_keeps_its_id(visit):
    visit.goto("mayor").press("1")
    before = visit.desk.focus
    visit.press("2")
    assert visit.entities == ["ORG mayor"]
    assert visit.desk.focus == before
    assert visit.press("2").said == "this is ORG already"


def test_a_label_on_a_suggestion_accepts_it_as_that_and_stays(visit):
    visit.goto("Ruiz", 2).press("1")
    assert visit.focused == "PERSON Ruiz"
    assert visit.verdicts == {"changed": 1}
    visit.goto("Oslo").press("3")
    assert visit.verdicts == {"changed": 1, "accepted": 1}
    check_sound(visit.session)


def test_every_label_has_a_short_code_after_space(visit):
    for kind in visit.session.config.schema.entities:
        visit.goto("home").press("space", *kind.code)
        assert visit.entities == [f"{kind.name} home"]


def test_the_palette_labels_by_name(visit):
    visit.host.choose = lambda choices: next(c.value for c in choices if c.text == "DATE")
    visit.goto("home").press("space space")
    assert visit.entities == ["DATE home"]
    assert [c.text for c in visit.host.choices] == ["PERSON", "ORG", "GPE", "DATE"]


def test_a_label_over_own_entities_takes_their_place_and_says_so(visit):
    visit.goto("Mayor").press("1").goto("Ruiz").press("x")
    visit.goto("Mayor").press("v", "l", "l", "2")
    assert visit.entities == ["ORG Mayor Ana Ruiz"]
    assert "replaced 1" in visit.said


# -- selecting --------------------------------------------------------------------------------------


def test_v_selects_from_the_cursor_also_inside_an_entity(visit):
    visit.goto("Bergen", 2).press("a").goto("Harbour").press("v", "l")
    assert visit.desk.scope == "select"
    start, end = visit.desk.selection
    assert VISIT[start:end] == "Harbour Trust"
    visit.press("2")
    assert visit.entities == ["ORG Harbour Trust"]
    assert visit.focused == "ORG Harbour Trust"
    assert visit.desk.scope == "read"


def test_shift_arrows_select_and_o_switches_the_moving_end(visit):
    visit.goto("Li").press("shift+right", "o", "h", "h")
    start, end = visit.desk.selection
    assert VISIT[start:end] == "Ruiz met Li Wei"
    visit.press("shift+left")
    start, end = visit.desk.selection
    assert VISIT[start:end] == "Ana Ruiz met Li Wei"
    visit.press("shift+down")
    assert visit.desk.scope == "select"
    visit.press("shift+up", "escape")
    assert (visit.desk.scope, visit.desk.selection, visit.entities) == ("read", None, [])


def test_a_selection_equal_to_a_suggestion_accepts_it(visit):
    visit.goto("Oslo").press("v", "3")
    assert visit.verdicts == {"accepted": 1}
    visit.goto("Bergen").press("v", "2")
    assert visit.verdicts == {"accepted": 1, "changed": 1}
    assert visit.entities == ["GPE Oslo", "ORG Bergen"]


def test_capital_v_cycles_name_chunk_and_sentence(project):
    text = "Said the Duke of Old Bergen. Then he left."
    article = project.add(text)
    chunk = (text.index("the Duke"), text.index("."))
    project.suggest(article, [], analysis=Analysis(sentences=((0, 28), (29, 42)), chunks=(chunk,)))
    sitting = project.sit(article).goto("Duke")

    def selected() -> str:
        start, end = sitting.press("V").desk.selection
        return text[start:end]

    assert [selected() for _ in range(4)] == [
        "Duke of Old Bergen",
        "the Duke of Old Bergen",
        "Said the Duke of Old Bergen.",
        "Duke of Old Bergen",
    ]
    sitting.press("1")
    assert sitting.entities == ["PERSON Duke of Old Bergen"]


def test_enter_on_a_new_selection_asks_for_the_label(visit):
    visit.host.choose = lambda choices: "ORG"
    visit.goto("mayor").press("v", "enter")
    assert visit.entities == ["ORG mayor"]


def test_reopened_edges_are_set_by_enter(visit):
    visit.goto("Ruiz", 2).press("g v", "l", "enter")
    assert visit.focused == "ORG Ruiz leads"
    assert visit.verdicts == {"changed": 1}
    visit.press("g v", "h", "enter")
    assert visit.entities == ["ORG Ruiz"]
    assert visit.verdicts == {"accepted": 1}


def test_reopened_edges_and_a_label_are_one_edit(visit):
    visit.goto("Ruiz", 2).press("g v", "l", "1")
    assert visit.entities == ["PERSON Ruiz leads"]
    visit.press("u")
    assert visit.entities == []
    assert visit.focused == "ORG? Ruiz"


def test_reopened_edges_left_as_they_were_change_nothing(visit):
    visit.goto("Oslo").press("g v", "enter")
    assert visit.said == "the edges are there already"
    assert (visit.desk.scope, visit.entities) == ("read", [])


def test_escape_gives_the_reopened_edges_up(visit):
    visit.goto("Oslo").press("g v", "l", "escape")
    assert (visit.desk.scope, visit.desk.reshaping, visit.entities) == ("read", None, [])


NAMES = "Talks begin. Ana Ruiz of Oslo met 20 Nordics. Wei called Bergen’s mayor; Ruiz and Wei left.\nIn fact Rome too."


@pytest.fixture
def names(project) -> Sitting:
    article = project.add(NAMES)
    project.suggest(article, [("Oslo", "GPE"), ("Wei", "PERSON", 2)])
    return project.sit(article)


def test_capital_w_goes_from_name_to_name_that_nothing_covers(names):
    names.press("g g")
    seen = []
    for _ in range(5):
        names.press("W")
        seen.append(NAMES[slice(*names.desk.selection)])
    assert seen == ["20 Nordics", "Wei", "Bergen", "Ruiz", "Rome"]
    names.press("W")
    assert (NAMES[slice(*names.desk.selection)], names.said) == ("20 Nordics", "round the end")
    assert names.said == "round the end"


def test_capital_b_goes_back_and_round_the_beginning(names):
    names.press("g g", "B")
    assert NAMES[slice(*names.desk.selection)] == "Rome" and names.said == "round the end"
    names.press("B")
    assert NAMES[slice(*names.desk.selection)] == "Ruiz"


def test_a_label_there_covers_the_name_and_the_next_one_follows(names):
    names.press("g g", "W", "W", "W", "3", "W")
    assert names.entities == ["GPE Bergen"]
    assert NAMES[slice(*names.desk.selection)] == "Ruiz"
    names.press("W", "V")
    assert NAMES[slice(*names.desk.selection)] == "In fact Rome too."


def test_what_was_rejected_is_not_offered_as_a_name(names):
    names.goto("Oslo").press("x", "g g", "W")
    assert NAMES[slice(*names.desk.selection)] == "20 Nordics"


def test_with_every_name_covered_it_says_so_and_stays(project):
    article = project.add("Oslo won. Nothing else.")
    project.suggest(article, [("Oslo", "GPE")])
    sitting = project.sit(article).press("W")
    assert sitting.said == "every name in this article is covered"
    assert (sitting.desk.mode, sitting.focused) == ("read", "GPE? Oslo")
    assert project.sit(project.add("")).press("W").said == "every name in this article is covered"


def test_in_link_the_next_name_becomes_the_other_end(names):
    names.goto("Wei", 2).press("r", "W")
    assert (names.desk.mode, names.desk.link is not None) == ("select", True)


# -- edges ------------------------------------------------------------------------------------------


def test_a_possessive_is_cut_off_in_one_go(project):
    text = "Then Ruiz’s friends met Ruiz's aunt."
    article = project.add(text)
    project.suggest(article, [("Ruiz’s", "PERSON"), ("met Ruiz's", "PERSON")])
    sitting = project.sit(article).goto("Ruiz").press(">")
    assert sitting.entities == ["PERSON Ruiz"]
    assert sitting.goto("met").press(">").entities == ["PERSON Ruiz", "PERSON met Ruiz"]
    assert sitting.press(">").entities == ["PERSON Ruiz", "PERSON met"]
    sitting.press("u", "u", "z u", ">")
    assert "PERSON met Ruiz'" in sitting.entities
    sitting.check()


def test_edges_move_token_by_token_and_the_focus_stays(visit):
    visit.goto("Li").press("H")
    assert visit.focused == "PERSON met Li Wei"
    visit.press("L")
    assert visit.focused == "PERSON met Li Wei in"
    visit.press("<")
    assert visit.focused == "PERSON Li Wei in"
    visit.press("g L")
    assert visit.focused == "PERSON Li Wei"
    assert visit.verdicts == {"accepted": 1}
    visit.press("g H", ">")
    assert visit.said == "it is one token already; d deletes it"
    assert visit.entities == ["PERSON Wei"]
    visit.check()


def test_the_cursor_keeps_its_place_while_edges_move(visit):
    visit.goto("Wei").press("H", "L")
    assert visit.token == "Wei"
    visit.press("<", "<")
    assert (visit.focused, visit.token) == ("PERSON Wei in", "Wei")
    visit.press("<")
    assert (visit.focused, visit.token) == ("PERSON in", "in")


def test_edges_stop_at_the_ends_of_the_text(project):
    sitting = project.sit(project.add("Ana Ruiz")).press("1", "H")
    assert sitting.said == "that is the edge of the text"
    assert sitting.press("L", "L").said == "that is the edge of the text"
    assert sitting.entities == ["PERSON Ana Ruiz"]


def test_edge_keys_without_an_entity_say_what_to_do(visit):
    assert visit.goto("mayor").press("H").said == "no entity here; v starts a selection"


# -- split and join ---------------------------------------------------------------------------------


def test_split_before_the_cursor_and_stay(visit):
    visit.goto("Ruiz").press("S")
    assert visit.entities == ["PERSON Ana", "PERSON Ruiz"]
    assert visit.focused == "PERSON Ana"
    assert visit.verdicts == {"changed": 1}
    visit.press("S")
    assert visit.said == "split needs the cursor inside, after the first token"


def test_join_takes_the_next_item_and_the_gap(visit):
    visit.press("J")
    assert visit.entities == ["PERSON Ana Ruiz met Li Wei"]
    assert visit.focused == "PERSON Ana Ruiz met Li Wei"
    assert visit.verdicts == {"changed": 2}
    visit.press("u")
    assert visit.entities == []
    assert visit.pending()[:2] == ["Ana Ruiz", "Li Wei"]


def test_join_without_a_next_item_says_so(visit):
    assert visit.goto("Friday").press("J").said == "there is no next item to join with"
    assert visit.goto("home").press("J").said == "no entity here to join"
    assert visit.press("S").said == "no entity here to split"


# -- delete -----------------------------------------------------------------------------------------


def test_delete_stays_with_nothing_focused_so_that_a_doubled_key_does_no_harm(visit):
    visit.goto("Bergen", 2).press("a").goto("Bergen", 2)
    cursor = visit.desk.cursor
    visit.press("d", "d")
    assert visit.entities == []
    assert (visit.desk.cursor, visit.focused) == (cursor, None)
    assert visit.said == "nothing here to delete"
    assert visit.verdicts == {"rejected": 1}
    assert "Harbour Trust" in visit.pending()


def test_delete_on_a_suggestion_rejects_it_and_stays(visit):
    visit.press("delete")
    assert (visit.focused, visit.verdicts) == (None, {"rejected": 1})
    assert visit.press("tab").focused == "PERSON? Li Wei"


# -- notes ------------------------------------------------------------------------------------------


def test_a_note_on_an_entity_a_suggestion_and_the_article(visit):
    store, me = visit.session.store, visit.session.layer.id
    article = visit.state.article.id
    visit.host.answer = lambda title, value: "check the spelling"
    visit.press("i")
    assert [e.note for e in store.entities(article, me)] == ["check the spelling"]
    assert visit.focused == "PERSON Ana Ruiz"
    visit.host.answer = lambda title, value: f"{value}!"
    visit.press("i")
    assert [e.note for e in store.entities(article, me)] == ["check the spelling!"]
    visit.goto("home").press("i")
    assert store.progress(article, me).note == "!"
    assert visit.host.asked == ["note on PERSON", "note on PERSON", "note on the article"]
    visit.host.answer = lambda title, value: "  "
    visit.press("i")
    assert store.progress(article, me).note is None
    visit.check()


def test_a_note_written_while_the_entity_went_away_is_refused(visit):
    visit.goto("mayor").press("1", "i")
    visit.desk.do(__import__("annotations.edits").edits.delete, visit.desk.focus)
    with pytest.raises(Exception, match="there is no entity here any more"):
        visit.host.then("too late")


def test_labels_in_the_text_that_come_and_go_leave_the_cursor_in_its_row(project):
    text = "\n".join(f"Oslo and Bergen and Hamar {n}." for n in range(30))
    article = project.add(text)
    project.suggest(article, [("Hamar", "GPE", n) for n in range(1, 31)])
    sitting = project.sit(article, width=31, height=1).press("z l").goto("Hamar 15")
    for keys in ("d", "3", "d", "u", "h", "1", "x", "u"):
        row = sitting.desk.view.layout.line_of(sitting.desk.offset) - sitting.desk.view.top
        sitting.press(keys)
        sitting.check()
        assert sitting.desk.view.layout.line_of(sitting.desk.offset) - sitting.desk.view.top == row == 0


# -- undo and redo ----------------------------------------------------------------------------------


def test_undo_and_redo_go_to_where_the_change_was(visit):
    visit.goto("mayor").press("1").goto("Friday")
    visit.press("u")
    assert (visit.token, visit.focused) == ("mayor", None)
    assert visit.said == "undone: PERSON “mayor”"
    visit.goto("Friday").press("ctrl+r")
    assert (visit.token, visit.focused) == ("mayor", "PERSON mayor")
    assert visit.said == "done again: PERSON “mayor”"
    assert visit.press("g u").said == "nothing to redo"


def test_undo_of_a_deletion_focuses_what_came_back(visit):
    visit.goto("mayor").press("1", "d").goto("Friday").press("u")
    assert (visit.focused, visit.token) == ("PERSON mayor", "mayor")


def test_undo_goes_back_through_articles_and_says_which(project):
    first, second = project.visit(), project.add("Nina sails.", "Sailing")
    sitting = project.sit(first).press("a")
    sitting.desk.open(second)
    sitting.press("1", "u", "u")
    assert sitting.state.article.id == first
    assert sitting.focused == "PERSON? Ana Ruiz"
    assert sitting.said == "undone: PERSON “Ana Ruiz” accepted in “Visit”"
    sitting.press("ctrl+r", "ctrl+r")
    assert sitting.state.article.id == second
    assert sitting.entities == ["PERSON Nina"]
    sitting.check()


def test_undo_works_after_a_restart(project):
    article = project.visit()
    before = work(project.sit(article).session)
    project.sit(article).press("a", "x", "1")
    again = project.sit(article, own=True)
    again.press("u", "u", "u")
    assert work(again.session) == before
    assert again.press("u").said == "nothing to undo"


def test_undo_takes_back_one_keystroke_at_a_time_byte_for_byte(visit):
    dumps = [work(visit.session)]
    for keys in (["a"], ["x"], ["1"], ["tab", "2"], ["goto"], ["S"], ["u", "a"], ["J"], ["c"]):
        if keys == ["goto"]:
            visit.goto("Trust").press("~", "a").goto("Harbour")
        else:
            visit.press(*keys)
        if work(visit.session) != dumps[-1]:
            dumps.append(work(visit.session))
    while visit.press("u").said != "nothing to undo":
        pass
    assert work(visit.session) == dumps[0]
    visit.check()
