"""Experience videos (经验视频): what they are, how they stand, who may do what with them. Pure.

A committee, a department or the meeting office brings a short video of what works. It is seen by
its own people until it is submitted, by the meeting office and the leaders from then on, and by
everybody who signs in once one of them has approved it, who never is the one who brought it.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.auth.model import Account, Login
from server.auth.permissions import KEEPERS, OPERATORS, READERS
from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError

LONGEST_TITLE = 40
LONGEST_TOPIC = 12
LONGEST_AUTHOR = 20
LONGEST_ABOUT = 300
LONGEST_REMARK = 120
LEAST_REMARK = 2
MOST_UNDERWAY = 20
"""Videos that an account may have which are not public: each may take much of the disk."""
VIEW_SECONDS = 10
"""A video that was played for so long was seen: it counts once a person and day, others' only."""


class VideoState(StrEnum):
    """How a video stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    PUBLIC = "PUBLIC"
    WITHDRAWN = "WITHDRAWN"
    DELETED = "DELETED"

    @property
    def word(self) -> str:
        """The code of what it is called."""
        return _WORDS[self]


_WORDS = {
    VideoState.DRAFT: "state.video.draft",
    VideoState.SUBMITTED: "state.video.submitted",
    VideoState.RETURNED: "state.video.returned",
    VideoState.PUBLIC: "state.video.public",
    VideoState.WITHDRAWN: "state.video.withdrawn",
    VideoState.DELETED: "state.video.deleted",
}
EDITABLE = frozenset({VideoState.DRAFT, VideoState.RETURNED, VideoState.WITHDRAWN})
"""Whoever changes one that is public withdraws it first: what is seen is what was approved."""


class FilmKind(StrEnum):
    """In what a video is packed; the value is how its file's name ends."""

    WEBM = "webm"
    MP4 = "mp4"

    @property
    def content_type(self) -> str:
        """The media type (RFC 6838)."""
        return f"video/{self.value}"


def kind_of(beginning: bytes) -> FilmKind | None:
    """Return what a file is by its first octets, None for one that is no video we take.

    WebM begins as EBML does (RFC 8794 §11.2.1), MP4 has the box ``ftyp`` first (ISO/IEC 14496-12).
    """
    if beginning.startswith(b"\x1a\x45\xdf\xa3"):
        return FilmKind.WEBM
    return FilmKind.MP4 if beginning[4:8] == b"ftyp" else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken: the largest file in MB, the longest film in minutes."""

    megabytes: int = 1024
    minutes: int = 20

    @property
    def octets(self) -> int:
        """How many octets the largest file has."""
        return self.megabytes << 20


LIMITS: Mapping[str, tuple[int, int]] = {"megabytes": (10, 4096), "minutes": (1, 120)}
"""The smallest and the largest number of each limit."""


def read_limits(values: Mapping[str, str]) -> Limits:
    """Return the limits that a form says, one text for each of ``LIMITS``.

    Raises:
        DomainError: ``rule_number`` with the ``rule``, the ``least`` and the ``most``.
    """
    numbers: dict[str, int] = {}
    for name, (least, most) in LIMITS.items():
        text = values.get(name, "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
        if not least <= number <= most:
            raise DomainError("rule_number", rule=name, least=least, most=most)
        numbers[name] = number
    return Limits(**numbers)


@dataclass(frozen=True, slots=True)
class VideoFilm:
    """The file of a video: its SHA-256, kind, octets, length, and which frame stands for it."""

    digest: str
    kind: FilmKind
    octets: int
    seconds: int
    frames: int
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """From which second to which of a session's recording a video was taken."""

    session: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class VideoWords:
    """What is said of a video; ``place`` is the department or committee whose experience it is."""

    title: str = ""
    topic: str = ""
    place: str = ""
    author: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    """An experience video.

    ``account_id`` and ``by`` are who brought it, ``department_id`` or ``committee_id`` where that
    account belonged. ``remark`` is the last word of who sent it back or withdrew it. ``kept_from``
    is when its time of keeping began; ``version`` counts changes of its words.
    """

    id: int
    state: VideoState
    words: VideoWords
    account_id: int
    by: str
    created_at: datetime
    kept_from: datetime
    department_id: int | None = None
    committee_id: int | None = None
    film: VideoFilm | None = None
    cut: Cut | None = None
    remark: str = ""
    submitted_at: datetime | None = None
    public_at: datetime | None = None
    version: int = 1
    views: int = 0

    @property
    def is_editable(self) -> bool:
        """Whether its words and its file may be changed."""
        return self.state in EDITABLE


# --- words ----------------------------------------------------------------------------------------


def check_words(words: VideoWords, places: Collection[str]) -> dict[str, DomainError]:
    """Return what is wrong with the words, by field; {} when nothing is.

    Args:
        words: as filled in.
        places: the departments and committees that it may be of.
    """
    wrong: dict[str, DomainError] = {}
    for name, text, least, most in (
        ("title", words.title, 2, LONGEST_TITLE),
        ("topic", words.topic, 1, LONGEST_TOPIC),
        ("author", words.author, 1, LONGEST_AUTHOR),
        ("about", words.about, 0, LONGEST_ABOUT),
    ):
        if not least <= len(text) <= most:
            wrong[name] = DomainError("video_words", least=least, most=most)
    if words.place not in places:
        wrong["place"] = DomainError("video_place")
    return wrong


def fits(video: Video, search: str, topic: str, place: str) -> bool:
    """Tell whether a video has every searched word in its title, topic or place, and both filters.

    Empty ones fit all.
    """
    if (topic and video.words.topic != topic) or (place and video.words.place != place):
        return False
    said = video.words
    text = f"{said.title} {said.topic} {said.place} {said.author}".casefold()
    return all(word in text for word in search.casefold().split())


def topics_of(videos: Iterable[Video]) -> list[str]:
    """Return the topics of some videos, the most frequent first."""
    counts: dict[str, int] = {}
    for video in videos:
        counts[video.words.topic] = counts.get(video.words.topic, 0) + 1
    return sorted(counts, key=lambda topic: (-counts[topic], topic))


_MOMENT = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})\Z")


def read_moment(text: str) -> int:
    """Return the second of a film that somebody wrote: ``12:05``, ``1:02:03``.

    Raises:
        DomainError: ``video_moment`` for anything else.
    """
    match = _MOMENT.match(text.strip().replace("：", ":"))
    if match is None:
        raise DomainError("video_moment")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * 60 + seconds


def moment_text(second: int) -> str:
    """Return a second of a film as ``read_moment`` reads it: ``12:05``, ``1:02:03``."""
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


# --- who may --------------------------------------------------------------------------------------


def is_own(login: Login, video: Video) -> bool:
    """Tell whether a video is somebody's: brought by the account, or from the same place."""
    if login.account_id == video.account_id:
        return True
    same_department = video.department_id is not None and login.department_id == video.department_id
    same_committee = video.committee_id is not None and login.committee_id == video.committee_id
    return same_department or same_committee


def approvers_of(video: Video, accounts: Iterable[Account]) -> list[Account]:
    """Return the accounts whose word makes a video public."""
    return [
        account
        for account in accounts
        if account.role in OPERATORS and not account.disabled and account.id != video.account_id
    ]


def may_see(login: Login, video: Video) -> bool:
    """Tell whether somebody may see a video, and what became of it."""
    if video.state is VideoState.PUBLIC or is_own(login, video):
        return True
    if video.state is VideoState.DELETED:
        return video.public_at is not None
    return login.role in READERS and video.submitted_at is not None


def require_seen(login: Login, video: Video) -> Video:
    """Return the video.

    Raises:
        NotFoundError: ``no_video`` for one that is not the login's to see.
    """
    if not may_see(login, video):
        raise NotFoundError("no_video")
    return video


def require_editable(login: Login, video: Video) -> Video:
    """Return the video, whose words and file the login may change.

    Raises:
        NotFoundError: ``no_video`` for one that is not the login's to see.
        ForbiddenError: ``video_not_yours``.
        ConflictError: ``video_moved_on`` when it is submitted, public or deleted by now.
    """
    require_seen(login, video)
    if not is_own(login, video):
        raise ForbiddenError("video_not_yours")
    if not video.is_editable:
        raise ConflictError("video_moved_on")
    return video


class Step(StrEnum):
    """What somebody does with a video as a whole; its value is the last part of the address."""

    SUBMIT = "submit"
    TAKE_BACK = "take_back"
    APPROVE = "approve"
    RETURN = "send_back"
    WITHDRAW = "withdraw"


_STEPS: dict[Step, tuple[frozenset[VideoState], VideoState]] = {
    Step.SUBMIT: (EDITABLE, VideoState.SUBMITTED),
    Step.TAKE_BACK: (frozenset({VideoState.SUBMITTED}), VideoState.DRAFT),
    Step.APPROVE: (frozenset({VideoState.SUBMITTED}), VideoState.PUBLIC),
    Step.RETURN: (frozenset({VideoState.SUBMITTED}), VideoState.RETURNED),
    Step.WITHDRAW: (frozenset({VideoState.PUBLIC}), VideoState.WITHDRAWN),
}
_OF_OWN = frozenset({Step.SUBMIT, Step.TAKE_BACK})
_OF_OTHERS = frozenset({Step.APPROVE, Step.RETURN})
_WITH_REASON = frozenset({Step.RETURN, Step.WITHDRAW})


def may_step(step: Step, login: Login, video: Video) -> bool:
    """Tell whether somebody may take a step with a video as it stands."""
    if video.state not in _STEPS[step][0]:
        return False
    return _refusal_of(step, login, video) is None


def _refusal_of(step: Step, login: Login, video: Video) -> ForbiddenError | None:
    own, decides = is_own(login, video), login.role in OPERATORS
    if step in _OF_OWN:
        return None if own else ForbiddenError("video_not_yours")
    if step in _OF_OTHERS:
        if own:
            return ForbiddenError("video_own_approval")
        return None if decides else ForbiddenError("video_not_yours")
    return None if own or decides else ForbiddenError("video_not_yours")


def take_step(step: Step, login: Login, video: Video, remark: str) -> VideoState:
    """Return how a video stands after a step.

    Raises:
        NotFoundError: ``no_video`` for one that is not the login's to see.
        ForbiddenError: ``video_not_yours``, ``video_own_approval``.
        ConflictError: ``video_moved_on`` when it stands otherwise by now.
        DomainError: ``video_needs_film`` to submit one without a file; ``video_remark`` (most) to
            send back or withdraw one without a word.
    """
    require_seen(login, video)
    refusal = _refusal_of(step, login, video)
    if refusal is not None:
        raise refusal
    before, after = _STEPS[step]
    if video.state not in before:
        raise ConflictError("video_moved_on")
    if step is Step.SUBMIT and video.film is None:
        raise DomainError("video_needs_film")
    if len(remark) > LONGEST_REMARK or (step in _WITH_REASON and len(remark) < LEAST_REMARK):
        raise DomainError("video_remark", most=LONGEST_REMARK)
    return after


def may_discard(login: Login, video: Video) -> bool:
    """Tell whether somebody may delete a video that was never public."""
    return is_own(login, video) and video.is_editable and video.public_at is None


# --- questions to the author ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hidden:
    """That a question was taken off the page: by whom, why, when."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks the author of a video, with the answer where there is one."""

    id: int
    video_id: int
    account_id: int
    by: str
    asked_at: datetime
    text: str
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    hidden: Hidden | None = None


LONGEST_QUESTION = 200
LONGEST_ANSWER = 400
MOST_QUESTIONS_A_DAY = 20
"""Questions that an account asks within a day."""


def may_tend(login: Login, video: Video) -> bool:
    """Tell whether somebody may answer and hide questions: whose video it is, and who approves."""
    return is_own(login, video) or login.role in OPERATORS


def seen_questions(login: Login, video: Video, questions: Iterable[Question]) -> list[Question]:
    """Return the questions as somebody sees them; a hidden one is for who tends or asked it."""
    tends = may_tend(login, video)
    return [q for q in questions if q.hidden is None or tends or q.account_id == login.account_id]


def check_text(text: str, most: int) -> str:
    """Return the words of a question or an answer.

    Raises:
        DomainError: ``video_text`` (most) when there are too few or too many.
    """
    if not LEAST_REMARK <= len(text) <= most:
        raise DomainError("video_text", most=most)
    return text


# --- keeping --------------------------------------------------------------------------------------


def due_at(video: Video, days: int) -> datetime | None:
    """Return when a video has been kept for the days of the policy; None for ever (0 days)."""
    return video.kept_from + timedelta(days=days) if days else None


def due_videos(videos: Sequence[Video], days: int, now: datetime) -> list[Video]:
    """Return the videos that were kept long enough; what waits for a word is never due."""
    found = []
    for video in videos:
        limit = due_at(video, days)
        waits = video.state in {VideoState.SUBMITTED, VideoState.DELETED}
        if limit is not None and limit <= now and not waits:
            found.append(video)
    return found


def may_keep(login: Login) -> bool:
    """Tell whether somebody may prolong the keeping of videos and delete what is due."""
    return login.role in KEEPERS
