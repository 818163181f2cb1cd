"""Tencent Cloud (SMS 2021-01-11): callbacks of reports and replies in, SendSms with TC3-HMAC-SHA256 out.

Only approved templates can be sent. Callbacks carry no signature: the secret path says where they come from.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from channels.adapter import ChannelUnavailable, MessageRejected
from channels.sms.carrier import DeliveryReport, DeliveryStatus, SmsAccount, SmsOut, Submitted, made_up_id
from channels.sms.providers.provider import (
    NO_TEMPLATE,
    Call,
    Item,
    Request,
    Response,
    Text,
    answer_of,
    json_of,
    objects_of,
    refuse_status,
    said,
    word,
)

VERSION, SERVICE = "2021-01-11", "sms"
ALGORITHM = "TC3-HMAC-SHA256"
SIGNED_HEADERS = "content-type;host"
CONTENT_TYPE = "application/json; charset=utf-8"
ACCEPTED = "Ok"
TRY_AGAIN = ("LimitExceeded", "RequestLimitExceeded", "InternalError", "ResourceUnavailable")


class TencentProfile:
    def is_signed(self, account: SmsAccount) -> bool:
        return False

    def verify(self, account: SmsAccount, call: Call) -> bool:
        return True

    def items(self, account: SmsAccount, call: Call) -> Sequence[Item]:
        return [Item(id=_id(call, values), values=values) for values in objects_of(json_of(call.body))]

    def answer(self, account: SmsAccount, call: Call) -> tuple[str, bytes]:
        return "application/json", b'{"result":0,"errmsg":"OK"}'

    def text(self, account: SmsAccount, values: Mapping[str, Any]) -> Text:
        return Text(
            sender=f"+{word(values, 'nationcode', required=False) or 86}{word(values, 'mobile')}",
            text=said(values, "text"),
        )

    def report(self, account: SmsAccount, values: Mapping[str, Any]) -> DeliveryReport:
        delivered = word(values, "report_status") == "SUCCESS"
        code, reason = word(values, "errmsg", required=False), word(values, "description", required=False)
        return DeliveryReport(
            account_id=account.id,
            provider_id=word(values, "sid"),
            status=DeliveryStatus.DELIVERED if delivered else DeliveryStatus.FAILED,
            error="" if delivered else f"{code} {reason}".strip(),
        )

    def request(self, account: SmsAccount, out: SmsOut, report_url: str) -> Request:
        if out.template is None:
            raise MessageRejected(NO_TEMPLATE, code="template_needed")
        body = {
            "PhoneNumberSet": [out.recipient],
            "SmsSdkAppId": account.settings["app_id"],
            "SignName": account.sign,
            "TemplateId": out.template.code,
            "TemplateParamSet": _in_order(out.template.variables),
            "SessionContext": out.reference,
            "ExtendCode": account.settings["extend_code"],
        }
        return _signed_request(account, "SendSms", body)

    def submitted(self, account: SmsAccount, response: Response) -> Submitted:
        answer = answer_of(response).get("Response")
        if not isinstance(answer, Mapping):
            refuse_status(response)
            raise ChannelUnavailable("The answer is not of Tencent's form.")
        status: Any = answer.get("Error") or next(iter(answer.get("SendStatusSet") or []), {})
        code, serial = str(status.get("Code", "")), status.get("SerialNo")
        if code == ACCEPTED and serial:
            return Submitted(provider_ids=(str(serial),))
        detail = f"{code} {status.get('Message', '')}"[:300]
        if code.startswith(TRY_AGAIN):
            raise ChannelUnavailable(detail)
        refuse_status(response, detail)
        raise MessageRejected(detail)

    def probe(self, account: SmsAccount) -> Request:
        return _signed_request(account, "DescribeSmsSignList", {"SignIdSet": [0], "International": 0})

    def fault(self, response: Response) -> str:
        error = (answer_of(response).get("Response") or {}).get("Error") or {}
        code = str(error.get("Code", ""))
        return f"{code} {error.get('Message', '')}"[:300] if code.startswith("AuthFailure") else ""


def authorization(
    account_id: str, secret: str, *, service: str, host: str, content_type: str, body: bytes, at: datetime
) -> str:
    """The Authorization header of a POST, signed with TC3-HMAC-SHA256 over content type, host and body."""
    canonical = (
        f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{SIGNED_HEADERS}\n{hashlib.sha256(body).hexdigest()}"
    )
    day = f"{at.astimezone(UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    text = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={account_id}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}"


def _signed_request(account: SmsAccount, action: str, body: Mapping[str, Any]) -> Request:
    settings, now = account.settings, datetime.now(UTC)
    base_url = settings["base_url"].rstrip("/")
    content, host = json.dumps(body, ensure_ascii=False).encode(), urlsplit(base_url).netloc
    signed = authorization(
        settings["secret_id"],
        account.secret,
        service=SERVICE,
        host=host,
        content_type=CONTENT_TYPE,
        body=content,
        at=now,
    )
    headers = {
        "Authorization": signed,
        "Content-Type": CONTENT_TYPE,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Region": settings["region"],
        "X-TC-Timestamp": str(int(now.timestamp())),
        "X-TC-Version": VERSION,
    }
    return Request(method="POST", url=f"{base_url}/", headers=headers, content=content)


def _in_order(variables: Mapping[str, str]) -> list[str]:
    """Tencent's variables are numbers: {1} first, wherever it stands."""
    if all(name.isdigit() for name in variables):
        return [variables[name] for name in sorted(variables, key=int)]
    return list(variables.values())


def _id(call: Call, values: Mapping[str, Any]) -> str:
    if call.what == "report":
        return f"{word(values, 'sid', required=False)}:{values.get('report_status')}"
    return made_up_id(
        f"{values.get('nationcode')}{values.get('mobile')}", str(values.get("time")), str(values.get("text"))
    )
