"""What the tests of the domain share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desks import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project in the folder of the test."""
    made = Project(tmp_path)
    yield made
    made.close()
