"""The verbs: functions of an article's state and their arguments that return an `Edit`.

Invariant: a verb changes nothing; it touches no database and no screen; what the rules do not allow raises `Refused`
with the reason. Keys name what is acted on: the id of an entity or relation, or the `about` of a suggestion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from annotations.draft import Draft, Pen
from annotations.errors import Refused
from annotations.model import Edit, Entity, Relation, RelationSuggestion, Span, Suggestion
from annotations.state import ArticleState, SpanIndex, Value, conflict, contains, value_of
from annotations.text import joined, trim
from annotations.wording import short

# -- entities -----------------------------------------------------------------------------------------


def add(state: ArticleState, pen: Pen, start: int, end: int, label: str) -> Edit:
    """Labels a span; under `overlap: none` it takes the place of the own entities it meets."""
    start, end = _trimmed(state, start, end)
    draft = Draft(state, pen)
    known = draft.state.ids_by_value.get((((start, end),), label))
    if known is not None:
        raise Refused(f"this is {label} already", known)
    id = draft.add_entity(start, end, label)
    return draft.edit("add", f"{label} {_quoted(state.article.text[start:end])}", id)


def relabel(state: ArticleState, pen: Pen, key: str, label: str) -> Edit:
    """Gives an entity another label; of a suggestion, accepts it as that in one edit."""
    shown, draft = acted_on(state, key), Draft(state, pen)
    if isinstance(shown, Suggestion):
        if shown.label == label:
            return accept(state, pen, key)
        id = draft.accept(shown, label=label)
        return draft.edit("relabel", f"{_quoted(shown.text)} accepted as {label}", id)
    if shown.label == label:
        raise Refused(f"this is {label} already", key)
    draft.change_entity(key, label=label)
    return draft.edit("relabel", f"{_quoted(shown.text)} {shown.label} → {label}", key)


def reshape(state: ArticleState, pen: Pen, key: str, start: int, end: int, label: str | None = None) -> Edit:
    """Moves the edges of an entity or a suggestion, which accepts it, and labels it anew where asked."""
    start, end = _trimmed(state, start, end)
    pieces = _moved_edges(acted_on(state, key).fragments, start, end)
    return set_spans(state, pen, key, pieces or ((start, end),), label)


def set_spans(
    state: ArticleState, pen: Pen, key: str, spans: tuple[Span, ...], label: str | None = None
) -> Edit:
    """Gives an entity, or a suggestion, which accepts it, other pieces, sorted and apart, and a label where asked."""
    shown, text = acted_on(state, key), state.article.text
    label = label or shown.label
    if (spans, label) == shown.value:
        raise Refused("the edges are there already", key)
    columns: dict[str, Any] = {"start": spans[0][0], "end": spans[-1][1], "label": label}
    columns["fragments"] = spans if len(spans) > 1 else ()
    draft = Draft(state, pen)
    if isinstance(shown, Suggestion):
        id = draft.accept(shown, **columns)
    else:
        id = draft.change_entity(key, **columns, text=text[spans[0][0] : spans[-1][1]])
    return draft.edit("reshape", f"{label} {surface(text, shown.spans)} → {surface(text, spans)}", id)


def _moved_edges(fragments: tuple[Span, ...], start: int, end: int) -> tuple[Span, ...]:
    """The pieces cut to the new edges; the first and the last follow them."""
    kept = [(max(s, start), min(e, end)) for s, e in fragments if s < end and e > start]
    if len(kept) < 2:
        return ()
    kept[0], kept[-1] = (start, kept[0][1]), (kept[-1][0], end)
    return tuple(kept)


def split(state: ArticleState, pen: Pen, key: str, at: int) -> Edit:
    """Cuts an entity or suggestion in two before the code point `at`; the part with the head word keeps the
    relations, else the first."""
    shown = acted_on(state, key)
    if shown.fragments:
        raise Refused("an entity of several pieces cannot be split", key)
    if not shown.start < at < shown.end:
        raise Refused("split needs the cursor inside, after the first token", key)
    text = state.article.text
    parts = [trim(text, shown.start, at), trim(text, at, shown.end)]
    keeps = 0 if _head_word(state, shown.start, shown.end) < at else 1
    kept, other = parts[keeps], parts[1 - keeps]
    draft = Draft(state, pen)
    if isinstance(shown, Suggestion):
        id = draft.accept(shown, start=kept[0], end=kept[1], label=shown.label, fragments=())
    else:
        id = draft.change_entity(key, start=kept[0], end=kept[1], text=text[kept[0] : kept[1]])
    new = draft.add_entity(*other, shown.label)
    first, second = (text[s:e] for s, e in parts)
    focus = id if keeps == 0 else new
    return draft.edit("split", f"split into {_quoted(first)} and {_quoted(second)}", focus)


def _head_word(state: ArticleState, start: int, end: int) -> int:
    """Start of the head word: the last token of the noun chunk that ends in the span, else the first token."""
    for chunk_start, chunk_end in state.analysis.chunks:
        if chunk_start < end and start < chunk_end <= end:
            tokens = state.whole_tokens
            return tokens.starts[tokens.covering(chunk_start, chunk_end)[1]]
    return start


def join(state: ArticleState, pen: Pen, key: str, other: str) -> Edit:
    """Makes one entity of this and the next, with the gap between; the label of `key` stays."""
    if key == other:
        raise Refused("join needs another item", key)
    first, second = acted_on(state, key), acted_on(state, other)
    start, end = min(first.start, second.start), max(first.end, second.end)
    text = state.article.text[start:end]
    if "\n\n" in text:
        raise Refused("the next item is in another paragraph", key)
    draft = Draft(state, pen)
    columns: dict[str, Any] = {"start": start, "end": end, "label": first.label, "fragments": ()}
    if isinstance(first, Entity):
        if isinstance(second, Entity):
            draft.merge_entity(second.id, first.id)
        id = draft.change_entity(first.id, **columns, text=text)
    elif isinstance(second, Entity):
        id = draft.change_entity(second.id, **columns, text=text)
    else:
        id = draft.accept(first, **columns)
    for part in (first, second):
        if isinstance(part, Suggestion):
            draft.decide(part.about, "changed", id)
    return draft.edit("join", f"joined: {first.label} {_quoted(text)}", id)


def delete(state: ArticleState, pen: Pen, key: str) -> Edit:
    """Deletes an entity with its relations, or a relation; rejects a suggestion. Nothing is focused afterwards."""
    if key in state.suggestions or key in state.links:
        return replace(reject(state, pen, key), focus=None)
    draft = Draft(state, pen)
    if key in state.relations:
        return _delete_relation(draft, state.relations[key])
    entity = _own(state, key)
    draft.drop_entity(key)
    return draft.edit("delete", f"deleted {entity.label} {_quoted(entity.text)}", None)


def accept(state: ArticleState, pen: Pen, key: str) -> Edit:
    """Takes a suggestion over as it is; of a suggested relation, both its ends as well."""
    draft = Draft(state, pen)
    if key in state.links:
        link = state.links[key]
        id = _accept_link(draft, link)
        says = f"{link.label} accepted: {_link_words(state, link)}"
        return draft.edit("accept", says, id)
    suggestion = _offered(state, key)
    id = draft.accept(suggestion)
    return draft.edit("accept", f"{suggestion.label} {_quoted(suggestion.text)} accepted", id)


def reject(state: ArticleState, pen: Pen, key: str) -> Edit:
    """Turns a suggestion down; one that stands as the person's own is to be deleted instead."""
    if key not in state.links:
        _offered(state, key)
    if (standing := state.result_of(key)) is not None:
        raise Refused("this was accepted: delete it instead", standing)
    draft = Draft(state, pen)
    draft.decide(key, "rejected", None)
    if key in state.links:
        return draft.edit("reject", f"{state.links[key].label} rejected", None)
    suggestion = state.suggestions[key]
    return draft.edit("reject", f"{suggestion.label} {_quoted(suggestion.text)} rejected", None)


# -- relations ----------------------------------------------------------------------------------------


def relate(state: ArticleState, pen: Pen, label: str, head: str, tail: str) -> Edit:
    """Makes a relation between two entities or pending suggestions, which it accepts in the same edit."""
    first, second = acted_on(state, head), acted_on(state, tail)
    if head == tail:
        raise Refused("a relation needs two different ends", head)
    if not state.schema.legal(label, first.label, second.label):
        raise Refused(f"{label} may not go from {first.label} to {second.label}", head)
    draft = Draft(state, replace(pen, via="relate"))
    ids = [draft.accept(end) if isinstance(end, Suggestion) else end.id for end in (first, second)]
    _need_both(draft, ids, (first.value, second.value), head)
    if (known := draft.find_relation(label, ids[0], ids[1])) is not None:
        raise Refused(f"this {label} is there already", known.id)
    relation = Relation(pen.new_id(), label, ids[0], ids[1], created_at=pen.at, updated_at=pen.at)
    draft.put_relation(relation)
    says = f"{short(first.text)} —{label}→ {short(second.text)}"
    return draft.edit("relate", says, ids[0])


def relabel_relation(state: ArticleState, pen: Pen, key: str, label: str) -> Edit:
    """Gives a relation another type, if the types of its ends allow it; of a suggested one, accepts it as that."""
    draft = Draft(state, pen)
    if key in state.links:
        link = state.links[key]
        _need_legal(state, label, value_of(link.head)[1], value_of(link.tail)[1], key)
        id = _accept_link(draft, link, label)
        return draft.edit("relabel", f"{link.label} accepted as {label}", id)
    relation = _relation(state, key)
    if relation.label == label:
        raise Refused(f"this is {label} already", key)
    head, tail = state.entities[relation.head], state.entities[relation.tail]
    _need_legal(state, label, head.label, tail.label, key)
    _need_new(draft, label, relation.head, relation.tail)
    draft.put_relation(relation._replace(label=label))
    return draft.edit("relabel", f"{relation.label} → {label}", key)


def swap(state: ArticleState, pen: Pen, key: str) -> Edit:
    """Turns a relation round, if its type is legal that way."""
    relation = _relation(state, key)
    head, tail = state.entities[relation.head], state.entities[relation.tail]
    if relation.label in state.schema.symmetric:
        raise Refused(f"{relation.label} has no direction", key)
    _need_legal(state, relation.label, tail.label, head.label, key)
    draft = Draft(state, pen)
    _need_new(draft, relation.label, relation.tail, relation.head)
    draft.put_relation(relation._replace(head=relation.tail, tail=relation.head))
    return draft.edit("swap", f"{short(tail.text)} —{relation.label}→ {short(head.text)}", key)


def repoint(state: ArticleState, pen: Pen, key: str, end: str, to: str) -> Edit:
    """Moves the `head` or `tail` of a relation to another entity or pending suggestion."""
    relation, target = _relation(state, key), acted_on(state, to)
    draft = Draft(state, replace(pen, via="relate"))
    ends = {"head": state.entities[relation.head].label, "tail": state.entities[relation.tail].label}
    ends[end] = target.label
    _need_legal(state, relation.label, ends["head"], ends["tail"], key)
    id = draft.accept(target) if isinstance(target, Suggestion) else target.id
    moved = relation._replace(head=id) if end == "head" else relation._replace(tail=id)
    other = state.entities[relation.tail if end == "head" else relation.head]
    _need_both(draft, (id, other.id), (target.value, other.value), key)
    _need_new(draft, moved.label, moved.head, moved.tail)
    draft.put_relation(moved)
    return draft.edit("repoint", f"{relation.label}: {end} is now {_quoted(target.text)}", key)


def _delete_relation(draft: Draft, relation: Relation) -> Edit:
    head, tail = (draft.state.entities[end] for end in (relation.head, relation.tail))
    draft.relations.set(relation.id, None)
    says = f"deleted {short(head.text)} —{relation.label}→ {short(tail.text)}"
    return draft.edit("delete", says, None)


def _accept_link(draft: Draft, link: RelationSuggestion, label: str | None = None) -> str:
    """Accepts a suggested relation with both ends, or between the person's identical ones."""
    values = value_of(link.head), value_of(link.tail)
    ids = [
        _accept_end(draft, about, value) for about, value in zip((link.head, link.tail), values, strict=True)
    ]
    _need_both(draft, ids, values, link.about)
    name = label or link.label
    known = draft.find_relation(name, ids[0], ids[1])
    at = draft.pen.at
    new = Relation(draft.pen.new_id(), name, ids[0], ids[1], created_at=at, updated_at=at)
    id = known.id if known else draft.put_relation(new)
    draft.decide(link.about, "accepted" if name == link.label else "changed", id)
    return id


def _accept_end(draft: Draft, about: str, value: Value) -> str:
    if (own := draft.find_entity(value)) is not None:
        return own
    if not draft.state.is_pending(about):
        raise Refused("an end of this relation was turned down, or gave way to another entity")
    return draft.accept(draft.state.suggestions[about])


def _need_both(draft: Draft, ids: Sequence[str], values: Sequence[Value], key: str) -> None:
    """Two ends that the overlap policy lets stand together."""
    standing = [e.value for e in map(draft.entities.get, ids) if e is not None]
    if ids[0] == ids[1] or standing != list(values):
        raise Refused("a relation needs two different ends that do not overlap", key)


def _need_legal(state: ArticleState, label: str, head: str, tail: str, key: str) -> None:
    if not state.schema.legal(label, head, tail):
        raise Refused(f"{label} may not go from {head} to {tail}", key)


def _need_new(draft: Draft, label: str, head: str, tail: str) -> None:
    if (known := draft.find_relation(label, head, tail)) is not None:
        raise Refused(f"this {label} is there already", known.id)


# -- the article --------------------------------------------------------------------------------------


def done(state: ArticleState, pen: Pen, pending: str) -> Edit:
    """Settles the article; `pending` says what becomes of pending suggestions: accept, reject or leave.

    Refused, with the first one in focus, while there are problems."""
    if state.settled:
        raise Refused("this article is done already")
    _refuse_problems(state)
    draft = Draft(state, replace(pen, via="done"))
    accepted, rejected = 0, 0
    if pending == "accept":
        accepted = _accept_best(draft, [i.key for i in state.pending if not inside_own(state, i.key)])
        if (problem := draft.new_problem()) is not None:
            raise Refused(f"not done: {problem[1]}", _offer_behind(draft, problem[0]))
    elif pending == "reject":
        rejected = state.pending_count
        for item in state.pending:
            draft.decide(item.key, "rejected", None)
    _supersede_set_aside(draft)
    complete = tuple(state.schema.complete)
    draft.progress = replace(state.progress, status="done", complete=complete, done_at=pen.at)
    says = (
        "done"
        + (f", accepted {accepted}" if accepted else "")
        + (f", rejected {rejected}" if rejected else "")
    )
    return draft.edit("done", says, None)


def accept_all(state: ArticleState, pen: Pen, keys: Sequence[str]) -> Edit:
    """Accepts many suggestions in one edit; of those that rule each other out the best ranked, the rest superseded.
    What is not pending any more is passed over."""
    draft = Draft(state, replace(pen, via="bulk"))
    count = _accept_best(draft, _still_pending(state, keys))
    return draft.edit("accept all", f"accepted {count}", None)


def reject_all(state: ArticleState, pen: Pen, keys: Sequence[str]) -> Edit:
    """Turns many suggestions down in one edit. What is not pending any more is passed over."""
    draft, pending = Draft(state, replace(pen, via="bulk")), _still_pending(state, keys)
    for key in pending:
        draft.decide(key, "rejected", None)
    return draft.edit("reject all", f"rejected {len(pending)}", None)


def _still_pending(state: ArticleState, keys: Sequence[str]) -> list[str]:
    pending = [key for key in keys if state.is_pending(key)]
    if not pending:
        raise Refused("none of this is pending any more")
    return pending


def superseded(state: ArticleState, keys: Sequence[str]) -> dict[str, str]:
    """Of these suggestions of entities, those that a better ranked one among them rules out, each with that one."""
    taken, found = _Taken(state.schema.overlap), {}
    for suggestion in _best_first(state, keys):
        if (rival := taken.rival(suggestion)) is not None:
            found[suggestion.about] = rival.about
        else:
            taken.take(suggestion)
    return found


def _best_first(state: ArticleState, keys: Sequence[str]) -> list[Suggestion]:
    """The suggestions of entities among the keys, the best ranked first."""
    return sorted((state.suggestions[key] for key in keys if key in state.suggestions), key=rank)


def _accept_best(draft: Draft, keys: Sequence[str]) -> int:
    state = draft.state
    ruled_out = superseded(state, keys)
    count = 0
    for suggestion in _best_first(state, keys):
        if suggestion.about in ruled_out:
            draft.decide(suggestion.about, "superseded", None)
        else:
            draft.accept(suggestion)
            count += 1
    for link in (state.links[k] for k in keys if k in state.links):
        missing = [end for end in (link.head, link.tail) if draft.find_entity(value_of(end)) is None]
        if not missing:
            _accept_link(draft, link)
            count += 1
        elif any(end in draft.decisions for end in missing):
            draft.decide(link.about, "superseded", None)
    return count


class _Taken:
    """What a bulk acceptance has taken so far, so that later suggestions give way to better ones."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.suggestions: dict[str, Suggestion] = {}
        self.index = SpanIndex()

    def take(self, suggestion: Suggestion) -> None:
        self.suggestions[suggestion.about] = suggestion
        self.index.add(suggestion.about, suggestion.start, suggestion.end)

    def rival(self, suggestion: Suggestion) -> Suggestion | None:
        """One already taken that forbids it by the overlap policy."""
        near = (self.suggestions[key] for key in self.index.overlapping(suggestion.start, suggestion.end))
        return next((each for each in near if conflict(self.policy, each.value, suggestion.value)), None)


def rank(suggestion: Suggestion) -> tuple[int, float, int, int, str]:
    """Sort key, the best first: kind of source, score (none passes), longer, earlier, label."""
    score = 1.0 if suggestion.score is None else suggestion.score
    return suggestion.rank, -score, suggestion.start - suggestion.end, suggestion.start, suggestion.label


def inside_own(state: ArticleState, key: str) -> bool:
    """Whether a suggestion lies within an own entity, as `overlap: nested` lets it: nobody asked for that one."""
    if state.schema.overlap != "nested" or key not in state.suggestions:
        return False
    spans = state.suggestions[key].spans
    return any(contains(own.spans, spans) for own in state.own_over(spans))


def _offer_behind(draft: Draft, id: str) -> str:
    """The suggestion that a new entity comes from: the entity itself is not there if the edit is refused."""
    found = (about for about, d in draft.decisions.over.items() if d is not None and d.result == id)
    return id if id in draft.state.entities else next(found, id)


def _supersede_set_aside(draft: Draft) -> None:
    """At done, what gave way to the person's own annotations is decided too."""
    state = draft.state
    for about in [*state.suggestions, *state.links]:
        if about not in draft.decisions and not state.is_pending(about):
            standing = state.result_of(about)
            draft.decide(about, "accepted" if standing else "superseded", standing)


def _refuse_problems(state: ArticleState) -> None:
    if (key := state.first_problem()) is not None:
        count = len(state.problems)
        raise Refused(
            f"not done: {count} problem{'s' if count > 1 else ''} first ({state.problems[key]})", key
        )


def skip(state: ArticleState, pen: Pen) -> Edit:
    """Sets the article aside for good: it is not exported for training."""
    return _status(state, pen, "skipped", "skipped")


def reopen(state: ArticleState, pen: Pen) -> Edit:
    """Opens a done or skipped article again."""
    return _status(state, pen, "open", "open again")


def _status(state: ArticleState, pen: Pen, status: str, says: str) -> Edit:
    if state.progress.status == status:
        raise Refused(f"this article is {status} already")
    draft = Draft(state, pen)
    draft.progress = replace(state.progress, status=status, complete=(), done_at=None)  # type: ignore[arg-type]
    return draft.edit("skip" if status == "skipped" else "reopen", says, None)


def flag(state: ArticleState, pen: Pen) -> Edit:
    """Flags the article for a second look, or takes the flag away."""
    draft = Draft(state, pen)
    draft.progress = replace(state.progress, flagged=not state.progress.flagged)
    return draft.edit("flag", "flagged" if draft.progress.flagged else "flag taken away", None)


def note(state: ArticleState, pen: Pen, key: str | None, text: str) -> Edit:
    """Sets the note of an entity, a relation or, without a key, the article; an empty text takes it away.

    A note on a suggestion accepts it, since notes are the person's own; of a suggested relation, both its ends too."""
    value = text.strip() or None
    draft = Draft(state, pen)
    if key is None:
        draft.progress = replace(state.progress, note=value)
    else:
        key = take_over(draft, key)
        draft.annotate(key, note=value)
    return draft.edit("note", "note saved" if value else "note taken away", key)


def take_over(draft: Draft, key: str) -> str:
    """The id of the person's own entity or relation behind a key: a suggestion is accepted for it, of a suggested
    relation both ends as well. Refused when there is nothing behind it."""
    state = draft.state
    if key in state.links:
        return _accept_link(draft, state.links[key])
    if key in state.relations:
        return key
    shown = acted_on(state, key)
    return draft.accept(shown) if isinstance(shown, Suggestion) else key


# -- what a key names ---------------------------------------------------------------------------------


def _own(state: ArticleState, key: str) -> Entity:
    if key not in state.entities:
        raise Refused("there is no entity here any more")
    return state.entities[key]


def _relation(state: ArticleState, key: str) -> Relation:
    if key in state.links:
        raise Refused("accept the suggested relation first", key)
    if key not in state.relations:
        raise Refused("there is no relation here any more")
    return state.relations[key]


def _offered(state: ArticleState, key: str) -> Suggestion:
    if key not in state.suggestions:
        raise Refused("there is no suggestion here any more")
    return state.suggestions[key]


def acted_on(state: ArticleState, key: str) -> Entity | Suggestion:
    """What a verb acts on: an own entity, or a suggestion that has not become one."""
    if key not in state.suggestions:
        return _own(state, key)
    if (standing := state.result_of(key)) is not None:
        raise Refused("this was accepted already", standing)
    return state.suggestions[key]


def _trimmed(state: ArticleState, start: int, end: int) -> Span:
    start, end = trim(state.article.text, start, end)
    if start >= end:
        raise Refused("there is nothing but white space here")
    return start, end


def surface(text: str, spans: tuple[Span, ...]) -> str:
    """The pieces of an article's text in quotes, an ellipsis for each gap."""
    return _quoted(joined(text, spans))


def _quoted(text: str) -> str:
    return f"“{short(text)}”"


def _link_words(state: ArticleState, link: RelationSuggestion) -> str:
    (head, _), (tail, _) = value_of(link.head), value_of(link.tail)
    text = state.article.text
    return f"{short(text[head[0][0] : head[-1][1]])} → {short(text[tail[0][0] : tail[-1][1]])}"
