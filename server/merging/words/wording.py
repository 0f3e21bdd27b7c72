"""Puts reasons into words: codes and values in, sentences of the catalogue out."""

from dataclasses import dataclass
from datetime import date

from server.i18n.catalogue import say
from server.i18n.dates import month_day
from server.merging.instance.model import Reason

HALF_WORDS = {"AM": "reason.morning", "PM": "reason.afternoon"}


@dataclass(frozen=True, slots=True)
class SpokenReason:
    """A reason in words: the explanation, its details one by one, and the next step or ""."""

    text: str
    details: tuple[str, ...]
    action: str


def speak(reason: Reason, language: str) -> SpokenReason:
    """Put a reason into words; a placed request's says all in one sentence, without details."""
    details = reason.details if reason.code == "reason.left_out" else ()
    return SpokenReason(
        text=say_reason(reason, language),
        details=tuple(say_sentence(detail, language) for detail in details),
        action=say_action(reason, language),
    )


def say_reason(reason: Reason, language: str) -> str:
    """Return the whole explanation: the main sentence, then its details in order."""
    sentences = [reason, *reason.details] if reason.code != "reason.left_out" else [reason]
    gap = "" if language == "zh_CN" else " "
    return gap.join(say_sentence(sentence, language) for sentence in sentences)


def say_sentence(reason: Reason, language: str) -> str:
    """Return the one sentence of a reason or of a detail."""
    return say(language, reason.code, **spoken(reason, language))


def say_action(reason: Reason, language: str) -> str:
    """Return the next step in words; empty when nothing is to be done."""
    return say(language, reason.action) if reason.action else ""


def spoken(reason: Reason, language: str) -> dict[str, str | int]:
    """Return the values as the sentence shows them: days, half-days and rules in words."""
    params = dict(reason.params)
    if "date" in params:
        params["date"] = month_day(date.fromisoformat(str(params["date"])), language)
    if "half" in params:
        half = str(params["half"])
        params["half"] = say(language, HALF_WORDS[half]) if half in HALF_WORDS else half
    if "rule" in params:
        params["rule"] = say(language, str(params["rule"]))
    return params
