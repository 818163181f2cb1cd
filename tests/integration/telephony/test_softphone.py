"""The page as a telephone on Asterisk: SIP over WebSocket, WebRTC sound, no plug-in and no gateway between."""

import asyncio
from pathlib import Path

from server.doctor.finding import Verdict
from server.doctor.sip_pages import sip_pages
from server.settings import Settings
from server.speech import speaker
from telephony.calls import CallLeg, Dial, LegState
from telephony.lines.book import Book, Phone, PhoneKind
from telephony.web_pass import WebPass
from tests.support.asterisk_peer import PASSES, AsteriskRoom
from tests.support.call_rooms import asterisk
from tests.support.ports import free_port
from tests.support.sip_phone import SipCall
from tests.support.tones import TONES, read_wav, tones_in
from tests.support.waiting import wait_until
from tests.support.web_phone import WebPhone

CITIZEN, AGENT, AFTERWARDS, *_ = TONES


async def hears(phone: SipCall | WebPhone, *tones: int) -> None:
    async def same() -> bool:
        return await phone.hears() == frozenset(tones)

    await wait_until(same, f"the telephone hears {tones}", timeout_s=30)


def url(room: AsteriskRoom) -> str:
    return f"ws://127.0.0.1:{room.server.settings.ari_port}/ws"


async def answered_in_the_page(room: AsteriskRoom) -> tuple[CallLeg, WebPhone]:
    """The softphone of the agent a2, and the leg that it has answered."""
    phone = Phone(id="w1", number="8002", name="B", kind=PhoneKind.PAGE, secret="of-b", account_id="a2")
    room.lines.append(Book(trunks=room.book.trunks, phones=(*room.book.phones, phone)))
    await room.engine.lines.hand_over()
    page = WebPhone(url(room), "phone-w1", "of-b")
    await page.open()
    assert await page.register() == 200
    about = {"contact_id": "c1", "why": "offer"}
    leg = await room.engine.originate(Dial(to="agent:a2", caller="+8613800138000", timeout_s=10, variables=about))
    await page.answer()
    await wait_until(lambda: leg.state is LegState.UP, "the agent's leg is up")
    return leg, page


async def test_an_agent_answers_in_the_page_and_both_hear_each_other(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        citizen, citizen_phone = await room.call()
        await citizen.answer()
        agent, page = await answered_in_the_page(room)
        assert page.asked("X-AXD-Leg") == agent.id
        assert (page.asked("X-AXD-Contact"), page.asked("X-AXD-Why")) == ("c1", "offer")
        await room.engine.bridge(citizen, agent)
        await citizen_phone.speak(CITIZEN)
        await page.speak(AGENT)
        await hears(page, CITIZEN)
        await hears(citizen_phone, AGENT)
        await citizen.hang_up()
        await agent.hang_up()
        await page.ended()
        await page.close()


async def test_the_doctor_tells_how_pages_reach_asterisk(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        there = room.server.settings
        given = [
            Settings(asterisk=there),
            Settings(asterisk=there.model_copy(update={"websocket_url": ""})),
            Settings(asterisk=there, public_url="https://hotline.example"),
            Settings(asterisk=there.model_copy(update={"websocket_url": f"ws://127.0.0.1:{free_port()}/ws"})),
        ]
        verdicts = [(await sip_pages(settings, speaker("en"))).verdict for settings in given]
        assert verdicts == [Verdict.GOOD, Verdict.WARNING, Verdict.WRONG, Verdict.WRONG]


async def test_an_agent_whose_page_was_loaded_anew_takes_up_the_same_leg(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        citizen, citizen_phone = await room.call()
        await citizen.answer()
        agent, before = await answered_in_the_page(room)
        bridge = await room.engine.bridge(citizen, agent)
        await before.close()
        page = WebPhone(url(room), "phone-w1", "of-b")
        await page.open()
        await page.call("back-of-somebody-else")
        assert page.statuses[-1] == 404
        await page.call(f"back-{agent.id}")
        assert page.is_up
        await citizen_phone.speak(CITIZEN)
        await page.speak(AGENT)
        await hears(page, CITIZEN)
        await hears(citizen_phone, AGENT)
        assert agent.state is LegState.UP
        assert set(bridge.legs) == {citizen, agent}
        await agent.hang_up()
        await page.ended()
        assert citizen.state is LegState.UP
        await page.close()


async def test_a_visitor_calls_with_a_pass_and_comes_back_with_another_and_is_recorded_throughout(
    tmp_path: Path,
) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        about = WebPass(visitor="v1", session="s1", dialled="12396", language="en")
        used = PASSES.issue(about)
        visitor = WebPhone(url(room), "web", "")
        await visitor.open()
        calling = asyncio.create_task(visitor.call("hotline", ("X-AXD-Pass", used)))
        leg = await asyncio.wait_for(room.came.get(), 30)
        assert (leg.caller, leg.dialled) == ("", "12396")
        said = {"way": "web", "line": "web", "session_id": "s1", "visitor": "v1", "language": "en"}
        assert leg.variables == said
        await leg.answer()
        await calling
        agent, agent_phone = await room.call()
        await agent.answer()
        handle = await (await room.engine.bridge(leg, agent)).record_stereo(leg)
        await visitor.speak(CITIZEN)
        await hears(agent_phone, CITIZEN)
        await visitor.close()
        page = WebPhone(url(room), "web", "")
        await page.open()
        for refused in ((), (("X-AXD-Pass", used),), (("X-AXD-Pass", "A" * 80),)):
            await page.call("hotline", *refused)
            assert page.statuses[-1] == 403
        await page.call("8001", ("X-AXD-Pass", PASSES.issue(about)))
        assert page.statuses[-1] == 404
        assert await page.register() in (403, 404)
        await page.call("back", ("X-AXD-Pass", PASSES.issue(about)))
        assert page.is_up
        assert room.came.empty()
        await page.speak(AFTERWARDS)
        await hears(agent_phone, AFTERWARDS)
        (left, _), rate = read_wav((await handle.stop()).path)
        assert tones_in(left[: rate // 4], rate) == {CITIZEN}
        assert tones_in(left[-rate // 4 :], rate) == {AFTERWARDS}
        await leg.hang_up()
        await page.ended()
        await page.call("back", ("X-AXD-Pass", PASSES.issue(about)))
        assert page.statuses[-1] == 404
        await page.close()
