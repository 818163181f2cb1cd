"""Aliyun (Dysmsapi 2017-05-25): SmsUp and SmsReport arrays in, SendSms with the RPC signature out.

Only approved templates can be sent. The calls that come in carry no signature: the secret path says where from.
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

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

VERSION = "2017-05-25"
ACCEPTED = "OK"
NOT_KNOWN = ("InvalidAccessKey", "SignatureDoesNotMatch", "IncompleteSignature", "Forbidden")
TRY_AGAIN = ("isp.", "Throttling", "ServiceUnavailable", "InternalError", "isv.BUSINESS_LIMIT_CONTROL")


class AliyunProfile:
    def is_signed(self, account: SmsAccount) -> bool:
        return False

    def verify(self, account: SmsAccount, call: Call) -> bool:
        return True

    def items(self, account: SmsAccount, call: Call) -> Sequence[Item]:
        return [Item(id=_id(call, values), values=values) for values in objects_of(json_of(call.body))]

    def answer(self, account: SmsAccount, call: Call) -> tuple[str, bytes]:
        return "application/json", '{"code":0,"msg":"接收成功"}'.encode()

    def text(self, account: SmsAccount, values: Mapping[str, Any]) -> Text:
        return Text(
            sender=word(values, "phone_number"),
            recipient=word(values, "dest_code", required=False),
            text=said(values, "content"),
        )

    def report(self, account: SmsAccount, values: Mapping[str, Any]) -> DeliveryReport:
        delivered = values.get("success") in (True, "true")
        code, reason = word(values, "err_code", required=False), word(values, "err_msg", required=False)
        return DeliveryReport(
            account_id=account.id,
            provider_id=word(values, "biz_id"),
            status=DeliveryStatus.DELIVERED if delivered else DeliveryStatus.FAILED,
            error="" if delivered else f"{code} {reason}".strip(),
            reference=word(values, "out_id", required=False) or None,
        )

    def request(self, account: SmsAccount, out: SmsOut, report_url: str) -> Request:
        if out.template is None:
            raise MessageRejected(NO_TEMPLATE, code="template_needed")
        fields = {
            "Action": "SendSms",
            "PhoneNumbers": out.recipient.removeprefix("+86").removeprefix("+"),
            "SignName": account.sign,
            "TemplateCode": out.template.code,
            "TemplateParam": json.dumps(dict(out.template.variables), ensure_ascii=False),
            "OutId": out.reference,
        }
        if account.settings["extend_code"]:
            fields["SmsUpExtendCode"] = account.settings["extend_code"]
        return _signed_request(account, fields)

    def submitted(self, account: SmsAccount, response: Response) -> Submitted:
        answer = answer_of(response)
        code = str(answer.get("Code", ""))
        if code == ACCEPTED and isinstance(answer.get("BizId"), str):
            return Submitted(provider_ids=(answer["BizId"],))
        detail = f"{code} {answer.get('Message', '')}"[:300]
        if code.startswith(TRY_AGAIN):
            raise ChannelUnavailable(detail)
        refuse_status(response, detail)
        raise MessageRejected(detail)

    def probe(self, account: SmsAccount) -> Request:
        return _signed_request(account, {"Action": "QuerySmsTemplateList", "PageIndex": "1", "PageSize": "1"})

    def fault(self, response: Response) -> str:
        answer = answer_of(response)
        code = str(answer.get("Code", ""))
        return f"{code} {answer.get('Message', '')}"[:300] if code.startswith(NOT_KNOWN) else ""


def signature_of(method: str, fields: Mapping[str, str], secret: str) -> str:
    """The RPC signature, version 1.0: HMAC-SHA1 over the fields in the order of their names, escaped twice."""
    canonical = "&".join(f"{_escaped(name)}={_escaped(fields[name])}" for name in sorted(fields))
    text = f"{method}&{_escaped('/')}&{_escaped(canonical)}"
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), "sha1")).decode()


def _signed_request(account: SmsAccount, fields: Mapping[str, str]) -> Request:
    signed = {
        **fields,
        "AccessKeyId": account.settings["access_key_id"],
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": uuid4().hex,
        "SignatureVersion": "1.0",
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": VERSION,
    }
    signed["Signature"] = signature_of("POST", signed, account.secret)
    return Request(
        method="POST",
        url=f"{account.settings['base_url'].rstrip('/')}/",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content="&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in signed.items()).encode(),
    )


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _id(call: Call, values: Mapping[str, Any]) -> str:
    if call.what == "report":
        return f"{word(values, 'biz_id', required=False)}:{values.get('phone_number')}:{values.get('err_code')}"
    return word(values, "sequence_id", required=False) or made_up_id(
        str(values.get("phone_number")), str(values.get("send_time")), str(values.get("content"))
    )
