"""Which entries the menu shows to whom: those whose route the table admits the role to."""

from dataclasses import dataclass

from server.auth.model import Role
from server.auth.permissions import ROUTES, may_use

_ENTRIES = (
    ("home", "/", "menu.home"),
    ("book", "/book", "menu.book"),
    ("approve", "/approve", "menu.approve"),
    ("requests", "/requests", "menu.requests"),
    ("sessions", "/sessions", "menu.sessions"),
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
    """One word of the menu; ``code`` is its key in the catalogue."""

    path: str
    code: str
    current: bool


def _is_at(path: str, target: str) -> bool:
    """Tell whether a page belongs to an entry; what is kept under /admin/street is the street's."""
    if target == "/":
        return path == "/"
    return path.startswith((target, f"/admin{target}"))


def menu_for(role: Role | None, path: str) -> tuple[MenuEntry, ...]:
    """Return the menu of a role with the page at ``path`` marked; empty before signing in."""
    if role is None:
        return ()
    return tuple(
        MenuEntry(target, code, _is_at(path, target))
        for route, target, code in _ENTRIES
        if may_use(ROUTES[route], role)
    )
