"""What a bot says by itself, and its commands; the first language is the default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`what` is the line in Telegram's menu, by language."""

    name: str
    what: dict[str, str]


COMMANDS = (
    Command(name="start", what={"zh-CN": "开始", "en": "Begin"}),
    Command(name="help", what={"zh-CN": "怎么用", "en": "How it works"}),
    Command(name="status", what={"zh-CN": "查进度：/status 编号 密码", "en": "Follow a matter: /status number PIN"}),
    Command(name="language", what={"zh-CN": "换语言：/language zh 或 en", "en": "Change language: /language zh or en"}),
)
LANGUAGES = {"zh": "zh-CN", "cn": "zh-CN", "zh-cn": "zh-CN", "中文": "zh-CN", "en": "en", "english": "en"}
"""What a citizen may write after /language."""

WORDS = {
    "zh-CN": {
        "status": "请写：/status 编号 查询密码，例如 /status 20260101000015 123456",
        "language": "已改用中文。",
        "noted": "已记下，谢谢。",
        "stands": "已经评过，以第一次为准。",
        "too_late": "这个按钮已经失效。",
        "which_language": "请写 /language zh 或 /language en",
        "group": "这里只能一对一联系。请直接给我发消息，不要在群里写个人信息。",
        "too_large": "文件“{name}”超过 {limit} MB，Telegram 不让我们取得，没有收到。请压缩或分开再发。",
        "note_too_large": "（文件“{name}”{size}超过 {limit} MB，未能收取；已告知对方）",
        "note_gone": "（文件“{name}”已不能从 Telegram 取得）",
        "note_edited": "（修改了先前的消息）",
        "note_location": "位置：{latitude:.5f}, {longitude:.5f}",
        "note_contact": "联系人：{name} {phone}",
        "note_voice": "（语音 {seconds} 秒）",
        "note_other": "（发来本平台不能显示的内容：{kinds}）",
    },
    "en": {
        "status": "Please write: /status number PIN, for example /status 20260101000015 123456",
        "language": "English from now on.",
        "noted": "Noted, thank you.",
        "stands": "You have rated this; the first rating stands.",
        "too_late": "This button does not work any more.",
        "which_language": "Please write /language zh or /language en",
        "group": "I only talk in private. Please write to me directly, and nothing personal in a group.",
        "too_large": "The file “{name}” is larger than {limit} MB; Telegram does not let us fetch it, so we do "
        "not have it. Please make it smaller or send it in parts.",
        "note_too_large": "(File “{name}” {size}is over {limit} MB and could not be fetched; the citizen was told)",
        "note_gone": "(File “{name}” is no longer to be had from Telegram)",
        "note_edited": "(Changed an earlier message)",
        "note_location": "Location: {latitude:.5f}, {longitude:.5f}",
        "note_contact": "Contact: {name} {phone}",
        "note_voice": "(Voice, {seconds} s)",
        "note_other": "(Sent what this platform cannot show: {kinds})",
    },
}


def say(language: str, key: str, **figures: object) -> str:
    """A sentence in the language, Chinese where there is none of it."""
    words = WORDS["en" if language.startswith("en") else "zh-CN"]
    return words[key].format(**figures) if figures else words[key]
