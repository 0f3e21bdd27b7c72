"""What the library is kept with, who works there, and what of the street it needs."""

from dataclasses import dataclass, field, replace

from server.audit.service import record
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Payload
from server.library.export import VideoShelf
from server.library.model import Video, VideoWords
from server.pages.render import Renderer
from server.street import store as street


@dataclass(frozen=True, slots=True)
class Librarian:
    """What the library is kept with.

    ``language`` is that of letters to who has chosen none; ``address`` is where our pages are,
    without a slash at its end; ``days`` is how long videos are kept, 0 for ever.
    """

    db: Database
    clock: Clock
    shelf: VideoShelf
    renderer: Renderer
    language: str
    address: str
    days: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a login works on experience videos."""

    librarian: Librarian
    login: Login

    @property
    def actor(self) -> str:
        """How the audit log names who is at work."""
        return f"login:{self.login.account_id}"

    @property
    def db(self) -> Database:
        """The database."""
        return self.librarian.db

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.librarian.clock

    async def record(self, tx: Tx, kind: EventKind, video: Video, **more: object) -> int:
        """Append an event about a video to the log; return its sequence."""
        payload: Payload = {
            "video": video.id,
            "title": video.words.title,
            "by": self.login.display_name,
            **more,
        }
        event = await record(tx, self.clock, kind, actor=self.actor, payload=payload)
        return event.sequence


@dataclass(frozen=True, slots=True)
class Places:
    """Of what department or committee a login's videos may be; ``own`` is the only one, if any."""

    names: tuple[str, ...]
    own: str = ""
    words: VideoWords = field(default_factory=VideoWords)


async def load_places(tx: Tx, login: Login) -> Places:
    """Return of whom a login may bring videos: its own place, or any for the meeting office."""
    departments = [d for d in await street.load_departments(tx) if not d.retired]
    committees = [c for c in await street.load_committees(tx) if not c.retired]
    own = ""
    if login.role is Role.CLERK:
        own = next((d.name for d in departments if d.id == login.department_id), "")
    elif login.role is Role.SECRETARY:
        own = next((c.name for c in committees if c.id == login.committee_id), "")
    if own:
        return Places((own,), own, VideoWords(place=own))
    names = (*(d.name for d in departments), *(c.name for c in committees))
    return Places(names if login.role is Role.OFFICE else ())


def tidy(words: VideoWords) -> VideoWords:
    """Return the words with runs of white space as one space; lines stay in the description."""
    return replace(
        words,
        title=" ".join(words.title.split()),
        topic=" ".join(words.topic.split()),
        author=" ".join(words.author.split()),
        about="\n".join(" ".join(line.split()) for line in words.about.splitlines()).strip(),
    )
