"""Letters about standing meetings: who is asked for items, and who is told what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.auth import store as accounts
from server.auth.model import Account, Role
from server.db.engine import Tx
from server.domain.session import Session
from server.mail import service as mail
from server.mail.model import Letter
from server.mail.store import withdraw_letters
from server.pages.letters import render_letter
from server.scheduler.filing import FiledRequest
from server.standing.calling import CallTimes
from server.standing.model import Plan
from server.standing.service.desk import Convener
from server.standing.service.scheduling import Dropped
from server.street import store as street


async def clerks_of(tx: Tx, department_ids: Iterable[int]) -> list[Account]:
    """Return the clerks of some departments who can be written to."""
    wanted = set(department_ids)
    return [
        account
        for account in await accounts.load_accounts(tx)
        if account.role is Role.CLERK
        and account.department_id in wanted
        and account.email
        and not account.disabled
    ]


async def _send(
    tx: Tx,
    convener: Convener,
    account: Account,
    key: str,
    values: dict[str, object],
    *,
    held_back: timedelta = timedelta(),
) -> None:
    office = await street.load_office(tx)
    frame: dict[str, object] = {
        "street": office.name if office else "",
        "phone": office.phone if office else "",
        "address": convener.address,
        "name": account.display_name,
    }
    language = account.language or convener.language
    words = render_letter(convener.renderer, "standing/letter.html", language, frame | values)
    session = values["session"]
    until = session.starts_at if isinstance(session, Session) else None
    letter = Letter(
        key=f"{key}:{account.id}",
        recipient=account.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
        until=until,
    )
    await mail.enqueue(tx, convener.clock, letter, held_back=held_back)


async def ask(
    tx: Tx,
    convener: Convener,
    session: Session,
    *,
    times: CallTimes,
    free: int,
    department_ids: Iterable[int],
) -> list[int]:
    """Ask departments for items of a meeting; return those that could be written to.

    Args:
        tx: the transaction.
        convener: with its address, to which the letter leads.
        session: the meeting.
        times: until when the call is open.
        free: minutes that are free now.
        department_ids: who is asked.
    """
    written = await clerks_of(tx, department_ids)
    for account in written:
        values: dict[str, object] = {
            "what": "asked",
            "session": session,
            "times": times,
            "free": free,
        }
        await _send(tx, convener, account, f"call:{session.id}:{times.opens_at:%F}", values)
    return sorted({a.department_id for a in written if a.department_id is not None})


async def tell_dropped(
    tx: Tx, convener: Convener, dropped: Sequence[Dropped], key: str, why: str
) -> None:
    """Tell departments that their items lost their places, once nobody takes it back.

    Args:
        tx: the transaction.
        convener: with its address.
        dropped: the items and the meetings they were in.
        key: what it came of, by which the letters can be withdrawn.
        why: ``changed``, ``off`` or ``displaced``.
    """
    for one in dropped:
        for account in await clerks_of(tx, [one.request.filing.department_id]):
            values: dict[str, object] = {
                "what": why,
                "session": one.session,
                "request": one.request,
            }
            name = f"{key}:{one.request.number}.{one.request.version}"
            await _send(tx, convener, account, name, values, held_back=mail.HELD_BACK)


async def untell(tx: Tx, key: str) -> bool:
    """Withdraw the letters of what was taken back; tell whether none has gone out."""
    return await withdraw_letters(tx, f"{key}:")


@dataclass(frozen=True, slots=True)
class ClosedAgenda:
    """An agenda as it was closed: its guests, those left out, the next meeting if there is one."""

    session: Session
    placed: Sequence[FiledRequest]
    left: Sequence[FiledRequest]
    following: Session | None


async def tell_closed(tx: Tx, convener: Convener, plan: Plan, closed: ClosedAgenda) -> None:
    """Tell the chair, the meeting's own department and its guests in which order things run."""
    key = f"closed:{closed.session.id}:{closed.session.starts_at:%F}"
    asked = {r.filing.department_id for r in (*closed.placed, *closed.left)}
    everybody = {a.id: a for a in await clerks_of(tx, asked | {plan.department_id})}
    for account in await accounts.load_accounts(tx):
        chairs = account.id == plan.chair_id if plan.chair_id else account.role is Role.LEADER
        if chairs and account.email and not account.disabled:
            everybody[account.id] = account
    for account in everybody.values():
        own = [r for r in closed.left if r.filing.department_id == account.department_id]
        values: dict[str, object] = {
            "what": "closed",
            "session": closed.session,
            "left": own,
            "following": closed.following,
        }
        await _send(tx, convener, account, key, values)
