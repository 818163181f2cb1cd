"""A provider that no profile knows, described by the account's settings: `channels.sms.settings.GenericSettings`."""

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from channels.adapter import ChannelUnavailable, MalformedInbound, MessageRejected
from channels.sms.carrier import DeliveryReport, DeliveryStatus, SmsAccount, SmsOut, Submitted, made_up_id
from channels.sms.providers.provider import (
    NO_TEMPLATE,
    Call,
    Item,
    Request,
    Response,
    Text,
    json_of,
    objects_of,
    refuse_status,
)
from channels.sms.settings import GenericSettings

PLACEHOLDER = re.compile(r"\{(recipient|text|number|sign|reference|secret|callback_url|template|variables)\}")


class GenericProfile:
    def is_signed(self, account: SmsAccount) -> bool:
        return _settings(account).signature is not None

    def verify(self, account: SmsAccount, call: Call) -> bool:
        wanted = _settings(account).signature
        if wanted is None:
            return True
        if not account.secret:
            return False
        given = call.headers.get(wanted.header.lower(), "").removeprefix(wanted.prefix)
        if wanted.algorithm == "token":
            return hmac.compare_digest(account.secret.encode(), given.encode())
        digest = hmac.digest(account.secret.encode(), call.body, wanted.algorithm.removeprefix("hmac-"))
        right = digest.hex() if wanted.encoding == "hex" else base64.b64encode(digest).decode()
        return hmac.compare_digest(right.encode(), given.encode())

    def items(self, account: SmsAccount, call: Call) -> Sequence[Item]:
        settings = _settings(account)
        list_path = settings.inbound.list_path if call.what == "in" else settings.report.list_path
        found = objects_of(at(json_of(call.body), list_path))
        make = _text_id if call.what == "in" else _report_id
        return [Item(id=make(settings, values), values=values) for values in found]

    def answer(self, account: SmsAccount, call: Call) -> tuple[str, bytes]:
        return "application/json", json.dumps(_settings(account).answer, ensure_ascii=False).encode()

    def text(self, account: SmsAccount, values: Mapping[str, Any]) -> Text:
        fields = _settings(account).inbound
        sender = _word(values, fields.sender)
        if not sender or at(values, fields.text) is None:
            raise MalformedInbound(f"The field {fields.sender} or {fields.text} is missing.")
        return Text(sender=sender, recipient=_word(values, fields.recipient), text=_word(values, fields.text))

    def report(self, account: SmsAccount, values: Mapping[str, Any]) -> DeliveryReport:
        fields = _settings(account).report
        status = fields.statuses.get(_word(values, fields.status))
        provider_id = _word(values, fields.id)
        if status is None or not provider_id:
            raise MalformedInbound("This report has no known status or no id.")
        failed = status == "failed"
        return DeliveryReport(
            account_id=account.id,
            provider_id=provider_id,
            status=DeliveryStatus[status.upper()],
            error=(_word(values, fields.error) or _word(values, fields.status)) if failed else "",
            reference=_word(values, fields.reference) or None,
        )

    def request(self, account: SmsAccount, out: SmsOut, report_url: str) -> Request:
        settings = _settings(account)
        send = settings.send
        if send.needs_template and out.template is None:
            raise MessageRejected(NO_TEMPLATE, code="template_needed")
        known = _known(account, out, report_url)
        body = _filled(send.body, known)
        content = urlencode(body) if send.form else json.dumps(body, ensure_ascii=False)
        media_type = "application/x-www-form-urlencoded" if send.form else "application/json"
        return Request(
            method="POST",
            url=settings.base_url.rstrip("/") + send.path,
            headers={"Content-Type": media_type, **{key: str(_filled(v, known)) for key, v in send.headers.items()}},
            content=content.encode(),
        )

    def submitted(self, account: SmsAccount, response: Response) -> Submitted:
        send = _settings(account).send
        answer = _json_or_none(response.body)
        said, error = _word(answer, send.ok_path), _word(answer, send.error_path)
        detail = f"{said} {error}".strip()[:300]
        if said in send.retry_values:
            raise ChannelUnavailable(detail)
        refuse_status(response, detail)
        if send.ok_path and said not in send.ok_values:
            raise MessageRejected(detail or "The answer has no status.")
        provider_id = _word(answer, send.id_path)
        return Submitted(provider_ids=(provider_id,) if provider_id else ())

    def probe(self, account: SmsAccount) -> Request:
        return Request(method="GET", url=account.settings["base_url"])

    def fault(self, response: Response) -> str:
        return f"HTTP {response.status}" if response.status >= 500 else ""


def at(value: Any, path: str) -> Any:
    """What stands at `path` (`data.0.id`); `value` itself for the empty path, None where there is nothing."""
    for step in filter(None, path.split(".")):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _settings(account: SmsAccount) -> GenericSettings:
    try:
        return GenericSettings.model_validate(account.settings)
    except ValidationError as error:
        raise MalformedInbound("This account is not of this kind any more.") from error


def _word(values: Any, path: str) -> str:
    value = at(values, path) if path else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _known(account: SmsAccount, out: SmsOut, report_url: str) -> dict[str, Any]:
    return {
        "recipient": out.recipient,
        "text": out.text,
        "number": account.number,
        "sign": account.sign,
        "reference": out.reference,
        "secret": account.secret,
        "callback_url": report_url,
        "template": out.template.code if out.template else "",
        "variables": dict(out.template.variables) if out.template else {},
    }


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    """`value` with its placeholders filled in, once: what a citizen's text looks like is left alone."""
    if isinstance(value, Mapping):
        return {key: _filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    if not isinstance(value, str):
        return value
    whole = PLACEHOLDER.fullmatch(value)
    return known[whole[1]] if whole else PLACEHOLDER.sub(lambda match: str(known[match[1]]), value)


def _text_id(settings: GenericSettings, values: Mapping[str, Any]) -> str:
    fields = settings.inbound
    return _word(values, fields.id) or made_up_id(
        _word(values, fields.sender), _word(values, fields.time), _word(values, fields.text)
    )


def _report_id(settings: GenericSettings, values: Mapping[str, Any]) -> str:
    return f"{_word(values, settings.report.id)}:{_word(values, settings.report.status)}"


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
