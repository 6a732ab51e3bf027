from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.config import ANSI_COLORS, Keys, find_project, load, nearest
from annotations.errors import ConfigError
from annotations.schema import EntityType

ROOT = Path(__file__).parents[2]

TYPES = """\
entities:
  PERSON: {key: "1", color: cyan, about: "People, real or fictional."}
  ORG: {key: ["2", "o"], color: "#FF8800"}
  GPE:
relations:
  LEADS: {key: 1, head: PERSON, tail: [ORG, GPE]}
  MET: {head: [PERSON], tail: [PERSON], symmetric: true}
"""

FULL = (
    """\
name: Foreign desk
articles: [seeds, more/*.txt]
database: work/desk.db
done: ask
complete: entities
overlap: nested
suggest:
  pipeline: models/news
  labels: {FAC: GPE}
  min_score: {default: 0.1, ORG: 0.6, LEADS: 1}
  patterns: patterns.jsonl
labels: [politics, trade]
keys: {profile: arrows, bindings: {done: [c, f5], top: "g   g", first: 1}}
"""
    + TYPES
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project, content):
    data = content.encode() if isinstance(content, str) else content
    (project / "config.yaml").write_bytes(data)
    return project / "config.yaml"


def problems(project, content):
    with pytest.raises(ConfigError) as caught:
        load(write(project, content))
    return str(caught.value).splitlines()


def problem(project, content):
    (only,) = problems(project, content)
    return only


# --- what a good file becomes


def test_every_setting_arrives(project):
    config = load(write(project, FULL))
    assert config.path == project / "config.yaml"
    assert config.name == "Foreign desk"
    assert config.articles == ("seeds", "more/*.txt")
    assert config.database == project / "work" / "desk.db"
    assert config.done == "ask"
    assert config.schema.complete == ("entities",)
    assert config.schema.overlap == "nested"
    assert config.schema.labels == ("politics", "trade")
    assert config.suggest.pipeline == "models/news"
    assert config.suggest.labels == {"FAC": "GPE"}
    assert config.suggest.patterns == (project / "patterns.jsonl",)
    bindings = {"done": ("c", "f5"), "top": ("g g",), "first": ("1",)}
    assert config.keys == Keys("arrows", bindings, dict.fromkeys(bindings, 13))


def test_types_arrive_with_digits_codes_and_colours(project):
    schema = load(write(project, TYPES)).schema
    assert schema.entities == (
        EntityType("PERSON", ("1",), "p", "cyan", "People, real or fictional."),
        EntityType("ORG", ("2",), "o", "#ff8800"),
        EntityType("GPE", (), "g"),
    )
    assert schema.relation("LEADS").keys == ("1",)
    assert schema.legal("LEADS", "PERSON", "GPE")
    assert schema.relation("MET").symmetric


def test_a_type_has_a_group_and_examples(project):
    person = "entities: {PERSON: {group: Who, examples: [Ana, Li Wei]}}\n"
    met = "relations: {MET: {head: [PERSON], tail: [PERSON], group: Acts}}\n"
    schema = load(write(project, person + met)).schema
    assert schema.entities == (EntityType("PERSON", (), "p", group="Who", examples=("Ana", "Li Wei")),)
    assert (schema.relation("MET").group, schema.relation("MET").examples) == ("Acts", ())


def test_what_is_left_out_has_its_default(project):
    config = load(write(project, "entities: {PERSON: }\n"))
    assert config.name == project.name
    assert config.articles == ()
    assert config.database == project / "postil.db"
    assert config.done == "accept"
    assert config.schema.complete == ("entities", "relations")
    assert config.schema.overlap == "none"
    assert config.schema.relations == config.schema.labels == ()
    assert config.suggest.pipeline == "en_core_web_sm"
    assert config.suggest.min_score == {"default": 0.0}
    assert config.keys == Keys("default", {}, {})


def test_a_section_whose_contents_are_commented_out_is_a_section_left_out(project):
    sections = ("articles", "complete", "suggest", "relations", "labels", "keys")
    empty = "".join(f"{section}:\n  # nothing\n" for section in sections)
    assert load(write(project, empty + "entities: {PERSON: }\n")) == load(
        write(project, "entities: {PERSON: }\n")
    )


def test_no_pipeline_can_be_asked_for(project):
    assert load(write(project, "suggest: {pipeline: null}\n" + TYPES)).suggest.pipeline is None


def test_a_floor_is_the_label_s_own_or_the_default(project):
    suggest = load(write(project, FULL)).suggest
    assert (suggest.floor("ORG"), suggest.floor("LEADS"), suggest.floor("GPE")) == (0.6, 1.0, 0.1)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(project):
    assert load(write(project, b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())).name == "Foreign desk"


def test_anchors_spare_repetition(project):
    text = "entities: {PERSON: , ORG: }\nrelations: {MET: {head: &who [PERSON, ORG], tail: *who}}\n"
    assert load(write(project, text)).schema.legal("MET", "ORG", "PERSON")


def test_paths_are_relative_to_the_file_and_not_to_the_shell(project, monkeypatch):
    write(project, TYPES)
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert load(Path("../config.yaml")).database == project / "postil.db"


def test_the_starter_loads_quickly_and_without_a_word(tmp_path):
    config = load(ROOT / "config.yaml")
    assert config.schema.entities
    start = time.perf_counter()
    load(ROOT / "config.yaml")
    assert time.perf_counter() - start < 0.2  # 10 ms; the rest is for busy machines


def test_five_hundred_labels_load_with_codes(project):
    labels = "".join(f"  LABEL_{i}: {{color: red, about: some words}}\n" for i in range(500))
    schema = load(write(project, "entities:\n" + labels)).schema
    assert len({each.code for each in schema.entities}) == 500


# --- keys and words that are not known


def test_a_typo_in_a_key_names_the_line_and_the_nearest_key(project):
    text = "entities:\n  PERSON:\n    colr: cyan\n"
    assert problem(project, text) == (
        'config.yaml:3: entities.PERSON.colr is not a key here; did you mean "color"?'
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("overlaps: none", 'overlaps is not a key here; did you mean "overlap"?'),
        ("suggest: {pipelines: x}", 'suggest.pipelines is not a key here; did you mean "pipeline"?'),
        ("keys: {profle: arrows}", 'keys.profle is not a key here; did you mean "profile"?'),
        ("keys: {zzz: }", "keys.zzz is not a key here; the keys are profile, bindings"),
    ],
)
def test_a_typo_is_found_in_every_section(project, line, says):
    assert problem(project, TYPES + line) == f"config.yaml:8: {says}"


def test_an_unknown_type_at_the_end_of_a_relation_names_the_nearest_type(project):
    text = "entities: {PERSON: , ORG: }\nrelations:\n  LEADS:\n    head: ORG\n    tail:\n    - ORG\n"
    text += "    - PERSN\n"
    says = 'relations.LEADS.tail: "PERSN" is not one of the entity types; did you mean "PERSON"?'
    assert problem(project, text) == f"config.yaml:7: {says}"


def test_an_unknown_type_that_resembles_none_lists_them(project):
    text = "entities: {PERSON: , ORG: }\nrelations: {LEADS: {head: XYZ, tail: ORG}}\n"
    assert problem(project, text).endswith('"XYZ" is not one of the entity types; they are PERSON, ORG')


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{labels: {FAC: GEP}}", 'labels.FAC: "GEP" is not one of the entity types; did you mean "GPE"?'),
        ("{min_score: {PERSN: 0.5}}", 'min_score.PERSN is not a label or "default"; did you mean "PERSON"?'),
    ],
)
def test_suggest_knows_the_labels(project, line, says):
    assert problem(project, f"{TYPES}suggest: {line}\n") == f"config.yaml:8: suggest.{says}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("done: acept", 'done: "acept" is not one of accept, ask, leave; did you mean "accept"?'),
        ("overlap: nestd", 'overlap: "nestd" is not one of none, nested, crossing; did you mean "nested"?'),
        ("keys: {profile: vim}", 'keys.profile: "vim" is not one of default, prodigy, arrows'),
        ("done: [ask]", "done must be one of accept, ask, leave"),
        (
            "complete: [entities, relation]",
            'complete: "relation" is not one of entities, relations; did you mean "relations"?',
        ),
    ],
)
def test_a_choice_names_what_there_is(project, line, says):
    assert problem(project, TYPES + line) == f"config.yaml:8: {says}"


# --- keys that clash


def test_two_labels_with_one_digit_are_both_named_with_their_lines(project):
    text = 'entities:\n  PERSON: {key: "1"}\n  ORG: {key: [o, 1]}\n'
    assert problem(project, text) == (
        "config.yaml:3: entities.ORG.key: ORG and PERSON (line 2) "
        'both have the key "1"; give one of them another'
    )


@pytest.mark.parametrize(("first", "second"), [("p", "pr"), ("pr", "p"), ("abc", "abcd")])
def test_two_codes_of_which_one_begins_with_the_other_clash(project, first, second):
    says = problem(project, f"entities:\n  PERSON: {{key: {first}}}\n  PRODUCT: {{key: {second}}}\n")
    assert f'"{second}" of PRODUCT and "{first}" of PERSON (line 2) begin alike' in says


def test_relations_clash_among_themselves_and_not_with_labels(project):
    text = TYPES.replace("MET: {", 'MET: {key: "1", ')
    assert "config.yaml:7: relations.MET.key: MET and LEADS (line 6) both have" in problem(project, text)


def test_a_label_has_each_key_once_and_one_code(project):
    assert problem(project, "entities: {A: {key: [1, 1]}}").endswith('A.key lists "1" twice')
    assert problem(project, "entities: {A: {key: [x, yy]}}").endswith(
        "has more than one code: x, yy; keep one"
    )


@pytest.mark.parametrize("key", ["P", "12", "abcde", "é", '"²"', "f5", '""', '"!"'])
def test_a_key_is_a_digit_or_a_few_letters(project, key):
    assert "is no key; a key is one digit, or one to 4 letters a-z" in problem(
        project, f"entities: {{A: {{key: {key}}}}}"
    )


def test_letter_keys_that_leave_no_room_for_the_others_are_an_error(project):
    taken = "".join(f"  L{c}: {{key: '{c}'}}\n" for c in "abcdefghijklmnopqrstuvwxyz")
    says = problem(project, f"entities:\n{taken}  MORE:\n")
    assert says == (
        "config.yaml:1: entities: no codes are left for 1 names, because the letter keys take too many first "
        "letters; remove some"
    )


# --- YAML's own ideas


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NO", "true or false"),
        ("ON", "true or false"),
        ("012", "a number"),
        ("1.5", "a number"),
        ("null", "nothing"),
        ("2022-11-25", "a date"),
    ],
)
def test_a_label_that_yaml_does_not_read_as_text_is_to_be_quoted(project, name, kind):
    assert problem(project, f"entities:\n  A:\n  {name}: {{}}\n") == (
        f'config.yaml:3: entities.{name}: YAML reads {name} as {kind}, not as text; quote it: "{name}"'
    )
    assert load(write(project, f'entities:\n  A:\n  "{name}": {{}}\n')).schema.has_entity(name)


def test_a_value_that_yaml_does_not_read_as_text_is_to_be_quoted(project):
    assert problem(project, TYPES + "labels: [a, off]").endswith(
        'labels: YAML reads off as true or false, not as text; quote it: "off"'
    )
    assert problem(project, TYPES + "keys: {bindings: {stack: ~}}").endswith(
        'keys.bindings.stack: YAML reads ~ as nothing, not as text; quote it: "~"'
    )
    assert problem(project, "name: 2022-11-25\n" + TYPES).endswith(
        'name: YAML reads 2022-11-25 as a date, not as text; quote it: "2022-11-25"'
    )


def test_a_key_that_is_here_twice_names_both_lines(project):
    text = "entities:\n  ORG: {}\n  GPE: {}\n  ORG: {color: red}\n"
    assert (
        problem(project, text)
        == "config.yaml:4: entities.ORG is here twice, first on line 2; keep one of them"
    )


def test_a_tab_is_named_as_such(project):
    assert problem(project, "entities:\n\tPERSON: {}\n").startswith("config.yaml:2: YAML cannot read this: ")
    assert "a tab stands where YAML wants spaces" in problem(project, "entities:\n\tPERSON: {}\n")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: b\nc: d: e\n", 2, "quote a text that holds a colon"),
        ("a: {key: [1\nb: {}\n", 2, "that begins on line 1"),
        ('a: "abc\n', 2, "close the quotes"),
        ("a: @x\n", 1, "quote a text that starts with this sign"),
        ("a: *x\n", 1, "undefined alias 'x'"),
        ("a: b\n---\nc: d\n", 2, "a config is one document"),
        ('a: "\\UFFFFFFFF"\n', 1, "out of range"),
        ("a: b\nc: \x07\n", 2, "control character U+0007"),
        ("- a\n- b\n", 1, "must be a mapping"),
        ("hello\n", 1, "must be a mapping"),
        ("a: &a [*a]\n", 1, "an alias too often, or within itself"),
        ("a: " + "[" * 5000, 1, "nests too deep"),
    ],
)
def test_broken_yaml_is_a_sentence_with_a_line(project, text, line, says):
    only = problem(project, text)
    assert only.startswith(f"config.yaml:{line}: ") and says in only


def test_an_alias_bomb_is_refused_at_once(project):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{last}'] * 9)}]\n"
        for last, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    start = time.perf_counter()
    assert "repeats an alias too often" in problem(project, bomb)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd", "!mine", "!!set", "!!binary"])
def test_tags_are_not_read(project, tag):
    assert "tags are not read here" in problem(project, f"{TYPES}name: {tag} {{}}\n")


def test_a_wrong_number_under_a_tag_is_said_to_be_none(project):
    assert "done:" in problem(project, TYPES + "done: !!int ''\n")


def test_merge_keys_and_keys_that_are_lists_are_refused(project):
    told = problems(project, "entities: {A: &a {}, B: {<<: *a}}\n")
    assert "config.yaml:1: entities.B.<<: << merges are not read here; write out what it would bring" in told
    assert (
        problem(project, "entities: {A: }\n? [a, b]\n: c\n")
        == "config.yaml:2: the file has a key that is not a word"
    )


# --- values of the wrong shape


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("relations: [A]", "relations must be a mapping: lines of `key: value` under it"),
        ("entities: {A: [1]}", "entities.A must be a mapping: lines of `key: value` under it"),
        ("entities: {A: {key: {x: y}}}", "entities.A.key must be one text or a list of texts"),
        ("entities: {A: {about: [x]}}", "entities.A.about must be a text"),
        ("database: ", "database is empty; write a text after it or remove it"),
        ('database: ""', "database is empty"),
        ('entities: {" A": }', 'entities." A" begins or ends with white space'),
        ('entities: {"": }', 'entities."" is empty'),
        ('labels: ["a\\nb"]', "labels holds a control character or a line break"),
        ("labels: [a, b, a]", 'labels lists "a" twice'),
        ("complete: [entities, entities]", 'complete lists "entities" twice'),
        ("suggest: {min_score: {default: 1.5}}", "suggest.min_score.default must be a number from 0 to 1"),
        ("suggest: {min_score: {default: .nan}}", "suggest.min_score.default must be a number from 0 to 1"),
        ("suggest: {min_score: {default: yes}}", "suggest.min_score.default must be a number from 0 to 1"),
        ("relations: {A: {head: [], tail: X}}", "relations.A.head is an empty list; name the entity types"),
        ("relations: {A: {head: X}}", "relations.A has no tail; list the entity types that it may have"),
        ('relations: {A: {head: X, tail: X, symmetric: "yes"}}', "A.symmetric must be true or false"),
        ("keys: {bindings: [a]}", "keys.bindings must be a mapping"),
        ('keys: {bindings: {top: " "}}', "keys.bindings.top is an empty key sequence"),
        ("keys: {bindings: {top: {a: b}}}", "keys.bindings.top must be one text or a list of texts"),
        ('name: "\\ud800"', "name holds half a surrogate pair"),
    ],
)
def test_a_value_of_the_wrong_shape_is_named(project, line, says):
    types = "" if line.startswith("entities") else "entities: {X: }\n"
    assert says in problem(project, types + line)


@pytest.mark.parametrize("color", [*ANSI_COLORS, "Cyan", "orange", '"#abc"', '"#A0B1C2"'])
def test_a_colour_is_a_name_or_hex(project, color):
    text = f"entities: {{A: {{color: {color}}}}}"
    assert load(write(project, text)).schema.entity("A").color == color.strip('"').lower()


def test_an_unknown_colour_names_the_nearest(project):
    assert problem(project, "entities: {A: {color: cyn}}").endswith(
        'entities.A.color: "cyn" is not a colour; did you mean "cyan"?'
    )
    assert 'or "#rrggbb"' in problem(project, 'entities: {A: {color: "#12"}}')


def test_a_hex_colour_that_became_a_comment_is_noticed(project):
    assert problem(project, "entities:\n  A:\n    color: #ff8800\n").startswith(
        "config.yaml:3: entities.A.color is empty; quote a colour"
    )


@pytest.mark.parametrize("text", ["name: x\n", "entities:\n", "entities: {}\n"])
def test_there_must_be_an_entity_type(project, text):
    assert problem(project, text).endswith("entities: there must be at least one entity type")


# --- all at once


def test_all_problems_are_told_at_once_in_the_order_of_the_file(project):
    text = """\
done: acept
suggest:
  labels: {FAC: PLACE}
entities:
  PERSON: {key: "1", colr: cyan}
  NO: {key: "1"}
relations:
  LEADS: {head: [PERSN], tail: [NO]}
  MET: {head: "NO", tail: PERSON, symetric: true}
"""
    told = problems(project, text)
    assert [each.split(": ")[0] for each in told] == [f"config.yaml:{n}" for n in (1, 3, 5, 6, 6, 8, 8, 9)]


def test_a_type_with_a_fault_is_still_a_known_type(project):
    text = "entities: {PERSON: [1]}\nrelations: {MET: {head: PERSON, tail: PERSON}}\n"
    assert problem(project, text).startswith("config.yaml:1: entities.PERSON must be a mapping")


def test_nothing_in_a_message_can_command_a_terminal(project):
    says = problem(project, TYPES + '"a\\x1b[31m\\nb\\u202E": 1\n')
    assert says.isprintable() and r"a\x1b[31m" in says


# --- files that are none


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "config.yaml: is empty; a new one is written by: postil init DIR"),
        (b"# only a comment\n", "config.yaml: is empty; a new one is written by: postil init DIR"),
        (b"SQLite\0\1", "config.yaml: is a binary file, not YAML text"),
        ("name: x".encode("utf-16"), "config.yaml: is UTF-16; save it as UTF-8"),
        (b"a: b\nname: caf\xe9\n", "config.yaml:2: is not UTF-8 (byte 0xe9); save it as UTF-8"),
        (b"#" * 1_000_001, "config.yaml: is longer than 1,000,000 bytes; is it a config file?"),
    ],
)
def test_a_file_that_is_no_config_is_a_sentence(project, data, says):
    assert problem(project, data) == says


def test_a_missing_file_says_how_to_get_one(project):
    with pytest.raises(ConfigError, match=r"^config.yaml: there is no such file; .*postil init DIR"):
        load(Path("config.yaml"))


def test_a_folder_is_not_a_config(project):
    with pytest.raises(ConfigError, match="this is a folder"):
        load(project)


def test_a_file_that_cannot_be_opened_says_why(project):
    (project / "config.yaml").symlink_to(project / "config.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(project / "config.yaml")


def test_a_file_without_permission_says_so(project, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match=r"cannot be read \(Permission denied\); check the path"):
        load(project / "config.yaml")


def test_a_file_elsewhere_is_named_with_its_whole_path(project, monkeypatch):
    path = write(project, "name: x\n")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    with pytest.raises(ConfigError, match=f"^{path}:1: "):
        load(path)


# --- finding the project


def test_a_project_is_found_from_its_folder_its_file_and_from_below(project):
    path = write(project, TYPES)
    below = project / "a" / "b"
    below.mkdir(parents=True)
    assert (
        find_project(project) == find_project(path) == find_project(below) == find_project(Path("a")) == path
    )


def test_the_nearest_project_wins(project):
    write(project, TYPES)
    (project / "a").mkdir()
    inner = write(project / "a", TYPES)
    assert find_project(project / "a") == inner


def test_a_config_of_another_name_can_be_named(project):
    path = project / "second.yaml"
    path.write_text(TYPES)
    assert find_project(path) == path


def test_no_project_says_how_to_start_one(project, monkeypatch):
    monkeypatch.setattr(os.path, "isfile", lambda path: False)
    with pytest.raises(ConfigError, match=r"there is no config.yaml in .* or above it; .* postil init DIR"):
        find_project(project)


@pytest.mark.parametrize("name", ["nowhere", "a" * 300, "nul\0"])
def test_a_place_that_does_not_exist_is_a_sentence(project, name):
    with pytest.raises(ConfigError, match=r"does not exist; .* postil init DIR"):
        find_project(project / name)


def test_a_file_that_is_no_config_is_not_a_project(project):
    write(project, TYPES)
    (project / "article.txt").write_text("text")
    with pytest.raises(ConfigError, match="is not a project"):
        find_project(project / "article.txt")


# --- words


def test_the_nearest_word_does_not_mind_case():
    assert nearest("persn", ["PERSON", "ORG"]) == "PERSON"
    assert nearest("PERSON", ["PERSON", "PERSONS"]) == "PERSON"
    assert nearest("zebra", ["PERSON", "ORG"]) is None
    assert nearest("", []) is None


# --- whatever comes

scraps = st.sampled_from(
    [
        *(
            "entities",
            "relations",
            "suggest",
            "keys",
            "labels",
            "name",
            "key",
            "head",
            "tail",
            "PERSON",
            "NO",
        ),
        *("color", "complete", "bindings", "min_score", "default", "null", "~", "1", "0.5", "2022-01-01"),
        *(
            ":",
            ": ",
            "\n",
            "\n  ",
            "\n    ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "? ",
            "<<: ",
            "&a ",
            "*a",
            "!!int ",
        ),
        *("|", ">", '"', "'", "#", "\t", "%YAML 1.1\n", "---", "...", "\\", "\\u", "é", "\x85", "\ufeff"),
    ]
)
words = st.text(max_size=4) | st.sampled_from(["A", "B", "key", "head", "tail", "color", "about", "bindings"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1", "A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)
sections = st.sampled_from(["entities", "relations", "suggest", "keys", "labels", "complete", "done", "name"])
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def load_or_refuse(project, data):
    (project / "config.yaml").write_bytes(data)
    try:
        assert load(project / "config.yaml").schema.entities
    except ConfigError as error:
        assert all(each.startswith("config.yaml:") for each in str(error).split("\n"))


@quiet
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_load_or_are_refused(project, data):
    load_or_refuse(project, data)


@quiet
@given(st.lists(scraps, max_size=40))
def test_any_heap_of_yaml_scraps_loads_or_is_refused(project, heap):
    load_or_refuse(project, "".join(heap).encode())


@quiet
@given(st.dictionaries(sections, values, max_size=4))
def test_any_values_in_the_right_places_load_or_are_refused(project, data):
    load_or_refuse(project, yaml.safe_dump(data).encode())
