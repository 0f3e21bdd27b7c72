"""Short questions of the venues to the chair (提问): in writing, while somebody else speaks."""

from dataclasses import replace
from datetime import datetime

from server.conference.model import (
    ConferenceState,
    Happening,
    Order,
    Rule,
    Step,
    branch,
    number_of,
)
from server.conference.talk import Question
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload

MOST_OPEN = 3
"""Questions of one venue that may wait; more is done better by asking for the floor."""


def ask(state: ConferenceState, order: Order) -> list[Happening]:
    """Ask in writing.

    Raises:
        DomainError: ``venue_not_on_roster``; ``question_empty``; ``questions_waiting`` when
            ``MOST_OPEN`` of this venue have not been answered.
    """
    venue = branch(state, order.venue)
    text = " ".join(order.word.split())
    if not text:
        raise DomainError("question_empty")
    waiting = [q for q in state.questions if q.venue == venue.number and not q.done]
    if len(waiting) >= MOST_OPEN:
        raise DomainError("questions_waiting", most=MOST_OPEN)
    payload = {"venue_id": venue.venue_id, "text": text}
    return [Happening(EventKind.QUESTION_ASKED, payload)]


def answer(state: ConferenceState, number: int) -> list[Happening]:
    """Note that a question was answered or need not be; doing so again changes nothing.

    Raises:
        DomainError: ``no_such_question``.
    """
    found = next((q for q in state.questions if q.number == number), None)
    if found is None:
        raise DomainError("no_such_question")
    return [] if found.done else [Happening(EventKind.QUESTION_ANSWERED, {"question": number})]


def _asked(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    question = Question(len(state.questions) + 1, number, payload["text"], at)
    return replace(state, questions=(*state.questions, question))


def _answered(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    questions = tuple(
        replace(q, done=True) if q.number == payload["question"] else q for q in state.questions
    )
    return replace(state, questions=questions)


RULES: dict[str, Rule] = {
    "question.ask": ask,
    "question.done": lambda s, o: answer(s, o.value),
}
STEPS: dict[str, Step] = {
    EventKind.QUESTION_ASKED: _asked,
    EventKind.QUESTION_ANSWERED: _answered,
}
