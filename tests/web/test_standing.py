"""Standing meetings kept by the office, scheduled by the timer, and filled by departments."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from aiohttp.test_utils import TestServer

from server.app.keys import TIMER
from server.audit.store import load_recorded
from server.auth import store as accounts
from server.auth.keeping import words_of
from server.auth.model import Role
from server.config import Settings
from server.db.engine import Database, Tx
from server.domain.places import Post
from server.domain.session import Session, SessionState
from server.invitation.feeds import feed_token
from server.mail import store as letters
from server.mail.model import Letter, LetterState
from server.pages.context import SECRET
from server.scheduler import service as merging
from server.scheduler import store as sessions
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState
from server.scheduler.leaving import take_out_item
from server.scheduler.problem import compose_instance
from server.scheduler.quota_keeping import load_facts
from server.scheduler.store import hosting
from server.standing import store
from server.standing.model import Cancelled, SeriesState
from server.standing.routes import CONVENER
from server.standing.service.keeping import keep_all
from server.street import store as street_store
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.web.conftest import Visitor
from tests.web.test_admission import event_of
from tests.web.test_scheduler import booking, send

Enter = Callable[[str], Awaitable[Visitor]]
EVERYBODY = [str(n) for n in range(1, 34)]
FORM: dict[str, object] = {
    "title": "主任工作例会",
    "department": "2",
    "pattern": "WEEKLY",
    "every": "1",
    "weekly_day": "4",
    "nth": "1",
    "nth_day": "4",
    "workday": "1",
    "day_off": "MOVE",
    "first": "2026-11-25",
    "last": "",
    "start": "14:00",
    "longest": "60",
    "topic1": "自治项目推进",
    "minutes1": "20",
    "post": ["DIRECTOR"],
    "committee": EVERYBODY,
    "chair": "",
    "call_hours": "48",
    "close_hours": "12",
    "do": "save",
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, mail_host="mail.test", mail_from="pinhui@street.test")


def form(**changes: object) -> dict[str, object]:
    return {**FORM, **changes}


async def add(office: Visitor, **changes: object) -> str:
    status, path, text = await send(office, "/standing", "/standing/new", **form(**changes))
    assert (status, path) == (200, "/standing")
    return text


async def coming(database: Database) -> list[Session]:
    async with database.view() as tx:
        return await sessions.load_sessions(tx, states=[SessionState.SCHEDULED])


async def request(database: Database, request_id: int) -> FiledRequest:
    async with database.view() as tx:
        return await sessions.read_request(tx, request_id)


async def topics(database: Database, session_id: int = 1) -> list[str]:
    async with database.view() as tx:
        session = await sessions.load_session(tx, session_id)
    return [item.topic for item in session.items]


async def kinds(database: Database) -> list[str]:
    async with database.view() as tx:
        return [event.kind for event in await load_recorded(tx)]


async def written(database: Database, start: str) -> Mapping[str, Letter]:
    """Return the letters in the outbox whose keys begin so, by recipient."""
    async with database.view() as tx:
        found = await letters.load_letters(tx, states=tuple(LetterState), limit=200)
    return {s.letter.recipient: s.letter for s in found if s.letter.key.startswith(start)}


async def give_address(database: Database, name: str, language: str = "") -> int:
    async with database.tx() as tx:
        account = await accounts.load_account(tx, name)
        assert account is not None
        words = replace(words_of(account), email=f"{name}@street.test", language=language)
        await accounts.save_words(tx, account.id, words)
    return account.id


async def add_clerk(database: Database, name: str, department_id: int) -> None:
    """Add a clerk with the password of every account of the tests."""
    async with database.tx() as tx:
        known = await accounts.load_account(tx, "clerk")
        assert known is not None
        await accounts.save_account(
            tx,
            name=name,
            display_name=name,
            role=Role.CLERK,
            password_hash=known.password_hash,
            department_id=department_id,
        )


def version_of(text: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', text)[0]


# --- the series ----------------------------------------------------------------------------------


async def test_a_standing_meeting_is_scheduled_eight_weeks_ahead_and_shown(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    text = await add(office)
    assert "例会加好了" in text
    assert "每周四 14:00" in text
    found = await coming(database)
    assert [s.starts_at.strftime("%m-%d %H:%M") for s in found] == [
        *("11-26 06:00", "12-03 06:00", "12-10 06:00", "12-17 06:00", "12-24 06:00"),
        *("12-31 06:00", "01-07 06:00", "01-14 06:00"),
    ]
    assert {s.posts for s in found} == {(Post.DIRECTOR,)}
    assert {s.longest for s in found} == {60}
    assert len(found[0].venue_ids) == 33
    _, text = await office.get("/sessions")
    assert text.count("主任工作例会") >= 8
    assert (await kinds(database)).count("session.scheduled") == 8


async def test_the_form_shows_where_it_falls_before_anything_is_entered(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await send(office, "/workdays/day", "/workdays/2026", day="2026-12-04:off")
    changes = form(weekly_day="5", do="look", title="")
    status, _, text = await send(office, "/standing", "/standing/new", **changes)
    assert status == 200
    preview = text[text.index('id="preview"') :]
    assert "12 月 7 日 周一" in preview
    assert "12 月 4 日 周五放假，顺延" in preview
    assert "新排 8 场" in preview
    assert await coming(database) == []


async def test_what_cannot_be_meant_is_told_by_field_and_everything_typed_stays(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    changes = form(title="", department="3", start="12:00", minutes1="7", post=[])
    status, _, text = await send(office, "/standing", "/standing/new", **changes)
    assert status == 422
    assert "有 5 处要改" in text
    assert "不用领导批的科室" in text
    assert 'value="自治项目推进"' in text
    assert await coming(database) == []


async def test_a_change_moves_what_lies_ahead_and_can_be_undone(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    _, text = await office.get("/standing/1")
    version = version_of(text)
    status, path, text = await send(
        office, "/standing/1", "/standing/1", **form(start="15:00", version=version)
    )
    assert (status, path) == (200, "/standing")
    assert {s.starts_at.hour for s in await coming(database)} == {7}
    await send(office, "/standing/undo", "/standing", event=event_of(text))
    assert {s.starts_at.hour for s in await coming(database)} == {6}
    status, _, text = await send(
        office, "/standing/1", "/standing/1", **form(title="别的", version=version)
    )
    assert status == 409
    assert "别人改过" in text
    assert 'value="别的"' in text


async def test_what_was_changed_by_hand_stays_when_the_series_changes(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    first = (await coming(database))[0]
    async with database.tx() as tx:
        words = hosting.HostWords(
            "扩大的主任例会", first.starts_at, (("自治项目推进", "自治办", 20),), first.posts, 60
        )
        await hosting.rewrite_hosted(tx, first.id, words, venue_ids=None)
    await send(office, "/standing/1", "/standing/1", **form(start="15:00", version="1"))
    found = await coming(database)
    assert [s.starts_at.hour for s in found] == [6, *[7] * 7]
    _, text = await office.get("/standing")
    assert "单独改过" in text


async def test_a_series_is_paused_goes_on_and_ends(signed_in: Enter, database: Database) -> None:
    office = await signed_in("operator")
    await add(office)
    _, text = await office.get("/standing")
    _, _, text = await send(office, "/standing/1/pause", "/standing", version=version_of(text))
    assert "先停了" in text
    assert await coming(database) == []
    _, _, text = await send(office, "/standing/1/resume", "/standing", version=version_of(text))
    assert [s.id for s in await coming(database)] == list(range(1, 9))
    _, _, text = await send(office, "/standing/1/end", "/standing", version=version_of(text))
    assert await coming(database) == []
    await send(office, "/standing/undo", "/standing", event=event_of(text))
    assert len(await coming(database)) == 8
    status, _, _ = await send(office, "/standing/1/pause", "/standing", version="1")
    assert status == 409
    assert {"standing.added", "standing.paused", "standing.resumed", "standing.ended"} <= set(
        await kinds(database)
    )


async def test_one_occurrence_is_called_off_stays_so_and_comes_back_by_undo(
    server: TestServer, signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    _, _, text = await send(office, "/standing/1/sessions/1/cancel", "/standing")
    assert "这一次不开了" in text
    assert len(await coming(database)) == 7
    assert await keep_all(server.app[CONVENER]) == 0
    assert len(await coming(database)) == 7
    await send(office, "/standing/undo", "/standing", event=event_of(text))
    assert len(await coming(database)) == 8
    async with database.view() as tx:
        assert {o.cancelled for o in await store.load_occurrences(tx)} == {Cancelled.NOT}
    status, _, _ = await send(office, "/standing/1/sessions/99/cancel", "/standing")
    assert status == 404


async def test_the_timer_schedules_the_next_week_once(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    await add(await signed_in("operator"))
    await server.app[TIMER].look()
    assert len(await coming(database)) == 8
    clock.advance(days=2)
    await server.app[TIMER].look()
    await server.app[TIMER].look()
    ids = [s.id for s in await coming(database)]
    assert len(ids) == len(set(ids)) == 9
    async with database.view() as tx:
        assert (await store.load_meeting(tx, 1)).state is SeriesState.ACTIVE


async def test_a_holiday_decreed_later_moves_the_meeting(
    server: TestServer, signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    await send(office, "/workdays/day", "/workdays/2026", day="2026-12-03:off")
    await keep_all(server.app[CONVENER])
    days = [s.starts_at.strftime("%m-%d") for s in await coming(database)]
    assert days[:3] == ["11-26", "12-04", "12-10"]


async def test_two_series_never_share_a_half_day_and_the_page_says_so(
    server: TestServer, signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    changes = form(title="书记例会", department="1", start="15:30", do="look")
    _, _, text = await send(office, "/standing", "/standing/new", **changes)
    assert text.count("撞上了") == 8
    await add(office, title="书记例会", department="1", start="15:30")
    assert len(await coming(database)) == 8
    await send(office, "/standing/1/end", "/standing", version="1")
    await keep_all(server.app[CONVENER])
    assert {s.title for s in await coming(database)} == {"书记例会"}


async def test_hosts_of_the_instance_know_their_posts_and_count_for_quotas(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    await add(office, post=["DIRECTOR", "DEPUTY"])
    async with database.view() as tx:
        situation = await merging.load_situation(tx, clock.now())
        facts = await load_facts(tx, clock.now())
    instance = compose_instance(situation, [])
    assert instance.standing == ()
    clerk = await signed_in("clerk")
    await send(clerk, "/book", "/book", **booking(deadline="2026-12-04"))
    async with database.view() as tx:
        names = {1: ""}
        waiting = await sessions.load_requests(tx, names, states=[RequestState.SUBMITTED])
    host = compose_instance(situation, waiting).standing[0]
    assert set(host.audience.roles) == {Post.DIRECTOR, Post.DEPUTY}
    assert (host.own_minutes, host.max_minutes) == (20, 60)
    line = facts.week_of(1, clock.now().date())
    assert line is not None
    assert (line.reserved, line.used) == (1, 0)


# --- one occurrence moved, and where they are held -----------------------------------------------


async def move(office: Visitor, **values: str) -> tuple[int, str, str]:
    return await send(office, "/standing/1/sessions/1", "/standing/1/sessions/1", **values)


async def test_one_occurrence_is_moved_stays_there_and_goes_back_by_undo(
    server: TestServer, signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    _, text = await office.get("/standing/1/sessions/1")
    assert "前后一周空着的半天" in text
    status, path, text = await move(office, day="2026-11-27", half="AM", hall="一楼大厅")
    assert (status, path) == (200, "/standing")
    assert "挪好了" in text
    assert "单独改过" in text
    first = (await coming(database))[0]
    assert (first.starts_at.strftime("%m-%d %H:%M"), first.hall) == ("11-27 01:00", "一楼大厅")
    assert await keep_all(server.app[CONVENER]) == 0
    await send(office, "/standing/undo", "/standing", event=event_of(text))
    first = (await coming(database))[0]
    assert (first.starts_at.strftime("%m-%d %H:%M"), first.hall) == ("11-26 06:00", "三楼会议室")
    async with database.view() as tx:
        assert not (await store.load_occurrence(tx, 1)).by_hand
    assert (await kinds(database)).count("standing.moved") == 2


async def test_a_free_half_day_is_one_click_and_only_the_hall_can_change_too(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    await move(office, pick="2026-11-25:PM", hall="三楼会议室")
    assert (await coming(database))[0].starts_at.strftime("%m-%d %H:%M") == "11-25 06:00"
    await move(office, day="2026-11-25", half="PM", hall="一楼大厅")
    first = (await coming(database))[0]
    assert (first.starts_at.strftime("%m-%d %H:%M"), first.hall) == ("11-25 06:00", "一楼大厅")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"day": "2026-11-28", "half": "AM"}, "放假"),
        ({"day": "2026-11-24", "half": "AM"}, "已经过去"),
        ({"day": "0001-01-01", "half": "AM"}, "没看懂"),
        ({"day": "0001-01-02", "half": "AM"}, "已经过去"),
        ({"day": "2027-06-01", "half": "AM"}, "最远能换到"),
        ({"day": "2026-12-03", "half": "PM"}, "已有“主任工作例会”"),
        ({"day": "x", "half": "AM"}, "没看懂"),
        ({"day": "2026-11-27", "half": "NOON"}, "没看懂"),
        ({"day": "2026-11-27", "half": "AM", "hall": "厅" * 41}, "最多 40 个字"),
    ],
)
async def test_a_move_is_refused_with_its_rule_and_what_was_filled_in_stays(
    signed_in: Enter, database: Database, values: dict[str, str], says: str
) -> None:
    office = await signed_in("operator")
    await add(office)
    status, _, text = await move(office, **({"hall": "二楼"} | values))
    assert status == 422
    assert says in text
    assert f'value="{values.get("hall", "二楼")}"' in text
    assert (await coming(database))[0].starts_at.strftime("%m-%d %H:%M") == "11-26 06:00"


async def test_guests_come_along_when_a_meeting_is_moved_and_are_invited_to_the_new_time(
    server: TestServer, opened: Visitor, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    clerk = await signed_in("clerk")
    await send(clerk, "/calls/1", "/calls/1", topic="反诈")
    await server.app[TIMER].look()
    _, _, text = await move(opened, pick="2026-11-25:PM", hall="二楼")
    assert await topics(database) == ["自治项目推进", "反诈"]
    moved = await request(database, 1)
    assert str(moved.filing.earliest) == "2026-11-25"
    clock.advance(minutes=1)
    await server.app[TIMER].look()
    async with database.view() as tx:
        found = await letters.load_letters(tx, states=tuple(LetterState), limit=500)
    mine = [s.letter for s in found if s.letter.recipient == "clerk@street.test"]
    invited = [one.text for one in mine if one.key.startswith("invitation:")]
    assert any("11 月 25 日" in text or "25 Nov" in text for text in invited)
    await send(opened, "/standing/undo", "/standing", event=event_of(text))
    back = await request(database, 1)
    assert str(back.filing.earliest) == "2026-11-26"
    assert await topics(database) == ["自治项目推进", "反诈"]


async def test_a_closed_agenda_that_is_moved_is_open_again(
    server: TestServer, opened: Visitor, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    clock.advance(hours=34)
    await server.app[TIMER].look()
    await move(await signed_in("operator"), day="2026-12-01", half="PM", hall="")
    async with database.view() as tx:
        session = await sessions.load_session(tx, 1)
    assert not session.fixed
    clock.advance(days=4)
    await server.app[TIMER].look()
    assert (await kinds(database)).count("call.opened") == 2


async def test_nobody_moves_what_has_begun_or_belongs_to_another_series(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    await add(office)
    answer, _ = await office.get("/standing/2/sessions/1")
    assert answer.status == 404
    clock.advance(days=3)
    answer, _ = await (await signed_in("operator")).get("/standing/1/sessions/1")
    assert answer.status == 409
    clerk = await signed_in("clerk")
    answer, _ = await clerk.get("/standing/1/sessions/2")
    assert answer.status == 403


async def test_another_hall_of_the_series_reaches_its_sessions_and_leaves_moved_ones(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await add(office)
    await move(office, day="2026-11-27", half="AM", hall="四楼")
    await send(office, "/standing/1", "/standing/1", **form(hall="一楼大厅", version="1"))
    halls = [s.hall for s in await coming(database)]
    assert halls == ["四楼", *["一楼大厅"] * 7]


async def test_another_hall_of_the_street_reaches_every_scheduled_session_and_back(
    server: TestServer, signed_in: Enter, database: Database
) -> None:
    office, admin = await signed_in("operator"), await signed_in("admin")
    await add(office)
    await add(office, title="书记例会", department="1", start="09:00", hall="五楼")
    await move(office, day="2026-11-27", half="PM", hall="")
    _, text = await admin.get("/admin/street/office")
    fields = dict(
        re.findall(r'name="(name|phone|hall|main_venue|version)"[^>]*value="([^"]*)"', text)
    )
    fields["hall"] = "新楼礼堂"
    _, _, text = await send(admin, "/admin/street/office", "/admin/street/office", **fields)
    found = await coming(database)
    assert {s.hall for s in found if s.title == "主任工作例会"} == {"新楼礼堂"}
    assert {s.hall for s in found if s.title == "书记例会"} == {"五楼"}
    assert await keep_all(server.app[CONVENER]) == 0
    await send(admin, "/admin/street/undo", "/admin/street", event=event_of(text))
    halls = {s.hall for s in await coming(database) if s.title == "主任工作例会"}
    assert halls == {"三楼会议室"}


async def test_committees_that_a_guest_brought_leave_with_it(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    version = version_of((await opened.get("/standing/1"))[1])
    some = form(committee=EVERYBODY[:10], version=version)
    await send(opened, "/standing/1", "/standing/1", **some)
    async with database.tx() as tx:
        filed = await filed_guests(tx)
    assert await expected(database) == 12
    async with database.tx() as tx:
        session = await sessions.load_session(tx, 1)
        left = await take_out_item(tx, session, filed[0])
    assert (left.items, left.released) == (2, (11,))
    assert await expected(database) == 11
    async with database.tx() as tx:
        session = await sessions.load_session(tx, 1)
        left = await take_out_item(tx, session, filed[1])
    assert left.released == (12,)
    assert await expected(database) == 10


async def filed_guests(tx: Tx) -> list[int]:
    """Let two items ride on the first meeting; the one brings committee 11 and 12, the other 12."""
    found = []
    for topic, committees in (("防汛", (11, 12)), ("寒潮", (12,))):
        filing = Filing(
            department_id=4,
            topic=topic,
            minutes=10,
            read_only=False,
            posts=(Post.DIRECTOR,),
            committee_ids=committees,
            earliest=date(2026, 11, 26),
            deadline=date(2026, 11, 26),
        )
        number = await sessions.save_request(
            tx, filing, approval=Approval.GRANTED, filed_at=NOON_TUESDAY
        )
        session = await sessions.load_session(tx, 1)
        places = {v.committee_id: v.id for v in await street_store.load_venues(tx)}
        await sessions.extend_session(
            tx,
            1,
            ends_at=session.ends_at + timedelta(minutes=10),
            items=[(topic, "平安办", 10)],
            venue_ids=[places[c] for c in committees],
        )
        await sessions.link_items(tx, 1, [number])
        found.append(number)
    return found


async def expected(database: Database) -> int:
    async with database.view() as tx:
        return len((await sessions.load_session(tx, 1)).venue_ids)


# --- the call for items --------------------------------------------------------------------------


@pytest.fixture
async def opened(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock
) -> Visitor:
    """Have a meeting on Thursday at 14:00 for which departments are asked now."""
    await give_address(database, "clerk", "en")
    await give_address(database, "leader")
    office = await signed_in("operator")
    await add(office)
    clock.advance(hours=3)
    await server.app[TIMER].look()
    return office


async def test_departments_are_asked_once_in_their_own_language(
    server: TestServer, opened: Visitor, database: Database, clock: FakeClock
) -> None:
    asked = await written(database, "call:1:")
    assert set(asked) == {"clerk@street.test"}
    letter = asked["clerk@street.test"]
    assert "Anything to say" in letter.subject
    assert "/calls/1" in letter.text
    assert "40 minutes" in letter.text
    clock.advance(hours=1)
    await server.app[TIMER].look()
    assert len(await written(database, "call:")) == 1
    assert (await kinds(database)).count("call.opened") == 1


async def test_one_click_on_the_home_page_gives_ten_minutes_and_can_be_undone(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    clerk = await signed_in("clerk")
    _, home = await clerk.get("/")
    assert "给我们 10 分钟" in home
    _, path, text = await send(clerk, "/calls/1", "/")
    assert path == "/calls/1"
    assert "给您留着 10 分钟" in text
    assert await topics(database) == ["自治项目推进", "平安办议题"]
    filed = await request(database, 1)
    assert (filed.state, filed.filing.minutes, filed.wish_id) == (RequestState.PLACED, 10, 1)
    await send(clerk, "/calls/1", "/")
    assert len(await topics(database)) == 2
    await send(clerk, "/calls/undo", "/calls/1", event=event_of(text))
    assert await topics(database) == ["自治项目推进"]
    assert (await request(database, 1)).state is RequestState.WITHDRAWN
    events = await kinds(database)
    assert {"request.submitted", "request.taken_out", "request.withdrawn"} <= set(events)


async def test_the_link_of_the_letter_leads_through_the_login_to_the_button(
    opened: Visitor, visitor: Visitor
) -> None:
    answer, text = await visitor.get("/calls/1")
    assert answer.url.path == "/login"
    assert 'value="/calls/1"' in text
    assert "还有 40 分钟" not in text


async def test_topic_and_minutes_are_changed_until_the_agenda_closes(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    clerk = await signed_in("clerk")
    _, _, text = await send(clerk, "/calls/1", "/calls/1", topic="反诈", minutes="15")
    version = version_of(text)
    _, _, text = await send(
        clerk, "/calls/1/items/1", "/calls/1", topic="反诈小结", minutes="20", version=version
    )
    assert "反诈小结" in text
    assert (await request(database, 1)).filing.minutes == 20
    version = version_of(text)
    status, _, text = await send(
        clerk, "/calls/1/items/1", "/calls/1", topic="反诈小结", minutes="45", version=version
    )
    assert status == 422
    assert "只剩 40 分" in text
    assert (await request(database, 1)).filing.minutes == 20
    status, _, text = await send(
        clerk, "/calls/1/items/1", "/calls/1", topic="", minutes="20", version=version
    )
    assert status == 422
    status, _, _ = await send(
        clerk, "/calls/1/items/1", "/calls/1", topic="x", minutes="20", version="1"
    )
    assert status == 409


async def test_one_click_takes_what_is_left_when_that_is_less_than_ten_minutes(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    await add_clerk(database, "xin", 5)
    other, clerk = await signed_in("xin"), await signed_in("clerk")
    await send(other, "/calls/1", "/calls/1", topic="xin的事", minutes="35")
    _, home = await clerk.get("/")
    assert "给我们 5 分钟" in home
    assert 'name="minutes" value="5"' in home


async def fill_up(signed_in: Enter, database: Database) -> list[Visitor]:
    """Let two other departments take all forty minutes."""
    found = []
    for name, department in (("xin", 5), ("wei", 6)):
        await add_clerk(database, name, department)
        clerk = await signed_in(name)
        await send(clerk, "/calls/1", "/calls/1", topic=f"{name}的事", minutes="20")
        found.append(clerk)
    return found


async def test_who_comes_too_late_waits_moves_up_and_may_take_the_next_one(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    first, second = await fill_up(signed_in, database)
    clerk = await signed_in("clerk")
    _, home = await clerk.get("/")
    assert "候补 10 分钟" in home
    _, text = await clerk.get("/calls/1")
    assert "排满了" in text
    _, _, text = await send(clerk, "/calls/1", "/calls/1", topic="反诈", minutes="10")
    assert "排满了，先候补" in text
    assert "排到 12 月 3 日 周四 那场" in text
    await send(second, "/calls/1/items/2/back", "/calls/1")
    assert await topics(database) == ["自治项目推进", "xin的事", "反诈"]
    await send(second, "/calls/1", "/calls/1", topic="再来", minutes="30")
    assert (await request(database, 4)).state is RequestState.SUBMITTED
    _, path, text = await send(second, "/calls/2/items/4/on", "/calls/1")
    assert path == "/calls/2"
    assert await topics(database, 2) == ["自治项目推进", "再来"]
    _, text = await first.get("/")
    assert "排上了" in text


async def test_an_urgent_item_comes_first_and_the_displaced_one_is_told(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    await fill_up(signed_in, database)
    await give_address(database, "wei")
    clerk = await signed_in("clerk")
    changes = {"topic": "寒潮", "minutes": "20", "urgent": "1", "why": "气象台已发预警"}
    await send(clerk, "/calls/1", "/calls/1", **changes)
    assert await topics(database) == ["自治项目推进", "xin的事", "寒潮"]
    displaced = await request(database, 2)
    assert (displaced.state, displaced.wish_id) == (RequestState.SUBMITTED, 1)
    told = await written(database, "displaced:1")
    assert set(told) == {"wei@street.test"}
    assert "候补" in told["wei@street.test"].text


async def test_the_agenda_closes_by_itself_and_everybody_is_told_its_order(
    server: TestServer,
    opened: Visitor,
    signed_in: Enter,
    database: Database,
    clock: FakeClock,
) -> None:
    await fill_up(signed_in, database)
    clerk = await signed_in("clerk")
    await send(clerk, "/calls/1", "/calls/1", topic="反诈", minutes="10")
    clock.advance(hours=34)
    await server.app[TIMER].look()
    async with database.view() as tx:
        session = await sessions.load_session(tx, 1)
    assert session.fixed
    told = await written(database, "closed:1")
    assert set(told) == {"leader@street.test", "clerk@street.test"}
    assert "14:20" in told["leader@street.test"].text
    assert "xin的事" in told["leader@street.test"].text
    assert "got no place" in told["clerk@street.test"].text
    clerk, first = await signed_in("clerk"), await signed_in("xin")
    status, _, text = await send(first, "/calls/1/items/1/back", "/calls")
    assert status == 409
    assert "议程已经定了" in text
    status, _, _ = await send(clerk, "/calls/1", "/calls/1", topic="晚了")
    assert status == 409
    _, text = await clerk.get("/calls")
    assert "议程定了" in text
    assert "没赶上" in text
    await send(clerk, "/calls/2/items/3/on", "/calls")
    assert await topics(database, 2) == ["自治项目推进", "反诈"]
    event = next(e for e in await all_events(database) if e.kind == "call.closed")
    assert event.payload["order"] == ["R001", "R002"]
    assert event.payload["left"] == ["R003"]


async def all_events(database: Database) -> list:
    async with database.view() as tx:
        return await load_recorded(tx)


async def test_guests_of_a_meeting_that_is_called_off_get_their_places_back_by_undo(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    clerk = await signed_in("clerk")
    await send(clerk, "/calls/1", "/calls/1", topic="反诈")
    _, _, text = await send(opened, "/standing/1/sessions/1/cancel", "/standing")
    assert "1 项搭车的等下一场" in text
    assert (await request(database, 1)).state is RequestState.SUBMITTED
    assert set(await written(database, "standing:")) == {"clerk@street.test"}
    _, home = await clerk.get("/")
    assert "没赶上" in home
    await send(opened, "/standing/undo", "/standing", event=event_of(text))
    assert await topics(database) == ["自治项目推进", "反诈"]
    assert await written(database, "standing:") == {}


async def test_nobody_answers_for_another_department(
    opened: Visitor, signed_in: Enter, database: Database
) -> None:
    await add_clerk(database, "xin", 5)
    clerk, other = await signed_in("clerk"), await signed_in("xin")
    await send(clerk, "/calls/1", "/calls/1", topic="反诈")
    status, _, _ = await send(other, "/calls/1/items/1/back", "/calls/1")
    assert status == 404
    status, _, _ = await send(opened, "/calls/1", "/calls/1", topic="代要", department="7")
    assert status == 200
    assert (await request(database, 2)).filing.department_id == 7
    for junk in ("/calls/9999", "/calls/x"):
        answer, _ = await clerk.get(junk)
        assert answer.status == 404


async def test_calendars_and_invitations_follow_by_themselves(
    server: TestServer,
    opened: Visitor,
    signed_in: Enter,
    database: Database,
    clock: FakeClock,
) -> None:
    leads = await give_address(database, "clerk")
    clerk = await signed_in("clerk")
    await send(clerk, "/calls/1", "/calls/1", topic="反诈")
    await server.app[TIMER].look()
    invited = await written(database, "invitation:")
    assert "14:20 – 14:30" in invited["clerk@street.test"].text
    token = feed_token(server.app[SECRET], f"account:{leads}", 1)
    answer, text = await clerk.get(f"/calendar/{token}.ics")
    assert answer.status == 200
    assert "DTSTART;TZID=Asia/Shanghai:20261126T142000" in text
    _, text = await opened.get("/standing/1")
    version = version_of(text)
    changes = form(start="15:00", version=version)
    await send(opened, "/standing/1", "/standing/1", **changes)
    clock.advance(minutes=1)
    await server.app[TIMER].look()
    async with database.view() as tx:
        found = await letters.load_letters(tx, states=tuple(LetterState), limit=500)
    mine = [s.letter for s in found if s.letter.recipient == "clerk@street.test"]
    told = [one.text for one in mine if one.key.startswith("invitation:")]
    assert any("15:20 – 15:30" in text for text in told)


async def test_every_page_speaks_english(opened: Visitor, signed_in: Enter) -> None:
    for path in ("/standing", "/standing/1", "/standing/new", "/calls", "/calls/1"):
        _, text = await opened.get(path, **{"Accept-Language": "en"})
        main = text[text.index("<main") : text.index("</main>")]
        words = re.sub(r"<[^>]*>", "", main)
        for chinese in ("征集", "例会开", "哪天", "议程", "顺延", "还有"):
            assert chinese not in words, (path, chinese)
