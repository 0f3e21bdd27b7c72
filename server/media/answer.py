"""Write the answer to an offer (RFC 9429 §5.3): ice-lite, one BUNDLE, a fixed SSRC per slot."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.media.sdp import (
    AUDIO_LEVEL,
    MID,
    REPAIRED_RID,
    RID,
    SEND_TIME,
    Offer,
    Section,
)

CNAME = "pinhui--"
"""One canonical name for all slots: they share the server's clock. Its length is 4k (``rtcp``)."""

_FEEDBACK_UP = ("nack", "nack pli", "ccm fir", "goog-remb")
_FEEDBACK_DOWN = ("nack", "nack pli", "ccm fir", "goog-remb")
_EXTENSIONS_UP = {
    "audio": (AUDIO_LEVEL, MID, SEND_TIME),
    "video": (MID, RID, REPAIRED_RID, SEND_TIME),
}
_EXTENSIONS_DOWN = {"audio": (), "video": (SEND_TIME,)}


@dataclass(frozen=True, slots=True)
class Local:
    """What the server says of itself.

    ``addresses`` are IP addresses in order of preference, ``fingerprint`` is "sha-256 AB:CD:…".
    """

    addresses: tuple[str, ...]
    port: int
    ufrag: str
    password: str
    fingerprint: str


def write_answer(offer: Offer, local: Local, ssrcs: Mapping[str, int]) -> str:
    """Return the answer.

    Args:
        offer: what was offered; each of its sections is answered in its place.
        local: what the server says of itself.
        ssrcs: the SSRC of each slot by the mid of its section.
    """
    usable = [section.mid for section in offer.sections if section.is_usable]
    lines = [
        "v=0",
        "o=pinhui 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(usable),
        "a=msid-semantic:WMS *",
    ]
    for section in offer.sections:
        if not section.is_usable:
            lines += _write_refused(section)
            continue
        lines += _write_section(section, local, ssrcs)
        lines += _write_transport(local)
    return "\r\n".join(lines) + "\r\n"


def _write_refused(section: Section) -> list[str]:
    return [
        f"m={section.media} 0 {section.protocol} {section.first_format}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]


def _write_section(section: Section, local: Local, ssrcs: Mapping[str, int]) -> list[str]:
    kind, codec = section.kind, section.payload_type
    up = section.direction == "sendonly"
    rtx = section.rtx if up else -1
    formats = f"{codec} {rtx}" if rtx >= 0 else f"{codec}"
    lines = [
        f"m={kind} {local.port} UDP/TLS/RTP/SAVPF {formats}",
        _connection(local.addresses[0]),
        f"a=mid:{section.mid}",
        "a=" + {"sendonly": "recvonly", "recvonly": "sendonly"}.get(section.direction, "inactive"),
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=rtpmap:{codec} " + ("opus/48000/2" if kind == "audio" else "VP8/90000"),
    ]
    if section.fmtp:
        lines.append(f"a=fmtp:{codec} {section.fmtp}")
    allowed = _FEEDBACK_UP if up else _FEEDBACK_DOWN
    lines += [f"a=rtcp-fb:{codec} {value}" for value in section.feedback if value in allowed]
    if rtx >= 0:
        lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={codec}"]
    wanted = (_EXTENSIONS_UP if up else _EXTENSIONS_DOWN)[kind]
    lines += [f"a=extmap:{number} {uri}" for uri, number in section.extensions if uri in wanted]
    if up and section.rids:
        lines += [f"a=rid:{rid} recv" for rid in section.rids]
        lines.append("a=simulcast:recv " + ";".join(section.rids))
    if section.mid in ssrcs:
        lines += _write_slot(section.mid, ssrcs[section.mid])
    return lines


def _write_slot(mid: str, ssrc: int) -> list[str]:
    return [f"a=msid:slot-{mid} track-{mid}", f"a=ssrc:{ssrc} cname:{CNAME}"]


def _write_transport(local: Local) -> list[str]:
    """Return the same transport for every section: aiortc 1.16 reads the last one."""
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:{local.fingerprint}",
        "a=setup:passive",
        *_candidates(local.addresses, local.port),
        "a=end-of-candidates",
    ]


def _candidates(addresses: Sequence[str], port: int) -> list[str]:
    """Return host candidates; RFC 8445 §5.1.2.1: 126 << 24 | preference << 8 | 255."""
    return [
        f"a=candidate:{place + 1} 1 udp {126 << 24 | (65_535 - place) << 8 | 255} "
        f"{address} {port} typ host"
        for place, address in enumerate(addresses)
    ]


def _connection(address: str) -> str:
    return f"c=IN IP{ipaddress.ip_address(address).version} {address}"
