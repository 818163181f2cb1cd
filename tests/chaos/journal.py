"""What the clients were told, written down by them alone: the independent side of the audit."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Journal:
    """`said`: acknowledged messages of citizens, `client id -> (session, text)`; `replied`: those of agents,
    `client id -> (contact, text)`; `accepted`: (contact, fence) -> agents who were told that it is theirs."""

    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    replied: dict[str, tuple[str, str]] = field(default_factory=dict)
    accepted: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    seen: dict[str, Counter[str]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    stopping: bool = False

    def note_accept(self, contact_id: str, fence: str, agent_id: str) -> None:
        holders = self.accepted.setdefault((contact_id, fence), [])
        if agent_id not in holders:
            holders.append(agent_id)
