"""What was fetched is written down together with how far the folder was read: both or neither."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels import ledger
from channels.claim import ClaimLost
from channels.intake import WAKE_INTAKE
from channels.mail import service, store
from channels.mail.account import Account
from channels.mail.tables import FolderRow
from kit.access import Access
from kit.blobs import Blob, BlobStore
from kit.leases import Lease, still_held
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from router.contact import Channel, RawInbound


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A mail as it came. `truncated_from_bytes` is its real size where only the beginning was taken."""

    uid: int
    raw: bytes
    arrived_at: datetime | None
    truncated_from_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Watermark:
    """`last_uid` 0: nothing was read under this UIDVALIDITY."""

    folder_id: str
    uid_validity: int
    last_uid: int


class FolderLedger:
    """One for each process."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore, waker: Waker) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._waker = waker

    async def open(self, account: Account, lease: Lease, uid_validity: int) -> Watermark:
        """How far the folder was read. Another UIDVALIDITY than before means: from the beginning."""
        async with self._database.unit_of_work(self._access) as uow:
            await _require(uow, lease)
            row = await store.folder(uow, account.id, account.folder)
            if row.uid_validity != uid_validity:
                row.uid_validity, row.last_uid = uid_validity, 0
            return Watermark(folder_id=row.id, uid_validity=uid_validity, last_uid=row.last_uid)

    async def store(
        self, account: Account, lease: Lease, mark: Watermark, mails: Sequence[Fetched], last_uid: int
    ) -> Watermark:
        """Write `mails` and the new watermark in one transaction. Raises `Unavailable`: then nothing was stored."""
        blobs = await asyncio.gather(*(self._blobs.put(mail.raw) for mail in mails))
        async with self._database.unit_of_work(self._access) as uow:
            await _require(uow, lease)
            raws = [self._raw(uow, account, mark, mail) for mail in mails]
            unused = await self._enter(uow, account, raws, blobs)
            row = await uow.session.get_one(FolderRow, mark.folder_id)
            row.last_uid = last_uid
            for blob in unused:
                uow.after_commit(lambda key=blob.key: self._blobs.delete(key))  # type: ignore[misc]
            uow.after_commit(lambda: self._waker.wake(WAKE_INTAKE))
        return Watermark(folder_id=mark.folder_id, uid_validity=mark.uid_validity, last_uid=last_uid)

    async def note_success(self, mailbox_id: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await service.note_success(uow, mailbox_id)

    async def note_failure(self, mailbox_id: str, reason: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await service.note_failure(uow, mailbox_id, reason)

    async def _enter(
        self, uow: UnitOfWork, account: Account, raws: Sequence[RawInbound], blobs: Sequence[Blob]
    ) -> list[Blob]:
        known = await ledger.known(uow, Channel.MAIL, account.id, [raw.provider_id for raw in raws])
        unused = []
        for raw, blob in zip(raws, blobs, strict=True):
            if raw.provider_id in known:
                unused.append(blob)
            else:
                ledger.enter(uow, raw, blob)
        return unused

    def _raw(self, uow: UnitOfWork, account: Account, mark: Watermark, mail: Fetched) -> RawInbound:
        cut = mail.truncated_from_bytes
        return RawInbound(
            channel=Channel.MAIL,
            account=account.id,
            provider_id=provider_id(mark.folder_id, mark.uid_validity, mail.uid),
            received_at=min(mail.arrived_at or uow.now, uow.now),
            raw_json={"truncated_from_bytes": cut} if cut else None,
            sealed=account.confidential,
        )


def provider_id(folder_id: str, uid_validity: int, uid: int) -> str:
    """What a mail is known under: a UID means something only in its folder and under its UIDVALIDITY."""
    return f"{folder_id}/{uid_validity}/{uid}"


async def _require(uow: UnitOfWork, lease: Lease) -> None:
    if not await still_held(uow, lease):
        raise ClaimLost(lease.name)
