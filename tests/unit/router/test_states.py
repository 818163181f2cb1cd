"""The table of transitions: no way out of an end, an agent exactly where one belongs, no status without a way on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Conflict
from router.contact import OPEN_STATUSES, ContactStatus
from router.states import ENDS, HAS_AGENT, Happening, after, sources, target

GIVES_AGENT = {Happening.ACCEPT}
TAKES_AGENT = {Happening.TRANSFER, Happening.REQUEUE, Happening.WAKE}


@given(st.lists(st.sampled_from(Happening), max_size=40))
def test_any_run_of_happenings_keeps_the_rules(happenings: list[Happening]) -> None:
    status, has_agent = ContactStatus.RECEIVED, False
    for happening in happenings:
        if status not in sources(happening):
            with pytest.raises(Conflict) as caught:
                after(status, happening)
            assert caught.value.code == "wrong_status"
            continue
        assert status not in ENDS
        status = after(status, happening)
        if happening in GIVES_AGENT:
            has_agent = True
        elif happening in TAKES_AGENT or status in ENDS:
            has_agent = False
        assert has_agent == (status in HAS_AGENT)


def test_every_status_can_be_reached_and_left_unless_it_is_an_end() -> None:
    assert {target(happening) for happening in Happening} | {ContactStatus.RECEIVED} == set(ContactStatus)
    assert set().union(*(sources(happening) for happening in Happening)) == set(ContactStatus) - ENDS
    assert set(ContactStatus) - ENDS == OPEN_STATUSES


def test_every_open_status_has_a_way_to_an_end() -> None:
    closing = set(ENDS)
    while True:
        wider = closing | {
            status for happening in Happening if target(happening) in closing for status in sources(happening)
        }
        if wider == closing:
            break
        closing = wider
    assert closing == set(ContactStatus)


@pytest.mark.parametrize("status", [ContactStatus.QUEUED, ContactStatus.ACTIVE, ContactStatus.PARKED])
def test_only_an_offer_can_be_accepted(status: ContactStatus) -> None:
    with pytest.raises(Conflict):
        after(status, Happening.ACCEPT)
