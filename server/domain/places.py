"""Who and where: the street office, its departments, committees, posts and venues."""

from dataclasses import dataclass
from enum import StrEnum


class VenueKind(StrEnum):
    """What a venue (会场) is: the one main venue 主会场, or a committee's branch venue 分会场."""

    MAIN = "MAIN"
    BRANCH = "BRANCH"


class Post(StrEnum):
    """What somebody is in a committee (岗位). 书记 is the Party secretary, a leader."""

    SECRETARY = "SECRETARY"
    DIRECTOR = "DIRECTOR"
    DEPUTY = "DEPUTY"
    SOCIAL_WORKER = "SOCIAL_WORKER"


@dataclass(frozen=True, slots=True)
class StreetOffice:
    """The street office (街道办事处), the one tenant of an installation.

    ``hall`` is the room of the main venue; ``version`` counts changes.
    """

    id: int
    name: str
    phone: str
    hall: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Department:
    """A department (科室) of the street office: files meeting requests, presents items.

    ``exempt`` departments may call standing meetings without the leader's approval. One that is
    ``retired`` files no more; ``version`` counts changes.
    """

    id: int
    name: str
    exempt: bool
    retired: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Committee:
    """A neighbourhood committee (居委会); ``number`` is the order on walls and lists, from 1.

    One that is ``retired`` is expected at no new session, and its venue's link opens nothing.
    ``version`` counts changes, those of its venue's name and of its people as well. ``email`` is
    where letters to the committee and its venue go, empty for nowhere; ``language`` what they are
    written in, empty for the installation's.
    """

    id: int
    number: int
    name: str
    retired: bool = False
    version: int = 1
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A member of a committee's staff with a post; ``line`` is a social worker's line of work.

    ``retired`` is somebody who has left the post.
    """

    id: int
    committee_id: int
    name: str
    post: Post
    line: str
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Venue:
    """A place that takes part in sessions (会场).

    ``number`` is 0 for the main venue and the committee's number for a branch venue, which is
    ``retired`` with its committee.
    """

    id: int
    number: int
    name: str
    kind: VenueKind
    committee_id: int | None
    retired: bool = False
