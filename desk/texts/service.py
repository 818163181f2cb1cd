"""Automatic texts as the administrator sees them; see `channels.automatic_texts` for what is checked."""

from channels import automatic_texts, satisfaction
from channels.built_in_texts import KEYS, LANGUAGES, Words
from channels.satisfaction import SatisfactionSettings
from desk.access import Actor
from desk.schemas.identity import AutomaticTextInput, AutomaticTextPreview, AutomaticTextView, SatisfactionSettingsView
from kit.errors import NotFound
from kit.unit_of_work import UnitOfWork
from records.staff import audit


async def texts(uow: UnitOfWork) -> list[AutomaticTextView]:
    """Every text, by key, channel and language."""
    return [
        await _view(uow, key, channel, language)
        for key, known in KEYS.items()
        for channel in known.words
        for language in LANGUAGES
    ]


async def change(
    uow: UnitOfWork, who: Actor, key: str, channel: str, language: str, body: AutomaticTextInput
) -> AutomaticTextView:
    """Raises what `automatic_texts.change` raises."""
    new = Words(text=body.text, subject=body.subject, version=body.version)
    row = await automatic_texts.change(uow, key, channel, language, new, by=who.account_id)
    audit.record(uow, "text.changed", "automatic_text", row.id, detail={"key": key, "channel": channel})
    return await _view(uow, key, channel, language)


async def preview(
    uow: UnitOfWork, key: str, channel: str, language: str, body: AutomaticTextInput
) -> AutomaticTextPreview:
    """Raises what `automatic_texts.preview` raises."""
    new = Words(text=body.text, subject=body.subject)
    shown = await automatic_texts.preview(uow, key, channel, language, new)
    return AutomaticTextPreview(subject=shown.subject, text=shown.text)


async def reset(uow: UnitOfWork, key: str, channel: str, language: str) -> AutomaticTextView:
    """Back to the built-in words. Raises `NotFound`."""
    if key not in KEYS or channel not in KEYS[key].words or language not in LANGUAGES:
        raise NotFound("There is no such text.")
    await automatic_texts.reset(uow, key, channel, language)
    audit.record(uow, "text.reset", "automatic_text", f"{key}:{channel}:{language}"[:36], detail={"key": key})
    return await _view(uow, key, channel, language)


async def satisfaction_settings(uow: UnitOfWork) -> SatisfactionSettingsView:
    found = await satisfaction.read_settings(uow)
    return SatisfactionSettingsView(ask=found.ask, after_minutes=found.after_minutes)


async def change_satisfaction_settings(uow: UnitOfWork, body: SatisfactionSettingsView) -> SatisfactionSettingsView:
    """Audited: the satisfaction of citizens is only worth something when nobody chooses whom to ask."""
    await satisfaction.change_settings(uow, SatisfactionSettings(ask=body.ask, after_minutes=body.after_minutes))
    audit.record(uow, "satisfaction.settings", "workspace", uow.workspace_id, detail=body.model_dump())
    return await satisfaction_settings(uow)


async def _view(uow: UnitOfWork, key: str, channel: str, language: str) -> AutomaticTextView:
    words = await automatic_texts.words(uow, key, channel, language)
    built_in = automatic_texts.built_in(key, channel, language)
    return AutomaticTextView(
        key=key,
        channel=channel,
        language=language,
        subject=words.subject,
        text=words.text,
        built_in_subject=built_in.subject,
        built_in_text=built_in.text,
        places=sorted(KEYS[key].places),
        needed=sorted(KEYS[key].needed),
        version=words.version,
    )
