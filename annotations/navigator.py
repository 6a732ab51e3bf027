"""Cursor rules on an article: which token, entity, suggestion or relation comes next; no widths, no widget.

Invariant: nothing here changes the state; places are token indices, keys are those of `annotations.state`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from annotations import text
from annotations.model import Entity, Relation, Span, Suggestion
from annotations.state import LINK, OWN, ArticleState, Item, overlaps, value_of

Wanted = Callable[[Item], bool]
"""Whether an item is one to stop at."""

Ends = tuple[Entity | Suggestion, Entity | Suggestion]
"""Head and tail of a relation."""

HINT_LETTERS = "fjdkslaghruetyiwonvmbc"
"""Letters for jump labels, the easiest to reach first."""

ONE_LETTER = 15
"""How many of the nearest items a single letter reaches."""


# -- items ------------------------------------------------------------------------------------------


def stack(state: ArticleState, token: int) -> list[str]:
    """Keys of the items under a token, the innermost first."""
    if not len(state.tokens):
        return []
    start, end = state.tokens.span(token)
    found = sorted(state.items_over(start, end), key=lambda item: (item.end - item.start, item.kind, item))
    return [item.key for item in found if _covers(state, item, start, end)]


def _covers(state: ArticleState, item: Item, start: int, end: int) -> bool:
    shown = state.shown(item.key)
    return shown is not None and overlaps(shown.spans, ((start, end),))


def innermost(state: ArticleState, token: int) -> str | None:
    """Key of the innermost item under a token, None where there is none."""
    return next(iter(stack(state, token)), None)


def next_item(
    state: ArticleState,
    token: int,
    focus: str | Item | None,
    step: int,
    wanted: Wanted = lambda _: True,
    among: Sequence[Item] | None = None,
) -> Item | None:
    """The next (`step` 1) or previous (-1) item after the focus, else after the token; None past the ends. The focus
    may be an item that is no longer there; `among` are the items to choose from, where not those of the state."""
    items = state.items if among is None else among
    at = state.item(focus) if isinstance(focus, str) else focus
    if at is not None:
        index = bisect_right(items, at) if step > 0 else bisect_left(items, at) - 1
    else:
        start = state.tokens.starts[token] if len(state.tokens) else 0
        index = bisect_left(items, (start,)) if step > 0 else bisect_left(items, (start,)) - 1
    while 0 <= index < len(items):
        if wanted(items[index]):
            return items[index]
        index += step
    return None


def is_pending(item: Item) -> bool:
    """Whether an item is a suggestion of an entity or a relation that waits for a decision."""
    return item.kind != OWN


def place_of(state: ArticleState, key: str) -> int | None:
    """The token at which the thing of a key begins; of a relation, its head. None when it is gone."""
    if (item := state.item(key)) is not None and item.kind != LINK:
        return state.tokens.at(item.start)
    ends = ends_of(state, key)
    return state.tokens.at(ends[0].start) if ends else None


def ends_of(state: ArticleState, key: str) -> Ends | None:
    """Head and tail of a relation or pending suggested relation, of a symmetric one in reading order; None when the
    key names none."""
    if (relation := state.relations.get(key)) is not None:
        return _in_order(state, relation.label, state.entities[relation.head], state.entities[relation.tail])
    return link_ends(state, key) if state.is_pending(key) else None


def link_ends(state: ArticleState, key: str) -> Ends | None:
    """Head and tail of a suggested relation, pending or not; None when the key names none or an end is not there."""
    if key in state.links:
        link = state.links[key]
        head, tail = (_end(state, about) for about in (link.head, link.tail))
        if head is not None and tail is not None:
            return _in_order(state, link.label, head, tail)
    return None


def _in_order(state: ArticleState, label: str, head: Entity | Suggestion, tail: Entity | Suggestion) -> Ends:
    turned = label in state.schema.symmetric and (tail.start, -tail.end) < (head.start, -head.end)
    return (tail, head) if turned else (head, tail)


def _end(state: ArticleState, about: str) -> Entity | Suggestion | None:
    own = state.ids_by_value.get(value_of(about))
    return state.entities[own] if own else state.suggestions.get(about)


def key_of(shown: Entity | Suggestion) -> str:
    """The key that names an entity or a suggestion."""
    return shown.about if isinstance(shown, Suggestion) else shown.id


def relations_at(state: ArticleState, key: str) -> list[str]:
    """Keys of the relations, own and pending, that hang on an entity or suggestion, in reading order."""
    keys = [relation.id for relation in state.relations_of(key)] + state.links_of(key)
    return sorted(keys, key=lambda k: relation_order(state, k))


@lru_cache(maxsize=4)
def _all_relations(state: ArticleState, version: int) -> tuple[str, ...]:
    keys = [*state.relations, *(key for key in state.links if state.is_pending(key))]
    return tuple(sorted(keys, key=lambda k: relation_order(state, k)))


def all_relations(state: ArticleState) -> tuple[str, ...]:
    """Keys of all relations, own and pending, in reading order; sorted once for each change."""
    return _all_relations(state, state.relations_version)


def partners(state: ArticleState, key: str | None) -> list[Entity | Suggestion]:
    """The other ends of the relations that hang on an entity or suggestion, in the order of `relations_at`."""
    if key is None or state.shown(key) is None:
        return []
    pairs = [ends for relation in relations_at(state, key) if (ends := ends_of(state, relation)) is not None]
    return [tail if key_of(head) == key else head for head, tail in pairs]


def next_mention(state: ArticleState, key: str) -> Entity | None:
    """The next mention of the same entity after one, round the end; None when it is in no cluster."""
    here = state.entities.get(key)
    members = state.members(here.cluster) if here is not None else []
    if here is None or len(members) < 2:
        return None
    return members[(members.index(here) + 1) % len(members)]


def relation_order(state: ArticleState, key: str) -> tuple[int, int, str]:
    """Sort key of a relation: head start, tail start, key."""
    ends = ends_of(state, key)
    return (ends[0].start, ends[1].start, key) if ends else (0, 0, key)


def legal_tail(state: ArticleState, head: str, relation: str | None) -> Wanted:
    """Whether an item may be the tail of a new relation from `head`: of that type, or of any."""
    first = state.shown(head)
    types = state.schema.relations if relation is None else (state.schema.relation(relation),)
    known = _relations_from(state, head)

    def legal(item: Item) -> bool:
        if first is None or item.kind == LINK or item.key == head:
            return False
        return any(t.allows(first.label, item.label) and (t.name, item.key) not in known for t in types)

    return legal


def _relations_from(state: ArticleState, key: str) -> set[tuple[str, str]]:
    """The own relations that begin at an item: type and tail, of a symmetric one the other end."""
    found = set()
    for relation in state.relations_of(key):
        if relation.head == key:
            found.add((relation.label, relation.tail))
        elif relation.label in state.schema.symmetric:
            found.add((relation.label, relation.head))
    return found


def legal_end(state: ArticleState, key: str, end: str) -> Wanted:
    """Whether an item may become the `head` or `tail` of an existing relation, and is not so already."""
    relation = state.relations[key]
    head, tail = state.entities[relation.head], state.entities[relation.tail]
    stays = head.id if end == "tail" else tail.id
    taken = {head.id, tail.id, *_alike(state, relation, stays)}

    def legal(item: Item) -> bool:
        if item.kind == LINK or item.key in taken:
            return False
        labels = (head.label, item.label) if end == "tail" else (item.label, tail.label)
        return state.schema.legal(relation.label, *labels)

    return legal


def _alike(state: ArticleState, relation: Relation, stays: str) -> set[str]:
    """The other ends of what has the type of a relation and the same end at the same side; any side, if symmetric."""
    either = relation.label in state.schema.symmetric
    found = set()
    for other in state.relations_of(stays):
        if other.label == relation.label and (either or (other.head == stays) == (relation.head == stays)):
            found.add(other.tail if other.head == stays else other.head)
    return found


# -- tokens -----------------------------------------------------------------------------------------


def word(state: ArticleState, token: int, step: int, end: bool = False) -> int:
    """The next or previous token that begins a word (`end`: that ends one); the same at the ends of the text. While the
    unit is the character, the first (`end`: last) one of that token."""
    tokens, units = state.whole_tokens, state.tokens
    if not len(units):
        return 0
    start, last = units.span(token)
    at = tokens.at(start)
    inside = last < tokens.ends[at] if end else step < 0 and start > tokens.starts[at]
    edge = tokens.ends_word if end else tokens.starts_word
    at += 0 if inside else step
    while 0 < at < len(tokens) - 1 and not edge(at):
        at += step
    at = max(0, min(at, len(tokens) - 1))
    return units.at(tokens.ends[at] - 1 if end else tokens.starts[at])


def unit(state: ArticleState, token: int, ranges: Sequence[Span], step: int) -> int:
    """The first token of the next or previous range (sentence, paragraph); the ends of the text past them."""
    if not len(state.tokens):
        return 0
    offset = state.tokens.starts[token]
    starts = [start for start, _ in ranges]
    index = bisect_right(starts, offset) if step > 0 else bisect_left(starts, offset) - 1
    if 0 <= index < len(starts):
        return state.tokens.covering(starts[index], starts[index] + 1)[0]
    return len(state.tokens) - 1 if step > 0 else 0


def sentences(state: ArticleState) -> Sequence[Span]:
    """The sentences as the analysis has them, else by punctuation."""
    return state.analysis.sentences or text.sentences(state.article.text)


def paragraphs(state: ArticleState) -> Sequence[Span]:
    """The paragraphs: text between line breaks."""
    return text.paragraphs(state.article.text)


def growing_spans(state: ArticleState, token: int) -> list[Span]:
    """What `V` selects in turn at a token: name run, first without a possessive ’s, noun chunk, sentence; each only
    where it differs. A name run ends where the analysis ends the sentence: "Bergen. Then" is no name."""
    offset = state.tokens.starts[token]
    chunk = next((c for c in state.analysis.chunks if c[0] <= offset < c[1]), None)
    sentence = next((s for s in sentences(state) if s[0] <= offset < s[1]), None)
    name = text.name_run(state.article.text, offset)
    if name is not None and sentence is not None and state.analysis.sentences:
        whole = name[1]
        name = text.trim(state.article.text, max(name[0], sentence[0]), min(whole, sentence[1]))
        stop = name[1] < whole and state.article.text[name[1] - 1] == "."
        name = (name[0], name[1] - stop)
    bare = text.without_possessive(state.article.text, name) if name is not None else None
    found: list[Span] = []
    for span in (bare, name, chunk, sentence):
        if span is not None and span not in found:
            found.append(span)
    return found


def next_name(state: ArticleState, token: int, step: int, wanted: Callable[[Span], bool]) -> Span | None:
    """The next (`step` 1) or previous (-1) name that no entity and no pending suggestion meets, without a possessive
    ’s, round the end; None where there is none. `wanted` may refuse more of them."""
    offset = state.tokens.starts[token] if len(state.tokens) else 0
    ranges = sentences(state)
    here = max(0, bisect_right(ranges, (offset, len(state.article.text))) - 1)
    ahead, back = (ranges[here:], ranges[: here + 1])[::step]
    for way, is_ahead in ((ahead, True), (back, False)):
        for sentence in way[::step]:
            for start, end in list(text.names(state.article.text, *sentence))[::step]:
                if ((start - offset) * step > 0) != is_ahead:
                    continue
                if not state.items_over(start, end) and wanted((start, end)):
                    return text.without_possessive(state.article.text, (start, end))
    return None


# -- hints ------------------------------------------------------------------------------------------


def hints(state: ArticleState, start: int, end: int, near: int) -> dict[str, str]:
    """Jump codes for the entities and suggestions that begin in `[start, end)`: code -> key, the nearest to code
    point `near` shortest. Of those that begin at one place the first has a code: there is room for one."""
    first, last = (bisect_left(state.items, (edge,)) for edge in (start, end))
    places: dict[int, Item] = {}
    for item in state.items[first:last]:
        if item.kind != LINK:
            places.setdefault(item.start, item)
    visible = sorted(places.values(), key=lambda item: abs(item.start - near))
    return dict(zip(_codes(len(visible)), (item.key for item in visible), strict=False))


def _codes(count: int) -> Iterator[str]:
    """Prefix-free codes: one letter while they last, then two that begin with the letters left over."""
    if count <= len(HINT_LETTERS):
        yield from HINT_LETTERS[:count]
        return
    yield from HINT_LETTERS[:ONE_LETTER]
    for first in HINT_LETTERS[ONE_LETTER:]:
        for second in HINT_LETTERS:
            yield first + second
