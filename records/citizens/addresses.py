"""Addresses in one form each, so that the same phone or mailbox is recognised however it was written."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from phonenumbers import (
    SUPPORTED_REGIONS,
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    parse,
)

MAX_CHARS = 254
NO_ADDRESS = frozenset({"chat", "form", "fax", "letter", "visit", "voice"})
"""Kinds of senders that left no address: a session on our own pages, a fax or letter or call of nobody knows whom."""

Normaliser = Callable[[str], str]


@dataclass(slots=True)
class _Rules:
    """One for each process, as the operator and the plug-ins set it at the start."""

    region: str = "CN"
    kinds: dict[str, Normaliser] = field(default_factory=dict)


_rules = _Rules()


def use_region(region: str) -> None:
    """The region (ISO 3166, two letters) of numbers that name no country. Raises ValueError for an unknown one."""
    if region not in SUPPORTED_REGIONS:
        raise ValueError(f"{region} is no region with telephone numbers")
    _rules.region = region


def register_kind(kind: str, normaliser: Normaliser) -> None:
    """How a plug-in's addresses of `kind` are brought into one form; called once, when the channel is set up."""
    _rules.kinds[kind] = normaliser


def normalise(kind: str, value: str) -> str:
    """`phone` in E.164 (see `use_region`), `mail` lower-cased with an ASCII domain, `telegram` without its @, a
    plug-in's as it registered, others trimmed.

    A number that cannot be dialled from outside (short codes, extensions) keeps its digits; nothing is refused, since
    what a channel reports as the sender is what there is.
    """
    value = unicodedata.normalize("NFKC", value).strip()
    normaliser = _rules.kinds.get(kind) or _NORMALISERS.get(kind)
    return (normaliser(value) if normaliser else value)[:MAX_CHARS]


def _phone(value: str) -> str:
    try:
        number = parse(value, _rules.region)
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


def _telegram(value: str) -> str:
    return value.removeprefix("@").lower()


_NORMALISERS: dict[str, Normaliser] = {"phone": _phone, "mail": _mail, "telegram": _telegram}
