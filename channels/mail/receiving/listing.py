"""What lies in the mailboxes, by the ids that the ledger knows it under: for comparing the two."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from channels.adapter import ChannelUnavailable, ProviderItem
from channels.mail.account import Account
from channels.mail.receiving.folder_ledger import provider_id
from channels.mail.receiving.protocol import ConnectionLost
from channels.mail.receiving.session import LoginRejected, ServerRefused, connect
from channels.mail.tokens import TokenSource

FolderId = Callable[[Account], Awaitable[str]]
"""The id under which an account's folder is known; empty for one that was never read."""


async def mailbox_items(
    account: Account, tokens: TokenSource, folder_id: FolderId, since: datetime
) -> AsyncIterator[ProviderItem]:
    """Everything in the folder since that day (the server's), but nothing from before the mailbox was set up.

    What was moved or deleted after it was read is not there any more. Raises `ChannelUnavailable`.
    """
    day = max(since.date(), account.import_since).strftime("%d-%b-%Y")
    try:
        session = await connect(account.imap, await tokens.credentials(account))
        try:
            folder = await session.select(account.folder)
            uids = await session.search("SINCE", day)
        finally:
            await session.close()
    except (ConnectionLost, LoginRejected, ServerRefused, OSError, TimeoutError) as error:
        raise ChannelUnavailable(f"{account.name}: {error}") from error
    known = await folder_id(account)
    for uid in uids:
        yield ProviderItem(account=account.id, provider_id=provider_id(known, folder.uid_validity, uid))
