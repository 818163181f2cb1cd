"""Where a matter stands, in the citizen's eyes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from records.cases.tables import CaseEventRow, CaseRow, CaseStatus
from records.citizens.tables import ReceiptRow
from records.messages.tables import MessageRow
from router.contact import ContactStatus
from router.tables import ContactRow
from webchat.catalogue import Translator
from webchat.progress import Matter

AT = datetime(2026, 11, 20, 6, 6, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
ZH = Translator("zh-CN")


def contact(status: ContactStatus, **values: Any) -> ContactRow:
    given: dict[str, Any] = {"channel": "form", "sender_kind": "form", "sealed": False, "hints": {}, **values}
    return ContactRow(status=status, **given)


def message(seq: int, direction: str, author: str, **values: Any) -> MessageRow:
    at = AT + timedelta(minutes=seq)
    return MessageRow(id=str(seq), seq=seq, direction=direction, author_kind=author, created_at=at, **values)


def matter(**values: Any) -> Matter:
    receipt = ReceiptRow(number="20261120003179", created_at=AT, sealed=False)
    return Matter(**{"receipt": receipt, "contact": None, "case": None, **values})


ASKED = message(1, "in", "citizen", text="问")
ANSWERED = message(2, "out", "agent", text="答")


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (matter(), "received"),
        (matter(contact=contact(ContactStatus.QUEUED), messages=[ASKED]), "received"),
        (matter(contact=contact(ContactStatus.ACTIVE), messages=[ASKED]), "working"),
        (matter(contact=contact(ContactStatus.ACTIVE), messages=[ASKED, ANSWERED]), "answered"),
        (matter(contact=contact(ContactStatus.CLOSED), messages=[ASKED, ANSWERED]), "answered"),
        (matter(contact=contact(ContactStatus.CLOSED), messages=[ASKED]), "closed"),
        (matter(contact=contact(ContactStatus.CLOSED, disposition="withdrawn"), messages=[ASKED]), "withdrawn"),
        (matter(case=CaseRow(status=CaseStatus.DISPATCHED)), "working"),
        (matter(case=CaseRow(status=CaseStatus.WAITING_FOR_CITIZEN)), "waiting"),
        (matter(case=CaseRow(status=CaseStatus.ANSWERED)), "answered"),
    ],
)
def test_the_state_follows_case_before_contact(given: Matter, state: str) -> None:
    assert given.state == state


def test_a_question_after_the_answer_opens_it_again() -> None:
    again = message(3, "in", "citizen", text="还有")
    assert matter(contact=contact(ContactStatus.ACTIVE), messages=[ASKED, ANSWERED, again]).state == "working"


def test_the_case_has_the_later_promise() -> None:
    due_at = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # after midnight in Shanghai
    waiting = matter(contact=contact(ContactStatus.QUEUED, due_at=due_at))
    assert waiting.due_on(ZONE) == date(2026, 11, 21)
    with_case = replace(waiting, case=CaseRow(status=CaseStatus.REGISTERED, due_on=date(2026, 11, 27)))
    assert with_case.due_on(ZONE) == date(2026, 11, 27)


def test_what_is_asked_stands_on_top_while_it_is_asked() -> None:
    asked = CaseEventRow(kind="status", text="缺审计报告", detail={"status": "waiting_for_citizen"}, at=AT)
    waiting = matter(case=CaseRow(status=CaseStatus.WAITING_FOR_CITIZEN), events=[asked])
    assert waiting.asked == "缺审计报告"
    assert matter(case=CaseRow(status=CaseStatus.IN_PROGRESS), events=[asked]).asked == ""
    assert [line.name for line in waiting.timeline(ZH)] == ["received", "asked"]


def test_an_answer_that_went_by_mail_is_not_repeated_for_whoever_guesses_a_pin() -> None:
    by_mail = matter(contact=contact(ContactStatus.ACTIVE, channel="mail", sender_kind="mail"), messages=[ANSWERED])
    here = matter(contact=contact(ContactStatus.ACTIVE), messages=[ANSWERED])
    assert [line.text for line in by_mail.timeline(ZH) if line.name == "answer"] == [""]
    assert [line.text for line in here.timeline(ZH) if line.name == "answer"] == ["答"]


def test_the_timeline_has_the_newest_first_and_no_text_of_staff_numbers_when_sealed() -> None:
    taken = contact(ContactStatus.ACTIVE, accepted_at=AT + timedelta(minutes=5), sealed=True)
    lines = matter(contact=taken, staff_number="1006").timeline(ZH)
    assert [line.name for line in lines] == ["accepted", "received"]
    assert "1006" not in lines[0].text


def test_stages_show_how_far_it_has_come() -> None:
    stages = matter(contact=contact(ContactStatus.ACTIVE, accepted_at=AT), messages=[ASKED]).stages()
    assert [(stage.name, stage.done, stage.now) for stage in stages] == [
        ("received", True, False),
        ("assigned", True, False),
        ("working", False, True),
        ("answered", False, False),
        ("closed", False, False),
    ]
