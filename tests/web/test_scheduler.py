"""From a clerk's form to a published session: approved, merged with reasons, in calendars."""

import re
from collections.abc import Awaitable, Callable

import pytest

from server.db.engine import Database
from server.domain.session import SessionState
from server.pages.context import CLOCK, DATABASE
from server.scheduler import store
from server.simulator.demo_requests import login_named, merge_and_publish
from tests.web.conftest import HTML, Visitor

Enter = Callable[[str], Awaitable[Visitor]]
FORM = {
    "topic": "反诈宣传月小结",
    "kind": "meeting",
    "minutes": "15",
    "deadline": "2026-12-04",
}


async def send(
    visitor: Visitor, path: str, seen_on: str, **changes: object
) -> tuple[int, str, str]:
    """Post a form with repeated fields; return status, final path and text."""
    _, text = await visitor.get(seen_on)
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
    assert token
    fields: list[tuple[str, str]] = [("csrf", token[1])]
    for name, value in changes.items():
        values = value if isinstance(value, list) else [value]
        fields += [(name, str(v)) for v in values]
    origin = str(visitor.client.make_url("/")).rstrip("/")
    answer = await visitor.client.post(path, data=fields, headers=HTML | {"Origin": origin})
    return answer.status, answer.url.path, await answer.text()


def booking(**changes: object) -> dict[str, object]:
    everybody = [str(n) for n in range(1, 34)]
    return {**FORM, "post": ["DIRECTOR"], "committee": everybody, "do": "file", **changes}


async def book(visitor: Visitor, **changes: object) -> str:
    status, path, _ = await send(visitor, "/book", "/book", **booking(**changes))
    assert status == 200
    assert re.fullmatch(r"/requests/\d+", path)
    _, text = await visitor.get("/sessions")
    return text


async def publish(office: Visitor) -> str:
    """Place what waits and publish it, as the meeting office; return the page of sessions."""
    app = office.client.server.app
    await merge_and_publish(app[DATABASE], app[CLOCK], await login_named(app[DATABASE], "operator"))
    _, text = await office.get("/sessions")
    return text


async def approve_all(office: Visitor, leader: Visitor) -> None:
    _, text = await office.get("/requests?show=coordinate")
    for path in re.findall(r'href="(/requests/\d+)"', text):
        await send(office, f"{path}/refer", path)
    _, text = await leader.get("/approve")
    for request in sorted(set(re.findall(r'href="/approve\?request=(\d+)"', text))):
        await send(leader, f"/approve/requests/{request}", "/approve", choice="grant")


async def test_three_requests_become_one_session_with_reasons(
    signed_in: Enter, database: Database
) -> None:
    clerk, leader, office = [await signed_in(n) for n in ("clerk", "leader", "operator")]
    await book(clerk)
    await book(office, department="5", topic="防火演练")
    await book(office, department="1", topic="换届准备", minutes="20")
    await approve_all(office, leader)
    text = await publish(office)
    assert "与 2 项合并成一场会" in text
    async with database.view() as tx:
        (session,) = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert len(session.items) == 3
    assert len(session.venue_ids) == 33
    assert (session.ends_at - session.starts_at).total_seconds() == 50 * 60
    _, own = await clerk.get("/sessions")
    assert own.count("R001「反诈宣传月小结」") == 2
    assert "R002「" not in own


async def test_without_approval_a_request_waits_for_a_ride_and_then_takes_it(
    signed_in: Enter, database: Database
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await book(clerk)
    text = await publish(office)
    assert "没有领导审批" in text
    assert "请领导审批" in text
    await book(office, department="2", topic="自治例会", minutes="30", urgent="1", why="台风要来")
    text = await publish(office)
    assert text.count("已排进会") == 2
    async with database.view() as tx:
        sessions = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert [len(session.items) for session in sessions] == [2]


async def test_a_later_request_rides_on_a_published_session(
    signed_in: Enter, database: Database
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await book(office, department="2", topic="自治例会", minutes="30")
    await publish(office)
    status, path, found = await send(clerk, "/book", "/book", **booking(do="look"))
    assert (status, path) == (200, "/book")
    assert "自治例会" in found
    assert "多跑 0 趟" in found
    await book(clerk)
    text = await publish(office)
    assert text.count("与 1 项合并成一场会") == 2
    async with database.view() as tx:
        (session,) = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert {item.topic for item in session.items} == {"自治例会", "反诈宣传月小结"}
    assert (session.ends_at - session.starts_at).total_seconds() == 45 * 60


async def test_what_is_only_to_be_made_known_goes_to_the_digest(signed_in: Enter) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await book(clerk, kind="known")
    text = await publish(office)
    assert "每周工作提示" in text
    assert "还没有排定的会" in text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"topic": " "}, "请写清要讲什么"),
        ({"minutes": "7"}, "分钟数要在 5 到 60 之间"),
        ({"minutes": "999999999999"}, "分钟数要在 5 到 60 之间"),
        ({"post": []}, "至少一个岗位、一家居委会"),
        ({"committee": ["77", "x"]}, "至少一个岗位、一家居委会"),
        ({"deadline": "2026-11-24"}, "最晚日期"),
        ({"deadline": "2029-11-24"}, "最晚日期"),
        ({"post": ["MAYOR"]}, "至少一个岗位、一家居委会"),
    ],
)
async def test_a_form_that_cannot_be_meant_comes_back_filled_in(
    signed_in: Enter, changes: dict[str, object], word: str
) -> None:
    clerk = await signed_in("clerk")
    status, path, text = await send(clerk, "/book", "/book", **booking(**changes))
    assert (status, path) == (422, "/book")
    assert word in text
    if "topic" not in changes:
        assert 'value="反诈宣传月小结"' in text


async def test_a_clerk_files_for_the_own_department_only(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    text = await book(clerk, department="1")
    assert "平安办" in text
    assert "党建办" not in text


async def test_markup_in_a_topic_stays_text(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    text = await book(clerk, topic="<script>alert(1)</script>")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


async def test_a_request_is_withdrawn_by_its_department_before_it_is_placed(
    signed_in: Enter,
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await book(clerk)
    _, path, text = await send(clerk, "/requests/1/withdraw", "/requests/1")
    assert path == "/requests"
    assert "已撤回" in text
    status, _, _ = await send(clerk, "/requests/1/withdraw", "/requests/1")
    assert status == 409
    await book(office, department="1")
    status, _, _ = await send(clerk, "/requests/2/withdraw", "/requests")
    assert status == 404


async def test_a_secretary_finds_the_calendar_and_no_requests(signed_in: Enter) -> None:
    clerk, secretary = [await signed_in(n) for n in ("clerk", "secretary")]
    await book(clerk)
    _, text = await secretary.get("/sessions")
    assert 'href="/calendar"' in text
    assert "反诈" not in text


async def test_the_pages_speak_english(signed_in: Enter) -> None:
    office = await signed_in("operator")
    await send(office, "/choices", "/book", language="en", next="/book")
    await book(office, department="1", topic="flood drill")
    _, text = await office.get("/book")
    assert "What is it about" in text
    text = await publish(office)
    assert "a session of its own" in text
