"""A mail that holds a number and PIN and nothing else: answered like the status page, and never a contact."""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete, select

from channels import automatic_texts
from channels.adapter import (
    ChannelUnavailable,
    IgnoredInbound,
    MessageRejected,
    NotSupported,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.built_in_texts import ANY_CHANNEL
from channels.mail.parsing.model import ParsedMail
from channels.mail.threads import plain_subject
from channels.status_answers import Query, StatusAnswers, find_query
from kit.access import Access
from kit.blobs import BlobRow, BlobStore, record
from kit.errors import Unavailable
from kit.unit_of_work import Database
from records.messages.tables import LedgerRow
from router.contact import Address

ANSWER = "status_answer"
"""In the ledger row of a query, once it is worked out: subject and text, without the PIN."""
PIN_MASK = "******"
_NAMES = uuid.UUID("5b0f3c1e-6d0a-4f0e-9a53-0d5f3c8b7a11")
_KEPT = re.compile(rb"(?im)^(?:from|to|date|message-id|in-reply-to|references):.*(?:\r?\n[ \t].*)*")

Send = Callable[[OutboundMessage], Awaitable[SendReceipt]]


class Queries:
    """One for each process."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore, status: StatusAnswers, send: Send) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._status = status
        self._send = send

    async def take(self, raw: RawInbound, mail: ParsedMail) -> None:
        """Nothing for an ordinary mail. Owns its transactions; each mail costs one guess, however often it is read.

        Raises `IgnoredInbound` once a query is answered, `Unavailable` while the mail server is away.
        """
        if mail.machine is not None or mail.sender is None:
            return
        answer = (raw.raw_json or {}).get(ANSWER)
        query = None if answer else _query_of(mail)
        if query is not None:
            answer = await self._work_out(raw, query, mail.sender.address)
        if answer:
            await self._answer(raw, mail, mail.sender.address, answer)

    async def _work_out(self, raw: RawInbound, query: Query, sender: str) -> dict[str, Any]:
        text = await self._status.answer(
            query.number,
            query.pin,
            source=f"mail:{sender.lower()}",
            language=query.language,
            # Anybody can write under any address: it buys no further guesses.
            guesses_of="mail",
            asker=Address(kind="mail", value=sender),
        )
        found = await self._blobs.put(_without_pin(raw.raw or b"", query))
        theirs = (LedgerRow.channel == raw.channel, LedgerRow.account == raw.account)
        async with self._database.unit_of_work(self._access) as uow:
            words = await automatic_texts.words(uow, "status", ANY_CHANNEL, query.language)
            places = {**await automatic_texts.house(uow, query.language), "number": query.number, "state": ""}
            answer = {"subject": words.subject.format(**places).strip(), "text": text}
            row = await uow.session.scalar(select(LedgerRow).where(*theirs, LedgerRow.provider_id == raw.provider_id))
            if row is not None:
                # The PIN has done its work: what stays in the ledger does not open the matter.
                before, row.raw_blob_key = row.raw_blob_key, found.key
                row.raw_json = {**(row.raw_json or {}), ANSWER: answer}
                record(uow, found, "application/octet-stream", kept=True)
                if before:
                    await uow.session.execute(delete(BlobRow).where(BlobRow.key == before))
                    uow.after_commit(lambda: self._blobs.delete(before))
        return answer

    async def _answer(self, raw: RawInbound, mail: ParsedMail, recipient: str, answer: dict[str, Any]) -> None:
        # The same in each attempt: who gets it twice sees it once.
        name = str(uuid.uuid5(_NAMES, f"{raw.account}\n{raw.provider_id}"))
        message = OutboundMessage(
            outbox_id=name,
            message_id=name,
            thread_key="",
            recipient=recipient,
            subject=answer["subject"],
            text=answer["text"],
            external_id=name,
            envelope={"account": raw.account, "in_reply_to": mail.message_id},
            automatic=True,
        )
        try:
            await self._send(message)
        except ChannelUnavailable as error:
            raise Unavailable(error.detail) from error
        except (MessageRejected, NotSupported) as error:
            raise IgnoredInbound(f"command: status, not answered: {error.detail}"[:500]) from error
        raise IgnoredInbound("command: status")


def _query_of(mail: ParsedMail) -> Query | None:
    """In the body, or in the subject of an empty mail; a file beside it is for an agent."""
    if mail.attachments or mail.bounce is not None:
        return None
    said = mail.reply_text.strip()
    return find_query(said or plain_subject(mail.subject))


def _without_pin(raw: bytes, query: Query) -> bytes:
    """Who wrote when, and what about: the rest could hold the PIN in any encoding."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    lines = [*_KEPT.findall(head), b"Content-Type: text/plain; charset=utf-8"]
    return b"\r\n".join(lines) + f"\r\n\r\n{query.number} {PIN_MASK}\r\n".encode()
