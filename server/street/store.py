"""Turns rows of the street into values and back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from server.auth.model import Places
from server.db.engine import Tx
from server.domain.places import (
    Committee,
    Department,
    Person,
    Post,
    StreetOffice,
    Venue,
    VenueKind,
)
from server.street.tables import (
    CommitteeRow,
    DepartmentRow,
    PersonRow,
    StreetOfficeRow,
    VenueRow,
)
from server.street.tokens import token_digest, venue_token


async def load_office(tx: Tx) -> StreetOffice | None:
    """Return the street office, or None in a new installation."""
    row = await tx.scalar(select(StreetOfficeRow).order_by(StreetOfficeRow.id).limit(1))
    return _office(row) if row else None


def _office(row: StreetOfficeRow) -> StreetOffice:
    return StreetOffice(row.id, row.name, row.phone, row.hall, row.version)


async def lock_office(tx: Tx) -> StreetOffice | None:
    """Return the street office, which nobody else changes until the transaction ends."""
    row = await tx.scalar(select(StreetOfficeRow).limit(1).with_for_update())
    return _office(row) if row else None


async def update_office(tx: Tx, *, name: str, phone: str, hall: str) -> None:
    """Change what the street office is called, its telephone and its hall."""
    row = (await tx.scalars(select(StreetOfficeRow))).one()
    row.name, row.phone, row.hall = name, phone, hall
    row.version += 1
    await tx.flush()


def _department(row: DepartmentRow) -> Department:
    return Department(row.id, row.name, row.exempt, row.retired_at is not None, row.version)


def _committee(row: CommitteeRow) -> Committee:
    retired = row.retired_at is not None
    return Committee(row.id, row.number, row.name, retired, row.version, row.email, row.language)


async def load_departments(tx: Tx) -> list[Department]:
    """Return the departments in their order, retired ones among them."""
    order = (DepartmentRow.position, DepartmentRow.id)
    rows = await tx.scalars(select(DepartmentRow).order_by(*order))
    return [_department(r) for r in rows]


async def lock_departments(tx: Tx) -> list[Department]:
    """Return the departments in their order; nobody else changes them until the end."""
    await tx.execute(select(DepartmentRow.id).order_by(DepartmentRow.id).with_for_update())
    return await load_departments(tx)


async def update_department(tx: Tx, department_id: int, name: str, *, exempt: bool) -> None:
    """Change what a department is called, and whether it may call standing meetings."""
    row = await tx.get_one(DepartmentRow, department_id)
    row.name, row.exempt = name, exempt
    row.version += 1
    await tx.flush()


async def order_departments(tx: Tx, department_ids: Sequence[int]) -> None:
    """Put departments into this order."""
    for position, department_id in enumerate(department_ids, 1):
        (await tx.get_one(DepartmentRow, department_id)).position = position
    await tx.flush()


async def retire_department(tx: Tx, department_id: int, at: datetime | None) -> None:
    """Retire a department, or bring it back with None."""
    row = await tx.get_one(DepartmentRow, department_id)
    row.retired_at = at
    row.version += 1
    await tx.flush()


async def load_committees(tx: Tx) -> list[Committee]:
    """Return the committees by number, retired ones among them."""
    rows = await tx.scalars(select(CommitteeRow).order_by(CommitteeRow.number))
    return [_committee(r) for r in rows]


async def lock_committees(tx: Tx) -> list[Committee]:
    """Return the committees by number; nobody else changes them until the end."""
    await tx.execute(select(CommitteeRow.id).order_by(CommitteeRow.id).with_for_update())
    return await load_committees(tx)


async def update_committee(
    tx: Tx, committee_id: int, *, name: str, venue: str, email: str, language: str = ""
) -> None:
    """Change what a committee and its venue are called and how it is written to; count it."""
    row = await tx.get_one(CommitteeRow, committee_id)
    row.name, row.email, row.language = name, email, language
    row.version += 1
    (await _venue_row(tx, committee_id)).name = venue
    await tx.flush()


async def save_numbers(tx: Tx, numbers: Mapping[int, int]) -> None:
    """Give committees and their venues new numbers, by committee id; they may exchange them."""
    # each passes a number that nobody can have, since a number is unique at every moment
    for final in (False, True):
        for committee_id, number in numbers.items():
            given = number if final else -committee_id
            (await tx.get_one(CommitteeRow, committee_id)).number = given
            (await _venue_row(tx, committee_id)).number = given
        await tx.flush()


async def retire_committee(tx: Tx, committee_id: int, at: datetime | None) -> None:
    """Retire a committee with its venue, or bring both back with None."""
    row = await tx.get_one(CommitteeRow, committee_id)
    row.retired_at = at
    row.version += 1
    await tx.flush()


async def load_places(tx: Tx) -> Places:
    """Return what accounts can belong to."""
    return Places(await load_departments(tx), await load_committees(tx))


async def load_people(tx: Tx) -> list[Person]:
    """Return the posts of everybody who has one, ordered by committee and entry."""
    serving = select(PersonRow).where(PersonRow.retired_at.is_(None))
    rows = await tx.scalars(serving.order_by(PersonRow.committee_id, PersonRow.id))
    return [_person(r) for r in rows]


def _person(row: PersonRow) -> Person:
    retired = row.retired_at is not None
    return Person(row.id, row.committee_id, row.name, Post(row.post), row.line, retired)


async def load_staff(tx: Tx, committee_id: int) -> list[Person]:
    """Return everybody who has or had a post in a committee, in the order of entry."""
    mine = select(PersonRow).where(PersonRow.committee_id == committee_id)
    return [_person(r) for r in await tx.scalars(mine.order_by(PersonRow.id))]


async def update_person(tx: Tx, person: Person, at: datetime) -> None:
    """Change somebody's name, post or line of work; who is retired now is so since ``at``."""
    row = await tx.get_one(PersonRow, person.id)
    row.name, row.post, row.line = person.name, person.post, person.line
    if person.retired != (row.retired_at is not None):
        row.retired_at = at if person.retired else None
    await tx.flush()


_VENUES = select(VenueRow, CommitteeRow.retired_at).outerjoin(
    CommitteeRow, CommitteeRow.id == VenueRow.committee_id
)


def _venue(row: VenueRow, retired_at: datetime | None) -> Venue:
    kind, retired = VenueKind(row.kind), retired_at is not None
    return Venue(row.id, row.number, row.name, kind, row.committee_id, retired)


async def _venue_row(tx: Tx, committee_id: int) -> VenueRow:
    mine = select(VenueRow).where(VenueRow.committee_id == committee_id)
    return (await tx.scalars(mine)).one()


async def load_venues(tx: Tx) -> list[Venue]:
    """Return all venues by number, retired ones among them: the main venue (0) first."""
    rows = await tx.execute(_VENUES.order_by(VenueRow.number))
    return [_venue(row, at) for row, at in rows]


async def rename_main_venue(tx: Tx, name: str) -> None:
    """Change what the main venue is called."""
    (await tx.scalars(select(VenueRow).where(VenueRow.number == 0))).one().name = name
    await tx.flush()


async def load_venue_by_token(tx: Tx, token: str) -> Venue | None:
    """Return the venue whose link carries this token; None for a stranger's or a retired one's."""
    venue = await _by_token(tx, token)
    return None if venue is None or venue.retired else venue


async def is_retired_token(tx: Tx, token: str) -> bool:
    """Tell whether a token is that of a venue which is retired."""
    venue = await _by_token(tx, token)
    return venue is not None and venue.retired


async def _by_token(tx: Tx, token: str) -> Venue | None:
    rows = await tx.execute(_VENUES.where(VenueRow.token_digest == token_digest(token)))
    found = rows.one_or_none()
    return _venue(*found) if found else None


async def load_tokens(tx: Tx, secret: bytes) -> dict[int, str]:
    """Return every venue's current token by venue id."""
    rows = await tx.scalars(select(VenueRow))
    return {r.id: venue_token(secret, r.id, r.token_version) for r in rows}


async def save_office(tx: Tx, *, name: str, phone: str, hall: str) -> None:
    """Enter the street office, its telephone extension for help and the main venue's hall."""
    tx.add(StreetOfficeRow(name=name, phone=phone, hall=hall))
    await tx.flush()


async def load_hall(tx: Tx) -> str:
    """Return the name of the hall that is the main venue; empty when none was entered."""
    return await tx.scalar(select(StreetOfficeRow.hall).limit(1)) or ""


async def save_department(tx: Tx, name: str, *, exempt: bool) -> int:
    """Enter a department and return its id."""
    last = await tx.scalar(select(func.max(DepartmentRow.position))) or 0
    row = DepartmentRow(name=name, exempt=exempt, position=last + 1 if last else 0)
    tx.add(row)
    await tx.flush()
    return row.id


async def save_committee(
    tx: Tx, number: int, name: str, email: str = "", language: str = ""
) -> int:
    """Enter a committee and return its id."""
    row = CommitteeRow(number=number, name=name, email=email, language=language)
    tx.add(row)
    await tx.flush()
    return row.id


async def save_person(tx: Tx, committee_id: int, name: str, post: Post, line: str = "") -> None:
    """Enter a member of a committee's staff."""
    tx.add(PersonRow(committee_id=committee_id, name=name, post=post, line=line))
    await tx.flush()


async def save_venue(
    tx: Tx,
    secret: bytes,
    *,
    number: int,
    name: str,
    kind: VenueKind,
    committee_id: int | None,
) -> int:
    """Enter a venue with its first token and return its id."""
    highest = await tx.scalar(select(func.max(VenueRow.id))) or 0
    venue_id = highest + 1
    tx.add(
        VenueRow(
            id=venue_id,
            number=number,
            name=name,
            kind=kind,
            committee_id=committee_id,
            token_digest=token_digest(venue_token(secret, venue_id, 1)),
        )
    )
    await tx.flush()
    return venue_id


async def load_token_versions(tx: Tx) -> dict[int, int]:
    """Return the version of every venue's token in force, by venue id."""
    rows = await tx.execute(select(VenueRow.id, VenueRow.token_version))
    return {row.id: row.token_version for row in rows}


async def renew_token(tx: Tx, secret: bytes, venue_id: int) -> int | None:
    """Give a venue a new token, which ends the old one; return its version, None without venue."""
    row = await tx.get(VenueRow, venue_id, with_for_update=True)
    if row is None:
        return None
    row.token_version += 1
    row.token_digest = token_digest(venue_token(secret, row.id, row.token_version))
    await tx.flush()
    return row.token_version
