"""Who might be the same citizen under another record, and why. Suggestions only: people decide."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import aliased

from kit.unit_of_work import UnitOfWork
from records.citizens import askers, store
from records.citizens.tables import AddressRow, CitizenRow

MOST = 10


class MatchReason(StrEnum):
    NAME_AND_ORGANISATION = "same_name_and_organisation"
    CREDIT_CODE = "same_credit_code"
    RECEIPT = "same_receipt"
    PHONE = "same_phone"
    MAIL = "same_mail"
    STATED_PHONE = "same_stated_phone"
    STATED_MAIL = "same_stated_mail"
    SHARED_PHONE = "shared_phone"
    SHARED_MAIL = "shared_mail"


WEAK = frozenset({MatchReason.SHARED_PHONE, MatchReason.SHARED_MAIL})
"""Reasons that many strangers have in common: alone they need a second look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    citizen: CitizenRow
    reasons: tuple[MatchReason, ...]

    @property
    def is_weak(self) -> bool:
        return WEAK.issuperset(self.reasons)


_REASONS = {
    "phone": (MatchReason.PHONE, MatchReason.STATED_PHONE, MatchReason.SHARED_PHONE),
    "mail": (MatchReason.MAIL, MatchReason.STATED_MAIL, MatchReason.SHARED_MAIL),
}
"""By kind of address: one of the two was seen at it, both only stated it, several people use it."""


async def matches(uow: UnitOfWork, citizen_id: str) -> list[Match]:
    """At most ten, those with the most and best reasons first; without the ones that somebody dismissed."""
    citizen = await store.kept(uow, citizen_id)
    reasons = await _reasons(uow, citizen)
    for unwanted in {citizen.id, *await store.dismissed(uow, citizen.id)}:
        reasons.pop(unwanted, None)
    rows = await store.citizens(uow, reasons.keys())
    # A confidential record never leads to an ordinary one, nor the other way round.
    found_rows = [row for row in rows.values() if row.merged_into_id is None and row.sealed == citizen.sealed]
    found = [Match(citizen=row, reasons=tuple(sorted(reasons[row.id]))) for row in found_rows]
    return sorted(found, key=lambda match: (match.is_weak, -len(match.reasons), match.citizen.id))[:MOST]


async def is_only_weak(uow: UnitOfWork, one_id: str, other_id: str) -> bool:
    """Whether all that two records have in common is what strangers have, too; False where it is nothing at all."""
    one = await store.kept(uow, one_id)
    found = (await _reasons(uow, one)).get(other_id, set())
    return bool(found) and WEAK.issuperset(found)


async def _reasons(uow: UnitOfWork, citizen: CitizenRow) -> dict[str, set[MatchReason]]:
    reasons: dict[str, set[MatchReason]] = {}
    for reason, ids in (
        (MatchReason.NAME_AND_ORGANISATION, await _same_name_and_organisation(uow, citizen)),
        (MatchReason.CREDIT_CODE, await _same_credit_code(uow, citizen)),
        (MatchReason.RECEIPT, await askers.others(uow, citizen)),
    ):
        for found in ids:
            reasons.setdefault(found, set()).add(reason)
    for reason, found in await _same_address(uow, citizen):
        reasons.setdefault(found, set()).add(reason)
    return reasons


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


async def _same_address(uow: UnitOfWork, citizen: CitizenRow) -> list[tuple[MatchReason, str]]:
    """Reason and citizen id of others who were seen at, or named, one of the citizen's addresses."""
    mine, other = aliased(AddressRow), aliased(AddressRow)
    rows = await uow.session.execute(
        select(other.kind, other.citizen_id, mine.shared | other.shared, mine.stated & other.stated)
        .join(mine, (mine.kind == other.kind) & (mine.value == other.value))
        .where(mine.citizen_id == citizen.id, other.citizen_id != citizen.id, other.kind.in_(_REASONS))
    )
    return [(_reason(kind, shared=shared, stated=stated), found) for kind, found, shared, stated in rows]


def _reason(kind: str, *, shared: bool, stated: bool) -> MatchReason:
    seen_reason, stated_reason, shared_reason = _REASONS[kind]
    return shared_reason if shared else stated_reason if stated else seen_reason
