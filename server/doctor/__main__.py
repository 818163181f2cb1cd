"""Runs the checks and prints what they found. Exit code 1 when something is wrong, 2 for an unknown check."""

import asyncio
import sys

import typer

from kit.errors import Unavailable
from server.doctor import machine, pages, services, telephone, work
from server.doctor.finding import Check, Checks, Finding, Verdict, without_database, wrong
from server.settings import Settings, read_settings
from server.speech import Say, speaker

CHECKS: Checks = {
    "python": machine.python,
    "data": machine.data_folder,
    "key": machine.secret_key,
    "frontend": machine.front_end,
    "fonts": machine.fonts,
    "voice": machine.voice,
    "database": services.database,
    "redis": services.redis,
    "worker": services.worker,
    "web": services.web,
    "channels": work.channels,
    "telephone": telephone.telephone,
    "calls": pages.pages,
    "work": work.due_work,
}
SIGNS = {Verdict.GOOD: "✓", Verdict.WARNING: "!", Verdict.WRONG: "✗"}
TIMEOUT_S = 15.0
# A mailbox that does not answer takes a minute to say so.
PATIENCE_S = {"channels": 120.0}


def main(arguments: list[str]) -> int:
    """Check what `arguments` name; everything when they name nothing."""
    unknown = [name for name in arguments if name not in CHECKS]
    if unknown:
        typer.echo(f"{', '.join(unknown)}? {', '.join(CHECKS)}", err=True)
        return 2
    settings = read_settings()
    return asyncio.run(_run(settings, speaker(settings.language), arguments or list(CHECKS)))


async def _run(settings: Settings, say: Say, names: list[str]) -> int:
    worst = 0
    for name in names:
        for finding in await ask(CHECKS[name], settings, say, timeout_s=PATIENCE_S.get(name, TIMEOUT_S)):
            typer.echo(f"{SIGNS[finding.verdict]} {name:<9} {finding.what}")
            if finding.mend:
                typer.echo(f"  {'':<9} → {finding.mend}")
            worst = max(worst, int(finding.verdict is Verdict.WRONG))
    typer.echo(say("有问题需要处理", "something is wrong") if worst else say("一切正常", "all is well"))
    return worst


async def ask(check: Check, settings: Settings, say: Say, *, timeout_s: float = TIMEOUT_S) -> list[Finding]:
    """The findings of one check; its own failure and its silence are findings too."""
    try:
        return await asyncio.wait_for(check(settings, say), timeout_s)
    except TimeoutError:
        return [
            wrong(say("检查超时", "the check took too long"), say("检查网络与该服务", "look at network and service"))
        ]
    except Unavailable:
        return [without_database(say)]
    except Exception as error:
        what = say("检查本身失败", "the check itself failed") + f": {type(error).__name__}: {error}"
        return [wrong(what, say("请把这一行报告给开发者", "report this line to the developers"))]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
