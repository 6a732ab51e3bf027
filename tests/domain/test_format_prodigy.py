"""Prodigy's JSONL: golden bytes, what it holds comes back, what it cannot hold is named, and its traps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.config import load
from annotations.documents import Document, Incoming, IncomingAnnotations, dismissed
from annotations.formats import prodigy_together, registry
from annotations.formats.base import Head, Reading
from annotations.formats.prodigy import FORMAT, KEPT
from annotations.importing import Importer, Taking
from annotations.model import Relation, about_entity, about_relation
from tests.desks import Project
from tests.interchange import (
    article,
    document,
    documents,
    entity,
    hardest,
    links,
    read,
    refusals,
    taken,
    values,
    words,
    write,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "prodigy.jsonl"
MODEL = "model:en_core_web_sm@3.8.0"

TEXT = "Mei Chen leads Globex."
MEI, GLOBEX = ((0, 8),), ((15, 21),)
TOKENS = [
    {"text": "Mei", "start": 0, "end": 3, "id": 0, "ws": True},
    {"text": "Chen", "start": 4, "end": 8, "id": 1, "ws": True},
    {"text": "leads", "start": 9, "end": 14, "id": 2, "ws": True},
    {"text": "Globex", "start": 15, "end": 21, "id": 3, "ws": False},
    {"text": ".", "start": 21, "end": 22, "id": 4, "ws": False},
]
PERSON = {"start": 0, "end": 8, "token_start": 0, "token_end": 1, "label": "PERSON"}
ORG = {"start": 15, "end": 21, "token_start": 3, "token_end": 3, "label": "ORG"}
LEADS = {"head": 1, "child": 3, "head_span": PERSON, "child_span": ORG, "color": "#ffd882", "label": "LEADS"}


def task(**more: Any) -> dict[str, Any]:
    """An accepted task with two entities and a relation; a value None takes the key out."""
    made = {
        "text": TEXT,
        "tokens": TOKENS,
        "spans": [PERSON, ORG],
        "relations": [LEADS],
        "_view_id": "relations",
        "answer": "accept",
    } | more
    return {key: value for key, value in made.items() if value is not None}


def question(answer: str, *spans: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A question of the binary view."""
    return {"text": TEXT, "spans": list(spans), "_view_id": "ner", "answer": answer} | more


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def all_of(*records: Any, **how: Any) -> list[Incoming]:
    return taken(read(FORMAT, lines(*records), "a.jsonl", **how))


def one(*records: Any, **how: Any) -> tuple[Incoming, IncomingAnnotations]:
    (found,) = all_of(*records, **how)
    assert found.document is not None
    return found, found.document


def written(*documents: Document) -> list[dict[str, Any]]:
    return [json.loads(line) for line in write(FORMAT, documents).text.split("\n")[:-1]]


# -- out ----------------------------------------------------------------------------------------------


def golden_documents() -> list[Document]:
    text = "Ana\u2028 met  Bo."
    flat = document(
        text,
        words(text, "01E1", "PERSON", "Bo", score=0.98765),
        article=article(
            text, title="Ana met Bo", date="2022-11-25", meta={"id": 7, KEPT: {"_input_hash": -5}}
        ),
        status="skipped",
        flagged=True,
        complete=("entities",),
        rejected=(
            dismissed(about_entity(((0, 3),), "ORG"), MODEL, "rejected"),
            dismissed(about_entity(((10, 12),), "ORG"), MODEL, "changed", "01E1"),
            dismissed(about_entity(((0, 3),), "GPE"), MODEL, "superseded"),
        ),
    )
    return [hardest(), document("Fog."), flat]


def test_the_golden_documents_are_written_byte_for_byte() -> None:
    assert write(FORMAT, golden_documents()).data == GOLDEN.read_bytes()


def test_tokens_with_their_spaces_are_the_text_and_spans_begin_and_end_with_them() -> None:
    for record in written(*golden_documents()):
        check(record)


def check(record: dict[str, Any]) -> None:
    """Prodigy's rules: spans on tokens, the last included; relations by the last token, with copies of both ends."""
    text, tokens = record["text"], record.get("tokens", [])
    assert [token["id"] for token in tokens] == list(range(len(tokens)))
    assert all(text[token["start"] : token["end"]] == token["text"] for token in tokens)
    if record.get("_is_binary"):
        assert (len(record["spans"]), record["answer"]) == (1, "reject")
        return
    assert "".join(token["text"] + " " * token["ws"] for token in tokens) == text
    for span in record["spans"]:
        assert tokens[span["token_start"]]["start"] == span["start"]
        assert tokens[span["token_end"]]["end"] == span["end"]
    places = [{**span, "type": "span"} for span in record["spans"]]
    for relation in record.get("relations", ()):
        for side in ("head", "child"):
            copy = relation[f"{side}_span"]
            assert relation[side] == copy["token_end"]
            assert {**copy, "type": "span"} in places


@given(documents())
def test_what_is_written_comes_back_and_the_rest_is_named(made: Document) -> None:
    found = write(FORMAT, [made])
    check(json.loads(found.text))
    (back,) = taken(read(FORMAT, found.data))
    assert back.warnings == ()
    assert back.text == made.article.text
    kept = back.document
    assert kept is not None
    assert (kept.annotator, kept.status, kept.complete) == ("ana", "done", ("entities", "relations"))
    whole = [e._replace(fragments=()) for e in made.entities]
    assert values(kept.entities) == values(whole)
    assert found.lost.count("discontinuous") == sum(bool(e.fragments) for e in made.entities)
    assert found.lost.count("overlap") == len(whole) - len(values(whole))
    held = links(kept.entities, kept.relations)
    assert held <= links(whole, made.relations)
    if not found.lost.count("overlap"):
        assert held == links(whole, made.relations)
    assert len(held) + found.lost.count("relation") >= len(links(whole, made.relations))


@given(documents(pieces=False))
def test_what_came_back_is_written_as_it_was(made: Document) -> None:
    first = write(FORMAT, [made])
    (back,) = taken(read(FORMAT, first.data))
    kept = back.document
    assert kept is not None
    again = replace(made, entities=kept.entities, relations=kept.relations)
    assert write(FORMAT, [again]).data == first.data


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (document(TEXT), "accept"),
        (document(TEXT, status="skipped"), "ignore"),
        (document(TEXT, status="open", complete=()), None),
        (document(TEXT, status="open", complete=(), layer="gold:gold"), "accept"),
    ],
)
def test_the_status_is_the_answer(made: Document, answer: str | None) -> None:
    assert [record.get("answer") for record in written(made)] == [answer]


def test_a_task_is_not_accepted_for_what_nobody_looked_at_as_a_whole() -> None:
    found = write(FORMAT, [document(TEXT, complete=("relations",))])
    assert "answer" not in json.loads(found.text)
    assert [loss.what for loss in found.losses] == [
        "it is done, but its entities were not looked at as a whole: written without an answer"
    ]


def test_the_view_is_the_one_that_can_show_what_there_is() -> None:
    ana, mei = words(TEXT, "01A", "PERSON", "Mei Chen"), words(TEXT, "01B", "ORG", "Chen")
    alone = document(TEXT, ana, complete=("entities",))
    assert [
        record["_view_id"] for record in written(alone, document(TEXT, ana), document(TEXT, ana, mei))
    ] == [
        "ner_manual",
        "relations",
        "spans_manual",
    ]
    assert "relations" not in written(alone)[0]


def test_a_span_in_the_middle_of_a_word_cuts_the_token() -> None:
    (record,) = written(document("Unhappy", entity("Unhappy", "01A", "ORG", (2, 5))))
    assert [token["text"] for token in record["tokens"]] == ["Un", "hap", "py"]
    assert (record["spans"][0]["token_start"], record["spans"][0]["token_end"]) == (1, 1)


def test_each_rejected_suggestion_is_a_question_answered_with_no() -> None:
    made = golden_documents()[2]
    asked = [r for r in written(made) if r.get("_is_binary")]
    assert [(r["answer"], r["spans"], r["_input_hash"]) for r in asked] == [
        ("reject", [{"start": 0, "end": 3, "label": "ORG", "source": MODEL}], -5),
        ("reject", [{"start": 10, "end": 12, "label": "ORG", "source": MODEL}], -5),
    ]


def test_what_was_rejected_is_not_written_where_the_article_is_not_settled_or_it_stands_or_is_in_pieces() -> (
    None
):
    rejected = (
        dismissed(about_entity(MEI, "PERSON"), MODEL, "rejected"),
        dismissed(about_entity(((0, 3), (9, 14)), "ORG"), MODEL, "rejected"),
        dismissed(about_relation("LEADS", (MEI, "PERSON"), (GLOBEX, "ORG")), MODEL, "rejected"),
    )
    mei = words(TEXT, "01A", "PERSON", "Mei Chen")
    assert len(written(document(TEXT, mei, rejected=rejected))) == 1
    assert len(written(document(TEXT, rejected=rejected, complete=(), status="open"))) == 1
    assert len(written(document(TEXT, rejected=(*rejected, *rejected)))) == 2


def test_what_prodigy_has_no_place_for_is_named() -> None:
    mei = words(TEXT, "01A", "PERSON", "Mei Chen", link="Q1", note="n", cluster="c", attributes={"a": 1})
    lost = write(FORMAT, [document(TEXT, mei, labels=("trade",), note="x")]).lost
    assert sorted(lost) == ["clusters", "labels", "notes"]


# -- in: one task -------------------------------------------------------------------------------------


def test_an_accepted_task_is_done_for_what_it_shows() -> None:
    found, kept = one(task(meta={"title": "News", "date": "2022-11-25", "source": "wire", "x": 1}))
    assert (found.source, found.title, found.date, found.meta) == ("wire", "News", "2022-11-25", {"x": 1})
    assert values(kept.entities) == {(MEI, "PERSON"), (GLOBEX, "ORG")}
    assert links(kept.entities, kept.relations) == {("LEADS", (MEI, "PERSON"), (GLOBEX, "ORG"))}
    assert (kept.status, kept.complete, found.warnings) == ("done", ("entities", "relations"), ())
    _, kept = one(task(relations=None, _view_id="ner_manual"))
    assert (kept.status, kept.complete) == ("done", ("entities",))


def test_a_task_without_an_answer_has_no_status_and_one_without_annotations_is_an_article() -> None:
    _, kept = one(task(answer=None))
    assert (kept.status, kept.complete, len(kept.entities)) == (None, (), 2)
    (found,) = all_of(task(answer=None, spans=None, relations=None))
    assert found.document is None


@pytest.mark.parametrize("spans", [None, []])
def test_an_accepted_task_without_spans_has_none(spans: Any) -> None:
    _, kept = one(task(spans=spans, relations=None, _view_id="ner_manual"))
    assert (kept.status, kept.entities) == ("done", ())


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_a_task_that_was_rejected_or_ignored_is_kept_and_flagged_without_gold(answer: str) -> None:
    found, kept = one(task(answer=answer))
    assert (kept.status, kept.flagged, kept.entities, kept.relations) == ("skipped", True, (), ())
    assert found.warnings == (
        f'a.jsonl, line 1: its spans and relations were left out: the answer to the task is "{answer}"',
    )


def test_an_old_file_whose_tokens_do_not_say_what_follows_them_is_read() -> None:
    bare = [{key: token[key] for key in ("text", "start", "end", "id")} for token in TOKENS]
    old = task(tokens=bare, _view_id=None, relations=None, _input_hash=-17)
    _, kept = one(old)
    assert (len(kept.entities), kept.status) == (2, "done")


def test_a_span_may_be_given_by_its_tokens_alone_the_last_one_included() -> None:
    _, kept = one(task(spans=[{"token_start": 0, "token_end": 1, "label": "PERSON"}], relations=None))
    assert values(kept.entities) == {(MEI, "PERSON")}


def test_a_flagged_task_is_flagged() -> None:
    assert one(task(flagged=True))[1].flagged
    assert written(document(TEXT, flagged=True))[0]["flagged"] is True


def test_a_score_comes_in_and_goes_out() -> None:
    _, kept = one(task(spans=[PERSON | {"score": 0.5}], relations=[]))
    assert kept.entities[0].score == 0.5
    assert written(document(TEXT, *kept.entities))[0]["spans"][0]["score"] == 0.5


def test_labels_of_a_whole_text_are_document_labels() -> None:
    _, kept = one({"text": TEXT, "label": "TRADE", "answer": "accept", "_view_id": "classification"})
    assert (kept.labels, kept.status, kept.complete) == (("TRADE",), None, ())
    found, kept = one({"text": TEXT, "label": "TRADE", "answer": "reject"})
    assert (kept.labels, kept.status) == ((), None)
    assert found.warnings == (
        'a.jsonl, line 1: the labels ["TRADE"] were left out: the answer to the task is "reject"',
    )
    (found,) = all_of({"text": TEXT, "label": "TRADE", "_view_id": "classification"})
    assert found.warnings == ('a.jsonl, line 1: the labels ["TRADE"] were left out: the task has no answer',)
    options = [{"id": "TRADE"}, {"id": 3}]
    _, kept = one(
        {"text": TEXT, "options": options, "accept": ["TRADE", 3], "answer": "accept", "_view_id": "choice"}
    )
    assert (kept.labels, kept.status) == (("TRADE", "3"), None)


def test_options_about_a_span_are_left_in_the_metadata_and_said() -> None:
    linking = {
        "text": TEXT,
        "spans": [PERSON],
        "options": [{"id": "Q1"}],
        "accept": ["Q1"],
        "answer": "accept",
        "_view_id": "choice",
    }
    found, kept = one(linking)
    assert (values(kept.entities), kept.labels, kept.status) == ({(MEI, "PERSON")}, (), None)
    assert 'the chosen options ["Q1"] were left in the metadata' in found.warnings[0]
    assert found.meta[KEPT]["accept"] == ["Q1"]


@pytest.mark.parametrize("more", [{"_view_id": "blocks"}, {"_view_id": None}])
def test_options_beside_a_task_take_nothing_from_its_answer(more: dict[str, Any]) -> None:
    blocks = task(options=[{"id": "trade"}], accept=["trade"], **more)
    found, kept = one(blocks)
    assert (kept.status, kept.complete, len(kept.relations)) == ("done", ("entities", "relations"), 1)
    assert 'the chosen options ["trade"] were left in the metadata' in found.warnings[0]
    _, kept = one(blocks | {"answer": "reject"})
    assert (kept.status, kept.entities) == ("skipped", ())
    _, kept = one(blocks | {"spans": [], "relations": []})
    assert (kept.status, kept.labels) == ("done", ("trade",))


def test_what_else_is_said_of_spans_and_relations_comes_in_and_goes_out() -> None:
    ana = PERSON | {"kb_id": "Q1", "custom": {"a": [1]}, "source": "model", "pattern": 3, "none": None}
    leads = LEADS | {"score": 0.5, "why": "said so"}
    found, kept = one(task(spans=[ana, ORG], relations=[leads]))
    assert [(e.link, e.attributes) for e in kept.entities] == [("Q1", {"custom": {"a": [1]}}), (None, None)]
    assert [(r.score, r.attributes) for r in kept.relations] == [(0.5, {"why": "said so"})]
    assert found.warnings == ()
    made = write(FORMAT, [document(TEXT, *kept.entities, relations=kept.relations)])
    record = json.loads(made.text)
    assert made.lost == []
    assert record["spans"][0] == PERSON | {"type": "span", "kb_id": "Q1", "custom": {"a": [1]}}
    assert record["relations"][0] == {k: v for k, v in leads.items() if k != "color"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"kb_id": 5}, 'a link was left out: "kb_id" must be a text, not 5'),
        ({"score": "high"}, 'a score was left out: it must be a number, not "high"'),
    ],
)
def test_a_link_or_a_score_that_is_none_is_named(more: dict[str, Any], says: str) -> None:
    found, kept = one(task(spans=[PERSON | more, ORG]))
    assert (len(kept.entities), found.warnings) == (2, (f"a.jsonl, line 1: {says}",))


def test_an_attribute_that_is_called_like_a_key_of_prodigy_is_named_as_lost() -> None:
    mei = words(TEXT, "01A", "PERSON", "Mei Chen", attributes={"start": "x", "y": 1})
    found = write(FORMAT, [document(TEXT, mei)])
    assert [loss.what for loss in found.losses] == [
        'the attribute "start" of a PERSON is left out: Prodigy means something else by it'
    ]
    assert json.loads(found.text)["spans"][0] == PERSON | {"type": "span", "y": 1}


# -- in: questions ------------------------------------------------------------------------------------


def test_questions_on_one_text_are_one_piece_of_work_and_a_no_is_a_rejected_suggestion() -> None:
    _, kept = one(
        question("accept", PERSON),
        question("reject", ORG | {"label": "GPE", "source": MODEL}, _task_hash=4),
        question("reject", ORG | {"label": "PERSON"}),
    )
    assert (values(kept.entities), kept.status, kept.complete) == ({(MEI, "PERSON")}, None, ())
    assert [(d.about, d.verdict, d.via, d.sources) for d in kept.decisions] == [
        (about_entity(GLOBEX, "GPE"), "rejected", "import", (MODEL,)),
        (about_entity(GLOBEX, "PERSON"), "rejected", "import", ("import:prodigy",)),
    ]


def test_questions_after_a_task_belong_to_it() -> None:
    _, kept = one(task(), question("reject", ORG | {"label": "GPE"}))
    assert (len(kept.entities), len(kept.decisions), kept.status) == (2, 1, "done")


def test_what_was_rejected_in_a_document_comes_back() -> None:
    rejected = (dismissed(about_entity(MEI, "ORG"), MODEL, "rejected"),)
    (back,) = taken(read(FORMAT, write(FORMAT, [document(TEXT, rejected=rejected)]).data))
    assert back.document is not None
    assert [(d.about, d.sources) for d in back.document.decisions] == [(about_entity(MEI, "ORG"), (MODEL,))]
    assert back.document.status == "done"


@pytest.mark.parametrize("more", [{"_is_binary": True}, {"_view_id": "spans"}, {}])
def test_a_question_is_known_by_its_view_or_by_one_span_without_tokens(more: dict[str, Any]) -> None:
    asked = {"text": TEXT, "spans": [PERSON], "answer": "reject"} | more
    assert len(one(asked)[1].decisions) == 1


@pytest.mark.parametrize("more", [{"_is_binary": False}, {"_view_id": "ner_manual"}, {"tokens": TOKENS}])
def test_a_task_with_one_span_is_not_a_question(more: dict[str, Any]) -> None:
    _, kept = one({"text": TEXT, "spans": [PERSON], "answer": "reject"} | more)
    assert (kept.decisions, kept.status) == ((), "skipped")


def test_several_spans_rejected_together_reject_none() -> None:
    found, kept = one(question("reject", PERSON, ORG))
    assert (kept.decisions, kept.flagged) == ((), True)
    assert "2 spans were rejected together: which of them is wrong is not known" in found.warnings[0]


def test_an_ignored_question_flags_the_article() -> None:
    _, kept = one(question("ignore", PERSON))
    assert (kept.entities, kept.flagged, kept.status) == ((), True, None)


def test_what_was_accepted_and_rejected_stands_and_is_said() -> None:
    found, kept = one(question("accept", PERSON), question("reject", PERSON))
    assert (len(kept.entities), kept.decisions) == (1, ())
    assert found.warnings == (
        'a.jsonl, line 2: PERSON "Mei Chen" at 0 was rejected, and stands as well: taken as it stands',
    )


def kinds(found: list[Any]) -> list[str]:
    """What each is: annotator and how many entities and decisions, or why it was refused."""
    return [
        f"{each.document.annotator} {len(each.document.entities)} {len(each.document.decisions)}"
        if isinstance(each, Incoming) and each.document
        else str(each)
        for each in found
    ]


def test_questions_of_two_texts_and_two_people_that_stand_mixed_are_joined() -> None:
    other = {"text": "Globex grew.", "_view_id": "ner", "answer": "accept"}
    found = all_of(
        question("accept", PERSON, _session_id="ana"),
        other | {"spans": [{"start": 0, "end": 6, "label": "ORG"}]},
        question("reject", PERSON, _session_id="ben"),
        question("reject", ORG | {"label": "GPE"}, _session_id="ana"),
        other | {"spans": [{"start": 7, "end": 11, "label": "ORG"}], "answer": "reject"},
        question("accept", ORG, _session_id="ana"),
    )
    assert sorted(kinds(found)) == ["None 1 1", "ana 2 1", "ben 0 1"]


def test_a_task_takes_the_questions_about_its_text_wherever_they_stand() -> None:
    asked, other = (
        question("reject", ORG | {"label": "GPE"}),
        {"text": "Fog.", "answer": "accept", "spans": []},
    )
    for records in ([asked, other, task(x=1)], [task(x=1), other, asked]):
        found = {each.text: each for each in all_of(*records)}
        kept = found[TEXT].document
        assert kept is not None and (len(kept.entities), len(kept.decisions), kept.status) == (2, 1, "done")
        assert found[TEXT].meta == {KEPT: {"x": 1}}


@given(st.permutations(range(6)))
def test_the_order_of_answers_says_nothing(order: list[int]) -> None:
    asked = [
        task(_session_id="ana"),
        *(question("reject", ORG | {"label": label}, _session_id="ana") for label in ("A", "B", "C")),
        question("accept", ORG, _session_id="ben"),
        question("accept", PERSON, _session_id="ben"),
    ]
    assert sorted(kinds(all_of(*(asked[n] for n in order)))) == ["ana 2 3", "ben 2 0"]


def test_what_is_too_far_away_to_wait_for_is_refused_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prodigy_together, "HELD", 100)
    between = [
        {"text": f"{n} {'x' * 40}", "spans": [], "_view_id": "ner", "answer": "accept"} for n in range(9)
    ]
    given = [question("accept", PERSON), *between, *between, question("accept", ORG)]
    found = kinds(read(FORMAT, lines(*given), "a.jsonl"))
    assert found.count("None 1 0") == 1 and found.count("None 0 0") == 9
    assert found[-1] == (
        "a.jsonl, line 20: left out: it is about the text of line 1, and too far from it to be joined: "
        "sort the file by its texts"
    )


# -- in: several annotators ---------------------------------------------------------------------------


def test_several_annotators_of_one_text_are_never_merged() -> None:
    found = all_of(
        task(_input_hash=1, _annotator_id="ana", _session_id="s1"),
        task(_input_hash=1, _annotator_id=None, _session_id="ben", spans=[ORG], relations=[]),
        task(_input_hash=1) | {"_session_id": None},
        question("reject", PERSON, _session_id="cleo"),
        question("reject", ORG, _session_id="dan"),
    )
    assert [each.document.annotator if each.document else "" for each in found] == [
        *("ana", "ben", None, "cleo", "dan"),
    ]


def test_of_two_tasks_of_one_annotator_on_one_text_the_first_stands_and_that_is_said() -> None:
    fog = {"text": "Fog.", "spans": [], "tokens": [], "answer": "accept"}
    found = read(FORMAT, lines(task(), fog, task(spans=[ORG], relations=[])), "a.jsonl")
    assert sorted(kinds(found)) == [
        "None 0 0",
        "None 2 0",
        "a.jsonl, line 3: left out: line 1 is another task of the same annotator on this text, and stands",
    ]


def test_a_task_that_stands_twice_is_one_and_that_is_said() -> None:
    found, kept = one(task(), task())
    assert (len(kept.entities), kept.status) == (2, "done")
    assert found.warnings == ("a.jsonl, line 2: left out: it says what line 1 says",)


# -- in: relations ------------------------------------------------------------------------------------

NESTED = {"start": 4, "end": 8, "token_start": 1, "token_end": 1, "label": "PERSON"}


def related(spans: list[Any], *relations: dict[str, Any], **how: Any) -> tuple[Incoming, IncomingAnnotations]:
    return one(task(spans=spans, relations=list(relations)), **how)


def test_an_end_is_the_entity_whose_last_token_is_named() -> None:
    _, kept = related([PERSON, ORG], {"head": 1, "child": 3, "label": "LEADS"})
    assert links(kept.entities, kept.relations) == {("LEADS", (MEI, "PERSON"), (GLOBEX, "ORG"))}


def test_without_tokens_only_copies_say_which_entities_are_meant() -> None:
    by_token = {"head": 1, "child": 3, "label": "KNOWS"}
    found, kept = one(task(tokens=None, relations=[by_token, LEADS]))
    assert [relation.label for relation in kept.relations] == ["LEADS"]
    assert "its head is token 1, which is no entity" in found.warnings[0]


def test_of_two_entities_with_one_last_token_the_copy_says_which() -> None:
    _, kept = related([PERSON, NESTED, ORG], LEADS | {"head_span": NESTED})
    assert links(kept.entities, kept.relations) == {("LEADS", (((4, 8),), "PERSON"), (GLOBEX, "ORG"))}


BARE = {"start": 9, "end": 14, "token_start": 2, "token_end": 2, "label": None}


@pytest.mark.parametrize(
    ("spans", "relation", "says"),
    [
        (
            [PERSON, NESTED, ORG],
            {"head": 1, "child": 3, "label": "LEADS"},
            "its head, token 1, is the last of several entities",
        ),
        (
            [PERSON, ORG],
            LEADS | {"head": 2, "head_span": BARE},
            'its head is the word "leads" at 9, which is no entity: label it and relate it again',
        ),
        ([PERSON, ORG], {"head": 0, "child": 3, "label": "LEADS"}, 'its head is the word "Mei" at 0'),
        (
            [PERSON, ORG],
            {"head": 77, "child": 3, "label": "LEADS"},
            "its head is token 77, which is no entity",
        ),
        (
            [PERSON, ORG],
            {"head": -1, "child": 3, "label": "LEADS"},
            "its head is token -1, which is no entity",
        ),
        ([PERSON], LEADS, 'its child is the word "Globex" at 15'),
        ([PERSON, ORG], LEADS | {"head": 4}, "its head is token 4, but the copy of it is tokens 0 to 1"),
        ([PERSON, ORG], LEADS | {"child": 1, "child_span": PERSON}, "to itself"),
        ([PERSON, ORG], LEADS | {"label": None}, '"label" must be a text'),
        ([PERSON, ORG], {"child": 3, "label": "LEADS"}, '"head" is missing'),
        ([PERSON, ORG], LEADS | {"head_span": {"start": 0.0, "end": 8}}, '"start" must be a whole number'),
    ],
)
def test_a_relation_that_cannot_be_taken_is_left_out_and_said(spans: Any, relation: Any, says: str) -> None:
    found, kept = related(spans, relation)
    assert (len(kept.entities), kept.relations) == (len(spans), ())
    assert found.warnings[0].startswith("a.jsonl, line 1: a relation was left out: ")
    assert says in found.warnings[0]


def test_a_copy_with_another_label_is_taken_by_its_place_and_said() -> None:
    found, kept = related([PERSON, ORG], LEADS | {"head_span": PERSON | {"label": "OLD"}})
    assert len(kept.relations) == 1
    assert found.warnings == (
        'a.jsonl, line 1: the copy of PERSON "Mei Chen" at 0 in a relation has the label "OLD"',
    )


def test_a_relation_that_stands_twice_is_one() -> None:
    found, kept = related([PERSON, ORG], LEADS, LEADS)
    assert len(kept.relations) == 1
    assert 'LEADS from PERSON "Mei Chen" at 0 to ORG "Globex" at 15 stands twice' in found.warnings[0]


def test_a_label_that_means_no_relation_rejects_what_the_schema_allows() -> None:
    _, kept = related([PERSON, ORG], LEADS | {"label": "No-rel"}, negative=frozenset({"No-rel"}))
    ends = (MEI, "PERSON"), (GLOBEX, "ORG")
    assert kept.relations == ()
    assert [(d.about, d.verdict) for d in kept.decisions] == [
        (about_relation("LEADS", *ends), "rejected"),
        (about_relation("KNOWS", *ends), "rejected"),
    ]


def test_what_stands_is_not_rejected_by_no_relation() -> None:
    found, kept = related([PERSON, ORG], LEADS, LEADS | {"label": "No-rel"}, negative=frozenset({"No-rel"}))
    assert [json.loads(d.about)["label"] for d in kept.decisions] == ["KNOWS"]
    assert found.warnings == (
        'a.jsonl, line 1: LEADS from PERSON "Mei Chen" at 0 to ORG "Globex" at 15 was rejected, '
        "and stands as well: taken as it stands",
    )


def test_without_the_option_that_label_is_a_relation_like_others() -> None:
    _, kept = related([PERSON, ORG], LEADS | {"label": "No-rel"})
    assert [relation.label for relation in kept.relations] == ["No-rel"]


def test_no_relation_between_what_the_schema_never_joins_says_nothing() -> None:
    odd = PERSON | {"label": "ODD"}
    found, kept = related([odd, ORG], LEADS | {"head_span": odd, "label": "No"}, negative=frozenset({"No"}))
    assert kept.decisions == ()
    assert "rejects nothing: no relation of the schema joins them" in found.warnings[0]


def test_a_symmetric_relation_comes_back_whichever_end_is_head() -> None:
    text = "Ana met Bo"
    ana, bo = words(text, "01A", "PERSON", "Ana"), words(text, "01B", "PERSON", "Bo")
    (record,) = written(document(text, ana, bo, relations=(Relation("01R", "MET", "01B", "01A"),)))
    assert (record["relations"][0]["head"], record["relations"][0]["child"]) == (0, 2)


# -- in: what else is in a record ---------------------------------------------------------------------


def test_unknown_keys_and_hashes_are_kept_under_one_key_and_written_back() -> None:
    extra = {"_input_hash": -17, "_task_hash": 1733, "html": "<b>x</b>", "versions": [{"a": 1}]}
    found, kept = one(task(**extra, _timestamp=1700000000, meta={"n": 1}, _annotator_id="ana"))
    assert found.meta == {"n": 1, KEPT: extra}
    made = document(TEXT, *kept.entities, article=article(TEXT, meta=found.meta))
    (record,) = written(made)
    assert {key: record[key] for key in extra} == extra
    assert record["meta"] == {"n": 1, "source": "seeds/a.txt", "title": "A"}


def test_hashes_are_not_made_up() -> None:
    assert not [key for key in written(document(TEXT))[0] if key.endswith("_hash")]


def test_kept_keys_never_take_the_place_of_ours() -> None:
    meta = {KEPT: {"text": "x", "answer": "reject", "html": "y"}}
    (record,) = written(document(TEXT, article=article(TEXT, meta=meta)))
    assert (record["text"], record["answer"], record["html"]) == (TEXT, "accept", "y")


def test_metadata_of_that_name_that_is_no_object_is_metadata() -> None:
    (record,) = written(document(TEXT, article=article(TEXT, meta={KEPT: "yes"})))
    assert record["meta"][KEPT] == "yes"


# -- in: what is bad ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "says"),
    [
        ({"start": 0, "end": 99, "label": "X"}, "99 lies outside the text, which has 22 code points"),
        ({"start": -3, "end": 3, "label": "X"}, "-3 lies outside the text"),
        ({"start": 8, "end": 0, "label": "X"}, "it ends at 0 and begins at 8"),
        ({"start": 3, "end": 3, "label": "X"}, "it ends at 3 and begins at 3"),
        ({"start": 0.0, "end": 8, "label": "X"}, '"start" must be a whole number, not 0.0'),
        ({"start": True, "end": 8, "label": "X"}, '"start" must be a whole number, not true'),
        ({"end": 8, "label": "X"}, '"start" is missing'),
        ({"start": 0, "end": 8}, '"label" is missing'),
        ({"start": 0, "end": 8, "label": None}, '"label" must be a text, not null'),
        ({"start": 0, "end": 8, "label": "X", "text": "Mei"}, 'the text at 0 to 8 is "Mei Chen", not "Mei"'),
        (PERSON | {"token_end": 2}, '"Mei Chen" at 0 to 8 is not tokens 0 to 2'),
        (PERSON | {"token_end": 9}, "there are no tokens 0 to 9"),
        (PERSON | {"token_start": 1, "token_end": 0}, "there are no tokens 1 to 0"),
    ],
)
def test_a_span_that_cannot_be_taken_is_left_out_and_said(span: dict[str, Any], says: str) -> None:
    found, kept = one(task(spans=[span, ORG], relations=None))
    assert values(kept.entities) == {(GLOBEX, "ORG")}
    assert len(found.warnings) == 1
    assert (
        found.warnings[0].startswith("a.jsonl, line 1: a span was left out: ") and says in found.warnings[0]
    )


def test_a_span_that_stands_twice_is_one() -> None:
    by_token = {"head": 1, "child": 3, "label": "LEADS"}
    found, kept = one(task(spans=[PERSON, PERSON, ORG], relations=[by_token]))
    assert (len(kept.entities), len(kept.relations)) == (2, 1)
    assert 'PERSON "Mei Chen" at 0 stands twice' in found.warnings[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": None}, '"text" is missing'),
        ({"text": " \n"}, "the text"),
        ({"text": 7}, '"text" must be a text'),
        ({"answer": "maybe"}, '"answer" may not be "maybe"'),
        ({"answer": "accepted"}, 'did you mean "accept"?'),
        ({"spans": {}}, '"spans" must be a list'),
        ({"spans": [1]}, '"spans" must be a list of objects'),
        ({"relations": "x"}, '"relations" must be a list'),
        ({"meta": []}, '"meta" must be an object'),
        ({"_annotator_id": 3}, '"_annotator_id" must be a text'),
        ({"flagged": "yes"}, '"flagged" must be true or false'),
        ({"text": "Mei Chan leads Globex."}, 'token 1: the text at 4 to 8 is "Chan", not "Chen"'),
        ({"tokens": [TOKENS[0] | {"id": 5}]}, "token 0 has the id 5"),
        ({"tokens": [TOKENS[1], TOKENS[0] | {"id": 1}]}, "has the id 1: ids must count"),
        ({"tokens": [TOKENS[0], TOKENS[0] | {"id": 1}]}, "token 1 begins before the one before it ends"),
        ({"tokens": [{"text": "Mei"}]}, '"start" is missing'),
    ],
)
def test_a_record_that_cannot_be_trusted_is_refused(change: dict[str, Any], says: str) -> None:
    (refused,) = refusals(read(FORMAT, lines(task(**change)), "a.jsonl"))
    assert refused.startswith("a.jsonl, line 1: ") and says in refused


def test_the_good_records_around_a_bad_one_are_taken() -> None:
    data = lines(task(), {"text": ""}) + b"{\n" + lines(question("accept", ORG))
    found = read(FORMAT, data, "a.jsonl")
    assert [each.text if isinstance(each, Incoming) else str(each)[:15] for each in found] == [
        *("a.jsonl, line 2", "a.jsonl, line 3", TEXT),
    ]


def test_a_bad_question_is_refused_alone_at_its_own_line() -> None:
    found = read(FORMAT, lines(task(), question("yes", ORG), question("reject", ORG | {"label": "X"})), "a")
    (refused,) = refusals(found)
    assert refused.startswith('a, line 2: "answer" may not be "yes"')
    (good,) = [each for each in found if isinstance(each, Incoming)]
    assert good.document is not None and len(good.document.decisions) == 1


def test_a_warning_names_the_line_of_its_own_record() -> None:
    found, _ = one(task(), question("accept", {"start": 0, "end": 99, "label": "X"}))
    assert found.warnings[0].startswith("a.jsonl, line 2: a span was left out")


def test_offsets_after_an_emoji_are_code_points() -> None:
    text = "🐘 Mei Chen"
    span = {"start": 2, "end": 10, "label": "PERSON"}
    _, kept = one({"text": text, "spans": [span], "_view_id": "ner_manual", "answer": "accept"})
    assert [entity.text for entity in kept.entities] == ["Mei Chen"]


def test_offsets_that_fit_the_words_as_utf_16_units_only_are_converted_and_said() -> None:
    tokens = [{"text": "🐘", "start": 0, "end": 2, "id": 0}, {"text": "Mei", "start": 3, "end": 6, "id": 1}]
    span = {"start": 3, "end": 6, "token_start": 1, "token_end": 1, "label": "PERSON"}
    found, kept = one(task(text="🐘 Mei", tokens=tokens, spans=[span], relations=None))
    assert values(kept.entities) == {(((2, 5),), "PERSON")}
    assert found.warnings == ("a.jsonl, line 1: its offsets were taken to count UTF-16 units",)


def test_an_array_of_tasks_is_read_too() -> None:
    found = taken(
        read(FORMAT, json.dumps([task(), {"text": "Fog.", "answer": "accept"}], indent=1).encode(), "a")
    )
    assert [each.source for each in found] == ["a, record 1", "a, record 2"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*path, key)
        yield from places(each, (*path, key))


@given(st.data())
def test_a_record_with_one_value_exchanged_is_read_or_refused(data: st.DataObject) -> None:
    records = json.loads(
        json.dumps([task(_annotator_id="ana"), question("reject", ORG, _annotator_id="ana")])
    )
    *way, last = data.draw(st.sampled_from([path for path in places(records) if len(path) > 1]))
    spot = records
    for key in way:
        spot = spot[key]
    spot[last] = data.draw(json_values)
    for each in read(FORMAT, lines(*records), "it", negative=frozenset({"LEADS"})):
        if isinstance(each, Incoming):
            assert each.document is None or all(
                each.text[e.start : e.end] == e.text and e.text for e in each.document.entities
            )
        else:
            assert str(each).startswith("it, line ")


# -- detection ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        task(),
        task(answer=None, spans=None, relations=None, _view_id=None),
        question("accept", PERSON),
        {"text": TEXT, "_input_hash": 3},
        {"text": TEXT, "meta": {}, "answer": "accept"},
        {"text": TEXT, "spans": [{"start": 0, "end": 3, "label": "X"}]},
    ],
)
def test_a_file_is_recognised_by_its_first_record(record: dict[str, Any]) -> None:
    assert FORMAT.recognises(Head("any.txt", lines(record)))


def test_a_first_record_longer_than_what_is_looked_at_is_recognised() -> None:
    long = task(text=TEXT, html="x" * Head.SIZE)
    assert FORMAT.recognises(Head("a.jsonl", lines(long)[: Head.SIZE]))


@pytest.mark.parametrize(
    "record",
    [
        {"text": TEXT, "title": "x"},
        {"text": TEXT, "label": [[0, 8, "PERSON"]]},
        {"text": TEXT, "denotations": []},
        {"tokens": ["a"], "ner_tags": ["O"]},
        {"text": TEXT, "tokens": ["Mei"]},
    ],
)
def test_other_files_are_not(record: dict[str, Any]) -> None:
    assert not FORMAT.recognises(Head("a.jsonl", lines(record)))


def test_it_is_registered() -> None:
    assert registry.named("prodigy") is FORMAT


# -- the whole way ------------------------------------------------------------------------------------


def test_a_file_of_two_annotators_becomes_two_layers_or_one_person_s_work(
    project: Project, tmp_path: Path
) -> None:
    mine = [task(_annotator_id="ana"), question("reject", ORG | {"label": "GPE"}, _annotator_id="ana")]
    (tmp_path / "news.jsonl").write_bytes(
        lines(*mine, task(_annotator_id="ben", spans=[PERSON], relations=[]))
    )
    store, config = project.store, load(tmp_path / "config.yaml")
    report = Importer(store, config).take_patterns(["news.jsonl"], tmp_path)
    assert (report.new, report.entities, report.relations, report.refused) == (1, 3, 1, [])
    layers = {layer.title: layer for layer in store.layers()}
    assert {"import:news/ana", "import:news/ben"} <= layers.keys()
    assert len(store.entities(1, layers["import:news/ben"].id)) == 1
    again = Importer(store, config).take_patterns(["news.jsonl"], tmp_path)
    assert (again.new, again.entities, again.relations) == (0, 0, 0)

    taking = Taking(Reading(config.schema), person="ana")
    report = Importer(store, config, taking).take_patterns(["news.jsonl"], tmp_path)
    assert "ana already has work on this article" in report.refused[0]
    me = store.layer("person", "ana")
    assert values(store.entities(1, me.id)) == {(MEI, "PERSON"), (GLOBEX, "ORG")}
    assert [(d.verdict, d.via) for d in store.decisions(1, me.id)] == [("rejected", "import")]
    progress = store.progress(1, me.id)
    assert (progress.status, progress.complete) == ("done", ("entities", "relations"))
