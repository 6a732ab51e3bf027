from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desks import Project


@pytest.fixture
def make_project(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes projects that are closed at the end of the test."""
    made: list[Project] = []

    def make(**settings: str) -> Project:
        folder = tmp_path / f"project{len(made)}"
        folder.mkdir()
        made.append(Project(folder, **settings))
        return made[-1]

    yield make
    for project in made:
        project.close()


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project()
