"""A committee's own attendance and what one of its people takes away: nobody else's, on record."""

import csv
import io
import json
import re
from collections.abc import Awaitable, Callable

from server.audit import store as log
from server.db.engine import Database
from server.domain.events import EventKind
from tests.fakes import FakeClock
from tests.held import hold_tuesday
from tests.web.conftest import HTML, Visitor

Enter = Callable[[str], Awaitable[Visitor]]


async def test_a_secretary_sees_the_own_committee_and_takes_a_person_s_record_away(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    clock.advance(hours=6)
    held = await hold_tuesday(database)
    secretary = await signed_in("secretary")
    _, page = await secretary.get("/attendance/mine")
    assert f'href="/attendance/{held.id}/corrections"' in page
    assert "52 / 52" in page
    person = re.findall(r"/attendance/mine/(\d+)\.csv", page)[0]
    table = await secretary.client.get(f"/attendance/mine/{person}.csv", headers=HTML)
    rows = list(csv.reader(io.StringIO((await table.read()).decode("utf-8-sig"))))
    assert len(rows[0]) == 13
    whole = await secretary.client.get(f"/attendance/mine/{person}.json", headers=HTML)
    assert json.loads(await whole.read())["format"] == "pinhui-person/1"
    async with database.view() as tx:
        kinds = [EventKind.REPORT_VIEWED, EventKind.REPORT_DOWNLOADED]
        read = [e.payload for e in await log.load_recorded(tx, kinds=kinds)]
    assert [(e["format"], e.get("person_id")) for e in read] == [
        ("mine", None),
        ("person-csv", int(person)),
        ("person-json", int(person)),
    ]


async def test_nobody_takes_away_the_record_of_another_committee_s_people(
    signed_in: Enter, database: Database
) -> None:
    secretary = await signed_in("secretary")
    for path in ("/attendance/mine/1.csv", "/attendance/mine/99999.json"):
        assert (await secretary.get(path))[0].status == 404
    assert (await secretary.get("/attendance/mine/1.xml"))[0].status == 404
    auditor = await signed_in("auditor")
    assert (await auditor.get("/attendance/mine"))[0].status == 403
