"""A recording's folder read: its journal, its segments in order, and where it left off."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from server.media.recording.journal import JOURNAL, Gap, Line, SegmentDone, read_journal
from server.media.recording.segments import (
    PACKETS,
    SUFFIX,
    Segment,
    SegmentError,
    packets_of,
    read_segment,
)


def load_journal(folder: Path) -> list[Line]:
    """Return the whole lines of a recording's journal; none where there is no journal."""
    path = folder / JOURNAL
    return read_journal(path.read_bytes())[0] if path.exists() else []


def segment_paths(folder: Path) -> list[Path]:
    """Return the files of the segments in order."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit())


def next_number(folder: Path) -> int:
    """Return the number that the next segment has."""
    paths = segment_paths(folder)
    return int(paths[-1].stem) + 1 if paths else 0


def load_segments(folder: Path) -> Iterator[Segment]:
    """Yield what can be read of each segment, in order; one with a torn head is passed over."""
    for path in segment_paths(folder):
        try:
            yield read_segment(path.read_bytes())
        except SegmentError:
            continue


def last_moment(folder: Path, lines: Sequence[Line]) -> int:
    """Return the moment of the last thing that was written, from a journal and its segments."""
    known = max((_moment(line) for line in lines), default=0)
    for path in reversed(segment_paths(folder)):
        try:
            segment = read_segment(path.read_bytes())
        except SegmentError:
            continue
        return max(known, segment_end(segment))
    return known


def segment_end(segment: Segment) -> int:
    """Return the moment of the last packet in a segment, that of its beginning when it has none."""
    last = segment.start_us
    for block in segment.blocks:
        if block.kind == PACKETS:
            last = max(last, *(taken.at_us for taken in packets_of(block)))
    return last


def _moment(line: Line) -> int:
    if isinstance(line, SegmentDone | Gap):
        return line.until_us
    return line.at_us
