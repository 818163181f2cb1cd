"""Exact figures of Markovian queues: Erlang-B (no room), Erlang-C, with abandonment (Erlang-A) or with limited room."""

import math

SERVICE_LEVEL_S = 20
MOST_WAITING = 5_000


def figures_of(
    servers: int, erlang: float, handle_s: float, *, patience_s: float | None = None, room: int | None = None
) -> dict[str, float]:
    """The figures that apply to the system, from the stationary distribution of the number in it.

    `p_wait` is the share of those let in who do not get a server at once; `mean_wait_s` is over those served, `blocked`
    and `abandoned` over all who come.
    """
    arrival, service = erlang / handle_s, 1 / handle_s
    leaving = 1 / patience_s if patience_s else 0.0
    shares = _stationary(servers, arrival, service, leaving, room)
    blocked = shares[-1] if room is not None else 0.0
    if room == 0:
        return {"blocked": blocked}
    found_full = sum(shares[servers:]) - blocked
    waiting = sum(count * share for count, share in enumerate(shares[servers:]))
    figures = {"p_wait": found_full / (1 - blocked)}
    if patience_s:
        return {**figures, "abandoned": waiting * leaving / arrival}
    figures["mean_wait_s"] = waiting / (arrival * (1 - blocked))
    if room is not None:
        return {"blocked": blocked, **figures}
    spare = servers * service - arrival
    return {**figures, "served_in_20_s": 1 - figures["p_wait"] * math.exp(-spare * SERVICE_LEVEL_S)}


def _stationary(servers: int, arrival: float, service: float, leaving: float, room: int | None) -> list[float]:
    weights = [1.0]
    for number in range(1, servers + (MOST_WAITING if room is None else room) + 1):
        ending = min(number, servers) * service + max(0, number - servers) * leaving
        weights.append(weights[-1] * arrival / ending)
    total = sum(weights)
    return [weight / total for weight in weights]
