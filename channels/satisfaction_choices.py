"""Rating by pressing, where messages can bear buttons: the choices below a question, and what a press says.

What was pressed first stands, as on the page: a rating that is complete is not changed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from channels import automatic_texts
from channels.automatic_texts import language_of
from kit.unit_of_work import UnitOfWork
from records.citizens import satisfaction
from records.citizens.satisfaction import BEST, WORST, Rating
from records.citizens.tables import SatisfactionRow
from router.contact import Channel
from webchat.catalogue import Translator

CHOICES = "choices"
"""In the envelope of a message: a list of (label, what a press of it sends)."""
WITH_BUTTONS = frozenset({Channel.TELEGRAM})
ANSWER_WITHIN = timedelta(days=7)
_PRESS = re.compile(r"rate:([0-9a-f-]{36}):(service|result):([1-5])")

Choice = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What the question says now, and the choices that are left. `noted`: this press said something new."""

    text: str
    choices: Sequence[Choice]
    noted: bool


def choices_of(row: SatisfactionRow) -> list[Choice]:
    """For the service first, then for the result; none once both were said."""
    if satisfaction.is_complete(row):
        return []
    part = "service" if row.service is None else "result"
    t = Translator(language_of(row.language))
    return [(t(f"rate.scale_{figure}"), f"rate:{row.id}:{part}:{figure}") for figure in range(BEST, WORST + 1)]


async def press(uow: UnitOfWork, data: str, *, channel: str, recipient: str) -> Pressed | None:
    """Write down what a press of `data` by `recipient` says; repeating is harmless.

    None for what is no choice of theirs, or one that came too late.
    """
    found = _PRESS.fullmatch(data)
    row = await satisfaction.by_id(uow, found[1]) if found else None
    if found is None or row is None or row.sealed or (row.channel, row.recipient) != (channel, recipient):
        return None
    if row.asked_at is None or row.asked_at < uow.now - ANSWER_WITHIN:
        return None
    await uow.session.refresh(row, with_for_update=True)
    noted = getattr(row, found[2]) is None
    if noted:
        figure = int(found[3])
        rating = Rating(service=figure) if found[2] == "service" else Rating(result=figure)
        satisfaction.record(uow, row, rating, by=channel)
    return Pressed(text=await _said(uow, row), choices=choices_of(row), noted=noted)


async def _said(uow: UnitOfWork, row: SatisfactionRow) -> str:
    key = "satisfaction_thanks" if satisfaction.is_complete(row) else "satisfaction_more"
    t = Translator(language_of(row.language))
    given = (("service", row.service), ("result", row.result))
    lines = [f"{t(f'rate.{part}')} {t(f'rate.scale_{figure}')}" for part, figure in given if figure is not None]
    return "\n".join([*lines, await automatic_texts.say(uow, key, row.channel, row.language)])
