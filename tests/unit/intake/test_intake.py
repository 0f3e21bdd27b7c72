"""Tables taken in: what would change is told first, wrong rows are named, twice doubles nothing."""

from datetime import date
from typing import Any

import pytest

from server.baseline.model import PastMeeting
from server.domain.errors import DomainError
from server.domain.places import Committee, Department, Person, Post
from server.i18n.catalogue import LANGUAGES, say
from server.intake.committees import Street, plan_committees
from server.intake.departments import plan_departments
from server.intake.filled import (
    COLUMNS,
    choices_of,
    committee_rows,
    department_rows,
    quota_rows,
)
from server.intake.model import Kind, Plan, Sign
from server.intake.past import plan_past, read_day
from server.intake.quotas import plan_quotas
from server.intake.workbook import render_template
from server.scheduler.quota_rules import PRESET, OwnAmounts
from server.street.cells import decode_upload
from server.street.workbook import read_text

COMMITTEES = [
    Committee(1, 1, "云杉苑"),
    Committee(2, 2, "松涛里居委会", email="st@example.org"),
    Committee(3, 3, "柳浪居", retired=True),
]
PEOPLE = {
    1: [
        Person(1, 1, "张建国", Post.SECRETARY, ""),
        Person(2, 1, "王晓玲", Post.SOCIAL_WORKER, "综治"),
        Person(3, 1, "老周", Post.DEPUTY, "", retired=True),
    ]
}
STREET = Street(COMMITTEES, PEOPLE, {1: "云杉苑", 2: "松涛里活动室", 3: "柳浪居"})
DEPARTMENTS = [Department(1, "党建办", True), Department(2, "平安办", False, retired=True)]
TODAY = date(2026, 11, 24)
PAST_HEAD = "日期\t会议\t科室\t时长（分钟）\t居委会\t岗位\t来源\n"


def told(plan: Plan[Any]) -> list[tuple[str, str, list[str]]]:
    return [(c.sign, c.name, [said.code for said in c.words]) for c in plan.changes]


def codes(plan: Plan[Any]) -> list[tuple[str, Any]]:
    return [(error.code, error.params.get("row")) for error in plan.errors]


def past(text: str, known: tuple[PastMeeting, ...] = (), source: str = "") -> Plan[Any]:
    return plan_past(text, committees=COMMITTEES, known=known, source=source, today=TODAY)


# --- committees, people and venues --------------------------------------------------------------


def test_a_table_of_committees_tells_what_is_new_changed_and_brought_back() -> None:
    plan = plan_committees(
        "编号\t居委会\t姓名\t岗位\t条线\t会场\t电子邮件\n"
        "1\t云杉苑\t张建国\t书记\t\t云杉会堂\t\n"
        "1\t云杉苑\t王晓玲\t社工\t民政\t\t\n"
        "1\t云杉苑\t老周\t副主任\t\t\t\n"
        "1\t云杉苑\t李秀英\t主任\t\t\t\n"
        "2\t松涛里居委会\t\t\t\t\t\n"
        "3\t柳浪居\t\t\t\t\t\n"
        "4\t桂花园\t赵春生\t书记\t\t\tgh@example.org\n",
        STREET,
    )
    assert plan.errors == ()
    assert told(plan) == [
        ("changed", "01 云杉苑", ["line", "returned", "added", "venue"]),
        ("back", "03 柳浪居", []),
        ("new", "04 桂花园", ["people"]),
    ]
    assert plan.same == 1
    assert [p.id for p in plan.work[0].words.people] == [2, 3, 0]
    assert plan.work[2].words.email == "gh@example.org"


def test_without_numbers_committees_keep_theirs_and_new_ones_follow() -> None:
    plan = plan_committees("居委会\t姓名\t岗位\n桂花园\t赵春生\t书记\n云杉苑\t钱进\t社工\n", STREET)
    assert [step.words.number for step in plan.work] == [4, 1]


def test_a_number_of_another_committee_is_refused_with_its_row() -> None:
    plan = plan_committees("编号\t居委会\t姓名\t岗位\n\n2\t桂花园\t赵春生\t书记\n", STREET)
    assert codes(plan) == [("row_number_held", 3)]
    moved = plan_committees("编号\t居委会\t姓名\t岗位\n9\t云杉苑\t张建国\t书记\n", STREET)
    assert told(moved) == [("changed", "09 云杉苑", ["number"])]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1\t云杉苑\t<b>张建国</b>\t书记\t", "row_markup"),
        ("1\t<img src=x>\t张建国\t书记\t", "row_markup"),
        ("1\t云杉苑\t=1+1\t书记\t", "row_formula"),
        ("1\t云杉苑\t张建国\t局长\t", "row_unknown_post"),
    ],
)
def test_hostile_cells_are_refused_with_their_row(row: str, code: str) -> None:
    assert codes(plan_committees(f"编号\t居委会\t姓名\t岗位\t条线\n{row}\n", STREET)) == [(code, 2)]


def test_two_venues_of_one_committee_are_refused() -> None:
    text = "编号\t居委会\t姓名\t岗位\t会场\n1\t云杉苑\t甲\t社工\t东厅\n1\t云杉苑\t乙\t社工\t西厅\n"
    assert codes(plan_committees(text, STREET)) == [("row_other_venue", 3)]


# --- departments ---------------------------------------------------------------------------------


def test_departments_are_new_changed_or_brought_back() -> None:
    plan = plan_departments("科室\t可开例会\n党建办\t否\n平安办\t\n自治办\t是\n", DEPARTMENTS)
    assert told(plan) == [
        ("changed", "党建办", ["not_exempt"]),
        ("back", "平安办", []),
        ("new", "自治办", ["exempt"]),
    ]
    assert plan_departments("科室\n党建办\n", DEPARTMENTS).changes == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("table_empty", None)]),
        ("科室\n", [("table_empty", None)]),
        ("名字不对\n党建办\n", [("sheet_no_department_column", None)]),
        ("科室\t可开例会\n\t是\n", [("row_no_department", 2)]),
        ("科室\t可开例会\n甲\t也许\n", [("row_bad_yes", 2)]),
        ("科室\n甲\n乙\n甲\n", [("row_repeated", 4)]),
        ("科室\n" + "字" * 41 + "\n", [("row_longer", 2)]),
        ("科室\n@甲\n<b>乙\n", [("row_formula", 2), ("row_markup", 3)]),
    ],
)
def test_a_wrong_table_of_departments_is_refused(text: str, found: list[tuple[str, Any]]) -> None:
    assert codes(plan_departments(text, [])) == found


def test_a_table_that_is_too_long_is_refused() -> None:
    rows = "\n".join(f"科室{n}" for n in range(61))
    assert codes(plan_departments(f"科室\n{rows}", [])) == [("departments_too_many", None)]
    longer = "\n".join(f"科室{n}" for n in range(100_000))
    assert codes(plan_departments(f"科室\n{longer}", [])) == [("sheet_too_long", None)]


# --- quotas --------------------------------------------------------------------------------------


def test_quotas_are_set_for_all_and_for_single_committees() -> None:
    text = "居委会\t每周\t每月\n所有居委会\t2\t不限\n云杉苑居委会\t1 场\t\n02\t\t5\n"
    plan = plan_quotas(text, COMMITTEES, PRESET)
    assert plan.errors == ()
    assert (plan.work.week, plan.work.month) == (2, None)
    assert plan.work.own == {1: OwnAmounts(week=1), 2: OwnAmounts(month=5)}
    assert told(plan) == [
        ("changed", "", ["week", "month_unlimited"]),
        ("new", "01 云杉苑", ["week", "month_as_all"]),
        ("new", "02 松涛里居委会", ["week_as_all", "month"]),
    ]
    again = plan_quotas(text, COMMITTEES, plan.work)
    assert (again.changes, again.same) == ((), 3)
    back = plan_quotas("居委会\t每周\t每月\n云杉苑\t\t\n", COMMITTEES, plan.work)
    assert 1 not in back.work.own


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("云杉苑\t百\t1", "row_bad_amount"),
        ("云杉苑\t100\t1", "row_bad_amount"),
        ("云杉苑\t-1\t1", "row_bad_amount"),
        ("云杉苑\t不限\t1", "row_bad_amount"),
        ("柳浪居\t1\t1", "row_unknown_committee"),
        ("\t1\t1", "row_no_committee"),
        ("=A1\t1\t1", "row_formula"),
    ],
)
def test_a_wrong_row_of_quotas_is_refused(row: str, code: str) -> None:
    plan = plan_quotas(f"居委会\t每周\t每月\n{row}\n", COMMITTEES, PRESET)
    assert codes(plan) == [(code, 2)]
    twice = plan_quotas("居委会\t每周\t每月\n1\t1\t1\n云杉苑\t2\t2\n", COMMITTEES, PRESET)
    assert codes(twice) == [("row_repeated", 3)]


# --- past meetings -------------------------------------------------------------------------------


def test_a_register_of_past_meetings_is_read_once() -> None:
    text = (
        PAST_HEAD
        + "2018-10-08\t社区安全例会\t平安办\t90\t全部\t书记、主任\t会议登记簿\n"
        + "2018年10月9日\t垃圾分类\t管理办\t45 分钟\t云杉苑、2\t\t\n"
    )
    plan = past(text, source="党政办登记")
    assert plan.errors == ()
    first, second = plan.work
    assert first.committee_ids == (1, 2)
    assert first.posts == (Post.SECRETARY, Post.DIRECTOR)
    assert (second.day, second.minutes, second.source) == (date(2018, 10, 9), 45, "党政办登记")
    again = past(text, tuple(plan.work), source="党政办登记")
    assert (again.changes, again.same) == ((), 2)
    changed = past(text.replace("\t90\t", "\t80\t"), tuple(plan.work), source="党政办登记")
    assert [c.sign for c in changed.changes] == [Sign.CHANGED]
    assert changed.mark != plan.mark
    assert PastMeeting.from_payload(first.to_payload()) == first


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("昨天\t会\t办\t9\t全部\t\t簿", "row_bad_day"),
        ("2018-02-30\t会\t办\t9\t全部\t\t簿", "row_bad_day"),
        ("2026-11-24\t会\t办\t9\t全部\t\t簿", "row_not_past"),
        ("1987-01-01\t会\t办\t9\t全部\t\t簿", "row_not_past"),
        ("2018-10-08\t\t办\t9\t全部\t\t簿", "row_no_title"),
        ("2018-10-08\t会\t\t9\t全部\t\t簿", "row_no_department"),
        ("2018-10-08\t会\t办\t0\t全部\t\t簿", "row_bad_minutes"),
        ("2018-10-08\t会\t办\t一小时\t全部\t\t簿", "row_bad_minutes"),
        ("2018-10-08\t会\t办\t9\t\t\t簿", "row_no_committee"),
        ("2018-10-08\t会\t办\t9\t云杉苑、月亮湾\t\t簿", "row_unknown_committee"),
        ("2018-10-08\t会\t办\t9\t全部\t局长\t簿", "row_unknown_called_post"),
        ("2018-10-08\t会\t办\t9\t全部\t\t", "row_no_source"),
        ("2018-10-08\t=1\t办\t9\t全部\t\t簿", "row_formula"),
        ("2018-10-08\t<script>\t办\t9\t全部\t\t簿", "row_markup"),
        ("2018-10-08\t" + "会" * 121 + "\t办\t9\t全部\t\t簿", "row_longer"),
    ],
)
def test_a_wrong_row_of_a_register_is_refused(row: str, code: str) -> None:
    assert codes(past(PAST_HEAD + row + "\n")) == [(code, 2)]


def test_the_same_meeting_twice_in_a_register_is_refused() -> None:
    row = "2018-10-08\t会\t办\t9\t全部\t\t簿\n"
    assert codes(past(PAST_HEAD + row + row)) == [("row_meeting_repeated", 3)]


@pytest.mark.parametrize("text", ["2018-10-08", "2018/10/8", "2018.10.8", "2018 年 10 月 8 日"])
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert read_day(text) == date(2018, 10, 8)
    assert read_day(text + " 14:00") == date(2018, 10, 8)
    assert read_day("8.10.2018") is None


# --- the table to download -----------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_that_is_downloaded_changes_nothing_when_handed_in(language: str) -> None:
    def word(code: str) -> str:
        return say(language, code)

    rule = plan_quotas("居委会\t每周\t每月\n1\t1\t\n", COMMITTEES, PRESET).work
    serving = [d for d in DEPARTMENTS if not d.retired]
    made = {
        Kind.COMMITTEES: committee_rows(STREET, word),
        Kind.DEPARTMENTS: department_rows(serving, word),
        Kind.QUOTAS: quota_rows(COMMITTEES, rule, word),
        Kind.PAST: [["2018-10-08", "=会", word("import_word.all"), 90, "1", "", "簿"]],
    }
    for kind, rows in made.items():
        head = [word(f"import_column.{column}") for column in COLUMNS[kind]]
        book = render_template(
            head,
            rows,
            names=[word(f"import.{kind}"), word("import_word.explained")],
            explained=["a", "b"],
            choices=choices_of(kind, word),
        )
        text = read_text(book)
        plan: Plan[Any]
        if kind is Kind.COMMITTEES:
            plan = plan_committees(text, STREET)
        elif kind is Kind.DEPARTMENTS:
            plan = plan_departments(text, DEPARTMENTS)
        elif kind is Kind.QUOTAS:
            plan = plan_quotas(text, COMMITTEES, rule)
        else:
            plan = past(text)
            assert codes(plan) == [("row_formula", 2)]
            continue
        assert (codes(plan), plan.changes) == ([], ())
        assert plan.same == (len(rows) if kind is not Kind.COMMITTEES else 2)


def test_a_page_under_the_name_of_a_table_is_refused() -> None:
    for content in (b"<html><table>", b"\xef\xbb\xbf  <!DOCTYPE html>", b"<?xml version='1.0'?>"):
        with pytest.raises(DomainError, match="file_is_page"):
            decode_upload(content)
    with pytest.raises(DomainError, match="file_is_workbook"):
        decode_upload(b"\xd0\xcf\x11\xe0old")
