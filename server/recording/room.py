"""Whether a file may come onto the disk of recordings: as much stays free as recording leaves."""

import shutil
from collections.abc import Callable
from pathlib import Path

from server.media.recording.disk import is_full

Space = Callable[[Path], tuple[int, int]]
"""Returns the octets that are free where a folder lies, and all that there are."""


def space_of(folder: Path) -> tuple[int, int]:
    """Return free and all octets of the disk that a folder lies on."""
    disk = shutil.disk_usage(folder)
    return disk.free, disk.total


def has_room(folder: Path, coming: int, space: Space = space_of) -> bool:
    """Tell whether so many octets may come to where a folder lies."""
    free, total = space(folder)
    return not is_full(max(0, free - coming), total, was_full=False)
