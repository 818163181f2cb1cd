"""After a restart: which calls go on, and which contacts have lost theirs."""

import logging

from sqlalchemy import select

from router.contact import Channel, ContactStatus
from router.tables import ContactRow
from telephony.calls import Adopted, Bridge, CallLeg, LegState
from telephony.switchboard.call import ROUND
from telephony.switchboard.house import House
from telephony.tables import CallRow

log = logging.getLogger(__name__)

ON_THE_LINE = (ContactStatus.RECEIVED, ContactStatus.QUEUED, ContactStatus.OFFERED, ContactStatus.ACTIVE)


async def sort_out(house: House, adopted: Adopted) -> list[tuple[CallLeg, str, Bridge | None]]:
    """Citizens' legs to serve again, each with its contact and the bridge in which it speaks with an agent.

    Contacts whose leg is gone are ended; legs that no such call needs are hung up.
    """
    known = await _open_calls(house)
    going = {leg.id: leg for leg in adopted.legs if leg.state is not LegState.ENDED}
    for engine_id, contact_id in known.items():
        if engine_id not in going:
            await _abandon(house, contact_id)
    citizens = [leg for leg in going.values() if leg.id in known]
    talks = {leg.id: bridge for bridge in adopted.bridges for leg in bridge.legs if len(bridge.legs) > 1}
    needed = {leg.id for citizen in citizens if citizen.id in talks for leg in talks[citizen.id].legs}
    for bridge in adopted.bridges:
        if not needed & {leg.id for leg in bridge.legs}:
            await bridge.close()
    for leg in going.values():
        if leg.id not in known and leg.id not in needed:
            await leg.hang_up()
    log.info("%d calls go on, %d were lost", len(citizens), len(known) - len(citizens))
    return [(leg, known[leg.id], talks.get(leg.id)) for leg in citizens]


async def _abandon(house: House, contact_id: str) -> None:
    await house.change(lambda uow: house.router.abandon(uow, contact_id))


async def _open_calls(house: House) -> dict[str, str]:
    """Leg to contact of all calls that had not ended; a crash may have come before a call's own row was written."""
    async with house.database.unit_of_work(house.access, read_only=True) as uow:
        came = await uow.session.execute(
            select(ContactRow.external_id, ContactRow.id).where(
                ContactRow.channel == Channel.VOICE, ContactRow.status.in_(ON_THE_LINE)
            )
        )
        made = await uow.session.execute(
            select(CallRow.engine_id, CallRow.contact_id)
            .join(ContactRow, ContactRow.id == CallRow.contact_id)
            .where(CallRow.ended_at.is_(None), ContactRow.status.in_(ON_THE_LINE))
        )
        return {row[0].partition(ROUND)[0]: row[1] for row in (*came, *made)}
