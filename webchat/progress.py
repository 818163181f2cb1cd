"""A matter as its citizen sees it: what is happening, by when, whether anything is asked, and what happened so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from records.cases.tables import CaseEventRow, CaseRow, CaseStatus
from records.citizens.tables import ReceiptRow
from records.messages.tables import AttachmentRow, Direction, MessageRow
from router.contact import Channel, ContactStatus
from router.tables import ContactRow
from webchat.catalogue import Translator

URGED, WITHDRAWN = "urge:", "withdraw:"
"""How the client ids of what a citizen did on the status page begin."""
WITHDRAWN_DISPOSITION = "withdrawn"
FINISHED = frozenset({"answered", "closed", "withdrawn"})
CASE_STATES = {
    CaseStatus.REGISTERED: "received",
    CaseStatus.DISPATCHED: "working",
    CaseStatus.IN_PROGRESS: "working",
    CaseStatus.WAITING_FOR_CITIZEN: "waiting",
    CaseStatus.ANSWERED: "answered",
    CaseStatus.CLOSED: "closed",
    CaseStatus.WITHDRAWN: "withdrawn",
}
STAGES = ("received", "assigned", "working", "answered", "closed")
STAGE_OF_STATE = {"received": 1, "working": 2, "waiting": 2, "answered": 4, "closed": 5, "withdrawn": 5}
LINE_OF_STATUS = {
    CaseStatus.WAITING_FOR_CITIZEN: "asked",
    CaseStatus.ANSWERED: "answer",
    CaseStatus.CLOSED: "closed",
    CaseStatus.WITHDRAWN: "withdrawn",
}
LINE_OF_EVENT = {"opened": "case", "urged": "urge"}
LOOKS = {
    "received": ("cases", "gray"),
    "accepted": ("arrowright", "go"),
    "case": ("cases", "gray"),
    "asked": ("hourglass", "gray"),
    "note": ("clip", "written"),
    "answer": ("ok", "go"),
    "urge": ("urge", "gray"),
    "withdrawn": ("undo", "gray"),
    "closed": ("ok", "gray"),
    "other": ("arrowright", "gray"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    done: bool
    now: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of the timeline; `name` is put into words by the page."""

    at: datetime
    name: str
    text: str = ""
    files: tuple[str, ...] = ()

    @property
    def icon(self) -> str:
        return LOOKS[self.name][0]

    @property
    def hue(self) -> str:
        return LOOKS[self.name][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """All that is known about what a receipt stands for."""

    receipt: ReceiptRow
    contact: ContactRow | None
    case: CaseRow | None
    messages: Sequence[MessageRow] = field(default=())
    files: Sequence[AttachmentRow] = field(default=())
    events: Sequence[CaseEventRow] = field(default=())
    staff_number: str | None = None
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of kinds and categories: key to Chinese and English."""

    def word(self, key: str, language: str) -> str:
        chinese, english = self.words.get(key, (key, key))
        return english if language == "en" else chinese

    @property
    def sealed(self) -> bool:
        rows = (self.receipt, self.contact, self.case)
        return any(row.sealed for row in rows if row is not None)

    @property
    def state(self) -> str:
        """received, working, waiting, answered, closed or withdrawn."""
        if self.case is not None:
            return CASE_STATES[CaseStatus(self.case.status)]
        if self.contact is None:
            return "received"
        if self.contact.disposition == WITHDRAWN_DISPOSITION:
            return "withdrawn"
        if self.contact.status in (ContactStatus.ACTIVE, ContactStatus.PARKED, ContactStatus.WRAP_UP):
            return "answered" if self.is_answered else "working"
        if self.contact.status in (ContactStatus.CLOSED, ContactStatus.ABANDONED):
            return "answered" if self.is_answered else "closed"
        return "received"

    @property
    def is_answered(self) -> bool:
        """An agent has written since the citizen last did."""
        said = [message for message in self.messages if message.direction in (Direction.IN, Direction.OUT)]
        said = [message for message in said if message.author_kind in ("citizen", "agent")]
        return bool(said) and said[-1].author_kind == "agent"

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    @property
    def asked(self) -> str:
        """What the citizen was asked for, while the matter waits for it."""
        if self.state != "waiting":
            return ""
        texts = [event.text for event in self.events if event.detail.get("status") == CaseStatus.WAITING_FOR_CITIZEN]
        return next((text for text in reversed(texts) if text), "")

    def due_on(self, zone: ZoneInfo) -> date | None:
        """By when an answer is promised, in the workspace's zone."""
        if self.case is not None:
            return self.case.due_on
        return self.contact.due_at.astimezone(zone).date() if self.contact and self.contact.due_at else None

    def stages(self) -> list[Stage]:
        """Registered, taken up, in progress, answered, closed: how far it has come."""
        reached = STAGE_OF_STATE[self.state]
        accepted = self.contact.accepted_at if self.contact else None
        times = {"received": self.receipt.created_at, "assigned": accepted}
        return [
            Stage(name=name, done=index < reached, now=index == reached and not self.finished, at=times.get(name))
            for index, name in enumerate(STAGES)
        ]

    def timeline(self, t: Translator) -> list[Happened]:
        """Newest first."""
        lines = [*self._beginnings(t), *self._said(t), *self._case_lines()]
        return sorted(lines, key=lambda line: line.at, reverse=True)

    def _beginnings(self, t: Translator) -> Iterator[Happened]:
        yield Happened(at=self.receipt.created_at, name="received", text=t("status.event_received_text"))
        if self.contact is not None and self.contact.accepted_at is not None:
            named = self.staff_number is not None and not self.sealed
            text = t("status.event_accepted_text", staff=self.staff_number) if named else ""
            yield Happened(at=self.contact.accepted_at, name="accepted", text=text or t("status.event_accepted_plain"))

    def _said(self, t: Translator) -> Iterator[Happened]:
        for message in self.messages:
            name = self._name_of(message)
            if not name:
                continue
            text = t("status.event_urge_text") if name == "urge" else message.text
            if name == "answer" and not self._shows_answers:
                text = ""
            files = tuple(file.filename for file in self.files if file.message_id == message.id)
            yield Happened(at=message.created_at, name=name, text=text, files=files)

    @property
    def _shows_answers(self) -> bool:
        """What went to an address of the citizen's own is not repeated where a guessed PIN could read it."""
        return self.contact is not None and self.contact.channel == Channel.FORM and self.contact.sender_kind != "mail"

    def _name_of(self, message: MessageRow) -> str:
        client_id = message.client_id or ""
        if message.direction == Direction.OUT:
            return "answer" if message.author_kind == "agent" else ""
        if message.direction != Direction.IN or (message.seq == 1 and not client_id.startswith("note:")):
            return ""
        if client_id.startswith((URGED, WITHDRAWN)):
            by_case = self.case is not None
            return "" if by_case else "urge" if client_id.startswith(URGED) else "withdrawn"
        return "note"

    def _case_lines(self) -> Iterator[Happened]:
        for event in self.events:
            if event.kind == "status":
                name = LINE_OF_STATUS.get(event.detail.get("status", ""), "other")
            else:
                name = LINE_OF_EVENT.get(event.kind, "other")
            yield Happened(at=event.at, name=name, text=event.text)
