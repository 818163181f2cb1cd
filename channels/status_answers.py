"""How a matter stands, in a few lines of text: the status page for channels that have only words."""

import re

from kit.errors import NotFound, TooMany
from records.citizens import receipts
from records.citizens.receipts import Verdict
from router.hours import Calendar
from webchat.catalogue import Translator
from webchat.limits import HOUR_S, RateLimits
from webchat.progress import Matter
from webchat.service_status import Matters

QUERIES_PER_HOUR = 30
PIN = re.compile(r"\d{6}")
WORDS = {
    "zh-CN": {
        "state": "{number}：{state}。",
        "due": "最晚 {day:%Y年%m月%d日} 答复。",
        "asked": "需要您补充：{asked}",
        "busy": "查询太频繁，请过 {minutes} 分钟再试。",
    },
    "en": {
        "state": "{number}: {state}.",
        "due": "You will have an answer by {day:%d %B %Y}.",
        "asked": "We need from you: {asked}",
        "busy": "Too many queries; try again in {minutes} minutes.",
    },
}


class StatusAnswers:
    """One for each process. PINs are guarded as on the status page: counted by number and `source`, and by hour."""

    def __init__(self, matters: Matters, limits: RateLimits) -> None:
        self._matters = matters
        self._limits = limits

    async def answer(self, number: str, pin: str, *, source: str, language: str) -> str:
        """What to tell the one who asks; `source` names them, such as a caller's number. Owns its transactions.

        Nothing of what was written is told: whoever reads over the shoulder or guesses a PIN learns the state only.
        """
        t = Translator("en" if language.startswith("en") else "zh-CN")
        clean = receipts.clean_number(number)
        if clean is None:
            return t("error_field.number_wrong")
        if not PIN.fullmatch(pin):
            return t("error_field.pin_missing")
        try:
            await self._limits.spend("status", source, QUERIES_PER_HOUR, HOUR_S)
        except TooMany as error:
            return WORDS[t.language]["busy"].format(**error.extras)
        verdict = await self._matters.open(clean, pin, source)
        if verdict.receipt is None:
            return self._refused(verdict, t)
        try:
            matter, calendar, _ = await self._matters.matter(verdict.receipt.id)
        except NotFound:
            return t("error_field.number_wrong")
        return _state(matter, calendar, t)

    def _refused(self, verdict: Verdict, t: Translator) -> str:
        if verdict.locked_until is None:
            last = verdict.tries_left == 1
            return t("error_field.pin_last") if last else t("error_field.pin_wrong", left=verdict.tries_left)
        left_s = (verdict.locked_until - self._matters.now()).total_seconds()
        return t("error_field.locked", minutes=max(1, -int(-left_s // 60)))


def _state(matter: Matter, calendar: Calendar, t: Translator) -> str:
    words = WORDS[t.language]
    lines = [words["state"].format(number=matter.receipt.number, state=t(f"status.state_{matter.state}"))]
    due = matter.due_on(calendar.zone)
    if due is not None and not matter.finished:
        lines.append(words["due"].format(day=due))
    if matter.asked and not matter.sealed:
        lines.append(words["asked"].format(asked=matter.asked))
    return "\n".join(lines)
