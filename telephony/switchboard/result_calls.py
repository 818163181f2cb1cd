"""An answer told by telephone: who asked for it is called, enters the PIN, hears it and confirms by a key.

Whoever picks up learns who calls and nothing else before the PIN; guesses at it count as everywhere.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from kit.due_work import DueWorkRow, WorkState, schedule
from kit.errors import Forbidden, TooMany
from kit.unit_of_work import UnitOfWork
from records.cases import service as cases
from records.cases import store as case_store
from records.cases.service import CaseEvent
from records.cases.tables import CaseContactRow, CaseRow, CaseStatus
from records.citizens import do_not_contact, receipts
from records.citizens.addresses import normalise
from records.staff import store as staff
from records.staff.tables import WorkspaceRow
from router.contact import Channel
from router.tables import ContactRow
from telephony.calls import CallFailed, CallLeg, Dial, LegEnded
from telephony.guard import AUTOMATIC
from telephony.ivr.nodes import Say
from telephony.ivr.ports import Session
from telephony.switchboard import callbacks
from telephony.switchboard.call import answered
from telephony.switchboard.errands import Errand
from telephony.switchboard.house import House, words

ASKED_FOR = "phone"
"""What the hint `reply` of a contact says where the citizen wants the answer by telephone."""
ANSWERED = frozenset({CaseStatus.ANSWERED, CaseStatus.CLOSED})
TRIED = frozenset({CaseEvent.CALL_NOT_REACHED, CaseEvent.CALL_WRONG_PIN, CaseEvent.CALL_INTERRUPTED})
OVER = frozenset(
    {
        *(CaseEvent.CALL_CONFIRMED, CaseEvent.CALL_HEARD),
        *(CaseEvent.CALL_NOT_WANTED, CaseEvent.CALL_NO_LINE, CaseEvent.CALL_GIVEN_UP),
    }
)
LATER = timedelta(minutes=15)
MOST_PINS, MOST_SILENCES, MOST_TIMES = 3, 2, 3
PIN_S, CONFIRM_S = 15.0, 10.0
MOST_SOURCE_CHARS = 64

GREETING = words(
    "您好，这里是{name}。如您在等候我们的答复，请输入六位查询密码。",
    "Hello, this is the {name_en}. If you expect an answer from us, please enter your PIN of six digits.",
)
WRONG = words("密码有误，请重新输入六位查询密码。", "That PIN is wrong. Please enter your PIN of six digits again.")
NO_MORE = words(
    "密码有误，本次通话结束。您可以凭编号和密码在网站上查询，再见。",
    "That PIN is wrong, and this call ends. With number and PIN you can ask on our web site. Goodbye.",
)
ANSWER = words("您登记的事项答复如下：{answer}", "This is the answer to your matter: {answer}")
CONFIRM = words(
    "确认已听清请按1，重听请按星号。", "To confirm that you heard it, press 1. To hear it again, press star."
)
THANKS = words("感谢您的确认，再见。", "Thank you. Goodbye.")
GOODBYE = words("再见。", "Goodbye.")


async def order(uow: UnitOfWork, case: CaseRow, *, only_if_asked: bool) -> bool:
    """Have the answer of a case told by telephone; False where there is nobody to call, or it is a report.

    `only_if_asked`: by who wanted it so from the beginning. Repeating is harmless while the call is still to be made.
    """
    contact = await _contact(uow, case, only_if_asked)
    if contact is None or case.status not in ANSWERED or not await _answer(uow, case.id):
        return False
    pending = select(DueWorkRow.id).where(DueWorkRow.job == Errand.RESULT, DueWorkRow.key == case.id)
    waits = await uow.session.scalar(pending.where(DueWorkRow.state == WorkState.PENDING)) is not None
    if not waits or await _is_over(uow, case.id):
        await schedule(uow, Errand.RESULT, {"case_id": case.id, "contact_id": contact.id}, key=case.id)
        await cases.note(uow, case, CaseEvent.CALL_ORDERED)
    return True


async def _contact(uow: UnitOfWork, case: CaseRow, only_if_asked: bool) -> ContactRow | None:
    """Of the contacts of a case the first that left a telephone number. Nobody calls about a confidential one."""
    if case.sealed:
        return None
    query = select(ContactRow).join(CaseContactRow, CaseContactRow.contact_id == ContactRow.id)
    query = query.where(CaseContactRow.case_id == case.id, ContactRow.sealed.is_(False))
    query = query.where(ContactRow.sender_kind == "phone", ContactRow.channel != Channel.FAX)
    rows = await uow.session.scalars(query.order_by(CaseContactRow.id))
    return next((row for row in rows if not only_if_asked or row.hints.get("reply") == ASKED_FOR), None)


async def _answer(uow: UnitOfWork, case_id: str) -> str:
    """What the citizen was told last."""
    told = [event.text for event in await case_store.events(uow, case_id, public_only=True) if event.text]
    return told[-1] if told else ""


async def _since_order(uow: UnitOfWork, case_id: str) -> list[str]:
    """What became of the call that was ordered last, so far."""
    kinds = [event.kind for event in await case_store.events(uow, case_id)]
    ordered = len(kinds) - kinds[::-1].index(CaseEvent.CALL_ORDERED) if CaseEvent.CALL_ORDERED in kinds else 0
    return kinds[ordered:]


async def _is_over(uow: UnitOfWork, case_id: str) -> bool:
    """Whether nobody is to be called any more, though a process may have ended before it could say so in the work."""
    return not OVER.isdisjoint(await _since_order(uow, case_id))


@dataclass(kw_only=True)
class _Telling:
    """One call. `outcome`: what it has come to so far."""

    case_id: str
    number: str
    called: str
    caller: str
    language: str
    answer: str = field(repr=False)
    values: dict[str, str]
    outcome: CaseEvent = CaseEvent.CALL_NOT_REACHED


class ResultCalls:
    """Does `Errand.RESULT`; see `telephony.switchboard.errands.Do`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(self, row: DueWorkRow) -> timedelta | None:
        """One call, at an hour at which citizens may be called. Its outcome stands in the timeline of the case."""
        telling = await self._telling(row)
        if not isinstance(telling, _Telling):
            return telling
        if not self._house.engine.capabilities.sip:
            await self._note(telling.case_id, CaseEvent.CALL_NO_LINE)
            return None
        try:
            await self._house.allow(AUTOMATIC, telling.called)
        except TooMany:
            return LATER
        except Forbidden:
            await self._note(telling.case_id, CaseEvent.CALL_GIVEN_UP)
            return None
        await self._call(telling)
        return await self._after(telling)

    async def _telling(self, row: DueWorkRow) -> _Telling | timedelta | None:
        """What is to be told, or when to look again, or None: there is nothing to be told any more."""
        house = self._house
        async with house.database.unit_of_work(house.access) as uow:
            case = await uow.session.get(CaseRow, row.payload["case_id"])
            contact = await uow.session.get(ContactRow, row.payload["contact_id"])
            if case is None or contact is None or case.sealed or contact.sealed or case.status not in ANSWERED:
                return None
            if await _is_over(uow, case.id):
                return None
            allowed = callbacks.within_hours(uow.now, await staff.zone(uow), house.settings.callback_hours)
            if allowed > uow.now:
                return allowed - uow.now
            if await do_not_contact.forbids(uow, contact.citizen_id, Channel.VOICE):
                await cases.note(uow, case, CaseEvent.CALL_NOT_WANTED)
                return None
            workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
            return _Telling(
                case_id=case.id,
                number=case.number,
                called=normalise("phone", contact.sender),
                caller=house.settings.public_number or workspace.hotline,
                language=contact.language or workspace.language,
                answer=await _answer(uow, case.id),
                values={"name": workspace.name, "name_en": workspace.name_en},
            )

    async def _call(self, telling: _Telling) -> None:
        ring_s = self._house.settings.duty_ring_s
        dial = Dial(to=telling.called, caller=telling.caller, timeout_s=ring_s, variables={"why": "result"})
        try:
            leg = await self._house.engine.originate(dial)
        except CallFailed:
            return
        try:
            if await answered(leg, ring_s):
                await self._tell(leg, telling)
        except LegEnded:
            return
        finally:
            await leg.hang_up()

    async def _tell(self, leg: CallLeg, telling: _Telling) -> None:
        session = Session(leg=leg, language=telling.language, values=telling.values)
        if not await self._proves(leg, session, telling):
            return
        telling.outcome = CaseEvent.CALL_INTERRUPTED
        session.values["answer"] = telling.answer
        session.secrets.add("answer")
        for _ in range(MOST_TIMES):
            await self._house.say(leg, ANSWER, session)
            telling.outcome = CaseEvent.CALL_HEARD
            key = await self._ask(leg, CONFIRM, session, 1, CONFIRM_S)
            if key == "1":
                telling.outcome = CaseEvent.CALL_CONFIRMED
                await self._house.say(leg, THANKS, session)
            if key != "*":
                return

    async def _proves(self, leg: CallLeg, session: Session, telling: _Telling) -> bool:
        """Whether the one who picked up knows the PIN."""
        say, silences, guesses = GREETING, 0, 0
        while silences < MOST_SILENCES and guesses < MOST_PINS:
            pin = await self._ask(leg, say, session, receipts.PIN_DIGITS, PIN_S)
            if not pin:
                silences += 1
                continue
            house, guesses, say = self._house, guesses + 1, WRONG
            source = telling.called[:MOST_SOURCE_CHARS]
            verdict = await receipts.check(house.database, house.access, telling.number, pin, source)
            if verdict.receipt is not None:
                return True
            telling.outcome = CaseEvent.CALL_WRONG_PIN
            if verdict.locked_until is not None:
                break
        await self._house.say(leg, NO_MORE if guesses else GOODBYE, session)
        return False

    async def _ask(self, leg: CallLeg, say: Say, session: Session, limit: int, timeout_s: float) -> str:
        key = await self._house.say(leg, say, session, stop=True)
        if limit == 1 and key:
            return key
        return await leg.collect_digits(limit, timeout_s, first=key, terminator="#" if limit > 1 else "")

    async def _after(self, telling: _Telling) -> timedelta | None:
        """Written down, and tried again where that helps and may be."""
        settings = self._house.settings
        await self._note(telling.case_id, telling.outcome)
        if telling.outcome not in TRIED:
            return None
        if await self._tries(telling.case_id) >= settings.result_tries:
            await self._note(telling.case_id, CaseEvent.CALL_GIVEN_UP)
            return None
        return timedelta(seconds=settings.result_retry_s)

    async def _tries(self, case_id: str) -> int:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            return sum(kind in TRIED for kind in await _since_order(uow, case_id))

    async def _note(self, case_id: str, outcome: CaseEvent) -> None:
        async with self._house.database.unit_of_work(self._house.access) as uow:
            await cases.note(uow, await case_store.one(uow, case_id, for_update=True), outcome)
