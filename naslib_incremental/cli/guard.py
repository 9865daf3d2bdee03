"""What all commands share: a parser, a log, and one line for whatever goes wrong."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from naslib_incremental import __version__
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.storage import cache_folder

INTERNAL_ERROR = 1
USER_ERROR = 2
INTERRUPTED = 130

DATA = "naslib-data"
"""The command that brings a benchmark's data."""

QUIET = ("-q", "--quiet")
VERBOSE = ("-v", "--verbose")
DEBUG = "--debug"
VERSION = f"%(prog)s {__version__}"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        """Called by argparse on anything wrong.

        Raises:
            UserError: always.
        """
        raise UserError(f"options of {self.prog} --help", message, f"{self.prog} --help")


def add_common(group: argparse._ActionsContainer) -> None:
    """Add what every command says of its work: how much, and how errors are shown."""
    group.add_argument(*QUIET, action="store_true", help="no progress and notes, only warnings")
    group.add_argument(*VERBOSE, action="store_true", help="say more of what is done")
    group.add_argument(DEBUG, action="store_true", help="print tracebacks")


def option_of(parser: argparse.ArgumentParser, setting: str) -> str:
    """The option that stands for a setting, or for several of it; empty where there is none."""
    for action in parser._actions:
        if action.option_strings and setting in (action.dest, f"{action.dest}s"):
            return action.option_strings[0]
    return ""


def guarded(
    program: str,
    command: Callable[[Sequence[str]], None],
    arguments: Sequence[str] | None,
    after_interrupt: Callable[[Sequence[str]], str],
    option_for: Callable[[str, Sequence[str]], str] = lambda setting, arguments: "",
) -> int:
    """Run a command and turn whatever it raises into an exit code.

    Args:
        program: the command's name.
        command: takes the arguments.
        arguments: without the program's name; None for those of this process.
        after_interrupt: from the arguments, what to say after Ctrl-C.
        option_for: from the name of a setting and the arguments, the option to change; may be
            empty.
    """
    given = sys.argv[1:] if arguments is None else arguments
    # Or else matplotlib would keep its list of fonts in the user's home.
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    try:
        with _logged(given):
            command(given)
        sys.stdout.flush()
    except UserError as error:
        option = option_for(error.setting, given) if error.setting else ""
        _say(f"{program}: {error}{_advice(error, option)}", given)
        return USER_ERROR
    except KeyboardInterrupt:
        _say(f"{program}: interrupted; {after_interrupt(given)}", given)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough, as in ``naslib-run --list | head``.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        _say(f"{program}: {reason}; for the traceback: {DEBUG}", given)
        return INTERNAL_ERROR
    return 0


def _advice(error: UserError, option: str) -> str:
    """What only a command can say of an error: an option, and commands that get data."""
    advice = f"; option: {option}" if option else ""
    if isinstance(error, MissingFileError) and error.benchmark:
        commands = how_to_get(error.benchmark)
        advice += f"; to get it: {commands}" if commands else ""
    return advice


def how_to_get(benchmark: str) -> str:
    """The command that brings a benchmark's missing data; empty where it needs no file.

    What waits in a data folder is imported, what has an address fetched; of the rest it is said
    where to get it.

    Args:
        benchmark: registry name.
    """
    from naslib_incremental.benchmarks import BENCHMARKS

    try:
        sources = BENCHMARKS.load(benchmark).sources
    except UserError:
        return ""
    for source in sources:
        at_hand, imported = source.at_hand(), {item.name for item in source.imported()}
        if at_hand and at_hand[-1].name not in imported:
            return data_command("import", str(at_hand[-1]))
        if imported:
            break
    files = [file for source in sources for file in source.files if file.address]
    if files:
        names = " or ".join(f"{file.name} ({file.size})" for file in files)
        return f"{data_command('fetch', benchmark)} {names}"
    return ", or ".join(
        f"{data_command('import', source.files[0].name)} (from {source.origin})"
        for source in sources
    )


def data_command(*words: str) -> str:
    """What to type so that data is dealt with."""
    return shlex.join([DATA, *words])


def _say(line: str, arguments: Sequence[str]) -> None:
    if DEBUG in arguments:
        traceback.print_exc()
    print(line, file=sys.stderr)


class _Lines(logging.Handler):
    """Writes to the error stream, above progress bars."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        tqdm.write(self.format(record), file=sys.stderr)


@contextmanager
def _logged(arguments: Sequence[str]) -> Iterator[None]:
    """The package's notes go to the error stream, as many as the arguments ask for."""
    log = logging.getLogger(__name__.partition(".")[0])
    before = log.level
    if set(QUIET) & set(arguments):
        log.setLevel(logging.WARNING)
    else:
        log.setLevel(logging.DEBUG if set(VERBOSE) & set(arguments) else logging.INFO)
    lines = _Lines()
    log.addHandler(lines)
    try:
        yield
    finally:
        log.removeHandler(lines)
        log.setLevel(before)
