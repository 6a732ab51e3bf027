"""Plain text files: every byte of the article is kept, and what is no text is refused with a reason."""

from __future__ import annotations

import codecs
import os
import re
from encodings.aliases import aliases
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats.base import Reading, Source
from annotations.formats.plain import Decoded, check_encoding, parse, read, read_text, take
from tests.interchange import SCHEMA

# --- decoding


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_names_the_encoding_and_is_no_part_of_the_text(mark: bytes, encoding: str) -> None:
    text = "\ufeffcafé 🐘"
    assert read_text(mark + text.encode(encoding)) == Decoded(text, encoding)


def load(path: Path) -> Incoming:
    (found,) = read(Source.of(path), Reading(SCHEMA))
    if isinstance(found, BadFile):
        raise found
    return found


def test_a_false_byte_order_mark_is_refused() -> None:
    with pytest.raises(BadFile, match=r"it\.txt begins with the mark of utf-16-le but is not in it"):
        read_text(codecs.BOM_UTF16_LE + b"a", name="it.txt")


def test_utf8_goes_before_the_encoding_asked_for() -> None:
    assert read_text("café".encode(), "latin-1") == Decoded("café", "utf-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "iso2022_jp", "utf-7"])
def test_ascii_that_the_encoding_asked_for_reads_otherwise_is_in_that_encoding(encoding: str) -> None:
    text = "A 日本" if encoding != "utf-16-le" else "plain"
    assert read_text(text.encode(encoding), encoding) == Decoded(text, encoding)


def test_what_is_not_utf8_is_in_the_encoding_asked_for() -> None:
    assert read_text("日本語".encode("shift_jis"), "shift_jis") == Decoded("日本語", "shift_jis")


def test_what_is_in_no_encoding_asked_for_is_refused_and_not_guessed() -> None:
    with pytest.raises(BadFile, match=r"old\.txt is in neither UTF-8 nor shift_jis"):
        read_text(b"caf\xe9\xff", "shift_jis", "old.txt")


def test_windows_text_is_read_with_a_warning() -> None:
    decoded = read_text("“naïve” café".encode("cp1252"))
    assert (decoded.text, decoded.encoding) == ("“naïve” café", "cp1252")
    assert decoded.warning is not None
    assert "not UTF-8 and was read as cp1252" in decoded.warning


def test_bytes_that_windows_does_not_have_are_refused() -> None:
    with pytest.raises(BadFile, match="x is in neither UTF-8 nor cp1252: name its encoding"):
        read_text("Съешь же ещё этих мягких французских булок".encode("koi8-r") + b"\x81\x98", name="x")


def test_an_unknown_encoding_brings_the_nearest_known_one() -> None:
    with pytest.raises(BadFile, match=r'no encoding "latin_9x"; did you mean "latin_?9"'):
        read_text(b"a", "latin_9x")


@pytest.mark.parametrize("encoding", ["rot13", "zlib_codec", "base64", "hex"])
def test_a_codec_that_makes_no_text_is_no_encoding_and_is_not_proposed(encoding: str) -> None:
    with pytest.raises(BadFile, match=f'there is no encoding "{encoding}"; write utf-8, cp1252'):
        read_text(b"a", encoding)


@given(st.sampled_from(sorted(aliases)), st.text("abc_-0169", max_size=2))
def test_the_encoding_that_is_proposed_can_be_used(known: str, more: str) -> None:
    try:
        read_text(b"plain", known + more)
    except BadFile as error:
        proposed = re.search(r'did you mean "(.+)"\?', str(error))
        if proposed is not None:
            check_encoding(proposed[1], "x")


@pytest.mark.parametrize("data", [b"a\0b", b"caf\xe9\0"])
def test_what_is_binary_in_the_encoding_that_was_named_does_not_ask_for_its_name(data: bytes) -> None:
    with pytest.raises(BadFile, match=r"x looks binary.*or name another encoding than latin-1$"):
        read_text(data, "latin-1", "x")
    with pytest.raises(BadFile, match=r"x looks binary.*or name its encoding$"):
        read_text(data, name="x")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\x7fELF\x02\x01\x01\0",
        b"\x01\x02\x03ab\x04",
        b"\x1f\x8b\x08\x01\x02\x03\x04\x05\x9d\x81",
        "plain".encode("utf-16-le"),
    ],
)
def test_what_looks_binary_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile, match=r"a\.bin looks binary"):
        read_text(data, name="a.bin")


@pytest.mark.parametrize(
    "data", [b"a\xed\xa0\xbdb", b"\xff\xfe\x3d\xd8a\0", b"+2D0-", b"a\xf0\x9f\x90\x98\xed\xb0\x80"]
)
def test_half_a_surrogate_pair_refuses_the_file(data: bytes) -> None:
    with pytest.raises(BadFile, match=r"half of a surrogate pair|begins with the mark of utf-16-le"):
        read_text(data, "utf-7" if data.startswith(b"+") else None)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(BadFile, match=r"a\.txt is empty"):
        read_text(b"", name="a.txt")


# --- header and body


def test_line_ends_tabs_and_control_characters_stay_as_they_are() -> None:
    text = "a\r\nb\tc\rd\x1b[31m\x07\x85\u2028e \ufeff\r\n"
    assert take(text.encode(), "x").text == text


def test_without_a_header_the_text_is_the_whole_file() -> None:
    parsed = parse("\n\n  A headline  \n\nBody.\n")
    assert (parsed.text, parsed.title) == ("\n\n  A headline  \n\nBody.\n", "A headline")
    assert (parsed.date, parsed.meta) == (None, {})


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_a_date_line_is_cut_with_the_blank_lines_after_it(eol: str) -> None:
    header = f" date 2022-11-25 {eol}{eol} \t{eol}"
    parsed = parse(f"{header}  BEIJING (AP){eol}{eol}More.{eol}")
    assert parsed.text == f"  BEIJING (AP){eol}{eol}More.{eol}"
    assert (parsed.date, parsed.title) == ("2022-11-25", "BEIJING (AP)")
    assert parsed.meta == {"source_offset": len(header)}


@pytest.mark.parametrize(
    "line",
    [
        "date 2022-13-45",
        "date 2023-02-29",
        "date 20221125",
        "the date 2022-11-25",
        "date 2022-11-25 it was",
        "DATE 2022-11-25",
    ],
)
def test_a_line_that_is_not_a_date_is_text(line: str) -> None:
    parsed = parse(f"{line}\n\nBody")
    assert (parsed.text, parsed.date) == (f"{line}\n\nBody", None)


def test_a_date_line_further_down_is_text() -> None:
    assert parse("\n date 2022-11-25\nBody").date is None


def test_source_offset_counts_code_points_behind_the_byte_order_mark() -> None:
    incoming = take(codecs.BOM_UTF8 + "date 2022-11-25\n\n🐘".encode(), "x")
    assert incoming.meta["source_offset"] == len("date 2022-11-25\n\n")
    assert incoming.text == "🐘"


def test_front_matter_is_metadata_with_every_value_as_it_is_written() -> None:
    front = (
        "---\ntitle: Xi's guest\ndate: 2022-11-25\nid: 007\ndraft: no\ntags: [a, b]\nby: {name: Ana}\n---\n"
    )
    parsed = parse(front + "\n\nBody")
    assert (parsed.text, parsed.title, parsed.date) == ("Body", "Xi's guest", "2022-11-25")
    offset = {"source_offset": len(front) + 2}
    assert parsed.meta == {"id": "007", "draft": "no", "tags": ["a", "b"], "by": {"name": "Ana"}} | offset


def test_front_matter_may_end_with_dots_and_carriage_returns() -> None:
    parsed = parse("---\r\ntitle: T\r\n...\r\nBody")
    assert (parsed.text, parsed.title) == ("Body", "T")


def test_a_date_with_a_time_gives_its_day_and_a_date_in_words_stays_metadata() -> None:
    assert parse("---\ndate: 2022-11-25T10:30:00Z\n---\nBody").date == "2022-11-25"
    parsed = parse("---\ndate: last Friday\n---\nBody")
    assert (parsed.date, parsed.meta["date"]) == (None, "last Friday")


@pytest.mark.parametrize(
    "text", ["---\n\nA rule above.\n---\nBody", "---\nNo key here\n---\nBody", "---\na: b\nno end"]
)
def test_a_rule_that_opens_no_front_matter_is_text(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ("a: b\ntitle: Xi: a guest", r"n\.md, line 3: this front matter is not readable YAML"),
        ("a: b\na: c", r"n\.md, line 2: .*a key stands here twice"),
        ("a: &x [b]\nc: *x", "line 3: .*aliases are not read"),
        ("a: " + "[" * 50 + "]" * 50, "nests too deeply"),
        ("title: [a, b]", r"n\.md: title in its front matter must be a plain text"),
        ("a: \x07", "not readable YAML"),
    ],
)
def test_front_matter_that_cannot_be_read_is_refused_with_its_line(front: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        parse(f"---\n{front}\n---\nBody", "n.md")


@pytest.mark.parametrize(
    "text", ["\n \t\r\n", "date 2022-11-25", " date 2022-11-25\n\n  \n", "---\na: b\n---\n"]
)
def test_an_article_of_nothing_but_blanks_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match=r"n\.txt is empty"):
        parse(text, "n.txt")


def test_a_long_first_line_is_cut_for_lists() -> None:
    assert parse("x" * 200).title == "x" * 80


blanks = st.text(alphabet=" \t\r\n\x0b\x85\u2028", max_size=5)
headers = st.sampled_from(["", "date 2022-11-25", " date 2022-99-99", "---\na: b\n---", "---"])


@given(headers, blanks, st.text(alphabet="ab:-é🐘 \t\r\n\x0c", max_size=20))
def test_the_text_is_the_end_of_the_file_from_source_offset_on(header: str, between: str, body: str) -> None:
    file = header + between + body
    try:
        parsed = parse(file)
    except BadFile as error:
        assert "is empty" in str(error)
        return
    offset = parsed.meta.get("source_offset", 0)
    assert parsed.text == file[offset:]
    assert parsed.text.strip()
    if offset:
        assert re.split(r"\r\n|\n|\r", parsed.text)[0].strip()


@given(st.binary(max_size=60), st.sampled_from([None, "shift_jis", "utf-16", "cp1252"]))
def test_any_bytes_are_an_article_or_a_sentence_with_the_name_of_the_file(
    data: bytes, encoding: str | None
) -> None:
    try:
        incoming = take(data, "some.txt", encoding)
    except BadFile as error:
        assert str(error).startswith("some.txt")
        return
    incoming.text.encode()


# --- files


def test_a_file_becomes_an_article_with_its_path_as_source(tmp_path: Path) -> None:
    file = tmp_path / "000.txt"
    file.write_bytes(b" date 2022-11-25 \n\n\n\nBEIJING (AP) Xi met.\n")
    incoming = load(file)
    assert (incoming.source, incoming.title, incoming.date) == (
        str(file),
        "BEIJING (AP) Xi met.",
        "2022-11-25",
    )
    assert (incoming.document, incoming.warnings) == (None, ())


def test_a_warning_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "old.txt"
    file.write_bytes(b"caf\xe9")
    (warning,) = load(file).warnings
    assert warning.startswith(f"{file}: it is not UTF-8")


def test_a_missing_file_a_folder_and_a_device_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"gone\.txt: there is no such file"):
        load(tmp_path / "gone.txt")
    with pytest.raises(BadFile, match=f"{tmp_path.name} is a folder"):
        load(tmp_path)
    with pytest.raises(BadFile, match="/dev/zero is not a regular file"):
        load(Path("/dev/zero"))
    with pytest.raises(BadFile, match="cannot be read"):
        load(tmp_path / "a\0b")


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "locked.txt"
    file.write_text("x")

    def refuse(path: Path, mode: str) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadFile, match=r"locked\.txt: you may not read this file"):
        load(file)


def test_a_name_that_is_no_unicode_is_written_with_escapes(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    try:
        file.write_text("text")
    except OSError:  # a file system that takes Unicode names alone
        return
    assert load(file).source == f"{tmp_path}/caf\\xe9.txt"
