"""The table of commands: each thing a key can do, declared once.

Dispatcher, strip, palette, help screen, remapping and the key table of the docs are made from it. `scopes` are the
key tables a command is in: `read`, `relation` (a relation is focused), `select`, `link` (`head` while its head is
focused), `same` (another mention of an entity is looked for), `hints`, `ask`, `preview`, `card`, `library`,
`help`. `run` gets the controller of its scope: a `Desk`, or the library's or help's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from annotations.schema import EntityType, RelationType, Schema
from tui.desk import Desk
from tui.verbs import (
    articles,
    bulk,
    detailing,
    editing,
    linking,
    looking,
    moving,
    queueing,
    repeating,
    revealing,
    selecting,
)


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
"""The key of the table that begins a label's short code; a profile may have another one."""

DOCUMENT = "t"
"""The key that begins a document label's short code."""

LEADERS: Mapping[str, str] = {"default": LEADER, "arrows": LEADER, "prodigy": "s"}
"""The key that takes the leader's place, by profile."""

READ, REL, SEL, LNK, HEAD, SAME = "read", "relation", "select", "link", "head", "same"
PRE, CARD = "preview", "card"
TEXT = (READ, REL, SEL, LNK, SAME)
AT_REST = (READ, REL)


def _on_suggestion(desk: Desk) -> bool:
    return desk.kind in ("suggestion", "link")


def _on_offer(desk: Desk) -> bool:
    return desk.kind in ("suggestion", "link", "hidden")


def _can_repeat(desk: Desk) -> bool:
    return desk.last is not None and desk.scope in desk.last.scopes


def _on_item(desk: Desk) -> bool:
    return desk.item is not None


def _relates(desk: Desk) -> bool:
    return (
        desk.item is not None
        and desk.kind != "hidden"
        and bool(desk.session.config.schema.relations_from(desk.item.label))
    )


def _on_something(desk: Desk) -> bool:
    return desk.focus is not None


def _in_cluster(desk: Desk) -> bool:
    return bool(desk.state.others(desk.focus))


def _on_own(desk: Desk) -> bool:
    return desk.kind in ("entity", "relation")


def _on_own_relation(desk: Desk) -> bool:
    return desk.kind == "relation"


def _settled(desk: Desk) -> bool:
    return desk.state.progress.status != "open"


def _some_pending(desk: Desk) -> bool:
    return bool(desk.state.pending)


def _scored(desk: Desk) -> bool:
    return desk.preview is not None and desk.preview.scored


def _has_options(desk: Desk) -> bool:
    return desk.preview is not None and desk.preview.options is not None


def _inside(desk: Desk) -> bool:
    return desk.item is not None and desk.item.start < desk.offset


def _interrupt(controller: Any) -> None:
    """What Ctrl+C does; help has no host but itself."""
    if isinstance(controller, Desk):
        articles.interrupt(controller)
    else:
        getattr(controller, "host", controller).interrupt()


def _group(name: str, *rows: Command) -> list[Command]:
    """The rows of a group; what LINK has, it has on its head as well."""
    return [replace(c, group=name, scopes=(*c.scopes, *([HEAD] if LNK in c.scopes else []))) for c in rows]


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
        _c("next-item", "tab", "next", "go to the next entity or suggestion", (*AT_REST, LNK, SAME), lambda d: moving.item(d, 1), 8),
        _c("previous-item", "shift+tab", "previous", "go to the previous entity or suggestion", (*AT_REST, LNK, SAME), lambda d: moving.item(d, -1)),
        _c("cycle-stack", "~  g z", "stack", "go round the entities stacked here", (READ, LNK, SAME), moving.cycle_stack),
        _c("jump", ";  g j", "jump", "jump to an item on screen by a letter", (*AT_REST, LNK, SAME), moving.start_hints, 16),
        _c("centre", "z z", "centre", "put this line in the middle of the screen", TEXT, moving.centre),
        _c("search", "/  g f", "search", "search in this article (a regular expression)", AT_REST, moving.ask_search, 17),
        _c("next-hit", "n", "next hit", "go to the next hit of the search, else pending suggestion", (READ,), lambda d: moving.hit_or_pending(d, 1)),
        _c("previous-hit", "N", "previous hit", "go to the previous hit of the search, else pending suggestion", (READ,), lambda d: moving.hit_or_pending(d, -1)),
    ),
    *_group(
        "Suggestions",
        _c("accept", "a", "accept", "accept the suggestion and go on to the next", AT_REST, editing.accept, 1, _on_offer),
        _c("reject", "x", "reject", "reject the suggestion and go on; delete an own entity and stay", AT_REST, editing.reject, 2, _on_suggestion),
        _c("accept-read", "A", "accept above", "accept all that is pending down to the last line on screen, looked over first", AT_REST, bulk.accept_read, 19, _some_pending),
        _c("reject-read", "X", "reject above", "reject all that is pending down to the last line on screen, looked over first", AT_REST, bulk.reject_read, 0, _some_pending),
    ),
    *_group(
        "Entities",
        _c("palette", "space space", "labels", "choose a label by name; on the head in LINK a relation type", (READ, SEL, LNK, SAME), linking.pick, 12),
        _c("select", "v", "select", "start a selection at the cursor; after a piece, the next one", (READ, SEL, LNK, SAME), selecting.start, 6),
        _c("grow", "V", "name", "select the name, phrase, sentence here in turn", (READ, SEL, LNK, SAME), selecting.grow, 7),
        _c("next-name", "W", "next name", "find the next name that nothing covers", (READ, SEL, LNK, SAME), lambda d: selecting.next_name(d, 1), 15),
        _c("previous-name", "B", "name back", "find the previous name that nothing covers", (READ, SEL, LNK, SAME), lambda d: selecting.next_name(d, -1)),
        _c("select-right", "shift+right", "select right", "extend the selection to the next token", (READ, SEL, LNK, SAME), lambda d: selecting.extend(d, "token", 1)),
        _c("select-left", "shift+left", "select left", "extend the selection to the previous token", (READ, SEL, LNK, SAME), lambda d: selecting.extend(d, "token", -1)),
        _c("select-down", "shift+down", "select down", "extend the selection by a line down", (READ, SEL, LNK, SAME), lambda d: selecting.extend(d, "line", 1)),
        _c("select-up", "shift+up", "select up", "extend the selection by a line up", (READ, SEL, LNK, SAME), lambda d: selecting.extend(d, "line", -1)),
        _c("switch-end", "o", "other end", "move the other end of the selection", (SEL,), selecting.switch_end, 3),
        _c("add-piece", "+  a", "add piece", "keep the selection as a piece and go on to the next piece of the same entity", (SEL,), selecting.add_piece, 4),
        _c("commit", "enter", "commit", "set the new edges; of a new selection, choose the label", (SEL,), selecting.commit, 2),
        _c("edges", "g v", "edges", "reopen the edges of the entity", (READ,), selecting.reopen, 14, _on_item),
        _c("grow-left", "H", "grow left", "grow the entity on the left by a token (a character, if that is the unit)", (READ,), lambda d: editing.move_edge(d, "start", -1), 10, _on_item),
        _c("grow-right", "L", "grow right", "grow the entity on the right by a token (a character, if that is the unit)", (READ,), lambda d: editing.move_edge(d, "end", 1), 10, _on_item),
        _c("cut-left", "<  g H", "cut left", "cut the first token (or character) off the entity", (READ,), lambda d: editing.move_edge(d, "start", 1), 11, _on_item),
        _c("cut-right", ">  g L", "cut right", "cut the last token (or character, or possessive ’s) off the entity", (READ,), lambda d: editing.move_edge(d, "end", -1), 11, _on_item),
        _c("delete", "d  delete", "delete", "delete the entity or relation; reject a suggestion", AT_REST, editing.delete, 4, _on_own),
        _c("delete-copies", "D", "delete copies", "delete the entity with its propagated copies in all articles", (READ,), bulk.delete_copies, 0, _on_own),
        _c("propagate", "p", "everywhere", "give the same words in this article the same label, looked over first", (READ,), bulk.copy_in_article, 19, _on_item),
        _c("propagate-corpus", "P", "all articles", "give the same words in all articles the same label, looked over first", (READ,), bulk.copy_in_corpus, 0, _on_item),
        _c("split", "S", "split", "split the entity before the cursor", (READ,), editing.split, 13, _inside),
        _c("join", "J", "join", "join the entity with the next item", (READ,), editing.join, 13, _on_item),
        _c("note", "i", "note", "write a note on what is focused, else on the article", AT_REST, editing.ask_note, 20),
        _c("details", "enter  g i", "details", "show all that is known of what is focused, and change it", AT_REST, detailing.details, 20, _on_something),
        _c("same", "=  g e", "same", "find another mention of the same entity", (READ,), detailing.start_same, 18, _on_item),
        _c("same-confirm", "enter", "same", "make the two mentions of one entity and go back", (SAME,), detailing.confirm_same, 1),
        _c("same-more", "=  g e", "and more", "make the two mentions of one entity and look for more", (SAME,), detailing.more_same, 2),
        _c("same-every", "!  g a", "all", "let Tab visit every item, or only those that are no mention yet", (SAME,), linking.toggle_every),
        _c("next-mention", "g M", "mention", "go to the next mention of the same entity, round the end", (READ,), detailing.next_mention, 0, _in_cluster),
        _c("leave-cluster", "g E", "not the same", "take the entity out of its cluster", (READ,), detailing.leave_cluster, 0, _in_cluster),
    ),
    *_group(
        "Relations",
        _c("relate", "r", "relate", "make a relation that begins at this entity", (READ,), linking.start, 3, _relates),
        _c("relate-many", "R", "relate more", "make several relations that begin at this entity", (READ,), lambda d: linking.start(d, True), 0, _relates),
        _c("confirm", "enter", "relate", "relate to this target", (LNK,), linking.confirm, 1),
        _c("every-target", "!  g a", "all", "let Tab visit every item, or legal ones only", (LNK,), linking.toggle_every, 4),
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
        _c("repeat", ".  g a", "repeat", "make the last edit again, on what is here", AT_REST, repeating.again, 24, _can_repeat),
        _c("history", "g l", "history", "show what happened to what is focused, else to the article", (*AT_REST, LNK), looking.history),
    ),
    *_group(
        "Card",
        _c("card-down", "j  down", "down", "go down a row", (CARD,), lambda d: looking.scroll(d, 1), 2),
        _c("card-up", "k  up", "up", "go up a row", (CARD,), lambda d: looking.scroll(d, -1), 3),
        _c("card-page-down", "pagedown  ctrl+f", "page", "go down a screen of rows", (CARD,), lambda d: looking.page(d, 1), 4),
        _c("card-page-up", "pageup  ctrl+b", "page back", "go up a screen of rows", (CARD,), lambda d: looking.page(d, -1)),
        _c("card-first", "g g  home", "first", "go to the first row", (CARD,), lambda d: looking.scroll(d, -looking.END)),
        _c("card-last", "G  end", "last", "go to the last row", (CARD,), lambda d: looking.scroll(d, looking.END)),
        _c("card-close", "escape  q  enter", "close", "take the card away", (CARD,), looking.close, 1),
    ),
    *_group(
        "Article",
        _c("done", "c", "done", "settle the article and open the next", AT_REST, articles.done, 5),
        _c("reopen", "C", "reopen", "open a settled or skipped article again", AT_REST, articles.reopen, 18, _settled),
        _c("skip", "g s", "skip", "skip the article and open the next", AT_REST, articles.skip),
        _c("note-article", "g I", "article note", "write a note on the article, whatever is focused", AT_REST, editing.ask_article_note),
        _c("flag", "f", "flag", "flag the article for a second look", AT_REST, articles.flag),
        _c("next-article", "] ]  g n", "next article", "go to the next article", AT_REST, lambda d: articles.go(d, 1)),
        _c("previous-article", "[ [  g p", "article back", "go to the previous article", AT_REST, lambda d: articles.go(d, -1)),
        _c("next-flagged", "] f  m f", "next flagged", "go to the next flagged article of the list", AT_REST, lambda d: queueing.flagged(d, 1)),
        _c("previous-flagged", "[ f  M f", "flagged back", "go to the previous flagged article of the list", AT_REST, lambda d: queueing.flagged(d, -1)),
        _c("next-problem", "] p  m p", "next problem", "go to the next problem in this article", AT_REST, lambda d: queueing.problem(d, 1)),
        _c("previous-problem", "[ p  M p", "problem back", "go to the previous problem in this article", AT_REST, lambda d: queueing.problem(d, -1)),
        _c("next-unreviewed", "] r  m r", "next pending", "go to the next pending suggestion, here or in the open articles below", AT_REST, lambda d: queueing.unreviewed(d, 1)),
        _c("previous-unreviewed", "[ r  M r", "pending back", "go to the previous pending suggestion, here or in the open articles above", AT_REST, lambda d: queueing.unreviewed(d, -1)),
        _c("filter-queue", "F  g q", "filter", "make the articles that answer a query the list", AT_REST, queueing.ask_filter),
        _c("search-corpus", "g /  g w", "search all", "search all articles; those with a hit become the list", AT_REST, queueing.ask_search),
        _c("ask-accept", "a  enter", "accept all", "settle and accept what is pending", ("ask",), lambda d: articles.settle(d, "accept"), 1),
        _c("ask-reject", "x", "reject all", "settle and reject what is pending", ("ask",), lambda d: articles.settle(d, "reject"), 2),
        _c("ask-leave", "l", "leave unknown", "settle and leave what is pending unknown", ("ask",), lambda d: articles.settle(d, "leave"), 3),
    ),
    *_group(
        "Preview",
        _c("preview-apply", "enter", "apply", "make the edit for what is ticked", (PRE,), bulk.apply, 1),
        _c("preview-tick", "space  x", "tick", "tick or untick the line and go down", (PRE,), lambda d: d.preview.tick(), 2),
        _c("preview-all", "a", "all", "tick every line", (PRE,), lambda d: d.preview.tick_all(True), 4),
        _c("preview-none", "n", "none", "untick every line", (PRE,), lambda d: d.preview.tick_all(False), 5),
        _c("preview-raise", "l  right", "score up", "tick only lines with a higher score", (PRE,), lambda d: d.preview.move_threshold(1), 6, _scored),
        _c("preview-lower", "h  left", "score down", "tick lines with a lower score as well", (PRE,), lambda d: d.preview.move_threshold(-1), 7, _scored),
        _c("preview-case", "c", "case", "let capital letters matter, or not", (PRE,), bulk.match_case, 6, _has_options),
        _c("preview-words", "p", "parts", "find whole words only, or parts of words as well", (PRE,), bulk.whole_words, 7, _has_options),
        _c("preview-down", "j  down  tab", "down", "go down a line", (PRE,), lambda d: d.preview.move(1), 8),
        _c("preview-up", "k  up  shift+tab", "up", "go up a line", (PRE,), lambda d: d.preview.move(-1), 9),
        _c("preview-page-down", "pagedown  ctrl+f", "page", "go down a screen of lines", (PRE,), lambda d: bulk.page(d, 1)),
        _c("preview-page-up", "pageup  ctrl+b", "page back", "go up a screen of lines", (PRE,), lambda d: bulk.page(d, -1)),
        _c("preview-first", "g g  home", "first", "go to the first line", (PRE,), lambda d: d.preview.edge(False)),
        _c("preview-last", "G  end", "last", "go to the last line", (PRE,), lambda d: d.preview.edge(True)),
        _c("preview-leave", "escape  q", "leave", "leave the preview; nothing has changed", (PRE,), bulk.leave, 3),
    ),
    *_group(
        "View",
        _c("labels", "z l", "labels", "show or hide the labels in the text", TEXT, articles.toggle_labels),
        _c("copy", "y", "copy", "copy the selected or focused text", (READ, SEL), articles.copy),
        _c("gloss", "z g", "gloss", "show or hide rows under the lines with the labels", TEXT, articles.toggle_gloss),
        _c("sentences", "z s", "sentences", "show one sentence a line, or paragraphs", TEXT, articles.toggle_sentences),
        _c("unit", "z u", "characters", "move and select by character, or by token", TEXT, moving.toggle_unit),
        _c("guideline", "g ?  g d", "guideline", "show what the label is for, and how this text was labelled before", (*AT_REST, LNK), looking.guideline, 25),
        _c("hidden", "g h", "rejected", "show or hide the suggestions that were rejected or set aside", AT_REST, revealing.toggle_hidden),
        _c("pane", "\\  z p", "panel", "show or hide the side panel", TEXT, lambda d: d.host.toggle_pane()),
        _c("theme", "z t", "theme", "change between dark and light", AT_REST, lambda d: d.host.toggle_theme()),
        _c("help", "?  f1  g k", "help", "show the keys of this mode", (*TEXT, PRE, CARD), lambda d: d.host.show_help(), 21),
        _c("commands", ":  ctrl+p  g c", "commands", "choose any command by name", TEXT, lambda d: d.host.show_palette(), 22),
        _c("tour", "", "tour", "show the first keys one after the other", AT_REST, lambda d: d.host.start_tour()),
        _c("reload", "", "reload", "read config.yaml anew, in place", AT_REST, lambda d: d.host.reload()),
        _c("redraw", "ctrl+l", "redraw", "draw the whole screen again, after something else wrote on it", (*TEXT, PRE, CARD, "library"), lambda x: x.host.redraw()),
        _c("suspend", "ctrl+z", "suspend", "go back to the shell; fg returns", (*TEXT, PRE, CARD, "library"), lambda x: x.host.suspend()),
        _c("interrupt", "ctrl+c", "interrupt", "copy what is selected, else say how to leave", (*TEXT, "hints", "ask", PRE, CARD, "library", "help"), _interrupt),
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
        _c("help-search", "/  g f", "search", "show only the keys whose explanation has some words", ("help",), lambda x: x.ask_search(), 2),
        _c("close-help", "escape  q  ?  enter  f1", "close", "go back", ("help",), lambda x: x.close(), 1),
    ),
]
# fmt: on


def label_commands(schema: Schema) -> list[Command]:
    """A command for each label and each relation type of the project, with its digits and its Space code, and for each
    document label, with its code after `DOCUMENT`."""
    entities = map(_label_command, schema.entities)
    return [*entities, *_relation_commands(schema), *_document_commands(schema)]


def _of_type(
    verb: str,
    kind: EntityType | RelationType,
    keys: tuple[str, ...],
    help: str,
    scopes: tuple[str, ...],
    run: Callable[..., Any],
    when: Callable[[Any], bool] = _always,
) -> Command:
    """What a verb does with one label or relation type; `run` gets its name."""
    group = "Labels" if isinstance(kind, EntityType) else "Relation types"
    act = partial(run, name=kind.name)
    return Command(f"{verb}.{kind.name}", keys, kind.name, help, scopes, act, group, when=when)


def _label_command(kind: EntityType) -> Command:
    keys, help = (*kind.keys, _code(kind)), f"label as {kind.name}"
    return _of_type("label", kind, keys, help, (READ, SEL, SAME), editing.label)


def _document_commands(schema: Schema) -> list[Command]:
    """One for each document label; without any, the key alone says where they come from."""
    group = "Document labels"
    found = [
        Command(
            f"document-label.{name}",
            (" ".join([DOCUMENT, *code]),),
            name,
            f"label the article {name}, or take that away",
            AT_REST,
            partial(detailing.toggle_label, name=name),
            group,
        )
        for name, code in schema.label_codes.items()
    ]
    keys, words = f"{DOCUMENT} space" if found else DOCUMENT, "choose the article's labels by name"
    run = detailing.pick_label
    return [Command("document-labels", (keys,), "by name", words, AT_REST, run, group), *found]


def _code(kind: EntityType | RelationType) -> str:
    """The sequence of a type's short code."""
    return " ".join([LEADER, *kind.code])


def _relation_commands(schema: Schema) -> list[Command]:
    found = []
    for kind in schema.relations:
        found += [_relate_command(kind), _choose_command(kind), _retype_command(kind)]
    return found + [_label_in_link(kind) for kind in schema.entities]


def _relate_command(kind: RelationType) -> Command:
    help = f"relate as {kind.name}; on the head, choose that type"
    return _of_type("relate", kind, kind.keys, help, (LNK, HEAD), linking.choose_type)


def _choose_command(kind: RelationType) -> Command:
    """A relation type by its code, where the code cannot mean the label of the other end."""
    help, when = f"choose {kind.name} as the type", partial(linking.may_begin, kind=kind)
    return _of_type("choose", kind, (_code(kind),), help, (HEAD,), linking.choose_type, when)


def _retype_command(kind: RelationType) -> Command:
    keys, help = (*kind.keys, _code(kind)), f"make {kind.name} of the relation"
    return _of_type(
        "retype", kind, keys, help, (REL,), linking.relabel, partial(linking.may_become, kind=kind)
    )


def _label_in_link(kind: EntityType) -> Command:
    help = f"label the other end as {kind.name}"
    return _of_type("link-label", kind, (_code(kind),), help, (LNK,), editing.label)


PROFILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "default": {},
    "arrows": {
        "next-token": ("right",),
        "previous-token": ("left",),
        "next-line": ("down",),
        "previous-line": ("up",),
        "next-word": ("ctrl+right", "z right"),
        "previous-word": ("ctrl+left", "z left"),
        "word-end": ("z end",),
        "next-sentence": (")", "z f"),
        "previous-sentence": ("(", "z r"),
        "next-paragraph": ("}", "ctrl+down", "z down"),
        "previous-paragraph": ("{", "ctrl+up", "z up"),
        "top": ("home", "ctrl+home"),
        "bottom": ("end", "ctrl+end"),
        "select": ("s",),
        "grow": ("E",),
        "edges": ("g o",),
        "grow-left": ("ctrl+shift+left", "g left"),
        "grow-right": ("ctrl+shift+right", "g right"),
        "cut-left": ("<", "g home"),
        "cut-right": (">", "g end"),
        "ask-leave": ("o",),
        "preview-raise": ("right",),
        "preview-lower": ("left",),
        "preview-down": ("down", "tab"),
        "preview-up": ("up", "shift+tab"),
        "preview-first": ("home",),
        "preview-last": ("end",),
        "card-down": ("down",),
        "card-up": ("up",),
        "card-first": ("home",),
        "card-last": ("end",),
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
        "skip": ("space", "g s"),
        "undo": ("backspace", "u"),
    },
}
"""Other default keys by profile and command id."""
