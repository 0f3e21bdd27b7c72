"""Where files lie: in the data folder, named by their own SHA-256, readable by the server alone."""

import hashlib
import os
import re
from pathlib import Path

from server.domain.errors import NotFoundError

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def keep(folder: Path, data: bytes) -> str:
    """Keep some bytes for good and return their digest; the same bytes are kept once."""
    digest = digest_of(data)
    place = _place(folder, digest)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.exists() and digest_of(place.read_bytes()) == digest:
        return digest
    fresh = place.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(place)
    return digest


def fetch(folder: Path, digest: str) -> bytes:
    """Return kept bytes.

    Raises:
        NotFoundError: ``file_gone`` when they are not there, or are not what they were.
    """
    place = _place(folder, digest)
    data = place.read_bytes() if place.is_file() else b""
    if digest_of(data) != digest:
        raise NotFoundError("file_gone")
    return data


def _place(folder: Path, digest: str) -> Path:
    if not _DIGEST.match(digest):
        raise NotFoundError("file_gone")
    return folder / digest[:2] / digest
