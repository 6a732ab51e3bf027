"""The first start of somebody in a project, and the second one."""

from __future__ import annotations

from tests.e2e.helpers import Project


def test_the_first_start_names_the_keys_and_the_second_does_not(project: Project) -> None:
    with project.app() as screen:
        screen.says("Tour 1 of 10")
        screen.do("l", "v starts a selection")
        screen.do("v", "Esc leads back")
        screen.press("escape")
        screen.says("? shows the keys")
        screen.send("?")
        screen.wait_for("Keys: READ")
        screen.press("escape")
        screen.do("\t", "press a")
        screen.do("a", "u takes that back")
        screen.do("u", "; puts a letter")
        screen.do(";", "type a letter")
        screen.do("f", "c settles an article")
        screen.quit()
    assert project.query(
        "SELECT count(*) FROM entities e JOIN layers l ON l.id = e.layer WHERE l.kind = 'person'"
    ) == [(0,)]
    with project.app() as screen:
        screen.wait_for("accept")
        assert "Tour" not in screen.screen()
        screen.quit()


def test_a_reviewer_gets_no_tour(project: Project) -> None:
    with project.app() as screen:
        screen.says("Tour 1 of 10")
        screen.quit()
    with project.by("ben").app("--from", f"person:{project.person}") as screen:
        screen.wait_for("pending")
        assert "Tour" not in screen.screen()
        screen.quit()
