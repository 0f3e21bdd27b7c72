"""Which files an item has, in which order, and who may see and change them."""

from datetime import UTC, datetime

import pytest

from server.auth.model import Login, Role
from server.domain.session import AgendaItem, Session, SessionState
from server.materials.model import (
    ItemMaterials,
    Kind,
    Listing,
    Material,
    arrange,
    kind_of,
    may_change,
    may_see,
    moved_up,
    subject_of,
)

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
OWN = AgendaItem(1, 1, "自治金使用说明", "自治办", 20)
RIDING = AgendaItem(2, 2, "岁末消防检查部署", "平安办", 20, request_id=9)


def files(*keys: str) -> list[Material]:
    return [Material(key, f"{key}.pdf", "0" * 64, 1) for key in keys]


def keys(found: tuple[Material, ...]) -> list[str]:
    return [file.key for file in found]


def login(role: Role, department: int | None = None, committee: int | None = None) -> Login:
    return Login(1, "name", "name", role, department, committee, NOON)


def session(state: SessionState = SessionState.OPEN) -> Session:
    return Session(4, "例会", state, NOON, NOON, "", (OWN, RIDING), (12,))


ITEMS = (
    ItemMaterials(OWN, "session:4:x", ()),
    ItemMaterials(RIDING, "request:9", (), department_id=5),
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("要点.PDF", Kind.PDF),
        ("现场.jpeg", Kind.PICTURE),
        ("汇报.pptx", Kind.OFFICE),
        ("汇报.odp", Kind.OFFICE),
        ("公文.ofd", Kind.OTHER),
        ("没有后缀", Kind.OTHER),
    ],
)
def test_a_file_becomes_pages_by_its_ending(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


def test_files_hang_on_the_request_that_may_move_and_on_the_topic_of_an_own_item() -> None:
    assert subject_of(4, RIDING) == subject_of(5, RIDING) == "request:9"
    assert subject_of(4, OWN) == "session:4:自治金使用说明"


def test_files_nobody_has_put_in_order_come_last_as_they_came() -> None:
    shown, removed = arrange(files("r1", "m2", "m3"), Listing(("m3",)))
    assert keys(shown) == ["m3", "r1", "m2"]
    assert removed == ()


def test_what_was_taken_out_keeps_its_place_for_when_it_comes_back() -> None:
    shown, removed = arrange(files("r1", "m2", "m3"), Listing(hidden=frozenset({"m2"})))
    assert keys(shown) == ["r1", "m3"]
    assert keys(removed) == ["m2"]


def test_a_file_moves_one_place_up_and_the_first_stays() -> None:
    assert moved_up(files("r1", "m2", "m3"), "m3") == ("r1", "m3", "m2")
    assert moved_up(files("r1", "m2"), "r1") == ("r1", "m2")


@pytest.mark.parametrize(
    ("who", "own", "changes"),
    [
        (login(Role.OFFICE), "", (True, True)),
        (login(Role.CLERK, 3), "自治办", (True, False)),
        (login(Role.CLERK, 5), "平安办", (False, True)),
        (login(Role.CLERK, 6), "平安办", (False, False)),
        (login(Role.CLERK), "", (False, False)),
        (login(Role.LEADER), "", (False, False)),
        (login(Role.SECRETARY, committee=1), "", (False, False)),
    ],
)
def test_the_items_department_and_the_office_change_its_materials(
    who: Login, own: str, changes: tuple[bool, bool]
) -> None:
    assert tuple(may_change(who, item, own=own) for item in ITEMS) == changes


@pytest.mark.parametrize(
    ("who", "own", "venue", "sees"),
    [
        (login(Role.OFFICE), "", None, True),
        (login(Role.LEADER), "", None, True),
        (login(Role.AUDITOR), "", None, True),
        (login(Role.ADMIN), "", None, False),
        (login(Role.CLERK, 5), "平安办", None, True),
        (login(Role.CLERK, 6), "服务办", None, False),
        (login(Role.SECRETARY, committee=1), "", 12, True),
        (login(Role.SECRETARY, committee=2), "", 13, False),
        (login(Role.SECRETARY), "", None, False),
    ],
)
def test_who_is_concerned_with_a_session_sees_its_materials(
    who: Login, own: str, venue: int | None, sees: bool
) -> None:
    assert may_see(who, session(), ITEMS, own=own, venue=venue) is sees


@pytest.mark.parametrize("state", [SessionState.PROPOSED, SessionState.CANCELLED])
def test_a_session_that_is_not_held_shows_nothing(state: SessionState) -> None:
    assert not may_see(login(Role.OFFICE), session(state), ITEMS, own="", venue=None)
