"""Columns of CoNLL-2003, IOB2 and BILUO, out and in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import conll, records, registry, tagged
from annotations.formats.base import Format, Head, Reading, Source
from annotations.importing import Importer, Report, Taking
from tests.desks import Project
from tests.interchange import (
    SCHEMA,
    Written,
    document,
    documents,
    entity,
    hardest,
    read,
    refusals,
    source,
    taken,
    values,
    words,
    write,
)

CONLL, IOB2, BILUO = conll.FORMATS
GOLDEN = Path(__file__).parent.parent / "golden"
every_format = pytest.mark.parametrize("format", conll.FORMATS, ids=lambda format: format.name)


def reread(
    format: Format, written: Written, change: Callable[[str, bytes], bytes] | None = None
) -> list[Incoming | BadFile]:
    """What is read of an export's folder, after a `change` to its files by their names."""
    assert format.read is not None
    with TemporaryDirectory() as folder:
        for name, data in written.files.items():
            (Path(folder) / name).write_bytes(change(name, data) if change else data)
        first = next(iter(written.files))
        return list(format.read(Source.of(Path(folder) / first, first), Reading(SCHEMA)))


def spelled(found: Incoming) -> list[tuple[str, str]]:
    """The entities of an article as text and label."""
    assert found.document is not None
    return [(each.text, each.label) for each in found.document.entities]


def one(data: str, format: Format = CONLL) -> Incoming:
    """The only article of a file."""
    (found,) = taken(read(format, data.encode()))
    return found


# -- what is written ----------------------------------------------------------------------------------


@every_format
def test_the_bytes_are_those_that_trainers_know(format: Format) -> None:
    written = write(format, [hardest(), document("An empty day.\n")])
    names = [f"train.{format.name}", "train.offsets.tsv"]
    assert list(written.files) == names
    assert written.files[names[0]] == (GOLDEN / f"columns.{format.name}").read_bytes()
    assert written.files[names[1]] == (GOLDEN / "columns.offsets.tsv").read_bytes()


def test_every_article_begins_with_a_line_of_its_own_and_every_entity_is_there() -> None:
    # Label Studio writes one such line for a whole file, and the first list of spans alone.
    text = "Ana met Li in Oslo."
    made = document(
        text, *(words(text, name, "PERSON", name) for name in ("Ana", "Li")), words(text, "3", "GPE", "Oslo")
    )
    lines = write(CONLL, [made, document("Rain."), made]).files["train.conll"].decode().split("\n")
    assert [n for n, line in enumerate(lines) if "DOCSTART" in line] == [0, 9, 14]
    assert lines[:9] == [
        "-DOCSTART- -X- O O",
        "",
        "Ana -X- _ B-PERSON",
        "met -X- _ O",
        "Li -X- _ B-PERSON",
        "in -X- _ O",
        "Oslo -X- _ B-GPE",
        ". -X- _ O",
        "",
    ]


def test_spacy_takes_the_file_apart_into_our_articles_without_an_edit() -> None:
    from spacy.training.converters.conll_ner_to_docs import conll_ner_to_docs

    text = "Ana Ruiz left.\nOslo slept in New York."
    entities = [words(text, "1", "PERSON", "Ana Ruiz"), words(text, "2", "GPE", "New York")]
    data = write(CONLL, [document(text, *entities), document("Rain.")]).files["train.conll"].decode()
    docs = list(conll_ner_to_docs(data, no_print=True))  # type: ignore[no-untyped-call]
    assert [[(e.text, e.label_) for e in doc.ents] for doc in docs] == [
        [("Ana Ruiz", "PERSON"), ("New York", "GPE")],
        [],
    ]
    assert [len(list(doc.sents)) for doc in docs] == [2, 1]


def test_doccano_finds_two_columns_between_tabs_in_every_line_and_no_empty_sentence() -> None:
    # Its parser refuses a file for one line of other than two, and makes an empty text of two blank lines.
    for format in (IOB2, BILUO):
        text = next(iter(write(format, [hardest(), document("Rain.")]).files.values())).decode()
        assert all(len(line.split("\t")) == 2 for line in text.split("\n") if line)
        assert "\n\n\n" not in text


@every_format
def test_an_entity_within_a_word_cuts_the_word_and_a_part_of_one_is_not_outvoted(format: Format) -> None:
    # Potato gives a token to the entity that has most of its characters.
    text = "anti-Trumpists; xUS"
    made = document(text, words(text, "1", "PERSON", "Trump"), words(text, "2", "GPE", "US"))
    written = write(format, [made])
    data = next(iter(written.files.values())).decode()
    assert [line.split()[0] for line in data.split("\n")[2:] if line] == [
        "anti",
        "-",
        "Trump",
        "ists",
        ";",
        "x",
        "US",
    ]
    assert written.losses == []
    (again,) = taken(reread(format, written))
    assert spelled(again) == [("Trump", "PERSON"), ("US", "GPE")]


def test_biluo_spells_the_last_token_and_the_only_one() -> None:
    text = "New York City, Oslo, Li Wei"
    made = document(
        text,
        words(text, "1", "GPE", "New York City"),
        words(text, "2", "GPE", "Oslo"),
        words(text, "3", "PERSON", "Li Wei"),
    )
    data = write(BILUO, [made]).files["train.biluo"].decode()
    assert re.findall(r"\t(.*)", data)[1:] == [
        "B-GPE",
        "I-GPE",
        "L-GPE",
        "O",
        "U-GPE",
        "O",
        "B-PERSON",
        "L-PERSON",
    ]


def test_entities_that_touch_are_told_apart() -> None:
    text = "Ana Li"
    made = document(text, words(text, "1", "PERSON", "Ana"), words(text, "2", "PERSON", "Li"))
    for format in conll.FORMATS:
        assert spelled(taken(reread(format, write(format, [made])))[0]) == [
            ("Ana", "PERSON"),
            ("Li", "PERSON"),
        ]


@every_format
def test_no_token_holds_what_anybody_takes_for_a_line_end_or_a_space(format: Format) -> None:
    text = "a\u2028b\x85c\x0bd\x0ce\x1cf\x1dg\x1eh\u2029i\xa0j\u3000k\rl\r\nm\tn"
    written = write(format, [document(text)])
    data = next(iter(written.files.values())).decode()
    rows = [line.split() for line in data.splitlines()[2:] if line]
    assert [row[0] for row in rows] == list("abcdefghijklmn")
    assert len(data.splitlines()) == data.count("\n")
    assert taken(reread(format, written))[0].text == text


@every_format
def test_control_characters_that_break_no_line_are_tokens_and_come_back(format: Format) -> None:
    text = "\ufeffa \x00\x1b[31m \u200b b # -DOCSTART- # doc_id = 7"
    assert taken(reread(format, write(format, [document(text)])))[0].text == text


def test_a_sentence_that_begins_with_a_hash_is_no_comment() -> None:
    for format in conll.FORMATS:
        written = write(format, [document("# doc_id = 7\n#winning = all\n#")])
        assert taken(reread(format, written))[0].text == "# doc_id = 7\n#winning = all\n#"
        (alone,) = taken(read(format, next(iter(written.files.values()))))
        assert alone.text == "# doc _ id = 7\n# winning = all\n#"


def test_sentences_that_an_entity_spans_are_merged_and_that_is_said() -> None:
    text = "A New\nYork paper.\nAn end."
    written = write(IOB2, [document(text, words(text, "1", "GPE", "New\nYork"))])
    sentences = written.files["train.iob2"].decode().split("\n\n")[1:]
    assert [sentence.split("\n")[0] for sentence in sentences] == ["A\tO", "An\tO", ""]
    assert [(loss.kind, loss.what) for loss in written.losses] == [
        ("sentence", "ends of sentences given up, as entities span them: 1")
    ]


@pytest.mark.parametrize(("overlaps", "kept"), [("longest", "New York Times"), ("first", "The New")])
def test_of_overlapping_entities_one_layer_is_written_and_the_rest_is_named(overlaps: str, kept: str) -> None:
    text = "The New York Times"
    made = document(text, words(text, "1", "ORG", "New York Times"), words(text, "2", "GPE", "The New"))
    written = write(CONLL, [made], overlaps=overlaps)
    assert [text for text, _ in spelled(taken(reread(CONLL, written))[0])] == [kept]
    assert written.lost == ["overlap"]


@pytest.mark.parametrize(("pieces", "kept"), [("hull", [("North and South Korea", "GPE")]), ("drop", [])])
def test_an_entity_in_pieces_is_its_hull_or_left_out(pieces: str, kept: list[tuple[str, str]]) -> None:
    text = "North and South Korea"
    written = write(CONLL, [document(text, entity(text, "1", "GPE", (0, 5), (16, 21)))], pieces=pieces)
    assert spelled(taken(reread(CONLL, written))[0]) == kept
    assert written.lost == ["discontinuous"]


def test_what_columns_have_no_place_for_is_named_once_an_article() -> None:
    made = hardest()
    first, *rest = made.entities
    first = first._replace(link="Q1", note="who?", cluster="1", attributes={"sure": True})
    full = replace(made, entities=(first, *rest), labels=("politics",), note="odd")
    written = write(CONLL, [full], overlaps="first", pieces="drop")
    assert {
        (loss.kind, loss.what) for loss in written.losses if loss.kind not in ("overlap", "discontinuous")
    } == {
        ("relation", "this format has no relations: left out 1 KNOWS, 1 LEADS, 1 MET"),
        ("sentence", "ends of sentences given up, as entities span them: 1"),
        ("attributes", "this format has no place for attributes: left out 1"),
        ("links", "this format has no place for links: left out 1"),
        ("notes", "this format has no place for notes: left out 2"),
        ("clusters", "this format has no place for clusters: left out 1"),
        ("labels", "this format has no place for document labels: left out 1"),
    }


@every_format
def test_white_space_in_a_label_is_written_as_an_underline_and_named(format: Format) -> None:
    text = "Ana"
    written = write(format, [document(text, words(text, "1", "a head\tof\u2028state", "Ana"))])
    assert spelled(taken(reread(format, written))[0]) == [("Ana", "a_head_of_state")]
    assert written.lost == ["label"]


def test_what_is_not_complete_is_missing_where_that_can_be_said_and_named_where_not() -> None:
    text = "Ana left"
    made = document(text, words(text, "1", "PERSON", "Ana"), complete=("relations",))
    biluo, iob2 = write(BILUO, [made]), write(IOB2, [made])
    assert biluo.files["train.biluo"].decode().endswith("Ana\tU-PERSON\nleft\t-\n\n")
    assert (biluo.lost, iob2.lost) == ([], ["missing"])
    (again,) = taken(reread(BILUO, biluo))
    assert again.document is not None
    assert (spelled(again), again.document.status) == ([("Ana", "PERSON")], "open")
    assert again.warnings == (
        "train.biluo, line 1: tokens that are marked - (nobody said), so that their articles stay open: 1",
    )


def test_the_sentences_of_the_analysis_are_written() -> None:
    made = document("Ana left Oslo slept", sentences=((0, 8), (9, 19)))
    assert write(IOB2, [made]).files["train.iob2"].decode().count("\n\n") == 3


# -- there and back -----------------------------------------------------------------------------------


@given(st.lists(documents(), max_size=3), st.sampled_from(conll.FORMATS))
def test_with_the_offsets_beside_it_all_comes_back_but_what_was_named(
    made: list[Document], format: Format
) -> None:
    written = write(format, made)
    found = reread(format, written)
    if not made:
        assert refusals(found) == [f"train.{format.name} is empty: there is no article in it"]
        return
    again = taken(found)
    assert [each.text for each in again] == [each.article.text for each in made]
    assert all(each.warnings == () for each in again)
    lost = sum(len(each.fragments) > 0 for document in made for each in document.entities)
    assert written.lost.count("discontinuous") == lost
    for each, before in zip(again, made, strict=True):
        assert each.document is not None
        assert each.document.status is None
        flat = {((e.start, e.end),) for e in before.entities}
        assert {spans for spans, _ in values(each.document.entities)} <= flat
    assert sum(len(each.document.entities) for each in again if each.document) == sum(
        len(document.entities) for document in made
    ) - written.lost.count("overlap")
    assert written.lost.count("relation") == sum(bool(document.relations) for document in made)


@given(documents(pieces=False), st.sampled_from(conll.FORMATS))
def test_entities_that_do_not_overlap_come_back_as_they_were(made: Document, format: Format) -> None:
    written = write(format, [made])
    (again,) = taken(reread(format, written))
    assert again.document is not None
    if "overlap" not in written.lost:
        assert values(again.document.entities) == values(made.entities)
    assert values(again.document.entities) <= values(made.entities)


@given(st.lists(documents(), min_size=1, max_size=3), st.sampled_from(conll.FORMATS))
def test_without_the_offsets_tokens_and_entities_come_back_and_the_text_is_said_to_be_rebuilt(
    made: list[Document], format: Format
) -> None:
    written = write(format, made)
    beside = taken(reread(format, written))
    alone = taken(read(format, next(iter(written.files.values()))))
    for one_, other in zip(beside, alone, strict=True):
        assert [label for _, label in spelled(one_)] == [label for _, label in spelled(other)]
        assert one_.text.split() == one_.text.split()
        assert "".join(one_.text.split()) == "".join(other.text.split())
    assert [len(each.warnings) for each in alone] == [0] * (len(made) - 1) + [1]
    assert alone[-1].warnings[0] == f"it: {tagged.REBUILT.format(len(made))}"


@given(documents(), st.sampled_from(conll.FORMATS))
def test_equal_documents_give_equal_bytes(made: Document, format: Format) -> None:
    shuffled = replace(made, entities=made.entities[::-1], relations=made.relations[::-1])
    assert write(format, [made]).files == write(format, [shuffled]).files


def test_the_offsets_may_lie_beside_a_packed_file(tmp_path: Path) -> None:
    import gzip

    written = write(CONLL, [hardest()])
    (tmp_path / "train.conll.gz").write_bytes(gzip.compress(written.files["train.conll"]))
    (tmp_path / "train.offsets.tsv").write_bytes(written.files["train.offsets.tsv"])
    assert CONLL.read is not None
    (found,) = taken(list(CONLL.read(Source.of(tmp_path / "train.conll.gz"), Reading(SCHEMA))))
    assert found.text == hardest().article.text


def test_white_space_of_any_kind_and_length_comes_back() -> None:
    text = "\n a" + " " * 5000 + "b" + "\u2003\r" * 3000 + "c\t"
    assert taken(reread(CONLL, write(CONLL, [document(text)])))[0].text == text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"Rain", b"Snow", "line 1: the tokens were changed: the file of offsets is of another text"),
        (b"Rain", b"Hail storm", "line 4: there are 4 columns, in the lines before 5"),
        (b"Rain", b"Rainy", 'line 1: the token "Rainy" does not fit its place in the file of offsets'),
        (b". -X- _ O\n", b"", "line 1: it has 1 tokens, but 2 in the file of offsets; take that file away"),
    ],
)
def test_tokens_that_do_not_fit_their_offsets_are_refused_not_guessed_at(
    old: bytes, new: bytes, says: str
) -> None:
    written = write(CONLL, [document("Rain."), document("Sun.")])

    def change(name: str, data: bytes) -> bytes:
        return data.replace(old, new, 1) if name == "train.conll" else data

    found = reread(CONLL, written, change)
    assert [each.text for each in found if isinstance(each, Incoming)] == ["Sun."]
    assert [says in why for why in refusals(found)] == [True], found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\t0\t4\t", b"\tzero\t4\t"),
        (b"\t0\t4\t", b"\t0\t4"),
        (b"\t5\t5\t", b"\t5\t5\t[1]"),
        (b"\t5\t5\t", b'\t5\t5\t"x"'),
        (b"\t5\t5\t", b'\t5\t5\t"\\ud800"'),
        (b"\t5\t5\t", b"\t99999999999\t99999999999\t"),
        (b"\t5\t5\t", b"\t\xff\t5\t"),
        (b"article\t", b"\t"),
    ],
)
def test_damaged_offsets_are_refused(old: bytes, new: bytes) -> None:
    written = write(CONLL, [document("Rain.")])

    def change(name: str, data: bytes) -> bytes:
        return data.replace(old, new, 1) if name == "train.offsets.tsv" else data

    assert len(refusals(reread(CONLL, written, change))) == 1


def test_a_file_that_was_cut_off_between_articles_is_told_by_its_offsets() -> None:
    written = write(CONLL, [document("Rain."), document("Sun.")])

    def change(name: str, data: bytes) -> bytes:
        return data[: data.rindex(b"-DOCSTART-")] if name == "train.conll" else data

    found = reread(CONLL, written, change)
    assert [type(each) for each in found] == [Incoming, BadFile]
    assert "ends too early: the file of offsets beside it has more articles" in str(found[1])


def test_offsets_that_end_too_early_refuse_what_they_do_not_reach() -> None:
    written = write(CONLL, [document("Rain."), document("Sun.")])

    def change(name: str, data: bytes) -> bytes:
        return data[: data.rindex(b"\n", 0, -20) + 1] if name == "train.offsets.tsv" else data

    found = reread(CONLL, written, change)
    assert [type(each) for each in found] == [Incoming, BadFile]


# -- what is read -------------------------------------------------------------------------------------


def test_a_file_of_2003_is_read_with_its_articles_and_sentences() -> None:
    data = """-DOCSTART- -X- -X- O

Rain NN B-NP O
in IN B-PP O
Oslo NNP B-NP I-LOC

Ana NNP B-NP I-PER
Ruiz NNP I-NP I-PER
Li NNP B-NP B-PER
left VBD B-VP O

-DOCSTART- -X- O O

Sun NN B-NP O
"""
    first, second = taken(read(CONLL, data.encode(), "eng.train"))
    assert (first.text, first.source) == ("Rain in Oslo\nAna Ruiz Li left", "eng.train, line 1")
    assert spelled(first) == [("Oslo", "LOC"), ("Ana Ruiz", "PER"), ("Li", "PER")]
    assert (second.text, second.source, spelled(second)) == ("Sun", "eng.train, line 12", [])
    assert second.warnings == (
        f"eng.train: {tagged.REBUILT.format(2)}",
        f"eng.train, line 1: {tagged.OPENED.format(2)}",
    )


@pytest.mark.parametrize(
    ("tags", "entities", "opened", "unended"),
    [
        ("B-A I-A O", ["0-2 A"], 0, 0),
        ("B-A B-A I-A", ["0-1 A", "1-3 A"], 0, 0),
        ("I-A I-A O", ["0-2 A"], 1, 0),  # IOB1
        ("I-A B-A I-A", ["0-1 A", "1-3 A"], 1, 0),  # IOB1
        ("B-A I-B I-B", ["0-1 A", "1-3 B"], 1, 0),  # another type opens
        ("B-A L-A U-B", ["0-2 A", "2-3 B"], 0, 0),  # BILUO
        ("U-A I-A O", ["0-1 A", "1-2 A"], 1, 1),  # nothing goes on after U
        ("B-A I-A U-B", ["0-2 A", "2-3 B"], 0, 1),  # L is missing
        ("B-A E-A S-B", ["0-2 A", "2-3 B"], 0, 0),  # IOBES
        ("B-A M-A E-A", ["0-3 A"], 0, 0),  # BMES
        ("I-A E-A E-B", ["0-2 A", "2-3 B"], 2, 0),  # IOE2
        ("L-A O U-B", ["0-1 A", "2-3 B"], 1, 0),
        ("B-a-b I-a-b O", ["0-2 a-b"], 0, 0),
        ("O O O", [], 0, 0),
    ],
)
def test_tags_of_every_scheme_are_read_and_slips_are_counted(
    tags: str, entities: list[str], opened: int, unended: int
) -> None:
    found = one("".join(f"t {tag}\n" for tag in tags.split()))
    assert found.document is not None
    assert [f"{e.start // 2}-{(e.end + 1) // 2} {e.label}" for e in found.document.entities] == entities
    assert sum(warning.endswith(tagged.OPENED.format(opened)) for warning in found.warnings) == bool(opened)
    assert sum(warning.endswith(tagged.UNENDED.format(unended)) for warning in found.warnings) == bool(
        unended
    )


def test_an_entity_ends_with_its_sentence() -> None:
    found = one("Ana\tB-PER\n\nRuiz\tI-PER\n")
    assert (found.text, spelled(found)) == ("Ana\nRuiz", [("Ana", "PER"), ("Ruiz", "PER")])


def test_columns_stand_between_tabs_or_spaces_and_nothing_else() -> None:
    assert one("10\xa0000\tO\nNew York\tB-GPE\n").text == "10\xa0000 New York"
    assert one("10\xa0000  O\na\u2028b  O\n").text == "10\xa0000 a\u2028b"
    assert one("Oslo NNP B-GPE\r\n\r\nRain NN O\r\n").text == "Oslo\nRain"
    assert one("  Oslo B-GPE\n  Rain O\n").text == "Oslo Rain"


def test_tokens_of_white_space_are_passed_over_and_counted() -> None:
    found = one("New\tB-GPE\n \tI-GPE\nYork\tI-GPE\n\xa0\tO\n\tO\n")
    assert (found.text, spelled(found)) == ("New York", [("New York", "GPE")])
    assert found.warnings[1].endswith(tagged.BLANK.format(3))
    assert one("Oslo NN _ O\n   NN _ O\nRain NN _ O\n").text == "Oslo Rain"


def test_comments_name_articles_or_are_passed_over() -> None:
    data = "# doc_id = a/1\n# text = Rain\nRain\tO\n\n# another sentence\nSun\tO\n# newdoc id = b\nOslo\tB-GPE\n#\tO\n"
    first, second = taken(read(CONLL, data.encode()))
    assert (first.text, first.meta) == ("Rain\nSun", {"id": "a/1"})
    assert (second.text, second.meta, spelled(second)) == ("Oslo #", {"id": "b"}, [("Oslo", "GPE")])


def test_an_id_after_the_line_that_begins_an_article_is_its_own() -> None:
    data = "-DOCSTART-\tO\n# doc_id = 1\nRain\tO\n\n-DOCSTART-\tO\n# doc_id = 2\nSun\tO\n"
    assert [(each.text, each.meta) for each in taken(read(CONLL, data.encode()))] == [
        ("Rain", {"id": "1"}),
        ("Sun", {"id": "2"}),
    ]


def test_label_studios_file_of_many_tasks_is_one_article() -> None:
    data = "-DOCSTART- -X- O\nAna -X- _ B-PER\nleft -X- _ O\n\nRain -X- _ O\n\n"
    assert one(data).text == "Ana left\nRain"


def test_a_file_in_another_encoding_is_read_when_that_is_named() -> None:
    data = "Díaz\tB-PER\n北\tO\n".encode() + "Málaga\tB-LOC\n".encode("latin-1")
    (found,) = taken(read(CONLL, data, encoding="latin-1"))
    assert found.text == "Díaz 北 Málaga"
    assert refusals(read(CONLL, data)) == [
        "it, line 3: byte 2 is not UTF-8: save the file as UTF-8, or name its encoding"
        "; nothing of the article from 1 on is taken"
    ]
    assert "there is no encoding" in refusals(read(CONLL, data, encoding="latin-99"))[0]
    assert "byte 2 is neither UTF-8 nor ascii: save" in refusals(read(CONLL, data, encoding="ascii"))[0]


def test_a_mark_before_the_first_token_is_no_part_of_it() -> None:
    assert one("\ufeffRain\tO\n").text == "Rain"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("Rain\n", 'it, line 1: there is one column, "Rain": a token and its tag are needed'),
        ("Rain O\nSun", "it, line 2: there is one column"),
        ("Rain O\nNew York B-GPE\n", "it, line 2: there are 3 columns, in the lines before 2"),
        ("Rain NN\n", 'it, line 1: "NN" is no tag'),
        ("Rain B-\n", 'it, line 1: "B-" is no tag'),
        ("Rain X-GPE\n", 'it, line 1: "X-GPE" is no tag'),
        ("Rain\tO\t\n", 'it, line 1: "O" is no tag'),
        ("-DOCSTART- -X- O O\n\n", "it, line 1: there is no token in this article"),
        ("-DOCSTART- -X- O O\n\n O\n", "it, line 1: there is no token in this article"),
        ("#begin document (a); part 000\n", "it, line 1: this is CoNLL-2012, which is not read"),
        ("", "it is empty: there is no article in it"),
        (" \n\r\n", "it is empty: there is no article in it"),
        ("# only = comments\n", "it is empty: there is no article in it"),
    ],
)
def test_what_is_no_column_of_tags_is_refused_with_its_line(data: str, says: str) -> None:
    if data == "Rain\tO\t\n":  # what ends a line does not make a column
        assert one(data).text == "Rain"
        return
    (why,) = refusals(read(CONLL, data.encode()))
    assert why.startswith(says)


def test_the_good_articles_around_a_bad_one_are_taken_in() -> None:
    start = "-DOCSTART- -X- O O\n\n"
    data = f"{start}Rain -X- _ O\n\n{start}Hail -X- _ O\nSnow\nand O\n\n{start}Sun -X- _ O\n"
    found = read(CONLL, data.encode())
    assert [each.text if isinstance(each, Incoming) else str(each) for each in found] == [
        "Rain",
        'it, line 8: there is one column, "Snow": a token and its tag are needed'
        "; nothing of the article from 5 on is taken",
        "Sun",
    ]


def test_an_article_of_too_many_tokens_is_refused_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tagged, "MOST_TOKENS", 3)
    found = read(CONLL, b"a O\n" * 9 + b"-DOCSTART- O\n\nb O\n")
    assert refusals(found) == [
        "it, line 4: one article has more than 3 tokens: is each article one of its own?"
        "; nothing of the article from 1 on is taken"
    ]
    assert [each.text for each in found if isinstance(each, Incoming)] == ["b"]


def test_a_line_without_end_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.lines, "__defaults__", (100, False))
    found = read(CONLL, b"a O\n" + b"x" * 1000 + b"\nb O\n-DOCSTART- O\nc O\n")
    assert "it, line 2: this line is longer than 100 bytes" in refusals(found)[0]
    assert [each.text for each in found if isinstance(each, Incoming)] == ["c"]


@given(st.binary(max_size=60) | st.text(alphabet="aO-BIL\t \n\r#=_", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for each in read(CONLL, data):
        assert isinstance(each, Incoming) or str(each).startswith("it")


# -- numbered tokens ----------------------------------------------------------------------------------

GERMEVAL = """#	http://example.org/manfred [2009-10-17]
1	Aufgrund	O	O
2	der	O	O
3	Universität	B-ORG	O
4	Bonn	I-ORG	B-LOC

#	type O
1	Hallo	O	O
"""

UNIVERSAL = """# newdoc id = a
# text = Zum Rhein
1-2	Zum	_	_
1	zu	ADP	O
2	dem	DET	O
2.1	gehen	VERB	O
3	Rhein	PROPN	B-LOC

# newdoc id = b
1	Rain	NOUN	O
"""


def test_numbers_of_tokens_are_no_tokens_and_tags_of_another_column_are_named() -> None:
    found = one(GERMEVAL)
    assert (found.text, spelled(found)) == ("Aufgrund der Universität Bonn\nHallo", [("Bonn", "LOC")])
    assert found.warnings[1:] == ("it, line 2: " + tagged.OTHERS.format(2),)


def test_numbers_of_words_that_are_one_and_of_words_that_are_not_written_are_passed_over() -> None:
    first, second = taken(read(CONLL, UNIVERSAL.encode()))
    assert (first.text, first.meta, spelled(first)) == ("zu dem Rhein", {"id": "a"}, [("Rhein", "LOC")])
    assert (second.text, second.meta) == ("Rain", {"id": "b"})


def test_one_bad_line_among_numbered_ones_is_refused_and_numbers_stay_numbers() -> None:
    data = "# newdoc id = a\n1\tAna\tX\tO\n2\n3\tleft\tX\tO\n# newdoc id = b\n"
    data += "".join(f"{n}\t{word}\tX\tO\n" for n, word in enumerate("abcdefghijkl", 1))
    found = read(CONLL, data.encode())
    assert [each.text for each in found if isinstance(each, Incoming)] == ["a b c d e f g h i j k l"]
    assert refusals(found)[0].startswith('it, line 3: there is one column, "2"')


@pytest.mark.parametrize(
    "data",
    [
        "1 CD O\n\n1 CD O\n",  # sentences of one number each
        "1\tB-CARDINAL\n2\tB-CARDINAL\n",  # there is no other token
        "2 CD O\n3 NN O\n4 CD O\n",
        "1 -X- _ O\n2 -X- _ O\n3 -X- _ B-CARDINAL\n",
        "0 a O\n1 b O\n",
        "Page CD O\n1 CD O\nof CD O\n2 CD O\n",
    ],
)
def test_tokens_that_are_numbers_stay_tokens(data: str) -> None:
    assert one(data).text.split() == [re.split(r"[ \t]", line)[0] for line in data.split("\n") if line]


# -- telling ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "is_it"),
    [
        ("a", "-DOCSTART- -X- O O\n\nRain NN B-NP O\n", True),
        ("a", "Rain\tO\n", True),
        ("a.conll", "Rain O\n", True),
        ("a.iob2", "# id 7 domain=en\nOslo _ _ B-GPE\n", True),
        ("a", "Ana B-PER\nleft O\n. O\n", True),
        ("a", "Vitamin B-12\n", False),
        ("a", "I O\n", False),
        ("a", "Road\tI-95\nRoad\tI-80\nNone\tO\n", False),
        ("a", "He has type O\nShe has type O\nThey have type AB\n", False),
        ("a", "He has O\nShe is O\nThey are all O\n", False),
        ("a", "name\tlabel\nRain\tO\n", False),
        ("a", "Rain\t-\nSun\t-\n", False),
        ("a.conll", "Rain falls.\n", True),
        ("a.iob2", "EU\tB-ORG\nrejects\tO\nGerman\ncall\tO\n", True),
        ("a.bio", "", True),
        ("a.conll", '{"text": "Rain"}\n', False),
        ("a", "#begin document (a/b); part 000\na/b 0 0 Ana NNP (TOP* - - - - (PERSON) -\n", True),
        ("a", "EU\tB-ORG\nrejects\tO\nGerman\ncall\tO\n", True),
        ("a", "German\nEU B-ORG\nrejects O\ncall O\n", True),
        ("a", "a O\n" * 18 + "EU B-ORG\nMISC-B b\nx\n", True),
        ("a", "a O\n" * 17 + "EU B-ORG\nMISC-B b\nx\n\n\ny\n", False),
        ("a", "a O\n" * 3 + "She has type O\n", False),
        ("a", "Them! B-movie\nTarantula B-movie\nThe Blob B-movie\nAlien A-movie\n", False),
        ("a", "word\tnote\ncar\t-\nbus\t-\ntram\tS-Bahn\nship\t-\nnews\tE-mail\n", False),
        ("a", "", False),
        ("a", "# a heading\n", False),
        ("a", "Rain.\n\nSun.\n", False),
        ("a", '{"text": "Rain"}\n', False),
    ],
)
def test_columns_are_told_by_their_tags_and_prose_is_not_taken_for_them(
    name: str, text: str, is_it: bool
) -> None:
    assert conll.recognises(Head(name, text.encode())) is is_it


@given(documents())
def test_what_we_write_is_told_and_what_we_write_about_is_not(made: Document) -> None:
    for format in conll.FORMATS:
        name, data = next(iter(write(format, [made]).files.items()))
        assert conll.recognises(Head(name, data))
        assert registry.detected(source(data)).name == "conll"
    if "O" not in made.article.text:
        assert not conll.recognises(Head("a.txt", made.article.text.encode()))


@given(st.lists(documents(pieces=False), min_size=1, max_size=3), st.data())
def test_one_bad_line_among_ours_is_refused_by_its_line_and_never_taken_for_text(
    made: list[Document], data: st.DataObject
) -> None:
    format = data.draw(st.sampled_from(conll.FORMATS))
    name, written = next(iter(write(format, made).files.items()))
    lines = written.decode().split("\n")
    tokens = [n for n, line in enumerate(lines) if line and conll.DOCSTART not in line]
    assume(tokens)
    place = data.draw(st.sampled_from(tokens))
    lines[place] = data.draw(st.sampled_from(["German", "German MISC-B", "German\tB-"]))
    bad = "\n".join(lines).encode()
    for each in (name, "it"):  # the line that begins an article is enough
        assert registry.detected(source(bad, each)).name == "conll"
    assert f"it, line {place + 1}: " in "\n".join(refusals(read(format, bad)))


@given(st.text(alphabet="aOB-I.,\t \n", max_size=300), st.sampled_from(["a.txt", "-"]))
def test_whatever_is_told_to_be_columns_has_tags_in_nearly_all_of_them(text: str, name: str) -> None:
    lines = [line.rstrip("\t ") for line in text.split("\n") if line and not line.isspace()]
    if conll.recognises(Head(name, text.encode())):
        good = [line for line in lines if re.search(r"(?:^|[ \t])(?:O|-|[BI]-[a-zA-Z].*)$", line)]
        assert len(lines) - len(good) <= max(1, len(lines) // 10)


def test_a_line_that_the_head_cuts_off_says_nothing() -> None:
    line = b"Oslo\tB-GPE\n"
    data = (line * (Head.SIZE // len(line) + 1))[: Head.SIZE]
    assert not data.endswith(b"\n")
    assert conll.recognises(Head("a", data))
    assert registry.is_readable("train.conll.gz", registry.suffixes())
    assert not registry.is_readable("train.offsets.tsv", (".tsv",))


# -- through a project --------------------------------------------------------------------------------


def import_(project: Project, *patterns: str, **how: Any) -> Report:
    config = load(project.folder / "config.yaml")
    taking = Taking(Reading(config.schema), **how)
    return Importer(project.store, config, taking).take_patterns(patterns, project.folder)


def test_an_imported_file_becomes_suggestions_and_twice_adds_nothing(project: Project) -> None:
    data = "-DOCSTART- -X- O O\n\nAna NN B-NP B-PERSON\nleft NN B-NP O\n\n-DOCSTART- -X- O O\n\nRain\n"
    (project.folder / "news.conll").write_text(data, encoding="utf-8")
    report = import_(project, "*.conll")
    assert (report.new, report.entities) == (1, 1)
    assert [why[: why.index(":")] for why in report.refused] == ["news.conll, line 8"]
    assert [warning[:10] for warning in report.warnings] == ["news.conll"]
    layer = project.store.layer("import", "news")
    assert [(e.start, e.end, e.label, e.text) for e in project.store.entities(1, layer.id)] == [
        (0, 3, "PERSON", "Ana")
    ]
    again = import_(project, "*.conll")
    assert (again.new, again.entities) == (0, 0)


def test_a_folder_that_was_exported_comes_back_into_the_same_articles(project: Project) -> None:
    text = "Ana\u2028met Li-Wei\r\n\r\nin Oslo.\t"
    made = document(text, words(text, "1", "PERSON", "Ana"), words(text, "2", "PERSON", "Wei"))
    project.add(text)
    (project.folder / "out").mkdir()
    for name, data in write(IOB2, [made]).files.items():
        (project.folder / "out" / name).write_bytes(data)
    report = import_(project, "out", person="ana", status="done")
    assert (report.new, report.refused, report.warnings) == (0, [], [])
    layer = project.store.layer("person", "ana")
    assert [e.value for e in project.store.entities(1, layer.id)] == [e.value for e in made.entities]
    assert project.store.progress(1, layer.id).status == "done"


def test_offsets_are_no_file_of_their_own_beside_tokens_whatever_is_named(project: Project) -> None:
    folder = project.folder / "out"
    folder.mkdir()
    for name, data in write(CONLL, [document("Rain.")]).files.items():
        (folder / name).write_bytes(data)
    for patterns in (["out"], ["out/*"], ["out/train.conll", "out/train.offsets.tsv"]):
        report = import_(project, *patterns)
        assert (report.refused, report.warnings) == ([], [])
    (folder / "train.conll").unlink()
    assert len(import_(project, "out/*").refused) == 1
    assert "there is no such file" in import_(project, "no/where.offsets.tsv").refused[0]


def test_what_nobody_looked_at_stays_open_whatever_was_asked(project: Project) -> None:
    (project.folder / "a.biluo").write_text("Ana\tU-PERSON\nleft\t-\n", encoding="utf-8")
    import_(project, "a.biluo", person="ana", status="done")
    assert project.store.progress(1, project.store.layer("person", "ana").id).status == "open"
