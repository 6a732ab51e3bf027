"""Where exports go: files whose names say that they are packed are, to the same bytes each time."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from annotations.errors import PostilError
from annotations.formats.packed import PACKED, unpacked
from annotations.output import target


def write(path: Path, data: bytes) -> bytes:
    """What a file holds after an export."""
    with target(path, is_folder=False) as file, file() as out:
        out.write(data)
    return path.read_bytes()


def test_a_file_is_packed_as_its_name_says(tmp_path: Path) -> None:
    assert gzip.decompress(write(tmp_path / "a.jsonl.gz", b"one\n")) == b"one\n"
    packed = write(tmp_path / "a.jsonl.ZST", b"one\n")
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == b"one\n"
    assert write(tmp_path / "a.jsonl", b"one\n") == b"one\n"


@given(data=st.binary(max_size=200), ending=st.sampled_from(PACKED))
def test_what_was_packed_is_unpacked_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, ending: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"a{ending}"
    write(path, data)
    with unpacked(path) as file:
        assert file.read() == data


@pytest.mark.parametrize("ending", PACKED)
def test_the_same_export_has_the_same_bytes_whenever_and_wherever_it_is_made(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path / f"a{ending}", b"one")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert write(tmp_path / f"b{ending}", b"one") == first


@pytest.mark.parametrize("name", ["a.jsonl.bz2", "a.XZ", "a.zip", "a.tar.gz"])
def test_a_name_that_says_how_we_cannot_pack_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(PostilError, match=r"cannot be written; these endings pack a file: \.gz, \.zst"):
        write(tmp_path / name, b"one")
    assert list(tmp_path.iterdir()) == []


def test_without_its_extra_zstandard_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(PostilError, match=r'extra "zstd" of postil'):
        write(tmp_path / "a.zst", b"one")
    assert list(tmp_path.iterdir()) == []
