"""The table of commands: each thing a key can do, declared once.

Dispatcher, strip, palette, help screen, remapping and the key table of the docs are made from it. `scopes` are the
key tables a command is in: `read`, `relation` (a relation is focused), `select`, `link`, `hints`, `ask`, `library`,
`help`. `run` gets the controller of its scope: a `Desk`, or the library's or help's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from annotations.schema import EntityType, RelationType, Schema
from tui.desk import Desk
from tui.verbs import articles, editing, linking, moving, selecting


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a key can do. `keys` are default sequences; `strip` its rank among the hints, 0 for never there;
    `when` says whether it is legal now; `help` begins with a verb."""

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    scopes: tuple[str, ...]
    run: Callable[[Any], Any]
    group: str = ""
    strip: int = 0
    when: Callable[[Any], bool] = _always


LEADER = "space"
"""The key that begins a label's short code."""

READ, REL, SEL, LNK = "read", "relation", "select", "link"
TEXT = (READ, REL, SEL, LNK)
AT_REST = (READ, REL)


def _on_suggestion(desk: Desk) -> bool:
    return desk.kind in ("suggestion", "link")


def _on_item(desk: Desk) -> bool:
    return desk.item is not None


def _relates(desk: Desk) -> bool:
    return desk.item is not None and bool(desk.session.config.schema.relations_from(desk.item.label))


def _on_something(desk: Desk) -> bool:
    return desk.focus is not None


def _on_own(desk: Desk) -> bool:
    return desk.kind in ("entity", "relation")


def _on_own_relation(desk: Desk) -> bool:
    return desk.kind == "relation"


def _settled(desk: Desk) -> bool:
    return desk.state.progress.status != "open"


def _inside(desk: Desk) -> bool:
    return desk.item is not None and desk.item.start < desk.offset


def _group(name: str, *rows: Command) -> list[Command]:
    return [Command(c.id, c.keys, c.title, c.help, c.scopes, c.run, name, c.strip, c.when) for c in rows]


def _c(
    id: str,
    keys: str,
    title: str,
    help: str,
    scopes: tuple[str, ...],
    run: Callable[[Any], Any],
    strip: int = 0,
    when: Callable[[Any], bool] = _always,
) -> Command:
    """A command; its sequences are separated by two spaces."""
    return Command(id, tuple(k for k in keys.split("  ") if k), title, help, scopes, run, "", strip, when)


# One command a line, so that the table reads as one.
# fmt: off
COMMANDS: Sequence[Command] = [
    *_group(
        "Move",
        _c("next-token", "l  right", "right", "go to the next token", TEXT, lambda d: moving.token(d, 1)),
        _c("previous-token", "h  left", "left", "go to the previous token", TEXT, lambda d: moving.token(d, -1)),
        _c("next-line", "j  down", "down", "go down a line", TEXT, lambda d: moving.line(d, 1)),
        _c("previous-line", "k  up", "up", "go up a line", TEXT, lambda d: moving.line(d, -1)),
        _c("next-word", "w", "word", "go to the next word", TEXT, lambda d: moving.word(d, 1)),
        _c("previous-word", "b", "word back", "go to the previous word", TEXT, lambda d: moving.word(d, -1)),
        _c("word-end", "e", "word end", "go to the end of the word", TEXT, lambda d: moving.word(d, 1, True)),
        _c("next-sentence", ")  z w", "sentence", "go to the next sentence", TEXT, lambda d: moving.sentence(d, 1)),
        _c("previous-sentence", "(  z b", "sentence back", "go to the previous sentence", TEXT, lambda d: moving.sentence(d, -1)),
        _c("next-paragraph", "}  z j", "paragraph", "go to the next paragraph", TEXT, lambda d: moving.paragraph(d, 1)),
        _c("previous-paragraph", "{  z k", "paragraph back", "go to the previous paragraph", TEXT, lambda d: moving.paragraph(d, -1)),
        _c("top", "g g  home", "top", "go to the beginning", TEXT, lambda d: moving.edge(d, False)),
        _c("bottom", "G  end", "end", "go to the end", TEXT, lambda d: moving.edge(d, True)),
        _c("page-down", "pagedown  ctrl+f", "page", "go down a screen", TEXT, lambda d: moving.page(d, 1)),
        _c("page-up", "pageup  ctrl+b", "page back", "go up a screen", TEXT, lambda d: moving.page(d, -1)),
        _c("next-item", "tab", "next", "go to the next entity or suggestion", (*AT_REST, LNK), lambda d: moving.item(d, 1), 8),
        _c("previous-item", "shift+tab", "previous", "go to the previous entity or suggestion", (*AT_REST, LNK), lambda d: moving.item(d, -1)),
        _c("cycle-stack", "~  g z", "stack", "go round the entities stacked here", (READ, LNK), moving.cycle_stack),
        _c("jump", ";  g j", "jump", "jump to an item on screen by a letter", (*AT_REST, LNK), moving.start_hints, 16),
        _c("centre", "z z", "centre", "put this line in the middle of the screen", TEXT, moving.centre),
        _c("search", "/  g f", "search", "search in this article (a regular expression)", AT_REST, moving.ask_search, 17),
        _c("next-hit", "n", "next hit", "go to the next hit of the search, else pending suggestion", (READ,), lambda d: moving.hit_or_pending(d, 1)),
        _c("previous-hit", "N", "previous hit", "go to the previous hit of the search, else pending suggestion", (READ,), lambda d: moving.hit_or_pending(d, -1)),
    ),
    *_group(
        "Suggestions",
        _c("accept", "a", "accept", "accept the suggestion and go on to the next", AT_REST, editing.accept, 1, _on_suggestion),
        _c("reject", "x", "reject", "reject the suggestion and go on; delete an own entity and stay", AT_REST, editing.reject, 2, _on_suggestion),
    ),
    *_group(
        "Entities",
        _c("palette", "space space", "labels", "choose a label by name", (READ, SEL, LNK), editing.pick_label, 12),
        _c("select", "v", "select", "start a selection at the cursor", (READ, LNK), selecting.start, 6),
        _c("grow", "V", "name", "select the name, phrase, sentence here in turn", (READ, SEL, LNK), selecting.grow, 7),
        _c("select-right", "shift+right", "select right", "extend the selection to the next token", (READ, SEL, LNK), lambda d: selecting.extend(d, "token", 1)),
        _c("select-left", "shift+left", "select left", "extend the selection to the previous token", (READ, SEL, LNK), lambda d: selecting.extend(d, "token", -1)),
        _c("select-down", "shift+down", "select down", "extend the selection by a line down", (READ, SEL, LNK), lambda d: selecting.extend(d, "line", 1)),
        _c("select-up", "shift+up", "select up", "extend the selection by a line up", (READ, SEL, LNK), lambda d: selecting.extend(d, "line", -1)),
        _c("switch-end", "o", "other end", "move the other end of the selection", (SEL,), selecting.switch_end, 3),
        _c("commit", "enter", "commit", "set the new edges; of a new selection, choose the label", (SEL,), selecting.commit, 2),
        _c("edges", "g v", "edges", "reopen the edges of the entity", (READ,), selecting.reopen, 14, _on_item),
        _c("grow-left", "H", "grow left", "grow the entity by a token on the left", (READ,), lambda d: editing.move_edge(d, "start", -1), 10, _on_item),
        _c("grow-right", "L", "grow right", "grow the entity by a token on the right", (READ,), lambda d: editing.move_edge(d, "end", 1), 10, _on_item),
        _c("cut-left", "<  g H", "cut left", "cut the first token off the entity", (READ,), lambda d: editing.move_edge(d, "start", 1), 11, _on_item),
        _c("cut-right", ">  g L", "cut right", "cut the last token off the entity", (READ,), lambda d: editing.move_edge(d, "end", -1), 11, _on_item),
        _c("delete", "d  delete", "delete", "delete the entity or relation; reject a suggestion", AT_REST, editing.delete, 4, _on_own),
        _c("split", "S", "split", "split the entity before the cursor", (READ,), editing.split, 13, _inside),
        _c("join", "J", "join", "join the entity with the next item", (READ,), editing.join, 13, _on_item),
        _c("note", "i", "note", "write a note on what is focused, else on the article", AT_REST, editing.ask_note, 20),
    ),
    *_group(
        "Relations",
        _c("relate", "r", "relate", "make a relation that begins at this entity", (READ,), linking.start, 3, _relates),
        _c("relate-many", "R", "relate more", "make several relations that begin at this entity", (READ,), lambda d: linking.start(d, True), 0, _relates),
        _c("confirm", "enter", "relate", "relate to this target", (LNK,), linking.confirm, 1),
        _c("every-target", "!  g a", "all", "let Tab visit every item, or legal ones only", (LNK,), linking.toggle_legal_only, 4),
        _c("relations", "g r", "relations", "go to the entity's relations, from one to its other end", AT_REST, linking.visit, 9, _on_something),
        _c("next-relation", "n", "next", "go to the next relation", (REL,), lambda d: linking.walk(d, 1), 5),
        _c("previous-relation", "N", "previous", "go to the previous relation", (REL,), lambda d: linking.walk(d, -1)),
        _c("swap", "o", "swap", "turn the relation round", (REL,), linking.swap, 3, _on_own_relation),
        _c("repoint-tail", "r", "new tail", "give the relation another tail", (REL,), lambda d: linking.start_repoint(d, "tail"), 6, _on_own_relation),
        _c("repoint-head", "R", "new head", "give the relation another head", (REL,), lambda d: linking.start_repoint(d, "head"), 7, _on_own_relation),
    ),
    *_group(
        "History",
        _c("undo", "u", "undo", "take back the newest edit, in whichever article", AT_REST, editing.undo, 15),
        _c("redo", "ctrl+r  g u", "redo", "do again what was undone", AT_REST, editing.redo),
    ),
    *_group(
        "Article",
        _c("done", "c", "done", "settle the article and open the next", AT_REST, articles.done, 5),
        _c("reopen", "C", "reopen", "open a settled or skipped article again", AT_REST, articles.reopen, 18, _settled),
        _c("skip", "g s", "skip", "skip the article and open the next", AT_REST, articles.skip),
        _c("flag", "f", "flag", "flag the article for a second look", AT_REST, articles.flag),
        _c("next-article", "] ]  g n", "next article", "go to the next article", AT_REST, lambda d: articles.go(d, 1)),
        _c("previous-article", "[ [  g p", "previous article", "go to the previous article", AT_REST, lambda d: articles.go(d, -1)),
        _c("ask-accept", "a  enter", "accept all", "settle and accept what is pending", ("ask",), lambda d: articles.settle(d, "accept"), 1),
        _c("ask-reject", "x", "reject all", "settle and reject what is pending", ("ask",), lambda d: articles.settle(d, "reject"), 2),
        _c("ask-leave", "l", "leave open", "settle and leave what is pending unknown", ("ask",), lambda d: articles.settle(d, "leave"), 3),
    ),
    *_group(
        "View",
        _c("labels", "z l", "labels", "show or hide the labels in the text", TEXT, articles.toggle_labels),
        _c("copy", "y", "copy", "copy the selected or focused text", (READ, SEL), articles.copy),
        _c("gloss", "z g", "gloss", "show or hide rows under the lines with the labels", TEXT, articles.toggle_gloss),
        _c("sentences", "z s", "sentences", "show one sentence a line, or paragraphs", TEXT, articles.toggle_sentences),
        _c("pane", "\\  z p", "panel", "show or hide the side panel", TEXT, lambda d: d.host.toggle_pane()),
        _c("theme", "z t", "theme", "change between dark and light", AT_REST, lambda d: d.host.toggle_theme()),
        _c("help", "?  f1  g k", "help", "show the keys of this mode", TEXT, lambda d: d.host.show_help(), 21),
        _c("commands", ":  ctrl+p  g c", "commands", "choose any command by name", AT_REST, lambda d: d.host.show_palette(), 22),
        _c("reload", "", "reload", "read config.yaml anew, in place", AT_REST, lambda d: d.host.reload()),
        _c("suspend", "ctrl+z", "suspend", "go back to the shell; fg returns", (*TEXT, "library"), lambda x: x.host.suspend()),
        _c("interrupt", "ctrl+c", "interrupt", "say how to leave", (*TEXT, "hints", "ask", "library", "help"), lambda x: x.say("q leaves; everything is saved")),
        _c("leave", "escape", "leave", "leave the mode; end the search", (*TEXT, "hints", "ask"), articles.leave),
        _c("quit", "q", "list", "go to the list of articles", AT_REST, lambda d: d.host.show_library(), 23),
    ),
    *_group(
        "Library",
        _c("row-down", "j  down", "down", "go down a row", ("library", "help"), lambda x: x.move(1)),
        _c("row-up", "k  up", "up", "go up a row", ("library", "help"), lambda x: x.move(-1)),
        _c("rows-down", "pagedown  ctrl+f", "page", "go down a screen of rows", ("library", "help"), lambda x: x.page(1)),
        _c("rows-up", "pageup  ctrl+b", "page back", "go up a screen of rows", ("library", "help"), lambda x: x.page(-1)),
        _c("first-row", "g g  home", "first", "go to the first row", ("library", "help"), lambda x: x.edge(False)),
        _c("last-row", "G  end", "last", "go to the last row", ("library", "help"), lambda x: x.edge(True)),
        _c("open", "enter  l  right", "open", "open the article", ("library",), lambda x: x.open(), 1),
        _c("next-open-row", "tab  n", "next open", "go to the next open article", ("library",), lambda x: x.next_open(1), 2),
        _c("previous-open-row", "shift+tab  N", "previous open", "go to the previous open article", ("library",), lambda x: x.next_open(-1)),
        _c("filter", "F  /  g f", "filter", "show the articles that answer a query", ("library",), lambda x: x.ask_filter(), 3),
        _c("library-undo", "u", "undo", "take back the newest edit, in whichever article", ("library",), lambda x: x.undo(), 4),
        _c("library-reload", "", "reload", "read config.yaml anew, in place", ("library",), lambda x: x.reload()),
        _c("library-theme", "z t", "theme", "change between dark and light", ("library",), lambda x: x.host.toggle_theme()),
        _c("library-commands", ":  ctrl+p  g c", "commands", "choose any command by name", ("library",), lambda x: x.show_palette(), 6),
        _c("library-help", "?  f1  g k", "help", "show the keys of the library", ("library",), lambda x: x.show_help(), 5),
        _c("exit", "q", "quit", "leave postil; everything is saved", ("library",), lambda x: x.quit(), 7),
        _c("library-leave", "escape", "all", "show all articles again", ("library",), lambda x: x.clear_filter()),
        _c("close-help", "escape  q  ?  enter  f1", "close", "go back", ("help",), lambda x: x.close(), 1),
    ),
]
# fmt: on


def label_commands(schema: Schema) -> list[Command]:
    """A command for each label and each relation type of the project, with its digits and its Space code."""
    return [*map(_label_command, schema.entities), *_relation_commands(schema)]


def _label_command(kind: EntityType) -> Command:
    return Command(
        f"label.{kind.name}",
        (*kind.keys, _code(kind)),
        kind.name,
        f"label as {kind.name}",
        (READ, SEL),
        partial(editing.label, name=kind.name),
        "Labels",
    )


def _code(kind: EntityType | RelationType) -> str:
    """The sequence of a type's short code."""
    return " ".join([LEADER, *kind.code])


def _relation_commands(schema: Schema) -> list[Command]:
    found = []
    for kind in schema.relations:
        found.append(_relation_command(kind, "relate", LNK, linking.choose_type))
        found.append(_relation_command(kind, "retype", REL, linking.relabel))
    found += [_label_in_link(kind) for kind in schema.entities]
    return found


def _relation_command(kind: RelationType, verb: str, scope: str, act: Callable[..., None]) -> Command:
    keys = kind.keys if scope == LNK else (*kind.keys, _code(kind))
    run = partial(act, name=kind.name)
    return Command(
        f"{verb}.{kind.name}", keys, kind.name, f"{verb} as {kind.name}", (scope,), run, "Relation types"
    )


def _label_in_link(kind: EntityType) -> Command:
    return Command(
        f"link-label.{kind.name}",
        (_code(kind),),
        kind.name,
        f"label the other end as {kind.name}",
        (LNK,),
        partial(editing.label, name=kind.name),
        "Labels",
    )


PROFILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "default": {},
    "arrows": {
        "next-token": ("right",),
        "previous-token": ("left",),
        "next-line": ("down",),
        "previous-line": ("up",),
        "next-word": ("ctrl+right",),
        "previous-word": ("ctrl+left",),
        "word-end": (),
        "top": ("home", "g g"),
        "bottom": ("end",),
        "suspend": (),
        "undo": ("ctrl+z", "u"),
        "redo": ("ctrl+y", "ctrl+r", "g u"),
        "row-down": ("down",),
        "row-up": ("up",),
        "first-row": ("home",),
        "last-row": ("end",),
        "open": ("enter", "right"),
    },
    "prodigy": {
        "skip": ("g s", "="),
        "undo": ("u", "backspace"),
        "done": ("c", "enter"),
    },
}
"""Other default keys by profile and command id."""
