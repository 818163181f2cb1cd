"""The number that supervisors dial: staff number and PIN, then a call of an agent, or a recording."""

import asyncio
import logging
import tempfile
import wave
from pathlib import Path

import numpy as np

from telephony.calls import CallLeg, Ended, LegEnded, Media, SpyMode
from telephony.ivr.nodes import Say
from telephony.ivr.ports import Session
from telephony.switchboard.call import Call, Listening, first_of
from telephony.switchboard.house import House, words
from telephony.switchboard.ports import FoundRecording, SupervisorDesk
from telephony.switchboard.supervision import Supervision
from telephony.waveform import RATE_HZ

log = logging.getLogger(__name__)

MOST_TRIES, MOST_SILENCES = 3, 2
NUMBER_DIGITS, PIN_DIGITS, SEARCH_DIGITS = 16, 8, 20
WAIT_S, TWICE_S, LISTENS_S = 15.0, 3.0, 3600.0
LEAVE, HANG_UP = "#", "9"
MODES = {"1": SpyMode.LISTEN, "2": SpyMode.WHISPER, "3": SpyMode.BARGE}
FRAMES_AT_ONCE = 60 * RATE_HZ
MOST_SOURCE_CHARS = 64

STAFF = words("请输入工号，按井号键结束。", "Please enter your staff number and end with the hash key.")
PIN = words("请输入电话密码，按井号键结束。", "Please enter your telephone PIN and end with the hash key.")
REFUSED = words("工号或密码有误。", "Staff number or PIN is wrong.")
MENU = words(
    "监听坐席请按1，收听录音请按2，结束请挂机。", "To listen to an agent, press 1. To recordings, press 2. Or hang up."
)
AGENT = words("请输入坐席工号，按井号键结束。", "Please enter the agent's staff number and end with the hash key.")
NO_CALL = words("该坐席现在没有可监听的通话。", "This agent has no call that you may listen to.")
KEYS = words(
    "监听请按1，仅坐席可闻请按2，三方通话请按3，挂断该通话请连按两次9，退出请按井号。",
    "To listen, press 1. To speak to the agent alone, 2. To both, 3. To end the call, 9 twice. To leave, hash.",
)
LEFT = words("已退出监听。", "You take part no more.")
SEARCH = words(
    "请输入来电号码、坐席工号或线路号，按井号键结束。",
    "Please enter the caller's number, the agent's staff number or the line, and end with the hash key.",
)
NOTHING = words("没有找到录音。", "No recordings were found.")
ONE = words(
    "{day:date}{hour:number}时{minute:number}分，时长{seconds:number}秒。",
    "{day:date}, {hour:number} {minute:number}, {seconds:number} seconds.",
)
AFTER = words(
    "更早一条请按1，更新一条请按2，重听请按星号，返回请按井号。", "Earlier, 1. Later, 2. Again, star. Back, hash."
)


class SupervisorLine:
    """`calls`: the switchboard's. A supervisor's own call is no contact."""

    def __init__(self, house: House, calls: dict[str, Call], desk: SupervisorDesk) -> None:
        self._house, self._calls, self._desk = house, calls, desk

    async def serve(self, leg: CallLeg) -> None:
        """From the first ring until he leaves."""
        session = Session(leg=leg, language=leg.variables.get("language") or "zh-CN")
        try:
            await leg.answer()
            who = await self._sign_in(session)
            if who is not None:
                await self._menu(session, who)
        except LegEnded:
            return
        finally:
            await leg.hang_up()

    async def _sign_in(self, session: Session) -> str | None:
        leg = session.leg
        source = (leg.caller or f"withheld:{leg.variables.get('line', '')}")[:MOST_SOURCE_CHARS]
        for _ in range(MOST_TRIES):
            staff_number = await self._ask(session, STAFF, NUMBER_DIGITS)
            if not staff_number:
                return None
            pin = await self._ask(session, PIN, PIN_DIGITS)
            who = await self._desk.sign_in(staff_number, pin, source)
            if who is not None:
                return who
            await self._house.say(leg, REFUSED, session)
        return None

    async def _menu(self, session: Session, who: str) -> None:
        silences = 0
        while silences < MOST_SILENCES:
            key = await self._ask(session, MENU, 1)
            silences = 0 if key else silences + 1
            if key == "1":
                await self._take_part(session, who)
            elif key == "2":
                await self._recordings(session, who)

    async def _ask(self, session: Session, say: Say, limit: int) -> str:
        leg = session.leg
        key = await self._house.say(leg, say, session, stop=True)
        if limit == 1:
            return key or await leg.collect_digits(1, WAIT_S, terminator="")
        return await leg.collect_digits(limit, WAIT_S, first=key)

    # A call.

    async def _take_part(self, session: Session, who: str) -> None:
        call = await self._call_of(await self._ask(session, AGENT, NUMBER_DIGITS))
        engine = self._house.engine
        if call is None or not engine.capabilities.spy or not await self._may(who, call, SpyMode.LISTEN):
            await self._house.say(session.leg, NO_CALL, session)
            return
        await self._house.say(session.leg, KEYS, session, stop=True)
        await Supervision(self._house, call).leave(who)
        if call.agent is None:
            await self._house.say(session.leg, NO_CALL, session)
            return
        listening = Listening(leg=session.leg, mode=SpyMode.LISTEN, stays=True)
        call.listening[who] = listening
        try:
            listening.spy = await engine.spy(call.agent.leg, session.leg, SpyMode.LISTEN)
            await first_of(self._heed(who, call, listening), call.ended.wait(), listening.over.wait())
        finally:
            if call.listening.get(who) is listening:
                await Supervision(self._house, call).leave(who)
        if any(side is not None and side.leg is session.leg for side in (call.expected, call.coming, call.agent)):
            await _over(session.leg)  # he took the call over, and this is his telephone for it
        await self._house.say(session.leg, LEFT, session)

    async def _call_of(self, staff_number: str) -> Call | None:
        agent_id = await self._desk.agent(staff_number) if staff_number else None
        theirs = (call for call in self._calls.values() if call.agent and call.agent.agent_id == agent_id)
        return next(theirs, None) if agent_id else None

    async def _may(self, who: str, call: Call, mode: SpyMode) -> bool:
        return await self._desk.takes_part(who, call.contact_id, f"call.{mode}")

    async def _heed(self, who: str, call: Call, listening: Listening) -> None:
        """His keys, until he leaves."""
        while True:
            key = await listening.leg.collect_digits(1, LISTENS_S, terminator="")
            if key == LEAVE:
                return
            if key == HANG_UP and await self._ends(who, call, listening):
                await Supervision(self._house, call).hang_up()
            mode = MODES.get(key)
            if mode is not None and listening.spy is not None and await self._may(who, call, mode):
                await listening.spy.change(mode)
                listening.mode = mode

    async def _ends(self, who: str, call: Call, listening: Listening) -> bool:
        """Whether the key comes a second time, by one who may."""
        again = await listening.leg.collect_digits(1, TWICE_S, terminator="")
        return again == HANG_UP and await self._desk.takes_part(who, call.contact_id, "call.ended")

    # Recordings.

    async def _recordings(self, session: Session, who: str) -> None:
        digits = await self._ask(session, SEARCH, SEARCH_DIGITS)
        found = await self._desk.recordings(who, digits) if digits else ()
        if not found:
            await self._house.say(session.leg, NOTHING, session)
            return
        at, silences = 0, 0
        while silences < MOST_SILENCES:
            key = await self._hear(session, who, found[at]) or await self._ask(session, AFTER, 1)
            silences = 0 if key else silences + 1
            if key == LEAVE:
                return
            at = min(max(at + {"1": 1, "2": -1}.get(key, 0), 0), len(found) - 1)

    async def _hear(self, session: Session, who: str, one: FoundRecording) -> str:
        """The key that broke it off, "" when it was heard to its end."""
        path = await self._desk.recording(who, one.id)
        with tempfile.TemporaryDirectory(prefix="axd-heard-") as folder:
            media = await _read(path, Path(folder)) if path is not None else None
            if media is None:
                await self._house.say(session.leg, NOTHING, session)
                return ""
            moment = one.started_at
            session.values |= {
                "day": moment.date().isoformat(),
                "hour": str(moment.hour),
                "minute": str(moment.minute),
                "seconds": str(one.duration_s),
            }
            key = await self._house.say(session.leg, ONE, session, stop=True)
            return key or await session.leg.play(media, stop_on_digit=True) or ""


async def _read(path: Path, folder: Path) -> Media | None:
    try:
        return await asyncio.to_thread(as_media, path, folder / path.name)
    except (OSError, EOFError, wave.Error, ValueError) as error:
        log.warning("a recording cannot be read: %s", type(error).__name__)
        return None


def as_media(path: Path, target: Path) -> Media:
    """A recording as something to be played: both sides mixed, written to `target`. Raises `ValueError` for no such."""
    with wave.open(str(path), "rb") as source, wave.open(str(target), "wb") as mixed:
        if source.getsampwidth() != 2 or source.getframerate() != RATE_HZ:
            raise ValueError(f"{path.name} is not 16-bit at 8 kHz")
        mixed.setnchannels(1)
        mixed.setsampwidth(2)
        mixed.setframerate(RATE_HZ)
        while data := source.readframes(FRAMES_AT_ONCE):
            sides = np.frombuffer(data, dtype="<i2").reshape(-1, source.getnchannels()).astype(np.int32)
            mixed.writeframes(np.clip(sides.sum(axis=1), -32768, 32767).astype("<i2").tobytes())
        return Media(path=target, duration_s=source.getnframes() / RATE_HZ, passing=True)


async def _over(leg: CallLeg) -> None:
    async for event in leg.events():
        if isinstance(event, Ended):
            return
