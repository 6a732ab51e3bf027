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

settings.register_profile("postil", parent=settings(), deadline=None)
settings.load_profile("postil")
