"""The suggester against the bare pipeline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotations.config import load
from annotations.store import Store
from tests.bench import projects
from tests.bench.figures import Figure, number, percentile
from tests.bench.worker import call

TITLE = "suggesting"

NOTE = """Seconds for the same articles of 2 400 characters: reading them from the database, running the pipeline,
scoring, writing entities, sentences and chunks. One process, loaded beforehand; medians of rounds in turn. The floor is
`nlp.pipe` over the texts with the pipeline as it comes; `trimmed` leaves out of the floor too what suggesting switches
off (the lemmatizer). Budget: at least 0.9 of the speed of the bare pipeline."""

SHARE = 0.9
LENGTH = 2_400


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """Both in one process, in turn."""
    articles, rounds = (40, 2) if quick else (150, 5)
    config, store = projects.new_project(folder / "p")
    with store.writing():
        for i in range(articles):
            store.add_article(projects.random_prose(LENGTH, f"a{i}"), f"a{i}.txt", f"a{i}", None, {})
    store.close()
    taken, _ = call("suggest", "measure", folder, config.path, rounds)
    ours = percentile(taken["ours"], 0.5)
    for name in ("bare", "trimmed"):
        floor = percentile(taken[name], 0.5)
        limit, budget = (floor / SHARE, f"≤ floor / {SHARE}") if name == "bare" else (None, "")
        more = {
            "speed of the floor": number(floor / ours),
            "articles": str(articles),
        }
        yield Figure(f"suggest, against the {name} pipeline", ours, "s", floor, limit, budget, more)


def measure(config_path: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, ours and the bare pipeline's."""
    from annotations.suggest import pipeline, runner

    config = load(Path(config_path))
    store = Store.open(config.database)
    source = runner.sources(config)[-1]
    layer = source.layer(store)
    ids = store.all_articles()
    texts = [store.article(id).text for id in ids]
    list(source.analyse([(0, texts[0])], lambda: False))
    found = pipeline.find(config.suggest.pipeline or "")
    bare, trimmed = _nlp(found), _nlp(found)
    trimmed.disable_pipe("lemmatizer")
    taken: dict[str, list[float]] = {"bare": [], "trimmed": [], "ours": []}
    for _ in range(rounds):
        for name, nlp in (("bare", bare), ("trimmed", trimmed)):
            began = time.perf_counter()
            for _doc in nlp.pipe(texts):
                pass
            taken[name].append(time.perf_counter() - began)
        with store.writing() as connection:
            connection.execute("DELETE FROM analyses")
            connection.execute("DELETE FROM entities")
        report = runner.Report()
        began = time.perf_counter()
        done = sum(runner.suggest(store, config, source, layer, ids, report, lambda: False))
        taken["ours"].append(time.perf_counter() - began)
        if done != len(ids):
            raise RuntimeError(f"{done} of {len(ids)} articles were read")
    return taken


def _nlp(found: Any) -> Any:
    from importlib import import_module

    return import_module(found.package).load()
