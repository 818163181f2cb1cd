"""What the workspace of the first start holds: the bureau, its departments, canned answers and first accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from records.staff.permissions import RoleKey

# One workspace for each installation; its id is known before the database is.
WORKSPACE_ID = "01929d3c-5a00-7000-8000-000000000001"
NAME = "云州市科学技术局"
NAME_EN = "Yunzhou Science and Technology Bureau"
SHORT_NAME = "云科"
HOTLINE = "0700-8812 3400"
LANGUAGE = "zh-CN"

DEPARTMENTS = (
    ("办公室", "Office"),
    ("政策法规处", "Policy and Regulations"),
    ("资源配置处", "Resource Allocation"),
    ("高新技术处", "High Technology"),
    ("成果转化处", "Technology Transfer"),
    ("农村与社会发展处", "Rural and Social Development"),
    ("外国专家处", "Foreign Experts"),
    ("机关纪委", "Discipline Office"),
    ("值班室", "Duty Room"),
)

CANNED_ANSWERS = (
    ("您好，工号{工号}为您服务，请问有什么可以帮您？", "Hello, staff number {工号} speaking. How can I help you?"),
    (
        "我正在核实，请稍候，{n}分钟内回复您。",
        "I am checking this. Please wait; you have my answer within {n} minutes.",
    ),
    (
        "该事项由{部门}负责，我先向其说明情况，您无需重复。",
        "{部门} is in charge of this. I will explain it to them first, so that you need not repeat it.",
    ),
    (
        "已为您登记，编号{编号}，{日期}前答复；请妥善保管查询密码。",
        "This is registered under number {编号}; you will be answered by {日期}. Please keep the PIN safe.",
    ),
    (
        "还需补充：{材料}，收到后继续办理。",
        "We still need: {材料}. We continue as soon as we have it.",
    ),
    ("该事项由{单位}受理，电话{电话}。", "{单位} accepts this matter, telephone {电话}."),
    (
        "您的信息依法保密，可匿名；请勿发送涉密材料。",
        "What you tell us is kept confidential by law, and you may stay anonymous. Please send no state secrets.",
    ),
    ("理解您的心情，我会如实记录并跟进。", "I understand how you feel. I will record it truthfully and follow it up."),
    (
        "请文明用语，否则将结束本次服务。",
        "Please keep to polite language, or this conversation will be ended.",
    ),
    (
        "长时间未收到回复，本次会话将结束，可随时再联系。",
        "We have not heard from you for a while, so this conversation ends. You can contact us again at any time.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAccount:
    """`skills`: level 1..10 by the name of the skill; None for an account that handles no contacts."""

    login: str
    display_name: str
    staff_number: str
    roles: tuple[RoleKey, ...]
    department: str
    skills: Mapping[str, int] | None = None
    group_name: str = ""
    tells: tuple[str, str] = field(default=("", ""))


ACCOUNTS = (
    FirstAccount(
        login="admin",
        display_name="管理员",
        staff_number="1000",
        roles=(RoleKey.ADMINISTRATOR,),
        department="办公室",
        tells=("管理员", "administrator"),
    ),
    FirstAccount(
        login="banzhang",
        display_name="周岚",
        staff_number="1001",
        roles=(RoleKey.SUPERVISOR, RoleKey.DIRECTOR),
        department="办公室",
        group_name="咨询组",
        skills={"政策法规": 6, "投诉": 6, "局长信箱": 8, "系统操作": 5, "情绪安抚": 8, "普通话": 10},
        tells=("班长，兼阅局长信箱", "supervisor, also reads the director's mailbox"),
    ),
    FirstAccount(
        login="sumin",
        display_name="苏敏",
        staff_number="1006",
        roles=(RoleKey.REGISTRAR,),
        department="政策法规处",
        group_name="咨询组",
        skills={
            "政策法规": 9,
            "经费申报": 8,
            "高企认定": 9,
            "成果推广": 5,
            "系统操作": 6,
            "普通话": 10,
            "English": 6,
        },
        tells=("坐席，政策与高企", "agent for policy and enterprises"),
    ),
    FirstAccount(
        login="heyun",
        display_name="何芸",
        staff_number="1008",
        roles=(RoleKey.REGISTRAR, RoleKey.DISCIPLINE),
        department="机关纪委",
        group_name="投诉组",
        skills={"投诉": 9, "举报(保密)": 9, "情绪安抚": 9, "政策法规": 4, "普通话": 9, "粤语": 8},
        tells=("坐席，投诉与举报", "agent for complaints and confidential reports"),
    ),
    FirstAccount(
        login="liangyu",
        display_name="梁宇",
        staff_number="1012",
        roles=(RoleKey.REGISTRAR,),
        department="外国专家处",
        group_name="业务组",
        skills={
            "人才外专": 9,
            "成果鉴定": 8,
            "成果推广": 8,
            "经费申报": 5,
            "政策法规": 3,
            "投诉": 3,
            "系统操作": 8,
            "普通话": 9,
            "English": 9,
        },
        tells=("坐席，成果与外专", "agent for results and foreign experts"),
    ),
)
