"""Every transition of a case. Nothing else in the program decides what may follow what.

REGISTERED           -> DISPATCHED, IN_PROGRESS, WAITING_FOR_CITIZEN, ANSWERED, WITHDRAWN
DISPATCHED           -> IN_PROGRESS, WAITING_FOR_CITIZEN, ANSWERED, WITHDRAWN, REGISTERED (returned)
IN_PROGRESS          -> WAITING_FOR_CITIZEN, ANSWERED, WITHDRAWN, DISPATCHED (to another department)
WAITING_FOR_CITIZEN  -> IN_PROGRESS, ANSWERED, WITHDRAWN
ANSWERED             -> CLOSED, IN_PROGRESS (the citizen is not satisfied)
CLOSED               -> IN_PROGRESS (opened again)

While a case waits for the citizen its deadline stands still. It is answered only in words that the citizen can read,
and closed only once it was answered: nobody is left untold.
"""

from collections.abc import Mapping

from kit.errors import Conflict, Invalid
from records.cases.tables import CaseStatus

S = CaseStatus

_TABLE: Mapping[CaseStatus, frozenset[CaseStatus]] = {
    S.REGISTERED: frozenset({S.DISPATCHED, S.IN_PROGRESS, S.WAITING_FOR_CITIZEN, S.ANSWERED, S.WITHDRAWN}),
    S.DISPATCHED: frozenset({S.IN_PROGRESS, S.WAITING_FOR_CITIZEN, S.ANSWERED, S.WITHDRAWN, S.REGISTERED}),
    S.IN_PROGRESS: frozenset({S.WAITING_FOR_CITIZEN, S.ANSWERED, S.WITHDRAWN, S.DISPATCHED}),
    S.WAITING_FOR_CITIZEN: frozenset({S.IN_PROGRESS, S.ANSWERED, S.WITHDRAWN}),
    S.ANSWERED: frozenset({S.CLOSED, S.IN_PROGRESS}),
    S.CLOSED: frozenset({S.IN_PROGRESS}),
    S.WITHDRAWN: frozenset(),
}

ENDS = frozenset({S.CLOSED, S.WITHDRAWN})
OPEN = frozenset(CaseStatus) - ENDS
DUE = OPEN - {S.ANSWERED, S.WAITING_FOR_CITIZEN}
"""In these the deadline runs."""


def require(before: str, after: str, *, told: bool) -> CaseStatus:
    """The status that follows. `told`: there is a public note, now or from before.

    Raises `Invalid` (codes `unknown_status`, `public_note_required`) or `Conflict` (code `case_status`).
    """
    if after not in set(CaseStatus):
        raise Invalid("There is no such status.", code="unknown_status")
    status = CaseStatus(after)
    if status not in _TABLE[CaseStatus(before)]:
        raise Conflict("The case cannot go there from where it is.", code="case_status", before=before, after=after)
    if status is S.ANSWERED and not told:
        raise Invalid("Say to the citizen what the answer is.", code="public_note_required")
    return status
