"""Nodes that only say something, one after another: heard without a pause between them."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from telephony.calls import Media
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import NEXT, AnyNode, Play
from telephony.ivr.ports import Session, Step, Surroundings

Entered = Callable[[str, AnyNode], Awaitable[None]]


class Monologue:
    """`entered` is told of each node but the first, once what comes before is heard; `at` is the one being heard."""

    def __init__(self, nodes: Sequence[tuple[str, Play]], session: Session, around: Surroundings, entered: Entered):
        self._nodes, self._session, self._around, self._entered = nodes, session, around, entered
        self._place = 0

    @property
    def at(self) -> str:
        return self._nodes[self._place][0]

    async def sounds(self) -> AsyncGenerator[Media, None]:
        for place, (_, node) in enumerate(self._nodes):
            for media in await self._around.sounds(node.say, self._session):
                yield media
                # Whoever asks for the next lets this one be heard now.
                await self._reach(place)

    async def end(self) -> str:
        """All is heard, or cut short by a key; what follows."""
        await self._reach(len(self._nodes) - 1)
        self._pass()
        return self._nodes[-1][1].next

    async def _reach(self, place: int) -> None:
        while self._place < place:
            self._pass()
            self._place += 1
            await self._entered(*self._nodes[self._place])

    def _pass(self) -> None:
        self._session.path.append(Step(node=self.at, exit=NEXT))


def monologue_from(key: str, flow: Flow) -> list[tuple[str, Play]]:
    """The nodes from `key` on that only say something and can be cut short alike."""
    found: dict[str, Play] = {}
    first = node = flow.nodes[key]
    while isinstance(first, Play) and isinstance(node, Play) and node.interruptible == first.interruptible:
        if key in found:
            break
        found[key] = node
        key = node.next
        node = flow.nodes[key]
    return list(found.items())
