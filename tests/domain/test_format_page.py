"""The page for reading: golden bytes, sound and safe HTML, the text of each article whole, marks that nest."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.colors import READABLE, contrast
from annotations.config import load
from annotations.documents import Document
from annotations.formats import page, registry
from annotations.formats.page import FORMAT
from annotations.model import Entity, Relation
from annotations.schema import EntityType, Schema
from tests import interchange
from tests.interchange import article, document, entity, hardest, words

GOLDEN = Path(__file__).parents[1] / "golden" / "page.html"
STARTER = load(Path(__file__).parents[2] / "config.yaml").schema
VOID = frozenset(("meta", "link", "br", "hr", "img", "input"))
PHRASING = frozenset(("a", "bdi", "mark", "span", "strong", "small", "time"))
ATTACK = "</title></style></p>--><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


# --- what a reader of HTML sees


@dataclass
class Node:
    """An element."""

    tag: str
    said: dict[str, str] = field(default_factory=dict)
    inner: list[Node | str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Node]:
        """The elements of these names in it, in their order."""
        found = []
        for each in self.inner:
            if isinstance(each, Node):
                found += [each] if each.tag in tags else []
                found += each.all(*tags)
        return found

    def text(self, without: str = "") -> str:
        """Its text, but for that of elements of a class."""
        return "".join(
            each if isinstance(each, str) else each.text(without)
            for each in self.inner
            if isinstance(each, str) or not without or each.said.get("class") != without
        )


class Sound(HTMLParser):
    """Reads a page and refuses one whose elements are not closed in their order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._stack = [self.root]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert len(attrs) == len(dict(attrs)), "an attribute stands twice"
        assert self._stack[-1].tag not in PHRASING or tag in PHRASING, (tag, self._stack[-1].tag)
        assert not (tag == "p" and any(each.tag == "p" for each in self._stack))
        assert not (tag == "a" and any(each.tag == "a" for each in self._stack))
        node = Node(tag, dict(attrs))
        self._stack[-1].inner.append(node)
        if tag not in VOID:
            self._stack.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._stack.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._stack[-1].inner.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError("a declaration")


def parsed(data: bytes) -> Node:
    """A page, which is sound and safe."""
    text = data.decode()
    assert text.startswith("<!DOCTYPE html>\n")
    reader = Sound()
    reader.feed(text)
    reader.close()
    assert len(reader._stack) == 1
    check(reader.root, text)
    return reader.root


def check(root: Node, text: str) -> None:
    """The rules that every page keeps."""
    everything = root.all(*{node.tag for node in walk(root)})
    (html,) = [node for node in root.inner if isinstance(node, Node)]
    assert (html.tag, html.said["lang"]) == ("html", "en")
    assert not {"script", "iframe", "object", "embed", "form", "img", "link", "base"} & {
        n.tag for n in everything
    }
    assert len(root.all("title")) == len(root.all("h1")) == len(root.all("main")) == 1
    ids = [node.said["id"] for node in everything if "id" in node.said]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9]*", id) for id in ids)
    for node in everything:
        assert not any(name.startswith("on") or name in ("style", "src") for name in node.said)
        assert node.said.get("aria-labelledby", ids[0]) in ids
        if "href" in node.said:
            href = node.said["href"]
            assert href.removeprefix("#") in ids if href.startswith("#") else re.match("https?://", href)
    levels = [int(node.tag[1]) for node in root.all("h1", "h2", "h3")]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", text)
    (style,) = root.all("style")
    digest = b64encode(sha256(style.text().encode()).digest()).decode()
    (policy,) = [n.said["content"] for n in root.all("meta") if n.said.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression|</", style.text())


def walk(node: Node) -> Iterable[Node]:
    for each in node.inner:
        if isinstance(each, Node):
            yield each
            yield from walk(each)


def written(*documents: Document, schema: Schema = interchange.SCHEMA, **how: Any) -> Node:
    made = interchange.write(FORMAT, documents, schema, **how)
    assert made.losses == []
    return parsed(made.data)


def texts(root: Node) -> list[Node]:
    return [node for node in root.all("div") if node.said.get("class") == "text"]


def seen(text: str) -> str:
    """A text as a page shows it."""
    return "".join(map(stand_in, text.replace("\r\n", "\n")))


def stand_in(character: str) -> str:
    code = ord(character)
    if character in "\t\n" or (unicodedata.category(character) != "Cc" and not is_noncharacter(code)):
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


def is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code < 0xFDF0 or code & 0xFFFE == 0xFFFE


def visible(node: Node) -> str:
    """The text of an article, as its paragraphs show it."""
    return "".join(each.text("label") for each in node.all("p"))


# --- the golden page


def full() -> list[Document]:
    """The hardest; an empty one; one with all that can be said, crossing entities and several paragraphs; hostile
    words; nobody's."""
    text = "Ada Obi met Li Wei.\n \n  In Oslo they\ntalked of\n\n\nthe Harbour\x07.\n\n"
    rich = document(
        text,
        words(
            text,
            "01E1",
            "PERSON",
            "Ada Obi",
            note="a\nnote",
            link="https://example.org/?a=1&b=2",
            score=0.98765,
        ),
        words(text, "01E2", "PERSON", "Li Wei", attributes={"n": 1, "m": ["a"]}, link="Q42", cluster="c1"),
        words(text, "01E3", "EVENT", "Obi met"),
        words(text, "01E4", "ORG", "talked of\n\n\nthe Harbour"),
        relations=(Relation("01R1", "MET", "01E2", "01E1", 0.5, {"sure": True}, "why"),),
        labels=("trade", "war"),
        note="Read twice.\nIn full.",
        flagged=True,
        article=article(
            text,
            title="A day",
            date="2022-11-25",
            source="https://example.org/a",
            meta={"n": 7, "url": "http://a.b/c"},
        ),
    )
    hostile = document(
        ATTACK,
        entity(
            ATTACK,
            ATTACK,
            ATTACK,
            (0, 8),
            note=ATTACK,
            link="javascript:alert(1)",
            attributes={ATTACK: ATTACK},
        ),
        annotator=ATTACK,
        labels=(ATTACK,),
        article=article(ATTACK, title=ATTACK, date=ATTACK, source=ATTACK, meta={ATTACK: "http://a b"}),
    )
    return [
        hardest(),
        document("Fog."),
        rich,
        hostile,
        document("Rain.", annotator=None, layer="", status="open"),
    ]


def test_the_golden_page_is_written_byte_for_byte() -> None:
    made = interchange.write(FORMAT, full())
    assert (made.data, made.losses) == (GOLDEN.read_bytes(), [])


def test_the_golden_page_is_sound_and_safe_and_shows_every_text() -> None:
    found = texts(parsed(GOLDEN.read_bytes()))
    assert [visible(node) for node in found] == [seen(each.article.text) for each in full()]


# --- the text and its marks


@given(st.lists(interchange.documents(), max_size=3))
def test_the_text_of_each_article_is_there_once_and_in_order(documents: list[Document]) -> None:
    found = texts(written(*documents))
    assert [visible(node) for node in found] == [seen(each.article.text) for each in documents]


@given(interchange.documents())
def test_every_character_is_in_the_marks_of_its_entities_and_no_others(wanted: Document) -> None:
    (node,) = texts(written(wanted))
    text = wanted.article.text
    labels = [sorted(e.label for e in wanted.entities if covers(e, place)) for place in range(len(text))]
    expected = list(zip(map(stand_in, text), labels, strict=True))
    found = [each for paragraph in node.all("p") for each in characters(paragraph, [])]
    assert words_only(found) == words_only(expected)


def covers(each: Entity, place: int) -> bool:
    return any(start <= place < end for start, end in each.spans)


def characters(node: Node, labels: list[str]) -> Iterable[tuple[str, list[str]]]:
    """The characters of a paragraph, each with the labels of the marks around it."""
    for each in node.inner:
        if isinstance(each, str):
            yield from ((character, sorted(labels)) for character in each)
        elif each.tag == "mark":
            yield from characters(each, [*labels, label(each).split()[0]])
        else:
            assert each.said["class"] == "label"


SPACE = frozenset(map(stand_in, filter(str.isspace, map(chr, range(0x3001)))))


def words_only(found: Iterable[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """All but white space: between paragraphs it is in no mark."""
    return [each for each in found if each[0] not in SPACE]


def label(mark: Node) -> str:
    last = mark.inner[-1]
    assert isinstance(last, Node) and last.said["class"] == "label"
    return last.text()


@given(interchange.documents())
def test_parts_of_an_entity_are_numbered_and_the_first_has_its_id(wanted: Document) -> None:
    marks = written(wanted).all("mark")
    assert {mark.said["id"] for mark in marks if "id" in mark.said} == {
        f"a1e{number}" for number in range(1, len(wanted.entities) + 1)
    }
    totals = [label(mark).split()[1:] for mark in marks]
    assert sum(not numbered or numbered[0].startswith("1/") for numbered in totals) == len(wanted.entities)
    for mark, numbered in zip(marks, totals, strict=True):
        assert bool(numbered) == ("title" in mark.said)
        assert ("id" in mark.said) == (not numbered or numbered[0].startswith("1/"))


def marks_of(text: str, *entities: Entity) -> str:
    """The text of a document with brackets for its marks."""
    (node,) = texts(written(document(text, *entities)))
    return "|".join(map(bracketed, node.all("p")))


def bracketed(node: Node) -> str:
    inner = (each if isinstance(each, str) else bracketed(each) for each in node.inner)
    return ("[{}]" if node.tag == "mark" else "{}").format("".join(inner))


def test_marks_nest_where_entities_do_and_are_cut_where_they_cross() -> None:
    text = "a bb cc d"
    assert (
        marks_of(text, entity(text, "1", "X", (2, 7)), entity(text, "2", "Y", (5, 7))) == "a [bb [cc Y] X] d"
    )
    assert (
        marks_of(text, entity(text, "1", "X", (2, 7)), entity(text, "2", "Y", (5, 9)))
        == "a [bb [cc Y 1/2] X][ d Y 2/2]"
    )
    assert marks_of(text, entity(text, "1", "X", (0, 1), (5, 7))) == "[a X 1/2] bb [cc X 2/2] d"
    same = entity(text, "1", "X", (0, 1)), entity(text, "2", "Y", (0, 1))
    assert marks_of(text, *same) == "[[a Y] X] bb cc d"


def test_paragraphs_end_at_blank_lines_and_cut_what_goes_over_them() -> None:
    text = "\n\none\ntwo\r\n\r\n \t\nthree\n\n"
    assert "".join(parts := [text[start:end] for start, end in page.paragraphs(text)]) == text
    assert parts == ["\n\n", "one\ntwo\r\n\r\n \t\n", "three\n\n"]
    over = entity(text, "1", "X", (text.index("two"), text.index("three") + 5))
    assert marks_of(text, over) == "\n\n|one\n[two X 1/2]\n\n \t\n|[three X 2/2]\n\n"


def test_an_entity_that_is_nothing_but_line_ends_is_shown_all_the_same() -> None:
    text = "a\n\nb"
    assert marks_of(text, entity(text, "1", "X", (1, 3))) == "a[\n\n X]|b"


def test_a_mark_may_begin_or_end_within_a_line_end() -> None:
    text = "a\r\nb\rc"
    assert marks_of(text, entity(text, "1", "X", (0, 2))) == "[a X]\nb␍c"
    assert marks_of(text, entity(text, "1", "X", (2, 4))) == "a[\nb X]␍c"


def test_very_many_entities_on_one_place_are_shown() -> None:
    text = "word " * 400
    nest = [entity(text, str(n), "X", (n * 5, 2000 - n * 5)) for n in range(199)]
    assert visible(texts(written(document(text, *nest)))[0]) == text


# --- what is foreign


def test_hostile_words_are_words_wherever_they_stand() -> None:
    schema = Schema(entities=(EntityType(ATTACK, color="red", about=ATTACK),))
    root = written(full()[3], schema=schema)
    assert [node.text() for node in root.all("h2")][1] == ATTACK
    assert ATTACK in [node.text() for node in root.all("dt")]
    assert root.text().count("alert(1)") >= 12
    assert not [node for node in root.all("a") if not node.said["href"].startswith("#")]


@given(st.text(), st.text())
def test_any_words_at_all_leave_the_page_sound(one: str, other: str) -> None:
    text = "x" + other
    found = document(
        text,
        entity(text, one, one, (0, 1), note=other, link=one, cluster=one, attributes={one: other}),
        annotator=other,
        labels=(one,),
        note=one,
        article=article(text, title=one, date=other, source=one, meta={other: one, one: [other]}),
    )
    written(found, schema=Schema(entities=(EntityType(one, about=other),)), language=other)


@pytest.mark.parametrize(
    ("value", "is_link"),
    [
        ("https://example.org/a?b=1&c=<d>", True),
        ("http://example.org", True),
        ("HTTPS://example.org", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://example.org/a b", False),
        ("https://example.org/\u202e", False),
        ("https://", False),
        ("Q42", False),
    ],
)
def test_only_addresses_of_the_web_are_links(value: str, is_link: bool) -> None:
    text = "Oslo"
    root = written(document(text, words(text, "1", "GPE", "Oslo", link=value)))
    found = [node.said for node in root.all("a") if not node.said["href"].startswith("#")]
    assert found == ([{"href": value, "rel": "external nofollow noopener noreferrer"}] if is_link else [])
    assert value in [node.text() for node in root.all("dd")]


# --- what is said besides


def test_the_contents_lead_to_each_article_with_its_date_state_and_annotator() -> None:
    root = written(*full())
    entries = root.all("nav")[0].all("li")
    assert [node.all("a")[0].said["href"] for node in entries] == ["#a1", "#a2", "#a3", "#a4", "#a5"]
    assert entries[2].text() == "A day 2022-11-25 · done · ana"
    assert [node.said["id"] for node in root.all("article")] == ["a1", "a2", "a3", "a4", "a5"]


def facts(node: Node) -> dict[str, str]:
    return {each.all("dt")[0].text(): each.all("dd")[0].text() for each in node.all("div") if each.all("dt")}


def test_what_is_known_of_an_article_stands_before_its_text() -> None:
    found = written(full()[2]).all("article")[0]
    metadata, *_ = found.all("details")
    assert facts(metadata) == {"n": "7", "url": "http://a.b/c"}
    assert facts(found.all("dl")[0]) == {
        "Date": "2022-11-25",
        "Source": "https://example.org/a",
        "Annotator": "ana",
        "Status": "done, flagged",
        "Labels": "trade, war",
        "Note": "Read twice.\nIn full.",
        "Entities": "1 EVENT, 1 ORG, 2 PERSON",
    }
    assert found.all("time")[0].said == {"datetime": "2022-11-25"}


def test_relations_are_a_list_whose_ends_lead_to_their_entities() -> None:
    root = written(hardest())
    items = root.all("article")[0].all("ol")[0].all("li")
    assert [node.text() for node in items] == [
        "Xi PERSON MET ↔ Díaz-Canel PERSON",
        "Xi PERSON LEADS → 北京 GPE",
        "New York Times ORG KNOWS → North … Korea GPE",
    ]
    assert [[end.said["href"] for end in node.all("a")] for node in items] == [
        ["#a1e1", "#a1e2"],
        ["#a1e1", "#a1e3"],
        ["#a1e5", "#a1e7"],
    ]


def test_what_is_said_of_entities_is_listed() -> None:
    found = written(full()[2]).all("article")[0].all("ul")[0].all("li")
    assert [node.all("a")[0].text() for node in found] == ["Ada Obi", "Li Wei"]
    assert [facts(node) for node in found] == [
        {"link": "https://example.org/?a=1&b=2", "note": "a\nnote", "score": "0.9877"},
        {"link": "Q42", "cluster": "c1", "m": '["a"]', "n": "1"},
    ]


def test_nobody_s_work_says_whose_layer_it_is() -> None:
    root = written(document("Fog.", annotator=None, layer="model:en@1"))
    assert facts(root.all("article")[0]) == {
        "Source": "seeds/a.txt",
        "Layer": "model:en@1",
        "Status": "done",
        "Entities": "none",
    }


def test_a_page_of_no_article_is_a_page() -> None:
    assert written().all("article") == []


def test_the_language_of_the_articles_is_said_where_it_is_known() -> None:
    assert [
        node.said["lang"] for node in texts(written(document("Fog."), document("Fog."), language="de"))
    ] == ["de", "de"]
    assert [node.said["lang"] for node in texts(written(document("Fog.")))] == [""]


# --- looks


def test_every_label_can_be_read_in_the_light_and_in_the_dark() -> None:
    (style,) = written(schema=STARTER).all("style")
    light, dark = style.text().split("@media", 1)[0], style.text().split("@media", 1)[1].split("\n}\n", 1)[0]
    for css, paper in ((light, page.LIGHT), (dark, page.DARK)):
        rules = re.findall(r"\.(\w+) \{ --tint: (#\w+); --on: (#\w+); --edge: (#\w+); \}", css)
        assert len(rules) == len(STARTER.entities) + 1
        for name, tint, ink, edge in rules:
            assert contrast(tint, ink) >= READABLE, name
            assert contrast(edge, paper) >= 3, name


def test_the_page_s_own_colours_can_be_read() -> None:
    css = (Path(page.__file__).with_name("page.css")).read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{([^}]*)\}", css)
    for rules, paper in ((light, page.LIGHT), (dark, page.DARK)):
        tones = dict(re.findall(r"--(\w+): (#\w+)", rules))
        assert tones["paper"] == paper
        assert all(contrast(tones[name], paper) >= READABLE for name in ("ink", "faint", "link"))


def test_it_is_written_only() -> None:
    assert FORMAT in registry.formats().values() and FORMAT not in registry.readable()
