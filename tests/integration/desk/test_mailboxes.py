"""Mailboxes through the desk: secrets go in encrypted and never come out."""

from dataclasses import dataclass

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from channels.adapter import Health
from channels.mail.tables import MailboxRow
from tests.support.inbox import Inbox

MAILBOX = {
    "name": "公开邮箱",
    "address": "bureau@axd.example",
    "imap_host": "imap.axd.example",
    "imap_port": 993,
    "smtp_host": "smtp.axd.example",
    "smtp_port": 587,
    "username": "bureau",
    "secret": "a-secret-word",
}


@dataclass
class Mail:
    """A mail adapter that finds a fault and says it in the language it is asked in."""

    async def check_mailbox(self, mailbox_id: str, language: str) -> Health:
        return Health(ok=False, detail=f"{mailbox_id} {language}")


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("administrator")


async def row(office: Inbox) -> MailboxRow:
    async with office.desk.work() as uow:
        return (await uow.session.scalars(select(MailboxRow))).one()


async def test_a_secret_is_never_given_back(office: Inbox, keeper: AsyncClient) -> None:
    created = await keeper.post("mailboxes", json=MAILBOX)
    assert created.status_code == 201
    for answer in (created, await keeper.get("mailboxes"), await keeper.get("audit")):
        assert "a-secret-word" not in answer.text
    stored = await row(office)
    assert "a-secret-word" not in stored.secret
    assert office.desk.services.secret_box.decrypt(stored.secret) == "a-secret-word"
    changed = await keeper.patch(f"mailboxes/{stored.id}", json={**MAILBOX, "secret": None, "name": "新名"})
    assert (changed.json()["name"], changed.json()["from_environment"]) == ("新名", False)
    assert office.desk.services.secret_box.decrypt((await row(office)).secret) == "a-secret-word"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"imap_host": "elsewhere.example"},
        {"smtp_port": 2525},
        {"imap_security": "none"},
        {"auth": "xoauth2", "oauth_token_url": "https://elsewhere.example/token"},
    ],
)
async def test_a_stored_secret_is_not_sent_elsewhere(
    office: Inbox, keeper: AsyncClient, elsewhere: dict[str, str | int]
) -> None:
    mailbox = (await keeper.post("mailboxes", json=MAILBOX)).json()["id"]
    refused = await keeper.patch(f"mailboxes/{mailbox}", json={**MAILBOX, **elsewhere, "secret": None})
    assert (refused.status_code, refused.json()["code"]) == (422, "secret_required")
    assert (await row(office)).imap_host == MAILBOX["imap_host"]
    assert (await keeper.patch(f"mailboxes/{mailbox}", json={**MAILBOX, **elsewhere})).status_code == 200


async def test_what_the_form_does_not_ask_stays(office: Inbox, keeper: AsyncClient) -> None:
    mailbox = (await keeper.post("mailboxes", json=MAILBOX)).json()["id"]
    async with office.desk.work() as uow:
        (await uow.session.get_one(MailboxRow, mailbox)).confidential = True
    await keeper.patch(f"mailboxes/{mailbox}", json={**MAILBOX, "enabled": False})
    stored = await row(office)
    assert (stored.confidential, stored.enabled, stored.state) == (True, False, "stopped")


async def test_a_bad_address_is_refused_without_repeating_the_secret(office: Inbox, keeper: AsyncClient) -> None:
    refused = await keeper.post("mailboxes", json={**MAILBOX, "address": "nowhere"})
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "address")
    assert "a-secret-word" not in refused.text


async def test_fetch_check_and_remove(office: Inbox, keeper: AsyncClient) -> None:
    mailbox = (await keeper.post("mailboxes", json=MAILBOX)).json()["id"]
    office.desk.services.mail = Mail()
    assert (await keeper.post(f"mailboxes/{mailbox}/fetch")).status_code == 204
    assert (await row(office)).fetch_requests == 1
    assert (await keeper.post(f"mailboxes/{mailbox}/check")).json() == {"ok": False, "detail": f"{mailbox} zh-CN"}
    assert (await keeper.delete(f"mailboxes/{mailbox}")).status_code == 204
    assert (await keeper.get("mailboxes")).json() == []
    assert (await keeper.post(f"mailboxes/{mailbox}/fetch")).status_code == 404
