"""The article as a whole: done, skip, flag, reopen, and going from one to the next; views and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from annotations import edits
from annotations.errors import Refused
from annotations.model import Span
from annotations.wording import count
from tui.desk import Desk
from tui.verbs import linking, moving, selecting

MOST_COPIED = 74_994
"""Bytes of UTF-8 that terminals take into the clipboard: sent, they are 100,000."""

LONG = 10_000
"""Code points from which an article must have been on screen as a whole before it is done."""


def done(desk: Desk) -> None:
    """Settles the article and opens the next open one. Refuses once where that is probably a mistake."""
    state = desk.state
    if state.settled:
        _next_open(desk, "this one was done already")
        return
    if desk.session.awaits_suggestions:
        _refuse_once(desk, "wait", "suggestions have not arrived yet; c again settles it without them")
    if len(state.article.text) > LONG and desk.session.read_to < len(state.article.text.rstrip()):
        _refuse_once(
            desk, "unread", "parts of this article were never on screen; c again settles it all the same"
        )
    if desk.session.config.done == "ask" and state.pending_count:
        desk.mode = "ask"
        return
    settle(desk, None)


def _refuse_once(desk: Desk, reason: str, words: str) -> None:
    if reason not in desk.warned:
        desk.warned.add(reason)
        raise Refused(words)


def settle(desk: Desk, pending: str | None) -> None:
    """Settles the article, with what is pending accepted, rejected or left."""
    desk.leave_modes()
    try:
        edit = desk.do(edits.done, pending or desk.session.config.done)
    except Refused as refusal:
        if refusal.focus is not None and desk.exists(refusal.focus):
            desk.focus_on(refusal.focus)
        raise
    _next_open(desk, edit.says)


def skip(desk: Desk) -> None:
    """Skips the article and opens the next open one."""
    _next_open(desk, desk.do(edits.skip).says)


def _next_open(desk: Desk, said: str) -> None:
    target = desk.session.next_open()
    if target is None:
        elsewhere = desk.session.open_elsewhere() if desk.session.query else 0
        desk.say(f"{said}; {_none_left(elsewhere)}", warns=elsewhere > 0)
        return
    desk.open(target)
    desk.say(said)


def _none_left(elsewhere: int) -> str:
    """That the list has no open article any more, and how to come to those that are open beside it."""
    if not elsewhere:
        return "no open article is left: `postil export` writes the data"
    are = "is" if elsewhere == 1 else "are"
    return f"no open article is left in this list; {elsewhere} {are} open elsewhere: q, then Esc, shows all"


def reopen(desk: Desk) -> None:
    """Opens a settled or skipped article again."""
    desk.do(edits.reopen)


def flag(desk: Desk) -> None:
    """Flags the article for a second look, or takes the flag away."""
    desk.do(edits.flag)


def go(desk: Desk, step: int) -> None:
    """To the next or previous article of the queue."""
    target = desk.session.neighbour(step)
    if target is None:
        raise Refused(
            "this is the last article of the list" if step > 0 else "this is the first article of the list"
        )
    desk.open(target)


def copy(desk: Desk) -> None:
    """Copies the selected text, else the focused entity's, its pieces with a space between, else the token under the
    cursor. Refused when a terminal would not take so much."""
    state = desk.state
    if not len(state.tokens):
        raise Refused("there is no text to copy")
    if desk.selection is not None:
        spans: Sequence[Span] = (desk.selection,)
    else:
        spans = desk.item.spans if desk.item is not None else (state.tokens.span(desk.cursor),)
    text = " ".join(state.article.text[start:end] for start, end in spans)
    if len(text.encode()) > MOST_COPIED:
        raise Refused(f"{count(len(text), 'character')} are more than a terminal takes at once: select less")
    desk.host.copy(text)
    desk.say(f"copied {count(len(text), 'character')}")


def interrupt(desk: Desk) -> None:
    """Ctrl+C: copies what is selected, else has it said what leaves here."""
    if desk.selection is not None:
        copy(desk)
    else:
        desk.host.interrupt()


def toggle_labels(desk: Desk) -> None:
    """Shows or hides the labels in the text."""
    desk.show(labels=not desk.view.labels, gloss=False)
    desk.say("labels shown in the text" if desk.view.labels else "labels hidden")


def toggle_gloss(desk: Desk) -> None:
    """Shows or hides the gloss: rows under the lines, with a rule and the label under each entity."""
    desk.show(gloss=not desk.view.gloss)
    desk.say("gloss shown under the lines" if desk.view.gloss else "gloss hidden")


def toggle_sentences(desk: Desk) -> None:
    """Begins each sentence on a line of its own, or not."""
    desk.show(by_sentence=not desk.view.by_sentence)
    desk.say("one sentence a line" if desk.view.by_sentence else "paragraphs as they are")


def leave(desk: Desk) -> None:
    """Esc: out of the innermost mode; in READ it ends the search."""
    if desk.mode == "select":
        selecting.end(desk)
    elif desk.mode == "hints":
        moving.end_hints(desk)
    elif desk.mode == "ask":
        desk.mode = "read"
    elif desk.link is not None:
        linking.end(desk)
    elif desk.scope == "relation":
        desk.set_focus(None)
        desk.go(desk.cursor)
    elif desk.hits or desk.carried:
        moving.search(desk, "")
