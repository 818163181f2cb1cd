"""The flow as it is being written, as far as it can be walked."""

from pydantic import ValidationError

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from telephony.ivr.flow import Flow, Trouble, problems
from telephony.switchboard import flows


async def draft(uow: UnitOfWork, key: str) -> Flow:
    """Raises `NotFound`, and `Invalid` code `not_walkable` for one with fields that are missing or exits that lead
    nowhere; what else keeps it from being published can be tried out.
    """
    row = await flows.one(uow, key)
    try:
        flow = Flow.model_validate(row.draft)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Invalid(f"{place} is missing or wrong.", code="not_walkable", place=place) from None
    lost = next((one for one in problems(flow) if one.code is Trouble.UNKNOWN_TARGET), None)
    if lost is not None:
        raise Invalid(f"{lost.node} leads to {lost.detail}.", code="not_walkable", place=lost.node)
    return flow


async def draft_or_published(uow: UnitOfWork, key: str, tried: str) -> Flow | None:
    """Where a jump leads: back into the draft that is tried, else into what callers hear."""
    if key == tried:
        return await draft(uow, key)
    found = await flows.published(uow, key)
    return found[0] if found else None
