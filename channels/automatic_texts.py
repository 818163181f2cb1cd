"""What the system writes by itself, by language and channel: built-in words, which a workspace may replace by its own.

A text is data with named places in braces; a place that the text's key does not know, or one that it must have and
has not, is refused when the text is saved, so that sending never fails for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter

from sqlalchemy import delete, select

from kit.errors import Conflict, Invalid
from kit.unit_of_work import UnitOfWork
from records.messages.tables import AutomaticTextRow
from router.contact import Channel

ANY_CHANNEL = "*"
LANGUAGES = ("zh-CN", "en")
MOST_SHORT_CHARS = 300
MOST_CHARS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`subject` is for mail; elsewhere it is left out. `version` 0: the built-in words."""

    text: str
    subject: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextKey:
    """`places` may stand in the text, `needed` must. `words` by channel (`*` for all others) and language."""

    places: frozenset[str]
    needed: frozenset[str] = frozenset()
    words: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)


_RECEIPT = {
    ANY_CHANNEL: {
        "zh-CN": Words(
            subject="已收到，编号 {number}",
            text="您好，已收到您的来信。\n\n编号：{number}\n查询密码：{pin}\n\n"
            "我们将在{due}前答复。凭编号和查询密码可以在 {url} 查进度，也可拨打 {hotline}。\n"
            "请妥善保管查询密码；请勿发送涉密材料。\n\n{name}\n（本信由系统发出）",
        ),
        "en": Words(
            subject="Received, number {number}",
            text="We have received your message.\n\nNumber: {number}\nPIN: {pin}\n\n"
            "You will have an answer by {due}. "
            "With number and PIN you can follow it at {url} or by calling {hotline}.\n"
            "Keep the PIN safe. Please send no state secrets.\n\n{name}\n(This message was sent by the system.)",
        ),
    },
    Channel.CHAT: {
        "zh-CN": Words(text="已登记，可随时查。编号 {number}，查询密码 {pin}，{due}前答复。查询：{url}"),
        "en": Words(text="Registered. Number {number}, PIN {pin}; answer by {due}. Follow it at {url}"),
    },
    Channel.SMS: {
        "zh-CN": Words(
            text="已收到，编号{number}，查询密码{pin}，{due}前答复。回复“编号 查询密码”可查进度，或见 {url}"
        ),
        "en": Words(
            text="Received. Number {number}, PIN {pin}; answer by {due}. To follow it send number and PIN, or see {url}"
        ),
    },
    Channel.TELEGRAM: {
        "zh-CN": Words(
            text="已收到。编号 {number}，查询密码 {pin}，{due}前答复。发送“/status 编号 查询密码”可查进度，或见 {url}"
        ),
        "en": Words(
            text="Received. Number {number}, PIN {pin}; answer by {due}. "
            "To follow it send “/status number PIN”, or see {url}"
        ),
    },
}
_SATISFACTION = {
    Channel.MAIL: {
        "zh-CN": Words(
            subject="请评价本次服务",
            text="您好，您的来件已办结。请对我们的服务和办理结果分别评价，不到一分钟：\n{url}\n\n"
            "评价由系统发出，办理人看不到是谁的评价。\n\n{name}",
        ),
        "en": Words(
            subject="How did we do?",
            text="Your matter is closed. Please rate the service and the result, in less than a minute:\n{url}\n\n"
            "The system asks this; the person who helped you does not see whose rating it is.\n\n{name}",
        ),
    },
    Channel.CHAT: {
        "zh-CN": Words(text="本次会话已结束。请对服务和结果分别评价：{url}"),
        "en": Words(text="This conversation has ended. Please rate the service and the result: {url}"),
    },
    ANY_CHANNEL: {
        "zh-CN": Words(
            text="来件已办结，请评价：回复两位数字，先服务后结果，1非常满意 2满意 3基本满意 4不满意 5非常不满意，如 12"
        ),
        "en": Words(
            text="Your matter is closed. Rate it: reply two digits, service then result, "
            "1 very satisfied to 5 very dissatisfied, e.g. 12"
        ),
    },
}
_THANKS = {
    ANY_CHANNEL: {"zh-CN": Words(text="感谢评价。"), "en": Words(text="Thank you for your rating.")},
}
_MORE = {
    ANY_CHANNEL: {
        "zh-CN": Words(text="感谢评价服务。办理结果呢？请再回复一位数字：1非常满意 至 5非常不满意"),
        "en": Words(text="Thank you. And the result? Reply one more digit: 1 very satisfied to 5 very dissatisfied"),
    },
}
_RECEIPT_PLACES = frozenset({"number", "pin", "due", "url", "hotline", "name"})
KEYS: Mapping[str, TextKey] = {
    "receipt": TextKey(places=_RECEIPT_PLACES, needed=frozenset({"number", "pin"}), words=_RECEIPT),
    "satisfaction": TextKey(places=frozenset({"url", "hotline", "name"}), words=_SATISFACTION),
    "satisfaction_thanks": TextKey(places=frozenset({"name"}), words=_THANKS),
    "satisfaction_more": TextKey(places=frozenset({"name"}), words=_MORE),
}
"""Every automatic text there is. Satisfaction is asked with a link by mail and chat, elsewhere it is told in digits."""
_SHORT = frozenset({Channel.SMS, Channel.CHAT, Channel.TELEGRAM})


def language_of(spoken: str | None) -> str:
    """The language of the two that there are texts in."""
    return "en" if (spoken or "").startswith("en") else "zh-CN"


def built_in(key: str, channel: str, language: str) -> Words:
    """The words as they come with the platform."""
    by_channel = KEYS[key].words
    return by_channel.get(channel, by_channel[ANY_CHANNEL])[language]


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
