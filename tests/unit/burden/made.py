"""Sessions that were held, made up with good defaults."""

from datetime import UTC, datetime, timedelta

from server.burden.model import Held, HeldItem, Share
from server.domain.places import Post

MONDAY = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


def share(venue: int = 1, verdict: str = "PRESENT", **given: int) -> Share:
    values = {"minutes": 40, "spare": 20, "waited": 5, "items": 2, "heads": 6} | given
    return Share(
        venue_id=venue,
        number=venue,
        name=f"居委会{venue}",
        verdict=verdict,
        minutes=values["minutes"],
        spare=values["spare"],
        waited=values["waited"],
        items=values["items"],
        posts=(Post.DIRECTOR,),
        heads=values["heads"],
    )


def item(department: str = "自治办", *, planned: int = 20, minutes: int | None = 20) -> HeldItem:
    return HeldItem("一件事", department, planned, minutes, called=2, guest=False)


def held(
    number: int = 1,
    day: float = 0,
    shares: tuple[Share, ...] = (),
    items: tuple[HeldItem, ...] = (),
) -> Held:
    return Held(
        session_id=number,
        audit_number=f"PH-2026-1102-{number:02d}",
        title="主任工作例会",
        starts_at=MONDAY + timedelta(days=day),
        minutes=50,
        items=items or (item(),),
        shares=shares or (share(1), share(2)),
    )
