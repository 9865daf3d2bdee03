"""Errors that a person can act on: what was expected, what came, the next command to type."""

from __future__ import annotations


class UserError(Exception):
    """A problem the user can mend; printed as one line, without a traceback.

    Args:
        expected: what would have been right, e.g. ``"a benchmark of --list"``.
        got: what came instead.
        next_command: a command, or an action, that gets the user further.
    """

    def __init__(self, expected: str, got: str, next_command: str) -> None:
        super().__init__(f"expected {expected}; got {got}; next: {next_command}")
        self.expected = expected
        self.got = got
        self.next_command = next_command
