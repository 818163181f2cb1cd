"""`axd bench`: the measurements that operators size with."""

import json
from functools import partial
from typing import Annotated, Any

import typer

from server.bench.ingest import Amount, run_ingest
from server.bench.ingest_feeds import FEEDS
from server.bench.message import run_message
from server.bench.oracles import run_oracles
from server.bench.report import run_all
from server.bench.routing import growth_exponent, run_routing
from server.bench.voice import run_voice

bench = typer.Typer(help="性能测量 / Measurements.", no_args_is_help=True)


@bench.callback()
def measurements() -> None:
    """性能测量;请在空闲的机器上运行 / Measurements; run them on an idle machine."""


@bench.command()
def routing(
    agents: Annotated[list[int], typer.Option(help="坐席数，可重复 / agents; repeat it for several sizes")] = [1000],  # noqa: B006
    waiting: Annotated[int, typer.Option(help="排队数 / contacts waiting")] = 1000,
    seconds: Annotated[float, typer.Option(help="每项秒数 / seconds for each size")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="逐行 JSON / JSON lines")] = False,
    redis_url: Annotated[str | None, typer.Option(help="用此 Redis，会被清空 / use this Redis; it is EMPTIED")] = None,
) -> None:
    """路由决策的速度 / How fast contacts are assigned."""
    lines = []
    for size in agents:
        lines.append(run_routing(size, waiting, seconds, redis_url))
        _show(lines[-1], as_json)
    exponent = growth_exponent(lines)
    if exponent is not None:
        _show({"agents": agents, "cpu_growth_exponent": exponent}, as_json)


@bench.command()
def oracles(
    arrivals: Annotated[int, typer.Option(help="每个系统的到达数 / arrivals for each system")] = 250_000,
    name: Annotated[str, typer.Option(help="名称开头，如 Erlang-C / systems whose name begins so")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="逐行 JSON / JSON lines")] = False,
) -> None:
    """在虚拟时间中与已知的排队系统比较 / Compare with queueing systems whose figures are known."""
    for line in run_oracles(arrivals, name):
        _show(line, as_json)


@bench.command()
def message(
    chats: Annotated[int, typer.Option(help="会话数 / open chats")] = 1000,
    rate: Annotated[float, typer.Option(help="每秒消息数 / messages a second")] = 300.0,
    seconds: Annotated[float, typer.Option(help="秒数 / seconds")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="逐行 JSON / JSON lines")] = False,
    database_url: Annotated[
        str | None, typer.Option(help="空的 PostgreSQL 库；缺省为 SQLite / an EMPTY database; default: SQLite")
    ] = None,
) -> None:
    """诉求人的话多久到坐席 / How long a citizen's message takes to the agent's page."""
    _show(run_message(chats, rate, seconds, database_url), as_json)


@bench.command()
def ingest(
    channel: Annotated[str, typer.Option(help="渠道 / " + ", ".join(FEEDS))] = "mail",
    seconds: Annotated[float, typer.Option(help="秒数 / seconds")] = 30.0,
    items: Annotated[int | None, typer.Option(min=1, help="件数，代替秒数 / so many items instead of seconds")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="逐行 JSON / JSON lines")] = False,
) -> None:
    """每秒接收多少件，内存是否平稳 / How many items a channel takes in, and whether memory stays flat."""
    if channel not in FEEDS:
        raise typer.BadParameter(", ".join(FEEDS), param_hint="--channel")
    amount = Amount(seconds=seconds, items=items)
    _show(run_ingest(channel, amount, partial(typer.echo, err=True)), as_json)


@bench.command()
def voice(
    channels: Annotated[int, typer.Option(help="同时通话数 / calls at once")] = 300,
    seconds: Annotated[float, typer.Option(help="全部接通后的秒数 / seconds once all are up")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="逐行 JSON / JSON lines")] = False,
) -> None:
    """网关在语音菜单中承载多少通话 / How many calls the menu carries, beside a plain dial plan."""
    _show(run_voice(channels, seconds), as_json)


@bench.command(name="all")
def everything() -> None:
    """全部测量,写入 docs/performance.md / All of it, written to docs/performance.md."""
    run_all(lambda line: _show(line, True))


def _show(line: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(line) if as_json else "  ".join(f"{key}={value}" for key, value in line.items()))
