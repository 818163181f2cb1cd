"""When a case is due: in workdays of the bureau's calendar, counted from the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.cases import states
from records.cases.tables import CaseRow
from records.staff import store as staff
from router import store as router_store
from router.hours import BUREAU, Calendar

SETTING = "case_due_workdays"
DEFAULT_WORKDAYS: Mapping[str, int] = {"normal": 5, "urgent": 2, "emergency": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The bureau's calendar at one moment. `workdays`: by urgency, from the workspace's settings."""

    calendar: Calendar
    today: date
    workdays: Mapping[str, int]

    def for_new(self, urgency: str) -> date:
        return self.calendar.add_workdays(self.today, self.workdays[urgency])

    def workdays_left(self, row: CaseRow) -> int | None:
        """Negative when it is late; None while no deadline runs."""
        if row.due_on is None or row.status not in states.DUE:
            return None
        if row.due_on >= self.today:
            return self.calendar.workdays_between(self.today, row.due_on)
        return -self.calendar.workdays_between(row.due_on, self.today)

    def resumed(self, due_on: date, paused_at: datetime) -> date:
        """The deadline after the clock stood still since `paused_at`."""
        return self.calendar.resumed(due_on, self.calendar.local_day(paused_at), self.today)


async def deadlines(uow: UnitOfWork) -> Deadlines:
    calendar = (await router_store.calendars(uow))[BUREAU]
    workspace = await staff.workspace(uow)
    return Deadlines(
        calendar=calendar,
        today=calendar.local_day(uow.now),
        workdays={**DEFAULT_WORKDAYS, **workspace.settings.get(SETTING, {})},
    )


def parse_day(text: str) -> date:
    """Raises `Invalid` (code `bad_date`)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("That is no date.", code="bad_date") from error
