"""A socket cut at any moment loses and doubles nothing, whoever was speaking."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.messages.tables import Direction
from tests.support.chat_page import ChatPage
from tests.support.citizens import CitizenSide, Visitor

IDS = itertools.count()
who = st.sampled_from(["visitor", "agent", "note"])
# What happens before a connection, what the other side does during it, and after how many frames in both directions
# together it dies.
rounds = st.lists(
    st.tuples(st.lists(who, max_size=3), st.lists(st.sampled_from(["agent", "note"]), max_size=2), st.integers(0, 14)),
    min_size=1,
    max_size=6,
)


@dataclass
class Story:
    """What both sides have said, in the order in which they said it."""

    page: ChatPage
    said: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    async def happens(self, who: Sequence[str]) -> None:
        for each in who:
            if each == "visitor":
                self.said.append(f"诉求 {len(self.said)}")
                self.page.writes(f"id{next(IDS)}", self.said[-1])
            else:
                await self._from_the_desk(each)

    async def _from_the_desk(self, kind: str) -> None:
        side, session_id = self.page.side, self.page.visitor.session_id
        contacts = [one for one in await side.contacts() if one.sender == session_id]
        if contacts and kind == "agent":
            self.answered.append(f"答复 {len(self.answered)}")
            await side.agent_writes(contacts[-1], self.answered[-1])
        elif contacts:
            await side.agent_writes(contacts[-1], "内部便签", direction=Direction.NOTE)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rounds=rounds)
async def test_a_cut_at_any_moment_loses_and_doubles_nothing(
    side: CitizenSide, rounds: list[tuple[list[str], list[str], int]]
) -> None:
    page = ChatPage(await Visitor.arrives(side))
    story = Story(page)
    for before, during, budget in rounds:
        await story.happens(before)
        await page.live(budget, partial(story.happens, during))
    await page.live(None, partial(story.happens, ["agent"]))

    stored = await side.messages(page.visitor.session_id)
    assert [row.text for row in stored if row.direction == Direction.IN] == story.said
    assert [row.text for row in stored if row.direction == Direction.OUT] == story.answered
    visible = [(row.seq, row.text) for row in stored if row.direction in (Direction.IN, Direction.OUT)]
    assert sorted(page.seen.items()) == visible
    assert page.unsettled == {}
