"""Names, turns and contents of backups."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.backup.model import (
    BackupError,
    Contents,
    Part,
    Standing,
    is_due,
    is_left_out,
    is_safe,
    made_at,
    name_of,
    read_contents,
    room_needed,
    too_many,
    write_contents,
)
from server.backup.words import WORDS, words_of

NIGHT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # 02:30 on the 22nd at the site
PART = Part("data/secret", 32, "ab" * 32)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_name_tells_its_moment(at: datetime) -> None:
    assert made_at(name_of(at)) == at.replace(microsecond=0)


def test_other_files_are_no_backups_and_never_go() -> None:
    names = [name_of(NIGHT + timedelta(days=n)) for n in range(4)]
    others = ["pinhui-20261399-000000.tar", "holiday.tar", ".making-abc", "pinhui.db"]
    assert [made_at(name) for name in others] == [None] * 4
    assert too_many([*others, *reversed(names)], 3) == names[:1]
    assert too_many(names, 9) == []


def test_a_night_has_one_backup_and_one_that_was_missed_is_made_up_for() -> None:
    assert is_due(None, NIGHT)
    assert not is_due(NIGHT - timedelta(hours=20), NIGHT - timedelta(minutes=1))
    assert is_due(NIGHT - timedelta(hours=20), NIGHT)
    assert not is_due(NIGHT, NIGHT + timedelta(hours=23))
    assert is_due(NIGHT - timedelta(days=3), NIGHT + timedelta(hours=9))


def test_the_newest_of_made_and_failed_is_when_it_was_tried() -> None:
    assert Standing().tried_at is None
    assert Standing(made_at=NIGHT).tried_at == NIGHT
    later = NIGHT + timedelta(days=1)
    assert Standing(made_at=NIGHT, failed_at=later).tried_at == later


def test_contents_are_read_as_they_were_written() -> None:
    contents = Contents(NIGHT, "1.0", "sqlite", True, (PART, Part("database.gz", 5, "0" * 64)))
    assert read_contents(write_contents(contents)) == contents
    assert contents.octets == 37


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        write_contents(Contents(NIGHT, "1", "sqlite", False, (PART,))).replace(
            b"-backup/1", b"-x/1"
        ),
        write_contents(Contents(NIGHT, "1", "sqlite", False, (PART,))).replace(b": 32", b": 33"),
        write_contents(Contents(NIGHT, "1", "oracle", False, ())),
        write_contents(Contents(NIGHT, "1", "sqlite", False, (Part("data/../x", 1, "0" * 64),))),
        write_contents(Contents(NIGHT, "1", "sqlite", False, (Part("data/x", 1, "0"),))),
    ],
)
def test_other_contents_are_refused(body: bytes) -> None:
    with pytest.raises(BackupError, match="not_ours"):
        read_contents(body)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "data", "data/../../x", "other/x", "data//x", "data/a\0b", "", ".", "data/./x"],
)
def test_a_part_leads_nowhere_else(name: str) -> None:
    assert not is_safe(name)


def test_parts_stay_in_their_folders() -> None:
    assert all(map(is_safe, ["database.gz", "data/secret", "recordings/2026/11/5/000001.seg"]))


def test_what_belongs_to_a_run_stays_out() -> None:
    others = [PurePosixPath("recordings"), PurePosixPath("copies/nightly")]
    out = [
        "run/media.sock",
        "run/worker-0.journal",
        "pinhui.db-wal",
        "recordings/2026/x",
        "copies/nightly/a.tar",
    ]
    assert all(is_left_out(PurePosixPath(name), others) for name in out)
    kept = ["secret", "tls/ca-key.pem", "files/ab", "copies/other"]
    assert not any(is_left_out(PurePosixPath(name), others) for name in kept)


def test_the_room_needed_is_more_than_the_octets() -> None:
    assert room_needed([]) > 0
    assert room_needed([1, 513]) >= 2 * 512 + 512 + 1024


def test_every_failure_has_words_in_both_languages() -> None:
    params: dict[str, str | int] = {
        "needed": 5,
        "free": 1,
        "path": "P",
        "reason": "R",
        "name": "N",
        "kind": "K",
        "wanted": "W",
    }
    for code in WORDS:
        chinese, english = words_of(code, params)
        assert "{" not in chinese + english
        assert chinese != english
    assert words_of("", {}) == ("", "")
