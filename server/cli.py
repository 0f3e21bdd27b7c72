"""The console script ``pinhui``: reads the words, runs one command, turns refusals into one line.

Each command imports what it needs when it runs, so that the tools which need no server
(``plan``, ``audit verify``, ``doctor``) start in a bare environment.
"""

import argparse
import asyncio
import errno
import sys
from collections.abc import Sequence
from pathlib import Path

from server import __version__


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with settings")
    parser.add_argument("--data-dir", help="folder of database, secret and recordings")
    parser.add_argument("--database-url", help="sqlite:///FILE or postgresql://USER@HOST/NAME")
    parser.add_argument("--host", help="address to serve on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="TCP port of the pages (default 8080)")
    parser.add_argument("--media-port", type=int, help="UDP port of sound and picture")


def _serve(words: argparse.Namespace) -> int:
    from server.app import serve
    from server.config import read_settings

    settings = read_settings(
        words.config,
        data_dir=words.data_dir,
        database_url=words.database_url,
        host=words.host,
        port=words.port,
        media_port=words.media_port,
    )
    return _until_port_taken(serve(settings), settings.port)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="TCP port (default 8080)")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
    parser.add_argument("--data-dir", type=Path, default=Path(".demo"), help="where it is kept")


def _demo(words: argparse.Namespace) -> int:
    from server.simulator.demo import run_demo

    return _until_port_taken(run_demo(words.data_dir, words.host, words.port), words.port)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["serve"], help="serve one session of 34 venues")
    parser.add_argument("--port", type=int, default=8090, help="TCP port on 127.0.0.1")
    parser.add_argument("--media-port", type=int, default=0, help="UDP port, 0 for any")


def _bench(words: argparse.Namespace) -> int:
    from server.simulator.bench_serve import serve_bench

    return _until_port_taken(serve_bench(words.port, words.media_port), words.port)


def _until_port_taken(running: "asyncio.Future[int] | object", port: int) -> int:
    try:
        return asyncio.run(running)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(
            f"端口 {port} 已被别的程序占用。请先关掉它，或换一个端口。\n"
            f"Port {port} is taken by another program. Stop it, or choose another port.",
            file=sys.stderr,
        )
        return 1


_COMMANDS = {
    "serve": ("serve the street's pages and sessions", _add_serve, _serve),
    "bench": ("serve one session without login, for load generators", _add_bench, _bench),
    "demo": ("a made-up street at work, with a session that is live now", _add_demo, _demo),
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="pinhui", description="Shared meetings for a street.")
    parser.add_argument("--version", action="version", version=f"pinhui {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (summary, add_words, run) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        add_words(command)
        command.set_defaults(run=run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0 done, 1 refused or found wrong, 2 words not understood.
    """
    words = build_parser().parse_args(argv)
    try:
        status: int = words.run(words)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
