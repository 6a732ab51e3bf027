"""Articles without annotations, in all their forms: text exactly as it stands, the rest as metadata, traps by name."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.documents import Incoming
from annotations.errors import BadFile
from annotations.formats import articles, feed, plain, registry, sheet, webpage
from annotations.formats.base import Format, Reading
from annotations.formats.fields import DEEPEST, LARGEST, MOST, day
from annotations.formats.markup import blocks
from tests import interchange
from tests.interchange import refusals, taken


def read(format: Format, data: bytes | str, name: str = "it", **how: Any) -> list[Incoming | BadFile]:
    return interchange.read(format, data.encode() if isinstance(data, str) else data, name, **how)


def only(format: Format, data: bytes | str, name: str = "it", **how: Any) -> Incoming:
    (found,) = taken(read(format, data, name, **how))
    return found


def texts_of(found: Iterable[Incoming | BadFile]) -> list[str]:
    return [each.text for each in found if isinstance(each, Incoming)]


def detected(data: bytes | str, name: str = "it") -> str:
    return registry.detected(interchange.source(data.encode() if isinstance(data, str) else data, name)).name


# -- which form ---------------------------------------------------------------------------------------

RSS = '<rss version="2.0"><channel><title>Desk</title>{}</channel></rss>'
ITEM = "<item><title>{0}</title><guid>{0}</guid><description>{1}</description></item>"
PAGE = """<!doctype html><html lang="en"><head><meta charset="{charset}"><title>Ferry stops</title>
<meta name="author" content="Ana Ruiz"><meta property="article:published_time" content="2022-11-25T23:10:00Z">
</head><body><nav>Home Sport Weather</nav><article><h1>Ferry stops</h1>
<p>The ferry to Café&nbsp;Point stopped on <b>Friday</b>, and nobody on the quay could say until when.</p>
<p>A notice named the O'Hara line, which has not run for years; the harbour master read it twice.</p>
</article><footer>All rights</footer><script>track("x")</script></body></html>"""


@pytest.mark.parametrize(
    ("data", "name", "format"),
    [
        ("Nobody came.", "-", "text"),
        ("[Bergen] Nobody came.", "-", "text"),
        ("# Nobody came", "a.md", "markdown"),
        ("x", "a.csv.gz", "table"),
        ("text,date\nNobody,2022-11-25\n", "-", "table"),
        ("Text, date and place are set.\n", "-", "text"),
        ("title;text\n", "-", "table"),
        ('text,desk\n"hello, world",x\n', "-", "table"),
        ("id\tText\tdesk (city)\n1\ta\tx\n2\tb\ty\n", "dump.txt", "table"),
        (',text,"desk"\r\n0,"a\r\n\r\nb",x\r\n', "-", "table"),
        ("text,desk\n" + "a,x\n" * 9 + "a\n", "-", "table"),
        ("text,desk\n" + "a,x\n" * 8 + "a\n", "-", "text"),
        ("text,Text\na,b\n", "-", "table"),
        ("text,desk\n", "-", "text"),
        ("text\na\nb\n", "-", "text"),
        ("word,desk\na,b\nc,d\n", "-", "text"),
        ("body, soul\nheart, mind\nmind, heart\n", "-", "text"),
        ("content,soul\n\nOf the heart, nothing, and of the mind.\n", "-", "text"),
        ("| text | desk |\n| --- | --- |\n| a | b |\n", "-", "text"),
        ('{"text": "a"}\n{"text": "b"}', "-", "articles"),
        ('[{"content": "a"}]', "-", "articles"),
        ('\ufeff{\n "body": "a"\n}', "-", "articles"),
        (RSS, "-", "feed"),
        ('<?xml version="1.0"?>\n<!-- a --><feed xmlns="http://www.w3.org/2005/Atom"/>', "-", "feed"),
        ("<!DOCTYPE html><p>a", "-", "html"),
        ('<?xml version="1.0"?><!-- a --><!-- b --><html xmlns="x">', "a.xml", "html"),
        ("<p>a", "a.HTM".lower(), "html"),
    ],
)
def test_the_form_is_told_by_content_and_name(data: str, name: str, format: str) -> None:
    assert detected(data, name) == format


@given(
    st.lists(st.tuples(interchange.texts, interchange.texts), min_size=1, max_size=4),
    st.sampled_from(",;\t|"),
    st.sampled_from(["text", "Body", "content"]),
)
def test_a_table_is_told_whatever_its_cells_hold_and_read_as_it_was(
    rows: list[tuple[str, str]], separator: str, name: str
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator).writerows([("desk", name), *rows])
    data = file.getvalue()
    assert detected(data, "-") == "table"
    if "\0" not in data:
        assert texts_of(read(sheet.FORMAT, data, "-")) == [text for _, text in rows]


@given(
    st.lists(st.sampled_from(["text", "The body", "content", "desk", "Ana", "met"]), min_size=1, max_size=30)
)
def test_prose_with_commas_stays_prose(words: list[str]) -> None:
    sentences = ", ".join(words)
    assert detected(f"{sentences}.\n{sentences}.\n{sentences}.\n", "-") == "text"


def test_a_table_longer_than_what_is_looked_at_is_told() -> None:
    assert detected("text,desk\n" + "a,x\n" * 100_000 + '"', "-") == "table"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_hides_no_form(encoding: str) -> None:
    assert detected(RSS.encode(encoding)) == "feed"
    assert detected('{"text": "a"}'.encode(encoding)) == "articles"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (
            '{"headline": "a", "n": 1}',
            "-",
            "this is JSON with the keys headline, n, which is in no format known",
        ),
        (
            "[1, 2]",
            "a.json",
            r"this is JSON, which is in no format known here: name one with --format, or --form",
        ),
        ('{"a": ', "a.jsonl", "this is JSON"),
        ('<?xml version="1.0"?><sitemap/>', "a.xml", "this is XML"),
    ],
)
def test_json_and_xml_that_no_format_knows_is_never_taken_for_text(data: str, name: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        detected(data, name)


@pytest.mark.parametrize("data", [b"", b" \n" * (1 << 17)])
def test_an_empty_file_is_called_empty_whatever_its_name(data: bytes) -> None:
    source = interchange.source(data, "a.jsonl")
    read = registry.detected(source).read
    assert read is not None
    assert refusals(list(read(source, Reading(interchange.SCHEMA)))) == [
        "a.jsonl is empty: there is nothing to read"
    ]


def test_a_head_of_many_comments_is_told_at_once() -> None:
    assert detected("<!-- a -->" * 20_000) == "text"


def test_forms_for_articles_come_after_those_with_annotations() -> None:
    names = list(registry.formats())
    assert names[-6:] == ["feed", "html", "table", "articles", "markdown", "text"]


# -- Markdown -----------------------------------------------------------------------------------------


def test_markdown_is_taken_as_it_is_written() -> None:
    text = "# The *ferry* #\r\n\r\nIt [stopped](x).\n"
    found = only(plain.MARKDOWN, text)
    assert (found.text, found.title) == (text, "The *ferry*")


def test_front_matter_of_markdown_is_metadata() -> None:
    found = only(
        plain.MARKDOWN, "---\ntitle: '# 1 ferry'\ndate: 2022-11-25\nsource: [a, b]\n---\n\nIt stopped.\n"
    )
    assert (found.text, found.title, found.date) == ("It stopped.\n", "1 ferry", "2022-11-25")
    assert found.meta == {"source": '["a","b"]', "source_offset": 60}


@pytest.mark.parametrize("key", ["title", "by"])
def test_half_a_surrogate_pair_that_front_matter_escapes_is_not_stored(key: str) -> None:
    (found,) = read(plain.MARKDOWN, f'---\n{key}: "\\uD83D"\n---\nIt stopped.')
    if key == "title":
        assert "half of a surrogate pair" in str(found)
    else:
        assert isinstance(found, Incoming) and "by" not in found.meta
        assert 'it: "by" is left out of the metadata: half of a surrogate pair is in it' in found.warnings


def test_a_file_too_large_for_one_article_is_refused() -> None:
    with pytest.raises(BadFile, match=r"it is larger than 1 MiB, too large for one article"):
        interchange.source(b"x" * ((1 << 20) + 1)).whole(1 << 20)
    assert len(interchange.source(b"x" * (1 << 20)).whole(1 << 20)) == 1 << 20


# -- JSON ---------------------------------------------------------------------------------------------


def test_a_record_gives_text_title_date_and_the_rest_as_metadata() -> None:
    line = {
        "id": 7,
        "body": " A\r\nb\u2028c 🐘",
        "title": "T",
        "published": "2022-11-25T23:59:00-05:00",
        "url": "x",
    }
    found = only(articles.FORMAT, json.dumps(line | {"tags": ["a", {"b": None}], "note": None, "by": ""}))
    assert (found.text, found.title, found.date) == (line["body"], "T", "2022-11-25")
    assert found.meta == {"id": 7, "url": "x", "tags": ["a", {"b": None}]}
    assert (found.source, found.document, found.warnings) == ("it, line 1", None, ())


def test_text_goes_before_body_before_content() -> None:
    found = only(articles.FORMAT, '{"content": "c", "body": "b", "text": "a"}')
    assert (found.text, found.meta) == ("a", {"content": "c", "body": "b"})
    assert found.title == "a"


def test_what_an_inner_meta_says_is_the_articles_unless_that_says_it_itself() -> None:
    assert only(articles.FORMAT, '{"text": "a", "meta": {"title": "T", "n": 1}}').meta == {"n": 1}
    clash = only(articles.FORMAT, '{"text": "a", "n": 2, "meta": {"n": 1}}')
    assert clash.meta == {"n": 2, "meta": {"n": 1}}


def test_arrays_and_one_object_over_many_lines_are_read_too() -> None:
    assert texts_of(read(articles.FORMAT, '[{"text": "a"},\n {"text": "b"}]')) == ["a", "b"]
    assert texts_of(read(articles.FORMAT, '{\n  "text": "a"\n}\n')) == ["a"]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ('{"title": "a"}', "there is no text"),
        ('{"text": null}', "there is no text"),
        ('{"text": ""}', "there is no text"),
        ('{"text": " \\n"}', '"text" is empty'),
        ('{"text": ["a"]}', '"text" must be a text, not'),
        ('{"text": "a", "title": {}}', '"title" must be a text'),
        ('{"text": "a", "title": true}', '"title" must be a text'),
        ('{"text": "a\\ud83d"}', "half of a surrogate pair"),
        ('{"text": "a", "n": NaN}', "NaN is not a number"),
        ('{"text": "a", "text": "b"}', 'the key "text" stands twice'),
        ('{"text": "a"', "this is not JSON"),
        ("7", "a record must be a JSON object"),
    ],
)
def test_a_bad_record_is_named_with_its_line_and_the_rest_goes_in(record: str, says: str) -> None:
    bad, good = read(articles.FORMAT, f'{record}\n{{"text": "b"}}\n', "x.jsonl")
    assert str(bad).startswith("x.jsonl, line 1: ") and says in str(bad)
    assert texts_of([good]) == ["b"]


def test_annotations_of_an_unknown_kind_are_kept_as_metadata_and_said() -> None:
    found = only(articles.FORMAT, '{"text": "a", "spans": [[0, 1, "ORG"]]}')
    assert found.meta == {"spans": [[0, 1, "ORG"]]}
    assert found.warnings == ("it, line 1: spans was not read as annotations: name the format with --format",)


@pytest.mark.parametrize(
    ("said", "is_said"),
    [
        ({"entities": {"PER": ["a"]}}, True),
        ({"ner_tags": [{"start": 0, "end": 1, "labels": ["X"]}]}, True),
        ({"label": "sports"}, False),
        ({"tags": ["a", "b"], "opening": [{"start": "09:00"}], "related": [], "entities": 7}, False),
    ],
)
def test_annotations_are_lists_under_a_key_of_theirs_or_places_under_any(
    said: dict[str, Any], is_said: bool
) -> None:
    assert bool(only(articles.FORMAT, json.dumps({"text": "a"} | said)).warnings) is is_said


def test_annotations_in_the_cells_of_a_table_are_kept_as_metadata_and_said() -> None:
    rows = [{"start": 0, "end": 3, "text": "Ana", "labels": ["PERSON"]}]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerows([("text", "id", "ner", "label", "tags"), ("Ana", 1, json.dumps(rows), "[]", '["a"]')])
    writer.writerow(("Rain", 2, "[broken", "Sport", "[" * 10_000))
    first, second = taken(read(sheet.FORMAT, file.getvalue(), "x.csv"))
    assert first.warnings == ("x.csv, row 2: label, ner was not read as annotations: bring them as JSON",)
    assert json.loads(first.meta["ner"]) == rows
    assert second.warnings == ()


def test_metadata_is_bounded_and_what_is_left_out_is_said() -> None:
    deep: Any = 1
    for _ in range(DEEPEST + 1):
        deep = [deep]
    many = {f"k{n}": n for n in range(MOST + 5)}
    found = only(articles.FORMAT, json.dumps({"text": "a", "deep": deep, "long": "é" * LARGEST} | many))
    assert len(found.meta) == MOST and found.meta["k0"] == 0
    assert found.warnings == (
        f'it, line 1: "deep" is left out of the metadata: it nests deeper than {DEEPEST}',
        f'it, line 1: "long" is left out of the metadata: it is longer than {LARGEST:,} characters',
        f'it, line 1: "k{MOST}" is left out of the metadata: {MOST} others stand before it',
        "it, line 1: … and 4 more",
    )


def test_a_source_that_is_no_text_is_kept_as_json() -> None:
    assert only(articles.FORMAT, '{"text": "a", "source": {"name": "AP"}}').meta == {
        "source": '{"name":"AP"}'
    }


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2022-11-25", "2022-11-25"),
        ("2022-11-25T23:59:59Z", "2022-11-25"),
        ("2022-11-25 01:00:00+09:00", "2022-11-25"),
        ("Fri, 25 Nov 2022 23:30:00 -0500", "2022-11-25"),
        ("25.11.2022", None),
        ("2022-02-30", None),
        ("Nov", None),
        ("", None),
        (20221125, None),
        (None, None),
    ],
)
def test_a_date_is_the_day_that_stands_there_or_stays_as_it_is(written: object, found: str | None) -> None:
    assert day(written) == found
    if isinstance(written, str) and written and found is None:
        assert only(articles.FORMAT, json.dumps({"text": "a", "date": written})).meta == {"date": written}


@given(st.text())
def test_no_text_makes_the_reader_of_dates_fail(written: str) -> None:
    found = day(written)
    assert found is None or len(found) == 10


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(interchange.texts, st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_any_text_survives_and_metadata_is_what_the_database_takes(text: str, more: dict[str, Any]) -> None:
    line = json.dumps({k: v for k, v in more.items() if k not in ("title", "meta")} | {"text": text})
    for found in read(articles.FORMAT, line):
        if isinstance(found, Incoming):
            assert found.text == text
            json.dumps(dict(found.meta), allow_nan=False, ensure_ascii=False).encode()
        else:
            assert "surrogate" in str(found)


# -- tables -------------------------------------------------------------------------------------------


def test_a_row_gives_text_title_date_and_the_rest_as_metadata() -> None:
    rows = 'ID,Title,Text,Date,desk\r\n7,T,"A ""b"",\r\nc",2022-11-25,Foreign\r\n'
    found = only(sheet.FORMAT, rows, "x.csv")
    assert (found.text, found.title, found.date) == ('A "b",\r\nc', "T", "2022-11-25")
    assert (found.meta, found.source) == ({"id": "7", "desk": "Foreign"}, "x.csv, row 2")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("title\ttext\nT\ta, b; c\n", "x.tsv"),
        ("title\ttext\nT\ta, b; c\n", "x.csv"),
        ('title;text\nT;"a, b; c"\n', "x.csv"),
        ("title|text\nT|a, b; c\n", "x.csv"),
        ("\n\ufefftitle,text\n".replace("\n\ufeff", "\ufeff") + 'T,"a, b; c"\n', "x.csv"),
        (codecs.BOM_UTF16_LE + "title\ttext\r\nT\ta, b; c\r\n".encode("utf-16-le"), "x.csv"),
    ],
)
def test_what_separates_cells_and_the_encoding_are_found_out(data: str | bytes, name: str) -> None:
    found = only(sheet.FORMAT, data, name)
    assert (found.title, found.text) == ("T", "a, b; c")


def test_a_single_column_of_texts_is_a_table() -> None:
    assert texts_of(read(sheet.FORMAT, "text\na\nb\n\nc\n", "x.csv")) == ["a", "b", "c"]


def test_a_table_that_is_not_utf8_is_windows_with_one_warning_or_what_is_asked_for() -> None:
    found = taken(read(sheet.FORMAT, "text\ncafé\nnaïve\n".encode("cp1252"), "x.csv"))
    assert [each.text for each in found] == ["café", "naïve"]
    assert [len(each.warnings) for each in found] == [1, 0]
    assert "x.csv: it is not UTF-8 and was read as cp1252" in found[0].warnings[0]
    assert only(sheet.FORMAT, "text\n日本\n".encode("shift_jis"), encoding="shift_jis").text == "日本"
    assert only(sheet.FORMAT, "text\n日本\n".encode("utf-16-le"), encoding="utf-16-le").text == "日本"
    (refused,) = refusals(read(sheet.FORMAT, b"text\n\xff\xfe\x80\x81", "x.csv", encoding="shift_jis"))
    assert "x.csv is in neither UTF-8 nor shift_jis: name another encoding" in refused
    (refused,) = refusals(read(sheet.FORMAT, b"text\nca\0f\xe9\n", "x.csv", encoding="latin-1"))
    assert "x.csv looks binary" in refused and refused.endswith("name another encoding than latin-1")


def test_a_byte_that_is_not_utf8_far_into_a_table_changes_no_row_before() -> None:
    data = b"text\n" + "é\n".encode() * 200_000 + b"caf\xe9\n"
    assert texts_of(read(sheet.FORMAT, data, "x.csv"))[0] == "Ã©"


@pytest.mark.parametrize(
    ("rows", "place", "says"),
    [
        ('"a"b,T\nc,T\n', "row 2", "this is not CSV (',' expected after '\"')"),
        ('"a,T\nc,T\n', "row 2", "this is not CSV (unexpected end of data)"),
        ("a\n", "row 2", "it has 1 cells, but there are 2 columns"),
        ("a,T,more\n", "row 2", "it has 3 cells, but there are 2 columns"),
        (",T\n", "row 2", "there is no text"),
    ],
)
def test_a_row_that_is_none_is_named(rows: str, place: str, says: str) -> None:
    first, *_ = read(sheet.FORMAT, "text,title\n" + rows, "x.csv")
    assert str(first).startswith(f"x.csv, {place}: ") and says in str(first)


def test_after_a_row_with_wrong_quotes_nothing_is_taken() -> None:
    found = read(sheet.FORMAT, 'text\na\n"b"b\nc\n"d\n', "x.csv")
    assert texts_of(found) == ["a"]
    assert len(refusals(found)) == 1 and "the rest is not read" in refusals(found)[0]


def test_empty_cells_at_the_end_of_a_row_do_no_harm() -> None:
    assert texts_of(read(sheet.FORMAT, "text,n\na,1,,\n", "x.csv")) == ["a"]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("headline,story", "x.csv has the columns headline, story: call the one with the texts text"),
        ("text,Text", "x.csv has two columns called text: rename one"),
        ("", "x.csv has the columns : call"),
    ],
)
def test_a_table_without_a_column_of_texts_is_refused(header: str, says: str) -> None:
    (found,) = refusals(read(sheet.FORMAT, f"{header}\na,b\n", "x.csv"))
    assert says in found


def test_a_column_without_a_name_is_called_by_its_place() -> None:
    assert only(sheet.FORMAT, ",text\n0,a\n", "x.csv").meta == {"column 1": "0"}


def test_long_cells_are_read_and_endless_ones_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(sheet.FORMAT, f"text\n{'x' * 200_000}\n", "x.csv").text == "x" * 200_000
    monkeypatch.setattr("annotations.formats.rows.LONGEST", 1000)
    (line,) = refusals(read(sheet.FORMAT, f"text\n{'x' * 2000}\n", "x.csv"))
    assert "this line is longer than 1,000 characters" in line
    (cell,) = refusals(read(sheet.FORMAT, 'text\n"' + "x\n" * 2000, "x.csv"))
    assert "field larger than field limit (1000)" in cell


def test_a_binary_file_called_csv_is_refused() -> None:
    (found,) = refusals(read(sheet.FORMAT, b"text\n\0\0\x01\x02", "x.csv"))
    assert "looks binary" in found


@given(st.lists(interchange.texts.filter(lambda text: "\0" not in text), min_size=1, max_size=4))
def test_any_text_survives_a_table(found: list[str]) -> None:
    rows = "".join('"' + text.replace('"', '""') + '",x\r\n' for text in found)
    assert texts_of(read(sheet.FORMAT, "text,n\r\n" + rows, "x.csv")) == found


# -- web pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "no-such-charset"])
def test_a_page_gives_its_article_and_what_it_says_of_itself(charset: str) -> None:
    data = PAGE.format(charset=charset).encode("cp1252" if charset == "cp1252" else "utf-8")
    found = only(webpage.FORMAT, data, "x.html")
    assert "ferry to Café Point stopped on Friday, and nobody" in found.text
    assert all(word not in found.text for word in ("Sport", "rights", "track", "<"))
    assert (found.title, found.date, found.meta["author"]) == ("Ferry stops", "2022-11-25", "Ana Ruiz")
    assert found.meta["raw_sha256"] == hashlib.sha256(data).hexdigest()
    assert found.warnings == ()


def test_a_page_in_no_declared_charset_is_windows_with_a_warning() -> None:
    data = PAGE.replace('<meta charset="{charset}">', "").encode("cp1252")
    assert "was read as cp1252" in only(webpage.FORMAT, data).warnings[0]


def test_a_page_whose_article_does_not_stand_out_is_taken_whole_with_a_warning() -> None:
    found = only(webpage.FORMAT, "<div>" * 20_000 + "Nobody came.")
    assert found.text == "Nobody came."
    assert "no article stands out in this page" in found.warnings[0]


def test_a_page_without_text_is_refused() -> None:
    assert refusals(read(webpage.FORMAT, "<html><body><script>a</script></body></html>", "x.html")) == [
        "x.html: there is no text in this page"
    ]


def test_an_xml_declaration_of_a_page_does_no_harm() -> None:
    page = '<?xml version="1.0" encoding="utf-8"?>' + PAGE.format(charset="utf-8")
    assert "Café Point" in only(webpage.FORMAT, page).text


@given(st.text(st.sampled_from('<>/!-&;#x0 "=apbdiv\n'), max_size=60))
def test_no_markup_makes_the_reader_of_pages_fail(markup: str) -> None:
    for found in read(webpage.FORMAT, f"<html><body>{markup}"):
        assert isinstance(found, BadFile) or (found.text and not found.text.isspace())


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Anna<p>Ruiz</p>met", "Anna\nRuiz\nmet"),
        ("<b>An</b>na &amp; a&nbsp;b&#x1F418;", "Anna & a\u00a0b🐘"),
        ("a\r\n  b<br>c<br/>d", "a b\nc\nd"),
        ("<style>p{}</style><script>if (a < b) c</script>x<template>y</template>", "x"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("&#xD800;&#0;", "\ufffd\ufffd"),
        ("a < b & c", "a < b & c"),
    ],
)
def test_a_piece_of_markup_is_read_as_a_browser_shows_it(markup: str, text: str) -> None:
    assert blocks(markup) == text


# -- feeds --------------------------------------------------------------------------------------------


def test_each_entry_of_a_feed_is_an_article_without_markup() -> None:
    item = """<item><title>Ferry &amp; quay</title><link>https://example.org/1</link><guid>g1</guid>
    <pubDate>Fri, 25 Nov 2022 23:30:00 -0500</pubDate><category>harbour</category>
    <description>Short.</description><content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">
    <![CDATA[<p>The ferry <b>stopped</b>.</p><p>Nobody said why.</p>]]></content:encoded></item>"""
    first, second = taken(
        read(feed.FORMAT, RSS.format(item + ITEM.format("b", "Two &lt;b&gt;b&lt;/b&gt;")), "x.rss")
    )
    assert (first.text, first.title) == ("The ferry stopped.\nNobody said why.", "Ferry & quay")
    assert (first.date, first.source) == ("2022-11-25", "x.rss, entry 1")
    assert first.meta == {"id": "g1", "url": "https://example.org/1", "tags": ["harbour"]}
    assert second.text == "Two b"


def test_an_atom_feed_keeps_text_that_is_no_markup() -> None:
    atom = """<?xml version="1.0" encoding="ISO-8859-1"?><feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>
    <entry><id>urn:1</id><title>A &lt; B</title><updated>2022-11-25T10:00:00Z</updated>
    <content type="text">caf\xe9 &lt;not a tag&gt;</content></entry></feed>"""
    found = only(feed.FORMAT, atom.encode("latin-1"))
    assert (found.text, found.title, found.date) == ("café <not a tag>", "A < B", "2022-11-25")
    assert found.meta["id"] == "urn:1"


def test_an_entry_without_text_is_refused_and_the_rest_goes_in() -> None:
    found = read(feed.FORMAT, RSS.format(ITEM.format("a", "") + ITEM.format("b", "Two")), "x.rss")
    assert texts_of(found) == ["Two"]
    assert refusals(found) == [
        'x.rss, entry 1: there is no text: it must stand under "text", "body" or "content"'
    ]


BOMB = '<?xml version="1.0"{}?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-be", "utf-7"])
def test_a_feed_that_declares_entities_is_refused_in_any_encoding(encoding: str) -> None:
    declared = f' encoding="{encoding}"' if encoding == "utf-7" else ""
    mark = codecs.BOM_UTF32_BE if encoding == "utf-32-be" else b""
    xml = BOMB.format(declared) + RSS.format(ITEM.format("a", "&b;"))
    if encoding == "utf-7":
        xml = xml.replace("<!ENTITY", "+ADwAIQ-ENTITY")
    data = mark + (xml.encode("ascii") if encoding == "utf-7" else xml.encode(encoding))
    (found,) = refusals(read(feed.FORMAT, data, "x.rss"))
    assert "x.rss declares entities of its own, as a bomb does" in found


def test_the_last_entry_of_a_feed_that_is_cut_off_is_left_out() -> None:
    whole = RSS.format(ITEM.format("a", "One") + ITEM.format("b", "Two words"))
    found = read(feed.FORMAT, whole[: whole.index("words")], "x.rss")
    assert texts_of(found) == ["One"]
    assert "x.rss, entry 2: the file ends too early" in refusals(found)[0]


def test_a_feed_with_a_stray_ampersand_is_read() -> None:
    assert texts_of(read(feed.FORMAT, RSS.format(ITEM.format("a", "Ruiz & Wei")))) == ["Ruiz & Wei"]


@pytest.mark.parametrize(
    ("data", "says"),
    [("<html></html>", "is no feed"), (RSS.format(""), "has no entries"), ("", "is empty")],
)
def test_what_is_no_feed_says_so(data: str, says: str) -> None:
    (found,) = refusals(read(feed.FORMAT, data, "x.rss"))
    assert says in found


# -- extras -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "data", "module"),
    [
        (webpage.FORMAT, "<html>", "trafilatura"),
        (webpage.FORMAT, "<html>", "lxml_html_clean"),
        (feed.FORMAT, RSS, "feedparser"),
    ],
)
def test_without_the_extra_a_sentence_says_how_to_get_it(
    format: Format, data: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (found,) = refusals(read(format, data, "x"))
    assert 'in the extra "web" of postil: pip install "postil[web]"' in found
