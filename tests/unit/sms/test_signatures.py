"""Signatures against the examples that the providers publish, and what happens to forged ones."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from channels.sms.providers.aliyun import signature_of
from channels.sms.providers.generic import GenericProfile
from channels.sms.providers.provider import Call
from channels.sms.providers.tencent import authorization
from channels.sms.providers.twilio import TwilioProfile
from tests.support.sms_accounts import SECRET, account

FORM = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
TWILIO = replace(account("twilio"), secret="12345")
SIGNED = Call(
    what="in",
    url="https://mycompany.com/myapp.php?foo=1&bar=2",
    headers={**FORM, "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
    body=urlencode(FIELDS).encode(),
)


def test_twilios_own_example_is_right() -> None:
    assert TwilioProfile().verify(TWILIO, SIGNED)


@pytest.mark.parametrize(
    "forged",
    [
        replace(SIGNED, url="https://mycompany.com/myapp.php?foo=1&bar=3"),
        replace(SIGNED, url="https://mycompany.com/myapp.php?bodySHA256=%E7%AD%BE"),
        replace(SIGNED, body=urlencode({**FIELDS, "Digits": "1235"}).encode()),
        replace(SIGNED, body=urlencode({**FIELDS, "More": "1"}).encode()),
        replace(SIGNED, headers=FORM),
        replace(SIGNED, headers={**FORM, "x-twilio-signature": "签名"}),
        replace(SIGNED, headers={**SIGNED.headers, "content-type": "text/plain"}),
    ],
)
def test_a_changed_call_is_forged(forged: Call) -> None:
    assert not TwilioProfile().verify(TWILIO, forged)


def test_an_account_without_its_secret_believes_nobody() -> None:
    """An empty key would let everybody sign."""
    text = SIGNED.url + "".join(name + FIELDS[name] for name in sorted(FIELDS))
    signature = base64.b64encode(hmac.digest(b"", text.encode(), "sha1")).decode()
    forged = replace(SIGNED, headers={**FORM, "x-twilio-signature": signature})
    assert not TwilioProfile().verify(replace(TWILIO, secret=""), forged)
    body = b"{}"
    call = Call(what="in", url="", headers={"x-signature": hmac.digest(b"", body, "sha256").hex()}, body=body)
    assert not GenericProfile().verify(replace(account("generic"), secret=""), call)


def test_a_json_body_is_signed_by_its_hash() -> None:
    body = b'{"MessageSid":"SM1"}'
    url = f"https://axd.example/hooks?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = base64.b64encode(hmac.digest(b"12345", url.encode(), "sha1")).decode()
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    call = Call(what="in", url=url, headers=headers, body=body)
    assert TwilioProfile().verify(TWILIO, call)
    assert not TwilioProfile().verify(TWILIO, replace(call, body=b'{"MessageSid":"SM2"}'))


def test_aliyuns_own_example_is_right() -> None:
    fields = {
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "Format": "XML",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "SignatureVersion": "1.0",
        "Timestamp": "2016-02-23T12:46:24Z",
        "Version": "2014-05-26",
    }
    assert signature_of("GET", fields, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_tencents_own_example_is_right() -> None:
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    header = authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        service="cvm",
        host="cvm.tencentcloudapi.com",
        content_type="application/json; charset=utf-8",
        body=body,
        at=datetime.fromtimestamp(1551113065, UTC),
    )
    assert header.endswith("Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sha1", "token"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_described_provider_signs_as_its_settings_say(algorithm: str, encoding: str) -> None:
    wanted = {"header": "X-Sign", "algorithm": algorithm, "encoding": encoding, "prefix": "v1="}
    plain = account("generic")
    signing = replace(plain, settings={**plain.settings, "signature": wanted})
    body = b'{"list": []}'
    if algorithm == "token":
        given = SECRET
    else:
        digest = hmac.digest(SECRET.encode(), body, algorithm.removeprefix("hmac-"))
        given = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    call = Call(what="in", url="", headers={"x-sign": f"v1={given}"}, body=body)
    assert GenericProfile().verify(signing, call)
    assert not GenericProfile().verify(signing, replace(call, headers={"x-sign": f"v1={given[:-1]}"}))
    assert not GenericProfile().verify(signing, replace(call, headers={}))
