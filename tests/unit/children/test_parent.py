"""Children at work: told, listened to, limited, and ended with whoever waits for them."""

import asyncio
import os
import select
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from server.children.child import Teller
from server.children.parent import Ended, Hear, Works, run, wait_for

AT_WORK = "import threading; threading.Event().wait()"


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


async def test_a_child_answers_and_says_how_far_it_is_beside_its_last_words() -> None:
    heard: list[int] = []
    text = """
import sys
from server.children.child import tell
tell(3), tell(40)
print("progress of no kind", file=sys.stderr)
print(sys.stdin.read() * 2, end="")
sys.exit("out of paper")
"""
    ended = await run(python(text), b"ab", hear=heard.append)
    assert ended == Ended(1, b"abab", "progress of no kind\nout of paper")
    assert (ended.last_line, heard) == ("out of paper", [3, 40])


async def test_a_child_that_never_stops_talking_is_listened_to_but_not_remembered() -> None:
    ended = await run(python("import sys; sys.stderr.write('x' * 300_000 + 'y')"))
    assert len(ended.words) == 4000
    assert ended.words.endswith("xy")


async def test_a_child_ends_with_its_time_and_so_does_what_it_started(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")
    text = f"""
import pathlib, subprocess, sys
other = subprocess.Popen([sys.executable, "-c", {AT_WORK!r}])
pathlib.Path({str(tmp_path / "begun")!r}).write_text(str(other.pid))
{AT_WORK}
"""
    waiting = asyncio.create_task(run(python(text), within=timedelta(seconds=2)))
    other = os.pidfd_open(int(await asyncio.to_thread((tmp_path / "begun").read_text)))
    with pytest.raises(TimeoutError):
        await waiting
    ready, _, _ = await asyncio.to_thread(select.select, [other], [], [], 20)
    os.close(other)
    assert ready


async def test_memory_beyond_the_limit_is_not_given() -> None:
    text = """
from server.children.child import stay_within
stay_within(memory=300 << 20, seconds=5, octets=0, nice=3)
bytearray(400 << 20)
"""
    ended = await run(python(text))
    assert (ended.status, ended.last_line) == (1, "MemoryError")


def test_a_command_waits_for_a_child() -> None:
    heard: list[int] = []
    text = "from server.children.child import Teller; t = Teller(50); t(1); t(1.2); t(25); t(50)"
    assert wait_for(python(text), heard.append).status == 0
    assert heard == [2, 50, 99]


def test_what_has_no_length_is_almost_done(capsys: pytest.CaptureFixture[str]) -> None:
    Teller(0)(5)
    assert capsys.readouterr().err == "progress 99\n"


async def test_pieces_of_work_wait_for_each_other_and_tell_how_far_they_are() -> None:
    works: Works[str] = Works()
    at, go = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def first(hear: Hear) -> None:
        hear(30)
        at.set()
        await go.wait()
        order.append("first")

    async def second(_: Hear) -> None:
        order.append("second")

    works.begin("a", first)
    last = works.begin("b", second)
    await at.wait()
    assert (works.look("a"), works.look("b"), works.look("c")) == (30, 0, None)
    assert (works.before("a"), works.before("b")) == (0, 1)
    go.set()
    await last
    assert order == ["first", "second"]
    assert works.look("b") is None


async def test_work_is_dropped_or_breaks_off_and_the_next_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    works: Works[int] = Works()
    done: list[int] = []

    async def last_for_ever(_: Hear) -> None:
        await run(python(AT_WORK))

    async def break_off(_: Hear) -> None:
        raise OSError("no disk")

    async def do(_: Hear) -> None:
        done.append(1)

    works.begin(1, last_for_ever)
    works.begin(2, break_off)
    third = works.begin(3, do)
    await works.drop(1, 9)
    await third
    assert (done, works.look(1), works.look(2)) == ([1], None, None)
    assert "no disk" in caplog.text
    works.begin(4, last_for_ever)
    await works.close()
    assert works.look(4) is None
