"""Which requests a list shows: filters as they stand in the address (申请列表). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.admission.model import is_coordinated, waits_for_word
from server.scheduler.filing import PENDING, FiledRequest, RequestState

LONGEST_SEARCH = 60


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. ``show`` is one of ``SHOWN``; "" and 0 narrow nothing."""

    show: str = "all"
    department_id: int = 0
    words: str = ""


SHOWN = ("all", "draft", "waiting", "coordinate", "word", "placed", "replan", "out", "done")
"""Views of the list, in the order of its tabs."""


def read_filters(query: Mapping[str, str]) -> Filters:
    """Return the filters of an address; whatever is not understood narrows nothing."""
    show, department = query.get("show", "all"), query.get("department", "")
    known = department.isascii() and department.isdigit() and len(department) < 10
    return Filters(
        show=show if show in SHOWN else "all",
        department_id=int(department) if known else 0,
        words=" ".join(query.get("q", "").split())[:LONGEST_SEARCH],
    )


def belongs(show: str, request: FiledRequest) -> bool:
    """Tell whether a request belongs into a view."""
    match show:
        case "draft":
            return request.state is RequestState.DRAFT
        case "waiting":
            return request.state in PENDING
        case "coordinate":
            return is_coordinated(request)
        case "word":
            return waits_for_word(request)
        case "placed":
            return request.state in (RequestState.PLACED, RequestState.IN_DIGEST)
        case "replan":
            return request.replan
        case "out":
            return request.state in (RequestState.LEFT_OUT, RequestState.RETURNED)
        case "done":
            return request.state in _DONE
    return True


_DONE = (RequestState.HELD, RequestState.WITHDRAWN, RequestState.CANCELLED)


def narrow(requests: Iterable[FiledRequest], filters: Filters) -> list[FiledRequest]:
    """Return the requests that pass, in their order; words are looked for in topic and number."""
    wanted = filters.words.casefold()
    return [
        request
        for request in requests
        if belongs(filters.show, request)
        and filters.department_id in (0, request.filing.department_id)
        and (not wanted or wanted in f"{request.number} {request.filing.topic}".casefold())
    ]


def count(requests: Iterable[FiledRequest]) -> dict[str, int]:
    """Return how many requests each view has."""
    held = list(requests)
    return {show: sum(belongs(show, request) for request in held) for show in SHOWN}
