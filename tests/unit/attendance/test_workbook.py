"""The workbook: figures and rows are there as numbers and text, and nothing in it is ever run."""

import io
import re
import zipfile

import pytest
import python_calamine

from server.attendance.accounting import compute_attendance
from server.attendance.report import report_of
from server.attendance.workbook import render_workbook
from tests.unit.attendance.meeting import Meeting, at

WORDS = [
    "考勤",
    "明细",
    "编号",
    "会议",
    "应到",
    "实到",
    "迟到",
    "早退",
    "请假",
    "未到",
    "人数",
    "时长",
]
HEAD = [f"c{number}" for number in range(18)]
HOSTILE = [
    "=1+cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "http://a.example",
    "\t=1",
    "{=1}",
]


def made(rows: list[list[str | int]]) -> bytes:
    report = report_of(compute_attendance(Meeting().events, at(60)))
    return render_workbook(report, HEAD, rows, WORDS)


def row_of(text: str) -> list[str | int]:
    return ["PH", "2026-11-24", text, "01", text, "到", 5, "14:00", text, 50, 50, *[0] * 6, text]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_whatever_it_begins_with(text: str) -> None:
    with zipfile.ZipFile(io.BytesIO(made([row_of(text)]))) as book:
        sheets = [name for name in book.namelist() if re.search(r"worksheets/sheet\d", name)]
        assert len(sheets) == 2
        for name in sheets:
            xml = book.read(name).decode()
            assert "<f>" not in xml
            assert "<hyperlink" not in xml
        assert not [name for name in book.namelist() if "externalLink" in name]
    rows = python_calamine.load_workbook(io.BytesIO(made([row_of(text)]))).get_sheet_by_index(1)
    assert rows.to_python()[1][2] == text.replace("\t", "\t")


def test_figures_rows_charts_and_the_scale_of_colours_are_there() -> None:
    content = made([row_of(f"居委会{n}") for n in range(33)])
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = book.namelist()
        assert "xl/charts/chart1.xml" in names
        assert "xl/charts/chart2.xml" in names
        assert "colorScale" in book.read("xl/worksheets/sheet2.xml").decode()
    book = python_calamine.load_workbook(io.BytesIO(content))
    assert book.sheet_names == ["考勤", "明细"]
    summary = book.get_sheet_by_index(0).to_python()
    assert summary[0][1] == "PH-2026-1124-07"
    assert [row[0] for row in summary[3:11]] == WORDS[4:]
    assert summary[3][1] == 3
    details = book.get_sheet_by_index(1).to_python()
    assert len(details) == 34
    assert details[1][9] == 50
