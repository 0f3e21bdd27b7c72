"""Which files a request may carry, and what they are called here. Pure.

Nothing is ever opened or unpacked: a file is bytes that are kept, hashed and given back as a
download. Its kind is told from its ending and its first bytes, which must agree.
"""

import unicodedata
from pathlib import PurePosixPath

from server.domain.errors import DomainError

LARGEST_BYTES = 3 * 1024 * 1024
MOST_FILES = 5
LONGEST_NAME = 80

_ZIP = (b"PK\x03\x04",)
_OLD_OFFICE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_JPEG = (b"\xff\xd8\xff",)
KINDS: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".doc": _OLD_OFFICE,
    ".xls": _OLD_OFFICE,
    ".ppt": _OLD_OFFICE,
    ".docx": _ZIP,
    ".xlsx": _ZIP,
    ".pptx": _ZIP,
    ".ofd": _ZIP,
    ".odt": _ZIP,
    ".ods": _ZIP,
    ".odp": _ZIP,
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
}
"""Ending → first bytes, one of which the file must have."""


def safe_name(sent: str) -> str:
    """Return what a file is called here: no folders, no invisible letters, at most 80 letters.

    Letters that turn the direction of reading are dropped with the other invisible ones: they make
    ``exe.pdf`` of a name that ends otherwise.
    """
    last = sent.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(" " if c.isspace() else c for c in last)
    plain = "".join(
        c for c in seen if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    words = " ".join(plain.split()).strip(". ")
    path = PurePosixPath(words or "_")
    stem = path.stem[: LONGEST_NAME - len(path.suffix)] if len(path.suffix) < LONGEST_NAME else "_"
    return f"{stem}{path.suffix[:LONGEST_NAME]}"


def require_file(name: str, data: bytes, *, most: int = LARGEST_BYTES) -> None:
    """Refuse a file of another kind, too large, or empty.

    Args:
        name: as ``safe_name`` made it.
        data: all its bytes.
        most: bytes that it may have.

    Raises:
        DomainError: ``file_kind`` (name, kinds), ``file_size`` (name, most).
    """
    starts = KINDS.get(PurePosixPath(name).suffix.lower())
    if starts is None or not data.startswith(starts):
        kinds = "、".join(kind[1:] for kind in KINDS)
        raise DomainError("file_kind", name=name, kinds=kinds)
    if len(data) > most:
        raise DomainError("file_size", name=name, most=most // 1024 // 1024)
