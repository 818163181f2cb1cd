"""What a citizen may rate on our pages: a contact that was served, has closed, and is no report."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from kit.access import Access
from kit.errors import NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.cases.tables import CaseRow
from records.citizens import satisfaction
from records.citizens.satisfaction import Rating
from records.citizens.tables import SatisfactionRow
from router.contact import ContactStatus
from router.tables import ContactRow
from webchat import store

REPORT = "report"
OPEN_FOR = timedelta(days=30)
ON_PAGE = "on_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rateable:
    """`done`: both was said, and stands."""

    contact_id: str
    done: bool = False


class Ratings:
    """One for each process. Methods own their transactions."""

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def of_contact(self, contact_id: str) -> Rateable | None:
        """None for what cannot be rated: it goes on, is a report, or ended more than thirty days ago."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            if await _closed_contact(uow, contact_id) is None:
                return None
            row = await satisfaction.of_contact(uow, contact_id)
        return Rateable(contact_id=contact_id, done=row is not None and satisfaction.is_complete(row))

    async def of_session(self, session_id: str) -> Rateable | None:
        """The last contact of a chat session."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            contact = await store.newest_contact(uow, session_id)
        return await self.of_contact(contact.id) if contact is not None else None

    async def rate(self, contact_id: str, rating: Rating, language: str, *, by: str) -> None:
        """Raises `NotFound`, `Invalid` (code `bad_rating`) and `Conflict` (code `already_rated`)."""
        try:
            await self._rate(contact_id, rating, language, by)
        except IntegrityError:
            # The question about it was sent at the same moment: now its row can be seen.
            await self._rate(contact_id, rating, language, by)

    async def _rate(self, contact_id: str, rating: Rating, language: str, by: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            contact = await _closed_contact(uow, contact_id)
            if contact is None:
                raise NotFound
            row = await satisfaction.of_contact(uow, contact_id) or _unasked(contact, language)
            uow.session.add(row)
            satisfaction.record(uow, row, rating, by=by)
            await uow.session.flush()


async def is_report(uow: UnitOfWork, contact: ContactRow) -> bool:
    """Whether nobody is to be asked what they think of it: a report of misconduct, or anything sealed."""
    case = await uow.session.get(CaseRow, contact.case_id) if contact.case_id else None
    by_case = case is not None and (case.kind == REPORT or case.sealed)
    return contact.sealed or contact.hints.get("kind") == REPORT or by_case


async def _closed_contact(uow: UnitOfWork, contact_id: str) -> ContactRow | None:
    contact = await uow.session.get(ContactRow, contact_id)
    if contact is None or contact.status != ContactStatus.CLOSED or contact.accepted_at is None:
        return None
    is_fresh = contact.closed_at is not None and contact.closed_at > uow.now - OPEN_FOR
    return contact if is_fresh and not await is_report(uow, contact) else None


def _unasked(contact: ContactRow, language: str) -> SatisfactionRow:
    return SatisfactionRow(
        contact_id=contact.id,
        citizen_id=contact.citizen_id,
        channel=contact.channel,
        recipient=contact.sender,
        language=language,
        not_asked=ON_PAGE,
    )
