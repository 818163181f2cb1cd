"""Word lists that a page loads once: queues, skills, choices, departments, canned answers, colleagues."""

from sqlalchemy import select

from desk.inbox import store
from desk.schemas.inbox import (
    CannedAnswerView,
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
from router.tables import ChoiceRow, SkillRow


async def reference(uow: UnitOfWork, router: Router) -> ReferenceView:
    """What the access may see of it: sealed queues do not exist for those without the right."""
    return ReferenceView(
        queues=await queue_views(uow),
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
    )


async def queue_views(uow: UnitOfWork) -> list[QueueView]:
    return [
        QueueView(
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
        for row in await store.queues(uow)
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
