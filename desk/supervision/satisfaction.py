"""How satisfied citizens are (满意率): every share with what it is a share of, over all that was served and closed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, false, func, or_, select

from desk.access import Actor
from desk.inbox import store
from desk.schemas.identity import RatingCount, SatisfactionComment, SatisfactionLine, SatisfactionView
from desk.schemas.supervision import Figure
from kit.unit_of_work import UnitOfWork
from records.citizens.masking import mask_text
from records.citizens.satisfaction import BEST, LAST_SATISFIED, WORST
from records.citizens.tables import SatisfactionRow
from records.staff import store as staff
from records.staff.permissions import Permission
from router.contact import ContactStatus
from router.tables import ContactRow, QueueRow

MOST_COMMENTS = 30
SCALE = range(BEST, WORST + 1)
REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """So many contacts of one queue that share all this."""

    queue_id: str | None
    not_asked: str | None
    is_asked: bool
    service: int | None
    result: int | None
    count: int


async def tally(uow: UnitOfWork, who: Actor, days: int) -> SatisfactionView:
    """Over contacts that closed in the last `days` days, today included. Reports count nowhere."""
    zone = await staff.zone(uow)
    until = uow.now.astimezone(zone).date()
    since = until - timedelta(days=days - 1)
    start = datetime.combine(since, time(), zone)
    conditions = await _conditions(uow, who, start)
    counts = await _counts(uow, conditions)
    queues = [row for row in await store.queues(uow) if any(one.queue_id == row.id for one in counts)]
    return SatisfactionView(
        since=since,
        until=until,
        total=_line(None, counts),
        queues=[_line(row, [one for one in counts if one.queue_id == row.id]) for row in queues],
        not_asked=_reasons(counts),
        comments=await _comments(uow, conditions),
    )


async def _conditions(uow: UnitOfWork, who: Actor, start: datetime) -> list[ColumnElement[bool]]:
    found = [
        ContactRow.status == ContactStatus.CLOSED,
        ContactRow.sealed.is_(False),
        ContactRow.accepted_at.is_not(None),
        ContactRow.closed_at >= start,
        or_(SatisfactionRow.not_asked.is_(None), SatisfactionRow.not_asked != REPORT),
    ]
    restricted = await store.restricted_queues(uow)
    if restricted and not who.may(Permission.MAILBOX_DIRECTOR):
        found.append(or_(ContactRow.queue_id.is_(None), ContactRow.queue_id.not_in(restricted)))
    return found


async def _counts(uow: UnitOfWork, conditions: Iterable[ColumnElement[bool]]) -> list[_Count]:
    is_asked = func.coalesce(SatisfactionRow.asked_at.is_not(None), false())
    parts = (ContactRow.queue_id, SatisfactionRow.not_asked, is_asked, SatisfactionRow.service, SatisfactionRow.result)
    rows = await uow.session.execute(
        select(*parts, func.count())
        .select_from(ContactRow)
        .outerjoin(SatisfactionRow, SatisfactionRow.contact_id == ContactRow.id)
        .where(*conditions)
        .group_by(*parts)
    )
    return [
        _Count(queue_id=queue, not_asked=reason, is_asked=bool(asked), service=service, result=result, count=count)
        for queue, reason, asked, service, result, count in rows
    ]


def _line(queue: QueueRow | None, counts: list[_Count]) -> SatisfactionLine:
    closed = sum(one.count for one in counts)
    answered = sum(one.count for one in counts if one.service is not None or one.result is not None)
    return SatisfactionLine(
        queue_id=queue.id if queue else None,
        name=queue.name if queue else "",
        name_en=queue.name_en if queue else "",
        closed=closed,
        asked=_share(sum(one.count for one in counts if one.is_asked), closed),
        answered=_share(answered, closed),
        service=_rating([(one.service, one.count) for one in counts]),
        result=_rating([(one.result, one.count) for one in counts]),
    )


def _rating(given: list[tuple[int | None, int]]) -> RatingCount:
    by_figure = [sum(count for figure, count in given if figure == one) for one in SCALE]
    return RatingCount(counts=by_figure, satisfied=_share(sum(by_figure[:LAST_SATISFIED]), sum(by_figure)))


def _share(numerator: int, of: int) -> Figure:
    return Figure(value=numerator / of if of else None, numerator=numerator, of=of)


def _reasons(counts: list[_Count]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        if one.not_asked:
            found[one.not_asked] += one.count
    return dict(found)


async def _comments(uow: UnitOfWork, conditions: Iterable[ColumnElement[bool]]) -> list[SatisfactionComment]:
    rows = await uow.session.scalars(
        select(SatisfactionRow)
        .join(ContactRow, ContactRow.id == SatisfactionRow.contact_id)
        .where(SatisfactionRow.comment != "", *conditions)
        .order_by(SatisfactionRow.answered_at.desc())
        .limit(MOST_COMMENTS)
    )
    return [
        SatisfactionComment(at=row.answered_at, service=row.service, result=row.result, text=mask_text(row.comment))
        for row in rows
        if row.answered_at is not None
    ]
