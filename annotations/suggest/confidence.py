"""How sure the greedy entity recogniser was of each entity that it made.

Invariant: the recogniser decides alone and once; this only looks again, in one matrix product per batch,
at the steps that built its entities. A pipeline whose insides do not answer as expected gets no scores,
never wrong ones.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

log = logging.getLogger(__name__)

TokenSpan = tuple[int, int, str]
"""First token, token after the last, label."""

STATE_TOKENS = 3
"""Tokens that a state looks at: the next one, the open entity's first, the open entity's last."""


def scores_possible(ner: Any) -> bool:
    """Whether this component is a greedy recogniser of the shape whose steps we can look at again."""
    from spacy.pipeline import EntityRecognizer

    if not isinstance(ner, EntityRecognizer) or ner.cfg["beam_width"] != 1:
        return False
    model = ner.model
    return bool(model.has_ref("lower")) and model.get_ref("lower").get_dim("nF") == STATE_TOKENS


class Confidence:
    """Runs one greedy entity recogniser over batches of docs and keeps the scores of its steps."""

    def __init__(self, ner: Any) -> None:
        self.ner = ner
        self._proven: bool | None = None

    def annotate(self, docs: Sequence[Any]) -> list[dict[TokenSpan, float]]:
        """Set the entities of `docs` as the component itself does; per doc, the confidence (0-1) in each.

        It is the product, over the entity's tokens, of the softmax of the step that took the token: good for
        ranking, not a probability. Entities that were set before this component, by rules say, have none.
        """
        preset = [{_token_span(span) for span in doc.ents} for doc in docs]
        step = self._predict(docs)
        found = [
            [span for span in map(_token_span, doc.ents) if span not in before]
            for doc, before in zip(docs, preset, strict=True)
        ]
        if step is None or not any(found) or not self._is_proven(docs, found):
            return [{} for _ in docs]
        return self._look_again(step, docs, found)

    def _predict(self, docs: Sequence[Any]) -> _Step | None:
        """Let the component predict, through a model that keeps its step model; None without tokens."""
        from thinc.api import Model

        kept: list[_Step] = []
        inner = self.ner.model

        def forward(model: Any, docs: Any, is_train: bool) -> Any:
            step, backprop = inner(docs, is_train)
            kept.append(_Step(step, inner.attrs["unseen_classes"]))
            return step, backprop

        def resize(model: Any, size: int) -> Any:
            return inner.attrs["resize_output"](inner, size)

        self.ner.model = Model("looked_at", forward, layers=[inner], attrs={"resize_output": resize})
        try:
            states = self.ner.predict(docs)
        finally:
            self.ner.model = inner
        self.ner.set_annotations(docs, states)
        return kept[0] if kept else None

    def _look_again(
        self, step: _Step, docs: Sequence[Any], found: Sequence[Sequence[TokenSpan]]
    ) -> list[dict[TokenSpan, float]]:
        import numpy

        moves = self._moves()
        context: list[tuple[int, int, int]] = []
        taken: list[int] = []
        firsts: list[int] = []
        offset = 0
        for doc, spans in zip(docs, found, strict=True):
            for start, end, label in spans:
                firsts.append(len(taken))
                context += _context(start + offset, end + offset)
                taken += [moves[move] for move in _moves_of(end - start, label)]
            offset += len(doc)
        scores = step.scores(context)
        scores -= scores.max(axis=1, keepdims=True)
        chosen = scores[numpy.arange(len(taken)), taken] - numpy.log(numpy.exp(scores).sum(axis=1))
        values = iter(numpy.exp(numpy.add.reduceat(chosen, firsts)).tolist())
        return [{span: next(values) for span in spans} for spans in found]

    def _moves(self) -> dict[str, int]:
        system = self.ner.moves
        return {system.get_class_name(i): i for i in range(system.n_moves)}

    def _is_proven(self, docs: Sequence[Any], found: Sequence[Sequence[TokenSpan]]) -> bool:
        """The self-test, once: the shortest doc with entities, walked step by step, gives the same."""
        if self._proven is None:
            doc, spans = min(
                ((d, s) for d, s in zip(docs, found, strict=True) if s), key=lambda pair: len(pair[0])
            )
            self._proven = self._walk_agrees(doc, spans)
            if not self._proven:
                log.warning("the steps of %s cannot be looked at again: no confidence", self.ner.name)
        return self._proven

    def _walk_agrees(self, doc: Any, spans: Sequence[TokenSpan]) -> bool:
        """Walk a copy of the doc without these entities through the real states, comparing every score."""
        import numpy

        bare = doc.copy()
        preset = [span for span in bare.ents if _token_span(span) not in spans]
        bare.set_ents(preset, default="missing")
        model = self.ner.model.predict([bare])
        step = _Step(model, self.ner.model.attrs["unseen_classes"])
        states = everything = self.ner.moves.init_batch([bare])
        rows = []
        while states:
            rows.append(model.predict(states))
            states = self.ner.transition_states(states, rows[-1])
        self.ner.set_annotations([bare], everything)
        if [_token_span(span) for span in bare.ents] != [_token_span(span) for span in doc.ents]:
            return False
        context = [place for start, end, _ in spans for place in _context(start, end)]
        walked = numpy.concatenate([rows[place[0]] for place in context])
        return bool(numpy.allclose(step.scores(context), walked, atol=1e-3))


class _Step:
    """What is needed of a batch's step model after the component has cleared it."""

    def __init__(self, model: Any, unseen: set[int]) -> None:
        self._state2vec = model.state2vec
        self._vec2scores = model.vec2scores
        self._unseen = sorted(unseen)

    def scores(self, context: Sequence[tuple[int, int, int]]) -> Any:
        """A row of scores for each state; its tokens are counted through the whole batch, -1 is none."""
        import numpy

        scores = self._state2vec.predict(numpy.asarray(context, dtype="i"))
        if self._vec2scores is not None:
            scores = self._vec2scores.predict(scores)
        scores[:, self._unseen] = scores.min()
        return scores


def _token_span(span: Any) -> TokenSpan:
    return span.start, span.end, span.label_


def _context(start: int, end: int) -> list[tuple[int, int, int]]:
    """The tokens that each state looked at while it built the entity."""
    return [(start, -1, -1), *((token, start, token - 1) for token in range(start + 1, end))]


def _moves_of(length: int, label: str) -> list[str]:
    """The steps that build an entity of so many tokens."""
    if length == 1:
        return [f"U-{label}"]
    return [f"B-{label}", *[f"I-{label}"] * (length - 2), f"L-{label}"]
