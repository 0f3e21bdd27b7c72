"""The journal on disk: in order, acknowledged one by one, handed over whatever was killed when."""

import os
from pathlib import Path

import pytest

from server.media.journal import Journal
from server.media.model import MediaOutage, PeerConnected, PeerDisconnected


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker-0.journal"


def came(journal: Journal, peer: str, at_ms: int = 5) -> PeerConnected:
    event = PeerConnected(journal.next_seq(), peer, "r", "12", at_ms)
    journal.add(event)
    return event


def went(journal: Journal, peer: str, at_ms: int = 9) -> PeerDisconnected:
    event = PeerDisconnected(journal.next_seq(), peer, "r", "12", at_ms, "left")
    journal.add(event)
    return event


def test_it_keeps_what_is_not_acknowledged_in_order(path: Path) -> None:
    journal = Journal(path, 1_000)
    events = [came(journal, "a"), came(journal, "b"), went(journal, "b"), went(journal, "a")]
    journal.acknowledge(events[1].seq)
    assert journal.kept == (events[0], *events[2:])
    assert events[0].seq == 1_000_001
    journal.close()
    again = Journal(path, 1_001)
    assert again.kept[:-1] == journal.kept
    assert again.next_seq() > events[-1].seq


def test_what_nobody_acknowledged_is_handed_on_and_what_was_is_not(path: Path) -> None:
    first = Journal(path, 1_000)
    event, gone = came(first, "a"), went(first, "a")
    first.close()
    second = Journal(path, 1_001)
    second.acknowledge(event.seq)
    second.close()
    third = Journal(path, 1_002)
    assert [type(e) for e in third.kept] == [PeerDisconnected, MediaOutage, MediaOutage]
    assert third.kept[0] == gone
    for one in third.kept:
        third.acknowledge(one.seq)
    assert path.read_bytes() == b""
    third.close()
    assert [type(e) for e in Journal(path, 1_003).kept] == [MediaOutage]


def test_a_worker_tells_that_an_earlier_one_ended_by_its_last_sign_of_life(path: Path) -> None:
    killed = Journal(path, 1_000)
    assert killed.kept == ()
    stored, stands = came(killed, "stored"), came(killed, "stands")
    killed.acknowledge(stored.seq)
    os.utime(path, (1, 1))
    killed.note_alive()
    assert path.stat().st_mtime > 1
    os.utime(path, (77.5, 77.5))
    after = Journal(path, 100_000)
    outage = MediaOutage(100_000_001, 77_500, 100_000)
    assert after.kept == (stands, outage)
    assert Journal(path, 100_001).kept[:2] == after.kept


def test_what_cannot_be_read_costs_only_itself(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = Journal(path, 1_000)
    event, gone = came(first, "a"), went(first, "a")
    with path.open("ab") as file:
        file.write(b'{"type":"noti')
    assert Journal(path, 1_001).kept[:-1] == (event, gone)
    assert "cannot be read further" in caplog.text


def test_a_full_disk_costs_the_copy_and_no_connection(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(path, 1_000)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._file)
    event = came(journal, "a")
    assert journal.kept == (event,)
    assert "cannot be written" in caplog.text
