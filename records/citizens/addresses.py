"""Addresses in one form each, so that the same phone or mailbox is recognised however it was written."""

import re
import unicodedata

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

REGION = "CN"
MAX_CHARS = 254


def normalise(kind: str, value: str) -> str:
    """`phone` in E.164 (region CN where no country is said), `mail` lower-cased with an ASCII domain, others trimmed.

    A number that cannot be dialled from outside (short codes, extensions) keeps its digits; nothing is refused, since
    what a channel reports as the sender is what there is.
    """
    value = unicodedata.normalize("NFKC", value).strip()
    if kind == "phone":
        return _phone(value)[:MAX_CHARS]
    return (_mail(value) if kind == "mail" else value)[:MAX_CHARS]


def _phone(value: str) -> str:
    try:
        number = parse(value, REGION)
    except NumberParseException:
        return re.sub(r"\s", "", value)
    if not is_possible_number(number) or len(str(number.national_number)) < 7:
        return re.sub(r"\D", "", value)
    return format_number(number, PhoneNumberFormat.E164)


def _mail(value: str) -> str:
    local, at, domain = value.removeprefix("mailto:").lower().rpartition("@")
    try:
        domain = domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        domain = domain.rstrip(".")
    return f"{local}{at}{domain}"
