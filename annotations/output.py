"""Where an export goes: a file, a folder or a stream.

Invariant: what was there before is replaced when all is written, durably, or not at all; a folder is replaced only if
an export wrote it; a file whose name says that it is packed is.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

from annotations.errors import PostilError
from annotations.formats.base import Opener
from annotations.formats.packed import packing

MARK = ".postil-export"
"""The file that says of a folder that an export wrote it."""


def target(path: Path | None, is_folder: bool) -> AbstractContextManager[Opener]:
    """Where to write: a file or folder, or for None standard output, which gets nothing unless all is written.
    Raises PostilError when it cannot be written, then or later."""
    if path is None:
        if is_folder:
            raise PostilError("this format is a folder of files: say where with -o FOLDER")
        return _standard_output()
    return _folder(path) if is_folder else _file(path)


@contextmanager
def _standard_output() -> Iterator[Opener]:
    with tempfile.TemporaryFile() as file:
        yield lambda name="": nullcontext(file)
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


@contextmanager
def _file(path: Path) -> Iterator[Opener]:
    with replacing(path) as file:
        yield lambda name="": nullcontext(file)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file under a temporary name that takes the place of `path` when all went well, durably, packed as that name
    says. Raises PostilError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            with packing(path, file) as packed:
                yield packed
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _folder(path: Path) -> Iterator[Opener]:
    """A new folder under a temporary name that takes the place of `path` when all went well."""
    _refuse_foreign(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    old = path.with_name(f".{path.name}.{os.getpid()}.old")

    @contextmanager
    def open_(name: str) -> Iterator[IO[bytes]]:
        place = partial / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            yield file

    try:
        partial.mkdir()
        (partial / MARK).write_bytes(
            b"An export of postil: the next one into this folder replaces all of it.\n"
        )
        yield open_
        if path.exists():
            path.rename(old)
        partial.rename(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _refuse_foreign(path: Path) -> None:
    """Refuses a folder with files in it that no export wrote."""
    try:
        foreign = path.exists() and not (path / MARK).exists() and (not path.is_dir() or any(path.iterdir()))
    except OSError as error:
        raise _unwritten(path, error) from error
    if foreign:
        raise PostilError(
            f"{path} holds something that no export wrote: name a new folder; what is there is untouched"
        )


def _unwritten(path: Path, error: OSError) -> PostilError:
    return PostilError(f"cannot write {path}: {error.strerror or error}; what was there is untouched")
