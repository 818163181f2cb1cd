"""Opens promised call-backs when their time has come."""

from typing import Any

from kit.access import Access
from kit.due_work import schedule
from kit.jobs import JobRuntime
from telephony.switchboard import callbacks
from telephony.switchboard.callbacks import CallbackJob


async def open_callback(runtime: JobRuntime, payload: dict[str, Any]) -> None:
    """Let `payload["contact_id"]` be offered, or look again when citizens may be called. Repeating is harmless."""
    contact_id = payload["contact_id"]
    async with runtime.database.unit_of_work(Access.system(payload["workspace_id"])) as uow:
        services = runtime.services
        later = await callbacks.open_due(uow, services.router, contact_id, services.settings.switchboard)
        if later is not None:
            key = f"{contact_id}:{later:%Y%m%d%H}"
            await schedule(uow, CallbackJob.OPEN, {"contact_id": contact_id}, due_at=later, key=key)
