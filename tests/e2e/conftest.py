"""Projects for the journeys: made once, with suggestions, and copied for each test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.helpers import POSTIL, Project


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh starter project: no database yet."""
    folder = tmp_path_factory.mktemp("starter") / "news"
    subprocess.run([POSTIL, "init", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def suggested(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter project with its articles imported and read by the pipeline."""
    folder = tmp_path_factory.mktemp("suggested") / "news"
    shutil.copytree(starter, folder)
    for words in (("import", folder / "seeds"), ("suggest",)):
        subprocess.run([POSTIL, *words, "-p", folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def fresh(starter: Path, tmp_path: Path) -> Iterator[Project]:
    """A project that nobody has opened; nobody may be left in it afterwards."""
    yield from _copy(starter, tmp_path / "fresh")


@pytest.fixture
def project(suggested: Path, tmp_path: Path) -> Iterator[Project]:
    """A project with all suggestions; nobody may be left in it afterwards."""
    yield from _copy(suggested, tmp_path / "suggested")


def _copy(source: Path, folder: Path) -> Iterator[Project]:
    found = Project(folder / "news")
    shutil.copytree(source, found.folder)
    yield found
    found.deserted()
