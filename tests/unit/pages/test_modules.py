"""A page's script and all that it imports, to be asked for at once."""

import re
from pathlib import Path

import pytest

from server.pages.modules import bare, needed_modules
from server.pages.render import Renderer

WEB = Path(__file__).parents[3] / "web"


def folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / f"{name}.js").write_text(text)
    return path


def test_imports_of_imports_are_needed_once_each(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        a='import { b } from "./b.js";\nimport "./c.js";\nconst text = "./d.js";\n',
        b='export { c } from "./c.js";\n',
        c='import { a } from "./a.js";\n',
    )
    assert needed_modules(found, "a.js") == ["a.js", "b.js", "c.js"]


def test_an_import_of_what_is_not_there_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        needed_modules(folder(tmp_path, a='import "./gone.js";\n'), "a.js")


@pytest.mark.parametrize("script", ["js/pages/branch.js", "js/pages/wall.js"])
def test_no_import_of_our_pages_is_written_in_a_way_that_is_not_found(script: str) -> None:
    static = Renderer(WEB).static_folder
    for name in needed_modules(static, script):
        text = (static / name).read_text(encoding="utf-8")
        assert text.count("\nimport ") + text.startswith("import ") == sum(
            line.startswith("import ") and line.endswith('.js";') for line in text.splitlines()
        )


def test_a_script_goes_without_its_comments_and_keeps_its_line_numbers() -> None:
    source = "// first\n/** one */\nlet a = 1; // stays\n  /**\n   * two\n   */\n  f('// text');\n"
    assert bare(source) == "\n\nlet a = 1; // stays\n\n\n\n  f('// text');\n"


def test_no_line_of_ours_that_is_no_comment_is_taken_for_one() -> None:
    for path in sorted((WEB / "static" / "js").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        literals = re.findall(r"`[^`]*`", bare(text))
        assert all(literal in text for literal in literals), path.name
        assert bare(text).count("`") % 2 == 0, path.name
