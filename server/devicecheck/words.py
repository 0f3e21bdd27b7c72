"""Says what a device check found, in the language of whoever reads it. Pure."""

from dataclasses import dataclass

from server.devicecheck.model import DeviceCheck, Finding, Grade
from server.i18n.catalogue import say


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words: what is so, and below it what it rests on or what to do."""

    part: str
    grade: str
    words: str
    note: str


def say_finding(finding: Finding, language: str) -> Said:
    """Return a finding in words."""
    key = f"check.{finding.part}.{finding.code}"
    words = say(language, key, **finding.params)
    return Said(finding.part, finding.grade, words, say(language, f"{key}.note", **finding.params))


def say_check(check: DeviceCheck, language: str) -> str:
    """Return a whole check in one line: its worst finding, or that all is well."""
    worst = check.worst
    if worst is None or (not check.complete and worst.grade is Grade.OK):
        return say(language, "check.summary.unfinished")
    if worst.grade is not Grade.OK:
        part = say(language, f"check.part.{worst.part}")
        words = say_finding(worst, language).words
        return say(language, "check.summary.found", part=part, words=words)
    if check.mended:
        mended = [say(language, f"check.part.{f.part}") for f in check.findings]
        names = [n for n, f in zip(mended, check.findings, strict=True) if f.part in check.mended]
        return say(language, "check.summary.mended", parts=say(language, "check.and").join(names))
    return say(language, "check.summary.good")


def grade_of(check: DeviceCheck) -> str:
    """Return the grade a check is shown with: its worst finding's, ``off`` when unfinished."""
    worst = check.worst
    if worst is None or (not check.complete and worst.grade is Grade.OK):
        return "off"
    return worst.grade
