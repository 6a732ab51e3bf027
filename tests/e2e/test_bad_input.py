"""What is broken, hostile or in the way: a sentence that says what and where, a terminal as it was, nothing lost."""

from __future__ import annotations

import ctypes
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.harness import KEYS, Terminal
from tests.e2e.helpers import POSTIL, Project, Screen

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2

FULL = 256 * 1024
"""Size that no file may pass on the full disk, in bytes: enough to open the database and for a few edits."""

ATTACK = "\x1b]0;owned\x07\x1b[41;5mred\x1b[2J\x9b31m\x07\x08\u202e\t\x7f"
"""Sets a title, colours, clears the screen, rings, turns the writing round."""


def unprivileged() -> None:
    """For a child: file permissions hold, even if it is root, whose interpreter others may not be able to run."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def on_a_full_disk() -> None:
    """For a child: a write past `FULL` fails instead of killing it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))


def on_a_nearly_full_disk() -> None:
    """For a child: as `on_a_full_disk`, with room for the index of the journal, but for no export."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (48 * 1024, resource.RLIM_INFINITY))


def refusal(project: Project, *words: str, **options: Callable[[], None]) -> str:
    """What the app says when it ends at once with status 1 and the terminal as it was."""
    with project.app(*words, **options) as screen:
        assert screen.wait_exit() == 1, screen.picture()
        screen.restored()
        assert b"\x1b[?1049h" not in screen.raw
        text = screen.raw.decode()
        assert "Traceback" not in text
        screen.harmless()
        return " ".join(text.split())


def replaced(project: Project, old: str, new: str) -> None:
    text = project.config.read_text(encoding="utf-8")
    assert old in text
    project.config.write_text(text.replace(old, new, 1), encoding="utf-8")


# -- files ------------------------------------------------------------------------------------------


def test_files_that_cannot_be_read_are_named_and_the_good_rest_goes_in(fresh: Project) -> None:
    folder = fresh.folder / "inbox"
    folder.mkdir()
    (folder / "good.txt").write_text("Oslo is quiet.\n", encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "binary.txt").write_bytes(b"\x7fELF\0\0\1\2")
    (folder / "odd.txt").write_bytes(b"x\xff\xfe\x81")
    (folder / "old.txt").write_bytes("Café “Zoë”".encode("cp1252"))
    (folder / "closed.txt").write_text("Nobody may read this.")
    (folder / "closed.txt").chmod(0)
    done = fresh.run("import", folder, folder / "absent.txt", preexec_fn=unprivileged)
    assert done.returncode == 1
    said = done.stderr
    for sentence in (
        "empty.txt is empty",
        "binary.txt looks binary",
        "odd.txt is in neither UTF-8 nor cp1252",
        "old.txt: it is not UTF-8 and was read as cp1252",
        "closed.txt: you may not read this file",
        "absent.txt: there is no such file",
        "2 new, 0 duplicate, 5 refused",
    ):
        assert sentence in said
    assert fresh.query("SELECT text FROM articles ORDER BY id") == [("Oslo is quiet.\n",), ("Café “Zoë”",)]


def test_configured_articles_that_cannot_be_read_are_said_and_the_rest_opens(fresh: Project) -> None:
    replaced(fresh, "articles: [seeds]", "articles: [seeds/004_fog.txt, absent.txt, empty.txt]")
    (fresh.folder / "empty.txt").write_bytes(b"")
    with fresh.app(size=(120, 24)) as screen:
        screen.wait_for("The fog came in")
        screen.says("absent.txt: there is no such file")
        screen.quit()
    assert fresh.query("SELECT count(*) FROM articles") == [(1,)]


def test_text_is_kept_as_it_is_and_shown_harmlessly(fresh: Project) -> None:
    for seed in fresh.folder.glob("seeds/*"):
        seed.unlink()
    text = f"\ufeffOslo {ATTACK} here\r\n\tand {ATTACK} there\rmore\n"
    name = "e\x1b[7mvil\x07.txt"
    (fresh.folder / "seeds" / name).write_bytes(text.encode())
    replaced(fresh, "pipeline: en_core_web_sm", "pipeline: null")
    with fresh.app(size=(130, 30)) as screen:
        screen.wait_for("Oslo ␛]0;owned␇␛[41;5mred␛[2J")
        screen.do("ggv", "SELECT · “Oslo”")
        screen.do(")7", "EVENT “Oslo ␛]0;owned␇␛[41;5mred␛[2J")
        screen.do("/owned\r", "2 hits")
        screen.quit()
        screen.harmless()
    assert fresh.query("SELECT text FROM articles") == [(text.removeprefix("\ufeff"),)]


def test_a_note_a_title_and_a_layer_from_elsewhere_are_shown_harmlessly(project: Project) -> None:
    with closing(sqlite3.connect(project.database)) as connection, connection:
        connection.execute("UPDATE layers SET name = ? WHERE kind = 'model'", (f"m{ATTACK}",))
        connection.execute(
            "INSERT INTO layers (uid, kind, name, created_at) VALUES ('U', 'person', 'ana', 'now')"
        )
        connection.execute(
            "INSERT INTO progress (layer, article, note) SELECT id, 1, ? FROM layers WHERE name = 'ana'",
            (f"n{ATTACK}",),
        )
    with project.app(size=(130, 30)) as screen:
        screen.wait_for("54 pending")
        screen.send("j")
        screen.wait_gone("▸")
        screen.send("i")
        screen.wait_for("]0;owned")
        screen.press("escape")
        screen.quit()
        screen.harmless()


def test_square_brackets_in_a_label_are_never_taken_for_markup(project: Project) -> None:
    replaced(project, "  EVENT:\n", '  "EV[/b]T[red]":\n')
    text = project.config.read_text(encoding="utf-8").replace(", EVENT]", "]")
    project.config.write_text(text, encoding="utf-8")
    with project.app(size=(130, 30)) as screen:
        screen.wait_for("54 pending")
        screen.do("7", "accepted as EV[/b]T[red]")
        screen.do("ion the [/i] left\r", "note saved")
        screen.do("/\\[/x\r", "not found")
        screen.send("?")
        screen.wait_for("close")
        screen.press("escape")
        screen.do("]]  EV\r", "EV[/b]T[red]")
        screen.quit()
    assert project.query("SELECT note FROM entities WHERE note IS NOT NULL") == [("on the [/i] left",)]


@pytest.mark.parametrize(
    "words", [("import", "inbox"), ("list",), ("export", "--all", "-o", "out.jsonl"), ("doctor",)]
)
def test_what_the_commands_print_is_harmless(fresh: Project, words: tuple[str, ...]) -> None:
    inbox = fresh.folder / "inbox"
    inbox.mkdir()
    for number, content in enumerate((f"{ATTACK} one", f"{ATTACK} one", "", "\0")):
        (inbox / f"{number}\x1b[41;5m\x07.txt").write_bytes(content.encode())
    fresh.run("import", inbox / "0\x1b[41;5m\x07.txt")
    command = [POSTIL, *words, "-p", fresh.folder]
    with Screen(command, env=fresh.environment, cwd=fresh.folder, size=(200, 50)) as screen:
        screen.wait_exit()
        assert len(screen.raw) > 10
        screen.harmless()


# -- config.yaml ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("articles:", "artcles:", ("config.yaml:6: artcles", 'did you mean "articles"')),
        ("done: accept", "done: acept", ("config.yaml:9: done", 'did you mean "accept"')),
        ("    tail: [ORG, GPE]", "    tail: [ORG, GEP]", ("config.yaml:1", "GEP", "GPE")),
        (
            '    key: "2"\n    color: "#E69F00"',
            '    key: "1"\n    color: "#E69F00"',
            ("config.yaml:", "PERSON", "ORG"),
        ),
        (
            "bindings: {}",
            "bindings: {donne: [c]}",
            ("config.yaml:206: keys.bindings.donne", 'did you mean "done"'),
        ),
        ("bindings: {}", "bindings: {flag: [c]}", ("config.yaml:", "flag", "done")),
        ("  ORG:", "  NO:", ("config.yaml:", "quote")),
        ("overlap: none", "overlap: none\noverlap: nested", ("config.yaml:12: overlap is here twice",)),
        ("name: World news", 'name: "W\\e[41;5mN"', ("config.yaml:5: name holds a control character",)),
        ("  EVENT:", '  "EV\\e[41;5mT":', ("config.yaml:60: entities.EV", "holds a control character")),
        ("  GPE:", "  GPE: [", ("config.yaml:",)),
    ],
)
def test_a_fault_in_config_yaml_is_named_with_its_line(project, old, new, sentences) -> None:
    replaced(project, old, new)
    said = refusal(project)
    for sentence in sentences:
        assert sentence in said


@pytest.mark.parametrize("content", [b"", b"- a\n- list\n", b"name: \xff\xfe", b"\0\1\2", b"\t: {"])
def test_a_config_yaml_that_is_none_is_refused_by_name(project: Project, content: bytes) -> None:
    project.config.write_bytes(content)
    assert "config.yaml" in refusal(project)


def test_a_config_yaml_that_may_not_be_read_is_refused_by_name(project: Project) -> None:
    project.config.chmod(0)
    assert "config.yaml" in refusal(project, preexec_fn=unprivileged)


def test_reload_refuses_an_invalid_config_and_the_old_one_stays(project: Project) -> None:
    sound = project.config.read_text(encoding="utf-8")
    with project.app(size=(250, 24)) as screen:
        screen.wait_for("54 pending")
        screen.do("/Moscow\r", "1 hit")
        replaced(project, "done: accept", "done: acept")
        screen.do(":reload\r", "config.yaml:9: done: ")
        assert 'did you mean "accept"' in screen.told
        project.config.write_text(
            sound.replace("  EVENT:\n", "  SUMMIT:\n")
            .replace(", EVENT]", "]")
            .replace("[GPE, LOC, FAC, ORG, EVENT]", "[GPE, LOC, FAC, ORG]"),
            encoding="utf-8",
        )
        screen.do(":reload\r", "config.yaml read anew")
        screen.wait_for("7 SUMMIT")
        screen.do("7", "“Moscow” accepted as SUMMIT")
        screen.quit()
    assert {label for *_, label in project.entities(1, "person", "ana")} == {"SUMMIT"}


# -- the database -----------------------------------------------------------------------------------


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def make_corrupt(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xa5" * (len(data) - 100))


def make_truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 5 * 4096 + 17])


def make_text(path: Path) -> None:
    path.write_text("Dear diary, this is no database at all.\n" * 100)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (make_newer, "newer postil"),
        (make_corrupt, "not a sound SQLite database"),
        (make_truncated, "not a sound SQLite database"),
        (make_text, "not a sound SQLite database"),
        (make_folder, "postil.db is a folder"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_and_left_as_it_is(project, spoil, sentence) -> None:
    spoil(project.database)
    before = project.database.read_bytes() if project.database.is_file() else None
    assert sentence in refusal(project)
    for command in ("list", "doctor", "export"):
        done = project.run(command)
        assert (done.returncode, done.stdout) == (1, "")
        assert sentence in done.stderr
    assert before is None or project.database.read_bytes() == before


def test_a_database_in_a_folder_that_is_not_there_is_refused(project: Project) -> None:
    replaced(project, "database: postil.db", "database: nowhere/postil.db")
    assert "does not exist" in refusal(project)


def test_a_lock_that_does_not_go_away_is_said_and_the_edit_can_be_done_later(project: Project) -> None:
    with project.app(size=(130, 24)) as screen:
        screen.wait_for("54 pending")
        with closing(sqlite3.connect(project.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            screen.send("a")
            assert "locked by another program" in refusal(project.by("ben"))
            screen.says("locked by another program")
            screen.wait_for("54 pending")
            other.execute("ROLLBACK")
        screen.do("a", "“Cuba” accepted")
        screen.quit()
    assert project.query("SELECT count(*) FROM edits") == [(1,)]
    project.sound()


def test_a_full_disk_refuses_the_edit_and_keeps_all_that_was_said(project: Project) -> None:
    with project.app(size=(130, 24), preexec_fn=on_a_full_disk) as screen:
        screen.wait_for("54 pending")
        done = 0
        while "full or failing" not in screen.told:
            left = 54 - done
            screen.wait_for(f"{left} pending")
            screen.send("a")
            screen.wait_until(
                lambda text, left=left: f"{left - 1} pending" in text or "full or failing" in text,
                "no answer",
            )
            done += f"{left - 1} pending" in screen.screen()
        assert 0 < done < 54
        resource.prlimit(screen.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        screen.do("a", "accepted")
        screen.quit()
    assert len(project.entities(1, "person", "ana")) == done + 1
    project.sound()


def test_the_app_leaves_a_full_disk_in_order(project: Project) -> None:
    with project.app(size=(130, 24), preexec_fn=on_a_full_disk) as screen:
        screen.wait_for("54 pending")
        screen.send("a" * 54)
        screen.says("full or failing")
        screen.quit()
    project.sound()


def test_an_export_on_a_full_disk_leaves_the_former_file(project: Project) -> None:
    out = project.folder / "out.jsonl"
    out.write_text("what was there")
    words = ("export", "--all", "--layer", "model:en_core_web_sm", "-o", out)
    done = project.run(*words, preexec_fn=on_a_nearly_full_disk)
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert out.read_text() == "what was there"
    assert list(project.folder.glob(".*")) == []


def test_an_import_that_fills_the_disk_takes_whole_articles_and_goes_on_later(project: Project) -> None:
    inbox = project.folder / "inbox"
    inbox.mkdir()
    texts = {f"Article {number}. " + "word " * 3000 for number in range(40)}
    for number, text in enumerate(sorted(texts)):
        (inbox / f"{number}.txt").write_text(text)
    done = project.run("import", inbox, preexec_fn=on_a_full_disk)
    assert done.returncode == 1
    assert "full or failing" in done.stderr
    taken = {text for (text,) in project.query("SELECT text FROM articles WHERE id > 9")}
    assert taken < texts
    project.sound()
    assert project.run("import", inbox).returncode == 0
    assert {text for (text,) in project.query("SELECT text FROM articles WHERE id > 9")} == texts


def test_a_read_only_project_opens_for_reading_and_saves_nothing(project: Project) -> None:
    before = project.database.read_bytes()
    project.database.chmod(0o444)
    project.folder.chmod(0o555)
    try:
        with project.app(size=(130, 24), preexec_fn=unprivileged) as screen:
            screen.says("read-only: you can read, but no edit can be saved")
            screen.wait_for("54 pending")
            screen.do("a", "read-only: nothing was saved")
            screen.do("/Moscow\r", "1 hit")
            screen.quit()
        assert project.run("list", preexec_fn=unprivileged).returncode == 0
        assert project.run("export", "--all", preexec_fn=unprivileged).returncode == 0
        refused = project.run("import", "seeds", preexec_fn=unprivileged, cwd=project.folder)
        assert (refused.returncode, "read-only" in refused.stderr) == (1, True)
    finally:
        project.folder.chmod(0o755)
    assert project.database.read_bytes() == before
    assert not project.folder.joinpath("postil.db-wal").exists()


def test_a_database_that_may_not_be_read_is_refused(project: Project) -> None:
    project.database.chmod(0)
    assert "you may not read" in refusal(project, preexec_fn=unprivileged)


def test_a_fresh_project_in_a_read_only_folder_is_refused_with_what_to_do(fresh: Project) -> None:
    fresh.folder.chmod(0o555)
    try:
        assert "the folder is read-only" in refusal(fresh, preexec_fn=unprivileged)
    finally:
        fresh.folder.chmod(0o755)


def test_a_state_folder_that_cannot_be_made_is_refused_with_what_to_do(project: Project) -> None:
    project.state.write_text("a file in the way")
    assert "set XDG_STATE_HOME" in refusal(project)


# -- the terminal and the command line --------------------------------------------------------------


def test_a_terminal_of_twenty_by_five_can_be_worked_in(project: Project) -> None:
    with project.app(size=(20, 5)) as screen:
        screen.wait_for("▸ Cuba")
        screen.send("a")
        screen.wait_for("accepted")
        screen.send(" ")
        screen.settle()
        screen.press("escape")
        screen.send(":")
        screen.settle()
        screen.press("escape")
        screen.resize(80, 24)
        screen.wait_for("53 pending")
        screen.resize(20, 5)
        screen.wait_gone("53 pending: ")
        screen.send("x")
        screen.wait_for("reje")
        screen.send("q")
        screen.wait_for("1 of 9")
        screen.send("q")
        assert screen.wait_exit() == 0
        screen.restored()
    assert project.query("SELECT count(*) FROM edits") == [(2,)]


def test_the_smallest_terminals_do_not_end_the_app(project: Project) -> None:
    with project.app(size=(80, 24)) as screen:
        screen.wait_for("54 pending")
        for size in ((1, 1), (2, 2), (20, 3), (3, 20), (200, 60)):
            screen.resize(*size)
            screen.settle()
            screen.send("j")
            screen.settle()
        screen.wait_for("54 pending")
        screen.quit()


def test_without_a_terminal_the_app_says_so(project: Project) -> None:
    done = subprocess.run(
        [POSTIL, project.folder], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert "the app needs a terminal" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("exprot",), 2, 'did you mean the command "export"?'),
        (("no/such/place",), 1, "no/such/place does not exist"),
        ((".",), 1, "config.yaml"),
        (("export", "-p", "nowhere"), 1, "nowhere does not exist"),
        (("export", "--layer", "person:ana"), 1, "config.yaml"),
        (("--theme", "dakr"), 2, "dark"),
    ],
)
def test_a_wrong_call_is_answered_with_what_to_do(tmp_path, words, status, sentence) -> None:
    with Terminal([POSTIL, *words], cwd=tmp_path, size=(200, 24), env={"POSTIL_ANNOTATOR": "ana"}) as screen:
        assert screen.wait_exit() == status
        screen.restored()
        text = screen.raw.decode()
    assert sentence in text
    assert "Traceback" not in text


def test_from_names_a_layer_that_is_there_or_the_nearest(project: Project) -> None:
    with project.by("anna").app() as screen:
        screen.wait_for("54 pending")
        screen.quit()
    assert 'did you mean "person:anna"' in refusal(project.by("ben"), "--from", "person:ana")
    assert "that is your own layer" in refusal(project.by("anna"), "--from", "person:anna")


def test_a_pipeline_that_is_not_there_is_said_and_hand_annotation_goes_on(fresh: Project) -> None:
    replaced(fresh, "pipeline: en_core_web_sm ", "pipeline: en_core_web_xl ")
    with fresh.app(size=(160, 24)) as screen:
        screen.wait_for("Cuba")
        screen.wait_for("en_core_web_xl", 30)
        screen.do("7", "EVENT “Cuba”")
        screen.press(KEYS["escape"])
        screen.do("c", "done")
        screen.quit()
    assert fresh.query("SELECT status FROM progress WHERE article = 1") == [("done",)]
