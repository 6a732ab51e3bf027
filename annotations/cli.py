"""The headless commands. Data goes to stdout, talk to stderr; exit 0 fine, 1 something refused, 2 usage.

Invariant: a command does nothing that the session and the modules below it cannot do without it.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from annotations.config import Config, find_project, load
from annotations.errors import PostilError
from annotations.wording import printable

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = "Exit status: 0 fine, 1 something was refused, 2 wrong usage."


def project_option(command: F) -> F:
    """`--project`, the folder or config.yaml; without it the nearest one upwards."""
    return click.option(
        "-p",
        "--project",
        type=click.Path(path_type=Path),
        default=Path(),
        help="Project folder, or its config.yaml; default: the nearest config.yaml upwards.",
    )(command)


def person_option(help: str, variable: str | None = "POSTIL_ANNOTATOR") -> Callable[[F], F]:
    """`--as NAME`, else what the environment variable says, else the login name."""

    def add(command: F) -> F:
        return click.option("--as", "person", envvar=variable, metavar="NAME", help=help)(command)

    return add


json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


def login() -> str:
    """The name of the person at the keyboard."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError) as error:
        raise PostilError("your login name is unknown: say --as NAME or set POSTIL_ANNOTATOR") from error


@contextmanager
def refusals() -> Iterator[None]:
    """Prints what is refused as one sentence and exits 1."""
    try:
        yield
    except PostilError as error:
        click.echo(f"postil: {_harmless(str(error))}", err=True)
        sys.exit(1)


def open_project(project: Path) -> Config:
    """The config of the project at or above a path."""
    return load(find_project(project))


@contextmanager
def opened(config: Config, say_notes: bool = True) -> Iterator[Any]:
    """The project's store, closed afterwards; what is worth saying once goes to stderr."""
    from annotations.store import Store

    store = Store.open(config.database)
    try:
        for note in store.notes if say_notes else ():
            click.echo(f"postil: {_harmless(note)}", err=True)
        yield store
    finally:
        store.close()


def report(lines: list[str], data: dict[str, Any], as_json: bool) -> None:
    """Prints a report: lines for people, or one JSON object."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, sort_keys=True))
    else:
        for line in lines:
            click.echo(_harmless(line), err=True)


def _harmless(sentences: str) -> str:
    """What is said, with nothing that a terminal obeys: file names, layers and labels are foreign."""
    return "\n".join(map(printable, sentences.split("\n")))


@click.command(epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a new project in FOLDER: config.yaml and seeds/."""
    from annotations.starter import init_project

    with refusals():
        written = init_project(folder)
        click.echo(f"{len(written)} files written to {folder}; open it with: postil {folder}", err=True)


@click.command("import", epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--format", "format_", type=click.Choice(["text", "postil"]), help="Read every file as this format."
)
@click.option("--encoding", help="Encoding of text files that are not UTF-8.")
@person_option("Take annotations in as this person's work; without it they are suggestions.", variable=None)
@project_option
@json_option
def import_(
    paths: tuple[str, ...],
    format_: str | None,
    encoding: str | None,
    person: str | None,
    project: Path,
    as_json: bool,
) -> None:
    """Take in articles: files, folders, glob patterns, or - for standard input (postil JSONL, or --format text)."""
    from annotations.importing import Importer

    with refusals():
        config = open_project(project)
        with opened(config) as store:
            importer = Importer(store, config, person)
            importer.take_patterns([path for path in paths if path != "-"], Path(), format_, encoding)
            if "-" in paths:
                importer.take_stream(sys.stdin.buffer, format_)
            found = importer.report
    lines = [*found.warnings, *_some(found.duplicates), *found.refused]
    lines.append(f"{found.new} new, {len(found.duplicates)} duplicate, {len(found.refused)} refused")
    if found.entities or found.relations:
        lines[-1] += f"; {found.entities} entities, {found.relations} relations"
    report(lines, vars(found), as_json)
    sys.exit(1 if found.refused else 0)


def _some(sentences: list[str], most: int = 10) -> list[str]:
    """The first sentences, and how many more there are."""
    more = len(sentences) - most
    return [*sentences[:most], f"… and {more} more like these"] if more > 0 else sentences


@click.command(epilog=EPILOG)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes to use.")
@click.option(
    "--follow", is_flag=True, help="Stay while articles come in and stdin is open (what the app starts)."
)
@project_option
@json_option
def suggest(workers: int, follow: bool, project: Path, as_json: bool) -> None:
    """Run the pipeline over the articles that have no suggestions yet. Safe to stop; the next run goes on."""
    with refusals():
        config = open_project(project)
        if follow:
            from annotations.suggest.follow import serve

            sys.exit(serve(config.path))
        _suggest(config, workers, as_json)


def _suggest(config: Config, workers: int, as_json: bool) -> None:
    from annotations.suggest.runner import run

    with opened(config) as store, _progress_bar("suggesting") as advance:
        found = run(store, config, progress=advance, workers=workers)
    lines = [f"{found.articles} articles read, {found.entities} entities suggested"]
    lines += [
        f"{count} × {label}: in neither the map nor the schema, left out"
        for label, count in found.unknown_labels.most_common()
    ]
    data = {
        "articles": found.articles,
        "entities": found.entities,
        "unknown_labels": dict(found.unknown_labels),
    }
    report(lines, data, as_json)


@contextmanager
def _progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = click.progressbar(length=1, label=what, file=sys.stderr)
    with bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield advance


@click.command("list", epilog=EPILOG)
@click.argument("query", nargs=-1)
@person_option("Whose state to show.")
@project_option
@json_option
def list_(query: tuple[str, ...], person: str | None, project: Path, as_json: bool) -> None:
    """List articles with their state: all, or those that answer QUERY (is:open, ent:ORG, text:/…/ …)."""
    from annotations.session import Session

    with refusals():
        config = open_project(project)
        with opened(config) as store:
            session = Session(store, config, person or login(), visiting=True)
            rows = store.rows(session.layer, session.find(" ".join(query)))
    for row in rows:
        if as_json:
            click.echo(json.dumps({name: getattr(row, name) for name in row.__slots__}, ensure_ascii=False))
        else:
            counts = f"{row.entities} ent, {row.relations} rel, {row.suggested} suggested"
            flag = " flagged" if row.flagged else ""
            title = _one_line(row.title)
            click.echo(f"{row.id:>6}  {row.date or '-':<10}  {row.status:<7}{flag}  {counts:<32}  {title}")


def _one_line(text: str) -> str:
    """Foreign text with nothing that a terminal obeys."""
    return "".join(c if c.isprintable() else "�" for c in text)


@click.command(epilog=EPILOG)
@click.argument("query", nargs=-1)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["postil"]),
    default="postil",
    show_default=True,
    help="Format to write.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File to write; default: standard output.")
@click.option("--layer", "layer_name", metavar="KIND:NAME[@VERSION]", help="Export this layer only.")
@click.option("--each", is_flag=True, help="Export every person's version, one line each.")
@click.option("--all", "everything", is_flag=True, help="Export articles whatever their state.")
@person_option("Whose state the query asks about.")
@project_option
@json_option
def export(
    query: tuple[str, ...],
    format_: str,
    out: Path | None,
    layer_name: str | None,
    each: bool,
    everything: bool,
    person: str | None,
    project: Path,
    as_json: bool,
) -> None:
    """Write training data: of each settled article gold, else the version that its people agree on."""
    from annotations.exporting import Choice, Exporter
    from annotations.session import Session

    with refusals():
        config = open_project(project)
        with opened(config) as store:
            session = Session(store, config, person or login(), visiting=True)
            layer = session.named_layer(layer_name) if layer_name else None
            exporter = Exporter(store, config.schema, config.suggest.floor, Choice(layer, each, everything))
            documents = exporter.documents(session.find(" ".join(query)))
            _write(documents, out, config)
    summary = exporter.summary
    report(summary.lines(), summary.data(), as_json and out is not None)
    sys.exit(1 if summary.disputed else 0)


def _write(documents: Iterator[Any], out: Path | None, config: Config) -> None:
    from annotations.formats import postil

    symmetric = frozenset(kind.name for kind in config.schema.relations if kind.symmetric)
    if out is None:
        postil.write(documents, sys.stdout.buffer, symmetric)
        sys.stdout.buffer.flush()
        return
    with replacing(out) as file:
        postil.write(documents, file, symmetric)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file under a temporary name that takes the place of `path` when all went well, durably."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise PostilError(
            f"cannot write {path}: {error.strerror or error}; what was there is untouched"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


@click.command(epilog=EPILOG)
@project_option
@json_option
def doctor(project: Path, as_json: bool) -> None:
    """Check the database: its pages, every annotation against its text, every decision, the journal."""
    from annotations.doctor import examine

    with refusals():
        config = open_project(project)
        with opened(config) as store:
            findings = list(examine(store, config.schema))
            settings = store.settings()
    errors = [f for f in findings if f.kind == "error"]
    lines = [f"{f.kind}: {_one_line(f.where)}: {_one_line(f.what)}" for f in findings]
    lines.append(f"{len(errors)} errors, {len(findings) - len(errors)} problems; {_settings(settings)}")
    data = {"findings": [{"kind": f.kind, "where": f.where, "what": f.what} for f in findings], **settings}
    report(lines, data, as_json)
    sys.exit(1 if errors else 0)


def _settings(settings: dict[str, Any]) -> str:
    return f"journal {settings['journal_mode']}, synchronous {settings['synchronous']}"


@click.group(epilog=EPILOG)
def schema() -> None:
    """Work on the label schema."""


@schema.command("check", epilog=EPILOG)
@project_option
@json_option
def schema_check(project: Path, as_json: bool) -> None:
    """Check config.yaml: names, keys, types; every fault with its line."""
    with refusals():
        config = open_project(project)
    kinds = config.schema
    line = f"{config.path}: {len(kinds.entities)} entity labels, {len(kinds.relations)} relation types, sound"
    codes = {kind.name: kind.code for kind in kinds.entities}
    report([line], {"config": str(config.path), "codes": codes}, as_json)


COMMANDS: tuple[click.Command, ...] = (init, import_, suggest, list_, export, doctor, schema)
"""All headless commands."""
