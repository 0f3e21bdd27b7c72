"""Whose voice is heard, told by payloads."""

from server.simulator.hearing import SILENT_AFTER_S, Hearing, voices_of
from server.simulator.loops import VenueLoop

HEADER = bytes(12)


def loop(*speech: bytes) -> VenueLoop:
    return VenueLoop((), speech, bytes(len(speech)), b"hush")


VOICES = voices_of({3: loop(b"a", b"b", b"pause"), 4: loop(b"c", b"c", b"pause")})


def test_what_two_venues_say_is_nobodys_and_what_one_repeats_is_its_own() -> None:
    assert VOICES == {b"a": 3, b"b": 3, b"c": 4}


def test_a_voice_begins_with_its_first_packet_and_ends_with_its_last() -> None:
    told: list[tuple[int, float, bool]] = []
    hearing = Hearing(VOICES, lambda venue, ago_s, *, heard: told.append((venue, ago_s, heard)))
    hearing.take(1.0, HEADER + b"a")
    hearing.take(1.5, HEADER + b"b")
    hearing.take(1.6, HEADER + b"pause")
    hearing.take(1.7, HEADER + b"from a browser")
    hearing.tick(1.5 + SILENT_AFTER_S)
    assert told == [(3, 0.0, True)]
    hearing.tick(2.0 + SILENT_AFTER_S)
    assert told[1:] == [(3, SILENT_AFTER_S + 0.5, False)]
    hearing.take(6.0, HEADER + b"a")
    assert told[2:] == [(3, 0.0, True)]
