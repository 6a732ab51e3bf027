"""The docs hold what the code says: generated parts are fresh, examples work, links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import click
import pytest
import yaml
from packaging.requirements import Requirement

from annotations.config import load
from annotations.documents import Incoming
from annotations.errors import ConfigError
from annotations.formats import postil
from annotations.queue import FIELDS, State, parse
from tests import interchange
from tui import cli
from tui.commands import COMMANDS
from tui.keys import Keymap

ROOT = Path(__file__).parents[2]
PROSE = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)


def part(name: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", text_of(name), re.DOTALL)
    assert found, f"{name} has no part between <!-- {mark} --> and <!-- /{mark} -->"
    return found[1]


def first_column(table: str) -> list[str]:
    return [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| `")]


def test_what_is_generated_is_fresh() -> None:
    command = [sys.executable, ROOT / "docs" / "generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


# --- queries


def test_every_term_of_the_page_is_a_query() -> None:
    terms = [
        term for cell in first_column(text_of("docs/queries.md")) for term in re.findall(r"`([^`]+)`", cell)
    ]
    assert len(terms) > 20
    for term in terms:
        parse(term.replace("\\|", "|"))


def test_the_page_names_every_field_and_state() -> None:
    page = text_of("docs/queries.md")
    assert all(f"`{field}:" in page for field in FIELDS)
    assert all(f"`is:{state}`" in page for state in get_args(State))


# --- keys


@pytest.mark.parametrize("id", [command.id for command in COMMANDS])
def test_every_command_is_in_the_key_table(id: str) -> None:
    assert f"| `{id}` |" in text_of("docs/keys.md")


def test_the_short_key_table_has_only_keys_that_the_full_one_has() -> None:
    short = re.findall(r"`(?:[^`]+)`", " ".join(first_column(part("README.md", "keys"))))
    full = re.findall(r"`(?:[^`]+)`", " ".join(first_column(text_of("docs/keys.md"))))
    assert short and set(short) - set(full) == {"`config.yaml`"}


def test_the_example_of_other_keys_works_with_the_starter(tmp_path: Path) -> None:
    (block,) = blocks("docs/keys.md", "yaml")
    starter = yaml.safe_load(text_of("config.yaml"))
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(starter | yaml.safe_load(block), allow_unicode=True), encoding="utf-8")
    config = load(path)
    keymap = Keymap(config.schema, config.keys)
    assert keymap.keys_of("done") == (("c",), ("f5",))
    assert keymap.keys_of("skip") == ()


# --- command line


def commands(command: click.Command = cli.main, name: str = "postil") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for each, found in command.commands.items():
            yield from commands(found, f"{name} {each}")


def section(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text_of("docs/commands.md"), re.DOTALL | re.MULTILINE)
    assert found, f"docs/commands.md has no section {name}"
    return found[1]


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: str(value).replace(" ", "-")
)
def test_every_command_and_option_is_in_the_reference(name: str, command: click.Command) -> None:
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    said = section(name)
    assert [opt for option in options for opt in option.opts if opt not in said] == []


def shell_lines() -> list[str]:
    lines = [line for block in blocks("README.md", "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("postil ")]


@pytest.mark.parametrize("line", shell_lines())
def test_every_command_that_the_readme_shows_is_one(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    name = words.pop(0) if words[0] in cli.main.commands else "open"
    command = cli.main.commands[name]
    context = command.make_context(name, words)
    if "query" in context.params:
        parse(" ".join(context.params["query"]), load(ROOT / "config.yaml").schema)


def test_the_query_that_the_readme_shows_is_one() -> None:
    (query,) = re.findall(r"^text:/.*$", text_of("README.md"), re.MULTILINE)
    parse(query, load(ROOT / "config.yaml").schema)


# --- formats and config


@pytest.mark.parametrize("name", ["README.md", "docs/formats/postil.md"])
def test_the_example_of_the_export_is_one_that_import_reads(name: str) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", part(name, "example"), re.DOTALL)
    record = json.loads(block)
    line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    (found,) = interchange.read(postil.FORMAT, line, "example")
    assert isinstance(found, Incoming)
    assert found.document is not None and len(found.document.entities) == len(record["entities"])


def keys_in(value: Any) -> set[str]:
    """Every key of every object in a JSON value, but for those of the article's own metadata."""
    match value:
        case dict():
            inner = (keys_in(each) for key, each in value.items() if key != "meta")
            return set(value).union(*inner)
        case list():
            return set().union(*map(keys_in, value))
    return set()


def test_every_key_of_the_example_is_explained() -> None:
    (block,) = blocks("docs/formats/postil.md", "json")
    explained = set(
        re.findall(
            r"`([a-z]+)`", re.sub(r"```.*?```", "", text_of("docs/formats/postil.md"), flags=re.DOTALL)
        )
    )
    assert keys_in(json.loads(block)) - explained == set()


def config_example() -> dict[str, Any]:
    (block,) = blocks("docs/config.md", "yaml")
    found: dict[str, Any] = yaml.safe_load(block)
    return found


def test_the_example_config_is_sound(tmp_path: Path) -> None:
    (block,) = blocks("docs/config.md", "yaml")
    (tmp_path / "config.yaml").write_text(block, encoding="utf-8")
    config = load(tmp_path / "config.yaml")
    Keymap(config.schema, config.keys)


@pytest.mark.parametrize("way", [(), ("suggest",), ("keys",), ("entities", "GPE"), ("relations", "MET")])
def test_every_key_of_the_config_is_explained(way: tuple[str, ...], tmp_path: Path) -> None:
    config = config_example()
    place = config
    for step in way:
        place = place[step]
    place["zzzzzz"] = "no key is called this"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"the keys are (.*)") as refused:
        load(tmp_path / "config.yaml")
    listed = re.search(r"the keys are (.*)", str(refused.value))
    assert listed
    assert [key for key in re.findall(r"\w+", listed[1]) if f"`{key}`" not in text_of("docs/config.md")] == []


# --- architecture, picture, prose


def test_every_dependency_is_justified_and_nothing_else_is() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    justified = first_column(text_of("ARCHITECTURE.md").split("## Dependencies")[1])
    always = sorted(Requirement(each).name for each in project["dependencies"])
    asked_for = sorted(
        (Requirement(each).name, extra)
        for extra, names in project["optional-dependencies"].items()
        for each in names
    )
    rows = [f"`{name}`" for name in always] + [f"`{name}` (`{extra}`)" for name, extra in asked_for]
    assert justified == rows


def test_the_picture_is_one_of_the_app_on_our_own_text() -> None:
    root = ElementTree.parse(ROOT / "docs" / "picture.svg").getroot()
    words = "".join(root.itertext()).replace("\xa0", " ")
    seed = next((ROOT / "seeds").glob("000_*.txt")).read_text(encoding="utf-8")
    assert "’s leader was received with full honours in" in words
    assert "’s leader was received with full honours in" in seed


def test_the_picture_fetches_nothing() -> None:
    svg = text_of("docs/picture.svg")
    assert re.findall(r"url\((?!#)[^)]*\)|href=|<script|@import", svg) == []


@pytest.mark.parametrize("path", [*PROSE, ROOT / "docs" / "picture.svg"], ids=lambda path: path.name)
def test_the_docs_name_no_place_on_somebodys_machine_and_no_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    places = [str(ROOT), str(Path.home()) + "/"]
    assert [place for place in places if place in text] == []
    assert re.findall(r"(?<![\w.~$/:*])/(?:home|root|tmp|work|usr|opt|var|srv|mnt|Users)/\S*", text) == []
    assert re.findall(r"\S*(?:pypi\.|pythonhosted|/simple/|index-url)\S*", text) == []


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.name)
def test_every_link_within_the_docs_leads_to_a_file(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []
