"""The figures of a measurement."""

from server.bench.routing import growth_exponent


def test_the_exponent_is_the_slope_in_the_logarithms() -> None:
    linear = [{"agents": size, "redis_cpu_us": 3.0 * size} for size in (10, 100, 10_000)]
    constant = [{"agents": size, "redis_cpu_us": 80.0} for size in (10, 10_000)]
    assert growth_exponent(linear) == 1.0
    assert growth_exponent(constant) == 0.0


def test_one_size_has_no_exponent() -> None:
    assert growth_exponent([{"agents": 10, "redis_cpu_us": 80.0}] * 2) is None
