"""What citizens thought of a closed contact: service and result apart, each said once. Never asked about reports."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from kit.errors import Conflict, Invalid
from kit.unit_of_work import UnitOfWork
from records.citizens.tables import SatisfactionRow

BEST, WORST = 1, 5
LAST_SATISFIED = 3
"""非常满意, 满意 and 基本满意 count as satisfied."""
MOST_COMMENT_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """1 (very satisfied) to 5 (very dissatisfied); None for what was not said."""

    service: int | None = None
    result: int | None = None
    comment: str = ""


async def of_contact(uow: UnitOfWork, contact_id: str) -> SatisfactionRow | None:
    """What was asked and said about a contact."""
    return await uow.session.scalar(select(SatisfactionRow).where(SatisfactionRow.contact_id == contact_id))


async def by_id(uow: UnitOfWork, row_id: str) -> SatisfactionRow | None:
    return await uow.session.scalar(select(SatisfactionRow).where(SatisfactionRow.id == row_id))


async def unanswered(uow: UnitOfWork, channel: str, recipient: str, since: datetime) -> SatisfactionRow | None:
    """The last question to this recipient, unless both answers have come or it was asked before `since`."""
    row: SatisfactionRow | None = await uow.session.scalar(
        select(SatisfactionRow)
        .where(
            SatisfactionRow.channel == channel,
            SatisfactionRow.recipient == recipient,
            SatisfactionRow.asked_at >= since,
        )
        .order_by(SatisfactionRow.asked_at.desc())
        .limit(1)
    )
    return row if row is not None and not is_complete(row) else None


def is_complete(row: SatisfactionRow) -> bool:
    return row.service is not None and row.result is not None


def record(uow: UnitOfWork, row: SatisfactionRow, rating: Rating, *, by: str) -> None:
    """Write down what a citizen says by channel `by`; what was said before stands.

    Raises `Invalid` (code `bad_rating`) for figures out of range or none at all, `Conflict` (code `already_rated`).
    """
    given = [figure for figure in (rating.service, rating.result) if figure is not None]
    if not given or any(not BEST <= figure <= WORST for figure in given):
        raise Invalid(f"A rating is {BEST} to {WORST}.", code="bad_rating")
    if is_complete(row):
        raise Conflict("This was rated already.", code="already_rated")
    row.service = row.service or rating.service
    row.result = row.result or rating.result
    row.comment = row.comment or rating.comment.strip()[:MOST_COMMENT_CHARS]
    row.answered_at, row.answered_by = uow.now, by
