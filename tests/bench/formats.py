"""Every other format, out of a project and into a new one, beside postil's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from annotations.config import load
from annotations.exporting import Choice, Exporter
from annotations.formats import registry
from annotations.formats.base import Output, Reading, Writing
from annotations.importing import Importer, Taking
from annotations.output import target
from annotations.session import Session
from annotations.store import Store
from tests.bench import interchange, projects
from tests.bench.figures import Figure, number
from tests.bench.worker import call

TITLE = "the formats"

NOTE = """A person's 1 000 settled articles of 2 400 characters with 30 entities and 10 relations each, exported in each
format, and what came out imported into a new database, as suggestions; each run in a process of its own. The floor is
postil JSONL's, whose own floor is in the part interchange. Peak is the process's largest resident size: what a format
needs to be read or written (spaCy, a parser of XML) is in it."""


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """One line for each format and way."""
    count = 100 if quick else 1_000
    whole, project = folder / "whole.jsonl", folder / "project"
    interchange.write_articles(whole, count)
    projects.new_project(project)[1].close()
    call("interchange", "import_ours", folder, project, whole, projects.PERSON)
    floor: dict[str, float] = {}
    for format in (each for each in registry.OWN if each.write is not None):
        out = folder / f"out {format.name}"
        ways = {"out": ("write_as", project)}
        if format.read is not None:
            ways["in"] = ("read_as", folder / f"in {format.name}")
        for way, (function, place) in ways.items():
            seconds, peak = call("formats", function, folder, place, out, format.name)
            each = seconds / count * 1e3
            more = {"articles a second": number(count / seconds), "peak MiB": number(peak)}
            yield Figure(
                f"{format.name}, {way}", each, "ms an article", floor.setdefault(way, each), more=more
            )


def write_as(project: str, out: str, name: str) -> float:
    """Seconds of `postil export --format NAME`, without its start."""
    config, format = load(Path(project) / "config.yaml"), registry.named(name)
    if format.write is None:
        raise RuntimeError(f"{name} is not written")
    with closing(Store.open(config.database)) as store:
        began = time.perf_counter()
        session = Session(store, config, projects.PERSON, visiting=True)
        exporter = Exporter(store, config.schema, config.suggest.floor, Choice(None), format)
        with target(Path(out), format.folder) as file:
            format.write(
                exporter.documents(session.find("")), Output(Writing(config.schema, language="en"), file)
            )
        seconds = time.perf_counter() - began
    if not exporter.summary.written.articles:
        raise RuntimeError(f"nothing was exported: {exporter.summary.lines()}")
    return seconds


def read_as(project: str, out: str, name: str) -> float:
    """Seconds of `postil import --format NAME`, without its start."""
    config, store = projects.new_project(Path(project))
    with closing(store):
        _ = store.db
        began = time.perf_counter()
        taking = Taking(Reading(config.schema), registry.named(name))
        report = Importer(store, config, taking).take_patterns([out], Path())
        seconds = time.perf_counter() - began
    if report.refused or not report.entities:
        raise RuntimeError(f"{report.entities} entities came in; refused: {report.refused[:3]}")
    return seconds
