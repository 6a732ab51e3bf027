"""Which annotations leave the project, and as what: one `Document` an article and annotator.

Invariant: what is left out is counted and named; an article on which people differ is never decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from annotations.documents import Counts, Document, Origin, dismissed, offered, problem
from annotations.formats import postil
from annotations.formats.base import Format, Loss
from annotations.model import Article, Decision, Layer, Progress
from annotations.offers import Floor, merge
from annotations.schema import Schema
from annotations.state import ArticleState
from annotations.store import Store
from annotations.wording import count


@dataclass(frozen=True, slots=True)
class Choice:
    """What to export: one layer only, each person by themselves, whatever its state."""

    layer: Layer | None = None
    each: bool = False
    all: bool = False


@dataclass
class Summary:
    """What was to go out, what of it a format had no place for, and what was left out before, and why."""

    given: Counts = field(default_factory=Counts)
    gone: Counts = field(default_factory=Counts)
    problems: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    disputed: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    MOST = 20
    """How many losses of a kind are shown; all are counted."""

    @property
    def written(self) -> Counts:
        """What is in the output."""
        return self.given.without(self.gone)

    def give(self, document: Document) -> None:
        """Counts a document that goes to a format."""
        self.given.add(document)
        self.problems += len(document.problems)

    def lose(self, loss: Loss) -> None:
        """Notes what a format could not hold."""
        self.lost[loss.kind] += 1
        self.gone.add_labels(loss.gone)
        if loss.status is not None:
            self.gone.articles += 1
            self.gone.statuses[loss.status] += 1
        if self.lost[loss.kind] <= self.MOST:
            self.losses.append(loss)

    def lines(self) -> list[str]:
        """The counts for people."""
        found = [f"disputed: {what}" for what in self.disputed]
        found += [f"{loss.kind}: {loss.article}: {loss.what}" for loss in self.losses]
        more = Counter({kind: count - self.MOST for kind, count in self.lost.items() if count > self.MOST})
        found += [f"… and {count:,} more of the kind {kind}" for kind, count in sorted(more.items())]
        written = self.written
        for name in ("statuses", "entities", "relations"):
            if counts := getattr(self.given, name):
                head = "" if name == "statuses" else f"{name}: "
                found.append(head + _written(counts, getattr(written, name)))
        if self.problems:
            found.append(
                f"{count(self.problems, 'problem')} against config.yaml went out too: see postil doctor"
            )
        left = f"; left out: {_listed(self.left_out)}" if self.left_out else ""
        lost = f"; lost: {_listed(self.lost)}" if self.lost else ""
        return [*found, f"{written.articles} exported{left}{lost}"]

    def data(self) -> dict[str, Any]:
        """The counts for programs."""
        left = {"disputed": self.disputed, "left_out": dict(self.left_out), "lost": dict(self.lost)}
        given = {"given": _data(self.given), "problems": self.problems}
        return _data(self.written) | given | left


def _data(counts: Counts) -> dict[str, Any]:
    by = {name: dict(getattr(counts, name)) for name in ("statuses", "entities", "relations")}
    return {"articles": counts.articles} | by


def _written(given: Counter[str], written: Counter[str]) -> str:
    """What was written of each label, and of how many where that is not all."""
    of = {name: f" of {number}" if written[name] < number else "" for name, number in given.items()}
    return ", ".join(f"{written[name]}{of[name]} {name}" for name in sorted(given))


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


class Exporter:
    """Reads documents out of a store, one article at a time."""

    def __init__(
        self,
        store: Store,
        schema: Schema,
        floor: Floor,
        choice: Choice = Choice(),
        format: Format = postil.FORMAT,
    ) -> None:
        self.store, self.schema, self.floor, self.choice = store, schema, floor, choice
        self._format = format
        self.summary = Summary()

    def documents(self, articles: Iterable[int]) -> Iterator[Document]:
        """The documents of some articles, in their order, counted as they go out."""
        for id in articles:
            for document in self._of_article(id):
                unfit = self._unfit(document)
                if unfit:
                    self.summary.left_out[unfit] += 1
                else:
                    self.summary.give(document)
                    yield document

    def _unfit(self, document: Document) -> str:
        """The state of an article that the format may not have, "" for one that it may."""
        format, status = self._format, document.status
        open_ = status == "open" and not document.layer.startswith("gold:")
        return (
            status if (format.trains and status == "skipped") or (open_ and not format.says_unknown) else ""
        )

    def _of_article(self, id: int) -> Sequence[Document]:
        article = self.store.article(id)
        layers = self._candidates(id)
        if not layers:
            return self._without_layer(article)
        if self.choice.layer is not None or self.choice.each:
            return [self._document(article, layer) for layer in layers]
        gold = [layer for layer in layers if layer.kind == "gold"]
        found = [self._document(article, layer) for layer in gold or layers]
        if len({_content(document) for document in found}) > 1:
            self.summary.left_out["disputed"] += 1
            names = ", ".join(document.annotator or document.layer for document in found)
            self.summary.disputed.append(f"{article.source}: {names} differ; --layer or --each")
            return []
        return found[:1]

    def _candidates(self, id: int) -> list[Layer]:
        """The layers that may speak for an article under the choice made."""
        chosen = self.choice.layer
        if chosen is not None and chosen.kind not in ("person", "gold"):
            return [chosen] if self.store.has_read(chosen, id) else []
        layers = [chosen] if chosen is not None else self.store.worked_on(id)
        return [layer for layer in layers if self.choice.all or self._settled(id, layer)]

    def _settled(self, id: int, layer: Layer) -> bool:
        return layer.kind == "gold" or self.store.progress(id, layer.id).status == "done"

    def _without_layer(self, article: Article) -> Sequence[Document]:
        if self.choice.all and self.choice.layer is None:
            return [self._document(article, None)]
        statuses = [
            self.store.progress(article.id, layer.id).status for layer in self.store.worked_on(article.id)
        ]
        self.summary.left_out["skipped" if "skipped" in statuses else "open"] += 1
        return []

    def _document(self, article: Article, layer: Layer | None) -> Document:
        store, id = self.store, article.id
        owner = layer or Layer(-1, "", "person", "")
        suggestions, links = merge(store.offers(id, owner, None), self.schema, self.floor)
        progress = store.progress(id, owner.id) if layer is not None else Progress()
        state = ArticleState(
            article,
            owner,
            self.schema,
            store.entities(id, owner.id),
            store.relations(id, owner.id),
            store.decisions(id, owner.id),
            progress,
            suggestions,
            links,
        )
        found = document(state, layer)
        if not self._format.sentences:
            return found
        analysis = store.analysis(id)
        return replace(found, sentences=analysis.sentences if analysis is not None else ())


def document(state: ArticleState, layer: Layer | None) -> Document:
    """An article's state as what leaves the project. Without a layer it is nobody's."""
    progress = state.progress
    by_hand = layer is not None and layer.kind in ("person", "gold")
    return Document(
        article=state.article,
        annotator=layer.name if layer is not None and layer.kind == "person" else None,
        layer=layer.title if layer is not None else "",
        status=progress.status,
        entities=tuple(state.entities.values()),
        relations=tuple(state.relations.values()),
        origins=_origins(state),
        rejected=tuple(_rejected(state)),
        pending=tuple(_pending(state)) if by_hand or layer is None else (),
        problems=tuple(problem(key, what) for key, what in sorted(state.problems.items())),
        complete=progress.complete,
        labels=progress.labels,
        note=progress.note,
        flagged=progress.flagged,
    )


def _origins(state: ArticleState) -> dict[str, Origin]:
    """Where each entity and relation came from: the decision that accepted it, else one that changed it."""
    found: dict[str, Origin] = {}
    order = sorted(state.decisions.values(), key=lambda d: (d.verdict != "accepted", d.about))
    for decision in order:
        if decision.result is not None and decision.result not in found and decision.sources:
            found[decision.result] = Origin(decision.sources[0], decision.verdict)
    return found


def _rejected(state: ArticleState) -> Iterator[dict[str, Any]]:
    for decision in state.decisions.values():
        if decision.verdict != "accepted":
            yield dismissed(decision.about, _source(decision), decision.verdict, decision.result)


def _source(decision: Decision) -> str:
    return decision.sources[0] if decision.sources else ""


def _pending(state: ArticleState) -> Iterator[dict[str, Any]]:
    for about in (item.key for item in state.pending):
        source = state.suggestions.get(about) or state.links[about]
        yield offered(about, source.sources[0], source.score)


def _content(document: Document) -> tuple[Any, ...]:
    """What two people's versions are compared by: values, not ids."""
    values = {e.id: e.value for e in document.entities}
    relations = sorted((r.label, values[r.head], values[r.tail]) for r in document.relations)
    return tuple(sorted(values.values())), tuple(relations), tuple(sorted(document.labels)), document.complete
