"""What a printed report shows beside its figures. Pure."""

from datetime import datetime

from server.burden.service import Shown
from server.domain.places import Post
from server.i18n.dates import site_date


def paper_values(shown: Shown, street: str, origin: str, made_at: datetime) -> dict[str, object]:
    """Return what ``burden/paper.html`` is rendered with.

    Args:
        shown: the report, and the event that says it was printed.
        street: the name of the street office.
        origin: where our pages are.
        made_at: now.
    """
    return {
        "shown": shown,
        "report": shown.report,
        "street": street,
        "check_url": f"{origin}/verify",
        "made_at": made_at,
        "made_year": site_date(made_at).year,
        "posts": list(Post),
    }
