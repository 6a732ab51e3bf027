"""The keys that give a label to the same words elsewhere and take it back: `p`, `P`, `D`."""

from __future__ import annotations

import pytest

from tests.desks import Project, Sitting, check_sound, work
from tests.screens import Screen, run

HERE = "Xi met Ana. Later Xi, as XI always does, left Xining.\nXi was gone."
THERE = "Of Xi nobody spoke, but Xi heard it."


@pytest.fixture
def xi(project: Project) -> Sitting:
    """The first of four places in one article and two in another has its label."""
    here = project.add(HERE, "Here")
    project.add(THERE, "There")
    return project.sit(here).goto("Xi").press("1")


def shown(sitting: Sitting) -> list[tuple[bool, str, str, str]]:
    """Of each line of the preview whether it is ticked, its heading, text and note."""
    preview = sitting.desk.preview
    assert preview is not None
    return [(preview.is_ticked(x), x.heading, x.text, x.note) for x in preview.lines]


def test_two_keys_label_the_same_words_in_the_article_and_one_undo_takes_them_back(xi):
    before, focus = work(xi.session), xi.desk.focus
    xi.press("p")
    assert shown(xi) == [(True, "", "Xi", "")] * 2
    assert work(xi.session) == before
    xi.press("enter")
    assert xi.entities == ["PERSON Xi"] * 3
    assert (xi.said, xi.desk.focus) == ("PERSON “Xi” in 2 more places", focus)
    assert [e.copy_of for e in xi.state.entities.values()] == [None, focus, focus]
    xi.check()
    check_sound(xi.session)
    after = work(xi.session)
    assert work(xi.press("u").session) == before
    assert work(xi.press("ctrl+r").session) == after


def test_capital_letters_and_parts_of_words_are_options(xi):
    xi.press("p", "c")
    assert [line[2] for line in shown(xi)] == ["Xi", "XI", "Xi"]
    assert xi.desk.preview.title == "PERSON “Xi” in this article, any case"
    xi.press("p")
    assert [line[2] for line in shown(xi)] == ["Xi", "XI", "Xi", "Xi"]
    xi.press("c", "p", "enter")
    assert xi.entities == ["PERSON Xi"] * 3


def test_what_is_left_out_by_hand_stays_left_out_the_next_time(xi):
    xi.press("p", "x", "enter")
    assert xi.said == "PERSON “Xi” in 1 more place, 1 left out"
    xi.press("p")
    assert shown(xi) == [(False, "", "Xi", "left out before")]


def test_a_suggestion_is_accepted_with_its_copies(project):
    article = project.add(HERE, "Here")
    project.suggest(article, [("Xi", "PERSON")])
    sitting = project.sit(article)
    assert sitting.focused == "PERSON? Xi"
    sitting.press("p", "enter")
    assert sitting.entities == ["PERSON Xi"] * 3 and sitting.focused == "PERSON Xi"
    assert sitting.verdicts == {"accepted": 1}


def test_in_all_articles_each_has_its_title_and_all_is_one_edit(xi, project):
    there = project.sit(2, own=True)
    xi.press("P")
    assert [line[1] for line in shown(xi)] == ["Here", "Here", "There", "There"]
    xi.press("enter")
    assert xi.said == "PERSON “Xi” in 4 more places in 2 articles"
    assert there.session.refresh()
    there.desk.bind()
    assert there.entities == ["PERSON Xi"] * 2
    xi.press("u")
    assert there.session.refresh()
    there.desk.bind()
    assert (xi.entities, there.entities) == (["PERSON Xi"], [])


def test_copies_are_deleted_with_what_was_copied_wherever_they_are(xi, project):
    xi.press("P", "enter", "D")
    assert xi.said == "deleted PERSON “Xi” and 4 copies in 2 articles"
    assert (xi.entities, xi.focused) == ([], None)
    assert project.sit(2).entities == []
    assert xi.press("u").entities == ["PERSON Xi"] * 3
    check_sound(xi.session)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("l", "p"), "no entity here; label it first, then its label can go elsewhere"),
        (("l", "P"), "no entity here; label it first, then its label can go elsewhere"),
        (("l", "D"), "nothing here to delete"),
        (("l", "l", "1", "p"), "there is no other “Ana” in this article to label"),
        (("l", "l", "1", "P"), "there is no other “Ana” in all articles to label"),
    ],
)
def test_what_has_no_copies_is_said_and_changes_nothing(xi, keys, says):
    xi.press(*keys[:-1])
    before = work(xi.session)
    xi.press(keys[-1])
    assert (xi.said, xi.desk.mode, work(xi.session)) == (says, "read", before)


def test_a_suggestion_has_no_copies_to_delete(project):
    article = project.add(HERE, "Here")
    project.suggest(article, [("Xi", "PERSON")])
    sitting = project.sit(article).press("D")
    assert sitting.said == "only an entity of yours has copies: a suggestion is rejected with d"
    assert sitting.pending() == ["Xi"]


def test_what_only_other_options_find_can_be_asked_for(project):
    sitting = project.sit(project.add("Xi sees XI.", "Two")).goto("Xi").press("1", "p")
    assert shown(sitting) == []
    sitting.press("c", "enter")
    assert sitting.entities == ["PERSON Xi", "PERSON XI"]


def test_the_preview_of_many_articles_shows_their_titles_on_the_screen(project):
    project.add(HERE, "Here")
    project.add(THERE, "There \x1b[31m")

    async def test(screen: Screen) -> None:
        await screen.press("1", "P")
        text = screen.text()
        assert "PERSON “Xi” in all articles: 4 of 4" in text
        assert "\n Here " in text and "\n There ␛[31m" in text
        assert "case" in text and "parts" in text
        await screen.press("enter")
        assert screen.entities == ["PERSON Xi"] * 3
        assert "in 4 more places in 2 articles" in screen.text()
        screen.check()

    run(test, project)
