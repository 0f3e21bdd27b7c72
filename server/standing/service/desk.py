"""What standing meetings are kept with, who works on them, and what of the street they need."""

from dataclasses import dataclass

from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.places import Department, Venue
from server.pages.render import Renderer
from server.scheduler.service import actor_of
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import WorkdayTable
from server.standing.model import StandingMeeting
from server.street import store as street


@dataclass(frozen=True, slots=True)
class Convener:
    """What standing meetings are kept with.

    ``language`` is that of letters to who has chosen none; ``address`` is where our pages are,
    without a slash at its end.
    """

    db: Database
    clock: Clock
    renderer: Renderer
    language: str
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a login works on standing meetings, or answers a call."""

    convener: Convener
    login: Login

    @property
    def actor(self) -> str:
        """How the audit log names who is at work."""
        return actor_of(self.login)


@dataclass(frozen=True, slots=True)
class Street:
    """What of the street standing meetings need: ``departments`` by id, ``venues`` all of them."""

    departments: dict[int, Department]
    venues: list[Venue]
    serving: frozenset[int]
    hall: str
    workdays: WorkdayTable

    @property
    def names(self) -> dict[int, str]:
        """What departments are called, by id."""
        return {d.id: d.name for d in self.departments.values()}

    @property
    def exempt(self) -> frozenset[int]:
        """The ids of departments that need no approval."""
        return frozenset(d.id for d in self.departments.values() if d.exempt)

    def owner_of(self, meeting: StandingMeeting) -> str:
        """Return what the department of a meeting is called."""
        return self.names.get(meeting.plan.department_id, "")

    def roster(self, committee_ids: tuple[int, ...]) -> list[int]:
        """Return the venues of some committees, or of all that serve."""
        named = self.serving & set(committee_ids) if committee_ids else self.serving
        return [venue.id for venue in self.venues if venue.committee_id in named]


async def load_street(tx: Tx) -> Street:
    """Return what standing meetings need of the street."""
    return Street(
        departments={d.id: d for d in await street.load_departments(tx)},
        venues=await street.load_venues(tx),
        serving=frozenset(c.id for c in await street.load_committees(tx) if not c.retired),
        hall=await street.load_hall(tx),
        workdays=await load_workdays(tx),
    )
