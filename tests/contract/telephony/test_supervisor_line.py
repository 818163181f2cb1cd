"""Supervisors on the telephone: nobody gets in without staff number and PIN; calls and recordings as on the page."""

from dataclasses import dataclass
from functools import partial

import pytest
from sqlalchemy import delete, select

from desk.telephone.by_phone import SupervisorsByPhone
from kit.errors import Invalid
from records.staff import passwords, telephone_pins, throttle
from records.staff.permissions import DEFAULT_ROLES, RoleKey
from records.staff.tables import AccountRoleRow, AccountRow, AuditRow, RoleRow
from router.sealing import seal
from telephony.calls import SpyMode
from telephony.tables import RecordingRow
from tests.support.calls import FakeParty, FakeSpy
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

NUMBER, STAFF, PIN = "8000", "2001", "593182"
IN = f"{STAFF}#{PIN}#"
REFUSED = "工号或密码有误。"
NO_CALL = "该坐席现在没有可监听的通话。"
NOTHING = "没有找到录音。"


def has_mode(spy: FakeSpy, mode: SpyMode) -> bool:
    return spy.mode is mode


@dataclass
class Office:
    line: Hotline
    supervisor_id: str

    async def calls(self, keys: str = "", caller: str = "02566668888") -> FakeParty:
        phone = await self.line.engine.call(caller, NUMBER)
        phone.will_press(keys)
        return phone

    async def refusals(self) -> list[tuple[str, str, str]]:
        """Whose number was named, why, and who called, as far as it is told."""
        async with self.line.world.database.unit_of_work(self.line.world.access, read_only=True) as uow:
            rows = await uow.session.scalars(select(AuditRow).order_by(AuditRow.id))
            return [(row.entity_id, row.detail["why"], row.source) for row in rows if row.action == "telephone.refused"]

    async def trail(self) -> list[tuple[str, str | None]]:
        async with self.line.world.database.unit_of_work(self.line.world.access, read_only=True) as uow:
            rows = await uow.session.scalars(select(AuditRow).order_by(AuditRow.id))
            return [(row.action, row.actor_id) for row in rows if row.action.startswith(("call.", "rec", "telephone"))]


@pytest.fixture
async def office(line: Hotline) -> Office:
    world = line.world
    pin_hash = await passwords.hash_password(PIN)
    async with world.database.unit_of_work(world.access) as uow:
        account = AccountRow(
            login="boss",
            display_name="班长",
            staff_number=STAFF,
            password_hash="",
            must_change_password=False,
            language="zh-CN",
            created_at=uow.now,
        )
        role = RoleRow(key=RoleKey.SUPERVISOR, permissions=sorted(DEFAULT_ROLES[RoleKey.SUPERVISOR]))
        uow.session.add_all((account, role))
        await uow.session.flush()
        uow.session.add(AccountRoleRow(account_id=account.id, role_id=role.id))
        await telephone_pins.save(uow, account.id, pin_hash)
    line.house.supervisors = SupervisorsByPhone(world.database, world.access, line.blobs)
    return Office(line, account.id)


async def test_who_dials_in_listens_speaks_and_ends_a_call_and_all_of_it_is_written_down(office: Office) -> None:
    line, engine = office.line, office.line.engine
    agent_id = await line.agent()
    caller, phone, row = await line.talking(agent_id)
    boss = await office.calls(IN + "1" + "1006#")
    await wait_until(lambda: engine.spies, "the supervisor listens")
    [spy] = engine.spies
    assert (spy.target, spy.listener, spy.mode) == (phone.leg, boss.leg, SpyMode.LISTEN)
    told = await line.switchboard.command("call", {"contact_id": row.id})
    assert told["supervised"] == {office.supervisor_id: "listen"}
    await boss.speak(575)
    assert 575 not in await phone.hears()
    for key, mode, agent_hears, citizen_hears in (
        ("2", SpyMode.WHISPER, True, False),
        ("3", SpyMode.BARGE, True, True),
    ):
        await boss.press(key)
        await wait_until(partial(has_mode, spy, mode), "the way has changed")
        assert (575 in await phone.hears(), 575 in await caller.hears()) == (agent_hears, citizen_hears)
    await boss.press("99")
    await caller.ended()
    await wait_until(lambda: not engine.spies, "nobody listens any more")
    await boss.hears_prompt("已退出监听。")
    await boss.hang_up()
    await line.quiet()
    who = office.supervisor_id
    done = ["telephone.signed_in", "call.listen", "call.whisper", "call.barge", "call.ended"]
    assert [entry for entry in await office.trail() if entry[1] == who] == [(action, who) for action in done]


async def test_leaving_with_the_hash_key_leaves_the_call_alone(office: Office) -> None:
    line = office.line
    caller, phone, _ = await line.talking(await line.agent())
    boss = await office.calls(IN + "11006#")
    await wait_until(lambda: line.engine.spies, "the supervisor listens")
    await boss.press("#")
    await boss.hears_prompt("已退出监听。")
    assert not line.engine.spies
    await line.bridged(caller, phone)
    await boss.press("1")
    boss.will_press("2001#")
    await boss.hears_prompt(NO_CALL)
    await boss.hang_up()
    await caller.hang_up()
    await line.quiet()


async def test_who_may_not_see_a_call_that_becomes_a_report_hears_no_more_of_it(office: Office) -> None:
    line = office.line
    caller, phone, row = await line.talking(await line.agent())
    boss = await office.calls(IN + "11006#")
    await wait_until(lambda: line.engine.spies, "the supervisor listens")
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await seal(uow, row.id, "举报")
    await boss.hears_prompt("已退出监听。")
    assert not line.engine.spies
    await line.bridged(caller, phone)
    await boss.hang_up()
    await caller.hang_up()
    await line.quiet()


async def test_without_the_pin_nothing_is_told_and_guesses_are_counted(office: Office) -> None:
    line = office.line
    agent_id = await line.agent()
    await line.talking(agent_id)
    wrong = await office.calls("2001#111111#" + "9999#593182#" + "1006#593182#")
    await wrong.ended()
    assert wrong.leg.prompts.count(REFUSED) == 3
    assert not any("监听坐席" in heard for heard in wrong.leg.prompts)
    for source in ("02511112222", "02533334444"):
        await (await office.calls("2001#222222#2001#333333#2001#444444#", source)).ended()
    locked = await office.calls(IN, "02599990000")
    await locked.hears_prompt(REFUSED)
    await locked.hang_up()
    line.clock.advance(telephone_pins.LOCK.total_seconds() + 1)
    right = await office.calls(IN, "02599990000")
    await wait_until(lambda: any("监听坐席" in heard for heard in right.leg.prompts), "the lock is over")
    assert REFUSED not in right.leg.prompts
    await right.hang_up()
    refused = await office.refusals()
    assert refused[:3] == [
        (office.supervisor_id, "wrong_pin", "02566668888"),
        ("", "unknown_number", "****8888"),
        (agent_id, "no_pin_or_locked", "02566668888"),
    ]
    assert [why for _, why, source in refused if source == "02599990000"] == ["no_pin_or_locked"]
    assert len(refused) == 3 + 6 + 1


async def test_every_refusal_stands_in_the_trail_without_what_was_pressed(office: Office) -> None:
    """Of somebody who names none of ours, who tries too often, and who has a PIN and no right to supervise."""
    for _ in range(throttle.MOST_BY_LOGIN_AND_SOURCE // 3 + 1):
        await (await office.calls("11010519491231#593182#" * 3, "13800138000")).ended()
    world = office.line.world
    async with world.database.unit_of_work(world.access) as uow:
        await uow.session.execute(delete(AccountRoleRow))
    await (await office.calls(IN * 3)).ended()
    refused = await office.refusals()
    unknown, busy = ("", "unknown_number", "****8000"), ("", "too_many", "****8000")
    most = throttle.MOST_BY_LOGIN_AND_SOURCE
    assert refused[: most + 1] == [*[unknown] * most, busy]
    assert refused[most + 1 :] == [(office.supervisor_id, "no_right", "02566668888")] * 3
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        for row in await uow.session.scalars(select(AuditRow)):
            assert not {"11010519491231", PIN, "13800138000"} & {
                row.entity_id,
                row.source,
                row.reason,
                *row.detail.values(),
            }


async def test_recordings_are_heard_by_number_and_those_of_reports_are_not(office: Office) -> None:
    line = office.line
    contacts = []
    for staff_number, number in (("1006", "13800138000"), ("1007", "15900138000")):
        agent_id = await line.agent(staff_number=staff_number)
        caller, _, row = await line.talking(agent_id, await line.engine.call(number))
        await caller.hang_up()
        await line.quiet()
        contacts.append(row.id)
    newest, oldest = sorted(await line.recordings(), key=lambda one: one.id, reverse=True)
    boss = await office.calls(IN + "2" + "00138000#")
    await boss.hears_prompt(newest.blob_key)
    boss.will_press("1")
    await boss.hears_prompt(oldest.blob_key)
    await boss.hang_up()
    anybody = await office.calls(IN + "2" + "000000#")
    await anybody.hears_prompt(NOTHING)
    await anybody.hang_up()
    heard = [entry for entry in await office.trail() if entry[0] == "recording.heard"]
    assert heard == [("recording.heard", office.supervisor_id)] * 2
    async with line.world.database.unit_of_work(line.world.access) as uow:
        for contact_id in contacts:
            await seal(uow, contact_id, "举报")
    again = await office.calls(IN + "2" + "00138000#")
    await again.hears_prompt(NOTHING)
    await again.hang_up()
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        assert len(list(await uow.session.scalars(select(RecordingRow)))) == 2


@pytest.mark.parametrize("pin", ["12345", "123456", "987654", "111122", "20012001", "59318a", "593182593"])
def test_easy_pins_are_refused(pin: str) -> None:
    with pytest.raises(Invalid):
        telephone_pins.require_pin(pin, STAFF)
    telephone_pins.require_pin(PIN, STAFF)
