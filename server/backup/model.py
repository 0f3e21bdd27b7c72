"""What a backup is called, what it must hold, when the next is due and which are too many. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import PurePosixPath

from server.domain.clock import SITE_ZONE

FORMAT = "pinhui-backup/1"
CONTENTS = "contents.json"
DATABASE = "database.gz"
DATA, RECORDINGS = "data", "recordings"
NIGHT = time(2, 30)
"""When the nightly backup is made, at the site."""

_NAME = re.compile(r"pinhui-(\d{8}-\d{6})\.tar")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_STAMP = "%Y%m%d-%H%M%S"
_LEFT_OUT = frozenset({"run", "pinhui.db", "pinhui.db-wal", "pinhui.db-shm"})
"""Of the data folder: what belongs to a run, and the database, which is copied by its own means."""


class BackupError(Exception):
    """A backup that cannot be made or put back; ``code`` is a key of ``backup.words``."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a backup: its name inside, its octets, and their SHA-256 in hexadecimal."""

    name: str
    octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself; its last part, so that a torn one has none.

    ``kind`` is that of the database, ``sqlite`` or ``postgresql``; ``version`` the product's.
    """

    made_at: datetime
    version: str
    kind: str
    has_recordings: bool
    parts: tuple[Part, ...]

    @property
    def octets(self) -> int:
        """The octets of all parts."""
        return sum(part.octets for part in self.parts)


def write_contents(contents: Contents) -> bytes:
    """Return the contents as JSON."""
    told = {
        "format": FORMAT,
        "made_at": contents.made_at.isoformat(),
        "version": contents.version,
        "database": contents.kind,
        "recordings": contents.has_recordings,
        "parts": [asdict(part) for part in contents.parts],
    }
    return json.dumps({"contents": told, "sha256": _digest(told)}, indent=1).encode()


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_contents(body: bytes) -> Contents:
    """Return what was written by ``write_contents``.

    Raises:
        BackupError: ``not_ours`` for anything else.
    """
    try:
        whole = json.loads(body)
        told = whole["contents"]
        if whole["sha256"] != _digest(told):
            raise BackupError("not_ours")
        if told["format"] != FORMAT or told["database"] not in {"sqlite", "postgresql"}:
            raise BackupError("not_ours")
        parts = tuple(Part(p["name"], int(p["octets"]), p["sha256"]) for p in told["parts"])
        made_at = datetime.fromisoformat(told["made_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("not_ours") from error
    if not all(is_safe(part.name) and _DIGEST.fullmatch(part.sha256) for part in parts):
        raise BackupError("not_ours")
    return Contents(
        made_at, str(told["version"]), told["database"], bool(told["recordings"]), parts
    )


def is_safe(name: str) -> bool:
    """Tell whether a part may be written below a folder under this name: it leads nowhere else."""
    path = PurePosixPath(name)
    if ".." in path.parts or "\0" in name or str(path) != name:
        return False
    return name == DATABASE or (len(path.parts) > 1 and path.parts[0] in {DATA, RECORDINGS})


def is_left_out(within: PurePosixPath, others: Iterable[PurePosixPath]) -> bool:
    """Tell whether a file of the data folder stays out of a backup.

    Args:
        within: its path within the data folder.
        others: folders in it that are no part of it: the recordings, and the backups themselves.
    """
    return within.parts[0] in _LEFT_OUT or any(within.is_relative_to(other) for other in others)


def name_of(at: datetime) -> str:
    """Return the file name of a backup made at a moment; names sort by it."""
    return f"pinhui-{at.astimezone(UTC):{_STAMP}}.tar"


def made_at(name: str) -> datetime | None:
    """Return when the backup of this name was made (aware UTC); None for other files."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def too_many(names: Iterable[str], keep: int) -> list[str]:
    """Return which backups go when ``keep`` are kept, the oldest first; never other files."""
    ours = sorted(name for name in names if made_at(name) is not None)
    return ours[: max(len(ours) - keep, 0)]


def is_due(last: datetime | None, now: datetime) -> bool:
    """Tell whether a nightly backup is due: none was tried since the last 02:30 at the site.

    A computer that was off at night makes it when it is on again.
    """
    here = now.astimezone(SITE_ZONE)
    night = datetime.combine(here.date(), NIGHT, SITE_ZONE)
    if here < night:
        night -= timedelta(days=1)
    return last is None or last < night


@dataclass(frozen=True, slots=True)
class Standing:
    """How an installation is backed up: the last that was made, and what failed since, if so.

    ``failed`` is the ``code`` of a ``BackupError`` with its ``params``.
    """

    made_at: datetime | None = None
    octets: int = 0
    has_recordings: bool = False
    failed_at: datetime | None = None
    failed: str = ""
    params: Mapping[str, str | int] | None = None

    @property
    def tried_at(self) -> datetime | None:
        """When a backup was last made or tried."""
        return max((at for at in (self.made_at, self.failed_at) if at), default=None)


def room_needed(sizes: Sequence[int]) -> int:
    """Return the octets that an archive of files of these sizes takes at most.

    Each file takes a header and whole blocks of 512 octets; the list of contents a line for each.
    """
    block = 512
    return sum(block + -(-size // block) * block + 200 for size in sizes) + 20 * block
