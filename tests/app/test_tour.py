"""The first minute: which key is named when, that it does the real thing, and that any other key ends it."""

from __future__ import annotations

import pytest

from tests.desks import work
from tests.screens import Screen, run
from tui.tour import STEPS

WHOLE = ("l", "v", "escape", "?", "escape", "tab", "a", "u", ";", "f")
"""The keys of the tour, in order."""


def line(screen: Screen) -> str:
    """The message row."""
    return screen.rows()[-3].strip()


def test_each_key_that_is_named_leads_to_the_next_and_nothing_is_left_behind(project):
    project.visit()

    async def test(screen: Screen) -> None:
        before, seen = work(screen.app.session), []
        for key in WHOLE:
            if screen.app.screen is screen.app.reader:
                seen.append(line(screen))
            await screen.press(key)
        seen.append(line(screen))
        assert [words.split(" ")[1] for words in seen] == [str(n + 1) for n in range(len(STEPS))]
        named = [
            "l:",
            "v starts",
            "Esc leads",
            "? shows",
            "Tab goes",
            "press a",
            "u takes",
            "; puts",
            "letter",
            "c settles",
        ]
        assert [words for words, name in zip(seen, named, strict=True) if name not in words] == []
        assert all(len(words) <= 78 for words in seen)
        assert work(screen.app.session) == before
        await screen.press("tab")
        assert screen.app.reader.tour is None and "Tour" not in line(screen)

    run(test, project, tour=True)


@pytest.mark.parametrize("at", range(len(WHOLE) + 1))
def test_any_other_key_ends_it_and_does_what_it_always_does(project, at):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press(*WHOLE[:at])
        if screen.app.screen is not screen.app.reader:
            await screen.press("escape")
        await screen.press("escape", "f")
        assert screen.app.reader.tour is None and "Tour" not in line(screen)
        assert screen.app.session.current().progress.flagged

    run(test, project, tour=True)


def test_a_key_that_means_nothing_says_so_and_ends_it(project):
    project.visit()

    async def test(screen: Screen) -> None:
        await screen.press("f7")
        assert screen.app.reader.tour is None and "F7 means nothing here" in line(screen)

    run(test, project, tour=True)


def test_a_sequence_that_is_begun_does_not_end_it_yet(make_project):
    project = make_project(bindings='{next-token: ["g L"], cut-right: []}')
    project.visit()

    async def test(screen: Screen) -> None:
        assert "press gL:" in line(screen)
        await screen.press("g", "L")
        assert line(screen).startswith("Tour 2 of")

    run(test, project, tour=True)


@pytest.mark.parametrize(("profile", "key", "select"), [("arrows", "→", "s"), ("prodigy", "l", "v")])
def test_the_keys_are_those_of_the_profile(make_project, profile, key, select):
    project = make_project(profile=profile)
    project.visit()

    async def test(screen: Screen) -> None:
        assert f"press {key}:" in line(screen)
        await screen.press("right" if profile == "arrows" else "l")
        assert f"{select} starts" in line(screen)

    run(test, project, tour=True)


def test_without_suggestions_the_steps_about_them_are_passed_over(project):
    project.add("Nothing is suggested here.")

    async def test(screen: Screen) -> None:
        await screen.press("l", "v", "escape", "?", "escape")
        assert line(screen).startswith(f"Tour {len(STEPS)} of {len(STEPS)}")
        assert screen.app.session.store.newest_edits([screen.app.session.layer.id]) == (0,)

    run(test, project, tour=True)


def test_it_never_takes_back_earlier_work(project):
    project.add("Nothing is suggested here.")

    async def test(screen: Screen) -> None:
        await screen.press("1")
        await screen.press(":", *"tour", "enter", "l", "v", "escape", "?", "escape")
        assert "u takes" not in line(screen)
        assert screen.entities == ["PERSON Nothing"]

    run(test, project)


def test_the_command_starts_it_again_and_only_then(project):
    project.visit()

    async def test(screen: Screen) -> None:
        assert "Tour" not in screen.text()
        await screen.press(":", *"tutorial", "enter")
        assert line(screen).startswith("Tour 1 of")
        await screen.press(":", *"tour", "enter")
        assert line(screen).startswith("Tour 1 of")

    run(test, project)


def test_a_newcomer_is_somebody_without_a_trace_here(project):
    first = project.visit()
    assert project.session("ana").newcomer
    assert not project.session("ana", review=project.model.title).newcomer
    sitting = project.sit(first)
    assert sitting.session.newcomer
    sitting.session.flush()
    assert not project.session("ana").newcomer and project.session("ben").newcomer
    project.sit(first, "ben").press("a")
    assert not project.session("ben").newcomer


def test_a_warning_is_shown_in_its_place(project):
    project.visit()

    async def test(screen: Screen) -> None:
        screen.app.reader.say("the disk is full", warns=True)
        screen.app.reader.sync()
        await screen.pilot.pause()
        assert line(screen) == "the disk is full"

    run(test, project, tour=True)
