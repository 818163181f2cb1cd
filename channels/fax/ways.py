"""The ways a fax can go out. Each gets the finished pages; the mail gateway is the one that needs no line."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

from channels.adapter import (
    Attachment,
    ChannelUnavailable,
    Health,
    MessageRejected,
    NotSupported,
    OutboundMessage,
    SendReceipt,
)
from channels.gateway_mail import TAGGED, Gateway, GatewayMailer
from kit.access import Access
from kit.blobs import BlobStore, record
from kit.errors import Forbidden, TooMany
from kit.unit_of_work import Database
from records.citizens.addresses import normalise

TIFF = "image/tiff"
NUMBER_PLACE = "{number}"
NOT_ALLOWED = "不允许向此号码发送传真。Faxes to this number are not allowed."


class RenderingFailed(Exception):
    """The pages cannot be drawn from what is to be sent; `str()` says why, for an agent."""


Render = Callable[[str, Sequence[tuple[str, bytes]]], Awaitable[bytes]]
"""HTML of the first pages, and (media type, bytes) of what follows, to a TIFF. Raises `RenderingFailed`."""


Allow = Callable[[str, str], Awaitable[None]]
"""Whether the author of this message may have this number (E.164) dialled. Raises `Forbidden` or `TooMany`."""


class FaxWay(Protocol):
    async def is_set_up(self) -> bool: ...

    async def brought(self, line: str) -> bool:
        """Whether what the citizens fax to `line` comes this way: answers go back by it."""
        ...

    async def send(self, message: OutboundMessage, number: str, pages: bytes) -> SendReceipt:
        """Send the TIFF `pages` to `number`. Raises as `Adapter.send`, `NotSupported` where this way is not set up."""
        ...

    async def check(self) -> Health:
        """Whether what is set up works; a way that is not set up has no faults."""
        ...


class GatewayWay:
    """By mail to a gateway, which dials at our cost as a line does; its notice about the end comes back."""

    def __init__(
        self, database: Database, access: Access, blobs: BlobStore, mailer: GatewayMailer, allow: Allow
    ) -> None:
        self._allow = allow
        self._database = database
        self._access = access
        self._blobs = blobs
        self._mailer = mailer

    async def is_set_up(self) -> bool:
        return bool(await self._mailer.gateways())

    async def brought(self, line: str) -> bool:
        """See `FaxWay`."""
        return any(_is_of(gateway, line) for gateway in await self._mailer.gateways())

    async def send(self, message: OutboundMessage, number: str, pages: bytes) -> SendReceipt:
        """See `FaxWay`. Every attempt is the same mail to the gateway."""
        gateway = await self._gateway(str(message.envelope.get("account") or ""))
        await self._require(message, normalise("phone", number))
        blob = await self._blobs.put(pages)
        async with self._database.unit_of_work(self._access) as uow:
            record(uow, blob, TIFF, kept=False)
        fax = Attachment(
            filename="fax.tif", media_type=TIFF, size_bytes=blob.size_bytes, blob_key=blob.key, sha256=blob.sha256
        )
        mail = replace(
            message,
            recipient=gateway.pattern.replace(NUMBER_PLACE, number.removeprefix("+")),
            subject=f"Fax {number}",
            text="",
            envelope={"account": gateway.account, TAGGED: True},
            attachments=(fax,),
            automatic=False,
        )
        return replace(await self._mailer.send(mail), delivered=False)

    async def _require(self, message: OutboundMessage, number: str) -> None:
        try:
            await self._allow(message.message_id, number)
        except Forbidden as error:
            raise MessageRejected(NOT_ALLOWED) from error
        except TooMany as error:
            raise ChannelUnavailable(error.detail) from error

    async def check(self) -> Health:
        """See `FaxWay`."""
        found = [await self._mailer.check_mailbox(one.account, "zh-CN") for one in await self._mailer.gateways()]
        faults = [health.detail for health in found if not health.ok]
        return Health(ok=not faults, detail="\n".join(faults))

    async def _gateway(self, line: str) -> Gateway:
        """The one of the line that the citizen faxed to, else the first."""
        gateways = await self._mailer.gateways()
        wanted = (gateway for gateway in gateways if _is_of(gateway, line))
        found = next(wanted, None) or next(iter(gateways), None)
        if found is None:
            raise NotSupported("No mailbox has a fax gateway.")
        return found


def _is_of(gateway: Gateway, line: str) -> bool:
    return line.lower() in {gateway.line.lower(), gateway.account}
