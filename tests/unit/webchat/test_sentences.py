"""Waits, days and numbers as citizens read them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from webchat.availability import Availability, Reason, sentence
from webchat.catalogue import Translator
from webchat.figures import days_left_text, long_day, moment, spaced

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ZH, EN = Translator("zh-CN"), Translator("en")


@pytest.mark.parametrize(
    ("low_s", "high_s", "text"),
    [
        (0, 40, "现在有人接待，不到 1 分钟"),
        (60, 60, "现在有人接待，约等 1–2 分钟"),
        (65, 170, "现在有人接待，约等 1–3 分钟"),
        (600, 660, "现在有人接待，约等 10–11 分钟"),
    ],
)
def test_an_expected_wait_is_a_range(low_s: float, high_s: float, text: str) -> None:
    assert sentence(Availability(reason=Reason.OPEN, wait_low_s=low_s, wait_high_s=high_s), ZH, AT, ZONE) == text


def test_nobody_here_and_closed_are_told_apart() -> None:
    opens = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    busy = sentence(Availability(reason=Reason.BUSY), ZH, AT, ZONE)
    closed = sentence(Availability(reason=Reason.CLOSED, opens_at=opens), ZH, AT, ZONE)
    assert "没有人" in busy
    assert "11月25日 09:00" in closed
    assert not Availability(reason=Reason.BUSY).reachable


def test_days_are_written_in_the_readers_language() -> None:
    day = date(2026, 11, 27)
    assert long_day(day, "zh-CN") == "11月27日 星期五"
    assert long_day(day, "en") == "Friday, 27 Nov"


def test_today_needs_no_date() -> None:
    assert moment(datetime(2026, 11, 24, 1, 52, tzinfo=UTC), AT, ZONE, ZH) == "今天 09:52"
    # 17:00 UTC of the day before is today in Shanghai.
    assert moment(datetime(2026, 11, 23, 17, 0, tzinfo=UTC), AT, ZONE, ZH) == "今天 01:00"
    assert moment(datetime(2026, 11, 20, 6, 6, tzinfo=UTC), AT, ZONE, EN) == "20 Nov 14:06"


def test_deadlines_count_in_working_days() -> None:
    assert days_left_text(4, ZH) == "还有 4 个工作日"
    assert days_left_text(0, ZH) == "今天到期"
    assert days_left_text(-2, ZH) == "已过 2 个工作日，可以催一下"


def test_a_number_is_shown_in_the_groups_it_is_read_in() -> None:
    assert spaced("20261120003179") == "20261120 00317 9"
