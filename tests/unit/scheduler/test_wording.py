"""Reasons in words: every code has a sentence in both languages, and the values fit into it."""

import pytest

from server.i18n.catalogue import LANGUAGES, say
from server.scheduler.merge import merge
from server.scheduler.model import Reason
from server.scheduler.reasons import RULES
from server.scheduler.wording import say_action, say_reason, say_sentence
from tests.unit.scheduler.problems import EXAMPLE, instance_file


def example_reason() -> Reason:
    who = Reason("R004", "reason.all_called_anyway", {"people": 33, "anyway": 33, "trips": 0})
    params: dict[str, str | int] = {
        "request": "R004",
        "topic": "人口普查",
        "minutes": 20,
        "date": "2026-04-30",
        "half": "AM",
        "hall": "三楼会议室",
        "standing": "书记月度例会",
        "mates": 3,
    }
    return Reason("R004", "reason.rides_with_others", params, (who,))


def test_a_ride_reads_as_an_official_would_say_it() -> None:
    assert say_reason(example_reason(), "zh_CN") == (
        "R004「人口普查」20 分钟 → 4 月 30 日上午 三楼会议室，搭「书记月度例会」便车，与 3 项合并；"
        "33 名参会人本来就要到场，新增 0 人次。"
    )
    assert say_reason(example_reason(), "en") == (
        "R004 “人口普查”, 20 min → 30 Apr, morning, 三楼会议室: rides on “书记月度例会” together "
        "with 3 other items. All 33 people are called anyway: 0 new trips."
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [EXAMPLE, "p2_tight_quota", "p4_many_small"])
def test_every_reason_of_a_plan_has_words(name: str, language: str) -> None:
    for reason in merge(instance_file(name), rounds=5).reasons:
        sentences = [say_reason(reason, language), say_action(reason, language)]
        sentences += [say_sentence(detail, language) for detail in reason.details]
        text = " ".join(sentences)
        for leftover in ("{", "reason.", "rule.", "action."):
            assert leftover not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_words(language: str) -> None:
    for key in RULES.values():
        assert say(language, key) != key


def test_a_half_day_of_another_name_is_shown_as_it_is() -> None:
    reason = example_reason()
    odd = Reason(reason.request, reason.code, {**reason.params, "half": "EVE"})
    assert "4 月 30 日EVE" in say_reason(odd, "zh_CN")
