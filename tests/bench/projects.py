"""Projects to measure on: generated text, entities accepted and pending, libraries of many articles.

Invariant: the same arguments give the same project. The second line of each article is unmarked and stands nowhere
else, so that it tells when the text is on screen.
"""

from __future__ import annotations

import hashlib
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotations import bulk
from annotations.bulk import Offered
from annotations.config import Config, load
from annotations.documents import IncomingAnnotations
from annotations.incoming import Ids, settle
from annotations.model import Analysis, Article, Decision, Entity, Relation, about_entity
from annotations.store import Store, now
from annotations.suggest.runner import model_layer
from tests.bench.driver import ROOT

PERSON = "bench"

SMALL = 2_400
"""Code points of the small article."""

LARGE = 1_000_000
"""Code points of the large one."""


def _listed(words: str) -> list[str]:
    return words.split()


_WORDS = _listed("""
the a of in and to for with on at from by after before under over while since report said told asked found
made took gave kept left sent brought wrote heard learned small large early late quiet open northern
harbour market council river bridge school letter boat winter morning vote budget plan price road field
crew captain teacher doctor engine storm island valley paper office door window garden light water bread
train ticket agreement meeting
""")
_NAMES = _listed("""
Marlow Odessa Kern Tamsin Ravel Ostrava Lindqvist Okoye Brandt Ferrow Calder Ysolde Norrland Penhale
Dunmore Castellane Ambrose Vetrov Halloran Ibarra Quill Sorrento Tverskaya Umber Wexcombe
""")
_WORD = re.compile(r"\w+")
_LABELS = ("PERSON", "ORG", "GPE", "NORP", "LOC", "DATE", "EVENT", "CARDINAL")


def prose(rng: random.Random, length: int, name: str) -> str:
    """An article of exactly `length` code points: a headline, the marker line, paragraphs of sentences."""
    parts = [f"Notes from the {name} desk\n\n{marker(name)}\n\n"]
    size = len(parts[0])
    while size < length:
        paragraph = " ".join(_sentence(rng) for _ in range(rng.randint(3, 7))) + "\n\n"
        parts.append(paragraph)
        size += len(paragraph)
    return "".join(parts)[: length - 1].rstrip().ljust(length, ".")


def random_prose(length: int, name: str) -> str:
    """The article of that name, as it is in every run."""
    return prose(random.Random(name), length, name)


def marker(name: str) -> str:
    """The line by which an article is recognised on screen."""
    return f"here begins {name}"


def _sentence(rng: random.Random) -> str:
    words = [rng.choice(_NAMES if rng.random() < 0.22 else _WORDS) for _ in range(rng.randint(8, 22))]
    text = " ".join(words)
    return text[0].upper() + text[1:] + rng.choice(".....?")


def spans(rng: random.Random, text: str, count: int) -> list[tuple[int, int, str]]:
    """So many places that do not overlap, a word or two each, none in the first lines; (start, end, label)."""
    begin = text.index("\n\n", text.index("here begins")) + 2
    words = [match.span() for match in _WORD.finditer(text, begin)]
    chosen = sorted(rng.sample(range(0, len(words) - 1, 2), count))
    found = []
    for index in chosen:
        last = index + (rng.random() < 0.4 and "\n" not in text[words[index][1] : words[index + 1][0]])
        found.append((words[index][0], words[last][1], rng.choice(_LABELS)))
    return found


@dataclass(frozen=True)
class Work:
    """What an article gets: entities that the person accepted, suggestions that wait, relations of the person."""

    accepted: int = 0
    pending: int = 0
    relations: int = 0


SMALL_WORK = Work(accepted=20, pending=40, relations=10)
LARGE_WORK = Work(accepted=20_000, pending=2_000, relations=500)
FRESH_WORK = Work(pending=20_000)


def new_project(folder: Path) -> tuple[Config, Store]:
    """The starter's config.yaml in a new folder, without its articles, and the open database."""
    folder.mkdir(parents=True)
    text = (ROOT / "config.yaml").read_text(encoding="utf-8").replace("articles: [seeds]", "articles: []")
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    config = load(folder / "config.yaml")
    return config, Store.open(config.database)


def add_article(store: Store, config: Config, name: str, length: int, work: Work, seed: int = 1) -> int:
    """Puts one article with its work into a project; its id."""
    rng = random.Random(f"{seed} {name}")
    text = prose(rng, length, name)
    with store.writing():
        id, _ = store.add_article(text, f"{name}.txt", f"Notes from the {name} desk", "2024-05-17", {})
    places = spans(rng, text, work.accepted + work.pending)
    name_, version = model_layer(config) or ("model", "")
    layer = store.layer("model", name_, version)
    offered = tuple(Entity("", start, end, label, text[start:end]) for start, end, label in places)
    bulk.write_suggestions(store, layer, [Offered(id, offered, (), Analysis())])
    # The first place waits, so that the article opens at its beginning.
    waiting = {0, *rng.sample(range(1, len(places)), work.pending - 1)} if work.pending else set()
    taken = [entity for index, entity in enumerate(offered) if index not in waiting]
    _accept(store, config, store.article(id), taken, work.relations, layer.title)
    return id


def _accept(
    store: Store, config: Config, article: Article, taken: list[Entity], relations: int, source: str
) -> None:
    if not taken:
        return
    entities = [Entity(f"e{i}", e.start, e.end, e.label, e.text) for i, e in enumerate(taken)]
    decisions = tuple(
        Decision(about_entity(*e.value), "accepted", e.id, "key", (source,), now()) for e in entities
    )
    related = tuple(_relations(entities, relations))
    found = IncomingAnnotations(None, "open", tuple(entities), related, decisions=decisions)
    person = store.layer("person", PERSON)
    with store.writing():
        ids = Ids(store, ())
        bulk.import_works(store, person, {article.id: settle(ids, config.schema, found, {})})


def _relations(entities: list[Entity], count: int) -> Iterator[Relation]:
    """Persons who lead organisations, as many as there are, up to `count`."""
    heads = [e.id for e in entities if e.label == "PERSON"]
    tails = [e.id for e in entities if e.label in ("ORG", "GPE")]
    for number, (head, tail) in enumerate(zip(heads, tails, strict=False)):
        if number >= count:
            return
        yield Relation(f"r{number}", "LEADS", head, tail)


@dataclass(frozen=True)
class Project:
    """A project on disk; ids of its articles by name, in the order of the queue."""

    folder: Path
    articles: dict[str, int]

    def copy(self, to: Path) -> Project:
        """The same anew, for a benchmark that changes it."""
        shutil.copytree(self.folder, to)
        return Project(to, self.articles)


def project(folder: Path, articles: dict[str, tuple[int, Work]]) -> Project:
    """A project of articles: name -> (length, work)."""
    config, store = new_project(folder)
    try:
        ids = {name: add_article(store, config, name, *wanted) for name, wanted in articles.items()}
    finally:
        store.close()
    return Project(folder, ids)


def library(folder: Path, articles: int) -> Project:
    """A project of many short articles with three suggestions each; every tenth is settled."""
    config, store = new_project(folder)
    rng, at = random.Random(articles), now()
    ids = {"first": add_article(store, config, "first", SMALL, SMALL_WORK)}
    person = store.layer("person", PERSON)
    layer = store.layer("model", *(model_layer(config) or ("model", "")))
    for begin in range(0, articles - 1, 5_000):
        with store.writing() as connection:
            for number in range(begin, min(begin + 5_000, articles - 1)):
                text = f"{_sentence(rng)} {_sentence(rng)} No. {number}"
                row = (hashlib.sha256(text.encode()).hexdigest(), f"n{number:06}.txt", text[:80], text, at)
                columns = "sha256, source, title, text, added_at, date"
                sql = f"INSERT INTO articles ({columns}) VALUES (?, ?, ?, ?, ?, '2024-05-17')"
                id = connection.execute(sql, row).lastrowid or 0
                words = [match.span() for match in _WORD.finditer(text)][1:8:3]
                bulk.add_rows(
                    store,
                    id,
                    layer,
                    [Entity("", s, e, rng.choice(_LABELS), text[s:e]) for s, e in words],
                    (),
                    at,
                )
                connection.execute("INSERT INTO analyses VALUES (?, ?, '{}')", (id, layer.id))
                if number % 10 == 9:
                    connection.execute(
                        "INSERT INTO progress (layer, article, status, done_at) VALUES (?, ?, 'done', ?)",
                        (person.id, id, at),
                    )
    store.close()
    return Project(folder, ids)
