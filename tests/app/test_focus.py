"""Where cursor and focus are after every verb, as a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.desks import VISIT, VISIT_MARKS, Project, Sitting, mark

# Where: words and which occurrence, or none to stay where the article opens. Then keys; then focus and token.
TABLE = [
    ("on opening, the first pending", None, "", "PERSON? Ana Ruiz", "Ana"),
    ("accept goes to the next pending", None, "a", "PERSON? Li Wei", "Li"),
    ("accept passes over what is decided", None, "a a shift+tab shift+tab a", "GPE? Oslo", "Oslo"),
    ("reject goes to the next pending", None, "x", "PERSON? Li Wei", "Li"),
    ("accept at the end stays", ("Friday", 1), "a", "DATE Friday", "Friday"),
    ("a label on a token stays on it", ("home", 1), "2", "ORG home", "home"),
    ("a label on a suggestion stays", None, "2", "ORG Ana Ruiz", "Ana"),
    ("a label inside a suggestion stays where the cursor is", ("Ruiz", 1), "2", "ORG Ana Ruiz", "Ruiz"),
    ("relabelling an entity stays", None, "1 2", "ORG Ana Ruiz", "Ana"),
    ("a label of a selection focuses it", ("stayed", 1), "v l 2", "ORG stayed home", "home"),
    ("growing stays", None, "H", "PERSON Mayor Ana Ruiz", "Ana"),
    ("growing right stays", None, "L", "PERSON Ana Ruiz met", "Ana"),
    ("cutting stays on the nearest token", None, "<", "PERSON Ruiz", "Ruiz"),
    ("cutting right stays", None, ">", "PERSON Ana", "Ana"),
    ("new edges stay", None, "g v l enter", "PERSON Ana Ruiz met", "met"),
    ("split stays on the first part", ("Ruiz", 1), "S", "PERSON Ana", "Ana"),
    ("join stays", None, "J", "PERSON Ana Ruiz met Li Wei", "Ana"),
    ("delete stays with nothing focused", None, "1 d", None, "Ana"),
    ("delete of a suggestion stays with nothing focused", None, "d", None, "Ana"),
    ("x on an own entity deletes and stays", None, "1 x", None, "Ana"),
    ("a relation leads back to its head", None, "r tab 2", "PERSON Ana Ruiz", "Ana"),
    ("type first leads back to its head", None, "r 1 enter", "PERSON Ana Ruiz", "Ana"),
    ("a kept head stays at the target", None, "R 1 enter", "GPE Oslo", "Oslo"),
    ("leaving LINK leads back to the head", None, "R 1 enter tab escape", "PERSON Ana Ruiz", "Ana"),
    (
        "a relation keeps the focus when its type changes",
        ("Bergen", 2),
        "r",
        "ORG? Bergen Harbour Trust",
        "Bergen",
    ),
    ("a deleted relation leaves nothing focused", None, "r tab 2 g r d", None, "Ana"),
    ("undo of a label goes back to the token", ("home", 1), "2 g g u", None, "home"),
    ("undo of an acceptance goes back to the suggestion", None, "a g g u", "PERSON? Ana Ruiz", "Ana"),
    ("undo of a rejection goes back to the suggestion", None, "x G u", "PERSON? Ana Ruiz", "Ana"),
    ("undo of a deletion focuses what is back", None, "1 d G u", "PERSON Ana Ruiz", "Ana"),
    ("undo of a relation goes to its head", None, "r tab 2 G u", "PERSON? Ana Ruiz", "Ana"),
    ("redo goes to what it made again", ("home", 1), "2 u g g ctrl+r", "ORG home", "home"),
    ("redo of a rejection goes where it was", None, "x u G ctrl+r", None, "Ana"),
    ("a note stays", ("home", 1), "2 i", "ORG home", "home"),
    ("done opens the next article at its first pending", None, "c", "DATE? noon", "noon"),
    ("skip opens the next article at its first pending", None, "g s", "DATE? noon", "noon"),
    ("a flag stays", None, "f", "PERSON? Ana Ruiz", "Ana"),
    ("undo of done opens that article again", None, "c u", "PERSON? Ana Ruiz", "Ana"),
    ("leaving a selection stays", ("home", 1), "v h escape", None, "stayed"),
    ("a jump that is left stays", None, "; escape", "PERSON? Ana Ruiz", "Ana"),
]


@pytest.fixture
def sitting(make_project: Callable[..., Project]) -> Sitting:
    project = make_project()
    first = project.add(VISIT, "Visit")
    project.suggest(first, [mark(VISIT, *each) for each in VISIT_MARKS])
    project.suggest(project.add("The bridge opened at noon.", "Bridge"), [("noon", "DATE")])
    made = project.sit(first)
    made.host.answer = lambda title, value: "a note"
    return made


@pytest.mark.parametrize(("rule", "place", "keys", "focus", "token"), TABLE, ids=[row[0] for row in TABLE])
def test_the_focus_is_where_the_rules_have_it(sitting, rule, place, keys, focus, token):
    if place is not None:
        sitting.goto(*place)
    sitting.press(*keys.split())
    assert not sitting.desk.warns or "pending" in sitting.said, sitting.said
    assert (sitting.focused, sitting.token) == (focus, token)
    sitting.check()
