"""What the system writes by itself: read, replaced by the workspace's own words, put back."""

from typing import Annotated

from fastapi import APIRouter, Depends

from desk.access import Actor, Reading, Writing, require
from desk.schemas.identity import AutomaticTextInput, AutomaticTextPreview, AutomaticTextView, SatisfactionSettingsView
from desk.texts import service
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["texts"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]


@routes.get("/automatic-texts")
async def list_texts(who: Keeper, uow: Reading) -> list[AutomaticTextView]:
    return await service.texts(uow)


@routes.put("/automatic-texts/{key}/{channel}/{language}")
async def change_text(
    who: Keeper, uow: Writing, key: str, channel: str, language: str, body: AutomaticTextInput
) -> AutomaticTextView:
    return await service.change(uow, who, key, channel, language, body)


@routes.post("/automatic-texts/{key}/{channel}/{language}/preview")
async def preview_text(
    who: Keeper, uow: Reading, key: str, channel: str, language: str, body: AutomaticTextInput
) -> AutomaticTextPreview:
    return await service.preview(uow, key, channel, language, body)


@routes.delete("/automatic-texts/{key}/{channel}/{language}")
async def reset_text(who: Keeper, uow: Writing, key: str, channel: str, language: str) -> AutomaticTextView:
    return await service.reset(uow, key, channel, language)


@routes.get("/satisfaction-settings")
async def read_satisfaction_settings(who: Keeper, uow: Reading) -> SatisfactionSettingsView:
    return await service.satisfaction_settings(uow)


@routes.put("/satisfaction-settings")
async def change_satisfaction_settings(
    who: Keeper, uow: Writing, body: SatisfactionSettingsView
) -> SatisfactionSettingsView:
    return await service.change_satisfaction_settings(uow, body)
