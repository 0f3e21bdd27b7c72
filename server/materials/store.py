"""Turns rows of materials into values and back."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from server.db.engine import Tx
from server.materials.model import Listing, Material
from server.materials.tables import MaterialListRow, MaterialRow, MaterialViewRow


async def save_material(
    tx: Tx, subject: str, *, name: str, digest: str, size: int, added_at: datetime
) -> Material:
    """Enter a file whose bytes are kept, and return it."""
    row = MaterialRow(subject=subject, name=name, digest=digest, size=size, added_at=added_at)
    tx.add(row)
    await tx.flush()
    return Material(f"m{row.id}", name, digest, size)


async def load_materials(tx: Tx, subjects: Collection[str]) -> defaultdict[str, list[Material]]:
    """Return the files that were added, by what they hang on, in the order in which they came."""
    query = select(MaterialRow).where(MaterialRow.subject.in_(list(subjects)))
    found: defaultdict[str, list[Material]] = defaultdict(list)
    for row in await tx.scalars(query.order_by(MaterialRow.id)):
        found[row.subject].append(Material(f"m{row.id}", row.name, row.digest, row.size))
    return found


async def load_listings(tx: Tx, subjects: Collection[str]) -> defaultdict[str, Listing]:
    """Return how lists are arranged; one that nobody has arranged has the default."""
    query = select(MaterialListRow).where(MaterialListRow.subject.in_(list(subjects)))
    found: defaultdict[str, Listing] = defaultdict(Listing)
    for row in await tx.scalars(query):
        found[row.subject] = Listing(tuple(row.order), frozenset(row.hidden))
    return found


async def save_listing(tx: Tx, subject: str, listing: Listing) -> None:
    """Enter how a list is arranged."""
    order, hidden = list(listing.order), sorted(listing.hidden)
    row = await tx.get(MaterialListRow, subject, with_for_update=True)
    if row is None:
        tx.add(MaterialListRow(subject=subject, order=order, hidden=hidden))
    else:
        row.order, row.hidden = order, hidden
    await tx.flush()


async def note_view(tx: Tx, session_id: int, file: str, viewer: str, now: datetime) -> bool:
    """Enter that somebody has seen a file; tell whether it was the first time."""
    key = (session_id, file, viewer)
    if await tx.get(MaterialViewRow, key) is not None:
        return False
    tx.add(MaterialViewRow(session_id=session_id, file=file, viewer=viewer, seen_at=now))
    await tx.flush()
    return True


async def count_venues(tx: Tx, session_id: int) -> defaultdict[str, int]:
    """Return by key how many branch venues have seen a file in a session."""
    mine = MaterialViewRow.session_id == session_id
    query = select(MaterialViewRow.file, MaterialViewRow.viewer).where(mine)
    found: defaultdict[str, int] = defaultdict(int)
    for file, viewer in await tx.execute(query):
        found[file] += viewer.startswith("venue:") and viewer != "venue:0"
    return found
