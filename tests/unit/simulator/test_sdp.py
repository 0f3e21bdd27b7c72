"""Offers in Chromium's shape, answers reduced to what matters."""

import pytest
from aiortc.sdp import SessionDescription

from server.simulator.packets import MID, RID
from server.simulator.sdp import (
    AnswerError,
    Local,
    publish_offer,
    read_answer,
    watch_offer,
)

LOCAL = Local("uf", "password-of-24-letters00", "AA:BB", "cname000")
ANSWER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=ice-lite
a=group:BUNDLE 0 1
a=ice-ufrag:abcd
a=ice-pwd:efgh
a=fingerprint:sha-256 01:02
m=audio 9000 UDP/TLS/RTP/SAVPF 111
a=mid:0
a=setup:passive
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=candidate:1 1 udp 2130706431 192.0.2.7 9000 typ host
a=candidate:1 1 udp 2130706431 192.0.2.7 9000 typ host
a=candidate:2 1 UDP 2130706430 10.0.0.1 9000 typ host
a=candidate:3 1 tcp 2130706430 10.0.0.2 9 typ host tcptype passive
a=candidate:4 1 udp 2130706430 some-name.local 9000 typ host
a=candidate:5 1 udp 2130706430 2001:db8::1 9000 typ host
a=candidate:6 2 udp 2130706430 10.0.0.3 9000 typ host
m=video 0 UDP/TLS/RTP/SAVPF 96
a=mid:1
a=extmap:10/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=ssrc:77 cname:x
a=ssrc:77 msid:x
a=ssrc:78 cname:x
a=rid:l recv
a=rid:h recv
a=rid:x send
"""


def test_an_answer_gives_every_address_that_can_be_tried_once() -> None:
    assert read_answer(ANSWER).candidates == (("192.0.2.7", 9000), ("10.0.0.1", 9000))


def test_an_answer_gives_credentials_and_sections_in_order() -> None:
    answer = read_answer(ANSWER.replace("\n", "\r\n"))
    assert (answer.ufrag, answer.password, answer.setup) == ("abcd", "efgh", "passive")
    assert answer.fingerprints == (("sha-256", "01:02"),)
    audio, video = answer.sections
    assert (audio.kind, audio.mid, audio.accepted, audio.payload_type) == ("audio", "0", True, 111)
    assert audio.extensions == {MID: 4}
    assert not video.accepted
    assert video.extensions == {RID: 10}
    assert video.ssrcs == (77, 78)
    assert video.rids == ("l", "h")


@pytest.mark.parametrize("start", ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "m="])
def test_an_answer_without_the_indispensable_is_refused(start: str) -> None:
    lines = [line for line in ANSWER.splitlines() if not line.startswith(start)]
    with pytest.raises(AnswerError):
        read_answer("\r\n".join(lines))


def test_an_answer_without_an_address_is_refused() -> None:
    with pytest.raises(AnswerError, match="no UDP address"):
        read_answer(ANSWER.replace("udp", "tcp").replace("UDP 2", "tcp 2"))


def test_an_answer_with_a_broken_section_is_refused() -> None:
    with pytest.raises(AnswerError, match="not a media section"):
        read_answer(ANSWER + "m=video\n")


def test_aiortc_reads_the_offer_that_publishes() -> None:
    text = publish_offer(LOCAL, audio_ssrc=5, rids=["l", "h"])
    offer = SessionDescription.parse(text)
    assert [(media.kind, media.direction) for media in offer.media] == [
        ("audio", "sendonly"),
        ("video", "sendonly"),
    ]
    assert [media.rtp.codecs[0].mimeType for media in offer.media] == ["audio/opus", "video/VP8"]
    assert "a=simulcast:send l;h\r\n" in text
    assert text.endswith("\r\n")


def test_aiortc_reads_the_offer_that_watches() -> None:
    offer = SessionDescription.parse(watch_offer(LOCAL, ["video", "video", "audio"]))
    assert [media.kind for media in offer.media] == ["video", "video", "audio"]
    assert {media.direction for media in offer.media} == {"recvonly"}
    assert [media.rtp.muxId for media in offer.media] == ["0", "1", "2"]
