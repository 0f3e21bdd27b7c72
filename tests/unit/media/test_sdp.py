from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from server.media.answer import Local, write_answer
from server.media.sdp import (
    AUDIO_LEVEL,
    LARGEST_OFFER,
    MID,
    REPAIRED_RID,
    RID,
    SEND_TIME,
    SdpError,
    parse_offer,
)
from tests.unit.media.offers import (
    AUDIO,
    FINGERPRINT,
    camera,
    microphone,
    offer,
    screen,
    speaker,
)

LOCAL = Local(("192.0.2.1", "2001:db8::1"), 4000, "ufrag", "password", f"sha-256 {FINGERPRINT}")
FULL = offer(microphone(), camera(simulcast=True), screen(), speaker())


def test_what_an_sfu_needs_is_read() -> None:
    read = parse_offer(FULL)
    sound, picture = read.published
    assert read.fingerprints == (("sha-256", FINGERPRINT),)
    assert (sound.kind, sound.payload_type, sound.fmtp) == (
        "audio",
        111,
        "minptime=10;useinbandfec=1",
    )
    assert sound.extension(AUDIO_LEVEL) == 1
    assert sound.extension(RID) == 0
    assert (picture.payload_type, picture.rtx, picture.rids) == (96, 97, ("l", "h"))
    assert dict(picture.extensions) == {SEND_TIME: 2, MID: 4, RID: 10, REPAIRED_RID: 11}
    assert [(slot.kind, slot.mid) for slot in read.slots] == [("video", "2"), ("audio", "3")]


def test_the_offer_of_a_real_browser_is_read() -> None:
    """Chromium 156 with a simulcast camera, a microphone and two slots."""
    text = (Path(__file__).parent / "data/chromium-156-camera-and-slots.sdp").read_text()
    read = parse_offer(text)
    by_kind = {section.kind: section for section in read.published}
    assert by_kind["video"].rids == ("l", "m", "h")
    assert by_kind["video"].rtx > 0
    assert by_kind["audio"].extension(AUDIO_LEVEL) > 0
    assert sorted(slot.kind for slot in read.slots) == ["audio", "video"]


def test_announced_streams_and_their_retransmissions_are_read() -> None:
    [picture] = parse_offer(offer(camera(ssrc=11, rtx=12))).published
    assert (picture.ssrcs, picture.rtx_ssrcs) == ((11,), ((12, 11),))


def test_the_answer_takes_everything_up_in_its_place() -> None:
    read = parse_offer(FULL)
    answer = write_answer(read, LOCAL, {"2": 77, "3": 78})
    lines = answer.split("\r\n")
    assert "a=ice-lite" in lines
    assert "a=group:BUNDLE 0 1 2 3" in lines
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 4000 UDP/TLS/RTP/SAVPF 111",
        "m=video 4000 UDP/TLS/RTP/SAVPF 96 97",
        "m=video 4000 UDP/TLS/RTP/SAVPF 96",
        "m=audio 4000 UDP/TLS/RTP/SAVPF 111",
    ]
    assert [line for line in lines if line.startswith(("a=rid", "a=simulcast"))] == [
        "a=rid:l recv",
        "a=rid:h recv",
        "a=simulcast:recv l;h",
    ]
    assert "a=ssrc:77 cname:pinhui--" in lines
    assert "a=rtcp-fb:96 goog-remb" in lines
    assert not [line for line in lines if "transport-cc" in line]
    assert next(line for line in lines if line.startswith("a=candidate:2 ")).split()[4:6] == [
        "2001:db8::1",
        "4000",
    ]


def test_another_program_reads_the_answer() -> None:
    answer = write_answer(parse_offer(FULL), LOCAL, {"2": 77, "3": 78})
    read = SessionDescription.parse(answer)
    assert [media.direction for media in read.media] == [
        "recvonly",
        "recvonly",
        "sendonly",
        "sendonly",
    ]
    assert read.media[2].ssrc[0].ssrc == 77
    assert len({media.msid for media in read.media if media.msid}) == 2


def test_what_we_do_not_carry_is_answered_with_port_0() -> None:
    data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0"]
    other = ["m=video 9 UDP/TLS/RTP/SAVPF 98", "a=rtpmap:98 VP9/90000", "a=sendonly"]
    off = ["m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=recvonly"]
    read = parse_offer(offer(microphone(), data, other, off))
    assert [section.is_usable for section in read.sections] == [True, False, False, False]
    answer = write_answer(read, LOCAL, {})
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in answer
    assert "m=video 0 UDP/TLS/RTP/SAVPF 98" in answer
    assert "a=group:BUNDLE 0\r\n" in answer


def test_a_second_camera_of_one_peer_is_not_taken() -> None:
    read = parse_offer(offer(camera(), camera()))
    assert len(read.published) == 1
    assert "a=inactive" in write_answer(read, LOCAL, {})


def test_sending_and_receiving_in_one_section_is_sending() -> None:
    [section] = parse_offer(offer([*AUDIO, "a=sendrecv"])).published
    assert section.mid == "0"


def replaced(old: str, new: str) -> str:
    assert old in FULL
    return FULL.replace(old, new)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_sdp"),
        ("hello", "not_sdp"),
        ("v=0\r\nm=audio\r\n", "not_sdp"),
        ("v=0\r\n", "no_media"),
        ("v=0\r\n" + "a=x\r\n" * (LARGEST_OFFER // 5), "too_large"),
        (offer(*[screen()] * 65), "too_large"),
        (replaced("a=group:BUNDLE 0 1 2 3", "a=group:BUNDLE 0 1"), "not_bundled"),
        (replaced("a=rtcp-mux", "a=x"), "no_mux"),
        (replaced("a=ice-pwd", "a=x"), "no_ice"),
        (replaced("a=fingerprint", "a=x"), "no_fingerprint"),
        (replaced(FINGERPRINT, "AB:CD"), "bad_value"),
        (replaced("a=setup:actpass", "a=setup:passive"), "wrong_role"),
        (replaced("a=mid:1", "a=mid:0"), "bad_value"),
        (replaced("a=mid:1", "a=mid:<b>"), "bad_value"),
        (replaced("a=rid:l send", "a=rid:\x00 send"), "bad_value"),
        (replaced("minptime=10", "minptime=\x07"), "bad_value"),
    ],
)
def test_unusable_offers_are_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(SdpError) as refusal:
        parse_offer(text)
    assert refusal.value.code == code


@given(st.text(max_size=200))
def test_junk_raises_nothing_but_its_own_error(text: str) -> None:
    for junk in (text, "v=0\r\n" + text, "v=0\r\nm=" + text):
        try:
            parse_offer(junk)
        except SdpError:
            continue


@given(st.data())
def test_mutated_offers_are_read_or_refused_and_the_answer_is_clean(data: st.DataObject) -> None:
    text = list(FULL)
    for _ in range(data.draw(st.integers(1, 12))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.characters(codec="utf-8"))
    try:
        read = parse_offer("".join(text))
    except SdpError:
        return
    answer = write_answer(read, LOCAL, {slot.mid: 5 for slot in read.slots})
    assert all(line[1] == "=" for line in answer.split("\r\n")[:-1])
    assert answer.isprintable() or answer.replace("\r\n", "").isprintable()


def test_a_picture_in_h264_alone_is_refused_and_its_sound_is_taken() -> None:
    text = offer(microphone(), camera(simulcast=True)).replace("VP8/90000", "H264/90000")
    assert [section.payload_type for section in parse_offer(text).sections] == [111, -1]
