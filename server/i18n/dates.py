"""Dates, times and lengths as people here say them; every input is UTC, every output site time."""

from datetime import date, datetime, timedelta

from babel.dates import format_date

from server.domain.clock import SITE_ZONE
from server.i18n.catalogue import say

_HOLIDAYS = {
    "元旦": "holiday.new_year",
    "春节": "holiday.spring_festival",
    "清明节": "holiday.tomb_sweeping",
    "劳动节": "holiday.labour",
    "端午节": "holiday.dragon_boat",
    "国庆节": "holiday.national",
    "中秋节": "holiday.mid_autumn",
    "抗战胜利纪念日": "holiday.victory",
}
_WEEKDAYS = {
    "zh_CN": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}


def site_date(moment: datetime) -> date:
    """Return the calendar day at the site."""
    return moment.astimezone(SITE_ZONE).date()


def clock_time(moment: datetime) -> str:
    """Return ``14:00``."""
    return moment.astimezone(SITE_ZONE).strftime("%H:%M")


def clock_seconds(moment: datetime) -> str:
    """Return ``14:00:05``."""
    return moment.astimezone(SITE_ZONE).strftime("%H:%M:%S")


def day(value: datetime | date, language: str) -> str:
    """Return ``11 月 24 日 周二`` or ``Tue 24 Nov``."""
    on = site_date(value) if isinstance(value, datetime) else value
    weekday = _WEEKDAYS[language][on.weekday()]
    if language == "zh_CN":
        return f"{on.month} 月 {on.day} 日 {weekday}"
    return f"{weekday} {format_date(on, 'd MMM', locale='en')}"


def full_day(value: datetime | date, language: str) -> str:
    """Return ``2026 年 11 月 24 日 周二`` or ``Tue 24 Nov 2026``."""
    on = site_date(value) if isinstance(value, datetime) else value
    told = day(on, language)
    return f"{on.year} 年 {told}" if language == "zh_CN" else f"{told} {on.year}"


def month_day(value: datetime | date, language: str) -> str:
    """Return ``11 月 24 日`` or ``24 Nov``."""
    on = site_date(value) if isinstance(value, datetime) else value
    if language == "zh_CN":
        return f"{on.month} 月 {on.day} 日"
    return str(format_date(on, "d MMM", locale="en"))


def holiday_name(name: str, language: str) -> str:
    """Return what a holiday is called; one that is no national holiday keeps its Chinese name."""
    code = _HOLIDAYS.get(name)
    return say(language, code) if code else name


def span(start: datetime, end: datetime) -> str:
    """Return ``14:00 – 14:50``."""
    return f"{clock_time(start)} – {clock_time(end)}"


def later(moment: datetime, minutes: int) -> datetime:
    """Return the moment so many minutes on."""
    return moment + timedelta(minutes=minutes)


def length(value: timedelta, language: str) -> str:
    """Return ``1 小时 05 分``, ``34 分`` or ``45 秒``; seconds only below a minute."""
    seconds = int(value.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if language == "zh_CN":
        if hours:
            return f"{hours} 小时 {minutes:02} 分"
        return f"{minutes} 分" if seconds >= 60 else f"{seconds} 秒"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min" if seconds >= 60 else f"{seconds} s"
