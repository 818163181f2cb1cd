"""The whole product as an operator starts it, on a real Asterisk: the telephone network, and staff with SIP phones.

One for all tests of a folder: it costs ten seconds. Prompts are tones (`tone_voice`), so that what is heard is known.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import select

from kit.access import Access
from kit.blobs import BlobStore
from kit.clock import SystemClock
from kit.database import make_engine
from kit.tasks import stop
from kit.unit_of_work import Database
from records.messages.tables import AttachmentRow, MessageRow
from router.tables import ContactRow
from server.bench.asterisk_server import AsteriskServer
from server.bench.clients import DeskClient
from server.default_workspace import WORKSPACE_ID
from server.settings import Settings
from telephony.asterisk.settings import AsteriskSettings
from telephony.tables import CallRow
from tests.support import asterisk_peer
from tests.support.open_page import stay
from tests.support.running import Platform, platform
from tests.support.sip_phone import SipCall, SipPhone
from tests.support.tone_voice import ANYTHING, PLACE, STAFF_NUMBER
from tests.support.tones import TONES, Samples, read_wav, tones_in
from tests.support.tree import ROOT
from tests.support.waiting import wait_until

KEEPER, SUPERVISOR, AGENTS = "admin", "banzhang", ("sumin", "heyun", "liangyu")
HOTLINE = "12396"
CONSULT_S, ANNOUNCE_EVERY_S = 5, 4
PACKETS = 5  # of 20 ms each are listened to at a time
PATIENCE_S = 30.0
CITIZEN, AGENT, OTHER = TONES[:3]
PROMPTS = (ANYTHING, STAFF_NUMBER, PLACE)


@dataclass
class Member:
    """One of the staff: the page, which stays open, and a SIP phone."""

    desk: DeskClient
    phone: SipPhone
    page: "asyncio.Task[None]"
    number: str
    password: str

    @property
    def id(self) -> str:
        return self.desk.account_id

    async def be(self, presence: str, reason: str | None = None) -> None:
        async def is_so() -> bool:
            said = {"presence": presence, **({"reason": reason} if reason else {})}
            try:
                return bool((await self.desk.post("presence", said))["presence"] == presence)
            except httpx.HTTPStatusError:
                return False

        if presence == "ready":
            await self.registers()  # as a telephone does again and again: Asterisk forgets it after two minutes
        await wait_until(is_so, f"{self.number} is {presence}", timeout_s=PATIENCE_S)

    async def rung(self, caller: str = "") -> SipCall:
        return await rung(self.phone, caller)

    async def answers(self, caller: str, hz: int) -> SipCall:
        """Lifts the receiver and speaks in this tone."""
        call = await self.rung(caller)
        await call.answer()
        await call.speak(hz)
        return call

    async def registers(self) -> None:
        async def registered() -> bool:
            return await self.phone.register() == 200

        await wait_until(registered, "the phone may register: the gateway handed it over", timeout_s=PATIENCE_S)

    async def does(self, contact_id: str, what: str, **said: Any) -> None:
        """A command of the page about a call."""
        await self.desk.post(f"calls/{contact_id}/{what}", said)

    async def asked(self, contact_id: str) -> None:
        """Who is consulted has answered."""

        async def answered() -> bool:
            consult = (await self.desk.get(f"calls/{contact_id}"))["consult"]
            return bool(consult and consult["answered"])

        await wait_until(answered, "the one who is asked has answered", timeout_s=PATIENCE_S)

    async def contacts(self) -> dict[str, str]:
        """Status by contact."""
        return {contact["id"]: contact["status"] for contact in (await self.desk.get("snapshot"))["contacts"]}

    async def clear(self) -> None:
        """Nothing is left on the desk, and nothing new is offered."""

        async def cleared() -> bool:
            for contact_id, status in (await self.contacts()).items():
                if status in ("active", "wrap_up"):
                    await self._dispose(contact_id)
            return not (await self.contacts())

        await self.desk.post("presence", {"presence": "not_ready", "reason": "break"})
        await wait_until(cleared, f"the desk of {self.number} is empty", timeout_s=PATIENCE_S)

    async def _dispose(self, contact_id: str) -> None:
        try:
            await self.desk.post(f"contacts/{contact_id}/disposition", {"disposition": "answered"})
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != 409:
                raise


@dataclass
class PhoneHouse:
    running: Platform
    asterisk: AsteriskServer
    network: SipPhone
    keeper: DeskClient
    staff: dict[str, Member]
    spoken: Path
    database: Database
    _callers: int = field(default=0)

    def new_number(self) -> str:
        """Of a citizen who never called before."""
        self._callers += 1
        return f"1390000{self._callers:04}"

    async def calls(self, number: str = "") -> SipCall:
        """A citizen calls the hotline, and the flow answers."""
        number = number or self.new_number()
        call = await self.network.call(HOTLINE, caller=number)
        await wait_until(lambda: call.is_up or call.is_over, "the flow answers", timeout_s=PATIENCE_S)
        assert call.is_up, call.statuses
        return call

    async def walk(self, keys: str, number: str = "") -> SipCall:
        """Calls, hears that something is said, and presses the keys of somebody who knows his way."""
        call = await self.calls(number)
        await after_prompt(call)
        if keys:
            await call.press(keys)
        return call

    def words(self) -> list[str]:
        """Every text that was spoken so far, once each."""
        return self.spoken.read_text("utf-8").splitlines() if self.spoken.exists() else []

    async def contact(self, number: str, channel: str = "voice", **values: Any) -> ContactRow:
        """The caller's newest contact, once it is as `values` say."""

        async def found() -> ContactRow | None:
            wanted = select(ContactRow).where(ContactRow.sender.endswith(number), ContactRow.channel == channel)
            async with self.database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
                row: ContactRow | None = await uow.session.scalar(wanted.order_by(ContactRow.id.desc()).limit(1))
            seen[:] = [row and (row.status, row.disposition, row.agent_id)]
            return row if row and all(getattr(row, name) == value for name, value in values.items()) else None

        seen: list[Any] = []
        try:
            row = await wait_until(found, f"{channel} of {number} with {values}", timeout_s=PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; there is {seen}") from None
        assert row is not None
        return row

    async def ledger(self, contact_id: str) -> CallRow:
        """What is written down of a call that is over."""

        async def ended() -> CallRow | None:
            async with self.database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
                row: CallRow | None = await uow.session.scalar(
                    select(CallRow).where(CallRow.contact_id == contact_id, CallRow.ended_at.is_not(None))
                )
                return row

        row = await wait_until(ended, "the end of the call is written down", timeout_s=PATIENCE_S)
        assert row is not None
        return row

    async def path(self, contact_id: str) -> list[str]:
        return [f"{step['node']}:{step['exit']}" for step in (await self.ledger(contact_id)).path]

    async def audio_of(self, contact_id: str) -> tuple[list[Samples], int]:
        """The sides and the rate of the sound that came with a spoken message."""
        query = select(AttachmentRow).join(MessageRow, MessageRow.id == AttachmentRow.message_id)

        async def kept() -> AttachmentRow | None:
            async with self.database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
                row: AttachmentRow | None = await uow.session.scalar(query.where(MessageRow.contact_id == contact_id))
                return row

        row = await wait_until(kept, "the message has its sound", timeout_s=PATIENCE_S)
        assert row is not None
        return read_wav(BlobStore(Settings(data_dir=self.running.data_dir).blob_dir).path(row.blob_key))

    def channels(self) -> int:
        """Legs that Asterisk knows, its own listeners included."""
        return int(self.asterisk.command("core show channels count").split()[0])

    async def has_lines(self) -> None:
        await wait_until(
            lambda: f"Match: {self.network.host}" in self.asterisk.command("pjsip show identifies"),
            "Asterisk knows the network",
            timeout_s=PATIENCE_S,
        )

    async def quiet(self, *members: Member) -> None:
        """Every desk is empty and no leg is left."""
        for call in self.network.calls.values():
            await call.hang_up()
        await asyncio.gather(*(member.clear() for member in members or self.staff.values()))
        await wait_until(lambda: self.channels() == 0, "no leg is left hanging", timeout_s=PATIENCE_S)


async def rung(phone: SipPhone, caller: str = "") -> SipCall:
    """The call of `caller` that rings there now."""

    def ringing() -> SipCall | None:
        for call in phone.calls.values():
            waits = not (call.outgoing or call.is_up or call.is_over)
            if waits and caller in f"{call.invite.get('From')} {call.invite.start}":
                return call
        return None

    call = await wait_until(ringing, f"{phone.user} rings for {caller}", timeout_s=PATIENCE_S)
    assert call is not None
    return call


async def hears(call: SipCall, *tones: int) -> None:
    async def same() -> bool:
        return await call.hears() == frozenset(tones)

    await wait_until(same, f"the telephone hears {tones}", timeout_s=PATIENCE_S)


async def all_hear(*said: tuple[SipCall, Sequence[int]]) -> None:
    await asyncio.gather(*(hears(call, *tones) for call, tones in said))


def heard(call: SipCall, since: int = 0) -> list[int]:
    """The tones that came since the packet of that number, in their order."""
    packets = [sound for _, sound in call.audio.heard[since:]]
    found: list[int] = []
    for start in range(0, len(packets) - PACKETS, PACKETS):
        for hz in sorted(tones_in(np.concatenate(packets[start : start + PACKETS]))):
            if not found or found[-1] != hz:
                found.append(hz)
    return found


async def after_prompt(call: SipCall, *kinds: int) -> None:
    """A prompt is being said to the caller, of these kinds or of any."""
    from_here, wanted = len(call.audio.heard) + PACKETS, frozenset(kinds or PROMPTS)

    def heard_it() -> bool:
        packets = [sound for _, sound in call.audio.heard[-PACKETS:]]
        return len(call.audio.heard) >= from_here and bool(wanted & tones_in(np.concatenate(packets)))

    await wait_until(heard_it, "a prompt is heard", timeout_s=PATIENCE_S)


@asynccontextmanager
async def phone_house(folder: Path) -> AsyncIterator[PhoneHouse]:
    settings = asterisk_peer.settings_in(folder)
    server = asterisk_peer.start(folder, settings)
    data, spoken = folder / "data", folder / "spoken"
    try:
        with platform(data, **_environment(settings, spoken)) as running:
            async with _staffed(running, server, spoken) as house:
                yield house
    finally:
        server.kill()


def _environment(settings: AsteriskSettings, spoken: Path) -> dict[str, str]:
    names = ("shared_dir", "ari_port", "sip_port", "rtp_from", "rtp_to")
    voice = f"{sys.executable} -S -E {ROOT}/tests/support/tone_voice.py {{output}} {spoken}"
    return {
        **{f"ASTERISK__{name.upper()}": str(getattr(settings, name)) for name in names},
        "ASTERISK__ARI_PASSWORD": asterisk_peer.PASSWORD,
        "SPEECH__VOICE": "command",
        "SPEECH__COMMAND": voice,
        "SWITCHBOARD__CONSULT_S": str(CONSULT_S),
        "SWITCHBOARD__ANNOUNCE_EVERY_S": str(ANNOUNCE_EVERY_S),
        "SWITCHBOARD__CALLBACK_HOURS": json.dumps([0, 24]),
    }


@asynccontextmanager
async def _staffed(running: Platform, server: AsteriskServer, spoken: Path) -> AsyncIterator[PhoneHouse]:
    passwords = {login.login: login.password for login in running.credentials()}
    keeper = DeskClient(running.url)
    await keeper.sign_in(KEEPER, passwords[KEEPER])
    network = SipPhone(asterisk_peer.NETWORK, server.settings.sip_port, "network")
    await network.open()
    await keeper.post("trunks", {"name": "City", "host": network.host, "port": network.port, "prefixes": [""]})
    database = Database(make_engine(Settings(data_dir=running.data_dir).database), SystemClock())
    members: dict[str, Member] = {}
    try:
        logins = (SUPERVISOR, *AGENTS)
        found = (
            _member(running, server, keeper, login, passwords[login], str(number))
            for number, login in enumerate(logins, start=8201)
        )
        members |= dict(zip(logins, await asyncio.gather(*found), strict=True))
        house = PhoneHouse(running, server, network, keeper, members, spoken, database)
        await house.has_lines()
        yield house
    finally:
        await stop([member.page for member in members.values()])
        await network.close()
        for member in members.values():
            await member.phone.close()
            await member.desk.close()
        await keeper.close()
        await database.engine.dispose()


@dataclass
class Talk:
    """A citizen and an agent who speak, each in a tone of their own."""

    house: PhoneHouse
    number: str
    citizen: SipCall
    agent: SipCall
    member: Member
    contact_id: str

    async def does(self, what: str, **said: object) -> None:
        await self.member.does(self.contact_id, what, **said)

    async def passes_on(self, to: str, target_id: str) -> None:
        await self.member.desk.post(f"contacts/{self.contact_id}/transfer", {"to": to, "target_id": target_id})

    async def is_with(self, member: Member) -> None:
        await self.house.contact(self.number, status="active", agent_id=member.id)

    async def hear_each_other(self) -> None:
        await all_hear((self.citizen, [AGENT]), (self.agent, [CITIZEN]))


@asynccontextmanager
async def talk(house: PhoneHouse) -> AsyncIterator[Talk]:
    """The agent is ready, the citizen asks for a human; afterwards every desk is empty."""
    member, number = house.staff[AGENTS[0]], house.new_number()
    await member.be("ready")
    citizen = await house.walk("1", number)
    agent = await member.answers(number, AGENT)
    await citizen.speak(CITIZEN)
    row = await house.contact(number, status="active", agent_id=member.id)
    on = Talk(house, number, citizen, agent, member, row.id)
    await on.hear_each_other()
    try:
        yield on
    finally:
        await house.quiet()


async def _member(
    running: Platform, server: AsteriskServer, keeper: DeskClient, login: str, password: str, number: str
) -> Member:
    desk = DeskClient(running.url)
    password = await desk.sign_in(login, password)
    given = await keeper.post("phones", {"number": number, "name": login, "account_id": desk.account_id})
    phone = SipPhone("127.0.0.1", server.settings.sip_port, given["username"], given["secret"])
    await phone.open()
    member = Member(desk, phone, asyncio.create_task(stay(desk)), number, password)
    await member.registers()
    return member
