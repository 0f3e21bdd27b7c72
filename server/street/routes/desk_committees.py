"""The administrator's pages of committees: number, name, venue and people; retiring one."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.places import Committee, Venue
from server.domain.session import Session
from server.pages.context import (
    DATABASE,
    SECRET,
    form_values,
    id_of,
    page,
)
from server.street import committees as keeping
from server.street import store
from server.street.desk import (
    BLANK_ROWS,
    POSTS,
    CommitteeForm,
    PersonLine,
    check_form,
    form_of,
    read_form,
)
from server.street.routes.desk import EXPECTING, back, cut_off_retired, keeper_of

_NEW = "new"
_NEW_ROWS = 4


async def _load(
    http: web.Request,
) -> tuple[Committee | None, CommitteeForm, Venue | None, list[Session]]:
    """Return the committee of the address, its form, venue, and the sessions that expect it.

    Raises:
        NotFoundError: ``no_such_committee``.
    """
    async with http.app[DATABASE].view() as tx:
        committees = await store.load_committees(tx)
        if http.match_info["committee"] == _NEW:
            number = str(keeping.next_number(committees))
            return None, CommitteeForm(number, people=(PersonLine(),) * _NEW_ROWS), None, []
        wanted = id_of(http, "committee")
        committee = next((c for c in committees if c.id == wanted), None)
        if committee is None:
            raise NotFoundError("no_such_committee")
        venue = next(v for v in await store.load_venues(tx) if v.committee_id == wanted)
        people = await store.load_staff(tx, wanted)
        expecting = await http.app[EXPECTING](tx, [venue.id])
    return committee, form_of(committee, venue.name, people), venue, expecting


async def _page(
    http: web.Request,
    form: CommitteeForm | None = None,
    errors: Mapping[str, DomainError] | None = None,
    *,
    overtaken: bool = False,
) -> web.Response:
    """Show a committee; ``form`` is what was typed, kept when it could not be saved."""
    committee, stored, venue, expecting = await _load(http)
    if form is not None and overtaken:
        form = _with_strangers(form, stored)
    return page(
        http,
        "street/desk_committee.html",
        status=409 if overtaken else 422 if errors else 200,
        committee=committee,
        venue=venue,
        expecting=expecting,
        form=form or stored,
        stored=stored,
        posts=POSTS,
        errors=errors or {},
        overtaken=overtaken,
    )


def _with_strangers(form: CommitteeForm, stored: CommitteeForm) -> CommitteeForm:
    """Return what was typed with the people whom another administrator has added since."""
    typed = [line for line in form.people if not line.is_blank]
    known = {line.id for line in typed}
    strangers = [line for line in stored.people if line.id and line.id not in known]
    blank = [PersonLine()] * BLANK_ROWS
    return replace(form, people=(*typed, *strangers, *blank), version=stored.version)


async def show_committee(http: web.Request) -> web.Response:
    """Show the form of one committee, or of a new one."""
    return await _page(http)


async def handle_committee(http: web.Request) -> web.Response:
    """Add or change a committee with its venue and people, all or nothing."""
    committee, *_ = await _load(http)
    form = read_form(await form_values(http))
    words, errors = check_form(form, committee.id if committee else 0)
    if errors:
        return await _page(http, form, errors)
    keeper = keeper_of(http)
    try:
        if committee is None:
            return back(await keeping.add_committee(keeper, http.app[SECRET], words))
        changed = keeping.change_committee(keeper, committee.id, words, version=form.version)
        return back(await changed)
    except NotFoundError:
        raise
    except ConflictError as error:
        if error.code == "changed_meanwhile":
            return await _page(http, form, overtaken=True)
        return await _page(http, form, {"number": error})
    except DomainError as error:
        return await _page(http, form, {"name": error})


async def handle_retire(http: web.Request) -> web.Response:
    """Retire a committee with its venue."""
    sequence = await keeping.retire_committee(keeper_of(http), id_of(http, "committee"))
    await cut_off_retired(http)
    return back(sequence)


async def handle_restore(http: web.Request) -> web.Response:
    """Bring a committee back."""
    return back(await keeping.restore_committee(keeper_of(http), id_of(http, "committee")))


_ONE = "/admin/street/committees/{committee}"

ROUTES = [
    web.get(_ONE, show_committee, name="desk.committee"),
    web.post(_ONE, handle_committee, name="desk.committee.post"),
    web.post(f"{_ONE}/retire", handle_retire, name="desk.committee.retire.post"),
    web.post(f"{_ONE}/restore", handle_restore, name="desk.committee.restore.post"),
]
