"""The main job on the seeds, by keys alone: read, correct, relate, save, export; then a colleague's review."""

from __future__ import annotations

import hashlib

from tests.e2e.harness import KEYS
from tests.e2e.helpers import Project, Screen

XI = 1
"""The article on the visit to Beijing, first of the seeds."""


def text_of(project: Project, article: int) -> str:
    return project.query("SELECT text FROM articles WHERE id = ?", article)[0][0]


def place(text: str, words: str, label: str, after: int = 0) -> tuple[int, int, str]:
    start = text.index(words, after)
    return start, start + len(words), label


def correct(screen: Screen) -> None:
    """Puts the first article right, save what the pipeline has right already."""
    screen.do("/Diaz-Canel\r", "5 hits")
    screen.do("n", "hit 2 of 5")
    screen.do("1", "“Diaz-Canel” accepted as PERSON")
    screen.do("n", "hit 3 of 5")
    screen.do("1", "“Diaz-Canel” accepted as PERSON")
    screen.do("n", "hit 4 of 5")
    screen.do(">", "ORG “Diaz-Canel’s” → “Diaz-Canel”")
    screen.do("1", "“Diaz-Canel” ORG → PERSON")
    screen.do("n", "hit 5 of 5")
    screen.do("x", "ORG “Diaz-Canel’s” rejected")
    screen.do("/one-party\r", "1 hit")
    screen.do("x", "CARDINAL “one” rejected")
    screen.do("/Olaf\r", "1 hit")
    screen.do("1", "“Olaf Scholz” accepted as PERSON")
    screen.do("/U\\.S\\.\r", "1 hit")
    screen.do("v", "SELECT · “U”")
    screen.do("lll", "SELECT · “U.S.”")
    screen.do("3", "GPE “U.S.”")
    screen.do("/Group of\r", "1 hit")
    screen.do("J", "joined: ORG “Group of 20”")
    screen.do("7", "“Group of 20” ORG → EVENT")
    screen.do("u", "undone: “Group of 20” ORG → EVENT")
    screen.do(KEYS["ctrl+r"], "done again: “Group of 20” ORG → EVENT")
    screen.do("2", "“Group of 20” EVENT → ORG")
    screen.do("ithe G20, as everybody calls it\r", "note saved")
    screen.do("/handful\r", "1 hit")
    screen.do("7", "EVENT “handful”")
    screen.do("d", "deleted EVENT “handful”")


def relate(screen: Screen) -> None:
    """Relates twice: the type first, then the target first."""
    screen.do("/Xi Jinping\r", "1 hit")
    screen.do("r", "LINK from “Xi Jinping”")
    screen.do("1", "LEADS: Tab for another target")
    screen.do(KEYS["shift+tab"], "GPE? “China”")
    screen.do("\r", "Xi Jinping —LEADS→ China")
    screen.do("/Charles Michel\r", "1 hit")
    screen.do("r", "LINK from “Charles Michel”")
    screen.do("\t", "ORG? “the European Council”")
    screen.do("1", "Charles Michel —LEADS→ the European Council")


def expected_entities(project: Project) -> set[tuple[int, int, str]]:
    text, model = text_of(project, XI), project.entities(XI, "model", "en_core_web_sm")
    second = text.index("Diaz-Canel thanked")
    third = text.index("Diaz-Canel had")
    party = text.index("Diaz-Canel’s party")
    office = text.index("Diaz-Canel’s would")
    wrong = {
        place(text, "Diaz-Canel", "ORG", second),
        place(text, "Diaz-Canel", "ORG", third),
        place(text, "Diaz-Canel’s", "ORG", party),
        place(text, "Diaz-Canel’s", "ORG", office),
        place(text, "one", "CARDINAL", text.index("one-party")),
        place(text, "Olaf Scholz", "ORG"),
        place(text, "Group of", "ORG"),
        place(text, "20", "CARDINAL"),
    }
    right = {
        place(text, "Diaz-Canel", "PERSON", second),
        place(text, "Diaz-Canel", "PERSON", third),
        place(text, "Diaz-Canel", "PERSON", party),
        place(text, "Olaf Scholz", "PERSON"),
        place(text, "Group of 20", "ORG"),
        place(text, "U.S.", "GPE"),
    }
    assert wrong <= model
    return model - wrong | right


def test_the_main_job_is_done_with_keys_alone_and_exports_exactly_what_was_meant(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        correct(screen)
        relate(screen)
        screen.do("c", "done, accepted")
        screen.wait_for("2/9")
        screen.quit()

    expected, text = expected_entities(project), text_of(project, XI)
    assert project.entities(XI, "person", "ana") == expected
    progress = project.query("SELECT status, complete, place FROM progress WHERE article = ?", XI)
    assert [row[:2] for row in progress] == [("done", '["entities","relations"]')]
    verdicts = dict(project.query("SELECT verdict, count(*) FROM decisions GROUP BY verdict"))
    assert verdicts == {"accepted": 54 - 8, "changed": 6, "rejected": 2}
    made_by_relating = project.query("SELECT count(*) FROM decisions WHERE via = 'relate'")
    assert made_by_relating == [(4,)]

    (document,) = project.export()
    assert document["id"] == hashlib.sha256(text.encode()).hexdigest()
    assert (document["text"], document["annotator"], document["status"]) == (text, "ana", "done")
    assert document["complete"] == ["entities", "relations"]
    assert [(e["start"], e["end"], e["label"]) for e in document["entities"]] == sorted(expected)
    assert all(text[e["start"] : e["end"]] == e["text"] for e in document["entities"])
    named = {e["id"]: e for e in document["entities"]}
    assert [
        (r["label"], named[r["head"]]["text"], named[r["tail"]]["text"]) for r in document["relations"]
    ] == [
        ("LEADS", "Xi Jinping", "China"),
        ("LEADS", "Charles Michel", "the European Council"),
    ]
    assert [r["text"] for r in named.values() if "note" in r] == ["Group of 20"]
    assert sorted(r["why"] for r in document["rejected"]) == ["changed"] * 6 + ["rejected"] * 2
    origins = [e["origin"]["verdict"] for e in document["entities"] if "origin" in e]
    assert (origins.count("accepted"), origins.count("changed")) == (46, 5)
    project.sound()


def test_what_was_exported_comes_back_as_the_same_bytes(project: Project, fresh: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("/Xi Jinping\r", "1 hit")
        screen.do("r1\r", "—LEADS→")
        screen.do("c", "done, accepted")
        screen.quit()
    assert project.run("export", "-o", fresh.folder / "ana.jsonl").returncode == 0
    done = fresh.run("import", "--as", "ana", fresh.folder / "ana.jsonl")
    assert done.returncode == 0, done.stderr
    again = fresh.run("export").stdout
    assert again == (fresh.folder / "ana.jsonl").read_text(encoding="utf-8")
    fresh.sound()


def test_suggestions_appear_by_themselves_and_leave_cursor_and_scroll_alone(fresh: Project) -> None:
    def row() -> int:
        return next(y for y, line in enumerate(screen.screen().split("\n")) if "socialism" in line)

    with fresh.app() as screen:
        screen.wait_for("Cuba")
        screen.do("/socialism\r", "1 hit")
        before = row()
        screen.wait_for("54 pending")
        assert row() == before
        assert "▸" not in screen.screen()
        screen.do("7", "EVENT “socialism”")
        screen.quit()
    assert fresh.query("SELECT count(*) FROM articles") == [(9,)]


def test_a_restart_opens_where_the_person_left_off(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("1/9")
        screen.send("]]]]")
        screen.wait_for("3/9")
        screen.do("/plumbing\r", "1 hit")
        screen.do("7", "EVENT “plumbing”")
        screen.quit()
    with project.app() as screen:
        screen.wait_for("3/9")
        screen.says("EVENT “plumbing”")
        screen.do("d", "deleted EVENT “plumbing”")
        screen.quit()


def test_undo_reaches_back_over_a_restart_and_over_articles_and_redo_returns(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("1/9")
        screen.do("a", "“Cuba” accepted")
        screen.do("c", "done, accepted 53")
        screen.do("x", "rejected")
        screen.quit()
    before = project.run("export", "--all").stdout
    with project.app() as screen:
        screen.wait_for("2/9")
        screen.send("]]")
        screen.wait_for("3/9")
        screen.do("u", "undone: ")
        screen.wait_for("2/9")
        screen.do("u", "in “Cuba’s leader")
        screen.wait_for("1/9")
        screen.do("u", "undone: GPE “Cuba” accepted")
        screen.do("u", "nothing to undo")
        assert project.query("SELECT count(*) FROM decisions") == [(0,)]
        assert project.entities(XI, "person", "ana") == set()
        screen.do("gu", "done again: GPE “Cuba” accepted")
        screen.do("gu", "done again: done, accepted 53")
        screen.do("gu", "done again: ")
        screen.wait_for("2/9")
        screen.do("gu", "nothing to redo")
        screen.quit()
    assert project.run("export", "--all").stdout == before
    project.sound()


def test_a_colleague_reviews_the_work_as_suggestions(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("1/9")
        screen.do("/Xi Jinping\r", "1 hit")
        screen.do("r1\r", "—LEADS→")
        screen.do("/Olaf\r", "1 hit")
        screen.do("1", "“Olaf Scholz” accepted as PERSON")
        screen.quit()
    with project.by("ben").app("--from", "person:ana") as screen:
        screen.wait_for("4 pending")
        screen.do("/Olaf\r", "1 hit")
        screen.do("1", "accepted")
        screen.do("/Xi Jinping\r", "1 hit")
        screen.do("gr", "LEADS")
        screen.do("a", "accepted")
        screen.wait_for("0 pending")
        screen.do("c", "done")
        screen.quit()
    ana, ben = (project.entities(XI, "person", name) for name in ("ana", "ben"))
    assert ben == ana
    (document,) = project.by("ben").export()
    assert document["annotator"] == "ben"
    assert {e["origin"]["layer"] for e in document["entities"]} == {"person:ana"}
    assert len(document["relations"]) == 1
    project.sound()
