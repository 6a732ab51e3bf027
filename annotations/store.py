"""The database: the one door for writes, the journal, and the reads that sessions need.

Invariant: `apply`, `undo` and `redo` are the only ways to change a person's layer while people work; each is one
transaction that holds the rows, the decision and the journal entry, and is on disk when the call returns.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from ulid import ULID

from annotations.connect import TIMEOUT, connect, explained
from annotations.errors import Refused, StaleEdit, StoreError
from annotations.model import (
    SUGGESTING_KINDS,
    Analysis,
    Article,
    Change,
    Decision,
    Edit,
    Entity,
    Kind,
    Layer,
    Progress,
    Relation,
    compact,
)
from annotations.offers import Offer
from annotations.text import around

if TYPE_CHECKING:
    from sqlite_utils import Database

PACED_ROWS = 500
"""Rows that a bulk writer puts into one transaction while people work."""

CONTEXT = 40
"""Code points of context on either side of a place."""

PLACED = 6
"""How many of the ways in which a string was labelled are shown with places."""

LOOKED_AT = 5_000
"""Places of a string that are looked at for rejected suggestions."""

LATELY = 2_000
"""Rows of the journals that tell which articles people worked on last."""

PACE = 0.01
"""Seconds that a bulk writer sleeps between its transactions while people work."""

_JSON_COLUMNS = frozenset({"attributes", "complete", "labels", "sources"})
_ENTITY = (
    'id, start, "end", label, text, fragments, score, attributes, link, note, cluster, copy_of, created_at,'
    " updated_at"
)
_RELATION = "id, label, head, tail, score, attributes, note, created_at, updated_at"
_DECISION = "about, verdict, result, via, sources, at, ms"
_PROGRESS = "status, complete, flagged, note, labels, place, read_to, seconds, keystrokes, opened_at, done_at"

_KEY = {"entities": "id", "relations": "id", "decisions": "about"}


def now() -> str:
    """This moment as ISO 8601 in UTC with milliseconds."""
    seconds = time.time()
    return f"{_second(int(seconds))}.{int(seconds * 1000) % 1000:03d}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def new_id() -> str:
    """A fresh ULID."""
    return str(ULID())


@dataclass(frozen=True, slots=True)
class Offered:
    """What a suggester found in one article; entity ids may be "" unless a relation names them."""

    article: int
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...] = ()
    analysis: Analysis = Analysis()


@dataclass(frozen=True, slots=True)
class Work:
    """A person's work on one article as it comes in, ends and results under the ids that they are to have."""

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    progress: Progress = Progress()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the library. `entities` and `relations` count the person's own; `suggested` what others offer
    and the person has not decided; `who` the people who settled the article."""

    id: int
    title: str
    date: str | None
    source: str
    status: str
    flagged: bool
    entities: int
    relations: int
    suggested: int
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """An undo or redo that happened: the edit as it was applied, what it took back or repeated, and where.

    `seq` is its journal row, `seen` the row of the same person before it: whoever knows another one as the newest
    has not seen all that was there when it happened."""

    edit: Edit
    verb: str
    says: str
    article: int | None
    seq: int
    seen: int


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


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row of the journal."""

    seq: int
    layer: int
    article: int | None
    verb: str
    at: str
    undoes: int | None
    undo_top: int | None
    redo_top: int | None
    changes: str


class Store:
    """One open database. Not for use from several threads."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, writable: bool, notes: Sequence[str]
    ) -> None:
        self.path, self.connection, self.writable, self.notes = path, connection, writable, list(notes)
        self._seen_version = self._data_version()
        self._app_lock: IO[bytes] | None = None

    @classmethod
    def open(cls, path: Path, timeout: float = TIMEOUT) -> Store:
        """Opens or makes the database at `path`. StoreError when that cannot be, and later when it stays locked
        for longer than `timeout` seconds."""
        connected = connect(path, timeout)
        with explained(path):
            return cls(path, connected.connection, connected.writable, connected.notes)

    def close(self) -> None:
        """Closes the connection and gives the app lock back."""
        self.connection.close()
        if self._app_lock is not None:
            self._app_lock.close()

    @cached_property
    def db(self) -> Database:
        """The sqlite-utils view of the connection; made at the first write, since its import takes a while."""
        from sqlite_utils import Database

        return Database(self.connection, execute_plugins=False)

    # -- transactions and locks ------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once; all or nothing."""
        if not self.writable:
            raise StoreError(f"{self.path} is read-only: nothing was saved")
        db = self.db
        with explained(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                with db.atomic():
                    yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def hold_app_lock(self) -> None:
        """Says that a person is at work, until `close`: bulk writers then pace themselves."""
        self._app_lock = self._lock_file()
        fcntl.flock(self._app_lock, fcntl.LOCK_SH)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody is at work; while True is held, apps that start wait."""
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _lock_file(self) -> IO[bytes]:
        try:
            return open(f"{self.path}.apps", "ab")
        except OSError as error:
            raise StoreError(f"cannot write beside {self.path}: {error.strerror}") from error

    def _data_version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def changed(self) -> bool:
        """Whether another connection has committed since the last call."""
        with explained(self.path):
            version = self._data_version()
        changed, self._seen_version = version != self._seen_version, version
        return changed

    def stamp(self) -> tuple[int, int]:
        """Another value whenever anything in the database may be another."""
        return self.connection.total_changes, self._data_version()

    def warm(self) -> None:
        """Imports what the first write needs, which takes a tenth of a second, beside whatever goes on."""
        if self.writable:
            Thread(target=import_module, args=("sqlite_utils",), daemon=True).start()

    def _query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with explained(self.path):
            return self.connection.execute(sql, parameters).fetchall()

    # -- layers and articles ---------------------------------------------------------------------

    def layer(self, kind: Kind, name: str, version: str = "") -> Layer:
        """The layer of that kind, name and version, made when it is new."""
        found = self.find_layer(kind, name, version)
        if found is None:
            with self.writing() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO layers (uid, kind, name, version, created_at) VALUES (?, ?, ?, ?, ?)",
                    (new_id(), kind, name, version, now()),
                )
            found = self.find_layer(kind, name, version)
        if found is None:
            raise StoreError(f"the layer {kind}:{name} could not be made in {self.path}")
        return found

    def find_layer(self, kind: str, name: str, version: str | None = None) -> Layer | None:
        """The layer of that kind and name, without a version the newest; None when there is none."""
        sql = "SELECT id, uid, kind, name, version FROM layers WHERE kind = ? AND name = ?"
        rows = self._query(sql + " ORDER BY id", (kind, name))
        layers = [Layer(*row) for row in rows if version is None or row[4] == version]
        return layers[-1] if layers else None

    def layers(self, kind: str | None = None) -> list[Layer]:
        """All layers, or those of one kind, in order of making."""
        rows = self._query("SELECT id, uid, kind, name, version FROM layers ORDER BY id")
        return [layer for layer in (Layer(*row) for row in rows) if kind in (None, layer.kind)]

    def article(self, id: int) -> Article:
        """The article of that id. StoreError when there is none."""
        rows = self._query(
            "SELECT id, sha256, source, title, date, text, meta FROM articles WHERE id = ?", (id,)
        )
        if not rows:
            raise StoreError(f"there is no article {id} in {self.path}")
        *columns, meta = rows[0]
        return Article(*(*columns, json.loads(meta)))

    def find_article(self, sha256: str) -> int | None:
        """The id of the article with that SHA-256, None when it is not here."""
        rows = self._query("SELECT id FROM articles WHERE sha256 = ?", (sha256,))
        return rows[0][0] if rows else None

    def article_ids(self, layer: Layer, where: str = "1", parameters: Sequence[Any] = ()) -> list[int]:
        """Ids of the articles that a compiled query selects for a person, in order of import."""
        sql = (
            "SELECT a.id FROM articles a LEFT JOIN progress p ON p.article = a.id AND p.layer = ?"
            f" WHERE {where} ORDER BY a.id"
        )
        return [row[0] for row in self._query(sql, (layer.id, *parameters))]

    def all_articles(self) -> list[int]:
        """The ids of all articles, in order of import."""
        return [row[0] for row in self._query("SELECT id FROM articles ORDER BY id")]

    def offered_articles(self, layer: Layer, beyond: int, step: int, review: Layer | None) -> Iterator[int]:
        """Those of `open_articles` that have suggestions: of the layer reviewed, else of any that suggests."""
        kinds = ", ".join(f"'{kind}'" for kind in SUGGESTING_KINDS)
        offers = f"l.id = {review.id}" if review else f"l.kind IN ({kinds})"
        some = f"SELECT 1 FROM entities e JOIN layers l ON l.id = e.layer WHERE e.article = a.id AND {offers}"
        return self.open_articles(layer, beyond, step, f"EXISTS ({some})")

    def open_articles(self, layer: Layer, beyond: int, step: int, where: str = "1") -> Iterator[int]:
        """Ids of a person's open articles after (`step` 1) or before (-1) one, the nearest first; read as they are
        asked for."""
        sign, order = (">", "") if step > 0 else ("<", " DESC")
        sql = (
            "SELECT a.id FROM articles a LEFT JOIN progress p ON p.article = a.id AND p.layer = ?"
            f" WHERE coalesce(p.status, 'open') = 'open' AND a.id {sign} ? AND {where}"
            f" ORDER BY a.id{order} LIMIT {PACED_ROWS}"
        )
        while rows := self._query(sql, (layer.id, beyond)):
            yield from (row[0] for row in rows)
            beyond = rows[-1][0]

    def add_article(
        self, text: str, source: str, title: str, date: str | None, meta: Mapping[str, Any]
    ) -> tuple[int, bool]:
        """Takes an article in; returns its id and whether it is new. Call inside `writing`."""
        sha = hashlib.sha256(text.encode()).hexdigest()
        sql = (
            "INSERT INTO articles (sha256, source, title, date, text, meta, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (sha256) DO NOTHING"
        )
        added = self.connection.execute(sql, (sha, source, title, date, text, compact(dict(meta)), now()))
        if added.rowcount:
            return int(added.lastrowid or 0), True
        return int(self._query("SELECT id FROM articles WHERE sha256 = ?", (sha,))[0][0]), False

    def rows(self, layer: Layer, ids: Sequence[int]) -> list[Row]:
        """The library lines of some articles, in the order of `ids`."""
        found: dict[int, Row] = {}
        for part in (ids[i : i + PACED_ROWS] for i in range(0, len(ids), PACED_ROWS)):
            marks = ", ".join("?" * len(part))
            for row in self._query(f"{_ROWS} ({marks})", [*[layer.id] * 5, *part]):
                *columns, flagged, entities, relations, suggested, who = row
                counts = (bool(flagged), entities, relations, suggested)
                found[row[0]] = Row(*(*columns, *counts, tuple(json.loads(who))))
        return [found[id] for id in ids if id in found]

    # -- one article for one person --------------------------------------------------------------

    def entities(self, article: int, layer: int) -> list[Entity]:
        """The entities of one layer on one article."""
        sql = f"SELECT {_ENTITY} FROM entities WHERE article = ? AND layer = ?"
        return [_entity(row) for row in self._query(sql, (article, layer))]

    def relations(self, article: int, layer: int) -> list[Relation]:
        """The relations of one layer on one article."""
        sql = f"SELECT {_RELATION} FROM relations WHERE article = ? AND layer = ?"
        return [_relation(row) for row in self._query(sql, (article, layer))]

    def decisions(self, article: int, layer: int) -> list[Decision]:
        """One person's decisions on one article."""
        sql = f"SELECT {_DECISION} FROM decisions WHERE article = ? AND layer = ?"
        return [_decision(row) for row in self._query(sql, (article, layer))]

    def progress(self, article: int, layer: int) -> Progress:
        """How far one person is with one article."""
        sql = f"SELECT {_PROGRESS} FROM progress WHERE article = ? AND layer = ?"
        rows = self._query(sql, (article, layer))
        if not rows:
            return Progress()
        status, complete, flagged, note, labels, *rest = rows[0]
        return Progress(
            status, tuple(json.loads(complete)), bool(flagged), note, tuple(json.loads(labels)), *rest
        )

    def offers(self, article: int, layer: Layer, review: Layer | None) -> list[Offer]:
        """What other layers offer on an article: of each source its newest version, or the reviewed layer alone."""
        layers = [review] if review is not None else self._suggesting(article, layer)
        return [
            Offer(found, tuple(self.entities(article, found.id)), tuple(self.relations(article, found.id)))
            for found in layers
        ]

    def _suggesting(self, article: int, layer: Layer) -> list[Layer]:
        sql = (
            "SELECT DISTINCT l.id, l.uid, l.kind, l.name, l.version FROM layers l WHERE l.id <> ? AND ("
            "l.id IN (SELECT layer FROM analyses WHERE article = ?) OR "
            "EXISTS (SELECT 1 FROM entities e WHERE e.article = ? AND e.layer = l.id)) ORDER BY l.id"
        )
        found = [Layer(*row) for row in self._query(sql, (layer.id, article, article))]
        return list({(x.kind, x.name): x for x in found if x.kind in SUGGESTING_KINDS}.values())

    def analysis(self, article: int) -> Analysis | None:
        """The newest model's sentence and noun-chunk edges; None while no model has read the article."""
        sql = (
            "SELECT n.json FROM analyses n JOIN layers l ON l.id = n.layer"
            " WHERE n.article = ? AND l.kind = 'model' ORDER BY l.id DESC LIMIT 1"
        )
        rows = self._query(sql, (article,))
        if not rows:
            return None
        found = json.loads(rows[0][0])
        sentences, chunks = (
            tuple((s, e) for s, e in found.get(name, ())) for name in ("sentences", "chunks")
        )
        return Analysis(sentences, chunks)

    def keep_place(
        self, article: int, layer: Layer, place: int, read_to: int, seconds: float, keystrokes: int
    ) -> None:
        """Adds to the bookkeeping of a person's reading: seconds and keystrokes are what came on top, and
        `opened_at` says when the person was last there."""
        with self.writing() as connection:
            connection.execute(
                "INSERT INTO progress (layer, article, place, read_to, seconds, keystrokes, opened_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET place = excluded.place,"
                " read_to = max(read_to, excluded.read_to), seconds = seconds + excluded.seconds,"
                " keystrokes = keystrokes + excluded.keystrokes, opened_at = excluded.opened_at",
                (layer.id, article, place, read_to, seconds, keystrokes, now()),
            )

    def last_opened(self, layer: Layer) -> int | None:
        """The article that the person opened last, None at the first start."""
        sql = "SELECT article FROM progress WHERE layer = ? AND opened_at IS NOT NULL ORDER BY opened_at DESC LIMIT 1"
        rows = self._query(sql, (layer.id,))
        return rows[0][0] if rows else None

    def newest_edits(self, layers: Sequence[int]) -> tuple[int, ...]:
        """The number of the newest journal row of each layer, 0 where there is none."""
        sql = "SELECT coalesce(max(seq), 0) FROM edits WHERE layer = ?"
        return tuple(self._query(sql, (layer,))[0][0] for layer in layers)

    def sizes(self, article: int) -> tuple[tuple[int, int], ...]:
        """How many entities each layer has on an article, and which models have read it."""
        counts = self._query(
            "SELECT layer, count(*) FROM entities WHERE article = ? GROUP BY layer", (article,)
        )
        read = self._query("SELECT layer, -1 FROM analyses WHERE article = ?", (article,))
        return tuple(sorted((layer, count) for layer, count in counts + read))

    def copied_to(self, layer: Layer, origin: str) -> list[int]:
        """Ids of the articles that have copies of an entity, in order of import."""
        sql = "SELECT DISTINCT article FROM entities WHERE layer = ? AND copy_of = ? ORDER BY article"
        return [row[0] for row in self._query(sql, (layer.id, origin))]

    # -- the door --------------------------------------------------------------------------------

    def apply(self, layer: Layer, edit: Edit, seen: int | None = None) -> int:
        """Writes an edit and its journal row, durably, and returns the row's number.

        StaleEdit when the database holds something else by now than what the edit was made from; `seen` is the
        newest journal row of the layer at that time, where the caller knows it."""
        with _stale_when_it_does_not_fit(), self.writing():
            articles = self._articles_of(edit)
            if seen is not None:
                self._refuse_if_newer(layer, articles, seen)
            self._check(layer, edit, articles)
            self._write(layer, edit, articles)
            seq = self._journal(layer, edit, articles)
            self.connection.execute("UPDATE edits SET undo_top = ? WHERE seq = ?", (seq, seq))
        return seq

    def _refuse_if_newer(self, layer: Layer, articles: Mapping[str, int], seen: int) -> None:
        for article in articles.values():
            sql = (
                "SELECT 1 FROM edits WHERE layer = ? AND seq > ? AND (article = ? OR article IS NULL) LIMIT 1"
            )
            if self._query(sql, (layer.id, seen, article)):
                raise StaleEdit("this was changed elsewhere in the meantime")

    def undo(self, layer: Layer) -> Applied:
        """Takes the person's newest edit back. Refused when there is none or something else changed underneath."""
        return self._again(layer, "undo")

    def redo(self, layer: Layer) -> Applied:
        """Repeats what undo took back last. Refused when there is nothing or something else changed underneath."""
        return self._again(layer, "redo")

    def _again(self, layer: Layer, verb: str) -> Applied:
        try:
            with _stale_when_it_does_not_fit(), self.writing():
                undo_top, redo_top = self._tops(layer, None)
                seq = undo_top if verb == "undo" else redo_top
                if seq is None:
                    raise Refused(f"nothing to {verb}")
                row, seen = self.journal_row(seq), self.newest_edits([layer.id])[0]
                edit, first_verb = _inverse(row, verb)
                articles = self._articles_of(edit)
                self._check(layer, edit, articles)
                self._write(layer, edit, articles)
                below = self._tops(layer, seq)
                new = self._journal(layer, edit, articles, seq, first_verb)
                tops = (below[0], new) if verb == "undo" else (new, below[1])
                sql = "UPDATE edits SET undo_top = ?, redo_top = ? WHERE seq = ?"
                self.connection.execute(sql, (*tops, new))
        except StaleEdit as error:
            raise Refused(f"cannot {verb} this: {error}") from error
        home = row.article if edit.home is None else self.find_article(edit.home)
        return Applied(edit, first_verb, edit.says, home, new, seen)

    def journal_row(self, seq: int) -> JournalRow:
        """One row of the journal."""
        sql = f"SELECT {_JOURNAL} FROM edits WHERE seq = ?"
        return JournalRow(*self._query(sql, (seq,))[0])

    def journal(self, layer: Layer) -> Iterator[JournalRow]:
        """A person's journal, oldest first."""
        for row in self._query(f"SELECT {_JOURNAL} FROM edits WHERE layer = ? ORDER BY seq", (layer.id,)):
            yield JournalRow(*row)

    def journal_of(self, layer: Layer, article: Article) -> list[JournalRow]:
        """What a person's journal says of one article, oldest first; rows of many articles where they name it."""
        sql = (
            f"SELECT {_JOURNAL} FROM edits WHERE layer = ?1 AND article = ?2 UNION ALL"
            f" SELECT {_JOURNAL} FROM edits WHERE layer = ?1 AND article IS NULL AND instr(changes, ?3) ORDER BY seq"
        )
        return [JournalRow(*row) for row in self._query(sql, (layer.id, article.id, article.sha256))]

    # -- how things were labelled before ---------------------------------------------------------

    def usages(self, text: str, besides: str = "") -> list[Usage]:
        """How a string was labelled so far, case as it is: by layer and label, gold and people first, then the most
        frequent. The `PLACED` first have places, the newest and the oldest, but for the entity `besides`."""
        sql = (
            "SELECT e.layer, e.label, count(*), max(e.id), min(e.id) FROM entities e WHERE e.text = ?"
            " GROUP BY e.layer, e.label"
        )
        layers, found = {layer.id: layer for layer in self.layers()}, []
        for layer, label, count, *ids in self._query(sql, (text,)):
            found.append((layers[layer], label, count, [id for id in dict.fromkeys(ids) if id != besides]))
        found.sort(key=lambda row: (_standing_of(row[0]), -row[2], row[0].title, row[1]))
        return [
            Usage(layer.title, label, count, tuple(map(self._place, ids)) if number < PLACED else ())
            for number, (layer, label, count, ids) in enumerate(found)
        ]

    def _place(self, entity: str) -> Place:
        sql = (
            'SELECT a.title, a.text, e.start, e."end" FROM entities e JOIN articles a ON a.id = e.article'
            " WHERE e.id = ?"
        )
        title, text, start, end = self._query(sql, (entity,))[0]
        return Place(title, *around(text, start, end, CONTEXT))

    def rejections(self, text: str) -> list[tuple[str, str, int]]:
        """How often people rejected a label on a string: (layer's title, label, count), the most frequent first. Of a
        string that is suggested very often, the first `LOOKED_AT` places count."""
        rows = self._query(_REJECTIONS, (text, LOOKED_AT))
        return [(Layer(0, "", kind, name).title, label, count) for kind, name, label, count in rows]

    def pairs(self, head: str, tail: str) -> list[tuple[str, str, int]]:
        """How two strings, case as it is, were related so far: (layer's title, type, count), the most frequent first.
        Of a head that is labelled very often, the first `LOOKED_AT` places count."""
        layers = {layer.id: layer.title for layer in self.layers()}
        rows = self._query(_PAIRS, (head, LOOKED_AT, tail))
        return [(layers[layer], label, count) for layer, label, count in rows]

    def frequent(self, label: str, limit: int) -> list[tuple[str, int]]:
        """The strings that people gave a label most often in the articles they worked on last, with how often."""
        return [(text, count) for text, count in self._query(_FREQUENT, (LATELY, label, limit))]

    def frequent_pairs(self, label: str, limit: int) -> list[tuple[str, str, int]]:
        """The strings that people related most often by a type in the articles they worked on last, head and tail."""
        rows = self._query(_FREQUENT_PAIRS, (LATELY, label, limit))
        return [(head, tail, count) for head, tail, count in rows]

    def _tops(self, layer: Layer, before: int | None) -> tuple[int | None, int | None]:
        """The tops of the undo and redo stacks, now or before row `before`."""
        sql = "SELECT undo_top, redo_top FROM edits WHERE layer = ? AND seq < ? ORDER BY seq DESC LIMIT 1"
        rows = self._query(sql, (layer.id, before if before is not None else 1 << 62))
        return rows[0] if rows else (None, None)

    def _journal(
        self,
        layer: Layer,
        edit: Edit,
        articles: Mapping[str, int],
        undoes: int | None = None,
        of: str | None = None,
    ) -> int:
        article = next(iter(articles.values())) if len(articles) == 1 and edit.home is None else None
        changes = [[c.table, c.article, c.key, c.before, c.after] for c in edit.changes]
        body = {
            "layer": layer.uid,
            "says": edit.says,
            "focus": edit.focus,
            "home": edit.home,
            "of": of or edit.verb,
            "changes": changes,
        }
        sql = "INSERT INTO edits (id, layer, article, verb, at, undoes, changes) VALUES (?, ?, ?, ?, ?, ?, ?)"
        row = (edit.id, layer.id, article, edit.verb, edit.at, undoes, json.dumps(body, ensure_ascii=False))
        return int(self.connection.execute(sql, row).lastrowid or 0)

    def _articles_of(self, edit: Edit) -> dict[str, int]:
        """The ids of the articles that an edit names by their SHA-256."""
        found = {sha: self.find_article(sha) for sha in dict.fromkeys(c.article for c in edit.changes)}
        if None in found.values():
            raise StaleEdit("the article is not in the database any more")
        return {sha: id for sha, id in found.items() if id is not None}

    def _check(self, layer: Layer, edit: Edit, articles: Mapping[str, int]) -> None:
        for change in edit.changes:
            stands = self._standing(change, articles[change.article], layer)
            expected = None if change.before is None else _encoded(change.before)
            if change.table == "progress" and stands is None:
                stands = {name: _FRESH_PROGRESS[name] for name in expected or {}}
            if stands != expected:
                raise StaleEdit("this was changed elsewhere in the meantime")

    def _standing(self, change: Change, article: int, layer: Layer) -> dict[str, Any] | None:
        """The columns that the change names, as they are in the database; None when there is no row."""
        names = list(change.before or change.after or {})
        columns = ", ".join(f'"{name}"' for name in names)
        sql = f"SELECT {columns} FROM {change.table} WHERE article = ? AND layer = ?"
        if change.table in _KEY:
            rows = self._query(f"{sql} AND {_KEY[change.table]} = ?", (article, layer.id, change.key))
        else:
            rows = self._query(sql, (article, layer.id))
        return dict(zip(names, rows[0], strict=True)) if rows else None

    def _write(self, layer: Layer, edit: Edit, articles: Mapping[str, int]) -> None:
        for change in edit.changes:
            article = articles[change.article]
            if change.table == "progress":
                self._write_progress(change, article, layer)
            elif change.after is None:
                sql = (
                    f"DELETE FROM {change.table} WHERE article = ? AND layer = ? AND {_KEY[change.table]} = ?"
                )
                self.connection.execute(sql, (article, layer.id, change.key))
            elif change.before is None:
                row = {_KEY[change.table]: change.key, "article": article, "layer": layer.id}
                self._insert(change.table, row | _encoded(change.after))
            else:
                self._update(change, article, layer)

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))

    def _update(self, change: Change, article: int, layer: Layer) -> None:
        row = _encoded(change.after or {})
        columns = ", ".join(f'"{name}" = ?' for name in row)
        sql = f"UPDATE {change.table} SET {columns} WHERE article = ? AND layer = ? AND {_KEY[change.table]} = ?"
        self.connection.execute(sql, (*row.values(), article, layer.id, change.key))

    def _write_progress(self, change: Change, article: int, layer: Layer) -> None:
        self.connection.execute(
            "INSERT OR IGNORE INTO progress (layer, article) VALUES (?, ?)", (layer.id, article)
        )
        row = _encoded(change.after or {})
        columns = ", ".join(f'"{name}" = ?' for name in row)
        sql = f"UPDATE progress SET {columns} WHERE layer = ? AND article = ?"
        self.connection.execute(sql, (*row.values(), layer.id, article))

    # -- bulk ------------------------------------------------------------------------------------

    def articles_without(self, layer: Layer, first: int | None = None, limit: int = 50) -> list[int]:
        """Articles that a suggesting layer has not read yet, `first` in front, else in order of import."""
        sql = (
            "SELECT a.id FROM articles a WHERE NOT EXISTS (SELECT 1 FROM analyses n WHERE n.article = a.id"
            " AND n.layer = ?) ORDER BY a.id <> ?, a.id LIMIT ?"
        )
        return [row[0] for row in self._query(sql, (layer.id, first or 0, limit))]

    def write_suggestions(self, layer: Layer, batch: Sequence[Offered]) -> None:
        """Adds what a suggester found, in transactions of at most 500 rows with a pause between them.

        An article's analysis goes in with its last row, so that one cut short is not taken for read."""
        at = now()
        for part in _parts(batch):
            with self.writing() as connection:
                for piece in part:
                    self._write_piece(connection, layer, piece, at)
            time.sleep(PACE)

    def _write_piece(self, connection: sqlite3.Connection, layer: Layer, piece: _Piece, at: str) -> None:
        article = piece.offered.article
        if self._query("SELECT 1 FROM analyses WHERE article = ? AND layer = ?", (article, layer.id)):
            return
        if piece.first:
            for table in ("relations", "entities"):
                connection.execute(
                    f"DELETE FROM {table} WHERE article = ? AND layer = ?", (article, layer.id)
                )
        self.add_rows(article, layer, piece.entities, piece.relations, at)
        if piece.last:
            analysis = piece.offered.analysis
            found = compact({"sentences": analysis.sentences, "chunks": analysis.chunks})
            sql = "INSERT INTO analyses (article, layer, json) VALUES (?, ?, ?)"
            connection.execute(sql, (article, layer.id, found))

    def add_rows(
        self, article: int, layer: Layer, entities: Iterable[Entity], relations: Iterable[Relation], at: str
    ) -> None:
        """Adds entities and relations to a layer that nobody edits by hand, but for those that are there. Call inside
        `writing`."""
        self._add("INSERT OR IGNORE", layer, {article: Work(tuple(entities), tuple(relations))}, at)

    def import_works(self, layer: Layer, works: Mapping[int, Work]) -> None:
        """Adds what came in to a layer, by article: rows that are there already stay. A person must have no work on any
        of the articles; each gets a journal row, and there is no undo step. Call inside `writing`."""
        at = now()
        if layer.kind != "person":
            self._add("INSERT OR IGNORE", layer, works, at)
            return
        self._add("INSERT", layer, works, at)
        decisions = [
            (*_decision_columns(decision), article, layer.id)
            for article, work in works.items()
            for decision in work.decisions
        ]
        self._many(f"INSERT INTO decisions ({_DECISION}, article, layer)", decisions)
        self._import_progress(layer, works)
        self._journal_import(layer, works, at)

    def _add(self, verb: str, layer: Layer, works: Mapping[int, Work], at: str) -> None:
        """Inserts entities and relations, all of a kind at once. Most have nothing beside their label: half of the
        columns bound is a quarter of the time saved."""
        spans, entities, links, relations = (list[tuple[Any, ...]]() for _ in range(4))
        for article, work in works.items():
            for e in work.entities:
                if e[_BESIDE_SPAN] == _BARE_SPAN:
                    row = (e.id or new_id(), e.start, e.end, e.label, e.text, at, at, article, layer.id)
                    spans.append(row)
                else:
                    entities.append((*_entity_columns(e, at), article, layer.id))
            for r in work.relations:
                if r[_BESIDE_LINK] == _BARE_LINK:
                    links.append((r.id or new_id(), r.label, r.head, r.tail, at, at, article, layer.id))
                else:
                    relations.append((*_relation_columns(r, at), article, layer.id))
        when = "created_at, updated_at, article, layer"
        self._many(f'{verb} INTO entities (id, start, "end", label, text, {when})', spans)
        self._many(f"{verb} INTO entities ({_ENTITY}, article, layer)", entities)
        self._many(f"{verb} INTO relations (id, label, head, tail, {when})", links)
        self._many(f"{verb} INTO relations ({_RELATION}, article, layer)", relations)

    def _many(self, sql: str, rows: Sequence[tuple[Any, ...]], ending: str = "") -> None:
        """Inserts rows, if there are any; `sql` is without their values, which stand before `ending`."""
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"{sql} VALUES ({marks}){ending}", rows)

    def _import_progress(self, layer: Layer, works: Mapping[int, Work]) -> None:
        """Sets what an edit could change of it; where the person was in an article stays."""
        rows = [
            (*_progress_columns(work.progress), layer.id, article)
            for article, work in works.items()
            if work.progress != _FRESH
        ]
        self._many(
            "INSERT INTO progress (status, complete, flagged, note, labels, done_at, layer, article)",
            rows,
            " ON CONFLICT (layer, article) DO UPDATE SET status = excluded.status,"
            " complete = excluded.complete, flagged = excluded.flagged, note = excluded.note,"
            " labels = excluded.labels, done_at = excluded.done_at",
        )

    def _journal_import(self, layer: Layer, works: Mapping[int, Work], at: str) -> None:
        tops = self._tops(layer, None)
        rows = []
        for article, work in works.items():
            counts = {"entities": len(work.entities), "relations": len(work.relations)}
            says = f"imported {counts['entities']} entities, {counts['relations']} relations"
            body = compact({"layer": layer.uid, "says": says, "counts": counts, "changes": []})
            rows.append((new_id(), layer.id, article, "import", at, *tops, body))
        self._many("INSERT INTO edits (id, layer, article, verb, at, undo_top, redo_top, changes)", rows)

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of some ids that an entity or a relation has."""
        left, found = iter(ids), set[str]()
        while part := list(islice(left, PACED_ROWS)):
            marks, ends = ", ".join("?" * len(part)), (min(part), max(part))
            for table in ("entities", "relations"):
                # Ids that come together were mostly made together, and nobody has one in between.
                if self._query(f"SELECT 1 FROM {table} WHERE id BETWEEN ? AND ? LIMIT 1", ends):
                    rows = self._query(f"SELECT id FROM {table} WHERE id IN ({marks})", part)
                    found.update(id for (id,) in rows)
        return found

    def has_read(self, layer: Layer, article: int) -> bool:
        """Whether a layer that nobody edits has looked at an article or has anything on it."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM analyses WHERE article = ?1 AND layer = ?2) OR "
            "EXISTS (SELECT 1 FROM entities WHERE article = ?1 AND layer = ?2)"
        )
        return bool(self._query(sql, (article, layer.id))[0][0])

    def has_work(self, layer: Layer, article: int) -> bool:
        """Whether a person has entities, relations, decisions or a verdict on an article."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM entities WHERE article = ?1 AND layer = ?2) OR "
            "EXISTS (SELECT 1 FROM decisions WHERE article = ?1 AND layer = ?2) OR "
            "EXISTS (SELECT 1 FROM progress WHERE article = ?1 AND layer = ?2 AND "
            "(status <> 'open' OR flagged OR note IS NOT NULL OR labels <> '[]'))"
        )
        return bool(self._query(sql, (article, layer.id))[0][0])

    def worked_on(self, article: int) -> list[Layer]:
        """The people's and gold layers that have anything on an article."""
        return [x for x in self.layers() if x.kind in ("person", "gold") and self.has_work(x, article)]

    def integrity(self) -> list[str]:
        """What SQLite itself finds wrong: damaged pages and rows without the rows they name."""
        damage = [row[0] for row in self._query("PRAGMA integrity_check") if row[0] != "ok"]
        orphans = [
            f"{table} row {rowid} names a row of {parent} that is not there"
            for table, rowid, parent, _ in self._query("PRAGMA foreign_key_check")
        ]
        return damage + orphans

    def settings(self) -> dict[str, Any]:
        """The pragmas that durability rests on, as they are on this connection."""
        names = ("journal_mode", "synchronous", "foreign_keys", "user_version")
        return {name: self._query(f"PRAGMA {name}")[0][0] for name in names}


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

_ABOUT = """
'{"kind":"entity","label":' || json_quote(e.label) || ',"spans":' ||
    CASE e.fragments WHEN '' THEN '[[' || e.start || ',' || e."end" || ']]' ELSE e.fragments END || '}'
"""
"""What a decision on the entity `e` is about, as the model spells it."""

_REJECTIONS = f"""
SELECT p.kind, p.name, d.label, count(*) FROM layers p JOIN (
    SELECT DISTINCT e.article, e.label, {_ABOUT} AS about FROM (
        SELECT * FROM entities WHERE text = ? LIMIT ?) e
) d JOIN decisions x ON x.layer = p.id AND x.article = d.article AND x.about = d.about
WHERE p.kind IN ('person', 'gold') AND x.verdict = 'rejected'
GROUP BY p.id, d.label ORDER BY 4 DESC, p.id, d.label
"""

_JOURNAL = "seq, layer, article, verb, at, undoes, undo_top, redo_top, changes"

_ROWS = f"""
SELECT a.id, a.title, a.date, a.source, coalesce(p.status, 'open'), coalesce(p.flagged, 0),
    (SELECT count(*) FROM entities e WHERE e.article = a.id AND e.layer = ?),
    (SELECT count(*) FROM relations r WHERE r.article = a.id AND r.layer = ?),
    (SELECT count(DISTINCT json_array(e.start, e."end", e.label)) FROM entities e JOIN layers l ON l.id = e.layer
        WHERE e.article = a.id AND l.kind IN ('model', 'patterns', 'memory', 'import') AND e.layer <> ?
        AND l.id = (SELECT max(m.id) FROM layers m WHERE m.kind = l.kind AND m.name = l.name
            AND EXISTS (SELECT 1 FROM entities f WHERE f.article = a.id AND f.layer = m.id))
        AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.article = a.id AND d.layer = ? AND d.about = {_ABOUT})),
    (SELECT json_group_array(l.name) FROM layers l CROSS JOIN progress q
        WHERE l.kind IN ('person', 'gold') AND q.layer = l.id AND q.article = a.id AND q.status = 'done')
FROM articles a LEFT JOIN progress p ON p.article = a.id AND p.layer = ? WHERE a.id IN
"""

_FRESH_PROGRESS = {
    "status": "open",
    "complete": "[]",
    "flagged": 0,
    "note": None,
    "labels": "[]",
    "done_at": None,
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """As much of what was found in one article as goes into one transaction."""

    offered: Offered
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    first: bool
    last: bool

    @property
    def size(self) -> int:
        return len(self.entities) + len(self.relations) + self.last


def _standing_of(layer: Layer) -> int:
    """How much what a layer says counts when examples are shown, the most first."""
    return {"gold": 0, "person": 1}.get(layer.kind, 2)


def _pieces(offered: Offered) -> Iterator[_Piece]:
    rows = len(offered.entities) + len(offered.relations)
    step, count = PACED_ROWS - 1, len(offered.entities)
    for at in range(0, max(1, rows), step):
        relations = offered.relations[max(0, at - count) : max(0, at + step - count)]
        last = at + step >= rows
        yield _Piece(offered, offered.entities[at : at + step], relations, at == 0, last)


def _parts(batch: Sequence[Offered]) -> Iterator[list[_Piece]]:
    """The batch in parts of at most 500 rows."""
    part: list[_Piece] = []
    for piece in (piece for offered in batch for piece in _pieces(offered)):
        if part and sum(p.size for p in part) + piece.size > PACED_ROWS:
            yield part
            part = []
        part.append(piece)
    if part:
        yield part


def _inverse(row: JournalRow, verb: str) -> tuple[Edit, str]:
    """The edit that takes a journal row back, and the verb that the whole chain began with."""
    body = json.loads(row.changes)
    changes = tuple(Change(*change).inverse() for change in reversed(body["changes"]))
    edit = Edit(new_id(), verb, now(), changes, body["says"], body["focus"], body["home"])
    return edit, body["of"]


@contextmanager
def _stale_when_it_does_not_fit() -> Iterator[None]:
    """Two windows that add the same thing find out by a constraint."""
    try:
        yield
    except StoreError as error:
        if isinstance(error.__cause__, sqlite3.IntegrityError):
            raise StaleEdit(f"something else took its place in the meantime ({error.__cause__})") from error
        raise


def _encoded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A journal row with the values as the columns hold them."""
    return {name: _column(name, value) for name, value in row.items()}


def _column(name: str, value: Any) -> Any:
    if name == "fragments":
        return compact(value) if value else ""
    if name in _JSON_COLUMNS:
        return None if value is None else compact(value)
    return int(value) if name == "flagged" else value


def _entity(row: tuple[Any, ...]) -> Entity:
    id, start, end, label, text, fragments, score, attributes, *rest = row
    pieces = tuple((s, e) for s, e in json.loads(fragments)) if fragments else ()
    return Entity(id, start, end, label, text, pieces, score, attributes and json.loads(attributes), *rest)


def _relation(row: tuple[Any, ...]) -> Relation:
    id, label, head, tail, score, attributes, *rest = row
    return Relation(id, label, head, tail, score, attributes and json.loads(attributes), *rest)


@lru_cache(maxsize=1024)
def _sources(column: str) -> tuple[str, ...]:
    """The titles of the layers; the same few lists stand in thousands of rows."""
    return tuple(json.loads(column))


def _decision(row: tuple[Any, ...]) -> Decision:
    about, verdict, result, via, sources, at, ms = row
    return Decision(about, verdict, result, via, _sources(sources), at, ms)


_BESIDE_SPAN = slice(Entity._fields.index("fragments"), Entity._fields.index("created_at"))
_BARE_SPAN = Entity("", 0, 0, "", "")[_BESIDE_SPAN]
_BESIDE_LINK = slice(Relation._fields.index("score"), Relation._fields.index("created_at"))
_BARE_LINK = Relation("", "", "", "")[_BESIDE_LINK]


_FRESH = Progress()


def _progress_columns(progress: Progress) -> tuple[Any, ...]:
    """What an edit could change."""
    complete, labels = _texts_column(progress.complete), _texts_column(progress.labels)
    return progress.status, complete, int(progress.flagged), progress.note, labels, progress.done_at


@lru_cache(maxsize=1024)
def _texts_column(texts: tuple[str, ...]) -> str:
    return compact(texts)


def _decision_columns(decision: Decision) -> tuple[Any, ...]:
    sources = _texts_column(decision.sources)
    return decision.about, decision.verdict, decision.result, decision.via, sources, decision.at, decision.ms


def _entity_columns(entity: Entity, at: str) -> tuple[Any, ...]:
    return (
        entity.id or new_id(),
        entity.start,
        entity.end,
        entity.label,
        entity.text,
        _column("fragments", entity.fragments),
        entity.score,
        _column("attributes", entity.attributes),
        entity.link,
        entity.note,
        entity.cluster,
        entity.copy_of,
        at,
        at,
    )


def _relation_columns(relation: Relation, at: str) -> tuple[Any, ...]:
    return (
        relation.id or new_id(),
        relation.label,
        relation.head,
        relation.tail,
        relation.score,
        _column("attributes", relation.attributes),
        relation.note,
        at,
        at,
    )
