"""Where a database is, and how its tools are called."""

from pathlib import Path

import pytest

from server.backup import dump
from server.backup.model import BackupError


def test_a_url_tells_kind_and_file() -> None:
    assert dump.kind_of("sqlite:///data/pinhui.db") == "sqlite"
    assert dump.kind_of("postgresql://a@b/c") == "postgresql"
    assert dump.sqlite_file("sqlite:////srv/a%20b.db") == Path("/srv/a b.db")
    assert dump.sqlite_file("sqlite:///data/pinhui.db") == Path("data/pinhui.db")


@pytest.mark.parametrize(
    ("url", "bare", "secret"),
    [
        ("postgresql://a:s%40x@h:5433/n?k=v", "postgresql://a@h:5433/n?k=v", "s@x"),
        ("postgresql://a@h/n", "postgresql://a@h/n", ""),
        ("postgresql:///n", "postgresql:///n", ""),
    ],
)
def test_a_password_stays_off_the_command_line(url: str, bare: str, secret: str) -> None:
    assert dump.without_password(url) == (bare, secret)


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dump, "_INSTALLED", tmp_path)
    with pytest.raises(BackupError) as refused:
        dump.find_tool("pg_dump_of_nowhere")
    assert (refused.value.code, refused.value.params) == ("no_tool", {"name": "pg_dump_of_nowhere"})


def test_the_newest_tools_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "pg_dump").touch()
    monkeypatch.setattr(dump, "_INSTALLED", tmp_path)
    assert dump.find_tool("pg_dump") == str(tmp_path / "17" / "bin" / "pg_dump")
