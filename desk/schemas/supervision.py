"""The live board and the skills matrix."""

from datetime import datetime

from pydantic import BaseModel, Field

from desk.schemas.inbox import AgentView


class Figure(BaseModel):
    """One number with what it is a share of. `value` None: nothing to count yet."""

    value: float | None
    of: int | None = None
    numerator: int | None = None
    age_s: float = 0


class QueueLine(BaseModel):
    queue_id: str
    name: str
    name_en: str
    channel: str
    waiting: int
    longest_wait_s: int | None
    expected_low_s: int | None
    expected_high_s: int | None
    service_level: float | None
    answered: int
    sla_s: int
    sla_share: float
    abandoned: int
    free_agents: int
    online_agents: int
    overdue: int
    trend: list[int] = Field(description="Arrivals in each of the last twelve five-minute spans")
    sealed: bool


class BoardAgent(AgentView):
    group_name: str
    current: list[str] = Field(description="Queue names of what the agent is on")
    longest_s: int | None


class Alarm(BaseModel):
    """`level`: red, yellow, blue; `code` is put into words by the page with `detail`."""

    id: str
    level: str
    code: str
    detail: dict[str, str]
    since: datetime


class BoardView(BaseModel):
    at: datetime
    open_now: bool
    waiting: Figure
    longest_wait_s: Figure
    service_level: Figure
    connection_rate: Figure
    online: Figure
    answered_today: Figure
    queues: list[QueueLine]
    agents: list[BoardAgent]
    alarms: list[Alarm]


class LogoutInput(BaseModel):
    reason: str = Field(min_length=2, max_length=500)
    after_contact: bool = False


class MatrixAgent(BaseModel):
    id: str
    display_name: str
    staff_number: str
    group_name: str
    state: str
    levels: dict[str, int] = Field(description="Skill id to level 1..10; a missing one is none")


class MatrixSkill(BaseModel):
    id: str
    name: str
    name_en: str
    confidential: bool


class SkillChange(BaseModel):
    """`level` None takes the skill away."""

    agent_id: str
    skill_id: str
    level: int | None = Field(default=None, ge=1, le=10)


class SkillsView(BaseModel):
    version: str = Field(description="Changes with every saved change; sent back when saving")
    agents: list[MatrixAgent]
    skills: list[MatrixSkill]
    last_changed_at: datetime | None
    last_changed_by: str | None


class SkillsInput(BaseModel):
    version: str
    changes: list[SkillChange] = Field(min_length=1, max_length=500)
    reason: str = Field(min_length=2, max_length=500)


class PreviewInput(BaseModel):
    changes: list[SkillChange] = Field(max_length=500)


class RequirementEffect(BaseModel):
    """One requirement set in use: who can take it before and after."""

    requirements: dict[str, int]
    queue_names: list[str]
    waiting: int
    before: list[str] = Field(description="Agent ids")
    after: list[str]


class UnreachableContact(BaseModel):
    contact_id: str
    channel: str
    title: str
    waiting_s: int
    requirements: dict[str, int]


class PreviewView(BaseModel):
    at: datetime
    effects: list[RequirementEffect] = Field(description="Only those that change, worst first")
    unchanged: int
    unreachable: list[UnreachableContact]


class SkillHistoryItem(BaseModel):
    id: str
    changed_at: datetime
    changed_by: str
    reason: str
    changes: list[dict[str, str | int | None]]
