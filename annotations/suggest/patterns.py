"""Pattern files: spaCy's EntityRuler patterns, JSON lines of `label`, `pattern` and perhaps `id`.

Invariant: patterns see the words of a text and nothing else, so that one file always finds the same in one
text, whatever the pipeline. Longer matches win, then earlier ones; what they find has no score.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from annotations.errors import BadFile
from annotations.suggest.pieces import batches, pieces
from annotations.suggest.pipeline import Analysed, Mention, trimmed

_NEED_A_MODEL = {"LEMMA", "POS", "TAG", "MORPH", "DEP", "SENT_START", "IS_SENT_START", "_"}
_NEED_A_MODEL |= {"ENT_TYPE", "ENT_IOB", "ENT_ID", "ENT_KB_ID"}


def layer(path: Path) -> tuple[str, str]:
    """Name and version of the layer of a pattern file: the file's stem, six hex digits of its bytes.

    Raises BadFile when it cannot be read.
    """
    return path.stem, hashlib.sha256(_bytes(path)).hexdigest()[:6]


def load(path: Path) -> Patterns:
    """Read a pattern file; this imports spaCy. Raises BadFile with the line of the first wrong pattern."""
    import spacy

    nlp = spacy.blank("en")
    return Patterns(nlp, _ruler(nlp, path, list(_read(path))))


class Patterns:
    """A loaded pattern file."""

    def __init__(self, nlp: Any, ruler: Any) -> None:
        self._nlp = nlp
        self._ruler = ruler

    def analyse(
        self, texts: Iterable[tuple[int, str]], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Analysed]:
        """Match (id, text) pairs, any length, in order; no sentences, no chunks.

        `stop` is asked between batches and ends it at once; an unfinished text is dropped.
        """
        found: list[Mention] = []
        for batch in batches(piece for id, text in texts for piece in pieces(id, text)):
            if stop():
                return
            for piece in batch:
                found += self._match(piece.text, piece.offset)
                if piece.last:
                    yield Analysed(piece.id, tuple(found))
                    found = []

    def _match(self, text: str, offset: int) -> list[Mention]:
        if not self._ruler.patterns:
            return []
        with self._nlp.memory_zone():
            return [
                Mention(start + offset, end + offset, span.label_, None)
                for span in self._ruler(self._nlp.make_doc(text)).ents
                for start, end in [trimmed(text, span.start_char, span.end_char)]
                if start < end
            ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"The pattern file {path} cannot be read: {error.strerror}.") from error


def _read(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each pattern with its line, 1-based, of the right shape."""
    try:
        lines = _bytes(path).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"The pattern file {path} is not UTF-8: {error.reason}.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _entry(line, f"{path}, line {number}")


def _entry(line: str, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise BadFile(f"{where}: not JSON: {error}.") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("label"), str) or not entry["label"]:
        raise BadFile(f'{where}: each line is an object with a "label" and a "pattern".')
    if not _is_pattern(entry.get("pattern")):
        raise BadFile(f'{where}: "pattern" is some text, or a list with an object for each token.')
    if not isinstance(entry.get("id", ""), str):
        raise BadFile(f'{where}: "id" is text.')
    return entry


def _is_pattern(pattern: Any) -> bool:
    if isinstance(pattern, str):
        return bool(pattern.strip())
    return isinstance(pattern, list) and bool(pattern) and all(isinstance(token, dict) for token in pattern)


def _ruler(nlp: Any, path: Path, entries: list[tuple[int, dict[str, Any]]]) -> Any:
    from spacy.matcher import Matcher
    from spacy.pipeline import EntityRuler

    checker = Matcher(nlp.vocab, validate=True)
    for number, entry in entries:
        if isinstance(entry["pattern"], list):
            _check_tokens(checker, entry["pattern"], f"{path}, line {number}")
    return EntityRuler(nlp, patterns=[entry for _, entry in entries])


def _check_tokens(checker: Any, pattern: list[dict[str, Any]], where: str) -> None:
    from spacy.errors import MatchPatternError

    for key in (key for token in pattern for key in token):
        if key.upper() in _NEED_A_MODEL:
            raise BadFile(
                f"{where}: {key} needs a model, patterns see words only: LOWER, SHAPE or REGEX, say."
            )
    try:
        checker.add("pattern", [pattern])
    except (MatchPatternError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BadFile(f"{where}: {reason}") from error
