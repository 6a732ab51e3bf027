"""UIMA CAS XMI, as INCEpTION and DKPro read and write it: an article a file, its type system in a file beside it.

Invariant: offsets in a file count UTF-16 units; one inside a surrogate pair or outside the text is refused, never
moved. A file that declares a document type, and with it entities, is refused before it is parsed; nothing but the type
system is read along with it.
"""

from __future__ import annotations

import keyword
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from annotations.documents import Document, Incoming, IncomingAnnotations, LeftOut
from annotations.errors import BadFile
from annotations.formats import records
from annotations.formats.base import Format, Head, Output, Reading, Source, base_name
from annotations.formats.markup import xml_text
from annotations.formats.naming import named, plain_form
from annotations.formats.offsets import to_codepoints
from annotations.formats.packed import PACKED, lacking
from annotations.formats.records import Bad, quoted
from annotations.formats.tokenised import in_one_piece, relations_of
from annotations.formats.unsaid import lose_details
from annotations.model import Entity, Relation, compact

SPAN, RELATION, LABEL = "custom.Span", "custom.Relation", "custom.DocumentLabel"
"""The types that are written: the layers for spans and relations that INCEpTION offers, and one for whole articles."""

_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
META, FIELD = f"{_DKPRO}metadata.type.DocumentMetaData", f"{_DKPRO}metadata.type.MetaDataStringField"
"""DKPro's types for what is said of an article."""

TYPE_SYSTEM = "TypeSystem.xml"
BESIDE = "typesystem.xml"
"""How the name of a type system ends, in small letters."""

LABELS = ("value", "label", "identifier")
"""The features that may hold a label, the best first; of a layer of somebody's own without any, its only text."""

HEAD, TAIL = "Governor", "Dependent"
"""The features of a relation's ends."""

_TOP, _BASE, _ANNOTATION = "uima.cas.TOP", "uima.cas.AnnotationBase", "uima.tcas.Annotation"
_STRING, _DOUBLE = "uima.cas.String", "uima.cas.Double"
_WHOLE = frozenset(f"uima.cas.{name}" for name in ("Byte", "Short", "Integer", "Long"))
_REAL = frozenset(("uima.cas.Float", _DOUBLE))

_XMI, _CAS = "{http://www.omg.org/XMI}", "{http:///uima/cas.ecore}"
_ID = f"{_XMI}id"

_PLACE = frozenset((_ID, "sofa", "begin", "end"))
_OWN = ("note", "cluster", "score")
"""The features that an entity or relation has fields for, besides label and link."""

_SILENT = (
    "uima.",
    "de.tudarmstadt.ukp.clarin.webanno.",
    "de.tudarmstadt.ukp.inception.",
    f"{_DKPRO}metadata.",
)
_TOKENS = frozenset(f"{_DKPRO}segmentation.type.{name}" for name in ("Token", "Sentence"))
"""What says nothing of entities and relations: what packages' types are about, and the two of segmentation."""

_LARGEST = 16 * 1024 * 1024
"""Bytes of a type system that is read."""

_FIRST = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:\w+:)?(?:XMI|typeSystemDescription)\b")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FOUND_NO_TYPES = f"its type system is not beside it: put it into the same folder, as {TYPE_SYSTEM}"

# -- the type system ----------------------------------------------------------------------------------


@dataclass
class _Types:
    """What a type system says: of each type its supertype, and its features with what they hold."""

    supertypes: dict[str, str] = field(
        default_factory=lambda: {
            _BASE: _TOP,
            _ANNOTATION: _BASE,
            "uima.tcas.DocumentAnnotation": _ANNOTATION,
        }
    )
    own: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"uima.tcas.DocumentAnnotation": {"language": _STRING}}
    )
    _features: dict[str, dict[str, str]] = field(default_factory=dict)
    _labels: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, name: str) -> _Types:
        """The types of a description. Raises BadFile."""
        found = cls()
        try:
            root = ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            raise BadFile(f"{name} is not XML: {error}") from error
        for each in root.iter():
            if _plain(each.tag) == "typeDescription":
                said = _children(each)
                own = found.own.setdefault(said.get("name", ""), {})
                found.supertypes[said.get("name", "")] = said.get("supertypeName", _TOP)
                features = (_children(f) for f in each.iter() if _plain(f.tag) == "featureDescription")
                own |= {f.get("name", ""): f.get("rangeTypeName", "") for f in features}
        return found

    def __contains__(self, name: str) -> bool:
        return name in self.supertypes

    def line(self, name: str) -> list[str]:
        """A type and all above it, the nearest first."""
        found = [name]
        while (above := self.supertypes.get(found[-1])) is not None and above not in found:
            found.append(above)
        return found

    def is_a(self, name: str, above: str) -> bool:
        """Whether a type is another or stands below it."""
        return above in self.line(name)

    def features(self, name: str) -> Mapping[str, str]:
        """The features of a type, also those that it inherits, and what each holds."""
        if name not in self._features:
            self._features[name] = {
                key: holds
                for each in reversed(self.line(name))
                for key, holds in self.own.get(each, {}).items()
            }
        return self._features[name]

    def labels(self, name: str) -> list[str]:
        """The features of a type that may hold a label, the best first."""
        if name not in self._labels:
            self._labels[name] = self._found_labels(name)
        return self._labels[name]

    def _found_labels(self, name: str) -> list[str]:
        texts = [key for key, holds in self.features(name).items() if self.is_a(holds, _STRING)]
        if found := [each for each in LABELS if each in texts]:
            return found
        own = [key for key in texts if key not in _OWN]
        is_layer = self.is_a(name, _ANNOTATION) and not name.startswith((*_SILENT, _DKPRO))
        return own if is_layer and len(own) == 1 else []


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def _children(element: ElementTree.Element) -> dict[str, str]:
    """The texts of an element's children, by their names."""
    return {_plain(child.tag): (child.text or "").strip() for child in element}


def _types_of(source: Source) -> _Types:
    """The type system of a file: one that is named after it, else that of its folder. Raises Bad and BadFile."""
    if source.path is None:
        raise Bad(f"{_FOUND_NO_TYPES}, and name the file or the folder")
    path = source.path
    name = next((path.name[: -len(end)] for end in PACKED if path.name.lower().endswith(end)), path.name)
    stem = name.rpartition(".")[0] or name
    for before in (f"{stem}.", f"{stem}-", f"{stem}_", stem, ""):
        for end in (TYPE_SYSTEM, BESIDE):
            found = path.parent / f"{before}{end}"
            if os.path.isfile(found):
                said = found.stat()
                return _loaded(found, said.st_mtime_ns, said.st_size)
    raise Bad(_FOUND_NO_TYPES)


@lru_cache(maxsize=8)
def _loaded(path: Path, mtime_ns: int, size: int) -> _Types:
    """The type system in a file, as it is at that time. Raises BadFile."""
    source = Source.of(path)
    return _Types.of(_checked(source.whole(_LARGEST), None, source.name)[0], source.name)


def _checked(data: bytes, encoding: str | None, name: str) -> tuple[str, str | None]:
    """XML without its declaration, and a warning about its encoding. Raises BadFile where it declares a document
    type."""
    text, warning = xml_text(data, encoding, name)
    if "<!DOCTYPE" in text:
        raise BadFile(f"{name} declares a document type, as a bomb does: take the declaration out")
    return text, warning


# -- the elements of a file ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Structure:
    """A feature structure: its type, its features as they are written, and those that are lists of texts."""

    type: str
    said: dict[str, str]
    lists: dict[str, list[str]]

    @property
    def short(self) -> str:
        """The name of its type without the package."""
        return self.type.rpartition(".")[2]


class _Elements:
    """What a parser of XML tells of a file, taken down: views, and the structures in the order in which they stand."""

    def __init__(self) -> None:
        self.sofas: dict[str, dict[str, str]] = {}
        self.members: dict[str, list[str]] = {}
        self.structures: dict[str, _Structure] = {}
        self._path: list[str] = []
        self._open: _Structure | None = None

    @classmethod
    def of(cls, text: str) -> _Elements:
        """The elements of a file. Raises Bad."""
        found = cls()
        parser = ElementTree.XMLParser(target=found)
        try:
            parser.feed(text)
            parser.close()
        except ElementTree.ParseError as error:
            raise Bad(f"this is not XML 1.0 ({error}): was it cut off, or made by hand?") from error
        return found

    def start(self, tag: str, said: dict[str, str]) -> None:
        """An element begins."""
        depth = len(self._path)
        self._path.append(tag)
        if depth == 0 and tag != f"{_XMI}XMI":
            raise Bad(
                "it is a UIMA type system, which is read along with the .xmi files beside it"
                if _plain(tag) == "typeSystemDescription"
                else f"it is no XMI: it begins with {quoted(_plain(tag))}"
            )
        if depth == 1:
            self._begin(tag, said)
        elif depth == 2 and self._open is not None:
            self._open.lists.setdefault(_plain(tag), []).append("")
        elif depth > 2:
            raise Bad("this nests too deeply")

    def data(self, text: str) -> None:
        """Text stands in an element."""
        if len(self._path) == 3 and self._open is not None:
            self._open.lists[_plain(self._path[2])][-1] += text

    def end(self, tag: str) -> None:
        """An element ends."""
        self._path.pop()

    def close(self) -> None:
        """The file ends."""

    def _begin(self, tag: str, said: dict[str, str]) -> None:
        id = said.get(_ID, "")
        self._open = None
        if tag == f"{_CAS}Sofa":
            self.sofas[id] = said
        elif tag == f"{_CAS}View":
            self.members[said.get("sofa", "")] = said.get("members", "").split()
        elif id in self.structures:
            raise Bad(f"the xmi:id {quoted(id)} stands twice")
        else:
            self._open = self.structures[id] = _Structure(_type_name(tag), said, {})


def _type_name(tag: str) -> str:
    """The name of a type, of which the package is the namespace: `{http:///a/b.ecore}C` is `a.b.C`."""
    space, _, name = tag.removeprefix("{").rpartition("}")
    package = space.removeprefix("http:///").removesuffix(".ecore").replace("/", ".")
    return name if package in ("", "uima.noNamespace") else f"{package}.{name}"


# -- reading ------------------------------------------------------------------------------------------


def read(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    """The article of each view that has a text, or why there is none."""
    try:
        yield from _articles(source, reading)
    except Bad as error:
        yield BadFile(f"{source.name}: {error}")
    except BadFile as error:
        yield error


def _articles(source: Source, reading: Reading) -> Iterator[Incoming | BadFile]:
    text, warning = _checked(source.whole(), reading.encoding, source.name)
    elements = _Elements.of(text)
    types = _types_of(source)
    sofas = {id: sofa for id, sofa in elements.sofas.items() if sofa.get("sofaString")}
    if not sofas:
        raise Bad("there is no text in it: no cas:Sofa has a sofaString")
    for id, sofa in sofas.items():
        place = source.name if len(sofas) == 1 else f"{source.name}, view {sofa.get('sofaID', id)}"
        view = _View(sofa["sofaString"], types)
        view.take(elements, id)
        said = [warning, *view.said()] if warning else view.said()
        try:
            yield records.article_of(sofa["sofaString"], view.meta, place, view.annotations(), said)
        except Bad as error:
            yield BadFile(f"{place}: {error}")


class _View:
    """What one view says."""

    def __init__(self, text: str, types: _Types) -> None:
        self.text, self.types = text, types
        self.meta: dict[str, Any] = {}
        self._convert: Callable[[int], int] = to_codepoints(text, "utf16")
        self._entities: dict[str, Entity] = {}
        self._relations: dict[str, Relation] = {}
        self._labels: dict[str, None] = {}
        self._annotator: str | None = None
        self._note: str | None = None
        self._warnings: list[str] = []
        self._unlabelled: Counter[str] = Counter()
        self._passed: Counter[str] = Counter()

    def take(self, elements: _Elements, sofa: str) -> None:
        """Takes all that is indexed in a view, relations last."""
        members = set(elements.members.get(sofa, ()))
        taken = {id: each for id, each in elements.structures.items() if id in members}
        relations = {id: each for id, each in taken.items() if self._is_relation(each)}
        for id, each in taken.items():
            if id not in relations:
                self._try(self._take, id, each)
        for id, each in relations.items():
            self._try(self._take_relation, id, each)
        loose = [each for id, each in elements.structures.items() if id not in members]
        if count := sum(each.said.get("sofa") == sofa and self._is_labelled(each) for each in loose):
            self._warnings.append(f"{count} annotations are left out: they are in no view's index")

    def annotations(self) -> IncomingAnnotations | None:
        """All of it, as somebody's; None where nobody said anything."""
        if not (self._entities or self._relations or self._labels or self._annotator or self._note):
            return None
        return IncomingAnnotations(
            self._annotator,
            None,
            tuple(self._entities.values()),
            tuple(self._relations.values()),
            labels=tuple(self._labels),
            note=self._note,
        )

    def said(self) -> list[str]:
        """The warnings."""
        found = list(self._warnings)
        if self._unlabelled:
            found.append(f"without a label, so labelled by their types: {_counted(self._unlabelled)}")
        if self._passed:
            found.append(f"left out, neither entities with a label nor relations: {_counted(self._passed)}")
        return found

    def _try(self, take: Callable[[str, _Structure], None], id: str, each: _Structure) -> None:
        try:
            take(id, each)
        except Bad as error:
            self._warnings.append(LeftOut(f"{each.short} {id} is left out: {error}"))

    def _is_relation(self, each: _Structure) -> bool:
        return {HEAD, TAIL} <= self.types.features(each.type).keys()

    def _is_labelled(self, each: _Structure) -> bool:
        """Whether its type may hold a label, and is no layer of linguistics."""
        linguistic = each.type.startswith(_DKPRO) and not each.type.startswith(f"{_DKPRO}ner.")
        return not linguistic and bool(self.types.labels(each.type))

    def _take(self, id: str, each: _Structure) -> None:
        """Takes what is no relation."""
        name, types = each.type, self.types
        if name == META:
            self._take_meta(each.said)
        elif name == FIELD:
            self._take_field(each.said)
        elif name in _TOKENS or name.startswith(_SILENT):
            return
        elif not self._is_labelled(each):
            self._passed[each.short] += 1
        elif types.is_a(name, _ANNOTATION):
            self._take_entity(id, each)
        else:
            self._labels[self._label(each)[0]] = None

    # -- entities and relations

    def _take_entity(self, id: str, each: _Structure) -> None:
        start, end = (self._convert(_offset(each.said, key)) for key in ("begin", "end"))
        if start >= end:
            raise Bad("it ends before it begins" if start > end else "it is empty")
        label, held = self._label(each)
        said = self._features(id, each, held)
        link = said.pop("identifier") if isinstance(said.get("identifier"), str) else None
        own = _fields(said, _OWN)
        text = self.text[start:end]
        self._entities[id] = Entity(id, start, end, label, text, link=link, attributes=said or None, **own)

    def _take_relation(self, id: str, each: _Structure) -> None:
        head, tail = (self._end(each, key) for key in (HEAD, TAIL))
        if head == tail:
            raise Bad("it goes from an annotation to itself")
        label, held = self._label(each)
        said = self._features(id, each, held)
        own = _fields(said, ("note", "score"))
        self._relations[id] = Relation(id, label, head, tail, attributes=said or None, **own)

    def _end(self, each: _Structure, key: str) -> str:
        id = each.said.get(key, "")
        if id not in self._entities:
            raise Bad(f"its {key} {quoted(id)} is no entity that was taken")
        return id

    def _label(self, each: _Structure) -> tuple[str, str]:
        """The label, and the feature that holds it; where none does the name of the type, and ""."""
        held = next((name for name in self.types.labels(each.type) if each.said.get(name, "").strip()), "")
        if not held and self.types.labels(each.type):
            self._unlabelled[each.short] += 1
        return (each.said[held], held) if held else (each.short, "")

    def _features(self, id: str, each: _Structure, held: str) -> dict[str, Any]:
        """What is said besides place, label and ends; what cannot be kept is warned of."""
        found: dict[str, Any] = dict(each.lists)
        features = self.types.features(each.type)
        for key, written in each.said.items():
            if key in _PLACE or key == held or key in (HEAD, TAIL):
                continue
            try:
                found[key] = _value(self.types, features.get(key, ""), written)
            except Bad as error:
                self._warnings.append(f"{each.short} {id}: its {key} {quoted(written)} is left out: {error}")
        return found

    # -- the article

    def _take_meta(self, said: Mapping[str, str]) -> None:
        title, uri, id, collection = (
            said.get(key, "") for key in ("documentTitle", "documentUri", "documentId", "collectionId")
        )
        by_inception = bool(collection) and uri == f"{collection}/{title}" and id != title
        if by_inception:  # it writes there whose work this is
            self._annotator = id or None
        language = said.get("language", "")
        found = {
            "title": title,
            "source": uri,
            "id": "" if by_inception else id,
            "collectionId": collection,
            "language": "" if language == "x-unspecified" else language,
        }
        self.meta |= {key: value for key, value in found.items() if value}

    def _take_field(self, said: Mapping[str, str]) -> None:
        key, value = said.get("key", ""), said.get("value", "")
        if not key or not value:
            return
        if key == "annotator":
            self._annotator = value
        elif key == "note":
            self._note = value
        elif key in self.meta:
            raise Bad(f"its key {quoted(key)} is there already")
        else:
            self.meta[key] = value


def _fields(said: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What of it fields are for, taken out of it."""
    fits = {"note": str, "cluster": str, "score": float}
    return {name: said.pop(name) for name in names if isinstance(said.get(name), fits[name])}


def _offset(said: Mapping[str, str], key: str) -> int:
    written = said.get(key, "")
    if not re.fullmatch(r"[0-9]{1,18}", written):
        raise Bad(f"its {key} must be a whole number, not {quoted(written)}")
    return int(written)


def _value(types: _Types, holds: str, written: str) -> Any:
    """A feature's value. Raises Bad for one that is none of its kind, or that an attribute cannot be."""
    if types.is_a(holds, _STRING):
        return written
    if holds == "uima.cas.Boolean" and written in ("true", "false"):
        return written == "true"
    if holds in _WHOLE and re.fullmatch(r"-?[0-9]{1,19}", written):
        return int(written)
    if holds in _REAL and re.fullmatch(r"-?[0-9.]+(?:[eE][+-]?[0-9]+)?", written):
        try:
            number = float(written)
        except ValueError as error:
            raise Bad("it is no number") from error
        if isfinite(number):
            return number
    raise Bad(
        f"it is no {holds.rpartition('.')[2]} that can be kept" if holds else "its type has no such feature"
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


def is_named(name: str) -> bool:
    """Whether a file's name says that it is XMI, packed or not."""
    return base_name(name).endswith(".xmi")


def _recognises(head: Head) -> bool:
    return is_named(head.name) or _FIRST.match(head.text) is not None


# -- writing ------------------------------------------------------------------------------------------


_SAID = {"label": _STRING, "note": _STRING, "score": _DOUBLE}
_LAYOUT = {
    SPAN: (_ANNOTATION, _SAID | {"identifier": _STRING, "cluster": _STRING}),
    RELATION: (_ANNOTATION, {HEAD: SPAN, TAIL: SPAN} | _SAID),
    LABEL: (_BASE, {"label": _STRING}),
    FIELD: (_ANNOTATION, {"key": _STRING, "value": _STRING}),
    META: (
        "uima.tcas.DocumentAnnotation",
        {"documentTitle": _STRING, "documentId": _STRING, "documentUri": _STRING},
    ),
}
"""The types that are written, with what they stand below and their features."""

_RESERVED = frozenset(("begin", "end", "sofa", "get", "set", "value", "type", "self")) | {
    feature for _, features in _LAYOUT.values() for feature in features
}


def write(documents: Iterable[Document], out: Output) -> None:
    """Writes an `.xmi` of each document, and the type system of all. Raises BadFile without dkpro-cassis."""
    types = _Written()
    for name, document in named(documents):
        with out.file(f"{name}.xmi") as file:
            file.write(_Writer(document, out, types).xmi())
    with out.file(TYPE_SYSTEM) as file:
        file.write(types.system.to_xml().encode())


class _Written:
    """The type system of an export, with a feature for each attribute that came so far."""

    def __init__(self) -> None:
        try:
            import cassis
        except ImportError as error:
            raise lacking("xmi", "UIMA CAS XMI is written by dkpro-cassis, which is") from error
        self.cassis = cassis
        self._names: dict[tuple[str, str], str] = {}
        self.system: Any = self._made()

    def admit(self, document: Document) -> None:
        """Sees to it that all attributes of a document have features. cassis adds none to a type in use."""
        keys = [(SPAN, key) for entity in document.entities for key in entity.attributes or ()]
        keys += [(RELATION, key) for relation in document.relations for key in relation.attributes or ()]
        new = sorted({*keys} - self._names.keys())
        for name, key in new:
            self._names[name, key] = self._feature(name, key)
        if new:
            self.system = self._made()

    def new(self, name: str, **said: Any) -> Any:
        """A feature structure of a type."""
        return self.system.get_type(name)(**said)

    def feature(self, name: str, key: str) -> str:
        """The feature of a type for an attribute that was admitted."""
        return self._names[name, key]

    def _feature(self, name: str, key: str) -> str:
        """A feature's name that is free, and that neither Java nor Python reads otherwise."""
        form = plain_form(key).replace("-", "_").strip("_") or "attribute"
        form = form if form[0].isalpha() else f"a{form}"
        taken = {found for (owner, _), found in self._names.items() if owner == name} | _RESERVED
        while form in taken or keyword.iskeyword(form):
            form += "_"
        return form

    def _made(self) -> Any:
        system = self.cassis.TypeSystem()
        for name, (above, features) in _LAYOUT.items():
            system.create_type(name=name, supertypeName=above)
            own = {found: _STRING for (owner, _), found in self._names.items() if owner == name}
            for feature, holds in (features | own).items():
                system.create_feature(domainType=name, name=feature, rangeType=holds)
        return system


class _Writer:
    """A document on its way to XMI."""

    def __init__(self, document: Document, out: Output, types: _Written) -> None:
        self.document, self.out, self.types = document, out, types
        self._bad = 0

    def xmi(self) -> bytes:
        """The file."""
        document, text = self.document, self.document.article.text
        self._lose()
        self.types.admit(document)
        cas = self.types.cassis.Cas(typesystem=self.types.system, sofa_string=self._fit(text))
        cas.sofa_mime = "text/plain"
        for each in [*self._about(len(text)), *self._work(), *self._labels()]:
            cas.add(each)
        if self._bad:
            what = f"{self._bad} characters that XML cannot hold are written as \ufffd: it comes back as another text"
            self.out.lose(document, "control characters", what)
        written: str = cas.to_xmi(pretty_print=True)
        return written.encode()

    def _fit(self, text: str) -> str:
        """The text with a stand-in for each character that XML cannot hold."""
        found, count = _NO_XML.subn("\ufffd", text)
        self._bad += count
        return found

    def _lose(self) -> None:
        """Names what there is no place for."""
        document = self.document
        lose_details(document, self.out, kept=("attributes", "links", "clusters", "notes", "labels"))
        if document.status != "done":
            self.out.lose(document, "status", f"it is {document.status}, which this format cannot say")
        if document.flagged:
            self.out.lose(document, "flag", "that it is flagged is left out")

    # -- the article

    def _about(self, length: int) -> Iterator[Any]:
        """The article's metadata."""
        meta, place = records.meta_of(self.document), {"begin": 0, "end": length}
        said = {
            feature: self._fit(meta.pop(key))
            for feature, key in (("documentTitle", "title"), ("documentId", "id"), ("documentUri", "source"))
            if isinstance(meta.get(key), str) and meta[key]
        }
        yield self.types.new(META, language="x-unspecified", **place, **said)
        for key, value in [*self._annotations_own(meta), *sorted(meta.items())]:
            written = value if isinstance(value, str) else compact(value)
            if written != value or not value or not key:
                did = "written as JSON" if value and key else "left out"
                self.out.lose(
                    self.document, "metadata", f"{quoted(key)} is {quoted(value)}, not a text: {did}"
                )
            if key and written:
                yield self.types.new(FIELD, key=self._fit(key), value=self._fit(written), **place)

    def _annotations_own(self, meta: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Whose work this is, and their note, unless it is an article alone; these keys are no others'."""
        document = self.document
        for key in {"annotator", "note", "collectionId", "language"} & meta.keys():
            self.out.lose(
                document, "metadata", f"{quoted(key)} is left out: it means something else in this format"
            )
            del meta[key]
        if document.annotator and (document.status != "open" or document.entities or document.labels):
            yield "annotator", document.annotator
        if document.note:
            yield "note", document.note

    # -- what is marked

    def _work(self) -> Iterator[Any]:
        """The entities in their order, then the relations, which lie where their tails do."""
        entities = list(in_one_piece(self.document, self.out))
        made = {entity.id: self._entity(entity) for entity in entities}
        yield from made.values()
        for relation in relations_of(self.document, entities, self.out):
            head, tail = made[relation.head], made[relation.tail]
            place = {"begin": tail.begin, "end": tail.end, HEAD: head, TAIL: tail}
            yield self._new(RELATION, relation, place)

    def _entity(self, entity: Entity) -> Any:
        texts = {"identifier": entity.link, "cluster": entity.cluster}
        said = {name: self._fit(value) for name, value in texts.items() if value}
        return self._new(SPAN, entity, {"begin": entity.start, "end": entity.end, **said})

    def _new(self, name: str, about: Entity | Relation, said: dict[str, Any]) -> Any:
        """An annotation with what entities and relations have in common."""
        said["label"] = self._fit(about.label)
        if about.note:
            said["note"] = self._fit(about.note)
        if about.score is not None:
            said["score"] = round(float(about.score), 4) + 0.0  # no minus before a zero
        for key, value in sorted((about.attributes or {}).items()):
            feature = self.types.feature(name, key)
            written = value if isinstance(value, str) else compact(value)
            changes = [f"is called {feature}"] if feature != key else []
            changes += ["is written as a text"] if written != value else []
            if changes:
                what = f"{about.label}: the attribute {quoted(key)} {' and '.join(changes)}"
                self.out.lose(self.document, "attributes", what)
            said[feature] = self._fit(written)
        return self.types.new(name, **said)

    def _labels(self) -> Iterator[Any]:
        for label in self.document.labels:
            yield self.types.new(LABEL, label=self._fit(label))


FORMAT = Format("xmi", "UIMA CAS XMI", (".xmi",), read, write, _recognises, folder=True, one_article=True)
