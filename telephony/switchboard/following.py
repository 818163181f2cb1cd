"""Calls follow what is written of their contacts.

Commands of pages come sooner, but may be lost with the process that sends them; the news of a change is not.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from router.announcements import CALLS
from router.contact import ContactStatus
from telephony.switchboard import store
from telephony.switchboard.call import Call
from telephony.switchboard.house import House
from telephony.switchboard.phones import Phones
from telephony.switchboard.supervision import Supervision


class Board(Protocol):
    """`calls` by the contact's id. `connect` and `release`: see `router.ports.LiveConnector`."""

    @property
    def calls(self) -> Mapping[str, Call]: ...
    @property
    def phones(self) -> Phones: ...
    @property
    def connect(self) -> Callable[[str, str], Awaitable[None]]: ...
    @property
    def release(self) -> Callable[[str], Awaitable[None]]: ...


class Following:
    def __init__(self, house: House, board: Board) -> None:
        self._house, self._board = house, board

    async def run(self) -> None:
        """Look at each call whose contact changes, until cancelled."""
        house = self._house
        async with house.events.subscribe(house.workspace_id, CALLS) as news:
            while True:
                event = await news.get()
                if event is None:
                    # Some were missed: every call is looked at.
                    for contact_id in list(self._board.calls):
                        house.start(self.look(contact_id))
                        house.start(self._look_who_listens(contact_id))
                elif event.entity == "sealed":
                    house.start(self._look_who_listens(event.entity_id))
                elif event.entity == "contact" and event.data["channel"] in house.channels:
                    house.start(self.look(event.entity_id))

    async def look(self, contact_id: str) -> None:
        """Ring for the offer that is pending now, or stop; put the call through, or let it go. Harmless to repeat."""
        board = self._board
        row = await board.phones.look(contact_id)
        call = board.calls.get(contact_id)
        if call is not None and row.status == ContactStatus.ACTIVE and row.agent_id:
            await board.connect(contact_id, row.agent_id)
        if call is not None and call.agent is not None:
            await board.release(contact_id)

    async def _look_who_listens(self, contact_id: str) -> None:
        """Of a call that has become confidential those hear no more who may not see it."""
        call = self._board.calls.get(contact_id)
        if call is None or not call.listening:
            return
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            sealed = (await store.contact(uow, contact_id)).sealed
        if sealed:
            await Supervision(self._house, call).leave_unless_cleared()
