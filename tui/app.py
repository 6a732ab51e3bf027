"""The app: screens, the one door for keys, and what happens beside them.

Invariant: every key press comes through `on_event`, in order, each command done before the next key is looked at.
"""

from __future__ import annotations

import os
import platform
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.filter import LineFilter

from annotations.config import Config, load
from annotations.errors import ConfigError, PostilError
from annotations.session import Session
from annotations.store import now
from tui.desk import Desk
from tui.keys import Dispatcher, Keymap, event_key
from tui.loading import keep_for_rests, loading, sweep
from tui.looks import TONES, Colourless, Depth, Looks, depth_of, themes, tones_of
from tui.screens.base import KeyedScreen
from tui.screens.help import HelpScreen
from tui.screens.library import LibraryScreen
from tui.screens.reader import ReaderScreen
from tui.shelf import Shelf
from tui.terminal import EndsOnErrors

if TYPE_CHECKING:
    from tui.jobs import Suggester

POLL = 0.25
"""Seconds between two looks at whether another process has committed."""

SETTLED = 0.05
"""Seconds from the first layout after which the text is on screen, and what the start had no time for can be done."""

REMEMBERED = 50
"""How many command ids a crash report holds."""


class PostilApp(EndsOnErrors, App[None]):
    """A session on screen."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "postil"

    def __init__(
        self,
        session: Session,
        theme: str = "postil-dark",
        suggester: Suggester | None = None,
        state_folder: Path | None = None,
        tour: bool = False,
    ) -> None:
        super().__init__()
        self.session, self.suggester = session, suggester
        self._state_folder, self._tour = state_folder, tour
        self.crash_report: Path | None = None
        self._begins_anew = False
        """Whether the suggester is to be started on another config.yaml, even where nothing seems to be missing."""
        self._rests = False
        """Whether no key has come since the last look at what other processes did."""
        self._commands: deque[str] = deque(maxlen=REMEMBERED)
        self.depth = (
            Depth.NONE if self.no_color else depth_of(self.console.color_system, os.getenv("TERM", ""))
        )
        self.no_color = self.depth == Depth.NONE
        for found in themes(self.depth):
            self.register_theme(found)
        self.theme = theme
        self.looks = self._looks()
        self.dispatcher = Dispatcher(
            Keymap(session.config.schema, session.config.keys, session.config.path.name)
        )
        self.reader = ReaderScreen(self.dispatcher)
        self.library = LibraryScreen(self.dispatcher)
        self._greeting = " ".join(session.store.notes)

    # -- life ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Opens the article where the person left off, else the library."""
        self.install_screen(self.reader, "reader")
        self.install_screen(self.library, "library")
        first = self.session.first_place()
        if first is None:
            self.open_library()
        else:
            self.open_reader(first)
        if self._greeting:
            self._current().say(self._greeting)
        elif self._tour:
            self.reader.start_tour()
        keep_for_rests()
        self.set_interval(POLL, self._poll)
        self._current().call_after_refresh(self.set_timer, SETTLED, self.session.store.warm)

    def leave(self) -> None:
        """Ends the app; what is not saved yet is bookkeeping, and is saved."""
        self.exit()

    def on_unmount(self) -> None:
        """Saves the bookkeeping and lets the suggester go, however the app ends."""
        if self.suggester is not None:
            self.suggester.stop()
        self.session.flush()

    def unexpected(self, error: Exception) -> None:
        """Writes a crash report: versions, the last commands, the traceback; never article text."""
        if self._state_folder is None:
            return
        path = self._state_folder / f"crash-{now().replace(':', '')}.txt"
        lines = [
            f"postil {version('postil')}, textual {version('textual')}, Python {platform.python_version()}"
        ]
        lines += [platform.platform(), "commands: " + " ".join(self._commands), ""]
        lines += traceback.format_exception(error)
        path.write_text("\n".join(lines), encoding="utf-8")
        self.crash_report = path

    def remember(self, command: str) -> None:
        """Notes a command for the crash report."""
        self._commands.append(command)

    def _looks(self) -> Looks:
        """The styles of the present theme and config."""
        return Looks(tones_of(self.theme, self.depth), self.session.config.schema, self.depth)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What becomes of a line's colours: without colours nothing is left of them, also of Textual's own widgets."""
        return (Colourless(),) if self.no_color else super().get_line_filters()

    # -- keys ------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Takes every key and paste; everything else goes Textual's way."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            event.prevent_default().stop()
            self._rests = False
            for key, character in _keys(event):
                await self._current().take_key(key, character)
            self._draw()
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            event.prevent_default().stop()
            self._current().paste(event.text)
        else:
            await super().on_event(event)

    def _draw(self) -> None:
        """Shows what keys have done, at once after the last of those that are waiting."""
        self._say_notice()
        if self.message_queue_size:
            self._current().sync()
        else:
            self._current().sync_now()

    def _say_notice(self) -> bool:
        """Says what the session has to say beside the commands, after what the last command said."""
        notice = self.session.notice()
        if notice is not None:
            screen = self._current()
            screen.say("; ".join(filter(None, (screen.spoken[0], notice))), warns=True)
        return notice is not None

    def _current(self) -> KeyedScreen:
        screen = self.screen
        return screen if isinstance(screen, KeyedScreen) else self.reader

    # -- screens ---------------------------------------------------------------------------------

    def open_reader(self, article: int) -> None:
        """Shows an article."""
        if self.reader.desk is None:
            with loading():
                self.session.open(article)
                size = self.reader.expected(self.size)
                slow = "SSH_CONNECTION" in os.environ
                self.reader.desk = Desk(self.session, self.reader, *size, by_halves=slow)
            if self.depth.few:
                self.reader.desk.show(labels=True)
        elif self.session.state is None or self.session.state.article.id != article:
            self.reader.desk.open(article)
        else:
            self.reader.desk.catch_up()
        self._show("reader")
        self._ask_for_suggestions()

    def open_library(self) -> None:
        """Shows the list of articles."""
        self.session.flush()
        if self.library.shelf is None:
            self.library.shelf = Shelf(self.session, self.library)
        elif self.session.state is not None:
            self.library.shelf.stand_at(self.session.state.article.id)
        self.library.shelf.greet()
        self._show("library")

    def _show(self, name: str) -> None:
        if len(self.screen_stack) > 1:
            self.switch_screen(name)
        else:
            self.push_screen(name)
        screen = self.reader if name == "reader" else self.library
        screen.call_after_refresh(screen.sync)

    def show_help(self, scope: str) -> None:
        """Shows the keys of a mode."""
        self.push_screen(HelpScreen(self.dispatcher, scope))

    def toggle_theme(self) -> None:
        """Goes on to the next theme: dark, light, high contrast."""
        names = list(TONES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.looks = self._looks()
        self._current().sync()

    def reload(self) -> None:
        """Reads config.yaml anew, in place; an invalid one raises ConfigError and the old one stays."""
        path = self.session.config.path
        try:
            config = load(path)
        except ConfigError as error:
            first, *more = str(error).replace(str(path), path.name).splitlines()
            rest = f" (and {len(more)} more: postil schema check)" if more else ""
            raise ConfigError(first + rest) from error
        keymap = Keymap(config.schema, config.keys, path.name)
        self._take_config(config, keymap)
        self._current().say(f"{config.path.name} read anew")

    def _take_config(self, config: Config, keymap: Keymap) -> None:
        self.session.reload(config)
        if self.suggester is not None:
            self.suggester.renew()
            self._begins_anew = self.session.wants_suggester
        self.dispatcher.keymap = keymap
        self.looks = self._looks()
        if self.reader.desk is not None:
            self.reader.desk.bind()

    # -- beside the keys -------------------------------------------------------------------------

    def _ask_for_suggestions(self) -> None:
        """Starts the suggester when an article lacks suggestions, this one first."""
        session, suggester = self.session, self.suggester
        if suggester is None:
            return
        if self._begins_anew:
            suggester.start()
            self._begins_anew = not suggester.running
        if session.awaits_suggestions and session.state is not None:
            suggester.start()
            suggester.first(session.state.article.id)

    def _poll(self) -> None:
        self._guarded(self._take_news)

    def _take_news(self) -> None:
        session = self.session
        if self.suggester is not None and (complaint := self.suggester.complaint()):
            session.suggester_error = complaint
            self._current().say(complaint, warns=True)
            self._current().sync()
        if session.refresh() and self.reader.desk is not None:
            self.reader.desk.bind()
            self._current().sync()
        self._ask_for_suggestions()
        session.flush_when_due()
        if self._say_notice():
            self._current().sync()
        if self._rests:
            sweep()
        self._rests = True

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except PostilError as error:
            self._current().say(str(error), warns=True)
            self._current().sync()


def _keys(event: events.Key) -> list[tuple[str, str | None]]:
    """The keys that an event stands for: no Alt+letter is bound, so it is Escape and then the letter, which is what
    a fast Escape becomes on a slow line."""
    name = event.key
    if name.startswith("alt+") and len(name.removeprefix("alt+").removeprefix("shift+")) == 1:
        letter = name.removeprefix("alt+").removeprefix("shift+")
        letter = letter.upper() if name.startswith("alt+shift+") else letter
        return [("escape", None), (letter, letter)]
    return [(event_key(name, event.character, event.is_printable), event.character)]
