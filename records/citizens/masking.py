"""Names and numbers of citizens as they may be shown: enough to tell two apart, too little to misuse.

张三 -> 张**, 13800000001 -> 138****0001, 0755-88121234 -> 0755-****1234, zhang@zhigukeji.cn -> z***@zhigu****.cn.
"""

import re
from collections.abc import Iterable

HIDDEN = "****"
_TAIL = 4
_COMPOUND_SURNAMES = frozenset(
    ("欧阳", "太史", "上官", "端木", "司马", "东方", "南宫", "夏侯", "诸葛", "尉迟", "皇甫", "公孙", "慕容", "长孙")
)
_HONORIFICS = ("先生", "女士", "小姐", "老师", "同志", "教授", "博士")
_HAN = re.compile(r"[㐀-鿿]")

# Every repetition is bounded, so that no text takes longer than its length.
_MAIL_IN_TEXT = re.compile(r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_CODE_IN_TEXT = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9A-Z]{0,12}\d{6})[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])", re.IGNORECASE
)
_MOBILE_IN_TEXT = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_LANDLINE_IN_TEXT = re.compile(r"(?<!\d)0\d{2,3}[ -]?\d{3,4}[ -]?\d{4}(?!\d)")


def mask_name(name: str) -> str:
    """The surname of a Chinese name, the initials and surname's first letter of another. Empty stays empty."""
    name = name.strip()
    if not name:
        return ""
    if _HAN.search(name):
        surname = name[:2] if name[:2] in _COMPOUND_SURNAMES else name[:1]
        return f"{surname}**"
    *given, surname = name.split()
    return " ".join([*(f"{part[0]}." for part in given), f"{surname[0]}***"])


def mask_address(kind: str, value: str) -> str:
    """One address in the form of its kind (`phone`, `mail`; any other keeps its first two characters)."""
    if kind == "phone":
        return mask_phone(value)
    if kind == "mail":
        return mask_mail(value)
    return f"{value[:2]}{HIDDEN}" if value else ""


def mask_phone(number: str) -> str:
    """Prefix or area code and the last four digits; of a short number the last two only."""
    digits = re.sub(r"\D", "", number)
    if len(digits) <= 2 * _TAIL - 1:
        return f"{HIDDEN}{digits[-2:]}" if digits else ""
    if number.strip().startswith("+") and not digits.startswith("86"):
        return f"+{digits[:3]}{HIDDEN}{digits[-_TAIL:]}"
    national = digits.removeprefix("86") if len(digits) > 11 else digits
    if national.startswith("1") and len(national) == 11:
        return f"{national[:3]}{HIDDEN}{national[-_TAIL:]}"
    area = _area_code(national)
    return f"{area}-{HIDDEN}{digits[-_TAIL:]}" if area else f"{HIDDEN}{digits[-_TAIL:]}"


def _area_code(national: str) -> str:
    """With its 0: 010, 02x, or four digits. Empty for a number without one."""
    significant = national.removeprefix("0")
    if len(significant) < 9:
        return ""
    return f"0{significant[:2]}" if significant[0] in "12" else f"0{significant[:3]}"


def mask_mail(address: str) -> str:
    """The first letter, and the first half of the domain's name."""
    local, _, domain = address.rpartition("@")
    name, dot, ending = domain.partition(".")
    shown = name[: (len(name) + 1) // 2]
    return f"{local[:1]}***@{shown}{HIDDEN}{dot}{ending}"


def mask_code(code: str) -> str:
    """A credit code or identity number: its first and last four characters."""
    return f"{code[:_TAIL]}{HIDDEN}{code[-_TAIL:]}" if len(code) > 2 * _TAIL else HIDDEN if code else ""


def mask_text(text: str, names: Iterable[str] = ()) -> str:
    """`text` with what it holds of addresses and codes, and the given names, masked: for titles and lists."""
    for name in sorted((name for name in names if len(name) > 1), key=len, reverse=True):
        text = text.replace(name, mask_name(name))
    text = _MAIL_IN_TEXT.sub(lambda found: mask_mail(found[0]), text)
    text = _CODE_IN_TEXT.sub(lambda found: mask_code(found[0]), text)
    for pattern in (_MOBILE_IN_TEXT, _LANDLINE_IN_TEXT):
        text = pattern.sub(lambda found: mask_phone(found[0]), text)
    return text


def form_of_address(name: str, honorific: str | None) -> str:
    """How to speak to a citizen: surname and honorific where both are stated, else 您. Never a guess."""
    if not name or not honorific:
        return "您"
    if honorific in _HONORIFICS and _HAN.search(name):
        return mask_name(name).removesuffix("**") + honorific
    return f"{honorific} {name.split()[-1]}"
