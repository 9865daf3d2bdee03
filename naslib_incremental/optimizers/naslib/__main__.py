"""A runner as NASLib has them, for our optimizers and its own: searches, then evaluates."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.naslib.runner import read_config, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 2 where the user can mend what is wrong."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("--config-file", type=Path, required=True, help="YAML, as for NASLib")
    parser.add_argument("--seed", type=int, help="in the place of the file's")
    parser.add_argument("--resume", action="store_true", help="from the last checkpoint")
    parser.add_argument("--eval-only", action="store_true", help="evaluate what was found before")
    parser.add_argument(
        "opts",
        nargs=argparse.REMAINDER,
        metavar="NAME VALUE",
        help="in the place of the file's, e.g. search.epochs 20 optimizer apex_incremental",
    )
    given = parser.parse_args(arguments)
    try:
        run(read_config(given.config_file, given.opts, given.seed), given.resume, given.eval_only)
    except UserError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
