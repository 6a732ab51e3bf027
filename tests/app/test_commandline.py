"""The command line: what is misspelt, what is not there, who annotates, and a disk that fills up."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from annotations.errors import PostilError
from annotations.people import named
from annotations.session import Session
from tests.desks import CONFIG, Project
from tui import cli

Run = Callable[..., Result]


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in the project's folder."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(project.folder / "state"))
    return lambda *words, **more: CliRunner().invoke(cli.main, list(map(str, words)), **more)


def people(project: Project) -> list[str]:
    return [layer.name for layer in project.store.layers("person")]


# -- what is misspelt ----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("exprot",), ("exprot", "-f", "brat"), ("Import", "x.txt")])
def test_a_misspelt_command_names_the_one_that_was_meant(run, words):
    done = run(*words)
    assert done.exit_code == 2
    assert f'did you mean the command "{"import" if "mport" in words[0] else "export"}"?' in done.output


def test_a_folder_that_is_called_nearly_like_a_command_is_opened(run, project):
    (project.folder / "exprot").mkdir()
    done = run("exprot")
    assert done.exit_code == 1 and "the app needs a terminal" in done.output


@pytest.mark.parametrize(
    "words",
    [
        ("export", "-f", "brta"),
        ("import", "--format", "brta", "."),
        ("schema", "from", "--format", "brta", "."),
    ],
)
def test_a_misspelt_format_is_wrong_usage_and_names_the_nearest(run, words):
    done = run(*words)
    assert done.exit_code == 2 and 'did you mean "brat"?' in done.output


@pytest.mark.parametrize("words", [(), ("export",), ("schema", "check"), ("open",)])
def test_h_is_help(run, words):
    done = run(*words, "-h")
    assert done.exit_code == 0 and done.output == run(*words, "--help").output


# -- denied terms --------------------------------------------------------------------------------


@pytest.fixture
def visited(project: Project) -> Project:
    sitting = project.sit(project.visit())
    sitting.press("a")
    project.add("Nothing here.\n", "Nothing")
    return project


def titles(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [json.loads(line)["title"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "query",
    [
        ["-ent:PERSON"],
        ["is:open", "-ent:PERSON"],
        ["-(ent:PERSON)"],
        ["not", "ent:PERSON"],
        ["-is:open or -ent:PERSON"],
        ["--", "-visit"],
    ],
)
def test_a_term_that_is_denied_by_a_sign_is_no_option(run, visited, query):
    assert titles(run("list", "--json", "--as", "ana", *query)) == ["Nothing"]


def test_options_stay_options_beside_denied_terms(run, visited):
    done = run("export", "--all", "-p", visited.folder, "--as", "ana", "-ent:PERSON", "-f", "postil")
    assert [json.loads(line)["meta"]["title"] for line in done.stdout.splitlines()] == ["Nothing"]


def test_a_word_that_is_denied_by_a_sign_is_told_how_to_write_it(run, visited):
    done = run("list", "-visit")
    assert done.exit_code == 2 and "a term of the query is denied by a word: not WORD" in done.output


# -- who annotates -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ana", " ana ", "ana\n", "\tana"])
def test_white_space_around_a_name_is_not_part_of_it(name):
    assert named(name) == "ana"


@pytest.mark.parametrize("name", ["ana@desk.example", "Nguyễn Thị Ánh Tuyết", "a:b/c", "x" * 64])
def test_names_may_be_any_line_that_can_be_shown(name):
    assert named(name) == name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "is empty"),
        (" \t", "is empty"),
        ("a\x1b[31m", "cannot be shown"),
        ("a\nb", "cannot be shown"),
        ("x" * 65, "64"),
    ],
)
def test_what_is_no_name_is_refused_everywhere(run, project, name, says):
    with pytest.raises(PostilError, match=says):
        named(name)
    with pytest.raises(PostilError):
        Session(project.store, project.session().config, name)
    before = people(project)
    for words in (["list"], ["import", "x.txt"], ["open", "."], ["export"]):
        done = run(*words, "--as", name)
        assert done.exit_code == 2 and says in done.output and "\x1b" not in done.output
    assert people(project) == before


def test_the_environment_names_the_annotator_by_the_same_rule(run, visited):
    assert titles(run("list", "--json", "-ent:PERSON", env={"POSTIL_ANNOTATOR": " ana "})) == ["Nothing"]
    assert run("list", env={"POSTIL_ANNOTATOR": "a\x1bb"}).exit_code == 2


def test_an_import_as_somebody_adds_to_the_layer_that_is_there(run, visited):
    (visited.folder / "new.txt").write_text("New.\n")
    assert run("import", "new.txt", "--as", "ana ").exit_code == 0
    assert people(visited) == ["ana"]


def test_a_layer_may_be_named_with_white_space_around(visited):
    assert visited.session("ben", " person:ana ").review.name == "ana"


# -- what is not there ---------------------------------------------------------------------------


def check(run: Run, project: Project, **changes: str) -> Result:
    text = CONFIG.format(**project.settings)
    for before, after in {
        "articles: []": changes.get("articles", "articles: []"),
        "database: postil.db": changes.get("database", "database: postil.db"),
        "suggest: {pipeline: null}": changes.get("suggest", "suggest: {pipeline: null}"),
    }.items():
        text = text.replace(before, after)
    project.configure(text)
    return run("schema", "check")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"suggest": "suggest: {pipeline: null, patterns: [nofile.jsonl]}"},
            "config.yaml:6: suggest.patterns: The pattern file",
        ),
        (
            {"suggest": "suggest: {pipeline: en_core_web_xx}"},
            "config.yaml:6: suggest.pipeline: No spaCy pipeline called 'en_core_web_xx'",
        ),
        (
            {"suggest": "suggest: {pipeline: ./nofolder}"},
            "config.yaml:6: suggest.pipeline: No spaCy pipeline called './nofolder'",
        ),
        ({"database": "database: state"}, "config.yaml:3: database:"),
        ({"database": "database: /etc/x/y.db"}, "config.yaml:3: database: the folder /etc/x does not exist"),
    ],
)
def test_schema_check_names_what_a_command_would_fail_on(run, project, changes, says):
    (project.folder / "state").mkdir()
    done = check(run, project, **changes)
    assert done.exit_code == 1 and says in done.output and "sound" not in done.output


def test_schema_check_warns_of_articles_that_are_not_there(run, project):
    done = check(run, project, articles="articles: [nowhere, '*.md', config.yaml]")
    assert done.exit_code == 0 and "sound" in done.output
    assert "warning: config.yaml:2: articles: " in done.output
    assert "nowhere does not exist" in done.output and "*.md: no file matches" in done.output
    assert done.output.count("warning") == 2
    assert len(json.loads(run("schema", "check", "--json").stdout)["warnings"]) == 2


def test_schema_check_names_everything_at_once(run, project):
    done = check(
        run,
        project,
        articles="articles: [nowhere]",
        database="database: a/b.db",
        suggest="suggest: {patterns: [p, q]}",
    )
    assert done.exit_code == 1
    assert (
        done.output.count("suggest.patterns") == 2 and "database" in done.output and "nowhere" in done.output
    )


def test_schema_check_makes_no_database(run, project, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG.format(**project.settings))
    done = run("schema", "check", "-p", folder)
    assert done.exit_code == 0 and [path.name for path in folder.iterdir()] == ["config.yaml"]


def test_a_database_that_is_a_folder_is_named_as_such(run, project):
    (project.folder / "state").mkdir()
    check(run, project, database="database: state")
    done = run("list")
    assert done.exit_code == 1 and "state is a folder: name a file" in done.output


# -- a disk that fills up ------------------------------------------------------------------------


def test_an_import_that_is_cut_short_says_what_is_taken_in_and_goes_on(run, project, monkeypatch):
    from annotations import importing
    from annotations.store import Store

    monkeypatch.setattr(importing, "MOST_TEXT", 1)
    for number in range(5):
        (project.folder / f"{number}.txt").write_text(f"Report {number}.\n")
    add, made = Store.add_article, []

    def full(self: Store, *words: object) -> tuple[int, bool]:
        if len(made) == 3:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error
        made.append(words)
        return add(self, *words)

    monkeypatch.setattr(Store, "add_article", full)
    done = run("import", *(f"{n}.txt" for n in range(5)))
    here = len(project.store.all_articles())
    assert done.exit_code == 1 and here > 0
    assert "is full or failing" in done.output and "nothing was saved" not in done.output
    assert f"{here} new article{'s were' if here > 1 else ' was'} taken in" in done.output
    assert "the same command goes on" in done.output
    monkeypatch.setattr(Store, "add_article", add)
    done = run("import", *(f"{n}.txt" for n in range(5)))
    assert done.exit_code == 0 and len(project.store.all_articles()) == 5


# -- grammar -------------------------------------------------------------------------------------


def test_one_is_not_many(run, project):
    project.add("Oslo slept.\n", "Oslo")
    (project.folder / "places.jsonl").write_text('{"label": "GPE", "pattern": "Oslo"}\n')
    check(run, project, suggest="suggest: {pipeline: null, patterns: [places.jsonl]}")
    assert "1 article read, 1 entity suggested" in run("suggest").output
    assert "0 errors, 0 problems" in run("doctor").output
