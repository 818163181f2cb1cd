"""The password of the phone in a page: another one each night, three o'clock in China."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from telephony.lines.service import password_of_day

NIGHT = datetime(2026, 11, 24, 3, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_it_changes_at_night_and_is_the_same_until_the_next() -> None:
    evening, morning = NIGHT - timedelta(seconds=1), NIGHT + timedelta(hours=23)
    assert password_of_day("kept", NIGHT) == password_of_day("kept", morning.astimezone(UTC))
    assert password_of_day("kept", evening) != password_of_day("kept", NIGHT)
    assert password_of_day("another", NIGHT) != password_of_day("kept", NIGHT)
    assert "kept" not in password_of_day("kept", NIGHT)
