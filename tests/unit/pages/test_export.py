"""CSV that runs nothing, and PDFs from a child that may fail."""

import asyncio
import os
import select
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import DomainError
from server.pages.export import PaperError, PaperMaker
from server.pages.sheets import render_csv, safe_cell
from tests.fakes import NOON_TUESDAY
from tests.patience import PATIENCE_S


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


async def test_without_a_seal_no_report_is_signed() -> None:
    def seal(_: datetime) -> tuple[Path, ...]:
        raise FileNotFoundError("ca-key.pem")

    with pytest.raises(PaperError, match="ca-key"):
        await PaperMaker(seal=seal).make("<p>", NOON_TUESDAY)


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


TOLD = """
import os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
sys.stdin.read()
print("%PDF of", os.getpid())
"""
"""A child that tells through a pipe that it has begun, and says who it is."""


@pytest.fixture
def begins(tmp_path: Path) -> Path:
    """Return a named pipe: who reads it waits until a child has begun, and learns which."""
    os.mkfifo(tmp_path / "begins")
    return tmp_path / "begins"


async def begun(begins: Path) -> int:
    """Return the process of the next child that begins."""
    async with asyncio.timeout(PATIENCE_S):
        return int(await asyncio.to_thread(begins.read_text))


async def has_ended(watched: int) -> bool:
    """Tell whether the process that a descriptor watches ends in time."""
    ready, _, _ = await asyncio.to_thread(select.select, [watched], [], [], PATIENCE_S)
    os.close(watched)
    return bool(ready)


async def test_a_child_that_was_prepared_makes_the_next_pdf_and_only_that(begins: Path) -> None:
    maker = PaperMaker([sys.executable, "-c", TOLD, str(begins)])
    maker.prepare()
    maker.prepare()
    first = await begun(begins)
    assert await maker.make("<p>") == f"%PDF of {first}\n".encode()
    again, second = await asyncio.gather(maker.make("<p>"), begun(begins))
    assert again == f"%PDF of {second}\n".encode()
    assert second != first


async def test_a_child_that_nobody_comes_for_is_let_go(begins: Path) -> None:
    command = [sys.executable, "-c", TOLD, str(begins)]
    maker = PaperMaker(command, patience=timedelta(seconds=1))
    maker.prepare()
    assert await has_ended(os.pidfd_open(await begun(begins)))
    await maker.close()


async def test_a_child_that_waits_ends_with_the_server(begins: Path) -> None:
    maker = PaperMaker([sys.executable, "-c", TOLD, str(begins)])
    maker.prepare()
    child = os.pidfd_open(await begun(begins))
    await maker.close()
    assert await has_ended(child)


async def test_a_child_whose_parent_is_gone_says_nothing() -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.pages.paper"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert await child.communicate() == (b"", b"")
    assert child.returncode == 0
