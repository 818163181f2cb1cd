"""Mail from a real server into the ledger: nothing lost, nothing doubled, whatever dies under way."""

import asyncio

import pytest

from channels.mail import service
from channels.mail.receiving.reader import ReaderLimits
from channels.tables import AccountState
from tests.support.mail_samples import gbk_with_attachment, simple
from tests.support.mail_world import MailWorld
from tests.support.waiting import wait_until


async def ledger_has(world: MailWorld, count: int) -> None:
    async def enough() -> bool:
        return await world.ledger_count() >= count

    await wait_until(enough, f"{count} mails are in the ledger", timeout_s=60)


async def test_a_gbk_mail_with_a_file_comes_through_postfix_and_is_read(world: MailWorld) -> None:
    mailbox = await world.add_mailbox()
    raw = gbk_with_attachment("您好,附件是申报材料。", sender="zhang@citizen.test", filename="申报表.pdf", data=b"%PDF")
    async with world.running():
        await asyncio.to_thread(world.peers.postfix.send, raw, sender="zhang@citizen.test", recipient=world.address)
        await ledger_has(world, 1)

        async def connected() -> bool:
            return (await world.mailbox(mailbox.id)).state == AccountState.CONNECTED

        await wait_until(connected, "the mailbox shows that it works")
    (row,) = await world.ledger()
    request = await world.adapter.parse(await world.raw(row))
    assert (request.sender.value, request.sender.name) == ("zhang@citizen.test", "张镕")
    assert (request.subject, request.text) == ("高企认定材料", "您好,附件是申报材料。")
    assert request.hints["answerable"] is True
    (file,) = request.attachments
    assert file.filename == "申报表.pdf"
    assert await world.blobs.read(file.blob_key) == b"%PDF"
    assert (await world.mailbox(mailbox.id)).last_success_at is not None


async def test_a_killed_server_is_found_again_and_every_mail_comes_once(world: MailWorld) -> None:
    mailbox = await world.add_mailbox()
    dovecot = world.peers.dovecot
    async with world.running():
        await asyncio.to_thread(dovecot.append, world.user, *[simple(str(n)) for n in range(150)])
        await ledger_has(world, 1)
        await asyncio.to_thread(dovecot.kill)

        async def retrying() -> bool:
            return (await world.mailbox(mailbox.id)).state == AccountState.RETRYING

        await wait_until(retrying, "the mailbox shows that it is tried again")
        await asyncio.to_thread(dovecot.start)
        await asyncio.to_thread(dovecot.append, world.user, *[simple(f"later {n}") for n in range(20)])
        await ledger_has(world, 170)
    rows = await world.ledger()
    assert len(rows) == 170
    texts = {(await world.raw(row)).raw for row in rows}
    assert len(texts) == 170
    assert (await world.mailbox(mailbox.id)).last_error


async def test_500_mails_with_50_repeats_are_500_rows_and_450_keys(world: MailWorld) -> None:
    await world.add_mailbox()
    mails = [simple(f"mail {number}") for number in range(450)]
    await asyncio.to_thread(world.peers.dovecot.append, world.user, *mails, *mails[:50])
    async with world.running():
        await ledger_has(world, 500)
    rows = await world.ledger()
    assert len(rows) == 500
    requests = [await world.adapter.parse(await world.raw(row)) for row in rows]
    assert len({request.duplicate_key for request in requests}) == 450
    assert len({request.external_id for request in requests}) == 450


async def test_another_uid_validity_reads_again_under_other_ids(world: MailWorld) -> None:
    await world.add_mailbox()
    dovecot = world.peers.dovecot
    await asyncio.to_thread(dovecot.append, world.user, simple("one"), simple("two"))
    async with world.running():
        await ledger_has(world, 2)
        await asyncio.to_thread(dovecot.kill)
        dovecot.change_uid_validity(world.user)
        await asyncio.to_thread(dovecot.start)
        await asyncio.to_thread(dovecot.append, world.user, simple("three"))
        await ledger_has(world, 5)
    requests = [await world.adapter.parse(await world.raw(row)) for row in await world.ledger()]
    assert len({row.provider_id for row in await world.ledger()}) == 5
    assert sorted({request.text for request in requests}) == ["one", "three", "two"]
    assert len({request.duplicate_key for request in requests}) == 3


async def test_two_processes_share_a_mailbox_without_doubling(world: MailWorld) -> None:
    await world.add_mailbox()
    second = world.another_adapter()
    async with world.running(), world.running(second):
        for round_ in range(5):
            await asyncio.to_thread(
                world.peers.dovecot.append, world.user, *[simple(f"{round_}-{n}") for n in range(20)]
            )
        await ledger_has(world, 100)
    assert await world.ledger_count() == 100
    await second.close()


async def test_stored_mail_is_moved_away(world: MailWorld) -> None:
    await world.add_mailbox(move_to="已入库")
    await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("one"), simple("two"))
    async with world.running():
        await ledger_has(world, 2)

        def moved() -> bool:
            return len(world.peers.dovecot.mails(world.user, '"&XfJRZV6T-"')) == 2

        await wait_until(lambda: asyncio.to_thread(moved), "both mails are in the other folder")
    assert await asyncio.to_thread(world.peers.dovecot.mails, world.user) == []


async def test_mail_of_20_megabytes_is_taken_whole_and_a_larger_one_by_its_head(world: MailWorld) -> None:
    await world.add_mailbox()
    large = gbk_with_attachment("大附件", sender="z@citizen.test", filename="大.bin", data=bytes(15_000_000))
    await asyncio.to_thread(world.peers.dovecot.append, world.user, large, simple("small"))
    async with world.running():
        await ledger_has(world, 2)
    first, second = [await world.adapter.parse(await world.raw(row)) for row in await world.ledger()]
    assert first.attachments[0].size_bytes == 15_000_000
    assert second.text == "small"
    limited = world.another_adapter(ReaderLimits(max_mail_bytes=1_000_000, head_bytes=100_000))
    await asyncio.to_thread(world.peers.dovecot.append, world.user, large, simple("after"))
    async with world.running(limited):
        await ledger_has(world, 4)
    cut, after = [await limited.parse(await world.raw(row)) for row in (await world.ledger())[2:]]
    assert (cut.text, cut.hints["truncated_from_bytes"]) == ("大附件", len(large))
    assert after.text == "after"
    await limited.close()


async def test_a_confidential_mailbox_seals_from_the_first_row(world: MailWorld) -> None:
    await world.add_mailbox(confidential=True)
    await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("举报"))
    async with world.running():
        await ledger_has(world, 1)
    assert [row.sealed for row in await world.ledger()] == [True]


async def test_a_wrong_password_is_shown_and_a_right_one_is_taken_up(world: MailWorld) -> None:
    mailbox = await world.add_mailbox(secret="wrong")
    await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("one"))
    async with world.running():

        async def refused() -> bool:
            return "login refused" in (await world.mailbox(mailbox.id)).last_error

        await wait_until(refused, "the mailbox says that the login is refused")
        health = await world.adapter.check_mailbox(mailbox.id, "zh-CN")
        assert not health.ok
        assert "拒绝登录" in health.detail
        async with world.database.unit_of_work(world.access) as uow:
            await service.change(uow, world.box, world.waker, mailbox.id, world.settings())
        await ledger_has(world, 1)
    assert (await world.adapter.check_mailbox(mailbox.id, "en")).ok


async def test_fetch_now_wakes_the_reader(world: MailWorld) -> None:
    mailbox = await world.add_mailbox()
    async with world.running():

        async def connected() -> bool:
            return (await world.mailbox(mailbox.id)).state == AccountState.CONNECTED

        await wait_until(connected, "the mailbox is read")
        await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("now"))
        async with world.database.unit_of_work(world.access) as uow:
            await service.request_fetch(uow, world.waker, mailbox.id)
        await ledger_has(world, 1)
        async with world.database.unit_of_work(world.access) as uow:
            await service.remove(uow, world.waker, mailbox.id)
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        assert await service.listing(uow) == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_encrypted_ways_in(world: MailWorld, security: str) -> None:
    port = world.peers.ports.imaps if security == "tls" else world.peers.ports.imap
    await world.add_mailbox(imap_security=security, imap_port=port)
    await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("one"))
    async with world.running():
        await ledger_has(world, 1)


async def test_a_mailbox_whose_secret_cannot_be_read_says_so_and_stops_no_other(world: MailWorld) -> None:
    broken = await world.add_mailbox(name="broken")
    await world.add_mailbox()
    async with world.database.unit_of_work(world.access) as uow:
        (await service.get(uow, broken.id)).secret = "sealed by another key"
    await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("one"))
    async with world.running():
        await ledger_has(world, 1)

        async def said() -> bool:
            return "AXD_SECRET_KEY" in (await world.mailbox(broken.id)).last_error

        await wait_until(said, "the broken mailbox names the reason")
