"""What administrators see and change of the telephone."""

from collections.abc import Sequence

from sqlalchemy import select

from desk.schemas.telephone import (
    FlowDetailView,
    FlowInput,
    FlowVersionView,
    FlowView,
    KnowledgeItemInput,
    KnowledgeItemView,
    PathCountView,
)
from desk.telephone.editing import faults
from kit.errors import Conflict
from kit.unit_of_work import UnitOfWork
from records.knowledge import service as knowledge
from records.knowledge.tables import KnowledgeItemRow
from records.staff import audit
from telephony.switchboard import flows
from telephony.tables import FlowRow, PathCountRow

MOST_COUNTS = 5000


async def flow_list(uow: UnitOfWork) -> list[FlowView]:
    rows = await uow.session.scalars(select(FlowRow).order_by(FlowRow.key))
    return [_flow_view(row) for row in rows]


def _flow_view(row: FlowRow) -> FlowView:
    return FlowView(key=row.key, name=row.name, published=row.published, changed_at=row.changed_at, version=row.version)


async def flow(uow: UnitOfWork, key: str) -> FlowDetailView:
    """With what keeps the draft from being published. Raises `NotFound`."""
    return await _detail(uow, await flows.one(uow, key))


async def _detail(uow: UnitOfWork, row: FlowRow) -> FlowDetailView:
    view = _flow_view(row).model_dump()
    return FlowDetailView(**view, draft=row.draft, problems=await faults(uow, row.draft))


async def save_flow(uow: UnitOfWork, key: str, body: FlowInput) -> FlowDetailView:
    """Keep a draft, unfinished as it may be. Raises `Conflict` code `flow_changed`."""
    return await _detail(uow, await flows.save_draft(uow, key, body.name, body.draft, body.based_on))


async def discard_draft(uow: UnitOfWork, key: str, based_on: int) -> FlowDetailView:
    """The published version is the draft again. Raises `Conflict` code `flow_changed` or `never_published`."""
    row = await flows.discard(uow, key, based_on)
    audit.record(uow, "flow.draft_discarded", "flow", row.id)
    return await _detail(uow, row)


async def publish_flow(uow: UnitOfWork, key: str, note: str) -> FlowView:
    """The next calls follow the draft. Raises `Invalid` code `flow_has_problems`."""
    version = await flows.publish(uow, key, note)
    audit.record(uow, "flow.published", "flow", version.flow_id, note, {"number": version.number})
    return _flow_view(await flows.one(uow, key))


async def flow_versions(uow: UnitOfWork, key: str) -> list[FlowVersionView]:
    return [
        FlowVersionView(
            number=row.number, note=row.note, published_at=row.published_at, published_by_id=row.published_by_id
        )
        for row in await flows.versions(uow, key)
    ]


async def roll_back_flow(uow: UnitOfWork, key: str, number: int) -> FlowView:
    row = await flows.roll_back(uow, key, number)
    audit.record(uow, "flow.rolled_back", "flow", row.id, detail={"number": number})
    return _flow_view(row)


async def path_counts(uow: UnitOfWork, key: str) -> Sequence[PathCountView]:
    """By day and exit, the newest days first."""
    rows = await uow.session.scalars(
        select(PathCountRow)
        .where(PathCountRow.flow == key)
        .order_by(PathCountRow.day.desc(), PathCountRow.node, PathCountRow.exit)
        .limit(MOST_COUNTS)
    )
    return [PathCountView(day=row.day.isoformat(), node=row.node, exit=row.exit, count=row.count) for row in rows]


async def item_list(uow: UnitOfWork) -> list[KnowledgeItemView]:
    return [_item_view(row) for row in await knowledge.items(uow)]


def _item_view(row: KnowledgeItemRow) -> KnowledgeItemView:
    return KnowledgeItemView(
        key=row.key,
        language=row.language,
        title=row.title,
        text=row.text,
        changed_at=row.changed_at,
        version=row.version,
    )


async def save_item(uow: UnitOfWork, key: str, language: str, body: KnowledgeItemInput) -> KnowledgeItemView:
    """The next call hears it. Raises `Conflict` code `version` when it was written anew since it was read."""
    if body.based_on is not None:
        found = await knowledge.item(uow, key, language)
        if (found.version if found and found.language == language else 0) != body.based_on:
            raise Conflict("Somebody else wrote this item meanwhile.", code="version")
    row = await knowledge.save_item(uow, key, language, body.title, body.text)
    audit.record(uow, "item.saved", "knowledge_item", row.id, detail={"key": key, "language": language})
    return _item_view(row)


async def tally(uow: UnitOfWork, poll: str, question: int) -> dict[str, int]:
    return dict(await knowledge.tally(uow, poll, question))
