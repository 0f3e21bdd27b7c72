"""Which script files a page's script needs, so that the page can ask for all of them at once.

Without that a browser finds out file by file, and waits for the screen to be drawn in between.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^(?:import|export)\b[^"\n]*"(\.{1,2}/[^"\n]+)";$', re.MULTILINE)
"""An import as we write them: on one line, by relative address (there are no import maps)."""


def needed_modules(folder: Path, script: str) -> list[str]:
    """Return the script and everything it imports, directly or not, in order of discovery.

    Args:
        folder: ``web/static``.
        script: path under it, with slashes, as are the paths in the answer.

    Raises:
        FileNotFoundError: when a script imports what is not there.
    """
    found = [script]
    for path in found:
        for target in _IMPORT.findall((folder / path).read_text(encoding="utf-8")):
            file = (folder / path).parent.joinpath(target).resolve()
            name = file.relative_to(folder.resolve()).as_posix()
            if name not in found:
                found.append(name)
    return found
