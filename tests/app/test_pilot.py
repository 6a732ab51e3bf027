"""The app itself, without a terminal: keys are posted as events, and what counts is read from the database."""

from __future__ import annotations

import random

import pytest
from textual import events

from tests.desks import BRIDGE, CONFIG, VISIT, Project, check_sound, find
from tests.screens import Screen, run


@pytest.fixture
def two(project: Project) -> Project:
    project.visit()
    article = project.add(BRIDGE, "Bridge", "2022-11-26")
    project.suggest(article, [("noon", "DATE")])
    return project


# -- the loop ---------------------------------------------------------------------------------------


def test_read_correct_relate_done(two):
    async def test(screen: Screen) -> None:
        store, me = two.store, screen.app.session.layer.id
        assert "Mayor Ana Ruiz met Li Wei in Oslo." in screen.text()
        assert "10 pending" in screen.rows()[0] and "a accept" in screen.text()
        await screen.press("a")
        assert screen.entities == ["PERSON Ana Ruiz"]
        assert "PERSON “Ana Ruiz” accepted" in screen.text()
        await screen.press("shift+tab", "r", "tab", "2")
        assert len(store.relations(1, me)) == 1
        assert "Ana Ruiz —MET→ Li Wei" in screen.text()
        await screen.press("c")
        assert store.progress(1, me).status == "done"
        assert "Bridge (2022-11-26)" in screen.rows()[0]
        await screen.press("u")
        assert store.progress(1, me).status == "open"
        assert "Visit" in screen.rows()[0]
        screen.check()
        check_sound(screen.app.session)

    run(test, two)


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (120, 40), (200, 60), (1, 1)])
def test_every_size_is_survived_and_the_keys_still_work(two, size):
    async def test(screen: Screen) -> None:
        await screen.press(
            "a",
            "x",
            "tab",
            "1",
            "v",
            "l",
            "2",
            "r",
            "escape",
            ";",
            "escape",
            "G",
            "g",
            "g",
            "space",
            "escape",
        )
        await screen.press("?", "escape", ":", "escape", "z", "l", "\\", "z", "t", "q", "enter")
        screen.check()
        assert screen.entities == ["PERSON Ana Ruiz", "ORG Bergen stayed"]

    run(test, two, size)


def test_at_eighty_columns_there_is_no_pane_and_at_two_hundred_there_is(two):
    async def narrow(screen: Screen) -> None:
        assert not screen.app.reader.pane.display
        await screen.press("\\")
        await screen.settle(lambda: "0 entities, 10 pending" in screen.text())

    async def wide(screen: Screen) -> None:
        assert "0 entities, 10 pending" in screen.text()
        await screen.press("z", "p")
        assert "0 entities, 10 pending" not in screen.text()

    run(narrow, two)
    run(wide, two, (200, 60))


def test_a_storm_of_resizes_keeps_the_cursor_in_view(two):
    async def test(screen: Screen) -> None:
        await screen.press("G")
        dice = random.Random(7)
        for _ in range(25):
            await screen.pilot.resize_terminal(dice.randint(1, 160), dice.randint(1, 50))
            screen.post(dice.choice(["l", "k", "tab", "pageup", "pagedown"]))
        await screen.pilot.resize_terminal(80, 24)
        await screen.pilot.pause()
        screen.check()
        assert screen.desk.view.height == screen.app.reader.article.size.height
        assert "Visit" in screen.rows()[0]

    run(test, two)


def test_a_resize_behind_the_library_is_taken_in_on_coming_back(two):
    async def test(screen: Screen) -> None:
        await screen.press("q")
        await screen.pilot.resize_terminal(40, 12)
        await screen.press("enter")
        await screen.settle(lambda: screen.desk.view.width == screen.app.reader.article.measure(100)[0] == 36)
        await screen.settle(lambda: "PERSON? “Ana Ruiz”" in screen.text())
        assert all(len(row) <= 40 for row in screen.rows())

    run(test, two)


@pytest.mark.parametrize("theme", ["postil-dark", "postil-light"])
def test_own_and_suggested_entities_look_different_in_both_themes(two, theme):
    async def test(screen: Screen) -> None:
        await screen.press("a")
        strip = screen.app.reader.article.render_line(0)
        styles = {segment.text: segment.style for segment in strip}
        assert styles["Ana Ruiz"].bold and not styles["Ana Ruiz"].underline
        assert styles["Oslo"].underline and not styles["Oslo"].bold
        await screen.press("z", "t")
        assert screen.app.theme != theme
        assert "Mayor" in screen.text()

    run(test, two, theme=theme)


def test_the_focused_item_has_a_mark_without_colour(two):
    async def test(screen: Screen) -> None:
        marked = [row for row in screen.rows() if row[1:2] == "▸"]
        assert len(marked) == 1 and "Ana Ruiz" in marked[0]

    run(test, two)


def test_labels_are_shown_by_themselves_from_nine_labels_on(make_project):
    project = make_project()
    more = "".join(f"  EXTRA_{n}: {{}}\n" for n in range(5))
    project.configure(CONFIG.format(**project.settings).replace("relations:\n", more + "relations:\n"))
    project.visit()

    async def test(screen: Screen) -> None:
        assert "Ana Ruiz PERSON?" in screen.text()
        await screen.press("a")
        assert "Ana Ruiz PERSON " in screen.text()
        await screen.press("z", "l")
        assert "Ana Ruiz met" in screen.text()

    run(test, project)


def test_hostile_text_never_reaches_the_screen(project):
    article = project.add("Ana\x1b[31m met [bold]Bo[/] \x9b\u202e.\n", "T\x1b]0;evil\x07")
    project.suggest(article, [("Bo", "PERSON")])

    async def test(screen: Screen) -> None:
        await screen.press("a", "i")
        await screen.type("[red]note")
        await screen.press("enter", "q")
        assert not any(ord(c) < 32 and c != "\n" for c in screen.text())
        await screen.press("enter")
        assert "Ana␛[31m met [bold]Bo[/]" in screen.text()
        assert "\u202e" not in screen.text() and "\x9b" not in screen.text()

    run(test, project)


# -- prompts, typed ahead, pasted ---------------------------------------------------------------------


def test_keys_typed_ahead_of_a_prompt_go_where_they_were_meant(two):
    async def test(screen: Screen) -> None:
        note = "ask Dax"
        await screen.press("i", *("space" if c == " " else c for c in note), "enter", "a", "x")
        session = screen.app.session
        found = session.store.entities(1, session.layer.id)
        assert [(e.text, e.note) for e in found] == [("Ana Ruiz", note)]
        assert screen.desk.item.text == "Oslo"
        verdicts = {d.verdict for d in session.store.decisions(1, session.layer.id)}
        assert verdicts == {"accepted", "rejected"}

    run(test, two)


def test_a_prompt_is_edited_by_its_own_keys(two):
    async def test(screen: Screen) -> None:
        await screen.press("escape", "G", "i")
        await screen.type("one two")
        await screen.press(
            "home", "delete", "O", "end", "backspace", "backspace", "backspace", "3", "left", "right", "enter"
        )
        assert two.store.progress(1, screen.app.session.layer.id).note == "One 3"
        await screen.press("i")
        assert screen.app.reader.input.value == "One 3"
        await screen.press("ctrl+u", "enter")
        assert two.store.progress(1, screen.app.session.layer.id).note is None

    run(test, two)


def test_escape_leaves_a_prompt_and_changes_nothing(two):
    async def test(screen: Screen) -> None:
        await screen.press("i")
        assert screen.app.reader.input.display
        await screen.type("never mind")
        await screen.press("escape")
        assert screen.app.reader.prompting is None and not screen.app.reader.input.display
        assert screen.entities == []
        await screen.press("a")
        assert screen.entities == ["PERSON Ana Ruiz"]

    run(test, two)


def test_the_strip_shows_the_keys_of_a_prompt_while_it_is_open(two):
    async def test(screen: Screen) -> None:
        assert "a accept" in screen.rows()[-1]
        await screen.press("i")
        assert screen.rows()[-1].strip() == "Enter answers  Esc leaves  Ctrl+U empties the line"
        await screen.press("escape", "space", "space")
        assert screen.rows()[-1].strip() == "Enter takes it  Esc leaves  ↑ ↓ choose  letters narrow"
        await screen.press("escape")
        assert "a accept" in screen.rows()[-1]
        await screen.press("q", "F")
        assert "Enter answers" in screen.rows()[-1]
        await screen.press("escape", "?", "/")
        assert "Enter answers" in screen.rows()[-1]

    run(test, two)


def test_pasting_runs_no_commands_and_fills_a_prompt(two):
    async def test(screen: Screen) -> None:
        screen.app.post_message(events.Paste("axd1c\nq"))
        await screen.pilot.pause()
        assert screen.entities == [] and two.store.progress(1, screen.app.session.layer.id).status == "open"
        assert "pasted text is not read as keys" in screen.text()
        await screen.press("i")
        screen.app.post_message(events.Paste("two\nlines\x1b[31m"))
        await screen.pilot.pause()
        await screen.press("enter")
        notes = [e.note for e in two.store.entities(1, screen.app.session.layer.id)]
        assert notes == ["two lines\x1b[31m"]
        assert "\x1b" not in screen.text()

    run(test, two)


def test_a_burst_of_two_thousand_keys_is_applied_in_order(two):
    note = "".join(chr(ord("a") + n % 26) for n in range(1_990))

    async def test(screen: Screen) -> None:
        await screen.press("G", "i", *note, "enter", "g", "g", "l", "l", "h", "3")
        assert two.store.progress(1, screen.app.session.layer.id).note == note
        assert screen.entities == ["GPE Ana Ruiz"]
        screen.check()

    run(test, two)


def test_a_burst_of_movements_ends_where_single_steps_would(project):
    project.add(" ".join(f"w{n}" for n in range(1_500)))

    async def test(screen: Screen) -> None:
        await screen.press(*["l", "l", "h", "l"] * 500)
        assert screen.desk.cursor == 1_000
        screen.check()

    run(test, project)


def test_a_fast_escape_and_a_letter_are_escape_and_the_letter(two):
    async def test(screen: Screen) -> None:
        await screen.press("v", "l", "alt+a")
        assert screen.desk.mode == "read"
        assert screen.entities == ["PERSON Ana Ruiz"]

    run(test, two)


# -- commands by name, help, search, hints ------------------------------------------------------------


def test_the_palette_runs_a_command_by_name(two):
    async def test(screen: Screen) -> None:
        await screen.press(":")
        await screen.type("flag the")
        assert "flag the article for a second look" in screen.text()
        await screen.press("enter")
        assert two.store.progress(1, screen.app.session.layer.id).flagged
        await screen.press("ctrl+p", "escape")
        assert screen.app.reader.prompting is None

    run(test, two)


def test_the_label_palette_narrows_while_typing(two):
    async def test(screen: Screen) -> None:
        await screen.press("space")
        assert "PERSON" in screen.text() and "Esc cancels" in screen.text()
        await screen.press("space")
        await screen.type("dat")
        await screen.press("enter")
        assert screen.entities == ["DATE Ana Ruiz"]

    run(test, two)


def test_help_shows_the_keys_of_the_mode_and_closes(two):
    async def test(screen: Screen) -> None:
        await screen.press("?")
        assert "Keys: READ" in screen.text()
        await screen.press("G", "g", "g", "j", "k", "pagedown", "pageup", "escape")
        assert "Mayor Ana Ruiz" in screen.text()
        await screen.press("v", "f1")
        assert "Keys: SELECT" in screen.text()
        await screen.press("q", "escape")
        assert screen.desk.mode == "read"

    run(test, two)


def test_search_and_hints_on_the_screen(two):
    async def test(screen: Screen) -> None:
        await screen.press("/")
        await screen.type("norway")
        await screen.press("enter")
        assert "2 hits" in screen.text()
        await screen.press("escape", ";")
        assert screen.desk.mode == "hints"
        code = next(
            code for code, key in screen.desk.hints.items() if "Friday" in screen.desk.state.shown(key).text
        )
        start = find(VISIT, "Friday")[0]
        line = screen.desk.view.layout.line_of(start)
        assert any(s.text == code for s in screen.app.reader.article.render_line(line - screen.desk.view.top))
        await screen.press(code)
        assert screen.desk.item.text == "Friday"
        await screen.press(";", "8")
        assert "no item has the jump code 8" in screen.text()

    run(test, two)


def test_an_unbound_key_says_so_and_ctrl_c_says_how_to_leave(two):
    async def test(screen: Screen) -> None:
        await screen.press("Q")
        assert "means nothing here" in screen.text()
        await screen.press("ctrl+c")
        assert "q leaves" in screen.text()
        await screen.press("ctrl+q", "ctrl+d")
        assert screen.app.is_running

    run(test, two)


# -- the library ------------------------------------------------------------------------------------


def test_the_library_filters_opens_undoes_and_quits(two):
    async def test(screen: Screen) -> None:
        await screen.press("a", "q")
        assert "Visit" in screen.text() and "Bridge" in screen.text() and "0 of 2 done" in screen.rows()[0]
        await screen.press("F")
        await screen.type("ent:PERSONN")
        await screen.press("enter")
        assert "PERSON" in screen.text() and len(screen.app.session.queue) == 2
        await screen.press("/")
        await screen.type("text:/ferry/")
        await screen.press("enter")
        assert screen.app.session.queue == [2]
        await screen.press("enter")
        assert "A ferry still crosses" in screen.text()
        await screen.press("q", "escape")
        assert screen.app.session.queue == [1, 2]
        await screen.press("u")
        assert "undone: PERSON “Ana Ruiz” accepted" in screen.text()
        await screen.press("enter")
        assert screen.app.session.current().article.id == 1
        assert "Mayor Ana Ruiz" in screen.text()
        assert screen.entities == []
        screen.check()
        await screen.press("q", "q")

    run(test, two)


def test_undo_in_the_library_of_the_article_that_was_left(two):
    async def test(screen: Screen) -> None:
        await screen.press("a", "a", "q", "u", "enter")
        assert screen.entities == ["PERSON Ana Ruiz"]
        screen.check()
        row = screen.rows()[1]
        assert "Ana Ruiz" in row

    run(test, two)


def test_leaving_saves_the_place_and_the_next_start_returns_to_it(two):
    async def first(screen: Screen) -> None:
        await screen.press("g", "n")
        await screen.press(*["w"] * 9)
        where.append(screen.desk.cursor)
        await screen.press("q", "q")

    async def second(screen: Screen) -> None:
        assert screen.app.session.current().article.title == "Bridge"
        assert screen.desk.cursor == where[0]

    where: list[int] = []
    run(first, two)
    run(second, two)


def test_a_project_without_articles_opens_the_library(project):
    async def test(screen: Screen) -> None:
        assert "no articles yet" in screen.text()
        await screen.press("enter", "j", "G", "u", "?", "escape", "F", "escape")
        assert "no articles yet" in screen.text()

    run(test, project)


def test_when_all_is_done_the_last_article_is_shown(project):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("c")
        assert "no open article is left" in screen.text()
        await screen.press("c", "G", "C")
        assert project.store.progress(1, screen.app.session.layer.id).status == "open"

    run(test, project)


# -- config.yaml in place ----------------------------------------------------------------------------


async def reload(screen: Screen) -> None:
    await screen.press(":")
    await screen.type("read config")
    await screen.press("enter")


def test_reload_takes_new_labels_and_keys_without_losing_the_place(two):
    async def test(screen: Screen) -> None:
        await screen.press("tab", "tab")
        before = (screen.desk.cursor, screen.desk.focus, screen.desk.view.top)
        text = CONFIG.format(**two.settings | {"bindings": "{accept: [Q], jump: [';']}"})
        two.configure(text.replace("DATE: {color: red}", 'DATE: {key: "7"}'))
        await reload(screen)
        assert "config.yaml read anew" in screen.text()
        assert (screen.desk.cursor, screen.desk.focus, screen.desk.view.top) == before
        await screen.press("Q")
        assert screen.entities == ["GPE Oslo"]
        await screen.press("7")
        assert "DATE Bergen" in screen.entities

    run(test, two)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("head: [PERSON], tail: [ORG, GPE]", "head: [PERSN], tail: [ORG, GPE]", "PERSON"),
        ("done: accept", "done: acept", "accept"),
        ("bindings: {}", "bindings: {accept: [x]}", "clashes"),
        ("bindings: {}", "bindings: {acept: [m]}", "accept"),
    ],
)
def test_a_bad_config_is_refused_with_its_line_and_the_old_one_stays(two, old, new, says):
    async def test(screen: Screen) -> None:
        config = screen.app.session.config
        text = CONFIG.format(**two.settings).replace(old, new)
        two.configure(text)
        line = next(n for n, found in enumerate(text.splitlines(), 1) if new in found)
        await reload(screen)
        said = screen.desk.said
        assert f"config.yaml:{line}" in said and says in said
        assert screen.app.session.config is config
        await screen.press("a")
        assert screen.entities == ["PERSON Ana Ruiz"]

    run(test, two)


def test_a_label_that_the_new_config_does_not_have_is_a_problem(two):
    async def test(screen: Screen) -> None:
        await screen.press("G", "k", "space", "d")
        assert any(e.startswith("DATE") for e in screen.entities)
        two.configure(CONFIG.format(**two.settings).replace("  DATE: {color: red}\n", ""))
        await reload(screen)
        assert len(screen.desk.state.problems) == 1
        await screen.press("c")
        assert "not done: 1 problem" in screen.text()
        screen.check()

    run(test, two)


# -- what others do meanwhile -------------------------------------------------------------------------


def test_suggestions_appear_by_themselves_and_move_nothing(make_project):
    project = make_project(pipeline="en_core_web_sm")
    article = project.add(VISIT, "Visit")

    async def test(screen: Screen) -> None:
        assert "suggestions are coming" in screen.rows()[0]
        await screen.press("w", "w", "1")
        before = (screen.desk.cursor, screen.desk.focus, screen.desk.view.top)
        project.suggest(article, [("Oslo", "GPE"), ("Bergen", "GPE")])
        await screen.settle(lambda: "2 pending" in screen.rows()[0])
        assert (screen.desk.cursor, screen.desk.focus, screen.desk.view.top) == before
        screen.check()

    run(test, project)


def test_a_prompt_that_is_open_survives_what_arrives(make_project):
    project = make_project(pipeline="en_core_web_sm")
    article = project.add(VISIT, "Visit")

    async def test(screen: Screen) -> None:
        await screen.press("i", "h", "i")
        project.suggest(article, [("Oslo", "GPE")])
        await screen.settle(lambda: screen.desk.state.pending_count == 1)
        await screen.press("!", "enter")
        assert project.store.progress(article, screen.app.session.layer.id).note == "hi!"

    run(test, project)


def test_a_colleagues_layer_is_reviewed_on_the_screen(two):
    two.sit(1).press("a").press("a")

    async def test(screen: Screen) -> None:
        assert "ben ← person:ana" in screen.rows()[0] and "2 pending" in screen.rows()[0]
        await screen.press("a", "x")
        assert screen.entities == ["PERSON Ana Ruiz"]

    run(test, two, person="ben", review="person:ana")


class StubSuggester:
    """Notes what it is asked; complains when told to."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.grief: str | None = None
        self.stopped = False

    def start(self) -> None:
        pass

    def first(self, article: int) -> None:
        if article not in self.asked:
            self.asked.append(article)

    def complaint(self) -> str | None:
        grief, self.grief = self.grief, None
        return grief

    def stop(self) -> None:
        self.stopped = True


def test_the_suggester_is_asked_for_each_article_that_waits_and_is_heard(make_project):
    project = make_project(pipeline="en_core_web_sm")
    articles = [project.add(f"Report {n}.") for n in range(3)]
    project.suggest(articles[0], [])
    suggester = StubSuggester()

    async def test(screen: Screen) -> None:
        assert suggester.asked == []
        await screen.press("c")
        await screen.settle(lambda: suggester.asked == [articles[1]])
        await screen.press("g", "n")
        await screen.settle(lambda: suggester.asked == articles[1:])
        suggester.grief = "there is no pipeline [bold]x[/]"
        await screen.settle(lambda: "there is no pipeline [bold]x[/]" in screen.text())
        assert "suggestions are coming" not in screen.rows()[0]
        await screen.press("c")
        assert project.store.progress(articles[2], screen.app.session.layer.id).status == "done"

    run(test, project, suggester=suggester)
    assert suggester.stopped


# -- keys at random -----------------------------------------------------------------------------------

RANDOM = [
    *"hjklwbe(){}GaxdSJrRuvVHL<>oiCcf;~nN/!;123456?:\\+=.zg",
    *(
        "right",
        "left",
        "up",
        "down",
        "tab",
        "shift+tab",
        "enter",
        "escape",
        "space",
        "pagedown",
        "pageup",
        "q",
    ),
    *(
        "shift+right",
        "shift+left",
        "ctrl+r",
        "delete",
        "home",
        "end",
        "backspace",
        "alt+a",
        "ctrl+c",
        "F",
        "]",
        "[",
    ),
]


@pytest.mark.parametrize(("seed", "size"), [(1, (80, 24)), (2, (20, 5)), (3, (160, 40))])
def test_hundreds_of_keys_at_random_break_no_promise(two, seed, size):
    dice = random.Random(seed)

    async def test(screen: Screen) -> None:
        for _ in range(60):
            batch = [dice.choice(RANDOM) for _ in range(5)]
            if screen.app.screen is screen.app.library and screen.app.library.prompting is None:
                batch = ["enter"]
            if "q" in batch:
                batch = ["escape", "escape", "q"]
            await screen.press(*batch)
            assert screen.app.is_running
            screen.check()
            screen.rows()
        check_sound(screen.app.session)
        for _ in range(6):
            await screen.press("escape")
        if screen.app.screen is screen.app.library:
            await screen.press("enter")
        assert screen.app.screen is screen.app.reader and screen.desk.scope in ("read", "relation")

    run(test, two, size)
