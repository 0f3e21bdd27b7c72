"""The files that a recording's packets lie in: to the octet, written and read, torn tails and all.

A recording is a folder. ``000000.seg``, ``000001.seg`` … hold the packets of about two seconds
each; ``journal`` says what happened (``journal.py``); ``manifest.json`` seals both in the end. All
numbers are big-endian. All moments are microseconds of Unix time on the worker's clock, which never
jumps (``timeline.py``).

A segment is a head of 24 octets and then blocks:

    0   8   the letters PHREC1, CR, LF
    8   4   number of the segment, that of its name
    12  8   the moment at which it begins
    20  4   CRC-32 of the 20 octets before

A block holds what one track brought within a quarter of a second. Its head has 20 octets:

    0   1   kind: 1 packets, 2 clock
    1   1   0
    2   2   track; the journal says whose it is
    4   4   octets of the body, at most 4,194,304
    8   8   the moment that the packets' times count from
    16  4   CRC-32 of the 16 octets before and of the body

The body of kind 1 is packets in order of arrival, so a repeated one may stand after later ones:

    0   2   octets of the packet, 12 to 2,048
    2   4   microseconds from the block's moment to its arrival
    6   1   how loud it is, in dB below full scale (RFC 6464 §3), 127 silence; 255 is not known
    7   …   the RTP packet, decrypted: 12 octets of header with neither padding, extension nor
            CSRC (RFC 3550 §5.1), and the payload. What came as a retransmission stands here as
            what it repeats.

The body of kind 2 is what sender reports say (RFC 3550 §6.4.1), one clock for sound and picture of
a connection, 12 octets each:

    0   4   an RTP timestamp of the track
    4   8   the moment at which its sound or picture was taken

A process that is killed leaves half a block: the file is good up to the last whole one.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

SEGMENT_SECONDS = 2.0
PACKETS, CLOCK = 1, 2
LARGEST_BODY = 4 * 1024 * 1024
LARGEST_PACKET = 2_048
SUFFIX = ".seg"

_MAGIC = b"PHREC1\r\n"
_HEAD = struct.Struct("!8sIQ")
_BLOCK = struct.Struct("!BxHIQ")
_CRC = struct.Struct("!I")
UNKNOWN_LEVEL = 255
PACKET_HEAD = struct.Struct("!HIBBBHII")
"""The head of a packet in a block, with the first twelve octets of the packet."""
_ENTRY = struct.Struct("!HIB")
CLOCK_NOTE = struct.Struct("!IQ")
HEAD_OCTETS = _HEAD.size + _CRC.size
BLOCK_OCTETS = _BLOCK.size + _CRC.size


class SegmentError(ValueError):
    """A file that is no segment, or whose head is torn."""


class Block(NamedTuple):
    """One block: its kind, its track, the moment its times count from, its body."""

    kind: int
    track: int
    start_us: int
    body: bytes


class Taken(NamedTuple):
    """One packet: the moment of its arrival, the packet, how loud it is (``UNKNOWN_LEVEL``)."""

    at_us: int
    packet: bytes
    level: int = UNKNOWN_LEVEL


@dataclass(frozen=True, slots=True)
class Segment:
    """What can be read of a segment; ``octets`` are good, what follows them in the file is torn."""

    number: int
    start_us: int
    blocks: tuple[Block, ...]
    octets: int


def segment_name(number: int) -> str:
    """Return the file name of a segment: ``000017.seg``."""
    return f"{number:06d}{SUFFIX}"


def write_head(number: int, start_us: int) -> bytes:
    """Return the head of a segment."""
    head = _HEAD.pack(_MAGIC, number, start_us)
    return head + _CRC.pack(zlib.crc32(head))


def write_blocks(blocks: Iterable[Block]) -> bytes:
    """Return blocks as they stand in the file."""
    parts: list[bytes] = []
    for kind, track, start_us, body in blocks:
        head = _BLOCK.pack(kind, track, len(body), start_us)
        parts += (head, _CRC.pack(zlib.crc32(body, zlib.crc32(head))), body)
    return b"".join(parts)


def read_segment(data: bytes) -> Segment:
    """Return what a segment holds, up to the first block that is not whole.

    Raises:
        SegmentError: when not even its head is.
    """
    if len(data) < HEAD_OCTETS or _CRC.unpack_from(data, _HEAD.size)[0] != zlib.crc32(
        data[: _HEAD.size]
    ):
        raise SegmentError("the head of the segment is torn")
    magic, number, start_us = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise SegmentError("not a segment of a recording")
    blocks, at = [], HEAD_OCTETS
    while (block := _read_block(data, at)) is not None:
        blocks.append(block)
        at += BLOCK_OCTETS + len(block.body)
    return Segment(number, start_us, tuple(blocks), at)


def _read_block(data: bytes, at: int) -> Block | None:
    """Return the block that begins there, None where there is no whole one."""
    if at + BLOCK_OCTETS > len(data):
        return None
    kind, track, size, start_us = _BLOCK.unpack_from(data, at)
    start = at + BLOCK_OCTETS
    if size > LARGEST_BODY or start + size > len(data):
        return None
    body = data[start : start + size]
    crc = zlib.crc32(body, zlib.crc32(data[at : at + _BLOCK.size]))
    if crc != _CRC.unpack_from(data, at + _BLOCK.size)[0]:
        return None
    return Block(kind, track, start_us, body)


def packets_of(block: Block) -> Iterator[Taken]:
    """Yield the packets of a block in order of arrival; none of one that holds something else."""
    if block.kind != PACKETS:
        return
    body, at, end = block.body, 0, len(block.body)
    while at + _ENTRY.size <= end:
        size, passed, level = _ENTRY.unpack_from(body, at)
        start = at + _ENTRY.size
        at = start + size
        if not 12 <= size <= LARGEST_PACKET or at > end:
            return
        yield Taken(block.start_us + passed, body[start:at], level)


def clock_of(block: Block) -> list[tuple[int, int]]:
    """Return (RTP timestamp, the moment it was taken) of a block; none of one of another kind."""
    if block.kind != CLOCK:
        return []
    whole = len(block.body) - len(block.body) % CLOCK_NOTE.size
    return [(ts, moment) for ts, moment in CLOCK_NOTE.iter_unpack(block.body[:whole])]
