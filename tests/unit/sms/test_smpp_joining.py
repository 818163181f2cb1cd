"""Parts put together again: in their order, whatever order they came in, with marks where some are missing."""

import re

from hypothesis import given
from hypothesis import strategies as st

from channels.sms.smpp.alphabet import UCS2
from channels.sms.smpp.joining import joined_text
from channels.sms.smpp.parts import Concatenation, cut, taken_apart
from channels.sms.smpp.pdu import Address, Delivery
from channels.sms.smpp.tables import SmsSegmentRow

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="["), min_size=300, max_size=3000)
NOBODY = Address(ton=0, npi=0, value="")


def row(octets: bytes, number: int, total: int, coding: int = UCS2) -> SmsSegmentRow:
    return SmsSegmentRow(number=number, total=total, octets=octets.hex(), data_coding=coding)


def rows_of(text: str, way: Concatenation) -> list[SmsSegmentRow]:
    rows = []
    for part in cut(text, way, 3):
        delivery = Delivery(
            source=NOBODY,
            destination=NOBODY,
            esm_class=part.esm_class,
            data_coding=part.data_coding,
            octets=part.octets,
            parameters=part.parameters,
        )
        segment, _ = taken_apart(delivery)
        assert segment is not None
        rows.append(row(segment.octets, segment.number, segment.total, part.data_coding))
    return rows


@given(TEXTS, st.sampled_from([Concatenation.UDH, Concatenation.UDH16, Concatenation.SAR]))
def test_all_parts_make_the_text(text: str, way: Concatenation) -> None:
    assert joined_text(rows_of(text, way), "gsm7") == text


@given(TEXTS, st.data())
def test_what_is_there_is_kept_and_what_is_not_is_marked(text: str, data: st.DataObject) -> None:
    rows = rows_of(text, Concatenation.UDH)
    there = data.draw(st.lists(st.sampled_from(rows), unique_by=lambda one: one.number, min_size=1))
    there.sort(key=lambda one: one.number)
    joined = joined_text(there, "gsm7")
    gaps = re.findall(rf"\[…(\d+)(?:-(\d+))?/{len(rows)}…\]", joined)
    assert sum(int(last or first) - int(first) + 1 for first, last in gaps) == len(rows) - len(there)
    assert all(joined_text([row(bytes.fromhex(one.octets), 1, 1, one.data_coding)], "gsm7") in joined for one in there)


def test_gaps_stand_where_the_parts_are_missing() -> None:
    parts = {number: row(text.encode("utf-16-be"), number, 6) for number, text in enumerate("甲乙丙丁戊己", start=1)}
    assert joined_text([parts[2], parts[5]], "gsm7") == "[…1/6…]乙[…3-4/6…]戊[…6/6…]"
    assert joined_text([parts[1], parts[2], parts[3]], "gsm7") == "甲乙丙[…4-6/6…]"


def test_parts_in_different_alphabets_are_read_each_in_its_own() -> None:
    rows = [row("您".encode("utf-16-be"), 1, 3), row(b"\x00", 2, 3, 0), row("好".encode("gb18030"), 3, 3, 15)]
    assert joined_text(rows, "gsm7") == "您@好"
