"""Scans are read after they are queued: what they say is findable and stays confidential with its message."""

import io
from pathlib import Path

import img2pdf
import pytest
from PIL import Image
from sqlalchemy import select

from kit import search
from kit.access import Access
from kit.due_work import DueWorkRow
from kit.ids import new_id
from kit.unit_of_work import Database
from records.messages.attachments import add
from records.messages.jobs import MessageJob
from records.messages.service import SEARCH_ENTITY, note_recognised
from records.messages.tables import AttachmentRow, MessageRow, ThreadRow
from router.contact import Attachment
from router.tables import ContactRow
from tests.support import fax_samples as samples
from workers.recognition import read_scan


def wrong_share(read: str, wanted: str) -> float:
    """Characters to change for each wanted one (Levenshtein), blanks apart."""
    read, wanted = ("".join(text.split()) for text in (read, wanted))
    row = list(range(len(wanted) + 1))
    for number, character in enumerate(read, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(wanted, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (character != other))
    return row[-1] / len(wanted)


@pytest.mark.parametrize("dpi", [samples.STANDARD, samples.FINE])
async def test_chinese_is_read_in_both_modes(dpi: tuple[int, int], tmp_path: Path) -> None:
    """As a page came: in standard mode its dots are made square, or hardly a character would be right."""
    path = tmp_path / "fax.pdf"
    path.write_bytes(img2pdf.convert(samples.tiff(dpi=dpi)))
    (text,) = await read_scan(str(path), "application/pdf")
    assert wrong_share(text, "".join(samples.TEXT)) < 0.1


async def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    photo = samples.page().convert("L").rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn clockwise
    photo.save(path, "JPEG", exif=exif, quality=90)
    (text,) = await read_scan(str(path), "image/jpeg")
    assert wrong_share(text, "".join(samples.TEXT)) < 0.1


async def test_what_takes_too_long_or_breaks_has_no_text(tmp_path: Path) -> None:
    path = tmp_path / "fax.pdf"
    path.write_bytes(b"%PDF-1.7 and no more")
    assert await read_scan(str(path), "application/pdf") == []
    path.write_bytes(img2pdf.convert(samples.tiff()))
    assert await read_scan(str(path), "application/pdf", wall_s=0.01) == []


async def message(database: Database, access: Access, channel: str, *, sealed: bool) -> tuple[str, str]:
    """A message with one scan; its id and the file's."""
    async with database.unit_of_work(access) as uow:
        thread = ThreadRow(channel=channel, key=new_id(), created_at=uow.now, sealed=sealed)
        uow.session.add(thread)
        await uow.session.flush()
        contact = ContactRow(
            channel=channel,
            external_id=new_id(),
            thread_id=thread.id,
            sender_kind="phone",
            sender="+86755",
            recipient="fax",
            hints={},
            requirements={},
            received_at=uow.now,
            sealed=sealed,
        )
        uow.session.add(contact)
        await uow.session.flush()
        row = MessageRow(
            thread_id=thread.id,
            contact_id=contact.id,
            seq=1,
            direction="in",
            channel=channel,
            author_kind="citizen",
            text="一页",
            detail={},
            created_at=uow.now,
            sealed=sealed,
        )
        uow.session.add(row)
        await uow.session.flush()
        file = Attachment(
            filename="fax.pdf", media_type="application/pdf", size_bytes=1, blob_key=new_id(), sha256="0" * 64
        )
        (attached,) = await add(uow, row, [file])
        return row.id, attached.id


@pytest.mark.parametrize(("channel", "ordered"), [("fax", 1), ("letter", 1), ("mail", 0)])
async def test_a_worker_is_asked_where_files_are_pictures_of_text(
    database: Database, channel: str, ordered: int
) -> None:
    access = Access.system(new_id())
    await message(database, access, channel, sealed=False)
    async with database.unit_of_work(access, read_only=True) as uow:
        jobs = list(await uow.session.scalars(select(DueWorkRow.job)))
    assert jobs.count(MessageJob.RECOGNISE) == ordered


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_message_is_found_by_what_its_scan_says(database: Database, sealed: bool) -> None:
    access = Access.system(new_id())
    message_id, file_id = await message(database, access, "fax", sealed=sealed)
    async with database.unit_of_work(access) as uow:
        await note_recognised(uow, file_id, "研发费用专项审计报告")
    async with database.unit_of_work(access, read_only=True) as uow:
        for word in ("专项审计", "一页", "fax.pdf"):
            assert await search.find(uow, word, [SEARCH_ENTITY]) == [(SEARCH_ENTITY, message_id)]
        row = await uow.session.get_one(AttachmentRow, file_id)
        assert row.recognised == "研发费用专项审计报告"
    plain = Access(workspace_id=access.workspace_id)
    async with database.unit_of_work(plain, read_only=True) as uow:
        assert bool(await search.find(uow, "专项审计", [SEARCH_ENTITY])) is not sealed


def test_samples_are_what_a_machine_sends() -> None:
    with Image.open(io.BytesIO(samples.tiff(dpi=samples.STANDARD))) as image:
        assert (image.size, image.info["compression"]) == ((1728, 1146), "group4")
