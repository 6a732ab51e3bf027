"""Keys at random: through the dispatcher without a screen, some hundred sequences; what must always hold is checked."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.model import Analysis, Relation
from tests.desks import (
    BRIDGE,
    VISIT,
    VISIT_MARKS,
    Project,
    Sitting,
    check_saved,
    check_sound,
    find,
    ids,
    mark,
    work,
)
from tests.screens import Screen, run

KEYS = sorted(
    {
        *"hjklwbe(){}GaxdSJrRuvVHL<>oiCcf;~nN/!;123456q?\\+=.",
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
        ),
        *("shift+right", "shift+left", "shift+down", "shift+up", "ctrl+r", "delete", "home", "end"),
        *(
            "g g",
            "g z",
            "g j",
            "g v",
            "g r",
            "g s",
            "g n",
            "g p",
            "g u",
            "g H",
            "g L",
            "g a",
            "z z",
            "z l",
            "z w",
            "g h",
            "g l",
            "g d",
            "z u",
            "g e",
            "g E",
            "g M",
            "g i",
            "g I",
            "t",
        ),
        *("space space", "space p", "space o", "space g", "space d", "space l", "f7", "é"),
    }
)
LIKELY = [
    "a",
    "x",
    "tab",
    "r",
    "R",
    "enter",
    "1",
    "2",
    "3",
    "v",
    "l",
    "u",
    "d",
    "L",
    "H",
    "g r",
    "n",
    "o",
    "J",
    "S",
    "c",
]
ANSWERS = ["", "Oslo", "a note", "(", "Ruiz|Wei", "\\w+", "\x1b[31m", "é" * 3]

keys = st.one_of(st.sampled_from(LIKELY), st.sampled_from(KEYS))


def furnished(folder: Path, **settings_: str) -> Project:
    """A project with three articles: many suggestions, related ones, and none."""
    project = Project(folder, **settings_)
    text = VISIT
    head, tail = ids(2)
    first = project.add(text, "Visit")
    rest = [mark(text, *m) for m in VISIT_MARKS if m[0] not in ("Ana Ruiz", "Oslo")]
    marks = [mark(text, "Ana Ruiz", "PERSON", id=head), mark(text, "Oslo", "GPE", id=tail), *rest]
    analysis = Analysis(chunks=(find(text, "The mayor of Bergen"),))
    project.suggest(first, marks, [Relation("", "LEADS", head, tail)], analysis=analysis)
    project.suggest(project.add(BRIDGE, "Bridge"), [("O'Hara-Smith", "PERSON"), ("noon", "DATE")])
    project.add("", "Empty")
    return project


def sit_down(project: Project, data: st.DataObject) -> Sitting:
    sitting = project.sit(
        1, width=data.draw(st.sampled_from([12, 38])), height=data.draw(st.sampled_from([1, 3, 9]))
    )
    sitting.host.answer = lambda title, value: data.draw(st.sampled_from([*ANSWERS, None]))
    sitting.host.choose = lambda choices: (
        data.draw(st.sampled_from([c.value for c in choices] + [None])) if choices else None
    )
    return sitting


@pytest.mark.parametrize("overlap", ["none", "nested", "crossing"])
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_keys_breaks_a_promise(overlap, data):
    with tempfile.TemporaryDirectory() as folder:
        project = furnished(
            Path(folder), overlap=overlap, done=data.draw(st.sampled_from(["accept", "ask", "leave"]))
        )
        try:
            sitting = sit_down(project, data)
            before = work(sitting.session)
            for key in data.draw(st.lists(keys, min_size=30, max_size=30)):
                sitting.press(*key.split(" "))
                sitting.check()
            check_sound(sitting.session)
            assert_escape_leads_to_read(sitting)
            assert_undo_gives_back(sitting, before)
        finally:
            project.close()


def assert_escape_leads_to_read(sitting: Sitting) -> None:
    presses = 0
    while sitting.dispatcher.pending or sitting.desk.scope != "read":
        presses += 1
        assert presses <= 4, sitting.desk.scope
        sitting.press("escape")
    sitting.check()


def assert_undo_gives_back(sitting: Sitting, before: dict) -> None:
    """Undo, step by step, gives back each state; redo each again."""
    trail = [work(sitting.session)]
    while sitting.press("u").said != "nothing to undo":
        assert sitting.said.startswith("undone: "), sitting.said
        trail.append(work(sitting.session))
        sitting.check()
    assert trail[-1] == before
    check_sound(sitting.session)
    for expected in reversed(trail[:-1]):
        sitting.press("ctrl+r")
        assert work(sitting.session) == expected
    check_saved(sitting.session)


@given(data=st.data())
@settings(max_examples=40)
def test_two_windows_of_one_person_never_disagree_for_long(data):
    with tempfile.TemporaryDirectory() as folder:
        project = furnished(Path(folder))
        try:
            windows = [project.sit(1, own=True), project.sit(1, own=True)]
            for _ in range(15):
                sitting = windows[data.draw(st.integers(0, 1))]
                sitting.press(*data.draw(keys).split(" "))
                if data.draw(st.booleans()) and sitting.session.refresh():
                    sitting.desk.bind()
            for sitting in windows:
                if sitting.session.refresh():
                    sitting.desk.bind()
                sitting.check()
            check_sound(windows[0].session)
        finally:
            project.close()


APP_KEYS = st.one_of(
    keys, st.sampled_from(["q", "?", "f1", ":", "A", "X", "g l", "enter", "escape", "space", "ctrl+c"])
)


@given(data=st.data())
@settings(max_examples=25)
def test_no_sequence_of_keys_breaks_a_promise_of_the_app(data):
    with tempfile.TemporaryDirectory() as folder:
        project = furnished(Path(folder), done=data.draw(st.sampled_from(["accept", "ask", "leave"])))
        try:
            run(lambda screen: hammer(screen, data), project)
        finally:
            project.close()


async def hammer(screen: Screen, data: st.DataObject) -> None:
    """Keys in bursts, through every screen; Esc leads out of all, and undo back to where it began."""
    before = work(screen.app.session)
    for burst in data.draw(st.lists(st.lists(APP_KEYS, min_size=1, max_size=8), min_size=5, max_size=5)):
        for key in (each for group in burst for each in group.split(" ")):
            if not (key == "q" and screen.app.screen is screen.app.library):
                await screen.key(key)
        await screen.pilot.pause()
        screen.check()
    await leave_by_escape(screen)
    check_sound(screen.app.session)
    if screen.app.screen is screen.app.library:
        await screen.press("home", "enter")
        await leave_by_escape(screen)
    for _ in range(500):
        await screen.key("u")
        if screen.desk.said == "nothing to undo":
            break
        screen.check()
    assert work(screen.app.session) == before


async def leave_by_escape(screen: Screen) -> None:
    """At most three times, into READ or the list of articles, with no question open and no sequence begun."""
    app = screen.app
    for _ in range(3):
        await screen.press("escape")
    home = app.screen is app.library or (app.screen is app.reader and screen.desk.scope == "read")
    assert home and app.screen.prompting is None and not app.dispatcher.pending
