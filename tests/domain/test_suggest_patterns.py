from __future__ import annotations

import json

import pytest

from annotations.errors import BadFile
from annotations.suggest import patterns


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="names.jsonl"):
        path = tmp_path / name
        path.write_text(
            "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
        )
        return path

    return write


def found(path, text):
    [analysed] = patterns.load(path).analyse([(1, text)])
    return [(text[m.start : m.end], m.label, m.score) for m in analysed.entities]


def test_words_and_token_patterns_are_found_without_a_score(write):
    path = write(
        {"label": "ORG", "pattern": "Group of 20", "id": "g20"},
        "",
        {"label": "PERSON", "pattern": [{"LOWER": "xi"}, {"IS_TITLE": True, "OP": "?"}]},
    )
    text = "😀 Xi Jinping left the Group of 20."
    assert found(path, text) == [("Xi Jinping", "PERSON", None), ("Group of 20", "ORG", None)]


def test_the_longer_match_wins(write):
    path = write({"label": "GPE", "pattern": "York"}, {"label": "GPE", "pattern": "New York"})
    assert found(path, "In New York and York.") == [("New York", "GPE", None), ("York", "GPE", None)]


def test_white_space_at_the_ends_of_a_match_is_trimmed(write):
    path = write({"label": "GPE", "pattern": [{"LOWER": "york"}, {"IS_SPACE": True}]})
    assert found(path, "York\n\nagain") == [("York", "GPE", None)]


def test_an_empty_pattern_file_finds_nothing(write):
    assert found(write(""), "In New York.") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"label": "ORG", "pattern": ', "not JSON"),
        ("[1]", "an object"),
        ('{"pattern": "x"}', "an object"),
        ('{"label": "", "pattern": "x"}', "an object"),
        ('{"label": "ORG"}', '"pattern" is'),
        ('{"label": "ORG", "pattern": []}', '"pattern" is'),
        ('{"label": "ORG", "pattern": " "}', '"pattern" is'),
        ('{"label": "ORG", "pattern": ["x"]}', '"pattern" is'),
        ('{"label": "ORG", "pattern": "x", "id": 3}', '"id" is text'),
        ('{"label": "ORG", "pattern": [{"LOWERR": "x"}]}', "LOWERR"),
        ('{"label": "ORG", "pattern": [{"LOWER": 5}]}', "LOWER"),
        ('{"label": "ORG", "pattern": [{"lemma": "be"}]}', "needs a model"),
    ],
)
def test_a_bad_line_names_the_file_the_line_and_the_reason(write, line, reason):
    path = write({"label": "ORG", "pattern": "Fine"}, line)
    with pytest.raises(BadFile) as caught:
        patterns.load(path)
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert reason in str(caught.value)


def test_a_file_that_is_missing_or_not_utf8_is_a_sentence(tmp_path):
    with pytest.raises(BadFile, match=r"none\.jsonl cannot be read"):
        patterns.layer(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"label": "ORG", "pattern": "caf\xe9"}')
    with pytest.raises(BadFile, match=r"latin\.jsonl is not UTF-8"):
        patterns.load(tmp_path / "latin.jsonl")


def test_the_layer_is_named_after_the_file_and_its_version_after_the_content(write):
    path = write({"label": "ORG", "pattern": "Fine"})
    name, version = patterns.layer(path)
    assert name == "names"
    assert len(version) == 6
    assert patterns.layer(write({"label": "ORG", "pattern": "Fine"}, name="other.jsonl")) == (
        "other",
        version,
    )
    assert patterns.layer(write({"label": "ORG", "pattern": "Other"}))[1] != version
