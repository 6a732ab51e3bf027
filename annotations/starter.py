"""The starter project: the `config.yaml` and `seeds/` that `postil init` copies.

Invariant: a wheel carries the two beside this module in `starter_files/`, a checkout has them at its root,
both with the same bytes. Nothing that exists is overwritten, and a copy that fails leaves nothing behind.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from annotations.errors import PostilError, Refused

PACKAGED = Path(__file__).parent / "starter_files"
"""Where a wheel keeps the starter project (pyproject.toml puts it there)."""

CHECKOUT = Path(__file__).parent.parent
"""The root of the checkout, where this module runs from one."""


def starter() -> Path:
    """The folder that holds the starter's `config.yaml` and `seeds/`.

    Raises PostilError where this installation has neither the packaged copy nor a checkout around it.
    """
    for folder in (PACKAGED, CHECKOUT):
        if (folder / "config.yaml").is_file() and (folder / "seeds").is_dir():
            return folder
    raise PostilError(
        f"The starter project is missing from this installation: neither {PACKAGED} nor {CHECKOUT} "
        "holds config.yaml and seeds/. Install postil again."
    )


def init_project(folder: Path) -> list[Path]:
    """Write the starter project into `folder`, made with its parents if need be; return the files written.

    Raises Refused where one of those files exists already or `folder` is a file, PostilError where the disk
    does not let us; in each case nothing was written.
    """
    source = starter()
    names = [Path("config.yaml"), *(Path("seeds") / seed.name for seed in sorted(source.glob("seeds/*.txt")))]
    try:
        _refuse_to_overwrite(folder, names)
        _copy_all_or_nothing(source, folder, names)
    except OSError as problem:
        what = f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
        raise PostilError(f"Cannot make a project in {folder}: {what}. Nothing was written.") from problem
    return [folder / name for name in names]


def _refuse_to_overwrite(folder: Path, names: list[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file, not a folder: name a folder for the new project.")
    for name in names:
        if (folder / name).exists():
            raise Refused(
                f"{folder / name} exists already, and init overwrites nothing: name another folder."
            )


def _copy_all_or_nothing(source: Path, folder: Path, names: list[Path]) -> None:
    """Copy the files; whatever interrupts it, Ctrl-C too, what was made until then goes again."""
    with ExitStack() as undo:
        for name in names:
            _make_folder((folder / name).parent, undo)
            with (folder / name).open("xb") as file:
                undo.callback((folder / name).unlink)
                file.write((source / name).read_bytes())
        undo.pop_all()


def _make_folder(folder: Path, undo: ExitStack) -> None:
    """Make `folder` and its missing parents, and have `undo` remove them."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        undo.callback(each.rmdir)
