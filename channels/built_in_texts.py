"""What the system writes by itself as it comes with the platform: keys, places, and words by channel and language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.contact import Channel
from webchat.catalogue import sentences

ANY_CHANNEL = "*"
LANGUAGES = ("zh-CN", "en")
STATES = ("received", "working", "waiting", "answered", "closed", "withdrawn")
"""How a matter can stand, see `webchat.progress.Matter.state`."""


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
    Channel.TELEGRAM: {
        "zh-CN": Words(
            text="来件已办结，请评价。对服务满意吗？请按下面的按钮，"
            "或回复两位数字：先服务后结果，1非常满意 至 5非常不满意，如 12"
        ),
        "en": Words(
            text="Your matter is closed. Are you satisfied with the service? Press a button below, "
            "or reply two digits: service then result, 1 very satisfied to 5 very dissatisfied, e.g. 12"
        ),
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
_HELP: Mapping[str, Mapping[str, Words]] = {
    Channel.SMS: {
        "zh-CN": Words(text="查进度请发：编号 空格 查询密码。退订请发：TD。有事请直接把内容发来，或拨打{hotline}。"),
        "en": Words(
            text="To follow a matter send: number, space, PIN. To get no more texts: STOP. "
            "Anything else: just write to us, or call {hotline}."
        ),
    },
    Channel.TELEGRAM: {
        "zh-CN": Words(
            text="直接发消息即可，收到后会给您编号和查询密码。\n/status 编号 密码：查进度\n"
            "/language en: English\n请勿发送涉密材料。"
        ),
        "en": Words(
            text="Just write; you will get a number and a PIN.\n/status number PIN: follow your matter\n"
            "/language zh: 中文\nPlease send no state secrets."
        ),
    },
}
_GREETING: Mapping[str, Mapping[str, Words]] = {
    Channel.TELEGRAM: {
        "zh-CN": Words(
            text="您好，这里是{bot}。请直接写下您的问题，也可以发照片、文件、语音或位置，有人受理后在这里答复。\n\n{help}"
        ),
        "en": Words(
            text="This is {bot}. Write your question here, or send photos, files, voice or a location; "
            "you will be answered here.\n\n{help}"
        ),
    },
}
_STOPPED: Mapping[str, Mapping[str, Words]] = {
    Channel.SMS: {
        "zh-CN": Words(text="您已退订，本号码不再收到我局短信。回复“恢复”可重新接收。"),
        "en": Words(text="You will get no more text messages from us on this number. Send START to get them again."),
    },
}
_STARTED: Mapping[str, Mapping[str, Words]] = {
    Channel.SMS: {
        "zh-CN": Words(text="已恢复，本号码可以收到我局短信。回复“TD”可退订。"),
        "en": Words(text="You can get text messages from us again. Send STOP to end them."),
    },
}


def _everywhere(chinese: str, english: str, subject: tuple[str, str] = ("", "")) -> Mapping[str, Mapping[str, Words]]:
    said = zip(LANGUAGES, (chinese, english), subject, strict=True)
    return {ANY_CHANNEL: {language: Words(text=text, subject=title) for language, text, title in said}}


def _said(words: Mapping[str, tuple[str, str]]) -> Mapping[str, Mapping[str, Words]]:
    """By channel, from Chinese and English."""
    return {
        channel: {language: Words(text=text) for language, text in zip(LANGUAGES, both, strict=True)}
        for channel, both in words.items()
    }


def _of_page(sentence: str, *places: str) -> TextKey:
    """What the citizens' page says, too, until somebody gives it other words here."""
    chinese, english = (sentences(language)[sentence] for language in LANGUAGES)
    return TextKey(places=frozenset(places), words=_everywhere(chinese, english))


_AHEAD, _MINUTES = frozenset({"ahead"}), frozenset({"low", "high"})
_WAITING: Mapping[str, TextKey] = {
    "waiting_range": TextKey(
        places=_AHEAD | _MINUTES,
        needed=_MINUTES,
        words=_said(
            {
                Channel.VOICE: (
                    "您前面有{ahead}位，预计{low}至{high}分钟。",
                    "There are {ahead} before you; about {low} to {high} minutes.",
                ),
                Channel.CHAT: ("约 {low}–{high} 分钟", "about {low}–{high} min"),
            }
        ),
    ),
    "waiting_place": TextKey(
        places=_AHEAD,
        needed=_AHEAD,
        words=_said(
            {
                Channel.VOICE: ("您前面有{ahead}位，请稍候。", "There are {ahead} before you. Please wait."),
                Channel.CHAT: ("您前面 {ahead} 位", "{ahead} before you"),
            }
        ),
    ),
    "waiting_unknown": TextKey(
        places=frozenset(),
        words=_said(
            {
                Channel.VOICE: ("坐席全忙，请稍候。", "All our agents are busy. Please wait."),
                Channel.CHAT: ("正在为您找人", "Looking for somebody for you"),
            }
        ),
    ),
    **{
        key: TextKey(places=frozenset(), words=_said({channel: (chinese, english)}))
        for key, channel, chinese, english in (
            ("waiting_next", Channel.CHAT, "您是下一位", "You are next"),
            ("waiting_soon", Channel.CHAT, "不到 1 分钟", "less than 1 min"),
            ("waiting_offered", Channel.CHAT, "马上有人接待您", "Somebody will be with you in a moment"),
            (
                "waiting_same_number",
                Channel.VOICE,
                "您的号码已有一路电话在排队，请稍候。",
                "Another call of your number is waiting already. Please wait.",
            ),
            (
                "waiting_callback",
                Channel.VOICE,
                "回电请按1，保留排队位置。",
                "For a call-back that keeps your place, press 1.",
            ),
            ("waiting_message", Channel.VOICE, "留言请按2。", "To leave a message, press 2."),
            (
                "waiting_both",
                Channel.VOICE,
                "回电请按1，保留排队位置；留言请按2。",
                "For a call-back that keeps your place, press 1; for a message, 2.",
            ),
        )
    },
}
"""See `channels.waiting_texts`: by telephone whole sentences, in the chat place and time joined to one line."""
_RECEIPT_PLACES = frozenset({"number", "pin", "due", "url", "hotline", "name"})
KEYS: Mapping[str, TextKey] = {
    "receipt": TextKey(places=_RECEIPT_PLACES, needed=frozenset({"number", "pin"}), words=_RECEIPT),
    "satisfaction": TextKey(places=frozenset({"url", "hotline", "name"}), words=_SATISFACTION),
    "satisfaction_thanks": TextKey(places=frozenset({"name"}), words=_THANKS),
    "satisfaction_more": TextKey(places=frozenset({"name"}), words=_MORE),
    "status": TextKey(
        places=frozenset({"number", "state", "name", "hotline"}),
        needed=frozenset({"number", "state"}),
        words=_everywhere("{number}：{state}。", "{number}: {state}.", ("办理进度 {number}", "Your matter {number}")),
    ),
    "status_due": TextKey(
        places=frozenset({"due"}),
        needed=frozenset({"due"}),
        words=_everywhere("最晚 {due} 答复。", "You will have an answer by {due}."),
    ),
    "status_asked": TextKey(
        places=frozenset({"asked"}),
        needed=frozenset({"asked"}),
        words=_everywhere("需要您补充：{asked}", "We need from you: {asked}"),
    ),
    **{f"state_{state}": _of_page(f"status.state_{state}") for state in STATES},
    "status_busy": TextKey(
        places=frozenset({"minutes", "hotline"}),
        needed=frozenset({"minutes"}),
        words=_everywhere("查询太频繁，请过 {minutes} 分钟再试。", "Too many queries; try again in {minutes} minutes."),
    ),
    "status_number_wrong": _of_page("error_field.number_wrong"),
    "status_pin_missing": _of_page("error_field.pin_missing"),
    "status_pin_wrong": _of_page("error_field.pin_wrong", "left"),
    "status_pin_last": _of_page("error_field.pin_last"),
    "status_locked": _of_page("error_field.locked", "minutes"),
    **_WAITING,
    "greeting": TextKey(places=frozenset({"bot", "name", "help"}), words=_GREETING),
    "help": TextKey(places=frozenset({"hotline", "name"}), words=_HELP),
    "stopped": TextKey(places=frozenset({"hotline", "name"}), words=_STOPPED),
    "started": TextKey(places=frozenset({"hotline", "name"}), words=_STARTED),
}
"""Every automatic text there is. Satisfaction is asked with a link by mail and chat, elsewhere it is told in digits."""

EXAMPLES: Mapping[str, str] = {
    "number": "20260101000015",
    "pin": "123456",
    "left": "3",
    "minutes": "20",
    "ahead": "3",
    "low": "4",
    "high": "7",
    "bot": "12345",
}
"""What stands in the places in a preview, where it is not the workspace's own or a matter of language."""
EXAMPLES_IN: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {"due": "2026年01月09日", "asked": "营业执照复印件"},
    "en": {"due": "09 January 2026", "asked": "a copy of your business licence"},
}
