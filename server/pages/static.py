"""The static files, read once at the start: a page asks for twenty of them at the same moment."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from server.pages.modules import bare


@dataclass(frozen=True, slots=True)
class StaticFile:
    """What goes over the wire for one file: scripts without their comments."""

    body: bytes
    content_type: str


class StaticFiles:
    """The files of ``web/static`` by their path under it, with slashes.

    ``version`` is a short digest over all of them; it is part of their address, so that caches may
    keep them for ever.
    """

    def __init__(self, folder: Path) -> None:
        found = (path for path in sorted(folder.rglob("*")) if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
        digest = hashlib.sha256()
        for name, body in self._files.items():
            digest.update(name.encode())
            digest.update(body)
        self.version = digest.hexdigest()[:12]
        self._ready: dict[str, StaticFile] = {}

    def find(self, name: str) -> StaticFile | None:
        """Return a file, or None where there is none of that name.

        Style sheets whose names are joined by ``+`` are one file, so that a page waits for one
        answer before it is drawn and not for six; it is put together anew each time.
        """
        if "+" in name:
            return self._joined(name.split("+"))
        if name not in self._ready and name in self._files:
            self._ready[name] = self._make(name)
        return self._ready.get(name)

    def _joined(self, names: list[str]) -> StaticFile | None:
        known = all(name.endswith(".css") and name in self._files for name in names)
        if not known or len(set(names)) < len(names):
            return None
        return StaticFile(b"\n".join(self._files[name] for name in names), "text/css")

    def _make(self, name: str) -> StaticFile:
        body = self._files[name]
        if name.endswith(".js"):
            body = bare(body.decode()).encode()
        return StaticFile(body, mimetypes.guess_type(name)[0] or "application/octet-stream")
