"""Twilio: form calls with X-Twilio-Signature in, Messages resource of API 2010-04-01 out."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from channels.adapter import ChannelUnavailable, MalformedInbound, MessageRejected
from channels.sms.carrier import DeliveryReport, DeliveryStatus, MediaLink, SmsAccount, SmsOut, Submitted
from channels.sms.providers.provider import (
    TOO_MANY,
    Call,
    Item,
    Request,
    Response,
    Text,
    answer_of,
    decoded,
    json_of,
    objects_of,
    said,
    word,
)

SIGNATURE = "x-twilio-signature"
BODY_HASH = "bodySHA256"
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100
STORES = (".twiliocdn.com", "s3-external-1.amazonaws.com")
"""Where Twilio sends those on who ask for a file."""
STATUSES = {
    "accepted": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.ACCEPTED,
    "scheduled": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}


class TwilioProfile:
    def is_signed(self, account: SmsAccount) -> bool:
        return True

    def verify(self, account: SmsAccount, call: Call) -> bool:
        """HMAC-SHA1 over the public address and the form fields in the order of their names; of a JSON body over the
        address alone, which then carries the body's SHA-256."""
        signature = call.headers.get(SIGNATURE, "")
        if not account.secret:
            return False
        signed = call.url.encode()
        body_hash = parse_qs(urlsplit(call.url).query).get(BODY_HASH)
        if body_hash:
            if not hmac.compare_digest(hashlib.sha256(call.body).hexdigest().encode(), body_hash[0].lower().encode()):
                return False
        elif _is_form(call):
            fields = sorted(set(_fields(call.body)))
            signed += b"".join(name + value for name, value in fields)
        elif call.body:
            return False
        digest = hmac.digest(account.secret.encode(), signed, "sha1")
        return hmac.compare_digest(base64.b64encode(digest), signature.encode())

    def items(self, account: SmsAccount, call: Call) -> Sequence[Item]:
        if _is_form(call):
            values: Mapping[str, Any] = {decoded(name): decoded(value) for name, value in _fields(call.body)}
        else:
            (values,) = objects_of(json_of(call.body))[:1]
        sid = word(values, "MessageSid", required=False) or word(values, "SmsSid")
        return [Item(id=sid if call.what == "in" else f"{sid}:{_status(values)}", values=values)]

    def answer(self, account: SmsAccount, call: Call) -> tuple[str, bytes]:
        return "text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

    def text(self, account: SmsAccount, values: Mapping[str, Any]) -> Text:
        media, parts = (word(values, name, required=False) for name in ("NumMedia", "NumSegments"))
        count = min(int(media), MOST_FIELDS) if media.isdigit() else 0
        return Text(
            sender=word(values, "From"),
            recipient=word(values, "To", required=False),
            text=said(values, "Body"),
            parts=int(parts) if parts.isdigit() else 1,
            media=tuple(_media(account, values, number) for number in range(count)),
        )

    def report(self, account: SmsAccount, values: Mapping[str, Any]) -> DeliveryReport:
        status = STATUSES.get(_status(values))
        if status is None:
            raise MalformedInbound("This report has no known status.")
        code = word(values, "ErrorCode", required=False)
        return DeliveryReport(
            account_id=account.id,
            provider_id=word(values, "MessageSid", required=False) or word(values, "SmsSid"),
            status=status,
            error=f"Twilio {code}" if code not in ("", "0") else "",
        )

    def request(self, account: SmsAccount, out: SmsOut, report_url: str) -> Request:
        settings = account.settings
        fields = {"To": out.recipient, "StatusCallback": report_url}
        if settings["messaging_service_sid"]:
            fields["MessagingServiceSid"] = settings["messaging_service_sid"]
        else:
            fields["From"] = account.number
        if out.template is not None and out.template.code.startswith("HX"):
            fields["ContentSid"] = out.template.code
            fields["ContentVariables"] = json.dumps(dict(out.template.variables), ensure_ascii=False)
        else:
            fields["Body"] = out.text
        return Request(
            method="POST",
            url=f"{_account_url(account)}/Messages.json",
            headers={**_authorization(account), "Content-Type": FORM},
            content=urlencode(fields).encode(),
        )

    def submitted(self, account: SmsAccount, response: Response) -> Submitted:
        answer = answer_of(response)
        if response.status < 300 and isinstance(answer.get("sid"), str):
            return Submitted(provider_ids=(answer["sid"],))
        detail = f"Twilio {answer.get('code', response.status)}: {answer.get('message', '')}"[:300]
        if response.status == TOO_MANY or response.status >= 500 or response.status < 300:
            raise ChannelUnavailable(detail)
        raise MessageRejected(detail)

    def probe(self, account: SmsAccount) -> Request:
        return Request(method="GET", url=f"{_account_url(account)}.json", headers=_authorization(account))

    def fault(self, response: Response) -> str:
        return f"HTTP {response.status}" if response.status >= 400 else ""


def _media(account: SmsAccount, values: Mapping[str, Any], number: int) -> MediaLink:
    """https://www.twilio.com/docs/messaging/guides/webhook-request: MediaUrl0, MediaContentType0 and so on."""
    return MediaLink(
        url=word(values, f"MediaUrl{number}", required=False),
        media_type=word(values, f"MediaContentType{number}", required=False),
        base_url=_account_url(account),
        headers=_authorization(account),
        stores=STORES,
    )


def _is_form(call: Call) -> bool:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


def _fields(body: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values as the bytes they are: in which encoding is another question."""
    try:
        fields = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise MalformedInbound("This call has too many fields.") from error
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def _status(values: Mapping[str, Any]) -> str:
    return (word(values, "MessageStatus", required=False) or word(values, "SmsStatus", required=False)).lower()


def _account_url(account: SmsAccount) -> str:
    settings = account.settings
    return f"{settings['base_url'].rstrip('/')}/2010-04-01/Accounts/{settings['account_sid']}"


def _authorization(account: SmsAccount) -> dict[str, str]:
    pair = f"{account.settings['account_sid']}:{account.secret}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
