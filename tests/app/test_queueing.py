"""Moving across articles: the list by a query, all articles searched, and the next one that needs a look."""

from __future__ import annotations

import pytest

from annotations import edits
from tests.desks import Project, Sitting, mark, work
from tests.screens import Screen, run

TIDE = "The tide was low. The tide came back.\n"
FERRY = "A ferry left Oslo at noon and/or later.\n"
HARBOUR = "The harbour slept, and the tide turned. Tide after tide.\n"


@pytest.fixture
def four(project: Project) -> Sitting:
    """Visit with ten suggestions, Tide with none, Ferry with one, Harbour with two."""
    first = project.visit()
    project.add(TIDE, "Tide")
    project.suggest(project.add(FERRY, "Ferry"), [("Oslo", "GPE")])
    project.suggest(project.add(HARBOUR, "Harbour"), [("harbour", "ORG"), ("tide", "ORG")])
    return project.sit(first)


def title(sitting: Sitting) -> str:
    return sitting.state.article.title


def answer(sitting: Sitting, text: str) -> Sitting:
    sitting.host.answer = lambda title, value: text
    return sitting


# -- the list ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("F",), ("g", "q")])
def test_a_query_makes_the_list_and_stays_where_it_can(four, keys):
    answer(four, "oslo").press("tab").press(*keys)
    assert (title(four), four.said) == ("Visit", "2 articles answer")
    assert four.session.queue == [1, 3]
    assert four.focused == "PERSON? Li Wei"
    four.press("]", "]")
    assert title(four) == "Ferry"
    answer(four, "tide -harbour").press("F")
    assert (title(four), four.said) == ("Tide", "1 article answers")
    answer(four, "").press("F")
    assert (title(four), four.said) == ("Tide", "all 4 articles")


def test_the_prompt_begins_with_the_query_in_force(four):
    answer(four, "oslo").press("F")
    seen: list[str] = []
    four.host.answer = lambda title, value: seen.append(value)
    four.press("F")
    assert seen == ["oslo"]


@pytest.mark.parametrize("query", ["nowhere", "ent:PERSN", "(", "text:/(/", "is:asleep"])
def test_a_query_that_nothing_answers_or_that_is_none_changes_nothing(four, query):
    answer(four, "oslo").press("F")
    answer(four, query).press("F")
    assert four.desk.warns and four.said
    assert (four.session.query, four.session.queue, title(four)) == ("oslo", [1, 3], "Visit")


# -- all articles -----------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("g", "/"), ("g", "w")])
def test_a_search_of_all_articles_goes_to_the_first_hit_and_n_walks(four, keys):
    answer(four, "tide").press(*keys)
    assert (title(four), four.session.queue) == ("Tide", [2, 4])
    assert four.said == "/tide is in 2 articles; 2 hits here, n and N walk them"
    assert four.token == "tide"
    first = four.desk.cursor
    assert four.press("n").said == "hit 2 of 2"
    assert four.press("n").desk.cursor == first


def test_the_hits_go_along_from_article_to_article_until_escape(four):
    answer(four, "tide").press("g", "/").press("]", "]")
    assert title(four) == "Harbour" and len(four.desk.hits) == 3
    assert four.press("g", "g", "n").said == "hit 1 of 3"
    four.press("escape")
    assert four.desk.hits == []
    assert four.press("[", "[").desk.hits == []
    assert four.session.queue == [2, 4]


def test_an_empty_search_goes_back_to_all_articles(four):
    answer(four, "tide").press("g", "/")
    answer(four, "").press("g", "/")
    assert (four.said, four.session.query, four.desk.hits, four.desk.carried) == (
        "all 4 articles",
        "",
        [],
        "",
    )


@pytest.mark.parametrize(
    ("expression", "queue"),
    [
        ("and/or", [3]),
        (r"and\/or", [3]),
        ("[/x]or", [3]),
        (r"^the harbour|^a ferry", [3, 4]),
        ("Tide", [4]),
        (r"tide \w+", [2, 4]),
    ],
)
def test_an_expression_means_the_same_in_all_articles_and_in_one(four, expression, queue):
    answer(four, expression).press("g", "/")
    if expression == "Tide":
        queue = [2, 4]  # one of them has it in the title
    assert four.session.queue == queue
    assert four.desk.hits or title(four) == expression


def test_a_hit_in_the_title_alone_is_said(four):
    answer(four, "Ferry").press("g", "/")
    assert (title(four), four.desk.hits) == ("Ferry", [])
    assert four.said == "/Ferry is in 1 article; here in the title only"


@pytest.mark.parametrize("expression", ["(", "a\\", "xyzzy", "*", "x{9999}{9999}"])
def test_a_search_without_answer_changes_nothing(four, expression):
    answer(four, expression).press("g", "/")
    assert four.desk.warns and four.said
    assert (four.session.query, len(four.session.queue), title(four)) == ("", 4, "Visit")
    assert four.desk.carried == ""


def test_a_search_in_one_article_ends_the_one_in_all(four):
    answer(four, "tide").press("g", "/")
    answer(four, "low").press("/").press("]", "]")
    assert (title(four), four.desk.hits) == ("Harbour", [])


# -- flags ------------------------------------------------------------------------------------------


def test_flagged_articles_are_visited_round_the_end(four):
    four.press("]", "]", "f", "]", "]", "]", "]", "f", "g", "p", "g", "p", "g", "p")
    assert title(four) == "Visit"
    assert (title(four.press("]", "f")), four.said) == ("Tide", "flagged article 1 of 2")
    assert title(four.press("m", "f")) == "Harbour"
    assert (title(four.press("m", "f")), four.said) == ("Tide", "flagged article 1 of 2, round the end")
    assert (title(four.press("[", "f")), four.said) == ("Harbour", "flagged article 2 of 2, round the end")
    assert title(four.press("M", "f")) == "Tide"
    answer(four, "tide -harbour").press("F").press("]", "f")
    assert four.said == "this is the only flagged article of the list"


def test_without_a_flagged_article_that_is_said(four):
    assert four.press("]", "f").said == "no article of the list is flagged; f flags this one"


# -- problems ---------------------------------------------------------------------------------------


@pytest.fixture
def trouble(project: Project) -> Sitting:
    """Two relations that a relabel made illegal."""
    sitting = project.sit(project.visit())
    for words, nth in (
        ("Ana Ruiz", 1),
        ("Li Wei", 1),
        ("Oslo", 1),
        ("Bergen Harbour Trust", 1),
        ("Norway", 1),
    ):
        sitting.goto(words, nth).press("a")
    own = {e.text: e.id for e in sitting.state.entities.values()}
    sitting.desk.do(edits.relate, "LEADS", own["Ana Ruiz"], own["Oslo"])
    sitting.desk.do(edits.relate, "SEAT", own["Bergen Harbour Trust"], own["Norway"])
    sitting.desk.do(edits.relabel, own["Oslo"], "DATE")
    sitting.desk.do(edits.relabel, own["Norway"], "DATE")
    assert len(sitting.state.problems) == 2
    return sitting


def test_problems_are_walked_round_the_end_and_named(trouble):
    trouble.press("escape", "g", "g").press("]", "p")
    assert trouble.focused == "Ana Ruiz LEADS Oslo"
    assert trouble.said == "problem 1 of 2: LEADS may not go from PERSON to DATE"
    assert trouble.press("m", "p").focused == "Bergen Harbour Trust SEAT Norway"
    assert trouble.press("]", "p").focused == "Ana Ruiz LEADS Oslo"
    assert trouble.press("[", "p").focused == "Bergen Harbour Trust SEAT Norway"
    assert trouble.press("M", "p").said.startswith("problem 1 of 2")
    trouble.check()


def test_from_between_two_problems_both_directions_lead_to_the_nearest(trouble):
    trouble.press("escape").goto("stayed")
    assert trouble.press("[", "p").focused == "Ana Ruiz LEADS Oslo"
    trouble.press("escape").goto("stayed")
    assert trouble.press("]", "p").focused == "Bergen Harbour Trust SEAT Norway"


def test_no_problem_is_said(four):
    before = work(four.session)
    assert four.press("]", "p").said == "there are no problems in this article"
    assert work(four.session) == before


# -- what is not reviewed ---------------------------------------------------------------------------


def test_the_next_pending_spot_is_here_else_in_the_next_article_that_has_one(four):
    four.goto("Friday")
    four.press("]", "r")
    assert (title(four), four.focused) == ("Ferry", "GPE? Oslo")
    assert four.said == "1 pending in “Ferry”"
    assert four.press("m", "r").focused == "ORG? harbour"
    assert four.press("m", "r").focused == "ORG? tide"
    assert four.press("]", "r").said == "nothing is pending below, here or in the open articles below"
    assert (title(four), four.focused) == ("Harbour", "ORG? tide")


def test_backwards_the_last_one_comes_first(four):
    four.press("]", "]", "]", "]", "]", "]", "[", "r")
    assert title(four) == "Ferry"
    assert (title(four.press("M", "r")), four.focused) == ("Visit", "DATE? Friday")
    assert four.press("[", "r").focused == "PERSON? Li Wei"


def test_settled_articles_and_those_where_all_is_decided_are_passed_over(four):
    four.session.open(3)
    four.desk.bind(from_the_place=True)
    four.press("a", "[", "[", "[", "[")
    assert title(four) == "Visit"
    four.goto("Friday").press("]", "r")
    assert title(four) == "Harbour"
    four.press("c").press("[", "r")
    four.press("u")
    assert title(four) == "Harbour"


def test_when_nothing_is_pending_further_on_it_stays(four):
    four.session.open(4)
    four.desk.bind(from_the_place=True)
    four.press("x", "x", "[", "[", "x", "[", "[", "[", "[")
    four.goto("Friday")
    cursor = four.desk.cursor
    four.press("]", "r")
    assert (title(four), four.desk.cursor) == ("Visit", cursor)
    assert four.said == "nothing is pending below, here or in the open articles below"


def test_under_review_only_that_layers_articles_count(project):
    first, second, third = (project.add(f"Oslo is number {n}.\n", f"Number {n}") for n in range(3))
    for article in (first, second, third):
        project.suggest(article, [("Oslo", "GPE")])
    project.sit(third, person="ben").press("a")
    sitting = project.sit(first, review="person:ben").press("]", "r")
    assert (title(sitting), sitting.focused) == ("Number 2", "GPE? Oslo")


# -- on the screen ----------------------------------------------------------------------------------


def test_the_keys_that_can_follow_are_shown(project):
    project.suggest(project.add(FERRY, "Ferry"), [mark(FERRY, "Oslo", "GPE")])

    async def test(screen: Screen) -> None:
        for key in ("]", "m"):
            await screen.press(key)
            for words in ("f next flagged", "p next problem", "r next pending"):
                assert words in screen.text(), (key, words)
            await screen.press("escape")
        await screen.press("g")
        assert "w search all" in screen.text() or "/ search all" in screen.text()
        assert "q filter" in screen.text()
        await screen.press("escape", "g", "/")
        await screen.type("ferry")
        await screen.press("enter")
        assert "/ferry is in 1 article; 1 hit here" in screen.text()

    run(test, project)


def test_at_the_end_of_a_filtered_list_the_open_articles_beside_it_are_told(four):
    answer(four, "tide is:open").press("F").press("c", "c")
    four.check()
    assert four.status == "done" and four.session.open_elsewhere() == 2
    says = "no open article is left in this list; 2 are open elsewhere: q, then Esc, shows all"
    assert says in four.said and four.desk.warns
    answer(four, "").press("F").press("g", "g", "c", "c", "c")
    assert four.said.endswith("no open article is left: `postil export` writes the data")
    assert not four.desk.warns
