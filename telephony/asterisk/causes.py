"""Why legs end, between our words and the numbers of ITU-T Q.850."""

from telephony.calls import HangUpCause

_NAMES = {
    16: HangUpCause.NORMAL,
    17: HangUpCause.BUSY,
    18: HangUpCause.NO_ANSWER,
    19: HangUpCause.NO_ANSWER,
    21: HangUpCause.REJECTED,
    1: HangUpCause.UNREACHABLE,
    3: HangUpCause.UNREACHABLE,
    20: HangUpCause.UNREACHABLE,
    27: HangUpCause.UNREACHABLE,
    34: HangUpCause.CONGESTION,
    42: HangUpCause.CONGESTION,
}
_NUMBERS = {
    HangUpCause.NORMAL: 16,
    HangUpCause.BUSY: 17,
    HangUpCause.NO_ANSWER: 19,
    HangUpCause.REJECTED: 21,
    HangUpCause.UNREACHABLE: 20,
    HangUpCause.CONGESTION: 34,
    HangUpCause.FAILED: 38,
}
CANCELLED = 26  # "non-selected user clearing": answered elsewhere
UNSAID = 127  # "interworking, unspecified": also for a caller who gave up


def cause_of(number: int, *, was_up: bool) -> HangUpCause:
    """`was_up`: a call that stood ends normally where the network says nothing (0, 127) or clears normally (31)."""
    if number in (0, 31, CANCELLED, UNSAID):
        return HangUpCause.NORMAL if was_up or number == CANCELLED else HangUpCause.NO_ANSWER
    return _NAMES.get(number, HangUpCause.FAILED)


def number_of(cause: HangUpCause) -> int:
    return _NUMBERS[cause]
