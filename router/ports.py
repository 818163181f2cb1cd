"""What the router asks of rooms above it; `server/wiring.py` supplies it. Pure: no database, no web, no Redis."""

from typing import Protocol


class LiveConnector(Protocol):
    """The live side of a channel (chat, voice). Both calls are repeated after a crash and must be idempotent."""

    async def connect(self, contact_id: str, agent_id: str) -> None:
        """An agent accepted: the citizen is told who answers."""
        ...

    async def release(self, contact_id: str) -> None:
        """No agent has the contact any more (finished, transferred, connection lost): the citizen is told."""
        ...
