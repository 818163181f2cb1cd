"""What the page that tries a flow is told: the node, what is heard, what would happen, and what may be chosen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from telephony.calls import CallLeg

KEYS = "123456789"
CHOOSE_S = 60.0

Tell = Callable[[Mapping[str, Any]], Awaitable[None]]


class Panel:
    """Of one call. Every frame is `{"type": "trial", "leg_id", "what", …}`."""

    def __init__(self, leg: CallLeg, tell: Tell) -> None:
        self._leg, self._tell = leg, tell

    async def node(self, flow: str, node: str, passed: Mapping[str, str] | None, values: Mapping[str, str]) -> None:
        """He has come to `node`; `passed`: node, exit and keys of the step before; `values`: what is known now."""
        await self._say("node", flow=flow, node=node, passed=passed, values=dict(values))

    async def heard(self, words: Sequence[str]) -> None:
        await self._say("heard", words=list(words))

    async def would(self, act: str, **detail: Any) -> None:
        """This is what a real call would do now."""
        await self._say("would", act=act, detail=detail)

    async def choose(self, act: str, options: Sequence[str], **detail: Any) -> str:
        """Let whoever tries it decide how `act` ends, by a key; the first where he does not. Raises `LegEnded`."""
        offered = dict(zip(KEYS, options, strict=False))
        await self._say("choose", act=act, detail=detail, options=offered)
        while True:
            key = await self._leg.collect_digits(1, CHOOSE_S, terminator="")
            if not key or key in offered:
                return offered.get(key, options[0])

    async def over(self, why: str) -> None:
        """`why`: finished, too_long, failed."""
        await self._say("over", why=why)

    async def _say(self, what: str, **said: Any) -> None:
        await self._tell({"type": "trial", "leg_id": self._leg.id, "what": what, **said})
