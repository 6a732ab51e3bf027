from __future__ import annotations

import dataclasses

import pytest

from annotations import bulk
from annotations import config as settings
from annotations.errors import BadFile, PostilError
from annotations.store import Store
from annotations.suggest import runner

TEXTS = [
    "Angela Merkel went to Berlin.\n",
    "😀 Deutsche Bank paid $2 million in New York.\n",
    "Nothing here.\n",
    "",
]

CONFIG = """
name: Test
articles: []
suggest:
  pipeline: en_core_web_sm
  labels: {GPE: PLACE}
  min_score: {default: 0.0}
entities:
  PERSON: {key: "1"}
  ORG: {key: "2"}
  PLACE: {key: "3"}
"""


@pytest.fixture
def config(tmp_path):
    return configured(tmp_path, CONFIG)


def configured(folder, text):
    path = folder / "config.yaml"
    path.write_text(text)
    return settings.load(path)


@pytest.fixture
def store(config):
    store = Store.open(config.database)
    add(store, *TEXTS)
    yield store
    store.close()


def add(store, *texts):
    with store.writing():
        for number, text in enumerate(texts):
            store.add_article(text, f"{number}.txt", f"Number {number}", None, {})


def rows(store, layer):
    return [
        (article, entity.label, entity.text)
        for article in range(1, len(TEXTS) + 1)
        for entity in store.entities(article, layer.id)
    ]


def only_layer(store, kind):
    [layer] = store.layers(kind)
    return layer


def test_a_run_writes_entities_under_the_projects_labels_and_counts_the_others(store, config):
    report = runner.run(store, config)
    assert rows(store, only_layer(store, "model")) == [
        (1, "PERSON", "Angela Merkel"),
        (1, "PLACE", "Berlin"),
        (2, "ORG", "Deutsche Bank"),
        (2, "PLACE", "New York"),
    ]
    assert (report.articles, report.entities, report.unknown_labels) == (4, 4, {"MONEY": 1})


def test_every_entity_has_a_score_of_four_digits_and_slices_to_its_text(store, config):
    runner.run(store, config)
    for entity in store.entities(2, only_layer(store, "model").id):
        assert TEXTS[1][entity.start : entity.end] == entity.text
        assert 0 < entity.score <= 1
        assert entity.score == round(entity.score, 4)


def test_sentences_and_chunks_are_written_with_the_suggestions(store, config):
    runner.run(store, config)
    assert store.analysis(1).sentences == ((0, 29),)
    assert (22, 28) in store.analysis(1).chunks
    assert store.analysis(4).sentences == ()


def test_a_second_run_finds_nothing_to_do_and_loads_nothing(store, config, monkeypatch):
    runner.run(store, config)
    monkeypatch.delattr(runner.pipeline, "load")
    assert runner.run(store, config).articles == 0


def test_a_stopped_run_goes_on_where_it_was(store, config, monkeypatch):
    monkeypatch.setattr("annotations.suggest.pieces.BATCH_PIECES", 1)
    monkeypatch.setattr(runner, "BATCH", 1)
    asked = iter([False, False, True])
    assert runner.run(store, config, stop=lambda: next(asked)).read == {1, 2}
    assert runner.run(store, config).read == {3, 4}


def test_the_article_asked_for_comes_first_and_progress_is_told(store, config, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 1)
    told, written = [], []
    write = bulk.write_suggestions
    monkeypatch.setattr(
        bulk,
        "write_suggestions",
        lambda store, layer, batch: (written.append(batch[0].article), write(store, layer, batch)),
    )
    runner.run(store, config, first=3, progress=lambda done, total: told.append((done, total)))
    assert written == [3, 1, 2, 4]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_several_workers_write_the_same_as_one(store, config):
    runner.run(store, config, workers=2)
    layer = only_layer(store, "model")
    spread = [store.entities(article, layer.id) for article in (1, 2)]
    alone = Store.open(config.path.parent / "alone.db")
    add(alone, *TEXTS)
    runner.run(alone, config)
    again = [alone.entities(article, only_layer(alone, "model").id) for article in (1, 2)]
    alone.close()
    assert [[(e.start, e.end, e.label, e.score) for e in each] for each in spread] == [
        [(e.start, e.end, e.label, e.score) for e in each] for each in again
    ]


def test_the_version_follows_what_the_settings_make_of_the_models_labels(tmp_path, config):
    name, version = runner.model_layer(config)
    assert name == "en_core_web_sm"
    assert version.startswith("3.8.0+")
    assert len(version) == len("3.8.0+123456")

    def version_of(text):
        return runner.model_layer(configured(tmp_path, text))[1]

    assert version_of(CONFIG.replace("default: 0.0", "default: 0.5")) == version
    assert version_of(CONFIG + '  POLICY: {key: "4"}\n') == version
    assert version_of(CONFIG + '  MONEY: {key: "4"}\n') != version
    assert version_of(CONFIG.replace("labels: {GPE: PLACE}", "labels: {GPE: PLACE, LOC: PLACE}")) != version


def test_without_a_pipeline_there_is_no_model_layer_and_nothing_to_do(store, config):
    bare = dataclasses.replace(config, suggest=dataclasses.replace(config.suggest, pipeline=None))
    assert runner.model_layer(bare) is None
    assert runner.run(store, bare).articles == 0


def test_a_missing_pipeline_is_said_before_anything_is_written(store, config):
    gone = dataclasses.replace(config, suggest=dataclasses.replace(config.suggest, pipeline="xx_gone"))
    with pytest.raises(PostilError, match="xx_gone"):
        runner.run(store, gone)
    assert store.layers() == []


def test_a_pattern_file_suggests_into_a_layer_of_its_own_without_the_pipeline(store, config, tmp_path):
    path = tmp_path / "names.jsonl"
    path.write_text('{"label": "GPE", "pattern": "Berlin"}\n{"label": "ODD", "pattern": "Nothing"}\n')
    suggest = dataclasses.replace(config.suggest, pipeline=None, patterns=(path,))
    report = runner.run(store, dataclasses.replace(config, suggest=suggest))
    layer = only_layer(store, "patterns")
    assert layer.name == "names"
    assert rows(store, layer) == [(1, "PLACE", "Berlin")]
    assert report.unknown_labels == {"ODD": 1}
    assert store.analysis(1) is None


def test_a_bad_pattern_file_is_said_with_its_line(store, config, tmp_path):
    path = tmp_path / "names.jsonl"
    path.write_text('{"label": "GPE"}\n')
    suggest = dataclasses.replace(config.suggest, patterns=(path,))
    with pytest.raises(BadFile, match="line 1"):
        runner.run(store, dataclasses.replace(config, suggest=suggest))
