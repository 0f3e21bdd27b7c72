"""Turns rows of the street into values and back."""

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
    return StreetOffice(row.id, row.name, row.phone) if row else None


async def load_departments(tx: Tx) -> list[Department]:
    """Return the departments in the order they were entered."""
    rows = await tx.scalars(select(DepartmentRow).order_by(DepartmentRow.id))
    return [Department(r.id, r.name, r.exempt) for r in rows]


async def load_committees(tx: Tx) -> list[Committee]:
    """Return the committees by number."""
    rows = await tx.scalars(select(CommitteeRow).order_by(CommitteeRow.number))
    return [Committee(r.id, r.number, r.name) for r in rows]


async def load_places(tx: Tx) -> Places:
    """Return what accounts can belong to."""
    return Places(await load_departments(tx), await load_committees(tx))


async def load_people(tx: Tx) -> list[Person]:
    """Return everybody's posts, ordered by committee and entry."""
    rows = await tx.scalars(select(PersonRow).order_by(PersonRow.committee_id, PersonRow.id))
    return [Person(r.id, r.committee_id, r.name, Post(r.post), r.line) for r in rows]


def _venue(row: VenueRow) -> Venue:
    return Venue(row.id, row.number, row.name, VenueKind(row.kind), row.committee_id)


async def load_venues(tx: Tx) -> list[Venue]:
    """Return all venues by number: the main venue (0) first."""
    rows = await tx.scalars(select(VenueRow).order_by(VenueRow.number))
    return [_venue(r) for r in rows]


async def load_venue_by_token(tx: Tx, token: str) -> Venue | None:
    """Return the venue whose link carries this token, or None."""
    row = await tx.scalar(select(VenueRow).where(VenueRow.token_digest == token_digest(token)))
    return _venue(row) if row else None


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
    row = DepartmentRow(name=name, exempt=exempt)
    tx.add(row)
    await tx.flush()
    return row.id


async def save_committee(tx: Tx, number: int, name: str) -> int:
    """Enter a committee and return its id."""
    row = CommitteeRow(number=number, name=name)
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
