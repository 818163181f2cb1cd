"""What goes out in parts comes back whole, whatever the text and the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.smpp.alphabet import BASIC, EXTENSION, UCS2, UnknownCoding, from_gsm7, text_of, to_gsm7
from channels.sms.smpp.parts import MOST_OCTETS, MOST_PARTS, WITH_HEADER, Concatenation, Part, TooLong, cut, taken_apart
from channels.sms.smpp.pdu import Address, Delivery, Tag

GSM7 = st.text(st.sampled_from(BASIC.replace("\x1b", "") + "".join(EXTENSION.values())), max_size=2000)
ANY = st.text(st.characters(blacklist_categories=["Cs"]), max_size=2000)
DEFAULTS = ["gsm7", "latin-1", "ascii", "gb18030", "utf-8"]
CUTTING = [Concatenation.UDH, Concatenation.UDH16, Concatenation.SAR]
NOBODY = Address(ton=0, npi=0, value="")


def received(part: Part) -> Delivery:
    """As the other side would hand it over."""
    return Delivery(
        source=NOBODY,
        destination=NOBODY,
        esm_class=part.esm_class,
        data_coding=part.data_coding,
        octets=part.octets or part.parameters.get(Tag.MESSAGE_PAYLOAD, b""),
        parameters=part.parameters,
    )


def read(part: Part, default: str = "gsm7") -> str:
    segment, octets = taken_apart(received(part))
    return text_of(part.data_coding, segment.octets if segment else octets, default)


@given(GSM7)
def test_the_default_alphabet_says_what_it_was_told(text: str) -> None:
    assert from_gsm7(to_gsm7(text)) == text


@given(st.binary(max_size=300))
def test_any_octets_read_as_text(octets: bytes) -> None:
    assert len(from_gsm7(octets)) <= len(octets)


@given(st.one_of(GSM7, ANY), st.sampled_from(CUTTING), st.integers(0, 0xFFFFFFFF))
def test_parts_are_read_one_by_one_and_make_the_text(text: str, way: Concatenation, reference: int) -> None:
    parts = cut(text, way, reference)
    assert "".join(read(part) for part in parts) == text
    segments = [taken_apart(received(part))[0] for part in parts]
    if len(parts) > 1:
        marks = {(segment.kind, segment.reference, segment.total) for segment in segments if segment}
        assert len(marks) == 1
        assert [segment.number for segment in segments if segment] == list(range(1, len(parts) + 1))


@given(st.one_of(GSM7, ANY), st.sampled_from(CUTTING))
def test_no_part_is_longer_than_the_air_takes(text: str, way: Concatenation) -> None:
    for part in cut(text, way, 7):
        header = part.octets[0] + 1 if part.esm_class & WITH_HEADER else 0
        if part.data_coding == UCS2:
            assert len(part.octets) <= MOST_OCTETS
        else:
            assert header + -(-(len(part.octets) - header) * 7 // 8) <= MOST_OCTETS


@given(st.one_of(GSM7, ANY))
def test_a_payload_carries_the_whole_text(text: str) -> None:
    (part,) = cut(text, Concatenation.PAYLOAD, 1)
    assert read(part) == text


@given(st.one_of(GSM7, ANY, st.text(st.characters(max_codepoint=127))), st.sampled_from(DEFAULTS))
def test_a_centre_with_another_default_alphabet_reads_the_same(text: str, default: str) -> None:
    parts = cut(text, Concatenation.UDH, 1, default)
    assert "".join(read(part, default) for part in parts) == text


def test_what_fits_is_not_cut() -> None:
    assert len(cut("a" * 160, Concatenation.UDH, 1)) == 1
    assert len(cut("a" * 161, Concatenation.UDH, 1)) == 2
    assert len(cut("好" * 70, Concatenation.UDH, 1)) == 1
    assert len(cut("好" * 71, Concatenation.UDH, 1)) == 2
    assert [len(part.octets) for part in cut("€" * 80 + "a", Concatenation.UDH, 1)] == [6 + 152, 6 + 9]


def test_a_text_has_at_most_255_parts() -> None:
    assert len(cut("好" * 67 * MOST_PARTS, Concatenation.UDH, 1)) == MOST_PARTS
    with pytest.raises(TooLong):
        cut("好" * (67 * MOST_PARTS + 1), Concatenation.UDH, 1)


def test_a_character_beyond_the_basic_plane_stays_whole() -> None:
    for part in cut("𠮷" * 100, Concatenation.UDH, 1):
        assert "\ufffd" not in read(part)


@given(st.binary(max_size=150), st.integers(0, 255))
def test_octets_of_a_stranger_never_make_a_senseless_part(octets: bytes, esm_class: int) -> None:
    delivery = Delivery(source=NOBODY, destination=NOBODY, esm_class=esm_class, data_coding=0, octets=octets)
    segment, rest = taken_apart(delivery)
    assert len(rest) <= len(octets)
    if segment is not None:
        assert 1 <= segment.number <= segment.total
        assert segment.total >= 2


def test_data_codings_that_are_no_text_are_told_apart() -> None:
    assert text_of(8, "您好".encode("utf-16-be")) == "您好"
    assert text_of(8, b"\xff\xfe" + "您好".encode("utf-16-le")) == "您好"
    assert text_of(15, "您好".encode("gb18030")) == "您好"
    assert text_of(0x18, "您好".encode("utf-16-be")) == "您好"
    assert text_of(3, b"\xe9") == "é"
    assert text_of(0xF0, b"\x00") == "@"
    assert text_of(0, "您好".encode("gb18030"), "gb18030") == "您好"
    for coding in (2, 4, 0x14, 0xF5, 9, 0xC0):
        with pytest.raises(UnknownCoding):
            text_of(coding, b"abc")
