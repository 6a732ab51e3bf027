"""The database: the one door for edits, the journal, and the reads that sessions need.

Invariant: `apply`, `undo` and `redo` are the only ways to change a person's layer while people work; each is one
transaction that holds the rows, the decision and the journal entry, and is on disk when the call returns.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from ulid import ULID

from annotations.columns import (
    DECISION,
    ENTITY,
    PROGRESS,
    RELATION,
    decision_of,
    encoded,
    entity_of,
    relation_of,
)
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

if TYPE_CHECKING:
    from sqlite_utils import Database

PACED_ROWS = 500
"""Rows that a bulk writer puts into one transaction while people work."""

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

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Waits at most so long for another program's lock meanwhile."""
        [(before,)] = self.query("PRAGMA busy_timeout")
        self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {before}")

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

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT. StoreError in the words of `connect.explained`."""
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
        rows = self.query(sql + " ORDER BY id", (kind, name))
        layers = [Layer(*row) for row in rows if version is None or row[4] == version]
        return layers[-1] if layers else None

    def layers(self, kind: str | None = None) -> list[Layer]:
        """All layers, or those of one kind, in order of making."""
        rows = self.query("SELECT id, uid, kind, name, version FROM layers ORDER BY id")
        return [layer for layer in (Layer(*row) for row in rows) if kind in (None, layer.kind)]

    def article(self, id: int) -> Article:
        """The article of that id. StoreError when there is none."""
        rows = self.query(
            "SELECT id, sha256, source, title, date, text, meta FROM articles WHERE id = ?", (id,)
        )
        if not rows:
            raise StoreError(f"there is no article {id} in {self.path}")
        *columns, meta = rows[0]
        return Article(*(*columns, json.loads(meta)))

    def find_article(self, sha256: str) -> int | None:
        """The id of the article with that SHA-256, None when it is not here."""
        rows = self.query("SELECT id FROM articles WHERE sha256 = ?", (sha256,))
        return rows[0][0] if rows else None

    def article_ids(self, layer: Layer, where: str = "1", parameters: Sequence[Any] = ()) -> list[int]:
        """Ids of the articles that a compiled query selects for a person, in order of import."""
        sql = (
            "SELECT a.id FROM articles a LEFT JOIN progress p ON p.article = a.id AND p.layer = ?"
            f" WHERE {where} ORDER BY a.id"
        )
        return [row[0] for row in self.query(sql, (layer.id, *parameters))]

    def all_articles(self) -> list[int]:
        """The ids of all articles, in order of import."""
        return [row[0] for row in self.query("SELECT id FROM articles ORDER BY id")]

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
        while rows := self.query(sql, (layer.id, beyond)):
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
        return int(self.query("SELECT id FROM articles WHERE sha256 = ?", (sha,))[0][0]), False

    def rows(self, layer: Layer, ids: Sequence[int]) -> list[Row]:
        """The library lines of some articles, in the order of `ids`."""
        found: dict[int, Row] = {}
        for part in (ids[i : i + PACED_ROWS] for i in range(0, len(ids), PACED_ROWS)):
            marks = ", ".join("?" * len(part))
            for row in self.query(f"{_ROWS} ({marks})", [*[layer.id] * 5, *part]):
                *columns, flagged, entities, relations, suggested, who = row
                counts = (bool(flagged), entities, relations, suggested)
                found[row[0]] = Row(*(*columns, *counts, tuple(json.loads(who))))
        return [found[id] for id in ids if id in found]

    # -- one article for one person --------------------------------------------------------------

    def entities(self, article: int, layer: int) -> list[Entity]:
        """The entities of one layer on one article."""
        sql = f"SELECT {ENTITY} FROM entities WHERE article = ? AND layer = ?"
        return [entity_of(row) for row in self.query(sql, (article, layer))]

    def relations(self, article: int, layer: int) -> list[Relation]:
        """The relations of one layer on one article."""
        sql = f"SELECT {RELATION} FROM relations WHERE article = ? AND layer = ?"
        return [relation_of(row) for row in self.query(sql, (article, layer))]

    def decisions(self, article: int, layer: int) -> list[Decision]:
        """One person's decisions on one article."""
        sql = f"SELECT {DECISION} FROM decisions WHERE article = ? AND layer = ?"
        return [decision_of(row) for row in self.query(sql, (article, layer))]

    def progress(self, article: int, layer: int) -> Progress:
        """How far one person is with one article."""
        sql = f"SELECT {PROGRESS} FROM progress WHERE article = ? AND layer = ?"
        rows = self.query(sql, (article, layer))
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
        found = [Layer(*row) for row in self.query(sql, (layer.id, article, article))]
        return list({(x.kind, x.name): x for x in found if x.kind in SUGGESTING_KINDS}.values())

    def analysis(self, article: int) -> Analysis | None:
        """The newest model's sentence and noun-chunk edges; None while no model has read the article."""
        sql = (
            "SELECT n.json FROM analyses n JOIN layers l ON l.id = n.layer"
            " WHERE n.article = ? AND l.kind = 'model' ORDER BY l.id DESC LIMIT 1"
        )
        rows = self.query(sql, (article,))
        if not rows:
            return None
        found = json.loads(rows[0][0])
        sentences, chunks = (
            tuple((s, e) for s, e in found.get(name, ())) for name in ("sentences", "chunks")
        )
        return Analysis(sentences, chunks)

    def readers(self, article: int) -> set[tuple[str, str]]:
        """Kind and name of the models and pattern files that have read an article, in whatever version."""
        sql = "SELECT l.kind, l.name FROM analyses n JOIN layers l ON l.id = n.layer WHERE n.article = ?"
        return {(kind, name) for kind, name in self.query(sql, (article,))}

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

    def settled(self, layer: Layer) -> int:
        """How many articles a person has settled."""
        sql = "SELECT count(*) FROM progress WHERE layer = ? AND status = 'done'"
        return int(self.query(sql, (layer.id,))[0][0])

    def last_opened(self, layer: Layer) -> int | None:
        """The article that the person opened last, None at the first start."""
        sql = "SELECT article FROM progress WHERE layer = ? AND opened_at IS NOT NULL ORDER BY opened_at DESC LIMIT 1"
        rows = self.query(sql, (layer.id,))
        return rows[0][0] if rows else None

    def newest_edits(self, layers: Sequence[int]) -> tuple[int, ...]:
        """The number of the newest journal row of each layer, 0 where there is none."""
        sql = "SELECT coalesce(max(seq), 0) FROM edits WHERE layer = ?"
        return tuple(self.query(sql, (layer,))[0][0] for layer in layers)

    def sizes(self, article: int) -> tuple[tuple[int, int], ...]:
        """How many entities each layer has on an article, and which models have read it."""
        counts = self.query(
            "SELECT layer, count(*) FROM entities WHERE article = ? GROUP BY layer", (article,)
        )
        read = self.query("SELECT layer, -1 FROM analyses WHERE article = ?", (article,))
        return tuple(sorted((layer, count) for layer, count in counts + read))

    def copied_to(self, layer: Layer, origin: str) -> list[int]:
        """Ids of the articles that have copies of an entity, in order of import."""
        sql = "SELECT DISTINCT article FROM entities WHERE layer = ? AND copy_of = ? ORDER BY article"
        return [row[0] for row in self.query(sql, (layer.id, origin))]

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
            if self.query(sql, (layer.id, seen, article)):
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
                undo_top, redo_top = self.tops(layer, None)
                seq = undo_top if verb == "undo" else redo_top
                if seq is None:
                    raise Refused(f"nothing to {verb}")
                row, seen = self.journal_row(seq), self.newest_edits([layer.id])[0]
                edit, first_verb = _inverse(row, verb)
                articles = self._articles_of(edit)
                self._check(layer, edit, articles)
                self._write(layer, edit, articles)
                below = self.tops(layer, seq)
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
        return JournalRow(*self.query(sql, (seq,))[0])

    def journal(self, layer: Layer) -> Iterator[JournalRow]:
        """A person's journal, oldest first."""
        for row in self.query(f"SELECT {_JOURNAL} FROM edits WHERE layer = ? ORDER BY seq", (layer.id,)):
            yield JournalRow(*row)

    def journal_of(self, layer: Layer, article: Article) -> list[JournalRow]:
        """What a person's journal says of one article, oldest first; rows of many articles where they name it."""
        sql = (
            f"SELECT {_JOURNAL} FROM edits WHERE layer = ?1 AND article = ?2 UNION ALL"
            f" SELECT {_JOURNAL} FROM edits WHERE layer = ?1 AND article IS NULL AND instr(changes, ?3) ORDER BY seq"
        )
        return [JournalRow(*row) for row in self.query(sql, (layer.id, article.id, article.sha256))]

    def tops(self, layer: Layer, before: int | None) -> tuple[int | None, int | None]:
        """The tops of the undo and redo stacks, now or before row `before`."""
        sql = "SELECT undo_top, redo_top FROM edits WHERE layer = ? AND seq < ? ORDER BY seq DESC LIMIT 1"
        rows = self.query(sql, (layer.id, before if before is not None else 1 << 62))
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
            expected = None if change.before is None else encoded(change.before)
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
            rows = self.query(f"{sql} AND {_KEY[change.table]} = ?", (article, layer.id, change.key))
        else:
            rows = self.query(sql, (article, layer.id))
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
                self._insert(change.table, row | encoded(change.after))
            else:
                self._update(change, article, layer)

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))

    def _update(self, change: Change, article: int, layer: Layer) -> None:
        row = encoded(change.after or {})
        columns = ", ".join(f'"{name}" = ?' for name in row)
        sql = f"UPDATE {change.table} SET {columns} WHERE article = ? AND layer = ? AND {_KEY[change.table]} = ?"
        self.connection.execute(sql, (*row.values(), article, layer.id, change.key))

    def _write_progress(self, change: Change, article: int, layer: Layer) -> None:
        self.connection.execute(
            "INSERT OR IGNORE INTO progress (layer, article) VALUES (?, ?)", (layer.id, article)
        )
        row = encoded(change.after or {})
        columns = ", ".join(f'"{name}" = ?' for name in row)
        sql = f"UPDATE progress SET {columns} WHERE layer = ? AND article = ?"
        self.connection.execute(sql, (*row.values(), layer.id, article))

    def has_read(self, layer: Layer, article: int) -> bool:
        """Whether a layer that nobody edits has looked at an article or has anything on it."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM analyses WHERE article = ?1 AND layer = ?2) OR "
            "EXISTS (SELECT 1 FROM entities WHERE article = ?1 AND layer = ?2)"
        )
        return bool(self.query(sql, (article, layer.id))[0][0])

    def has_work(self, layer: Layer, article: int) -> bool:
        """Whether a person has entities, relations, decisions or a verdict on an article."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM entities WHERE article = ?1 AND layer = ?2) OR "
            "EXISTS (SELECT 1 FROM decisions WHERE article = ?1 AND layer = ?2) OR "
            "EXISTS (SELECT 1 FROM progress WHERE article = ?1 AND layer = ?2 AND "
            "(status <> 'open' OR flagged OR note IS NOT NULL OR labels <> '[]'))"
        )
        return bool(self.query(sql, (article, layer.id))[0][0])

    def worked_on(self, article: int) -> list[Layer]:
        """The people's and gold layers that have anything on an article."""
        return [x for x in self.layers() if x.kind in ("person", "gold") and self.has_work(x, article)]

    def integrity(self) -> list[str]:
        """What SQLite itself finds wrong: damaged pages and rows without the rows they name."""
        damage = [row[0] for row in self.query("PRAGMA integrity_check") if row[0] != "ok"]
        orphans = [
            f"{table} row {rowid} names a row of {parent} that is not there"
            for table, rowid, parent, _ in self.query("PRAGMA foreign_key_check")
        ]
        return damage + orphans

    def settings(self) -> dict[str, Any]:
        """The pragmas that durability rests on, as they are on this connection."""
        names = ("journal_mode", "synchronous", "foreign_keys", "user_version")
        return {name: self.query(f"PRAGMA {name}")[0][0] for name in names}


ABOUT = """
'{"kind":"entity","label":' || json_quote(e.label) || ',"spans":' ||
    CASE e.fragments WHEN '' THEN '[[' || e.start || ',' || e."end" || ']]' ELSE e.fragments END || '}'
"""
"""What a decision on the entity `e` is about, as the model spells it."""

_JOURNAL = "seq, layer, article, verb, at, undoes, undo_top, redo_top, changes"

_ROWS = f"""
SELECT a.id, a.title, a.date, a.source, coalesce(p.status, 'open'), coalesce(p.flagged, 0),
    (SELECT count(*) FROM entities e WHERE e.article = a.id AND e.layer = ?),
    (SELECT count(*) FROM relations r WHERE r.article = a.id AND r.layer = ?),
    (SELECT count(DISTINCT json_array(e.start, e."end", e.label)) FROM entities e JOIN layers l ON l.id = e.layer
        WHERE e.article = a.id AND l.kind IN ('model', 'patterns', 'memory', 'import') AND e.layer <> ?
        AND l.id = (SELECT max(m.id) FROM layers m WHERE m.kind = l.kind AND m.name = l.name
            AND EXISTS (SELECT 1 FROM entities f WHERE f.article = a.id AND f.layer = m.id))
        AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.article = a.id AND d.layer = ? AND d.about = {ABOUT})),
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
