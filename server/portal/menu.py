"""Which entries the menu shows to whom: those whose route the table admits the role to."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.auth.model import Role
from server.auth.permissions import ROUTES, may_use

_ENTRIES = (
    ("home", "/", "menu.home"),
    ("board", "/board", "menu.board"),
    ("sessions", "/sessions", "menu.sessions"),
    ("approve", "/approve", "menu.approve"),
    ("quota", "/quota", "menu.quota"),
    ("digest", "/digest", "menu.digest"),
    ("attendance", "/attendance", "menu.attendance"),
    ("reports", "/reports", "menu.reports"),
    ("attendance.own", "/attendance/mine", "menu.attendance"),
    ("book", "/book", "menu.book"),
    ("leave", "/leave", "menu.leave"),
    ("accounts", "/admin/accounts", "menu.accounts"),
    ("requests", "/requests", "menu.requests"),
    ("call.give.post", "/calls", "menu.calls"),
    ("standing", "/standing", "menu.standing"),
    ("recordings", "/recordings", "menu.recordings"),
    ("library", "/library", "menu.library"),
    ("street", "/street", "menu.street"),
    ("checks", "/checks", "menu.checks"),
    ("letters", "/admin/letters", "menu.letters"),
    ("verify", "/verify", "menu.verify"),
    ("help", "/help", "menu.help"),
)
"""(route, address, key of its word), those used most first.

Whom the route admits sees the entry; that of calls is for who answers them.
"""

IN_LINE = 6
"""Entries that stand in one line beside the street's name, in either language, at 1280 pixels."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One word of the menu: ``code`` is its key in the catalogue, ``count`` what waits there.

    ``more`` says that it is put away.
    """

    path: str
    code: str
    current: bool
    count: int = 0
    more: bool = False


def _is_at(path: str, target: str) -> bool:
    """Tell whether a page belongs to an entry; what is kept under /admin/street is the street's."""
    if target == "/":
        return path == "/"
    return path.startswith((target, f"/admin{target}"))


def menu_for(
    role: Role | None, path: str, counts: Mapping[str, int] | None = None
) -> tuple[MenuEntry, ...]:
    """Return the menu of a role with the page at ``path`` marked; empty before signing in.

    What does not stand in one line is put away under one word (更多), never a single entry alone.

    Args:
        role: of the login.
        path: of the page.
        counts: what waits, by the path of the entry.
    """
    if role is None:
        return ()
    shown = [entry for entry in _ENTRIES if may_use(ROUTES[entry[0]], role)]
    line = len(shown) if len(shown) <= IN_LINE + 1 else IN_LINE
    return tuple(
        MenuEntry(
            target, code, _is_at(path, target), (counts or {}).get(target, 0), more=number >= line
        )
        for number, (_, target, code) in enumerate(shown)
    )
