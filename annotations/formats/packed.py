"""Files as their bytes: regular ones only, packed and unpacked as their names say.

Invariant: reading holds some blocks and no more, however much a file unpacks to; a file that unpacks to very many
times its size, or that is damaged or cut off, is refused in a sentence. The same bytes are packed to the same bytes.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from annotations.errors import BadFile, PostilError

PACKED = (".gz", ".zst")
"""Endings of packed files."""

FOREIGN = (".tar.gz", ".tgz", ".bz2", ".xz", ".lzma", ".lz4", ".br", ".zip", ".7z", ".rar", ".z")
"""Endings of files that others pack in ways of their own."""

RATIO = 500
"""How many times its size a packed file may unpack to; articles come to 3 to 20 times, much repeated to 250."""

HARMLESS = 64 * 1024 * 1024
"""Bytes that any packed file may unpack to."""

_BLOCK = 1 << 16
_MORSEL = 1 << 10
"""Packed bytes given to zstandard at a time: it makes up to 32 MiB of them at once."""


def printable_path(path: Path | str) -> str:
    """The path as a text that can be stored: bytes that are no UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def unpacked(path: Path, name: str = "", watch: Callable[[int], None] | None = None) -> IO[bytes]:
    """A regular file opened for reading, unpacked where its name says that it is packed. Messages call it `name` if
    that is given. `watch` hears how far it has been read, in bytes as they lie on the disk. Raises BadFile and
    OSError."""
    name = name or printable_path(path)
    check_regular(path, name)
    if watch is None and path.suffix.lower() not in PACKED:
        return path.open("rb")
    file = io.BufferedReader(_Watched(path, watch) if watch else io.FileIO(path), _BLOCK)
    match path.suffix.lower():
        case ".gz":
            return _bounded(cast(io.RawIOBase, gzip.GzipFile(fileobj=file, mode="rb")), file, path, name)
        case ".zst":
            return _bounded(_Zstandard(file, name), file, path, name)
    return file


def packing(path: Path, file: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    """What packs all that is written to it into a file, as the name of a path says, and ends with it; the file itself
    stays open. Raises PostilError for a name that says how we cannot pack."""
    name = path.name.lower()
    if foreign := next((end for end in FOREIGN if name.endswith(end)), ""):
        raise PostilError(
            f"{printable_path(path)}: files that end in {foreign} cannot be written; "
            f"these endings pack a file: {', '.join(PACKED)}"
        )
    if name.endswith(
        ".gz"
    ):  # neither a time nor a name in it, which would change from one export to the next
        return cast(IO[bytes], gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0))
    return _zstandard_packing(path, file) if name.endswith(".zst") else nullcontext(file)


def _zstandard_packing(path: Path, file: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    try:
        import zstandard
    except ImportError as error:
        raise lacking("zstd", f"{printable_path(path)} is to be packed with zstandard, which is") from error
    return cast(IO[bytes], zstandard.ZstdCompressor().stream_writer(file, closefd=False))


def check_regular(path: Path, name: str) -> None:
    """Refuses folders, pipes and devices. Raises BadFile and OSError."""
    if "\0" in name:
        raise BadFile(f"{name} cannot be read: no file's name holds a NUL")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise BadFile(f"{name} is a folder: name the files in it")
    if not stat.S_ISREG(mode):
        raise BadFile(
            f"{name} is not a regular file: it cannot be read; for a pipe write - and pipe into postil"
        )


class _Watched(io.FileIO):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, watch: Callable[[int], None]) -> None:
        super().__init__(path)
        self._watch = watch

    def readinto(self, buffer: Any, /) -> int:
        """The next bytes."""
        size = super().readinto(buffer)
        self._watch(self.tell())
        return size


def _bounded(inner: io.RawIOBase, packed: IO[bytes], path: Path, name: str) -> IO[bytes]:
    most = max(HARMLESS, RATIO * path.stat().st_size)
    return io.BufferedReader(_Bounded(inner, packed, most, name), _BLOCK)


class _Bounded(io.RawIOBase):
    """What an unpacker gives, up to some bytes; closes both files."""

    def __init__(self, inner: io.RawIOBase, packed: IO[bytes], most: int, name: str) -> None:
        self._inner, self._packed, self._left, self._name = inner, packed, most, name

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """The next bytes. Raises BadFile when they get too many."""
        size = self._inner.readinto(buffer) or 0
        self._left -= size
        if self._left < 0:
            raise BadFile(
                f"{self._name} unpacks to more than {RATIO} times its size, as a bomb does: if it is none, unpack it"
            )
        return size

    def close(self) -> None:
        """Closes the unpacker and the file."""
        with closing(self._packed), closing(self._inner):
            super().close()


class _Zstandard(io.RawIOBase):
    """What zstandard makes of a file, frame after frame."""

    def __init__(self, packed: IO[bytes], name: str) -> None:
        try:
            import zstandard
        except ImportError as error:
            packed.close()
            raise lacking("zstd", f"{name} is packed with zstandard, which is") from error
        self._packed, self._library = packed, zstandard
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._rest = memoryview(b"")
        self._begun = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """The next bytes. Raises EOFError when the file is damaged or cut off."""
        while not self._rest:
            data = self._packed.read(_MORSEL)
            if not data:
                if self._begun:
                    raise EOFError("the last frame has no end")
                return 0
            self._rest = memoryview(self._unpack(data))
        view = memoryview(buffer)
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def _unpack(self, data: bytes) -> bytes:
        found = b""
        try:
            while data:
                self._begun = True
                found += self._frame.decompress(data)
                if not self._frame.eof:
                    break
                data, self._begun = self._frame.unused_data, False
                self._frame = self._library.ZstdDecompressor().decompressobj()
        except self._library.ZstdError as error:
            raise EOFError(str(error)) from error
        return found


def lacking(extra: str, what: str) -> BadFile:
    """How to get an extra of postil that is not installed; `what` begins the sentence."""
    return BadFile(f'{what} in the extra "{extra}" of postil: pip install "postil[{extra}]"')
