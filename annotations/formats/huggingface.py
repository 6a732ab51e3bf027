"""Token classification as Hugging Face's example trainers load it: a sentence a line, with a tag for each token.

Invariant: every line is an object of "id", "tokens" and "ner_tags", of which the latter two are lists of texts of one
length; the sentences of an article follow each other, and their ids say which article and which of its sentences they
are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any

from annotations.documents import Document, Incoming
from annotations.errors import BadFile
from annotations.formats import records, tagged
from annotations.formats.base import Format, Head, Output, Reading, Source, check_sides, for_dev, side_names
from annotations.formats.records import Bad, get
from annotations.formats.tagged import BESIDE, OUTSIDE, Read, write_columns, write_offsets

# -- out ----------------------------------------------------------------------------------------------


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes train.json and, unless `Writing.dev` is 0, dev.json, each with the offsets of its tokens beside it; see
    `tagged.tagged` for losses. A tag that stands in dev.json alone is named as one: trainers collect their tags from
    train.json. Raises PostilError when a side would be empty."""
    share = out.writing.dev
    with ExitStack() as stack:
        sides = {
            name: _Side(
                stack.enter_context(out.file(f"{name}.json")), stack.enter_context(out.file(name + BESIDE))
            )
            for name in side_names(share)
        }
        for document in documents:
            sides["dev" if for_dev(document.article, share) else "train"].add(document, out)
    _check(sides, out)


class _Side:
    """One of the files, with its offsets, and the first article of each tag in it."""

    def __init__(self, file: IO[bytes], offsets: IO[bytes]) -> None:
        self._file, self._offsets = file, offsets
        self.articles = 0
        self.tags: dict[str, Document] = {}
        write_columns(offsets)

    def add(self, document: Document, out: Output) -> None:
        """Writes an article."""
        article = tagged.tagged(document, out, "iob2")
        self.articles += 1
        for number, sentence in enumerate(article.sentences):
            tokens, tags = zip(*sentence, strict=True)
            for tag in tags:
                self.tags.setdefault(tag, document)
            id = f"{document.article.sha256}/{number}"
            self._file.write(records.encoded({"id": id, "tokens": tokens, "ner_tags": tags}))
        write_offsets(self._offsets, article.tokenised)


def _check(sides: dict[str, _Side], out: Output) -> None:
    check_sides({name: side.articles for name, side in sides.items()}, ".json")
    if "dev" not in sides:
        return
    for tag in sorted(sides["dev"].tags.keys() - sides["train"].tags.keys()):
        what = f"{tag} stands in dev.json alone: trainers that collect their tags from train.json fail"
        out.lose(sides["dev"].tags[tag], "label", what)


# -- in -----------------------------------------------------------------------------------------------

_OWN = re.compile(r"([0-9a-f]{64})/([0-9]+)")


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """An article a record; sentences that an export of ours wrote are one article again. With the file of offsets that
    the export wrote beside it the texts are as they were, else they are rebuilt."""
    try:
        is_array = Head.of(source).is_array
    except BadFile as error:
        yield error
        return
    split = records.elements if is_array else records.line_objects
    unit = "record" if is_array else "line"
    yield from tagged.taken(source, lambda file: _articles(split(file)), unit)


def _articles(found: Iterable[tuple[int, dict[str, Any] | Bad]]) -> Iterator[Read]:
    """Each record is an article; or, of our own, a sentence of the one before if it is the next of it. A damaged record
    amid our own takes its article with it."""
    read: Read | None = None
    article, following = "", 0
    for number, record in found:
        own, sentence = _sentence_of(record)
        if read is not None:
            is_next = own == article and (sentence == following or read.bad is not None)
            if not article or not (is_next or isinstance(record, Bad)):
                yield read
                read = None
        if read is None:
            read, article = Read(number), own
        following = sentence + 1
        try:
            _add(read, record)
        except Bad as error:
            read.refuse(number, error)
    if read is not None:
        yield read


def _sentence_of(record: dict[str, Any] | Bad) -> tuple[str, int]:
    """The article and the number of a sentence of our own; "" and 0 for another record."""
    id = record.get("id") if isinstance(record, dict) else None
    own = _OWN.fullmatch(id) if isinstance(id, str) else None
    return (own[1], int(own[2])) if own else ("", 0)


def _add(read: Read, record: dict[str, Any] | Bad) -> None:
    """A sentence more. Raises Bad."""
    if isinstance(record, Bad):
        raise record
    tokens = _texts(record, "tokens")
    tags = _texts(record, "ner_tags") if "ner_tags" in record else None
    if tags is not None and len(tags) != len(tokens):
        raise Bad(f"there are {len(tokens)} tokens, but {len(tags)} tags")
    read.tagged = read.tagged and tags is not None
    if not _sentence_of(record)[0] and record.get("id") is not None:
        read.id = str(record["id"])
    read.end_sentence()
    for token, tag in zip(tokens, tags or [OUTSIDE] * len(tokens), strict=True):
        read.add(token, tag)


def _texts(record: dict[str, Any], key: str) -> list[str]:
    """A list of texts. Raises Bad."""
    values = get(record, key, list)
    others = {type(value) for value in values} - {str}
    if key == "ner_tags" and others == {int}:
        raise Bad(f'"{key}" are numbers, whose names are not in the file: write the names, as in "B-PERSON"')
    if others:
        raise Bad(f'"{key}" must be a list of texts, not {records.quoted(values)}')
    return values


FORMAT = Format(
    "hf",
    "Hugging Face token classification",
    (".json", ".jsonl"),
    read,
    write,
    lambda head: {"tokens", "ner_tags"} <= head.keys,
    folder=True,
    sentences=True,
    trains=True,
    says_unknown=False,
)
