"""The fax channel: in by a gateway's mail or a line's own file, out by the first way that is set up."""

import logging
from collections.abc import Sequence

from channels.adapter import (
    Capabilities,
    ChannelUnavailable,
    ContactRequest,
    Health,
    IgnoredInbound,
    MalformedInbound,
    MessageRejected,
    NotSupported,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.fax import store
from channels.fax.files import FaxFile, FaxReader, kind_of
from channels.fax.inbound import UNKNOWN, Fax, duplicate_key, notice_of, request_of
from channels.fax.letter import letter_of
from channels.fax.notices import FaxNotice, NotReceived, Outcome, number_of, read_notice
from channels.fax.ways import FaxWay, Render, RenderingFailed
from channels.files import keep
from channels.gateway_mail import GatewayFile, GatewayMail
from kit.access import Access
from kit.blobs import BlobStore
from kit.unit_of_work import Database
from records.messages.service import emit_delivery
from records.staff import store as staff
from router.contact import Channel

log = logging.getLogger(__name__)

MAX_TEXT_CHARS = 10_000
_FAX_TYPES = ("image/tiff", "application/pdf")
_FAX_ENDINGS = (".tif", ".tiff", ".pdf")
_ANY_TYPE = "application/octet-stream"


class FaxAdapter:
    """An `Adapter`. Of `ways` the one that brought the citizen's fax comes first, then the others in their order; one
    that is not set up says `NotSupported`.
    """

    channel = Channel.FAX.value
    capabilities = Capabilities(
        live=False, replies=True, attachments=True, receipts=True, max_text_chars=MAX_TEXT_CHARS
    )

    def __init__(
        self,
        database: Database,
        access: Access,
        blobs: BlobStore,
        render: Render,
        ways: Sequence[FaxWay],
        *,
        reader: FaxReader | None = None,
    ) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._render = render
        self._ways = ways
        self._reader = reader or FaxReader()

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """A fax that a line received: the file, and `caller`, `station`, `pages`, `call_id`, `line` as JSON."""
        if raw.raw is None:
            raise MalformedInbound("There is no fax in this item.")
        notice, line = notice_of(raw)
        key = duplicate_key(notice, f"{raw.account}\n{raw.provider_id}")
        item = GatewayFile(filename="fax", media_type="", data=raw.raw)
        return await self._request(raw, notice, line, "", item, (), key, "")

    async def read_mail(self, mail: GatewayMail) -> ContactRequest | None:
        """See `channels.gateway_mail.GatewayReader`. A mail of no known form that holds a fax file is a fax too."""
        notice = read_notice(mail)
        if isinstance(notice, Outcome):
            await self._note(mail, notice)
        if isinstance(notice, NotReceived):
            log.warning("mailbox %s: the gateway could not receive a fax", mail.raw.account)
            raise MalformedInbound(f"fax not received: {notice.reason}")
        file = _fax_file(mail.files)
        if notice is None and file is None:
            return None
        found = notice if isinstance(notice, FaxNotice) else FaxNotice()
        note = mail.text.strip()[:MAX_TEXT_CHARS] if notice is None else ""
        others = [other for other in mail.files if other is not file]
        key = duplicate_key(found, mail.duplicate_key)
        return await self._request(mail.raw, found, mail.line, mail.line_name, file, others, key, note)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """See `channels.adapter.Adapter`. A number that cannot be dialled is refused for good."""
        number = number_of(message.recipient)
        if not number or message.recipient.startswith(UNKNOWN):
            raise MessageRejected("There is no number to fax to.")
        try:
            pages = await self._render(await self._letter(message), await self._files(message))
        except RenderingFailed as error:
            raise MessageRejected(f"The fax could not be drawn: {error}") from error
        for way in await self._ways_for(str(message.envelope.get("account") or "")):
            try:
                return await way.send(message, number, pages)
            except NotSupported:
                continue
        raise NotSupported("No way to send faxes is set up: neither a line nor a mailbox with a fax gateway.")

    async def check(self) -> Health:
        """See `channels.adapter.Adapter`."""
        faults = [health.detail for way in self._ways if not (health := await way.check()).ok]
        return Health(ok=not faults, detail="\n".join(faults))

    async def can_send(self) -> bool:
        """Whether any way out is set up."""
        return any([await way.is_set_up() for way in self._ways])

    async def _ways_for(self, line: str) -> list[FaxWay]:
        brought = [(await way.brought(line), way) for way in self._ways]
        return [way for _, way in sorted(brought, key=lambda item: not item[0])]

    async def _request(
        self,
        raw: RawInbound,
        notice: FaxNotice,
        line: str,
        line_name: str,
        file: GatewayFile | None,
        others: Sequence[GatewayFile],
        key: str,
        note: str,
    ) -> ContactRequest:
        read = await self._reader.read(file.data) if file is not None else None
        files = [*(_shown(file, read) if file is not None and read is not None else ()), *others]
        fax = Fax(
            notice=notice,
            line=line,
            line_name=line_name,
            file=read,
            note=note,
            duplicate_key=key,
            attachments=await keep(self._database, self._access, self._blobs, files),
        )
        return request_of(raw, fax)

    async def _note(self, mail: GatewayMail, outcome: Outcome) -> None:
        """Raises `IgnoredInbound`, always: news of our fax is no approach of a citizen."""
        if not outcome.final:
            raise IgnoredInbound(f"fax not delivered yet: {outcome.reason}"[:500])
        said = "delivered" if outcome.delivered else f"not delivered: {outcome.reason}"[:450]
        async with self._database.unit_of_work(self._access) as uow:
            for message_id in mail.answers:
                if await store.mark(uow, message_id, delivered=outcome.delivered, reason=said):
                    await emit_delivery(uow, message_id)
                    break
            else:
                said += ", of no fax that is on its way"
        raise IgnoredInbound(f"fax {said}")

    async def _letter(self, message: OutboundMessage) -> str:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            workspace = await staff.workspace(uow)
        english = message.language.startswith("en")
        return letter_of(message, (english and workspace.name_en) or workspace.name)

    async def _files(self, message: OutboundMessage) -> list[tuple[str, bytes]]:
        """Media type and bytes of what goes along."""
        try:
            return [(item.media_type, await self._blobs.read(item.blob_key)) for item in message.attachments]
        except OSError as error:
            raise ChannelUnavailable("A file of the fax cannot be read now.") from error


def _fax_file(files: Sequence[GatewayFile]) -> GatewayFile | None:
    """The fax among the files: by its bytes first, else the one that calls itself so."""
    by_bytes = (file for file in files if kind_of(file.data) is not None)
    by_name = (file for file in files if file.media_type in _FAX_TYPES or file.filename.lower().endswith(_FAX_ENDINGS))
    return next(by_bytes, None) or next(by_name, None)


def _shown(file: GatewayFile, read: FaxFile) -> list[GatewayFile]:
    """What agents get: a PDF, or the file as it came, under a type that nothing opens by itself."""
    if read.pdf:
        return [GatewayFile(filename=f"fax-{read.pages}p.pdf", media_type="application/pdf", data=read.pdf)]
    return [GatewayFile(filename=file.filename, media_type=_ANY_TYPE, data=file.data)] if file.data else []
