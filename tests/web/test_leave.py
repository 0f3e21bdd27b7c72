"""Leave asked for before a session, answered, told by letter, and shown in the report."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from server.attendance.leave import KINDS, LeaveState, fold_leaves
from server.attendance.leave_keeping import load_desk
from server.audit import store as log
from server.auth import store as accounts
from server.auth.model import Login
from server.db.engine import Database
from server.domain.events import EventKind
from server.domain.session import SessionState
from server.mail.model import LetterState
from server.mail.store import load_letters
from server.scheduler import store as sessions
from server.street import store as street
from tests.fakes import FakeClock
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]


@pytest.fixture
async def coming(database: Database, clock: FakeClock) -> int:
    """A session two hours ahead that expects everybody."""
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        return await sessions.save_session(
            tx,
            title="主任工作例会",
            starts_at=clock.now() + timedelta(hours=2),
            ends_at=clock.now() + timedelta(hours=3),
            hall="三楼会议室",
            items=[("自治金使用说明", "自治办", 20)],
            venue_ids=[venue.id for venue in venues],
        )


async def sequences(database: Database, kind: EventKind) -> list[int]:
    async with database.view() as tx:
        return [event.sequence for event in await log.load_recorded(tx, kinds=[kind])]


async def leave_of(database: Database, session: int) -> tuple[LeaveState, str]:
    async with database.view() as tx:
        [leave] = fold_leaves(await log.load_recorded(tx, session_id=session, kinds=KINDS))
    return leave.state, leave.reason


async def ask(secretary: Visitor, session: int, **more: str) -> tuple[int, str]:
    values = {"session": str(session), "reason": "寒潮值班"} | more
    answer, page = await secretary.post("/leave", "/leave", **values)
    return answer.status, page


async def test_a_secretary_asks_the_office_grants_and_both_see_it(
    signed_in: Enter, database: Database, coming: int
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    status, page = await ask(secretary, coming)
    assert status == 200
    assert "理由：寒潮值班" in page
    [asked] = await sequences(database, EventKind.LEAVE_ASKED)
    _, page = await office.get("/leave")
    assert "准假" in page
    path = f"/leave/{asked}/decide"
    answer, page = await office.post(path, "/leave", word="refuse")
    assert answer.status == 422
    for junk in ({}, {"word": "maybe"}):
        answer, _ = await office.post(path, "/leave", remark="会上要表决", **junk)
        assert answer.status == 422
    answer, _ = await office.post(path, "/leave", word="grant")
    assert answer.status == 200
    assert await leave_of(database, coming) == (LeaveState.GRANTED, "寒潮值班")
    answer, _ = await office.post(path, "/leave", word="refuse", remark="会上要表决")
    assert await leave_of(database, coming) == (LeaveState.REFUSED, "寒潮值班")
    _, page = await secretary.get("/leave")
    assert "会上要表决" in page


async def test_the_asker_is_told_by_letter(
    signed_in: Enter, database: Database, coming: int
) -> None:
    secretary, leader = await signed_in("secretary"), await signed_in("leader")
    await ask(secretary, coming)
    [asked] = await sequences(database, EventKind.LEAVE_ASKED)
    async with database.tx() as tx:
        await tx.execute(text("UPDATE accounts SET email = 'w@x.cn' WHERE name = 'secretary'"))
    await leader.post(f"/leave/{asked}/decide", "/leave", word="grant", remark="注意安全")
    async with database.view() as tx:
        letters = await load_letters(tx, states=list(LetterState))
    [letter] = [x.letter for x in letters if x.letter.key.startswith("leave:")]
    assert letter.recipient == "w@x.cn"
    assert letter.subject.startswith("准假了：")
    assert "注意安全" in letter.text


async def test_leave_is_asked_beforehand_once_with_a_reason_and_for_one_s_own_committee(
    signed_in: Enter, database: Database, coming: int, clock: FakeClock
) -> None:
    secretary = await signed_in("secretary")
    assert (await ask(secretary, coming, reason=""))[0] == 422
    assert (await ask(secretary, 999))[0] == 422
    assert (await ask(secretary, coming, person="999"))[0] == 422
    assert (await ask(secretary, coming))[0] == 200
    assert (await ask(secretary, coming))[0] == 422
    clock.advance(hours=2, seconds=1)
    [asked] = await sequences(database, EventKind.LEAVE_ASKED)
    answer, _ = await secretary.post(f"/leave/{asked}/withdraw", "/account")
    assert answer.status == 409
    assert (await ask(secretary, coming))[0] == 422
    assert len(await sequences(database, EventKind.LEAVE_ASKED)) == 1


async def test_a_leave_that_was_withdrawn_is_none_and_after_the_session_nobody_decides(
    signed_in: Enter, database: Database, coming: int, clock: FakeClock
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    await ask(secretary, coming)
    [first] = await sequences(database, EventKind.LEAVE_ASKED)
    await secretary.post(f"/leave/{first}/withdraw", "/leave")
    answer, _ = await office.post(f"/leave/{first}/decide", "/account", word="grant")
    assert answer.status == 422
    await ask(secretary, coming)
    second = (await sequences(database, EventKind.LEAVE_ASKED))[-1]
    async with database.tx() as tx:
        await sessions.set_state(tx, coming, SessionState.CLOSED, clock.now())
    answer, _ = await office.post(f"/leave/{second}/decide", "/account", word="grant")
    assert answer.status == 422
    async with database.view() as tx:
        account = next(a for a in await accounts.load_accounts(tx) if a.name == "secretary")
        login = Login(account.id, "", "", account.role, None, account.committee_id, clock.now())
        desk = await load_desk(tx, clock, login)
    assert [line.leave.state for line in desk.done] == [LeaveState.WITHDRAWN]
    assert [line.leave.state for line in desk.waiting] == [LeaveState.ASKED]


async def test_auditors_see_leave_and_decide_nothing(
    signed_in: Enter, database: Database, coming: int
) -> None:
    await ask(await signed_in("secretary"), coming)
    [asked] = await sequences(database, EventKind.LEAVE_ASKED)
    auditor = await signed_in("auditor")
    _, page = await auditor.get("/leave")
    assert "寒潮值班" in page
    assert "/decide" not in page
    answer, _ = await auditor.post(f"/leave/{asked}/decide", "/account", word="grant")
    assert answer.status == 403
