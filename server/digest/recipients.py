"""Who is sent a committee's digest: its own address, and those of its secretaries. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from server.auth.model import Account, Role
from server.domain.places import Committee, Venue


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to write to; ``holder`` is ``venue:12`` or ``account:5``."""

    holder: str
    committee_id: int
    name: str
    email: str
    language: str


def recipients_of(
    committees: Iterable[Committee],
    accounts: Collection[Account],
    venues: Iterable[Venue],
    language: str,
) -> list[Recipient]:
    """Return everybody to write to, by committee; nobody twice at one address.

    Args:
        committees: those that are told; retired ones are passed over.
        accounts: all of them.
        venues: all of them.
        language: what is written in to whoever has not chosen another.
    """
    rooms = {venue.committee_id: venue.id for venue in venues if venue.committee_id is not None}
    found: list[Recipient] = []
    for committee in committees:
        if committee.retired or committee.id not in rooms:
            continue
        own: dict[str, Recipient] = {}
        if committee.email:
            holder = f"venue:{rooms[committee.id]}"
            own[committee.email.lower()] = Recipient(
                holder,
                committee.id,
                committee.name,
                committee.email,
                committee.language or language,
            )
        for account in accounts:
            if _is_told(account, committee):
                told = Recipient(
                    f"account:{account.id}",
                    committee.id,
                    account.display_name,
                    account.email,
                    account.language or language,
                )
                own.setdefault(account.email.lower(), told)
        found += own.values()
    return found


def _is_told(account: Account, committee: Committee) -> bool:
    mine = account.role is Role.SECRETARY and account.committee_id == committee.id
    return mine and bool(account.email) and not account.disabled
