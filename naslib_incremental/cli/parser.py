"""An argument parser whose errors are one line like all others."""

from __future__ import annotations

import argparse
from typing import NoReturn

from naslib_incremental.foundation.errors import UserError


class Parser(argparse.ArgumentParser):
    """Raises instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        """Called by argparse on anything wrong.

        Raises:
            UserError: always.
        """
        raise UserError(f"options of {self.prog} --help", message, f"{self.prog} --help")
