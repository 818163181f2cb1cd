"""Citizens: recognised by the address they come from, told apart when they come in confidence."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from stdnum.cn import uscc

from kit import search
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.addresses import normalise
from records.citizens.tables import AddressRow, CitizenRow

SEARCH_ENTITY = "citizen"
MAX_NAME_CHARS = 120


class SenderAddress(Protocol):
    """Where an approach came from, as its channel reports it; `name` as the citizen wrote it, or empty."""

    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenEdit:
    """What is None stays as it is; an empty text clears."""

    kind: str | None = None
    name: str | None = None
    honorific: str | None = None
    organisation: str | None = None
    credit_code: str | None = None
    note: str | None = None


async def find_or_create(
    uow: UnitOfWork, sender: SenderAddress, *, language: str | None, sealed: bool = False, stated: bool = False
) -> CitizenRow:
    """Who is known under the sender's address, or a new citizen with it; safe to race.

    A sealed approach finds and makes sealed records only, so that it leaves no trace in the ordinary ones, and an
    ordinary approach never leads to a sealed record. `stated`: the address was only typed in, and proves nothing: it
    leads to who typed the same address and name before, never to its owner. Needs an access that sees sealed rows.
    """
    value = normalise(sender.kind, sender.value)
    known = await _known(uow, sender, value, sealed=sealed, stated=stated)
    if known is None:
        try:
            async with uow.session.begin_nested():
                return await _create(uow, sender, value, language=language, sealed=sealed, stated=stated)
        except IntegrityError:
            known = await store.seen_address(uow, sender.kind, value, sealed=sealed)
            if known is None:
                raise
    citizen = await store.kept(uow, known.citizen_id)
    await _complete(uow, citizen, sender.name, language)
    return citizen


async def _known(
    uow: UnitOfWork, sender: SenderAddress, value: str, *, sealed: bool, stated: bool
) -> AddressRow | None:
    if not stated:
        return await store.seen_address(uow, sender.kind, value, sealed=sealed)
    if not _name(sender):
        return None
    return await store.stated_address(uow, sender.kind, value, _name(sender), sealed=sealed)


async def change(uow: UnitOfWork, citizen_id: str, version: int, edit: CitizenEdit) -> CitizenRow:
    """Raises `Conflict` (code `version`, with the present one) when somebody changed the record in between, `Invalid`
    (code `credit_code`) for a credit code whose check character is wrong.
    """
    citizen = await store.kept(uow, citizen_id)
    if citizen.version != version:
        raise Conflict("Somebody changed this citizen meanwhile.", code="version", version=citizen.version)
    for name in ("kind", "name", "organisation", "note"):
        value = getattr(edit, name)
        if value is not None:
            setattr(citizen, name, value.strip())
    if edit.honorific is not None:
        citizen.honorific = edit.honorific.strip() or None
    if edit.credit_code is not None:
        citizen.credit_code = _credit_code(edit.credit_code)
    citizen.version += 1
    await make_findable(uow, citizen)
    return citizen


async def make_findable(uow: UnitOfWork, citizen: CitizenRow) -> None:
    """Index the record by name, organisation, credit code and addresses."""
    await uow.session.flush()
    known = [row.value for row in await store.addresses_of(uow, citizen.id)]
    parts = [citizen.name, citizen.organisation, citizen.credit_code or "", *known]
    await search.index(uow, SEARCH_ENTITY, citizen.id, "\n".join(filter(None, parts)), sealed=citizen.sealed)


async def _create(
    uow: UnitOfWork, sender: SenderAddress, value: str, *, language: str | None, sealed: bool, stated: bool
) -> CitizenRow:
    citizen = CitizenRow(
        id=new_id(),
        kind="person",
        name=_name(sender),
        organisation="",
        note="",
        language=language,
        created_at=uow.now,
        version=1,
        sealed=sealed,
    )
    uow.session.add(citizen)
    await uow.session.flush()
    uow.session.add(
        AddressRow(
            citizen_id=citizen.id, kind=sender.kind, value=value, stated=stated, created_at=uow.now, sealed=sealed
        )
    )
    await make_findable(uow, citizen)
    return citizen


async def _complete(uow: UnitOfWork, citizen: CitizenRow, name: str, language: str | None) -> None:
    """Fill in what was not known; what is there was perhaps checked by somebody and stays."""
    citizen.language = citizen.language or language
    if name.strip() and not citizen.name:
        citizen.name = name.strip()[:MAX_NAME_CHARS]
        citizen.version += 1
        await make_findable(uow, citizen)


def _name(sender: SenderAddress) -> str:
    name = sender.name.strip()[:MAX_NAME_CHARS]
    return "" if "@" in name else name


def _credit_code(text: str) -> str | None:
    code = text.strip().upper()
    if not code:
        return None
    if not uscc.is_valid(code):
        raise Invalid("The check character of this credit code is wrong.", code="credit_code")
    return uscc.compact(code)
