"""Labels as words that a language model reads ("WORK_OF_ART" as "work of art"), and words as labels.

Invariant: no two labels of the schema have one word, and the word of each leads back to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from annotations.documents import Document
from annotations.formats.base import Output
from annotations.schema import Schema


class Words:
    """The words of some labels, in their order; a label whose word is that of another, too, stays as it is."""

    def __init__(self, labels: Iterable[str]) -> None:
        words = {label: _word(label) for label in labels}
        often = Counter(words.values())
        self._shown = {
            label: word if often[word] == 1 and (word == label or word not in words) else label
            for label, word in words.items()
        }

    @cached_property
    def _meant(self) -> dict[str, str]:
        return {word: label for label, word in self._shown.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown.values())

    def shown(self, label: str) -> str:
        """The word of a label; one that is not known stays as it is."""
        return self._shown.get(label, label)

    def meant(self, word: str) -> str:
        """The label that a word is of, whether it is written as it is or as its word."""
        return word if word in self._shown else self._meant.get(word, word)

    def is_taken(self, label: str) -> bool:
        """Whether a label that is not known reads like the word of another one."""
        return label not in self._shown and label in self._meant


def _word(label: str) -> str:
    plain = " ".join(label.replace("_", " ").split()) or label
    return plain if any(letter.islower() for letter in plain) else plain.lower()


class Names:
    """The words of a schema's entity types and of its relation types."""

    def __init__(self, schema: Schema) -> None:
        self.entities = Words(kind.name for kind in schema.entities)
        self.relations = Words(kind.name for kind in schema.relations)

    def lose_taken(self, document: Document, out: Output) -> None:
        """Names the labels that cannot be told from others any more."""
        about = [(self.entities, {entity.label for entity in document.entities})]
        about.append((self.relations, {relation.label for relation in document.relations}))
        for words, labels in about:
            for label in sorted(filter(words.is_taken, labels)):
                out.lose(document, "label", f"“{label}” is written as {words.meant(label)} is")
