from pathlib import Path

from server.pages.static import StaticFiles


def folder_of(path: Path) -> StaticFiles:
    (path / "css").mkdir()
    (path / "css" / "a.css").write_text("a {}")
    (path / "css" / "b.css").write_text("b {}")
    (path / "a.js").write_text("// said to ourselves\nf();")
    return StaticFiles(path)


def test_style_sheets_asked_for_together_are_one_file_in_that_order(tmp_path: Path) -> None:
    found = folder_of(tmp_path).find("css/b.css+css/a.css")
    assert found is not None
    assert (found.body, found.content_type) == (b"b {}\na {}", "text/css")


def test_only_style_sheets_that_are_there_are_joined_and_each_once(tmp_path: Path) -> None:
    files = folder_of(tmp_path)
    for name in ("css/a.css+css/c.css", "css/a.css+css/a.css", "a.js+css/a.css", "css/a.css+", "+"):
        assert files.find(name) is None


def test_scripts_are_served_without_their_comments(tmp_path: Path) -> None:
    found = folder_of(tmp_path).find("a.js")
    assert found is not None
    assert found.body == b"\nf();"
