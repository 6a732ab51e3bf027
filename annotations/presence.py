"""Whether what config.yaml names is there: the database's folder, the pipeline, pattern files, articles.

Invariant: nothing is made, changed or loaded by looking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from annotations.config import Config, report
from annotations.connect import check_place
from annotations.errors import BadFile, PostilError
from annotations.files import expand
from annotations.strictyaml import Loc, read
from annotations.suggest import patterns, pipeline


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that is named and not there: a sentence with file, line and key. With an `error` a command fails;
    without one it goes on with what there is."""

    says: str
    error: bool


def absent(config: Config) -> Iterator[Absence]:
    """All that is not there, in the order in which a project needs it."""
    source, folder, suggest = read(config.path), config.path.parent, config.suggest

    def absence(loc: Loc, says: object, error: bool = True) -> Absence:
        return Absence(report(config.path, [source.problem(loc, f": {says}")]), error)

    try:
        check_place(config.database)
    except PostilError as error:
        yield absence(("database",), error)
    for written in config.articles:
        found = next(expand([written], folder), None)
        if isinstance(found, BadFile):
            yield absence(source.place(("articles",), written), found, error=False)
        elif found is not None and not found.exists():
            yield absence(source.place(("articles",), written), f"{found} does not exist", error=False)
    looks = [(("suggest", "patterns"), partial(patterns.layer, path)) for path in suggest.patterns]
    if suggest.pipeline is not None:
        looks.insert(0, (("suggest", "pipeline"), partial(pipeline.find, suggest.pipeline, folder)))  # type: ignore[arg-type]
    for loc, look in looks:
        try:
            look()
        except PostilError as error:
            yield absence(loc, error)
