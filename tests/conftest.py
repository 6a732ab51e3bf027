"""What holds for every test: no colour or theme wishes from outside, no deadline on a busy machine."""

from __future__ import annotations

import os

from hypothesis import settings

WISHES = (
    "NO_COLOR",
    "FORCE_COLOR",
    "TEXTUAL_THEME",
    "TEXTUAL_ANSI",
    "TEXTUAL_COLOR_SYSTEM",
    "POSTIL_ANNOTATOR",
    "POSTIL_THEME",
)

# At import, not in a fixture: Textual reads some of these when imported, and child processes inherit them.
for wish in WISHES:
    os.environ.pop(wish, None)

# What a terminal can do is read from these, and tests say so where they mean another one.
os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

settings.register_profile("postil", parent=settings(), deadline=None)
settings.load_profile("postil")
