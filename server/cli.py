"""The console script ``pinhui``: reads the words, runs one command, turns refusals into one line.

Each command imports what it needs when it runs, so that the tools which need no server
(``plan``, ``audit verify``, ``doctor``) start in a bare environment.
"""

import argparse
import sys
from collections.abc import Sequence

from server import __version__


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="pinhui", description="Shared meetings for a street.")
    parser.add_argument("--version", action="version", version=f"pinhui {__version__}")
    parser.add_subparsers(dest="command", required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0 done, 1 refused or found wrong, 2 words not understood.
    """
    build_parser().parse_args(argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
