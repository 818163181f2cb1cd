"""Faxes through Asterisk's own machine (T.38, else tones in G.711).

The channel leaves our application for the dial plan, whose last step tells what became of it, also when the other
side hangs up half-way; Asterisk's own end of the channel stands in for a step that never came.
"""

import asyncio
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from kit.ids import new_id
from telephony.asterisk.ari import AsteriskRefused, Event
from telephony.asterisk.configuration import FAX_RECEIVE, FAX_SEND
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.wire import Wire
from telephony.calls import CallLeg, LegEnded, LegState
from telephony.fax import FaxResult, FaxStatus

FILE_VARIABLE = "AXD_FAX_FILE"
DONE = "FaxDone"
SUCCESS = "SUCCESS"


class FaxLine:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def receive(self, leg: CallLeg) -> FaxResult:
        path = self._wire.settings.fax_dir / f"{new_id()}.tiff"
        told = await self._run(_ours(leg), FAX_RECEIVE, path)
        pages = await asyncio.to_thread(_pages, path)
        status = FaxStatus.PARTIAL if pages else FaxStatus.FAILED
        if told.get("status") == SUCCESS and pages:
            status = FaxStatus.COMPLETE
        if not pages:
            path.unlink(missing_ok=True)
        return _result(told, status, pages, path if pages else None)

    async def send(self, leg: CallLeg, document: Path) -> FaxResult:
        path = self._wire.settings.fax_dir / f"{new_id()}.tiff"
        await asyncio.to_thread(_copy, document, path)
        try:
            told = await self._run(_ours(leg), FAX_SEND, path)
        finally:
            path.unlink(missing_ok=True)
        pages = int(told.get("pages") or 0)
        if told.get("status") == SUCCESS:
            return _result(told, FaxStatus.COMPLETE, pages, None)
        return _result(told, FaxStatus.PARTIAL if pages else FaxStatus.FAILED, pages, None)

    async def _run(self, leg: AsteriskLeg, context: str, path: Path) -> dict[str, str]:
        """What the dial plan told at the end, nothing where it could not. Raises `LegEnded` before it has begun."""
        if leg.state is LegState.ENDED:
            raise LegEnded
        done = self._wire.expect(f"fax:{leg.channel}")
        try:
            await leg.answer()
            await leg.set_variable(FILE_VARIABLE, str(path))
            await self._leave(leg, context)
            event = await done
        except (LegEnded, AsteriskRefused):
            return {}
        finally:
            done.cancel()
        return {key: str(value) for key, value in event.get("userevent", {}).items()}

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
