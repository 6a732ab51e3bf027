"""The installed wheel, used from an empty folder: its own command, its own starter project, its own modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.helpers import Project

ROOT = Path(__file__).parents[2]

WHERE = """
import json
import annotations, tui.cli
from annotations.starter import starter
print(json.dumps([annotations.__file__, tui.cli.__file__, str(starter())]))
"""


def run(*command: str | Path, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, and sees what else this one has installed, but not the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # A path file's own entries are not read for further path files, so the editable install is not seen.
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel)
    return folder / "venv"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working folder, and nothing on the path that would lead back to the checkout."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_the_installed_wheel_does_the_job_from_an_empty_folder(installed: Path, elsewhere: Path) -> None:
    postil = installed / "bin" / "postil"
    places = json.loads(run(installed / "bin" / "python", "-c", WHERE, cwd=elsewhere))
    assert all(Path(place).is_relative_to(installed) for place in places)
    assert (
        "files written"
        in subprocess.run(
            [postil, "init", "p"], cwd=elsewhere, capture_output=True, text=True, check=True
        ).stderr
    )
    project = Project(elsewhere / "p", (postil,))
    with project.app(cwd=elsewhere) as screen:
        screen.wait_for("54 pending", 30)
        assert all(str(installed) in line for line in project.running().values())
        screen.do("a", "GPE? “Cuba” from model")
        screen.do("a", "GPE “Cuba” accepted")
        screen.quit()
    project.deserted()
    assert project.entities(1, "person", "ana") == {(0, 4, "GPE")}
    project.sound()


def test_the_installed_command_finds_the_project_from_a_folder_within(
    installed: Path, elsewhere: Path
) -> None:
    postil = installed / "bin" / "postil"
    run(postil, "init", elsewhere / "p")
    environ = {**os.environ, "POSTIL_ANNOTATOR": "ana", "LANG": "C.UTF-8"}
    run(postil, "import", ".", cwd=elsewhere / "p" / "seeds", env=environ)
    assert "The rock everyone wants" in run(postil, "list", cwd=elsewhere / "p" / "seeds", env=environ)
    assert run(postil, "--version", cwd=elsewhere).strip().endswith("0.1.0")
