"""Every transition of a contact. Nothing else in the program decides what may follow what.

RECEIVED   -> QUEUED     open       the calendar opened, or the IVR is done
QUEUED     -> OFFERED    offer      routing reserved an agent
OFFERED    -> QUEUED     decline | expire | withdraw: it keeps its place
OFFERED    -> ACTIVE     accept     the first update that finds the row wins
ACTIVE     -> WRAP_UP    finish     the agent is done, or the citizen hung up
ACTIVE     -> PARKED     park       waits for the citizen or a date, takes no slot
ACTIVE     -> QUEUED     transfer | requeue (forced logout, lost agent): it keeps its place
PARKED     -> ACTIVE     resume     its agent goes on by choice
PARKED     -> QUEUED     wake       a reply or the date: to the same agent, else to the queue
WRAP_UP    -> ACTIVE     reopen     the citizen wrote again and its agent is still there
WRAP_UP    -> QUEUED     wake       the same, but its agent left
WRAP_UP    -> CLOSED     dispose
RECEIVED, QUEUED, OFFERED -> ABANDONED  abandon  the citizen left before an agent accepted
RECEIVED, QUEUED, OFFERED, PARKED -> CLOSED  close  spam, answered elsewhere

CLOSED and ABANDONED are ends. A contact has an agent while it is active, parked or in wrap-up; once closed it keeps the
name of the last one.
"""

from collections.abc import Mapping
from enum import StrEnum

from kit.errors import Conflict
from router.contact import ContactStatus

S = ContactStatus


class Happening(StrEnum):
    OPEN = "open"
    OFFER = "offer"
    DECLINE = "decline"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    FINISH = "finish"
    PARK = "park"
    TRANSFER = "transfer"
    REQUEUE = "requeue"
    RESUME = "resume"
    WAKE = "wake"
    REOPEN = "reopen"
    DISPOSE = "dispose"
    ABANDON = "abandon"
    CLOSE = "close"


_TABLE: Mapping[Happening, tuple[frozenset[ContactStatus], ContactStatus]] = {
    Happening.OPEN: (frozenset({S.RECEIVED}), S.QUEUED),
    Happening.OFFER: (frozenset({S.QUEUED}), S.OFFERED),
    Happening.DECLINE: (frozenset({S.OFFERED}), S.QUEUED),
    Happening.EXPIRE: (frozenset({S.OFFERED}), S.QUEUED),
    Happening.WITHDRAW: (frozenset({S.OFFERED}), S.QUEUED),
    Happening.ACCEPT: (frozenset({S.OFFERED}), S.ACTIVE),
    Happening.FINISH: (frozenset({S.ACTIVE}), S.WRAP_UP),
    Happening.PARK: (frozenset({S.ACTIVE}), S.PARKED),
    Happening.TRANSFER: (frozenset({S.ACTIVE}), S.QUEUED),
    Happening.REQUEUE: (frozenset({S.ACTIVE}), S.QUEUED),
    Happening.RESUME: (frozenset({S.PARKED}), S.ACTIVE),
    Happening.WAKE: (frozenset({S.PARKED, S.WRAP_UP}), S.QUEUED),
    Happening.REOPEN: (frozenset({S.WRAP_UP}), S.ACTIVE),
    Happening.DISPOSE: (frozenset({S.WRAP_UP}), S.CLOSED),
    Happening.ABANDON: (frozenset({S.RECEIVED, S.QUEUED, S.OFFERED}), S.ABANDONED),
    Happening.CLOSE: (frozenset({S.RECEIVED, S.QUEUED, S.OFFERED, S.PARKED}), S.CLOSED),
}

ENDS = frozenset({S.CLOSED, S.ABANDONED})
HAS_AGENT = frozenset({S.ACTIVE, S.PARKED, S.WRAP_UP})
WAITS = frozenset({S.QUEUED, S.OFFERED})


def sources(happening: Happening) -> frozenset[ContactStatus]:
    """The statuses that `happening` may find."""
    return _TABLE[happening][0]


def target(happening: Happening) -> ContactStatus:
    """The one status that `happening` leads to."""
    return _TABLE[happening][1]


def after(status: ContactStatus, happening: Happening) -> ContactStatus:
    """The status that follows. Raises `Conflict` code `wrong_status` where the table has no such line."""
    if status not in sources(happening):
        raise Conflict(f"A contact that is {status} cannot {happening}.", code="wrong_status", status_now=str(status))
    return target(happening)
