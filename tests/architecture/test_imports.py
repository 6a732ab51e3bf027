"""What an import brings along, told by `sys.modules` of a fresh process; contracts see our code only."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Imports the modules one after the other and tells which of them brought in a heavy one first.
WATCH = """
import importlib, json, sys
names, heavy = json.loads(sys.argv[1])
guilty = {}
for name in names:
    importlib.import_module(name)
    for each in heavy:
        if each in sys.modules:
            guilty.setdefault(each, name)
print(json.dumps(guilty))
"""


def who_brings(heavy: list[str], by_importing: list[str]) -> dict[str, str]:
    """Each heavy module that got imported -> the first of our modules that did it."""
    wish = json.dumps([by_importing, heavy])
    command = [sys.executable, "-P", "-c", WATCH, wish]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    guilty: dict[str, str] = json.loads(done.stdout)
    return guilty


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def modules_of(package: str) -> list[str]:
    found = pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
    return [package, *(module.name for module in found if not module.name.endswith("__main__"))]


def test_no_part_of_annotations_brings_in_a_screen_or_spacy() -> None:
    names = [name for name in modules_of("annotations") if not name.startswith("annotations.suggest.")]
    assert who_brings(["textual", "rich", "tui", "spacy"], names) == {}


def test_the_session_alone_brings_in_no_screen_and_no_spacy() -> None:
    assert who_brings(["textual", "rich", "tui", "spacy"], ["annotations.session"]) == {}


def test_the_suggesters_bring_in_no_screen() -> None:
    names = [name for name in modules_of("annotations") if name.startswith("annotations.suggest")]
    assert who_brings(["textual", "rich", "tui"], names) == {}


def test_the_command_waits_with_spacy_and_sqlite_utils_until_they_are_needed() -> None:
    assert who_brings(["spacy", "numpy", "sqlite_utils"], ["tui.cli"]) == {}


@pytest.mark.parametrize("root", ["annotations", "tui"])
def test_a_package_root_imports_nothing(root: str) -> None:
    ours = [name for name in modules_of(root) if name != root]
    assert who_brings(ours, [root]) == {}


def test_no_format_waits_in_the_way_of_the_first_article() -> None:
    formats = ["annotations.formats.base", "annotations.importing", "annotations.exporting"]
    assert who_brings(formats, ["tui.cli", "tui.app"]) == {}
