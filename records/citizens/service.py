"""Citizens: recognised by the address they come from, told apart when they come in confidence."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from stdnum.cn import uscc

from kit import search
from kit.errors import Conflict, Invalid, NotFound
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
    class_key: str | None = None
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
    ordinary approach never leads to a sealed record. `stated`: the address was only typed in, or stands in a forwarded
    newsletter, and proves nothing: it leads to who stated the same address and name before, never to its owner. So does
    one that several people share. Needs an access that sees sealed rows.
    """
    value = normalise(sender.kind, sender.value)
    known, shared = await _known(uow, sender, value, sealed=sealed, stated=stated)
    if known is None:
        address = AddressRow(kind=sender.kind, value=value, stated=stated, shared=shared, sealed=sealed)
        try:
            async with uow.session.begin_nested():
                return await _create(uow, sender, address, language=language)
        except IntegrityError:
            known = await store.seen_address(uow, sender.kind, value, sealed=sealed)
            if known is None:
                raise
    citizen = await store.kept(uow, known.citizen_id)
    await _complete(uow, citizen, sender.name, language)
    return citizen


async def _known(
    uow: UnitOfWork, sender: SenderAddress, value: str, *, sealed: bool, stated: bool
) -> tuple[AddressRow | None, bool]:
    """The address of who is known by it, and whether it is a shared one."""
    if not stated:
        seen = await store.seen_address(uow, sender.kind, value, sealed=sealed)
        if seen is not None:
            return seen, False
    shared = await store.is_shared(uow, sender.kind, value, sealed=sealed)
    if not _name(sender) or not (stated or shared):
        return None, shared
    return await store.stated_address(uow, sender.kind, value, _name(sender), sealed=sealed), shared


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
    if edit.class_key is not None:
        citizen.class_key = edit.class_key or None
    if edit.honorific is not None:
        citizen.honorific = edit.honorific.strip() or None
    if edit.credit_code is not None:
        citizen.credit_code = clean_credit_code(edit.credit_code)
    citizen.version += 1
    await make_findable(uow, citizen)
    return citizen


async def make_findable(uow: UnitOfWork, citizen: CitizenRow) -> None:
    """Index the record by name, organisation, credit code and addresses."""
    await uow.session.flush()
    known = [row.value for row in await store.addresses_of(uow, citizen.id)]
    parts = [citizen.name, citizen.organisation, citizen.credit_code or "", *known]
    await search.index(uow, SEARCH_ENTITY, citizen.id, "\n".join(filter(None, parts)), sealed=citizen.sealed)


async def _create(uow: UnitOfWork, sender: SenderAddress, address: AddressRow, *, language: str | None) -> CitizenRow:
    citizen = new_record(uow, name=_name(sender), language=language, sealed=address.sealed)
    await uow.session.flush()
    address.citizen_id, address.created_at = citizen.id, uow.now
    uow.session.add(address)
    words = "\n".join(filter(None, [citizen.name, address.value]))
    search.add(uow, search.Findable(entity=SEARCH_ENTITY, entity_id=citizen.id, text=words, sealed=citizen.sealed))
    return citizen


def new_record(
    uow: UnitOfWork, *, kind: str = "person", name: str = "", language: str | None = None, sealed: bool = False
) -> CitizenRow:
    """An empty record, in the session but not flushed."""
    citizen = CitizenRow(
        id=new_id(),
        kind=kind,
        name=name,
        organisation="",
        note="",
        language=language,
        created_at=uow.now,
        version=1,
        sealed=sealed,
    )
    uow.session.add(citizen)
    return citizen


async def share_address(uow: UnitOfWork, citizen_id: str, address_id: str, *, shared: bool) -> AddressRow:
    """Say that several people use an address, or that one does after all.

    Raises `NotFound`, and `Conflict` (code `address_of_others`) for one that others were seen at, too.
    """
    citizen = await store.kept(uow, citizen_id)
    row = await store.address(uow, address_id)
    if row is None or row.citizen_id != citizen.id:
        raise NotFound("The citizen has no such address.")
    if not shared and row.shared:
        owner = await store.seen_address(uow, row.kind, row.value, sealed=row.sealed)
        others = await store.shared_with(uow, row)
        if others or owner is not None:
            raise Conflict("Others are known by this address, too.", code="address_of_others")
    row.shared = shared
    citizen.version += 1
    await uow.session.flush()
    return row


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


def clean_credit_code(text: str) -> str | None:
    """A unified social credit code (GB 32100) without spaces, None for an empty text. Raises `Invalid`."""
    code = text.strip().upper()
    if not code:
        return None
    if not uscc.is_valid(code):
        raise Invalid("The check character of this credit code is wrong.", code="credit_code")
    return uscc.compact(code)
