"""The exact figures against published tables."""

import pytest

from server.bench.birth_death import figures_of


@pytest.mark.parametrize(("servers", "erlang", "blocked"), [(10, 5, 0.01838), (30, 25, 0.05260), (100, 84, 0.00987)])
def test_erlang_b(servers: int, erlang: float, blocked: float) -> None:
    assert figures_of(servers, erlang, 180, room=0) == {"blocked": pytest.approx(blocked, abs=5e-6)}


@pytest.mark.parametrize(
    ("servers", "erlang", "handle_s", "p_wait", "mean_wait_s", "served"),
    [(10, 8, 180, 0.4092, 36.83, 0.6724), (30, 26, 240, 0.3486, 20.92, 0.7502), (100, 94, 300, 0.4339, 21.69, 0.7092)],
)
def test_erlang_c(
    servers: int, erlang: float, handle_s: float, p_wait: float, mean_wait_s: float, served: float
) -> None:
    figures = figures_of(servers, erlang, handle_s)
    assert figures["p_wait"] == pytest.approx(p_wait, abs=5e-5)
    assert figures["mean_wait_s"] == pytest.approx(mean_wait_s, abs=5e-3)
    assert figures["served_in_20_s"] == pytest.approx(served, abs=5e-5)


@pytest.mark.parametrize(
    ("servers", "erlang", "handle_s", "patience_s", "p_wait", "abandoned"),
    [(10, 12, 180, 120, 0.6995, 0.2249), (50, 52, 300, 180, 0.5555, 0.0836)],
)
def test_erlang_a(
    servers: int, erlang: float, handle_s: float, patience_s: float, p_wait: float, abandoned: float
) -> None:
    figures = figures_of(servers, erlang, handle_s, patience_s=patience_s)
    assert figures["p_wait"] == pytest.approx(p_wait, abs=5e-5)
    assert figures["abandoned"] == pytest.approx(abandoned, abs=5e-5)


def test_limited_room() -> None:
    figures = figures_of(90, 83.85, 600, room=30)
    assert figures["blocked"] == pytest.approx(0.003436, abs=5e-7)
    assert figures["p_wait"] == pytest.approx(0.37138, abs=5e-6)
    assert figures["mean_wait_s"] / 60 == pytest.approx(0.4357, abs=5e-5)
