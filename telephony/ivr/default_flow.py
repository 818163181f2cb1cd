"""The flow that a new workspace answers with. `{name}` is the workspace's name.

`service` is the supervisor's switch: `human` leads straight to an agent, `night` to the night announcement, all else
by the hours of the hotline.
"""

from telephony.ivr.flow import Flow
from telephony.ivr.nodes import (
    REPEAT,
    Answer,
    AnyNode,
    Branch,
    Callback,
    Digits,
    Fax,
    HangUp,
    Information,
    Key,
    Language,
    Look,
    Menu,
    Part,
    Play,
    Queue,
    Say,
    Send,
    Survey,
    Voicemail,
)

SATISFACTION, OPINION = "satisfaction", "opinion"
GUIDE = "guide"
WRONG = ("输入有误，请重新输入。", "That was not valid. Please try again.")
ITEMS = (
    ("policies", "科技政策", "science policies"),
    ("guides", "办事指南", "how to apply"),
    ("duties", "部门职责", "duties of our departments"),
    ("convenience", "便民措施", "services for the public"),
    ("scope", "受理范围", "what this hotline handles"),
    ("addresses", "地址与办公时间", "addresses and office hours"),
)
ITEM_NAMES = tuple(name for name, _, _ in ITEMS)
ITEM_KEYS: tuple[Key, ...] = ("1", "2", "3", "4", "5", "6")


def _say(chinese: str, english: str) -> Say:
    return (Part(text={"zh-CN": chinese, "en": english}),)


def _menu(chinese: str, english: str, *, choices: dict[Key, str], otherwise: str = "human") -> Menu:
    """Asks again after a key that means nothing, and leads `otherwise` without a right one."""
    return Menu(
        say=_say(chinese, english),
        choices=choices,
        wrong_say=_say(*WRONG),
        on_silence=otherwise,
        on_invalid=otherwise,
    )


def _entry() -> dict[str, AnyNode]:
    return {
        "answer": Answer(next="service"),
        "service": Branch(by="variable", name="service", cases={"human": "human", "night": "night"}, otherwise="hours"),
        "hours": Branch(by="hours", name="hotline", cases={"closed": "night"}, otherwise="welcome"),
        "welcome": Menu(
            say=(
                *_say(
                    "{name}热线为您服务，本次通话将录音。选择人工服务请按1，自动服务请按2，不按键转人工。",
                    "Welcome to the hotline of the {name_en}. This call will be recorded. For an agent, press 1. For "
                    "automatic services, press 2. Without a key you will be connected to an agent.",
                ),
                Part(text={"en": "For English, press 9."}, language="en"),
            ),
            choices={"1": "human", "2": "automatic", "9": "english"},
            wrong_say=_say(*WRONG),
            on_silence="human",
            on_invalid="human",
        ),
        "english": Language(language="en", next="welcome"),
        "automatic": _menu(
            "选择局长信箱留言请按1，自动投诉举报请按2，投诉查询请按3，服务咨询请按4，民意调查请按5，"
            "发送传真请按6，人工请按0，重听请按星号。",
            "To leave a message for the director, press 1. To complain or report, press 2. To ask how a matter "
            "stands, press 3. For information, press 4. For our survey, press 5. To send a fax, press 6. For an "
            "agent, press 0. To hear this again, press star.",
            choices={
                "1": "director",
                "2": "complaint_kind",
                "3": "query_number",
                "4": "information",
                "5": "opinion",
                "6": "fax",
                "0": "human",
                "*": REPEAT,
            },
        ),
        "human": Queue(on_message="message", on_callback="callback"),
        "fax": Fax(say=_say("请在听到信号音后发送传真。", "Please start your fax after the tone.")),
        "bye": HangUp(say=_say("感谢您的来电，再见。", "Thank you for calling. Goodbye.")),
    }


def _night() -> dict[str, AnyNode]:
    return {
        "night": _menu(
            "现为非工作时间，紧急事项请按0转值班室，留言请按2；危及人身安全请拨110、119或120。",
            "We are closed now. In urgent matters, press 0 for the duty room. To leave a message, press 2. If life "
            "is in danger, call 110, 119 or 120.",
            choices={"0": "duty", "2": "message"},
            otherwise="message",
        ),
        "duty": Queue(queue="emergency", topic="emergency", on_message="message"),
    }


def _messages() -> dict[str, AnyNode]:
    ask = _say(
        "请留下回电号码、事由及是否需要回复，按井号键结束。",
        "Please leave the number to call you back on, your concern, and whether you wish an answer. Press the hash key "
        "to end.",
    )
    return {
        "message": Voicemail(say=ask, topic="voicemail", next="message_kept", on_silence="bye"),
        "message_kept": Play(
            say=_say("留言已保存，我们将尽快回电。", "Your message is kept. We call back soon."), next="bye"
        ),
        "director": Voicemail(say=ask, topic="director", gives_receipt=True, next="registered", on_silence="bye"),
        "complaint_kind": _menu(
            "投诉请按1，举报请按2，举报内容依法保密，人工请按0。",
            "To complain, press 1. To report misconduct, press 2: reports are confidential. For an agent, press 0.",
            choices={"1": "complaint", "2": "report", "0": "human"},
        ),
        "complaint": Voicemail(say=ask, topic="complaint", gives_receipt=True, next="registered", on_silence="bye"),
        "report": Voicemail(say=ask, topic="report", gives_receipt=True, next="registered", on_silence="bye"),
        "registered": Play(
            say=_say(
                "已为您登记，编号{number:digits}，查询密码{pin:digits}。再说一遍，编号{number:digits}，查询密码{pin:digits}。",
                "This is registered under number {number:digits}, PIN {pin:digits}. Once more: number {number:digits}, "
                "PIN {pin:digits}.",
            ),
            next="bye",
        ),
        "callback": Callback(next="callback_kept", on_failed="message"),
        "callback_kept": Play(
            say=_say(
                "已为您登记回电，保留您的排队位置，请保持电话畅通。",
                "We call you back and keep your place. Please keep your telephone free.",
            ),
            next="bye",
        ),
    }


def _query() -> dict[str, AnyNode]:
    return {
        "query_number": Digits(
            say=_say("请输入编号，按井号键结束。", "Please enter the number and end with the hash key."),
            variable="number",
            least=14,
            limit=14,
            wrong_say=_say(*WRONG),
            next="query_pin",
            on_silence="human",
            on_invalid="human",
        ),
        "query_pin": Digits(
            say=_say("请输入六位查询密码。", "Please enter the PIN of six digits."),
            variable="pin",
            least=6,
            limit=6,
            secret=True,
            wrong_say=_say(*WRONG),
            next="query",
            on_silence="human",
            on_invalid="human",
        ),
        "query": Look(
            action="receipt",
            uses=("number", "pin"),
            cases={"found": "result", "wrong_number": "query_wrong", "wrong_pin": "query_wrong", "locked": "locked"},
            otherwise="human",
        ),
        "result": Play(say=_say("{result}", "{result}"), interruptible=False, next="result_menu"),
        "result_menu": Menu(
            say=_say("重听请按星号，人工请按0，结束请挂机。", "To hear it again, press star. For an agent, press 0."),
            choices={"*": "result", "0": "human"},
            on_silence="bye",
            on_invalid="bye",
        ),
        "query_wrong": Menu(
            say=_say(
                "编号或查询密码有误。重新输入请按1，人工请按0。",
                "Number or PIN is wrong. To enter them again, press 1. For an agent, press 0.",
            ),
            choices={"1": "query_number", "0": "human"},
            on_silence="human",
            on_invalid="human",
        ),
        "locked": Play(
            say=_say("查询密码错误次数过多，请稍后再试。", "There were too many wrong PINs. Please try again later."),
            next="bye",
        ),
    }


def _information() -> dict[str, AnyNode]:
    chinese = "，".join(f"{label}请按{key}" for key, (_, label, _) in enumerate(ITEMS, 1))
    english = " ".join(f"For {label}, press {key}." for key, (_, _, label) in enumerate(ITEMS, 1))
    nodes: dict[str, AnyNode] = {
        "information": _menu(
            f"{chinese}，传真索取办事指南请按7，短信发送请按8，邮件发送请按9，人工请按0，重听请按星号。",
            f"{english} For a guide by fax, press 7. By text message, press 8. By mail, press 9. For an agent, "
            "press 0. To hear this again, press star.",
            choices={
                **{key: f"item_{name}" for key, name in zip(ITEM_KEYS, ITEM_NAMES, strict=True)},
                "7": "guide_by_fax",
                "8": "guide_by_sms",
                "9": "guide_by_mail",
                "0": "human",
                "*": REPEAT,
            },
        ),
        "more": Menu(
            say=_say("返回请按星号，人工请按0，结束请挂机。", "To go back, press star. For an agent, press 0."),
            choices={"*": "information", "0": "human"},
            on_silence="bye",
            on_invalid="bye",
        ),
    }
    nodes |= _guide()
    return nodes | {f"item_{name}": Information(item=name, next="more") for name in ITEM_NAMES}


def _guide() -> dict[str, AnyNode]:
    return {
        "guide_by_fax": _menu(
            "用传真机来电、在本次通话中接收请按1，稍后发到您的来电号码请按2，返回请按星号。",
            "If you are calling from a fax machine, press 1 to receive it on this call. To have it faxed to your "
            "number later, press 2. To go back, press star.",
            choices={"1": "guide_fax_here", "2": "guide_fax_later", "*": "information"},
            otherwise="more",
        ),
        "guide_fax_here": Send(document=GUIDE, by="fax", here=True, next="bye", on_failed="no_fax"),
        "guide_fax_later": Send(document=GUIDE, by="fax", next="guide_sent", on_failed="no_fax"),
        "no_fax": _menu(
            "暂时无法发送传真。短信接收请按1，邮件接收请按2，人工请按0。",
            "No fax can be sent at the moment. To receive a text message, press 1. To receive a mail, press 2. For "
            "an agent, press 0.",
            choices={"1": "guide_by_sms", "2": "guide_by_mail", "0": "human"},
            otherwise="more",
        ),
        "guide_by_sms": Send(document=GUIDE, by="sms", next="guide_sent", on_failed="guide_not_sent"),
        "guide_by_mail": Send(document=GUIDE, by="mail", next="guide_mailed", on_failed="guide_not_mailed"),
        "guide_sent": Play(say=_say("资料即将发送到您的来电号码。", "It will be sent to your number."), next="more"),
        "guide_mailed": Play(
            say=_say("资料即将发送到您登记的邮箱。", "It will be sent to the mail address that we know of you."),
            next="more",
        ),
        "guide_not_sent": Play(say=_say("暂时无法发送。", "It cannot be sent at the moment."), next="more"),
        "guide_not_mailed": Play(
            say=_say(
                "我们没有您的邮箱，或暂时无法发送邮件。",
                "We know no mail address of you, or no mail can be sent at the moment.",
            ),
            next="more",
        ),
    }


def _surveys() -> dict[str, AnyNode]:
    scale = _say(
        "非常满意请按1，满意2，基本满意3，不满意4，非常不满意5。",
        "Press 1 for very satisfied, 2 for satisfied, 3 for fairly satisfied, 4 for dissatisfied, 5 for very "
        "dissatisfied.",
    )
    keys = ("1", "2", "3", "4", "5")
    return {
        "opinion": Survey(
            poll=OPINION,
            say=(*_say("您对我市科技服务是否满意？", "How satisfied are you with our services?"), *scale),
            keys=keys,
            next="bye",
        ),
        "satisfaction": Survey(
            poll=SATISFACTION,
            say=(*_say("请对本次服务作出评价。", "Please rate this call."), *scale),
            keys=keys,
            next="bye",
        ),
    }


def default_flow() -> Flow:
    nodes = _entry() | _night() | _messages() | _query() | _information() | _surveys()
    return Flow(start="answer", nodes=nodes, fax="fax", after_call="satisfaction")
