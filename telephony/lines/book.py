"""The lines as engines need them, and which of them carries a call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

REGION = "CN"
T = TypeVar("T")


class PhoneKind(StrEnum):
    PAGE = "page"
    SIP = "sip"


class NumberFormat(StrEnum):
    E164 = "e164"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """As `TrunkRow`, the secret readable."""

    id: str
    name: str
    host: str
    port: int = 5060
    username: str = ""
    secret: str = field(default="", repr=False)
    registers: bool = False
    addresses: tuple[str, ...] = ()
    caller_id: str = ""
    other_caller_ids: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    number_format: NumberFormat = NumberFormat.E164
    detects_fax: bool = True
    flows: Mapping[str, str] = field(default_factory=dict)
    position: int = 0

    def dialled(self, number: str) -> str:
        """`number` (E.164) as this network wants it; short numbers stay."""
        if self.number_format is NumberFormat.E164 or not number.startswith("+"):
            return number
        try:
            parsed = parse(number, REGION)
        except NumberParseException:
            return number.removeprefix("+")
        national = format_number(parsed, PhoneNumberFormat.NATIONAL) if parsed.country_code == 86 else "00" + number
        return "".join(character for character in national if character.isdigit())

    def shown(self, wanted: str) -> str:
        """The caller id that the other side sees: `wanted` where this trunk may show it, else its own."""
        return wanted if wanted in {self.caller_id, *self.other_caller_ids} else self.caller_id or wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    id: str
    number: str
    name: str
    kind: PhoneKind
    secret: str = field(repr=False)
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All enabled lines of the house."""

    trunks: tuple[Trunk, ...] = ()
    phones: tuple[Phone, ...] = ()

    def trunk_for(self, number: str) -> Trunk | None:
        """The way out for a number: the longest beginning that fits, then the lowest position."""
        fitting = [
            (-len(prefix), trunk.position, trunk.id, trunk)
            for trunk in self.trunks
            for prefix in trunk.prefixes
            if number.startswith(prefix)
        ]
        return min(fitting)[-1] if fitting else None

    def phones_of(self, account_id: str) -> tuple[Phone, ...]:
        """An agent's phones, the one in the page first."""
        mine = [phone for phone in self.phones if phone.account_id == account_id]
        return tuple(sorted(mine, key=lambda phone: phone.kind is not PhoneKind.PAGE))

    def phone(self, number: str) -> Phone | None:
        return _first(phone for phone in self.phones if phone.number == number)

    def trunk(self, trunk_id: str) -> Trunk | None:
        return _first(trunk for trunk in self.trunks if trunk.id == trunk_id)

    def phone_by_id(self, phone_id: str) -> Phone | None:
        return _first(phone for phone in self.phones if phone.id == phone_id)


def _first(items: Iterable[T]) -> T | None:
    return next(iter(items), None)
