"""Which core carries a worker's packets: the one in C where it was built and passes its test."""

import logging

from server.media.core.build import fingerprint
from server.media.core.model import Core
from server.media.core.plain import PlainCore


class CoreUnavailable(Exception):  # noqa: N818 (a state of the installation)
    """The core in C cannot be used here; the text says why."""


def native_core() -> Core:
    """Return the core in C, tried out.

    Raises:
        CoreUnavailable: when it was not built, was built from other sources, or fails its test.
    """
    try:
        from server.media.core import native
    except ImportError:
        raise CoreUnavailable("the C core was not built") from None
    if native.built_from() != fingerprint():
        raise CoreUnavailable("the C core was built from other sources")
    from server.media.core.selftest import find_fault

    fault = find_fault(lambda: native.NativeCore())
    if fault is None:
        return native.NativeCore()
    if find_fault(lambda: native.NativeCore(use_segments=False)) is None:
        return native.NativeCore(use_segments=False)
    raise CoreUnavailable(f"the C core failed its test: {fault}")


def choose_core(wanted: str, log: logging.Logger) -> Core:
    """Return the core to use and say which in the log.

    Args:
        wanted: ``python``, ``c``, or ``auto`` for C where it can be used.
        log: for the choice.

    Raises:
        CoreUnavailable: when ``c`` is wanted and cannot be used.
    """
    if wanted == "python":
        log.info("packets take the core in Python, as the settings say")
        return PlainCore()
    try:
        core = native_core()
    except CoreUnavailable as reason:
        if wanted == "c":
            raise
        log.warning("packets take the core in Python: %s", reason)
        return PlainCore()
    log.info("packets take the core in C")
    return core
