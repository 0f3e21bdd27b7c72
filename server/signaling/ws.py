"""The websocket door: says hello, carries frames both ways, cuts off who breaks the rules.

Everything that decides is elsewhere: parsing in ``messages``, permission in ``connection``, rules
in ``conference``. One serialised text goes to everybody when a state changes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from dataclasses import replace

from aiohttp import WSMsgType, web

from server.auth import store as accounts
from server.auth.guard import LOGIN_COOKIE
from server.auth.permissions import OPERATORS
from server.auth.service import IDLE, digest_of, find_login
from server.conference.layout import Screen
from server.conference.links import find_session
from server.conference.live import Conference
from server.conference.model import MAIN, Order
from server.conference.peers import Part
from server.conference.places import held
from server.conference.quality import Mark
from server.conference.service.running import Conferences
from server.db.engine import Database
from server.devicecheck.service import due
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError
from server.domain.places import Venue
from server.domain.session import SessionState
from server.i18n import catalogue
from server.pages.context import CLOCK, DATABASE, SECRET, visit_of
from server.pages.middleware import origin_is_ours
from server.scheduler import store as sessions
from server.signaling import messages as wire
from server.signaling import showing, views
from server.signaling.connection import Connection, order_of
from server.signaling.lobby import Lobby
from server.street import store as street

log = logging.getLogger("pinhui.ws")

HELLO_SECONDS = 10
HEARTBEAT_SECONDS = 10
CLOSE_SECONDS = 2
STATE_EVERY_SECONDS = 0.04
"""States closer together than this are sent as one: a storm of joins must not flood 34 readers."""


class Hub:
    """All websockets, and what they are told. Listens to ``conference.service.Conferences``."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._sockets: dict[Connection, asyncio.Event] = {}
        self._stale: set[int] = set()
        self._flusher: asyncio.Task[None] | None = None
        self._greeting: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self.conferences: Conferences | None = None
        self.lobby = Lobby()

    # --- who is here ----------------------------------------------------------------------------

    def add(self, connection: Connection) -> asyncio.Event:
        """Take a connection in; the event is set whenever frames wait for it."""
        self._sockets[connection] = asyncio.Event()
        self._empty.clear()
        return self._sockets[connection]

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        self._sockets.pop(connection, None)
        self._stand_up(connection)
        if not self._sockets:
            self._empty.set()

    async def close(self) -> None:
        """Let every reader go, with the code that says the server is going away.

        One that does not answer is not waited for: the next start is to be up at once.
        """
        if self._flusher is not None:
            self._flusher.cancel()
        if self._greeting:
            # they read the database, which must not be torn out of their hands
            await asyncio.wait(self._greeting, timeout=CLOSE_SECONDS)
        for connection in self._sockets:
            self._end(connection, wire.CLOSE_GOING_AWAY)
        if self._sockets:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), CLOSE_SECONDS)

    def cut_off(self, venue_id: int) -> None:
        """Close the websockets of a venue's PCs: the link they came by is no longer good."""
        for connection in self._sockets:
            if connection.is_venue and connection.venue.id == venue_id:
                self._end(connection, wire.CLOSE_NOT_KNOWN)

    def observers_turned_out(self, session_id: int) -> None:
        """Close the websockets of a session's observers: their link is no longer good."""
        for connection in self._sockets:
            if connection.part is Part.OBSERVER and connection.wanted == session_id:
                self._end(connection, wire.CLOSE_NOT_KNOWN)

    async def sign_out(self, account_id: int) -> None:
        """End the connections of an account whose login has ended, or that may do other things."""
        mine = [c for c in self._sockets if c.account_id == account_id]
        async with self._db.view() as tx:
            for connection in mine:
                login = await accounts.load_login(tx, connection.login, self._clock.now(), IDLE)
                if login is None or login.role is not connection.role:
                    self._end(connection, wire.CLOSE_NOT_KNOWN)

    def _end(self, connection: Connection, code: int) -> None:
        """Let a connection be closed by its writer, with this code, as soon as can be."""
        connection.closing = code
        if connection in self._sockets:
            self._sockets[connection].set()

    def _following(self, conference: Conference) -> list[Connection]:
        return [c for c in self._sockets if c.session_id == conference.state.session_id]

    def _push(self, connections: Iterable[Connection], message: wire.Said_) -> None:
        text = wire.serialise(message)
        for connection in connections:
            connection.push(text)
            self._sockets[connection].set()

    def say(self, connection: Connection, message: wire.Said_) -> None:
        """Tell one connection something."""
        if connection in self._sockets:
            self._push([connection], message)

    # --- what conferences tell ------------------------------------------------------------------

    def opened(self, conference: Conference) -> None:
        """Let everybody whose venue is on the roster follow the session that opened."""
        for connection in self._sockets:
            if connection.session_id == 0 and _is_about(connection, conference):
                self.follow(connection, conference)

    def follow(self, connection: Connection, conference: Conference) -> None:
        """Welcome a connection to an open session and show it the state."""
        connection.session_id = conference.state.session_id
        if self.conferences is not None and connection.part is Part.CAMERA:
            self.conferences.sit_down(conference, connection.seat, connection.client)
        operator = connection.role in OPERATORS
        now = self._clock.now()
        self.say(
            connection,
            views.welcome_message(
                connection.venue,
                connection.seat,
                operator=operator,
                session_id=conference.state.session_id,
                now=now,
            ),
        )
        self._say_place(connection, conference)
        self._say_truth(connection, conference)
        self._say_questions(connection, conference)
        connection.view = ""
        self._say_view(connection, conference, {})
        for number, mark in conference.marks.items():
            if _is_wall(connection) and mark is not Mark.GOOD:
                self.say(connection, showing.Quality(number, mark))
        connection.push_state(self._state_text(conference))
        self._sockets[connection].set()

    def _stand_up(self, connection: Connection) -> None:
        """Note that a connection no longer follows the session that it was about."""
        for conference in self.conferences.running if self.conferences else ():
            if conference.state.session_id == connection.session_id and self.conferences:
                self.conferences.stand_up(conference, connection.seat, connection.client)

    def _state_text(self, conference: Conference) -> str:
        return wire.serialise(views.state_message(conference, self._clock.now()))

    def changed(self, conference: Conference) -> None:
        """Show a new state soon: at once when it is quiet, gathered when changes come in storms."""
        self._stale.add(conference.state.session_id)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        while self._stale and self.conferences is not None:
            stale, self._stale = self._stale, set()
            for conference in self.conferences.running:
                if conference.state.session_id in stale:
                    self._show(conference)
            await asyncio.sleep(STATE_EVERY_SECONDS)

    def _show(self, conference: Conference) -> None:
        text = self._state_text(conference)
        seen: dict[Screen, str] = {}
        for connection in self._following(conference):
            self._say_truth(connection, conference)
            self._say_questions(connection, conference)
            self._say_view(connection, conference, seen)
            connection.push_state(text)
            self._sockets[connection].set()

    def _say_view(
        self, connection: Connection, conference: Conference, seen: dict[Screen, str]
    ) -> None:
        """Tell a connection what its screen shows, when that is new; ``seen`` are made already."""
        screen = connection.screen
        text = seen.get(screen)
        if text is None:
            text = seen[screen] = wire.serialise(views.view_message(conference.state, screen))
        if text != connection.view:
            connection.view = text
            connection.push(text)
            self._sockets[connection].set()

    def place_changed(self, conference: Conference, number: int) -> None:
        """Tell a venue's PCs who holds its place; one that was sent away is told in words."""
        for connection in self._following(conference):
            if connection.venue.number == number:
                self._say_place(connection, conference)

    def _say_place(self, connection: Connection, conference: Conference) -> None:
        if connection.part is not Part.CAMERA:
            return
        holder = conference.holder(connection.venue.number)
        if connection.client in holder.sent_away:
            text = catalogue.say(connection.language, "error.place_taken")
            self.say(connection, wire.Replaced(text))
        self.say(connection, wire.PlaceNow(held(holder, connection.client)))

    def _say_truth(self, connection: Connection, conference: Conference) -> None:
        venue = conference.state.venue(connection.venue.number)
        if venue is not None and connection.is_venue:
            health = conference.health.get(venue.number)
            self.say(connection, views.truth_message(venue, health, self._clock.now()))

    def _say_questions(self, connection: Connection, conference: Conference) -> None:
        """Show what was asked in writing to who may work the controls, when it is new to them."""
        asked = conference.state.questions
        if connection.role in OPERATORS and connection.asked != asked:
            connection.asked = asked
            self.say(connection, views.questions_message(conference.state))

    def voices_changed(self, conference: Conference, numbers: list[int]) -> None:
        """Tell whose voices are heard."""
        self._push(self._following(conference), wire.Voices(numbers))

    def health_changed(self, conference: Conference, number: int) -> None:
        """Tell a venue what the worker receives from it."""
        for connection in self._following(conference):
            if connection.venue.number == number:
                self._say_truth(connection, conference)

    def quality_changed(self, conference: Conference, number: int) -> None:
        """Tell the main venue's pages how well a venue comes through."""
        wall = [c for c in self._following(conference) if _is_wall(c)]
        self._push(wall, showing.Quality(number, conference.marks[number]))

    def ended(self, conference: Conference) -> None:
        """Tell everybody that the session is over, and what comes next for them."""
        over = self._following(conference)
        self._push(over, wire.Ended(conference.state.session_id))
        for connection in over:
            connection.session_id = 0
        task = asyncio.create_task(self._greet_all(over))
        self._greeting.add(task)
        task.add_done_callback(self._greeting.discard)

    async def _greet_all(self, connections: Iterable[Connection]) -> None:
        for connection in connections:
            if connection in self._sockets:
                await self.greet(connection)

    # --- one connection -------------------------------------------------------------------------

    async def greet(self, connection: Connection) -> None:
        """Welcome a connection to the open session it is about, else say which one is next."""
        running = self.conferences.running if self.conferences else []
        about = [conference for conference in running if _is_about(connection, conference)]
        if about:
            self.follow(connection, about[-1])
            return
        now = self._clock.now()
        async with self._db.view() as tx:
            coming = await sessions.load_sessions(tx, states=[SessionState.SCHEDULED], since=now)
            mine = next((s for s in coming if connection.is_about(s.id, s.venue_ids)), None)
            is_branch = mine is not None and connection.is_venue
            check = await due(tx, connection.venue, mine, now) if mine and is_branch else None
        # a session may have opened meanwhile
        if connection.session_id == 0:
            self.say(connection, views.waiting_message(mine, now, check))

    # --- materials ------------------------------------------------------------------------------

    def materials_changed(self, session_id: int) -> None:
        """Let pages in a session know that the list of its materials is another now."""
        mine = [c for c in self._sockets if c.session_id == session_id]
        self._push(mine, wire.MaterialsChanged())

    # --- device checks --------------------------------------------------------------------------

    def waiting_pages(self) -> set[int]:
        """Return the numbers of the venues whose page is open and waits for a session."""
        return {c.venue.number for c in self._waiting()}

    def ask_for_checks(self) -> set[int]:
        """Ask the waiting pages of all venues to check their devices; return their numbers."""
        self._push(self._waiting(), wire.CheckNow())
        return self.waiting_pages()

    def _waiting(self) -> list[Connection]:
        return [c for c in self._sockets if c.is_venue and c.session_id == 0]

    async def on_frame(self, connection: Connection, text: str) -> None:
        """Carry out one frame of a client and answer it.

        Raises:
            BadMessageError: when the frame is no command.
        """
        command = wire.parse_command(text)
        try:
            if self.conferences is None:
                raise ConflictError("session_not_open")
            conference = self.conferences.of_session(connection.session_id)
            order = order_of(connection, command)
            if self._is_open_where(conference, order):
                order = replace(order, value=1)
            undo = await self.conferences.carry_out(conference, order, connection.actor)
        except DomainError as error:
            sentence = catalogue.say(connection.language, f"error.{error.code}", **error.params)
            self.say(connection, wire.Refused(command.id, error.code, sentence))
        else:
            self.say(connection, wire.Done(command.id, undo))
            if order.name == "venue.call":
                self.say(connection, showing.Called(order.venue, reached=bool(order.value)))

    def _is_open_where(self, conference: Conference, order: Order) -> bool:
        """Tell whether an order calls a venue whose page is open; the state lets that page ring."""
        pages = (c for c in self._following(conference) if c.is_venue)
        return order.name == "venue.call" and any(c.venue.number == order.venue for c in pages)


def _is_wall(connection: Connection) -> bool:
    """Tell whether a connection is a page of the main venue, which sees how all come through."""
    return connection.role in OPERATORS


def _is_about(connection: Connection, conference: Conference) -> bool:
    state = conference.state
    return connection.is_about(state.session_id, [v.venue_id for v in state.venues])


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)


async def _connection_of(http: web.Request, hello: wire.Hello) -> Connection | None:
    """Return whom a hello speaks for: a venue by its token, or an operator's page by its login.

    The login is looked up anew: the hello may come seconds after the request that carried it.
    """
    db, language = http.app[DATABASE], visit_of(http).language
    if hello.token:
        async with db.view() as tx:
            venue = await street.load_venue_by_token(tx, hello.token)
        return Connection(venue, hello.client, None, language) if venue else None
    if hello.observer:
        return await _observer_of(http, hello)
    cookie = http.cookies.get(LOGIN_COOKIE, "")
    login = await find_login(db, http.app[CLOCK], cookie)
    if login is None or login.role not in OPERATORS or not origin_is_ours(http):
        return None
    return Connection(
        await _main_venue(db),
        hello.client,
        login.role,
        language,
        hello.session,
        account_id=login.account_id,
        login=digest_of(cookie),
        name=login.display_name,
        part={"": Part.CAMERA, "big": Part.BIG, "tiles": Part.TILES}[hello.window],
    )


async def _main_venue(db: Database) -> Venue:
    async with db.view() as tx:
        return next(v for v in await street.load_venues(tx) if v.number == MAIN)


async def _observer_of(http: web.Request, hello: wire.Hello) -> Connection | None:
    """Return the connection of an observer whose link is in force."""
    db = http.app[DATABASE]
    try:
        async with db.view() as tx:
            session = await find_session(tx, http.app[SECRET], hello.observer)
    except DomainError:
        return None
    language = visit_of(http).language
    main = await _main_venue(db)
    return Connection(main, hello.client, None, language, session.id, part=Part.OBSERVER)


async def handle_socket(http: web.Request) -> web.WebSocketResponse:
    """Serve one websocket from its hello to its end."""
    hub = http.app[HUB]
    socket = web.WebSocketResponse(
        timeout=CLOSE_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        max_msg_size=wire.MAX_FRAME_BYTES,
        compress=False,
    )
    await socket.prepare(http)
    connection = await _welcome(http, socket)
    if connection is not None:
        await _converse(hub, socket, connection)
    return socket


async def _welcome(http: web.Request, socket: web.WebSocketResponse) -> Connection | None:
    """Return who says hello; None when the socket was closed instead."""
    with http.app[HUB].lobby.enter(http.remote or "") as has_room:
        if not has_room:
            await socket.close(code=wire.CLOSE_TOO_MANY)
            return None
        try:
            hello = wire.parse_hello(await socket.receive_str(timeout=HELLO_SECONDS))
        except (wire.BadMessageError, TimeoutError, TypeError) as error:
            await socket.close(code=wire.CLOSE_BAD_MESSAGE, message=str(error).encode()[:120])
            return None
        connection = await _connection_of(http, hello)
        if connection is None:
            await socket.close(code=wire.CLOSE_NOT_KNOWN)
        return connection


async def _converse(hub: Hub, socket: web.WebSocketResponse, connection: Connection) -> None:
    ready = hub.add(connection)
    writer = asyncio.create_task(_write(socket, connection, ready))
    try:
        await hub.greet(connection)
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                raise wire.BadMessageError("text frames only")
            await hub.on_frame(connection, frame.data)
    except wire.BadMessageError as error:
        await socket.close(code=wire.CLOSE_BAD_MESSAGE, message=str(error).encode()[:120])
    except Exception:
        # The boundary of this connection's task: the bug is noted and ends nobody else.
        log.exception("bug while serving %s", connection.actor)
        await socket.close(code=wire.CLOSE_BUG)
    finally:
        hub.remove(connection)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer


async def _write(
    socket: web.WebSocketResponse, connection: Connection, ready: asyncio.Event
) -> None:
    """Move waiting frames to the socket; a reader that is too slow is cut off."""
    with contextlib.suppress(ConnectionError):
        while True:
            await ready.wait()
            ready.clear()
            if connection.closing != wire.CLOSE_TOO_SLOW:
                for text in connection.take():
                    await socket.send_str(text)
            if connection.closing:
                await socket.close(code=connection.closing)
                return


async def close_sockets(app: web.Application) -> None:
    """Let every websocket go when the server stops: pages come back by themselves."""
    await app[HUB].close()


ROUTES = [web.get("/ws", handle_socket, name="ws")]
