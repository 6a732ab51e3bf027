"""What is known of a thing beside its label and edges: details, attributes, clusters; and the labels of the article."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from annotations import details as verbs
from annotations import navigator
from annotations.edits import surface
from annotations.errors import Refused
from annotations.model import Edit, Entity, Suggestion
from tui.desk import Desk, Link
from tui.host import Choice
from tui.safe import safe
from tui.verbs import articles, editing, linking, revealing, selecting

Act = Callable[[], Any]
"""What choosing a line of the details does."""

# -- details ----------------------------------------------------------------------------------------


def details(desk: Desk) -> None:
    """Lists what the focused thing has; the chosen line is changed, or gone to."""
    key = desk.focus
    if key is None:
        raise Refused("nothing is focused here; details are those of an entity or a relation")
    item = desk.item
    rows = _of_item(desk, key, item) if item is not None else _of_relation(desk, key)
    lines = [Choice(text, detail, act) for text, detail, act in (*rows, *_editable(desk, key))]
    desk.host.pick("details", lines, lambda act: act())


def _of_item(desk: Desk, key: str, item: Entity | Suggestion) -> Iterator[tuple[str, str, Act]]:
    pieces = ", ".join(f"{start}-{end}" for start, end in item.spans)
    yield "label", item.label, lambda: editing.pick_label(desk)
    yield "range", pieces, lambda: selecting.reopen(desk)
    yield "text", surface(desk.state.article.text, item.spans), lambda: articles.copy(desk)
    yield from _origins(desk, key)
    for other in desk.state.others(key):
        yield "same as", f"{other.label} “{other.text}”", _going(desk, other.id)


def _of_relation(desk: Desk, key: str) -> Iterator[tuple[str, str, Act]]:
    types = linking.choices(desk, linking.types_now(desk))
    yield (
        "type",
        linking.arrow(desk, key),
        lambda: desk.host.pick("relation", types, lambda name: linking.relabel(desk, name)),
    )
    for side, end in zip(("head", "tail"), desk.ends(key) or (), strict=False):
        yield side, f"{end.label} “{end.text}”", _going(desk, navigator.key_of(end))
    yield from _origins(desk, key)


def _origins(desk: Desk, key: str) -> Iterator[tuple[str, str, Act]]:
    """Where something comes from: who suggests it, what it was decided to be, what it is a copy of."""
    state = desk.state
    offered = state.suggestions.get(key) or state.links.get(key)
    if offered is not None:
        score = f" {offered.score:.2f}" if offered.score is not None else ""
        yield "suggested", f"by {', '.join(offered.sources)}{score}", lambda: editing.accept(desk)
    for about in sorted(state.results.get(key, ())):
        decision = state.decisions[about]
        words = f"{decision.verdict} from {', '.join(decision.sources) or 'nobody'} ({decision.via})"
        yield "suggested", words, lambda: None
    own = state.entities.get(key)
    if own is not None and own.copy_of is not None:
        origin = state.entities.get(own.copy_of)
        words = f"“{origin.text}”" if origin else "an entity that is not in this article"
        yield "copied from", words, _going(desk, origin.id) if origin else lambda: None


def _going(desk: Desk, key: str) -> Act:
    return lambda: desk.focus_on(key)


def _editable(desk: Desk, key: str) -> Iterator[tuple[str, str, Act]]:
    """Link, attributes and note: each is asked for when its line is chosen."""
    own = desk.state.entities.get(key) or desk.state.relations.get(key)
    if desk.item is not None:
        link = own.link or "" if isinstance(own, Entity) else ""
        yield "link", link or "none", lambda: _ask(desk, "knowledge-base id", link, verbs.link, key)
    attributes: Mapping[str, Any] = (own.attributes if own else None) or {}
    for name, value in attributes.items():
        yield name, f"= {verbs.written(value)}", _asking(desk, key, name, verbs.written(value))
    for name in verbs.attribute_names(desk.state):
        if name not in attributes:
            yield name, "not set here", _asking(desk, key, name, "")
    yield "attribute…", "a new one: name = value", lambda: _ask_new(desk, key)
    yield "note", (own.note if own else None) or "none", lambda: editing.ask_note(desk)


def _asking(desk: Desk, key: str, name: str, value: str) -> Act:
    return lambda: _ask(desk, f"{safe(name)} =", value, verbs.attribute, key, name)


def _ask(desk: Desk, title: str, value: str, verb: Callable[..., Edit], *arguments: str) -> None:
    desk.host.prompt(title, value, lambda text: _do(desk, verb, *arguments, text))


def _ask_new(desk: Desk, key: str) -> None:
    desk.host.prompt("attribute: name = value", "", lambda text: _add_attribute(desk, key, text))


def _add_attribute(desk: Desk, key: str, text: str) -> None:
    name, sign, value = text.partition("=")
    if not sign:
        raise Refused("an attribute is written as name = value")
    _do(desk, verbs.attribute, key, name, value)


def _do(desk: Desk, verb: Callable[..., Edit], *arguments: str) -> None:
    """Applies a verb and focuses what it made of a suggestion, without moving the cursor."""
    focus = desk.do(verb, *arguments).focus
    if focus is not None and desk.exists(focus):
        desk.set_focus(focus)


# -- clusters ---------------------------------------------------------------------------------------


def start_same(desk: Desk) -> None:
    """Pins the focused entity or suggestion, to find other mentions of the same entity."""
    if desk.item is None or desk.focus is None:
        raise Refused("no entity here; label it first")
    revealing.refuse_unless_taken_back(desk)
    desk.link = Link(desk.focus, same=True)


def confirm_same(desk: Desk) -> None:
    """Makes the pinned and the focused one mentions of one entity; back on the pinned one."""
    head = _join(desk)
    desk.link = None
    desk.focus_on(head)


def more_same(desk: Desk) -> None:
    """Makes the pinned and the focused one mentions of one entity, and goes on looking."""
    desk.link = Link(_join(desk), same=True)


def _join(desk: Desk) -> str:
    """Returns what the pinned one is now: a suggestion has become an entity."""
    link = desk.link
    if link is None or desk.item is None or desk.focus is None or desk.focus == link.head:
        raise Refused("go to another mention first: Tab visits what is none yet")
    revealing.refuse_unless_taken_back(desk)
    focus = desk.do(verbs.same, link.head, desk.focus).focus
    desk.set_focus(focus)
    return link.head if link.head in desk.state.entities else desk.state.result_of(link.head) or link.head


def next_mention(desk: Desk) -> None:
    """To the next mention of the same entity, round the end."""
    found = navigator.next_mention(desk.state, desk.focus or "")
    if found is None:
        raise Refused("this is the only mention; = finds others")
    desk.focus_on(found.id)
    members = desk.state.members(found.cluster)
    desk.say(f"mention {members.index(found) + 1} of {len(members)}")


def leave_cluster(desk: Desk) -> None:
    """Takes the focused entity out of its cluster."""
    desk.do(verbs.leave_cluster, desk.focus or "")


# -- the labels of the article ----------------------------------------------------------------------


def toggle_label(desk: Desk, name: str) -> None:
    """Gives the article a label, or takes it away."""
    desk.do(verbs.toggle_label, name)


def pick_label(desk: Desk) -> None:
    """Offers the document labels by name, those that the article has ticked; open until Esc."""
    schema, now = desk.state.schema, desk.state.progress.labels
    names = dict.fromkeys([*schema.labels, *now])
    if not names:
        raise Refused("this project has no document labels: config.yaml lists them under labels:")
    choices = [Choice(name, "✓" if name in now else "", name, (f"document-label.{name}",)) for name in names]

    def toggle(name: str) -> None:
        toggle_label(desk, name)
        pick_label(desk)

    desk.host.pick("labels of the article", choices, toggle)
