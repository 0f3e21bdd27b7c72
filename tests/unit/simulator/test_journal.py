"""Journals: read as written, spans joined from their lines."""

from pathlib import Path

from server.simulator.journal import (
    Entry,
    Event,
    Journal,
    connected_spans,
    journal_path,
    read_journal,
)


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = journal_path(tmp_path / "new", 7)
    with Journal(path) as journal:
        journal.note(1000, Event.CONNECTED, "ready")
        journal.note(2000, Event.DISCONNECTED, "线路断了")
    with Journal(path) as journal:
        journal.note(3000, Event.CONNECTED, "ready")
    assert read_journal(path) == [
        Entry(1000, Event.CONNECTED, "ready"),
        Entry(2000, Event.DISCONNECTED, "线路断了"),
        Entry(3000, Event.CONNECTED, "ready"),
    ]


def test_a_line_cut_off_by_a_sudden_death_is_passed_over(tmp_path: Path) -> None:
    path = journal_path(tmp_path, 7)
    with Journal(path) as journal:
        journal.note(1000, Event.CONNECTED, "ready")
    with path.open("a") as file:
        file.write('{"at": 20')
    assert [entry.at for entry in read_journal(path)] == [1000]


def test_a_venue_that_never_came_has_no_entries(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none.jsonl") == []


def test_spans_are_joined_from_connections_and_their_ends() -> None:
    entries = [
        Entry(1000, Event.CONNECTED, ""),
        Entry(1500, Event.FLOOR_GOT, ""),
        Entry(2100, Event.REPLACED, ""),
        Entry(2000, Event.DISCONNECTED, ""),
        Entry(2500, Event.DISCONNECTED, "a second end says nothing"),
        Entry(3000, Event.CONNECTED, ""),
    ]
    assert connected_spans(entries, until_ms=9000) == [(1000, 2000), (3000, 9000)]


def test_a_connection_after_a_sudden_death_closes_the_span_before() -> None:
    entries = [Entry(1000, Event.CONNECTED, ""), Entry(4000, Event.CONNECTED, "")]
    assert connected_spans(entries, until_ms=5000) == [(1000, 4000), (4000, 5000)]
