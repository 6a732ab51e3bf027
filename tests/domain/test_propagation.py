"""The same words elsewhere, labelled in one edit, remembered, and taken back; in one article and in all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations import bulk, edits, propagation
from annotations.bulk import Offered
from annotations.config import load
from annotations.doctor import examine
from annotations.draft import Pen
from annotations.errors import Refused
from annotations.exporting import Choice, Exporter
from annotations.formats import postil
from annotations.formats.base import Reading
from annotations.importing import Importer, Taking
from annotations.model import Edit, Entity, Span, Suggestion, about_entity
from annotations.propagation import Found, Options, Part, Place, occurrences, places
from annotations.session import Session
from annotations.state import ArticleState, conflict
from annotations.store import Store
from annotations.text import Tokens
from tests import interchange
from tests import strategies as our
from tests.strategies import ME, Pens, Play, article, find, offer, schema

EXACT = Options()
LOOSE = Options(whole_words=False)
ANY_CASE = Options(match_case=False)
LOOSEST = Options(match_case=False, whole_words=False)


def propagate(
    state: ArticleState, pen: Pen, key: str, ticked: Sequence[Span], exceptions: Sequence[Span]
) -> Edit:
    """Copies in one article."""
    return propagation.propagate([Part(state, tuple(ticked), tuple(exceptions))], pen, key)


def delete_copies(state: ArticleState, pen: Pen, key: str) -> Edit:
    """Takes copies back in one article."""
    return propagation.delete_copies([state], pen, key)


def labelled(text: str, part: str, label: str = "PERSON", **more: Any) -> Play:
    """An article in which the first `part` has a label."""
    play = Play(text=text, **more)
    play(edits.add, *find(text, part), label)
    return play


def seen(play: Play, part: str, options: Options = EXACT) -> list[tuple[str, int]]:
    """Text and start of the places that are listed for the entity with that text."""
    text = play.state.article.text
    found = places(play.state, play.id_of(part), options).places
    assert all(place.text == text[place.start : place.end] for place in found)
    return [(place.text, place.start) for place in found]


# -- what is found ------------------------------------------------------------------------------------


def test_a_name_is_found_before_an_apostrophe_and_a_hyphen_but_not_within_a_word() -> None:
    play = labelled("Xi met Xi's aide in Xiamen, an Xi-led summit.", "Xi")
    assert seen(play, "Xi") == [("Xi", 7), ("Xi", 31)]
    assert seen(play, "Xi", LOOSE) == [("Xi", 7), ("Xi", 20), ("Xi", 31)]


def test_whole_words_are_whole_whatever_the_cursor_moves_by() -> None:
    play = labelled("Xi met Xi in Xiamen.", "Xi")
    play.state.by_character = True
    assert seen(play, "Xi") == [("Xi", 7)]


def test_capital_letters_need_not_agree_when_that_is_asked_for() -> None:
    play = labelled("Delta sat in the delta. DELTA rose.", "Delta")
    assert seen(play, "Delta") == []
    assert seen(play, "Delta", ANY_CASE) == [("delta", 17), ("DELTA", 24)]


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("Straße, STRASSE, strasse.", "Straße", ["STRASSE", "strasse"]),
        ("İx or i̇X.", "İx", ["i̇X"]),
        ("ss ß sß", "ss", ["ß"]),
        ("Σας σΑΣ", "Σας", ["σΑΣ"]),
        ("ŉa ʼNA", "ŉa", ["ʼNA"]),
    ],
)
def test_case_is_folded_without_losing_a_place(text: str, part: str, expected: list[str]) -> None:
    assert [words for words, _ in seen(labelled(text, part), part, ANY_CASE)] == expected


def test_half_of_a_folded_character_is_no_place() -> None:
    assert list(occurrences("sß", "ss", LOOSE)) == []
    assert list(occurrences("sßs ß", "ss", LOOSEST)) == [(1, 2), (4, 5)]
    assert list(occurrences("ß", "s", LOOSEST)) == []


@pytest.mark.parametrize("gap", ["\n", "\r\n", "  ", " \r\n  ", "\u00a0", "\t\x1c", "\u2028", "\n\u3000"])
def test_a_name_is_found_where_a_line_ends_in_it(gap: str) -> None:
    folded = f"Hong{gap}Kong"
    assert seen(labelled(f"Hong Kong, {folded}.", "Hong Kong"), "Hong Kong") == [(folded, 11)]
    assert seen(labelled(f"{folded}, Hong Kong.", folded), folded) == [("Hong Kong", len(folded) + 2)]


@pytest.mark.parametrize("gap", ["", "\n\n", "\r\n\r\n", "\n \n", "\u2029", "\r\r", "-"])
def test_a_name_does_not_go_over_the_end_of_a_paragraph(gap: str) -> None:
    assert seen(labelled(f"Hong Kong, Hong{gap}Kong.", "Hong Kong"), "Hong Kong") == []


def test_places_never_overlap_the_entity_or_each_other() -> None:
    play = Play(text="aaaaaaa")
    play(edits.add, 2, 4, "ORG")
    assert seen(play, "aa", LOOSE) == [("aa", 0), ("aa", 4)]
    assert seen(play, "aa") == []


def test_what_is_no_entity_or_has_several_pieces_is_not_propagated() -> None:
    mine = [Entity("1", 0, 8, "ORG", "Xi or Xi", ((0, 2), (6, 8)))]
    state = ArticleState(article("Xi or Xi, Xi or Xi"), ME, schema(), mine)
    for key, why in (("1", "several pieces"), ("nobody", "no entity")):
        with pytest.raises(Refused, match=why):
            places(state, key, EXACT)
        with pytest.raises(Refused, match=why):
            propagate(state, Pens()(), key, [(10, 12)], [])


tricky = st.text("aAsSßİiI\u0307ŉʼn \n\r\u2029\x1c\u00a0é\u0301\U0001f468'-\x00", min_size=1, max_size=24)
any_text = st.one_of(tricky, our.texts, our.prose).filter(lambda text: bool(text.strip()))
any_options = st.builds(Options, st.booleans(), st.booleans())


def _same(found: str, sought: str, options: Options) -> bool:
    """By another way: equal words, and between them white space with one line end at most."""

    def words(text: str) -> list[str]:
        return (text if options.match_case else text.casefold()).split()

    if not found or found[0].isspace() or found[-1].isspace() or words(found) != words(sought):
        return False
    gaps = "".join(c if c.isspace() else "x" for c in found.replace("\r\n", "\n")).split("x")
    return all(sum(c in "\n\x0b\x0c\r\x85\u2028" for c in gap) < 2 and "\u2029" not in gap for gap in gaps)


@settings(max_examples=200)
@given(any_text, st.data())
def test_every_place_with_equal_words_is_found_with_exact_offsets(text: str, data: st.DataObject) -> None:
    start, end = data.draw(our.spans(text, 5))
    options, sought = data.draw(any_options), text[start:end]
    edges = range(len(text) + 1)
    expected = [(s, e) for s in edges for e in edges[s : s + 30] if _same(text[s:e], sought, options)]
    assert list(occurrences(text, sought, options)) == expected


@settings(max_examples=200)
@given(any_text, st.data())
def test_places_are_whole_apart_and_leave_none_out(text: str, data: st.DataObject) -> None:
    span, options = data.draw(our.spans(text, 5)), data.draw(any_options)
    play = Play(text=text)
    play(edits.add, *span, "ORG")
    found = places(play.state, next(iter(play.state.entities)), options).places
    taken = [span, *(place.span for place in found)]
    assert all(a[1] <= b[0] or b[1] <= a[0] for i, a in enumerate(taken) for b in taken[:i])
    tokens = Tokens(text)
    for place in found:
        assert place.text == text[place.start : place.end] and place.span == (place.start, place.end)
        assert text[: place.start].endswith(place.before) and text[place.end :].startswith(place.after)
        assert (place.kind, place.note, place.ticked) == ("new", "", True)
    for start, end in occurrences(text, text[slice(*span)], options):
        whole = not options.whole_words or (start in tokens.starts and end in tokens.ends)
        assert whole or (start, end) not in taken[1:]
        assert not whole or any(s < end and start < e for s, e in taken)


# -- what labelling comes to --------------------------------------------------------------------------

VISIT = "Xi Jinping met Li. Xi spoke, Xi left. Li met Xi, and Xi Jinping rested. Xi!"


def outcome(play: Play, key: str) -> list[tuple[str, str, bool]]:
    """Kind, note and tick of the places that are listed for a key."""
    return [(p.kind, p.note, p.ticked) for p in places(play.state, key, EXACT).places]


def test_a_place_says_what_labelling_it_comes_to() -> None:
    offers = [
        offer("Xi", "PERSON", VISIT, 2),
        offer("Xi", "ORG", VISIT, 3),
        offer("Xi Jinping", "PERSON", VISIT, 1),
    ]
    play = Play(text=VISIT, suggestions=offers)
    play(edits.add, *find(VISIT, "Xi Jinping"), "PERSON")
    play(edits.add, *find(VISIT, "Xi", 5), "ORG")
    key = play(edits.add, *find(VISIT, "Xi", 1), "PERSON").focus or ""
    assert outcome(play, key) == [
        ("replaces", "replaces PERSON “Xi Jinping”", False),
        ("suggested", "suggested", True),
        ("suggested", "suggested as ORG", True),
        ("replaces", "in “Xi Jinping”, suggested as PERSON", False),
        ("relabel", "is ORG now", False),
    ]


def test_own_entities_that_the_policy_lets_stand_are_not_covered_unasked_either() -> None:
    play = Play("nested", text=VISIT)
    play(edits.add, *find(VISIT, "Xi Jinping"), "PERSON")
    key = play(edits.add, *find(VISIT, "Xi", 1), "PERSON").focus or ""
    assert outcome(play, key)[0] == ("new", "beside PERSON “Xi Jinping”", False)
    crossing = Play("crossing", text="Xi or Xi")
    crossing(edits.add, 6, 8, "ORG")
    key = crossing(edits.add, 0, 2, "PERSON").focus or ""
    assert outcome(crossing, key) == [("new", "is ORG too", False)]
    crossing(propagate, key, [(6, 8)], [])
    assert sorted(crossing.own()) == [("Xi", "ORG"), ("Xi", "PERSON"), ("Xi", "PERSON")]


def test_a_suggestion_is_propagated_and_thereby_accepted() -> None:
    play = Play(text=VISIT, suggestions=[offer("Li", "PERSON", VISIT), offer("Li", "ORG", VISIT, 1)])
    key = offer("Li", "PERSON", VISIT).about
    (place,) = places(play.state, key, EXACT).places
    edit = play(propagate, key, [place.span], [])
    assert (edit.verb, edit.says) == ("propagate", "PERSON “Li” in 1 more place")
    assert edit.focus in play.state.entities and edit.home is None
    assert play.own() == [("Li", "PERSON")] * 2
    assert play.verdicts() == {key: "accepted", offer("Li", "ORG", VISIT, 1).about: "changed"}
    assert {d.via for d in play.state.decisions.values()} == {"bulk"}
    assert places(play.state, edit.focus or "", EXACT) == Found(())


def test_a_place_that_was_ticked_over_an_own_entity_keeps_its_id_and_relations() -> None:
    play = labelled("Xi met Li. Xi!", "Xi")
    source = play.id_of("Xi")
    other = play(edits.add, 11, 13, "ORG").focus or ""
    play(edits.relate, "KNOWS", other, play(edits.add, 7, 9, "PERSON").focus)
    edit = play(propagate, source, [(11, 13)], [])
    assert edit.says == "PERSON “Xi” in 1 more place, replaced 1"
    assert (play.state.entities[other].label, play.state.entities[other].copy_of) == ("PERSON", source)
    assert [r.head for r in play.state.relations.values()] == [other]
    play.take_back(edit)
    assert (play.state.entities[other].label, play.state.entities[other].copy_of) == ("ORG", None)


def test_nothing_ticked_and_nothing_left_out_is_refused() -> None:
    play = labelled("Xi and Xi", "Xi")
    with pytest.raises(Refused, match="no place is ticked"):
        play(propagate, play.id_of("Xi"), [], [])


def test_an_exception_is_a_rejection_that_comes_unticked_the_next_time() -> None:
    text = "Xi, Xi and Xi"
    play = labelled(text, "Xi", suggestions=[offer("Xi", "PERSON", text, 1)])
    key = play.id_of("Xi")
    edit = play(propagate, key, [], [(4, 6), (11, 13)])
    assert edit.says == "PERSON “Xi” nowhere else, 2 left out"
    assert set(play.verdicts().values()) == {"rejected"} and play.state.pending_count == 0
    assert [d.sources for d in play.state.decisions.values()] == [("model:m@1", "person:me"), ("person:me",)]
    assert outcome(play, key) == [("exception", "left out before", False)] * 2
    with pytest.raises(Refused):
        play(propagate, key, [], [(4, 6)])
    play.take_back(edit)
    assert play.verdicts() == {} and play.state.pending_count == 1


def test_what_was_rejected_by_a_key_comes_unticked_too() -> None:
    text = "Xi, Xi and Xi"
    play = labelled(text, "Xi", suggestions=[offer("Xi", "PERSON", text, 1)])
    play(edits.reject, offer("Xi", "PERSON", text, 1).about)
    assert outcome(play, play.id_of("Xi")) == [("exception", "rejected before", False), ("new", "", True)]


def test_labelling_an_exception_after_all_leaves_no_trace_of_it() -> None:
    play = labelled("Xi, Xi and Xi", "Xi")
    key = play.id_of("Xi")
    play(propagate, key, [], [(4, 6), (11, 13)])
    play(propagate, key, [(4, 6)], [])
    play(edits.add, 11, 13, "PERSON")
    assert play.verdicts() == {} and len(play.state.entities) == 3


# -- where it came from, and back ---------------------------------------------------------------------


def many(count: int) -> tuple[Play, str, list[str]]:
    """An entity with so many copies; its id and theirs."""
    play = labelled("Xi said, " * (count + 1), "Xi")
    key = play.id_of("Xi")
    play(propagate, key, [p.span for p in places(play.state, key, EXACT).places], [])
    return play, key, [e.id for e in play.state.entities.values() if e.copy_of == key]


def test_copies_of_a_copy_are_copies_of_the_same() -> None:
    play, key, (first, last) = many(2)
    play(edits.delete, last)
    (place,) = places(play.state, first, EXACT).places
    play(propagate, first, [place.span], [])
    assert [e.copy_of for e in play.state.entities.values()].count(key) == 2


def test_copies_are_deleted_with_what_they_are_copies_of_but_for_what_was_changed_by_hand() -> None:
    play, key, copies = many(4)
    play(edits.relate, "KNOWS", copies[0], copies[1])
    play(edits.relabel, copies[2], "ORG")
    start = play.state.entities[copies[3]].start
    play(edits.reshape, copies[3], start, start + 7)
    before = play.own()
    edit = play(delete_copies, key)
    assert edit.says == "deleted PERSON “Xi” and 2 copies, dropped 1 relation" and edit.focus is None
    assert set(play.state.entities) == set(copies[2:])
    play.take_back(edit)
    assert play.own() == before


def test_only_another_label_or_other_edges_make_a_copy_ones_own() -> None:
    play, key, (a, b, c) = many(3)
    play(edits.relabel, a, "ORG")
    play(edits.note, b, "sure")
    play(edits.add, *play.state.entities[c].spans[0], "GPE")
    assert [play.state.entities[id].copy_of for id in (a, b, c)] == [None, key, None]


def test_from_a_copy_its_fellows_go_and_the_first_one_stays() -> None:
    play, key, copies = many(3)
    assert play(delete_copies, copies[1]).says == "deleted PERSON “Xi” and 2 copies"
    assert list(play.state.entities) == [key]
    assert play(delete_copies, key).says == "deleted PERSON “Xi”, which had no copies"
    with pytest.raises(Refused, match="only an entity of yours"):
        play(delete_copies, key)


def offered(entity: Entity) -> Suggestion:
    about = about_entity(*entity.value)
    return Suggestion(about, entity.start, entity.end, entity.label, entity.text, ("model:m@1",), rank=3)


def whole(state: ArticleState) -> tuple[Any, ...]:
    """All that an undo must give back."""
    parts = (state.entities, state.relations, state.decisions, state.problems)
    return (*map(dict, parts), state.progress, [*state.items])


@settings(max_examples=100)
@given(our.prose, st.sampled_from(our.POLICIES), st.data())
def test_propagating_keeps_the_rules_and_is_taken_back_exactly(text: str, overlap: Any, data: Any) -> None:
    offers = {e.value: offered(e) for e in data.draw(our.entities(text, "m", most=6))}
    play = Play(overlap, offers.values(), text=text)
    for span, label in data.draw(
        st.lists(st.tuples(our.spans(text), st.sampled_from(our.LABELS)), max_size=4)
    ):
        if ((span,), label) not in play.state.ids_by_value:
            play(edits.add, *span, label)
    keys = [item.key for item in play.state.items]
    if not keys:
        return
    key, options = data.draw(st.sampled_from(keys)), data.draw(any_options)
    shown = play.state.shown(key)
    assert shown is not None
    found = {
        place.span: data.draw(st.sampled_from("+-.")) for place in places(play.state, key, options).places
    }
    ticked, left_out = ([span for span, mark in found.items() if mark == sign] for sign in "+-")
    before = whole(play.state)
    try:
        edit = play(propagate, key, ticked, left_out)
    except Refused:
        assert not ticked and whole(play.state) == before
        return
    after = whole(play.state)
    values = [e.value for e in play.state.entities.values()]
    assert shown.value in values
    assert all(((span,), shown.label) in values for span in ticked)
    assert all(((span,), shown.label) not in values for span in left_out)
    assert not any(conflict(overlap, a, b) for i, a in enumerate(values) for b in values[:i])
    undone = edit.inverse("undo", "later")
    for again, expected in ((undone, before), (undone.inverse("redo", "later"), after), (undone, before)):
        play.state.apply(again)
        assert whole(play.state) == expected


# -- all articles -------------------------------------------------------------------------------------

CONFIG = """name: Test
articles: []
database: postil.db
suggest: {pipeline: null}
entities:
  PERSON: {key: "1"}
  ORG: {key: "2"}
  GPE: {key: "3"}
relations:
  MET: {key: "1", head: [PERSON], tail: [PERSON], symmetric: true}
"""

TEXTS = (
    "Xi spoke. Then Xi left.",
    "Nobody came to Xiamen.",
    "Xi again; a bank called Xi too.",
    "\x00 after a NUL, Xi.",
    "Xi at the end of the list.",
)


class Room:
    """A project on disk, opened in as many windows as asked for. Article `n` of the texts has the id `n + 1`."""

    def __init__(self, folder: Path, texts: tuple[str, ...] = TEXTS) -> None:
        self.folder = folder
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        self.stores: list[Store] = []
        store = self.window().store
        with store.writing():
            self.articles = [
                store.add_article(t, f"{i}.txt", f"t{i}", None, {})[0] for i, t in enumerate(texts)
            ]

    def window(self, article: int | None = None) -> Session:
        """A window of ana's, on an article."""
        store = Store.open(self.folder / "postil.db")
        store.connection.execute("PRAGMA synchronous = OFF")
        self.stores.append(store)
        session = Session(store, load(self.folder / "config.yaml"), "ana")
        if article is not None:
            session.open(article)
        return session

    def suggest(self, article: int, span: tuple[int, int], label: str) -> None:
        """What a model offers, written through a window of its own."""
        store = self.window().store
        text = store.article(article).text[slice(*span)]
        found = Offered(article, (Entity("", *span, label, text),))
        bulk.write_suggestions(store, store.layer("model", f"m{article}", "1"), [found])

    def close(self) -> None:
        for store in self.stores:
            store.close()
        self.stores.clear()


@contextmanager
def a_room(texts: tuple[str, ...] = TEXTS) -> Iterator[Room]:
    with tempfile.TemporaryDirectory() as folder:
        found = Room(Path(folder), texts)
        try:
            yield found
        finally:
            found.close()


@pytest.fixture
def room() -> Iterator[Room]:
    with a_room() as found:
        yield found


def exported(session: Session) -> bytes:
    """What `export --all` writes of this person's work."""
    store, config = session.store, session.config
    exporter = Exporter(store, config.schema, config.suggest.floor, Choice(session.layer, all=True))
    return interchange.write(postil.FORMAT, exporter.documents(store.all_articles()), config.schema).data


def take(session: Session, person: str) -> Importer:
    """Takes files in as a person's work."""
    taking = Taking(Reading(session.config.schema), person=person)
    return Importer(session.store, session.config, taking)


def own(session: Session) -> list[str]:
    """Article, label and start of all that this person labelled, out of the database."""
    sql = "SELECT article, label, start FROM entities WHERE layer = ? ORDER BY article, start"
    rows = session.store.connection.execute(sql, (session.layer.id,))
    return [f"{article} {label} {start}" for article, label, start in rows]


def source(session: Session) -> str:
    """Labels the first Xi of the current article; its id."""
    return session.do(edits.add, *find(session.current().article.text, "Xi"), "PERSON").focus or ""


def everywhere(session: Session, key: str) -> list[Place]:
    """What the preview of the corpus ticks."""
    return [place for place in session.corpus_places(key, EXACT).places if place.ticked]


def check_sound(session: Session) -> None:
    errors = [f for f in examine(session.store, session.config.schema) if f.kind == "error"]
    assert not errors, errors


def test_places_in_all_articles_begin_with_the_current_one(room: Room) -> None:
    session = room.window(3)
    key = source(session)
    found = session.corpus_places(key, EXACT)
    assert [(p.article, p.start) for p in found.places] == [(3, 24), (1, 0), (1, 15), (4, 15), (5, 0)]
    articles = {place.article for place in found.places}
    assert (len(articles), found.cut, found.places[1].title) == (4, False, "t0")
    assert session.current().article.id == 3
    cut = session.corpus_places(key, EXACT, limit=3)
    assert cut == Found(found.places[:3], True)
    assert len({place.article for place in cut.places}) == 2
    assert session.corpus_places(key, EXACT, limit=5) == found
    assert (2, 15) in [(p.article, p.start) for p in session.corpus_places(key, LOOSE).places]


def test_words_are_found_in_all_articles_whatever_their_case_and_line_ends() -> None:
    with a_room(
        ("STRASSE ABC", "no Straße  abc", "no strasse\nAbc", "strasse\n\nabc", "abc strasse")
    ) as room:
        session = room.window(1)
        key = session.do(edits.add, 0, 11, "GPE").focus or ""
        found = session.corpus_places(key, ANY_CASE)
        assert [p.text for p in found.places] == ["Straße  abc", "strasse\nAbc"]
        assert session.corpus_places(key, EXACT).places == ()


def test_skipped_articles_are_left_alone_and_done_ones_not_ticked(room: Room) -> None:
    session = room.window(5)
    session.do(edits.skip)
    session.open(3)
    session.do(edits.add, 24, 26, "ORG")
    session.done()
    session.open(1)
    key = source(session)
    found = session.corpus_places(key, EXACT)
    assert [(p.article, p.kind, p.note, p.ticked) for p in found.places] == [
        (1, "new", "", True),
        (3, "settled", "done", False),
        (3, "settled", "done, is ORG now", False),
        (4, "new", "", True),
    ]
    says = session.propagate(key, found.places, []).says
    assert says == "PERSON “Xi” in 4 more places in 3 articles, replaced 1"
    assert session.store.progress(3, session.layer.id).status == "done"


def test_in_the_article_where_one_is_places_are_ticked_though_it_is_done(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    session.done()
    (place,) = propagation.places(session.current(), key, EXACT).places
    assert place.ticked and place.kind == "new"
    assert session.corpus_places(key, EXACT).places[0] == place
    session.propagate(key, [place], [])
    assert session.store.progress(1, session.layer.id).status == "done"


def test_a_done_article_is_opened_again_when_a_copy_makes_a_relation_illegal(room: Room) -> None:
    session = room.window(3)
    one, two = (session.do(edits.add, start, start + 2, "PERSON").focus or "" for start in (0, 24))
    session.do(edits.relate, "MET", one, two)
    session.done()
    session.open(1)
    key = session.do(edits.add, 0, 2, "ORG").focus or ""
    edit = session.propagate(key, session.corpus_places(key, EXACT).places, [])
    assert edit.says.endswith("in 4 articles, replaced 2; open again: 1 article")
    assert session.store.progress(3, session.layer.id).status == "open"
    session.undo()
    assert session.store.progress(3, session.layer.id).status == "done"


def test_all_articles_are_one_edit_that_is_undone_from_another_article_and_after_a_restart(
    room: Room,
) -> None:
    session = room.window(3)
    key = source(session)
    before = exported(session)
    edit = session.propagate(key, everywhere(session, key), [])
    assert edit.says == "PERSON “Xi” in 5 more places in 4 articles" and edit.focus == key
    after = exported(session)
    assert len(own(session)) == 6
    check_sound(session)
    session.open(1)
    assert session.undo().article == 3 == session.current().article.id
    assert exported(session) == before and own(session) == ["3 PERSON 0"]
    session.open(5)
    assert session.redo().article == 3
    assert exported(session) == after
    room.close()
    again = room.window(5)
    assert again.undo().article == 3 == again.current().article.id
    assert exported(again) == before
    assert again.redo().article == 3
    assert exported(again) == after
    again.undo()
    again.undo()
    assert own(again) == []


def test_undo_comes_back_to_where_the_key_was_pressed_even_when_nothing_changed_there(room: Room) -> None:
    session = room.window(4)
    key = source(session)
    (place,) = [p for p in session.corpus_places(key, EXACT).places if p.article == 5]
    edit = session.propagate(key, [place], [])
    assert edit.says == "PERSON “Xi” in 1 more place in 1 article"
    session.open(5)
    assert [e.copy_of for e in session.current().entities.values()] == [key]
    assert session.undo().article == 4 == session.current().article.id
    assert own(session) == ["4 PERSON 15"]


def test_an_edit_of_the_current_article_alone_is_one_like_any_other(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    edit = session.propagate(key, propagation.places(session.current(), key, EXACT).places, [])
    assert edit.home is None and edit.says == "PERSON “Xi” in 1 more place"
    row = list(session.store.journal(session.layer))[-1]
    assert (row.verb, row.article) == ("propagate", 1)


def test_copies_are_taken_back_in_every_article(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    session.propagate(key, everywhere(session, key), [])
    full = exported(session)
    says = session.delete_copies(key).says
    assert says == "deleted PERSON “Xi” and 5 copies in 4 articles"
    assert own(session) == []
    session.open(5)
    assert session.undo().article == 1
    assert exported(session) == full
    check_sound(session)


def test_from_a_copy_in_another_article_all_copies_go_and_the_first_one_stays(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    session.propagate(key, everywhere(session, key), [])
    (copy,) = session.open(5).entities
    session.delete_copies(copy)
    assert own(session) == ["1 PERSON 0"]


@pytest.mark.parametrize("meddle", ["label", "done", "leave out"])
def test_a_place_that_another_window_changed_meanwhile_is_refused_and_nothing_is_written(
    room: Room, meddle: str
) -> None:
    one, two = room.window(1), room.window(3)
    key = source(one)
    found = everywhere(one, key)
    if meddle == "label":
        two.do(edits.add, 0, 2, "ORG")
    elif meddle == "done":
        two.done()
    else:
        two.open(5)
        mine = source(two)
        two.propagate(mine, [], [p for p in everywhere(two, mine) if p.article == 3])
    before = exported(one)
    with pytest.raises(Refused, match="changed meanwhile"):
        one.propagate(key, found, [])
    assert exported(one) == before


def test_an_edit_of_another_window_between_looking_and_writing_makes_it_stale(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = room.window(1), room.window(3)
    key = source(one)
    found = everywhere(one, key)
    apply = one.store.apply

    def late(*arguments: Any) -> int:
        two.do(edits.add, 24, 26, "ORG")
        monkeypatch.undo()
        return apply(*arguments)

    monkeypatch.setattr(one.store, "apply", late)
    with pytest.raises(Refused, match="in another window"):
        one.propagate(key, found, [])
    assert own(one) == ["1 PERSON 0", "3 ORG 24"]
    one.propagate(key, everywhere(one, key), [])
    assert "3 ORG 24" in own(one) and len(own(one)) == 6


def test_suggestions_that_arrive_while_one_looks_are_taken_in(room: Room) -> None:
    one = room.window(1)
    key = source(one)
    found = everywhere(one, key)
    room.suggest(5, (0, 2), "ORG")
    one.propagate(key, found, [])
    (decision,) = one.store.decisions(5, one.layer.id)
    assert (decision.verdict, decision.via) == ("changed", "bulk")


def test_exceptions_are_remembered_across_restarts_and_undone_with_the_edit(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    before = exported(session)
    found = everywhere(session, key)
    session.propagate(key, found[:3], found[3:])
    after = exported(session)
    assert after.count(b'"layer": "person:ana", "why": "rejected"') == 2
    room.close()
    again = room.window(1)
    marked = again.corpus_places(key, EXACT).places
    assert [(p.article, p.kind, p.note, p.ticked) for p in marked] == [
        (4, "exception", "left out before", False),
        (5, "exception", "left out before", False),
    ]
    again.undo()
    assert exported(again) == before
    again.redo()
    assert exported(again) == after


def test_what_is_suggested_later_at_an_exception_is_not_pending(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    session.propagate(key, [], [p for p in everywhere(session, key) if p.article == 5])
    room.suggest(5, (0, 2), "PERSON")
    assert session.open(5).pending_count == 0
    session.undo()
    assert session.open(5).pending_count == 1


def test_an_export_with_copies_and_exceptions_comes_back_byte_for_byte(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    found = everywhere(session, key)
    session.propagate(key, found[:3], found[3:])
    data = exported(session)
    assert data.count(f'"copy_of": "{key}"'.encode()) == 3
    (room.folder / "work.jsonl").write_bytes(data)
    with a_room(()) as other:
        there = other.window()
        take(there, "ana").take_patterns(["work.jsonl"], room.folder)
        assert exported(there) == data


def test_an_imported_copy_names_its_source_by_the_id_that_it_got(room: Room) -> None:
    session = room.window(1)
    key = source(session)
    session.propagate(key, everywhere(session, key), [])
    (room.folder / "work.jsonl").write_bytes(exported(session))
    take(session, "ben").take_patterns(["work.jsonl"], room.folder)
    ben = session.store.layer("person", "ben")
    first, copy = sorted(session.store.entities(1, ben.id), key=lambda e: e.start)
    assert first.id != key and copy.copy_of == first.id
    check_sound(session)


acts = ("propagate", "leave out", "delete", "label", "undo", "redo", "go", "reopen")


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(acts), min_size=3, max_size=12), st.data())
def test_undo_gives_back_each_earlier_export_and_redo_each_again(names: list[str], data: Any) -> None:
    with a_room(("Xi met Li. Xi left, li too.", "Li\r\nand Xi; 👨‍👩‍👧 Xi", "Xi XI xi Li")) as room:
        session = room.window(1)
        past, future = [exported(session)], list[bytes]()
        for name in names:
            if name == "reopen":
                room.close()
                session = room.window(data.draw(st.integers(1, 3)))
            elif name == "undo" and len(past) > 1:
                future.append(past.pop())
                session.undo()
            elif name == "redo" and future:
                past.append(future.pop())
                session.redo()
            elif _act(session, name, data):
                past.append(exported(session))
                future.clear()
            assert exported(session) == past[-1]
        check_sound(session)
        while len(past) > 1:
            past.pop()
            session.undo()
            assert exported(session) == past[-1]


def _act(session: Session, name: str, data: Any) -> bool:
    """Does something with random places; whether anything changed."""
    state = session.current()
    if name == "go":
        session.open(data.draw(st.integers(1, 3)))
    elif name == "label":
        span = data.draw(our.spans(state.article.text, 3))
        return _done(lambda: session.do(edits.add, *span, data.draw(st.sampled_from(["PERSON", "ORG"]))))
    elif name not in ("undo", "redo") and state.entities:
        key = data.draw(st.sampled_from(sorted(state.entities)))
        if name == "delete":
            return _done(lambda: session.delete_copies(key))
        found = session.corpus_places(key, data.draw(any_options)).places
        chosen = [place for place in found if data.draw(st.booleans())]
        rest = [place for place in found if place not in chosen]
        ticked, left_out = (chosen, rest[:2]) if name == "propagate" else ([], chosen)
        return _done(lambda: session.propagate(key, ticked, left_out))
    return False


def _done(act: Callable[[], Edit]) -> bool:
    try:
        act()
    except Refused:
        return False
    return True
