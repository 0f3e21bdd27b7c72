"""What was sent to whom, answers, and calendar addresses, on both databases."""

from dataclasses import replace
from datetime import timedelta

from server.db.engine import Database
from server.domain.places import Post
from server.invitation import store
from server.invitation.model import Answer, Invitation, Sent
from tests.fakes import NOON_TUESDAY

SENT = Sent(
    Invitation(
        session_id=7,
        invitee="committee:3:SECRETARY",
        email="three@street.test",
        name="杏雨里",
        title="书记例会",
        hall="三楼会议室",
        starts_at=NOON_TUESDAY + timedelta(days=1),
        ends_at=NOON_TUESDAY + timedelta(days=1, minutes=30),
        posts=(Post.SECRETARY, Post.DIRECTOR),
        agenda=("12:00 学习 (党建办, 10′)",),
    ),
    uid="u@pinhui",
    sequence=0,
)


async def test_what_was_sent_comes_back_as_it_was_and_is_changed_in_place(db: Database) -> None:
    changed = replace(SENT, sequence=1, answer=Answer.ACCEPTED, answered_at=NOON_TUESDAY)
    for sent in (SENT, changed):
        async with db.tx() as tx:
            await store.save_sent(tx, sent)
        async with db.tx() as tx:
            assert await store.load_of_session(tx, 7) == [sent]
            assert await store.load_by_uid(tx, "u@pinhui") == sent
            assert await store.load_coming(tx, NOON_TUESDAY) == [sent]
            assert await store.load_coming(tx, NOON_TUESDAY + timedelta(days=2)) == []
            assert await store.load_by_uid(tx, "x" * 500) is None


async def test_an_address_of_a_calendar_is_renewed_whether_it_was_fetched_or_not(
    db: Database,
) -> None:
    async with db.tx() as tx:
        assert await store.load_version(tx, "venue:3") == 1
        await store.renew_link(tx, "venue:3", NOON_TUESDAY)
        await store.save_change(tx, "account:5", "d", NOON_TUESDAY)
    async with db.tx() as tx:
        await store.renew_link(tx, "venue:3", NOON_TUESDAY)
        await store.renew_link(tx, "account:5", NOON_TUESDAY)
    async with db.view() as tx:
        assert await store.load_version(tx, "venue:3") == 3
        assert await store.load_version(tx, "account:5") == 2
        assert await store.load_change(tx, "account:5") == ("d", NOON_TUESDAY)
