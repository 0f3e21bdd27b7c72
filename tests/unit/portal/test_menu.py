"""The menu: who sees which entry, which one is marked, and what is put away."""

import pytest

from server.auth.model import Role
from server.portal.menu import IN_LINE, menu_for


def test_nobody_who_has_not_signed_in_has_a_menu() -> None:
    assert menu_for(None, "/") == ()


@pytest.mark.parametrize("role", Role)
def test_no_role_has_more_entries_in_line_than_there_is_room_for(role: Role) -> None:
    menu = menu_for(role, "/")
    away = [entry for entry in menu if entry.more]
    assert len(menu) - len(away) <= IN_LINE + 1
    assert len(away) != 1
    assert menu[: len(menu) - len(away)] == tuple(entry for entry in menu if not entry.more)


def test_the_meeting_office_comes_to_the_board_from_the_line() -> None:
    board = next(entry for entry in menu_for(Role.OFFICE, "/board/versions") if entry.current)
    assert (board.path, board.more) == ("/board", False)
    assert all(entry.path != "/board" for entry in menu_for(Role.CLERK, "/"))


def test_pages_of_the_street_belong_to_its_entry_and_home_is_only_itself() -> None:
    current = [
        entry.code for entry in menu_for(Role.ADMIN, "/admin/street/office") if entry.current
    ]
    assert current == ["menu.street"]
    assert [e.code for e in menu_for(Role.ADMIN, "/") if e.current] == ["menu.home"]
