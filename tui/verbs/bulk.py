"""Many places at once, looked over first: accept or reject what was read, copy a label, take copies back.

Invariant: nothing changes before Enter, which makes one edit; Esc leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from annotations import edits, navigator, propagation
from annotations.errors import Refused
from annotations.model import Edit
from annotations.propagation import Found, Options, Place
from annotations.state import LINK, ArticleState, Item
from annotations.text import around
from tui.desk import Desk
from tui.preview import CONTEXT, Line, Preview
from tui.safe import safe
from tui.verbs import editing, revealing

# -- the preview --------------------------------------------------------------------------------------


def show(desk: Desk, preview: Preview) -> None:
    """Lays a preview over the text; cursor and focus stay where they are."""
    desk.mode, desk.preview = "preview", preview


def leave(desk: Desk) -> None:
    """Takes the preview away; nothing has changed."""
    desk.mode, desk.preview = "read", None


def apply(desk: Desk) -> None:
    """Makes the edit for what is ticked. Refused when nothing is."""
    preview = desk.preview
    if preview is None:
        return
    if not preview.count:
        raise Refused("nothing is ticked, so there is nothing to do: Space ticks a line, Esc leaves")
    leave(desk)
    preview.apply(preview.ticked, preview.exceptions)


def page(desk: Desk, step: int) -> None:
    """Up or down by about as many lines as there are on screen."""
    if desk.preview is not None:
        desk.preview.move(step * max(1, desk.view.height // 2))


# -- what I have read ---------------------------------------------------------------------------------


def accept_read(desk: Desk) -> None:
    """Offers to accept all that is pending from the top of the article to the last line on screen."""
    _over_what_was_read(desk, "accept down to here", edits.accept_all)


def reject_read(desk: Desk) -> None:
    """Offers to reject all that is pending from the top of the article to the last line on screen."""
    _over_what_was_read(desk, "reject down to here", edits.reject_all)


def _over_what_was_read(desk: Desk, title: str, verb: Callable[..., Edit]) -> None:
    end = desk.view.visible[1]
    items = [item for item in desk.state.pending if item.start < end]
    if not items:
        rest = desk.state.pending_count
        raise Refused(
            f"nothing is pending down to here, {rest} below" if rest else "nothing is pending: c = done"
        )

    def go(ticked: Sequence[Line], _: Sequence[Line]) -> None:
        desk.do(verb, [line.value for line in ticked])
        editing.go_on(desk, items[-1])

    accepts = verb is edits.accept_all
    show(desk, Preview(title, _pending_lines(desk.state, items, accepts), go))


def _pending_lines(state: ArticleState, items: Sequence[Item], accepts: bool) -> list[Line]:
    """A line for each pending suggestion; to be accepted, one that lies within an own entity is not ticked."""
    rivals = edits.superseded(state, [item.key for item in items]) if accepts else {}
    return [_pending_line(state, item, accepts, rivals.get(item.key)) for item in items]


def _pending_line(state: ArticleState, item: Item, accepts: bool, rival: str | None) -> Line:
    text, key = state.article.text, item.key
    if item.kind == LINK:
        link, (before, _, after) = state.links[key], around(text, item.start, item.end, CONTEXT)
        note = ", ".join(link.sources)
        return Line(key, key, before, _link_words(state, key), after, link.label, note, link.score)
    offered = state.suggestions[key]
    inside = accepts and edits.inside_own(state, key)
    note = "inside your own" if inside else ", ".join(offered.sources)
    words = around(text, offered.start, offered.end, CONTEXT)
    return Line(key, key, *words, offered.label, note, offered.score, not inside, yields_to=rival)


def _link_words(state: ArticleState, key: str) -> str:
    ends = navigator.ends_of(state, key)
    return " → ".join(end.text for end in ends) if ends else ""


# -- the same words elsewhere -------------------------------------------------------------------------

LOOSEST = Options(match_case=False, whole_words=False)


def copy_in_article(desk: Desk) -> None:
    """Offers to give all other places with the focused words in this article the same label."""
    _copy(desk, "in this article", lambda key, options: propagation.places(desk.state, key, options), False)


def copy_in_corpus(desk: Desk) -> None:
    """Offers to give all other places with the focused words in all articles the same label."""
    _copy(desk, "in all articles", desk.session.corpus_places, True)


def match_case(desk: Desk) -> None:
    """Lets capital letters matter, or not."""
    _with(desk, match_case=not _options(desk).match_case)


def whole_words(desk: Desk) -> None:
    """Finds words only, or parts of words as well."""
    _with(desk, whole_words=not _options(desk).whole_words)


def delete_copies(desk: Desk) -> None:
    """Deletes the focused entity and its propagated copies in all articles; stays, with nothing focused."""
    if desk.focus is None:
        raise Refused("nothing here to delete")
    revealing.refuse_hidden(desk)
    key = desk.focus
    desk.take(lambda: desk.session.delete_copies(key))
    desk.set_focus(None)


def _copy(desk: Desk, where: str, places: Callable[[str, Options], Found], headed: bool) -> None:
    """Shows the places that are found; `headed`, each article's under its title."""
    key = desk.focus
    if key is None or desk.item is None:
        raise Refused("no entity here; label it first, then its label can go elsewhere")
    revealing.refuse_unless_taken_back(desk)
    sought = propagation.sought_by(desk.state, key)

    def find(options: Options) -> tuple[str, Sequence[Line]]:
        found = places(key, options)
        first = f", the first {len(found.places):,}" if found.cut else ""
        title = f"{sought.label} “{sought.text}” {where}{first}{_words(options)}"
        return title, [_place_line(place, sought.label, headed) for place in found.places]

    def go(ticked: Sequence[Line], exceptions: Sequence[Line]) -> None:
        edit = desk.take(lambda: desk.session.propagate(key, _places(ticked), _places(exceptions)))
        desk.set_focus(edit.focus)

    title, lines = find(Options())
    if not lines and not find(LOOSEST)[1]:
        raise Refused(f"there is no other “{safe(sought.text)}” {where} to label")
    show(desk, Preview(title, lines, go, Options(), find))


def _words(options: Options) -> str:
    """What the options say to people, where they are not the usual ones."""
    case = "" if options.match_case else ", any case"
    return case + ("" if options.whole_words else ", parts of words")


def _place_line(place: Place, label: str, headed: bool) -> Line:
    key, words = (place.article, *place.span), (place.before, place.text, place.after)
    return Line(key, place, *words, label, place.note, None, place.ticked, place.title if headed else "")


def _places(lines: Sequence[Line]) -> list[Place]:
    return [line.value for line in lines]


def _options(desk: Desk) -> Options:
    if desk.preview is None or not isinstance(desk.preview.options, Options):
        raise Refused("this preview has no options")
    return desk.preview.options


def _with(desk: Desk, **changes: bool) -> None:
    if desk.preview is not None:
        desk.preview.with_options(replace(_options(desk), **changes))
