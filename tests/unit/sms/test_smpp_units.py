"""Units of SMPP 3.4 as octets: what is written can be read, and what is damaged says so."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpp34 import DeliverSm, SubmitSm, Tlv, decode

from channels.sms.smpp import pdu
from channels.sms.smpp.pdu import Address, Command, Damaged, Submission, Tag, delivery_of, length_of, read
from tests.support.smpp_units import ADDRESS, deliver


@given(st.binary(max_size=254), st.integers(0, 255), st.integers(0, 255), st.integers(1, 0x7FFFFFFF))
def test_a_submission_reads_as_it_was_written(octets: bytes, esm_class: int, coding: int, sequence: int) -> None:
    submission = Submission(
        source=Address(ton=5, npi=0, value="HOTLINE"),
        destination=Address(ton=1, npi=1, value="8613900000001"),
        esm_class=esm_class,
        data_coding=coding,
        octets=octets,
        with_receipt=True,
        parameters={Tag.SAR_REFERENCE: b"\1\2"},
    )
    found = decode(submission.encode(sequence))
    assert isinstance(found, SubmitSm)
    assert (found.sequence_number, found.short_message, found.esm_class) == (sequence, octets, esm_class)
    assert [(tlv.tag, tlv.value) for tlv in found.tlvs] == [(Tag.SAR_REFERENCE, b"\1\2")]


@given(st.binary(max_size=254), st.binary(max_size=300))
def test_a_delivery_is_read_with_its_payload(octets: bytes, payload: bytes) -> None:
    sent = DeliverSm("13900000001", "10690000", octets, data_coding=8, tlvs=[Tlv(Tag.MESSAGE_PAYLOAD, payload)])
    found = delivery_of(read(sent.encode()))
    assert found.octets == (octets or payload)
    assert (found.source.value, found.destination.value, found.data_coding) == ("13900000001", "10690000", 8)


@pytest.mark.parametrize(
    "octets",
    [
        deliver(length=200),
        deliver(extra=b"\x04\x24\x00\xff1"),
        deliver(extra=b"\x04\x24\x00"),
        deliver(source=b"\x01\x01\xe9\xff\0"),
        deliver()[:30],
        pdu.write(Command.DELIVER_SM, 1),
        pdu.write(Command.DATA_SM, 1, b"\0" + ADDRESS),
        pdu.write(Command.DATA_SM, 1, b"\0" + ADDRESS + ADDRESS + b"\0\0\x08" + b"\x04\x24\x00\x09x"),
    ],
)
def test_what_cannot_be_read_in_full_is_damaged_and_never_less_than_it_was(octets: bytes) -> None:
    with pytest.raises(Damaged):
        delivery_of(read(octets))


@given(st.binary(max_size=200))
def test_no_octets_break_more_than_themselves(body: bytes) -> None:
    for command in (Command.DELIVER_SM, Command.DATA_SM):
        try:
            delivery_of(read(pdu.write(command, 1, body)))
        except Damaged:
            continue


def test_a_data_sm_brings_a_text() -> None:
    body = b"\0" + ADDRESS + ADDRESS + b"\0\0\x08" + b"\x04\x24\x00\x04" + "您好".encode("utf-16-be")
    found = delivery_of(read(pdu.write(Command.DATA_SM, 1, body)))
    assert (found.octets.decode("utf-16-be"), found.data_coding, found.source.ton) == ("您好", 8, 1)


@pytest.mark.parametrize("length", [0, 15, pdu.MOST_PDU_BYTES + 1, 0xFFFFFFFF])
def test_a_length_that_no_unit_has_ends_the_reading(length: int) -> None:
    with pytest.raises(Damaged):
        length_of(struct.pack(">I", length))


def test_requests_get_the_response_of_their_kind() -> None:
    for command, response, body in (
        (Command.DELIVER_SM, 0x80000005, b"\0"),
        (Command.DATA_SM, 0x80000103, b"\0"),
        (Command.ENQUIRE_LINK, 0x80000015, b""),
        (Command.UNBIND, 0x80000006, b""),
        (0x7777, 0x80000000, b""),
    ):
        answer = read(pdu.answer(read(pdu.write(command, 5))))
        assert (answer.command, answer.sequence, answer.body) == (response, 5, body)


def test_a_bind_names_us_without_an_address_range() -> None:
    unit = read(pdu.bind(Command.BIND_TRANSCEIVER, 1, "axd", "secret", ""))
    assert unit.body == b"axd\0secret\0\0\x34\0\0\0"
