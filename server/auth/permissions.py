"""The one table of who may use which route and which websocket command.

A test compares it with the application's own routes and commands: one without a row here cannot
land, and a request for one is refused.
"""

from enum import StrEnum

from server.auth.model import Role


class Door(StrEnum):
    """Ways in that are not a role: everybody, or a venue's token."""

    EVERYBODY = "EVERYBODY"
    VENUE = "VENUE"


Allowed = frozenset[Role | Door]

EVERYBODY: Allowed = frozenset({Door.EVERYBODY})
VENUE: Allowed = frozenset({Door.VENUE})
SIGNED_IN: Allowed = frozenset(Role)
OPERATORS: Allowed = frozenset({Role.OFFICE, Role.LEADER})
READERS: Allowed = frozenset({Role.OFFICE, Role.LEADER, Role.AUDITOR})
ADMIN: Allowed = frozenset({Role.ADMIN})
OFFICE: Allowed = frozenset({Role.OFFICE})
LEADER: Allowed = frozenset({Role.LEADER})
FILERS: Allowed = frozenset({Role.CLERK, Role.OFFICE})
FOLLOWERS: Allowed = READERS | FILERS
TOLD: Allowed = FOLLOWERS | {Role.SECRETARY}
KEEPERS: Allowed = frozenset({Role.OFFICE, Role.ADMIN})
PLANNERS: Allowed = READERS | KEEPERS

ROUTES: dict[str, Allowed] = {
    "health": EVERYBODY,
    "static": EVERYBODY,
    "authority": EVERYBODY,
    "login": EVERYBODY,
    "login.post": EVERYBODY,
    "logout.post": SIGNED_IN,
    "choices.post": EVERYBODY,
    "account": SIGNED_IN,
    "account.post": SIGNED_IN,
    "account.language.post": SIGNED_IN,
    "password": EVERYBODY,
    "password.post": EVERYBODY,
    "home": SIGNED_IN,
    "browser": EVERYBODY,
    "help": EVERYBODY,
    "help.guide": EVERYBODY,
    "street": SIGNED_IN,
    "book": FILERS,
    "book.post": FILERS,
    "sessions": SIGNED_IN,
    "requests": FOLLOWERS,
    "request": FOLLOWERS,
    "request.edit": FILERS,
    "request.edit.post": FILERS,
    "request.withdraw.post": FILERS,
    "request.copy.post": FILERS,
    "request.send_back.post": OFFICE,
    "request.refer.post": OFFICE,
    "request.make_known.post": FILERS,
    "request.undo.post": FILERS,
    "request.take_out.post": OFFICE,
    "request.overrun.post": OFFICE,
    "request.file": FOLLOWERS,
    "request.file.remove.post": FILERS,
    "standing": READERS,
    "standing.post": OFFICE,
    "standing.new": OFFICE,
    "standing.undo.post": OFFICE,
    "standing.meeting": OFFICE,
    "standing.meeting.post": OFFICE,
    "standing.turn.post": OFFICE,
    "standing.cancel.post": OFFICE,
    "standing.move": OFFICE,
    "standing.move.post": OFFICE,
    "calls": FOLLOWERS,
    "calls.undo.post": FILERS,
    "call": FOLLOWERS,
    "call.give.post": FILERS,
    "call.change.post": FILERS,
    "call.back.post": FILERS,
    "call.on.post": FILERS,
    "approve": OPERATORS,
    "approve.decide.post": OPERATORS,
    "approve.sign.post": OPERATORS,
    "approve.undo.post": OPERATORS,
    "approve.lend.post": LEADER,
    "approve.take_back.post": LEADER,
    "board": READERS,
    "board.found": READERS,
    "board.escalated": READERS,
    "board.ask": OFFICE,
    "board.ask.post": OFFICE,
    "board.unask.post": OFFICE,
    "board.versions": READERS,
    "board.version": READERS,
    "board.diff": READERS,
    "board.state": READERS,
    "board.prices": READERS,
    "board.move.post": OFFICE,
    "board.out.post": OFFICE,
    "board.digest.post": OFFICE,
    "board.pin.post": OFFICE,
    "board.freeze.post": OFFICE,
    "board.undo.post": OFFICE,
    "board.publish.post": OFFICE,
    "board.merge.post": OFFICE,
    "board.events": READERS,
    "board.stop.post": OFFICE,
    "board.take.post": OFFICE,
    "board.drop.post": OFFICE,
    "board.offer.take.post": OFFICE,
    "board.offer.drop.post": OFFICE,
    "calendar": VENUE,
    "digest": TOLD,
    "digest.week": TOLD,
    "digest.file": TOLD,
    "digest.pdf": TOLD,
    "digest.read.post": frozenset({Role.SECRETARY}),
    "digest.remind.post": OFFICE,
    "digest.correct.post": FILERS,
    "digest.undo.post": FILERS,
    "digest.link": VENUE,
    "digest.link.post": VENUE,
    "digest.link.file": VENUE,
    "digest.link.pdf": VENUE,
    "quota": READERS | {Role.SECRETARY},
    "quota.csv": READERS,
    "quota.committee": READERS | {Role.SECRETARY},
    "quota.rules": READERS,
    "quota.rules.post": OFFICE,
    "quota.undo.post": OFFICE,
    "calendars": SIGNED_IN,
    "calendars.renew.post": SIGNED_IN,
    "session.invitations": READERS,
    "workdays": PLANNERS,
    "workdays.year": PLANNERS,
    "workdays.history": PLANNERS,
    "workdays.day.post": KEEPERS,
    "workdays.year.post": KEEPERS,
    "workdays.undo.post": KEEPERS,
    "attendance": READERS,
    "attendance.session": READERS,
    "attendance.pdf": READERS,
    "attendance.csv": READERS,
    "verify": EVERYBODY,
    "verify.program": EVERYBODY,
    "verify.log": READERS,
    "join": frozenset({Role.SECRETARY}),
    "links": KEEPERS,
    "links.renew.post": KEEPERS,
    "desk": ADMIN,
    "desk.undo.post": ADMIN,
    "desk.office": ADMIN,
    "desk.office.post": ADMIN,
    "desk.department": ADMIN,
    "desk.department.post": ADMIN,
    "desk.department.retire.post": ADMIN,
    "desk.department.restore.post": ADMIN,
    "desk.committee": ADMIN,
    "desk.committee.post": ADMIN,
    "desk.committee.retire.post": ADMIN,
    "desk.committee.restore.post": ADMIN,
    "letters": ADMIN,
    "letters.again.post": ADMIN,
    "setup": EVERYBODY,
    "setup.template": EVERYBODY,
    "setup.step": EVERYBODY,
    "setup.step.post": EVERYBODY,
    "accounts": ADMIN,
    "accounts.post": ADMIN,
    "accounts.undo.post": ADMIN,
    "accounts.edit": ADMIN,
    "accounts.edit.post": ADMIN,
    "accounts.disable.post": ADMIN,
    "accounts.enable.post": ADMIN,
    "accounts.link.post": ADMIN,
    "accounts.password": ADMIN,
    "accounts.password.post": ADMIN,
    "branch": VENUE,
    "check": VENUE,
    "check.begin.post": VENUE,
    "check.rtc.post": VENUE,
    "check.rtc.delete": VENUE,
    "check.part.post": VENUE,
    "checks": KEEPERS | LEADER,
    "checks.post": KEEPERS,
    "live": OPERATORS,
    "live.screen": OPERATORS,
    "observers": OFFICE,
    "observers.post": OFFICE,
    "observers.revoke.post": OFFICE,
    "observer": VENUE,
    "ws": EVERYBODY | VENUE,
    "whip.post": VENUE,
    "whep.post": VENUE,
    "rtc.post": VENUE,
    "rtc.delete": VENUE,
}
"""Route name → who may use it; names ending in ``.post`` or ``.delete`` change something.

A route with ``VENUE`` checks its token itself: a Bearer token, the address, or the first message.
So do those of the set-up, whose link is gone once there is an account, and of a password link.
"""

CONTROL: Allowed = OPERATORS | VENUE
"""Who may send what works the controls; a venue, and a leader, only while the chair is theirs.

That is for ``conference/chair`` to say, which knows who has the chair.
"""

COMMANDS: dict[str, Allowed] = {
    "floor.request": VENUE,
    "floor.withdraw": VENUE,
    "floor.return": VENUE,
    "floor.give": CONTROL,
    "floor.take_back": CONTROL,
    "floor.decline": CONTROL,
    "mute.all": CONTROL,
    "mute.lift": CONTROL,
    "mic.open": VENUE,
    "mic.close": VENUE,
    "head_count": VENUE,
    "agenda.next": CONTROL,
    "agenda.extend": CONTROL,
    "agenda.pace": CONTROL,
    "agenda.call_in": CONTROL,
    "chair.apply": CONTROL,
    "chair.withdraw": CONTROL,
    "chair.seize": CONTROL,
    "chair.take_back": CONTROL,
    "chair.hand_over": CONTROL,
    "chair.decline": CONTROL,
    "chair.release": CONTROL,
    "chair.deputy": CONTROL,
    "roll.start": CONTROL,
    "roll.next": CONTROL,
    "roll.mark": CONTROL,
    "roll.end": CONTROL,
    "roll.here": VENUE,
    "banner.set": CONTROL,
    "question.ask": VENUE,
    "question.done": CONTROL,
    "ballot.open": CONTROL,
    "ballot.cast": VENUE,
    "ballot.close": CONTROL,
    "ballot.clear": CONTROL,
    "undo": CONTROL,
    "session.lock": CONTROL,
    "session.unlock": CONTROL,
    "session.end": CONTROL,
    "broadcast.set": CONTROL,
    "broadcast.end": CONTROL,
    "watch.set": CONTROL,
    "watch.end": CONTROL,
    "carousel.start": CONTROL,
    "carousel.pause": CONTROL,
    "carousel.resume": CONTROL,
    "carousel.end": CONTROL,
    "layout.set": CONTROL,
    "layout.allow": CONTROL,
    "layout.forbid": CONTROL,
    "layout.choose": VENUE,
    "content.allow": CONTROL,
    "content.forbid": CONTROL,
    "content.stop": CONTROL,
    "venue.call": CONTROL,
}
"""Websocket command type → who may send it."""


def may_use(allowed: Allowed | None, role: Role | None) -> bool:
    """Tell whether a visitor may pass: ``role`` is None for one who has not signed in."""
    if allowed is None:
        return False
    return Door.EVERYBODY in allowed or (role is not None and role in allowed)
