"""The child process that runs LibreOffice on one document: limits, a profile of its own, then exec.

    python -m server.materials.office PROGRAM FOLDER NAME

turns ``FOLDER/NAME`` into ``FOLDER/out/….pdf``. The profile is fresh each time and forbids macros,
links to elsewhere and every way out to the network.
"""

import os
import sys
from pathlib import Path

from server.children.child import stay_within

MEMORY_BYTES = 4 * 1024 * 1024 * 1024
CPU_SECONDS = 120
FILE_BYTES = 256 * 1024 * 1024

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" \
xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
"""
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "1"),
    # a proxy where nobody listens
    ("Inet/Settings", "ooInetProxyType", "1"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def profile() -> str:
    """Return the settings of the profile as LibreOffice's registry reads them."""
    lines = (
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>\n"
        for path, name, value in _SETTINGS
    )
    return f"{_HEAD}{''.join(lines)}</oor:items>\n"


def command(program: str, folder: Path, name: str) -> list[str]:
    """Return the command line that makes a PDF of a document."""
    return [
        program,
        "--headless",
        "--invisible",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder / "out"),
        str(folder / name),
    ]


def main() -> None:
    """Become LibreOffice."""
    program, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(profile(), encoding="utf-8")
    stay_within(memory=MEMORY_BYTES, seconds=CPU_SECONDS, octets=FILE_BYTES)
    home = {"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    os.execve(program, command(program, folder, name), home)  # noqa: S606 - the setting's own program


if __name__ == "__main__":
    main()
