"""`axd`: one command for operators. It becomes the module that does the work, and imports none of them itself."""

import os
import sys
from typing import Annotated

import typer

PRIVATE = 0o077
"""Database, uploads and keys are nobody else's to read, whoever made the data folder."""

app = typer.Typer(
    help="AXD：多渠道联络统一分配平台 / omnichannel contact routing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _become(module: str, *arguments: str) -> None:
    """Replace this process: signals, exit code and memory are those of the module alone. Its files are its own."""
    os.umask(PRIVATE)
    os.execv(sys.executable, (sys.executable, "-m", module, *arguments))  # noqa: S606


@app.command()
def up() -> None:
    """启动整个平台 / Start everything on this machine: database, Redis, web, gateway, worker."""
    _become("server.up")


@app.command()
def web() -> None:
    """只启动网页服务 / Serve HTTP and WebSocket only."""
    _become("server.web")


@app.command()
def gateway() -> None:
    """只启动渠道与定时任务 / Run pull adapters, outbox, timers and sweepers only."""
    _become("server.gateway")


@app.command()
def worker() -> None:
    """只启动后台作业 / Run RQ jobs only."""
    _become("server.worker")


@app.command()
def migrate() -> None:
    """升级数据库;空库则建立默认工作区 / Bring the database up to date; fill an empty one."""
    _become("server.prepare")


@app.command()
def rebuild() -> None:
    """按数据库重建队列 / Rebuild the queue in Redis from the database."""
    _become("server.rebuild")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def reconcile(context: typer.Context) -> None:
    """台账与各渠道对账 / Compare the ledger with what the channels had."""
    _become("server.reconcile", *context.args)


@app.command()
def doctor(
    only: Annotated[str, typer.Option(help="只查一项 / one check only, by its name")] = "",
) -> None:
    """检查每个部分,并说明如何修复 / Check each part and say how to mend it."""
    _become("server.doctor", *([only] if only else []))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def bench(context: typer.Context) -> None:
    """性能测量 / Measurements: routing, message, oracles, all."""
    _become("server.bench", *context.args)


@app.command()
def asterisk(
    folder: Annotated[str, typer.Argument(help="写入的目录 / the folder to write to")],
    trial: Annotated[
        bool, typer.Option("--trial", help="用于试用的 Asterisk / for the Asterisk of scripts/try-asterisk")
    ] = False,
) -> None:
    """生成 Asterisk 的全部配置 / Write Asterisk's whole configuration, made from the settings."""
    _become("server.asterisk", folder, *(["--trial"] if trial else []))


@app.command()
def openapi() -> None:
    """输出接口文档 / Print the OpenAPI document."""
    _become("server.openapi")


if __name__ == "__main__":
    app()
