"""What the system writes by itself, by language and channel: the built-in words, or the workspace's own in their place.

A text is data with named places in braces; a place that the text's key does not know, or one that it must have and
has not, is refused when the text is saved, so that sending never fails for it.
"""

from string import Formatter

from sqlalchemy import delete, select

from channels.built_in_texts import ANY_CHANNEL, EXAMPLES, EXAMPLES_IN, KEYS, LANGUAGES, Words
from kit.errors import Conflict, Invalid
from kit.unit_of_work import UnitOfWork
from records.messages.tables import AutomaticTextRow
from records.staff.tables import WorkspaceRow
from router.contact import Channel

MOST_SHORT_CHARS = 300
MOST_CHARS = 5000
_SHORT = frozenset({Channel.SMS, Channel.CHAT, Channel.TELEGRAM, Channel.VOICE})


def language_of(spoken: str | None) -> str:
    """The language of the two that there are texts in."""
    return "en" if (spoken or "").startswith("en") else "zh-CN"


def built_in(key: str, channel: str, language: str) -> Words:
    """The words as they come with the platform."""
    by_channel = KEYS[key].words
    return by_channel[channel if channel in by_channel else ANY_CHANNEL][language]


async def words(uow: UnitOfWork, key: str, channel: str, language: str) -> Words:
    """What to write: the workspace's words for this channel, its words for all, or the built-in ones."""
    rows = await uow.session.scalars(
        select(AutomaticTextRow).where(
            AutomaticTextRow.key == key,
            AutomaticTextRow.language == language,
            AutomaticTextRow.channel.in_((channel, ANY_CHANNEL)),
        )
    )
    own = {row.channel: row for row in rows}
    # Words for all channels do not replace the short ones of a channel that has its own.
    row = own.get(channel) or (own.get(ANY_CHANNEL) if channel not in KEYS[key].words else None)
    if row is None:
        return built_in(key, channel, language)
    return Words(text=row.text, subject=row.subject, version=row.version)


async def change(uow: UnitOfWork, key: str, channel: str, language: str, new: Words, *, by: str) -> AutomaticTextRow:
    """Replace the built-in words. `new.version` is the one that was changed.

    Raises `Invalid` (codes `no_such_text`, `bad_text` with `unknown` and `missing` places) and `Conflict` (`version`).
    """
    check(key, channel, language, new)
    same = (AutomaticTextRow.key == key, AutomaticTextRow.channel == channel, AutomaticTextRow.language == language)
    row = await uow.session.scalar(select(AutomaticTextRow).where(*same).with_for_update())
    if (row.version if row else 0) != new.version:
        raise Conflict("Somebody changed this text meanwhile.", code="version", version=row.version if row else 0)
    if row is None:
        row = AutomaticTextRow(key=key, channel=channel, language=language, version=0)
        uow.session.add(row)
    row.text, row.subject, row.version = new.text.strip(), new.subject.strip(), row.version + 1
    row.changed_by_id, row.changed_at = by, uow.now
    await uow.session.flush()
    return row


async def reset(uow: UnitOfWork, key: str, channel: str, language: str) -> None:
    """Back to the built-in words. Harmless when they stand."""
    same = (AutomaticTextRow.key == key, AutomaticTextRow.channel == channel, AutomaticTextRow.language == language)
    await uow.session.execute(delete(AutomaticTextRow).where(*same))


async def preview(uow: UnitOfWork, key: str, channel: str, language: str, new: Words) -> Words:
    """`new` as a citizen would read it, with examples in its places. Raises what `change` raises for bad words."""
    check(key, channel, language, new)
    places = {**EXAMPLES, **EXAMPLES_IN[language], **await house(uow, language)}
    for place, of_key in (("state", "state_received"), ("help", "help")):
        if place in KEYS[key].places:
            places[place] = (await words(uow, of_key, channel, language)).text.format(**places)
    places["url"] = f"https://12345.example.cn/{'status' if key == 'receipt' else 'rate'}"
    return Words(text=new.text.strip().format(**places), subject=new.subject.strip().format(**places))


async def house(uow: UnitOfWork, language: str) -> dict[str, str]:
    """What every text may name: the workspace's name and hotline."""
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    return {"name": workspace.name_en if language == "en" else workspace.name, "hotline": workspace.hotline}


async def say(uow: UnitOfWork, key: str, channel: str, language: str, **figures: object) -> str:
    """The text filled in; `figures` are its places beside those of `house`. For any tongue, in one of the two."""
    spoken = language_of(language)
    found = await words(uow, key, channel, spoken)
    return found.text.format(**await house(uow, spoken), **figures)


def check(key: str, channel: str, language: str, new: Words) -> None:
    """Raises `Invalid` for words that could not be sent."""
    known = KEYS.get(key)
    if known is None or channel not in known.words or language not in LANGUAGES:
        raise Invalid("There is no such text.", code="no_such_text")
    found = _places(new.text) | _places(new.subject)
    unknown, missing = found - known.places, known.needed - _places(new.text)
    if unknown or missing or not new.text.strip():
        raise Invalid(
            "A place of this text is unknown or missing.",
            code="bad_text",
            unknown=sorted(unknown),
            missing=sorted(missing),
        )
    most = MOST_SHORT_CHARS if channel in _SHORT else MOST_CHARS
    if len(new.text) > most:
        raise Invalid(f"At most {most} characters.", code="too_long", most=most)


def _places(text: str) -> set[str]:
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return {text[:40]}
    # A format or conversion beside the name could read what the text is not meant to see.
    return {
        f"{name}{'!' if conversion else ''}{format_ or ''}"
        for _, name, format_, conversion in parts
        if name is not None
    }
