"""Pages of weekly digests: one's own copy, everybody's with receipts, what a letter links to."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.auth.model import Login, Role
from server.db.engine import Tx
from server.digest import service, views
from server.digest.model import (
    DigestCopy,
    DigestEntry,
    WeeklyDigest,
    copy_for,
    copy_of_all,
    corrections_of,
)
from server.digest.receipts import Way
from server.digest.service import Digester
from server.digest.store import load_digests
from server.domain.errors import NotFoundError
from server.domain.events import Recorded
from server.pages.context import (
    CLOCK,
    DATABASE,
    PAPER,
    RENDERER,
    form_values,
    many,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.pages.files import hand_out
from server.street import store as street

DIGESTER: web.AppKey[Digester] = web.AppKey("digester", Digester)
"""What digests are made with."""


async def show_digest(http: web.Request) -> web.Response:
    """Show the digest of a week, or the latest: a secretary's copy, or everybody's."""
    login, week = login_of(http), http.match_info.get("week", "")
    if login.role is Role.SECRETARY:
        return await _own(http, login, week)
    return await _all(http, login, week)


def _is_read(http: web.Request) -> bool:
    """Tell whether a person opens the page: no browser that only fetches ahead."""
    ahead = http.headers.get("Sec-Purpose", "") + http.headers.get("Purpose", "")
    return http.method == "GET" and "prefetch" not in ahead


async def _own(http: web.Request, login: Login, week: str) -> web.Response:
    now = http.app[CLOCK].now()
    async with http.app[DATABASE].view() as tx:
        shown = await views.load_own(tx, login, now, week)
    fresh: tuple[int, ...] = ()
    if shown.digest is not None and shown.left and _is_read(http):
        digester = http.app[DIGESTER]
        fresh = await service.mark_read(digester, login, shown.digest.week, way=Way.PAGE)
        async with http.app[DATABASE].view() as tx:
            shown = await views.load_own(tx, login, now, week)
            left = await views.count_unread(tx, login, now)
        visit = visit_of(http)
        visit.menu = tuple(replace(e, count=left) if e.count else e for e in visit.menu)
    return page(http, "digest/committee.html", shown=shown, fresh=fresh, login=login)


async def _all(http: web.Request, login: Login, week: str) -> web.Response:
    sequence = whole_number(http.query.get("event", ""))
    async with http.app[DATABASE].view() as tx:
        shown = await views.load_all(tx, login, http.app[CLOCK].now(), week)
        event = await _event(tx, login, sequence)
    return page(
        http,
        "digest/office.html",
        shown=shown,
        login=login,
        office=login.role is Role.OFFICE,
        own_only=login.role is Role.CLERK,
        may_correct=service.may_correct,
        correcting=whole_number(http.query.get("correct", "")),
        longest=service.LONGEST_CORRECTION,
        event=event,
        undoable=service.UNDOABLE,
    )


async def _event(tx: Tx, login: Login, sequence: int) -> Recorded | None:
    event = await load_event(tx, sequence) if sequence else None
    own = event is not None and event.actor == f"login:{login.account_id}"
    return event if own and event and event.kind.startswith("digest.") else None


async def handle_read(http: web.Request) -> web.Response:
    """Note that one entry was read, and lead back to where the button was pressed."""
    values = await form_values(http)
    number = whole_number(values.get("entry", ""))
    digester, week = http.app[DIGESTER], http.match_info["week"]
    await service.mark_read(digester, login_of(http), week, way=Way.PRESS, number=number)
    return redirect("/" if values.get("next") == "home" else f"/digest/{week}")


async def handle_remind(http: web.Request) -> web.Response:
    """Remind those who have not read a digest."""
    week = http.match_info["week"]
    done = await service.remind(http.app[DIGESTER], login_of(http), week)
    return redirect(f"/digest/{week}?event={done}")


async def handle_correct(http: web.Request) -> web.Response:
    """Write a correction of an entry into the next digest."""
    week, values = http.match_info["week"], await form_values(http)
    number = whole_number(values.get("entry", ""))
    text = " ".join(values.get("text", "").split())
    done = await service.correct(http.app[DIGESTER], login_of(http), week, number, text)
    return redirect(f"/digest/{week}?event={done}")


async def handle_undo(http: web.Request) -> web.Response:
    """Take back a reminder or a correction."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    week, done = await service.undo(http.app[DIGESTER], login_of(http), wanted)
    return redirect(f"/digest/{week}?event={done}")


# --- files -------------------------------------------------------------------------------------


async def _file(http: web.Request, entries: Iterable[DigestEntry]) -> web.Response:
    """Hand out a file of one of these entries, as a download and as nothing else."""
    number, place = (sum(many([http.match_info[name]])) for name in ("entry", "file"))
    entry = next((e for e in entries if e.number == number), None)
    if entry is None or not 1 <= place <= len(entry.files):
        raise NotFoundError("file_gone")
    file = entry.files[place - 1]
    return hand_out(await http.app[DIGESTER].fetch_file(file.digest), file.name)


async def show_file(http: web.Request) -> web.Response:
    """Hand out a file of an entry that the login may see."""
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        digest = await service.require_digest(tx, http.match_info["week"])
    if login.role is Role.SECRETARY:
        return await _file(http, copy_for(digest, login.committee_id or 0).entries)
    own = login.department_id if login.role is Role.CLERK else None
    return await _file(http, (e for e in digest.entries if own in {None, e.department_id}))


# --- on paper ----------------------------------------------------------------------------------


async def show_pdf(http: web.Request) -> web.Response:
    """Hand out a digest for print: a secretary's copy, or what the login sees of everybody's."""
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        digest = await service.require_digest(tx, http.match_info["week"])
        committee = await _committee_of(tx, login)
        later = await load_digests(tx, since=digest.day)
    if login.role is Role.SECRETARY:
        if login.committee_id not in digest.committee_ids:
            raise NotFoundError("no_such_digest")
        return await _paper(
            http, digest, copy_for(digest, login.committee_id or 0), committee, later
        )
    own = login.department_id if login.role is Role.CLERK else None
    seen = [e for e in digest.entries if own in {None, e.department_id}]
    return await _paper(http, digest, copy_of_all(digest, seen), "", later)


async def _committee_of(tx: Tx, login: Login) -> str:
    committees = await street.load_committees(tx)
    return next((c.name for c in committees if c.id == login.committee_id), "")


async def _paper(
    http: web.Request,
    digest: WeeklyDigest,
    copy: DigestCopy,
    committee: str,
    later: Collection[WeeklyDigest],
) -> web.Response:
    visit = visit_of(http)
    values = {
        "visit": visit,
        "digest": digest,
        "copy": copy,
        "committee": committee,
        "year": copy.day.year,
        "corrected": corrections_of(digest, later),
    }
    html = http.app[RENDERER].render("digest/paper.html", visit.language, values)
    pdf = await http.app[PAPER].print_page(html)
    headers = {"Content-Disposition": f'attachment; filename="digest-{copy.week}.pdf"'}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)


# --- by the link in a letter -------------------------------------------------------------------


async def show_link(http: web.Request) -> web.Response:
    """Show a committee's digest to whoever has its link, with one button to say 已阅."""
    token = http.match_info["token"]
    async with http.app[DATABASE].view() as tx:
        found = await service.read_link(http.app[DIGESTER], tx, token)
        later = await load_digests(tx, since=found.digest.day)
    return page(
        http,
        "digest/link.html",
        found=found,
        copy=copy_for(found.digest, found.committee_id),
        digest=found.digest,
        read_at=views.read_times(found.digest, found.receipts, found.holder),
        corrected=corrections_of(found.digest, later),
        token=token,
        is_done="read" in http.query,
    )


async def handle_link_read(http: web.Request) -> web.Response:
    """Note that the holder of a link has read it."""
    token = http.match_info["token"]
    await service.press_link(http.app[DIGESTER], token)
    return redirect(f"/d/{token}?read")


async def show_link_pdf(http: web.Request) -> web.Response:
    """Hand out for print what a link shows."""
    async with http.app[DATABASE].view() as tx:
        found = await service.read_link(http.app[DIGESTER], tx, http.match_info["token"])
        later = await load_digests(tx, since=found.digest.day)
    copy = copy_for(found.digest, found.committee_id)
    return await _paper(http, found.digest, copy, found.committee, later)


async def show_link_file(http: web.Request) -> web.Response:
    """Hand out a file of what a link shows."""
    async with http.app[DATABASE].view() as tx:
        found = await service.read_link(http.app[DIGESTER], tx, http.match_info["token"])
    return await _file(http, copy_for(found.digest, found.committee_id).entries)


ROUTES = [
    web.get("/digest", show_digest, name="digest"),
    web.post("/digest/undo", handle_undo, name="digest.undo.post"),
    web.get("/digest/{week}", show_digest, name="digest.week"),
    web.post("/digest/{week}/read", handle_read, name="digest.read.post"),
    web.post("/digest/{week}/remind", handle_remind, name="digest.remind.post"),
    web.post("/digest/{week}/correct", handle_correct, name="digest.correct.post"),
    web.get("/digest/{week}/digest.pdf", show_pdf, name="digest.pdf"),
    web.get("/digest/{week}/files/{entry}/{file}", show_file, name="digest.file"),
    web.get("/d/{token}", show_link, name="digest.link"),
    web.post("/d/{token}/read", handle_link_read, name="digest.link.post"),
    web.get("/d/{token}/digest.pdf", show_link_pdf, name="digest.link.pdf"),
    web.get("/d/{token}/files/{entry}/{file}", show_link_file, name="digest.link.file"),
]
