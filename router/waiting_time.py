"""How long a citizen will wait, honestly: a range that eight of ten fall into.

The queue-length predictor with abandonment: with `q` ahead the wait is a sum of exponential steps of rate
`capacity + i * patience`, i = 0..q. Mean and variance are exact, the range takes the gamma distribution of the same two
(Wilson and Hilferty's approximation), widened by how few observations the measured rate rests on. Where the rate
drifts, the delay of the head of the line is the fall-back.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from router.results import WaitRange

TENTH_Z = 1.2816
"""The 90 % point of the normal distribution: a tenth of the citizens on either side."""

FEWEST_OBSERVATIONS = 5
LEAST_BUSY_S = 300.0
DRIFT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One contact's time in the queue in seconds before now: `since_s` it came, `until_s` it left (0: it waits)."""

    since_s: float
    until_s: float
    served: bool = False
    abandoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """`served_per_s` while somebody waited; `abandoned_per_s` for each one who waits; `observations` of the former."""

    served_per_s: float
    abandoned_per_s: float
    observations: int
    drifts: bool = False


def measured(spans: Sequence[Span], *, slots: int, handle_s: float, window_s: float) -> Throughput:
    """The throughput of the last `window_s`. Where too little was seen: what `slots` handling `handle_s` each give."""
    waited_s = sum(min(span.since_s, window_s) - span.until_s for span in spans)
    patience = sum(span.abandoned for span in spans) / waited_s if waited_s > 0 else 0.0
    busy_s = _union_s(spans, window_s)
    served = [span.until_s for span in spans if span.served]
    if len(served) < FEWEST_OBSERVATIONS or busy_s < LEAST_BUSY_S:
        return Throughput(
            served_per_s=slots / handle_s, abandoned_per_s=patience, observations=max(len(served), FEWEST_OBSERVATIONS)
        )
    late = sum(until_s < window_s / 2 for until_s in served)
    early = len(served) - late
    drifts = min(late, early) >= 1 and max(late, early) > DRIFT * min(late, early) + FEWEST_OBSERVATIONS
    return Throughput(
        served_per_s=len(served) / busy_s, abandoned_per_s=patience, observations=len(served), drifts=drifts
    )


def _union_s(spans: Sequence[Span], window_s: float) -> float:
    total, reached = 0.0, window_s
    for span in sorted(spans, key=lambda item: -item.since_s):
        since = min(span.since_s, reached)
        if since > span.until_s:
            total += since - span.until_s
            reached = span.until_s
    return total


def predicted(ahead: int, throughput: Throughput) -> WaitRange:
    """The wait of a contact with `ahead` others before it."""
    rates = [throughput.served_per_s + i * throughput.abandoned_per_s for i in range(ahead + 1)]
    mean = sum(1 / rate for rate in rates)
    variance = sum(1 / rate**2 for rate in rates) + mean**2 / throughput.observations
    return _range(mean, variance, "queue_length")


def behind_head(head_wait_s: float, ahead: int) -> WaitRange:
    """The fall-back: a newcomer waits about as long as the head of the line has by now."""
    mean = max(head_wait_s, 1.0)
    return _range(mean, mean**2 * 2 / (ahead + 1), "head_of_line")


def _range(mean: float, variance: float, method: str) -> WaitRange:
    shape = mean**2 / variance
    low, high = (_gamma_point(shape, z) * mean / shape for z in (-TENTH_Z, TENTH_Z))
    return WaitRange(low_s=math.floor(low), high_s=math.ceil(high), mean_s=mean, method=method)


def _gamma_point(shape: float, z: float) -> float:
    root = 1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))
    return shape * max(root, 0.0) ** 3
