"""Mail of fax gateways: what becomes a fax, what does not, and files that are meant to break their reader."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from channels.adapter import Adapter, ChannelUnavailable, IgnoredInbound, MalformedInbound, MessageRejected
from channels.fax.files import FaxReader
from channels.fax.ways import NOT_ALLOWED
from channels.intake import ClaimLoop
from channels.mail.threads import ReplyMarks
from kit.database import make_engine
from kit.unit_of_work import Database
from records.messages.tables import LedgerRow, LedgerState, OutboxRow, OutboxState
from router.contact import ContactRequest
from router.tables import ContactRow
from telephony.guard import AUTOMATIC, GuardSettings
from tests.support import fax_samples as samples
from tests.support.adapters import outbound
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import citizen_side
from tests.support.clock import ManualClock
from tests.support.fax_room import LINE, FaxRoom, fax_room
from tests.support.smtp_peer import smtp_peer

CALLER = "+8675588121234"


@pytest.fixture
async def room(sqlite_url: str, clock: ManualClock, redis_url: str, tmp_path: Path) -> AsyncIterator[ChannelRoom]:
    engine = make_engine(sqlite_url)
    async with citizen_side(Database(engine, clock), clock, redis_url, tmp_path / "blobs") as side:
        made = ChannelRoom.make(side, redis_url)
        yield made
        await made.close()
    await engine.dispose()


@pytest.fixture
async def faxes(room: ChannelRoom) -> AsyncIterator[FaxRoom]:
    async with fax_room(room) as made:
        yield made


async def pdf_of(faxes: FaxRoom, request: ContactRequest) -> bytes:
    (file,) = request.attachments
    assert file.media_type == "application/pdf"
    return await faxes.room.side.blobs.read(file.blob_key)


async def test_a_hylafax_mail_becomes_a_fax_of_its_caller(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("hylafax")
    request = await faxes.read(box, samples.hylafax_mail(samples.tiff(3), pages=3))
    assert request.channel == "fax"
    assert (request.sender.kind, request.sender.value, request.sender.name) == ("phone", CALLER, "ZHIGU TECH")
    assert request.recipient.value == LINE
    assert request.hints["pages"] == 3
    assert request.hints["answerable"] is True
    assert "defects" not in request.hints
    pages = pypdfium2.PdfDocument(await pdf_of(faxes, request))
    assert len(pages) == 3
    pages.close()


@pytest.mark.parametrize("dpi", [samples.STANDARD, samples.FINE])
async def test_a_page_keeps_the_proportions_of_its_paper(faxes: FaxRoom, dpi: tuple[int, int]) -> None:
    """The dots of a fax are not square: in standard mode they are twice as high as wide."""
    box = await faxes.add_mailbox("hylafax")
    request = await faxes.read(box, samples.hylafax_mail(samples.tiff(dpi=dpi)))
    assert request.hints["fax_mode"] == ("standard" if dpi == samples.STANDARD else "fine")
    document = pypdfium2.PdfDocument(await pdf_of(faxes, request))
    width, height = document[0].get_size()
    document.close()
    assert height == pytest.approx(842, abs=3)
    assert width == pytest.approx(1728 / 204 * 72, abs=1)


async def test_the_same_call_reported_twice_is_one_fax(faxes: FaxRoom) -> None:
    """Also where the mails differ: the gateway names the call. A gateway set up anew counts from 1 again."""
    box = await faxes.add_mailbox("hylafax")
    file = samples.tiff()
    first = await faxes.read(box, samples.hylafax_mail(file))
    again = await faxes.read(box, samples.hylafax_mail(file, message_id="<two@gateway.test>"))
    other = await faxes.read(box, samples.hylafax_mail(file, pages=2, message_id="<three@gateway.test>"))
    assert first.duplicate_key == again.duplicate_key
    assert first.duplicate_key != other.duplicate_key
    assert first.thread_key == other.thread_key


async def test_what_was_not_received_is_for_the_operator_and_no_fax(faxes: FaxRoom) -> None:
    """The notice bears the same subject as a fax; it waits where somebody looks after what could not be read."""
    box = await faxes.add_mailbox("hylafax")
    body = "Fax not received.\nNo carrier detected\n"
    mail = samples.gateway_mail('Fax received from "075588121234"', body)
    with pytest.raises(MalformedInbound, match="fax not received: No carrier detected"):
        await faxes.read(box, mail)


@pytest.mark.parametrize(
    ("subject", "caller", "pages"),
    [
        ('eFax message from "ZHIGU" - 2 page(s), Caller-ID: 0755-88121234', CALLER, 2),
        ("Fax from 0755-88121234 (2 pages)", CALLER, 2),
        ("您收到来自 0755-88121234 的传真,共 2 页", CALLER, 2),
        ('eFax message from "unknown" - 2 page(s)', None, 2),
    ],
)
async def test_subjects_in_the_manner_of_efax(faxes: FaxRoom, subject: str, caller: str | None, pages: int) -> None:
    box = await faxes.add_mailbox("efax")
    mail = samples.gateway_mail(
        subject, "See the attached file.", file=samples.pdf(2), media_type="application/pdf", filename="fax.pdf"
    )
    request = await faxes.read(box, mail)
    assert request.channel == "fax"
    assert request.hints["pages"] == pages
    assert (request.sender.value == caller) is (caller is not None)
    assert request.hints["answerable"] is (caller is not None)


async def test_our_own_headers(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("own")
    mail = samples.gateway_mail(
        "fax",
        file=samples.tiff(2),
        X_AXD_Fax_Id="call-7",
        X_AXD_Fax_Caller="0755 8812 1234",
        X_AXD_Fax_Station="智谷科技",
        X_AXD_Fax_Pages="3",
    )
    request = await faxes.read(box, mail)
    assert (request.sender.value, request.sender.name) == (CALLER, "智谷科技")
    assert request.hints["pages"] == 2
    assert request.hints["defects"] == ["missing"]
    assert "3 页" in request.text


async def test_an_unknown_form_still_makes_a_fax_of_an_unknown_caller(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("hylafax")
    request = await faxes.read(box, samples.gateway_mail("Scan 17", "forwarded by the porter", file=samples.tiff(2)))
    assert request.channel == "fax"
    assert request.sender.kind == "fax"
    assert request.hints["answerable"] is False
    assert request.hints["pages"] == 2
    assert request.text == "forwarded by the porter"


async def test_a_letter_in_a_fax_mailbox_stays_a_mail(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("auto")
    request = await faxes.read(box, samples.gateway_mail("请问", "传真机坏了吗?", sender="zhang@citizen.test"))
    assert (request.channel, request.sender.value) == ("mail", "zhang@citizen.test")


async def test_only_the_gateway_can_pass_on_faxes(faxes: FaxRoom) -> None:
    """Anybody could write its words and name somebody else's number."""
    box = await faxes.add_mailbox("hylafax", fax_senders="fax@gateway.test @trusted.test")
    for sender, channel in (("fax@gateway.test", "fax"), ("x@trusted.test", "fax"), ("x@citizen.test", "mail")):
        request = await faxes.read(box, samples.hylafax_mail(samples.tiff(), sender=sender))
        assert request.channel == channel, sender


async def test_an_ordinary_mailbox_makes_no_faxes(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("mail")
    assert (await faxes.read(box, samples.hylafax_mail(samples.tiff()))).channel == "mail"


BOMB = samples.bare_tiff(100_000, 100_000)
BROKEN = samples.tiff()[:700]
POLYGLOT = b"<html><script>alert(1)</script></html>" + samples.tiff()


@pytest.mark.parametrize(
    ("file", "defect"),
    [
        (b"", "empty"),
        (BROKEN, "unreadable"),
        (BOMB, "unreadable"),
        (POLYGLOT, "unreadable"),
        (b"MZ\x90\0" + b"\0" * 2000, "unreadable"),
        (b"%PDF-1.7 and no more", "unreadable"),
        (b"II*\0\xff\xff\xff\xff", "unreadable"),
        (None, "no_file"),
    ],
    ids=["zero bytes", "cut", "dimension bomb", "polyglot", "program", "broken pdf", "no directory", "no file"],
)
async def test_a_fax_whose_file_is_bad_is_still_a_fax(faxes: FaxRoom, file: bytes | None, defect: str) -> None:
    """Somebody faxed: an agent learns that, with the file under a type that nothing opens by itself."""
    box = await faxes.add_mailbox("hylafax")
    request = await faxes.read(box, samples.hylafax_mail(file))
    assert request.channel == "fax"
    assert request.hints["defects"] == [defect]
    assert request.text
    assert [item.media_type for item in request.attachments] == ["application/octet-stream"] * bool(file)


async def test_a_page_that_cannot_be_decoded_is_counted_and_said(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("hylafax")
    request = await faxes.read(box, samples.hylafax_mail(samples.bare_tiff(1728, 2200, strip=b"\0" * 40)))
    assert request.hints["pages"] == 1
    assert request.hints["defects"] == ["damaged"]


async def test_a_directory_that_goes_in_a_circle_ends(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("hylafax")
    file = samples.bare_tiff(1728, 2200, strip=b"\0" * 40, next_ifd=8)
    request = await faxes.read(box, samples.hylafax_mail(file))
    assert request.hints.get("pages", 1) == 1


async def test_a_file_that_takes_too_long_is_given_up(room: ChannelRoom) -> None:
    async with fax_room(room, FaxReader(wall_s=0.01)) as faxes:
        box = await faxes.add_mailbox("hylafax")
        request = await faxes.read(box, samples.hylafax_mail(samples.tiff()))
        assert request.hints["fax_error"] == "time limit"
        assert len(request.attachments) == 1


async def test_a_pdf_that_unpacks_without_end_is_not_unpacked(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("efax")
    mail = samples.gateway_mail(
        "Fax from 0755-88121234 (1 page)", file=samples.zip_bomb_pdf(), media_type="application/pdf"
    )
    request = await faxes.read(box, mail)
    assert request.hints["pages"] == 1
    assert request.attachments[0].size_bytes < 1_000_000


async def test_a_fax_of_20_megabytes(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("hylafax")
    file = samples.tiff() + b"\0" * 20_000_000
    request = await faxes.read(box, samples.hylafax_mail(file))
    assert request.hints["pages"] == 1


async def test_through_ledger_and_router_a_fax_is_one_contact(faxes: FaxRoom) -> None:
    room = faxes.room
    box = await faxes.add_mailbox("hylafax")
    mail = samples.hylafax_mail(samples.tiff())
    for provider_id in ("1", "2"):
        await room.store(faxes.mailed(box, mail, provider_id))
    adapters: dict[str, Adapter] = {"mail": faxes.mail, "fax": faxes.fax}
    claims = ClaimLoop(room.database, room.access, room.side.blobs, adapters, room.arrivals, room.waker)
    while await claims.work():
        pass
    (contact,) = await room.rows(ContactRow)
    assert (contact.channel, contact.sender) == ("fax", CALLER)
    states = {row.provider_id: row.state for row in await room.rows(LedgerRow)}
    assert states == {"1": LedgerState.ROUTED, "2": LedgerState.IGNORED}


async def test_an_answer_goes_to_the_gateway_as_pages_and_its_end_comes_back(faxes: FaxRoom) -> None:
    async with smtp_peer() as peer:
        box = await faxes.add_mailbox("hylafax", port=peer.port, fax_gateway="{number}@fax.gateway.test")
        message = await faxes.room.answers(recipient=CALLER)
        sent = await faxes.fax.send(outbound(message.id, CALLER))
        assert sent.delivered is False
        (mail,) = peer.mails
        assert b"8675588121234@fax.gateway.test" in mail
        token = ReplyMarks(box=faxes.room.side.box).token(message.id)
        assert f"[AXD-{token}]".encode() in mail.replace(b"\r\n ", b"")
        await faxes.fax_on_its_way(message.id)

        tag = f"Fax {CALLER} [AXD-{token}]"
        again = f'Your facsimile job "{tag}" to "8675588121234" was not sent because:\n    Busy signal detected\n'
        with pytest.raises(IgnoredInbound, match="not delivered yet: Busy signal"):
            await faxes.read(box, samples.gateway_mail("notice about facsimile job 7", again))
        assert await state(faxes, message.id) == (OutboxState.SENT, "")
        done = f'Your facsimile job "{tag}" to "8675588121234" was completed successfully.'
        with pytest.raises(IgnoredInbound, match="fax delivered"):
            await faxes.read(box, samples.gateway_mail("notice about facsimile job 7", done))
        assert await state(faxes, message.id) == (OutboxState.DELIVERED, "")
        late = f'Your facsimile job "{tag}" to "8675588121234" failed because:\n    No answer'
        with pytest.raises(IgnoredInbound, match="of no fax that is on its way"):
            await faxes.read(box, samples.gateway_mail("notice about facsimile job 7", late))
        assert await state(faxes, message.id) == (OutboxState.DELIVERED, "")


@pytest.mark.parametrize("form", ["hylafax", "efax", "own"])
async def test_a_fax_that_failed_is_shown_as_failed(faxes: FaxRoom, form: str) -> None:
    box = await faxes.add_mailbox("auto")
    message = await faxes.room.answers(recipient=CALLER)
    await faxes.fax_on_its_way(message.id)
    tag = f"[AXD-{ReplyMarks(box=faxes.room.side.box).token(message.id)}]"
    mails = {
        "hylafax": samples.gateway_mail("notice", f'Your facsimile job "{tag}" to "1" failed because:\n  No answer'),
        "efax": samples.gateway_mail(f"Unsuccessful transmission to 0755-1 {tag}", "No answer"),
        "own": samples.gateway_mail(f"x {tag}", X_AXD_Fax_Status="failed", X_AXD_Fax_Error="No answer"),
    }
    with pytest.raises(IgnoredInbound, match="fax not delivered"):
        await faxes.read(box, mails[form])
    assert (await state(faxes, message.id))[0] == OutboxState.FAILED


async def test_a_forged_notice_changes_nothing(faxes: FaxRoom) -> None:
    box = await faxes.add_mailbox("auto")
    message = await faxes.room.answers(recipient=CALLER)
    await faxes.fax_on_its_way(message.id)
    forged = "[AXD-" + "a" * 42 + "]"
    with pytest.raises(IgnoredInbound, match="of no fax that is on its way"):
        await faxes.read(box, samples.gateway_mail(f"x {forged}", X_AXD_Fax_Status="failed"))
    assert await state(faxes, message.id) == (OutboxState.SENT, "")


async def test_what_is_faxed_is_what_a_machine_takes(faxes: FaxRoom) -> None:
    async with smtp_peer() as peer:
        await faxes.add_mailbox("hylafax", port=peer.port, fax_gateway="{number}@fax.gateway.test")
        message = await faxes.room.answers(recipient=CALLER)
        await faxes.fax.send(outbound(message.id, CALLER))
        found = [path.read_bytes() for path in faxes.room.files()]
    (sent,) = [data for data in found if data.startswith((b"II*\0", b"MM\0*"))]
    with Image.open(io.BytesIO(sent)) as image:
        assert image.width == 1728
        assert image.info["compression"] == "group4"
        assert image.info["dpi"] == (204, 196)
        assert image.getextrema() == (0, 255)


@pytest.mark.parametrize("recipient", ["", "unknown-1", "zhang@citizen.test"])
async def test_without_a_number_there_is_nothing_to_fax_to(faxes: FaxRoom, recipient: str) -> None:
    message = await faxes.room.answers()
    with pytest.raises(MessageRejected):
        await faxes.fax.send(outbound(message.id, recipient))


async def test_the_toll_guard_decides_about_a_gateways_faxes_too(faxes: FaxRoom) -> None:
    """Nothing reaches the gateway for a number that its author may not call, and not more than there may be an hour."""
    async with smtp_peer() as peer:
        await faxes.add_mailbox("hylafax", port=peer.port, fax_gateway="{number}@fax.gateway.test")
        message = await faxes.room.answers(recipient=CALLER)
        for dear in ("+19005551234", "+861688881234", "110"):
            with pytest.raises(MessageRejected) as refused:
                await faxes.fax.send(outbound(message.id, dear))
            assert str(refused.value) == NOT_ALLOWED
        assert peer.mails == []
        for _ in range(GuardSettings().calls_per_hour):
            faxes.guard.require(AUTOMATIC, (), CALLER)
        with pytest.raises(ChannelUnavailable):
            await faxes.fax.send(outbound(message.id, CALLER))
        assert peer.mails == []


async def state(faxes: FaxRoom, message_id: str) -> tuple[str, str]:
    (row,) = await faxes.room.rows(OutboxRow, OutboxRow.message_id == message_id)
    return OutboxState(row.state), row.last_error
