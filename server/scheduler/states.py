"""How a meeting request goes from state to state, and the leader's word beside it. Pure.

Two machines, told apart on purpose: a request without the leader's word may still ride on a session
that calls the same people. What nobody foresaw is refused by name, never passed over.
"""

from enum import StrEnum

from server.domain.errors import ConflictError
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState


class Step(StrEnum):
    """What can be done to a request or happen to it."""

    SUBMIT = "SUBMIT"
    AMEND = "AMEND"
    WITHDRAW = "WITHDRAW"
    RETURN = "RETURN"
    PLACE = "PLACE"
    PUT_IN_DIGEST = "PUT_IN_DIGEST"
    LEAVE_OUT = "LEAVE_OUT"
    TAKE_OUT = "TAKE_OUT"
    HOLD = "HOLD"
    CANCEL = "CANCEL"


class Word(StrEnum):
    """What can happen to the leader's word on a request."""

    ASK = "ASK"
    WAIVE = "WAIVE"
    GRANT = "GRANT"
    REFUSE = "REFUSE"
    TAKE_BACK = "TAKE_BACK"


_S = RequestState
_FROM_WAITING = {
    Step.AMEND: _S.SUBMITTED,
    Step.WITHDRAW: _S.WITHDRAWN,
    Step.RETURN: _S.RETURNED,
    Step.PLACE: _S.PLACED,
    Step.PUT_IN_DIGEST: _S.IN_DIGEST,
    Step.LEAVE_OUT: _S.LEFT_OUT,
}
MOVES: dict[RequestState, dict[Step, RequestState]] = {
    _S.DRAFT: {Step.SUBMIT: _S.SUBMITTED, Step.AMEND: _S.DRAFT, Step.WITHDRAW: _S.WITHDRAWN},
    _S.SUBMITTED: _FROM_WAITING,
    _S.LEFT_OUT: _FROM_WAITING,
    _S.RETURNED: {
        Step.SUBMIT: _S.SUBMITTED,
        Step.AMEND: _S.SUBMITTED,
        Step.WITHDRAW: _S.WITHDRAWN,
    },
    _S.PLACED: {
        Step.AMEND: _S.PLACED,
        Step.TAKE_OUT: _S.SUBMITTED,
        Step.HOLD: _S.HELD,
        Step.CANCEL: _S.CANCELLED,
    },
    _S.IN_DIGEST: {Step.TAKE_OUT: _S.SUBMITTED},
    _S.HELD: {},
    _S.WITHDRAWN: {},
    _S.CANCELLED: {},
}
"""Where each step leads; a step that is not in a state's row is refused there."""

_WORDS: dict[Word, dict[Approval, Approval]] = {
    Word.ASK: dict.fromkeys(Approval, Approval.PENDING),
    Word.WAIVE: dict.fromkeys(Approval, Approval.NOT_NEEDED),
    Word.GRANT: {Approval.PENDING: Approval.GRANTED},
    Word.REFUSE: {Approval.PENDING: Approval.REFUSED},
    Word.TAKE_BACK: {Approval.GRANTED: Approval.PENDING, Approval.REFUSED: Approval.PENDING},
}


def after_step(state: RequestState, step: Step) -> RequestState:
    """Return the state that a step leads to.

    Raises:
        ConflictError: a code that names the state the request is in, and with it the way out.
    """
    target = MOVES[state].get(step)
    if target is None:
        raise _refusal(state)
    return target


def require_not_issued(request: FiledRequest) -> None:
    """Refuse to move what committees have been told of in a weekly digest.

    Raises:
        ConflictError: ``digest_issued``.
    """
    if request.issued_at is not None:
        raise ConflictError("digest_issued")


def may_step(state: RequestState, step: Step) -> bool:
    """Tell whether a step is open to a request in this state."""
    return step in MOVES[state]


def _refusal(state: RequestState) -> ConflictError:
    match state:
        case RequestState.DRAFT:
            return ConflictError("request_is_draft")
        case RequestState.PLACED:
            return ConflictError("request_placed")
        case RequestState.IN_DIGEST:
            return ConflictError("request_in_digest")
        case RequestState.HELD:
            return ConflictError("request_held")
        case RequestState.RETURNED:
            return ConflictError("request_is_returned")
        case RequestState.WITHDRAWN | RequestState.CANCELLED:
            return ConflictError("request_over")
    return ConflictError("request_waits")


def after_word(approval: Approval, word: Word) -> Approval:
    """Return the approval after a word.

    Raises:
        ConflictError: ``request_decided`` when nobody waits for it, or there is nothing to take
            back.
    """
    target = _WORDS[word].get(approval)
    if target is None:
        raise ConflictError("request_decided")
    return target


def first_approval(filing: Filing, *, exempt: bool) -> Approval:
    """Return the approval of a request that has just been submitted.

    An exempt department's needs none, nor does what is only to be made known.
    """
    return Approval.NOT_NEEDED if exempt or filing.read_only else Approval.PENDING


def asks_more(before: Filing, after: Filing) -> bool:
    """Tell whether an amended filing asks for anything that the leader has not agreed to."""
    fewer_posts = set(after.posts) <= set(before.posts)
    named, now = set(before.committee_ids), set(after.committee_ids)
    fewer_committees = not named or bool(now and now <= named)
    same = before.topic == after.topic and before.read_only == after.read_only
    return not (same and fewer_posts and fewer_committees and after.minutes <= before.minutes)


def approval_after_change(
    approval: Approval, before: Filing, after: Filing, *, exempt: bool
) -> Approval:
    """Return the approval of an amended request: a word holds as long as no more is asked for.

    A refusal is asked anew by any change.
    """
    wanted = first_approval(after, exempt=exempt)
    if wanted is Approval.NOT_NEEDED:
        return after_word(approval, Word.WAIVE)
    if approval is Approval.GRANTED and not asks_more(before, after):
        return approval
    return after_word(approval, Word.ASK)
