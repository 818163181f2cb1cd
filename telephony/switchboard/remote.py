"""The switchboard as other processes see it: commands to the one that holds the lease of calls."""

from typing import Any

from kit.commands import Commands

LEASE = "telephony"
TIMEOUT_S = 4.0


class RemoteSwitchboard:
    """Every method raises `Unavailable` while nobody carries calls, and `Conflict` or `NotFound` as the switchboard.

    `consult`, `transfer` return once the other side answers or does not, all others at once.
    """

    def __init__(self, commands: Commands, *, ring_s: float) -> None:
        self._commands = commands
        self._ring_s = ring_s

    async def connect(self, contact_id: str, agent_id: str) -> None:
        """The agent accepted. Repeating is harmless."""
        await self._ask("connect", contact_id=contact_id, agent_id=agent_id)

    async def release(self, contact_id: str) -> None:
        """No agent has it any more. Repeating is harmless."""
        await self._ask("release", contact_id=contact_id)

    async def call(self, contact_id: str) -> dict[str, Any]:
        """How a call stands: agent_id, consult (to whom, or None), parties, recording, held, muted."""
        return await self._ask("call", contact_id=contact_id)

    async def hold(self, contact_id: str, agent_id: str, on: bool) -> None:
        await self._ask("hold", contact_id=contact_id, agent_id=agent_id, on=on)

    async def mute(self, contact_id: str, agent_id: str, on: bool) -> None:
        await self._ask("mute", contact_id=contact_id, agent_id=agent_id, on=on)

    async def send_digits(self, contact_id: str, agent_id: str, digits: str) -> None:
        await self._ask("digits", contact_id=contact_id, agent_id=agent_id, digits=digits)

    async def consult(self, contact_id: str, agent_id: str, to: str) -> None:
        """`to`: agent:<account id>, extension:<number>, or a number. Raises `CallFailed` when nobody answers."""
        await self._ring("consult", contact_id=contact_id, agent_id=agent_id, to=to)

    async def end_consult(self, contact_id: str, agent_id: str) -> None:
        await self._ask("end_consult", contact_id=contact_id, agent_id=agent_id)

    async def conference(self, contact_id: str, agent_id: str) -> None:
        await self._ask("conference", contact_id=contact_id, agent_id=agent_id)

    async def complete_transfer(self, contact_id: str, agent_id: str) -> None:
        await self._ask("complete_transfer", contact_id=contact_id, agent_id=agent_id)

    async def transfer(self, contact_id: str, agent_id: str, to: str) -> None:
        """Blind, to a number or extension; to agents and queues go by `Router.transfer`."""
        await self._ring("transfer", contact_id=contact_id, agent_id=agent_id, to=to)

    async def _ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        return await self._commands.request(LEASE, name, arguments, timeout_s=TIMEOUT_S)

    async def _ring(self, name: str, **arguments: Any) -> None:
        await self._commands.request(LEASE, name, arguments, timeout_s=self._ring_s + TIMEOUT_S)
