"""The library's state of play: the queue as a list, which row is chosen, what is in view; no widget.

Invariant: `index` is a row of the queue, or 0 when it is empty; only rows in view are read from the database.
"""

from __future__ import annotations

from annotations.errors import QueryError, Refused
from annotations.session import Session
from annotations.store import Row
from tui.host import ShelfHost

FILTER = "filter: words, text:/…/ ent: rel: label: date: is:open"
"""What a prompt for a query says."""


def articles(count: int) -> str:
    """So many articles, in words."""
    return f"{count} article{'' if count == 1 else 's'}"


class Shelf:
    """The queue of a session as a list of rows."""

    def __init__(self, session: Session, host: ShelfHost) -> None:
        self.session, self.host = session, host
        self.index = self.top = 0
        self.height = 20
        self.said, self.warns = "", False
        self._stamp: tuple[int, int] = (-1, -1)
        self._rows: dict[int, Row] = {}
        self.stand_at(session.state.article.id if session.state else None)

    def say(self, text: str, warns: bool = False) -> None:
        """Shows a sentence until the next command."""
        self.said, self.warns = text, warns

    def greet(self) -> None:
        """Says that a filter is on, if one is: what the list does not show is not gone."""
        count, query = len(self.session.queue), self.session.query
        self.say(
            f"the filter is on, {count} of {articles(self.session.size)}; Esc shows all" if query else ""
        )

    def stand_at(self, article: int | None) -> None:
        """Chooses the row of an article, if it is in the queue."""
        queue = self.session.queue
        self._go(queue.index(article) if article in queue else min(self.index, len(queue) - 1))

    def _go(self, index: int) -> None:
        count = len(self.session.queue)
        self.index = max(0, min(index, count - 1))
        top = max(self.top, self.index - self.height + 1)
        self.top = max(0, min(top, self.index, count - self.height))

    def resize(self, height: int) -> None:
        """Takes the number of rows that there is room for."""
        self.height = max(1, height)
        self._go(self.index)

    def visible(self) -> list[Row]:
        """The rows in view; only those that are not known yet are read."""
        store, ids = self.session.store, self.session.queue[self.top : self.top + self.height]
        if (stamp := store.stamp()) != self._stamp:
            self._stamp, self._rows = stamp, {}
        missing = [id for id in ids if id not in self._rows]
        self._rows |= {row.id: row for row in store.rows(self.session.layer, missing)}
        return [self._rows[id] for id in ids if id in self._rows]

    def move(self, step: int) -> None:
        """Up or down by rows."""
        self._go(self.index + step)

    def page(self, step: int) -> None:
        """Up or down by a screen of rows."""
        self._go(self.index + step * max(1, self.height - 1))

    def edge(self, end: bool) -> None:
        """To the first or the last row."""
        self._go(len(self.session.queue) - 1 if end else 0)

    def next_open(self, step: int) -> None:
        """To the next or previous open article."""
        queue = self.session.queue
        target = self.session.open_beyond(queue[self.index], step) if queue else None
        if target is None:
            raise Refused("no open article " + ("below" if step > 0 else "above"))
        self.stand_at(target)

    def open(self) -> None:
        """Opens the chosen article."""
        if not self.session.queue:
            raise Refused("there is no article to open: `postil import` brings some in, Esc shows all")
        self.host.open_article(self.session.queue[self.index])

    def ask_filter(self) -> None:
        """Asks for a query; titles are narrowed while typing, Enter shows the whole answer."""
        before = self.session.query
        self.host.prompt(FILTER, before, self.filter, self._narrow, lambda: self.filter(before))

    def _narrow(self, text: str) -> None:
        """Shows the articles with these words in the title; a query with fields waits for Enter."""
        if any(sign in text for sign in ':"()-'):
            self.session.find(self.session.query)
        else:
            self.session.find_titles(text.split())
        self._go(0)

    def filter(self, query: str) -> None:
        """Shows the articles that answer a query; one that is none leaves the list as it was before."""
        article = self.session.queue[self.index] if self.session.queue else None
        try:
            self.session.find(query)
        except QueryError:
            self.session.find(self.session.query)
            raise
        finally:
            self.stand_at(article)
        self.say(articles(len(self.session.queue)) if query else "all articles")

    def clear_filter(self) -> None:
        """Shows all articles again."""
        if self.session.query:
            self.filter("")

    def undo(self) -> None:
        """Takes back the newest edit, in whichever article."""
        applied = self.session.undo()
        self.stand_at(applied.article)
        self.say(f"undone: {applied.says}")

    def reload(self) -> None:
        """Reads config.yaml anew."""
        self.host.reload()

    def show_palette(self) -> None:
        """Offers every command by name."""
        self.host.show_palette()

    def show_help(self) -> None:
        """Shows the keys of the library."""
        self.host.show_help()

    def quit(self) -> None:
        """Ends the app."""
        self.host.quit()
