"""An article on a desk without a database, and its rows as cells: for tests of what is drawn.

The text and what is marked in it are made up by hypothesis; nothing is trimmed or snapped to words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import regex
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size

from annotations.errors import Refused
from annotations.model import Edit, Entity, Span, Suggestion, about_entity
from annotations.schema import EntityType, RelationType, Schema
from annotations.state import ArticleState
from tests.desks import StubHost
from tests.strategies import ME, Pens, article
from tui import drawing
from tui.desk import Desk
from tui.looks import DARK, Looks
from tui.view import Tag, View
from tui.widgets.article import ArticleView

LABELS = ("PERSON", "GPE", "人物", "A_LONG_LABEL_INDEED")

SCHEMA = Schema(
    entities=tuple(EntityType(name, (str(i),), "abcd"[i]) for i, name in enumerate(LABELS)),
    relations=(RelationType("KNOWS", ("1",), "k", frozenset(LABELS), frozenset(LABELS)),),
    overlap="crossing",
)

PIECES = [
    *("a", "b", "word ", "Oslo ", " ", " ", ". The ", "! ", "-", "'s ", "\n", "\n\n", "\r\n", "\t"),
    *(
        "東京",
        "「は」、。",
        "한국",
        "👩\u200d👩\u200d👧",
        "🇫🇷",
        "❤\ufe0f",
        "e\u0301",
        "\u0301",
        "क्षि",
        "שלום",
    ),
    *("\u0600", "\x00\x1b[31m", "\u202e", "\u200b", "\u200d", "\ufe0f"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)


@st.composite
def spans(draw: st.DrawFn, text: str) -> Span:
    """A range of a text, mostly a short one."""
    start = draw(st.integers(0, len(text) - 1))
    return start, min(len(text), start + draw(st.integers(1, 6) | st.integers(1, 60)))


@st.composite
def values(draw: st.DrawFn, text: str) -> tuple[tuple[Span, ...], str]:
    """The pieces and the label of an entity, sometimes a discontinuous one."""
    pieces = draw(st.lists(spans(text), min_size=1, max_size=draw(st.sampled_from([1, 1, 1, 3]))))
    apart: list[Span] = []
    for start, end in sorted(pieces):
        if not apart or start > apart[-1][1]:
            apart.append((start, end))
    return tuple(apart), draw(st.sampled_from(LABELS))


def own(text: str, pieces: tuple[Span, ...], label: str, id: str) -> Entity:
    """A person's own entity on these pieces."""
    start, end = pieces[0][0], pieces[-1][1]
    return Entity(id, start, end, label, text[start:end], pieces if len(pieces) > 1 else ())


def offered(text: str, pieces: tuple[Span, ...], label: str) -> Suggestion:
    """A suggestion of one."""
    start, end = pieces[0][0], pieces[-1][1]
    fragments = pieces if len(pieces) > 1 else ()
    return Suggestion(
        about_entity(pieces, label), start, end, label, text[start:end], ("model:m",), fragments
    )


def state_of(
    text: str,
    entities: Iterable[Entity] = (),
    suggestions: Iterable[Suggestion] = (),
    schema: Schema = SCHEMA,
) -> ArticleState:
    """An article with what is marked and suggested in it."""
    return ArticleState(article(text), ME, schema, entities=entities, suggestions=suggestions)


@st.composite
def states(draw: st.DrawFn, texts: st.SearchStrategy[str] = texts, most: int = 7) -> ArticleState:
    """An article with entities and suggestions that nest, cross, lie on each other and have gaps."""
    text = draw(texts)
    if not text:
        return state_of(text)
    mine = draw(st.lists(values(text), max_size=most, unique=True))
    theirs = draw(st.lists(values(text), max_size=most, unique=True))
    return state_of(
        text,
        [own(text, *value, id=f"own{i}") for i, value in enumerate(mine)],
        [offered(text, *value) for value in theirs],
    )


def stacked(count: int, width: int = 4) -> ArticleState:
    """That many entities and suggestions over one word, each a label of its own."""
    labels = [f"L{i}" for i in range(count)]
    schema = Schema(entities=tuple(EntityType(name) for name in labels), overlap="crossing")
    text = "On Friday Oslo slept. Then it woke up.\n" * 3
    place = ((10, 10 + width),)
    mine = [own(text, place, name, f"own{i:03d}") for i, name in enumerate(labels[::2])]
    return state_of(text, mine, [offered(text, place, name) for name in labels[1::2]], schema)


class Alone:
    """A session without a database: what a desk asks of one."""

    def __init__(self, state: ArticleState) -> None:
        self.state = state
        self.config = SimpleNamespace(schema=state.schema, column=100)
        self._pens = Pens()
        self.read_to = 0

    def current(self) -> ArticleState:
        return self.state

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        edit = verb(self.state, self._pens(), *arguments)
        self.state.apply(edit)
        return edit

    def saw(self, top: int, bottom: int) -> None:
        self.read_to = max(self.read_to, bottom)

    def focused(self) -> None:
        pass


def desk_of(state: ArticleState, width: int = 40, height: int = 10, by_halves: bool = False) -> Desk:
    """A desk at which somebody sits down to an article."""
    return Desk(Alone(state), StubHost(), width, height, by_halves)  # type: ignore[arg-type]


def attempt(act: Callable[[], Any]) -> None:
    """Does what the rules may refuse."""
    with suppress(Refused):
        act()


# -- cells ------------------------------------------------------------------------------------------

Cell = tuple[str, int, Style | None]


def cells(segments: Iterable[Segment], width: int) -> list[Cell]:
    """A row cell by cell: the grapheme, which cell of it, the style. As long as it is, and at least `width`."""
    found: list[Cell] = []
    for text, style, _ in segments:
        for cluster in regex.findall(r"\X", text):
            found += [(cluster, part, style) for part in range(cell_len(cluster))]
    found += [(" ", 0, None)] * (width - len(found))
    assert not width or len(found) == width, f"{len(found)} cells where there are {width}: {list(segments)}"
    return found


def row(desk: Desk, looks: Looks, line: int, number: int = 0) -> list[Segment]:
    """A row of the screen drawn anew: a line's text, or one of its gloss rows."""
    margin = drawing.margins(desk).get(line, " " * drawing.GUTTER)
    if number:
        return list(drawing.gloss_row(desk, looks, line, number, margin))
    return list(drawing.text_row(desk, looks, line, tuple(drawing.marks(desk)), margin))


def width_of(segments: Iterable[Segment]) -> int:
    """The cells of a row."""
    return sum(cell_len(segment.text) for segment in segments)


class Paper(ArticleView):
    """An article view without an app: what it has drawn anew is noted, cell by cell."""

    def __init__(self, width: int, height: int, looks: Looks | None = None) -> None:
        self._paper = Size(width, height)
        self.looks_now = looks or Looks(DARK, SCHEMA)
        self.dirty: list[Region] = []
        self.seen: list[list[Cell]] = []
        super().__init__()

    @property
    def size(self) -> Size:
        return self._paper

    def redraw(self, *regions: Region) -> None:
        self.dirty += regions or [Region(0, 0, *self._paper)]

    def drawn(self) -> list[list[Cell]]:
        """All rows as the view has them, from its cache where it can."""
        return [cells(self.segments(y), self.size.width) for y in range(self.size.height)]

    def fresh(self, desk: Desk) -> list[list[Cell]]:
        """All rows as a new view draws them."""
        other = Paper(*self._paper, self.looks_now)
        whole, desk.shown.everything, spans = desk.shown.everything, True, desk.shown.spans
        desk.shown.spans = []
        other.sync(desk, self.looks_now)
        desk.shown.everything, desk.shown.spans = whole, spans
        return other.drawn()

    def follow(self, desk: Desk) -> int:
        """Syncs as after a key, and checks that all that changed was drawn anew. Returns how many cells were."""
        self.dirty = []
        self.sync(desk, self.looks_now)
        after = self.fresh(desk)
        assert self.drawn() == after, "a row in the cache is not what it should be"
        covered = {(x, y) for r in self.dirty for x in range(r.x, r.right) for y in range(r.y, r.bottom)}
        for y, (old, new) in enumerate(zip(self.seen or after, after, strict=True)):
            changed = [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
            missed = [x for x in changed if (x, y) not in covered]
            assert not missed, f"row {y} changed in cells {missed}, drawn anew were {self.dirty}"
        self.seen = after
        return len(covered)


def tags_of(view: View, start: int, end: int) -> list[Tag]:
    """The labels that a view has in the text of some lines."""
    return view.tags(start, end, view.items_over(start, end))
