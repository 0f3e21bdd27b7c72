"""The quota ledger: figures with their denominators, who sees what, and what the merge keeps to."""

import csv
import io
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from server.audit import store as audit_store
from server.db.engine import Database
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.scheduler.problem import compose_instance
from server.scheduler.service import load_situation
from server.street import store as street
from tests.fakes import FakeClock
from tests.web.conftest import Visitor
from tests.web.test_scheduler import send

Enter = Callable[[str], Awaitable[Visitor]]
THURSDAY = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
FORM = {"counts": ["DEPUTY", "SOCIAL_WORKER"], "month": "8", "reason": "年底清理"}


async def enter_session(
    database: Database,
    starts_at: datetime,
    *,
    committees: int = 33,
    state: SessionState = SessionState.SCHEDULED,
) -> int:
    async with database.tx() as tx:
        venues = [v.id for v in await street.load_venues(tx) if v.number]
        return await sessions.save_session(
            tx,
            title="社工业务会",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            hall="三楼会议室",
            items=[("垃圾分类", "管理办", 15), ("反诈宣传", "平安办", 15)],
            venue_ids=venues[:committees],
            state=state,
        )


def rows_of(text: str) -> dict[str, list[str]]:
    """Return the cells of the ledger by committee, without markup."""
    table = text[text.index('tbl--tight quota"') :]
    body = table[table.index("<tbody>") : table.index("</tbody>")]
    found = {}
    for row in re.findall(r"<tr.*?</tr>", body, re.S):
        cells = [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        ]
        found[cells[0]] = cells
    return found


async def test_the_ledger_folds_held_and_scheduled_sessions(
    signed_in: Enter, database: Database
) -> None:
    await enter_session(database, THURSDAY - timedelta(days=3), state=SessionState.CLOSED)
    await enter_session(database, THURSDAY, committees=10)
    office = await signed_in("operator")
    answer, text = await office.get("/quota")
    assert answer.status == 200
    rows = list(rows_of(text).values())
    assert len(rows) == 33
    assert rows[0][2:6] == ["3", "1", "1", "1"]
    assert rows[32][2:6] == ["3", "1", "0", "2"]
    assert "/ 99 家次" in text
    assert "分母：33 家 × 每周 3 场。" in text
    assert "社工业务会" in rows[0][-1]
    assert "/quota?period=2026-W48&amp;department=" in text
    assert text.count("管理办</a>") == 2
    _, text = await office.get("/quota?period=2026-11")
    assert "分母：33 家 × 每月 8 场。" in text
    _, text = await office.get("/quota?period=2026-W49")
    assert "没有叫过" in text


async def test_filters_stand_in_the_address(signed_in: Enter, database: Database) -> None:
    for hour in (0, 2):
        await enter_session(database, THURSDAY + timedelta(hours=hour), committees=4)
    auditor = await signed_in("auditor")
    _, text = await auditor.get("/quota?period=2026-W48&scarce=1")
    assert len(rows_of(text)) == 4
    assert "/quota.csv?period=2026-W48&amp;scarce=1" in text
    _, text = await auditor.get("/quota?period=2026-W48&department=平安办")
    assert "平安办参与的 8 家次，占全部 8 家次。" in text
    _, text = await auditor.get("/quota?period=2026-W48&department=武装部")
    assert "没有符合条件的居委会" in text
    answer, _ = await auditor.get("/quota?period=soon&department=%3Cb%3E")
    assert answer.status == 200


async def test_the_ledger_opens_in_a_spreadsheet(signed_in: Enter, database: Database) -> None:
    await enter_session(database, THURSDAY, committees=2)
    office = await signed_in("operator")
    answer = await office.client.get("/quota.csv?period=2026-W48&scarce=1")
    assert (await answer.read()).startswith(b"\xef\xbb\xbf")
    assert 'filename="quota-2026-W48.csv"' in answer.headers["Content-Disposition"]
    answer = await office.client.get("/quota.csv?period=2026-W48")
    table = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert len(table) == 34
    assert table[1][2:8] == ["2026-W48", "3", "0", "1", "2", "0"]
    assert "社工业务会" in table[1][-1]


async def test_a_committees_people_see_their_own_quota_and_no_other(
    signed_in: Enter, database: Database
) -> None:
    await enter_session(database, THURSDAY)
    secretary = await signed_in("secretary")
    answer, text = await secretary.get("/quota")
    own = answer.url.path
    assert re.fullmatch(r"/quota/committees/\d+", own)
    assert "限额 3 场，已用 0 场，已排 1 场。" in text
    other = "/quota/committees/1" if not own.endswith("/1") else "/quota/committees/2"
    for path in (other, "/quota/committees/x"):
        answer, _ = await secretary.get(path)
        assert answer.status == 404
    answer, _ = await secretary.get("/quota.csv")
    assert answer.status == 403
    leader = await signed_in("leader")
    answer, _ = await leader.get(other)
    assert answer.status == 200
    answer, _ = await leader.get("/quota/committees/999")
    assert answer.status == 404


async def test_a_change_is_an_event_with_old_and_new_and_can_be_undone(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    form = FORM | {"week": "2", "week_SECRETARY": "1", "valid_from": "2026-11-30"}
    status, path, text = await send(office, "/quota/rules", "/quota/rules", **form)
    assert (status, path) == (200, "/quota/rules")
    assert "限额改好了，第 1 版。" in text
    async with database.view() as tx:
        (event,) = await audit_store.load_recorded(tx, kinds=["quota.changed"])
    assert (event.payload["before"]["week"], event.payload["after"]["week"]) == (3, 2)
    assert event.payload["after"]["post_week"] == {"secretary": 1}
    assert event.payload["reason"] == "年底清理"
    _, text = await office.get("/quota?period=2026-W48")
    assert "每周 3 场" in text
    _, text = await office.get("/quota?period=2026-W49")
    assert "每周 2 场" in text
    await send(office, "/quota/rules/undo", "/quota/rules", event=event.sequence)
    _, text = await office.get("/quota?period=2026-W49")
    assert "每周 3 场" in text
    _, text = await office.get("/quota/rules")
    assert "已撤销" in text


async def test_what_is_refused_is_shown_again_as_it_was_typed(signed_in: Enter) -> None:
    office = await signed_in("operator")
    for change, words in (
        ({"week": "120"}, "0 到 99"),
        ({"week": "2", "reason": ""}, "请写明为什么改"),
        ({"week": "2", "counts": []}, "至少要有一个岗位"),
        ({"week": "2", "valid_from": "soon"}, "最早是本周或本月的第一天"),
    ):
        form = FORM | {"valid_from": "2026-11-30"} | change
        status, _, text = await send(office, "/quota/rules", "/quota/rules", **form)
        assert status == 422
        assert words in text
        assert f'value="{change.get("week", "")}"' in text
    leader = await signed_in("leader")
    answer, text = await leader.get("/quota/rules")
    assert answer.status == 200
    assert 'name="week"' not in text


async def test_a_stricter_rule_lists_what_of_the_plan_goes_too_far(
    signed_in: Enter, database: Database
) -> None:
    await enter_session(database, THURSDAY + timedelta(days=7), committees=3)
    await enter_session(database, THURSDAY + timedelta(days=8), committees=3)
    office = await signed_in("operator")
    _, text = await office.get("/quota/rules")
    assert "超了限额" not in text
    form = FORM | {"week": "1", "valid_from": "2026-11-30"}
    _, _, text = await send(office, "/quota/rules", "/quota/rules", **form)
    assert "已公布的安排超了限额" in text
    assert "3 家超限" in text
    assert "挪到 2026 年第 50 周，这几家都还有余量" in text
    _, text = await office.get("/quota?period=2026-W49")
    assert "超 1 场" in text


async def test_the_merge_keeps_to_what_is_stored_and_to_what_was_used(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    await enter_session(database, THURSDAY - timedelta(days=3), state=SessionState.CLOSED)
    office = await signed_in("operator")
    form = FORM | {
        "counts": ["SECRETARY"],
        "week": "2",
        "month": "",
        "week_DIRECTOR": "1",
        "target": "2",
        "valid_from": "2026-11-23",
    }
    await send(office, "/quota/rules", "/quota/rules", **form)
    async with database.view() as tx:
        instance = compose_instance(await load_situation(tx, clock.now()), [])
    quota = instance.quota
    assert (quota.committee_week, quota.committee_month) == (2, 8)
    assert quota.role_week == {"DIRECTOR": 1}
    assert (quota.counts, quota.soft_week_target) == (("SECRETARY",), 2)
    assert quota.used["C1|2026-W48"] == 1
    assert quota.used["C1|DIRECTOR|2026-W48"] == 1


async def test_a_committee_is_granted_its_own_amount_with_a_reason(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    form = FORM | {"week": "3", "own_week_2": "1", "own_month_2": "", "own_week_3": ""}
    form |= {"valid_from": "2026-11-23", "reason": "老小区多"}
    _, _, text = await send(office, "/quota/rules", "/quota/rules", **form)
    assert "现在 1 家" in text
    assert re.search(r"；\S+ 每周 1", text)
    _, text = await office.get("/quota")
    rows = list(rows_of(text).values())
    assert [row[2] for row in rows[:3]] == ["3", "1 另定", "3"]
    assert "其中 1 家另定，合计 97 场。" in text
    _, text = await office.get("/quota.csv")
    assert [row[3] for row in csv.reader(io.StringIO(text))][1:4] == ["3", "1", "3"]
    for wrong in ({"own_week_2": "100"}, {"own_week_999": "1"}):
        status, _, _ = await send(office, "/quota/rules", "/quota/rules", **form | wrong)
        assert status == 422


async def test_a_change_of_the_posts_that_count_is_a_version_with_before_and_after(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    form = FORM | {"counts": ["DIRECTOR"], "week": "3", "valid_from": "2026-11-23"}
    await send(office, "/quota/rules", "/quota/rules", **form)
    async with database.view() as tx:
        (event,) = await audit_store.load_recorded(tx, kinds=["quota.changed"])
    assert event.payload["before"]["counts"] != event.payload["after"]["counts"]
    _, text = await office.get("/quota")
    assert "占限额的岗位：主任。" in text
