"""Import and export of many articles, with their peak of memory at two sizes."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from annotations.config import load
from annotations.exporting import Choice, Exporter
from annotations.formats import postil
from annotations.formats.base import Output, Reading, Writing
from annotations.importing import Importer, Taking
from annotations.model import compact
from annotations.output import target
from annotations.session import Session
from annotations.store import Store, new_id, now
from tests.bench import projects
from tests.bench.figures import Figure, number
from tests.bench.worker import call

TITLE = "import and export"

NOTE = """Articles of 2 400 characters with 30 entities and 10 relations each, as postil JSONL; each run in a process of
its own and into a new database, in turn with its floor; the best of the runs. Import floor: `json.loads` of the lines
and `executemany` of ready rows into the same tables with the same constraints, 1 000 articles a transaction. Export
floor: the SELECTs of each article's rows and `json.dumps` of its line. Peak is the process's largest resident size;
flat means at most 30 MiB more than with a tenth of the articles."""

ENTITIES, RELATIONS, LENGTH = 30, 10, 2_400
IMPORT_RATIO, EXPORT_RATIO = 1.6, 3.0
FLAT, MOST = 30.0, 200.0
"""MiB that ten times the articles may add, and the most that an export may take."""

_COLUMNS = {
    "articles": "id, sha256, source, title, date, text, meta, added_at",
    "entities": 'id, article, layer, start, "end", label, text, created_at, updated_at',
    "relations": "id, article, layer, label, head, tail, created_at, updated_at",
}


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """Import as suggestions and as a person's work, export of both."""
    articles, rounds = (1_000, 1) if quick else (10_000, 2)
    files = {count: folder / f"{count}.jsonl" for count in (articles // 10, articles)}
    for count, file in files.items():
        write_articles(file, count)
    for owner in (None, projects.PERSON):
        yield from _both(folder, files, owner, rounds)


def _both(folder: Path, files: dict[int, Path], owner: str | None, rounds: int) -> Iterator[Figure]:
    name = "a person's work" if owner else "suggestions"
    (_, little), (count, large) = files.items()
    best: dict[str, tuple[float, float]] = {}
    for turn in range(rounds):
        for what, seconds, peak in _runs(folder / f"{name} {turn}", folder, large, owner):
            best[what] = min(best.get(what, (seconds, peak)), (seconds, peak))
    small = {what: peak for what, _, peak in _runs(folder / f"{name} small", folder, little, owner)}
    for what, ratio in (("import", IMPORT_RATIO), ("export", EXPORT_RATIO)):
        seconds, peak = best[what]
        floor, _ = best[f"{what} floor"]
        more = {"articles a second": number(count / seconds), "articles": str(count)}
        limit = ratio * floor
        yield Figure(f"{what} as {name}", seconds, "s", floor, limit, f"≤ {ratio:g} × floor", more)
        budget = f"≤ {number(small[what] + FLAT)} MiB" + (f", < {MOST:g}" if what == "export" else "")
        limit = min(small[what] + FLAT, MOST) if what == "export" else small[what] + FLAT
        yield Figure(f"{what} as {name}: peak memory", peak, "MiB", small[what], limit, budget)


def _runs(project: Path, state: Path, file: Path, owner: str | None) -> Iterator[tuple[str, float, float]]:
    """(what, seconds, peak in MiB) of an import, its floor, an export, its floor."""
    for what, function, path in (
        ("import floor", "import_floor", project.with_name(f"{project.name} floor")),
        ("import", "import_ours", project),
    ):
        _, store = projects.new_project(path)
        store.close()
        seconds, peak = call("interchange", function, state, path, file, owner)
        yield what, seconds, peak
    for what, function in (("export floor", "export_floor"), ("export", "export_ours")):
        seconds, peak = call("interchange", function, state, project, project / "out.jsonl", owner)
        yield what, seconds, peak


def import_ours(project: str, file: str, owner: str | None) -> float:
    """Seconds of `postil import`, without its start and what that imports."""
    config = load(Path(project) / "config.yaml")
    with closing(Store.open(config.database)) as store:
        _ = store.db
        began = time.perf_counter()
        report = Importer(store, config, Taking(Reading(config.schema), person=owner)).take_patterns(
            [file], Path()
        )
        seconds = time.perf_counter() - began
    if report.refused or not report.entities:
        raise RuntimeError(f"{report.entities} entities came in; refused: {report.refused[:3]}")
    return seconds


def import_floor(project: str, file: str, owner: str | None) -> float:
    """Seconds of the same rows, ready made."""
    config = load(Path(project) / "config.yaml")
    with closing(Store.open(config.database)) as store:
        layer = store.layer("person" if owner else "import", owner or "floor").id
        connection, seconds, first = store.connection, 0.0, 1
        with open(file, encoding="utf-8") as lines:
            while batch := [line for _, line in zip(range(1_000), lines, strict=False)]:
                rows = _ready([json.loads(line) for line in batch], first, layer)
                began = time.perf_counter()
                for line in batch:
                    json.loads(line)
                connection.execute("BEGIN IMMEDIATE")
                for table, columns in _COLUMNS.items():
                    marks = ", ".join("?" * len(columns.split(",")))
                    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
                    connection.executemany(sql, rows[table])
                connection.execute("COMMIT")
                seconds += time.perf_counter() - began
                first += len(batch)
    return seconds


def _ready(documents: list[dict[str, Any]], first: int, layer: int) -> dict[str, list[tuple[Any, ...]]]:
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
    at = now()
    for id, document in enumerate(documents, first):
        meta = document["meta"]
        head = (id, document["id"], meta["source"], meta["title"], meta["date"], document["text"], "{}", at)
        rows["articles"].append(head)
        for e in document["entities"]:
            row = (e["id"], id, layer, e["start"], e["end"], e["label"], e["text"], at, at)
            rows["entities"].append(row)
        for r in document["relations"]:
            rows["relations"].append((r["id"], id, layer, r["label"], r["head"], r["tail"], at, at))
    return rows


def export_ours(project: str, out: str, owner: str | None) -> float:
    """Seconds of `postil export`, without its start."""
    config = load(Path(project) / "config.yaml")
    with closing(Store.open(config.database)) as store:
        began = time.perf_counter()
        session = Session(store, config, projects.PERSON, visiting=True)
        layer = None if owner else next(x for x in store.layers() if x.kind == "import")
        exporter = Exporter(store, config.schema, config.suggest.floor, Choice(layer))
        with target(Path(out), is_folder=False) as file:
            postil.write(exporter.documents(session.find("")), Output(Writing(config.schema), file))
        seconds = time.perf_counter() - began
    if not exporter.summary.written.articles:
        raise RuntimeError(f"nothing was exported: {exporter.summary.lines()}")
    return seconds


def export_floor(project: str, out: str, owner: str | None) -> float:
    """Seconds of the SELECTs and `json.dumps`."""
    with closing(sqlite3.connect(Path(project) / "postil.db")) as connection:
        began = time.perf_counter()
        (layer,) = connection.execute("SELECT id FROM layers ORDER BY id DESC LIMIT 1").fetchone()
        with open(f"{out}.floor", "wb") as file:
            for row in connection.execute("SELECT id, sha256, source, title, date, text, meta FROM articles"):
                file.write(_line(connection.execute, row, layer))
        return time.perf_counter() - began


def _line(query: Callable[..., sqlite3.Cursor], article: tuple[Any, ...], layer: int) -> bytes:
    id, sha, source, title, date, text, meta = article
    where = "WHERE article = ? AND layer = ?"
    sql = f'SELECT id, start, "end", label, text FROM entities {where} ORDER BY start, -"end", label, id'
    entities = query(sql, (id, layer)).fetchall()
    relations = query(f"SELECT id, label, head, tail FROM relations {where}", (id, layer)).fetchall()
    query(f"SELECT about, verdict, result, sources FROM decisions {where}", (id, layer)).fetchall()
    progress = query(f"SELECT status, complete, labels, note FROM progress {where}", (id, layer)).fetchone()
    names = ("id", "start", "end", "label", "text"), ("id", "label", "head", "tail")
    document = {
        "format": "postil/1",
        "id": sha,
        "text": text,
        "meta": {"title": title, "date": date, "source": source, **json.loads(meta)},
        "status": progress[0] if progress else "open",
        "entities": [dict(zip(names[0], row, strict=True)) for row in entities],
        "relations": [dict(zip(names[1], row, strict=True)) for row in relations],
    }
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def write_articles(file: Path, count: int) -> None:
    """Writes so many settled articles as postil JSONL."""
    with file.open("w", encoding="utf-8") as out:
        for i in range(count):
            out.write(compact(_document(i)) + "\n")


def _document(number_: int) -> dict[str, Any]:
    """An article as an export writes it."""
    rng = random.Random(number_)
    name = f"article {number_}"
    text = projects.prose(rng, LENGTH, name)
    entities = [
        {
            "id": new_id(),
            "start": start,
            "end": end,
            "label": "PERSON" if i % 2 else "ORG",
            "text": text[start:end],
        }
        for i, (start, end, _) in enumerate(projects.spans(rng, text, ENTITIES))
    ]
    heads, tails = entities[1::2], entities[0::2]
    relations = [
        {"id": new_id(), "label": "LEADS", "head": head["id"], "tail": tail["id"]}
        for head, tail in zip(heads, tails, strict=True)
    ][:RELATIONS]
    return {
        "format": "postil/1",
        "id": hashlib.sha256(text.encode()).hexdigest(),
        "text": text,
        "meta": {"title": name, "date": "2024-05-17", "source": f"{name}.txt"},
        "annotator": projects.PERSON,
        "status": "done",
        "entities": entities,
        "relations": relations,
        "rejected": [],
        "complete": ["entities", "relations"],
        "labels": [],
        "note": None,
    }
