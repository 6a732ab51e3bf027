"""CSV tables for spreadsheets and data frames: articles, entities, relations, and what was suggested and is neither.

Invariant: the tables say all that a line of postil JSONL says, in the same order; every row of an article stands
together, and the article tells how many there are in each table, so that none is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO, Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import postil, records
from annotations.formats.base import Format, Head, Output, Reading, Source
from annotations.formats.records import Bad
from annotations.formats.rows import header, table
from annotations.model import compact

_MORE = ("attributes", "note", "origin_layer", "origin_verdict")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "articles": (
        *(
            "doc_id",
            "text",
            "title",
            "date",
            "source",
            "annotator",
            "status",
            "complete",
            "labels",
            "flagged",
        ),
        *("note", "meta", "entities", "relations", "suggestions"),
    ),
    "entities": (
        *("doc_id", "ent_id", "start", "end", "label", "text", "annotator", "status", "score", "fragments"),
        *("link", "cluster", "copy_of", *_MORE),
    ),
    "relations": (
        *("doc_id", "rel_id", "type", "head_id", "tail_id", "head_text", "tail_text"),
        *("annotator", "status", "score", *_MORE),
    ),
    "suggestions": (
        *("doc_id", "relation", "label", "start", "end", "text", "fragments"),
        *("tail_label", "tail_start", "tail_end", "tail_text", "tail_fragments"),
        *("annotator", "status", "layer", "why", "result", "score"),
    ),
}
"""The columns of each table, in order. `doc_id` is the SHA-256 of the text; start and end are code points, half-open;
fragments, attributes, complete, labels and meta are JSON."""

SAFE = "excel_safe"
"""The column more that tables have in which no cell begins as a formula does."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SAFE_FORMULA = re.compile(r"'+[=+\-@\t\r]")
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')

Row = Mapping[str, Any]


# --- writing


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes the tables side by side; nothing is lost."""
    safe, mark = out.writing.excel_safe, b"\xef\xbb\xbf" if out.writing.bom else b""
    with ExitStack() as stack:
        files = {name: stack.enter_context(out.file(f"{name}.csv")) for name in COLUMNS}
        for name, columns in COLUMNS.items():
            files[name].write(mark + _line([*columns, SAFE] if safe else columns))
        for document in documents:
            tables = _tables(postil.record_of(document, out.writing.symmetric))
            for name, rows in tables.items():
                files[name].writelines(_written(row, COLUMNS[name], safe) for row in rows)


def _written(row: Row, columns: tuple[str, ...], safe: bool) -> bytes:
    cells = [_cell(row.get(column), safe) for column in columns]
    return _line([*cells, "1"] if safe else cells)


def _cell(value: Any, safe: bool) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if safe and _FORMULA.match(value) else value
        case bool():
            return "1" if value else ""
        case int() | float():
            return str(value)
    return compact(value) if value else ""


def _line(cells: Iterable[str]) -> bytes:
    """Our own, because Python's leaves a bare carriage return without quotes in some versions."""
    quoted = ('"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in cells)
    return (",".join(quoted) + "\n").encode()


def _tables(record: Row) -> dict[str, Sequence[Row]]:
    """The rows of one article in each table."""
    told = {"doc_id": record["id"], "annotator": record["annotator"], "status": record["status"]}
    texts = {entity["id"]: entity["text"] for entity in record["entities"]}
    entities = [{**_common(row), "ent_id": row["id"], **told} for row in record["entities"]]
    relations = [_relation_row(row, texts) | told for row in record["relations"]]
    offered = [{**row, "why": "pending"} for row in record.get("pending", ())]
    suggestions = [_suggestion_row(row, record["text"]) | told for row in (*record["rejected"], *offered)]
    meta = dict(record["meta"])
    said = {key: meta.pop(key) for key in ("title", "date", "source") if type(meta.get(key)) is str}
    counts = {"entities": len(entities), "relations": len(relations), "suggestions": len(suggestions)}
    article = {**record, **said, **told, **counts, "meta": meta}
    return {"articles": [article], "entities": entities, "relations": relations, "suggestions": suggestions}


def _common(row: Row) -> dict[str, Any]:
    origin = row.get("origin", {})
    return {**row, "origin_layer": origin.get("layer"), "origin_verdict": origin.get("verdict")}


def _relation_row(row: Row, texts: Mapping[str, str]) -> dict[str, Any]:
    head, tail = row["head"], row["tail"]
    ends = {"head_id": head, "tail_id": tail, "head_text": texts[head], "tail_text": texts[tail]}
    return {**_common(row), "rel_id": row["id"], "type": row["label"], **ends}


def _suggestion_row(row: Row, text: str) -> dict[str, Any]:
    found = {key: row.get(key) for key in ("relation", "layer", "why", "result", "score")}
    head = row.get("head", row)
    found |= {key: head.get(key) for key in ("label", "start", "end", "fragments")}
    found["text"] = text[head["start"] : head["end"]]
    if "tail" in row:
        tail = row["tail"]
        found |= {f"tail_{key}": tail.get(key) for key in ("label", "start", "end", "fragments")}
        found["tail_text"] = text[tail["start"] : tail["end"]]
    return found


# --- reading


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each row of the table of articles, with its rows of the other tables, which lie beside it; of
    another table nothing where the folder is read."""
    try:
        yield from _read(source, reading)
    except BadFile as error:
        yield error


def _read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    articles = table(source, reading.encoding, _is_ours)
    if _name_of(articles.columns) != "articles":
        if source.root is None:
            raise BadFile(f"{source.name} is read with the articles that it belongs to: name articles.csv")
        return
    with ExitStack() as stack:
        parts = {
            name: _Part(name, stack, source, reading) for name in ("entities", "relations", "suggestions")
        }

        def take(row: dict[str, str], place: str) -> Incoming:
            return postil.incoming_of(_record(_Cells(row), parts), place, reading.symmetric)

        def split(file: IO[bytes]) -> Iterator[tuple[int, dict[str, str] | Bad]]:
            for number, row in articles.rows(file):
                for part in parts.values():
                    part.astray |= isinstance(row, Bad)
                yield number, row

        yield from records.taken(source, split, take, "row")
        for part in parts.values():
            if part.place:
                yield BadFile(f"{part.place}: its article is not in {source.name}, or not at this place")


def _is_ours(columns: tuple[str, ...]) -> bool:
    return bool(_name_of(columns))


def _name_of(columns: tuple[str, ...]) -> str:
    plain = tuple(column for column in columns if column != SAFE)
    return next((name for name, ours in COLUMNS.items() if ours == plain), "")


class _Cells:
    """The cells of a row as values; an empty one is None. Raises Bad."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row, self._safe = row, SAFE in row

    def text(self, column: str) -> str | None:
        """A text."""
        cell = self._row[column]
        return (cell[1:] if self._safe and _SAFE_FORMULA.match(cell) else cell) or None

    def value(self, column: str, empty: Any = None) -> Any:
        """A number, a list or an object."""
        return records.value_of(self._row[column]) if self._row[column] else empty

    def count(self, column: str) -> int:
        """How many rows there are elsewhere."""
        return records.get({column: self.value(column, 0)}, column, int)

    def row(self, texts: Mapping[str, str], values: Iterable[str]) -> dict[str, Any]:
        """What the columns say that are not empty: texts under other names, and values."""
        found = {key: self.text(column) for column, key in texts.items()}
        found |= {column: self.value(column) for column in values}
        return {key: value for key, value in found.items() if value is not None}

    @property
    def key(self) -> tuple[str | None, str | None]:
        """Whose work on which article."""
        return self.text("doc_id"), self.text("annotator")


class _Part:
    """The rows of a table that go with articles, one article after the other. `astray` says that the rows that come
    next may belong to an article that could not be read."""

    def __init__(self, name: str, stack: ExitStack, articles: Source, reading: Reading) -> None:
        if articles.path is None:
            raise BadFile(f"{articles.name}: the tables belong together: name their folder")
        source = Source.of(articles.path.with_name(f"{name}.csv"))
        found = table(source, reading.encoding, lambda columns: _name_of(columns) == name)
        self._rows, self._name = found.rows(stack.enter_context(source.open())), source.name
        self._row: dict[str, str] | Bad | None = None
        self.astray, self.wrong = False, ""
        self._pass()

    def _pass(self) -> None:
        self._number, self._row = next(self._rows, (0, None))

    @property
    def place(self) -> str:
        """Where the next row is, "" when there is none."""
        return f"{self._name}, row {self._number}" if self._row is not None else ""

    def of(self, article: _Cells, count: int) -> list[_Cells]:
        """The rows of an article, which says how many there are. Notes what is wrong with them in `wrong`."""
        found, self.wrong = [], ""
        while self._row is not None:
            if isinstance(self._row, Bad):
                self.wrong = self.wrong or f"{self.place}: {self._row}"
            elif (cells := _Cells(self._row)).key == article.key:
                found.append(cells)
            elif found or not (self.astray and count):
                break
            self._pass()
        self.astray = False
        if len(found) != count and not self.wrong:
            self.wrong = (
                f"{self._name} has {len(found)} of its {count} rows here: keep the rows and their order"
            )
        return found


_ORIGIN = {"origin_layer": "layer", "origin_verdict": "verdict"}
_ENTITY = {name: name for name in ("label", "text", "link", "cluster", "copy_of", "note")} | {"ent_id": "id"}
_RELATION = {"rel_id": "id", "type": "label", "head_id": "head", "tail_id": "tail", "note": "note"}


def _record(article: _Cells, parts: Mapping[str, _Part]) -> dict[str, Any]:
    """The article and its rows as a line of postil JSONL has them."""
    entities, relations, suggestions = (part.of(article, article.count(name)) for name, part in parts.items())
    if wrong := next((part.wrong for part in parts.values() if part.wrong), ""):
        raise Bad(wrong)
    said = article.row({name: name for name in ("title", "date", "source")}, ())
    return {
        "format": postil.VERSION,
        "id": article.text("doc_id"),
        "text": article.text("text"),
        "meta": article.value("meta", {}) | said,
        "annotator": article.text("annotator"),
        "status": article.text("status"),
        "entities": [
            _origin(cells) | cells.row(_ENTITY, ("start", "end", "score", "fragments", "attributes"))
            for cells in entities
        ],
        "relations": [_origin(cells) | cells.row(_RELATION, ("score", "attributes")) for cells in relations],
        "rejected": [_suggestion(cells) for cells in suggestions if cells.text("why") != "pending"],
        "complete": article.value("complete", []),
        "labels": article.value("labels", []),
        "note": article.text("note"),
        "flagged": bool(article.value("flagged")),
    }


def _origin(cells: _Cells) -> dict[str, Any]:
    origin = cells.row(_ORIGIN, ())
    return {"origin": origin} if origin else {}


def _suggestion(cells: _Cells) -> dict[str, Any]:
    ends = [
        cells.row({f"{side}label": f"{side}label"}, (f"{side}start", f"{side}end", f"{side}fragments"))
        for side in ("", "tail_")
    ]
    head, tail = ({key.removeprefix("tail_"): value for key, value in end.items()} for end in ends)
    place = {"head": head, "tail": tail} if tail else head
    names = {name: name for name in ("relation", "layer", "why", "result")}
    return {"layer": ""} | cells.row(names, ()) | place


def _recognises(head: Head) -> bool:
    return head.text.startswith(("doc_id", '"doc_id')) and header(head.name, head.text, _is_ours) is not None


FORMAT = Format(
    "csv", "CSV tables of entities and relations", (".csv",), read, write, _recognises, folder=True
)
