"""Errors that a person can act on: what was expected, what came, what to do next."""

from __future__ import annotations


class UserError(ValueError):
    """A problem the user can mend; a command prints it as one line, without a traceback.

    Below the commands nobody knows how a setting was given: an error names the setting, and the
    command adds the option that stands for it.

    Args:
        expected: what would have been right, e.g. ``"episodes of at least 1"``.
        got: what came instead.
        next: an action, or a Python call, that gets the user further.
        setting: name of the setting that is wrong, as a Python identifier; empty where it is none.
    """

    def __init__(self, expected: str, got: str, next: str, setting: str = "") -> None:  # noqa: A002
        super().__init__(f"expected {expected}; got {got}; next: {next}")
        self.expected = expected
        self.got = got
        self.next = next
        self.setting = setting

    def __reduce__(self) -> tuple[type[UserError], tuple[str, ...]]:
        # An exception is pickled with its message alone, which is not what it is made from.
        return type(self), (self.expected, self.got, self.next, self.setting)


class MissingFileError(UserError, FileNotFoundError):
    """A file or folder that the user can provide is not there.

    Args:
        expected: what would have been right.
        got: what came instead.
        next: how to get it.
        benchmark: registry name of the benchmark whose data is missing; empty where it is none's.
    """

    def __init__(self, expected: str, got: str, next: str, benchmark: str = "") -> None:  # noqa: A002
        super().__init__(expected, got, next)
        self.benchmark = benchmark

    def __reduce__(self) -> tuple[type[UserError], tuple[str, ...]]:
        return type(self), (self.expected, self.got, self.next, self.benchmark)
