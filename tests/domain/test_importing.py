"""Which files an import takes, how they are unpacked, and what it says of each."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import zstandard

from annotations.config import load
from annotations.errors import BadFile, PostilError
from annotations.files import expand
from annotations.formats import packed, postil, registry
from annotations.formats.base import Reading, Source
from annotations.importing import Importer, Report, Taking
from annotations.model import Article
from tests import interchange
from tests.desks import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "project").mkdir()
    found = Project(tmp_path / "project")
    yield found
    found.close()


def importer(project: Project, progress: Any = None, **how: Any) -> Importer:
    config = load(project.folder / "config.yaml")
    return Importer(project.store, config, Taking(Reading(config.schema, **how)), progress)


def take(project: Project, *patterns: str, **how: Any) -> Report:
    return importer(project, **how).take_patterns(patterns, project.folder)


def articles(project: Project) -> list[Article]:
    return [project.store.article(id) for id in project.store.all_articles()]


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Text of {name}.", encoding="utf-8")


def found(folder: Path, *patterns: str) -> list[str]:
    """What patterns name: files from the folder, refusals as they are."""
    return [
        str(each) if isinstance(each, BadFile) else str(each.relative_to(folder))
        for each in expand(patterns, folder)
    ]


# -- which files --------------------------------------------------------------------------------------


def test_a_folder_gives_its_readable_files_in_order_without_hidden_ones(tmp_path: Path) -> None:
    write(
        tmp_path,
        "b.txt",
        "a/c.txt",
        "a.md",
        "A.TXT.GZ",
        "x.zst",
        "n.png",
        ".h.txt",
        ".git/d.txt",
        "a/.e/f.txt",
    )
    assert found(tmp_path, ".") == ["A.TXT.GZ", "a/c.txt", "a.md", "b.txt"]


def test_hidden_files_are_taken_where_they_are_named(tmp_path: Path) -> None:
    write(tmp_path, ".h/a.txt", ".h/.b.txt", "c.txt")
    assert found(tmp_path, ".h") == [".h/a.txt"]
    assert found(tmp_path, ".h/.b.txt", ".h/*.txt", "*/*.txt", ".h/.*.txt") == [
        *(".h/.b.txt", ".h/a.txt", "*/*.txt: no file matches", ".h/.b.txt")
    ]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("[b-z].txt", ["b.txt"]),
        ("?/*.txt", ["d/c.txt"]),
        ("**/*.txt", ["a.txt", "b.txt", "d/c.txt", "d/e/f.txt"]),
        ("d/**", ["d/c.txt", "d/e/f.txt"]),
        ("**.txt", ["a.txt", "b.txt"]),
        ("d/../*.txt", ["a.txt", "b.txt"]),
        ("d", ["d/c.txt", "d/e/f.txt"]),
        ("n*.txt", ["n*.txt: no file matches"]),
        ("no/*/x.txt", ["no/*/x.txt: no file matches"]),
    ],
)
def test_patterns_name_files_in_order(pattern: str, names: list[str], tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.txt", "d/c.txt", "d/e/f.txt")
    assert [os.path.normpath(each) if ":" not in each else each for each in found(tmp_path, pattern)] == names


def test_a_file_with_a_name_like_a_pattern_is_itself(tmp_path: Path) -> None:
    write(tmp_path, "a[1].txt", "a1.txt")
    assert found(tmp_path, "a[1].txt") == ["a[1].txt"]


def test_an_empty_folder_says_what_it_was_searched_for(tmp_path: Path) -> None:
    (says,) = found(tmp_path, ".")
    assert says.startswith(".: the folder holds no files that end in .")


def test_loops_of_links_are_not_walked(tmp_path: Path) -> None:
    write(tmp_path, "d/a.txt")
    for name in ("x", "y"):
        (tmp_path / "d" / name).symlink_to("..")
        (tmp_path / name).symlink_to(".")
    assert found(tmp_path, ".") == ["d/a.txt"]
    assert found(tmp_path, "**/*.txt") == ["d/a.txt"]


def test_a_linked_file_and_a_linked_folder_are_taken(project: Project, tmp_path: Path) -> None:
    write(tmp_path, "there/a.txt")
    (project.folder / "in").symlink_to(tmp_path / "there")
    (project.folder / "b.txt").symlink_to(tmp_path / "there" / "a.txt")
    assert take(project, "in").new == 1
    assert len(take(project, "b.txt").duplicates) == 1


@pytest.mark.parametrize(
    "name", ["nothing.txt", "x" * 300 + ".txt", "~nobody-of-that-name/a.txt", "a\0b.txt", "d/a.txt"]
)
def test_what_cannot_be_there_is_refused_with_its_name(name: str, project: Project) -> None:
    write(project.folder, "d", "a.txt")
    report = take(project, name, "a.txt")
    assert report.new == 1
    (says,) = report.refused
    assert name.split("\0")[0][-9:].split("/")[-1][:1] in says and "Traceback" not in says


def test_links_within_a_folder_are_not_followed_and_that_is_said(project: Project, tmp_path: Path) -> None:
    write(tmp_path, "secret.txt")
    for name in ("a.txt", "b.txt"):
        (project.folder / name).symlink_to(tmp_path / "secret.txt")
    write(project.folder, "c.txt")
    report = take(project, ".")
    assert [article.source for article in articles(project)] == ["c.txt"]
    assert report.refused == [
        f"{project.folder}/a.txt and 1 more: a link within a folder is not followed; name it to take it in"
    ]
    assert take(project, "a.txt").refused == []


def test_pipes_devices_and_broken_links_are_refused_and_never_opened(project: Project) -> None:
    folder = project.folder / "in"
    write(folder, "a.txt")
    os.mkfifo(folder / "pipe.txt")
    (folder / "gone.txt").symlink_to("nowhere.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    report = take(project, "in", "in/gone.txt", "in/loop.txt", "/dev/null")
    assert report.new == 1
    links = report.refused.pop(0)
    assert "gone.txt and 1 more: a link within a folder is not followed" in links
    pipe, gone, loop, device = report.refused
    assert gone == "in/gone.txt: there is no such file; check its name"
    assert loop.startswith("in/loop.txt cannot be read: ")
    assert pipe.startswith("in/pipe.txt is not a regular file")
    assert device.startswith("/dev/null is not a regular file")


def test_a_name_that_is_not_utf8_is_stored_as_escapes(project: Project) -> None:
    with open(os.fsencode(project.folder) + b"/caf\xe9.txt", "wb") as file:
        file.write(b"Nobody came.")
    assert take(project, ".").new == 1
    assert articles(project)[0].source == "caf\\xe9.txt"


def test_files_outside_the_project_keep_the_path_they_were_named_by(project: Project, tmp_path: Path) -> None:
    write(tmp_path, "out/a.txt")
    write(project.folder, "in/b.txt")
    take(project, "../out", str(project.folder / "in"))
    outside, inside = (article.source for article in articles(project))
    assert outside.endswith("project/../out/a.txt")
    assert inside == "in/b.txt"


# -- packed -------------------------------------------------------------------------------------------


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".zst", zst)])
def test_packed_files_are_what_they_hold(end: str, pack: Any, project: Project) -> None:
    (project.folder / f"a.jsonl{end}").write_bytes(pack(b'{"text": "a"}\n') + pack(b'{"text": "b"}\n'))
    (project.folder / f"b.txt{end}").write_bytes(pack(b"c"))
    assert take(project, ".").new == 3
    assert [article.text for article in articles(project)] == ["a", "b", "c"]


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".zst", zst)])
@pytest.mark.parametrize("cut", [1, 20, 4000])
def test_a_packed_file_that_is_cut_off_says_so(end: str, pack: Any, cut: int, tmp_path: Path) -> None:
    lines = b"".join(postil.line(interchange.document("a" * n)) for n in range(1, 500))
    path = tmp_path / f"a.jsonl{end}"
    path.write_bytes(pack(lines)[:-cut])
    assert postil.FORMAT.read is not None
    *_, last = postil.FORMAT.read(Source.of(path), Reading(interchange.SCHEMA))
    assert "the packed file is damaged or cut off" in str(last)


@pytest.mark.parametrize("end", [".gz", ".zst"])
def test_what_is_not_packed_but_says_so_is_refused(end: str, project: Project) -> None:
    write(project.folder, f"a.txt{end}")
    assert take(project, ".").refused == [f"a.txt{end}: the packed file is damaged or cut off"]


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".zst", zst)])
def test_a_bomb_is_refused_before_it_is_in_memory(
    end: str, pack: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "HARMLESS", 1 << 20)
    files = {"a.txt": b"a", "b.jsonl": b'{"text": "', "c.csv": b"text\n", "d.html": b"<html>"}
    for name, start in files.items():
        (project.folder / f"{name}{end}").write_bytes(pack(start + b" " * (4 << 20)))
    report = take(project, ".")
    assert report.new == 0
    assert [says.split(" unpacks to ")[0] for says in report.refused] == [f"{name}{end}" for name in files]
    assert all(f"{packed.RATIO} times its size" in says for says in report.refused), report.refused


def test_without_zstandard_a_sentence_says_how_to_get_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "a.txt.zst").write_bytes(zst(b"a"))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (says,) = take(project, ".").refused
    assert 'in the extra "zstd" of postil: pip install "postil[zstd]"' in says


# -- standard input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"Nobody came.", ["Nobody came."]),
        (b'{"text": "a"}\n{"text": "b"}\n', ["a", "b"]),
        (b'[{"text": "a"}]', ["a"]),
        (b"text,title\na,T\n", ["a"]),
    ],
)
def test_standard_input_is_what_it_looks_like(data: bytes, texts: list[str], project: Project) -> None:
    report = importer(project).take_stream(io.BytesIO(data))
    assert [article.text for article in articles(project)] == texts
    assert articles(project)[0].source.startswith("-")
    assert report.refused == []


def test_standard_input_is_not_held_in_memory(project: Project) -> None:
    class Pipe(io.RawIOBase):
        """Lines without end, which remembers how much was asked for at once."""

        left, most = 40, 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.most = max(self.most, size if size >= 0 else 1 << 40)
            self.left -= 1
            return b'{"text": "%d"}\n' % self.left if self.left >= 0 else b""

    pipe: Any = Pipe()
    assert importer(project).take_stream(pipe).new == 40
    assert pipe.most <= 1 << 20


def test_no_room_for_standard_input_is_said(project: Project) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    stream: BinaryIO = Full()
    with pytest.raises(PostilError, match="standard input cannot be kept for reading: No space left"):
        importer(project).take_stream(stream)


# -- what is said -------------------------------------------------------------------------------------


def test_the_good_rest_goes_in_and_a_second_time_adds_nothing(project: Project) -> None:
    (project.folder / "a.jsonl").write_text('{"text": "a"}\n{"text": 7}\n{"text": "b"}\n{"text": "a"}\n')
    first, second = take(project, "."), take(project, ".")
    assert (first.new, second.new) == (2, 0)
    assert first.refused == ['a.jsonl, line 2: "text" must be a text, not 7']
    assert first.duplicates == ["a.jsonl, line 4: the same text as a.jsonl, line 1, not taken in twice"]
    assert len(second.duplicates) == 3


def test_an_id_that_stands_twice_with_different_texts_is_said_and_both_are_kept(project: Project) -> None:
    rows = [{"id": 7, "text": "a"}, {"id": "7", "text": "b"}, {"id": 7, "text": "c"}, {"id": 7, "text": "a"}]
    (project.folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = take(project, ".")
    assert report.new == 3
    assert report.warnings == ["a.jsonl, line 3: the id 7 came before with another text; both are taken in"]


def test_unknown_json_is_refused_by_name_unless_it_is_asked_for_as_text(project: Project) -> None:
    (project.folder / "a.json").write_text('{"headline": "x"}')
    (says,) = take(project, ".").refused
    assert says.startswith("a.json: this is JSON with the keys headline, which is in no format known here")
    config = load(project.folder / "config.yaml")
    forced = Importer(project.store, config, Taking(Reading(config.schema), registry.named("text")))
    assert forced.take_patterns(["."], project.folder).new == 1


# -- line ends ----------------------------------------------------------------------------------------


def test_line_ends_stay_unless_line_feeds_are_asked_for(project: Project) -> None:
    (project.folder / "a.txt").write_bytes(b"a\r\nb\rc\n")
    take(project, "a.txt")
    take(project, "a.txt", newlines="lf")
    kept, changed = articles(project)
    assert (kept.text, dict(kept.meta)) == ("a\r\nb\rc\n", {})
    assert (changed.text, dict(changed.meta)) == ("a\nb\nc\n", {"newlines": "lf"})


def test_line_ends_of_annotated_articles_stay_because_offsets_count_them(project: Project) -> None:
    (project.folder / "a.jsonl").write_bytes(postil.line(interchange.hardest()))
    report = take(project, ".", newlines="lf")
    assert "\r\n" in articles(project)[0].text
    assert any("its line ends stay" in says for says in report.warnings)


# -- progress -----------------------------------------------------------------------------------------


def test_progress_counts_bytes_on_the_disk_up_to_all_of_them(project: Project) -> None:
    lines = b"".join(b'{"text": "%d %s"}\n' % (n, os.urandom(30).hex().encode()) for n in range(20_000))
    files = {"a.jsonl": lines, "b.jsonl.gz": gzip.compress(lines), "c.txt": b"c", "d.jsonl.zst": zst(lines)}
    for name, data in files.items():
        (project.folder / name).write_bytes(data)
    heard: list[tuple[int, int]] = []
    taking = importer(project, lambda done, total: heard.append((done, total)))
    taking.take_patterns([*files, "gone.txt"], project.folder)
    total = sum(len(data) for data in files.values())
    assert {each for _, each in heard} == {total}
    assert heard[-1] == (total, total)
    assert all(0 <= done <= total for done, _ in heard)
    assert len({done for done, _ in heard}) > 20


def test_nothing_is_watched_where_nobody_listens(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    with packed.unpacked(tmp_path / "a.txt") as file:
        assert type(file) is io.BufferedReader and type(file.raw) is io.FileIO


def test_endings_are_those_of_every_readable_format() -> None:
    ends: Sequence[str] = registry.suffixes()
    assert {".txt", ".md", ".jsonl", ".json", ".csv", ".tsv", ".html", ".rss"} <= set(ends)
    assert list(ends) == sorted(set(ends))


# -- what of a record does not come in ----------------------------------------------------------------

OFF = {
    "doccano": '{"text": "Ana met Bo.", "label": [[0, 3, "PERSON"], [8, 99, "PERSON"]]}',
    "prodigy": '{"text": "Ana met Bo.", "answer": "accept", "spans": [{"start": 0, "end": 3, "label": "PERSON"},'
    ' {"start": 8, "end": 99, "label": "PERSON"}]}',
    "textae": '{"text": "Ana met Bo.", "denotations": [{"span": {"begin": 0, "end": 3}, "obj": "PERSON"},'
    ' {"span": {"begin": 8, "end": 99}, "obj": "PERSON"}]}',
    "label-studio": '[{"data": {"text": "Ana met Bo."}, "annotations": [{"result": ['
    '{"type": "labels", "value": {"start": 0, "end": 3, "text": "Ana", "labels": ["PERSON"]}},'
    '{"type": "labels", "value": {"start": 8, "end": 99, "text": "Bo", "labels": ["PERSON"]}}]}]}]',
    "gliner": '{"tokenized_text": ["Ana", "met", "Bo"], "ner": [[0, 0, "person"], [2, 9, "person"]]}',
    "gliner2": '{"input": "Ana met Bo.", "output": {"entities": {"person": ["Ana", "Eve"]}}}',
    "dygie": '{"doc_key": "x", "sentences": [["Ana", "met", "Bo"]], "ner": [[[0, 0, "PERSON"], [2, 9, "PERSON"]]]}',
    "spert": '[{"tokens": ["Ana", "met", "Bo"], "entities": [{"type": "PERSON", "start": 0, "end": 1},'
    ' {"type": "PERSON", "start": 2, "end": 9}], "relations": []}]',
}
"""A file of each format with one entity that can be taken and one that cannot."""


@pytest.mark.parametrize("format", OFF)
def test_an_annotation_that_is_left_out_is_counted_with_its_place(format: str, project: Project) -> None:
    (project.folder / "a.json").write_text(OFF[format] + "\n", encoding="utf-8")
    config = load(project.folder / "config.yaml")
    taking = Taking(Reading(config.schema), registry.named(format))
    report = Importer(project.store, config, taking).take_patterns(["a.json"], project.folder)
    assert (report.new, report.entities, report.refused) == (1, 1, [])
    (says,) = report.left_out
    assert says.startswith("a.json, ") and "left out" in says


@pytest.mark.parametrize("format", ["doccano", "gliner", "gliner2", "dygie"])
def test_done_says_nothing_of_relations_where_the_file_could_not_have_any(
    format: str, project: Project
) -> None:
    (project.folder / "a.json").write_text(OFF[format] + "\n", encoding="utf-8")
    config = load(project.folder / "config.yaml")
    taking = Taking(Reading(config.schema), registry.named(format), person="ana", status="done")
    Importer(project.store, config, taking).take_patterns(["a.json"], project.folder)
    (layer,) = project.store.layers("person")
    assert project.store.progress(1, layer.id).complete == ("entities",)
