"""Which line carries a call, and how a number is dialled and shown there."""

import pytest

from telephony.lines.book import Book, NumberFormat, Phone, PhoneKind, Trunk
from telephony.lines.schemas import PhoneSettings, TrunkSettings

CITY = Trunk(id="c", name="City", host="a", prefixes=("+86", ""), position=2, caller_id="12396")
WORLD = Trunk(id="w", name="World", host="b", prefixes=("",), position=1)
INBOUND = Trunk(id="i", name="In", host="c")
BOOK = Book(
    trunks=(CITY, WORLD, INBOUND),
    phones=(
        Phone(id="1", number="8001", name="A", kind=PhoneKind.SIP, secret="x", account_id="a"),
        Phone(id="2", number="8002", name="A", kind=PhoneKind.PAGE, secret="y", account_id="a"),
        Phone(id="3", number="8100", name="Office", kind=PhoneKind.SIP, secret="z"),
    ),
)


def test_the_longest_beginning_then_the_position_chooses_the_trunk() -> None:
    assert BOOK.trunk_for("+861082001234") is CITY
    assert BOOK.trunk_for("+4930123456") is WORLD
    assert BOOK.trunk_for("110") is WORLD
    assert Book(trunks=(INBOUND,)).trunk_for("110") is None


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+861082001234", "01082001234"),
        ("+8613800138000", "13800138000"),
        ("+4930123456", "004930123456"),
        ("110",) * 2,
    ],
)
def test_a_national_network_is_given_national_numbers(number: str, dialled: str) -> None:
    national = Trunk(id="n", name="N", host="a", number_format=NumberFormat.NATIONAL)
    assert national.dialled(number) == dialled
    assert CITY.dialled(number) == number
    assert national.dialled("110") == "110"


def test_a_trunk_shows_its_own_number_unless_another_is_allowed() -> None:
    other = Trunk(id="o", name="O", host="a", caller_id="12396", other_caller_ids=("12345",))
    assert (other.shown("12345"), other.shown("95588"), other.shown("")) == ("12345", "12396", "12396")


def test_an_agents_page_comes_before_the_phone_on_the_table() -> None:
    assert [phone.id for phone in BOOK.phones_of("a")] == ["2", "1"]
    assert BOOK.phone("8100") is BOOK.phones[2]
    assert BOOK.phone("9") is None


def test_secrets_are_not_in_what_is_printed() -> None:
    assert "secret" not in repr(Trunk(id="t", name="T", host="h", secret="hidden"))
    assert "hidden" not in repr(BOOK.phones[0])


@pytest.mark.parametrize(
    "values",
    [
        {"host": "a b"},
        {"host": "a\nmatch=0.0.0.0/0"},
        {"addresses": ["0.0.0.0/0;x"]},
        {"username": 'a"b'},
        {"registers": True},
        {"prefixes": ["abc"]},
        {"secret": "two words"},
    ],
)
def test_a_trunk_that_could_not_be_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        TrunkSettings.model_validate({"name": "T", "host": "sip.example", **values})


def test_a_phone_has_a_short_number() -> None:
    with pytest.raises(ValueError, match="validation error"):
        PhoneSettings(number="80-01", name="A")
