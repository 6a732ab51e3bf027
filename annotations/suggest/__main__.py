"""`python -m annotations.suggest CONFIG`: the suggester's process, for `follow.start`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from annotations.suggest.follow import serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    sys.exit(serve(Path(sys.argv[1])))
