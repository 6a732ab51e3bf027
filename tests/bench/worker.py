"""A function in a process of its own, so that its peak of memory is its own.

`python -m tests.bench.worker MODULE FUNCTION JSON-ARGUMENTS` prints what the function returns and the peak, as JSON.
"""

from __future__ import annotations

import importlib
import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.driver import ROOT, environment


def call(module: str, function: str, state: Path, *arguments: Any) -> tuple[Any, float]:
    """What `tests.bench.<module>.<function>(*arguments)` returns, and the peak of its process in MiB."""
    argv = [sys.executable, "-m", "tests.bench.worker", module, function, json.dumps(arguments, default=str)]
    done = subprocess.run(
        argv, cwd=ROOT, env=environment(state), check=True, stdout=subprocess.PIPE, text=True
    )
    answer, peak = json.loads(done.stdout)
    return answer, peak


def main() -> None:
    """The other end of `call`."""
    module, function, arguments = sys.argv[1:]
    work = getattr(importlib.import_module(f"tests.bench.{module}"), function)
    answer = work(*json.loads(arguments))
    print(json.dumps([answer, _peak()]))


def _peak() -> float:
    """The most memory that this process has held, in MiB. What `getrusage` says on Linux begins with what the process
    that started this one held."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        if found is not None:
            return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )


if __name__ == "__main__":
    main()
