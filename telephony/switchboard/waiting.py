"""A caller in the line: music, how long it will take, and the keys that lead out of it."""

import asyncio
import logging
from collections.abc import Mapping
from enum import StrEnum

from kit.errors import Unavailable
from kit.unit_of_work import UnitOfWork
from router.contact import ContactStatus
from router.results import Entry
from router.states import WAITS
from telephony.ivr.interpreter import ToQueue
from telephony.switchboard import duty, store
from telephony.switchboard.call import Call, first_of
from telephony.switchboard.house import House

log = logging.getLogger(__name__)

FASTEST_MIN = 1
IN_LINE = WAITS | {ContactStatus.RECEIVED, ContactStatus.ACTIVE}


class Phrase(StrEnum):
    """What is told in the line, by keys of the workspace's texts."""

    RANGE = "waiting_range"
    PLACE = "waiting_place"
    UNKNOWN = "waiting_unknown"
    SAME_NUMBER = "waiting_same_number"
    CALLBACK = "waiting_callback"
    MESSAGE = "waiting_message"
    BOTH = "waiting_both"


CHOICES: Mapping[tuple[bool, bool], tuple[Phrase, ...]] = {
    (True, True): (Phrase.BOTH,),
    (True, False): (Phrase.CALLBACK,),
    (False, True): (Phrase.MESSAGE,),
    (False, False): (),
}


class Waiting:
    def __init__(self, house: House) -> None:
        self._house = house

    async def enter(self, call: Call, to: ToQueue) -> bool:
        """Queue the call; False while another call of its number holds a place. Repeating is harmless."""
        house = self._house
        async with house.database.unit_of_work(house.access) as uow:
            row = await store.contact(uow, call.contact_id)
            if row.status != ContactStatus.RECEIVED:
                return True
            if await store.other_waiting(uow, row):
                return False
            before = await store.regain_place(uow, row, house.settings.redial_s)
            hints = store.hints_of(call.session) | ({"topic": to.topic} if to.topic else {})
            if before is not None:
                hints["regained_from"] = before.id
            entry = Entry(
                hints=hints,
                language=call.session.language,
                queue_key=to.queue,
                since=before.queued_at if before is not None else None,
            )
            await house.router.open_held(uow, row.id, entry)
            await store.mark(uow, call.row_id, queued_at=uow.now)
        return True

    async def enters_or_waits(self, call: Call, to: ToQueue) -> bool:
        """Queue the call unless it was before; False once its contact is over for the line."""
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            status = (await store.contact(uow, call.contact_id)).status
        if status == ContactStatus.RECEIVED:
            await self._placed(call, to)
        return status in IN_LINE

    async def wait(self, call: Call, to: ToQueue) -> str | None:
        """Until an agent or somebody on duty was reached (None), or a key chose a node. Raises `LegEnded`."""
        chosen: list[str] = []

        async def attend() -> None:
            chosen.append(await self._attend(call, to))

        async def ring_duty() -> None:
            call.on_duty = await duty.reach(self._house, call)

        await call.leg.music(True)
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            urgent = [ring_duty()] if await duty.is_emergency(uow, call.contact_id) else []
        await first_of(attend(), call.until(call.connected), *urgent)
        if call.connected.is_set() or call.on_duty is not None:
            return None
        await call.leg.music(False)
        return chosen[0]

    async def _attend(self, call: Call, to: ToQueue) -> str:
        """Tell where he stands, again and again, until a key that leads somewhere."""
        ways = {"1": to.on_callback, "2": to.on_message}
        while True:
            placed = await self._placed(call, to)
            key = await self._tell(call, to, placed=placed)
            key = key or await call.leg.collect_digits(1, self._house.settings.announce_every_s, terminator="")
            target = ways.get(key)
            if target is not None and placed:
                return target

    async def _placed(self, call: Call, to: ToQueue) -> bool:
        while True:
            try:
                return await self.enter(call, to)
            except Unavailable:
                log.warning("a call waits for the database")
                await asyncio.sleep(1)

    async def _tell(self, call: Call, to: ToQueue, *, placed: bool) -> str:
        house = self._house
        try:
            async with house.database.unit_of_work(house.access, read_only=True) as uow:
                phrases = await self._standing(uow, call, to) if placed else (Phrase.SAME_NUMBER,)
                say = await house.phrases(uow, phrases, call.session.language)
        except Unavailable:
            return ""
        return await house.say(call.leg, say, call.session, stop=True)

    async def _standing(self, uow: UnitOfWork, call: Call, to: ToQueue) -> tuple[Phrase, ...]:
        """What to tell of the place in line; its figures stand in the session's values."""
        session, standing = call.session, await self._house.router.position(uow, call.contact_id)
        if standing.status not in WAITS or standing.position is None:
            return ()
        phrase = Phrase.UNKNOWN if standing.wait is None else Phrase.PLACE
        session.values["ahead"] = str(standing.position - 1)
        if standing.wait is not None and standing.wait.high_s >= 60:
            low = max(round(standing.wait.low_s / 60), FASTEST_MIN)
            session.values["low"] = str(low)
            session.values["high"] = str(max(round(standing.wait.high_s / 60), low + 1))
            phrase = Phrase.RANGE
        session.secrets |= {"ahead", "low", "high"}
        return (phrase, *CHOICES[to.on_callback is not None, to.on_message is not None])
