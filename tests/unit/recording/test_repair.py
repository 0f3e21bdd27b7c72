"""What a kill leaves is put in order; what is sealed can be proved."""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from server.media.model import RecordingPlan
from server.media.recording.journal import JOURNAL, Ended, Gap
from server.media.recording.reading import load_journal, load_segments, segment_paths
from server.recording import shelf
from server.recording.command import describe, run
from server.recording.film import of_source
from server.recording.manifest import MANIFEST, Fault, check, make_manifest, write_manifest
from server.recording.mux import Made, make_film
from server.recording.reel import load_reel
from server.recording.repair import NoRecordingError, Repaired, StillWrittenError, repair
from server.recording.story import Story
from server.simulator.loops import VenueLoop
from tests.unit.recording.studio import UNIX, Studio

ALL = RecordingPlan(None, None)
KILLS = 10
APART = 60
"""Seconds of virtual time between two starts of the writer; it never gets so far."""
STEP = 0.24
"""Seconds of virtual time between two words of the writer on how far it is."""


@pytest.fixture
def folder(tmp_path: Path, loop: VenueLoop) -> Path:
    """A recording of five seconds that was ended as it should be."""
    folder = tmp_path / "2026" / "11" / "12"
    studio = Studio(folder, {1: loop})
    studio.record(ALL)
    studio.run(5.0)
    studio.end()
    return folder


def test_one_that_is_whole_is_left_as_it_is(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert repair(folder).was_whole
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_torn_tails_are_cut_off_and_the_journal_is_completed(folder: Path) -> None:
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join(lines[:-2]) + lines[-2][:9])
    last = segment_paths(folder)[-1]
    whole = last.read_bytes()
    last.write_bytes(whole[:-7])
    (folder / "000099.seg").write_bytes(whole[:9])
    done = repair(folder)
    assert (done.completed, done.removed, done.ended) == (1, 1, True)
    assert done.octets > 9 + 9
    end = load_journal(folder)[-1]
    assert isinstance(end, Ended)
    assert end.why == "killed"
    assert all(
        path.stat().st_size == segment.octets
        for path, segment in zip(segment_paths(folder), load_segments(folder), strict=True)
    )
    assert repair(folder) == Repaired()


def test_one_that_is_being_written_is_left_alone(tmp_path: Path, loop: VenueLoop) -> None:
    studio = Studio(tmp_path, {1: loop})
    studio.record(ALL)
    studio.run(0.5)
    while not load_journal(tmp_path):
        time.sleep(0.005)
    with pytest.raises(StillWrittenError):
        repair(tmp_path)
    studio.end()
    with pytest.raises(NoRecordingError):
        repair(tmp_path / "elsewhere")


def test_a_seal_tells_every_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = make_manifest(folder)
    (folder / MANIFEST).write_bytes(write_manifest(manifest))
    assert check(folder, manifest) == []
    one = shelf.look_at(folder)
    assert one.is_sealed
    assert describe(one).endswith("1 sources  0 gaps  sealed")
    first, second = segment_paths(folder)[:2]
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    second.unlink()
    (folder / "000077.seg").write_bytes(b"x")
    assert check(folder, manifest) == [
        Fault(first.name, "changed"),
        Fault(second.name, "missing"),
        Fault("000077.seg", "added"),
    ]
    words = argparse.Namespace(action="check", sessions=[12])
    assert run(words, folder.parents[2]) == 1
    assert f"{first.name}: changed" in capsys.readouterr().out


def test_the_shelf_finds_recordings_by_session(folder: Path) -> None:
    root = folder.parents[2]
    assert shelf.find(root) == [folder]
    assert shelf.unsealed(root) == {12: folder}
    assert shelf.of_session(root, 12) == folder
    assert shelf.of_session(root, 13) is None
    (folder / MANIFEST).write_text(json.dumps({}))
    assert shelf.unsealed(root) == {}


def _write_until_killed(folder: Path, loop: VenueLoop, begin: float, pipe: int) -> None:
    """Record in virtual time, as fast as it goes, telling after each step how far it is."""
    studio = Studio(folder, {1: loop}, begin=begin)
    studio.record(ALL)
    for _ in range(int(APART / STEP) - 1):
        studio.run(STEP)
        while studio.writer._given != studio.writer._done:
            time.sleep(0.001)
        os.write(pipe, b"%d\n" % studio.unix_us(studio.now))
    signal.pause()


def _probe(film: Path) -> tuple[int, list[float]]:
    """Decode a film to its end; return how many pictures it has, and when each is shown.

    There must be no word of an error.
    """
    line = ["ffprobe", "-v", "error", "-count_frames", "-of", "json"]
    shown = ["-show_entries", "stream=codec_type,nb_read_frames:frame=media_type,pts_time"]
    done = subprocess.run([*line, *shown, str(film)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    counts = {one["codec_type"]: int(one["nb_read_frames"]) for one in told["streams"]}
    pictures = [frame for frame in told["frames"] if frame["media_type"] == "video"]
    assert counts["audio"] + counts["video"] == len(told["frames"])
    return counts["video"], [float(frame["pts_time"]) for frame in pictures]


def _repaired(recording: Path, copy: Path) -> tuple[Made, list[Gap]]:
    """Repair a copy of what a kill left, and make its film; the recording itself goes on."""
    shutil.copytree(recording, copy)
    repair(copy)
    reel = load_reel(copy)
    made = make_film(copy, reel, of_source(reel, "1"), copy / "all.webm", Story())
    return made, [line for line in load_journal(copy) if isinstance(line, Gap)]


def test_ten_kills_cost_at_most_two_seconds_each_and_each_time_the_film_plays_to_its_end(
    tmp_path: Path, loop: VenueLoop
) -> None:
    dice = random.Random(7)  # noqa: S311
    context = multiprocessing.get_context("fork")
    recording = tmp_path / "recording"
    last_seen: list[int] = []
    gaps: list[Gap] = []
    for turn in range(KILLS):
        reading, writing = os.pipe()
        arguments = (recording, loop, 1_000.0 + APART * turn, writing)
        child = context.Process(target=_write_until_killed, args=arguments)
        child.start()
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            steps = [told.readline() for _ in range(dice.randint(3, 18))]
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            steps += told.readlines()
        child.join()
        last_seen.append(max(int(step) for step in steps if step.endswith(b"\n")))
        made, gaps = _repaired(recording, tmp_path / str(turn))
        count, moments = _probe(made.path)
        assert count == made.pictures == len(moments)
        assert {int(moment) // APART for moment in moments} == set(range(turn + 1))
    assert len(gaps) == KILLS - 1
    for seen, gap, turn in zip(last_seen, gaps, range(1, KILLS), strict=False):
        assert -STEP * 1e6 <= seen - gap.from_us < 2_000_000, "killed before it told a step"
        assert gap.until_us == int((1_000 + APART * turn + UNIX) * 1e6)
