"""Mailboxes and how far each of their folders has been read."""

from datetime import date

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from channels.tables import AccountRow
from kit.tables import Row, reference


class MailboxRow(AccountRow):
    """One mailbox with its way in and its way out."""

    __tablename__ = "mailboxes"

    address: Mapped[str] = mapped_column(String(254))
    imap_host: Mapped[str] = mapped_column(String(253))
    imap_port: Mapped[int]
    imap_security: Mapped[str] = mapped_column(String(8))
    smtp_host: Mapped[str] = mapped_column(String(253))
    smtp_port: Mapped[int]
    smtp_security: Mapped[str] = mapped_column(String(8))
    verify_certificates: Mapped[bool] = mapped_column(default=True)
    auth: Mapped[str] = mapped_column(String(8))  # password | xoauth2
    username: Mapped[str] = mapped_column(String(254))
    secret: Mapped[str] = mapped_column(String(8000), default="")  # a password or a refresh token
    oauth_token_url: Mapped[str | None] = mapped_column(String(500))
    oauth_client_id: Mapped[str | None] = mapped_column(String(200))
    oauth_client_secret: Mapped[str | None] = mapped_column(String(1000))
    folder: Mapped[str] = mapped_column(String(200), default="INBOX")
    move_to: Mapped[str | None] = mapped_column(String(200))  # where a mail goes once it is stored
    plus_addresses: Mapped[bool] = mapped_column(default=True)
    confidential: Mapped[bool] = mapped_column(default=False)  # all that comes in is sealed
    profile: Mapped[str] = mapped_column(String(16), default="mail")  # mail, or the gateway whose faxes come in
    fax_senders: Mapped[str | None] = mapped_column(String(254))  # whose mails are faxes; None: anybody's
    fax_gateway: Mapped[str | None] = mapped_column(String(254))  # where faxes go out: {number}@fax.example.cn
    import_since: Mapped[date]  # older mail is left alone
    fetch_requests: Mapped[int] = mapped_column(default=0)


class FolderRow(Row):
    """How far a folder has been read: UIDs up to `last_uid` under this `uid_validity` are in the ledger."""

    __tablename__ = "mail_folders"
    __table_args__ = (UniqueConstraint("mailbox_id", "name"),)

    mailbox_id: Mapped[str] = reference("mailboxes.id")
    name: Mapped[str] = mapped_column(String(200))
    uid_validity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
