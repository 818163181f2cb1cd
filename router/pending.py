"""Not ready after this contact: what an agent (or a supervisor) asked for while a live contact was on."""

from sqlalchemy import func, or_, select, update

from kit.unit_of_work import UnitOfWork
from router.contact import Channel, ContactStatus, Presence
from router.dispatch import Dispatch
from router.tables import AgentRow, ContactRow, QueueRow

LOGOUT = "logout"
LIVE = (Channel.VOICE, Channel.CHAT)


async def live_contacts(uow: UnitOfWork, agent_id: str) -> int:
    """How many contacts of the agent are live: active calls and chats, and wrap-ups that block."""
    blocking = (ContactRow.status == ContactStatus.WRAP_UP) & QueueRow.wrap_up_blocks.is_(True)
    active = (ContactRow.status == ContactStatus.ACTIVE) & ContactRow.channel.in_(LIVE)
    count = await uow.session.scalar(
        select(func.count())
        .select_from(ContactRow)
        .join(QueueRow, QueueRow.id == ContactRow.queue_id)
        .where(ContactRow.agent_id == agent_id, or_(active, blocking))
    )
    return count or 0


async def settle_pending(uow: UnitOfWork, dispatch: Dispatch, agent_id: str) -> None:
    """Let a pending not-ready or log-out begin once no live contact is left. The caller announces the agent."""
    await uow.session.flush()
    pending = await uow.session.scalar(select(AgentRow.pending).where(AgentRow.id == agent_id))
    if pending is None or await live_contacts(uow, agent_id):
        return
    offline = pending == LOGOUT
    await uow.session.execute(
        update(AgentRow)
        .where(AgentRow.id == agent_id)
        .values(
            presence=Presence.OFFLINE if offline else Presence.NOT_READY,
            reason=None if offline else pending,
            pending=None,
            presence_since=uow.now,
        )
        .execution_options(synchronize_session=False)
    )
    dispatch.after_agent(uow, agent_id)
