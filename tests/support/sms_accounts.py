"""Accounts with providers of text messages, as an operator sets them up."""

from typing import Any

from channels.sms.carrier import SmsAccount
from channels.sms.settings import SmsAccountSettings, checked
from channels.sms.tables import SmsKind

OWN = "+8657188120000"
SECRET = "the-secret-of-the-account"
SIGN = "云州科技"
KEYS: dict[str, dict[str, Any]] = {
    SmsKind.TWILIO: {"account_sid": "AC0123456789"},
    SmsKind.ALIYUN: {"access_key_id": "LTAI0123"},
    SmsKind.TENCENT: {"secret_id": "AKID0123", "app_id": "1400000000"},
    SmsKind.GENERIC: {
        "send": {
            "path": "/send",
            "headers": {"X-Token": "{secret}"},
            "body": {"to": "{recipient}", "content": "{text}", "msg": {"ref": "{reference}"}},
            "id_path": "data.0.id",
            "ok_path": "code",
            "ok_values": ["0"],
            "retry_values": ["busy"],
            "error_path": "msg",
        },
        "inbound": {"list_path": "list", "sender": "mobile", "text": "content", "id": "msgid"},
        "report": {"list_path": "list", "id": "id", "status": "stat", "reference": "ref"},
        "signature": {"header": "X-Signature"},
    },
}


def settings(kind: str, base_url: str, **changes: Any) -> SmsAccountSettings:
    """Of an account of this kind with its provider at `base_url`."""
    values = {
        "name": f"短信 {kind}",
        "kind": kind,
        "number": OWN,
        "sign": SIGN,
        "secret": SECRET,
        "throughput": 1000,
        "settings": {**KEYS[kind], "base_url": base_url},
    }
    return SmsAccountSettings.model_validate({**values, **changes})


def account(kind: str, base_url: str = "http://provider.example", **changes: Any) -> SmsAccount:
    """The same as carriers use it."""
    made = settings(kind, base_url, **changes)
    return SmsAccount(
        id="account-1",
        revision=1,
        kind=kind,
        name=made.name,
        number=made.number,
        sign=made.sign,
        settings=checked(SmsKind(kind), made.settings),
        secret=SECRET,
        throughput=made.throughput,
    )
