"""Accounts and templates of text messages through the desk: secrets go in encrypted and never come out."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from channels.sms.adapter import SmsAdapter
from channels.sms.tables import SmsAccountRow
from tests.support.inbox import Inbox

ACCOUNT: dict[str, Any] = {
    "name": "短信平台",
    "kind": "aliyun",
    "number": "0571-88120000",
    "sign": "【云州科技】",
    "secret": "a-secret-word",
    "settings": {"access_key_id": "LTAI0123"},
}
TEMPLATE = {"code": "SMS_1", "name": "办结", "text": "事项${编号}已办结：${结果}。", "approved": True}


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    bag = office.desk.services
    bag.sms = SmsAdapter(
        bag.database,
        office.desk.access,
        bag.secret_box,
        bag.waker,
        origin="https://axd.example",
        status=None,  # type: ignore[arg-type]
    )
    return await office.desk.signed_in("administrator")


async def row(office: Inbox) -> SmsAccountRow:
    async with office.desk.work() as uow:
        return (await uow.session.scalars(select(SmsAccountRow))).one()


async def created(keeper: AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await keeper.post("sms/accounts", json={**ACCOUNT, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_secret_is_never_given_back(office: Inbox, keeper: AsyncClient) -> None:
    account = await created(keeper)
    for answer in (await keeper.get("sms/accounts"), await keeper.get("audit")):
        assert "a-secret-word" not in answer.text
    stored = await row(office)
    assert office.desk.services.secret_box.decrypt(stored.secret) == "a-secret-word"
    assert (account["number"], account["sign"], account["needs_template"]) == ("+8657188120000", "云州科技", True)
    assert account["inbound_url"].startswith(f"https://axd.example/hooks/sms/{stored.id}/")
    changed = await keeper.patch(f"sms/accounts/{stored.id}", json={**ACCOUNT, "secret": None, "name": "新名"})
    assert changed.json()["name"] == "新名"
    assert office.desk.services.secret_box.decrypt((await row(office)).secret) == "a-secret-word"


async def test_a_stored_secret_is_not_sent_elsewhere(keeper: AsyncClient) -> None:
    account = (await created(keeper))["id"]
    elsewhere = {**ACCOUNT, "settings": {**ACCOUNT["settings"], "base_url": "https://elsewhere.example"}}
    refused = await keeper.patch(f"sms/accounts/{account}", json={**elsewhere, "secret": None})
    assert (refused.status_code, refused.json()["code"]) == (422, "secret_required")
    assert (await keeper.patch(f"sms/accounts/{account}", json=elsewhere)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"settings": {}}, "settings.access_key_id"),
        ({"settings": {"access_key_id": "x", "base_url": "ftp://x"}}, "settings.base_url"),
        ({"settings": {"access_key_id": "x", "more": 1}}, "settings.more"),
        ({"number": "no number"}, "number"),
    ],
)
async def test_what_is_wrong_is_named(keeper: AsyncClient, changes: dict[str, Any], field: str) -> None:
    refused = await keeper.post("sms/accounts", json={**ACCOUNT, **changes})
    assert (refused.status_code, [one["field"] for one in refused.json()["fields"]]) == (422, [field])
    assert "a-secret-word" not in refused.text


async def test_templates_are_kept_with_their_account(office: Inbox, keeper: AsyncClient) -> None:
    account = (await created(keeper))["id"]
    made = await keeper.post(f"sms/accounts/{account}/templates", json=TEMPLATE)
    assert (made.status_code, made.json()["variables"]) == (201, ["编号", "结果"])
    double = await keeper.post(f"sms/accounts/{account}/templates", json=TEMPLATE)
    assert (double.status_code, double.json()["code"]) == (409, "template_code")
    at = f"sms/templates/{made.json()['id']}"
    assert (await keeper.patch(at, json={**TEMPLATE, "name": "结果"})).json()["name"] == "结果"
    assert (await keeper.delete(at)).status_code == 204
    assert (await keeper.get(f"sms/accounts/{account}/templates")).json() == []
    assert (await keeper.delete(f"sms/accounts/{account}")).status_code == 204
    assert (await keeper.get(f"sms/accounts/{account}/templates")).status_code == 404


async def test_only_who_looks_after_channels_may(office: Inbox, keeper: AsyncClient) -> None:
    agent = await office.desk.signed_in("registrar")
    assert (await agent.get("sms/accounts")).status_code == 403
    assert (await agent.post("sms/accounts", json=ACCOUNT)).status_code == 403


async def test_who_writes_sees_what_may_be_sent(office: Inbox, keeper: AsyncClient) -> None:
    agent_id = (await office.desk.account("registrar")).id
    agent = await office.desk.browser_of(agent_id)
    contact = await office.contact(channel="sms", recipient="+8657188120000", agent_id=agent_id, status="active")
    nothing = (await agent.get(f"sms/composing/{contact}")).json()
    assert (nothing["can_send"], nothing["templates"]) == (False, [])
    account = (await created(keeper))["id"]
    await keeper.post(f"sms/accounts/{account}/templates", json=TEMPLATE)
    await keeper.post(f"sms/accounts/{account}/templates", json={**TEMPLATE, "code": "SMS_2", "approved": False})
    await keeper.post(f"sms/accounts/{account}/templates", json={**TEMPLATE, "code": "SMS_3", "purpose": "receipt"})
    found = (await agent.get(f"sms/composing/{contact}")).json()
    assert (found["can_send"], found["needs_template"], found["sign"]) == (True, True, "云州科技")
    assert [one["code"] for one in found["templates"]] == ["SMS_1"]
