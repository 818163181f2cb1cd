"""Two calendars: the hotline's (24x7) and the bureau's (workdays). All instants in and out are aware UTC.

A date that an operator has entered counts before the published table of holidays and adjusted workdays (the library
chinesecalendar, from the notices of the State Council's General Office); where that table ends, weekdays count and an
alarm is due. Deadlines in workdays are counted from the next workday on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import chinese_calendar

from router.results import OpenState

HOTLINE = "hotline"
BUREAU = "bureau"
DAY_S = 86_400
LOOK_AHEAD_DAYS = 60
DECEMBER = 12
SATURDAY = 5

OPEN, CLOSED_NOW, CLOSED_HOLIDAY = "open", "closed_now", "closed_holiday"

Span = tuple[time, time]
"""Opening and closing in the workspace's zone; a closing of 00:00 is the end of the day."""
WHOLE_DAY: Span = (time(0), time(0))
OFFICE_HOURS: Span = (time(9), time(17))


class HolidayTable(Protocol):
    def is_workday(self, day: date) -> bool | None:
        """None where the table has no data for the year."""
        ...


class PublishedTable:
    """The table that chinesecalendar carries."""

    def is_workday(self, day: date) -> bool | None:
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return None


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """`span`: hours of an ordinary day; `workdays_only`: weekends and holidays are closed; `overrides`: dates that
    differ, None is closed."""

    name: str
    zone: ZoneInfo
    span: Span = WHOLE_DAY
    workdays_only: bool = False
    overrides: Mapping[date, Span | None] = field(default_factory=dict)
    table: HolidayTable = field(default_factory=PublishedTable)

    def is_workday(self, day: date) -> bool:
        """Whether the calendar is open at all on `day`."""
        if day in self.overrides:
            return self.overrides[day] is not None
        if not self.workdays_only:
            return True
        published = self.table.is_workday(day)
        return day.weekday() < SATURDAY if published is None else published

    def open_span(self, day: date) -> tuple[datetime, datetime] | None:
        """When the calendar opens and closes on `day`, None when it stays closed."""
        if not self.is_workday(day):
            return None
        opens, closes = self.overrides.get(day) or self.span
        last = day if closes > opens else day + timedelta(days=1)
        return self._instant(day, opens), self._instant(last, closes)

    def _instant(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)

    def local_day(self, at: datetime) -> date:
        """The date of `at` in the workspace's zone."""
        return at.astimezone(self.zone).date()

    def spans_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans that end after `at`, for the next sixty days; one that ends where another begins is one."""
        start = self.local_day(at) - timedelta(days=1)
        days = (self.open_span(start + timedelta(days=n)) for n in range(LOOK_AHEAD_DAYS))
        current: tuple[datetime, datetime] | None = None
        for span in filter(None, days):
            if current and span[0] <= current[1]:
                current = (current[0], max(span[1], current[1]))
                continue
            if current and current[1] > at:
                yield current
            current = span
        if current and current[1] > at:
            yield current

    def open_state(self, at: datetime) -> OpenState:
        """Whether it is open at `at`, until when that lasts, and what the citizen is told."""
        span = next(self.spans_from(at), None)
        if span is None:
            return OpenState(open_now=False, told=CLOSED_HOLIDAY)
        if span[0] <= at:
            lasting = span[1] - at > timedelta(days=LOOK_AHEAD_DAYS - 5)
            return OpenState(open_now=True, told=OPEN, changes_at=None if lasting else span[1])
        told = CLOSED_NOW if self.is_workday(self.local_day(at)) else CLOSED_HOLIDAY
        return OpenState(open_now=False, told=told, changes_at=span[0])

    def next_workday(self, day: date) -> date:
        """The first day after `day` that is open; after sixty closed days the next day, so that nothing waits on."""
        days = (day + timedelta(days=n) for n in range(1, LOOK_AHEAD_DAYS))
        return next((later for later in days if self.is_workday(later)), day + timedelta(days=1))

    def add_workdays(self, day: date, count: int) -> date:
        """The deadline `count` workdays after `day`, counted from the next workday."""
        for _ in range(count):
            day = self.next_workday(day)
        return day

    def workdays_between(self, start: date, end: date) -> int:
        """Workdays after `start`, up to and including `end`."""
        return sum(self.is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def resumed(self, due_on: date, paused_on: date, resumed_on: date) -> date:
        """The deadline after the clock stood still from `paused_on` to `resumed_on` (the citizen was asked)."""
        return self.add_workdays(due_on, self.workdays_between(paused_on, resumed_on))

    def due_at(self, start: datetime, sla_s: int) -> datetime:
        """When a target of `sla_s` is missed: by the clock (24x7), or in open hours and whole workdays."""
        if not self.workdays_only:
            return start + timedelta(seconds=sla_s)
        if sla_s >= DAY_S:
            last = self.open_span(self.add_workdays(self.local_day(start), round(sla_s / DAY_S)))
            return last[1] if last else start + timedelta(seconds=sla_s)
        left = timedelta(seconds=sla_s)
        for opens, closes in self.spans_from(start):
            begins = max(opens, start)
            if begins + left <= closes:
                return begins + left
            left -= closes - begins
        return start + timedelta(seconds=sla_s)


def missing_table(table: HolidayTable, today: date) -> int | None:
    """The year to raise an alarm for: this one when its table is missing, in December also the next."""
    years = [today.year] + ([today.year + 1] if today.month == DECEMBER else [])
    return next((year for year in years if table.is_workday(date(year, 1, 1)) is None), None)
