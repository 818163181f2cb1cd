"""Signing in, and what a page must know about who uses it."""

from datetime import datetime

from pydantic import BaseModel, Field


class LoginInput(BaseModel):
    login: str = Field(max_length=64)
    password: str = Field(max_length=200)


class PasswordInput(BaseModel):
    current: str = Field(max_length=200)
    new: str = Field(min_length=10, max_length=200)


class TelephonePinInput(BaseModel):
    password: str = Field(max_length=200, description="The present one, to prove who sits at the page")
    pin: str = Field(max_length=8, description="Six to eight digits")


class TelephonePinView(BaseModel):
    """`number`: what is dialled to sign in with it, empty where nobody can. `set_at`: None while there is no PIN."""

    number: str
    set_at: datetime | None


class AccountView(BaseModel):
    id: str
    login: str
    display_name: str
    staff_number: str
    language: str
    department_id: str | None
    must_change_password: bool
    disabled: bool
    roles: list[str]


class WorkspaceView(BaseModel):
    id: str
    name: str
    name_en: str
    short_name: str
    timezone: str


class SessionView(BaseModel):
    account: AccountView
    permissions: list[str]
    workspace: WorkspaceView
    csrf_token: str
    is_agent: bool


class OpenSessionView(BaseModel):
    """One signed-in browser of this account."""

    id: str
    user_agent: str
    source: str
    created_at: datetime
    last_seen_at: datetime
    current: bool
