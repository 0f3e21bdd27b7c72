"""Builds the C core: ``python -m server.media.core.build [--optional]``, and ``pip install .``.

Needs a C compiler and Python's headers. The module says from which sources it was built, so that
one left over from other sources is never used.
"""

import argparse
import contextlib
import hashlib
import io
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import cffi

HERE = Path(__file__).parent
SOURCES = tuple(HERE / "c" / f"{name}.c" for name in ("numbers", "ring", "fan", "outbox", "inbox"))
HEADERS = tuple(HERE / "c" / f"{name}.h" for name in ("core", "inside"))
MODULE = HERE / "_native.abi3.so"
FLAGS = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Wconversion")


class NotBuiltError(Exception):
    """The C core could not be built; the text is what the compiler said."""


def fingerprint() -> str:
    """Return a name for the sources as they are now."""
    digest = hashlib.sha256()
    for path in (*HEADERS, *SOURCES):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make_ffi() -> cffi.FFI:
    """Return what cffi needs to know, for ``setup.py`` and for ``build``."""
    header = HEADERS[0].read_text(encoding="ascii")
    seen = header.partition("/* --- cffi --- */")[2].partition("/* --- end --- */")[0]
    ffi = cffi.FFI()
    ffi.cdef(seen + "\nextern const char *const core_fingerprint;")
    preamble = '#include "core.h"\n'
    preamble += f'static const char *const core_fingerprint = "{fingerprint()}";\n'
    ffi.set_source(
        "server.media.core._native",
        preamble,
        # relative to the checkout, as setuptools wants them
        sources=[str(path.relative_to(HERE.parents[2])) for path in SOURCES],
        include_dirs=[str(HERE.relative_to(HERE.parents[2]) / "c")],
        extra_compile_args=list(FLAGS),
        libraries=["m"],
        py_limited_api=True,
        optional=True,
    )
    return ffi


def build(flags: tuple[str, ...] = ()) -> None:
    """Compile the core into this folder; whoever looks sees the old one or the whole new one.

    Raises:
        NotBuiltError: when there is no compiler, or it refuses.
    """
    compiler = os.environ.get("CC", "cc")
    with tempfile.TemporaryDirectory(dir=HERE, prefix=".build-") as folder:
        glue = Path(folder) / "_native.c"
        made = Path(folder) / MODULE.name
        with contextlib.redirect_stdout(io.StringIO()):  # cffi tells what it generates
            make_ffi().emit_c_code(str(glue))
        # the glue is cffi's: its warnings are not ours
        words = [compiler, *FLAGS, "-Wno-conversion", "-Wno-unused-parameter", *flags]
        words += ["-shared", "-fPIC", "-fvisibility=hidden", f"-I{HERE / 'c'}"]
        words += [f"-I{sysconfig.get_paths()[name]}" for name in ("include", "platinclude")]
        words += ["-o", str(made), str(glue), *map(str, SOURCES), "-lm"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
        except OSError as error:
            raise NotBuiltError(f"{compiler}: {error.strerror}") from None
        if done.returncode:
            raise NotBuiltError(done.stderr)
        made.replace(MODULE)


def is_built() -> bool:
    """Say whether a module of these very sources lies here; it is not loaded for that."""
    return MODULE.exists() and fingerprint().encode() in MODULE.read_bytes()


def main() -> int:
    """Build unless it is built; with ``--optional`` a failure is told, and no failure."""
    parser = argparse.ArgumentParser(prog="python -m server.media.core.build")
    parser.add_argument("--optional", action="store_true")
    words = parser.parse_args()
    if is_built():
        return 0
    try:
        build()
    except NotBuiltError as error:
        if words.optional:
            sys.stdout.write("no C compiler or no Python headers: packets take the Python core\n")
            return 0
        sys.stderr.write(f"the C core was not built:\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
