"""Both cores of the packet path; the one in C is built first where it is not built yet."""

import fcntl
from collections.abc import Callable
from pathlib import Path

from server.media.core import build
from server.media.core.model import Core
from server.media.core.plain import PlainCore

_LOCK = Path(build.HERE) / "c" / "core.h"


def build_core() -> None:
    """Build the core in C, once for all test runs that want it at the same time.

    Raises:
        NotBuiltError: without a compiler; a test that needs it fails then.
    """
    with _LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not build.is_built():
            build.build()


def make_core(name: str) -> Core:
    """Return a new core by its name, ``python`` or ``c``."""
    if name == "python":
        return PlainCore()
    build_core()
    from server.media.core.native import NativeCore

    return NativeCore()


CORES = ("python", "c")
CoreMaker = Callable[[], Core]
