"""An instance as the search sees it: numbered requests and cells, masks, and prices.

Whatever can be said of one request and one cell alone is settled here, once: the remaining
questions depend on what else is in the cell, and are put to ``draft``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from server.merging.instance.crowd import Committees, Crowd
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Cell, Hall, MeetingRequest, WorkingDay
from server.merging.search.agenda import Frame, frame_of
from server.merging.verdict.objective import left_out_price, misses_preference
from server.merging.verdict.rules import hall_fits_mode, pin_allows, within_window

NEVER = 10**9
"""The price of leaving out a mandatory request: above every other price together."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell: its number in the half-days, and what it charges and allows."""

    cell: Cell
    half_day: int
    frame: Frame
    minutes: int
    capacity: int
    trip: int
    opening_price: int
    own_crowd: Crowd
    own_departments: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A request to be placed. ``prices`` is what each possible spot costs for it alone.

    ``counted`` are the committees whose quota it uses; ``department`` is one bit; ``unhappy``
    are the spots that miss its preference.
    """

    request: MeetingRequest
    crowd: Crowd
    committees: Committees
    counted: Committees
    minutes: int
    calling: bool
    department: int
    prices: dict[int, int]
    unhappy: frozenset[int]
    out_price: int


@dataclass(frozen=True, slots=True)
class Ground:
    """All spots and claims of an instance, in the instance's order."""

    lookup: Lookup
    spots: tuple[Spot, ...]
    claims: tuple[Claim, ...]
    counted_roles: Crowd

    def counted(self, crowd: Crowd) -> Committees:
        """Return the committees whose quota this crowd's being called uses."""
        return self.lookup.people.committees_of(crowd & self.counted_roles)


def survey(lookup: Lookup) -> Ground:
    """Number the cells and requests of an instance. Reading matter has no claim."""
    people = lookup.people
    counted = people.holding(people.everywhere, lookup.instance.quota.counts)
    spots = tuple(lay_spots(lookup))
    at = {spot.cell: number for number, spot in enumerate(spots)}
    bit = {d.id: 1 << number for number, d in enumerate(lookup.instance.departments)}
    claims = tuple(
        _claim(lookup, request, at=at, counted=counted, department=bit[request.department])
        for request in lookup.instance.requests
        if not request.read_only
    )
    return Ground(lookup, spots, claims, counted)


def _claim(
    lookup: Lookup,
    request: MeetingRequest,
    *,
    at: dict[Cell, int],
    counted: Crowd,
    department: int,
) -> Claim:
    crowd = lookup.crowds[request.id]
    cells = open_cells(lookup, request)
    return Claim(
        request=request,
        crowd=crowd,
        committees=lookup.committees[request.id],
        counted=lookup.people.committees_of(crowd & counted),
        minutes=request.minutes,
        calling=request.id in lookup.calling,
        department=department,
        prices={at[cell]: spot_price(lookup, request, cell) for cell in cells},
        unhappy=frozenset(at[cell] for cell in cells if misses_preference(request, cell)),
        out_price=_out_price(lookup, request),
    )


def _cells(lookup: Lookup, days: Iterable[WorkingDay], halls: Sequence[Hall]) -> Iterator[Cell]:
    """Yield the cells of some days and halls: days, then half-days, then halls, in their order."""
    for day in days:
        for half in lookup.instance.halves:
            for hall in halls:
                yield Cell(day.date, half.name, hall.id)


def lay_spots(lookup: Lookup) -> Iterator[Spot]:
    """Yield every cell as a spot, day by day."""
    bit = {d.id: 1 << number for number, d in enumerate(lookup.instance.departments)}
    half_at = {half.name: number for number, half in enumerate(lookup.instance.halves)}
    for cell in _cells(lookup, lookup.instance.days, lookup.instance.halls):
        frame = frame_of(lookup, cell)
        standing = lookup.standing_at.get(cell)
        first = frame.starts[0] if frame.starts else frame.end
        yield Spot(
            cell=cell,
            half_day=lookup.position[cell.date] * len(half_at) + half_at[cell.half],
            frame=frame,
            minutes=min(frame.limit, frame.end - first) - frame.opening,
            capacity=lookup.halls[cell.hall].capacity,
            trip=lookup.trip_price(cell.hall),
            opening_price=0 if standing else lookup.instance.weights.session,
            own_crowd=frame.opening_crowd,
            own_departments=bit[standing.department] if standing else 0,
        )


def window_cells(lookup: Lookup, request: MeetingRequest) -> list[Cell]:
    """Return the cells on the working days of the window in the halls of the request's street."""
    instance = lookup.instance
    days = (day for day in instance.days if within_window(request, day.date))
    return list(_cells(lookup, days, [h for h in instance.halls if h.unit == request.unit]))


def closed_by(lookup: Lookup, request: MeetingRequest, cell: Cell) -> str:
    """Return the rule that closes a cell to a request whatever else is planned, or ``""``.

    The cell is one of ``window_cells``. The first rule that applies is named.
    """
    hall, half = lookup.halls[cell.hall], lookup.halves[cell.half]
    published, hours = request.published, request.time_window
    crowd = lookup.crowds[request.id]
    if published is not None and published.frozen and published.cell != cell:
        return "frozen"
    if not pin_allows(request.pin, cell):
        return "pin"
    if not hall_fits_mode(request.mode, hall.kind):
        return "mode"
    if hours is not None and (hours[0] < half.start or hours[1] > half.end):
        return "time_window"
    if crowd & lookup.blocked.get((cell.date, cell.half), 0):
        return "blocked"
    return "capacity" if crowd.bit_count() > hall.capacity else ""


def digest_day(lookup: Lookup, request: MeetingRequest) -> date | None:
    """Return the first digest day in a request's window, or None when there is none."""
    days = sorted(lookup.instance.digest_days)
    return next((day for day in days if within_window(request, day)), None)


def open_cells(lookup: Lookup, request: MeetingRequest) -> list[Cell]:
    """Return the cells that no rule about the request alone closes."""
    return [c for c in window_cells(lookup, request) if not closed_by(lookup, request, c)]


def spot_price(lookup: Lookup, request: MeetingRequest, cell: Cell) -> int:
    """Return the points of preference, waiting for the day, and moving from a published cell."""
    weights = lookup.instance.weights
    price = weights.delay[request.priority - 1] * lookup.days_waited(request, cell.date)
    price += weights.pref * misses_preference(request, cell)
    if request.published is not None and request.published.cell != cell:
        price += _move_price(lookup, request)
    return price


def _move_price(lookup: Lookup, request: MeetingRequest) -> int:
    return lookup.instance.weights.move_per_committee * lookup.committees[request.id].bit_count()


def _out_price(lookup: Lookup, request: MeetingRequest) -> int:
    if request.mandatory:
        return NEVER
    moved = _move_price(lookup, request) if request.published is not None else 0
    return left_out_price(lookup, request) + moved
