"""The fewest keys from what is suggested in an article to its gold, found on a desk without a screen.

Keys are not modelled: each step of the search runs a command of the app's own table on a real `Desk`, whose edits are
made in memory and taken back by their inverses. The corrections are made in the order of the text, the relations in the
order that costs least; of each step the cheapest ends are kept, so that the figure is the least for that plan and an
upper bound of the least there is. What a person looks at or thinks about costs nothing.

Invariant: between two steps the desk is exactly as the node that is being expanded says.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

import regex

from annotations import propagation
from annotations.config import Config
from annotations.errors import Refused
from annotations.model import Edit, Entity, Suggestion
from annotations.propagation import Part
from annotations.propagation import Place as Spot
from annotations.session import Session
from annotations.state import ArticleState
from tui.commands import Command
from tui.desk import Desk, Link
from tui.keys import Keymap
from tui.verbs import bulk, moving

Mark = tuple[int, int, str]
"""Start, end and label of an entity."""

Pair = tuple[str, Mark, Mark]
"""Label, head and tail of a relation; the ends of a symmetric one in reading order."""

FARTHEST = 4
"""Keys that going to a place may take, before the first that edits."""

NEAR = 3
"""Tokens on either side of a correction within which it is made."""

SLACK = 1
"""How many keys more than the cheapest way to make a correction may take and still be gone on from."""

KEPT = 60
"""How many ways are gone on from."""

_EDITING = (
    *("accept", "reject", "delete", "split", "join", "select", "grow", "edges"),
    *("grow-left", "grow-right", "cut-left", "cut-right", "switch-end", "commit", "propagate"),
)
_PINNING = ("relate", "relate-many")
_PINNED = ("confirm", "next-item", "previous-item", "leave")
_TO_NAMES = ("next-name", "previous-name")
_NOT_MOVES = ("jump", "search", "centre")


class _NotInMemory(Exception):
    """A command wants what only the app has: it is left out of the search."""


class _Host:
    """The screen: whatever is asked of it is not in memory."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._refuse

    def _refuse(self, *_: Any, **__: Any) -> None:
        raise _NotInMemory


class _Memory:
    """A session whose edits are made in memory alone, on its state of the article; its database is not touched."""

    def __init__(self, session: Session) -> None:
        self._session, self.state, self.config = session, session.current(), session.config
        self.edits: list[Edit] = []

    def current(self) -> ArticleState:
        return self.state

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        return self.apply(verb(self.state, self._session.pen(), *arguments))

    def apply(self, edit: Edit) -> Edit:
        self.state.apply(edit)
        self.edits.append(edit)
        return edit

    def propagate(self, key: str, ticked: Sequence[Spot], exceptions: Sequence[Spot]) -> Edit:
        part = Part(self.state, tuple(p.span for p in ticked), tuple(p.span for p in exceptions))
        return self.apply(propagation.propagate([part], self._session.pen(), key))

    def saw(self, top: int, bottom: int) -> None:
        pass

    def focused(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


@dataclass(frozen=True)
class Place:
    """Where a desk stands: all that decides what its next key does."""

    cursor: int
    focus: str | None
    mode: str
    anchor: int | None
    reshaping: str | None
    growth: tuple[tuple[int, int], ...]
    link: Link | None
    hits: tuple[tuple[int, int], ...]
    top: int
    column: int | None


@dataclass(frozen=True)
class Step:
    """One correction or relation (`relates`) as it was made: what it was in words, and the keys."""

    what: str
    keys: tuple[str, ...]
    relates: bool = False


@dataclass(frozen=True)
class Node:
    """A desk after some keys: the edits made so far, what they come to, and where it stands. `turn` is another number
    for other edits."""

    edits: tuple[Edit, ...]
    marks: frozenset[Mark]
    pairs: frozenset[Pair]
    place: Place
    keys: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    turn: int = 0

    @property
    def cost(self) -> int:
        """How many keys led here."""
        return len(self.keys)

    @property
    def known(self) -> tuple[Any, ...]:
        """What makes two nodes the same; ids of entities differ from way to way, so they count by their number."""
        return len(self.edits), self.marks, self.pairs, self.place

    @property
    def begun(self) -> int:
        """How many keys the steps have that are put down already."""
        return sum(len(step.keys) for step in self.steps)

    def done_with(self, what: str, relates: bool = False) -> Node:
        """The same, its latest keys put down as a step."""
        return replace(self, steps=(*self.steps, Step(what, self.keys[self.begun :], relates)))


@dataclass(frozen=True)
class Correction:
    """Neighbouring places where the suggestions and the gold differ: what is too much, what is missing."""

    wrong: frozenset[Mark]
    missing: frozenset[Mark]

    @property
    def marks(self) -> frozenset[Mark]:
        """All that differs."""
        return self.wrong | self.missing

    @property
    def start(self) -> int:
        """Its first code point."""
        return min(start for start, _, _ in self.marks)

    @property
    def end(self) -> int:
        """Its end, exclusive."""
        return max(end for _, end, _ in self.marks)

    def _here(self, mark: Mark) -> bool:
        return mark[0] < self.end and mark[1] > self.start

    def left(self, marks: frozenset[Mark], gold: frozenset[Mark]) -> set[Mark]:
        """What still differs from the gold here."""
        return {mark for mark in marks ^ gold if self._here(mark)}

    def led_on(self, marks: frozenset[Mark], gold: frozenset[Mark], elsewhere: frozenset[Mark]) -> bool:
        """Whether an edit may be on the way: nothing else was spoilt, and what is new here has an edge in common with
        what is to be here."""
        if not {mark for mark in marks ^ gold if not self._here(mark)} <= elsewhere:
            return False
        new = {mark for mark in marks if self._here(mark)} - self.wrong - gold
        edges = {edge for start, end, _ in self.missing for edge in ((start, 0), (end, 1))}
        return all((start, 0) in edges or (end, 1) in edges for start, end, _ in new)


def corrections(marks: frozenset[Mark], gold: frozenset[Mark]) -> list[Correction]:
    """The differences in the order of the text, those that overlap as one."""
    groups: list[set[Mark]] = []
    for mark in sorted(marks ^ gold):
        if groups and mark[0] < max(end for _, end, _ in groups[-1]):
            groups[-1].add(mark)
        else:
            groups.append({mark})
    return [Correction(frozenset(g & marks), frozenset(g & gold)) for g in groups]


class Search:
    """Looks for the fewest keys on one article. `width` and `height` are cells of the reading column."""

    def __init__(self, session: Session, width: int, height: int) -> None:
        self.memory = _Memory(session)
        self.desk = Desk(self.memory, _Host(), width, height)  # type: ignore[arg-type]
        self.keymap = Keymap(session.config.schema, session.config.keys)
        self._turns = count(1)
        self._tables: dict[str, list[tuple[tuple[str, ...], Command]]] = {}

    @property
    def config(self) -> Config:
        """The project's."""
        return self.memory.config

    # -- the desk as a node says ---------------------------------------------------------------------

    def root(self) -> Node:
        """The desk as it is when the article opens."""
        return Node((), self._marks(), self._pairs(), self._place(), ())

    def _place(self) -> Place:
        desk = self.desk
        growth, hits = tuple(desk.growth), tuple(desk.hits)
        return Place(
            *(desk.cursor, desk.focus, desk.mode, desk.anchor, desk.reshaping),
            *(growth, desk.link, hits, desk.view.top, desk.goal_column),
        )

    def _marks(self) -> frozenset[Mark]:
        """What the entities will be at `done`: the person's own, and what is pending."""
        state = self.desk.state
        own = {(e.start, e.end, e.label) for e in state.entities.values()}
        return frozenset(own | {(i.start, i.end, i.label) for i in state.pending})

    def _pairs(self) -> frozenset[Pair]:
        state = self.desk.state
        return frozenset(
            pair_of(state, r.label, state.entities[r.head], state.entities[r.tail])
            for r in state.relations.values()
        )

    def _become(self, node: Node) -> None:
        """Makes the desk what the node says."""
        desk, made = self.desk, self.memory.edits
        shared = next(
            (i for i, (a, b) in enumerate(zip(made, node.edits, strict=False)) if a is not b),
            min(len(made), len(node.edits)),
        )
        desk.link, desk.reshaping, desk.focus, desk.mode = None, None, None, "read"
        while len(made) > shared:
            edit = made.pop().inverse("", "")
            self.memory.state.apply(edit)
            desk.touch_edit(edit)
        for edit in node.edits[shared:]:
            desk.touch_edit(self.memory.apply(edit))
        place = node.place
        desk.cursor, desk.focus, desk.anchor = place.cursor, place.focus, place.anchor
        desk.mode, desk.reshaping, desk.link = place.mode, place.reshaping, place.link  # type: ignore[assignment]
        desk.growth, desk.hits = list(place.growth), list(place.hits)
        desk.view.top, desk.goal_column = place.top, place.column
        desk.hints, desk.typed, desk.preview = {}, "", None

    def _after(self, node: Node, keys: Sequence[str], act: Callable[[], Any]) -> Node | None:
        """The node that some keys lead to; None when they are refused, or need what only the app has."""
        self._become(node)
        try:
            act()
        except (Refused, _NotInMemory):
            return None
        changed = len(self.memory.edits) != len(node.edits)
        moved = replace(node, place=self._place(), keys=(*node.keys, *keys))
        if not changed:
            return moved
        edits = tuple(self.memory.edits)
        return replace(moved, edits=edits, marks=self._marks(), pairs=self._pairs(), turn=next(self._turns))

    # -- what can be pressed ------------------------------------------------------------------------

    def _table(self, scope: str) -> list[tuple[tuple[str, ...], Command]]:
        """The commands of a scope, each by its shortest sequence."""
        if scope not in self._tables:
            best: dict[str, tuple[tuple[str, ...], Command]] = {}
            for keys, command in self.keymap.table(scope).items():
                if command.id not in best or len(keys) < len(best[command.id][0]):
                    best[command.id] = (keys, command)
            self._tables[scope] = list(best.values())
        return self._tables[scope]

    def _run(self, node: Node, wanted: Callable[[Command], bool]) -> Iterator[Node]:
        self._become(node)
        for keys, command in self._table(self.desk.scope):
            if wanted(command):
                after = self._after(node, keys, partial(command.run, self.desk))
                if self.desk.mode == "preview":
                    confirmed = partial(self._run_and_confirm, command)
                    after = self._after(node, (*keys, "enter"), confirmed)
                if after is not None:
                    yield after

    def _run_and_confirm(self, command: Command) -> None:
        command.run(self.desk)
        bulk.apply(self.desk)

    def _moves(self, node: Node) -> Iterator[Node]:
        return self._run(node, lambda c: c.group == "Move" and c.id not in _NOT_MOVES)

    def _jumps(self, node: Node, wanted: Callable[[Entity | Suggestion], bool]) -> Iterator[Node]:
        """To the items on screen by their codes."""
        self._become(node)
        with suppress(Refused):
            moving.start_hints(self.desk)
        hints, state = dict(self.desk.hints), self.desk.state
        moving.end_hints(self.desk)
        for code, key in hints.items():
            shown = state.shown(key)
            if shown is not None and wanted(shown):
                after = self._after(node, (";", *code), partial(self.desk.focus_on, key))
                if after is not None:
                    yield after

    def _searches(self, node: Node, start: int, end: int) -> Iterator[Node]:
        """By a search for the first one to three characters of a word in `[start, end)`."""
        text = self.desk.state.article.text
        words = {m.group() for m in regex.finditer(r"\w+", text[start:end])}
        for typed in sorted({word[:size] for word in words for size in (1, 2, 3)}):
            keys = ("/", *typed, "enter")
            after = self._after(node, keys, partial(moving.search, self.desk, typed))
            if after is not None:
                yield after

    # -- entities -----------------------------------------------------------------------------------

    def entities(self, gold: frozenset[Mark]) -> list[Node]:
        """The cheapest ways to make all corrections, the best first."""
        groups = {self.root().marks: [self.root()]}
        while todo := [(corrections(marks, gold)[0].start, marks) for marks in groups if marks != gold]:
            marks = min(todo, key=lambda pair: pair[0])[1]
            for end in self._correct(groups.pop(marks), corrections(marks, gold)[0], gold):
                groups.setdefault(end.marks, []).append(end)
            groups = {marks: _kept(nodes) for marks, nodes in groups.items()}
        return groups[gold]

    def _correct(self, starts: Sequence[Node], correction: Correction, gold: frozenset[Mark]) -> list[Node]:
        """The cheapest ways to make one correction, with and without taking it to the same text elsewhere."""
        given, least = starts[0].marks, min(start.cost for start in starts)
        elsewhere = (given ^ gold) - correction.marks
        tokens = self.desk.state.tokens
        first, last = tokens.covering(correction.start, correction.end)
        labels = {f"label.{label}" for _, _, label in correction.missing}
        begun = {start.keys for start in starts}
        to_names = {keys[-1] for keys, command in self._table("read") if command.id in _TO_NAMES}

        def on_a_name(node: Node) -> bool:
            return node.place.mode == "select" and node.keys[-1] in to_names

        def expand(node: Node) -> Iterator[Node]:
            untouched = node.marks == given
            near = first - NEAR <= node.place.cursor <= last + NEAR
            if untouched and node.place.mode == "read":
                if node.cost - least < FARTHEST:
                    yield from self._moves(node)
                    yield from self._jumps(node, lambda _: True)
                if node.keys in begun:
                    reach = tokens.hull(max(0, first - 1), min(len(tokens) - 1, last + 1))
                    yield from self._searches(node, *reach)
            elif near:
                yield from self._moves(node)
            if untouched and node.cost - least < FARTHEST and (node.place.mode == "read" or on_a_name(node)):
                yield from self._run(node, lambda c: c.id in _TO_NAMES)
            if near:
                for after in self._run(node, lambda c: c.id in _EDITING or c.id in labels):
                    if correction.led_on(after.marks, gold, elsewhere):
                        yield after

        found = self._dijkstra(
            starts, expand, lambda n: n.place.mode == "read" and not correction.left(n.marks, gold)
        )
        wider = [
            after
            for node in found
            for after in self._run(node, lambda c: c.id == "propagate")
            if (after.marks ^ gold) < (node.marks ^ gold)
        ]
        return [
            node.done_with(self._words(correction) + _and_more(node.marks ^ gold, elsewhere))
            for node in (*found, *wider)
        ]

    def _words(self, correction: Correction) -> str:
        text = self.desk.state.article.text

        def named(marks: Iterable[Mark]) -> str:
            return ", ".join(f"{label} “{text[start:end]}”" for start, end, label in sorted(marks))

        return f"{named(correction.wrong) or 'nothing'} → {named(correction.missing) or 'nothing'}"

    # -- relations ----------------------------------------------------------------------------------

    def relations(self, starts: Sequence[Node], gold: frozenset[Pair]) -> list[Node]:
        """The cheapest ways to make all relations from any of these nodes, the best first; in any order."""
        ends = list(starts)
        for _ in gold:
            ends = _kept(self._relate(ends, gold))
        return ends

    def _relate(self, starts: Sequence[Node], gold: frozenset[Pair]) -> list[Node]:
        """The cheapest ways to make one more relation."""
        size, least = len(starts[0].pairs), min(start.cost for start in starts)
        named = {f"relate.{label}" for label, _, _ in gold}

        def expand(node: Node) -> Iterator[Node]:
            left = gold - node.pairs
            ends = {mark for _, *both in left for mark in both}
            if node.place.link is not None:
                yield from self._run(node, lambda c: c.id in _PINNED or c.id in named)
                yield from self._jumps(node, lambda shown: (shown.start, shown.end, shown.label) in ends)
                return
            if node.cost - least < FARTHEST:
                yield from self._moves(node)
                yield from self._jumps(node, lambda shown: (shown.start, shown.end, shown.label) in ends)
            if self._focused(node) in ends:
                yield from self._run(node, lambda c: c.id in _PINNING)

        def kept(node: Node) -> Iterator[Node]:
            return (after for after in expand(node) if after.pairs <= gold and len(after.pairs) <= size + 1)

        def reached(node: Node) -> bool:
            """One more is made; after the last no head may be pinned any more."""
            return len(node.pairs) == size + 1 and (node.pairs < gold or node.place.link is None)

        found = self._dijkstra(starts, kept, reached)
        before = {start.keys: start.pairs for start in starts}
        return [
            node.done_with(self._pair_words(*(node.pairs - before[node.keys[: node.begun]])), True)
            for node in found
        ]

    def _focused(self, node: Node) -> Mark | None:
        self._become(node)
        item = self.desk.item
        return None if item is None else (item.start, item.end, item.label)

    def _pair_words(self, pair: Pair) -> str:
        text, (label, head, tail) = self.desk.state.article.text, pair
        return f"{text[head[0] : head[1]]} {label} {text[tail[0] : tail[1]]}"

    # -- the search itself ---------------------------------------------------------------------------

    @staticmethod
    def _dijkstra(
        starts: Sequence[Node],
        expand: Callable[[Node], Iterable[Node]],
        reached: Callable[[Node], bool],
        slack: int = SLACK,
    ) -> list[Node]:
        """The nodes that are reached with the fewest keys, and with up to `slack` more."""
        order = count()
        # Those with the same edits one after the other: the edits need not be taken back in between.
        queue = [(node.cost, node.turn, next(order), node) for node in starts]
        heapq.heapify(queue)
        seen: dict[tuple[Any, ...], int] = {}
        found: list[Node] = []
        while queue and (not found or queue[0][0] <= found[0].cost + slack):
            cost, _, _, node = heapq.heappop(queue)
            if seen.get(node.known, cost + 1) <= cost:
                continue
            seen[node.known] = cost
            if reached(node):
                found.append(node)
                continue
            if found and cost >= found[0].cost + slack:
                continue
            for after in expand(node):
                if seen.get(after.known, after.cost + 1) > after.cost:
                    heapq.heappush(queue, (after.cost, after.turn, next(order), after))
        if not found:
            raise RuntimeError("no keys lead there")
        return found


def _kept(found: Sequence[Node], most: int = KEPT) -> list[Node]:
    """The best of them, one for each place and work."""
    best: dict[tuple[Any, ...], Node] = {}
    for node in sorted(found, key=lambda n: n.cost):
        place = node.place
        best.setdefault(
            (node.marks, node.pairs, place.cursor, place.focus is None, place.top, place.link), node
        )
    return list(best.values())[:most]


def _and_more(left: frozenset[Mark], elsewhere: frozenset[Mark]) -> str:
    more = len(corrections(elsewhere, frozenset())) - len(corrections(left, frozenset()))
    return f", and {more} more" if more else ""


def pair_of(state: ArticleState, label: str, head: Entity | Suggestion, tail: Entity | Suggestion) -> Pair:
    """A relation as what it says, without ids."""
    ends = [(end.start, end.end, end.label) for end in (head, tail)]
    if state.schema.relation(label).symmetric:
        ends.sort()
    return label, ends[0], ends[1]
