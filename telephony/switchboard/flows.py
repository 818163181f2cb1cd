"""Flows as they are kept: drafts, published versions, roll-back."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select

from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import UnitOfWork
from records.knowledge.service import items
from router.tables import QueueRow
from telephony.ivr.default_flow import GUIDE, ITEMS, default_flow
from telephony.ivr.flow import Flow, Known, Problem, problems
from telephony.tables import FlowRow, FlowVersionRow, PromptRow

MAIN = "main"
MAIN_NAME = "主流程"
DOCUMENTS = frozenset({GUIDE})
ACTIONS = frozenset({"receipt"})


async def seed(uow: UnitOfWork) -> None:
    """The default flow, published, in a workspace that has none."""
    if await uow.session.scalar(select(FlowRow.id).where(FlowRow.key == MAIN)) is None:
        row = FlowRow(key=MAIN, name=MAIN_NAME, draft=_json(default_flow()), published=None, changed_at=uow.now)
        uow.session.add(row)
        await uow.session.flush()
        await _publish(uow, row, default_flow(), "")


def _json(flow: Flow) -> dict[str, Any]:
    return flow.model_dump(mode="json", exclude_defaults=False)


async def published(uow: UnitOfWork, key: str) -> tuple[Flow, int] | None:
    """The flow that calls follow now, and the number of its version."""
    found = await uow.session.execute(
        select(FlowVersionRow.body, FlowVersionRow.number)
        .join(FlowRow, FlowRow.id == FlowVersionRow.flow_id)
        .where(FlowRow.key == key, FlowVersionRow.number == FlowRow.published)
    )
    row = found.first()
    return (Flow.model_validate(row[0]), row[1]) if row else None


async def followed(uow: UnitOfWork, key: str) -> Flow:
    """The published flow, or the default one in a workspace that has published none."""
    found = await published(uow, key)
    return found[0] if found else default_flow()


def read(body: Mapping[str, Any]) -> Flow:
    """Raises `Invalid` with the place and what is wrong there."""
    try:
        return Flow.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{place}: {first['msg']}", code="invalid_flow", place=place) from None


async def known(uow: UnitOfWork) -> Known:
    """What flows of this workspace may name."""
    prompts = await uow.session.scalars(select(PromptRow.key))
    return Known(
        queues=frozenset(await uow.session.scalars(select(QueueRow.key))),
        flows=frozenset(await uow.session.scalars(select(FlowRow.key))),
        prompts=frozenset(prompts),
        items=frozenset(row.key for row in await items(uow)) | {name for name, _, _ in ITEMS},
        documents=DOCUMENTS,
        actions=ACTIONS,
    )


async def look_through(uow: UnitOfWork, body: Mapping[str, Any]) -> list[Problem]:
    """What keeps this flow from being published. Raises `Invalid` where it is no flow at all."""
    return problems(read(body), await known(uow))


async def one(uow: UnitOfWork, key: str) -> FlowRow:
    row = await uow.session.scalar(select(FlowRow).where(FlowRow.key == key))
    if row is None:
        raise NotFound("There is no such flow.")
    return row


async def save_draft(uow: UnitOfWork, key: str, name: str, body: Mapping[str, Any], based_on: int) -> FlowRow:
    """Keep a draft, unfinished as it may be. `based_on`: the version that was read, 0 for a new flow.

    Raises `Conflict` code `flow_changed` when somebody saved in between.
    """
    row = await uow.session.scalar(select(FlowRow).where(FlowRow.key == key).with_for_update())
    if (row.version if row else 0) != based_on:
        raise Conflict("Somebody else saved this flow meanwhile.", code="flow_changed")
    if row is None:
        row = FlowRow(key=key, published=None, version=0)
        uow.session.add(row)
    row.name, row.draft, row.changed_at, row.version = name, dict(body), uow.now, row.version + 1
    await uow.session.flush()
    return row


async def publish(uow: UnitOfWork, key: str, note: str = "") -> FlowVersionRow:
    """Let the next calls follow the draft. Raises `Invalid` code `flow_has_problems` with each place."""
    row = await one(uow, key)
    flow = read(row.draft)
    found = problems(flow, await known(uow))
    if found:
        places = [{"node": item.node, "code": item.code.value, "detail": item.detail} for item in found]
        raise Invalid(f"{found[0].node}: {found[0].code}", code="flow_has_problems", problems=places)
    return await _publish(uow, row, flow, note)


async def roll_back(uow: UnitOfWork, key: str, number: int) -> FlowRow:
    """Let the next calls follow an earlier version again; it becomes the draft, too."""
    row = await one(uow, key)
    earlier = await uow.session.scalar(
        select(FlowVersionRow).where(FlowVersionRow.flow_id == row.id, FlowVersionRow.number == number)
    )
    if earlier is None:
        raise NotFound("There is no such version.")
    row.published, row.draft, row.changed_at, row.version = number, earlier.body, uow.now, row.version + 1
    return row


async def discard(uow: UnitOfWork, key: str, based_on: int) -> FlowRow:
    """Make the published version the draft again. `based_on`: the version that was read.

    Raises `Conflict` code `flow_changed` when somebody saved in between, `never_published` with nothing to go back to.
    """
    row = await one(uow, key)
    if row.version != based_on:
        raise Conflict("Somebody else saved this flow meanwhile.", code="flow_changed")
    current = await published(uow, key)
    if current is None:
        raise Conflict("This flow was never published.", code="never_published")
    row.draft, row.changed_at, row.version = _json(current[0]), uow.now, row.version + 1
    await uow.session.flush()
    return row


async def versions(uow: UnitOfWork, key: str) -> list[FlowVersionRow]:
    """All that were published, newest first."""
    row = await one(uow, key)
    found = select(FlowVersionRow).where(FlowVersionRow.flow_id == row.id).order_by(FlowVersionRow.number.desc())
    return list(await uow.session.scalars(found))


async def _publish(uow: UnitOfWork, row: FlowRow, flow: Flow, note: str) -> FlowVersionRow:
    last = await uow.session.scalar(select(func.max(FlowVersionRow.number)).where(FlowVersionRow.flow_id == row.id))
    version = FlowVersionRow(
        flow_id=row.id,
        number=(last or 0) + 1,
        body=_json(flow),
        note=note,
        published_by_id=uow.access.actor_id,
        published_at=uow.now,
    )
    uow.session.add(version)
    row.published = version.number
    await uow.session.flush()
    return version
