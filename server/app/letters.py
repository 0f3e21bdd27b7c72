"""What writes to people and reads what they answer: invitations, digests, reminders, the outbox."""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from server.app.address import public_address
from server.app.files import fetch_file, load_digest_files
from server.app.keys import TIMER
from server.config import Settings
from server.db.engine import Database, Tx
from server.digest import routes as digest_routes
from server.digest.jobs import digest_jobs
from server.digest.service import Digester
from server.domain.clock import Clock
from server.invitation import routes as invitation_routes
from server.invitation.ics import MOST_BYTES
from server.invitation.jobs import invitation_jobs
from server.invitation.service import Inviter, receive
from server.mail.jobs import SEND_SECONDS, Postman, emptying_jobs
from server.mail.receiving import POLL_SECONDS, Collector
from server.pages.context import (
    CLOCK,
    DATABASE,
    RENDERER,
    SECRET,
)
from server.portal import routes as portal_routes
from server.standing import routes as standing_routes
from server.standing.jobs import standing_jobs
from server.standing.service.desk import Convener
from server.standing.service.moving import follow_hall
from server.standing.service.scheduling import Scribe
from server.street import routes as street_routes
from server.street import store as street_store
from server.street.keeper import FollowHall


def add_letters(app: web.Application, settings: Settings) -> None:
    """Add the outbox, and who writes into it."""
    server = settings.mail_server
    app[portal_routes.POSTMAN] = postman = Postman(
        app[DATABASE], app[CLOCK], server, _sender_name(app[DATABASE])
    )
    app[portal_routes.LETTER_DAYS] = settings.letter_days
    app[TIMER].register("letters", emptying_jobs(app[CLOCK], settings.letter_days))
    if server is not None:
        app[TIMER].while_leading(SEND_SECONDS, postman.run_due, begin=postman.look_back)
    _add_invitations(app, settings)
    _add_digests(app, settings)
    _add_standing(app, settings)
    _read_answers(app, settings)
    app.on_cleanup.append(_stop_letters)


def _add_invitations(app: web.Application, settings: Settings) -> None:
    app[invitation_routes.INVITER] = inviter = Inviter(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        secret=app[SECRET],
        language=settings.language,
        organizer=settings.mail_server.sender if settings.mail_server else "",
    )
    app[TIMER].register("invitations", invitation_jobs(inviter))


def _add_digests(app: web.Application, settings: Settings) -> None:
    app[digest_routes.DIGESTER] = digester = Digester(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        secret=app[SECRET],
        language=settings.language,
        address=public_address(settings),
        load_files=load_digest_files,
        fetch_file=partial(fetch_file, settings.data_dir / "files"),
    )
    app[TIMER].register("digest", digest_jobs(digester))


def _add_standing(app: web.Application, settings: Settings) -> None:
    """Add standing meetings, which the street's hall moves when it changes."""
    app[standing_routes.CONVENER] = convener = Convener(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        language=settings.language,
        address=public_address(settings),
    )
    app[TIMER].register("standing", standing_jobs(convener))
    app[street_routes.FOLLOW_HALL] = _hall_follower(app[CLOCK])


def _read_answers(app: web.Application, settings: Settings) -> None:
    """Read answers to invitations from a mailbox, where one is set."""
    app[portal_routes.COLLECTOR] = None
    if settings.mailbox is None:
        return
    enter = partial(receive, app[DATABASE], app[CLOCK])
    app[portal_routes.COLLECTOR] = collector = Collector(
        app[DATABASE], app[CLOCK], settings.mailbox, enter, most_bytes=MOST_BYTES
    )
    app[TIMER].while_leading(POLL_SECONDS, collector.run_due, begin=collector.begin)


def _hall_follower(clock: Clock) -> FollowHall:
    """Return what lets sessions that are scheduled follow the street's hall."""

    async def follow(tx: Tx, actor: str, was: str, now: str) -> None:
        await follow_hall(tx, Scribe(clock, actor), was, now)

    return follow


def _sender_name(db: Database) -> Callable[[], Awaitable[str]]:
    """Return what tells who letters are from: the street office's name."""

    async def name() -> str:
        async with db.view() as tx:
            office = await street_store.load_office(tx)
        return office.name if office else ""

    return name


async def _stop_letters(app: web.Application) -> None:
    await app[portal_routes.POSTMAN].stop()
    if (collector := app[portal_routes.COLLECTOR]) is not None:
        await collector.stop()
