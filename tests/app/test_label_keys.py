"""The labels with their keys: in the strip, in the grid after Space, in the list of Space Space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len

from tests.desks import Project, Sitting
from tests.screens import Screen, piloted, rows_of, run
from tui import panels
from tui.app import PostilApp
from tui.looks import DARK, Looks

MANY = [f"KIND_{i:02d}" for i in range(27)]


@pytest.fixture
def crowded(make_project: Callable[..., Project]) -> Project:
    """Thirty more labels than digits, in two groups, and a relation type without a digit."""
    project = make_project()
    text = (project.folder / "config.yaml").read_text()
    labels = "".join(f"  {name}: {{group: {'new' if i % 2 else 'old'}}}\n" for i, name in enumerate(MANY))
    digits = "".join(f'  DIGIT_{i}: {{key: "{i}"}}\n' for i in (4, 5, 6, 7, 8, 9, 0))
    text = text.replace("entities:\n", f"entities:\n{digits}{labels}")
    project.configure(text.replace("relations:\n", "relations:\n  NEAR: {head: [PERSON], tail: [GPE]}\n"))
    return project


def shown(rows: list[Any]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def strip(sitting: Sitting, width: int = 80) -> str:
    looks = Looks(DARK, sitting.state.schema)
    return shown([panels.labels_row(sitting.desk, sitting.dispatcher.keymap, looks, width)])[0]


def grid(sitting: Sitting, width: int = 80, height: int = 20, page: int = 0) -> list[str]:
    desk, looks = sitting.desk, Looks(DARK, sitting.state.schema)
    return shown(panels.key_grid(sitting.dispatcher, desk.scope, desk, looks, width, height, page))


# -- the strip --------------------------------------------------------------------------------------


def test_with_many_labels_the_strip_has_the_digits_and_says_where_the_rest_is(crowded):
    row = strip(crowded.sit(crowded.visit()))
    assert cell_len(row) <= 80
    assert [part for part in ("1 PER", "2 OR", "3 GP", "4 DIG", "0 DIG") if part not in row] == []
    assert row.endswith("Space …")


def test_codes_are_in_the_strip_where_there_is_room(project):
    sitting = project.sit(project.visit())
    assert strip(sitting) == " 1 PERSON 2 ORG 3 GPE Space d DATE "
    assert strip(sitting, 30).endswith("Space …")


def test_a_label_with_another_key_is_shown_with_that(make_project):
    bindings = "{label.ORG: [f9], label.GPE: [], label.DATE: [Q], relate.MET: [f8], retype.LEADS: [f7]}"
    sitting = make_project(bindings=bindings)
    sitting = sitting.sit(sitting.visit())
    assert strip(sitting) == " 1 PERSON F9 ORG Q DATE "
    sitting.press("r")
    assert "F8 MET" in strip(sitting) and "1 LEADS" in strip(sitting)
    sitting.goto("Oslo").press("1", "g r")
    assert strip(sitting) == " F7 LEADS "


def test_the_lists_of_labels_show_the_keys_of_this_project(make_project):
    project = make_project(bindings="{label.ORG: [f9], label.GPE: [], retype.MET: [f7], choose.MET: []}")
    project.visit()

    def listed(screen: Screen, name: str) -> str:
        return next(
            row for row in screen.rows() if row.split()[:1] == [name] or row.split()[:2] == ["▸", name]
        )

    async def look(screen: Screen) -> None:
        await screen.press("space", "space")
        assert "1  Space p" in listed(screen, "PERSON")
        assert " F9 " in listed(screen, "ORG")
        assert listed(screen, "GPE").split() == ["GPE"]
        await screen.press("escape", "r", "space", "space")
        assert " 2 " in listed(screen, "MET")

    run(look, project)


def test_the_strip_follows_the_profiles_leader(make_project):
    project = make_project(profile="prodigy")
    assert "sd DATE" in strip(project.sit(project.visit()))


def test_while_an_end_is_moved_the_strip_offers_no_types(project):
    sitting = project.sit(project.visit()).press("r").goto("Oslo").press("1", "g r", "r")
    assert sitting.desk.scope == "link" and strip(sitting).strip() == ""


@pytest.mark.parametrize("width", [1, 5, 12, 25, 40, 80, 200])
def test_the_strip_never_outgrows_the_screen(crowded, width):
    sitting = crowded.sit(crowded.visit())
    for keys in ("", "r", "tab", "escape", "v", "escape"):
        sitting.press(*keys.split())
        assert cell_len(strip(sitting, width)) <= width


# -- the grid ---------------------------------------------------------------------------------------


def test_the_grid_has_pages_and_says_how_many_codes_are_on_others(crowded):
    sitting = crowded.sit(crowded.visit()).press("space")
    pages = [grid(sitting, height=5, page=page) for page in range(4)]
    assert all(len(rows) <= 5 and max(map(cell_len, rows)) <= 80 for rows in pages)
    assert "more: PgDn, page 1 of" in pages[0][0] and "page 2 of" in pages[1][0]
    assert all(any(name in row for rows in pages for row in rows) for name in [*MANY, "PERSON", "labels"])


def test_the_grid_narrows_while_a_code_is_typed(crowded):
    sitting = crowded.sit(crowded.visit())
    code = sitting.state.schema.entity("PERSON").code
    before = grid(sitting.press("space"))
    after = grid(sitting.press(code[0]))
    assert len(code) == 2 and "".join(after).count("KIND") < "".join(before).count("KIND")
    assert "PERSON" in "".join(after)
    sitting.press(code[1])
    assert sitting.entities == ["PERSON Ana Ruiz"]


def test_in_link_the_grid_says_what_a_code_means(crowded):
    sitting = crowded.sit(crowded.visit()).press("r", "space")
    assert "type of the relation" in grid(sitting)[0]
    assert "NEAR" in "".join(grid(sitting)) and "SEAT" not in "".join(grid(sitting))
    sitting.press("escape").goto("home").press("space")
    assert "label for the other end" in grid(sitting)[0] and "PERSON" in "".join(grid(sitting))


# -- the list ---------------------------------------------------------------------------------------


def test_a_long_list_begins_with_the_labels_used_last_and_has_groups(crowded):
    sitting = crowded.sit(crowded.visit()).press("3", "1", "space", "space")
    choices = sitting.host.choices
    assert [(c.text, c.group) for c in choices[:2]] == [("PERSON", "used last"), ("GPE", "used last")]
    groups = [c.group for c in choices]
    assert [g for i, g in enumerate(groups) if not i or groups[i - 1] != g] == ["used last", "", "old", "new"]
    assert len({c.text for c in choices}) == len(choices) == len(sitting.state.schema.entities)


def test_a_short_list_keeps_its_order(project):
    sitting = project.sit(project.visit()).press("3", "space", "space")
    assert [c.text for c in sitting.host.choices] == ["PERSON", "ORG", "GPE", "DATE"]


def test_page_down_turns_the_grid_and_the_code_goes_on(crowded):
    crowded.visit()

    async def test(app: PostilApp, pilot: Any) -> None:
        await pilot.resize_terminal(40, 12)
        await pilot.press("space")
        first = rows_of(app)
        await pilot.press("pagedown")
        assert any("page 2 of" in row for row in rows_of(app)) and rows_of(app) != first
        await pilot.press("pageup", *app.session.config.schema.entity("ORG").code)
        assert [e.label for e in app.session.current().entities.values()] == ["ORG"]

    piloted(test, crowded)


def test_the_list_shows_headings_and_narrows_with_five_hundred_labels(make_project):
    project = make_project()
    text = (project.folder / "config.yaml").read_text()
    labels = "".join(f"  KIND_{i:03d}: {{group: g{i % 9}, about: about {i}}}\n" for i in range(500))
    project.configure(text.replace("entities:\n", f"entities:\n{labels}"))
    project.visit()

    async def test(app: PostilApp, pilot: Any) -> None:
        await pilot.press("space", "space")
        assert any(row.strip() == "g0" for row in rows_of(app))
        await pilot.press(*"kind17")
        assert any("KIND_170" in row for row in rows_of(app))
        await pilot.press("enter")
        (made,) = app.session.current().entities.values()
        assert made.label.startswith("KIND_17")

    piloted(test, project)
