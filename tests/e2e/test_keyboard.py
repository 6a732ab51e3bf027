"""Keys in a real terminal: what is no key, how every mode is left, and a journey with keys alone at 80×24."""

from __future__ import annotations

from contextlib import closing

import pytest

from annotations.store import Store
from tests.e2e.helpers import Project, Screen

XI = 1
"""The article on the visit to Beijing, first of the seeds."""


def edits(project: Project) -> list[str]:
    """The verbs of all edits, in order."""
    return [verb for (verb,) in project.query("SELECT verb FROM edits ORDER BY seq")]


# -- what is no key ---------------------------------------------------------------------------------

ANSWERS = {
    "a colour": "\x1b]11;rgb:1111/2222/3333\x07",
    "a colour, ended another way": "\x1b]4;1;rgb:1212/3434/5656\x1b\\",
    "the clipboard": "\x1b]52;c;YTEyMw==\x1b\\",
    "what the terminal is": "\x1b[?62;1;2;4;6c",
    "what it is more exactly": "\x1b[>41;390;0c",
    "its name": "\x1bP>|xterm(390)\x1b\\",
    "what it can do": "\x1bP1+r544e=61786431\x1b\\",
    "its state": "\x1b[0n",
    "its size": "\x1b[8;24;80t",
    "light or dark": "\x1b[?997;1n",
    "a picture": "\x1b_Gi=31;OK\x1b\\",
    "kitty's flags": "\x1b[?1u",
    "a key let go": "\x1b[49;1:3u",
    "an arrow let go": "\x1b[1;1:3A",
    "a key with its other letters": "\x1b[97:65:49;2u",
    "an unbound key": "\x1b[120;5u",
    "a digit with Ctrl": "\x1b[27;5;49~",
    "the mouse, as it was": "\x1b[M !!\x1b[M#!!",
    "the mouse of another terminal": "\x1b[32;1;1M",
    "the focus": "\x1b[O\x1b[I",
    "nothing known": "\x1b[1;2;3;4x",
    "a function key of old": "\x1bO5P",
}


def test_no_answer_of_a_terminal_and_no_unknown_sequence_becomes_a_key(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        for sequence in ANSWERS.values():
            screen.send(sequence)
            screen.settle(quiet=0.05)
        screen.send("".join(ANSWERS.values()))
        screen.do("a", "“Cuba” accepted")
        screen.quit()
    assert edits(project) == ["accept"]


@pytest.mark.parametrize("name", ["a colour", "what the terminal is", "what it can do", "a key let go"])
def test_a_sequence_that_arrives_in_pieces_becomes_no_key(project: Project, name: str) -> None:
    sequence = ANSWERS[name]
    with project.app() as screen:
        screen.wait_for("54 pending")
        for cut in range(3, len(sequence)):
            screen.send(sequence[:cut])
            screen.settle(quiet=0.15)  # longer than an Escape waits for what belongs to it
            screen.send(sequence[cut:])
        screen.do("a", "“Cuba” accepted")
        screen.quit()
    assert edits(project) == ["accept"]


def test_a_click_goes_to_a_word_and_labels_nothing(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("\x1b[<0;12;6M\x1b[<0;12;6m\x1b[<35;14;7M\x1b[<64;14;7M\x1b[<65;14;7M")
        screen.settle()
        screen.do("f", "flagged")
        screen.quit()
    assert edits(project) == ["flag"]


@pytest.mark.parametrize(("key", "sentence"), [("a", "accepted"), ("4", "accepted as NORP"), ("]]", "2/9")])
def test_an_escape_and_a_key_in_one_write_leave_the_mode_and_do_what_the_key_does(project, key, sentence):
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("v", "SELECT · “Cuba”")
        screen.send(f"\x1b{key}")
        screen.wait_for(sentence)
        screen.quit()
    assert edits(project) == {"a": ["accept"], "4": ["relabel"], "]]": []}[key]


def test_a_note_and_two_commands_in_one_write_are_that_note_and_those_commands(project: Project) -> None:
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.do("i1 a x: q\rxf", "flagged")
        screen.quit()
    assert edits(project) == ["note", "delete", "flag"]
    changes = project.query("SELECT changes FROM edits WHERE verb = 'note'")[0][0]
    assert '"1 a x: q"' in changes


# -- Esc everywhere ---------------------------------------------------------------------------------

MODES = {
    "SELECT": ("v", "SELECT · “Cuba”"),
    "SELECT by a name": ("V", "SELECT"),
    "SELECT of edges": ("gv", "SELECT"),
    "LINK": ("r", "LINK from “Cuba”"),
    "LINK with a type": ("r6", "TRADES_WITH: Tab"),
    "SELECT in LINK": ("rv", "SELECT · "),
    "hints in LINK": ("r;", "JUMP"),
    "hints": (";", "JUMP"),
    "a sequence": ("g", "54 pending"),
    "a code": (" ", "54 pending"),
    "a search": ("/Moscow", "Moscow"),
    "a note": ("inever", "never"),
    "the labels": ("  NO", "label: "),
    "the commands": (":und", "command: "),
    "help": ("?", "close"),
}


@pytest.mark.parametrize("mode", MODES)
def test_escape_leaves_every_mode_and_changes_nothing(project: Project, mode: str) -> None:
    keys, sentence = MODES[mode]
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send(keys)
        screen.wait_for(sentence)
        for _ in range(3):  # one more than any mode needs: in READ it does nothing
            screen.press("escape")
            screen.settle(quiet=0.15)
        screen.do("f", "flagged")
        screen.quit()
    assert edits(project) == ["flag"]


def test_escape_leaves_the_question_what_done_does_with_what_is_pending(project: Project) -> None:
    text = project.config.read_text(encoding="utf-8").replace("done: accept ", "done: ask ")
    project.config.write_text(text, encoding="utf-8")
    with project.app() as screen:
        screen.wait_for("54 pending")
        screen.send("c")
        screen.wait_for("leave unknown")
        screen.press("escape")
        screen.wait_gone("leave unknown")
        screen.do("a", "“Cuba” accepted")
        screen.quit()
    assert edits(project) == ["accept"]


# -- nothing there ----------------------------------------------------------------------------------


def test_verbs_in_an_article_of_blanks_say_why_and_change_nothing(fresh: Project) -> None:
    text = fresh.config.read_text(encoding="utf-8").replace("articles: [seeds]", "articles: []")
    fresh.config.write_text(text.replace("pipeline: en_core_web_sm ", "pipeline: null "), encoding="utf-8")
    with closing(Store.open(fresh.database)) as store, store.writing():
        store.add_article(" \n \n\t", "blanks.txt", "Blanks", None, {})
    with fresh.app() as screen:
        screen.wait_for("Blanks")
        for keys, sentence in (
            *(("1", "no text"), ("v", "no text"), ("V", "no text"), ("x", "nothing"), ("d", "nothing")),
            *(("r", "no entity"), ("gv", "no entity"), ("S", "no entity"), ("J", "no entity")),
            *(("L", "no entity"), ("\t", "nothing is marked"), (";", "no item"), ("/x\r", "not found")),
        ):
            screen.do(keys, sentence)
            screen.do("zl", "labels")
        screen.quit()
    assert edits(fresh) == []


# -- a journey --------------------------------------------------------------------------------------


def correct(screen: Screen) -> None:
    """Corrects four places, each in another way."""
    screen.do("/one-party\r", "1 hit")
    screen.do("x", "CARDINAL “one” rejected")
    screen.do("/Olaf\r", "1 hit")
    screen.do("1", "“Olaf Scholz” accepted as PERSON")
    screen.do("/U\\.S\r", "1 hit")
    screen.do("V", "SELECT · “U.S")
    screen.do("3", "GPE “U.S")
    screen.do("/Diaz-Canel had\r", "1 hit")
    screen.do("1", "“Diaz-Canel” accepted as PERSON")


def relate(screen: Screen) -> None:
    """One relation by its type, and two that share their head."""
    screen.do("R", "LINK from “Diaz-Canel”")
    screen.do("4", "VISITED: Tab for another target")
    screen.do("\r", "Diaz-Canel —VISITED→ Moscow")
    screen.press("shift+tab")
    screen.do("\r", "Diaz-Canel —VISITED→ China")
    screen.press("escape")
    screen.settle(quiet=0.15)
    screen.do("/Olaf\r", "1 hit")
    screen.do("r1\r", "Olaf Scholz —LEADS→ Germany")


def test_articles_are_corrected_related_undone_settled_and_exported_by_keys_at_80_by_24(project) -> None:
    with project.app(size=(80, 24)) as screen:
        screen.wait_for("54 pending")
        correct(screen)
        relate(screen)
        screen.do("c", "done, accepted")
        screen.wait_for("2/9")
        screen.do("x", "rejected")
        screen.do("u", "undone: ")
        screen.do("u", "undone: done")
        screen.wait_for("1/9")
        screen.do("u", "undone: Olaf Scholz —LEADS→ Germany")
        screen.do("gu", "done again: Olaf Scholz —LEADS→ Germany")
        screen.do("gu", "done again: done")
        screen.send("]]")
        screen.wait_for("2/9")
        screen.quit()
    (document,) = project.export()
    found = {(e["start"], e["end"], e["label"]) for e in document["entities"]}
    model = project.entities(XI, "model", "en_core_web_sm")
    text = document["text"]
    lost, gained = ({(text[s:e], label) for s, e, label in marks} for marks in (model - found, found - model))
    assert lost == {("one", "CARDINAL"), ("Olaf Scholz", "ORG"), ("Diaz-Canel", "ORG")}
    assert {("Olaf Scholz", "PERSON"), ("Diaz-Canel", "PERSON")} < gained
    assert [label for words, label in gained if words.startswith("U.S")] == ["GPE"]
    words = {e["id"]: e["text"] for e in document["entities"]}
    assert {(words[r["head"]], r["label"], words[r["tail"]]) for r in document["relations"]} == {
        ("Diaz-Canel", "VISITED", "Moscow"),
        ("Diaz-Canel", "VISITED", "China"),
        ("Olaf Scholz", "LEADS", "Germany"),
    }
    assert document["status"] == "done"
    project.sound()


def test_verbs_on_many_places_and_what_is_known_of_one_are_reached_and_left_by_keys(project: Project) -> None:
    with project.app(size=(80, 24)) as screen:
        screen.wait_for("54 pending")
        screen.send("gl")
        screen.wait_for("history")
        screen.press("escape")
        screen.wait_gone("history")
        screen.send("g?")
        screen.wait_for("A place with a government")
        screen.press("escape")
        screen.wait_gone("A place with a government")
        screen.do("/Diaz-Canel thanked\r", "1 hit")
        screen.do("1", "“Diaz-Canel” accepted as PERSON")
        screen.do("/Diaz-Canel had\r", "1 hit")
        screen.do(".", "again: “Diaz-Canel” accepted as PERSON")
        screen.send("=")
        screen.press("shift+tab")
        screen.settle()
        screen.do("\r", "2 mentions of one entity")
        screen.do("/one-party\r", "1 hit")
        screen.do("x", "CARDINAL “one” rejected")
        screen.send("A")
        screen.wait_for("accept down to here")
        screen.press("escape")
        screen.wait_gone("accept down to here")
        screen.send("A")
        screen.wait_for("accept down to here")
        screen.do("\r", "accepted")
        screen.send("t")
        screen.settle()
        screen.press("escape")
        screen.do("f", "flagged")
        screen.quit()
    assert edits(project) == ["relabel", "relabel", "cluster", "reject", "accept all", "flag"]
    assert project.query("SELECT count(DISTINCT cluster) FROM entities WHERE cluster IS NOT NULL") == [(1,)]
    assert ("one", "CARDINAL") not in set(
        project.query(
            "SELECT e.text, e.label FROM entities e JOIN layers l ON l.id = e.layer WHERE l.kind = 'person'"
        )
    )
    project.sound()
