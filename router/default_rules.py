"""Queues and rules of a new workspace. Skills are named by their Chinese names; times in seconds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MINUTE, HOUR, DAY = 60, 3600, 86_400

POLICY, COMPLAINTS, REPORTS = "政策法规", "投诉", "举报(保密)"
FUNDING, APPRAISAL, PROMOTION, HIGH_TECH = "经费申报", "成果鉴定", "成果推广", "高企认定"
FOREIGN_EXPERTS, SYSTEMS, CALMING = "人才外专", "系统操作", "情绪安抚"
MANDARIN, CANTONESE, ENGLISH = "普通话", "粤语", "English"
DIRECTOR = "局长信箱"

SKILLS: tuple[tuple[str, str], ...] = (
    (POLICY, "Policies and law"),
    (COMPLAINTS, "Complaints"),
    (REPORTS, "Reports (confidential)"),
    (FUNDING, "Funding applications"),
    (APPRAISAL, "Appraisal of results"),
    (PROMOTION, "Promotion of results"),
    (HIGH_TECH, "High-tech certification"),
    (FOREIGN_EXPERTS, "Foreign experts"),
    (SYSTEMS, "Systems"),
    (CALMING, "Calming people"),
    (MANDARIN, "Mandarin"),
    (CANTONESE, "Cantonese"),
    (ENGLISH, "English"),
    (DIRECTOR, "Director's mailbox"),
)
CONFIDENTIAL = frozenset({REPORTS, DIRECTOR})

LANGUAGES_STAY = {CANTONESE: 1, ENGLISH: 1}
"""However long somebody waits, the agent must understand the language."""


@dataclass(frozen=True, kw_only=True)
class DefaultQueue:
    """`relaxes`: waiting to levels, of all skills ("*") but the languages."""

    key: str
    name: str
    name_en: str
    channel: str
    sla_s: int
    strategy: str = "longest_idle"
    calendar: str = "hotline"
    wrap_up_s: int = 15
    requirements: Mapping[str, int] = field(default_factory=dict)
    relaxes: tuple[tuple[int, int], ...] = ()
    overflow: tuple[str, int] | None = None
    emergency: bool = False
    restricted: bool = False
    sealed: bool = False

    @property
    def blocks(self) -> bool:
        """Only after a call the agent is left alone."""
        return self.channel == "voice"

    @property
    def relaxation(self) -> list[tuple[int, dict[str, int]]]:
        return [(after_s, {"*": level, **LANGUAGES_STAY}) for after_s, level in self.relaxes]


VOICE_STEPS = ((20, 1), (40, 0))
CHAT_STEPS = ((60, 1), (120, 0))
TEXT_STEPS = ((2 * HOUR, 1), (4 * HOUR, 0))

QUEUES: tuple[DefaultQueue, ...] = (
    DefaultQueue(
        key="emergency", name="紧急", name_en="Emergency", channel="voice", sla_s=15, wrap_up_s=30, emergency=True
    ),
    DefaultQueue(
        key="phone",
        name="电话咨询",
        name_en="Telephone",
        channel="voice",
        sla_s=15,
        wrap_up_s=30,
        strategy="best",
        relaxes=VOICE_STEPS,
    ),
    DefaultQueue(
        key="complaints",
        name="投诉",
        name_en="Complaints",
        channel="voice",
        sla_s=15,
        wrap_up_s=30,
        strategy="best",
        requirements={COMPLAINTS: 3},
        relaxes=VOICE_STEPS,
        overflow=("phone", 60),
    ),
    DefaultQueue(
        key="reports",
        name="举报专席",
        name_en="Confidential reports",
        channel="voice",
        sla_s=15,
        wrap_up_s=30,
        strategy="best",
        requirements={REPORTS: 1},
        sealed=True,
    ),
    DefaultQueue(
        key="applications",
        name="业务申请",
        name_en="Applications",
        channel="voice",
        sla_s=15,
        wrap_up_s=30,
        strategy="best",
        relaxes=VOICE_STEPS,
        overflow=("phone", 60),
    ),
    DefaultQueue(
        key="chat",
        name="在线",
        name_en="Web chat",
        channel="chat",
        sla_s=3 * MINUTE,
        strategy="best",
        relaxes=CHAT_STEPS,
    ),
    DefaultQueue(key="sms", name="短信", name_en="SMS", channel="sms", sla_s=3 * MINUTE, relaxes=CHAT_STEPS),
    DefaultQueue(
        key="mail", name="邮件", name_en="E-mail", channel="mail", sla_s=DAY, calendar="bureau", relaxes=TEXT_STEPS
    ),
    DefaultQueue(
        key="form",
        name="网上表单",
        name_en="Web form",
        channel="form",
        sla_s=DAY,
        calendar="bureau",
        relaxes=TEXT_STEPS,
    ),
    DefaultQueue(
        key="fax", name="传真", name_en="Fax", channel="fax", sla_s=DAY, calendar="bureau", relaxes=TEXT_STEPS
    ),
    DefaultQueue(
        key="letter", name="信函", name_en="Letters", channel="letter", sla_s=DAY, calendar="bureau", relaxes=TEXT_STEPS
    ),
    DefaultQueue(
        key="director",
        name="局长信箱",
        name_en="Director's mailbox",
        channel="form",
        sla_s=DAY,
        calendar="bureau",
        requirements={DIRECTOR: 1},
        restricted=True,
    ),
    DefaultQueue(key="voicemail", name="语音留言", name_en="Voicemail", channel="voicemail", sla_s=4 * HOUR),
    DefaultQueue(key="callback", name="回电", name_en="Call-backs", channel="callback", sla_s=4 * HOUR),
)


@dataclass(frozen=True, kw_only=True)
class DefaultRule:
    name: str
    conditions: Mapping[str, Any]
    queue: str
    requirements: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    seal: bool = False


SUBJECTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("高企认定", HIGH_TECH, ("高企", "高新技术企业", "研发费用", "加计扣除", "high-tech")),
    ("经费申报", FUNDING, ("经费", "项目申报", "科技计划", "立项", "funding", "grant")),
    ("成果鉴定", APPRAISAL, ("成果鉴定", "成果登记", "成果评价", "科技奖")),
    ("成果推广", PROMOTION, ("成果转化", "成果推广", "技术合同", "技术转让")),
    ("人才外专", FOREIGN_EXPERTS, ("外国人", "外国专家", "工作许可", "人才计划", "work permit")),
    ("系统操作", SYSTEMS, ("登录不了", "无法登录", "密码", "报错", "系统故障", "打不开", "cannot log in")),
)
"""Name, skill, and the words that call for it."""

DANGER = ("爆炸", "起火", "着火", "煤气泄漏", "中毒", "自杀", "救命")
TEXT_LINES = (
    ("chat", "chat", "在线"),
    ("sms", "sms", "短信"),
    ("telegram", "sms", "Telegram"),
    ("mail", "mail", "邮件"),
    ("form", "form", "表单"),
)
"""Channel, queue and label. Whoever writes by Telegram waits for an answer as with a text message."""


def rules() -> Iterator[DefaultRule]:
    """The validated rule table, first line first."""
    yield DefaultRule(
        name="生命危险", conditions={"channels": ["chat", "voice"], "text": list(DANGER)}, queue="emergency"
    )
    # For the discipline office: its agents have the higher level, others who take reports need not.
    yield DefaultRule(
        name="举报本单位人员",
        conditions={"topics": ["own_staff"]},
        queue="reports",
        requirements={REPORTS: 8},
        seal=True,
    )
    for field_name in ("topics", "kinds"):
        yield DefaultRule(name="举报", conditions={field_name: ["report"]}, queue="reports", seal=True)
    yield DefaultRule(name="举报(标题)", conditions={"subject": ["举报"]}, queue="reports", seal=True)
    for field_name in ("topics", "kinds"):
        yield DefaultRule(name="局长信箱", conditions={field_name: ["director"]}, queue="director")
    for channel, queue, label in TEXT_LINES:
        yield from _text_rules(channel, queue, label)
    yield DefaultRule(
        name="电话投诉", conditions={"channels": ["voice"], "topics": ["complaint"]}, queue="complaints", priority=1
    )
    yield DefaultRule(
        name="电话业务申请", conditions={"channels": ["voice"], "topics": ["application"]}, queue="applications"
    )
    yield DefaultRule(name="其余:phone", conditions={"channels": ["voice"]}, queue="phone")
    for channel, queue, _ in TEXT_LINES:
        yield DefaultRule(name=f"其余:{channel}", conditions={"channels": [channel]}, queue=queue)
    for channel in ("fax", "voicemail", "callback"):
        yield DefaultRule(name=f"其余:{channel}", conditions={"channels": [channel]}, queue=channel)
    for channel in ("letter", "visit"):
        yield DefaultRule(name=f"其余:{channel}", conditions={"channels": [channel]}, queue="letter")
    yield DefaultRule(name="默认", conditions={}, queue="mail")


def _text_rules(channel: str, queue: str, label: str) -> Iterator[DefaultRule]:
    for field_name in ("topics", "kinds"):
        yield DefaultRule(
            name=f"{label}:投诉",
            conditions={"channels": [channel], field_name: ["complaint"]},
            queue=queue,
            requirements={COMPLAINTS: 3},
            priority=1,
        )
    for name, skill, words in SUBJECTS:
        yield DefaultRule(
            name=f"{label}:{name}",
            conditions={"channels": [channel], "anywhere": list(words)},
            queue=queue,
            requirements={skill: 5},
        )
