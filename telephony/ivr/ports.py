"""What the interpreter asks of its surroundings; the switchboard supplies it, tests have a scripted one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from telephony.calls import CallLeg, Media
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import Part, Say


@dataclass(kw_only=True)
class Session:
    """One caller's way through flows. `values`: variables by name; those in `secrets` are never kept."""

    leg: CallLeg
    language: str
    values: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    path: list["Step"] = field(default_factory=list)
    flow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node that was passed: by which exit, with which keys ("" for secret ones)."""

    node: str
    exit: str
    keys: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Of a data node: its exit, and variables that it sets."""

    exit: str
    values: Mapping[str, str] = field(default_factory=dict)


class Surroundings(Protocol):
    async def sounds(self, say: Say, session: Session) -> Sequence[Media]:
        """Parts as they are to be heard; what cannot be spoken now is left out."""
        ...

    async def item(self, name: str, language: str) -> Sequence[Part]:
        """The knowledge item as it stands now; empty when there is none."""
        ...

    async def is_open(self, calendar: str) -> bool: ...

    async def flow(self, key: str) -> Flow | None: ...

    async def keep_recording(self, session: Session, name: str, limit_s: float) -> bool:
        """Record until a key, hang-up or the limit, and keep it with the call; False when nothing was said."""
        ...

    async def confide(self, session: Session, topic: str) -> None:
        """Somebody is about to leave a message under `topic`: where that is a report, the call is one from now on."""
        ...

    async def leave_message(
        self, session: Session, topic: str, limit_s: float, *, receipt: bool
    ) -> Mapping[str, str] | None:
        """Record likewise, and hand it in as a contact of its own; variables to set (number, pin), None: nothing said.

        What was said before a hang-up is handed in all the same, and then `LegEnded` raised.
        """
        ...

    async def promise_callback(self, session: Session, number: str) -> bool: ...

    async def send_document(self, session: Session, document: str, by: str, address: str) -> bool:
        """`address`: a number, or with `mail` an address; "" with `mail`: the one that is known of the citizen."""
        ...

    async def fax_document(self, session: Session, document: str) -> bool:
        """Fax it on this call, which ends with it; False where nothing, or not all of it, was taken."""
        ...

    async def vote(self, session: Session, poll: str, question: int, key: str) -> None: ...

    async def use(self, session: Session, action: str, values: Mapping[str, str]) -> Answer:
        """A data action. Never raises: its trouble is an exit of its own name or `failed`."""
        ...
