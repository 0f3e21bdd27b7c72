"""A page's script and all that it imports, to be asked for at once."""

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


def test_a_line_that_begins_with_a_comment_and_goes_on_is_code() -> None:
    source = "/** @type {Box} */ (box).checked = true;\n/* one */\nlet b = 2;\n"
    assert bare(source) == "/** @type {Box} */ (box).checked = true;\n\nlet b = 2;\n"


def test_every_line_of_ours_that_is_no_comment_stays() -> None:
    for path in sorted((WEB / "static" / "js").rglob("*.js")):
        for line, left in zip(*_both(path), strict=True):
            begins = line.strip()[:2]
            assert left == line or begins in ("//", "/*") or begins.startswith("*"), path.name
        _, after = _both(path)
        assert "\n".join(after).count("{") == "\n".join(after).count("}"), path.name


def _both(path: Path) -> tuple[list[str], list[str]]:
    text = path.read_text(encoding="utf-8")
    return text.split("\n"), bare(text).split("\n")
