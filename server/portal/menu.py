"""Which entries the menu shows to whom: those whose route the table admits the role to."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.auth.model import Role
from server.auth.permissions import ROUTES, may_use

_ENTRIES = (
    ("home", "/", "menu.home"),
    ("book", "/book", "menu.book"),
    ("approve", "/approve", "menu.approve"),
    ("requests", "/requests", "menu.requests"),
    ("sessions", "/sessions", "menu.sessions"),
    ("digest", "/digest", "menu.digest"),
    ("quota", "/quota", "menu.quota"),
    ("attendance", "/attendance", "menu.attendance"),
    ("verify", "/verify", "menu.verify"),
    ("street", "/street", "menu.street"),
    ("accounts", "/admin/accounts", "menu.accounts"),
    ("letters", "/admin/letters", "menu.letters"),
    ("help", "/help", "menu.help"),
)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One word of the menu; ``code`` is its key in the catalogue, ``count`` what waits there."""

    path: str
    code: str
    current: bool
    count: int = 0


def _is_at(path: str, target: str) -> bool:
    """Tell whether a page belongs to an entry; what is kept under /admin/street is the street's."""
    if target == "/":
        return path == "/"
    return path.startswith((target, f"/admin{target}"))


def menu_for(
    role: Role | None, path: str, counts: Mapping[str, int] | None = None
) -> tuple[MenuEntry, ...]:
    """Return the menu of a role with the page at ``path`` marked; empty before signing in.

    Args:
        role: of the login.
        path: of the page.
        counts: what waits, by the path of the entry.
    """
    if role is None:
        return ()
    return tuple(
        MenuEntry(target, code, _is_at(path, target), (counts or {}).get(target, 0))
        for route, target, code in _ENTRIES
        if may_use(ROUTES[route], role)
    )
