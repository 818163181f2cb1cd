"""What a flow does besides playing and asking, in this installation."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from kit import blobs
from records.knowledge import service as knowledge
from router import store as router_store
from router.contact import Address, Channel, ContactRequest
from telephony.calls import LegEnded, LegState, Media
from telephony.ivr.default_flow import SATISFACTION
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import Part, Say
from telephony.ivr.ports import Answer, Session
from telephony.switchboard import callbacks, documents, flows, recordings, store
from telephony.switchboard.call import Call
from telephony.switchboard.house import House
from telephony.switchboard.ports import SpokenMessage

log = logging.getLogger(__name__)

SHORTEST_S = 1.0
ANY_KEY = 1
SPOKEN_IN_CONFIDENCE = "自助语音:举报留言"


class CallSurroundings:
    """`telephony.ivr.ports.Surroundings` for one call."""

    def __init__(self, house: House, call: Call) -> None:
        self._house, self._call = house, call

    async def sounds(self, say: Say, session: Session) -> Sequence[Media]:
        return await self._house.sounds(say, session)

    async def item(self, name: str, language: str) -> Sequence[Part]:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            row = await knowledge.item(uow, name, language)
        return [] if row is None else [Part(text={row.language: literal(row.text)}, language=row.language)]

    async def is_open(self, calendar: str) -> bool:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            return (await router_store.calendars(uow))[calendar].open_state(uow.now).open_now

    async def flow(self, key: str) -> Flow | None:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            found = await flows.published(uow, key)
        return found[0] if found else None

    async def keep_recording(self, session: Session, name: str, limit_s: float) -> bool:
        return await self._record(session, name, limit_s) is not None

    async def confide(self, session: Session, topic: str) -> None:
        house, call = self._house, self._call
        async with house.database.unit_of_work(house.access) as uow:
            about = ContactRequest(
                channel=Channel.VOICEMAIL,
                external_id=session.leg.id,
                sender=Address(kind="phone", value=session.leg.caller),
                recipient=Address(kind="phone", value=session.leg.dialled),
                received_at=uow.now,
                thread_key=session.leg.id,
                language=session.language,
                hints={"topic": topic, "kind": topic, "call": call.contact_id},
            )
            if (await house.router.decide(uow, about)).seal:
                await house.router.seal(uow, call.contact_id, SPOKEN_IN_CONFIDENCE)

    async def leave_message(
        self, session: Session, topic: str, limit_s: float, *, receipt: bool
    ) -> Mapping[str, str] | None:
        message = await self._record(session, topic, limit_s, receipt=receipt)
        if message is None:
            if session.leg.state is LegState.ENDED:
                raise LegEnded()
            return None
        handed_in = await self._house.hand_in(message)
        async with self._house.database.unit_of_work(self._house.access) as uow:
            await blobs.keep(uow, message.audio.key)
        if session.leg.state is LegState.ENDED:
            raise LegEnded()
        return {"number": handed_in.number, "pin": handed_in.pin} if receipt else {}

    async def _record(
        self, session: Session, topic: str, limit_s: float, *, receipt: bool = False
    ) -> SpokenMessage | None:
        house, leg = self._house, session.leg
        bridge = await house.engine.bridge(leg)
        try:
            handle = await bridge.record_stereo(leg)
            try:
                await leg.collect_digits(ANY_KEY, limit_s, terminator="")
            except LegEnded:
                log.debug("a message ended with the call")
            recording = await handle.stop()
        finally:
            await bridge.close()
        if recording.duration_s < SHORTEST_S:
            return None
        audio = await recordings.put(house, recording)
        async with house.database.unit_of_work(house.access) as uow:
            blobs.record(uow, audio, recordings.WAV, kept=False)
        await asyncio.to_thread(recording.path.unlink, True)
        return SpokenMessage(
            key=f"{leg.id}:{len(session.path)}",
            contact_id=self._call.contact_id,
            topic=topic,
            caller=leg.caller,
            dialled=leg.dialled,
            language=session.language,
            audio=audio,
            duration_s=recording.duration_s,
            receipt=receipt,
            session=leg.variables.get("session_id", ""),
        )

    async def promise_callback(self, session: Session, number: str) -> bool:
        return await callbacks.promise(self._house, self._call, number, after=timedelta(0))

    async def send_document(self, session: Session, document: str, by: str, address: str) -> bool:
        return await documents.send(self._house, self._call.contact_id, session, document, by, address)

    async def fax_document(self, session: Session, document: str) -> bool:
        return await documents.fax_here(self._house, self._call, session, document)

    async def vote(self, session: Session, poll: str, question: int, key: str) -> None:
        async with self._house.database.unit_of_work(self._house.access) as uow:
            counted = await knowledge.vote(uow, poll, question, self._call.contact_id, key)
            if counted and poll == SATISFACTION:
                await store.rate(uow, self._call.contact_id, int(key))

    async def use(self, session: Session, action: str, values: Mapping[str, str]) -> Answer:
        try:
            return await self._house.actions[action](session, values)
        except LegEnded:
            raise
        except Exception:
            log.exception("data action %s failed", action)
            return Answer(exit="failed")


def literal(text: str) -> str:
    """`text` of an item, whose braces are no places for values."""
    return text.replace("{", "{{").replace("}", "}}")
