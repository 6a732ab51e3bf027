"""Article text laid out in lines and cells; the one place that converts between code points and cells.

Invariant: every code point is on exactly one line, in order; a line starts and ends at grapheme edges and
is never wider than the width; every grapheme but a line end takes at least one cell, so that columns and
graphemes map to and fro. Three spaces of numbers are kept apart: *offsets* (code points of the text),
*lines*, and *columns* (cells from the left edge of a line).

How it is fast: graphemes of equal width lie in runs, so a text of single cells is one run and needs no
table; line breaks depend on nothing but where the line starts, so an edit rewraps until an old line start
is met again.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

import regex
from rich.cells import cell_len, get_character_cell_size

from tui.safe import TAB, ZERO_WIDTH_SPACE, display

Tags = Callable[[int, int], Sequence[tuple[int, int]]]
"""`tags(start, end)`: the tags that end in a range, sorted (offset, cells) with start < offset <= end.
`cells` blank cells are kept directly after the code point before `offset`, for the view to draw in."""

MAX_CELLS = 8
"""A grapheme wider than this, or than the width, is drawn as `CLIPPED`, one cell."""

CLIPPED = "…"
"""Stand-in for a grapheme too wide to draw."""

# Code points of one grapheme that go to the terminal: nobody can tell more marks apart on one letter.
_MAX_CODE_POINTS = 32

# One cell each, and no grapheme spans two of them. A line end counts as a cell here, and nowhere else.
_NARROW = (
    "\n\r\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u1e00-\u1eff"
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2400-\u2421\u2424\u2500-\u25fc\ufffd"
)
# Two cells each, likewise: ideographs, kana, Hangul syllables, full-width forms and their punctuation.
_WIDE = (
    "\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u3105-\u312f\u3131-\u3163\u3165-\u318e\u3250-\u4dbf\u4e00-\ua48c"
    "\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6\U00020000-\U0002fffd\U00030000-\U0003fffd"
)
_find_other = re.compile(f"[^{_NARROW}]").search
_KNOWN = _NARROW + _WIDE
# A run ends one short of anything unknown, which may join the code point before it.
_find_runs = re.compile(
    f"([{_NARROW}]+(?![^{_KNOWN}]))|([{_WIDE}]+(?![^{_KNOWN}]))|(?s:.)[^{_KNOWN}]*"
).finditer
_find_graphemes = regex.compile(r"\X").finditer

_SPACES = frozenset(
    f" \u3000\u1680\u205f\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a{TAB}{ZERO_WIDTH_SPACE}"
)
_NEVER_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】｠〙〗,.:;?!)]}»ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
)
_NEVER_LAST = frozenset("‘“（〔［｛〈《「『【｟〘〖([{«")


class Layout:
    """`text` wrapped to `width` cells, with room for tags; see the module's invariant.

    Lines break after spaces and between wide characters, else anywhere. A space that no longer fits
    hangs: it belongs to the line, at column `width`, and takes no cell. Line ends (LF, CR LF) belong to
    the line they end and take none. A tag stays with the grapheme before it and is clipped to the cells
    which that leaves of the width; a tag after a line end moves before it, and one with no grapheme
    before it in its paragraph is left out.
    """

    def __init__(self, text: str, width: int, tags: Tags | None = None, breaks: Sequence[int] = ()) -> None:
        """Lay out; a width below 1 counts as 1. `breaks` are code points at which a line starts in any case."""
        self.text = display(text)
        """What is drawn, one for one with the article's text."""
        self.width = max(1, width)
        """Cells that a line may take."""
        self._tags = tags
        self._build_runs()
        self._breaks = self._edges(breaks)
        self._read_tags()
        self._wrap()

    # -- changing ------------------------------------------------------------------------

    def resize(self, width: int) -> None:
        """Wrap to another width, in cells."""
        width = max(1, width)
        if width == self.width:
            return
        self.width = width
        if min(width, MAX_CELLS) != self._limit:
            self._build_runs()
        self._tag_cells = self._clip(self._tag_at, self._tag_wishes)
        self._wrap()

    def set_tags(self, tags: Tags | None) -> None:
        """Use other tags, or none, and wrap again."""
        self._tags = tags
        self._read_tags()
        self._wrap()

    def set_breaks(self, breaks: Sequence[int]) -> None:
        """Start a line at each of these code points, or at none, and wrap again."""
        self._breaks = self._edges(breaks)
        self._wrap()

    def _edges(self, offsets: Sequence[int]) -> list[int]:
        return sorted({self.grapheme_ceil(offset) for offset in offsets if 0 < offset < len(self.text)})

    def retag(self, start: int, end: int) -> tuple[int, int]:
        """Ask again for the tags with start < offset <= end, and rewrap only the lines they touch. Returns the
        lines `[first, end)` that may be other ones now: all that follow, where their number changed."""
        # Two lines back: a grapheme with its tag may have stopped a word that fills the line between.
        first = max(0, self.line_of(start) - 2)
        last = self.line_of(end)
        a, b = self._starts[first], self.line(last)[1]
        at, wishes = self._ask(a, b)
        i, j = bisect_right(self._tag_at, a), bisect_right(self._tag_at, b)
        self._tag_at[i:j], self._tag_wishes[i:j] = at, wishes
        self._tag_cells[i:j] = self._clip(at, wishes)
        return first, self._rewrap(first, b)

    # -- lines ---------------------------------------------------------------------------

    @property
    def line_count(self) -> int:
        """At least one; an empty text has one empty line."""
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        """The line that holds the code point at `offset`; the last line for the end of the text."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def line(self, i: int) -> tuple[int, int]:
        """`[start, end)` of line `i`, its line end and a hanging space included."""
        return self._starts[i], self._starts[i + 1] if i + 1 < len(self._starts) else len(self.text)

    def visible_end(self, i: int) -> int:
        """Where the drawn part of line `i` ends: before its line end and a hanging space."""
        start, end = self.line(i)
        end = self._before_line_end(start, end)
        return end - 1 if self._cells_between(start, end) > self.width else end

    def cells(self, i: int) -> int:
        """Cells that line `i` takes, tags included; never more than the width."""
        return self._cells_between(self._starts[i], self.visible_end(i))

    def tags_on(self, i: int) -> list[tuple[int, int]]:
        """The tags of line `i` as they fit: (offset of the grapheme edge they follow, cells), sorted."""
        start, end = self.line(i)
        a, b = bisect_right(self._tag_at, start), bisect_right(self._tag_at, end)
        return list(zip(self._tag_at[a:b], self._tag_cells[a:b], strict=True))

    def shown(self, start: int, end: int) -> str:
        """What to draw for the graphemes that start in `[start, end)`, a range within one line: without
        tags, line end and hanging space; a mark that stands alone on a dotted circle."""
        return self.drawn(start, min(end, self.visible_end(self.line_of(start))))

    def drawn(self, start: int, end: int) -> str:
        """The same for a range that is known to lie within the drawn part of a line."""
        if self._even:
            return self.text[start:end]
        return "".join(self._pieces(self.grapheme_ceil(start), end))

    # -- columns -------------------------------------------------------------------------

    def column_of(self, offset: int) -> int:
        """Column of the grapheme that holds `offset`; for a line end and the end of the text, the cells
        before it."""
        i = self.line_of(offset)
        end = self._before_line_end(*self.line(i))
        return min(self.width, self._cells_between(self._starts[i], self.grapheme_floor(min(offset, end))))

    def offset_at(self, line: int, column: int) -> int:
        """Start of the grapheme at a column, tags being part of the grapheme before them; the line's last
        grapheme when the column lies beyond, its start when it is empty."""
        start, end = self.line(line)
        end = self._before_line_end(start, end)
        cell = max(0, column)
        for at, cells in self.tags_on(line):
            before = self._position(at) - self._position(start)
            if cell < before:
                break
            if cell < before + cells:
                return self.grapheme_floor(at - 1)
            cell -= cells
        offset = self._offset(self._position(start) + cell)
        return offset if offset < end else self.grapheme_floor(max(start, end - 1))

    def columns(self, line: int, start: int, end: int) -> tuple[int, int]:
        """The cells `[left, right)` that the graphemes of a range take on a line, tags at its end included; at least
        one."""
        first, last, end = self.line(line)[0], self.visible_end(line), self.grapheme_ceil(end)
        left = self.column_of(max(start, first))
        right = self.cells(line) if end >= last else self.column_of(end)
        return left, max(left + 1, right)

    # -- graphemes -----------------------------------------------------------------------

    def grapheme_floor(self, offset: int) -> int:
        """Start of the grapheme that holds `offset`; the end of the text for itself."""
        if offset >= len(self.text):
            return len(self.text)
        if self.text[offset] == "\n":
            return offset - self.text.startswith("\r", max(0, offset - 1), offset)
        return self._offset(self._position(max(0, offset)))

    def grapheme_ceil(self, offset: int) -> int:
        """The first grapheme edge at or after `offset`."""
        floor = self.grapheme_floor(offset)
        return floor if floor >= offset else self._grapheme_end(floor)

    def edges(self, offsets: Iterable[int]) -> set[int]:
        """The edges of the graphemes that hold some code points of the drawn part of a line."""
        if self._even:
            return set(offsets)
        return {edge for at in offsets for edge in (self.grapheme_floor(at), self.grapheme_ceil(at))}

    def _grapheme_end(self, start: int) -> int:
        if self.text.startswith("\r\n", start):
            return start + 2
        run = bisect_right(self._run_at, start) - 1
        return start + 1 if self._run_step[run] else self._run_end(run)

    # -- runs: where graphemes are and how wide, independent of the width above MAX_CELLS

    def _build_runs(self) -> None:
        """Run `k` starts at code point `_run_at[k]` and at cell `_run_cell[k]` of the text as if it were
        one line; its graphemes are single code points of `_run_step[k]` cells, or it is one grapheme of
        several when that is 0."""
        self._limit = min(self.width, MAX_CELLS)
        self._even = _find_other(self.text) is None
        at, cell, step = array("L"), array("L"), array("B")
        position = 0
        for start, kind, cells in [(0, 1, 0)] if self._even else self._runs():
            at.append(start)
            cell.append(position)
            step.append(kind)
            position += cells
        self._run_at, self._run_cell, self._run_step = at, cell, step

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """(start, step, cells) of each run, and an empty one at the end of the text."""
        done = 0
        for match in _find_runs(self.text):
            kind, end = match.lastindex or 0, match.end()
            if end <= done:
                continue
            if kind > self._limit or not kind:
                for cluster in _find_graphemes(self.text, done):
                    yield done, 0, _glyph(cluster[0], self._limit)[1]
                    done = cluster.end()
                    if done >= end:
                        break
            else:
                yield done, kind, (end - done) * kind
                done = end
        yield done, 1, 0

    def _run_end(self, run: int) -> int:
        return self._run_at[run + 1] if run + 1 < len(self._run_at) else len(self.text)

    def _position(self, offset: int) -> int:
        """Cells before the grapheme that holds `offset`, counted from the start of the text, without tags."""
        run = bisect_right(self._run_at, offset) - 1
        return self._run_cell[run] + (offset - self._run_at[run]) * self._run_step[run]

    def _offset(self, position: int) -> int:
        """Start of the grapheme that covers a position."""
        run = bisect_right(self._run_cell, position) - 1
        step = self._run_step[run]
        return self._run_at[run] + ((position - self._run_cell[run]) // step if step else 0)

    def _pieces(self, start: int, end: int) -> Iterator[str]:
        run = bisect_right(self._run_at, start) - 1
        while start < end:
            stop = self._run_end(run)
            if self._run_step[run]:
                yield self.text[start : min(stop, end)]
            else:
                yield _glyph(self.text[start:stop], self._limit)[0]
            start, run = stop, run + 1

    # -- tags ----------------------------------------------------------------------------

    def _read_tags(self) -> None:
        self._tag_at, self._tag_wishes = self._ask(0, len(self.text))
        self._tag_cells = self._clip(self._tag_at, self._tag_wishes)

    def _ask(self, start: int, end: int) -> tuple[array[int], array[int]]:
        """Grapheme edges and wished cells of the tags in a range that starts and ends with a line."""
        at, wishes = array("L"), array("L")
        for offset, cells in self._tags(start, end) if self._tags else ():
            edge = self.tag_edge(offset)
            if edge is None or cells <= 0:
                continue
            if at and at[-1] == edge:
                wishes[-1] += cells
            else:
                at.append(edge)
                wishes.append(cells)
        return at, wishes

    def tag_edge(self, offset: int) -> int | None:
        """Where a tag at `offset` goes: after a whole grapheme that is not a line end; None when there is
        none."""
        edge = self.grapheme_ceil(offset)
        if self.text[edge - 1 : edge] == "\n":
            edge = self.grapheme_floor(edge - 1)
        return edge if edge > 0 and self.text[edge - 1] != "\n" else None

    def _clip(self, at: array[int], wishes: array[int]) -> array[int]:
        """Cells of each tag that the width leaves beside its grapheme."""
        if not wishes or max(wishes) <= self.width - self._limit:
            return wishes[:]
        position, width = self._position, self.width
        rooms = (width - (position(edge) - position(edge - 1)) for edge in at)
        return array("L", map(min, wishes, rooms))

    def _tags_between(self, start: int, end: int) -> int:
        """Cells of the tags with start < offset <= end."""
        if not self._tag_at:
            return 0
        return sum(self._tag_cells[bisect_right(self._tag_at, start) : bisect_right(self._tag_at, end)])

    def _cells_between(self, start: int, end: int) -> int:
        return self._position(end) - self._position(start) + self._tags_between(start, end)

    # -- wrapping ------------------------------------------------------------------------

    def _wrap(self) -> None:
        starts: list[int] = []
        a, total = 0, len(self.text)
        while a < total:
            stop = self._paragraph_end(a)
            end = self._before_line_end(a, stop)
            (self._wrap_plain if self._is_plain(a, end) else self._wrap_any)(starts, a, end)
            a = stop
        self._starts = array("L", starts or [0])

    def _is_plain(self, start: int, end: int) -> bool:
        """Whether a paragraph is of single cells only and has no tags."""
        if self._tag_at and self._tags_between(start, end):
            return False
        run = 0 if self._even else bisect_right(self._run_at, start) - 1
        return self._run_step[run] == 1 and self._run_end(run) >= end

    def _wrap_plain(self, starts: list[int], a: int, end: int) -> None:
        """As `_wrap_any` for a plain paragraph: the speed of long texts hangs on this."""
        width, rfind, add = self.width, self.text.rfind, starts.append
        add(a)
        while end - a > width:
            cut = rfind(" ", a, a + width + 1) + 1
            a = cut if cut else a + width
            if a < end:
                add(a)

    def _wrap_any(self, starts: list[int], a: int, end: int) -> None:
        """Add the line starts of a paragraph."""
        starts.append(a)
        while (a := self._cut(a, end)) < end:
            starts.append(a)

    def _rewrap(self, first: int, settled: int) -> int:
        """Wrap again from line `first` until a line starts where one did, at or after the offset
        `settled`. Returns the line after the last that may be another one now."""
        old, new = self._starts, []
        a, total = old[first], len(self.text)
        stop = end = a
        while True:
            if a >= end:
                a = stop
                if a >= total:
                    same = len(old)
                    break
                stop = self._paragraph_end(a)
                end = self._before_line_end(a, stop)
            same = bisect_left(old, a)
            if a >= settled and same < len(old) and old[same] == a:
                break
            new.append(a)
            a = self._cut(a, end)
        shifted = len(new) != same - first
        old[first:same] = array("L", new or [0])
        return len(old) if shifted else same

    def _paragraph_end(self, start: int) -> int:
        stop = self.text.find("\n", start) + 1 or len(self.text)
        if self._breaks and (i := bisect_right(self._breaks, start)) < len(self._breaks):
            return min(stop, self._breaks[i])
        return stop

    def _before_line_end(self, start: int, end: int) -> int:
        """`end` without the LF or CR LF before it."""
        if end > start and self.text[end - 1] == "\n":
            return end - 1 - self.text.startswith("\r", max(start, end - 2), end - 1)
        return end

    def _cut(self, a: int, end: int) -> int:
        """End of the line that starts at `a`, in a paragraph whose last grapheme ends at `end`."""
        b = self._fit(a)
        if b >= end:
            return end
        if self.text[b] in _SPACES and self._grapheme_end(b) == b + 1 and not self._tags_between(b, b + 1):
            return b + 1
        for p in range(b, a, -1):
            if self._may_break(p) and self.grapheme_floor(p) == p:
                return p
        return b

    def _fit(self, a: int) -> int:
        """The furthest grapheme edge that a line starting at `a` can reach within the width, line ends
        not counted."""
        origin = self._position(a)
        room = self.width
        b = self._offset(origin + room)
        tag = bisect_right(self._tag_at, a)
        while tag < len(self._tag_at) and (at := self._tag_at[tag]) <= b:
            room -= self._tag_cells[tag]
            if self._position(at) - origin > room:
                return self.grapheme_floor(at - 1)
            b = self._offset(origin + room)
            tag += 1
        return b

    def _may_break(self, p: int) -> bool:
        before, after = self.text[p - 1], self.text[p]
        if before in _SPACES:
            return True
        if before in _NEVER_LAST or after in _NEVER_FIRST or after in _SPACES:
            return False
        return get_character_cell_size(before) == 2 or get_character_cell_size(after) == 2


@lru_cache(maxsize=8192)
def _glyph(cluster: str, limit: int) -> tuple[str, int]:
    """What to draw for a grapheme, and its cells: at least 1, at most `limit`."""
    if cluster in ("\n", "\r\n"):
        return cluster, len(cluster)
    drawn = cluster[:_MAX_CODE_POINTS].rstrip("\u200d")  # a joiner with nothing to join makes widths disagree
    cells = cell_len(drawn)
    if cells == 0:
        drawn = "◌" + drawn.lstrip("\u200d\ufe0f")
        cells = cell_len(drawn)
    return (drawn, cells) if cells <= limit else (CLIPPED, 1)
