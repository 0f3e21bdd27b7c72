"""Lists of holidays as people have them: decreed sentences, rows, and what is neither."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import DomainError
from server.scheduler.notice import parse_notice
from server.scheduler.workday_seed import seed_table
from server.scheduler.workdays import Mark, WorkdayTable, is_working, with_year

DECREED = {
    2025: """一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
    2026: """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（周日）至23日（周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。""",
}


@pytest.mark.parametrize("year", sorted(DECREED))
def test_a_decree_says_of_every_day_what_the_known_table_says(year: int) -> None:
    table = with_year(WorkdayTable(), year, parse_notice(DECREED[year], year))
    known = seed_table([year])
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [d for d in days if is_working(table, d) != is_working(known, d)] == []
    assert not table.is_provisional(year)


def test_weekends_and_make_up_days_of_a_holiday_carry_its_name() -> None:
    marks = parse_notice(DECREED[2026], 2026)
    assert marks[date(2026, 10, 3)] == Mark(False, "国庆节")
    assert marks[date(2026, 10, 10)] == Mark(True, "国庆节")


@pytest.mark.parametrize(
    "row",
    [
        "2027-10-01 休 国庆节",
        "2027/10/1\t放假\t国庆节",
        "国庆节：10月1日放假",
        "2027年10月1日（周五）休息，国庆节",
    ],
)
def test_rows_are_understood_in_many_hands(row: str) -> None:
    assert parse_notice(row, 2027) == {date(2027, 10, 1): Mark(False, "国庆节")}


def test_a_holiday_may_begin_in_the_year_before() -> None:
    marks = parse_notice("元旦：2022年12月31日至2023年1月2日放假调休。", 2023)
    assert sorted(marks) == [date(2022, 12, 31), date(2023, 1, 1), date(2023, 1, 2)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "notice_empty"),
        ("各单位要妥善安排好值班。", "notice_empty"),
        ("10月1日至7日", "notice_line"),
        ("2月30日放假", "notice_line"),
        ("10月7日至1日放假", "notice_line"),
        ("1月1日至6月1日放假", "notice_line"),
        ("7日放假", "notice_line"),
        ("2019-10-01 休", "notice_year"),
        ("休" * 20_001, "notice_long"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse_notice(text, 2027)
    assert refused.value.code == code
    assert refused.value.params.get("row", 1) == 1


@given(
    st.text("0123456789年月日至到-/、，。：（）休班放假上班 \n\t国庆"),
    st.integers(1970, 2100),
)
def test_junk_is_read_or_refused_and_nothing_else(text: str, year: int) -> None:
    try:
        marks = parse_notice(text, year)
    except DomainError:
        return
    assert all(abs(day.year - year) <= 1 for day in marks)
