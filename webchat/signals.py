"""What the agent's side tells the visitor's: typing and how far was read. Called by the desk.

Audience `chat:<session id>`: `message` {seq} (there is a new one), `read` {seq} and `typing` {on} (the agent's),
`idle` {closes_in_s}, `secret` {seq, text} (a text with a PIN, encrypted, for the page only); `chat:<thread id>`:
`contact` (its status changed). The desk hears `typing` {contact_id, on, by: "citizen"} on audience `desk`.
"""

from kit.event_row import NewEvent
from kit.events import EventLog
from kit.unit_of_work import UnitOfWork
from webchat import store


async def agent_read(uow: UnitOfWork, contact_id: str, seq: int) -> None:
    """The agent has read the thread up to `seq`; only grows, harmless for contacts of other channels."""
    session_id = await store.session_of_contact(uow, contact_id)
    if session_id and await store.raise_read_mark(uow, session_id, seq, by_agent=True):
        uow.emit(f"chat:{session_id}", "read", session_id, seq, {"seq": seq})


async def agent_typing(uow: UnitOfWork, event_log: EventLog, contact_id: str, *, on: bool) -> None:
    """The agent began or stopped writing. Not stored: a lost one only means that nothing is shown."""
    session_id = await store.session_of_contact(uow, contact_id)
    if session_id:
        await event_log.publish([passing_event(uow, "chat", session_id, "typing", session_id, {"on": on})])


def passing_event(
    uow: UnitOfWork,
    family: str,
    topic: str,
    entity: str,
    entity_id: str,
    data: dict[str, object],
    *,
    sealed: bool = False,
) -> NewEvent:
    """An event that lives in the stream only; it is never stored."""
    return NewEvent(
        workspace_id=uow.workspace_id,
        family=family,
        topic=topic,
        entity=entity,
        entity_id=entity_id,
        version=0,
        data=data,
        sealed=sealed,
    )
