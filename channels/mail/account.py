"""A mailbox as the loops use it: its row with the secrets readable."""

from dataclasses import dataclass, field
from datetime import date

from channels.mail.receiving.session import ImapServer
from channels.mail.sending.smtp import SmtpServer
from channels.mail.tables import MailboxRow
from kit.secret_box import SecretBox


@dataclass(frozen=True, kw_only=True)
class Account:
    """`secret`: a password, or a refresh token where `oauth_token_url` is set, else an access token."""

    id: str
    revision: int
    name: str
    address: str
    imap: ImapServer
    smtp: SmtpServer
    auth: str
    username: str
    secret: str = field(repr=False)
    oauth_token_url: str | None
    oauth_client_id: str | None
    oauth_client_secret: str | None = field(repr=False)
    folder: str
    move_to: str | None
    plus_addresses: bool
    confidential: bool
    import_since: date

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def account_of(row: MailboxRow, box: SecretBox) -> Account:
    """The usable form of a row. Raises `Unavailable` when the platform's secret has changed."""
    verify = row.verify_certificates
    return Account(
        id=row.id,
        revision=row.revision,
        name=row.name,
        address=row.address,
        imap=ImapServer(host=row.imap_host, port=row.imap_port, security=row.imap_security, verify_certificate=verify),
        smtp=SmtpServer(host=row.smtp_host, port=row.smtp_port, security=row.smtp_security, verify_certificate=verify),
        auth=row.auth,
        username=row.username,
        secret=box.decrypt(row.secret) if row.secret else "",
        oauth_token_url=row.oauth_token_url,
        oauth_client_id=row.oauth_client_id,
        oauth_client_secret=box.decrypt(row.oauth_client_secret) if row.oauth_client_secret else None,
        folder=row.folder,
        move_to=row.move_to,
        plus_addresses=row.plus_addresses,
        confidential=row.confidential,
        import_since=row.import_since,
    )
