"""The `postil` command: the headless commands, and opening the app, which is what no command means."""

from __future__ import annotations

import logging
import os
import signal
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import click
from click_default_group import DefaultGroup

from annotations import cli
from annotations.config import Config, find_project, load, nearest
from annotations.errors import PostilError
from annotations.wording import printable

LOG_BYTES = 1_000_000
LOG_FILES = 3

NOT_SAVED = "where you were is not saved: {}; every edit was saved at its time, or refused"
"""Said at the end when the database did not take the bookkeeping."""


class Commands(DefaultGroup):  # type: ignore[misc]
    """The commands; a word that is none is the project to open, unless it is nearly one and there is no such path."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, else the one that opens the app."""
        known = self.list_commands(context)
        is_none = not name.startswith("-") and name not in known and not Path(name).exists()
        if is_none and (close := nearest(name, known)):
            raise click.UsageError(
                f'there is no project "{printable(name)}"; did you mean the command "{close}"?', context
            )
        return super().get_command(context, name)  # type: ignore[no-any-return]


@click.group(
    cls=Commands,
    default="open",
    default_if_no_args=True,
    epilog=cli.EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="postil")
def main() -> None:
    """Read articles in the terminal, correct entities, relate them, export training data.

    Without a command, postil opens the project: postil [PROJECT] [--as NAME] [--from LAYER].
    """


@main.command("open", epilog=cli.EPILOG)
@click.argument("project", type=click.Path(path_type=Path), default=Path())
@cli.person_option("Who annotates; default: the login name.")
@click.option(
    "--from", "review", metavar="LAYER", help="Review this layer's work as suggestions, e.g. person:ana."
)
@click.option(
    "--theme",
    type=click.Choice(["dark", "light", "contrast"]),
    default="dark",
    envvar="POSTIL_THEME",
    show_default=True,
    help="Colours; z t changes them in the app.",
)
@click.option("--mouse/--no-mouse", default=None, help="Take the mouse; default: yes, but not over SSH.")
def open_(project: Path, person: str | None, review: str | None, theme: str, mouse: bool | None) -> None:
    """Open the app on PROJECT, a folder or its config.yaml; default: the nearest one upwards."""
    # Until the app takes signals, Ctrl+C ends the start as any other signal does.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with cli.refusals():
        config = load(find_project(project))
        sys.exit(_run(config, person or cli.login(), review, theme, mouse))


def _run(config: Config, person: str, review: str | None, theme: str, mouse: bool | None) -> int:
    """Opens the app and returns the exit status."""
    from tui import terminal

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise PostilError("the app needs a terminal; `postil --help` lists what works without one")
    terminal.prepare(os.environ)
    from annotations.session import Session
    from annotations.store import Store
    from tui.app import PostilApp
    from tui.jobs import Suggester

    check_keys(config)
    folder = state_folder()
    start_log(folder)
    store = Store.open(config.database)
    if store.writable:
        store.hold_app_lock()
        import_configured(store, config)
    session = Session(store, config, person, review)
    with (folder / "suggest.log").open("ab") as log:
        suggester = Suggester(config.path, log) if store.writable and review is None else None
        app = PostilApp(session, f"postil-{theme}", suggester, folder, session.newcomer)
        terminal.install(app)
        app.run(mouse="SSH_CONNECTION" not in os.environ if mouse is None else mouse)
    if app.crash_report is not None:
        click.echo(
            f"postil ended on an unexpected error; everything is saved. Report: {app.crash_report}", err=True
        )
    if session.owes:
        click.echo(f"postil: {cli.harmless(NOT_SAVED.format(session.unsaved))}", err=True)
    return app.return_code or 0


def import_configured(store: object, config: Config) -> None:
    """Takes in the articles that config.yaml names, on the first open: while the project has none."""
    from annotations.store import Store

    if not isinstance(store, Store) or not config.articles or store.all_articles():
        return
    from annotations.importing import (
        Importer,  # every format comes with it, for a start that has no articles yet
    )

    importer = Importer(store, config)
    importer.take_patterns(config.articles, config.path.parent)
    for sentence in importer.report.refused + importer.report.warnings:
        store.notes.append(sentence)


def state_folder() -> Path:
    """The XDG state folder of postil, made when it is not there. PostilError when that fails."""
    from platformdirs import user_state_path

    folder = user_state_path("postil")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PostilError(
            f"cannot make {folder} for the log: {error.strerror}; set XDG_STATE_HOME"
        ) from error
    return folder


def start_log(folder: Path) -> None:
    """Logs to a rotating file, never article text."""
    handler = RotatingFileHandler(folder / "postil.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)


def check_keys(config: Config) -> None:
    """Refuses keys that clash and commands that are none. Raises ConfigError."""
    from tui.keys import Keymap

    Keymap(config.schema, config.keys, config.path.name)


cli.CHECKS.append(check_keys)
for command in cli.COMMANDS:
    main.add_command(command)
