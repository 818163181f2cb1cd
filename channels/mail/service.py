"""What operators do with mailboxes, and what the loops report about them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from channels.accounts import Accounts
from channels.mail import store
from channels.mail.settings import MailboxSettings
from channels.mail.tables import FolderRow, MailboxRow
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker

WAKE_MAILBOXES = "mailboxes"
_WAYS = (
    *("imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security"),
    *("verify_certificates", "oauth_token_url"),
)


class Mailboxes(Accounts[MailboxRow, MailboxSettings]):
    """Mail older than a day is left alone when a mailbox is added."""

    row_type, entity, noun, wake = MailboxRow, "mailbox", "mailbox", WAKE_MAILBOXES
    secrets = ("secret", "oauth_client_secret")
    shown_columns = (
        *("name", "address", "imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security"),
        *("auth", "username", "folder", "enabled", "profile", "fax_senders", "fax_gateway", "from_environment"),
        *("state", "last_success_at", "last_error", "last_error_at"),
    )

    def fresh(self, uow: UnitOfWork, box: SecretBox) -> dict[str, Any]:
        return {"import_since": (uow.now - timedelta(days=1)).date(), "secret": "", "fetch_requests": 0}

    def destination(self, values: Mapping[str, Any]) -> Any:
        return [values[name] for name in _WAYS]

    async def forget(self, uow: UnitOfWork, row: MailboxRow) -> None:
        await uow.session.execute(delete(FolderRow).where(FolderRow.mailbox_id == row.id))
        await super().forget(uow, row)


_mailboxes = Mailboxes()
listing, get = _mailboxes.listing, _mailboxes.get
create, change, remove = _mailboxes.create, _mailboxes.change, _mailboxes.remove
adopt_environment = _mailboxes.adopt_environment
note_success, note_failure = _mailboxes.note_success, _mailboxes.note_failure


async def request_fetch(uow: UnitOfWork, waker: Waker, mailbox_id: str) -> None:
    """Read the mailbox now instead of waiting for the server's news."""
    row = await get(uow, mailbox_id)
    row.fetch_requests += 1
    _mailboxes.wake_loop(uow, waker)


async def keep_refresh_token(uow: UnitOfWork, box: SecretBox, mailbox_id: str, token: str) -> None:
    """The provider exchanged the refresh token; the loop goes on with what it has."""
    row = await store.mailbox(uow, mailbox_id)
    if row is not None:
        row.secret = box.encrypt(token)
