"""What is typed, cut into keys and escape sequences, before Textual looks at it.

Invariant: of an escape sequence that is no key, mouse or focus event nothing comes out, however the input was cut:
Textual alone takes the answer of a terminal to a question that somebody asked ("ESC ] 11 ; rgb:…", "ESC [ ? 62 c")
for the keys that it is spelt with, and ends on a key's release as kitty reports it. Everything else comes out as it
went in. A lone Escape comes out by itself, so that a fast Escape and a letter are two keys; on a slow line it may turn
out later that it began a sequence, which then is one all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex

BEGIN, END = "\x1b[200~", "\x1b[201~"
"""Around what is pasted."""

ESCAPE = "\x1b"

# What is sent with eight bits means the same; no keyboard has these characters.
_EIGHT_BITS = {"\x9b": "\x1b[", "\x9d": "\x1b]", "\x90": "\x1bP", "\x9f": "\x1b_"}
_INTRODUCER = regex.compile("[\x1b\x9b\x9d\x90\x9f]")

# Answers: OSC, DCS and APC as terminals send them. People type Escape and "]", "P" or "_" as well, but not these.
_ANSWER = r"\x1b(?:\][0-9]|P[0-9>!+$|]|_G)[^\x00-\x1f\x7f]*+"
_NUMBERS = r"\x1b\[[0-?]+[ -/]*+"
_CONTROL = r"\x1b\[(?:\[[A-E]|M[\s\S]{3}|(?![\[M])[0-?]*[ -/]*[@-~])"
_SEQUENCE = regex.compile(rf"{_CONTROL}|\x1bO[0-9;]+[A-Za-z~]|{_ANSWER}(?:\x07|\x1b\\)")
_BROKEN = regex.compile(f"{_ANSWER}|{_NUMBERS}")
_FUNCTION = regex.compile(r"\x1bO[A-Za-z]|\x1b\x1b(?:\[[A-D]|O[A-D])")
_KEYS = frozenset({"\x1b", "\x1b[", "\x1b[[", "\x1b]", "\x1bP", "\x1b_", "\x1bO", "\x1b\x1b"})
"""Beginnings of sequences that people type."""
_LATE = {
    "\x1b": regex.compile(r"\[[0-9<=>?A-FHIZ]|\][0-9]+;|P[0-9]?[>!+$|]|_G"),
    "\x1b[": regex.compile(r"[0-9]+[;:~]|[<=>?][0-9]"),
    "\x1b]": regex.compile(r"[0-9]+;"),
    "\x1bP": regex.compile(r"[0-9]?[>!+$|]"),
}
"""How the rest of a sequence begins that came at once, but after its beginning had been taken for keys: nobody types so
fast."""


def without_mark(text: str) -> tuple[str, str]:
    """A text that ends no paste yet, and what at its end may be the beginning of the mark that does."""
    begun = max(size for size in range(len(END)) if text.endswith(END[:size]))
    return text[: len(text) - begun], text[len(text) - begun :]


class Typed:
    """Cuts input into pieces. `understood` says whether a whole control sequence is an event.

    Text within a paste passes as it is; it is to be harmless already. A sequence that is broken off by a control
    character goes nowhere either."""

    def __init__(self, understood: Callable[[str], bool]) -> None:
        self._understood = understood
        self._held = ""
        self._lapsed = ""
        self._pasted = False

    @property
    def waits(self) -> bool:
        """Whether something is held back that may yet become a sequence."""
        return bool(self._held)

    def cut(self, data: str) -> Iterator[str]:
        """The pieces of what came in; `ESCAPE` alone is the key. The beginning of a sequence waits for the rest."""
        lapsed = self._lapsed
        is_late = lapsed in _LATE and _LATE[lapsed].match(data)
        self._lapsed = lapsed + data if lapsed and lapsed + data in _KEYS else ""
        data, self._held = (lapsed if is_late else self._held) + data, ""
        while data:
            if self._pasted:
                text, mark, data = data.partition(END)
                self._pasted = not mark
                text, self._held = (text, "") if mark else without_mark(text)
                yield text + mark
                continue
            found = _INTRODUCER.search(data)
            if found is None or found.start():
                keys = data[: found.start()] if found else data
                data = data[len(keys) :]
                yield keys
            else:
                piece, data = self._sequence(_EIGHT_BITS.get(data[0], ESCAPE) + data[1:])
                if piece:
                    yield piece

    def waited(self) -> Iterator[str]:
        """What was held back, now that nothing came for a while: an Escape and what was typed after it. What nobody
        types goes on waiting for its end."""
        if self._held in _KEYS and not self._pasted:
            self._lapsed = held = self._held
            self._held = ""
            yield ESCAPE
            if held[1:]:
                yield held[1:]

    def _sequence(self, data: str) -> tuple[str, str]:
        """The first piece of what begins with an Escape, empty for none, and what is left to look at."""
        if (function := _FUNCTION.match(data)) is not None:
            return function[0], data[function.end() :]
        found = _SEQUENCE.match(data, partial=True)
        if found is None:
            broken = _BROKEN.match(data)
            return ("", data[broken.end() :]) if broken else (ESCAPE, data[1:])
        if found.partial:
            self._held = data
            return "", ""
        whole, rest = found[0], data[found.end() :]
        self._pasted = whole == BEGIN
        if not self._pasted and not (whole[1] == "[" and self._understood(whole)):
            whole = ""
        return whole, rest
