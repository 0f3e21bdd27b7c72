"""Reasons in words: every code has a sentence in both languages, and the values fit into it."""

from dataclasses import replace

import pytest

from server.i18n.catalogue import LANGUAGES, say
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Cell, Reason
from server.merging.proof.conflict import Concession, Conflict
from server.merging.search.ground import survey
from server.merging.search.merge import merge
from server.merging.search.prices import NOTHING, Move, Moves, draft_of, price_moves
from server.merging.search.reasons import RULES
from server.merging.words.demands import say_concessions, say_conflict
from server.merging.words.price_words import say_moves
from server.merging.words.wording import say_action, say_reason, say_sentence
from tests.unit.merging.problems import (
    EXAMPLE,
    FRIDAY,
    MONDAY,
    a_quota,
    a_request,
    an_instance,
    instance_file,
)


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_conflict_and_concession_has_words(language: str) -> None:
    quota = a_quota(committee_week=2, role_month={"secretary": 1})
    instance = an_instance(a_request("R1"), quota=quota)
    rules = ("must:R1", "pin:R1", "frozen:R1", "approval:R1", "window:R1", "blocked:C3")
    quotas = ("quota:committee_week:2026-W45", "quota:role_month:secretary:2026-11")
    named = (*rules, *quotas, "capacity:R1")
    lookup = look_up(instance)
    lines = say_conflict(lookup, Conflict(named, minimal=True), language)
    lines += say_concessions(lookup, tuple(Concession(rule, 2) for rule in named), language)
    assert len(lines) == 2 * (1 + len(named))
    assert not [line for line in lines if "{" in line or "conflict." in line or "cession." in line]
    assert say_concessions(lookup, (), language) == []
    assert len(say_conflict(lookup, Conflict((), minimal=True), language)) == 1


def test_a_conflict_reads_as_an_official_would_say_it() -> None:
    lookup = look_up(instance_file("p3_infeasible"))
    quota = "quota:role_week:secretary:2026-W46"
    lines = say_conflict(lookup, Conflict(("must:RX1", quota), minimal=True), "zh_CN")
    assert lines[1:] == [
        "RX1「强制事项1」必须召开，不能不排。",
        "11 月 9 日至 11 月 13 日，书记最多被召集 1 次。",
    ]
    asked = say_concessions(lookup, (Concession(quota, 1),), "zh_CN")
    assert asked[1] == "请领导批准 11 月 9 日至 11 月 13 日书记的限额由 1 次增加 1 次。"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [EXAMPLE, "p2_tight_quota", "p4_many_small"])
def test_every_price_of_a_move_has_words(name: str, language: str) -> None:
    lookup = look_up(instance_file(name))
    draft = draft_of(survey(lookup), merge(lookup.instance, rounds=5))
    for number in range(len(draft.place)):
        lines = say_moves(lookup, price_moves(draft, number), language)
        assert len(lines) > 1
        for leftover in ("{", "price.", "rule.", "reason."):
            assert not [line for line in lines if leftover in line]


def test_a_move_reads_as_a_clerk_would_say_it() -> None:
    now, then = Cell(MONDAY, "AM", "R1"), Cell(FRIDAY, "PM", "VC")
    change = replace(NOTHING, trips_room=-5, trips_video=10, sessions=1, delay=20)
    moves = Moves("R1", now, (Move(then, change, 2520),), {"mode": (now, then)})
    lookup = look_up(an_instance(a_request("R1")))
    assert say_moves(lookup, moves, "zh_CN") == [
        "如果改到别的时段（其余不变）：",
        "11 月 6 日下午 视频会场：多跑 5 个居委会次，多开 1 场会，晚 4 个工作日，总体更费",
        "2 个时段：会议室与开会方式（到场或视频）不符",
    ]
    nothing = replace(moves, open=(Move(None, NOTHING, 0),), closed={})
    assert say_moves(lookup, nothing, "en")[1:] == ["Left out: no difference"]
    assert len(say_moves(lookup, replace(nothing, open=()), "en")) == 1
