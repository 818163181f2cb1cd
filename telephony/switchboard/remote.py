"""The switchboard as other processes see it: commands to the one that holds the lease of calls."""

from typing import Any

from kit.commands import Commands
from kit.errors import AppError

LEASE = "telephony"
TIMEOUT_S = 4.0


class RemoteSwitchboard:
    """Every method raises `Unavailable` while nobody carries calls, and `Conflict` or `NotFound` as the switchboard.

    All return at once: whether somebody who is rung answers is told by `call`.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def connect(self, contact_id: str, agent_id: str) -> None:
        """The agent accepted. Repeating is harmless."""
        await self._ask("connect", contact_id=contact_id, agent_id=agent_id)

    async def release(self, contact_id: str) -> None:
        """No agent has it any more. Repeating is harmless."""
        await self._ask("release", contact_id=contact_id)

    async def is_carried(self) -> bool:
        """Whether calls can be made and taken now; raises nothing."""
        try:
            return bool((await self._ask("check"))["ok"])
        except AppError:
            return False

    async def call(self, contact_id: str) -> dict[str, Any]:
        """How a call stands: agent_id, consult (to, answered; or None), parties, supervised, recording."""
        return await self._ask("call", contact_id=contact_id)

    async def hold(self, contact_id: str, agent_id: str, on: bool) -> None:
        await self._ask("hold", contact_id=contact_id, agent_id=agent_id, on=on)

    async def mute(self, contact_id: str, agent_id: str, on: bool) -> None:
        await self._ask("mute", contact_id=contact_id, agent_id=agent_id, on=on)

    async def send_digits(self, contact_id: str, agent_id: str, digits: str) -> None:
        await self._ask("digits", contact_id=contact_id, agent_id=agent_id, digits=digits)

    async def consult(self, contact_id: str, agent_id: str, to: str) -> None:
        """`to`: agent:<account id>, queue:<id>, extension:<number>, or a number.

        Raises `CallFailed` for what cannot be rung.
        """
        await self._ask("consult", contact_id=contact_id, agent_id=agent_id, to=to)

    async def end_consult(self, contact_id: str, agent_id: str) -> None:
        await self._ask("end_consult", contact_id=contact_id, agent_id=agent_id)

    async def conference(self, contact_id: str, agent_id: str) -> None:
        await self._ask("conference", contact_id=contact_id, agent_id=agent_id)

    async def complete_transfer(self, contact_id: str, agent_id: str) -> None:
        await self._ask("complete_transfer", contact_id=contact_id, agent_id=agent_id)

    async def supervise(self, contact_id: str, agent_id: str, mode: str) -> None:
        """`agent_id`: the supervisor's account. `mode`: listen, whisper, barge; again to change it."""
        await self._ask("supervise", contact_id=contact_id, agent_id=agent_id, mode=mode)

    async def end_supervision(self, contact_id: str, agent_id: str) -> None:
        await self._ask("end_supervision", contact_id=contact_id, agent_id=agent_id)

    async def take_over(self, contact_id: str, agent_id: str) -> None:
        """The supervisor, who takes part already and is ready, has the contact from then on."""
        await self._ask("take_over", contact_id=contact_id, agent_id=agent_id)

    async def hang_up(self, contact_id: str, agent_id: str) -> None:
        """End the call for everybody; `agent_id`: who orders it."""
        await self._ask("hang_up", contact_id=contact_id, agent_id=agent_id)

    async def transfer(self, contact_id: str, agent_id: str, to: str) -> None:
        """Blind, to a number or extension; to agents and queues go by `Router.transfer`."""
        await self._ask("transfer", contact_id=contact_id, agent_id=agent_id, to=to)

    async def send_back(self, contact_id: str, agent_id: str, node: str) -> None:
        """Into the flow at `node`. Raises `Invalid` code `no_such_node`."""
        await self._ask("send_back", contact_id=contact_id, agent_id=agent_id, node=node)

    async def _ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        return await self._commands.request(LEASE, name, arguments, timeout_s=TIMEOUT_S)
