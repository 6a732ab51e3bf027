"""The headless commands. Data goes to stdout, talk to stderr; exit 0 fine, 1 something refused, 2 usage.

Invariant: a command does nothing that the session and the modules below it cannot do without it.
"""

from __future__ import annotations

import getpass
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from annotations.config import Config, find_project, load
from annotations.errors import ConfigError, PostilError, StoreError
from annotations.formats.options import Newlines, Overlaps, Pieces, Unit
from annotations.model import Status
from annotations.people import named
from annotations.schema import Schema
from annotations.wording import count, printable

if TYPE_CHECKING:
    from annotations.documents import Document
    from annotations.exporting import Exporter
    from annotations.formats.base import Format, Loss, Writing
    from annotations.importing import Report
    from annotations.store import Store

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
        option = click.option("--as", "person", envvar=variable, metavar="NAME", help=help, callback=_named)
        return option(command)

    return add


def _named(context: click.Context, option: click.Parameter, name: str | None) -> str | None:
    try:
        return None if name is None else named(name)
    except PostilError as error:
        raise click.BadParameter(str(error), context, option) from error


TERM = re.compile(r"-(?=-*[a-z]+:|[(\"])")
"""How a query term begins that is denied by a sign, and cannot be an option."""


class Querying(click.Command):
    """A command with a query, whose terms may be denied as in the app: -ent:ORG."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Takes denied terms for what they are."""
        end = args.index("--") if "--" in args else len(args)
        terms = [TERM.sub("not ", word) if TERM.match(word) else word for word in args[:end]]
        try:
            return super().parse_args(context, terms + args[end:])
        except click.NoSuchOption as error:
            says = f"{error.message.rstrip('.')}; a term of the query is denied by a word: not WORD"
            raise click.UsageError(says, context) from error


json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


def login() -> str:
    """The name of the person at the keyboard."""
    try:
        return named(getpass.getuser())
    except (KeyError, OSError, ImportError) as error:
        raise PostilError("your login name is unknown: say --as NAME or set POSTIL_ANNOTATOR") from error


@contextmanager
def refusals() -> Iterator[None]:
    """Prints what is refused as one sentence and exits 1."""
    try:
        yield
    except PostilError as error:
        click.echo(f"postil: {harmless(str(error))}", err=True)
        sys.exit(1)


def open_project(project: Path) -> Config:
    """The config of the project at or above a path."""
    return load(find_project(project))


CHECKS: list[Callable[[Config], object]] = []
"""What else a config.yaml must pass; the app adds its keys. Each raises PostilError."""


@contextmanager
def opened(config: Config, say_notes: bool = True) -> Iterator[Any]:
    """The project's store, closed afterwards; what is worth saying once goes to stderr."""
    from annotations.store import Store

    store = Store.open(config.database)
    try:
        for note in store.notes if say_notes else ():
            click.echo(f"postil: {harmless(note)}", err=True)
        yield store
    finally:
        store.close()


def report(lines: list[str], data: dict[str, Any], as_json: bool) -> None:
    """Prints a report: lines for people, or one JSON object."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, sort_keys=True))
    else:
        for line in lines:
            click.echo(harmless(line), err=True)


def _format(name: str | None) -> Format | None:
    """The format of that name. UsageError, which names the nearest, when there is none."""
    from annotations.formats import registry

    try:
        return None if name is None else registry.named(name)
    except PostilError as error:
        raise click.BadParameter(harmless(str(error)), param_hint="--format") from error


def harmless(sentences: str) -> str:
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
    "--format", "format_", metavar="F", help="Read every file as this format; default: what it looks like."
)
@click.option("--encoding", help="Encoding of text files that are not UTF-8.")
@click.option(
    "--status",
    type=click.Choice(get_args(Status)),
    default="open",
    show_default=True,
    help="What articles are whose annotations come without a status.",
)
@click.option(
    "--offset-unit",
    "unit",
    type=click.Choice(get_args(Unit)),
    help="What the offsets of files count that do not say so; default: what fits.",
)
@click.option(
    "--negative", multiple=True, metavar="LABEL", help="A relation label that means: no relation. Repeatable."
)
@click.option(
    "--newlines",
    type=click.Choice(get_args(Newlines)),
    default="keep",
    show_default=True,
    help="What becomes of the line ends of articles that come without annotations.",
)
@person_option("Take annotations in as this person's work; without it they are suggestions.", variable=None)
@project_option
@json_option
def import_(
    paths: tuple[str, ...],
    format_: str | None,
    encoding: str | None,
    status: Status,
    unit: Unit | None,
    negative: tuple[str, ...],
    newlines: Newlines,
    person: str | None,
    project: Path,
    as_json: bool,
) -> None:
    """Take in articles, with their annotations: files, folders, glob patterns, or - for standard input."""
    from annotations.formats.base import Reading
    from annotations.importing import Importer, Taking

    format = _format(format_)
    with refusals():
        config = open_project(project)
        reading = Reading(config.schema, encoding, unit, frozenset(negative), newlines)
        files = [path for path in paths if path != "-"]
        with opened(config) as store, _progress_bar("importing") if files else nullcontext(None) as advance:
            importer = Importer(store, config, Taking(reading, format, person, status), advance)
            with _in_parts(store):
                importer.take_patterns(files, Path())
                if "-" in paths:
                    importer.take_stream(sys.stdin.buffer)
            found = importer.report
    report(_import_lines(found), vars(found), as_json)
    sys.exit(1 if found.refused or found.left_out else 0)


def _import_lines(found: Report) -> list[str]:
    """What an import did, for people: each thing by itself, and the counts last."""
    lines = [*_some(found.warnings), *_some(found.duplicates), *_some(found.left_out, 50), *found.refused]
    if found.unknown:
        listed = ", ".join(f"{number} {label}" for label, number in sorted(found.unknown.items()))
        lines.append(
            f"labels that config.yaml does not have: {listed} (postil schema from FILE proposes them)"
        )
    known = f"{found.known} known with more annotations, " if found.known else ""
    lines.append(f"{found.new} new, {known}{len(found.duplicates)} duplicate, {len(found.refused)} refused")
    if found.entities or found.relations:
        lines[-1] += f"; {count(found.entities, 'entity')}, {count(found.relations, 'relation')}"
    if found.left_out:
        lines[-1] += f"; {count(len(found.left_out), 'annotation')} left out"
    if found.unclaimed:
        lines[-1] += (
            f"; of {found.unclaimed} articles the state, labels, notes or rejections stayed out: "
            "they are somebody's work, which --as NAME takes in"
        )
    return lines


@contextmanager
def _in_parts(store: Store) -> Iterator[None]:
    """What is written in parts may be there in part when the database takes no more: says how much of it is."""
    before = len(store.all_articles())
    try:
        yield
    except StoreError as error:
        new = len(store.all_articles()) - before
        here = (
            f"{count(new, 'new article')} {'was' if new == 1 else 'were'} taken in"
            if new
            else "no new article was taken in"
        )
        raise StoreError(f"{error.reason}; {here}: when that is mended, the same command goes on") from error


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
        try:
            found = run(store, config, progress=advance, workers=workers)
        except StoreError as error:
            raise StoreError(
                f"{error.reason}; what was suggested before is kept: the next run goes on"
            ) from error
    lines = [f"{count(found.articles, 'article')} read, {count(found.entities, 'entity')} suggested"]
    lines += [
        f"{times} × {label}: in neither the map nor the schema, left out"
        for label, times in found.unknown_labels.most_common()
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
            if done == total or done - bar.pos > total // 200:
                bar.update(done - bar.pos)

        yield advance


@click.command("list", cls=Querying, epilog=EPILOG)
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


@click.command(cls=Querying, epilog=EPILOG)
@click.argument("query", nargs=-1)
@click.option(
    "-f",
    "--format",
    "format_",
    metavar="F",
    default="postil",
    show_default=True,
    help="Format to write; `postil formats` lists them.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="File or folder; default: standard output."
)
@click.option("--layer", "layer_name", metavar="KIND:NAME[@VERSION]", help="Export this layer only.")
@click.option("--each", is_flag=True, help="Export every person's version, one line each.")
@click.option("--all", "everything", is_flag=True, help="Export articles whatever their state.")
@click.option("--strict", is_flag=True, help="Write nothing if the format cannot hold all of it.")
@click.option(
    "--losses", "losses_file", type=click.Path(path_type=Path), help="Write every loss into this file (TSV)."
)
@click.option(
    "--overlaps",
    type=click.Choice(get_args(Overlaps)),
    default="longest",
    show_default=True,
    help="Which of overlapping entities stays, where the format has one layer.",
)
@click.option(
    "--pieces",
    type=click.Choice(get_args(Pieces)),
    default="hull",
    show_default=True,
    help="What stays of an entity in pieces, where the format has none.",
)
@click.option(
    "--dev",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.2,
    show_default=True,
    help="Share of the articles in the development set, where the format has one.",
)
@click.option("--excel-safe", is_flag=True, help="Write no cell that a spreadsheet takes for a formula.")
@click.option("--bom", is_flag=True, help="Begin tables with the mark that spreadsheets want.")
@click.option(
    "--language",
    metavar="CODE",
    help="Language whose tokens a trainer counts in (spacy); default: the pipeline's, else xx, any.",
)
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
    strict: bool,
    losses_file: Path | None,
    overlaps: Overlaps,
    pieces: Pieces,
    dev: float,
    excel_safe: bool,
    bom: bool,
    language: str | None,
    person: str | None,
    project: Path,
    as_json: bool,
) -> None:
    """Write training data: of each settled article gold, else the version that its people agree on."""
    from annotations.exporting import Choice, Exporter
    from annotations.formats.base import Writing
    from annotations.session import Session

    format = _format(format_)
    assert format is not None, "the option has a default"
    with refusals():
        config = open_project(project)
        writing = Writing(
            config.schema, overlaps, pieces, dev, excel_safe, bom, language or _language(config, format)
        )
        with opened(config) as store, _progress_bar("exporting") as advance:
            session = Session(store, config, person or login(), visiting=True)
            layer = session.named_layer(layer_name) if layer_name else None
            choice = Choice(layer, each, everything)
            exporter = Exporter(store, config.schema, config.suggest.floor, choice, format)
            documents = exporter.documents(_followed(session.find(" ".join(query)), advance))
            _write(documents, exporter, format, writing, out, losses_file, strict)
    summary = exporter.summary
    report(summary.lines(), summary.data(), as_json and out is not None)
    sys.exit(1 if summary.disputed else 0)


def _followed(articles: Sequence[int], advance: Callable[[int, int], None] | None) -> Iterator[int]:
    """The articles; `advance` hears of each that is done with."""
    for done, article in enumerate(articles, 1):
        yield article
        if advance is not None:
            advance(done, len(articles))


def _language(config: Config, format: Format) -> str:
    """The language of the project's pipeline, for a trainer."""
    from annotations.suggest.pipeline import ANY_LANGUAGE, language

    if not format.trains or not config.suggest.pipeline:
        return ANY_LANGUAGE
    return language(config.suggest.pipeline, config.path.parent)


def _write(
    documents: Iterator[Document],
    exporter: Exporter,
    format: Format,
    writing: Writing,
    out: Path | None,
    losses_file: Path | None,
    strict: bool,
) -> None:
    """Writes the documents, or raises PostilError with nothing written; losses go into their file as well."""
    from annotations.formats.base import Output
    from annotations.output import replacing, target

    if format.write is None:
        raise PostilError(f"{format.title} can be read only")
    summary = exporter.summary
    with replacing(losses_file) if losses_file is not None else nullcontext(None) as losses:

        def lose(loss: Loss) -> None:
            summary.lose(loss)
            if losses is not None:
                losses.write(loss.line())

        with target(out, format.folder) as file:
            format.write(documents, Output(writing, file, lose))
            if strict and summary.lost:
                raise PostilError("\n".join([*summary.lines()[:-1], "--strict: nothing was written"]))


@click.command(epilog=EPILOG)
@json_option
def formats(as_json: bool) -> None:
    """List the formats that can be imported and exported."""
    from annotations.formats import registry

    for each in registry.formats().values():
        ways = {"in": each.read is not None, "out": each.write is not None}
        if as_json:
            row = {"name": each.name, "title": each.title, "suffixes": each.suffixes, **ways}
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            does = " and ".join(way for way, can in ways.items() if can)
            kind = "folder" if each.folder else " ".join(each.suffixes)
            click.echo(f"{each.name:<12} {does:<12} {kind:<16} {each.title}")
    for says in registry.unusable().values():
        click.echo(f"postil: {harmless(says)}", err=True)


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
    problems = count(len(findings) - len(errors), "problem")
    lines.append(f"{count(len(errors), 'error')}, {problems}; {_settings(settings)}")
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
    """Check config.yaml: names, keys, types, and whether the files are there; every fault with its line."""
    from annotations.presence import absent

    with refusals():
        config = open_project(project)
        for check in CHECKS:
            check(config)
        absences = list(absent(config))
        warnings = [each.says for each in absences if not each.error]
        if errors := [each.says for each in absences if each.error]:
            raise ConfigError("\n".join([*errors, *(f"warning: {says}" for says in warnings)]))
    kinds = config.schema
    has = f"{count(len(kinds.entities), 'entity label')}, {count(len(kinds.relations), 'relation type')}"
    lines = [*(f"warning: {says}" for says in warnings), f"{config.path}: {has}, sound"]
    codes = {kind.name: kind.code for kind in kinds.entities}
    report(lines, {"config": str(config.path), "codes": codes, "warnings": warnings}, as_json)


@schema.command("from", epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True)
@click.option("--format", "format_", metavar="F", help="Read every file as this format.")
@click.option("--name", default="", help="The name of the project.")
def schema_from(paths: tuple[str, ...], format_: str | None, name: str) -> None:
    """Propose a config.yaml, on standard output, from what annotated files hold, and brat's annotation.conf allows."""
    from annotations.formats import brat, brat_conf
    from annotations.formats.base import Reading
    from annotations.importing import read_all
    from annotations.proposing import Proposal

    format = _format(format_)
    with refusals():
        found = Proposal()
        for conf in brat.confs(paths):
            found.take_conf(conf)
        files = [path for path in paths if Path(path).name != brat_conf.NAME]
        found.take(read_all(files, Path(), Reading(Schema((), ())), format))
        text = found.config(name or Path(paths[0]).stem or "proposed")
    click.echo(text, nl=False)
    report(found.refused, {}, as_json=False)
    sys.exit(1 if found.refused else 0)


COMMANDS: tuple[click.Command, ...] = (init, import_, suggest, list_, export, formats, doctor, schema)
"""All headless commands."""
