"""What a profile says about its provider. Profiles are pure: they read and write requests, and send nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from channels.adapter import ChannelUnavailable, MalformedInbound, MessageRejected
from channels.sms.carrier import DeliveryReport, MediaLink, SmsAccount, SmsOut, Submitted

What = Literal["in", "report"]
CHARSETS = ("utf-8", "gb18030")
TOO_MANY = 429
NO_TEMPLATE = "没有适用的已审核模板，请改用模板。No approved template fits this text: use one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the provider at our address. `url` is the public one it was given; header names in lower case."""

    what: What
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One text or report out of a call. `id` is the provider's own, and unique in the account with `what`."""

    id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a citizen sent, to `recipient` where the provider says so."""

    sender: str
    recipient: str = ""
    text: str
    parts: int = 1
    media: tuple[MediaLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send: `content` is the body as it goes out, so that signatures are over the same bytes."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    body: bytes


class Profile(Protocol):
    """One provider. Nothing here touches the network or the database."""

    def is_signed(self, account: SmsAccount) -> bool:
        """Whether calls carry a signature; otherwise the secret path alone says where they come from."""
        ...

    def verify(self, account: SmsAccount, call: Call) -> bool:
        """Whether the signature is right, over the raw bytes and in constant time; always so where there is none.

        Raises `MalformedInbound` for what it cannot be worked out of.
        """
        ...

    def items(self, account: SmsAccount, call: Call) -> Sequence[Item]:
        """What the call brings. Raises `MalformedInbound` for what is not this provider's format at all."""
        ...

    def answer(self, account: SmsAccount, call: Call) -> tuple[str, bytes]:
        """Media type and body that tell the provider we have it."""
        ...

    def text(self, account: SmsAccount, values: Mapping[str, Any]) -> Text:
        """The text of an item. Raises `MalformedInbound`."""
        ...

    def report(self, account: SmsAccount, values: Mapping[str, Any]) -> DeliveryReport:
        """The report of an item. Raises `MalformedInbound`."""
        ...

    def request(self, account: SmsAccount, out: SmsOut, report_url: str) -> Request:
        """The call that hands a text over. Raises `MessageRejected` for what this provider cannot send."""
        ...

    def submitted(self, account: SmsAccount, response: Response) -> Submitted:
        """What the answer says. Raises `ChannelUnavailable` or `MessageRejected`."""
        ...

    def probe(self, account: SmsAccount) -> Request:
        """A call that sends nothing and shows that the provider is there and knows us."""
        ...

    def fault(self, response: Response) -> str:
        """What the answer to `probe` says is wrong; empty when nothing is."""
        ...


def decoded(body: bytes) -> str:
    """As UTF-8, else as GB 18030, which older providers in China send. Raises `MalformedInbound`."""
    for charset in CHARSETS:
        try:
            return body.decode(charset)
        except UnicodeDecodeError:
            continue
    raise MalformedInbound("The text of this call is in no known encoding.")


def json_of(body: bytes) -> Any:
    """Raises `MalformedInbound`."""
    try:
        return json.loads(decoded(body))
    except (ValueError, RecursionError) as error:
        raise MalformedInbound("This call is no JSON.") from error


def objects_of(value: Any) -> list[Mapping[str, Any]]:
    """One object or a list of them. Raises `MalformedInbound`."""
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(item, Mapping) for item in found):
        raise MalformedInbound("This call holds no list of objects.")
    return found


def word(values: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """A field as text. Raises `MalformedInbound` for one that is missing or no text or number."""
    value = values.get(name)
    if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value) != "":
        return str(value)
    if required or not isinstance(value, str | None):
        raise MalformedInbound(f"The field {name} is missing.")
    return ""


def said(values: Mapping[str, Any], name: str) -> str:
    """What a citizen wrote, which may be nothing. Raises `MalformedInbound` where the field is not there at all."""
    return "" if values.get(name) == "" else word(values, name)


def refuse_status(response: Response, detail: str = "") -> None:
    """Raises for an HTTP status that says no: what may pass is tried again."""
    if response.status == TOO_MANY or response.status >= 500:
        raise ChannelUnavailable(f"HTTP {response.status} {detail}".strip())
    if response.status >= 400:
        raise MessageRejected(f"HTTP {response.status} {detail}".strip())


def answer_of(response: Response) -> Mapping[str, Any]:
    """The JSON object of an answer; anything else is trouble on the way, tried again."""
    try:
        value = json.loads(response.body)
    except ValueError:
        value = None
    if not isinstance(value, Mapping):
        refuse_status(response)
        raise ChannelUnavailable(f"HTTP {response.status}: the answer is no JSON.")
    return value
