"""From a stored mail to a contact request: what it answers, whether it may be answered, what is no contact at all."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from channels.adapter import Address, Attachment, ContactRequest, IgnoredInbound, RawInbound
from channels.files import keep
from channels.gateway_mail import GatewayFile, GatewayMail, GatewayReader
from channels.mail import store
from channels.mail.parsing.model import ParsedMail
from channels.mail.queries import Queries
from channels.mail.tables import MailboxRow
from channels.mail.threads import ReplyMarks, digest, foreign_thread_key, plain_subject
from kit.access import Access
from kit.blobs import BlobStore
from kit.unit_of_work import Database
from records.messages.service import emit_delivery
from router.contact import Channel

# RFC 2606 reserves the name: a mail without a sender still needs somebody to belong to.
NO_ADDRESS = "@invalid"
_MAX_EXTERNAL_CHARS = 200
_NO_CONTACT = {
    "read_receipt": "read receipt",
    "feedback_report": "abuse report",
}
_MACHINE_ANSWERS = frozenset({"auto_submitted", "automatic_subject", "null_return_path"})


class Inbound:
    """One for each process."""

    def __init__(
        self,
        database: Database,
        access: Access,
        blobs: BlobStore,
        marks: ReplyMarks,
        readers: Mapping[str, GatewayReader],
        queries: Queries | None = None,
    ) -> None:
        self._queries = queries
        self._readers = readers
        self._database = database
        self._access = access
        self._blobs = blobs
        self._marks = marks

    async def request(self, raw: RawInbound, mail: ParsedMail) -> ContactRequest:
        """The contact request of a parsed mail; a bounce is noted at the message that failed.

        Raises `IgnoredInbound` for what no citizen wrote, and for a query of a matter's state, which is answered.
        """
        self._refuse_own(mail)
        if mail.bounce is not None:
            await self._bounce(mail)
        answered = self._marks.answered(mail)
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            mailbox = await store.mailbox(uow, raw.account)
            key = await store.thread_key_of(uow, answered) if answered else None
        other = await self._of_gateway(raw, mail, mailbox, answered)
        if other is not None:
            return other
        self._refuse_machines(mail, answered)
        if self._queries is not None:
            await self._queries.take(raw, mail)
        attachments = await keep(self._database, self._access, self._blobs, mail.attachments)
        return _request(raw, mail, mailbox, key, attachments)

    async def _of_gateway(
        self, raw: RawInbound, mail: ParsedMail, mailbox: MailboxRow | None, answered: Sequence[str]
    ) -> ContactRequest | None:
        """What another channel makes of it, where its gateway writes to this mailbox; None for an ordinary mail."""
        reader = self._readers.get(Channel.FAX) if mailbox is not None and mailbox.profile != Channel.MAIL else None
        if mailbox is None or reader is None or not _is_of_gateway(mail, mailbox):
            return None
        found = GatewayMail(
            raw=raw,
            profile=mailbox.profile,
            line=mailbox.address,
            line_name=mailbox.name,
            subject=plain_subject(mail.subject),
            text=mail.text,
            headers=dict(mail.gateway_headers),
            answers=[*answered, *self._marks.tagged(mail.text)],
            duplicate_key=duplicate_key(raw.raw or b"", mail),
            files=[
                GatewayFile(filename=file.filename, media_type=file.media_type, data=file.data)
                for file in mail.attachments
            ],
        )
        return await reader(found)

    def _refuse_own(self, mail: ParsedMail) -> None:
        own_mark = self._marks.message_of(mail.loop_mark or "")
        if self._marks.own_message(mail.message_id) or own_mark:
            raise IgnoredInbound("loop: our own mail came back")

    def _refuse_machines(self, mail: ParsedMail, answered: Sequence[str]) -> None:
        if mail.machine in _NO_CONTACT:
            raise IgnoredInbound(_NO_CONTACT[mail.machine])
        if answered and mail.machine in _MACHINE_ANSWERS:
            raise IgnoredInbound(f"automatic answer to our mail ({mail.machine})")

    async def _bounce(self, mail: ParsedMail) -> None:
        bounce = mail.bounce
        if bounce is None:
            return
        original = self._marks.own_message(bounce.original_message_id)
        messages = [original] if original else self._marks.answered(mail)
        addresses = ", ".join(bounce.failed)
        if bounce.permanent and messages:
            async with self._database.unit_of_work(self._access) as uow:
                if await store.mark_bounced(uow, messages[0], f"bounced: {addresses} {bounce.diagnostic}".strip()):
                    await emit_delivery(uow, messages[0])
        kind = "bounce" if bounce.permanent else "delivery is delayed"
        raise IgnoredInbound(f"{kind}: {addresses}"[:500])


def _is_of_gateway(mail: ParsedMail, mailbox: MailboxRow) -> bool:
    """Whether the mail comes from who may send faxes: anybody can write the words of a gateway."""
    sender = mail.sender.address.lower() if mail.sender else ""
    allowed = (mailbox.fax_senders or "").lower().split()
    return not allowed or any(sender.endswith(one) if one.startswith("@") else sender == one for one in allowed)


def duplicate_key(raw: bytes, mail: ParsedMail) -> str:
    """The same for exact repeats only: same Message-ID and body, or the same bytes where there is no Message-ID.

    Two mails that share a Message-ID but not their body are two mails.
    """
    if mail.message_id is None:
        return hashlib.sha256(raw).hexdigest()
    return hashlib.sha256(f"{mail.message_id}\n{mail.body_hash}".encode()).hexdigest()


def external_id(account: str, message_id: str | None, key: str) -> str:
    """Unique in the channel, beginning with the Message-ID so that an answer can refer to it."""
    suffix = "#" + digest(f"{account}\n{key}")
    fits = message_id is not None and len(message_id) + len(suffix) <= _MAX_EXTERNAL_CHARS
    return (message_id or "") + suffix if fits else suffix


def message_id_of(external: object) -> str | None:
    """The Message-ID of an `external_id`, or a Message-ID itself; None where there is none."""
    text = external if isinstance(external, str) else ""
    candidates = (text.rpartition("#")[0], text)
    return next((found for found in candidates if found.isascii() and re.fullmatch(r"<[^<>\s]+>", found)), None)


def _request(
    raw: RawInbound, mail: ParsedMail, mailbox: MailboxRow | None, key: str | None, files: tuple[Attachment, ...]
) -> ContactRequest:
    content = raw.raw or b""
    duplicate = duplicate_key(content, mail)
    address = mailbox.address if mailbox else next((item.address for item in mail.recipients), "")
    sender = mail.sender.address if mail.sender else f"unknown-{duplicate[:16]}{NO_ADDRESS}"
    own = sender.lower() == address.lower()
    return ContactRequest(
        channel=Channel.MAIL,
        external_id=external_id(raw.account, mail.message_id, duplicate),
        sender=Address(kind="mail", value=sender[:254], name=mail.sender.name if mail.sender else ""),
        recipient=Address(kind="mail", value=address[:254], name=mailbox.name if mailbox else ""),
        received_at=raw.received_at,
        thread_key=key or foreign_thread_key(mail, raw.account, sender),
        text=mail.reply_text,
        full_text=mail.text if mail.text != mail.reply_text else None,
        html=mail.html or None,
        subject=plain_subject(mail.subject)[:300],
        language=mail.language,
        attachments=files,
        hints=_hints(raw, mail, "own_address" if own else mail.machine),
        duplicate_key=duplicate,
    )


def _hints(raw: RawInbound, mail: ParsedMail, machine: str | None) -> Mapping[str, Any]:
    """What routing and the desk may want to know; `answerable` False with its reason in `machine`."""
    hints: dict[str, Any] = {"answerable": machine is None, "mailbox": raw.account}
    truncated = (raw.raw_json or {}).get("truncated_from_bytes")
    optional = {
        "machine": machine,
        "reply_to": mail.reply_to[0].address if mail.reply_to else None,
        "defects": list(mail.defects),
        "truncated_from_bytes": truncated,
        # Which file the HTML shows at which `cid:`, by its place among the attachments.
        "inline": {file.content_id: place for place, file in enumerate(mail.attachments) if file.content_id},
        # What comes into a confidential mailbox is a report: the rules seal by this.
        "kind": "report" if raw.sealed else None,
    }
    return hints | {name: value for name, value in optional.items() if value}
