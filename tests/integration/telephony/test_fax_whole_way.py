"""Faxes on the line of the whole product: in by the tone, out as an agent's answer, through a gateway's death."""

import asyncio
import io
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from kit.access import Access
from kit.blobs import BlobStore
from kit.due_work import DueWorkRow, WorkState
from records.messages.tables import MessageRow, OutboxRow, OutboxState
from server.bench.asterisk_server import AsteriskServer
from server.default_workspace import WORKSPACE_ID
from server.settings import Settings
from telephony.asterisk.engine import AsteriskEngine
from telephony.calls import Answered, CallLeg, Dial
from telephony.fax import FaxResult, FaxStatus
from telephony.lines.book import Book, Trunk
from telephony.switchboard.errands import Errand
from tests.support.asterisk_peer import FAR, HOTLINE, engine_for
from tests.support.call_rooms import running
from tests.support.phone_house import Member, PhoneHouse
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="package")

CITIZEN, ANOTHER = "075588121234", "075588125678"
LINE_S = 120.0  # a page takes its time on the line, and more on a busy machine


@dataclass
class Machine:
    """A fax machine in the telephone network, and the product that it reaches."""

    house: PhoneHouse
    engine: AsteriskEngine
    came: "asyncio.Queue[CallLeg]"
    folder: Path

    async def sends(self, number: str) -> "asyncio.Task[FaxResult]":
        """Calls the hotline and begins; what it sends has one page."""
        page = self.folder / f"{number}.tiff"
        dots = np.ones((220, 1728), dtype=bool)
        dots[60:80, 100:1600] = False
        Image.fromarray(dots).save(page, compression="group4", dpi=(204, 196))
        leg = await self.engine.originate(Dial(to=HOTLINE, caller=number, timeout_s=30))
        async with asyncio.timeout(30):
            async for event in leg.events():
                if isinstance(event, Answered):
                    break
        return asyncio.create_task(self.engine.fax.send(leg, page, uuid.uuid4().hex))

    async def rung(self) -> CallLeg:
        return await asyncio.wait_for(self.came.get(), LINE_S)

    async def refuses_receipt(self, number: str) -> None:
        """Number and PIN, which everybody gets who faxes, are of no concern here."""
        leg = await self.rung()
        assert leg.dialled.endswith(number.lstrip("0"))
        await leg.hang_up()

    async def takes(self, leg: CallLeg) -> "asyncio.Task[FaxResult]":
        await leg.answer()
        return asyncio.create_task(self.engine.fax.receive(leg, uuid.uuid4().hex))


@asynccontextmanager
async def machine_of(house: PhoneHouse, server: AsteriskServer, folder: Path) -> AsyncIterator[Machine]:
    about = {"name": "Fax", "host": FAR, "port": server.settings.sip_port, "prefixes": ["+8675588"]}
    await house.keeper.post("trunks", about)
    await wait_until(lambda: f"Match: {FAR}" in house.asterisk.command("pjsip show identifies"), "the line is known")
    us = Trunk(id="n1", name="Us", host="127.0.0.1", port=house.asterisk.settings.sip_port, prefixes=("",))
    engine, came = engine_for(server, [Book(trunks=(us,))]), asyncio.Queue[CallLeg]()
    async with running(engine, came):
        yield Machine(house, engine, came, folder)


def pages_of(data: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.asarray(image.convert("1")))
        return found


async def answers(member: Member, contact_id: str) -> None:
    """With a PDF of one page, black in its upper half."""
    page, pdf = Image.new("L", (827, 1169), 255), io.BytesIO()
    page.paste(0, (0, 0, 827, 584))
    page.save(pdf, "PDF", resolution=100)
    file = {"file": ("答复.pdf", pdf.getvalue(), "application/pdf")}
    uploaded = await member.desk.send("POST", "uploads", files=file)
    said: dict[str, Any] = {"client_id": "answer", "kind": "reply", "text": "答复如附件。"}
    await member.desk.post(f"contacts/{contact_id}/messages", said | {"attachment_ids": [uploaded["id"]]})


async def answer(house: PhoneHouse) -> tuple[OutboxRow, DueWorkRow]:
    """The one fax that an agent wrote, and the work that it is."""
    async with house.database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
        ours = select(OutboxRow).join(MessageRow, MessageRow.id == OutboxRow.message_id)
        ours = ours.where(MessageRow.author_kind == "agent", OutboxRow.channel == "fax")
        row = (await uow.session.scalars(ours)).one()
        work = select(DueWorkRow).where(DueWorkRow.job == Errand.FAX, DueWorkRow.key == row.id)
        return row, (await uow.session.scalars(work)).one()


async def drawn(house: PhoneHouse) -> list[np.ndarray]:
    """The pages that are to be faxed."""
    _, work = await answer(house)
    store = BlobStore(Settings(data_dir=house.running.data_dir).blob_dir)
    return pages_of(store.path(work.payload["blob_key"]).read_bytes())


async def delivered(house: PhoneHouse) -> None:
    async def is_over() -> bool:
        row, work = await answer(house)
        return (row.state, work.state) == (OutboxState.DELIVERED, WorkState.DONE)

    await wait_until(is_over, "the fax has arrived and no more is to be done", timeout_s=LINE_S)


async def arrives(taking: "asyncio.Task[FaxResult]", expected: list[np.ndarray]) -> None:
    taken = await asyncio.wait_for(taking, LINE_S)
    assert (taken.status, taken.pages) == (FaxStatus.COMPLETE, 2), taken
    assert taken.path is not None
    got = pages_of(taken.path.read_bytes())
    assert all(np.array_equal(one, other) for one, other in zip(got, expected, strict=True))
    height = got[1].shape[0]
    assert not got[1][height // 8 : height * 3 // 8, 400:1300].any(), "the upper half of the document is black"
    assert got[1][height * 5 // 8 : height * 7 // 8, 400:1300].all(), "and the lower one white"


async def test_an_answer_is_faxed_dot_by_dot_and_once_though_the_gateway_dies_as_it_goes(
    house: PhoneHouse, far_server: AsteriskServer, tmp_path: Path
) -> None:
    member = house.staff["sumin"]
    async with machine_of(house, far_server, tmp_path) as machine:
        await member.be("ready")
        sent = await (await machine.sends(CITIZEN))
        assert (sent.status, sent.pages) == (FaxStatus.COMPLETE, 1), sent
        contact = await house.contact(CITIZEN.lstrip("0"), "fax", status="active", agent_id=member.id)
        await machine.refuses_receipt(CITIZEN)

        # The answer goes out, another citizen faxes meanwhile, and both go on without the gateway.
        await answers(member, contact.id)
        leg = await machine.rung()
        expected = await drawn(house)
        sending = await machine.sends(ANOTHER)
        taking = await machine.takes(leg)
        await wait_until(lambda: both_go(house), "both faxes are on their way", timeout_s=LINE_S)
        house.running.kill("gateway")
        await arrives(taking, expected)
        sent = await asyncio.wait_for(sending, LINE_S)
        assert (sent.status, sent.pages) == (FaxStatus.COMPLETE, 1), sent
        await delivered(house)
        came = await house.contact(ANOTHER.lstrip("0"), "fax")
        await machine.refuses_receipt(ANOTHER)
        assert machine.came.empty(), "the answer is not dialled again"
        assert came.hints["pages"] == 1
        assert "defects" not in came.hints
    await house.quiet()


def both_go(house: PhoneHouse) -> bool:
    channels = house.asterisk.command("core show channels concise")
    return "SendFAX" in channels and "ReceiveFAX" in channels
