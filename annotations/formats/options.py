"""What can be chosen when files are read and written: words of the command line.

Invariant: this module imports nothing of ours, so that the command line costs a start of the app nothing.
"""

from __future__ import annotations

from typing import Literal

Unit = Literal["codepoint", "utf16", "grapheme"]
"""What the offsets of a file count."""

Newlines = Literal["keep", "lf"]
"""What becomes of the line ends of articles."""

Overlaps = Literal["longest", "first"]
"""Which of overlapping entities a format without overlaps gets."""

Pieces = Literal["hull", "drop"]
"""What a format without discontinuous entities gets of one: all from its first to its last piece, or nothing."""
