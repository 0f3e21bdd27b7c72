"""The writer's thread on a real folder: what is there afterwards, and what a kill leaves."""

import hashlib
import logging
import os
from pathlib import Path

import pytest

from server.media.recording import writer as writing
from server.media.recording.journal import JOURNAL, Ended, Gap, Line, SegmentDone, TrackBegan
from server.media.recording.reading import load_journal, load_segments, segment_paths
from server.media.recording.segments import PACKET_HEAD, PACKETS, Block
from server.media.recording.tape import Missed, Space, Trouble
from server.media.recording.writer import Writer

LOG = logging.getLogger("test")
TRACK: list[Line] = [TrackBegan(1, 0, "5", "p", "audio", "opus", 48_000, "")]


def block(at_us: int, octets: int = 40) -> Block:
    head = PACKET_HEAD.pack(12 + octets, 0, 127, 0x80, 111, 1, 960, 7)
    return Block(PACKETS, 0, at_us, head + bytes(octets))


def start(folder: Path, at_us: int = 1_000_000) -> Writer:
    return Writer(folder, "r", at_us, LOG)


def test_a_recording_is_segments_a_journal_and_an_end(tmp_path: Path) -> None:
    folder = tmp_path / "2026" / "11" / "12"
    writer = start(folder)
    writer.put([block(1_100_000)], TRACK)
    writer.cut(3_000_000)
    writer.put([block(3_100_000)], [])
    writer.end(4_000_000, "stopped")
    writer.join(5)
    assert writer.is_over
    lines = load_journal(folder)
    done = [line for line in lines if isinstance(line, SegmentDone)]
    paths = segment_paths(folder)
    assert [line.sha256 for line in done] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    ]
    assert [(line.from_us, line.until_us) for line in done] == [
        (1_100_000, 3_000_000),
        (3_100_000, 4_000_000),
    ]
    assert lines[-1] == Ended(4_000_000, "stopped")
    assert [segment.blocks for segment in load_segments(folder)] == [
        (block(1_100_000),),
        (block(3_100_000),),
    ]
    assert all(isinstance(report, Space) for report in writer.reports())


def test_another_process_goes_on_after_what_a_kill_left(tmp_path: Path) -> None:
    killed = start(tmp_path)
    killed.put([block(1_100_000)], TRACK)
    killed._jobs.put(None)
    killed.join(5)
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b'0000 {"type":"tr')
    next_one = start(tmp_path, 9_000_000)
    next_one.put([block(9_100_000)], TRACK)
    next_one.end(9_500_000, "closed")
    next_one.join(5)
    lines = load_journal(tmp_path)
    assert [line for line in lines if isinstance(line, Gap)] == [
        Gap(1_100_000, 9_000_000, "restart")
    ]
    assert Missed(1_100_000, 9_000_000) in next_one.reports()
    assert [segment.number for segment in load_segments(tmp_path)] == [0, 1]
    assert isinstance(lines[-1], Ended)


@pytest.mark.parametrize(("why", "gaps"), [("stopped", 0), ("closed", 0), ("worker", 1)])
def test_one_that_was_ended_and_begins_again_has_a_gap_unless_it_was_meant(
    tmp_path: Path, why: str, gaps: int
) -> None:
    for at in (1_000_000, 5_000_000):
        writer = start(tmp_path, at)
        writer.put([block(at)], TRACK)
        writer.end(at + 1, why)
        writer.join(5)
    found = [line for line in load_journal(tmp_path) if isinstance(line, Gap)]
    assert found == [Gap(1_000_001, 5_000_000, "restart")][:gaps]
    assert len(segment_paths(tmp_path)) == 2


def test_a_failed_write_gives_up_the_segment_and_the_next_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = start(tmp_path)
    writer.put([block(1_100_000)], TRACK)
    writer.cut(2_000_000)
    _settle(writer)
    broken = [True]
    real = os.write

    def write(file: int, data: bytes) -> int:
        if broken[0] and len(data) > 200:
            broken[0] = False
            real(file, bytes(data)[:30])
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(os, "write", write)
    writer.put([block(2_100_000, 400)], [])
    writer.put([block(2_200_000, 400)], [])
    writer.cut(4_000_000)
    writer.put([block(4_100_000, 400)], [])
    writer.end(5_000_000, "stopped")
    writer.join(5)
    assert [r for r in writer.reports() if isinstance(r, Trouble)] == [
        Trouble("No space left on device", 1_100_000)
    ]
    whole = [segment for segment in load_segments(tmp_path) if segment.blocks]
    assert [segment.number for segment in whole] == [0, 2]
    assert isinstance(load_journal(tmp_path)[-1], Ended)


def test_a_line_that_was_torn_by_a_full_disk_is_written_again_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = start(tmp_path)
    _settle(writer)
    broken = [True]
    real = os.write

    def write(file: int, data: bytes) -> int:
        if broken[0]:
            broken[0] = False
            real(file, bytes(data)[:5])
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(os, "write", write)
    writer.put([], TRACK)
    writer.end(5_000_000, "stopped")
    writer.join(5)
    assert load_journal(tmp_path)[1:] == [*TRACK, Ended(5_000_000, "stopped")]


def test_a_folder_that_cannot_be_made_is_told_and_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    writer = start(blocked / "12")
    writer.put([block(1_100_000)], TRACK)
    _settle(writer)
    assert any(isinstance(report, Trouble) for report in writer.reports())
    blocked.unlink()
    writer.cut(2_000_000)
    writer.put([block(2_100_000)], [])
    writer.end(3_000_000, "stopped")
    writer.join(5)
    assert [type(line) for line in load_journal(blocked / "12")][1:] == [
        TrackBegan,
        SegmentDone,
        Ended,
    ]


def test_a_backlog_is_told_and_gone_when_it_is_written(tmp_path: Path) -> None:
    writer = start(tmp_path)
    writer._given = writing.MOST_WAITING_OCTETS + 1
    assert writer.is_behind()
    writer._given = 0
    writer.end(2, "stopped")
    writer.join(5)
    assert not writer.is_behind()


def _settle(writer: Writer) -> None:
    """Wait until the thread has done what it was given."""
    import threading

    done = threading.Event()
    writer._jobs.put(done.set)
    assert done.wait(5)
