"""Who has read what, whom it is sent to, and the secret links by which it is read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.auth.model import Account, Role
from server.digest.links import LinkName, link_token, read_token
from server.digest.model import DigestEntry, WeeklyDigest, copy_for
from server.digest.receipts import Receipt, Way, entry_reading, readings, unread, unread_of
from server.digest.recipients import recipients_of
from server.domain.places import Committee, Venue, VenueKind

AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
SECRET = b"a secret of thirty-two bytes ...."
DIGEST = WeeklyDigest(
    week="2026-W48",
    day=date(2026, 11, 23),
    issued_at=AT,
    committee_ids=(1, 2, 3),
    entries=(
        DigestEntry(1, "医保", 4, "服务办"),
        DigestEntry(2, "燃气", 5, "平安办", committee_ids=(1, 2)),
    ),
)


def read(number: int, committee_id: int, reader: str, minutes: int = 0) -> Receipt:
    at = AT + timedelta(minutes=minutes)
    return Receipt("2026-W48", number, committee_id, reader, Way.PAGE, at)


def test_reading_is_a_persons_own() -> None:
    receipts = [read(1, 1, "account:5"), replace(read(2, 1, "account:5"), week="2026-W47")]
    assert unread(copy_for(DIGEST, 1), receipts, "account:5") == (2,)
    assert unread(copy_for(DIGEST, 1), receipts, "account:6") == (1, 2)
    assert unread(copy_for(DIGEST, 3), [], "account:7") == (1,)
    own = unread_of([DIGEST], receipts, committee_id=1, reader="account:5")
    assert (own.count, dict(own.by_week)) == (1, {"2026-W48": 1})
    assert unread_of([DIGEST], [], committee_id=9, reader="account:5").count == 0


def test_a_committee_has_read_what_anybody_of_it_has() -> None:
    receipts = [
        read(1, 1, "venue:11", minutes=9),
        read(2, 1, "account:5", minutes=3),
        read(1, 3, "account:7"),
        read(1, 8, "account:9"),
    ]
    found = readings(DIGEST, receipts)
    assert [(r.committee_id, r.read, r.entries, r.missing) for r in found] == [
        (2, 0, 2, (1, 2)),
        (1, 2, 2, ()),
        (3, 1, 1, ()),
    ]
    assert found[0].first is None
    assert not found[0].is_done
    assert found[1].first == receipts[1]
    second = entry_reading(DIGEST, DIGEST.entries[1], receipts)
    assert (second.read, second.missing, second.count) == ((1,), (2,), 2)


def test_a_digest_without_entries_leaves_nobody_behind() -> None:
    assert all(r.is_done for r in readings(replace(DIGEST, entries=()), []))


# --- whom it is sent to ------------------------------------------------------------------------

COMMITTEE = Committee(1, 1, "杏雨里", email="one@street.test")
VENUES = [Venue(11, 1, "杏雨里", VenueKind.BRANCH, 1), Venue(10, 0, "主会场", VenueKind.MAIN, None)]


def account(number: int, email: str, **changes: object) -> Account:
    made = Account(number, f"a{number}", f"书记{number}", Role.SECRETARY, "", None, 1, email=email)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_committee_and_its_secretaries_are_told_nobody_twice() -> None:
    accounts = [
        account(5, "s@street.test", language="en"),
        account(6, "ONE@street.test"),
        account(7, ""),
        account(8, "gone@street.test", disabled=True),
        account(9, "clerk@street.test", role=Role.CLERK),
        account(10, "other@street.test", committee_id=2),
        account(11, "d@street.test"),
    ]
    found = recipients_of([COMMITTEE], accounts, VENUES, "zh_CN")
    assert [(r.holder, r.email, r.language) for r in found] == [
        ("venue:11", "one@street.test", "zh_CN"),
        ("account:5", "s@street.test", "en"),
        ("account:11", "d@street.test", "zh_CN"),
    ]
    assert recipients_of([replace(COMMITTEE, retired=True)], accounts, VENUES, "en") == []


# --- links -------------------------------------------------------------------------------------


def test_a_link_names_its_holder_and_week_and_no_other_secret_makes_it() -> None:
    name = LinkName("account:5", "2026-W48")
    token = link_token(SECRET, name)
    assert token.startswith("a5-2026W48-")
    assert read_token(SECRET, token) == name
    assert read_token(b"another", token) is None
    assert read_token(SECRET, token.replace("W48", "W49")) is None
    assert read_token(SECRET, token.replace("a5", "v5")) is None
    assert link_token(SECRET, LinkName("venue:12", "2026-W48")).startswith("v12-2026W48-")


@given(st.text(max_size=60) | st.from_regex(r"[va]\d+-\d{4}W\d\d-[0-9a-f]{32}", fullmatch=True))
def test_no_token_that_was_not_given_opens_anything(token: str) -> None:
    assert read_token(SECRET, token) is None
