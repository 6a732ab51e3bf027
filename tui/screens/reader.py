"""The reader: one article, its entities and relations, and the strip. Wiring only; the rules are in `tui.desk`."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Resize
from textual.geometry import Offset, Size

from annotations.errors import PostilError
from tui import panels, preview
from tui.commands import Command
from tui.desk import Desk
from tui.drawing import GUTTER
from tui.keys import Dispatcher
from tui.screens.base import KeyedScreen
from tui.tour import HINT, Tour
from tui.verbs import moving, pointing
from tui.widgets.article import ArticleView, fitted
from tui.widgets.rows import Row, Rows, fit

PANE_FROM = 120
"""Width of the terminal from which the side pane is shown by itself, in cells."""

AROUND = 4
"""Rows of the screen that are not text: header, message, strip."""

LEAST_PREVIEW = 8
"""Rows that a preview may have even where that is most of the text."""

PREVIEW_KEYS = {"preview-tick": "ticks", "preview-apply": "applies", "preview-leave": "leaves"}
"""What the head of a preview says about its keys."""

PANE = 44
"""Width of the side pane, in cells."""


class ReaderScreen(KeyedScreen):
    """Shows a desk and gives it the keys."""

    CSS_PATH = "reader.tcss"

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(dispatcher)
        self.desk: Desk | None = None
        self.header, self.pane = Rows(id="header"), Rows(id="pane")
        self.article = ArticleView()
        self.pane_wanted: bool | None = None
        self.tour: Tour | None = None
        self._ran = ""
        self._pane_key: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Header, article with pane, message or prompt, strip; the overlay above."""
        yield self.header
        yield Horizontal(self.article, self.pane, id="body")
        yield self.message
        yield self.input
        yield self.strip
        yield self.overlay

    @property
    def scope(self) -> str:
        """The desk's key table."""
        return self.controller.scope

    @property
    def controller(self) -> Desk:
        """The desk. PostilError while no article is open."""
        if self.desk is None:
            raise PostilError("no article is open")
        return self.desk

    def say(self, text: str, warns: bool = False) -> None:
        """Shows a sentence in the message row."""
        if self.desk is not None:
            self.desk.say(text, warns)

    @property
    def spoken(self) -> tuple[str, bool]:
        """What the desk says."""
        return (self.desk.said, self.desk.warns) if self.desk is not None else ("", False)

    async def take_key(self, key: str, character: str | None) -> None:
        """A key; in JUMP letters belong to the codes shown."""
        desk = self.controller
        desk.session.tick(desk.offset)
        tour, self._ran = self.tour, HINT if desk.mode == "hints" else ""
        await super().take_key(key, character)
        if tour is not None and tour is self.tour and not self.dispatcher.pending:
            tour.took(self._ran, desk)
            self.tour = None if tour.over else tour
        desk.session.stands(desk.offset)

    async def run_command(self, command: Command) -> None:
        """Runs a command on the desk; which one it was, the tour wants to know."""
        self._ran = command.id
        await super().run_command(command)

    async def _unbound(self, key: str) -> None:
        desk = self.controller
        if desk.mode == "hints" and len(key) == 1:
            desk.say("")
            await self.attempt(lambda: moving.hint_key(desk, key))
        else:
            await super()._unbound(key)

    def start_tour(self) -> None:
        """Names the first keys in the message row, one after the other."""
        self.tour = Tour()

    # -- the desk's host -------------------------------------------------------------------------

    def show_library(self) -> None:
        """Leaves for the list of articles."""
        self.postil.open_library()

    def toggle_pane(self) -> None:
        """Shows or hides the side pane."""
        self.pane_wanted = not self.pane.display
        self._place_pane()

    def expected(self, terminal: Size) -> tuple[int, int]:
        """Width and height that the reading column will have on a terminal, so that the text is wrapped once."""
        beside = PANE if terminal.width >= PANE_FROM else 0
        size = Size(terminal.width - beside, terminal.height - AROUND)
        return fitted(self.postil.session.config.column, size)

    # -- drawing ---------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Hides what is not needed yet."""
        super().on_mount()
        self._place_pane()

    def on_resize(self, event: Resize) -> None:
        """Decides anew whether there is room for the pane."""
        self._place_pane()
        self.call_after_refresh(self.sync)

    def on_article_view_resized(self) -> None:
        """Wraps the text to the new width, and fills the pane."""
        self.sync()

    def on_article_view_pointed(self, message: ArticleView.Pointed) -> None:
        """The mouse goes to a token, or selects from where it was pressed."""
        self._by_mouse(lambda desk: pointing.point(desk, message.offset, message.drags))

    def on_article_view_wheeled(self, message: ArticleView.Wheeled) -> None:
        """The wheel moves the text, and the cursor with it."""
        self._by_mouse(lambda desk: pointing.turn(desk, message.step))

    def _by_mouse(self, act: Callable[[Desk], None]) -> None:
        """What the mouse does; nothing while a prompt is open, which is about the place where it was asked."""
        if self.desk is not None and self.prompting is None:
            act(self.desk)
            self.desk.session.stands(self.desk.offset)
            self.sync()

    def _place_pane(self) -> None:
        wide = self.size.width >= PANE_FROM
        self.pane.display = wide if self.pane_wanted is None else self.pane_wanted
        self.pane.styles.width = min(PANE, max(20, self.size.width // 2))
        self.call_after_refresh(self.sync)

    def _message(self, desk: Desk, width: int) -> Row:
        """The message row; during the tour its line, unless there is something to warn of."""
        looks = self.postil.looks
        if self.tour is None or (desk.said and desk.warns):
            return panels.message(desk, looks, width)
        return ((fit(f" {self.tour.line(self.dispatcher.keymap)}", width), looks.bar_strong),)

    def _listed_rows(self) -> list[Row]:
        """The card or the preview, while there is one: of a preview at most three fifths of the text are under it."""
        desk = self.desk
        if desk is not None and desk.card is not None and self.prompting is None:
            desk.card = desk.card.fitted(self.size.width, self.size.height - AROUND)
            return desk.card.rows(self.postil.looks)
        if desk is None or desk.preview is None or self.prompting is not None:
            return super()._listed_rows()
        room = self.size.height - AROUND
        most = max(1, min(room, max(LEAST_PREVIEW, room * 3 // 5)))
        height = min(most, 1 + max(1, len(desk.preview.listing)))
        keys = panels.keys_for(self.dispatcher.keymap, PREVIEW_KEYS)
        return preview.rows(desk.preview, self.postil.looks, self.size.width, height, keys)

    def _place_of_cursor(self, desk: Desk) -> Offset:
        """Where the cursor's token begins on the screen, its corner when it is out of view. The terminal's own cursor
        is hidden, but goes there with each frame: screen readers, magnifiers and input methods follow it."""
        layout, here = desk.view.layout, self.article.region.offset
        place, rows = (layout.line_of(desk.offset), 0), desk.view.screen()
        if place not in rows:
            return here
        x, y = GUTTER + layout.column_of(desk.offset), rows.index(place)
        return Offset(here.x + x, here.y + y)

    def draw(self) -> None:
        """Brings every row up to date with the desk."""
        desk, looks, width = self.desk, self.postil.looks, self.size.width
        keymap = self.dispatcher.keymap
        if desk is None or not self.article.size.width:
            return
        desk.resize(*self.article.measure(desk.session.config.column))
        self.article.sync(desk, looks)
        if self.prompting is None:
            self.app.cursor_position = self._place_of_cursor(desk)
        self.header.show([panels.header(desk, looks, width)], looks.bar)
        self.message.show([self._message(desk, width)], looks.bar)
        labels = ((" ", looks.bar),) if self.prompting else panels.labels_row(desk, keymap, looks, width)
        self.strip.show([labels, self.keys_row()], looks.bar)
        if self.pane.display and self.pane.size.width:
            size = self.pane.size
            key = panels.pane_key(desk, looks, size.width, size.height)
            if key != self._pane_key:
                self._pane_key = key
                self.pane.show(panels.pane(desk, looks, size.width, size.height), looks.bar)
