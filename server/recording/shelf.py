"""Where recordings lie: ``<year>/<month>/<session>`` below one folder."""

from dataclasses import dataclass
from pathlib import Path

from server.media.recording.journal import JOURNAL
from server.recording.manifest import MANIFEST
from server.recording.reel import Reel, load_reel

FILMS = "films"
"""Films lie in a folder of this name in that of their recording."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A recording on the shelf: its folder, whose session it is, and how far it is."""

    folder: Path
    session: int
    is_sealed: bool
    octets: int
    reel: Reel


def find(root: Path) -> list[Path]:
    """Return the folders of all recordings, in order of year, month and session."""
    found = [path.parent for path in root.glob(f"[0-9]*/[0-9]*/[0-9]*/{JOURNAL}")]
    return sorted(found, key=lambda folder: (*folder.parts[-3:-1], int(folder.name)))


def unsealed(root: Path) -> dict[int, Path]:
    """Return the folders of the recordings that are not sealed yet, by session."""
    return {int(f.name): f for f in find(root) if not (f / MANIFEST).exists()}


def of_session(root: Path, session: int) -> Path | None:
    """Return the folder of a session's recording, None when it has none."""
    return next((folder for folder in find(root) if int(folder.name) == session), None)


def look_at(folder: Path) -> Shelved:
    """Return what there is in a folder."""
    octets = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    sealed = (folder / MANIFEST).exists()
    return Shelved(folder, int(folder.name), sealed, octets, load_reel(folder))
