"""Tell apart what arrives on the one UDP port (RFC 7983 §7), from its first octets alone."""

from enum import Enum

_STUN_COOKIE = b"\x21\x12\xa4\x42"
_HANDSHAKE, _ALERT = 22, 21


class Arrival(Enum):
    """The protocol of a datagram; ``JUNK`` is none of ours, or too short to be one of them."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"
    RTCP = "rtcp"
    JUNK = "junk"


def classify(data: bytes | bytearray | memoryview, size: int) -> Arrival:
    """Return the protocol of the first ``size`` octets of ``data``; never raises.

    RTP and RTCP share a port (RFC 5761 §4): a second octet of 192 to 223 is RTCP.
    """
    if size < 13:
        return Arrival.JUNK
    first = data[0]
    if 127 < first < 192:
        return Arrival.RTCP if 192 <= data[1] <= 223 else Arrival.RTP
    if first < 4:
        is_stun = size >= 20 and bytes(data[4:8]) == _STUN_COOKIE
        return Arrival.STUN if is_stun else Arrival.JUNK
    return Arrival.DTLS if 20 <= first < 64 else Arrival.JUNK


def ssrc_of(data: bytes | bytearray | memoryview) -> int:
    """Return the SSRC of an encrypted RTP packet of at least 12 octets."""
    return int.from_bytes(data[8:12], "big")


def is_plain_alert(record: bytes) -> bool:
    """Say whether a DTLS datagram starts with an alert that nothing protects (epoch 0).

    Anybody who can write our peer's address on an envelope can send one, so it is not believed;
    a peer that really failed is noticed by its silence.
    """
    return len(record) >= 13 and record[0] == _ALERT and record[3:5] == b"\0\0"


def client_random(record: bytes) -> bytes | None:
    """Return the 32 random octets of a ClientHello, None when the datagram starts with another.

    RFC 6347 §4.2.2: 13 octets of record header, 12 of handshake header, 2 of version. A repeated
    ClientHello carries the same octets, a new attempt others. Chromium's does not fit into one
    datagram (its key share is post-quantum): only the fragment at offset 0 starts one.
    """
    if len(record) < 59 or record[0] != _HANDSHAKE or record[3:5] != b"\0\0" or record[13] != 1:
        return None
    if record[19:22] != b"\0\0\0":
        return None
    return bytes(record[27:59])
