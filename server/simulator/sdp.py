"""The offers of a simulated venue and the server's answers, as text and values; no sockets.

An offer has the shape Chromium gives it (RFC 8829, RFC 8853 for simulcast); of an answer only
what a client must know is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.simulator.packets import ABS_SEND_TIME, AUDIO_LEVEL, MID, RID

AUDIO_TYPE, VIDEO_TYPE = 111, 96
EXTENSIONS = {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, MID: 4, RID: 10}


@dataclass(frozen=True, slots=True)
class Local:
    """What our end says of itself in an offer.

    ``fingerprint`` is the certificate's SHA-256 in pairs of hexadecimal digits with colons.
    """

    ufrag: str
    password: str
    fingerprint: str
    cname: str


@dataclass(frozen=True, slots=True)
class Section:
    """One media section of an answer.

    Attributes:
        kind: ``audio`` or ``video``.
        mid: its name in the bundle; empty when the answer gives none.
        accepted: False when the server refused it with port 0.
        payload_type: the first payload type listed.
        extensions: extension ids by URI.
        ssrcs: the SSRCs announced, in order, each once.
        rids: the layers the server will receive.
    """

    kind: str
    mid: str
    accepted: bool
    payload_type: int
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    rids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered.

    Attributes:
        ufrag, password: the server's ICE credentials.
        fingerprints: algorithm and value of the server's certificate.
        setup: ``passive`` when we open DTLS, ``active`` when the server does.
        candidates: IPv4 addresses and UDP ports, in the order of the answer, each once.
        sections: in the order of the offer.
    """

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    candidates: tuple[tuple[str, int], ...]
    sections: tuple[Section, ...]


class AnswerError(ValueError):
    """The answer lacks something without which no connection can be made."""


def publish_offer(local: Local, *, audio_ssrc: int, rids: Sequence[str]) -> str:
    """Return the offer that publishes a microphone (mid 0) and a simulcast camera (mid 1)."""
    audio = [
        *_section("audio", "0", "sendonly", local),
        "a=msid:venue microphone",
        f"a=ssrc:{audio_ssrc} cname:{local.cname}",
        f"a=ssrc:{audio_ssrc} msid:venue microphone",
    ]
    video = [
        *_section("video", "1", "sendonly", local),
        "a=msid:venue camera",
        *(f"a=rid:{rid} send" for rid in rids),
        f"a=simulcast:send {';'.join(rids)}",
    ]
    return _offer(["0", "1"], [audio, video])


def watch_offer(local: Local, kinds: Sequence[str]) -> str:
    """Return the offer of a watcher with one receiving section per kind, mids counted from 0."""
    sections = [_section(kind, str(mid), "recvonly", local) for mid, kind in enumerate(kinds)]
    return _offer([str(mid) for mid in range(len(kinds))], sections)


def _offer(mids: Sequence[str], sections: Iterable[Sequence[str]]) -> str:
    head = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS venue",
    ]
    return "\r\n".join([*head, *(line for section in sections for line in section), ""])


def _section(kind: str, mid: str, direction: str, local: Local) -> list[str]:
    payload_type = AUDIO_TYPE if kind == "audio" else VIDEO_TYPE
    uris = [AUDIO_LEVEL, ABS_SEND_TIME, MID] if kind == "audio" else [ABS_SEND_TIME, MID, RID]
    codec = (
        [
            f"a=rtpmap:{payload_type} opus/48000/2",
            f"a=fmtp:{payload_type} minptime=10;useinbandfec=1;usedtx=1",
        ]
        if kind == "audio"
        else [
            f"a=rtpmap:{payload_type} VP8/90000",
            *(
                f"a=rtcp-fb:{payload_type} {feedback}"
                for feedback in ("goog-remb", "ccm fir", "nack", "nack pli")
            ),
        ]
    )
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload_type}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:actpass",
        f"a=mid:{mid}",
        *(f"a=extmap:{EXTENSIONS[uri]} {uri}" for uri in uris),
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *codec,
    ]


def read_answer(text: str) -> Answer:
    """Return what an answer says; attributes of the session count for every section.

    Raises:
        AnswerError: when credentials, fingerprint, candidates or all sections are missing.
    """
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("m="):
            blocks.append([])
        blocks[-1].append(line.strip())
    everything = [line for block in blocks for line in block]
    answer = Answer(
        ufrag=_first(everything, "a=ice-ufrag:"),
        password=_first(everything, "a=ice-pwd:"),
        fingerprints=_fingerprints(everything),
        setup=_first(everything, "a=setup:") or "passive",
        candidates=_candidates(everything),
        sections=tuple(_read_section(block) for block in blocks[1:]),
    )
    if not (answer.ufrag and answer.password and answer.fingerprints and answer.sections):
        raise AnswerError("the answer lacks ICE credentials, a fingerprint or its sections")
    if not answer.candidates:
        raise AnswerError("the answer names no UDP address over IPv4")
    return answer


def _first(lines: Sequence[str], start: str) -> str:
    return next((line.removeprefix(start) for line in lines if line.startswith(start)), "")


def _all(lines: Sequence[str], start: str) -> list[str]:
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


def _fingerprints(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs = (value.split() for value in _all(lines, "a=fingerprint:"))
    return tuple(dict.fromkeys((pair[0], pair[1]) for pair in pairs if len(pair) == 2))


def _candidates(lines: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return addresses of component 1 over UDP; names and IPv6 are passed over."""
    found = []
    for value in _all(lines, "a=candidate:"):
        parts = value.split()
        usable = len(parts) >= 6 and parts[1] == "1" and parts[2].lower() == "udp"
        if usable and parts[4].replace(".", "").isdigit() and parts[5].isdigit():
            found.append((parts[4], int(parts[5])))
    return tuple(dict.fromkeys(found))


def _read_section(lines: Sequence[str]) -> Section:
    words = lines[0].removeprefix("m=").split()
    if len(words) < 4 or not words[1].isdigit() or not words[3].isdigit():
        raise AnswerError(f"not a media section: {lines[0]}")
    extensions = {}
    for value in _all(lines, "a=extmap:"):
        number, _, uri = value.partition(" ")
        if number.partition("/")[0].isdigit() and uri:
            extensions[uri.split()[0]] = int(number.partition("/")[0])
    ssrcs = [value.split()[0] for value in _all(lines, "a=ssrc:") if value]
    return Section(
        kind=words[0],
        mid=_first(lines, "a=mid:"),
        accepted=words[1] != "0",
        payload_type=int(words[3]),
        extensions=extensions,
        ssrcs=tuple(dict.fromkeys(int(ssrc) for ssrc in ssrcs if ssrc.isdigit())),
        rids=tuple(v.split()[0] for v in _all(lines, "a=rid:") if v.split()[1:2] == ["recv"]),
    )
