"""Writes ``docs/protocol.md`` from the messages, the table of permissions and the catalogues.

``python -m server.signaling.protocol_page`` rewrites the file; a test demands that it is up to date.
What is said of HTTP stands here in prose, since no type carries it.
"""

import inspect
import json
from collections import defaultdict
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import inspect as types

from server.auth.model import Role
from server.auth.permissions import COMMANDS, Door
from server.i18n.catalogue import read_catalogue
from server.i18n.extract import raised_codes
from server.signaling import messages as wire
from server.signaling import showing

_ROOT = Path(__file__).parent.parent.parent
PAGE = _ROOT / "docs" / "protocol.md"

_WIDTH = 140

_STATUS = {"NotFoundError": "404", "ForbiddenError": "403", "ConflictError": "409"}
_ROLE_WORDS = {
    Door.VENUE: "a venue's PC, and the main venue's page for the main venue",
    Role.OFFICE: "meeting office",
    Role.LEADER: "street leader",
}

_NOON = 1_783_573_200_000
EXAMPLES: tuple[msgspec.Struct, ...] = (
    wire.Hello("k3v9-a1b2c3d4", token="abcd2345efgh6723ijkl4567mn"),  # noqa: S106 - made up
    wire.FloorRequest(1),
    wire.FloorWithdraw(2),
    wire.FloorReturn(3),
    wire.FloorGive(4, venue=12),
    wire.FloorTakeBack(5),
    wire.FloorDecline(6, venue=12, word="时间不够，会后再谈。"),
    wire.MuteAll(7, may_unmute=True),
    wire.MuteLift(8),
    wire.MicOpen(9),
    wire.MicClose(10),
    wire.HeadCount(11, count=7),
    wire.AgendaNext(12),
    wire.AgendaExtend(13, minutes=5),
    wire.AgendaPace(14, goes_on=True),
    wire.AgendaCallIn(15),
    wire.ChairApply(16),
    wire.ChairWithdraw(17),
    wire.ChairSeize(18),
    wire.ChairTakeBack(19),
    wire.ChairHandOver(20, seat="login:3"),
    wire.ChairDecline(21, seat="venue:12"),
    wire.ChairRelease(22),
    wire.ChairDeputy(23, seat="login:5"),
    wire.RollStart(24, venues=[12, 20], every=15),
    wire.RollNext(25),
    wire.RollMark(26, venue=12, answered=True),
    wire.RollHere(27),
    wire.RollEnd(28),
    wire.BannerSet(41, word="请各会场报到会人数"),
    wire.QuestionAsk(42, word="材料哪里领？"),
    wire.QuestionDone(43, question=1),
    wire.BallotOpen(44, word="下周三一起巡查？", choices=["同意", "不同意", "弃权"], secret=True),
    wire.BallotCast(45, choice=0),
    wire.BallotClose(46),
    wire.BallotClear(47),
    wire.Undo(29, deed=7),
    wire.MaterialShow(30, item=0, file="m7", page=2),
    wire.MaterialHide(31),
    wire.PromptPace(48, minutes=20),
    wire.PromptAnswer(49),
    wire.RecordingStart(50, at="programme", word="存档"),
    wire.RecordingStop(51, word="录完了"),
    wire.SessionLock(32),
    wire.SessionUnlock(33),
    wire.SessionEnd(34),
    *showing.COMMAND_EXAMPLES,
    wire.Welcome(12, "银杏苑", False, 4, _NOON, "venue:12", "VENUE"),
    wire.Waiting(5, "居委会主任例会", _NOON + 600_000, _NOON + 4_200_000, 3, _NOON, 0),
    wire.CheckNow(),
    wire.MaterialsChanged(),
    wire.PlaceNow("you"),
    wire.Truth(True, True, _NOON - 60_000, 60),
    wire.State(
        version=41,
        now_ms=_NOON,
        session=4,
        title="居委会主任例会",
        hall="三楼会议室",
        starts_ms=_NOON - 900_000,
        ends_ms=_NOON + 2_700_000,
        expected=34,
        venues=[wire.VenueNow(12, "银杏苑", "connected", 7, True, "", 0, False)],
        floor=12,
        floor_since_ms=_NOON - 30_000,
        queue=[wire.Asking(20, _NOON - 12_000)],
        said=[wire.Said(12, 30)],
        muted_all=False,
        items=[wire.ItemNow("冬季消防检查", "平安办", 10, 0, ["DIRECTOR"], [])],
        item=0,
        item_since_ms=_NOON - 300_000,
        item_minutes=15,
        goes_on=False,
        called_in=-1,
        called_in_ms=0,
        locked=False,
        chair=wire.ChairNow(
            seat="login:3",
            name="王主任",
            rank="LEADER",
            since_ms=_NOON - 600_000,
            way="applied",
            away=False,
            deputy="login:5",
            former="",
            asking=[],
            here=[wire.SeatNow("login:3", "王主任", "LEADER")],
        ),
        roll=wire.RollNow([12, 20], 12, _NOON - 4_000, 15, [wire.AnswerNow(12, "answered")]),
        words=[wire.WordNow(20, "下一项再请您讲。", _NOON - 8_000)],
        banner="请各会场报到会人数",
        asked=[wire.AskedNow(1, 12, _NOON - 60_000, False)],
        ballot=wire.BallotNow(
            number=1,
            text="下周三一起巡查？",
            choices=["同意", "不同意", "弃权"],
            secret=False,
            closed=False,
            voted=[12],
            counts=[1, 0, 0],
            voices=[wire.VoiceNow(12, 0)],
        ),
        show=showing.ShowNow(
            broadcast=-1,
            watched=-1,
            carousel_at="wall",
            carousel_seconds=10,
            carousel_venue=12,
            carousel_paused=False,
            carousel_next_ms=_NOON + 4_000,
            layout="1",
            wall_layout="1",
            may_choose=False,
            sharing=-1,
            may_share=[],
        ),
        observers=2,
        material=wire.MaterialNow(0, "m7", 2),
        prompt=wire.PromptNow(20, _NOON - 20_000, _NOON + 100_000, [12, 20], [12]),
        recording=wire.RecordingNow(
            on=True,
            scope="programme",
            venues=[],
            reason="存档",
            since_ms=_NOON - 120_000,
            trouble="",
            notices=1,
        ),
    ),
    wire.Questions([wire.QuestionNow(1, 12, "材料哪里领？", _NOON - 60_000, False)]),
    wire.Voices([12, 0]),
    wire.Done(4, undo=7),
    wire.Refused(4, "venue_not_on_roster", "12 号会场不在这场会的应到名单里。"),
    wire.Replaced("本会场已在另一台电脑入会"),
    wire.Ended(4),
    *showing.TOLD_EXAMPLES,
)
"""One message of each type; the page shows them as they go over the wire."""

_OPENING = """# The protocol of conferences

Generated by `python -m server.signaling.protocol_page` from `server/signaling/messages.py`, `server/auth/permissions.py` and the
catalogues. Do not edit it by hand.

A client has two lines to the server: a websocket at `/ws` for commands and states, and one or two WebRTC connections for sound and
picture, opened over HTTP (`/rtc`, `/whip`, `/whep`). Neither depends on the other: a venue whose websocket is broken is still seen and
heard, and its attendance goes on. Pages and programs use the same protocol.

## The websocket

Connect to `/ws` and send `hello` within {hello} seconds. The server answers with `welcome`, `place`, `truth` (venues only), `view` and `state`
when a session is open for this venue, otherwise with `waiting`. When the session opens later, the same come unasked. The server pings every
{beat} seconds. A client that loses the line comes back by itself and says `hello` with the same `client`.

- One JSON object a text frame, told apart by `type`. A client's frame has at most {frame} bytes; unknown fields and types are refused.
- Times ending in `_ms` are unix milliseconds of the server's clock. Venues are named by number: 0 is the main venue.
- Every command carries an `id` of the client's choice and is answered by `done` or `refused` with the same `id`. `done` comes after the
  change was committed to the log and the media plane was told.
- A `state` is whole, never a difference. States may be left out when several changes fall into {every} ms; the newest always arrives.
- A signed-in page is known by its cookie, and its `Origin` must be the server's. A venue's PC sends its token instead.
"""

_PARTS: tuple[type, ...] = (
    wire.VenueNow,
    wire.Asking,
    wire.Said,
    wire.WordNow,
    wire.MaterialNow,
    wire.PromptNow,
    wire.ItemNow,
    wire.ChairNow,
    wire.SeatNow,
    wire.RollNow,
    wire.AnswerNow,
    *showing.PARTS,
)

_CLOSE = {
    wire.CLOSE_GOING_AWAY: "The server stops or restarts. Come back.",
    1009: f"A frame of more than {wire.MAX_FRAME_BYTES:,} bytes.",
    wire.CLOSE_BAD_MESSAGE: "No `hello` in time, or a frame that is none of the messages above; the reason says what is wrong.",
    wire.CLOSE_NOT_KNOWN: "The token is unknown or has just been renewed, or the page is not signed in as an operator. Do not come back by yourself.",
    wire.CLOSE_TOO_MANY: "Too many websockets, from this address or in all, have not said `hello` yet. Come back.",
    wire.CLOSE_TOO_SLOW: "Too many frames waited for this client. Come back.",
}

_HTTP = """## Sound and picture over HTTP

WHIP (RFC 9725) and WHEP in one shape. One offer, one answer, no later negotiation.

| method and path | does |
| --- | --- |
| `POST /rtc` | lets one connection in that publishes, watches, or does both |
| `POST /whip`, `POST /whep` | the same, under the names that other programs expect |
| `DELETE /rtc/{peer}` | ends that connection; only its own venue may |

A request carries:

| header or query | what |
| --- | --- |
| `Content-Type: application/sdp` | the offer: UTF-8, at most 256 KiB, 5,000 lines, 64 `recvonly` lines of sound and picture |
| `Authorization: Bearer TOKEN` | the venue's token, the last part of its link `/j/TOKEN`. No cookie is looked at |
| or the login's cookie with `X-CSRF-Token` and an `Origin` of ours | the main venue's page of an operator |
| `?client=ID` | as in `hello`: 8 to 64 of `A-Z a-z 0-9 _ -`. Without it the client is `venue-00012` (for venue 12) |
| `?session=NUMBER` | which open session the main venue means; without it the newest |
| `?part=content` | a shared screen of the venue: sends one picture and watches nothing; only where the chair allows it |
| `?part=big`, `?part=tiles` | a second screen of the main venue, which sends nothing and does not take its place |
| `?part=more` | more pictures for a branch's page whose own connection has two slots of picture: its slots go on with the third. Sends nothing |
| `?part=observer` | an observer with the token of its link `/watch/TOKEN` as Bearer: sends nothing |

The answer to `POST` is `201` with the SDP answer (`application/sdp`), `Location: /rtc/{peer}` and an `ETag`. All candidates of the server
stand in the answer and the client's are learnt from its checks, so there is no trickle: `PATCH` is answered with `405`. `DELETE` is
answered with `200`, also when the connection has ended meanwhile.

What a client publishes is shown under its venue's number: at most one microphone (Opus) and one camera (VP8, up to three simulcast layers
by RID). Its `recvonly` lines are slots in their order. Slots of sound carry the loudest voices. What the slots of picture show is told by
`view`; who has fewer slots than the view has places is shown the first of them. The main venue's first slot is its big picture, the next
ones are the branch venues in order of number at their low layer, the one after them a small picture. The newest `client` of a venue takes
its place; the others are told `replaced`. Further connections by `part` take nobody's place and are not attendance.

| status | codes |
| --- | --- |
| `201`, `200` | done |
| `403` | `token_unknown`, `sign_in_first`, `foreign_origin`, `form_expired`, `may_only_watch`, `command_not_yours` |
| `404` | `no_such_connection` (of `DELETE`: the connection is another venue's) |
| `405` | `wrong_method` |
| `409` | `session_not_open`, `place_taken` (this client was replaced; it must not take the place back by itself) |
| `415` | another content type; plain text without a code |
| `422` | `offer_unusable`, `client_unreadable`, `venue_not_on_roster`, `session_closed`, `share_not_allowed`, `share_taken`, `observers_full`, `session_locked` |
| `500` | `our_bug` |

Refusals are problem JSON (RFC 9457, `application/problem+json`), or a page when the client accepts `text/html`:

    {"type": "about:blank", "status": 409, "code": "session_not_open", "title": "…"}

`title` is in the language of `Accept-Language`; programs go by `code`.

## Materials over HTTP

Files of agenda items, for a venue on the roster while its session is open. `MATERIALS` is `/j/TOKEN/sessions/NUMBER/materials`; signed-in
pages use `/sessions/NUMBER/materials`, during the session and afterwards. A file is named by its `key`, pages count from 1.

| method and path | answers |
| --- | --- |
| `GET MATERIALS.json` | `{"items": [{"files": [{"key", "name", "kind"}]}]}` in the order of the agenda; `kind` is `pdf`, `picture`, `office` or `other` |
| `GET MATERIALS/KEY/about` | `{"name", "pages"}`; an office document is turned into PDF first, which takes a while |
| `GET MATERIALS/KEY/pages/PAGE` | the page as PNG or JPEG, 2,000 pixels at its longer side |
| `GET MATERIALS/KEY/original` | the file as it was sent, as a download |

| status | codes |
| --- | --- |
| `404` | `no_such_session` (also: not on its roster, or not open), `file_gone` (also: another session's file), `material_no_page` |
| `422` | `material_other` (a kind without pages), `material_no_office` (LibreOffice is not installed), `material_locked` (a password), `material_unreadable`, `material_heavy` |
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _type_words(kind: types.Type) -> str:
    """Return a field's type as the page shows it."""
    match kind:
        case types.StructType(cls=cls):
            return f"[{cls.__name__}](#{cls.__name__.lower()})"
        case types.ListType(item_type=item):
            return f"list of {_type_words(item)}"
        case types.IntType():
            return "integer"
        case types.BoolType():
            return "true or false"
        case types.StrType():
            return "text"
        case types.LiteralType(values=values):
            return ", ".join(f"`{json.dumps(value)}`" for value in values)
    raise TypeError(f"no words for {kind!r}")


def _limits(field: types.Field) -> str:
    """Return a field's limits and default in words; empty when there is none."""
    kind, words = field.type, []
    if isinstance(kind, types.IntType) and kind.ge is not None:
        words.append(f"{kind.ge} to {kind.le}" if kind.le is not None else f"at least {kind.ge}")
    if isinstance(kind, types.StrType):
        if kind.max_length is not None:
            words.append(f"{kind.min_length or 0} to {kind.max_length} characters")
        if kind.pattern is not None:
            words.append(f"`{kind.pattern}`")
    if isinstance(kind, types.ListType) and kind.max_length is not None:
        words.append(f"at most {kind.max_length}")
    if not field.required:
        empty = field.default is msgspec.NODEFAULT
        default = [] if empty else field.default
        words.append(f"may be left out: `{msgspec.json.encode(default).decode()}`")
    return ", ".join(words)


def _fields(cls: type) -> list[str]:
    info = types.type_info(cls)
    if not isinstance(info, types.StructType) or not info.fields:
        return []
    rows = [
        f"| `{f.encode_name}` | {_type_words(f.type)} | {_cell(_limits(f))} |" for f in info.fields
    ]
    return ["| field | type | limits |", "| --- | --- | --- |", *rows, ""]


def _prose(cls: type) -> str:
    return (inspect.getdoc(cls) or "").replace("``", "`")


def _senders(tag: str) -> str:
    names = [word for who, word in _ROLE_WORDS.items() if who in COMMANDS[tag]]
    return "Sent by: " + ", ".join(names) + "."


def _message(cls: type[msgspec.Struct], example: msgspec.Struct) -> list[str]:
    tag = str(cls.__struct_config__.tag)
    lines = [f"### `{tag}`", "", _prose(cls), ""]
    if tag in COMMANDS:
        lines += [_senders(tag), ""]
    return [*lines, *_fields(cls), *_example(example), ""]


def _example(message: msgspec.Struct) -> list[str]:
    """Return the frame of a message as an indented block; a long one with a member a line."""
    text = msgspec.json.encode(message).decode()
    if len(text) > _WIDTH:
        text = msgspec.json.format(text, indent=2)
    return [f"    {line}" for line in text.splitlines()]


def _messages(kinds: tuple[type[msgspec.Struct], ...]) -> list[str]:
    by_kind = {type(example): example for example in EXAMPLES}
    return [line for cls in kinds for line in _message(cls, by_kind[cls])]


def _parts() -> list[str]:
    lines = ["## Parts of messages", ""]
    for cls in _PARTS:
        lines += [f"### {cls.__name__}", "", _prose(cls), "", *_fields(cls)]
    return lines


def refusal_codes() -> dict[str, set[str]]:
    """Return each code of a refusal in the server's source with its HTTP statuses."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((_ROOT / "server").rglob("*.py")):
        for code, kind in raised_codes(path.read_text(encoding="utf-8")):
            found[code].add(kind if kind.isdigit() else _STATUS.get(kind, "422"))
    return dict(found)


def _refusals() -> list[str]:
    chinese, english = (read_catalogue(name) for name in ("zh_CN", "en"))
    lines = [
        "## Refusals",
        "",
        "Every code, with its HTTP status and the sentence that people read. `refused` of the websocket uses the same codes. Those that begin",
        "with `format_` come from `pinhui plan`.",
        "",
    ]
    for code, statuses in sorted(refusal_codes().items()):
        key = f"error.{code}"
        words = [str(book[key].string) for book in (english, chinese)]
        lines += [
            f"- `{code}` ({', '.join(sorted(statuses))})  ",
            f"  {words[0]}  ",
            f"  {words[1]}",
        ]
    return [*lines, ""]


def render_page(*, hello_seconds: int, heartbeat_seconds: int, state_every_ms: int) -> str:
    """Return the whole page as Markdown.

    Args:
        hello_seconds: how long the server waits for ``hello``.
        heartbeat_seconds: how often it pings.
        state_every_ms: states closer together than this are sent as one.
    """
    opening = _OPENING.format(
        hello=hello_seconds,
        beat=heartbeat_seconds,
        frame=f"{wire.MAX_FRAME_BYTES:,}",
        every=state_every_ms,
    )
    lines = [
        opening,
        "## From a client",
        "",
        *_messages((wire.Hello, *get_args(wire.Command))),
        "## From the server",
        "",
        *_messages(get_args(wire.Said_)),
        *_parts(),
        "## Close codes",
        "",
        "| code | meaning |",
        "| --- | --- |",
        *(f"| {code} | {words} |" for code, words in sorted(_CLOSE.items())),
        "",
        _HTTP,
        *_refusals(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def current_page() -> str:
    """Return the page with the figures of the websocket door in force."""
    from server.signaling import ws

    return render_page(
        hello_seconds=ws.HELLO_SECONDS,
        heartbeat_seconds=ws.HEARTBEAT_SECONDS,
        state_every_ms=round(ws.STATE_EVERY_SECONDS * 1000),
    )


if __name__ == "__main__":
    PAGE.write_text(current_page(), encoding="utf-8")
