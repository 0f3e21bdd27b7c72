"""The stand-alone verifier: agrees with the chain on everything, and needs nothing but Python."""

import ast
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit import verify
from server.audit.chain import GENESIS, Entry, erase
from server.audit.checking import find_fault
from server.audit.export import render_header, render_records
from tests.unit.audit.chains import PAYLOADS, chain_of, erased_with_account, sealed

SOURCE = Path(verify.__file__)
VECTORS = json.loads(Path("tests/data/audit/vectors.json").read_text(encoding="utf-8"))


def export(entries: list[Entry], path: Path, *, withheld: bool = False, first: int = 1) -> Path:
    previous = entries[0].previous if first > 1 else GENESIS
    header = render_header(
        street="青禾街道",
        exported_at=datetime(2026, 11, 25, 1, tzinfo=UTC),
        first=first,
        last=first - 1 + len(entries),
        previous=previous,
        head=entries[-1].hash if entries else previous,
        bodies_withheld=withheld,
    )
    path.write_bytes(header + b"".join(render_records(entries, bodies_withheld=withheld)))
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    status = verify.main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_it_imports_only_the_standard_library() -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module))
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_runs_alone_in_another_folder_without_our_packages(tmp_path: Path) -> None:
    script = tmp_path / "verify.py"
    script.write_bytes(SOURCE.read_bytes())
    file = export(chain_of(3), tmp_path / "log.jsonl")
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, file, "--lang", "zh"],
        capture_output=True,
        cwd=tmp_path,
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.decode().startswith("没有改动。3 条记录一条不少")


@pytest.mark.parametrize("data", [b"", b"abc", b"abcd" * 16, bytes(range(256)) * 3])
def test_its_own_sm3_is_the_librarys(data: bytes) -> None:
    assert verify.sm3(data) == hashlib.new("sm3", data).hexdigest()


def test_the_published_chain_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [Entry(**fields) for fields in VECTORS["chain"]]
    status, text = answer(capsys, export(entries, tmp_path / "log.jsonl"), "--lang", "en")
    assert status == 0
    assert "6 records" in text
    assert "1 of them had their content erased" in text
    assert entries[-1].hash in text


def test_a_hash_from_an_older_report_is_found_and_placed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = chain_of(5)
    file = export(entries, tmp_path / "log.jsonl")
    spaced = " ".join(entries[2].hash.upper()[n : n + 16] for n in range(0, 64, 16))
    status, text = answer(capsys, file, "--lang", "zh", "--head", spaced)
    assert status == 0
    assert "第 3 条的校验值，之后又加了 2 条" in text


def test_a_cut_off_end_is_found_by_the_head_even_when_the_header_was_made_to_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = chain_of(5)
    file = export(entries[:3], tmp_path / "log.jsonl")
    assert answer(capsys, file)[0] == 0
    status, text = answer(capsys, file, "--lang", "zh", "--head", entries[-1].hash)
    assert status == 1
    assert "第 4 条" in text
    assert "截掉" in text


def test_an_incomplete_copy_is_seen_by_its_first_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(chain_of(5), tmp_path / "log.jsonl")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-2]))
    status, text = answer(capsys, file, "--lang", "en")
    assert status == 1
    assert "first shows at record 4" in text


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b'{"sequence":2,"sequence":2}', b"\xff", b"[" * 100_000]
)
def test_a_line_that_is_no_record_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes
) -> None:
    file = export(chain_of(3), tmp_path / "log.jsonl")
    lines = file.read_bytes().splitlines()
    lines[2] = line
    file.write_bytes(b"\n".join(lines))
    status, text = answer(capsys, file, "--lang", "zh")
    assert status == 1
    assert "第一处在第 2 条" in text
    assert "格式不对" in text


def test_a_field_that_is_not_chained_is_not_suffered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(chain_of(3), tmp_path / "log.jsonl")
    header, *lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = json.dumps({**json.loads(lines[1]), "remark": "trust me"})
    file.write_text("\n".join([header, *lines]), encoding="utf-8")
    assert answer(capsys, file, "--lang", "en")[0] == 1


@pytest.mark.parametrize("content", [None, b"", b"{}\n", b"hello", b"[1]\n", b"SQLite format 3\0x"])
def test_a_file_that_is_no_log_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "log.jsonl"
    if content is not None:
        file.write_bytes(content)
    status, text = answer(capsys, file, "--lang", "zh")
    assert status == 2
    assert text.startswith("读不了这个文件")


def test_a_head_that_is_no_hash_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(chain_of(2), tmp_path / "log.jsonl")
    assert answer(capsys, file, "--head", "abc", "--lang", "en")[0] == 2


def test_an_export_without_contents_can_still_be_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(erased_with_account(chain_of(4), [2]), tmp_path / "log.jsonl", withheld=True)
    assert b"venue:3" not in file.read_bytes()
    status, text = answer(capsys, file, "--lang", "zh")
    assert status == 0
    assert "不带内容" in text


def test_a_part_of_the_log_says_where_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = export(chain_of(6)[3:], tmp_path / "log.jsonl", first=4)
    status, text = answer(capsys, file, "--lang", "zh")
    assert status == 0
    assert "从第 4 条开始" in text


def test_an_empty_log_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, export([], tmp_path / "log.jsonl"), "--lang", "en")[0] == 0


@pytest.mark.parametrize(
    ("value", "language"), [("zh_CN.UTF-8", "zh"), ("en_US", "en"), ("C", "en")]
)
def test_the_language_is_that_of_the_computer(
    monkeypatch: pytest.MonkeyPatch, value: str, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", value)
    assert verify.language() == language


def test_both_languages_have_the_same_sentences() -> None:
    assert set(verify.WORDS["zh"]) == set(verify.WORDS["en"])


def drop(rows: list[Any], index: int, _: Any) -> None:
    del rows[index]


def repeat(rows: list[Any], index: int, _: Any) -> None:
    rows.insert(index, rows[index])


def swap(rows: list[Any], index: int, _: Any) -> None:
    rows[index], rows[index - 1] = rows[index - 1], rows[index]


def change(rows: list[Any], index: int, draw: Callable[..., Any]) -> None:
    field = draw(st.sampled_from(sorted(rows[index])))
    old = rows[index][field]
    other: list[Any] = [None, 0, 1, 99, "", "ab" * 32, "sm3", {}, {"x": 1}]
    rows[index] = {**rows[index], field: draw(st.sampled_from([x for x in other if x != old]))}


def empty(rows: list[Any], index: int, _: Any) -> None:
    rows[index] = asdict(erase(Entry(**rows[index])))


@given(
    st.lists(PAYLOADS, min_size=2, max_size=6).map(sealed),
    st.sampled_from([drop, repeat, swap, change, empty, lambda *_: None]),
    st.data(),
)
def test_it_finds_exactly_what_the_chain_finds(
    entries: list[Entry], mutate: Callable[..., None], data: Any
) -> None:
    head = entries[-1].hash
    rows = [asdict(entry) for entry in entries]
    mutate(rows, data.draw(st.integers(0, len(rows) - 1)), data.draw)
    fault = find_fault([Entry(**row) for row in rows], head=head)
    header = {"first": 1, "previous": GENESIS, "bodies": "included"}
    lines = [json.dumps(r, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for r in rows]
    for records in (rows, verify.read_lines(f"{line}\n".encode() for line in lines)):
        try:
            verify.check(verify.Source(header, records), head)
            found = None
        except verify.BrokenError as error:
            found = (error.sequence, error.code)
        assert found == (None if fault is None else (fault.sequence, fault.code))


@pytest.mark.parametrize(
    "data",
    ['{"b":1,"a":2}', '{"a":1,"a":2}', '{"a":-0}', '{"a":01}', '{"a":1.5}', '{"A":1}', '{"a": 1}'],
)
def test_a_flat_record_in_another_form_than_the_canonical_is_refused(data: str) -> None:
    entry = asdict(sealed([{"a": 1}])[0])
    body = f'{{"actor":"{entry["actor"]}","data":{data},"salt":"{entry["salt"]}"}}'
    entry["body"] = verify.digest("sha256", b"pinhui-audit/1 body\n" + body.encode())
    entry["hash"] = verify.digest(
        "sha256",
        b"pinhui-audit/1 event\n" + (verify.FIELDS_TEXT % {**entry, "session": 1}).encode(),
    )
    line = json.dumps(entry, sort_keys=True, separators=(",", ":")).replace('{"a":1}', data)
    header = {"first": 1, "previous": GENESIS, "bodies": "included"}
    with pytest.raises(verify.BrokenError):
        verify.check(verify.Source(header, verify.read_lines([line.encode()])))


def database(entries: list[Entry], path: Path) -> Path:
    """Return a database laid out as docs/audit-format.md says."""
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE audit_events (sequence INTEGER PRIMARY KEY, version, at, kind,"
            " session_id, algorithm, previous, body, hash, actor, data, salt)"
        )
        db.execute("CREATE TABLE audit_head (id, sequence, hash)")
        db.execute("INSERT INTO audit_head VALUES (1, ?, ?)", (len(entries), entries[-1].hash))
        for entry in entries:
            fields = asdict(entry)
            if entry.data is not None:
                fields["data"] = json.dumps(entry.data, ensure_ascii=False)
            db.execute(
                "INSERT INTO audit_events VALUES (:sequence, :version, :at, :kind, :session,"
                " :algorithm, :previous, :body, :hash, :actor, :data, :salt)",
                fields,
            )
    db.close()
    return path


@pytest.mark.parametrize(
    ("statement", "status", "words"),
    [
        ("SELECT 1", 0, "4 条记录一条不少"),
        ("UPDATE audit_events SET data = '{\"venue_id\":9}' WHERE sequence = 2", 1, "在第 2 条"),
        ("UPDATE audit_events SET data = 'x' WHERE sequence = 3", 1, "在第 3 条"),
        ("DELETE FROM audit_events WHERE sequence = 3", 1, "在第 3 条"),
        ("DELETE FROM audit_events WHERE sequence = 4", 1, "单独记着"),
        ("UPDATE audit_head SET hash = 'x'", 1, "单独记着"),
        ("DROP TABLE audit_head", 2, "读不了"),
    ],
)
def test_it_reads_the_database_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str, status: int, words: str
) -> None:
    file = database(chain_of(4), tmp_path / "pinhui db?.sqlite")
    with sqlite3.connect(file) as db:
        db.execute(statement)
    db.close()
    before = file.read_bytes()
    found, text = answer(capsys, file, "--lang", "zh")
    assert (found, words in text) == (status, True), text
    assert file.read_bytes() == before
