from webchat.pace import WINDOW_S, Pace


def test_what_is_too_much_waits_for_the_minute_to_pass() -> None:
    now = 1000.0
    pace = Pace(2, lambda: now)
    assert [pace.keeps() for _ in range(4)] == [True, True, False, False]
    now += WINDOW_S + 1
    assert pace.keeps()
