"""Every websocket message as a type: what a client may send, what the server says, and parsing.

One JSON object a text frame, told apart by ``type``. Times ending in ``_ms`` are unix milliseconds
of the server's clock; ``now_ms`` in a state lets a page show the server's time. Venues are named by
their number: 0 is the main venue. ``docs/protocol.md`` is generated from this file.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from server.signaling import showing
from server.signaling.frame import ClientId, ClientMessage, CommandMessage, Number, ServerMessage

MAX_FRAME_BYTES = 16_384
"""A longer frame from a client ends its connection."""

SeatKey = Annotated[str, Meta(max_length=32, pattern="^((login|venue):[0-9]{1,18})?$")]
MaterialKey = Annotated[str, Meta(max_length=10, pattern="^[rm][0-9]{1,9}$")]


class Hello(ClientMessage, frozen=True, tag="hello"):
    """The first message: who is here.

    A venue's PC sends its ``token``; a page of a signed-in person sends ``session`` and is known by
    its cookie; an observer's page sends the ``observer`` token of its link. ``window`` tells that a
    signed-in page is a second screen, with the big picture or the tiles alone. ``client`` is chosen
    by the page once and kept while it lives: the same id goes into
    ``?client=`` of its media offers.
    """

    client: ClientId
    token: Annotated[str, Meta(max_length=64)] = ""
    session: Annotated[int, Meta(ge=0)] = 0
    observer: Annotated[str, Meta(max_length=64)] = ""
    window: Literal["", "big", "tiles"] = ""


class FloorRequest(CommandMessage, frozen=True, tag="floor.request"):
    """A venue asks for the floor (申请发言)."""


class FloorWithdraw(CommandMessage, frozen=True, tag="floor.withdraw"):
    """A venue no longer asks."""


class FloorReturn(CommandMessage, frozen=True, tag="floor.return"):
    """A venue that has the floor gives it back by itself."""


class FloorGive(CommandMessage, frozen=True, tag="floor.give"):
    """The operator gives a venue the floor (请发言), whether it asked or not."""

    venue: Number


class FloorTakeBack(CommandMessage, frozen=True, tag="floor.take_back"):
    """The operator takes the floor back (收回)."""


class FloorDecline(CommandMessage, frozen=True, tag="floor.decline"):
    """The operator takes a venue off the queue, with a word that is shown there."""

    venue: Number
    word: Annotated[str, Meta(max_length=60)] = ""


class MuteAll(CommandMessage, frozen=True, tag="mute.all"):
    """The operator closes every branch's microphone (静音全场).

    Branches may open it again by themselves where ``may_unmute`` says so.
    """

    may_unmute: bool = False


class MuteLift(CommandMessage, frozen=True, tag="mute.lift"):
    """The operator lets branches open their own microphones again."""


class MicOpen(CommandMessage, frozen=True, tag="mic.open"):
    """A venue opens its own microphone, where that is allowed."""


class MicClose(CommandMessage, frozen=True, tag="mic.close"):
    """A venue closes its own microphone."""


class HeadCount(CommandMessage, frozen=True, tag="head_count"):
    """A venue says how many people are in it (到会人数)."""

    count: Annotated[int, Meta(ge=0, le=500)]


class AgendaNext(CommandMessage, frozen=True, tag="agenda.next"):
    """The operator goes on to the next agenda item."""


class AgendaExtend(CommandMessage, frozen=True, tag="agenda.extend"):
    """The operator gives the present item more minutes."""

    minutes: Annotated[int, Meta(ge=1, le=60)]


class AgendaPace(CommandMessage, frozen=True, tag="agenda.pace"):
    """The operator says whether the next item begins by itself at zero."""

    goes_on: bool


class AgendaCallIn(CommandMessage, frozen=True, tag="agenda.call_in"):
    """The operator calls in who is needed from the next item on, once more if need be."""


class ChairApply(CommandMessage, frozen=True, tag="chair.apply"):
    """Take the chair (主持人) when it is free, otherwise ask for it. A venue only ever asks."""


class ChairWithdraw(CommandMessage, frozen=True, tag="chair.withdraw"):
    """No longer ask for the chair."""


class ChairSeize(CommandMessage, frozen=True, tag="chair.seize"):
    """Take the chair from somebody of lower rank: leader over meeting office over others."""


class ChairTakeBack(CommandMessage, frozen=True, tag="chair.take_back"):
    """Take the chair back from the deputy who stepped in for the sender."""


class ChairHandOver(CommandMessage, frozen=True, tag="chair.hand_over"):
    """Hand the chair to a seat that is here, whether it asked or not."""

    seat: SeatKey


class ChairDecline(CommandMessage, frozen=True, tag="chair.decline"):
    """Tell a seat that asks for the chair that it stays where it is."""

    seat: SeatKey


class ChairRelease(CommandMessage, frozen=True, tag="chair.release"):
    """Leave the chair free."""


class ChairDeputy(CommandMessage, frozen=True, tag="chair.deputy"):
    """Name the deputy (副主持); left empty it is the meeting office's operator again."""

    seat: SeatKey = ""


class RollStart(CommandMessage, frozen=True, tag="roll.start"):
    """Begin a roll call (点名) of the venues named, in that order; of all when none is.

    ``every`` are the seconds each is called for, 0 to go on by hand.
    """

    venues: Annotated[list[Number], Meta(max_length=200)] = msgspec.field(default_factory=list)
    every: Annotated[int, Meta(ge=0, le=120)] = 0


class RollNext(CommandMessage, frozen=True, tag="roll.next"):
    """Call the next venue; one that has not answered is noted as silent."""


class RollMark(CommandMessage, frozen=True, tag="roll.mark"):
    """Enter by hand whether a venue answered, also afterwards."""

    venue: Number
    answered: bool


class RollHere(CommandMessage, frozen=True, tag="roll.here"):
    """The named venue answers (到)."""


class RollEnd(CommandMessage, frozen=True, tag="roll.end"):
    """End the roll call."""


class BannerSet(CommandMessage, frozen=True, tag="banner.set"):
    """Put one line of text on every screen (横幅); an empty one takes it away."""

    word: Annotated[str, Meta(max_length=60)]


class QuestionAsk(CommandMessage, frozen=True, tag="question.ask"):
    """A venue asks the chair something in writing (提问)."""

    word: Annotated[str, Meta(min_length=1, max_length=140)]


class QuestionDone(CommandMessage, frozen=True, tag="question.done"):
    """The operator notes that a question was answered, or need not be."""

    question: Annotated[int, Meta(ge=1)]


class BallotOpen(CommandMessage, frozen=True, tag="ballot.open"):
    """The operator asks all branches to vote (表决), one voice each.

    Of a ``secret`` one nobody learns who chose what.
    """

    word: Annotated[str, Meta(min_length=1, max_length=80)]
    choices: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=20)]], Meta(min_length=2, max_length=6)
    ]
    secret: bool = False


class BallotCast(CommandMessage, frozen=True, tag="ballot.cast"):
    """A venue gives its voice to the choice with this index."""

    choice: Annotated[int, Meta(ge=0, le=5)]


class BallotClose(CommandMessage, frozen=True, tag="ballot.close"):
    """The operator ends the vote and shows the result to all."""


class BallotClear(CommandMessage, frozen=True, tag="ballot.clear"):
    """The operator takes a result off the screens."""


class Undo(CommandMessage, frozen=True, tag="undo"):
    """Take back the control action whose number its ``done`` gave in ``undo``."""

    deed: Annotated[int, Meta(ge=1)]


class MaterialShow(CommandMessage, frozen=True, tag="material.show"):
    """Show a page of a file of the present agenda item on every venue's page (共享材料)."""

    item: Annotated[int, Meta(ge=0, le=999)]
    file: MaterialKey
    page: Annotated[int, Meta(ge=1, le=999)]


class MaterialHide(CommandMessage, frozen=True, tag="material.hide"):
    """Show no material any more."""


class PromptPace(CommandMessage, frozen=True, tag="prompt.pace"):
    """Ask all branches at random moments to press "we are here" (随机点到), 0 minutes for no more.

    Two prompts are half to one and a half of ``minutes`` apart, at least 5.
    """

    minutes: Annotated[int, Meta(ge=0, le=120)]


class PromptAnswer(CommandMessage, frozen=True, tag="prompt.answer"):
    """A venue that was asked says that somebody is there (我们在)."""


class RecordingStart(CommandMessage, frozen=True, tag="recording.start"):
    """Begin to record the session (录像), or go on with another scope.

    ``at`` says what: what everybody sees and hears, all, the ``venues`` named, or sound alone.
    """

    at: Literal["programme", "everything", "venues", "sound"]
    word: Annotated[str, Meta(min_length=1, max_length=60)]
    venues: Annotated[list[Number], Meta(max_length=200)] = msgspec.field(default_factory=list)


class RecordingStop(CommandMessage, frozen=True, tag="recording.stop"):
    """End the recording; ``word`` is the reason."""

    word: Annotated[str, Meta(min_length=1, max_length=60)]


class SessionLock(CommandMessage, frozen=True, tag="session.lock"):
    """Let nobody in any more who is not on the roster (锁会)."""


class SessionUnlock(CommandMessage, frozen=True, tag="session.unlock"):
    """Let others in again."""


class SessionEnd(CommandMessage, frozen=True, tag="session.end"):
    """The operator ends the session for all (结束会议)."""


Command: TypeAlias = (
    FloorRequest
    | FloorWithdraw
    | FloorReturn
    | FloorGive
    | FloorTakeBack
    | FloorDecline
    | MuteAll
    | MuteLift
    | MicOpen
    | MicClose
    | HeadCount
    | AgendaNext
    | AgendaExtend
    | AgendaPace
    | AgendaCallIn
    | ChairApply
    | ChairWithdraw
    | ChairSeize
    | ChairTakeBack
    | ChairHandOver
    | ChairDecline
    | ChairRelease
    | ChairDeputy
    | RollStart
    | RollNext
    | RollMark
    | RollHere
    | RollEnd
    | BannerSet
    | QuestionAsk
    | QuestionDone
    | BallotOpen
    | BallotCast
    | BallotClose
    | BallotClear
    | Undo
    | MaterialShow
    | MaterialHide
    | PromptPace
    | PromptAnswer
    | RecordingStart
    | RecordingStop
    | SessionLock
    | SessionUnlock
    | SessionEnd
    | showing.Commands
)


class Welcome(ServerMessage, frozen=True, tag="welcome"):
    """The answer to ``hello``: which venue this is, and what its login may do.

    ``operator`` is true for a page of somebody who may work the controls, ``seat`` is whose it is.
    ``session`` is 0 while none is open.
    """

    venue: int
    name: str
    operator: bool
    session: int
    now_ms: int
    seat: str
    rank: str


class Waiting(ServerMessage, frozen=True, tag="waiting"):
    """No session is open for this venue; the next one, when there is one (``session`` 0: none).

    ``check_ms`` is when the page shall check the venue's devices by itself, 0 for not at all.
    """

    session: int
    title: str
    starts_ms: int
    ends_ms: int
    items: int
    now_ms: int
    check_ms: int


class CheckNow(ServerMessage, frozen=True, tag="check"):
    """The office asks for a device check (设备体检): a page that waits begins one now."""


class PlaceNow(ServerMessage, frozen=True, tag="place"):
    """Who holds this venue's place: ``you``, ``other`` (another PC came later), ``free``."""

    held: str


class Truth(ServerMessage, frozen=True, tag="truth"):
    """The two truths for one venue, from the server's own counters and commits.

    ``seen`` and ``heard``: the worker received this venue's picture or sound in the last seconds.
    ``recorded_ms``: when this venue first came, as it is committed; 0 until then.
    ``present_seconds``: how long it was there since, gaps left out.
    """

    seen: bool
    heard: bool
    recorded_ms: int
    present_seconds: int


class ItemNow(Struct, frozen=True):
    """One agenda item; ``used_seconds`` is final for items that are over.

    ``posts`` are the posts it calls, ``venues`` the branches; an empty list is all of them.
    """

    topic: str
    department: str
    minutes: int
    used_seconds: int
    posts: list[str]
    venues: list[int]


class VenueNow(Struct, frozen=True):
    """One venue of the roster.

    ``state``: ``absent`` (never came), ``connected``, ``lost`` (was here, is coming back).
    ``heads`` is -1 until the venue has said it. ``mic``: its sound is forwarded. ``called`` is
    ``rung`` or ``unreached`` (its page was not open) once a missing venue was called, ``called_ms``
    when it was last, else 0: a page that learns of a fresh call rings, also one that has only just
    come. ``leave``: the venue was granted leave (请假) for this session, and is not missed.
    """

    number: int
    name: str
    state: str
    heads: int
    mic: bool
    called: str
    called_ms: int
    leave: bool


class PromptNow(Struct, frozen=True):
    """The random "we are here" prompts (随机点到), asked every ``every`` minutes or so, 0: never.

    The last one went to ``venues`` at ``asked_ms`` (0 before the first) and is answered until
    ``until_ms``; ``answered`` are those who did.
    """

    every: int
    asked_ms: int
    until_ms: int
    venues: list[int]
    answered: list[int]


class MaterialNow(Struct, frozen=True):
    """The material that the chair shows: ``item`` is -1 while there is none.

    ``file`` is empty at a hand-over: then it is the item's first file, if it has any.
    """

    item: int
    file: str
    page: int


class RecordingNow(Struct, frozen=True):
    """Whether the session is recorded (录像), since when, what of it, and why it was begun.

    ``trouble`` says why nothing is written: ``full`` (less than 5 % of the disk is free), ``slow``,
    ``failed``; it goes on by itself. A page tells its venue once of each of the ``notices``.
    """

    on: bool
    scope: str
    venues: list[int]
    reason: str
    since_ms: int
    trouble: str
    notices: int


class MaterialsChanged(ServerMessage, frozen=True, tag="materials"):
    """The list of materials is another now; pages fetch it anew."""


class Asking(Struct, frozen=True):
    """One place in the queue for the floor."""

    venue: int
    since_ms: int


class Said(Struct, frozen=True):
    """Who has spoken during the present item, and for how long."""

    venue: int
    seconds: int


class WordNow(Struct, frozen=True):
    """What a venue was told instead of getting the floor."""

    venue: int
    word: str
    at_ms: int


class SeatNow(Struct, frozen=True):
    """Somebody who may lead: an account by its name, or a venue. ``rank``: see ``ChairNow``."""

    seat: str
    name: str
    rank: str


class ChairNow(Struct, frozen=True):
    """Who leads (主持人).

    ``seat`` is empty while the chair is free; ``rank`` is ``LEADER``, ``OFFICE`` or ``VENUE``.
    ``way`` tells how it came there: ``applied``, ``handed``, ``seized``, ``deputy``,
    ``taken_back``. ``away``: its holder has no connection now. ``former`` may take it back from the
    deputy. ``here`` are those who are connected, ``asking`` those who ask for the chair.
    """

    seat: str
    name: str
    rank: str
    since_ms: int
    way: str
    away: bool
    deputy: str
    former: str
    asking: list[SeatNow]
    here: list[SeatNow]


class AnswerNow(Struct, frozen=True):
    """What came of calling a venue: ``answered``, ``silent`` or ``absent``."""

    venue: int
    answer: str


class RollNow(Struct, frozen=True):
    """A roll call (点名), the one that runs or the last one.

    ``named`` is the venue that is called since ``since_ms``, -1 once it is over. ``order`` is empty
    before the first. With ``every`` above 0 the next is called by itself after so many seconds.
    """

    order: list[int]
    named: int
    since_ms: int
    every: int
    answers: list[AnswerNow]


class AskedNow(Struct, frozen=True):
    """That a venue asked in writing; what it asked is the chair's to read (``questions``)."""

    number: int
    venue: int
    at_ms: int
    done: bool


class VoiceNow(Struct, frozen=True):
    """What a venue chose in a ballot that is not secret."""

    venue: int
    choice: int


class BallotNow(Struct, frozen=True):
    """The ballot that is open, or whose result is shown; ``number`` is 0 while there is none.

    ``voted`` are the venues that gave their voice. ``counts`` are the voices by choice and
    ``voices`` whose they are; of a secret one the first is empty until it is ``closed``, the second
    for ever.
    """

    number: int
    text: str
    choices: list[str]
    secret: bool
    closed: bool
    voted: list[int]
    counts: list[int]
    voices: list[VoiceNow]


class State(ServerMessage, frozen=True, tag="state"):
    """The whole conference, sent to everybody whenever it changes; ``version`` only grows.

    ``venues`` are in order of number, the main venue first. ``floor`` is -1 when the main venue
    speaks. ``item`` counts agenda items from 0; its clock started at ``item_since_ms`` and has
    ``item_minutes`` including what was added. At zero the next begins by itself when ``goes_on``.
    ``called_in`` is the item whose people were called in last, at ``called_in_ms``, -1 before.
    ``banner`` is empty while there is none. ``observers`` counts who only watches (旁听).
    """

    version: int
    now_ms: int
    session: int
    title: str
    hall: str
    starts_ms: int
    ends_ms: int
    expected: int
    venues: list[VenueNow]
    floor: int
    floor_since_ms: int
    queue: list[Asking]
    said: list[Said]
    muted_all: bool
    items: list[ItemNow]
    item: int
    item_since_ms: int
    item_minutes: int
    goes_on: bool
    called_in: int
    called_in_ms: int
    locked: bool
    chair: ChairNow
    roll: RollNow
    words: list[WordNow]
    banner: str
    asked: list[AskedNow]
    ballot: BallotNow
    show: showing.ShowNow
    observers: int
    material: MaterialNow
    prompt: PromptNow
    recording: RecordingNow


class QuestionNow(Struct, frozen=True):
    """A question in writing with its words."""

    number: int
    venue: int
    text: str
    at_ms: int
    done: bool


class Questions(ServerMessage, frozen=True, tag="questions"):
    """All questions in writing, in order of coming; for who may work the controls."""

    questions: list[QuestionNow]


class Voices(ServerMessage, frozen=True, tag="voices"):
    """Who speaks now and is heard; an open microphone alone is no voice."""

    venues: list[int]


class Done(ServerMessage, frozen=True, tag="done"):
    """The command with this id has been carried out and recorded.

    ``undo`` is its number for the command of that name, 0 where it cannot be undone.
    """

    id: int
    undo: int = 0


class Refused(ServerMessage, frozen=True, tag="refused"):
    """The command with this id was refused; ``message`` is for people, ``code`` for programs."""

    id: int
    code: str
    message: str


class Replaced(ServerMessage, frozen=True, tag="replaced"):
    """Another PC has taken this venue's place; its media has ended. Stay, and do not fight back."""

    message: str


class Ended(ServerMessage, frozen=True, tag="ended"):
    """The session was ended for all; what is next follows at once, as after ``hello``."""

    session: int


Said_: TypeAlias = (
    Welcome
    | Waiting
    | CheckNow
    | MaterialsChanged
    | PlaceNow
    | Truth
    | State
    | Questions
    | Voices
    | Done
    | Refused
    | Replaced
    | Ended
    | showing.Told
)

CLOSE_BAD_MESSAGE = 4400
CLOSE_NOT_KNOWN = 4401
CLOSE_TOO_SLOW = 4408
CLOSE_TOO_MANY = 4429
CLOSE_GOING_AWAY = 1001
CLOSE_BUG = 1011


class BadMessageError(Exception):
    """A frame that is not one of our messages; the text says what is wrong with it."""


_HELLO = msgspec.json.Decoder(Hello)
_COMMAND: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_ENCODER = msgspec.json.Encoder()


def parse_hello(text: str) -> Hello:
    """Return the first message of a connection.

    Raises:
        BadMessageError: for anything else.
    """
    try:
        return _HELLO.decode(text)
    except msgspec.MsgspecError as error:
        raise BadMessageError(str(error)) from None


def parse_command(text: str) -> Command:
    """Return the command in a frame.

    Raises:
        BadMessageError: for anything that is not exactly one of the commands.
    """
    try:
        return _COMMAND.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadMessageError(str(error)) from None


def serialise(message: Said_) -> str:
    """Return the text frame of a message."""
    return _ENCODER.encode(message).decode()
