"""What every command does with errors: one line, an exit code, a traceback on ``--debug``."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import cache_folder

INTERNAL_ERROR = 1
USER_ERROR = 2
INTERRUPTED = 130


def guarded(
    program: str,
    command: Callable[[Sequence[str]], None],
    arguments: Sequence[str] | None,
    after_interrupt: Callable[[Sequence[str]], str],
) -> int:
    """Run a command and turn whatever it raises into an exit code.

    Args:
        program: the command's name.
        command: takes the arguments.
        arguments: without the program's name; None for those of this process.
        after_interrupt: from the arguments, what to say after Ctrl-C.
    """
    given = sys.argv[1:] if arguments is None else arguments
    # Or else matplotlib would keep its list of fonts in the user's home.
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    try:
        command(given)
        sys.stdout.flush()
    except UserError as error:
        _say(f"{program}: {error}", given)
        return USER_ERROR
    except KeyboardInterrupt:
        _say(f"{program}: interrupted; {after_interrupt(given)}", given)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough, as in ``naslib-run --list | head``.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        _say(f"{program}: {reason}; for the traceback: --debug", given)
        return INTERNAL_ERROR
    return 0


def _say(line: str, arguments: Sequence[str]) -> None:
    if "--debug" in arguments:
        traceback.print_exc()
    print(line, file=sys.stderr)
