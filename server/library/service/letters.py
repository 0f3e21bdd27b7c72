"""Letters of the library: to whose word a video waits for, who brought it, who asked about it."""

from dataclasses import dataclass

from server.auth.store import load_account_by_id
from server.db.engine import Tx
from server.library.model import Question, Video
from server.library.service.desk import Desk
from server.mail import service as mail
from server.mail.model import Letter
from server.mail.store import withdraw_letters
from server.pages.letters import render_letter
from server.street.store import load_office


@dataclass(frozen=True, slots=True)
class News:
    """What a letter tells: ``what`` is the kind of its event; ``remark`` goes with it."""

    what: str
    event: int
    remark: str = ""
    question: Question | None = None


async def tell(tx: Tx, desk: Desk, account_id: int, video: Video, news: News) -> None:
    """Put a letter to an account into the outbox, unless it has no address or is at work itself.

    It waits as long as the undo of what it tells.
    """
    account = await load_account_by_id(tx, account_id)
    if account is None or account.disabled or not account.email:
        return
    if account.id == desk.login.account_id:
        return
    librarian, office = desk.librarian, await load_office(tx)
    values: dict[str, object] = {
        "street": office.name if office else "",
        "phone": office.phone if office else "",
        "name": account.display_name,
        "who": desk.login.display_name,
        "video": video,
        "news": news,
        "address": f"{librarian.address}/library/{video.id}",
    }
    language = account.language or librarian.language
    words = render_letter(librarian.renderer, "library/letter.html", language, values)
    letter = Letter(
        key=f"{_prefix(news.event)}{account.id}",
        recipient=account.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
    )
    await mail.enqueue(tx, desk.clock, letter, held_back=mail.HELD_BACK)


async def untell(tx: Tx, event: int) -> bool:
    """Withdraw the letters of what was taken back; tell whether none has gone out."""
    return await withdraw_letters(tx, _prefix(event))


def _prefix(event: int) -> str:
    return f"video:{event}:"
