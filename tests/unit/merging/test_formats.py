"""The plan format: what is written is read back, and junk meets a refusal with a place."""

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.merging.instance.fields import FormatError
from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.instance.model import Infeasible, Pin, Preference, Published
from server.merging.instance.writing import serialise_instance, serialise_plan
from server.merging.search.merge import merge
from tests.unit.merging.problems import (
    EXAMPLE,
    MONDAY,
    NAMES,
    a_request,
    a_standing_meeting,
    an_instance,
    example_plan,
    instance_file,
    instance_text,
)


@pytest.mark.parametrize("name", NAMES)
def test_an_instance_survives_being_written_and_read(name: str) -> None:
    instance = instance_file(name)
    assert parse_instance(serialise_instance(instance)) == instance


def test_every_wish_of_a_request_survives() -> None:
    meeting = a_standing_meeting()
    wish = a_request(
        "R1",
        prefer=Preference((1, 3), ("AM",)),
        time_window=(540, 600),
        must=True,
        pin=Pin(day=MONDAY),
        published=Published(meeting.cell, frozen=True),
    )
    instance = an_instance(wish, standing=(meeting,), meta='{"a":[1]}')
    assert parse_instance(serialise_instance(instance)) == instance


def test_a_plan_with_its_reasons_survives() -> None:
    plan = merge(instance_file(EXAMPLE), rounds=5)
    assert parse_plan(serialise_plan(plan)) == plan
    assert parse_plan(serialise_plan(example_plan())) == example_plan()


def test_an_infeasible_answer_survives() -> None:
    answer = Infeasible(("must:R1", "quota:committee_week:2026-W46"))
    assert parse_plan(serialise_plan(answer)) == answer


def broken(change: Any) -> str:
    document = json.loads(instance_text("p3_infeasible"))
    change(document)
    return json.dumps(document)


CASES: list[tuple[str, str, Any]] = [
    ("format_value", "format", lambda d: d.update(format="pinhui-sched/2")),
    ("format_missing", "requests[1].minutes", lambda d: d["requests"][1].pop("minutes")),
    ("format_type", "requests[1].minutes", lambda d: d["requests"][1].update(minutes="20")),
    ("format_type", "requests[1].minutes", lambda d: d["requests"][1].update(minutes=True)),
    ("format_value", "requests[1].minutes", lambda d: d["requests"][1].update(minutes=0)),
    ("format_value", "days[0].date", lambda d: d["days"][0].update(date="20261102")),
    ("format_value", "days[0].date", lambda d: d["days"][0].update(date="2026-02-30")),
    ("format_value", "days", lambda d: d["days"].reverse()),
    ("format_value", "requests[0].mode", lambda d: d["requests"][0].update(mode="by post")),
    ("format_value", "requests[0].priority", lambda d: d["requests"][0].update(priority=True)),
    ("format_value", "max_items", lambda d: d.update(max_items=40)),
    ("format_value", "quota.committee_week", lambda d: d["quota"].update(committee_week=10**9)),
    ("format_value", "requests[0].topic", lambda d: d["requests"][0].update(topic="\ud800")),
    ("format_value", "halves.AM", lambda d: d["halves"].update(AM=[690, 540])),
    ("format_unknown_id", "R001: D77", lambda d: d["requests"][0].update(dept="D77")),
    (
        "format_unknown_id",
        "R001: mayor",
        lambda d: d["requests"][0]["audience"].update(roles=["mayor"]),
    ),
    ("format_unknown_id", "hosts: H-D01-2026-11", lambda d: d["hosts"][0].update(venue="moon")),
    ("format_duplicate", "requests: R002", lambda d: d["requests"][0].update(id="R002")),
    ("format_duplicate", "roles", lambda d: d["roles"].append("secretary")),
    ("format_type", "days", lambda d: d.update(days={})),
]


@pytest.mark.parametrize(("code", "place", "change"), CASES)
def test_a_wrong_instance_is_refused_with_its_place(code: str, place: str, change: Any) -> None:
    with pytest.raises(FormatError) as refusal:
        parse_instance(broken(change))
    assert (refusal.value.code, refusal.value.params["place"]) == (code, place)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", "NaN", '{"format": NaN}', "[" * 100_000, '{"a":1,"a":2}', '"\\ud800"'],
)
def test_a_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_instance(text)
    with pytest.raises(FormatError):
        parse_plan(text)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def spots(node: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a JSON node."""
    keys = node.keys() if isinstance(node, dict) else range(len(node))
    found = []
    for key in keys:
        found.append((node, key))
        if isinstance(node[key], dict | list):
            found += spots(node[key])
    return found


@given(st.integers(0, 2**32), JUNK)
def test_junk_anywhere_raises_nothing_but_the_formats_own_error(seed: int, junk: Any) -> None:
    document = json.loads(SMALL)
    container, key = Random(seed).choice(spots(document))  # noqa: S311
    container[key] = junk
    text = json.dumps(document)
    try:
        instance = parse_instance(text)
    except FormatError:
        return
    assert parse_instance(serialise_instance(instance)) == instance


@given(st.integers(0, 2**32), JUNK)
def test_junk_in_a_plan_raises_nothing_but_the_formats_own_error(seed: int, junk: Any) -> None:
    document = copy.deepcopy(json.loads(serialise_plan(example_plan())))
    container, key = Random(seed).choice(spots(document))  # noqa: S311
    container[key] = junk
    try:
        plan = parse_plan(json.dumps(document))
    except FormatError:
        return
    assert parse_plan(serialise_plan(plan)) == plan


SMALL = serialise_instance(
    an_instance(
        a_request("R1", prefer=Preference((1,), ("AM",)), time_window=(540, 600), must=True),
        a_request("R2", pin=Pin(half="PM"), published=Published(a_standing_meeting().cell, False)),
        standing=(a_standing_meeting(),),
    )
)
