"""Faxes between two real Asterisks over T.38: taken whole, sent whole, and cut half-way."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from server.bench.asterisk_server import AsteriskServer
from telephony.asterisk.engine import AsteriskEngine
from telephony.calls import Answered, CallLeg, Dial, Ended, LegEnded, LegState
from telephony.fax import FaxStatus, LeftFax
from telephony.lines.book import Book, Trunk
from tests.support import asterisk_peer
from tests.support.asterisk_peer import FAR, AsteriskRoom, asterisk_room
from tests.support.call_rooms import asterisk, running
from tests.support.waiting import wait_until


def new_mark() -> str:
    return uuid.uuid4().hex


@dataclass
class FaxWorld:
    room: AsteriskRoom
    far: AsteriskEngine
    far_came: "asyncio.Queue[CallLeg]"
    connecting: asyncio.Lock

    async def from_far(self) -> tuple[CallLeg, CallLeg]:
        """A fax machine calls: our leg, ringing, and the machine's own."""
        async with self.connecting:
            far = await self.far.originate(Dial(to="12396", caller="82005678", timeout_s=20))
            return await asyncio.wait_for(self.room.came.get(), 30), far

    async def to_far(self) -> tuple[CallLeg, CallLeg]:
        """We call a fax machine, and it answers."""
        near = await self.room.engine.originate(Dial(to="+861082005678", caller="12396", timeout_s=20))
        far = await asyncio.wait_for(self.far_came.get(), 30)
        await far.answer()
        await answered(near)
        return near, far


async def answered(leg: CallLeg) -> None:
    async with asyncio.timeout(30):
        async for event in leg.events():
            if isinstance(event, Answered):
                return


@asynccontextmanager
async def fax_world(folder: Path, server: AsteriskServer) -> AsyncIterator[FaxWorld]:
    async with asterisk(folder) as room:
        assert isinstance(room, AsteriskRoom)
        async with machine_beside(room, server) as world:
            yield world


@asynccontextmanager
async def machine_beside(room: AsteriskRoom, server: AsteriskServer) -> AsyncIterator[FaxWorld]:
    far_trunk = Trunk(id="t2", name="Fax", host=FAR, port=server.settings.sip_port, prefixes=("",))
    room.lend(far_trunk)
    await room.engine.lines.hand_over()
    near_trunk = Trunk(id="n1", name="Us", host="127.0.0.1", port=room.server.settings.sip_port, prefixes=("",))
    far = asterisk_peer.engine_for(server, [Book(trunks=(near_trunk,))])
    came: asyncio.Queue[CallLeg] = asyncio.Queue()
    async with running(far, came):
        yield FaxWorld(room, far, came, asyncio.Lock())


def document(folder: Path, pages: int, *, rows: int = 220) -> tuple[Path, list[Image.Image]]:
    """A TIFF as faxes are: bilevel, 1728 dots wide, 204x196, each page another."""
    images = []
    for page in range(pages):
        dots = np.ones((rows, 1728), dtype=bool)
        dots[40 + 10 * page : 60 + 10 * page, 100:1600] = False
        dots[100:200:4, 200 + 50 * page : 900] = False
        images.append(Image.fromarray(dots))
    path = folder / f"{pages}-{rows}.tiff"
    images[0].save(path, save_all=True, append_images=images[1:], compression="group4", dpi=(204, 196))
    return path, images


def pages_of(path: Path) -> list[np.ndarray]:
    with Image.open(path) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.asarray(image.convert("1")))
        return found


def is_fax_of(path: Path, page: Image.Image) -> bool:
    """Whether the first whole page of the file is this one, dot by dot."""
    try:
        return np.array_equal(pages_of(path)[0], np.asarray(page))
    except OSError:
        return False


async def takes_a_fax(world: FaxWorld, folder: Path) -> None:
    path, pages = document(folder, 2)
    near, far = await world.from_far()
    receiving = asyncio.create_task(world.room.engine.fax.receive(near, new_mark()))
    await answered(far)
    sent, taken = await world.far.fax.send(far, path, new_mark()), await receiving
    assert (taken.status, taken.pages, taken.error) == (FaxStatus.COMPLETE, 2, "")
    assert (sent.status, sent.pages, sent.error) == (FaxStatus.COMPLETE, 2, "")
    assert taken.path is not None
    for got, expected in zip(pages_of(taken.path), pages, strict=True):
        assert (got == np.asarray(expected)).all()
    await wait_until(lambda: near.state is LegState.ENDED, "our leg has ended")


async def sends_a_fax(world: FaxWorld, folder: Path) -> None:
    path, pages = document(folder, 1, rows=300)
    near, far = await world.to_far()
    sent, taken = await asyncio.gather(
        world.room.engine.fax.send(near, path, new_mark()), world.far.fax.receive(far, new_mark())
    )
    assert (sent.status, sent.pages, sent.error) == (FaxStatus.COMPLETE, 1, ""), taken
    assert taken.path is not None
    [got] = pages_of(taken.path)
    assert (got == np.asarray(pages[0])).all()


async def sends_a_fax_on_the_callers_own_call(world: FaxWorld, folder: Path) -> None:
    path, pages = document(folder, 1, rows=260)
    near, far = await world.from_far()
    await near.answer()
    await answered(far)
    sent, taken = await asyncio.gather(
        world.room.engine.fax.send(near, path, new_mark()), world.far.fax.receive(far, new_mark())
    )
    assert (sent.status, sent.pages, sent.error) == (FaxStatus.COMPLETE, 1, ""), taken
    assert taken.path is not None
    [got] = pages_of(taken.path)
    assert (got == np.asarray(pages[0])).all()


async def keeps_what_came_of_a_cut_fax(world: FaxWorld, folder: Path) -> None:
    _, [first] = document(folder, 1, rows=221)
    # Noise does not compress: this page takes minutes.
    noise = Image.fromarray(np.random.default_rng(1).random((800, 1728)) > 0.5)
    path = folder / "long.tiff"
    first.save(path, save_all=True, append_images=[noise], compression="group4", dpi=(204, 196))
    near, far = await world.from_far()
    spool = world.room.server.settings.fax_dir
    before = set(spool.glob("*.tiff"))
    receiving = asyncio.create_task(world.room.engine.fax.receive(near, new_mark()))
    await answered(far)
    sending = asyncio.create_task(world.far.fax.send(far, path, new_mark()))
    spool = world.room.server.settings.fax_dir

    before = set(spool.glob("*.tiff"))

    def first_page_is_there() -> bool:
        return any(is_fax_of(file, first) for file in {*spool.glob("*.tiff")} - before)

    await wait_until(first_page_is_there, "the first page is whole", timeout_s=60)
    await far.hang_up()
    taken = await asyncio.wait_for(receiving, 30)
    await asyncio.wait_for(sending, 30)
    assert taken.status is FaxStatus.PARTIAL
    assert (taken.pages, taken.error != "") == (1, True)
    assert taken.path is not None
    assert is_fax_of(taken.path, first)
    async for event in near.events():
        assert isinstance(event, Answered | Ended)


async def reports_a_caller_who_is_no_machine(world: FaxWorld, folder: Path) -> None:
    near, far = await world.from_far()
    receiving = asyncio.create_task(world.room.engine.fax.receive(near, new_mark()))
    await answered(far)
    await far.hang_up()
    taken = await asyncio.wait_for(receiving, 30)
    assert (taken.status, taken.pages, taken.path) == (FaxStatus.FAILED, 0, None)
    assert taken.error
    with pytest.raises(LegEnded):
        await world.room.engine.fax.receive(near, new_mark())


async def test_faxes_come_go_are_cut_and_fail(tmp_path: Path, far_server: AsteriskServer) -> None:
    """At the same time, since each takes its time on the line."""
    async with fax_world(tmp_path, far_server) as world:
        await reports_a_caller_who_is_no_machine(world, tmp_path)
        async with asyncio.TaskGroup() as group:
            for scenario in (
                takes_a_fax,
                keeps_what_came_of_a_cut_fax,
                sends_a_fax,
                sends_a_fax_on_the_callers_own_call,
            ):
                group.create_task(scenario(world, tmp_path))


async def test_faxes_go_on_without_the_gateway_and_the_next_one_knows_how_they_ended(
    tmp_path: Path, far_server: AsteriskServer
) -> None:
    """One comes and one goes when it dies; both end while nobody listens."""
    going, coming = new_mark(), new_mark()
    path, [page] = document(tmp_path, 1, rows=240)
    async with AsyncExitStack() as machines:
        room = await machines.enter_async_context(asterisk_room(tmp_path))
        async with running(room.engine, room.came):
            world = await machines.enter_async_context(machine_beside(room, far_server))
            near, far = await world.to_far()
            caller, machine = await world.from_far()
            taken = asyncio.create_task(world.far.fax.receive(far, new_mark()))
            ours = [
                asyncio.create_task(room.engine.fax.send(near, path, going)),
                asyncio.create_task(room.engine.fax.receive(caller, coming)),
            ]
            await answered(machine)
            sent = asyncio.create_task(world.far.fax.send(machine, path, new_mark()))
            await wait_until(lambda: both_go(room), "both faxes are on their way")
        for task in ours:
            task.cancel()
        await asyncio.wait(ours)
        assert [(result.status, result.pages) for result in (await taken, await sent)] == [(FaxStatus.COMPLETE, 1)] * 2
        next_one = room.another_engine()
        async with running(next_one, room.came):
            about = LeftFax(mark=coming, call_id=caller.id, caller=caller.caller, dialled=caller.dialled)
            assert about in await next_one.fax.left()
            came, went = await next_one.fax.resume(coming), await next_one.fax.resume(going)
            assert came is not None
            assert went is not None
            assert [(result.status, result.pages) for result in (came, went)] == [(FaxStatus.COMPLETE, 1)] * 2
            assert came.path is not None
            assert is_fax_of(came.path, page)
            for mark in (going, coming):
                await next_one.fax.forget(mark)
            assert await next_one.fax.resume(going) is None
            assert about not in await next_one.fax.left()


def both_go(room: AsteriskRoom) -> bool:
    channels = room.server.command("core show channels concise")
    return "SendFAX" in channels and "ReceiveFAX" in channels
