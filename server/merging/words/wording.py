"""Puts reasons into words: codes and values in, sentences of the catalogue out."""

from datetime import date

from server.i18n.catalogue import say
from server.i18n.dates import month_day
from server.merging.instance.model import Reason

HALF_WORDS = {"AM": "reason.morning", "PM": "reason.afternoon"}


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
