"""Workbooks from outside: tables are read as typed, and everything hostile is refused by name."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from server.domain.errors import DomainError
from server.street.committee_table import read_committees
from server.street.reading import read_upload
from server.street.workbook import MOST_BYTES, WorkbookError, check_archive, read_text, text_of


def book(fill: Callable[[Worksheet], Any]) -> bytes:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as made:
        fill(made.add_worksheet("居委会"))
    return out.getvalue()


def table(sheet: Worksheet) -> None:
    sheet.write_row(0, 0, ["编号", "居委会", "姓名", "岗位", "条线"])
    sheet.write_row(1, 0, [1, "听泉苑居委会", "王芳", "书记", ""])
    sheet.write_row(2, 0, [1, "听泉苑居委会", "李明", "主任", ""])


def with_file(content: bytes, name: str, body: bytes) -> bytes:
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return out.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_text(content)
    return caught.value.code


async def test_a_workbook_is_read_as_the_table_that_somebody_would_paste() -> None:
    text = await read_upload(book(table))
    assert text.splitlines()[1] == "1\t听泉苑居委会\t王芳\t书记\t"
    sheet = read_committees(text)
    assert sheet.errors == ()
    assert [person.name for person in sheet.committees[0].people] == ["王芳", "李明"]
    assert await read_upload("a,b".encode("gb18030")) == "a,b"


def formula(sheet: Worksheet) -> None:
    table(sheet)
    sheet.write_formula(9, 0, "=1+1")


def merged(sheet: Worksheet) -> None:
    table(sheet)
    sheet.merge_range(4, 0, 5, 0, "听泉苑")


def long(sheet: Worksheet) -> None:
    for row in range(100_000):
        sheet.write_number(row, 0, row)


def wide(sheet: Worksheet) -> None:
    sheet.write_row(0, 0, range(61))


@pytest.mark.parametrize(
    ("fill", "code"),
    [
        (formula, "workbook_formula"),
        (merged, "workbook_merged"),
        (long, "workbook_too_long"),
        (wide, "workbook_too_long"),
    ],
)
def test_what_is_no_plain_table_is_refused(fill: Callable[[Worksheet], Any], code: str) -> None:
    assert refusal(book(fill)) == code


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("xl/vbaProject.bin", b"x", "workbook_macros"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "workbook_links"),
        ("xl/embeddings/oleObject1.bin", b"x", "workbook_macros"),
        ("xl/bomb.xml", b"\0" * (MOST_BYTES + 1), "workbook_too_big"),
        ("xl/entities.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", "workbook_broken"),
    ],
)
def test_what_a_table_does_not_need_is_refused(name: str, body: bytes, code: str) -> None:
    assert refusal(with_file(book(table), name, body)) == code


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    content = with_file(book(table), "xl/bomb.xml", b"\0" * (MOST_BYTES + 1))
    small = (7).to_bytes(4, "little")
    lied = content.replace((MOST_BYTES + 1).to_bytes(4, "little"), small)
    assert lied != content
    assert refusal(lied) in {"workbook_too_big", "workbook_broken"}


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 400, book(table)[:900], b""]
)
def test_junk_is_refused(content: bytes) -> None:
    assert refusal(content) == "workbook_broken"


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("page.html", "<html>")
    assert refusal(out.getvalue()) == "workbook_broken"
    many = io.BytesIO(book(table))
    with zipfile.ZipFile(many, "a") as archive:
        for number in range(301):
            archive.writestr(f"xl/{number}.xml", "")
    with pytest.raises(WorkbookError, match="workbook_too_big"):
        check_archive(many.getvalue())


async def test_refusals_of_the_child_process_come_as_codes() -> None:
    with pytest.raises(DomainError) as caught:
        await read_upload(book(formula))
    assert caught.value.code == "workbook_formula"
    with pytest.raises(DomainError) as caught:
        await read_upload(b"a,b\x00")
    assert caught.value.code == "file_not_text"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3.0, "3"),
        (3.5, "3.5"),
        ("03", "03"),
        (True, "True"),
        (datetime(2026, 11, 24), "2026-11-24"),  # noqa: DTZ001 - a cell has no zone
        (datetime(2026, 11, 24, 14, 5), "2026-11-24 14:05"),  # noqa: DTZ001
    ],
)
def test_cells_become_what_somebody_would_type(cell: Any, text: str) -> None:
    assert text_of(cell) == text
