"""Looks at what an installation needs.

Probes look at the computer, judges turn what they saw into a finding.
"""

import ctypes
import errno
import http.client
import importlib.util
import json
import shutil
import smtplib
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.backup.model import made_at
from server.config import Settings, find_office
from server.doctor.findings import Finding, Level
from server.mail.mailbox import MailboxAwayError, signed_in
from server.mail.model import tls_context
from server.media.launch import MEDIA_CORES

MINIMUM_PYTHON = (3, 11)
LIBRARIES = (
    "aioice",
    "aiohttp",
    "aiortc",
    "aiosmtplib",
    "aiosqlite",
    "alembic",
    "apscheduler",
    "argon2",
    "av",
    "babel",
    "cffi",
    "chinese_calendar",
    "cryptography",
    "icalendar",
    "ifaddr",
    "jinja2",
    "msgspec",
    "numpy",
    "ortools",
    "PIL",
    "psycopg",
    "pyhanko",
    "pylibsrtp",
    "pypdfium2",
    "python_calamine",
    "segno",
    "sqlalchemy",
    "weasyprint",
    "xlsxwriter",
)
PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local/share/fonts",
)
RELEASE_YEAR = 2026
SITE_ZONE = "Asia/Shanghai"
_ASK_SECONDS = 3
_LITTLE, _TOO_LITTLE = 0.15, 0.05


def judge_python(version: Sequence[int]) -> Finding:
    """Judge the version of Python, given as (major, minor, …)."""
    shown = ".".join(map(str, version[:3]))
    if tuple(version[:2]) < MINIMUM_PYTHON:
        return Finding(Level.BAD, "python_old", {"version": shown})
    return Finding(Level.OK, "python_ok", {"version": shown})


def judge_libraries(
    names: Sequence[str], is_there: Callable[[str], object] = importlib.util.find_spec
) -> Finding:
    """Judge which of the libraries can be imported; ``is_there`` tells of one, falsy for no."""
    missing = [name for name in names if not is_there(name)]
    if missing:
        return Finding(Level.BAD, "libraries_missing", {"names": ", ".join(missing)})
    return Finding(Level.OK, "libraries_ok", {"count": len(names)})


def judge_web(folder: Path) -> Finding:
    """Judge the folder with templates and static files."""
    whole = (folder / "templates" / "base.html").is_file() and (folder / "static").is_dir()
    level, code = (Level.OK, "web_ok") if whole else (Level.BAD, "web_missing")
    return Finding(level, code, {"path": str(folder)})


def _existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that exists."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())


def judge_data(folder: Path) -> Finding:
    """Judge whether the data folder, or the one it will be made in, can be written."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        return Finding(Level.BAD, "data_bad", {"path": str(folder), "reason": reason})
    return Finding(Level.OK, "data_ok", {"path": str(folder)})


def judge_disk(free: int, total: int) -> Finding:
    """Judge the free bytes of a disk: a warning below 15 %, bad below 5 %."""
    share = free / total if total else 0.0
    params = {"free": free // 10**9, "percent": int(share * 100)}
    if share < _TOO_LITTLE:
        return Finding(Level.BAD, "disk_full", params)
    if share < _LITTLE:
        return Finding(Level.WARN, "disk_little", params)
    return Finding(Level.OK, "disk_ok", params)


def judge_revision(current: str | None, release: str | None) -> Finding:
    """Judge the revision of a database that opens; None for a new one."""
    params = {"current": current or "", "release": release or ""}
    if current is None:
        return Finding(Level.OK, "database_new")
    if current != release:
        return Finding(Level.WARN, "database_older", params)
    return Finding(Level.OK, "database_ok", params)


def probe_database(url: str) -> Finding:
    """Open the database and judge it; without its libraries there is nothing to say."""
    try:
        from server.db.migrate import standing
    except ImportError as error:
        return Finding(Level.BAD, "database_away", {"reason": str(error)})
    try:
        return judge_revision(*standing(url))
    # each driver has errors of its own, and all of them mean the same here
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return Finding(Level.BAD, "database_away", {"reason": reason})


def probe_port(kind: str, host: str, port: int, is_ours: Callable[[], bool]) -> Finding:
    """Try to take a port for a moment and judge what happens.

    Args:
        kind: ``TCP`` or ``UDP``.
        host: address to take it on.
        port: 0 for any.
        is_ours: asked when it is taken: is it Pinhui itself?
    """
    params: dict[str, str | int] = {"kind": kind, "port": port}
    if port == 0:
        return Finding(Level.OK, "port_any", params)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    type_ = socket.SOCK_STREAM if kind == "TCP" else socket.SOCK_DGRAM
    try:
        with socket.socket(family, type_) as trial:
            if kind == "TCP":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            if kind == "TCP":
                trial.listen(1)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            reason = error.strerror or str(error)
            return Finding(Level.BAD, "port_refused", {**params, "reason": reason})
        if is_ours():
            return Finding(Level.OK, "port_ours", params)
        return Finding(Level.BAD, "port_taken", params)
    return Finding(Level.OK, "port_free", params)


def pages_answer(host: str, port: int) -> bool:
    """Tell whether the pages of a Pinhui answer at an address of this computer."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - only compared
    curious = ssl.create_default_context()
    curious.check_hostname, curious.verify_mode = False, ssl.CERT_NONE
    for asked in (
        http.client.HTTPSConnection(own, port, timeout=_ASK_SECONDS, context=curious),
        http.client.HTTPConnection(own, port, timeout=_ASK_SECONDS),
    ):
        try:
            asked.request("GET", "/healthz")
            told = json.loads(asked.getresponse().read(65_536))
        except (OSError, http.client.HTTPException, ValueError):
            continue
        finally:
            asked.close()
        if isinstance(told, dict) and {"version", "database"} <= told.keys():
            return True
    return False


def worker_answers(data_dir: Path) -> bool:
    """Tell whether a media worker of this data folder is listening on its Unix socket."""
    for path in sorted((data_dir / "run").glob("worker-*.sock")):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
                door.settimeout(_ASK_SECONDS)
                door.connect(str(path))
        except OSError:
            continue
        return True
    return False


def probe_core(wanted: str) -> Finding:
    """Try which core the media worker would take for ``media_core``; nothing keeps running."""
    if wanted not in MEDIA_CORES:
        return Finding(Level.BAD, "core_unheard_of", {"core": wanted})
    if wanted == "python":
        return Finding(Level.OK, "core_python")
    try:
        from server.media.core.choice import CoreUnavailable, native_core
    except ImportError as missing:
        return Finding(Level.BAD, "core_away", {"reason": str(missing)})
    try:
        native_core()
    except CoreUnavailable as reason:
        level = Level.BAD if wanted == "c" else Level.WARN
        return Finding(level, "core_away", {"reason": str(reason)})
    return Finding(Level.OK, "core_c")


def probe_mail(settings: Settings) -> Finding:
    """Try to open a line to the mail server, protected and signed in, and send nothing."""
    try:
        server = settings.mail_server
    except ValueError as error:
        return Finding(Level.BAD, "mail_wrong", {"reason": str(error)})
    if server is None:
        return Finding(Level.OK, "mail_off")
    params: dict[str, str | int] = {"host": server.host, "port": server.port}
    try:
        context = tls_context(server)
        at = (server.host, server.port)
        name = server.sender.rpartition("@")[2]
        if server.security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(*at, name, timeout=_ASK_SECONDS, context=context)
        else:
            line = smtplib.SMTP(*at, name, timeout=_ASK_SECONDS)
        with line:
            if server.security == "starttls":
                line.starttls(context=context)
            if server.user:
                line.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        return Finding(Level.BAD, "mail_away", {**params, "reason": str(error)})
    if server.security == "none" and server.user:
        return Finding(Level.WARN, "mail_open", params)
    return Finding(Level.OK, "mail_ok", params)


def probe_mailbox(settings: Settings) -> Finding | None:
    """Try to open the mailbox that answers come to, and read nothing; None when none is set."""
    try:
        mailbox = settings.mailbox
    except ValueError as error:
        return Finding(Level.BAD, "mail_wrong", {"reason": str(error)})
    if mailbox is None:
        return None
    params: dict[str, str | int] = {"host": mailbox.host, "port": mailbox.port}
    try:
        with signed_in(mailbox, timeout=_ASK_SECONDS):
            pass
    except MailboxAwayError as error:
        return Finding(Level.BAD, "imap_away", {**params, "reason": str(error)})
    if mailbox.security == "none":
        return Finding(Level.WARN, "imap_open", params)
    return Finding(Level.OK, "imap_ok", {**params, "folder": mailbox.folder})


def judge_fonts(folders: Iterable[Path]) -> Finding:
    """Judge whether the two Chinese faces of print are installed in any of the folders."""
    names = {
        file.name for folder in folders if folder.is_dir() for file in folder.rglob("Noto*CJK*")
    }
    missing = [
        f"Noto {face} CJK"
        for face in ("Serif", "Sans")
        if not any(name.startswith(f"Noto{face}CJK") for name in names)
    ]
    if missing:
        return Finding(Level.WARN, "fonts_missing", {"names": ", ".join(missing)})
    return Finding(Level.OK, "fonts_ok")


def judge_pango(
    names: Sequence[str] = PANGO, load: Callable[[str], object] = ctypes.CDLL
) -> Finding:
    """Judge whether the shared libraries of PDF can be loaded; ``load`` raises OSError if not."""
    missing = []
    for name in names:
        try:
            load(name)
        except OSError:
            missing.append(name)
    if missing:
        return Finding(Level.WARN, "pango_missing", {"names": ", ".join(missing)})
    return Finding(Level.OK, "pango_ok")


def judge_office(told: str, found: str) -> Finding:
    """Judge whether office documents can be turned into PDF.

    Args:
        told: the program that is set, empty for none.
        found: the one that is installed, empty for none.
    """
    path = told or found
    if not path:
        return Finding(Level.OK, "office_off")
    if told and shutil.which(told) is None:
        return Finding(Level.WARN, "office_wrong", {"path": told})
    return Finding(Level.OK, "office_ok", {"path": path})


def judge_days(days: int) -> Finding:
    """Judge the days that a certificate has left."""
    if days < 0:
        return Finding(Level.BAD, "certificate_over")
    level, code = (Level.WARN, "certificate_soon") if days <= 30 else (Level.OK, "certificate_ok")
    return Finding(level, code, {"days": days})


def probe_certificate(settings: Settings, now: datetime, *, is_local: bool) -> Finding:
    """Read the certificate that would be served and judge it.

    Args:
        settings: the settings in force.
        now: aware UTC.
        is_local: whether the pages are served on loopback only, where none is needed.
    """
    try:
        from server import tls
    except ImportError as error:
        return Finding(Level.BAD, "certificate_bad", {"path": "", "reason": str(error)})
    files = tls.find_certificate(settings.data_dir, settings.certificate, settings.key)
    if files is None:
        if is_local:
            return Finding(Level.OK, "certificate_local")
        return Finding(Level.BAD, "certificate_needed", {"host": settings.host})
    try:
        tls.server_context(*files)
        return judge_days(tls.days_left(files[0].read_bytes(), now))
    except (OSError, ValueError) as error:
        params = {"path": str(files[0]), "reason": str(error)}
        return Finding(Level.BAD, "certificate_bad", params)


def judge_backups(names: Iterable[str], keep: int, now: datetime) -> Finding:
    """Judge how old the newest backup is.

    Args:
        names: of the files in the folder of backups.
        keep: how many are kept; 0 when none are made by themselves.
        now: aware UTC.
    """
    newest = max((at for name in names if (at := made_at(name)) is not None), default=None)
    if newest is None:
        return Finding(Level.WARN, "backup_none" if keep else "backup_off")
    days = (now - newest).days
    return Finding(Level.WARN if days > 1 else Level.OK, "backup_made", {"days": days})


def probe_backups(settings: Settings, now: datetime) -> Finding | None:
    """Look for backups and judge them; None before there is anything to back up."""
    if not (settings.data_dir / "secret").exists():
        return None
    folder = settings.places.backups
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return judge_backups(names, settings.keep_backups, now)


def judge_clock(now: datetime, zone: str = SITE_ZONE) -> Finding:
    """Judge the computer's time (aware UTC) and the data of the site's zone."""
    try:
        there = now.astimezone(ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        return Finding(Level.BAD, "zone_missing", {"zone": zone})
    params = {"time": f"{there:%Y-%m-%d %H:%M}", "zone": zone}
    if there.year < RELEASE_YEAR or there.year > RELEASE_YEAR + 30:
        return Finding(Level.BAD, "clock_wrong", params)
    return Finding(Level.OK, "clock_ok", params)


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Return every finding about this installation, in the order a person would mend them.

    Args:
        settings: the settings in force.
        now: aware UTC.
    """
    disk = shutil.disk_usage(_existing(settings.data_dir))
    is_local = settings.host in {"127.0.0.1", "::1", "localhost"}
    any_address = "0.0.0.0"  # noqa: S104 - the media worker takes its port on every address

    def is_serving() -> bool:
        return pages_answer(settings.host, settings.port)

    found = [
        judge_python(sys.version_info[:3]),
        judge_libraries(LIBRARIES),
        judge_web(settings.web_dir),
        judge_data(settings.data_dir),
        judge_disk(disk.free, disk.total),
        probe_database(settings.database),
        probe_port("TCP", settings.host, settings.port, is_serving),
        probe_port(
            "UDP", any_address, settings.media_port, lambda: worker_answers(settings.data_dir)
        ),
        probe_core(settings.media_core),
        probe_certificate(settings, now, is_local=is_local),
        probe_mail(settings),
        probe_mailbox(settings),
        judge_fonts(FONT_FOLDERS),
        judge_pango(),
        judge_office(settings.office_program, find_office()),
        probe_backups(settings, now),
        judge_clock(now),
    ]
    return [finding for finding in found if finding is not None]
