"""CSV that runs nothing, and PDFs from a child that may fail."""

import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import DomainError
from server.pages.export import PaperError, PaperMaker
from server.pages.sheets import render_csv, safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]
)
def test_a_cell_that_a_spreadsheet_might_run_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["", "云杉苑", "13:52", 0, 31, "'=1"])
def test_plain_cells_stay_as_they_are(value: str | int) -> None:
    assert safe_cell(value) == str(value)


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_csv_begins_with_the_byte_order_mark_and_quotes_commas() -> None:
    assert render_csv([["会议", "a,b"], [1, '"']]) == (
        b"\xef\xbb\xbf" + '会议,"a,b"\r\n1,""""\r\n'.encode()
    )


async def test_a_child_that_fails_says_why() -> None:
    maker = PaperMaker([sys.executable, "-c", "import sys; sys.exit('no fonts here')"])
    with pytest.raises(PaperError, match="no fonts here"):
        await maker.make("<p>")


async def test_a_child_that_makes_something_else_is_refused() -> None:
    maker = PaperMaker([sys.executable, "-c", "print('hello')"])
    with pytest.raises(PaperError):
        await maker.make("<p>")


async def test_a_child_that_takes_too_long_is_ended() -> None:
    maker = PaperMaker(
        [sys.executable, "-c", "import threading; threading.Event().wait()"],
        timeout=timedelta(milliseconds=300),
    )
    with pytest.raises(PaperError, match="too long"):
        await maker.make("<p>")


async def test_a_page_becomes_a_pdf_and_fetches_nothing() -> None:
    made = await PaperMaker().make("<p>拼会<img src='http://127.0.0.1:9/x.png'></p>")
    assert made.startswith(b"%PDF")


async def test_who_asked_for_a_page_that_could_not_be_printed_is_told_in_words() -> None:
    maker = PaperMaker([sys.executable, "-c", "print('hello')"])
    with pytest.raises(DomainError, match="paper_failed"):
        await maker.print_page("<p>")
