from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations import navigator
from annotations.model import Relation
from tests.desks import BRIDGE, Project, Sitting, ids, mark
from tests.pages import tags_of


@pytest.fixture
def plain(project: Project) -> Sitting:
    return project.sit(project.add(BRIDGE), width=30, height=6)


@pytest.fixture
def visit(project: Project) -> Sitting:
    return project.sit(project.visit())


def test_arrows_and_h_l_go_token_by_token_and_stop_at_the_ends(plain):
    assert plain.token == "The"
    assert plain.press("l").token == "bridge"
    assert plain.press("right right").token == "."
    assert plain.press("h left left left left").token == "The"
    assert plain.press("G", "l").token == "."


def test_words_join_what_hyphens_and_apostrophes_join(plain):
    plain.goto("dog")
    assert plain.press("w").token == "notice"
    assert plain.press("b").token == "dog"
    assert plain.press("e").token == "eared"
    assert plain.goto("O").press("w").token == "line"
    assert plain.press("b").token == "O"
    assert plain.press("e").token == "Smith"


def test_sentences_go_on_to_the_next_and_back_to_the_beginning_of_this_one(plain):
    assert plain.press(")").token == "Nobody"
    assert plain.press("l", "(").token == "Nobody"
    assert plain.press("(").token == "The"
    assert plain.press(")", ")").token == "A"
    assert plain.press("z w").token == "Nothing"
    assert plain.press("z b").token == "A"
    assert plain.press("G", ")").desk.cursor == len(plain.state.tokens) - 1


def test_the_sentences_of_the_analysis_win_over_punctuation(project):
    from annotations.model import Analysis

    article = project.add("One two. Three four")
    project.suggest(article, [], analysis=Analysis(sentences=((0, 3), (4, 13), (14, 19))))
    sitting = project.sit(article)
    assert sitting.press(")").token == "two"
    assert sitting.press(")").token == "four"


def test_paragraphs(plain):
    assert plain.press("}").token == "A"
    assert plain.press("z j").token == "Nothing"
    assert plain.press("}").token == "."
    assert plain.press("{", "z k", "{").token == "The"


def test_lines_keep_the_column_where_the_movement_began(project):
    sitting = project.sit(project.add("aaaa bbbb cccc dddd\nee\n\nffff gggg hhhh iiii\n"), width=30)
    sitting.goto("cccc")
    assert sitting.press("j").token == "ee"
    assert sitting.press("j").token == "hhhh"
    assert sitting.press("up up").token == "cccc"
    assert sitting.press("j", "l", "h", "j").token != "hhhh"


def test_up_and_down_stop_at_the_first_and_last_line(plain):
    first = plain.press("k", "k").desk.cursor
    assert first == 0
    plain.press(*["j"] * 40)
    lines = plain.desk.view.layout
    assert lines.line_of(plain.desk.offset) == lines.line_of(plain.state.tokens.starts[-1])
    plain.check()


def test_a_token_longer_than_the_line_is_passed_in_one_step(project):
    sitting = project.sit(project.add("ab " + "x" * 100 + " cd"), width=20)
    assert sitting.press("j").token == "x" * 100
    assert sitting.press("j").token == "cd"
    assert sitting.press("k").token == "x" * 100
    assert sitting.press("k").token == "ab"


def test_ends(plain):
    assert plain.press("G").desk.cursor == len(plain.state.tokens) - 1
    assert plain.press("g g").desk.cursor == 0
    assert plain.press("end").desk.cursor == len(plain.state.tokens) - 1
    assert plain.press("home").desk.cursor == 0


def test_pages_overlap_by_two_lines_and_reach_both_ends(project):
    sitting = project.sit(project.add("\n".join(f"line {n}" for n in range(50))), height=10)
    sitting.press("pagedown", "pagedown")
    top = sitting.desk.view.top
    assert sitting.press("pagedown").desk.view.top == top + 8
    assert sitting.press(*["pagedown"] * 10).desk.view.layout.line_of(sitting.desk.offset) == 49
    sitting.check()
    assert sitting.press(*["pageup"] * 10).desk.cursor == 0
    sitting.check()


def test_centre_puts_the_line_in_the_middle(project):
    sitting = project.sit(project.add("\n".join(f"line {n}" for n in range(50))), height=11)
    sitting.goto("line 25").press("z z")
    assert sitting.desk.view.top == 20


@pytest.mark.parametrize("text", ["", "\n", "  \n\n "])
def test_every_movement_is_safe_in_an_article_without_words(project, text):
    sitting = project.sit(project.add(text))
    for keys in (
        "l",
        "h",
        "j",
        "k",
        "w",
        "b",
        "e",
        ")",
        "(",
        "}",
        "{",
        "gg",
        "G",
        "pagedown",
        "pageup",
        "tab",
    ):
        sitting.press(*(keys if keys == "gg" else [keys]))
        assert (sitting.desk.cursor, sitting.desk.offset, sitting.desk.focus) == (0, 0, None)
    for keys in ("~", ";", "z z", "n", "v", "V", "1", "a", "x", "d", "r", "H", "S", "J", "g v", "escape"):
        sitting.press(keys)
    assert sitting.desk.scope == "read"
    assert sitting.entities == []


# -- items ----------------------------------------------------------------------------------------


def test_the_first_pending_suggestion_is_focused_on_opening(visit):
    assert visit.focused == "PERSON? Ana Ruiz"


def test_tab_visits_own_and_pending_in_reading_order_and_does_not_wrap(visit):
    seen = [visit.focused]
    for _ in range(8):
        seen.append(visit.press("tab").focused)
    assert seen == [
        "PERSON? Ana Ruiz",
        "PERSON? Li Wei",
        "GPE? Oslo",
        "GPE? Bergen",
        "ORG? Ruiz",
        "ORG? Bergen Harbour Trust",
        "ORG? Harbour Trust",
        "GPE? Norway",
        "PERSON? Li Wei",
    ]
    assert visit.press("tab").focused == "DATE? Friday"
    assert visit.press("tab").focused == "DATE? Friday"
    assert visit.said == "last of 10, c = done"
    assert visit.press("shift+tab").focused == "PERSON? Li Wei"
    for _ in range(12):
        visit.press("shift+tab")
    assert visit.said == "first of 10"
    assert visit.focused == "PERSON? Ana Ruiz"


def test_tab_goes_on_from_the_cursor_where_nothing_is_focused(visit):
    visit.goto("stayed")
    assert visit.focused is None
    assert visit.press("tab").focused == "ORG? Ruiz"
    visit.goto("stayed")
    assert visit.press("shift+tab").focused == "GPE? Bergen"


def test_tab_with_nothing_marked_says_so(plain):
    assert plain.press("tab").said == "nothing is marked or suggested in this article"


def test_the_innermost_item_under_the_cursor_is_focused_and_stays_while_the_cursor_is_inside(visit):
    assert visit.goto("Harbour").focused == "ORG? Harbour Trust"
    assert visit.goto("Bergen", 2).focused == "ORG? Bergen Harbour Trust"
    assert visit.press("l").focused == "ORG? Bergen Harbour Trust"


def test_a_stack_is_cycled_and_a_single_item_says_so(visit):
    visit.goto("Trust")
    assert visit.focused == "ORG? Harbour Trust"
    assert visit.press("~").focused == "ORG? Bergen Harbour Trust"
    assert visit.press("g z").focused == "ORG? Harbour Trust"
    assert visit.goto("Oslo").press("~").said == "only one item here"
    assert visit.goto("stayed").press("~").said == "no item here"


# -- hints ----------------------------------------------------------------------------------------


def test_one_letter_jumps_to_an_item_on_screen(visit):
    visit.press(";")
    assert visit.desk.scope == "hints"
    code = next(code for code, key in visit.desk.hints.items() if "Friday" in visit.state.shown(key).text)
    assert len(code) == 1
    assert visit.press(code).focused == "DATE? Friday"
    assert visit.desk.scope == "read"
    visit.check()


def test_the_nearest_items_take_one_letter_and_those_beyond_two(project):
    words = [f"Name{n}" for n in range(40)]
    article = project.add(" ".join(words))
    project.suggest(article, [(word, "PERSON") for word in words])
    sitting = project.sit(article, width=80, height=20)
    sitting.press("g j")
    lengths = {sitting.state.shown(key).text: len(code) for code, key in sitting.desk.hints.items()}
    assert [lengths[word] for word in words] == [1] * 15 + [2] * 25
    code = next(code for code, key in sitting.desk.hints.items() if sitting.state.shown(key).text == "Name39")
    sitting.press(code[0])
    assert sitting.desk.scope == "hints"
    assert sitting.press(code[1]).focused == "PERSON? Name39"


@given(st.integers(0, 170))
def test_jump_codes_are_different_and_none_is_the_beginning_of_another(count):
    codes = list(islice(navigator._codes(count), count))
    assert len(set(codes)) == len(codes)
    assert not any(a != b and b.startswith(a) for a in codes for b in codes)
    assert len(codes) == min(count, 15 + 7 * 22)


def test_of_items_that_begin_at_one_place_one_has_a_code_and_the_rest_are_a_cycle_away(project):
    article = project.add("Bergen Harbour Trust pays.")
    project.suggest(article, [("Bergen", "GPE"), ("Bergen Harbour Trust", "ORG")])
    sitting = project.sit(article).press(";")
    assert list(sitting.desk.hints) == ["f"]
    assert sitting.press("f").focused == "ORG? Bergen Harbour Trust"
    assert sitting.press("~").focused == "GPE? Bergen"


def test_a_letter_that_is_no_code_ends_the_jump_and_says_so(visit):
    before = visit.desk.cursor
    visit.press(";", "z")
    assert visit.said == "no item has the jump code z"
    assert (visit.desk.scope, visit.desk.cursor) == ("read", before)


def test_escape_ends_the_jump(visit):
    assert visit.press(";", "escape").desk.scope == "read"
    assert visit.desk.hints == {}


def test_a_jump_in_link_goes_to_an_entity_and_keeps_the_head(project):
    article = project.add("Ana met Bo.")
    ana, bo = ids(2)
    text = "Ana met Bo."
    marks = [mark(text, "Ana", "PERSON", id=ana), mark(text, "Bo", "PERSON", id=bo)]
    project.suggest(article, marks, [Relation("", "MET", ana, bo)])
    sitting = project.sit(article).press("r", ";")
    assert all(sitting.state.shown(key) is not None for key in sitting.desk.hints.values())
    assert len(sitting.desk.hints) == 2
    code = next(code for code, key in sitting.desk.hints.items() if sitting.state.shown(key).text == "Bo")
    sitting.press(code)
    assert (sitting.desk.scope, sitting.focused) == ("link", "PERSON? Bo")


def test_no_item_on_screen_is_said(plain):
    assert plain.press(";").said == "no item on screen to jump to"


# -- search ---------------------------------------------------------------------------------------


def search(sitting: Sitting, expression: str) -> Sitting:
    sitting.host.answer = lambda title, value: expression
    return sitting.press("/")


def test_search_goes_to_the_next_hit_and_n_walks_them_round_the_end(visit):
    search(visit, "oslo")
    assert visit.said == "2 hits, n and N to walk them"
    assert visit.token == "Oslo"
    first = visit.desk.cursor
    assert visit.press("n").desk.cursor > first
    assert visit.said == "hit 2 of 2"
    assert visit.press("n").desk.cursor == first
    assert visit.said == "hit 1 of 2, round the end"
    assert visit.press("N").said == "hit 2 of 2, round the end"


def test_a_capital_makes_the_search_mind_capitals(visit):
    assert search(visit, "ruiz").said.startswith("2 hits")
    assert search(visit, "RUIZ").said == "/RUIZ: not found in this article"
    assert search(visit, "Ruiz").said.startswith("2 hits")


def test_a_bad_expression_is_explained(visit):
    search(visit, "(oops")
    assert visit.said.startswith("/(oops: ")
    assert visit.desk.warns


def test_an_expression_without_end_is_given_up(project):
    sitting = project.sit(project.add("a" * 5000 + "!"))
    search(sitting, "(a|aa)+$")
    assert "takes too long" in sitting.said


def test_no_hit_leaves_the_cursor_and_n_then_walks_what_is_pending(visit):
    before = visit.desk.cursor
    search(visit, "xyzzy")
    assert visit.said == "/xyzzy: not found in this article"
    assert visit.desk.cursor == before
    assert visit.press("n").focused == "PERSON? Li Wei"
    assert visit.press("N").focused == "PERSON? Ana Ruiz"
    assert visit.press("N").said == "no pending suggestion above"


def test_escape_ends_a_search(visit):
    search(visit, "Oslo").press("escape")
    assert visit.desk.hits == []
    assert visit.press("N").focused != "PERSON? Oslo"


def test_an_expression_that_matches_nothing_at_all_everywhere_is_no_hit(visit):
    assert search(visit, "q*").said == "/q*: not found in this article"


# -- the view -------------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=40)
def test_the_cursor_is_always_in_view_whatever_the_size(tmp_path_factory, data):
    project = Project(tmp_path_factory.mktemp("view"))
    try:
        sitting = project.sit(project.visit(), width=30, height=4)
        for _ in range(12):
            key = data.draw(
                st.sampled_from(["j", "k", "w", "G", "pagedown", "pageup", "tab", "}", "z z", "z l"])
            )
            sitting.press(key)
            sitting.desk.resize(data.draw(st.integers(1, 60)), data.draw(st.integers(1, 12)))
            sitting.check()
    finally:
        project.close()


def test_the_line_at_the_top_stays_when_labels_are_shown_and_hidden(project):
    article = project.add("\n\n".join(f"Paragraph {n} names Oslo here." for n in range(30)))
    project.suggest(article, [("Oslo", "GPE", n) for n in range(1, 31)])
    sitting = project.sit(article, width=24, height=9)
    sitting.goto("Paragraph 15").press("z z")
    top = sitting.desk.view.layout.line(sitting.desk.view.top)[0]
    sitting.press("z l")
    assert sitting.said == "labels shown in the text"
    assert sitting.desk.view.layout.line(sitting.desk.view.top)[0] <= top <= sitting.desk.view.visible[1]
    sitting.press("z l")
    assert sitting.said == "labels hidden"
    assert sitting.desk.view.layout.line(sitting.desk.view.top)[0] <= top <= sitting.desk.view.visible[1]


def test_labels_shown_tell_own_from_suggested(visit):
    visit.press("a", "z l")
    tags = {tag.text for tag in tags_of(visit.desk.view, *visit.desk.view.visible)}
    assert " PERSON" in tags and " GPE?" in tags
