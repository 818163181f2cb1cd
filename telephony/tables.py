"""Flows and their versions, prompts, calls with the way they took, recordings, the duty roster."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference


class FlowRow(Row):
    """`draft`: what is being edited; calls follow version `published` of the flow, none without one."""

    __tablename__ = "flows"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    draft: Mapped[dict[str, Any]]
    published: Mapped[int | None]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class FlowVersionRow(Row):
    """What was published once, never changed."""

    __tablename__ = "flow_versions"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    flow_id: Mapped[str] = reference("flows.id")
    number: Mapped[int]
    body: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(200), default="")
    published_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    published_at: Mapped[datetime]


class PromptRow(Row):
    """A recorded prompt: WAV, 16-bit mono at 8 kHz, ready to be played; `original_blob_key` as it was uploaded.

    `text`: what it is to say; `said`: what that was when the sound was made; `voice`: the mark of the machine that
    spoke it, "" for a person.
    """

    __tablename__ = "prompts"
    __table_args__ = (UniqueConstraint("workspace_id", "key", "language"),)

    key: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120))
    blob_key: Mapped[str] = mapped_column(String(36))
    original_blob_key: Mapped[str] = mapped_column(String(36))
    edits: Mapped[dict[str, Any]]  # trim_start_s, trim_end_s, gain_db, normalise
    sha256: Mapped[str] = mapped_column(String(64))
    duration_ms: Mapped[int]
    changed_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    changed_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text, default="")
    said: Mapped[str] = mapped_column(Text, default="")
    voice: Mapped[str] = mapped_column(String(32), default="")
    version: Mapped[int] = mapped_column(default=1)


class PromptVersionRow(Row):
    """What a prompt was before it was made anew; `number`: its version then."""

    __tablename__ = "prompt_versions"
    __table_args__ = (UniqueConstraint("prompt_id", "number"),)

    prompt_id: Mapped[str] = reference("prompts.id")
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    blob_key: Mapped[str] = mapped_column(String(36))
    original_blob_key: Mapped[str] = mapped_column(String(36))
    edits: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    duration_ms: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    said: Mapped[str] = mapped_column(Text)
    voice: Mapped[str] = mapped_column(String(32))
    changed_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    changed_at: Mapped[datetime]


class CallRow(Sealable, Row):
    """One call. `path`: the nodes passed, with exits and keys; `engine_id` names the citizen's leg in the engine."""

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_caller_started_at", "caller", "started_at"),)

    contact_id: Mapped[str] = reference("contacts.id")
    engine_id: Mapped[str] = mapped_column(String(80), index=True)
    direction: Mapped[str] = mapped_column(String(8), default="in")
    caller: Mapped[str] = mapped_column(String(80))
    dialled: Mapped[str] = mapped_column(String(80))
    line: Mapped[str] = mapped_column(String(80), default="")
    flow: Mapped[str] = mapped_column(String(40), default="")
    flow_version: Mapped[int | None]
    path: Mapped[list[dict[str, Any]]]
    started_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_by: Mapped[str] = mapped_column(String(16), default="")  # citizen | agent | system
    place_given: Mapped[bool] = mapped_column(default=False)  # to a redial within two minutes


class PathCountRow(Row):
    """How often an exit of a node was taken on a day in the workspace's zone."""

    __tablename__ = "path_counts"
    __table_args__ = (UniqueConstraint("workspace_id", "day", "flow", "node", "exit"),)

    day: Mapped[date]
    flow: Mapped[str] = mapped_column(String(40))
    node: Mapped[str] = mapped_column(String(40))
    exit: Mapped[str] = mapped_column(String(40))
    count: Mapped[int] = mapped_column(default=0)


class RecordingRow(Sealable, Row):
    """`kind`: call (left the citizen, right the others) or message. Deleted after `keep_until` unless held."""

    __tablename__ = "recordings"

    contact_id: Mapped[str] = reference("contacts.id")
    kind: Mapped[str] = mapped_column(String(16))
    agent_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    queue_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    caller: Mapped[str] = mapped_column(String(80), index=True)
    dialled: Mapped[str] = mapped_column(String(80))
    line: Mapped[str] = mapped_column(String(80), default="")
    started_at: Mapped[datetime] = mapped_column(index=True)
    duration_ms: Mapped[int]
    blob_key: Mapped[str] = mapped_column(String(36))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    keep_until: Mapped[datetime | None] = mapped_column(index=True)
    held: Mapped[bool] = mapped_column(default=False)


class CallbackRow(Sealable, Row):
    """A promised call-back: when it is tried next, how often it was tried, and what the last try came to."""

    __tablename__ = "callbacks"

    contact_id: Mapped[str] = reference("contacts.id")
    number: Mapped[str] = mapped_column(String(80))
    caller: Mapped[str] = mapped_column(String(80), default="")  # the public number that is shown
    queue_key: Mapped[str] = mapped_column(String(32), default="")
    place_since: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default="waiting")  # waiting | open | reached | given_up
    last_result: Mapped[str] = mapped_column(String(24), default="")


class DutyRow(Row):
    """Who is on duty in emergencies. `step`: 1 duty officer, 2 leader on duty, 3 duty room."""

    __tablename__ = "duties"

    step: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    account_id: Mapped[str | None] = reference("accounts.id")
    number: Mapped[str] = mapped_column(String(80), default="")
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
