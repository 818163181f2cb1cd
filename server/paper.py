"""The channels of paper, put together: faxes by the mail channel's mailboxes, letters and visits."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.fax.adapter import FaxAdapter
from channels.fax.ways import GatewayWay, RenderingFailed
from channels.gateway_mail import GatewayReader
from channels.letter.adapter import LetterAdapter
from channels.mail.adapter import MailAdapter
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from router.contact import Channel
from workers.fax_rendering import render_fax
from workers.printing import PrintingFailed


@dataclass(frozen=True, kw_only=True)
class PaperChannels:
    mail: MailAdapter
    fax: FaxAdapter
    letter: LetterAdapter
    visit: LetterAdapter


def paper_channels(database: Database, access: Access, blobs: BlobStore, box: SecretBox, waker: Waker) -> PaperChannels:
    """Mail and fax know each other here only: mailboxes hand a gateway's mail to fax, faxes go out by mail."""
    readers: dict[str, GatewayReader] = {}
    mail = MailAdapter(database, access, blobs, box, waker, readers=readers)
    fax = FaxAdapter(database, access, blobs, draw_fax, [GatewayWay(database, access, blobs, mail)])
    readers[fax.channel] = fax.read_mail
    return PaperChannels(mail=mail, fax=fax, letter=LetterAdapter(Channel.LETTER), visit=LetterAdapter(Channel.VISIT))


async def draw_fax(html: str, files: Sequence[tuple[str, bytes]]) -> bytes:
    """See `channels.fax.ways.Render`."""
    try:
        return await render_fax(html, files)
    except PrintingFailed as error:
        raise RenderingFailed(str(error)) from error
