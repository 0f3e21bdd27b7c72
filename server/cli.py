"""The console script ``pinhui``: reads the words, runs one command, turns refusals into one line.

Each command imports what it needs when it runs, so that the tools which need no server
(``plan``, ``audit verify``, ``doctor``) start in a bare environment.
"""

import argparse
import asyncio
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server import __version__
from server.config import CannotStartError, Settings, read_settings


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with settings")
    parser.add_argument("--data-dir", help="folder of database, secret and recordings")
    parser.add_argument("--database-url", help="sqlite:///FILE or postgresql://USER@HOST/NAME")
    parser.add_argument("--host", help="address to serve on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="TCP port of the pages (default 8080)")
    parser.add_argument("--media-port", type=int, help="UDP port of sound and picture")


def _settings(words: argparse.Namespace) -> Settings:
    return read_settings(
        words.config,
        data_dir=words.data_dir,
        database_url=words.database_url,
        host=words.host,
        port=words.port,
        media_port=words.media_port,
    )


def _serve(words: argparse.Namespace) -> int:
    from server.app.serving import serve

    settings = _settings(words)
    return _until_port_taken(serve(settings), settings.port)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="TCP port (default 8080)")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
    parser.add_argument("--data-dir", type=Path, default=Path(".demo"), help="where it is kept")
    parser.add_argument(
        "--venues", type=int, choices=range(34), metavar="N", help="let N take part (default: all)"
    )


def _demo(words: argparse.Namespace) -> int:
    from server.simulator.demo import run_demo

    served = run_demo(words.data_dir, words.host, words.port, words.venues)
    return _until_port_taken(served, words.port)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["serve"], help="serve one session of 34 venues")
    parser.add_argument("--port", type=int, default=8090, help="TCP port on 127.0.0.1")
    parser.add_argument("--media-port", type=int, default=0, help="UDP port, 0 for any")
    parser.add_argument("--media-core", default="auto", help="auto, python or c")


def _bench(words: argparse.Namespace) -> int:
    from server.simulator.bench_serve import serve_bench

    served = serve_bench(words.port, words.media_port, words.media_core)
    return _until_port_taken(served, words.port)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    from server.merging.command import add_arguments

    add_arguments(parser)


def _plan(words: argparse.Namespace) -> int:
    from server.merging.command import run

    return run(words)


def _add_audit(parser: argparse.ArgumentParser) -> None:
    from server.audit import verify

    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("verify", help="check an exported log or a database file")
    verify.add_arguments(check)
    export = actions.add_parser("export", help="write the log to a file for an auditor")
    export.add_argument("--data-dir", help="folder of the installation")
    export.add_argument("--database-url", help="as for serve")
    export.add_argument("--out", type=Path, required=True, help="the file to write")
    _add_retention(actions.add_parser("retention", help="what is kept too long, and erase it"))


def _add_retention(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with settings, as for serve")
    parser.add_argument("--data-dir", help="folder of the installation")
    parser.add_argument("--database-url", help="as for serve")
    parser.add_argument("--erase", action="store_true", help="erase it; else it is only counted")


def _audit(words: argparse.Namespace) -> int:
    from server.audit import verify

    if words.action == "verify":
        return verify.run(words)
    return asyncio.run(_export(words) if words.action == "export" else _retain(words))


async def _retain(words: argparse.Namespace) -> int:
    from server.audit.keeping import erase_due, load_due
    from server.burden.service import forget_erased
    from server.db.engine import Database
    from server.domain.clock import SystemClock
    from server.scheduler.store import load_never_held

    settings = _installed(words)
    db, policy = Database(settings.database), settings.policy
    try:
        async with db.view() as tx:
            due = await load_due(tx, SystemClock(), policy, load_never_held)
        for one in due:
            print(f"{one.group}: {one.days} days, {len(one.sequences)} due {dict(one.kinds)}")
        if words.erase:
            await erase_due(db, SystemClock(), policy, load_never_held, actor="command line")
            await forget_erased(db)
            print("已删除内容，记录链照样能校验。\nErased; the chain still verifies.")
    finally:
        await db.close()
    return 0


async def _export(words: argparse.Namespace) -> int:
    from server.audit.service import write_export
    from server.config import read_settings
    from server.db.engine import Database
    from server.domain.clock import SystemClock
    from server.street.store import load_office

    settings = read_settings(None, data_dir=words.data_dir, database_url=words.database_url)
    db = Database(settings.database)
    async with db.view() as tx:
        office = await load_office(tx)
    count = await write_export(
        db, SystemClock(), words.out, street=office.name if office else "", actor="command line"
    )
    await db.close()
    print(f"{count} → {words.out}")
    return 0


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


def _add_cert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="the data folder")
    parser.add_argument("--name", action="append", default=[], help="a host name or address more")
    parser.add_argument("--renew", action="store_true", help="make a new one before it is due")


def _cert(words: argparse.Namespace) -> int:
    from server import tls
    from server.domain.clock import SystemClock

    now, files = SystemClock().now(), tls.files_of(words.data_dir)
    fresh = tls.issue(words.data_dir, [*words.name, *tls.local_names()], now, renew=words.renew)
    authority, server = files.authority.read_bytes(), files.certificate.read_bytes()
    what = ("已写入新证书", "new") if fresh else ("证书还在有效期内", "still good")
    print(f"{what[0]} {files.certificate}，还有 {tls.days_left(server, now)} 天")
    print(f"  Server certificate, {what[1]}: {tls.days_left(server, now)} days left")
    print("  " + " ".join(tls.names_in(server)))
    print(f"CA 证书 {files.authority}，还有 {tls.days_left(authority, now)} 天，每台会场电脑装一次")
    print("  CA certificate: install it once on every venue PC (docs/zh/install-ca.md)")
    print(f"  SHA-256 {tls.fingerprint(authority)}")
    if fresh:
        print("服务正在运行的话，请重新启动它。\n  If the server is running, restart it.")
    return 0


def _add_mail(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["receive"], help="read one letter from standard input")
    parser.add_argument("--config", type=Path, help="TOML file with settings, as for serve")
    parser.add_argument("--data-dir", help="folder of the installation")
    parser.add_argument("--database-url", help="as for serve")


def _mail(words: argparse.Namespace) -> int:
    from server.invitation.ics import MOST_BYTES

    # one byte more than is read at all tells that there is more
    content = sys.stdin.buffer.read(MOST_BYTES + 1)
    settings = _installed(words)
    try:
        print(asyncio.run(_receive(settings, content)))
    except Exception as error:
        print(f"not entered, try again: {error}", file=sys.stderr)
        return os.EX_TEMPFAIL
    return 0


async def _receive(settings: Settings, content: bytes) -> str:
    from server.db.engine import Database
    from server.domain.clock import SystemClock
    from server.invitation.service import receive

    db = Database(settings.database)
    try:
        return await receive(db, SystemClock(), content)
    finally:
        await db.close()


def _add_recording(parser: argparse.ArgumentParser) -> None:
    from server.recording.command import add_arguments

    add_arguments(parser)


def _recording(words: argparse.Namespace) -> int:
    from server.recording.command import run

    return run(words, read_settings(words.config, data_dir=words.data_dir).recordings)


def _add_backup(parser: argparse.ArgumentParser) -> None:
    from server.backup.command import add_backup_arguments

    add_backup_arguments(parser)


def _backup(words: argparse.Namespace) -> int:
    from server.backup.command import run_backup

    folder = None if words.to is None else str(words.to)
    settings = _installed(words, backup_dir=folder, backup_recordings=words.recordings)
    # a folder that was named is the administrator's own: nothing in it is deleted
    keep = settings.keep_backups if words.to is None else 0
    wanted = settings.backup_recordings
    return asyncio.run(run_backup(words.check, settings.places, recordings=wanted, keep=keep))


def _add_restore(parser: argparse.ArgumentParser) -> None:
    from server.backup.command import add_restore_arguments

    add_restore_arguments(parser)


def _restore(words: argparse.Namespace) -> int:
    from server.backup.command import run_restore

    return run_restore(words.file, _installed(words).places)


def _installed(words: argparse.Namespace, **told: Any) -> Settings:
    return read_settings(
        words.config, data_dir=words.data_dir, database_url=words.database_url, **told
    )


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_serve(parser)
    parser.add_argument("--lang", choices=("zh", "en"), help="language; else that of the locale")


def _doctor(words: argparse.Namespace) -> int:
    from server.doctor.examine import examine
    from server.doctor.findings import Level, choose_language, sentence_of
    from server.domain.clock import SystemClock

    language = choose_language(words.lang, os.environ)
    findings = examine(_settings(words), SystemClock().now())
    for finding in findings:
        print(sentence_of(finding, language))
    bad = sum(finding.level is Level.BAD for finding in findings)
    if language == "zh":
        print(f"有 {bad} 件事要办，办好再启动。" if bad else "可以启动。")
    else:
        print(f"{bad} to mend before the start." if bad else "Ready to start.")
    return 1 if bad else 0


_COMMANDS = {
    "serve": ("serve the street's pages and sessions", _add_serve, _serve),
    "plan": ("merge the requests of an instance into a plan, or check one", _add_plan, _plan),
    "audit": ("check or export the audit log", _add_audit, _audit),
    "bench": ("serve one session without login, for load generators", _add_bench, _bench),
    "cert": ("make or renew the certificate for HTTPS, by a CA of our own", _add_cert, _cert),
    "mail": ("take in an answer to an invitation, from a mail server", _add_mail, _mail),
    "recording": ("list and repair recordings, make films of them", _add_recording, _recording),
    "backup": ("put everything into one file, while the server runs", _add_backup, _backup),
    "restore": ("put a backup back into an empty place", _add_restore, _restore),
    "doctor": ("say what is missing or wrong, and what to do", _add_doctor, _doctor),
    "demo": ("a made-up street at work, with a session that is live now", _add_demo, _demo),
}


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """Return the parser of all commands, with the words of the chosen one.

    The others keep their words to themselves: some need libraries, which ``doctor`` may find
    missing.
    """
    parser = argparse.ArgumentParser(prog="pinhui", description="Shared meetings for a street.")
    parser.add_argument("--version", action="version", version=f"pinhui {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (summary, add_words, run) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            add_words(command)
            command.set_defaults(run=run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0 done, 1 refused or found wrong, 2 words not understood.
    """
    typed = sys.argv[1:] if argv is None else argv
    words = build_parser(next(iter(typed), None)).parse_args(typed)
    try:
        status: int = words.run(words)
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
