"""Days, times and numbers the way citizens read them, in their language and the bureau's time zone."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from webchat.catalogue import Translator

WEEKDAYS = {
    "zh-CN": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NUMBER_CHARS = 14


def spaced(number: str) -> str:
    """A receipt number in the groups it is read aloud in: day, serial, check digit."""
    if len(number) != NUMBER_CHARS:
        return number
    return f"{number[:8]} {number[8:13]} {number[13:]}"


def short_day(day: date, language: str) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}" if language == "en" else f"{day.month}月{day.day}日"


def long_day(day: date, language: str) -> str:
    weekday = WEEKDAYS[language][day.weekday()]
    return f"{weekday}, {short_day(day, language)}" if language == "en" else f"{short_day(day, language)} {weekday}"


def moment(at: datetime, now: datetime, zone: ZoneInfo, t: Translator) -> str:
    """A point in time; today's by its clock time alone."""
    local = at.astimezone(zone)
    time = local.strftime("%H:%M")
    if local.date() == now.astimezone(zone).date():
        return t("status.today", time=time)
    return f"{short_day(local.date(), t.language)} {time}"


def days_left_text(days: int, t: Translator) -> str:
    """How far a deadline is, in working days; negative ones are past."""
    if days < 0:
        return t("status.overdue", days=-days)
    return t("status.due_today") if days == 0 else t("status.days_left", days=days)


def _local_date(context: Context, value: date | datetime) -> date:
    return value.astimezone(context["zone"]).date() if isinstance(value, datetime) else value


@pass_context
def _day_filter(context: Context, value: date | datetime) -> str:
    return long_day(_local_date(context, value), context["lang"])


@pass_context
def _short_day_filter(context: Context, value: date | datetime) -> str:
    return short_day(_local_date(context, value), context["lang"])


@pass_context
def _moment_filter(context: Context, value: datetime) -> str:
    return moment(value, context["at"], context["zone"], context["t"])


@pass_context
def _days_left_filter(context: Context, days: int) -> str:
    return days_left_text(days, context["t"])


FILTERS: dict[str, Callable[..., str]] = {
    "spaced": spaced,
    "day": _day_filter,
    "short_day": _short_day_filter,
    "moment": _moment_filter,
    "days_left": _days_left_filter,
}
"""Jinja filters; they read the page's `lang`, `t`, `zone` and `at` (the instant of rendering)."""
