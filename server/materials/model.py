"""Which files an agenda item has (材料), in which order, and who may see and change them. Pure.

An item has the files of its meeting request and those that were added for the session. Nothing is
ever deleted: what is taken out of the list is left out of sight, and can be put back.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from server.auth.model import Login, Role
from server.auth.permissions import READERS
from server.domain.session import AgendaItem, Session, SessionState

LARGEST_BYTES = 32 * 1024 * 1024
MOST_FILES = 20
"""Files of one item."""
MOST_PAGES = 400

_PICTURES = frozenset({".png", ".jpg", ".jpeg"})
_OFFICE = frozenset({".doc", ".docx", ".odt", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".odp"})
SHOWN = frozenset({SessionState.SCHEDULED, SessionState.OPEN, SessionState.CLOSED})
"""Sessions whose materials can be seen at all, archived ones as well."""


class Kind(StrEnum):
    """How a file becomes pages: as it is, as one picture, through LibreOffice, or not at all."""

    PDF = "pdf"
    PICTURE = "picture"
    OFFICE = "office"
    OTHER = "other"


def kind_of(name: str) -> Kind:
    """Return how a file becomes pages, told from the ending of its name."""
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".pdf":
        return Kind.PDF
    if ending in _PICTURES:
        return Kind.PICTURE
    return Kind.OFFICE if ending in _OFFICE else Kind.OTHER


@dataclass(frozen=True, slots=True)
class Material:
    """One file of an item.

    ``key`` names it within the installation: ``r`` and the number of a request's attachment, or
    ``m`` and that of a file added later. Its bytes are known by their SHA-256 in ``digest``.
    """

    key: str
    name: str
    digest: str
    size: int

    @property
    def kind(self) -> Kind:
        """How it becomes pages."""
        return kind_of(self.name)


@dataclass(frozen=True, slots=True)
class Listing:
    """What was decided of an item's list: the ``order`` of keys, and which are ``hidden``."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ItemMaterials:
    """An agenda item with its files in order, and those that were taken out.

    ``department_id`` is the department of its request, None for a session's own item.
    """

    item: AgendaItem
    subject: str
    files: tuple[Material, ...]
    removed: tuple[Material, ...] = ()
    department_id: int | None = None


def subject_of(session_id: int, item: AgendaItem) -> str:
    """Return what an item's files hang on: its request, which may move to another session.

    A session's own item is known by its topic, since agendas are written anew when they change.
    """
    if item.request_id is not None:
        return f"request:{item.request_id}"
    return f"session:{session_id}:{item.topic}"


def arrange(files: Iterable[Material], listing: Listing) -> tuple[tuple[Material, ...], ...]:
    """Return the files that are shown and those that are not, each in order.

    Files that no order names come last, in the order given.
    """
    known = {key: place for place, key in enumerate(listing.order)}
    ordered = sorted(files, key=lambda f: known.get(f.key, len(known)))
    shown = tuple(f for f in ordered if f.key not in listing.hidden)
    return shown, tuple(f for f in ordered if f.key in listing.hidden)


def moved_up(files: Sequence[Material], key: str) -> tuple[str, ...]:
    """Return the order of keys in which one file stands one place earlier; the first stays."""
    keys = [file.key for file in files]
    place = keys.index(key)
    if place:
        keys[place - 1], keys[place] = keys[place], keys[place - 1]
    return tuple(keys)


def may_see(
    login: Login, session: Session, items: Collection[ItemMaterials], *, own: str, venue: int | None
) -> bool:
    """Tell whether a login may see what is shown in a session.

    Args:
        login: who asks.
        session: the session.
        items: its items.
        own: the name of the login's department, empty for none.
        venue: the id of the login's own committee's venue, None for none.
    """
    if session.state not in SHOWN | {SessionState.ARCHIVED}:
        return False
    if login.role in READERS:
        return True
    if login.role is Role.CLERK:
        return any(may_change(login, item, own=own) for item in items)
    return login.role is Role.SECRETARY and venue in session.venue_ids


def may_change(login: Login, item: ItemMaterials, *, own: str) -> bool:
    """Tell whether a login may add to an item and take out: its department, and the office."""
    if login.role is Role.OFFICE:
        return True
    if login.role is not Role.CLERK or login.department_id is None:
        return False
    if item.department_id is not None:
        return item.department_id == login.department_id
    return bool(own) and item.item.department == own
