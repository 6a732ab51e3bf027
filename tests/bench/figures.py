"""Figures with their floors and budgets, on the screen and as the page docs/benchmarks.md.

Invariant: a figure is never shown without the floor that was taken in the same run, where it has one; the page names
the machine by processor, cores and Python only.
"""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tests.bench.driver import Series

HEAD = """# Benchmarks

Written by `make bench` (tests/bench); do not edit by hand. *Floor* is what the same machine needed in the same run for
the least that could do the job; it is said in each part what that is. *Ratio* is figure / floor. Ratios hold on other
machines, absolute times only guide. `python tests/bench/run.py keys start` takes single parts anew, `--quick` takes
fewer samples and leaves this page alone.

Machine of all parts below: {machine}.
"""


@dataclass
class Figure:
    """One line of a table: `value` in `unit`, the floor in the same unit, and the largest value that is in budget.

    `budget` is the budget in words, `more` are further columns."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    limit: float | None = None
    budget: str = ""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def ratio(self) -> str:
        """Value by floor."""
        return f"{self.value / self.floor:.2f}" if self.floor else ""

    @property
    def verdict(self) -> str:
        """Whether it is in budget; "" without one."""
        if self.limit is None:
            return ""
        return "ok" if self.value <= self.limit else "OVER"

    def cells(self, names: Sequence[str]) -> list[str]:
        """The line as texts; `names` are the further columns of its table."""
        budget = self.budget or (f"≤ {number(self.limit)} {self.unit}" if self.limit is not None else "")
        floor = number(self.floor) if self.floor is not None else ""
        fixed = [self.what, f"{number(self.value)} {self.unit}", floor, self.ratio, budget, self.verdict]
        return fixed + [self.more.get(name, "") for name in names]


@dataclass
class Part:
    """One benchmark's table. `note` says what was done and what the floor is."""

    name: str
    title: str
    note: str
    figures: list[Figure] = field(default_factory=list)
    load: str = ""
    seconds: float = 0.0

    def table(self) -> list[list[str]]:
        """Heading and lines."""
        names = list(dict.fromkeys(name for figure in self.figures for name in figure.more))
        heading = ["what", "figure", "floor", "ratio", "budget", "", *names]
        return [heading, *(figure.cells(names) for figure in self.figures)]

    def markdown(self) -> str:
        """The part as Markdown, from its heading on."""
        heading, *rows = self.table()
        lines = [heading, ["---"] * len(heading), *rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        note = " ".join(self.note.split())
        taken = time.strftime("%Y-%m-%d", time.gmtime())
        when = f"{self.load}; taken {taken} in {self.seconds:.0f} s."
        return f"## {self.name}: {self.title}\n\n{note}\n{when}\n\n{table}\n"

    def text(self) -> str:
        """The part for a terminal."""
        lines = self.table()
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        rows = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        ]
        return "\n".join([f"{self.name}: {self.title}", *(row.rstrip() for row in rows), f"({self.load})"])


def number(value: float | None) -> str:
    """Three figures that matter."""
    if value is None:
        return ""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that is at least as large as `share` of them; infinite when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def key_figure(
    what: str, series: Series, floor: Series | None, limit: float | None = None, extra: float = 0.0
) -> Figure:
    """The p95 of a key's latency in milliseconds, with the floor's p95 and `extra` (ms) on top of the floor."""
    p50, p95, p99 = (1000 * percentile(series.seconds, share) for share in (0.5, 0.95, 0.99))
    base = 1000 * percentile(floor.seconds, 0.95) + extra if floor is not None else None
    silent = len(series.answers) - len(series.seconds)
    more = {
        "p50 ms": number(p50),
        "p99 ms": number(p99),
        "bytes p50": number(percentile(series.sizes, 0.5)) if series.sizes else "",
        "bytes p95": number(percentile(series.sizes, 0.95)) if series.sizes else "",
        "CPU ms": number(1000 * series.cpu) if series.cpu is not None else "",
        "n": f"{len(series.seconds)}" + (f" ({silent} changed nothing)" if silent else ""),
    }
    return Figure(what, p95, "ms", base, limit, more=more)


def machine() -> str:
    """Processor, cores, Python and the libraries that matter."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"model name\s*:\s*(.+)", information.read_text())
        model = found[1].strip() if found else model
    python = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    libraries = f"Textual {version('textual')}, SQLite {sqlite3.sqlite_version}"
    return f"{model}, {os.cpu_count()} cores, Python {python}, {libraries}"


def load(when: str) -> str:
    """The load average of the last minute, in words."""
    return f"Load average {when}: {os.getloadavg()[0]:.1f}"


def write_page(path: Path, part: Part, order: Sequence[str]) -> None:
    """Puts a part into the page; the others stay as they are. `order` names all parts that there are."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    texts = {text.partition(":")[0]: f"## {text}" for text in re.split(r"^## ", old, flags=re.M)[1:]}
    texts[part.name] = part.markdown()
    body = "\n".join(texts[name].rstrip("\n") + "\n" for name in order if name in texts)
    path.write_text(HEAD.format(machine=machine()) + "\n" + body, encoding="utf-8")
