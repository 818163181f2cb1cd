"""What providers call with and what they answer, in the forms that they publish."""

import json
from typing import Any

import pytest

from channels.adapter import ChannelUnavailable, MalformedInbound, MessageRejected
from channels.sms.carrier import DeliveryStatus, SmsOut, TemplateUse
from channels.sms.http_carrier import PROFILES
from channels.sms.providers.provider import Call, Item, Response, What
from tests.support.sms_accounts import account

ALIYUN_UP = {
    "phone_number": "13900000001",
    "send_time": "2026-11-24 11:12:13",
    "content": "几时办好",
    "sign_name": "云州科技",
    "dest_code": "8657188120000",
    "sequence_id": 1234567890,
}
ALIYUN_REPORT = {
    "phone_number": "13900000001",
    "send_time": "2026-11-24 11:12:13",
    "report_time": "2026-11-24 11:12:15",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "12345",
    "out_id": "67890",
}
TENCENT_REPLY = {
    "extend": "",
    "mobile": "13900000001",
    "nationcode": "86",
    "text": "几时办好",
    "sign": "云州科技",
    "time": 1457336869,
}
TENCENT_REPORT = {
    "user_receive_time": "2026-11-24 08:03:04",
    "nationcode": "86",
    "mobile": "13900000001",
    "report_status": "FAIL",
    "errmsg": "MK:0001",
    "description": "空号",
    "sid": "8:xyz",
}


def items(kind: str, what: What, body: bytes, content_type: str = "application/json") -> list[Item]:
    call = Call(what=what, url="", headers={"content-type": content_type}, body=body)
    return list(PROFILES[kind].items(account(kind), call))


def as_json(value: Any, charset: str = "utf-8") -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(charset)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_an_array_of_texts_is_read_in_either_encoding(charset: str) -> None:
    found = items("aliyun", "in", as_json([ALIYUN_UP, {**ALIYUN_UP, "sequence_id": 2}], charset))
    assert [item.id for item in found] == ["1234567890", "2"]
    text = PROFILES["aliyun"].text(account("aliyun"), found[0].values)
    assert (text.sender, text.text) == ("13900000001", "几时办好")


def test_a_text_without_an_id_is_known_by_sender_time_and_text() -> None:
    once, again = (items("tencent", "in", as_json(TENCENT_REPLY))[0] for _ in range(2))
    later = items("tencent", "in", as_json({**TENCENT_REPLY, "time": 1457336870}))[0]
    assert once.id == again.id != later.id
    assert PROFILES["tencent"].text(account("tencent"), once.values).sender == "+8613900000001"


def test_reports_say_how_far_a_text_came() -> None:
    (good,) = items("aliyun", "report", as_json([ALIYUN_REPORT]))
    report = PROFILES["aliyun"].report(account("aliyun"), good.values)
    assert (report.provider_id, report.reference, report.status) == ("12345", "67890", DeliveryStatus.DELIVERED)
    (bad,) = items("tencent", "report", as_json([TENCENT_REPORT]))
    report = PROFILES["tencent"].report(account("tencent"), bad.values)
    assert (report.provider_id, report.status, report.error) == ("8:xyz", DeliveryStatus.FAILED, "MK:0001 空号")


def test_each_status_of_a_text_is_an_item_of_its_own() -> None:
    form = "application/x-www-form-urlencoded"
    (sent,) = items("twilio", "report", b"MessageSid=SM1&MessageStatus=sent", form)
    (gone,) = items("twilio", "report", b"MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003", form)
    assert sent.id != gone.id
    report = PROFILES["twilio"].report(account("twilio"), gone.values)
    assert (report.status, report.error) == (DeliveryStatus.FAILED, "Twilio 30003")


def test_a_picture_message_names_its_files_and_shows_no_secret() -> None:
    form = "application/x-www-form-urlencoded"
    body = b"MessageSid=MM1&From=%2B8613900000001&Body=&NumMedia=2"
    body += b"&MediaUrl0=http%3A%2F%2Fx%2Fy&MediaContentType0=image%2Fgif"
    (item,) = items("twilio", "in", body, form)
    media = PROFILES["twilio"].text(account("twilio"), item.values).media
    assert [(link.url, link.media_type) for link in media] == [("http://x/y", "image/gif"), ("", "")]
    assert "Authorization" not in repr(media)


@pytest.mark.parametrize("kind", ["aliyun", "tencent", "generic"])
@pytest.mark.parametrize("body", [b"", b"[]", b"7", b'["x"]', b"{", b"\xff\xff\xff", b"[" * 100_000])
def test_what_is_no_call_of_a_provider_is_malformed(kind: str, body: bytes) -> None:
    with pytest.raises(MalformedInbound):
        items(kind, "in", body)


@pytest.mark.parametrize("kind", ["aliyun", "tencent", "generic"])
def test_an_item_without_its_fields_is_malformed_alone(kind: str) -> None:
    profile = PROFILES[kind]
    for read in (profile.text, profile.report):
        with pytest.raises(MalformedInbound):
            read(account(kind), {"phone_number": ["x"], "mobile": None, "x": 1})


def out(template: TemplateUse | None = None) -> SmsOut:
    text = "【云州科技】编号1已办结"
    return SmsOut(reference="outbox-1", recipient="+8613900000001", text=text, template=template)


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_providers_in_china_send_nothing_without_a_template(kind: str) -> None:
    with pytest.raises(MessageRejected, match="模板"):
        PROFILES[kind].request(account(kind), out(), "")


def test_a_described_body_is_filled_in_once() -> None:
    text = "内容是 {secret}"
    sent = SmsOut(reference="r1", recipient="+8613900000001", text=text)
    request = PROFILES["generic"].request(account("generic"), sent, "")
    assert json.loads(request.content) == {"to": "+8613900000001", "content": text, "msg": {"ref": "r1"}}


ANSWERS: list[tuple[str, int, Any, str]] = [
    ("twilio", 201, {"sid": "SM1", "status": "queued"}, "SM1"),
    ("twilio", 400, {"code": 21211, "message": "Invalid To"}, "refused"),
    ("twilio", 429, {"code": 20429, "message": "Too Many Requests"}, "later"),
    ("twilio", 503, {"code": 20503}, "later"),
    ("aliyun", 200, {"Code": "OK", "BizId": "900", "RequestId": "R"}, "900"),
    ("aliyun", 200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "非法手机号"}, "refused"),
    ("aliyun", 200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控"}, "later"),
    ("aliyun", 200, {"Code": "isp.SYSTEM_ERROR"}, "later"),
    ("aliyun", 429, {"Code": "Throttling.User"}, "later"),
    ("tencent", 200, {"Response": {"SendStatusSet": [{"SerialNo": "8:a", "Code": "Ok"}]}}, "8:a"),
    ("tencent", 200, {"Response": {"SendStatusSet": [{"SerialNo": "", "Code": "FailedOperation.X"}]}}, "refused"),
    ("tencent", 200, {"Response": {"Error": {"Code": "LimitExceeded.PhoneNumberOneHourLimit"}}}, "later"),
    ("tencent", 200, {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound"}}}, "refused"),
    ("generic", 200, {"code": 0, "data": [{"id": 77}]}, "77"),
    ("generic", 200, {"code": "busy"}, "later"),
    ("generic", 200, {"code": 7, "msg": "黑名单"}, "refused"),
    ("generic", 500, None, "later"),
    ("generic", 403, {"code": 9}, "refused"),
]


@pytest.mark.parametrize(("kind", "status", "answer", "outcome"), ANSWERS)
def test_answers_are_taken_tried_again_or_final(kind: str, status: int, answer: Any, outcome: str) -> None:
    response = Response(status=status, body=json.dumps(answer).encode())
    if outcome in ("refused", "later"):
        with pytest.raises(MessageRejected if outcome == "refused" else ChannelUnavailable):
            PROFILES[kind].submitted(account(kind), response)
    else:
        assert PROFILES[kind].submitted(account(kind), response).provider_ids == (outcome,)


@pytest.mark.parametrize("kind", ["twilio", "aliyun", "tencent"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null"])
def test_an_answer_that_is_none_is_tried_again(kind: str, body: bytes) -> None:
    with pytest.raises(ChannelUnavailable):
        PROFILES[kind].submitted(account(kind), Response(status=200, body=body))
