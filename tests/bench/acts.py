"""How many keys each act takes, and a whole article with getting there.

Invariant: no figure is given for keys that were not pressed in the app, with the database read afterwards.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual import events

from annotations import bulk
from annotations.bulk import Offered
from annotations.config import Config, load
from annotations.model import Analysis, Entity
from annotations.session import Session
from annotations.starter import init_project
from annotations.store import Store
from tests.bench import shortest
from tests.bench.driver import ROOT, environment, postil
from tests.bench.figures import Figure, number
from tests.bench.shortest import Mark, Node, Pair, Search
from tui.app import PostilApp

TITLE = "how many keys"

NOTE = """\
Keys pressed in the app at 80×24, with the starter project's labels; what they did is read from the database. For an
act the cursor is there already. For a whole article it starts where the app opens it; from the suggestions of
`en_core_web_sm` to the gold of `tests/gold`, entities first, then seven relations, then done. What is right needs no
key of its own, since done accepts it. `tests/bench/shortest.py` finds the keys: a shortest-path search that runs the
app's own commands, corrections in the order of the text; getting there counts, reading and thinking do not. Then they
are pressed in a fresh app, and the database must equal the gold. Budget: 34 keys for the entities of an article with
ten wrong or missing suggestions, not raised where more is wrong; 35 for seven relations, 1 for done. A place is one
correction: what overlaps is one."""

SIZE = (80, 24)
PERSON = "bench"
ENTITIES, RELATIONS = 34, 35
"""Keys that an article with ten wrong or missing suggestions, and seven relations, may take."""

GOLD = Path(__file__).parents[1] / "gold"

TEXT = """Mayor Ana Ruiz met Li Wei in Oslo on Friday. The mayor of Bergen stayed at home with a cold.

Ruiz leads Bergen Harbour Trust, a company in Norway, and Li Wei has praised it in Oslo and in Norway ever since.
"""
MARKS = (
    *(("Mayor Ana Ruiz", "PERSON", 0), ("Li Wei", "PERSON", 0), ("Oslo", "GPE", 0), ("Friday", "DATE", 0)),
    *(("Bergen", "PERSON", 0), ("Ruiz", "PERSON", 90), ("Li Wei", "PERSON", 90), ("Oslo", "GPE", 90)),
    ("Norway", "GPE", 160),
)
"""Suggestions on `TEXT`: words, label, and after which code point. One has a token too many, one the wrong label."""

_CHARACTERS = {"enter": "\r", "tab": "\t", "escape": "\x1b", "space": " "}


@dataclass(frozen=True)
class Act:
    """One thing that annotators do, from `at` (words, after which code point) by `keys`, of which the first `before`
    are not counted; afterwards `made` must be among what the database says."""

    name: str
    at: tuple[str, int]
    keys: str
    limit: int
    made: str
    before: int = 0

    @property
    def pressed(self) -> list[str]:
        """The keys one by one."""
        return self.keys.split(" ")

    @property
    def count(self) -> int:
        """How many keys count."""
        return len(self.pressed) - self.before


ACTS = (
    Act("accept a suggestion", ("Li Wei", 0), "a", 1, "PERSON Li Wei"),
    Act("an entity of one token", ("Norway", 100), "3", 1, "GPE Norway"),
    Act("a name of several words", ("Bergen Harbour", 90), "V 2", 2, "ORG Bergen Harbour Trust"),
    Act("another label", ("Bergen", 0), "3", 1, "GPE Bergen"),
    Act("an edge by a token", ("Mayor Ana", 0), "<", 1, "PERSON Ana Ruiz"),
    Act("a relation to the next legal entity", ("Li Wei", 0), "r 4 enter", 3, "Li Wei VISITED Oslo"),
    Act(
        *("one more tail", ("Li Wei", 90), "R 4 enter tab enter", 2, "Li Wei VISITED Norway"),
        before=3,
    ),
    Act("an article with nothing to correct", ("Mayor", 0), "c", 1, "done"),
)


def run(folder: Path, quick: bool) -> Iterator[Figure]:
    """The acts, and the articles; of these only the first when it has to be quick."""
    for number_, act in enumerate(ACTS):
        perform(folder / f"act{number_}", act)
        yield Figure(act.name, act.count, "keys", limit=act.limit, more={"which": act.keys})
    for path in sorted(GOLD.glob("*.jsonl"))[: 1 if quick else None]:
        yield from whole_article(folder / path.stem, Gold.read(path), path.stem[:3])


# -- somebody at the app ------------------------------------------------------------------------------


class Hands:
    """An app at `SIZE` with its database, and keys that are pressed one after the other."""

    def __init__(self, app: PostilApp, pilot: Any) -> None:
        self.app, self._pilot = app, pilot
        self.pressed = 0

    async def press(self, keys: Iterable[str]) -> None:
        """Presses keys, and waits until the app has handled them."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else _CHARACTERS.get(key)))
            self.pressed += 1
        await self._pilot.pause()

    def go(self, place: int) -> None:
        """Puts the cursor on a code point."""
        desk = self.app.reader.desk
        assert desk is not None
        desk.go(desk.state.tokens.at(place))


def at_the_app(folder: Path, task: Callable[[Hands], Any]) -> None:
    """Opens the app on a project, has a task done by its keyboard, and closes it again."""

    async def go() -> None:
        with closing(Store.open(folder / "postil.db")) as store:
            app = PostilApp(Session(store, load(folder / "config.yaml"), PERSON))
            async with app.run_test(size=SIZE) as pilot:
                await pilot.pause()
                await task(Hands(app, pilot))

    asyncio.run(go())


@dataclass(frozen=True)
class Work:
    """What the database holds of the person's work on the only article."""

    marks: frozenset[Mark]
    pairs: frozenset[Pair]
    status: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Work:
        """From a project's database."""
        config = load(folder / "config.yaml")
        with closing(Store.open(config.database)) as store:
            session = Session(store, config, PERSON)
            (article,) = session.queue
            state = session.open(article)
            ends = state.entities
            pairs = (
                shortest.pair_of(state, r.label, ends[r.head], ends[r.tail]) for r in state.relations.values()
            )
            marks = frozenset((e.start, e.end, e.label) for e in ends.values())
            return cls(marks, frozenset(pairs), state.progress.status, state.article.text)

    def words(self) -> set[str]:
        """Entities, relations and status as `Act.made` has them."""
        named = {mark: self.text[mark[0] : mark[1]] for mark in self.marks}
        entities = {f"{mark[2]} {words}" for mark, words in named.items()}
        relations = {f"{named[head]} {label} {named[tail]}" for label, head, tail in self.pairs}
        return entities | relations | {self.status}


# -- acts ---------------------------------------------------------------------------------------------


def perform(folder: Path, act: Act) -> None:
    """Does one act on a project of its own. AssertionError when the database does not say so afterwards."""
    with_text(folder)
    assert act.made not in Work.read(folder).words()

    async def task(hands: Hands) -> None:
        hands.go(TEXT.index(*act.at))
        await hands.press(act.pressed)

    at_the_app(folder, task)
    work = Work.read(folder)
    assert act.made in work.words(), f"{act.keys} did not make {act.made}: {work.words()}"


def with_text(folder: Path) -> None:
    """A project with `TEXT` and what is suggested in it."""
    config = project(folder)
    with closing(Store.open(config.database)) as store:
        with store.writing():
            article, _ = store.add_article(TEXT, "visit.txt", "Visit", "2022-11-25", {})
        bulk.write_suggestions(store, store.layer("model", "en_core_web_sm", "1"), [_offered(article)])


def _offered(article: int) -> Offered:
    places = [(TEXT.index(words, after), words, label) for words, label, after in MARKS]
    marks = [Entity("", start, start + len(words), label, words) for start, words, label in places]
    return Offered(article, tuple(marks), (), Analysis())


def project(folder: Path, seed: str | None = None) -> Config:
    """The starter project with one of its seeds, or with no article. Its config."""
    init_project(folder)
    for path in (folder / "seeds").glob("*.txt"):
        if path.name != seed:
            path.unlink()
    config = load(folder / "config.yaml")
    Store.open(config.database).close()
    return config


# -- whole articles -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gold:
    """The gold of a seed: `tests/gold/NAME.jsonl` is its line in postil JSONL."""

    seed: str
    marks: frozenset[Mark]
    pairs: frozenset[Pair]

    @classmethod
    def read(cls, path: Path) -> Gold:
        """From its file."""
        line = json.loads(path.read_text(encoding="utf-8"))
        schema = load(ROOT / "config.yaml").schema
        named = {e["id"]: (e["start"], e["end"], e["label"]) for e in line["entities"]}
        pairs = set()
        for relation in line["relations"]:
            ends = [named[relation["head"]], named[relation["tail"]]]
            if schema.relation(relation["label"]).symmetric:
                ends.sort()
            pairs.add((relation["label"], *ends))
        return cls(f"{path.stem}.txt", frozenset(named.values()), frozenset(pairs))


@dataclass(frozen=True)
class Found:
    """The fewest keys of an article, and how much there was to correct: `wrong` counts suggestions that are wrong or
    missing, `places` corrections."""

    way: Node
    wrong: int
    places: int

    def keys(self, relations: bool) -> list[str]:
        """The keys for the entities, or for the relations."""
        cut = sum(len(step.keys) for step in self.way.steps if not step.relates)
        return list(self.way.keys[cut:] if relations else self.way.keys[:cut])


def suggested(folder: Path, seed: str) -> Config:
    """A project of one seed with the suggestions of the starter's pipeline."""
    config = project(folder, seed)
    for words in (("import", folder / "seeds"), ("suggest",)):
        subprocess.run(
            postil(*words, "-p", folder), check=True, capture_output=True, env=environment(folder / "state")
        )
    return config


def search(folder: Path, gold: Gold) -> Found:
    """The fewest keys on a suggested project, whose database is left as it is."""
    sizes: list[tuple[int, int]] = []

    async def look(hands: Hands) -> None:
        desk = hands.app.reader.desk
        assert desk is not None
        sizes.append((desk.view.width, desk.view.height))

    at_the_app(folder, look)
    config = load(folder / "config.yaml")
    with closing(Store.open(config.database)) as store:
        session = Session(store, config, PERSON, visiting=True)
        session.open(session.queue[0])
        found = Search(session, *sizes[0])
        todo = shortest.corrections(found.root().marks, gold.marks)
        wrong = sum(max(len(each.wrong), len(each.missing)) for each in todo)
        return Found(found.relations(found.entities(gold.marks), gold.pairs)[0], wrong, len(todo))


def replay(folder: Path, keys: Sequence[str]) -> Work:
    """Presses the keys in the app, and gives what the database holds then."""

    async def task(hands: Hands) -> None:
        await hands.press(keys)
        assert hands.pressed == len(keys)

    at_the_app(folder, task)
    return Work.read(folder)


def whole_article(folder: Path, gold: Gold, name: str) -> Iterator[Figure]:
    """The figures of one article. AssertionError when the keys do not lead to the gold."""
    suggested(folder, gold.seed)
    found = search(folder, gold)
    entities, relations = found.keys(relations=False), found.keys(relations=True)
    work = replay(folder, [*entities, *relations, "c"])
    assert (work.marks, work.pairs, work.status) == (gold.marks, gold.pairs, "done"), (
        f"{name}: the keys do not lead to the gold: {sorted(work.marks ^ gold.marks)} {work.pairs ^ gold.pairs}"
    )
    more = {
        "entities": str(len(gold.marks)),
        "wrong or missing": str(found.wrong),
        "places": str(found.places),
        "keys a place": number(len(entities) / found.places),
    }
    yield Figure(f"{name}: entities", len(entities), "keys", limit=ENTITIES, more=more)
    yield Figure(f"{name}: {len(gold.pairs)} relations", len(relations), "keys", limit=RELATIONS)
    yield Figure(f"{name}: done", 1, "keys", limit=1)
