"""Beside the card: what a citizen does not want, for whom they speak, which of their addresses others use, too."""

from desk.access import Actor
from desk.citizens import service
from desk.citizens.opening import require_citizen
from desk.schemas.citizens import CitizenView
from desk.schemas.identity import DoNotContactInput, RepresentsInput
from kit.unit_of_work import UnitOfWork
from records.citizens import do_not_contact as wishes
from records.citizens import representatives
from records.citizens import service as citizens
from records.staff import audit


async def forbid(uow: UnitOfWork, who: Actor, citizen_id: str, body: DoNotContactInput) -> CitizenView:
    """Forbid exactly these channels; audited. Answers to what the citizen asks still go out."""
    row = await require_citizen(uow, citizen_id)
    await wishes.replace(uow, row.id, set(body.channels), body.reason, by=who.account_id)
    detail = {"channels": sorted(body.channels)}
    audit.record(uow, "citizen.do_not_contact", "citizen", row.id, body.reason, detail, sealed=row.sealed)
    return await service.view(uow, who, row.id)


async def represent(uow: UnitOfWork, who: Actor, citizen_id: str, body: RepresentsInput) -> CitizenView:
    """The citizen speaks for the enterprise of this code, which gets a record where it has none."""
    row = await require_citizen(uow, citizen_id)
    firm = await representatives.enterprise(uow, body.credit_code, body.name, sealed=row.sealed)
    await representatives.add(uow, firm.id, row.id, body.role, by=who.account_id)
    audit.record(uow, "citizen.represents", "citizen", row.id, detail={"enterprise_id": firm.id}, sealed=row.sealed)
    return await service.view(uow, who, row.id)


async def part(uow: UnitOfWork, who: Actor, citizen_id: str, other_id: str) -> CitizenView:
    """The person of the two speaks for the enterprise of the two no more, whichever card this is."""
    row, other = await require_citizen(uow, citizen_id), await require_citizen(uow, other_id)
    firm, person = (row, other) if row.kind == representatives.ENTERPRISE else (other, row)
    await representatives.remove(uow, firm.id, person.id)
    detail = {"enterprise_id": firm.id}
    audit.record(uow, "citizen.represents_no_more", "citizen", person.id, detail=detail, sealed=person.sealed)
    return await service.view(uow, who, row.id)


async def share(uow: UnitOfWork, who: Actor, citizen_id: str, address_id: str, *, shared: bool) -> CitizenView:
    """Raises what `records.citizens.service.share_address` raises."""
    row = await require_citizen(uow, citizen_id)
    await citizens.share_address(uow, row.id, address_id, shared=shared)
    detail = {"address_id": address_id, "shared": shared}
    audit.record(uow, "citizen.address_shared", "citizen", row.id, detail=detail, sealed=row.sealed)
    return await service.view(uow, who, row.id)
