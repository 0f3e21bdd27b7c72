"""A street set up and a link renewed, on both databases: all at once or not at all."""

from pathlib import Path

import pytest

from server.audit import service as audit
from server.auth import store as accounts
from server.db.engine import Database
from server.domain.errors import DomainError, NotFoundError
from server.simulator.demo_street import enter_street
from server.street import service
from server.street import store as street
from server.street.setup import AccountDraft, Draft
from server.street.tokens import venue_token
from tests.conftest import SECRET
from tests.fakes import FakeClock

DRAFT = Draft(
    name="青禾街道办事处",
    phone="8021",
    hall="三楼",
    departments="党建办\n自治办",
    exempt=("自治办",),
    exempt_chosen=True,
    committees="1\t云杉苑\t张建国\t书记\n2\t松涛里\t赵春生\t主任\n",
    admin=AccountDraft("it", "管理员", "hash"),
    office=AccountDraft("office", "会务", "hash"),
)


async def test_a_street_is_set_up_at_once_and_its_log_is_whole(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    file = tmp_path / "setup.json"
    await service.save_draft(file, DRAFT)
    assert await service.load_draft(file) == DRAFT
    admin = await service.finish_setup(db, clock, SECRET, file)
    assert admin.name == "it"
    assert not file.exists()
    async with db.view() as tx:
        assert len(await street.load_venues(tx)) == 3
        assert len(await street.load_people(tx)) == 2
        assert (await audit.check(tx)).fault is None
    await service.save_draft(file, DRAFT)
    with pytest.raises(NotFoundError, match="setup_link_gone"):
        await service.finish_setup(db, clock, SECRET, file)


async def test_what_cannot_be_entered_whole_is_not_entered_at_all(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    file = tmp_path / "setup.json"
    with pytest.raises(DomainError, match="setup_unfinished"):
        await service.finish_setup(db, clock, SECRET, file)
    async with db.tx() as tx:
        await street.save_department(tx, "自治办", exempt=False)
    await service.save_draft(file, DRAFT)
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        await service.finish_setup(db, clock, SECRET, file)
    async with db.view() as tx:
        assert await street.load_office(tx) is None
        assert await accounts.count_accounts(tx) == 0
    assert await service.load_draft(file) == DRAFT


async def test_a_renewed_link_is_found_and_the_former_one_is_told_from_a_stranger_s(
    db: Database, clock: FakeClock
) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=2)
    await service.renew_link(db, clock, SECRET, 2, actor="login:1")
    async with db.view() as tx:
        found = await service.find_venue(tx, SECRET, venue_token(SECRET, 2, 2))
        assert found.id == 2
        with pytest.raises(NotFoundError, match="venue_link_renewed"):
            await service.find_venue(tx, SECRET, venue_token(SECRET, 2, 1))
        with pytest.raises(NotFoundError, match="no_such_venue_link"):
            await service.find_venue(tx, SECRET, venue_token(SECRET, 2, 3))
    with pytest.raises(NotFoundError, match="no_such_venue"):
        await service.renew_link(db, clock, SECRET, 99, actor="login:1")
