"""Makes the parts of the docs that follow from the code: key tables, command reference, the export's example, picture.

    python docs/generate.py            writes them all
    python docs/generate.py --check    writes nothing and fails when one of them is stale (the picture apart)

Invariant: what is generated depends on the code alone, never on the machine, the clock or the person.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby
from pathlib import Path

import click
from click.testing import CliRunner

from annotations import edits
from annotations.config import load
from annotations.draft import Pen
from annotations.exporting import document
from annotations.formats import postil, registry
from annotations.formats.base import Format
from annotations.model import Analysis, Article, Edit, Layer, Span, Suggestion, about_entity
from annotations.schema import EntityType, RelationType, Schema
from annotations.state import ArticleState
from tui import cli
from tui.commands import COMMANDS, HEAD, LEADER, LEADERS, LNK, PROFILES, Command
from tui.panels import sign
from tui.screens.help import NAMES

ROOT = Path(__file__).parents[1]

PICTURE = "docs/picture.svg"

Row = tuple[str, ...]

# --- tables


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; cells hold no pipe and no line break."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"


def spelled(sequence: str) -> str:
    """A key sequence as the docs write it: `shift+tab` is Shift+Tab."""
    return code(sign(sequence).replace("⇧", "Shift+"))


def keys_of(sequences: Iterable[str]) -> str:
    """Some sequences, any of which does it."""
    return " · ".join(map(spelled, sequences)) or "by name"


def generated(by: str) -> str:
    """The line that says who made a file."""
    return f"<!-- Made by docs/generate.py from {by}: edit that, then run `make docs`. -->"


# --- keys

LABELS = ("label.*",)
"""Stands for the labels of the project, which have no row in the table of commands."""

SHORT: Sequence[tuple[tuple[str, ...], str]] = (
    (("previous-token", "next-line", "previous-line", "next-token"), "move by token and by line"),
    (("next-word", "previous-word", "next-sentence", "previous-sentence"), "by word, by sentence"),
    (("next-item", "previous-item"), "to the next, the previous entity or suggestion"),
    (("jump",), ""),
    (("accept", "reject"), "accept, reject the suggestion and go on to the next"),
    (LABELS, "label a token; give an entity or suggestion another label"),
    (("palette",), ""),
    (("select", "grow"), "start a selection; select the name, phrase, sentence here in turn"),
    (
        ("next-name", "previous-name"),
        "find the next, previous name that nothing covers, selected: its label's key is next",
    ),
    (
        ("grow-left", "grow-right", "cut-left", "cut-right"),
        "grow the entity left, right; cut its first, last token",
    ),
    (("split", "join"), "split the entity before the cursor; join it with the next item"),
    (("delete",), ""),
    (("relate",), ""),
    (("relations",), ""),
    (("undo", "redo"), "undo, redo: as far back as you like, across articles and restarts"),
    (("done", "skip", "reopen"), "done, skip, open again"),
    (("next-article", "previous-article"), "to the next, the previous article"),
    (("search", "next-hit"), "search in the article (a regular expression); to the next hit"),
    (("labels", "pane", "theme"), "labels in the text, side panel, dark or light: on and off"),
    (("help", "commands"), "the keys of this mode; any command by name"),
    (("quit",), "to the list of articles; there it leaves postil"),
)
"""The rows of the short table: whose first keys, and what they do where the command's own words do not serve."""


def readme_keys() -> str:
    """The short key table."""
    known = {command.id: command for command in COMMANDS}
    rows = []
    for ids, words in SHORT:
        keys = label_keys() if ids == LABELS else keys_of(known[id].keys[0] for id in ids)
        rows.append((keys, words or known[ids[0]].help))
    return table(("keys", "what they do"), rows)


def starter_schema() -> Schema:
    """The schema that `postil init` writes."""
    return load(ROOT / "config.yaml").schema


def label_keys() -> str:
    """The digits of the labels, and the short code of the first one."""
    first = starter_schema().entities[0]
    return f"`1` … `9` `0` · {code(f'Space {first.code}')} … (the labels of `config.yaml`)"


def keys_page() -> str:
    """docs/keys.md"""
    parts = [generated("tui/commands.py"), KEYS_INTRODUCTION]
    for group, commands in groupby(COMMANDS, key=lambda command: command.group):
        parts.append(
            f"## {group}\n\n" + table(("keys", "what they do", "where", "id"), map(key_row, commands))
        )
    parts += [labels_section(), profiles_section(), KEYS_END]
    return "\n\n".join(parts) + "\n"


def key_row(command: Command) -> Row:
    """A command in the full table."""
    scopes = [scope for scope in command.scopes if scope != HEAD or LNK not in command.scopes]
    where = ", ".join(NAMES.get(scope, scope) for scope in scopes)
    return keys_of(command.keys), command.help, where, code(command.id)


KEYS_INTRODUCTION = """# Keys

The keys of the default profile; in the app, `?` shows those of the mode you are in, with your own changes. Letters,
digits, arrows, Tab, Enter, Esc and Space reach everything: what sits on punctuation has a second form. `gg` is g
twice, `zl` is z and then l; nothing waits for time to pass. While a sequence is unfinished, a grid shows how it can
go on, and Esc drops it; where it has several pages, PgDn turns them.

The first time you open a project, the message row names the first keys one after the other, for a minute; any other key
ends that, and `:` `tour` starts it again. The list of commands (`:`) knows other words for them too: "remove" finds
delete.

Modes: READ is where you begin; `v` leads to SELECT, `r` to LINK, `=` to SAME, `;` to JUMP, `c` to DONE (only with
`done: ask`). A focused relation has keys of its own. Esc always leads back. Commands with the same key are in
different modes."""

KEYS_END = """## More than a label

- **The same entity.** `=` pins the focused entity; Tab visits what is no mention of it yet, Enter makes the two one
  cluster and goes back, `=` makes it and stays for more. A digit labels a mention on the way; clusters join when their
  members do. The other mentions have an equals sign in the margin and stand in the side panel; `gM` walks them, `gE`
  takes one out. A cluster that has one member left is none.
- **Several pieces.** In SELECT, `+` keeps what is selected and frees the cursor for the next piece: `v + w w 3` labels
  two words with a word between them, `v` begins a piece of more words. `gv` reopens the pieces of an entity, the last
  one to be moved; `+` adds to them. The gap is not part of the entity: with `overlap: none` something else may stand
  there.
- **Details.** Enter lists all that is known of what is focused: where it comes from, its mentions, and what can be
  changed: the link into a knowledge base, attributes, the note. The value of an attribute is `true`, `false`, a
  number, or else a text (in double quotes where it looks like one of those); an empty one takes it away.
- **The article.** `t` and a code give it a label of `labels:` or take that away; `t` and Space list them (ids
  `document-label.NAME` and `document-labels`). `gI` writes a note on the article whatever is focused.
- **Characters.** `zu` makes the character the unit, for `h` `l`, selections and edges, so that a part of a token can be
  labelled: a name in a run of Chinese, the stem of a compound. Edges that lie within a token stay there until moved.

## Looking back

- **History.** `gl` shows what happened to what is focused, from who offered it to the last undo; with nothing focused,
  to the article. `j` `k` PgUp PgDn scroll such a card, Esc closes it, and the text stays where it was.
- **Guideline.** `gd` shows what the focused label is for, as `config.yaml` says (`about`, `examples`), then how the
  same string was labelled in this project so far: by whom, how often, where, and how often it was rejected; then what
  the label was given to most often in the articles worked on last. On a bare token it asks for the label first.
- **Rejected.** `gh` shows what you rejected, struck through with `×` before its label, and with `·` what was set aside
  because it overlaps something of yours. Tab reaches them. `a` takes one back, in the place of what it overlaps; a
  label's key takes it back as that. The counts in the header stay as they are.
- **Repeat.** `.` makes the last edit again on what is focused now: the same label, the same edge, accept, reject,
  delete, split, join, a relation's type, a note with the same words; also in the next article.

## In a prompt

What you type goes into the line. Enter answers, Esc leaves. Arrows, Home, End, Backspace, Delete and
Ctrl+A, E, W, U, K edit it as in a shell; in a list, ↑ ↓ Tab choose. Pasted text goes into a prompt and nowhere else: it
never runs as commands.

## Other keys

In `config.yaml`, by the ids above; a list takes the place of the command's keys:

```yaml
keys:
  profile: default
  bindings:
    done: [c, f5]          # two keys
    top: ["g g"]           # one sequence: key names with spaces between
    label.ORG: ["2", f9]   # a label's keys
    skip: []               # none: it stays in the list of commands (:)
```

A key is its character (`c`, `C`, `"]"`) or one of `space enter tab escape backspace delete insert home end pageup
pagedown`, `up down left right` and `f1` … `f12`. `ctrl+` may stand before a letter, `ctrl+` and `shift+` before the
arrows, the keys around them and the F-keys. What a terminal sends as the same is the same: `shift+c` is `C`, `ctrl+m`
is `enter`, `ctrl+i` is `tab`; what it never sends is an error. Esc leaves every mode, whatever else is bound to that. A
key that two commands of one mode claim, or that begins another's sequence, is an error at start that names the line and
both commands. Alt and a letter is never bound: many terminals send it for Esc and then the letter, and so postil reads
it."""


def labels_section() -> str:
    """The keys of the starter's labels and relation types."""
    schema = starter_schema()
    entities = table(("keys", "entity label", "id"), (type_row(each, "label") for each in schema.entities))
    types = (type_row(each, "relate", "choose", "retype") for each in schema.relations)
    relations = table(("keys", "relation type", "ids"), types)
    return f"{LABELS_INTRODUCTION}\n\n{entities}\n\n{relations}"


LABELS_INTRODUCTION = """## Labels and relation types

They come from `config.yaml`: a digit acts at once, a short code is typed after Space. Where a label has no `key`, it
gets a code of its own. These are the starter's. In LINK the digits are the relation types that are legal from the
head to the target. `Space` and a code mean a relation type while the head is in focus (so does `Space Space`: a list of
them), and elsewhere a label for the other end. On a relation, both change its type."""


def type_row(kind: EntityType | RelationType, *verbs: str) -> Row:
    """A label or relation type with its keys."""
    keys = [*map(code, kind.keys), code(f"Space {kind.code}")]
    return " · ".join(keys), kind.name, " · ".join(code(f"{verb}.{kind.name}") for verb in verbs)


def profiles_section() -> str:
    """What the profiles change."""
    parts = [
        "## Profiles\n\n`keys: {profile: arrows}` in `config.yaml` takes these instead; what is not listed stays."
    ]
    for name, changes in PROFILES.items():
        if changes:
            rows = ((keys_of(keys) if keys else "none", code(id)) for id, keys in changes.items())
            parts.append(f"### {name}\n\n" + table(("keys", "id"), rows))
        if (leader := LEADERS[name]) != LEADER:
            listing = spelled(f"{leader} space")
            parts.append(f"Short codes begin with {spelled(leader)} here, and {listing} lists the labels.")
    return "\n\n".join(parts)


# --- commands


def commands_page() -> str:
    """docs/commands.md"""
    parts = [generated("the commands themselves"), COMMANDS_INTRODUCTION]
    for name, command in walk(cli.main, "postil"):
        parts.append(command_section(name, command))
    return "\n\n".join(parts) + "\n"


COMMANDS_INTRODUCTION = """# The command line

Data goes to standard output, talk to standard error. Exit status: 0 fine, 1 something was refused (and the sentence
says what), 2 wrong usage; 70 when the app ended on an unexpected error, 128 plus the signal's number when a signal
ended it. `--help` works after every command."""


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """A command and those under it, with their full names."""
    yield name, command
    if isinstance(command, click.Group):
        for each in command.list_commands(click.Context(command)):
            found = command.commands[each]
            if not found.hidden:
                yield from walk(found, f"{name} {each}")


def command_section(name: str, command: click.Command) -> str:
    """What one command is for and what its options mean."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## {name}", f"```\n{usage}\n```", paragraphs(command.help or "")]
    rows = [
        option_row(each, context)
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden
    ]
    if rows:
        parts.append(table(("option", "what it does"), rows))
    return "\n\n".join(parts)


def paragraphs(help: str) -> str:
    """A command's help, its paragraphs without click's marks and line breaks."""
    return "\n\n".join(" ".join(part.replace("\b", "").split()) for part in re.split(r"\n\s*\n", help))


def option_row(option: click.Option, context: click.Context) -> Row:
    """An option with what it takes, and the variable that stands in for it."""
    names, text = option.get_help_record(context) or (", ".join(option.opts), "")
    variable = f" Environment: `{option.envvar}`." if option.envvar else ""
    return code(names.replace("|", " or ")), text.replace("|", " or ") + variable


# --- the export's example

EXAMPLE_TEXT = "Xi Jinping, who leads China, met one guest in Beijing: Diaz-Canel."
EXAMPLE_LAYER = "model:en_core_web_sm@3.8.0+be2896"


def example_line() -> bytes:
    """The line that an export writes for a short article: accepted, rejected, corrected, added, related."""
    sha = hashlib.sha256(EXAMPLE_TEXT.encode()).hexdigest()
    article = Article(1, sha, "example.txt", "Xi receives a guest", "2022-11-25", EXAMPLE_TEXT)
    ana = Layer(1, "", "person", "ana")
    schema = starter_schema()
    state = ArticleState(article, ana, schema)
    offered = {text: offer(text, label) for text, label in EXAMPLE_OFFERS.items()}
    state.offer(offered.values(), (), Analysis(), True)
    number = count(1)
    pen = Pen("2022-11-25T09:30:00.000Z", lambda: f"01GJQ{next(number):021d}")

    def do(verb: Callable[..., Edit], *arguments: object) -> str:
        edit = verb(state, pen, *arguments)
        state.apply(edit)
        return edit.focus or ""

    xi, china = do(edits.accept, offered["Xi Jinping"].about), do(edits.accept, offered["China"].about)
    do(edits.reject, offered["one"].about)
    guest = do(edits.relabel, offered["Diaz-Canel"].about, "PERSON")
    do(edits.add, *span_of("Beijing"), "GPE")
    do(edits.relate, "LEADS", xi, china)
    do(edits.relate, "MET", xi, guest)
    do(edits.done, "accept")
    symmetric = frozenset(kind.name for kind in schema.relations if kind.symmetric)
    return postil.line(document(state, ana), symmetric)


EXAMPLE_OFFERS: Mapping[str, str] = {
    "Xi Jinping": "PERSON",
    "China": "GPE",
    "one": "CARDINAL",
    "Diaz-Canel": "ORG",
}
"""What the model found, and as what; it missed Beijing."""


def span_of(text: str) -> Span:
    """Where a text stands in the example."""
    start = EXAMPLE_TEXT.index(text)
    return start, start + len(text)


def offer(text: str, label: str) -> Suggestion:
    """A suggestion of the example's model."""
    start, end = span_of(text)
    return Suggestion(about_entity(((start, end),), label), start, end, label, text, (EXAMPLE_LAYER,))


def example_block() -> str:
    """The example broken into lines at its keys, which JSON allows and JSON Lines does not."""
    record = json.loads(example_line())
    parts = [f"{json.dumps(key)}: {value_block(value)}" for key, value in record.items()]
    return "```json\n{" + ",\n ".join(parts) + "}\n```"


def value_block(value: object) -> str:
    """A value; a list of objects with each on a line of its own."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(json.dumps(each, ensure_ascii=False) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


# --- formats


def formats_table() -> str:
    """All formats of this checkout, in the order of their detection, each with its page."""
    return table(
        ("format", "name", "in", "out", "files"), map(format_row, (*registry.OWN, *registry.ARTICLES))
    )


def format_row(format: Format) -> Row:
    """A format in the table."""
    written = "folder" if format.folder else "file"
    ways = ("yes" if format.read else "", written if format.write else "")
    return (
        f"[{format.title}](formats/{format_page(format)})",
        code(format.name),
        *ways,
        " ".join(format.suffixes),
    )


def format_page(format: Format) -> str:
    """The page of a format: the one whose first line has its name in code. SystemExit when there is not one."""
    folder = ROOT / "docs" / "formats"
    found = [
        page.name
        for page in sorted(folder.glob("*.md"))
        if code(format.name) in page.read_text(encoding="utf-8").split("\n", 1)[0]
    ]
    if len(found) != 1:
        raise SystemExit(
            f"the format {format.name} must be in the first line of one page of {folder}: {found}"
        )
    return found[0]


# --- the picture

PICTURE_KEYS = "backslash a a a a a r shift+tab 1 a a x a x a x a a x 1"
"""Accepts and rejects along the first seed, relates Xi to China on the way, and puts Diaz-Canel right."""


def picture() -> str:
    """The app on the first seed, half read, as SVG."""
    os.environ.pop("NO_COLOR", None)
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as folder:
        return plain_svg(asyncio.run(screenshot(Path(folder))))


async def screenshot(folder: Path) -> str:
    """What the app exports when the keys have been pressed in a new project."""
    from annotations.session import Session
    from annotations.store import Store
    from tui.app import PostilApp

    postil_command("init", folder)
    postil_command("import", "--project", folder, folder / "seeds")
    postil_command("suggest", "--project", folder)
    config = load(folder / "config.yaml")
    store = Store.open(config.database)
    app = PostilApp(Session(store, config, "ana"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*PICTURE_KEYS.split())
        await pilot.pause()
        found = app.export_screenshot(title="postil")
    store.close()
    return found


def postil_command(*arguments: str | Path) -> None:
    """Runs a command; SystemExit with what it printed when it fails."""
    done = CliRunner().invoke(cli.main, list(map(str, arguments)))
    if done.exit_code:
        raise SystemExit(done.output)


def plain_svg(svg: str) -> str:
    """The picture without fonts from elsewhere: nobody's browser is sent anywhere to look at a README."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace(
        "font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace"
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


# --- files

FORMATS = "docs/formats.md"


def between(text: str, name: str, part: str) -> str:
    """The text with another part between its marks `<!-- NAME -->` and `<!-- /NAME -->`."""
    found, times = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: f"{m[1]}{part}\n{m[2]}", text, flags=re.DOTALL
    )
    if times != 1:
        raise SystemExit(f"the marks <!-- {name} --> and <!-- /{name} --> must be there once each")
    return found


def pages() -> dict[str, str]:
    """What each file with generated parts should hold, by its name from the root of the checkout."""
    found = {
        name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/formats/postil.md")
    }
    for name in found:
        found[name] = between(found[name], "example", example_block())
    found["README.md"] = between(found["README.md"], "keys", readme_keys())
    index = (ROOT / FORMATS).read_text(encoding="utf-8")
    found[FORMATS] = between(index, "formats", formats_table())
    return found | {"docs/keys.md": keys_page(), "docs/commands.md": commands_page()}


def stale() -> list[str]:
    """The files that are not as they would be made now."""
    return [
        name
        for name, text in pages().items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Writes or checks; the exit status."""
    if "--check" in arguments:
        found = stale()
        for name in found:
            print(f"{name} is stale: run make docs", file=sys.stderr)
        return 1 if found else 0
    for name, text in pages().items():
        (ROOT / name).write_text(text, encoding="utf-8")
    (ROOT / PICTURE).write_text(picture(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
