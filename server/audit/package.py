"""What a proof package is made of (证据包): its container, its file of roots, its words.

docs/audit-format.md, "Proof package", is the rule; ``verify.py`` reads what is written here, and
the container's headers are its own, so that both mean the same bytes.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from server.audit import merkle, verify
from server.audit.sealing import Seal

README = """拼会证据包

这里有一场或几场会的全部记录、根值、每条记录到根值的路径、考勤报告，和校验它们的程序。
在任何一台装有 Python 3.8 以上的电脑上，不用联网，不用装别的：

    python3 verify.py 文件包.zip

它会说“没有改动”，或者说出第一处改动在哪一条记录、哪个文件。
先从可信的地方取一份 verify.py（比如另一份文件包，或任何一台服务器的 /verify 页），再用它来查。
手里有印着根值的报告或每周工作提示，就加上它：

    python3 verify.py 文件包.zip --root 根值

不是这几场会的记录，只带校验值，不带内容。格式见 docs/audit-format.md。

Pinhui proof package

All records of one or more sessions, their roots, each record's path to its root, the attendance
reports, and the program that checks them. On any computer with Python 3.8 or later, with no network
and nothing else installed:

    python3 verify.py PACKAGE.zip

It says that nothing was changed, or names the first record or file that was. Take verify.py from
where you trust it: another package, or the /verify page of any server. With a root from a printed
report or a weekly digest:

    python3 verify.py PACKAGE.zip --root ROOT

Of records that belong to other sessions there are digests only. The form is docs/audit-format.md.
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A session that a package tells of: its audit number, and its first and last event."""

    session_id: int
    number: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A recorded root with the sequences and hashes under it, in order."""

    number: str
    seal: Seal
    hashes: Mapping[int, str]


def render_roots(sealed: Iterable[Sealed], *, all_paths: bool) -> bytes:
    """Return the file of roots; without ``all_paths`` those of first and last events only."""
    told = [_told(one, all_paths=all_paths) for one in sealed]
    text = json.dumps({"sessions": told}, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode()


def _told(one: Sealed, *, all_paths: bool) -> dict[str, Any]:
    seal, sequences = one.seal, list(one.hashes)
    last = len(sequences) - 1
    wanted = range(last + 1) if all_paths else sorted({0, last})
    paths = merkle.proofs(list(one.hashes.values()), wanted, seal.algorithm)
    return {
        "session": seal.session_id,
        "number": one.number,
        "title": seal.title,
        "root": seal.root,
        "algorithm": seal.algorithm,
        "events": seal.events,
        "up_to": seal.up_to,
        "paths": [
            {"sequence": sequences[index], "index": index, "path": path}
            for index, path in paths.items()
        ],
    }


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_container(out: BinaryIO, files: Sequence[Path]) -> None:
    """Write files into one archive in their order, each stored as it is."""
    index, at = b"", 0
    for file in files:
        crc = size = 0
        with file.open("rb") as content:
            while part := content.read(1 << 20):
                crc, size = zlib.crc32(part, crc), size + len(part)
        name = file.name.encode("ascii")
        out.write(verify.local_header(crc, size, name))
        with file.open("rb") as content:
            while part := content.read(1 << 20):
                out.write(part)
        index += verify.central_header(crc, size, name, at)
        at += 30 + len(name) + size
    out.write(index + verify.end_of_package(len(files), len(index), at))
