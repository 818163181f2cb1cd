"""The supervisor's board, acts on agents, and the skills matrix."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from desk.access import Actor, Reading, Writing, require
from desk.ports import Services, services
from desk.schemas.identity import SatisfactionView
from desk.schemas.inbox import ReasonInput
from desk.schemas.supervision import (
    BoardView,
    LogoutInput,
    PreviewInput,
    PreviewView,
    SkillHistoryItem,
    SkillsInput,
    SkillsView,
)
from desk.supervision import satisfaction, service, skills
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["supervision"])

BoardReader = Annotated[Actor, Depends(require(Permission.BOARD_READ))]
Supervisor = Annotated[Actor, Depends(require(Permission.AGENTS_SUPERVISE))]
SkillsWriter = Annotated[Actor, Depends(require(Permission.SKILLS_WRITE))]
Bag = Annotated[Services, Depends(services)]


async def _sealing_skills(who: SkillsWriter, bag: Bag) -> frozenset[str]:
    return await skills.sealing_skills(bag.database, who)


SealingSkills = Annotated[frozenset[str], Depends(_sealing_skills)]


@routes.get("/board")
async def read_board(who: BoardReader, uow: Reading, bag: Bag) -> BoardView:
    return await service.board(uow, bag.router)


@routes.get("/satisfaction")
async def read_satisfaction(
    who: BoardReader, uow: Reading, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> SatisfactionView:
    return await satisfaction.tally(uow, who, days)


@routes.post("/agents/{agent_id}/not-ready", status_code=204)
async def set_agent_not_ready(agent_id: str, body: ReasonInput, who: Supervisor, bag: Bag) -> None:
    await service.set_not_ready(bag.database, bag.router, who, agent_id, body.reason)


@routes.post("/agents/{agent_id}/logout", status_code=204)
async def log_agent_out(agent_id: str, body: LogoutInput, who: Supervisor, bag: Bag) -> None:
    await service.log_out(bag.database, bag.router, who, agent_id, body)


@routes.get("/skills")
async def read_skills(who: SkillsWriter, uow: Reading, bag: Bag) -> SkillsView:
    return await skills.matrix(uow, bag.router)


@routes.post("/skills/preview")
async def preview_skills(body: PreviewInput, who: SkillsWriter, uow: Reading, bag: Bag) -> PreviewView:
    return await skills.preview(uow, bag.router, body.changes, english=who.language.startswith("en"))


@routes.put("/skills")
async def save_skills(
    body: SkillsInput, who: SkillsWriter, sealing: SealingSkills, uow: Writing, bag: Bag
) -> SkillsView:
    return await skills.save(uow, bag.router, body, sealing)


@routes.get("/skills/history")
async def read_skill_history(who: SkillsWriter, uow: Reading) -> list[SkillHistoryItem]:
    return await skills.history(uow)
