"""Delivery receipts in the forms that message centres write, and equal texts told apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.sms.carrier import DeliveryStatus
from channels.sms.smpp.arrivals import Before, arrived, digest_of, number_of, repeated
from channels.sms.smpp.pdu import Address, Delivery, Tag, read
from channels.sms.smpp.receipts import MessageIds, is_receipt, receipt_of
from channels.sms.smpp.settings import SmppSettings
from tests.support.smpp_units import deliver

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SETTINGS = SmppSettings(host="smsc.example", system_id="axd")
ALREADY = "id:{} sub:001 dlvrd:001 submit date:2611240200 done date:2611240201 stat:{} err:{} text:id:9 stat:REJECTD"


def receipt(text: str = "", esm_class: int = 4, **parameters: bytes) -> Delivery:
    tags: dict[int, bytes] = {Tag[name.upper()]: value for name, value in parameters.items()}
    nobody = Address(ton=1, npi=1, value="13900000001")
    return Delivery(
        source=nobody, destination=nobody, esm_class=esm_class, data_coding=0, octets=text.encode(), parameters=tags
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("DELIVRD", DeliveryStatus.DELIVERED),
        ("delivrd", DeliveryStatus.DELIVERED),
        ("UNDELIV", DeliveryStatus.FAILED),
        ("EXPIRED", DeliveryStatus.FAILED),
        ("DELETED", DeliveryStatus.FAILED),
        ("REJECTD", DeliveryStatus.FAILED),
        ("ACCEPTD", DeliveryStatus.SENT),
        ("ENROUTE", DeliveryStatus.SENT),
        ("UNKNOWN", DeliveryStatus.SENT),
        ("NEVERHEARD", DeliveryStatus.SENT),
    ],
)
def test_the_words_of_a_receipt(word: str, status: DeliveryStatus) -> None:
    found = receipt_of(receipt(ALREADY.format("0000A7", word, "042")))
    assert found is not None
    assert (found.message_id, found.status) == ("0000A7", status)
    assert ("042" in found.error) == (status == DeliveryStatus.FAILED)


def test_parameters_count_more_than_words() -> None:
    words = ALREADY.format("1", "ACCEPTD", "000")
    found = receipt_of(receipt(words, receipted_message_id=b"77\0", message_state=b"\x02"))
    assert found is not None
    assert (found.message_id, found.status) == ("77", DeliveryStatus.DELIVERED)


def test_a_receipt_without_an_id_is_about_nothing() -> None:
    assert receipt_of(receipt("stat:DELIVRD")) is None


@pytest.mark.parametrize(
    ("esm_class", "expected"), [(0, False), (0x40, False), (4, True), (0x44, True), (0x20, True), (8, False)]
)
def test_receipts_are_told_from_texts(esm_class: int, expected: bool) -> None:
    assert is_receipt(receipt(esm_class=esm_class)) == expected


def test_ids_in_two_notations_are_one() -> None:
    assert MessageIds.HEX_DECIMAL.of_answer("1A2B") == MessageIds.HEX_DECIMAL.of_receipt("0000006699") == "6699"
    assert MessageIds.DECIMAL_HEX.of_answer("6699") == MessageIds.DECIMAL_HEX.of_receipt("00001a2b") == "6699"
    assert MessageIds.SAME.of_answer("007") == MessageIds.SAME.of_receipt("007") == "007"
    assert MessageIds.HEX_DECIMAL.of_answer("not-hex") == "not-hex"


def test_an_equal_text_is_a_repetition_only_where_our_answer_may_have_been_lost() -> None:
    item = arrived(read(deliver()), "b", "account", SETTINGS, NOW)

    def after(seconds: float, era: str) -> bool:
        return repeated(item, Before(first_id="1", era=era, received_at=NOW - timedelta(seconds=seconds)))

    assert [after(9, "b"), after(11, "b"), after(11, "a"), after(599, "a"), after(601, "a")] == [
        True,
        False,
        True,
        True,
        False,
    ]


def test_what_is_sent_again_has_one_digest_and_another_id() -> None:
    first, second = (arrived(read(deliver()), era, "account", SETTINGS, NOW) for era in "ab")
    other = arrived(read(deliver(b"ho")), "a", "account", SETTINGS, NOW)
    assert first.digest == second.digest != other.digest
    assert first.provider_id != second.provider_id
    item = receipt("text", 0)
    assert digest_of(item) == digest_of(replace(item, parameters={0x1403: b"route 7"}))


def test_numbers_are_called_as_elsewhere() -> None:
    assert number_of(Address(ton=1, npi=1, value="8613900000001")) == "+8613900000001"
    assert number_of(Address(ton=1, npi=1, value="+8613900000001")) == "+8613900000001"
    assert number_of(Address(ton=0, npi=1, value="13900000001")) == "13900000001"
    assert number_of(Address(ton=5, npi=0, value="BANK")) == "BANK"
