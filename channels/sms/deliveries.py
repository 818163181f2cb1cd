"""What providers took against what they reported: the one thing to reconcile where none gives a list of its texts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from channels.adapter import Deliveries
from channels.sms.tables import SmsPartRow
from kit.unit_of_work import UnitOfWork

TRIED_FOR = timedelta(hours=72)
"""We set no validity period; message centres of the three carriers give up after at most three days."""
ANSWERED_WITHIN = timedelta(minutes=15)
"""A report may overtake the answer to the handing over."""


async def deliveries(uow: UnitOfWork, since: datetime) -> Deliveries:
    """See `channels.adapter.Reporting`. Texts of which no report was asked for leave no part and do not count."""
    taken = (SmsPartRow.outbox_id.is_not(None), SmsPartRow.created_at >= since)
    submitted = await uow.session.scalar(select(func.count(SmsPartRow.id)).where(*taken))
    silent = (SmsPartRow.reported_at.is_(None), SmsPartRow.created_at < uow.now - TRIED_FOR)
    stray = (SmsPartRow.outbox_id.is_(None), SmsPartRow.created_at.between(since, uow.now - ANSWERED_WITHIN))
    return Deliveries(
        submitted=submitted or 0,
        unreported=await _names(uow, (*taken, *silent)),
        unsubmitted=await _names(uow, stray),
    )


async def _names(uow: UnitOfWork, conditions: Sequence[Any]) -> tuple[str, ...]:
    query = select(SmsPartRow).where(*conditions).order_by(SmsPartRow.created_at, SmsPartRow.id)
    return tuple(f"{part.account_id} {part.provider_id}" for part in await uow.session.scalars(query))
