"""Turns a conference into the messages pages are shown. Pure; times become unix milliseconds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from server.conference import carousel, prompts
from server.conference.layout import Screen, view_of
from server.conference.live import Conference
from server.conference.material import shown_now
from server.conference.model import MAIN, ConferenceState, ItemRun, LiveVenue, Rank, RollCall, Seat
from server.conference.recorded import Recording
from server.conference.sound import is_heard
from server.conference.talk import Ballot
from server.domain.clock import unix_ms
from server.domain.places import Venue
from server.domain.session import Session
from server.media.model import SourceHealth
from server.signaling.messages import (
    AnswerNow,
    AskedNow,
    Asking,
    BallotNow,
    ChairNow,
    ItemNow,
    MaterialNow,
    PromptNow,
    QuestionNow,
    Questions,
    RecordingNow,
    RollNow,
    Said,
    SeatNow,
    State,
    Truth,
    VenueNow,
    VoiceNow,
    Waiting,
    Welcome,
    WordNow,
)
from server.signaling.showing import PaneNow, ShowNow, View

_Calls: TypeAlias = Mapping[int, tuple[str, int]]
"""What came of the last call of each venue that was called, and when, in Unix milliseconds."""


def _venue_now(state: ConferenceState, venue: LiveVenue, calls: _Calls) -> VenueNow:
    presence = "connected" if venue.peers else ("lost" if venue.joined else "absent")
    heads = -1 if venue.heads is None else venue.heads
    called, called_ms = ("", 0) if venue.peers else calls.get(venue.number, ("", 0))
    heard, on_leave = is_heard(state, venue), venue.number in state.on_leave
    return VenueNow(venue.number, venue.name, presence, heads, heard, called, called_ms, on_leave)


def _calls(state: ConferenceState) -> _Calls:
    return {
        number: ("rung" if reached else "unreached", unix_ms(at))
        for number, at, reached in state.calls
    }


def _show_now(state: ConferenceState) -> ShowNow:
    show = state.show
    running, due = show.carousel, carousel.due(state)
    return ShowNow(
        broadcast=_number(show.broadcast),
        watched=_number(show.watched),
        carousel_at=running.at if running else "",
        carousel_seconds=running.seconds if running else 0,
        carousel_venue=running.venue if running else -1,
        carousel_paused=running is not None and running.paused,
        carousel_next_ms=unix_ms(due[0]) if due else 0,
        layout=show.everybody.layout,
        wall_layout=show.wall.layout,
        may_choose=show.may_choose,
        sharing=_number(show.content.venue if show.content else None),
        may_share=sorted(show.may_share),
    )


def _number(venue: int | None) -> int:
    return -1 if venue is None else venue


def view_message(state: ConferenceState, screen: Screen) -> View:
    """Return what a screen shows, place by place."""
    view = view_of(state, screen)
    panes = [PaneNow(p.venue, p.slot, p.content, p.large) for p in view.panes]
    return View(view.layout, panes)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _ms(moment: datetime | None) -> int:
    return unix_ms(moment) if moment else 0


def _seat_now(seat: Seat) -> SeatNow:
    return SeatNow(seat.key, seat.name, seat.rank.name)


def _chair_now(conference: Conference) -> ChairNow:
    chair = conference.state.chair
    holder = _seat_now(chair.holder) if chair.holder else SeatNow("", "", "")
    return ChairNow(
        seat=holder.seat,
        name=holder.name,
        rank=holder.rank,
        since_ms=_ms(chair.since),
        way=chair.way.value,
        away=chair.holder is not None and not conference.is_here(chair.holder),
        deputy=chair.deputy.key if chair.deputy else "",
        former=chair.former.key if chair.former else "",
        asking=[_seat_now(seat) for seat in chair.asking],
        here=[_seat_now(seat) for seat in conference.here if seat.rank is not Rank.VENUE],
    )


def _roll_now(roll: RollCall | None) -> RollNow:
    if roll is None:
        return RollNow([], -1, 0, 0, [])
    return RollNow(
        order=[*roll.order],
        named=-1 if roll.named is None else roll.named,
        since_ms=unix_ms(roll.since),
        every=_seconds(roll.every) if roll.every else 0,
        answers=[AnswerNow(venue, answer.value) for venue, answer in roll.answers],
    )


def _item_now(run: ItemRun) -> ItemNow:
    return ItemNow(
        run.item.topic,
        run.item.department,
        run.item.minutes + run.added_minutes,
        _seconds(run.used),
        [post.value for post in run.posts],
        sorted(run.venues),
    )


def _ballot_now(ballot: Ballot | None) -> BallotNow:
    if ballot is None:
        return BallotNow(0, "", [], False, False, [], [], [])
    return BallotNow(
        number=ballot.number,
        text=ballot.text,
        choices=[*ballot.choices],
        secret=ballot.secret,
        closed=ballot.closed,
        voted=[venue for venue, _ in ballot.voices],
        counts=[] if ballot.secret and not ballot.closed else [*ballot.counts],
        voices=[] if ballot.secret else [VoiceNow(*voice) for voice in ballot.voices],
    )


def questions_message(state: ConferenceState) -> Questions:
    """Return what venues asked in writing, with their words."""
    return Questions(
        [QuestionNow(q.number, q.venue, q.text, unix_ms(q.at), q.done) for q in state.questions]
    )


def _material_now(state: ConferenceState) -> MaterialNow:
    shown = shown_now(state)
    return MaterialNow(state.item, shown.file, shown.page) if shown else MaterialNow(-1, "", 0)


def _prompt_now(state: ConferenceState) -> PromptNow:
    known = state.prompting
    return PromptNow(
        every=known.every_minutes,
        asked_ms=_ms(known.asked_at),
        until_ms=_ms(prompts.until(state)),
        venues=prompts.numbers(state, known.venue_ids),
        answered=prompts.numbers(state, known.answered),
    )


def _recording_now(recording: Recording) -> RecordingNow:
    return RecordingNow(
        on=recording.on,
        scope=recording.scope,
        venues=[*recording.venues],
        reason=recording.reason,
        since_ms=_ms(recording.since),
        trouble=recording.trouble,
        notices=recording.notices,
    )


def state_message(conference: Conference, now: datetime) -> State:
    """Return the whole conference as everybody is shown it."""
    state, clock = conference.state, conference.state.clock
    minutes = 0
    if state.items:
        present = state.items[state.item]
        minutes = present.item.minutes + present.added_minutes
    calls = _calls(state)
    return State(
        version=conference.version,
        now_ms=unix_ms(now),
        session=state.session_id,
        title=state.title,
        hall=conference.hall,
        starts_ms=unix_ms(state.starts_at),
        ends_ms=unix_ms(state.ends_at),
        expected=sum(v.number != MAIN for v in state.venues),
        venues=[_venue_now(state, v, calls) for v in state.venues],
        floor=_number(state.floor),
        floor_since_ms=_ms(state.floor_since),
        queue=[Asking(r.venue, unix_ms(r.since)) for r in state.queue],
        said=[Said(number, _seconds(length)) for number, length in state.said],
        muted_all=state.muted_all,
        items=[_item_now(run) for run in state.items],
        item=state.item,
        item_since_ms=unix_ms(state.item_since),
        item_minutes=minutes,
        goes_on=clock.goes_on,
        called_in=-1 if clock.called is None else clock.called,
        called_in_ms=_ms(clock.called_at),
        locked=state.locked,
        chair=_chair_now(conference),
        roll=_roll_now(state.roll_call),
        words=[WordNow(d.venue, d.word, unix_ms(d.at)) for d in state.declined],
        banner=state.banner,
        asked=[AskedNow(q.number, q.venue, unix_ms(q.at), q.done) for q in state.questions],
        ballot=_ballot_now(state.ballot),
        show=_show_now(state),
        observers=len(state.observers),
        material=_material_now(state),
        prompt=_prompt_now(state),
        recording=_recording_now(state.recording),
    )


def truth_message(venue: LiveVenue, health: SourceHealth | None, now: datetime) -> Truth:
    """Return the two truths for one venue: what the worker receives, and what is committed."""
    here = venue.since is not None
    present = venue.present + (now - venue.since if venue.since else timedelta())
    return Truth(
        seen=here and health is not None and health.video_kbps > 0,
        heard=here and health is not None and health.audio,
        recorded_ms=unix_ms(venue.joined) if venue.joined else 0,
        present_seconds=max(_seconds(present), 0),
    )


def welcome_message(
    venue: Venue, seat: Seat, *, operator: bool, session_id: int, now: datetime
) -> Welcome:
    """Return the answer to a hello."""
    return Welcome(
        venue.number, venue.name, operator, session_id, unix_ms(now), seat.key, seat.rank.name
    )


def waiting_message(coming: Session | None, now: datetime, check: datetime | None) -> Waiting:
    """Return what a page is told while no session is open for it; session 0 when none is next.

    Args:
        coming: the next session.
        now: the present.
        check: when the page shall check its devices by itself, None for not at all.
    """
    if coming is None:
        return Waiting(0, "", 0, 0, 0, unix_ms(now), 0)
    return Waiting(
        coming.id,
        coming.title,
        unix_ms(coming.starts_at),
        unix_ms(coming.ends_at),
        len(coming.items),
        unix_ms(now),
        unix_ms(check) if check else 0,
    )
