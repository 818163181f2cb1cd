"""Letters and visits as channels: entered at the desk, answered on paper."""

from channels.adapter import (
    Capabilities,
    ContactRequest,
    Health,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.letter import inbound
from router.contact import Channel

MAX_TEXT_CHARS = 50_000


class LetterAdapter:
    """An `Adapter`, one for letters and one for visits. The desk hands in what was entered."""

    capabilities = Capabilities(
        live=False, replies=True, attachments=True, receipts=False, max_text_chars=MAX_TEXT_CHARS
    )

    def __init__(self, channel: Channel) -> None:
        self.channel = channel.value

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        return inbound.request_of(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """The answer lies ready to be printed; a colleague says when it was posted or handed over."""
        return SendReceipt(external_id=message.external_id)

    async def check(self) -> Health:
        """See `channels.adapter.Adapter`: paper needs nothing but the database."""
        return Health(ok=True)
