"""From what was stored to a contact request; reports and commands are done with here and make no contact."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from channels.adapter import Address, ContactRequest, IgnoredInbound, MalformedInbound, RawInbound
from channels.sms import store
from channels.sms.answers import Answers
from channels.sms.carrier import CHANNEL, SmsAccount, SmsIn, account_of, sms_of
from channels.sms.commands import recognise
from channels.sms.http_carrier import PROFILES
from channels.sms.media import Fetched, Media
from channels.sms.reports import apply_report
from kit.access import Access
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from records.citizens.addresses import normalise

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2}")
MOST_CHARS = 40_000  # 255 parts of 153 characters


class Inbound:
    """Reads stored items. Repeating is harmless: reports are ranked and commands are answered once."""

    def __init__(
        self, database: Database, access: Access, box: SecretBox, answers: Answers, media: Media | None = None
    ) -> None:
        self._media = media
        self._database = database
        self._access = access
        self._box = box
        self._answers = answers

    async def request(self, raw: RawInbound) -> ContactRequest:
        """Raises `MalformedInbound`, or `IgnoredInbound` for a report or a command."""
        values = raw.raw_json
        if values is None:
            raise MalformedInbound("This call could not be read.")
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await store.account(uow, raw.account)
        if row is None:
            raise MalformedInbound("The account that this came to is gone.")
        account = account_of(row, self._box)
        sms = sms_of(raw) if "sms" in values else await self._from_provider(raw, account, values)
        sender = normalise("phone", sms.sender)
        if not sender:
            raise MalformedInbound("This text has no sender.")
        if not sms.text.strip() and not sms.media:
            raise IgnoredInbound("empty")
        command = recognise(sms.text) if not sms.media else None
        if command is not None:
            await self._answers.take(account, raw.provider_id, sender, command)
            raise IgnoredInbound(f"command: {command.name}")
        return _request(raw, account, sms, sender, await self._files(sms))

    async def _files(self, sms: SmsIn) -> Fetched:
        named = [link for link in sms.media if link.url]
        unnamed = len(sms.media) - len(named)
        if self._media is None or not named:
            return Fetched(missing=len(sms.media))
        found = await self._media.fetch(named, sms.received_at)
        return replace(found, missing=found.missing + unnamed)

    async def _from_provider(self, raw: RawInbound, account: SmsAccount, values: Mapping[str, Any]) -> SmsIn:
        profile, item = PROFILES.get(str(values.get("kind"))), values.get("values")
        if profile is None or not isinstance(item, Mapping):
            raise MalformedInbound("This is no call of a known provider.")
        if values.get("what") == "report":
            report = profile.report(account, item)
            async with self._database.unit_of_work(self._access) as uow:
                await apply_report(uow, report)
            raise IgnoredInbound("delivery report")
        text = profile.text(account, item)
        return SmsIn(
            account_id=account.id,
            provider_id=raw.provider_id,
            sender=text.sender,
            recipient=text.recipient,
            text=text.text,
            received_at=raw.received_at,
            parts=text.parts,
            media=text.media,
        )


def _request(raw: RawInbound, account: SmsAccount, sms: SmsIn, sender: str, files: Fetched) -> ContactRequest:
    own = normalise("phone", account.number)
    hints: dict[str, Any] = {}
    if sms.parts > 1:
        hints["parts"] = sms.parts
    if not sms.complete:
        hints["incomplete"] = True
    if sms.recipient and normalise("phone", sms.recipient) != own:
        hints["dialled"] = sms.recipient
    missing = f"\n（彩信，{files.missing} 个附件未收取）" if files.missing else ""
    name = f"{account.id}:{raw.provider_id}"
    return ContactRequest(
        channel=CHANNEL,
        external_id=name,
        client_id=name,
        sender=Address(kind="phone", value=sender),
        recipient=Address(kind="phone", value=own),
        received_at=raw.received_at,
        thread_key=f"sms:{own}:{sender}"[:200],
        text=(sms.text.strip()[:MOST_CHARS] + missing).strip(),
        language=language_of(sms.text),
        hints=hints,
        attachments=files.attachments,
    )


def language_of(text: str) -> str | None:
    """Chinese where there is any, English where there are words, unknown for figures alone."""
    if CHINESE.search(text):
        return "zh-CN"
    return "en" if LATIN.search(text) else None
