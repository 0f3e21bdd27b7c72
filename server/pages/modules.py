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


def bare(script: str) -> str:
    """Return a script without its comments, as it goes over the wire; line numbers stay.

    Only comments that have their lines to themselves are taken out, which is how ours are written:
    nothing inside a line is touched, so no text can be taken for a comment. In a template literal
    of several lines, no line may begin with ``//`` or ``/*``.
    """
    lines: list[str] = []
    inside = False
    for line in script.split("\n"):
        words = line.strip()
        end = words.find("*/", 0 if inside else 2)
        alone = inside or (words.startswith("/*") and end in (-1, len(words) - 2))
        lines.append("" if alone or words.startswith("//") else line)
        inside = alone and end == -1
    return "\n".join(lines)
