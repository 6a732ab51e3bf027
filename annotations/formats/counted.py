"""What the offsets of a whole file count, where it does not say so: found out from the words under its entities.

Invariant: a file has one unit. It is what fits the words of its records together, never of one record against the
others: a record that fits another unit alone is refused, and all are where the records do not agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from annotations.formats import offsets
from annotations.formats.options import Unit
from annotations.formats.records import Bad
from annotations.model import Span

SURVEYED = 4_000_000
"""Code points of texts from which a unit is found out."""

ODD = 0.05
"""The share of records that may fit another unit better than the one that the others leave: entities are also marked
where words do not end."""

_SAY = "say it with --offset-unit"


class Units:
    """What the records of a file allow, one after the other, and what that leaves."""

    def __init__(self) -> None:
        self._best: Counter[Unit] = Counter()
        self._against: Counter[Unit] = Counter()
        self._records = 0

    def hear(self, text: str, spans: Sequence[Span]) -> None:
        """Counts what a record allows, if the unit matters there."""
        fit = offsets.by_words(text, spans)
        if not fit.best or len(fit.best) == len(offsets.TRIED):
            return
        self._records += 1
        self._best.update(fit.best)
        self._against.update(unit for unit in offsets.TRIED if unit not in fit.possible)

    @property
    def left(self) -> list[Unit]:
        """The units that fit best; all of them where no record says anything."""
        most = max(self._best.values(), default=0)
        return [unit for unit in offsets.TRIED if self._best[unit] == most]

    def of(self, text: str, spans: Sequence[Span]) -> tuple[Unit, bool]:
        """The unit of a record, and whether it makes a difference there. Raises Bad where the unit cannot be told."""
        fit, left = offsets.by_words(text, spans), self.left
        if fit.same:
            return left[0], False
        if all(self._against[unit] > ODD * self._records for unit in left):
            raise Bad(f"the offsets of this file do not count one thing: {self._counted()}; {_SAY}")
        if fit.best and not set(left) & set(fit.possible):
            counted = f"{_named(fit.best)}, those of the rest of the file {_named(left)}"
            raise Bad(f"by the words its offsets count {counted}: {_SAY}")
        units = offsets.apart(text, spans, left)
        if len(units) > 1:
            why = f"{_named(units)} fit alike" if fit.best else "no unit fits the words"
            raise Bad(f"what its offsets count cannot be told ({why}): {_SAY}")
        return (units or left)[0], True

    def _counted(self) -> str:
        ranked = [(unit, self._best[unit]) for unit in offsets.TRIED if self._best[unit]]
        told = [f"{offsets.NAMES[unit]} fit {count:,}" for unit, count in ranked]
        return f"of {self._records:,} articles where that matters, by the words {', '.join(told)}"


def _named(units: Sequence[Unit]) -> str:
    return " and ".join(offsets.NAMES[unit] for unit in units)
