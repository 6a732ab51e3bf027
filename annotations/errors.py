"""The errors a caller must tell apart; each message is a sentence that a person can act on."""


class PostilError(Exception):
    """What went wrong, where, and what to do: shown to the person as it is."""


class Refused(PostilError):
    """A verb that the rules do not allow here; nothing was changed. `focus` is the key of what stands in the way."""

    def __init__(self, message: str, focus: str | None = None) -> None:
        super().__init__(message)
        self.focus = focus


class StaleEdit(PostilError):
    """An edit whose "before" is no longer what the database holds; nothing was written."""


class StoreError(PostilError):
    """The database cannot be opened, read or written; `reason` says why, without what that means for the person."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class ConfigError(PostilError):
    """`config.yaml` says something that it cannot say; the message names file, line and key."""


class QueryError(PostilError):
    """A query that does not parse; `column` is 0-based, in code points."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class BadFile(PostilError):
    """A file, or a record in one, that cannot be taken in; the message says which and why."""
