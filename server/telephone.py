"""The switchboard of this installation: what calls need from the rooms above and below."""

from collections.abc import Mapping
from functools import partial

from channels.fax.line import LineFaxes as LineFaxesOut
from channels.sms import store as sms_store
from channels.status_answers import StatusAnswers
from channels.voice.adapter import VoiceIntake
from channels.waiting_texts import spoken
from desk.telephone.by_phone import SupervisorsByPhone
from records.citizens import receipts
from records.knowledge import service as knowledge
from router.contact import Address, Channel
from server.line_faxes import LineFaxes, fax_back
from server.wiring import Services
from telephony.asterisk.engine import AsteriskEngine
from telephony.calls import CallEngine
from telephony.ivr.ports import Answer, Session
from telephony.prompts.readings import digits, is_english
from telephony.prompts.speaker import PromptSpeaker
from telephony.switchboard import flows, recordings
from telephony.switchboard.errands import Errand, Errands
from telephony.switchboard.house import House
from telephony.switchboard.result_calls import ResultCalls
from telephony.switchboard.switchboard import Switchboard
from telephony.trials.surroundings import Scene
from webchat.limits import RateLimits
from webchat.service_status import Matters

MOST_SOURCE_CHARS = 64


def guesser(caller: str, variables: Mapping[str, str]) -> str:
    """Whose wrong PINs are counted together: of a number, and of all who withhold theirs on one line. Each new call
    would otherwise bring new guesses.
    """
    return (caller or f"withheld:{variables.get('line', '')}")[:MOST_SOURCE_CHARS]


class ReceiptQueries:
    """Data action `receipt` of flows: number and PIN as on the status page, its answer to be read out.

    Exits: found (sets `result`), wrong_number, wrong_pin, locked.
    """

    def __init__(self, services: Services) -> None:
        matters = Matters(services.database, services.access, services.router)
        self._database, self._access = services.database, services.access
        self._answers = StatusAnswers(matters, RateLimits(services.redis, str(services.access.workspace_id)))

    async def __call__(self, session: Session, values: Mapping[str, str]) -> Answer:
        number, source = receipts.clean_number(values["number"]), guesser(session.leg.caller, session.leg.variables)
        if number is None:
            return Answer(exit="wrong_number")
        verdict = await receipts.check(self._database, self._access, number, values["pin"], source)
        if verdict.receipt is None:
            return Answer(exit="locked" if verdict.locked_until else "wrong_pin")
        caller = session.leg.caller
        asker = Address(kind="phone", value=caller) if caller else None
        text = await self._answers.answer(number, values["pin"], source=source, language=session.language, asker=asker)
        spoken = text.replace(number, digits(number, is_english(session.language)))
        return Answer(exit="found", values={"result": spoken})


def switchboard_for(services: Services, engine: CallEngine) -> Switchboard:
    """Serves the calls of `engine`, and is what this process's router tells of accepted calls."""
    settings, database, access = services.settings, services.database, services.access
    intake = VoiceIntake(
        database.clock, services.direct_intake(services.voice), services.direct_intake(services.voicemail)
    )
    speaker = _speaker(services)
    receiving = LineFaxes(services, engine.fax) if isinstance(engine, AsteriskEngine) else None
    house = House(
        engine=engine,
        database=database,
        access=access,
        router=services.router,
        blobs=services.blobs,
        events=services.events,
        speaker=speaker,
        arrive=intake.arrive,
        hand_in=intake.hand_in,
        phrases=spoken,
        settings=settings.switchboard,
        guard=services.dial_guard,
        can_send=partial(_can_send, services),
        receive_fax=receiving,
        fax_back=fax_back(services, engine.fax) if isinstance(engine, AsteriskEngine) else None,
        prepare=partial(_prepare, services, speaker),
        actions={"receipt": ReceiptQueries(services)},
    )
    if isinstance(engine, AsteriskEngine):
        send = LineFaxesOut(house, engine.fax)
        house.beside += (Errands(house, Errand.FAX, send, most=settings.switchboard.fax_lines).run,)
    if receiving is not None:
        house.beside += (receiving.take_over,)
    results = Errands(house, Errand.RESULT, ResultCalls(house), most=settings.switchboard.result_lines)
    house.beside += (results.run,)
    house.supervisors = SupervisorsByPhone(database, access, services.blobs)
    switchboard = Switchboard(house)
    services.voice.telephone = switchboard
    return switchboard


def _speaker(services: Services) -> PromptSpeaker:
    return PromptSpeaker(
        database=services.database,
        access=services.access,
        blobs=services.blobs,
        voice=services.speech,
        folder=services.settings.data_dir / "speech",
    )


def trial_scene(services: Services) -> Scene:
    """What flows that are tried out share with those of real calls."""
    return Scene(
        database=services.database,
        access=services.access,
        speaker=_speaker(services),
        can_send=partial(_can_send, services),
    )


async def _can_send(services: Services, channel: str) -> bool:
    if channel == Channel.SMS:
        async with services.database.unit_of_work(services.access, read_only=True) as uow:
            return await sms_store.can_send(uow)
    if channel == Channel.MAIL:
        return await services.mail.can_send()
    return channel == Channel.FAX and await services.fax.can_send()


async def _prepare(services: Services, speaker: PromptSpeaker) -> None:
    """Speak the texts of the published flow and the items before somebody waits for them; drop old numbers."""
    async with services.database.unit_of_work(services.access, read_only=True) as uow:
        found = await flows.published(uow, flows.MAIN)
        items = await knowledge.items(uow)
    if found is not None:
        await speaker.warm(found[0])
    for item in items:
        await speaker.spoken(item.text, item.language)
    await speaker.forget()
    async with services.database.unit_of_work(services.access) as uow:
        await recordings.forget_old(uow)
