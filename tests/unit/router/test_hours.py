"""The calendars, on the published table of 2026 and around its end. Times in Asia/Shanghai unless UTC is said."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.hours import BUREAU, HOTLINE, OFFICE_HOURS, Calendar, PublishedTable, Span, missing_table

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.integers(0, 500 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def bureau(overrides: dict[date, Span | None] | None = None) -> Calendar:
    return Calendar(name=BUREAU, zone=SHANGHAI, span=OFFICE_HOURS, workdays_only=True, overrides=overrides or {})


def hotline(overrides: dict[date, Span | None] | None = None) -> Calendar:
    return Calendar(name=HOTLINE, zone=SHANGHAI, overrides=overrides or {})


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 24), True),  # a Tuesday
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 10), True),  # a Saturday worked in exchange
        (date(2026, 2, 16), False),  # Spring Festival's eve
        (date(2027, 1, 4), True),  # beyond the table: a Monday
        (date(2027, 1, 2), False),  # beyond the table: a Saturday
    ],
)
def test_workdays(day: date, works: bool) -> None:
    assert bureau().is_workday(day) is works


def test_overrides_count_before_the_table_both_ways() -> None:
    closed, opened = date(2026, 11, 24), date(2026, 11, 28)
    calendar = bureau({closed: None, opened: (time(10), time(12))})
    assert not calendar.is_workday(closed)
    assert calendar.open_state(at(2026, 11, 28, 11)).open_now
    assert not calendar.open_state(at(2026, 11, 28, 12)).open_now
    assert calendar.open_state(at(2026, 11, 24, 10)).told == "closed_holiday"


def test_the_hotline_never_closes_unless_somebody_says_so() -> None:
    state = hotline().open_state(at(2026, 10, 1, 3))
    assert (state.open_now, state.told, state.changes_at) == (True, "open", None)
    shut = hotline({date(2026, 11, 24): None})
    assert not shut.open_state(at(2026, 11, 24, 12)).open_now
    assert shut.open_state(at(2026, 11, 23, 12)).changes_at == at(2026, 11, 24)


@pytest.mark.parametrize(
    ("moment", "told", "changes_at"),
    [
        (at(2026, 11, 24, 8, 59), "closed_now", at(2026, 11, 24, 9)),
        (at(2026, 11, 24, 9), "open", at(2026, 11, 24, 17)),
        (at(2026, 11, 24, 17), "closed_now", at(2026, 11, 25, 9)),
        (at(2026, 11, 27, 18), "closed_now", at(2026, 11, 30, 9)),
        (at(2026, 11, 28, 10), "closed_holiday", at(2026, 11, 30, 9)),
        (at(2026, 9, 30, 20), "closed_now", at(2026, 10, 8, 9)),
    ],
)
def test_what_the_citizen_is_told(moment: datetime, told: str, changes_at: datetime) -> None:
    state = bureau().open_state(moment)
    assert (state.told, state.changes_at) == (told, changes_at)


def test_a_day_is_counted_from_the_next_workday() -> None:
    assert bureau().due_at(at(2026, 11, 24, 10), 86_400) == at(2026, 11, 25, 17)
    assert bureau().due_at(at(2026, 9, 30, 10), 86_400) == at(2026, 10, 8, 17)
    assert bureau().add_workdays(date(2026, 9, 30), 5) == date(2026, 10, 13)
    assert hotline().due_at(at(2026, 9, 30, 10), 86_400) == at(2026, 10, 1, 10)


def test_hours_are_counted_while_the_bureau_is_open() -> None:
    assert bureau().due_at(at(2026, 11, 24, 16), 4 * 3600) == at(2026, 11, 25, 12)
    assert bureau().due_at(at(2026, 11, 28, 16), 1800) == at(2026, 11, 30, 9, 30)


def test_the_clock_stands_still_while_the_citizen_is_asked() -> None:
    due = date(2026, 11, 27)
    assert bureau().resumed(due, date(2026, 11, 24), date(2026, 11, 26)) == date(2026, 12, 1)
    assert bureau().resumed(due, date(2026, 11, 24), date(2026, 11, 24)) == due


@given(
    start=moments,
    sla_s=st.integers(60, 10 * 86_400),
    closed=st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=8),
)
def test_a_deadline_lies_ahead_and_in_open_hours(start: datetime, sla_s: int, closed: set[date]) -> None:
    calendar = bureau(dict.fromkeys(closed))
    due = calendar.due_at(start, sla_s)
    assert due > start
    assert calendar.is_workday(calendar.local_day(due))
    assert calendar.open_state(due - timedelta(seconds=1)).open_now


@given(moments)
def test_a_change_that_was_told_comes_true(moment: datetime) -> None:
    state = bureau().open_state(moment)
    assert state.changes_at is not None
    assert state.changes_at > moment
    assert bureau().open_state(state.changes_at).open_now is not state.open_now
    assert bureau().open_state(state.changes_at - timedelta(seconds=1)).open_now is state.open_now


def test_hours_follow_the_zone_through_summer_time() -> None:
    calendar = Calendar(name=BUREAU, zone=ZoneInfo("Europe/Berlin"), span=OFFICE_HOURS, workdays_only=True)
    winter, summer = calendar.open_span(date(2026, 3, 27)), calendar.open_span(date(2026, 3, 30))
    assert winter is not None
    assert summer is not None
    assert (winter[0].hour, summer[0].hour) == (8, 7)


def test_next_years_table_is_missed_in_december() -> None:
    table = PublishedTable()
    assert missing_table(table, date(2026, 11, 30)) is None
    assert missing_table(table, date(2026, 12, 1)) == 2027
    assert missing_table(table, date(2027, 1, 1)) == 2027
