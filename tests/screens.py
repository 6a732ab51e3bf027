"""The app without a terminal, for tests: keys are posted as events, rows are read as they are drawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual import events

from tests.desks import Project, check_desk, check_saved
from tui.app import PostilApp
from tui.desk import Desk

CHARACTERS = {
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "ctrl+r": "\x12",
}


class Screen:
    """An app under test with hands on its keys and eyes on its rows."""

    def __init__(self, app: PostilApp, pilot: Any) -> None:
        self.app, self.pilot = app, pilot

    def post(self, *keys: str) -> None:
        """Posts keys at once; a string with spaces is several, one longer than a key name is typed."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else CHARACTERS.get(key)))

    async def press(self, *keys: str) -> None:
        """Posts keys and waits until they are done and drawn."""
        self.post(*keys)
        await self.pilot.pause()

    async def key(self, key: str) -> None:
        """One key, with the frame that it brings, and without a pause for what goes on beside it."""
        await self.app.on_event(events.Key(key, key if len(key) == 1 else None))

    async def type(self, text: str) -> None:
        """Types a text, a key a character."""
        await self.press(*("space" if c == " " else c for c in text))

    async def settle(self, until: Callable[[], bool]) -> None:
        """Waits for something that a timer brings, at most five seconds."""
        for _ in range(100):
            if until():
                return
            await self.pilot.pause(0.05)
        raise AssertionError("it never happened")

    @property
    def desk(self) -> Desk:
        assert self.app.reader.desk is not None
        return self.app.reader.desk

    @property
    def entities(self) -> list[str]:
        session, article = self.app.session, self.app.session.current().article.id
        found = session.store.entities(article, session.layer.id)
        return [f"{e.label} {e.text}" for e in sorted(found, key=lambda e: e.start)]

    def rows(self) -> list[str]:
        """The screen, line by line."""
        return rows_of(self.app)

    def text(self) -> str:
        return "\n".join(self.rows())

    def check(self) -> None:
        check_desk(self.desk)
        check_saved(self.app.session)


def rows_of(app: PostilApp) -> list[str]:
    """What an app draws, line by line."""
    return ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]


def piloted(test: Callable[[PostilApp, Any], Awaitable[None]], project: Project) -> None:
    """Runs a test on an app of its own, with Textual's pilot."""
    run(lambda screen: test(screen.app, screen.pilot), project)


def run(
    test: Callable[[Screen], Awaitable[None]],
    project: Project,
    size: tuple[int, int] = (80, 24),
    **options: Any,
) -> None:
    """Runs a test on an app of its own."""

    async def go() -> None:
        async with opened(project, size, **options) as screen:
            await test(screen)

    asyncio.run(go())


@asynccontextmanager
async def opened(
    project: Project,
    size: tuple[int, int] = (80, 24),
    person: str = "ana",
    review: str | None = None,
    **options: Any,
) -> AsyncIterator[Screen]:
    """An app on somebody's session, as large as a terminal of `size` (columns, rows)."""
    app = PostilApp(project.session(person, review, own=True), **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Screen(app, pilot)
