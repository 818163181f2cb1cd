"""Trunks and phones, for those who look after channels. Secrets go in and come out only where they are made."""

from desk.schemas.lines import HousePhoneView, PhoneInput, PhoneSecretView, TrunkInput, TrunkView
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from records.staff import audit
from telephony.lines import service, store


async def trunks(uow: UnitOfWork) -> list[TrunkView]:
    return [TrunkView.model_validate(row) for row in await store.trunks(uow)]


async def create_trunk(uow: UnitOfWork, box: SecretBox, waker: Waker, body: TrunkInput) -> TrunkView:
    row = await service.create_trunk(uow, box, waker, body)
    audit.record(uow, "trunk.created", "trunk", row.id)
    return TrunkView.model_validate(row)


async def change_trunk(uow: UnitOfWork, box: SecretBox, waker: Waker, trunk_id: str, body: TrunkInput) -> TrunkView:
    row = await service.change_trunk(uow, box, waker, trunk_id, body)
    audit.record(uow, "trunk.changed", "trunk", row.id, detail={"new_secret": body.secret is not None})
    return TrunkView.model_validate(row)


async def remove_trunk(uow: UnitOfWork, waker: Waker, trunk_id: str) -> None:
    await service.remove_trunk(uow, waker, trunk_id)
    audit.record(uow, "trunk.removed", "trunk", trunk_id)


async def phones(uow: UnitOfWork) -> list[HousePhoneView]:
    return [HousePhoneView.model_validate(row) for row in await store.phones(uow)]


async def create_phone(uow: UnitOfWork, box: SecretBox, waker: Waker, body: PhoneInput) -> PhoneSecretView:
    row, secret = await service.create_phone(uow, box, waker, body)
    audit.record(uow, "phone.created", "phone", row.id)
    return _secret(row.id, secret)


async def renew_secret(uow: UnitOfWork, box: SecretBox, waker: Waker, phone_id: str) -> PhoneSecretView:
    secret = await service.renew_secret(uow, box, waker, phone_id)
    audit.record(uow, "phone.secret_renewed", "phone", phone_id)
    return _secret(phone_id, secret)


async def remove_phone(uow: UnitOfWork, waker: Waker, phone_id: str) -> None:
    await service.remove_phone(uow, waker, phone_id)
    audit.record(uow, "phone.removed", "phone", phone_id)


def _secret(phone_id: str, secret: str) -> PhoneSecretView:
    return PhoneSecretView(id=phone_id, username=service.user_of(phone_id), secret=secret)
