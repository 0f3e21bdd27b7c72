"""The monthly letter: last month's report as PDF, on the first working day, to who asked for it.

Printing lasts, so this is done beside the timer's looks and only by the process that leads. That a
letter was written is noted in the transaction that puts it into the outbox: never two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from server.auth.model import Account, Login
from server.auth.store import load_account_by_id
from server.burden import service, store
from server.burden.paper import paper_values
from server.burden.periods import Chosen, last_month
from server.burden.report import parse_about
from server.burden.service import Shown
from server.burden.store import SavedFilter
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import NotFoundError
from server.mail.model import Attachment, Letter
from server.mail.service import enqueue
from server.pages.export import PaperMaker
from server.pages.letters import render_letter
from server.pages.render import Renderer
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import DIGEST_AT, WorkdayTable, month_of, shifted
from server.street import store as street
from server.timers.model import Nudge, Source

LOOK_SECONDS = 60


def folding_jobs(db: Database) -> Source:
    """Return the source of jobs that fold sessions once they are over, and forget erased ones."""

    async def found(tx: Tx, now: datetime) -> Sequence[Nudge]:
        nudges: list[Nudge] = []
        if await service.missing(tx):
            nudges.append(Nudge("burden:fold", now, partial(service.fold_ahead, db)))
        if await service.load_erased(tx):
            nudges.append(Nudge("burden:forget", now, partial(service.forget_erased, db)))
        return nudges

    return found


def is_due(table: WorkdayTable, now: datetime) -> bool:
    """Tell whether a month's letters may go out: from its first working day on, at 08:30."""
    here = now.astimezone(SITE_ZONE)
    first = shifted(table, here.date().replace(day=1), 0)
    return here.date() > first or (here.date() == first and here.time() >= DIGEST_AT)


@dataclass(frozen=True, slots=True)
class Monthly:
    """Writes the monthly letters.

    ``language`` is that of letters to who has chosen none; ``address`` is where our pages are,
    without a slash at its end.
    """

    db: Database
    clock: Clock
    renderer: Renderer
    paper: PaperMaker
    language: str
    address: str

    async def begin(self) -> None:
        """Begin to lead: there is nothing to be done before."""

    async def run_due(self) -> None:
        """Write the letters of this month that were not written yet, one after the other."""
        now = self.clock.now()
        here = now.astimezone(SITE_ZONE).date()
        async with self.db.view() as tx:
            if not is_due(await load_workdays(tx), now):
                return
            wanted = await store.load_monthly(tx, month_of(here))
        for one in wanted:
            await self._write(one, last_month(here), month_of(here))

    async def _write(self, one: SavedFilter, chosen: Chosen, month: str) -> None:
        async with self.db.view() as tx:
            account = await load_account_by_id(tx, one.account_id)
            office = await street.load_office(tx)
        letter = None
        if account is not None and account.email and not account.disabled:
            name, phone = (office.name, office.phone) if office else ("", "")
            letter = await self._letter(one, account, chosen, name, phone)
        async with self.db.tx() as tx:
            if letter is not None:
                await enqueue(tx, self.clock, letter)
            await store.set_monthly(tx, one.account_id, one.id, monthly=True, mailed=month)

    async def _letter(
        self, one: SavedFilter, account: Account, chosen: Chosen, name: str, phone: str
    ) -> Letter | None:
        """Return the letter; None when the account may not see that report any more."""
        about = parse_about(one.about)
        if about is None:
            return None
        try:
            service.require_allowed(about, _as_login(account, self.clock.now()))
            shown = await service.read_report(
                self.db,
                self.clock,
                about,
                chosen,
                actor="system",
                name=account.display_name,
                form="mail",
            )
        except NotFoundError:
            return None
        pdf = await self._print(shown, account, name)
        language = account.language or self.language
        values: dict[str, object] = {
            "report": shown.report,
            "shown": shown,
            "address": self.address,
            "street": name,
            "phone": phone,
        }
        words = render_letter(self.renderer, "burden/letter.html", language, values)
        return Letter(
            key=f"report:{chosen.key}:filter-{one.id}",
            recipient=account.email,
            subject=words.subject,
            text=words.text,
            html=words.html,
            attachments=(Attachment(f"{shown.audit_number}.pdf", "application/pdf", pdf),),
            until=self.clock.now() + timedelta(days=20),
        )

    async def _print(self, shown: Shown, account: Account, name: str) -> bytes:
        made_at, language = self.clock.now(), account.language or self.language
        values = paper_values(shown, name, self.address, made_at)
        html = self.renderer.render("burden/paper.html", language, values)
        return await self.paper.make(html, made_at)


def _as_login(account: Account, now: datetime) -> Login:
    """Return an account as if it had signed in, to ask what it may see."""
    return Login(
        account_id=account.id,
        name=account.name,
        display_name=account.display_name,
        role=account.role,
        department_id=account.department_id,
        committee_id=account.committee_id,
        since=now,
    )
