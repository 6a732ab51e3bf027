"""Moving the cursor: tokens, words, sentences, paragraphs, lines, pages, items, stacks, hints, search."""

from __future__ import annotations

from annotations import navigator
from annotations.errors import QueryError, Refused
from annotations.queue import hits
from annotations.state import Item
from tui.desk import Desk


def token(desk: Desk, step: int) -> None:
    """To the next or previous token."""
    desk.go(desk.cursor + step)


def toggle_unit(desk: Desk) -> None:
    """Moves and selects by character, or again by token."""
    desk.set_unit(not desk.by_character)
    desk.say("by character: h and l, selections and edges" if desk.by_character else "by token again")


def word(desk: Desk, step: int, end: bool = False) -> None:
    """To the next or previous word's first (`end`: last) token."""
    desk.go(navigator.word(desk.state, desk.cursor, step, end))


def sentence(desk: Desk, step: int) -> None:
    """To the next or previous sentence."""
    desk.go(navigator.unit(desk.state, desk.cursor, navigator.sentences(desk.state), step))


def paragraph(desk: Desk, step: int) -> None:
    """To the next or previous paragraph."""
    desk.go(navigator.unit(desk.state, desk.cursor, navigator.paragraphs(desk.state), step))


def edge(desk: Desk, end: bool) -> None:
    """To the first or last token of the text."""
    desk.go(len(desk.state.tokens) - 1 if end else 0)


def line(desk: Desk, step: int) -> None:
    """Up or down by lines, in the column where the movement began."""
    layout = desk.view.layout
    here = layout.line_of(desk.offset)
    if desk.goal_column is None:
        desk.goal_column = layout.column_of(desk.offset)
    there = max(0, min(here + step, layout.line_count - 1))
    direction = 1 if step > 0 else -1
    while 0 < there < layout.line_count - 1 and layout.visible_end(there) == layout.line(there)[0]:
        there += direction
    column = desk.goal_column
    desk.go(desk.state.tokens.at(layout.offset_at(there, column)), keep_column=True)
    if desk.view.layout.line_of(desk.offset) == here and there != here:
        desk.go(desk.cursor + direction, keep_column=True)


def page(desk: Desk, step: int) -> None:
    """Up or down by a screen less two lines."""
    view = desk.view
    lines = max(1, view.last - view.top - 1)
    view.scroll_to(view.top + step * lines)
    line(desk, step * lines)


def centre(desk: Desk) -> None:
    """Puts the cursor's line in the middle of the screen."""
    desk.view.centre(desk.view.layout.line_of(desk.offset))


def item(desk: Desk, step: int) -> None:
    """To the next or previous entity or suggestion; in LINK, to the next legal tail, round the end."""
    if desk.link is not None:
        tail(desk, step)
        return
    items = desk.items
    here = desk.item_of(desk.focus) if desk.focus else None
    found = navigator.next_item(desk.state, desk.cursor, here, step, among=items)
    if found is None:
        count = len(items)
        if not count:
            raise Refused("nothing is marked or suggested in this article")
        raise Refused(f"last of {count}, c = done" if step > 0 else f"first of {count}")
    desk.focus_on_item(found)


def tail(desk: Desk, step: int) -> None:
    """To the next or previous item that may be the tail, round the end."""
    link, state = desk.link, desk.state
    if link is None:
        return
    wanted = wanted_tail(desk)
    found = navigator.next_item(state, desk.cursor, desk.focus, step, wanted)
    if found is None:
        candidates = [i for i in state.items if wanted(i)]
        if not candidates and link.same:
            raise Refused(
                "every other item is a mention of this entity already; label another, or `!` for all"
            )
        if not candidates:
            raise Refused("nothing here can be the other end; label it first, or `!` for all")
        found = candidates[0 if step > 0 else -1]
    desk.focus_on_item(found)


def wanted_tail(desk: Desk) -> navigator.Wanted:
    """What Tab stops at in LINK; in SAME, what is no mention of the entity yet."""
    link, state = desk.link, desk.state
    if link is not None and link.same and not link.every:
        known = {link.head, *(each.id for each in state.others(link.head))}
        return lambda i: state.shown(i.key) is not None and i.key not in known
    if link is None or link.every:
        head = link.head if link else None
        return lambda i: state.shown(i.key) is not None and i.key != head
    if link.repoint is not None:
        return navigator.legal_end(state, *link.repoint)
    return navigator.legal_tail(state, link.head, link.relation)


def next_pending(desk: Desk, step: int = 1, here: Item | None = None) -> Item | None:
    """Focuses the next pending suggestion below (above) the focus, or below an item that is gone by now; None when
    there is none there."""
    found = navigator.next_item(desk.state, desk.cursor, here or desk.focus, step, navigator.is_pending)
    if found is not None:
        desk.focus_on_item(found)
    return found


def hit_or_pending(desk: Desk, step: int) -> None:
    """To the next or previous hit of the search, else pending suggestion."""
    if desk.hits:
        starts = [start for start, _ in desk.hits]
        here = desk.offset
        order = [s for s in starts if s > here] if step > 0 else [s for s in reversed(starts) if s < here]
        target = next(iter(order), starts[0] if step > 0 else starts[-1])
        desk.go(desk.state.tokens.at(target))
        place = starts.index(target) + 1
        desk.say(f"hit {place} of {len(starts)}" + ("" if order else ", round the end"))
    elif next_pending(desk, step) is None:
        side = "below" if step > 0 else "above"
        raise Refused(f"no pending suggestion {side}")


def cycle_stack(desk: Desk) -> None:
    """Focuses the next of the items stacked under the cursor."""
    keys = navigator.stack(desk.state, desk.cursor)
    if len(keys) < 2:
        raise Refused("only one item here" if keys else "no item here")
    place = keys.index(desk.focus) if desk.focus in keys else -1
    desk.set_focus(keys[(place + 1) % len(keys)])


def start_hints(desk: Desk) -> None:
    """Shows a jump code on every item on screen."""
    start, end = desk.view.visible
    desk.hints = navigator.hints(desk.state, start, end, desk.offset)
    if not desk.hints:
        raise Refused("no item on screen to jump to")
    desk.mode, desk.typed = "hints", ""
    desk.shown.everything = True


def hint_key(desk: Desk, key: str) -> None:
    """Takes a letter of a jump code; a code that is none ends the jump."""
    desk.typed += key
    if desk.typed in desk.hints:
        target = desk.hints[desk.typed]
        end_hints(desk)
        desk.focus_on(target)
    elif not any(code.startswith(desk.typed) for code in desk.hints):
        typed = desk.typed
        end_hints(desk)
        raise Refused(f"no item has the jump code {typed}")
    else:
        desk.shown.everything = True


def end_hints(desk: Desk) -> None:
    """Ends the jump; a pinned head stays pinned."""
    desk.mode, desk.hints, desk.typed = "read", {}, ""
    desk.shown.everything = True


def ask_search(desk: Desk) -> None:
    """Asks for a regular expression to search in this article."""
    desk.host.prompt("/", "", lambda text: search(desk, text))


def search(desk: Desk, expression: str) -> None:
    """Finds all places of an expression; small letters match both cases. An empty one ends the search."""
    desk.shown.everything, desk.carried = True, ""
    if not expression:
        desk.hits = []
        return
    try:
        desk.hits = hits(expression, desk.state.article.text)
    except QueryError as error:
        raise Refused(f"/{expression}: {error}") from error
    if not desk.hits:
        raise Refused(f"/{expression}: not found in this article")
    to_hit(desk)


def to_hit(desk: Desk) -> None:
    """To the first hit of the search at the cursor or below, else in the article."""
    start = next((s for s, _ in desk.hits if s >= desk.offset), desk.hits[0][0])
    desk.go(desk.state.tokens.at(start))
    desk.say(f"{len(desk.hits)} hit{'s' if len(desk.hits) > 1 else ''}, n and N to walk them")
