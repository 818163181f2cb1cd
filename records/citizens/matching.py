"""Who might be the same citizen under another record, and why. Suggestions only: people decide."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import aliased

from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.tables import AddressRow, CitizenRow

MOST = 10


class MatchReason(StrEnum):
    NAME_AND_ORGANISATION = "same_name_and_organisation"
    CREDIT_CODE = "same_credit_code"
    PHONE = "same_phone"
    MAIL = "same_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    citizen: CitizenRow
    reasons: tuple[MatchReason, ...]


_SAME_ADDRESS = {"phone": MatchReason.PHONE, "mail": MatchReason.MAIL}


async def matches(uow: UnitOfWork, citizen_id: str) -> list[Match]:
    """At most ten, those with the most reasons first; without the ones that somebody dismissed."""
    citizen = await store.kept(uow, citizen_id)
    reasons: dict[str, set[MatchReason]] = {}
    for reason, ids in (
        (MatchReason.NAME_AND_ORGANISATION, await _same_name_and_organisation(uow, citizen)),
        (MatchReason.CREDIT_CODE, await _same_credit_code(uow, citizen)),
    ):
        for found in ids:
            reasons.setdefault(found, set()).add(reason)
    for kind, found in await _same_address(uow, citizen):
        reasons.setdefault(found, set()).add(_SAME_ADDRESS[kind])
    for unwanted in {citizen.id, *await store.dismissed(uow, citizen.id)}:
        reasons.pop(unwanted, None)
    rows = await store.citizens(uow, reasons.keys())
    # A confidential record never leads to an ordinary one, nor the other way round.
    found_rows = [row for row in rows.values() if row.merged_into_id is None and row.sealed == citizen.sealed]
    found_rows.sort(key=lambda row: (-len(reasons[row.id]), row.id))
    return [Match(citizen=row, reasons=tuple(sorted(reasons[row.id]))) for row in found_rows[:MOST]]


async def _same_name_and_organisation(uow: UnitOfWork, citizen: CitizenRow) -> list[str]:
    if not (citizen.name and citizen.organisation):
        return []
    found = await uow.session.scalars(
        select(CitizenRow.id).where(CitizenRow.name == citizen.name, CitizenRow.organisation == citizen.organisation)
    )
    return list(found)


async def _same_credit_code(uow: UnitOfWork, citizen: CitizenRow) -> list[str]:
    if not citizen.credit_code:
        return []
    found = await uow.session.scalars(select(CitizenRow.id).where(CitizenRow.credit_code == citizen.credit_code))
    return list(found)


async def _same_address(uow: UnitOfWork, citizen: CitizenRow) -> list[tuple[str, str]]:
    """(kind, citizen id) of others who were seen at, or named, one of the citizen's addresses."""
    mine, other = aliased(AddressRow), aliased(AddressRow)
    rows = await uow.session.execute(
        select(other.kind, other.citizen_id)
        .join(mine, (mine.kind == other.kind) & (mine.value == other.value))
        .where(mine.citizen_id == citizen.id, other.citizen_id != citizen.id, other.kind.in_(_SAME_ADDRESS))
    )
    return [(kind, found) for kind, found in rows]
