"""A project in a folder of its own, and somebody at the keyboard, with no screen: for tests of the app.

The texts are our own; what a model would suggest is written by hand into a model layer.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from annotations import bulk, navigator
from annotations.bulk import Offered
from annotations.config import load
from annotations.doctor import examine
from annotations.errors import PostilError
from annotations.model import Analysis, Entity, Layer, Relation
from annotations.navigator import ends_of
from annotations.session import Session
from annotations.state import ArticleState
from annotations.store import Store, new_id
from tui.commands import Command
from tui.desk import Desk
from tui.gloss import signed
from tui.host import Choice
from tui.keys import Dispatcher, Keymap, canonical
from tui.verbs import moving

VISIT = """Mayor Ana Ruiz met Li Wei in Oslo. The mayor of Bergen stayed home.

Ruiz leads Bergen Harbour Trust, a company in Norway. Li Wei praised Oslo and Norway on Friday.
"""
"""With `VISIT_MARKS`: ten suggestions, one of them wrong about its edges, two of them one inside the other."""

VISIT_MARKS = (
    ("Ana Ruiz", "PERSON"),
    ("Li Wei", "PERSON"),
    ("Oslo", "GPE"),
    ("Bergen", "GPE"),
    ("Ruiz", "ORG", 2),
    ("Bergen Harbour Trust", "ORG"),
    ("Harbour Trust", "ORG"),
    ("Norway", "GPE"),
    ("Li Wei", "PERSON", 2),
    ("Friday", "DATE"),
)

BRIDGE = """The bridge opened. Nobody came.
A ferry still crosses at noon, and a dog-eared notice names the O'Hara-Smith line.

Nothing else happened in that long, long week.
"""

CONFIG = """name: Test desk
articles: []
database: postil.db
done: {done}
overlap: {overlap}
suggest: {{pipeline: {pipeline}}}
entities:
  PERSON: {{key: "1", color: cyan, about: "People."}}
  ORG: {{key: ["2", "o"], color: yellow, about: "Companies and agencies."}}
  GPE: {{key: "3", color: green}}
  DATE: {{color: red}}
relations:
  LEADS: {{key: "1", head: [PERSON], tail: [ORG, GPE]}}
  MET: {{key: "2", head: [PERSON], tail: [PERSON], symmetric: true}}
  SEAT: {{key: "3", head: [ORG], tail: [GPE]}}
  OWNS: {{key: "4", head: [PERSON], tail: [ORG]}}
keys:
  profile: {profile}
  bindings: {bindings}
"""


def find(text: str, words: str, nth: int = 1) -> tuple[int, int]:
    """The range of the nth occurrence of some words."""
    start = -1
    for _ in range(nth):
        start = text.index(words, start + 1)
    return start, start + len(words)


def mark(text: str, words: str, label: str, nth: int = 1, id: str = "", score: float | None = None) -> Entity:
    """An entity on the nth occurrence of some words."""
    start, end = find(text, words, nth)
    return Entity(id, start, end, label, words, score=score)


class StubHost:
    """A screen that answers at once, or notes that it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.choices: list[Choice] = []
        self.answer: Callable[[str, str], str | None] = lambda title, value: None
        self.choose: Callable[[Sequence[Choice]], Any] = lambda choices: None
        self.then: Callable[[Any], Any] | None = None

    def prompt(
        self,
        title: str,
        value: str,
        then: Callable[[str], Any],
        live: Callable[[str], Any] | None = None,
        cancel: Callable[[], Any] | None = None,
    ) -> None:
        self.asked.append(title)
        self.then = then
        if (text := self.answer(title, value)) is not None:
            then(text)

    def copy(self, text: str) -> None:
        self.copied = text

    def pick(self, title: str, choices: Sequence[Choice], then: Callable[[Any], Any]) -> None:
        self.asked.append(title)
        self.choices, self.then = list(choices), then
        if (value := self.choose(choices)) is not None:
            then(value)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments: self.asked.append(name)


class Project:
    """A folder with config.yaml and a database; `sit` opens it for somebody."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = {
            "done": "accept",
            "overlap": "none",
            "pipeline": "null",
            "profile": "default",
            "bindings": "{}",
        } | settings
        self.configure()
        self._stores: list[Store] = []
        self.store = self.open_store()
        pipeline = self.settings["pipeline"]
        self.model = self.store.layer("model", "hand" if pipeline == "null" else pipeline, "1")

    def configure(self, text: str | None = None) -> None:
        """Writes config.yaml."""
        (self.folder / "config.yaml").write_text(text or CONFIG.format(**self.settings), encoding="utf-8")

    def open_store(self) -> Store:
        """Another connection, as another window has one. It does not wait for the disk: tests of the store do."""
        store = Store.open(self.folder / "postil.db")
        store.connection.execute("PRAGMA synchronous = OFF")
        self._stores.append(store)
        return store

    def close(self) -> None:
        """Closes every connection."""
        for store in self._stores:
            store.close()

    def add(self, text: str, title: str = "", date: str | None = None) -> int:
        """Takes an article in."""
        with self.store.writing():
            return self.store.add_article(text, f"{title or 'a'}.txt", title or text[:30], date, {})[0]

    def suggest(
        self,
        article: int,
        marks: Iterable[Entity | tuple[Any, ...]],
        relations: Iterable[Relation] = (),
        store: Store | None = None,
        layer: Layer | None = None,
        analysis: Analysis = Analysis(),
    ) -> None:
        """Writes suggestions, as the suggester does; a tuple is words, label and which occurrence."""
        text = self.store.article(article).text
        entities = tuple(m if isinstance(m, Entity) else mark(text, *m) for m in marks)
        offered = Offered(article, entities, tuple(relations), analysis)
        bulk.write_suggestions(store or self.store, layer or self.model, [offered])

    def session(self, person: str = "ana", review: str | None = None, own: bool = False) -> Session:
        """A sitting; `own` gives it a connection of its own."""
        store = self.open_store() if own else self.store
        return Session(store, load(self.folder / "config.yaml"), person, review)

    def sit(
        self, article: int, person: str = "ana", review: str | None = None, own: bool = False, **size: int
    ) -> Sitting:
        """Somebody at an article."""
        session = self.session(person, review, own)
        session.open(article)
        return Sitting(session, **size)

    def visit(self) -> int:
        """The article `VISIT` with its suggestions."""
        article = self.add(VISIT, "Visit", "2022-11-25")
        self.suggest(article, VISIT_MARKS)
        return article


class Sitting:
    """A desk, a dispatcher, and keys pressed one after the other, as the reader's screen does it."""

    def __init__(self, session: Session, width: int = 40, height: int = 10) -> None:
        self.session, self.host = session, StubHost()
        self.desk = Desk(session, self.host, width, height)
        keymap = Keymap(session.config.schema, session.config.keys, "config.yaml")
        self.dispatcher = Dispatcher(keymap)
        self.ran: list[Command] = []

    def press(self, *keys: str) -> Sitting:
        """Presses keys; a string with spaces is several. What is refused is said, as on the screen."""
        for key in (k for group in keys for k in (group.split(" ") if len(group) > 1 else [group])):
            self._key(canonical(key))
        return self

    def _key(self, key: str) -> None:
        desk = self.desk
        self.session.tick(desk.offset)
        if self.dispatcher.pending and key == "escape":
            self.dispatcher.pending = ()
            return
        command = self.dispatcher.feed(desk.scope, key)
        if command is not None:
            desk.say("")
            self.ran.append(command)
            self._attempt(lambda: command.run(desk))
        elif not self.dispatcher.pending and desk.mode == "hints" and len(key) == 1:
            self._attempt(lambda: moving.hint_key(desk, key))
        elif not self.dispatcher.pending:
            desk.say(f"{key} means nothing here", warns=True)

    def _attempt(self, act: Callable[[], Any]) -> None:
        try:
            result = act()
            if inspect.isawaitable(result):
                asyncio.run(_wait(result))
        except PostilError as error:
            self.desk.say(str(error), warns=True)

    # -- what one sees ---------------------------------------------------------------------------

    @property
    def state(self) -> ArticleState:
        return self.desk.state

    @property
    def said(self) -> str:
        return self.desk.said

    @property
    def token(self) -> str:
        """The token under the cursor."""
        start, end = self.state.tokens.span(self.desk.cursor)
        return self.state.article.text[start:end]

    @property
    def focused(self) -> str | None:
        """What is focused, as `label words`, with `?` after a suggestion's label; a relation as `head label tail`."""
        key, state = self.desk.focus, self.state
        if key is None:
            return None
        if key in state.relations:
            ends = ends_of(state, key)
            assert ends is not None
            return f"{ends[0].text} {state.relations[key].label} {ends[1].text}"
        if key in state.links:
            return signed(self.desk.hidden.by_key.get(key) or state.item(key))
        item = self.desk.thing(key)
        assert item is not None, f"{key} is focused but not there"
        if key in self.desk.hidden:
            return f"{signed(self.desk.hidden.by_key[key])} {item.text}"
        return f"{item.label}{'' if key in state.entities else '?'} {item.text}"

    def goto(self, words: str, nth: int = 1) -> Sitting:
        """Puts the cursor on a word, as the arrow keys would."""
        start, _ = find(self.state.article.text, words, nth)
        self.desk.go(self.state.tokens.at(start))
        return self

    @property
    def entities(self) -> list[str]:
        """The person's entities in the database, in reading order."""
        found = self.session.store.entities(self.state.article.id, self.session.layer.id)
        return [f"{e.label} {e.text}" for e in sorted(found, key=lambda e: (e.start, -e.end))]

    @property
    def relations(self) -> list[str]:
        """The person's relations in the database; the ends of a symmetric one in reading order."""
        store, article, me = self.session.store, self.state.article.id, self.session.layer.id
        entities = {e.id: e for e in store.entities(article, me)}
        found = []
        for relation in store.relations(article, me):
            ends = [entities[relation.head], entities[relation.tail]]
            if self.session.config.schema.relation(relation.label).symmetric:
                ends.sort(key=lambda e: e.start)
            found.append(f"{ends[0].text} {relation.label} {ends[1].text}")
        return sorted(found)

    @property
    def verdicts(self) -> dict[str, int]:
        """How many decisions of each verdict the database holds on this article."""
        found: dict[str, int] = {}
        for decision in self.session.store.decisions(self.state.article.id, self.session.layer.id):
            found[decision.verdict] = found.get(decision.verdict, 0) + 1
        return found

    @property
    def status(self) -> str:
        """The status of the article in the database."""
        return self.session.store.progress(self.state.article.id, self.session.layer.id).status

    def pending(self) -> list[str]:
        """What is pending, in reading order."""
        return [self.state.article.text[i.start : i.end] for i in self.state.pending]

    def check(self) -> None:
        """The invariants of desk, state and store."""
        check_desk(self.desk)
        check_saved(self.session)


async def _wait(result: Any) -> Any:
    return await result


def check_desk(desk: Desk) -> None:
    """The cursor is a token, the focus is there, the cursor's line is in view."""
    tokens = len(desk.state.tokens)
    assert 0 <= desk.cursor < max(1, tokens)
    assert desk.focus is None or desk.exists(desk.focus)
    assert desk.link is None or desk.exists(desk.link.head)
    assert desk.reshaping is None or desk.mode == "select"
    assert desk.view.layout.text == desk.state.article.text or len(desk.view.layout.text) == len(
        desk.state.article.text
    )
    line = desk.view.layout.line_of(desk.offset)
    assert desk.view.top <= line < desk.view.top + desk.view.height, (desk.view.top, line, desk.view.height)


def made_anew(state: ArticleState) -> ArticleState:
    """The same article with the same rows and offers, every index computed from them."""
    return ArticleState(
        state.article,
        state.layer,
        state.schema,
        state.entities.values(),
        state.relations.values(),
        state.decisions.values(),
        state.progress,
        state.suggestions.values(),
        state.links.values(),
        state.analysis,
        state.analysed,
    )


def check_saved(session: Session) -> None:
    """What the state shows is what the database holds, and what a fresh state makes of it."""
    state, store, me = session.current(), session.store, session.layer.id
    article = state.article.id
    assert state.entities == {e.id: e for e in store.entities(article, me)}
    assert state.relations == {r.id: r for r in store.relations(article, me)}
    assert state.decisions == {d.about: d for d in store.decisions(article, me)}
    saved = store.progress(article, me)
    for name in ("status", "complete", "flagged", "note", "labels", "done_at"):
        assert getattr(state.progress, name) == getattr(saved, name), name
    fresh = made_anew(state)
    assert state.items == fresh.items
    assert state.problems == fresh.problems
    assert navigator.all_relations(state) == navigator.all_relations(fresh)


def check_sound(session: Session) -> None:
    """`postil doctor` finds no error."""
    errors = [f for f in examine(session.store, session.config.schema) if f.kind == "error"]
    assert not errors, errors


def work(session: Session) -> dict[str, Any]:
    """Everything that a person's layer holds and that undo must give back: rows as the database has them."""
    connection, me = session.store.connection, session.layer.id
    tables = {
        "entities": "SELECT * FROM entities WHERE layer = ? ORDER BY id",
        "relations": "SELECT * FROM relations WHERE layer = ? ORDER BY id",
        "decisions": "SELECT * FROM decisions WHERE layer = ? ORDER BY article, about",
        "progress": (
            "SELECT article, status, complete, flagged, note, labels, done_at FROM progress WHERE layer = ?"
            " AND (status <> 'open' OR flagged OR note IS NOT NULL OR labels <> '[]') ORDER BY article"
        ),
    }
    return {name: connection.execute(sql, (me,)).fetchall() for name, sql in tables.items()}


def ids(count: int) -> list[str]:
    """Fresh ULIDs."""
    return [new_id() for _ in range(count)]
