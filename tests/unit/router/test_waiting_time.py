"""The announced range covers what citizens then really wait."""

import random

import pytest

from router.waiting_time import Span, Throughput, behind_head, measured, predicted


@pytest.mark.parametrize(("ahead", "patience"), [(0, 0.0), (3, 0.0), (10, 0.002), (40, 0.0), (40, 0.005)])
def test_eight_of_ten_wait_within_the_range(ahead: int, patience: float) -> None:
    served = 0.05
    result = predicted(ahead, Throughput(served_per_s=served, abandoned_per_s=patience, observations=10_000))
    draw = random.Random(20261124)
    waits = [sum(draw.expovariate(served + i * patience) for i in range(ahead + 1)) for _ in range(4000)]
    covered = sum(result.low_s <= wait <= result.high_s for wait in waits) / len(waits)
    assert 0.77 <= covered <= 0.85
    assert result.mean_s == pytest.approx(sum(waits) / len(waits), rel=0.08)


def test_the_mean_is_the_sum_of_the_steps() -> None:
    result = predicted(2, Throughput(served_per_s=0.1, abandoned_per_s=0.1, observations=100))
    assert result.mean_s == pytest.approx(10 + 5 + 10 / 3)


def test_few_observations_widen_the_range() -> None:
    few, many = (predicted(20, Throughput(served_per_s=0.1, abandoned_per_s=0, observations=n)) for n in (5, 500))
    assert few.low_s < many.low_s < many.high_s < few.high_s


def test_throughput_counts_only_the_time_when_somebody_waited() -> None:
    spans = [Span(since_s=1200 - 100 * i, until_s=1100 - 100 * i, served=True) for i in range(6)]
    result = measured(spans, slots=1, handle_s=1, window_s=1800)
    assert result.served_per_s == pytest.approx(6 / 600)
    assert (result.observations, result.abandoned_per_s) == (6, 0)


def test_patience_is_what_was_abandoned_over_all_waiting() -> None:
    spans = [Span(since_s=1000, until_s=500, served=True) for _ in range(9)]
    spans.append(Span(since_s=1000, until_s=500, abandoned=True))
    assert measured(spans, slots=1, handle_s=1, window_s=1800).abandoned_per_s == pytest.approx(1 / 5000)


def test_without_enough_to_measure_the_slots_speak() -> None:
    result = measured([Span(since_s=10, until_s=5, served=True)], slots=4, handle_s=200, window_s=1800)
    assert result.served_per_s == pytest.approx(0.02)


def test_a_rate_that_drifts_is_seen() -> None:
    late = [Span(since_s=1800, until_s=800 - 30 * i, served=True) for i in range(20)]
    early = [Span(since_s=1800, until_s=1500 - i, served=True) for i in range(3)]
    assert measured([*late, *early], slots=1, handle_s=1, window_s=1800).drifts
    assert not measured(
        late[:10] + [Span(since_s=1800, until_s=1000 + i, served=True) for i in range(10)],
        slots=1,
        handle_s=1,
        window_s=1800,
    ).drifts


def test_behind_the_head_one_waits_about_as_long_as_it() -> None:
    result = behind_head(120, 9)
    assert result.low_s < 120 < result.high_s
    assert result.method == "head_of_line"
