from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from annotations import bulk
from annotations import config as settings
from annotations.store import Store
from annotations.suggest import follow, runner

CONFIG = """
name: Test
articles: []
suggest: {pipeline: en_core_web_sm}
entities:
  PERSON: {key: "1"}
  GPE: {key: "2"}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return settings.load(path)


@pytest.fixture
def store(config):
    store = Store.open(config.database)
    add(store, *(f"Angela Merkel saw {number} ships in Berlin." for number in range(20)))
    yield store
    store.close()


def add(store, *texts):
    with store.writing():
        for text in texts:
            store.add_article(text, "x.txt", text, None, {})


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    with open(reading) as stdin, open(writing, "w") as owner:
        yield stdin, owner


@pytest.fixture
def started(config, monkeypatch):
    """Starts the suggester's process as an app does; its log can be read at `started.log`."""
    monkeypatch.setenv("PYTHONPATH", str(Path(follow.__file__).parents[2]))
    reading, writing = os.pipe()
    with open(reading) as log, open(writing, "w") as stderr:
        running = []

        def start():
            running.append(follow.start(config.path, stderr))
            stderr.close()
            return running[-1]

        start.log = log
        yield start
        for process in running:
            process.kill()
            process.communicate()


def model_layer(store, config):
    return store.layer("model", *runner.model_layer(config))


def test_all_articles_get_suggestions_and_the_process_ends_when_idle(store, config, pipe):
    report = follow.follow(store, config, pipe[0], idle=0.0001, poll=0.0001)
    assert report.articles == 20
    assert bulk.articles_without(store, model_layer(store, config)) == []


def test_the_article_asked_for_comes_first_and_alone(store, config, pipe, monkeypatch):
    stdin, owner = pipe
    written = []
    monkeypatch.setattr(
        bulk,
        "write_suggestions",
        lambda store, layer, batch: written.append([o.article for o in batch]) or owner.close(),
    )
    owner.write("first 3\nnonsense\nfirst 17\n")
    owner.flush()
    follow.follow(store, config, stdin)
    assert written == [[17]]


def test_it_ends_when_stdin_closes_and_leaves_the_rest(store, config, pipe):
    stdin, owner = pipe
    owner.close()
    assert follow.follow(store, config, stdin).articles == 0


def test_what_is_running_gives_way_to_an_article_that_is_asked_for(store, config, pipe, monkeypatch):
    stdin, owner = pipe
    monkeypatch.setattr("annotations.suggest.pieces.BATCH_PIECES", 1)
    written = []
    write = bulk.write_suggestions

    def writing(store, layer, batch):
        write(store, layer, batch)
        written.append([offer.article for offer in batch])
        if len(written) == 3:
            owner.close()

    monkeypatch.setattr(bulk, "write_suggestions", writing)
    article = store.article

    def asking(id):
        if id == 3 and not written:
            owner.write("first 20\n")
            owner.flush()
        return article(id)

    monkeypatch.setattr(store, "article", asking)
    follow.follow(store, config, stdin)
    assert written[1] == [20]
    assert written[0] == [1]
    assert written[2][0] == 2


def test_articles_that_are_added_meanwhile_are_noticed(store, config, pipe):
    stdin, owner = pipe
    other = Store.open(config.database)

    class Adding(follow.Inbox):
        waited = 0

        def poll(self, seconds=0.0):
            super().poll(0)
            if seconds and self.waited == 0:
                add(other, "Angela Merkel again.")
            elif seconds:
                owner.close()
            self.waited += bool(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "Inbox", Adding)
        assert follow.follow(store, config, stdin).articles == 21
    other.close()


def test_lines_that_arrive_in_parts_are_put_together(pipe):
    stdin, owner = pipe
    inbox = follow.Inbox(stdin.fileno())
    for part in ("fir", "st 1", "2\nfi"):
        assert inbox.first is None
        owner.write(part)
        owner.flush()
        inbox.poll()
    assert inbox.first == 12
    assert not inbox.closed


def test_the_process_suggests_says_nothing_and_ends_with_its_owner(store, config, started):
    process = started()
    process.stdin.write("first 20\n")
    process.stdin.flush()
    done = (int(line.split(": ")[1].split()[0]) for line in started.log if " articles" in line)
    while bulk.articles_without(store, model_layer(store, config)):
        assert next(done)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")


def test_a_second_process_for_the_same_project_ends_at_once(config, started):
    with FileLock(f"{config.database}.suggest"):
        process = started()
        assert process.wait(timeout=30) == 0


def test_a_missing_pipeline_is_one_json_line_with_a_sentence(config, started):
    config.path.write_text(CONFIG.replace("en_core_web_sm", "xx_gone"))
    process = started()
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "python -m spacy download xx_gone" in json.loads(out)["error"]


def test_a_config_that_does_not_hold_is_said_in_the_same_way(config, started):
    config.path.write_text(CONFIG + "entitees: {}\n")
    process = started()
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "entitees" in json.loads(out)["error"]


def test_the_process_has_a_session_of_its_own(config, started):
    process = started()
    assert isinstance(process, subprocess.Popen)
    assert os.getsid(process.pid) == process.pid
