"""What all formats stand on: records out of files, where exports go, which format a file is in, others' formats."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.documents import Document, Incoming
from annotations.errors import BadFile, PostilError
from annotations.formats import conll, postil, records, registry
from annotations.formats.base import Format, Head, Loss, Reading, Source
from annotations.formats.records import Bad
from annotations.model import Status
from annotations.output import MARK, target
from tests import interchange
from tests.interchange import SCHEMA

# -- lines --------------------------------------------------------------------------------------------


def of_lines(data: bytes, **more: Any) -> list[tuple[int, bytes | str]]:
    found = records.lines(io.BytesIO(data), **more)
    return [(number, str(line) if isinstance(line, Bad) else line) for number, line in found]


def test_lines_end_at_line_feeds_alone_and_blank_ones_count_but_are_passed_over() -> None:
    data = "\ufeffa\u2028b\x85\x0b\r\n\n \nc".encode()
    assert of_lines(data) == [(1, "a\u2028b\x85\x0b\r\n".encode()), (4, b"c")]


def test_a_line_that_is_too_long_is_refused_without_being_held_and_the_next_is_read() -> None:
    found = of_lines(b"a\n" + b"x" * 200_000 + b"\nb\n", longest=50)
    assert [number for number, _ in found] == [1, 2, 3]
    assert "longer than 50 bytes" in str(found[1][1]) and found[2][1] == b"b\n"


# -- arrays -------------------------------------------------------------------------------------------


class Trickle(io.BytesIO):
    """Gives a few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3)


def of_array(data: bytes, **more: Any) -> list[Any]:
    found = records.elements(Trickle(data), **more)
    return [str(each) if isinstance(each, Bad) else each for _, each in found]


json_objects = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.lists(st.booleans()),
    max_size=3,
)


@given(st.lists(json_objects), st.booleans(), st.sampled_from([None, 1]))
def test_an_array_is_read_an_element_at_a_time_however_it_is_cut(
    found: list[Any], ascii: bool, indent: Any
) -> None:
    data = json.dumps(found, ensure_ascii=ascii, indent=indent).encode()
    assert of_array(b"\xef\xbb\xbf" + data + b"\n") == found


def test_an_object_that_is_the_whole_file_is_its_only_element() -> None:
    assert of_array(b' {"a": 1}\n') == [{"a": 1}]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'[{"a": 1}, {"b"', "it ends too early"),
        (b'[{"a": 1} {"b": 2}]', "a comma or ] is missing"),
        (b'[{"a": 1},', "it ends too early"),
        (b'[{"a": 1}', "the file ends too early"),
        (b'{"a": 1} x', "something stands after the end"),
        (b'[{"a": NaN}]', "NaN is not a number that JSON has"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "has more digits than can be read"),
        (b'[{"a": 1, "a": 2}]', 'the key "a" stands twice'),
        (rb'[{"a": "\ud800"}]', "half of a surrogate pair"),
        (b'[{"a": "\xff"}]', "it is not UTF-8"),
        (b"[1]", "a record must be a JSON object"),
        (b"[" * 100_000, "this nests too deeply"),
    ],
)
def test_what_is_no_array_of_objects_says_why(data: bytes, says: str) -> None:
    assert says in of_array(data)[-1]


def test_a_record_without_end_is_not_read_into_memory() -> None:
    assert "one record is longer" in of_array(b'[{"a": "' + b"x" * 1000, longest=100)[-1]


def test_the_good_elements_before_a_bad_one_are_taken() -> None:
    assert of_array(b'[{"a": 1}, 7, {"b": 2}]') == [{"a": 1}, "a record must be a JSON object", {"b": 2}]


# -- sources and heads --------------------------------------------------------------------------------


def test_a_packed_file_is_read_as_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(postil.line(interchange.hardest())))
    source = Source.of(tmp_path / "a.jsonl.gz")
    assert registry.detected(source) is postil.FORMAT
    assert postil.FORMAT.read is not None
    (found,) = postil.FORMAT.read(source, Reading(SCHEMA))
    assert interchange.taken([found])[0].text == interchange.hardest().article.text


def test_a_packed_file_that_is_cut_off_says_so_and_keeps_the_lines_before(tmp_path: Path) -> None:
    lines = [postil.line(interchange.document("a" * n)) for n in range(1, 2000)]
    packed = gzip.compress(b"".join(lines))
    (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    assert postil.FORMAT.read is not None
    *good, last = postil.FORMAT.read(Source.of(tmp_path / "a.jsonl.gz"), Reading(SCHEMA))
    assert len(good) > 10 and isinstance(last, BadFile)
    assert "damaged or cut off" in str(last)


def test_the_head_knows_the_first_record_of_lines_of_an_array_and_of_a_whole_file() -> None:
    for data in (b'{"a": 1}\n{"b": 2}', b'\xef\xbb\xbf [ {"a": 1}, {"b": 2}]', b'{\n "a": 1\n}\n'):
        assert Head("x", data).record == {"a": 1}
    assert [Head("x", d).is_array for d in (b"[{", b" []", b"{", b"[a] text")] == [True, True, False, False]
    assert Head(
        "x",
        b'{"text": "long',
    ).keys == {"text"}
    assert (Head("x", b"Prose.").record, Head("x", b"[1, 2]").record) == ({}, {})


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("x", '{"a": 1}\n{"b": \n\n7\n{"c": 3}', [{"a": 1}, {"c": 3}]),
        ("x", '{"broken\n{"b": 2}\n', [{"b": 2}]),
        ("x.jsonl", '[1, 2]\nno\n{"b": 2}\n', []),
        ("x.jsonl", '[1, 2]\n{"b": 2}\n', [{"b": 2}]),
        ("x", '[{"a": 1},{"b": 2} , 7,\n {"c": 3}]', [{"a": 1}, {"b": 2}, {"c": 3}]),
        ("x", '[{"a": 1},\n{"b": 2\n},\n{"c', [{"a": 1}, {"b": 2}]),
        ("x", '{\n "a":\n [\n{"b": 2},\n{"c": 3}\n]\n}', [{"a": [{"b": 2}, {"c": 3}]}]),
        ("x", '{\n "a":\n [\n{"b": 2},\n{"c": 3}\n', []),
        ("x.md", 'Prose, and a line of an example:\n{"a": 1}\n', []),
        ("x", "[" * 100_000, []),
        ("x", '{"a":' * 100_000, []),
    ],
)
def test_the_head_knows_each_record_that_it_holds_whole(name: str, data: str, found: list[Any]) -> None:
    assert [view.record for view in Head(name, data.encode()).views if view.record] == found


def test_a_view_of_a_head_is_the_same_file_that_begins_with_another_record() -> None:
    first, second = Head("x.jsonl", b'{"a": 1}\n{"b": 2}').views
    assert (first.keys, second.keys) == ({"a"}, {"b"})
    assert (second.name, second.text, second.structure) == (first.name, first.text, "JSON")


@given(st.lists(json_objects.filter(bool)), st.booleans())
def test_lines_and_arrays_show_the_same_records_to_the_head_and_to_the_reader(
    found: list[Any], lines: bool
) -> None:
    data = "\n".join(map(json.dumps, found)) if lines else json.dumps(found)
    head = Head("x.json", data.encode())
    assert [view.record for view in head.views if view.record] == found
    if found:
        split, _ = records.told_apart(head)
        assert [record for _, record in split(io.BytesIO(data.encode()))] == found


# -- which format -------------------------------------------------------------------------------------

PRODIGY = {"text": "Ana left", "spans": [{"start": 0, "end": 3, "label": "PERSON"}], "answer": "accept"}
DOCCANO = {"id": 2, "text": "Ana left", "label": [[0, 3, "PERSON"]]}
PLAIN = {"id": 1, "text": "Rain."}


@pytest.mark.parametrize("record", [PRODIGY, DOCCANO])
@pytest.mark.parametrize(
    "before",
    ['{"text": "broken', "[1, 2]", "7", json.dumps(PLAIN), "\n".join([json.dumps(PLAIN)] * 1000)],
)
def test_a_first_record_that_is_broken_or_without_annotations_hides_no_format(
    record: dict[str, Any], before: str
) -> None:
    data = f"{before}\n{json.dumps(record)}\n".encode()
    format = registry.detected(interchange.source(data, "x.jsonl"))
    assert format.name == ("prodigy" if "answer" in record else "doccano")
    assert format.read is not None
    last = list(format.read(interchange.source(data, "x.jsonl"), Reading(SCHEMA)))[-1]
    assert interchange.taken([last])[0].document is not None


def test_articles_alone_are_told_when_no_record_has_annotations() -> None:
    for first in ('{"broken', '{"headline": "x"}', json.dumps(PLAIN)):
        data = f"{first}\n{json.dumps(PLAIN)}\n{json.dumps(PLAIN)}\n".encode()
        assert registry.detected(interchange.source(data)).name == "articles"


def test_the_first_record_with_annotations_decides() -> None:
    for first, second in ((PRODIGY, DOCCANO), (DOCCANO, PRODIGY)):
        data = "\n".join(map(json.dumps, (PLAIN, first, second))).encode()
        assert registry.detected(interchange.source(data)).name == (
            "prodigy" if first is PRODIGY else "doccano"
        )


both_ways = [each for each in registry.OWN if each.read is not None and each.write is not None]


@pytest.mark.parametrize("format", both_ways, ids=lambda format: format.name)
@settings(max_examples=20)
@given(st.lists(interchange.documents(), max_size=2), st.integers(1, 2), st.sampled_from(["it", "it.jsonl"]))
def test_what_a_format_writes_is_told_to_be_its_own_however_little_its_first_articles_hold(
    format: Format, made: list[Document], empty: int, name: str
) -> None:
    status: Status = "open" if format.says_unknown else "done"
    first = interchange.document("Rain.", status=status, complete=(), layer="import:it", annotator=None)
    try:
        written = interchange.write(format, [*[first] * empty, *made], dev=0)
    except PostilError:
        return  # nothing that it can hold
    own = {each.name for each in conll.FORMATS} if format in conll.FORMATS else {format.name}
    for path, data in written.files.items():
        if (not path or path.endswith(format.suffixes)) and data.strip() not in (b"", b"[]"):
            assert registry.detected(interchange.source(data, path or name)).name in own


# -- other people's -----------------------------------------------------------------------------------


def test_names_are_unique_and_plain_text_takes_what_no_other_knows() -> None:
    names = [each.name for each in (*registry.OWN, *registry.ARTICLES)]
    assert len(set(names)) == len(names)
    assert registry.detected(interchange.source(b"Nobody came.")).name == "text"


def test_a_typo_in_a_format_names_the_nearest() -> None:
    with pytest.raises(PostilError, match='there is no format postill; did you mean "postil"'):
        registry.named("postill")


def fail(*_: Any) -> Iterator[Incoming | BadFile]:
    yield Incoming("Rain.", "x", "Rain.")
    raise RuntimeError("boom")


def refuse(*_: Any) -> Iterator[Incoming | BadFile]:
    yield from ()
    raise BadFile("x: it is cut off")


def cannot_tell(head: Head) -> bool:
    return bool({}[head.name])


THEIRS = Format("theirs", "their own", (".own",), recognises=lambda head: head.data.startswith(b"OWN"))
FAILING = Format("theirs", "their own", (".own",), fail, recognises=lambda head: True)
REFUSING = Format("theirs", "their own", (".own",), refuse)
BLIND = Format("theirs", "their own", (".own",), fail, recognises=cannot_tell)
CLASH = Format("postil", "a namesake")


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    found: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: found)
    caches = (registry.formats, registry.foreign)
    for each in caches:
        each.cache_clear()
    yield found
    for each in caches:
        each.cache_clear()


def point(value: str) -> EntryPoint:
    return EntryPoint("theirs", value, registry.GROUP)


def test_another_package_may_bring_a_format(points: list[EntryPoint]) -> None:
    points.append(point(f"{__name__}:THEIRS"))
    assert (registry.named("theirs").title, registry.named("theirs").read) == ("their own", None)
    names = list(registry.formats())
    assert names.index("theirs") < names.index(registry.ARTICLES[0].name) and names[-1] == "text"


def test_what_a_reader_of_theirs_raises_is_a_fault_of_the_file_after_what_was_read(
    points: list[EntryPoint],
) -> None:
    points.append(point(f"{__name__}:FAILING"))
    source = interchange.source(b"x", "x.own")
    good, bad = interchange.read(registry.detected(source), b"x", "x.own")
    assert isinstance(good, Incoming) and isinstance(bad, BadFile)
    assert str(bad).startswith("x.own: the format theirs failed here (RuntimeError: boom): mend its package")


def test_what_a_reader_of_theirs_refuses_is_refused_in_its_own_words(points: list[EntryPoint]) -> None:
    points.append(point(f"{__name__}:REFUSING"))
    found = interchange.read(registry.named("theirs"), b"x")
    assert interchange.refusals(found) == ["x: it is cut off"]


def test_theirs_that_cannot_tell_a_file_refuses_that_one_and_no_file_of_ours(
    points: list[EntryPoint],
) -> None:
    points.append(point(f"{__name__}:BLIND"))
    with pytest.raises(BadFile, match=r"a\.txt: the format theirs failed here \(KeyError: 'a\.txt'\)"):
        registry.detected(interchange.source(b"Rain.", "a.txt"))
    assert registry.detected(interchange.source(json.dumps(DOCCANO).encode())).name == "doccano"


UNFIT = pytest.mark.parametrize(
    ("value", "says"),
    [
        (f"{__name__}:CLASH", "two formats are called postil"),
        (f"{__name__}:SCHEMA", "is no Format"),
        (f"{__name__}:MISSING", "cannot be loaded"),
        (f"{__name__}:BLIND.name.x.y", "cannot be loaded"),
        ("no.such.module:X", "cannot be loaded"),
    ],
)


@UNFIT
def test_a_package_whose_format_is_unfit_is_named_and_bars_nothing_of_ours(
    points: list[EntryPoint], value: str, says: str
) -> None:
    points.append(point(value))
    assert "theirs" not in registry.formats() and registry.named("postil") is postil.FORMAT
    assert says in registry.unusable()["theirs"]
    with pytest.raises(PostilError, match=says):
        registry.named("theirs")
    assert registry.detected(interchange.source(json.dumps(PRODIGY).encode())).name == "prodigy"
    assert registry.detected(interchange.source(b"Rain.", "a.txt")).name == "text"


@UNFIT
def test_a_file_that_may_be_in_a_format_that_is_unfit_is_not_taken_for_text(
    points: list[EntryPoint], value: str, says: str
) -> None:
    points.append(point(value))
    for name, data in (("a.own", b"Rain."), ("a.json", b'{"headline": "Rain"}')):
        with pytest.raises(BadFile, match=rf"{name}.*--format text to take it as it is; .*{says}"):
            registry.detected(interchange.source(data, name))


# -- where an export goes -----------------------------------------------------------------------------


def write(path: Path, name: str, data: bytes, fails: bool = False) -> None:
    with target(path, bool(name)) as file:
        with file(*[name][: bool(name)]) as out:
            out.write(data)
        if fails:
            raise PostilError("no")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, "", b"one")
    with pytest.raises(PostilError, match="no"):
        write(out, "", b"two", fails=True)
    assert out.read_bytes() == b"one" and [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    write(out, "", b"three")
    assert out.read_bytes() == b"three"


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "in/a.txt", b"one")
    with pytest.raises(PostilError, match="no"):
        write(out, "b.txt", b"two", fails=True)
    assert (out / "in" / "a.txt").read_bytes() == b"one" and not (out / "b.txt").exists()
    write(out, "c.txt", b"three")
    assert sorted(p.name for p in out.iterdir()) == [MARK, "c.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_no_export_wrote_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(PostilError, match="holds something that no export wrote"):
        write(tmp_path, "a.txt", b"one")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", "a.txt", b"one")


def test_a_folder_has_to_be_named() -> None:
    with pytest.raises(PostilError, match="say where with -o FOLDER"):
        target(None, is_folder=True)


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(PostilError, match="what was there is untouched"):
        write(tmp_path / "gone" / "out", "", b"one")
    with pytest.raises(PostilError, match="what was there is untouched"):
        write(tmp_path / "gone" / "out", "a", b"one")


def test_a_loss_is_one_line_of_three_cells() -> None:
    assert Loss("overlap", "a\tb.txt", "X\nY").line() == b"overlap\ta b.txt\tX Y\n"
