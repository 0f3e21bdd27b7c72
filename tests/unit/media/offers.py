"""Offers for tests: the shape Chromium 156 writes, cut down to what is read."""

FINGERPRINT = ":".join(["AB"] * 32)

HEAD = [
    "v=0",
    "o=- 4611 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
]
TRANSPORT = [
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuvwx",
    f"a=fingerprint:sha-256 {FINGERPRINT}",
    "a=setup:actpass",
    "a=rtcp-mux",
]
AUDIO = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0",
    "c=IN IP4 0.0.0.0",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:63 red/48000/2",
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
]
VIDEO = [
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98",
    "c=IN IP4 0.0.0.0",
    "a=rtpmap:96 VP8/90000",
    "a=rtcp-fb:96 goog-remb",
    "a=rtcp-fb:96 transport-cc",
    "a=rtcp-fb:96 ccm fir",
    "a=rtcp-fb:96 nack",
    "a=rtcp-fb:96 nack pli",
    "a=rtpmap:97 rtx/90000",
    "a=fmtp:97 apt=96",
    "a=rtpmap:98 VP9/90000",
    "a=extmap:2/sendrecv http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
]
SIMULCAST = ["a=rid:l send", "a=rid:h send", "a=simulcast:send l;h"]


def offer(*sections: list[str]) -> str:
    """Return an offer of these sections, with mids 0, 1, 2 and so on."""
    mids = [str(place) for place in range(len(sections))]
    lines = [*HEAD, "a=group:BUNDLE " + " ".join(mids)]
    for mid, section in zip(mids, sections, strict=True):
        lines += [*section, f"a=mid:{mid}", *TRANSPORT]
    return "\r\n".join(lines) + "\r\n"


def microphone(ssrc: int = 0) -> list[str]:
    return [*AUDIO, "a=sendonly", *([f"a=ssrc:{ssrc} cname:x"] if ssrc else [])]


def camera(*, simulcast: bool = False, ssrc: int = 0, rtx: int = 0) -> list[str]:
    lines = [*VIDEO, "a=sendonly", *(SIMULCAST if simulcast else [])]
    if ssrc:
        lines += [f"a=ssrc-group:FID {ssrc} {rtx}"] if rtx else []
        lines += [f"a=ssrc:{ssrc} cname:x", *([f"a=ssrc:{rtx} cname:x"] if rtx else [])]
    return lines


def screen() -> list[str]:
    return [*VIDEO, "a=recvonly"]


def speaker() -> list[str]:
    return [*AUDIO, "a=recvonly"]
