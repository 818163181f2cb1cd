"""The page as a telephone on Asterisk: SIP over WebSocket, WebRTC sound, no plug-in and no gateway between."""

import asyncio
from pathlib import Path

from telephony.calls import Dial, LegState
from telephony.lines.book import Book, Phone, PhoneKind
from tests.support.asterisk_peer import AsteriskRoom
from tests.support.call_rooms import asterisk
from tests.support.sip_phone import SipCall
from tests.support.tones import TONES
from tests.support.waiting import wait_until
from tests.support.web_phone import WebPhone

CITIZEN, AGENT, *_ = TONES


async def hears(phone: SipCall | WebPhone, *tones: int) -> None:
    async def same() -> bool:
        return await phone.hears() == frozenset(tones)

    await wait_until(same, f"the telephone hears {tones}", timeout_s=15)


def url(room: AsteriskRoom) -> str:
    return f"ws://127.0.0.1:{room.server.settings.ari_port}/ws"


async def test_an_agent_answers_in_the_page_and_both_hear_each_other(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        page_phone = Phone(id="w1", number="8002", name="B", kind=PhoneKind.PAGE, secret="of-b", account_id="a2")
        room.lines.append(Book(trunks=room.book.trunks, phones=(*room.book.phones, page_phone)))
        await room.engine.lines.hand_over()
        page = WebPhone(url(room), "phone-w1", "of-b")
        await page.open()
        assert await page.register() == 200
        citizen, citizen_phone = await room.call()
        await citizen.answer()
        agent = await room.engine.originate(Dial(to="agent:a2", caller="+8613800138000", timeout_s=10))
        await page.answer()
        await wait_until(lambda: agent.state is LegState.UP, "the agent's leg is up")
        await room.engine.bridge(citizen, agent)
        await citizen_phone.speak(CITIZEN)
        await page.speak(AGENT)
        await hears(page, CITIZEN)
        await hears(citizen_phone, AGENT)
        await citizen.hang_up()
        await agent.hang_up()
        await page.ended()
        await page.close()


async def test_a_visitor_of_the_page_calls_with_an_admission_that_ends(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        user = await room.engine.lines.admit_web("s1", "once")
        visitor = WebPhone(url(room), user, "once")
        await visitor.open()
        assert await visitor.register() == 200
        calling = asyncio.create_task(visitor.call("12396"))
        leg = await asyncio.wait_for(room.came.get(), 10)
        assert leg.variables == {"way": "web", "line": "web", "session": "s1"}
        await leg.answer()
        await calling
        assert visitor.is_up
        await leg.hang_up()
        await visitor.ended()
        await room.engine.lines.withdraw_web("s1")
        assert await visitor.register() == 401
        await visitor.close()
