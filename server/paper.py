"""The channels of paper, put together: faxes by the mail channel's mailboxes, letters and visits."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from channels.fax.adapter import FaxAdapter
from channels.fax.line import LineWay
from channels.fax.ways import Allow, GatewayWay, RenderingFailed
from channels.gateway_mail import GatewayReader
from channels.letter.adapter import LetterAdapter
from channels.mail.adapter import MailAdapter
from channels.status_answers import StatusAnswers
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from records.messages.tables import MessageRow
from records.staff import store as staff
from router.contact import Channel
from telephony.guard import AUTOMATIC, DialGuard
from telephony.lines.service import book
from workers.fax_rendering import render_fax
from workers.printing import PrintingFailed


@dataclass(frozen=True, kw_only=True)
class PaperChannels:
    mail: MailAdapter
    fax: FaxAdapter
    letter: LetterAdapter
    visit: LetterAdapter


def paper_channels(
    database: Database,
    access: Access,
    blobs: BlobStore,
    box: SecretBox,
    waker: Waker,
    status: StatusAnswers,
    *,
    has_lines: bool,
    guard: DialGuard,
) -> PaperChannels:
    """Mail and fax know each other here only: mailboxes hand a gateway's mail to fax, faxes go out by mail.

    Where the house has telephone lines that carry faxes, they are the first way out.
    """
    readers: dict[str, GatewayReader] = {}
    mail = MailAdapter(database, access, blobs, box, waker, readers=readers, status=status)
    line = LineWay(database, access, blobs, _reaches(database, access, box) if has_lines else _nowhere)
    gateway = GatewayWay(database, access, blobs, mail, fax_guard(database, access, guard))
    fax = FaxAdapter(database, access, blobs, draw_fax, [line, gateway])
    readers[fax.channel] = fax.read_mail
    return PaperChannels(mail=mail, fax=fax, letter=LetterAdapter(Channel.LETTER), visit=LetterAdapter(Channel.VISIT))


def _reaches(database: Database, access: Access, box: SecretBox) -> Callable[[str], Awaitable[bool]]:
    async def reaches(number: str) -> bool:
        async with database.unit_of_work(access, read_only=True) as uow:
            lines = await book(uow, box)
        return lines.trunk_for(number) is not None if number else any(trunk.prefixes for trunk in lines.trunks)

    return reaches


async def _nowhere(_number: str) -> bool:
    return False


def fax_guard(database: Database, access: Access, guard: DialGuard) -> Allow:
    """By the plans of those who wrote the message; what nobody of ours wrote goes by everybody's plan."""

    async def allow(message_id: str, number: str) -> None:
        async with database.unit_of_work(access, read_only=True) as uow:
            message = await uow.session.get(MessageRow, message_id)
            author = (message and message.author_id) or AUTOMATIC
            guard.require(author, (await staff.role_keys_of(uow, [author]))[author], number)

    return allow


async def draw_fax(html: str, files: Sequence[tuple[str, bytes]]) -> bytes:
    """See `channels.fax.ways.Render`."""
    try:
        return await render_fax(html, files)
    except PrintingFailed as error:
        raise RenderingFailed(str(error)) from error
