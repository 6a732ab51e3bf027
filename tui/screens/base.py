"""What the reader and the library share: keys to commands, one prompt line, the strip, and an overlay above it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.text import Text
from textual.widgets import Input

from annotations.errors import PostilError
from tui.card import wrap
from tui.commands import Command
from tui.frames import PaintedScreen
from tui.host import Choice
from tui.keys import Bound, Dispatcher
from tui.panels import key_grid, prompt_row, sign, verbs_row, with_keys
from tui.prompting import Prompting
from tui.safe import safe
from tui.widgets.rows import Row, Rows, fit
from tui.words import WORDS

if TYPE_CHECKING:
    from tui.app import PostilApp

HINT_ROWS = 3
"""Rows that the message and the strip have together."""

MOST_CHOICES = 12
"""Lines of a picker that are shown at once."""

_EDITING: Mapping[str, Callable[[Input], Any]] = {
    "left": Input.action_cursor_left,
    "right": Input.action_cursor_right,
    "home": Input.action_home,
    "end": Input.action_end,
    "ctrl+a": Input.action_home,
    "ctrl+e": Input.action_end,
    "ctrl+left": Input.action_cursor_left_word,
    "ctrl+right": Input.action_cursor_right_word,
    "backspace": Input.action_delete_left,
    "delete": Input.action_delete_right,
    "ctrl+w": Input.action_delete_left_word,
    "ctrl+u": Input.action_delete_left_all,
    "ctrl+k": Input.action_delete_right_all,
}

WAYS_OUT: Mapping[str, tuple[str, str]] = {
    "read": ("quit", ""),
    "relation": ("quit", ""),
    "library": ("exit", ""),
    "help": ("close-help", " help"),
    "preview": ("preview-leave", " the preview"),
    "card": ("card-close", " the card"),
    "select": ("leave", " SELECT"),
    "link": ("leave", " LINK"),
    "head": ("leave", " LINK"),
    "same": ("leave", " SAME"),
    "hints": ("leave", " JUMP"),
    "ask": ("leave", " DONE"),
}
"""The command that leaves each scope, and what is left by it where it is not the screen."""

_TURNS = {"pagedown": 1, "pageup": -1}
"""Keys that turn the pages of the key grid."""

_STEPS = {"down": 1, "up": -1, "tab": 1, "shift+tab": -1, "ctrl+n": 1, "ctrl+p": -1}


def command_choice(bound: Bound) -> Choice:
    """A command as a line of the palette, found by what it does and by what people call that."""
    command = bound.command
    words = " ".join([command.title, command.group, WORDS.get(command.id, "")])
    return Choice(command.help, command.id, command, (command.id,), words=words)


class _Harmless(Highlighter):
    """Draws what is in the prompt with nothing that a terminal obeys; the value stays as it is."""

    def highlight(self, text: Text) -> None:
        """Puts the stand-ins in place, one for one."""
        text.plain = safe(text.plain)


class KeyedScreen(PaintedScreen):
    """A screen whose keys all come through `take_key`. Subclasses name their scope and controller."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__()
        self.dispatcher = dispatcher
        self.prompting: Prompting | None = None
        self.message, self.strip, self.overlay = Rows(id="message"), Rows(id="strip"), Rows(id="overlay")
        self.input = Input(id="prompt", compact=True, select_on_focus=False, highlighter=_Harmless())
        self.input.cursor_blink = False
        self._sync_due = False
        self._grid_page = 0

    @property
    def postil(self) -> PostilApp:
        """The app, as what it is."""
        return cast("PostilApp", self.app)

    @property
    def scope(self) -> str:
        """The key table in force."""
        raise NotImplementedError

    @property
    def controller(self) -> Any:
        """What the commands of the scope act on."""
        raise NotImplementedError

    def keys_row(self) -> Row:
        """What keys do now: the commands that are legal, or in a prompt its own keys."""
        looks, width = self.postil.looks, self.size.width
        if self.prompting is not None:
            return prompt_row(self.prompting.choices is not None, looks, width)
        return verbs_row(self.dispatcher.keymap, self.scope, self.controller, looks, width)

    def say(self, text: str, warns: bool = False) -> None:
        """Shows a sentence until the next command."""
        raise NotImplementedError

    @property
    def spoken(self) -> tuple[str, bool]:
        """The sentence that is shown now, and whether it warns."""
        return "", False

    def draw(self) -> None:
        """Brings all widgets up to date."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """The first drawing, once sizes are known."""
        self.input.display = False
        self.overlay.display = False

    def sync(self) -> None:
        """Draws once, after what is waiting has been handled."""
        if not self._sync_due:
            self._sync_due = True
            self.call_later(self._draw_when_due)

    def _draw_when_due(self) -> None:
        if self._sync_due:
            self.sync_now()

    def sync_now(self) -> None:
        """Draws, and sends the frame."""
        self._sync_due = False
        if self.is_mounted and self.size.width:
            self.draw()
            self._draw_overlay()
            self.paint()

    # -- keys ------------------------------------------------------------------------------------

    async def take_key(self, key: str, character: str | None) -> None:
        """One key, in order: to the prompt when there is one, else along the key table of the scope."""
        if self.prompting is not None:
            await self._prompt_key(key, character)
        else:
            await self._command_key(key)

    async def _command_key(self, key: str) -> None:
        scope, pending = self.scope, self.dispatcher.pending
        if pending and key == "escape":
            self.dispatcher.pending = ()
            return
        if pending and key in _TURNS and not self.dispatcher.leads_on(scope, key):
            self._grid_page += _TURNS[key]
            return
        self._grid_page = 0
        command = self.dispatcher.feed(scope, key)
        if command is not None:
            await self.run_command(command)
        elif not self.dispatcher.pending:
            await self._unbound(key)

    async def _unbound(self, key: str) -> None:
        keys = self.dispatcher.cancelled or key
        self.say(f"{sign(safe(keys))} means nothing here; ? shows the keys", warns=True)

    async def run_command(self, command: Command) -> None:
        """Runs a command on the screen's controller; what the rules refuse is said."""
        self.say("")
        self.postil.remember(command.id)
        await self.attempt(lambda: command.run(self.controller))

    async def attempt(self, act: Callable[[], Any]) -> None:
        """Does something that may be refused; the reason is shown."""
        try:
            result = act()
            if inspect.isawaitable(result):
                await result
        except PostilError as error:
            self.say(str(error), warns=True)

    # -- the prompt ------------------------------------------------------------------------------

    def prompt(
        self,
        title: str,
        value: str,
        then: Callable[[str], Any],
        live: Callable[[str], Any] | None = None,
        cancel: Callable[[], Any] | None = None,
    ) -> None:
        """Asks for one line of text; `then` gets it on Enter, `live` at every change; `cancel` is called on Escape."""
        self._ask(Prompting(title, then, live=live, cancel=cancel), value)

    def pick(self, title: str, choices: Sequence[Choice], then: Callable[[Any], Any]) -> None:
        """Lets the person choose by typing a part of a name; `then` gets the value."""
        prompting = Prompting(title, then, choices)
        prompting.typed("")
        self._ask(prompting, "")

    def _ask(self, prompting: Prompting, value: str) -> None:
        self.prompting = prompting
        self.input.value = value
        self.input.cursor_position = len(value)
        self.input.placeholder = prompting.title
        self.message.display, self.input.display = False, True
        self.input.focus()

    def _end_prompt(self) -> None:
        self.prompting = None
        self.message.display, self.input.display = True, False
        self.set_focus(None)

    async def _prompt_key(self, key: str, character: str | None) -> None:
        prompting = self.prompting
        if prompting is None:
            return
        if key == "escape":
            self._end_prompt()
            self.say("")
            if prompting.cancel is not None:
                prompting.cancel()
        elif key == "enter":
            await self._answer(prompting)
        elif key in _STEPS and prompting.choices is not None:
            prompting.move(_STEPS[key])
        elif key in _EDITING:
            _EDITING[key](self.input)
            prompting.typed(self.input.value)
        elif character is not None and character.isprintable():
            self.type_text(character)

    def type_text(self, text: str) -> None:
        """Types into the prompt, at its cursor."""
        self.input.insert_text_at_cursor(text)
        if self.prompting is not None:
            self.prompting.typed(self.input.value)

    async def _answer(self, prompting: Prompting) -> None:
        act = prompting.answer(self.input.value)
        if act is None:
            return
        self._end_prompt()
        self.say("")
        await self.attempt(act)

    def paste(self, text: str) -> None:
        """Pasted text goes into a prompt, and nowhere else: it never runs commands."""
        if self.prompting is not None:
            self.type_text(" ".join(text.split()))
        else:
            self.say("pasted text is not read as keys", warns=True)
        self.sync()

    # -- what both controllers ask for -----------------------------------------------------------

    def show_help(self) -> None:
        """Shows the keys of the present mode."""
        self.postil.show_help(self.scope)

    def reload(self) -> None:
        """Reads config.yaml anew."""
        self.postil.reload()

    def toggle_theme(self) -> None:
        """Changes between dark and light."""
        self.postil.toggle_theme()

    def copy(self, text: str) -> None:
        """Puts a text on the clipboard of the terminal (OSC 52), also over SSH."""
        self.app.copy_to_clipboard(text)

    def redraw(self) -> None:
        """Draws the whole screen again."""
        self.repaint()

    def suspend(self) -> None:
        """Goes back to the shell until the person returns."""
        self.app.action_suspend_process()

    def interrupt(self) -> None:
        """Says what leaves here, and whether all is saved."""
        saved = self.postil.session.unsaved is None
        words = "everything is saved" if saved else "all is saved but what was refused"
        id, what = WAYS_OUT[self.scope]
        self.say(with_keys(self.dispatcher.keymap, f"{{{id}}} leaves{what}; {words}"))

    # -- commands by name ------------------------------------------------------------------------

    def show_palette(self) -> None:
        """Offers every command of the scope by name and by what it does."""
        keymap = self.dispatcher.keymap
        found = (bound for bound in keymap.bound if self.scope in bound.command.scopes)
        self.pick("command", [command_choice(bound) for bound in found], self.run_command)

    # -- the overlay -----------------------------------------------------------------------------

    def _draw_overlay(self) -> None:
        grid, rows = self._grid_rows(), self._listed_rows()
        if len(grid) <= HINT_ROWS + 1:
            self._draw_in_place(grid[-HINT_ROWS:])
        else:
            rows = grid
        if told := self._told_rows(len(rows)):
            self.message.show(told[-1:], self.postil.looks.bar)
            rows = [*rows, *told[:-1]]
        self.overlay.display = bool(rows)
        if rows:
            self.overlay.styles.height = len(rows)
            self.overlay.show(rows, self.postil.looks.bar)

    def _draw_in_place(self, rows: Sequence[Row]) -> None:
        """Shows few rows over the message and the strip: the text stays as it is, which spares a slow line."""
        if rows:
            padded = [*rows, *[()] * (HINT_ROWS - len(rows))]
            self.message.show(padded[:1], self.postil.looks.bar)
            self.strip.show(padded[1:], self.postil.looks.bar)

    def _told_rows(self, taken: int) -> list[Row]:
        """A warning that is too long for the message row, in the rows that it takes, of which the last is the message
        row and the others lie over the text until the next key; none where it fits. Of the rows above the message,
        `taken` are in use."""
        said, warns = self.spoken
        width = self.size.width - 2
        if not warns or cell_len(said) <= width or self.prompting is not None or self.dispatcher.pending:
            return []
        texts, room = list(wrap(safe(said), max(1, width))), max(1, self.size.height - HINT_ROWS - taken)
        if len(texts) > room:
            texts = [*texts[: room - 1], fit(f"{texts[room - 1]}…", width)]
        return [((f" {text}", self.postil.looks.alarm),) for text in texts]

    def _grid_rows(self) -> list[Row]:
        """What the next key can be, while a sequence waits for it."""
        if self.prompting is not None or not self.dispatcher.pending:
            return []
        size = self.size.width, max(2, self.size.height - 4)
        return key_grid(
            self.dispatcher, self.scope, self.controller, self.postil.looks, *size, self._grid_page
        )

    def _listed_rows(self) -> list[Row]:
        """The rows of the list that lies over the text, none while there is no list."""
        if self.prompting is not None and self.prompting.choices is not None:
            return self._choice_rows(self.prompting, self.size.width)
        return []

    def _keys(self, choice: Choice) -> str:
        """The keys that do the same as a line of a picker, as they are in this project."""
        keymap = self.dispatcher.keymap
        return "  ".join(sign(" ".join(keys)) for id in choice.commands for keys in keymap.keys_of(id))

    def _choice_rows(self, prompting: Prompting, width: int) -> list[Row]:
        looks = self.postil.looks
        size = max(1, min(MOST_CHOICES, self.size.height - 5))
        head = f" {prompting.title}: {len(prompting.matches)} of {len(prompting.choices or ())} · ↑ ↓ Enter, Esc leaves"
        rows: list[Row] = [((fit(head, width), looks.bar_faint),)]
        shown = prompting.lines(size)
        names = [safe(prompting.matches[place].text) for place, heading in shown if not heading]
        column = min(width // 2, 4 + max(map(cell_len, names), default=0))
        for place, heading in shown:
            if heading:
                rows.append(((fit(f" {safe(heading)}", width), looks.bar_strong),))
                continue
            choice = prompting.matches[place]
            mark, style = ("▸ ", looks.key) if place == prompting.index else ("  ", looks.bar)
            text = fit(f"{mark}{safe(choice.text)}", column - 2)
            text += " " * (column - cell_len(text))
            detail = fit(f"{self._keys(choice):<12} {safe(choice.detail)}", max(0, width - column))
            rows.append(((text, style), (detail, looks.bar_faint)))
        return rows
