"""By which channels an answer can reach the citizen of a contact: the contact's own first, then all known addresses."""

from dataclasses import dataclass

from channels.acknowledgements import reply_channel
from channels.sms import store as sms
from channels.telegram import store as telegram
from kit.unit_of_work import UnitOfWork
from records.citizens import do_not_contact
from records.citizens import store as citizens
from records.citizens.addresses import NO_ADDRESS
from records.citizens.tables import AddressRow
from router.contact import Channel
from router.tables import ContactRow

_CHANNELS_OF_KIND = {"mail": Channel.MAIL, "phone": Channel.SMS, "telegram": Channel.TELEGRAM}
_SPOKEN = frozenset({Channel.VOICE, Channel.CALLBACK, Channel.VOICEMAIL})
_POSTAL = "post"
MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`address_id` None: the contact's own way. `proven`: the citizen was seen there, and alone.

    `forbidden`: the citizen wants nothing by this channel that they did not ask for; the own way is an answer.
    """

    channel: str
    recipient: str
    kind: str
    address_id: str | None = None
    proven: bool = True
    forbidden: bool = False

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.address_id or ''}"


async def ways_to(uow: UnitOfWork, contact: ContactRow) -> list[Way]:
    """Every way, the best first; none for what a machine wrote. A confidential contact is answered by its own only."""
    if not contact.answerable:
        return []
    own = reply_channel(contact)
    found = [] if own in _SPOKEN else [Way(channel=own, recipient=contact.sender, kind=contact.sender_kind)]
    if contact.citizen_id is None or contact.sealed:
        return found
    known = await citizens.addresses_of(uow, contact.citizen_id)
    family = await citizens.family_of(uow, contact.citizen_id)
    forbidden = {row.channel for row in await do_not_contact.of(uow, family)}
    for address in sorted(known, key=lambda row: (row.stated or row.shared, row.kind != "mail")):
        channel = await _channel(uow, address)
        if channel is None or any(way.channel == channel and way.recipient == address.value for way in found):
            continue
        is_forbidden = channel != own and not forbidden.isdisjoint((channel, do_not_contact.EVERY_CHANNEL))
        found.append(
            Way(
                channel=channel,
                recipient=address.value,
                kind=address.kind,
                address_id=address.id,
                proven=not (address.stated or address.shared),
                forbidden=is_forbidden,
            )
        )
    return found[:MOST]


async def _channel(uow: UnitOfWork, address: AddressRow) -> str | None:
    """What writes to this kind of address and can do so here; a plug-in's kind is called like its channel."""
    if address.kind in NO_ADDRESS or address.kind == _POSTAL:
        return None
    channel = _CHANNELS_OF_KIND.get(address.kind, address.kind)
    if channel == Channel.SMS and not await sms.can_send(uow):
        return None
    if channel == Channel.TELEGRAM and not any(bot.enabled for bot in await telegram.bots(uow)):
        return None
    return channel
