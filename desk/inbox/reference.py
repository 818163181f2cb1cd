"""Word lists that a page loads once: queues, skills, choices, departments, canned answers, colleagues."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from channels.registry import PluginAdapter
from desk.inbox import store
from desk.schemas.inbox import (
    CannedAnswerView,
    ChannelNameView,
    ChoiceView,
    ColleagueView,
    DepartmentView,
    QueueView,
    ReferenceView,
    SkillView,
)
from kit.unit_of_work import UnitOfWork
from records.messages import store as messages
from records.staff import store as staff
from router.service import Router
from router.tables import ChoiceRow, QueueRow, SkillRow


async def reference(uow: UnitOfWork, router: Router, plugins: Mapping[str, PluginAdapter]) -> ReferenceView:
    """What the access may see of it; of sealed queues those without the right know that they can transfer there."""
    queues = await queue_views(uow)
    return ReferenceView(
        queues=[*queues, *await _transfer_targets(uow, {view.id for view in queues})],
        skills=[
            SkillView(id=row.id, name=row.name, name_en=row.name_en, confidential=row.confidential)
            for row in await uow.session.scalars(select(SkillRow).order_by(SkillRow.position))
        ],
        choices=await _choices(uow),
        departments=[
            DepartmentView(id=row.id, name=row.name, name_en=row.name_en) for row in await staff.departments(uow)
        ],
        canned_answers=[
            CannedAnswerView(number=row.number, language=row.language, text=row.text)
            for row in await messages.canned_answers(uow)
        ],
        colleagues=await _colleagues(uow, router),
        channels=[
            ChannelNameView(key=channel, name=plugin.name.zh, name_en=plugin.name.en)
            for channel, plugin in plugins.items()
        ],
    )


async def queue_views(uow: UnitOfWork) -> list[QueueView]:
    return [_queue_view(row) for row in await store.queues(uow)]


def _queue_view(row: QueueRow) -> QueueView:
    return QueueView(
        id=row.id,
        key=row.key,
        name=row.name,
        name_en=row.name_en,
        channel=row.channel,
        sla_s=row.sla_s,
        wrap_up_s=row.wrap_up_s,
        restricted=row.restricted,
        sealed=row.sealed,
    )


async def _transfer_targets(uow: UnitOfWork, visible: Collection[str]) -> list[QueueView]:
    with uow.seeing_sealed():
        rows = [row for row in await store.queues(uow) if row.sealed and row.id not in visible]
    return [
        _queue_view(row).model_copy(
            update={"name": f"{row.name}（保密）", "name_en": f"{row.name_en} (sealed)", "transfer_only": True}
        )
        for row in rows
    ]


async def _choices(uow: UnitOfWork) -> dict[str, list[ChoiceView]]:
    lists: dict[str, list[ChoiceView]] = {}
    for row in await uow.session.scalars(select(ChoiceRow).order_by(ChoiceRow.list, ChoiceRow.position)):
        view = ChoiceView(key=row.key, label=row.label, label_en=row.label_en, by_system=row.by_system)
        lists.setdefault(row.list, []).append(view)
    return lists


async def _colleagues(uow: UnitOfWork, router: Router) -> list[ColleagueView]:
    accounts = {row.id: row for row in await staff.accounts(uow) if not row.disabled}
    return [
        ColleagueView(
            id=standing.agent_id,
            display_name=accounts[standing.agent_id].display_name,
            staff_number=accounts[standing.agent_id].staff_number,
            state=standing.state,
        )
        for standing in await router.agents(uow)
        if standing.agent_id in accounts
    ]
