"""The seal of a recording: one JSON file with the SHA-256 of everything in it.

Its own SHA-256 stands in the audit log, so that whoever has the log can prove that not an octet of
the recording was changed since.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from server.media.recording.journal import JOURNAL, Gap
from server.recording.reel import Reel, load_reel
from server.recording.story import STORY

MANIFEST = "manifest.json"


class File(msgspec.Struct, frozen=True):
    """A file of the recording."""

    name: str
    octets: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What is sealed; moments in Unix microseconds, files in order of name."""

    version: int
    room: str
    begun_us: int
    until_us: int
    files: list[File]
    gaps: list[Gap]


class Fault(msgspec.Struct, frozen=True):
    """A file that is not as it was sealed: ``missing``, ``changed``, or ``added``."""

    name: str
    what: str


def make_manifest(folder: Path) -> Manifest:
    """Return the manifest of a recording that is in order; segments were hashed as written."""
    reel = load_reel(folder)
    known = {done.number: done for done in reel.done.values()}
    files = [_file(folder / JOURNAL)]
    if (folder / STORY).exists():
        files.append(_file(folder / STORY))
    for number, done in known.items():
        files.append(File(f"{number:06d}.seg", done.octets, done.sha256))
    return Manifest(
        1, reel.room, reel.begun_us, _until(reel), sorted(files, key=_name), [*reel.gaps]
    )


def _until(reel: Reel) -> int:
    return max((done.until_us for done in reel.done.values()), default=reel.begun_us)


def _name(file: File) -> str:
    return file.name


def _file(path: Path) -> File:
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return File(path.name, path.stat().st_size, digest)


def write_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def read_manifest(data: bytes) -> Manifest:
    """Return the manifest in a file.

    Raises:
        ValueError: when it is none.
    """
    return msgspec.json.decode(data, type=Manifest)


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a manifest's octets, as the audit log has it."""
    return hashlib.sha256(data).hexdigest()


def check(folder: Path, manifest: Manifest) -> list[Fault]:
    """Return what is not as it was sealed; nothing when all is."""
    faults = [fault for file in manifest.files for fault in _compare(folder, file)]
    sealed = {file.name for file in manifest.files}
    added = _names(folder.glob("*.seg")) - sealed
    return faults + [Fault(name, "added") for name in sorted(added)]


def _names(paths: Iterable[Path]) -> set[str]:
    return {path.name for path in paths}


def _compare(folder: Path, file: File) -> list[Fault]:
    path = folder / file.name
    if not path.exists():
        return [Fault(file.name, "missing")]
    return [] if _file(path) == file else [Fault(file.name, "changed")]
