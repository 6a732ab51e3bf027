"""Suggestions for the articles that have none yet, into the layers of the pipeline and the pattern files.

Invariant: an article is written whole or not at all, so that a run that was stopped goes on where it was;
only the store's own paced transactions write, so that people who annotate meanwhile do not wait.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from annotations import bulk
from annotations.bulk import Offered
from annotations.config import Config
from annotations.model import Analysis, Entity, Kind, Layer, compact
from annotations.store import Store
from annotations.suggest import patterns, pipeline, workers
from annotations.suggest.pipeline import Analysed, Found

BATCH = 8
"""Articles that are read, analysed and written together."""

_ALL = 2**31

Analyser = Callable[[Iterable[tuple[int, str]], Callable[[], bool]], Iterator[Analysed]]
"""Takes (article id, text) pairs and a `stop`, as `Pipeline.analyse` does."""


@dataclass
class Report:
    """What a run did. `unknown_labels` counts what was left out: its label is in neither map nor schema."""

    read: set[int] = field(default_factory=set)
    entities: int = 0
    unknown_labels: Counter[str] = field(default_factory=Counter)

    @property
    def articles(self) -> int:
        """Articles read, by one source or several."""
        return len(self.read)


@dataclass
class Source:
    """One thing that suggests, and the layer that it writes; it is loaded when it is first needed."""

    kind: Kind
    name: str
    version: str
    load: Callable[[], Analyser]
    _loaded: Analyser | None = None

    def layer(self, store: Store) -> Layer:
        """The layer in this database, made when it is new."""
        return store.layer(self.kind, self.name, self.version)

    def analyse(self, texts: Iterable[tuple[int, str]], stop: Callable[[], bool]) -> Iterator[Analysed]:
        """Analyse (article id, text) pairs in order, until `stop` says so."""
        if self._loaded is None:
            self._loaded = self.load()
        return self._loaded(texts, stop)


def model_layer(config: Config) -> tuple[str, str] | None:
    """Name and version of the configured pipeline's layer, without loading it; None when none is configured.

    The version is the model's, `+`, and six hex digits of what the settings make of its labels. Raises
    PostilError when the pipeline is not there.
    """
    found = _configured(config)
    return (found.name, _version(found, config)) if found else None


def sources(config: Config, workers: int = 1) -> list[Source]:
    """All that suggests in this project, the quickest first; loads nothing.

    Raises PostilError when the pipeline or a pattern file is not there.
    """
    given = [
        Source("patterns", *patterns.layer(path), partial(_patterns, path))
        for path in config.suggest.patterns
    ]
    found = _configured(config)
    if found:
        given.append(Source("model", found.name, _version(found, config), partial(_pipeline, found, workers)))
    return given


def _configured(config: Config) -> Found | None:
    name = config.suggest.pipeline
    return pipeline.find(name, config.path.parent) if name else None


def _patterns(path: Path) -> Analyser:
    return patterns.load(path).analyse


def _pipeline(found: Found, count: int) -> Analyser:
    return partial(workers.analyse, found, count) if count > 1 else pipeline.load(found).analyse


def _version(found: Found, config: Config) -> str:
    """Changes whenever the settings would make something else of what this model gives, and only then."""
    matters: object = [(label, ours) for label in found.labels if (ours := _ours(config, label))]
    if not found.labels:
        matters = [dict(config.suggest.labels), sorted(kind.name for kind in config.schema.entities)]
    return f"{found.version}+{hashlib.sha256(compact(matters).encode()).hexdigest()[:6]}"


def _ours(config: Config, label: str) -> str | None:
    """The schema's label for a suggester's, None when it is in neither map nor schema."""
    ours = config.suggest.labels.get(label, label)
    return ours if config.schema.has_entity(ours) else None


def run(
    store: Store,
    config: Config,
    first: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    workers: int = 1,
) -> Report:
    """Give every article its suggestions, `first` before the others; safe to stop and to call again.

    `progress` gets (done, all) after each batch; `stop` is asked between batches. Raises PostilError when the
    pipeline or a pattern file is not there.
    """
    report = Report()
    todo = [(source, source.layer(store)) for source in sources(config, workers)]
    missing = [bulk.articles_without(store, layer, first, _ALL) for _, layer in todo]
    done, total = 0, sum(map(len, missing))
    for (source, layer), ids in zip(todo, missing, strict=True):
        for count in suggest(store, config, source, layer, ids, report, stop) if ids else ():
            done += count
            if progress:
                progress(done, total)
    return report


def suggest(
    store: Store,
    config: Config,
    source: Source,
    layer: Layer,
    ids: Sequence[int],
    report: Report,
    stop: Callable[[], bool],
) -> Iterator[int]:
    """Read, analyse and write these articles; after each batch is written, yields how many were in it."""
    texts = ((id, store.article(id).text) for id in ids)
    analysed = source.analyse(texts, stop)
    while batch := list(islice(analysed, BATCH)):
        offers = [_offered(store, config, each, report) for each in batch]
        bulk.write_suggestions(store, layer, offers)
        yield len(offers)


def _offered(store: Store, config: Config, analysed: Analysed, report: Report) -> Offered:
    text = store.article(analysed.id).text
    entities = []
    for start, end, label, score in analysed.entities:
        ours = _ours(config, label)
        if ours is None:
            report.unknown_labels[label] += 1
            continue
        kept = None if score is None else round(score, 4)
        entities.append(Entity("", start, end, ours, text[start:end], score=kept))
    report.read.add(analysed.id)
    report.entities += len(entities)
    return Offered(analysed.id, tuple(entities), (), Analysis(analysed.sentences, analysed.chunks))
