"""Details, clusters, pieces, document labels and characters, from the keys to the database and the screen."""

from __future__ import annotations

import pytest

from annotations.model import Entity, Relation
from tests.desks import CONFIG, Project, Sitting, check_sound, ids, mark, work
from tests.screens import Screen, run

KOREA = "North and South Korea met in Oslo. It rained. The North left; Korea and 北京市长 stayed."
LABELLED = CONFIG + "labels: [politics, trade, sports]\n"


@pytest.fixture
def visit(project: Project) -> Sitting:
    return project.sit(project.visit())


@pytest.fixture
def korea(project: Project) -> Sitting:
    return project.sit(project.add(KOREA, "Korea"), width=80)


def stored(sitting: Sitting) -> list[Entity]:
    found = sitting.session.store.entities(sitting.state.article.id, sitting.session.layer.id)
    return sorted(found, key=lambda e: (e.start, -e.end))


def pieces(sitting: Sitting) -> list[list[str]]:
    return [[KOREA[start:end] for start, end in e.spans] for e in stored(sitting)]


def choose(sitting: Sitting, *names: str) -> None:
    """Has the picker answered by the lines of these names, one after the other, and then by none."""
    wanted = iter(names)

    def answer(choices):
        name = next(wanted, None)
        return next((c.value for c in choices if c.text == name), None)

    sitting.host.choose = answer


def lines(sitting: Sitting) -> dict[str, str]:
    """The details as they are listed."""
    sitting.host.choose = lambda choices: None
    sitting.press("enter")
    return {c.text: c.detail for c in sitting.host.choices}


def undo_all(sitting: Sitting) -> None:
    while sitting.press("u").said != "nothing to undo":
        assert sitting.said.startswith("undone"), sitting.said


# -- pieces -----------------------------------------------------------------------------------------


def test_a_discontinuous_entity_takes_a_plus_between_its_pieces(korea):
    korea.press("v", "+", "w", "w", "w", "3")
    assert pieces(korea) == [["North", "Korea"]]
    assert (korea.focused, korea.desk.scope) == ("GPE North and South Korea", "read")
    assert korea.said == "GPE “North … Korea”"
    korea.goto("South").press("2")
    assert pieces(korea) == [["North", "Korea"], ["South"]]
    korea.check()
    check_sound(korea.session)


def test_the_next_piece_is_selected_as_any_other(korea):
    korea.press("v", "a", "w", "w", "v", "l", "3")
    assert pieces(korea) == [["North", "South Korea"]]
    korea.press("u").goto("North").press("v", "+", "w", "w", "shift+right", "+", "w", "enter")
    assert korea.host.asked == ["label"]
    assert [KOREA[s:e] for s, e in korea.desk.selected] == ["North", "South Korea", "met"]
    korea.press("escape")
    assert (korea.desk.scope, korea.desk.selected) == ("read", ())


def test_a_piece_next_to_another_is_one_with_it(korea):
    korea.goto("It").press("z u", "v", "+", "l", "3")
    assert pieces(korea) == [["It"]]
    assert stored(korea)[0].fragments == ()


def test_a_reopened_entity_has_its_pieces_and_gets_another(korea):
    korea.press("3", "g v", "+").goto("Korea").press("enter")
    assert pieces(korea) == [["North", "Korea"]]
    korea.press("g v")
    assert [KOREA[s:e] for s, e in korea.desk.selected] == ["North", "Korea"]
    korea.press("l", "enter")
    assert pieces(korea) == [["North", "Korea met"]]
    korea.press("<")
    assert pieces(korea) == [["Korea met"]]
    korea.press("u", "u", "u", "u")
    assert pieces(korea) == []


def test_enter_at_once_changes_nothing(korea):
    korea.press("3", "g v", "+", "enter")
    assert korea.said == "the edges are there already"
    assert (pieces(korea), korea.desk.scope) == ([["North"]], "read")


def test_the_collected_pieces_are_marked_and_counted_and_the_gap_is_not_painted(project):
    project.add(KOREA, "Korea")

    async def test(screen: Screen) -> None:
        await screen.press("z", "g", "v", "+", "w", "w", "w")
        assert "SELECT · 1 piece kept · “North … Korea”" in screen.text()
        await screen.press("3")
        assert "GPE━━···········━━━━━" in screen.text()
        assert "GPE “North … Korea”" in screen.text()
        screen.check()

    run(test, project)


# -- characters -------------------------------------------------------------------------------------


def test_a_name_inside_a_run_of_ideographs_is_labelled_exactly(korea):
    korea.goto("北京市长").press("z u", "v", "l", "3")
    assert pieces(korea) == [["北京"]]
    korea.press("L")
    assert pieces(korea) == [["北京市"]]
    korea.press(">", "z u")
    assert (korea.said, korea.token, korea.focused) == ("by token again", "北京市长", "GPE 北京")
    korea.press("g v", "enter")
    assert korea.said == "the edges are there already"
    korea.press("L")
    assert pieces(korea) == [["北京市长"]]
    check_sound(korea.session)


def test_a_bare_cursor_labels_one_character(korea):
    korea.goto("rained").press("z u", "l", "l", "1")
    assert pieces(korea) == [["i"]]
    korea.press("l", "l")
    assert korea.token == "e"
    korea.press("w", "z u")
    assert korea.token == "."


def test_the_unit_changes_in_the_middle_of_a_selection(korea):
    korea.goto("South").press("v", "z u", "z u")
    assert korea.desk.selection is not None
    assert KOREA[slice(*korea.desk.selection)] == "South"
    korea.press("z u", "h", "h", "z u")
    assert KOREA[slice(*korea.desk.selection)] == "Sou"
    korea.press("3")
    assert pieces(korea) == [["Sou"]]


def test_the_cursor_never_rests_inside_a_grapheme(project):
    text = "a👨‍👩‍👧b é́ क्षि"
    sitting = project.sit(project.add(text, "Hard")).press("z u")
    seen = [sitting.token]
    for _ in range(len(sitting.state.tokens) - 1):
        seen.append(sitting.press("l").token)
    assert "".join(seen) == text.replace(" ", "") and seen[1] == "👨‍👩‍👧" and "é́" in seen


def test_the_unit_is_kept_when_the_article_is_read_anew_or_another_one_opened(project):
    first, second = project.add(KOREA, "Korea"), project.add(KOREA + "!", "Again")
    sitting = project.sit(first, own=True).press("z u", "l", "l")
    other = project.sit(first, own=True)
    other.goto("Oslo").press("3")
    assert sitting.session.refresh()
    sitting.desk.bind()
    assert (sitting.token, sitting.state.by_character) == ("r", True)
    sitting.press("g n")
    assert sitting.state.article.id == second and sitting.state.by_character
    sitting.check()


def test_the_header_says_by_character_while_it_is_so(project):
    project.add(KOREA, "Korea")

    async def test(screen: Screen) -> None:
        await screen.press("z", "u")
        assert "by character" in screen.rows()[0]
        await screen.press("z", "u", "l")
        assert "by character" not in screen.rows()[0]

    run(test, project)


# -- clusters ---------------------------------------------------------------------------------------


@pytest.fixture
def mentions(korea) -> Sitting:
    """Four entities: North, It, North, Korea."""
    for words, nth in (("North", 1), ("It", 1), ("North", 2), ("Korea", 2)):
        korea.goto(words, nth).press("3")
    return korea.goto("North")


def clusters(sitting: Sitting) -> list[list[str]]:
    found = stored(sitting)
    names = dict.fromkeys(e.cluster for e in found if e.cluster)
    return [[e.text for e in found if e.cluster == name] for name in names]


def test_two_mentions_take_three_keys_and_each_more_two(mentions):
    mentions.press("=", "tab", "enter")
    assert clusters(mentions) == [["North", "It"]]
    assert (mentions.focused, mentions.desk.scope) == ("GPE North", "read")
    mentions.press("u").goto("North").press("=", "tab", "=", "tab", "=", "escape")
    assert clusters(mentions) == [["North", "It", "North"]]
    assert mentions.focused == "GPE North" and mentions.desk.cursor == 0
    mentions.press("g M")
    assert (mentions.focused, mentions.said) == ("GPE It", "mention 2 of 3")
    mentions.press("g E")
    assert clusters(mentions) == [["North", "North"]]
    mentions.press("g M")
    assert mentions.said.startswith("this is the only mention")
    undo_all(mentions)
    assert work(mentions.session)["entities"] == []
    mentions.check()


def test_tab_passes_over_what_is_a_mention_already_until_all_are_asked_for(mentions):
    mentions.press("=", "tab", "enter", "=", "tab")
    assert (mentions.focused, mentions.desk.cursor > 5) == ("GPE North", True)
    mentions.press("shift+tab")
    assert mentions.focused == "GPE Korea"
    mentions.press("!", "tab")
    assert mentions.focused == "GPE It"
    mentions.press("=")
    assert mentions.said == "these are the same entity already"
    mentions.press("escape", "escape")
    assert mentions.desk.scope == "read"


def test_another_mention_can_be_labelled_on_the_way(mentions):
    mentions.press("=").goto("South").press("2")
    assert mentions.desk.scope == "same"
    mentions.press("enter")
    assert clusters(mentions) == [["North", "South"]]


def test_suggestions_become_mentions_and_a_pinned_one_stays_pinned(visit):
    visit.press("=", "tab", "=", "tab", "g e")
    assert clusters(visit) == [["Ana Ruiz", "Li Wei", "Oslo"]]
    assert visit.desk.scope == "same"
    visit.press("enter")
    assert visit.said == "these are the same entity already"
    visit.press("escape")
    assert visit.focused == "PERSON Ana Ruiz"
    undo_all(visit)
    assert visit.entities == [] and visit.verdicts == {}


def test_a_cluster_needs_a_pinned_and_another_one(mentions):
    mentions.press("=", "enter")
    assert mentions.said.startswith("go to another mention first")
    mentions.press("escape").goto("rained").press("=")
    assert mentions.said == "no entity here; label it first"
    assert clusters(mentions) == []


def test_mentions_are_marked_with_an_equals_sign_and_listed_in_the_pane(project):
    text = "North met Oslo.\nIt rained.\nNorth left."
    article = project.add(text, "North")
    project.suggest(article, [("North", "GPE"), ("It", "GPE"), ("North", "GPE", 2), ("Oslo", "GPE")])

    async def test(screen: Screen) -> None:
        await screen.press("=")
        assert "SAME entity as “North”" in screen.text() and "1 PERSON" in screen.text()
        await screen.press("tab", "tab", "enter")
        margins = [row[:3] for row in screen.rows()[1:4]]
        assert margins == [" ▸ ", "=  ", "   "]
        pane = [row[86:].strip() for row in screen.rows()]
        assert pane[pane.index("same as 1 other") + 1].split() == ["=", "GPE", "It"]
        await screen.press("l")
        assert "GPE “North” · same as 1 other" not in screen.text()
        await screen.press("h")
        assert "GPE “North” · same as 1 other" in screen.text()
        screen.check()

    run(test, project, (130, 24))


# -- details ----------------------------------------------------------------------------------------


def test_details_list_what_there_is(visit):
    found = lines(visit)
    assert list(found) == ["label", "range", "text", "suggested", "link", "attribute…", "note"]
    assert (found["range"], found["suggested"]) == ("6-14", "by model:hand@1")
    visit.press("a", "shift+tab")
    found = lines(visit)
    assert found["suggested"] == "accepted from model:hand@1 (key)"
    assert found["text"] == "“Ana Ruiz”"


def test_a_link_an_attribute_and_a_note_are_one_edit_each(visit):
    answers = {"knowledge-base id": "Q42", "attribute: name = value": "sure = 0.5", "note on PERSON": "hm"}
    visit.host.answer = lambda title, value: answers.get(title)
    for name in ("link", "attribute…", "note"):
        choose(visit, name)
        visit.press("enter")
    (entity,) = stored(visit)
    assert (entity.link, entity.attributes, entity.note) == ("Q42", {"sure": 0.5}, "hm")
    assert visit.focused == "PERSON Ana Ruiz"
    assert lines(visit)["sure"] == "= 0.5"
    answers["sure ="] = ""
    choose(visit, "sure")
    visit.press("g i")
    assert stored(visit)[0].attributes is None
    for expected in ({"sure": 0.5}, {"sure": 0.5}, None):
        visit.press("u")
        assert stored(visit)[0].attributes == expected
    undo_all(visit)
    assert visit.entities == [] and visit.verdicts == {}


def test_attributes_of_the_article_are_offered_by_name(visit):
    visit.host.answer = lambda title, value: "sure = true" if title.startswith("attribute") else "false"
    choose(visit, "attribute…")
    visit.press("enter", "tab")
    assert lines(visit)["sure"] == "not set here"
    choose(visit, "sure")
    visit.press("enter")
    assert [e.attributes for e in stored(visit)] == [{"sure": True}, {"sure": False}]
    visit.host.answer = lambda title, value: "no sign"
    choose(visit, "attribute…")
    visit.press("enter")
    assert visit.said == "an attribute is written as name = value"


def test_details_of_a_relation_lead_to_its_ends_and_take_attributes(visit):
    visit.press("a", "shift+tab", "r", "tab", "2", "g r")
    found = lines(visit)
    assert list(found) == ["type", "head", "tail", "attribute…", "note"]
    visit.host.answer = lambda title, value: "since = 2019" if "=" in title else "when?"
    for name in ("attribute…", "note"):
        choose(visit, name)
        visit.press("enter")
    store, me = visit.session.store, visit.session.layer.id
    (relation,) = store.relations(visit.state.article.id, me)
    assert (relation.attributes, relation.note) == ({"since": 2019}, "when?")
    choose(visit, "tail")
    visit.press("enter")
    assert visit.focused == "PERSON Li Wei"
    choose(visit, "range")
    visit.press("enter")
    assert visit.desk.scope == "select"


def test_details_of_nothing_say_so(visit):
    visit.goto("home").press("enter")
    assert visit.said.startswith("nothing is focused here")


def test_a_note_on_a_suggested_relation_accepts_it_with_its_ends(project):
    text = "Ana leads Acme."
    head, tail = ids(2)
    article = project.add(text, "Ana")
    marks = [mark(text, "Ana", "PERSON", id=head), mark(text, "Acme", "ORG", id=tail)]
    project.suggest(article, marks, [Relation("", "LEADS", head, tail)])
    sitting = project.sit(article)
    sitting.host.answer = lambda title, value: "sure?"
    sitting.press("g r", "i")
    assert sitting.relations == ["Ana LEADS Acme"] and sitting.verdicts == {"accepted": 3}
    assert sitting.focused == "Ana LEADS Acme"
    sitting.press("g I")
    progress = sitting.session.store.progress(article, sitting.session.layer.id)
    assert (progress.note, sitting.host.asked[-1]) == ("sure?", "note on the article")
    assert [e.note for e in stored(sitting)] == [None, None]
    undo_all(sitting)
    assert sitting.relations == [] and sitting.verdicts == {}


def test_details_on_the_screen_are_read_changed_and_said(project):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("enter")
        assert "knowledge" not in screen.text() and "by model:hand@1" in screen.text()
        await screen.type("link")
        await screen.press("enter")
        await screen.type("Q42")
        await screen.press("enter", "l")
        assert "PERSON “Ana Ruiz” · link: Q42" in screen.text()
        screen.check()

    run(test, project)


# -- the labels of the article ----------------------------------------------------------------------


def labels(sitting: Sitting) -> tuple[str, ...]:
    return sitting.session.store.progress(sitting.state.article.id, sitting.session.layer.id).labels


def test_a_document_label_takes_two_keys_and_stands_in_the_order_of_the_config(project):
    project.configure(LABELLED.format(**project.settings))
    sitting = project.sit(project.visit()).press("t s", "t p")
    assert labels(sitting) == ("politics", "sports")
    assert sitting.said == "article labelled politics"
    sitting.press("t s")
    assert labels(sitting) == ("politics",)
    sitting.press("u", "u")
    assert labels(sitting) == ("sports",)
    undo_all(sitting)
    assert labels(sitting) == ()


def test_the_list_of_document_labels_stays_open(project):
    project.configure(LABELLED.format(**project.settings))
    sitting = project.sit(project.visit())
    choose(sitting, "trade", "politics")
    sitting.press("t", "space")
    assert labels(sitting) == ("politics", "trade")
    assert {c.text: c.detail for c in sitting.host.choices} == {"politics": "✓", "trade": "✓", "sports": ""}


def test_without_document_labels_the_key_says_where_they_come_from(visit):
    visit.press("t")
    assert visit.said == "this project has no document labels: config.yaml lists them under labels:"


def test_the_grid_offers_the_labels_and_the_header_shows_them(project):
    project.configure(LABELLED.format(**project.settings))
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("t")
        assert "politics" in screen.text() and "trade" in screen.text()
        await screen.press("p", "t", "t")
        assert "politics, trade" in screen.rows()[0]
        screen.check()

    run(test, project, (110, 24))
