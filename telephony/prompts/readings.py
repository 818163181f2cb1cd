"""How numbers, dates and money are said, in Chinese and English: text in, text that a voice cannot get wrong out.

Digits of receipts and telephones are read one by one in groups of four; 1 is said 幺 in Chinese. Dates are ISO
(YYYY-MM-DD), money is in yuan with at most two decimals, numbers are whole and below 10**16 or decimal.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from string import Formatter

ONES = "零一二三四五六七八九"
SPOKEN = "零幺二三四五六七八九"
PLACES = ("", "十", "百", "千")
MYRIADS = ("", "万", "亿", "万亿")
BEYOND = 10**16
GROUP = 4
CHINESE_PAUSE, ENGLISH_PAUSE = "，", ", "
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million", "billion", "trillion", "quadrillion")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ORDINALS = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}


def is_english(language: str) -> bool:
    return language.startswith("en")


def fill(text: str, values: Mapping[str, str], language: str) -> str:
    """`text` with its `{name}` and `{name:form}` filled in; a value that is missing is left out."""
    parts = []
    for literal, name, form, _ in Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            parts.append(say(values.get(name, ""), form or "", language))
    return "".join(parts)


def say(value: str, form: str, language: str) -> str:
    """`value` in the words of `form`: digits, number, date, money; as it stands where it is not of that form."""
    reading = FORMS.get(form)
    if reading is None or not value:
        return value
    try:
        return reading(value.strip(), is_english(language))
    except (ValueError, InvalidOperation):
        return value


def digits(value: str, english: bool = False) -> str:
    """One by one, in groups; what is no digit (a plus, a blank, a dash) is passed over."""
    kept = [character for character in value if character.isascii() and character.isdigit()]
    words = [NAMES[int(digit)] if english else SPOKEN[int(digit)] for digit in kept]
    groups = [words[start : start + GROUP] for start in range(0, len(words), GROUP)]
    if english:
        return ENGLISH_PAUSE.join(" ".join(group) for group in groups)
    return CHINESE_PAUSE.join("".join(group) for group in groups)


def number(value: str, english: bool = False) -> str:
    """A quantity, whole or decimal, negative too. Raises `ValueError` beyond 10**16."""
    amount = Decimal(value)
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    said = english_whole(int(whole)) if english else chinese_whole(int(whole))
    fraction = fraction.rstrip("0")
    if fraction:
        point = " point " if english else "点"
        spoken = [NAMES[int(digit)] if english else ONES[int(digit)] for digit in fraction]
        said += point + (" " if english else "").join(spoken)
    minus = "minus " if english else "负"
    return minus + said if amount < 0 else said


def chinese_whole(value: int) -> str:
    """二 for every 2, as read from a page; 十 alone for 10 to 19 at the beginning."""
    if value >= BEYOND:
        raise ValueError("too large to be said")
    if value == 0:
        return ONES[0]
    said = ""
    for index in range(len(MYRIADS) - 1, -1, -1):
        block = value // 10_000**index % 10_000
        if block:
            gap = bool(said) and (block < 1000 or said.endswith(ONES[0]))
            said += (ONES[0] if gap else "") + _block(block) + MYRIADS[index]
    return said.removeprefix("一") if said.startswith("一十") else said


def _block(value: int) -> str:
    """1 to 9999."""
    said, skipped = "", False
    for place in range(3, -1, -1):
        digit = value // 10**place % 10
        if digit == 0:
            skipped = bool(said)
            continue
        said += (ONES[0] if skipped else "") + ONES[digit] + PLACES[place]
        skipped = False
    return said


def english_whole(value: int) -> str:
    if value >= BEYOND:
        raise ValueError("too large to be said")
    if value == 0:
        return NAMES[0]
    parts = []
    for index in range(len(SCALES) - 1, -1, -1):
        block = value // 1000**index % 1000
        if block:
            parts.append(f"{_hundreds(block)} {SCALES[index]}".strip())
    return " ".join(parts)


def _hundreds(value: int) -> str:
    """1 to 999."""
    hundreds, rest = divmod(value, 100)
    words = [f"{NAMES[hundreds]} hundred"] if hundreds else []
    if rest:
        words.append(_tens(rest))
    return " and ".join(words)


def _tens(value: int) -> str:
    """1 to 99."""
    if value < 10:
        return NAMES[value]
    if value < 20:
        return TEENS[value - 10]
    tens, ones = divmod(value, 10)
    return f"{TENS[tens]}-{NAMES[ones]}" if ones else TENS[tens]


def day(value: str, english: bool = False) -> str:
    """An ISO date. Raises `ValueError` for any other text."""
    when = date.fromisoformat(value[:10])
    if english:
        return f"{MONTHS[when.month - 1]} {_ordinal(when.day)}, {_english_year(when.year)}"
    year = "".join(ONES[int(digit)] for digit in f"{when.year:04d}")
    return f"{year}年{chinese_whole(when.month)}月{chinese_whole(when.day)}日"


def _english_year(year: int) -> str:
    century, rest = divmod(year, 100)
    if year % 1000 < 10:
        return english_whole(year).replace("thousand ", "thousand and ") if rest else english_whole(year)
    if rest == 0:
        return f"{_tens(century)} hundred"
    return f"{_tens(century)} {'oh ' if rest < 10 else ''}{_tens(rest)}"


def _ordinal(value: int) -> str:
    tens, ones = divmod(value, 10)
    if value in ORDINALS:
        return ORDINALS[value]
    if value < 20:
        return f"{_tens(value)}th"
    if ones == 0:
        return f"{TENS[tens][:-1]}ieth"
    return f"{TENS[tens]}-{_ordinal(ones)}"


def money(value: str, english: bool = False) -> str:
    """Yuan, 角 and 分; in English yuan and fen. Raises `ValueError` for more than two decimals."""
    amount = Decimal(value.replace(",", ""))
    if amount != round(amount, 2):
        raise ValueError("more than two decimals")
    minus = "" if amount >= 0 else ("minus " if english else "负")
    yuan, fen = divmod(int(abs(amount) * 100), 100)
    if english:
        parts = [f"{english_whole(yuan)} yuan"] if yuan or not fen else []
        return minus + " and ".join([*parts, *([f"{_tens(fen)} fen"] if fen else [])])
    said = f"{chinese_whole(yuan)}元" if yuan or not fen else ""
    jiao, rest = divmod(fen, 10)
    said += f"{ONES[jiao]}角" if jiao else (ONES[0] if said and rest else "")
    return minus + said + (f"{ONES[rest]}分" if rest else "")


FORMS: Mapping[str, Callable[[str, bool], str]] = {"digits": digits, "number": number, "date": day, "money": money}
