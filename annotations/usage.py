"""How strings were labelled before: what the card of a guideline shows beside the words of config.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from annotations.model import Layer
from annotations.store import ABOUT, Store
from annotations.text import around

CONTEXT = 40
"""Code points of context on either side of a place."""

PLACED = 6
"""How many of the ways in which a string was labelled are shown with places."""

LOOKED_AT = 5_000
"""Places of a string that are looked at for rejected suggestions."""

LATELY = 2_000
"""Rows of the journals that tell which articles people worked on last."""

_LATELY = "SELECT article FROM (SELECT article FROM edits ORDER BY seq DESC LIMIT ?)"
"""The articles of the newest rows of all journals."""

_PEOPLE = "SELECT id FROM layers WHERE kind IN ('person', 'gold')"

_FREQUENT = f"""
SELECT text, count(*) FROM entities WHERE article IN ({_LATELY}) AND layer IN ({_PEOPLE}) AND label = ?
GROUP BY text ORDER BY 2 DESC, 1 LIMIT ?
"""

_PAIRS = """
SELECT r.layer, r.label, count(*) FROM (SELECT id FROM entities WHERE text = ? LIMIT ?) h
JOIN relations r ON r.head = h.id JOIN entities t ON t.id = r.tail WHERE t.text = ?
GROUP BY r.layer, r.label ORDER BY 3 DESC, 1, 2
"""

_FREQUENT_PAIRS = f"""
SELECT h.text, t.text, count(*) FROM relations r JOIN entities h ON h.id = r.head JOIN entities t ON t.id = r.tail
WHERE r.article IN ({_LATELY}) AND r.layer IN ({_PEOPLE}) AND r.label = ?
GROUP BY h.text, t.text ORDER BY 3 DESC, 1, 2 LIMIT ?
"""

_REJECTIONS = f"""
SELECT p.kind, p.name, d.label, count(*) FROM layers p JOIN (
    SELECT DISTINCT e.article, e.label, {ABOUT} AS about FROM (
        SELECT * FROM entities WHERE text = ? LIMIT ?) e
) d JOIN decisions x ON x.layer = p.id AND x.article = d.article AND x.about = d.about
WHERE p.kind IN ('person', 'gold') AND x.verdict = 'rejected'
GROUP BY p.id, d.label ORDER BY 4 DESC, p.id, d.label
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a string stands: the article's title, and the text with what is around it."""

    title: str
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a layer gave a string a label, with places to look at."""

    layer: str
    label: str
    count: int
    places: tuple[Place, ...] = ()


def usages(store: Store, text: str, besides: str = "") -> list[Usage]:
    """How a string was labelled so far, case as it is: by layer and label, gold and people first, then the most
    frequent. The `PLACED` first have places, the newest and the oldest, but for the entity `besides`."""
    sql = (
        "SELECT e.layer, e.label, count(*), max(e.id), min(e.id) FROM entities e WHERE e.text = ?"
        " GROUP BY e.layer, e.label"
    )
    layers, found = {layer.id: layer for layer in store.layers()}, []
    for layer, label, count, *ids in store.query(sql, (text,)):
        found.append((layers[layer], label, count, [id for id in dict.fromkeys(ids) if id != besides]))
    found.sort(key=lambda row: (_standing_of(row[0]), -row[2], row[0].title, row[1]))
    return [
        Usage(layer.title, label, count, tuple(_place(store, id) for id in ids) if number < PLACED else ())
        for number, (layer, label, count, ids) in enumerate(found)
    ]


def _place(store: Store, entity: str) -> Place:
    sql = (
        'SELECT a.title, a.text, e.start, e."end" FROM entities e JOIN articles a ON a.id = e.article'
        " WHERE e.id = ?"
    )
    title, text, start, end = store.query(sql, (entity,))[0]
    return Place(title, *around(text, start, end, CONTEXT))


def rejections(store: Store, text: str) -> list[tuple[str, str, int]]:
    """How often people rejected a label on a string: (layer's title, label, count), the most frequent first. Of a
    string that is suggested very often, the first `LOOKED_AT` places count."""
    rows = store.query(_REJECTIONS, (text, LOOKED_AT))
    return [(Layer(0, "", kind, name).title, label, count) for kind, name, label, count in rows]


def pairs(store: Store, head: str, tail: str) -> list[tuple[str, str, int]]:
    """How two strings, case as it is, were related so far: (layer's title, type, count), the most frequent first.
    Of a head that is labelled very often, the first `LOOKED_AT` places count."""
    layers = {layer.id: layer.title for layer in store.layers()}
    rows = store.query(_PAIRS, (head, LOOKED_AT, tail))
    return [(layers[layer], label, count) for layer, label, count in rows]


def frequent(store: Store, label: str, limit: int) -> list[tuple[str, int]]:
    """The strings that people gave a label most often in the articles they worked on last, with how often."""
    return [(text, count) for text, count in store.query(_FREQUENT, (LATELY, label, limit))]


def frequent_pairs(store: Store, label: str, limit: int) -> list[tuple[str, str, int]]:
    """The strings that people related most often by a type in the articles they worked on last, head and tail."""
    rows = store.query(_FREQUENT_PAIRS, (LATELY, label, limit))
    return [(head, tail, count) for head, tail, count in rows]


def _standing_of(layer: Layer) -> int:
    """How much what a layer says counts when examples are shown, the most first."""
    return {"gold": 0, "person": 1}.get(layer.kind, 2)
