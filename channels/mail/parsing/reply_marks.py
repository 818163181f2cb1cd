"""Tables of the lines by which mail clients introduce what they quote. A new client is a new row here."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """A line (or up to three wrapped ones) such as `On Monday, X wrote:`: `start` opens it, `end` closes it."""

    client: str
    start: str
    end: str


ATTRIBUTIONS = (
    Attribution(client="Gmail, Apple Mail, Thunderbird (en)", start="on ", end="wrote:"),
    Attribution(client="163 (en)", start="at ", end="wrote:"),
    Attribution(client="163, Apple Mail, Thunderbird (zh)", start="在", end="写道:"),
    Attribution(client="163, Apple Mail (zh-TW)", start="在", end="寫道:"),
    Attribution(client="Gmail (zh-TW)", start="", end="寫道:"),
    Attribution(client="Gmail (zh)", start="", end="写道:"),
    Attribution(client="Apple Mail (zh-TW)", start="於", end="寫道:"),
    Attribution(client="Coremail (zh)", start="于", end="写道:"),
    Attribution(client="German", start="am ", end="schrieb:"),
    Attribution(client="French", start="le ", end="a écrit:"),
    Attribution(client="Spanish", start="el ", end="escribió:"),
    Attribution(client="Russian", start="", end="пишет:"),
    Attribution(client="Outlook mobile (en)", start="from ", end="wrote:"),
)

# A line that alone says: everything below is older. Compared without dashes, blanks and case.
SEPARATORS = frozenset(
    {
        "originalmessage",
        "originalmail",
        "replymessage",
        "repliedmessage",
        "原始邮件",
        "原始郵件",
        "邮件原件",
        "原邮件",
        "回复的原邮件",
        "回复的原始邮件",
        "历史邮件",
        "原始消息",
        "originaltext",
        "ursprünglichenachricht",
        "messaged'origine",
        "mensajeoriginal",
    }
)

# The header block of Outlook, Foxmail, QQ and mobile clients: three labels in a row are a quoted header.
HEADER_LABELS = frozenset(
    {
        "from", "sent", "to", "cc", "bcc", "date", "subject", "reply-to", "importance",
        "发件人", "发件时间", "发送时间", "发送日期", "收件人", "抄送", "密送", "日期", "时间", "主题", "答复", "回复",
        "寄件者", "寄件日期", "收件者", "副本", "主旨", "傳送日期", "日期時間",
        "von", "gesendet", "an", "betreff", "datum", "de", "envoyé", "à", "objet", "enviado", "para", "asunto",
    }
)  # fmt: skip
FIRST_LABELS = frozenset({"from", "发件人", "寄件者", "von", "de", "date", "发送日期", "日期"})

# Signatures that a device or client adds; cut when they end the answer.
DEVICE_SIGNATURES = re.compile(
    r"^(sent from (my|mail for|outlook|yahoo|samsung|proton)\b.{0,60}|get outlook for .{0,40}|sent via .{0,40}"
    r"|发自\s?我?的?\s?(iphone|ipad|手机|安卓|android|华为|小米|荣耀|oppo|vivo|三星|网易邮箱|foxmail|qq邮箱|outlook).{0,40}"
    r"|(来自|發自|從我的|从我的|发送自|寄自|從|自)\s?.{0,30}(iphone|ipad|邮箱|手机|outlook|android|foxmail|發送|发送|傳送).{0,20}"
    r"|(获取|下载)\s?(适用于 ?(ios|android) ?的 ?)?outlook.{0,30}|从 windows 版邮件发送)$",
    re.IGNORECASE,
)
