"""Read a session description offer (RFC 8866, RFC 9429 §5.3) into values of our own.

This is the one border at which a stranger's SDP is believed or refused. Only what an SFU needs is
kept: VP8 with its RTX, opus, the header extensions we use, simulcast RIDs and announced SSRCs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from server.media.model import Kind

Direction = Literal["sendonly", "recvonly", "inactive"]

LARGEST_OFFER = 512 * 1024
MOST_SECTIONS = 64
MOST_RIDS = 3

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
EXTENSIONS = (AUDIO_LEVEL, MID, RID, REPAIRED_RID, SEND_TIME)

_FINGERPRINTS = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_TOKEN = re.compile(r"[A-Za-z0-9_.+/=@{}\-]{1,64}")
_ICE = re.compile(r"[A-Za-z0-9+/]{1,256}")
_FMTP = re.compile(r"[A-Za-z0-9_=;,. +/\-]{0,400}")
_CODECS = {"audio": ("opus/48000/2",), "video": ("vp8/90000",)}


class SdpError(ValueError):
    """An offer that cannot be used; ``code`` is stable and short, for a refusal."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line of an offer.

    ``payload_type`` is -1 when the section cannot be used (another kind, no codec of ours, port
    0); it is answered with port 0. ``rtx`` is the payload type of the retransmissions, -1 for
    none. ``extensions`` are (URI, id) pairs in the order offered, ``feedback`` the rtcp-fb values
    of the codec, ``ssrcs`` the announced streams of the codec, ``rtx_ssrcs`` pairs of
    (retransmission, stream).
    """

    media: str
    protocol: str
    first_format: str
    mid: str
    direction: Direction
    payload_type: int
    rtx: int
    fmtp: str
    feedback: tuple[str, ...]
    extensions: tuple[tuple[str, int], ...]
    rids: tuple[str, ...]
    ssrcs: tuple[int, ...]
    rtx_ssrcs: tuple[tuple[int, int], ...]

    @property
    def is_usable(self) -> bool:
        """Whether the section is answered with a port."""
        return self.payload_type >= 0

    @property
    def kind(self) -> Kind:
        """The kind of a usable section."""
        return "audio" if self.media == "audio" else "video"

    def extension(self, uri: str) -> int:
        """Return the id under which a header extension was offered, 0 when it was not."""
        return dict(self.extensions).get(uri, 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole offer: its sections in order and the certificate the other side will show.

    ``fingerprints`` are (hash name in lower case, upper-case hex with colons), at least one.
    """

    sections: tuple[Section, ...]
    fingerprints: tuple[tuple[str, str], ...]

    @property
    def slots(self) -> tuple[Section, ...]:
        """The usable sections through which the peer watches, in order: its slots."""
        return tuple(s for s in self.sections if s.is_usable and s.direction == "recvonly")

    @property
    def published(self) -> tuple[Section, ...]:
        """The usable sections through which the peer publishes, in order."""
        return tuple(s for s in self.sections if s.is_usable and s.direction == "sendonly")


class _Attributes:
    """The ``a=`` lines of the session part or of one section, by name, in order."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        for line in lines:
            if line.startswith("a="):
                name, _, value = line[2:].partition(":")
                self._values.setdefault(name, []).append(value.strip())

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def first(self, name: str, default: str = "") -> str:
        return self._values.get(name, [default])[0]

    def __contains__(self, name: str) -> bool:
        return name in self._values


def parse_offer(text: str) -> Offer:
    """Read an offer.

    A section that sends and receives is taken as one that sends. Media kinds and codecs that we do
    not carry make a section unusable, not the offer.

    Raises:
        SdpError: ``too_large``, ``not_sdp``, ``no_media``, ``not_bundled``, ``no_mux``,
            ``no_fingerprint``, ``no_ice``, ``wrong_role`` or ``bad_value``.
    """
    if len(text) > LARGEST_OFFER:
        raise SdpError("too_large")
    session_lines, media_lines = _group(text)
    if len(media_lines) > MOST_SECTIONS:
        raise SdpError("too_large")
    session = _Attributes(session_lines)
    attributes = [_Attributes(lines) for lines in media_lines]
    sections = tuple(
        _parse_section(lines[0], section)
        for lines, section in zip(media_lines, attributes, strict=True)
    )
    sections = _first_of_each_kind(sections)
    usable = [pair for pair in zip(sections, attributes, strict=True) if pair[0].is_usable]
    if not usable:
        raise SdpError("no_media")
    _check_transport(session, usable)
    mids = [section.mid for section, _ in usable]
    if len(set(mids)) != len(mids):
        raise SdpError("bad_value")
    return Offer(sections, _parse_fingerprints([session, *(a for _, a in usable)]))


def _first_of_each_kind(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Let a peer publish one sound and one picture; further ones become inactive."""
    taken: set[str] = set()
    kept = []
    for section in sections:
        if section.is_usable and section.direction == "sendonly":
            if section.media in taken:
                section = replace(section, direction="inactive")
            taken.add(section.media)
        kept.append(section)
    return tuple(kept)


def _group(text: str) -> tuple[list[str], list[list[str]]]:
    session: list[str] = []
    media: list[list[str]] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("m="):
            media.append([line])
        elif media:
            media[-1].append(line)
        else:
            session.append(line)
    if not session or not session[0].startswith("v=0"):
        raise SdpError("not_sdp")
    return session, media


def _check_transport(session: _Attributes, usable: list[tuple[Section, _Attributes]]) -> None:
    bundled = next((v.split()[1:] for v in session.all("group") if v.startswith("BUNDLE ")), [])
    if len(usable) > 1 and not {section.mid for section, _ in usable} <= set(bundled):
        raise SdpError("not_bundled")
    for _, attributes in usable:
        if "rtcp-mux" not in attributes and "rtcp-mux-only" not in attributes:
            raise SdpError("no_mux")
        for name in ("ice-ufrag", "ice-pwd"):
            if not _ICE.fullmatch(attributes.first(name) or session.first(name)):
                raise SdpError("no_ice")
        if (attributes.first("setup") or session.first("setup")) not in ("actpass", "active"):
            raise SdpError("wrong_role")


def _parse_fingerprints(places: list[_Attributes]) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    for attributes in places:
        for value in attributes.all("fingerprint"):
            algorithm, _, digest = value.partition(" ")
            size = _FINGERPRINTS.get(algorithm.lower())
            if size is None:
                continue
            if not re.fullmatch(rf"([0-9A-Fa-f]{{2}}:){{{size - 1}}}[0-9A-Fa-f]{{2}}", digest):
                raise SdpError("bad_value")
            found[algorithm.lower(), digest.upper()] = None
    if not found:
        raise SdpError("no_fingerprint")
    return tuple(found)


def _parse_section(m_line: str, attributes: _Attributes) -> Section:
    parts = m_line[2:].split()
    if len(parts) < 4 or not _is_number(parts[1], 65_535):
        raise SdpError("not_sdp")
    media, port, protocol = parts[0], int(parts[1]), parts[2]
    mid = attributes.first("mid", "0")
    for value in (media, mid, protocol, parts[3]):
        if not _TOKEN.fullmatch(value):
            raise SdpError("bad_value")
    formats = {int(part) for part in parts[3:] if _is_number(part, 127)}
    codec = _find_codec(media, formats, attributes)
    live = port > 0 or "bundle-only" in attributes
    if codec < 0 or not live or protocol != "UDP/TLS/RTP/SAVPF":
        codec = -1
    ssrcs, rtx_ssrcs = _parse_ssrcs(attributes)
    return Section(
        media=media,
        protocol=protocol,
        first_format=parts[3],
        mid=mid,
        direction=_direction(attributes),
        payload_type=codec,
        rtx=_find_rtx(codec, formats, attributes),
        fmtp=_fmtp(codec, attributes),
        feedback=_feedback(codec, attributes),
        extensions=_parse_extensions(attributes),
        rids=_parse_rids(attributes),
        ssrcs=ssrcs,
        rtx_ssrcs=rtx_ssrcs,
    )


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most


def _direction(attributes: _Attributes) -> Direction:
    if "sendonly" in attributes or "sendrecv" in attributes:
        return "sendonly"
    if "recvonly" in attributes:
        return "recvonly"
    return "inactive" if "inactive" in attributes else "sendonly"


def _per_format(attributes: _Attributes, name: str) -> list[tuple[int, str]]:
    pairs = []
    for value in attributes.all(name):
        number, _, rest = value.partition(" ")
        if _is_number(number, 127):
            pairs.append((int(number), rest.strip()))
    return pairs


def _find_codec(media: str, formats: set[int], attributes: _Attributes) -> int:
    wanted = _CODECS.get(media, ())
    for number, name in _per_format(attributes, "rtpmap"):
        if name.lower() in wanted and number in formats:
            return number
    return -1


def _find_rtx(codec: int, formats: set[int], attributes: _Attributes) -> int:
    names = dict(_per_format(attributes, "rtpmap"))
    for number, value in _per_format(attributes, "fmtp"):
        is_rtx = names.get(number, "").lower() == "rtx/90000"
        if is_rtx and number in formats and value.split(";")[0] == f"apt={codec}":
            return number
    return -1


def _fmtp(codec: int, attributes: _Attributes) -> str:
    for number, value in _per_format(attributes, "fmtp"):
        if number == codec:
            if not _FMTP.fullmatch(value):
                raise SdpError("bad_value")
            return value
    return ""


def _feedback(codec: int, attributes: _Attributes) -> tuple[str, ...]:
    found = []
    for value in attributes.all("rtcp-fb"):
        number, _, rest = value.partition(" ")
        if number in (str(codec), "*") and codec >= 0:
            found.append(rest.strip())
    return tuple(found)


def _parse_extensions(attributes: _Attributes) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for value in attributes.all("extmap"):
        number, _, rest = value.partition(" ")
        number = number.partition("/")[0]
        uri = rest.split(" ", 1)[0]
        if uri in EXTENSIONS and _is_number(number, 255) and int(number) > 0:
            found.setdefault(uri, int(number))
    return tuple(found.items())


def _parse_rids(attributes: _Attributes) -> tuple[str, ...]:
    rids = []
    for value in attributes.all("rid"):
        name, _, rest = value.partition(" ")
        if rest.split(" ", 1)[0] != "send":
            continue
        if not re.fullmatch(r"[A-Za-z0-9_\-]{1,16}", name) or name in rids:
            raise SdpError("bad_value")
        rids.append(name)
    if len(rids) > MOST_RIDS:
        raise SdpError("too_large")
    return tuple(rids)


def _parse_ssrcs(
    attributes: _Attributes,
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    announced: dict[int, None] = {}
    for value in attributes.all("ssrc"):
        number = value.split(" ", 1)[0]
        if _is_number(number, 0xFFFF_FFFF):
            announced[int(number)] = None
    pairs = []
    for value in attributes.all("ssrc-group"):
        parts = value.split()
        if (
            len(parts) == 3
            and parts[0] == "FID"
            and all(_is_number(p, 2**32 - 1) for p in parts[1:])
        ):
            pairs.append((int(parts[2]), int(parts[1])))
    repairs = {rtx for rtx, _ in pairs}
    ssrcs = tuple(ssrc for ssrc in announced if ssrc not in repairs)
    return ssrcs[:MOST_RIDS], tuple(pairs[:MOST_RIDS])
