"""Pieces, clusters, links, attributes, document labels and notes: what the verbs do, refuse, and give back."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations import details, edits, navigator
from annotations.documents import Document
from annotations.draft import progress_row
from annotations.errors import Refused
from annotations.formats import postil
from annotations.model import Edit
from annotations.schema import Schema
from annotations.state import ArticleState, conflict
from annotations.text import Tokens, trim
from tests import interchange
from tests import strategies as our
from tests.desks import made_anew
from tests.strategies import PROSE, Play, find, link, offer

TEXT = "North and South Korea met. Korea, North and South, left; it went well."


def at(part: str, nth: int = 0, text: str = TEXT) -> tuple[int, int]:
    return find(text, part, nth)


def play(overlap="none", labels: tuple[str, ...] = (), **more) -> Play:
    found = Play(overlap, text=TEXT, **more)
    if labels:
        found.state.schema = replace(found.state.schema, labels=labels)
    return found


# -- pieces -----------------------------------------------------------------------------------------


def test_pieces_become_one_entity_whose_text_goes_from_the_first_to_the_last():
    game = play()
    edit = game(details.add, [at("Korea"), at("North")], "GPE")
    entity = game.state.entities[edit.focus]
    assert entity.fragments == (at("North"), at("Korea"))
    assert (entity.start, entity.end, entity.text) == (0, 21, "North and South Korea")
    assert edit.says == "GPE “North … Korea”"


def test_pieces_that_touch_or_overlap_are_one_and_need_no_fragments():
    game = play()
    edit = game(details.add, [(0, 6), (3, 8), (8, 12)], "GPE")
    entity = game.state.entities[edit.focus]
    assert (entity.start, entity.end, entity.fragments) == (0, 12, ())
    with pytest.raises(Refused, match="this is GPE already"):
        game(details.add, [(0, 12)], "GPE")


def test_nothing_but_white_space_is_no_piece():
    with pytest.raises(Refused, match="nothing but white space"):
        play()(details.add, [(5, 6)], "GPE")


def test_what_stands_in_a_gap_is_in_nobodys_way():
    game = play()
    game(details.add, [at("South")], "PERSON")
    game(details.add, [at("North"), at("Korea")], "GPE")
    assert game.own() == [("North and South Korea", "GPE"), ("South", "PERSON")]
    assert not game.state.problems
    game(details.add, [at("South"), at("met")], "ORG")
    assert ("South Korea met", "ORG") in game.own() and ("South", "PERSON") not in game.own()


def test_pieces_that_are_suggested_are_accepted():
    offered = offer("North and South Korea", "GPE", TEXT)._replace(fragments=(at("North"), at("Korea")))
    offered = offered._replace(about=details.about_entity(offered.spans, "GPE"))
    game = play(suggestions=[offered])
    edit = game(details.add, [at("Korea"), at("North")], "GPE")
    assert game.verdicts() == {offered.about: "accepted"}
    game.take_back(edit)
    game(details.add, [at("Korea"), at("North")], "ORG")
    assert game.verdicts() == {offered.about: "changed"}


def test_pieces_of_an_entity_are_set_in_one_edit_and_given_back():
    game = play()
    id = game(edits.add, *at("North"), "GPE").focus
    before = game.state.entities[id]
    edit = game(details.reshape, id, [at("North"), at("Korea")], "ORG")
    assert game.state.entities[id].value == ((at("North"), at("Korea")), "ORG")
    assert edit.says == "ORG “North” → “North … Korea”"
    game.take_back(edit)
    assert game.state.entities[id] == before
    with pytest.raises(Refused, match="the edges are there already"):
        game(details.reshape, id, [at("North")])


@pytest.mark.parametrize(
    ("side", "step", "expected"),
    [
        ("start", 1, ("Korea",)),
        ("end", -1, ("North",)),
        ("end", 1, ("North", "Korea met")),
    ],
)
def test_an_outer_edge_leaps_the_gap(side, step, expected):
    spans = details.moved((at("North"), at("Korea")), Tokens(TEXT), side, step)
    assert tuple(TEXT[start:end] for start, end in spans) == expected


def test_an_edge_within_a_token_goes_to_the_tokens_edge_first():
    spans = (at("orth")[0], at("orth")[1] - 1), at("Korea")
    assert details.moved(spans, Tokens(TEXT), "start", -1)[0] == (0, 4)
    assert details.moved(((1, 4),), Tokens(TEXT, True), "end", -1) == ((1, 3),)


def test_an_edge_stops_at_the_ends_of_the_text_and_before_nothing_is_left():
    units = Tokens(TEXT)
    for side, step, spans in (("start", -1, ((0, 5),)), ("end", 1, ((60, len(TEXT)),))):
        with pytest.raises(Refused, match="edge of the text"):
            details.moved(spans, units, side, step)
    for side, step in (("start", 1), ("end", -1)):
        with pytest.raises(Refused, match="one token already"):
            details.moved((at("North"),), units, side, step)
    with pytest.raises(Refused, match="one character already"):
        details.moved(((0, 1),), Tokens(TEXT, True), "end", -1)
    with pytest.raises(Refused, match="one token already"):
        details.moved(((len(TEXT) - 1, len(TEXT)),), units, "start", 1)


@given(text=our.texts, data=st.data())
def test_merged_pieces_are_sorted_trimmed_apart_and_hold_what_the_pieces_held(text, data):
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).map(tuple)
    pieces = data.draw(st.lists(places, max_size=5))
    held = {i for s, e in pieces for i in range(*trim(text, s, e))}
    try:
        found = details.merged(text, pieces)
    except Refused:
        assert not held
        return
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))
    assert all(trim(text, *span) == span for span in found)
    assert {i for s, e in found for i in range(s, e)} == held


# -- characters -------------------------------------------------------------------------------------


@given(text=our.texts)
def test_characters_are_graphemes_and_leave_out_white_space_alone(text):
    units = Tokens(text, by_character=True)
    spans = [units.span(i) for i in range(len(units))]
    edges = {edge for match in regex.finditer(r"\X", text) for edge in match.span()}
    for start, end in spans:
        assert start < end and not text[start].isspace()
        assert start in edges or text[start - 1].isspace()
        assert end in edges or text[end].isspace()
    covered = {i for start, end in spans for i in range(start, end)}
    assert covered >= {i for i, c in enumerate(text) if not c.isspace()}
    assert spans == sorted(spans) and len(covered) == sum(end - start for start, end in spans)


@given(text=our.prose, data=st.data())
def test_words_are_the_same_in_both_units(text, data):
    state = ArticleState(our.article(text), our.ME, our.schema())
    offset = data.draw(st.sampled_from(state.tokens.starts))
    for step, end in ((1, False), (-1, False), (1, True)):
        state.by_character = False
        token = navigator.word(state, state.tokens.at(offset), step, end)
        start, last = state.tokens.span(token)
        state.by_character = True
        units = state.tokens
        here = units.at(state.whole_tokens.ends[state.whole_tokens.at(offset)] - 1 if end else offset)
        found = units.span(navigator.word(state, here, step, end))
        assert found[1 if end else 0] == (last if end else start)


def test_within_a_token_w_goes_on_and_b_to_its_beginning():
    state = play().state
    state.by_character = True
    inside = state.tokens.at(at("outh")[0])
    going = [state.tokens.starts[navigator.word(state, inside, *way)] for way in ((1,), (-1,), (1, True))]
    assert going == [at("Korea")[0], at("South")[0], at("South")[1] - 1]


# -- clusters ---------------------------------------------------------------------------------------


@pytest.fixture
def koreas() -> Play:
    """Three mentions: 'North', the second 'Korea', and 'it'."""
    game = play()
    for part, nth in (("North", 0), ("Korea", 1), ("it", 0)):
        game(edits.add, *at(part, nth), "GPE")
    return game


def clusters(state: ArticleState) -> list[list[str]]:
    names = {e.cluster for e in state.entities.values() if e.cluster}
    return sorted([e.text for e in state.members(name)] for name in names)


def test_mentions_become_one_cluster_and_clusters_join(koreas):
    north, korea, it = (koreas.id_of(text) for text in ("North", "Korea", "it"))
    edit = koreas(details.same, north, korea)
    assert (edit.focus, edit.says) == (korea, "“North” = “Korea”, 2 mentions of one entity")
    koreas(details.same, it, north)
    assert clusters(koreas.state) == [["North", "Korea", "it"]]
    with pytest.raises(Refused, match="the same entity already"):
        koreas(details.same, korea, it)
    other = koreas(edits.add, *at("left"), "GPE").focus
    last = koreas(edits.add, *at("well"), "GPE").focus
    koreas(details.same, other, last)
    koreas(details.same, last, north)
    assert clusters(koreas.state) == [["North", "Korea", "left", "it", "well"]]


def test_a_cluster_survives_its_first_member_and_ends_with_the_last_but_one(koreas):
    north, korea, it = (koreas.id_of(text) for text in ("North", "Korea", "it"))
    koreas(details.same, north, korea)
    koreas(details.same, north, it)
    first = koreas(edits.delete, north)
    assert clusters(koreas.state) == [["Korea", "it"]]
    second = koreas(edits.delete, korea)
    assert koreas.state.entities[it].cluster is None
    koreas.take_back(second)
    koreas.take_back(first)
    assert clusters(koreas.state) == [["North", "Korea", "it"]]


def test_one_that_leaves_its_cluster_leaves_the_rest_together(koreas):
    north, korea, it = (koreas.id_of(text) for text in ("North", "Korea", "it"))
    koreas(details.same, north, korea)
    koreas(details.same, north, it)
    koreas(details.leave_cluster, korea)
    assert clusters(koreas.state) == [["North", "it"]]
    koreas(details.leave_cluster, north)
    assert clusters(koreas.state) == []
    with pytest.raises(Refused, match="in no cluster"):
        koreas(details.leave_cluster, north)


def test_what_takes_the_place_of_a_member_is_a_member(koreas):
    koreas(details.same, koreas.id_of("North"), koreas.id_of("it"))
    koreas(edits.add, *at("North and South Korea"), "ORG")
    assert clusters(koreas.state) == [["North and South Korea", "it"]]
    koreas(edits.add, *at("met"), "GPE")
    koreas(edits.join, koreas.id_of("met"), koreas.id_of("it"))
    assert clusters(koreas.state) == [["North and South Korea", "met. Korea, North and South, left; it"]]


def test_a_member_that_came_alone_from_elsewhere_keeps_its_cluster():
    game = play()
    id = game(edits.add, *at("North"), "GPE").focus
    alone = game.state.entities[id]._replace(cluster="c1")
    game.state = ArticleState(our.article(TEXT), our.ME, our.schema(), [alone])
    game(edits.note, id, "!")
    assert game.state.entities[id].cluster == "c1"
    assert game.state.others(id) == []


def test_suggestions_are_accepted_by_it():
    one, two = offer("North", "GPE", TEXT), offer("Korea", "GPE", TEXT, 1)
    game = play(suggestions=[one, two])
    game(details.same, one.about, two.about)
    assert clusters(game.state) == [["North", "Korea"]]
    assert {d.via for d in game.state.decisions.values()} == {"relate"}
    with pytest.raises(Refused, match="accepted already"):
        game(details.same, one.about, two.about)


def test_two_that_cannot_stand_together_are_no_cluster():
    one, two = offer("North", "GPE", TEXT), offer("North and South", "GPE", TEXT)
    game = play(suggestions=[one, two])
    with pytest.raises(Refused, match="do not overlap"):
        game(details.same, one.about, two.about)
    with pytest.raises(Refused, match="another member"):
        game(details.same, one.about, one.about)
    assert game.own() == []


def test_mentions_are_walked_in_reading_order_round_the_end(koreas):
    north, korea, it = (koreas.id_of(text) for text in ("North", "Korea", "it"))
    assert navigator.next_mention(koreas.state, north) is None
    koreas(details.same, it, north)
    koreas(details.same, it, korea)
    walked = [navigator.next_mention(koreas.state, key).text for key in (north, korea, it)]
    assert walked == ["Korea", "it", "North"]


# -- links, attributes, notes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("true", True),
        (" false ", False),
        ("12", 12),
        ("-1.5e3", -1500.0),
        ("Ana", "Ana"),
        ('"true"', "true"),
        ('""', ""),
        ("012", "012"),
        ("NaN", "NaN"),
        ("[sic]", "[sic]"),
        ("a = b", "a = b"),
        ("", None),
    ],
)
def test_a_typed_value_is_a_json_scalar_else_the_text_itself(typed, value):
    found = details.scalar(typed)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("typed", ["null", "[1]", '{"a": 1}', '"open', "1e999", "9" * 5000, '"\\ud800"'])
def test_what_is_other_json_or_too_large_is_refused(typed):
    with pytest.raises(Refused):
        details.scalar(typed)


@given(st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), our.texts))
def test_a_value_is_written_as_it_can_be_typed(value):
    found = details.scalar(details.written(value))
    assert type(found) is type(value) and found == value
    assert not isinstance(found, float) or math.isfinite(found)


def test_attributes_are_set_changed_and_taken_away_each_in_one_edit():
    game = play()
    id = game(edits.add, *at("North"), "GPE").focus
    steps = [
        (("sure", "true"), {"sure": True}),
        (("side", "north"), {"sure": True, "side": "north"}),
        (("sure", "0.5"), {"sure": 0.5, "side": "north"}),
        (("sure", ""), {"side": "north"}),
        (("side", "  "), None),
    ]
    for arguments, expected in steps:
        before = game.state.entities[id].attributes
        edit = game(details.attribute, id, *arguments)
        assert game.state.entities[id].attributes == expected
        game.take_back(edit)
        assert game.state.entities[id].attributes == before
        game.state.apply(edit)
    with pytest.raises(Refused, match="needs a name"):
        game(details.attribute, id, " ", "1")
    with pytest.raises(Refused, match="no attribute side here"):
        game(details.attribute, id, "side", "")


def test_link_attribute_and_note_accept_what_was_only_suggested():
    offered = offer("North", "GPE", TEXT)
    for verb, arguments in (
        (details.link, ("Q423",)),
        (details.attribute, ("sure", "1")),
        (edits.note, ("?",)),
    ):
        game = play(suggestions=[offered])
        edit = game(verb, offered.about, *arguments)
        entity = game.state.entities[edit.focus]
        assert (entity.link or entity.attributes or entity.note) in ("Q423", {"sure": 1}, "?")
        assert game.verdicts() == {offered.about: "accepted"}


def test_a_suggested_relation_is_accepted_with_its_ends_by_a_note_or_an_attribute():
    head, tail = offer("Xi", "PERSON"), offer("Havana", "GPE")
    relation = link("LEADS", head, tail)
    for verb, arguments in ((edits.note, ("?",)), (details.attribute, ("sure", "1"))):
        game = Play(suggestions=[head, tail], links=[relation])
        edit = game(verb, relation.about, *arguments)
        made = game.state.relations[edit.focus]
        assert (made.label, made.note or made.attributes) in (("LEADS", "?"), ("LEADS", {"sure": 1}))
        assert set(game.verdicts().values()) == {"accepted"} and len(game.verdicts()) == 3
        game.take_back(edit)
        assert not game.state.relations and not game.state.entities


def test_a_relation_has_no_link():
    game = Play()
    ids = [
        game(edits.add, *find(PROSE, *part), label).focus
        for *part, label in (("Xi", "PERSON"), ("Havana", "GPE"))
    ]
    relation = game(edits.relate, "LEADS", *ids)
    key = next(iter(game.state.relations))
    assert relation.focus == ids[0]
    with pytest.raises(Refused):
        game(details.link, key, "Q1")


def test_names_of_attributes_are_offered_the_most_used_first():
    game = play()
    ids = [game(edits.add, *at(part), "GPE").focus for part in ("North", "South", "met")]
    for id, name in ((ids[0], "b"), (ids[1], "a"), (ids[1], "b"), (ids[2], "c")):
        game(details.attribute, id, name, "1")
    assert details.attribute_names(game.state) == ["b", "a", "c"]


# -- document labels --------------------------------------------------------------------------------


def test_document_labels_stand_in_the_order_of_the_config_one_edit_each():
    game = play(labels=("politics", "trade", "sports"))
    for name in ("sports", "politics"):
        game(details.toggle_label, name)
    assert game.state.progress.labels == ("politics", "sports")
    edit = game(details.toggle_label, "politics")
    assert (game.state.progress.labels, edit.says) == (("sports",), "article no longer labelled politics")
    game.take_back(edit)
    assert game.state.progress.labels == ("politics", "sports")
    with pytest.raises(Refused, match="weather is not a document label"):
        game(details.toggle_label, "weather")


def test_a_label_that_the_config_does_not_have_stays_last_and_can_be_taken_away():
    game = play(labels=("politics",))
    game.state.progress = replace(game.state.progress, labels=("old",))
    game(details.toggle_label, "politics")
    assert game.state.progress.labels == ("politics", "old")
    game(details.toggle_label, "old")
    assert game.state.progress.labels == ("politics",)


def test_codes_of_document_labels_are_prefix_free():
    codes = Schema((), labels=("politics", "press", "p", "trade", "日本")).label_codes
    assert sorted(codes) == sorted(["politics", "press", "p", "trade", "日本"])
    assert not [1 for a in codes.values() for b in codes.values() if a != b and b.startswith(a)]


# -- all of them ------------------------------------------------------------------------------------

VERBS = ("add", "reshape", "same", "leave", "link", "attribute", "note", "label", "delete", "join", "plain")


def step(game: Play, draw: st.DrawFn) -> Edit:
    state = game.state
    keys = [*state.entities, *(item.key for item in state.pending)]
    verb = draw(st.sampled_from(VERBS))
    pieces = draw(st.lists(our.spans(TEXT), min_size=1, max_size=3))
    label, text = draw(st.sampled_from(our.LABELS)), draw(st.sampled_from(["", "1", "true", "x"]))
    if verb == "label":
        return game(details.toggle_label, draw(st.sampled_from(["politics", "trade"])))
    if verb == "add":
        return game(details.add, pieces, label)
    key, other = (draw(st.sampled_from(keys or [""])) for _ in range(2))
    return {
        "reshape": lambda: game(details.reshape, key, pieces),
        "same": lambda: game(details.same, key, other),
        "leave": lambda: game(details.leave_cluster, key),
        "link": lambda: game(details.link, key, text),
        "attribute": lambda: game(details.attribute, key, "a", text),
        "note": lambda: game(edits.note, key, text),
        "delete": lambda: game(edits.delete, key),
        "join": lambda: game(edits.join, key, other),
        "plain": lambda: game(edits.add, *pieces[0], label),
    }[verb]()


def look(state: ArticleState) -> object:
    return (
        sorted(state.entities.items()),
        sorted(state.decisions.items()),
        progress_row(state.progress),
        state.items,
        sorted(state.problems.items()),
        sorted((e.id, [m.id for m in state.others(e.id)]) for e in state.entities.values()),
    )


def check(game: Play) -> None:
    state = game.state
    fresh = made_anew(state)
    assert look(fresh) == look(state)
    for entity in state.entities.values():
        assert details.merged(TEXT, entity.spans) == entity.spans
        assert (entity.start, entity.end) == (entity.spans[0][0], entity.spans[-1][1])
        assert entity.text == TEXT[entity.start : entity.end] and len(entity.fragments) != 1
        assert entity.cluster is None or state.others(entity.id)
        near = [e for e in state.own_over(entity.spans) if e.id != entity.id]
        assert not any(conflict(state.schema.overlap, entity.value, e.value) for e in near)


@pytest.mark.parametrize("overlap", our.POLICIES)
@given(data=st.data())
@settings(max_examples=60)
def test_whatever_is_done_the_rules_hold_and_undo_gives_back_the_start(overlap, data):
    offers = [offer("North", "GPE", TEXT), offer("Korea", "GPE", TEXT, 1), offer("South Korea", "ORG", TEXT)]
    game = play(overlap, ("politics", "trade"), suggestions=offers)
    start, done = look(game.state), []
    for _ in range(data.draw(st.integers(1, 14))):
        try:
            done.append(step(game, data.draw))
        except Refused:
            continue
        check(game)
    for edit in reversed(done):
        game.take_back(edit)
        check(game)
    assert look(game.state) == start


# -- there and back ---------------------------------------------------------------------------------


def test_all_of_it_is_in_the_lossless_export_and_comes_back():
    game = play(labels=("politics", "trade"))
    north = game(details.add, [at("North"), at("Korea")], "GPE").focus
    it = game(edits.add, *at("it"), "GPE").focus
    game(details.same, north, it)
    game(details.link, north, "Q423")
    game(details.attribute, north, "sure", "0.5")
    relation = game(edits.relate, "KNOWS", north, it)
    key = next(c.key for c in relation.changes if c.table == "relations")
    game(details.attribute, key, "since", "1948")
    game(edits.note, key, "?")
    game(edits.note, it, "who?")
    game(edits.note, None, "check this")
    game(details.toggle_label, "trade")
    state = game.state
    document = Document(
        state.article,
        "me",
        "person:me",
        state.progress.status,
        tuple(state.entities.values()),
        tuple(state.relations.values()),
        labels=state.progress.labels,
        note=state.progress.note,
    )
    written = interchange.write(postil.FORMAT, [document])
    (back,) = interchange.read(postil.FORMAT, written.data, "x.jsonl")
    plain = {"created_at": "", "updated_at": ""}
    entities = sorted(state.entities.values(), key=lambda e: e.start)
    assert back.document.entities == tuple(e._replace(**plain) for e in entities)
    assert back.document.relations == tuple(r._replace(**plain) for r in state.relations.values())
    assert (back.document.labels, back.document.note) == (("trade",), "check this")
