"""Who may watch which recording. Pure; who may take a film away is for the table of routes."""

from collections.abc import Collection
from dataclasses import dataclass, field

from server.auth.model import Login, Role
from server.auth.permissions import KEEPERS, READERS
from server.domain.places import Venue
from server.domain.session import AgendaItem, Session


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who wants to watch: the login, and where it belongs.

    ``department`` is the name of a clerk's department, ``requests`` the numbers of that
    department's meeting requests, ``venue`` the venue of a secretary's committee.
    """

    login: Login
    department: str = ""
    requests: Collection[int] = field(default_factory=frozenset)
    venue: Venue | None = None

    @property
    def venue_id(self) -> int | None:
        """The id of the own venue."""
        return self.venue.id if self.venue else None

    @property
    def mark(self) -> str:
        """What stands over the picture: the venue's name, or the account's."""
        return self.venue.name if self.venue else self.login.display_name

    def has_brought(self, item: AgendaItem) -> bool:
        """Tell whether an agenda item is the viewer's department's."""
        return item.request_id in self.requests or (
            bool(self.department) and item.department == self.department
        )


def may_watch(viewer: Viewer, session: Session) -> bool:
    """Tell whether somebody may watch the recording of a session.

    The street office and the auditors watch all, a committee what it was called to, a department
    the sessions in which it had an item.
    """
    role = viewer.login.role
    if role in READERS | KEEPERS:
        return True
    if role is Role.SECRETARY:
        return viewer.venue_id in session.venue_ids
    return role is Role.CLERK and any(viewer.has_brought(item) for item in session.items)
