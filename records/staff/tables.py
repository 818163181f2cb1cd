"""Workspaces, departments, accounts, roles, sessions and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.ids import new_id
from kit.tables import ID_CHARS, Base, Row, reference


class WorkspaceRow(Base):
    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(16))
    hotline: Mapped[str] = mapped_column(String(40))
    timezone: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(16))
    settings: Mapped[dict[str, Any]]


class DepartmentRow(Row):
    """`number`: a telephone or an extension, as people write it. `opens`, `closes`: HH:MM in the workspace's zone, both
    "" for the bureau's office hours, or with `every_day` for round the clock. `deputy`: who is asked in its place.
    """

    __tablename__ = "departments"

    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    duties: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[str] = mapped_column(String(32), default="")
    every_day: Mapped[bool] = mapped_column(default=False)
    opens: Mapped[str] = mapped_column(String(5), default="")
    closes: Mapped[str] = mapped_column(String(5), default="")
    deputy: Mapped[str] = mapped_column(String(80), default="")
    deputy_number: Mapped[str] = mapped_column(String(32), default="")
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)


class AccountRow(Row):
    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("workspace_id", "login"), UniqueConstraint("workspace_id", "staff_number"))

    login: Mapped[str] = mapped_column(String(64))
    display_name: Mapped[str] = mapped_column(String(64))
    staff_number: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    disabled: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(16))
    department_id: Mapped[str | None] = reference("departments.id")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class RoleRow(Row):
    """A named set of permissions; the default roles are made with the workspace and can be changed."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    key: Mapped[str] = mapped_column(String(32))
    permissions: Mapped[list[str]]
    position: Mapped[int] = mapped_column(default=0)


class AccountRoleRow(Row):
    __tablename__ = "account_roles"
    __table_args__ = (UniqueConstraint("account_id", "role_id"),)

    account_id: Mapped[str] = reference("accounts.id")
    role_id: Mapped[str] = reference("roles.id")


class SessionRow(Row):
    """A signed-in browser. Only the hash of its token is kept."""

    __tablename__ = "sessions"

    account_id: Mapped[str] = reference("accounts.id")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class TelephonePinRow(Row):
    """What a supervisor enters on the telephone: a secret of its own, locked for a while after wrong guesses."""

    __tablename__ = "telephone_pins"
    __table_args__ = (UniqueConstraint("account_id"),)

    account_id: Mapped[str] = reference("accounts.id")
    pin_hash: Mapped[str] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    set_at: Mapped[datetime]


class LoginFailureRow(Row):
    """Counts failures by login and by source; rows older than the window are swept."""

    __tablename__ = "login_failures"

    login: Mapped[str] = mapped_column(String(64), index=True)
    source: Mapped[str] = mapped_column(String(64), index=True)
    failed_at: Mapped[datetime] = mapped_column(index=True)


class GrantRow(Row):
    """An account opened a sealed contact for a stated reason; it sees the content until the grant ends."""

    __tablename__ = "grants"

    account_id: Mapped[str] = reference("accounts.id")
    entity: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[str] = mapped_column(String(ID_CHARS), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditRow(Sealable, Row):
    """Append-only: the migrations forbid update and delete by trigger."""

    __tablename__ = "audit"

    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    action: Mapped[str] = mapped_column(String(48), index=True)
    entity: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[str] = mapped_column(String(ID_CHARS), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    source: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]]
