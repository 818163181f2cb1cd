"""Hands texts over: part by part, no faster than the account may, slower while the other side says it is too much."""

import asyncio
import zlib
from collections import OrderedDict
from time import monotonic

from channels.adapter import ChannelUnavailable, MessageRejected
from channels.sms.carrier import SmsAccount, SmsOut
from channels.sms.smpp import pdu
from channels.sms.smpp.parts import Part, TooLong, cut
from channels.sms.smpp.pdu import Address, Command, Status, Submission
from channels.sms.smpp.session import Session
from channels.sms.smpp.settings import SmppSettings

SUBMIT_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
MOST_BEGUN = 1000
ALPHANUMERIC = 5
_SLOWER = (Status.THROTTLED, Status.QUEUE_FULL)
# Section 5.1.3: wrong length, source, destination, and what of the fields is wrong. All else may pass.
_FINAL = frozenset((0x01, 0x0A, 0x0B, *range(0x33, 0x35), *range(0x40, 0x45), *range(0x48, 0x55), 0x61, 0x62))


class Pace:
    """Turns at a rate; a pause holds everybody back."""

    def __init__(self, per_second: float) -> None:
        self._every_s = 1 / per_second
        self._free_at = 0.0

    async def turn(self) -> None:
        """Wait for the next turn. Raises `ChannelUnavailable` where that is too far off to wait for."""
        now = monotonic()
        turn = max(now, self._free_at)
        if turn - now > SUBMIT_WITHIN_S:
            raise ChannelUnavailable("Too many texts wait for this account's turn.")
        self._free_at = turn + self._every_s
        if turn > now:
            await asyncio.sleep(turn - now)

    def pause(self, seconds: float) -> None:
        self._free_at = max(self._free_at, monotonic() + seconds)


class Outbound:
    """One for each line; it outlives the sessions, so that a text that broke off goes on where it was."""

    def __init__(self, account: SmsAccount, settings: SmppSettings) -> None:
        self._settings = settings
        self._pace = Pace(account.throughput)
        self._source = _source(account, settings)
        self._begun: OrderedDict[str, dict[int, str]] = OrderedDict()

    async def submit(self, session: Session, out: SmsOut) -> tuple[str, ...]:
        """The ids that reports are to be expected for. Raises `ChannelUnavailable`, `MessageRejected`."""
        # The same in each attempt: what a phone has of this text fits to what comes now.
        mark = zlib.crc32(out.reference.encode())
        try:
            parts = cut(out.text, self._settings.concatenation, mark, self._settings.default_alphabet)
        except TooLong:
            raise MessageRejected("短信过长。This text is too long.", code="too_long") from None
        name = f"{out.reference}:{zlib.crc32(out.text.encode())}"
        taken = self._taken(name)
        deadline = monotonic() + SUBMIT_WITHIN_S
        results = await asyncio.gather(
            *(
                self._submit_part(session, out, parts, number, taken, deadline)
                for number in range(len(parts))
                if number not in taken
            ),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        self._begun.pop(name, None)
        asked = [taken[number] for number in range(len(parts)) if self._with_receipt(number, parts)]
        return tuple(message_id for message_id in asked if message_id)

    def _taken(self, name: str) -> dict[int, str]:
        taken = self._begun.setdefault(name, {})
        while len(self._begun) > MOST_BEGUN:
            self._begun.popitem(last=False)
        return taken

    async def _submit_part(
        self, session: Session, out: SmsOut, parts: list[Part], number: int, taken: dict[int, str], deadline: float
    ) -> None:
        """Noted in `taken` at once: what is handed over stays so when the rest is given up."""
        submission = self._submission(out.recipient, parts[number], with_receipt=self._with_receipt(number, parts))
        pause_s = FIRST_PAUSE_S
        while True:
            await self._pace.turn()
            response = await session.submit(submission)
            if response.status == Status.OK and response.command != Command.GENERIC_NACK:
                taken[number] = self._settings.message_ids.of_answer(pdu.text_of(response.body)[:120])
                return
            if response.status not in _SLOWER or monotonic() + pause_s > deadline:
                raise _refusal(response.status)
            self._pace.pause(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _with_receipt(self, number: int, parts: list[Part]) -> bool:
        if self._settings.receipts == "last":
            return number == len(parts) - 1
        return self._settings.receipts == "all"

    def _submission(self, recipient: str, part: Part, *, with_receipt: bool) -> Submission:
        settings = self._settings
        return Submission(
            source=self._source,
            destination=Address(
                ton=settings.destination_ton, npi=settings.destination_npi, value=recipient.removeprefix("+")
            ),
            esm_class=part.esm_class,
            data_coding=part.data_coding,
            octets=part.octets,
            with_receipt=with_receipt,
            service_type=settings.service_type,
            parameters=part.parameters,
        )


def _source(account: SmsAccount, settings: SmppSettings) -> Address:
    value = settings.source or account.number.removeprefix("+")
    if not value.isdecimal():
        return Address(ton=ALPHANUMERIC, npi=0, value=value)
    return Address(ton=settings.source_ton, npi=settings.source_npi, value=value)


def _refusal(status: int) -> ChannelUnavailable | MessageRejected:
    if status in _SLOWER:
        return ChannelUnavailable(f"The message centre asked to send more slowly (0x{status:08x}).")
    if status in _FINAL:
        return MessageRejected(f"短信中心拒收。The message centre refused the text (0x{status:08x}).", code="refused")
    return ChannelUnavailable(f"The message centre did not take the text (0x{status:08x}).")
