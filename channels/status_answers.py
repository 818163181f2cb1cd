"""How a matter stands, in a few lines of text: the status page for channels that have only words."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from channels import automatic_texts
from channels.built_in_texts import ANY_CHANNEL
from kit.errors import NotFound, TooMany
from kit.unit_of_work import UnitOfWork
from records.citizens import receipts
from records.citizens.receipts import Verdict
from router.contact import Address
from router.hours import Calendar
from webchat.limits import HOUR_S, RateLimits
from webchat.progress import Matter
from webchat.service_status import Matters

QUERIES_PER_HOUR = 30
PIN = re.compile(r"\d{6}")
ENDS = "。.!！ \n\r\t"
STATUS_WORDS: Mapping[str, str] = {"查询": "zh-CN", "CX": "zh-CN", "": "zh-CN", "STATUS": "en"}
"""What may stand before number and PIN, and the language that it asks in."""
_QUERY = re.compile(r"([^\W\d]*)[\s:]*((?:\d[ -]?){13}\d)[\s,、/#]+(\d{6})")
_DAY = {"zh-CN": "%Y年%m月%d日", "en": "%d %B %Y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Number and PIN of a receipt, as a citizen wrote them; `language` as the word before them says."""

    number: str
    pin: str
    language: str


def find_query(text: str) -> Query | None:
    """Number and PIN where they are all that was written (in any width and case); a question beside is for an agent."""
    found = _QUERY.fullmatch(unicodedata.normalize("NFKC", text).strip(ENDS).upper())
    if found is None or found[1] not in STATUS_WORDS:
        return None
    return Query(number=found[2], pin=found[3], language=STATUS_WORDS[found[1]])


class StatusAnswers:
    """One for each process. PINs are guarded as on the status page: counted by number and `source`, and by hour."""

    def __init__(self, matters: Matters, limits: RateLimits) -> None:
        self._matters = matters
        self._limits = limits

    async def answer(
        self,
        number: str,
        pin: str,
        *,
        source: str,
        language: str,
        guesses_of: str | None = None,
        asker: Address | None = None,
    ) -> str:
        """What to tell the one who asks; `source` names them, such as a caller's number. Owns its transactions.

        Nothing of what was written is told: whoever reads over the shoulder or guesses a PIN learns the state only.
        `guesses_of` counts wrong PINs for more than the source, where anybody can call themselves anything.
        `asker`: where they write from; with the right PIN it is suggested to agents that this is the citizen.
        """
        spoken = automatic_texts.language_of(language)
        clean = receipts.clean_number(number)
        if clean is None:
            return await self._say("status_number_wrong", spoken)
        if not PIN.fullmatch(pin):
            return await self._say("status_pin_missing", spoken)
        try:
            await self._limits.spend("status", source, QUERIES_PER_HOUR, HOUR_S)
        except TooMany as error:
            return await self._say("status_busy", spoken, **error.extras)
        verdict = await self._matters.open(clean, pin, guesses_of or source, asker)
        if verdict.receipt is None:
            return await self._refused(verdict, spoken)
        try:
            matter, calendar, _ = await self._matters.matter(verdict.receipt.id)
        except NotFound:
            return await self._say("status_number_wrong", spoken)
        async with self._matters.reading() as uow:
            return await _state(uow, matter, calendar, spoken)

    async def _refused(self, verdict: Verdict, language: str) -> str:
        if verdict.locked_until is None:
            last = verdict.tries_left == 1
            return await self._say("status_pin_last" if last else "status_pin_wrong", language, left=verdict.tries_left)
        left_s = (verdict.locked_until - self._matters.now()).total_seconds()
        return await self._say("status_locked", language, minutes=max(1, -int(-left_s // 60)))

    async def _say(self, key: str, language: str, **figures: object) -> str:
        async with self._matters.reading() as uow:
            return await automatic_texts.say(uow, key, ANY_CHANNEL, language, **figures)


async def _state(uow: UnitOfWork, matter: Matter, calendar: Calendar, language: str) -> str:
    async def line(key: str, **figures: object) -> str:
        return await automatic_texts.say(uow, key, ANY_CHANNEL, language, **figures)

    lines = [await line("status", number=matter.receipt.number, state=await line(f"state_{matter.state}"))]
    due = matter.due_on(calendar.zone)
    if due is not None and not matter.finished:
        lines.append(await line("status_due", due=due.strftime(_DAY[language])))
    if matter.asked and not matter.sealed:
        lines.append(await line("status_asked", asked=matter.asked))
    return "\n".join(lines)
