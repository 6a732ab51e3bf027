"""The tables, as raw SQL inside sqlite-utils migrations.

Invariant: each migration runs in one transaction with the record that it ran, and sets `user_version`, so that a
start that finds the newest version (`connect.VERSION`) needs no sqlite-utils at all. SQLite 3.37 or newer (STRICT).
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("postil")

TABLES = """
CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    date TEXT,
    text TEXT NOT NULL,
    meta TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(meta)),
    added_at TEXT NOT NULL
) STRICT;
CREATE INDEX articles_list ON articles (title, date, source);
CREATE TRIGGER articles_are_immutable BEFORE UPDATE ON articles
BEGIN SELECT RAISE(ABORT, 'an article is immutable once imported'); END;

CREATE TABLE layers (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'model', 'patterns', 'memory', 'import', 'gold')),
    name TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    UNIQUE (kind, name, version)
) STRICT;

CREATE TABLE analyses (
    article INTEGER NOT NULL REFERENCES articles (id),
    layer INTEGER NOT NULL REFERENCES layers (id),
    json TEXT NOT NULL CHECK (json_valid(json)),
    PRIMARY KEY (article, layer)
) STRICT, WITHOUT ROWID;

CREATE TABLE entities (
    id TEXT PRIMARY KEY NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (id),
    layer INTEGER NOT NULL REFERENCES layers (id),
    start INTEGER NOT NULL CHECK (start >= 0),
    "end" INTEGER NOT NULL CHECK ("end" > start),
    label TEXT NOT NULL CHECK (label <> ''),
    text TEXT NOT NULL,
    fragments TEXT NOT NULL DEFAULT '',
    score REAL,
    attributes TEXT CHECK (attributes IS NULL OR json_valid(attributes)),
    link TEXT,
    note TEXT,
    cluster TEXT,
    copy_of TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (article, layer, start, "end", label, fragments),
    UNIQUE (id, article, layer)
) STRICT, WITHOUT ROWID;

CREATE INDEX entities_copies ON entities (layer, copy_of) WHERE copy_of IS NOT NULL;

CREATE INDEX entities_text ON entities (text, layer, label);

CREATE TABLE relations (
    id TEXT PRIMARY KEY NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (id),
    layer INTEGER NOT NULL REFERENCES layers (id),
    label TEXT NOT NULL CHECK (label <> ''),
    head TEXT NOT NULL,
    tail TEXT NOT NULL CHECK (tail <> head),
    score REAL,
    attributes TEXT CHECK (attributes IS NULL OR json_valid(attributes)),
    note TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (layer, label, head, tail),
    FOREIGN KEY (head, article, layer) REFERENCES entities (id, article, layer) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (tail, article, layer) REFERENCES entities (id, article, layer) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX relations_article ON relations (article, layer);
CREATE INDEX relations_head ON relations (head);
CREATE INDEX relations_tail ON relations (tail);

CREATE TABLE decisions (
    layer INTEGER NOT NULL REFERENCES layers (id),
    article INTEGER NOT NULL REFERENCES articles (id),
    about TEXT NOT NULL CHECK (json_valid(about)),
    verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'changed', 'rejected', 'superseded')),
    result TEXT CHECK ((result IS NOT NULL) = (verdict IN ('accepted', 'changed'))),
    via TEXT NOT NULL CHECK (via IN ('key', 'bulk', 'done', 'relate', 'import')),
    sources TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(sources)),
    at TEXT NOT NULL,
    ms INTEGER,
    PRIMARY KEY (layer, article, about)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
    layer INTEGER NOT NULL REFERENCES layers (id),
    article INTEGER NOT NULL REFERENCES articles (id),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'skipped')),
    complete TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(complete)),
    flagged INTEGER NOT NULL DEFAULT 0 CHECK (flagged IN (0, 1)),
    note TEXT,
    labels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(labels)),
    place INTEGER NOT NULL DEFAULT 0 CHECK (place >= 0),
    read_to INTEGER NOT NULL DEFAULT 0 CHECK (read_to >= 0),
    seconds REAL NOT NULL DEFAULT 0,
    keystrokes INTEGER NOT NULL DEFAULT 0,
    opened_at TEXT,
    done_at TEXT CHECK ((done_at IS NOT NULL) = (status = 'done')),
    PRIMARY KEY (layer, article)
) STRICT, WITHOUT ROWID;

CREATE TABLE edits (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    layer INTEGER NOT NULL REFERENCES layers (id),
    article INTEGER REFERENCES articles (id),
    verb TEXT NOT NULL,
    at TEXT NOT NULL,
    undoes INTEGER REFERENCES edits (seq),
    undo_top INTEGER REFERENCES edits (seq),
    redo_top INTEGER REFERENCES edits (seq),
    changes TEXT NOT NULL CHECK (json_valid(changes))
) STRICT;
CREATE INDEX edits_layer ON edits (layer, seq);
CREATE INDEX edits_article ON edits (article, layer);
"""


@migrations()
def m001_tables(db: Database) -> None:
    """The tables of the first release."""
    for statement in _statements(TABLES):
        db.execute(statement)
    db.execute("PRAGMA user_version = 1")


def _statements(script: str) -> list[str]:
    """The statements of a script; a trigger's body stays whole."""
    found, buffer = [], ""
    for line in script.splitlines():
        buffer += line + "\n"
        if sqlite3.complete_statement(buffer):
            found.append(buffer.strip())
            buffer = ""
    return found
