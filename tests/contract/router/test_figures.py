"""Positions, expected waits, the board and the skills matrix."""

import pytest
from sqlalchemy import select

from kit.access import Access
from kit.errors import Conflict
from router.contact import ContactStatus
from router.results import LevelChange
from router.tables import SkillChangeRow
from tests.support.routing import RoutingWorld


async def test_a_position_counts_who_is_ahead_and_priority_overtakes(world: RoutingWorld) -> None:
    first = await world.arrives()
    world.clock.advance(10)
    second = await world.arrives()
    complaint = await world.arrives(hints={"topic": "complaint"})
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        positions = [
            (await world.router.position(uow, contact_id)).position for contact_id in (complaint, first, second)
        ]
    assert positions == [1, 2, 3]


async def test_no_number_is_told_while_nobody_is_there(world: RoutingWorld) -> None:
    contact_id = await world.arrives()
    chat = world.queues["chat"]
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        assert await world.router.expected_wait(uow, chat) is None
        assert (await world.router.position(uow, contact_id)).wait is None


async def test_a_free_agent_means_seconds_and_a_full_house_minutes(world: RoutingWorld) -> None:
    agent = await world.agent(chat=1)
    chat = world.queues["chat"]
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        free = await world.router.expected_wait(uow, chat)
    await world.active(agent)
    for _ in range(3):
        await world.arrives()
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        busy = await world.router.expected_wait(uow, chat)
    assert free is not None
    assert busy is not None
    assert free.high_s == 10
    assert busy.mean_s == pytest.approx(4 * 420)
    assert busy.low_s < busy.mean_s < busy.high_s


async def test_the_board_counts_what_happened(world: RoutingWorld) -> None:
    agent = await world.agent(chat=2)
    answered = await world.active(agent)
    await world.does("dispose", answered, agent, "answered")
    held = await world.active(agent)
    await world.active(agent)
    waiting = await world.arrives()
    abandoned = await world.arrives()
    await world.does("abandon", abandoned)
    await world.pass_time(400, agent)
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        board = await world.router.board(uow)
    line = next(line for line in board.queues if line.queue_id == world.queues["chat"])
    assert (line.waiting, line.longest_wait_s) == (1, 400)
    assert (line.answered, line.answered_in_time, line.abandoned) == (3, 3, 1)
    assert (line.online_agents, line.free_agents, sum(line.trend)) == (1, 0, 5)
    (standing,) = board.agents
    assert (standing.state, standing.load["chat"]) == ("on_contact", 2)
    assert {alarm.code for alarm in board.alarms} >= {"queue_critical", "overdue"}
    assert (await world.contact(held)).status == ContactStatus.ACTIVE
    assert (await world.contact(waiting)).status == ContactStatus.QUEUED


async def test_a_call_that_was_accepted_owes_no_answer_any_more(world: RoutingWorld) -> None:
    agent = await world.agent()
    await world.active(agent, "voice")
    await world.pass_time(60, agent)
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        board = await world.router.board(uow)
    assert [line.overdue for line in board.queues if line.queue_id == world.queues["phone"]] == [0]


async def test_agents_stand_by_what_they_chose_and_what_they_have(world: RoutingWorld) -> None:
    agent = await world.agent()

    async def state() -> str:
        async with world.database.unit_of_work(world.access, read_only=True) as uow:
            return (await world.router.agents(uow, [agent]))[0].state

    seen = [await state()]
    contact_id = await world.arrives()
    seen.append(await state())
    await world.accepts(contact_id, agent)
    seen.append(await state())
    await world.does("finish", contact_id, agent)
    seen.append(await state())
    await world.pass_time(26)
    seen.append(await state())
    assert seen == ["ready", "ringing", "on_contact", "wrap_up", "lost"]


async def save(world: RoutingWorld, agent_id: str, skill: str, level: int | None, based_on: str) -> SkillChangeRow:
    change = LevelChange(agent_id=agent_id, skill_id=world.skills[skill], level=level)
    access = Access(workspace_id=world.workspace_id, actor_id="supervisor", sees_sealed=True)
    async with world.database.unit_of_work(access) as uow:
        row = await world.router.set_skills(uow, [change], reason="换班", based_on=based_on)
    assert row is not None
    return row


async def version(world: RoutingWorld) -> str:
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        return await world.router.skills_version(uow)


async def test_saved_levels_route_at_once_and_can_be_undone(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives(text="高企认定")
    assert await world.offers(contact_id) == []
    saved = await save(world, agent, "高企认定", 7, await version(world))
    assert (saved.changed_by_id, saved.changes[0]["before"], saved.changes[0]["after"]) == ("supervisor", None, 7)
    (offer,) = await world.offers(contact_id)
    assert offer.agent_id == agent
    undone = await world.does("undo_skills", saved.id)
    assert undone.changes[0]["after"] is None
    found = await world.functions.eligible(world.workspace_id, {world.skills["高企认定"]: 1}, now_ms=world.now_ms)
    assert found == []


async def test_levels_saved_by_two_are_not_mixed(world: RoutingWorld) -> None:
    agent = await world.agent()
    seen = await version(world)
    await save(world, agent, "投诉", 3, seen)
    with pytest.raises(Conflict) as caught:
        await save(world, agent, "投诉", 9, seen)
    assert caught.value.code == "skills_changed"
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        assert (await world.router.levels(uow))[agent] == {world.skills["投诉"]: 3}
        assert len(list(await uow.session.scalars(select(SkillChangeRow)))) == 1


async def test_a_change_that_was_changed_again_cannot_be_undone(world: RoutingWorld) -> None:
    agent = await world.agent()
    first = await save(world, agent, "投诉", 3, await version(world))
    await save(world, agent, "投诉", 4, await version(world))
    with pytest.raises(Conflict):
        await world.does("undo_skills", first.id)


async def test_a_preview_shows_whom_nobody_could_serve(world: RoutingWorld) -> None:
    only = await world.agent({"举报(保密)": 8}, ready=False)
    report = await world.arrives(hints={"topic": "report"})
    change = LevelChange(agent_id=only, skill_id=world.skills["举报(保密)"], level=None)
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        preview = await world.router.preview_skills(uow, [change])
        levels = await world.router.levels(uow)
    assert preview.unreachable_contact_ids == (report,)
    skill = world.skills["举报(保密)"]
    sets = {effect.requirements[skill]: (effect.before, effect.after, effect.waiting) for effect in preview.effects}
    assert sets == {1: ((only,), (), 1), 8: ((only,), (), 0)}, "all reports, and those against the bureau's own staff"
    assert levels[only] == {world.skills["举报(保密)"]: 8}
