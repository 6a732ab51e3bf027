"""The labelling config of Label Studio: the one that fits the tasks of an export, and what one beside tasks says.

Invariant: it knows every label in use; names are written so that XML holds them. None is ever parsed as XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from annotations.errors import BadFile
from annotations.formats.base import Head, Source
from annotations.schema import Schema

FILE = "config.xml"
"""What the config is called, in a folder with tasks."""

_CONFIG = re.compile(r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<View[\s>]", re.DOTALL)
_TEXT = re.compile(r"""<(?:Hyper)?Text\s[^>]*?\bvalue\s*=\s*["']\$(\w+)["']""")

# --- reading


def is_config(head: Head) -> bool:
    """Whether a file is a labelling config."""
    return _CONFIG.match(head.text) is not None


def text_key(tasks: Source) -> str | None:
    """The key of the text in the data of tasks, as the config beside their file says; None if there is none, or it
    knows several texts, or cannot be read."""
    beside = tasks.path.with_name(FILE) if tasks.path is not None else None
    if beside is None or not beside.is_file():
        return None
    try:
        head = Head.of(Source.of(beside))
    except BadFile:
        return None
    keys = set(_TEXT.findall(head.text)) if is_config(head) else set()
    return keys.pop() if len(keys) == 1 else None


# --- writing


@dataclass
class Names:
    """What the labelling config must know: labels, relations and document labels beyond the schema's, in use."""

    schema: Schema
    entities: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    notes: bool = False


def labelling_config(names: Names) -> str:
    """The labelling config, in the schema's order, and what it does not know in alphabetical order after it."""
    schema = names.schema
    lines = ["<View>"]
    relations = _all([each.name for each in schema.relations], names.relations)
    if relations:
        lines += [
            "  <Relations>",
            *(f"    {_tag('Relation', value=each)}" for each in relations),
            "  </Relations>",
        ]
    lines += ['  <Labels name="label" toName="text">', *_label_tags(names), "  </Labels>"]
    lines.append('  <Text name="text" value="$text"/>')
    labels = _all(schema.labels, names.labels)
    if labels:
        choices = (f"    {_tag('Choice', value=each)}" for each in labels)
        lines += ['  <Choices name="labels" toName="text" choice="multiple">', *choices, "  </Choices>"]
    if names.notes:
        lines.append('  <TextArea name="note" toName="text"/>')
    return "\n".join([*lines, "</View>", ""])


def _label_tags(names: Names) -> Iterator[str]:
    known = {each.name: each for each in names.schema.entities}
    for label in _all(known, names.entities):
        kind = known.get(label)
        colour = kind.color.removeprefix("bright_") if kind is not None and kind.color else None
        hotkey = kind.keys[0] if kind is not None and kind.keys else None
        yield "    " + _tag("Label", value=label, background=colour, hotkey=hotkey)


def _all(known: Iterable[str], used: set[str]) -> list[str]:
    first = list(known)
    return first + sorted(used.difference(first))


_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _tag(tag: str, **attributes: str | None) -> str:
    """An empty element; a character that XML cannot hold is written as a replacement character."""
    held = {key: _UNWRITABLE.sub("\ufffd", value) for key, value in attributes.items() if value is not None}
    written = (f" {key}={quoteattr(value)}" for key, value in held.items())
    return f"<{tag}{''.join(written)}/>"
