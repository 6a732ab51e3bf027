"""`make bench`: takes the figures and writes docs/benchmarks.md.

    python tests/bench/run.py [PART …] [--quick] [--page FILE]

Invariant: the page is written anew only for the parts that were taken, and never from a quick run.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # `tests.bench` and the checkout's code, and none of this folder's names

if TYPE_CHECKING:
    from tests.bench.figures import Part

PARTS = (
    *(
        "acts",
        "keys",
        "suggesting",
        "start",
        "opening",
        "edit",
        "library",
        "suggest",
        "interchange",
        "formats",
    ),
    *("kill", "slow_link"),
)


def main() -> None:
    """Takes the parts that were asked for, one after the other, each in a folder of its own."""
    parser = argparse.ArgumentParser(description="Measure postil and write docs/benchmarks.md.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="fewer samples; the page stays as it is")
    parser.add_argument(
        "--page", type=Path, default=ROOT / "docs" / "benchmarks.md", help="the page to write"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")

    from tests.bench import figures

    print(figures.machine())
    for name in options.parts or PARTS:
        part = _take(name, options.quick)
        print(f"\n{part.text()}", flush=True)
        if not options.quick:
            figures.write_page(options.page, part, PARTS)


def _take(name: str, quick: bool) -> Part:
    from tests.bench import figures

    module = importlib.import_module(f"tests.bench.{name}")
    load, began = figures.load("at the start"), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as folder:
        part = figures.Part(name, module.TITLE, module.NOTE, load=load)
        part.figures = list(module.run(Path(folder), quick))
    part.seconds = time.perf_counter() - began
    return part


if __name__ == "__main__":
    main()
