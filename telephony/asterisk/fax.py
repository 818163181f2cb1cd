"""Faxes through Asterisk's own machine (T.38, else tones in G.711).

The channel leaves our application for the dial plan, whose last step tells what became of it, also when the other
side hangs up half-way; Asterisk's own end of the channel stands in for a step that never came.
"""

import asyncio
import json
from contextlib import suppress
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from telephony.asterisk.ari import AsteriskLost, AsteriskRefused, Event
from telephony.asterisk.configuration import FAX_MARK, FAX_PARTS, FAX_RECEIVE, FAX_SEND
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.wire import Wire
from telephony.calls import CallLeg, LegEnded, LegState
from telephony.fax import FaxResult, FaxStatus, LeftFax

FILE_VARIABLE = "AXD_FAX_FILE"
DONE = "FaxDone"
SUCCESS = "SUCCESS"
CONNECTED_WITHIN_S, LOOK_EVERY_S = 60.0, 1.0


class FaxLine:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._own: set[str] = set()

    async def receive(self, leg: CallLeg, mark: str) -> FaxResult:
        """See `telephony.fax.FaxPort`; so the others."""
        self._own.add(mark)
        about = {"call_id": leg.id, "caller": leg.caller, "dialled": leg.dialled}
        await asyncio.to_thread(self._about(mark).write_text, json.dumps(about), "utf-8")
        return await self._received(mark, await self._run(_ours(leg), FAX_RECEIVE, mark))

    async def send(self, leg: CallLeg, document: Path, mark: str) -> FaxResult:
        await asyncio.to_thread(_copy, document, self._path(mark))
        return _sent(await self._run(_ours(leg), FAX_SEND, mark))

    async def resume(self, mark: str) -> FaxResult | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                while not self._wire.ari.is_connected:  # noqa: ASYNC110 - after a restart alone
                    await asyncio.sleep(LOOK_EVERY_S)
        if not self._wire.ari.is_connected:
            return None
        has_come = self._about(mark).exists()
        while await self._goes_on(mark):  # noqa: ASYNC110 - of a channel that left us nobody tells the end
            await asyncio.sleep(LOOK_EVERY_S)
        told = await self._kept(mark)
        if has_come:
            return await self._received(mark, told)
        return _sent(told) if told else None

    async def left(self) -> list[LeftFax]:
        found = []
        for path in await asyncio.to_thread(lambda: sorted(self._wire.settings.fax_dir.glob("*.json"))):
            if path.stem not in self._own:
                found.append(LeftFax(mark=path.stem, **json.loads(await asyncio.to_thread(path.read_text, "utf-8"))))
        return found

    async def forget(self, mark: str) -> None:
        await self._wire.ask("POST", "asterisk/variable", {"variable": f"{FAX_MARK}_{mark}", "value": ""})
        for path in (self._path(mark), self._about(mark)):
            await asyncio.to_thread(path.unlink, missing_ok=True)
        self._own.discard(mark)

    def _path(self, mark: str) -> Path:
        return self._wire.settings.fax_dir / f"{mark}.tiff"

    def _about(self, mark: str) -> Path:
        return self._wire.settings.fax_dir / f"{mark}.json"

    async def _goes_on(self, mark: str) -> bool:
        channels = await self._wire.ask("GET", "channels")
        return any(channel["channelvars"].get(FAX_MARK) == mark for channel in channels)

    async def _kept(self, mark: str) -> dict[str, str]:
        try:
            found = await self._wire.ask("GET", "asterisk/variable", {"variable": f"{FAX_MARK}_{mark}"})
        except (AsteriskLost, AsteriskRefused):
            return {}
        status, pages, error, station = (found["value"] or "|||").split("|", len(FAX_PARTS) - 1)
        return {"status": status, "pages": pages, "error": error, "station": station} if status else {}

    async def _received(self, mark: str, told: dict[str, str]) -> FaxResult:
        path = self._path(mark)
        pages = await asyncio.to_thread(_pages, path)
        status = FaxStatus.PARTIAL if pages else FaxStatus.FAILED
        if told.get("status") == SUCCESS and pages:
            status = FaxStatus.COMPLETE
        return _result(told, status, pages, path if pages else None)

    async def _run(self, leg: AsteriskLeg, context: str, mark: str) -> dict[str, str]:
        """What the dial plan told at the end, nothing where it could not. Raises `LegEnded` before it has begun."""
        if leg.state is LegState.ENDED:
            raise LegEnded
        done = self._wire.expect(f"fax:{leg.channel}")
        try:
            await leg.answer()
            await leg.set_variable(FILE_VARIABLE, str(self._path(mark)))
            await leg.set_variable(FAX_MARK, mark)
            await self._leave(leg, context)
            told = (await leg.until_ended(done)).get("userevent", {})
        except (LegEnded, AsteriskRefused):
            told = {}
        finally:
            done.cancel()
        return {key: str(value) for key, value in told.items()} or await self._kept(mark)

    async def _leave(self, leg: AsteriskLeg, context: str) -> None:
        # Without a subscription the application hears no more of a channel that leaves it.
        source = {"eventSource": f"channel:{leg.channel}"}
        await self._wire.ask("POST", f"applications/{self._wire.settings.application}/subscription", source)
        leg.has_fax = True
        await leg.ask("POST", "/continue", {"context": context, "extension": "s", "priority": 1})

    def heard(self, event: Event) -> None:
        if event.get("eventname") == DONE:
            self._wire.settle(f"fax:{event['channel']['id']}", event)

    def ended(self, channel_id: str) -> None:
        self._wire.settle(f"fax:{channel_id}", {})


def _sent(told: dict[str, str]) -> FaxResult:
    pages = int(told.get("pages") or 0)
    if told.get("status") == SUCCESS:
        return _result(told, FaxStatus.COMPLETE, pages, None)
    return _result(told, FaxStatus.PARTIAL if pages else FaxStatus.FAILED, pages, None)


def _result(told: dict[str, str], status: FaxStatus, pages: int, path: Path | None) -> FaxResult:
    error = "" if status is FaxStatus.COMPLETE else told.get("error") or "hung up"
    return FaxResult(status=status, pages=pages, path=path, station=told.get("station", ""), error=error)


def _pages(path: Path) -> int:
    """How many whole pages the file holds; a fax that was cut may leave an unreadable one."""
    try:
        with Image.open(path) as image:
            pages: int = getattr(image, "n_frames", 1)
            return pages
    except (OSError, UnidentifiedImageError, SyntaxError):
        return 0


def _copy(document: Path, path: Path) -> None:
    path.write_bytes(document.read_bytes())


def _ours(leg: CallLeg) -> AsteriskLeg:
    if not isinstance(leg, AsteriskLeg):
        raise TypeError("a leg of another engine carries no fax on Asterisk")
    return leg
