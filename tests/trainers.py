"""What the tests of the formats for trainers share: documents as such a format can hold them at best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from annotations.documents import Document, Incoming
from annotations.model import Entity
from tests.interchange import Written, document, links, values, words


def in_one_piece(entity: Entity) -> Entity:
    """The entity from its first to its last piece."""
    return entity._replace(fragments=())


def hulled(made: Document) -> Document:
    """The document with each entity in one piece."""
    return replace(made, entities=tuple(map(in_one_piece, made.entities)))


def check_came_back(again: Incoming, made: Document, written: Written) -> None:
    """That a document came back as far as the format holds it, and that each entity and relation that did not was
    named as lost."""
    best = hulled(made)
    assert again.text == made.article.text
    assert (again.meta, again.warnings) == ({}, ())
    assert again.document is not None
    found = again.document
    assert values(found.entities) <= values(best.entities)
    assert len(found.entities) == len(made.entities) - written.lost.count("overlap")
    assert links(found.entities, found.relations) <= links(best.entities, best.relations)
    assert len(found.relations) == len(made.relations) - written.lost.count("relation")
    assert written.lost.count("discontinuous") == sum(bool(entity.fragments) for entity in made.entities)


def spelled(found: Incoming) -> list[tuple[str, str]]:
    """The entities of an article as text and label, in their order."""
    assert found.document is not None
    return [(each.text, each.label) for each in found.document.entities]


def related(found: Incoming) -> list[tuple[str, str, str]]:
    """The relations of an article as label and the texts of their ends."""
    assert found.document is not None
    texts = {each.id: each.text for each in found.document.entities}
    return [(each.label, texts[each.head], texts[each.tail]) for each in found.document.relations]


def people(text: str, *names: str, **more: Any) -> Document:
    """A settled document in which some names are people, whose ids are their numbers from 1."""
    return document(
        text, *(words(text, str(number), "PERSON", name) for number, name in enumerate(names, 1)), **more
    )
